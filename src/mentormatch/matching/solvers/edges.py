"""The compiled loops that keep candidate pairs in order: by row with new ones merged, or by column.

Compiled by Numba when first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they run as
plain Python with the same results. They write into arrays that they are given: an interruption
while a loop makes arrays of its own would end in a SystemError.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Short = NDArray[np.int32]


@njit(cache=True, nogil=True)
def sorted_by(key: Ints, order: Ints, size: int) -> Ints:
    """Return an order sorted by small whole numbers; what is equal keeps its place."""
    start = np.zeros(size + 1, np.int64)
    for k in range(len(key)):
        start[key[k] + 1] += 1
    start = np.cumsum(start)
    found = np.empty(len(order), np.int64)
    for k in order:
        found[start[key[k]]] = k
        start[key[k]] += 1
    return found


def merge_rows(
    ptr: Ints, cols: Short, worth: Ints, i: Ints, j: Short, w: Ints, size: int
) -> tuple[Ints, Short, Ints]:
    """Return candidates by row, each row's columns in order, with new ones (i, j, w) merged in.

    Pairs that are there already are kept once. New ones come in any order.
    """
    most = len(cols) + len(i)
    new_ptr = np.empty(size + 1, np.int64)
    new_cols, new_worth = np.empty(most, np.int32), np.empty(most, np.int64)
    _merge(ptr, cols, worth, i, j, w, new_ptr, new_cols, new_worth)
    end = int(new_ptr[size])
    return new_ptr, new_cols[:end].copy(), new_worth[:end].copy()


@njit(cache=True, nogil=True)
def _merge(
    ptr: Ints,
    cols: Short,
    worth: Ints,
    i: Ints,
    j: Short,
    w: Ints,
    new_ptr: Ints,
    new_cols: Short,
    new_worth: Ints,
) -> None:
    """Write candidates by row with new ones merged in."""
    size, columns = len(new_ptr) - 1, 0
    for k in range(len(j)):
        columns = max(columns, j[k] + 1)
    order = sorted_by(i, sorted_by(j, np.arange(len(j)), columns), size)
    end, b = 0, 0
    for row in range(size):
        new_ptr[row] = end
        a = ptr[row]
        while True:
            more = b < len(order) and i[order[b]] == row
            if a < ptr[row + 1] and (not more or cols[a] <= j[order[b]]):
                col, value = cols[a], worth[a]
                a += 1
            elif more:
                col, value = j[order[b]], w[order[b]]
                b += 1
            else:
                break
            if end == new_ptr[row] or new_cols[end - 1] != col:
                new_cols[end], new_worth[end] = col, value
                end += 1
    new_ptr[size] = end


def by_column(ptr: Ints, cols: Short, worth: Ints, size: int) -> tuple[Ints, Short, Ints]:
    """Return the same candidates by column."""
    start = np.zeros(size + 1, np.int64)
    rows, value = np.empty(len(cols), np.int32), np.empty(len(cols), np.int64)
    _turn(ptr, cols, worth, start, rows, value)
    return start, rows, value


@njit(cache=True, nogil=True)
def _turn(ptr: Ints, cols: Short, worth: Ints, start: Ints, rows: Short, value: Ints) -> None:
    """Write candidates by column, where `start` is 0 at first."""
    for k in range(len(cols)):
        start[cols[k] + 1] += 1
    for j in range(1, len(start)):
        start[j] += start[j - 1]
    at = start.copy()
    for i in range(len(ptr) - 1):
        for k in range(ptr[i], ptr[i + 1]):
            rows[at[cols[k]]], value[at[cols[k]]] = i, worth[k]
            at[cols[k]] += 1
