"""The compiled loops of scoring: products of sparse encodings, joined, curved, weighed, added up.

Compiled by Numba when first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they run as
plain Python with the same results. Whole numbers are held in double precision, where sums, products
and rounded-down quotients of those below 2**53 are what whole numbers would give: so these loops
and `Part.block` give the same scores. In single precision, without rounding down, they are quicker
and a little off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[Any]  # of 32 or 64 bits
Reals = NDArray[Any]  # float32 or float64
Table = tuple[Ints, Ints, Ints]


@njit(cache=True, nogil=True)
def add_values(
    total: Reals,
    exact: bool,
    acc: Ints,
    dense: Reals,
    mentees: Table,
    mentors: Table,
    texts: tuple[Ints, Ints],
    tongues: Ints,
    levels: tuple[Reals, Reals, Reals],
    join: int,
    curve: tuple[Reals, Reals, Reals],
    trust: tuple[Reals, Reals],
    missing: Reals,
    weights: Reals,
) -> None:
    """Add what one part of the score contributes to some mentees with some mentors.

    Parameters
    ----------
    total : numpy.ndarray of float, shape (mentees, mentors)
        Changed in place: contributions in steps of 2**-20. All reals are of its kind.
    exact : bool
        Whether quotients are rounded down.
    acc : numpy.ndarray of int, shape (mentors' texts,)
        Space for the products of one text.
    dense : numpy.ndarray of float, shape (texts, texts) or (texts, 0)
        What columns that are not in the sparse tables have added to the products already.
    mentees : (starts, columns, entries)
        The rows of the mentees' texts, entries that are not 0.
    mentors : (starts, texts, entries)
        The same of the mentors by column, not by row.
    texts : (starts, starts)
        Whose texts they are; see `mentormatch.scores.join.Join`.
    tongues : numpy.ndarray of int, shape (texts,)
        Language of each text of the mentees.
    levels : (mean, gain, usual)
        What evens languages out, by the mentee's language and the mentor's text.
    join : int
        0: everybody has one row and no languages. 1: mentees seek. 2: mentors do.
    curve : (products, widths, heights)
        Of each straight piece where it begins; the value of the first knot stands behind the
        heights.
    trust : (mentees', mentors')
        How much an answer tells, in [0, 1]; 0 where it is missing.
    missing : numpy.ndarray of float, shape (1,)
        Value where an answer is missing.
    weights : numpy.ndarray of float, shape (mentees,)
        Weight of the part for each mentee, in [0, 1].
    """
    m = total.shape[1]
    near, high = np.zeros(len(acc), total.dtype), np.zeros(len(acc), total.dtype)
    first, second = np.zeros(m, total.dtype), np.zeros(m, total.dtype)
    for r in range(total.shape[0]):
        begin, end = texts[0][r], texts[0][r + 1]
        for t in range(begin, end):
            _multiply(acc, t, dense, mentees, mentors)
            if join == 0:
                for j in range(m):
                    first[j] = acc[j]
            else:
                g = tongues[t]
                _level(acc, near, levels[0][g], levels[1][g], levels[2][0], exact)
                if join == 1:
                    _best_of_each(near, texts[1], high)
                    _keep_best(high, t - begin, first, second)
                else:
                    _keep_larger(near, t == begin, high)
        if join == 1 and end - begin > 1:
            _halve(first, second, exact)
        elif join == 2:
            _mean_of_best(high, texts[1], first, exact)
        _curve(first, second, curve, exact)
        _weigh(total[r], second, trust[0][r], trust[1], missing[0], weights[r], exact)


@njit(cache=True, nogil=True)
def _multiply(acc: Ints, t: int, dense: Reals, mentees: Table, mentors: Table) -> None:
    """Write the products of one text with all texts of the others."""
    if dense.shape[1]:
        row = dense[t]
        for j in range(len(acc)):
            acc[j] = np.rint(row[j])
    else:
        acc[:] = 0
    starts, columns, entries = mentees
    ends, rows, values = mentors
    for k in range(starts[t], starts[t + 1]):
        x, column = entries[k], columns[k]
        for p in range(ends[column], ends[column + 1]):
            acc[rows[p]] += x * values[p]


@njit(cache=True, nogil=True)
def _level(acc: Ints, near: Reals, mean: Reals, gain: Reals, usual: float, exact: bool) -> None:
    """Even out the languages of the products of one text."""
    for j in range(len(acc)):
        near[j] = (acc[j] - mean[j]) * gain[j]
    if exact:
        for j in range(len(near)):
            near[j] = np.floor(near[j])
    for j in range(len(near)):
        near[j] += usual


@njit(cache=True, nogil=True)
def _best_of_each(near: Reals, starts: Ints, best: Reals) -> None:
    """Write the largest product of each mentor's texts."""
    people = len(starts) - 1
    if people == len(near):
        best[:] = near
        return
    for j in range(people):
        x = near[starts[j]]
        for s in range(starts[j] + 1, starts[j + 1]):
            x = near[s] if near[s] > x else x
        best[j] = x


@njit(cache=True, nogil=True)
def _keep_best(best: Reals, nth: int, first: Reals, second: Reals) -> None:
    """Keep the two largest over the mentee's texts, of which this is the nth from 0 on."""
    m = len(first)
    if nth == 0:
        first[:] = best[:m]
    elif nth == 1:
        for j in range(m):
            x, y = best[j], first[j]
            first[j] = x if x > y else y
            second[j] = y if x > y else x
    else:
        for j in range(m):
            x, y, z = best[j], first[j], second[j]
            low = y if x > y else x
            first[j] = x if x > y else y
            second[j] = low if low > z else z


@njit(cache=True, nogil=True)
def _keep_larger(near: Reals, new: bool, high: Reals) -> None:
    """Keep the larger of two products, or the new one alone."""
    if new:
        high[:] = near
    else:
        for j in range(len(near)):
            high[j] = near[j] if near[j] > high[j] else high[j]


@njit(cache=True, nogil=True)
def _halve(first: Reals, second: Reals, exact: bool) -> None:
    """Write the mean of two products."""
    for j in range(len(first)):
        first[j] = (first[j] + second[j]) / 2
    if exact:
        for j in range(len(first)):
            first[j] = np.floor(first[j])


@njit(cache=True, nogil=True)
def _mean_of_best(high: Reals, starts: Ints, first: Reals, exact: bool) -> None:
    """Write the mean of the two largest products of each mentor's texts."""
    for j in range(len(starts) - 1):
        best = high[starts[j]]
        if starts[j + 1] - starts[j] > 1:
            other = high[starts[j] + 1]
            if other > best:
                best, other = other, best
            for s in range(starts[j] + 2, starts[j + 1]):
                x = high[s]
                if x > best:
                    best, other = x, best
                elif x > other:
                    other = x
            best = (best + other) / 2
            if exact:
                best = np.floor(best)
        first[j] = best


@njit(cache=True, nogil=True)
def _curve(products: Reals, values: Reals, curve: tuple[Reals, Reals, Reals], exact: bool) -> None:
    """Write the values of products: what each piece of the curve adds.

    The quotient of whole numbers below 2**53 that is rounded to double precision is never rounded
    up to a whole number, so `floor` gives what division of whole numbers would.
    """
    start, wide, high = curve
    values[:] = high[len(wide)]
    for k in range(len(wide)):
        x, most, much = start[k], wide[k], high[k]
        if exact:
            for j in range(len(products)):
                far = products[j] - x
                far = far if far > 0 else 0 * far
                far = far if far < most else most
                values[j] += np.floor(far * much / most)
        else:
            steep = much / most
            for j in range(len(products)):
                far = products[j] - x
                far = far if far > 0 else 0 * far
                far = far if far < most else most
                values[j] += far * steep


@njit(cache=True, nogil=True)
def _weigh(
    total: Reals,
    values: Reals,
    ours: float,
    theirs: Reals,
    missing: float,
    weight: float,
    exact: bool,
) -> None:
    """Add what values are worth, drawn to the value without an answer where answers are slight."""
    if exact:
        for j in range(len(total)):
            value = missing + np.floor((values[j] - missing) * (ours * theirs[j]))
            total[j] += np.floor(value * weight)
    else:
        for j in range(len(total)):
            total[j] += (missing + (values[j] - missing) * (ours * theirs[j])) * weight


@njit(cache=True, nogil=True)
def dot_rows(left: Table, right: Table, i: Ints, j: Ints, space: Reals, products: Reals) -> None:
    """Write the inner products of listed rows of two sparse tables.

    `space` holds as many zeros as the tables have columns; it is quick if equal rows of the left
    table stand together.
    """
    a, a_columns, a_entries = left
    b, b_columns, b_entries = right
    for k in range(len(i)):
        if k == 0 or i[k] != i[k - 1]:
            if k:
                for p in range(a[i[k - 1]], a[i[k - 1] + 1]):
                    space[a_columns[p]] = 0
            for p in range(a[i[k]], a[i[k] + 1]):
                space[a_columns[p]] = a_entries[p]
        total = 0.0
        for p in range(b[j[k]], b[j[k] + 1]):
            total += space[b_columns[p]] * b_entries[p]
        products[k] = total
