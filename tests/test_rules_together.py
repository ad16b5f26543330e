"""Tests of rules as programmes state them: groups of any answer, loads, contradictions, solved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import brute
import mentormatch as mm
from mentormatch import rules
from mentormatch.errors import InfeasibleError, ProfileError, ProgrammeError
from mentormatch.formulation import notes_of
from mentormatch.people.programme import Option, Question, Rule, Words
from mentormatch.words import LANGUAGES
from roof_example import QUESTIONS, cohort, programme
from test_rules import MEANT, only, pairs_of, wanted

SMALL = cohort()
LEVEL = Question(
    "level",
    "mentees",
    ("Level",),
    "one of",
    (
        Option("doctoral", Words("Doctoral student", "Doktorand"), ("PhD",)),
        Option("master", Words("Master", "Master")),
    ),
    label=Words("Level of studies", "Studienivå"),
)


def grouped(*stated: Rule):
    """The small cohort, whose mentees have a level and whose mentors a campus."""
    people = cohort()
    people.mentees["level"] = ["doctoral", "master", "doctoral", "master", "", "doctoral"]
    people.mentees["campus"] = ["Kista", "Frescati", "Kista", "", "Frescati", "Kista"]
    people.mentors["campus"] = ["Kista", "Frescati", "Kista", "Frescati", ""]
    people.mentees["wishes"] = ["m2; Eva Ek", "Eva Ek", "", "lo@example.org", "", "m1, m4"]
    people.mentors["wishes"] = ["Dan Gran", "", "s3", "", ""]
    asked = (
        *QUESTIONS,
        LEVEL,
        Question("campus", "everyone", ("Campus",), label=Words("Campus", "Område")),
        Question("wishes", "everyone", ("Wishes",)),
    )
    return replace(people, programme=replace(programme(*stated), questions=asked))


DOCTORAL = {"level": "PhD"}  # an alias of the option
IN_GROUPS = {
    "own department only": (
        {"departments": {"campus": "kista"}},
        lambda a, b: (a.campus == "Kista") != (b.campus == "Kista"),
    ),
    "lends to": (
        {"department": {"campus": "Kista"}, "departments": [DOCTORAL, "physics"]},
        lambda a, b: (
            b.campus == "Kista" != a.campus and a.level != "doctoral" and a.department != "physics"
        ),
    ),
    "at most borrowed": (
        {"department": {"campus": ["Kista", "Frescati"]}, "pairs": 1},
        lambda a, b: a.campus and not b.campus,
    ),
    "at most between": (
        {"mentees_of": DOCTORAL, "mentors_of": {"employer": "smhi"}, "pairs": 1},
        lambda a, b: a.level == "doctoral" and b.employer == "SMHI",
    ),
    "at least matched": (
        {"department": {"level": "doctoral", "campus": "Kista"}, "pairs": 1},
        lambda a, _: a.level == "doctoral" and a.campus == "Kista",
    ),
    "at least inside": (
        {"share": 50, "column": "campus"},
        lambda a, b: a.campus and a.campus == b.campus,
    ),
    "reserved places": (
        {"places": 1, "mentor": "Eva Ek", "kept_for": DOCTORAL},
        lambda a, b: b["name"] == "Eva Ek" and a.level != "doctoral",
    ),
}


@pytest.mark.parametrize("kind", IN_GROUPS)
def test_any_answer_makes_a_group(kind):
    """Wherever a department stands, an answer can stand, in any of its spellings."""
    settings, test = IN_GROUPS[kind]
    people = grouped()
    quota = only(rules.KINDS[kind](**settings), people)
    expected = wanted(test, people)
    assert expected
    assert pairs_of(quota, people) == expected
    assert quota.name.told("en") != quota.name.told("sv")
    mm.formulate(people, mm.score(people), [rules.KINDS[kind](**settings)])


def test_a_group_is_called_by_label_and_option():
    """The sentence of a rule calls an answer as the form does, in either language."""
    name = rules.at_most_between(DOCTORAL, {"campus": ["Kista", "Frescati"]}, 2).sentence(
        grouped().programme
    )
    assert "Level of studies: Doctoral student" in name
    assert "Campus: Kista / Frescati" in name
    assert "Studienivå: Doktorand" in name.told("sv")
    assert "Område: Kista / Frescati" in name.told("sv")


def test_a_group_of_nobody_is_told_with_file_and_line():
    """A rule about an answer that nobody gave has a note, where it stands and what was meant."""
    stated = (
        Rule("at most lent", {"department": {"campus": "Kitsa"}, "pairs": 1}, "p.toml", 4),
        Rule("at least matched", {"department": {"level": "master", "campus": "Kista"},
                                  "pairs": 0}, "p.toml", 9),
        Rule("different", {"column": "level"}, "p.toml", 12),
        Rule("own department only", {"departments": ["physics"]}, "p.toml", 15),
    )  # fmt: skip
    notes = notes_of(grouped(*stated))
    assert [(note.code, note.row, note.nearest) for note in notes] == [
        ("rules.nobody_mentors", 4, "kista"),
        ("rules.nobody_mentees", 9, None),
        ("rules.no_column", 12, None),
    ]
    for language in LANGUAGES:
        assert "p.toml" in notes[0].text(language)
        assert "Kitsa" in notes[0].text(language)


def test_an_answer_outside_the_options_is_a_fault():
    """Where the form offers answers to choose from, a rule may name no other."""
    stated = Rule("at most lent", {"department": {"level": "doctorl"}, "pairs": 1}, "p.toml", 3)
    with pytest.raises(ProgrammeError) as caught:
        mm.conditions(grouped(stated).programme)
    (fault,) = caught.value.faults
    assert (fault.code, fault.row, fault.nearest) == ("rules.unknown_answer", 3, "doctoral")


def test_who_answers_nothing_agrees_with_everybody():
    """Same campus parts those who named different ones only."""
    people = grouped()
    assert pairs_of(only(rules.same("campus"), people), people) == wanted(
        lambda a, b: a.campus and b.campus and a.campus != b.campus, people
    )


# Loads


def problem_of(*stated, people=SMALL):
    return mm.formulate(people, mm.score(people), list(stated))


def test_loads_bound_each_mentor():
    """A load speaks of the mentors named, of a group's or of all, and never of closed ones."""
    load = rules.mentees_per_mentor
    for made, fewest, most in (
        (load(at_least=1), [1, 1, 1, 1, 0], [2, 1, 1, 1, 0]),
        (load(at_most=1), [0] * 5, [1, 1, 1, 1, 0]),
        (load(at_least=1, departments="physics"), [1, 1, 0, 0, 0], [2, 1, 1, 1, 0]),
        (load(at_least=2, mentors="Eva Ek"), [2, 0, 0, 0, 0], [2, 1, 1, 1, 0]),
        (load(at_least=1, mentors=["m3", "ida vik"]), [0, 0, 1, 0, 0], [2, 1, 1, 1, 0]),
    ):
        problem = problem_of(made)
        assert problem.mentor_minimum.tolist() == fewest
        assert problem.mentor_capacity.tolist() == most


