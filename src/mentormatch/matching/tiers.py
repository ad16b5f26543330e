"""How prices that count people, announced pairs and scores in one prove each of the three."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.proofs import Prices, Proof
from mentormatch.matching.warm import PERSON

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def proofs_of(
    u: Ints, v: Ints, closed: Flags, kept_worth: int, pay: int, largest: int, quotas: int
) -> dict[str, Proof] | None:
    """Take prices apart: those of people, of announced pairs, and of scores.

    Prices say that no pair is worth more than its row and its column cost. If what is left of
    people's prices is too small to make up for a person, they say so of people alone; and so on.

    Parameters
    ----------
    u, v : numpy.ndarray of int, shapes (n,) and (m,)
        Prices of rows and columns, a person counting ``PERSON``.
    closed : numpy.ndarray of bool, shape (m,)
        Columns without a place, whose price is nothing to go by.
    kept_worth : int
        What an announced pair counts for.
    pay : int
        What every pair counts for beside a person and its score.
    largest : int
        No score is larger, in whole steps.
    quotas : int
        Number of quotas, which are bans and have no prices.

    Returns
    -------
    dict of str to Proof, or None
        None where prices are too large to be told apart.
    """
    people_u, people_v = ((x + PERSON // 2) // PERSON for x in (u, v))
    u, v = u - people_u * PERSON, v - people_v * PERSON
    if _size(u) + _size(v) + largest + pay + kept_worth >= PERSON:
        return None
    kept_u, kept_v = ((x + kept_worth // 2) // kept_worth for x in (u, v))
    u, v = u - kept_u * kept_worth, v - kept_v * kept_worth
    one = _size(u) + _size(v) + largest + pay + 1
    if one >= kept_worth:
        return None
    many = _size(kept_u) + _size(kept_v) + 1
    person = one * (many + 1) + one
    total = people_v * person + kept_v * one + v
    total[closed] = person + one + pay + largest + 1
    kept = kept_v + people_v * (many + 1)
    kept[closed] = many + 2
    none = np.zeros(quotas, np.int64)
    return {
        "coverage": Prices(np.where(closed, 1, people_v), none),
        "kept": Prices(kept, none, {"coverage": many + 1}),
        "total": Prices(total, none, {"coverage": person + pay, "kept": one}),
    }


def _size(numbers: Ints) -> int:
    return int(np.abs(numbers).max(initial=0))
