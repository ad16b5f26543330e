"""The best assignment of large cohorts: priced candidates instead of the whole matrix.

Each mentee begins with her best few mentors. The matching on these candidates comes with prices;
one pass over all pairs finds those that would pay at these prices, and they become candidates too.
When none is left, the matching is best among all pairs (column generation: Gilmore and Gomory
1961; shortest augmenting paths: Tomizawa 1971, Edmonds and Karp 1972). Memory grows with the
candidates and one block of scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.certificate import Prices, Proof
from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Below so many cells, reading the whole matrix is quicker than waiting for the compiler.
LARGE = 2**22
_SEEDS, _MORE = 24, 12
_BLOCK = 2**19
_MOST_TIES = 2**25


@dataclass(frozen=True, eq=False)
class Answer:
    """Pairs in the problem's order (-1: no mentor) with the prices of every stage."""

    match: Ints
    proofs: dict[str, Proof]


def suits(problem: Problem) -> bool:
    """Say whether a problem is large, and an assignment with nothing but bans beside it."""
    n, m = problem.shape
    return (
        n * m >= LARGE
        and int(problem.mentee_demand.max(initial=0)) <= 1
        and not problem.mentee_minimum.any()
        and not problem.mentor_minimum.any()
        and all(quota.is_ban for quota in problem.quotas)
    )


def solve_large(
    problem: Problem, stages: tuple[str, ...], seed: int, n_jobs: int = 1
) -> Answer | None:
    """Return the best matching with its prices, or None if too many pairs tie to draw lots.

    Parameters
    ----------
    problem : Problem
        One that `suits`.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    seed : int
        Seed of the lottery.
    n_jobs : int
        Threads that price pairs; the result does not depend on it.

    Raises
    ------
    ProblemError
        The total could be too large to be exact.
    """
    passes = _Passes(problem, n_jobs)
    state = _State(problem, 0)
    _settle(state, passes)
    proofs: dict[str, Proof] = {}
    none = np.zeros(len(problem.quotas), np.int64)
    mentors, pay = state.v, 0
    if "coverage" in stages:
        found = _reached(problem, state, passes)
        if found is None:
            # People first: a matched mentee outweighs any score.
            pay = 2 * passes.largest * (problem.most_pairs + 1) + 1
            state = _State(problem, pay)
            _settle(state, passes)
            found, mentors, pay = _apart(state, passes)
        proofs["coverage"] = Prices(_closed(problem, found, 1), none)
    proofs["total"] = Prices(_closed(problem, mentors, passes.largest + pay), none, pay)
    match = _draw_lots(problem, state, passes, seed, lead="coverage" in stages)
    return None if match is None else Answer(match, proofs)


def _closed(problem: Problem, mentors: Ints, price: int) -> Ints:
    """Return the prices with mentors who have no place put out of reach."""
    return np.where(problem.mentor_capacity == 0, price, mentors)


class _State:
    """A matching on candidates, with the prices that prove it best among them."""

    def __init__(self, problem: Problem, pay: int) -> None:
        n, m = problem.shape
        self.pay = pay
        self.capacity = problem.mentor_capacity
        self.open = problem.mentee_demand > 0
        self.u, self.v = np.zeros(n, np.int64), np.zeros(m, np.int64)
        self.match = np.full(n, -1, np.int64)
        self.head, self.load = np.full(m, -1, np.int64), np.zeros(m, np.int64)
        self.after, self.before = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        empty = np.zeros(0, np.int64)
        self.edges: tuple[Ints, Ints, Ints] = (empty, empty, empty)

    def add(self, i: Ints, j: Ints, worth: Ints) -> None:
        """Add candidates and make the matching best again."""
        from mentormatch.matching.solvers.kernels import improve  # noqa: PLC0415  (compiles)

        n, m = len(self.u), len(self.v)
        i, j, worth = (
            np.concatenate([old, new]) for old, new in zip(self.edges, (i, j, worth), strict=True)
        )
        order = np.unique(i * m + j, return_index=True)[1]
        i, j, worth = self.edges = i[order], j[order], worth[order]
        by_mentor = np.argsort(j, kind="stable")
        improve(
            _starts(i, n),
            j,
            worth,
            _starts(j, m),
            i[by_mentor],
            worth[by_mentor],
            self.capacity,
            self.u,
            self.v,
            self.match,
            self.head,
            self.after,
            self.before,
            self.load,
        )


def _starts(codes: Ints, size: int) -> Ints:
    starts = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(codes, minlength=size), out=starts[1:])
    return starts


