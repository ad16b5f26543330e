"""Tests of how a cell becomes an answer, or a fault that says what would be accepted."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentormatch.errors import Fault
from mentormatch.people.answers import missing_answer, read_answer, unknown_entries
from mentormatch.people.moments import DayOrder, day_order, read_moment, reads_two_ways
from mentormatch.people.programme import KINDS, Option, Question, Words
from mentormatch.people.spelling import tidy

OPTIONS = (
    Option("physics", Words("Physics", "Fysikum"), ("Fysik", "Physics (Fysikum)")),
    Option("big", Words("Biology Education", "BIG, Biologisk utbildning"), ("BIG",)),
    Option("media", Words("Media Studies", "Mediestudier")),
)


def question(kind: str, answer: str = "own", options: tuple[Option, ...] = ()) -> Question:
    return Question(answer, "everyone", ("Heading",), kind, options)


def code(cell: str, asked: Question, **how: object) -> str:
    """Return the code of the fault that a cell is, which can be told in both languages."""
    fault = read_answer(cell, asked, **how)
    assert isinstance(fault, Fault)
    assert fault.value is not None
    assert fault.text("en") != fault.text("sv")
    return fault.code.removeprefix("sheets.")


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("Physics", "physics"),
        ("  FYSIK ", "physics"),
        ("fysikum", "physics"),
        ("physics (fysikum)", "physics"),
        ("BIG,Biologisk utbildning", "big"),
        ("media", "media"),
        ("Media\nStudies", "media"),
    ],
)
def test_one_of_accepts_every_spelling(cell, key):
    """Key, both names and aliases are read, whatever their case and spaces."""
    assert read_answer(tidy(cell), question("one of", options=OPTIONS)) == key


def test_one_of_suggests_and_never_guesses():
    """A near spelling is a fault that names the nearest; a far one names none."""
    near = read_answer("Physic", question("one of", options=OPTIONS))
    assert (near.code, near.nearest) == ("unknown_value", "Physics")
    assert "Biology Education / BIG, Biologisk utbildning" in near.accepted
    assert read_answer("Psychiatry", question("one of", options=OPTIONS)).nearest is None


def test_without_options_any_answer_is_accepted():
    """An open question of one answer is a text."""
    assert read_answer("Anything, really", question("one of")) == "Anything, really"


@pytest.mark.parametrize(
    "cell",
    [
        "Physics;BIG, Biologisk utbildning;",
        "BIG, Biologisk utbildning, Physics",
        "Fysik, BIG, Biologisk utbildning",
        "big\nphysics",
        "Physics | BIG|",
        ";; physics ,BIG,,physics",
    ],
)
def test_any_of_splits_where_options_end(cell):
    """Commas inside an option do not split it; order and repetition do not matter."""
    assert read_answer(cell, question("any of", options=OPTIONS)) == ("physics", "big")


def test_any_of_tells_the_parts_it_does_not_know():
    """The fault names the first part that is no option, and every other can be asked for."""
    asked = question("any of", options=OPTIONS)
    cell = "Physics;Biologisk utbildnin, x;BIG, Biologisk utbildning"
    assert read_answer(cell, asked).value == "Biologisk utbildnin"
    assert [fault.value for fault in unknown_entries(cell, asked)] == ["Biologisk utbildnin", "x"]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("Python; R, SQL\nC", ("Python", "R", "SQL", "C")),
        ("Research, PhD studies;Space;", ("Research, PhD studies", "Space")),
        ("AI,ML", ("AI", "ML")),
        ("1,5 years, AI", ("1,5 years", "AI")),
        ("AI; ai ;Ai", ("AI",)),
        ("- space\n• climate", ("space", "climate")),
        (";", ()),
    ],
)
def test_tags_of_ones_own_keep_their_order(cell, tags):
    """An open list splits at semicolons, commas and line breaks."""
    assert read_answer(cell, question("any of")) == tags


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("3", 3),
        ("2.0", 2),
        ("2,00", 2),
        ("1,5", 1.5),
        ("0.125", 0.125),
        ("1.125", 1.125),
        ("1 000", 1000),
        ("12 000,5", 12000.5),
        ("−4", -4),
        ("0012", 12),
    ],
)
def test_numbers(cell, number):
    """Decimal comma and thousands are read; a whole number is an int."""
    read = read_answer(cell, question("number"))
    assert read == number
    assert type(read) is type(number)


def test_what_is_no_number():
    """Words, ranges, units and numbers that can be read in two ways are faults."""
    for cell in ("two", "1-2", "2 st", "1e3", "TRUE", "", "9" * 5000, "inf", "1 2", "½"):
        assert code(cell, question("number")) == "no_number"
    for cell in ("1,000", "1.000", "12.500"):
        assert code(cell, question("number")) == "two_numbers"
    for cell in ("-1", "1.5", "many"):
        assert code(cell, question("number", "places")) == "no_count"
    assert read_answer("0", question("number", "demand")) == 0


def test_yes_and_no():
    """Both languages, Excel's truth values and ticks are read; anything else is a fault."""
    asked = question("yes or no")
    for cell in ("yes", "Ja", "TRUE", "sant", "1", "x", "✓"):
        assert read_answer(cell, asked) is True
    for cell in ("no", "NEJ", "FALSE", "falskt", "0"):
        assert read_answer(cell, asked) is False
    for cell in ("maybe", "2", "yes and no"):
        assert code(cell, asked) == "no_yes_or_no"
    consent = question("yes or no", options=(Option("yes", Words("I agree.")),))
    assert read_answer("i agree.", consent) is True


