"""What places are worth, and what mentees earn who choose for themselves, at given prices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import UNKNOWN

Ints = NDArray[np.int64]

NEVER = np.int64(-(2**60))  #: what a pair pays that is impossible


def worth_of_places(problem: Problem, prices: Ints, dearest: int, spread: int) -> int:
    """Return what all places are worth at most at these prices.

    Parameters
    ----------
    problem : Problem
        The question.
    prices : numpy.ndarray of int, shape (m,)
        Price of a place at each mentor.
    dearest : int
        The largest of them, whatever its sign.
    spread : int
        What is paid for a point of the stage ``spread``: a mentor's second mentee costs that much,
        the third twice as much, and so on.
    """
    most, least = problem.mentor_capacity, problem.mentor_minimum
    if not spread and dearest * int(most.max(initial=0)) * len(prices) < UNKNOWN:
        return int(np.maximum(prices * most, prices * least).sum())
    if spread:
        most = np.minimum(most, problem.shape[0])
    sides = zip(prices.tolist(), least.tolist(), most.tolist(), strict=True)
    return sum(_places_worth(price, low, high, spread) for price, low, high in sides)


def _places_worth(price: int, least: int, most: int, pay: int) -> int:
    """Return what a mentor's places earn at most at a price, less what `spread` takes off."""
    if not pay:
        return max(price * most, price * least)
    # One more mentee earns ever less: stop where that would be a loss.
    k = min(max(price // pay + 1, least), most) if price >= 0 else least
    return price * k - pay * (k * (k - 1) // 2)


def earned_by(gain: Ints, low: Ints, high: Ints, bonus: Ints) -> int | None:
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
    if ((low > high) | ((low > 0) & (gain[np.arange(n), wanted] <= NEVER // 2))).any():
        return None
    place = np.arange(1, width + 1)
    must = place <= np.maximum(low, 1)[:, None]
    may = (place <= high[:, None]) & ~must
    taken = np.where(must | (may & (gain > 0)), gain, 0)
    some = np.where(gain[:, 0] > NEVER // 2, taken.sum(axis=1) + bonus, NEVER)
    some = np.where(high > 0, some, 0)
    return int(np.where(low > 0, some, np.maximum(some, 0)).sum())
