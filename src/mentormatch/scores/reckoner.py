"""How many scores are reckoned at once: what compiled code needs of the parts, made ready once.

A part is a product of two encodings. Columns of the encodings that most people have are multiplied
as plain arrays, the others by walking along what each mentee's texts have and who else has it: so a
pair costs as much as the two have in common. Then each product is joined, levelled, curved and
weighed while it is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from mentormatch.scores.curve import ONE, Floats, Integers
from mentormatch.scores.join import GAIN, starts_of, texts_of
from mentormatch.scores.parts import TRUST, Encoding, Part, positions

Places = NDArray[np.intp]
Singles = NDArray[np.float32]
Table = tuple[Any, Any, Any]

#: Whole numbers up to here are exact in single precision, and in 32 bits.
SINGLE, SHORT = 2**24, 2**31

#: Whole numbers up to here, and their quotients rounded down, are exact in double precision.
WHOLE = 2**53

#: A column goes into the plain array if this share of all pairs of texts, or more, have it.
FULL = 0.25

BITS = ONE.bit_length() - 1

#: Scores that are reckoned together.
CELLS = 2**19

#: Groups of mentors of whom is kept what reckons their scores.
KEPT = 16


class Reckoner:
    """Reckons scores of some mentees with all mentors, or with some.

    Parameters
    ----------
    parts : sequence of Part
        The parts of the score, one at least.
    weights : (n, parts) array of int
        Weights of the parts for each mentee, which add up to 2**20.
    """

    def __init__(self, parts: Sequence[Part], weights: Integers) -> None:
        most: Integers = weights.max(axis=0, initial=0)
        self.weights = weights
        self.size = parts[0].shape[1]
        self.ours = [Ours(part, k) for k, part in enumerate(parts) if most[k]]
        #: How far a rough score may be off, in steps of 2**-20.
        self.rough_steps = sum(one.off * float(most[one.nth]) / ONE + 1.125 for one in self.ours)
        self._known: dict[bytes, list[Theirs]] = {}

    def steps(
        self, rows: Places, columns: slice | ArrayLike = slice(None), *, rough: bool = False
    ) -> NDArray[Any]:
        """Return the scores of some mentees in steps of 2**-20, (len(rows), len(columns)).

        With ``rough=True`` they are float32 and may be off by `rough_steps`; else float64.
        """
        theirs = self._theirs(columns)
        width = len(theirs[0].columns) if theirs else 0
        total = np.zeros((len(rows), width), np.float32 if rough else np.float64)
        step = max(1, CELLS // max(width, 1))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            for one in theirs:
                one.add(total[start : start + step], some, self.weights[some, one.ours.nth])
        return total

    def _theirs(self, columns: slice | ArrayLike) -> list[Theirs]:
        """Return what is needed of these mentors, kept for those who were asked for last."""
        if isinstance(columns, slice) and columns == slice(None):
            return self._every
        places = positions(columns, self.size)
        key = places.tobytes()
        found = self._known.get(key)
        if found is None:
            found = [Theirs(one, places) for one in self.ours]
            self._known[key] = found
            if len(self._known) > KEPT:
                self._known.pop(next(iter(self._known)), None)
        return found

    @cached_property
    def _every(self) -> list[Theirs]:
        return [Theirs(one, np.arange(self.size), every=True) for one in self.ours]


@dataclass(frozen=True, eq=False)
class Ours:
    """What is needed of one part for all mentees, and of its curve; `nth` is its weight's place."""

    part: Part
    nth: int

    @cached_property
    def full(self) -> NDArray[np.bool_]:
        """Which columns of the encodings are multiplied as a plain array."""
        a, b = self.part.mentees, self.part.mentors
        if not sparse.issparse(a):
            return np.ones(a.shape[1], np.bool_)
        shares = [
            np.bincount(one.indices, minlength=one.shape[1]) / max(1, one.shape[0])
            for one in (a, b)
        ]
        made: NDArray[np.bool_] = shares[0] * shares[1] >= FULL
        return made

    @cached_property
    def most(self) -> float:
        """No product is larger than the product of two lengths (Cauchy and Schwarz)."""
        return _length(self.part.mentees) * _length(self.part.mentors) * 1.01 + 2

    @cached_property
    def whole(self) -> type:
        """What holds every product."""
        return np.int32 if self.most < SHORT else np.int64

    @cached_property
    def real(self) -> type:
        """What holds products of the full columns exactly."""
        return np.float32 if self.most < SINGLE else np.float64

    def plain(self, table: Encoding, kind: type) -> NDArray[Any]:
        """Return the full columns of an encoding."""
        if sparse.issparse(table):
            table = table[:, np.flatnonzero(self.full)].toarray()
        made: NDArray[Any] = table.astype(kind)
        return made

    def rest(self, table: Encoding) -> Encoding:
        """Return the other columns of an encoding."""
        if not sparse.issparse(table):
            return sparse.csr_array((table.shape[0], 1))
        return table[:, np.flatnonzero(~self.full)] if self.full.any() else table

    @cached_property
    def exact(self) -> NDArray[Any] | None:
        """The mentees' full columns; None where there are none."""
        return self.plain(self.part.mentees, self.real) if self.full.any() else None

    @cached_property
    def rough(self) -> Singles | None:
        """The same in single precision."""
        return None if self.exact is None else self.exact.astype(np.float32)

    @cached_property
    def rows(self) -> Table:
        """The mentees' other columns by row."""
        return _table(self.rest(self.part.mentees), self.whole)

    @cached_property
    def trust(self) -> Floats:
        """How much each mentee's answer tells, in [0, 1]; 0 where it is missing."""
        return _trust(self.part.mentee_known, self.part.mentee_trust)

    @cached_property
    def by_hand(self) -> bool:
        """Whether the part is one that compiled code does not know: numbers of no usual size."""
        part = self.part
        knots = max(abs(x) for x, _ in part.curve.knots)
        gain = 1.0 if part.join is None else float(part.join.levels.gain.max())
        return (
            sparse.issparse(part.mentees) != sparse.issparse(part.mentors)
            or 2 * knots * ONE >= WHOLE
            or (self.most + knots) * gain >= WHOLE
        )

    @cached_property
    def off(self) -> float:
        """How far a rough value may be off, in steps of 2**-20.

        Inner products in single precision are off as Higham says (2002, section 3.1), what follows
        by half a unit in the last place for each operation; both times the steepest levelling and
        the steepest piece of the curve. What exact values lose when they are rounded down adds to
        it.
        """
        part = self.part
        if self.by_hand:
            return 1.0
        x, _, wide, high = part.curve.pieces
        unit, most, far = 2.0**-24, self.most, float(np.abs(x).max())
        error, gain = 0.0, 1.0
        if self.full.any() and self.real is np.float64:
            terms = int(self.full.sum()) + 3
            lengths = [_length(self.plain(one, np.float64)) for one in (part.mentees, part.mentors)]
            error += 1 + 1.01 * terms * unit * lengths[0] * lengths[1]
        if part.join is not None:
            gain = float(part.join.levels.gain.max()) / 2**GAIN
            most += float(part.join.levels.mean.max()) + part.join.levels.usual_mean
        if part.join is not None or error or max(most, far) >= SINGLE:
            # Otherwise products are whole numbers that single precision holds.
            error = error * gain + 2 + 8 * unit * (most * max(gain, 1) + far)
        return error * float((high / wide).max()) + 4 + (len(wide) + 8) / 8


