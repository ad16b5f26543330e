"""Rules about how many mentees a mentor has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.callings import name_of
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Programme
from mentormatch.rules.condition import Condition, Ints, Meaning
from mentormatch.rules.groups import Groups, as_groups, called, inside, keys_of, nobody_in, those
from mentormatch.rules.groups import named as column_named
from mentormatch.words import Sentence, sentence

_NO_LIMIT = 2**31 - 1


def mentees_per_mentor(
    at_least: int = 0,
    at_most: int | None = None,
    departments: Groups | None = None,
    mentors: str | Sequence[str] | None = None,
    column: str | None = None,
) -> Condition:
    """Demand at least or at most so many mentees for each of some mentors.

    Mentors who offer no place are passed over; nobody has more mentees than places offered.

    Parameters
    ----------
    at_least, at_most : int
        Fewest and most mentees of each.
    departments : str, mapping, or sequence of them, optional
        Whose mentors; all if neither this nor `mentors` is given.
    mentors : str or sequence of str, optional
        Who, by id, or by an address or name that is theirs alone.
    column : str, optional
        A column in which mentors say themselves how many mentees they want at least.

    Examples
    --------
    >>> mentees_per_mentor(at_least=1, departments="physics").departments
    ('physics',)
    """
    groups = as_groups(departments)
    people = (mentors,) if isinstance(mentors, str) else tuple(mentors or ())

    def name(programme: Programme) -> Sentence:
        if people:
            who = Sentence(", ".join(people), ", ".join(people))
        elif groups:
            who = sentence("rules.mentors_of", departments=called(programme, groups))
        else:
            who = sentence("rules.every_mentor")
        says = []
        if at_least or (at_most is None and column is None):
            says.append(sentence("rules.load_least", who=who, count=at_least))
        if at_most is not None:
            says.append(sentence("rules.load_most", who=who, count=at_most))
        if column is not None:
            says.append(
                sentence("rules.load_column", who=who, column=column_named(programme, column))
            )
        return Sentence("; ".join(says), "; ".join(one.told("sv") for one in says))

    def meaning(cohort: Cohort) -> Meaning:
        notes = list(nobody_in(cohort, ("mentors",), *groups, kind="mentees per mentor"))
        concerned = np.zeros(len(cohort.mentors), np.bool_)
        if people:
            concerned |= those(cohort, "mentors", people)
        if groups:
            concerned |= inside(cohort, "mentors", *groups)
        if not people and not groups:
            concerned[:] = True
        places = _places(cohort)
        concerned &= places > 0
        fewest = np.where(concerned, at_least, 0)
        if column is not None:
            if column in cohort.mentors:
                fewest = np.where(concerned, np.maximum(fewest, _asked(cohort, column)), 0)
            else:
                notes.append(Fault("rules.no_mentors_column", value=column))
        most = np.where(concerned, _NO_LIMIT if at_most is None else at_most, _NO_LIMIT)
        wrong = np.flatnonzero(fewest > np.minimum(places, most))
        if len(wrong):
            raise ProgrammeError([_too_many(cohort, k, fewest, places) for k in wrong.tolist()])
        return Meaning(fewest=fewest, most=most, notes=tuple(notes))

    given = {"at_most": at_most, "column": column}
    settings: dict[str, object] = {"at_least": at_least}
    settings |= {key: value for key, value in given.items() if value is not None}
    if departments is not None:
        settings["departments"] = groups
    if mentors is not None:
        settings["mentors"] = people
    return Condition("mentees per mentor", settings, keys_of(*groups), meaning, name)


def _places(cohort: Cohort) -> Ints:
    if "places" not in cohort.mentors:
        return np.ones(len(cohort.mentors), np.int64)
    return np.array(cohort.mentors["places"].tolist(), np.float64).astype(np.int64)


def _asked(cohort: Cohort, column: str) -> Ints:
    """Return the numbers in a column; 0 where there is none."""
    found = np.zeros(len(cohort.mentors), np.int64)
    faults = []
    for k, answer in enumerate(cohort.mentors[column].tolist()):
        if answer is None or answer == "" or answer != answer:  # noqa: PLR0124  (NaN is not equal to itself)
            continue
        whole = isinstance(answer, (int, float)) and float(answer).is_integer() and answer >= 0
        if not whole:
            faults.append(
                Fault("sheets.no_count", file="mentors", column=column, value=str(answer))
            )
        else:
            found[k] = int(answer)
    if faults:
        raise ProgrammeError(faults)
    return found


def _too_many(cohort: Cohort, k: int, fewest: Ints, places: Ints) -> Fault:
    details = {"least": str(int(fewest[k])), "places": str(int(places[k]))}
    return Fault("rules.more_than_places", value=name_of(cohort.mentors, k), details=details)
