"""How a matching is proved best: prices bound every matching, and anyone can recompute the bound.

For any prices of the mentors' places ``v``, of the quotas ``q`` and of earlier stages ``w``, each
mentee on her own takes the pairs that pay best, score plus ``q`` minus ``v``. What they all earn,
plus what the places and quotas are worth at those prices, is at least the total of every matching
(weak linear-programming duality; for assignment: Kuhn 1955, Egerváry 1931). Where the total reaches
the bound, nothing better exists. Where quotas leave a gap, the proof goes by cases: a pair is used
or it is not, and each case has prices of its own.

This module reads the problem afresh, one block of mentees at a time, and shares no code with the
solvers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching import grid
from mentormatch.matching.blocking import is_stable
from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Pair = tuple[int, int]

STAGES = ("coverage", "total")
_BLOCK = 2**20  # cells read at a time
_NEVER = np.int64(-(2**60))
IMPOSSIBLE = -(2**62)  #: the bound of a case that no matching fits
UNKNOWN = 2**62  #: the bound that prices set which are too large to reckon with exactly


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices in steps of ``2**-fine`` of the score grid: any whole numbers make a valid bound.

    Parameters
    ----------
    mentors : numpy.ndarray of int, shape (m,)
        Price of a place at each mentor (>= 0; below 0 only where a minimum load binds).
    quotas : numpy.ndarray of int, shape (number of quotas,)
        What the rule pays for one pair of its set: > 0 where ``at_least`` binds, < 0 where
        ``at_most`` does. Bans have no price: their pairs are impossible.
    coverage : int
        What the stage ``total`` pays for each mentee who has a mentor (>= 0).
    fine : int
        Binary digits below the score grid.
    """

    mentors: Ints
    quotas: Ints
    coverage: int = 0
    fine: int = 0

    def __post_init__(self) -> None:
        for name in ("mentors", "quotas"):
            prices = np.asarray(getattr(self, name))
            if prices.ndim != 1 or (prices.size and prices.dtype.kind != "i"):
                raise ProblemError(f"prices of {name} must be whole numbers, one each")
            object.__setattr__(self, name, prices.astype(np.int64))
        for name, most in (("coverage", 2**62), ("fine", 40)):
            value = getattr(self, name)
            if int(value) != value or not 0 <= value <= most:
                raise ProblemError(f"{name} must be a whole number from 0 to {most}")
            object.__setattr__(self, name, int(value))


@dataclass(frozen=True, eq=False)
class Split:
    """A proof by cases: the pair is used, or it is not; `prices` are what the cases began with."""

    pair: Pair
    used: Proof
    unused: Proof
    prices: Prices


Proof = Prices | Split


@dataclass(frozen=True)
class Certificate:
    """What the check of a matching found.

    Attributes
    ----------
    valid : bool
        The pairs obey every capacity, minimum, ban and quota, and the total is theirs.
    optimal : bool
        The prices prove that no matching is better under the stated objective; or, where a
        stable matching was sought, no mentor and mentee would both rather have each other.
    gap : float
        Distance between the total and its proven bound, in units of score; 0 is proved. Infinite
        for a stable matching, whose total nothing bounds.
    coverage_gap : int
        Distance between the number of mentees matched and its proven bound, where the objective
        counts them.
    faults : tuple of str
        What is wrong with an invalid matching.
    """

    valid: bool
    optimal: bool
    gap: float
    coverage_gap: int = 0
    faults: tuple[str, ...] = ()


def certify(problem: Problem, matching: Any) -> Certificate:
    """Check a matching from its pairs and prices alone.

    Parameters
    ----------
    problem : Problem
        The question.
    matching : Matching, or any object with its ``pairs``, ``total``, ``stages`` and ``proofs``
        ``pairs`` is a table with columns ``mentee`` and ``mentor`` (ids); ``proofs`` maps a stage
        to its `Proof`. Nothing else of it is believed.

    Returns
    -------
    Certificate

    Examples
    --------
    >>> from mentormatch.matching.solve import solve
    >>> problem = Problem([[0.9, 0.4], [0.8, 0.7]])
    >>> certify(problem, solve(problem))
    Certificate(valid=True, optimal=True, gap=0.0, coverage_gap=0, faults=())
    """
    faults: list[str] = []
    i, j = _positions(problem, matching.pairs, faults)
    values, possible = problem.values_at(i, j)
    faults += _broken(problem, i, j, possible)
    total = int(values.sum())
    if grid.from_grid(total, problem.bits) != matching.total:
        faults.append("the total is not the sum of the pairs' scores")
    if faults:
        return Certificate(False, False, float("inf"), 0, tuple(faults))
    covered = len(np.unique(i))
    stages = tuple(matching.stages)
    if stages == ("stable",):
        return Certificate(True, is_stable(problem, i, j), float("inf"))
    coverage_gap, floor = 0, None
    if "coverage" in stages:
        coverage_gap = bound(problem, matching.proofs["coverage"], "coverage") - covered
        floor = covered
    best = bound(problem, matching.proofs["total"], "total", floor)
    # Prices that prove less than what the matching has are no proof of anything.
    sound = best >= total and coverage_gap >= 0
    gap = max(best - total, 0)
    return Certificate(
        True,
        sound and gap == 0 and coverage_gap == 0,
        grid.from_grid(gap, problem.bits),
        coverage_gap,
    )


