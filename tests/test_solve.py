"""The solver finds the best matching: brute force, SciPy, networkx and HiGHS say so too."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

import brute
from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.certificate import Split, certify
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from strategies import OBJECTIVES, Block, BlockAt, problems, seeded_problem

NO = -np.inf
objectives = pytest.mark.parametrize("objective", OBJECTIVES)


def agrees(problem: Problem, objective: str) -> Matching | None:
    """Assert that `solve` does what brute force does; return its answer."""
    every = brute.worths(problem, objective)
    if not every:
        with pytest.raises(InfeasibleError) as caught:
            solve(problem, objective)
        assert caught.value.diagnosis.conflict
        return None
    matching = solve(problem, objective)
    pairs = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    assert pairs in every
    assert every[pairs] == max(every.values())
    assert (matching.status, matching.gap) == ("optimal", 0)
    found = certify(problem, matching)
    assert (found.valid, found.optimal, found.gap, found.coverage_gap) == (True, True, 0, 0)
    return matching


def by_id(matching: Matching) -> set[tuple[Any, Any]]:
    """Return the pairs by id."""
    return set(zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True))


def two_triangles() -> Problem:
    """Return six pairs, two conflicting threes: the linear program takes half of each pair."""
    scores = np.full((6, 6), NO)
    np.fill_diagonal(scores, [5, 5, 5, 3, 3, 3])
    conflicts = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]
    return Problem(
        scores,
        quotas=[
            Quota(f"not both {a} and {b}", Pairs.listed([(a, a), (b, b)]), at_most=1)
            for a, b in conflicts
        ],
    )


# Against brute force


@pytest.mark.parametrize("start", range(0, 1500, 250))
def test_tiny_problems_by_seed_agree_with_brute_force(start: int) -> None:
    """On thousands of tiny problems the best is found, and impossible is said exactly then."""
    for seed in range(start, start + 250):
        agrees(seeded_problem(seed), OBJECTIVES[seed % 2])


@settings(max_examples=150)
@given(problems(), st.sampled_from(OBJECTIVES))
def test_tiny_problems_agree_with_brute_force(problem: Problem, objective: str) -> None:
    """Whatever small problem Hypothesis can think of, nobody finds a better matching."""
    agrees(problem, objective)


@settings(max_examples=150)
@given(problems(5, with_quotas=False, several=False, ties=True), st.sampled_from(OBJECTIVES))
def test_tied_assignments_agree_with_brute_force(problem: Problem, objective: str) -> None:
    """Ties, minimum loads and required mentees do not lead the assignment solver astray."""
    agrees(problem, objective)


@pytest.mark.parametrize(
    ("seed", "objective"),
    [
        (216, "most people"),
        (832, "most people"),
        (905, "highest total"),
        (1151, "highest total"),
        (1892, "most people"),
        (3659, "highest total"),
        (3814, "most people"),
    ],
)
def test_seeds_that_needed_a_proof_by_cases(seed: int, objective: str) -> None:
    """Problems whose linear program stays fractional are solved and proved all the same."""
    agrees(seeded_problem(seed), objective)


@objectives
def test_two_triangles_are_proved_by_cases(objective: str) -> None:
    """Where every linear bound is too high, the proof goes by cases, for each stage."""
    matching = agrees(two_triangles(), objective)
    assert matching is not None
    assert matching.total == 8
    assert all(isinstance(proof, Split) for proof in matching.proofs.values())


@objectives
@pytest.mark.parametrize("scale", [2.0**40, 1e13, 1e17, 1e-9, 1e-300, 1e300])
def test_any_scale_agrees_with_brute_force(scale: float, objective: str) -> None:
    """Very large and very small scores are matched as well as ordinary ones."""
    for seed in range(30):
        problem = seeded_problem(seed)
        rng = np.random.default_rng(seed)
        scores = np.where(
            np.isfinite(problem.scores), rng.random(problem.shape) * scale, problem.scores
        )
        agrees(replace(problem, scores=scores), objective)


@objectives
def test_huge_whole_scores_stay_exact(objective: str) -> None:
    """Whole scores near 2**45 that differ by one are told apart, with minimums and locks too."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        scores = np.float64(2**45) + rng.integers(0, 4, (3, 3))
        quotas = [Quota("locked", Pairs.listed([(0, int(rng.integers(3)))]), at_least=1)]
        problem = Problem(
            scores, mentor_minimum=[1, 0, 0], mentor_capacity=2, quotas=quotas * (seed % 2)
        )
        assert problem.bits == 0
        agrees(problem, objective)


