"""What the priced solvers answer: pairs with the prices of every stage."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.proofs import Proof

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a search has read: some pairs of each row, and what any other pair gains at most.

    Columns and scores (in steps) of the pairs of row i stand from ``ptr[i]`` to ``ptr[i + 1]``;
    no other possible pair of hers scores more than ``rest[i]`` above the prices of the total.
    """

    ptr: Ints
    cols: NDArray[np.int32]
    worth: Ints
    rest: Ints


@dataclass(frozen=True, eq=False)
class Pairing:
    """Pairs in the problem's order with the prices of every stage, and whether they prove it."""

    rows: Ints
    columns: Ints
    proofs: dict[str, Proof]
    proved: bool
    left: Candidates | None = None
    gaps: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Answer:
    """Pairs in the problem's order (-1: no mentor) with the prices of every stage.

    `read` is the share of all pairs whose score was read, counted as often as it was; `mentees` are
    the prices of mentees that go with those of mentors, for the total. `left` is what the search
    leaves to those who ask for prices, where it goes with these. `gaps` says how far stages may be
    from the best, where that is known without reading all again.
    """

    match: Ints
    proofs: dict[str, Proof]
    proved: bool
    read: float
    mentees: Ints
    left: Candidates | None = None
    gaps: dict[str, int] = field(default_factory=dict)

    @property
    def pairing(self) -> Pairing:
        """The pairs as rows and columns."""
        rows = np.flatnonzero(self.match >= 0)
        return Pairing(rows, self.match[rows], self.proofs, self.proved, self.left, self.gaps)
