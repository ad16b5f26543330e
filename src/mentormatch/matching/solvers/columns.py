"""Candidates for a network with side quotas, priced on all pairs without holding them.

The best flow on candidates comes with prices of mentors and quotas. People of one kind, to whom the
quotas speak alike, pay the same on top of each mentor's price, so what lies outside the candidates
is read kind by kind at such sums. What is not read again is known to gain no more than a bound that
was noted when it was last read (column generation: Gilmore and Gomory 1961).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices
from mentormatch.matching.solvers.sided import Bounded, Network
from mentormatch.matching.solvers.tiles import NOTHING, Reader
from mentormatch.matching.solvers.watch import FREE, Watch

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Pair = tuple[int, int]

#: Pairs that are kept of a row when it is first read, and how many times as many when it is again.
FIRST, AGAIN = 24, 2
#: With more candidates than this the search is given up.
MOST = 2**26
#: Pivots between two looks at the clock.
CHUNK = 20_000
_WHOLE = 1e-6
_FAR = 2**57
_ROOM = 61
_NEVER = np.int64(-(2**61))


class Columns:
    """A network whose flow is best among all pairs as soon as `settle` is done.

    People stand in the order of their lottery tickets in the network, and in the problem's own
    everywhere else, here as well.
    """

    def __init__(self, problem: Problem, reader: Reader, watch: Watch, seed: int) -> None:
        n, m = problem.shape
        self.problem, self.reader, self.watch, self.shape = problem, reader, watch, (n, m)
        self.row_node = _places(grid.tickets(problem.mentee_ids or (), "mentee", seed))
        self.col_node = _places(grid.tickets(problem.mentor_ids or (), "mentor", seed))
        quotas = []
        for k, quota in enumerate(problem.quotas):
            most = quota.at_most
            if most is not None and most >= max(problem.most_pairs, quota.at_least):
                most = None
            if not quota.is_ban and (quota.at_least > 0 or most is not None):
                quotas.append(Bounded(k, quota.at_least, most))
        self.quotas = tuple(quotas)
        self.largest = max(reader.largest, 1)
        person = 1 << (4 * self.largest).bit_length()
        self.network = Network(
            problem, self.row_node, self.col_node, self.quotas, person, 16 * person
        )
        self.open = problem.mentee_demand > 0
        self.closed = problem.mentor_capacity == 0
        self._kinds()
        self.i, self.j = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.worth, self.keys = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self.order = np.zeros(0, np.int64)
        self.member = np.zeros((0, len(self.quotas)), np.bool_)
        self.rest, self.base = np.full(n, NOTHING, np.int64), np.zeros(n, np.int64)
        self.bases: list[tuple[Ints, Ints]] = []
        self.keep = np.full(n, min(FIRST, max(m, 1)), np.int64)
        self.read, self.rounds, self.flow = 0, 0, np.zeros(0)
        self.hurried, self.telling = False, True
        self.fine = self._digits()

    def _kinds(self) -> None:
        """Tell apart whom the quotas speak to differently, single pairs aside."""
        n, m = self.shape
        pairs = [self.problem.quotas[one.index].pairs for one in self.quotas]
        sides = []
        for size, groups in (
            (n, [p.mentee_groups for p in pairs]),
            (m, [p.mentor_groups for p in pairs]),
        ):
            some = [one for one in groups if one is not None]
            table = np.stack(some, axis=1) if some and size else np.zeros((size, 1), np.int64)
            _, first, of = np.unique(table, axis=0, return_index=True, return_inverse=True)
            sides.append((first, of.reshape(-1)))
        (row, self.row_kind), (col, self.col_kind) = sides
        self.meets = np.zeros((len(pairs), len(row), len(col)), np.bool_)
        for k, one in enumerate(pairs):
            a = (
                np.zeros(len(row), np.int64)
                if one.mentee_groups is None
                else one.mentee_groups[row]
            )
            b = (
                np.zeros(len(col), np.int64)
                if one.mentor_groups is None
                else one.mentor_groups[col]
            )
            self.meets[k] = one.table[np.ix_(a, b)]

    def _digits(self) -> int:
        """Return how many digits prices keep, so that rounded sums are off by less than a step."""
        n, m = self.shape
        places = int(self.problem.mentor_capacity.sum()) + int(self.problem.mentee_demand.sum())
        wanted = (places + n + m).bit_length() + 3
        room = _ROOM - (4 * self.largest * max(min(places, 2 * n * m), 1)).bit_length()
        return int(np.clip(wanted, 0, max(room, 0)))

    def begin(self) -> None:
        """Read everybody's best pairs, and the single pairs that quotas speak of."""
        listed = [self.problem.quotas[one.index].pairs.exceptions for one in self.quotas]
        some = np.unique(np.concatenate([np.zeros((0, 2), np.int64), *listed]), axis=0)
        if len(some):
            i, j = some.T
            worth, possible = self.problem.values_at(i, j)
            self.add(i[possible], j[possible], worth[possible])
        self._read(np.flatnonzero(self.open))

    def _prices(self, kind: int) -> Floats:
        """Return what people of a kind pay for each mentor, quotas among it."""
        mentors = self.network.mentors[self.col_node]
        charge = self.network.sides.price @ self.meets[:, kind, :]
        found: Floats = mentors + charge[self.col_kind]
        return found

    def _read(self, rows: Ints) -> None:
        """Learn the best pairs of some rows at the present prices."""
        low = np.floor(self.network.mentors[self.col_node]).astype(np.int64)
        low = np.where(self.closed, 2 * _FAR, np.clip(low, -_FAR, _FAR))
        width = self.meets.shape
        charge = np.zeros(width[1:], np.int64)
        if len(self.quotas):
            exact = np.tensordot(self.network.sides.price, self.meets, axes=(0, 0))
            charge = np.floor(exact).astype(np.int64)
        kinds = self.row_kind[rows]
        for kind in np.unique(kinds).tolist():
            prices = low + charge[kind][self.col_kind]
            mine = rows[kinds == kind]
            for keep in np.unique(self.keep[mine]).tolist():
                some = mine[self.keep[mine] == keep]
                found = self.reader.best(some, prices, keep)
                near = ~self.closed[found.j]
                self.add(found.i[near], found.j[near].astype(np.int64), found.worth[near])
                self.rest[some] = found.rest
        self.base[rows] = len(self.bases)
        self.bases.append((low, charge))
        self.keep[rows] = np.minimum(AGAIN * self.keep[rows], self.shape[1])
        self.read += len(rows) * self.shape[1]

    def add(self, i: Ints, j: Ints, worth: Ints) -> None:
        """Add candidates that are not there yet."""
        keys = i * self.shape[1] + j
        keys, at = np.unique(keys, return_index=True)
        fresh = at[~np.isin(keys, self.keys, assume_unique=True)]
        # In the order of the lottery, so that the order of the rows does not matter.
        i, j, worth = i[fresh], j[fresh], worth[fresh]
        a, b = self.row_node[i], self.col_node[j]
        order = np.lexsort((b, a))
        i, j, worth, a, b = i[order], j[order], worth[order], a[order], b[order]
        member = np.zeros((len(i), len(self.quotas)), np.bool_)
        for k, one in enumerate(self.quotas):
            member[:, k] = self.problem.quotas[one.index].pairs.at(i, j)
        self.network.add(a, b, worth, member)
        self.i, self.j = np.concatenate([self.i, i]), np.concatenate([self.j, j])
        self.worth = np.concatenate([self.worth, worth])
        self.member = np.concatenate([self.member, member])
        keys = self.i * self.shape[1] + self.j
        self.order = np.argsort(keys)
        self.keys = keys[self.order]

    def _doubtful(self, margin: float) -> Ints:
        """Return the rows that may gain outside their candidates, or fall short by no more."""
        if not self.bases:
            return np.flatnonzero(self.open)
        now = np.stack([self._prices(kind) for kind in range(self.meets.shape[1])])
        now = now[:, ~self.closed]
        risen = np.empty((len(self.bases), len(now)))
        for b, (low, charge) in enumerate(self.bases):
            then = low + charge[:, self.col_kind]
            risen[b] = (then[:, ~self.closed] - now).max(axis=1, initial=-np.inf)
        most = self.rest + risen[self.base, self.row_kind]
        have = self.network.rows[self.row_node]
        doubt = self.open & (self.rest > NOTHING) & (most > have - margin + _WHOLE)
        return np.flatnonzero(doubt)

    def settle(self, margin: float = 0.0) -> None:
        """Make the flow best among all pairs; know all pairs that lose no more than a margin.

        In a hurry, among the candidates at hand.

        Raises
        ------
        Stopped
            The time is over.
        """
        while True:
            while not self.network.improve(CHUNK):
                self.watch.look()
            self.rounds += 1
            if self.telling and self.watch.listens:
                self.tell(0, self.limit(self.prices(False), 0))
            rows = np.zeros(0, np.int64) if self.hurried else self._doubtful(margin)
            if not len(rows):
                break
            self.watch.look()
            self._read(rows)
        self.flow = self.network.exact()

    def tell(self, total: int, limit: int) -> None:
        """Tell how far the search is; raise `Stopped` when that is close enough."""
        read = self.read / max(self.shape[0], 1)
        self.watch.report(self.rounds, total, limit, read)

    def hurry(self) -> None:
        """Look at no clock, and read no score, from now on."""
        self.watch, self.hurried = FREE, True

    @property
    def used(self) -> Floats:
        """How much of each candidate is used."""
        return self.flow[self.network.first :]

    def lost(self) -> Floats:
        """Return what each candidate loses against the best its mentee can have."""
        network = self.network
        paid = self.member @ network.sides.price if len(self.quotas) else np.zeros(len(self.i))
        have = network.rows[self.row_node[self.i]] + network.mentors[self.col_node[self.j]]
        found: Floats = have - (self.worth - paid)
        return found

    def prices(self, pays: bool) -> Prices:
        """Return the present prices, rounded to whole numbers."""
        network, fine = self.network, self.fine
        mentors = network.mentors[self.col_node]
        quotas = np.zeros(len(self.problem.quotas), np.int64)
        for k, one in enumerate(self.quotas):
            price = int(np.rint(np.ldexp(-network.sides.price[k], fine)))
            quotas[one.index] = price if one.most is not None else max(price, 0)
        pay = {"coverage": int(np.rint(np.ldexp(network.pay, fine)))} if pays else {}
        if self.closed.any():
            # Nobody, however much she is paid, shall earn anything by who has no place.
            dear = (
                np.abs(network.rows).max(initial=0.0)
                + np.abs(network.sides.price).sum()
                + network.pay
            )
            mentors = np.where(self.closed, 2.0 * (dear + self.largest), mentors)
        mentors = np.ldexp(mentors, fine)
        return Prices(np.rint(mentors).astype(np.int64), quotas, pay, fine)

    def limit(
        self,
        prices: Prices,
        covered: int,
        used: tuple[Pair, ...] = (),
        unused: tuple[Pair, ...] = (),
    ) -> int:
        """Return the bound on the total that prices set, among matchings with some pairs or not."""
        problem, fine = self.problem, prices.fine
        pay = prices.coverage
        earned = -pay * covered
        v = prices.mentors
        earned += int(np.maximum(v * problem.mentor_capacity, v * problem.mentor_minimum).sum())
        for one in self.quotas:
            price = int(prices.quotas[one.index])
            earned -= price * (one.least if price > 0 else int(one.most or 0))
        pays = np.array([int(prices.quotas[one.index]) for one in self.quotas], np.int64)
        gain = (self.worth << fine) - v[self.j]
        if len(pays):
            gain = gain + self.member @ pays
        low = problem.mentee_minimum.copy()
        high = np.minimum(problem.mentee_demand, self.shape[1])
        bonus = np.full(len(low), pay)
        free = np.ones(len(gain), np.bool_)
        for pair in unused:
            free[self.place(pair)] = False
        for pair in used:
            at = self.place(pair)
            if not free[at] or high[pair[0]] == 0:
                return -(2**62)
            free[at] = False
            earned += int(gain[at] + bonus[pair[0]])
            bonus[pair[0]] = 0
            low[pair[0]], high[pair[0]] = max(low[pair[0]] - 1, 0), high[pair[0]] - 1
        some = _earned(self.i[free], gain[free], low, high, bonus)
        if some is None:
            return -(2**62)
        return (earned + some + self._outside(prices, pays, high)) >> fine

    def _outside(self, prices: Prices, pays: Ints, high: Ints) -> int:
        """Return what rows may gain at most by pairs that are no candidates."""
        fine = prices.fine
        open_ = ~self.closed
        most = np.zeros((len(self.bases), self.meets.shape[1]), np.int64)
        now = np.tensordot(-pays, self.meets, axes=(0, 0)) if len(pays) else 0
        for b, (low, charge) in enumerate(self.bases):
            then = (charge << fine) - now
            at = ((low << fine) - prices.mentors)[open_]
            kinds = self.col_kind[open_]
            for kind in range(len(then)):
                most[b, kind] = (at + then[kind][kinds]).max(initial=-(2**60))
        some = self.open & (self.rest > NOTHING) & (high > 0)
        far = (self.rest[some] << fine) + most[self.base[some], self.row_kind[some]]
        have = np.floor(np.ldexp(self.network.rows[self.row_node[some]], fine)).astype(np.int64)
        return int((np.maximum(far - have, 0) * high[some]).sum())

    def place(self, pair: Pair) -> int:
        """Return the place of a candidate."""
        key = pair[0] * self.shape[1] + pair[1]
        return int(self.order[np.searchsorted(self.keys, key)])


