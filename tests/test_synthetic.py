"""Made-up cohorts are as asked for, the same in every run, and read like real ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentormatch.errors import InputError
from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme import (
    SIDES,
    Department,
    Option,
    Programme,
    Question,
    Rule,
    Words,
)
from mentormatch.people.programme_file.reader import read_programme
from mentormatch.people.synthetic.crowd import balanced
from mentormatch.people.synthetic.maker import make_cohort, with_departments
from mentormatch.people.synthetic.phrases import phrases, plain
from mentormatch.words import LANGUAGES, catalogue


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_cohort(300, 250, seed=11)


@pytest.fixture(scope="module")
def model() -> Programme:
    return read_programme(example_folder() / "programme.toml")


def test_a_column_for_every_answer_but_the_id_and_withdrawals(cohort: Cohort) -> None:
    """A side's columns are the answers that its form asks for."""
    for side in SIDES:
        asked = [q.answer for q in cohort.programme.questions_of(side)]
        expected = [answer for answer in asked if answer not in ("id", "withdrawn")]
        assert list(cohort.table(side).columns) == expected


def test_answers_are_among_the_options(cohort: Cohort) -> None:
    """Whoever answers a question with options gives keys of these, in their order, once each."""
    for side in SIDES:
        table = cohort.table(side)
        for question in cohort.programme.questions_of(side):
            keys = [option.key for option in question.options]
            if not keys:
                continue
            for answer in table[question.answer]:
                chosen = answer if question.kind == "any of" else (answer,) if answer else ()
                assert list(chosen) == [key for key in keys if key in chosen]


def test_ids_are_unique_addresses_that_lead_nowhere(cohort: Cohort) -> None:
    """Ids are the e-mail addresses, unique over both sides, in domains kept for examples."""
    ids = [*cohort.mentees.index, *cohort.mentors.index]
    assert len(set(ids)) == len(ids)
    assert all(i.isascii() and i == i.casefold() for i in ids)
    assert {i.partition("@")[2] for i in ids} == {"example.org", "example.com"}
    for side in SIDES:
        assert list(cohort.table(side).index) == list(cohort.table(side)["email"])


def test_same_arguments_same_cohort() -> None:
    """A seed decides everything; another seed gives other people."""
    one, same, other = (make_cohort(30, 20, seed=seed) for seed in (4, 4, 5))
    for side in SIDES:
        pd.testing.assert_frame_equal(one.table(side), same.table(side))
    assert list(one.mentees["name"]) != list(other.mentees["name"])


def test_a_larger_cohort_begins_with_the_smaller_one() -> None:
    """Adding people changes nobody else, but for places and whom a conflict names."""
    small, large = make_cohort(25, 15, seed=8), make_cohort(90, 70, seed=8)
    for side in SIDES:
        few = small.table(side).drop(columns=["places", "conflict"], errors="ignore")
        many = large.table(side).drop(columns=["places", "conflict"], errors="ignore")
        pd.testing.assert_frame_equal(few, many.head(len(few)))


@settings(max_examples=25, deadline=None)
@given(
    mentees=st.integers(0, 60),
    mentors=st.integers(0, 60),
    scarcity=st.floats(0.1, 20),
    seed=st.integers(0, 5),
)
def test_places_add_up(
    model: Programme, mentees: int, mentors: int, scarcity: float, seed: int
) -> None:
    """There are as many places as the scarcity says, and nobody has none without need."""
    cohort = make_cohort(mentees, mentors, scarcity=scarcity, seed=seed, programme=model)
    places = cohort.mentors["places"]
    wanted = round(mentees / scarcity)
    assert len(places) == mentors
    assert places.sum() == (wanted if mentors else 0)
    assert places.min() >= 1 if mentors and wanted >= mentors else (places <= 1).all()
    if mentors:
        assert places.max() <= max(3, np.ceil(2 * wanted / mentors) + 1)


def test_skew_makes_few_departments_and_interests_popular() -> None:
    """Without a skew all are about equally popular; with the largest a few have nearly all."""
    even, skewed = (make_cohort(2000, 10, seed=2, skew=skew).mentees for skew in (0.0, 1.0))
    shares = even["department"].value_counts(normalize=True)
    assert len(shares) == 8
    assert 0.09 < shares.min() <= shares.max() < 0.16
    assert skewed["department"].value_counts(normalize=True).iloc[:2].sum() > 0.7
    ticked = [
        pd.Series([one for answer in table["interests"] for one in answer]).value_counts(
            normalize=True
        )
        for table in (even, skewed)
    ]
    assert ticked[0].max() < 2 * ticked[0].min()
    assert ticked[1].iloc[:5].sum() > 2 * ticked[0].iloc[:5].sum()


