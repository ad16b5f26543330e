"""An announced matching mended after a change: its old prices are where the search begins.

A person counts more than any number of announced pairs, an announced pair more than any score. At
the prices of the announced matching all its pairs still lose nothing, so the search begins with all
of them; only who left, came or changed has to find a place, by one shortest path each (successive
shortest paths from prices that fit: Edmonds and Karp 1972). What is kept of every mentee bounds all
other pairs, so scores are read again only where prices moved beyond that bound.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.changed import changed, turned
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.kept import Kept, keep
from mentormatch.matching.listed import Listed
from mentormatch.matching.objectives import read_objective
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices, Proof
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.farm import reader_of
from mentormatch.matching.solvers.locks import Locks
from mentormatch.matching.solvers.lots import draw_lots
from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.tiles import NOTHING
from mentormatch.matching.tiers import proofs_of
from mentormatch.matching.warm import KEEP, OUT, PERSON, lists_of

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

STAGES = ("coverage", "kept", "total")
#: Problems from so many cells on are mended; smaller ones are solved anew in memory.
WARM = 2**17
_NEVER = -(2**60)  # what a pair gains that may not be
_CELLS = 2**19
_WHOLE = 2**22  # cells of rows that are kept to the last pair
_COLUMNS = 64  # columns that are read one by one; with more, all rows are read again
_TOP = 64
_NEAR = 2**45
_KEPT_BITS = 42  # so that eight bits of announced pairs fit into a person


def largest_of(problem: Problem) -> int | None:
    """Return a bound on every score in whole steps, where it is known without reading them all."""
    if isinstance(problem.scores, Encodings):
        known = float(problem.scores.largest)
    elif isinstance(problem.scores, np.ndarray | Listed):
        known = problem.largest
    else:
        told = getattr(problem.scores, "largest", None)
        if told is None:
            return None
        known = float(told)
    return int(np.ceil(np.ldexp(known, problem.bits))) + 1


class Mend:
    """The search for the matching now, where a mentee has one mentor at most.

    Parameters
    ----------
    kept : Kept
        What is known of before.
    locks : Locks
        The problem now, and its locked pairs.
    now : Problem
        What these leave to be decided.
    largest : int
        No score is larger, in whole steps.
    seed : int
        Seed of the lottery.
    """

    by_slots = False

    def __init__(self, kept: Kept, locks: Locks, now: Problem, largest: int, seed: int) -> None:
        n = now.shape[0]
        self.locks, self.now, self.seed = locks, now, seed
        self.largest, self.pay = largest, kept.pay
        #: What every pair is worth besides.
        self.bonus = PERSON + kept.pay
        self.open: Flags = now.mentee_demand > 0
        self.places: Flags = now.mentor_capacity > 0
        self.change = changed(kept.problem, now)
        self.read_anew = (
            len(kept.rest) == 0
            or self.change.everything
            or int(self.change.rows.sum()) * 4 > n
            or int(self.change.columns.sum()) > _COLUMNS
        )
        # Worth more than any score and any price of scores, a thousand changes long.
        most = max(largest, self.pay, 1)
        self.kept_worth = 2 ** min(int(most).bit_length() + 12, _KEPT_BITS)
        self._announce(kept)
        self._carry_over(kept)

    def _announce(self, kept: Kept) -> None:
        """Note which pairs of before may still be pairs."""
        i, j = self._still(kept)
        self.announced = np.full(self.now.shape[0], -1, np.int64)
        self.announced[i] = j

    def _still(self, kept: Kept) -> tuple[Ints, Ints]:
        """Return the pairs of before that may still be pairs, and note who had one."""
        change = self.change
        new_row, self.new_column = (
            turned(old, size)
            for old, size in zip(
                (change.old_row, change.old_column), kept.problem.shape, strict=True
            )
        )
        i, j = new_row[kept.rows], self.new_column[kept.columns]
        self.had: Flags = np.zeros(self.now.shape[0], np.bool_)
        self.had[i[i >= 0]] = True
        there = (i >= 0) & (j >= 0)
        i, j = i[there], j[there]
        doubt = np.ones(len(i), np.bool_)
        if not (change.everything or len(kept.rest) == 0):
            doubt = change.rows[i] | change.columns[j]
        possible = ~doubt
        possible[doubt] = self.locks.problem.values_at(i[doubt], j[doubt])[1]
        return i[possible], j[possible]

    def _new(self) -> Master:
        return Master(len(self.open), self.now.mentor_capacity)

    def _carry_over(self, kept: Kept) -> None:
        """Take over prices, and the few pairs of every row whose scores have not changed."""
        change, old_column = self.change, self.change.old_column
        prices = kept.prices
        if self.change.moved:
            usual = int(np.median(prices)) if len(prices) else 0
            prices = np.append(prices, usual)[old_column]
        self.prices = np.where(self.places, prices, 0)
        self.master = self._new()
        self.rest = np.full(len(self.open), NOTHING, np.int64)
        #: Prices above which `rest` bounds what no candidate is.
        self.base = np.where(self.places, self.prices, OUT)
        if self.read_anew:
            return
        fresh = change.rows | ~self.open
        self.rest = np.where(fresh, NOTHING, kept.rest[change.old_row])
        size = kept.problem.shape[0]
        rows = np.repeat(np.arange(size), np.diff(kept.ptr))
        gone = change.columns | ~self.places
        if not change.moved:
            worth, master = kept.worth, self.master
            again = (change.rows & self.open)[rows] | (change.columns & self.places)[kept.cols]
            if again.any():
                some = ~again
                self.master.add(rows[some], kept.cols[some], worth[some])
                rows = rows[some]
            else:
                master.ptr, master.cols, master.worth = kept.ptr, kept.cols, worth
            if fresh.any() or gone.any():
                closed = fresh[rows] | gone[master.cols]
                master.worth = np.where(closed, _NEVER, master.worth)
            return
        i, j = turned(change.old_row, size)[rows], self.new_column[kept.cols]
        some = (i >= 0) & (j >= 0)
        some[some] = ~fresh[i[some]] & ~gone[j[some]]
        self.master.add(i[some], j[some].astype(np.int32), kept.worth[some])

    def done(self) -> Matching | None:
        """Return the matching, or None where it cannot be found this way."""
        master = self.master
        if self.read_anew:
            self._read_all()
        self._keep_announced()
        self._begin()
        while True:
            self._improve()
            columns = np.flatnonzero(self.places & (master.v < self.base))
            self._read_columns(columns)
            rows = np.flatnonzero(self.open & (master.u <= self.rest) & (self.rest > NOTHING))
            self._read_rows(rows)
            if not len(columns) and not len(rows):
                break
        return self._told()

    def _improve(self) -> None:
        self.master.improve(np.zeros(self.now.shape[0], np.int64))

    def _read_all(self) -> None:
        """Read all scores once, at the prices of before."""
        if not self.places.any():
            return
        prices = self.prices[self.places]
        low = int(prices.min())
        if int(prices.max()) - low >= _NEAR:
            # Some places cost a person and others do not: begin at the prices of scores alone.
            people = (self.prices + PERSON // 2) // PERSON
            self.prices = np.maximum(self.prices - people * PERSON, 0)
            self.base = np.where(self.places, self.prices, OUT)
            low = 0
        rows = np.flatnonzero(self.open)
        prices = np.where(self.places, self.prices - low, OUT)
        found = reader_of(self.now, 1).best(rows, prices, KEEP)
        some = self.places[found.j]
        self.master.add(found.i[some], found.j[some], found.worth[some])
        self.rest[rows] = np.where(found.rest > NOTHING, found.rest + self.bonus - low, NOTHING)

    def _keep_announced(self) -> None:
        """Let announced pairs count, and be candidates."""
        n = self.now.shape[0]
        master = self.master
        told = self.announced
        closed = (told >= 0) & ~(self.open & self.places[told])
        rows = np.repeat(np.arange(n), np.diff(master.ptr))
        there = np.flatnonzero(master.cols == told[rows])
        missing = (told >= 0) & ~closed
        missing[rows[there]] = False
        if missing.any():
            i = np.flatnonzero(missing)
            j = told[i]
            master.add(i, j.astype(np.int32), self.now.values_at(i, j)[0])
            rows = np.repeat(np.arange(n), np.diff(master.ptr))
            there = np.flatnonzero(master.cols == told[rows])
        master.worth = master.worth + self.bonus
        master.worth[there] += self.kept_worth
        # Mentors who have changed begin without anybody, at a price of their own.
        anew = closed if self.read_anew else closed | ((told >= 0) & self.change.columns[told])
        match = np.where(anew, -1, told)
        over = np.flatnonzero(
            np.bincount(match[match >= 0], minlength=len(self.places)) > self.now.mentor_capacity
        )
        for full in over.tolist():
            match[np.flatnonzero(match == full)[int(self.now.mentor_capacity[full]) :]] = -1
        held = there[match[rows[there]] >= 0]
        master.v = self.prices.copy()
        master.u[rows[held]] = master.worth[held] - master.v[master.cols[held]]
        master.match = match.astype(np.int64)
        master.load = np.bincount(match[match >= 0], minlength=len(self.places)).astype(np.int64)
        master.head, master.after = lists_of(master.match, len(self.places))
        follows = np.flatnonzero(master.after >= 0)
        master.before[master.after[follows]] = follows

    def _parted(self) -> Flags:
        """Mark who had a pair and has it no more."""
        return (self.master.match < 0) & self.had

    def _vacant(self) -> Flags:
        """Mark mentors with a free place at a price."""
        found: Flags = (self.master.v > 0) & (self.master.load < self.now.mentor_capacity)
        return found

    def _steady(self, fall: int) -> Flags:
        """Mark the rows of which no pair that is not kept matters, if a price falls so much."""
        found: Flags = (self.master.u - self.rest > fall) & (self.announced >= 0)
        return found

    def _is_announced(self, i: Ints, j: Any) -> Flags:
        found: Flags = self.announced[i] == j
        return found

    def _begin(self) -> None:
        """Read whoever has to find a place, and every place that stands empty at a price."""
        master, change = self.master, self.change
        if not self.read_anew:
            wanting = self.open & (self._parted() | change.rows)
            self._read_rows(np.flatnonzero(wanting), whole=True)
            columns = np.flatnonzero(change.columns & self.places)
            master.v[columns] = 0
            self._read_columns(columns, price=True)
        empty = self.places & self._vacant()
        columns = np.flatnonzero(empty & ~change.columns)
        if len(columns) <= _COLUMNS:
            self._read_columns(columns)

    def _read_rows(self, rows: Ints, *, whole: bool = False) -> None:
        """Keep more pairs of some rows: all that might do as well as what they have."""
        master = self.master
        m = self.now.shape[1]
        keep = m if whole and len(rows) * m <= _WHOLE else min(m, 4 * KEEP)
        step = max(1, _CELLS // max(m, 1))
        for first in range(0, len(rows), step):
            part = rows[first : first + step]
            values, possible = self.now.values(part)
            gain = np.where(possible & self.places, values + self.bonus - self.base, NOTHING)
            rest = np.full(len(part), NOTHING, np.int64)
            take = gain > NOTHING
            if keep < m:
                bar = np.partition(gain, m - keep, axis=1)[:, m - keep]
                if not whole:
                    bar = np.minimum(bar, master.u[part])
                take &= gain >= bar[:, None]
                rest = np.where(take, NOTHING, gain).max(axis=1)
            at, j = np.nonzero(take)
            self._add(part[at], j.astype(np.int32), values[at, j])
            self.rest[part] = rest

    def _read_columns(self, columns: Ints, *, price: bool = False) -> None:
        """Keep more pairs of some columns, so that the others bound them at the present price.

        With `price` these are new: they begin at what the row that gains most from them would give.
        Whoever has an announced pair needs no reading: a pair that was not kept, and gains no more
        than `rest` at the price before, gains only so much more as the price falls.
        """
        master = self.master
        for j in columns.tolist():
            # A place that is left empty may become worth nothing.
            idle = master.load[j] < self.now.mentor_capacity[j] and master.v[j] < PERSON // 2
            floor = min(0, int(master.v[j])) if idle else int(master.v[j])
            fall = max(int(self.base[j]) - floor, 0)
            steady = self._steady(fall) & (not price)
            rows = np.flatnonzero(self.open & ~steady)
            values, possible = self.now.values_at(rows, np.full(len(rows), j))
            some = rows[possible]
            worth = values[possible]
            told = self._is_announced(some, j)
            offer = worth + self.bonus + np.where(told, self.kept_worth, 0) - master.u[some]
            if price:
                self.master.v[j] = max(0, int(offer.max(initial=0)))
            above = worth + self.bonus - self.rest[some]
            take = above > (int(master.v[j]) if price else floor)
            if len(offer) > _TOP:
                take |= offer >= np.partition(offer, -_TOP)[-_TOP]
            else:
                take[:] = True
            take |= told
            self._add(some[take], np.full(int(take.sum()), j, np.int32), worth[take])
            if price:
                self.base[j] = int(above[~take].max(initial=_NEVER))
            else:
                self.base[j] = min(int(self.base[j]), floor)
                self.rest[steady & (self.rest > NOTHING)] += fall

    def _add(self, i: Ints, j: Short, values: Ints) -> None:
        """Add candidates, announced ones at what they count."""
        full = values + self.bonus + np.where(self._is_announced(i, j), self.kept_worth, 0)
        self.master.add(i, j, full)

    def _told(self) -> Matching | None:
        """Return the matching that the lottery prefers, with the proof of every stage."""
        master, now = self.master, self.now
        prices = master.u, np.where(self.places, master.v, 0), ~self.places
        quotas = len(self.locks.problem.quotas)
        proofs = proofs_of(*prices, self.kept_worth, self.pay, self.largest, quotas)
        if proofs is None:
            return None
        rows = np.repeat(np.arange(now.shape[0]), np.diff(master.ptr))
        tight = np.flatnonzero(master.worth - master.v[master.cols] == master.u[rows])
        tight = tight[self.open[rows[tight]]]
        pairs = rows[tight], master.cols[tight].astype(np.int64)
        match = draw_lots(now, master.u, master.v, master.match, pairs, self.seed, lead=True)
        if match is None:
            return None
        there = np.flatnonzero(self.announced >= 0)
        found = np.flatnonzero(match >= 0)
        announced = np.stack([there, self.announced[there]], axis=1)
        return self._made(found, match[found], announced, proofs)

    def _made(
        self, rows: Ints, columns: Ints, announced: Ints, proofs: dict[str, Prices]
    ) -> Matching:
        """Return the matching with its locked pairs, and keep what it leaves to the next.

        Parameters
        ----------
        rows, columns : numpy.ndarray of int
            The pairs but those that are locked.
        announced : numpy.ndarray of int, shape (number of pairs, 2)
            Pairs of before that may still be pairs, in order and each once.
        proofs : dict of str to Prices
            What proves each stage, but for the quotas.
        """
        locks, master = self.locks, self.master
        rows, columns = np.concatenate([rows, locks.i]), np.concatenate([columns, locks.j])
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        listed = Pairs(None, None, np.zeros((1, 1), np.bool_), announced)
        problem = replace(locks.problem, announced=listed)
        told: dict[str, Proof] = dict(proofs)
        if locks.quotas:
            told = dict(replace(locks, problem=problem).paid_each(proofs))
        name, stages = read_objective(STAGES)
        after = Matching(problem, rows, columns, name, stages, told, self.seed, frozenset(stages))
        i = np.repeat(np.arange(self.now.shape[0]), np.diff(master.ptr))
        bonus = self.bonus + np.where(self._is_announced(i, master.cols), self.kept_worth, 0)
        prices = np.where(self.places, master.v, 0)
        left = master.ptr, master.cols, master.worth - bonus, prices, self.rest
        keep(after, Kept(self.now, *left, rows, columns, self.pay, self.by_slots))
        return after
