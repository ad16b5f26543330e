"""What a solver is given in a benchmark, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mentormatch.benching.cohorts import FINE, Cohort
from mentormatch.matching.encodings import Encodings

Ints = NDArray[np.int64]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs that a solver returns, and how it proves them best, if it can.

    Parameters
    ----------
    rows, columns : numpy.ndarray of int, shape (number of pairs,)
        Positions of the mentee and the mentor of each pair.
    prove : callable, optional
        Returns whether the pairs are proved best, and the gap in units of score.
    """

    rows: Ints
    columns: Ints
    prove: Callable[[], tuple[bool, float]] | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """A cohort in one of its forms, to be matched by one solver.

    All that it offers is made anew at each call, because making it is part of the solver's time:
    a solver of matrices that is given encodings has to multiply them first.
    """

    cohort: Cohort
    form: str
    n_jobs: int = -1
    time_limit: float | None = None

    def matrix(self, dtype: DTypeLike = np.float64) -> Array:
        """Return all scores, 0 where a pair is impossible, shape (n, m).

        All possible scores are above 0, so whoever gets a pair of score 0 has no mentor, and no
        solver needs to know of impossible pairs.
        """
        scores = self.cohort.scores
        if isinstance(scores, Encodings):
            left, right = (np.asarray(x, dtype) for x in (scores.mentees, scores.mentors))
            found: Array = left @ right.T
            own, theirs = self.cohort.mentee_groups, self.cohort.mentor_groups
            if own is not None and theirs is not None:
                found[own[:, None] != theirs] = 0
            return found
        found = np.asarray(scores, dtype)
        # No score of ours is below 0 but -inf.
        return np.maximum(found, 0) if float(found.min(initial=0)) < 0 else found

    def places(self, dtype: DTypeLike = np.float64) -> tuple[Array, Ints]:
        """Return a matrix with a column for each place, and the mentor of each column."""
        capacity = self.cohort.capacity
        mentor_of = np.repeat(np.arange(len(capacity)), capacity)
        scores = self.matrix(dtype)
        if len(capacity) == len(mentor_of) and (capacity == 1).all():
            return scores, mentor_of
        return scores[:, mentor_of], mentor_of

    def square(self, dtype: DTypeLike = np.float64) -> tuple[Array, Ints]:
        """Return costs from 0 to 1 as a square matrix, and the mentor of each column (-1: none)."""
        scores, mentor_of = self.places(dtype)
        n, places = scores.shape
        size = max(n, places)
        costs = np.subtract(np.ones((), scores.dtype), scores)
        if n != places:
            costs = np.pad(costs, ((0, size - n), (0, size - places)), constant_values=1)
            mentor_of = np.pad(mentor_of, (0, size - places), constant_values=-1)
        return np.ascontiguousarray(costs), mentor_of

    def pairs(self) -> tuple[Ints, Ints, Ints]:
        """Return all possible pairs, by mentee, and their scores in whole steps of the grid."""
        steps = np.rint(self.matrix() * FINE).astype(np.int64)
        rows, columns = np.nonzero(steps)
        return rows, columns, steps[rows, columns]

    def found(self, rows: Any, columns: Any, mentor_of: Ints | None = None) -> Found:
        """Return pairs without those that stand for nobody."""
        i, j = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
        if mentor_of is not None:
            inside = (i >= 0) & (i < self.cohort.shape[0]) & (j >= 0) & (j < len(mentor_of))
            i, j = i[inside], mentor_of[j[inside]]
        keep = j >= 0
        i, j = i[keep], j[keep]
        possible = self.cohort.at(i, j) > 0
        return Found(i[possible], j[possible])
