"""How people, their scores and their departments' rules become a problem in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import Fault, ProfileError
from mentormatch.matching.problem import Problem, Quota
from mentormatch.people.cohort import Cohort
from mentormatch.rulebook import check, conditions
from mentormatch.rules import Condition, Meaning

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
        Places or demand are no whole numbers, 0 or more.
    ProgrammeError
        The programme states a rule that does not exist or takes other settings; or a locked or
        banned person did not sign up.
    """
    meanings = meanings_of(cohort, rules)
    quotas: list[Quota] = [quota for meaning in meanings for quota in meaning.quotas]
    return Problem(
        fit,
        mentor_capacity=_counts(cohort, "mentors", "places"),
        mentee_demand=_counts(cohort, "mentees", "demand"),
        quotas=quotas,
        minimum_score=max((meaning.minimum_score for meaning in meanings), default=-np.inf),
    )


def meanings_of(cohort: Cohort, rules: Sequence[Condition] | None = None) -> list[Meaning]:
    """Return what each rule means for a cohort, in their order."""
    if rules is None:
        stated: Sequence[Condition] = conditions(cohort.programme)
    else:
        check(rules, cohort.programme)
        stated = rules
    return [rule.meaning(cohort) for rule in stated]


def notes_of(cohort: Cohort, rules: Sequence[Condition] | None = None) -> tuple[Fault, ...]:
    """Return what the rules noticed in a cohort and the coordinator should know."""
    return tuple(note for meaning in meanings_of(cohort, rules) for note in meaning.notes)


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
