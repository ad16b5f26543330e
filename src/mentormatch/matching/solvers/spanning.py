"""A spanning tree with arcs beside it, for side constraints: the parts of a network's basis.

Potentials of the tree are kept apart into what paths are worth and how much of each side constraint
they use, all in whole numbers. The loops are compiled by Numba when first called and kept on disk;
with ``NUMBA_DISABLE_JIT=1`` they run as plain Python with the same results.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Small = NDArray[np.int8]
Floats = NDArray[np.float64]

#: Where an arc stands: outside the basis at nothing or at its limit, in the tree, or beside it.
LOWER, UPPER, TREE, BESIDE = 0, 1, 2, 3
#: No limit.
ENDLESS = 1e18


class Arcs(NamedTuple):
    """Arcs, one item each: ends, worth of a unit, limit, what of the sides it uses, and its state.

    ``sides[cell[e]]`` says how much of each side constraint a unit of arc e uses; the uses of all
    arcs add up to 0. An arc from the root to the root is a slack.
    """

    tail: Ints
    head: Ints
    worth: Ints
    limit: Floats
    cell: Ints
    state: Small
    flow: Floats


class Tree(NamedTuple):
    """The tree by node, root last: parent, arc to it, depth, children as lists, and potentials.

    ``path`` and ``used`` are what a unit from the node to the root is worth, and what of each side
    it uses; ``price`` is what is left of the worth after paying for the sides.
    """

    parent: Ints
    arc: Ints
    depth: Ints
    first: Ints
    after: Ints
    before: Ints
    path: Ints
    used: Floats
    price: Floats


class Sides(NamedTuple):
    """The side constraints: uses by cell, arcs beside the tree, prices, and the inverse of it all.

    ``charge[c]`` is what a unit of cell c pays for all sides.
    """

    uses: Floats
    beside: Ints
    price: Floats
    inverse: Floats
    charge: Floats


@njit(cache=True, nogil=True)
def hang(v: int, parent: int, arc: int, tree: Tree) -> None:
    """Make a node without a parent a child of another."""
    tree.parent[v], tree.arc[v], tree.before[v] = parent, arc, -1
    tree.after[v] = tree.first[parent]
    if tree.first[parent] >= 0:
        tree.before[tree.first[parent]] = v
    tree.first[parent] = v


@njit(cache=True, nogil=True)
def label_all(arcs: Arcs, tree: Tree, sides: Sides) -> None:
    """Reckon depth and potentials anew for all nodes."""
    stack = np.empty(len(tree.parent), np.int64)
    v = tree.first[len(tree.parent) - 1]
    while v >= 0:
        label(v, arcs, tree, sides, stack)
        v = tree.after[v]


@njit(cache=True, nogil=True)
def regrown(parents: Ints, through: Ints, tree: Tree) -> None:
    """Hang all nodes anew as they hung once."""
    tree.first[:] = -1
    for v in range(len(parents) - 1):
        hang(v, parents[v], through[v], tree)


@njit(cache=True, nogil=True)
def cut(v: int, tree: Tree) -> None:
    """Take a node off its parent's list of children."""
    a, b = tree.before[v], tree.after[v]
    if a < 0:
        tree.first[tree.parent[v]] = b
    else:
        tree.after[a] = b
    if b >= 0:
        tree.before[b] = a


@njit(cache=True, nogil=True)
def label(top: int, arcs: Arcs, tree: Tree, sides: Sides, stack: Ints) -> None:
    """Reckon depth and potentials anew for a node and all below it."""
    uses, paying = sides.uses, np.flatnonzero(sides.price)
    width = uses.shape[1]
    stack[0], size = top, 1
    while size > 0:
        size -= 1
        v = stack[size]
        p, e = tree.parent[v], tree.arc[v]
        tree.depth[v] = tree.depth[p] + 1
        sign = 1 if arcs.tail[e] == v else -1
        tree.path[v] = tree.path[p] + sign * arcs.worth[e]
        left = np.float64(tree.path[v])
        for k in range(width):
            tree.used[v, k] = tree.used[p, k] + sign * uses[arcs.cell[e], k]
        for k in paying:
            left -= sides.price[k] * tree.used[v, k]
        tree.price[v] = left
        v = tree.first[v]
        while v >= 0:
            stack[size] = v
            size += 1
            v = tree.after[v]


@njit(cache=True, nogil=True)
def below(v: int, top: int, tree: Tree) -> bool:
    """Say whether a node is `top` or hangs below it."""
    while tree.depth[v] > tree.depth[top]:
        v = tree.parent[v]
    return bool(v == top)


@njit(cache=True, nogil=True)
def around(
    e: int, amount: float, arcs: Arcs, tree: Tree, push: Floats, seen: Small, met: Ints, size: int
) -> int:
    """Send an amount along an arc and back through the tree; `push` is what nodes pass upwards."""
    a, b = arcs.tail[e], arcs.head[e]
    while a != b:
        down = tree.depth[a] >= tree.depth[b]
        v = a if down else b
        if seen[v] == 0:
            seen[v] = 1
            met[size] = v
            size += 1
        if down:
            push[v] -= amount
            a = tree.parent[a]
        else:
            push[v] += amount
            b = tree.parent[b]
    return size


@njit(cache=True, nogil=True)
def use_of(e: int, k: int, arcs: Arcs, tree: Tree, sides: Sides) -> float:
    """Return how much of side k a unit uses that goes along an arc and back through the tree."""
    own = sides.uses[arcs.cell[e], k]
    return float(own - tree.used[arcs.tail[e], k] + tree.used[arcs.head[e], k])


@njit(cache=True, nogil=True)
def flows(arcs: Arcs, tree: Tree, sides: Sides, supply: Floats, limit: Floats, out: Floats) -> None:
    """Write the flow that belongs to a basis for other supplies and limits.

    `supply` is changed in place.
    """
    nodes, width = len(tree.parent), len(sides.price)
    left = np.zeros(width)
    for e in range(len(arcs.tail)):
        out[e] = limit[e] if arcs.state[e] == UPPER else 0.0
        if out[e] != 0.0:
            supply[arcs.tail[e]] -= out[e]
            supply[arcs.head[e]] += out[e]
            for k in range(width):
                left[k] -= out[e] * sides.uses[arcs.cell[e], k]
    for v in range(nodes - 1):
        if supply[v] != 0.0:
            for k in range(width):
                left[k] -= supply[v] * tree.used[v, k]
    for q in range(width):
        e = sides.beside[q]
        for k in range(width):
            out[e] += sides.inverse[q, k] * left[k]
        supply[arcs.tail[e]] -= out[e]
        supply[arcs.head[e]] += out[e]
    order = np.argsort(-tree.depth)
    for v in order:
        if tree.parent[v] >= 0:
            e = tree.arc[v]
            out[e] = supply[v] if arcs.tail[e] == v else -supply[v]
            supply[tree.parent[v]] += supply[v]
