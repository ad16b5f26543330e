"""One search for all stages but the lowest score: what pairs are worth together, and proofs.

Stages are put into one number by units (see `weights`), which grow where the prices show that they
were too small. Coverage has no unit as long as it is plain to see that nobody else can be matched.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices
from mentormatch.matching.solvers.answer import Candidates
from mentormatch.matching.solvers.apart import apart
from mentormatch.matching.solvers.cover import plain_cover
from mentormatch.matching.solvers.halls import short_group
from mentormatch.matching.solvers.locks import altered
from mentormatch.matching.solvers.lots import draw_lots
from mentormatch.matching.solvers.search import Search
from mentormatch.matching.solvers.tiles import Reader
from mentormatch.matching.solvers.watch import Watch
from mentormatch.matching.solvers.weights import Weights, weigh

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class TooHeavy(Exception):  # noqa: N818  (an answer: another solver is needed)
    """Raised where stages together would be no exact numbers, or too many pairs tie."""


class Staged:
    """The best matching of a problem in several stages, and the prices that prove it.

    Parameters
    ----------
    problem : Problem
        With nothing but bans for quotas; and one mentor a mentee at most and no minimums of
        mentors, or else see `Several`.
    stages : tuple of str
        Any of ``"coverage"``, ``"kept"`` and ``"total"``, the last of them last.
    reader : Reader
        Reads its scores.
    watch : Watch
        May stop the search.
    served : numpy.ndarray of bool, shape (n,)
        Mentees who have a mentor already, by a lock.
    """

    def __init__(
        self,
        problem: Problem,
        stages: tuple[str, ...],
        reader: Reader,
        watch: Watch,
        served: Flags,
    ) -> None:
        self.problem, self.reader, self.watch, self.served = problem, reader, watch, served
        self.must: Flags = problem.mentee_minimum > 0
        grid.check_total(np.array([reader.largest]), problem.most_pairs)
        told = problem.announced.exceptions
        self.told: Ints = told if "kept" in stages else told[:0]
        names = tuple(name for name in stages if name != "kept" or len(told))
        names = ("minimum", *names) if self.asked() else names
        self.weights = weigh(names, reader.largest)
        self.cover: Ints | None = None
        self.search = self._begun(self.weights)

    def _begun(self, weights: Weights) -> Search:
        """Return a new search in which announced pairs are candidates."""
        self.weights, self.paid = weights, set[str]()
        search = self._new()
        search.beside, search.settled = self._beside, self.settled
        i, j = self.told.T
        worth, possible = self.problem.values_at(i, j)
        possible &= (self.problem.mentee_demand[i] > 0) & (self.problem.mentor_capacity[j] > 0)
        i, j, worth = i[possible], j[possible], worth[possible]
        if len(i):
            search.master.add(i, j.astype(np.int32), worth + self._kept)
        return search

    def _new(self) -> Search:
        return Search(self.problem, self.reader, self.watch)

    def asked(self) -> int:
        """Return how many pairs all minimums ask for."""
        return int(self.problem.mentee_minimum.sum() + self.problem.mentor_minimum.sum())

    def given(self) -> int:
        """Return how many of them there are."""
        return int(self.must[self.pairs()[0]].sum())

    @property
    def _kept(self) -> int:
        return self.weights.units.get("kept", 0)

    def settle(self, stages: tuple[str, ...] = (), goal: tuple[int, ...] | None = None) -> None:
        """Find the best matching of all stages, and prices that prove each of them.

        Parameters
        ----------
        stages, goal : tuple of str and of int, optional
            If these stages reach these `values`, that is known to be best and not proved again.

        Raises
        ------
        TooHeavy
            Units would have to be larger than exact numbers allow.
        """
        while True:
            self.search.settle()
            if goal is not None and self.values(stages) == goal:
                return
            if self._misses():
                self._pay("minimum")
            if self._counts_people():
                self._pay("coverage")
            doubtful = self.proving().unsure(*self.prices_of_all())
            if doubtful is None:
                return
            wider = self.weights.wider(doubtful)
            if not wider.fits():
                raise TooHeavy
            known = self.search.master
            i = np.repeat(np.arange(self.problem.shape[0]), np.diff(known.ptr))
            j = known.cols  # their scores are the same whatever units weigh
            score = known.worth - self.search.pay[i] - self._bonus(i, j)
            self.search = self._begun(wider)
            self.search.master.add(i, j, score + self._bonus(i, j))

    def _misses(self) -> bool:
        """Say whether minimums need a unit: without it, they are not all kept."""
        asked = "minimum" in self.weights.names and "minimum" not in self.paid
        return asked and self.given() < self.asked()

    def _counts_people(self) -> bool:
        """Say whether coverage needs a unit: it is not plain that nobody else can be matched."""
        self.cover = None
        if "coverage" not in self.weights.names or "coverage" in self.paid:
            return False
        reader = self.reader
        free = np.where(self.served, 0, self.problem.mentee_demand)
        rest = altered(self.problem, mentee_demand=free)
        self.cover = plain_cover(rest, self.match, reader.alive, reader.bans)
        return self.cover is None

    def _pay(self, stage: str) -> None:
        """Let pairs pay for a stage, and settle again."""
        self.paid = self.paid | {stage}
        unit = self.weights.units[stage]
        self.search.put_people_first(unit * self.must if stage == "minimum" else unit)
        self.search.settle()

    def proving(self) -> Weights:
        """Return the weights of the stages that pairs pay for."""
        weights = self.weights
        for name in ("minimum", "coverage"):
            if name in weights.names and name not in self.paid:
                weights = weights.without(name)
        return weights

    def _beside(self) -> int:
        """Return what the pairs are worth for having been announced."""
        return int(self._bonus(*self.pairs()).sum())

    def settled(self) -> bool:
        """Say whether the pairs so far are proved best in every stage but the total."""
        search, weights = self.search, self.weights
        if self._misses():
            return False
        if "coverage" in weights.names and "coverage" not in self.paid:
            self._counts_people()
            if self.cover is None:
                return False
        weights = self.proving()
        v = np.maximum(search.master.v + search.sunk, 0)
        u = np.where(search.open, search.most(v), 0)
        if weights.unsure(u, v) is not None:
            return False
        units, reached = weights.units, 0
        rows, columns = self.pairs()
        values = {
            "minimum": self.given(),
            "coverage": len(rows),
            "kept": int(self.problem.announced.at(rows, columns).sum()),
        }
        for name in weights.names[:-1]:
            reached += values[name] * units[name]
            dear = (weights.rounded(v, name) * self.problem.mentor_capacity).sum()
            if int(weights.rounded(u, name).sum() + dear) * units[name] != reached:
                return False
        return True

    def _bonus(self, i: Ints, j: NDArray[Any]) -> Ints:
        """Return what pairs are worth for having been announced."""
        if not len(self.told):
            return np.zeros(len(i), np.int64)
        return self._kept * self.problem.announced.at(i, j)

    @property
    def match(self) -> Ints:
        """Each mentee's mentor, -1 for none."""
        return self.search.master.match

    def pairs(self) -> tuple[Ints, Ints]:
        """Return the pairs."""
        rows = np.flatnonzero(self.match >= 0)
        return rows, self.match[rows]

    def values(self, stages: tuple[str, ...]) -> tuple[int, ...]:
        """Return how many minimums are kept, and what some stages reach."""
        i, j = self.pairs()
        found = [self.given()]
        for name in stages:
            if name == "coverage":
                found.append(len(np.unique(i[~self.served[i]])))
            elif name == "kept":
                found.append(int(self.problem.announced.at(i, j).sum()))
            else:
                found.append(int(self.problem.values_at(i, j)[0].sum()))
        return tuple(found)

    def prices_of_all(self) -> tuple[Ints, Ints]:
        """Return the prices of mentees and mentors, of all stages together."""
        return np.where(self.search.open, self.search.master.u, 0), self.search.master.v

    def proof(self, stage: str, v: Ints | None = None) -> Prices:
        """Return the prices of one stage."""
        none = np.zeros(len(self.problem.quotas), np.int64)
        closed = self.problem.mentor_capacity == 0
        if stage == "coverage" and self.cover is not None:
            return Prices(np.where(closed, 1, self.cover), none)
        weights = self.proving()
        if stage not in weights.names:
            return Prices(np.zeros_like(self.search.master.v), none)
        if v is None:
            v = np.where(closed, weights.most("total"), self.search.master.v)
        return Prices(weights.rounded(v, stage), none, weights.pays(stage))

    def least(self) -> tuple[Ints, Ints, int] | None:
        """Return prices of the total and the least that they pay for people, where that is all.

        None where nothing is paid, or announced pairs and minimums are paid for as well.
        """
        if self.proving().names != ("coverage", "total"):
            return None
        _, u, v, pay = apart(self.problem, self.search)
        return u, v, pay

    def short(self) -> tuple[tuple[int, ...], tuple[int, ...], int | None]:
        """Return whose minimums cannot be kept together, and how many pairs they can have."""
        found = short_group(self.problem, *self.pairs())
        if found is not None:
            return found
        u, v = (self.weights.rounded(x, "minimum") for x in self.prices_of_all())
        missing = self.asked() - self.given()
        mentees = np.flatnonzero(self.must & (u <= 0))
        mentors = np.flatnonzero((self.problem.mentor_minimum > 0) & (v < 0))
        wanted = int(self.problem.mentee_minimum[mentees].sum())
        wanted += int(self.problem.mentor_minimum[mentors].sum())
        return tuple(mentees.tolist()), tuple(mentors.tolist()), wanted - missing

    def pay_of(self, stage: str) -> Ints:
        """Return what pairs of each mentee pay for a stage and those before it, in its units."""
        units, names = self.proving().units, self.proving().names
        pay = (self.must * (units.get("minimum", 0) // units[stage])).astype(np.int64)
        if "coverage" in names[: names.index(stage) + 1]:
            pay = pay + units["coverage"] // units[stage]
        return pay

    def worth(self, i: Ints, j: Ints) -> tuple[Ints, Flags]:
        """Return what listed pairs are worth in all stages, and which are possible."""
        values, possible = self.problem.values_at(i, j)
        return values + self.search.pay[i] + self._bonus(i, j), possible

    def above(self, least: int, reader: Reader) -> Self:
        """Return the same among pairs that score at least so much, to be settled from here."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.problem = with_least(self.problem, least)
        other.reader, other.cover = reader, None
        other.search = self.search.copied(reader)
        # A total among fewer pairs is no bound on any other's.
        other.search.beside, other.search.settled = other._beside, other.settled
        other.search.quiet = True
        master = other.search.master
        i = np.repeat(np.arange(self.problem.shape[0]), np.diff(master.ptr))
        score = master.worth - other.search.pay[i] - self._bonus(i, master.cols)
        master.keep(score >= least)
        return other

    def left(self) -> Candidates | None:
        """Return what the search leaves to those who mend its pairs; nothing where pairs are paid.

        Prices of pairs that pay for people are no prices of scores.
        """
        return None

    def drawn(self, seed: int) -> tuple[Ints, Ints]:
        """Return the pairs of the best matching that the lottery prefers.

        Raises
        ------
        TooHeavy
            Too many pairs tie.
        """
        while True:
            rows, columns = self._lots(seed)
            if "minimum" in self.paid or self._keeps_minimums(rows, columns):
                return rows, columns
            # As good a matching breaks a minimum that was kept by chance.
            self._pay("minimum")
            self.settle()

    def _keeps_minimums(self, rows: Ints, columns: Ints) -> bool:
        n, m = self.problem.shape
        some = np.bincount(rows, minlength=n) >= self.problem.mentee_minimum
        others = np.bincount(columns, minlength=m) >= self.problem.mentor_minimum
        return bool(some.all() and others.all())

    def _lots(self, seed: int) -> tuple[Ints, Ints]:
        """Return the pairs that the lottery prefers among those that pay as much."""
        self.search.settle(ties=True)
        master = self.search.master
        i = np.repeat(np.arange(self.problem.shape[0]), np.diff(master.ptr))
        tight = (master.worth - master.v[master.cols] == master.u[i]) & self.search.open[i]
        i, j = i[tight], master.cols[tight].astype(np.int64)
        u, v = master.u, master.v
        lead = self.cover is not None  # nothing else sees to it that most people are matched
        match = draw_lots(self.problem, u, v, master.match, (i, j), seed, lead=lead)
        if match is None:
            raise TooHeavy
        rows = np.flatnonzero(match >= 0)
        return rows, match[rows]


def with_least(problem: Problem, least: int) -> Problem:
    """Return a problem without the pairs that score less than some steps of the grid."""
    bar = float(np.ldexp(least - 0.5, -problem.bits))
    if least % 2:  # halves are rounded to even numbers
        bar = float(np.nextafter(bar, np.inf))
    return altered(problem, minimum_score=max(problem.minimum_score, bar))
