"""How much the two of each pair want each other: by the rankings of a problem, or by its scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCK = 2**20  # pairs read at a time


def groups(people: Ints, others: int) -> list[Ints]:
    """Return people in groups whose pairs with so many others are read at a time."""
    step = max(1, _BLOCK // max(others, 1))
    return [people[start : start + step] for start in range(0, len(people), step)]


def blocks(problem: Problem) -> list[Ints]:
    """Return all mentees in groups that are read at a time."""
    n, m = problem.shape
    return groups(np.arange(n), m)


def likings(problem: Problem, rows: Ints) -> tuple[Floats, Floats]:
    """Return how much some mentees want each mentor, and how much each mentor wants them.

    Both have shape (len(rows), m), higher is better, -inf where a pair is impossible or one of the
    two would rather have nobody. Both are the same array where both sides rank by score: do not
    change them in place.
    """
    steps = problem.steps(rows)
    placed = problem.placed
    if placed is None:
        return steps, steps
    mine = steps if placed.mentees is None else placed.mentees.block(rows)
    theirs = steps if placed.mentors is None else placed.mentors.block(rows)
    return _possible(steps, mine, theirs)


def turned_likings(problem: Problem) -> Callable[[Ints], tuple[Floats, Floats]]:
    """Return what reads `likings` by mentor: a function of mentors.

    It returns how much some mentors want each mentee and how much each mentee wants them, shape
    (len(columns), n). One byte a pair is held in memory, or eight where a side ranks by score.
    """
    n, m = problem.shape
    placed = problem.placed
    theirs = None if placed is None or placed.mentors is None else placed.mentors.turned()
    mine = None if placed is None or placed.mentees is None else placed.mentees.turned()
    by_score = theirs is None or mine is None
    held: NDArray[Any] = np.empty((m, n), np.float64 if by_score else np.bool_)
    for rows in blocks(problem):
        steps = problem.steps(rows)
        held[:, rows] = (steps if by_score else steps > -np.inf).T

    def read(columns: Ints) -> tuple[Floats, Floats]:
        steps = held[columns] if by_score else np.where(held[columns], 0.0, -np.inf)
        wanted = steps if theirs is None else theirs.block(columns)
        wanting = steps if mine is None else mine.block(columns)
        return _possible(steps, wanted, wanting)

    return read


def _possible(steps: Floats, mine: Floats, theirs: Floats) -> tuple[Floats, Floats]:
    """Return two likings, -inf in both where a pair is impossible or one of them unwilling."""
    never = (steps == -np.inf) | (mine == -np.inf) | (theirs == -np.inf)
    return np.where(never, -np.inf, mine), np.where(never, -np.inf, theirs)


def likings_at(problem: Problem, i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """Return how much the two of listed pairs want each other."""
    values, possible = problem.values_at(i, j)
    steps = np.where(possible, values.astype(np.float64), -np.inf)
    placed = problem.placed
    if placed is None:
        return steps, steps
    mine = steps if placed.mentees is None else placed.mentees.at(i, j)
    theirs = steps if placed.mentors is None else placed.mentors.at(i, j)
    return _possible(steps, mine, theirs)


def locked_pairs(problem: Problem) -> tuple[Ints, Ints]:
    """Return positions of the mentees and mentors whom a quota makes a pair, each pair once."""
    found = {
        (int(quota.pairs.exceptions[0, 0]), int(quota.pairs.exceptions[0, 1]))
        for quota in problem.quotas
        if quota.at_least == 1 and not quota.pairs.table.any() and len(quota.pairs.exceptions) == 1
    }
    i, j = np.array(sorted(found), np.int64).reshape(-1, 2).T
    return i, j
