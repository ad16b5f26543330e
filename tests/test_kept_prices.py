"""Prices split into people, announced pairs, aims and score are those of two full searches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import brute
from mentormatch.errors import InfeasibleError
from mentormatch.matching import moves as moves_module
from mentormatch.matching import network
from mentormatch.matching.aims import Aims
from mentormatch.matching.moves import moves_of
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.price_of import price_of
from mentormatch.matching.problem import Problem
from mentormatch.matching.second_best import second_best
from mentormatch.matching.solve import solve
from strategies import seeded_problem

STAGES = (
    ("coverage", "kept", "total"),
    ("kept", "total"),
    ("kept", "coverage", "total"),
    ("coverage", "own", "waited", "total"),
    ("own", "coverage", "kept", "total"),
)


def told(seed: int, *, bounded: bool = True) -> Problem:
    """Return a tiny problem with announced pairs, pairs that weigh 2, and mentees who weigh 3."""
    problem = seeded_problem(seed)
    n, m = problem.shape
    rng = np.random.default_rng(seed)
    announced, own = (
        Pairs.listed([(i, j) for i in range(n) for j in range(m) if rng.random() < 0.3])
        for _ in range(2)
    )
    waited = 3 * (rng.random(n) < 0.4)
    aims = Aims(counts={"own": [(own, 2), (announced, 1)], "waited": waited})
    quotas = problem.quotas if bounded else [one for one in problem.quotas if one.is_ban]
    return replace(problem, announced=announced, aims=aims, quotas=quotas)


def agrees(problem: Problem, stages: tuple[str, ...]) -> tuple[int, int]:
    """Assert that all prices are right; return how many pairs were asked, and had moves."""
    try:
        matching = solve(problem, stages)
    except InfeasibleError:
        return 0, 0
    every = brute.staged(problem, stages)
    chosen = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    second, places = second_best(matching), sorted(chosen)
    for i, j in np.ndindex(*problem.shape):
        used = (i, j) in chosen
        others = [worth for pairs, worth in every.items() if ((i, j) in pairs) != used]
        price = price_of(matching, i, j)
        assert price.possible == bool(others)
        if not others:
            continue
        lost = dict(zip(stages, np.subtract(every[chosen], max(others)).tolist(), strict=True))
        cost = float(np.ldexp(float(lost["total"]), -problem.bits))
        assert price.exact
        assert (price.people, price.kept) == (lost.get("coverage", 0), lost.get("kept", 0))
        assert price.cost == cost
        if used:
            k = places.index((i, j))
            assert second.exact[k]
            assert (second.people[k], second.kept[k]) == (price.people, price.kept)
            assert second.cost[k] == cost
            assert {name: int(one[k]) for name, one in second.aims.items()} == {
                name: lost[name] for name in stages if name in problem.aims.counts
            }
            firm = any(lost[name] for name in stages[:-1])
            assert second.tolerance[k] == (np.inf if firm else cost)
    size = problem.shape[0] * problem.shape[1]
    return size, size if moves_of(matching) is not None else 0


@pytest.mark.parametrize("stages", STAGES)
def test_prices_of_all_stages_equal_two_full_searches(stages: tuple[str, ...]) -> None:
    """With quotas, minimums and several mentors, the price of every pair is right in each stage."""
    asked = by_moves = 0
    for seed in range(30):
        some, moved = agrees(told(seed), stages)
        asked, by_moves = asked + some, by_moves + moved
    assert asked > 80
    assert by_moves > asked // 2


@pytest.mark.parametrize("stages", STAGES)
def test_no_problem_is_solved_anew_where_only_bans_bind(
    stages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without quotas that bind, chains of moves alone price every pair."""
    for module in ("price_of", "second_best"):
        monkeypatch.setattr(f"mentormatch.matching.{module}.solved_with", None)
    asked = sum(agrees(told(seed, bounded=False), stages)[0] for seed in range(30, 70))
    assert asked > 150


def test_rows_read_as_needed_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the scores are not all held, announced pairs and aims are priced alike."""
    monkeypatch.setattr(moves_module, "HELD_PAIRS", 0)
    monkeypatch.setattr(moves_module, "warm_of", lambda _: None)
    monkeypatch.setattr(network, "NEAR", 1)
    by_moves = 0
    for seed in range(30):
        by_moves += agrees(told(seed), STAGES[seed % len(STAGES)])[1]
    assert by_moves > 60


def test_units_that_would_not_be_exact_are_not_added_up() -> None:
    """Scores too large to be told apart from people in one number are priced by solving anew."""
    scores = np.array([[2.0**44, 1.0], [3.0, 2.0**43 + 1]])
    problem = Problem(scores, announced=Pairs.listed([(0, 1)]))
    matching = solve(problem, STAGES[0])
    assert moves_of(matching) is None
    agrees(problem, STAGES[0])


def test_a_pair_kept_at_the_cost_of_score_is_firm() -> None:
    """An announced pair that loses score says what is kept, and that no lower score parts it."""
    problem = Problem([[5.0, 1.0], [1.0, 5.0]], announced=Pairs.listed([(0, 1)]))
    found = second_best(solve(problem, STAGES[0]))
    assert found.kept.tolist() == [1, 1]
    assert found.cost.tolist() == [-8.0, -8.0]
    assert np.isinf(found.tolerance).all()
