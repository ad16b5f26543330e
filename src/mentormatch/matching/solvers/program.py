"""A stage of a matching problem as a linear or integer program for HiGHS (through SciPy)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mentormatch.matching.proofs import GROUPED, Prices
from mentormatch.matching.solvers.numbers import Numbers
from mentormatch.matching.solvers.stage import FREE, Fixed, Stage, each, firsts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Binary digits that prices keep below one unit of a stage; more where the total has to be reached,
#: as one step of it is worth little.
FINE, FINEST = 12, 40
_ROOM = 57
_TOLERANCE = 1e-9
_WHOLE = 1e-6


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
    groups: dict[str, Floats]
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
        groups = {name: _whole(np.maximum(one, 0), fine) for name, one in self.groups.items()}
        rungs = _whole(self.rungs, fine)
        return Prices(_whole(self.mentors, fine), quotas, pays, fine, rungs, groups)

    def reduced(self, numbers: Numbers, stage: Stage) -> Floats:
        """Return by how much one unit of each pair would better the stage, shape (n, m)."""
        gain = stage.own(numbers).astype(np.float64)
        n, m = numbers.shape
        gain += (firsts(numbers, stage.name) * (numbers.row_high <= 1))[:, None]
        gain -= self.rows[:, None] + self.mentors
        for name, pay in self.pays.items():
            if pay and name in ("kept", "total"):
                gain += pay * numbers.counted(name)
            elif pay and name in numbers.aims.counts:
                gain += pay * numbers.aims.counts[name].block(np.arange(n), m)
        if "mean" in self.groups:
            gain += each(numbers, self.groups["mean"])[:, None] * numbers.values
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
    """Rows ``low <= A (x, y, z) <= high`` over candidate pairs x and covered mentees y.

    A variable z lets a mentor have one mentee after the first, where load is to be spread.
    """

    i: Ints
    j: Ints
    several: Ints  # mentees who may have several mentors, each with a variable y
    steps: int  # number of variables z
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    value: Floats
    owner: tuple[tuple[str, int], ...]  # what each row speaks of
    units: dict[str, float]  # what the rows of earlier stages were divided by


class _Rows:
    """The rows of a program as they are added."""

    def __init__(self, numbers: Numbers, candidate: Flags, stage: Stage) -> None:
        self.numbers, self.stage = numbers, stage
        self.i, self.j = np.nonzero(candidate & stage.open(numbers))
        self.several = np.flatnonzero(numbers.row_high > 1)
        later = np.repeat(np.arange(numbers.shape[1]), np.maximum(numbers.col_high - 1, 0))
        self.later = later if stage.spreads() else later[:0]
        self.p, self.q, self.z = len(self.i), len(self.several), len(self.later)
        self.blocks: list[sparse.csr_array] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.owner: list[tuple[str, int]] = []
        self.units: dict[str, float] = {}

    @property
    def width(self) -> int:
        """Number of variables."""
        return self.p + self.q + self.z

    def add(self, kind: str, members: sparse.csr_array, least: Any, most: Any, names: Any) -> None:
        """Add rows, each with its bounds and what it speaks of."""
        self.blocks.append(members)
        self.low.append(np.asarray(least, np.float64))
        self.high.append(np.asarray(most, np.float64))
        self.owner.extend((kind, int(name)) for name in names)

    def add_one(self, kind: str, worth: Floats, least: float, most: float, name: int = 0) -> None:
        """Add one row."""
        self.add(kind, sparse.csr_array(worth[None, :]), [least], [most], [name])

    def add_people(self) -> None:
        """Bound everybody's number of pairs."""
        numbers, i, j, p = self.numbers, self.i, self.j, self.p
        n, m = numbers.shape
        for kind, who, size, least, most in (
            ("row", i, n, numbers.row_low, numbers.row_high),
            ("col", j, m, numbers.col_low, numbers.col_high),
        ):
            members = sparse.csr_array((np.ones(p), (who, np.arange(p))), shape=(size, self.width))
            # Nobody has fewer pairs than none: such bounds are left out.
            self.add(kind, members, np.where(least > 0, least, -np.inf), most, np.arange(size))

    def add_quotas(self) -> None:
        """Bound the pairs of each quota."""
        for quota in self.numbers.all_quotas:
            inside = np.flatnonzero(quota.pairs.at(self.i, self.j))
            zeros = np.zeros(len(inside), int)
            members = sparse.csr_array(
                (np.ones(len(inside)), (zeros, inside)), shape=(1, self.width)
            )
            least = float(quota.at_least) if quota.at_least else -np.inf
            most = np.inf if quota.at_most is None else float(quota.at_most)
            self.add("quota", members, [least], [most], [quota.index])

    def add_covered(self) -> None:
        """Let those who may have several mentors count as matched once they have one."""
        p, q = self.p, self.q
        if not q:
            return
        place = np.full(self.numbers.shape[0], -1)
        place[self.several] = np.arange(q)
        inside = np.flatnonzero(place[self.i] >= 0)
        rows = np.concatenate([np.arange(q), place[self.i[inside]]])
        columns = np.concatenate([p + np.arange(q), inside])
        ones = np.concatenate([np.ones(q), -np.ones(len(inside))])
        members = sparse.csr_array((ones, (rows, columns)), shape=(q, self.width))
        self.add("covered", members, np.full(q, -np.inf), np.zeros(q), self.several)

    def add_spread(self) -> None:
        """Let each mentor have one mentee, and more only for points."""
        m = self.numbers.shape[1]
        if not self.z:
            return
        rows = np.concatenate([self.j, self.later])
        columns = np.concatenate([np.arange(self.p), self.p + self.q + np.arange(self.z)])
        ones = np.concatenate([np.ones(self.p), -np.ones(self.z)])
        members = sparse.csr_array((ones, (rows, columns)), shape=(m, self.width))
        self.add("spread col", members, np.full(m, -np.inf), np.ones(m), np.arange(m))

    def add_stages(self, *, exact: bool) -> None:
        """Ask for what earlier stages reached, and for what is claimed of groups."""
        numbers, reached = self.numbers, self.stage.reached
        for name, needs in self.stage.needs(numbers).items():
            codes = numbers.aims.groups
            assert codes is not None, "needs are those of groups"
            unit = self.units[name] = 1.0 if exact or name == "share" else _unit(numbers.values)
            for group in np.flatnonzero(numbers.group_sizes).tolist():
                worth = self.firsts((codes == group).astype(float))
                if name == "mean":
                    inside = codes[self.i] == group
                    worth = self.padded(numbers.values[self.i, self.j] * inside)
                self.add_one(name, worth / unit, float(needs[group]) / unit, np.inf, group)
        for name, floor in reached.floors.items():
            if name == "worst" or name in GROUPED:
                continue
            unit = self.units[name] = 1.0 if exact or name != "total" else _unit(numbers.values)
            self.add_one(name, self.worth(name) / unit, float(floor) / unit, np.inf)
        for k, (level, limit) in enumerate(reached.levels or ()):
            on = self.padded(numbers.values[self.i, self.j] == level)
            self.add_one("rung", on, -np.inf, float(limit), k)

    def padded(self, of_pairs: Any) -> Floats:
        """Return what pairs add, and nothing for the other variables."""
        return np.concatenate([of_pairs, np.zeros(self.q + self.z)]).astype(np.float64)

    def firsts(self, of_mentees: Floats) -> Floats:
        """Give what mentees count for once to their pairs, or to the variables y."""
        single = of_mentees[self.i] * (self.numbers.row_high[self.i] <= 1)
        return np.concatenate([single, of_mentees[self.several], np.zeros(self.z)])

    def worth(self, name: str) -> Floats:
        """Return what each variable adds to a stage."""
        if name == "lottery":
            lots = self.numbers.lottery
            few = max(int(lots.max(initial=1)).bit_length() - 20, 0)
            return self.padded(lots[self.i, self.j] >> few)
        if name == "spread":
            # The second mentee of a mentor takes off 1, the third 2, and so on.
            points = np.arange(self.z) - np.searchsorted(self.later, self.later) + 1
            return np.concatenate([np.zeros(self.p + self.q), -points.astype(np.float64)])
        found = self.firsts(firsts(self.numbers, name))
        claim = self.stage.claim if name == self.stage.name else None
        found[: self.p] += Stage(name, claim=claim).own(self.numbers)[self.i, self.j]
        return found


