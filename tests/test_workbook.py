"""The workbook holds every table of a story, and nothing in it runs."""

from __future__ import annotations

import re
import string
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from mentormatch.telling.explain import _sure
from mentormatch.telling.sheets import sheet_names
from mentormatch.telling.story import Story
from mentormatch.telling.workbook import write_workbook_of
from mentormatch.words import catalogue
from story_example import FORMULA_NAME, HTML_NAME, LONG_NAME, example_story, large_story
from test_letters import share, strangers


def rows(sheet: Worksheet) -> list[list[object]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def table(sheet: Worksheet) -> list[dict[str, object]]:
    """Return the rows below the first heading, down to the first empty row."""
    heading, *below = rows(sheet)
    end = next((k for k, row in enumerate(below) if not any(row)), len(below))
    return [dict(zip(heading, row, strict=True)) for row in below[:end]]


def book(story: Story, folder: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(write_workbook_of(story, folder / "pairs.xlsx"))


def with_departments(story: Story, names: dict[str, str]) -> Story:
    """Return a story with other department names in its tables."""
    changed = {}
    for key in ("pairs", "departments", "unmatched", "loads"):
        changed[key] = getattr(story, key).replace(names)
    return replace(story, **changed)


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    return book(example_story(), tmp_path_factory.mktemp("en"))


@pytest.fixture(scope="module")
def swedish(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    return book(example_story("sv"), tmp_path_factory.mktemp("sv"))


def test_its_sheets(english: openpyxl.Workbook, swedish: openpyxl.Workbook) -> None:
    """One sheet a subject, then one a department, in the story's language."""
    assert english.sheetnames == [
        "Pairs", "Overview", "Without a pair", "What rules cost", "Mentors' places", "Readiness",
        "Letter merge", "Settings", "Physics", "Astronomy", "Media Studies",
    ]  # fmt: skip
    assert swedish.sheetnames[:3] == ["Par", "Översikt", "Utan par"]
    assert swedish.sheetnames[-3:] == ["Fysik", "Astronomi", "Medievetenskap"]
    assert swedish["Par"]["A1"].value == "Adept"


def test_every_pair_is_there_with_parts_that_add_up(english: openpyxl.Workbook) -> None:
    """Each pair has its row, and the parts in the cells give the score in the cell."""
    story, found = example_story(), table(english["Pairs"])
    ids = [(row["Mentee id"], row["Mentor id"]) for row in found]
    assert ids == list(zip(story.pairs["mentee"], story.pairs["mentor"], strict=True))
    for row, score in zip(found, story.pairs["score"], strict=True):
        parts = [row[f"of which {part}"] for part in ("Department", "Interests", "Goals")]
        assert row["Score"] == pytest.approx(score, abs=1e-15)
        assert sum(parts) == pytest.approx(score, abs=1e-12)
    assert [row["Why this pair"] for row in found] == list(story.pairs["reasons"])


def test_names_and_ids_are_text_as_they_were(english: openpyxl.Workbook) -> None:
    """Formulas, zeros in front, "Null" and very long names survive letter by letter."""
    found = {row["Mentee id"]: row["Mentee"] for row in table(english["Pairs"])}
    assert found["s01"] == HTML_NAME
    assert found["s02"] == FORMULA_NAME
    assert found["s04"] == "Null"
    assert found["s05"] == LONG_NAME
    assert found["0011"] == "{mentee} %s {0}"


def test_nothing_in_it_runs(tmp_path: Path, english: openpyxl.Workbook) -> None:
    """There is no formula, no link and no macro in any part of the file."""
    cells = [cell for sheet in english for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    with zipfile.ZipFile(write_workbook_of(example_story(), tmp_path / "pairs.xlsx")) as parts:
        for name in parts.namelist():
            content = parts.read(name)
            assert b"<f>" not in content
            assert b"hyperlink" not in content
            assert "vba" not in name
            assert "external" not in name


def test_equal_stories_give_equal_bytes(tmp_path: Path) -> None:
    """The clock leaves no trace in the file."""
    one = write_workbook_of(example_story(), tmp_path / "one.xlsx")
    two = write_workbook_of(example_story(), tmp_path / "two.xlsx")
    assert one.read_bytes() == two.read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["one.xlsx", "two.xlsx"]


def test_lists_can_be_filtered_and_printed(english: openpyxl.Workbook) -> None:
    """Headings stay in view, have filters, and stand on every printed page, one page wide."""
    sheet = english["Pairs"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:P13"
    assert sheet.print_title_rows == "$1:$1"
    for sheet in english:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in (None, 1), "one page is what Excel assumes"
        assert sheet.page_setup.fitToHeight == 0
        assert not sheet.merged_cells.ranges
        assert all(6 < size.width < 80 for size in sheet.column_dimensions.values())


def test_a_list_of_pairs_prints_what_is_read(english: openpyxl.Workbook) -> None:
    """On paper stand who, from where, the score and why; the score's parts are on the screen."""
    for name, last in (("Pairs", "F"), ("Physics", "G")):
        headings = [cell.value for cell in english[name][1]]
        area = english[name].print_area.rpartition("!")[2]
        assert area.startswith(f"$A$1:${last}$")
        assert headings["ABCDEFG".index(last)] == "Why this pair"
        assert headings.index("of which Department") > headings.index("Next best mentor")
    assert not english["Overview"].print_area


def test_how_sure_is_explained_with_the_limits_in_use(english: openpyxl.Workbook) -> None:
    """A note on the heading names the limits by which the word was chosen."""
    cell = next(cell for cell in english["Pairs"][1] if cell.value == "How sure")
    assert cell.comment is not None
    assert "fairly firm if the total would fall by 0.02 to 0.2" in cell.comment.text
    words = [_sure(cost, 0, False, "en") for cost in (0.019, 0.02, 0.199, 0.2)]
    assert words == ["close call", "fairly firm", "fairly firm", "firm"]
    assert _sure(0.0, 1, False, "en") == "firm"


@pytest.mark.parametrize(("language", "word"), [("en", "nobody"), ("sv", "ingen")])
def test_a_runner_up_who_is_nobody_is_told(language: str, word: str, tmp_path: Path) -> None:
    """Where nobody stands second it says so, with the cost; where it is not known it is empty."""
    story = example_story(language)
    cost = [0.5, float("nan"), *[0.25] * 10]
    exact = [True, True, *[False] * 10]
    pairs = story.pairs.assign(
        runner_up="", runner_up_name="", runner_up_cost=cost, runner_up_people=1,
        runner_up_exact=exact,
    )  # fmt: skip
    sheet = book(replace(story, pairs=pairs), tmp_path).worksheets[0]
    found = [row[6:9] for row in rows(sheet)[1:]]
    assert found[0] == [word, 0.5, 1]
    assert found[1] == [word, None, None]
    assert found[2:] == [[None, None, None]] * 10


def test_pairs_to_introduce_are_marked(tmp_path: Path) -> None:
    """Where neither may have the other's address, the coordinator sees who to introduce."""
    found = table(book(strangers("s03", "m05"), tmp_path)["Pairs"])
    marked = [row["Mentee id"] for row in found if row["Introduce them yourself"] == "yes"]
    assert marked == ["s03"]
    assert {row["Introduce them yourself"] for row in found} == {"yes", None}


def test_the_overview_tells_the_result(english: openpyxl.Workbook) -> None:
    """Figures, the departments and the pairs between them stand one under another."""
    found = rows(english["Overview"])
    firsts = [row[0] for row in found]
    assert ["Mentees with a pair", 12] in [row[:2] for row in found]
    assert example_story().summary["proof"] in firsts
    media = found[firsts.index("Departments") + 4]
    assert media[:3] == ["Media Studies", 1, 1]
    assert media[8:10] == [None, None], "no score where there is no pair"
    served = found[firsts.index("Was every department served alike?") + 1 :]
    assert served[0][0] == example_story().fairness_in_short
    assert served[2][:4] == ["Physics", 6, 1, 0.5]
    place = next(k for k, first in enumerate(firsts) if str(first).startswith("Pairs between"))
    flows = found[place + 1 :]
    assert flows[0][:4] == ["Mentee's department", "Physics", "Astronomy", "Media Studies"]
    assert flows[1][:4] == ["Physics", 5, 1, 0]


def test_the_rules_have_a_sheet(english: openpyxl.Workbook, swedish: openpyxl.Workbook) -> None:
    """Each rule stands with what it costs; what is not exact is told as "at most"."""
    found = rows(english["What rules cost"])
    assert found[1][0] == example_story().costs_in_short
    lent, ban, least = found[3:6]
    assert [row[2:4] for row in (lent, ban, least)] == [[2, 2], [None, None], [0.31, 0.3]]
    assert english["What rules cost"].cell(4, 3).number_format == "0", "pairs are counted"
    assert lent[4:10] == [1, 0.211, "at most", 2, 0.611, "at most"]
    assert ban[0] == example_story().costs.loc[1, "rule"]
    assert ban[4:10] == [0, 0.5, "yes", 0, 0.5, "yes"]
    assert least[4:6] == [None, None], "what is not known stays empty"
    assert "högst" in rows(swedish["Vad regler kostar"])[3]


def test_a_department_sees_its_mentees_and_its_mentors_lent(english: openpyxl.Workbook) -> None:
    """A coordinator's own list marks who is borrowed and lent, and names who has no pair."""
    found = table(english["Physics"])
    kinds = [row["Kind of pair"] for row in found]
    assert (
        kinds
        == ["inside the department"] * 2
        + ["mentor borrowed"]
        + ["inside the department"] * 3
        + ["mentor lent"] * 2
    )
    assert {row["Mentor's department"] for row in found[-2:]} == {"Physics"}
    assert {row["Mentee's department"] for row in found[-2:]} == {"Astronomy"}
    assert english["Physics"]["A2"].fill != english["Physics"]["A9"].fill
    below = rows(english["Physics"])[len(found) + 2 :]
    assert [row[0] for row in below] == ["Without a pair", "Name", "Erik Dahl", "Tova Ingenplats"]
    assert below[3][3] == "Offers no place this year."


def test_a_department_without_pairs_has_its_sheet(english: openpyxl.Workbook) -> None:
    """No pairs is an empty list, not a missing sheet."""
    assert table(english["Media Studies"]) == []
    names = [row[0] for row in rows(english["Media Studies"])]
    assert {"Maj Lind", "Nils Frånvarande"} < set(names)


def test_everybody_without_a_pair_is_told_why(english: openpyxl.Workbook) -> None:
    """Each person without a pair has a row with the reason."""
    found = table(english["Without a pair"])
    assert [row["Id"] for row in found] == ["s13", "s14", "m03", "m09", "m10", "m11"]
    assert [row["Why"] for row in found] == list(example_story().unmatched["reason"])
    assert [row["Role"] for row in found] == ["Mentee"] * 2 + ["Mentor"] * 4


def test_places_and_settings_and_readiness(english: openpyxl.Workbook) -> None:
    """Free places are counted, settings are text, and readiness keeps its tables and headings."""
    places = {row["Mentor id"]: row for row in table(english["Mentors' places"])}
    assert places["m04"]["Free places"] == 1
    assert places["0012"]["Free places"] == 0
    assert {"Setting": "Seed", "Value": "0"} in table(english["Settings"])
    found = rows(english["Readiness"])
    assert found[0][0] == "Places against mentees"
    assert ["Media Studies", 2] in found
    assert ["mentees.csv", 'Row 3: "Physic" was read as Physics.'] in found


def test_the_mail_merge_has_a_row_a_person(english: openpyxl.Workbook) -> None:
    """Word needs one heading row and one row a person, with all that a letter says."""
    found = {row["Id"]: row for row in table(english["Letter merge"])}
    assert len(found) == 14 + 11
    mentor = found["m06"]
    assert mentor["Role"] == "mentor"
    assert mentor["Paired with"] == "Åsa Öberg and Björn Ek"
    assert mentor["Their departments"] == "Astronomy, Physics"
    assert mentor["Their e-mail (if shared)"] == "s07@example.org, s06@example.org"
    assert found["s03"]["Both named"] == "data analysis and teaching"
    assert str(found["s03"]["Dates"]).count("\n") == 2
    assert "(to be confirmed)" in str(found["s03"]["Dates"])
    assert found["s14"]["Paired with"] is None
    assert list(found["s14"])[:2] == ["Name", "Has a pair"]
    assert (found["s14"]["Has a pair"], mentor["Has a pair"]) == ("no", "yes")
    assert found["s14"]["Dates"] is None


def test_the_mail_merge_holds_only_what_is_shared(tmp_path: Path) -> None:
    """An address that a mentor did not agree to share is not beside the mentee's name."""
    found = {row["Id"]: row for row in table(book(share("languages"), tmp_path)["Letter merge"])}
    assert found["s03"]["Paired with"] == "Åsa Öberg"
    assert found["s03"]["Their e-mail (if shared)"] is None
    assert found["s03"]["Both named"] is None
    assert found["m05"]["E-mail"] == "m05@example.org", "one's own address is needed to write"


def test_departments_with_impossible_names(tmp_path: Path) -> None:
    """A department may be called anything; its sheet gets a name that Excel accepts."""
    names = {"Physics": "../../x:[Pairs]*?", "Astronomy": "PAIRS", "Media Studies": "M" * 40}
    found = book(with_departments(example_story(), names), tmp_path)
    assert found.sheetnames[-3:] == [".. .. x Pairs", "PAIRS 2", "M" * 31]
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.xlsx"]
    assert len(table(found["PAIRS 2"])) == 7


def test_nobody_paired(tmp_path: Path) -> None:
    """A result without a single pair is a workbook still."""
    story = example_story()
    nobody = replace(story, pairs=story.pairs.iloc[:0], unmatched=story.unmatched.iloc[:0])
    found = book(nobody, tmp_path)
    assert table(found["Pairs"]) == []
    assert table(found["Without a pair"]) == []
    assert len(table(found["Letter merge"])) == 25


def test_odd_cells(tmp_path: Path) -> None:
    """Too long, half characters, truths, lists and missing values: all find a cell."""
    odd = pd.DataFrame(
        {
            "long": ["x" * 40_000],
            "half": ["a\ud800b"],
            "code": ["_x0041_ \x01"],
            "truth": [True],
            "list": [("a", "b")],
            "none": [None],
            "far": [float("inf")],
            "third": [1 / 3],
        }
    )
    found = book(replace(example_story("sv"), readiness={"Udda": odd}), tmp_path)
    values = rows(found["Läget"])[2]
    assert values[0] == "x" * 32_766 + "…"
    assert values[1:] == ["a?b", "_x0041_ ", "ja", "a, b", None, "inf", 1 / 3]


def test_a_large_story(tmp_path: Path) -> None:
    """Three hundred pairs in eight departments are all told, each once per department."""
    story = large_story(300)
    found = book(story, tmp_path)
    assert len(table(found["Pairs"])) == 300
    in_departments = sum(len(table(found[name])) for name in found.sheetnames[-8:])
    inside = int(story.departments["inside"].sum())
    assert in_departments == inside + 2 * (300 - inside)


@given(st.lists(st.text(st.sampled_from(string.printable + "åÅéß'[]:*?/\\\u202e"), max_size=40)))
def test_sheet_names_are_what_excel_accepts(wanted: list[str]) -> None:
    """Any texts give as many names, all different, none too long or with a forbidden letter."""
    names = sheet_names(wanted)
    assert len(names) == len(wanted)
    assert len({name.casefold() for name in names} | {"history"}) == len(wanted) + 1
    assert not [name for name in names if not 0 < len(name) <= 31]
    assert not [name for name in names if re.search(r"[\[\]:*?/\\\x00-\x1f]|^'|'$", name)]


@pytest.mark.parametrize("area", ["workbook", "letters", "calendar", "files"])
def test_both_languages_say_the_same(area: str) -> None:
    """Every sentence stands in both catalogues, with the same blanks."""
    english, swedish = catalogue("en", area), catalogue("sv", area)
    assert list(english) == list(swedish)
    for key, text in english.items():
        assert {b for _, b, _, _ in string.Formatter().parse(text) if b} == {
            b for _, b, _, _ in string.Formatter().parse(swedish[key]) if b
        }, key
