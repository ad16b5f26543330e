"""The solver for large cohorts: the same pairs as the one in memory, and proved."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mentormatch.matching.certificate import certify
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import large, tiles

OBJECTIVES = ("most people", "highest total")


def random_problem(seed: int) -> Problem:
    """Make a small problem of the kind that the solver takes: ties, bans, no places, no demand."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 25, 2)
    least = -3 if seed % 3 == 0 else 0
    scores = rng.integers(least, rng.choice([2, 5, 1000]), (n, m)).astype(float)
    scores = scores / 7 if seed % 2 else scores
    scores[rng.random((n, m)) < rng.choice([0, 0.5, 0.9])] = -np.inf
    ban = Quota("a ban", Pairs.between(rng.random(n) < 0.3, rng.random(m) < 0.3), at_most=0)
    return Problem(
        scores,
        mentor_capacity=rng.integers(0, 4, m) if seed % 5 else 1,
        mentee_demand=rng.integers(0, 2, n) if seed % 4 == 0 else 1,
        quotas=[ban] if seed % 3 == 1 else [],
    )


def in_memory(problem: Problem, objective: str, seed: int) -> Matching:
    """Solve with the solver that holds the whole matrix."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 2**62)
        return solve(problem, objective, seed)


def priced(problem: Problem, objective: str, seed: int, n_jobs: int = 1) -> Matching:
    """Solve with the solver that prices candidates, whatever the size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 0)
        return solve(problem, objective, seed, n_jobs=n_jobs)


def ends(matching: Matching) -> list[tuple[int, int]]:
    """List the pairs."""
    return list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


@pytest.mark.parametrize("block", [2**11, 7])
def test_both_solvers_make_the_same_pairs(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the solver and the size of its blocks, pairs and total are the same and proved."""
    monkeypatch.setattr(tiles, "CELLS", block)
    monkeypatch.setattr(tiles, "ROWS", block)
    monkeypatch.setattr(tiles, "COLUMNS", block)
    for seed in range(150 if block > 7 else 30):
        problem = random_problem(seed)
        for objective in OBJECTIVES:
            one, other = priced(problem, objective, seed), in_memory(problem, objective, seed)
            assert ends(one) == ends(other), (seed, objective)
            assert one.total == other.total
            certificate = certify(problem, one)
            assert certificate.valid, (seed, objective)
            assert certificate.optimal, (seed, objective)


def test_few_candidates_at_first_lead_to_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first candidates are a guess: with a bad one the prices find the rest."""
    monkeypatch.setattr(large, "_FIRST", 1)
    monkeypatch.setattr(large, "_AGAIN", 1)
    for seed in range(40):
        problem = random_problem(seed)
        assert ends(priced(problem, "most people", 0)) == ends(
            in_memory(problem, "most people", 0)
        ), seed


def test_threads_change_nothing() -> None:
    """Two threads make the same pairs as one."""
    problem = random_problem(7)
    assert ends(priced(problem, "most people", 0, 2)) == ends(priced(problem, "most people", 0))


def test_too_many_ties_are_left_to_the_solver_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nearly everything ties, the lottery is drawn by the solver in memory."""
    monkeypatch.setattr(large, "_MOST_TIES", 0)
    problem = Problem(np.ones((40, 40)))
    assert large.solve_large(problem, ("coverage", "total"), 0) is None
    assert ends(priced(problem, "most people", 3)) == ends(in_memory(problem, "most people", 3))


class OnlyBlocks:
    """Scores of a caller who has nothing but a shape and blocks."""

    def __init__(self, scores: NDArray[np.float64]) -> None:
        self.scores = scores
        self.shape = scores.shape
        self.most = 0

    def block(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return some rows, and remember how many were asked for."""
        self.most = max(self.most, len(rows))
        return self.scores[rows]


def test_scores_are_read_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object with blocks alone is enough, and never is the whole matrix asked for."""
    monkeypatch.setattr(tiles, "CELLS", 100)
    rng = np.random.default_rng(0)
    scores = OnlyBlocks(np.rint(rng.random((60, 50)) * 2**20) / 2**20)
    matching = large.solve_large(Problem(scores), ("total",), 0)
    assert matching is not None
    assert scores.most <= 2
    whole = in_memory(Problem(scores.scores), "highest total", 0)
    assert matching.match[whole.rows].tolist() == whole.columns.tolist()


def test_only_plain_large_problems_go_there() -> None:
    """Minimums, side quotas and several mentors a mentee are for other solvers."""
    scores = np.broadcast_to(np.float64(0.5), (2100, 2100))
    plain = Problem(scores)
    assert large.suits(plain)
    assert not large.suits(replace(plain, mentee_demand=2))
    assert not large.suits(replace(plain, mentor_minimum=1))
    assert not large.suits(replace(plain, quotas=[Quota("few", Pairs.everyone(), at_most=3)]))
    assert not large.suits(Problem(np.ones((3, 3))))


def test_a_large_problem_is_proved_best() -> None:
    """At 2 200 a side the certificate, which shares no code with the solver, agrees."""
    rng = np.random.default_rng(1)
    mentees, mentors = rng.random((2200, 12)), rng.random((2200, 12))
    problem = Problem(mentees @ mentors.T, mentor_capacity=rng.integers(1, 3, 2200))
    matching = solve(problem)
    assert matching.status == "optimal"
    assert matching.coverage == 2200


def test_without_the_compiler_the_pairs_are_the_same() -> None:
    """With ``NUMBA_DISABLE_JIT=1`` the loops run as plain Python and find the same pairs."""
    script = (
        "import numpy as np\n"
        "from mentormatch.matching.problem import Problem\n"
        "from mentormatch.matching.solvers.large import solve_large\n"
        "scores = np.random.default_rng(5).integers(0, 9, (30, 25)).astype(float)\n"
        "answer = solve_large(Problem(scores), ('coverage', 'total'), 1)\n"
        "print(answer.match.tolist(), answer.proofs['total'].mentors.tolist())\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("0", "1")
    ]
    assert said[0] == said[1] != ""
