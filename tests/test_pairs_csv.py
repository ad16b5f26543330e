"""pairs.csv: the same pairs give the same bytes, and no cell of it runs."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentormatch.errors import InputError
from mentormatch.telling.pairs_csv import HEADINGS, read_pairs_csv, write_pairs_csv
from story_example import FORMULA_NAME, example_story


def test_its_form_is_fixed(tmp_path: Path) -> None:
    """Excel in Sweden needs the mark and the semicolons, programs the decimal point."""
    raw = write_pairs_csv(example_story(), tmp_path / "pairs.csv").read_bytes()
    first, second, *_ = raw.split(b"\r\n")
    assert first == b"\xef\xbb\xbfmentee;mentor;mentee_name;mentor_name;" + (
        b"mentee_department;mentor_department;score"
    )
    assert second == b"0011;m01;{mentee} %s {0};Doris Alm;astronomy;physics;0.170000"
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == 13


def test_row_order_and_language_do_not_matter(tmp_path: Path) -> None:
    """The same pairs give the same bytes, in whichever order and language they come."""
    story = example_story()
    turned = replace(example_story("sv"), pairs=example_story("sv").pairs.iloc[::-1])
    one = write_pairs_csv(story, tmp_path / "one.csv").read_bytes()
    assert write_pairs_csv(turned, tmp_path / "two.csv").read_bytes() == one


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """Whatever people are called, a spreadsheet finds nothing to run."""
    path = write_pairs_csv(example_story(), tmp_path / "pairs.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file, delimiter=";") for cell in row]
    assert f"'{FORMULA_NAME}" in cells
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@\t\r]", cell)]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Reading gives back every id, name and score, leading zeros and apostrophes included."""
    story = example_story()
    table = read_pairs_csv(write_pairs_csv(story, tmp_path / "pairs.csv"))
    expected = story.pairs.sort_values(["mentee", "mentor"], ignore_index=True)
    for column in ("mentee", "mentor", "mentee_name", "mentor_name"):
        assert list(table[column]) == list(expected[column])
    assert list(table["score"]) == pytest.approx(list(expected["score"]), abs=5e-7)
    assert list(table["mentee_department"].unique()) == ["astronomy", "physics"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"])) | st.text("'=+-@\t\r\n ;\"x", max_size=5),
        min_size=4,
        max_size=4,
    )
)
def test_any_text_survives(tmp_path: Path, texts: list[str]) -> None:
    """Names and ids of any letters come back as they were, and none can run."""
    mentee, mentor, mentee_name, mentor_name = texts
    row = {
        "mentee": mentee,
        "mentor": mentor,
        "mentee_name": mentee_name,
        "mentor_name": mentor_name,
        "score": 0.5,
    }
    path = write_pairs_csv(replace(example_story(), pairs=pd.DataFrame([row])), tmp_path / "p.csv")
    table = read_pairs_csv(path)
    assert table.iloc[0].to_dict() == {**row, "mentee_department": "", "mentor_department": ""}
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.reader(file, delimiter=";"))[1]
    assert not [cell for cell in cells if re.match(r"\s*[=+\-@]|[\t\r\n]", cell)]


def test_nobody_paired(tmp_path: Path) -> None:
    """Without a single pair the list is its headings, and can be read."""
    story = example_story()
    path = write_pairs_csv(replace(story, pairs=story.pairs.iloc[:0]), tmp_path / "pairs.csv")
    table = read_pairs_csv(path)
    assert len(table) == 0
    assert tuple(table.columns) == HEADINGS
    assert table["score"].dtype == float


@pytest.mark.parametrize("content", [b"", b"a;b\r\n1;2\r\n", b"\xff\xfe\x00", b"PK\x03\x04"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is no such list is told by name, with the headings it should have."""
    (tmp_path / "other.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"other\.csv: this is not a list of pairs"):
        read_pairs_csv(tmp_path / "other.csv")


def test_all_broken_rows_are_told(tmp_path: Path) -> None:
    """A list that was edited by hand says every row that no longer is a pair."""
    path = write_pairs_csv(example_story(), tmp_path / "pairs.csv")
    lines = path.read_bytes().split(b"\r\n")
    lines[2] = b"s01;m01"
    lines[4] = lines[4].replace(b"0.", b"0,")
    path.write_bytes(b"\r\n".join(lines))
    with pytest.raises(InputError) as caught:
        read_pairs_csv(path)
    assert [fault.row for fault in caught.value.faults] == [3, 5]
