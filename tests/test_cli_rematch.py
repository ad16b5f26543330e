"""Tests of the job that mends a list which was handed out: who is told, and nobody is dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.cli import main
from mentormatch.cli.parser import parser_for
from mentormatch.errors import InputError
from mentormatch.telling.announced import read_announced
from mentormatch.telling.concerned import CHANGES, concerned, concerned_in_short, lines
from mentormatch.telling.pairs_csv import HEADINGS, read_pairs_csv
from mentormatch.words import LANGUAGES, say
from test_cli import HEAD, MENTEES, MENTORS, PROGRAMME, WHOLE

FEWER = f"""{HEAD}
e2,Bo Dahl,bo@example.org,Media Studies,film
e3,Cleo Falk,cleo@example.org,Fysikum,waves
e4,Dan Grek,dan@example.org,Physics,optics
"""
SHEETS = "programme.toml --mentees mentees.csv --mentors mentors.csv"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a programme, its sheets, and the list that was handed out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    (tmp_path / "mentees.csv").write_text(MENTEES, encoding="utf-8")
    (tmp_path / "mentors.csv").write_text(MENTORS, encoding="utf-8")
    assert main(f"match {SHEETS} --out first".split()) == 0
    return tmp_path


def again(capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, str, str]:
    """Mend the list; return the exit code and what was said."""
    capsys.readouterr()
    code = main(f"rematch {SHEETS} {line}".split())
    said = capsys.readouterr()
    return code, said.out, said.err


def test_who_left_is_named_and_the_others_keep_their_mentor(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One leaves, one comes: everything is written, and both are on the screen and in the files."""
    (folder / "mentees.csv").write_text(FEWER, encoding="utf-8")
    before = read_pairs_csv(folder / "first" / "pairs.csv")
    code, out, _ = again(capsys, "--announced first/pairs.csv --out second")
    assert code == 0
    assert {path.name for path in (folder / "second").iterdir()} == WHOLE - {"calendar"}
    after = read_pairs_csv(folder / "second" / "pairs.csv")
    had, has = (dict(zip(one["mentee"], one["mentor"], strict=True)) for one in (before, after))
    assert {one: has[one] for one in ("e2", "e3")} == {one: had[one] for one in ("e2", "e3")}
    assert has["e4"] == had["e1"]
    assert "2 of 3 announced pairs stay. 1 mentee takes part no more." in out
    assert "  Åsa Berg: Eva Ek -> nobody. The mentee is not in the sheets any more." in out
    assert "  Dan Grek: nobody -> Eva Ek. Had no mentor" in out
    page = (folder / "second" / "report.html").read_text(encoding="utf-8")
    assert 'id="concerned"' in page
    assert "The mentee is not in the sheets any more." in page
    sheet = openpyxl.load_workbook(folder / "second" / "pairs.xlsx")["Changes"]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert {"Åsa Berg", "Dan Grek", "takes part no more", "keeps the mentor"} <= set(cells)


