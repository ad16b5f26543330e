"""The best possible lowest score of a large problem: from one score to the next that may do.

A matching's lowest score is a lower bound. Prices that prove that pairs above some score cannot do
as well prove it for all scores down to the best pair that they leave unpaid: that is the next one
to try, and an upper bound (bottleneck assignment by covers: Gross 1959; Burkard, Dell'Amico and
Martello 2012, section 6.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices
from mentormatch.matching.solvers.locks import Locks
from mentormatch.matching.solvers.staged import Staged
from mentormatch.matching.solvers.tiles import NOTHING, Reader
from mentormatch.matching.solvers.weights import weigh

Ints = NDArray[np.int64]

_CELLS = 2**20
_MOST_LISTED = 2**22
_JUMPS = 4


class Floor:
    """The search for the best lowest score among matchings that are best in earlier stages.

    Parameters
    ----------
    first : Staged
        Settled, with whatever scores.
    stages : tuple of str
        The stages before the lowest score.
    locks : Locks
        Pairs that are settled already.
    reader : callable
        Returns a reader for a problem.
    """

    def __init__(
        self,
        first: Staged,
        stages: tuple[str, ...],
        locks: Locks,
        reader: Callable[[Problem], Reader],
    ) -> None:
        self.first, self.stages, self.locks, self.reader = first, stages, locks, reader
        self.goal = first.values(stages)
        self.best = first
        #: Nothing scores more than the largest score.
        asked = {name: 1 for name, value in zip(stages, self.goal[1:], strict=True) if value > 0}
        self.proof = self._prices(np.zeros(first.problem.shape[1], np.int64), asked)
        self.locked = locks.problem.values_at(locks.i, locks.j)[0]

    def _prices(self, mentors: Ints, pays: dict[str, int]) -> Prices:
        return Prices(mentors, np.zeros(len(self.locks.problem.quotas), np.int64), pays)

    def lowest(self, some: Staged) -> int:
        """Return the lowest score of a pair, locked ones among them."""
        own = some.problem.values_at(*some.pairs())[0]
        return int(min(own.min(initial=2**61), self.locked.min(initial=2**61)))

    def search(self) -> int:
        """Find the best lowest score; `best` is a matching that has it.

        Raises
        ------
        TooHeavy
            Units would have to be larger than exact numbers allow.
        """
        low = self.lowest(self.best)
        high = self._ceiling()
        tries = 0
        while low < high:
            tries += 1
            # From above, where the answer usually lies; by halves if that takes long.
            least = high if tries <= _JUMPS or tries % 2 else (low + high + 1) // 2
            at = self._above(self.best, least)
            at.settle(self.stages, self.goal)
            if at.values(self.stages) == self.goal:
                self.best, low = at, self.lowest(at)
            else:
                high = max(self._refuted(at, least), low)
        return low

    def _above(self, some: Staged, least: int) -> Staged:
        other = some.above(least, some.reader)
        other.reader = self.reader(other.problem)
        other.search.reader = other.reader
        return other

    def proved(self) -> Prices:
        """Return the prices which prove that no lowest score is better."""
        proof = self.proof
        return proof if proof.quotas.any() else self.locks.paid("worst", proof)

    def final(self, lowest: int) -> Staged:
        """Return the best matching found, to be settled among pairs from its lowest score up."""
        found = self._above(self.best, lowest)
        found.search.quiet = False
        return found

    def _ceiling(self) -> int:
        """Return a score that no lowest one exceeds: of somebody's best pair, or of a lock."""
        first, problem = self.first, self.first.problem
        n, m = problem.shape
        zeros = np.zeros(m, np.int64)
        high = first.reader.largest
        i, _ = first.pairs()
        people = len(np.unique(i[~first.served[i]]))
        if len(self.locked) and int(self.locked.min()) <= high:
            high = int(self.locked.min())
            paid = np.zeros(len(self.locks.problem.quotas), np.int64)
            for quota, k in self.locks.quotas:
                paid[quota] = (n + m + 2) * (self.locked[k] == high)
            self.proof = Prices(zeros, paid)
        wanting = np.flatnonzero((problem.mentee_demand > 0) & ~first.served)
        must = first.must[wanting]
        if len(wanting) and ("coverage" in self.stages or must.any()):
            found = first.reader.best(wanting, zeros, 1)
            top = np.full(n, NOTHING, np.int64)
            np.maximum.at(top, found.i, found.worth)
            every = "coverage" in self.stages and people == int((top > NOTHING).sum())
            asked = wanting if every else wanting[must]
            least = int(top[asked][top[asked] > NOTHING].min(initial=high))
            if least < high:
                high = least
                self.proof = self._prices(zeros, {"coverage": int(every)})
        places = np.minimum(problem.mentor_capacity, n)
        taken = "coverage" in self.stages and people == int(places.sum())
        if (taken or problem.mentor_minimum.any()) and first.reader.column_cost < np.inf:
            high = self._of_columns(high, every=taken)
        return high

    def _of_columns(self, high: int, *, every: bool) -> int:
        """Return the least of the best scores of mentors who must have a mentee, or of everyone."""
        first, problem = self.first, self.first.problem
        columns = np.flatnonzero(problem.mentor_capacity > 0)
        if not every:
            columns = np.flatnonzero(problem.mentor_minimum > 0)
        nothing = np.where(problem.mentee_demand > 0, 0, 2**58)
        found = first.reader.keenest(columns, nothing, 1)
        wanted = nothing[found.i] == 0
        top = np.full(problem.shape[1], NOTHING, np.int64)
        np.maximum.at(top, found.j[wanted], found.worth[wanted])
        least = int(top[columns].min(initial=high))
        if not NOTHING < least < high:
            return high
        if every:
            closed = problem.mentor_capacity == 0
            self.proof = self._prices(((top > least) | closed).astype(np.int64), {"coverage": 1})
        else:
            # Whoever has to have a mentee would take any, and there is none.
            short = np.zeros(problem.shape[1], np.int64)
            short[columns[top[columns] <= least]] = -1
            self.proof = self._prices(short, {})
        return least

    def _refuted(self, at: Staged, least: int) -> int:
        """Keep the prices that refute a lowest score; return the next one that they do not."""
        reached = at.values(self.stages)
        names = ("minimum", *self.stages)
        stage = next(name for name, a, b in zip(names, reached, self.goal, strict=True) if a != b)
        proof = at.proof(stage)
        pays = dict(proof.pays) | ({stage: 1} if stage != "minimum" else {})
        self.proof = self._prices(proof.mentors, pays)
        return self._next(at, stage, proof.mentors, least)

    def _next(self, at: Staged, stage: str, v: Ints, least: int) -> int:
        """Return the best score below `least` of a pair that is worth more than it is priced."""
        weights, problem = at.proving(), self.first.problem
        if stage == "coverage" and at.cover is not None:
            weights, u = weigh((stage, "total"), 1), np.zeros(problem.shape[0], np.int64)
            pay = np.ones_like(u)
            rows, columns = at.pairs()
            u[rows] = v[columns] == 0
        else:
            u, pay = weights.rounded(at.prices_of_all()[0], stage), at.pay_of(stage)
        unit = weights.units[stage]
        counted = weights.names[: weights.names.index(stage) + 1]
        kept = weights.units["kept"] // unit if "kept" in counted else 0
        scoring = int("total" in counted)
        most = kept + scoring * at.reader.largest
        rows = np.flatnonzero((problem.mentee_demand > 0) & (u + v.min(initial=0) < pay + most))
        if not len(rows):
            return least - 1
        room = (u - pay)[rows].min()
        columns = np.flatnonzero((v + room < most) & (problem.mentor_capacity > 0))
        found = NOTHING

        def best(i: Ints, j: Ints, values: Ints, members: NDArray[Any]) -> int:
            worth = pay[i] + kept * members + scoring * values
            return int(values[(values < least) & (worth > u[i] + v[j])].max(initial=NOTHING))

        quick = isinstance(problem.scores, np.ndarray) or hasattr(problem.scores, "at")
        listed = quick and len(rows) * len(columns) <= _MOST_LISTED
        step = max(1, _CELLS // max(len(columns) if listed else problem.shape[1], 1))
        for start in range(0, len(rows), step):
            at.watch.look()
            some = rows[start : start + step]
            i, j = np.repeat(some, len(columns)), np.tile(columns, len(some))
            if listed:
                values, possible = problem.values_at(i, j)
            else:
                block, may = problem.values(some)
                values, possible = block[:, columns].ravel(), may[:, columns].ravel()
            i, j, values = i[possible], j[possible], values[possible]
            members = problem.announced.at(i, j) if kept else np.zeros(len(i), np.bool_)
            found = max(found, best(i, j, values, members))
        return found
