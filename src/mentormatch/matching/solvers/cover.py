"""Where it is plain to see that nobody else can be matched, and the prices that prove it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.bans import Bans

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def plain_cover(
    problem: Problem, match: Ints, alive: Callable[[], tuple[Flags, Flags]], bans: Bans
) -> Ints | None:
    """Return prices which prove that a matching has the most people, where that is plain to see.

    In every circle of people who may meet at all, either everybody with a possible partner is
    matched, or every place that anybody may take is. None where some circle has both left.

    Parameters
    ----------
    problem : Problem
        With one mentor a mentee at most.
    match : numpy.ndarray of int, shape (n,)
        Each mentee's mentor, -1 for none.
    alive : callable
        Returns which mentees and which mentors have any possible pair.
    bans : Bans
        What the problem forbids.
    """
    n, m = problem.shape
    wanting = problem.mentee_demand > 0
    if (match[wanting] >= 0).all():
        return np.zeros(m, np.int64)
    rows_alive, columns_alive = alive()
    rows, columns = circles(bans, n, m)
    size = int(max(rows.max(initial=-1), columns.max(initial=-1))) + 1
    wanting = wanting & rows_alive
    places = np.where(columns_alive, problem.mentor_capacity, 0)
    matched = match >= 0
    people = np.bincount(rows[wanting], minlength=size)
    room = np.bincount(columns, weights=places, minlength=size).astype(np.int64)
    covered = np.bincount(rows[matched], minlength=size)
    if not ((covered == people) | (covered == room)).all():
        return None
    full: Flags = (covered != people)[columns] & columns_alive
    return full.astype(np.int64)


def circles(bans: Bans, n: int, m: int) -> tuple[Ints, Ints]:
    """Return for each row and column the number of its circle, as far as kinds of people tell."""
    if len(bans.spared_i) or not bans.any:
        return np.zeros(n, np.int64), np.zeros(m, np.int64)
    left, right = np.nonzero(bans.table)
    size = sum(bans.table.shape)
    links = coo_array((np.ones(len(left)), (left, right + len(bans.table))), shape=(size, size))
    labels = connected_components(links, directed=False)[1].astype(np.int64)
    return labels[bans.row_kinds], labels[len(bans.table) + bans.col_kinds]
