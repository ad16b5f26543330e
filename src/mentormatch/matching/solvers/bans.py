"""What a problem forbids, as kinds of people with a table of who may meet, and single pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]
Kinds = tuple[Ints, Ints, Flags]


class Bans:
    """All bans of a problem in one."""

    def __init__(self, problem: Problem) -> None:
        n, m = problem.shape
        every = Pairs.listed([])
        for quota in problem.quotas:
            if quota.is_ban:
                every = every | quota.pairs
        zeros = np.zeros(max(n, m), np.int64)
        self.row_kinds = zeros[:n] if every.mentee_groups is None else every.mentee_groups
        self.col_kinds = zeros[:m] if every.mentor_groups is None else every.mentor_groups
        self.table: Flags = ~every.table
        i, j = every.exceptions.T
        banned = self.table[self.row_kinds[i], self.col_kinds[j]]
        self.banned_i, self.banned_j = i[banned], j[banned]
        self.spared_i, self.spared_j = i[~banned], j[~banned]
        self.any = bool(every.table.any() or len(i))

    def strike(self, gain: NDArray[Any], rows: Ints, first: int) -> None:
        """Make the single banned pairs of a tile impossible; `rows` must be in order."""
        if not len(self.banned_i):
            return
        a, b = np.searchsorted(self.banned_i, (rows[0], rows[-1] + 1))
        i, j = self.banned_i[a:b], self.banned_j[a:b] - first
        at = np.searchsorted(rows, i)
        here = (j >= 0) & (j < gain.shape[1]) & (rows[np.minimum(at, len(rows) - 1)] == i)
        gain[at[here], j[here]] = -np.inf

    def strike_at(self, gain: NDArray[Any], rows: Ints, columns: Ints) -> None:
        """Make the single banned pairs of listed rows and columns, both in order, impossible."""
        if not len(self.banned_i) or not len(rows):
            return
        a, b = np.searchsorted(self.banned_i, (rows[0], rows[-1] + 1))
        i, j = self.banned_i[a:b], self.banned_j[a:b]
        row, col = np.searchsorted(rows, i), np.searchsorted(columns, j)
        here = (row < len(rows)) & (col < len(columns))
        row, col, i, j = row[here], col[here], i[here], j[here]
        here = (rows[row] == i) & (columns[col] == j)
        gain[row[here], col[here]] = -np.inf

    def free(self, i: Ints, j: Short) -> Flags:
        """Say which of these pairs are no single banned ones."""
        if not len(self.banned_i):
            return np.ones(len(i), np.bool_)
        width = np.int64(2**32)
        return ~np.isin(i * width + j, self.banned_i * width + self.banned_j)

    def alive(self) -> tuple[Flags, Flags]:
        """Say who has any pair that is not banned, as far as kinds and single pairs tell."""
        sizes = np.bincount(self.col_kinds, minlength=self.table.shape[1])
        left = (self.table @ sizes)[self.row_kinds]
        np.subtract.at(left, self.banned_i, 1)
        np.add.at(left, self.spared_i, 1)
        sizes = np.bincount(self.row_kinds, minlength=self.table.shape[0])
        right = (self.table.T @ sizes)[self.col_kinds]
        np.subtract.at(right, self.banned_j, 1)
        np.add.at(right, self.spared_j, 1)
        return left > 0, right > 0


def alike(rows: int, columns: int) -> Kinds:
    """Return kinds of people who may all be paired."""
    return np.zeros(rows, np.int64), np.zeros(columns, np.int64), np.ones((1, 1), np.bool_)
