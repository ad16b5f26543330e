"""Rules about whom departments serve, and how many pairs they lend, borrow or make.

Wherever a department stands, any other group of people can stand as well, see
`mentormatch.rules.groups`.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np

from mentormatch.errors import Fault
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Programme
from mentormatch.rules.condition import Condition, Meaning
from mentormatch.rules.groups import (
    Flags,
    Group,
    Groups,
    as_groups,
    called,
    codes_of,
    departments_of,
    inside,
    keys_of,
    nobody_in,
    not_asked,
    those,
)
from mentormatch.words import Sentence, figure, sentence


def own_department_only(departments: Groups | None = None) -> Condition:
    """Demand that departments serve their own people only, and nobody else serves them.

    Parameters
    ----------
    departments : str, mapping, or sequence of them, optional
        Their keys, or other groups; all departments if left out.

    Examples
    --------
    >>> own_department_only("physics").kind
    'own department only'
    """
    groups = as_groups(departments)

    def name(programme: Programme) -> Sentence:
        return sentence("rules.own_department_only", departments=called(programme, groups))

    def meaning(cohort: Cohort) -> Meaning:
        if not groups:
            apart = ~Pairs.same(*departments_of(cohort))
            return Meaning((Quota(name(cohort.programme), apart, at_most=0),))
        apart = Pairs.listed([])
        for group in groups:
            ours, theirs = _both(cohort, group)
            apart |= Pairs.between(ours, ~theirs) | Pairs.between(~ours, theirs)
        notes = nobody_in(cohort, SIDES, *groups, kind="own department only")
        return Meaning((Quota(name(cohort.programme), apart, at_most=0),), notes=tuple(notes))

    settings = {} if departments is None else {"departments": groups}
    return Condition("own department only", settings, keys_of(*groups), meaning, name)


def lends_to(department: Group, departments: Groups) -> Condition:
    """Demand that a department's mentors serve its own mentees and those of the listed ones only.

    Parameters
    ----------
    department : str or mapping
        Key of the department that lends, or another group.
    departments : str, mapping, or sequence of them
        Those that may borrow.
    """
    return _open_to("lends to", department, as_groups(departments), lends=True)


def borrows_from(department: Group, departments: Groups) -> Condition:
    """Demand that a department's mentees have its own mentors or those of the listed ones only.

    Parameters
    ----------
    department : str or mapping
        Key of the department that borrows, or another group.
    departments : str, mapping, or sequence of them
        Those that it may borrow from.
    """
    return _open_to("borrows from", department, as_groups(departments), lends=False)


def _open_to(kind: str, department: Group, groups: tuple[Group, ...], *, lends: bool) -> Condition:
    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules." + kind.replace(" ", "_"),
            department=called(programme, (department,)),
            departments=called(programme, groups),
        )

    def meaning(cohort: Cohort) -> Meaning:
        mine, others = ("mentors", "mentees") if lends else ("mentees", "mentors")
        ours = inside(cohort, mine, department)
        strangers = ~inside(cohort, others, department, *groups)
        banned = Pairs.between(strangers, ours) if lends else Pairs.between(ours, strangers)
        notes = nobody_in(cohort, (mine,), department, kind=kind)
        notes += nobody_in(cohort, SIDES, *groups, kind=kind)
        return Meaning((Quota(name(cohort.programme), banned, at_most=0),), notes=tuple(notes))

    settings = {"department": department, "departments": groups}
    return Condition(kind, settings, keys_of(department, *groups), meaning, name)


def at_most_lent(department: Group, pairs: int) -> Condition:
    """Demand at most so many pairs of a department's mentors with mentees of other departments."""
    return _counted("at most lent", department, pairs, lent=True)


def at_most_borrowed(department: Group, pairs: int) -> Condition:
    """Demand at most so many pairs of a department's mentees with mentors of other departments."""
    return _counted("at most borrowed", department, pairs, lent=False)


