"""A matching under side quotas as a network with side constraints: candidates, flow and prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.pivots import UNFINISHED, inverted, pivot
from mentormatch.matching.solvers.spanning import (
    BESIDE,
    ENDLESS,
    LOWER,
    TREE,
    UPPER,
    Arcs,
    Sides,
    Tree,
    flows,
    hang,
    label_all,
    regrown,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[np.int8]
Flags = NDArray[np.bool_]

_NUDGE = 0.004  # how far all supplies together are off, so that nothing ties
_ROUND = 1e-5


@dataclass(frozen=True, eq=False)
class Bounded:
    """A side quota that can bind: its place among the problem's quotas, and its bounds."""

    index: int
    least: int
    most: int | None


@dataclass(frozen=True, eq=False)
class Basis:
    """Where arcs stand, the tree, and the arcs beside it."""

    state: Small
    parent: Ints
    arc: Ints
    beside: Ints


class _Laid:
    """Arcs that are being laid."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Ints, Floats, Ints, Floats]] = []
        self.size = 0

    def lay(
        self,
        tail: Ints,
        head: int,
        worth: int,
        most: Ints | Floats | float,
        give: float = 0.0,
        cell: int = 0,
    ) -> Ints:
        """Lay arcs to one node, and return their numbers; limits are true ones and what to give."""
        size = len(tail)
        true = np.broadcast_to(np.asarray(most, np.float64), (size,))
        ends = np.full(size, head), np.full(size, worth)
        self.parts.append((tail, *ends, true + give, np.full(size, cell), true))
        self.size += size
        return np.arange(self.size - size, self.size)

    def arcs(self) -> tuple[Arcs, Floats]:
        """Return the arcs, with nothing on them, and their true limits."""
        tail, head, worth, limit, cell, true = (
            np.concatenate(part) for part in zip(*self.parts, strict=True)
        )
        state, flow = np.zeros(self.size, np.int8), np.zeros(self.size)
        ends = tail.astype(np.int64), head.astype(np.int64)
        return Arcs(*ends, worth.astype(np.int64), limit, cell.astype(np.int64), state, flow), true


class Network:
    """Mentees send units to mentors or to nowhere, and all arcs together obey the side quotas.

    Bounds may be broken at a penalty, so there always is a flow: `penalty` for a unit of a minimum
    or a quota, `person` for a mentee fewer than `covered` who has a mentor.

    Parameters
    ----------
    problem : Problem
        Supplies, places and minimums are taken from it.
    rows, columns : numpy.ndarray of int
        Node of each mentee, from 0, and of each mentor, from 0 as well.
    quotas : sequence of Bounded
        The side quotas; candidates say which of them they belong to.
    person, penalty : int
        In steps of the grid.
    """

    def __init__(
        self,
        problem: Problem,
        rows: Ints,
        columns: Ints,
        quotas: tuple[Bounded, ...],
        person: int,
        penalty: int,
    ) -> None:
        n, m = problem.shape
        self.n, self.m, self.quotas = n, m, quotas
        self.person, self.penalty = person, penalty
        self.demand, self.low = np.empty(n, np.int64), np.empty(n, np.int64)
        self.demand[rows] = np.minimum(problem.mentee_demand, m)
        self.low[rows] = problem.mentee_minimum
        self.capacity, self.least = np.empty(m, np.int64), np.empty(m, np.int64)
        self.capacity[columns] = problem.mentor_capacity
        self.least[columns] = problem.mentor_minimum
        self.demand = np.maximum(self.demand, self.low)
        self.capacity = np.maximum(self.capacity, self.least)
        self.covered = 0
        self.uncovered, self.root = n + m, n + m + 1
        width, nodes = len(quotas), n + m + 2
        draw = np.random.default_rng(1)
        self.nudge = np.zeros(nodes)
        self.nudge[:n] = _NUDGE / (n + m) * draw.uniform(0.5, 1.0, n)
        self.give = _NUDGE / (n + m) * draw.uniform(0.5, 1.0, width)
        self.supply = np.zeros(nodes)
        self.supply[:n] = self.demand
        uses = np.zeros((1 + width, width))
        uses[1:] = -np.eye(width)
        self.kinds: dict[bytes, int] = {}
        self.true = np.zeros(0)
        self._fixed(uses)

    def _fixed(self, uses: Floats) -> None:
        """Lay all arcs but the candidates, and the basis that pairs nobody."""
        width, nodes = len(self.quotas), self.n + self.m + 2
        laid = _Laid()
        in_tree = np.zeros(nodes, np.int64)
        full = self._lay_mentees(laid, in_tree)
        self._lay_mentors(laid, in_tree)
        beside = self._lay_slacks(laid)
        self.first = laid.size
        self.arcs, self.true = laid.arcs()
        self.arcs.state[beside] = BESIDE
        self.arcs.state[full] = UPPER
        none = [np.full(nodes, -1, np.int64) for _ in range(6)]
        none[2] = np.zeros(nodes, np.int64)
        parent, arc, depth, first, after, before = none
        path, used, price = np.zeros(nodes, np.int64), np.zeros((nodes, width)), np.zeros(nodes)
        self.tree = Tree(parent, arc, depth, first, after, before, path, used, price)
        zero, charge = np.zeros(width), np.zeros(len(uses))
        self.sides = Sides(uses, beside, zero, np.zeros((width, width)), charge)
        for v in (self.uncovered, *range(nodes - 2)):
            self.arcs.state[in_tree[v]] = TREE
            hang(v, int(self.arcs.head[in_tree[v]]), int(in_tree[v]), self.tree)
        self._relabel()
        self._refresh()

    def _lay_mentees(self, laid: _Laid, in_tree: Ints) -> Ints:
        """Lay the arcs of those who have nobody; return those that begin at their limit."""
        i = np.arange(self.n)
        least = np.maximum(self.low, 1)
        several = i[self.demand > least]
        full = laid.lay(several, self.root, 0, (self.demand - least)[several])
        free, bound = i[self.low == 0], i[self.low > 0]
        in_tree[free] = laid.lay(free, self.uncovered, 0, ENDLESS)
        in_tree[bound] = laid.lay(bound, self.root, -self.penalty, ENDLESS)
        gate = np.array([self.uncovered])
        self.gate = int(laid.lay(gate, self.root, 0, float(self.n))[0])
        laid.lay(gate, self.root, 0, ENDLESS)
        in_tree[self.uncovered] = self.gate
        return full

    def _lay_mentors(self, laid: _Laid, in_tree: Ints) -> None:
        """Lay the arcs of places that are taken: those that must be, and others."""
        j = np.arange(self.m)
        for some, most, worth in (
            (self.capacity >= self.least, self.capacity - self.least, 0),
            (self.least > 0, self.least, self.penalty),
        ):
            in_tree[self.n + j[some]] = laid.lay(self.n + j[some], self.root, worth, most[some])

    def _lay_slacks(self, laid: _Laid) -> Ints:
        """Lay the slacks of the quotas; return the first of each."""
        here, found = np.array([self.root]), np.zeros(len(self.quotas), np.int64)
        for k, quota in enumerate(self.quotas):
            found[k] = laid.size
            if quota.least:
                laid.lay(here, self.root, self.penalty, float(quota.least), cell=1 + k)
            room = ENDLESS if quota.most is None else float(quota.most - quota.least)
            if room > 0:
                laid.lay(here, self.root, 0, room, self.give[k], 1 + k)
            if quota.most is not None:
                laid.lay(here, self.root, -self.penalty, ENDLESS, cell=1 + k)
        return found

    def cover(self, covered: int) -> None:
        """Ask for so many mentees with a mentor, at the price of a person for each one fewer."""
        free = int((self.demand > 0).sum()) - covered
        self.covered = covered
        arcs, gate = self.arcs, self.gate
        self.true[gate] = max(float(free), 0.0)
        arcs.limit[gate] = self.true[gate] + 2 * self.nudge.sum()
        arcs.worth[gate + 1] = -self.person
        if arcs.state[gate] == TREE and arcs.flow[gate] > arcs.limit[gate]:
            # Whoever is left out beyond that pays: the other gate takes the place in the tree.
            arcs.state[gate], arcs.state[gate + 1] = UPPER, TREE
            self.tree.arc[self.uncovered] = gate + 1
            self._relabel()
        self._refresh()

    def dearer(self, factor: int) -> None:
        """Make every broken bound cost so many times as much."""
        for value in (self.penalty, self.person):
            worth = self.arcs.worth[: self.first]
            worth[np.abs(worth) == value] *= factor
        self.penalty, self.person = self.penalty * factor, self.person * factor
        self._relabel()

    def _relabel(self) -> None:
        label_all(self.arcs, self.tree, self.sides)

    def _refresh(self) -> None:
        """Reckon the flow anew from the basis."""
        flows(
            self.arcs,
            self.tree,
            self.sides,
            self.supply + self.nudge,
            self.arcs.limit,
            self.arcs.flow,
        )

    def add(self, i: Ints, j: Ints, worth: Ints, member: Flags) -> None:
        """Add candidates between nodes, each with the side quotas that it belongs to."""
        uses = list(self.sides.uses)
        kinds = np.empty(len(i), np.int64)
        packed = np.packbits(member, axis=1) if member.shape[1] else np.zeros((len(i), 1), np.uint8)
        some, first, of = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        codes = np.empty(len(some), np.int64)
        for k, at in enumerate(first):
            key = some[k].tobytes()
            if key not in self.kinds:
                self.kinds[key] = len(uses)
                uses.append(member[at].astype(float))
            codes[k] = self.kinds[key]
        kinds = codes[of.reshape(-1)]
        sides = self.sides
        table = np.array(uses).reshape(len(uses), len(self.quotas))
        self.sides = Sides(table, sides.beside, sides.price, sides.inverse, table @ sides.price)
        once = (self.demand[i] <= 1) | (self.capacity[j] <= 1)
        limit = np.where(once, ENDLESS, 1.0)
        old, size = self.arcs, len(i)
        self.arcs = Arcs(
            np.concatenate([old.tail, i]),
            np.concatenate([old.head, self.n + j]),
            np.concatenate([old.worth, worth]),
            np.concatenate([old.limit, limit]),
            np.concatenate([old.cell, kinds]),
            np.concatenate([old.state, np.zeros(size, np.int8)]),
            np.concatenate([old.flow, np.zeros(size)]),
        )
        self.true = np.concatenate([self.true, limit])

    def improve(self, most: int) -> bool:
        """Make the flow best; say whether it is, after so many pivots at most."""
        arcs = self.arcs
        block = max(int(len(arcs.tail) ** 0.5), 32)
        least = max(1e-3, 2.0**-46 * float(np.abs(arcs.worth).max(initial=1)))
        at, _ = pivot(arcs, self.tree, self.sides, self.first % len(arcs.tail), block, most, least)
        if at < UNFINISHED:
            raise RuntimeError("the network simplex lost its way")
        return at >= 0

    def basis(self) -> Basis:
        """Return where all arcs stand."""
        tree, state = self.tree, self.arcs.state
        return Basis(state.copy(), tree.parent.copy(), tree.arc.copy(), self.sides.beside.copy())

    def restore(self, basis: Basis) -> None:
        """Go back to a basis; candidates that are newer are not used in it."""
        state = self.arcs.state
        state[: len(basis.state)] = basis.state
        state[len(basis.state) :] = LOWER
        self.sides.beside[:] = basis.beside
        regrown(basis.parent, basis.arc, self.tree)
        self._relabel()
        if not inverted(self.arcs, self.tree, self.sides):
            raise RuntimeError("the network simplex lost its way")
        self._refresh()

    def reprice(self, pairs: Ints, worth: Ints) -> None:
        """Let candidates be worth something else from now on; the flow stays as it is."""
        at = pairs + self.first
        self.arcs.worth[at] = worth
        if (self.arcs.state[at] == TREE).any():
            self._relabel()

    def exact(self) -> Floats:
        """Return the flow on all arcs without any nudge."""
        out = np.empty(len(self.true))
        flows(self.arcs, self.tree, self.sides, self.supply.copy(), self.true, out)
        near = np.rint(out)
        return np.where(np.abs(out - near) < _ROUND, near, out)

    def missing(self, flow: Floats) -> tuple[float, float]:
        """Return by how much bounds are broken: people short of those asked for, and others."""
        people = float(flow[self.gate + 1]) if self.arcs.worth[self.gate + 1] else 0.0
        worth = self.arcs.worth[: self.first]
        over = flow[: self.first][worth == -self.penalty].sum()
        under = self.true[: self.first][worth == self.penalty]
        under = (under - flow[: self.first][worth == self.penalty]).sum()
        return people, float(over + under)

    @property
    def rows(self) -> Floats:
        """Price of each mentee's node, shape (n,)."""
        return self.tree.price[: self.n]

    @property
    def mentors(self) -> Floats:
        """Price of a place at each mentor's node, shape (m,)."""
        return -self.tree.price[self.n : self.n + self.m]

    @property
    def pay(self) -> float:
        """What is paid for each mentee who has a mentor."""
        return max(-float(self.tree.price[self.uncovered]), 0.0)
