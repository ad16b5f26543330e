"""The lottery among equally good matchings, told by the pairs that cost nobody anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.master import Master

Ints = NDArray[np.int64]

MOST_TIES = 2**25


def draw_lots(
    problem: Problem,
    u: Ints,
    v: Ints,
    match: Ints,
    tight: tuple[Ints, Ints],
    seed: int,
    *,
    lead: bool,
) -> Ints | None:
    """Return the best matching that the lottery prefers; None if too many pairs tie.

    Parameters
    ----------
    problem : Problem
        The question.
    u, v, match : numpy.ndarray of int
        Prices of rows and columns, and a best matching: each row's column (-1: none).
    tight : tuple of numpy.ndarray of int
        Rows and columns of all pairs that are worth as much as they cost.
    seed : int
        Seed of the lottery.
    lead : bool
        Whether it counts first how many rows have a column.
    """
    n, m = problem.shape
    i, j = tight
    if len(i) == (match >= 0).sum() and (match[i] == j).all():
        return match  # nothing ties
    if len(i) > MOST_TIES:
        return None
    bits = grid.lottery_bits(n, m)
    lots = grid.lottery(
        grid.tickets(problem.mentee_ids or (), "mentee", seed)[i],
        grid.tickets(problem.mentor_ids or (), "mentor", seed)[j],
        bits,
    )
    # Whoever earns something must be matched, and a place that costs something must be used.
    weight = 2 ** (bits + max(n, m).bit_length() + 1)
    duty = int(lead) + (u[i] > 0).astype(np.int64) + (v[j] > 0)
    drawn = Master(n, problem.mentor_capacity)
    drawn.add(i, j.astype(np.int32), lots + weight * duty)
    drawn.improve(np.zeros(n, np.int64))
    return drawn.match
