"""Tests of the notebooks that show what a list means: stored clean, in both languages, safe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mentormatch.telling.notebook import NotYetError
from test_notebook import small

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = ["02_whole_programme", "03_what_the_score_means"]
ENGLISH = r"\b(mentees?|mentors|of|the|and|score|then|now|nobody|weights?|rules?|would)\b"

Run = Callable[..., str]
small = small  # noqa: PLW0127  # the fixture is used under this name


def cells(name: str) -> list[Any]:
    path = FOLDER / f"{name}.ipynb"
    return list(nbformat.read(path, as_version=4).cells)  # type: ignore[no-untyped-call]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run all cells of a notebook with lines changed in step 1; return what they showed."""
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda page: shown.append(page_of(page)))

    def run_all(name: str, **changed: object) -> str:
        shown.clear()
        names: dict[str, Any] = {}
        for cell in cells(name):
            if cell.cell_type != "code":
                continue
            code = cell.source
            if code.startswith("PROGRAMME ="):
                code += "".join(f"\n{name} = {value!r}" for name, value in changed.items())
            try:
                exec(compile(code, name, "exec"), names)
            except NotYetError as error:
                shown.extend(error._render_traceback_())
                break
        return "\n".join(shown)

    return run_all


def page_of(shown: Any) -> str:
    """Return the HTML of a page, or of a widget."""
    html = shown.page if hasattr(shown, "page") else shown.data
    return str(html)


def own(folder: Path) -> dict[str, object]:
    return {
        "PROGRAMME": str(folder / "programme.toml"),
        "MENTEES": str(folder / "mentees.csv"),
        "MENTORS": str(folder / "mentors.csv"),
    }


def words(page: str) -> str:
    """Return what a page says: no tags, styles, quotations or letters of pictures."""
    page = re.sub(r"<style>.*?</style>|<metadata>.*?</metadata>", " ", page, flags=re.S)
    return re.sub(r"<[^>]*>|“[^”]*”|”[^”]*”", " ", page)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_stored_without_results(name: str) -> None:
    """No output stands in them, above each cell of code stands a text, and open cells are short."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    assert "widgets" not in notebook.metadata
    code = [cell for cell in cells(name) if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    kinds = [cell.cell_type for cell in cells(name)]
    assert "code code" not in " ".join(kinds)
    assert kinds[0] == kinds[-1] == "markdown"
    shown = [c for c in code if not c.metadata.get("jupyter", {}).get("source_hidden", False)]
    assert all(len(cell.source.splitlines()) <= 16 for cell in shown)
    assert shown[0].source.startswith("PROGRAMME =")


def test_a_score_is_taken_apart(run: Run, small: Path) -> None:
    """With files of one's own: names, parts, words that met, and the price of a weight."""
    page = run("03_what_the_score_means", **own(small))
    text = " ".join(words(page).split())
    assert re.search(r"(Ada Ek|Bo Lund) and (Eva Berg|Ola Holm): score 0\.\d\d", text)
    assert "2 of 2 mentees have a mentor" in text
    assert page.count('class="between narrow"') == 1
    assert "So moving the weight costs" in text
    assert "pairs stayed in every one of 20 trials" in text
    assert "<svg" in page


def test_scores_are_told_in_swedish(run: Run, small: Path) -> None:
    """With LANGUAGE = "sv" no cell shows a sentence or heading in English."""
    page = words(run("03_what_the_score_means", LANGUAGE="sv", **own(small)))
    assert "adepter har en mentor" in page
    found = re.search(ENGLISH, page, re.I)
    assert not found, page[max(found.start() - 80, 0) : found.end() + 80]


def test_the_whole_programme_is_shown(run: Run) -> None:
    """With the example: shortages, rules and whom they touch, lending, prices, a rule dropped."""
    page = run("02_whole_programme")
    text = " ".join(words(page).split())
    assert "7 places too few" in text
    assert "Own department only: Meteorology" in text
    assert page.count('class="between wide"') == 1
    assert "These cost nothing:" in text
    assert "Without the rule: Physics lends mentors for at most 4 pairs" in text
    assert re.search(r"Mentees with a mentor: (\d+) now, (\d+) then", text)
    assert "No pair list can keep all of these" in text
    assert "ask for 1 pair fewer than this rule" in text
    assert "@" not in text


def test_the_whole_programme_speaks_swedish(run: Run) -> None:
    """With LANGUAGE = "sv" no cell shows a sentence or heading in English."""
    page = words(run("02_whole_programme", LANGUAGE="sv"))
    assert "Ingen parlista kan följa alla dessa" in page
    found = re.search(ENGLISH, page, re.I)
    assert not found, page[max(found.start() - 80, 0) : found.end() + 80]


def test_a_programme_of_one_department_is_shown_too(run: Run, small: Path) -> None:
    """With the README's small files nobody lends, no rule binds, and it runs to the end."""
    text = words(run("02_whole_programme", **own(small)))
    assert "No department lent a mentor." in text
    assert "Nobody would move." in text


def test_what_stands_in_a_sheet_never_runs(run: Run, small: Path) -> None:
    """A name and an answer that are HTML are shown as the text that they are."""
    evil = "<img src=x onerror=alert(1)>"
    for side, old in (("mentees", ("Ada Ek", "Bo Lund", "Space")), ("mentors", ("Eva", "Space"))):
        sheet = small / f"{side}.csv"
        text = sheet.read_text(encoding="utf-8")
        for one in old:
            text = text.replace(one, evil)
        sheet.write_text(text, encoding="utf-8")
    page = run("03_what_the_score_means", **own(small))
    assert "&lt;img" in page
    assert "<img" not in page


@pytest.mark.parametrize("name", NAMES)
def test_they_run_to_the_end_without_any_pair(run: Run, small: Path, name: str) -> None:
    """Where the rules allow nobody a pair, every step says so, and names are still only text."""
    with (small / "programme.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[rules]]\nrule = "minimum score"\nscore = 0.999\n')
    sheet = small / "mentees.csv"
    text = sheet.read_text(encoding="utf-8").replace("Ada Ek", "<i>Ada</i>")
    sheet.write_text(text, encoding="utf-8")
    page = run(name, **own(small))
    assert "0 of 2 mentees have a mentor" in page
    assert "&lt;i&gt;Ada" in page
    assert "Stopped here" not in page


@pytest.mark.parametrize("name", NAMES)
def test_faults_stop_them_in_plain_words(run: Run, small: Path, name: str) -> None:
    """All faults of a sheet are listed, and the last line says what to do."""
    sheet = small / "mentees.csv"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("Email", "Post"), encoding="utf-8")
    page = run(name, **own(small))
    assert "mentees.csv" in page
    assert page.endswith("Stopped here. Mend this, then run all cells again.")
