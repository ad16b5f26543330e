"""Tests of how sign-up sheets become a cohort: nobody dropped, merged or doubled in silence."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mentormatch.people.sheets.reader as sheets_module
from mentormatch.errors import REDACTED, ProfileError
from mentormatch.people.answers import COUNTS
from mentormatch.people.programme import SIDES, Department, Option, Programme, Question, Words
from mentormatch.people.sheets.reader import read_cohort
from mentormatch.words import LANGUAGES, catalogue

QUESTIONS = (
    Question("submitted", "everyone", ("Timestamp", "Tidstämpel"), "moment"),
    Question("id", "everyone", ("Participant number",)),
    Question("name", "everyone", ("Name", "Namn"), required=True),
    Question("email", "everyone", ("E-mail", "E-post", "Email"), required=True),
    Question("department", "everyone", ("Which department?", "Institution"), "one of", (), True),
    Question(
        "interests",
        "everyone",
        ("Interests", "Intressen"),
        "any of",
        (Option("climate", Words("Climate", "Klimat")), Option("ai", Words("AI, and data"))),
    ),
    Question("goals", "mentees", ("Goals", "Mål"), shared=True),
    Question("places", "mentors", ("Places", "Platser"), "number"),
    Question("years", "mentors", ("Years at work",), "number", shared=True),
    Question("share", "everyone", ("May we share?",), "yes or no"),
    Question("withdrawn", "everyone", ("Withdrawn", "Avhopp"), "yes or no", default="no"),
)
PROGRAMME = Programme(
    name=Words("Mentors"),
    year="2024-25",
    departments=(
        Department("physics", Words("Physics", "Fysikum"), ("Fysik",)),
        Department("media", Words("Media Studies", "Mediestudier")),
    ),
    questions=QUESTIONS,
)
LATEST = replace(PROGRAMME, duplicates="latest wins")
HEAD = "Tidstämpel;Namn;E-post;Institution;Avhopp\n"
MENTORS = "Name;E-mail;Which department?\nEva Ek;eva@example.org;Physics\n"


@pytest.fixture
def put(tmp_path):
    """Write a sheet and return its path."""

    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8-sig"))
        return path

    return write


@pytest.fixture
def read(put):
    """Read mentees (text of a sheet, or of several) with one mentor, or with those given."""

    def call(mentees, mentors=MENTORS, programme=PROGRAMME):
        texts = [mentees] if isinstance(mentees, str) else mentees
        paths = [put(f"mentees{number}.csv", text) for number, text in enumerate(texts, 1)]
        return read_cohort(paths, put("mentors.csv", mentors), programme=programme)

    return call


@pytest.fixture
def refuse(read):
    """Return the faults of sheets as (code, file, row, column)."""

    def call(*arguments, **others):
        with pytest.raises(ProfileError) as caught:
            read(*arguments, **others)
        assert caught.value.text("en") != caught.value.text("sv")
        return places_of(caught.value)

    return call


def places_of(error):
    """Return what is told of each fault: code, file, row, column."""
    faults = error.faults
    return [(f.code.removeprefix("sheets."), f.file, f.row, f.column) for f in faults]


def notes_of(cohort):
    assert all(note.text(language) for note in cohort.notes for language in LANGUAGES)
    return [note.code.removeprefix("sheets.") for note in cohort.notes]


def test_two_exports_become_two_clean_tables(put):
    """Headings and answers in two languages give ids, keys, tuples, numbers and sources."""
    mentees = put(
        "mentees.csv",
        "Tidstämpel;2. Namn *;E-post:;Institution;Intressen;Mål\n"
        "2024-10-01 13.05;Åsa Berg;Asa@example.org;fysik;AI, and data, Klimat;Få råd\n"
        ";;;;;\n"
        "2024-10-02 09.00;Bo Null;bo@example.org;Media Studies;;\n",
    )
    mentors = put(
        "mentors.csv",
        "Name,E-mail,Which department?,Places,Years at work,May we share?\n"
        'Eva Ek,eva@example.org,Mediestudier,2,"1,5",yes\n'
        "Ola Alm,ola@example.org,Physics,,,\n",
    )
    cohort = read_cohort(mentees, mentors, programme=PROGRAMME)
    assert cohort.mentees.index.tolist() == ["asa@example.org", "bo@example.org"]
    assert cohort.mentees.index.name == "id"
    first = cohort.mentees.iloc[0]
    assert first.to_dict() == {
        "submitted": datetime(2024, 10, 1, 13, 5),
        "name": "Åsa Berg",
        "email": "Asa@example.org",
        "department": "physics",
        "interests": ("climate", "ai"),
        "goals": "Få råd",
        "share": (),
        "source": "mentees.csv, row 2",
    }
    assert cohort.mentees.source.iloc[1] == "mentees.csv, row 4"
    assert cohort.mentees.interests.iloc[1] == ()
    assert cohort.mentors.places.tolist() == [2, 1]
    assert cohort.mentors.places.dtype == "int64"
    assert cohort.mentors.years.iloc[0] == 1.5
    assert cohort.mentors.years.isna().tolist() == [False, True]
    assert cohort.mentors.submitted.isna().all()
    assert cohort.mentors.share.tolist() == [("years",), ()]
    assert "goals" not in cohort.mentors
    assert "places" not in cohort.mentees
    digest = hashlib.sha256(mentees.read_bytes()).hexdigest()
    assert cohort.sources["mentees.csv"] == digest


def test_a_workbook_and_several_files_a_side(put, tmp_path):
    """One file a department is usual; files that are called alike are told apart by folder."""
    book = tmp_path / "mentors.xlsx"
    frame = pd.DataFrame({"Name": ["Eva"], "E-mail": ["e@example.org"], "Institution": ["Fysik"]})
    frame.to_excel(book, index=False, engine="openpyxl")
    head = "Name;E-mail;Institution\n"
    physics = put("physics/answers.csv", head + "A;a@example.org;Physics\n")
    media = put("media/answers.csv", head + "B;b@example.org;Media Studies\n")
    nobody = put("nobody.csv", head)
    cohort = read_cohort([physics, str(media), nobody], book, programme=PROGRAMME)
    assert cohort.mentees.source.tolist() == [
        "physics/answers.csv, row 2",
        "media/answers.csv, row 2",
    ]
    assert list(cohort.sources) == [
        "physics/answers.csv",
        "media/answers.csv",
        "nobody.csv",
        "mentors.xlsx",
    ]
    assert "no_rows" in notes_of(cohort)


def test_frames_serve_as_sheets():
    """A table in memory reads like a file, without a change to it."""
    frame = pd.DataFrame(
        {"Name": ["A", "B"], "E-mail": ["a@example.org", "b@example.org"], "Institution": "Fysik"}
    )
    before = frame.copy()
    mentors = frame.assign(**{"E-mail": ["c@example.org", "d@example.org"], "Places": [2.0, None]})
    cohort = read_cohort(frame, [mentors.iloc[:1], mentors.iloc[1:]], programme=PROGRAMME)
    pd.testing.assert_frame_equal(frame, before)
    assert cohort.mentees.source.tolist() == ["mentees table, row 2", "mentees table, row 3"]
    assert cohort.mentors.source.tolist() == ["mentors table, row 2", "mentors table 2, row 2"]
    assert cohort.mentors.places.tolist() == [2, 1]


def test_every_fault_of_all_files_at_once(put):
    """An unreadable file, a missing column and bad cells are all told in one go."""
    good = put("m1.csv", HEAD + ";A;a;Fysik;\n;;b@example.org;Kemi;kanske\n")
    lacking = put("m2.csv", "Name;E-mail\nC;c@example.org\n")
    with pytest.raises(ProfileError) as caught:
        read_cohort([good, lacking], put("mentors.ods", "x"), programme=PROGRAMME)
    assert sorted(places_of(caught.value), key=str) == sorted(
        [
            ("other_sheet", "mentors.ods", None, None),
            ("no_email", "m1.csv", 2, "E-post"),
            ("empty_cell", "m1.csv", 3, "Namn"),
            ("unknown_value", "m1.csv", 3, "Institution"),
            ("no_yes_or_no", "m1.csv", 3, "Avhopp"),
            ("missing_column", "m2.csv", 1, None),
        ],
        key=str,
    )


def test_table_faults_and_cell_faults_come_together(refuse):
    """A row with too many cells does not hide what is wrong in other rows."""
    text = HEAD + ";A;a@example.org;Fysik;;x\n;B;b@example.org;Kemi;\n"
    assert refuse(text) == [
        ("longer_row", "mentees1.csv", 2, None),
        ("unknown_value", "mentees1.csv", 3, "Institution"),
    ]


# -------------------------------------------------------------------------------------- columns


def test_a_misspelt_heading_is_suggested(read):
    """Likeness only suggests: a required column is a fault, another one is noted."""
    with pytest.raises(ProfileError) as caught:
        read("Name;E-mail;Institutions\nA;a@example.org;Fysik\n")
    (fault,) = caught.value.faults
    assert (fault.code, fault.value, fault.nearest) == (
        "sheets.near_column",
        "Institutions",
        "Institution",
    )
    cohort = read("Name;E-mail;Institution;Interest\nA;a@example.org;Fysik;Klimat\n")
    (note,) = [note for note in cohort.notes if note.code == "sheets.ignored_column"]
    assert (note.value, note.nearest, note.details["letter"]) == ("Interest", "Interests", "D")
    assert cohort.mentees.interests.tolist() == [()]


def test_two_columns_for_one_question(refuse, read):
    """Two filled columns are a fault; an empty one and Forms' "anonymous" give way."""
    text = "Name;E-mail;Email;Institution\nA;{};a@example.org;Fysik\n"
    assert refuse(text.format("b@example.org")) == [("two_columns", "mentees1.csv", 1, None)]
    for empty in ("", "anonymous"):
        cohort = read(text.format(empty))
        assert cohort.mentees.index.tolist() == ["a@example.org"]
        assert "ignored_column" in notes_of(cohort)


