"""The best assignment where every mentee wants one mentor at most and no quota crosses groups.

SciPy's assignment solver (Crouse 2016, doi:10.1109/TAES.2016.140952) finds the pairs; the lowest
prices that prove them are then read off the pairs alone, by shortest paths in whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mentormatch.matching.grid import TOTAL_BITS
from mentormatch.matching.proofs import Prices, Proof
from mentormatch.matching.solvers.numbers import Found, Numbers, found_in

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NEVER = np.int64(-(2**60))


@dataclass(frozen=True, eq=False)
class Choice:
    """Which pairs may still be used, and the bounds on everybody's number of pairs."""

    possible: Flags
    row_low: Ints
    row_high: Ints
    col_low: Ints
    col_high: Ints


def solve_flow(numbers: Numbers, stages: tuple[str, ...]) -> Found | None:
    """Return the best matching with its prices, or None if the rules cannot all be kept.

    Parameters
    ----------
    numbers : Numbers
        With ``row_high <= 1`` and no side quotas.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    """
    lead = "coverage" in stages
    choice = open_choice(numbers)
    if choice is None:
        return None
    match = _most_people_first(numbers.values, choice) if lead else assign(numbers.values, choice)
    if match is None:
        return None
    proofs: dict[str, Proof] = {}
    if lead:
        proofs["coverage"] = _coverage_proof(numbers, choice, match)
    mentors, pay = total_prices(numbers.values, choice, match, lead, 0)
    pays = {"coverage": pay} if lead else {}
    proofs["total"] = proof_of(numbers, numbers.values + pay, mentors, pays)
    if lead:
        # One step more keeps everybody matched where coverage and score would tie.
        mentors, pay = total_prices(numbers.values, choice, match, lead, pay + 1)
    match = draw_lots(numbers, choice, match, numbers.values + pay, mentors)
    return found_in(match, proofs)


def _coverage_proof(numbers: Numbers, choice: Choice, match: Ints) -> Prices:
    """Return prices which prove that nobody else can be matched; often that is plain to see."""
    covered = int((match >= 0).sum())
    free = not (choice.col_low.any() or choice.row_low.any())
    none = np.zeros(numbers.quota_count, np.int64)
    if free and covered == int(choice.possible.any(axis=1).sum()):
        return Prices(np.zeros_like(choice.col_high), none)
    sought = np.flatnonzero(choice.possible.any(axis=0))
    if free and covered == int(choice.col_high[sought].sum()):
        ones = np.zeros_like(choice.col_high)
        ones[sought] = 1
        return Prices(ones, none)
    each = np.ones_like(numbers.values)
    mentors = lowest_prices(each, choice, match, 0)
    if mentors is None:
        raise RuntimeError("the matching found does not match the most people")
    return proof_of(numbers, each, mentors)


def can_be_kept(numbers: Numbers) -> bool:
    """Say whether some matching keeps every minimum and lock."""
    choice = open_choice(numbers)
    return choice is not None and assign(np.ones_like(numbers.values), choice) is not None


def open_choice(numbers: Numbers) -> Choice | None:
    """Return all that may be chosen once locked pairs are set; None if a lock is impossible."""
    possible = numbers.possible & (numbers.row_high > 0)[:, None]
    row_low = numbers.row_low.copy()
    for i, j, _ in numbers.locks:
        if not possible[i, j]:
            return None
        possible[i] = False
        possible[i, j] = True
        row_low[i] = 1
    return Choice(possible, row_low, numbers.row_high, numbers.col_low, numbers.col_high)


def assign(values: Ints, choice: Choice, *, lead: bool = False) -> Ints | None:
    """Return each row's column (-1: none) of the largest total; None if bounds cannot be kept.

    With ``lead=True`` the number of rows that have a column comes first.

    Raises
    ------
    OverflowError
        The order of importance does not fit the numbers that the solver computes in.
    """
    n = len(values)
    room = np.minimum(choice.col_high, choice.possible.sum(axis=0))
    if (choice.col_low > room).any():
        return None
    copies = np.repeat(np.arange(len(room)), room)
    first = np.concatenate(([0], np.cumsum(room)[:-1])) if len(room) else room
    needed = (np.arange(len(copies)) - first[copies]) < choice.col_low[copies]
    most = min(int(choice.possible.any(axis=1).sum()), len(copies))
    largest = int(np.abs(np.where(choice.possible, values, 0)).max(initial=0))
    person = 2 * largest * most + 1 if lead else 0
    demand = 2 * (largest + person) * most + 1
    bounded = bool(needed.any() or choice.row_low.any())
    if (2 * demand + person if bounded else person) + largest >= 2 ** (TOTAL_BITS - 1):
        raise OverflowError
    worth = values + person
    if bounded:
        worth = worth + demand * choice.row_low[:, None]
    worth = np.where(choice.possible, worth, 0)[:, copies]
    if needed.any():
        worth += np.where(choice.possible[:, copies] & needed, demand, 0)
    rows, cols = linear_sum_assignment(np.maximum(worth, 0).astype(np.float64), maximize=True)
    good = worth[rows, cols] > 0
    match = np.full(n, -1, np.int64)
    match[rows[good]] = copies[cols[good]]
    load = np.bincount(match[match >= 0], minlength=len(room))
    kept = (load >= choice.col_low).all() and (match >= 0)[choice.row_low > 0].all()
    return match if kept else None


