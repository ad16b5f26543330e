"""What is kept of a large matching that is proved best, so that a change of it is no new search.

Of every mentee a few pairs are kept that lose least at the prices of the matching, and how much
any other pair of hers loses at least: first what the search left, then, where that may not do,
what a reading of her scores tells. A change is then one shortest path over the pairs kept
(Dijkstra 1959). Where the path comes so far that a pair which was not kept might shorten it, the
scores of the mentee concerned are read again, so what is found is exact.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.chains import Chain, Move
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.answer import Candidates
from mentormatch.matching.solvers.farm import reader_of
from mentormatch.matching.solvers.tiles import NOTHING, Found

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

#: Pairs of each mentee that are kept at first, and on average at most.
KEEP, MOST = 32, 128
#: What a person counts for in the costs of chains: totals stay below 2**SUM_BITS.
PERSON = 2 ** (grid.SUM_BITS + 2)
FAR = 2**62
OUT = 2**58  # the price of mentors who have no place
_NEAR = 2**45  # prices that lie so close are told apart in float32 well enough
_CELLS = 2**19
_FEW = (16, 64, 256, 1024)


class Warm:
    """Shortest paths around a matching that is proved best, asked in positions of the problem.

    Parameters
    ----------
    problem : Problem
        An assignment of one mentor a mentee at most, with no quotas but bans.
    rows, columns : numpy.ndarray of int
        The pairs.
    prices : numpy.ndarray of int, shape (m,)
        Prices of places that prove the total.
    pay : int
        What these prices pay for a mentee matched.
    cover : numpy.ndarray of int, shape (m,), or None
        Prices of places that prove how many mentees are matched, where that comes first.
    seed : int
        Seed of the lottery that tells equally cheap chains apart.
    left : Candidates, optional
        What is known of other pairs already, at these prices.
    """

    def __init__(
        self,
        problem: Problem,
        rows: Ints,
        columns: Ints,
        prices: Ints,
        pay: int,
        cover: Ints | None,
        seed: int = 0,
        left: Candidates | None = None,
    ) -> None:
        n, m = problem.shape
        self.problem, self.seed, self.reader = problem, seed, reader_of(problem, 1)
        self.open: Flags = problem.mentee_demand > 0
        self.capacity = problem.mentor_capacity
        self.person = 0 if cover is None else PERSON + pay
        places = self.capacity > 0
        self.match = np.full(n, -1, np.int64)
        self.match[rows] = columns
        self.load = np.bincount(columns, minlength=m).astype(np.int64)
        self.head, self.after = lists_of(self.match, m)
        #: What the prices of scores alone say: `base` of columns, `near` of rows.
        self.base = np.where(places, prices, OUT)
        self.pay = pay
        self.near = np.zeros(n, np.int64)
        self.near[rows] = problem.values_at(rows, columns)[0] + pay - prices[columns]
        lead = np.zeros(m, np.int64) if cover is None else cover * PERSON
        self.v = np.where(places, prices + lead, 0)
        self.u = self.near.copy()
        if cover is not None:
            self.u[rows] += PERSON * (1 - cover[columns])
        self.bonus = pay if cover is None else PERSON + pay
        #: What pairs not kept lose more here than at the prices they were read at; pairs not used.
        self.shift: Ints | int = 0
        self.barred: frozenset[tuple[int, int]] = frozenset()
        self.most: float = MOST
        self._begin(left)

    def _begin(self, left: Candidates | None = None) -> None:
        """Keep the pairs of the matching, or what is left; all others are read when need be."""
        n = self.problem.shape[0]
        self.unread = self.open.copy()
        if left is None:
            rows = np.flatnonzero(self.match >= 0)
            cols = self.match[rows]
            self.ptr = np.searchsorted(rows, np.arange(n + 1)).astype(np.int64)
            self.cols = cols.astype(np.int32)
            self.worth = self.problem.values_at(rows, cols)[0] + self.bonus
            # Prices that prove the matching best say as much of every pair.
            self.rest = np.where(self.open, self.near, NOTHING)
        else:
            self.ptr, self.cols, self.worth = left.ptr, left.cols, left.worth + self.bonus
            rest = np.where(left.rest > NOTHING, left.rest + self.pay, NOTHING)
            self.rest = np.minimum(rest, self.near)
        self.lose()

    def learn(self, rows: Ints) -> None:
        """Read some mentees for the first time, and keep the pairs of theirs that lose least."""
        found = self.reader.best(rows, self.base, KEEP)
        self._add(found)
        rest = np.where(found.rest > NOTHING, found.rest + self.pay, NOTHING)
        self.rest, self.unread = self.rest.copy(), self.unread.copy()
        self.rest[rows] = np.minimum(rest, self.rest[rows])
        self.unread[rows] = False

    def lose(self) -> None:
        """Reckon what each pair kept loses."""
        from mentormatch.matching.solvers.paths import losses  # noqa: PLC0415  (compiles)

        self.loss = np.empty(len(self.cols), np.int64)
        losses(self.ptr, self.cols, self.worth, self.u, self.v, self.loss)
        for pair in self.barred:
            place = self.place_of(*pair)
            if place is not None:
                self.loss[place] = FAR

    def place_of(self, i: int, j: int) -> int | None:
        """Return where a pair stands among those kept, None if it is not kept."""
        first, last = self.ptr[i], self.ptr[i + 1]
        place = first + int(np.searchsorted(self.cols[first:last], j))
        return int(place) if place < last and self.cols[place] == j else None

    def _add(self, found: Found) -> None:
        """Keep more pairs; places that others hold here may be free in another network."""
        from mentormatch.matching.solvers.edges import merge_rows  # noqa: PLC0415  (compiles)

        some = self.problem.mentor_capacity[found.j] > 0
        i, j, worth = found.i[some], found.j[some], found.worth[some] + self.bonus
        size = self.problem.shape[0]
        self.ptr, self.cols, self.worth = merge_rows(
            self.ptr, self.cols, self.worth, i, j, worth, size
        )
        self.lose()

    @property
    def sound(self) -> bool:
        """Whether the prices prove the matching best, as far as the pairs kept tell."""
        loose = self.match < 0
        idle = (self.load < self.capacity) & (self.v != 0)
        least = int(self.loss.min(initial=0))
        owing = (self.near < 0).any() or (self.u < 0).any() or (self.v < 0).any()
        return not (least < 0 or owing or idle.any() or (self.u[loose] != 0).any())

    @cached_property
    def ranks(self) -> tuple[Ints, Ints]:
        """Places of mentees and mentors in the order of their lottery tickets."""
        problem = self.problem
        sides = (("mentee", problem.mentee_ids or ()), ("mentor", problem.mentor_ids or ()))
        drawn = (grid.tickets(ids, who, self.seed) for who, ids in sides)
        rows, cols = (np.argsort(np.argsort(one, kind="stable")).astype(np.int64) for one in drawn)
        return rows, cols

    @cached_property
    def ends(self) -> tuple[Flags, Ints]:
        """Which mentors have a free place, and which mentees have no mentor."""
        return self.load < self.capacity, np.flatnonzero(self.open & (self.match < 0))

    def parted(self, i: int, j: int) -> Chain:
        """Return the cheapest chain after which a pair of the matching is not used."""
        cost, path = self.path(i, -1, j)
        if not path:
            return Chain(np.inf)
        return Chain(float(cost), self._told([(i, j, path[0][2]), *path[1:]]))

    def joined(self, i: int, j: int) -> Chain:
        """Return the cheapest chain after which a mentee has a mentor who is not hers now."""
        nobody = self.problem.shape[1]
        values, possible = self.problem.values_at([i], [j])
        if not possible[0] or self.capacity[j] == 0 or not self.open[i]:
            return Chain(np.inf)
        goal = int(self.match[i]) if self.match[i] >= 0 else nobody
        cost, path = self.path(-1, j, goal)
        if cost == FAR:
            return Chain(np.inf)
        lost = int(self.u[i] + self.v[j] - values[0]) - self.bonus
        return Chain(float(cost + lost), self._told([*path, (i, goal, j)]))

    def path(
        self, row: int, start: int, goal: int, most: int = FAR
    ) -> tuple[int, list[tuple[int, int, int]]]:
        """Return cost and steps of the shortest path: who moves, from which node, to which.

        A path that costs more than `most` is not looked for.
        """
        from mentormatch.matching.solvers.paths import explore, trace  # noqa: PLC0415  (compiles)

        m = self.problem.shape[1]
        dist = np.empty(m + 1, np.int64)
        spare, loose = self.ends

        def network() -> tuple[Ints, Short, Ints, Ints, Ints, Ints, Ints, Flags, Ints]:
            kept = self.ptr, self.cols, self.loss
            return *kept, self.u, self.v, self.head, self.after, spare, loose

        first = True
        while True:
            cost = explore(*network(), row, start, goal, most, dist)
            if not self._read(dist, row, goal, min(cost, most), first=first):
                break
            first = False
        if cost == FAR:
            return cost, []
        who, source = np.empty(m + 1, np.int64), np.empty(m + 1, np.int64)
        trace(*network(), row, start, goal, dist, *self.ranks, who, source)
        path, node = [], goal
        while node >= 0 and node != start:
            path.append((int(who[node]), int(source[node]), node))
            node = int(source[node])
        return cost, path[::-1]

    def _read(self, dist: Ints, row: int, goal: int, cost: int, *, first: bool) -> bool:
        """Read what might shorten a path, or be another as short; say whether there was anything.

        What is much is forgotten the `first` time alone: the path itself may need as much.
        A mentee whose mentor lies `far` from the start can shorten it only by a pair that loses
        no more than the cost less `far`, and pairs not kept lose more than the prices tell.
        """
        far = np.where(self.match >= 0, dist[self.match], dist[-1])
        if row >= 0:
            far[row] = 0
        if 0 <= goal < len(dist) - 1:
            far[(self.match == goal) & (np.arange(len(far)) != row)] = FAR
        some = self.open & (far <= cost) & (far < FAR) & (self.rest > NOTHING)
        room = np.where(some, cost - far, -1)
        doubt = some & (self.near - self.rest + self.shift <= room)
        if not doubt.any():
            return False
        if first and len(self.cols) > self.most * len(self.ptr):
            self._begin()
        if (doubt & self.unread).any():
            self.learn(np.flatnonzero(doubt & self.unread))
            return True
        if int(room.max()) < PERSON // 2:
            bar = np.where(doubt, self.near - self.pay + self.shift - room - 1, NOTHING)
            found = self.reader.gaining(np.arange(len(self.base)), self.base, bar)
            self._add(found)
            self.rest = np.where(doubt, np.minimum(self.rest, bar + self.pay), self.rest)
            return True
        if cost == FAR and 0 <= goal < len(self.base) and self._meet(goal):
            return True
        ends = (row, goal) if row >= 0 else (-1, -1)
        return self._shorten(np.flatnonzero(doubt), far, np.minimum(dist[:-1], cost), ends)

    def _meet(self, goal: int) -> bool:
        """Keep the pairs that lose least with a mentor whom no path reaches; say if any is new."""
        before = len(self.cols)
        having = np.where(self.open, self.near, OUT) - self.pay
        found = self.reader.keenest(np.array([goal]), having, KEEP)
        some = self.open[found.i]
        self._add(Found(found.i[some], found.j[some], found.worth[some], found.rest))
        return len(self.cols) > before

    def _shorten(self, rows: Ints, far: Ints, ahead: Ints, ends: tuple[int, int]) -> bool:
        """Keep the pairs that make a path shorter, or as short; say whether any is new.

        Where a whole person is at stake, all others would be too many. `ends` is the pair that no
        path may use.
        """
        before = len(self.cols)
        places = self.capacity > 0
        step = max(1, _CELLS // max(len(ahead), 1))
        some: list[tuple[Ints, Ints, Ints]] = []
        for first in range(0, len(rows), step):
            part = rows[first : first + step]
            values, possible = self.problem.values(part)
            lengths = (far + self.u)[part][:, None] + (self.v - self.bonus) - values
            lengths[~(possible & places)] = FAR
            lengths[part == ends[0], ends[1]] = FAR
            for mentee, mentor in self.barred:
                lengths[part == mentee, mentor] = FAR
            least = np.minimum(lengths.min(axis=0), ahead)
            at, j = np.nonzero((lengths == least) & (lengths < FAR))
            some.append((part[at], j, values[at, j]))
        i, j, worth = (np.concatenate(part) for part in zip(*some, strict=True))
        self._add(Found(i, j.astype(np.int32), worth, self.rest))
        return len(self.cols) > before

    def _gaining(self, rows: Ints, prices: Ints, having: Ints, columns: Ints) -> Found:
        """Return the pairs of some people that gain more at other prices than mentees have."""
        bar = having[rows] - self.bonus
        found = []
        for some in self._alike(prices, columns):
            low = int(prices[some].min())
            # No score lies above the largest.
            able = bar + low < self.reader.largest
            bars = np.full(len(self.match), NOTHING, np.int64)
            bars[rows[able]] = np.maximum(bar[able] + low, NOTHING + 1)
            shifted = np.full(len(prices), OUT)
            shifted[some] = prices[some] - low
            found.append(self.reader.gaining(np.sort(some), shifted, bars))
        none = np.zeros(0, np.int64)
        every = [*found, Found(none, none.astype(np.int32), none, none)]
        i, j, worth = (
            np.concatenate([getattr(one, name) for one in every]) for name in ("i", "j", "worth")
        )
        return Found(i, j, worth, bar)

    def _alike(self, prices: Ints, columns: Ints) -> list[Ints]:
        """Return columns with places in parts whose prices lie near enough to be filtered."""
        order = columns[self.capacity[columns] > 0]
        order = order[np.argsort(prices[order], kind="stable")]
        parts, start = [], 0
        while start < len(order):
            limit = int(prices[order[start]]) + _NEAR
            end = int(np.searchsorted(prices[order], limit))
            parts.append(order[start:end])
            start = end
        return parts

    def _told(self, steps: list[tuple[int, int, int]]) -> tuple[Move, ...]:
        m = self.problem.shape[1]
        return tuple(Move(i, a if a < m else -1, b if b < m else -1) for i, a, b in steps)

    def value_of_places(self) -> tuple[Ints, Ints]:
        """Return what one more place at each mentor would gain, and one fewer would lose.

        They are the lowest and the highest prices that prove the matching.
        """
        from mentormatch.matching.solvers.edges import by_column  # noqa: PLC0415  (compiles)
        from mentormatch.matching.solvers.kernels import lift  # noqa: PLC0415  (compiles)
        from mentormatch.matching.solvers.paths import explore  # noqa: PLC0415  (compiles)

        m = self.problem.shape[1]
        spare, loose = self.ends
        dist = np.empty(m + 1, np.int64)
        while True:
            lists = self.head, self.after, spare, loose
            kept = self.ptr, self.cols, self.loss, self.u, self.v
            explore(*kept, *lists, -1, m, -1, FAR, dist)
            far = np.where(self.match >= 0, dist[self.match], 0)
            # Of a free place everything is known: it is worth nothing.
            low = np.maximum(self.v - np.minimum(dist[:-1], self.v), 0)
            if not self.mend(low, self.u + far):
                break
        more = low
        closed = np.flatnonzero(self.capacity == 0)
        if len(closed):
            more[closed] = self._most(closed, self.u + far)
        while True:
            high, having = self.v.copy(), self.u.copy()
            columns = by_column(self.ptr, self.cols, self.worth, m)
            nothing = np.zeros(len(having), np.int64)
            lift(*columns, nothing, self.capacity, having, high, self.match, self.load)
            if not self.mend(high, having):
                return more, high

    def mend(self, prices: Ints, having: Ints) -> bool:
        """Keep the pairs that gain more at these prices than their mentees have, if there are any.

        Pairs that are not kept gain no more than `rest` at the base prices.
        """
        fall = np.where(self.capacity > 0, self.v - prices, -FAR)
        known = self.open & (self.rest > NOTHING)
        spare = np.where(known, self.near - self.rest + having - self.u, FAR)
        order = np.argsort(-fall, kind="stable")
        many = self._outliers(fall[order], spare)
        few, others = order[:many], order[many:]
        doubt = spare < int(fall[others].max(initial=-FAR))
        if (doubt & self.unread).any():
            self.learn(np.flatnonzero(doubt & self.unread))
            return True
        before = len(self.cols)
        some = spare < int(fall.max(initial=-FAR))
        for rows, columns in ((some, few), (doubt, others)):
            if rows.any() and len(columns):
                self._add(self._gaining(np.flatnonzero(rows), prices, having, columns))
        return len(self.cols) > before

    def _outliers(self, fall: Ints, spare: Ints) -> int:
        """Return how many columns, whose prices fell most, are best read by themselves.

        Only mentees whose spare is below the fall of the others have to be read as a whole.
        """
        n, m, waiting = len(spare), len(fall), np.sort(spare)
        each = self.reader.column_cost
        tried = [0, *(k for k in _FEW if k < m and each < np.inf)]

        def cost(k: int) -> float:
            rows = int(np.searchsorted(waiting, fall[k]))
            return m * rows + (k * n * each if k else 0)

        return min(tried, key=cost) if m else 0

    def _most(self, columns: Ints, having: Ints) -> Ints:
        """Return what the best pair of each of some mentors gains above what the mentees have."""
        most = np.zeros(len(columns), np.int64)
        rows = np.flatnonzero(self.open)
        step = max(1, _CELLS // max(self.problem.shape[1], 1))
        for first in range(0, len(rows), step):
            part = rows[first : first + step]
            values, possible = self.problem.values(part)
            gain = values[:, columns] + self.bonus - having[part][:, None]
            gain[~possible[:, columns]] = 0
            most = np.maximum(most, gain.max(axis=0, initial=0))
        return most


def lists_of(match: Ints, m: int) -> tuple[Ints, Ints]:
    """Return each column's rows as a linked list."""
    head, after = np.full(m, -1, np.int64), np.full(len(match), -1, np.int64)
    rows = np.flatnonzero(match >= 0)
    columns = match[rows]
    head[columns] = rows
    if (head[columns] == rows).all():
        return head, after  # nobody shares a column
    order = np.argsort(columns, kind="stable")
    rows, columns = rows[order], columns[order]
    first = np.flatnonzero(np.diff(columns, prepend=-1))
    head[columns[first]] = rows[first]
    follows = np.flatnonzero(columns[1:] == columns[:-1])
    after[rows[follows]] = rows[follows + 1]
    return head, after