def test_exact_headings_go_before_numbered_ones(read):
    """A heading "1. Name" is the name only where no column is headed "Name"."""
    cohort = read("1. Name;Name;E-mail;Institution\nX;A;a@example.org;Fysik\n")
    assert cohort.mentees.name.tolist() == ["A"]


def test_without_id_and_address_nobody_is_known(put):
    """Sheets must say whose rows they are, if the programme does not ask for it."""
    questions = tuple(replace(question, required=False) for question in QUESTIONS)
    programme = replace(PROGRAMME, questions=questions)
    path = put("a.csv", "Name;Institution\nA;Fysik\nB;Fysik\n")
    with pytest.raises(ProfileError) as caught:
        read_cohort(path, put("b.csv", MENTORS), programme=programme)
    assert [fault.code for fault in caught.value.faults] == ["sheets.no_identity"]
    path = put("a.csv", "Name;E-mail;Institution\nA;;Fysik\nB;b@example.org;Fysik\n")
    with pytest.raises(ProfileError) as caught:
        read_cohort(path, put("b.csv", MENTORS), programme=programme)
    assert places_of(caught.value) == [("nameless_row", "a.csv", 2, None)]


def test_broken_cells_matter_only_where_asked(tmp_path, put):
    """#N/A in a helper column does no harm; as an answer it is a fault."""
    frame = pd.DataFrame(
        {"Name": ["A"], "E-mail": ["a@example.org"], "Institution": ["Fysik"], "Helper": ["#N/A"]}
    )
    path = tmp_path / "a.xlsx"
    frame.to_excel(path, index=False, engine="openpyxl")
    mentors = put("b.csv", MENTORS)
    assert len(read_cohort(path, mentors, programme=PROGRAMME).mentees) == 1
    frame.assign(Institution="#REF!").to_excel(path, index=False, engine="openpyxl")
    with pytest.raises(ProfileError) as caught:
        read_cohort(path, mentors, programme=PROGRAMME)
    (fault,) = caught.value.faults
    assert (fault.code, fault.row, fault.column) == ("sheets.error_cell", 2, "Institution")


