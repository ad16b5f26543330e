"""How the priced solver reads a score object that also gives rough scores.

They are a filter: what passes is asked for exactly, so the answers are those of the exact scores.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.problem import Problem, Scores
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
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]


@runtime_checkable
class RoughScores(Scores, Protocol):
    """Scores of which rough ones can be had sooner: every pair of these is possible."""

    @property
    def largest(self) -> float:
        """No score is larger, nor smaller than the same below 0."""

    @property
    def rough_error(self) -> float:
        """How far a rough score may be from the exact one."""

    def rough_block(self, rows: Any, columns: Any, /) -> Singles:
        """Return rough scores of some mentees with some mentors, float32.

        Shape (len(rows), len(columns)); positions, or ``slice(None)`` for all. Asked for by
        several threads at a time.
        """

    def at(self, i: Any, j: Any, /) -> Floats:
        """Return the exact scores of listed pairs: mentee ``i[k]`` with mentor ``j[k]``."""


class Rough(Tiles):
    """Reads rough scores as a filter; what passes is asked for exactly."""

    column_cost = 2.0  # columns have to be made ready first

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        super().__init__(problem, n_jobs)
        self.exact, self.dtype = False, np.float32
        self.scale = 2.0**problem.bits
        self.longest = float(problem.scores.largest)
        self.all_plain = problem.minimum_score <= -self.longest
        self.largest = int(np.ceil(self.longest * self.scale)) + 1
        self.columns_of = [
            np.flatnonzero(self.bans.table[k][self.bans.col_kinds])
            for k in range(len(self.bans.table))
        ]

    def _error(self, prices: Ints) -> float:
        """Return how far a rough gain may be off, in scores, rounding of prices included."""
        # Who has no place is priced out of reach, where no error brings anyone back.
        near = np.abs(prices) < 2**57
        dearest = float(np.abs(prices).max(initial=0, where=near)) / self.scale
        rounding = 2.0**-22 * (self.longest + dearest)
        return float(self.problem.scores.rough_error) + rounding + 1.0 / self.scale

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""
        m = self.shape[1]
        keep = min(keep, m)
        if not keep:
            return nothing_of(rows)
        least = self.problem.minimum_score - self._error(prices)
        costs = (prices / self.scale).astype(np.float32)
        kinds = self.bans.row_kinds[rows]
        parts: list[Any] = []
        for kind, columns in enumerate(self.columns_of):
            mine = rows[kinds == kind]
            if not len(mine):
                continue
            whole = len(columns) == m
            some: Any = slice(None) if whole else columns

            def one(
                part: Ints, columns: Ints = columns, some: Any = some, whole: bool = whole
            ) -> tuple[Short, Floats, Ints, Ints]:
                kinds = alike(len(part), len(columns))
                gains = self._gains(part, columns, some, costs[some])
                cols, heap, held = scan(gains, len(part), keep, kinds, costs[some], least)
                if not whole and len(columns):
                    cols = columns[cols].astype(np.int32)
                return cols, heap, held, part

            parts += self.spread(one, self.parts(mine))
        found = self.found(parts, prices, keep)
        return in_order(rows, found, parts) if len(self.columns_of) > 1 else found

    def _gains(
        self, part: Ints, columns: Ints, some: Any, costs: Singles
    ) -> Iterable[tuple[int, Singles]]:
        """Yield what rows gain from columns, less pairs that are banned one by one."""
        if len(columns):
            gain = self._asked(part, some, len(columns))
            gain -= costs
            self.bans.strike_at(gain, part, columns)
            yield 0, gain

    def _asked(self, rows: Ints, columns: Any, width: int) -> Singles:
        made = np.asarray(self.problem.scores.rough_block(rows, columns), np.float32)
        if made.shape != (len(rows), width):
            raise ProblemError(f"rough_block gave {made.shape} instead of {(len(rows), width)}")
        return made

    def keenest(self, columns: Ints, values: Ints, keep: int) -> Found:
        """Return the pairs of these columns that are worth most above what their rows have."""
        keep = min(keep, self.shape[0])
        having = (values / self.scale).astype(np.float32)
        least = self.problem.minimum_score - self._error(values)
        bans, every = self.bans, np.arange(self.shape[0])

        def one(part: Ints) -> tuple[Short, Floats, Ints, Ints]:
            kinds = bans.col_kinds[part], bans.row_kinds, bans.table.T.copy()
            return *scan(turned(part), len(part), keep, kinds, having, least), part

        def turned(part: Ints) -> Iterable[tuple[int, Singles]]:
            for first in range(0, len(every), tiles.COLUMNS):
                rows = every[first : first + tiles.COLUMNS]
                gain = np.ascontiguousarray(self._asked(rows, part, len(part)).T)
                gain -= having[rows]
                yield first, gain

        step = max(1, min(tiles.ROWS, -(-len(columns) // self.n_jobs)))
        parts = [columns[start : start + step] for start in range(0, len(columns), step)]
        found = self.found(self.spread(one, parts), values, keep, turned=True)
        free = bans.free(found.i, found.j)
        return Found(found.i[free], found.j[free], found.worth[free], found.rest)

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

        costs = (prices[columns] / self.scale).astype(np.float32)
        bars = (bar / self.scale - self._error(prices)).astype(np.float32)
        bars = np.nextafter(bars, np.float32(-np.inf))
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints, width: int) -> tuple[Ints, Short, Ints, Ints, Ints]:
            own = bars[rows]
            gain = self._asked(rows, columns[:width], width) - costs[:width]
            i, j, over = all_above(above, gain, own, self.bans, rows, kinds, widths, most)
            left, right = rows[i], columns[j].astype(np.int32)
            worth, possible = self.worth(left, right, np.zeros(0), prices)
            found = left[possible], right[possible], worth[possible]
            return *found, rows[over], self.ceiling(own[over].astype(np.float64), prices)

        return joined(self, one, len(columns), bar, widths)

    def worth(self, i: Ints, j: Short, gain: Floats, prices: Ints) -> tuple[Ints, Flags]:
        """Return the exact worth of pairs, and which of them are possible."""
        parts = [np.arange(k, min(k + _AT, len(i))) for k in range(0, len(i), _AT)]
        read = self.spread(lambda part: self.problem.values_at(i[part], j[part]), parts, _COST)
        none = (np.zeros(0, np.int64), np.zeros(0, np.bool_))
        worth, possible = (np.concatenate(some) for some in zip(none, *read, strict=True))
        return worth, possible

    def ceiling(self, gain: Floats, prices: Ints) -> Ints:
        """Return what pairs that did not enter a heap gain at most."""
        return np.floor((gain + self._error(prices)) * self.scale).astype(np.int64) + 1


#: Pairs that are asked for together, and what each costs in cells that are read.
_AT, _COST = 2**15, 2**7
