"""What a search leaves behind tells prices, places and next best lists as all scores do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mentormatch.matching import moves as moves_module
from mentormatch.matching import remembered
from mentormatch.matching import warm as warm_module
from mentormatch.matching.alternatives import Alternative, alternatives
from mentormatch.matching.certificate import certify
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.place_values import value_of_place
from mentormatch.matching.price_of import price_of
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.second_best import second_best
from mentormatch.matching.solve import solve, solve_beside
from mentormatch.matching.solvers import large, search, tiles
from mentormatch.matching.warm import Warm
from strategies import OBJECTIVES


def plain(seed: int) -> Problem:
    """Make an assignment of 10 to 24 people a side: ties or none, a matrix or encodings."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(10, 25, 2)
    places = rng.integers(0, 3, m) if seed % 2 else 1
    ban = Quota("apart", Pairs.between(rng.random(n) < 0.3, rng.random(m) < 0.3), at_most=0)
    quotas = [ban] if seed % 3 == 0 else []
    if seed % 4 == 3:
        fit = Encodings(rng.normal(size=(n, 4)), rng.normal(size=(m, 4)))
        return Problem(fit, mentor_capacity=places, quotas=quotas)
    scores = rng.integers(-2, rng.choice([3, 9, 1000]), (n, m)) / 8.0
    scores[rng.random((n, m)) < rng.choice([0, 0.3])] = -np.inf
    return Problem(scores, mentor_capacity=places, quotas=quotas)


def priced(problem: Problem, objective: str, first: int = 3) -> Matching:
    """Solve as if the problem were large, with few candidates."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LARGE", "DENSE", "LOWEST"):
            patch.setattr(large, name, 0)
        for name, size in (("FIRST", first), ("AGAIN", 4), ("MOST", 64)):
            patch.setattr(search, name, size)
        return solve(problem, objective)


@pytest.fixture
def _warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the prices of large matchings only by what is kept of them."""
    monkeypatch.setattr(moves_module, "HELD_PAIRS", 0)
    monkeypatch.setattr(moves_module, "WARM", 0)
    monkeypatch.setattr(warm_module, "KEEP", 3)
    monkeypatch.setattr(warm_module, "_FEW", (1, 4))


def test_no_pair_that_is_not_left_gains_more_than_is_said() -> None:
    """Of every mentee the pairs left, and a bound that holds for all others at the prices."""
    left_over = 0
    for seed in range(60):
        problem = plain(seed)
        matching = priced(problem, OBJECTIVES[seed % 2])
        left = remembered._LEFT.get(matching)
        if left is None:
            continue
        prices = matching.root_prices("total").mentors
        steps = problem.steps(np.arange(problem.shape[0]))
        for i in np.flatnonzero(problem.mentee_demand > 0).tolist():
            some = slice(left.ptr[i], left.ptr[i + 1])
            assert (steps[i, left.cols[some]] == left.worth[some]).all()
            gain = np.where(problem.mentor_capacity > 0, steps[i] - prices, -np.inf)
            gain[left.cols[some]] = -np.inf
            assert gain.max(initial=-np.inf) <= left.rest[i] or left.rest[i] == tiles.NOTHING
            if left.rest[i] == tiles.NOTHING:
                assert gain.max(initial=-np.inf) == -np.inf
            left_over += int((gain > -np.inf).sum())
    assert left_over > 500


@pytest.mark.usefixtures("_warm")
@pytest.mark.parametrize("keep", [True, False])
def test_what_a_search_leaves_tells_the_same_prices(keep: bool) -> None:
    """Prices of pairs and places are those of two full searches, whether anything is left."""
    asked = 0
    for seed in range(16):
        problem, objective = plain(seed), OBJECTIVES[seed % 2]
        matching = priced(problem, objective)
        if not keep:
            remembered._LEFT.pop(matching, None)
        moves = moves_module.moves_of(matching)
        if moves is None:
            continue
        assert isinstance(moves.network, Warm)
        rng = np.random.default_rng(seed)
        wanted = [tuple(rng.integers(problem.shape).tolist()) for _ in range(6)]
        wanted += list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))[:3]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(moves_module, "WARM", 2**17)
            patch.setattr(moves_module, "HELD_PAIRS", 2**22)
            whole = solve(problem, objective)
            said = [price_of(whole, i, j) for i, j in wanted]
            places, others = value_of_place(whole), second_best(whole)
        for one, price in zip(wanted, said, strict=True):
            found = price_of(matching, *one)
            assert repr(replace(found, moves=())) == repr(replace(price, moves=())), seed
        found_places = value_of_place(matching)
        for name in ("more", "more_people", "fewer", "fewer_people"):
            np.testing.assert_array_equal(getattr(found_places, name), getattr(places, name))
        np.testing.assert_array_equal(second_best(matching).cost, others.cost)
        asked += len(wanted)
    assert asked > 80


def test_an_id_is_found_among_many_and_a_list_is_nobody() -> None:
    """Asking for somebody who cannot be an id says that there is no such person."""
    matching = solve(Problem([[5, 1], [2, 3]], mentee_ids="ab", mentor_ids=[("x", 1), ("y", 2)]))
    assert price_of(matching, "a", ("y", 2)).possible
    with pytest.raises(Exception, match=r"no mentor \['x'\]"):
        price_of(matching, "a", ["x"])


def ends(matching: Matching) -> list[tuple[int, int]]:
    """Return the pairs."""
    return list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


