"""The compiled loops that find what one change of a best matching costs: shortest paths.

The places of each column are one node of a network, and nobody is one more: free places, and rows
without a column. An arrival at a column makes one of its rows move on, at what the move loses
against the prices; so no step costs less than nothing. Compiled by Numba when first called; with
``NUMBA_DISABLE_JIT=1`` they run as plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mentormatch.matching.solvers.kernels import nearer, nearest

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

FAR = np.int64(2**62)


@njit(cache=True, nogil=True)
def losses(ptr: Ints, cols: Short, worth: Ints, u: Ints, v: Ints, found: Ints) -> None:
    """Write what each candidate loses against the prices of its row and column."""
    for i in range(len(u)):
        for k in range(ptr[i], ptr[i + 1]):
            found[k] = u[i] + v[cols[k]] - worth[k]


@njit(cache=True, nogil=True)
def explore(
    ptr: Ints,
    cols: Short,
    loss: Ints,
    u: Ints,
    v: Ints,
    head: Ints,
    after: Ints,
    spare: Flags,
    loose: Ints,
    row: int,
    start: int,
    goal: int,
    most: int,
    dist: Ints,
) -> int:
    """Find how far every node is from a start, until the goal is settled.

    Parameters
    ----------
    ptr, cols, loss : numpy.ndarray of int
        Candidates by row, and what each loses against the prices.
    u, v : numpy.ndarray of int
        Prices of rows and columns.
    head, after : numpy.ndarray of int
        Each column's rows as a linked list.
    spare : numpy.ndarray of bool, shape (m,)
        Columns with a free place.
    loose : numpy.ndarray of int
        Rows without a column.
    row : int
        The row whose first steps begin the path, or -1; it leaves column `goal`.
    start : int
        The node where the path begins, where no row does.
    goal : int
        The node where it ends; node m is nobody. -1 for none: all distances are found.
    most : int
        No path is looked for that is longer.
    dist : numpy.ndarray of int, shape (m + 1,)
        Filled: how far each node is. Only what is no farther than the goal, nor than `most`, is to
        be relied on.

    Returns
    -------
    int
        How far the goal is; 2**62 where it cannot be reached so near.
    """
    m = len(v)
    heap, place = np.empty(m + 1, np.int64), np.full(m + 1, -1, np.int64)
    dist[:] = FAR
    size = 0
    if row >= 0:
        for k in range(ptr[row], ptr[row + 1]):
            j = cols[k]
            if j != goal and loss[k] < dist[j]:
                dist[j] = loss[k]
                size = nearer(j, dist, heap, place, size)
        dist[m] = u[row]
        size = nearer(m, dist, heap, place, size)
    else:
        dist[start] = 0
        size = nearer(start, dist, heap, place, size)
    while size > 0:
        j = nearest(dist, heap, place, size)
        size -= 1
        base = dist[j]
        limit = np.int64(most)
        if goal >= 0:
            limit = min(limit, dist[goal])
        if base > limit:
            break
        if j == goal:
            continue
        if j < m:
            if spare[j] and base < dist[m]:
                dist[m] = base
                size = nearer(m, dist, heap, place, size)
            i = head[j]
            while i >= 0:
                if base + u[i] < dist[m] and base + u[i] <= limit:
                    dist[m] = base + u[i]
                    size = nearer(m, dist, heap, place, size)
                for k in range(ptr[i], ptr[i + 1]):
                    d = base + loss[k]
                    to = cols[k]
                    if d < dist[to] and d <= limit:
                        dist[to] = d
                        size = nearer(to, dist, heap, place, size)
                i = after[i]
        else:
            for to in range(m):
                d = base + v[to]
                if head[to] >= 0 and d < dist[to] and d <= limit:
                    dist[to] = d
                    size = nearer(to, dist, heap, place, size)
            for i in loose:
                for k in range(ptr[i], ptr[i + 1]):
                    d = base + loss[k]
                    to = cols[k]
                    if d < dist[to] and d <= limit:
                        dist[to] = d
                        size = nearer(to, dist, heap, place, size)
    return int(dist[goal]) if goal >= 0 and dist[goal] <= most else int(FAR)


@njit(cache=True)
def _offer(
    to: int,
    key: int,
    mover: int,
    start: int,
    taken: int,
    steps: Ints,
    keys: Ints,
    who: Ints,
    source: Ints,
    following: Ints,
    new: int,
) -> int:
    """Offer a last step to a node; the lowest key wins. Return how many nodes follow."""
    if steps[to] >= 0 and steps[to] != taken:
        return new
    if steps[to] < 0:
        steps[to] = taken
        following[new] = to
        new += 1
    if key < keys[to]:
        keys[to], who[to], source[to] = key, mover, start
    return new


@njit(cache=True, nogil=True)
def trace(
    ptr: Ints,
    cols: Short,
    loss: Ints,
    u: Ints,
    v: Ints,
    head: Ints,
    after: Ints,
    spare: Flags,
    loose: Ints,
    row: int,
    start: int,
    goal: int,
    dist: Ints,
    row_rank: Ints,
    col_rank: Ints,
    who: Ints,
    source: Ints,
) -> int:
    """Walk the shortest paths step by step, and note the last step to every node on the way.

    Of all shortest paths to the goal that with the fewest steps is noted; among those the lowest
    rank decides, from the end backwards. So the path depends on no order of rows.

    Parameters
    ----------
    ptr, cols, loss, u, v, head, after, spare, loose, row, start, goal, dist
        As for `explore`, which has found the distances.
    row_rank, col_rank : numpy.ndarray of int
        Whom to prefer.
    who, source : numpy.ndarray of int, shape (m + 1,)
        Filled: the row that makes the last step to a node (-1: a place becomes free, or a free one
        is taken), and the node it comes from (-1: it is the first step).

    Returns
    -------
    int
        How many steps lead to the goal.
    """
    n, m = len(u), len(v)
    limit = dist[goal]
    steps = np.full(m + 1, -1, np.int64)
    keys = np.full(m + 1, FAR)
    layer, following = np.empty(m + 1, np.int64), np.empty(m + 1, np.int64)
    count, taken = 0, 0
    if row >= 0:
        taken = 1
        for k in range(ptr[row], ptr[row + 1]):
            j = cols[k]
            if j != goal and loss[k] == dist[j] and dist[j] <= limit:
                steps[j], who[j], source[j] = 1, row, -1
                layer[count] = j
                count += 1
        if dist[m] == u[row] and dist[m] <= limit:
            steps[m], who[m], source[m] = 1, row, -1
            layer[count] = m
            count += 1
    else:
        steps[start], who[start], source[start] = 0, -1, -1
        layer[count] = start
        count += 1
    while count > 0 and steps[goal] < 0:
        taken += 1
        new = 0
        for at in range(count):
            j = layer[at]
            base = dist[j]
            if j < m:
                if spare[j] and base == dist[m]:
                    key = n + col_rank[j]
                    new = _offer(m, key, -1, j, taken, steps, keys, who, source, following, new)
                i = head[j]
                while i >= 0:
                    key = row_rank[i]
                    if base + u[i] == dist[m]:
                        new = _offer(m, key, i, j, taken, steps, keys, who, source, following, new)
                    for k in range(ptr[i], ptr[i + 1]):
                        to = cols[k]
                        if base + loss[k] == dist[to] and dist[to] <= limit:
                            new = _offer(
                                to, key, i, j, taken, steps, keys, who, source, following, new
                            )
                    i = after[i]
                continue
            for to in range(m):
                if head[to] >= 0 and base + v[to] == dist[to] and dist[to] <= limit:
                    new = _offer(to, -1, -1, m, taken, steps, keys, who, source, following, new)
            for i in loose:
                key = row_rank[i]
                for k in range(ptr[i], ptr[i + 1]):
                    to = cols[k]
                    if base + loss[k] == dist[to] and dist[to] <= limit:
                        new = _offer(to, key, i, m, taken, steps, keys, who, source, following, new)
        layer, following = following, layer
        count = new
    return int(steps[goal])
