"""All stages in one search where people may have several pairs, or mentors have to have some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.solvers.lots import MOST_TIES
from mentormatch.matching.solvers.slots import SlotSearch, narrowed
from mentormatch.matching.solvers.staged import Staged, TooHeavy

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Several(Staged):
    """Like `Staged`, with minimums and people counted by slots instead of by pairs."""

    search: SlotSearch

    def _new(self) -> SlotSearch:
        return SlotSearch(self.problem, self.reader, self.watch)

    @property
    def match(self) -> Ints:
        """A mentor of each mentee who counts as one more with a mentor, -1 for none."""
        found = np.full(self.problem.shape[0], -1, np.int64)
        i, j = self.pairs()
        found[i] = j
        found[self.served] = -1
        return found

    def pairs(self) -> tuple[Ints, Ints]:
        """Return the pairs."""
        return self.search.master.pairs

    def given(self) -> int:
        """Return how many of the pairs there are that minimums ask for."""
        master = self.search.master
        load = np.bincount(master.pairs[1], minlength=len(master.v))
        kept = np.minimum(master.row_load, master.row_low).sum()
        return int(kept + np.minimum(load, master.col_low).sum())

    def _pay(self, stage: str) -> None:
        self.paid = self.paid | {stage}
        unit = self.weights.units[stage]
        if stage == "minimum":
            self.search.ask_for(unit)
        else:
            self.search.master.first = unit * ~self.served
        self.search.settle()

    def pay_of(self, stage: str) -> Ints:
        """Return what pairs of each mentee pay for a stage: slots do, not pairs."""
        return np.zeros(self.problem.shape[0], np.int64)

    def least(self) -> None:
        """Return None: what slots are paid is not taken apart."""

    def _lots(self, seed: int) -> tuple[Ints, Ints]:
        """Return the pairs that the lottery prefers among those that pay as much."""
        self.search.settle(ties=True)
        master, problem = self.search.master, self.problem
        i = master.rows
        tight = (master.worth - master.v[master.cols] == master.u[i]) & self.search.open[i]
        if int(tight.sum()) > MOST_TIES:
            raise TooHeavy
        bits = grid.lottery_bits(*problem.shape)
        lots = grid.lottery(
            grid.tickets(problem.mentee_ids or (), "mentee", seed)[i[tight]],
            grid.tickets(problem.mentor_ids or (), "mentor", seed)[master.cols[tight]],
            bits,
        )
        size = bits + len(lots).bit_length() + 1
        people = ~self.served & (problem.mentee_demand > 0) & (self.cover is not None)
        drawn = narrowed(master, tight, lots, 2**size, people)
        drawn.improve(np.full(problem.shape[0], -(2**60), np.int64))
        kept = master.used & ~tight
        rows, columns = drawn.pairs
        return (
            np.concatenate([i[kept], rows]),
            np.concatenate([master.cols[kept].astype(np.int64), columns]),
        )
