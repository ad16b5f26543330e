"""What departments may demand of the pairs: each rule with its sentence and the quotas it means.

A `Condition` is made by one of the functions here, or from a programme file's words by
`mentormatch.rulebook`; `formulate` asks it for its quotas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.callings import callings, name_of, named_in, whom
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Programme
from mentormatch.people.spelling import fold
from mentormatch.words import Sentence, sentence

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Meaning:
    """What a condition means for a cohort.

    Parameters
    ----------
    quotas : tuple of Quota
        Bounds on sets of pairs, each named by a sentence in both languages.
    minimum_score : float
        Pairs that score below this are impossible.
    notes : tuple of Fault
        What the coordinator should know, such as a name that fits nobody.
    """

    quotas: tuple[Quota, ...] = ()
    minimum_score: float = -np.inf
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A rule that pairs have to keep.

    Parameters
    ----------
    kind : str
        As the programme file calls it, such as ``"own department only"``.
    settings : mapping
        What it was given.
    departments : tuple of str
        Keys of the departments that it names.
    meaning : callable
        Cohort -> `Meaning`.
    sentence : callable
        Programme -> what it demands, in English and Swedish.
    file, line : str, int
        Where a programme file states it.
    """

    kind: str
    settings: Mapping[str, Any]
    departments: tuple[str, ...]
    meaning: Callable[[Cohort], Meaning] = field(repr=False)
    sentence: Callable[[Programme], Sentence] = field(repr=False)
    file: str = ""
    line: int | None = None


def own_department_only(departments: str | Sequence[str] | None = None) -> Condition:
    """Demand that departments serve their own people only, and nobody else serves them.

    Parameters
    ----------
    departments : str or sequence of str, optional
        Their keys; all departments if left out.

    Examples
    --------
    >>> own_department_only("physics").kind
    'own department only'
    """
    keys = _keys(departments)

    def name(programme: Programme) -> Sentence:
        return sentence("rules.own_department_only", departments=_names(programme, keys))

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _departments(cohort)
        apart = ~Pairs.same(mentees, mentors)
        if keys:
            apart &= Pairs.between(np.isin(mentees, keys), np.ones(len(mentors), np.bool_)) | (
                Pairs.between(np.ones(len(mentees), np.bool_), np.isin(mentors, keys))
            )
        return Meaning((Quota(name(cohort.programme), apart, at_most=0),))

    settings = {} if departments is None else {"departments": keys}
    return Condition("own department only", settings, keys, meaning, name)


def lends_to(department: str, departments: str | Sequence[str]) -> Condition:
    """Demand that a department's mentors serve its own mentees and those of the listed ones only.

    Parameters
    ----------
    department : str
        Key of the department that lends.
    departments : str or sequence of str
        Keys of those that may borrow.
    """
    keys = _keys(departments)

    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules.lends_to",
            department=_names(programme, (department,)),
            departments=_names(programme, keys),
        )

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _departments(cohort)
        banned = Pairs.between(~np.isin(mentees, (*keys, department)), mentors == department)
        return Meaning((Quota(name(cohort.programme), banned, at_most=0),))

    settings = {"department": department, "departments": keys}
    return Condition("lends to", settings, (department, *keys), meaning, name)


def borrows_from(department: str, departments: str | Sequence[str]) -> Condition:
    """Demand that a department's mentees have its own mentors or those of the listed ones only.

    Parameters
    ----------
    department : str
        Key of the department that borrows.
    departments : str or sequence of str
        Keys of those that it may borrow from.
    """
    keys = _keys(departments)

    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules.borrows_from",
            department=_names(programme, (department,)),
            departments=_names(programme, keys),
        )

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _departments(cohort)
        banned = Pairs.between(mentees == department, ~np.isin(mentors, (*keys, department)))
        return Meaning((Quota(name(cohort.programme), banned, at_most=0),))

    settings = {"department": department, "departments": keys}
    return Condition("borrows from", settings, (department, *keys), meaning, name)


def at_most_lent(department: str, pairs: int) -> Condition:
    """Demand at most so many pairs of a department's mentors with mentees of other departments."""
    return _counted("at most lent", department, pairs, lent=True)


def at_most_borrowed(department: str, pairs: int) -> Condition:
    """Demand at most so many pairs of a department's mentees with mentors of other departments."""
    return _counted("at most borrowed", department, pairs, lent=False)


def _counted(kind: str, department: str, pairs: int, *, lent: bool) -> Condition:
    def name(programme: Programme) -> Sentence:
        key = "rules.at_most_lent" if lent else "rules.at_most_borrowed"
        return sentence(key, department=_names(programme, (department,)), count=pairs)

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _departments(cohort)
        away = Pairs.between(
            (mentees == department) != lent,
            (mentors == department) == lent,
        )
        return Meaning((Quota(name(cohort.programme), away, at_most=pairs),))

    return Condition(kind, {"department": department, "pairs": pairs}, (department,), meaning, name)


