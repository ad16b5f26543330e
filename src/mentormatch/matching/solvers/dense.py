"""The compiled loops of the solver for a matrix in memory: bids, shortest paths, lowest prices.

Scores and prices are whole numbers, which float64 holds exactly and compares many at a time.
Compiled by Numba when first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they run as
plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mentormatch.matching.solvers.kernels import nearer, nearest

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_CHUNK = 64


@njit(cache=True, nogil=True)
def bid(
    steps: Floats, waiting: Flags, u: Floats, v: Floats, match: Ints, owner: Ints, patience: int
) -> None:
    """Let rows bid for places until all have one or give up, or `patience` bids were made.

    Who bids raises the price of her best column to where the second best would do as well, and
    whoever had it bids again (augmenting row reduction: Jonker and Volgenant 1987). What results
    is best for those who have a place, so that `insert` can go on from there.

    Parameters
    ----------
    steps : numpy.ndarray of float, shape (n, m)
        Whole-numbered scores of all pairs; -inf where impossible.
    waiting : numpy.ndarray of bool, shape (n,)
        Rows that want a place.
    u, v : numpy.ndarray of float
        Prices, changed in place: 0 at first, and infinite for columns without a place.
    match, owner : numpy.ndarray of int
        Each row's column and each column's row, changed in place: -1 at first.
    patience : int
        Most bids.
    """
    n, m = steps.shape
    queue, first, last = np.empty(n + patience + 1, np.int64), 0, 0
    for i in range(n):
        if waiting[i]:
            queue[last] = i
            last += 1
    while first < last and patience > 0:
        patience -= 1
        i = queue[first]
        first += 1
        best, second, j = 0.0, 0.0, -1
        for start in range(0, m, _CHUNK):
            row, dear = steps[i, start : start + _CHUNK], v[start : start + _CHUNK]
            hit = False
            for k in range(len(row)):
                hit |= row[k] - dear[k] > second
            if not hit:
                continue
            for k in range(len(row)):
                x = row[k] - dear[k]
                if x > best:
                    best, second, j = x, best, start + k
                elif x > second:
                    second = x
        if j < 0 or (best == second and owner[j] >= 0):
            continue  # nobody would gain; a shortest path will settle it
        v[j] += best - second
        u[i] = second
        if owner[j] >= 0:
            match[owner[j]] = -1
            queue[last] = owner[j]
            last += 1
        match[i], owner[j] = j, i


@njit(cache=True, nogil=True)
def insert(steps: Floats, waiting: Flags, u: Floats, v: Floats, match: Ints, owner: Ints) -> None:
    """Insert every row without a column by one shortest path over reduced costs.

    It ends at a free column, at a row that gives way, or at nothing. Arguments as for `bid`.
    """
    n, m = steps.shape
    dist, ahead = np.empty(m, np.float64), np.empty(m, np.float64)
    via, shut = np.empty(m, np.int64), np.empty(m, np.int64)
    for new in range(n):
        if match[new] >= 0 or not waiting[new]:
            continue
        best = 0.0
        for j in range(m):
            best = max(best, steps[new, j] - v[j])
        u[new] = best
        if best == 0:
            continue
        for j in range(m):
            dist[j] = best + v[j] - steps[new, j]
            ahead[j], via[j] = dist[j], new
        closed, limit, last_row, last_col = 0, best, new, -1
        while True:
            j, d = -1, limit
            for start in range(0, m, _CHUNK):
                near, hit = ahead[start : start + _CHUNK], False
                for k in range(len(near)):
                    hit |= near[k] < d
                if not hit:
                    continue
                for k in range(len(near)):
                    if near[k] < d:
                        j, d = start + k, near[k]
            if j < 0:
                break
            i = owner[j]
            if i < 0:
                limit, last_row, last_col = d, -1, j
                break
            ahead[j] = np.inf
            shut[closed] = j
            closed += 1
            base = d + u[i]
            if base < limit:
                limit, last_row, last_col = base, i, -1
            for start in range(0, m, _CHUNK):
                row, dear = steps[i, start : start + _CHUNK], v[start : start + _CHUNK]
                far, hit = dist[start : start + _CHUNK], False
                for k in range(len(row)):
                    hit |= base + dear[k] - row[k] < far[k]
                if not hit:
                    continue
                for k in range(len(row)):
                    x = base + dear[k] - row[k]
                    if x < far[k]:
                        far[k], ahead[start + k], via[start + k] = x, x, i
        u[new] -= limit
        for k in range(closed):
            j = shut[k]
            v[j] += limit - dist[j]
            u[owner[j]] -= limit - dist[j]
        j = last_col
        if last_row >= 0:
            j = -1
            if last_row != new:
                j = match[last_row]
                match[last_row] = -1
        while j >= 0:
            i = via[j]
            old = match[i]
            match[i], owner[j] = j, i
            j = old if i != new else -1


@njit(cache=True, nogil=True)
def tight(steps: Floats, waiting: Flags, u: Floats, v: Floats, rows: Ints, cols: Ints) -> int:
    """List the pairs that pay their row as much as she has; return how many there are.

    Only as many as fit are written.
    """
    count = 0
    for i in range(len(u)):
        if not waiting[i]:
            continue
        for start in range(0, len(v), _CHUNK):
            row, dear = steps[i, start : start + _CHUNK], v[start : start + _CHUNK]
            hit = False
            for k in range(len(row)):
                hit |= row[k] - dear[k] == u[i]
            if not hit:
                continue
            for k in range(len(row)):
                if row[k] - dear[k] == u[i]:
                    if count < len(rows):
                        rows[count], cols[count] = i, start + k
                    count += 1
    return count


@njit(cache=True, nogil=True)
def lower(steps: Floats, open_rows: Flags, u: Ints, v: Ints, match: Ints) -> None:
    """Lower prices to the lowest at which the matching is best among all pairs.

    Each price falls as far as nobody is drawn away: by the shortest path over reduced costs from
    what would be left unpaid, or from a row that has nothing.

    Parameters
    ----------
    steps : numpy.ndarray of float, shape (n, m)
        Whole-numbered scores of all pairs; -inf where impossible.
    open_rows : numpy.ndarray of bool, shape (n,)
        Rows that may be matched.
    u, v, match : numpy.ndarray of int
        Prices, changed in place, and each row's column (-1: none).
    """
    n, m = steps.shape
    dist = v.copy()
    for i in range(n):
        if match[i] < 0 and open_rows[i]:
            row = steps[i]
            for j in range(m):
                if row[j] > -np.inf:
                    dist[j] = min(dist[j], u[i] + v[j] - np.int64(row[j]))
    start = np.zeros(m + 1, np.int64)
    for i in range(n):
        if match[i] >= 0:
            start[match[i] + 1] += 1
    start = np.cumsum(start)
    members, at = np.empty(n, np.int64), start.copy()
    for i in range(n):
        if match[i] >= 0:
            members[at[match[i]]] = i
            at[match[i]] += 1
    heap, place, size = np.empty(m, np.int64), np.full(m, -1, np.int64), 0
    for j in range(m):
        size = nearer(j, dist, heap, place, size)
    # Whole numbers are exact as float64 here, and many can be compared at once.
    price, reach = v.astype(np.float64), dist.astype(np.float64)
    while size > 0:
        own = nearest(dist, heap, place, size)
        size -= 1
        for at_row in range(start[own], start[own + 1]):
            i = members[at_row]
            base = np.float64(dist[own] + u[i])
            for first in range(0, m, _CHUNK):
                row, dear = steps[i, first : first + _CHUNK], price[first : first + _CHUNK]
                far, hit = reach[first : first + _CHUNK], False
                for k in range(len(row)):
                    hit |= base + dear[k] - row[k] < far[k]
                if not hit:
                    continue
                for k in range(len(row)):
                    if base + dear[k] - row[k] < far[k]:
                        far[k] = base + dear[k] - row[k]
                        dist[first + k] = np.int64(far[k])
                        size = nearer(first + k, dist, heap, place, size)
    for i in range(n):
        if match[i] >= 0:
            u[i] += dist[match[i]]
    v -= dist