# Against other solvers


def test_whole_scores_beyond_the_penalties_of_the_linear_program() -> None:
    """Quotas among scores near 4e13 once overflowed: the best is found, proved or not."""
    low, mid, high, top = 7696581394432.0, 23089744183296.0, 30786325577729.0, 38482906972160.0
    problem = Problem(
        [[high, low, low], [1, mid, NO], [low, top, 2]],
        mentor_capacity=[0, 3, 2],
        mentor_minimum=[0, 1, 0],
        quotas=[
            Quota(
                "two of these",
                Pairs.cells([1, 0, 1], [0, 1, 0], [[True, False], [False, True]]),
                at_least=2,
            ),
            Quota("one of those", Pairs.between([True, True, False], [True, True, False]), 0, 1),
        ],
    )
    for objective in OBJECTIVES:
        known = brute.best(problem, objective)
        assert known is not None
        matching = solve(problem, objective)
        assert matching.total == known[1]
        assert certify(problem, matching).valid


@pytest.mark.parametrize("shape", [(50, 50), (80, 40), (40, 80)])
@pytest.mark.parametrize("kind", ["float", "whole", "coarse"])
def test_middling_assignments_agree_with_scipy(shape: tuple[int, int], kind: str) -> None:
    """A full matrix gets SciPy's total: exactly if whole, else within the stated rounding."""
    rng = np.random.default_rng(sum(shape))
    scores = {
        "float": rng.random(shape),
        "whole": rng.integers(1, 10**6, shape).astype(float),
        "coarse": rng.integers(1, 4, shape).astype(float),
    }[kind]
    best = scores[linear_sum_assignment(scores, maximize=True)].sum()
    for objective in OBJECTIVES:
        matching = solve(Problem(scores), objective)
        assert len(matching) == min(shape)
        if kind == "float":
            largest_digit = np.ceil(np.log2(scores.max()))
            assert abs(matching.total - best) <= min(shape) * 2.0 ** (largest_digit - 30)
        else:
            assert matching.total == best
        assert certify(matching.problem, matching).optimal


@pytest.mark.parametrize("seed", range(4))
def test_impossible_and_negative_scores_agree_with_scipy(seed: int) -> None:
    """With gaps, negative scores and places, both objectives get SciPy's coverage and total."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-30, 100, (45, 30)).astype(float)
    scores[rng.random(scores.shape) < 0.9] = NO
    capacity = rng.integers(0, 3, 30)
    places = np.repeat(np.arange(30), capacity)
    problem = Problem(scores, mentor_capacity=capacity)

    free = np.where(np.isfinite(scores), np.maximum(scores, 0), 0)[:, places]
    best = free[linear_sum_assignment(free, maximize=True)].sum()
    assert solve(problem, "highest total").total == best

    person = 10_000.0
    first = np.where(np.isfinite(scores), scores + person, 0)[:, places]
    rows, columns = linear_sum_assignment(first, maximize=True)
    made = first[rows, columns] > 0
    matching = solve(problem)
    assert matching.coverage == made.sum()
    assert matching.total == scores[:, places][rows[made], columns[made]].sum()


@pytest.mark.parametrize("seed", range(5))
def test_graphs_agree_with_networkx(seed: int) -> None:
    """Edmonds' algorithm in networkx finds the same coverage and the same total."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(1, 20, (14, 11)).astype(float)
    scores[rng.random(scores.shape) < 0.75] = NO
    graph = nx.Graph()
    for i, j in np.argwhere(np.isfinite(scores)).tolist():
        graph.add_edge(("mentee", i), ("mentor", j), weight=int(scores[i, j]))
    for objective in OBJECTIVES:
        made = nx.max_weight_matching(graph, maxcardinality=objective == "most people")
        matching = solve(Problem(scores), objective)
        assert matching.total == sum(graph.edges[edge]["weight"] for edge in made)
        if objective == "most people":
            assert matching.coverage == len(made)


