"""All stages in one search where people may have several pairs, or mentors have to have some."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mentormatch.matching import grid
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.answer import Candidates
from mentormatch.matching.solvers.lots import MOST_TIES
from mentormatch.matching.solvers.slots import Slots, SlotSearch, narrowed
from mentormatch.matching.solvers.staged import Staged, TooHeavy

#: So many candidates at most are left to those who mend the pairs.
MOST_LEFT = 2**23

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

    def left(self) -> Candidates | None:
        """Return what the search leaves to those who mend its pairs, None where it is much."""
        master = self.search.master
        if len(master.cols) > MOST_LEFT or len(self.told):
            return None
        prices = np.where(self.problem.mentor_capacity > 0, master.v, 2**58)
        rest = self.search.outside(prices)
        return Candidates(master.ptr, master.cols, master.worth, rest)

    def _lots(self, seed: int) -> tuple[Ints, Ints]:
        """Return the pairs that the lottery prefers among those that pay as much."""
        self.search.settle(ties=True)
        master, problem = self.search.master, self.problem
        i = master.rows
        tight = (master.worth - master.v[master.cols] == master.u[i]) & self.search.open[i]
        people = ~self.served & (problem.mentee_demand > 0) & (self.cover is not None)
        drawn = drawn_by_lot(master, problem, tight, seed, people)
        if drawn is None:
            raise TooHeavy
        return drawn


def drawn_by_lot(
    master: Slots, problem: Problem, tight: Flags, seed: int, people: Flags
) -> tuple[Ints, Ints] | None:
    """Return the best pairs that the lottery prefers; None if too many tie.

    Parameters
    ----------
    master : Slots
        With the prices of best pairs.
    problem : Problem
        The question.
    tight : numpy.ndarray of bool
        Candidates that are worth as much as they cost.
    seed : int
        Seed of the lottery.
    people : numpy.ndarray of bool, shape (n,)
        Rows of which as many as can be shall have a pair.
    """
    tight = tight & _open_to(master, tight)
    if not tight.any():
        return master.pairs  # nothing ties
    if int(tight.sum()) > MOST_TIES:
        return None
    i = master.rows
    bits = grid.lottery_bits(*problem.shape)
    mentees, mentors = problem.mentee_ids or (), problem.mentor_ids or ()
    lots = grid.lottery(
        _tickets("mentee", mentees, i[tight], seed),
        _tickets("mentor", mentors, master.cols[tight], seed),
        bits,
    )
    size = bits + len(lots).bit_length() + 1
    drawn = narrowed(master, tight, lots, 2**size, people)
    drawn.improve(np.full(problem.shape[0], -(2**60), np.int64))
    kept = master.used & ~tight
    rows, columns = drawn.pairs
    return (
        np.concatenate([i[kept], rows]),
        np.concatenate([master.cols[kept].astype(np.int64), columns]),
    )


def _open_to(master: Slots, tight: Flags) -> Flags:
    """Mark the candidates of people who tie in more ways than one, straight or by others.

    Where all pairs that tie are used, no other choice of them has more lots.
    """
    n, m = len(master.u), len(master.v)
    i, j = master.rows, master.cols.astype(np.int64)
    links = (np.ones(int(tight.sum()), np.int8), (i[tight], n + j[tight]))
    circles = connected_components(coo_array(links, shape=(n + m, n + m)), directed=False)[1]
    several = np.zeros(n + m, np.bool_)
    several[circles[i[tight & ~master.used]]] = True
    found: Flags = several[circles[i]]
    return found


def _tickets(
    side: str, ids: Sequence[Hashable], some: NDArray[Any], seed: int
) -> NDArray[np.uint64]:
    """Return the lottery tickets of the people of some pairs."""
    people, place = np.unique(some, return_inverse=True)
    return grid.tickets([ids[k] for k in people.tolist()], side, seed)[place]
