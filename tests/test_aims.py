"""Tests of what objectives count besides: marked pairs and people, loads, and levelled groups."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.aims import Aims
from mentormatch.matching.bounds import bound
from mentormatch.matching.certificate import certify
from mentormatch.matching.objectives import read_objective
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices, Reached
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from strategies import problems, seeded_problem
from test_certificate import standin
from test_stages import chosen, spoilt, told_of

NAMES = ("coverage", "worst", "kept", "spread", "share", "mean", "total", "wishes", "waited")


def aimed(problem: Problem, seed: int) -> Problem:
    """Return a problem with wishes, people who waited, groups and announced pairs."""
    n, m = problem.shape
    rng = random.Random(seed)
    told = told_of(problem, seed)

    def some() -> Pairs:
        count = rng.randrange(1, 4) if n and m else 0
        return Pairs.listed([(rng.randrange(n), rng.randrange(m)) for _ in range(count)])

    waited = np.array([rng.choice((0, 0, 1, 2)) for _ in range(n)], np.int64)
    counts = {"wishes": [(some(), 3), (some(), 1)], "waited": waited}
    groups = np.array([rng.choice((-1, 0, 1, 1, 2)) for _ in range(n)], np.int64)
    return replace(told, aims=Aims(counts=counts, groups=groups))


def stages_of(seed: int) -> tuple[str, ...]:
    """Return some sensible list of stages, with at least one of the new ones."""
    rng = random.Random(seed)
    while True:
        names = rng.sample(NAMES, rng.randrange(1, 5))
        if not {"spread", "share", "mean", "wishes", "waited"} & set(names):
            continue
        try:
            return read_objective(names, ("wishes", "waited"))[1]
        except ValueError:
            continue


def agrees(problem: Problem, stages: tuple[str, ...]) -> None:
    every = brute.staged(problem, stages)
    try:
        matching = solve(problem, stages)
    except InfeasibleError:
        assert not every
        return
    assert every[chosen(matching)] == max(every.values()), stages
    found = certify(problem, matching)
    assert found.valid
    assert found.optimal, (stages, found.gaps)
    assert matching.status == "optimal"
    assert replace(matching, proved=frozenset()).unproved == ()


@pytest.mark.parametrize("part", range(8))
def test_every_aim_gives_the_best_of_brute_force(part: int) -> None:
    """Minimums, bans, locks, quotas, several mentors, with any order of old and new stages."""
    for seed in range(20 * part, 20 * part + 20):
        agrees(aimed(seeded_problem(seed), seed), stages_of(seed))


@settings(max_examples=50)
@given(problems(), st.integers(0, 10_000))
def test_any_problem_and_any_aim(problem: Problem, seed: int) -> None:
    """What Hypothesis can think of is solved and proved for any aims."""
    agrees(aimed(problem, seed), stages_of(seed))


@pytest.mark.parametrize(
    "stages", ["wishes, coverage", "coverage, spread", "coverage, share, mean"]
)
def test_a_spoilt_proof_of_an_aim_is_no_proof(stages: str) -> None:
    """Prices lowered, or an earlier stage not paid for, prove at most what is true."""
    rejected = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        plain = Problem(rng.integers(0, 6, (6, 4)).astype(float), mentor_capacity=[1, 1, 2, 1])
        problem = aimed(plain, seed)
        matching = solve(problem, stages)
        assert certify(problem, matching).optimal
        for stage, proof in matching.proofs.items():
            for less in spoilt(proof):
                found = certify(problem, standin(matching, proofs={**matching.proofs, stage: less}))
                assert {name for name, gap in found.gaps.items() if gap} <= {stage}
                rejected += not found.optimal
    assert rejected > 5


@st.composite
def priced(draw: st.DrawFn) -> tuple[Problem, tuple[str, ...], dict[str, Any]]:
    """Return a problem with aims, stages, and proofs of arbitrary prices."""
    seed = draw(st.integers(0, 999))
    problem, stages = aimed(draw(problems(3)), seed), stages_of(seed)
    m, wild = problem.shape[1], draw(st.sampled_from([3, 2**20, 2**59]))
    prices = st.integers(0, wild)

    def one() -> Prices:
        signed = st.integers(-wild, wild)
        least = [0 if quota.at_most is None else -wild for quota in problem.quotas]
        sizes = len(problem.group_sizes)
        return Prices(
            np.array(draw(st.lists(signed, min_size=m, max_size=m)), np.int64),
            np.array([draw(st.integers(low, wild)) for low in least], np.int64),
            {name: draw(prices) for name in NAMES if name not in ("worst", "share", "mean")},
            draw(st.integers(0, 4)),
            groups={
                name: np.array(draw(st.lists(prices, min_size=sizes, max_size=sizes)), np.int64)
                for name in ("share", "mean")
            },
        )

    return problem, stages, {stage: one() for stage in stages}


@settings(max_examples=120)
@given(priced(), st.randoms())
def test_no_prices_make_a_poor_matching_optimal(
    given_: tuple[Problem, tuple[str, ...], dict[str, Any]], choice: Any
) -> None:
    """Whatever the prices, no matching passes for the best that is not."""
    problem, stages, proofs = given_
    every = brute.staged(problem, stages)
    if not every:
        return
    pairs = choice.choice(sorted(every, key=sorted))
    i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    found = certify(problem, Matching(problem, i, j, "any", stages, proofs))
    assert found.valid
    assert not found.optimal or every[pairs] == max(every.values())


def test_the_order_of_the_rows_changes_nothing() -> None:
    """People sorted otherwise, with their aims, are given the same pairs."""
    problem = aimed(seeded_problem(11), 11)
    n, m = problem.shape
    ids = {"mentee_ids": [f"a{k}" for k in range(n)], "mentor_ids": [f"b{k}" for k in range(m)]}
    problem = replace(problem, quotas=(), **ids)
    rows, columns = np.arange(n)[::-1], np.arange(m)[::-1]
    turned = Problem(
        problem.scores[np.ix_(rows, columns)],
        mentor_capacity=problem.mentor_capacity[columns],
        mentor_minimum=problem.mentor_minimum[columns],
        mentee_demand=problem.mentee_demand[rows],
        mentee_minimum=problem.mentee_minimum[rows],
        mentee_ids=ids["mentee_ids"][::-1],
        mentor_ids=ids["mentor_ids"][::-1],
        announced=problem.announced.taken(rows, columns),
        aims=problem.aims.taken(rows, columns, None),
    )

    def by_id(one: Problem, stages: str) -> set[tuple[str, str]]:
        pairs = solve(one, stages).pairs
        return set(zip(pairs["mentee"], pairs["mentor"], strict=True))

    for stages in ("wishes, coverage", "coverage, share, mean", "waited, coverage, spread"):
        assert by_id(problem, stages) == by_id(turned, stages)


# What they mean


def test_marked_people_come_first() -> None:
    """Who is marked has a mentor if that can be; more weight outweighs more people."""
    scores = [[9.0], [8.0], [1.0]]
    for marks, best in (([0, 0, 1], 2), ([False, True, False], 1), ([1, 2, 2], 1)):
        problem = Problem(scores, aims=Aims(counts={"marked": marks}, leading=["marked"]))
        assert solve(problem).rows.tolist() == [best]
    twice = Problem([[9, 9], [1, 1]], mentee_demand=2, aims=Aims(counts={"marked": [1, 1]}))
    assert solve(twice, "marked").coverage == 2


def test_load_is_spread_before_anyone_has_two() -> None:
    """A mentor's second mentee waits until every mentor who could have one has a first."""
    scores = [[9, 1, -np.inf], [9, 1, 1], [9, 1, 1], [9, -np.inf, -np.inf]]
    problem = Problem(scores, mentor_capacity=3)
    assert solve(problem).mentor_loads.tolist() == [3, 1, 0]
    matching = solve(problem, "coverage, spread")
    assert matching.mentor_loads.tolist() == [2, 1, 1]
    assert (matching.total, matching.status) == (20, "optimal")
    least = replace(problem, mentor_minimum=[3, 0, 0])
    assert solve(least, "coverage, spread").mentor_loads.tolist() == [3, 1, 0]


