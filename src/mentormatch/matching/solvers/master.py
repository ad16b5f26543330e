"""A matching on candidate pairs, kept best with its prices while candidates are added."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError

Ints = NDArray[np.int64]
Short = NDArray[np.int32]

_MOST = 2**61
_PATIENCE = 1.5
_BIDS = 6


class Master:
    """Candidates by row, a matching on them, and the prices that prove it best among them.

    Parameters
    ----------
    n : int
        Number of rows.
    capacity : numpy.ndarray of int, shape (m,)
        Places of each column.
    """

    def __init__(self, n: int, capacity: Ints) -> None:
        m = len(capacity)
        self.capacity = capacity
        self.u, self.v = np.zeros(n, np.int64), np.zeros(m, np.int64)
        self.match = np.full(n, -1, np.int64)
        self.head, self.load = np.full(m, -1, np.int64), np.zeros(m, np.int64)
        self.after, self.before = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        self.ptr = np.zeros(n + 1, np.int64)
        self.cols, self.worth = np.zeros(0, np.int32), np.zeros(0, np.int64)

    def add(self, i: Ints, j: Short, worth: Ints) -> None:
        """Add candidates; those that are there already are kept once."""
        from mentormatch.matching.solvers.edges import merge_rows  # noqa: PLC0415  (compiles)

        if len(i):
            self.ptr, self.cols, self.worth = merge_rows(
                self.ptr, self.cols, self.worth, i, j, worth, len(self.u)
            )

    def improve(
        self,
        floor: Ints,
        *,
        patient: NDArray[np.bool_] | None = None,
        look: Callable[[], None] | None = None,
    ) -> None:
        """Make the matching best again, where each row has at least its floor without a match.

        Places may stand empty at a price for `patient` rows, while no fewer of them have none.
        Now and then it is asked to `look`, which may stop it: the matching is none the worse then.

        Raises
        ------
        ProblemError
            Prices have grown beyond what 64 bits hold exactly.
        """
        from mentormatch.matching.solvers.edges import by_column  # noqa: PLC0415  (compiles)
        from mentormatch.matching.solvers.kernels import (  # noqa: PLC0415  (compiles)
            bid_rows,
            fill_places,
            insert_rows,
            lift,
        )

        lists = self.match, self.head, self.after, self.before, self.load
        vacant = np.where(self.v > 0, self.capacity - self.load, 0)
        args = (self.ptr, self.cols, self.worth, floor, self.capacity)
        columns: tuple[Ints, Short, Ints] | None = None
        bid_rows(*args, self.u, self.v, *lists, vacant, _BIDS * len(self.u))
        effort = int(_PATIENCE * len(self.cols)) + 2**14
        while not insert_rows(*args, self.u, self.v, *lists, vacant, effort):
            if look is not None:
                look()
            columns = columns or by_column(self.ptr, self.cols, self.worth, len(self.v))
            lift(*columns, floor, self.capacity, self.u, self.v, self.match, self.load)
        waiting = 0 if patient is None else int((patient & (self.match < 0)).sum())
        if vacant.sum() > waiting:
            columns = columns or by_column(self.ptr, self.cols, self.worth, len(self.v))
            fill_places(*columns, self.u, self.v, *lists, vacant)
        largest = max(int(self.u.max(initial=0)), int(self.v.max(initial=0)))
        if largest > _MOST:
            raise ProblemError(
                "scores are so large that prices would not be exact: divide them all by a constant"
            )

    def bid(self, floor: Ints) -> None:
        """Make the matching better by bids alone, which never takes long."""
        from mentormatch.matching.solvers.kernels import bid_rows  # noqa: PLC0415  (compiles)

        lists = self.match, self.head, self.after, self.before, self.load
        vacant = np.where(self.v > 0, self.capacity - self.load, 0)
        args = (self.ptr, self.cols, self.worth, floor, self.capacity, self.u, self.v)
        bid_rows(*args, *lists, vacant, _BIDS * len(self.u))

    def leave(self, columns: NDArray[np.bool_]) -> None:
        """Let all rows of some columns leave."""
        self.leave_rows(np.flatnonzero((self.match >= 0) & columns[self.match]))

    def leave_rows(self, rows: Ints) -> None:
        """Let some rows leave their columns."""
        from mentormatch.matching.solvers.kernels import leave  # noqa: PLC0415  (compiles)

        lists = self.match, self.head, self.after, self.before, self.load
        for i in rows.tolist():
            leave(i, *lists)

    def raise_all(self, pay: int | Ints) -> None:
        """Make every pair worth more, by the same amount or by one for each row."""
        each = pay if isinstance(pay, int) else np.repeat(pay, np.diff(self.ptr))
        self.worth = self.worth + each
        self.u = np.where(self.match >= 0, self.u + pay, self.u)

    def copied(self) -> Master:
        """Return the same by itself."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray) and name != "capacity":
                setattr(other, name, value.copy())
        return other

    def keep(self, some: NDArray[np.bool_]) -> None:
        """Forget all candidates but some; rows that had one of those leave."""
        i = np.repeat(np.arange(len(self.u)), np.diff(self.ptr))
        gone = ~some & (self.match[i] == self.cols)
        self.leave_rows(i[gone])
        self.ptr = np.concatenate([[0], np.cumsum(np.bincount(i[some], minlength=len(self.u)))])
        self.cols, self.worth = self.cols[some], self.worth[some]

    @property
    def total(self) -> int:
        """Sum of the worth of the matched pairs."""
        rows = np.flatnonzero(self.match >= 0)
        return int(self.u[rows].sum() + self.v[self.match[rows]].sum())