def test_excel_and_csv_and_both_languages_are_the_same_list(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list is read from pairs.xlsx in English and in Swedish as it is from pairs.csv."""
    assert main(f"match {SHEETS} --out svensk --language sv".split()) == 0
    one = read_announced("first/pairs.csv").sort_values("mentee", ignore_index=True)
    for name in ("first", "svensk"):
        other = read_announced(f"{name}/pairs.xlsx").sort_values("mentee", ignore_index=True)
        pd.testing.assert_frame_equal(one, other, check_dtype=False)
    (folder / "mentors.csv").write_text(MENTORS.replace("film,1", "film,0"), encoding="utf-8")
    code, out, _ = again(capsys, "--announced svensk/pairs.xlsx --out ny --language sv")
    assert code == 0
    assert "av 3 meddelade par består." in out
    assert "Bo Dahl: Ola Alm -> " in out
    assert "Ändringar" in openpyxl.load_workbook("ny/pairs.xlsx").sheetnames


def test_mentors_who_left_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mentor who is in the sheets no more is told by the name on the list handed out."""
    gone = "\n".join(line for line in MENTORS.splitlines() if not line.startswith("o1"))
    (folder / "mentors.csv").write_text(gone + "\n", encoding="utf-8")
    code, out, _ = again(capsys, "--announced first/pairs.csv --out second")
    assert code == 0
    assert out.count("The mentor is not in the sheets any more.") == 2
    assert "Eva Ek -> nobody" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a;b\n1;2\n", "not a list of pairs"),
        (None, "more than once"),
        ("nobody", "another programme or year"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    """Another table, a pair twice, or a list of other people: nothing is written."""
    given = (folder / "first" / "pairs.csv").read_bytes()
    if text is None:
        given += given.splitlines(keepends=True)[1]
    elif text == "nobody":
        lines = given.splitlines(keepends=True)
        given = lines[0] + b"".join(b"x" + line for line in lines[1:])
    else:
        given = text.encode()
    (folder / "list.csv").write_bytes(given)
    code, _, err = again(capsys, "--announced list.csv --out second")
    assert code == 1
    assert said in err
    assert not (folder / "second").exists()


def test_the_list_itself_is_never_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To write into the folder of the list that is read is refused before anything happens."""
    before = (folder / "first" / "pairs.csv").read_bytes()
    code, _, err = again(capsys, "--announced first/pairs.csv --out first")
    assert code == 1
    assert "pairs.csv" in err
    assert (folder / "first" / "pairs.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["broken.xlsx", "other.xlsx"])
def test_a_workbook_that_is_no_list_is_refused(tmp_path: Path, name: str) -> None:
    """Neither bytes that are no workbook nor a workbook of something else is a list of pairs."""
    path = tmp_path / name
    path.write_bytes(b"no workbook at all")
    if name == "other.xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].append(["Mentee", "Mentor"])
        book.save(path)
    with pytest.raises(InputError, match="not a list of pairs"):
        read_announced(path)


def test_a_row_without_ids_is_a_fault(folder: Path) -> None:
    """Whoever was typed into the list by hand is named instead of dropped."""
    path = folder / "first" / "pairs.xlsx"
    book = openpyxl.load_workbook(path)
    book.worksheets[0].append(["Zoe Quist"])
    book.save(path)
    with pytest.raises(InputError, match="Zoe Quist"):
        read_announced(path)


def test_a_row_without_ids_in_a_csv_list_is_a_fault_too(tmp_path: Path) -> None:
    """Neither is somebody without ids counted among those who left."""
    path = tmp_path / "pairs.csv"
    rows = [";".join(HEADINGS), "a;b;A;B;;;0.5", ";b;Zoe Quist;B;;;0.5", ";;Sam Ek;;;;0.5"]
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(InputError) as found:
        read_announced(path)
    assert [fault.value for fault in found.value.faults] == ["Zoe Quist", "Sam Ek"]


def test_every_announced_pair_is_told_of() -> None:
    """Left, lost, moved, new and kept: no announced pair is missing from the table."""
    cohort = mm.make_cohort(16, 12, seed=3)
    before = mm.match(cohort)
    names = cohort.mentees["name"], cohort.mentors["name"]
    announced = pd.DataFrame(
        [
            {"mentee": a, "mentor": b, "mentee_name": names[0][a], "mentor_name": names[1][b]}
            for a, b in before.pairs[["mentee", "mentor"]].values
        ]
    )
    gone = [announced["mentee"][0], announced["mentee"][1]]
    left = announced["mentor"][1], announced["mentor"][2]
    now: Any = mm.Cohort(
        cohort.mentees.drop(gone), cohort.mentors.drop(list(left)), cohort.programme
    )
    pairs = list(zip(announced["mentee"], announced["mentor"], strict=True))
    after = mm.rematch(pairs, now)
    table = concerned(announced, after)
    told = table[table["change"] != "new"]
    assert sorted(told["mentee"]) == sorted(announced["mentee"])
    assert (table["change"] == "keeps").sum() == after.kept
    assert table["change"].tolist() == sorted(table["change"], key=CHANGES.index)
    by_mentee = told.set_index("mentee")["why"]
    assert by_mentee[gone[0]] == say("concerned.why_mentee_left")
    assert by_mentee[gone[1]] == say("concerned.why_both_left")
    assert by_mentee[announced["mentee"][2]] == say("concerned.why_mentor_left")
    for language in LANGUAGES:
        shown = list(lines(table, language))
        assert len(shown) == (table["change"] != "keeps").sum()
        short = concerned_in_short(table, language)
        assert str(after.kept) in short


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_address_of_somebody_announced_is_pointed_out(language: str) -> None:
    """Who comes back under another id is told by name, with what to change in the list."""
    cohort = mm.make_cohort(10, 8, seed=3)
    before = mm.match(cohort)
    old = before.pairs["mentee"][0]
    mentees = cohort.mentees.rename(index={old: "new@example.org"})
    announced = pd.DataFrame(
        [
            {
                "mentee": a,
                "mentor": b,
                "mentee_name": cohort.mentees["name"][a],
                "mentor_name": cohort.mentors["name"][b],
            }
            for a, b in before.pairs[["mentee", "mentor"]].values
        ]
    )
    now: Any = mm.Cohort(mentees, cohort.mentors, cohort.programme)
    after = mm.rematch(list(before.pairs[["mentee", "mentor"]].itertuples(index=False)), now)
    table = concerned(announced, after, language).set_index("mentee")
    name = cohort.mentees["name"][old]
    hint = say("concerned.why_same_name", language, name=name, new="new@example.org", old=old)
    assert table["why"][old] == " ".join([say("concerned.why_mentee_left", language), hint])
    others = table[(table.index != old) & (table["change"] != "new")]
    assert not others["why"].str.contains("@example").any()


def test_mentors_who_are_kept_stand_in_the_order_of_the_list() -> None:
    """Of a mentee with several mentors the same is told in every run, in the same order."""
    mentors = [f"mentor {k}" for k in range(9)]
    problem = mm.Problem(
        [[1.0] * 9], mentee_demand=9, mentee_ids=["mentee"], mentor_ids=sorted(mentors)
    )
    announced = pd.DataFrame(
        {
            "mentee": "mentee",
            "mentor": mentors[::-1],
            "mentee_name": "",
            "mentor_name": mentors[::-1],
        }
    )
    table = concerned(announced, mm.solve(problem))
    assert table["mentor_before"].tolist() == mentors[::-1]


def test_the_job_asks_for_the_list() -> None:
    """Without the list that was handed out there is nothing to mend."""
    with pytest.raises(SystemExit):
        parser_for("en").parse_args(f"rematch {SHEETS} --out x".split())


def test_people_are_scored_by_what_lies_beside_the_announced_list(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The calibration that was handed out is used again; without it, everybody is measured anew."""
    first = json.loads(Path("first/run.json").read_text(encoding="utf-8"))["calibration"]
    assert again(capsys, "--announced first/pairs.csv --out second")[0] == 0
    second = json.loads(Path("second/run.json").read_text(encoding="utf-8"))["calibration"]
    assert second == {"source": first["source"], "carried_over": True}
    Path("first/calibration.json").unlink()
    assert again(capsys, "--announced first/pairs.csv --out third")[0] == 0
    third = json.loads(Path("third/run.json").read_text(encoding="utf-8"))["calibration"]
    assert third["carried_over"] is False


def test_who_left_may_still_be_wished_for_and_announced_pairs_come_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wish for who left stops nothing, and no announced pair is broken for a wish."""
    asked = '[[questions]]\nanswer = "wishes"\nwho = "everyone"\nheadings = ["Wishes"]\n\n[weights]'
    stated = PROGRAMME.replace("[weights]", asked) + '\n[[rules]]\nrule = "wishes"\n'
    (folder / "programme.toml").write_text(stated, encoding="utf-8")
    before = read_pairs_csv(folder / "first" / "pairs.csv")
    gone = before["mentor_name"].iloc[0]
    stays = [line for line in MENTORS.splitlines() if gone not in line]
    other = next(name for name in before["mentor_name"] if name != gone)
    (folder / "mentors.csv").write_text("\n".join(stays) + "\n", encoding="utf-8")
    wishing = before.loc[before["mentor_name"] == gone, "mentee"].iloc[0]
    head, *rows = MENTEES.splitlines()
    wishes = [f'{row},"{gone}; {other}"' if row.startswith(wishing) else f"{row}," for row in rows]
    (folder / "mentees.csv").write_text("\n".join([f"{head},Wishes", *wishes]), encoding="utf-8")
    code, out, err = again(capsys, "--announced first/pairs.csv --out second")
    assert code == 0, err
    assert "given up" not in out
    record = json.loads((folder / "second" / "run.json").read_text(encoding="utf-8"))
    assert record["stages"] == ["coverage", "kept", "wishes", "first wishes", "total"]
