"""An announced matching mended after a change: its old prices are where the search begins.

A person counts more than any number of announced pairs, an announced pair more than any score. At
the prices of the announced matching all its pairs still lose nothing, so the search begins with all
of them; only who left, came or changed has to find a place, by one shortest path each (successive
shortest paths from prices that fit: Edmonds and Karp 1972). What is kept of every mentee bounds all
other pairs, so scores are read again only where prices moved beyond that bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.changed import changed
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.listed import Listed
from mentormatch.matching.objectives import read_objective
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices
from mentormatch.matching.remembered import prices_of, suits_warm
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.farm import reader_of
from mentormatch.matching.solvers.lots import draw_lots
from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.tiles import NOTHING
from mentormatch.matching.tiers import proofs_of
from mentormatch.matching.warm import KEEP, PERSON, lists_of

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

STAGES = ("coverage", "kept", "total")
#: Problems from so many cells on are mended; smaller ones are solved anew in memory.
WARM = 2**17
_NEVER = -(2**60)  # what a pair gains that may not be
_OUT = 2**58
_CELLS = 2**19
_WHOLE = 2**22  # cells of rows that are kept to the last pair
_COLUMNS = 64  # columns that are read one by one; with more, all rows are read again
_TOP = 64
_NEAR = 2**45
_KEPT_BITS = 42  # so that eight bits of announced pairs fit into a person


@dataclass(frozen=True, eq=False)
class Kept:
    """What one matching leaves to the next.

    Parameters
    ----------
    problem : Problem
        The question.
    ptr, cols, worth : numpy.ndarray of int
        A few pairs of every mentee, by row, and their scores in steps.
    prices : numpy.ndarray of int, shape (m,)
        Of places, a person counting ``PERSON``.
    rest : numpy.ndarray of int, shape (n,)
        What any other pair of a row is worth above these prices at most.
    match : numpy.ndarray of int, shape (n,)
        Each row's column, -1 for none.
    pay : int
        What a pair counts for beside ``PERSON`` and its score.
    """

    problem: Problem
    ptr: Ints
    cols: Short
    worth: Ints
    prices: Ints
    rest: Ints
    match: Ints
    pay: int


_KEPT: WeakKeyDictionary[Matching, Kept] = WeakKeyDictionary()


def mend(before: Matching, now: Problem) -> Matching | None:
    """Return the best matching now that keeps as many pairs as it can, from the prices of before.

    The answer is that of `solve` with the stages coverage, kept, total, pair for pair.

    Parameters
    ----------
    before : Matching
        The pairs that were announced.
    now : Problem
        Who takes part now; people are told apart by their ids.

    Returns
    -------
    Matching or None
        None where somebody wants several mentors, there are minimums or quotas that are no bans, a
        score object does not tell its largest score, or prices become too large to be told apart.
    """
    largest = _suits(now)
    if largest is None:
        return None
    kept = _KEPT.get(before) or _left_by(before)
    if kept.problem.bits != now.bits or len(kept.rest) == 0:
        kept = _prices_of(before, now.bits)
    return _Mend(kept, now, largest, before.seed).done()


def mend_list(now: Problem, announced: Sequence[tuple[int, int]], seed: int) -> Matching | None:
    """Return the same as `mend` where nothing is known of before but the pairs, as positions."""
    largest = _suits(now)
    if largest is None or len({i for i, _ in announced}) < len(announced):
        return None
    i, j = np.array(announced, np.int64).reshape(-1, 2).T
    n, m = now.shape
    match = np.full(n, -1, np.int64)
    match[i] = j
    none = np.zeros(0, np.int64)
    prices = np.zeros(m, np.int64)
    kept = Kept(now, none, none.astype(np.int32), none, prices, none, match, 0)
    return _Mend(kept, now, largest, seed).done()


def _suits(now: Problem) -> int | None:
    """Return a bound on all scores where a problem can be mended, in whole steps."""
    largest = _largest(now) if suits_warm(now) and min(now.shape) else None
    if largest is not None:
        grid.check_total(np.array([largest]), now.most_pairs)
    return largest


def _left_by(before: Matching) -> Kept:
    """Return what the proof of a matching says: no pair is worth more than its two prices.

    Nothing is read for it. Announced pairs will count so much more that whoever has one needs no
    other to be known.
    """
    proved, problem = prices_of(before), before.problem
    if proved is None:
        return _prices_of(before, problem.bits)
    prices, pay, cover = proved
    n, m = problem.shape
    v = prices if cover is None else prices + PERSON * cover
    v = np.where(problem.mentor_capacity > 0, v, 0)
    match = np.full(n, -1, np.int64)
    match[before.rows] = before.columns
    worth = problem.values_at(before.rows, before.columns)[0]
    u = np.zeros(n, np.int64)
    u[before.rows] = worth + pay + (0 if cover is None else PERSON) - v[before.columns]
    idle = np.bincount(before.columns, minlength=m) < problem.mentor_capacity
    if (u < 0).any() or (v < 0).any() or v[idle].any():
        return _prices_of(before, problem.bits)
    ptr = np.searchsorted(before.rows, np.arange(n + 1)).astype(np.int64)
    rest = u + PERSON if cover is None else u
    return Kept(problem, ptr, before.columns.astype(np.int32), worth, v, rest, match, pay)


def _prices_of(before: Matching, bits: int) -> Kept:
    """Return prices to begin with where nothing else is kept: those of scores, if there are any."""
    n, m = before.problem.shape
    prices = np.zeros(m, np.int64)
    proof = before.proofs.get("total")
    if isinstance(proof, Prices):
        steps = np.ldexp(proof.mentors.astype(np.float64), bits - before.problem.bits - proof.fine)
        prices = np.clip(np.rint(steps), 0, PERSON).astype(np.int64)
    match = np.full(n, -1, np.int64)
    match[before.rows] = before.columns
    none = np.zeros(0, np.int64)
    return Kept(before.problem, none, none.astype(np.int32), none, prices, none, match, 0)


def _largest(problem: Problem) -> int | None:
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


class _Mend:
    """The search for the matching now."""

    def __init__(self, kept: Kept, now: Problem, largest: int, seed: int) -> None:
        n = now.shape[0]
        self.now, self.seed, self.largest, self.pay = now, seed, largest, kept.pay
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
        self._announce(kept)
        self._carry_over(kept)

    def _announce(self, kept: Kept) -> None:
        """Note which pairs of before may still be pairs."""
        change = self.change
        was = np.where(change.old_row >= 0, np.append(kept.match, -1)[change.old_row], -1)
        new_column = np.full(kept.problem.shape[1] + 1, -1, np.int64)
        there = change.old_column >= 0
        new_column[change.old_column[there]] = np.flatnonzero(there)
        self.new_column, self.had = new_column, was >= 0
        announced = np.where(was >= 0, new_column[was], -1)
        doubt = np.flatnonzero(announced >= 0)
        if not (change.everything or len(kept.rest) == 0):
            sure = ~change.rows[doubt] & ~change.columns[announced[doubt]]
            doubt = doubt[~sure]
        possible = self.now.values_at(doubt, announced[doubt])[1]
        announced[doubt[~possible]] = -1
        self.announced = announced

    def _carry_over(self, kept: Kept) -> None:
        """Take over prices, and the few pairs of every row whose scores have not changed."""
        change, old_column = self.change, self.change.old_column
        prices = kept.prices
        if self.change.moved:
            usual = int(np.median(prices)) if len(prices) else 0
            prices = np.append(prices, usual)[old_column]
        self.prices = np.where(self.places, prices, 0)
        self.master = Master(len(self.open), self.now.mentor_capacity)
        self.rest = np.full(len(self.open), NOTHING, np.int64)
        #: Prices above which `rest` bounds what no candidate is.
        self.base = np.where(self.places, self.prices, _OUT)
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
        new_row = np.full(size, -1, np.int64)
        there = change.old_row >= 0
        new_row[change.old_row[there]] = np.flatnonzero(there)
        i, j = new_row[rows], self.new_column[kept.cols]
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
        nothing = np.zeros(self.now.shape[0], np.int64)
        while True:
            master.improve(nothing)
            columns = np.flatnonzero(self.places & (master.v < self.base))
            self._read_columns(columns)
            rows = np.flatnonzero(self.open & (master.u <= self.rest) & (self.rest > NOTHING))
            self._read_rows(rows)
            if not len(columns) and not len(rows):
                break
        return self._told()

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
            self.base = np.where(self.places, self.prices, _OUT)
            low = 0
        rows = np.flatnonzero(self.open)
        prices = np.where(self.places, self.prices - low, _OUT)
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
        # Worth more than any score and any price of scores, a thousand changes long.
        most = max(self.largest, self.pay, 1)
        self.kept_worth = 2 ** min(int(most).bit_length() + 12, _KEPT_BITS)
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

    def _begin(self) -> None:
        """Read whoever has to find a place, and every place that stands empty at a price."""
        master, change = self.master, self.change
        if not self.read_anew:
            loose = (master.match < 0) & self.had
            self._read_rows(np.flatnonzero(self.open & (loose | change.rows)), whole=True)
            columns = np.flatnonzero(change.columns & self.places)
            master.v[columns] = 0
            self._read_columns(columns, price=True)
        empty = self.places & (master.v > 0) & (master.load < self.now.mentor_capacity)
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
            floor = 0 if idle else int(master.v[j])
            fall = max(int(self.base[j]) - floor, 0)
            steady = (master.u - self.rest > fall) & (self.announced >= 0) & (not price)
            rows = np.flatnonzero(self.open & ~steady)
            values, possible = self.now.values_at(rows, np.full(len(rows), j))
            some = rows[possible]
            worth = values[possible]
            told = self.announced[some] == j
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
        full = values + self.bonus + np.where(self.announced[i] == j, self.kept_worth, 0)
        self.master.add(i, j, full)

    def _told(self) -> Matching | None:
        """Return the matching that the lottery prefers, with the proof of every stage."""
        master, now = self.master, self.now
        prices = master.u, np.where(self.places, master.v, 0), ~self.places
        proofs = proofs_of(*prices, self.kept_worth, self.pay, self.largest, len(now.quotas))
        if proofs is None:
            return None
        n = now.shape[0]
        rows = np.repeat(np.arange(n), np.diff(master.ptr))
        tight = np.flatnonzero(master.worth - master.v[master.cols] == master.u[rows])
        tight = tight[self.open[rows[tight]]]
        pairs = rows[tight], master.cols[tight].astype(np.int64)
        match = draw_lots(now, master.u, master.v, master.match, pairs, self.seed, lead=True)
        if match is None:
            return None
        there = np.flatnonzero(self.announced >= 0)
        listed = np.stack([there, self.announced[there]], axis=1)
        announced = Pairs(None, None, np.zeros((1, 1), np.bool_), listed)  # in order, each once
        problem = replace(now, announced=announced)
        name, stages = read_objective(STAGES)
        found = np.flatnonzero(match >= 0)
        after = Matching(
            problem, found, match[found], name, stages, proofs, self.seed, frozenset(stages)
        )
        worth = master.worth - self.bonus
        worth[master.cols == self.announced[rows]] -= self.kept_worth
        _KEPT[after] = Kept(
            problem, master.ptr, master.cols, worth, master.v, self.rest, match, self.pay
        )
        return after
