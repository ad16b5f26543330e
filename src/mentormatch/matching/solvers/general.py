"""The priced solver for more than plain assignments: locks, minimums, several pairs, stages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.certificate import broken
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices, Proof
from mentormatch.matching.solvers import large
from mentormatch.matching.solvers.answer import Candidates, Pairing
from mentormatch.matching.solvers.farm import Workers, reader_of
from mentormatch.matching.solvers.floors import Floor
from mentormatch.matching.solvers.locks import Impossible, Locks, locks_of, only_bans_and_locks
from mentormatch.matching.solvers.several import Several
from mentormatch.matching.solvers.staged import Staged, TooHeavy
from mentormatch.matching.solvers.tiles import Reader
from mentormatch.matching.solvers.watch import FREE, Stopped, Watch

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STOPPED = (
    "the search was stopped before it had a list that keeps every minimum: allow it more time"
)


def suits_staged(problem: Problem, stages: tuple[str, ...]) -> bool:
    """Say whether a problem is large and of the kind that `solve_general` takes."""
    n, m = problem.shape
    return (
        n * m >= max(2 * large.LARGE, 1)
        and set(stages) <= {"coverage", "worst", "kept", "total"}
        and stages[-1] == "total"
        and not ("kept" in stages and problem.announced.table.any())
        and only_bans_and_locks(problem)
    )


def solve_general(
    problem: Problem,
    stages: tuple[str, ...],
    seed: int,
    n_jobs: Workers = 1,
    watch: Watch = FREE,
) -> Pairing | None:
    """Return the best matching with its prices, or None if another solver is needed.

    That is so where too many pairs tie to draw lots, or stages together are no exact numbers.

    Parameters
    ----------
    problem : Problem
        One that `suits_staged`.
    stages : tuple of str
        The most important first, ``"total"`` last.
    seed : int
        Seed of the lottery.
    n_jobs : int or distributed.Client
        Threads that price pairs, or a cluster that does; the result does not depend on it.
    watch : Watch
        May stop the search.

    Raises
    ------
    Impossible
        Locked pairs and minimums cannot all be kept.
    ProblemError
        The total could be too large to be exact, or the search was stopped before it had a
        matching that keeps every minimum.
    """
    locks = locks_of(problem)

    def reader(some: Problem) -> Reader:
        return reader_of(some, n_jobs)

    try:
        return _Run(locks, stages, watch).solved(seed, reader)
    except TooHeavy:
        return None


class _Run:
    """One go through the stages, and what is known by now."""

    def __init__(self, locks: Locks, stages: tuple[str, ...], watch: Watch) -> None:
        self.locks, self.stages, self.watch = locks, stages, watch
        at = stages.index("worst") if "worst" in stages else len(stages)
        self.before, self.after = stages[:at], stages[at + 1 :]
        self.proofs: dict[str, Proof] = {}
        self.now: Staged | None = None
        self.floor: Floor | None = None

    def solved(self, seed: int, reader: Callable[[Problem], Reader]) -> Pairing:
        """Return the best matching with its proofs, or the best so far if the search is stopped."""
        rest = self.locks.rest()
        asked = tuple(name for name in self.stages if name != "worst")
        try:
            served = np.bincount(self.locks.i, minlength=rest.shape[0]) > 0
            several = int(rest.mentee_demand.max(initial=0)) > 1 or rest.mentor_minimum.any()
            kind = Several if several else Staged
            run = self.now = kind(rest, asked, reader(rest), self.watch, served)
            run.settle()
            self._check(run)
            self._prove(run, self.before)
            if "worst" in self.stages:
                if not any(run.values(self.before)) and not self.locks.quotas:
                    return self._nobody()
                floor = self.floor = Floor(run, self.before, self.locks, reader)
                lowest = floor.search()
                self.proofs["worst"] = floor.proved()
                run = self.now = floor.final(lowest)
                run.settle()
                self._prove(run, self.after)
            rows, columns = run.drawn(seed)
        except (Stopped, KeyboardInterrupt) as stop:
            return self._so_far(stop)
        return self._paired(rows, columns, proved=True, left=run.left())

    def _check(self, run: Staged) -> None:
        """Raise Impossible where people who must have partners cannot all have them."""
        if run.given() == run.asked():
            return
        mentees, mentors, left = run.short()
        raise Impossible((), mentees, mentors, left)

    def _prove(self, run: Staged, stages: tuple[str, ...]) -> None:
        """Keep the proofs of some stages."""
        if not stages:
            return
        closed = run.problem.mentor_capacity == 0
        u, v = run.prices_of_all()
        far = np.where(closed, run.weights.most("total"), v)
        near = self.locks.with_places(far, u, run.worth)
        prices = near if run.proving().unsure(u, np.where(near < far, near, v)) is None else far
        for stage in stages:
            found = run.proof(stage, prices)
            if stage == "total" and (least := run.least()) is not None:
                found = self._with_least(run, found, *least)
            self.proofs[stage] = self.locks.paid(stage, found)

    def _with_least(self, run: Staged, found: Prices, u: Ints, v: Ints, pay: int) -> Prices:
        """Return prices of the total that pay no more than they must for people."""

        def worth(i: Ints, j: Ints) -> tuple[Ints, Flags]:
            values, possible = run.problem.values_at(i, j)
            return values + pay, possible

        far = np.where(run.problem.mentor_capacity == 0, run.reader.largest + pay + 1, v)
        return Prices(self.locks.with_places(far, u, worth), found.quotas, {"coverage": pay})

    def _nobody(self) -> Pairing:
        """Return no pairs at all, where nothing asks for any."""
        zeros = np.zeros(self.locks.problem.shape[1], np.int64)
        for stage in ("worst", *self.after):
            none = np.zeros(len(self.locks.problem.quotas), np.int64)
            self.proofs[stage] = Prices(zeros, none)
        return self._paired(zeros[:0], zeros[:0], proved=True)

    def _so_far(self, stop: BaseException) -> Pairing:
        """Return the best matching known by now, if it keeps every minimum."""
        if self.watch.met and self.now is not None:
            rows, columns = self._close(self.now)
        elif self.floor is not None:
            rows, columns = self.floor.best.pairs()
        elif self.now is not None:
            self.now.search.so_far()
            rows, columns = self.now.pairs()
        else:
            raise stop
        if broken(self.locks.rest(), rows, columns):
            raise ProblemError(_STOPPED) if isinstance(stop, Stopped) else stop
        if "total" not in self.proofs:
            none = np.zeros(len(self.locks.problem.quotas), np.int64)
            prices = Prices(np.zeros(self.locks.problem.shape[1], np.int64), none)
            self.proofs["total"] = self.locks.paid("total", prices)
        return self._paired(rows, columns, proved=False)

    def _close(self, run: Staged) -> tuple[Ints, Ints]:
        """Return pairs that are close enough to the best, with the prices that say how close."""
        v = np.maximum(run.search.master.v + run.search.sunk, 0)
        far = np.where(run.problem.mentor_capacity == 0, run.weights.most("total"), v)
        for stage in self.stages:
            if stage not in self.proofs:
                self.proofs[stage] = self.locks.paid(stage, run.proof(stage, far))
        return run.pairs()

    def _paired(
        self, rows: Ints, columns: Ints, *, proved: bool, left: Candidates | None = None
    ) -> Pairing:
        rows = np.concatenate([rows, self.locks.i])
        columns = np.concatenate([columns, self.locks.j])
        order = np.lexsort((columns, rows))
        return Pairing(rows[order], columns[order], self.proofs, proved, left)
