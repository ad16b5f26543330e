"""Tests of the coordinator's notebook: it is stored clean, and it serves files of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "01_match_your_department.ipynb"
Run = Callable[..., "list[str]"]


def cells() -> list[Any]:
    return list(nbformat.read(NOTEBOOK, as_version=4).cells)  # type: ignore[no-untyped-call]


@pytest.fixture
def small(checkout: Path, tmp_path: Path) -> Path:
    """A folder with the small programme and the two sheets that the README shows."""
    page = (checkout / "README.md").read_text(encoding="utf-8")
    blocks = {kind: re.findall(rf"```{kind}\n(.*?)```", page, re.S) for kind in ("toml", "csv")}
    (tmp_path / "programme.toml").write_text(blocks["toml"][0], encoding="utf-8")
    for name, text in zip(("mentees", "mentors"), blocks["csv"], strict=True):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(small: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run all cells on files of one's own and return what they displayed, as HTML."""
    monkeypatch.chdir(small)

    def run_all(mentees: str = "mentees.csv", language: str = "en") -> list[str]:
        shown: list[str] = []
        names: dict[str, Any] = {}
        with pd.option_context("display.max_colwidth", 50):
            for cell in cells():
                if cell.cell_type != "code":
                    continue
                code = cell.source
                if code.startswith("PROGRAMME ="):
                    code = (
                        f"PROGRAMME = 'programme.toml'\nMENTEES = {mentees!r}\n"
                        f"MENTORS = 'mentors.csv'\nOUTPUT = 'output'\nLANGUAGE = {language!r}\n"
                    )
                try:
                    exec(compile(code, str(NOTEBOOK), "exec"), names)
                except Exception as error:
                    if type(error).__name__ != "NotYetError":
                        raise
                    return [*shown, *error._render_traceback_()]  # type: ignore[attr-defined]
                names["display"] = lambda page: shown.append(page.data)
        return shown

    return run_all


def test_it_is_stored_without_results():
    """No output, count or widget, and so no participant's name, stands in the stored notebook."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert "widgets" not in notebook.metadata
    for cell in cells():
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    nbformat.validate(notebook)


def test_every_cell_has_a_sentence_above_it():
    """Above each cell of code stands a text that says what it does, and what shows is short."""
    kinds = [cell.cell_type for cell in cells()]
    assert "code code" not in " ".join(kinds)
    assert kinds[0] == kinds[-1] == "markdown"
    assert all(len(cell.source.splitlines()) <= 16 for cell in cells() if not _hidden(cell))


def _hidden(cell: Any) -> bool:
    return cell.cell_type != "code" or cell.metadata.get("jupyter", {}).get("source_hidden", False)


def test_only_what_one_changes_is_unfolded():
    """Cells of code without anything to change are folded, and the top says how to unfold them."""
    shown = [cell.source.split(" = ")[0] for cell in cells() if not _hidden(cell)]
    assert shown == ["PROGRAMME", "mentee", "by_score", "weights", "chosen, chosen_rules"]
    assert "Expand All Code" in cells()[0].source


@pytest.mark.parametrize("language", ["en", "sv"])
def test_it_serves_files_of_ones_own(run: Run, small: Path, language: str):
    """With the README's small programme and sheets it runs to the end and writes everything."""
    page = "".join(run(language=language))
    assert "Ada Ek" in page
    assert ("Why this pair" if language == "en" else "Adept") in page
    assert {path.name for path in (small / "output").iterdir()} == {
        "pairs.xlsx", "pairs.csv", "report.html", "letters", "run.json", "calibration.json",
    }  # fmt: skip


def test_faults_stop_it_in_plain_words(run: Run, small: Path):
    """All faults are listed, nothing is written, and what Jupyter shows is one sentence."""
    sheet = small / "mentees.csv"
    text = sheet.read_text(encoding="utf-8").replace("Email", "Post")
    (small / "wrong.csv").write_text(text.replace("Ada Ek", ""), encoding="utf-8")
    *_, faults, last = run("wrong.csv")
    assert "wrong.csv, row 2" in faults
    assert "wrong.csv, row 1" in faults
    assert last == "Stopped here. Mend this, then run all cells again."
    assert run("wrong.csv", "sv")[-1].startswith("Här tog det stopp.")
    assert not (small / "output").exists()


def test_what_stands_in_a_sheet_never_runs(run: Run, small: Path):
    """A name that is HTML is shown as the text that it is, in tables and in messages."""
    evil = "<img src=x onerror=alert(1)>"
    sheet = small / "mentees.csv"
    text = sheet.read_text(encoding="utf-8").replace("Ada Ek", evil).replace("Bo Lund", evil)
    sheet.write_text(text, encoding="utf-8")
    page = "".join(run())
    assert "&lt;img" in page
    assert "<img" not in page


def test_tables_are_in_words(run: Run):
    """Headings are words, not names of columns, and people are shown by name, not by id."""
    tables = re.findall(r"<table.*?</table>", "".join(run()), re.S)
    heads = {head for table in tables for head in re.findall(r"<th[^>]*>(.*?)</th>", table)}
    assert {"Mentee", "Mentor", "Score", "Why this pair", "Mentor now", "Mentor then"} <= heads
    assert not [head for head in heads if "_" in head or head.islower()]
    assert "Ada Ek" in "".join(tables)
    assert "@" not in "".join(tables)


def test_its_sentences_are_in_swedish(run: Run, small: Path):
    """With LANGUAGE = "sv" no cell prints a sentence or heading in English."""
    page = "\n".join(run(language="sv")).replace(str(small.resolve()), "")
    assert "2 adepter och 2 mentorer deltar." in page
    assert "Bo Lund och Ola Holm är låsta som par." in page
    english = r"\b(mentees?|mentors|of|the|and|score|then|now|written|kept|forbidden|nobody)\b"
    words = re.sub(r"<[^>]*>|&quot;.*?&quot;", " ", page)
    assert not re.search(english, words, re.I)


def test_people_are_called_by_name(run: Run):
    """Neither a sentence nor a table calls people by the addresses that tell them apart."""
    page = "".join(run())
    assert "Bo Lund and Ola Holm are locked as a pair." in page
    assert "Ada Ek and Eva Berg are not to be paired." in page
    assert "@" not in page


def test_it_runs_to_the_end_without_any_pair(run: Run, small: Path):
    """Where the rules allow nobody a pair, every step says so and the files are written."""
    with (small / "programme.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[rules]]\nrule = "banned"\npairs = [\n')
        for mentee in ("Ada Ek", "Bo Lund"):
            file.write("".join(f'["{mentee}", "{mentor}"],' for mentor in ("Eva Berg", "Ola Holm")))
        file.write("]\n")
    page = "".join(run())
    assert "No pairs." in page
    assert "are not to be paired" in page
    assert (small / "output" / "pairs.xlsx").exists()


def test_an_empty_table_is_a_sentence(run: Run):
    """Where there is nothing to show stands a sentence, not headings over nothing."""
    page = "".join(run())
    assert "No close calls." in page
    assert "Everyone has a pair." in page
    assert "Nobody would move." in page
    assert all("<td" in table for table in re.findall(r"<table.*?</table>", page, re.S))
