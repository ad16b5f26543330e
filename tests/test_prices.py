"""What one pair or one place costs is exactly what solving the changed problem loses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import brute
from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching import moves as moves_module
from mentormatch.matching import nearby as nearby_module
from mentormatch.matching import network
from mentormatch.matching import warm as warm_module
from mentormatch.matching.alternatives import alternatives
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.place_values import value_of_place
from mentormatch.matching.price_of import PriceOf, price_of
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.remembered import suits_warm
from mentormatch.matching.result import Matching
from mentormatch.matching.second_best import second_best
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import large
from mentormatch.matching.warm import Warm
from strategies import OBJECTIVES, BlockAt, problems, seeded_problem

Ends = frozenset[tuple[int, int]]


def ends(matching: Matching) -> Ends:
    """Return the pairs of positions."""
    return frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


def moved(pairs: Ends, price: PriceOf) -> Ends:
    """Return the pairs once everybody has moved as a price says."""
    gone = {(who, left) for who, left, _ in price.moves if left is not None}
    come = {(who, got) for who, _, got in price.moves if got is not None}
    assert gone <= pairs
    assert not come & pairs
    return pairs - gone | come


def priced_right(matching: Matching) -> int:
    """Assert that every pair's price is that of two full searches; return how many were asked."""
    problem = matching.problem
    every, chosen = brute.worths(problem, matching.objective), ends(matching)
    best = every[chosen]
    n, m = problem.shape
    for i in range(n):
        for j in range(m):
            price = price_of(matching, i, j)
            assert price.used == ((i, j) in chosen)
            assert price.exact
            others = [worth for pairs, worth in every.items() if ((i, j) in pairs) != price.used]
            assert price.possible == bool(others)
            if not others:
                assert np.isnan(price.cost)
                assert price.moves == ()
                continue
            then = max(others)
            cost = float(np.ldexp(float(best[1] - then[1]), -problem.bits))
            assert (price.people, price.cost) == (best[0] - then[0], cost)
            new = moved(chosen, price)
            assert every[new] == then
            assert ((i, j) in new) != price.used
    return n * m


@pytest.mark.parametrize("start", [0, 200])
def test_prices_equal_two_full_searches_by_seed(start: int) -> None:
    """With capacities, minimums, bans, locks, quotas, several mentors: each price is right."""
    asked = 0
    for seed in range(start, start + 200):
        for objective in OBJECTIVES:
            try:
                matching = solve(seeded_problem(seed), objective)
            except InfeasibleError:
                continue
            asked += priced_right(matching)
    assert asked > 1500


@settings(max_examples=150)
@given(problems(4, several=False), st.sampled_from(OBJECTIVES))
def test_prices_equal_two_full_searches(problem: Problem, objective: str) -> None:
    """Whatever the problem, the price of a pair is the difference of two full searches."""
    try:
        matching = solve(problem, objective)
    except InfeasibleError:
        return
    priced_right(matching)


