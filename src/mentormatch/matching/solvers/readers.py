"""How the priced solver reads scores: the best pairs at given prices, without the whole matrix.

Every reader answers the same two questions, and says exactly what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.grid import SCORE_BITS
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: No pair at all: the rest of a row that has been read to the end.
NOTHING = -(2**60)
_ROWS, _COLUMNS = 256, 2048
_CELLS = 2**19
_ALONE = 2**22  # cells that are read sooner than threads are woken


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs with their exact worth; `rest` bounds what any other possible pair of a row gains."""

    i: Ints
    j: Short
    worth: Ints
    rest: Ints


class Reader(Protocol):
    """Reads the possible pairs of a problem."""

    shape: tuple[int, int]
    largest: int  # no score is larger, in whole steps
    column_cost: float  # of reading a column, against a row of the same length

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""

    def gaining(self, columns: Ints, prices: Ints, bar: Ints) -> Found:
        """Return all pairs of these columns that gain more than their row's bar (`rest` = bar)."""

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""


class Bans:
    """All that a problem forbids, as kinds of people with a table, and single pairs."""

    def __init__(self, problem: Problem) -> None:
        n, m = problem.shape
        every = Pairs.listed([])
        for quota in problem.quotas:
            if quota.is_ban:
                every = every | quota.pairs
        zeros = np.zeros(max(n, m), np.int64)
        self.row_kinds = zeros[:n] if every.mentee_groups is None else every.mentee_groups
        self.col_kinds = zeros[:m] if every.mentor_groups is None else every.mentor_groups
        self.table: Flags = ~every.table
        i, j = every.exceptions.T
        banned = self.table[self.row_kinds[i], self.col_kinds[j]]
        self.banned_i, self.banned_j = i[banned], j[banned]
        self.spared_i, self.spared_j = i[~banned], j[~banned]
        self.any = bool(every.table.any() or len(i))

    def strike(self, gain: NDArray[Any], rows: Ints, first: int) -> None:
        """Make the single banned pairs of a tile impossible; `rows` must be in order."""
        if not len(self.banned_i):
            return
        a, b = np.searchsorted(self.banned_i, (rows[0], rows[-1] + 1))
        i, j = self.banned_i[a:b], self.banned_j[a:b] - first
        at = np.searchsorted(rows, i)
        here = (j >= 0) & (j < gain.shape[1]) & (rows[np.minimum(at, len(rows) - 1)] == i)
        gain[at[here], j[here]] = -np.inf

    def free(self, i: Ints, j: Short) -> Flags:
        """Say which of these pairs are no single banned ones."""
        if not len(self.banned_i):
            return np.ones(len(i), np.bool_)
        width = np.int64(2**32)
        return ~np.isin(i * width + j, self.banned_i * width + self.banned_j)

    def alive(self) -> tuple[Flags, Flags]:
        """Say who has any pair that is not banned, as far as kinds and single pairs tell."""
        sizes = np.bincount(self.col_kinds, minlength=self.table.shape[1])
        left = (self.table @ sizes)[self.row_kinds]
        np.subtract.at(left, self.banned_i, 1)
        np.add.at(left, self.spared_i, 1)
        sizes = np.bincount(self.row_kinds, minlength=self.table.shape[0])
        right = (self.table.T @ sizes)[self.col_kinds]
        np.subtract.at(right, self.banned_j, 1)
        np.add.at(right, self.spared_j, 1)
        return left > 0, right > 0


def reader_of(problem: Problem, n_jobs: int) -> Reader:
    """Return the quickest reader for the problem's kind of scores."""
    if isinstance(problem.scores, np.ndarray):
        return Matrix(problem, n_jobs)
    if isinstance(problem.scores, Encodings):
        return Products(problem, n_jobs)
    return Blocks(problem, n_jobs)


