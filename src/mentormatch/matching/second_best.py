"""What each pair is worth: the next best matching without it, and what that one loses.

If a mentee may not have her mentor, somebody else moves too: she takes a place, its holder takes
another, and so on, until someone fills the place she left. The cheapest such chain is a shortest
path over reduced costs (Dijkstra 1959, on the residual network of Ford and Fulkerson 1956).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import csgraph_from_dense, dijkstra

from mentormatch.errors import InfeasibleError
from mentormatch.matching.certificate import Prices, slack
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SMALL = 20_000
#: Prices of linear programs are rounded; what that loses must stay below a whole step.
_LOOSE = 0.5
#: With more mentors than this, all shortest paths would take minutes.
_MOST_MENTORS = 2_500


@dataclass(frozen=True, eq=False)
class SecondBest:
    """For each pair of a matching, in its order, the best matching that does without it.

    Attributes
    ----------
    mentor : numpy.ndarray of int, shape (number of pairs,)
        Position of the mentor whom the mentee would have instead; -1 for nobody.
    cost : numpy.ndarray of float, shape (number of pairs,)
        How much lower the total would be (may be negative where fewer people would be matched);
        NaN where there is no such matching, or where it is not known (`exact` is False).
    people : numpy.ndarray of int, shape (number of pairs,)
        How many mentees fewer would be matched; 0 where the objective does not count them.
    exact : numpy.ndarray of bool, shape (number of pairs,)
        Whether `cost` is exact. Where quotas stand in the way of the cheapest chain, a problem of
        up to 20 000 cells is solved anew; in a larger one `cost` is then the least possible. With
        more than 2 500 mentors it is not worked out.
    locked : numpy.ndarray of bool, shape (number of pairs,)
        Whether a quota locks the pair, so that nothing can do without it.
    """

    mentor: Ints
    cost: Floats
    people: Ints
    exact: Flags
    locked: Flags


@dataclass(frozen=True, eq=False)
class _Network:
    """Costs of all single moves; node m stands for nobody: free places and unmatched mentees."""

    values: Ints  # (n, m), the scores
    gain: Floats  # (n, m), -inf where impossible
    used: Flags
    pay: float
    steps: Floats  # (m + 1, m + 1)
    mover: Ints  # (m + 1, m + 1): the mentee who makes the move, -1 for none


def second_best(matching: Matching) -> SecondBest:
    """Return, for every pair, the price of doing without it.

    Examples
    --------
    >>> from mentormatch.matching.problem import Problem
    >>> from mentormatch.matching.solve import solve
    >>> matching = solve(Problem([[9, 4], [8, 7]]))
    >>> second_best(matching).cost.tolist()
    [4.0, 4.0]
    """
    problem = matching.problem
    n, m = problem.shape
    count = len(matching)
    locks = _locked(matching)
    ends = list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    locked = np.array([pair in locks for pair in ends], np.bool_)
    mentor = np.full(count, -1, np.int64)
    cost, people = np.full(count, np.nan), np.zeros(count, np.int64)
    exact = np.zeros(count, np.bool_)
    found = SecondBest(mentor, cost, people, exact, locked)
    if m > _MOST_MENTORS or not _tight(matching):
        return _anew(matching, found)
    person, network = _network(matching)
    graph = csgraph_from_dense(network.steps, null_value=np.inf)
    distance, before = dijkstra(graph, return_predecessors=True)
    load = np.bincount(matching.rows, minlength=n)
    for k, (i, j) in enumerate(ends):
        if locked[k]:
            continue
        own = network.gain[i, j]
        swap = np.where(network.used[i], np.inf, own - network.gain[i]) + distance[:m, j]
        target = int(np.argmin(swap))
        best = float(swap[target])
        if load[i] > problem.mentee_minimum[i]:
            alone = own + (network.pay if load[i] == 1 else 0.0) + distance[m, j]
            if alone < best:
                best, target = float(alone), m
        if np.isfinite(best):
            rows, cols = _after(matching, network, before, (i, j), target)
            mentor[k] = target if target < m else -1
            people[k] = int(np.floor(best / person + 0.5)) if person else 0
            exact[k] = _holds(matching, network, rows, cols, best)
            # The truth is a whole step, and no lower than this less what the prices lose.
            steps = best - people[k] * person
            steps = np.rint(steps) if exact[k] else np.ceil(steps - _LOOSE)
            cost[k] = np.ldexp(steps, -problem.bits)
    return _anew(matching, found)


def _tight(matching: Matching) -> bool:
    """Say whether the prices of every stage are those of this very matching, with nothing lost.

    A fractional linear program can prove a whole matching best only by rounding down; its prices
    are then those of a mixture of matchings.
    """
    if "total" not in matching.proofs:
        return False
    totals = {"coverage": matching.coverage, "total": matching.score_steps}
    floor = matching.coverage if "coverage" in matching.stages else None
    for stage, proof in matching.proofs.items():
        if not isinstance(proof, Prices):
            return False
        loose = slack(matching.problem, proof, stage, floor, totals[stage])
        if loose > 0.0 if stage == "coverage" else loose >= _LOOSE:
            return False
    return True


def _anew(matching: Matching, found: SecondBest) -> SecondBest:
    """Solve the problem without each pair whose price is not exact yet, if it is small."""
    problem, status = matching.problem, matching.status
    if problem.shape[0] * problem.shape[1] > _SMALL:
        return found
    for k in np.flatnonzero(~found.exact & ~found.locked).tolist():
        i, j = int(matching.rows[k]), int(matching.columns[k])
        ban = Quota("", Pairs.listed([(i, j)]), at_most=0)
        try:
            other = solve(
                replace(problem, quotas=[*problem.quotas, ban]), matching.objective, matching.seed
            )
        except InfeasibleError:
            found.mentor[k], found.cost[k], found.people[k] = -1, np.nan, 0
            continue
        had = set(matching.columns[matching.rows == i].tolist())
        new = [c for c in other.columns[other.rows == i].tolist() if c not in had]
        found.mentor[k] = new[0] if new else -1
        found.cost[k] = matching.total - other.total
        found.people[k] = matching.coverage - other.coverage if "coverage" in matching.stages else 0
        found.exact[k] = status == other.status == "optimal"
    return found


def _network(matching: Matching) -> tuple[float, _Network]:
    """Return what a person matched counts for, and all moves at the matching's own prices."""
    problem = matching.problem
    n, m = problem.shape
    values, possible = problem.values(np.arange(n))
    total = matching.root_prices("total")
    scale = 2.0**-total.fine
    mentors, quotas = total.mentors * scale, total.quotas * scale
    person, pay = 0.0, total.coverage * scale
    if "coverage" in matching.stages:
        # Prices of two stages, weighted and added, are prices of both in order of importance.
        largest = int(np.abs(values[possible]).max(initial=0))
        person = 2.0 ** (2 * (largest + 1) * (len(matching) + 1)).bit_length()
        cover = matching.root_prices("coverage")
        mentors = mentors + person * cover.mentors * 2.0**-cover.fine
        quotas = quotas + person * cover.quotas * 2.0**-cover.fine
        pay += person
        person = pay
    gain = values - mentors
    for k in np.flatnonzero(quotas).tolist():
        gain += quotas[k] * problem.quotas[k].pairs.block(np.arange(n), m)
    gain = np.where(possible, gain, -np.inf)
    used = np.zeros((n, m), np.bool_)
    used[matching.rows, matching.columns] = True
    steps, mover = np.full((m + 1, m + 1), np.inf), np.full((m + 1, m + 1), -1, np.int64)
    rows, places = np.bincount(matching.rows, minlength=n), matching.mentor_loads

    def offer(place: int, costs: Floats, who: int) -> None:
        better = costs < steps[place]
        steps[place, better], mover[place, better] = costs[better], who

    locked = _locked(matching)
    for i, j in zip(matching.rows.tolist(), matching.columns.tolist(), strict=True):
        if (i, j) in locked:
            continue
        costs = np.full(m + 1, np.inf)
        costs[:m] = np.where(used[i], np.inf, gain[i, j] - gain[i])
        if rows[i] > problem.mentee_minimum[i]:
            costs[m] = gain[i, j] + (pay if rows[i] == 1 else 0.0)
        offer(j, costs, i)
    for i in np.flatnonzero(rows < problem.mentee_demand).tolist():
        costs = np.full(m + 1, np.inf)
        costs[:m] = np.where(used[i], np.inf, -gain[i] - (pay if rows[i] == 0 else 0.0))
        offer(m, costs, i)
    for j in range(m):
        if places[j] < problem.mentor_capacity[j] and -mentors[j] < steps[j, m]:
            steps[j, m], mover[j, m] = -mentors[j], -1
        if places[j] > problem.mentor_minimum[j] and mentors[j] < steps[m, j]:
            steps[m, j], mover[m, j] = mentors[j], -1
    # Rounded prices of linear programs may leave moves a hair below zero.
    return person, _Network(values, gain, used, pay, np.maximum(steps, 0.0), mover)


