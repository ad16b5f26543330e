"""The cheapest way to loosen bounds until all can be kept, as an integer program for HiGHS.

Every demand may be missed by whole units, each at a price; places, demand and impossible pairs stay
(elastic programming: Brown and Graves 1975; Chinneck 2008, doi:10.1007/978-0-387-74932-7). The
program counts pairs between classes of people who are alike, and where these are many it starts
from few of them and is given more as its prices ask for them (Gilmore and Gomory 1961).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.classes import Classes, classes_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Up to so many pairs of classes, all are in the program from the start.
_CELLS = 20_000
_FEW = 6
_WHOLE = 1e-6


@dataclass(frozen=True)
class Slack:
    """One bound that may be loosened.

    `kind` is ``"mentee minimum"`` or ``"mentor minimum"`` (`index` is a class), ``"at least"`` or
    ``"at most"`` (`index` is a quota), or ``"ban"``: the locked pair of two classes, each of one
    person, is spared by the ban `index`.
    """

    kind: str
    index: int
    most: int
    pair: tuple[int, int] = (-1, -1)


@dataclass(frozen=True, eq=False)
class Elastic:
    """The program of a problem; `least` solves it."""

    problem: Problem
    classes: Classes
    slacks: tuple[Slack, ...]
    start: Flags

    def least(self, price: Ints, limits: tuple[tuple[Flags, int], ...] = ()) -> Ints | None:
        """Return by how much each bound is loosened, at the lowest price for all of it.

        Parameters
        ----------
        price : numpy.ndarray of int, shape (slacks,)
            Price of a unit of each bound.
        limits : tuple of (flags, int)
            Each says how many units the flagged bounds may be loosened by in all.

        Returns
        -------
        numpy.ndarray of int, shape (slacks,), or None
            None if the limits allow no way.
        """
        every = self.classes.possible | self._spared()
        cells = self.start.copy()
        while True:
            found = self._relaxed(cells, price, limits)
            if found is None:
                if (cells == every).all():
                    return None
                cells = every.copy()
                continue
            value, counts, units, gain = found
            better = (gain > _WHOLE) & self.classes.possible & ~cells
            if not better.any():
                break
            cells |= _best_of(better, gain)
        if _is_whole(counts) and _is_whole(units):
            return np.rint(units).astype(np.int64)
        lowest = int(np.ceil(value - 1e-4))
        for some in (cells, every):
            whole = self._whole(some, price, limits)
            if whole is not None and (int(whole @ price) <= lowest or some is every):
                return whole
        return None

    def _spared(self) -> Flags:
        found = np.zeros_like(self.classes.possible)
        for slack in self.slacks:
            if slack.kind == "ban":
                found[slack.pair] = True
        return found

    def _rows(
        self, a: Ints, b: Ints, limits: tuple[tuple[Flags, int], ...]
    ) -> tuple[sparse.csr_array, Floats]:
        """Return A and b of ``A (counts, units) <= b``; the order is that of `_gain`."""
        mentees, mentors = self.classes.mentees, self.classes.mentors
        p, q = len(a), len(self.slacks)
        blocks, bound = [], []
        for side, who in ((mentees, a), (mentors, b)):
            size = len(side.count)
            ones = sparse.csr_array((np.ones(p), (who, np.arange(p))), shape=(size, p + q))
            blocks.append(ones)
            bound.append((side.count * side.high).astype(float))
        if q:
            lines, most = zip(*(self._line(slack, a, b) for slack in self.slacks), strict=True)
            left = sparse.vstack([sparse.csr_array(line[None, :]) for line in lines])
            blocks.append(sparse.hstack([left, -sparse.eye_array(q)], format="csr"))
            bound.append(np.array(most))
        for flags, limit in limits:
            blocks.append(sparse.csr_array(np.concatenate([np.zeros(p), flags])[None, :]))
            bound.append(np.array([float(limit)]))
        return sparse.vstack(blocks, format="csr"), np.concatenate(bound)

    def _line(self, slack: Slack, a: Ints, b: Ints) -> tuple[Floats, float]:
        """Return what pairs of classes count in the bound of a slack, and that bound."""
        mentees, mentors, k = self.classes.mentees, self.classes.mentors, slack.index
        if slack.kind == "mentee minimum":
            return -(a == k).astype(float), -float(mentees.count[k] * mentees.low[k])
        if slack.kind == "mentor minimum":
            return -(b == k).astype(float), -float(mentors.count[k] * mentors.low[k])
        if slack.kind == "ban":
            return ((a == slack.pair[0]) & (b == slack.pair[1])).astype(float), 0.0
        quota = self.problem.quotas[k]
        inside = quota.pairs.at(mentees.first[a], mentors.first[b]).astype(float)
        if slack.kind == "at least":
            return -inside, -float(quota.at_least)
        return inside, float(quota.at_most or 0)

    def _limits_of(self, a: Ints, b: Ints) -> Floats:
        mentees, mentors = self.classes.mentees, self.classes.mentors
        most = [float(slack.most) for slack in self.slacks]
        return np.concatenate([mentees.count[a] * mentors.count[b], most]).astype(float)

    def _relaxed(
        self, cells: Flags, price: Ints, limits: tuple[tuple[Flags, int], ...]
    ) -> tuple[float, Floats, Floats, Floats] | None:
        """Solve the linear program: its value, pairs, units, and what each cell would gain."""
        a, b = np.nonzero(cells)
        p = len(a)
        rows, bound = self._rows(a, b, limits)
        found = linprog(
            np.concatenate([np.zeros(p), price]),
            A_ub=rows,
            b_ub=bound,
            bounds=np.column_stack([np.zeros(p + len(price)), self._limits_of(a, b)]),
            method="highs-ds",
        )
        if found.x is None:
            return None
        dual = found.ineqlin.marginals
        n, m = self.classes.possible.shape
        gain: Floats = dual[:n, None] + dual[None, n : n + m]
        every = np.indices((n, m)).reshape(2, -1)
        for pay, slack in zip(dual[n + m :], self.slacks, strict=False):
            if not pay:
                continue
            if slack.kind == "mentee minimum":
                gain[slack.index] -= pay
            elif slack.kind == "mentor minimum":
                gain[:, slack.index] -= pay
            else:
                gain += pay * self._line(slack, *every)[0].reshape(n, m)
        return float(found.fun), found.x[:p], found.x[p:], gain

    def _whole(
        self, cells: Flags, price: Ints, limits: tuple[tuple[Flags, int], ...]
    ) -> Ints | None:
        a, b = np.nonzero(cells)
        p = len(a)
        rows, bound = self._rows(a, b, limits)
        found = milp(
            np.concatenate([np.zeros(p), price]),
            integrality=np.ones(p + len(price)),
            bounds=Bounds(0.0, self._limits_of(a, b)),
            constraints=LinearConstraint(rows, -np.inf, bound),
            options={"mip_rel_gap": 0.0},
        )
        return None if found.x is None else np.rint(found.x[p:]).astype(np.int64)


def elastic(problem: Problem) -> Elastic:
    """Return the elastic program of a problem, whose scores only say what is possible."""
    classes = classes_of(problem)
    mentees, mentors = classes.mentees, classes.mentors
    slacks = []
    for kind, side in (("mentee minimum", mentees), ("mentor minimum", mentors)):
        for k in np.flatnonzero(side.low).tolist():
            slacks.append(Slack(kind, k, int(side.count[k] * side.low[k])))
    for k, quota in enumerate(problem.quotas):
        if quota.at_least:
            slacks.append(Slack("at least", k, quota.at_least))
        if quota.at_most:
            slacks.append(Slack("at most", k, problem.most_pairs))
    free = np.isfinite(problem.scores)
    for i, j in locked_pairs(problem):
        for k, quota in enumerate(problem.quotas):
            if quota.is_ban and free[i, j] and bool(quota.pairs.at(i, j)):
                pair = int(mentees.of[i]), int(mentors.of[j])
                slacks.append(Slack("ban", k, 1, pair))
    made = Elastic(problem, classes, tuple(slacks), _first(classes.possible))
    return Elastic(problem, classes, tuple(slacks), made.start | made._spared())


def locked_pairs(problem: Problem) -> list[tuple[int, int]]:
    """Return the pairs that a quota of their own demands, each once."""
    found = {
        (int(quota.pairs.exceptions[0, 0]), int(quota.pairs.exceptions[0, 1]))
        for quota in problem.quotas
        if quota.at_least and is_single(quota.pairs.table, quota.pairs.exceptions)
    }
    return sorted(found)


def is_single(table: Flags, exceptions: Ints) -> bool:
    """Say whether a set of pairs is one listed pair."""
    return not table.any() and len(exceptions) == 1


def _first(possible: Flags) -> Flags:
    """Mark the pairs of classes that the program starts with."""
    if possible.size <= _CELLS:
        return possible.copy()
    # Any will do: prices ask for what is missing.
    drawn = np.where(possible, np.random.default_rng(0).random(possible.shape), 2.0)
    found = np.zeros_like(possible)
    for axis in (0, 1):
        few = min(_FEW, possible.shape[axis])
        best = np.argpartition(drawn, few - 1, axis=axis).take(np.arange(few), axis=axis)
        np.put_along_axis(found, best, True, axis=axis)
    return found & possible


def _best_of(better: Flags, gain: Floats) -> Flags:
    """Keep the few best cells of each mentee class, of those that would help."""
    few = min(_FEW, better.shape[1])
    kept = np.where(better, gain, -np.inf)
    best = np.argpartition(kept, better.shape[1] - few, axis=1)[:, -few:]
    found = np.zeros_like(better)
    np.put_along_axis(found, best, True, axis=1)
    return found & better


def _is_whole(numbers: Floats) -> bool:
    return bool((np.abs(numbers - np.rint(numbers)) < _WHOLE).all())
