"""What a search knows about the pairs that it has not kept, and where that proves nothing."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.solvers.tiles import NOTHING

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FAR = 2**60


class Outside:
    """Bounds on what all pairs are worth that are no candidates.

    Of row i, none is worth more than ``rest[i]`` above the prices in ``bases[base[i]]``; or else,
    where column j has been read, it is worth no more than ``far[j]`` above what the rows had then,
    ``had[since[j]]``.

    Parameters
    ----------
    n, m : int
        Numbers of rows and columns; nothing is known of any row or column at first.
    """

    def __init__(self, n: int, m: int) -> None:
        self.rest = np.full(n, NOTHING, np.int64)
        self.base = np.zeros(n, np.int64)
        self.bases: list[Ints] = []
        self.far = np.full(m, _FAR, np.int64)
        self.since = np.zeros(m, np.int64)
        self.had: list[Ints] = []

    @property
    def unread(self) -> Flags:
        """Which columns have not been read by themselves."""
        found: Flags = self.far >= _FAR
        return found

    def learn_rows(self, rows: Ints, rest: Ints, base: int) -> None:
        """Note what rows were read to have outside at most, at prices that were noted before."""
        self.rest[rows], self.base[rows] = rest, base

    def learn_columns(self, columns: Ints, far: Ints, having: Ints) -> None:
        """Note what columns were read to be worth at most above what the rows have."""
        self.far[columns], self.since[columns] = far, len(self.had)
        self.had.append(having)

    def forget(self) -> None:
        """Forget the prices at which no row was read last."""
        used, self.base = np.unique(self.base, return_inverse=True)
        self.bases = [self.bases[b] for b in used.tolist()]

    def now(self, prices: Ints) -> Ints:
        """Return what each row would gain outside if all prices had moved alike."""
        risen = np.array([np.median(prices - base) for base in self.bases]).astype(np.int64)
        found: Ints = self.rest - np.maximum(risen, 0)[self.base]
        return found

    def usual(self, prices: Ints) -> Ints:
        """Return by how much prices have fallen, as a rule, since each row was read."""
        fallen = np.array([np.median(base - prices) for base in self.bases]).astype(np.int64)
        found: Ints = fallen[self.base]
        return found

    def most(self, prices: Ints) -> Ints:
        """Return by how much some price has fallen at most since each row was read.

        Columns that have been read are left to what is known of them.
        """
        some = self.unread
        falls = [(base - prices)[some].max(initial=-_FAR) for base in self.bases]
        found: Ints = np.array(falls)[self.base]
        return found

    def fallen(self, base: int, prices: Ints) -> tuple[Ints, Ints]:
        """Return the columns by how much their prices have fallen, the most first, and how much."""
        fall = np.where(self.unread, self.bases[base] - prices, -_FAR)
        order = np.argsort(-fall, kind="stable")
        return order, fall[order]

    def cheaper(self, columns: Ints, prices: Ints) -> Ints:
        """Return those of some columns that were dearer when some row was read."""
        if not self.bases:
            return columns[:0]
        dearest = np.max([base[columns] for base in self.bases], axis=0)
        found: Ints = columns[dearest > prices[columns]]
        return found

    def unsure(self, having: Ints, prices: Ints, rows: Flags, *, ties: bool) -> Ints:
        """Return the columns of which what is known proves nothing, as `rows` have lost so much."""
        lost = [int((had - having)[rows].max(initial=-_FAR)) for had in self.had]
        known = np.flatnonzero(~self.unread)
        most = self.far[known] + np.array([*lost, 0])[self.since[known]] + int(ties)
        found: Ints = known[most > prices[known]]
        return found

    def gains(self, prices: Ints) -> Ints:
        """Return what each row that has been read gains outside at most, at these prices."""
        far = self.rest + self.most(prices) if self.bases else self.rest
        for k, had in enumerate(self.had):
            mine = ~self.unread & (self.since == k)
            if mine.any():
                far = np.maximum(far, had + int((self.far - prices)[mine].max()))
        return np.where(self.rest > NOTHING, far, NOTHING)

    def pay(self, pay: int | Ints) -> None:
        """Note that every pair, or those of some rows, is worth so much more."""
        self.rest = np.where(self.rest > NOTHING, self.rest + pay, NOTHING)
        self.had = [had + pay for had in self.had]

    def copied(self) -> Outside:
        """Return the same by itself."""
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(other, name, value.copy())
        other.bases, other.had = [base.copy() for base in self.bases], list(self.had)
        return other
