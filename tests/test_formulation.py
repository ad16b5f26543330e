"""Tests of how people, scores and rules become a problem in numbers."""

from __future__ import annotations

import numpy as np
import pytest

import mentormatch as mm
from mentormatch.errors import InfeasibleError, ProfileError, ProgrammeError
from mentormatch.formulation import notes_of
from mentormatch.people.programme import Rule
from mentormatch.words import LANGUAGES
from roof_example import MENTEES, MENTORS, cohort, example_cohort, example_matching

RULES = (
    Rule("own department only", {"departments": ["astronomy"]}),
    Rule("minimum score", {"score": 0.2}),
    Rule("at most lent", {"department": "physics", "pairs": 1}),
    Rule("minimum score", {"score": 0.3}),
)


def test_people_are_rows_and_columns_under_their_ids():
    """Mentees are rows, mentors columns, with the ids, scores and places of the cohort."""
    people = cohort()
    fit = mm.score(people)
    problem = mm.formulate(people, fit)
    assert problem.mentee_ids == tuple(MENTEES)
    assert problem.mentor_ids == tuple(MENTORS)
    assert problem.mentor_capacity.tolist() == [2, 1, 1, 1, 0]
    assert problem.mentee_demand.tolist() == [1] * 6
    assert problem.scores is fit
    values, possible = problem.values(np.arange(6))
    assert possible.all()
    assert np.ldexp(values.astype(float), -problem.bits) == pytest.approx(fit.block(np.arange(6)))


def test_places_and_demand_are_one_where_nobody_was_asked():
    """Without the column everybody counts once; with it, as answered, 0 included."""
    people = cohort()
    del people.mentors["places"]
    people.mentees["demand"] = [2, 0, 1, 1, 1, 3]
    problem = mm.formulate(people, mm.score(people))
    assert problem.mentor_capacity.tolist() == [1] * 5
    assert problem.mentee_demand.tolist() == [2, 0, 1, 1, 1, 3]


@pytest.mark.parametrize("places", [-1, 1.5, "two", None, float("nan")])
def test_places_that_are_no_count_are_refused(places):
    """A table made in Python with strange places is refused, never rounded."""
    people = cohort()
    people.mentors["places"] = [1, 1, 1, 1, places]
    with pytest.raises(ProfileError) as caught:
        mm.match(people)
    (fault,) = caught.value.faults
    assert (fault.file, fault.column) == ("mentors", "places")
    assert "not a whole number" in fault.text()


def test_the_rules_of_the_programme_become_quotas_in_their_order():
    """Each rule's quotas stand in the order of the file; the highest minimum score counts."""
    people = cohort(*RULES)
    problem = mm.formulate(people, mm.score(people))
    assert [str(quota.name) for quota in problem.quotas] == [
        "Own department only: Astronomy",
        "Physics lends mentors for at most 1 pair",
    ]
    assert problem.minimum_score == 0.3
    assert mm.formulate(people, mm.score(people), []).quotas == ()


def test_rules_given_replace_those_of_the_programme():
    """Rules from Python are used instead of the programme's, and are checked against it."""
    people = cohort(*RULES)
    problem = mm.formulate(people, mm.score(people), [mm.rules.lends_to("media", "physics")])
    assert [quota.name for quota in problem.quotas] == [
        "Media Studies lends mentors only to Physics"
    ]
    with pytest.raises(ProgrammeError, match="meda"):
        mm.formulate(people, mm.score(people), [mm.rules.lends_to("meda", "physics")])


def test_notes_of_all_rules_are_collected():
    """What the rules noticed is told whether the rules come from the file or from Python."""
    assert [note.value for note in notes_of(cohort(Rule("conflict")))] == ["Nils Nemo"]
    assert [note.value for note in notes_of(cohort(), [mm.rules.conflict()])] == ["Nils Nemo"]
    assert notes_of(cohort(*RULES)) == ()


def test_the_pairs_keep_every_rule():
    """No pair of the small cohort's matching breaks a rule, counted by hand."""
    matching = mm.match(cohort(*RULES, Rule("conflict"), Rule("common language")))
    people = matching.problem.scores.cohort
    lent = 0
    for mentee, mentor, score in matching.pairs.itertuples(index=False):
        a, b = people.mentees.loc[mentee], people.mentors.loc[mentor]
        assert score >= 0.3
        if "astronomy" in (a["department"], b["department"]):
            assert a["department"] == b["department"]
        lent += b["department"] == "physics" != a["department"]
        assert not a["languages"] or not b["languages"] or {*a["languages"]} & {*b["languages"]}
        assert (mentee, mentor) not in {("s1", "m1"), ("s3", "m4"), ("s3", "m2"), ("s4", "m3")}
    assert lent <= 1
    assert len(matching) > 0


def test_the_example_keeps_every_rule():
    """The model programme's pairs keep its rules, counted by hand from the cohort's tables."""
    people, pairs = example_cohort(), example_matching().pairs
    mine = people.mentees.loc[pairs["mentee"]].reset_index()
    theirs = people.mentors.loc[pairs["mentor"]].reset_index()
    a, b = mine["department"], theirs["department"]
    assert (pairs["score"] >= 0.10).all()
    assert ((a == "meteorology") == (b == "meteorology")).all()
    assert set(a[b == "astronomy"]) <= {"astronomy", "physics", "meteorology"}
    assert ((b == "physics") & (a != "physics")).sum() <= 4
    assert ((a == "media-studies") & (b == "romance-classics")).sum() <= 3
    for one, other in zip(mine["languages"], theirs["languages"], strict=True):
        assert not one or not other or set(one) & set(other)
    loads = pairs["mentor"].value_counts()
    assert (loads <= people.mentors.loc[loads.index, "places"]).all()
    assert not pairs["mentee"].duplicated().any()


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_in_conflict_are_named(language):
    """Where rules cannot all hold, those in conflict are named in words and no other."""
    rules = [
        mm.rules.common_language(),
        mm.rules.own_department_only("media"),
        mm.rules.at_least_between("media", "physics", 1),
        mm.rules.at_most_lent("astronomy", 1),
    ]
    with pytest.raises(InfeasibleError) as caught:
        mm.match(cohort(), rules=rules)
    text = caught.value.text(language)
    names = [rules[k].sentence(cohort().programme).told(language) for k in (1, 2)]
    assert all(name in text for name in names)
    assert rules[0].sentence(cohort().programme).told(language) not in text
    assert rules[3].sentence(cohort().programme).told(language) not in text
    assert set(mm.diagnose(mm.formulate(cohort(), mm.score(cohort()), rules)).conflict) == {
        rules[k].sentence(cohort().programme).told("en") for k in (1, 2)
    }


def test_one_call_is_the_three_calls():
    """`match` is `score`, `formulate` and `solve` in one, with the same pairs and proof."""
    people = cohort(*RULES)
    long = mm.solve(mm.formulate(people, mm.score(people, {"interests": 1})), "highest total", 3)
    short = mm.match(people, {"interests": 1}, objective="highest total", seed=3)
    assert short.pairs.equals(long.pairs)
    assert (short.total, short.bound, short.seed) == (long.total, long.bound, 3)
    assert mm.certify(short.problem, short).optimal
