"""How a list of pairs that was handed out is read again, from CSV or from the Excel list."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd

from mentormatch.errors import Fault, InputError, ProfileError
from mentormatch.people.cohort import Cohort
from mentormatch.people.sheets.xlsx_guard import scan_workbook
from mentormatch.telling.pairs_csv import HEADINGS, read_pairs_csv
from mentormatch.words import LANGUAGES, say

COLUMNS = ("mentee", "mentor", "mentee_name", "mentor_name")
#: What the columns are called in the Excel list.
_CALLED = {"mentee": "mentee_id", "mentor": "mentor_id", "mentee_name": "mentee",
           "mentor_name": "mentor"}  # fmt: skip


def read_announced(path: str | Path) -> pd.DataFrame:
    """Read the pairs of a list that was handed out.

    Parameters
    ----------
    path : str or Path
        A ``pairs.csv``, or a ``pairs.xlsx`` in either language, of which the first sheet is read.

    Returns
    -------
    pandas.DataFrame
        Columns ``mentee``, ``mentor`` (ids), ``mentee_name`` and ``mentor_name``, all text.

    Raises
    ------
    InputError
        The file is no such list, or a pair stands twice in it.
    OSError
        The file cannot be read.
    """
    path = Path(path)
    if path.suffix.casefold() == ".xlsx":
        table = _from_workbook(path)
    else:
        table = _with_ids(read_pairs_csv(path)[list(COLUMNS)], path)
    twice = table.duplicated(["mentee", "mentor"]).to_numpy()
    if twice.any():
        raise InputError([Fault("files.pair_twice", file=path.name, value=str(twice.sum()))])
    return table


def announced_to(announced: pd.DataFrame, cohort: Cohort, path: str | Path) -> None:
    """Raise InputError if a list has pairs, and of none of them both people are in a cohort."""
    both = announced["mentee"].isin(cohort.mentees.index)
    both &= announced["mentor"].isin(cohort.mentors.index)
    if len(announced) and not both.any():
        raise InputError([Fault("files.other_people", file=Path(path).name)])


def with_those_gone(cohort: Cohort, announced: pd.DataFrame) -> Cohort:
    """Return a cohort in which people of a list who are not in the sheets any more have withdrawn.

    So whoever wished for somebody who has left keeps nobody from being matched.
    """
    ids: list[str] = []
    names: list[str] = []
    for key, table in (("mentee", cohort.mentees), ("mentor", cohort.mentors)):
        gone = announced[~announced[key].isin(table.index)]
        ids += gone[key].drop_duplicates().tolist()
        names += [one for one in gone[f"{key}_name"].drop_duplicates().tolist() if one]
    return replace(
        cohort,
        withdrawn=tuple(dict.fromkeys([*cohort.withdrawn, *ids])),
        withdrawn_names=(*cohort.withdrawn_names, *names),
    )


def _from_workbook(path: Path) -> pd.DataFrame:
    data = path.read_bytes()
    strange = InputError([Fault("files.not_pairs", file=path.name, accepted=HEADINGS)])
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise strange
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            scan_workbook(archive, path.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of everything it does not keep
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    except ProfileError:
        raise
    except Exception:  # whatever the reader stumbles over
        raise strange from None
    try:
        rows = [tuple(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()
    for language in LANGUAGES:
        wanted = {key: say(f"workbook.{called}", language) for key, called in _CALLED.items()}
        for first, heads in enumerate(rows):
            if all(name in heads for name in wanted.values()):
                return _rows(
                    rows[first + 1 :], {k: heads.index(v) for k, v in wanted.items()}, path
                )
    raise strange


def _rows(rows: Sequence[tuple[object, ...]], places: dict[str, int], path: Path) -> pd.DataFrame:
    records = []
    for row in rows:
        cells = {key: "" if row[at] is None else str(row[at]) for key, at in places.items()}
        if any(cells.values()):
            records.append(cells)
    return _with_ids(pd.DataFrame(records, columns=list(COLUMNS), dtype=object), path)


def _with_ids(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a list of pairs; raise InputError if a row of it lacks an id."""
    lacking = (table["mentee"] == "") | (table["mentor"] == "")
    if lacking.any():
        names = table["mentee_name"][lacking].tolist()
        raise InputError([Fault("files.no_ids", file=path.name, value=name) for name in names])
    return table
