"""Small matching problems of every kind, for Hypothesis and by seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from scipy import sparse

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.scores.curve import ONE, Curve
from mentormatch.scores.join import Join, Levels, starts_of
from mentormatch.scores.parts import TRUST, Part

OBJECTIVES = ("most people", "highest total")


def flags(size: int) -> SearchStrategy[list[bool]]:
    """Return one yes or no a person."""
    return st.lists(st.booleans(), min_size=size, max_size=size)


def counts(size: int, most: int) -> SearchStrategy[list[int]]:
    """Return one number from 0 to `most` a person."""
    return st.lists(st.integers(0, most), min_size=size, max_size=size)


@st.composite
def matrices(draw: DrawFn, n: int, m: int, ties: bool = False) -> np.ndarray:
    """Return scores: few values or many, whole or not, some negative, some impossible."""
    low = draw(st.sampled_from([0, -3]))
    high = 2 if ties else draw(st.sampled_from([1, 4, 12]))
    divisor = draw(st.sampled_from([1, 1, 7]))
    impossible = draw(st.booleans())
    cell = st.integers(low, high).map(lambda x: x / divisor)
    if impossible:
        cell = st.one_of(cell, cell, st.just(-np.inf))
    flat = draw(st.lists(cell, min_size=n * m, max_size=n * m))
    return np.array(flat, np.float64).reshape(n, m)


def mask_of(n: int, m: int, rule: Callable[[int, int], bool]) -> np.ndarray:
    """Return the mask of the pairs of positions that a rule holds for."""
    return np.array([[rule(i, j) for j in range(m)] for i in range(n)], bool).reshape(n, m)


@st.composite
def sets_of_pairs(draw: DrawFn, n: int, m: int, depth: int = 2) -> tuple[Pairs, np.ndarray]:
    """Return a set of pairs of n mentees and m mentors, and the same set as a mask."""
    kinds = ["between", "same", "cells", "listed", "everyone"]
    if depth:
        kinds += ["or", "and", "not"]
    kind = draw(st.sampled_from(kinds))
    if kind in ("or", "and"):
        (a, x), (b, y) = (draw(sets_of_pairs(n, m, depth - 1)) for _ in range(2))
        return (a | b, x | y) if kind == "or" else (a & b, x & y)
    if kind == "not":
        a, x = draw(sets_of_pairs(n, m, depth - 1))
        return ~a, ~x
    if kind == "everyone":
        return Pairs.everyone(), np.ones((n, m), bool)
    if kind == "between":
        rows, columns = np.array(draw(flags(n)), bool), np.array(draw(flags(m)), bool)
        return Pairs.between(rows, columns), rows[:, None] & columns
    if kind == "listed":
        pair = st.tuples(st.integers(0, max(n - 1, 0)), st.integers(0, max(m - 1, 0)))
        listed = draw(st.lists(pair, max_size=4)) if n and m else []
        return Pairs.listed(listed), mask_of(n, m, lambda i, j: (i, j) in listed)
    if kind == "same":
        label = st.sampled_from(["a", "b", "", None])
        ours = draw(st.lists(label, min_size=n, max_size=n))
        theirs = draw(st.lists(label, min_size=m, max_size=m))
        equal = mask_of(n, m, lambda i, j: bool(ours[i]) and ours[i] == theirs[j])
        return Pairs.same(ours, theirs), equal
    rows, columns = draw(counts(n, 1)), draw(counts(m, 2))
    table = np.array(draw(flags(6)), bool).reshape(2, 3)
    cells = mask_of(n, m, lambda i, j: bool(table[rows[i], columns[j]]))
    return Pairs.cells(np.array(rows, int), np.array(columns, int), table), cells


@st.composite
def quotas(draw: DrawFn, n: int, m: int) -> list[Quota]:
    """Return none to three bounds on sets of pairs: bans, locks, ceilings and floors."""
    found = []
    for k in range(draw(st.integers(0, 3))):
        bound = draw(st.sampled_from(["ban", "lock", "ceiling", "floor", "both"]))
        if bound == "lock" and n and m:
            pair = draw(st.tuples(st.integers(0, n - 1), st.integers(0, m - 1)))
            found.append(Quota(f"q{k}", Pairs.listed([pair]), at_least=1))
            continue
        pairs, _ = draw(sets_of_pairs(n, m, 1))
        low = draw(st.integers(1, 2)) if bound in ("floor", "both") else 0
        high = {"ban": 0, "ceiling": draw(st.integers(1, 2)), "both": low + 1}.get(bound)
        found.append(Quota(f"q{k}", pairs, at_least=low, at_most=high))
    return found


@st.composite
def problems(
    draw: DrawFn,
    largest: int = 4,
    with_quotas: bool = True,
    minimums: bool = True,
    several: bool = True,
    ties: bool = False,
) -> Problem:
    """Return a problem of at most `largest` people a side, with whatever is asked for."""
    n, m = draw(st.integers(0, largest)), draw(st.integers(0, largest))
    capacity = np.array(draw(counts(m, 3)), np.int64)
    demand = np.ones(n, np.int64)
    if several and draw(st.booleans()):
        demand = np.array(draw(counts(n, 3)), np.int64)
    least = need = 0
    if minimums and draw(st.booleans()):
        least = np.minimum(draw(counts(m, 1)), capacity)
        need = np.minimum(draw(counts(n, 1)), demand)
    return Problem(
        draw(matrices(n, m, ties)),
        mentor_capacity=capacity,
        mentor_minimum=least,
        mentee_demand=demand,
        mentee_minimum=need,
        quotas=draw(quotas(n, m)) if with_quotas else [],
    )


def seeded_problem(seed: int) -> Problem:
    """Return the tiny problem of a seed: like `problems`, quicker, and more often tangled."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 5, 2)
    scores = rng.integers(-2 if rng.random() < 0.3 else 0, rng.integers(2, 12), (n, m)) / 1.0
    if rng.random() < 0.5:
        scores = scores / 7
    scores[rng.random((n, m)) < rng.choice([0, 0.3, 0.6])] = -np.inf
    demand = rng.integers(0, 4, n) if rng.random() < 0.4 else np.ones(n, int)
    capacity = rng.integers(0, 4, m) if rng.random() < 0.7 else np.ones(m, int)
    several: list[Quota] = []
    for k in range(rng.choice([0, 0, 1, 2, 3])):
        several.append(Quota(f"q{k}", _seeded_pairs(rng, n, m), **_seeded_bounds(rng)))
    return Problem(
        scores,
        mentor_capacity=capacity,
        mentor_minimum=np.minimum(rng.integers(0, 2, m), capacity) * (rng.random() < 0.3),
        mentee_demand=demand,
        mentee_minimum=np.minimum(rng.integers(0, 2, n), demand) * (rng.random() < 0.3),
        quotas=several,
    )


