"""The few people whom the next best matchings of a large problem can concern.

At prices that prove a matching best, every pair that another matching gives up or makes costs what
it loses at these prices, and all these losses add up to what the other matching loses in all (Kuhn
1955). So whoever has no change that loses at most so much keeps every pair in all matchings that
lose no more, and what is left is a small problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from mentormatch.matching.moves import KNOWN, locks_of
from mentormatch.matching.network import HELD_MENTORS, HELD_PAIRS
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.proofs import Prices
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.farm import reader_of
from mentormatch.matching.solvers.locks import only_bans_and_locks
from mentormatch.matching.solvers.tiles import NOTHING
from mentormatch.matching.worths import by_whole_prices

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Some = frozenset[tuple[int, int]]

#: More than any loss of score; people aside, whoever may lose so much may do anything.
ALL = 2**58
_BIG = 2**60
_KEEP = 8  # pairs of each mentee looked at for a first guess
_WIDE, _ROOTS = 4, 16  # about so many pairs a mentee, and so many places, to even out prices
_LARGEST, _FAR = 2**52, 2**46
_NODES = 2048  # people among whom every way back is measured
_MORE = 4  # a limit that is too low is raised so many times


@dataclass(frozen=True, eq=False)
class Part:
    """A problem of some people, its best matching, and who they are.

    Parameters
    ----------
    matching : Matching
        The best pairs of these people, places that others hold left out.
    rows, columns : numpy.ndarray of int
        Who they are in the whole problem.
    others : frozenset of (int, int)
        Pairs of all others, as positions of the whole problem.
    """

    matching: Matching
    rows: Ints
    columns: Ints
    others: Some

    def whole(self, pairs: Some) -> Some:
        """Return the pairs of everybody, from those of these people."""
        return self.others | {(int(self.rows[i]), int(self.columns[j])) for i, j in pairs}


class Nearby:
    """What every change of a matching loses at its prices.

    Parameters
    ----------
    matching : Matching
        Proved best by whole prices, with nothing but bans and locks beside people's bounds.
    """

    def __init__(self, matching: Matching) -> None:
        problem = matching.problem
        n, m = problem.shape
        self.matching, self.problem, self.reader = matching, problem, reader_of(problem, 1)
        total = matching.root_prices("total")
        self.prices = total.mentors
        self._set_base()
        pay = total.coverage if "coverage" in matching.stages else 0
        rows, columns = matching.rows, matching.columns
        locks = locks_of(problem)
        ends = zip(rows.tolist(), columns.tolist(), strict=True)
        self.locked = np.array([end in locks for end in ends], np.bool_)
        gains = problem.values_at(rows, columns)[0] - self.prices[columns]
        set_ = np.bincount(rows[self.locked], minlength=n)
        load = np.bincount(rows[~self.locked], minlength=n)
        demand = np.minimum(problem.mentee_demand, m) - set_
        least = np.maximum(problem.mentee_minimum - set_, 0)
        worst = np.full(n, _BIG)
        np.minimum.at(worst, rows[~self.locked], gains[~self.locked])
        # A mentee's first mentor is paid for besides; who may not go without, or has all she
        # wants, is content at any price.
        first = np.where(set_ == 0, -pay, 0)
        self.floor = np.where(load <= least, -_BIG, np.where(load == 1, first, 0))
        self.ceiling = np.where(load >= demand, _BIG, np.where(load == 0, first, 0))
        clipped = np.clip(worst, self.floor, self.ceiling)
        self.u = np.where(load > 0, clipped, self.ceiling)
        self.open: Flags = demand > 0
        self.sound = bool((worst >= self.u)[load > 0].all())
        found = self.reader.best(np.arange(n), self.base, _KEEP)
        self.known = self._others(found.i, found.j.astype(np.int64), found.worth)
        self.more = bool((self.open & (found.rest > NOTHING)).any())
        self.all, self.read = self.known, -1
        self._even_out()

    def _set_base(self) -> None:
        """Reckon the prices at which scores are read: from 0 up, or out of reach."""
        places = self.problem.mentor_capacity > 0
        self.low = int(self.prices[places].min(initial=0))
        self.base = np.where(places, self.prices - self.low, _LARGEST)

    def _arcs(self, i: Ints, j: Ints, worth: Ints) -> tuple[Ints, Ints, Ints]:
        """Return all moves over some pairs: from which node, to which, and what each loses.

        Mentees are the first nodes, then mentors, then nobody. A mentor gives up a mentee, who
        takes a place with another one; somebody may have one pair more or fewer.
        """
        n, m = self.problem.shape
        hub = n + m
        a, b = self.matching.rows[~self.locked], self.matching.columns[~self.locked]
        used = self.problem.values_at(a, b)[0] - self.prices[b] - self.u[a]
        load = np.bincount(self.matching.columns, minlength=m)
        more = np.flatnonzero(load < self.problem.mentor_capacity)
        fewer = np.flatnonzero(load > self.problem.mentor_minimum)
        leave, enter = (np.flatnonzero(np.abs(x) < _BIG) for x in (self.floor, self.ceiling))
        arcs = (
            (i, n + j, self._losses(i, j, worth)),
            (n + b, a, used),
            (n + more, np.full(len(more), hub), -self.prices[more]),
            (np.full(len(fewer), hub), n + fewer, self.prices[fewer]),
            (leave, np.full(len(leave), hub), (self.u - self.floor)[leave]),
            (np.full(len(enter), hub), enter, (self.ceiling - self.u)[enter]),
        )
        start, end, cost = (np.concatenate(part) for part in zip(*arcs, strict=True))
        return start, end, cost

    def _even_out(self) -> None:
        """Move the prices to the middle of those that prove the matching best.

        Prices that a search ends with make many pairs cost nothing that no good matching has. The
        shortest paths from any place, and to it, are such prices as well, and so are whole numbers
        below the mean of some. No path is followed farther than all pairs are known that may be on
        it.
        """
        n, m = self.problem.shape
        far = min(self._guess(_WIDE * n), _FAR)
        graph = _graph(*_up_to(far, *self._arcs(*self._within(far))), n + m + 1)
        roots = np.unique(np.append(np.linspace(n, n + m - 1, _ROOTS).astype(np.int64), n + m))
        mean = np.zeros(n + m + 1)
        for side, sign in ((graph, 1), (graph.T.tocsr(), -1)):
            lengths = dijkstra(side, indices=roots, limit=float(far))
            mean += sign * np.minimum(lengths, far).sum(axis=0)
        shift = np.floor(mean / (2 * len(roots))).astype(np.int64)
        shift -= shift[-1]
        self.u, self.prices = self.u + shift[:n], self.prices - shift[n:-1]
        self._set_base()
        self.read = -1

    def _within(self, loss: int) -> tuple[Ints, Ints, Ints]:
        """Return all pairs not in the matching that lose no more; they are read once."""
        if self.more and loss > self.read:
            self.read = max(loss, self._guess(_WIDE * len(self.u)))
            bars = np.where(self.open, self.u + self.low - self.read - 1, NOTHING)
            found = self.reader.gaining(np.arange(len(self.base)), self.base, bars)
            i, j, worth = self.known
            i, j = np.append(i, found.i), np.append(j, found.j.astype(np.int64))
            self.all = self._others(i, j, np.append(worth, found.worth))
        i, j, worth = self.all
        near = self._losses(i, j, worth) <= loss
        return i[near], j[near], worth[near]

    def _others(self, i: Ints, j: Ints, worth: Ints) -> tuple[Ints, Ints, Ints]:
        """Return those of some pairs that are not in the matching and may be, each once."""
        width = self.problem.shape[1]
        keys, place = np.unique(i * width + j, return_index=True)
        mine = np.isin(keys, self.matching.rows * width + self.matching.columns)
        place = place[~mine]
        i, j, worth = i[place], j[place], worth[place]
        some = self.open[i] & (self.problem.mentor_capacity > 0)[j]
        return i[some], j[some], worth[some]

    def _losses(self, i: Ints, j: Ints, worth: Ints) -> Ints:
        found: Ints = self.u[i] + self.prices[j] - worth
        return found

    def _guess(self, count: int) -> int:
        """Return a loss that about so many pairs are below; `ALL` where there are no more."""
        losses = self._losses(*self.known)
        if count >= len(losses):
            return ALL
        return int(np.partition(losses, count)[count])

    def limit(self, k: int) -> int:
        """Return a loss that the `k` next best matchings are likely not above; `ALL` at most.

        Every circle of moves makes another matching, and circles of different losses are different.
        """
        n, m = self.problem.shape
        loss, enough, much = max(self._guess(_KEEP * k), 1), 0, 4 * ALL
        while loss > enough:
            arcs = self._arcs(*self._within(loss))
            around = _circling(loss, *arcs, n + m + 1)[2]
            if around is None:
                much = loss
            else:
                enough = loss
                known = np.unique(around)
                if loss >= ALL or len(known) >= k:
                    return int(known[k - 1]) if len(known) >= k else loss
                loss = min(_MORE * loss, ALL)
            if loss >= much:
                loss = isqrt(max(enough, 1) * much)
        return enough

    def within(self, loss: int) -> Part | None:
        """Return the problem of those who have a change that loses no more; None if too large."""
        n, m = self.problem.shape
        i, j, worth = self._within(loss)
        start, end, _ = _circling(loss, *self._arcs(i, j, worth), n + m + 1)
        rows = np.unique(np.append(start[start < n], end[end < n]))
        taken = np.isin(i * m + j, (start * m + end - n)[(start < n) & (end < n + m)])
        i, j, worth = i[taken], j[taken], worth[taken]
        ours = np.isin(self.matching.rows, rows)
        columns = np.union1d(j, self.matching.columns[ours])
        if len(rows) * len(columns) > HELD_PAIRS or len(columns) > HELD_MENTORS:
            return None
        return self._part(rows, columns, ours, (i, j, worth))

    def loss(self, pairs: Some) -> tuple[int, int]:
        """Return how many people fewer some pairs match, and how many steps of score less."""
        i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
        steps = int(self.problem.values_at(i, j)[0].sum())
        people = self.matching.coverage - len(np.unique(i))
        counts = "coverage" in self.matching.stages
        return people if counts else 0, self.matching.score_steps - steps

    def _part(self, rows: Ints, columns: Ints, ours: Flags, more: tuple[Ints, Ints, Ints]) -> Part:
        problem, matching = self.problem, self.matching
        mine = matching.rows[ours], matching.columns[ours]
        theirs = zip(matching.rows[~ours].tolist(), matching.columns[~ours].tolist(), strict=True)
        taken = np.bincount(matching.columns[~ours], minlength=problem.shape[1])[columns]
        i, j, worth = more
        scores = np.full((len(rows), len(columns)), -np.inf)
        scores[np.searchsorted(rows, i), np.searchsorted(columns, j)] = worth
        a, b = np.searchsorted(rows, mine[0]), np.searchsorted(columns, mine[1])
        scores[a, b] = problem.values_at(*mine)[0]
        locked = self.locked[ours]
        mentees, mentors = problem.mentee_ids or (), problem.mentor_ids or ()
        small = Problem(
            scores,
            mentor_capacity=problem.mentor_capacity[columns] - taken,
            mentor_minimum=np.maximum(problem.mentor_minimum[columns] - taken, 0),
            mentee_demand=problem.mentee_demand[rows],
            mentee_minimum=problem.mentee_minimum[rows],
            quotas=[
                Quota("", Pairs.listed([pair]), at_least=1)
                for pair in zip(a[locked].tolist(), b[locked].tolist(), strict=True)
            ],
            mentee_ids=[mentees[k] for k in rows.tolist()],
            mentor_ids=[mentors[k] for k in columns.tolist()],
        )
        none = np.zeros(len(small.quotas), np.int64)
        prices = Prices(self.prices[columns], none)
        proofs = dict.fromkeys(matching.stages, prices)
        stages = matching.stages
        known = frozenset(stages)
        best = Matching(small, a, b, matching.objective, stages, proofs, matching.seed, known)
        return Part(best, rows, columns, frozenset(theirs))


def _up_to(most: int, start: Ints, end: Ints, cost: Ints) -> tuple[Ints, Ints, Ints]:
    near = cost <= most
    return start[near], end[near], cost[near]


def _graph(start: Ints, end: Ints, cost: Ints, size: int) -> csr_array:
    return csr_array((cost.astype(np.float64), (start, end)), shape=(size, size))


def _circling(
    most: int, start: Ints, end: Ints, cost: Ints, size: int
) -> tuple[Ints, Ints, Ints | None]:
    """Return the arcs that are part of a circle which costs no more than `most`, and its cost.

    Where too many people are on circles, the costs are None and there may be arcs too many.
    """
    start, end, cost = _up_to(most, start, end, cost)
    circles = connected_components(_graph(start, end, cost, size), connection="strong")[1]
    inside = circles[start] == circles[end]
    start, end, cost = start[inside], end[inside], cost[inside]
    nodes = np.unique(start)
    if len(nodes) > _NODES:
        return start, end, None
    a, b = np.searchsorted(nodes, start), np.searchsorted(nodes, end)
    around = cost + dijkstra(_graph(a, b, cost, len(nodes)), limit=float(most))[b, a]
    near = around <= most
    return start[near], end[near], around[near].astype(np.int64)


def nearby_of(matching: Matching) -> Nearby | None:
    """Return what changes lose; None where whole prices of the total do not tell."""
    if tuple(matching.stages) not in KNOWN or not only_bans_and_locks(matching.problem):
        return None
    if 0 in matching.problem.shape or not by_whole_prices(matching):
        return None
    total = matching.root_prices("total")
    if max(total.coverage, int(np.abs(total.mentors).max(initial=0))) >= _LARGEST // 2:
        return None
    found = Nearby(matching)
    return found if found.sound else None
