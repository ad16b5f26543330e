"""A stage of a matching problem as a linear or integer program for HiGHS (through SciPy)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mentormatch.matching.proofs import NOTHING_YET, Prices, Reached
from mentormatch.matching.solvers.numbers import Numbers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Binary digits that prices keep below one unit of a stage; more where the total has to be reached,
#: as one step of it is worth little.
FINE, FINEST = 12, 40
_ROOM = 60
_TOLERANCE = 1e-9
_WHOLE = 1e-6


@dataclass(frozen=True)
class Stage:
    """What is optimised, and what has to be reached meanwhile.

    Stages are those of an objective, and two more: ``rules`` keeps all minimums, ``lottery`` adds
    up lottery numbers. For ``worst`` pairs must score more than the claim, for ``leximin`` as few
    as can be score just that and none less, but for the scores that are settled.
    """

    name: str
    reached: Reached = NOTHING_YET
    claim: int | None = None

    @property
    def levels(self) -> list[int]:
        """Scores that leximin has settled."""
        return [level for level, _ in self.reached.levels or ()]

    @property
    def counts_people(self) -> bool:
        """Whether one pair more or less is one unit of the stage."""
        return self.name != "total"

    def open(self, numbers: Numbers) -> Flags:
        """Mark the pairs that may be used."""
        values, found = numbers.values, numbers.possible
        if (lowest := self.reached.floors.get("worst")) is not None:
            found = found & (values >= lowest)
        claim = 0 if self.claim is None else self.claim
        if self.name == "worst":
            found = found & ((values > claim) | np.isin(values, self.levels))
        elif self.name == "leximin":
            found = found & ((values >= claim) | np.isin(values, self.levels))
        elif self.reached.levels is not None:
            found = found & np.isin(values, self.levels)
        return found

    def own(self, numbers: Numbers) -> Ints:
        """Return what each pair adds to the stage, shape (n, m), people covered aside."""
        if self.name in ("kept", "total"):
            return numbers.counted(self.name)
        if self.name == "leximin":
            there: Flags = numbers.values == self.claim
            return -there.astype(np.int64)
        return np.zeros_like(numbers.values)


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
    pays: dict[str, float]
    rungs: Floats
    fine: int
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
        fine = self.fine
        quotas = np.zeros(self.quota_count, np.int64)
        for k, price in self.quotas.items():
            quotas[k] = _whole(price, fine)
        pays = {name: max(int(_whole(pay, fine)), 0) for name, pay in self.pays.items()}
        return Prices(_whole(self.mentors, fine), quotas, pays, fine, _whole(self.rungs, fine))

    def reduced(self, numbers: Numbers, stage: Stage) -> Floats:
        """Return by how much one unit of each pair would better the stage, shape (n, m)."""
        gain = stage.own(numbers).astype(np.float64)
        if stage.name == "coverage":
            gain += (numbers.row_high <= 1)[:, None]
        gain -= self.rows[:, None] + self.mentors
        for name in ("kept", "total"):
            if self.pays.get(name):
                gain += self.pays[name] * numbers.counted(name)
        for level, price in zip(stage.levels, self.rungs, strict=True):
            gain -= price * (numbers.values == level)
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


def _whole(price: Floats | float, fine: int) -> Ints:
    # Prices beyond 64 bits prove nothing, and the certificate says so.
    return np.clip(np.rint(np.ldexp(price, fine)), -(2.0**61), 2.0**61).astype(np.int64)


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
    units: dict[str, float]  # what the rows of earlier stages were divided by


def _program(numbers: Numbers, candidate: Flags, stage: Stage, *, exact: bool) -> _Program:
    """Return the program of a stage; its rows are rid of large numbers unless they are `exact`."""
    n, m = numbers.shape
    i, j = np.nonzero(candidate & stage.open(numbers))
    several = np.flatnonzero(numbers.row_high > 1)
    p, q = len(i), len(several)
    place = np.full(n, -1)
    place[several] = np.arange(q)
    blocks: list[sparse.csr_array] = []
    low: list[Floats] = []
    high: list[Floats] = []
    owner: list[tuple[str, int]] = []
    units: dict[str, float] = {}

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
        # Nobody has fewer pairs than none: such bounds are left out.
        low_ = np.where(least > 0, least, -np.inf)
        add(kind, members, low_, most.astype(float), np.arange(size))
    for quota in numbers.all_quotas:
        inside = np.flatnonzero(quota.pairs.at(i, j))
        members = sparse.csr_array(
            (np.ones(len(inside)), (np.zeros(len(inside), int), inside)), shape=(1, p + q)
        )
        add(
            "quota",
            members,
            np.array([float(quota.at_least) if quota.at_least else -np.inf]),
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
    for name, floor in stage.reached.floors.items():
        if name == "worst":
            continue
        if name == "coverage":
            worth = counts
        else:
            worth = np.concatenate([numbers.counted(name)[i, j].astype(float), np.zeros(q)])
        unit = 1.0 if exact or name != "total" else _unit(numbers.values)
        add(
            name,
            sparse.csr_array(worth[None, :] / unit),
            np.array([float(floor) / unit]),
            np.array([np.inf]),
            np.array([0]),
        )
        units[name] = unit
    for k, (level, limit) in enumerate(stage.reached.levels or ()):
        on = np.concatenate([(numbers.values[i, j] == level).astype(float), np.zeros(q)])
        add(
            "rung",
            sparse.csr_array(on[None, :]),
            np.array([-np.inf]),
            np.array([float(limit)]),
            np.array([k]),
        )
    value = np.concatenate([stage.own(numbers)[i, j].astype(float), np.zeros(q)])
    if stage.name == "coverage":
        value = counts
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
        units,
    )


def _unit(values: Ints) -> float:
    """Return the power of two that the largest score comes to."""
    return 2.0 ** int(np.frexp(float(np.abs(values).max(initial=1)))[1] - 1)


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
    program = _program(numbers, candidate, stage, exact=False)
    p, q = len(program.i), len(program.several)
    penalty = max(dearer, 16.0 * (float(np.abs(program.value).max(initial=0)) + 1.0))
    upper = np.flatnonzero(np.isfinite(program.high))
    lower = np.flatnonzero(np.isfinite(program.low))
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
    # A step of the total is as dear to miss as a unit of any other bound, if anything is gained.
    units = program.units if program.value.any() else {}
    dear = np.array([units.get(kind, 1.0) for kind, _ in program.owner])
    cost = penalty * np.concatenate([dear[upper], dear[lower]])
    x, dual = _solved(np.concatenate([-program.value, cost]), matrix, limits, least, most)
    net = np.zeros(len(program.low))
    np.add.at(net, upper, dual[: len(upper)])
    np.add.at(net, lower, -dual[len(upper) :])
    n, m = numbers.shape
    row_price, col_price = net[:n].copy(), net[n : n + m]
    quotas: dict[int, Floats | float] = {}
    pays: dict[str, float] = {}
    rungs = np.zeros(len(stage.levels))
    for (kind, name), price in zip(program.owner[n + m :], net[n + m :], strict=True):
        if kind == "quota":
            quotas[name] = -float(price)
        elif kind == "covered":
            row_price[name] -= price
        elif kind == "rung":
            rungs[name] = price
        else:
            pays[kind] = -float(price) / program.units[kind]
            if kind == "coverage":
                row_price -= pays[kind] * (numbers.row_high <= 1)
    return Relaxed(
        program.i,
        program.j,
        x[:p],
        float(x[p + q :].sum()),
        penalty,
        row_price,
        col_price,
        quotas,
        pays,
        rungs,
        _fine(numbers, stage, pays, col_price),
        numbers.quota_count,
        numbers.shape,
    )


def _solved(
    cost: Floats, matrix: sparse.csr_array, limits: Floats, least: Floats, most: Floats
) -> tuple[Floats, Floats]:
    """Return the cheapest point below the limits, and what each limit is worth."""
    if not len(cost):
        return np.zeros(0), np.zeros(0)
    found = linprog(
        cost,
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
    return found.x, -found.ineqlin.marginals


def _fine(numbers: Numbers, stage: Stage, pays: dict[str, float], mentors: Floats) -> int:
    """Return how many binary digits prices keep, so that sums of them stay within 64 bits."""
    if stage.name == "total" or "total" not in stage.reached.floors:
        return FINE
    largest = abs(pays["total"]) * float(np.abs(numbers.values).max(initial=0))
    largest += float(np.abs(mentors).max(initial=0)) + pays.get("coverage", 0.0) + 1.0
    spare = int(np.frexp(largest * (numbers.values.size + 1))[1])
    return int(np.clip(_ROOM - spare, FINE, FINEST))


def whole(numbers: Numbers, candidate: Flags, stage: Stage) -> tuple[Ints, Ints] | None:
    """Return the pairs of the best whole answer among candidates, or None if there is none."""
    program = _program(numbers, candidate, stage, exact=True)
    p, q = len(program.i), len(program.several)
    if p == 0:
        empty = np.zeros(0, np.int64)
        return None if ((program.low > 0) | (program.high < 0)).any() else (empty, empty)
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