def test_groups_are_levelled() -> None:
    """The lowest share of any group is as high as can be; those who never can be do not count."""
    scores = np.array([[9.0, 8.0], [8.0, 9.0], [1.0, 1.0], [1.0, 1.0], [-np.inf, -np.inf]])
    problem = Problem(scores, aims=Aims(groups=["a", "a", "b", "b", "b"], following=["share"]))
    assert problem.group_sizes.tolist() == [2, 2]
    matching = solve(problem)
    assert matching.stages == ("coverage", "share", "total")
    assert matching.rows.tolist() in ([0, 2], [1, 2], [0, 3], [1, 3])
    assert bound(problem, matching.proofs["share"], "share", Reached(), claim=Fraction(1, 2)) < 0


def test_means_count_those_without_a_mentor_as_nothing() -> None:
    """The lowest mean is over all who could be matched, compared in twentieths of the best."""
    scores = [[90, 60], [90, 10], [100, 50]]
    problem = Problem(scores, aims=Aims(groups=[0, 1, 1]))
    assert solve(problem, "coverage").total == 160
    matching = solve(problem, "coverage, mean")
    assert matching.total == 160
    assert problem.mean_unit == 5
    far = replace(problem, aims=Aims(groups=[0, 1, 1], mean_step=50))
    assert far.mean_unit == 50


@pytest.mark.parametrize(
    ("given_", "fault"),
    [
        ({"counts": {"total": [1]}}, "cannot be called 'total'"),
        ({"counts": {"a, b": [1]}}, "cannot be called"),
        ({"counts": {"w": [0.5]}}, "a whole number for each mentee"),
        ({"counts": {"w": [1001]}}, "from 0 to 1000"),
        ({"counts": {"w": [-1]}}, "from 0 to 1000"),
        ({"counts": {"w": [1, 1]}}, "speaks of 2 mentees"),
        ({"counts": {"w": Pairs.between([True] * 2, [True])}}, "pairs speak of 2 mentees"),
        ({"groups": [1, 2]}, "groups speak of 2"),
        ({"groups": [[1]]}, "one label a mentee"),
        ({"leading": ["luck"]}, "neither known nor counted"),
        ({"leading": ["coverage", "coverage"]}, "a stage twice"),
        ({"mean_step": 0}, "positive"),
    ],
)
def test_senseless_aims_are_refused(given_: dict[str, Any], fault: str) -> None:
    """Aims about other people, of odd weights or unknown stages are errors."""
    with pytest.raises(ProblemError, match=fault):
        Problem([[1.0]], aims=Aims(**given_))
    with pytest.raises(ProblemError, match="aims must be Aims"):
        Problem([[1.0]], aims="own")


def test_means_are_for_small_problems() -> None:
    """Levelled means of a large problem are refused, with what to take instead."""
    with pytest.raises(ProblemError, match="'mean' is for at most 3000 pairs"):
        solve(Problem(np.ones((60, 51)), aims=Aims(groups=[0] * 60)), "coverage, mean")