def test_swapped_files_are_told(put):
    """Sheets given the wrong way round are two faults, without the noise of their cells."""
    mentees = put("a.csv", "Name;E-mail;Institution;2. Goals *\nA;a@example.org;Kemi;x\n")
    mentors = put("b.csv", "Name;E-mail;Unit;Places\nB;b@example.org;Fysik;two\n")
    with pytest.raises(ProfileError) as caught:
        read_cohort(mentors, mentees, programme=PROGRAMME)
    assert [fault.text() for fault in caught.value.faults] == [
        "b.csv: This was given as a mentees' sheet, but has questions that only the mentors' form "
        'asks: "Places". Were the two swapped?',
        "a.csv: This was given as a mentors' sheet, but has questions that only the mentees' form "
        'asks: "2. Goals *". Were the two swapped?',
    ]


def test_a_form_for_both_sides_is_not_swapped(put):
    """A sheet with the questions of both forms, or of a form with none of its own, is read."""
    text = "Name;E-mail;Institution;Goals;Places\n{};{}@example.org;Fysik;;\n"
    sheets = [put(f"{who}.csv", text.format(who, who)) for who in ("a", "b")]
    assert len(read_cohort(*sheets, programme=PROGRAMME).mentees) == 1
    without = tuple(each for each in QUESTIONS if each.answer != "goals")
    cohort = read_cohort(*sheets, programme=replace(PROGRAMME, questions=without))
    assert len(cohort.mentees) == 1


