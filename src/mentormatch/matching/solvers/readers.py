"""The readers of matrices and of score objects, and which reader a problem gets."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers import tiles
from mentormatch.matching.solvers.bans import Bans
from mentormatch.matching.solvers.products import Products
from mentormatch.matching.solvers.rough import Rough, RoughScores
from mentormatch.matching.solvers.tiles import (
    NOTHING,
    Found,
    Tiles,
    all_above,
    joined,
)

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_BITS = 1024  # 2.0**_MOST_BITS is no float


def local_reader(problem: Problem, n_jobs: int) -> Matrix | Products | Rough | Blocks:
    """Return the quickest reader of this process for scores that are not sparse."""
    if isinstance(problem.scores, np.ndarray) and problem.bits < _MOST_BITS:
        return Matrix(problem, n_jobs)
    if isinstance(problem.scores, Encodings):
        return Products(problem, n_jobs)
    if isinstance(problem.scores, RoughScores):
        return Rough(problem, n_jobs)
    return Blocks(problem, n_jobs)


class Matrix(Tiles):
    """Reads a matrix in memory."""

    column_cost = 8.0  # columns lie far apart in memory

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        super().__init__(problem, n_jobs)
        self.scale = 2.0**problem.bits
        self.largest = int(np.rint(problem.largest * self.scale))

    def tiles(self, rows: Ints, prices: Floats) -> Iterable[tuple[int, Floats]]:
        """Yield what rows gain at these prices: the first column of each tile, and the tile."""
        from mentormatch.matching.solvers.scans import gains_of_raw  # noqa: PLC0415  (compiles)

        raw = self.problem.scores
        if len(rows) == rows[-1] - rows[0] + 1:
            raw, rows = raw[rows[0] : rows[-1] + 1], np.arange(len(rows))
        n, m = len(rows), self.shape[1]
        buffer = np.empty(n * min(tiles.COLUMNS, m), np.float64)
        for first in range(0, m, tiles.COLUMNS):
            last = min(m, first + tiles.COLUMNS)
            tile = buffer[: n * (last - first)].reshape(n, last - first)
            some = raw[:, first:last] if len(raw) == n else raw[rows, first:last]
            gains_of_raw(some, self.scale, self.problem.minimum_score, prices[first:last], tile)
            yield first, tile

    def turned(self, columns: Ints, values: Floats) -> Iterable[tuple[int, Floats]]:
        """Yield what columns would gain from rows: the first row of each tile, and the tile."""
        from mentormatch.matching.solvers.scans import gains_of_raw  # noqa: PLC0415  (compiles)

        for first in range(0, self.shape[0], tiles.COLUMNS):
            rows = slice(first, min(self.shape[0], first + tiles.COLUMNS))
            raw = np.ascontiguousarray(self.problem.scores[rows, columns].T)
            gain = np.empty_like(raw)
            gains_of_raw(raw, self.scale, self.problem.minimum_score, values[rows], gain)
            yield first, gain

    def gaining(
        self,
        columns: Ints,
        prices: Ints,
        bar: Ints,
        widths: Ints | None = None,
        most: Ints | None = None,
    ) -> Found:
        """Return all pairs of these columns that gain more than their row's bar, or `most`."""
        from mentormatch.matching.solvers.scans import above, gains_of_raw  # noqa: PLC0415  (compiles)

        bars, floats = bar.astype(np.float64), prices[columns].astype(np.float64)
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints, width: int) -> tuple[Ints, Short, Ints, Ints, Ints]:
            own = bars[rows]
            raw = self.problem.scores[np.ix_(rows, columns[:width])]
            gain = np.empty(raw.shape, np.float64)
            gains_of_raw(raw, self.scale, self.problem.minimum_score, floats[:width], gain)
            i, j, over = all_above(above, gain, own, self.bans, rows, kinds, widths, most)
            worth = gain[i, j].astype(np.int64) + prices[columns[j]]
            left, right = rows[i], columns[j].astype(np.int32)
            free = self.bans.free(left, right)
            return left[free], right[free], worth[free], rows[over], self.ceiling(own[over], prices)

        return joined(self, one, len(columns), bar, widths)


