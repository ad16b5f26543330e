"""Whether a programme file is read as it is meant, and whether all its faults are told at once."""

from __future__ import annotations

import string
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.example import example_folder
from mentormatch.people.programme import KNOWN_ANSWERS, Programme
from mentormatch.people.programme_file.questions import KIND_OF_ANSWER, OTHER_KINDS
from mentormatch.people.programme_file.reader import DEPARTMENT_SETTINGS, PARTS, read_programme
from mentormatch.people.programme_file.toml_lines import find_lines
from mentormatch.words import LANGUAGES, catalogue

EXAMPLE = example_folder() / "programme.toml"

# A programme without faults; each test below spoils one thing in it.
SOUND = """\
[programme]
name = { en = "Mentoring", sv = "Mentorskap" }
year = "2024-25"
timezone = "Europe/Stockholm"
duplicates = "fault"

[[departments]]
key = "physics"
name = { en = "Physics", sv = "Fysikum" }
aliases = ["Fysik"]

[[departments]]
key = "meteorology"
name = "Meteorology"
aliases = [
  "MISU",  # ["a remark"]
  "Weather # [[school]]",
]

[[events]]
key = "kick-off"
name = "Kick-off"
start = 2024-11-13T17:00:00
end = 2024-11-13T19:00:00
place = "Zoom"
audience = "everyone"

[[questions]]
answer = "name"
who = "everyone"
headings = ["Name", "Namn"]

[[questions]]
answer = "email"
who = "everyone"
headings = ["E-mail"]

[[questions]]
answer = "department"
who = "everyone"
headings = ["Department"]
required = true

[[questions]]
answer = "languages"
who = "everyone"
headings = ["Languages"]
options = [
  { key = "sv", name = { en = "Swedish", sv = "Svenska" } },
  "English",
]

[[questions]]
answer = "places"
who = "mentors"
headings = ["Places"]
default = 1

[weights]
department = 1
languages = 0.5

[department_weights.physics]
languages = 2

[[rules]]
rule = "lends to"
department = "physics"
departments = ["meteorology"]
"""


def read(text: str | bytes, folder: Path) -> Programme:
    """Read a programme file that says this."""
    path = folder / "programme.toml"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return read_programme(path)


def faults(text: str | bytes, folder: Path) -> tuple[Fault, ...]:
    """Return what is wrong with a programme file that says this."""
    with pytest.raises(ProgrammeError) as caught:
        read(text, folder)
    assert all(isinstance(caught.value.text(language), str) for language in LANGUAGES)
    return caught.value.faults


def code(fault: Fault) -> str:
    return fault.code.removeprefix("programme_faults.")


def line_of(part: str, text: str) -> int:
    """Return the line on which a part of a text first stands."""
    return text[: text.index(part)].count("\n") + 1


# ---------------------------------------------------------------------------------- the example


@pytest.fixture(scope="module")
def example() -> Programme:
    return read_programme(EXAMPLE)


def test_the_example_has_its_departments_events_and_rules(example: Programme) -> None:
    """The model programme reads without a fault, with everything it is known to have."""
    assert [department.name("en") for department in example.departments] == [
        "Astronomy",
        "Biology Education",
        "Media Studies",
        "Meteorology",
        "Physics",
        "Public Health Sciences",
        "Romance Studies and Classics",
        "Stockholm Resilience Centre",
    ]
    assert example.department("physics").name("sv") == "Fysikum"
    assert example.department("resilience-centre").name("sv") == "Stockholm Resilience Centre"
    assert "MISU" in example.department("meteorology").aliases
    assert [rule.kind for rule in example.rules] == [
        "common language",
        "conflict",
        "own department only",
        "lends to",
        "at most lent",
        "at most between",
        "at most borrowed",
        "reserved places",
        "mentees per mentor",
        "not last year",
        "minimum score",
    ]
    assert example.rules[5].settings == {
        "mentees_of": "media-studies",
        "mentors_of": "romance-classics",
        "pairs": 3,
    }
    assert dict(example.weights) == {
        "department": 1.0,
        "interests": 2.0,
        "goals": 3.0,
        "languages": 1.0,
        "availability": 0.5,
    }


