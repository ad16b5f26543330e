"""What is kept of each large matching that whole prices prove best, for who asks for prices."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.answer import Candidates
from mentormatch.matching.warm import Warm

Ints = NDArray[np.int64]

_LARGEST = 2**52
_KNOWN = (("coverage", "total"), ("total",))


def suits_warm(problem: Problem) -> bool:
    """Say whether a problem is an assignment with nothing but bans beside it."""
    return (
        int(problem.mentee_demand.max(initial=0)) <= 1
        and not problem.mentee_minimum.any()
        and not problem.mentor_minimum.any()
        and all(quota.is_ban for quota in problem.quotas)
    )


_LEFT: WeakKeyDictionary[Matching, Candidates] = WeakKeyDictionary()
_WARM: WeakKeyDictionary[Matching, Warm | None] = WeakKeyDictionary()


def leave(matching: Matching, left: Candidates) -> None:
    """Note what a search has read, for those who ask for prices of its matching."""
    _LEFT[matching] = left


def warm_of(matching: Matching) -> Warm | None:
    """Return what is kept of a matching, made once; None where prices do not prove it the best.

    That is so where it is not proved, or where the objective has other stages than the number of
    people and the total.
    """
    if matching not in _WARM:
        _WARM[matching] = _made(matching)
    return _WARM[matching]


def left_of(matching: Matching) -> Candidates | None:
    """Return what a search has read, if that is known and nobody has asked for prices since."""
    return _LEFT.get(matching)


def _made(matching: Matching) -> Warm | None:
    proved = prices_of(matching)
    if proved is None:
        return None
    prices, pay, cover = proved
    rows, columns, seed = matching.rows, matching.columns, matching.seed
    left = _LEFT.pop(matching, None)
    warm = Warm(matching.problem, rows, columns, prices, pay, cover, seed, left)
    return warm if warm.sound else None


def prices_of(matching: Matching) -> tuple[Ints, int, Ints | None] | None:
    """Return prices of places that prove a plain assignment best, as `proved_prices` does."""
    return proved_prices(matching) if suits_warm(matching.problem) else None


def proved_prices(matching: Matching) -> tuple[Ints, int, Ints | None] | None:
    """Return prices of places that prove a matching best: of scores, their pay, and of people.

    None where there are no such whole numbers, or the objective has other stages.
    """
    stages = tuple(matching.stages)
    plain = all(isinstance(one, Prices) and one.fine == 0 for one in matching.proofs.values())
    if stages not in _KNOWN or not plain or matching.status != "optimal":
        return None
    cover = matching.root_prices("coverage").mentors if "coverage" in stages else None
    total = matching.root_prices("total")
    pay = total.coverage if cover is not None else 0
    if max(pay, int(np.abs(total.mentors).max(initial=0))) >= _LARGEST:
        return None
    return total.mentors, pay, cover
