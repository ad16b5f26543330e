"""Tests of how departments and other groups were served."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.errors import InputError
from mentormatch.telling.fairness import fairness_in_short
from mentormatch.telling.gather import gather


@pytest.fixture(scope="module")
def matching() -> mm.Matching:
    """Return the pairs of a cohort with fewer places than mentees."""
    return mm.match(mm.make_cohort(60, 40, seed=5))


def test_every_figure_counted_by_hand(matching):
    """Shares, scores, first choices, lent and borrowed are what plain counting gives."""
    table = mm.fairness(matching).set_index("group")
    cohort, problem = matching.problem.scores.cohort, matching.problem
    names = {one.key: one.name("en") for one in cohort.programme.departments}
    assert table.index.tolist() == list(names.values())
    mine, theirs = (list(cohort.table(side)["department"]) for side in ("mentees", "mentors"))
    values, possible = problem.values(np.arange(problem.shape[0]))
    offering = problem.mentor_capacity > 0
    scores = matching.pairs["score"].tolist()
    pairs = list(zip(matching.rows.tolist(), matching.columns.tolist(), scores, strict=True))
    for key, name in names.items():
        row = table.loc[name]
        own = [k for k, one in enumerate(mine) if one == key]
        had = {i: (values[i, j], s) for i, j, s in pairs if mine[i] == key}
        assert row["mentees"] == len(own)
        assert row["matched"] == len(had)
        assert row["share_matched"] == pytest.approx(len(had) / len(own))
        reached = [s for _, s in had.values()]
        if reached:
            assert row["mean_score"] == pytest.approx(np.mean(reached))
            assert row["lowest_score"] == min(reached)
        else:
            assert pd.isna(row["mean_score"])
            assert pd.isna(row["lowest_score"])
        best = [i for i in had if had[i][0] == values[i][possible[i] & offering].max()]
        assert row["first"] == len(best)
        assert row["share_first"] == pytest.approx(len(best) / len(own))
        assert row["mentors"] == theirs.count(key)
        assert row["lent"] == sum(theirs[j] == key != mine[i] for i, j, _ in pairs)
        assert row["borrowed"] == sum(mine[i] == key != theirs[j] for i, j, _ in pairs)
    assert 0 < table["first"].sum() < problem.shape[0]
    assert table["lent"].sum() == table["borrowed"].sum() > 0


def test_it_agrees_with_the_departments_of_the_report(matching):
    """The report's own table of departments counts the same."""
    story = gather(matching)
    for key in ("mentees", "matched", "mean_score", "lowest_score", "lent", "borrowed"):
        left, right = story.fairness[key].to_numpy(float), story.departments[key].to_numpy(float)
        np.testing.assert_allclose(left, right, err_msg=key)


def test_any_column_will_do(matching):
    """Groups are those of the column; several answers count in each, none comes last."""
    cohort = matching.problem.scores.cohort
    n, m = len(cohort.mentees), len(cohort.mentors)
    campus = ["north", "south", None][: n % 3] + ["north", "south", None] * n
    changed = replace(
        cohort,
        mentees=cohort.mentees.assign(campus=campus[:n], level="bachelor", teams=[("a", "b")] * n),
        mentors=cohort.mentors.assign(campus=(["south", "north"] * m)[:m]),
    )
    other = mm.match(changed)
    table = mm.fairness(other, "campus")
    assert table["group"].tolist() == ["north", "south", "(no answer)"]
    assert table["mentees"].sum() == n
    assert mm.fairness(other, "campus", "sv")["group"].tolist()[-1] == "(inget svar)"
    assert table["lent"].sum() == table["borrowed"].sum()
    level = mm.fairness(other, "level")
    assert level["group"].tolist() == ["bachelor"]
    assert level[["mentors", "lent", "borrowed"]].isna().all(axis=None)
    assert level.loc[0, "matched"] == other.coverage
    teams = mm.fairness(other, "teams")
    assert teams["mentees"].tolist() == [n, n]
    languages = mm.fairness(matching, "languages")
    assert languages["mentees"].sum() > n, "who speaks two languages counts in both"


def test_a_department_without_anybody_has_no_shares(matching):
    """Nobody there is no share and no score, instead of 0 % or an error."""
    cohort = matching.problem.scores.cohort
    first = cohort.programme.departments[0]
    gone = cohort.mentees["department"] != first.key
    other = mm.match(replace(cohort, mentees=cohort.mentees[gone]), rules=[])
    row = mm.fairness(other).set_index("group").loc[first.name("en")]
    assert row["mentees"] == row["matched"] == row["first"] == 0
    assert row[["share_matched", "share_first", "mean_score", "lowest_score"]].isna().all()


def test_what_cannot_be_told():
    """Numbers alone have no groups, and a column that is not there is named with those that are."""
    with pytest.raises(InputError):
        mm.fairness(mm.solve(mm.Problem([[1.0]])))
    matching = mm.match(mm.make_cohort(6, 5, seed=1))
    with pytest.raises(InputError, match="campus"):
        mm.fairness(matching, "campus")


@pytest.mark.parametrize(
    ("matched", "told"),
    [
        (([3, 1], [4, 4]), "75 % of the mentees of A have a mentor, but only 25 % of those of B"),
        (([2, 2], [2, 2]), "In every group 100 % of the mentees have a mentor"),
        (([0, 0], [0, 0]), "Nobody signed up"),
    ],
)
def test_one_sentence_says_who_was_served_best(matched, told):
    """The best and the least served are named, or that all were served alike."""
    table = pd.DataFrame({"group": ["A", "B"], "matched": matched[0], "mentees": matched[1]})
    table["share_matched"] = table["matched"] / table["mentees"].where(table["mentees"] > 0)
    table["first"] = 1
    assert fairness_in_short(table, "en").startswith(told)
