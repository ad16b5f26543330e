"""How prices that count people, announced pairs and scores in one prove each of the three."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.proofs import Prices
from mentormatch.matching.warm import PERSON

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LARGEST = 2**55


def proofs_of(
    u: Ints, v: Ints, closed: Flags, kept_worth: int, pay: int, largest: int, quotas: int
) -> dict[str, Prices] | None:
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
    dict of str to Prices, or None
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


def slot_proofs(
    u: Ints,
    v: Ints,
    closed: Flags,
    units: tuple[int, int],
    pay: int,
    largest: int,
    quotas: int,
) -> dict[str, Prices] | None:
    """Take prices of slots apart, which count minimums, people, announced pairs and scores.

    A slot below a minimum costs that much less than nothing, and the first slot of a mentee a
    person less; what proves one of these numbers best is told by the largest units alone.

    Parameters
    ----------
    u, v : numpy.ndarray of int, shapes (n,) and (m,)
        Prices of rows and columns, a person counting ``PERSON``.
    closed : numpy.ndarray of bool, shape (m,)
        Columns without a place, whose price is nothing to go by.
    units : tuple of (int, int)
        What a slot below a minimum and an announced pair count for; the first is a multiple of
        ``PERSON``, and this one of the second.
    pay, largest, quotas
        As for `proofs_of`, except that a person is paid, not a pair.

    Returns
    -------
    dict of str to Prices, or None
        None where prices are too large to be told apart.
    """
    later = (PERSON + pay + units[1] + largest, units[1] + pay + largest, pay + largest)
    parts: list[tuple[Ints, Ints]] = []
    for unit, less in zip((units[0], PERSON, units[1]), later, strict=True):
        many_u, many_v = ((x + unit // 2) // unit for x in (u, v))
        u, v = u - many_u * unit, v - many_v * unit
        if _size(u) + _size(v) + less >= unit:
            return None
        parts.append((many_u, many_v))
    # The same with units as small as can be: each outweighs whatever comes after it.
    weight = {"total": 1}
    after, below = _size(u) + _size(v) + largest + pay, (u, v)
    levels = [("total", below)]
    for name, part in zip(("kept", "coverage", "minimum"), reversed(parts), strict=True):
        weight[name] = after + 1
        after += weight[name] * (_size(part[0]) + _size(part[1]) + 1)
        levels.append((name, part))
    if after >= _LARGEST:
        return None
    proofs: dict[str, Prices] = {}
    for k, name in ((2, "coverage"), (1, "kept"), (0, "total")):
        own = weight[name]
        scale = {one: -(-weight[one] // own) for one, _ in levels[k:]}
        mentors = sum(scale[one] * part[1] for one, part in levels[k:])
        far = sum(scale[one] * (_size(part[0]) + 1) for one, part in levels[k:])
        far += largest + pay if name == "total" else 0
        pays = {one: scale[one] for one, _ in levels[k + 1 : 3]}
        if name == "total":
            pays["coverage"] += pay
        proofs[name] = Prices(np.where(closed, far, mentors), np.zeros(quotas, np.int64), pays)
    return proofs


def _size(numbers: Ints) -> int:
    return int(np.abs(numbers).max(initial=0))