def _counted(kind: str, department: Group, pairs: int, *, lent: bool) -> Condition:
    def name(programme: Programme) -> Sentence:
        key = "rules.at_most_lent" if lent else "rules.at_most_borrowed"
        return sentence(key, department=called(programme, (department,)), count=pairs)

    def meaning(cohort: Cohort) -> Meaning:
        mentees, mentors = _both(cohort, department)
        away = Pairs.between(~mentees, mentors) if lent else Pairs.between(mentees, ~mentors)
        quota = Quota(name(cohort.programme), away, at_most=pairs)
        sides = ("mentors",) if lent else ("mentees",)
        return Meaning((quota,), notes=tuple(nobody_in(cohort, sides, department, kind=kind)))

    settings = {"department": department, "pairs": pairs}
    return Condition(kind, settings, keys_of(department), meaning, name)


def at_most_between(mentees_of: Group, mentors_of: Group, pairs: int) -> Condition:
    """Demand at most so many pairs of one department's mentees with another one's mentors."""
    return _between("at most between", mentees_of, mentors_of, pairs)


def at_least_between(mentees_of: Group, mentors_of: Group, pairs: int) -> Condition:
    """Demand at least so many pairs of one department's mentees with another one's mentors."""
    return _between("at least between", mentees_of, mentors_of, pairs)


def _between(kind: str, mentees_of: Group, mentors_of: Group, pairs: int) -> Condition:
    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules." + kind.replace(" ", "_"),
            count=pairs,
            mentees_of=called(programme, (mentees_of,)),
            mentors_of=called(programme, (mentors_of,)),
        )

    def meaning(cohort: Cohort) -> Meaning:
        cell = Pairs.between(
            inside(cohort, "mentees", mentees_of), inside(cohort, "mentors", mentors_of)
        )
        notes = nobody_in(cohort, ("mentees",), mentees_of, kind=kind)
        notes += nobody_in(cohort, ("mentors",), mentors_of, kind=kind)
        least, most = (0, pairs) if kind == "at most between" else (pairs, None)
        quota = Quota(name(cohort.programme), cell, at_least=least, at_most=most)
        return Meaning((quota,), notes=tuple(notes))

    settings = {"mentees_of": mentees_of, "mentors_of": mentors_of, "pairs": pairs}
    return Condition(kind, settings, keys_of(mentees_of, mentors_of), meaning, name)


def at_least_matched(department: Group, pairs: int) -> Condition:
    """Demand at least so many pairs for the mentees of a department."""

    def name(programme: Programme) -> Sentence:
        return sentence(
            "rules.at_least_matched", department=called(programme, (department,)), count=pairs
        )

    def meaning(cohort: Cohort) -> Meaning:
        ours = inside(cohort, "mentees", department)
        pairs_of = Pairs.between(ours, np.ones(len(cohort.mentors), np.bool_))
        quota = Quota(name(cohort.programme), pairs_of, at_least=pairs)
        notes = nobody_in(cohort, ("mentees",), department, kind="at least matched")
        return Meaning((quota,), notes=tuple(notes))

    settings = {"department": department, "pairs": pairs}
    return Condition("at least matched", settings, keys_of(department), meaning, name)