def test_mentors_may_say_themselves_how_many_they_need():
    """A column holds each mentor's own minimum; an empty cell asks for nothing."""
    people = cohort()
    people.mentors["fewest"] = [2.0, np.nan, 1.0, 0.0, 1.0]
    made = rules.mentees_per_mentor(column="fewest")
    assert made.meaning(people).fewest.tolist() == [2, 0, 1, 0, 0]
    people.mentors["fewest"] = ["two", "", "", "", ""]
    with pytest.raises(ProgrammeError, match="two"):
        made.meaning(people)
    (note,) = made.meaning(cohort()).notes
    assert note.code == "rules.no_mentors_column"


def test_loads_that_cannot_be_are_told_by_name():
    """A minimum above somebody's places, or above what another rule allows, is a fault."""
    load = rules.mentees_per_mentor
    with pytest.raises(ProgrammeError) as caught:
        problem_of(load(at_least=2, departments="physics"))
    (fault,) = caught.value.faults
    assert (fault.code, fault.value) == ("rules.more_than_places", "Ola Alm")
    assert "1 places" in fault.text()
    with pytest.raises(ProgrammeError, match="Eva Ek"):
        problem_of(load(at_least=2, mentors="m1"), load(at_most=1))
    people = cohort()
    people.mentors["places"] = [1, 1, 1, 1, "two"]
    with pytest.raises(ProfileError):
        problem_of(load(at_least=1), people=people)


def test_reserved_places_are_of_those_that_are_left():
    """Where loads take places away, no more than the rest is open to others."""
    kept = rules.reserved_places(1, "physics")
    assert problem_of(kept).quotas[0].at_most == 2
    assert problem_of(kept, rules.mentees_per_mentor(at_most=1)).quotas[0].at_most == 1
    assert problem_of(rules.reserved_places(9, "physics")).quotas[0].is_ban
    (own,) = problem_of(rules.reserved_places(1, mentor="Ola Alm")).quotas
    assert pairs_of(own) == wanted(lambda a, b: b.name == "m2" and a.department != "physics")