def plain(seed: int, largest: int = 14) -> Problem:
    """Make an assignment with ties, gaps, places and bans, scores handed out row by row."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, largest, 2)
    scores = rng.integers(0, rng.choice([3, 9, 1000]), (n, m)) / 8.0
    scores[rng.random((n, m)) < rng.choice([0, 0.4])] = -np.inf
    ban = Quota("apart", Pairs.between(rng.random(n) < 0.3, rng.random(m) < 0.3), at_most=0)
    return Problem(BlockAt(scores), mentor_capacity=rng.integers(0, 4, m), quotas=[ban])


def as_if_large(monkeypatch: pytest.MonkeyPatch, near: int, *, warm: bool = False) -> None:
    """Let every network read its rows as it needs them, and keep only a few moves of each."""
    monkeypatch.setattr(moves_module, "HELD_PAIRS", 0)
    if not warm:
        monkeypatch.setattr(moves_module, "warm_of", lambda _: None)
    monkeypatch.setattr(warm_module, "KEEP", near)
    monkeypatch.setattr(network, "NEAR", near)
    monkeypatch.setattr(network, "_STORE", 20)
    monkeypatch.setattr(network, "_AHEAD", 1)


@pytest.mark.parametrize("near", [1, 3])
def test_rows_read_as_needed_tell_the_same(near: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices, and who moves, do not depend on whether all scores are held, nor on what is kept."""
    asked = 0
    for seed in range(25):
        problem = plain(seed)
        n, m = problem.shape
        for objective in OBJECTIVES:
            whole = solve(problem, objective)
            wanted = [(i, j) for i in range(n) for j in range(m)]
            said = [price_of(whole, i, j) for i, j in wanted]
            places = value_of_place(whole)
            with monkeypatch.context() as patch:
                as_if_large(patch, near)
                large = solve(problem, objective)
                order = np.random.default_rng(seed).permutation(len(wanted)).tolist()
                again = {wanted[k]: price_of(large, *wanted[k]) for k in order}
                values = value_of_place(large)
                made = moves_module.moves_of(large)
            assert made is not None
            assert isinstance(made.network, network.Network)
            assert made.network.gains is None
            # NaN is no equal of itself.
            assert [repr(again[one]) for one in wanted] == [repr(one) for one in said], seed
            for name in ("more", "more_people", "fewer", "fewer_people", "exact"):
                np.testing.assert_array_equal(getattr(values, name), getattr(places, name))
            asked += len(wanted)
    assert asked > 1000


def warm_tells_the_same(problem: Problem, objective: str, keep: int) -> int:
    """Assert that few pairs kept tell the same as all; return how many prices were asked."""
    n, m = problem.shape
    wanted = [(i, j) for i in range(n) for j in range(m)]
    whole = solve(problem, objective)
    said = {one: price_of(whole, *one) for one in wanted}
    places = value_of_place(whole)
    with pytest.MonkeyPatch.context() as patch:
        as_if_large(patch, keep, warm=True)
        large = solve(problem, objective)
        first = value_of_place(large) if keep % 2 else None
        order = np.random.default_rng(n + 31 * m).permutation(len(wanted)).tolist()
        again = {wanted[k]: price_of(large, *wanted[k]) for k in order}
        values = [value_of_place(large), *([first] if first else [])]
        made = moves_module.moves_of(large)
    assert made is not None
    assert isinstance(made.network, Warm)
    chosen = ends(large)
    for one, price in again.items():
        assert repr(replace(price, moves=())) == repr(replace(said[one], moves=()))
        if not price.possible:
            continue
        new = moved(chosen, price)
        assert (one in new) != price.used
        i, j = np.array(sorted(new), np.int64).reshape(-1, 2).T
        scores, possible = problem.values_at(i, j)
        assert possible.all()
        assert (np.bincount(j, minlength=m) <= problem.mentor_capacity).all()
        assert (np.bincount(i, minlength=n) <= problem.mentee_demand).all()
        assert np.ldexp(float(whole.score_steps - scores.sum()), -problem.bits) == price.cost
        assert price.people == (whole.coverage - len(new) if objective == "most people" else 0)
    for value in values:
        for name in ("more", "more_people", "fewer", "fewer_people", "exact"):
            np.testing.assert_array_equal(getattr(value, name), getattr(places, name))
    return len(wanted)


@pytest.mark.parametrize("keep", [1, 2, 3, 8])
def test_few_pairs_kept_tell_the_same(keep: int) -> None:
    """What is kept of a large matching prices every pair and place as all scores do."""
    asked = 0
    for seed in range(100 * keep, 100 * keep + 8):
        for objective in OBJECTIVES:
            asked += warm_tells_the_same(plain(seed), objective, keep)
    assert asked > 400


@settings(max_examples=60)
@given(
    problems(6, with_quotas=False, minimums=False, several=False),
    st.sampled_from(OBJECTIVES),
    st.integers(1, 4),
)
def test_few_pairs_kept_tell_the_same_of_any(problem: Problem, objective: str, keep: int) -> None:
    """Whatever the assignment, what is kept of it prices every pair and place right."""
    if min(problem.shape) and suits_warm(problem):
        warm_tells_the_same(problem, objective, keep)