def test_a_missing_column_tells_what_could_be_it(read):
    """The headings not used yet are named, and where one of them belongs in the programme file."""
    with pytest.raises(ProfileError) as caught:
        read("Name;E-mail;Unit;Canary\nA;a@example.org;Fysik;x\n")
    (fault,) = caught.value.faults
    assert fault.code == "sheets.missing_column_unused"
    assert 'Columns not used yet: "Unit", "Canary".' in fault.text()
    assert 'after headings = [ at answer = "department" in the programme file' in fault.text()
    assert "Canary" not in fault.text(redact=True)


# ----------------------------------------------------------------------- answers nobody expected


def test_unknown_answers_of_a_column_are_one_fault(read):
    """Distinct answers stand once, each with its rows; the accepted ones once, in one language."""
    cells = ["GIS, AI, and data", "Miljö; Klimate", "gis; Klimat", "Klimat"]
    rows = [f'P{n};p{n}@example.org;Fysik;"{cell}"\n' for n, cell in enumerate(cells)]
    text = "Name;E-mail;Institution;Interests\n" + "".join(rows)
    with pytest.raises(ProfileError) as caught:
        read(text)
    (fault,) = caught.value.faults
    assert fault.row == 2
    assert fault.text() == (
        'mentees1.csv, row 2, column "Interests": 3 answers are not among the accepted ones (in '
        'brackets their rows, and what may be meant): "GIS" (2, 4), "Miljö" (3), "Klimate" '
        '(3: "Klimat"?). If these are the boxes of your form, change the options of answer = '
        '"interests" in the programme file. Accepted: Climate, AI, and data.'
    )
    assert "Miljö" not in fault.text(redact=True)


def test_one_unknown_answer_is_told_with_its_rows(read):
    """A single one keeps its sentence; in several rows it names them; departments have aliases."""
    row = "A;{}@example.org;{}\n"
    text = "Name;E-mail;Institution\n" + row.format("a", "Fysikk")
    single = (
        'mentees1.csv, row 2, column "Institution": "Fysikk" is not one of the accepted answers. '
    )
    rest = 'Did you mean "Fysik"? Accepted: Physics / Fysikum, Media Studies / Mediestudier.'
    for more, told in [
        ("", single + rest),
        (row.format("b", "fysikk"), single + "It stands in rows 2, 3. " + rest),
    ]:
        with pytest.raises(ProfileError) as caught:
            read(text + more)
        assert [fault.text() for fault in caught.value.faults] == [told]
    with pytest.raises(ProfileError, match="add these names to their aliases"):
        read(text + row.format("b", "Kemi"))