class _Passes:
    """Reads all scores, block by block."""

    def __init__(self, problem: Problem, n_jobs: int) -> None:
        self.problem, self.n_jobs = problem, n_jobs
        self.largest = 0
        self.rows_met = np.zeros(problem.shape[0], np.bool_)
        self.cols_met = np.zeros(problem.shape[1], np.bool_)
        self._look()

    def blocks(self) -> list[Ints]:
        """Return the rows of each block."""
        n, m = self.problem.shape
        step = max(1, _BLOCK // max(m, 1))
        return [np.arange(start, min(n, start + step)) for start in range(0, n, step)]

    def _look(self) -> None:
        """Learn the largest score, and who has any possible partner."""

        def one(rows: Ints) -> tuple[int, Ints, Flags, Flags]:
            steps = self.problem.steps(rows)
            met: Flags = steps.max(axis=1, initial=-np.inf) > -np.inf
            others: Flags = steps.max(axis=0, initial=-np.inf) > -np.inf
            least = float(steps.min(initial=0.0))
            if least == -np.inf:
                least = float(steps[steps > -np.inf].min(initial=0.0))
            return int(max(-least, float(steps.max(initial=0.0)))), rows, met, others

        found = Parallel(self.n_jobs, prefer="threads")(delayed(one)(r) for r in self.blocks())
        for largest, rows, met, others in found:
            self.largest = max(self.largest, largest)
            self.rows_met[rows] = met
            self.cols_met |= others
        grid.check_total(np.array([self.largest]), self.problem.most_pairs)
        self.rows_met &= self.problem.mentee_demand > 0
        self.cols_met &= self.problem.mentor_capacity > 0

    def best(self, state: _State, floor: Floats, keep: int) -> tuple[Ints, Ints, Ints, bool]:
        """Return each mentee's best pairs that pay more than her floor at the present prices.

        The last value says whether somebody had as many as `keep`, so that more may exist.
        """
        from mentormatch.matching.solvers.kernels import best_of_rows  # noqa: PLC0415

        m = self.problem.shape[1]
        keep = min(keep, m)
        prices = np.where(state.capacity > 0, state.v, 2**60).astype(np.float64)

        def one(rows: Ints) -> tuple[Ints, Ints, Ints]:
            gain = self.problem.steps(rows)
            if state.pay:
                gain += state.pay
            cols = np.empty((len(rows), keep), np.int64)
            worth = np.empty((len(rows), keep), np.int64)
            count = np.zeros(len(rows), np.int64)
            best_of_rows(gain, prices, floor[rows], keep, cols, worth, count)
            held = np.arange(keep) < count[:, None]
            return np.repeat(rows, count), cols[held], worth[held]

        parts = Parallel(self.n_jobs, prefer="threads")(delayed(one)(r) for r in self.blocks())
        i, j, worth = (np.concatenate(part) for part in zip(*parts, strict=True))
        full = bool(len(i)) and int(np.bincount(i).max()) == keep
        return i, j, worth, full


def _settle(state: _State, passes: _Passes) -> None:
    """Add candidates until no pair outside would better the matching."""
    keep = _SEEDS
    while True:
        floor = np.where(state.open, state.u, 2**60).astype(np.float64)
        i, j, worth, _ = passes.best(state, floor, keep)
        if not len(i):
            return
        state.add(i, j, worth)
        keep = _MORE


def _reached(problem: Problem, state: _State, passes: _Passes) -> Ints | None:
    """Return prices which prove that nobody else can be matched, where that is plain to see.

    Either everybody with a possible partner is matched, or every place that anybody may take is.
    """
    covered = int((state.match >= 0).sum())
    if covered == int(passes.rows_met.sum()):
        return np.zeros(problem.shape[1], np.int64)
    if covered == int(problem.mentor_capacity[passes.cols_met].sum()):
        return passes.cols_met.astype(np.int64)
    return None


def _apart(state: _State, passes: _Passes) -> tuple[Ints, Ints, int]:
    """Take prices apart that count people first: prices of people, prices of scores, and the pay.

    The pay is the least for which the prices of scores still prove the total.
    """
    person = state.pay
    people_v, people_u = (np.rint(x / person).astype(np.int64) for x in (state.v, state.u))
    rest_v, rest_u = state.v - people_v * person, state.u - people_u * person
    pay = 0
    for people, rest in ((people_v, rest_v), (people_u, rest_u)):
        owing = (rest < 0) & (people > 0)
        pay = max(pay, int((-rest[owing] // people[owing] + 1).max(initial=0)))
    for rows in passes.blocks():
        values, possible = passes.problem.values(rows)
        count = people_u[rows][:, None] + people_v - 1
        slack = rest_u[rows][:, None] + rest_v - values
        owing = possible & (slack < 0) & (count > 0)
        pay = max(pay, int((-slack[owing] // count[owing] + 1).max(initial=0)))
    return people_v, people_v * pay + rest_v, pay


def _draw_lots(
    problem: Problem, state: _State, passes: _Passes, seed: int, *, lead: bool
) -> Ints | None:
    """Return the best matching that the lottery prefers; None if too many pairs tie."""
    n, m = problem.shape
    keep, floor = 32, np.where(state.open, state.u - 0.5, 2.0**60)
    while True:
        i, j, _, full = passes.best(state, floor, keep)
        if not full or keep >= m:
            break
        if n * keep * 8 > _MOST_TIES:
            return None
        keep *= 8
    bits = grid.lottery_bits(n, m)
    lots = grid.lottery(
        grid.tickets(problem.mentee_ids or (), "mentee", seed)[i],
        grid.tickets(problem.mentor_ids or (), "mentor", seed)[j],
        bits,
    )
    weight = 2 ** (bits + max(n, m).bit_length() + 1)
    duty = int(lead) + (state.u[i] > 0).astype(np.int64) + (state.v[j] > 0)
    drawn = _State(problem, 0)
    drawn.add(i, j, lots + weight * duty)
    return drawn.match