def bound(
    problem: Problem,
    proof: Proof,
    stage: str,
    coverage: int | None = None,
    used: tuple[Pair, ...] = (),
    unused: tuple[Pair, ...] = (),
) -> int:
    """Return the upper bound that a proof sets on a stage, in whole steps.

    Parameters
    ----------
    problem : Problem
        The question.
    proof : Proof
        Prices, or cases.
    stage : {"coverage", "total"}
        What is bounded: the number of mentees matched, or the total score in steps of the grid.
    coverage : int, optional
        For the total: how many mentees have to be matched. None if any number will do.
    used, unused : tuple of (int, int)
        Pairs, as positions, that every matching in question has or has not.
    """
    return max(case.worth() for case in _reckoned(problem, proof, stage, coverage, used, unused))


def slack(problem: Problem, prices: Prices, stage: str, coverage: int | None, value: int) -> float:
    """Return by how much prices overrate a stage whose value is known, in steps of the grid.

    Rounded down to whole steps the bound may be tight although the prices themselves are not: then
    they do not price every pair exactly.
    """
    (case,) = _reckoned(problem, prices, stage, coverage, (), ())
    if case.lost or case.earned is None:
        return float("inf")
    return (case.earned - value * case.scale) / case.scale


def _reckoned(
    problem: Problem,
    proof: Proof,
    stage: str,
    coverage: int | None,
    used: tuple[Pair, ...],
    unused: tuple[Pair, ...],
) -> list[_Case]:
    """Return all cases of a proof, with all scores read."""
    cases = [_Case(problem, *case, stage, coverage) for case in _cases(proof, used, unused)]
    n, m = problem.shape
    step = max(1, _BLOCK // max(m, 1))
    for start in range(0, n, step):
        rows = np.arange(start, min(n, start + step))
        values, possible = problem.values(rows)
        sets = {
            k: quota.pairs.block(rows, m)
            for k, quota in enumerate(problem.quotas)
            if any(case.prices.quotas[k] for case in cases) and not quota.is_ban
        }
        for case in cases:
            case.add(rows, values, possible, sets)
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
        stage: str,
        coverage: int | None,
    ) -> None:
        self.problem, self.prices, self.stage = problem, prices, stage
        self.used, self.unused = used, unused
        self.scale = 1 << prices.fine
        # Being covered pays only where it is what counts, or what has to be reached.
        self.pay = 0
        if stage == "coverage":
            self.pay = self.scale
        elif coverage is not None:
            self.pay = max(prices.coverage, 0)
        self.earned: int | None = -self.pay * coverage if stage == "total" and coverage else 0
        places = [int(price) for price in prices.mentors]
        self.earned += sum(
            max(price * most, price * least)
            for price, most, least in zip(
                places,
                problem.mentor_capacity.tolist(),
                problem.mentor_minimum.tolist(),
                strict=True,
            )
        )
        # Prices too large for sums in 64 bits prove nothing.
        self.largest = max(map(abs, places), default=0) + self.pay
        self.largest += sum(abs(int(price)) for price in prices.quotas)
        self.lost = False
        for k, quota in enumerate(problem.quotas):
            price = int(prices.quotas[k])
            if quota.is_ban or price == 0:
                continue
            if price < 0 and quota.at_most is None:
                raise ValueError(f"quota {quota.name!r} has no upper bound and cannot charge")
            self.earned -= price * (quota.at_least if price > 0 else int(quota.at_most or 0))

    def add(self, rows: Ints, values: Ints, possible: Flags, sets: dict[int, Flags]) -> None:
        """Let some mentees choose for themselves, and add what they earn."""
        if self.earned is None or self.lost:
            return
        m = self.problem.shape[1]
        width = int(self.problem.mentee_demand[rows].max(initial=0))
        largest = self.largest + int(np.abs(values).max(initial=0)) * self.scale
        if largest * len(rows) * max(min(width, m), 1) >= UNKNOWN or largest >= -_NEVER // 4:
            self.lost = True
            return
        gain = (values * self.scale if self.stage == "total" else 0) - self.prices.mentors
        gain = np.broadcast_to(gain, values.shape).copy()
        for k, members in sets.items():
            gain += int(self.prices.quotas[k]) * members
        low = self.problem.mentee_minimum[rows].copy()
        high = np.minimum(self.problem.mentee_demand[rows], m)
        bonus = np.full(len(rows), self.pay)
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
        earned = _earned(np.where(allowed, gain, _NEVER), low, high, bonus)
        self.earned = None if earned is None else self.earned + earned

    def worth(self) -> int:
        """Return the bound in whole steps, rounded down: totals are whole."""
        if self.lost:
            return UNKNOWN
        return IMPOSSIBLE if self.earned is None else self.earned // self.scale


