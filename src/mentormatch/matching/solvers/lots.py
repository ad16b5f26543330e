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
Flags = NDArray[np.bool_]

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
    capacity = problem.mentor_capacity
    i, j = tight
    held = match[i] == j
    if held.all() and len(i) == (match >= 0).sum():
        return match  # nothing ties
    if len(i) > MOST_TIES:
        return None
    open_to = _open(u, v, match, capacity, tight)
    settled = np.bincount(j[held & ~open_to], minlength=m)
    i, j = i[open_to], j[open_to]
    if not len(i):
        return match
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
    drawn = Master(len(rows), (capacity - settled)[columns])
    drawn.add(row, column.astype(np.int32), lots + weight * duty)
    drawn.improve(np.zeros(len(rows), np.int64))
    found = match.copy()
    found[rows] = np.append(columns, -1)[drawn.match]
    return found


def _open(u: Ints, v: Ints, match: Ints, capacity: Ints, tight: tuple[Ints, Ints]) -> Flags:
    """Mark the tying pairs that some equally good matchings have and others have not.

    From one matching to another people change places in circles: somebody takes a place, whose
    owner takes another, and so on back to the first, or by way of a place that nobody had or has
    then, or of somebody who had or has nobody. So a pair can change only within a strongly
    connected part of the graph of what may follow what (Tassa 2012,
    doi:10.1016/j.tcs.2011.12.071).
    """
    n, m = len(u), len(v)
    i, j = tight
    held = match[i] == j
    load = np.bincount(match[match >= 0], minlength=m)
    nothing = n + m
    leaving, coming = np.flatnonzero((match >= 0) & (u == 0)), np.flatnonzero(match < 0)
    emptied, free = np.flatnonzero((load > 0) & (v == 0)), np.flatnonzero(load < capacity)
    ahead = np.concatenate(
        [
            np.where(held, n + j, i),
            leaving,
            np.full(len(coming) + len(emptied), nothing),
            n + free,
        ]
    )
    behind = np.concatenate(
        [
            np.where(held, i, n + j),
            np.full(len(leaving), nothing),
            coming,
            n + emptied,
            np.full(len(free), nothing),
        ]
    )
    size = nothing + 1
    graph = coo_array((np.ones(len(ahead), np.int8), (ahead, behind)), shape=(size, size))
    part = connected_components(graph, connection="strong")[1]
    found: Flags = part[i] == part[n + j]
    return found
