"""What a part of the score is: two tables of whole numbers whose inner product makes a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from mentormatch.errors import Fault
from mentormatch.scores.calibration import Counted, Measures
from mentormatch.scores.compiled import worth_compiling
from mentormatch.scores.curve import ONE, Curve, Floats, Integers
from mentormatch.scores.in_common import InCommon, in_words
from mentormatch.scores.join import Join, texts_of

#: Whole numbers up to here add up without loss in double precision, in any order.
EXACT = 2**53

#: What a listed pair of sparse encodings costs, in pairs of a block.
SLOW = 16

#: Pairs whose encodings are multiplied at a time, so that memory stays small.
AT_A_TIME = 8192

#: Entries, and rows, of an encoding that are checked at a time, for the same reason.
RUN, ROWS = 2**20, 4096

#: The mean of a part is taken over this many people a side at most.
MEAN_OVER = 2048

#: How much the values of a part spread, in units of ``1 / ONE``: see `levelled`.
SPREAD = ONE // 6

#: The spread is taken over this many people a side at most.
SPREAD_OVER = 256

#: Steepness of curves is in steps of ``1 / FINE``, and this at most.
FINE, STEEPEST = 64, 3

#: Trust in a full answer.
TRUST = 2**8

Encoding = Any  # a scipy.sparse.csr_array or a two-dimensional numpy array of float64
Known = NDArray[np.bool_]


class Common(Protocol):
    """Names what two people have in common, with the weight that each thing had."""

    def __call__(self, part: Part, i: int, j: int) -> Iterable[InCommon]:
        """Yield what speaks for mentee `i` and mentor `j`, in any order."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """A `Common` that is quicker if it knows beforehand of whom it will be asked."""

    def prepare(self, i: Iterable[int], j: Iterable[int]) -> None:
        """Get ready to be asked of mentees `i` and mentors `j`."""
        ...


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the score: how well each mentee and each mentor fit in one respect.

    A value is ``curve(mentees[i] @ mentors[j])``, a whole number in ``0 .. ONE``, drawn towards
    `neutral` where the answers are slight: see `mentee_trust`. Entries of both
    encodings are whole numbers, small enough that every sum on the way is below 2**53. So the
    product is exact whatever adds it up: any order, any number of threads, any processor.

    Parameters
    ----------
    name : str
        What weights call it.
    mentees, mentors : (n, d) and (m, d) array or scipy sparse array
        Encodings: whole numbers, kept as float64.
    curve : Curve
        From product to value.
    mentee_known, mentor_known : (n,) and (m,) array of bool, optional
        Who gave an answer. A pair with an answer missing gets the value `neutral`.
    neutral : int, optional
        Value where an answer is missing, in ``0 .. ONE``. Left out, `mentormatch.score` puts the
        mean of the pairs with both answers there (see `settled`); a half until then.
    common : callable, optional
        Names what two people have in common; see `in_common`.
    notes : tuple of Fault
        What making the part noticed and a coordinator should see.
    join : Join, optional
        Whose texts the rows of the encodings are, where people have several: it makes one product
        of theirs. Left out, every person has one row.
    mentee_trust, mentor_trust : (n,) and (m,) array of int, optional
        How much an answer tells, in ``0 .. TRUST``, which is all that a full answer does. A value
        is ``neutral + (value - neutral) * trust / TRUST``, with the product of both trusts.
    method : str
        What compared the answers, with its version, where there are several ways.
    gain : int
        By how much `levelled` made the curve steeper, in steps of ``1 / FINE``.
    counted : Counted, optional
        How rare the tags or terms are that the encodings weigh.

    Raises
    ------
    ValueError
        Encodings of different widths; an entry that is no whole number, or so large that a sum
        could be inexact; ``known`` of another length than the encoding; `neutral` out of range.

    Examples
    --------
    >>> part = Part("same floor", [[1, 0], [0, 1]], [[0, 1]], Curve.any_at_all())
    >>> part.block(slice(None)).tolist()
    [[0], [1048576]]
    """

    name: str
    mentees: Encoding
    mentors: Encoding
    curve: Curve
    mentee_known: Known = None  # type: ignore[assignment]  # never None once made
    mentor_known: Known = None  # type: ignore[assignment]  # never None once made
    neutral: int | None = None
    common: Common | None = None
    notes: tuple[Fault, ...] = ()
    join: Join | None = None
    mentee_trust: Integers | None = None
    mentor_trust: Integers | None = None
    method: str = ""
    gain: int = FINE
    counted: Counted | None = None

    def __post_init__(self) -> None:
        mentees, mentors = _encoding(self.mentees, self.name), _encoding(self.mentors, self.name)
        if mentees.shape[1] != mentors.shape[1]:
            raise ValueError(f"the two encodings of {self.name!r} have different widths")
        if _longest(mentees) * _largest(mentors) >= EXACT:
            raise ValueError(f"the entries of {self.name!r} are too large to be added up exactly")
        if self.neutral is not None and not 0 <= self.neutral <= ONE:
            raise ValueError(f"the neutral value of {self.name!r} must lie in 0 .. 2**20")
        object.__setattr__(self, "mentees", mentees)
        object.__setattr__(self, "mentors", mentors)
        n, m = self.shape
        object.__setattr__(self, "mentee_known", _known(self.mentee_known, n, self.name))
        object.__setattr__(self, "mentor_known", _known(self.mentor_known, m, self.name))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""
        if self.join is not None:
            return self.join.shape
        return self.mentees.shape[0], self.mentors.shape[0]

    @cached_property
    def _across(self) -> Encoding:
        """The mentors' encoding on its side, ready to be multiplied by rows of mentees."""
        across = self.mentors.T
        return across.tocsr() if sparse.issparse(across) else across

    @property
    def missing(self) -> int:
        """Value of a pair with an answer missing, in units of ``1 / ONE``."""
        return ONE // 2 if self.neutral is None else self.neutral

    def block(self, rows: slice | ArrayLike) -> Integers:
        """Return the values of some mentees with all mentors, (len(rows), m)."""
        rows = positions(rows, self.shape[0])
        texts = rows if self.join is None else texts_of(self.join.mentees, rows)
        products = _dense(self.mentees[texts] @ self._across)
        values = self.curve(products if self.join is None else self.join.block(products, rows))
        if self.mentee_trust is not None and self.mentor_trust is not None:
            trust = self.mentee_trust[rows][:, None] * self.mentor_trust
            values = self._trusted(values, trust)
        values[~self.mentee_known[rows]] = self.missing
        values[:, ~self.mentor_known] = self.missing
        return values

    def _trusted(self, values: Integers, trust: Integers) -> Integers:
        far: Integers = (values - self.missing) * trust // (TRUST * TRUST)
        return far + self.missing

    def at(self, i: ArrayLike, j: ArrayLike) -> Integers:
        """Return the values of listed pairs: mentee ``i[k]`` with mentor ``j[k]``."""
        i, j = paired(i, j, self.shape)
        made = [
            self.curve(self.products(i[start : start + AT_A_TIME], j[start : start + AT_A_TIME]))
            for start in range(0, len(i), AT_A_TIME)
        ]
        values = np.concatenate(made) if made else np.zeros(0, dtype=np.int64)
        if self.mentee_trust is not None and self.mentor_trust is not None:
            values = self._trusted(values, self.mentee_trust[i] * self.mentor_trust[j])
        return np.where(self.known(i, j), values, self.missing)

    def products(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> Floats | Integers:
        """Return what the curve makes values of, for not too many listed pairs."""
        rows, columns = (i, j) if self.join is None else self.join.pairs(i, j)
        a, b = self.mentees, self.mentors
        if not (sparse.issparse(a) and sparse.issparse(b)):
            products = (_dense(a[rows]) * _dense(b[columns])).sum(axis=1)
        elif worth_compiling(SLOW * len(rows)):
            from mentormatch.scores.loops import dot_rows  # noqa: PLC0415  (compiles)

            products = np.empty(len(rows))
            left, right = ((one.indptr, one.indices, one.data) for one in (a, b))
            dot_rows(left, right, rows, columns, np.zeros(a.shape[1]), products)
        else:
            products = np.asarray(a[rows].multiply(b[columns]).sum(axis=1)).reshape(-1)
        return products if self.join is None else self.join.at(products, i, j)

    def of(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> Part:
        """Return the part of some mentees and some mentors only."""
        join, rows, columns = (None, i, j) if self.join is None else self.join.of(i, j)
        return replace(
            self,
            mentees=self.mentees[rows],
            mentors=self.mentors[columns],
            mentee_known=self.mentee_known[i],
            mentor_known=self.mentor_known[j],
            mentee_trust=None if self.mentee_trust is None else self.mentee_trust[i],
            mentor_trust=None if self.mentor_trust is None else self.mentor_trust[j],
            join=join,
        )

    def trust(self, i: ArrayLike, j: ArrayLike) -> Integers:
        """Return how much the answers of listed pairs tell together, in ``0 .. TRUST``."""
        i, j = paired(i, j, self.shape)
        told = np.full(len(i), TRUST, dtype=np.int64)
        if self.mentee_trust is not None and self.mentor_trust is not None:
            told = self.mentee_trust[i] * self.mentor_trust[j] // TRUST
        return np.where(self.known(i, j), told, 0)

    def known(self, i: ArrayLike, j: ArrayLike) -> Known:
        """Say for listed pairs whether both gave an answer."""
        i, j = paired(i, j, self.shape)
        return self.mentee_known[i] & self.mentor_known[j]

    def in_common(self, i: int, j: int) -> tuple[InCommon, ...]:
        """Return what mentee `i` and mentor `j` have in common here, the most weighty first.

        Things of one kind stand together. Empty where nothing, or an answer, is missing.
        """
        if self.common is None or not self.known(i, j)[0]:
            return ()
        found = self.common(self, i, j)
        return tuple(sorted(found, key=lambda one: (one.kind, -one.weight, one.said("en"))))

    def all_in_common(self, i: ArrayLike, j: ArrayLike) -> list[tuple[InCommon, ...]]:
        """Return for listed pairs what `in_common` does, with all sentences encoded together."""
        i, j = paired(i, j, self.shape)
        if isinstance(self.common, Prepares):
            told = self.known(i, j)
            self.common.prepare(i[told].tolist(), j[told].tolist())
        return [self.in_common(*one) for one in zip(i.tolist(), j.tolist(), strict=True)]

    def shared(self, i: int, j: int, most: int = 5, language: str = "en") -> tuple[str, ...]:
        """Return the tags and words that mentee `i` and mentor `j` have in common, in words.

        See `mentormatch.scores.in_common.in_words`.
        """
        return in_words(self.in_common(i, j), language, most)


def settled(part: Part, mentee_ids: Sequence[str], mentor_ids: Sequence[str]) -> Part:
    """Return the part with its neutral value: the mean over the pairs with both answers.

    A missing answer is no evidence, neither for nor against. The mean is added up in whole numbers
    and rounded to the grid; it is a half where no pair has both answers. Of more than 2 048 people
    a side, those are taken whose ids have the smallest hashes: the same ones in any order of rows.
    A part that has its neutral value already is returned as it is.
    """
    if part.neutral is not None:
        return part
    i = by_lot(np.flatnonzero(part.mentee_known), mentee_ids, MEAN_OVER)
    j = by_lot(np.flatnonzero(part.mentor_known), mentor_ids, MEAN_OVER)
    sure = part.mentee_trust is None and part.mentee_known.all() and part.mentor_known.all()
    if sure:
        return replace(part, neutral=ONE // 2)  # never used
    few = replace(part.of(i, j), mentee_trust=None, mentor_trust=None)
    total = sum(int(few.block(slice(start, start + 256)).sum()) for start in range(0, len(i), 256))
    pairs = len(i) * len(j)
    return replace(part, neutral=(2 * total + pairs) // (2 * pairs) if pairs else ONE // 2)


def levelled(part: Part, mentee_ids: Sequence[str], mentor_ids: Sequence[str]) -> Part:
    """Return a settled part whose values spread as those of every part shall: by `SPREAD`.

    So that a weight means what it says: two parts of one weight move the choice between two
    mentors equally. The spread is the root of the mean over the mentees of the variance over the
    mentors, of 256 people a side at most who gave an answer, drawn by lot as in `settled`. The
    curve is made steeper or flatter, 3 times at most; values above 1 become 1. Up to 10 of them on
    a side nothing is changed, since so few tell no spread; from 30 on all of it.
    """
    known = np.flatnonzero(part.mentee_known), np.flatnonzero(part.mentor_known)
    i, j = by_lot(known[0], mentee_ids, SPREAD_OVER), by_lot(known[1], mentor_ids, SPREAD_OVER)
    surety = min(1.0, max(0.0, (min(map(len, known)) - 10) / 20))
    if not surety:
        return part
    few = part.of(i, j)
    values = np.vstack([few.block(slice(start, start + 64)) for start in range(0, len(i), 64)])
    low, high = 0, STEEPEST * FINE
    while low < high:  # the least gain, in steps of 1 / FINE, that spreads them enough
        gain = (low + high) // 2
        if _spread(np.minimum(ONE, values * gain // FINE)) < SPREAD:
            low = gain + 1
        else:
            high = gain
    gain = round(FINE * (1 - surety) + low * surety)
    neutral = None if part.neutral is None else min(ONE, part.neutral * gain // FINE)
    return replace(part, curve=part.curve.steeper(gain, FINE), neutral=neutral, gain=gain)


def calibrated(part: Part, measures: Measures) -> Part:
    """Return the part with the curve and the neutral value that an earlier cohort had."""
    gain = measures.gain
    return replace(part, curve=part.curve.steeper(gain, FINE), neutral=measures.neutral, gain=gain)


def measures_of(part: Part) -> Measures:
    """Return what a finished part took from its cohort."""
    levels = None
    if part.join is not None:
        mean, spread = part.join.levels.mean.tolist(), part.join.levels.spread.tolist()
        levels = tuple(map(tuple, mean)), tuple(map(tuple, spread))
    return Measures(part.missing, part.gain, part.method, part.counted, levels)


def _spread(values: Integers) -> float:
    """Return the root of the mean over the mentees of the variance over the mentors, in units."""
    n, m = values.shape
    squares = m * (values * values).sum(axis=1) - values.sum(axis=1) ** 2
    return float((sum(squares.tolist()) / n) ** 0.5 / m)


def table_part(name: str, values: ArrayLike) -> Part:
    """Return a part of one's own from a table of values in [0, 1].

    Parameters
    ----------
    name : str
        What weights call it.
    values : (n, m) array of float
        One row a mentee, one column a mentor, as in the cohort's tables; NaN is no evidence for a
        whole row or a whole column only.

    Raises
    ------
    ValueError
        A value outside [0, 1], or a NaN in a row and a column that have other values.

    Examples
    --------
    >>> table_part("interview", [[0.25, 1.0]]).block(slice(None)) / ONE
    array([[0.25, 1.  ]])
    """
    table = np.array(values, dtype=np.float64, ndmin=2)
    nothing = np.isnan(table)
    mentee_known: Known = np.array([not row.all() or not row.size for row in nothing], dtype=bool)
    mentor_known: Known = np.array([not col.all() or not col.size for col in nothing.T], dtype=bool)
    inside = table[np.ix_(mentee_known, mentor_known)]
    if not np.all((inside >= 0) & (inside <= 1)):
        raise ValueError(f"the values of {name!r} must lie in [0, 1]; NaN only for whole people")
    return Part(
        name,
        np.rint(np.nan_to_num(table) * ONE),
        sparse.eye_array(table.shape[1], format="csr"),
        Curve.identity(),
        mentee_known,
        mentor_known,
    )


def positions(rows: slice | ArrayLike, size: int) -> NDArray[np.intp]:
    """Return the positions that a slice or an array of positions means."""
    every = np.arange(size)
    return every[rows] if isinstance(rows, slice) else np.atleast_1d(every[np.asarray(rows, int)])


def paired(
    i: ArrayLike, j: ArrayLike, shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return two arrays of positions, equally long; IndexError where one is out of range."""
    rows, columns = positions(i, shape[0]), positions(j, shape[1])
    if len(rows) != len(columns):
        raise ValueError(f"{len(rows)} mentees and {len(columns)} mentors do not make pairs")
    return rows, columns


def by_lot(people: NDArray[np.intp], ids: Sequence[str], most: int) -> NDArray[np.intp]:
    """Return the positions of `most` people at most: those whose ids have the smallest hashes.

    The same people are taken whatever the order of the rows.
    """
    if len(people) <= most:
        return people
    lots = [blake2b(ids[k].encode(), digest_size=8).digest() for k in people]
    return people[sorted(range(len(people)), key=lots.__getitem__)[:most]]


def _encoding(table: Any, name: str) -> Encoding:
    if sparse.issparse(table):
        made = sparse.csr_array(table, dtype=np.float64)
        made.sum_duplicates()
        made.sort_indices()
        entries = made.data
    else:
        made = np.array(table, dtype=np.float64)
        if made.ndim != 2:
            raise ValueError(f"the encodings of {name!r} must have two dimensions")
        made.setflags(write=False)
        entries = made
    runs = (entries[k : k + RUN] for k in range(0, len(entries), RUN))
    if not all(bool(np.isfinite(one).all() and (one == np.rint(one)).all()) for one in runs):
        raise ValueError(f"the encodings of {name!r} must hold whole numbers")
    return made


def _known(known: Known | None, people: int, name: str) -> Known:
    made = np.ones(people, dtype=bool) if known is None else np.array(known, dtype=bool)
    if made.shape != (people,):
        raise ValueError(f"{name!r} must say of each of {people} people whether it is known")
    made.setflags(write=False)
    return made


def _longest(table: Encoding) -> float:
    """Return the largest sum of the sizes of a row's entries."""
    runs = (table[k : k + ROWS] for k in range(0, table.shape[0], ROWS))
    return max((float(abs(one).sum(axis=1).max()) for one in runs if min(one.shape)), default=0.0)


def _largest(table: Encoding) -> float:
    entries = table.data if sparse.issparse(table) else table
    return float(max(entries.max(initial=0.0), -entries.min(initial=0.0)))


def _dense(table: Encoding) -> Floats:
    made: Floats = table.toarray() if sparse.issparse(table) else table
    return made
