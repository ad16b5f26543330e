"""Tests of what is told of a matching: parts, runners-up, why not, why nobody, all tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.errors import InfeasibleError, InputError
from mentormatch.people.programme import Rule
from mentormatch.telling.gather import gather
from mentormatch.words import LANGUAGES, catalogue
from roof_example import (
    MENTEES,
    MENTORS,
    cohort,
    example_cohort,
    example_matching,
    example_story,
    example_table,
)

BAN = {"at_most": 0}
LOCK = {"at_least": 1}


def anew(matching, *demands):
    """Solve the problem of a matching once more, with more demands on single pairs."""
    more = [mm.Quota("demand", mm.Pairs.listed([pair]), **bounds) for pair, bounds in demands]
    problem = replace(matching.problem, quotas=[*matching.problem.quotas, *more])
    return mm.solve(problem, matching.objective, matching.seed)


def place(matching, mentee, mentor):
    problem = matching.problem
    return problem.mentee_ids.index(mentee), problem.mentor_ids.index(mentor)


def check_runners_up(matching, table):
    """Compare what is said of doing without a pair with the answer to a second question."""
    for row in table.itertuples():
        i, j = place(matching, row.mentee, row.mentor)
        try:
            other = anew(matching, ((i, j), BAN))
        except InfeasibleError:
            assert np.isnan(row.runner_up_cost)
            assert row.runner_up == ""
            continue
        assert row.runner_up_exact
        assert row.runner_up_cost == matching.total - other.total
        if matching.objective == "most people":  # otherwise nobody is counted
            assert row.runner_up_people == matching.coverage - other.coverage
        if row.runner_up:
            k = matching.problem.mentor_ids.index(row.runner_up)
            both = anew(matching, ((i, j), BAN), ((i, k), LOCK))
        else:
            had = matching.columns[matching.rows == i].tolist()
            others = [k for k in range(matching.problem.shape[1]) if k not in had]
            both = anew(matching, *(((i, k), BAN) for k in [j, *others]))
        assert (both.total, both.coverage) == (other.total, other.coverage)


def test_the_parts_add_up_to_the_score():
    """Each pair's parts add up to its score bit for bit, and all scores to the total."""
    matching, table = example_matching(), example_table("en")
    parts = [column for column in table if str(column).startswith("part: ")]
    assert len(parts) == 5
    assert (table[parts].sum(axis=1) == table["score"]).all()
    assert table["score"].sum() == matching.total
    assert len(table) == len(matching) == table["mentee"].nunique()
    keys = ["mentee", "mentor", "score"]
    told, found = (
        one[keys].sort_values("mentee", ignore_index=True) for one in (table, matching.pairs)
    )
    pd.testing.assert_frame_equal(told, found)


def test_pairs_are_in_the_order_of_departments_and_names():
    """The rows are sorted as a coordinator looks them up, in each language's own names."""
    for language in LANGUAGES:
        table = example_table(language)
        keys = table[["mentee_department", "mentee_name", "mentee"]].apply(tuple, axis=1).tolist()
        assert keys == sorted(keys)
        names = {one.name(language) for one in example_cohort().programme.departments}
        assert set(table["mentee_department"]) <= names


def test_runners_up_cost_what_a_second_solve_says():
    """What doing without a pair would cost is the difference of two full answers."""
    matching, table = example_matching(), example_table("en")
    check_runners_up(matching, table.iloc[::7])


@pytest.mark.parametrize("objective", ["most people", "highest total"])
@pytest.mark.parametrize(
    "rule",
    [
        Rule("common language"),
        Rule("at most lent", {"department": "physics", "pairs": 1}),
        Rule("at least between", {"mentees_of": "media", "mentors_of": "astronomy", "pairs": 1}),
        Rule("locked", {"pairs": [["s1", "m1"]]}),
        Rule("minimum score", {"score": 0.2}),
    ],
)
def test_runners_up_are_exact_under_every_rule(rule, objective):
    """In a small cohort every price is exact, whatever rule stands in the way."""
    matching = mm.match(cohort(rule), objective=objective)
    table = mm.explain(matching)
    if rule.kind == "locked":
        locked = table["mentee"] == "s1"
        assert table.loc[locked, "sure"].tolist() == ["locked"]
        assert table.loc[locked, "runner_up_cost"].isna().all()
        table = table[~locked]
    check_runners_up(matching, table)


