"""Tests of the departments' rules: what each one means, in numbers and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mentormatch import rules
from mentormatch.errors import ProgrammeError
from mentormatch.formulation import formulate
from mentormatch.people.callings import callings, named_in
from mentormatch.people.programme import Rule
from mentormatch.people.spelling import fold
from mentormatch.rulebook import conditions
from mentormatch.rules import KINDS
from mentormatch.scores.score import score
from mentormatch.words import LANGUAGES
from roof_example import cohort, programme

SMALL = cohort()


def pairs_of(quota, people=SMALL) -> set[tuple[str, str]]:
    """The pairs of a quota by their ids."""
    n, m = len(people.mentees), len(people.mentors)
    mask = quota.pairs.block(np.arange(n), m)
    return {
        (people.mentees.index[i], people.mentors.index[j]) for i, j in np.argwhere(mask).tolist()
    }


def wanted(test, people=SMALL) -> set[tuple[str, str]]:
    """The pairs of whom a test is true, taken one by one."""
    return {
        (a, b)
        for a, mentee in people.mentees.iterrows()
        for b, mentor in people.mentors.iterrows()
        if test(mentee, mentor)
    }


def only(condition, people=SMALL):
    (quota,) = condition.meaning(people).quotas
    return quota


def crosses(a, b) -> bool:
    return not a.department or a.department != b.department


#: kind -> (settings, who must not, or are counted; at least; at most; English; Swedish)
MEANT = {
    "own department only": (
        {"departments": ["physics", "media"]},
        lambda a, b: crosses(a, b) and {a.department, b.department} & {"physics", "media"},
        (0, 0),
        "Own department only: Physics, Media Studies",
        "Fysikum, Mediestudier",
    ),
    "lends to": (
        {"department": "astronomy", "departments": "media"},
        lambda a, b: b.department == "astronomy" and a.department not in ("astronomy", "media"),
        (0, 0),
        "Astronomy lends mentors only to Media Studies",
        "Mediestudier",
    ),
    "borrows from": (
        {"department": "media", "departments": ["astronomy"]},
        lambda a, b: a.department == "media" and b.department not in ("media", "astronomy"),
        (0, 0),
        "Media Studies borrows mentors only from Astronomy",
        "Mediestudier",
    ),
    "at most lent": (
        {"department": "physics", "pairs": 1},
        lambda a, b: b.department == "physics" and a.department != "physics",
        (0, 1),
        "Physics lends mentors for at most 1 pair",
        "Fysikum",
    ),
    "at most borrowed": (
        {"department": "physics", "pairs": 2},
        lambda a, b: a.department == "physics" and b.department != "physics",
        (0, 2),
        "Physics borrows mentors for at most 2 pairs",
        "Fysikum",
    ),
    "at most between": (
        {"mentees_of": "media", "mentors_of": "physics", "pairs": 0},
        lambda a, b: (a.department, b.department) == ("media", "physics"),
        (0, 0),
        "At most 0 pairs of mentees of Media Studies with mentors of Physics",
        "Mediestudier",
    ),
    "at least between": (
        {"mentees_of": "astronomy", "mentors_of": "media", "pairs": 1},
        lambda a, b: (a.department, b.department) == ("astronomy", "media"),
        (1, None),
        "At least 1 pair of a mentee of Astronomy with a mentor of Media Studies",
        "Mediestudier",
    ),
    "at least matched": (
        {"department": "media", "pairs": 2},
        lambda a, b: a.department == "media",
        (2, None),
        "At least 2 pairs for mentees of Media Studies",
        "Mediestudier",
    ),
    "at least inside": (
        {"share": 60, "departments": "physics"},
        lambda a, b: a.department == b.department == "physics",
        (2, None),  # 60 % of two mentees, rounded up
        "At least 60 % of the mentees of Physics have a mentor of their own",
        "Fysikum",
    ),
    "reserved places": (
        {"places": 1, "department": "physics", "kept_for": ["physics", "astronomy"]},
        lambda a, b: b.department == "physics" and a.department not in ("physics", "astronomy"),
        (0, 2),  # of three places
        "1 place of Physics is kept for Physics, Astronomy",
        "Fysikum",
    ),
    "common language": (
        {"column": "languages"},
        lambda a, b: a.languages and b.languages and not set(a.languages) & set(b.languages),
        (0, 0),
        "Both speak a common language",
        "språk",
    ),
    "same": (
        {"column": "interests"},
        lambda a, b: a.interests and b.interests and not set(a.interests) & set(b.interests),
        (0, 0),
        "The two of a pair agree in: Interests",
        "Interests",
    ),
    "different": (
        {"column": "employer"},
        lambda a, b: a.employer and fold(a.employer) == fold(b.employer),
        (0, 0),
        "The two of a pair differ in: Employer",
        "Employer",
    ),
    "banned": (
        {"pairs": [["s1", "m2"]]},
        lambda a, b: (a.name, b.name) == ("s1", "m2"),
        (0, 0),
        "Åsa Berg and Ola Alm are not to be paired",
        "Åsa Berg och Ola Alm",
    ),
    "not last year": (
        {"pairs": [("s1", "m1")]},
        lambda a, b: (a.name, b.name) == ("s1", "m1"),
        (0, 0),
        "Åsa Berg and Eva Ek were a pair last year",
        "Åsa Berg och Eva Ek",
    ),
    "locked": (
        {"pairs": [("s4", "m1")]},
        lambda a, b: (a.name, b.name) == ("s4", "m1"),
        (1, None),
        "Dan Gran and Eva Ek are locked as a pair",
        "Dan Gran och Eva Ek",
    ),
}

#: Kinds that bound no single set of pairs, with settings.
ELSEWHERE = {
    "conflict": {},
    "minimum score": {"score": 0.25},
    "mentees per mentor": {"at_least": 1, "at_most": 2},
    "own first": {},
    "priority": {"mentees": ["s1", "s3"]},
    "wishes": {"column": ["conflict"]},
    "vetoes": {"column": "conflict"},
    "level departments": {},
    "spread mentees": {},
}


@pytest.mark.parametrize("kind", MEANT)
def test_a_rule_means_what_its_sentence_says(kind):
    """The pairs that a rule bounds are those that a reader of its sentence would list."""
    settings, test, bounds, english, swedish = MEANT[kind]
    if kind in ("banned", "not last year", "locked"):
        expected = {tuple(pair) for pair in settings["pairs"]}
    else:
        expected = wanted(test)
    assert expected
    assert len(expected) < len(SMALL.mentees) * len(SMALL.mentors)
    quota = only(KINDS[kind](**settings))
    assert pairs_of(quota) == expected
    assert (quota.at_least, quota.at_most) == bounds
    assert str(quota.name) == english
    assert swedish in quota.name.told("sv")
    assert quota.name.told("sv") != english
    assert "{" not in english + quota.name.told("sv")


def test_every_kind_is_tried():
    """No kind of rule is left out here."""
    assert set(MEANT) | set(ELSEWHERE) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_says_what_it_demands(kind, language):
    """The sentence of a rule as a whole is filled in, in both languages, without a cohort."""
    settings = MEANT[kind][0] if kind in MEANT else ELSEWHERE[kind]
    condition = KINDS[kind](**settings)
    assert condition.kind == kind
    said = condition.sentence(programme())
    text = said.told(language)
    assert text
    assert "{" not in text
    assert said.told("en") != said.told("sv")
    if kind == "minimum score":
        assert ("0,25" if language == "sv" else "0.25") in text


def test_own_department_only_is_for_all_unless_said_otherwise():
    """Without departments the rule is for every one; who belongs to none has nobody."""
    quota = only(rules.own_department_only())
    assert pairs_of(quota) == wanted(crosses)
    assert str(quota.name) == "Own department only: every department"
    assert only(rules.own_department_only("media")).name == "Own department only: Media Studies"


def test_people_who_named_each_other_are_not_paired():
    """A name, an e-mail address, an id and several of them are recognised, whoever wrote them."""
    meaning = rules.conflict().meaning(SMALL)
    banned = set().union(*(pairs_of(quota) for quota in meaning.quotas))
    assert banned == {
        ("s1", "m1"),  # by name
        ("s3", "m4"),  # by id, before a semicolon
        ("s3", "m2"),  # by name in capitals, before a comma
        ("s4", "m3"),  # by e-mail address
        ("s4", "m2"),  # named by the mentor
    }
    assert all(quota.is_ban for quota in meaning.quotas)
    names = {str(quota.name): quota.name.told("sv") for quota in meaning.quotas}
    assert "Ola Alm named Dan Gran as a supervisor or relative" in names
    assert all("Dan Gran" in sv for en, sv in names.items() if "Dan Gran" in en)


def test_a_conflict_with_nobody_is_worth_a_note():
    """A name that fits nobody is told with its side and column: it may be misspelt."""
    (note,) = rules.conflict().meaning(SMALL).notes
    assert (note.code, note.file, note.column) == ("rules.named_nobody", "mentees", "conflict")
    assert note.value == "Nils Nemo"
    for language in LANGUAGES:
        assert "Nils Nemo" in note.text(language)
        assert "Nils Nemo" not in note.text(language, redact=True)


def test_a_conflict_bans_everybody_of_that_name():
    """Where two people have the name, nobody can tell which one is meant: neither is paired."""
    people = cohort(
        mentors={
            "m1": ("Eva Ek", "physics", (), (), "", "BO  dahl", 1),
        }
    )
    meaning = rules.conflict().meaning(people)
    banned = set().union(*(pairs_of(quota, people) for quota in meaning.quotas))
    assert {("s2", "m1"), ("s6", "m1"), ("s1", "m1")} == banned


@pytest.mark.parametrize("condition", [rules.common_language("hobby"), rules.different("hobby")])
def test_a_column_that_nobody_has_is_worth_a_note(condition):
    """A rule about an answer that one side was not asked has no effect, and says so."""
    people = cohort()
    people.mentees["hobby"] = "chess"
    meaning = condition.meaning(people)
    assert meaning.quotas == ()
    assert [note.code for note in meaning.notes] == ["rules.no_column"]
    assert all("hobby" in note.text(language) for note in meaning.notes for language in LANGUAGES)


def test_a_common_language_is_no_common_letter():
    """A single answer is a list of one, a number too, and a missing one speaks any language."""
    people = cohort()
    people.mentees["tongue"] = ["en", "de", ("sv", "en"), "", None, np.nan]
    people.mentors["tongue"] = ["EN", "den", "sv", ("de",), ""]
    quota = only(rules.common_language("tongue"), people)
    apart = quota.pairs.block(np.arange(6), 5).astype(int).tolist()
    assert apart == [
        [0, 1, 1, 1, 0],
        [1, 1, 1, 0, 0],
        [0, 1, 0, 1, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    people.mentees["tongue"], people.mentors["tongue"] = [1, 2, 3, 1, 1, 1], [1.0, 2, 3, 4, 5]
    quota = only(rules.common_language("tongue"), people)
    together = ~quota.pairs.block([0, 1], 5)
    assert np.argwhere(together).tolist() == [[0, 0], [1, 1]]


def test_a_common_language_needs_answers_that_can_be_told_apart():
    """Free text such as "Swedish, English" is one answer to a program: the rule refuses it."""
    stated = programme(Rule("common language", {"column": "employer"}, "programme.toml", 7))
    with pytest.raises(ProgrammeError, match="free text") as caught:
        conditions(stated)
    assert [fault.code for fault in caught.value.faults] == ["rules.free_text"]
    assert conditions(programme(Rule("common language", {"column": "interests"})))


def test_no_answer_is_no_reason_to_part_people():
    """Two empty cells are no common employer, nor two missing numbers the same number."""
    people = cohort()
    people.mentees["years"] = [1.0, np.nan, 0.0, np.nan, 2.0, 3.0]
    people.mentors["years"] = [7, 1, 0, 5, 9]
    people.mentees["began"] = pd.to_datetime(["2024-01-01", None, None, None, None, None])
    people.mentors["began"] = pd.to_datetime([None, "2024-01-01", None, None, None])
    quota = only(rules.different("years"), people)
    assert pairs_of(quota, people) == {("s1", "m2"), ("s3", "m3")}
    assert pairs_of(only(rules.different("began"), people), people) == {("s1", "m2")}
    assert not any(a in ("s2", "s4") for a, _ in pairs_of(only(rules.different("employer"))))


def test_locks_and_bans_call_people_as_people_do():
    """People are called by id or by a name of their own; last year's strangers are passed over."""
    assert pairs_of(only(rules.banned([("Åsa Berg", "eva ek")]))) == {("s1", "m1")}
    assert rules.not_last_year([("s9", "m1"), ("s1", "m9")]).meaning(SMALL).quotas == ()
    for make in (rules.banned, rules.locked):
        with pytest.raises(ProgrammeError) as caught:
            make([("s1", "m9"), ("Bo Dahl", "m1"), ("s1", "Eva Eck")]).meaning(SMALL)
        codes = [fault.code for fault in caught.value.faults]
        assert codes == ["rules.unknown_person", "explain.several_people", "rules.unknown_person"]
        assert caught.value.faults[2].nearest == "Eva Ek"


