"""What each pair is worth: the next best matching without it, and what that one loses.

If a mentee may not have her mentor, somebody else moves too: she takes a place, its holder takes
another, and so on, until someone fills the place she left. The cheapest such chain is a shortest
path (`mentormatch.matching.network`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.moves import locks_of, moves_of, solved_with
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.worths import lost_by

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SMALL = 20_000


@dataclass(frozen=True, eq=False)
class SecondBest:
    """For each pair of a matching, in its order, the best matching that does without it.

    Attributes
    ----------
    mentor : numpy.ndarray of int, shape (number of pairs,)
        Position of the mentor whom the mentee would have instead; -1 for nobody.
    cost : numpy.ndarray of float, shape (number of pairs,)
        How much lower the total would be (may be negative where an earlier stage loses); NaN where
        there is no such matching, or where it is not known (`exact` is False).
    people : numpy.ndarray of int, shape (number of pairs,)
        How many mentees fewer would be matched; 0 where the objective does not count them.
    exact : numpy.ndarray of bool, shape (number of pairs,)
        Whether `cost` is exact. Where quotas stand in the way of the cheapest chain, a problem of
        up to 20 000 cells is solved anew; in a larger one `cost` is then the least possible.
    locked : numpy.ndarray of bool, shape (number of pairs,)
        Whether a quota locks the pair, so that nothing can do without it.
    kept : numpy.ndarray of int, shape (number of pairs,)
        How many announced pairs fewer would stay; 0 where the objective does not count them.
    aims : mapping of str to numpy.ndarray of int, shape (number of pairs,)
        How much less each count of the problem's aims that is a stage of the objective would reach.
    """

    mentor: Ints
    cost: Floats
    people: Ints
    exact: Flags
    locked: Flags
    kept: Ints
    aims: Mapping[str, Ints]

    @property
    def tolerance(self) -> Floats:
        """How far the score of each pair may fall before the pair is given up, (pairs,).

        All matchings that use the pair lose alike when its score falls, all others lose nothing:
        so the pair stays until its score has fallen by `cost`, where the lottery decides, as long
        as the score does not pass the lowest one allowed. Infinite where without the pair fewer
        people would be matched, fewer announced pairs would stay or an aim would be missed by more;
        NaN where the price is not known or nothing does without it.
        """
        return np.where(self.loses, np.inf, self.cost)

    @property
    def loses(self) -> Flags:
        """Whether something that comes before the total would be lost without a pair, (pairs,)."""
        # A stage gains only where an earlier one loses.
        found: Flags = (self.people != 0) | (self.kept != 0)
        for lost in self.aims.values():
            found = found | (lost != 0)
        return found


def second_best(matching: Matching, pairs: Sequence[int] | None = None) -> SecondBest:
    """Return, for every pair, the price of doing without it.

    A price takes one shortest path: below a millisecond in cohorts of hundreds, some milliseconds
    each at 10 000 mentors. There the scores of a mentee are read when a path first concerns her.

    Parameters
    ----------
    matching : Matching
        Proved best.
    pairs : sequence of int, optional
        Which pairs, as places in the matching's order; all if left out. Of the others `cost` is
        NaN and `exact` False.

    Raises
    ------
    ProblemError
        There is no such pair.

    Examples
    --------
    >>> from mentormatch.matching.problem import Problem
    >>> from mentormatch.matching.solve import solve
    >>> matching = solve(Problem([[9, 4], [8, 7]]))
    >>> second_best(matching).cost.tolist()
    [4.0, 4.0]
    """
    count = len(matching)
    wanted = range(count) if pairs is None else sorted(set(pairs))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < count:
        raise ProblemError(f"pairs are counted from 0 to {count - 1}")
    locks = locks_of(matching.problem)
    counts = [name for name in matching.stages if name in matching.problem.aims.counts]
    ends = list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    found = SecondBest(
        np.full(count, -1, np.int64),
        np.full(count, np.nan),
        np.zeros(count, np.int64),
        np.zeros(count, np.bool_),
        np.array([pair in locks for pair in ends], np.bool_),
        np.zeros(count, np.int64),
        {name: np.zeros(count, np.int64) for name in counts},
    )
    moves, unsure = moves_of(matching), []
    for k in wanted:
        if found.locked[k]:
            continue
        if moves is None:
            unsure.append(k)
            continue
        chain = moves.without(*ends[k])
        if np.isfinite(chain.cost):
            found.mentor[k] = chain.moves[0].end
            lost, found.cost[k], found.exact[k] = moves.price(chain)
            _tell(found, k, lost)
            if not found.exact[k]:
                unsure.append(k)
    return _anew(matching, found, unsure)


def _anew(matching: Matching, found: SecondBest, wanted: Sequence[int]) -> SecondBest:
    """Solve the problem without each pair that is wanted, whose price is unsure, if it is small.

    What is found for one pair may do without others too. Where it is no worse for them than the
    least possible, it is the best for them as well.
    """
    problem, status = matching.problem, matching.status
    if problem.shape[0] * problem.shape[1] > _SMALL:
        return found
    known: list[Matching] = []
    lost = {k: _lost(matching, found, k) for k in wanted}
    # The dearest first: what does without them has the most changed.
    for k in sorted(wanted, key=lambda k: (*(-one for one in lost[k]), k)):
        i, j = int(matching.rows[k]), int(matching.columns[k])
        other = next(
            (one for one in known if _loss(matching, one) == lost[k] and not _has(one, i, j)), None
        )
        if other is None:
            try:
                other = solved_with(matching, Quota("", Pairs.listed([(i, j)]), at_most=0))
            except InfeasibleError:
                found.mentor[k], found.cost[k] = -1, np.nan
                _tell(found, k, {})
                continue
            if other.status == "optimal":
                known.append(other)
        had = set(matching.columns[matching.rows == i].tolist())
        new = [c for c in other.columns[other.rows == i].tolist() if c not in had]
        found.mentor[k] = new[0] if new else -1
        found.cost[k] = matching.total - other.total
        _tell(found, k, lost_by(matching, other))
        found.exact[k] = status == other.status == "optimal"
    return found


def _tell(found: SecondBest, k: int, lost: Mapping[str, int]) -> None:
    """Note how much less of each stage there is without a pair."""
    for name, column in (("coverage", found.people), ("kept", found.kept), *found.aims.items()):
        column[k] = lost.get(name, 0)


def _lost(matching: Matching, found: SecondBest, k: int) -> tuple[float, ...]:
    """Return what is known to be lost without a pair, the most important first."""
    columns = {"coverage": found.people, "kept": found.kept, **found.aims}
    stages = (columns[name] for name in matching.stages if name in columns)
    return *(int(one[k]) for one in stages), float(found.cost[k])


def _loss(matching: Matching, other: Matching) -> tuple[float, ...]:
    """Return the same of another matching."""
    return *lost_by(matching, other).values(), matching.total - other.total


def _has(matching: Matching, i: int, j: int) -> bool:
    return bool(((matching.rows == i) & (matching.columns == j)).any())
