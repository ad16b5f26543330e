"""Tests of what objectives count besides: marked pairs and people, loads, and levelled groups."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from mentormatch.errors import InfeasibleError
from mentormatch.matching.aims import Aims
from mentormatch.matching.certificate import certify
from mentormatch.matching.objectives import read_objective
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.solve import solve
from strategies import problems, seeded_problem
from test_stages import chosen, told_of

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
    for seed in range(40 * part, 40 * part + 40):
        agrees(aimed(seeded_problem(seed), seed), stages_of(seed))


@settings(max_examples=100)
@given(problems(), st.integers(0, 10_000))
def test_any_problem_and_any_aim(problem: Problem, seed: int) -> None:
    """What Hypothesis can think of is solved and proved for any aims."""
    agrees(aimed(problem, seed), stages_of(seed))
