"""The compiled loops of the priced solver that read scores: each row's best pairs, and columns.

Compiled by Numba when first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they run as
plain Python with the same results.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Reals = NDArray[Any]  # float32 or float64

_CHUNK = 64


@njit(cache=True, nogil=True)
def top_of_tile(
    gain: Reals,
    first: int,
    bar: Reals,
    kinds: Ints,
    col_kinds: Ints,
    table: Flags,
    prices: Reals,
    least: float,
    heap: Reals,
    cols: Short,
    held: Ints,
) -> None:
    """Go on with each row's best pairs, as many as the heap is wide, over one tile of columns.

    The kept ones stand in a heap whose root is the worst; chunks of columns whose best pair
    cannot enter it are passed over.

    Parameters
    ----------
    gain : numpy.ndarray of float, shape (rows, columns of the tile)
        What each pair gains; -inf where it is impossible.
    first : int
        Number of the tile's first column.
    bar : numpy.ndarray of float, shape (rows,)
        Changed in place: only pairs above it are kept.
    kinds, col_kinds, table : numpy.ndarray
        A pair may be used only where ``table[kinds[row], col_kinds[column]]``.
    prices, least
        A pair may be used only where its gain plus the column's price is not below `least`.
    heap, cols, held : numpy.ndarray
        Changed in place: gains and columns kept so far, and how many.
    """
    keep = heap.shape[1]
    for i in range(gain.shape[0]):
        row, enough, size = gain[i], bar[i], held[i]
        allowed = table[kinds[i]]
        for start in range(0, len(row), _CHUNK):
            part = row[start : start + _CHUNK]
            hit = False
            for k in range(len(part)):
                hit |= part[k] > enough
            if not hit:
                continue
            for k in range(len(part)):
                x, j = part[k], first + start + k
                if x <= enough or not allowed[col_kinds[j]] or x + prices[j] < least:
                    continue
                if size < keep:
                    at = size
                    size += 1
                    while at > 0 and heap[i, (at - 1) >> 1] > x:
                        heap[i, at] = heap[i, (at - 1) >> 1]
                        cols[i, at] = cols[i, (at - 1) >> 1]
                        at = (at - 1) >> 1
                else:
                    at = 0
                    while 2 * at + 1 < keep:
                        down = 2 * at + 1
                        if down + 1 < keep and heap[i, down + 1] < heap[i, down]:
                            down += 1
                        if heap[i, down] >= x:
                            break
                        heap[i, at] = heap[i, down]
                        cols[i, at] = cols[i, down]
                        at = down
                heap[i, at] = x
                cols[i, at] = j
                if size == keep:
                    enough = max(enough, heap[i, 0])
        bar[i], held[i] = enough, size


@njit(cache=True, nogil=True)
def gains_of_raw(raw: Floats, scale: float, least: float, prices: Floats, gain: Floats) -> None:
    """Write whole-numbered scores less prices; -inf where a score lies below the least."""
    for i in range(raw.shape[0]):
        row, out = raw[i], gain[i]
        for j in range(len(row)):
            x = row[j] if row[j] >= least else -np.inf
            out[j] = np.rint(x * scale) - prices[j]


@njit(cache=True, nogil=True)
def above(
    gain: Reals,
    bar: Reals,
    kinds: Ints,
    col_kinds: Ints,
    table: Flags,
    rows: Ints,
    cols: Ints,
) -> int:
    """List the pairs of a tile that gain more than their row's bar; return how many there are.

    Only as many as fit are written.
    """
    count = 0
    for i in range(gain.shape[0]):
        allowed, row, enough = table[kinds[i]], gain[i], bar[i]
        for start in range(0, len(row), _CHUNK):
            part = row[start : start + _CHUNK]
            hit = False
            for k in range(len(part)):
                hit |= part[k] > enough
            if not hit:
                continue
            for k in range(len(part)):
                if part[k] > enough and allowed[col_kinds[start + k]]:
                    if count < len(rows):
                        rows[count], cols[count] = i, start + k
                    count += 1
    return count


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def inner(left: Reals, right: Reals, i: Ints, j: Short, scale: float, out: Ints) -> None:
    """Write the inner products of listed rows in whole steps.

    Sums of `Encodings` are exact, so they may be added up in any order, several at a time.
    """
    for k in range(len(i)):
        a, b = left[i[k]], right[j[k]]
        total = 0.0
        for d in range(len(a)):
            total += np.float64(a[d]) * np.float64(b[d])
        out[k] = np.int64(np.rint(total * scale))
