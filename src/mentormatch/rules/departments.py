"""Rules about whom departments serve, and how many pairs they lend, borrow or make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Programme
from mentormatch.rules.condition import Condition, Meaning
from mentormatch.words import Sentence, sentence


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