def test_interests_fit_the_department(cohort: Cohort) -> None:
    """Interests that are close to the own department are chosen far more often than others."""
    names = {o.key: o.name("en") for q in cohort.programme.questions for o in q.options}
    fields = {d.key: phrases().field_of(d) for d in cohort.programme.departments}
    close = [
        fields[department].likes(names[interest])
        for department, interests in zip(
            cohort.mentees["department"], cohort.mentees["interests"], strict=True
        )
        for interest in interests
    ]
    assert np.mean(close) > 0.6


@pytest.mark.parametrize(("swedish", "language"), [(0.0, "en"), (1.0, "sv")])
def test_share_of_swedish_answers(swedish: float, language: str) -> None:
    """Everybody answers in English, or everybody in Swedish, if that is the share."""
    cohort = make_cohort(40, 40, swedish=swedish, missing=0, seed=3)
    marks = {"en": {"the", "with", "is", "to", "a"}, "sv": {"och", "jag", "på", "är", "att", "om"}}
    texts = [*cohort.mentees["goals"], *cohort.mentors["offers"]]
    words = Counter(word for text in texts for word in text.casefold().split())
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    assert sum(words[w] for w in marks[language]) > 100
    assert sum(words[w] for w in marks[other]) == 0
    assert all(language in spoken for spoken in cohort.mentees["languages"])


def test_missing_answers_are_voluntary_ones(cohort: Cohort) -> None:
    """A share of voluntary answers is empty, of required ones none."""
    for side in SIDES:
        table = make_cohort(400, 400, missing=0.25, seed=6).table(side)
        for name in ("name", "email", "department"):
            assert (table[name] != "").all()
        for name in ("interests", "availability"):
            assert 0.18 < (table[name].map(len) == 0).mean() < 0.32
    complete = make_cohort(50, 50, missing=0, seed=6)
    assert (complete.mentees["goals"] != "").all()
    assert (complete.mentors["interests"].map(len) > 0).all()


def test_texts_are_not_copied(cohort: Cohort) -> None:
    """Among hundreds of people hardly two write the same, and no blank stays open."""
    for side, answer in (("mentees", "goals"), ("mentees", "seeks"), ("mentors", "offers")):
        written = [text for text in cohort.table(side)[answer] if text]
        assert len(set(written)) > 0.95 * len(written)
        assert not any(sign in text for text in written for sign in "{}")
        assert all(text[0] == text[0].upper() for text in written)


def test_mentors_name_their_employer(cohort: Cohort) -> None:
    """The employer in a mentor's text is the one in the mentor's column."""
    told = cohort.mentors[cohort.mentors["employer"] != ""]
    named = [e in text for e, text in zip(told["employer"], told["offers"], strict=True) if text]
    assert np.mean(named) > 0.8


def test_conflicts_name_people_of_the_other_side() -> None:
    """A conflict is rare, and names somebody who is there."""
    cohort = make_cohort(400, 100, seed=1)
    named = set(cohort.mentees["conflict"]) - {""}
    assert 0 < len(named) < 60
    assert named <= set(cohort.mentors["name"])


def test_names_that_break_software_occur() -> None:
    """Swedish letters, apostrophes, foreign accents and the surname Null are among the names."""
    names = " ".join(make_cohort(1500, 1500, seed=0).mentees["name"])
    for part in ("Åsa", "Örjan", "José", "Nguyễn", "O'Neill", "Null"):
        assert part in names


def test_departments_are_the_first_ones_or_numbered_ones(model: Programme) -> None:
    """Fewer departments are the programme's first; more than it has are numbered."""
    few, many = make_cohort(50, 50, departments=2), make_cohort(500, 50, departments=11, skew=0)
    assert [d.key for d in few.programme.departments] == [d.key for d in model.departments[:2]]
    assert set(few.mentees["department"]) <= {d.key for d in model.departments[:2]}
    added = many.programme.departments[8:]
    assert [d.name("en") for d in added] == ["Department 9", "Department 10", "Department 11"]
    assert added[0].name("sv") == "Institution 9"
    assert set(many.mentees["department"]) == {d.key for d in many.programme.departments}


def test_rules_about_departments_that_are_left_out_go_with_them(model: Programme) -> None:
    """What still has a meaning stays; nothing refers to a department that is not there."""
    rules = (
        Rule("lends to", {"department": "astronomy", "departments": ["physics", "meteorology"]}),
        Rule("own department only", {"departments": ["physics"]}),
        Rule("common language", {}),
        Rule("at most lent", {"department": "physics", "pairs": 4}),
    )
    weighted = replace(model, rules=rules, department_weights={"physics": {"goals": 1.0}})
    cut = with_departments(weighted, 4)
    assert [(rule.kind, dict(rule.settings)) for rule in cut.rules] == [
        ("lends to", {"department": "astronomy", "departments": ["meteorology"]}),
        ("common language", {}),
    ]
    assert not cut.department_weights
    asked = next(q for q in cut.questions if q.answer == "department")
    assert [option.key for option in asked.options] == [d.key for d in cut.departments]
    assert with_departments(weighted, 8) == weighted