def _seeded_pairs(rng: np.random.Generator, n: int, m: int) -> Pairs:
    cells = Pairs.between(rng.random(n) < 0.5, rng.random(m) < 0.5)
    single = Pairs.listed([(int(rng.integers(n)), int(rng.integers(m)))])
    away = ~Pairs.same(rng.integers(0, 2, n), rng.integers(0, 2, m))
    return [cells, single, away, cells | single][rng.integers(4)]


def _seeded_bounds(rng: np.random.Generator) -> dict[str, Any]:
    low, high = 1, int(rng.integers(1, 3))
    return [
        {"at_most": 0},
        {"at_most": high},
        {"at_least": high},
        {"at_least": low, "at_most": high},
    ][rng.integers(4)]


class Block:
    """The least that a score object may be: a shape and blocks of rows."""

    def __init__(self, scores: Any) -> None:
        self.matrix = np.asarray(scores, np.float64)
        self.shape = self.matrix.shape

    def block(self, rows: Any) -> np.ndarray:
        """Return the scores of some mentees with all mentors."""
        return self.matrix[rows]


class BlockAt(Block):
    """A score object that can also be asked for single pairs."""

    def __init__(self, scores: Any) -> None:
        super().__init__(scores)
        self.asked = 0

    def at(self, i: Any, j: Any) -> np.ndarray:
        """Return the scores of listed pairs."""
        self.asked += 1
        return self.matrix[i, j]


