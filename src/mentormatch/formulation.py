"""How people, their scores and their departments' rules become a problem in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import Fault, ProfileError, ProgrammeError
from mentormatch.matching.aims import Aims
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.rankings import Rankings
from mentormatch.people.callings import name_of
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.rulebook import check, conditions
from mentormatch.rules import Aim, Condition, Meaning

Ints = NDArray[np.int64]

if TYPE_CHECKING:
    from mentormatch.scores.compatibility import Compatibility


def formulate(
    cohort: Cohort, fit: Compatibility, rules: Sequence[Condition] | None = None
) -> Problem:
    """Return the matching problem of a cohort.

    Parameters
    ----------
    cohort : Cohort
        Who signed up. Mentors have ``places`` mentees at most, mentees ``demand`` mentors at most;
        1 where the column is missing.
    fit : Compatibility
        Scores of the same cohort.
    rules : sequence of Condition, optional
        What pairs have to keep, from `mentormatch.rules`; the programme's own rules if left out.

    Raises
    ------
    ProfileError
        Places or demand are no whole numbers, 0 or more; or somebody wishes for a person, or does
        not want one, whose name fits nobody or several people.
    ProgrammeError
        The programme states a rule that does not exist or takes other settings; somebody whom a
        rule names did not sign up; or rules ask more of a mentor than they, or the places, allow.
    """
    places, demand = _counts(cohort, "mentors", "places"), _counts(cohort, "mentees", "demand")
    meanings = meanings_of(cohort, rules)
    fewest, most = _loads(meanings, places)
    if (torn := np.flatnonzero(fewest > most)).size:
        raise ProgrammeError([_torn(cohort, k, fewest, most) for k in torn.tolist()])
    quotas: list[Quota] = [quota for meaning in meanings for quota in meaning.quotas]
    return Problem(
        fit,
        mentor_capacity=most,
        mentor_minimum=fewest,
        mentee_demand=demand,
        quotas=quotas,
        minimum_score=max((meaning.minimum_score for meaning in meanings), default=-np.inf),
        aims=_aims([aim for meaning in meanings for aim in meaning.aims]),
        rankings=_rankings(fit, meanings),
    )


def _aims(stated: Sequence[Aim]) -> Aims:
    """Return the stages that rules add, in their order."""
    counts: dict[str, Any] = {}
    leading: list[str] = []
    following: list[str] = []
    groups: Any = None
    for aim, stage in zip(stated, _called(stated), strict=True):
        if aim.count is not None:
            counts[stage] = aim.count
        if aim.groups is not None:
            groups = aim.groups
        order = leading if aim.leading else following
        if stage not in order:
            order.append(stage)
    return Aims(counts=counts, groups=groups, leading=leading, following=following)


def _called(stated: Sequence[Aim]) -> list[str]:
    """Return what the stage of each aim is called; the second count of a name gets a number."""
    called: list[str] = []
    counted: set[str] = set()
    for aim in stated:
        stage, number = aim.stage, 1
        while aim.count is not None and stage in counted:
            number += 1
            stage = f"{aim.stage} {number}"
        if aim.count is not None:
            counted.add(stage)
        called.append(stage)
    return called


def stages_of(meanings: Sequence[Meaning]) -> list[tuple[str, ...]]:
    """Return for each rule the stages that it adds to every objective, by their names there."""
    called = iter(_called([aim for meaning in meanings for aim in meaning.aims]))
    return [tuple(next(called) for _ in meaning.aims) for meaning in meanings]


def _rankings(fit: Compatibility, meanings: Sequence[Meaning]) -> Rankings | None:
    """Return whom people would rather have: those they wish for, then the others by score."""
    found = [meaning.favourites for meaning in meanings if meaning.favourites is not None]
    if not found:
        return None
    liked: dict[str, NDArray[np.float64] | None] = dict.fromkeys(SIDES)
    scores = fit.block(np.arange(fit.shape[0]))
    for side, lists in found[-1].items():
        if not any(lists):
            continue
        liking = scores.copy()
        over = 2.0 * float(np.abs(scores).max(initial=0.0)) + 1.0
        for person, favourites in enumerate(lists):
            for rank, other in enumerate(favourites):
                pair = (person, other) if side == "mentees" else (other, person)
                liking[pair] = over * (len(favourites) - rank + 1)
        liked[side] = liking
    return Rankings.scored(*liked.values())


def meanings_of(cohort: Cohort, rules: Sequence[Condition] | None = None) -> list[Meaning]:
    """Return what each rule means for a cohort, in their order."""
    if rules is None:
        stated: Sequence[Condition] = conditions(cohort.programme)
    else:
        check(rules, cohort.programme)
        stated = rules
    meanings = [_meaning(rule, cohort) for rule in stated]
    if any(meaning.most is not None for meaning in meanings):
        # Rules that speak of places speak of those that are left.
        places = _counts(cohort, "mentors", "places")
        fewer = cohort.mentors.assign(places=_loads(meanings, places)[1])
        left = replace(cohort, mentors=fewer)
        meanings = [
            _meaning(rule, left) if meaning.most is None else meaning
            for rule, meaning in zip(stated, meanings, strict=True)
        ]
    return meanings


def _meaning(rule: Condition, cohort: Cohort) -> Meaning:
    """Return what a rule means; what it notices, and what is wrong, says where the rule stands."""
    try:
        meaning = rule.meaning(cohort)
    except (ProgrammeError, ProfileError) as error:
        raise type(error)([_placed(fault, rule) for fault in error.faults]) from None
    return replace(meaning, notes=tuple(_placed(note, rule) for note in meaning.notes))


def _placed(fault: Fault, rule: Condition) -> Fault:
    return fault if fault.file else replace(fault, file=rule.file, row=rule.line)


def _loads(meanings: Sequence[Meaning], places: Ints) -> tuple[Ints, Ints]:
    """Return the fewest and most mentees of each mentor."""
    fewest, most = np.zeros_like(places), places.copy()
    for meaning in meanings:
        if meaning.fewest is not None:
            fewest = np.maximum(fewest, meaning.fewest)
        if meaning.most is not None:
            most = np.minimum(most, meaning.most)
    return fewest, most


def notes_of(
    cohort: Cohort, rules: Sequence[Condition] | None = None, objective: str | None = None
) -> tuple[Fault, ...]:
    """Return what the rules noticed in a cohort and the coordinator should know.

    With the objective, also which rule has no effect on it.
    """
    stated = conditions(cohort.programme) if rules is None else rules
    notes: list[Fault] = []
    for rule, meaning in zip(stated, meanings_of(cohort, rules), strict=True):
        notes += meaning.notes
        if meaning.favourites is not None and objective != "stable":
            notes.append(_placed(Fault("rules.only_stable"), rule))
    return tuple(notes)


def _torn(cohort: Cohort, k: int, fewest: Ints, most: Ints) -> Fault:
    details = {"least": str(int(fewest[k])), "most": str(int(most[k]))}
    return Fault("rules.loads_apart", value=name_of(cohort.mentors, k), details=details)


def _counts(cohort: Cohort, side: str, column: str) -> NDArray[np.int64]:
    table = cohort.table(side)
    if column not in table:
        return np.ones(len(table), np.int64)
    answers = table[column].tolist()
    faults = [
        Fault("sheets.no_count", file=side, column=column, value=str(answer))
        for answer in answers
        if not _is_count(answer)
    ]
    if faults:
        raise ProfileError(faults)
    return np.array([int(answer) for answer in answers], np.int64)


def _is_count(answer: object) -> bool:
    if isinstance(answer, float):
        return answer >= 0 and answer.is_integer()
    return isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0
