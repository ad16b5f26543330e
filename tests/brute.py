"""The best matching of a tiny problem by trying every one: slow, obvious, and no solver's kin."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np

from mentormatch.matching.problem import Problem

Pair = tuple[int, int]


def steps(problem: Problem) -> dict[Pair, int]:
    """Return the score of each pair that may be made, in whole steps of the problem's grid.

    Problems with a raw matrix only.
    """
    n, m = problem.shape
    found = {}
    for i in range(n):
        for j in range(m):
            score = float(problem.scores[i, j])
            banned = any(
                quota.at_most == 0 and (i, j) in members(problem, k)
                for k, quota in enumerate(problem.quotas)
            )
            if np.isfinite(score) and score >= problem.minimum_score and not banned:
                found[i, j] = round(Fraction(score) * Fraction(2) ** problem.bits)
    return found


def members(problem: Problem, k: int) -> set[Pair]:
    """Return the pairs that a quota speaks of."""
    n, m = problem.shape
    pairs = problem.quotas[k].pairs
    return {(i, j) for i in range(n) for j in range(m) if bool(pairs.at(i, j))}


def matchings(problem: Problem) -> Iterator[frozenset[Pair]]:
    """Yield every set of pairs that obeys all capacities, demands, minimums and quotas."""
    n, m = problem.shape
    possible = steps(problem)
    capacity, least = problem.mentor_capacity.tolist(), problem.mentor_minimum.tolist()
    demand, need = problem.mentee_demand.tolist(), problem.mentee_minimum.tolist()
    quotas = [
        (members(problem, k), quota.at_least, quota.at_most)
        for k, quota in enumerate(problem.quotas)
    ]

    def rows(i: int, chosen: frozenset[Pair], load: tuple[int, ...]) -> Iterator[frozenset[Pair]]:
        if i == n:
            if all(load[j] >= least[j] for j in range(m)) and all(
                low <= len(chosen & inside) and (high is None or len(chosen & inside) <= high)
                for inside, low, high in quotas
            ):
                yield chosen
            return
        open_to = [j for j in range(m) if (i, j) in possible and load[j] < capacity[j]]
        for size in range(need[i], min(demand[i], len(open_to)) + 1):
            for mentors in combinations(open_to, size):
                fuller = tuple(load[j] + (j in mentors) for j in range(m))
                yield from rows(i + 1, chosen | {(i, j) for j in mentors}, fuller)

    yield from rows(0, frozenset(), (0,) * m)


def worths(problem: Problem, objective: str) -> dict[frozenset[Pair], tuple[int, int]]:
    """Return every matching with what it is worth.

    That is the number of mentees matched (0 if the objective does not count it), and the total.
    """
    known, count = steps(problem), objective == "most people"
    return {
        pairs: (len({i for i, _ in pairs}) if count else 0, sum(known[pair] for pair in pairs))
        for pairs in matchings(problem)
    }


def best(problem: Problem, objective: str) -> tuple[int, int] | None:
    """Return what the best matching is worth, or None if no matching obeys every rule."""
    return max(worths(problem, objective).values(), default=None)


def possible(problem: Problem) -> bool:
    """Say whether any matching obeys every rule."""
    return next(matchings(problem), None) is not None


def staged(problem: Problem, stages: tuple[str, ...]) -> dict[frozenset[Pair], tuple[object, ...]]:
    """Return every matching with what it is worth in each stage, the most important first.

    Without any pair the lowest score is infinite; of two lists of scores the lower one at the first
    difference is worse, and one that ends there is better.
    """
    known = steps(problem)
    told = {pair for pair in known if bool(problem.announced.at(*pair))}

    aims = problem.aims
    reachable = {i for i, j in known if problem.mentor_capacity[j] and problem.mentee_demand[i]}
    circles: dict[int, set[int]] = {}
    for i in reachable:
        if aims.groups is not None and aims.groups[i] >= 0:
            circles.setdefault(int(aims.groups[i]), set()).add(i)

    def worth(pairs: frozenset[Pair], stage: str) -> object:
        matched = {i for i, _ in pairs}
        if stage in aims.counts:
            count = aims.counts[stage]
            firsts = 0 if count.mentees is None else sum(int(count.mentees[i]) for i in matched)
            return firsts + sum(w for one, w in count.sets for pair in pairs if bool(one.at(*pair)))
        if stage == "spread":
            loads = [sum(j == k for _, k in pairs) for j in range(problem.shape[1])]
            return -sum(k for load in loads for k in range(load))
        if stage == "share":
            shares = [Fraction(len(one & matched), len(one)) for one in circles.values()]
            return min(shares, default=Fraction(0))
        if stage == "mean":
            sums = [
                Fraction(sum(known[i, j] for i, j in pairs if i in one), len(one))
                for one in circles.values()
            ]
            return min((one // problem.mean_unit for one in sums), default=0)
        scores = [*sorted(known[pair] for pair in pairs), np.inf]
        if stage == "coverage":
            return len({i for i, _ in pairs})
        if stage == "kept":
            return len(pairs & told)
        if stage == "worst":
            return scores[0]
        return tuple(scores) if stage == "leximin" else sum(known[pair] for pair in pairs)

    return {pairs: tuple(worth(pairs, stage) for stage in stages) for pairs in matchings(problem)}
