"""The compiled loops that keep a matching best where both sides may have several pairs, each once.

Mentees and mentors are alike here: each has slots that cost ever more to open, below zero where
pairs are asked for and beyond reach when all are taken. Pairs are edges that are used or not
(minimum-cost flow with convex costs: Ahuja, Magnanti and Orlin 1993, chapter 14). Compiled by Numba
when first called; with ``NUMBA_DISABLE_JIT=1`` they run as plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mentormatch.matching.solvers.kernels import nearer, nearest

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

_FAR = np.int64(2**62)


@njit(cache=True)
def row_slot(i: int, k: int, floor: Ints, low: Ints, high: Ints, unit: int, first: Ints) -> int:
    """Return what it costs row `i` to have one pair more than `k`."""
    if k >= high[i]:
        return int(_FAR)
    cost = -unit if k < low[i] else 0
    if k == 0:
        cost -= first[i]
    return int(max(cost, floor[i]))


@njit(cache=True)
def col_slot(j: int, k: int, low: Ints, high: Ints, unit: int) -> int:
    """Return what it costs column `j` to have one pair more than `k`."""
    if k >= high[j]:
        return int(_FAR)
    return -unit if k < low[j] else 0


@njit(cache=True)
def take(e: int, j: int, used: Flags, head: Ints, after: Ints, before: Ints) -> None:
    """Use edge `e` of column `j`."""
    used[e], before[e], after[e] = True, -1, head[j]
    if head[j] >= 0:
        before[head[j]] = e
    head[j] = e


@njit(cache=True)
def drop(e: int, j: int, used: Flags, head: Ints, after: Ints, before: Ints) -> None:
    """Use edge `e` of column `j` no more."""
    a, b = before[e], after[e]
    used[e] = False
    if a < 0:
        head[j] = b
    else:
        after[a] = b
    if b >= 0:
        before[b] = a


@njit(cache=True, nogil=True)
def improve_slots(
    ptr: Ints,
    cols: Short,
    worth: Ints,
    owner: Ints,
    col_ptr: Ints,
    col_edges: Ints,
    used: Flags,
    u: Ints,
    v: Ints,
    floor: Ints,
    row_low: Ints,
    row_high: Ints,
    first: Ints,
    col_low: Ints,
    col_high: Ints,
    unit: int,
) -> None:
    """Make a matching best again, from prices and used edges that were best for fewer edges.

    Parameters
    ----------
    ptr, cols, worth : numpy.ndarray of int
        Edges by row: columns and worth of row i stand from ``ptr[i]`` to ``ptr[i + 1]``.
    owner : numpy.ndarray of int
        Row of each edge.
    col_ptr, col_edges : numpy.ndarray of int
        Edges by column, as places in `cols`.
    used, u, v : numpy.ndarray
        Changed in place: which edges are used, and prices. ``u + v`` is at least the worth of an
        edge that is not used, and at most that of a used one; a row with k pairs has a price
        between the costs of its k-th slot and of the next one, and so has a column.
    floor : numpy.ndarray of int, shape (n,)
        What a row would rather wait for: no slot costs it less.
    row_low, row_high, col_low, col_high : numpy.ndarray of int
        Fewest and most pairs.
    first : numpy.ndarray of int, shape (n,)
        What the first pair of a row is worth besides.
    unit : int
        What a pair below somebody's minimum is worth besides.
    """
    n, m = len(u), len(v)
    load_r, load_c = np.zeros(n, np.int64), np.zeros(m, np.int64)
    head = np.full(m, -1, np.int64)
    after, before = np.full(len(cols), -1, np.int64), np.full(len(cols), -1, np.int64)
    for e in range(len(cols)):
        if used[e]:
            take(e, cols[e], used, head, after, before)
            load_r[owner[e]] += 1
            load_c[cols[e]] += 1
    for i in range(n):
        best = -_FAR
        for e in range(ptr[i], ptr[i + 1]):
            if not used[e]:
                best = max(best, np.int64(worth[e] - v[cols[e]]))
        if load_r[i] == 0:
            opening = np.int64(row_slot(i, 0, floor, row_low, row_high, unit, first))
            u[i] = max(best, min(opening, np.int64(0)))
        elif best > u[i]:
            u[i] = best
            for e in range(ptr[i], ptr[i + 1]):
                if used[e] and worth[e] - v[cols[e]] < best:
                    drop(e, cols[e], used, head, after, before)
                    load_r[i] -= 1
                    load_c[cols[e]] -= 1
        if load_r[i] > 0:
            floor[i] = min(floor[i], u[i])
    dist = np.full(n + m, _FAR)
    via = np.full(n + m, -1, np.int64)
    done = np.zeros(n + m, np.bool_)
    seen, shut = np.empty(n + m, np.int64), np.empty(n + m, np.int64)
    heap, place = np.empty(n + m, np.int64), np.full(n + m, -1, np.int64)
    for new in range(n):
        while u[new] > row_slot(new, load_r[new], floor, row_low, row_high, unit, first):
            limit = u[new] - row_slot(new, load_r[new], floor, row_low, row_high, unit, first)
            size, touched, closed, last = 0, 1, 0, -1
            dist[new], seen[0] = 0, new
            size = nearer(new, dist, heap, place, size)
            while size > 0 and dist[heap[0]] < limit:
                x = nearest(dist, heap, place, size)
                size -= 1
                done[x] = True
                shut[closed] = x
                closed += 1
                if x < n:
                    for e in range(ptr[x], ptr[x + 1]):
                        y = n + cols[e]
                        if used[e] or done[y]:
                            continue
                        d = dist[x] + u[x] + v[cols[e]] - worth[e]
                        if d >= limit or d >= dist[y]:
                            continue
                        if dist[y] == _FAR:
                            seen[touched] = y
                            touched += 1
                        dist[y], via[y] = d, e
                        j = y - n
                        more = col_slot(j, load_c[j], col_low, col_high, unit) - v[j]
                        if d + max(more, 0) < limit:
                            limit, last = d + max(more, 0), y
                        size = nearer(y, dist, heap, place, size)
                else:
                    e = head[x - n]
                    while e >= 0:
                        y = owner[e]
                        d = dist[x] + worth[e] - u[y] - v[x - n]
                        if not done[y] and d < limit and d < dist[y]:
                            if dist[y] == _FAR:
                                seen[touched] = y
                                touched += 1
                            dist[y], via[y] = d, e
                            slot = row_slot(y, load_r[y] - 1, floor, row_low, row_high, unit, first)
                            if d + u[y] - slot < limit:
                                limit, last = d + u[y] - slot, y
                            size = nearer(y, dist, heap, place, size)
                        e = after[e]
            for k in range(closed):
                x = shut[k]
                if dist[x] < limit:
                    if x < n:
                        u[x] -= limit - dist[x]
                    else:
                        v[x - n] += limit - dist[x]
            if last >= 0:
                if last < n:
                    load_r[last] -= 1
                    e = via[last]
                    drop(e, cols[e], used, head, after, before)
                    x = n + cols[e]
                else:
                    load_c[last - n] += 1
                    x = last
                load_r[new] += 1
                while True:
                    e = via[x]
                    take(e, cols[e], used, head, after, before)
                    if owner[e] == new:
                        break
                    e = via[owner[e]]
                    drop(e, cols[e], used, head, after, before)
                    x = n + cols[e]
            for k in range(touched):
                dist[seen[k]], done[seen[k]], place[seen[k]] = _FAR, False, -1
    for empty in range(m):
        while v[empty] > col_slot(empty, load_c[empty], col_low, col_high, unit):
            limit = v[empty] - col_slot(empty, load_c[empty], col_low, col_high, unit)
            size, touched, closed, last = 0, 1, 0, -1
            dist[n + empty], seen[0] = 0, n + empty
            size = nearer(n + empty, dist, heap, place, size)
            while size > 0 and dist[heap[0]] < limit:
                x = nearest(dist, heap, place, size)
                size -= 1
                done[x] = True
                shut[closed] = x
                closed += 1
                if x >= n:
                    for k in range(col_ptr[x - n], col_ptr[x - n + 1]):
                        e = col_edges[k]
                        y = owner[e]
                        if used[e] or done[y]:
                            continue
                        d = dist[x] + u[y] + v[x - n] - worth[e]
                        if d >= limit or d >= dist[y]:
                            continue
                        if dist[y] == _FAR:
                            seen[touched] = y
                            touched += 1
                        dist[y], via[y] = d, e
                        more = row_slot(y, load_r[y], floor, row_low, row_high, unit, first) - u[y]
                        if d + max(more, 0) < limit:
                            limit, last = d + max(more, 0), y
                        size = nearer(y, dist, heap, place, size)
                else:
                    for e in range(ptr[x], ptr[x + 1]):
                        y = n + cols[e]
                        if not used[e] or done[y]:
                            continue
                        d = dist[x] + worth[e] - u[x] - v[cols[e]]
                        if d >= limit or d >= dist[y]:
                            continue
                        if dist[y] == _FAR:
                            seen[touched] = y
                            touched += 1
                        dist[y], via[y] = d, e
                        j = y - n
                        slot = col_slot(j, load_c[j] - 1, col_low, col_high, unit)
                        if d + v[j] - slot < limit:
                            limit, last = d + v[j] - slot, y
                        size = nearer(y, dist, heap, place, size)
            for k in range(closed):
                x = shut[k]
                if dist[x] < limit:
                    if x < n:
                        u[x] += limit - dist[x]
                    else:
                        v[x - n] -= limit - dist[x]
            if last >= 0:
                if last >= n:
                    load_c[last - n] -= 1
                    e = via[last]
                    drop(e, cols[e], used, head, after, before)
                    x = owner[e]
                else:
                    load_r[last] += 1
                    x = last
                load_c[empty] += 1
                while True:
                    e = via[x]
                    take(e, cols[e], used, head, after, before)
                    if cols[e] == empty:
                        break
                    e = via[n + cols[e]]
                    drop(e, cols[e], used, head, after, before)
                    x = owner[e]
            for k in range(touched):
                dist[seen[k]], done[seen[k]], place[seen[k]] = _FAR, False, -1
