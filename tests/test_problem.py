"""A problem is checked when it is born: every fault is an error with its place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from mentormatch.errors import InputError, ProblemError
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota, Scores
from strategies import Block, BlockAt

NAN, INF = float("nan"), float("inf")
HERE = Pairs.listed([(0, 0)])


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[NAN]], "a score is NaN"),
        ([[None]], "a score is NaN"),
        ([[INF]], "lock it with a Quota"),
        ([1.0, 2.0], "has 1 dimension"),
        (5.0, "has 0 dimension"),
        ([[[1.0]]], "has 3 dimension"),
        ([[1.0, 2.0], [1.0]], "matrix of numbers"),
        ([["good"]], "matrix of numbers"),
        ("good", "matrix of numbers"),
    ],
)
def test_scores_that_are_no_matrix_of_scores_are_refused(scores: Any, message: str) -> None:
    """NaN, +inf and whatever is no matrix never reaches a solver."""
    with pytest.raises(ProblemError, match=message):
        Problem(scores)


@pytest.mark.parametrize("name", ["mentor_capacity", "mentor_minimum"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, -1, 1], "negative at position 1"),
        (-2, "negative at position 0"),
        (-2.0, "negative at position 0"),
        (0.5, "must be whole numbers"),
        ([1, 0.5, 1], "must be whole numbers"),
        (NAN, "must be whole numbers"),
        (INF, "must be whole numbers"),
        ("two", "must be whole numbers"),
        (None, "must be whole numbers"),
        (True, "must be whole numbers"),
        ([1, 1], r"shape \(2,\), it should have \(3,\)"),
        ([[1, 1, 1]], r"shape \(1, 3\)"),
        ([[1], [1, 2], 1], "one number, or one a person"),
        (2**31, "larger than"),
        (2**70, "must be whole numbers"),
        (1e300, "larger than"),
    ],
)
def test_numbers_of_people_that_make_no_sense_are_refused(
    name: str, value: Any, message: str
) -> None:
    """Negative, fractional, missing, too many or the wrong shape: the mentors' numbers."""
    with pytest.raises(ProblemError, match=f"{name}.*{message}"):
        Problem(np.ones((2, 3)), **{name: value})


@pytest.mark.parametrize("name", ["mentee_demand", "mentee_minimum"])
@pytest.mark.parametrize("value", [[1, 1, 1], -1, 0.5, "one"])
def test_the_same_goes_for_mentees(name: str, value: Any) -> None:
    """Demand and minimum of mentees are checked against their own number."""
    with pytest.raises(ProblemError, match=name):
        Problem(np.ones((2, 3)), **{name: value})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mentor_minimum": [0, 2, 0]}, "mentor 1 has a minimum of 2 and a capacity of 1"),
        ({"mentee_minimum": [0, 2]}, "mentee 1 has a minimum of 2 and a demand of 1"),
        ({"mentee_ids": ["a"]}, "1 mentee_ids for 2 mentees"),
        ({"mentor_ids": ["a", "b", "a"]}, "mentor id 'a' stands twice"),
        ({"mentee_ids": [["a"], ["b"]]}, "mentee_ids must be hashable"),
        ({"minimum_score": NAN}, "minimum_score is NaN"),
        ({"quotas": ["at most three"]}, "must be Quota values, not str"),
        ({"quotas": [Quota("q", Pairs.same([1], [1, 2, 3]))]}, "1 mentees, the scores of 2"),
        ({"quotas": [Quota("q", Pairs.same([1, 2], [1]))]}, "1 mentors, the scores of 3"),
        ({"quotas": [Quota("q", Pairs.listed([(0, 3)]))]}, "outside 2 mentees x 3 mentors"),
    ],
)
def test_contradictions_are_refused(arguments: dict[str, Any], message: str) -> None:
    """Parts of a problem that contradict each other are named."""
    with pytest.raises(ProblemError, match=message):
        Problem(np.ones((2, 3)), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"at_least": -1}, "at_least must not be negative"),
        ({"at_most": -1}, "at_most must not be negative"),
        ({"at_least": 1.0}, "at_least must be a whole number"),
        ({"at_least": None}, "at_least must be a whole number"),
        ({"at_most": "three"}, "at_most must be a whole number"),
        ({"at_most": True}, "at_most must be a whole number"),
        ({"at_least": 3, "at_most": 2}, "at least 3 and at most 2"),
    ],
)
def test_a_quota_with_senseless_bounds_is_refused(arguments: dict[str, Any], message: str) -> None:
    """The quota's name is in the message, for the coordinator to find it by."""
    with pytest.raises(ProblemError, match=message) as caught:
        Quota("lent by Physics", HERE, **arguments)
    assert "lent by Physics" in str(caught.value)
    assert isinstance(caught.value, InputError)