def at_least_inside(
    share: float, departments: Groups | None = None, column: str = "department"
) -> Condition:
    """Demand that at least a share of a department's mentees have a mentor of their own department.

    The share is of the mentees who signed up, with a mentor or without; where mentees may have
    several mentors it counts pairs: as many as that share of the mentees, rounded up.

    Parameters
    ----------
    share : float
        In per cent, 0 to 100.
    departments : str, mapping, or sequence of them, optional
        Each keeps the share for itself. All mentees together, each with a mentor of the same
        department, if left out.
    column : str
        What has to be the same instead of the department where `departments` is left out.

    Examples
    --------
    >>> at_least_inside(80, "physics").settings["share"]
    80
    """
    groups = as_groups(departments)

    def name(programme: Programme, group: Group | None = None) -> Sentence:
        if group is None and not groups and column != "department":
            return sentence(
                "rules.at_least_inside_column", share=figure(f"{share:g}"), column=column
            )
        some = groups if group is None else (group,)
        whose = called(programme, some)
        return sentence("rules.at_least_inside", share=figure(f"{share:g}"), department=whose)

    def meaning(cohort: Cohort) -> Meaning:
        if not groups:
            if unasked := not_asked(cohort, column):
                return Meaning(notes=unasked)
            same = Pairs.same(*codes_of(cohort, column))
            least = _share_of(share, len(cohort.mentees))
            return Meaning((Quota(name(cohort.programme), same, at_least=least),))
        quotas = []
        for group in groups:
            ours, theirs = _both(cohort, group)
            least = _share_of(share, int(ours.sum()))
            says = name(cohort.programme, group)
            quotas.append(Quota(says, Pairs.between(ours, theirs), at_least=least))
        notes = nobody_in(cohort, ("mentees",), *groups, kind="at least inside")
        return Meaning(tuple(quotas), notes=tuple(notes))

    settings: dict[str, object] = {"share": share, "column": column}
    if departments is not None:
        settings["departments"] = groups
    return Condition("at least inside", settings, keys_of(*groups), meaning, name)


def reserved_places(
    places: int,
    department: Group | None = None,
    mentor: str | None = None,
    kept_for: Groups | None = None,
) -> Condition:
    """Demand that so many places are kept for a department's own mentees, or for another group.

    Whoever does not belong to the group can have the other places only; what the group does not
    need of its places stays empty.

    Parameters
    ----------
    places : int
        How many places are kept, together.
    department : str or mapping, optional
        Whose mentors' places they are.
    mentor : str, optional
        Whose places they are instead: an id, or an address or name that is one mentor's alone.
    kept_for : str, mapping, or sequence of them, optional
        Whom they are kept for; the mentees of the department, or of the mentor's department, if
        left out.
    """
    groups = as_groups(kept_for)

    def whose(programme: Programme) -> Sentence:
        if department is not None:
            return called(programme, (department,))
        return Sentence(str(mentor), str(mentor))

    def name(programme: Programme) -> Sentence:
        key = "rules.reserved_places_for" if groups else "rules.reserved_places"
        blanks = {"kept_for": called(programme, groups)} if groups else {}
        return sentence(key, count=places, whose=whose(programme), **blanks)

    def meaning(cohort: Cohort) -> Meaning:
        notes: list[Fault] = []
        if department is not None:
            theirs = inside(cohort, "mentors", department)
            notes += nobody_in(cohort, ("mentors",), department, kind="reserved places")
        else:
            theirs = those(cohort, "mentors", (str(mentor),))
        if groups:
            ours = inside(cohort, "mentees", *groups)
            notes += nobody_in(cohort, ("mentees",), *groups, kind="reserved places")
        elif department is not None:
            ours = inside(cohort, "mentees", department)
        else:
            mine = set(cohort.mentors["department"][theirs]) - {""}
            ours = inside(cohort, "mentees", *sorted(mine))
        offered = cohort.mentors["places"] if "places" in cohort.mentors else np.ones(len(theirs))
        there = int(np.asarray(offered, np.float64)[theirs].sum())
        if places > there > 0:
            details = {"whose": whose(cohort.programme), "there": str(there)}
            notes.append(Fault("rules.more_reserved", value=str(places), details=details))
        free = max(0, there - places)
        quota = Quota(name(cohort.programme), Pairs.between(~ours, theirs), at_most=free)
        return Meaning((quota,), notes=tuple(notes))

    given = {"department": department, "mentor": mentor}
    settings: dict[str, object] = {"places": places}
    settings |= {key: value for key, value in given.items() if value is not None}
    if kept_for is not None:
        settings["kept_for"] = groups
    keys = keys_of(*(() if department is None else (department,)), *groups)
    return Condition("reserved places", settings, keys, meaning, name)


def _share_of(share: float, people: int) -> int:
    return ceil(Fraction(str(share)) * people / 100)


def _both(cohort: Cohort, group: Group) -> tuple[Flags, Flags]:
    return inside(cohort, "mentees", group), inside(cohort, "mentors", group)
