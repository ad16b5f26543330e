"""The certificate accepts every optimum, and nothing that is less or that breaks a rule."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.certificate import (
    IMPOSSIBLE,
    Certificate,
    Prices,
    Proof,
    Split,
    bound,
    certify,
)
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.solve import solve
from strategies import OBJECTIVES, counts, problems, seeded_problem

objectives = pytest.mark.parametrize("objective", OBJECTIVES)


def standin(matching: Any, **changes: Any) -> SimpleNamespace:
    """Return what a certificate reads of a matching, changed."""
    known = {
        "pairs": {name: list(matching.pairs[name]) for name in ("mentee", "mentor")},
        "total": matching.total,
        "stages": matching.stages,
        "proofs": dict(matching.proofs),
    }
    return SimpleNamespace(**{**known, **changes})


def pairs(*listed: tuple[Any, Any]) -> dict[str, list[Any]]:
    """Return a table of pairs of ids."""
    return {"mentee": [a for a, _ in listed], "mentor": [b for _, b in listed]}


PROBLEM = Problem(
    [[9, 4, 1], [8, 7, 2], [3, 6, 5]],
    mentor_capacity=[1, 2, 1],
    quotas=[Quota("not these", Pairs.listed([(2, 2)]), at_most=0)],
    mentee_ids=["Åsa", "Bo", "Cem"],
    mentor_ids=["Dan", "Eva", "Fia"],
)
BEST = (("Åsa", "Dan"), ("Bo", "Eva"), ("Cem", "Eva"))


@objectives
def test_an_optimum_is_accepted(objective: str) -> None:
    """The solver's own answer is valid and optimal, and so is a stand-in of the same pairs."""
    matching = solve(PROBLEM, objective)
    gaps = dict.fromkeys(matching.stages, 0.0)
    accepted = Certificate(True, optimal=True, gap=0.0, coverage_gap=0, faults=(), gaps=gaps)
    assert certify(PROBLEM, matching) == accepted
    assert certify(PROBLEM, standin(matching, pairs=pairs(*BEST))) == accepted
    assert certify(PROBLEM, standin(matching, pairs=pairs(*BEST[::-1]))) == accepted


@objectives
@pytest.mark.parametrize(
    ("listed", "total", "fault"),
    [
        ((("Åsa", "Dan"), ("Bo", "Dan"), ("Cem", "Eva")), 23, "a mentor has more pairs than pla"),
        ((("Åsa", "Dan"), ("Åsa", "Eva")), 13, "a mentee has more pairs than places"),
        ((("Åsa", "Dan"), ("Bo", "Eva"), ("Cem", "Fia")), 21, "a pair is impossible or banned"),
        ((*BEST, BEST[1]), 29, "a pair stands twice"),
        ((*BEST[:2], ("Cem", "Gun")), 22, "names somebody who is not in the problem"),
        ((*BEST[:2], ("Hal", "Eva")), 22, "names somebody who is not in the problem"),
        (BEST, 21, "the total is not the sum"),
        (BEST, 22.0000001, "the total is not the sum"),
        (BEST, float("nan"), "the total is not the sum"),
    ],
)
def test_what_breaks_a_rule_is_rejected(
    listed: tuple[tuple[str, str], ...], total: float, fault: str, objective: str
) -> None:
    """A place too few, a ban, a pair twice, a stranger or a wrong total is no matching."""
    matching = solve(PROBLEM, objective)
    found = certify(PROBLEM, standin(matching, pairs=pairs(*listed), total=total))
    assert (found.valid, found.optimal, found.gap) == (False, False, float("inf"))
    assert any(fault in one for one in found.faults)


def test_minimums_and_quotas_are_checked() -> None:
    """Each bound that is missed is named."""
    problem = Problem(
        np.ones((3, 3)),
        mentor_minimum=[1, 0, 0],
        mentee_minimum=[1, 0, 0],
        quotas=[
            Quota("at least two", Pairs.everyone(), at_least=2),
            Quota("not here", Pairs.between([False, True, True], [False, True, True]), 0, 1),
        ],
    )
    matching = solve(problem)
    none = certify(problem, standin(matching, pairs=pairs(), total=0)).faults
    assert len(none) == 3
    assert "quota 'at least two' wants at least 2 pairs, there are 0" in none
    crossed = certify(problem, standin(matching, pairs=pairs((1, 1), (2, 2)), total=2)).faults
    assert "quota 'not here' wants at most 1 pairs, there are 2" in crossed
    assert "a mentor has fewer pairs than the minimum" in crossed
    assert "a mentee has fewer pairs than the minimum" in crossed