def test_quota_bounds_become_plain_numbers() -> None:
    """NumPy's whole numbers are taken, and a ban is known as one."""
    quota = Quota("q", HERE, at_least=np.int64(0), at_most=np.int32(0))
    assert (type(quota.at_least), type(quota.at_most)) == (int, int)
    assert quota.is_ban
    assert not Quota("q", HERE).is_ban


def test_a_problem_keeps_its_own_copy() -> None:
    """What the caller does to the arrays afterwards changes nothing, and nobody else can."""
    scores, capacity = np.ones((2, 2)), np.array([1, 2])
    problem = Problem(scores, mentor_capacity=capacity)
    scores[0, 0], capacity[0] = 9, 9
    assert problem.scores[0, 0] == 1
    assert problem.mentor_capacity.tolist() == [1, 2]
    for array in (problem.scores, problem.mentor_capacity, problem.mentee_demand):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9
    with pytest.raises(FrozenInstanceError):
        problem.scores = scores  # type: ignore[misc]


def test_single_numbers_hold_for_everybody() -> None:
    """A single capacity is everybody's, whole floats are whole, and ids are positions."""
    problem = Problem(np.ones((2, 3)), mentor_capacity=2.0, mentee_demand=3)
    assert problem.mentor_capacity.tolist() == [2, 2, 2]
    assert problem.mentee_demand.tolist() == [3, 3]
    assert problem.mentor_minimum.tolist() == [0, 0, 0]
    assert (problem.mentee_ids, problem.mentor_ids) == ((0, 1), (0, 1, 2))
    assert repr(problem) == "Problem(2 mentees, 3 mentors, 0 quotas)"


def test_the_most_pairs_are_counted_from_the_smaller_side() -> None:
    """No matching has more pairs than all demand, or than all places that anyone can fill."""
    assert Problem(np.ones((2, 3)), mentor_capacity=9).most_pairs == 2
    assert Problem(np.ones((2, 3)), mentor_capacity=9, mentee_demand=9).most_pairs == 6
    assert Problem(np.ones((9, 2)), mentor_capacity=[0, 3]).most_pairs == 3


def test_values_are_scores_in_steps_and_what_may_be() -> None:
    """Bans, impossible pairs and scores below the minimum are marked, never made low scores."""
    problem = Problem(
        [[3, -np.inf, 1], [2, 5, 4]],
        minimum_score=2,
        quotas=[Quota("no", Pairs.listed([(1, 1)]), at_most=0)],
    )
    values, possible = problem.values([1, 0])
    assert possible.tolist() == [[True, False, True], [True, False, False]]
    assert values.tolist() == [[2, 0, 4], [3, 0, 0]]
    listed, may = problem.values_at([0, 1, 1], [1, 1, 2])
    assert (listed.tolist(), may.tolist()) == ([0, 0, 4], [False, False, True])


@pytest.mark.parametrize("kind", [Block, BlockAt])
def test_an_object_with_a_shape_and_blocks_is_enough(kind: type[Block]) -> None:
    """Scores that are no matrix are read by block, or by pair where they can be."""
    scores = kind([[0.5, -np.inf], [0.25, 1.0]])
    assert isinstance(scores, Scores)
    problem = Problem(scores)
    assert problem.scores is scores
    assert problem.bits == 20
    steps = [[2**19, 0], [2**18, 2**20]]
    assert problem.values([0, 1])[0].tolist() == steps
    assert problem.values_at([0, 1], [1, 1])[0].tolist() == [0, 2**20]
    assert problem.values_at([0, 1], [1, 1])[1].tolist() == [False, True]
    assert problem.values_at([], [])[0].tolist() == []


@pytest.mark.parametrize(("wrong", "message"), [(NAN, "NaN"), (INF, r"\+inf")])
def test_faults_of_an_object_are_found_when_it_is_read(wrong: float, message: str) -> None:
    """A score object cannot be checked at birth, so its blocks and pairs are, each time."""
    problem = Problem(BlockAt([[wrong]]))
    with pytest.raises(ProblemError, match=message):
        problem.values([0])
    with pytest.raises(ProblemError, match=message):
        problem.values_at([0], [0])


def test_an_object_brings_its_own_ids() -> None:
    """Ids of the scores are used unless others are given."""
    scores = Block([[1.0]])
    scores.mentee_ids, scores.mentor_ids = ("e",), ("o",)  # type: ignore[attr-defined]
    assert Problem(scores).mentee_ids == ("e",)
    assert Problem(scores, mentor_ids=["Bo"]).mentor_ids == ("Bo",)
