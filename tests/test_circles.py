"""Departments that are closed to each other are solved side by side: the same pairs, proved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from mentormatch.benching.cohorts import make
from mentormatch.matching.certificate import certify
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import circles, large, leftover, search, start, watch
from mentormatch.matching.solvers.watch import Progress
from strategies import OBJECTIVES, encoded_problems


@st.composite
def departments(draw: DrawFn) -> Problem:
    """Return a problem whose mentees and mentors belong to up to three closed departments."""
    problem = draw(encoded_problems(largest=8))
    n, m = problem.shape
    codes = [np.array(draw(st.lists(st.integers(0, 2), min_size=k, max_size=k))) for k in (n, m)]
    closed = Quota("closed", ~Pairs.same(*codes), at_most=0)
    return Problem(
        problem.scores,
        mentor_capacity=problem.mentor_capacity,
        mentee_demand=problem.mentee_demand,
        minimum_score=problem.minimum_score,
        quotas=[*problem.quotas, closed],
    )


def solved(problem: Problem, objective: str, apart: bool, **settings: Any) -> Matching:
    """Solve by priced candidates, however small the problem, circle by circle or as a whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 0)
        patch.setattr(large, "DENSE", 0)
        patch.setattr(large, "LOWEST", 0)
        patch.setattr(circles, "LARGE", 0 if apart else 2**62)
        return solve(problem, objective, 5, **settings)


def ends(matching: Matching) -> list[tuple[int, int]]:
    """List the pairs."""
    return list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


@given(departments(), st.sampled_from(OBJECTIVES), st.sampled_from([1, 2]))
def test_circles_apart_make_the_pairs_of_the_whole(
    problem: Problem, objective: str, n_jobs: int
) -> None:
    """Apart or not, by one thread or two, pairs and total are the same and proved."""
    whole = solved(problem, objective, apart=False)
    apart = solved(problem, objective, apart=True, n_jobs=n_jobs)
    assert ends(apart) == ends(whole)
    assert apart.total == whole.total
    found = certify(problem, apart)
    assert found.valid
    assert found.optimal


def crowd(n: int = 400, closed: int = 5) -> Problem:
    """Return a problem of closed departments, some with too few places and some with too many."""
    cohort = make("profile", n, 4)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, closed, n), rng.permutation(np.arange(n) % closed)
    last_year = Pairs.listed((k, (7 * k) % n) for k in range(n))
    return Problem(
        cohort.scores,
        mentor_capacity=rng.integers(0, 3, n),
        minimum_score=0.3,
        quotas=[
            Quota("closed", ~Pairs.same(*codes), at_most=0),
            Quota("last year", last_year, at_most=0),
        ],
    )


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_pay_is_shared_by_all_circles(objective: str) -> None:
    """Where people and score are at odds in one department, the proof of all still holds."""
    problem = crowd()
    whole = solved(problem, objective, apart=False)
    apart = solved(problem, objective, apart=True, n_jobs=2)
    assert ends(apart) == ends(whole)
    assert certify(problem, apart).optimal


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_progress_counts_departments(n_jobs: int) -> None:
    """Every department that is done is told, and the bound never lies below the total."""
    told: list[Progress] = []
    matching = solved(crowd(), "most people", apart=True, progress=told.append, n_jobs=n_jobs)
    assert [one.round for one in told] == [1, 2, 3, 4, 5]
    assert all(one.bound >= matching.total for one in told)
    assert told[-1].total == matching.total
    assert told[-1].gap == 0


