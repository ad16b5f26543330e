"""The compiled loops of the large-scale solver: each row's best pairs, and exact shortest paths.

Everything is in whole numbers (scores as float64 hold whole numbers exactly). The loops are
compiled by Numba when they are first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they
run as plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FAR = np.int64(2**62)
_CHUNK = 64


@njit(cache=True, nogil=True)
def best_of_rows(
    gain: Floats, prices: Floats, floor: Floats, keep: int, cols: Ints, worth: Ints, count: Ints
) -> None:
    """Keep each row's best pairs, at most `keep`, whose gain less price lies above its floor.

    The kept ones stand in a heap whose root is the worst; chunks of columns whose best pair
    cannot enter it are passed over.
    """
    size = gain.shape[1]
    net = np.empty(_CHUNK, np.float64)
    heap = np.empty(keep, np.float64)
    for i in range(gain.shape[0]):
        row, least, held = gain[i], floor[i], 0
        for start in range(0, size, _CHUNK):
            stop = min(size, start + _CHUNK)
            top = -np.inf
            for j in range(start, stop):
                x = row[j] - prices[j]
                net[j - start] = x
                top = max(top, x)
            if top <= least:
                continue
            for j in range(start, stop):
                x = net[j - start]
                if x <= least:
                    continue
                if held < keep:
                    at = held
                    held += 1
                    while at > 0 and heap[(at - 1) >> 1] > x:
                        heap[at] = heap[(at - 1) >> 1]
                        cols[i, at] = cols[i, (at - 1) >> 1]
                        at = (at - 1) >> 1
                else:
                    at = 0
                    while 2 * at + 1 < keep:
                        down = 2 * at + 1
                        if down + 1 < keep and heap[down + 1] < heap[down]:
                            down += 1
                        if heap[down] >= x:
                            break
                        heap[at] = heap[down]
                        cols[i, at] = cols[i, down]
                        at = down
                heap[at] = x
                cols[i, at] = j
                if held == keep:
                    least = max(least, heap[0])
        count[i] = held
        for k in range(held):
            worth[i, k] = np.int64(row[cols[i, k]])


@njit(cache=True)
def _leave(i: int, match: Ints, head: Ints, after: Ints, before: Ints, load: Ints) -> None:
    """Take row `i` out of its column's list."""
    j, a, b = match[i], before[i], after[i]
    if a < 0:
        head[j] = b
    else:
        after[a] = b
    if b >= 0:
        before[b] = a
    match[i] = -1
    load[j] -= 1


@njit(cache=True)
def _enter(i: int, j: int, match: Ints, head: Ints, after: Ints, before: Ints, load: Ints) -> None:
    """Put row `i` into the list of column `j`."""
    match[i], before[i], after[i] = j, -1, head[j]
    if head[j] >= 0:
        before[head[j]] = i
    head[j] = i
    load[j] += 1


@njit(cache=True)
def _nearer(j: int, dist: Ints, heap: Ints, place: Ints, size: int) -> int:
    """Put column `j` into the heap, or move it up after its distance has fallen."""
    at = place[j]
    if at < 0:
        at = size
        size += 1
    while at > 0:
        up = (at - 1) >> 1
        if dist[heap[up]] <= dist[j]:
            break
        heap[at] = heap[up]
        place[heap[at]] = at
        at = up
    heap[at] = j
    place[j] = at
    return size


@njit(cache=True)
def _nearest(dist: Ints, heap: Ints, place: Ints, size: int) -> int:
    """Take the nearest column off the heap, which has one item fewer then."""
    first = heap[0]
    place[first] = -1
    size -= 1
    if size > 0:
        last, at = heap[size], 0
        while 2 * at + 1 < size:
            down = 2 * at + 1
            if down + 1 < size and dist[heap[down + 1]] < dist[heap[down]]:
                down += 1
            if dist[heap[down]] >= dist[last]:
                break
            heap[at] = heap[down]
            place[heap[at]] = at
            at = down
        heap[at] = last
        place[last] = at
    return int(first)


