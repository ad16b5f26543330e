"""What one pair costs: to have it where it is not made, to do without it where it is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Set
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.given import place_among
from mentormatch.matching.moves import Place, lock_of, moves_of, solved_with
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.worths import lost_by

#: Problems with so many cells at most are solved anew where quotas stand in the way of a chain.
ANEW = 2**20

Change = tuple[Hashable, Hashable | None, Hashable | None]


@dataclass(frozen=True)
class PriceOf:
    """What it costs to have a pair that is not made, or to do without one that is.

    Attributes
    ----------
    mentee, mentor : hashable
        Ids of the two.
    used : bool
        Whether they are a pair now: then all of this is about the best matching without it,
        else about the best matching with it.
    possible : bool
        Whether there is such a matching.
    cost : float
        How much lower its total is (may be negative where fewer people are matched or fewer
        announced pairs stay); NaN where there is none, or where it is not known.
    people : int
        How many mentees fewer it matches; 0 where the objective does not count them.
    moves : tuple of (hashable, hashable or None, hashable or None)
        Every mentee whose mentors differ, she of the pair first: her id, the mentor she gives up,
        and the one she gets (ids; None for nobody). Empty where they are not known.
    exact : bool
        Whether `cost`, `people` and `kept` are exact; else they are the least possible, or not
        known (NaN).
    rules : tuple of str
        Names of the bans that forbid the pair, or of the quotas that lock it.
    kept : int
        How many announced pairs fewer stay (may be negative where fewer people are matched); 0
        where the objective does not count them.
    """

    mentee: Hashable
    mentor: Hashable
    used: bool
    possible: bool
    cost: float
    people: int
    moves: tuple[Change, ...]
    exact: bool
    rules: tuple[str, ...] = ()
    kept: int = 0


def price_of(matching: Matching, mentee: Hashable, mentor: Hashable) -> PriceOf:
    """Return what it costs to have a pair, or to do without it, and who would move.

    It takes one shortest path over the moves of single mentees at the prices of the matching
    (`mentormatch.matching.network`). In large cohorts what the search has read is used again, and
    the scores of those alone are read whom the path may concern (`mentormatch.matching.warm`): the
    first price may read half of all, each later one takes some milliseconds at 10 000 mentees and
    mentors. Where quotas stand in the way of that path, a problem of up to about a million cells is
    solved anew with the pair locked or banned; in a larger one the cost is then "at least".

    Parameters
    ----------
    matching : Matching
        The pairs as they are, proved best.
    mentee, mentor : hashable
        Ids.

    Returns
    -------
    PriceOf

    Raises
    ------
    ProblemError
        There is no mentee, or no mentor, of that id.

    Examples
    --------
    >>> from mentormatch.matching.problem import Problem
    >>> from mentormatch.matching.solve import solve
    >>> matching = solve(Problem([[9, 4], [8, 7]]))
    >>> price = price_of(matching, 0, 1)
    >>> price.cost, price.moves
    (4.0, ((0, 0, 1), (1, 1, 0)))
    """
    problem = matching.problem
    i, j = place_of(problem, mentee, mentor)
    used = bool(((matching.rows == i) & (matching.columns == j)).any())
    rules = tuple(quota.name for quota in problem.quotas if _settles(quota, i, j, used))
    if rules or not (used or problem.values_at([i], [j])[1][0]):
        return PriceOf(mentee, mentor, used, False, float("nan"), 0, (), True, rules)
    moves = moves_of(matching)
    if moves is not None:
        chain = moves.without(i, j) if used else moves.with_pair(i, j)
        if not np.isfinite(chain.cost):
            return PriceOf(mentee, mentor, used, False, float("nan"), 0, (), True)
        lost, cost, exact = moves.price(chain)
        people, kept = lost.get("coverage", 0), lost.get("kept", 0)
        if exact:
            changed = _changes(problem, *moves.changes(chain), i)
            return PriceOf(mentee, mentor, used, True, cost, people, changed, True, kept=kept)
        if problem.shape[0] * problem.shape[1] > ANEW:
            return PriceOf(mentee, mentor, used, True, cost, people, (), False, kept=kept)
    return _anew(matching, i, j, used)


def place_of(problem: Problem, mentee: Hashable, mentor: Hashable) -> Place:
    """Return the positions of a mentee and a mentor, given by their ids.

    Raises
    ------
    ProblemError
        There is no mentee, or no mentor, of that id.
    """
    found = []
    for who, one, ids in (
        ("mentee", mentee, problem.mentee_ids or ()),
        ("mentor", mentor, problem.mentor_ids or ()),
    ):
        place = place_among(ids, one)
        if place is None:
            raise ProblemError(f"there is no {who} {one!r} in the problem")
        found.append(place)
    return found[0], found[1]


def _settles(quota: Quota, i: int, j: int, used: bool) -> bool:
    """Say whether a quota alone rules out what is asked for."""
    if used:
        return lock_of(quota) == (i, j)
    return quota.is_ban and bool(quota.pairs.at([i], [j])[0])


def _anew(matching: Matching, i: int, j: int, used: bool) -> PriceOf:
    """Solve the problem with the pair locked or banned."""
    problem = matching.problem
    ids = (problem.mentee_ids or ())[i], (problem.mentor_ids or ())[j]
    only = Pairs.listed([(i, j)])
    quota = Quota("", only, at_most=0) if used else Quota("", only, at_least=1)
    try:
        other = solved_with(matching, quota)
    except InfeasibleError:
        return PriceOf(*ids, used, False, float("nan"), 0, (), True)
    lost = lost_by(matching, other)
    pairs = zip(other.rows.tolist(), other.columns.tolist(), strict=True)
    changed = changes_between(matching, frozenset(pairs), i)
    exact = matching.status == other.status == "optimal"
    cost, people = matching.total - other.total, lost.get("coverage", 0)
    kept = lost.get("kept", 0)
    return PriceOf(*ids, used, True, cost, people, changed, exact, kept=kept)


def changes_between(
    matching: Matching, pairs: frozenset[Place], first: int = -1
) -> tuple[Change, ...]:
    """Return who gives up which mentor for which: mentee `first`, then all others in order."""
    before = set(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    return _changes(matching.problem, before - pairs, pairs - before, first)


def _changes(
    problem: Problem, given: Set[Place], taken: Set[Place], first: int
) -> tuple[Change, ...]:
    mentees, mentors = problem.mentee_ids or (), problem.mentor_ids or ()

    def named(some: Iterable[Place]) -> dict[int, list[Hashable]]:
        found: dict[int, list[Hashable]] = {}
        for a, b in sorted(some):
            found.setdefault(a, []).append(mentors[b])
        return found

    lost, won = named(given), named(taken)
    moved = sorted({*lost, *won}, key=lambda a: (a != first, a))
    return tuple(
        (mentees[a], left, got)
        for a in moved
        for left, got in zip_longest(lost.get(a, ()), won.get(a, ()))
    )