def test_own_questions_get_answers_of_their_kind() -> None:
    """A programme with questions and departments that nobody foresaw is answered all the same."""
    programme = Programme(
        Words("Chess club"),
        "this year",
        (Department("opening", Words("Openings")),),
        questions=(
            Question("id", "everyone", ("Id",), required=True),
            Question("name", "everyone", ("Name",), required=True),
            Question("department", "everyone", ("Group",), "one of", required=True),
            Question("seeks", "mentees", ("Seeks",), "any of"),
            Question("title", "mentors", ("Title",)),
            Question("rating", "everyone", ("Rating",), "number"),
            Question("beginner", "everyone", ("Beginner",), "yes or no"),
            Question("side", "everyone", ("Side",), "one of",
                     (Option("w", Words("White")), Option("b", Words("Black")))),
            Question("language", "everyone", ("Language",), "one of",
                     (Option("eng", Words("English")), Option("swe", Words("Swedish")))),
            Question("remark", "mentees", ("Remark",), required=True),
        ),
    )  # fmt: skip
    cohort = make_cohort(40, 30, departments=1, missing=0, programme=programme)
    assert "id" not in cohort.mentees
    assert set(cohort.mentees["side"]) == {"w", "b"}
    assert set(cohort.mentees["language"]) == {"eng", "swe"}
    assert cohort.mentees["beginner"].dtype == bool
    assert cohort.mentees["rating"].dtype == "int64"
    assert (cohort.mentees["seeks"].map(len) == 1).all()
    assert (cohort.mentees["remark"] != "").all()
    assert (cohort.mentors["title"].str[0].str.isupper()).all()
    assert "places" not in cohort.mentors


def test_one_mentor_may_have_any_number_of_places() -> None:
    """Places are shared out exactly, however many more there are than mentors."""
    assert make_cohort(40, 1, scarcity=0.01).mentors["places"].tolist() == [4000]
    assert make_cohort(40, 3, scarcity=0.01).mentors["places"].sum() == 4000


def test_all_wrong_numbers_are_told_at_once() -> None:
    """Each argument outside its range is one fault, and has words in both languages."""
    with pytest.raises(InputError) as caught:
        make_cohort(
            -1, 1.5, departments=0, scarcity=0, seed=-2, skew=2, swedish=float("nan"), missing=True
        )  # type: ignore[arg-type]
    named = [fault.details["name"] for fault in caught.value.faults]
    assert named == [
        "n_mentees", "n_mentors", "departments", "seed", "scarcity", "skew", "swedish", "missing"
    ]  # fmt: skip
    assert "heltal" in caught.value.text("sv")
    with pytest.raises(InputError, match="more than 10000000 places"):
        make_cohort(10, 10, scarcity=1e-300)
    assert set(catalogue("en", "synthetic")) == set(catalogue("sv", "synthetic"))


def test_both_languages_say_the_same_kinds_of_things() -> None:
    """Every answer has as many lists, with as many sentences and the same blanks, in both."""
    for side, answers in phrases().answers.items():
        for answer in answers:
            english, swedish = (phrases().sentences(side, answer, lang) for lang in LANGUAGES)
            assert [len(part) for part in english] == [len(part) for part in swedish]
            for one, other in zip(sum(english, ()), sum(swedish, ()), strict=True):
                assert _blanks(one) == _blanks(other), one


def test_nobody_is_a_cohort_too() -> None:
    """Zero people on a side still make tables with all columns."""
    empty = make_cohort(0, 0)
    assert list(empty.mentees.columns) == list(make_cohort(3, 3).mentees.columns)
    assert list(empty.mentors.columns) == list(make_cohort(3, 3).mentors.columns)


def test_balanced_keeps_both_margins() -> None:
    """Rows and columns of a balanced table have the sums asked for."""
    rng = np.random.default_rng(0)
    rows, columns = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(7))
    table = balanced(rng.random((5, 7)) + 0.1, rows, columns)
    np.testing.assert_allclose(table.sum(axis=1), rows, rtol=1e-9)
    np.testing.assert_allclose(table.sum(axis=0), columns, rtol=1e-3)


def test_every_name_has_an_address() -> None:
    """Every given and family name has letters left when spelled for an e-mail address."""
    for group in phrases().names:
        for name in (*group.given, *group.family):
            assert len(plain(name)) >= 2, name


def _blanks(sentence: str) -> list[str]:
    return sorted(part.partition("}")[0] for part in sentence.split("{")[1:])