@objectives
def test_a_swapped_pair_is_valid_but_not_optimal(objective: str) -> None:
    """Two mentees who change mentors obey every rule, and the prices show what was lost."""
    swapped = (("Åsa", "Eva"), ("Bo", "Dan"), ("Cem", "Eva"))
    found = certify(PROBLEM, standin(solve(PROBLEM, objective), pairs=pairs(*swapped), total=18))
    assert (found.valid, found.optimal, found.gap, found.faults) == (True, False, 4.0, ())


def test_a_mentee_left_out_is_told_apart_from_a_low_total() -> None:
    """Where most people come first, a higher total with fewer people is not optimal."""
    problem = Problem([[9, 1], [8, -np.inf]], mentor_capacity=1)
    matching = solve(problem)
    assert matching.total == 9
    for best in (9.0, 8.0):
        listed = pairs((0, 0)) if best == 9 else pairs((1, 0))
        found = certify(problem, standin(matching, pairs=listed, total=best))
        assert (found.valid, found.optimal, found.coverage_gap) == (True, False, 1)


@objectives
def test_a_lowered_price_proves_nothing(objective: str) -> None:
    """The solver's prices are the lowest: one step less at any mentor and the proof is gone."""
    lowered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        problem = Problem(
            rng.integers(0, 20, (6, 5)).astype(float), mentor_capacity=rng.integers(1, 3, 5)
        )
        matching = solve(problem, objective)
        prices = matching.root_prices("total")
        for j in np.flatnonzero(prices.mentors > 0):
            fewer = prices.mentors.copy()
            fewer[j] -= 1
            proofs = {**matching.proofs, "total": replace(prices, mentors=fewer)}
            found = certify(problem, standin(matching, proofs=proofs))
            assert found.valid
            assert not found.optimal
            assert found.gap > 0
            lowered += 1
    assert lowered > 50


def test_another_optimum_is_accepted_at_the_same_prices() -> None:
    """Prices prove a total, whichever of the tied matchings has it."""
    problem = Problem(np.ones((2, 2)))
    matching = solve(problem)
    for listed in (pairs((0, 0), (1, 1)), pairs((0, 1), (1, 0))):
        assert certify(problem, standin(matching, pairs=listed)).optimal


def test_a_proof_by_cases_needs_every_case() -> None:
    """A case that is left out of a proof, or priced too low, leaves a gap."""
    problem = seeded_problem(905)
    matching = solve(problem, "highest total")
    proof = matching.proofs["total"]
    assert isinstance(proof, Split)
    assert certify(problem, matching).optimal
    nothing = Prices(np.zeros(problem.shape[1], int), np.zeros(len(problem.quotas), int))
    changes: list[Proof] = [
        proof.prices,
        replace(proof, used=nothing),
        replace(proof, unused=nothing),
    ]
    for changed in changes:
        found = certify(problem, standin(matching, proofs={"total": changed}))
        assert (found.valid, found.optimal) == (True, False)


# Weak duality: whatever the prices, the bound holds


@st.composite
def priced(draw: st.DrawFn) -> tuple[Problem, Proof, Proof]:
    """Return a problem and two proofs of arbitrary prices, by cases or not."""
    problem = draw(problems(4))
    n, m = problem.shape
    wild = draw(st.sampled_from([3, 50, 2**20, 2**62]))
    price = st.integers(-wild, wild)

    def prices() -> Prices:
        paid = [
            draw(price if quota.at_most is not None else st.integers(0, wild))
            for quota in problem.quotas
        ]
        mentors = draw(st.lists(price, min_size=m, max_size=m))
        return Prices(
            np.array(mentors, np.int64),
            np.array(paid, np.int64),
            draw(st.integers(0, wild)),
            draw(st.integers(0, 4)),
        )

    def proof(depth: int) -> Proof:
        if depth == 0 or n * m == 0 or draw(st.booleans()):
            return prices()
        pair = (draw(st.integers(0, n - 1)), draw(st.integers(0, m - 1)))
        return Split(pair, proof(depth - 1), proof(depth - 1), prices())

    return problem, proof(2), proof(2)


@settings(max_examples=200)
@given(priced())
def test_no_prices_prove_less_than_what_is_possible(given_: tuple[Problem, Proof, Proof]) -> None:
    """Any whole numbers as prices bound the best matching from above, for each stage."""
    problem, first, second = given_
    people = brute.best(problem, "most people")
    total = brute.best(problem, "highest total")
    if people is None or total is None:
        return
    assert bound(problem, first, "coverage") >= people[0]
    assert bound(problem, second, "total") >= total[1]
    assert bound(problem, second, "total", people[0]) >= people[1]


