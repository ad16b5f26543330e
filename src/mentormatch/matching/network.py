"""What every single move costs at the prices of a matching, and the cheapest chain of moves.

A mentee who moves from one mentor to another takes a place, whose holder moves on, and so on. The
mentors are the nodes of a network, and nobody is one more: free places and mentees without a
mentor. Every move of one mentee is an arc; it costs what her score falls by, plus the price of
the place she takes, less the price of the one she leaves. At prices that prove the matching best
no arc costs less than nothing, so the cheapest chain of moves is a shortest path (Dijkstra 1959,
on the residual network of Ford and Fulkerson 1956). People stand in the order of their lottery
tickets, so that equally cheap chains do not depend on the order of the rows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.chains import Chain, Move
from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Steps = tuple[Floats, Ints]
Arcs = tuple[Ints, Floats, Ints, float]

#: Networks up to so many pairs and mentors are held whole.
HELD_PAIRS, HELD_MENTORS = 2**22, 2048
_BLOCK = 2**20
_STORE = 2**23  # cells of rows kept for the next search
_AHEAD = 2**18  # cells of rows read at a time
NEAR = 48  #: cheapest moves from a mentor that are kept


@dataclass(frozen=True, eq=False)
class Held:
    """The pairs of a matching in the network's order, and who may move.

    Parameters
    ----------
    rows, cols : numpy.ndarray of int, shape (number of pairs,)
        Sorted by mentee, then mentor.
    worth : numpy.ndarray of float, shape (number of pairs,)
        What each pair gains, prices of quotas and earlier stages included.
    locked : numpy.ndarray of bool, shape (number of pairs,)
        Pairs that have to stay.
    """

    rows: Ints
    cols: Ints
    worth: Floats
    locked: NDArray[np.bool_]


@dataclass(eq=False)
class Paths:
    """Shortest paths: how far each place is, by whose last move, and from where (-1: the start)."""

    distance: Floats
    movers: Ints
    before: Ints
    end: int = -1


class Network:
    """All single moves at the prices of a matching.

    Parameters
    ----------
    problem : Problem
        The question.
    order : tuple of two numpy.ndarray of int
        Positions in the problem of the mentees and of the mentors, as they stand here.
    held : Held
        The pairs.
    prices : numpy.ndarray of float, shape (m,)
        Price of a place at each mentor, in whole steps.
    pay : numpy.ndarray of float, shape (n,)
        What each mentee matched counts for on top of the score.
    gains : numpy.ndarray of float, shape (n, m), optional
        What each pair gains, -inf where impossible; left out, rows are read as they are needed.
    extra : callable, optional
        What the pairs of some mentees, by positions of the problem, gain beside their scores, shape
        (number of mentees, m), or None for nothing; `gains` have it in them already.
    rounded : bool
        Whether the prices are those of a linear program, which are rounded.
    """

    def __init__(
        self,
        problem: Problem,
        order: tuple[Ints, Ints],
        held: Held,
        prices: Floats,
        pay: Floats,
        gains: Floats | None = None,
        extra: Callable[[Ints], Floats | None] | None = None,
        rounded: bool = False,
    ) -> None:
        n, m = problem.shape
        self.problem, self.order, self.held, self.pay = problem, order, held, pay
        self.nobody = m
        self.prices, self.gains, self.extra, self.rounded = prices, gains, extra, rounded
        self.load = np.bincount(held.rows, minlength=n)
        self.places = np.bincount(held.cols, minlength=m)
        demand, least = problem.mentee_demand[order[0]], problem.mentee_minimum[order[0]]
        self.capacity = problem.mentor_capacity[order[1]]
        self.minimum = problem.mentor_minimum[order[1]]
        self.room, self.may_leave = self.load < demand, self.load > least
        self.starts = np.searchsorted(held.rows, np.arange(n + 1))
        by_mentor = np.lexsort((held.rows, held.cols))
        self._free = by_mentor[~held.locked[by_mentor]]  # pairs that may move, by mentor
        self._first = np.searchsorted(held.cols[self._free], np.arange(m + 1))
        self._store: OrderedDict[int, Steps] = OrderedDict()
        self._near: dict[int, Arcs] = {}

    @cached_property
    def place_of(self) -> tuple[Ints, Ints]:
        """Where each mentee and each mentor of the problem stands here."""
        return np.argsort(self.order[0]), np.argsort(self.order[1])

    def movable(self, j: int) -> Ints:
        """Return which pairs of a mentor are not locked."""
        found: Ints = self._free[self._first[j] : self._first[j + 1]]
        return found

    def pairs_of(self, i: int) -> range:
        """Return which pairs are a mentee's."""
        return range(int(self.starts[i]), int(self.starts[i + 1]))

    def gained(self, rows: Ints) -> Floats:
        """Return what some mentees' pairs gain less the prices of the places, (len(rows), m).

        -inf where a pair is impossible or used already.
        """
        if self.gains is not None:
            net = self.gains[rows]
        else:
            net = self.problem.steps(self.order[0][rows])
            more = None if self.extra is None else self.extra(self.order[0][rows])
            if more is not None:
                net += more
            net = net[:, self.order[1]]
        net = net - self.prices
        for k, i in enumerate(rows.tolist()):
            net[k, self.held.cols[self.starts[i] : self.starts[i + 1]]] = -np.inf
        return net

    def leaving(self, pair: int) -> tuple[float, float]:
        """Return what a pair gains less the price of its place, and what leaving alone costs."""
        i, j = int(self.held.rows[pair]), int(self.held.cols[pair])
        gain = float(self.held.worth[pair] - self.prices[j])
        if not self.may_leave[i]:
            return gain, np.inf
        return gain, gain + (float(self.pay[i]) if self.load[i] == 1 else 0.0)

    def entering(self, i: int) -> float:
        """Return what a mentee's first step out of nobody costs, before her gain."""
        return -float(self.pay[i]) if self.load[i] == 0 else 0.0

    def through(self, pair: int) -> Floats:
        """Return what it costs if the mentee of a pair leaves it for each other place, (m + 1,)."""
        gain, alone = self.leaving(pair)
        costs = np.empty(self.nobody + 1)
        costs[:-1] = gain - self.gained(self.held.rows[pair : pair + 1])[0]
        costs[-1] = alone
        return costs

    def arcs(self, place: int) -> Arcs:
        """Return the cheapest moves from a place: where to, at what cost, by whom.

        The last number is the least that a move which is left out may cost.
        """
        if self.gains is not None:
            costs, movers = self.steps
            return self._everywhere, costs[place], movers[place], np.inf
        if place == self.nobody:
            return self._everywhere, *self._from_nobody, np.inf
        if place in self._store:
            return self._everywhere, *self._store[place], np.inf
        return self._near[place]

    def all_arcs(self, place: int) -> Arcs:
        """Return all moves from a place, as `arcs` does."""
        if self.gains is None and place != self.nobody and place not in self._store:
            self.read([place])
        return self.arcs(place)

    def near(self, mentor: int) -> Arcs:
        """Return the cheapest moves from a mentor, as `arcs` does, once they have been read."""
        return self._near[mentor]

    @cached_property
    def _everywhere(self) -> Ints:
        return np.arange(self.nobody + 1)

    def read(self, mentors: Iterable[int]) -> None:
        """Work out the moves from some mentors; the cheapest of each are kept for good."""
        mentors = [j for j in mentors if j not in self._store]
        pairs = np.concatenate([self.movable(j) for j in mentors] or [np.zeros(0, np.int64)])
        net = self.gained(self.held.rows[pairs])
        done = 0
        for j in mentors:
            size = len(self.movable(j))
            costs, movers = self._store[j] = self._from_mentor(j, net[done : done + size])
            done += size
            if j not in self._near:
                near, least = self._everywhere, np.inf
                if len(costs) > NEAR:
                    near = np.argpartition(costs, NEAR)[: NEAR + 1]
                    least = float(costs[near[-1]])
                    near = np.sort(near[:-1])
                self._near[j] = near, costs[near], movers[near], least
        while len(self._store) > max(len(mentors), _STORE // self.nobody):
            self._store.popitem(last=False)

    def _from_mentor(self, j: int, net: Floats) -> Steps:
        """Return the moves from a mentor, given what the pairs of its mentees gain."""
        m = self.nobody
        costs, movers = np.full(m + 1, np.inf), np.full(m + 1, -1, np.int64)
        pairs = self.movable(j)
        if len(pairs):
            left = np.array([self.leaving(pair) for pair in pairs.tolist()])
            held = left[:, :1] - net
            best = held.argmin(axis=0) if len(pairs) > 1 else np.zeros(m, np.int64)
            costs[:m] = held[best, np.arange(m)]
            movers[:m] = self.held.rows[pairs[best]]
            alone = int(left[:, 1].argmin())
            costs[m], movers[m] = left[alone, 1], self.held.rows[pairs[alone]]
        if self.places[j] < self.capacity[j] and -self.prices[j] <= costs[m]:
            costs[m], movers[m] = -self.prices[j], -1
        return costs, movers

    @cached_property
    def _from_nobody(self) -> Steps:
        """Return the moves of mentees who have no mentor, or not all they asked for."""
        m = self.nobody
        costs, movers = np.full(m + 1, np.inf), np.full(m + 1, -1, np.int64)
        some = np.flatnonzero(self.room)
        step = max(1, _BLOCK // max(m, 1))
        for start in range(0, len(some) if m else 0, step):
            rows = some[start : start + step]
            offers = np.array([self.entering(i) for i in rows.tolist()])[:, None]
            offers = offers - self.gained(rows)
            best = offers.argmin(axis=0)
            offer = offers[best, np.arange(m)]
            better = np.flatnonzero(offer < costs[:m])
            costs[better], movers[better] = offer[better], rows[best[better]]
        spare = np.flatnonzero((self.places > self.minimum) & (self.prices <= costs[:m]))
        costs[spare], movers[spare] = self.prices[spare], -1
        return costs, movers

    @cached_property
    def steps(self) -> Steps:
        """All moves at once: costs and who makes them, each (m + 1, m + 1)."""
        m = self.nobody
        costs, movers = np.empty((m + 1, m + 1)), np.empty((m + 1, m + 1), np.int64)
        for j in range(m):
            net = self.gained(self.held.rows[self.movable(j)])
            costs[j], movers[j] = self._from_mentor(j, net)
        costs[m], movers[m] = self._from_nobody
        if self.rounded:
            # Rounded prices of linear programs may leave moves a hair below zero.
            costs = np.maximum(costs, 0.0)
        return costs, movers

    def settle(self) -> bool:
        """Correct the prices until no move costs less than nothing; False if there are none.

        Then some chain of moves would better the matching (Bellman 1958, Ford 1956).
        """
        costs, _ = self.steps
        lower = np.zeros(self.nobody + 1)
        for _ in range(self.nobody + 3):
            reached = np.minimum(lower, (lower[:, None] + costs).min(axis=0, initial=np.inf))
            if (reached == lower).all():
                break
            lower = reached
        else:
            return False
        if lower.any():
            costs += lower[:, None] - lower
            self.prices = self.prices - (lower[:-1] - lower[-1])
        return True

    def pair(self, i: int, j: int) -> int:
        """Return which pair is that of a mentee and a mentor of the problem; -1 if none is."""
        row, col = int(self.place_of[0][i]), int(self.place_of[1][j])
        return next((k for k in self.pairs_of(row) if self.held.cols[k] == col), -1)

    def parted(self, i: int, j: int) -> Chain:
        """Return the cheapest chain after which a pair, by positions, is not used."""
        return self.without(self.pair(i, j))

    def joined(self, i: int, j: int) -> Chain:
        """Return the cheapest chain after which a mentee has a mentor who is not hers now."""
        row, col = int(self.place_of[0][i]), int(self.place_of[1][j])
        gained = float(self.gained(np.array([row]))[0, col])
        if gained == -np.inf:
            return Chain(np.inf)
        return self.with_pair(row, col, gained + float(self.prices[col]))

    def without(self, pair: int, limit: float = np.inf) -> Chain:
        """Return the cheapest chain after which a pair is not used, if it costs below a limit."""
        i, j = int(self.held.rows[pair]), int(self.held.cols[pair])
        cost, _, path = self.search({j: 0.0}, limit, first=self.through(pair))
        if not path:
            return Chain(np.inf)
        return Chain(cost, self._told([(i, j, path[0][2]), *path[1:]]))

    def with_pair(self, i: int, j: int, worth: float, limit: float = np.inf) -> Chain:
        """Return the cheapest chain after which mentee `i` has mentor `j`, who is not hers yet.

        Parameters
        ----------
        worth : float
            What the pair gains; finite.
        """
        taken = worth - float(self.prices[j])
        goals = {}
        for pair in self.pairs_of(i):
            if not self.held.locked[pair]:
                goals[int(self.held.cols[pair])] = self.leaving(pair)[0] - taken
        if self.room[i]:
            goals[self.nobody] = self.entering(i) - taken
        cost, end, path = self.search(goals, limit, start=j)
        if end < 0:
            return Chain(np.inf)
        return Chain(cost, self._told([*path, (i, end, j)]))

    def search(
        self,
        goals: Mapping[int, float],
        limit: float = np.inf,
        start: int | None = None,
        first: Floats | None = None,
    ) -> tuple[float, int, list[tuple[int, int, int]]]:
        """Return cost, goal and steps of the shortest path from a place, or from first steps.

        Parameters
        ----------
        goals : mapping of int to float
            Places where the path may end, and what ending there costs.
        """
        found = self.distances(start, first, goals, limit)
        if found.end < 0:
            return np.inf, -1, []
        path, place = [], found.end
        while place >= 0 and place != start:
            path.append((int(found.movers[place]), int(found.before[place]), place))
            place = int(found.before[place])
        return float(found.distance[found.end]) + goals[found.end], found.end, path[::-1]

    def distances(
        self,
        start: int | None = None,
        first: Floats | None = None,
        goals: Mapping[int, float] | None = None,
        limit: float = np.inf,
    ) -> Paths:
        """Return the shortest paths from a place, or from somebody's first steps.

        With goals the search stops as soon as none can be reached more cheaply. Of a place whose
        moves are not all at hand the others are read once the search has come so far that they may
        matter; so what is found does not depend on what is at hand.
        """
        m = self.nobody
        goals = {} if goals is None else goals
        found = Paths(
            np.full(m + 1, np.inf) if first is None else first.copy(),
            np.full(m + 1, -1, np.int64),
            np.full(m + 1, -1, np.int64),
        )
        if start is not None:
            found.distance[start] = 0.0
        ahead, rank = found.distance.copy(), np.full(m + 2, -1, np.int64)
        more: list[tuple[float, int]] = []
        count = 0
        while True:
            place = int(ahead.argmin())
            far = float(ahead[place])
            if more and more[0][0] <= far:
                least, place = heappop(more)
                if not least < limit:
                    return found
                self._relax(found, ahead, rank, place, self.all_arcs(place), late=True)
                continue
            if not far < limit:
                return found
            ahead[place], rank[place] = np.inf, count
            count += 1
            if place in goals and far + goals[place] < limit:
                limit, found.end = far + goals[place], place
            if self.gains is None and place != m and place not in self._near:
                self.read([place, *self._next(ahead, limit)])
            arcs = self.arcs(place)
            self._relax(found, ahead, rank, place, arcs)
            if arcs[3] < np.inf:
                heappush(more, (far + arcs[3], place))

    def _relax(
        self,
        found: Paths,
        ahead: Floats,
        rank: Ints,
        place: int,
        arcs: Arcs,
        *,
        late: bool = False,
    ) -> None:
        """Take the moves from a place into account; of equal ones the place met first counts."""
        to, costs, who, _ = arcs
        offered = costs + found.distance[place]
        known = found.distance[to]
        better = offered < known
        if late:
            met = rank[found.before[to]]
            better |= (offered == known) & (offered < np.inf) & (rank[to] < 0) & (met > rank[place])
        some = to[better]
        found.distance[some] = ahead[some] = offered[better]
        found.movers[some], found.before[some] = who[better], place

    def _next(self, ahead: Floats, limit: float) -> list[int]:
        """Return the places that the search will likely come to next: rows are read in blocks."""
        many = min(max(1, _AHEAD // (self.nobody + 1)), self.nobody)
        near = np.argpartition(ahead, many - 1)[:many]
        near = near[(ahead[near] < limit) & (near != self.nobody)]
        return [a for a in near.tolist() if a not in self._near]

    def _told(self, steps: list[tuple[int, int, int]]) -> tuple[Move, ...]:
        """Return steps as moves between positions of the problem."""
        rows, cols = self.order
        m = self.nobody

        def mentor(a: int) -> int:
            return int(cols[a]) if 0 <= a < m else -1

        return tuple(
            Move(int(rows[i]) if i >= 0 else -1, mentor(a), mentor(b)) for i, a, b in steps
        )
