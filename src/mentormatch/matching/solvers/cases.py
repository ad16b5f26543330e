"""The best whole matching under side quotas, and its proof by cases: a pair is used, or it is not.

Where the flow under quotas is not whole, some pair is used in part. Each case goes on from the flow
at hand, the most promising first, until none can hold a better matching (Land and Doig 1960).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.proofs import Prices, Proof, Split
from mentormatch.matching.solvers.columns import Columns, Pair

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Cases after which a proof is given up.
MOST_CASES = 20_000
_WHOLE = 1e-4
_DIVE = 400
_BROKEN = 1e-6


@dataclass(eq=False)
class Case:
    """What a case assumes, and what is known of it."""

    used: tuple[Pair, ...]
    unused: tuple[Pair, ...]
    limit: int
    prices: Prices
    pair: Pair | None = None  # a pair that is used in part
    cases: list[Case] = field(default_factory=list)

    def proof(self) -> Proof:
        """Return the proof that grew from here."""
        stack: list[Case] = [self]
        done: dict[int, Proof] = {}
        while stack:
            case = stack[-1]
            if not case.cases:
                done[id(case)] = case.prices
            elif all(id(one) in done for one in case.cases):
                used, unused = (done[id(one)] for one in case.cases)
                assert case.pair is not None
                done[id(case)] = Split(case.pair, used, unused, case.prices)
            else:
                stack += case.cases
                continue
            stack.pop()
        return done[id(self)]


class Cases:
    """The search for the best whole matching on columns that have settled.

    Parameters
    ----------
    columns : Columns
        All pairs that may be used.
    covered : int
        Number of mentees who have to be matched; 0 if nobody counts them.
    """

    def __init__(self, columns: Columns, covered: int) -> None:
        self.columns, self.covered = columns, covered
        self.best = -(2**62)
        self.chosen: Ints | None = None
        self.now: dict[Pair, int] = {}
        self.count = 0
        self.bonus = 4 * columns.network.penalty
        self.root = self._case((), ())

    @property
    def bound(self) -> int:
        """No matching has a higher total, by what the cases have shown so far."""
        return max(self.best, max((one.limit for one in self.leaves()), default=self.best))

    def leaves(self) -> list[Case]:
        """Return the cases that have none of their own."""
        waiting, found = [self.root], []
        while waiting:
            case = waiting.pop()
            waiting += case.cases
            if not case.cases:
                found.append(case)
        return found

    def tied(self) -> list[Case]:
        """Return the cases that may hold other matchings as good as the best."""
        return [one for one in self.leaves() if one.limit >= self.best]

    def alone(self, near: Ints) -> bool:
        """Say whether these candidates are the best matching, and no part of them is as good."""
        if self.chosen is None or not np.array_equal(np.sort(near), self.chosen):
            return False
        return bool((self.columns.worth[near] > 0).all()) or self.covered == len(near)

    def go(self, case: Case) -> None:
        """Let the flow be best in a case."""
        self._go(case.used, case.unused)

    def _go(self, used: tuple[Pair, ...], unused: tuple[Pair, ...]) -> None:
        """Let the flow be best under what a case assumes."""
        columns = self.columns
        wanted = dict.fromkeys(used, self.bonus) | dict.fromkeys(unused, -self.bonus)
        moved = {
            pair: wanted.get(pair, 0) for pair in self.now if self.now[pair] != wanted.get(pair)
        }
        moved |= {pair: by for pair, by in wanted.items() if self.now.get(pair) != by}
        if moved:
            at = np.array([columns.place(pair) for pair in moved], np.int64)
            by = np.array(list(moved.values()), np.int64)
            columns.network.reprice(at, columns.worth[at] + by)
        self.now = wanted
        columns.settle()

    def _case(self, used: tuple[Pair, ...], unused: tuple[Pair, ...]) -> Case:
        """Return a case with its bound; keep its matching if it is whole and the best so far."""
        columns = self.columns
        self._go(used, unused)
        self.count += 1
        prices = columns.prices(self.covered > 0)
        limit = columns.limit(prices, self.covered, used, unused)
        case = Case(used, unused, limit, prices)
        x = columns.used
        part = np.flatnonzero(np.abs(x - np.rint(x)) > _WHOLE)
        if len(part):
            decided = set(used) | set(unused)
            order = part[np.argsort(np.abs(x[part] - 0.5), kind="stable")]
            for k in order.tolist():
                pair = (int(columns.i[k]), int(columns.j[k]))
                if pair not in decided:
                    case.pair = pair
                    break
        elif self._kept(used, unused):
            self._take(np.flatnonzero(x > 0.5))
        return case

    def _kept(self, used: tuple[Pair, ...], unused: tuple[Pair, ...]) -> bool:
        """Say whether the flow keeps every bound, and what the case assumes."""
        columns = self.columns
        if max(columns.network.missing(columns.flow)) > _BROKEN:
            return False
        x = columns.used
        return all(x[columns.place(pair)] > 0.5 for pair in used) and all(
            x[columns.place(pair)] < 0.5 for pair in unused
        )

    def _take(self, chosen: Ints) -> None:
        value = int(self.columns.worth[chosen].sum())
        if value > self.best:
            self.best, self.chosen = value, chosen

    def dive(self) -> None:
        """Look for a good whole matching by using the pairs that are used most, one by one."""
        columns = self.columns
        used: tuple[Pair, ...] = ()
        unused: tuple[Pair, ...] = ()
        for _ in range(_DIVE):
            self._go(used, unused)
            x = columns.used
            if max(columns.network.missing(columns.flow)) > _BROKEN and used:
                if unused and unused[-1] == used[-1]:
                    return
                used, unused = used[:-1], (*unused, used[-1])
                continue
            part = np.flatnonzero(np.abs(x - np.rint(x)) > _WHOLE)
            if not len(part):
                if self._kept(used, unused):
                    self._take(np.flatnonzero(x > 0.5))
                return
            k = int(part[np.argmax(x[part])])
            used = (*used, (int(columns.i[k]), int(columns.j[k])))

    def search(self, near: int = 0) -> bool:
        """Go through cases until the best matching is proved, or within so many steps.

        Raises
        ------
        Stopped
            The time is over; what was found so far is there.
        """
        waiting: list[tuple[int, int, Case]] = []
        heappush(waiting, (-self.root.limit, 0, self.root))
        while waiting and -waiting[0][0] > self.best + near:
            if self.count > MOST_CASES:
                return False
            self.columns.watch.look()
            case = heappop(waiting)[2]
            if case.pair is None:
                return False
            for used, unused in (
                ((*case.used, case.pair), case.unused),
                (case.used, (*case.unused, case.pair)),
            ):
                one = self._case(used, unused)
                case.cases.append(one)
                heappush(waiting, (-one.limit, self.count, one))
        return True
