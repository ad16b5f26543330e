"""What one matching leaves to the next: a few pairs of every mentee, and a bound on all others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices
from mentormatch.matching.remembered import left_of, proved_prices
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.edges import merge_rows
from mentormatch.matching.solvers.locks import locks_of
from mentormatch.matching.warm import PERSON

Ints = NDArray[np.int64]
Short = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Kept:
    """What one matching leaves to the next.

    Parameters
    ----------
    problem : Problem
        The question, without the pairs that were locked.
    ptr, cols, worth : numpy.ndarray of int
        A few pairs of every mentee, by row, and their scores in steps.
    prices : numpy.ndarray of int, shape (m,)
        Of places, a person counting ``PERSON``.
    rest : numpy.ndarray of int, shape (n,)
        What any other pair of a row is worth above these prices at most.
    rows, columns : numpy.ndarray of int
        The pairs, locked ones among them.
    pay : int
        What a person counts for beside ``PERSON``.
    slots : bool
        Whether `rest` bounds slots, or pairs that are worth a person each.
    """

    problem: Problem
    ptr: Ints
    cols: Short
    worth: Ints
    prices: Ints
    rest: Ints
    rows: Ints
    columns: Ints
    pay: int
    slots: bool


_KEPT: WeakKeyDictionary[Matching, Kept] = WeakKeyDictionary()


def keep(matching: Matching, kept: Kept) -> None:
    """Note what a matching leaves."""
    _KEPT[matching] = kept


def kept_of(before: Matching, bits: int, *, slots: bool) -> Kept:
    """Return what a matching leaves to a problem whose scores have so many digits.

    Parameters
    ----------
    before : Matching
        The pairs that were announced.
    bits : int
        Binary digits of the scores now.
    slots : bool
        Whether bounds are wanted of slots, or of pairs that are worth a person each.
    """
    kept = _KEPT.get(before) or _proved(before)
    if kept is None or kept.problem.bits != bits or kept.slots != slots:
        return _prices_of(before, bits)
    return kept


def nothing_kept(now: Problem, rows: Ints, columns: Ints) -> Kept:
    """Return what is known where nothing is but pairs."""
    none = np.zeros(0, np.int64)
    prices = np.zeros(now.shape[1], np.int64)
    return Kept(now, none, none.astype(np.int32), none, prices, none, rows, columns, 0, False)


def needs_slots(problem: Problem, rest: Problem) -> bool:
    """Say whether people may have several pairs, or have to have more than those locked."""
    most = int(problem.mentee_demand.max(initial=0))
    return bool(most > 1 or rest.mentee_minimum.any() or rest.mentor_minimum.any())


def _proved(before: Matching) -> Kept | None:
    """Return what the proof of a matching says: no pair is worth more than its two prices.

    Nothing is read for it. Announced pairs will count so much more that whoever has one needs no
    other to be known. None where there is no such proof.
    """
    proved = proved_prices(before)
    if proved is None:
        return None
    prices, pay, cover = proved
    locks = locks_of(before.problem)
    problem = locks.rest() if locks.quotas else before.problem
    n, m = problem.shape
    free = ~np.isin(before.rows * m + before.columns, locks.i * m + locks.j)
    rows, columns = before.rows[free], before.columns[free]
    v = prices if cover is None else prices + PERSON * cover
    v = np.where(problem.mentor_capacity > 0, v, 0)
    worth = problem.values_at(rows, columns)[0]
    load = np.bincount(columns, minlength=m)
    owing = ((v < 0) & (load > problem.mentor_minimum)) | (
        (v > 0) & (load < problem.mentor_capacity)
    )
    if owing.any():
        return None
    ptr = np.searchsorted(rows, np.arange(n + 1)).astype(np.int64)
    cols = columns.astype(np.int32)
    person = 0 if cover is None else PERSON
    slots = needs_slots(before.problem, problem)
    if slots:
        had = np.bincount(rows, minlength=n)
        # The next pair would cost nothing, the first one less than nothing.
        first = np.where(np.bincount(locks.i, minlength=n) > 0, 0, person + pay)
        rest = np.where(had < problem.mentee_demand, np.where(had > 0, 0, -first), 2**60)
        np.minimum.at(rest, rows, worth - v[columns])
        left = left_of(before)
        if left is not None and (cover is None or not (cover < 0).any()):
            rest = np.minimum(rest, left.rest)
            ptr, cols, worth = merge_rows(left.ptr, left.cols, left.worth, rows, cols, worth, n)
    else:
        u = np.zeros(n, np.int64)
        u[rows] = worth + pay + person - v[columns]
        if (u < 0).any():
            return None
        rest = u + PERSON if cover is None else u
    return Kept(problem, ptr, cols, worth, v, rest, before.rows, before.columns, pay, slots)


def _prices_of(before: Matching, bits: int) -> Kept:
    """Return prices to begin with where nothing else is kept: those of scores, if there are any."""
    kept = nothing_kept(before.problem, before.rows, before.columns)
    proof = before.proofs.get("total")
    if not isinstance(proof, Prices):
        return kept
    steps = np.ldexp(proof.mentors.astype(np.float64), bits - before.problem.bits - proof.fine)
    prices = np.clip(np.rint(steps), 0, PERSON).astype(np.int64)
    return replace(kept, prices=prices)
