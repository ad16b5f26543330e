"""The best assignment where all places are single and the matrix of scores fits in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.certificate import Prices, Proof
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.answer import Answer
from mentormatch.matching.solvers.bans import Bans
from mentormatch.matching.solvers.cover import plain_cover
from mentormatch.matching.solvers.lots import draw_lots

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_BIDS = 6  # bids a row, before shortest paths take over


def solve_single(
    problem: Problem, stages: tuple[str, ...], seed: int, bits: int | None = None
) -> Answer | None:
    """Return the best matching with its lowest prices.

    None if people have to be put before scores, or too many pairs tie to draw lots: then another
    solver knows better.

    Parameters
    ----------
    problem : Problem
        With one mentor a mentee and one mentee a mentor at most, and only bans beside.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    seed : int
        Seed of the lottery.
    bits : int, optional
        Digits of the lottery numbers, where the problem is part of a larger one.

    Raises
    ------
    ProblemError
        The total could be too large to be exact.
    """
    from mentormatch.matching.solvers.dense import bid, insert, tight  # noqa: PLC0415  (compiles)

    n, m = problem.shape
    steps = problem.steps(np.arange(n))
    least = float(steps.min(initial=0.0))
    if least == -np.inf:
        least = float(np.where(steps > -np.inf, steps, 0.0).min())
    largest = int(max(-least, float(steps.max(initial=0.0))))
    grid.check_total(np.array([largest]), problem.most_pairs)
    waiting = problem.mentee_demand > 0
    u, v = np.zeros(n), np.where(problem.mentor_capacity > 0, 0.0, np.inf)
    match, owner = np.full(n, -1, np.int64), np.full(m, -1, np.int64)
    bid(steps, waiting, u, v, match, owner, _BIDS * n)
    insert(steps, waiting, u, v, match, owner)
    none = np.zeros(len(problem.quotas), np.int64)
    proofs: dict[str, Proof] = {}
    if "coverage" in stages:

        def alive() -> tuple[Flags, Flags]:
            possible = steps > -np.inf
            return np.asarray(possible.any(axis=1)), np.asarray(possible[waiting].any(axis=0))

        columns = plain_cover(problem, match, alive, Bans(problem))
        if columns is None:
            return None
        closed = problem.mentor_capacity == 0
        proofs["coverage"] = Prices(np.where(closed, 1, columns), none)
    rows, cols = np.empty(4 * (n + m), np.int64), np.empty(4 * (n + m), np.int64)
    count = tight(steps, waiting, u, v, rows, cols)
    if count > len(rows):
        rows, cols = np.empty(count, np.int64), np.empty(count, np.int64)
        tight(steps, waiting, u, v, rows, cols)
    whole_u, whole_v = u.astype(np.int64), np.where(v < np.inf, v, 0).astype(np.int64)
    pairs = rows[:count], cols[:count]
    lead = "coverage" in stages
    drawn = draw_lots(problem, whole_u, whole_v, match, pairs, seed, lead=lead, bits=bits)
    if drawn is None:
        return None
    mentees, mentors = lowest(problem, steps, whole_u, whole_v, match, largest)
    proofs["total"] = Prices(mentors, none)
    return Answer(drawn, proofs, True, 1.0, mentees)


def lowest(
    problem: Problem, steps: Floats, u: Ints, v: Ints, match: Ints, largest: int
) -> tuple[Ints, Ints]:
    """Return the lowest prices of mentors that prove a matching best, and what mentees have then.

    Parameters
    ----------
    problem : Problem
        The question.
    steps : numpy.ndarray of float, shape (n, m)
        All its scores, in whole steps.
    u, v, match : numpy.ndarray of int
        Prices and a matching that they prove best.
    largest : int
        Largest absolute score.
    """
    from mentormatch.matching.solvers.dense import lower  # noqa: PLC0415  (compiles)

    u, v = u.copy(), np.where(problem.mentor_capacity == 0, largest + 1, v)
    lower(steps, problem.mentee_demand > 0, u, v, match)
    return u, v
