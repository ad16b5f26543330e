"""The next best matchings of a large assignment: one shortest path each over the pairs kept.

Matchings fall apart into groups, as in `alternatives`: with the first pairs of a matching and
without the next one (Murty 1968; Lawler 1972, doi:10.1287/mnsc.18.7.401). The prices of a group are
those of the group it came from, moved along one or two shortest paths; the chains of its parts are
followed no farther than the lists that are asked for cost. What is kept of every mentee bounds all
other pairs, so that nothing outside is missed.
"""

from __future__ import annotations

import copy
from bisect import insort
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.tiles import NOTHING
from mentormatch.matching.warm import FAR, OUT, Warm, lists_of

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Place = tuple[int, int]

_NEVER = -(2**60)  # what a pair gains that may not be
_KNOWN = ("ptr", "cols", "worth", "rest", "unread")


@dataclass(frozen=True, eq=False)
class _Group:
    """All matchings in which some mentees keep their mentors and some pairs are not used.

    Parameters
    ----------
    cost : int
        What the best of them loses against the best of all.
    forced : numpy.ndarray of bool, shape (n,)
        Mentees who keep their mentor.
    banned : frozenset of (int, int)
        Pairs that are not used.
    match : numpy.ndarray of int, shape (n,)
        The best of them: each mentee's mentor, -1 for none.
    came, u, v : numpy.ndarray of int
        The best of the group that it is a part of, and the prices there.
    """

    cost: int
    forced: Flags
    banned: frozenset[Place]
    match: Ints
    came: Ints
    u: Ints
    v: Ints