def _program(numbers: Numbers, candidate: Flags, stage: Stage, *, exact: bool) -> _Program:
    """Return the program of a stage; its rows are rid of large numbers unless they are `exact`."""
    rows = _Rows(numbers, candidate, stage)
    rows.add_people()
    rows.add_quotas()
    rows.add_covered()
    rows.add_spread()
    rows.add_stages(exact=exact)
    return _Program(
        rows.i,
        rows.j,
        rows.several,
        rows.z,
        sparse.vstack(rows.blocks, format="csr"),
        np.concatenate(rows.low),
        np.concatenate(rows.high),
        rows.worth(stage.name),
        tuple(rows.owner),
        rows.units,
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
    p, q = len(program.i), len(program.several) + program.steps
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
    units = dict(program.units) if program.value.any() else {}
    if stage.name == "total" and "mean" in units:
        units["mean"] = 16.0  # its steps are those of the stage; more is beyond HiGHS
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
    groups = {name: np.zeros(len(numbers.group_sizes)) for name in stage.needs(numbers)}
    for (kind, name), price in zip(program.owner[n + m :], net[n + m :], strict=True):
        if kind == "quota":
            quotas[name] = -float(price)
        elif kind == "covered":
            row_price[name] -= price
        elif kind == "rung":
            rungs[name] = price
        elif kind == "spread col":
            col_price[name] += price
        elif kind in GROUPED:
            groups[kind][name] = -float(price) / program.units[kind]
        else:
            pays[kind] = -float(price) / program.units[kind]
            row_price -= pays[kind] * firsts(numbers, kind) * (numbers.row_high <= 1)
    if "share" in groups:
        row_price -= each(numbers, groups["share"]) * (numbers.row_high <= 1)
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
        groups,
        _fine(numbers, stage, pays, col_price, groups.get("mean")),
        numbers.quota_count,
        numbers.shape,
    )


