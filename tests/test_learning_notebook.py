"""Tests of the notebook on last year's ratings: stored clean, and it serves one's own files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.people.example import example_folder

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "05_learn_from_last_year.ipynb"
Run = Callable[..., "list[str]"]


def cells() -> list[Any]:
    return list(nbformat.read(NOTEBOOK, as_version=4).cells)  # type: ignore[no-untyped-call]


def hidden(cell: Any) -> bool:
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden", False))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run all cells with a line changed in step 1; return what they displayed and printed."""

    def run_all(**changed: Any) -> list[str]:
        shown: list[str] = []
        names: dict[str, Any] = {}
        for cell in cells():
            if cell.cell_type != "code":
                continue
            code = cell.source
            if code.startswith("PROGRAMME ="):
                code += "".join(f"\n{name} = {value!r}" for name, value in changed.items())
            try:
                exec(compile(code, str(NOTEBOOK), "exec"), names)
            except Exception as error:
                if type(error).__name__ != "NotYetError":
                    raise
                return [*shown, *error._render_traceback_()]  # type: ignore[attr-defined]
            names["display"] = lambda page: shown.append(page.data)
        return [*shown, capsys.readouterr().out]

    return run_all


def test_it_is_stored_without_results():
    """No output or count stands in it; above each cell of code stands a text; one is unfolded."""
    code = [cell for cell in cells() if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    kinds = [cell.cell_type for cell in cells()]
    assert "code code" not in " ".join(kinds)
    assert kinds[0] == kinds[-1] == "markdown"
    (shown,) = [cell for cell in code if not hidden(cell)]
    assert shown.source.startswith("PROGRAMME")


def test_it_tells_a_verdict_and_when_not_to_trust_it(run: Run):
    """The made-up survey speaks for other weights; few pairs, and ratings by lot, for none."""
    *shown, printed = run()
    page = "".join(shown)
    assert page.count("worth using") == 1
    assert page.count("Keep the present weights.") == 2
    assert "25 pairs are too few" in page
    assert "<svg" in page
    assert "@" not in page
    weights = tomllib.loads(printed[printed.index("[weights]") :])["weights"]
    assert sum(weights.values()) == pytest.approx(1, abs=0.03)
    assert max(weights, key=weights.__getitem__) == "interests"


def test_it_speaks_swedish(run: Run):
    """With LANGUAGE = "sv" no cell shows a sentence or heading in English."""
    page = re.sub(r"<[^>]*>", " ", " ".join(run(LANGUAGE="sv")[:-1]))
    assert "De lärda vikterna är värda att använda." in page
    assert "Staplarna" in page or "Stapel" in page
    assert not re.search(r"\b(the|of|and|weights?|pairs|rating)\b", page, re.I)


def test_ones_own_ratings_are_read_and_faults_stop_it(run: Run, tmp_path: Path):
    """A sheet of ratings is taken instead of the made-up one; what is wrong is told in words."""
    folder = example_folder()
    sheets = [sorted(folder.glob(f"{side}*.*")) for side in ("mentees", "mentors")]
    programme = mm.read_programme(folder / "programme.toml")
    cohort = mm.read_cohort(*sheets, programme=programme)
    pairs = pd.DataFrame({"Adept": cohort.mentees.index[:60], "Mentor": cohort.mentors.index[:60]})
    path = tmp_path / "ratings.csv"
    pairs.assign(Betyg=[1, 2, 3, 4, 5] * 12).to_csv(path, index=False, sep=";")
    assert "60 rated pairs with 60 mentors." in "".join(run(RATINGS=str(path), KEEP=[]))
    pairs.assign(Betyg=["<b>"] * 60).to_csv(path, index=False, sep=";")
    *_, faults, last = run(RATINGS=str(path))
    assert "60 faults were found" in faults
    assert "&lt;b&gt;" in faults
    assert last == "Stopped here. Mend this, then run all cells again."
