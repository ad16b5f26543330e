"""The fairest of the best assignments: low scores as few as can be, the lowest level first.

On the best face so far every pair costs nothing. Level by level, from the lowest score up, the
pairs of a level are made to cost 1, one after the other: where the pairs of the matching can be
moved along a path that costs nothing, they are, and else prices rise by 1 where no path leads. The
prices of a level then prove how few pairs can have it (primal-dual: Kuhn 1955), and what they do
not leave tight is no part of any fairest matching (lexicographic bottleneck assignment: Burkard and
Rendl 1991, doi:10.1016/0167-6377(91)90018-K). Only levels that some pair cannot avoid have to be
proved, so there are at most as many as there are pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.solvers.flow import Choice, assign

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STEEP = 24.0
_BEGIN = 2.0**34
_HUB = -2  # came from a place that is given up, or taken, for nothing


@dataclass(frozen=True, eq=False)
class Rung:
    """A score that some pairs cannot avoid, how many, and the prices of places that prove it."""

    level: int
    count: int
    mentors: Ints


def climb(values: Ints, face: Choice, match: Ints) -> tuple[list[Rung], Choice, Ints]:
    """Return the rungs of the fairest matchings, all of these, and one of them.

    Parameters
    ----------
    values : numpy.ndarray of int, shape (n, m)
        Scores.
    face : Choice
        The matchings to choose from.
    match : numpy.ndarray of int, shape (n,)
        One of them: each row's column, -1 for none.
    """
    walk = _Walk(values, face, _likely(values, face, match))
    rungs = walk.up()
    return rungs, walk.face(face), np.where(walk.match < walk.hub, walk.match, -1)


def _likely(values: Ints, face: Choice, match: Ints) -> Ints:
    """Return a matching with few low scores: the lower a score is, the more it costs by far."""
    levels = np.unique(values[face.possible])
    if len(levels) < 2:
        return match
    place = np.searchsorted(levels, values) / (len(levels) - 1.0)
    worth = 1 - np.exp(-_STEEP * place)
    found = assign(np.rint(_BEGIN * worth).astype(np.int64), face)
    return match if found is None else found


class _Walk:
    """A matching on its way up, and the pairs that cost nothing; the last column is nobody."""

    def __init__(self, values: Ints, face: Choice, match: Ints) -> None:
        n, m = values.shape
        self.values, self.hub = values, m
        self.match = np.where(match >= 0, match, m)
        self.tight = np.ones((n, m + 1), np.bool_)
        self.tight[:, :m] = face.possible
        self.tight[:, m] = face.row_low == 0
        self.slack = np.zeros((n, m + 1), np.int32)
        self.low, self.high = np.append(face.col_low, 0), np.append(face.col_high, 0)
        self.load = np.bincount(self.match, minlength=m + 1)
        self.prices = np.zeros(m + 1, np.int64)
        cells = np.flatnonzero(self.tight[:, :m])
        order = cells[np.argsort(values.ravel()[cells], kind="stable")]
        self.sorted = values.ravel()[order]
        self.order = order // max(m, 1) * (m + 1) + order % max(m, 1)

    def up(self) -> list[Rung]:
        """Raise all levels, and return those that cannot be avoided."""
        rungs: list[Rung] = []
        done = 0
        while True:
            matched = np.flatnonzero(self.match < self.hub)
            own = self.values[matched, self.match[matched]]
            fresh = own if done == 0 else own[own > self.sorted[done - 1]]
            if not len(fresh):
                self.tight.ravel()[self.order[done:]] = False
                return rungs
            level = int(fresh.min())
            first = int(np.searchsorted(self.sorted, level))
            last = int(np.searchsorted(self.sorted, level, "right"))
            self.tight.ravel()[self.order[done:first]] = False
            cells = self.order[first:last]
            if count := self._raised(cells[self.tight.ravel()[cells]]):
                mentors = self.prices[:-1] - self.prices[-1]
                rungs.append(Rung(level, count, mentors))
                self.low = np.where(self.prices > self.prices[-1], self.high, self.low)
                self.high = np.where(self.prices < self.prices[-1], self.low, self.high)
                self.prices = np.zeros_like(self.prices)
                self.slack.fill(0)
            done = last

    def _raised(self, cells: Ints) -> int:
        """Let some cells cost 1 each, and return how many of them the matching cannot avoid."""
        before = None
        rows, columns = np.divmod(cells, self.hub + 1)
        used = self.match[rows] == columns
        self.tight.ravel()[cells[~used]] = False
        self.slack.ravel()[cells[~used]] = 1
        waiting = dict.fromkeys(zip(rows[used].tolist(), columns[used].tolist(), strict=True))
        count = 0
        while waiting:
            (i, j), _ = waiting.popitem()
            self.tight[i, j] = False
            self.slack[i, j] = 1
            came, seen, moved = self._search(i, j)
            if came is not None:
                for row, start, end in self._path(came, i, j):
                    if waiting.pop((row, start), 0) is None:
                        self.tight[row, start] = False
                        self.slack[row, start] = 1
                    self.match[row] = end
                    self.load[start] -= 1
                    self.load[end] += 1
                continue
            count += 1
            if before is None:
                before = self.tight.copy()
                before.ravel()[cells] = True
            self.prices += seen
            nearer, farther = moved[:, None] & ~seen, ~moved[:, None] & seen
            self.slack += farther
            self.slack -= nearer
            self.tight &= ~farther
            self.tight |= nearer & before & (self.slack == 0)
        if count == 0:
            self.slack.ravel()[cells] = 0
        return count

    def _search(self, i: int, goal: int) -> tuple[Ints | None, Flags, Flags]:
        """Look for a path along which a row leaves its column at no cost.

        Return where each column was reached from (None where the goal was not), which columns were
        reached, and which rows could move.
        """
        hub, tight = self.hub, self.tight
        level = self.prices == self.prices[hub]
        spare, givable = (self.load < self.high) & level, (self.load > self.low) & level
        spare[hub] = givable[hub] = False
        came = np.full(hub + 1, -1, np.int64)
        seen, moved = np.zeros(hub + 1, np.bool_), np.zeros(len(self.match), np.bool_)
        front = np.array([i])
        moved[i] = True
        while len(front):
            some = tight[front]
            new = some.any(axis=0) & ~seen
            columns = np.flatnonzero(new)
            came[columns] = front[some[:, columns].argmax(axis=0)]
            seen |= new
            if not seen[hub] and (filled := new & spare).any():
                came[hub] = _HUB - int(filled.argmax())
                seen[hub] = new[hub] = True
            if new[hub]:
                left = givable & ~seen
                came[left] = _HUB - hub
                seen |= left
                new |= left
            if seen[goal]:
                return came, seen, moved
            front = np.flatnonzero(new[self.match] & ~moved)
            moved[front] = True
        return None, seen, moved

    def _path(self, came: Ints, i: int, goal: int) -> list[tuple[int, int, int]]:
        """Return who moves on the way to a column: the row, where from, where to."""
        found, node = [], goal
        while True:
            row = int(came[node])
            if row < 0:
                node = _HUB - row
                continue
            start = goal if row == i else int(self.match[row])
            found.append((row, start, node))
            if row == i:
                return found
            node = start

    def face(self, face: Choice) -> Choice:
        """Return all matchings that are as fair."""
        must = face.row_low.astype(np.bool_) | ~self.tight[:, self.hub]
        return replace(
            face,
            possible=self.tight[:, : self.hub].copy(),
            row_low=np.where(must, 1, 0),
            col_low=self.low[:-1],
            col_high=self.high[:-1],
        )
