"""Who asks for pairs and has too few to draw on: one group of people, from a largest matching.

Whom a chain of exchanges leads to from somebody who goes short has too few to draw on, and so has
the whole group (Hall 1935; Dulmage and Mendelsohn 1958). Only the scores of the group are read.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_CELLS = 2**20


def short_group(
    problem: Problem, i: Ints, j: Ints
) -> tuple[tuple[int, ...], tuple[int, ...], int] | None:
    """Return mentees, or mentors, whose minimums cannot be kept, and how many pairs they can have.

    Parameters
    ----------
    problem : Problem
        The question; no matching keeps more of its minimums than the one given.
    i, j : numpy.ndarray of int
        The pairs.

    Returns
    -------
    tuple of int, tuple of int, int, or None
        Mentees, mentors (one of the two is empty), and pairs that are open to them. None if
        that would need more than some rows or columns of the scores.
    """
    n, m = problem.shape
    load = np.bincount(i, minlength=n)
    lacking = np.flatnonzero(load < problem.mentee_minimum)
    if len(lacking):
        places = problem.mentor_capacity > 0
        rows = _reached(int(lacking[0]), (n, m), (i, j), lambda some: _rows(problem, some) & places)
        return tuple(rows.tolist()), (), int(np.minimum(load, problem.mentee_minimum)[rows].sum())
    load = np.bincount(j, minlength=m)
    lacking = np.flatnonzero(load < problem.mentor_minimum)
    quick = isinstance(problem.scores, np.ndarray) or hasattr(problem.scores, "at")
    if not len(lacking) or not quick:
        return None
    wanting = problem.mentee_demand > 0
    columns = _reached(
        int(lacking[0]), (m, n), (j, i), lambda some: _columns(problem, some) & wanting
    )
    return (), tuple(columns.tolist()), int(np.minimum(load, problem.mentor_minimum)[columns].sum())


def _reached(
    start: int,
    sizes: tuple[int, int],
    pairs: tuple[Ints, Ints],
    possible: Callable[[Ints], Flags],
) -> Ints:
    """Return whom chains lead to: over a pair that is not used to one that is, and so on."""
    ours, theirs = np.zeros(sizes[0], np.bool_), np.zeros(sizes[1], np.bool_)
    ours[start] = True
    ahead = np.array([start])
    step = max(1, _CELLS // max(sizes[1], 1))
    while len(ahead):
        fresh = np.zeros(sizes[1], np.bool_)
        for first in range(0, len(ahead), step):
            some = ahead[first : first + step]
            free = possible(some)
            place = np.full(sizes[0], -1)
            place[some] = np.arange(len(some))
            mine = place[pairs[0]] >= 0
            free[place[pairs[0][mine]], pairs[1][mine]] = False
            fresh |= free.any(axis=0)
        fresh &= ~theirs
        theirs |= fresh
        found = np.unique(pairs[0][fresh[pairs[1]]])
        ahead = found[~ours[found]]
        ours[ahead] = True
    return np.flatnonzero(ours)


def _rows(problem: Problem, some: Ints) -> Flags:
    return problem.values(some)[1]


def _columns(problem: Problem, some: Ints) -> Flags:
    n = problem.shape[0]
    j, i = np.repeat(some, n), np.tile(np.arange(n), len(some))
    return problem.values_at(i, j)[1].reshape(len(some), n)