# ----------------------------------------------------------------------------- what may be told


@pytest.mark.parametrize(
    ("cell", "shared"),
    [("Goals", ("goals",)), ("Nothing", ()), ("Goals; Nothing", ()), ("", ())],
)
def test_ticking_nothing_shares_nothing(put, cell, shared):
    """The box for nothing is no answer to share, and counts even beside another box."""
    boxes = (Option("goals", Words("Goals")), Option("nothing", Words("Nothing")))
    asked = Question("share", "everyone", ("May we share?",), "any of", boxes)
    questions = tuple(asked if each.answer == "share" else each for each in QUESTIONS)
    text = f'Name;E-mail;Institution;May we share?\nA;a@example.org;Fysik;"{cell}"\n'
    cohort = read_cohort(
        put("a.csv", text), put("b.csv", MENTORS), programme=replace(PROGRAMME, questions=questions)
    )
    assert cohort.mentees.share.tolist() == [shared]


# --------------------------------------------------------------------------- ids and duplicates


def test_an_id_column_goes_before_the_address(read):
    """Ids are text, with their noughts; where the cell is empty the address serves."""
    text = "Participant number;Name;E-mail;Institution\n0012;A;A@example.org;Fysik\n"
    cohort = read(text + ";B;B@example.org;Fysik\n")
    assert cohort.mentees.index.tolist() == ["0012", "b@example.org"]


def test_addresses_that_only_look_alike_are_two(read):
    """Case does not count in an address; a sharp s does, for it is another mailbox."""
    text = HEAD + ";A;strasse@example.org;Fysik;\n;B;STRAßE@example.org;Fysik;\n"
    cohort = read(text, programme=LATEST)
    assert cohort.mentees.index.tolist() == ["strasse@example.org", "straße@example.org"]


def test_a_second_row_is_a_fault(refuse):
    """By default two rows of one address are a fault that names both, across files."""
    one = HEAD + ";A;a@example.org;Fysik;\n"
    two = HEAD + ";B;b@example.org;Fysik;\n;A;A@Example.org;Mediestudier;\n"
    assert refuse([one, two]) == [("same_email", "mentees2.csv", 3, None)]


def test_the_fault_names_the_other_row(read):
    """The sentence says where the address stood first."""
    rows = ";A;a@example.org;Fysik;\n;B;b@example.org;Fysik;\n;C;a@example.org;Fysik;\n"
    with pytest.raises(ProfileError, match=r"row 4: a@example\.org .* mentees1\.csv, row 2"):
        read(HEAD + rows)


def test_two_people_with_one_id(refuse):
    """One id for two addresses is a fault even where the latest row wins."""
    text = (
        "Participant number;Name;E-mail;Institution\n"
        "7;A;a@example.org;Fysik\n7;B;b@example.org;Fysik\n"
    )
    for programme in (PROGRAMME, LATEST):
        assert refuse(text, programme=programme) == [("same_id", "mentees1.csv", 3, None)]