class Blocks(Tiles):
    """Reads a score object that hands out blocks of rows."""

    column_cost = np.inf  # a column can only be had by reading everything

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        super().__init__(problem, n_jobs)
        known = getattr(problem.scores, "largest", None)
        self.known = None if known is None else int(np.rint(float(known) * 2.0**problem.bits)) + 1

    @cached_property
    def largest(self) -> int:
        """No score is larger, in whole steps; found by reading everything where nobody says it."""
        return self.largest_of(np.arange(self.shape[0])) if self.known is None else self.known

    def largest_of(self, rows: Ints) -> int:
        """Return the largest absolute score of some rows, in whole steps."""

        def one(part: Ints) -> float:
            steps = self.problem.steps(part)
            return float(np.abs(steps[steps > -np.inf]).max(initial=0.0))

        return int(max(self.spread(one, self.parts(rows)), default=0))

    def parts(self, rows: Ints) -> list[Ints]:
        """Return the rows of each block."""
        step = max(1, tiles.CELLS // max(self.shape[1], 1))
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def tiles(self, rows: Ints, prices: Floats) -> Iterable[tuple[int, Floats]]:
        """Yield what rows gain at these prices: the first column of each tile, and the tile."""
        steps = self.problem.steps(rows)
        steps -= prices
        yield 0, steps

    def gaining(
        self,
        columns: Ints,
        prices: Ints,
        bar: Ints,
        widths: Ints | None = None,
        most: Ints | None = None,
    ) -> Found:
        """Return all pairs of these columns that gain more than their row's bar, or `most`."""
        from mentormatch.matching.solvers.scans import above  # noqa: PLC0415  (compiles)

        bars, floats = bar.astype(np.float64), prices[columns].astype(np.float64)
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints, width: int) -> tuple[Ints, Short, Ints, Ints, Ints]:
            own = bars[rows]
            gain = self.problem.steps(rows)[:, columns[:width]] - floats[:width]
            i, j, over = all_above(above, gain, own, self.bans, rows, kinds, widths, most)
            worth = gain[i, j].astype(np.int64) + prices[columns[j]]
            return (
                rows[i],
                columns[j].astype(np.int32),
                worth,
                rows[over],
                self.ceiling(own[over], prices),
            )

        return joined(self, one, len(columns), bar, widths)


class Sparse:
    """Hands out all pairs of a sparse matrix: nothing is left to be read again."""

    column_cost = np.inf

    def __init__(self, problem: Problem) -> None:
        self.problem, self.shape, self.bans = problem, problem.shape, Bans(problem)
        self.largest = int(np.rint(np.ldexp(problem.largest, problem.bits)))

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return all possible pairs of these rows."""
        fit = self.problem.scores
        at, place = fit.places(rows)
        i, j = rows[at], fit.columns[place]
        worth, possible = self.problem.values_at(i, j)
        rest = np.full(len(rows), NOTHING, np.int64)
        return Found(i[possible], j[possible].astype(np.int32), worth[possible], rest)

    def gaining(
        self,
        columns: Ints,
        prices: Ints,
        bar: Ints,
        widths: Ints | None = None,
        most: Ints | None = None,
    ) -> Found:
        """Return nothing: every pair is known."""
        none = np.zeros(0, np.int64)
        return Found(none, none.astype(np.int32), none, bar)

    def keenest(self, columns: Ints, values: Ints, keep: int) -> Found:
        """Return nothing: every pair is known."""
        return self.gaining(columns, values, np.full(len(columns), NOTHING, np.int64))

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""
        found = self.best(np.arange(self.shape[0]), np.zeros(self.shape[1], np.int64), 1)
        rows, columns = np.zeros(self.shape[0], np.bool_), np.zeros(self.shape[1], np.bool_)
        rows[found.i], columns[found.j] = True, True
        return rows, columns
