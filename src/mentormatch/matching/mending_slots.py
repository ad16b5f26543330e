"""An announced list mended where people may have several pairs, or have to have some.

Everybody has slots that cost less than nothing where pairs are asked for: a minimum that is kept
counts more than a person, a person more than any number of announced pairs. A pair is used or not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.changed import turned
from mentormatch.matching.kept import Kept
from mentormatch.matching.mending import Mend
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.locks import Locks
from mentormatch.matching.solvers.several import drawn_by_lot
from mentormatch.matching.solvers.slots import Slots
from mentormatch.matching.solvers.tiles import NOTHING
from mentormatch.matching.tiers import slot_proofs
from mentormatch.matching.warm import PERSON

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: What a pair below somebody's minimum is worth besides.
MINIMUM = 2**56


class MendSlots(Mend):
    """The search for the matching now, a pair being used once at most."""

    by_slots = True
    master: Slots

    def __init__(self, kept: Kept, locks: Locks, now: Problem, largest: int, seed: int) -> None:
        self.first = (PERSON + kept.pay) * (np.bincount(locks.i, minlength=now.shape[0]) == 0)
        super().__init__(kept, locks, now, largest, seed)
        self.bonus = 0  # people count by slots, not by pairs

    def _new(self) -> Slots:
        now = self.now
        # Places beyond the number of mentees are left empty, and so keep their mentor's price at 0.
        lows, high = (now.mentee_minimum, now.mentor_minimum), now.mentor_capacity
        master = Slots(lows[0], np.minimum(now.mentee_demand, now.shape[1]), lows[1], high)
        master.unit, master.first = MINIMUM, self.first
        return master

    def _announce(self, kept: Kept) -> None:
        """Note which pairs of before may still be pairs."""
        (n, m), locks = self.now.shape, self.locks
        i, j = self._still(kept)
        self.keys = np.sort(i * m + j)
        new_row, new_column = turned(self.change.old_row, kept.problem.shape[0]), self.new_column
        i, j = new_row[kept.rows], new_column[kept.columns]
        mine = (i >= 0) & ~_among(i * m + j, np.sort(locks.i * m + locks.j))
        #: How many pairs each mentee had, but for those that are locked now.
        self.before: Ints = np.bincount(i[mine], minlength=n)

    def _is_announced(self, i: Ints, j: Any) -> Flags:
        return _among(i * self.now.shape[1] + j, self.keys)

    def _parted(self) -> Flags:
        found: Flags = self.master.row_load < self.before
        return found

    def _vacant(self) -> Flags:
        master = self.master
        asked = np.where(master.load < master.col_low, -MINIMUM, 0)
        found: Flags = (master.v > asked) & (master.load < master.capacity)
        return found

    def _steady(self, fall: int) -> Flags:
        found: Flags = self.master.u - self.rest > fall + self.kept_worth // 4
        return found

    def _improve(self) -> None:
        self.master.improve(np.full(self.now.shape[0], NOTHING, np.int64))

    def done(self) -> Matching | None:
        """Return the matching, or None where it cannot be found this way."""
        try:
            return super().done()
        except ProblemError:
            return None  # prices have grown too large: to be solved anew

    def _keep_announced(self) -> None:
        """Let announced pairs count, be candidates, and be used as far as prices allow."""
        master, m = self.master, self.now.shape[1]
        i, j = np.divmod(self.keys, m)
        both = self.open[i] & self.places[j]
        # Locked pairs are settled, and no pair of what is left to be decided.
        both[both] = self.now.values_at(i[both], j[both])[1]
        i, j = i[both], j[both]
        master.used = np.zeros(len(master.cols), np.bool_)
        told = i * m + j
        missing = ~_among(told, master.rows * m + master.cols)
        if missing.any():
            values = self.now.values_at(i[missing], j[missing])[0]
            master.add(i[missing], j[missing].astype(np.int32), values)
        there = np.searchsorted(master.rows * m + master.cols, told)
        worth = master.worth.copy()
        worth[there] += self.kept_worth
        master.worth = worth
        master.v = self.prices.copy()
        # Mentors who have changed begin without anybody, at a price of their own.
        used = there[~self.change.columns[j]] if not self.read_anew else there
        self._use(used)

    def _use(self, edges: Ints) -> None:
        """Use some candidates, but those that are too many or worth less than they cost."""
        master = self.master
        n, m = self.now.shape
        i, j = master.rows[edges], master.cols[edges].astype(np.int64)
        worth = master.worth[edges]
        for least in (False, True):  # the best ones of every column, and then of every row
            ends, most = (i, master.row_high) if least else (j, master.capacity)
            place = _places(ends, worth - master.v[j], len(most))
            fits = place < most[ends]
            edges, i, j, worth = edges[fits], i[fits], j[fits], worth[fits]
        load = np.bincount(j, minlength=m)
        # A place that is taken costs no less than it is worth to have it taken.
        owed = np.where(load <= master.col_low, -MINIMUM, 0)
        master.v = np.where(load > 0, np.maximum(master.v, owed), master.v)
        gain = worth - master.v[j]
        place = _places(i, gain, n)
        cost = np.where(place < master.row_low[i], -MINIMUM, 0) - self.first[i] * (place == 0)
        fits = gain >= cost
        edges, i, j, gain = edges[fits], i[fits], j[fits], gain[fits]
        master.used[edges] = True
        u = np.full(n, 2**60, np.int64)
        np.minimum.at(u, i, gain)
        full = np.bincount(i, minlength=n) >= master.row_high
        master.u = np.where(self.open, np.where(full, u, np.minimum(u, 0)), 0)
        master.load = np.bincount(j, minlength=m).astype(np.int64)

    def _told(self) -> Matching | None:
        """Return the matching that the lottery prefers, with the proof of every stage."""
        master, now = self.master, self.now
        prices = np.where(self.open, master.u, 0), np.where(self.places, master.v, 0), ~self.places
        units, quotas = (MINIMUM, self.kept_worth), len(self.locks.problem.quotas)
        proofs = slot_proofs(*prices, units, self.pay, self.largest, quotas)
        if proofs is None:
            return None
        i = master.rows
        tight = (master.worth - master.v[master.cols] == master.u[i]) & self.open[i]
        drawn = drawn_by_lot(master, now, tight, self.seed, np.zeros(now.shape[0], np.bool_))
        if drawn is None:
            return None
        for ends, least in zip(drawn, (master.row_low, master.col_low), strict=True):
            if (np.bincount(ends, minlength=len(least)) < least).any():
                return None  # which ones cannot be kept together is told by a search from scratch
        listed = np.stack(np.divmod(self.keys, now.shape[1]), axis=1)
        return self._made(*drawn, listed, proofs)


def _places(ends: Ints, gain: Ints, size: int) -> Ints:
    """Return how many pairs of the same person gain more, or as much and come before."""
    place = np.zeros(len(ends), np.int64)
    if int(np.bincount(ends, minlength=size).max(initial=0)) > 1:
        order = np.lexsort((-gain, ends))
        inside = ends[order]
        place[order] = np.arange(len(ends)) - np.searchsorted(inside, inside)
    return place


def _among(some: Ints, known: Ints) -> Flags:
    """Say which numbers are among known ones, which are in order."""
    if not len(known):
        return np.zeros(len(some), np.bool_)
    place = np.minimum(np.searchsorted(known, some), len(known) - 1)
    found: Flags = known[place] == some
    return found