@dataclass(frozen=True, eq=False)
class Theirs:
    """What is needed of one part for some mentors, in the order wanted, or for every one."""

    ours: Ours
    columns: Places
    every: bool = False

    @cached_property
    def texts(self) -> Places:
        """The rows of their texts."""
        join = self.ours.part.join
        return self.columns if join is None else texts_of(join.mentors, self.columns)

    @cached_property
    def table(self) -> Encoding:
        """The encodings of their texts."""
        mentors = self.ours.part.mentors
        return mentors if self.every else mentors[self.texts]

    @cached_property
    def exact(self) -> NDArray[Any]:
        """Their full columns, on their side."""
        return np.ascontiguousarray(self.ours.plain(self.table, self.ours.real).T)

    @cached_property
    def rough(self) -> Singles:
        """The same in single precision."""
        return np.ascontiguousarray(self.ours.plain(self.table, np.float32).T)

    @cached_property
    def postings(self) -> Table:
        """Their other columns, column by column."""
        return _table(self.ours.rest(self.table).tocsc(), self.ours.whole)

    @cached_property
    def join(self) -> tuple[Integers, tuple[Floats, Floats, Floats], int]:
        """Whose texts they are, what evens languages out, and which way the join goes."""
        join = self.ours.part.join
        if join is None:
            none = np.zeros((1, 1))
            return np.arange(len(self.columns) + 1), (none, none, none[0]), 0
        mean, gain = join.levels.mean, join.levels.gain
        if join.backwards:
            mean, gain = mean.T, gain.T
        tongues = join.mentor_languages[self.texts]
        levels = (
            mean[:, tongues].astype(np.float64),
            gain[:, tongues] / 2**GAIN,
            np.array([join.levels.usual_mean], np.float64),
        )
        starts = starts_of(np.diff(join.mentors)[self.columns])
        return starts, levels, 2 if join.backwards else 1

    @cached_property
    def trust(self) -> Floats:
        """How much each mentor's answer tells, in [0, 1]; 0 where it is missing."""
        part = self.ours.part
        return _trust(part.mentor_known, part.mentor_trust)[self.columns]

    def add(self, total: NDArray[Any], rows: Places, weights: Integers) -> None:
        """Add what the part contributes to the scores of some mentees."""
        from mentormatch.scores.loops import add_values  # noqa: PLC0415  (compiles)

        ours, part, real = self.ours, self.ours.part, total.dtype
        if ours.by_hand:
            total += part.block(rows)[:, self.columns] * weights[:, None] >> BITS
            return
        exact = real == np.float64
        join = part.join
        texts = rows if join is None else texts_of(join.mentees, rows)
        left = ours.exact if exact else ours.rough
        dense = np.zeros((len(texts), 0), real)
        if left is not None:
            dense = (left[texts] @ (self.exact if exact else self.rough)).astype(real, copy=False)
        starts, levels, way = self.join
        many = np.ones(len(rows), np.int64) if join is None else np.diff(join.mentees)[rows]
        x, y, wide, high = part.curve.pieces
        add_values(
            total,
            exact,
            np.zeros(len(self.texts), ours.whole),
            dense,
            _rows_of(ours.rows, texts),
            self.postings,
            (starts_of(many), starts),
            np.zeros(0, np.intp) if join is None else join.mentee_languages[texts],
            _real(levels, real),
            way,
            _real((x[:-1], wide, np.append(high, y[0])), real),
            _real((ours.trust[rows], self.trust), real),
            np.array([part.missing], real),
            (weights / ONE).astype(real),
        )


