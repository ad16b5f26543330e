"""What it would save to read long encodings by a prefix, and full only those that need it.

Both sides are turned to their principal axes. The first numbers of both, and the product of the
lengths of what is left (Cauchy-Schwarz), bound a score from above. One product of a few numbers
more than the prefix shows which pairs may gain more than a mentee's bar; these are read in full.
Bars are taken as known, which they are not in a first reading: what is saved there is less.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np
from common import sure, table
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.bans import Bans, alike
from mentormatch.matching.solvers.farm import reader_of
from mentormatch.matching.solvers.scans import above, inner
from mentormatch.matching.solvers.start import start_prices

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

#: Numbers a person, and by which power the spread along the k-th axis falls.
KINDS = ((80, 0.5), (128, 0.5), (384, 0.3), (384, 0.5), (384, 0.8), (768, 0.5))
PREFIXES = (32, 48, 64, 96, 128, 192)
PEOPLE, ROWS, KEEP = 10_000, 1024, 24
_TILE, _FIRST = (256, 2048), 2048
_SCALE = 2.0**20


def texts(n: int, d: int, power: float) -> Encodings:
    """Return encodings of `n` mentees and mentors like vectors of texts, all of length 1.

    200 topics and noise of the same size, both with spread ``k ** -power`` along the k-th of `d`
    axes, and a direction that all share; mentors are a little apart from mentees.
    """
    draw = np.random.default_rng(0)
    spread = np.arange(1, d + 1) ** -power
    spread /= np.linalg.norm(spread)
    topics = draw.normal(size=(200, d)) * spread
    chance = draw.dirichlet(np.ones(200))
    turn = np.linalg.qr(draw.normal(size=(d, d)))[0]

    def side(apart: Floats) -> Floats:
        people = topics[draw.choice(200, size=n, p=chance)] + apart
        people += draw.normal(size=(n, d)) * spread
        people[:, 0] += 0.7
        return (people / np.linalg.norm(people, axis=1, keepdims=True)) @ turn

    return Encodings(side(np.zeros(d)), side(0.3 * spread * draw.normal(size=d)))


@dataclass(frozen=True, eq=False)
class _Bounds:
    """Products that bound gains from above: those of `left` and `right`."""

    left: Singles
    right: Singles


def measure(repeats: int) -> None:
    """Print, for each kind, how many pairs survive each prefix and what reading costs by it."""
    with threadpool_limits(1, "blas"):
        for d, power in KINDS:
            _measure(d, power, repeats)


def _measure(d: int, power: float, repeats: int) -> None:
    problem = Problem(texts(PEOPLE, d, power))
    fit, rows = problem.scores, np.arange(ROWS)
    prices = start_prices(problem, Bans(problem))
    assert prices is not None
    reader = reader_of(problem, 1)
    first = _each(lambda: reader.best(rows, prices, KEEP), repeats)
    rest = reader.best(rows, prices, KEEP).rest / _SCALE
    costs = prices / _SCALE

    exact = fit.block(rows) - costs
    early = np.partition(exact[:, :_FIRST], -KEEP, axis=1)[:, -KEEP, None]
    better = exact > rest[:, None]
    whole = _plain(fit, costs)
    later = _each(lambda: _passing(fit, whole, rest), repeats)
    axes = _axes(fit)
    lines: list[tuple[object, ...]] = []
    for width in PREFIXES:
        if width >= d:
            continue
        bounds = _bounds(fit, costs, axes[:, :width])
        seen = np.zeros(exact.shape, np.bool_)
        most = bounds.left @ bounds.right
        for i, j in _passing(fit, bounds, rest, read=False):
            seen[i, j] = True
        sure(not (better & ~seen).any(), f"a prefix of {width} numbers lost a pair")
        seconds = _each(lambda bounds=bounds: _passing(fit, bounds, rest), repeats)
        bare = _each(lambda bounds=bounds: _passing(fit, bounds, rest, read=False), repeats)
        lines.append(
            (
                width,
                f"{100 * seen.mean():.2f}",
                f"{100 * (most > early).mean():.2f}",
                f"{bare:.1f}",
                f"{seconds:.1f}",
                f"{later / seconds:.2f}",
            )
        )
    print(
        f"{d} numbers, power {power}: {first:.1f} ns a pair in a first reading, {later:.1f} later"
    )
    heads = ("prefix", "% survive", f"% if {_FIRST} read", "ns test", "ns in all", "times quicker")
    table(heads, lines)


def _each(job: Callable[[], object], repeats: int) -> float:
    """Return the least nanoseconds of one core that a job takes a pair."""
    best = math.inf
    for _ in range(repeats + 1):
        start = process_time()
        job()
        best = min(best, process_time() - start)
    return 1e9 * best / (ROWS * PEOPLE)


def _plain(fit: Encodings, costs: Floats) -> _Bounds:
    left = np.hstack([fit.mentees[:ROWS], np.ones((ROWS, 1), np.float32)])
    return _Bounds(left, np.vstack([fit.mentors.T, -costs.astype(np.float32)]))


def _axes(fit: Encodings) -> Floats:
    """Return the principal axes of both sides together, the longest first."""
    both = np.vstack([fit.mentees, fit.mentors]).astype(np.float64)
    axes: Floats = np.linalg.eigh(both.T @ both)[1][:, ::-1]
    return axes


def _bounds(fit: Encodings, costs: Floats, axes: Floats) -> _Bounds:
    """Return prefixes with the lengths of what they leave, and what columns cost."""

    def prefixed(people: Singles) -> tuple[Singles, Singles]:
        exact = people.astype(np.float64)
        numbers = (exact @ axes).astype(np.float32)
        squares = (exact**2).sum(axis=1) - (numbers.astype(np.float64) ** 2).sum(axis=1)
        # Longer by more than rounding can have shortened anything.
        left = np.sqrt(np.maximum(squares, 0) + 2.0**-20 * (exact**2).sum(axis=1))
        return numbers, (left * (1 + 2.0**-20)).astype(np.float32)[:, None]

    ours, theirs = prefixed(fit.mentees[:ROWS]), prefixed(fit.mentors)
    left = np.hstack([*ours, np.ones((ROWS, 1), np.float32)])
    return _Bounds(left, np.ascontiguousarray(np.hstack([*theirs, -costs[:, None]]).T, np.float32))


def _passing(
    fit: Encodings, bounds: _Bounds, bars: Floats, *, read: bool = True
) -> list[tuple[Any, Any]]:
    """Return the pairs that may gain more than their row's bar, after reading them in full."""
    # Two sums of float32, and what encodings were rounded by when they were turned.
    terms = fit.mentees.shape[1] + 8
    largest = fit.largest + float(np.abs(bounds.right[-1]).max())
    off = 2.0**-24 * terms * 1.1 * largest + 2.0**-20 * fit.largest
    low = (bars - off).astype(np.float32)
    height, width = _TILE
    i, j = np.empty(height * width, np.int64), np.empty(height * width, np.int64)
    found = []
    for top in range(0, ROWS, height):
        for start in range(0, PEOPLE, width):
            gain = bounds.left[top : top + height] @ bounds.right[:, start : start + width]
            kinds = alike(*gain.shape)
            count = above(gain, low[top : top + height], *kinds, i, j)
            one = i[:count] + top, (j[:count] + start).astype(np.int32)
            if read:
                inner(fit.mentees, fit.mentors, *one, _SCALE, np.empty(count, np.int64))
            found.append(one)
    return found
