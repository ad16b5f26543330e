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
from mentormatch.matching.solvers.sided import Basis

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Cases after which a proof is given up: the larger the problem, the sooner.
LEAST_CASES, MOST_CASES = 2_000, 20_000
_WORK = 2**36
_WHOLE = 1e-4
_DIVE = 1000
_MORE = 8
_BROKEN = 1e-6


@dataclass(eq=False)
class Case:
    """What a case assumes, and what is known of it."""

    bonus: dict[Pair, int]  # what pairs are worth more that are to be used, or less if not
    limit: int
    prices: Prices
    pair: Pair | None = None  # a pair that is used in part
    basis: Basis | None = None
    cases: list[Case] = field(default_factory=list)

    @property
    def used(self) -> tuple[Pair, ...]:
        """Pairs that are used."""
        return tuple(pair for pair, more in self.bonus.items() if more > 0)

    @property
    def unused(self) -> tuple[Pair, ...]:
        """Pairs that are not."""
        return tuple(pair for pair, more in self.bonus.items() if more < 0)

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
        self.least = max(columns.largest >> 10, 1)
        self.most = 4 * columns.network.penalty
        columns.telling = False
        self.root = self._case({})

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
        self._reprice(case.bonus)
        self.columns.settle()

    def _reprice(self, bonus: dict[Pair, int]) -> None:
        """Let pairs be worth more or less, and no others."""
        columns = self.columns
        moved = [pair for pair in {**self.now, **bonus} if self.now.get(pair) != bonus.get(pair)]
        if moved:
            at = np.array([columns.place(pair) for pair in moved], np.int64)
            more = np.array([bonus.get(pair, 0) for pair in moved], np.int64)
            columns.network.reprice(at, columns.worth[at] + more)
        self.now = dict(bonus)

    def _case(self, bonus: dict[Pair, int], above: Case | None = None) -> Case:
        """Return a case with its bound; keep its matching if it is whole and the best so far.

        A small bonus will often do, and moves little. It grows until the flow does as the case
        assumes, or the case holds nothing better.
        """
        columns = self.columns
        if above is not None and above.basis is not None:
            self._reprice(above.bonus)
            columns.network.restore(above.basis)
        self.count += 1
        case = Case(dict(bonus), 0, columns.prices(self.covered > 0))
        while True:
            self.go(case)
            case.prices = columns.prices(self.covered > 0)
            case.limit = columns.limit(case.prices, self.covered, case.used, case.unused)
            wrong = self._wrong(case.bonus)
            if case.limit <= self.best or not wrong:
                break
            case.bonus |= {pair: case.bonus[pair] * _MORE for pair in wrong}
        part = self._part()
        if len(part) or wrong:
            order = part[np.argsort(np.abs(columns.used[part] - 0.5), kind="stable")]
            pairs = ((int(columns.i[k]), int(columns.j[k])) for k in order.tolist())
            case.pair = next((pair for pair in pairs if pair not in bonus), None)
        elif max(columns.network.missing(columns.flow)) <= _BROKEN:
            self._take(np.flatnonzero(columns.used > 0.5))
        if case.pair is not None:
            case.basis = columns.network.basis()
        return case

    def _part(self) -> Ints:
        """Return the candidates that are used in part."""
        x = self.columns.used
        return np.flatnonzero(np.abs(x - np.rint(x)) > _WHOLE)

    def _wrong(self, bonus: dict[Pair, int]) -> list[Pair]:
        """Return the pairs that are not used as they should be, and could cost more."""
        x, columns = self.columns.used, self.columns
        return [
            pair
            for pair, more in bonus.items()
            if abs(x[columns.place(pair)] - (more > 0)) > _WHOLE and abs(more) < self.most
        ]

    def _take(self, chosen: Ints) -> None:
        value = int(self.columns.worth[chosen].sum())
        if value > self.best:
            self.best, self.chosen = value, chosen

    def dive(self) -> None:
        """Look for a good whole matching by using the pairs that are used most, one by one."""
        columns = self.columns
        bonus: dict[Pair, int] = {}
        last: Pair | None = None
        for _ in range(_DIVE):
            self._reprice(bonus)
            columns.settle()
            if wrong := self._wrong(bonus):
                bonus |= {pair: bonus[pair] * _MORE for pair in wrong}
                continue
            if max(columns.network.missing(columns.flow)) > _BROKEN:
                if last is None or bonus[last] < 0:
                    return
                bonus[last] = -bonus[last]
                continue
            part = self._part()
            if not len(part):
                self._take(np.flatnonzero(columns.used > 0.5))
                return
            k = int(part[np.argmax(columns.used[part])])
            last = (int(columns.i[k]), int(columns.j[k]))
            bonus[last] = self.least

    def search(self) -> bool:
        """Go through cases until the best matching is proved; say whether it is.

        Raises
        ------
        Stopped
            The time is over, or the bound is close enough; what was found so far is there.
        """
        n, m = self.columns.shape
        most = int(np.clip(_WORK // max(n * m, 1), LEAST_CASES, MOST_CASES))
        waiting: list[tuple[int, int, Case]] = []
        heappush(waiting, (-self.root.limit, 0, self.root))
        self._tell(waiting)
        while waiting and -waiting[0][0] > self.best:
            if self.count > most or waiting[0][2].pair is None:
                return False
            self.columns.watch.look()
            case = heappop(waiting)[2]
            assert case.pair is not None
            known = _MORE * (case.limit - self.best) if self.chosen is not None else 0
            step = max(known, self.least)
            # Both or none: who is interrupted in between keeps the case as it was.
            case.cases = [
                self._case({**case.bonus, case.pair: more}, case) for more in (step, -step)
            ]
            for k, one in enumerate(case.cases):
                heappush(waiting, (-one.limit, self.count + k, one))
            case.basis = None
            self._tell(waiting)
        return True

    def _tell(self, waiting: list[tuple[int, int, Case]]) -> None:
        if self.columns.watch.listens and self.chosen is not None:
            self.columns.tell(self.best, max(self.best, -waiting[0][0] if waiting else self.best))