def test_an_empty_list_of_pairs_demands_nothing():
    """A list of bans, locks or last year's pairs may be empty."""
    for make in (rules.banned, rules.locked, rules.not_last_year):
        assert formulate(SMALL, score(SMALL), [make([])]).quotas == ()


BAD = (
    (Rule("lends too", {"department": "physics"}, "p.toml", 3), "unknown_kind", "lends to"),
    (Rule("lends to", {"department": "physic", "departments": "media"}, "p.toml", 5),
     "unknown_department", "physics"),
    (Rule("borrows from", {"department": "media", "departments": ["physics", "medai"]}, "p.toml",
          7), "unknown_department", "media"),
    (Rule("at most lent", {"department": "media", "pair": 3, "pairs": 3}, "p.toml", 9),
     "unknown_setting", "pairs"),
    (Rule("at most lent", {"department": "media"}, "p.toml", 11), "missing_setting", None),
    (Rule("at most lent", {"department": "media", "pairs": -1}, "p.toml", 13), "bad_pairs", None),
    (Rule("at most lent", {"department": "media", "pairs": True}, "p.toml", 15), "bad_pairs", None),
    (Rule("at most between", {"mentees_of": 3, "mentors_of": "media", "pairs": 2}, "p.toml", 17),
     "bad_mentees_of", None),
    (Rule("different", {"column": "emploier"}, "p.toml", 19), "unknown_column", "employer"),
    (Rule("banned", {"pairs": 4}, "p.toml", 21), "bad_pairs", None),
    (Rule("locked", {"pairs": [["s1"]]}, "p.toml", 23), "bad_pairs", None),
    (Rule("minimum score", {"score": 40}, "p.toml", 25), "bad_score", None),
    (Rule("minimum score", {"score": float("nan")}, "p.toml", 27), "bad_score", None),
    (Rule("at least inside", {"share": 101}, "p.toml", 28), "bad_share", None),
    (Rule("at least inside", {"share": 0.5}, "p.toml", 28), "bad_share", None),
    (Rule("at least inside", {"share": 50, "departments": {"levl": "x"}}, "p.toml", 28),
     "unknown_column", None),
    (Rule("at most lent", {"department": {}, "pairs": 1}, "p.toml", 28), "bad_department", None),
    (Rule("at most lent", {"department": {"department": "medai"}, "pairs": 1}, "p.toml", 28),
     "unknown_answer", "media"),
    (Rule("reserved places", {"places": 1}, "p.toml", 28), "one_of_two", None),
    (Rule("mentees per mentor", {"at_least": 3, "at_most": 2}, "p.toml", 28),
     "least_above_most", None),
    (Rule("mentees per mentor", {}, "p.toml", 28), "no_number", None),
    (Rule("priority", {}, "p.toml", 28), "one_of_three", None),
    (Rule("wishes", {"column": ["conflit"]}, "p.toml", 28), "unknown_column", "conflict"),
    (Rule("wishes", {"column": "conflict", "use": "maybe"}, "p.toml", 28), "bad_use", None),
    (Rule("level departments", {"means": 1}, "p.toml", 28), "bad_means", None),
    (Rule("own department only", {"departments": []}, "p.toml", 29), "bad_departments", None),
    (Rule("own department only", {"departments": {"a": 1}}, "p.toml", 31), "unknown_column", None),
    (Rule("own department only", {"departments": [7]}, "p.toml", 31), "bad_departments", None),
)  # fmt: skip


