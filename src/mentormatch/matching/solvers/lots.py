"""The lottery among equally good matchings, told by the pairs that cost nobody anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

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
    bits: int | None = None,
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
    bits : int, optional
        Digits of the lottery numbers, where the problem is part of a larger one.
    """
    n, m = problem.shape
    i, j = tight
    held = match[i] == j
    if held.all() and len(i) == (match >= 0).sum():
        return match  # nothing ties
    if len(i) > MOST_TIES:
        return None
    # Where a circle of tying people has one way to be matched, there is nothing to draw.
    links = coo_array((np.ones(len(i), np.int8), (i, n + j)), shape=(n + m, n + m))
    circles = connected_components(links, directed=False)[1]
    open_to = np.isin(circles[i], circles[i[~held]])
    i, j = i[open_to], j[open_to]
    rows, row = np.unique(i, return_inverse=True)
    columns, column = np.unique(j, return_inverse=True)
    mentees, mentors = problem.mentee_ids or (), problem.mentor_ids or ()
    bits = grid.lottery_bits(n, m) if bits is None else bits
    lots = grid.lottery(
        grid.tickets([mentees[k] for k in rows.tolist()], "mentee", seed)[row],
        grid.tickets([mentors[k] for k in columns.tolist()], "mentor", seed)[column],
        bits,
    )
    # Whoever earns something must be matched, and a place that costs something must be used.
    weight = 2 ** (bits + max(n, m).bit_length() + 1)
    duty = int(lead) + (u[i] > 0).astype(np.int64) + (v[j] > 0)
    drawn = Master(len(rows), problem.mentor_capacity[columns])
    drawn.add(row, column.astype(np.int32), lots + weight * duty)
    drawn.improve(np.zeros(len(rows), np.int64))
    found = match.copy()
    found[rows] = np.append(columns, -1)[drawn.match]
    return found
