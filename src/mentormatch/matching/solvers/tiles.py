"""How the priced solver reads scores tile by tile: what all its readers have in common.

Every reader answers the same questions about pairs at given prices, and says exactly how good the
pairs can be that it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.bans import Bans, Kinds

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: No pair at all: the rest of a row that has been read to the end.
NOTHING = -(2**60)
#: Rows and columns of a tile, and cells of a block.
ROWS, COLUMNS, CELLS = 256, 2048, 2**19
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
    column_cost: float  # of reading a column, against a row of the same length
    bans: Bans

    @property
    def largest(self) -> int:
        """No score is larger, in whole steps."""

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""

    def gaining(
        self,
        columns: Ints,
        prices: Ints,
        bar: Ints,
        widths: Ints | None = None,
        most: Ints | None = None,
    ) -> Found:
        """Return all pairs of these columns that gain more than their row's bar (`rest` = bar).

        `widths` says of how many of the columns, the first ones, each row is read; else of all.
        Of a row that has more pairs than `most` says only so many of the best are returned, or
        fewer if some are equal, and `rest` lies above its bar.
        """

    def keenest(self, columns: Ints, values: Ints, keep: int) -> Found:
        """Return the pairs of these columns that are worth most above what their rows have.

        `values` is what each row has, and `rest` bounds the others of each column.
        """

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""


def scan(
    tiles: Iterable[tuple[int, NDArray[Any]]],
    size: int,
    keep: int,
    kinds: Kinds,
    prices: NDArray[Any],
    least: float,
) -> tuple[Short, Floats, Ints]:
    """Return columns and gains of the best pairs of `size` rows, and how many were kept."""
    from mentormatch.matching.solvers.scans import top_of_tile  # noqa: PLC0415  (compiles)

    kind = prices.dtype
    bar = np.full(size, -np.inf, kind)
    heap, held = np.zeros((size, keep), kind), np.zeros(size, np.int64)
    cols = np.zeros((size, keep), np.int32)
    for first, gain in tiles:
        top_of_tile(gain, first, bar, *kinds, prices, least, heap, cols, held)
    return cols, heap.astype(np.float64), held


class Tiles:
    """The best pairs of rows, tile by tile; who inherits says what a tile gains."""

    column_cost = 1.0
    exact = True
    all_plain = False  # whether bans alone tell who has a possible pair

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        self.problem, self.shape = problem, problem.shape
        self.n_jobs = effective_n_jobs(n_jobs)
        self.bans = Bans(problem)
        self.dtype: type = np.float64

    def tiles(self, rows: Ints, prices: Floats) -> Iterable[tuple[int, NDArray[Any]]]:
        """Yield what rows gain at these prices: the first column of each tile, and the tile."""
        raise NotImplementedError

    def spread(
        self, job: Callable[[Ints], Any], parts: list[Ints], each: int | None = None
    ) -> list[Any]:
        """Do a job for every part, on as many threads as were asked for.

        `each` is about how many numbers a part's member costs; a row's scores if left out.
        """
        cells = sum(map(len, parts)) * (self.shape[1] if each is None else each)
        if self.n_jobs == 1 or len(parts) == 1 or cells < _ALONE:
            return [job(part) for part in parts]
        with threadpool_limits(1, "blas"):
            # Jobs write into arrays that they share, whatever `joblib.parallel_config` prefers.
            done: list[Any] = Parallel(self.n_jobs, require="sharedmem")(
                delayed(job)(part) for part in parts
            )
        return done

    def parts(self, rows: Ints) -> list[Ints]:
        """Return the rows of each tile."""
        step = ROWS
        if len(rows) < self.n_jobs * step:
            step = max(-(-len(rows) // self.n_jobs), 1)
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""
        keep = min(keep, self.shape[1])
        if not keep:
            return nothing_of(rows)
        floats = prices.astype(np.float64)
        bans = self.bans

        def struck(part: Ints) -> Iterable[tuple[int, NDArray[Any]]]:
            for first, gain in self.tiles(part, floats):
                bans.strike(gain, part, first)
                yield first, gain

        def one(part: Ints) -> tuple[Short, Floats, Ints, Ints]:
            kinds = bans.row_kinds[part], bans.col_kinds, bans.table
            return *scan(struck(part), len(part), keep, kinds, floats, -np.inf), part

        parts = self.spread(one, self.parts(rows)) if len(rows) else []
        return self.found(parts, prices, keep)

    def keenest(self, columns: Ints, values: Ints, keep: int) -> Found:
        """Return the pairs of these columns that are worth most above what their rows have."""
        keep = min(keep, self.shape[0])
        bans = self.bans
        having = values.astype(np.float64)

        def one(part: Ints) -> tuple[Short, Floats, Ints, Ints]:
            kinds = bans.col_kinds[part], bans.row_kinds, bans.table.T.copy()
            tiles = self.turned(part, having)
            return *scan(tiles, len(part), keep, kinds, having, -np.inf), part

        step = max(1, min(64, -(-len(columns) // self.n_jobs)))
        parts = [columns[start : start + step] for start in range(0, len(columns), step)]
        found = self.found(self.spread(one, parts), values, keep, turned=True)
        free = bans.free(found.i, found.j)
        return Found(found.i[free], found.j[free], found.worth[free], found.rest)

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""
        return self.bans.alive() if self.all_plain else self.alive_in(np.arange(self.shape[0]))

    def alive_in(self, rows: Ints) -> tuple[Flags, Flags]:
        """Read some rows to learn which of them, and which columns, have a possible pair there."""
        problem, m = self.problem, self.shape[1]
        step = max(1, CELLS // max(m, 1))

        def one(part: Ints) -> tuple[Flags, Flags]:
            possible = problem.steps(part) > -np.inf
            return np.asarray(possible.any(axis=1)), np.asarray(possible.any(axis=0))

        return alive_of(
            self.spread(one, [rows[start : start + step] for start in range(0, len(rows), step)]), m
        )

    def turned(self, columns: Ints, values: Floats) -> Iterable[tuple[int, NDArray[Any]]]:
        """Yield what columns would gain from rows: the first row of each tile, and the tile."""
        raise NotImplementedError

    def found(self, parts: list[Any], prices: Ints, keep: int, *, turned: bool = False) -> Found:
        """Put what was scanned together; `turned` if rows and columns have changed places."""
        if not parts:
            none = np.zeros(0, np.int64)
            return Found(none, none.astype(np.int32), none, none)
        cols, heap, held, rows = (np.concatenate(part) for part in zip(*parts, strict=True))
        inside = np.arange(keep) < held[:, None]
        near, far = np.repeat(rows, held), cols[inside]
        i, j = (far.astype(np.int64), near.astype(np.int32)) if turned else (near, far)
        worth, possible = self.worth(i, j, heap[inside], prices[far])
        full = held == keep
        rest = np.full(len(rows), NOTHING, np.int64)
        if keep < self.shape[0 if turned else 1]:
            rest[full] = self.ceiling(heap[full, 0], prices)
        if len(self.bans.spared_i) and not turned:
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
        return (
            np.concatenate([found[0], added[0]]),
            np.concatenate([found[1], added[1]]),
            np.concatenate([found[2], added[2]]),
            np.concatenate([found[3], added[3]]),
        )

    def worth(self, i: Ints, j: Short, gain: Floats, prices: Ints) -> tuple[Ints, Flags]:
        """Return the exact worth of pairs, and which of them are possible."""
        return gain.astype(np.int64) + prices, np.ones(len(i), np.bool_)

    def ceiling(self, gain: Floats, prices: Ints) -> Ints:
        """Return what pairs that did not enter a heap gain at most."""
        return gain.astype(np.int64)


def nothing_of(rows: Ints) -> Found:
    """Return what is found where there is nobody to read."""
    none = np.zeros(0, np.int64)
    return Found(none, none.astype(np.int32), none, np.full(len(rows), NOTHING, np.int64))


def all_above(
    above: Any,
    gain: NDArray[Any],
    bar: NDArray[Any],
    bans: Bans,
    rows: Ints,
    col_kinds: Ints,
    widths: Ints | None = None,
    most: Ints | None = None,
) -> tuple[Ints, Ints, Ints]:
    """List the pairs of a tile that gain more than their row's bar, in its first columns if so.

    The bars of rows that have more pairs than `most` are raised in place; the third of what is
    returned tells which rows of the tile these are.
    """
    room = 4 * sum(gain.shape) + 64
    while True:
        i, j = np.empty(room, np.int64), np.empty(room, np.int64)
        count = above(gain, bar, bans.row_kinds[rows], col_kinds, bans.table, i, j)
        if count <= room:
            break
        room = count
    i, j = i[:count], j[:count]
    if widths is not None:
        inside = j < widths[rows[i]]
        i, j = i[inside], j[inside]
    if most is None:
        return i, j, i[:0]
    ends = np.searchsorted(i, np.arange(len(rows) + 1))
    over = np.flatnonzero(np.diff(ends) > most[rows])
    for k in over.tolist():
        worst = ends[k + 1] - ends[k] - most[rows[k]] - 1
        bar[k] = np.partition(gain[k, j[ends[k] : ends[k + 1]]], worst)[worst]
    if len(over):
        best = gain[i, j] > bar[i]
        i, j = i[best], j[best]
    return i, j, over


def in_order(rows: Ints, found: Found, parts: list[Any]) -> Found:
    """Put the rests, found kind by kind of rows, into the order of the rows asked for."""
    if not parts:
        return found
    read = np.concatenate([part[3] for part in parts])
    order = np.argsort(read, kind="stable")
    rest = found.rest[order][np.searchsorted(read[order], rows)]
    return Found(found.i, found.j, found.worth, rest)


def joined(
    reader: Tiles,
    one: Callable[[Ints, int], Any],
    width: int,
    bar: Ints,
    widths: Ints | None = None,
) -> Found:
    """Read some columns, or as many of them as `widths` says, of all rows that have a bar.

    `one` returns the pairs that it found, and of which rows it left some out that gain how much.
    """
    rows = np.flatnonzero(bar > NOTHING)
    each = np.full(len(bar), width) if widths is None else widths
    if widths is not None:
        # The widest first, so that a tile has rows of about one width.
        rows = rows[np.argsort(-each[rows], kind="stable")]
        rows = rows[each[rows] > 0]
    parts, start = [], 0
    while start < len(rows):
        end = start + max(1, CELLS // max(int(each[rows[start]]), 1))
        parts.append(rows[start:end])
        start = end
    mean = int(each[rows].mean()) if len(rows) else 0
    read = reader.spread(lambda part: one(part, int(each[part[0]])), parts, mean)
    none = np.zeros(0, np.int64)
    if not read:
        return Found(none, none.astype(np.int32), none, bar)
    i, j, worth, over, left = (np.concatenate(part) for part in zip(*read, strict=True))
    rest = bar.copy()
    rest[over] = np.maximum(rest[over], left)
    return Found(i, j, worth, rest)


def alive_of(found: list[tuple[Flags, Flags]], m: int) -> tuple[Flags, Flags]:
    """Put together what parts of the rows tell about rows and columns."""
    columns = np.zeros(m, np.bool_)
    for _, some in found:
        columns |= some
    return np.concatenate([some for some, _ in found] or [columns[:0]]), columns
