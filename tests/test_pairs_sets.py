"""Sets of pairs behave as the masks they stand for, without ever being masks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentormatch.errors import ProblemError
from mentormatch.matching.pairs import Pairs
from strategies import sets_of_pairs

NAN = float("nan")
MASKED = np.ma.masked_array([True], [True])
sizes = st.tuples(st.integers(0, 5), st.integers(0, 5))


@settings(max_examples=400)
@given(sizes.flatmap(lambda size: st.tuples(st.just(size), sets_of_pairs(*size, depth=4))))
def test_expressions_equal_boolean_masks(
    given_: tuple[tuple[int, int], tuple[Pairs, np.ndarray]],
) -> None:
    """Any union, intersection and complement is the same expression of boolean masks."""
    (n, m), (pairs, mask) = given_
    pairs.check(n, m)
    assert np.array_equal(pairs.block(range(n), m), mask)
    i, j = np.indices((n, m))
    assert np.array_equal(pairs.at(i.ravel(), j.ravel()), mask.ravel())


@settings(max_examples=150)
@given(sizes.flatmap(lambda size: st.tuples(st.just(size), sets_of_pairs(*size))), st.randoms())
def test_reordered_people_take_their_pairs_along(
    given_: tuple[tuple[int, int], tuple[Pairs, np.ndarray]], random: Any
) -> None:
    """`taken` is the mask with its rows and columns reordered; blocks come in any order."""
    (n, m), (pairs, mask) = given_
    rows, columns = random.sample(range(n), n), random.sample(range(m), m)
    moved = pairs.taken(rows, columns)
    known = mask[np.ix_(np.array(rows, int), np.array(columns, int))]
    assert np.array_equal(moved.block(range(n), m), known)
    some = rows[: n // 2] * 2
    assert np.array_equal(pairs.block(some, m), mask[np.array(some, int)])


@settings(max_examples=100)
@given(
    sizes.flatmap(lambda size: st.tuples(st.just(size), sets_of_pairs(*size), sets_of_pairs(*size)))
)
def test_the_laws_of_sets_hold(
    given_: tuple[tuple[int, int], tuple[Pairs, Any], tuple[Pairs, Any]],
) -> None:
    """Double complement is nothing, and De Morgan's law holds."""
    (n, m), (a, _), (b, _) = given_

    def mask(pairs: Pairs) -> list[list[bool]]:
        return pairs.block(range(n), m).tolist()

    assert mask(~~a) == mask(a)
    assert mask(~(a | b)) == mask(~a & ~b)
    assert mask(a & ~a) == mask(Pairs.listed([]))
    assert mask(a | ~a) == mask(Pairs.everyone())


def test_expressions_stay_small() -> None:
    """Sets of a hundred thousand people a side are held by groups, never as a matrix."""
    n = 100_000
    ours, theirs = np.arange(n) % 8, np.arange(n) % 8
    away = ~Pairs.same(ours, theirs) & ~Pairs.between(ours == 2, theirs < 4) | Pairs.listed(
        [(0, 0)]
    )
    assert away.table.size <= 81
    assert away.exceptions.tolist() == [[0, 0]]
    assert away.at([0, 1, 0, 2], [0, 1, 1, 3]).tolist() == [True, False, True, False]


def test_a_listed_pair_that_a_group_holds_already_is_no_exception() -> None:
    """Exceptions are only what the groups get wrong, each once."""
    cell = Pairs.between([True, False], [True, True])
    assert len((cell | Pairs.listed([(0, 0), (0, 1)])).exceptions) == 0
    assert (cell | Pairs.listed([(1, 1), (1, 1)])).exceptions.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "nobody",
    [None, NAN, "", -1, np.float64("nan"), np.int64(-3), pd.NA, pd.NaT, np.datetime64("NaT"),
     Decimal("NaN")],
)  # fmt: skip
def test_a_missing_code_equals_nothing(nobody: Any) -> None:
    """Two missing answers are not the same answer, whatever they stand beside."""
    pairs = Pairs.same(["a", nobody, nobody], ["a", nobody, "b"])
    assert np.argwhere(pairs.block(range(3), 3)).tolist() == [[0, 0]]


