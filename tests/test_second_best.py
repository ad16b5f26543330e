"""The price of every pair is exactly what the best matching without it has less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from mentormatch.errors import InfeasibleError
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.second_best import second_best
from mentormatch.matching.solve import solve
from strategies import OBJECTIVES, problems, seeded_problem


def without(problem: Problem, i: int, j: int) -> Problem:
    """Return the problem with one pair banned."""
    ban = Quota("without", Pairs.listed([(i, j)]), at_most=0)
    return replace(problem, quotas=[*problem.quotas, ban])


def agrees(matching: Matching) -> int:
    """Assert that every price is that of two brute-force solves; return how many were exact."""
    problem, objective = matching.problem, matching.objective
    chosen = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    every = brute.worths(problem, objective)
    best = max(every.values())
    assert every[chosen] == best
    found = second_best(matching)
    assert len(found.cost) == len(found.mentor) == len(matching)
    for k, (i, j) in enumerate(sorted(chosen)):
        others = {pairs: worth for pairs, worth in every.items() if (i, j) not in pairs}
        if not others:
            assert not found.exact[k]
            assert np.isnan(found.cost[k])
            assert found.mentor[k] == -1
            continue
        other = max(others.values())
        assert found.exact[k]
        assert not found.locked[k]
        cost = float(np.ldexp(float(best[1] - other[1]), -problem.bits))
        assert (int(found.people[k]), float(found.cost[k])) == (best[0] - other[0], cost)
        had = {b for a, b in chosen if a == i}
        instead = int(found.mentor[k])
        assert any(
            instead in new if instead >= 0 else not new
            for pairs, worth in others.items()
            if worth == other
            for new in [{b for a, b in pairs if a == i} - had]
        )
    return int(found.exact.sum())


@pytest.mark.parametrize("start", [0, 150])
def test_prices_of_pairs_by_seed_equal_two_brute_force_solves(start: int) -> None:
    """With quotas, minimums and several mentors, each price and each next mentor is right."""
    exact = 0
    for seed in range(start, start + 150):
        try:
            matching = solve(seeded_problem(seed), OBJECTIVES[seed % 2])
        except InfeasibleError:
            continue
        exact += agrees(matching)
    assert exact > 150


@settings(max_examples=150)
@given(problems(4, with_quotas=False, several=False), st.sampled_from(OBJECTIVES))
def test_prices_of_pairs_in_assignments(problem: Problem, objective: str) -> None:
    """Where shortest chains alone give the price, it is right whatever the problem."""
    try:
        matching = solve(problem, objective)
    except InfeasibleError:
        return
    agrees(matching)


@pytest.mark.parametrize("scale", [2.0**38, 1e17, 1e-9])
def test_prices_of_pairs_at_any_scale(scale: float) -> None:
    """Very large and very small scores leave the prices exact."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scores = rng.random((4, 3)) * scale
        if scale == 2.0**38:
            scores = np.rint(scores)
        agrees(solve(Problem(scores, mentor_capacity=[1, 2, 1]), OBJECTIVES[seed % 2]))


def test_one_more_person_may_be_worth_a_lower_total() -> None:
    """A pair whose loss costs a place, not score, says so: fewer people, negative cost."""
    matching = solve(Problem([[9, 1], [8, -np.inf]]))
    found = second_best(matching)
    assert matching.columns.tolist() == [1, 0]
    assert found.people.tolist() == [1, 1]
    assert found.cost.tolist() == [0.0, 0.0]
    assert found.mentor.tolist() == [0, -1]


def test_a_locked_pair_has_no_price() -> None:
    """Nothing can do without a locked pair, so it is marked and not priced."""
    lock = Quota("together", Pairs.listed([(0, 0)]), at_least=1)
    found = second_best(solve(Problem([[1, 9], [2, 3]], quotas=[lock])))
    assert found.locked.tolist() == [True, False]
    assert np.isnan(found.cost[0])
    assert found.exact.tolist() == [False, True]
    assert found.cost[1] == 3


def test_a_pair_that_a_minimum_needs_has_no_price() -> None:
    """Where every rule together forces a pair, there is no matching without it."""
    found = second_best(solve(Problem([[1.0]], mentor_minimum=1)))
    assert np.isnan(found.cost[0])
    assert (found.exact[0], found.locked[0], found.mentor[0]) == (False, False, -1)


def test_no_pairs_have_no_prices() -> None:
    """An empty matching has an empty answer."""
    for shape in [(0, 0), (0, 2), (2, 0)]:
        assert len(second_best(solve(Problem(np.zeros(shape)))).cost) == 0


def test_a_large_problem_with_quotas_gives_exact_prices_or_lower_bounds() -> None:
    """Beyond 20 000 cells a price is exact or the least possible, and says which."""
    rng = np.random.default_rng(5)
    ours, theirs = rng.integers(0, 4, 160), rng.integers(0, 4, 130)
    problem = Problem(
        rng.integers(0, 1000, (160, 130)).astype(float),
        quotas=[Quota("few away", ~Pairs.same(ours, theirs), at_most=40)],
    )
    matching = solve(problem)
    found = second_best(matching)
    assert found.exact.any()
    sure, bounded = np.flatnonzero(found.exact)[:3], np.flatnonzero(~found.exact)[:3]
    assert len(bounded)
    for k in [*sure.tolist(), *bounded.tolist()]:
        other = solve(without(problem, int(matching.rows[k]), int(matching.columns[k])))
        truth = (matching.coverage - other.coverage, matching.total - other.total)
        said = (int(found.people[k]), float(found.cost[k]))
        assert said == truth if found.exact[k] else said <= truth


def test_half_a_step_is_no_price() -> None:
    """Where a linear program is fractional, whole-number scores still have whole prices."""
    scores = [[1, 2, 5, 0], [0, 3, 0, 4], [2, 4, 1, 5]]
    some = Pairs.between([True, False, True], [True, True, True, False])
    others = Pairs.between([True] * 3, [True, False, True, True])
    quotas = [Quota("a", some, at_most=1), Quota("b", others, at_most=1)]
    found = second_best(solve(Problem(scores, quotas=quotas), "highest total"))
    assert found.exact.all()
    assert (found.cost >= 0).all()
    assert (found.cost == np.rint(found.cost)).all()