def _earned(i: Ints, gain: Ints, low: Ints, high: Ints, bonus: Ints) -> int | None:
    """Return what mentees earn at most who choose for themselves; None if one cannot choose."""
    if int(high.max(initial=0)) <= 1:
        best = np.full(len(low), _NEVER)
        np.maximum.at(best, i, gain)
        best = np.where(high > 0, best, _NEVER)
        if (best[low > 0] == _NEVER).any():
            return None
        best = np.where(best > _NEVER, best + bonus, 0)
        return int(np.where(low > 0, best, np.maximum(best, 0)).sum())
    order = np.lexsort((-gain, i))
    i, gain = i[order], gain[order]
    count = np.bincount(i, minlength=len(low))
    if (np.minimum(count, high) < low).any():
        return None
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(len(i)) - start[i]
    must = place < np.maximum(low, 1)[i]
    taken = (must | (gain > 0)) & (place < high[i])
    some = np.zeros(len(low), np.int64)
    np.add.at(some, i[taken], gain[taken])
    some = np.where((count > 0) & (high > 0), some + bonus, 0)
    return int(np.where(low > 0, some, np.maximum(some, 0)).sum())


def _places(tickets: NDArray[np.uint64]) -> Ints:
    """Return each person's place in the order of the tickets."""
    found = np.empty(len(tickets), np.int64)
    found[np.argsort(tickets, kind="stable")] = np.arange(len(tickets))
    return found