def test_missing_numbers_equal_nothing() -> None:
    """In arrays of numbers NaN and negative codes are missing, and zero is a code."""
    floats = Pairs.same(np.array([0.0, NAN, 2.0]), np.array([0, -1, 2]))
    assert np.argwhere(floats.block(range(3), 3)).tolist() == [[0, 0], [2, 2]]


def test_codes_keep_their_kind() -> None:
    """The number 1 beside a text does not become the text "1"."""
    pairs = Pairs.same([1, "a"], ["1", "a"])
    assert np.argwhere(pairs.block(range(2), 2)).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "made",
    [
        Pairs.cells([], [], np.zeros((0, 0), bool)),
        Pairs.same([], []),
        Pairs.between([], []),
        Pairs.cells([], [], np.zeros((0, 4), bool)),
    ],
)
def test_sets_of_nobody_combine(made: Pairs) -> None:
    """Where a side is empty, sets combine as ever."""
    for other in (Pairs.everyone(), Pairs.listed([]), Pairs.same([], []), made):
        for both in (made | other, made & other, ~made | ~other, (made | other) & other):
            assert both.block([], 0).shape == (0, 0)
            assert both.taken([], []).block([], 0).shape == (0, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pairs.between([1, 0], [True]), "mask of mentees must be boolean"),
        (lambda: Pairs.between([True], [0.5]), "mask of mentors must be boolean"),
        (lambda: Pairs.between([[True]], [True]), "one value a person"),
        (lambda: Pairs.same("physics", ["physics"]), "one value a person"),
        (lambda: Pairs.same([["a"]], ["a"]), "one value a person"),
        (lambda: Pairs.same([{"a"}], ["a"]), "hashable"),
        (lambda: Pairs.same([1], np.ma.masked_equal([0, 1], 0)), "masked entries"),
        (lambda: Pairs.between(MASKED, [True]), "masked entries"),
        (lambda: Pairs.between([[True], []], [True]), "one value a person"),
        (lambda: Pairs.cells([0], MASKED, [[True]]), "masked entries"),
        (lambda: Pairs.cells(["a"], [0], [[True]]), "groups must be whole numbers"),
        (lambda: Pairs.cells([0], [0.5], [[True]]), "groups must be whole numbers"),
        (lambda: Pairs.everyone() | 3, "another one, not int"),  # type: ignore[operator]
        (lambda: Pairs.listed(5), "whole numbers"),  # type: ignore[arg-type]
        (lambda: Pairs.listed([(0, 1), (2,)]), "whole numbers"),  # type: ignore[list-item]
        (lambda: Pairs.cells([0], [0], [True]), "two dimensions"),
        (lambda: Pairs.cells([1], [0], [[True]]), "outside the table"),
        (lambda: Pairs.cells([0], [-1], [[True]]), "outside the table"),
        (lambda: Pairs.listed([(0, -1)]), "none negative"),
        (lambda: Pairs.listed([(0.0, 1.0)]), "whole numbers"),  # type: ignore[list-item]
        (lambda: Pairs.listed([(0, 1, 2)]), "pairs of whole numbers"),  # type: ignore[list-item]
        (lambda: Pairs.listed([("a", "b")]), "whole numbers"),  # type: ignore[list-item]
        (lambda: Pairs.same([1, 2], [1]) | Pairs.same([1], [1]), "2 and 1 people"),
        (lambda: Pairs.same([1], [1, 2]) & Pairs.same([1], [1]), "2 and 1 people"),
        (lambda: Pairs.same([1, 2], [1]).check(3, 1), "2 mentees, the scores of 3"),
        (lambda: Pairs.same([1], [1, 2]).check(1, 3), "2 mentors, the scores of 3"),
        (lambda: Pairs.listed([(0, 2)]).check(3, 2), "outside 3 mentees x 2 mentors"),
        (lambda: Pairs.listed([(3, 0)]).check(3, 2), "outside 3 mentees x 2 mentors"),
    ],
)
def test_what_is_no_set_of_pairs_is_refused(make: Any, message: str) -> None:
    """Wrong kinds, wrong sizes and people who are not there are errors in plain words."""
    with pytest.raises(ProblemError, match=message):
        make()
