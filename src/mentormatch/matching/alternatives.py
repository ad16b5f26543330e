"""The next best matchings, in order."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush, nsmallest
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching import grid
from mentormatch.matching.chains import Chain
from mentormatch.matching.moves import (
    KNOWN,
    Moves,
    Place,
    fits_whole,
    held_in,
    locks_of,
    moves_of,
    positions,
)
from mentormatch.matching.nearby import ALL, Nearby, Part, nearby_of
from mentormatch.matching.network import Network
from mentormatch.matching.next_best import NextBest
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.price_of import ANEW, Change, changes_between
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.remembered import warm_of
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.warm import Warm

Floats = NDArray[np.float64]
Some = frozenset[Place]
_MORE = 4  # a limit that is too low is raised so many times
_Waiting = tuple[tuple[int, int], int, Problem | Matching]


@dataclass(frozen=True, eq=False)
class Alternative:
    """Another matching of the same problem.

    Parameters
    ----------
    matching : Matching
        The best one, to compare with.
    rows, columns : numpy.ndarray of int, shape (number of pairs,)
        Positions of the mentee and the mentor of each pair, sorted.
    """

    matching: Matching
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @cached_property
    def total(self) -> float:
        """Sum of the pairs' scores."""
        values = self.matching.problem.values_at(self.rows, self.columns)[0]
        return grid.from_grid(int(values.sum()), self.matching.problem.bits)

    @property
    def coverage(self) -> int:
        """Number of mentees who have a mentor."""
        return len(np.unique(self.rows))

    @property
    def cost(self) -> float:
        """How much lower the total is than the best one's."""
        return self.matching.total - self.total

    @property
    def people(self) -> int:
        """How many mentees fewer have a mentor."""
        return self.matching.coverage - self.coverage

    @property
    def pairs(self) -> tuple[tuple[Hashable, Hashable], ...]:
        """Ids of the pairs, in the mentees' order."""
        mentees = self.matching.problem.mentee_ids or ()
        mentors = self.matching.problem.mentor_ids or ()
        ends = zip(self.rows.tolist(), self.columns.tolist(), strict=True)
        return tuple((mentees[i], mentors[j]) for i, j in ends)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every mentee whose mentors differ: her id, the mentor she gives up, the one she gets."""
        ends = zip(self.rows.tolist(), self.columns.tolist(), strict=True)
        return changes_between(self.matching, frozenset(ends))

    def __repr__(self) -> str:
        return (
            f"Alternative({len(self.changes)} changes, total {self.total:.6g}, "
            f"{self.cost:.6g} less)"
        )


def alternatives(matching: Matching, k: int = 5) -> tuple[Alternative, ...]:
    """Return the `k` next best matchings, the best of them first.

    Every other matching does without some pair of the best one, or has a pair more. So they fall
    apart into groups (with the first pairs, without the next one), the best of each of which is one
    cheapest chain of moves away; whichever is best of all is the next one, and its group falls
    apart in the same way (Murty 1968, doi:10.1287/opre.16.3.682). Where quotas stand in the way the
    best of a group is solved for, those first that promise most. In large assignments with nothing
    but bans beside the places, chains are sought over the pairs that the search has kept, and
    scores are read again only where one might cost less. In other large problems without quotas
    they are sought among the few people who may be part of any list that loses so little.

    Parameters
    ----------
    matching : Matching
        Proved best, for the objective "most people" or "highest total".
    k : int
        How many to return, 1 or more; fewer come back where there are no more. Which of equally
        good matchings come first does not depend on the order of the rows.

    Raises
    ------
    ProblemError
        The problem is too large (with quotas more than one million cells; with locks, minimums or
        several mentors a mentee only where very many people have as good a choice), the matching is
        not proved best, or its objective is another one.
    ValueError
        `k` is below 1.

    Examples
    --------
    >>> matching = solve(Problem([[9, 4], [8, 7]]))
    >>> [other.pairs for other in alternatives(matching, 2)]
    [((0, 1), (1, 0)), ((0, 0),)]
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if tuple(matching.stages) not in KNOWN:
        raise ProblemError("alternatives are known for 'most people' and 'highest total' alone")
    if matching.status != "optimal":
        raise ProblemError("this matching is not proved best, so nothing is known to come next")
    n, m = matching.problem.shape
    warm = None if fits_whole(matching.problem) else warm_of(matching)
    if warm is not None:
        return tuple(Alternative(matching, *pairs) for pairs in NextBest(warm).take(k))
    near = None if fits_whole(matching.problem) else nearby_of(matching)
    if near is not None and (some := _near(near, k)) is not None:
        return tuple(Alternative(matching, *positions(pairs)) for pairs in some)
    moves = moves_of(matching, whole=True)
    if moves is not None and not moves.bounded:
        if isinstance(moves.network, Warm) or moves.network.gains is None:
            raise ProblemError(f"{n} x {m} is too large a problem for alternatives")
        found = _Chains(matching, moves).next_best(k)
    elif n * m == 0:
        found = []
    elif n * m > ANEW:
        raise ProblemError(f"{n} x {m} is too large a problem for alternatives with quotas")
    else:
        found = _Solves(matching).next_best(k)
    return tuple(Alternative(matching, *positions(pairs)) for pairs in found)