@pytest.mark.parametrize(
    "cell",
    [
        "2024-10-01 13:05:00",
        "2024-10-01 13.05",
        "2024-10-01T13:05:00.123",
        "2024-10-01T11:05:00Z",
        "2024-10-01T13:05:00+02:00",
        "2024/10/01 1:05:00 PM GMT+2",
        "2024/10/01 1:05:00 em GMT+2",
        "2024-10-01 13:05 CEST",
        "1.10.2024 13.05",
        "1 oktober 2024 kl. 13.05",
        "den 1 okt 2024 13:05",
        "October 1, 2024 at 1:05 PM",
        "Tue, 1 Oct 2024 13:05:00",
        "45566,545138888889",
        "45566.545138888889",
        "20241001 13:05",
    ],
)
def test_moments(cell):
    """The ways in which forms, Excel and people write one moment."""
    asked = question("moment", "submitted")
    assert read_answer(cell, asked) == datetime(2024, 10, 1, 13, 5)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-02-30",
        "2024-10-01 25:00",
        "2024-10-01 13:05 PST",
        "2024-10-01 13:05 am",
        "13/13/2024",
        "yesterday",
        "1 blurb 2024",
        "0001-01-01",
        "24-10-01",
        "12",
        "99999",
    ],
)
def test_what_is_no_moment(cell):
    """Impossible days and times and unknown zones are faults."""
    assert code(cell, question("moment")) == "no_moment"


def test_day_and_month_are_told_apart_by_the_column():
    """One date that can be read in one way only decides for all; without it none is read."""
    american = ["10/1/2024 13:05:59", "10/14/2024 8:00:00 AM"]
    assert day_order(american) is DayOrder.MONTH_FIRST
    assert read_moment(american[0], DayOrder.MONTH_FIRST) == datetime(2024, 10, 1, 13, 5, 59)
    assert day_order(["1/10/2024", "14/10/2024"]) is DayOrder.DAY_FIRST
    assert read_moment("1/10/24", DayOrder.DAY_FIRST) == datetime(2024, 10, 1)
    assert day_order(["1/10/2024", ""]) is DayOrder.UNDECIDED
    assert day_order([*american, "14/10/2024"]) is DayOrder.MIXED
    assert read_moment("1/10/2024") is None
    assert read_moment("10/10/2024") == datetime(2024, 10, 10)
    assert reads_two_ways("1/10/2024")
    assert not any(map(reads_two_ways, ("1.10.2024", "10/10/2024", "14/10/2024", "2024-10-01")))


def test_midnight_and_noon():
    """12 am is the beginning of the day and 12 pm its middle."""
    assert read_moment("2024-10-01 12:30 AM") == datetime(2024, 10, 1, 0, 30)
    assert read_moment("2024-10-01 12:30 em") == datetime(2024, 10, 1, 12, 30)


def test_addresses():
    """One address is accepted, in any letters; two, none or half of one are faults."""
    asked = question("text", "email")
    for cell in ("Asa@Example.org", "åsa.öberg+x@exämple.org", "mailto:a@b.example.org"):
        assert "@" in read_answer(cell, asked)
    for cell in (
        "asa@example",
        "asa.example.org",
        "a@example.org; b@example.org",
        "A <a@example.org>",
        "a @example.org",
        "@example.org",
        "a@example..org",
        "anonymous",
    ):
        assert code(cell, asked) == "no_email"


def test_names_stand_on_one_line_and_texts_keep_theirs():
    """A line break in a name is a slip; in a free answer it is meant."""
    assert read_answer("Åsa\nBerg", question("text", "name")) == "Åsa Berg"
    assert read_answer("one\ntwo", question("text", "goals")) == "one\ntwo"


@settings(deadline=None, max_examples=150)
@given(cell=st.text(min_size=1), kind=st.sampled_from(KINDS), closed=st.booleans())
def test_any_text_is_an_answer_or_a_fault(cell, kind, closed):
    """No text whatever makes reading fail, and answers have the kind's type."""
    asked = question(kind, options=OPTIONS if closed and kind in ("one of", "any of") else ())
    answer = read_answer(tidy(cell), asked)
    types = {"any of": tuple, "number": (int, float), "yes or no": bool, "moment": datetime}
    assert isinstance(answer, (Fault, types.get(kind, str)))


@settings(deadline=None, max_examples=50)
@given(chosen=st.lists(st.sampled_from(OPTIONS)), separator=st.sampled_from([";", ", ", "\n", "|"]))
def test_any_choice_reads_back(chosen, separator):
    """Whatever is ticked is read again, in whichever language and however it is joined."""
    cell = separator.join(option.name("sv") for option in chosen)
    read = read_answer(cell, question("any of", options=OPTIONS)) if cell else ()
    assert set(read) == {option.key for option in chosen}


def test_missing_answers():
    """Tables hold empty text or tuples where nobody answered, and nothing for numbers."""
    missing = {kind: missing_answer(question(kind)) for kind in KINDS}
    assert missing == {
        "text": "",
        "one of": "",
        "any of": (),
        "yes or no": "",
        "number": None,
        "moment": None,
    }
