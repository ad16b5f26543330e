"""What a problem would gain if a bound of it were looser: at most by its prices, exactly anew.

The prices that prove a matching best are prices of the looser problem as well, so what they bound
there, less what the matching has, is the most that can be gained (weak linear-programming duality,
as in `mentormatch.matching.bounds`). Only a new solve tells how much of it there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.aims import Aims
from mentormatch.matching.bounds import bound
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import IMPOSSIBLE, UNKNOWN, Prices, Proof, Split
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve_beside

Floats = NDArray[np.float64]

#: The objectives whose prices count people and score, and nothing else.
_PRICED = (("coverage", "total"), ("total",))
_HELD = 4_000_000  # cells whose scores are read once and kept


@dataclass(frozen=True)
class Gain:
    """What a looser bound is worth.

    Parameters
    ----------
    people : int or None
        How many mentees more would be matched; 0 where the objective does not count them, None
        where it is not known.
    total : float
        How much higher the total would be; below 0 where more people share less. NaN where it is
        not known.
    exact : bool
        Whether this is what would be gained; else it is the most that could be.
    """

    people: int | None
    total: float
    exact: bool

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all would be gained."""
        return self.exact and self.people == 0 and self.total == 0


NOT_KNOWN = Gain(None, math.nan, exact=False)


@dataclass(frozen=True)
class Looser:
    """A problem with a bound loosened.

    Parameters
    ----------
    problem : Problem
        It allows every matching that the first problem allows.
    prices : tuple of (int or None)
        For each of its quotas, the one of the first problem whose price it keeps; None for none.
    """

    problem: Problem
    prices: tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class _Held:
    """Scores that have been read once."""

    table: Floats

    @property
    def shape(self) -> tuple[int, int]:
        n, m = self.table.shape
        return n, m

    def block(self, rows: Any, /) -> Floats:
        found: Floats = self.table[rows]
        return found

    def at(self, i: Any, j: Any) -> Floats:
        found: Floats = self.table[i, j]
        return found


def held(problem: Problem) -> Problem:
    """Return the same problem with its scores in memory, if they are few enough to be kept."""
    n, m = problem.shape
    if isinstance(problem.scores, np.ndarray) or n * m > _HELD:
        return problem
    table = np.array(problem.scores.block(np.arange(n)), np.float64)
    return replace(problem, scores=_Held(table))


def gain_at_most(matching: Matching, looser: Looser, charge: int = 0) -> Gain:
    """Return the most that a looser problem can gain, by the prices of a matching.

    Not known where the matching sought something else than people and score, or has no prices.
    Where the prices leave room for nothing, nothing is gained, and that is exact.

    Parameters
    ----------
    matching : Matching
        Of the first problem.
    looser : Looser
        The problem with a bound loosened.
    charge : int
        What a pair pays under each quota that has no price yet, in steps of the total (and one
        mentee, where they are counted): any charge makes a valid bound, the right one a close one.

    Examples
    --------
    >>> from mentormatch.matching.pairs import Pairs
    >>> from mentormatch.matching.problem import Quota
    >>> from mentormatch.matching.solve import solve
    >>> ban = Quota("apart", Pairs.listed([(0, 0)]), at_most=0)
    >>> matching = solve(Problem([[9, 4], [8, 7]], quotas=[ban]))
    >>> free = Looser(Problem([[9, 4], [8, 7]]), ())
    >>> gain(matching, free).total, gain_at_most(matching, free).total >= 4
    (4.0, True)
    """
    if matching.stages not in _PRICED:
        return NOT_KNOWN
    found: dict[str, int] = {}
    reached = None
    for stage in matching.stages:
        if stage not in matching.proofs:
            return NOT_KNOWN
        new = charge if stage == "total" else min(charge, 1)
        proof = _carried(matching.proofs[stage], looser.prices, new)
        most = bound(looser.problem, proof, stage, reached)
        if not IMPOSSIBLE < most < UNKNOWN:
            return NOT_KNOWN
        found[stage] = most
        reached = matching.coverage
    people = 0
    if "coverage" in found:
        mentees = int((matching.problem.mentee_demand > 0).sum())
        people = max(0, min(found["coverage"], mentees) - matching.coverage)
    total = max(0, found["total"] - matching.score_steps)
    none = people == 0 and total == 0
    return Gain(people, grid.from_grid(total, matching.problem.bits), exact=none)


