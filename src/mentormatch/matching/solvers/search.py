"""The search of the priced solver: what has been read, what is in doubt, and what to read next."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.outside import Outside
from mentormatch.matching.solvers.tiles import NOTHING, ROWS, Found, Reader
from mentormatch.matching.solvers.watch import Watch

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Pairs that are kept of a row when it is first read, of a column, and of a row at most.
FIRST, AGAIN, MOST = 24, 48, 192
_FAR = 2**60
_LAST = 8
_DEEPER = 16
_FEW = 25
_DEEP = 4  # times as many pairs at most where a row is read in part
_PATIENCE = 2**32  # cells that are read before anybody looks at a clock


class Search:
    """Candidates, what is known about all other pairs, and the matching so far."""

    def __init__(
        self, problem: Problem, reader: Reader, watch: Watch, guess: Ints | None = None
    ) -> None:
        n, m = problem.shape
        self.reader, self.watch = reader, watch
        self.capacity, self.shape = problem.mentor_capacity, (n, m)
        self.master = Master(n, problem.mentor_capacity)
        self.open = problem.mentee_demand > 0
        self.unread = self.open.copy()
        self.known = Outside(n, m)
        self.pay, self.paid = np.zeros(n, np.int64), False  # on top of every score of a row
        self.read, self.rounds = 0, 0
        self.keep, self.wide = np.full(n, FIRST, np.int64), AGAIN
        #: What the pairs are worth besides scores and pay; whether earlier stages are settled.
        self.beside: Callable[[], int] | None = None
        self.settled: Callable[[], bool] | None = None
        self.quiet = False
        self.loose, self.ceiling = _FAR, _FAR  # distance to the bound; no total exceeds the other
        self.sunk = 0  # how far below proper ones prices are held
        self._over = int(self.open.sum()) - int(self.capacity.sum())
        if guess is not None and self.open.any():
            # Where nobody and no place need be left, no level of prices is better than another:
            # at a low one nobody gives up.
            self.sunk = reader.largest if self._over == 0 else 0
            self.master.v = np.where(self.capacity > 0, guess - self.sunk, 0)

    def prices(self) -> Ints:
        """Return the prices, with mentors who have no place put out of reach."""
        return np.where(self.capacity > 0, self.master.v, 2**58)

    def _read_rows(self, rows: Ints) -> None:
        """Learn the best pairs of some rows at the present prices."""
        if not len(rows):
            return
        prices, known = self.prices(), len(self.master.cols)
        self.known.bases.append(prices)
        step = max(_PATIENCE // max(self.shape[1], 1) // ROWS, 1) * ROWS
        for keep in np.unique(self.keep[rows]).tolist():
            some = rows[self.keep[rows] == keep]
            for mine in np.split(some, range(step, len(some), step)):
                self.watch.look()
                found = self.reader.best(mine, prices, keep)
                self._add(found, prices)
                rest = np.where(found.rest > NOTHING, found.rest + self.pay[mine], NOTHING)
                self.known.learn_rows(mine, rest, len(self.known.bases) - 1)
                self.unread[mine] = False
                self.read += len(mine) * self.shape[1]
        kept = self.keep[rows]
        self.keep[rows] = np.maximum(kept, np.minimum(2 * kept, MOST))
        if len(self.master.cols) == known:
            # So many pairs tie that, as far as the reader tells them apart, none was new.
            self.keep[rows] = np.minimum(4 * kept, max(self.shape[1], FIRST))

    def _read_parts(self, rows: Ints, bars: Ints) -> None:
        """Learn the pairs of some rows that gain more than a bar of each at the present prices.

        Only columns are read whose prices have fallen by more than the bar lies above the rest:
        no pair of another column can gain as much.
        """
        if not len(rows):
            return
        prices, known = self.prices(), self.known
        depth, rest, keep = bars - known.rest[rows], bars.copy(), self.keep[rows]
        for b in np.unique(known.base[rows]).tolist():
            self.watch.look()
            mine = known.base[rows] == b
            order, fallen = known.fallen(b, prices)
            bar = np.full(self.shape[0], NOTHING, np.int64)
            widths = np.zeros(self.shape[0], np.int64)
            some = rows[mine]
            bar[some] = bars[mine] - self.pay[some]
            widths[some] = np.searchsorted(-fallen, -depth[mine])
            columns = order[: int(widths.max(initial=0))]
            found = self.reader.gaining(columns, prices, bar, widths, _DEEP * self.keep)
            self._add(found, prices)
            rest[mine] = found.rest[some] + self.pay[some]
            self.read += int(widths.sum())
        self.keep[rows] = np.where(rest > bars, 2 * keep, keep)  # more next time, if need be
        known.learn_rows(rows, rest, len(known.bases))
        known.bases.append(prices)

    def _add(self, found: Found, prices: Ints) -> None:
        held = prices[found.j] < 2**58
        i, j, worth = found.i[held], found.j[held], found.worth[held]
        self.master.add(i, j, worth + self.pay[i] if self.paid else worth)

    def settle(self, *, ties: bool = False) -> None:
        """Add candidates until no pair outside would better the matching.

        With `ties`, until none outside would do as well either.
        """
        master, known = self.master, self.known
        if not self.open.any():
            return
        none = np.zeros(0, np.int64)
        doubt = (np.flatnonzero(self.open), none, none, none)
        lower, done = int(self.pay.max(initial=0)), False
        if known.bases:
            doubt = self._doubtful(ties)
        while not ties or any(map(len, doubt)):
            rows, some, bars, columns = doubt
            self._read_rows(rows)
            self._read_parts(some, bars)
            if len(columns):
                self._read_columns(columns)
            known.forget()
            # Where only ties are looked for the matching is best, and stays as it is.
            patient = not (done or ties)
            if patient and self._nearly_done():
                self._meet()
            self._improve(known.now(self.prices()) - lower, patient=patient)
            columns = none if ties else self._deserted()
            if len(columns):
                self._read_columns(columns)
                self._improve(known.now(self.prices()) - lower, patient=patient)
            self.rounds += 1
            doubt = self._doubtful(ties)
            done = not any(map(len, doubt))
            if done and self._level():
                self._report()
                return
            self._report()
            if not done:
                room = (master.u - known.now(self.prices()))[self.open]
                few = len(room) // 20
                lower = min(max(2 * lower, int(np.partition(room, few)[few]), 1), 2**58)

    def _improve(self, waiting: Ints, *, patient: bool) -> None:
        """Make the matching best again, where rows may hope for so much without a match.

        If `patient`, places may stand empty at a price while no fewer rows hope; or have nobody,
        where hardly anybody must do without.
        """
        master = self.master
        floor = np.maximum(waiting, 0)
        waits = np.where(master.match >= 0, np.minimum(floor, master.u), floor)
        few = self._over * _FEW <= int(self.open.sum())
        hoping = self.open if few else self.open & (waits > 0)
        master.improve(waits, patient=hoping if patient else None, look=self.watch.look)

    def _loose(self) -> Flags:
        """Mark the rows that have been left without a match for the hope of a better one."""
        master = self.master
        hoping = self.open & (master.match < 0) & (master.u > 0)
        found: Flags = hoping & (self.known.rest > NOTHING)
        return found

    def _doubtful(self, ties: bool) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the rows to be read again, those to be read in part, their bars, and columns.

        Of rows that are read in part all pairs are wanted that gain more than their bar.
        """
        known, m = self.known, self.shape[1]
        prices = self.prices()
        having = self.master.u - int(ties)
        room = having - known.rest
        loose = self._loose()
        doubt = self.open & ((room < known.most(prices)) | loose)
        rows, bars = np.flatnonzero(doubt & ~loose), having.copy()
        whole = doubt & loose
        if not len(rows) or not self.reader.column_cost < np.inf:
            rows, whole = rows[:0], doubt
        spare = np.sort((room - known.usual(prices))[self.open])
        margin = max(int(spare[len(spare) // 2]) // 4, 0) if len(rows) else 0
        for b in np.unique(known.base[rows]).tolist():
            mine = rows[known.base[rows] == b]
            fallen = known.fallen(b, prices)[1]
            # A little deeper than need be, so that rows are in no doubt again soon.
            most = fallen[m // _DEEPER]
            deepest = np.maximum(most, room[mine] - 4 * margin)
            depth = np.minimum(deepest, room[mine] - margin // 8)
            widths = np.searchsorted(-fallen, -depth)
            bars[mine] = known.rest[mine] + depth
            whole[mine] = widths * self.reader.column_cost * 2 > m
        rows = rows[~whole[rows]]
        again = np.flatnonzero(whole)
        if ties:
            self.keep[again] = np.minimum(self.keep[again] * 4, m)
        unsure = known.unsure(self.master.u, self.master.v, self.open, ties=ties)
        return again, rows, bars[rows], unsure

    def _deserted(self) -> Ints:
        """Return the columns to read because places there became free and cheap, if they are few.

        Every row would be in doubt about them, and hardly any row will get one.
        """
        columns = np.flatnonzero((self.capacity > self.master.load) & self.known.unread)
        few = len(columns) * _FEW <= self.shape[1] and self.reader.column_cost < np.inf
        return self.known.cheaper(columns if few else columns[:0], self.prices())

    def _nearly_done(self) -> bool:
        """Say whether few rows are left, and no more places than they will take."""
        left = int((self.open & (self.master.match < 0)).sum())
        free = int((self.capacity - self.master.load).sum())
        few = left * _FEW <= int(self.open.sum())
        return few and 0 < free <= left and self.reader.column_cost < np.inf and self.rounds > 0

    def _meet(self) -> None:
        """Let the places that nobody wants come to meet the last rows.

        Their prices fall, below zero if need be, until a row would as soon take them. Otherwise
        all other prices had to rise until somebody did. `_level` makes prices proper again.
        """
        master = self.master
        columns = np.flatnonzero(self.capacity > master.load)
        found = self._read_columns(columns)
        most = np.full(self.shape[1], NOTHING, np.int64)
        np.maximum.at(most, found.j, found.worth + self.pay[found.i] - master.u[found.i])
        wanted = columns[most[columns] > NOTHING]
        master.v[wanted] = np.minimum(master.v[wanted], most[wanted])

    def _read_columns(self, columns: Ints) -> Found:
        """Learn the best pairs of some columns above what rows have now."""
        self.watch.look()
        having = np.where(self.open, self.master.u, 2**58)
        found = self.reader.keenest(columns, having - self.pay, self.wide)
        keen = self.open[found.i]
        found = Found(found.i[keen], found.j[keen], found.worth[keen], found.rest)
        self.master.add(found.i, found.j, found.worth + self.pay[found.i])
        self.known.learn_columns(columns, found.rest, having)
        self.read += self.shape[0] * len(columns)
        self.wide = min(2 * self.wide, self.shape[0])
        return found

    def _level(self) -> bool:
        """Make prices below zero proper; say whether the matching is still best with them."""
        master = self.master
        low = -int(master.v.min(initial=0))
        if low and (master.match[self.open] >= 0).all() and int(master.u[self.open].min()) >= low:
            master.u[self.open] -= low
            master.v += low
            self.sunk = 0
        elif low:
            self.surface()
        priced = ((master.load < self.capacity) & (master.v > 0)).any()
        return not priced and (not low or bool((master.match[self.open] >= 0).all()))

    def surface(self) -> None:
        """Make prices below zero proper; whoever would rather have nobody then leaves."""
        master = self.master
        master.v[self.capacity > 0] += self.sunk
        master.u[self.open] -= self.sunk
        self.sunk = 0
        master.leave_rows(np.flatnonzero((master.match >= 0) & (master.u < 0)))
        np.maximum(master.u, 0, out=master.u)
        master.leave(master.v < 0)
        np.maximum(master.v, 0, out=master.v)

    def _report(self) -> None:
        """Tell how good the matching is, and how good the best one could be.

        What is paid for earlier stages is taken off both: whoever reaches as much there is paid
        no less.
        """
        if self.quiet or not self.watch.listens:
            return
        master = self.master
        bound = self.bound(np.maximum(master.v + self.sunk, 0))
        paid = int(self.pay[master.match >= 0].sum()) if self.paid else 0
        paid += 0 if self.beside is None else self.beside()
        read = self.read / max(self.shape[0], 1)
        self.loose = bound - master.total
        # Nothing that is paid is below zero, so no total exceeds any bound.
        self.ceiling = min(self.ceiling, bound)
        most = min(bound - paid, self.ceiling)
        self.watch.report(self.rounds, master.total - paid, most, read, self._is_close)

    def _is_close(self) -> bool:
        """Say whether all stages together are as close to the best as may be."""
        near = bool(np.ldexp(self.loose, -self.watch.bits) <= self.watch.gap)
        return near and (self.settled is None or self.settled())

    def bound(self, prices: Ints) -> int:
        """Return what no matching can exceed, as prices of 0 or more prove it."""
        most = self.most(prices)
        dear: list[int] = (prices * self.capacity).tolist()
        return int(most[self.open].sum()) + sum(dear)

    def most(self, prices: Ints) -> Ints:
        """Return what each row gains at most, at these prices, from any pair or from none."""
        master = self.master
        most = np.maximum(self.outside(np.where(self.capacity > 0, prices, 2**58)), 0)
        i = np.repeat(np.arange(self.shape[0]), np.diff(master.ptr))
        np.maximum.at(most, i, master.worth - prices[master.cols])
        return most

    def outside(self, prices: Ints) -> Ints:
        """Return what each row gains at most, at these prices, from a pair that is no candidate."""
        far = self.known.gains(prices)
        return np.where(self.unread, self.reader.largest + self.pay, far)

    def so_far(self, *, hurried: bool = False) -> Ints:
        """Return the best matching on the candidates known so far, or a good one if `hurried`."""
        master = self.master
        self.surface()
        nothing = np.zeros(self.shape[0], np.int64)
        if hurried:
            master.bid(nothing)
            return master.match
        master.improve(nothing)
        for _ in range(_LAST):
            # Whoever has nobody yet may like a place that is left.
            rows = np.flatnonzero(self.open & (master.match < 0))
            free = self.capacity > master.load
            if not len(rows) or not free.any():
                break
            prices = np.where(free, 0, 2**58)
            found = self.reader.best(rows, prices, AGAIN)
            before = int((master.match >= 0).sum())
            self._add(found, prices)
            master.improve(nothing)
            if int((master.match >= 0).sum()) == before:
                break
        return master.match

    def put_people_first(self, pay: int | Ints) -> None:
        """Let every pair, or those of some rows, pay so much more that no score outweighs it."""
        self.pay, self.paid = self.pay + pay, True
        self.master.raise_all(pay)
        self.known.pay(pay)

    def copied(self, reader: Reader) -> Search:
        """Return a search that goes on from here by itself, with a reader of its own.

        Its reader may know fewer pairs: what is known here bounds those as well.
        """
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(other, name, value.copy())
        other.known = self.known.copied()
        other.reader, other.master = reader, self.master.copied()
        other.capacity = self.capacity
        return other
