"""What a ladder proves: each rung among the pairs, people and places that the rungs below leave.

Where the prices of a rung are met exactly, every matching that is as good uses nothing but pairs
that pay their mentee best, matches every mentee who earns something, and fills every place that
costs something (complementary slackness; for several aims in order: Isermann 1982,
doi:10.1007/BF01782758). So the next rung is proved among those alone. The problem is read afresh,
one block of mentees at a time, and no code is shared with the solvers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import UNKNOWN, Ladder, Prices, Reached
from mentormatch.matching.reckoning import NEVER

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_BLOCK = 2**20  # cells read at a time
_LARGEST = -int(NEVER) // 4


@dataclass(frozen=True, eq=False)
class _Step:
    """One rung: its prices, what pairs count in it, and what its matching is worth.

    `level` is the score whose pairs count -1 each; pairs between it and the level `below` may not
    be used. Without a level, pairs count what they do for `stage`.
    """

    prices: Prices
    value: int
    level: int | None = None
    below: int | None = None
    stage: str = ""


def unproved(problem: Problem, ladder: Ladder, stage: str, reached: Reached, value: Any) -> int:
    """Return by how much a ladder leaves a stage unproved; 0 if it is proved.

    The parameters are those of `mentormatch.matching.bounds.shortfall`. A stage after ``leximin``
    is proved by a ladder with one more rung.
    """
    levels = value if stage == "leximin" else reached.levels
    own = 0 if stage == "leximin" else 1
    if ladder.start is None or levels is None or len(ladder.rungs) != len(levels) + own:
        return UNKNOWN
    demand = np.minimum(problem.mentee_demand, problem.shape[1])
    if (demand > 1).any() or (problem.mentee_minimum > 1).any():
        return UNKNOWN
    steps, below = [_Step(ladder.start, 0)], None
    for rung, (level, count) in zip(ladder.rungs, levels, strict=False):
        if not isinstance(rung, Prices):
            return UNKNOWN
        steps.append(_Step(rung, -int(count), int(level), below))
        below = int(level)
    if own:
        rung = ladder.rungs[-1]
        if not isinstance(rung, Prices):
            return UNKNOWN
        steps.append(_Step(rung, int(value), below=below, stage=stage))
    if any(step.prices.fine or len(step.prices.rungs) or step.prices.groups for step in steps):
        return UNKNOWN
    worths = _worths(problem, steps, reached)
    if isinstance(worths, int):
        return worths
    lefts = (worth - step.value for worth, step in zip(worths, steps, strict=True))
    return next((left for left in lefts if left), 0)


def _worths(problem: Problem, steps: list[_Step], reached: Reached) -> list[int] | int:
    """Return the bound of each step; or what is left unproved, where there is no bound."""
    n, m = problem.shape
    if any(len(step.prices.mentors) != m for step in steps):
        raise ValueError(f"a rung of a proof has no price for each of {m} mentors")
    named = ("coverage", "kept", "total", *problem.aims.counts)
    pays = [
        {
            name: pay
            for name in named
            if name in reached.floors and (pay := int(step.prices.pays.get(name, 0)))
        }
        for step in steps
    ]
    worths = []
    low, high = problem.mentor_minimum, np.minimum(problem.mentor_capacity, max(n, 1))
    high = np.maximum(low, high)
    for step, paid in zip(steps, pays, strict=True):
        v = step.prices.mentors
        sides = zip(v.tolist(), low.tolist(), high.tolist(), strict=True)
        worth = sum(price * (most if price > 0 else least) for price, least, most in sides)
        worth -= sum(each * reached.floors[name] for name, each in paid.items())
        for k, quota in enumerate(problem.quotas):
            price = int(step.prices.quotas[k])
            if price and not quota.is_ban:
                if price < 0 and quota.at_most is None:
                    raise ValueError(f"quota {quota.name!r} has no upper bound and cannot charge")
                worth -= price * (quota.at_least if price > 0 else int(quota.at_most or 0))
        worths.append(worth)
        low, high = np.where(v > 0, high, low), np.where(v < 0, low, high)
    size = max(1, _BLOCK // max(m, 1))
    for first in range(0, n, size):
        rows = np.arange(first, min(n, first + size))
        block = _Block(problem, rows, steps, pays, reached)
        for k, (step, paid) in enumerate(zip(steps, pays, strict=True)):
            earned = block.earned(step, paid)
            if earned is None:
                return -1  # no matching at all would do
            if earned >= UNKNOWN:
                return UNKNOWN
            worths[k] += earned
    return worths


class _Block:
    """Some mentees who choose for themselves, rung by rung, from what is left to them."""

    def __init__(
        self,
        problem: Problem,
        rows: Ints,
        steps: list[_Step],
        pays: list[dict[str, int]],
        reached: Reached,
    ) -> None:
        m = problem.shape[1]
        values, possible = problem.values(rows)
        possible = possible & (problem.mentee_demand[rows] > 0)[:, None]
        if "worst" in reached.floors:
            possible &= values >= reached.floors["worst"]
        i, j = np.nonzero(possible)
        self.problem, self.must = problem, problem.mentee_minimum[rows] > 0
        self.i, self.j, self.values = i, j, values[i, j]
        counted = {name for pay in pays for name in pay} | {step.stage for step in steps}
        self.counts: dict[str, Ints] = {}
        for name in sorted(counted):
            if name == "kept":
                self.counts[name] = problem.announced.at(rows[i], j).astype(np.int64)
            elif (count := problem.aims.counts.get(name)) is not None:
                self.counts[name] = count.block(rows, m)[i, j] + count.firsts(rows)[i]
        self.sets = {
            k: quota.pairs.at(rows[i], j)
            for k, quota in enumerate(problem.quotas)
            if not quota.is_ban and any(step.prices.quotas[k] for step in steps)
        }

    def _keep(self, some: Flags) -> None:
        if some.all():
            return
        self.i, self.j, self.values = self.i[some], self.j[some], self.values[some]
        self.counts = {name: count[some] for name, count in self.counts.items()}
        self.sets = {k: members[some] for k, members in self.sets.items()}

    def _count(self, name: str) -> Ints:
        if name == "coverage":
            return np.ones_like(self.values)
        return self.values if name == "total" else self.counts[name]

    def earned(self, step: _Step, pay: dict[str, int]) -> int | None:
        """Return what the mentees earn at most, and leave them only the pairs that pay as much.

        None if somebody who must have a mentor has none left.
        """
        if step.level is not None:
            open_ = self.values >= step.level
            if step.below is not None:
                open_ |= self.values <= step.below
            self._keep(open_)
        elif step.stage:
            least = int(self.values.min(initial=0)) - 1 if step.below is None else step.below
            self._keep(self.values <= least)
        prices = step.prices
        parts = [(1, step.stage)] if step.stage else []
        parts += [(each, name) for name, each in pay.items()]
        largest = 1 + max(-int(prices.mentors.min(initial=0)), int(prices.mentors.max(initial=0)))
        largest += sum(abs(int(price)) for price in prices.quotas)
        for each, name in parts:
            count = self._count(name)
            largest += each * max(-int(count.min(initial=0)), int(count.max(initial=0)))
        if largest >= _LARGEST:
            return UNKNOWN
        gain = -prices.mentors[self.j]
        for each, name in parts:
            gain += each * self._count(name)
        for k, members in self.sets.items():
            if price := int(prices.quotas[k]):
                gain += price * members
        if step.level is not None:
            gain -= self.values == step.level
        best = np.full(len(self.must), NEVER)
        first = np.flatnonzero(np.diff(self.i, prepend=-1))
        if len(first):
            best[self.i[first]] = np.maximum.reduceat(gain, first)
        if (best[self.must] <= NEVER // 2).any():
            return None
        best = np.where(self.must, best, np.maximum(best, 0))
        self.must |= best > 0
        self._keep(gain == best[self.i])
        if largest * len(best) < UNKNOWN:
            return int(best.sum())
        return sum(best.tolist())