def test_few_pairs_of_encodings_tell_the_same() -> None:
    """Scores that are inner products, some mentors full and some closed: the same prices."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        n, m = (30, 20) if seed % 2 else (18, 24)
        fit = Encodings(rng.normal(size=(n, 5)), rng.normal(size=(m, 5)))
        apart = ~Pairs.same(rng.integers(0, 3, n), rng.integers(0, 3, m))
        ban = Quota("closed", apart, at_most=0)
        places = rng.integers(0, 3, m)
        problem = Problem(fit, places, minimum_score=-1.0, quotas=[ban] if seed > 2 else [])
        for objective in OBJECTIVES:
            warm_tells_the_same(problem, objective, 4)


@pytest.mark.parametrize("warm", [False, True])
def test_only_a_few_rows_are_read_for_a_price(warm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large cohort the price of a pair is found without the scores of most people."""
    rng = np.random.default_rng(3)
    scores = BlockAt(rng.integers(0, 2**20, (300, 300)) / 2**20)
    problem = Problem(scores)
    matching = solve(problem)
    as_if_large(monkeypatch, 16, warm=warm)
    monkeypatch.setattr("mentormatch.matching.problem._CELLS", 0)
    read: list[int] = []
    block = scores.block
    monkeypatch.setattr(scores, "block", lambda rows: read.extend(rows) or block(rows))
    assert moves_module.moves_of(matching) is not None
    if warm:
        assert not read  # until the first price is asked for
        price_of(matching, *sorted(ends(matching))[5])
        assert 0 < len(read) == len(set(read))
    read.clear()
    dearer = 0
    for i, j in sorted(ends(matching))[:5]:
        dearer += price_of(matching, i, j).cost > 0
    assert dearer == 5
    assert len(read) < 300
    assert warm or read


