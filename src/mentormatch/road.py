"""The straight road: a cohort to its best pairs in one call, and a list mended later."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from mentormatch.formulation import formulate
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.people.cohort import Cohort
from mentormatch.rules import Condition
from mentormatch.scores.compatibility import Compatibility
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


def rematch(
    matching: Matching,
    now: Cohort | Problem,
    rules: Sequence[Condition] | None = None,
    time_limit: float | None = None,
    n_jobs: int = 1,
) -> Matching:
    """Return the best pairs now that people left, came late or changed, with few pairs broken.

    As many mentees as can be have a mentor; among those lists, as many of the matching's pairs as
    can be stay; among those, the total is highest. People are told apart by their ids. A pair is
    no longer announced where one of the two is gone or they may not be a pair any more; `changes`
    tells who is concerned.

    Parameters
    ----------
    matching : Matching
        The pairs that were announced.
    now : Cohort or Problem
        Everybody who takes part now; or the same in numbers. A cohort is scored with the weights
        of the matching where that has a cohort's scores, and with those of its programme where
        departments have weights of their own. Announced pairs of a problem are put aside.
    rules : sequence of Condition, optional
        What pairs of a cohort have to keep; its programme's rules if left out.
    time_limit, n_jobs
        As for `solve`. The lottery is that of the matching.

    Raises
    ------
    InfeasibleError
        No pair list keeps all rules; it names those in conflict.
    ProgrammeError
        The programme states a rule that cannot be understood.

    Examples
    --------
    >>> import mentormatch as mm
    >>> before = mm.match(cohort := mm.make_cohort(20, 15, seed=1))
    >>> gone = before.pairs["mentee"].iloc[0]
    >>> fewer = mm.Cohort(cohort.mentees.drop(gone), cohort.mentors, cohort.programme)
    >>> after = mm.rematch(before, fewer)
    >>> after.kept == len(before) - 1
    True
    """
    if isinstance(now, Cohort):
        before = matching.problem.scores
        own = isinstance(before, Compatibility) and not before.department_weights
        now = formulate(now, score(now, before.weights if own else None), rules)
    pairs = matching.pairs
    announced = list(zip(pairs["mentee"].tolist(), pairs["mentor"].tolist(), strict=True))
    return _keeping(now, announced, matching.seed, time_limit, n_jobs)


def _keeping(
    problem: Problem,
    announced: Iterable[tuple[Hashable, Hashable]],
    seed: int = 0,
    time_limit: float | None = None,
    n_jobs: int = 1,
) -> Matching:
    """Return the best pairs of a problem, keeping announced pairs, given by ids, where it can.

    Pairs with somebody who is not in the problem, and pairs that are impossible, are passed over.
    """
    mentees, mentors = (
        {one: k for k, one in enumerate(ids or ())}
        for ids in (problem.mentee_ids, problem.mentor_ids)
    )
    there = Pairs.listed(
        (mentees[a], mentors[b]) for a, b in announced if a in mentees and b in mentors
    )
    i, j = there.exceptions.T
    possible = problem.values_at(i, j)[1]
    still = Pairs.listed(map(tuple, there.exceptions[possible].tolist()))
    stages = ("coverage", "kept", "total")
    return solve(replace(problem, announced=still), stages, seed, time_limit, n_jobs)
