"""Tests of who has another mentor in one list than in another, and of calling people by name."""

from __future__ import annotations

import pytest

import mentormatch as mm


@pytest.fixture(scope="module")
def cohort() -> mm.Cohort:
    """Thirty mentees and twenty-eight mentors."""
    return mm.make_cohort(30, 28, seed=4)


def test_changes_are_exactly_the_mentees_whose_mentor_differs(cohort: mm.Cohort):
    """Each changed mentee is listed once with both mentors, and nobody else is."""
    before = mm.match(cohort, rules=[])
    first = before.pairs.iloc[0]
    after = mm.match(cohort, rules=[mm.rules.banned([(first["mentee"], first["mentor"])])])
    had, has = (
        dict(zip(one.pairs["mentee"], one.pairs["mentor"], strict=False)) for one in (before, after)
    )
    expected = [one for one in cohort.mentees.index if had.get(one) != has.get(one)]
    found = mm.changes(before, after)
    assert first["mentee"] in expected
    assert found["mentee"].tolist() == expected
    name = cohort.mentors["name"]
    for row in found.itertuples():
        assert row.mentor_before == (name[had[row.mentee]] if row.mentee in had else "nobody")
        assert row.mentor_after == (name[has[row.mentee]] if row.mentee in has else "nobody")


def test_changes_know_people_by_id_when_somebody_left(cohort: mm.Cohort):
    """Two lists of different people compare by id: who left is said to have nobody now."""
    before = mm.match(cohort, rules=[])
    gone = before.pairs["mentee"].iloc[3]
    fewer = mm.Cohort(cohort.mentees.drop(gone), cohort.mentors, cohort.programme)
    found = mm.changes(before, mm.match(fewer, rules=[]), "sv").set_index("mentee")
    assert found.loc[gone, "mentor_after"] == "ingen"
    assert found.loc[gone, "mentee_name"] == cohort.mentees.loc[gone, "name"]


@pytest.mark.parametrize("column", ["name", "email"])
def test_rules_know_people_by_name_or_address(cohort: mm.Cohort, column: str):
    """A lock by name, in any case of letters, is the lock by id."""
    i, j = cohort.mentees.index[2], cohort.mentors.index[5]
    called = (cohort.mentees.loc[i, column].upper(), cohort.mentors.loc[j, column].lower())
    by_name = mm.match(cohort, rules=[mm.rules.locked([called])])
    assert by_name.pairs.equals(mm.match(cohort, rules=[mm.rules.locked([(i, j)])]).pairs)
    assert (i, j) in set(zip(by_name.pairs["mentee"], by_name.pairs["mentor"], strict=False))


def test_a_name_that_two_people_have_is_a_fault_that_names_their_ids(cohort: mm.Cohort):
    """Nobody is locked by a name that might mean somebody else; strangers come up together."""
    mentees = cohort.mentees.copy()
    two = [mentees.index[0], mentees.index[1]]
    mentees.loc[two, "name"] = "Åsa Ek"
    double = mm.Cohort(mentees, cohort.mentors, cohort.programme)
    mentor = cohort.mentors.index[0]
    lock = mm.rules.locked([("åsa ek", mentor), ("Nobody At All", mentor)])
    with pytest.raises(mm.InputError) as caught:
        mm.match(double, rules=[lock])
    several, unknown = caught.value.faults
    assert several.accepted == tuple(two)
    assert unknown.value == "Nobody At All"


def test_last_years_strangers_are_passed_over(cohort: mm.Cohort):
    """Pairs of last year ban those who are here again and ask nothing of those who are not."""
    before = mm.match(cohort, rules=[])
    again = tuple(before.pairs[["mentee", "mentor"]].iloc[0])
    rule = mm.rules.not_last_year([again, ("left@example.org", again[1])])
    now = mm.match(cohort, rules=[rule])
    assert again not in set(zip(now.pairs["mentee"], now.pairs["mentor"], strict=False))
