"""Locked pairs: settled before the search, with what their rules have to pay afterwards."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.proofs import Prices

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_CELLS = 2**20
_MOST_READ = 2**22


class Impossible(Exception):  # noqa: N818  (no error of the caller's, but an answer)
    """Raised by a solver that has found demands which no matching keeps together.

    Parameters
    ----------
    quotas, mentees, mentors : tuple of int
        Positions of the quotas, and of the people whose minimums are in conflict.
    open : int, optional
        How many pairs the people can have together.
    """

    def __init__(
        self,
        quotas: tuple[int, ...] = (),
        mentees: tuple[int, ...] = (),
        mentors: tuple[int, ...] = (),
        left: int | None = None,
    ) -> None:
        super().__init__()
        self.quotas, self.mentees, self.mentors, self.left = quotas, mentees, mentors, left


def is_lock(quota: Quota) -> bool:
    """Say whether a quota asks for one listed pair."""
    pairs = quota.pairs
    return quota.at_least == 1 and not pairs.table.any() and len(pairs.exceptions) == 1


def only_bans_and_locks(problem: Problem) -> bool:
    """Say whether no quota binds but those that ban pairs or lock one."""
    most = problem.most_pairs
    return all(
        quota.is_ban
        or is_lock(quota)
        or (quota.at_least == 0 and (quota.at_most is None or quota.at_most >= most))
        for quota in problem.quotas
    )


def altered(problem: Problem, **changes: Any) -> Problem:
    """Return a problem with some fields changed, scores on the same grid, and nothing checked."""
    other = copy.copy(problem)
    other.__dict__["bits"] = problem.bits  # the grid depends on places, and must stay
    other.__dict__.pop("_kept", None)  # scores that were kept know other bans and another minimum
    for name, value in changes.items():
        object.__setattr__(other, name, value)
    return other


@dataclass(frozen=True, eq=False)
class Locks:
    """Locked pairs, each once, and the quotas that lock them.

    Parameters
    ----------
    problem : Problem
        The question with its locks.
    i, j : numpy.ndarray of int
        The pairs.
    quotas : tuple of (int, int)
        Number of the quota, and place of its pair among `i` and `j`.
    """

    problem: Problem
    i: Ints
    j: Ints
    quotas: tuple[tuple[int, int], ...]

    def rest(self) -> Problem:
        """Return what is left to be decided once all locked pairs are settled.

        Raises
        ------
        Impossible
            Locked pairs are in conflict with each other, with places or with bans.
        """
        problem = self.problem
        n, m = problem.shape
        self._check()
        bans = [quota for quota in problem.quotas if quota.is_ban]
        if int(problem.mentee_demand[self.i].max(initial=0)) > 1:
            listed = np.stack([self.i, self.j], axis=1)
            bans.append(Quota("", Pairs.listed(listed), at_most=0))  # each pair at most once
        mine, theirs = np.bincount(self.i, minlength=n), np.bincount(self.j, minlength=m)
        return altered(
            problem,
            mentee_demand=problem.mentee_demand - mine,
            mentee_minimum=np.maximum(problem.mentee_minimum - mine, 0),
            mentor_capacity=problem.mentor_capacity - theirs,
            mentor_minimum=np.maximum(problem.mentor_minimum - theirs, 0),
            quotas=tuple(bans),
        )

    def _check(self) -> None:
        problem = self.problem
        possible = problem.values_at(self.i, self.j)[1]
        for k in np.flatnonzero(~possible)[:1].tolist():
            bans = [
                q
                for q, quota in enumerate(problem.quotas)
                if quota.is_ban and bool(quota.pairs.at(self.i[k : k + 1], self.j[k : k + 1])[0])
            ]
            raise Impossible((*bans[:1], *self._of(np.array([k]))[:1]))
        for ends, most in ((self.i, problem.mentee_demand), (self.j, problem.mentor_capacity)):
            over = np.flatnonzero(np.bincount(ends, minlength=len(most)) > most)
            for who in over[:1].tolist():
                pairs = np.flatnonzero(ends == who)[: int(most[who]) + 1]
                raise Impossible(self._of(pairs))

    def _of(self, pairs: Ints) -> tuple[int, ...]:
        """Return a quota for each of some pairs."""
        first: dict[int, int] = {}
        for quota, place in self.quotas:
            first.setdefault(place, quota)
        return tuple(first[int(k)] for k in pairs)

    def with_places(self, prices: Ints, u: Ints, worth: Any) -> Ints:
        """Return prices in which mentors whose places are all locked cost what others would pay.

        Parameters
        ----------
        prices : numpy.ndarray of int, shape (m,)
            Prices that put them out of everybody's reach.
        u : numpy.ndarray of int, shape (n,)
            What each mentee has.
        worth : callable
            Of listed pairs, what they are worth and which are possible.
        """
        problem = self.problem
        load = np.bincount(self.j, minlength=problem.shape[1])
        full = np.flatnonzero((load > 0) & (load == problem.mentor_capacity))
        rows = np.flatnonzero(problem.mentee_demand > np.bincount(self.i, minlength=len(u)))
        quick = isinstance(problem.scores, np.ndarray) or hasattr(problem.scores, "at")
        if not len(full) or not quick or len(full) * len(rows) > _MOST_READ:
            return prices
        i, j = np.repeat(rows, len(full)), np.tile(full, len(rows))
        gain, possible = worth(i, j)
        gain = np.where(possible, gain - u[i], 0).reshape(len(rows), len(full))
        found = prices.copy()
        found[full] = np.maximum(gain.max(axis=0, initial=0), 0)
        return found

    def paid(self, stage: str, prices: Prices) -> Prices:
        """Return prices of a stage with what every lock has to pay for its pair to be taken."""
        return self.paid_each({stage: prices})[stage]

    def paid_each(self, proofs: Mapping[str, Prices]) -> dict[str, Prices]:
        """Return prices of several stages with what every lock has to pay in each."""
        problem = self.problem
        rows, place = np.unique(self.i, return_inverse=True)
        best = {stage: np.empty(len(rows), np.int64) for stage in proofs}
        step = max(1, _CELLS // max(problem.shape[1], 1))

        def gain(stage: str, values: Ints, members: Flags) -> Ints:
            unit, pays = 1 << proofs[stage].fine, proofs[stage].pays
            kept = unit if stage == "kept" else int(pays.get("kept", 0))
            own = unit if stage == "total" else int(pays.get("total", 0))
            worth = own * values
            worth[members] += kept
            return worth

        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            values, possible = problem.values(some)
            members = problem.announced.block(some, problem.shape[1])
            for stage, prices in proofs.items():
                worth = gain(stage, values, members) - prices.mentors
                found = np.where(possible, worth, -(2**60)).max(axis=1, initial=-(2**60))
                best[stage][start : start + step] = found
        values, members = problem.values_at(self.i, self.j)[0], problem.announced.at(self.i, self.j)
        told: dict[str, Prices] = {}
        for stage, prices in proofs.items():
            own = gain(stage, values, members) - prices.mentors[self.j]
            unit = 1 << prices.fine
            # Where nothing must be taken, a mentee may also take nobody, and is paid nothing then.
            people = unit if stage == "coverage" else int(prices.pays.get("coverage", 0))
            nobody = np.where(problem.mentee_minimum[self.i] > 0, -(2**60), -people)
            nobody = np.where(np.bincount(place)[place] > 1, 0, nobody)  # people count once
            owed = np.maximum(np.maximum(best[stage][place], nobody) - own, 0)
            paid = np.zeros(len(problem.quotas), np.int64)
            for quota, k in self.quotas:
                paid[quota] = owed[k]
            told[stage] = Prices(prices.mentors, paid, dict(prices.pays), prices.fine)
        return told


def locks_of(problem: Problem) -> Locks:
    """Return the locked pairs of a problem."""
    locked = [
        (int(quota.pairs.exceptions[0, 0]), int(quota.pairs.exceptions[0, 1]), k)
        for k, quota in enumerate(problem.quotas)
        if is_lock(quota)
    ]
    places: dict[tuple[int, int], int] = {}
    quotas = tuple((k, places.setdefault((i, j), len(places))) for i, j, k in locked)
    i, j = np.array(list(places), np.int64).reshape(-1, 2).T
    return Locks(problem, i, j, quotas)
