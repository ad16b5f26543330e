"""Tests of what a coordinator sees before anyone is matched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.programme import Rule
from mentormatch.rules import Meaning
from mentormatch.telling.contradictions import contradictions
from mentormatch.words import LANGUAGES, say
from roof_example import MENTEES, MENTORS, cohort, example_cohort, example_story

STRICT = (Rule("common language"), Rule("own department only"), Rule("conflict"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_departments_are_counted(language):
    """People and places add up, and who is in no department is in the last row only."""
    page = mm.readiness(cohort(), language=language)
    table = page.departments
    assert table.iloc[:, 1:4].to_numpy().tolist() == [
        [2, 2, 3],
        [2, 1, 1],
        [1, 1, 1],
        [len(MENTEES), len(MENTORS), 5],
    ]
    names = [one.name(language) for one in cohort().programme.departments]
    assert table.iloc[:3, 0].tolist() == names
    balance = {
        "en": ["1 place to spare", "1 place too few", "just enough places", "1 place too few"],
        "sv": ["1 plats över", "1 plats för få", "går jämnt ut", "1 plats för få"],
    }
    assert table.iloc[:, 4].tolist() == balance[language]


def test_places_are_weighed_against_mentors_asked_for():
    """A mentee who wants two mentors needs two places; one who wants none needs none."""
    people = cohort()
    people.mentees["demand"] = [2, 2, 0, 0, 1, 1]
    table = mm.readiness(people, language="en").departments
    assert table.iloc[:, 4].tolist() == [
        "1 place too few",
        "1 place to spare",
        "just enough places",
        "1 place too few",
    ]


def test_who_has_nobody_is_told_why():
    """Everyone whom the rules leave alone is listed with the rules that do so, widest first."""
    page = mm.readiness(cohort(*STRICT), language="en")
    rows = {row[1]: row for row in page.no_partner.itertuples(index=False)}
    assert page.no_partner.iloc[:, [0, 1, 2]].to_numpy().tolist() == [
        ["Mentee", "Dan Gran", "Media Studies"],
        ["Mentee", "Bo Dahl", ""],
        ["Mentor", "Ida Vik", ""],
    ]
    assert "Own department only: every department: rules out 5 of 5" in rows["Bo Dahl"][3]
    assert "Dan Gran named Lo Lind" in rows["Dan Gran"][3]
    assert "the mentor offers no place: rules out 1 of 5" in rows["Dan Gran"][3]
    assert rows["Ida Vik"][3] == "Offers no place."


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_answers_are_listed(language):
    """Who left a question open that the score rests on is listed with the question's own label."""
    people = cohort()
    page = mm.readiness(people, language=language)
    assert page.missing.iloc[:, [1, 3]].to_numpy().tolist() == [
        ["Dan Gran", "Languages"],
        ["Ida Vik", "Languages"],
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_that_nobody_answered_is_one_note(language):
    """A column that is empty in all rows is pointed out once, not with everybody's name."""
    people = cohort()
    people.mentors["languages"] = [()] * len(people.mentors)
    page = mm.readiness(people, language=language)
    assert page.missing.iloc[:, 1].tolist() == ["Dan Gran"]
    label = next(q for q in people.programme.questions_of("mentors") if q.answer == "languages")
    hint = say("readiness.nobody_answered_mentors", language, question=label.called(language))
    assert hint in page.notes.iloc[:, 0].tolist()
    assert label.called(language) in hint


@pytest.mark.parametrize("language", LANGUAGES)
def test_notes_of_sheets_and_rules_are_shown(language):
    """What reading noticed and what the rules noticed stand together, in one language."""
    noted = replace(
        cohort(*STRICT), notes=(Fault("sheets.none_places", file="mentors.csv", row=6),)
    )
    page = mm.readiness(noted, language=language)
    notes = page.notes.iloc[:, 0].tolist()
    assert len(notes) == 2
    assert "mentors.csv" in notes[0]
    assert "Nils Nemo" in notes[1]
    folded = " ".join(page.text.split())
    assert all(note in folded for note in notes)


def test_the_page_is_in_one_language():
    """Headings, columns and cells differ between the languages; the figures do not."""
    pages = {language: mm.readiness(cohort(*STRICT), language=language) for language in LANGUAGES}
    english, swedish = pages["en"], pages["sv"]
    assert not set(english.tables) & set(swedish.tables)
    for one, other in zip(english.tables.values(), swedish.tables.values(), strict=True):
        assert not set(one.columns) & set(other.columns)
        assert len(one) == len(other)
    assert "{" not in english.text + swedish.text
    assert str(english) == english.text


def test_an_even_cohort_says_that_everyone_has_somebody():
    """Where nobody is left alone the page says so, and empty tables are left out."""
    two = mm.readiness(cohort(mentees={"s1": MENTEES["s1"]}, mentors={"m4": MENTORS["m4"]}))
    assert "Everyone has at least one possible partner." in two.text
    assert two.no_partner.empty
    assert "Nobody possible as a partner" not in two.tables


def test_a_side_without_people_can_be_looked_over():
    """A cohort made in Python without mentors is told about, not crashed on."""
    empty = replace(cohort(), mentors=cohort().mentors.iloc[:0])
    page = mm.readiness(empty)
    assert len(page.no_partner) == len(MENTEES)
    assert set(page.no_partner.iloc[:, 3]) == {"There is nobody on the other side."}
    nobody = replace(empty, mentees=empty.mentees.iloc[:0])
    assert mm.readiness(nobody).no_partner.empty


def test_a_rule_that_cannot_be_understood_is_a_fault():
    """The page is not made of half the rules."""
    with pytest.raises(ProgrammeError, match="no rule called"):
        mm.readiness(cohort(Rule("own departments")))


def test_the_example_is_looked_over_once_for_all():
    """The report's page is the one that the check shows, made of the same scores."""
    page = mm.readiness(example_cohort(), language="en")
    story = example_story("en").readiness
    assert list(story) == list(page.tables)
    for heading, table in page.tables.items():
        pd.testing.assert_frame_equal(table, story[heading])
    assert page.departments.iloc[-1, 1:4].tolist() == [120, 100, 114]


def test_one_rule_that_cannot_be_kept_alone_is_not_called_several() -> None:
    """A single demand that asks for too much is told in the singular, in both languages."""
    cohort = mm.make_cohort(30, 24, departments=3, seed=4)
    rule = mm.rules.at_least_matched(cohort.programme.departments[0].key, 30)
    for language, opening in (
        ("en", "This demand cannot be kept: "),
        ("sv", "Det här kravet går inte att uppfylla: "),
    ):
        told = mm.readiness(cohort, mm.score(cohort), [rule], language).notes.iloc[:, 0].tolist()
        assert [note for note in told if note.startswith(opening)], told


def test_rules_that_contradict_only_together_are_told_with_their_lines() -> None:
    """Each two of three rules can be kept, all three cannot: all are named with their lines."""
    cohort = mm.make_cohort(30, 24, departments=3, seed=4)
    key = cohort.programme.departments[0].key
    least = mm.rules.at_least_matched(key, 3)
    given = [
        replace(rule, file="programme.toml", line=line)
        for rule, line in (
            (least, 7),
            (mm.rules.at_most_between(key, key, 1), 12),
            (mm.rules.at_most_borrowed(key, 1), 30),
        )
    ]
    fit = mm.score(cohort)
    for language, word in (("en", "line"), ("sv", "rad")):
        (note,) = mm.readiness(cohort, fit, given, language).notes.iloc[:, 0].tolist()
        assert [note.count(f"(programme.toml, {word} {line})") for line in (7, 12, 30)] == [1, 1, 1]
    for k in range(3):
        some = [rule for r, rule in enumerate(given) if r != k]
        assert mm.readiness(cohort, fit, some).notes.empty


@pytest.mark.parametrize("seed", range(12))
def test_contradictions_are_told_if_and_only_if_no_list_keeps_all_rules(seed: int) -> None:
    """Whatever the rules, the look before matching says what solving would."""
    rng = np.random.default_rng(seed)
    cohort = mm.make_cohort(12, 8, departments=3, seed=seed)
    keys = [one.key for one in cohort.programme.departments]

    def drawn(kind: Any) -> Any:
        a, b = rng.choice(keys, 2)
        count = int(rng.integers(0, 4))
        pair = kind in (mm.rules.at_least_between, mm.rules.at_most_between)
        return kind(a, b, count) if pair else kind(a, count)

    kinds = [
        mm.rules.at_least_between,
        mm.rules.at_most_between,
        mm.rules.at_least_matched,
        mm.rules.at_most_lent,
        mm.rules.at_most_borrowed,
    ]
    fit = mm.score(cohort)
    for _ in range(6):
        given = [drawn(kinds[k]) for k in rng.integers(0, len(kinds), 4)]
        try:
            problem = mm.formulate(cohort, fit, given)
            mm.solve(problem)
            possible = True
        except mm.InfeasibleError:
            possible = False
        except mm.ProgrammeError:
            continue
        assert (contradictions(cohort, problem, given) == []) == possible


def test_rules_without_effect_are_noticed() -> None:
    """More reserved places than there are, and wishes for stable lists where none is sought."""
    cohort = mm.make_cohort(12, 8, departments=2, seed=1)
    key = cohort.programme.departments[0].key
    fit, many = mm.score(cohort), mm.rules.reserved_places(99, key)
    stable = mm.rules.wishes("seeks", use="stable")
    wishes = replace(stable, meaning=lambda _: Meaning(favourites={}))
    for language in ("en", "sv"):
        (note,) = mm.readiness(cohort, fit, [many], language).notes.iloc[:, 0].tolist()
        assert "99" in note
        (note,) = mm.readiness(cohort, fit, [wishes], language).notes.iloc[:, 0].tolist()
        assert "stable" in note
    assert mm.readiness(cohort, fit, [wishes], objective="stable").notes.empty