def interrupting(count: int) -> Callable[[Any], None]:
    """Return what interrupts the search when it is called the n-th time."""
    left = [count]

    def look(_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    return look


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_an_interrupt_gives_the_best_so_far(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in any department, the pairs are valid and the bound is one."""
    problem = crowd()
    best = solved(problem, "highest total", apart=True)
    real, look = search.Search._read_rows, interrupting(count)

    def read(self: search.Search, rows: np.ndarray) -> None:
        look(rows)
        real(self, rows)

    monkeypatch.setattr(search.Search, "_read_rows", read)
    matching = solved(problem, "highest total", apart=True)
    assert certify(problem, matching).valid
    assert matching.total <= best.total <= matching.bound
    assert matching.status == "feasible"


def test_a_gap_is_shared_out() -> None:
    """A gap that is allowed is kept by all departments together."""
    problem = crowd()
    best = solved(problem, "highest total", apart=True)
    matching = solved(problem, "highest total", apart=True, gap=10.0)
    assert best.total - 10 <= matching.total <= best.total <= matching.bound
    assert matching.gap <= 10


def test_a_time_limit_stops_all_circles() -> None:
    """With no time at all there are pairs, and the gap says how far they may be from the best."""
    problem = crowd()
    matching = solved(problem, "most people", apart=True, time_limit=1e-9, n_jobs=2)
    assert certify(problem, matching).valid
    assert matching.status == "feasible"
    assert len(matching) > 0


def test_circles_that_no_time_is_left_for_are_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once time has been over for a while, the people of other circles are paired as they come."""
    monkeypatch.setattr(large, "_GRACE", -1e9)
    monkeypatch.setattr(leftover, "FEW", 16)
    problem = crowd()
    best = solved(problem, "most people", apart=True)
    seen: list[bool] = []
    so_far = search.Search.so_far

    def noted(self: search.Search, *, hurried: bool = False) -> Any:
        seen.append(hurried)
        return so_far(self, hurried=hurried)

    monkeypatch.setattr(search.Search, "so_far", noted)
    matching = solved(problem, "most people", apart=True, time_limit=1e-9)
    assert seen
    assert all(seen)
    assert certify(problem, matching).valid
    assert len(matching) > 0
    assert best.total <= matching.bound


def test_encodings_taken_have_the_same_scores() -> None:
    """The scores of some people are not rounded anew."""
    rng = np.random.default_rng(0)
    fit = Encodings(
        rng.normal(size=(30, 4)) * 2.0 ** rng.integers(-8, 4, (30, 1)), rng.random((20, 4))
    )
    rows, columns = [3, 9, 4], [7, 1]
    assert (fit.taken(rows, columns).block([0, 1, 2]) == fit.block(rows)[:, columns]).all()


@pytest.mark.parametrize("kind", ["profile", "scarce", "closed"])
def test_a_guess_of_prices_changes_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs and proof are the same whether the search begins at guessed prices or at none."""
    problem = make(kind, 500, 2).problem("encodings")
    without = solved(problem, "most people", apart=False)
    monkeypatch.setattr(start, "LARGE", 0)
    guessed = start.start_prices(problem, circles.Bans(problem))
    assert guessed is not None
    assert guessed.max() > 0
    assert guessed.min() >= 0
    found = solved(problem, "most people", apart=False)
    assert ends(found) == ends(without)
    assert certify(problem, found).optimal


def test_a_sample_of_one_guesses_prices_that_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is the only one of a sample may be very unlike the mean of all."""
    monkeypatch.setattr(start, "LARGE", 0)
    problem = Problem(Encodings([[1.0]], [[3000.0], [0.0]]))
    guessed = start.start_prices(problem, circles.Bans(problem))
    assert guessed is not None
    assert 0 <= guessed.min() <= guessed.max() <= 6000 * 2**20


@given(encoded_problems(largest=8), st.sampled_from(OBJECTIVES))
def test_any_guess_leads_to_the_same_pairs(problem: Problem, objective: str) -> None:
    """Bans, ties, closed mentors and a lowest score do not mislead the guess."""
    without = solved(problem, objective, apart=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "LARGE", 0)
        patch.setattr(search, "FIRST", 1)
        found = solved(problem, objective, apart=False)
    assert ends(found) == ends(without)
    assert certify(problem, found).optimal


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("looks", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("apart", [True, False])
def test_a_hurried_end_tells_a_gap_that_holds(
    objective: str, looks: int, apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of time in a vast cohort: a valid matching, and no matching beats its bound."""
    problem = crowd()
    best = solved(problem, objective, apart=apart)
    monkeypatch.setattr(leftover, "HURRIED", 0)
    monkeypatch.setattr(leftover, "SIZE", 64)
    monkeypatch.setattr(search, "_PATIENCE", 2**14)
    left = [looks]

    def look(self: watch.Watch) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise watch.Stopped

    monkeypatch.setattr(watch.Watch, "look", look)
    hurried = solved(problem, objective, apart=apart)
    assert hurried.status == "feasible"
    assert certify(problem, hurried).valid
    assert 0 <= hurried.gap < np.inf
    assert best.total <= hurried.bound
    assert len(hurried) > 0