def test_the_latest_row_wins(read):
    """The newest row counts, wherever it stands, and the older ones are noted, faults and all."""
    one = (
        HEAD
        + "2024-10-03 09:00;Åsa Ek;a@example.org;Fysik;\n2024-10-01;ÅSA  ek;A@example.org;Kemi;\n"
    )
    two = HEAD + "2024-10-02;Åsa Maria Ek;a@example.org;Media;\n2024-10-02;B;b@example.org;Fysik;\n"
    cohort = read([one, two], programme=LATEST)
    assert cohort.mentees.name.tolist() == ["Åsa Ek", "B"]
    passed_over = [note for note in cohort.notes if note.code == "sheets.passed_over"]
    assert [(note.file, note.row) for note in passed_over] == [
        ("mentees1.csv", 3),
        ("mentees2.csv", 2),
    ]
    assert passed_over[0].details == {"other_file": "mentees1.csv", "other_row": "2"}
    assert passed_over[1].value == "Åsa Ek (a@example.org)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Holm", "Anna Maria Holm"),
        ("ANNA  HOLM", "anna holm"),
        ("Anna-Maria Holm", "Holm, Anna Maria"),
        ("Åsa Ek", unicodedata.normalize("NFD", "Åsa Ek")),
    ],
)
def test_ways_to_write_one_name_are_one_person(read, one, other):
    """Case, spaces, hyphens, order and a name left out do not make two people."""
    rows = f"2024-10-01;{one};a@example.org;Fysik;\n2024-10-02;{other};a@example.org;Fysik;\n"
    cohort = read(HEAD + rows, programme=LATEST)
    assert cohort.mentees.source.tolist() == ["mentees1.csv, row 3"]


def test_two_people_with_one_address_are_never_one(read):
    """Where the latest wins, another name under the same address is a fault with both names."""
    row = "2024-10-0{};{};family@example.org;Fysik;\n"
    text = HEAD + row.format(1, "Anna Holm") + row.format(2, "Bo Ek") + row.format(3, "A. Holm")
    with pytest.raises(ProfileError) as caught:
        read(text + row.format(4, "Anna Maria Holm"), programme=LATEST)
    assert places_of(caught.value) == [("two_names", "mentees1.csv", n, None) for n in (3, 4, 5)]
    assert caught.value.faults[0].text() == (
        "mentees1.csv, row 3: The same e-mail address stands here and in mentees1.csv, row 2, with "
        'two names: "Bo Ek", "Anna Holm". If they are two people, mend one address; if one, write '
        "the name the same way."
    )
    assert "Holm" not in caught.value.text(redact=True)


def test_nobody_can_tell_which_is_latest(refuse, read):
    """Without moments, or with two answers at one moment, the coordinator decides."""
    row = "{};{};a@example.org;Fysik;\n"
    text = HEAD + row.format("2024-10-01", "A") + row.format("", "A")
    assert refuse(text, programme=LATEST) == [("same_email_no_moment", "mentees1.csv", 3, None)]
    text = HEAD + row.format("2024-10-01", "A") + row.format("2024-10-01", "A B")
    assert refuse(text, programme=LATEST) == [("same_email_same_moment", "mentees1.csv", 3, None)]
    text = HEAD + row.format("2024-10-01", "A") * 2
    cohort = read(text, programme=LATEST)
    assert cohort.mentees.name.tolist() == ["A"]
    assert "passed_over" in notes_of(cohort)


def test_dates_that_can_be_read_in_two_ways_are_told_once(refuse, read):
    """One fault a column, not one a row; a decided column reads them all."""
    row = "{};{};{}@example.org;Fysik;\n"
    text = HEAD + row.format("10/1/2024", "A", "a") + row.format("10/2/2024", "B", "b")
    assert refuse(text) == [("two_dates", "mentees1.csv", 2, "Tidstämpel")]
    american = text + row.format("10/14/2024", "C", "c")
    assert [moment.month for moment in read(american).mentees.submitted] == [10, 10, 10]
    assert refuse(american + row.format("14/10/2024", "D", "d")) == [
        ("mixed_dates", "mentees1.csv", 2, "Tidstämpel")
    ]


def test_withdrawn_people_leave_the_tables(read):
    """Whoever withdrew is in neither table, and bad answers of hers do not stop the others."""
    rows = ";A;a@example.org;Kemi;ja\n;B;b@example.org;Fysik;\n"
    cohort = read(HEAD + rows)
    assert cohort.withdrawn == ("a@example.org",)
    assert cohort.mentees.index.tolist() == ["b@example.org"]
    assert "withdrawn" not in cohort.mentees