def _solved(
    cost: Floats, matrix: sparse.csr_array, limits: Floats, least: Floats, most: Floats
) -> tuple[Floats, Floats]:
    """Return the cheapest point below the limits, and what each limit is worth."""
    if not len(cost):
        return np.zeros(0), np.zeros(0)
    fine = {"dual_feasibility_tolerance": _TOLERANCE, "primal_feasibility_tolerance": _TOLERANCE}
    # Numbers of very different sizes may be too much for the first way.
    for method, options in (("highs-ds", fine), ("highs-ds", {}), ("highs-ipm", {})):
        bounds = np.column_stack([least, most])
        found = linprog(
            cost, A_ub=matrix, b_ub=limits, bounds=bounds, method=method, options=options
        )
        if found.x is not None:
            break
    else:
        raise RuntimeError(f"HiGHS could not solve a linear program: {found.message}")
    return found.x, -found.ineqlin.marginals


def _fine(
    numbers: Numbers,
    stage: Stage,
    pays: dict[str, float],
    mentors: Floats,
    means: Floats | None,
) -> int:
    """Return how many binary digits prices keep, so that sums of them stay within 64 bits."""
    scored = pays.get("total", 0.0)
    if means is not None:
        scored += float(means.max(initial=0.0))
    elif stage.name == "total" or "total" not in stage.reached.floors:
        return FINE
    scored = abs(scored) + (stage.name == "total")
    largest = scored * float(np.abs(numbers.values).max(initial=0))
    largest += float(np.abs(mentors).max(initial=0)) + 1.0
    largest += sum(abs(pay) for name, pay in pays.items() if name != "total")
    each_row = max(1, int(numbers.row_high.max(initial=1)))
    spare = int(np.frexp(largest * (numbers.shape[0] * each_row + 1))[1])
    return int(np.clip(_ROOM - spare, FINE, FINEST))


def whole(
    numbers: Numbers, candidate: Flags, stage: Stage, seconds: float | None = None
) -> tuple[Ints, Ints] | None:
    """Return the pairs of the best whole answer among candidates, or None if there is none.

    With `seconds`, None as well if none is found within them.
    """
    program = _program(numbers, candidate, stage, exact=True)
    p, q = len(program.i), len(program.several) + program.steps
    if p == 0:
        empty = np.zeros(0, np.int64)
        return None if ((program.low > 0) | (program.high < 0)).any() else (empty, empty)
    found = milp(
        -program.value,
        integrality=np.ones(p + q),
        bounds=Bounds(np.zeros(p + q), np.ones(p + q)),
        constraints=LinearConstraint(program.matrix, program.low, program.high),
        options={"mip_rel_gap": 0.0} | ({} if seconds is None else {"time_limit": seconds}),
    )
    if found.x is None:
        return None
    used = found.x[:p] > 0.5
    return program.i[used], program.j[used]
