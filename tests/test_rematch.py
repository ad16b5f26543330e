"""Tests of mending an announced list: who stays, who moves, and that nothing better exists."""

from __future__ import annotations

import numpy as np

import mentormatch as mm


def test_an_unmatched_mentee_takes_the_place_and_nobody_else_moves() -> None:
    """After a drop-out the free place goes to who had none; people are known by id in any order."""
    before = mm.solve(mm.Problem([[9, 1], [8, 7], [6, 5]], mentee_ids="abc", mentor_ids="xy"))
    assert set(before.pairs["mentee"]) == {"a", "b"}
    now = mm.Problem([[5, 6], [7, 8]], mentee_ids="cb", mentor_ids="yx")
    after = mm.rematch(before, now)
    assert dict(zip(after.pairs["mentee"], after.pairs["mentor"], strict=True)) == {
        "b": "y",
        "c": "x",
    }
    assert after.kept == 1
    assert mm.certify(after.problem, after).optimal


def test_pairs_that_became_impossible_are_no_longer_announced() -> None:
    """A pair that may not be any more is not counted as broken, and both are matched anew."""
    before = mm.solve(mm.Problem([[9, 1], [1, 9]]))
    after = mm.rematch(before, mm.Problem([[-np.inf, 1], [1, 9]]))
    assert after.problem.announced.exceptions.tolist() == [[1, 1]]
    assert after.pairs[["mentee", "mentor"]].values.tolist() == [[0, 1], [1, 0]]
    assert after.kept == 0  # as many mentees as possible come first


def test_a_drop_out_in_a_cohort_leaves_all_others_their_mentor() -> None:
    """One mentee leaves: everybody else keeps her pair, scores and rules being the programme's."""
    cohort = mm.make_cohort(20, 15, seed=1)
    before = mm.match(cohort)
    gone = before.pairs["mentee"].iloc[0]
    fewer = mm.Cohort(cohort.mentees.drop(gone), cohort.mentors, cohort.programme)
    after = mm.rematch(before, fewer)
    had = dict(zip(before.pairs["mentee"], before.pairs["mentor"], strict=True))
    have = dict(zip(after.pairs["mentee"], after.pairs["mentor"], strict=True))
    assert all(have[one] == mentor for one, mentor in had.items() if one != gone)
    assert after.kept == len(before) - 1
    assert after.status == "optimal"
