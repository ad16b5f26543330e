"""The straight road: from a cohort to its best pairs in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mentormatch.formulation import formulate
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.people.cohort import Cohort
from mentormatch.rules import Condition
from mentormatch.scores.score import score


def match(
    cohort: Cohort,
    weights: Mapping[str, float] | None = None,
    rules: Sequence[Condition] | None = None,
    objective: str | Sequence[str] = "most people",
    seed: int = 0,
    time_limit: float | None = None,
    n_jobs: int = 1,
) -> Matching:
    """Return the best pairs of a cohort: `score`, `formulate` and `solve` in one.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    weights : mapping of str to float, optional
        Weight of each part of the score; the programme's if left out.
    rules : sequence of Condition, optional
        What pairs have to keep; the programme's rules if left out.
    objective, seed, time_limit, n_jobs
        As for `solve`.

    Raises
    ------
    InfeasibleError
        No pair list keeps all rules; it names those in conflict.
    ProgrammeError
        The programme states a rule that cannot be understood.

    Examples
    --------
    >>> import mentormatch as mm
    >>> mm.match(mm.make_cohort(20, 15, seed=1)).status
    'optimal'
    """
    problem = formulate(cohort, score(cohort, weights), rules)
    return solve(problem, objective, seed, time_limit, n_jobs)
