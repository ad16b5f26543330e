"""The compiled loop that finds what it costs each row of a best matching to give up its column.

Many short searches share their working space; each stops as soon as it is longer than what is
looked for. Compiled by Numba when first called; with ``NUMBA_DISABLE_JIT=1`` it runs as plain
Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mentormatch.matching.solvers.kernels import nearer, nearest
from mentormatch.matching.solvers.paths import FAR

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]


@njit(cache=True)
def _reach(
    to: int, d: int, dist: Ints, heap: Ints, place: Ints, touched: Ints, sizes: Ints
) -> None:
    """Note that a node is so near; `sizes` counts what is in the heap and what was touched."""
    if d < dist[to]:
        if dist[to] == FAR:
            touched[sizes[1]] = to
            sizes[1] += 1
        dist[to] = d
        sizes[0] = nearer(to, dist, heap, place, sizes[0])


@njit(cache=True)
def _moves_on(head: Ints, after: Ints, rank: Ints, to: int, least: int) -> bool:
    """Say whether any row of a column may move."""
    a = head[to]
    while a >= 0:
        if rank[a] >= least:
            return True
        a = after[a]
    return False


@njit(cache=True, nogil=True)
def without_each(
    ptr: Ints,
    cols: Short,
    loss: Ints,
    u: Ints,
    v: Ints,
    head: Ints,
    after: Ints,
    spare: Flags,
    loose: Ints,
    rows: Ints,
    match: Ints,
    rank: Ints,
    slack: Ints,
    best: Ints,
    costs: Ints,
    doubtful: Flags,
    unsure: Flags,
) -> None:
    """Find what the cheapest chain costs that parts each row from its column.

    Only rows that come no earlier than it, by rank, may move; those without a column always may.

    Parameters
    ----------
    ptr, cols, loss, u, v, head, after, spare, loose
        As for `explore`.
    rows : numpy.ndarray of int
        The rows to be parted, one after the other.
    match, rank : numpy.ndarray of int, shape (n,)
        Each row's column, and its place in the order of rows.
    slack : numpy.ndarray of int, shape (n,)
        What a pair of each row that is no candidate loses at least.
    best : numpy.ndarray of int
        The lowest costs known, in order; chains that cost more than the last are of no interest.
        Changed in place as lower ones are found.
    costs : numpy.ndarray of int, shape (len(rows),)
        Filled: what each chain costs, 2**62 where it is of no interest.
    doubtful : numpy.ndarray of bool, shape (len(rows),)
        Filled: where a pair that is no candidate might give a cheaper chain.
    unsure : numpy.ndarray of bool, shape (n,)
        Filled: rows of such pairs.
    """
    m = len(v)
    dist, touched = np.full(m + 1, FAR), np.empty(m + 1, np.int64)
    heap, place = np.empty(m + 1, np.int64), np.full(m + 1, -1, np.int64)
    sizes = np.zeros(2, np.int64)
    for q in range(len(rows)):
        row = rows[q]
        goal, least, limit = match[row], rank[row], best[-1]
        sizes[:] = 0
        doubtful[q] = slack[row] <= limit
        unsure[row] |= doubtful[q]
        for k in range(ptr[row], ptr[row + 1]):
            if cols[k] != goal and loss[k] <= limit:
                _reach(cols[k], loss[k], dist, heap, place, touched, sizes)
        if u[row] <= limit:
            _reach(m, u[row], dist, heap, place, touched, sizes)
        while sizes[0] > 0:
            j = nearest(dist, heap, place, sizes[0])
            sizes[0] -= 1
            base, limit = dist[j], min(limit, dist[goal])
            if base > limit or j == goal:
                break
            if j < m:
                if spare[j]:
                    _reach(m, base, dist, heap, place, touched, sizes)
                a = head[j]
            else:
                for to in range(m):
                    d = base + v[to]
                    if d <= limit and d < dist[to] and _moves_on(head, after, rank, to, least):
                        _reach(to, d, dist, heap, place, touched, sizes)
                a = np.int64(-1)
            count = len(loose) if j == m else 0
            while a >= 0 or count > 0:
                if j == m:
                    count -= 1
                    i = loose[count]
                else:
                    i = a
                    a = after[a]
                    if rank[i] < least:
                        continue
                    if base + u[i] <= limit:
                        _reach(m, base + u[i], dist, heap, place, touched, sizes)
                if slack[i] <= limit - base:
                    doubtful[q] = True
                    unsure[i] = True
                for k in range(ptr[i], ptr[i + 1]):
                    if base + loss[k] <= limit:
                        _reach(cols[k], base + loss[k], dist, heap, place, touched, sizes)
        costs[q] = dist[goal] if dist[goal] <= best[-1] else FAR
        for k in range(sizes[1]):
            dist[touched[k]] = FAR
            place[touched[k]] = -1
        if costs[q] < best[-1]:
            at = len(best) - 1
            while at > 0 and best[at - 1] > costs[q]:
                best[at] = best[at - 1]
                at -= 1
            best[at] = costs[q]
