"""Which files are handed out, and how a matching becomes each of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

from mentormatch.errors import Fault, InputError
from mentormatch.matching.result import Matching
from mentormatch.people.programme import AUDIENCES
from mentormatch.rules import Condition
from mentormatch.scores.calibration import write_calibration
from mentormatch.telling.calendar import write_calendars
from mentormatch.telling.files import (
    check_file,
    check_folder,
    check_inside,
    put_file,
    put_folder,
    whole_file,
)
from mentormatch.telling.gather import gather, versions
from mentormatch.telling.letters import write_letters_of
from mentormatch.telling.pairs_csv import write_pairs_csv
from mentormatch.telling.report.page import write_page
from mentormatch.telling.story import Story
from mentormatch.telling.workbook import write_workbook_of

Rules = Sequence[Condition] | None

_FILES = ("pairs.xlsx", "pairs.csv", "report.html", "run.json", "calibration.json")
_LETTERS, _CALENDAR = "letters", "calendar"


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
    ``calendar/`` (if the programme has events), ``run.json`` and ``calibration.json``, by which
    those who come late are scored. If anything fails it is as it was before. Parameters are those
    of `write_workbook`.
    """
    return write_each(gather(matching, language, rules), matching, Path(folder))


def write_each(story: Story, matching: Matching, folder: Path) -> list[Path]:
    """Write everything into one folder and return each file or folder.

    All is written aside first and then put in its place, so that a run that fails leaves the
    folder as it was.
    """
    check_targets(folder)
    folder.mkdir(parents=True, exist_ok=True)
    programme = story.cohort.programme
    with tempfile.TemporaryDirectory(prefix=".aside-", dir=folder) as name:
        aside = Path(name)
        write_workbook_of(story, aside / "pairs.xlsx")
        write_pairs_csv(story, aside / "pairs.csv")
        write_page(story, aside / "report.html")
        write_letters_of(story, aside / _LETTERS)
        write_calendars(programme, aside / _CALENDAR, story.language)
        _write_run(story, matching, aside / "run.json")
        write_calibration(matching.problem.scores.calibration, aside / "calibration.json")
        put_folder(aside / _LETTERS, folder / _LETTERS)
        for file in _calendars(folder):
            fresh = aside / _CALENDAR / file.name
            if fresh.exists():
                file.parent.mkdir(exist_ok=True)
                put_file(fresh, file)
            else:
                file.unlink(missing_ok=True)
        for one in _FILES:
            put_file(aside / one, folder / one)
    names = (*_FILES[:3], _LETTERS, _CALENDAR, *_FILES[3:])
    return [folder / one for one in names if one != _CALENDAR or programme.events]


def check_targets(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise an error if `write_each` could not write into a folder; nothing is changed.

    Parameters
    ----------
    folder : Path
        Where everything would be written; it need not be there yet.
    inputs : iterable of Path
        Files that are read and must stay as they are.

    Raises
    ------
    InputError
        What stands there is an input, not ours, a folder in place of a file or the other way
        round, a link to another folder, or open in another program.
    OSError
        Nothing can be written there.
    """
    files = [*(folder / name for name in _FILES), *_calendars(folder)]
    letters = folder / _LETTERS
    for given in inputs:
        real = given.resolve()
        for target in files:
            if target.resolve() == real or (
                target.exists() and given.exists() and target.samefile(given)
            ):
                raise InputError([Fault("files.is_input", file=target.name)])
        if real.is_relative_to(letters.resolve()):
            raise InputError([Fault("files.is_input", file=given.name)])
    check_inside(folder)
    for target in files:
        check_file(target)
    check_folder(letters)
    calendar = folder / _CALENDAR
    if calendar.is_symlink():
        raise InputError([Fault("files.is_link", file=_CALENDAR)])
    if calendar.exists() and not calendar.is_dir():
        raise InputError([Fault("files.not_ours", file=_CALENDAR, value=_CALENDAR)])


def _calendars(folder: Path) -> list[Path]:
    return [folder / _CALENDAR / f"{audience}.ics" for audience in AUDIENCES]


def _write_run(story: Story, matching: Matching, path: Path) -> Path:
    """Write what it takes to repeat a run, and what came out; it names nobody."""
    programme = story.cohort.programme
    record = {
        "programme": {"name": programme.name("en"), "year": programme.year},
        "inputs": dict(sorted(story.cohort.sources.items())),
        "versions": versions(),
        "objective": matching.objective,
        "stages": list(matching.stages),
        "seed": matching.seed,
        "scorer": story.summary["scorer"],
        "calibration": story.summary["calibration"],
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