def test_runners_up_of_mentees_with_two_mentors():
    """A mentee who wants two mentors has a row for each, each with its own price."""
    people = cohort()
    people.mentees["demand"] = [2, 1, 2, 0, 1, 1]
    people.mentors["places"] = [3, 2, 2, 1, 0]
    matching = mm.match(people)
    table = mm.explain(matching)
    assert sorted(table["mentee"].value_counts()) == [1, 1, 1, 2, 2]
    assert not (table["mentee"] == "s4").any()
    check_runners_up(matching, table)
    reasons = mm.unmatched(matching).set_index("id")["reason"]
    assert reasons["s4"] == "Asks for no mentor."


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_are_told_in_words(language):
    """Every pair has a reason in the language asked for, with answers as the forms name them."""
    table = example_table(language)
    assert (table["reasons"].str.len() > 5).all()
    assert not table["reasons"].str.contains(r"[{}_]|\bNaN\b|\(\)").any()
    opening = {"en": "Same department.", "sv": catalogue("sv", "explain")["shared_department"]}
    same = table["mentee_department"] == table["mentor_department"]
    assert table.loc[same, "reasons"].str.startswith(opening[language]).all()
    assert not table.loc[~same, "reasons"].str.startswith(opening[language]).any()
    sure = {catalogue(language, "explain")[key] for key in ("firm", "fair", "close", "locked")}
    assert set(table["sure"]) <= sure


def test_both_languages_tell_the_same_figures():
    """The language changes words and the order of rows, never a pair or a number."""
    keys = ["mentee", "mentor", "score", "runner_up", "runner_up_cost", "runner_up_people"]
    english, swedish = (
        example_table(language)[keys].sort_values("mentee", ignore_index=True)
        for language in LANGUAGES
    )
    pd.testing.assert_frame_equal(english, swedish)
    assert not set(example_table("en")["reasons"]) & set(example_table("sv")["reasons"])


def test_a_raw_matrix_is_told_by_its_ids():
    """Without people there are ids, scores and prices; what needs people says so."""
    scores = np.array([[9.0, 4.0, -np.inf], [8.0, 7.0, 1.0], [5.0, 6.0, -np.inf]])
    matching = mm.solve(mm.Problem(scores, mentee_ids="abc", mentor_ids=["x", "y", "z"]))
    for language in LANGUAGES:
        table = mm.explain(matching, language)
        assert table[["mentee", "mentor", "mentee_name"]].to_numpy().tolist() == [
            ["a", "x", "a"],
            ["b", "z", "b"],
            ["c", "y", "c"],
        ]
        assert not any(str(column).startswith("part") for column in table)
        check_runners_up(matching, table)
        assert mm.unmatched(matching, language).empty
    assert mm.why_not(matching, "a", "z").verdict == "impossible"
    assert mm.why_not(matching, "a", "y").cost > 0
    with pytest.raises(InputError, match="raw matrix"):
        gather(matching)


def test_plain_positions_are_ids_too():
    """A matrix without ids names people by their positions."""
    matching = mm.solve(mm.Problem([[1.0, 0.5], [0.75, 0.5]]))
    assert mm.explain(matching)["mentee"].tolist() == [0, 1]
    assert mm.why_not(matching, 0, 0).verdict == "paired"
    assert mm.why_not(matching, 0, 1).cost == 0.25