def lists(found: tuple[Alternative, ...]) -> list[list[tuple[int, int]]]:
    """Return the pairs of each list."""
    return [list(zip(one.rows.tolist(), one.columns.tolist(), strict=True)) for one in found]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_next_best_lists_of_large_problems_are_those_of_small_ones(
    objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the next lists lose does not depend on whether all scores are held, ties and all."""
    monkeypatch.setattr(warm_module, "KEEP", 3)
    monkeypatch.setattr(warm_module, "_FEW", (1, 4))
    told = 0
    for seed in range(24):
        problem = plain(seed)
        matching = priced(problem, objective)
        if seed % 5 == 0:
            remembered._LEFT.pop(matching, None)
        with monkeypatch.context() as patch:
            patch.setattr(moves_module, "HELD_PAIRS", 0)
            if remembered.warm_of(matching) is None:
                continue
            found = alternatives(matching, 8)
            before = price_of(matching, 0, 0)
        said = alternatives(solve(problem, objective), 8)
        # Which of equally good lists comes first may differ.
        assert [one.cost for one in found] == [one.cost for one in said], seed
        assert [one.people for one in found] == [one.people for one in said], seed
        assert len({frozenset(one) for one in [*lists(found), ends(matching)]}) == len(found) + 1
        for one in found:
            assert problem.values_at(one.rows, one.columns)[1].all()
            load = np.bincount(one.columns, minlength=problem.shape[1])
            assert (load <= problem.mentor_capacity).all()
            assert (np.diff(one.rows) > 0).all()
        assert repr(before.cost) == repr(price_of(solve(problem, objective), 0, 0).cost)
        told += len(found)
    assert told > 100


def test_next_best_lists_come_to_an_end_where_few_pairs_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every list of a tiny problem is found once: with fewer pairs, and with more of no worth."""
    monkeypatch.setattr(moves_module, "HELD_PAIRS", 0)
    scores = [[2.0, 0.0], [0.0, -1.0]]
    for objective, many in (("most people", 6), ("highest total", 6)):
        found = alternatives(solve(Problem(scores), objective), 20)
        assert len(found) == many
        costs = [(one.people if objective == "most people" else 0, one.cost) for one in found]
        assert costs == sorted(costs)
        assert len(set(map(frozenset, lists(found)))) == many


def test_prices_of_other_scores_to_begin_with_change_no_pair() -> None:
    """Beginning at the prices of a list under other scores gives what a search of its own does."""
    moved = 0
    for seed in range(40):
        problem = plain(seed)
        rng = np.random.default_rng(seed + 500)
        if isinstance(problem.scores, Encodings):
            left = problem.scores.mentees * rng.choice([0.5, 1.0, 2.0], 4)
            other = replace(problem, scores=Encodings(left, problem.scores.mentors))
        else:
            other = replace(problem, scores=problem.scores + rng.integers(0, 3, problem.shape))
        objective = OBJECTIVES[seed % 2]
        near, cold = priced(problem, objective), priced(other, objective)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("LARGE", "DENSE", "LOWEST"):
                patch.setattr(large, name, 0)
            found = solve_beside(other, near)
        assert ends(found) == ends(cold), seed
        assert certify(other, found).optimal
        moved += ends(near) != ends(cold)
    assert moved > 20


def test_prices_to_begin_with_end_where_nobody_is_left_to_match() -> None:
    """Where locks settle everybody, no price of another list stands in the proof."""
    problem = Problem([[3.0, 1.0], [3.0, 1.0]])
    locks = [Quota(f"lock {i}", Pairs.listed([(i, i)]), at_least=1) for i in (0, 1)]
    locked = replace(problem, mentor_capacity=2, quotas=locks)
    near = priced(problem, "highest total")
    assert near.mentor_prices.any()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LARGE", "DENSE", "LOWEST"):
            patch.setattr(large, name, 0)
        found = solve_beside(locked, near)
    assert certify(locked, found).optimal


@pytest.mark.usefixtures("_warm")
def test_a_path_may_need_more_pairs_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is forgotten between paths, not within one, which would never end."""
    problem = plain(1)
    found = []
    for most in (1, 64):
        monkeypatch.setattr(warm_module, "KEEP", 1)
        monkeypatch.setattr(warm_module, "MOST", most)
        matching = priced(problem, "highest total")
        found.append([repr(price_of(matching, 0, j)) for j in range(problem.shape[1])])
    assert found[0] == found[1]


@pytest.mark.usefixtures("_warm")
def test_a_place_held_in_one_list_is_not_forgotten_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read where a mentor's place is taken holds where it is free again."""
    monkeypatch.setattr(warm_module, "KEEP", 1)
    scores = [[-2, -1, -3, 19], [-8, 0, 0, 5], [2, 0, 2, 7], [8, 1, 2, 0], [-3, -1, 4, -12]]
    found = alternatives(priced(Problem(np.array(scores) / 4), "most people", 24), 4)
    assert [one.total for one in found] == [7.75, 7.25, 7.0, 6.75]


def test_prices_that_differ_by_people_are_read_part_by_part() -> None:
    """Columns are put together only where prices lie near enough for float32, and none is lost."""
    warm = remembered.warm_of(solve(Problem(np.eye(6), mentor_capacity=[1, 1, 1, 1, 1, 0])))
    assert warm is not None
    prices = np.array([3, warm_module.PERSON + 1, 0, warm_module.PERSON, 2, 7])
    parts = warm._alike(prices, np.arange(6))
    assert [sorted(part.tolist()) for part in parts] == [[0, 2, 4], [1, 3]]