def test_the_events_of_the_example_are_on_their_days_in_stockholm(example: Programme) -> None:
    """Events carry the zone, so that winter and summer time are right."""
    days = [(event.start.date().isoformat(), event.audience) for event in example.events]
    assert days == [
        ("2024-11-05", "mentees"),
        ("2024-11-06", "mentors"),
        ("2024-11-13", "everyone"),
        ("2025-02-12", "everyone"),
        ("2025-03-07", "mentees"),
        ("2025-03-20", "mentors"),
        ("2025-05-20", "everyone"),
    ]
    assert example.events[0].start.utcoffset() == timedelta(hours=1)
    assert example.events[-1].start.utcoffset() == timedelta(hours=2)
    assert [event.tentative for event in example.events] == [False] * 6 + [True]


@pytest.mark.parametrize("side", ["mentees", "mentors"])
def test_the_forms_of_the_example_ask_what_the_programme_needs(
    example: Programme, side: str
) -> None:
    """Both forms are complete, in both languages, and what may be shared is asked."""
    asked = {question.answer: question for question in example.questions_of(side)}
    common = {"id", "name", "email", "department", "interests", "languages", "availability"}
    assert common | {"submitted", "withdrawn", "share", "conflict"} <= set(asked)
    assert {"mentees": {"goals", "seeks", "level"}, "mentors": {"offers", "places", "employer"}}[
        side
    ] <= set(asked)
    assert [option.key for option in asked["department"].options] == [
        department.key for department in example.departments
    ]
    every = {question.answer: question for question in example.questions}
    assert all(every[option.key].shared for option in asked["share"].options)
    assert all(question.label("sv") for question in asked.values())
    interests = asked["interests"].options
    assert len(interests) >= 30
    assert all(option.name.en and option.name.sv for option in interests)


def test_departments_keep_the_weights_they_leave_out(example: Programme) -> None:
    """A department's own weights are complete, so that nothing else has to fill them in."""
    romance = example.department_weights["romance-classics"]
    assert romance["languages"] == 3.0
    assert {part: romance[part] for part in romance if part != "languages"} == {
        part: weight for part, weight in example.weights.items() if part != "languages"
    }


# ------------------------------------------------------------------------------- what is sound


def test_a_small_programme_reads(tmp_path: Path) -> None:
    """The text that the other tests spoil has no fault itself."""
    programme = read(SOUND, tmp_path)
    assert programme.name("sv") == "Mentorskap"
    assert programme.departments[1].aliases == ("MISU", "Weather # [[school]]")
    assert programme.language == "en"
    assert programme.events[0].start.astimezone(UTC) == datetime(2024, 11, 13, 16, tzinfo=UTC)
    languages, places = programme.questions[3:]
    assert languages.kind == "any of"
    assert [option.name("sv") for option in languages.options] == ["Svenska", "English"]
    assert (places.kind, places.default) == ("number", "1")
    assert programme.department_weights["physics"] == {"department": 1.0, "languages": 2.0}
    rule = programme.rules[0]
    assert (rule.file, rule.line) == ("programme.toml", line_of("[[rules]]", SOUND))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "\ufeff"),
        ("\n", "\r\n"),
        ('department = "physics"', 'department = "  FYSIKUM "'),
        ("[department_weights.physics]", "[department_weights.Fysik]"),
        ('departments = ["meteorology"]', 'departments = ["misu", "Meteorology"]'),
    ],
)
def test_other_ways_to_say_the_same(tmp_path: Path, old: str, new: str) -> None:
    """Windows line ends, a byte order mark and aliases of departments change nothing."""
    text = SOUND.replace(old, new) if old else new + SOUND
    assert text != SOUND
    assert read(text, tmp_path) == read(SOUND, tmp_path)


def test_weights_may_be_left_out(tmp_path: Path) -> None:
    """A programme that states no weights has none: the score then has its own."""
    text = SOUND[: SOUND.index("[weights]")] + SOUND[SOUND.index("[[rules]]") :]
    assert not read(text, tmp_path).weights


def test_events_come_in_order_of_time(tmp_path: Path) -> None:
    """Events are sorted by the moment they start, whatever zone they are written in."""
    earlier = SOUND[SOUND.index("[[events]]") : SOUND.index("[[questions]]")]
    earlier = earlier.replace('"kick-off"', '"before"').replace("T17:00:00", "T16:30:00+01:00")
    programme = read(SOUND + "\n" + earlier, tmp_path)
    assert [event.key for event in programme.events] == ["before", "kick-off"]