def dense(problem: Problem, objective: str) -> tuple[int, float]:
    """Solve a problem with whole scores by one dense integer program a stage, without a gap."""
    n, m = problem.shape
    size = n * m
    index = np.arange(size).reshape(n, m)
    rows: list[np.ndarray] = []
    low: list[float] = []
    high: list[float] = []

    def add(positions: Any, least: float, most: float, covered: int | None = None) -> None:
        row = np.zeros(size + n)
        row[positions] = 1
        if covered is not None:
            row[size + covered] = -1
        rows.append(row)
        low.append(least)
        high.append(most)

    for i in range(n):
        add(index[i], problem.mentee_minimum[i], problem.mentee_demand[i])
        add(index[i], 0, np.inf, covered=i)
    for j in range(m):
        add(index[:, j], problem.mentor_minimum[j], problem.mentor_capacity[j])
    for quota in problem.quotas:
        mask = quota.pairs.block(range(n), m)
        add(index[mask], quota.at_least, np.inf if quota.at_most is None else quota.at_most)
    worth = np.where(np.isfinite(problem.scores), problem.scores, 0).ravel()
    top = np.concatenate([np.isfinite(problem.scores).ravel().astype(float), np.ones(n)])
    gain, cover = np.concatenate([worth, np.zeros(n)]), np.repeat([0.0, 1.0], [size, n])

    def best(value: np.ndarray) -> np.ndarray:
        found = milp(
            -value,
            integrality=np.ones(size + n),
            bounds=Bounds(0, top),
            constraints=LinearConstraint(np.array(rows), low, high),
            options={"mip_rel_gap": 0.0},
        )
        assert found.success
        return np.rint(found.x)

    if objective == "most people":
        covered = int(cover @ best(cover))
        rows.append(cover)
        low.append(covered)
        high.append(np.inf)
    x = best(gain)
    return int(x[:size].reshape(n, m).any(axis=1).sum()), float(gain @ x)


@objectives
@pytest.mark.parametrize("seed", range(3))
def test_middling_quotas_agree_with_a_dense_integer_program(seed: int, objective: str) -> None:
    """Twenty by fifteen with places, two mentors a mentee and quotas: HiGHS alone agrees."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 1000, (20, 15)).astype(float)
    scores[rng.random(scores.shape) < 0.3] = NO
    ours, theirs = rng.integers(0, 3, 20), rng.integers(0, 3, 15)
    problem = Problem(
        scores,
        mentor_capacity=rng.integers(1, 3, 15),
        mentee_demand=2,
        quotas=[
            Quota("away", ~Pairs.same(ours, theirs), at_most=6),
            Quota("lent", Pairs.between(ours != 0, theirs == 0), at_most=2),
            Quota("own", Pairs.between(ours == 1, theirs == 1), at_least=3),
        ],
    )
    matching = solve(problem, objective)
    covered, total = dense(problem, objective)
    assert matching.total == total
    if objective == "most people":
        assert matching.coverage == covered
    assert certify(problem, matching).optimal


# What prices mean


@settings(max_examples=100)
@given(problems(5, with_quotas=False, minimums=False, several=False))
def test_the_plain_formula_of_the_prices_gives_the_total(problem: Problem) -> None:
    """Without quotas, mentors' prices alone bound every matching, and the best one meets it."""
    scores = np.where(np.isfinite(problem.scores), np.rint(problem.scores * 7), problem.scores)
    problem = replace(problem, scores=scores)
    matching = solve(problem, "highest total")
    prices = matching.mentor_prices
    best = (scores - prices).max(axis=1, initial=0)
    assert (prices >= 0).all()
    assert best.sum() + (problem.mentor_capacity * prices).sum() == matching.total


@settings(max_examples=60)
@given(problems(4, with_quotas=False, minimums=False, several=False), st.sampled_from(OBJECTIVES))
def test_a_price_is_what_one_more_place_adds(problem: Problem, objective: str) -> None:
    """Solved again with one place more, the total rises by exactly that mentor's price."""
    scores = np.where(np.isfinite(problem.scores), np.rint(problem.scores * 7), problem.scores)
    if objective == "most people":
        scores = np.where(scores < 0, 0, scores) + np.where(np.isfinite(scores), 0, NO)
    problem = replace(problem, scores=scores)
    matching = solve(problem, objective)
    if objective == "most people" and (
        matching.coverage_price > 0 or matching.coverage < problem.shape[0]
    ):
        return
    for j, price in enumerate(matching.mentor_prices.tolist()):
        more = problem.mentor_capacity.copy()
        more[j] += 1
        again = solve(replace(problem, mentor_capacity=more), objective)
        assert again.total - matching.total == price


