"""A stage of a matching problem as a linear or integer program for HiGHS (through SciPy)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mentormatch.matching.certificate import Prices
from mentormatch.matching.solvers.numbers import Numbers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Binary digits that prices keep below the score grid.
FINE = 12
_TOLERANCE = 1e-9
_WHOLE = 1e-6


@dataclass(frozen=True)
class Stage:
    """What is optimised, and what has to be reached meanwhile.

    ``kept`` keeps all minimums, ``coverage`` counts mentees matched, ``total`` adds up scores,
    ``lottery`` adds up lottery numbers. `coverage` and `total` are floors.
    """

    name: str
    coverage: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Fixed:
    """Pairs that a case assumes used or unused."""

    used: tuple[tuple[int, int], ...] = ()
    unused: tuple[tuple[int, int], ...] = ()


FREE = Fixed()


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The answer of a linear program, with its dual prices per mentee, mentor and quota."""

    i: Ints
    j: Ints
    x: Floats
    missing: float
    penalty: float
    rows: Floats
    mentors: Floats
    quotas: dict[int, Floats | float]
    coverage: float
    quota_count: int
    shape: tuple[int, int] = field(default=(0, 0))

    @property
    def is_whole(self) -> bool:
        """Whether every pair is wholly used or not at all, and nothing is missing."""
        near: bool = bool((np.abs(self.x - np.rint(self.x)) < _WHOLE).all())
        return near and self.missing <= _WHOLE

    @property
    def chosen(self) -> tuple[Ints, Ints]:
        """Rows and columns of the used pairs."""
        used = self.x > 0.5
        return self.i[used], self.j[used]

    @property
    def used(self) -> Flags:
        """Mark the pairs that are used at least in part."""
        found = np.zeros(self.shape, np.bool_)
        some = self.x > _WHOLE
        found[self.i[some], self.j[some]] = True
        return found

    @cached_property
    def prices(self) -> Prices:
        """The dual prices, rounded to whole numbers."""
        quotas = np.zeros(self.quota_count, np.int64)
        for k, price in self.quotas.items():
            quotas[k] = _fine(price)
        return Prices(_fine(self.mentors), quotas, max(int(_fine(self.coverage)), 0), FINE)

    def reduced(self, numbers: Numbers, stage: Stage) -> Floats:
        """Return by how much one unit of each pair would better the stage, shape (n, m)."""
        if stage.name == "total":
            gain = numbers.values.astype(np.float64)
        else:
            single = float(stage.name == "coverage") * (numbers.row_high <= 1)
            gain = np.broadcast_to(single[:, None], numbers.shape).copy()
        gain = gain - self.rows[:, None] - self.mentors
        for quota in numbers.all_quotas:
            if self.quotas[quota.index]:
                gain += self.quotas[quota.index] * quota.pairs.block(
                    np.arange(numbers.shape[0]), numbers.shape[1]
                )
        return gain

    def most_undecided(self, fixed: Fixed) -> tuple[int, int] | None:
        """Return the pair that is closest to half used."""
        distance = np.abs(self.x - 0.5)
        decided = set(fixed.used) | set(fixed.unused)
        for k in np.argsort(distance, kind="stable"):
            pair = int(self.i[k]), int(self.j[k])
            if pair not in decided:
                return pair
        return None


def _fine(price: Floats | float) -> Ints:
    # Prices beyond 64 bits prove nothing, and the certificate says so.
    return np.clip(np.rint(np.ldexp(price, FINE)), -(2.0**61), 2.0**61).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Program:
    """Rows ``low <= A (x, y) <= high`` over candidate pairs x and covered mentees y."""

    i: Ints
    j: Ints
    several: Ints  # mentees who may have several mentors, each with a variable y
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    value: Floats
    owner: tuple[tuple[str, int], ...]  # what each row speaks of


