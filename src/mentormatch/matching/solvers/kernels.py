"""The compiled loops of the priced solver that keep a matching best: exact shortest paths.

Everything is in whole numbers. The loops are compiled by Numba when they are first called and kept
on disk; with ``NUMBA_DISABLE_JIT=1`` they run as plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

_FAR = np.int64(2**62)


@njit(cache=True)
def leave(i: int, match: Ints, head: Ints, after: Ints, before: Ints, load: Ints) -> None:
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
def enter(i: int, j: int, match: Ints, head: Ints, after: Ints, before: Ints, load: Ints) -> None:
    """Put row `i` into the list of column `j`."""
    match[i], before[i], after[i] = j, -1, head[j]
    if head[j] >= 0:
        before[head[j]] = i
    head[j] = i
    load[j] += 1


@njit(cache=True)
def nearer(j: int, dist: Ints, heap: Ints, place: Ints, size: int) -> int:
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
def nearest(dist: Ints, heap: Ints, place: Ints, size: int) -> int:
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
def bid_rows(
    ptr: Ints,
    cols: Short,
    worth: Ints,
    floor: Ints,
    capacity: Ints,
    u: Ints,
    v: Ints,
    match: Ints,
    head: Ints,
    after: Ints,
    before: Ints,
    load: Ints,
    vacant: Ints,
    patience: int,
) -> None:
    """Let rows that could do better bid for places, until `patience` bids were made.

    Who bids raises the price of her best column to where her second best would do as well, and
    whoever had the column's only place bids again (augmenting row reduction: Jonker and Volgenant
    1987). What results is best for those who have a place; `insert_rows` goes on from there. All
    other arguments are as there.
    """
    n = len(u)
    queue, first, last = np.empty(n + patience + 1, np.int64), 0, 0
    for i in range(n):
        best = floor[i]
        for k in range(ptr[i], ptr[i + 1]):
            best = max(best, worth[k] - v[cols[k]])
        if match[i] >= 0:
            if best <= u[i]:
                continue
            vacant[match[i]] += 1
            leave(i, match, head, after, before, load)
        u[i] = best
        if best > floor[i]:
            queue[last] = i
            last += 1
    while first < last and patience > 0:
        patience -= 1
        i = queue[first]
        first += 1
        best, second, j = floor[i], floor[i], -1
        for k in range(ptr[i], ptr[i + 1]):
            x = worth[k] - v[cols[k]]
            if x > best:
                best, second, j = x, best, cols[k]
            elif x > second:
                second = x
        u[i] = best
        if j < 0:
            continue
        if load[j] < capacity[j]:
            vacant[j] = max(vacant[j] - 1, 0)
        elif capacity[j] > 1 or best == second:
            continue  # nobody would gain, or more than one would lose: shortest paths settle it
        else:
            old = head[j]
            leave(old, match, head, after, before, load)
            queue[last] = old
            last += 1
        if capacity[j] == 1:
            v[j] += best - second
            u[i] = second
        enter(i, j, match, head, after, before, load)


@njit(cache=True, nogil=True)
def insert_rows(
    ptr: Ints,
    cols: Short,
    worth: Ints,
    floor: Ints,
    capacity: Ints,
    u: Ints,
    v: Ints,
    match: Ints,
    head: Ints,
    after: Ints,
    before: Ints,
    load: Ints,
    vacant: Ints,
    effort: int,
) -> bool:
    """Let every row that could do better leave its place, and insert it anew.

    Each is inserted by one shortest path over reduced costs to a free place, to a row that gives
    way, or to nothing.

    Parameters
    ----------
    ptr, cols, worth : numpy.ndarray of int
        Candidates by row: columns and worth of row i stand from ``ptr[i]`` to ``ptr[i + 1]``.
    floor : numpy.ndarray of int, shape (n,)
        What each row has without any candidate (at most ``u`` where it is matched).
    capacity : numpy.ndarray of int, shape (m,)
        Places of each column.
    u, v : numpy.ndarray of int, shapes (n,) and (m,)
        Prices, changed in place: ``u[i] + v[j] >= worth`` for every candidate, with equality for
        matched ones; `u` is at the floor for unmatched rows.
    match, head, after, before, load : numpy.ndarray of int
        The matching, changed in place: each row's column (-1: none), and each column's rows as a
        linked list with its length.
    vacant : numpy.ndarray of int, shape (m,)
        Changed in place: places that stand empty at a price. `fill_places` fills them.
    effort : int
        Candidates after whose reading the rest is left for another call.

    Returns
    -------
    bool
        Whether all rows have been inserted.
    """
    n, m = len(u), len(v)
    dist = np.full(m, _FAR)
    via = np.empty(m, np.int64)
    done = np.zeros(m, np.bool_)
    seen, shut = np.empty(m, np.int64), np.empty(m, np.int64)
    heap, place = np.empty(m, np.int64), np.full(m, -1, np.int64)
    queue = np.empty(n, np.int64)
    waiting = 0
    for i in range(n):
        best = floor[i]
        for k in range(ptr[i], ptr[i + 1]):
            best = max(best, worth[k] - v[cols[k]])
        if match[i] >= 0:
            if best > u[i]:
                vacant[match[i]] += 1
                leave(i, match, head, after, before, load)
                u[i] = best
                queue[waiting] = i
                waiting += 1
        else:
            u[i] = best
            if best > floor[i]:
                queue[waiting] = i
                waiting += 1

    for q in range(waiting):
        if effort < 0:
            for left in range(q, waiting):
                u[queue[left]] = max(u[queue[left]], floor[queue[left]])
            return False
        new = queue[q]
        size, touched, closed = 0, 0, 0
        limit, last_row, last_col = u[new] - floor[new], new, np.int64(-1)
        i, base = new, np.int64(0)
        while True:
            while i >= 0:
                effort -= ptr[i + 1] - ptr[i]
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
                        size = nearer(j, dist, heap, place, size)
                i = after[i] if i != new else np.int64(-1)
            if size == 0 or dist[heap[0]] >= limit:
                break
            j = nearest(dist, heap, place, size)
            size -= 1
            done[j] = True
            shut[closed] = j
            closed += 1
            base = dist[j]
            i = head[j]
            while i >= 0:
                if base + u[i] - floor[i] < limit:
                    limit, last_row, last_col = base + u[i] - floor[i], i, np.int64(-1)
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
            leave(last_row, match, head, after, before, load)
        while j >= 0:
            i = via[j]
            old = match[i]
            if old >= 0:
                leave(i, match, head, after, before, load)
            enter(i, j, match, head, after, before, load)
            j = old if i != new else np.int64(-1)
        for k in range(touched):
            dist[seen[k]] = _FAR
            done[seen[k]] = False
            place[seen[k]] = -1
    return True


@njit(cache=True, nogil=True)
def lift(
    col_ptr: Ints,
    col_rows: Short,
    col_worth: Ints,
    floor: Ints,
    capacity: Ints,
    u: Ints,
    v: Ints,
    match: Ints,
    load: Ints,
) -> None:
    """Move all prices at once as far as every path to a free place or to nothing is long.

    One search backwards from all ends finds how far every column is from the nearest. Prices that
    rise by as much keep the matching best and leave a path of no length from everywhere, so that
    the rows inserted next go short ways (a global price update: Goldberg and Kennedy 1995).
    """
    m = len(v)
    dist = np.full(m, _FAR)
    done = np.zeros(m, np.bool_)
    heap, place = np.empty(m, np.int64), np.full(m, -1, np.int64)
    size = 0
    for j in range(m):
        if load[j] < capacity[j]:
            dist[j] = 0
    for i in range(len(u)):
        if match[i] >= 0:
            dist[match[i]] = min(dist[match[i]], u[i] - floor[i])
    for j in range(m):
        if dist[j] < _FAR:
            size = nearer(j, dist, heap, place, size)
    while size > 0:
        j = nearest(dist, heap, place, size)
        size -= 1
        done[j] = True
        for k in range(col_ptr[j], col_ptr[j + 1]):
            own = match[col_rows[k]]
            if own < 0 or done[own]:
                continue
            d = dist[j] + u[col_rows[k]] + v[j] - col_worth[k]
            if d < dist[own]:
                dist[own] = d
                size = nearer(own, dist, heap, place, size)
    for i in range(len(u)):
        if match[i] >= 0:
            u[i] -= dist[match[i]]
    for j in range(m):
        if load[j] > 0:
            v[j] += dist[j]


@njit(cache=True, nogil=True)
def fill_places(
    col_ptr: Ints,
    col_rows: Short,
    col_worth: Ints,
    u: Ints,
    v: Ints,
    match: Ints,
    head: Ints,
    after: Ints,
    before: Ints,
    load: Ints,
    vacant: Ints,
) -> None:
    """Fill places that stand empty at a price, each by one shortest path backwards.

    Whoever would move in for the least loss does, leaving a place of her own; or the price falls
    to 0 somewhere on the way. Candidates are given by column here; all else as in `insert_rows`.
    """
    m = len(v)
    dist = np.full(m, _FAR)
    via, into = np.empty(m, np.int64), np.empty(m, np.int64)
    done = np.zeros(m, np.bool_)
    seen, shut = np.empty(m, np.int64), np.empty(m, np.int64)
    heap, place = np.empty(m, np.int64), np.full(m, -1, np.int64)
    for empty in range(m):
        while vacant[empty] > 0:
            vacant[empty] -= 1
            if v[empty] <= 0:
                continue
            size, touched, closed = 0, 1, 0
            limit, last_row, last_col, to = _FAR, np.int64(-1), np.int64(-1), np.int64(-1)
            dist[empty] = 0
            seen[0] = empty
            size = nearer(empty, dist, heap, place, size)
            while size > 0 and dist[heap[0]] < limit:
                j = nearest(dist, heap, place, size)
                size -= 1
                done[j] = True
                shut[closed] = j
                closed += 1
                if v[j] >= 0 and dist[j] + v[j] < limit:
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
                        size = nearer(own, dist, heap, place, size)
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
                enter(last_row, to, match, head, after, before, load)
                j = to
            while j != empty:
                i, to = via[j], into[j]
                leave(i, match, head, after, before, load)
                enter(i, to, match, head, after, before, load)
                j = to
            for k in range(touched):
                dist[seen[k]] = _FAR
                done[seen[k]] = False
                place[seen[k]] = -1