def _near(near: Nearby, k: int) -> list[Some] | None:
    """Return the next best lists of a large problem; None where too many people have a part in it.

    Only pairs that lose no more than the last of the lists can be in any of them.
    """
    loss, enough, much = near.limit(k), -1, 4 * ALL
    while loss > enough:
        part = near.within(loss)
        if part is None:
            much = loss
        else:
            enough = loss
            found = _lists_of(part, k)
            if found is None:
                return None
            losses = [near.loss(pairs) for pairs in found]
            full = len(found) == k
            if loss >= ALL or (full and losses[-1] <= (0, loss)):
                return found
            loss = losses[-1][1] if full and losses[-1][0] == 0 else min(_MORE * loss + 1, ALL)
        if loss >= much:
            loss = isqrt(max(enough, 1) * much)
    return None


def _lists_of(part: Part, k: int) -> list[Some] | None:
    """Return the next best lists of some people, with the pairs of all others."""
    if not len(part.rows):
        return []
    moves = moves_of(part.matching, whole=True)
    if moves is None or isinstance(moves.network, Warm) or moves.network.gains is None:
        return None
    return [part.whole(pairs) for pairs in _Chains(part.matching, moves).next_best(k)]


@dataclass(frozen=True, eq=False)
class _Group:
    """All matchings that have some pairs and have not some others, and the best of them."""

    cost: int
    forced: Some
    banned: Some
    pairs: Some
    prices: Floats


class _Chains:
    """Groups of matchings whose best is one chain of moves away."""

    def __init__(self, matching: Matching, moves: Moves) -> None:
        network = moves.network
        if isinstance(network, Warm) or network.gains is None:
            raise ValueError("the network is not held whole")
        self.problem, self.gains, self.order = matching.problem, network.gains, network.order
        self.place_of, self.pay = network.place_of, network.pay
        self.locks = frozenset(locks_of(self.problem))
        pairs = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
        self.first = _Group(0, self.locks, frozenset(), pairs, network.prices)

    def next_best(self, k: int) -> list[Some]:
        """Return the pairs of the next best matchings, in order."""
        found: list[Some] = []
        waiting: list[tuple[int, int, _Group]] = []
        count, group = 0, self.first
        while True:
            costs = nsmallest(k - len(found), [one[0] for one in waiting])
            limit = costs[-1] - group.cost if len(costs) == k - len(found) else np.inf
            for part in self._parts(group, k - len(found), limit):
                heappush(waiting, (part.cost, count, part))
                count += 1
            if not waiting:
                return found
            _, _, group = heappop(waiting)
            found.append(group.pairs)
            if len(found) == k:
                return found

    def _network(self, group: _Group, gains: Floats, locked: Some, prices: Floats) -> Network:
        rows, columns = positions(group.pairs)
        i, j = (place[x] for place, x in zip(self.place_of, (rows, columns), strict=True))
        held = held_in(self.order, rows, columns, self.gains[i, j], set(locked))
        return Network(self.problem, self.order, held, prices, self.pay, gains)

    def _parts(self, group: _Group, most: int, limit: float) -> list[_Group]:
        """Return the groups into which a group falls apart without its best matching."""
        gains = self.gains.copy()
        for i, j in group.banned:
            gains[self.place_of[0][i], self.place_of[1][j]] = -np.inf
        network = self._network(group, gains, group.forced, group.prices)
        if not network.settle():
            raise RuntimeError("the matching found is not the best of its group")
        found = self._with_more(group, network, most)
        # The last pair may be missing while all others stay; then one after the other may move.
        still = self._network(group, gains, group.pairs, network.prices)
        costs, movers = still.steps
        rows, cols = self.order
        ours, theirs = rows[still.held.rows].tolist(), cols[still.held.cols].tolist()
        ends = list(zip(ours, theirs, strict=True))
        free = [pair for pair, end in enumerate(ends) if end not in group.forced]
        for t in range(len(free) - 1, -1, -1):
            pair = free[t]
            chain = still.without(pair, limit)
            if np.isfinite(chain.cost):
                forced = group.forced | {ends[one] for one in free[:t]}
                banned = group.banned | {ends[pair]}
                pairs = _moved(group.pairs, chain)
                cost = group.cost + int(chain.cost)
                found.append(_Group(cost, forced, banned, pairs, network.prices))
            place, offered = int(still.held.cols[pair]), still.through(pair)
            better = offered < costs[place]
            costs[place, better] = offered[better]
            movers[place, better] = still.held.rows[pair]
        return found

    def _with_more(self, group: _Group, network: Network, most: int) -> list[_Group]:
        """Return the groups that have all pairs of the best matching, and one more."""
        spare = np.flatnonzero(network.places < network.capacity)
        room = np.flatnonzero(network.room)
        if not len(spare) or not len(room):
            return []
        gained = network.gained(room)[:, spare] + network.prices[spare]
        costs = np.array([network.entering(i) for i in room.tolist()])[:, None] - gained
        best = np.argsort(costs, axis=None, kind="stable")[:most]
        found: list[_Group] = []
        banned = group.banned
        for a, b in zip(*np.unravel_index(best, costs.shape), strict=True):
            if not np.isfinite(costs[a, b]):
                break
            extra = int(self.order[0][room[a]]), int(self.order[1][spare[b]])
            pairs = group.pairs | {extra}
            cost = group.cost + int(costs[a, b])
            found.append(_Group(cost, pairs, banned, pairs, network.prices))
            banned = banned | {extra}
        return found