# What must not change the pairs


def crowd(seed: int, quotas: bool, spread: int = 3) -> Problem:
    """Return a tied problem of about ten a side, with ids."""
    rng = np.random.default_rng(seed)
    n, m = (int(size) for size in rng.integers(5, 12, 2))
    scores = rng.integers(0, spread, (n, m)).astype(float)
    scores[rng.random((n, m)) < 0.2] = NO
    ours, theirs = rng.integers(0, 3, n), rng.integers(0, 3, m)
    limits = [
        Quota("away", ~Pairs.same(ours, theirs), at_most=int(min(n, m) // 2)),
        Quota("banned", Pairs.listed([(0, 0), (1, 2)]), at_most=0),
        Quota("lent", Pairs.between(ours == 0, theirs != 0) | Pairs.listed([(2, 2)]), at_most=1),
    ]
    return Problem(
        scores,
        mentor_capacity=rng.integers(1, 3, m),
        quotas=limits if quotas else (),
        mentee_ids=[f"e{k}" for k in range(n)],
        mentor_ids=[f"o{k}" for k in range(m)],
    )


@objectives
@pytest.mark.parametrize("quotas", [False, True])
def test_the_order_of_people_changes_no_pair(quotas: bool, objective: str) -> None:
    """With many ties, shuffled rows and columns still give the same people to each other."""
    for seed in range(25):
        problem = crowd(seed, quotas)
        rng = np.random.default_rng(seed)
        rows, columns = rng.permutation(problem.shape[0]), rng.permutation(problem.shape[1])
        shuffled = Problem(
            problem.scores[np.ix_(rows, columns)],
            mentor_capacity=problem.mentor_capacity[columns],
            quotas=[
                replace(quota, pairs=quota.pairs.taken(rows, columns)) for quota in problem.quotas
            ],
            mentee_ids=[problem.mentee_ids[i] for i in rows],
            mentor_ids=[problem.mentor_ids[j] for j in columns],
        )
        assert by_id(solve(shuffled, objective)) == by_id(solve(problem, objective)), seed


@objectives
@pytest.mark.parametrize("quotas", [False, True])
def test_a_power_of_two_changes_no_pair(quotas: bool, objective: str) -> None:
    """Scores are relative: eight times, or an eighth, of every score is the same question."""
    for seed in range(12):
        problem = crowd(seed, quotas, spread=3 if seed % 2 else 50)
        if seed % 3 == 0:
            problem = replace(problem, scores=problem.scores / 7)
        known = by_id(solve(problem, objective))
        for factor in (8.0, 0.125):
            scaled = replace(problem, scores=problem.scores * factor)
            assert by_id(solve(scaled, objective)) == known, seed


@objectives
@pytest.mark.parametrize("quotas", [False, True])
def test_somebody_nobody_may_meet_changes_no_pair(quotas: bool, objective: str) -> None:
    """A mentee and a mentor without any possible partner leave the others' pairs alone."""
    for seed in range(12):
        problem = crowd(seed, quotas)
        n, m = problem.shape
        scores = np.full((n + 1, m + 1), NO)
        scores[1:, :-1] = problem.scores
        masks = [quota.pairs.block(range(n), m) for quota in problem.quotas]
        wider = Problem(
            scores,
            mentor_capacity=[*problem.mentor_capacity, 2],
            quotas=[
                replace(quota, pairs=Pairs.listed([(i + 1, j) for i, j in np.argwhere(mask)]))
                for quota, mask in zip(problem.quotas, masks, strict=True)
            ],
            mentee_ids=["nobody's mentee", *problem.mentee_ids],
            mentor_ids=[*problem.mentor_ids, "nobody's mentor"],
        )
        assert by_id(solve(wider, objective)) == by_id(solve(problem, objective)), seed


@objectives
def test_two_places_are_as_good_as_two_mentors(objective: str) -> None:
    """A mentor of two places, split into two of one place, gives the same coverage and total."""
    for seed in range(15):
        problem = crowd(seed, quotas=False)
        split = np.repeat(np.arange(problem.shape[1]), problem.mentor_capacity)
        single = solve(Problem(problem.scores[:, split]), objective)
        matching = solve(problem, objective)
        assert (single.coverage, single.total) == (matching.coverage, matching.total)


def test_the_seed_decides_ties_and_nothing_else() -> None:
    """The same seed gives the same pairs, other seeds other ones, all of the same total."""
    problem = Problem(np.ones((8, 8)))
    drawn = [by_id(solve(problem, seed=seed)) for seed in range(6)]
    assert drawn == [by_id(solve(problem, seed=seed)) for seed in range(6)]
    assert all(a != b for a, b in pairwise(drawn))
    assert {solve(problem, seed=seed).total for seed in range(6)} == {8.0}


def test_seeds_decide_ties_under_quotas_too() -> None:
    """The lottery is drawn among the best matchings that keep the quotas."""
    half = np.arange(6) < 3
    problem = Problem(np.ones((6, 6)), quotas=[Quota("few", Pairs.between(half, half), 0, 1)])
    drawn = [solve(problem, seed=seed) for seed in range(5)]
    assert len({frozenset(by_id(matching)) for matching in drawn}) == 5
    assert {matching.total for matching in drawn} == {6.0}


def test_the_lottery_favours_nobody() -> None:
    """Of three mentees who tie for one place, each wins about a third of 600 draws."""
    problem = Problem(np.ones((3, 1)), mentee_ids=["Åsa", "Bo", "Cecilia"])
    wins = np.bincount([int(solve(problem, seed=seed).rows[0]) for seed in range(600)])
    assert (wins > 150).all()


@pytest.mark.parametrize("quotas", [False, True])
def test_the_number_of_cores_changes_no_pair(quotas: bool) -> None:
    """One core, two or all: the same pairs."""
    problem = crowd(3, quotas)
    assert len({frozenset(by_id(solve(problem, n_jobs=jobs))) for jobs in (1, 2, -1)}) == 1


def test_plain_and_numpy_ids_draw_the_same_lots() -> None:
    """Ids from a NumPy array are the same ids as those from a list, whatever NumPy's version."""
    names = list("abcdef")
    plain = solve(Problem(np.ones((6, 6)), mentee_ids=names, mentor_ids=names))
    arrays = np.array(names)
    numpy = solve(Problem(np.ones((6, 6)), mentee_ids=arrays, mentor_ids=arrays))
    assert plain.columns.tolist() == numpy.columns.tolist()


# Score objects


@objectives
def test_a_score_object_is_as_good_as_a_matrix(
    objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object with `.shape` and `.block`, with or without `.at`, gets the matrix's pairs."""
    monkeypatch.setattr("mentormatch.matching.problem._CELLS", 0)  # the few are read once
    for seed in range(6):
        problem = crowd(seed, quotas=seed % 2 == 1)
        known = by_id(solve(problem, objective))
        for kind in (Block, BlockAt):
            scores = kind(problem.scores)
            other = replace(problem, scores=scores)
            matching = solve(other, objective)
            assert by_id(matching) == known
            assert certify(other, matching).optimal
        assert scores.asked > 0


def test_scores_of_an_object_that_are_too_large_are_refused() -> None:
    """Scores that have no exact total on the fine grid are an error, not a wrong answer."""
    for large in (1e17, 2.0**28):
        with pytest.raises(ProblemError, match="so large"):
            solve(Problem(Block([[large]])))


# At the edges


@objectives
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nobody_on_a_side_gives_an_empty_matching(shape: tuple[int, int], objective: str) -> None:
    """Without mentees or mentors there is nothing to match, and that is proved."""
    matching = agrees(Problem(np.zeros(shape)), objective)
    assert matching is not None
    assert (len(matching), matching.total) == (0, 0)
    assert len(matching.unmatched_mentees) == shape[0]
    assert len(matching.unmatched_mentors) == shape[1]


@objectives
@pytest.mark.parametrize(
    ("arguments", "pairs"),
    [
        ({"scores": [[5.0]]}, 1),
        ({"scores": [[0.0]]}, 1),
        ({"scores": [[NO]]}, 0),
        ({"scores": [[5.0]], "mentor_capacity": 0}, 0),
        ({"scores": [[5.0]], "mentee_demand": 0}, 0),
        ({"scores": [[1.0, 2.0, 3.0]]}, 1),
        ({"scores": [[1.0, 2.0, 3.0]], "mentee_demand": 3}, 3),
        ({"scores": [[1.0], [2.0], [3.0]]}, 1),
        ({"scores": [[1.0], [2.0], [3.0]], "mentor_capacity": 9}, 3),
        ({"scores": np.full((4, 4), NO)}, 0),
        ({"scores": np.full((4, 4), 7.0)}, 4),
        ({"scores": np.zeros((3, 3)), "mentor_capacity": [0, 3, 0]}, 3),
        ({"scores": [[0.5, 0.4]], "minimum_score": 0.6}, 0),
        ({"scores": [[0.5, 0.4]], "minimum_score": 0.5}, 1),
    ],
)
def test_small_edges(arguments: dict[str, Any], pairs: int, objective: str) -> None:
    """One person a side, no place, nobody possible, everyone tied: no crash and the best."""
    matching = agrees(Problem(**arguments), objective)
    assert matching is not None
    if objective == "most people" or matching.total > 0:
        assert len(matching) == pairs


def test_one_mentee_among_a_thousand_mentors_with_huge_scores() -> None:
    """Sizes and scores at the far end together once left the numbers no room."""
    scores = 2.0**45 - np.arange(1000.0)
    for matrix in (scores[None, :], scores[:, None]):
        for objective in OBJECTIVES:
            matching = solve(Problem(matrix, mentor_capacity=3), objective)
            assert matching.status == "optimal"
            assert matching.total == np.sort(scores)[::-1][: len(matching)].sum()


def test_idle_mentees_leave_room_for_huge_scores() -> None:
    """Mentees who want no mentor do not count in the size of the problem."""
    demand = np.zeros(60, int)
    demand[7] = 1
    scores = np.full((60, 60), 2.0**46)
    scores[7, 11] += 1
    for objective in OBJECTIVES:
        matching = solve(Problem(scores, mentee_demand=demand, mentor_minimum=0), objective)
        assert (matching.rows.tolist(), matching.columns.tolist()) == ([7], [11])


def test_a_good_pair_is_not_swallowed_by_a_missing_one() -> None:
    """Impossible is not unlikely: a poor pair is made before an impossible one, at any scale."""
    matching = solve(Problem([[1e17, NO], [NO, -1e17]]))
    assert matching.columns.tolist() == [0, 1]
    assert len(solve(Problem([[1e17, NO], [NO, -1e17]]), "highest total")) == 1


# How it is asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": "happiest"}, "objective must be one of 'most people', 'highest total'"),
        ({"time_limit": 0}, "time_limit must be a positive number"),
        ({"time_limit": float("nan")}, "time_limit must be a positive number"),
        ({"n_jobs": 0}, "n_jobs must be a number of cores"),
    ],
)
def test_a_wrong_wish_is_refused(arguments: dict[str, Any], message: str) -> None:
    """An unknown objective or a senseless limit is an error, never another objective."""
    with pytest.raises(ValueError, match=message):
        solve(Problem([[1.0]]), **arguments)


@objectives
def test_a_proof_that_was_given_up_is_not_claimed(objective: str) -> None:
    """When time is up the best pairs are returned, as feasible, with an honest gap."""
    matching = solve(two_triangles(), objective, time_limit=1e-9)
    assert matching.total == 8
    assert matching.status == "feasible"
    assert matching.bound >= matching.total
    found = certify(matching.problem, matching)
    assert (found.valid, found.optimal) == (True, False)


def test_a_minimum_beyond_the_other_side_is_infeasible() -> None:
    """More mentees promised than signed up is a conflict of rules, with quotas or without."""
    both = [Quota("any", Pairs.listed([(0, 0)]), at_most=0), Quota("few", Pairs.everyone(), 0, 1)]
    for quotas in ([], both):
        many = Problem(np.ones((2, 2)), mentor_capacity=5, mentor_minimum=[3, 0], quotas=quotas)
        eager = Problem(np.ones((2, 2)), mentee_demand=5, mentee_minimum=[3, 0], quotas=quotas)
        for problem in (many, eager):
            with pytest.raises(InfeasibleError, match="has at least 3"):
                solve(problem)
