"""A problem is checked when it is born: every fault is an error with its place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from mentormatch.errors import InputError, ProblemError
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota, Scores
from mentormatch.matching.solve import solve
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
        ([[1 + 2j]], "real numbers, not complex128"),
        (np.array([["2024-01-01"]], "M8[D]"), "real numbers, not datetime64"),
        (np.ma.masked_equal([[0.0, 1.0]], 0.0), "masked entries.*-inf"),
        (None, "dimension"),
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
        (np.ma.masked_equal([0, 1, 1], 0), "masked entries"),
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
        ({"mentee_ids": 5}, "mentee_ids must be a list of ids, not int"),
        ({"mentee_ids": [object(), "b"]}, "mentee_ids must be text.* not object"),
        ({"mentee_ids": [("a", object()), "b"]}, "mentee_ids must be text.* not tuple"),
        ({"mentee_ids": [NAN, "b"]}, "mentee_ids must be text.* not float"),
        ({"mentee_ids": [pd.NaT, "b"]}, "mentee_ids must be text.* not NaT"),
        ({"mentee_ids": [None, "b"]}, "mentee_ids must be text.* not NoneType"),
        ({"minimum_score": None}, "minimum_score must be a number, not NoneType"),
        ({"minimum_score": 10**400}, "minimum_score is larger than any score"),
        ({"minimum_score": "0.5"}, "minimum_score must be a number, not str"),
        ({"quotas": None}, "quotas must be a list of Quota values, not NoneType"),
        ({"quotas": Quota("q", HERE)}, "quotas must be a list of Quota values, not Quota"),
        ({"mentor_capacity": pd.Series([1, 2, 3], index=list("abc"))}, "index of mentor_capacity"),
        ({"mentor_capacity": pd.Series([1, 2, 3], index=[0, 0, 1])}, "index of mentor_capacity"),
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
        ({"at_least": 10**30}, "at_least is larger than 2 147 483 647"),
        ({"at_most": 2**31}, "at_most is larger than 2 147 483 647"),
        ({"pairs": [(0, 0)]}, "pairs must be a Pairs set, not list"),
        ({"at_least": 3, "at_most": 2}, "at least 3 and at most 2"),
    ],
)
def test_a_quota_with_senseless_bounds_is_refused(arguments: dict[str, Any], message: str) -> None:
    """The quota's name is in the message, for the coordinator to find it by."""
    with pytest.raises(ProblemError, match=message) as caught:
        Quota(**{"name": "lent by Physics", "pairs": HERE, **arguments})
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


class Odd(Block):
    """Scores whose blocks are not what their shape says."""

    given: Any

    def block(self, rows: Any) -> Any:
        return self.given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ones((2, 3)), r"shape \(2, 3\) instead of \(2, 2\)"),
        (np.ones((3, 2)), r"shape \(3, 2\) instead of \(2, 2\)"),
        (1.0, r"shape \(\) instead of"),
        (None, r"shape \(\) instead of"),
        (np.full((2, 2), 1j), "complex128 instead of real numbers"),
        (np.full((2, 2), "a"), "instead of real numbers"),
        (np.array([[1.0, None], ["a", 2.0]], object), "no number"),
        (np.ma.masked_equal([[0, 1], [1, 1]], 0), "masked entries"),
    ],
)
def test_blocks_that_are_not_what_they_should_be_are_refused(given: Any, message: str) -> None:
    """A score object that gives another shape or kind is told so, not broadcast or cut."""
    scores = Odd([[1.0, 1.0], [1.0, 1.0]])
    scores.given = given
    with pytest.raises(ProblemError, match=message):
        Problem(scores).values([0, 1])


def test_a_listed_pair_of_an_object_is_checked_too() -> None:
    """Pairs of many people, which are read one by one, go through the same checks as blocks."""
    many = np.ones((2, 2**17))
    scores = Odd(many)
    scores.given = np.ones((2, 1))
    with pytest.raises(ProblemError, match=r"instead of \(1, 131072\)"):
        Problem(scores).values_at([0], [1])
    scores = BlockAt(many)
    scores.at = lambda i, j: np.ones(3)  # type: ignore[method-assign]
    with pytest.raises(ProblemError, match=r"instead of \(1,\)"):
        Problem(scores).values_at([0], [1])