def test_the_latest_word_on_withdrawing_counts(read):
    """Somebody may withdraw, and may think better of it."""
    rows = (
        "2024-10-01;A;a@example.org;Fysik;\n2024-10-02;A;a@example.org;Fysik;x\n"
        "2024-10-01;B;b@example.org;Fysik;x\n2024-10-02;B;b@example.org;Fysik;\n"
    )
    cohort = read(HEAD + rows, programme=LATEST)
    assert cohort.withdrawn == ("a@example.org",)
    assert cohort.mentees.index.tolist() == ["b@example.org"]


def test_an_empty_side_is_a_fault(refuse):
    """Nobody to match, or everybody withdrawn, is told in so many words."""
    assert refuse(HEAD) == [("no_mentees", "mentees1.csv", None, None)]
    assert refuse([HEAD, HEAD + ";A;a@example.org;Fysik;ja\n"]) == [
        ("no_mentees", "mentees1.csv, mentees2.csv", None, None)
    ]
    assert refuse([], MENTORS.split("\n", maxsplit=1)[0]) == [
        ("no_mentees", "", None, None),
        ("no_mentors", "mentors.csv", None, None),
    ]


def test_one_sheet_given_twice(put):
    """The same file for both sides, or a copy of it, is one fault and not a list of duplicates."""
    path = put("a.csv", MENTORS)
    with pytest.raises(ProfileError) as caught:
        read_cohort(path, path, programme=PROGRAMME)
    assert [fault.code for fault in caught.value.faults] == ["sheets.given_twice"]
    copy = put("b.csv", MENTORS)
    other = put("c.csv", MENTORS.replace("eva@", "ola@"))
    with pytest.raises(ProfileError, match=r"b\.csv: The same answers stand in a\.csv"):
        read_cohort([path, copy], other, programme=PROGRAMME)


# ------------------------------------------------------------------------- worth a second look


def test_suspicious_rows_are_noted_and_kept(read):
    """Odd answers are no faults: the people stay, and the coordinator is told."""
    mentees = (
        "Name;E-mail;Institution;Goals\n"
        f"=HYPERLINK(1);a@example.org;Fysik;{'x' * 5001}\n"
        "Ã…sa;b@example.org;Fysik;\n"
        "Bo Ek;c@example.org;Fysik;bo ek\n"
        "bo  ek;d@example.org;Fysik;\n"
        "Eva Ek;EVA@example.org;Fysik;\n"
    )
    mentors = (
        "Name;E-mail;Institution;Places\nEva Ek;eva@example.org;Fysik;0\n"
        "F;f@example.org;Fysik;1000\nG;g@example.org;Fysik;\nH;h@example.org;Fysik;1\n"
    )
    cohort = read(mentees, mentors)
    assert cohort.mentees.name.iloc[0] == "=HYPERLINK(1)"
    assert len(cohort.mentees) == 5
    assert cohort.mentors.places.tolist() == [0, 1000, 1, 1]
    told = [(note.code.removeprefix("sheets."), note.row) for note in cohort.notes]
    for expected in [
        ("formula_name", 2),
        ("long_text", 2),
        ("damaged_name", 3),
        ("name_as_answer", 4),
        ("same_name", 5),
        ("both_sides", 2),
        ("none_places", 2),
        ("many_places", 3),
        ("assumed_places", None),
    ]:
        assert told.count(expected) == 1


def test_clean_sheets_give_no_row_notes(read):
    """Nothing is noted of people whose answers are as they should be."""
    cohort = read(HEAD + "2024-10-01;A B;a@example.org;Fysik;\n")
    assert [note for note in cohort.notes if note.row is not None] == []