def exception_at_most(matching: Matching, looser: Looser, drop: Gain) -> Gain:
    """Return the most that one exception from a ban can gain, by the prices of a matching.

    The most is the least over all charges for the exception; it is convex in the charge, which is
    halved as long as that helps.

    Parameters
    ----------
    matching : Matching
        Of the first problem.
    looser : Looser
        The problem with at most one pair of those banned, its quota without a price.
    drop : Gain
        The most that can be gained without the ban.
    """
    if drop.people is None:
        return drop
    best, charge = drop, int(math.ldexp(drop.total, matching.problem.bits))
    while (charge := charge // 2) > 0:
        one = gain_at_most(matching, looser, charge)
        if one.people is None or one.total >= best.total:
            break
        best = one
    people = min(drop.people, 1 + matching.coverage_bound - matching.coverage)
    return Gain(people, best.total, exact=people == 0 and best.total == 0)


def gain_by_price(matching: Matching, quota: int) -> Gain:
    """Return the most that one unit more of a quota can gain, without reading a score again.

    That is the price of the quota (Dantzig 1963 on shadow prices) and what the proof leaves open.
    """
    if matching.stages not in _PRICED or not all(
        isinstance(proof, Prices) for proof in matching.proofs.values()
    ):
        return NOT_KNOWN
    people = 0
    if "coverage" in matching.stages:
        prices = matching.root_prices("coverage")
        price = -(-abs(int(prices.quotas[quota])) >> prices.fine)  # rounded up
        people = matching.coverage_bound - matching.coverage + price
    total = matching.gap + abs(float(matching.quota_prices[quota]))
    # Totals are whole steps of the grid; the proof itself was rounded down to one.
    if not math.isfinite(total):
        return NOT_KNOWN
    steps = math.ceil(math.ldexp(total, matching.problem.bits))
    none = people == 0 and steps == 0
    return Gain(people, grid.from_grid(steps, matching.problem.bits), exact=none)


def gain(matching: Matching, looser: Looser) -> Gain:
    """Return what a looser problem gains, by solving it; the most it can where that proves nothing.

    Parameters are those of `gain_at_most`.
    """
    other = solve_beside(looser.problem, matching, places=looser.prices)
    if matching.status != "optimal" or other.status != "optimal":
        return gain_at_most(matching, looser)
    people = other.coverage - matching.coverage if "coverage" in matching.stages else 0
    steps = other.score_steps - matching.score_steps
    return Gain(people, grid.from_grid(steps, matching.problem.bits), exact=True)


def gain_without(matching: Matching, problem: Problem, stages: Sequence[str]) -> Gain:
    """Return what is gained where an objective does without some stages; not known if unproved.

    Parameters
    ----------
    matching : Matching
        With all stages.
    problem : Problem
        Its problem.
    stages : sequence of str
        Those that are left out.
    """
    rest = tuple(name for name in matching.stages if name not in stages)
    free = replace(problem, aims=aims_without(problem.aims, stages))
    other = solve_beside(free, matching, rest)
    if matching.status != "optimal" or other.status != "optimal":
        return NOT_KNOWN
    people = other.coverage - matching.coverage if "coverage" in rest else 0
    steps = other.score_steps - matching.score_steps
    return Gain(people, grid.from_grid(steps, matching.problem.bits), exact=True)


def aims_without(aims: Aims, stages: Sequence[str]) -> Aims:
    """Return aims that add none of some stages to any objective."""
    leading, following = (
        tuple(name for name in some if name not in stages)
        for some in (aims.leading, aims.following)
    )
    return replace(aims, leading=leading, following=following)


def _carried(proof: Proof, places: Sequence[int | None], charge: int = 0) -> Proof:
    """Return a proof whose quotas stand as in the looser problem; one that is new has a charge."""
    if isinstance(proof, Split):
        used, unused = (_carried(one, places, charge) for one in (proof.used, proof.unused))
        prices = _carried(proof.prices, places, charge)
        assert isinstance(prices, Prices)
        return Split(proof.pair, used, unused, prices)
    assert isinstance(proof, Prices)
    new = -(charge << proof.fine)
    kept = [new if place is None else int(proof.quotas[place]) for place in places]
    return replace(proof, quotas=np.array(kept, np.int64))
