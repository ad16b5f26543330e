"""What stages before the total count for in the costs of moves, and how a cost is read again.

One number stands for all stages where a unit of each outweighs whatever the later ones could lose
along a chain of moves (lexicographic linear programming: Isermann 1982, doi:10.1007/BF01782758).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.aims import Count
from mentormatch.matching.certificate import Prices, reached_by, slack
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Prices of linear programs are rounded; what that loses must stay below a whole step.
LOOSE = 0.5
#: Sums of what pairs count for stay exact below this.
LARGEST = 2.0**50


@dataclass(frozen=True, eq=False)
class Worths:
    """What one unit of each stage before the total counts for, the most important first.

    Parameters
    ----------
    problem : Problem
        The question.
    own : mapping of str to float
        By how much the prices of each stage are multiplied before they are added up.
    units : mapping of str to float
        What one unit counts for then, in whole steps of the score: beside its own what the prices
        of later stages pay for it.
    """

    problem: Problem
    own: Mapping[str, float]
    units: Mapping[str, float]

    def split(self, cost: float) -> tuple[dict[str, int], float]:
        """Return how much less of each stage a cost means, and how many steps of score."""
        found = {}
        for name, unit in self.units.items():
            found[name] = int(np.floor(cost / unit + 0.5))
            cost -= found[name] * unit
        return found, cost

    def joined(self, lost: Mapping[str, int], steps: float) -> float:
        """Return the cost that means so much less of each stage and so many steps."""
        return steps + sum(unit * lost[name] for name, unit in self.units.items())

    def counted(self, i: Ints, j: Ints) -> dict[str, int]:
        """Return what listed pairs, a whole matching, count in each stage."""
        return {name: count_of(self.problem, name).value(i, j) for name in self.units}

    def block(self, rows: Any) -> Floats | None:
        """Return what the pairs of some mentees count for beside their scores, (len(rows), m).

        What counts once for a mentee however many mentors she has is left out (see `firsts`);
        None where no pair counts for anything.
        """
        if not any(count_of(self.problem, name).sets for name in self.units):
            return None
        m = self.problem.shape[1]
        found: Floats = np.zeros((len(rows), m))
        for name, unit in self.units.items():
            count = count_of(self.problem, name)
            if count.sets:
                found += unit * count.block(rows, m)
        return found

    def at(self, i: Ints, j: Ints) -> Floats:
        """Return the same for listed pairs, shape (number of pairs,)."""
        found = np.zeros(len(i))
        for name, unit in self.units.items():
            for pairs, weight in count_of(self.problem, name).sets:
                found += unit * weight * pairs.at(i, j)
        return found

    @property
    def firsts(self) -> Floats:
        """What each mentee counts for once she has a mentor, shape (n,)."""
        n = self.problem.shape[0]
        found = np.zeros(n)
        for name, unit in self.units.items():
            found += unit * count_of(self.problem, name).firsts(np.arange(n))
        return found

    @property
    def exact(self) -> bool:
        """Whether sums of what pairs count for are exact."""
        many = (count_of(self.problem, name).heaviest for name in self.units)
        return (
            sum(unit * top for unit, top in zip(self.units.values(), many, strict=True)) < LARGEST
        )


def weighed(
    matching: Matching,
    largest: float,
    pairs: int,
    pays: Mapping[str, Mapping[str, float]] | None = None,
) -> Worths:
    """Weigh the stages before the total so that no chain of moves outweighs a unit of any.

    Parameters
    ----------
    matching : Matching
        Whose stages they are; each of them counts something (see `counts_all`).
    largest : float
        No score is larger in absolute value, in whole steps.
    pairs : int
        Of so many pairs a chain gives up or makes no more than one more.
    pays : mapping of str to mapping of str to float, optional
        What the prices of each stage pay for a unit of each earlier one.
    """
    pays = pays or {}
    own: dict[str, float] = {"total": 1.0}
    units: dict[str, float] = {}
    for name in reversed(matching.stages[:-1]):
        worth = 4.0 * (largest + 1.0) * (pairs + 1)
        paid = sum(scale * pays.get(stage, {}).get(name, 0.0) for stage, scale in own.items())
        own[name], units[name] = worth, worth + paid
        largest += count_of(matching.problem, name).heaviest * units[name]
    return Worths(matching.problem, own, {name: units[name] for name in matching.stages[:-1]})


def counts_all(matching: Matching) -> bool:
    """Say whether the total comes last and every stage before it counts people or pairs."""
    return matching.stages[-1] == "total" and set(matching.stages[:-1]) <= _counting(matching)


def counted(matching: Matching) -> dict[str, int]:
    """Return what a matching counts in each stage of its objective that counts people or pairs."""
    known = _counting(matching)
    return {
        name: count_of(matching.problem, name).value(matching.rows, matching.columns)
        for name in matching.stages
        if name in known
    }


def lost_by(matching: Matching, other: Matching) -> dict[str, int]:
    """Return how much less another matching counts in each stage that counts people or pairs."""
    after = counted(other)
    return {name: value - after[name] for name, value in counted(matching).items()}


def count_of(problem: Problem, stage: str) -> Count:
    """Return what a stage counts: mentees who have a mentor, announced pairs, or an aim."""
    if stage == "coverage":
        return Count((), np.ones(problem.shape[0], np.int64))
    if stage == "kept":
        return Count(((problem.announced, 1),))
    found: Count = problem.aims.counts[stage]
    return found


def _counting(matching: Matching) -> set[str]:
    return {"coverage", "kept", *matching.problem.aims.counts}


class Extra:
    """What pairs gain beside their scores: in earlier stages, and what quotas pay."""

    def __init__(self, worths: Worths, quotas: Floats) -> None:
        self.worths, self.problem = worths, worths.problem
        self.quotas = {k: float(quotas[k]) for k in np.flatnonzero(quotas).tolist()}

    def block(self, rows: Ints) -> Floats | None:
        """Return it for the pairs of some mentees, (len(rows), m); None where it is nothing."""
        found, m = self.worths.block(rows), self.problem.shape[1]
        for k, price in self.quotas.items():
            inside: Floats = self.problem.quotas[k].pairs.block(rows, m).astype(np.float64)
            found = price * inside if found is None else found + price * inside
        return found

    def at(self, i: Ints, j: Ints) -> Floats:
        """Return it for listed pairs, shape (number of pairs,)."""
        found = self.worths.at(i, j)
        for k, price in self.quotas.items():
            found += price * self.problem.quotas[k].pairs.at(i, j)
        return found


def by_whole_prices(matching: Matching) -> bool:
    """Say whether whole prices prove every stage."""
    plain = all(isinstance(proof, Prices) and proof.fine == 0 for proof in matching.proofs.values())
    return plain and matching.status == "optimal"


def by_prices(matching: Matching) -> bool:
    """Say whether prices, not cases, prove every stage."""
    return all(isinstance(proof, Prices) for proof in matching.proofs.values())


def tight(matching: Matching, worths: Worths) -> bool:
    """Say whether the prices of every stage are those of this very matching, with nothing lost.

    A fractional linear program can prove a whole matching best only by rounding down; its prices
    are then those of a mixture of matchings.
    """
    problem, rows, columns = matching.problem, matching.rows, matching.columns
    values = problem.values_at(rows, columns)[0]
    lost = 0.0
    for stage, reached, value in reached_by(problem, matching.stages, rows, columns, values):
        loose = slack(problem, matching.root_prices(stage), stage, reached, value)
        lost += worths.own[stage] * max(loose, 0.0)
        if not lost < LOOSE:
            return False
    return True


def pays_of(matching: Matching) -> dict[str, dict[str, float]]:
    """Return what the prices of each stage pay for a unit of each earlier one."""
    found = {}
    for stage in matching.stages:
        proof = matching.root_prices(stage)
        found[stage] = {name: pay * 2.0**-proof.fine for name, pay in proof.pays.items()}
    return found


def prices_of(matching: Matching, worths: Worths) -> tuple[Floats, Floats]:
    """Return the prices of mentors and of quotas, in steps.

    Prices of several stages, weighted and added, are prices of all in order of importance.
    """
    mentors: Floats = np.zeros(matching.problem.shape[1])
    quotas: Floats = np.zeros(len(matching.problem.quotas))
    for stage, scale in worths.own.items():
        proof = matching.root_prices(stage)
        mentors = mentors + scale * 2.0**-proof.fine * proof.mentors
        quotas = quotas + scale * 2.0**-proof.fine * proof.quotas
    return mentors, quotas
