"""What prices prove: a bound on a stage that no matching passes, recomputed from the problem.

For any prices of the mentors' places ``v``, of the quotas ``q`` and of earlier stages ``w``, each
mentee on her own takes the pairs that pay best, what they count plus ``q`` minus ``v``. What they
all earn, plus what the places and quotas are worth at those prices, less what the earlier stages
ask for, is at least the value of every matching (weak linear-programming duality; for assignment:
Kuhn 1955, Egerváry 1931). Where quotas leave a gap, the proof goes by cases: a pair is used or it
is not, and each case has prices of its own.

This module reads the problem afresh, one block of mentees at a time, and shares no code with the
solvers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.aims import mean_needs, share_needs
from mentormatch.matching.earnings import best_earnings
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.ladders import unproved
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import (
    GROUPED,
    IMPOSSIBLE,
    UNKNOWN,
    Ladder,
    Pair,
    Prices,
    Proof,
    Reached,
    as_reached,
)
from mentormatch.matching.reckoning import NEVER, earned_by, worth_of_places

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: From so many cells on, inner products are read in float32 first.
LARGE = 2**18
_BLOCK = 2**20  # cells read at a time
_PLAIN = 2**17  # as many of a matrix, where little is done to each
_EXACT = 2.0**52  # whole numbers below are exact as float64


def shortfall(
    problem: Problem, proof: Proof, stage: str, reached: Reached, value: Any, n_jobs: int = 1
) -> int:
    """Return by how much a proof leaves a stage unproved; 0 if it is proved.

    Negative where the proof rules out the very value, so that it proves nothing.

    Parameters
    ----------
    problem : Problem
        The question.
    proof : Proof
        The prices of the stage.
    stage : str
        A name from `STAGES`.
    reached : Reached
        What the earlier stages reached.
    value : int, None or tuple of (int, int)
        What the matching has: mentees matched, announced pairs, steps of the total; the lowest
        score (None without pairs); for ``leximin`` each score and how many pairs have it, lowest
        first.
    n_jobs : int
        Threads that read scores, -1 for one a core.
    """
    if stage == "worst" or stage in GROUPED:
        if value is None:
            return 0
        return 0 if bound(problem, proof, stage, reached, claim=value) < 0 else UNKNOWN
    if isinstance(proof, Ladder) and proof.start is not None:
        return unproved(problem, proof, stage, reached, value)
    if stage != "leximin":
        return bound(problem, proof, stage, reached, n_jobs=n_jobs) - int(value)
    if not isinstance(proof, Ladder) or len(proof.rungs) != len(value):
        return UNKNOWN
    for k, (rung, (level, count)) in enumerate(zip(proof.rungs, value, strict=True)):
        below = reached.up_to(value[:k])
        left = bound(problem, rung, stage, below, claim=level) + int(count)
        if left:
            return left
    return 0


def bound(
    problem: Problem,
    proof: Proof,
    stage: str,
    reached: Reached | Mapping[str, int] | int | None = None,
    used: tuple[Pair, ...] = (),
    unused: tuple[Pair, ...] = (),
    claim: Any = None,
    n_jobs: int = 1,
) -> int:
    """Return the upper bound that a proof sets on a stage, in whole steps.

    Parameters
    ----------
    problem : Problem
        The question.
    proof : Proof
        Prices, or cases.
    stage : str
        What is bounded: the number of mentees matched (``coverage``), of announced pairs kept
        (``kept``), the total score in steps of the grid (``total``), the points of a count or of
        ``spread``. For ``worst`` the bound is below 0 if no matching will do that has nothing but
        pairs above the claim, for ``share`` and ``mean`` if none will whose groups are all above
        it; for ``leximin``
        it bounds the negative number of pairs that have the claimed score, among matchings
        without a lower one that is not settled.
    reached : Reached, mapping of str to int, or int, optional
        What has to be reached in earlier stages; a number alone is the coverage.
    used, unused : tuple of (int, int)
        Pairs, as positions, that every matching in question has or has not.
    claim : int or Fraction, optional
        A score in steps of the grid, for ``worst`` and ``leximin``; a share; or a mean in units.
    n_jobs : int
        Threads that read scores, -1 for one a core.
    """
    if isinstance(proof, Ladder):
        return UNKNOWN
    aim = _Aim(stage, as_reached(reached), claim)
    return max(case.worth() for case in _reckoned(problem, proof, aim, used, unused, n_jobs))


def slack(
    problem: Problem,
    prices: Prices,
    stage: str,
    reached: Reached | Mapping[str, int] | int | None,
    value: int,
) -> float:
    """Return by how much prices overrate a stage whose value is known, in units of the stage.

    Rounded down to whole steps the bound may be tight although the prices themselves are not: then
    they do not price every pair exactly.
    """
    (case,) = _reckoned(problem, prices, _Aim(stage, as_reached(reached), None), (), ())
    if case.lost or case.earned is None:
        return float("inf")
    return (case.earned - value * case.scale) / case.scale


class _Aim:
    """What is bounded, and what has to be reached meanwhile."""

    def __init__(self, stage: str, reached: Reached, claim: Any) -> None:
        if claim is None and (stage in ("worst", "leximin") or stage in GROUPED):
            raise ValueError(f"the stage {stage!r} is bounded for a claimed score")
        self.stage, self.floors, self.claim = stage, reached.floors, claim
        self.levels = np.array([level for level, _ in reached.levels or ()], np.int64)
        self.counts = [count for _, count in reached.levels or ()]
        self.settled = reached.levels is not None

    @property
    def is_plain(self) -> bool:
        """Whether nothing but people matched and scores count."""
        return (
            self.stage in ("coverage", "total")
            and not self.settled
            and not set(self.floors) - {"coverage"}
        )

    def open(self, values: Ints) -> Flags | None:
        """Mark the pairs whose score does not rule them out; None if none does."""
        found: Flags | None = None
        claim = 0 if self.claim is None else self.claim
        if "worst" in self.floors:
            found = values >= self.floors["worst"]
        if self.stage == "worst":
            above = values > claim
            found = above if found is None else found & above
        if self.settled or self.stage == "leximin":
            known = np.isin(values, self.levels)
            if self.stage == "leximin":
                known |= values >= claim
            found = known if found is None else found & known
        return found


def _reckoned(
    problem: Problem,
    proof: Proof,
    aim: _Aim,
    used: tuple[Pair, ...],
    unused: tuple[Pair, ...],
    n_jobs: int = 1,
) -> list[_Case]:
    """Return all cases of a proof, with all scores read."""
    cases = [_Case(problem, *case, aim) for case in _cases(proof, used, unused)]
    if len(cases) == 1 and cases[0].read_plainly(n_jobs):
        return cases
    n, m = problem.shape
    step = max(1, _BLOCK // max(m, 1))
    for start in range(0, n, step):
        rows = np.arange(start, min(n, start + step))
        values, possible = problem.values(rows)
        if (some := aim.open(values)) is not None:
            possible = possible & some
        sets = {
            k: quota.pairs.block(rows, m)
            for k, quota in enumerate(problem.quotas)
            if any(case.prices.quotas[k] for case in cases) and not quota.is_ban
        }
        counts = {
            name: problem.announced.block(rows, m).astype(np.int64)
            if name == "kept"
            else problem.aims.counts[name].block(rows, m)
            for name in ("kept", *problem.aims.counts)
            if any(case.paid.get(name) for case in cases)
        }
        for case in cases:
            case.add(rows, values, possible, sets, counts)
    return cases


def _cases(
    proof: Proof, used: tuple[Pair, ...], unused: tuple[Pair, ...]
) -> Iterator[tuple[Prices, tuple[Pair, ...], tuple[Pair, ...]]]:
    """Yield every leaf of a proof with the pairs it assumes used and unused."""
    waiting: list[tuple[Proof, tuple[Pair, ...], tuple[Pair, ...]]] = [(proof, used, unused)]
    while waiting:
        proof, used, unused = waiting.pop()
        if isinstance(proof, Prices):
            yield proof, used, unused
        elif isinstance(proof, Ladder):
            raise ValueError("a rung of a proof is no case")
        else:
            if min(proof.pair) < 0:
                raise ValueError("a proof by cases names its pairs by position, counted from 0")
            # A pair named twice on the way is still used once only.
            both = used if proof.pair in used else (*used, proof.pair)
            waiting.append((proof.used, both, unused))
            waiting.append((proof.unused, used, (*unused, proof.pair)))


class _Case:
    """The bound of one case of a proof, added up block by block."""

    def __init__(
        self,
        problem: Problem,
        prices: Prices,
        used: tuple[Pair, ...],
        unused: tuple[Pair, ...],
        aim: _Aim,
    ) -> None:
        self.problem, self.prices, self.aim = problem, prices, aim
        self.used, self.unused = used, unused
        self.scale = 1 << prices.fine
        # An earlier stage pays only where it has to be reached.
        names = ("coverage", "kept", "spread", "total", *problem.aims.counts)
        paid = {name: prices.pays.get(name, 0) for name in names}
        paid = {name: pay if name in aim.floors else 0 for name, pay in paid.items()}
        self.earned: int | None = -sum(pay * aim.floors.get(name, 0) for name, pay in paid.items())
        if aim.stage in paid:
            paid[aim.stage] = self.scale
        self.paid, self.pay, self.scoring = paid, paid["coverage"], paid["total"]
        self.groups = {name: self._paid_groups(name) for name in GROUPED}
        self.rungs = prices.rungs if len(prices.rungs) else np.zeros_like(aim.levels)
        if len(self.rungs) != len(aim.levels):
            raise ValueError(f"{len(self.rungs)} prices for {len(aim.levels)} settled scores")
        self.earned += sum(
            price * count for price, count in zip(self.rungs.tolist(), aim.counts, strict=True)
        )
        dearest = max(-int(prices.mentors.min(initial=0)), int(prices.mentors.max(initial=0)))
        self.earned += worth_of_places(problem, prices.mentors, dearest, paid["spread"])
        # Prices too large for sums in 64 bits prove nothing.
        self.largest = dearest + self.scale
        self.largest += sum(
            pay * (1 if name not in problem.aims.counts else problem.aims.counts[name].heaviest)
            for name, pay in paid.items()
        )
        self.largest += max((int(pays.max(initial=0)) for pays in self.groups.values()), default=0)
        self.largest += sum(abs(int(price)) for price in prices.quotas)
        self.largest += max(map(abs, self.rungs.tolist()), default=0)
        self.lost = False
        for k, quota in enumerate(problem.quotas):
            price = int(prices.quotas[k])
            if quota.is_ban or price == 0:
                continue
            if price < 0 and quota.at_most is None:
                raise ValueError(f"quota {quota.name!r} has no upper bound and cannot charge")
            self.earned -= price * (quota.at_least if price > 0 else int(quota.at_most or 0))

    def _paid_groups(self, name: str) -> Ints:
        """Return what each group is paid in a stage, and take off what is asked for it."""
        problem, aim = self.problem, self.aim
        given = self.prices.groups.get(name)
        claimed = aim.stage == name
        if given is None or not (claimed or name in aim.floors):
            return np.zeros(0, np.int64)
        if len(given) != len(problem.group_sizes):
            raise ValueError(f"{len(given)} prices for {len(problem.group_sizes)} groups")
        value = aim.claim if claimed else aim.floors[name]
        if name == "share":
            needs = share_needs(problem.group_sizes, value, above=claimed)
        else:
            needs = mean_needs(problem.group_sizes, problem.mean_unit, value + claimed)
        assert self.earned is not None, "nothing is lost so far"
        self.earned -= sum(a * b for a, b in zip(given.tolist(), needs.tolist(), strict=True))
        paid: Ints = given
        return paid

    def read_plainly(self, n_jobs: int = 1) -> bool:
        """Add up all mentees in float64, if that is exact and all that is asked for is plain."""
        problem = self.problem
        if (
            not self.aim.is_plain
            or self.used
            or self.unused
            or int(problem.mentee_demand.max(initial=0)) > 1
            or problem.mentee_minimum.any()
            or any(self.prices.quotas[k] for k, q in enumerate(problem.quotas) if not q.is_ban)
            or self.largest >= _EXACT
        ):
            return False
        bar = 0 if self.earned is None else self.earned
        for rows, best in self._best_pairs(n_jobs):
            earned = np.where(problem.mentee_demand[rows] > 0, best + self.pay, 0.0)
            if earned.max(initial=0.0) >= _EXACT:
                return False
            bar += sum(np.maximum(earned, 0.0).astype(np.int64).tolist())
        self.earned = bar
        return True

    def _best_pairs(self, n_jobs: int) -> Iterator[tuple[Ints, Floats]]:
        """Yield what some mentees earn at most by one pair, without what any pair pays."""
        problem, scoring = self.problem, self.aim.stage == "total"
        n, m = problem.shape
        if m == 0:
            return
        if isinstance(problem.scores, Encodings) and n * m >= LARGE:
            best = best_earnings(
                problem,
                self.prices.mentors,
                self.scale,
                scoring=scoring,
                floor=-self.pay,
                n_jobs=n_jobs,
            )
            yield np.arange(n), best
            return
        mentors = self.prices.mentors.astype(np.float64)
        cells = _PLAIN if isinstance(problem.scores, np.ndarray) else _BLOCK
        step = max(1, cells // m)
        for start in range(0, n, step):
            rows = np.arange(start, min(n, start + step))
            steps = problem.steps(rows)
            if scoring:
                if self.scale > 1:
                    steps *= self.scale
                steps -= mentors
                yield rows, steps.max(axis=1)
            else:
                yield rows, np.where(steps > -np.inf, -mentors, -np.inf).max(axis=1)

    def add(
        self,
        rows: Ints,
        values: Ints,
        possible: Flags,
        sets: Mapping[int, Flags],
        counts: Mapping[str, Ints],
    ) -> None:
        """Let some mentees choose for themselves, and add what they earn."""
        if self.earned is None or self.lost:
            return
        m = self.problem.shape[1]
        width = int(self.problem.mentee_demand[rows].max(initial=0))
        scoring = self.scoring + int(self.groups["mean"].max(initial=0))
        largest = self.largest + int(np.abs(values).max(initial=0)) * scoring
        if largest * len(rows) * max(min(width, m), 1) >= UNKNOWN or largest >= -NEVER // 4:
            self.lost = True
            return
        gain, bonus = self._gains(rows, values, sets, counts)
        low = self.problem.mentee_minimum[rows].copy()
        high = np.minimum(self.problem.mentee_demand[rows], m)
        allowed = possible.copy()
        start, stop = int(rows[0]), int(rows[-1])
        for i, j in self.unused:
            if start <= i <= stop:
                allowed[i - start, j] = False
        for i, j in self.used:
            if start <= i <= stop:
                k = i - start
                if not allowed[k, j] or high[k] == 0:
                    self.earned = None
                    return
                allowed[k, j] = False
                self.earned += int(gain[k, j] + bonus[k])
                bonus[k] = 0
                low[k], high[k] = max(low[k] - 1, 0), high[k] - 1
        earned = earned_by(np.where(allowed, gain, NEVER), low, high, bonus)
        self.earned = None if earned is None else self.earned + earned

    def _gains(
        self,
        rows: Ints,
        values: Ints,
        sets: Mapping[int, Flags],
        counts: Mapping[str, Ints],
    ) -> tuple[Ints, Ints]:
        """Return what each pair pays its mentee, and what having any pair does on top."""
        aims = self.problem.aims
        gain: Ints = np.zeros_like(values) - self.prices.mentors
        if self.scoring:
            gain += values * self.scoring
        for k, members in sets.items():
            gain += int(self.prices.quotas[k]) * members
        for name, block in counts.items():
            gain += self.paid[name] * block
        bonus = np.full(len(rows), self.pay)
        for name, count in aims.counts.items():
            bonus += self.paid[name] * count.firsts(rows)
        shares, means = (self.groups[name] for name in GROUPED)
        if len(shares):
            bonus += np.where(aims.groups[rows] >= 0, shares[aims.groups[rows]], 0)
        if len(means):
            gain += np.where(aims.groups[rows] >= 0, means[aims.groups[rows]], 0)[:, None] * values
        if self.rungs.any():
            place = np.searchsorted(self.aim.levels, values).clip(max=len(self.rungs) - 1)
            gain -= np.where(self.aim.levels[place] == values, self.rungs[place], 0)
        if self.aim.stage == "leximin":
            gain -= np.where(values == self.aim.claim, self.scale, 0)
        return gain, bonus

    def worth(self) -> int:
        """Return the bound in whole steps, rounded down: totals are whole."""
        if self.lost:
            return UNKNOWN
        return IMPOSSIBLE if self.earned is None else self.earned // self.scale
