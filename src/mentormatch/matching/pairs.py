"""Sets of (mentee, mentor) pairs, described without ever listing the whole matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentormatch.errors import ProblemError

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pairs:
    """A set of pairs: cells between groups of people, with single pairs as exceptions.

    A pair ``(i, j)`` belongs to the set where ``table[mentee_groups[i], mentor_groups[j]]`` says
    so, or says not and the pair is one of the exceptions. Every union, intersection and
    complement of such sets is such a set again, so none ever needs an n x m mask. Make them with
    `between`, `same`, `listed` and `everyone`, and combine them with ``|``, ``&`` and ``~``.

    Parameters
    ----------
    mentee_groups : numpy.ndarray of int, shape (n,), or None
        Group of each mentee; None puts all mentees, however many, into group 0.
    mentor_groups : numpy.ndarray of int, shape (m,), or None
        Group of each mentor.
    table : numpy.ndarray of bool, shape (groups of mentees, groups of mentors)
        Which cells belong to the set.
    exceptions : numpy.ndarray of int, shape (k, 2)
        Pairs for which the table is wrong, sorted, each once.

    Examples
    --------
    >>> away = ~Pairs.same(["physics", "media"], ["physics", "physics", "media"])
    >>> away.block([0, 1], 3).astype(int)
    array([[0, 0, 1],
           [1, 1, 0]])
    """

    mentee_groups: Codes | None
    mentor_groups: Codes | None
    table: Flags
    exceptions: Codes

    @staticmethod
    def between(mentees: ArrayLike, mentors: ArrayLike) -> Pairs:
        """Return all pairs of a mentee of one group with a mentor of another.

        Parameters
        ----------
        mentees : array_like of bool, shape (n,)
        mentors : array_like of bool, shape (m,)

        Raises
        ------
        ProblemError
            A mask is not one-dimensional and boolean.
        """
        rows, columns = _mask(mentees, "mentees"), _mask(mentors, "mentors")
        table = np.array([[False, False], [False, True]])
        return _tidy(rows.astype(np.int64), columns.astype(np.int64), table, _NO_PAIRS)

    @staticmethod
    def same(mentee_codes: ArrayLike, mentor_codes: ArrayLike) -> Pairs:
        """Return all pairs whose codes are equal.

        Parameters
        ----------
        mentee_codes, mentor_codes : array_like, shapes (n,) and (m,)
            Any labels. What is missing (None, NaN, NaT, pandas.NA, the empty string, a negative
            number) is equal to nothing.

        Raises
        ------
        ProblemError
            Labels are not one a person, or cannot be compared, such as lists.
        """
        _unmasked(mentee_codes)
        _unmasked(mentor_codes)
        # As objects, or NumPy would make text of a number or a NaN that stands beside text.
        rows = list(_one_dimension(np.asarray(mentee_codes, object)))
        columns = list(_one_dimension(np.asarray(mentor_codes, object)))
        try:
            distinct = dict.fromkeys(label for label in rows + columns if not _nobody(label))
        except TypeError as error:
            raise ProblemError("labels must be hashable, such as text or numbers") from error
        labels = {label: code for code, label in enumerate(distinct)}
        size = len(labels)

        def codes(items: list[Any]) -> Codes:
            return np.array([size if _nobody(x) else labels[x] for x in items], dtype=np.int64)

        table = np.zeros((size + 1, size + 1), dtype=np.bool_)
        np.fill_diagonal(table[:size, :size], True)
        return _tidy(codes(rows), codes(columns), table, _NO_PAIRS)

    @staticmethod
    def cells(mentee_groups: ArrayLike, mentor_groups: ArrayLike, table: ArrayLike) -> Pairs:
        """Return the pairs whose groups meet in a cell of a table.

        Parameters
        ----------
        mentee_groups, mentor_groups : array_like of int, shapes (n,) and (m,)
            Row and column of the table for each mentee and each mentor.
        table : array_like of bool, shape (groups of mentees, groups of mentors)

        Raises
        ------
        ProblemError
            A group is no whole number or lies outside the table.
        """
        rows, columns = _groups(mentee_groups), _groups(mentor_groups)
        _unmasked(table)
        cells = np.asarray(table, np.bool_)
        if cells.ndim != 2:
            raise ProblemError("the table of groups must have two dimensions")
        for groups, size in ((rows, cells.shape[0]), (columns, cells.shape[1])):
            if groups.size and not (groups.min() >= 0 and groups.max() < size):
                raise ProblemError("a group lies outside the table of groups")
        if not cells.size:  # nobody on a side: one group, so that the table is never empty
            cells = np.zeros((max(cells.shape[0], 1), max(cells.shape[1], 1)), np.bool_)
        return _tidy(rows, columns, cells, _NO_PAIRS)

    @staticmethod
    def listed(pairs: Iterable[tuple[int, int]]) -> Pairs:
        """Return the listed pairs of positions.

        Raises
        ------
        ProblemError
            A position is negative, or something is not a pair of whole numbers.
        """
        _unmasked(pairs)
        try:
            array = np.asarray(list(pairs))
        except (TypeError, ValueError) as error:
            raise ProblemError(_NO_LIST) from error
        if array.size == 0:
            array = _NO_PAIRS
        if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
            raise ProblemError(_NO_LIST)
        if (array < 0).any():
            raise ProblemError("Pairs.listed takes positions counted from 0, none negative")
        return Pairs(
            None, None, np.zeros((1, 1), np.bool_), np.unique(array.astype(np.int64), axis=0)
        )

    @staticmethod
    def everyone() -> Pairs:
        """Return all pairs."""
        return Pairs(None, None, np.ones((1, 1), np.bool_), _NO_PAIRS)

    def at(self, i: ArrayLike, j: ArrayLike) -> Flags:
        """Say for each listed pair of positions whether it belongs to the set."""
        i, j = np.asarray(i, np.int64), np.asarray(j, np.int64)
        rows = np.zeros_like(i) if self.mentee_groups is None else self.mentee_groups[i]
        columns = np.zeros_like(j) if self.mentor_groups is None else self.mentor_groups[j]
        found: Flags = self.table[rows, columns]
        if len(self.exceptions):
            found = found ^ np.isin(_keys(i, j), _keys(*self.exceptions.T))
        return found

    def block(self, rows: Sequence[int] | Codes, m: int) -> Flags:
        """Return membership of all pairs of some mentees, shape (len(rows), m)."""
        rows = np.asarray(rows, np.int64)
        ours = (
            np.zeros(len(rows), np.int64)
            if self.mentee_groups is None
            else self.mentee_groups[rows]
        )
        theirs = np.zeros(m, np.int64) if self.mentor_groups is None else self.mentor_groups
        block: Flags = self.table[np.ix_(ours, theirs)]
        if len(self.exceptions):
            places: dict[int, list[int]] = {}
            for k, row in enumerate(rows.tolist()):
                places.setdefault(row, []).append(k)
            some = np.isin(self.exceptions[:, 0], rows, kind="table")
            for i, j in self.exceptions[some].tolist():
                for k in places.get(i, ()):
                    block[k, j] ^= True
        return block

    def taken(self, rows: Sequence[int] | Codes, columns: Sequence[int] | Codes) -> Pairs:
        """Return the same set for reordered people: new position k was position ``rows[k]``."""
        rows, columns = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
        new_row = {int(old): new for new, old in enumerate(rows)}
        new_column = {int(old): new for new, old in enumerate(columns)}
        moved = [
            (new_row[i], new_column[j])
            for i, j in self.exceptions.tolist()
            if i in new_row and j in new_column
        ]
        return Pairs(
            None if self.mentee_groups is None else self.mentee_groups[rows],
            None if self.mentor_groups is None else self.mentor_groups[columns],
            self.table,
            np.unique(np.array(moved, np.int64).reshape(-1, 2), axis=0),
        )

    def check(self, n: int, m: int) -> None:
        """Raise ProblemError unless the set speaks of n mentees and m mentors."""
        for groups, size, who in (
            (self.mentee_groups, n, "mentees"),
            (self.mentor_groups, m, "mentors"),
        ):
            if groups is not None and len(groups) != size:
                raise ProblemError(f"pairs speak of {len(groups)} {who}, the scores of {size}")
        i, j = self.exceptions.T
        if len(i) and (int(i.max()) >= n or int(j.max()) >= m):
            raise ProblemError(f"a listed pair lies outside {n} mentees x {m} mentors")

    def __or__(self, other: Pairs) -> Pairs:
        return _combine(self, other, np.logical_or)

    def __and__(self, other: Pairs) -> Pairs:
        return _combine(self, other, np.logical_and)

    def __invert__(self) -> Pairs:
        return Pairs(self.mentee_groups, self.mentor_groups, ~self.table, self.exceptions)


_NO_LIST = "Pairs.listed takes (mentee, mentor) pairs of whole numbers"
_NO_PAIRS: Codes = np.zeros((0, 2), np.int64)


def _keys(i: Codes, j: Codes) -> Codes:
    return (i << 32) | j


def _unmasked(values: object) -> None:
    """Refuse arrays with masked entries, which NumPy would read as if they were not masked."""
    if np.ma.is_masked(values):
        raise ProblemError("an array has masked entries: fill them in first")


def _one_dimension(values: ArrayLike) -> NDArray[Any]:
    _unmasked(values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ProblemError("one value a person is needed, not lists of several lengths") from error
    if array.ndim != 1:
        raise ProblemError(f"one value a person is needed, not an array of shape {array.shape}")
    return array


def _groups(values: ArrayLike) -> Codes:
    array = _one_dimension(values)
    if array.dtype.kind not in "iub" and array.size:
        raise ProblemError(f"groups must be whole numbers, not {array.dtype}")
    return array.astype(np.int64)


def _mask(values: ArrayLike, who: str) -> Flags:
    array = _one_dimension(values)
    if array.dtype != np.bool_ and array.size:
        raise ProblemError(f"the mask of {who} must be boolean, not {array.dtype}")
    return array.astype(np.bool_)


def _nobody(label: Any) -> bool:
    if label is None or (isinstance(label, str) and not label):
        return True
    try:
        # NaN and NaT are not even equal to themselves.
        if not bool(label == label):  # noqa: PLR0124  (NaN is not equal to itself)
            return True
    except (TypeError, ValueError):  # pandas.NA does not know whether it is
        return True
    return isinstance(label, (int, float, np.integer, np.floating)) and bool(label < 0)


def _tidy(rows: Codes | None, columns: Codes | None, table: Flags, exceptions: Codes) -> Pairs:
    """Merge groups that the table does not tell apart."""
    if rows is not None:
        table, groups = np.unique(table, axis=0, return_inverse=True)
        rows = groups.reshape(-1)[rows]
    if columns is not None:
        table, groups = np.unique(table, axis=1, return_inverse=True)
        columns = groups.reshape(-1)[columns]
    return Pairs(rows, columns, table, exceptions)


def _cross(a: Codes | None, b: Codes | None, height: int) -> tuple[Codes | None, Codes, Codes]:
    """Return a number for each pair of groups that occurs, and the two sources of each number."""
    if a is None or b is None:
        known = a if b is None else b
        size = 1 if known is None else int(known.max(initial=-1)) + 1
        every, zero = np.arange(max(size, 1)), np.zeros(max(size, 1), np.int64)
        return known, (zero if a is None else every), (zero if b is None else every)
    if len(a) != len(b):
        raise ProblemError(f"sets of pairs speak of {len(a)} and {len(b)} people")
    if not len(a):  # nobody: one group, so that the table is never empty
        return a, np.zeros(1, np.int64), np.zeros(1, np.int64)
    seen, groups = np.unique(a * height + b, return_inverse=True)
    return groups.reshape(-1), seen // height, seen % height


def _combine(a: Pairs, b: Pairs, rule: Callable[[Flags, Flags], Flags]) -> Pairs:
    if not isinstance(b, Pairs):
        raise ProblemError(f"a set of pairs combines with another one, not {type(b).__name__}")
    rows, row_a, row_b = _cross(a.mentee_groups, b.mentee_groups, b.table.shape[0])
    columns, col_a, col_b = _cross(a.mentor_groups, b.mentor_groups, b.table.shape[1])
    table = rule(a.table[np.ix_(row_a, col_a)], b.table[np.ix_(row_b, col_b)])
    plain = _tidy(rows, columns, table, _NO_PAIRS)
    special = np.unique(np.concatenate([a.exceptions, b.exceptions]), axis=0)
    i, j = special.T
    wrong = rule(a.at(i, j), b.at(i, j)) != plain.at(i, j)
    return Pairs(plain.mentee_groups, plain.mentor_groups, plain.table, special[wrong])