@pytest.mark.parametrize("shape", [(1,), None, ("a", 1), (1.5, 1), (-1, 2)])
def test_a_shape_that_is_none_is_refused(shape: Any) -> None:
    """Scores say how many mentees and mentors there are in two whole numbers."""

    class Shapeless:
        def block(self, rows: Any) -> Any:
            raise AssertionError

    scores = Shapeless()
    scores.shape = shape  # type: ignore[attr-defined]
    with pytest.raises(ProblemError, match=r"scores\.shape"):
        Problem(scores)


def test_a_series_is_read_by_its_index() -> None:
    """Places stand beside ids in a Series of pandas, in whatever order."""
    ids = {"mentee_ids": ["e", "f"], "mentor_ids": ["o", "p", "q"]}
    places = pd.Series([1, 2, 3], index=["q", "o", "p"])
    assert Problem(np.ones((2, 3)), places, **ids).mentor_capacity.tolist() == [2, 3, 1]
    assert Problem(np.ones((2, 3)), pd.Series([1, 2, 3]), **ids).mentor_capacity.tolist() == [
        1, 2, 3,
    ]  # fmt: skip
    demand = pd.Series([1, 2], index=[1, 0])
    assert Problem(np.ones((2, 3)), mentee_demand=demand).mentee_demand.tolist() == [2, 1]
    with pytest.raises(ProblemError, match="whole numbers"):
        Problem(np.ones((2, 3)), pd.Series([1, 2, None], index=["q", "o", "p"]), **ids)


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    "one",
    ["a at 0x7f", b"a", True, 3, 2.5, ("a", 1), date(2024, 1, 2), datetime(2024, 1, 2, tzinfo=UTC),
     UUID(int=7), Colour.RED, np.int64(3), np.str_("a"), (np.int64(3), "a"),
     pd.Timestamp("2024-01-02"), np.datetime64("2024-01-02")],
)  # fmt: skip
def test_ids_of_every_steady_kind_are_taken(one: Any) -> None:
    """Whatever is written alike in every run may name a person."""
    assert Problem([[1.0]], mentee_ids=[one]).mentee_ids == (one,)


def test_totals_beyond_every_float_are_refused() -> None:
    """Scores whose total no number can tell are an error, not an infinite total."""
    with pytest.raises(ProblemError, match="divide them all by a constant"):
        _ = Problem(np.full((3, 3), 1e308)).bits
    assert np.isfinite(solve(Problem(np.full((3, 3), 1e307))).bound)


def test_an_object_brings_its_own_ids() -> None:
    """Ids of the scores are used unless others are given."""
    scores = Block([[1.0]])
    scores.mentee_ids, scores.mentor_ids = ("e",), ("o",)  # type: ignore[attr-defined]
    assert Problem(scores).mentee_ids == ("e",)
    assert Problem(scores, mentor_ids=["Bo"]).mentor_ids == ("Bo",)


def test_a_matrix_that_nobody_can_write_to_is_not_copied():
    """Only a matrix that is read-only to its very base is shared; any other may change later."""
    scores = np.arange(6.0).reshape(2, 3).copy()
    view = scores[:, :]
    view.setflags(write=False)
    for shared in (scores, view, scores.astype(np.float32)):
        problem = Problem(shared)
        assert not np.shares_memory(problem.scores, shared)
        assert not problem.scores.flags.writeable
    scores.setflags(write=False)
    assert Problem(scores).scores is scores
    assert np.shares_memory(Problem(scores[:1]).scores, scores)
    text = np.frombuffer(scores.tobytes()).reshape(2, 3)
    assert np.shares_memory(Problem(text).scores, text)
    with pytest.raises(ProblemError):
        Problem(np.frombuffer(np.full((2, 2), np.nan).tobytes()).reshape(2, 2))