class _Solves:
    """Groups of matchings whose best has to be solved for."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching

    def next_best(self, k: int) -> list[Some]:
        """Return the pairs of the next best matchings, in order."""
        found: list[Some] = []
        waiting: list[_Waiting] = []
        count = 0
        group = self.matching
        while True:
            for least, problem in self._parts(group):
                heappush(waiting, (least, count, problem))
                count += 1
            following = self._nearest(waiting)
            if following is None:
                return found
            found.append(frozenset(_ends(following)))
            if len(found) == k:
                return found
            group = following

    def _nearest(self, waiting: list[_Waiting]) -> Matching | None:
        """Take the best of the groups that wait, solved for where that is not done yet."""
        while waiting:
            _, number, nearest = heappop(waiting)
            if isinstance(nearest, Matching):
                return nearest
            try:
                best = solve(nearest, self.matching.objective, self.matching.seed)
            except InfeasibleError:
                continue
            heappush(waiting, (self._loss(best), number, best))
        return None

    def _loss(self, other: Matching) -> tuple[int, int]:
        mine = self.matching
        people = mine.coverage - other.coverage if "coverage" in mine.stages else 0
        return people, mine.score_steps - other.score_steps

    def _parts(self, group: Matching) -> list[tuple[tuple[int, int], Problem]]:
        """Return the groups into which a group falls apart, and the least that each may lose."""
        problem, moves = group.problem, moves_of(group, whole=True)
        people, steps = self._loss(group)
        forced = locks_of(problem)
        free = [end for end in _ends(group) if end not in forced]
        found: list[tuple[tuple[int, int], Problem]] = []
        locks: list[Quota] = []
        for end in free:
            least = (people, steps)
            if moves is not None:
                chain = moves.without(*end)
                if not np.isfinite(chain.cost):
                    locks.append(Quota("", Pairs.listed([end]), at_least=1))
                    continue
                lost, cost, _ = moves.price(chain)
                fewer, lower = lost.get("coverage", 0), int(np.rint(np.ldexp(cost, problem.bits)))
                least = max(least, (people + fewer, steps + lower))
            ban = Quota("", Pairs.listed([end]), at_most=0)
            found.append((least, replace(problem, quotas=[*problem.quotas, *locks, ban])))
            locks.append(Quota("", Pairs.listed([end]), at_least=1))
        more = Quota("", Pairs.everyone(), at_least=len(group) + 1)
        quotas = [*problem.quotas, *locks, more]
        found.append(((people, steps), replace(problem, quotas=quotas)))
        return found


def _ends(matching: Matching) -> list[Place]:
    return list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


def _moved(pairs: Some, chain: Chain) -> Some:
    after = set(pairs)
    for move in chain.moves:
        if move.mentee >= 0:
            after.discard((move.mentee, move.start))
            if move.end >= 0:
                after.add((move.mentee, move.end))
    return frozenset(after)