def test_all_bad_rules_are_told_at_once():
    """Every faulty rule is listed with file, line and what may have been meant."""
    with pytest.raises(ProgrammeError) as caught:
        conditions(programme(*(rule for rule, _, _ in BAD), Rule("conflict")))
    faults = caught.value.faults
    assert [(f.file, f.row, f.code, f.nearest) for f in faults] == [
        ("p.toml", rule.line, f"rules.{code}", near) for rule, code, near in BAD
    ]
    english, swedish = (caught.value.text(language) for language in LANGUAGES)
    assert "line 5, department" in english
    assert 'Did you mean "physics"?' in english
    assert "rad 5, department" in swedish
    assert not set(english.splitlines()) & set(swedish.splitlines())


def test_rules_of_a_file_know_where_they_stand():
    """A condition that a file states carries its file and line; good ones pass unchanged."""
    stated = [Rule(kind, MEANT[kind][0], "p.toml", 3 + k) for k, kind in enumerate(MEANT)]
    made = conditions(programme(*stated))
    assert [(one.kind, one.file, one.line) for one in made] == [
        (rule.kind, "p.toml", rule.line) for rule in stated
    ]
    assert made[0].departments == ("physics", "media")


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (rules.lends_to("physic", "media"), "rules.unknown_department"),
        (rules.at_most_lent("media", -2), "rules.bad_pairs"),
        (rules.at_most_lent("media", 2.5), "rules.bad_pairs"),
        (rules.minimum_score(7), "rules.bad_score"),
        (rules.minimum_score(float("nan")), "rules.bad_score"),
        (rules.different(""), "rules.bad_column"),
        (rules.conflict("no such"), "rules.unknown_column"),
        (rules.own_department_only([]), "rules.bad_departments"),
    ],
)
def test_rules_made_in_python_are_checked_as_well(condition, code):
    """A bad value straight from Python is a fault in words, never a silent or strange result."""
    with pytest.raises(ProgrammeError) as caught:
        formulate(SMALL, score(SMALL), [condition])
    assert [fault.code for fault in caught.value.faults] == [code]


@pytest.mark.parametrize("answer", ["Berg, Eva", "Eva Berg", "Bo Ek\nEva Berg", "x@y; Berg, Eva"])
@pytest.mark.parametrize("name", ["Berg, Eva", "Eva Berg"])
def test_a_name_with_a_comma_is_found(answer, name):
    """Names written backwards, one a line or in a list are kept apart from their conflicts."""
    table = pd.DataFrame({"name": ["Al Li", name]}, index=["a", "b"])
    assert [1] in [places for _, places in named_in(answer, callings(table))]
