"""What mentees earn at given prices: float32 says where to look, and the answer is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from mentormatch.benching.cohorts import make
from mentormatch.matching import bounds, earnings
from mentormatch.matching.certificate import certify
from mentormatch.matching.earnings import best_earnings
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.solve import solve
from strategies import OBJECTIVES, encoded_problems


@st.composite
def questions(draw: DrawFn) -> tuple[Problem, np.ndarray, dict[str, Any]]:
    """Return a problem with encodings, prices of its mentors, and what else is asked."""
    problem = draw(encoded_problems())
    scale = draw(st.sampled_from([1, 8]))
    price = st.integers(-3, 3).map(lambda x: x * 2**17 * scale) | st.just(2**40)
    fine = st.integers(-2, 2)
    m = problem.shape[1]
    prices = [draw(price) + draw(fine) for _ in range(m)]
    asked = {
        "scale": scale,
        "scoring": draw(st.booleans()),
        "floor": draw(st.sampled_from([-(2**45), -(2**19), 0, 2**18])),
    }
    return problem, np.array(prices, np.int64), asked


def exactly(problem: Problem, prices: np.ndarray, asked: dict[str, Any]) -> np.ndarray:
    """Return what each mentee earns by the best of all scores, one by one."""
    steps = problem.steps(np.arange(problem.shape[0]))
    gain = steps * asked["scale"] if asked["scoring"] else np.where(steps > -np.inf, 0, -np.inf)
    return (gain - prices).max(axis=1, initial=-np.inf)


@given(questions(), st.sampled_from([1, 2, 300]), st.sampled_from([1, 64]))
def test_the_earnings_are_those_of_the_exact_scores(
    question: tuple[Problem, np.ndarray, dict[str, Any]], size: int, most: int
) -> None:
    """Whatever the bans, the ties, the prices and the size of tiles, what counts is exact."""
    problem, prices, asked = question
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ROWS", "COLUMNS", "SHARE"):
            patch.setattr(earnings, name, size)
        patch.setattr(earnings, "_MOST", most)
        found = best_earnings(problem, prices, **asked)
    floor = asked["floor"]
    wanted = exactly(problem, prices, asked)
    assert np.array_equal(np.maximum(found, floor), np.maximum(wanted, floor))


@pytest.mark.parametrize("kind", ["profile", "scarce", "closed"])
@pytest.mark.parametrize("least", [-np.inf, 0.45])
def test_the_certificate_is_the_same_read_quickly(
    kind: str, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read in float32 first or exactly, by one thread or two, the certificate says the same."""
    monkeypatch.setattr(bounds, "LARGE", 0)
    monkeypatch.setattr(earnings, "SHARE", 100)
    cohort = make(kind, 700, 3)
    last_year = Quota("last year", Pairs.listed((k, k // 3) for k in range(700)), at_most=0)
    plain = cohort.problem("encodings")
    problem = Problem(
        plain.scores,
        mentor_capacity=plain.mentor_capacity,
        minimum_score=least,
        quotas=[*plain.quotas, last_year],
    )
    for objective in OBJECTIVES:
        matching = solve(problem, objective)
        found = [certify(problem, matching, n_jobs=jobs) for jobs in (1, 2)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bounds, "LARGE", 2**62)
            found.append(certify(problem, matching))
        assert found[0] == found[1] == found[2]
        assert found[0].optimal


def test_few_mentees_are_read_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Float32 tells nearly all mentees' best mentors, also where many mentors are closed."""
    cohort = make("profile", 600, 1)
    capacity = np.where(np.arange(600) % 3 == 0, 0, 1)
    banned = Quota("last year", Pairs.listed((k, k) for k in range(600)), at_most=0)
    problem = Problem(cohort.scores, mentor_capacity=capacity, quotas=[banned])
    matching = solve(problem)
    read: list[int] = []
    real = Problem.steps

    def steps(self: Problem, rows: np.ndarray) -> np.ndarray:
        read.append(len(rows))
        return real(self, rows)

    monkeypatch.setattr(Problem, "steps", steps)
    assert certify(problem, matching).optimal
    assert sum(read) < 20


def test_equal_scores_do_not_fill_the_memory() -> None:
    """Where every mentor is as good as any other, the few that are noted are enough."""
    fit = Encodings(np.ones((600, 3)), np.ones((600, 3)))
    problem = Problem(fit)
    assert certify(problem, solve(problem)).optimal
    earned = best_earnings(problem, np.zeros(600, np.int64), 1, scoring=True, floor=0)
    assert (earned == 3 * 2**20).all()


def test_only_inner_products_are_read_so() -> None:
    """A matrix is refused."""
    with pytest.raises(TypeError, match="inner products"):
        best_earnings(Problem(np.ones((2, 2))), np.zeros(2, np.int64), 1, scoring=True, floor=0)
