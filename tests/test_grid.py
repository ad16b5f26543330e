"""Scores are rounded once, to whole steps, and ties are drawn by lots keyed by ids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentormatch.errors import ProblemError
from mentormatch.matching import grid
from mentormatch.matching.problem import Problem

sides = st.sampled_from(["mentee", "mentor"])


def steps(score: float, bits: int) -> list[int]:
    """Return a score, and a zero beside it, in whole steps of the grid."""
    row = np.array([score, 0.0])
    rounded = grid.round_to(row, bits, float(row.min()), float(row.max()))
    return [int(value) for value in rounded]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9),
    st.integers(-60, 60),
)
def test_rounding_is_within_half_a_step_of_thirty_digits(scores: list[float], power: int) -> None:
    """A raw matrix loses at most a billionth of its largest score, whatever its scale."""
    matrix = np.ldexp(np.array([scores]), power)
    problem = Problem(matrix)
    step = np.ldexp(1.0, -problem.bits)
    values, _ = problem.values([0])
    assert (np.abs(np.ldexp(values.astype(float), -problem.bits) - matrix) <= step / 2).all()
    largest = np.abs(matrix).max()
    assert problem.bits == 0 or largest == 0 or step <= largest * 2.0**-29


@given(st.lists(st.integers(-(2**44), 2**44), min_size=1, max_size=6))
def test_whole_numbers_are_not_rounded(scores: list[int]) -> None:
    """Whole scores come back as they are, also where floats would blur them."""
    values, _ = Problem(np.array([scores], float)).values([0])
    assert values[0].tolist() == scores


def test_whole_numbers_too_large_for_their_totals_keep_thirty_digits() -> None:
    """Where totals would pass 2**48, whole numbers are rounded as all others are."""
    assert grid.matrix_bits(2.0**40 - 1, True, 255) == 0
    assert grid.matrix_bits(2.0**40 - 1, True, 256) == 30 - 40
    assert grid.matrix_bits(1e17, True, 1) == 30 - 57
    assert grid.matrix_bits(0.75, False, 100) == 30
    assert grid.matrix_bits(0.75, False, 2**20) == 26
    assert grid.matrix_bits(0.0, True, 5) == grid.SCORE_BITS


@given(st.floats(1e-300, 1e300), st.booleans(), st.integers(0, 10**6))
def test_totals_always_fit(largest: float, whole: bool, pairs: int) -> None:
    """However large the scores, the total of all pairs stays below 2**48 steps."""
    bits = grid.matrix_bits(largest, whole, pairs)
    value = steps(largest, bits)
    assert value[0] * pairs < 2**grid.SUM_BITS
    grid.check_total(np.array(value), pairs)


def test_a_total_that_might_not_be_exact_is_refused() -> None:
    """Scores of an object are not rescaled, so those too large are an error."""
    grid.check_total(np.array([2**40 - 1, -5]), 255)
    for values in ([2**40], [-(2**40)]):
        with pytest.raises(ProblemError, match="divide them all"):
            grid.check_total(np.array(values), 256)
    for score in (1e40, -1e308):
        with pytest.raises(ProblemError, match="divide them all"):
            steps(score, 20)


def test_steps_come_back_as_scores() -> None:
    """From steps to scores and back is the identity, at every fineness."""
    for bits in (-20, 0, 20, 59, 1000):
        score = grid.from_grid(12345, bits)
        assert steps(score, bits) == [12345, 0]


@given(st.lists(st.text(max_size=5), unique=True, max_size=6), sides, st.integers())
def test_a_ticket_depends_on_nobody_else(ids: list[str], side: str, seed: int) -> None:
    """Everyone's lottery ticket is the same whoever else takes part, and in whatever order."""
    drawn = grid.tickets(ids, side, seed)
    assert drawn.tolist() == [int(grid.tickets([name], side, seed)[0]) for name in ids]
    assert grid.tickets(ids[::-1], side, seed).tolist() == drawn.tolist()[::-1]
    assert len(set(drawn.tolist())) == len(ids)


def test_tickets_differ_by_side_seed_and_kind() -> None:
    """The two sides draw apart, so do seeds, and the number 1 is not the text "1"."""
    keys = [("mentee", 0), ("mentor", 0), ("mentee", 1), ("mentee", -1)]
    drawn = [int(ticket) for key in keys for ticket in grid.tickets([1, "1", (1,)], *key)]
    assert len(set(drawn)) == 12


def test_numpy_ids_draw_as_plain_ones_do() -> None:
    """A NumPy text or number has the ticket of the plain one, so its version changes nothing."""
    assert (
        grid.tickets(np.array(["a", "b"]), "mentee", 3).tolist()
        == grid.tickets(["a", "b"], "mentee", 3).tolist()
    )
    assert (
        grid.tickets(np.arange(3), "mentee", 3).tolist()
        == grid.tickets([0, 1, 2], "mentee", 3).tolist()
    )


def test_numpy_inside_a_tuple_draws_as_plain_does() -> None:
    """How NumPy writes its numbers has changed, and may not change a lottery."""
    mixed = [(np.int64(3), np.str_("a"))]
    assert grid.tickets(mixed, "mentee", 3) == grid.tickets([(3, "a")], "mentee", 3)


def test_the_lottery_never_changes() -> None:
    """Pairs of years ago can be drawn again: these numbers are for ever."""
    mentees, mentors = (grid.tickets(["Åsa"], side, 7) for side in ("mentee", "mentor"))
    assert (int(mentees[0]), int(mentors[0])) == (7558744975542022575, 12160635130463974311)
    assert int(grid.lottery(mentees, mentors, 40)[0]) == 753039101216


def test_lottery_numbers_are_spread_evenly() -> None:
    """Lottery numbers of all pairs fill their range, each bit about half the time."""
    people = [grid.tickets(range(100), side, 0) for side in ("mentee", "mentor")]
    lots = grid.lottery(people[0][:, None], people[1][None, :], 40)
    assert lots.shape == (100, 100)
    assert lots.min() >= 0
    assert lots.max() < 2**40
    share = ((lots[..., None] >> np.arange(40)) & 1).mean(axis=(0, 1))
    assert (np.abs(share - 0.5) < 0.03).all()
    assert len(np.unique(lots)) == lots.size
