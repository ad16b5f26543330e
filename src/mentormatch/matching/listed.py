"""Scores of listed pairs alone: whatever pair is not listed is impossible."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentormatch.errors import ProblemError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Listed:
    """The scores of a sparse matrix; what is not stored is impossible, a stored 0 is a score.

    Parameters
    ----------
    matrix : scipy.sparse array or matrix, shape (n, m)
        Entries of -inf are impossible, too.

    Raises
    ------
    ProblemError
        An entry is NaN or +inf, no real number, or stands twice.
    """

    matrix: Any
    shape: tuple[int, int] = field(init=False)
    starts: Ints = field(init=False)
    columns: Ints = field(init=False)
    entries: Floats = field(init=False)

    def __post_init__(self) -> None:
        found = self.matrix.tocoo()
        if found.ndim != 2:
            raise ProblemError(f"scores must have two dimensions, not {found.ndim}")
        if found.dtype.kind not in "biuf":
            raise ProblemError(f"scores must be real numbers, not {found.dtype}")
        rows, columns = (np.asarray(x, np.int64) for x in found.coords)
        entries = np.asarray(found.data, np.float64)
        if np.isnan(entries).any():
            raise ProblemError("a score is NaN: leave out pairs that are impossible")
        if (entries == np.inf).any():
            raise ProblemError("a score is +inf: to force a pair, lock it with a Quota")
        possible = entries > -np.inf
        rows, columns, entries = rows[possible], columns[possible], entries[possible]
        order = np.lexsort((columns, rows))
        rows, columns, entries = rows[order], columns[order], entries[order]
        if ((np.diff(rows) == 0) & (np.diff(columns) == 0)).any():
            raise ProblemError("a pair has two scores in the sparse matrix")
        n, m = (int(size) for size in found.shape)
        starts = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
        for name, value in (("starts", starts), ("columns", columns), ("entries", entries)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "shape", (n, m))

    def block(self, rows: Any, /) -> Floats:
        """Return the scores of some mentees with all mentors, shape (len(rows), m)."""
        rows = np.asarray(rows, np.int64)
        block = np.full((len(rows), self.shape[1]), -np.inf)
        at, place = self.places(rows)
        block[at, self.columns[place]] = self.entries[place]
        return block

    def at(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Return the scores of listed pairs: mentee ``i[k]`` with mentor ``j[k]``."""
        i, j = np.asarray(i, np.int64), np.asarray(j, np.int64)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.starts))
        keys = rows * max(self.shape[1], 1) + self.columns
        wanted = i * max(self.shape[1], 1) + j
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        found = np.full(len(i), -np.inf)
        if len(keys):
            here = keys[place] == wanted
            found[here] = self.entries[place[here]]
        return found

    def places(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return where the entries of some rows stand: the place of the row, and of the entry."""
        counts = self.starts[rows + 1] - self.starts[rows]
        at = np.repeat(np.arange(len(rows)), counts)
        first = np.cumsum(counts) - counts
        return at, np.arange(len(at)) - first[at] + self.starts[rows][at]