# Contradictions


@pytest.mark.parametrize(
    "pair",
    [
        (Rule("at least between", {"mentees_of": "media", "mentors_of": "physics", "pairs": 2}),
         Rule("at most between", {"mentees_of": "media", "mentors_of": "physics", "pairs": 1})),
        (Rule("banned", {"pairs": [["s1", "m1"]]}), Rule("locked", {"pairs": [["s1", "m1"]]})),
        (Rule("mentees per mentor", {"at_least": 2, "departments": "physics"}),
         Rule("mentees per mentor", {"at_most": 1, "departments": "physics"})),
    ],
)  # fmt: skip
def test_rules_that_contradict_each_other_are_told_outright(pair):
    """Two rules that nobody could keep are a fault with both their lines, in either order."""
    for first, second in (pair, pair[::-1]):
        one, other = replace(first, file="p.toml", line=3), replace(second, file="p.toml", line=8)
        with pytest.raises(ProgrammeError) as caught:
            mm.conditions(programme(one, other))
        (fault,) = caught.value.faults
        assert (fault.row, fault.details["line"]) == (8, "3")
        assert first.kind in fault.text()
        made = [rules.KINDS[rule.kind](**rule.settings) for rule in (first, second)]
        with pytest.raises(ProgrammeError, match="cannot be kept together"):
            problem_of(*made)
    assert len(mm.conditions(programme(pair[0], pair[0]))) == 2


# The same from a file and from Python, and the best of brute force


def written(kind: str, settings: dict) -> str:
    def value(one) -> str:
        if isinstance(one, dict):
            return "{ " + ", ".join(f"{key} = {value(x)}" for key, x in one.items()) + " }"
        if isinstance(one, (list, tuple)):
            return "[" + ", ".join(map(value, one)) + "]"
        return f'"{one}"' if isinstance(one, str) else str(one).lower()

    lines = [f"{key} = {value(one)}" for key, one in settings.items()]
    return "\n".join(["[[rules]]", f'rule = "{kind}"', *lines])


FILE = """
[programme]
name = "Mentors"
year = "2024-25"
{departments}
[[questions]]
answer = "name"
who = "everyone"
headings = ["Name"]
[[questions]]
answer = "email"
who = "everyone"
headings = ["Email"]
[[questions]]
answer = "department"
who = "everyone"
headings = ["Department"]
[[questions]]
answer = "languages"
who = "everyone"
headings = ["Languages"]
[[questions]]
answer = "interests"
who = "everyone"
headings = ["Interests"]
[[questions]]
answer = "employer"
who = "everyone"
headings = ["Employer"]
[[questions]]
answer = "conflict"
who = "everyone"
headings = ["Conflict"]
[[questions]]
answer = "level"
who = "mentees"
headings = ["Level"]
[[questions]]
answer = "campus"
who = "everyone"
headings = ["Campus"]
[[questions]]
answer = "wishes"
who = "everyone"
headings = ["Wishes"]
"""
DEPARTMENTS = "\n".join(
    f'[[departments]]\nkey = "{key}"\nname = "{name}"'
    for key, name in (("physics", "Fysikum"), ("media", "Media"), ("astronomy", "Astronomi"))
)
STATED = [
    *((kind, meant[0]) for kind, meant in MEANT.items()),
    *((kind, meant[0]) for kind, meant in IN_GROUPS.items() if kind != "reserved places"),
    ("conflict", {}),
    ("minimum score", {"score": 0.25}),
    ("mentees per mentor", {"at_least": 1, "departments": ["physics", {"campus": "Kista"}]}),
    ("mentees per mentor", {"at_most": 1}),
    ("reserved places", {"places": 1, "mentor": "Eva Ek"}),
    ("own first", {}),
    ("own first", {"column": "campus"}),
    ("priority", {"mentees": ["s5", "Dan Gran"]}),
    ("priority", {"departments": [{"level": "doctoral"}, "media"]}),
    ("priority", {"column": "employer"}),
    ("wishes", {"column": "wishes"}),
    ("vetoes", {"column": ["wishes"]}),
    ("level departments", {}),
    ("level departments", {"column": "campus", "means": True}),
    ("spread mentees", {}),
]


def told(meaning):
    return (
        [(str(q.name), q.at_least, q.at_most) for q in meaning.quotas],
        meaning.minimum_score,
        *(None if x is None else x.tolist() for x in (meaning.fewest, meaning.most)),
        [(aim.stage, aim.leading, aim.groups) for aim in meaning.aims],
    )