# -------------------------------------------------------------------------------- every fault

# What is spoilt (old text, new text), the fault, and the part of the new text that stands on its
# line ("" where the fault is of the whole file).
FAULTS: list[tuple[str, str, str, str]] = [
    # sections and keys
    ("[programme]", "[programm]", "unknown_key", "[programm]"),
    ("[programme]", "[programm]", "no_section", ""),
    ("[[events]]", "[events]", "double_brackets", "[events]"),
    ("[weights]", "[[weights]]", "single_brackets", "[[weights]]"),
    ("[programme]\nname", "event = 3\n[programme]\nname", "unknown_key", "event = 3"),
    ("audience =", "audiens =", "unknown_key", "audiens ="),
    ('sv = "Mentorskap"', 'se = "Mentorskap"', "unknown_key", "se ="),
    ('year = "2024-25"\n', "", "missing", "[programme]"),
    ('place = "Zoom"\n', "", "missing", "[[events]]"),
    ('rule = "lends to"\n', "", "missing", "[[rules]]"),
    ('year = "2024-25"', "year = 2024", "expected_text", "year ="),
    ('name = "Kick-off"', "name = 7", "expected_words", "name = 7"),
    ('name = "Kick-off"', 'name = " "', "empty_text", 'name = " "'),
    ('name = "Kick-off"', "name = {}", "empty_text", "name = {}"),
    ('name = "Kick-off"', 'name = "Kick\\u0000off"', "control_character", 'name = "Kick\\u'),
    ('name = "Kick-off"', 'name = "Kick\\noff"', "several_lines", 'name = "Kick\\n'),
    ('year = "2024-25"', 'year = "2024\\t25"', "several_lines", "year ="),
    ('sv = "Mentorskap"', 'sv = "Mentor\\u0085skap"', "control_character", "Mentor\\u0085skap"),
    ('sv = "Mentorskap"', 'sv = "Mentor\\u2028skap"', "several_lines", "Mentor\\u2028skap"),
    ('headings = ["Places"]', "headings = []", "empty_list", "headings = []"),
    ('headings = ["Places"]', "headings = 3", "expected_texts", "headings = 3"),
    ('  "MISU",', "  12,", "expected_text", "  12,"),
    ("required = true", 'required = "yes"', "expected_flag", 'required = "yes"'),
    # departments
    ('key = "meteorology"', 'key = "physics"', "duplicate_key", ""),
    ('key = "physics"', 'key = "../../x"', "bad_key", "../../x"),
    ('  "MISU",', '  "  fysikum ",', "claimed_department", '"  fysikum "'),
    ('"Weather # [[school]]"', '"FYSIK"', "claimed_department", '"FYSIK"'),
    ('departments = ["meteorology"]', 'departments = ["meterologi"]', "unknown_department",
     "meterologi"),
    ("[department_weights.physics]", "[department_weights.fysikk]", "unknown_department", "fysikk"),
    # time
    ('"Europe/Stockholm"', '"Europe/Stokholm"', "unknown_timezone", "Europe/Stokholm"),
    ('"Europe/Stockholm"', '"localtime"', "unknown_timezone", "localtime"),
    ('"Europe/Stockholm"', '"Factory"', "unknown_timezone", "Factory"),
    ('"Europe/Stockholm"', '"right/Europe/Stockholm"', "unknown_timezone", "right/"),
    ("start = 2024-11-13T17:00:00", "start = 2024-11-13", "expected_time_of_day", "start ="),
    ("start = 2024-11-13T17:00:00", "start = 17:00:00", "expected_date", "start ="),
    ("start = 2024-11-13T17:00:00", 'start = "13 Nov"', "expected_moment", "start ="),
    ("start = 2024-11-13T17:00:00", "start = 0024-11-13T17:00:00", "far_year", "start ="),
    ("start = 2024-11-13T17:00:00", "start = 2024-03-31T02:30:00", "no_such_time", "start ="),
    ("end = 2024-11-13T19:00:00", "end = 2024-11-13T15:00:00", "end_before_start", "end = 2024"),
    ('audience = "everyone"', 'audience = "mentes"', "unknown_choice", "audience ="),
    ('duplicates = "fault"', 'duplicates = "latest"', "unknown_choice", "duplicates ="),
    # questions
    ('answer = "places"\nwho = "mentors"', 'answer = "places"\nwho = "x"', "unknown_choice", '"x"'),
    ('headings = ["Name", "Namn"]', 'headings = ["Name"]\nkind = "txt"', "unknown_choice", '"txt"'),
    ('headings = ["Places"]', 'headings = ["NAMN:"]', "claimed_heading", '"NAMN:"'),
    ('answer = "places"', 'answer = "email"', "asked_twice", ""),
    ("default = 1", 'kind = "text"', "kind_of_answer", 'kind = "text"'),
    ("default = 1", 'default = "two"', "bad_default", "default ="),
    ("required = true", 'default = "Physics"\nrequired = true', "required_with_default", "default"),
    ("default = 1", 'options = ["1"]', "options_unused", 'options = ["1"]'),
    ("required = true", 'options = ["x"]', "options_of_departments", 'options = ["x"]'),
    ('  "English",', '  "svenska",', "claimed_option", '"svenska"'),
    ('  "English",', '  "sv",', "duplicate_key", '  "sv"'),
    ('  "English",', '  { name = "English" },', "missing", '{ name = "English" }'),
    ('options = [\n  { key = "sv", name = { en = "Swedish", sv = "Svenska" } },\n  "English",\n]',
     'options = "English"', "expected_options", 'options = "English"'),
    ('answer = "name"', 'answer = "nick"', "not_asked_of_mentees", ""),
    ('answer = "name"', 'answer = "nick"', "not_asked_of_mentors", ""),
    ('answer = "email"\nwho = "everyone"', 'answer = "email"\nwho = "mentees"',
     "nobody_known_mentors", ""),
    ("[weights]", '[[questions]]\nanswer = "share"\nwho = "mentees"\nheadings = ["Share"]\n'
     'options = ["emial"]\n[weights]', "unknown_answer", '"emial"'),
    ("[weights]", '[[questions]]\nanswer = "a"\nwho = "mentees"\nheadings = ["A"]\n[[questions]]\n'
     'answer = "a"\nwho = "mentors"\nheadings = ["A"]\nkind = "moment"\n[weights]', "kinds_differ",
     'kind = "moment"'),
    # weights
    ("languages = 0.5", "languages = -1", "bad_weight", "languages = -1"),
    ("languages = 0.5", "languages = nan", "bad_weight", "languages = nan"),
    ("languages = 0.5", "languages = inf", "bad_weight", "languages = inf"),
    ("languages = 0.5", 'languages = "2"', "expected_number", 'languages = "2"'),
    ("languages = 0.5", "languages = true", "expected_number", "languages = true"),
    ("languages = 0.5", "langauges = 1", "unknown_part", "langauges"),
    ("department = 1\nlanguages = 0.5", "department = 0", "no_weight", "[weights]"),
    ("languages = 2", "languages = 0\ndepartment = 0", "no_weight", "[department_weights"),
    ("languages = 2", "[department_weights.Fysik]", "duplicate_key", ".Fysik]"),
    ("[department_weights.physics]", "[department_weights]\nphysics = 3", "expected_section",
     "physics = 3"),
    ("[weights]\ndepartment = 1\nlanguages = 0.5", "", "no_section", ""),
    # what is no TOML at all
    ('year = "2024-25"', "year = “2024-25”", "curly_quotes", "year ="),
    ('year = "2024-25"', "year = Spring # 2024-11-05 “x”", "no_value", "year ="),
    ('year = "2024-25"', "year = 2024-25", "more_on_the_line", "year ="),
    ('year = "2024-25"', "year = läsår", "no_value", "year ="),
    ('year = "2024-25"', 'år = "2024-25"', "bad_letter_in_key", "år ="),
    ('year = "2024-25"', 'year "2024-25"', "no_equals_sign", "year "),
    ('year = "2024-25"', 'year = "2024-25', "text_not_closed", "year ="),
    ('year = "2024-25"', 'year = "20\\24-25"', "backslash", "year ="),
    ('year = "2024-25"', 'year = "2024"\nyear = "2025"', "said_twice", 'year = "2025"'),
    ("required = true", "required = True", "true_or_false", "required ="),
    ("T17:00:00", "T27:00:00", "date_written", "start ="),
    ("2024-11-13T19", "2024-11-31T19", "date_written", "end ="),
    ("[weights]", "[weights", "heading_brackets", "[weights"),
    ("[weights]", "[programme]", "heading_twice", ""),
    ('headings = ["E-mail"]', 'headings = ["E-mail"', "list_not_closed",
     'headings = ["E-mail"'),
    ('name = { en = "Mentoring"', 'name = { en = "Mentoring" ;', "braces_not_closed", "name ="),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected", "where"), FAULTS)
def test_each_fault_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, expected: str, where: str
) -> None:
    """One thing spoilt gives that fault, on the line where it stands."""
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    found = [fault for fault in faults(text, tmp_path) if code(fault) == expected]
    assert len(found) == 1
    assert found[0].file == "programme.toml"
    if where:
        assert found[0].row == line_of(where, text)