def _real(tables: tuple[Any, ...], kind: Any) -> Any:
    return tuple(one.astype(kind, copy=False) for one in tables)


def _trust(known: NDArray[np.bool_], trust: Integers | None) -> Floats:
    return np.where(known, 1.0 if trust is None else trust / TRUST, 0.0)


def _table(table: Any, kind: type) -> Table:
    """Return starts, places and entries of a sparse table.

    Unsigned places are looked up without asking whether they count from the end.
    """
    return table.indptr.astype(np.uint64), table.indices.astype(np.uint32), table.data.astype(kind)


def _rows_of(table: Table, rows: Places) -> Table:
    """Return some rows of a table."""
    starts, columns, entries = table
    begins = starts[rows].astype(np.int64)
    many = starts[rows + 1].astype(np.int64) - begins
    ends = starts_of(many)
    place = np.repeat(begins - ends[:-1], many) + np.arange(ends[-1])
    return ends.astype(np.uint64), columns[place], entries[place]


def _length(table: Encoding) -> float:
    """Return the length of the longest row, rounded up."""
    squares: Floats
    if sparse.issparse(table):
        squares = np.asarray((table * table).sum(axis=1))
    else:
        squares = np.einsum("kd,kd->k", table, table, dtype=np.float64)
    return float(np.sqrt(squares.max(initial=0.0))) * (1 + 2.0**-40)
