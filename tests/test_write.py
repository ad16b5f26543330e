"""Tests of the folder that is handed out: complete, repeatable, safe, or absent."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.errors import InputError
from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme import Department, Event, Words
from mentormatch.people.sheets.tables import read_table
from mentormatch.telling import write as write_module
from mentormatch.telling.gather import _at_most, gather
from mentormatch.telling.pairs_csv import read_pairs_csv, write_pairs_csv
from mentormatch.telling.write import write_each
from roof_example import (
    MENTEES,
    MENTORS,
    cohort,
    example_cohort,
    example_matching,
    example_story,
    sheets,
)

WHOLE = {
    "pairs.xlsx", "pairs.csv", "report.html", "letters", "calendar", "run.json", "calibration.json"
}  # fmt: skip
WITHOUT_EVENTS = WHOLE - {"calendar"}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pairs_file(matching, folder: Path) -> bytes:
    return write_pairs_csv(gather(matching, "en"), folder / "pairs.csv").read_bytes()


def shuffled(people: Cohort, seed: int) -> Cohort:
    return replace(
        people,
        mentees=people.mentees.sample(frac=1, random_state=seed),
        mentors=people.mentors.sample(frac=1, random_state=seed + 1),
    )


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory) -> Path:
    """The example's folder, written once."""
    folder = tmp_path_factory.mktemp("example") / "out"
    list(write_each(example_story("en"), example_matching(), folder))
    return folder


def test_the_folder_is_complete(handed_out):
    """The workbook, list, report, letters, calendars and record are there, and nothing else."""
    assert {path.name for path in handed_out.iterdir()} == WHOLE
    assert not list(handed_out.rglob(".*"))
    pairs = read_pairs_csv(handed_out / "pairs.csv")
    assert len(pairs) == len(example_matching())
    assert pairs["score"].sum() == pytest.approx(example_matching().total, abs=1e-4)
    assert set(pairs["mentee_department"]) <= {
        one.key for one in example_cohort().programme.departments
    }
    for ending in ("md", "eml"):
        assert len(list((handed_out / "letters").rglob(f"*.{ending}"))) == 120 + 100
    assert len(list((handed_out / "calendar").rglob("*.ics"))) >= 3


def test_the_record_repeats_what_was_matched(handed_out):
    """run.json holds what it takes to repeat the run, and the figures that came out."""
    record = json.loads((handed_out / "run.json").read_text(encoding="utf-8"))
    matching = example_matching()
    assert record["inputs"] == dict(sorted(example_cohort().sources.items()))
    assert len(record["inputs"]) == 5
    assert record["seed"] == 0
    assert record["objective"] == "most people"
    assert (record["total"], record["bound"], record["gap"]) == (matching.total, matching.total, 0)
    assert (record["pairs"], record["mentees"], record["mentors"]) == (len(matching), 120, 100)
    assert {"Python", "numpy", "mentormatch-optimiser"} <= set(record["versions"])


def test_a_second_run_gives_the_same_bytes(handed_out, tmp_path):
    """Everything is written anew, over what was there, without a single byte changing."""
    folder = tmp_path / "again"
    for _ in range(2):
        list(write_each(example_story("en"), example_matching(), folder))
    again, before = contents(folder), contents(handed_out)
    assert list(again) == list(before)
    assert [name for name in before if again[name] != before[name]] == []


def test_the_public_writers_write_the_same(tmp_path):
    """Each writer of the door alone gives what the whole folder holds."""
    matching, one, all_ = mm.match(cohort()), tmp_path / "one", tmp_path / "all"
    mm.write_workbook(matching, one / "pairs.xlsx")
    mm.write_report(matching, one / "report.html")
    mm.write_calendar(matching, one / "calendar")
    mm.write_letters(matching, one / "letters")
    written = mm.write_all(matching, all_)
    assert {path.name for path in written} == WITHOUT_EVENTS
    alone, whole = contents(one), contents(all_)
    assert set(whole) - set(alone) == {"pairs.csv", "run.json", "calibration.json"}
    assert [name for name in alone if alone[name] != whole[name]] == []


def test_rows_in_another_order_give_the_same_pairs(handed_out, tmp_path):
    """The example's sheets, rows and files shuffled, give the same pairs.csv to the byte."""
    rng = random.Random(7)
    mixed = {}
    for side, paths in sheets(example_folder()).items():
        frames = []
        for path in paths:
            table = read_table(path)
            rows = [row.cells for row in table.rows]
            rng.shuffle(rows)
            frames.append(pd.DataFrame(rows, columns=list(table.headings)))
        mixed[side] = frames[::-1]
    people = mm.read_cohort(**mixed, programme=example_cohort().programme)
    assert list(people.mentees.index) != list(example_cohort().mentees.index)
    assert pairs_file(mm.match(people), tmp_path) == (handed_out / "pairs.csv").read_bytes()