def _most_people_first(values: Ints, choice: Choice) -> Ints | None:
    try:
        return assign(values, choice, lead=True)
    except OverflowError:
        ones = np.ones_like(values)
        match = assign(ones, choice)
        if match is None:
            return None
        mentors = lowest_prices(ones, choice, match, 0)
        if mentors is None:
            raise RuntimeError("the matching found does not match the most people") from None
        return assign(values, best_face(ones, choice, mentors))


def lowest_prices(
    values: Ints, choice: Choice, match: Ints, pay: int, unit: int = 1
) -> Ints | None:
    """Return the lowest mentors' prices at which `match` is best, or None if there are none.

    The lowest prices are the longest paths in the graph of exchanges: whoever gives up a place can
    afford another one up to what the exchange gains (Bellman 1958 and Ford 1956; that they form a
    lattice: Shapley and Shubik 1971).

    Parameters
    ----------
    pay : int
        What each matched mentee is worth on top of the score.
    unit : int
        Prices that nothing but a minimum bounds are a multiple of this above those that follow.
    """
    prices, short = _prices(values, choice, match, pay, unit)
    return prices if short == 0 else None


def _prices(values: Ints, choice: Choice, match: Ints, pay: int, unit: int = 1) -> tuple[Ints, int]:
    """Return prices that keep every row content, and by how much they break another bound."""
    n, m = values.shape
    if m == 0:
        return np.zeros(0, np.int64), 0
    worth = np.where(choice.possible, values, _NEVER)
    load = np.bincount(match[match >= 0], minlength=m)
    taken = match >= 0
    own = values[np.arange(n), match]
    largest = int(np.abs(np.where(choice.possible, values, 0)).max(initial=0))
    low = -unit * -(-4 * (largest + pay + 1) * (n + m + 2) // unit)
    prices = np.where((choice.col_low == 0) | (load > choice.col_low), 0, low).astype(np.int64)
    rows = np.flatnonzero(choice.row_high > 0)
    for _ in range(n + m + 3):
        if not len(rows):
            break
        afford = np.where(taken[rows], prices[match[rows]] - own[rows], pay)
        push = (worth[rows] + afford[:, None]).max(axis=0, initial=2 * _NEVER)
        risen = push > prices
        prices = np.where(risen, push, prices)
        rows = np.flatnonzero(taken & risen[match])
    else:
        raise RuntimeError("the matching found is not the best one")
    short = int(prices[load < choice.col_high].max(initial=0))
    leaving = taken & (choice.row_low == 0)
    return prices, max(short, int((prices[match] - own - pay)[leaving].max(initial=0)))


def total_prices(
    values: Ints, choice: Choice, match: Ints, lead: bool, pay: int
) -> tuple[Ints, int]:
    """Return the prices of the total and the smallest pay per person, from `pay` up, that fits."""
    for _ in range(len(values) + 3):
        prices, short = _prices(values, choice, match, pay)
        if short == 0:
            return prices, pay
        if not lead:
            break
        pay += short
    raise RuntimeError("the matching found is not the best one")


def best_face(values: Ints, choice: Choice, prices: Ints) -> Choice:
    """Return the choice narrowed to the best matchings at these prices, all of them.

    Only pairs that pay their mentee best stay; who earns something must be matched, and a place
    that costs something must be used (complementary slackness).
    """
    gain = np.where(choice.possible, values - prices, _NEVER)
    best = gain.max(axis=1, initial=_NEVER)
    must = (choice.row_low > 0) | (best > 0)
    tight = choice.possible & (
        gain == np.maximum(best, np.where(choice.row_low > 0, _NEVER, 0))[:, None]
    )
    return Choice(
        tight,
        np.where(must, 1, 0),
        choice.row_high,
        np.where(prices > 0, choice.col_high, choice.col_low),
        np.where(prices < 0, choice.col_low, choice.col_high),
    )


def draw_lots(numbers: Numbers, choice: Choice, match: Ints, values: Ints, prices: Ints) -> Ints:
    """Return the matching that the lottery prefers among the best at these prices."""
    face = best_face(values, choice, prices)
    sure = (face.possible.sum(axis=1) == 1) & (face.row_low > 0)
    idle = ~face.possible.any(axis=1)
    open_rows = np.flatnonzero(~sure & ~idle)
    if not len(open_rows):
        return match
    held = np.bincount(match[sure], minlength=len(prices))
    rest = Choice(
        face.possible[open_rows],
        face.row_low[open_rows],
        face.row_high[open_rows],
        np.maximum(face.col_low - held, 0),
        face.col_high - held,
    )
    drawn = assign(numbers.lottery[open_rows], rest)
    if drawn is None:
        raise RuntimeError("the best matching found is not among the best ones")
    result = match.copy()
    result[open_rows] = drawn
    return result


def proof_of(
    numbers: Numbers, worth: Ints, mentors: Ints, pays: Mapping[str, int] | None = None
) -> Prices:
    """Return prices in the solver's order, with what each lock has to pay.

    `worth` is what each pair is worth, what it pays for earlier stages among it.
    """
    paid = np.zeros(numbers.quota_count, np.int64)
    for i, j, k in numbers.locks:
        gain = np.where(numbers.possible[i], worth[i] - mentors, _NEVER)
        rest = int(gain.max(initial=0 if numbers.row_low[i] == 0 else _NEVER))
        paid[k] = max(0, rest - int(gain[j]))
    return Prices(mentors, paid, pays or {})
