"""How the priced solver reads encodings: inner products in float32 are a filter.

What passes is reckoned exactly, so the answers are those of the exact scores.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.grid import SCORE_BITS
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers import tiles
from mentormatch.matching.solvers.bans import alike
from mentormatch.matching.solvers.tiles import (
    Found,
    Tiles,
    all_above,
    in_order,
    joined,
    nothing_of,
    scan,
)

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Products(Tiles):
    """Reads encodings: inner products in float32 are a filter, what passes is reckoned exactly."""

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        super().__init__(problem, n_jobs)
        self.exact, self.dtype = False, np.float32
        self.scale = 2.0**SCORE_BITS
        fit = problem.scores
        self.longest = fit.largest
        self.all_plain = problem.minimum_score <= -self.longest
        self.largest = int(np.ceil(fit.largest * self.scale)) + 1
        self.kind_of_row = [
            np.flatnonzero(self.bans.table[k][self.bans.col_kinds])
            for k in range(len(self.bans.table))
        ]

    @cached_property
    def left(self) -> NDArray[np.float32]:
        """What encodes the rows, and a one for what the column costs."""
        ones = np.ones((self.shape[0], 1), np.float32)
        return np.concatenate([self.problem.scores.mentees, ones], axis=1)

    @cached_property
    def right(self) -> NDArray[np.float32]:
        """What encodes the columns, one a column."""
        return np.ascontiguousarray(self.problem.scores.mentors.T)

    def _error(self, prices: Ints) -> float:
        """Return how far a float32 gain may be off, in scores (Higham 2002, section 3.1)."""
        terms = self.left.shape[1] + 3
        unit = 2.0**-24 * terms / (1 - 2.0**-24 * terms)
        # Who has no place is priced out of reach, where no error brings anyone back.
        near = np.abs(prices) < 2**57
        dearest = float(np.abs(prices).max(initial=0, where=near)) / self.scale
        return float(1.01 * unit * (self.longest + dearest) + 0.5 / self.scale)

    def _priced(
        self, table: NDArray[np.float32], columns: Ints | slice, prices: Floats
    ) -> NDArray[np.float32]:
        """Return encodings by column, with a row that takes off what each costs."""
        row = (-prices[columns] / self.scale).astype(np.float32)[None]
        return np.concatenate([table[:, columns], row])

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""
        m = self.shape[1]
        keep = min(keep, m)
        if not keep:
            return nothing_of(rows)
        floats = prices.astype(np.float64)
        least = self.problem.minimum_score - self._error(prices)
        parts: list[Any] = []
        kinds = self.bans.row_kinds[rows]
        for kind, columns in enumerate(self.kind_of_row):
            mine = rows[kinds == kind] if len(self.kind_of_row) > 1 else rows
            if not len(mine):
                continue
            whole = len(columns) == m
            priced = self._priced(self.right, slice(None) if whole else columns, floats)

            def one(
                part: Ints,
                columns: Ints = columns,
                priced: NDArray[np.float32] = priced,
                whole: bool = whole,
            ) -> tuple[Short, Floats, Ints, Ints]:
                tiles = self._products(self.left[part], priced, part, columns)
                cols, heap, held = scan(
                    tiles, len(part), keep, alike(len(part), len(columns)), -priced[-1], least
                )
                if not whole and len(columns):
                    cols = columns[cols].astype(np.int32)
                return cols, heap, held, part

            parts += self.spread(one, self.parts(mine))
        found = self.found(parts, prices, keep)
        return in_order(rows, found, parts) if len(self.kind_of_row) > 1 else found

    def _products(
        self, left: NDArray[np.float32], priced: NDArray[np.float32], part: Ints, columns: Ints
    ) -> Iterable[tuple[int, NDArray[np.float32]]]:
        size, width = len(left), priced.shape[1]
        buffer = np.empty(size * min(tiles.COLUMNS, max(width, 1)), np.float32)
        for first in range(0, width, tiles.COLUMNS):
            last = min(width, first + tiles.COLUMNS)
            gain = buffer[: size * (last - first)].reshape(size, last - first)
            np.dot(left, priced[:, first:last], out=gain)
            self.bans.strike_at(gain, part, columns[first:last])
            yield first, gain

    def keenest(self, columns: Ints, values: Ints, keep: int) -> Found:
        """Return the pairs of these columns that are worth most above what their rows have."""
        n = self.shape[0]
        keep = min(keep, n)
        turned = np.ascontiguousarray(self.left[:, :-1].T)
        priced = self._priced(turned, slice(None), values.astype(np.float64))
        least = self.problem.minimum_score - self._error(values)
        bans, ones = self.bans, np.ones((1, 1), np.float32)
        nothing = np.zeros(0, np.int64)

        def one(part: Ints) -> tuple[Short, Floats, Ints, Ints]:
            left = np.concatenate([self.right[:, part].T, ones.repeat(len(part), axis=0)], axis=1)
            kinds = bans.col_kinds[part], bans.row_kinds, bans.table.T.copy()
            tiles = self._products(left, priced, nothing, nothing)
            return *scan(tiles, len(part), keep, kinds, -priced[-1], least), part

        step = max(1, min(tiles.ROWS, -(-len(columns) // self.n_jobs)))
        parts = [columns[start : start + step] for start in range(0, len(columns), step)]
        found = self.found(self.spread(one, parts), values, keep, turned=True)
        free = bans.free(found.i, found.j)
        return Found(found.i[free], found.j[free], found.worth[free], found.rest)

    def worth(self, i: Ints, j: Short, gain: Floats, prices: Ints) -> tuple[Ints, Flags]:
        """Return the exact worth of pairs, and which of them are possible."""
        from mentormatch.matching.solvers.scans import inner  # noqa: PLC0415  (compiles)

        fit = self.problem.scores
        worth = np.empty(len(i), np.int64)

        def one(part: Ints) -> None:
            a, b = int(part[0]), int(part[-1]) + 1
            inner(fit.mentees, fit.mentors, i[a:b], j[a:b], self.scale, worth[a:b])

        step = 2**16
        ends = [np.array([k, min(k + step, len(i)) - 1]) for k in range(0, len(i), step)]
        self.spread(one, ends, step * self.left.shape[1] // 2)
        return worth, worth / self.scale >= self.problem.minimum_score

    def ceiling(self, gain: Floats, prices: Ints) -> Ints:
        """Return what pairs that did not enter a heap gain at most."""
        return np.floor((gain + self._error(prices)) * self.scale).astype(np.int64) + 1

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

        priced = self._priced(self.right, columns, prices.astype(np.float64))
        bars = (bar / self.scale - self._error(prices)).astype(np.float32)
        bars = np.nextafter(bars, np.float32(-np.inf))
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints, width: int) -> tuple[Ints, Short, Ints, Ints, Ints]:
            own = bars[rows]
            gain = self.left[rows] @ priced[:, :width]
            i, j, over = all_above(above, gain, own, self.bans, rows, kinds, widths, most)
            left, right = rows[i], columns[j].astype(np.int32)
            worth, possible = self.worth(left, right, np.zeros(0), prices)
            possible &= self.bans.free(left, right)
            found = left[possible], right[possible], worth[possible]
            return *found, rows[over], self.ceiling(own[over].astype(np.float64), prices)

        return joined(self, one, len(columns), bar, widths)