@pytest.mark.parametrize(
    ("old", "new", "suggestion"),
    [
        ('audience = "everyone"', 'audience = "mentes"', "mentees"),
        ("audience =", "audiense =", "audience"),
        ("[[events]]", "[[event]]", "events"),
        ('"Europe/Stockholm"', '"Europe/Stokholm"', "Europe/Stockholm"),
        ("languages = 0.5", "langauges = 1", "languages"),
        ('department = "physics"', 'department = "Fysikkum"', "Fysikum"),
        ('headings = ["Name", "Namn"]', 'headings = ["Name"]\nkind = "one off"', "one of"),
    ],
)
def test_the_nearest_spelling_is_suggested(
    tmp_path: Path, old: str, new: str, suggestion: str
) -> None:
    """A slip of the finger is answered with what was probably meant."""
    assert old in SOUND
    nearest = [fault.nearest for fault in faults(SOUND.replace(old, new, 1), tmp_path)]
    assert suggestion in nearest


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Whoever mends the file does not have to run again for each fault."""
    text = SOUND.replace("2024-25", "").replace("Zoom", " ").replace("default = 1", "default = -1")
    text = text.replace("languages = 0.5", "languages = nan").replace("lends", "\\u0001")
    found = faults(text, tmp_path)
    assert [code(fault) for fault in found] == [
        "empty_text",
        "empty_text",
        "bad_default",
        "bad_weight",
        "control_character",
    ]
    assert [fault.column for fault in found] == [
        "programme.year",
        "events.place",
        "questions.default",
        "weights.languages",
        "rules.rule",
    ]
    assert [fault.row for fault in found] == sorted(fault.row or 0 for fault in found)


def test_one_slip_is_one_fault(tmp_path: Path) -> None:
    """A wrong time zone, side or kind is not held against everything that depends on it."""
    for old, new in [
        ('"Europe/Stockholm"', '"Mars"'),
        ('answer = "name"\nwho = "everyone"', 'answer = "name"\nwho = "all"'),
        ('headings = ["Languages"]', 'headings = ["Languages"]\nkind = "many of"'),
        ("start = 2024-11-13T17:00:00", "start = 2025"),
    ]:
        assert len(faults(SOUND.replace(old, new, 1), tmp_path)) == 1


def test_the_same_letters_in_another_encoding_are_the_same_name(tmp_path: Path) -> None:
    """Composed and decomposed letters cannot give one name to two departments."""
    text = SOUND.replace('["Fysik"]', '["Väder"]').replace('"MISU"', '"va\u0308der"')
    assert [code(fault) for fault in faults(text, tmp_path)] == ["claimed_department"]


def test_names_of_people_stand_in_the_value_of_a_fault_only(tmp_path: Path) -> None:
    """A redacted fault keeps what was written out of logs."""
    text = SOUND.replace('aliases = ["Fysik"]', 'coordinator = "Canary Bird\\u0007"')
    (fault,) = faults(text, tmp_path)
    assert "Canary" in fault.text()
    assert "Canary" not in fault.text(redact=True)
    (fault,) = faults(text.replace('"Canary', "“Canary"), tmp_path)
    assert "Canary" in fault.text("sv")
    assert "Canary" not in fault.text("sv", redact=True)


# ---------------------------------------------------------------------------- the file itself


@pytest.mark.parametrize(
    ("content", "expected", "row"),
    [
        (b"", "empty_file", None),
        (b"\xef\xbb\xbf \n\n", "empty_file", None),
        (SOUND.encode("utf-16"), "not_utf8", None),
        ("[programme]\nname = 'Å'".encode("latin-1"), "not_utf8", 2),
        (b"a = 1\n" * 7_000_000, "too_large", None),
        (b"a = " + b"[" * 50_000, "too_deep", None),
        (b"a = " + b"9" * 50_000, "number_too_long", None),
        (b"PK\x03\x04\x14", "no_text", None),
        (b"Namn;E-post\n", "no_equals_sign", 1),
        (b"!\n", "not_toml", 1),
        (b"a = 1\nb =\n", "no_value", 2),
        (b"a = [\n1,\n\n\n", "list_not_closed", 1),
        (b"a = [\n1,\nb = 2\n", "list_not_closed", 1),
        (b"a = [1,\n2, x]\n", "no_value", 2),
        (b'x = 1\na = [\n"]", # ]\n\n[[b]]\n', "list_not_closed", 2),
    ],
)
def test_a_file_that_is_none_is_told_in_words(
    tmp_path: Path, content: bytes, expected: str, row: int | None
) -> None:
    """Empty, huge, foreign and broken files give one clear fault each."""
    (fault,) = faults(content, tmp_path)
    assert (code(fault), fault.row) == (expected, row)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing.toml", "no_file"),
        (".", "folder"),
        ("a\0b", "not_opened"),
        ("x" * 5000, "not_opened"),
        ("missing/programme.toml", "no_file"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_in_words(
    tmp_path: Path, name: str, expected: str
) -> None:
    """Missing files, folders and impossible names are faults, not tracebacks."""
    with pytest.raises(ProgrammeError) as caught:
        read_programme(str(tmp_path) + "/" + name)
    assert [code(fault) for fault in caught.value.faults] == [expected]


# ------------------------------------------------------------------------------------ any text

KEYS = [*KNOWN_ANSWERS, *PARTS, *DEPARTMENT_SETTINGS, "key", "en", "sv", "rule", "options", "x"]
VALUES = st.recursive(
    st.one_of(
        st.sampled_from(
            ['""', '" "', '"physics"', "0", "-1", "nan", "1e999", "true", "[]", "{}", "[[]]"]
        ),
        st.sampled_from(
            ["2024-11-05", "17:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "9" * 400]
        ),
        st.sampled_from(['"\\u0000"', "'''\n[#]'''", '"""a""b\\\n"""', '"a\\"#[b]"', "'#'"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: "[" + ", ".join(values) + "]"),
        st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=3, unique_by=lambda p: p[0]).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=6,
)


@given(st.one_of(st.text(), st.text(alphabet="[]{}=\"'#.,\n ab1-:T\\")))
@settings(deadline=None, max_examples=150)
def test_any_text_reads_or_is_a_programme_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Whatever stands in the file, nobody sees another exception."""
    folder = tmp_path_factory.getbasetemp()
    with pytest.raises(ProgrammeError) as caught:
        read(text.encode("utf-8", "replace"), folder)
    assert caught.value.faults


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_any_value_at_any_key_reads_or_is_a_programme_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A sound file with some lines changed, lost or doubled never gives another exception."""
    lines = SOUND.split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["value", "value", "key", "drop", "double"]))
        key, equals, value = lines[at].partition(" = ")
        if change == "drop":
            lines[at] = ""
        elif change == "double":
            lines.insert(at, data.draw(st.sampled_from(lines)))
        elif equals and change == "value":
            lines[at] = f"{key} = {data.draw(VALUES)}"
        elif equals:
            lines[at] = f"{data.draw(st.sampled_from(KEYS))} = {value}"
    try:
        programme = read("\n".join(lines), tmp_path_factory.getbasetemp())
    except ProgrammeError as error:
        told = [error.text(language).count("\n  - ") for language in LANGUAGES]
        told_all = told == [len(error.faults)] * 2
    else:
        told_all = all(event.start < event.end for event in programme.events)
    assert told_all


# ---------------------------------------------------------------------------------- the lines


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the way to everything inside a value."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    found = []
    for key, one in inner:
        found += [(*path, key), *paths(one, (*path, key))]
    return found


def test_every_key_is_found_on_its_line() -> None:
    """Tables, lists of tables, dotted keys and lists over many lines have the right lines."""
    text = "\n".join(
        [
            "a.'b c'.\"d\\u00e9\" = 1",  # 1
            "# [no.heading]",  # 2
            'text = """',  # 3
            "[not]",
            'a = "1" """"',  # 5: two quotation marks belong to the text
            "list = [ # ]",  # 6
            "  1, '#]', [",
            '    "]",',
            "    2024-11-05 17:00:00 ],",  # 9
            "  {x = 1, y.z = [",  # 10
            "2]},",  # 11
            "]",
            "[ t . u ] # x",  # 13
            "k = '''''x'''",
            "[[s]]",  # 15
            "[[s.r]]",
            "n = {}",  # 17
            "[[s.r]]",  # 18
            "[s.o]",  # 19
            "m = 1",  # 20
            "[[s]] # y",  # 21
            "[[ s . r ]]",  # 22
            'n = "\\"]"',  # 23
        ]
    )
    values = tomllib.loads(text)
    lines = find_lines(text)
    assert set(lines) == set(paths(values))
    assert {path: lines[path] for path in lines if len(path) != 1} == {
        ("a", "b c"): 1,
        ("a", "b c", "dé"): 1,
        ("list", 0): 7,
        ("list", 1): 7,
        ("list", 2): 7,
        ("list", 2, 0): 8,
        ("list", 2, 1): 9,
        ("list", 3): 10,
        ("list", 3, "x"): 10,
        ("list", 3, "y"): 10,
        ("list", 3, "y", "z"): 10,
        ("list", 3, "y", "z", 0): 11,
        ("t", "u"): 13,
        ("t", "u", "k"): 14,
        ("s", 0): 15,
        ("s", 0, "r"): 16,
        ("s", 0, "r", 0): 16,
        ("s", 0, "r", 0, "n"): 17,
        ("s", 0, "r", 1): 18,
        ("s", 0, "o"): 19,
        ("s", 0, "o", "m"): 20,
        ("s", 1): 21,
        ("s", 1, "r"): 22,
        ("s", 1, "r", 0): 22,
        ("s", 1, "r", 0, "n"): 23,
    }


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_lines_agree_with_the_values_that_tomllib_reads(data: st.DataObject) -> None:
    """Of any text that is TOML, exactly the keys that tomllib finds have a line."""
    names = st.sampled_from(["a", "b", "a.b", '"#"', "'[x]'.c", "c"])
    lines = []
    for _ in range(data.draw(st.integers(1, 8))):
        form = data.draw(st.sampled_from(["{} = {}", "{} = {} # ]", "[{}]", "[[{}]]", "# {} = 1"]))
        name = data.draw(names)
        lines.append(form.format(name, data.draw(VALUES)) if "= {}" in form else form.format(name))
        try:
            tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError:
            lines.pop()
    text = "\n".join(lines)
    assert set(find_lines(text)) == set(paths(tomllib.loads(text)))