def test_a_file_and_python_state_the_same_rules(tmp_path):
    """Every rule read from a programme file is the rule that its function makes."""
    path = tmp_path / "programme.toml"
    text = FILE.format(departments=DEPARTMENTS)
    text += "\n".join(written(kind, settings) for kind, settings in STATED)
    path.write_text(text, encoding="utf-8")
    stated = mm.read_programme(path)
    people = grouped()
    read = mm.conditions(replace(people.programme, rules=stated.rules))
    assert len(read) == len(STATED)
    for (kind, settings), one in zip(STATED, read, strict=True):
        made = getattr(rules, kind.replace(" ", "_"))(**settings)
        assert (made.kind, made.departments) == (one.kind, one.departments)
        assert one.line is not None
        ours, theirs = made.meaning(people), one.meaning(people)
        assert told(ours) == told(theirs), kind
        for a, b in zip(ours.quotas, theirs.quotas, strict=True):
            assert pairs_of(a, people) == pairs_of(b, people), kind


@pytest.mark.parametrize("k", range(len(STATED)))
def test_every_rule_is_kept_by_the_best_of_brute_force(k):
    """With each rule, alone and with another one, the pairs are as good as any that keep it."""
    people = grouped()
    fit = mm.score(people)
    matrix = fit.block(np.arange(6))
    for other in (None, (7 * k + 3) % len(STATED)):
        chosen = [STATED[one] for one in (k, other) if one is not None]
        made = [rules.KINDS[kind](**settings) for kind, settings in chosen]
        try:
            problem = replace(mm.formulate(people, fit, made), scores=matrix)
        except ProgrammeError as error:
            assert "rules.loads_apart" in {fault.code for fault in error.faults}  # noqa: PT017  (one of several claims about it)
            continue
        every = brute.staged(problem, problem.aims.woven(("coverage", "total")))
        try:
            matching = mm.solve(problem)
        except InfeasibleError:
            assert not every
            continue
        pairs = frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
        assert every[pairs] == max(every.values())
        assert mm.certify(problem, matching).optimal


# What comes first


def matched(*stated, people=None, objective="most people") -> set[tuple[str, str]]:
    people = grouped() if people is None else people
    matching = mm.match(people, rules=list(stated), objective=objective)
    assert matching.status == "optimal"
    return set(zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True))


def test_own_people_come_before_people():
    """Own first makes every pair inside that can be, though another list matches more people."""
    mentees = {
        "a": ("Ann A", "physics", (), ("sv",), "", ""),
        "b": ("Bob B", "media", (), ("sv",), "", ""),
        "c": ("Cia C", "physics", (), ("sv",), "", ""),
    }
    mentors = {
        "p": ("Per P", "physics", (), (), "", "Cia C", 1),
        "q": ("Qi Q", "media", (), (), "", "Ann A, Cia C", 1),
    }
    people = cohort(mentees=mentees, mentors=mentors)
    assert matched(rules.own_first(), rules.conflict(), people=people) == {("a", "p"), ("b", "q")}
    problem = mm.formulate(people, mm.score(people), [rules.own_first()])
    assert problem.aims.woven(("coverage", "total")) == ("own", "coverage", "total")


def test_several_priorities_count_one_after_the_other():
    """The first rule's people come before the second's, and each has a stage of its own."""
    people = cohort(mentors={"m1": ("Eva Ek", "physics", (), ("sv", "en", "fr"), "", "", 1)})
    stated = [rules.priority("s5"), rules.priority(["s3", "Åsa Berg"])]
    assert matched(*stated, people=people) == {("s5", "m1")}
    assert {a for a, _ in matched(*stated[::-1], people=people)} <= {"s1", "s3"}
    problem = mm.formulate(people, mm.score(people), stated)
    assert problem.aims.leading == ("priority", "priority 2")
    by_answer = rules.priority(column="employer")
    people.mentees["employer"] = [False, False, False, True, False, False]
    assert matched(by_answer, people=people) == {("s4", "m1")}
    people.mentees["employer"] = ["", "no", "", "", "", "since last year"]
    assert matched(by_answer, people=people) == {("s6", "m1")}
    people.mentees["employer"] = ["no"] * 6
    (note,) = by_answer.meaning(people).notes
    assert note.code == "rules.nobody_answered"