def test_nobody_matched_is_a_table_without_rows():
    """Where no pair is possible there is an empty table with all its columns."""
    matching = mm.match(cohort(), rules=[mm.rules.banned([]), mm.rules.minimum_score(1.0)])
    none = mm.match(cohort(mentors={"m5": MENTORS["m5"]}))
    assert len(none) == 0
    assert list(mm.explain(none).columns) == list(mm.explain(matching).columns)
    assert len(mm.unmatched(none)) == len(MENTEES) + 1
    for language in LANGUAGES:
        assert gather(none, language).summary["matched"] == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_not_because_they_are_paired(language):
    """People who are a pair are told so, called by id or by name."""
    matching = mm.match(cohort())
    for mentee, mentor in (("s1", "m1"), ("Åsa Berg", "eva ek"), ("åsa  BERG", "m1")):
        answer = mm.why_not(matching, mentee, mentor, language)
        assert (answer.verdict, answer.cost, answer.people) == ("paired", 0.0, 0)
        assert answer.moves.empty
        assert "Åsa Berg" in str(answer) == answer.text
        assert "Eva Ek" in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_not_because_it_cannot_be(language):
    """Every rule that stands in the way is named, and nobody would move."""
    people = cohort(
        Rule("common language"),
        Rule("own department only", {"departments": ["astronomy"]}),
        Rule("minimum score", {"score": 0.2}),
        Rule("conflict"),
    )
    matching = mm.match(people)
    strangers = mm.why_not(matching, "Eli Hed", "Lo Lind", language)
    assert strangers.verdict == "impossible"
    assert len(strangers.rules) == 3
    assert all(rule in strangers.text for rule in strangers.rules)
    assert np.isnan(strangers.cost)
    named = mm.why_not(matching, "s4", "m2", language)
    assert any("Ola Alm" in rule and "Dan Gran" in rule for rule in named.rules)
    full = mm.why_not(matching, "s4", "Ida Vik", language)
    assert catalogue(language, "explain")["others_no_places"] in full.rules


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_end_in_one_full_stop(language):
    """Neither a name such as "Bo Dahl Jr." nor a reason brings a second full stop."""
    people = cohort()
    people.mentors["name"] += " Jr."
    people.mentees.loc["s4", "demand"] = 0
    people.mentees["demand"] = people.mentees["demand"].fillna(1).astype(int)
    matching = mm.match(people)
    answers = [mm.why_not(matching, "s4", mentor, language) for mentor in people.mentors.index]
    assert {answer.verdict for answer in answers} == {"impossible"}
    answers += [mm.why_not(matching, "s1", mentor, language) for mentor in people.mentors.index]
    assert "paired" in {answer.verdict for answer in answers}
    for answer in answers:
        assert answer.text.endswith(".")
        assert ".." not in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_not_because_other_rules_would_break(language):
    """A pair that no list with all rules can hold names the rules that it would break."""
    locks = [["s2", "m2"], ["s3", "m3"]]
    matching = mm.match(cohort(Rule("locked", {"pairs": locks})))
    answer = mm.why_not(matching, "s4", "m3", language)
    assert answer.verdict == "impossible"
    assert len(answer.rules) == 1
    assert "Cleo Falk" in answer.rules[0]


def after(pairs, price):
    """Return pairs once everybody has moved as a price says."""
    gone = {(who, mentor) for who, mentor, _ in price.moves if mentor is not None}
    come = {(who, mentor) for who, _, mentor in price.moves if mentor is not None}
    assert gone <= pairs
    return pairs - gone | come


def test_why_not_because_it_costs():
    """The price of a wish is that of solving with the pair locked, and so is who would move."""
    matching = example_matching()
    pairs = set(zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True))
    values, possible = matching.problem.values(np.arange(matching.problem.shape[0]))
    asked = 0
    for i in range(0, matching.problem.shape[0], 11):
        wishes = [j for j in np.flatnonzero(possible[i]).tolist() if values[i, j] > 0]
        j = max(wishes, key=lambda j: values[i, j])
        mentee, mentor = matching.problem.mentee_ids[i], matching.problem.mentor_ids[j]
        if (mentee, mentor) in pairs:
            continue
        asked += 1
        answer, forced = mm.why_not(matching, mentee, mentor), anew(matching, ((i, j), LOCK))
        assert answer.verdict == "costs"
        assert answer.cost == matching.total - forced.total
        assert answer.people == matching.coverage - forced.coverage
        # Several lists may be as good; the one that is told is one of them.
        new = after(pairs, mm.price_of(matching, mentee, mentor))
        assert len(answer.moves) == len({mentee for mentee, _ in pairs ^ new})
        assert (mentee, mentor) in new
        ids = matching.problem.mentee_ids, matching.problem.mentor_ids
        ends = zip(ids, zip(*new, strict=True), strict=True)
        i_new, j_new = ([side.index(one) for one in some] for side, some in ends)
        assert matching.problem.values_at(i_new, j_new)[0].sum() == forced.score_steps
        swedish = mm.why_not(matching, mentee, mentor, "sv")
        assert swedish.cost == answer.cost
        assert swedish.text != answer.text
        assert not {"{", "}"} & set(answer.text + swedish.text)
    assert asked > 3