@settings(max_examples=150)
@given(priced(), st.sampled_from(OBJECTIVES), st.randoms())
def test_no_prices_make_a_poor_matching_optimal(
    given_: tuple[Problem, Proof, Proof], objective: str, random: Any
) -> None:
    """Whatever proof comes with it, a matching that is not the best is not called so."""
    problem, first, second = given_
    every = brute.worths(problem, objective)
    if not every:
        return
    chosen = random.choice(sorted(every, key=sorted))
    worth = every[chosen]
    stages = ("coverage", "total") if objective == "most people" else ("total",)
    found = certify(
        problem,
        SimpleNamespace(
            pairs=pairs(*sorted(chosen)),
            total=float(np.ldexp(float(worth[1]), -problem.bits)),
            stages=stages,
            proofs={"coverage": first, "total": second},
        ),
    )
    assert found.valid
    assert not found.optimal or worth == max(every.values())


@objectives
def test_prices_too_large_to_reckon_with_are_no_proof(objective: str) -> None:
    """Prices that would overflow once passed off the poorer of two pairs as the best."""
    problem = Problem([[1, 5]], mentee_minimum=1)
    for huge in (2**59, 2**60, 2**62):
        prices = Prices(np.array([huge, huge]), np.zeros(0, np.int64))
        forged = standin(
            solve(problem, objective),
            pairs=pairs((0, 0)),
            total=1.0,
            proofs={"coverage": prices, "total": prices},
        )
        found = certify(problem, forged)
        assert (found.valid, found.optimal) == (True, False)


@given(st.data())
def test_the_bound_is_that_of_the_plain_formula(data: st.DataObject) -> None:
    """Without quotas the bound is ENGINE's: everyone's best reduced score, plus the places."""
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    scores = np.array(data.draw(st.lists(counts(m, 9), min_size=n, max_size=n)), float)
    scores[0, 0] = 3
    capacity = np.array(data.draw(counts(m, 3)))
    prices = np.array(data.draw(counts(m, 6)))
    problem = Problem(scores, mentor_capacity=capacity)
    plain = np.maximum((scores - prices).max(axis=1), 0).sum() + (capacity * prices).sum()
    assert bound(problem, Prices(prices, np.zeros(0, np.int64)), "total") == plain


def test_a_case_that_nothing_fits_bounds_nothing() -> None:
    """A case that uses an impossible pair is empty, so the other case alone decides."""
    problem = Problem([[1, -np.inf]])
    nothing = Prices(np.zeros(2, np.int64), np.zeros(0, np.int64))
    assert bound(problem, nothing, "total", used=((0, 1),)) == IMPOSSIBLE
    assert bound(problem, Split((0, 1), nothing, nothing, nothing), "total") == 1


@objectives
def test_every_answer_of_the_solver_is_accepted_as_a_stand_in(objective: str) -> None:
    """Pairs, total, stages and proofs are all that is read."""
    for seed in range(120):
        problem = seeded_problem(seed)
        try:
            matching = solve(problem, objective)
        except InfeasibleError:
            continue
        assert certify(problem, standin(matching)).optimal


def test_a_pair_named_twice_in_a_proof_is_used_once() -> None:
    """Cases within the case of the same pair once made it impossible, and proved too little."""
    problem = Problem([[1.0], [0.0]])
    nothing = Prices(np.zeros(1, np.int64), np.zeros(0, np.int64))
    again = Split((0, 0), nothing, nothing, nothing)
    assert bound(problem, Split((0, 0), again, again, nothing), "total") == 1
    assert bound(problem, Split((0, 0), again, again, nothing), "coverage") >= 1
    with pytest.raises(ValueError, match="counted from 0"):
        bound(problem, Split((0, -1), nothing, nothing, nothing), "total")


def test_a_mentee_with_two_mentors_is_covered_once() -> None:
    """What being covered pays is paid with the first mentor, also where a case sets that one."""
    problem = Problem([[1, 1]], mentee_demand=2)
    nothing = Prices(np.zeros(2, np.int64), np.zeros(0, np.int64))
    assert bound(problem, nothing, "coverage") == 1
    assert bound(problem, nothing, "coverage", used=((0, 0),)) == 1
    assert bound(problem, replace(nothing, pays={"coverage": 5}), "total", 1, used=((0, 0),)) == 2


def test_prices_are_whole_numbers() -> None:
    """Fractional prices would be rounded in one place and not in another: they are refused."""
    with pytest.raises(ProblemError, match="whole numbers"):
        Prices(np.full(3, 0.2), np.zeros(0, np.int64))
    with pytest.raises(ProblemError, match="fine"):
        Prices(np.zeros(3, np.int64), np.zeros(0, np.int64), fine=-1)
