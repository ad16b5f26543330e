"""The compiled loops of the network simplex with side constraints.

A basis is a spanning tree of the network and one arc more for each side constraint; prices of the
side constraints follow from the arcs outside the tree (primal partitioning: Glover, Karney,
Klingman and Russell 1978; the tree: Ahuja, Magnanti and Orlin 1993,
chapter 11). Compiled by Numba when first called and kept on disk; with ``NUMBA_DISABLE_JIT=1`` they
run as plain Python with the same results.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mentormatch.matching.solvers.spanning import (
    BESIDE,
    ENDLESS,
    LOWER,
    TREE,
    UPPER,
    Arcs,
    Sides,
    Tree,
    around,
    below,
    cut,
    hang,
    label,
    use_of,
)

Floats = NDArray[np.float64]

#: How a run of pivots ended, if it did not find the best point: not done, or out of hand.
UNFINISHED, SINGULAR, UNBOUNDED = -1, -2, -3

_NOTHING = 1e-9
_TIE = 1e-12
_ANEW = 100


@njit(cache=True, nogil=True)
def inverted(arcs: Arcs, tree: Tree, sides: Sides) -> bool:
    """Reckon the inverse anew (Gauss and Jordan, with pivoting)."""
    inverse, width = sides.inverse, len(sides.beside)
    a = np.empty((width, width))
    for q in range(width):
        for k in range(width):
            a[k, q] = use_of(sides.beside[q], k, arcs, tree, sides)
            inverse[k, q] = 1.0 if k == q else 0.0
    for c in range(width):
        p = c
        for r in range(c + 1, width):
            if abs(a[r, c]) > abs(a[p, c]):
                p = r
        if abs(a[p, c]) < _NOTHING:
            return False
        for x in range(width):
            a[p, x], a[c, x] = a[c, x], a[p, x]
            inverse[p, x], inverse[c, x] = inverse[c, x], inverse[p, x]
        f = 1.0 / a[c, c]
        for x in range(width):
            a[c, x] *= f
            inverse[c, x] *= f
        for r in range(width):
            f = a[r, c]
            if r != c and f != 0.0:
                for x in range(width):
                    a[r, x] -= f * a[c, x]
                    inverse[r, x] -= f * inverse[c, x]
    return True


@njit(cache=True, nogil=True)
def _replaced(q: int, y: Floats, inverse: Floats) -> None:
    """Update the inverse after another arc, worth `y` of the old ones, has taken place q."""
    width = len(y)
    for r in range(width):
        f = y[r] / y[q]
        if r != q and f != 0.0:
            for k in range(width):
                inverse[r, k] -= f * inverse[q, k]
    for k in range(width):
        inverse[q, k] /= y[q]


@njit(cache=True, nogil=True)
def _paid(arcs: Arcs, tree: Tree, sides: Sides, always: bool) -> bool:
    """Reckon the prices of the sides anew, and if they have changed what hangs on them."""
    width = len(sides.price)
    fresh = np.zeros(width)
    for q in range(width):
        e = sides.beside[q]
        worth = arcs.worth[e] - tree.path[arcs.tail[e]] + tree.path[arcs.head[e]]
        if worth != 0:
            for k in range(width):
                fresh[k] += sides.inverse[q, k] * worth
    changed = always
    for k in range(width):
        if abs(fresh[k] - sides.price[k]) > _NOTHING * (1.0 + abs(fresh[k])):
            changed = True
    if not changed:
        return False
    sides.price[:] = fresh
    paying = np.flatnonzero(fresh)
    for v in range(len(tree.price)):
        left = np.float64(tree.path[v])
        for k in paying:
            left -= fresh[k] * tree.used[v, k]
        tree.price[v] = left
    for c in range(len(sides.charge)):
        sides.charge[c] = 0.0
        for k in range(width):
            sides.charge[c] += fresh[k] * sides.uses[c, k]
    return True


@njit(cache=True, nogil=True)
def pivot(
    arcs: Arcs, tree: Tree, sides: Sides, at: int, block: int, most: int, least: float
) -> tuple[int, int]:
    """Make the flow worth most, by at most so many pivots from a feasible basis.

    Each pivot lets the best arc of a block enter, and takes arcs on from where the last one
    stopped. Supplies and limits that are in no simple proportion keep it from going in circles.

    Parameters
    ----------
    arcs, tree, sides
        Changed in place.
    at : int
        Where to look for an arc first.
    block : int
        Arcs that are looked at together.
    most : int
        Pivots to be made at most.
    least : float
        An arc enters only if a unit of it gains more.

    Returns
    -------
    tuple of (int, int)
        Where to look next, or a negative number for how it ended (`UNFINISHED`, ...); and the
        number of pivots.
    """
    nodes, width = len(tree.parent), len(sides.price)
    push, seen, met = np.zeros(nodes), np.zeros(nodes, np.int8), np.empty(nodes, np.int64)
    y, sign, shift = np.zeros(width), np.zeros(width), np.zeros(width)
    stack = np.empty(nodes, np.int64)
    if not inverted(arcs, tree, sides):
        return SINGULAR, 0
    _paid(arcs, tree, sides, True)
    since = 0
    for count in range(most):
        e = _entering(arcs, tree, sides, at, block, least)
        if e < 0:
            return at, count
        at = e + 1 if e + 1 < len(arcs.tail) else 0
        rate = 1.0 if arcs.state[e] == LOWER else -1.0
        y[:] = 0.0
        for k in range(width):
            use = use_of(e, k, arcs, tree, sides)
            if use != 0.0:
                for q in range(width):
                    y[q] += sides.inverse[q, k] * use
        size = around(e, rate, arcs, tree, push, seen, met, 0)
        for q in range(width):
            if abs(y[q]) < _NOTHING:
                y[q] = 0.0
            else:
                size = around(sides.beside[q], -y[q] * rate, arcs, tree, push, seen, met, size)
        # The tightest limit on the way; of several, the arc that moves most.
        step, steep, top, place, full = arcs.limit[e], 1.0, -1, -1, False
        for t in range(size + width):
            if t < size:
                f, speed = tree.arc[met[t]], push[met[t]]
                if arcs.tail[f] != met[t]:
                    speed = -speed
            else:
                f, speed = sides.beside[t - size], -y[t - size] * rate
            if abs(speed) < _NOTHING or (speed > 0 and arcs.limit[f] >= ENDLESS):
                continue
            room = arcs.limit[f] - arcs.flow[f] if speed > 0 else arcs.flow[f]
            room = max(room, 0.0) / abs(speed)
            if room < step - _TIE or (room <= step + _TIE and abs(speed) > steep):
                step, steep, full = min(room, step), abs(speed), speed > 0
                top, place = (met[t], -1) if t < size else (-1, t - size)
        if step >= ENDLESS:
            return UNBOUNDED, count
        for t in range(size):
            v = met[t]
            f = tree.arc[v]
            arcs.flow[f] += step * (push[v] if arcs.tail[f] == v else -push[v])
            push[v], seen[v] = 0.0, 0
        for q in range(width):
            arcs.flow[sides.beside[q]] -= step * y[q] * rate
        arcs.flow[e] += rate * step
        if top < 0 and place < 0:
            arcs.state[e] = UPPER if rate > 0 else LOWER
            arcs.flow[e] = arcs.limit[e] if rate > 0 else 0.0
            continue
        f = tree.arc[top] if place < 0 else sides.beside[place]
        arcs.state[f] = UPPER if full else LOWER
        arcs.flow[f] = arcs.limit[f] if full else 0.0
        new = e
        if place < 0 and below(arcs.tail[e], top, tree) == below(arcs.head[e], top, tree):
            # The new arc does not mend the tree: one from beside it does, and makes room for it.
            for q in range(width):
                if y[q] != 0.0 and (place < 0 or abs(y[q]) > abs(y[place])):
                    x = sides.beside[q]
                    if below(arcs.tail[x], top, tree) != below(arcs.head[x], top, tree):
                        place = q
            if place < 0:
                return SINGULAR, count
            new = sides.beside[place]
        if place >= 0:
            _replaced(place, y, sides.inverse)
            sides.beside[place], arcs.state[e] = e, BESIDE
        if top >= 0:
            arcs.state[new] = TREE
            low = arcs.tail[new] if below(arcs.tail[new], top, tree) else arcs.head[new]
            for q in range(width):
                x = sides.beside[q]
                sign[q] = 1.0 if below(arcs.head[x], top, tree) else 0.0
                sign[q] -= 1.0 if below(arcs.tail[x], top, tree) else 0.0
            shift[:] = tree.used[low]
            v, up, by = low, arcs.tail[new] + arcs.head[new] - low, new
            while True:
                old_up, old_by = tree.parent[v], tree.arc[v]
                cut(v, tree)
                hang(v, up, by, tree)
                if v == top:
                    break
                v, up, by = old_up, v, old_by
            label(low, arcs, tree, sides, stack)
            for k in range(width):
                shift[k] = tree.used[low, k] - shift[k]
            if not _shifted(sign, shift, y, sides.inverse):
                since = _ANEW
        if width:
            since += 1
            if since >= _ANEW:
                since = 0
                if not inverted(arcs, tree, sides):
                    return SINGULAR, count
            _paid(arcs, tree, sides, False)
    return UNFINISHED, most


@njit(cache=True, nogil=True)
def _entering(arcs: Arcs, tree: Tree, sides: Sides, at: int, block: int, least: float) -> int:
    """Return the arc that gains most of the first block in which any gains enough; -1 if none."""
    size, best, enter = len(arcs.tail), least, -1
    for looked in range(1, size + 1):
        e = at
        at = at + 1 if at + 1 < size else 0
        state = arcs.state[e]
        if state <= UPPER and arcs.limit[e] > 0.0:
            gain = arcs.worth[e] - sides.charge[arcs.cell[e]]
            gain += tree.price[arcs.head[e]] - tree.price[arcs.tail[e]]
            if state == UPPER:
                gain = -gain
            if gain > best:
                best, enter = gain, e
        if enter >= 0 and looked % block == 0:
            break
    return enter


@njit(cache=True, nogil=True)
def _shifted(sign: Floats, shift: Floats, y: Floats, inverse: Floats) -> bool:
    """Update the inverse after potentials below a node have shifted (Sherman and Morrison 1950)."""
    width, scale = len(sign), 1.0
    y[:] = 0.0
    for k in range(width):
        if shift[k] != 0.0:
            for q in range(width):
                y[q] += inverse[q, k] * shift[k]
    for q in range(width):
        scale += sign[q] * y[q]
    if abs(scale) < _NOTHING:
        return False
    for k in range(width):
        along = 0.0
        for q in range(width):
            along += sign[q] * inverse[q, k]
        shift[k] = along / scale
    for q in range(width):
        if y[q] != 0.0:
            for k in range(width):
                inverse[q, k] -= y[q] * shift[k]
    return True