def test_redacted_messages_hold_nothing_personal(put):
    """A canary in every cell of broken sheets never sings in redacted text."""
    head = "Timestamp;Name;E-mail;Institution;Interests;Places;May we share?;Withdrawn\n"
    row = ";".join(["canary"] * 8) + "\n"
    sheets = [
        head + row * 2,
        head + "canary;" * 9 + "\n",
        row * 2,
        "canary\n",
        head + 'canary;"canary\n',
        head + ";canary;canary@example.org;Fysik;;;;\n" * 2,
        head + row.replace("canary;", "canary;;", 1),
    ]
    seen = 0
    for number, text in enumerate(sheets):
        path = put(f"sheet{number}.csv", text)
        with pytest.raises(ProfileError) as caught:
            read_cohort(path, put("mentors.csv", text.replace(";", ",")), programme=PROGRAMME)
        for language in LANGUAGES:
            told = caught.value.text(language, redact=True)
            assert "canary" not in told
            seen += REDACTED in told
    assert seen


def test_notes_can_be_redacted(read):
    """What is noted of people stands in the value alone."""
    text = (
        "Name;E-mail;Institution;Goals;Canary's column\n"
        "=Canary;canary@example.org;Fysik;=canary;x\n=Canary;b@example.org;Fysik;;x\n"
    )
    mentors = "Name;E-mail;Institution\nCanary;canary@example.org;Fysik\n"
    notes = read(text, mentors).notes
    assert len(notes) > 4
    assert not [note for note in notes if "canary" in note.text(redact=True).casefold()]


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=120), row=st.text(max_size=60))
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_any_bytes_are_a_cohort_or_a_profile_error(put, suffix, data, row):
    """Whatever is in a sheet, no other error comes out."""
    text = (HEAD + ";A;a@example.org;Fysik;\n" + row).encode("utf-8", "replace")
    for content in (data, text + data):
        path = put("any" + suffix, content)
        try:
            cohort = read_cohort(path, put("mentors.csv", MENTORS), programme=PROGRAMME)
        except ProfileError as error:
            told = error.text("sv", redact=True)
            assert told.count("\n") >= len(error.faults)  # noqa: PT017  (one of several claims about it)
        else:
            assert cohort.mentees.index.is_unique


@given(
    people=st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8),
            st.sampled_from(["Physics", "mediestudier", "FYSIK"]),
            st.lists(st.sampled_from(["climate", "ai"]), unique=True),
        ),
        min_size=1,
        max_size=8,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_everybody_who_is_written_is_read(put, people, encoding):
    """As many people come out as went in, in their order, with what they said."""
    frame = pd.DataFrame(
        {
            "Namn": [name for name, _, _ in people],
            "E-post": [f"p{number}@example.org" for number in range(len(people))],
            "Institution": [department for _, department, _ in people],
            "Intressen": [";".join(tags) for _, _, tags in people],
        }
    )
    text = frame.to_csv(index=False, sep=";", lineterminator="\r\n")
    path = put("people.csv", text.encode(encoding))
    cohort = read_cohort(path, put("mentors.csv", MENTORS), programme=PROGRAMME)
    assert cohort.mentees.index.tolist() == frame["E-post"].tolist()
    assert [set(tags) for tags in cohort.mentees.interests] == [set(tags) for _, _, tags in people]


def test_every_code_has_its_sentence_in_both_languages():
    """The catalogues hold the same keys, and every code that these modules use."""
    english, swedish = (catalogue(language, "sheets") for language in LANGUAGES)
    assert english.keys() == swedish.keys()
    blanks = re.compile(r"\{(\w+)\}")
    for key, sentence in english.items():
        assert set(blanks.findall(sentence)) == set(blanks.findall(swedish[key])), key
    folder = Path(sheets_module.__file__).parent
    people = folder.parent
    used: set[str] = set()
    for module in (*folder.glob("*.py"), people / "answers.py", people / "moments.py"):
        used |= set(re.findall(r'"sheets\.(\w+)"', module.read_text(encoding="utf-8")))
    composed = {f"{word}_{what}" for word in ("none", "many", "assumed") for what in COUNTS}
    composed |= {f"{what}_{side}" for what in ("no", "swapped") for side in SIDES}
    composed |= {"unknown_answers", "unknown_departments"}
    assert used | composed == set(english)
