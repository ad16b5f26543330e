"""The smallest changes of a problem's rules under which all of them can be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.clauses import Clause, clauses_of
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.solvers.elastic import Elastic, elastic, is_single
from mentormatch.matching.solvers.flow import solve_flow
from mentormatch.matching.solvers.linear import solve_linear
from mentormatch.matching.solvers.numbers import read_numbers
from mentormatch.words import say, sentence

Ints = NDArray[np.int64]

#: Ways that are sought, of those that are equally small.
MOST_WAYS = 3
#: With more pairs of a mentee and a mentor than this, the effect of a way is not computed.
MOST_CELLS = 100_000
#: After this, proofs of an effect are given up; the matching is the best one all the same.
_SECONDS = 1.0
#: Of more rules, people or changes the first so many are told, and how many more there are.
NAMED = 10
_TICKET_BITS = 16
_AGAIN = 2**20


@dataclass(frozen=True)
class Change:
    """One bound, loosened.

    Attributes
    ----------
    clauses : tuple of Clause
        The demand; several where they are minimums of people who are alike in all that the rules
        say: then the change is shared among any of them.
    by : int
        What is added to the bound: below 0 for what is asked for at least, above 0 for what is
        allowed at most.
    spared : tuple of (int, int)
        Where the demand is a ban: the locked pairs, as positions, that it no longer speaks of.
    locks : bool
        Whether the demand is that one pair is made.
    """

    clauses: tuple[Clause, ...]
    by: int
    spared: tuple[tuple[int, int], ...] = ()
    locks: bool = False

    @property
    def clause(self) -> Clause:
        """The demand, or the first of those that are alike."""
        return self.clauses[0]

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the change in English (``en``) or Swedish (``sv``); `redact` names nobody."""
        count = abs(self.by)
        name = self.clause.called(language, redact=redact)
        if self.clause.kind == "quota":
            if self.spared:
                key = "spare"
            elif self.locks:
                key = "give_up"
            else:
                key = "allow_more" if self.by > 0 else "ask_less"
            return say(f"conflict.{key}", language, name=name, count=count)
        kind = self.clause.kind.removesuffix(" minimum")
        if len(self.clauses) > 1:
            names = name if redact else listed(self.clauses, language)
            key = f"{kind}_all_go" if count == len(self.clauses) else f"{kind}_some_go"
            of = len(self.clauses)
            return say(f"conflict.{key}", language, count=count, of=of, names=names)
        left = self.clause.bound - count
        key = f"{kind}_fewer" if left else f"{kind}_goes"
        return say(f"conflict.{key}", language, name=name, left=left)