def test_a_wish_that_leaves_someone_alone_says_so():
    """Where a wish costs somebody the only mentor, that is said first, with the right sign."""
    scores = np.array([[0.5, -np.inf], [0.4, 0.1]])
    matching = mm.solve(mm.Problem(scores, mentee_ids=["a", "b"], mentor_ids=["x", "y"]))
    answer = mm.why_not(matching, "b", "x")
    assert (answer.people, answer.cost) == (1, pytest.approx(0.2, abs=1e-6))
    assert "1 mentee fewer would have a mentor" in answer.text
    lonely = mm.solve(mm.Problem(np.array([[0.1, -np.inf], [0.9, 0.1]]), mentee_ids=["a", "b"]))
    answer = mm.why_not(lonely, "b", 0)
    assert (answer.people, answer.cost) == (1, pytest.approx(-0.7, abs=1e-6))
    assert "-" not in answer.text
    assert "rise by 0.700" in answer.text
    assert "stiga med 0,700" in mm.why_not(lonely, "b", 0, "sv").text


def test_namesakes_move_too():
    """Somebody who would go from one mentor to another of the same name counts as moving."""
    twins = {
        "m1": ("Eva Ek", "physics", ("waves",), (), "", "", 1),
        "m2": ("Eva Ek", "physics", ("optics",), (), "", "", 1),
    }
    two = {key: MENTEES[key] for key in ("s1", "s2")}
    matching = mm.match(cohort(mentees=two, mentors=twins))
    now = dict(zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True))
    answer = mm.why_not(matching, "s1", now["s2"])
    assert answer.verdict == "costs"
    assert answer.moves["mentee"].tolist() == ["Åsa Berg", "Bo Dahl"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_and_ambiguous_names_are_told(language):
    """Who cannot be found gets a suggestion, and namesakes are told apart by their ids."""
    matching = mm.match(cohort())
    with pytest.raises(InputError) as unknown:
        mm.why_not(matching, "s1", "Ulf Roos", language)
    assert unknown.value.faults[0].nearest == "Ulf Ros"
    with pytest.raises(InputError) as several:
        mm.why_not(matching, "bo dahl", "m1", language)
    assert several.value.faults[0].accepted == ("s2", "s6")
    assert mm.why_not(matching, "s2", "m1", language).verdict == "paired"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_without_a_pair_is_told_why(language):
    """Each person is in a pair or in the list of those without, with a reason; nobody in both."""
    matching = example_matching()
    people = example_cohort()
    alone = mm.unmatched(matching, language)
    for side, column in (("mentees", "mentee"), ("mentors", "mentor")):
        here = alone[alone["side"] == side]["id"].tolist()
        paired = set(matching.pairs[column])
        assert sorted([*here, *paired]) == sorted(people.table(side).index)
    assert (alone["reason"].str.len() > 10).all()
    assert not alone["reason"].str.contains("[{}]").any()


def test_reasons_for_being_alone_are_true():
    """No place, no wish, all taken, a rule that is full, rules that leave nobody: each is told."""
    reasons = mm.unmatched(mm.match(cohort())).set_index("id")["reason"]
    assert reasons["m5"] == "Offers no place."
    assert "All places of the 4 possible mentors went to others" in reasons["s6"]
    lent = cohort(
        Rule("at most lent", {"department": "physics", "pairs": 0}),
        Rule("own department only", {"departments": ["astronomy"]}),
    )
    reasons = mm.unmatched(mm.match(lent)).set_index("id")["reason"]
    assert reasons["m2"] == "Each of the 2 mentees who could have this mentor has another one."
    assert any(one == "The one possible mentor, Lo Lind, has no place left." for one in reasons)
    two = cohort(Rule("at most lent", {"department": "physics", "pairs": 1}))
    two.mentors["places"] = [2, 4, 1, 1, 0]
    reasons = mm.unmatched(mm.match(two)).set_index("id")["reason"]
    assert any("Physics lends mentors for at most 1 pair" in reason for reason in reasons)
    strict = mm.unmatched(mm.match(cohort(), rules=[mm.rules.minimum_score(0.99)]))
    reasons = strict.set_index("id")["reason"]
    assert "below the lowest one allowed, 0.99: rules out 5 of 5" in reasons["s6"]


def test_the_story_adds_up():
    """Pairs, departments, flows, loads and the summary tell of the same pairs."""
    for language in LANGUAGES:
        story, matching = example_story(language), example_matching()
        people = example_cohort()
        departments = story.departments.set_index("department")
        names = [one.name(language) for one in people.programme.departments]
        assert departments.index.tolist() == names
        assert story.flows.index.tolist() == story.flows.columns.tolist() == names
        assert story.flows.to_numpy().sum() == len(story.pairs) == len(matching)
        inside = np.diag(story.flows)
        assert departments["inside"].tolist() == inside.tolist()
        assert departments["lent"].tolist() == (story.flows.sum(axis=0) - inside).tolist()
        assert departments["borrowed"].tolist() == (story.flows.sum(axis=1) - inside).tolist()
        assert departments["lent"].sum() == departments["borrowed"].sum()
        for column, figure in (("mentees", 120), ("mentors", 100), ("matched", matching.coverage)):
            assert departments[column].sum() == story.summary[column] == figure
        assert departments["places"].sum() == story.loads["places"].sum()
        assert story.loads["places"].sum() == story.summary["places"]
        assert story.loads["pairs"].sum() == len(matching)
        assert (story.loads["pairs"] <= story.loads["places"]).all()
        counts = story.pairs["mentor"].value_counts()
        loads = story.loads.set_index("mentor")["pairs"]
        assert loads[loads > 0].to_dict() == counts.to_dict()
        idle = story.unmatched.query("side == 'mentors'")["id"]
        assert set(idle) == set(loads[loads == 0].index)
        scores = story.pairs["score"]
        assert story.summary["lowest_score"] == scores.min()
        assert story.summary["mean_score"] == pytest.approx(scores.mean())
        for name in names:
            own = story.pairs[story.pairs["mentee_department"] == name]["score"]
            assert departments.loc[name, "lowest_score"] == own.min()
        assert set(story.parts) == {c[6:] for c in story.pairs if c.startswith("part: ")}


def test_the_story_names_what_was_decided():
    """The settings hold every rule, weight, sheet and version, in the story's own language."""
    story = example_story("sv")
    values = story.settings["value"].tolist()
    assert all(isinstance(cell, str) for cell in story.settings.to_numpy().ravel())
    assert "Fysikum lånar ut mentorer till högst 4 par" in values
    assert any(value.startswith("mentees-google.csv (SHA-256 ") for value in values)
    assert any(value.startswith("numpy ") for value in values)
    assert "112" in story.summary["proof"]
    own = gather(mm.match(cohort(), rules=[mm.rules.lends_to("physics", "media")]), "en",
                 [mm.rules.lends_to("physics", "media")])  # fmt: skip
    assert "Physics lends mentors only to Media Studies" in own.settings["value"].tolist()


def test_people_without_a_department_are_counted_once():
    """Who belongs to no department is in the pairs and the summary, in no department's row."""
    story = gather(mm.match(cohort()))
    assert story.departments["mentees"].sum() == len(MENTEES) - 1
    assert story.summary["mentees"] == len(MENTEES)
    assert story.loads["mentor"].tolist() != []
    assert len(story.loads) == len(MENTORS)
