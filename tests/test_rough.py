"""Rough scores are a filter: the pairs, prices and proofs are those of the exact scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import mentormatch as mm
from mentormatch.matching.certificate import certify
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import large, search, tiles
from mentormatch.matching.solvers.readers import Rough, local_reader
from strategies import OBJECTIVES, BlockAt


class Blurred(BlockAt):
    """Scores that are off by a known distance when asked for in a hurry."""

    def __init__(self, scores: Any, rough_error: float, seed: int = 0) -> None:
        super().__init__(scores)
        self.largest = float(np.abs(self.matrix).max(initial=0.0))
        self.rough_error = rough_error
        off = np.random.default_rng(seed).uniform(-1, 1, self.matrix.shape) * rough_error * 0.99
        self.rough = (self.matrix + off).astype(np.float32)

    def rough_block(self, rows: Any, columns: Any) -> np.ndarray:
        """Return scores that are nearly right."""
        return self.rough[rows][:, columns]


def blurred(seed: int) -> Problem:
    """Make a small problem with rough scores, ties in every third, bans in every other."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 25, 2)
    scores = rng.integers(-3 if seed % 4 == 0 else 0, rng.choice([3, 5, 1000]), (n, m)) / 7.0
    scores = np.rint(scores * 2**20) / 2**20
    bans = [
        Quota("closed", ~Pairs.same(rng.integers(0, 3, n), rng.integers(0, 3, m)), at_most=0),
        Quota("a ban", Pairs.between(rng.random(n) < 0.3, rng.random(m) < 0.3), at_most=0),
        Quota("singles", Pairs.listed([(int(rng.integers(n)), int(rng.integers(m)))]), at_most=0),
    ]
    error = float(rng.choice([0, 1e-6, 0.01, 0.5]))
    return Problem(
        Blurred(scores, error + 2.0**-19, seed),
        mentor_capacity=rng.integers(0, 4, m) if seed % 5 else 1,
        mentee_demand=rng.integers(0, 2, n) if seed % 7 == 0 else 1,
        quotas=[bans[k] for k in range(3) if rng.random() < 0.4],
        minimum_score=float(rng.choice([0.3, 1.0])) if rng.random() < 0.3 else -np.inf,
    )


def by(problem: Problem, objective: str, seed: int, least: int, n_jobs: int = 1) -> Matching:
    """Solve by prices if `least` is 0, else in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", least)
        patch.setattr(large, "DENSE", 0)
        return solve(problem, objective, seed, n_jobs=n_jobs)


@pytest.mark.parametrize("first", [1, 4])
def test_rough_scores_lead_to_the_pairs_of_the_exact_ones(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However rough the scores, pairs and prices are those found in memory, and proved."""
    monkeypatch.setattr(search, "FIRST", first)
    monkeypatch.setattr(search, "AGAIN", 2 * first)
    monkeypatch.setattr(tiles, "ROWS", 5)
    monkeypatch.setattr(tiles, "COLUMNS", 7)
    for seed in range(60):
        problem = blurred(seed)
        assert isinstance(local_reader(problem, 1), Rough)
        for objective in OBJECTIVES:
            one, known = (by(problem, objective, seed, least) for least in (0, 2**62))
            assert one.pairs.equals(known.pairs), (seed, objective)
            assert one.mentor_prices.tolist() == known.mentor_prices.tolist(), (seed, objective)
            assert certify(problem, one).optimal, (seed, objective)


def test_a_cohorts_scores_are_read_roughly_to_the_same_pairs() -> None:
    """People's scores give the same pairs, whatever the reader, the threads and the order."""
    cohort = mm.make_cohort(70, 60, seed=5)
    problem = mm.formulate(cohort, mm.score(cohort), rules=[])
    known = by(problem, "most people", 1, 2**62)
    matrix = replace(problem, scores=problem.scores.block(slice(None)))
    forms = [problem, replace(problem, scores=BlockAt(matrix.scores))]
    for form in forms:
        for n_jobs in (1, 2):
            one = by(form, "most people", 1, 0, n_jobs)
            assert one.rows.tolist() == known.rows.tolist()
            assert one.columns.tolist() == known.columns.tolist()
            assert certify(form, one).optimal
    turned = mm.Cohort(cohort.mentees[::-1], cohort.mentors[::-1], cohort.programme)
    again = by(mm.formulate(turned, mm.score(turned), rules=[]), "most people", 1, 0)
    assert set(map(tuple, again.pairs.values)) == set(map(tuple, known.pairs.values))


def test_rough_scores_of_a_wrong_shape_are_no_scores() -> None:
    """What does not belong to the pairs asked for is never read."""
    scores = Blurred(np.ones((8, 9)), 0.1)
    scores.rough = scores.rough[:, :5]
    with pytest.raises(mm.ProblemError, match="rough_block gave"):
        by(Problem(scores), "highest total", 0, 0)
