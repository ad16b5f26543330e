"""What each mentee earns at most at given prices, where scores are inner products.

Inner products in float32 tell with a proven error which mentors can be a mentee's best; their
scores are then reckoned exactly. A mentee of whom float32 does not tell is read exactly. So the
answer is that of the exact scores, and the scores cost one pass in float32. Nothing here is shared
with the solvers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.grid import SCORE_BITS
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]

#: Mentees and mentors of a tile, and mentees that one thread reads at a time.
ROWS, COLUMNS, SHARE = 256, 2048, 2048
#: Scores that are read exactly at a time, and possible best ones of a mentee before all are.
_CELLS, _MOST = 2**19, 64
_STEPS = 2.0**SCORE_BITS
_ROUNDING = 2.0**-24  # relative, of float32
_LOWEST = np.finfo(np.float32).min


def best_earnings(
    problem: Problem, prices: Ints, scale: int, *, scoring: bool, floor: int, n_jobs: int = 1
) -> Floats:
    """Return the most that each mentee earns by one pair, shape (n,), and -inf below a floor.

    Parameters
    ----------
    problem : Problem
        Its scores are `Encodings`.
    prices : numpy.ndarray of int, shape (m,)
        What a mentor costs, in steps of the grid times `scale`; below 2**52.
    scale : int
        Prices to a step of the grid.
    scoring : bool
        Whether a pair earns its score; if not, it only costs its price.
    floor : int
        Nobody need be told who earns less.
    n_jobs : int
        Threads, -1 for one a core.
    """
    n, m = problem.shape
    found = np.full(n, -np.inf)
    if not m:
        return found
    reading = _Reading(problem, prices, scale, scoring, floor)
    order = np.argsort(reading.row_kinds, kind="stable")
    ends = np.cumsum(np.bincount(reading.row_kinds, minlength=len(reading.forbidden.table)))
    parts = [
        (kind, rows[start : start + SHARE])
        for kind, rows in enumerate(np.split(order, ends[:-1]))
        for start in range(0, len(rows), SHARE)
    ]
    jobs = effective_n_jobs(n_jobs)
    with threadpool_limits(1, "blas"):
        if jobs == 1 or len(parts) < 2:
            done = [reading.read(*part) for part in parts]
        else:
            done = Parallel(jobs, require="sharedmem")(
                delayed(reading.read)(*part) for part in parts
            )
    for (_, rows), best in zip(parts, done, strict=True):
        found[rows] = best
    return found


@dataclass(frozen=True, eq=False)
class _Group:
    """The mentors whom the mentees of a kind may have, as far as kinds tell."""

    columns: Ints
    taken: Singles  # what a mentor costs more than the cheapest, negative, in units of score
    offset: float  # what the cheapest costs, in steps
    error: float  # of what float32 says a pair earns, in units of score
    least: Singles  # what a pair earns whose score is the lowest possible one


class _Reading:
    """A problem at given prices."""

    def __init__(
        self, problem: Problem, prices: Ints, scale: int, scoring: bool, floor: int
    ) -> None:
        fit = problem.scores
        if not isinstance(fit, Encodings):
            raise TypeError("only inner products are read in float32")
        n, m = problem.shape
        self.problem, self.fit, self.scale, self.scoring = problem, fit, scale, scoring
        self.prices, self.floor = prices.astype(np.float64), floor
        forbidden = Pairs.listed([])
        for quota in problem.quotas:
            if quota.is_ban:
                forbidden = forbidden | quota.pairs
        self.forbidden = forbidden
        nobody = np.zeros(max(n, m), np.int64)
        self.row_kinds = nobody[:n] if forbidden.mentee_groups is None else forbidden.mentee_groups
        self.col_kinds = nobody[:m] if forbidden.mentor_groups is None else forbidden.mentor_groups
        sizes = np.bincount(self.col_kinds, minlength=forbidden.table.shape[1])
        self.by_kind = np.split(np.argsort(self.col_kinds, kind="stable"), np.cumsum(sizes)[:-1])
        #: Whether every pair that is not banned is possible.
        self.plain = problem.minimum_score <= -fit.largest

    def group(self, kind: int) -> _Group:
        """Return the mentors of a kind of mentees, without those who are nobody's best."""
        allowed = np.flatnonzero(~self.forbidden.table[kind])
        columns = np.concatenate([np.zeros(0, np.int64), *(self.by_kind[k] for k in allowed)])
        unit, longest, costs = self.scale * _STEPS, self.fit.largest, self.prices[columns]
        if self.scoring:
            near = costs <= longest * unit + self.scale - self.floor
            i = self.forbidden.exceptions[:, 0]
            most = int(np.bincount(i[self.row_kinds[i] == kind]).max(initial=0))
            if self.plain and most < len(costs):
                # One of the cheapest is possible, and better than who costs two scores more.
                dear = float(np.partition(costs, most)[most])
                near &= costs <= dear + (2 * longest + 2 / _STEPS) * unit
            columns, costs = columns[near], costs[near]
        offset = float(costs.min(initial=2.0**52))
        # The difference of whole numbers below 2**52 is exact; so is the division by a power of 2.
        taken = (offset - costs) / unit if self.scoring else np.zeros(len(costs))
        terms = self.fit.mentors.shape[1] + 8
        # Higham 2002, section 3.1, and what rounds prices and bars; scores are on the grid, too.
        relative = 1.01 * _ROUNDING * terms / (1 - _ROUNDING * terms)
        error = relative * (longest - float(taken.min(initial=0.0))) + 0.51 / _STEPS
        least = (taken + self.problem.minimum_score - error).astype(np.float32)
        least = np.nextafter(least, np.float32(-np.inf))
        return _Group(columns, taken.astype(np.float32), offset, error, least)

    def tile(self, group: _Group, some: Ints | slice) -> Singles:
        """Return what encodes some mentors, one a column, with a row that takes off the price."""
        encoded = self.fit.mentors[group.columns[some]]
        return np.concatenate([encoded, group.taken[some, None]], axis=1).T

    def read(self, kind: int, rows: Ints) -> Floats:
        """Return the most that some mentees of one kind earn."""
        group = self.group(kind)
        reckon = self._by_scores if self.scoring else self._by_prices
        best, unsure = reckon(rows, group)
        here = np.flatnonzero(unsure)
        step = max(1, _CELLS // self.problem.shape[1])
        for start in range(0, len(here), step):
            some = here[start : start + step]
            best[some] = self._exactly(rows[some])
        return best

    def _exactly(self, rows: Ints) -> Floats:
        steps = self.problem.steps(rows)
        if not self.scoring:
            steps[steps > -np.inf] = 0.0
        steps *= self.scale
        steps -= self.prices
        best: Floats = steps.max(axis=1)
        return best

    def _by_scores(self, rows: Ints, group: _Group) -> tuple[Floats, Flags]:
        """Return what mentees earn who get a score, and of whom that is not sure."""
        size = len(rows)
        encoded = np.concatenate([self.fit.mentees[rows], np.ones((size, 1), np.float32)], axis=1)
        # Only mentors within two errors of the best one, and of the floor, can be the best.
        reach = np.float32(2.01 * group.error)
        floor = (self.floor + group.offset) / (self.scale * _STEPS)
        bar = np.full(size, floor - 1e-6 * abs(floor) - 2.01 * group.error).astype(np.float32)
        struck = self._struck(rows, group.columns)
        found: list[tuple[Ints, Ints, Singles]] = []
        many = np.zeros(size, np.bool_)
        room = np.empty(ROWS * COLUMNS, np.float32)
        for first in range(0, len(group.columns), COLUMNS):
            some = slice(first, first + COLUMNS)
            right = self.tile(group, some)
            for start in range(0, size, ROWS):
                part = slice(start, min(start + ROWS, size))
                gain = np.dot(encoded[part], right, out=_shaped(room, encoded[part], right))
                self._strike(gain, struck, np.arange(start, part.stop), first)
                if not self.plain:
                    gain[gain < group.least[some]] = -np.inf
                top = gain.max(axis=1)
                here = np.flatnonzero((top >= bar[part]) & ~many[part])
                if not len(here):
                    continue
                mine = here + start
                bar[mine] = np.maximum(bar[mine], top[here] - reach)
                near = np.flatnonzero(gain[here] >= bar[mine, None])
                i, j = np.divmod(near, gain.shape[1])
                crowd = np.bincount(i, minlength=len(here)) > _MOST
                many[mine[crowd]] = True
                i, j = i[~crowd[i]], j[~crowd[i]]
                found.append((mine[i], j + first, gain[here[i], j]))
        none = np.zeros(0, np.int64)
        found.append((none, none, none.astype(np.float32)))
        i, j, gain = (np.concatenate(part) for part in zip(*found, strict=True))
        left = gain >= bar[i]
        i, j = i[left], group.columns[j[left]]
        return self._exact_best(rows, i, j, many)

    def _exact_best(self, rows: Ints, i: Ints, j: Ints, unsure: Flags) -> tuple[Floats, Flags]:
        """Return what mentees earn by the best of some pairs, if these are possible."""
        left = ~unsure[i]
        i, j = i[left], j[left]
        worth, possible = self.problem.values_at(rows[i], j)
        # A pair that is not possible hides who else is the best.
        unsure[i[~possible]] = True
        best = np.full(len(rows), -np.inf)
        np.maximum.at(best, i, worth.astype(np.float64) * self.scale - self.prices[j])
        return self._with_spared(rows, best, unsure)

    def _with_spared(self, rows: Ints, best: Floats, unsure: Flags) -> tuple[Floats, Flags]:
        """Add what mentees earn by single pairs that are allowed though their kinds are not."""
        i, j = self.forbidden.exceptions.T
        at = np.searchsorted(rows, i).clip(max=len(rows) - 1)
        here = (rows[at] == i) & self.forbidden.table[self.row_kinds[i], self.col_kinds[j]]
        i, j = at[here], j[here]
        worth, possible = self.problem.values_at(rows[i], j)
        gain = worth.astype(np.float64) * self.scale if self.scoring else np.zeros(len(i))
        np.maximum.at(best, i[possible], (gain - self.prices[j])[possible])
        return best, unsure

    def _by_prices(self, rows: Ints, group: _Group) -> tuple[Floats, Flags]:
        """Return what mentees earn who only pay, and of whom that is not sure."""
        best, hope = np.full(len(rows), -np.inf), np.full(len(rows), -np.inf)
        order = np.argsort(self.prices[group.columns], kind="stable")
        columns = group.columns[order]
        # Struck pairs are impossible also where there is no lowest score.
        gain, least = -self.prices[columns], np.maximum(group.least[order], _LOWEST)
        struck = self._struck(rows, columns)
        sure = np.maximum(np.float32(self.problem.minimum_score + 1.01 * group.error), _LOWEST)
        left = np.arange(len(rows))
        width = COLUMNS if not self.plain else 8
        for first in range(0, len(columns), width):
            # The cheapest first: whoever has found one who is possible needs no other.
            some = slice(first, first + width)
            right = self.tile(group, order[some])[:-1]
            for start in range(0, len(left), ROWS):
                mine = left[start : start + ROWS]
                if self.plain:
                    scores = np.zeros((len(mine), right.shape[1]), np.float32)
                else:
                    scores = self.fit.mentees[rows[mine]] @ right
                self._strike(scores, struck, mine, first)
                for values, bar in ((best, sure), (hope, least[some])):
                    good = scores >= bar
                    k = good.argmax(axis=1)
                    has = good[np.arange(len(mine)), k]
                    values[mine[has]] = np.maximum(values[mine[has]], gain[first + k[has]])
            left = left[best[left] == -np.inf]
            if not len(left):
                break
        return self._with_spared(rows, best, hope > best)

    def _struck(self, rows: Ints, columns: Ints) -> tuple[Ints, Ints]:
        """Return the single banned pairs among these people, as positions, in order."""
        i, j = self.forbidden.exceptions.T
        if not len(i):
            return i, j
        place = np.full(self.problem.shape[1], -1, np.int64)
        place[columns] = np.arange(len(columns))
        at = np.searchsorted(rows, i).clip(max=len(rows) - 1)
        here = (rows[at] == i) & (place[j] >= 0)
        return at[here], place[j[here]]

    def _strike(self, tile: Singles, struck: tuple[Ints, Ints], rows: Ints, first: int) -> None:
        """Make the single banned pairs of some rows impossible, in a tile of columns."""
        i, j = struck
        if not len(i):
            return
        a, b = np.searchsorted(i, (rows[0], rows[-1] + 1))
        at, j = np.searchsorted(rows, i[a:b]), j[a:b] - first
        inside = (rows[at] == i[a:b]) & (j >= 0) & (j < tile.shape[1])
        tile[at[inside], j[inside]] = -np.inf


def _shaped(room: Singles, left: Singles, right: Singles) -> Singles:
    """Return a part of some room that holds the product of two matrices."""
    rows, columns = len(left), right.shape[1]
    return room[: rows * columns].reshape(rows, columns)