def at_most_between(mentees_of: str, mentors_of: str, pairs: int) -> Condition:
    """Demand at most so many pairs of one department's mentees with another one's mentors."""
    return _between("at most between", mentees_of, mentors_of, pairs)


def at_least_between(mentees_of: str, mentors_of: str, pairs: int) -> Condition:
    """Demand at least so many pairs of one department's mentees with another one's mentors."""
    return _between("at least between", mentees_of, mentors_of, pairs)


def _between(kind: str, mentees_of: str, mentors_of: str, pairs: int) -> Condition:
    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules." + kind.replace(" ", "_"),
            count=pairs,
            mentees_of=_names(programme, (mentees_of,)),
            mentors_of=_names(programme, (mentors_of,)),
        )

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _departments(cohort)
        cell = Pairs.between(mentees == mentees_of, mentors == mentors_of)
        if kind == "at most between":
            return Meaning((Quota(name(cohort.programme), cell, at_most=pairs),))
        return Meaning((Quota(name(cohort.programme), cell, at_least=pairs),))

    settings = {"mentees_of": mentees_of, "mentors_of": mentors_of, "pairs": pairs}
    return Condition(kind, settings, (mentees_of, mentors_of), meaning, name)


def at_least_matched(department: str, pairs: int) -> Condition:
    """Demand at least so many pairs for the mentees of a department."""

    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules.at_least_matched", department=_names(programme, (department,)), count=pairs
        )

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _departments(cohort)
        own = Pairs.between(mentees == department, np.ones(len(mentors), np.bool_))
        return Meaning((Quota(name(cohort.programme), own, at_least=pairs),))

    settings = {"department": department, "pairs": pairs}
    return Condition("at least matched", settings, (department,), meaning, name)


def common_language(column: str = "languages") -> Condition:
    """Demand that both of a pair speak a common language; who named none is taken to speak any.

    A column of single answers is read as lists of one.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.common_language")

    def meaning(cohort: Cohort) -> Meaning:
        if column not in cohort.mentees or column not in cohort.mentors:
            return Meaning(notes=(Fault("rules.no_column", value=column),))
        rows, row_sets = _grouped(cohort.mentees[column])
        columns, column_sets = _grouped(cohort.mentors[column])
        table = [[bool(a) and bool(b) and a.isdisjoint(b) for b in column_sets] for a in row_sets]
        strangers = Pairs.cells(rows, columns, np.array(table, np.bool_))
        return Meaning((Quota(name(cohort.programme), strangers, at_most=0),))

    return Condition("common language", {"column": column}, (), meaning, name)


def conflict(column: str = "conflict") -> Condition:
    """Demand that nobody is paired with a person whom either of them named in a column.

    Names, e-mail addresses and ids are recognised, several of them separated by ``;`` or a comma.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.conflict")

    def meaning(cohort: Cohort) -> Meaning:
        quotas: list[Quota] = []
        notes: list[Fault] = []
        for side, other in (("mentees", "mentors"), ("mentors", "mentees")):
            mine, theirs = cohort.table(side), cohort.table(other)
            if column not in mine:
                continue
            known = callings(theirs)
            for place, answer in enumerate(mine[column]):
                for called, found in named_in(answer, known):
                    if not found:
                        notes.append(
                            Fault("rules.named_nobody", file=side, column=column, value=called)
                        )
                    pairs = [(place, k) if side == "mentees" else (k, place) for k in found]
                    if pairs:
                        a, b = name_of(mine, place), name_of(theirs, found[0])
                        says = sentence("rules.conflict_between", who=a, named=b)
                        quotas.append(Quota(says, Pairs.listed(pairs), at_most=0))
        return Meaning(tuple(quotas), notes=tuple(notes))

    return Condition("conflict", {"column": column}, (), meaning, name)


def different(column: str) -> Condition:
    """Demand that the two of a pair differ in a column, such as their employer."""

    def name(programme: Programme) -> Sentence:
        return sentence("rules.different", column=column)

    def meaning(cohort: Cohort) -> Meaning:
        if column not in cohort.mentees or column not in cohort.mentors:
            return Meaning(notes=(Fault("rules.no_column", value=column),))
        mine, theirs = (
            [_comparable(answer) for answer in cohort.table(side)[column]]
            for side in ("mentees", "mentors")
        )
        return Meaning((Quota(name(cohort.programme), Pairs.same(mine, theirs), at_most=0),))

    return Condition("different", {"column": column}, (), meaning, name)


