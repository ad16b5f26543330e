"""Scores as inner products: two tables of numbers stand for the whole matrix of scores."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.grid import SCORE_BITS

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_CHUNK = 2**18
_MOST_DIGITS = 50


@dataclass(frozen=True, eq=False)
class Encodings:
    """The score of a pair is the inner product of what encodes the two people.

    The numbers are rounded once, to what float32 holds exactly, so that every inner product is
    exact in float64 whatever the order of summation; it is then rounded to a multiple of 2**-20.
    So a pair has one score, bit for bit, and the engine never needs the matrix.

    Parameters
    ----------
    mentees : array_like of float, shape (n, d)
        One row a mentee.
    mentors : array_like of float, shape (m, d)
        One row a mentor.

    Raises
    ------
    ProblemError
        A number is NaN, infinite or too large, or the tables are no tables of one width.

    Examples
    --------
    >>> fit = Encodings([[1.0, 0.5]], [[0.5, 0.5], [1.0, 0.0]])
    >>> fit.block([0])
    array([[0.75, 1.  ]])
    """

    mentees: Any
    mentors: Any
    shape: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        tables = [_table(self.mentees, "mentees"), _table(self.mentors, "mentors")]
        if tables[0].shape[1] != tables[1].shape[1]:
            raise ProblemError(
                f"mentees are encoded by {tables[0].shape[1]} numbers each, "
                f"mentors by {tables[1].shape[1]}"
            )
        longest = _longest(tables[0]) * _longest(tables[1])
        if longest >= 2.0**30:
            raise ProblemError(
                "the encodings are so large that scores would not be exact: "
                "scale them to lengths around 1"
            )
        digits = [_digits(table) for table in tables]
        # Inner products have the digits of both; what float64 cannot hold is taken off evenly.
        spare = max(sum(digits) + int(np.frexp(longest)[1]) - _MOST_DIGITS, 0)
        for name, table, many in zip(("mentees", "mentors"), tables, digits, strict=True):
            rounded = _rounded(table, many - (spare + 1) // 2)
            rounded.setflags(write=False)
            object.__setattr__(self, name, rounded)
        object.__setattr__(self, "shape", (len(tables[0]), len(tables[1])))

    def block(self, rows: Any, /) -> Floats:
        """Return the scores of some mentees with all mentors, shape (len(rows), m)."""
        mine = self.mentees[np.asarray(rows)].astype(np.float64)
        return _on_grid(mine @ self.mentors.T.astype(np.float64))

    def at(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Return the scores of listed pairs: mentee ``i[k]`` with mentor ``j[k]``."""
        i, j = np.asarray(i, np.int64), np.asarray(j, np.int64)
        found = np.empty(len(i), np.float64)
        for start in range(0, len(i), _CHUNK):
            part = slice(start, start + _CHUNK)
            left, right = self.mentees[i[part]], self.mentors[j[part]]
            found[part] = np.einsum("kd,kd->k", left, right, dtype=np.float64)
        return _on_grid(found)

    def taken(self, mentees: ArrayLike, mentors: ArrayLike) -> Encodings:
        """Return the encodings of some mentees and mentors, whose scores are the same."""
        twin = copy.copy(self)
        twin.__dict__.pop("largest", None)
        for name, some in (("mentees", mentees), ("mentors", mentors)):
            table = getattr(self, name)[np.asarray(some, np.int64)]
            table.setflags(write=False)
            object.__setattr__(twin, name, table)
        object.__setattr__(twin, "shape", (len(twin.mentees), len(twin.mentors)))
        return twin

    @cached_property
    def largest(self) -> float:
        """An upper bound on every absolute score (Cauchy-Schwarz)."""
        return _longest(self.mentees) * _longest(self.mentors)


def _table(values: Any, who: str) -> Floats:
    try:
        table = np.array(values, np.float64)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"the encodings of {who} must be a table of numbers") from error
    if table.ndim != 2:
        raise ProblemError(f"the encodings of {who} must have two dimensions, not {table.ndim}")
    if not np.isfinite(table).all():
        raise ProblemError(f"an encoding of {who} is NaN or infinite")
    if np.abs(table).max(initial=0.0) >= 2.0**60:
        raise ProblemError(f"an encoding of {who} is so large that nothing is exact: scale them")
    return table


def _digits(table: Floats) -> int:
    """Return how many binary digits after the point float32 holds of the largest number."""
    largest = float(np.abs(table).max(initial=0.0))
    return 23 - int(np.frexp(largest)[1]) if largest else 0


def _rounded(table: Floats, digits: int) -> Singles:
    return np.ldexp(np.rint(np.ldexp(table, digits)), -digits).astype(np.float32)


def _longest(table: NDArray[Any]) -> float:
    """Return the length of the longest row, rounded up."""
    squares = np.einsum("kd,kd->k", table, table, dtype=np.float64)
    return float(np.sqrt(squares.max(initial=0.0))) * (1 + 2.0**-40)


def _on_grid(scores: Floats) -> Floats:
    scores *= 2.0**SCORE_BITS
    np.rint(scores, out=scores)
    scores *= 2.0**-SCORE_BITS
    return scores
