"""The network of moves of a matching, made once, and what chains of moves mean in its units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.certificate import Prices, slack
from mentormatch.matching.chains import Chain
from mentormatch.matching.network import HELD_MENTORS, HELD_PAIRS, Held, Network
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.warm import Warm, warm_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Place = tuple[int, int]

#: Prices of linear programs are rounded; what that loses must stay below a whole step.
LOOSE = 0.5
#: The stages whose prices add up to prices of moves, in their order of importance.
KNOWN = (("coverage", "total"), ("total",))
#: What a person counts for where the scores are not all read: totals stay below 2**SUM_BITS.
_PERSON = 2.0 ** (grid.SUM_BITS + 2)
_LARGEST = 2.0**52


class Moves:
    """The network of moves of one matching, asked in positions of the problem.

    Parameters
    ----------
    matching : Matching
        Whose moves they are.
    network : Network or Warm
        The moves themselves.
    person : float
        What a mentee matched counts for in the costs of chains; 0 where nobody counts them.
    bounded : bool
        Whether quotas beside bans and locks bound the pairs: then chains cost what they cost at
        the quotas' prices, which is exact only if the quotas still hold after them.
    """

    def __init__(
        self, matching: Matching, network: Network | Warm, person: float, bounded: bool
    ) -> None:
        self.problem, self.network = matching.problem, network
        self.person, self.bounded = person, bounded
        self._pairs = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
        self._coverage, self._steps = matching.coverage, matching.score_steps

    def split(self, cost: float) -> tuple[int, float]:
        """Return how many mentees fewer a cost means, and how many steps of score."""
        people = int(np.floor(cost / self.person + 0.5)) if self.person else 0
        return people, cost - people * self.person

    def price(self, chain: Chain) -> tuple[int, float, bool]:
        """Return mentees fewer and score lost by a chain, and whether that is exact.

        Where it is not, the truth is no lower: it is a whole step, and no lower than this less
        what the prices lose.
        """
        exact = self.holds(chain)
        people, steps = self.split(chain.cost)
        steps = np.rint(steps) if exact else np.ceil(steps - LOOSE)
        return people, float(np.ldexp(steps, -self.problem.bits)), exact

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
        problem = self.problem
        i, j = positions(self.after(chain))
        # No move leads to a banned pair, so no chain breaks a ban.
        for quota in problem.quotas:
            inside = 0 if quota.is_ban else int(quota.pairs.at(i, j).sum())
            if inside < quota.at_least or (quota.at_most is not None and inside > quota.at_most):
                return False
        lost = self._steps - int(problem.values_at(i, j)[0].sum())
        fewer = self._coverage - len(np.unique(i))
        return abs(lost + fewer * self.person - chain.cost) < LOOSE


#: Assignments from so many cells on keep a few pairs of everybody in place of the network.
WARM = 2**17

_Made = WeakKeyDictionary[Matching, Moves | None]
_MADE: tuple[_Made, _Made] = (WeakKeyDictionary(), WeakKeyDictionary())


def moves_of(matching: Matching, *, whole: bool = False) -> Moves | None:
    """Return the moves of a matching, made once; None where prices do not prove it the best.

    That is so where it is not proved, or only by cases, and where the objective has stages other
    than the number of people and the total. With `whole` all moves are held where they may be.
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
    return None if warm is None else Moves(matching, warm, warm.person, bounded=False)


def _made(matching: Matching) -> Moves | None:
    problem = matching.problem
    n, m = problem.shape
    if tuple(matching.stages) not in KNOWN or m == 0:
        return None
    bounded = any(_binds(problem, quota) for quota in problem.quotas)
    whole = n * m <= HELD_PAIRS and m <= HELD_MENTORS
    if (bounded and not _tight(matching)) or not (bounded or whole or _priced(matching)):
        return None
    order = lottery_order(problem, matching.seed)
    gains = problem.steps(order[0])[:, order[1]] if whole else None
    person = 0.0
    if "coverage" in matching.stages:
        person = _PERSON if gains is None else person_worth(gains, len(matching))
    prices, quotas, pay = _prices(matching, person)
    if gains is not None and bounded:
        for k in np.flatnonzero(quotas).tolist():
            gains += quotas[k] * problem.quotas[k].pairs.block(order[0], m)[:, order[1]]
    if not bounded and np.abs(prices).max(initial=0.0) >= _LARGEST:
        if not whole:
            return None
        prices = np.zeros(m)
    if not bounded and whole:
        prices, pay = np.rint(prices), person
    worth = problem.values_at(matching.rows, matching.columns)[0].astype(np.float64)
    if bounded:
        for k in np.flatnonzero(quotas).tolist():
            worth += quotas[k] * problem.quotas[k].pairs.at(matching.rows, matching.columns)
    network = Network(
        problem,
        order,
        held_in(order, matching.rows, matching.columns, worth, locks_of(problem)),
        prices[order[1]],
        pay,
        gains,
        quotas if bounded else None,
    )
    if not bounded and whole and not network.settle():
        return None
    return Moves(matching, network, pay if person else 0.0, bounded)


def person_worth(gains: Floats, pairs: int) -> float:
    """Return what a person has to count for so that no chain of moves outweighs her."""
    largest = float(np.abs(gains[gains > -np.inf]).max(initial=0.0))
    return 4.0 * (largest + 1.0) * (pairs + 1)


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
    return solve(problem, matching.objective, matching.seed)


def _binds(problem: Problem, quota: Quota) -> bool:
    """Say whether a quota is more than a ban, a lock, or nothing."""
    if quota.is_ban or lock_of(quota) is not None:
        return False
    most = quota.at_most
    return quota.at_least > 0 or (most is not None and most < problem.most_pairs)


def _priced(matching: Matching) -> bool:
    """Say whether whole prices prove every stage."""
    plain = all(isinstance(proof, Prices) and proof.fine == 0 for proof in matching.proofs.values())
    return plain and matching.status == "optimal"


def _tight(matching: Matching) -> bool:
    """Say whether the prices of every stage are those of this very matching, with nothing lost.

    A fractional linear program can prove a whole matching best only by rounding down; its prices
    are then those of a mixture of matchings.
    """
    totals = {"coverage": matching.coverage, "total": matching.score_steps}
    floor = matching.coverage if "coverage" in matching.stages else None
    for stage, proof in matching.proofs.items():
        if not isinstance(proof, Prices):
            return False
        loose = slack(matching.problem, proof, stage, floor, totals[stage])
        if loose > 0.0 if stage == "coverage" else loose >= LOOSE:
            return False
    return True


def _prices(matching: Matching, person: float) -> tuple[Floats, Floats, float]:
    """Return the prices of mentors and quotas in steps, and what a mentee matched counts for."""
    total = matching.root_prices("total")
    scale = 2.0**-total.fine
    mentors: Floats = np.asarray(total.mentors * scale, np.float64)
    quotas: Floats = np.asarray(total.quotas * scale, np.float64)
    pay = total.coverage * scale
    if "coverage" in matching.stages:
        # Prices of two stages, weighted and added, are prices of both in order of importance.
        cover = matching.root_prices("coverage")
        mentors = mentors + person * cover.mentors * 2.0**-cover.fine
        quotas = quotas + person * cover.quotas * 2.0**-cover.fine
        pay += person
    else:
        pay = 0.0
    return mentors, quotas, pay
