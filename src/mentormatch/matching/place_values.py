"""What one more place at each mentor would add, and what one place fewer would cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import csgraph_from_dense, dijkstra

from mentormatch.errors import InfeasibleError
from mentormatch.matching.moves import Moves, lock_of, moves_of
from mentormatch.matching.network import Network
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.warm import Warm
from mentormatch.matching.worths import LOOSE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_SMALL = 20_000
_BATCH = 2**20


@dataclass(frozen=True, eq=False)
class PlaceValues:
    """What the best matching would gain and lose with one place more or fewer at each mentor.

    Attributes
    ----------
    more : numpy.ndarray of float, shape (m,)
        How much higher the total would be with one place more (may be negative where more people
        would be matched).
    more_people : numpy.ndarray of int, shape (m,)
        How many mentees more would be matched; 0 where the objective does not count them.
    fewer, fewer_people : numpy.ndarray, shape (m,)
        How much lower the total, and how many mentees fewer, with one place fewer; NaN where there
        is no place, or no matching does with fewer.
    exact : numpy.ndarray of bool, shape (m,)
        Whether the numbers of a mentor are exact. Problems with quotas are solved anew up to 20 000
        cells; in larger ones `more` is then the most possible and `fewer` the least, and both are
        NaN where no whole prices prove the matching.
    """

    more: Floats
    more_people: Ints
    fewer: Floats
    fewer_people: Ints
    exact: Flags


def value_of_place(matching: Matching) -> PlaceValues:
    """Return what one more place at each mentor would add, and one fewer would cost.

    Both are shortest paths from and to those who are free: the lowest prices that prove the
    matching, and the highest ones (that prices form a lattice: Shapley and Shubik 1971). In large
    cohorts both are found for all mentors together, and only the scores of mentees, and of mentors,
    are read whose prices moved so far that what was known proves nothing.

    Parameters
    ----------
    matching : Matching
        Proved best.

    Examples
    --------
    >>> from mentormatch.matching.solve import solve
    >>> values = value_of_place(solve(Problem([[9, 4], [8, 7]])))
    >>> values.more.tolist(), values.fewer.tolist()
    ([1.0, 0.0], [9.0, 7.0])
    """
    problem = matching.problem
    m = problem.shape[1]
    found = PlaceValues(
        np.full(m, np.nan),
        np.zeros(m, np.int64),
        np.full(m, np.nan),
        np.zeros(m, np.int64),
        np.zeros(m, np.bool_),
    )
    moves = moves_of(matching)
    if moves is not None:
        _by_paths(moves, found)
    if problem.shape[0] * m <= _SMALL:
        _anew(matching, found)
    return found


def _by_paths(moves: Moves, found: PlaceValues) -> None:
    network, problem = moves.network, moves.problem
    if isinstance(network, Warm):
        _by_warm(moves, network, found)
        return
    # A quota that cannot bind now may bind when there is one place more.
    bounded = moves.bounded or any(_may_bind(problem, quota) for quota in problem.quotas)
    into, out = _from_nobody(network), _to_nobody(network)
    for k, j in enumerate(network.order[1].tolist()):
        full = bool(network.places[k] == network.capacity[k])
        gain = max(0.0, float(network.prices[k] - into[k])) if full else 0.0
        found.more_people[j], found.more[j] = _told(moves, gain, np.floor)
        if network.capacity[k] <= network.minimum[k]:
            loss = np.inf
        else:
            loss = max(0.0, float(out[k] + network.prices[k])) if full else 0.0
        if np.isfinite(loss):
            found.fewer_people[j], found.fewer[j] = _told(moves, loss, np.ceil)
        # A place that nobody needs is worth nothing whatever the quotas.
        idle = gain < LOOSE and (not np.isfinite(loss) or loss < LOOSE) and not full
        found.exact[j] = not bounded or idle


def _by_warm(moves: Moves, network: Warm, found: PlaceValues) -> None:
    more, fewer = network.value_of_places()
    full, places = network.load >= network.capacity, network.capacity > 0
    for people, cost, one in (
        (found.more_people, found.more, more),
        (found.fewer_people, found.fewer, fewer),
    ):
        steps = np.where(full, one, 0)
        if network.person:
            people[:] = (steps + network.person // 2) // network.person
        cost[:] = np.ldexp((steps - people * network.person).astype(float), -moves.problem.bits)
    found.fewer_people[~places], found.fewer[~places] = 0, np.nan
    found.exact[:] = True


def _may_bind(problem: Problem, quota: Quota) -> bool:
    most = quota.at_most
    plain = quota.is_ban or lock_of(quota) is not None
    return not plain and most is not None and most <= problem.most_pairs


def _told(
    moves: Moves, cost: float, rounded: Callable[[float], float] = np.rint
) -> tuple[int, float]:
    lost, steps = moves.split(cost)
    if moves.bounded:
        steps = rounded(steps + (LOOSE if rounded is np.floor else -LOOSE))
    return lost.get("coverage", 0), float(np.ldexp(steps, -moves.problem.bits))


def _from_nobody(network: Network) -> Floats:
    """Return how far every place is from nobody."""
    return network.distances(start=network.nobody).distance


def _to_nobody(network: Network) -> Floats:
    """Return how far nobody is from every place.

    Where not all moves are held, those at hand give paths that may be too long; whoever is farther
    than the cheapest move that was left out is asked again, until nothing gets shorter.
    """
    m = network.nobody
    if network.gains is not None:
        graph = csgraph_from_dense(network.steps[0].T, null_value=np.inf)
        far: Floats = dijkstra(graph, indices=m)
        return far
    batch = max(1, _BATCH // (m + 1))
    for start in range(0, m, batch):
        network.read(range(start, min(m, start + batch)))
    near = [network.near(j) for j in range(m)]
    ends = np.concatenate([arcs[0] for arcs in near])
    costs = np.concatenate([arcs[1] for arcs in near])
    starts = np.repeat(np.arange(m), [len(arcs[0]) for arcs in near])
    some = np.isfinite(costs)
    graph = csr_matrix((costs[some], (ends[some], starts[some])), shape=(m + 1, m + 1))
    far = dijkstra(graph, indices=m)
    least = np.array([arcs[3] for arcs in near])
    while True:
        before = far.copy()
        for start in range(0, m, batch):
            some = np.arange(start, min(m, start + batch))
            network.read(some[far[some] > least[some]].tolist())
            for j in some.tolist():
                to, costs, _, _ = network.all_arcs(j) if far[j] > least[j] else near[j]
                far[j] = min(far[j], float((costs + far[to]).min()))
        if (far == before).all():
            return far


def _anew(matching: Matching, found: PlaceValues) -> None:
    """Solve the problem with each number of places that is not exact yet."""
    problem = matching.problem
    for j in np.flatnonzero(~found.exact).tolist():
        places = int(problem.mentor_capacity[j])
        more = _solved(matching, j, places + 1)
        if more is None:
            continue
        exact = matching.status == more.status == "optimal"
        found.more_people[j], found.more[j] = _gain(matching, more)
        found.fewer_people[j], found.fewer[j] = 0, np.nan
        spare = places > problem.mentor_minimum[j]
        fewer = _solved(matching, j, places - 1) if spare else None
        if fewer is not None:
            people, gain = _gain(matching, fewer)
            found.fewer_people[j], found.fewer[j] = -people, 0.0 - gain
            exact = exact and fewer.status == "optimal"
        found.exact[j] = exact


def _solved(matching: Matching, j: int, places: int) -> Matching | None:
    capacity = matching.problem.mentor_capacity.copy()
    capacity[j] = places
    problem: Problem = replace(matching.problem, mentor_capacity=capacity)
    try:
        return solve(problem, matching.objective, matching.seed)
    except InfeasibleError:
        return None


def _gain(matching: Matching, other: Matching) -> tuple[int, float]:
    people = other.coverage - matching.coverage if "coverage" in matching.stages else 0
    return people, other.total - matching.total
