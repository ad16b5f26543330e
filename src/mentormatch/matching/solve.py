"""The one way to an answer: which solver a problem goes to, and how its answer comes back."""

from __future__ import annotations

import numpy as np

from mentormatch.errors import InfeasibleError
from mentormatch.matching.certificate import Prices, Proof, Split
from mentormatch.matching.diagnose import diagnose
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.flow import solve_flow
from mentormatch.matching.solvers.large import solve_large, suits
from mentormatch.matching.solvers.linear import solve_linear
from mentormatch.matching.solvers.numbers import Numbers, read_numbers
from mentormatch.matching.stable import stable

OBJECTIVES = {"most people": ("coverage", "total"), "highest total": ("total",)}


def solve(
    problem: Problem,
    objective: str = "most people",
    seed: int = 0,
    time_limit: float | None = None,
    n_jobs: int = 1,
) -> Matching:
    """Return the best matching of a problem, with the prices that prove it.

    Ties are broken by a lottery that is keyed by the ids and the seed, so neither the order of
    the rows nor the machine changes the pairs.

    Parameters
    ----------
    problem : Problem
        The question.
    objective : {"most people", "highest total", "stable"}
        ``"most people"`` matches as many mentees as can be, and among those matchings takes the
        highest total. ``"highest total"`` looks at the total alone. ``"stable"`` makes pairs such
        that no mentor and mentee would both rather have each other, see `stable`.
    seed : int
        Seed of the lottery, any whole number.
    time_limit : float, optional
        Seconds after which the search for a proof stops where quotas make it long; the result then
        has status ``"feasible"`` and says its gap. The best matching is always returned.
    n_jobs : int
        Threads that price the pairs of large problems, -1 for one a core. It never changes the
        result.

    Returns
    -------
    Matching

    Raises
    ------
    InfeasibleError
        No matching obeys all rules; it names those in conflict.
    ProblemError
        A score is NaN, or totals would not be exact.
    ValueError
        The objective is not known, or `time_limit` is not positive.

    Examples
    --------
    >>> matching = solve(Problem([[0.9, 0.4], [0.8, 0.7]]))
    >>> matching.pairs["mentor"].tolist(), matching.status
    ([0, 1], 'optimal')
    """
    if objective == "stable":
        return stable(problem, seed=seed)
    if objective not in OBJECTIVES:
        known = ", ".join(repr(name) for name in (*OBJECTIVES, "stable"))
        raise ValueError(f"objective must be one of {known}, not {objective!r}")
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"time_limit must be a positive number of seconds, not {time_limit!r}")
    if n_jobs == 0:
        raise ValueError("n_jobs must be a number of cores, or -1 for all")
    stages = OBJECTIVES[objective]
    if suits(problem) and (priced := solve_large(problem, stages, seed, n_jobs)) is not None:
        rows = np.flatnonzero(priced.match >= 0)
        return Matching(problem, rows, priced.match[rows], objective, stages, priced.proofs, seed)
    numbers = read_numbers(problem, seed)
    if numbers.needs_programs:
        found = solve_linear(numbers, stages, time_limit)
        if found is None:
            raise InfeasibleError(diagnose(problem))
        rows, cols, proofs = found.rows, found.cols, found.proofs
    else:
        answer = solve_flow(numbers, stages)
        if answer is None:
            raise InfeasibleError(diagnose(problem))
        rows = np.flatnonzero(answer.match >= 0)
        cols, proofs = answer.match[rows], dict(answer.proofs)
    return Matching(
        problem,
        numbers.row_order[rows],
        numbers.col_order[cols],
        objective,
        stages,
        {stage: _told(numbers, proof) for stage, proof in proofs.items()},
        seed,
    )


def _told(numbers: Numbers, proof: Proof) -> Proof:
    """Return a proof in the problem's own order of people."""
    if isinstance(proof, Split):
        i, j = proof.pair
        pair = (int(numbers.row_order[i]), int(numbers.col_order[j]))
        used, unused = _told(numbers, proof.used), _told(numbers, proof.unused)
        return Split(pair, used, unused, _prices(numbers, proof.prices))
    return _prices(numbers, proof)


def _prices(numbers: Numbers, proof: Prices) -> Prices:
    mentors = np.empty_like(proof.mentors)
    mentors[numbers.col_order] = proof.mentors
    return Prices(mentors, proof.quotas, proof.coverage, proof.fine)