def _earned(gain: Ints, low: Ints, high: Ints, bonus: Ints) -> int | None:
    """Return what mentees earn at most who choose for themselves; None if one cannot choose.

    Each takes between `low` and `high` pairs; the first one pays `bonus` on top.
    """
    n, width = len(gain), int(high.max(initial=0))
    if width == 0:
        return None if (low > 0).any() else 0
    if width == 1:
        gain = gain.max(axis=1, keepdims=True)
    else:
        if width < gain.shape[1]:
            gain = -np.partition(-gain, width - 1, axis=1)[:, :width]
        gain = -np.sort(-gain, axis=1)
    wanted = np.minimum(np.maximum(low, 1), width) - 1
    if ((low > high) | ((low > 0) & (gain[np.arange(n), wanted] <= _NEVER // 2))).any():
        return None
    place = np.arange(1, width + 1)
    must = place <= np.maximum(low, 1)[:, None]
    may = (place <= high[:, None]) & ~must
    taken = np.where(must | (may & (gain > 0)), gain, 0)
    some = np.where(gain[:, 0] > _NEVER // 2, taken.sum(axis=1) + bonus, _NEVER)
    some = np.where(high > 0, some, 0)
    return int(np.where(low > 0, some, np.maximum(some, 0)).sum())


def _positions(problem: Problem, pairs: Any, faults: list[str]) -> tuple[Ints, Ints]:
    rows = {name: k for k, name in enumerate(problem.mentee_ids or ())}
    columns = {name: k for k, name in enumerate(problem.mentor_ids or ())}
    known = [
        (rows[a], columns[b])
        for a, b in zip(pairs["mentee"], pairs["mentor"], strict=True)
        if a in rows and b in columns
    ]
    if len(known) != len(pairs["mentee"]):
        faults.append("a pair names somebody who is not in the problem")
    i, j = np.array(known, np.int64).reshape(-1, 2).T
    return i, j


def _broken(problem: Problem, i: Ints, j: Ints, possible: NDArray[np.bool_]) -> Iterator[str]:
    """Yield what a set of pairs breaks."""
    n, m = problem.shape
    if len(np.unique((i << 32) | j)) != len(i):
        yield "a pair stands twice"
    if not possible.all():
        yield "a pair is impossible or banned"
    for side, load, low, high in (
        ("mentee", np.bincount(i, minlength=n), problem.mentee_minimum, problem.mentee_demand),
        ("mentor", np.bincount(j, minlength=m), problem.mentor_minimum, problem.mentor_capacity),
    ):
        if (load > high).any():
            yield f"a {side} has more pairs than places"
        if (load < low).any():
            yield f"a {side} has fewer pairs than the minimum"
    for quota in problem.quotas:
        count = int(quota.pairs.at(i, j).sum())
        if count < quota.at_least:
            yield f"quota {quota.name!r} wants at least {quota.at_least} pairs, there are {count}"
        if quota.at_most is not None and count > quota.at_most:
            yield f"quota {quota.name!r} wants at most {quota.at_most} pairs, there are {count}"


def broken(problem: Problem, i: Ints, j: Ints) -> tuple[str, ...]:
    """Say what a set of pairs, given as positions, breaks; empty if it obeys everything."""
    return tuple(_broken(problem, i, j, problem.values_at(i, j)[1]))
