"""The search where people may have several pairs, or have to: candidates are used or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.search import AGAIN, Search
from mentormatch.matching.solvers.tiles import NOTHING, Reader
from mentormatch.matching.solvers.watch import Watch

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Flags = NDArray[np.bool_]

_MOST = 2**61


class Slots(Master):
    """Candidates by row, which of them are used, and the prices that prove that best.

    Parameters
    ----------
    row_low, row_high : numpy.ndarray of int, shape (n,)
        Fewest and most pairs of each row.
    col_low, col_high : numpy.ndarray of int, shape (m,)
        Fewest and most pairs of each column.
    """

    def __init__(self, row_low: Ints, row_high: Ints, col_low: Ints, col_high: Ints) -> None:
        super().__init__(len(row_low), col_high)
        self.row_low, self.row_high, self.col_low = row_low, row_high, col_low
        self.used = np.zeros(0, np.bool_)
        #: What a pair below a minimum is worth besides, and the first pair of a row.
        self.unit, self.first = 0, np.zeros(len(row_low), np.int64)

    @property
    def rows(self) -> Ints:
        """Row of every candidate."""
        return np.repeat(np.arange(len(self.u)), np.diff(self.ptr))

    def add(self, i: Ints, j: Short, worth: Ints) -> None:
        """Add candidates; those that are there already are kept once."""
        width = len(self.v)
        mine = self.rows[self.used] * width + self.cols[self.used]
        super().add(i, j, worth)
        self.used = np.zeros(len(self.cols), np.bool_)
        self.used[np.searchsorted(self.rows * width + self.cols, mine)] = True

    def improve(
        self,
        floor: Ints,
        *,
        patient: Flags | None = None,
        look: Callable[[], None] | None = None,
    ) -> None:
        """Make the matching best again, where no slot costs a row less than its floor.

        Whoever is patient waits no less here, and nobody looks at a clock.

        Raises
        ------
        ProblemError
            Prices have grown beyond what 64 bits hold exactly.
        """
        from mentormatch.matching.solvers.edges import sorted_by  # noqa: PLC0415  (compiles)
        from mentormatch.matching.solvers.slot_paths import improve_slots  # noqa: PLC0415  (compiles)

        rows = self.rows
        order = sorted_by(self.cols.astype(np.int64), np.arange(len(self.cols)), len(self.v))
        counts = np.bincount(self.cols, minlength=len(self.v))
        col_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        improve_slots(
            *(self.ptr, self.cols, self.worth, rows, col_ptr, order, self.used, self.u, self.v),
            *(floor.copy(), self.row_low, self.row_high, self.first),
            *(self.col_low, self.capacity, self.unit),
        )
        self.load = np.bincount(self.cols[self.used], minlength=len(self.v)).astype(np.int64)
        largest = max(int(np.abs(x).max(initial=0)) for x in (self.u, self.v))
        if largest > _MOST:
            raise ProblemError(
                "scores are so large that prices would not be exact: divide them all by a constant"
            )

    def keep(self, some: Flags) -> None:
        """Forget all candidates but some."""
        counts = np.bincount(self.rows[some], minlength=len(self.u))
        self.ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.cols, self.worth, self.used = self.cols[some], self.worth[some], self.used[some]

    @property
    def pairs(self) -> tuple[Ints, Ints]:
        """The used candidates."""
        return self.rows[self.used], self.cols[self.used].astype(np.int64)

    @property
    def row_load(self) -> Ints:
        """Number of pairs of each row."""
        return np.bincount(self.rows[self.used], minlength=len(self.u)).astype(np.int64)

    def bonus(self, load: Ints) -> Ints:
        """Return what one pair more is worth to each row besides, if it has so many."""
        found: Ints = self.unit * (load < self.row_low) + self.first * (load == 0)
        return found


class SlotSearch(Search):
    """Candidates, what is known about all other pairs, and the pairs used so far."""

    master: Slots

    def __init__(self, problem: Problem, reader: Reader, watch: Watch) -> None:
        super().__init__(problem, reader, watch)
        n, m = problem.shape
        high = np.minimum(problem.mentee_demand, m)
        places = np.minimum(problem.mentor_capacity, n)
        self.master = Slots(problem.mentee_minimum, high, problem.mentor_minimum, places)
        self.keep = self.keep + high

    def _improve(self, waiting: Ints, *, patient: bool) -> None:
        known = self.known.rest > NOTHING
        self.master.improve(np.where(known, waiting, NOTHING))

    def _loose(self) -> Flags:
        master = self.master
        load = master.row_load
        hungry = (load < master.row_high) & (master.u > -master.bonus(load))
        found: Flags = self.open & hungry & (self.known.rest > NOTHING)
        return found

    def _nearly_done(self) -> bool:
        return False

    def _level(self) -> bool:
        return True

    def _report(self) -> None:
        self.watch.look()

    def so_far(self, *, hurried: bool = False) -> Ints:
        """Make the pairs the best on the candidates known so far."""
        self.master.improve(np.full(self.shape[0], NOTHING, np.int64))
        return self.master.match

    def ask_for(self, unit: int) -> None:
        """Let pairs below a minimum be worth so much more."""
        self.master.unit = unit
        short = np.flatnonzero(self.master.load < self.master.col_low)
        if not len(short) or not self.reader.column_cost < np.inf:
            return
        # Whoever would lose least by coming is a candidate for those who have too few.
        self.watch.look()
        having = np.where(self.open, self.master.u, 2**58)
        found = self.reader.keenest(short, having, AGAIN)
        keen = self.open[found.i]
        self.master.add(found.i[keen], found.j[keen], found.worth[keen])
        self.read += self.shape[0] * len(short)


def narrowed(master: Slots, some: Flags, lots: Ints, duty: int, people: Flags) -> Slots:
    """Return the question which of the best matchings has the most of something.

    Parameters
    ----------
    master : Slots
        With the prices of best matchings.
    some : numpy.ndarray of bool
        Candidates that are worth just as much as they cost: used or not, that is as good.
    lots : numpy.ndarray of int
        What each of these counts.
    duty : int
        More than all of it together.
    people : numpy.ndarray of bool
        Rows of which as many as can be shall have a pair.
    """
    n, m = len(master.u), len(master.v)
    fixed = master.used & ~some
    rows = master.rows
    row_fixed = np.bincount(rows[fixed], minlength=n)
    col_fixed = np.bincount(master.cols[fixed], minlength=m)
    row_low, row_high = _range(master.u, master.row_low, master.row_high, master.unit, master.first)
    nobody = np.zeros(m, np.int64)
    col_low, col_high = _range(master.v, master.col_low, master.capacity, master.unit, nobody)
    drawn = Slots(
        np.maximum(row_low - row_fixed, 0),
        row_high - row_fixed,
        np.maximum(col_low - col_fixed, 0),
        col_high - col_fixed,
    )
    drawn.unit = duty
    drawn.first = duty * (people & (row_fixed == 0)).astype(np.int64)
    drawn.add(rows[some], master.cols[some], lots)
    return drawn


def _range(price: Ints, low: Ints, high: Ints, unit: int, first: Ints) -> tuple[Ints, Ints]:
    """Return the fewest and the most pairs with which somebody is content at a price."""
    # Slots cost -unit - first, then -unit up to the minimum, then nothing.
    segments = (
        (np.minimum(high, 1), np.where(low > 0, -unit, 0) - first),
        (np.maximum(low - 1, 0), np.full_like(price, -unit)),
        (high - np.minimum(np.maximum(low, 1), high), np.zeros_like(price)),
    )
    fewest = sum(count * (cost < price) for count, cost in segments)
    most = sum(count * (cost <= price) for count, cost in segments)
    return np.asarray(fewest, np.int64), np.asarray(most, np.int64)