class _Tiles:
    """The best pairs of rows, tile by tile; who inherits says what a tile gains."""

    column_cost = 1.0
    exact = True

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        self.problem, self.shape = problem, problem.shape
        self.n_jobs = effective_n_jobs(n_jobs)
        self.bans = Bans(problem)
        self.dtype: type = np.float64

    def tiles(self, rows: Ints, prices: Floats) -> Iterable[tuple[int, NDArray[Any]]]:
        """Yield what rows gain at these prices: the first column of each tile, and the tile."""
        raise NotImplementedError

    def spread(self, job: Callable[[Ints], Any], parts: list[Ints]) -> list[Any]:
        """Do a job for every part, on as many threads as were asked for."""
        cells = sum(map(len, parts)) * self.shape[1]
        if self.n_jobs == 1 or len(parts) == 1 or cells < _ALONE:
            return [job(part) for part in parts]
        with threadpool_limits(1, "blas"):
            done: list[Any] = Parallel(self.n_jobs, prefer="threads")(
                delayed(job)(part) for part in parts
            )
        return done

    def _parts(self, rows: Ints) -> list[Ints]:
        step = _ROWS
        if len(rows) < self.n_jobs * step:
            step = max(-(-len(rows) // self.n_jobs), 1)
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""
        from mentormatch.matching.solvers.scans import top_of_tile  # noqa: PLC0415  (compiles)

        keep = min(keep, self.shape[1])
        floats = prices.astype(np.float64)

        def one(part: Ints) -> tuple[Short, Floats, Ints, Ints]:
            size = len(part)
            bar = np.full(size, -np.inf, self.dtype)
            heap, held = np.empty((size, keep), self.dtype), np.zeros(size, np.int64)
            cols = np.empty((size, keep), np.int32)
            kinds = self.bans.row_kinds[part]
            for first, gain in self.tiles(part, floats):
                self.bans.strike(gain, part, first)
                top_of_tile(
                    gain,
                    first,
                    bar,
                    kinds,
                    self.bans.col_kinds,
                    self.bans.table,
                    floats,
                    -np.inf,
                    heap,
                    cols,
                    held,
                )
            return cols, heap.astype(np.float64), held, part

        parts = self.spread(one, self._parts(rows)) if keep and len(rows) else []
        return self._found(parts, prices, keep)

    def _found(self, parts: list[Any], prices: Ints, keep: int) -> Found:
        if not parts:
            none = np.zeros(0, np.int64)
            return Found(none, none.astype(np.int32), none, none)
        cols, heap, held, rows = (np.concatenate(part) for part in zip(*parts, strict=True))
        inside = np.arange(keep) < held[:, None]
        i, j = np.repeat(rows, held), cols[inside]
        worth, possible = self.worth(i, j, heap[inside], prices)
        full = held == keep
        rest = np.full(len(rows), NOTHING, np.int64)
        if keep < self.shape[1]:
            rest[full] = self.ceiling(heap[full, 0], prices)
        if len(self.bans.spared_i):
            i, j, worth, possible = self._with_spared(rows, (i, j, worth, possible))
        return Found(i[possible], j[possible], worth[possible], rest)

    def _with_spared(
        self, rows: Ints, found: tuple[Ints, Short, Ints, Flags]
    ) -> tuple[Ints, Short, Ints, Flags]:
        """Add the single pairs that their kinds forbid but that are allowed."""
        mine = np.isin(self.bans.spared_i, rows)
        i, j = self.bans.spared_i[mine], self.bans.spared_j[mine]
        worth, possible = self.problem.values_at(i, j)
        added = (i, j.astype(np.int32), worth, possible)
        a, b, c, d = (np.concatenate(two) for two in zip(found, added, strict=True))
        return a, b, c, d

    def worth(self, i: Ints, j: Short, gain: Floats, prices: Ints) -> tuple[Ints, Flags]:
        """Return the exact worth of pairs, and which of them are possible."""
        return gain.astype(np.int64) + prices[j], np.ones(len(i), np.bool_)

    def ceiling(self, gain: Floats, prices: Ints) -> Ints:
        """Return what pairs that did not enter a heap gain at most."""
        return gain.astype(np.int64)


class Matrix(_Tiles):
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
        buffer = np.empty(n * min(_COLUMNS, m), np.float64)
        for first in range(0, m, _COLUMNS):
            last = min(m, first + _COLUMNS)
            tile = buffer[: n * (last - first)].reshape(n, last - first)
            some = raw[:, first:last] if len(raw) == n else raw[rows, first:last]
            gains_of_raw(some, self.scale, self.problem.minimum_score, prices[first:last], tile)
            yield first, tile

    def gaining(self, columns: Ints, prices: Ints, bar: Ints) -> Found:
        """Return all pairs of these columns that gain more than their row's bar."""
        from mentormatch.matching.solvers.scans import above, gains_of_raw  # noqa: PLC0415

        bars, floats = bar.astype(np.float64), prices[columns].astype(np.float64)
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints) -> tuple[Ints, Short, Ints]:
            raw = self.problem.scores[rows[0] : rows[-1] + 1, columns]
            gain = np.empty(raw.shape, np.float64)
            gains_of_raw(raw, self.scale, self.problem.minimum_score, floats, gain)
            i, j = _above(above, gain, bars[rows], self.bans, rows, kinds)
            worth = gain[i, j].astype(np.int64) + prices[columns[j]]
            left, right = rows[i], columns[j].astype(np.int32)
            free = self.bans.free(left, right)
            return left[free], right[free], worth[free]

        return _joined(self, one, len(columns), bar)

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""
        return _read_alive(self.problem, self.spread)


class Blocks(_Tiles):
    """Reads a score object that hands out blocks of rows."""

    column_cost = np.inf  # a column can only be had by reading everything

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        super().__init__(problem, n_jobs)
        self.largest = self._largest()

    def _largest(self) -> int:
        known = getattr(self.problem.scores, "largest", None)
        if known is not None:
            return int(np.rint(float(known) * 2.0**self.problem.bits)) + 1

        def one(rows: Ints) -> float:
            steps = self.problem.steps(rows)
            return float(np.abs(steps[steps > -np.inf]).max(initial=0.0))

        return int(max(self.spread(one, self._parts(np.arange(self.shape[0]))), default=0))

    def _parts(self, rows: Ints) -> list[Ints]:
        step = max(1, _CELLS // max(self.shape[1], 1))
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def tiles(self, rows: Ints, prices: Floats) -> Iterable[tuple[int, Floats]]:
        """Yield what rows gain at these prices: the first column of each tile, and the tile."""
        steps = self.problem.steps(rows)
        steps -= prices
        yield 0, steps

    def gaining(self, columns: Ints, prices: Ints, bar: Ints) -> Found:
        """Return all pairs of these columns that gain more than their row's bar."""
        from mentormatch.matching.solvers.scans import above  # noqa: PLC0415  (compiles)

        bars, floats = bar.astype(np.float64), prices[columns].astype(np.float64)
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints) -> tuple[Ints, Short, Ints]:
            gain = self.problem.steps(rows)[:, columns] - floats
            i, j = _above(above, gain, bars[rows], self.bans, rows, kinds)
            worth = gain[i, j].astype(np.int64) + prices[columns[j]]
            return rows[i], columns[j].astype(np.int32), worth

        return _joined(self, one, len(columns), bar)

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""
        return _read_alive(self.problem, self.spread)


class Products(_Tiles):
    """Reads encodings: inner products in float32 are a filter, what passes is reckoned exactly."""

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        super().__init__(problem, n_jobs)
        self.exact, self.dtype = False, np.float32
        self.scale = 2.0**SCORE_BITS
        fit = problem.scores
        ones = np.ones((self.shape[0], 1), np.float32)
        self.left = np.concatenate([fit.mentees, ones], axis=1)
        self.right = np.ascontiguousarray(fit.mentors.T)
        self.longest = fit.largest
        self.largest = int(np.ceil(fit.largest * self.scale)) + 1
        self.kind_of_row = [
            np.flatnonzero(self.bans.table[k][self.bans.col_kinds])
            for k in range(len(self.bans.table))
        ]

    def _error(self, prices: Ints) -> float:
        """Return how far a float32 gain may be off, in scores (Higham 2002, section 3.1)."""
        terms = self.left.shape[1] + 3
        unit = 2.0**-24 * terms / (1 - 2.0**-24 * terms)
        dearest = float(np.abs(prices).max(initial=0)) / self.scale
        return 1.01 * unit * (self.longest + dearest) + 0.5 / self.scale

    def _priced(self, columns: Ints | slice, prices: Floats) -> NDArray[np.float32]:
        right = self.right[:, columns]
        row = (-prices[columns] / self.scale).astype(np.float32)[None]
        return np.concatenate([right, row])

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""
        from mentormatch.matching.solvers.scans import top_of_tile  # noqa: PLC0415  (compiles)

        m = self.shape[1]
        keep = min(keep, m)
        floats = prices.astype(np.float64)
        least = self.problem.minimum_score - self._error(prices)
        parts: list[Any] = []
        kinds = self.bans.row_kinds[rows]
        for kind, columns in enumerate(self.kind_of_row):
            mine = rows[kinds == kind] if len(self.kind_of_row) > 1 else rows
            if not len(mine) or not keep:
                continue
            whole = len(columns) == m
            priced = self._priced(slice(None) if whole else columns, floats)
            kind_zero = np.zeros(max(m, _ROWS), np.int64)
            every = np.ones((1, 1), np.bool_)
            price = -priced[-1]

            def one(
                part: Ints,
                columns: Ints = columns,
                priced: NDArray[np.float32] = priced,
                whole: bool = whole,
                zeros: Ints = kind_zero,
                every: Flags = every,
                price: NDArray[np.float32] = price,
            ) -> tuple[Short, Floats, Ints, Ints]:
                size, width = len(part), len(columns)
                bar = np.full(size, -np.inf, np.float32)
                heap, held = np.empty((size, keep), np.float32), np.zeros(size, np.int64)
                cols = np.zeros((size, keep), np.int32)
                left = self.left[part]
                buffer = np.empty(size * min(_COLUMNS, max(width, 1)), np.float32)
                for first in range(0, width, _COLUMNS):
                    last = min(width, first + _COLUMNS)
                    gain = buffer[: size * (last - first)].reshape(size, last - first)
                    np.dot(left, priced[:, first:last], out=gain)
                    self._strike(gain, part, columns[first:last])
                    top_of_tile(
                        gain,
                        first,
                        bar,
                        zeros[:size],
                        zeros,
                        every,
                        price,
                        least,
                        heap,
                        cols,
                        held,
                    )
                if not whole:
                    cols = columns[cols].astype(np.int32) if width else cols
                return cols, heap.astype(np.float64), held, part

            parts += self.spread(one, self._parts(mine))
        return self._in_order(rows, self._found(parts, prices, keep), parts)

    def _in_order(self, rows: Ints, found: Found, parts: list[Any]) -> Found:
        """Put the rests back into the order of the rows asked for."""
        if len(self.kind_of_row) == 1 or not parts:
            return found
        read = np.concatenate([part[3] for part in parts])
        order = np.argsort(read, kind="stable")
        rest = found.rest[order][np.searchsorted(read[order], rows)]
        return Found(found.i, found.j, found.worth, rest)

    def _strike(self, gain: NDArray[np.float32], rows: Ints, columns: Ints) -> None:
        """Make the single banned pairs of a tile impossible."""
        bans = self.bans
        if not len(bans.banned_i):
            return
        a, b = np.searchsorted(bans.banned_i, (rows[0], rows[-1] + 1))
        i, j = bans.banned_i[a:b], bans.banned_j[a:b]
        row, col = np.searchsorted(rows, i), np.searchsorted(columns, j)
        here = (row < len(rows)) & (col < len(columns))
        row, col, i, j = row[here], col[here], i[here], j[here]
        here = (rows[row] == i) & (columns[col] == j)
        gain[row[here], col[here]] = -np.inf

    def worth(self, i: Ints, j: Short, gain: Floats, prices: Ints) -> tuple[Ints, Flags]:
        """Return the exact worth of pairs, and which of them are possible."""
        from mentormatch.matching.solvers.scans import inner  # noqa: PLC0415  (compiles)

        fit = self.problem.scores
        worth = np.empty(len(i), np.int64)

        def one(part: Ints) -> None:
            a, b = int(part[0]), int(part[-1]) + 1
            inner(fit.mentees, fit.mentors, i[a:b], j[a:b], self.scale, worth[a:b])

        step = 2**16
        self.spread(one, [np.array([k, min(k + step, len(i)) - 1]) for k in range(0, len(i), step)])
        return worth, worth / self.scale >= self.problem.minimum_score

    def ceiling(self, gain: Floats, prices: Ints) -> Ints:
        """Return what pairs that did not enter a heap gain at most."""
        return np.floor((gain + self._error(prices)) * self.scale).astype(np.int64) + 1

    def gaining(self, columns: Ints, prices: Ints, bar: Ints) -> Found:
        """Return all pairs of these columns that gain more than their row's bar."""
        from mentormatch.matching.solvers.scans import above  # noqa: PLC0415  (compiles)

        priced = self._priced(columns, prices.astype(np.float64))
        bars = (bar / self.scale - self._error(prices)).astype(np.float32)
        bars = np.nextafter(bars, np.float32(-np.inf))
        kinds = self.bans.col_kinds[columns]

        def one(rows: Ints) -> tuple[Ints, Short, Ints]:
            gain = self.left[rows] @ priced
            i, j = _above(above, gain, bars[rows], self.bans, rows, kinds)
            left, right = rows[i], columns[j].astype(np.int32)
            worth, possible = self.worth(left, right, np.zeros(0), prices)
            possible &= self.bans.free(left, right)
            return left[possible], right[possible], worth[possible]

        return _joined(self, one, len(columns), bar)

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""
        if self.problem.minimum_score <= -self.longest:
            return self.bans.alive()
        return _read_alive(self.problem, self.spread)


def _above(
    above: Any, gain: NDArray[Any], bar: NDArray[Any], bans: Bans, rows: Ints, col_kinds: Ints
) -> tuple[Ints, Ints]:
    """List the pairs of a tile that gain more than their row's bar."""
    room = 4 * sum(gain.shape) + 64
    while True:
        i, j = np.empty(room, np.int64), np.empty(room, np.int64)
        count = above(gain, bar, bans.row_kinds[rows], col_kinds, bans.table, i, j)
        if count <= room:
            return i[:count], j[:count]
        room = count


def _joined(reader: _Tiles, one: Callable[[Ints], Any], width: int, bar: Ints) -> Found:
    """Read some columns of all rows that have a bar."""
    rows = np.flatnonzero(bar > NOTHING)
    step = max(1, _CELLS // max(width, 1))
    parts = [rows[start : start + step] for start in range(0, len(rows), step)]
    read = reader.spread(one, parts)
    none = np.zeros(0, np.int64)
    if not read:
        return Found(none, none.astype(np.int32), none, bar)
    i, j, worth = (np.concatenate(part) for part in zip(*read, strict=True))
    return Found(i, j, worth, bar)


def _read_alive(problem: Problem, spread: Callable[..., list[Any]]) -> tuple[Flags, Flags]:
    n, m = problem.shape
    step = max(1, _CELLS // max(m, 1))

    def one(rows: Ints) -> tuple[Flags, Flags]:
        possible = problem.steps(rows) > -np.inf
        return possible.any(axis=1), possible.any(axis=0)

    rows = np.arange(n)
    found = spread(one, [rows[start : start + step] for start in range(0, n, step)])
    columns = np.zeros(m, np.bool_)
    for _, some in found:
        columns |= some
    return np.concatenate([some for some, _ in found] or [columns[:0]]), columns