class NextBest:
    """The matchings that come after one that is proved best.

    Parameters
    ----------
    warm : Warm
        What is kept of it.
    """

    def __init__(self, warm: Warm) -> None:
        self.warm = warm
        self.rank = warm.ranks[0]

    def take(self, k: int) -> list[tuple[Ints, Ints]]:
        """Return the pairs of the `k` next best, in order: mentees and their mentors."""
        warm = self.warm
        nobody = np.zeros(len(warm.match), np.bool_)
        match = warm.match
        group = _Group(0, nobody, frozenset(), match, match, warm.u, warm.v)
        found: list[tuple[Ints, Ints]] = []
        waiting: list[tuple[int, int, _Group]] = []
        count = 0
        while True:
            need = k - len(found)
            for part in self._parts(group, need, [one[0] - group.cost for one in waiting]):
                waiting.append((part.cost, count, part))
                count += 1
            waiting = nsmallest(need, waiting)
            if not waiting:
                return found
            _, _, group = waiting.pop(0)
            rows = np.flatnonzero(group.match >= 0)
            found.append((rows, group.match[rows]))
            if len(found) == k:
                return found

    def _parts(self, group: _Group, need: int, waiting: list[int]) -> list[_Group]:
        """Return the groups into which a group falls apart without its best matching.

        Those are left out that cost more than the `need` cheapest of them and of those waiting.
        """
        state = self._settled(group)
        costs = sorted(waiting)
        more = self._with_more(state, group, need)
        for part in more:
            insort(costs, part.cost - group.cost)

        def limit() -> int:
            return costs[need - 1] if len(costs) >= need else FAR

        free = state.open & (group.match >= 0)
        found: list[tuple[int, int, Ints]] = []
        for i in self._promising(state, free, costs, need):
            cost, match = self._without(state, group.match, i, limit())
            if cost <= limit():
                found.append((i, cost, match))
                insort(costs, cost)
        for name in _KNOWN:
            setattr(self.warm, name, getattr(state, name))
        self.warm.lose()
        parts = []
        for i, cost, match in sorted(found, key=lambda one: -int(self.rank[one[0]])):
            if cost <= limit():
                parts.append(
                    _Group(
                        group.cost + cost,
                        group.forced | (free & (self.rank < self.rank[i])),
                        group.banned | {(i, int(group.match[i]))},
                        match,
                        group.match,
                        state.u,
                        state.v,
                    )
                )
        return more + parts

    def _settled(self, group: _Group) -> Warm:
        """Return the network of a group at prices that prove its best matching."""
        warm = self.warm
        m = warm.problem.shape[1]
        state = copy.copy(warm)
        state.most = np.inf  # what is known of others is not forgotten meanwhile
        state.open = warm.open & ~group.forced
        state.barred = group.banned
        held = group.forced & (group.match >= 0)
        left = warm.capacity - np.bincount(group.match[held], minlength=m)
        state.capacity = left
        loose = np.flatnonzero(state.open & (group.match < 0))
        state.match = np.where(state.open, group.match, -1)
        load = np.bincount(state.match[state.match >= 0], minlength=m)
        state.ends = load < left, loose
        if group.match is warm.match:
            state.lose()
            return state
        while True:
            master = self._master(group, state.open, left)
            fall = int((warm.v - master.v).max(initial=-FAR, where=left > 0))
            fall = 0 if fall == -FAR else fall
            rise = np.where(state.open, master.u - warm.u, 0)
            prices = np.where(left > 0, master.v, warm.v + int(np.abs(rise).max(initial=0)))
            if not warm.mend(prices, np.where(state.open, master.u, OUT)):
                break
        for name in _KNOWN:
            setattr(state, name, getattr(warm, name))
        state.u = np.where(state.open, master.u, warm.u)
        state.v = np.where(left > 0, master.v, 0)
        state.shift = rise - fall
        state.lose()
        _check(state)
        return state

    def _master(self, group: _Group, some: Flags, capacity: Ints) -> Master:
        """Return the best matching of a group on what is kept, from the prices it came with."""
        warm = self.warm
        n, m = warm.problem.shape
        master = Master(n, capacity)
        rows = np.repeat(np.arange(n), np.diff(warm.ptr))
        worth = np.where(some[rows] & (capacity > 0)[warm.cols], warm.worth, _NEVER)
        for i, j in group.banned:
            place = warm.place_of(i, j)
            if place is not None:
                worth[place] = _NEVER
        master.ptr, master.cols, master.worth = warm.ptr, warm.cols, worth
        match = np.where(some, group.came, -1)
        for i, j in group.banned:
            if match[i] == j:
                match[i] = -1
        master.match = match
        master.u = np.where(match >= 0, group.u, 0)
        master.v = np.where(capacity > 0, group.v, 0)
        master.load = np.bincount(match[match >= 0], minlength=m).astype(np.int64)
        master.head, master.after = lists_of(match, m)
        follows = np.flatnonzero(master.after >= 0)
        master.before[master.after[follows]] = follows
        master.improve(np.zeros(n, np.int64))
        return master

    def _promising(self, state: Warm, free: Flags, costs: list[int], need: int) -> list[int]:
        """Return the mentees without whose pairs a list may be among the `need` next best."""
        from mentormatch.matching.solvers.without import (  # noqa: PLC0415  (compiles)
            without_each,
        )

        rows = np.flatnonzero(free)
        rows = rows[np.argsort(self.rank[rows])]
        head, after = lists_of(state.match, len(state.v))
        while True:
            slack = np.where(state.rest > NOTHING, state.near - state.rest + state.shift, FAR)
            best = np.full(need, FAR)
            best[: len(costs)] = costs[:need]
            found, doubtful = np.empty(len(rows), np.int64), np.zeros(len(rows), np.bool_)
            unsure = np.zeros(len(slack), np.bool_)
            without_each(
                *(state.ptr, state.cols, state.loss, state.u, state.v, head, after, *state.ends),
                *(rows, state.match, self.rank, slack, best, found, doubtful, unsure),
            )
            unread = np.flatnonzero(unsure & state.unread)
            if not len(unread):
                some = (found <= best[-1]) & (found < FAR) | doubtful
                order = np.lexsort((self.rank[rows[some]], found[some]))
                return [int(i) for i in rows[some][order]]
            state.learn(unread)

    def _without(self, state: Warm, match: Ints, i: int, limit: int) -> tuple[int, Ints]:
        """Return what it costs at least that a mentee gives up her mentor, and the best list then.

        Nobody moves who comes before her in the lottery. Above the limit it is not looked for.
        """
        part = copy.copy(state)
        part.open = state.open & ((self.rank >= self.rank[i]) | (match < 0))
        part.match = np.where(part.open, match, -1)
        part.head, part.after = lists_of(part.match, len(state.v))
        cost, path = part.path(i, -1, int(match[i]), limit)
        for name in (*_KNOWN, "loss"):
            setattr(state, name, getattr(part, name))
        if cost > limit or not path:
            return FAR, match
        after = match.copy()
        for who, _, to in path:
            if who >= 0:
                after[who] = to if to < len(state.v) else -1
        return cost, after

    def _with_more(self, state: Warm, group: _Group, need: int) -> list[_Group]:
        """Return the groups that have all pairs of the best matching, and one more.

        Where people come first there are none: every such pair would match one more.
        """
        idle, loose = state.ends
        if state.person or not len(loose) or not idle.any():
            return []
        prices = np.where(idle, 0, OUT)
        seen = state.reader.best(loose, prices, need + len(group.banned))
        free = idle[seen.j]
        i, j, worth = seen.i[free], seen.j[free].astype(np.int64), seen.worth[free]
        i, j, worth = self._cheapest(group, i, j, worth, need)
        least = int(worth[-1]) if len(i) == need else NOTHING + 1
        unsure = loose[seen.rest >= least]
        if len(unsure):
            values, possible = state.problem.values(unsure)
            at, column = np.nonzero(possible & idle & (values >= least))
            others = ~np.isin(i, unsure)
            i, j = np.append(i[others], unsure[at]), np.append(j[others], column)
            worth = np.append(worth[others], values[at, column])
            i, j, worth = self._cheapest(group, i, j, worth, need)
        found: list[_Group] = []
        banned = group.banned
        matched = group.match >= 0
        for a, b, value in zip(i.tolist(), j.tolist(), worth.tolist(), strict=True):
            match, forced = group.match.copy(), matched.copy()
            match[a], forced[a] = b, True
            cost = group.cost - (value + state.bonus)
            found.append(_Group(cost, forced, banned, match, group.match, state.u, state.v))
            banned = banned | {(a, b)}
        return found

    def _cheapest(
        self, group: _Group, i: Ints, j: Ints, worth: Ints, need: int
    ) -> tuple[Ints, Ints, Ints]:
        """Return the best of some pairs, without banned ones, the lottery's favourites first."""
        pairs = zip(i.tolist(), j.tolist(), strict=True)
        free = np.array([one not in group.banned for one in pairs], np.bool_)
        i, j, worth = i[free], j[free], worth[free]
        order = np.lexsort((self.warm.ranks[1][j], self.rank[i], -worth))[:need]
        return i[order], j[order], worth[order]


def _check(state: Warm) -> None:
    """Raise RuntimeError unless the prices of a group prove its matching best."""
    rows = np.flatnonzero(state.match >= 0)
    columns = state.match[rows]
    worth = state.problem.values_at(rows, columns)[0] + state.bonus
    idle, loose = state.ends
    tight = bool((state.u[rows] + state.v[columns] == worth).all())
    if not tight or state.u[loose].any() or state.v[idle & (state.capacity > 0)].any():
        raise RuntimeError("the matching found is not the best of its group")
