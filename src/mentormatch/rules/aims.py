"""Rules about what comes first: own people, those who waited, wishes, and even shares and loads.

They forbid no pair. Each adds stages to every objective, in the order in which the rules are
stated: those that come before anything else, or those that come right before the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mentormatch.errors import Fault, ProfileError
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.callings import name_of
from mentormatch.people.choices import named_by
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Programme
from mentormatch.rules.condition import Aim, Condition, Meaning
from mentormatch.rules.groups import (
    Groups,
    as_groups,
    called,
    codes_of,
    entries,
    inside,
    keys_of,
    named,
    nobody_in,
    not_asked,
    those,
)
from mentormatch.words import Sentence, sentence

#: What may be done with wishes.
USES = ("first", "stable")


def own_first(column: str = "department") -> Condition:
    """Serve one's own people first, and lend spare mentors afterwards.

    As many pairs as can be are made inside departments, before anything else counts; then the
    objective is sought, with lending as the other rules allow it.

    Parameters
    ----------
    column : str
        What makes somebody one's own, if not the department.
    """

    def name(programme: Programme) -> Sentence:
        if column == "department":
            return sentence("rules.own_first")
        return sentence("rules.own_first_column", column=named(programme, column))

    def meaning(cohort: Cohort) -> Meaning:
        if notes := not_asked(cohort, column):
            return Meaning(notes=notes)
        return Meaning(aims=(Aim("own", count=Pairs.same(*codes_of(cohort, column))),))

    return Condition("own first", {"column": column}, (), meaning, name)


def priority(
    mentees: str | Sequence[str] | None = None,
    departments: Groups | None = None,
    column: str | None = None,
) -> Condition:
    """Match certain mentees first, such as those who got no mentor last year.

    As many of them as can be have a mentor, before anything else counts; then as many people as
    can be, and so on. Several rules of this kind count one after the other.

    Parameters
    ----------
    mentees : str or sequence of str, optional
        Who, by id, or by an address or name that is theirs alone.
    departments : str, mapping, or sequence of them, optional
        Whose mentees.
    column : str, optional
        A question: everybody who answered it, with anything but no or 0.
    """
    people = (mentees,) if isinstance(mentees, str) else tuple(mentees or ())
    groups = as_groups(departments)

    def name(programme: Programme) -> Sentence:
        if people:
            return sentence("rules.priority_people", count=len(people))
        if groups:
            return sentence("rules.priority", who=called(programme, groups))
        return sentence("rules.priority", who=named(programme, str(column)))

    def meaning(cohort: Cohort) -> Meaning:
        notes = list(nobody_in(cohort, ("mentees",), *groups, kind="priority"))
        first = inside(cohort, "mentees", *groups)
        if people:
            first |= those(cohort, "mentees", people)
        if column is not None and column in cohort.mentees:
            first |= np.array([_says_yes(one) for one in cohort.mentees[column]], np.bool_)
            if not first.any():
                notes.append(Fault("rules.nobody_answered", value=column))
        elif column is not None:
            notes.append(Fault("rules.no_mentees_column", value=column))
        return Meaning(aims=(Aim("priority", count=first),), notes=tuple(notes))

    given = {"mentees": people, "departments": groups, "column": column}
    settings = {key: value for key, value in given.items() if value}
    return Condition("priority", settings, keys_of(*groups), meaning, name)


def wishes(column: str | Sequence[str] = "wishes", use: str = "first") -> Condition:
    """Fulfil people's wishes for certain others, before anything else counts.

    Parameters
    ----------
    column : str or sequence of str
        Where mentees, mentors or both name whom they wish for, the best first: several names in a
        cell, or a column for each.
    use : {"first", "stable"}
        ``"first"``: as many wishes as can be are met, then as many first wishes as can be, and all
        other pairs are suggestions. A pair that both wish for meets two wishes. ``"stable"``: they
        are the rankings for the objective "stable", in which whoever named nobody ranks by score.
    """
    columns = (column,) if isinstance(column, str) else tuple(column)

    def name(programme: Programme) -> Sentence:
        return sentence(f"rules.wishes_{use}")

    def meaning(cohort: Cohort) -> Meaning:
        wanted = _named(cohort, columns)
        if isinstance(wanted, Fault):
            return Meaning(notes=(wanted,))
        if use == "stable":
            return Meaning(favourites=wanted)
        ranks = [_pairs_of(wanted, slice(None)), _pairs_of(wanted, slice(0, 1))]
        names = ("wishes", "first wishes")
        aims = tuple(
            Aim(stage, count=[(Pairs.listed(some), 1) for some in both])
            for stage, both in zip(names, ranks, strict=True)
        )
        return Meaning(aims=aims)

    settings = {"column": column if isinstance(column, str) else columns, "use": use}
    return Condition("wishes", settings, (), meaning, name)


def vetoes(column: str | Sequence[str] = "vetoes") -> Condition:
    """Demand that nobody is paired with a person whom either of them does not want.

    Lists and reports for coordinators say whose wish it was; letters do not.

    Parameters
    ----------
    column : str or sequence of str
        Where mentees, mentors or both name them.
    """
    columns = (column,) if isinstance(column, str) else tuple(column)

    def name(programme: Programme) -> Sentence:
        return sentence("rules.vetoes")

    def meaning(cohort: Cohort) -> Meaning:
        wanted = _named(cohort, columns)
        if isinstance(wanted, Fault):
            return Meaning(notes=(wanted,))
        quotas = []
        for side, other in (SIDES, SIDES[::-1]):
            for person, found in enumerate(wanted[side]):
                for k in found:
                    who = name_of(cohort.table(side), person)
                    says = sentence("rules.veto_of", who=who, named=name_of(cohort.table(other), k))
                    pair = (person, k) if side == "mentees" else (k, person)
                    quotas.append(Quota(says, Pairs.listed([pair]), at_most=0))
        return Meaning(tuple(quotas))

    settings = {"column": column if isinstance(column, str) else columns}
    return Condition("vetoes", settings, (), meaning, name)


def level_departments(column: str = "department", means: bool = False) -> Condition:
    """Serve all departments alike, as far as that costs nobody a mentor.

    Among the lists that match as many people as can be, the lowest share matched of any department
    is as high as can be. Only mentees count who have any possible mentor with a place.

    Parameters
    ----------
    column : str
        Which groups of mentees are levelled, if not the departments.
    means : bool
        Whether then the lowest mean score is to be as high as can be, too, in steps of 0.05, where
        those without a mentor count 0. For small programmes, of at most 3 000 possible pairs: eight
        made-up ones of 60 x 50 took 1 to 35 s and were proved. Where it is not proved, no bound on
        the lowest mean is told.
    """

    def name(programme: Programme) -> Sentence:
        key = "rules.level_departments" if means else "rules.level_shares"
        return sentence(key, column=named(programme, column))

    def meaning(cohort: Cohort) -> Meaning:
        if not_asked(cohort, column, ("mentees",)):
            return Meaning(notes=(Fault("rules.no_mentees_column", value=column),))
        groups = [";".join(sorted(entries(one))) for one in cohort.mentees[column]]
        stages = ("share", "mean") if means else ("share",)
        return Meaning(aims=tuple(Aim(one, leading=False, groups=groups) for one in stages))

    return Condition("level departments", {"column": column, "means": means}, (), meaning, name)


def spread_mentees() -> Condition:
    """Give as many mentors as can be their first mentee before anyone gets a second one.

    Among the lists that match as many people as can be, a mentor's second mentee takes off 1 point,
    the third 2, and so on; as few points as can be are taken off.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.spread_mentees")

    aims = (Aim("spread", leading=False),)
    return Condition("spread mentees", {}, (), lambda _: Meaning(aims=aims), name)


def _says_yes(answer: Any) -> bool:
    said = entries(answer)
    return bool(said) and not said <= {"0.0", "no", "nej", "false"}


def _named(cohort: Cohort, columns: Sequence[str]) -> dict[str, list[list[int]]] | Fault:
    """Return whom everybody names, by side; or a note that nobody was asked."""
    if not any(column in cohort.table(side) for side in SIDES for column in columns):
        return Fault("rules.nobody_asked", value=", ".join(columns))
    found: dict[str, list[list[int]]] = {}
    faults: list[Fault] = []
    for side in SIDES:
        found[side], wrong = named_by(cohort, side, columns)
        faults += wrong
    if faults:
        raise ProfileError(faults)
    return found


def _pairs_of(
    wanted: dict[str, list[list[int]]], ranks: slice
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the pairs that mentees, and those that mentors, wish for at some ranks."""
    ours = [(i, j) for i, found in enumerate(wanted["mentees"]) for j in found[ranks]]
    theirs = [(i, j) for j, found in enumerate(wanted["mentors"]) for i in found[ranks]]
    return ours, theirs