def test_wishes_come_first_and_first_wishes_before_others():
    """As many wishes as can be are met, then as many first ones; the rest are suggestions."""
    pairs = matched(rules.wishes())
    assert ("s2", "m1") in pairs  # of the two who want Eva first, and she has two places
    assert ("s1", "m2") in pairs
    problem = mm.formulate(grouped(), mm.score(grouped()), [rules.wishes()])
    assert problem.aims.leading == ("wishes", "first wishes")
    i, j = np.nonzero(problem.aims.counts["wishes"].block(np.arange(6), 5))
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == [
        (0, 0), (0, 1), (1, 0), (2, 2), (3, 0), (3, 2), (5, 0), (5, 3)
    ]  # fmt: skip
    (note,) = rules.wishes("favourites").meaning(cohort()).notes
    assert note.code == "rules.nobody_asked"


def test_names_that_fit_nobody_or_several_are_faults_of_the_sheet():
    """Every wrong name of a wish or a veto is told with its row; those who left are passed over."""
    people = grouped()
    people.mentees["source"] = [f"mentees.csv, row {k + 2}" for k in range(6)]
    people.mentees["wishes"] = ["Eva Eck", "Gone, Lena", "Gone@example.org", "", "", ""]
    people.mentors["wishes"] = ["Bo Dahl", "", "", "", ""]
    people = replace(people, withdrawn=("gone@example.org",), withdrawn_names=("Lena Gone",))
    for made in (rules.wishes(), rules.vetoes("wishes")):
        with pytest.raises(ProfileError) as caught:
            mm.formulate(people, mm.score(people), [made])
        one, other = caught.value.faults
        assert (one.file, one.row, one.column) == ("mentees.csv", 2, "Wishes")
        assert (one.value, one.nearest) == ("Eva Eck", "Eva Ek")
        assert one.text("sv").startswith('mentees.csv, rad 2, kolumn "Wishes": ')
        assert (other.code, other.accepted) == ("explain.several_people", ("s2", "s6"))


def test_wishes_for_who_was_there_before_a_rematch_are_passed_over():
    """Whoever drops a row before `rematch` need not know who wished for her, by id or by name."""
    people, wanted = grouped(), [rules.wishes()]
    before = mm.match(people, rules=wanted)
    for gone in people.mentors.index[:2]:
        fewer = mm.Cohort(people.mentees, people.mentors.drop(gone), people.programme)
        with pytest.raises(ProfileError):
            mm.match(fewer, rules=wanted)
        after = mm.rematch(before, fewer, rules=wanted)
        assert gone not in set(after.pairs["mentor"])
        assert after.kept == sum(before.pairs["mentor"] != gone)
        again = mm.rematch(after, fewer, rules=wanted)
        assert again.pairs.equals(after.pairs)
    pairs = [("s1", "m2"), ("s4", "m4")]
    fewer = mm.Cohort(people.mentees, people.mentors.drop("m2"), people.programme)
    with pytest.raises(ProfileError, match=r"Bo Ek|m2"):
        mm.rematch(pairs[1:], fewer, rules=wanted)
    fewer.mentees["wishes"] = ["m2", "", "", "", "", ""]
    fewer.mentors["wishes"] = ""
    assert mm.rematch(pairs, fewer, rules=wanted).kept == 1


def test_a_veto_is_a_ban_that_says_whose_it_is():
    """Either side's veto bans the pair; the coordinator reads who asked."""
    people = grouped()
    names = {str(quota.name) for quota in rules.vetoes("wishes").meaning(people).quotas}
    assert "Dan Gran asked not to be paired with Lo Lind" in names
    assert "Eva Ek asked not to be paired with Dan Gran" in names
    assert ("s4", "m3") not in matched(rules.vetoes("wishes"), people=people)
    assert not {("s1", "m1"), ("s1", "m2")} & matched(rules.vetoes("wishes"), people=people)


def test_wishes_rank_a_stable_list():
    """For a stable list whom somebody wishes for comes first, then everybody else by score."""
    people = grouped()
    problem = mm.formulate(people, mm.score(people), [rules.wishes(use="stable")])
    assert problem.aims.leading == ()
    matching = mm.solve(problem, "stable")
    assert matching.status == "optimal"
    assert ("s3", "m3") in set(zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True))
    liking = problem.placed.mentees.block(np.array([0, 2]))
    assert liking[0].argsort()[::-1][:2].tolist() == [1, 0]
    assert liking[1].tolist() == mm.score(people).block([2])[0].tolist()


def test_a_stable_list_seeks_nothing_else():
    """What comes first cannot be promised by a stable list, and that is said."""
    for made in (rules.own_first(), rules.spread_mentees(), rules.level_departments()):
        with pytest.raises(mm.ProblemError, match="cannot seek something else") as caught:
            mm.match(cohort(), rules=[made], objective="stable")
        assert "stabil lista" in caught.value.text("sv")