def _program(numbers: Numbers, candidate: Flags, stage: Stage) -> _Program:
    n, m = numbers.shape
    i, j = np.nonzero(candidate)
    several = np.flatnonzero(numbers.row_high > 1)
    p, q = len(i), len(several)
    place = np.full(n, -1)
    place[several] = np.arange(q)
    blocks: list[sparse.csr_array] = []
    low: list[Floats] = []
    high: list[Floats] = []
    owner: list[tuple[str, int]] = []

    def add(kind: str, members: sparse.csr_array, least: Floats, most: Floats, names: Ints) -> None:
        blocks.append(members)
        low.append(least)
        high.append(most)
        owner.extend((kind, int(name)) for name in names)

    ones = np.ones(p)
    for kind, who, size, least, most in (
        ("row", i, n, numbers.row_low, numbers.row_high),
        ("col", j, m, numbers.col_low, numbers.col_high),
    ):
        members = sparse.csr_array((ones, (who, np.arange(p))), shape=(size, p + q))
        add(kind, members, least.astype(float), most.astype(float), np.arange(size))
    for quota in numbers.all_quotas:
        inside = np.flatnonzero(quota.pairs.at(i, j))
        members = sparse.csr_array(
            (np.ones(len(inside)), (np.zeros(len(inside), int), inside)), shape=(1, p + q)
        )
        add(
            "quota",
            members,
            np.array([float(quota.at_least)]),
            np.array([np.inf if quota.at_most is None else float(quota.at_most)]),
            np.array([quota.index]),
        )
    if q:
        inside = np.flatnonzero(place[i] >= 0)
        members = sparse.csr_array(
            (
                np.concatenate([np.ones(q), -np.ones(len(inside))]),
                (
                    np.concatenate([np.arange(q), place[i[inside]]]),
                    np.concatenate([p + np.arange(q), inside]),
                ),
            ),
            shape=(q, p + q),
        )
        add("covered", members, np.full(q, -np.inf), np.zeros(q), several)
    counts = np.concatenate([(numbers.row_high[i] <= 1).astype(float), np.ones(q)])
    if stage.coverage is not None:
        add(
            "coverage",
            sparse.csr_array(counts[None, :]),
            np.array([float(stage.coverage)]),
            np.array([np.inf]),
            np.array([0]),
        )
    if stage.total is not None:
        worth = np.concatenate([numbers.values[i, j].astype(float), np.zeros(q)])
        add(
            "total",
            sparse.csr_array(worth[None, :]),
            np.array([float(stage.total)]),
            np.array([np.inf]),
            np.array([0]),
        )
    value = np.zeros(p + q)
    if stage.name == "coverage":
        value = counts
    elif stage.name == "total":
        value[:p] = numbers.values[i, j]
    elif stage.name == "lottery":
        value[:p] = numbers.lottery[i, j] >> max(
            int(numbers.lottery.max(initial=1)).bit_length() - 20, 0
        )
    return _Program(
        i,
        j,
        several,
        sparse.vstack(blocks, format="csr"),
        np.concatenate(low),
        np.concatenate(high),
        value,
        tuple(owner),
    )


def relax(
    numbers: Numbers, candidate: Flags, stage: Stage, fixed: Fixed = FREE, dearer: float = 0.0
) -> Relaxed:
    """Solve the linear program of a stage over candidate pairs.

    Every bound may be missed at a high penalty, so that there always are prices; `missing` says
    by how much bounds are missed. `dearer` sets the penalty.
    """
    candidate = candidate.copy()
    for pair in fixed.unused:
        candidate[pair] = False
    for pair in fixed.used:
        candidate[pair] = True
    program = _program(numbers, candidate, stage)
    p, q = len(program.i), len(program.several)
    penalty = max(dearer, 16.0 * (float(np.abs(program.value).max(initial=0)) + 1.0))
    upper = np.flatnonzero(np.isfinite(program.high))
    lower = np.flatnonzero(np.isfinite(program.low) & (program.low > 0))
    rows = len(upper) + len(lower)
    matrix = sparse.hstack(
        [
            sparse.vstack([program.matrix[upper], -program.matrix[lower]]),
            -sparse.eye_array(rows),
        ],
        format="csr",
    )
    limits = np.concatenate([program.high[upper], -program.low[lower]])
    least = np.zeros(p + q + rows)
    for pair in fixed.used:
        least[np.flatnonzero((program.i == pair[0]) & (program.j == pair[1]))] = 1.0
    most = np.concatenate([np.ones(p + q), np.full(rows, np.inf)])
    found = linprog(
        np.concatenate([-program.value, np.full(rows, penalty)]),
        A_ub=matrix,
        b_ub=limits,
        bounds=np.column_stack([least, most]),
        method="highs-ds",
        options={
            "dual_feasibility_tolerance": _TOLERANCE,
            "primal_feasibility_tolerance": _TOLERANCE,
        },
    )
    if found.x is None:
        raise RuntimeError(f"HiGHS could not solve a linear program: {found.message}")
    dual = -found.ineqlin.marginals
    net = np.zeros(len(program.low))
    np.add.at(net, upper, dual[: len(upper)])
    np.add.at(net, lower, -dual[len(upper) :])
    n, m = numbers.shape
    row_price, col_price = net[:n].copy(), net[n : n + m]
    quotas: dict[int, Floats | float] = {}
    coverage = 0.0
    for (kind, name), price in zip(program.owner[n + m :], net[n + m :], strict=True):
        if kind == "quota":
            quotas[name] = -float(price)
        elif kind == "covered":
            row_price[name] -= price
        elif kind == "coverage":
            coverage = -float(price)
            row_price -= coverage * (numbers.row_high <= 1)
    return Relaxed(
        program.i,
        program.j,
        found.x[:p],
        float(found.x[p + q :].sum()),
        penalty,
        row_price,
        col_price,
        quotas,
        coverage,
        numbers.quota_count,
        numbers.shape,
    )


def whole(numbers: Numbers, candidate: Flags, stage: Stage) -> tuple[Ints, Ints] | None:
    """Return the pairs of the best whole answer among candidates, or None if there is none."""
    program = _program(numbers, candidate, stage)
    p, q = len(program.i), len(program.several)
    if p == 0:
        empty = np.zeros(0, np.int64)
        return None if (program.low > 0).any() else (empty, empty)
    found = milp(
        -program.value,
        integrality=np.ones(p + q),
        bounds=Bounds(np.zeros(p + q), np.ones(p + q)),
        constraints=LinearConstraint(program.matrix, program.low, program.high),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    used = found.x[:p] > 0.5
    return program.i[used], program.j[used]