@njit(cache=True, nogil=True)
def improve(
    ptr: Ints,
    cols: Ints,
    worth: Ints,
    col_ptr: Ints,
    col_rows: Ints,
    col_worth: Ints,
    capacity: Ints,
    u: Ints,
    v: Ints,
    match: Ints,
    head: Ints,
    after: Ints,
    before: Ints,
    load: Ints,
) -> None:
    """Make a matching best among its candidates again, after some were added.

    Rows that could do better leave their places and are inserted anew, each by one shortest path
    over reduced costs to a free place, to a row that gives way, or to nothing. Places left empty at
    a price are then filled, each by one shortest path backwards.

    Parameters
    ----------
    ptr, cols, worth : numpy.ndarray of int
        Candidates by row: columns and worth of row i stand from ``ptr[i]`` to ``ptr[i + 1]``.
    col_ptr, col_rows, col_worth : numpy.ndarray of int
        The same candidates by column.
    capacity : numpy.ndarray of int, shape (m,)
        Places of each column.
    u, v : numpy.ndarray of int, shapes (n,) and (m,)
        Prices, changed in place: ``u[i] + v[j] >= worth`` for every candidate, with equality for
        matched ones; `u` is 0 for unmatched rows and `v` is 0 for columns with a place left.
    match, head, after, before, load : numpy.ndarray of int
        The matching, changed in place: each row's column (-1: none), and each column's rows as a
        linked list with its length.
    """
    n, m = len(u), len(v)
    dist = np.full(m, _FAR)
    via, into = np.empty(m, np.int64), np.empty(m, np.int64)
    done = np.zeros(m, np.bool_)
    seen, shut = np.empty(m, np.int64), np.empty(m, np.int64)
    heap, place = np.empty(m, np.int64), np.full(m, -1, np.int64)
    vacant, queue = np.zeros(m, np.int64), np.empty(n, np.int64)
    waiting = 0
    for i in range(n):
        best = np.int64(0)
        for k in range(ptr[i], ptr[i + 1]):
            best = max(best, worth[k] - v[cols[k]])
        if best > u[i] or (match[i] < 0 and best > 0):
            if match[i] >= 0:
                vacant[match[i]] += 1
                _leave(i, match, head, after, before, load)
            u[i] = best
            queue[waiting] = i
            waiting += 1

    for q in range(waiting):
        new = queue[q]
        size, touched, closed = 0, 0, 0
        limit, last_row, last_col = u[new], new, np.int64(-1)
        i, base = new, np.int64(0)
        while True:
            while i >= 0:
                for k in range(ptr[i], ptr[i + 1]):
                    j = cols[k]
                    d = base + u[i] + v[j] - worth[k]
                    if done[j] or d >= dist[j] or d >= limit:
                        continue
                    if dist[j] == _FAR:
                        seen[touched] = j
                        touched += 1
                    dist[j], via[j] = d, i
                    if load[j] < capacity[j]:
                        limit, last_col, last_row = d, j, np.int64(-1)
                    else:
                        size = _nearer(j, dist, heap, place, size)
                i = after[i] if i != new else np.int64(-1)
            if size == 0 or dist[heap[0]] >= limit:
                break
            j = _nearest(dist, heap, place, size)
            size -= 1
            done[j] = True
            shut[closed] = j
            closed += 1
            base = dist[j]
            i = head[j]
            while i >= 0:
                if base + u[i] < limit:
                    limit, last_row, last_col = base + u[i], i, np.int64(-1)
                i = after[i]
            i = head[j]
        u[new] -= limit
        for k in range(closed):
            j = shut[k]
            v[j] += limit - dist[j]
            i = head[j]
            while i >= 0:
                u[i] -= limit - dist[j]
                i = after[i]
        j = last_col
        if last_col >= 0:
            vacant[last_col] = max(vacant[last_col] - 1, 0)
        elif last_row != new:
            j = match[last_row]
            _leave(last_row, match, head, after, before, load)
        while j >= 0:
            i = via[j]
            old = match[i]
            if old >= 0:
                _leave(i, match, head, after, before, load)
            _enter(i, j, match, head, after, before, load)
            j = old if i != new else np.int64(-1)
        for k in range(touched):
            dist[seen[k]] = _FAR
            done[seen[k]] = False
            place[seen[k]] = -1

    for empty in range(m):
        while vacant[empty] > 0:
            vacant[empty] -= 1
            if v[empty] == 0:
                continue
            size, touched, closed = 0, 1, 0
            limit, last_row, last_col, to = _FAR, np.int64(-1), np.int64(-1), np.int64(-1)
            dist[empty] = 0
            seen[0] = empty
            size = _nearer(empty, dist, heap, place, size)
            while size > 0 and dist[heap[0]] < limit:
                j = _nearest(dist, heap, place, size)
                size -= 1
                done[j] = True
                shut[closed] = j
                closed += 1
                if dist[j] + v[j] < limit:
                    limit, last_col, last_row = dist[j] + v[j], j, np.int64(-1)
                for k in range(col_ptr[j], col_ptr[j + 1]):
                    i = col_rows[k]
                    own = match[i]
                    if own == j or (own >= 0 and done[own]):
                        continue
                    d = dist[j] + u[i] + v[j] - col_worth[k]
                    if d >= limit:
                        continue
                    if own < 0:
                        limit, last_row, last_col, to = d, i, np.int64(-1), j
                    elif d < dist[own]:
                        if dist[own] == _FAR:
                            seen[touched] = own
                            touched += 1
                        dist[own], via[own], into[own] = d, i, j
                        size = _nearer(own, dist, heap, place, size)
            for k in range(closed):
                j = shut[k]
                if limit > dist[j]:
                    v[j] -= limit - dist[j]
                    i = head[j]
                    while i >= 0:
                        u[i] += limit - dist[j]
                        i = after[i]
            j = last_col
            if last_row >= 0:
                _enter(last_row, to, match, head, after, before, load)
                j = to
            while j != empty:
                i, to = via[j], into[j]
                _leave(i, match, head, after, before, load)
                _enter(i, to, match, head, after, before, load)
                j = to
            for k in range(touched):
                dist[seen[k]] = _FAR
                done[seen[k]] = False
                place[seen[k]] = -1
