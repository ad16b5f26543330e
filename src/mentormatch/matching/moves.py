"""The network of moves of a matching, made once, and what chains of moves mean in its units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.chains import Chain
from mentormatch.matching.network import HELD_MENTORS, HELD_PAIRS, Held, Network
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.remembered import warm_of
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve_beside
from mentormatch.matching.warm import Warm
from mentormatch.matching.worths import (
    LOOSE,
    Extra,
    Worths,
    by_prices,
    by_whole_prices,
    counts_all,
    pays_of,
    prices_of,
    tight,
    weighed,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Place = tuple[int, int]

#: The stages of the objectives whose next best matchings are known in order.
KNOWN = (("coverage", "total"), ("total",))
_LARGEST = 2.0**52
_CELLS = 2**20


class Moves:
    """The network of moves of one matching, asked in positions of the problem.

    Parameters
    ----------
    matching : Matching
        Whose moves they are.
    network : Network or Warm
        The moves themselves.
    worths : Worths
        What people, announced pairs and aims count for in the costs of chains.
    bounded : bool
        Whether quotas beside bans and locks bound the pairs: then chains cost what they cost at
        the quotas' prices, which is exact only if the quotas still hold after them.
    """

    def __init__(
        self, matching: Matching, network: Network | Warm, worths: Worths, bounded: bool
    ) -> None:
        self.problem, self.network = matching.problem, network
        self.worths, self.bounded = worths, bounded
        self._pairs = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
        self._counted = worths.counted(matching.rows, matching.columns)
        # No move leads to a banned pair, so no chain breaks a ban.
        self._used = [
            (quota, int(quota.pairs.at(matching.rows, matching.columns).sum()))
            for quota in (matching.problem.quotas if bounded else ())
            if not quota.is_ban
        ]

    def split(self, cost: float) -> tuple[dict[str, int], float]:
        """Return how much less of each stage a cost means, and how many steps of score."""
        return self.worths.split(cost)

    def price(self, chain: Chain) -> tuple[dict[str, int], float, bool]:
        """Return what a chain loses of each stage and of the score, and whether that is exact.

        Where it is not, the truth is no lower in the order of the stages: it is a whole step, and
        no lower than this less what the prices lose.
        """
        exact = self.holds(chain)
        lost, steps = self.split(chain.cost)
        steps = np.rint(steps) if exact else np.ceil(steps - LOOSE)
        return lost, float(np.ldexp(steps, -self.problem.bits)), exact

    def without(self, i: int, j: int) -> Chain:
        """Return the cheapest chain after which a pair of the matching is not used."""
        return self.network.parted(i, j)

    def with_pair(self, i: int, j: int) -> Chain:
        """Return the cheapest chain after which a mentee has a mentor who is not hers now."""
        return self.network.joined(i, j)

    def changes(self, chain: Chain) -> tuple[set[Place], set[Place]]:
        """Return the pairs that a chain of moves gives up, and those that it makes."""
        given: set[Place] = set()
        taken: set[Place] = set()
        for move in chain.moves:
            if move.mentee < 0:
                continue
            left, got = (move.mentee, move.start), (move.mentee, move.end)
            # What was made on the way may be given up again, and the other way round.
            if left in taken:
                taken.discard(left)
            elif move.start >= 0:
                given.add(left)
            if got in given:
                given.discard(got)
            elif move.end >= 0:
                taken.add(got)
        return given, taken

    def after(self, chain: Chain) -> frozenset[Place]:
        """Return the pairs after a chain of moves."""
        given, taken = self.changes(chain)
        return (self._pairs - given) | taken

    def holds(self, chain: Chain) -> bool:
        """Say whether every quota is kept after a chain, which costs what the prices say."""
        if not self.bounded:
            return True
        given, taken = self.changes(chain)
        i, j = positions(given | taken)
        gone = np.array([pair in given for pair in zip(i.tolist(), j.tolist(), strict=True)], bool)
        sign = np.where(gone, -1, 1)
        for quota, now in self._used:
            inside = now + int(sign[quota.pairs.at(i, j)].sum())
            if inside < quota.at_least or (quota.at_most is not None and inside > quota.at_most):
                return False
        steps = -int((sign * self.problem.values_at(i, j)[0]).sum())
        after = self.worths.counted(*positions((self._pairs - given) | taken))
        lost = {name: value - after[name] for name, value in self._counted.items()}
        return abs(self.worths.joined(lost, steps) - chain.cost) < LOOSE


#: Assignments from so many cells on keep a few pairs of everybody in place of the network.
WARM = 2**17

_Made = WeakKeyDictionary[Matching, Moves | None]
_MADE: tuple[_Made, _Made] = (WeakKeyDictionary(), WeakKeyDictionary())


def moves_of(matching: Matching, *, whole: bool = False) -> Moves | None:
    """Return the moves of a matching, made once; None where prices do not prove it the best.

    That is so where it is not proved, or only by cases, and where a stage before the total counts
    no people or pairs. With `whole` all moves are held where they may be.
    """
    made = _MADE[whole]
    if matching not in made:
        made[matching] = (None if whole else _few(matching)) or _made(matching)
    return made[matching]


def _few(matching: Matching) -> Moves | None:
    """Return the moves where a few pairs of everybody are kept; None for small problems."""
    n, m = matching.problem.shape
    if m <= HELD_MENTORS and n * m < min(WARM, HELD_PAIRS + 1):
        return None
    warm = warm_of(matching)
    if warm is None:
        return None
    units = {"coverage": float(warm.person)} if warm.person else {}
    return Moves(matching, warm, Worths(matching.problem, units, units), bounded=False)


def fits_whole(problem: Problem) -> bool:
    """Say whether all moves of a problem are held at once where they may be."""
    n, m = problem.shape
    return n * m <= HELD_PAIRS and m <= HELD_MENTORS


def _made(matching: Matching) -> Moves | None:
    problem = matching.problem
    m = problem.shape[1]
    if m == 0 or not counts_all(matching):
        return None
    bounded = any(_binds(problem, quota) for quota in problem.quotas)
    whole = fits_whole(problem)
    if (bounded and not by_prices(matching)) or not (bounded or whole or by_whole_prices(matching)):
        return None
    order = lottery_order(problem, matching.seed)
    gains = problem.steps(order[0])[:, order[1]] if whole else None
    # Prices add up to prices of all stages only with what they pay for earlier ones. Where no
    # quota binds they are corrected below, whatever they are.
    pays = pays_of(matching) if bounded or not whole else {}
    pairs = problem.most_pairs if bounded else len(matching)
    worths = weighed(matching, _largest(matching, gains, pairs), pairs, pays)
    if tuple(matching.stages) not in KNOWN and not worths.exact:
        return None
    if bounded and not tight(matching, worths):
        return None
    prices, quotas = prices_of(matching, worths)
    if not bounded and np.abs(prices).max(initial=0.0) >= _LARGEST:
        if not whole:
            return None
        prices = np.zeros(m)
    if not bounded and whole:
        prices = np.rint(prices)
    extra = Extra(worths, quotas if bounded else np.zeros(0))
    if gains is not None and (more := extra.block(order[0])) is not None:
        gains += more[:, order[1]]
    worth = problem.values_at(matching.rows, matching.columns)[0].astype(np.float64)
    network = Network(
        problem,
        order,
        held_in(
            order,
            matching.rows,
            matching.columns,
            worth + extra.at(matching.rows, matching.columns),
            locks_of(problem),
        ),
        prices[order[1]],
        worths.firsts[order[0]],
        gains,
        extra.block if gains is None else None,
        rounded=bounded and bool(quotas.any()),
    )
    if not bounded and whole and not network.settle():
        return None
    return Moves(matching, network, worths, bounded)


def _largest(matching: Matching, gains: Floats | None, pairs: int) -> float:
    """Return the largest absolute score in whole steps, or more where no more is known."""
    if gains is not None:
        return float(np.abs(gains[gains > -np.inf]).max(initial=0.0))
    if tuple(matching.stages) in KNOWN:
        return 2.0**grid.SUM_BITS / (pairs + 1) - 1.0
    problem = matching.problem
    n, m = problem.shape
    step, largest = max(1, _CELLS // m), 0.0
    for start in range(0, n, step):
        values, _ = problem.values(np.arange(start, min(n, start + step)))
        largest = max(largest, float(np.abs(values).max(initial=0)))
    return largest


def lottery_order(problem: Problem, seed: int) -> tuple[Ints, Ints]:
    """Return the positions of mentees and mentors in the order of their lottery tickets."""
    sides = (("mentee", problem.mentee_ids or ()), ("mentor", problem.mentor_ids or ()))
    rows, cols = (np.argsort(grid.tickets(ids, who, seed), kind="stable") for who, ids in sides)
    return rows, cols


def held_in(
    order: tuple[Ints, Ints], rows: Ints, columns: Ints, worth: Floats, locks: set[Place]
) -> Held:
    """Return pairs, given as positions of the problem, as a network holds them."""
    locked = np.array(
        [pair in locks for pair in zip(rows.tolist(), columns.tolist(), strict=True)], np.bool_
    )
    i, j = np.argsort(order[0])[rows], np.argsort(order[1])[columns]
    sort = np.lexsort((j, i))
    return Held(i[sort], j[sort], worth[sort], locked[sort])


def positions(pairs: Iterable[Place]) -> tuple[Ints, Ints]:
    """Return pairs as positions of mentees and of mentors, sorted."""
    i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    return i, j


def lock_of(quota: Quota) -> Place | None:
    """Return the one pair that a quota locks, if it locks one."""
    if quota.at_least and not quota.pairs.table.any() and len(quota.pairs.exceptions) == 1:
        i, j = quota.pairs.exceptions[0].tolist()
        return i, j
    return None


def locks_of(problem: Problem) -> set[Place]:
    """Return all locked pairs."""
    return {pair for quota in problem.quotas if (pair := lock_of(quota)) is not None}


def solved_with(matching: Matching, quota: Quota) -> Matching:
    """Solve the problem of a matching once more, with one quota more.

    Raises
    ------
    InfeasibleError
        No matching keeps that quota beside the others.
    """
    problem = replace(matching.problem, quotas=[*matching.problem.quotas, quota])
    return solve_beside(problem, matching)


def _binds(problem: Problem, quota: Quota) -> bool:
    """Say whether a quota is more than a ban, a lock, or nothing."""
    if quota.is_ban or lock_of(quota) is not None:
        return False
    most = quota.at_most
    return quota.at_least > 0 or (most is not None and most < problem.most_pairs)
