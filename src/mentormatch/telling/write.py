"""Which files are handed out, and how a matching becomes each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from pathlib import Path

from mentormatch.matching.result import Matching
from mentormatch.rules import Condition
from mentormatch.telling.calendar import write_calendars
from mentormatch.telling.files import whole_file
from mentormatch.telling.gather import gather, versions
from mentormatch.telling.letters import write_letters_of
from mentormatch.telling.pairs_csv import write_pairs_csv
from mentormatch.telling.report.page import write_page
from mentormatch.telling.story import Story
from mentormatch.telling.workbook import write_workbook_of

Rules = Sequence[Condition] | None


def write_workbook(
    matching: Matching, path: str | Path, language: str | None = None, rules: Rules = None
) -> Path:
    """Write the Excel workbook of a matching: pairs, departments, unmatched, letters, settings.

    Parameters
    ----------
    matching : Matching
        Of a cohort's scores.
    path : str or Path
        File to write or replace, ending in ``.xlsx``. It is complete or absent.
    language : {"en", "sv"}, optional
        The programme's if left out.
    rules : sequence of Condition, optional
        The rules that were matched under, where they are not the programme's.

    Raises
    ------
    InputError
        The matching is of a raw matrix, or the file is open in another program.
    """
    return write_workbook_of(gather(matching, language, rules), path)


def write_report(
    matching: Matching, path: str | Path, language: str | None = None, rules: Rules = None
) -> Path:
    """Write the report of a matching: one HTML file with pictures, tables and a search box.

    Parameters are those of `write_workbook`.
    """
    return write_page(gather(matching, language, rules), path)


def write_letters(
    matching: Matching, folder: str | Path, language: str | None = None, rules: Rules = None
) -> list[Path]:
    """Write a letter to every participant, as Markdown and as an e-mail draft.

    Each letter holds only what the other side agreed to share. The folder is replaced as a whole.
    Parameters are those of `write_workbook`.
    """
    return write_letters_of(gather(matching, language, rules), folder)


def write_calendar(
    matching: Matching, folder: str | Path, language: str | None = None, rules: Rules = None
) -> list[Path]:
    """Write the programme's events as calendar files for mentees, mentors and everyone.

    Parameters are those of `write_workbook`.
    """
    story = gather(matching, language, rules)
    return write_calendars(story.cohort.programme, folder, story.language)


def write_all(
    matching: Matching, folder: str | Path, language: str | None = None, rules: Rules = None
) -> list[Path]:
    """Write everything into one folder and return what was written.

    The folder then holds ``pairs.xlsx``, ``pairs.csv``, ``report.html``, ``letters/``,
    ``calendar/`` (if the programme has events) and ``run.json``. Parameters are those of
    `write_workbook`.
    """
    return list(write_each(gather(matching, language, rules), matching, Path(folder)))


def write_each(story: Story, matching: Matching, folder: Path) -> Iterator[Path]:
    """Write everything into one folder, yielding each file or folder as it is done."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs: list[tuple[str, Callable[[Path], object]]] = [
        ("pairs.xlsx", lambda path: write_workbook_of(story, path)),
        ("pairs.csv", lambda path: write_pairs_csv(story, path)),
        ("report.html", lambda path: write_page(story, path)),
        ("letters", lambda path: write_letters_of(story, path)),
        (
            "calendar",
            lambda path: write_calendars(story.cohort.programme, path, story.language),
        ),
        ("run.json", lambda path: _write_run(story, matching, path)),
    ]
    for name, job in jobs:
        job(folder / name)
        if name != "calendar" or story.cohort.programme.events:
            yield folder / name


def _write_run(story: Story, matching: Matching, path: Path) -> Path:
    """Write what it takes to repeat a run, and what came out; it names nobody."""
    programme = story.cohort.programme
    record = {
        "programme": {"name": programme.name("en"), "year": programme.year},
        "inputs": dict(sorted(story.cohort.sources.items())),
        "versions": versions(),
        "objective": matching.objective,
        "seed": matching.seed,
        "language": story.language,
        "mentees": story.summary["mentees"],
        "mentors": story.summary["mentors"],
        "places": story.summary["places"],
        "pairs": len(matching),
        "mentees_matched": matching.coverage,
        "total": matching.total,
        # JSON has no infinity: null where nothing bounds the total.
        "bound": matching.bound if isfinite(matching.bound) else None,
        "gap": matching.gap if isfinite(matching.bound) else None,
        "blocking_pairs": story.summary["blocking"],
        "status": matching.status,
    }
    with whole_file(path) as aside:
        aside.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