def _locked(matching: Matching) -> set[tuple[int, int]]:
    return {
        (int(quota.pairs.exceptions[0, 0]), int(quota.pairs.exceptions[0, 1]))
        for quota in matching.problem.quotas
        if quota.at_least > 0 and not quota.pairs.table.any() and len(quota.pairs.exceptions) == 1
    }


def _after(
    matching: Matching, network: _Network, before: Ints, pair: tuple[int, int], target: int
) -> tuple[Ints, Ints]:
    """Return rows and columns of the matching after the chain of moves that does without a pair."""
    m = matching.problem.shape[1]
    pairs = set(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    i, j = pair
    pairs.discard(pair)
    if target < m:
        pairs.add((i, target))
    chain = [j]
    while chain[-1] != target:
        chain.append(int(before[target, chain[-1]]))
    chain.reverse()
    for place, goal in pairwise(chain):
        who = int(network.mover[place, goal])
        if who >= 0:
            if place < m:
                pairs.discard((who, place))
            if goal < m:
                pairs.add((who, goal))
    a, b = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    return a, b


def _holds(matching: Matching, network: _Network, a: Ints, b: Ints, cost: float) -> bool:
    """Say whether a matching keeps every quota and costs what the prices say."""
    problem = matching.problem
    # No move leads to a banned pair, so no chain breaks a ban.
    quotas = [quota for quota in problem.quotas if not quota.is_ban]
    if not quotas and (problem.mentee_demand <= 1).all():
        return True
    for quota in quotas:
        inside = int(quota.pairs.at(a, b).sum())
        if inside < quota.at_least or (quota.at_most is not None and inside > quota.at_most):
            return False
    values = network.values
    lost = int(values[matching.rows, matching.columns].sum() - values[a, b].sum())
    fewer = matching.coverage - len(np.unique(a))
    return abs(lost + fewer * network.pay - cost) < _LOOSE