@pytest.mark.parametrize("seed", range(6))
def test_ties_do_not_hang_on_the_order_of_rows(seed, tmp_path):
    """Where many lists are equally good, the same people get the same list in any order."""
    people = mm.make_cohort(24, 18, departments=3, scarcity=1.2, seed=seed)
    weights = [{"department": 1}, {"department": 2, "languages": 1}][seed % 2]
    first = pairs_file(mm.match(people, weights), tmp_path)
    for turn in range(3):
        other = mm.match(shuffled(people, 10 * seed + turn), weights)
        assert pairs_file(other, tmp_path) == first


@pytest.mark.parametrize("seed", range(2))
def test_fine_scores_do_not_hang_on_the_order_of_rows(seed, tmp_path):
    """With texts, interests and all rules, the same people get the same list in any order."""
    people = mm.make_cohort(40, 30, seed=seed)
    first = pairs_file(mm.match(people), tmp_path)
    assert pairs_file(mm.match(shuffled(people, seed)), tmp_path) == first


def test_another_seed_draws_another_lot():
    """Equal lists are told apart by the seed, and all of them are as good."""
    people = mm.make_cohort(24, 18, departments=3, seed=1)
    found = [mm.match(people, {"department": 1}, seed=seed) for seed in range(4)]
    assert len({one.total for one in found}) == 1
    assert len({tuple(one.pairs["mentor"]) for one in found}) > 1


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.org")',
    "../../x",
    "+46 70 00",
    "CON",
    "a\u202etxt.exe",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_strange_names_do_no_harm(name, tmp_path):
    """Names of people and departments are text everywhere: no tag, formula or path."""
    people = cohort()
    people.mentees["name"] = [f"{name}{k}" if k else name for k in range(6)]
    people.mentors["name"] = [name] * 5
    people.mentors["interests"] = [(name, "waves", "press", "stars")] * 5
    people.mentees["interests"] = [(name, "waves", "press", "stars")] * 6
    departments = tuple(
        replace(one, name=Words(f"{name} {one.key}")) for one in people.programme.departments
    )
    programme = replace(people.programme, departments=departments, contact="a@example.org")
    people = Cohort(people.mentees, people.mentors, programme)
    folder = tmp_path / "deep" / "out"
    mm.write_all(mm.match(people), folder)
    assert {path.name for path in tmp_path.rglob("*") if path.is_dir()} <= {
        "deep", "out", "letters", "calendar", "mentees", "mentors",
    }  # fmt: skip
    assert {path.name for path in folder.iterdir()} == WITHOUT_EVENTS
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve())
        assert path.name.isprintable()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<img" not in page
    book = openpyxl.load_workbook(folder / "pairs.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert any(cell.value == name for cell in cells)
    with (folder / "pairs.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@" and cell]
    assert read_pairs_csv(folder / "pairs.csv")["mentor_name"].eq(name).all()


def test_a_key_that_is_a_path_stays_in_the_folder(tmp_path):
    """A department or event keyed ``../../x`` by a program writes nothing outside the folder."""
    people = cohort()
    bad = "../../x"
    departments = (
        Department(bad, Words(bad)),
        *(one for one in people.programme.departments if one.key != "physics"),
    )
    start = pd.Timestamp("2024-11-05T17:00", tz="Europe/Stockholm").to_pydatetime()
    event = Event(bad, Words(bad), start, start + pd.Timedelta(hours=1), Words("Zoom"))
    programme = replace(people.programme, departments=departments, events=(event,))
    tables = [
        table.assign(department=table["department"].replace("physics", bad))
        for table in (people.mentees, people.mentors)
    ]
    folder = tmp_path / "a" / "b" / "out"
    mm.write_all(mm.match(Cohort(*tables, programme)), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["out"]


@pytest.mark.parametrize(
    "writer", ["write_workbook_of", "write_page", "write_letters_of", "_write_run"]
)
def test_a_writer_that_fails_leaves_everything_as_it_was(writer, tmp_path, monkeypatch):
    """When one file fails, none is there, and a later run changes nothing of an earlier one."""
    matching, other = mm.match(cohort()), mm.match(cohort(), {"department": 1})
    mm.write_all(matching, tmp_path / "old")
    before = contents(tmp_path / "old")

    def fail(*_):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(write_module, writer, fail)
    for folder in ("new", "old"):
        with pytest.raises(RuntimeError):
            mm.write_all(other, tmp_path / folder)
    assert list((tmp_path / "new").iterdir()) == []
    assert contents(tmp_path / "old") == before


def in_the_way(folder: Path, name: str, kind: str, elsewhere: Path) -> None:
    """Put a folder, a file or a link where an output is to stand."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if kind == "folder":
        (folder / name).mkdir()
    elif kind == "file":
        (folder / name).write_text("mine", encoding="utf-8")
    else:
        elsewhere.mkdir()
        (folder / name).symlink_to(elsewhere, target_is_directory=True)


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("run.json", "folder", "a folder of this name"),
        ("calendar/everyone.ics", "folder", "a folder of this name"),
        ("calendar", "file", "would lose them"),
        ("calendar", "link", "a link to another place"),
        ("letters", "link", "a link to another place"),
        ("letters", "file", "would lose them"),
    ],
)
def test_what_stands_in_the_way_is_found_before_anything_is_written(name, kind, says, tmp_path):
    """One output that cannot be written stops the run before any of them is."""
    folder = tmp_path / "out"
    in_the_way(folder, name, kind, tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=says):
        mm.write_all(mm.match(cohort()), folder)
    assert sorted(tmp_path.rglob("*")) == before


def test_links_to_files_are_replaced_and_not_followed(tmp_path):
    """A list that is a link becomes a file; what the link led to stays as it was."""
    precious, folder = tmp_path / "precious.csv", tmp_path / "out"
    precious.write_text("mine", encoding="utf-8")
    folder.mkdir()
    (folder / "pairs.csv").symlink_to(precious)
    mm.write_all(mm.match(cohort()), folder)
    assert precious.read_text(encoding="utf-8") == "mine"
    assert not (folder / "pairs.csv").is_symlink()
    assert len(read_pairs_csv(folder / "pairs.csv")) > 0


def full_disk(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["pairs.xlsx", "report.html", "letters", "run.json"])
def test_a_disk_that_is_full_costs_nothing(name, tmp_path, monkeypatch):
    """A later run that fails in the middle of a file leaves everything as it was."""
    matching, folder = mm.match(cohort()), tmp_path / "out"
    mm.write_all(matching, folder)
    before = contents(folder)
    matching = mm.match(cohort(), {"department": 1})  # other pairs, or nothing could change
    letters = []
    real = Path.write_text

    def third_letter(self, *args, **kwargs):
        letters.append(self)
        return full_disk() if len(letters) == 3 else real(self, *args, **kwargs)

    if name == "pairs.xlsx":
        monkeypatch.setattr("xlsxwriter.workbook.Workbook._store_workbook", full_disk)
    elif name == "letters":
        monkeypatch.setattr("mentormatch.telling.write.write_page", lambda *_: None)
        monkeypatch.setattr(Path, "write_text", third_letter)
    else:
        wanted = name.partition(".")[2]
        monkeypatch.setattr(
            Path,
            "write_text",
            lambda self, *a, **k: full_disk() if wanted in self.suffix else real(self, *a, **k),
        )
        monkeypatch.setattr(
            Path,
            "write_bytes",
            lambda self, data, real=Path.write_bytes: (
                full_disk() if wanted in self.suffix else real(self, data)
            ),
        )
    with pytest.raises(OSError, match="No space left") as caught:
        mm.write_all(matching, folder)
    monkeypatch.undo()
    assert Path(caught.value.filename).name == name
    assert contents(folder) == before


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    """Somebody's own files in the letters' folder stop the run instead of being removed."""
    matching, folder = mm.match(cohort()), tmp_path / "out"
    (folder / "letters").mkdir(parents=True)
    mine = folder / "letters" / "my notes.txt"
    mine.write_text("keep", encoding="utf-8")
    (folder / "notes.docx").write_bytes(b"keep")
    with pytest.raises(InputError, match="my notes"):
        mm.write_all(matching, folder)
    assert mine.read_text(encoding="utf-8") == "keep"
    assert (folder / "notes.docx").read_bytes() == b"keep"


@pytest.mark.parametrize(("language", "mark"), [("en", "."), ("sv", ",")])
def test_figures_in_sentences_are_written_as_the_language_does(language, mark):
    """The proof has two decimals, a weight those it was given, and Swedish a decimal comma."""
    matching = mm.match(cohort(), {"department": 0.125, "languages": 1})
    story = gather(matching, language)
    total = f"{matching.total:.2f}".replace(".", mark)
    assert f" {total}" in story.summary["proof"]
    values = list(story.settings["value"])
    assert any(f": 0{mark}125 (" in value for value in values)
    assert any(": 1 (" in value for value in values)


@pytest.mark.parametrize(
    ("gap", "language", "told"),
    [(0.0003, "en", "0.01"), (0.0003, "sv", "0,01"), (0.07, "en", "0.07"), (0.0, "en", "0.00")],
)
def test_a_gap_is_never_told_too_small(gap, language, told):
    """What a better list could gain at most is rounded up, so that it is never nothing."""
    assert _at_most(gap, language) == told


def test_a_raw_matrix_has_nobody_to_write_to(tmp_path):
    """Without people nothing is written, and the message says what to use instead."""
    matching = mm.solve(mm.Problem(np.eye(3)))
    with pytest.raises(InputError, match="raw matrix"):
        mm.write_all(matching, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("language", ["en", "sv"])
def test_nobody_matched_is_written_all_the_same(language, tmp_path):
    """A list without pairs is complete too: the report says why everybody is alone."""
    everyone = [(mentee, mentor) for mentee in MENTEES for mentor in MENTORS]
    rules = [mm.rules.banned(everyone)]
    mm.write_all(mm.match(cohort(), rules=rules), tmp_path, language, rules)
    assert {path.name for path in tmp_path.iterdir()} == WITHOUT_EVENTS
    assert read_pairs_csv(tmp_path / "pairs.csv").empty
