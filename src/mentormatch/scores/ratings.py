"""How a sheet, or a table of numbers, says how past pairs turned out."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mentormatch.errors import Fault, ProblemError, ProfileError
from mentormatch.people.answers import read_answer
from mentormatch.people.callings import callings
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Question
from mentormatch.people.sheets.tables import Table, frame_table, read_table
from mentormatch.people.spelling import clip, fold
from mentormatch.words import LANGUAGES, say

#: The two ways in which pairs can have turned out, and how such a column is read.
OUTCOMES = {"rating": "number", "kept": "yes or no"}

#: Columns that say whose pair it is.
WHOSE = ("mentee", "mentor")

Scale = tuple[float, float]


@dataclass(frozen=True)
class Ratings:
    """Pairs by the places of their people in a cohort's tables, and how they turned out.

    Parameters
    ----------
    mentees, mentors : tuple of int
        Places in the cohort's tables, one a pair.
    outcomes : tuple of float
        Ratings; or 1 for a pair that was kept and 0 for one that was not.
    kind : {"rating", "kept"}
        Which of the two.
    """

    mentees: tuple[int, ...]
    mentors: tuple[int, ...]
    outcomes: tuple[float, ...]
    kind: str


def read_ratings(
    sheet: str | os.PathLike[str] | pd.DataFrame, cohort: Cohort, scale: Scale
) -> Ratings:
    """Return what a sheet says of the pairs of a cohort.

    Parameters
    ----------
    sheet : path or DataFrame
        One row a pair; see `mentormatch.history`.
    cohort : Cohort
        Whose pairs they are.
    scale : (float, float)
        Lowest and highest rating.

    Raises
    ------
    ProblemError
        As for `mentormatch.history`.
    """
    low, high = checked(scale)
    try:
        if isinstance(sheet, pd.DataFrame):
            table = frame_table(sheet, name=say("learning.sheet"))
        else:
            table = read_table(sheet)
    except ProfileError as error:
        raise ProblemError(error.faults) from None
    faults = list(table.faults)
    columns, kind = _columns(table, faults)
    if kind is None or any(name not in columns for name in WHOSE):
        raise ProblemError(faults)
    read = _read(table, columns, kind, cohort, (low, high), faults)
    if not table.rows:
        faults.append(Fault("learning.no_pairs", file=table.file))
    if faults:
        raise ProblemError(faults)
    mentees, mentors, outcomes = (tuple(read[name]) for name in (*WHOSE, kind))
    return Ratings(mentees, mentors, outcomes, kind)


def frame_ratings(
    frame: pd.DataFrame, scale: Scale | None = None
) -> tuple[dict[str, list[float]], list[float], str, dict[str, list[str]]]:
    """Return what a table of values says: a column a part, and ``rating`` or ``kept``.

    Rows count as those of a sheet: the first one is row 2.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``mentee`` and ``mentor`` hold ids and may be missing; ``rating`` holds numbers or
        ``kept`` truth values; every other column is a part and holds numbers in [0, 1].
    scale : (float, float), optional
        Lowest and highest rating; any number if left out.

    Returns
    -------
    tuple
        Values by part, outcomes, their kind, and ids by column.

    Raises
    ------
    ProblemError
        As for `mentormatch.learn_weights`.
    """
    low, high = checked(scale) if scale is not None else (-math.inf, math.inf)
    faults = [
        Fault("learning.two_columns", column=str(name))
        for name in dict.fromkeys(frame.columns[frame.columns.duplicated()])
    ]
    kinds = [kind for kind in OUTCOMES if kind in frame]
    parts = [name for name in frame.columns if name not in (*OUTCOMES, *WHOSE)]
    if len(kinds) != 1:
        fault = "learning.two_outcomes" if kinds else "learning.no_outcome"
        faults.append(Fault(fault, accepted=tuple(OUTCOMES)))
    if not parts:
        faults.append(Fault("learning.no_parts"))
    if not len(frame):
        faults.append(Fault("learning.no_pairs"))
    if faults:
        raise ProblemError(faults)
    kind = kinds[0]
    values = {str(name): _numbers(frame[name], "no_share", (0, 1), faults) for name in parts}
    if kind == "kept":
        outcomes = _numbers(frame[kind], "no_kept", (0, 1), faults)
    else:
        outcomes = _numbers(frame[kind], "no_rating", (low, high), faults)
    ids = {}
    for name in (one for one in WHOSE if one in frame):
        people = frame[name].tolist()
        ids[name] = [str(one) for one in people]
        for row, one in enumerate(people, start=2):
            if pd.isna(one) or one == "":
                faults.append(Fault("sheets.empty_cell", row=row, column=name))
    if len(ids) == len(WHOSE):
        seen: dict[tuple[str, ...], int] = {}
        for row, pair in enumerate(zip(*ids.values(), strict=True), start=2):
            _once(seen, pair, row, "", faults)
    if faults:
        raise ProblemError(faults)
    return values, outcomes, kind, ids


def checked(scale: Scale) -> Scale:
    """Return lowest and highest rating; ProblemError unless these are two rising numbers."""
    low, high = scale
    if not -math.inf < low < high < math.inf:
        raise ProblemError("scale must be two numbers: the lowest rating, then the highest")
    return low, high


def _columns(table: Table, faults: list[Fault]) -> tuple[dict[str, int], str | None]:
    """Return the positions of the columns that matter, and which of the outcomes there is."""
    found: dict[str, int] = {}
    for name in (*WHOSE, *OUTCOMES):
        accepted = {name, *(say(f"learning.heading_{name}", language) for language in LANGUAGES)}
        spelled = {fold(one) for one in accepted}
        places = [k for k, heading in enumerate(table.headings) if fold(heading) in spelled]
        if len(places) > 1:
            heading = table.headings[places[1]]
            faults.append(
                Fault(
                    "learning.two_columns", file=table.file, row=table.heading_row, column=heading
                )
            )
        if places:
            found[name] = places[0]
        elif name in WHOSE:
            heading = say(f"learning.heading_{name}")
            faults.append(
                Fault(
                    "learning.no_column",
                    file=table.file,
                    row=table.heading_row,
                    details={"heading": heading},
                )
            )
    kinds = [name for name in OUTCOMES if name in found]
    if len(kinds) != 1:
        fault = "learning.two_outcomes" if kinds else "learning.no_outcome"
        headings = tuple(say(f"learning.heading_{name}") for name in OUTCOMES)
        faults.append(Fault(fault, file=table.file, row=table.heading_row, accepted=headings))
        return found, None
    return found, kinds[0]


def _read(
    table: Table,
    columns: Mapping[str, int],
    kind: str,
    cohort: Cohort,
    scale: Scale,
    faults: list[Fault],
) -> dict[str, list[Any]]:
    """Return places of mentees and mentors and how they turned out; adds what is wrong."""
    sides = dict(zip(WHOSE, SIDES, strict=True))
    exact = {
        name: {one: k for k, one in enumerate(cohort.table(side).index)}
        for name, side in sides.items()
    }
    known = {name: callings(cohort.table(side)) for name, side in sides.items()}
    asked = Question(kind, "everyone", (kind,), OUTCOMES[kind])
    found: dict[str, list[Any]] = {name: [] for name in (*WHOSE, kind)}
    seen: dict[tuple[int, ...], int] = {}
    for row in table.rows:
        here: dict[str, Any] = {}
        for name, position in columns.items():
            cell = row.cells[position]
            read: Any = table.broken.get((row.number, position))
            if read is None and not cell:
                read = Fault("sheets.empty_cell")
            elif read is None and name in WHOSE:
                places = [exact[name][cell]] if cell in exact[name] else known[name].get(fold(cell))
                if places is None:
                    read = Fault(f"learning.unknown_{name}")
                else:
                    read = places[0] if len(places) == 1 else Fault(f"learning.several_{name}s")
            elif read is None:
                read = _ended(cell, asked, scale)
            if isinstance(read, Fault):
                heading = table.headings[position]
                faults.append(replace(read, file=table.file, row=row.number, column=heading))
            else:
                here[name] = read
        if all(name in here for name in WHOSE):
            pair = tuple(here[name] for name in WHOSE)
            _once(seen, pair, row.number, table.file, faults)
        for name, read in here.items():
            found[name].append(read)
    return found


def _ended(cell: str, asked: Question, scale: Scale) -> float | Fault:
    """Return what a cell says of how a pair turned out, or what is wrong with it."""
    answer = read_answer(cell, asked)
    if isinstance(answer, Fault):
        return answer
    assert isinstance(answer, (int, float))
    if asked.kind == "number" and not scale[0] <= answer <= scale[1]:
        details = {"low": f"{scale[0]:g}", "high": f"{scale[1]:g}"}
        return Fault("learning.off_scale", value=clip(cell), details=details)
    return float(answer)


def _once(seen: dict[Any, int], pair: Any, row: int, file: str, faults: list[Fault]) -> None:
    before = seen.setdefault(pair, row)
    if before != row:
        details = {"other_row": str(before)}
        faults.append(Fault("learning.twice", file=file, row=row, details=details))


def _numbers(cells: pd.Series[Any], code: str, scale: Scale, faults: list[Fault]) -> list[float]:
    """Return a column's numbers; a cell that is none, or outside the range, is among the faults."""
    numbers = []
    for row, cell in enumerate(cells.tolist(), start=2):
        number = float(cell) if isinstance(cell, (int, float, np.bool_)) else math.nan
        numbers.append(number)
        at: dict[str, Any] = {"row": row, "column": str(cells.name), "value": clip(str(cell))}
        if not math.isfinite(number) or (code == "no_kept" and number not in scale):
            faults.append(Fault(f"learning.{code}", **at))
        elif not scale[0] <= number <= scale[1]:
            details = {"low": f"{scale[0]:g}", "high": f"{scale[1]:g}"}
            off = "off_scale" if code == "no_rating" else code
            faults.append(Fault(f"learning.{off}", details=details, **at))
    return numbers
