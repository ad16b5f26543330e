"""What a part of the score is: two tables of whole numbers whose inner product makes a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from mentormatch.errors import Fault
from mentormatch.scores.curve import ONE, Curve, Floats, Integers

#: Whole numbers up to here add up without loss in double precision, in any order.
EXACT = 2**53

#: Pairs whose encodings are multiplied at a time, so that memory stays small.
AT_A_TIME = 8192

#: The mean of a part is taken over this many people a side at most.
MEAN_OVER = 2048

Encoding = Any  # a scipy.sparse.csr_array or a two-dimensional numpy array of float64
Known = NDArray[np.bool_]


class Common(Protocol):
    """Names what two people have in common, with the weight that each thing had."""

    def __call__(self, part: Part, i: int, j: int, language: str) -> Iterable[tuple[float, str]]:
        """Yield (weight, words a person reads) for mentee `i` and mentor `j`, in any order."""
        ...


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the score: how well each mentee and each mentor fit in one respect.

    A value is ``curve(mentees[i] @ mentors[j])``, a whole number in ``0 .. ONE``. Entries of both
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
        Names what two people have in common; see `shared`.
    notes : tuple of Fault
        What making the part noticed and a coordinator should see.

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
    mentor_known: Known = None  # type: ignore[assignment]
    neutral: int | None = None
    common: Common | None = None
    notes: tuple[Fault, ...] = ()

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
        object.__setattr__(self, "mentee_known", _known(self.mentee_known, mentees, self.name))
        object.__setattr__(self, "mentor_known", _known(self.mentor_known, mentors, self.name))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""
        return self.mentees.shape[0], self.mentors.shape[0]

    @cached_property
    def _across(self) -> Encoding:
        """The mentors' encoding on its side, ready to be multiplied by rows of mentees."""
        across = self.mentors.T
        return across.tocsr() if sparse.issparse(across) else across

    @property
    def _missing(self) -> int:
        return ONE // 2 if self.neutral is None else self.neutral

    def block(self, rows: slice | ArrayLike) -> Integers:
        """Return the values of some mentees with all mentors, (len(rows), m)."""
        rows = positions(rows, self.shape[0])
        products = self.mentees[rows] @ self._across
        values = self.curve(products.toarray() if sparse.issparse(products) else products)
        values[~self.mentee_known[rows]] = self._missing
        values[:, ~self.mentor_known] = self._missing
        return values

    def at(self, i: ArrayLike, j: ArrayLike) -> Integers:
        """Return the values of listed pairs: mentee ``i[k]`` with mentor ``j[k]``."""
        i, j = paired(i, j, self.shape)
        products = np.empty(len(i))
        for start in range(0, len(i), AT_A_TIME):
            some = slice(start, start + AT_A_TIME)
            a, b = self.mentees[i[some]], self.mentors[j[some]]
            if sparse.issparse(a) and sparse.issparse(b):
                products[some] = a.multiply(b).sum(axis=1)
            else:
                products[some] = (_dense(a) * _dense(b)).sum(axis=1)
        values: Integers = np.where(self.known(i, j), self.curve(products), self._missing)
        return values

    def known(self, i: ArrayLike, j: ArrayLike) -> Known:
        """Say for listed pairs whether both gave an answer."""
        i, j = paired(i, j, self.shape)
        return self.mentee_known[i] & self.mentor_known[j]

    def shared(self, i: int, j: int, most: int = 5, language: str = "en") -> tuple[str, ...]:
        """Return what mentee `i` and mentor `j` have in common here, most weighty first.

        In words that a person reads: names of options and departments in `language`, words as
        the two wrote them. Empty where nothing, or an answer, is missing.
        """
        if self.common is None or not self.known(i, j)[0]:
            return ()
        found = sorted(self.common(self, i, j, language), key=lambda one: (-one[0], one[1]))
        return tuple(dict.fromkeys(words for _, words in found))[:most]


def settled(part: Part, mentee_ids: Sequence[str], mentor_ids: Sequence[str]) -> Part:
    """Return the part with its neutral value: the mean over the pairs with both answers.

    A missing answer is no evidence, neither for nor against. The mean is added up in whole numbers
    and rounded to the grid; it is a half where no pair has both answers. Of more than 2 048 people
    a side, those are taken whose ids have the smallest hashes: the same ones in any order of rows.
    A part that has its neutral value already is returned as it is.
    """
    if part.neutral is not None:
        return part
    if part.mentee_known.all() and part.mentor_known.all():
        return replace(part, neutral=ONE // 2)  # never used
    i = by_lot(np.flatnonzero(part.mentee_known), mentee_ids, MEAN_OVER)
    j = by_lot(np.flatnonzero(part.mentor_known), mentor_ids, MEAN_OVER)
    few = replace(
        part,
        mentees=part.mentees[i],
        mentors=part.mentors[j],
        mentee_known=part.mentee_known[i],
        mentor_known=part.mentor_known[j],
    )
    total = sum(int(few.block(slice(start, start + 256)).sum()) for start in range(0, len(i), 256))
    pairs = len(i) * len(j)
    return replace(part, neutral=(2 * total + pairs) // (2 * pairs) if pairs else ONE // 2)


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
        entries = made.data
    else:
        made = np.array(table, dtype=np.float64)
        if made.ndim != 2:
            raise ValueError(f"the encodings of {name!r} must have two dimensions")
        made.setflags(write=False)
        entries = made
    if not np.array_equal(entries, np.rint(entries)) or not np.isfinite(entries).all():
        raise ValueError(f"the encodings of {name!r} must hold whole numbers")
    return made


def _known(known: Known | None, table: Encoding, name: str) -> Known:
    people = table.shape[0]
    made = np.ones(people, dtype=bool) if known is None else np.array(known, dtype=bool)
    if made.shape != (people,):
        raise ValueError(f"{name!r} must say of each of {people} people whether it is known")
    made.setflags(write=False)
    return made


def _longest(table: Encoding) -> float:
    """Return the largest sum of the sizes of a row's entries."""
    return float(abs(table).sum(axis=1).max()) if min(table.shape) else 0.0


def _largest(table: Encoding) -> float:
    return float(abs(table).max()) if min(table.shape) else 0.0


def _dense(table: Encoding) -> Floats:
    made: Floats = table.toarray() if sparse.issparse(table) else table
    return made