@dataclass(frozen=True)
class Relaxation:
    """A smallest set of changes under which everything can be kept, and what it leads to.

    Attributes
    ----------
    changes : tuple of Change
        All of them are needed.
    matched : int or None
        How many mentees can then be matched; None where the problem is too large to say at once.
    total : float or None
        The highest total score with that many.
    """

    changes: tuple[Change, ...]
    matched: int | None = None
    total: float | None = None

    @property
    def units(self) -> int:
        """How many units bounds are loosened by, in all."""
        return sum(abs(change.by) for change in self.changes)

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the changes and their effect in English (``en``) or Swedish (``sv``).

        Of more than ten changes the first ten are told, and how many more there are.
        """
        line = "; ".join(change.text(language, redact=redact) for change in self.changes[:NAMED])
        if len(self.changes) > NAMED:
            line += "; " + say("conflict.more_changes", language, count=len(self.changes) - NAMED)
        if self.matched is None:
            return line
        total = f"{self.total:.2f}"
        return line + " " + say("conflict.effect", language, count=self.matched, total=total)


def listed(clauses: Iterable[Clause], language: str) -> str:
    """Name the people of some clauses, the first few of many."""
    names = [clause.called(language) for clause in clauses]
    line = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        line += " " + say("conflict.and_more", language, count=len(names) - NAMED)
    return line


def loosen(problem: Problem, relaxation: Relaxation) -> Problem:
    """Return a problem with its bounds loosened as a relaxation says.

    Where a change is shared among people who are alike and of whom everybody has one partner at
    most, a quota takes the place of their minimums, so that the best matching decides whom it
    touches; among others it is decided by lot.

    Parameters
    ----------
    problem : Problem
        The question that has no answer.
    relaxation : Relaxation
        One of its `Diagnosis.relaxations`.

    Examples
    --------
    >>> from mentormatch.matching.diagnose import diagnose
    >>> problem = Problem([[0.9], [0.8]], mentee_minimum=1)
    >>> loosen(problem, diagnose(problem).relaxations[0]).quotas[0].at_least
    1
    """
    quotas = list(problem.quotas)
    least = {
        "mentee minimum": problem.mentee_minimum.copy(),
        "mentor minimum": problem.mentor_minimum.copy(),
    }
    most = {"mentee minimum": problem.mentee_demand, "mentor minimum": problem.mentor_capacity}
    for change in relaxation.changes:
        kind, k = change.clause.kind, change.clause.position
        if kind == "quota":
            quotas[k] = _loosened(quotas[k], change)
            continue
        people = [clause.position for clause in change.clauses]
        if len(people) == 1:
            least[kind][k] += change.by
        elif (most[kind][people] <= 1).all():
            least[kind][people] = 0
            inside = np.zeros(len(least[kind]), np.bool_)
            inside[people] = True
            others = np.ones(problem.shape[kind == "mentee minimum"], np.bool_)
            sides = (inside, others) if kind == "mentee minimum" else (others, inside)
            left = len(people) + change.by
            side = kind.removesuffix(" minimum")
            name = sentence(f"conflict.{side}_of_these", count=left, of=len(people))
            quotas.append(Quota(name, Pairs.between(*sides), at_least=left))
        else:
            drawn = grid.tickets([clause.name for clause in change.clauses], kind, 0)
            touched = np.argsort(drawn, kind="stable")[: -change.by]
            least[kind][np.array(people)[touched]] = 0
    return replace(
        problem,
        quotas=quotas,
        mentee_minimum=least["mentee minimum"],
        mentor_minimum=least["mentor minimum"],
    )


def _loosened(quota: Quota, change: Change) -> Quota:
    if change.spared:
        return replace(quota, pairs=quota.pairs & ~Pairs.listed(change.spared))
    if change.by < 0:
        return replace(quota, at_least=quota.at_least + change.by)
    return replace(quota, at_most=(quota.at_most or 0) + change.by)


def relaxations(problem: Problem, base: Problem) -> tuple[Relaxation, ...]:
    """Return smallest relaxations of a problem that has no answer, the most helpful first.

    Parameters
    ----------
    problem : Problem
        The question.
    base : Problem
        The same without scores.
    """
    program = elastic(base)
    one = np.ones(len(program.slacks), np.int64)
    least = program.least(one)
    if least is None or not least.any():
        return ()
    units = int(least.sum())
    price = _lots(problem, program)
    limits = [(one.astype(bool), units)]
    found: list[Relaxation] = []
    while len(found) < MOST_WAYS:
        way = program.least(price, tuple(limits))
        if way is None:
            break
        found.append(_with_effect(problem, Relaxation(_changes(problem, program, way))))
        # The next way has to loosen something that this one leaves as it is, the more the better.
        limits.append((way > 0, units - 1))
        price = np.where((way > 0) & (price < _AGAIN), price + _AGAIN, price)

    def helps(one: Relaxation) -> tuple[int, float, int]:
        return -(one.matched or 0), -(one.total or 0.0), len(one.changes)

    return tuple(sorted(found, key=helps))


def _lots(problem: Problem, program: Elastic) -> Ints:
    """Draw a price for each bound, so that the order of the rows decides nothing."""
    ids = {
        "mentee minimum": (problem.mentee_ids or (), program.classes.mentees),
        "mentor minimum": (problem.mentor_ids or (), program.classes.mentors),
    }
    prices = []
    for slack in program.slacks:
        if slack.kind in ids:
            names, side = ids[slack.kind]
            drawn = grid.tickets([names[k] for k in side.members(slack.index)], slack.kind, 0)
        else:
            drawn = grid.tickets([(slack.index, *_named(problem, program, slack.pair))], "rule", 0)
        prices.append(int(drawn.min() >> np.uint64(64 - _TICKET_BITS)) + 1)
    return np.array(prices, np.int64)


def _named(problem: Problem, program: Elastic, pair: tuple[int, int]) -> tuple[object, ...]:
    """Return the ids of a spared pair; none where there is no pair."""
    if pair[0] < 0:
        return ()
    i, j = program.classes.mentees.first[pair[0]], program.classes.mentors.first[pair[1]]
    return (problem.mentee_ids or ())[i], (problem.mentor_ids or ())[j]


def _changes(problem: Problem, program: Elastic, way: Ints) -> tuple[Change, ...]:
    """Return what a way changes: rules in their order, then minimums."""
    clauses = {(clause.kind, clause.position): clause for clause in clauses_of(problem)}
    mentees, mentors = program.classes.mentees, program.classes.mentors
    spared: dict[int, list[tuple[int, int]]] = {}
    found: list[Change] = []
    for slack, units in zip(program.slacks, way.tolist(), strict=True):
        if not units:
            continue
        if slack.kind == "ban":
            pair = int(mentees.first[slack.pair[0]]), int(mentors.first[slack.pair[1]])
            spared.setdefault(slack.index, []).append(pair)
        elif slack.kind in ("at least", "at most"):
            clause = clauses["quota", slack.index]
            quota = problem.quotas[slack.index]
            by = -units if slack.kind == "at least" else units
            locks = by < 0 and is_single(quota.pairs.table, quota.pairs.exceptions)
            found.append(Change((clause,), by, locks=locks))
        else:
            side = mentees if slack.kind == "mentee minimum" else mentors
            alike = tuple(clauses[slack.kind, k] for k in side.members(slack.index))
            found.append(Change(alike, -units))
    for k, pairs in spared.items():
        found.append(Change((clauses["quota", k],), len(pairs), tuple(sorted(pairs))))
    order = ("quota", "mentor minimum", "mentee minimum")
    found.sort(key=lambda change: (order.index(change.clause.kind), change.clause.position))
    return tuple(found)


def _with_effect(problem: Problem, relaxation: Relaxation) -> Relaxation:
    """Return a relaxation with what the best matching under it reaches."""
    n, m = problem.shape
    if n * m > MOST_CELLS:
        return relaxation
    numbers = read_numbers(loosen(problem, relaxation), 0)
    stages = ("coverage", "total")
    if numbers.needs_programs:
        best = solve_linear(numbers, stages, _SECONDS)
    else:
        best = solve_flow(numbers, stages)
    if best is None:
        raise RuntimeError("a relaxation does not make the problem possible")
    total = grid.from_grid(int(numbers.values[best.rows, best.cols].sum()), problem.bits)
    return replace(relaxation, matched=len(np.unique(best.rows)), total=total)
