"""A problem as the solvers see it: whole numbers, in an order of its own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.aims import Aims
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.proofs import Proof

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SideQuota:
    """A quota that neither bans nor locks: `index` is its place among the problem's quotas.

    `at_most` is None where it cannot bind.
    """

    index: int
    pairs: Pairs
    at_least: int
    at_most: int | None


@dataclass(frozen=True, eq=False)
class Numbers:
    """The whole problem in memory, people sorted by their lottery tickets.

    Parameters
    ----------
    values, possible : numpy.ndarray, shape (n, m)
        Scores in steps of the grid, and which pairs may be used.
    lottery : numpy.ndarray of int, shape (n, m)
        Each pair's number in the tie lottery.
    row_low, row_high, col_low, col_high : numpy.ndarray of int
        Fewest and most pairs of each mentee and each mentor.
    locks : tuple of (int, int, int)
        Mentee, mentor and quota index of each locked pair.
    quotas : tuple of SideQuota
        All other quotas that can bind.
    row_order, col_order : numpy.ndarray of int
        Position in the problem of each row and column here.
    quota_count : int
        Number of quotas of the problem, bans among them.
    announced : Pairs
        The announced pairs, in this order.
    aims : Aims
        What stages count besides, in this order.
    group_sizes : numpy.ndarray of int
        As `Problem.group_sizes`.
    """

    values: Ints
    possible: Flags
    lottery: Ints
    row_low: Ints
    row_high: Ints
    col_low: Ints
    col_high: Ints
    locks: tuple[tuple[int, int, int], ...]
    quotas: tuple[SideQuota, ...]
    row_order: Ints
    col_order: Ints
    quota_count: int
    announced: Pairs
    aims: Aims
    group_sizes: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""
        n, m = self.values.shape
        return n, m

    @property
    def mean_unit(self) -> Fraction:
        """Step in which the lowest mean is compared, in steps of the grid."""
        assert self.aims.mean_step is not None, "there are groups"
        return Fraction(self.aims.mean_step)

    @property
    def needs_programs(self) -> bool:
        """Whether it is more than an assignment: side quotas, or several mentors for somebody."""
        # Somebody may have to have more mentors than there are.
        several = (self.row_high > 1) | (self.row_low > 1)
        return bool(self.quotas) or bool(several.any())

    @property
    def all_quotas(self) -> tuple[SideQuota, ...]:
        """All quotas that can bind, locks among them."""
        locks = [SideQuota(k, Pairs.listed([(i, j)]), 1, 1) for i, j, k in self.locks]
        return (*self.quotas, *locks)

    def as_problem(self) -> Problem:
        """Return the same problem in this order, its scores in whole steps of the grid.

        Quotas that cannot bind are kept as idle ones, so that prices have the same places.
        """
        idle = Quota("", Pairs.listed([]))
        bounds = [idle] * self.quota_count
        for quota in self.all_quotas:
            bounds[quota.index] = Quota("", quota.pairs, quota.at_least, quota.at_most)
        return Problem(
            np.where(self.possible, self.values.astype(np.float64), -np.inf),
            # A minimum may be more than there are people: then the problem has no answer.
            mentor_capacity=np.maximum(self.col_high, self.col_low),
            mentor_minimum=self.col_low,
            mentee_demand=np.maximum(self.row_high, self.row_low),
            mentee_minimum=self.row_low,
            quotas=bounds,
            announced=self.announced,
            aims=self.aims,
        )

    def counted(self, stage: str) -> Ints:
        """Return what each pair adds to a stage, shape (n, m).

        For the coverage, and for counts of mentees, that holds where every mentee wants one mentor
        at most. For ``spread`` nothing is added: that is reckoned by places.
        """
        if stage == "total":
            return self.values
        if stage == "kept":
            n, m = self.shape
            return self.announced.block(np.arange(n), m).astype(np.int64)
        if stage == "spread":
            return np.zeros_like(self.values)
        if (count := self.aims.counts.get(stage)) is not None:
            n, m = self.shape
            found: Ints = count.block(np.arange(n), m) + count.firsts(np.arange(n))[:, None]
            return found
        return np.ones_like(self.values)


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs in the solver's order, with the proof of every stage, and the stages it proves."""

    rows: Ints
    cols: Ints
    proofs: dict[str, Proof]
    proved: frozenset[str]


def found_in(match: Ints, proofs: dict[str, Proof]) -> Found:
    """Return what is proved in every stage, from each row's column (-1: none)."""
    rows = np.flatnonzero(match >= 0)
    return Found(rows, match[rows], proofs, frozenset(proofs))


def read_numbers(problem: Problem, seed: int) -> Numbers:
    """Read a problem into memory, in the order of the lottery tickets.

    Raises
    ------
    ProblemError
        The total could be too large to be exact.
    """
    n, m = problem.shape
    row_tickets = grid.tickets(problem.mentee_ids or (), "mentee", seed)
    col_tickets = grid.tickets(problem.mentor_ids or (), "mentor", seed)
    rows, cols = np.argsort(row_tickets, kind="stable"), np.argsort(col_tickets, kind="stable")
    values, possible = problem.values(rows)
    values, possible = values[:, cols], possible[:, cols]
    grid.check_total(values, problem.most_pairs)
    new_row, new_col = np.argsort(rows), np.argsort(cols)
    locks: list[tuple[int, int, int]] = []
    quotas: list[SideQuota] = []
    for k, quota in enumerate(problem.quotas):
        if quota.is_ban:
            continue
        moved = quota.pairs.taken(rows, cols)
        most = quota.at_most
        if most is not None and most >= max(problem.most_pairs, quota.at_least):
            most = None
        if quota.at_least == 1 and not quota.pairs.table.any() and len(quota.pairs.exceptions) == 1:
            i, j = quota.pairs.exceptions[0]
            locks.append((int(new_row[i]), int(new_col[j]), k))
        elif quota.at_least > 0 or most is not None:
            quotas.append(SideQuota(k, moved, quota.at_least, most))
    bits = grid.lottery_bits(n, m)
    grouped = problem.aims.groups is not None
    return Numbers(
        values=values,
        possible=possible,
        lottery=grid.lottery(row_tickets[rows][:, None], col_tickets[cols][None, :], bits),
        row_low=problem.mentee_minimum[rows],
        row_high=np.minimum(problem.mentee_demand[rows], m),
        col_low=problem.mentor_minimum[cols],
        col_high=np.minimum(problem.mentor_capacity[cols], n),
        locks=tuple(sorted(locks)),
        quotas=tuple(quotas),
        row_order=rows,
        col_order=cols,
        quota_count=len(problem.quotas),
        announced=problem.announced.taken(rows, cols),
        aims=problem.aims.taken(rows, cols, problem.mean_unit if grouped else None),
        group_sizes=problem.group_sizes,
    )
