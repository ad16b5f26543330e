"""The compiled loops that keep candidate pairs in order: by row with new ones merged, or by column.

Compiled by Numba when first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they run as
plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Short = NDArray[np.int32]


@njit(cache=True, nogil=True)
def _sorted_by(key: Ints, order: Ints, size: int) -> Ints:
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


@njit(cache=True, nogil=True)
def merge_rows(
    ptr: Ints, cols: Short, worth: Ints, i: Ints, j: Short, w: Ints, size: int
) -> tuple[Ints, Short, Ints]:
    """Return candidates by row, each row's columns in order, with new ones (i, j, w) merged in.

    Pairs that are there already are kept once. New ones come in any order.
    """
    columns = 0
    for k in range(len(j)):
        columns = max(columns, j[k] + 1)
    order = _sorted_by(i, _sorted_by(j, np.arange(len(j)), columns), size)
    new_ptr = np.empty(size + 1, np.int64)
    new_cols = np.empty(len(cols) + len(i), np.int32)
    new_worth = np.empty(len(cols) + len(i), np.int64)
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
    return new_ptr, new_cols[:end].copy(), new_worth[:end].copy()


@njit(cache=True, nogil=True)
def by_column(ptr: Ints, cols: Short, worth: Ints, size: int) -> tuple[Ints, Short, Ints]:
    """Return the same candidates by column."""
    start = np.zeros(size + 1, np.int64)
    for k in range(len(cols)):
        start[cols[k] + 1] += 1
    start = np.cumsum(start)
    at = start.copy()
    rows, value = np.empty(len(cols), np.int32), np.empty(len(cols), np.int64)
    for i in range(len(ptr) - 1):
        for k in range(ptr[i], ptr[i + 1]):
            rows[at[cols[k]]], value[at[cols[k]]] = i, worth[k]
            at[cols[k]] += 1
    return start, rows, value
