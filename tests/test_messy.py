"""Messy exports hold exactly the cohort that they were written from."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import openpyxl
import pandas as pd
import pytest

from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme import SIDES, Department, Option, Programme, Question, Words
from mentormatch.people.sheets.reader import read_cohort
from mentormatch.people.synthetic.exports import MAC, WINDOWS, is_swedish
from mentormatch.people.synthetic.maker import make_cohort
from mentormatch.people.synthetic.messy import records, write_export, write_messy_sheets

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "make_example.py"


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return make_cohort(160, 120, scarcity=1.3, seed=21)


def assert_same(read: Cohort, written: Cohort) -> None:
    """Compare everything but the order of rows and columns."""
    for side in SIDES:
        found = read.table(side).drop(columns="source").sort_index()
        pd.testing.assert_frame_equal(found, written.table(side).sort_index(), check_like=True)


@pytest.mark.parametrize("per_department", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_reading_gives_the_cohort_back(
    cohort: Cohort, tmp_path: Path, seed: int, per_department: bool
) -> None:
    """Whatever the mess, everybody is read back with every answer."""
    files = write_messy_sheets(cohort, tmp_path, seed=seed, per_department=per_department)
    assert_same(read_cohort(*files.values(), programme=cohort.programme), cohort)


def test_the_mess_is_there(cohort: Cohort, tmp_path: Path) -> None:
    """All kinds of files are written, and the files really hold what they are meant to test."""
    files = write_messy_sheets(cohort, tmp_path)["mentees"]
    data = {path.name.split("-", 2)[2]: path.read_bytes() for path in files}
    assert set(data) == {
        "semicolons.csv", "microsoft-english.xlsx", "windows.csv", "utf-16.csv", "google.csv",
        "microsoft-swedish.xlsx", "mac.csv",
    }  # fmt: skip
    assert data["semicolons.csv"].startswith(b"\xef\xbb\xbf")
    assert data["utf-16.csv"][:2] in (b"\xff\xfe", b"\xfe\xff")
    for name, letter in (
        ("windows.csv", "ö".encode("cp1252")),
        ("mac.csv", "ö".encode("mac_roman")),
    ):
        assert letter in data[name]
        with pytest.raises(UnicodeDecodeError):
            data[name].decode("utf-8")
    texts = data["semicolons.csv"].decode("utf-8-sig")
    assert "o\u0308" in texts  # accents apart
    assert any(set(line) == {";"} for line in texts.split("\r\n"))  # a blank row
    assert "\n" in texts.replace("\r\n", "")  # a line break in a heading
    book = openpyxl.load_workbook(tmp_path / "mentees-2-microsoft-english.xlsx")
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0][:4] == ("Id", "Completion time", "Start time", "Email")
    assert any(str(cell).endswith(";") for row in rows[1:] for cell in row)


def test_decimal_commas_and_doubles_occur(cohort: Cohort, tmp_path: Path) -> None:
    """Places are sometimes written 1,0; somebody signed up twice; somebody withdrew."""
    files = write_messy_sheets(cohort, tmp_path)
    assert any(b'"1,0' in p.read_bytes() or b";1,0;" in p.read_bytes() for p in files["mentors"])
    read = read_cohort(*files.values(), programme=cohort.programme)
    assert any(note.code == "sheets.passed_over" for note in read.notes)
    assert {person.partition("@")[2] for person in read.withdrawn} == {"example.org", "example.com"}
    assert not {*read.withdrawn} & {*cohort.mentees.index, *cohort.mentors.index}


def test_people_who_withdrew_are_written(cohort: Cohort, tmp_path: Path) -> None:
    """The cohort's own withdrawals are in the sheets, also of somebody active on the other side."""
    both = cohort.mentors.index[0]
    cohort = replace(cohort, withdrawn=("ylva.null@example.org", both))
    files = write_messy_sheets(cohort, tmp_path)
    read = read_cohort(*files.values(), programme=cohort.programme)
    assert {"ylva.null@example.org", both} <= set(read.withdrawn)
    assert_same(read, cohort)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives the same files, workbooks included; another seed gives others."""
    cohort = make_cohort(30, 20, seed=3)
    written = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        files = write_messy_sheets(cohort, tmp_path / name, seed=seed)
        written.append([(p.name, p.read_bytes()) for side in SIDES for p in files[side]])
    assert written[0] == written[1] != written[2]


def test_nothing_is_left_aside_when_letters_do_not_exist(tmp_path: Path) -> None:
    """An encoding that lacks a letter raises, and the file that was there stays."""
    cohort = make_cohort(1, 1)
    people = [{**records(cohort.mentees)[0], "name": "Linh Nguyễn"}]
    path = tmp_path / "old.csv"
    path.write_bytes(b"as it was")
    for style in (WINDOWS, MAC):
        with pytest.raises(UnicodeEncodeError):
            write_export(cohort, "mentees", path, style, people=people)
    assert [p.name for p in tmp_path.iterdir()] == ["old.csv"]
    assert path.read_bytes() == b"as it was"


def test_names_are_never_formulas(tmp_path: Path) -> None:
    """Text that looks like a formula or a link is written to workbooks as text."""
    cohort = make_cohort(40, 1, seed=2)
    table = cohort.mentees.assign(goals="=1+1", seeks="https://example.org")
    cohort = replace(cohort, mentees=table)
    files = write_messy_sheets(cohort, tmp_path)
    books = [path for path in files["mentees"] if path.suffix == ".xlsx"]
    kinds = set()
    for path in books:
        for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2):
            kinds |= {(cell.data_type, cell.hyperlink) for cell in row if cell.value == "=1+1"}
    assert kinds == {("s", None)}


def test_own_questions_come_back(tmp_path: Path) -> None:
    """Answers of every kind survive, with ids that are no addresses and doubles forbidden."""
    colours = tuple(
        Option(key, Words(*names))
        for key, names in {
            "r": ("Red, warm", "Röd, varm"),
            "g": ("Green", "Grön"),
            "b": ("Blue", "Blå"),
        }.items()
    )
    programme = Programme(
        Words("Painters"),
        "2025",
        (Department("oil", Words("Oil", "Olja")), Department("ink", Words("Ink", "Bläck"))),
        questions=(
            Question("id", "everyone", ("Number", "Nummer"), required=True),
            Question("email", "everyone", ("E-mail", "E-post")),
            Question("name", "everyone", ("Name", "Namn"), required=True),
            Question("department", "everyone", ("Group", "Grupp"), "one of", required=True),
            Question("interests", "everyone", ("Colours", "Färger"), "any of", colours),
            Question("tags", "everyone", ("Own words", "Egna ord"), "any of"),
            Question("size", "everyone", ("Size in m", "Storlek i m"), "number", default="2"),
            Question("new", "mentees", ("Beginner", "Nybörjare"), "yes or no"),
        ),
    )  # fmt: skip
    cohort = make_cohort(60, 60, departments=2, programme=programme)
    numbered = {
        side: cohort.table(side)
        .set_axis(pd.Index([f"{k:04}" for k in range(60)], dtype="str", name="id"))
        .assign(size=[0.5 + k % 4 for k in range(60)])
        for side in SIDES
    }
    cohort = Cohort(numbered["mentees"], numbered["mentors"], programme)
    files = write_messy_sheets(cohort, tmp_path, seed=4)
    read = read_cohort(*files.values(), programme=programme)
    assert_same(read, cohort)
    assert read.withdrawn == ()


def test_headings_are_told_apart_by_language() -> None:
    """A heading of the model programme is Swedish or English as its words are."""
    assert is_swedish("Vad hoppas du få ut av programmet?")
    assert is_swedish("Namn")
    assert not is_swedish("What do you hope to get out of the programme?")


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_example", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_is_what_its_script_makes_up() -> None:
    """The sheets in the example's folder hold the people of its script, and can be read."""
    expected, *_ = _script().make_up()
    folder = example_folder()
    read = read_cohort(
        sorted(folder.glob("mentees-*")), sorted(folder.glob("mentors-*")),
        programme=expected.programme,
    )  # fmt: skip
    assert_same(read, expected)
    assert set(read.withdrawn) == set(expected.withdrawn)
    assert (len(read.mentees), len(read.mentors), len(read.withdrawn)) == (120, 100, 6)
    assert any(note.code == "sheets.passed_over" for note in read.notes)


def test_the_example_is_short_of_places_where_it_says_so() -> None:
    """Places are slightly too few, clearly too few in Media Studies, enough in Physics."""
    cohort, *_ = _script().make_up()
    mentees = cohort.mentees["department"].value_counts()
    places = cohort.mentors.groupby("department")["places"].sum()
    assert 0.85 < places.sum() / mentees.sum() < 1
    assert places["media-studies"] < 0.7 * mentees["media-studies"]
    assert places["physics"] > 1.2 * mentees["physics"]
    assert set(cohort.mentors["places"]) == {1, 2, 3}
