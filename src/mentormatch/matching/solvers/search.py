"""The search of the priced solver: what has been read, what is in doubt, and what to read next."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.tiles import NOTHING, Found, Reader
from mentormatch.matching.solvers.watch import Watch

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Pairs that are kept of a row when it is first read, of a column, and of a row at most.
FIRST, AGAIN, MOST = 24, 48, 192
_FAR = 2**60
_LAST = 8
_QUANTILES = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999])


class Search:
    """Candidates, what is known about all other pairs, and the matching so far.

    Of row i, no possible pair outside its candidates is worth more than ``rest[i]`` above the
    prices in ``bases[base[i]]``; or else, where column j has been read, it is worth no more than
    ``far[j]`` above what the rows had then, ``had[since[j]]``.
    """

    def __init__(
        self, problem: Problem, reader: Reader, watch: Watch, guess: Ints | None = None
    ) -> None:
        n, m = problem.shape
        self.reader, self.watch = reader, watch
        self.capacity, self.shape = problem.mentor_capacity, (n, m)
        self.master = Master(n, problem.mentor_capacity)
        self.open = problem.mentee_demand > 0
        self.rest = np.full(n, NOTHING, np.int64)
        self.base = np.zeros(n, np.int64)
        self.bases: list[Ints] = []
        self.far = np.full(m, _FAR, np.int64)
        self.since = np.zeros(m, np.int64)
        self.had: list[Ints] = []
        self.pay, self.paid = np.zeros(n, np.int64), False  # on top of every score of a row
        self.read, self.rounds, self.met = 0, 0, False
        self.keep = np.full(n, FIRST, np.int64)
        self.guess = guess  # prices at which rows are read first

    def prices(self) -> Ints:
        """Return the prices, with mentors who have no place put out of reach."""
        return np.where(self.capacity > 0, self.master.v, 2**58)

    def _read_rows(self, rows: Ints) -> None:
        """Learn the best pairs of some rows at the present prices."""
        if not len(rows):
            return
        self.watch.look()
        prices = self.prices()
        if not self.bases and self.guess is not None:
            prices = np.where(self.capacity > 0, self.guess, 2**58)
        for keep in np.unique(self.keep[rows]).tolist():
            mine = rows[self.keep[rows] == keep]
            found = self.reader.best(mine, prices, keep)
            self._add(found, prices)
            self.rest[mine] = np.where(found.rest > NOTHING, found.rest + self.pay[mine], NOTHING)
        self.base[rows] = len(self.bases)
        self.bases.append(prices)
        self.keep[rows] = np.minimum(2 * self.keep[rows], MOST)
        self.read += len(rows) * self.shape[1]

    def _rest_now(self) -> Ints:
        """Return what each row would gain outside its candidates if all prices had moved alike."""
        prices = self.prices()
        risen = np.array([np.median(prices - base) for base in self.bases]).astype(np.int64)
        return self.rest - np.maximum(risen, 0)[self.base]

    def _read_columns(self, columns: Ints, margin: int) -> None:
        """Learn the pairs of some columns that gain more than the rest of their row and a margin.

        What is left out then gains no more than the rest at prices raised by the margin.
        """
        if not len(columns):
            return
        self.watch.look()
        prices = self.prices()
        bar = np.where(self.rest > NOTHING, self.rest - self.pay + margin, NOTHING)
        self._add(self.reader.gaining(columns, prices, bar), prices)
        for base in self.bases:
            base[columns] = prices[columns] + margin
        self.far[columns] = _FAR
        self.read += self.shape[0] * len(columns)

    def _add(self, found: Found, prices: Ints) -> None:
        held = prices[found.j] < 2**58
        i, j, worth = found.i[held], found.j[held], found.worth[held]
        self.master.add(i, j, worth + self.pay[i] if self.paid else worth)

    def settle(self, *, ties: bool = False) -> None:
        """Add candidates until no pair outside would better the matching.

        With `ties`, until none outside would do as well either.
        """
        master = self.master
        if not self.open.any():
            return
        rows, columns, margin = np.flatnonzero(self.open), np.zeros(0, np.int64), 0
        lower = int(self.pay.max(initial=0))
        if self.bases:
            rows, columns, margin = self._doubtful(ties)
        while not ties or len(rows) or len(columns):
            self._read_rows(rows)
            self._read_columns(columns, margin)
            if not self.met and self._nearly_done():
                self._meet()
            self._improve(self._rest_now() - lower)
            self.rounds += 1
            rows, columns, margin = self._doubtful(ties)
            if not len(rows) and not len(columns) and self._level():
                self._report()
                return
            self._report()
            if not len(rows) and not len(columns):
                continue
            if self.rounds > 1:
                room = (master.u - self._rest_now())[self.open]
                few = len(room) // 20
                lower = min(max(2 * lower, int(np.partition(room, few)[few]), 1), 2**58)

    def _improve(self, waiting: Ints) -> None:
        """Make the matching best again, where rows may hope for so much without a match."""
        master = self.master
        floor = np.maximum(waiting, 0)
        master.improve(np.where(master.match >= 0, np.minimum(floor, master.u), floor))

    def _loose(self) -> Flags:
        """Mark the rows that have been left without a match for the hope of a better one."""
        master = self.master
        found: Flags = self.open & (master.match < 0) & (master.u > 0) & (self.rest > NOTHING)
        return found

    def _doubtful(self, ties: bool) -> tuple[Ints, Ints, int]:
        """Return the rows and columns to be read again, the fewest pairs of them that will do."""
        master = self.master
        n, m = self.shape
        prices = self.prices()
        room = master.u - self.rest - int(ties)
        loose = self._loose()
        known = self.far < _FAR
        worst = self._falls(prices, ~known)[self.base]
        if known.any():
            unsure = self._unsure(prices, known, ties)
            other = self._falls(prices, known)[self.base]
            worst = np.where(unsure, np.maximum(worst, other), worst)
        doubt = self.open & ((room < worst) | loose)
        best = float(doubt.sum() * m)
        rows, columns, margin, limit_of = np.flatnonzero(doubt), np.zeros(0, np.int64), 0, 0
        if best == 0:
            return rows, columns, 0
        fall = np.max([base - prices for base in self.bases], axis=0)
        for limit in np.unique(np.quantile(fall, _QUANTILES, method="nearest")).tolist():
            some = self.open & ((room < np.minimum(worst, limit)) | loose)
            fallen = fall > limit
            cost = float(some.sum() * m)
            if fallen.any():
                cost += self.reader.column_cost * float(fallen.sum() * n)
            if cost < best:
                best, limit_of = cost, int(limit)
                rows, columns = np.flatnonzero(some), np.flatnonzero(fallen)
        if len(columns):
            spare = room[self.open]
            margin = max(limit_of, int(np.partition(spare, len(spare) // 50)[len(spare) // 50]))
            rows = np.flatnonzero(self.open & ((room < np.minimum(worst, margin)) | loose))
        if ties:
            self.keep[rows] = np.minimum(self.keep[rows] * 4, m)
        return rows, columns, margin

    def _falls(self, prices: Ints, some: Flags) -> Ints:
        """Return by how much the price of some column has fallen at most since each reading."""
        least = -(2**60)
        return np.array([(base - prices)[some].max(initial=least) for base in self.bases])

    def _unsure(self, prices: Ints, known: Flags, ties: bool) -> Flags:
        """Mark rows that have lost so much that what is known of some column proves nothing."""
        unsure = np.zeros(self.shape[0], np.bool_)
        for k, had in enumerate(self.had):
            mine = known & (self.since == k)
            if mine.any():
                spare = int((prices[mine] - self.far[mine]).min()) - int(ties)
                unsure |= had - self.master.u > spare
        return unsure

    def _nearly_done(self) -> bool:
        """Say whether few rows are left, and no more places than they will take."""
        left = int((self.open & (self.master.match < 0) & (self.master.u > 0)).sum())
        free = int((self.capacity - self.master.load).sum())
        few = left * 25 <= int(self.open.sum())
        return few and 0 < free <= left and self.reader.column_cost < np.inf and self.rounds > 1

    def _meet(self) -> None:
        """Let the places that nobody wants come to meet the last rows.

        Their prices fall, below zero if need be, until a row would as soon take them. Otherwise
        all other prices had to rise until somebody did. `_level` makes prices proper again.
        """
        self.watch.look()
        self.met = True
        master = self.master
        columns = np.flatnonzero(self.capacity > master.load)
        having = np.where(self.open, master.u, 2**58)
        found = self.reader.keenest(columns, having - self.pay, AGAIN)
        keen = self.open[found.i]
        i, j, worth = found.i[keen], found.j[keen], found.worth[keen]
        worth = worth + self.pay[i]
        master.add(i, j, worth)
        most = np.full(self.shape[1], NOTHING, np.int64)
        np.maximum.at(most, j, worth - master.u[i])
        wanted = columns[most[columns] > NOTHING]
        master.v[wanted] = np.minimum(master.v[wanted], most[wanted])
        self.far[columns] = found.rest
        self.since[columns] = len(self.had)
        self.had.append(having)
        self.read += self.shape[0] * len(columns)

    def _level(self) -> bool:
        """Make prices below zero proper; say whether the matching is still best with them."""
        master = self.master
        low = -int(master.v.min(initial=0))
        if low == 0:
            return True
        if (master.match[self.open] >= 0).all() and int(master.u[self.open].min()) >= low:
            master.u[self.open] -= low
            master.v += low
        else:
            master.leave(master.v < 0)
            np.maximum(master.v, 0, out=master.v)
        return not ((master.load < self.capacity) & (master.v > 0)).any() and bool(
            (master.match[self.open] >= 0).all()
        )

    def _report(self) -> None:
        """Tell how good the matching is, and how good the best one could be."""
        if self.paid or not self.watch.listens:
            return
        master = self.master
        far = self.outside(np.maximum(self.prices(), 0))
        most = np.maximum(np.maximum(master.u, far), 0)[self.open]
        bound = int(most.sum()) + sum((np.maximum(master.v, 0) * self.capacity).tolist())
        self.watch.report(self.rounds, master.total, bound, self.read / max(self.shape[0], 1))

    def outside(self, prices: Ints) -> Ints:
        """Return what each row gains at most, at these prices, from a pair that is no candidate."""
        far = self.rest + self._falls(prices, self.far >= _FAR)[self.base]
        known = self.far < _FAR
        if known.any():
            near = self.rest + self._falls(prices, known)[self.base]
            other = np.full(self.shape[0], -(2**62), np.int64)
            for k, had in enumerate(self.had):
                mine = known & (self.since == k)
                if mine.any():
                    other = np.maximum(other, had + int((self.far - prices)[mine].max()))
            far = np.maximum(far, np.minimum(near, other))
        return np.where(self.rest > NOTHING, far, NOTHING)

    def so_far(self) -> Ints:
        """Return the best matching on the candidates known so far."""
        master = self.master
        master.leave(master.v < 0)
        np.maximum(master.v, 0, out=master.v)
        nothing = np.zeros(self.shape[0], np.int64)
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
        self.rest = np.where(self.rest > NOTHING, self.rest + pay, NOTHING)
        self.had = [had + pay for had in self.had]

    def copied(self, reader: Reader) -> Search:
        """Return a search that goes on from here by itself, with a reader of its own.

        Its reader may know fewer pairs: what is known here bounds those as well.
        """
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(other, name, value.copy())
        other.bases, other.had = [x.copy() for x in self.bases], list(self.had)
        other.reader, other.master = reader, self.master.copied()
        other.capacity = self.capacity
        return other