@pytest.mark.parametrize("warm", [False, True])
def test_who_comes_first_in_the_sheet_changes_no_price(
    warm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shuffled rows and columns give the same prices and the same moves, ties and all."""
    if warm:
        as_if_large(monkeypatch, 2, warm=True)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scores = rng.integers(0, 3, (6, 5)).astype(float)
        places = rng.integers(0, 3, 5)
        a, b = rng.permutation(6), rng.permutation(5)
        one = solve(Problem(scores, mentor_capacity=places))
        other = solve(
            Problem(
                scores[np.ix_(a, b)],
                mentor_capacity=places[b],
                mentee_ids=a.tolist(),
                mentor_ids=b.tolist(),
            )
        )
        for i in range(6):
            for j in range(5):
                mine, yours = price_of(one, i, j), price_of(other, i, j)
                assert repr(mine.cost) == repr(yours.cost)
                assert sorted(map(str, mine.moves)) == sorted(map(str, yours.moves))
        lists = [
            [frozenset(map(str, other.pairs)) for other in alternatives(matching, 6)]
            for matching in (one, other)
        ]
        assert lists[0] == lists[1]


@settings(max_examples=60)
@given(problems(4, with_quotas=False, minimums=False), st.sampled_from(OBJECTIVES))
def test_scaled_scores_scale_the_prices(problem: Problem, objective: str) -> None:
    """Eight times the scores, eight times the cost; somebody whom nobody can have changes none."""
    matching = solve(problem, objective)
    n, m = problem.shape
    assume(n * m)
    alone = replace(
        problem,
        scores=np.vstack([problem.scores * 8, np.full((1, m), -np.inf)]),
        mentee_demand=np.append(problem.mentee_demand, 1),
        mentee_minimum=0,
        mentee_ids=None,
    )
    wider = solve(alone, objective)
    assert ends(wider) == ends(matching)
    mine, yours = second_best(matching), second_best(wider)
    np.testing.assert_array_equal(mine.cost * 8, yours.cost)
    np.testing.assert_array_equal(mine.people, yours.people)


def test_a_ban_or_a_lock_is_named() -> None:
    """What is impossible says which rule makes it so, as far as one rule does."""
    quotas = [
        Quota("they are related", Pairs.listed([(0, 0)]), at_most=0),
        Quota("promised", Pairs.listed([(1, 1)]), at_least=1),
    ]
    matching = solve(Problem([[5, 1], [2, 3]], quotas=quotas, mentee_ids="ab", mentor_ids="xy"))
    for pair, used, rules in (
        ("ax", False, ("they are related",)),
        ("by", True, ("promised",)),
        ("bx", False, ()),
    ):
        price = price_of(matching, *pair)
        assert (price.possible, price.used, price.rules) == (False, used, rules)
        assert np.isnan(price.cost)
    for pair, who in (("zx", "mentee 'z'"), ("az", "mentor 'z'")):
        with pytest.raises(ProblemError, match=who):
            price_of(matching, *pair)


def test_too_large_a_problem_with_quotas_gets_a_lower_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where quotas stand in the way and solving anew would be long, the cost is the least."""
    monkeypatch.setattr("mentormatch.matching.price_of.ANEW", 0)
    vague = 0
    for seed in range(120):
        problem = seeded_problem(seed)
        try:
            matching = solve(problem)
        except InfeasibleError:
            continue
        if moves_module.moves_of(matching) is None:
            continue
        every, chosen = brute.worths(problem, "most people"), ends(matching)
        for i, j in np.ndindex(*problem.shape):
            price = price_of(matching, i, j)
            others = [worth for pairs, worth in every.items() if ((i, j) in pairs) != price.used]
            if not price.exact and others:
                lost = (every[chosen][0] - max(others)[0], every[chosen][1] - max(others)[1])
                assert (price.people, np.ldexp(price.cost, problem.bits)) <= lost
                assert price.moves == ()
                vague += 1
    assert vague > 10


def changed(matching: Matching, j: int, by: int) -> Matching | None:
    """Solve with one place more or fewer at a mentor; None if no matching can do."""
    places = matching.problem.mentor_capacity.copy()
    places[j] += by
    if places[j] < matching.problem.mentor_minimum[j]:
        return None
    try:
        return solve(replace(matching.problem, mentor_capacity=places), matching.objective)
    except InfeasibleError:
        return None


def test_a_place_is_worth_what_solving_with_it_gains() -> None:
    """One place more or fewer at each mentor is worth the difference of two full solves."""
    asked = 0
    for seed in range(150):
        objective = OBJECTIVES[seed % 2]
        try:
            matching = solve(seeded_problem(seed), objective)
        except InfeasibleError:
            continue
        values, counts = value_of_place(matching), "coverage" in matching.stages
        assert values.exact.all()
        for j in range(matching.problem.shape[1]):
            more, fewer = changed(matching, j, 1), changed(matching, j, -1)
            assert more is not None
            assert values.more[j] == more.total - matching.total
            assert values.more_people[j] == counts * (more.coverage - matching.coverage)
            if fewer is None:
                assert np.isnan(values.fewer[j])
                continue
            assert values.fewer[j] == matching.total - fewer.total
            assert values.fewer_people[j] == counts * (matching.coverage - fewer.coverage)
            asked += 1
    assert asked > 100


def test_a_quota_that_binds_only_with_one_place_more_counts() -> None:
    """A rule that the places made idle keeps a further place from being worth what it seems."""
    problem = Problem(
        [[0, 0], [0, 4], [2, 0]],
        mentor_capacity=[1, 0],
        quotas=[Quota("one", Pairs.between([True, True, False], [True, True]), at_most=1)],
    )
    matching = solve(problem)
    values, wider = value_of_place(matching), changed(matching, 1, 1)
    assert values.exact.all()
    assert wider is not None
    assert (values.more[1], values.more_people[1]) == (wider.total - matching.total, 1)
    assert (values.fewer[0], values.fewer_people[0]) == (matching.total, 1)


def test_places_of_a_problem_with_quotas_too_large_to_solve_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then one place more is worth at most, and one fewer costs at least, what is said."""
    monkeypatch.setattr("mentormatch.matching.place_values._SMALL", 0)
    vague = 0
    for seed in range(150):
        try:
            matching = solve(seeded_problem(seed), "highest total")
        except InfeasibleError:
            continue
        values = value_of_place(matching)
        for j in np.flatnonzero(~values.exact & ~np.isnan(values.more)).tolist():
            more, fewer = changed(matching, j, 1), changed(matching, j, -1)
            assert more is not None
            assert values.more[j] >= more.total - matching.total
            if fewer is not None:
                assert values.fewer[j] <= matching.total - fewer.total
            vague += 1
    assert vague > 5


def test_a_pair_stays_until_its_score_falls_by_the_tolerance() -> None:
    """One step less than the tolerance off the score and the pair stays, one more and it goes."""
    stayed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scores = rng.integers(0, 30, (5, 4)).astype(float)
        matching = solve(
            Problem(scores, mentor_capacity=rng.integers(1, 3, 4)), OBJECTIVES[seed % 2]
        )
        found = second_best(matching)
        for k, (i, j) in enumerate(sorted(ends(matching))):
            tolerance = found.tolerance[k]
            for step, stays in ((-1, True), (1, False)):
                lower = scores.copy()
                lower[i, j] -= 1000 if np.isinf(tolerance) else tolerance + step
                other = solve(replace(matching.problem, scores=lower), matching.objective)
                assert ((i, j) in ends(other)) == (stays or bool(np.isinf(tolerance)))
            stayed += 1
    assert stayed > 100


def ranked_right(matching: Matching, k: int) -> int:
    """Assert that the alternatives are the next best of all matchings; return how many."""
    every, chosen = brute.worths(matching.problem, matching.objective), ends(matching)
    rest = sorted((worth for pairs, worth in every.items() if pairs != chosen), reverse=True)
    found = alternatives(matching, k)
    made = [frozenset(zip(one.rows.tolist(), one.columns.tolist(), strict=True)) for one in found]
    assert len({chosen, *made}) == len(made) + 1
    assert [every[one] for one in made] == rest[:k]
    for one in found:
        total = float(np.ldexp(float(every[frozenset(one.pairs)][1]), -matching.problem.bits))
        assert one.total == total
        assert one.cost == matching.total - total
        assert one.people == matching.coverage - one.coverage
        assert one.changes
    return len(found)


def test_alternatives_are_the_next_best_of_all_matchings() -> None:
    """With capacities, minimums, bans, locks and several mentors, all are found, in order."""
    asked = 0
    for seed in range(120):
        problem = seeded_problem(seed)
        kept = [one for one in problem.quotas if one.is_ban or moves_module.lock_of(one)]
        try:
            matching = solve(replace(problem, quotas=kept), OBJECTIVES[seed % 2])
        except InfeasibleError:
            continue
        asked += ranked_right(matching, 7)
    assert asked > 300


def test_alternatives_among_a_few_people_are_the_next_best_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who cannot be part of a list that loses so little is left out, and no list is missed."""
    used: list[nearby_module.Nearby | None] = []
    near = nearby_module.nearby_of

    def noted(matching: Matching) -> nearby_module.Nearby | None:
        used.append(near(matching))
        return used[-1]

    monkeypatch.setattr("mentormatch.matching.alternatives.fits_whole", lambda _: False)
    monkeypatch.setattr("mentormatch.matching.alternatives.warm_of", lambda _: None)
    monkeypatch.setattr("mentormatch.matching.alternatives.nearby_of", noted)
    asked = 0
    for seed in range(120, 200):
        problem = seeded_problem(seed)
        kept = [one for one in problem.quotas if one.is_ban or moves_module.lock_of(one)]
        try:
            with monkeypatch.context() as patch:
                patch.setattr(large, "LARGE", seed % 3 * 10**6)
                matching = solve(replace(problem, quotas=kept), OBJECTIVES[seed % 2])
        except InfeasibleError:
            continue
        asked += ranked_right(matching, 5)
    assert asked > 150
    assert sum(one is not None for one in used) > 30


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("keep", [2, 8])
def test_alternatives_among_a_few_people_lose_what_all_would(
    objective: str, keep: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With locks, minimums, bans, places and several mentors, in a matrix and in encodings."""
    rng = np.random.default_rng(keep)
    monkeypatch.setattr(nearby_module, "_KEEP", keep)
    for several in (1, 2):
        n, m = 60, 45
        one, other = rng.normal(size=(n, 6)), rng.normal(size=(m, 6))
        apart = Pairs.between(rng.random(n) < 0.3, rng.random(m) < 0.3)
        for fit in (Encodings(one, other), np.round(one @ other.T, 1)):
            problem = Problem(
                fit,
                mentor_capacity=rng.integers(1, 4, m) * several,
                mentor_minimum=(rng.random(m) < 0.3).astype(int),
                mentee_demand=rng.integers(1, several + 1, n),
                quotas=[
                    Quota("apart", apart & ~Pairs.listed([(0, 0)]), at_most=0),
                    Quota("locked", Pairs.listed([(0, 0)]), at_least=1),
                ],
            )
            with monkeypatch.context() as patch:
                patch.setattr(large, "LARGE", 0)
                matching = solve(problem, objective)
            near = nearby_module.nearby_of(matching)
            assert near is not None
            part = near.within(near.limit(4))
            assert part is not None
            said = alternatives(matching, 4)
            with monkeypatch.context() as patch:
                patch.setattr("mentormatch.matching.alternatives.fits_whole", lambda _: False)
                patch.setattr("mentormatch.matching.alternatives.warm_of", lambda _: None)
                found = alternatives(matching, 4)
            assert [x.cost for x in found] == [x.cost for x in said]
            assert [x.people for x in found] == [x.people for x in said]


def test_alternatives_under_quotas_are_the_next_best_of_all_matchings() -> None:
    """Where rules bind sets of pairs, the next best matchings are found by solving."""
    asked = 0
    for seed in range(60):
        try:
            matching = solve(seeded_problem(seed), OBJECTIVES[seed % 2])
        except InfeasibleError:
            continue
        asked += ranked_right(matching, 3)
    assert asked > 60


def test_alternatives_come_to_an_end() -> None:
    """Fewer come back where there are no more, and senseless wishes are errors."""
    matching = solve(Problem([[2.0, 1.0]]))
    assert [one.pairs for one in alternatives(matching, 9)] == [((0, 1),), ()]
    assert "1 changes" in repr(alternatives(matching, 1)[0])
    assert alternatives(solve(Problem(np.zeros((0, 3)))), 4) == ()
    assert alternatives(solve(Problem(np.zeros((3, 0)))), 4) == ()
    with pytest.raises(ValueError, match="at least 1"):
        alternatives(matching, 0)


def test_alternatives_of_large_problems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where moves are not all held, or quotas would mean long solves, that is said."""
    monkeypatch.setattr(moves_module, "HELD_PAIRS", 0)
    with pytest.raises(ProblemError, match="too large"):
        alternatives(solve(Problem(np.eye(3), mentee_minimum=1)))
    monkeypatch.setattr("mentormatch.matching.alternatives.ANEW", 0)
    few = Quota("few", Pairs.everyone(), at_most=1)
    with pytest.raises(ProblemError, match="with quotas"):
        alternatives(solve(Problem(np.eye(3), quotas=[few])))


def test_second_best_of_some_pairs_alone() -> None:
    """Asked for some pairs, only those are priced, and wrong places are an error."""
    matching = solve(Problem(np.arange(16.0).reshape(4, 4) ** 2))
    every, some = second_best(matching), second_best(matching, [2])
    assert some.cost[2] == every.cost[2]
    assert some.exact.tolist() == [False, False, True, False]
    assert np.isnan(np.delete(some.cost, 2)).all()
    with pytest.raises(ProblemError, match="from 0 to 3"):
        second_best(matching, [4])