# ----------------------------------------------------------------------------------- the words


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    """No fault is untold in Swedish, and none lacks a value there."""
    blanks = [
        {
            key: sorted(name for _, name, *_ in string.Formatter().parse(sentence) if name)
            for key, sentence in catalogue(language, "programme_faults").items()
        }
        for language in LANGUAGES
    ]
    assert blanks[0] == blanks[1]


def test_every_answer_the_programme_understands_has_its_kind() -> None:
    """A new known answer cannot be forgotten where kinds are checked."""
    assert set(KIND_OF_ANSWER) == set(KNOWN_ANSWERS)
    assert OTHER_KINDS.keys() <= KIND_OF_ANSWER.keys()


@pytest.mark.parametrize(
    "how",
    [
        'kind = "yes or no"',
        'kind = "yes or no"\noptions = [{ key = "yes", name = "I agree" }]\ndefault = false',
        'options = ["email", { key = "nothing", name = "Nothing" }]',
    ],
)
def test_sharing_is_asked_in_either_way(tmp_path: Path, how: str) -> None:
    """A form may ask for all or nothing, or have a box for nothing among its answers."""
    asked = f'[[questions]]\nanswer = "share"\nwho = "everyone"\nheadings = ["Share"]\n{how}\n'
    programme = read(SOUND.replace("[weights]", asked + "\n[weights]", 1), tmp_path)
    assert programme.questions[-1].answer == "share"
    (fault,) = faults(
        SOUND.replace("[weights]", asked + 'kind = "moment"\n[weights]').replace(how, ""), tmp_path
    )
    assert (code(fault), fault.accepted) == ("kind_of_answer", ("any of", "yes or no"))