def banned(pairs: Iterable[tuple[str, str]]) -> Condition:
    """Demand that listed pairs (mentee, mentor) are not made.

    People are called by their id, or by an e-mail address or name that is theirs alone.
    """
    return _listed("banned", pairs, at_least=0)


def not_last_year(pairs: Iterable[tuple[str, str]]) -> Condition:
    """Demand that pairs (mentee, mentor) of last year are not made again.

    People are called as for `banned`; those who did not sign up this year are passed over.
    """
    return _listed("not last year", pairs, at_least=0)


def locked(pairs: Iterable[tuple[str, str]]) -> Condition:
    """Demand that listed pairs (mentee, mentor) are made; people are called as for `banned`."""
    return _listed("locked", pairs, at_least=1)


def _listed(kind: str, pairs: Iterable[tuple[str, str]], at_least: int) -> Condition:
    wanted = tuple((str(mentee), str(mentor)) for mentee, mentor in pairs)
    key = "rules." + kind.replace(" ", "_")

    def name(programme: Programme) -> Sentence:
        return sentence(key, count=len(wanted))

    def meaning(cohort: Cohort) -> Meaning:
        called = {side: callings(cohort.table(side)) for side in SIDES}
        quotas: list[Quota] = []
        faults: list[Fault] = []
        for pair in wanted:
            found = [
                whom(cohort.table(side), called[side], who)
                for side, who in zip(SIDES, pair, strict=True)
            ]
            places = [one for one in found if isinstance(one, int)]
            if len(places) < len(found):
                wrong = [one for one in found if isinstance(one, Fault)]
                # Last year's people need not be here; a lock or a ban of a stranger is a mistake.
                if kind != "not last year":
                    faults += wrong
                else:
                    faults += [one for one in wrong if one.code != "rules.unknown_person"]
                continue
            i, j = places
            says = sentence(
                key + "_pair",
                mentee=name_of(cohort.mentees, i),
                mentor=name_of(cohort.mentors, j),
            )
            most = None if at_least else 0
            quotas.append(Quota(says, Pairs.listed([(i, j)]), at_least=at_least, at_most=most))
        if faults:
            raise ProgrammeError(faults)
        return Meaning(tuple(quotas))

    return Condition(kind, {"pairs": wanted}, (), meaning, name)


def minimum_score(score: float) -> Condition:
    """Demand that no pair scores below `score`, in [0, 1]."""

    def name(programme: Programme) -> Sentence:
        return sentence("rules.minimum_score", score=f"{score:.2f}")

    return Condition(
        "minimum score", {"score": score}, (), lambda _: Meaning(minimum_score=score), name
    )


#: What a programme file may call, by the name it uses there.
KINDS: Mapping[str, Callable[..., Condition]] = {
    "own department only": own_department_only,
    "lends to": lends_to,
    "borrows from": borrows_from,
    "at most lent": at_most_lent,
    "at most borrowed": at_most_borrowed,
    "at most between": at_most_between,
    "at least between": at_least_between,
    "at least matched": at_least_matched,
    "common language": common_language,
    "conflict": conflict,
    "different": different,
    "banned": banned,
    "not last year": not_last_year,
    "locked": locked,
    "minimum score": minimum_score,
}


def _keys(departments: str | Sequence[str] | None) -> tuple[str, ...]:
    if departments is None:
        return ()
    return (departments,) if isinstance(departments, str) else tuple(departments)


def _names(programme: Programme, keys: Sequence[str]) -> Sentence:
    """Return the names of departments in a row, or "every department"."""
    if not keys:
        return sentence("rules.every_department")
    names = [programme.department(key).name for key in keys]
    return Sentence(", ".join(x("en") for x in names), ", ".join(x("sv") for x in names))


def _departments(cohort: Cohort) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    return (
        np.array(cohort.mentees["department"].tolist(), dtype=np.str_),
        np.array(cohort.mentors["department"].tolist(), dtype=np.str_),
    )


def _grouped(answers: Iterable[Any]) -> tuple[NDArray[np.int64], list[frozenset[str]]]:
    """Return a number for each set of answers that occurs, and the sets."""
    sets = [_answers(answer) for answer in answers]
    kinds = {one: k for k, one in enumerate(dict.fromkeys(sets))}
    return np.array([kinds[one] for one in sets], np.int64), list(kinds)


def _answers(answer: Any) -> frozenset[str]:
    """Return the entries of a list of answers; a single answer is a list of one."""
    entries = answer if isinstance(answer, (tuple, list, set, frozenset)) else (answer,)
    return frozenset(map(_comparable, entries)) - {""}


def _comparable(answer: Any) -> str:
    """Return what two equal answers have in common; an empty text for no answer."""
    if not isinstance(answer, tuple) and pd.isna(answer):
        return ""
    if isinstance(answer, (int, float, np.number)):
        return repr(float(answer))
    return fold(str(answer)) if answer else ""