@st.composite
def encoded_problems(draw: DrawFn, largest: int = 6) -> Problem:
    """Return a problem whose scores are encodings: equal scores, bans, closed mentors, a minimum.

    Everybody's demand is at most one, and nothing but bans stands beside the capacities.
    """
    n, m, d = draw(st.integers(1, largest)), draw(st.integers(1, largest)), draw(st.integers(1, 3))
    number = st.sampled_from([0.0, 0.25, 0.5, 1.0, -0.5, 1 / 3, 0.1])
    tables = [
        np.array(draw(st.lists(number, min_size=size * d, max_size=size * d))).reshape(size, d)
        for size in (n, m)
    ]
    bans = []
    for k in range(draw(st.integers(0, 2))):
        pairs, _ = draw(sets_of_pairs(n, m, 1))
        bans.append(Quota(f"ban {k}", pairs, at_most=0))
    return Problem(
        Encodings(*tables),
        mentor_capacity=draw(counts(m, 2)),
        mentee_demand=draw(counts(n, 1)),
        minimum_score=draw(st.sampled_from([-np.inf, -np.inf, 0.25, 1 / 3])),
        quotas=bans,
    )


@st.composite
def encodings(draw: DrawFn, rows: int, columns: int, kind: str) -> Any:
    """Return encodings of a part: whole numbers, sparse or plain, most of them 0."""
    entry = st.sampled_from([0, 0, 0, 1, 2, 700])
    flat = draw(st.lists(entry, min_size=rows * columns, max_size=rows * columns))
    table = np.array(flat, np.float64).reshape(rows, columns)
    return sparse.csr_array(table) if kind == "sparse" else table


@st.composite
def joins(draw: DrawFn, n: int, m: int) -> Join:
    """Return whose texts the rows of two encodings are, each of one to four, in two languages."""
    starts = [
        starts_of(np.array(draw(st.lists(st.integers(1, 4), min_size=size, max_size=size)), int))
        for size in (n, m)
    ]
    languages = [
        np.array(
            draw(st.lists(st.integers(0, 1), min_size=int(one[-1]), max_size=int(one[-1]))), np.intp
        )
        for one in starts
    ]
    mean = np.array(draw(st.lists(st.integers(0, 40), min_size=4, max_size=4))).reshape(2, 2)
    spread = np.array(draw(st.lists(st.integers(9, 90), min_size=4, max_size=4))).reshape(2, 2)
    levels = Levels(mean, spread, draw(st.integers(0, 40)), draw(st.integers(9, 60)))
    return Join(*starts, *languages, levels, draw(st.booleans()))


@st.composite
def parts(draw: DrawFn, n: int, m: int, name: str = "part") -> Part:
    """Return a part of any kind: plain or sparse, joined or not, answers slight or missing."""
    join = draw(st.none() | joins(n, m))
    sizes = (n, m) if join is None else (int(join.mentees[-1]), int(join.mentors[-1]))
    width = draw(st.integers(1, 6))
    kinds = draw(st.sampled_from([("sparse", "sparse"), ("plain", "plain"), ("plain", "sparse")]))
    tables = [draw(encodings(size, width, kind)) for size, kind in zip(sizes, kinds, strict=True)]
    steps = draw(st.lists(st.integers(1, 300), min_size=1, max_size=5))
    low = draw(st.integers(-50, 50))
    heights = sorted(draw(st.lists(st.integers(0, ONE), min_size=len(steps), max_size=len(steps))))
    knots = list(zip(np.cumsum([low, *steps]).tolist(), [0, *heights], strict=True))
    known = [np.array(draw(flags(size)), bool) for size in (n, m)]
    trust = [np.array(draw(counts(size, TRUST)), np.int64) for size in (n, m)]
    trusted = draw(st.booleans())
    return Part(
        name,
        *tables,
        Curve(tuple(knots)),
        *known,
        neutral=draw(st.integers(0, ONE)),
        join=join,
        mentee_trust=trust[0] if trusted else None,
        mentor_trust=trust[1] if trusted else None,
    )
