"""How a file becomes a table of text: headings and rows, with nothing known about people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pandas as pd

from mentormatch.errors import Fault, ProfileError
from mentormatch.people.sheets.delimited import SEPARATORS, read_delimited
from mentormatch.people.sheets.grid import Grid, Row, column_letter, value_text
from mentormatch.people.sheets.xlsx import read_workbook
from mentormatch.people.spelling import tidy

MAX_BYTES = 30_000_000

_TEXT_FILES = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm")
_OTHER_SHEETS = (".xls", ".xlsb", ".ods", ".numbers", ".fods")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Table:
    """A sheet as text.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    headings : tuple of str
        One a column, on one line each; empty for a column with neither heading nor content.
    rows : tuple of Row
        Number as Excel shows it, and as many cells as there are headings. Blank rows are left out.
    sha256 : str
        Of the file's bytes.
    heading_row : int
        Number of the row with the headings.
    faults : tuple of Fault
        What is wrong with single rows and columns; such rows are not among `rows`.
    broken : mapping of (int, int) to Fault
        What is wrong with single cells, by row number and position of the column. It matters
        only if somebody wants to know what stands there.
    notes : tuple of Fault
        What reading noticed.
    """

    file: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    sha256: str
    heading_row: int = 1
    faults: tuple[Fault, ...] = ()
    broken: Mapping[tuple[int, int], Fault] = field(default_factory=dict)
    notes: tuple[Fault, ...] = ()


def read_table(path: str | os.PathLike[str], *, name: str | None = None) -> Table:
    r"""Return the table in a CSV, TSV, TXT or XLSX file; every cell is text.

    Parameters
    ----------
    path : str or path
        The file, of at most 30 MB.
    name : str, optional
        What messages call it; the file's own name unless said otherwise.

    Raises
    ------
    ProfileError
        There is no such file, it is of another kind, damaged, dangerous, or holds no table.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "mentors.csv")
    ...     _ = file.write_bytes("Namn;Kod\r\nÅsa Null;0012\r\n".encode("utf-8-sig"))
    ...     table = read_table(file)
    >>> table.headings, table.rows[0].number, table.rows[0].cells
    (('Namn', 'Kod'), 2, ('Åsa Null', '0012'))
    """
    path = Path(path)
    file = name or path.name or str(path)
    suffix = path.suffix.lower()
    fault = _unreadable(path, file, suffix)
    if fault:
        raise ProfileError([fault])
    data = _bytes(path, file)
    read = read_workbook if suffix in _WORKBOOKS else read_delimited
    if not data.strip():
        raise ProfileError([Fault("sheets.empty_file", file=file)])
    if suffix in _TEXT_FILES and data.startswith((_ZIP, _OLE)):
        raise ProfileError([Fault("sheets.workbook_named_text", file=file)])
    return _table(read(data, file), file, hashlib.sha256(data).hexdigest())


def frame_table(frame: pd.DataFrame, *, name: str) -> Table:
    """Return the table in a DataFrame, as though it had been a sheet with its headings in row 1.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells are text, numbers, truth values or times; an index with a name is a column, too.
    name : str
        What messages call it.

    Raises
    ------
    ProfileError
        It has fewer than two columns.
    """
    if any(label is not None for label in frame.index.names):
        frame = frame.reset_index()
    lines = [tuple(tidy(str(heading)) for heading in frame.columns)]
    columns = [map(_frame_text, frame.iloc[:, at]) for at in range(frame.shape[1])]
    lines += zip(*columns, strict=True)
    rows = tuple(Row(number, cells) for number, cells in enumerate(lines, 1) if any(cells))
    digest = hashlib.sha256(repr(lines).encode("utf-8")).hexdigest()
    return _table(Grid(rows), name, digest)


def _unreadable(path: Path, file: str, suffix: str) -> Fault | None:
    """Return what is wrong with a file from the outside."""
    try:
        if path.is_dir() and suffix != ".numbers":  # a folder to everybody but a Mac
            return Fault("sheets.folder", file=file)
        if suffix in _OTHER_SHEETS:
            return Fault("sheets.other_sheet", file=file, details={"kind": suffix})
        if not path.exists():
            return Fault("sheets.missing_file", file=file)
        if suffix not in (*_TEXT_FILES, *_WORKBOOKS):
            return Fault("sheets.other_kind", file=file)
        if not path.is_file():
            return Fault("sheets.no_access", file=file)
        size = path.stat().st_size
    except (OSError, ValueError):
        return Fault("sheets.no_access", file=file)
    if size > MAX_BYTES:
        details = {"size": f"{size / 1e6:.0f}", "most": f"{MAX_BYTES / 1e6:.0f}"}
        return Fault("sheets.too_large", file=file, details=details)
    return None


def _bytes(path: Path, file: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ProfileError([Fault("sheets.no_access", file=file)]) from None


def _table(grid: Grid, file: str, sha256: str) -> Table:
    """Tell headings from rows, and say which rows and columns do not fit."""
    if not grid.rows:
        raise ProfileError([Fault("sheets.empty_file", file=file)])
    top = grid.rows[0]
    headings = tuple(" ".join(heading.split()) for heading in top.cells)
    width = max(position for position, heading in enumerate(headings, 1) if heading)
    if sum(1 for heading in headings if heading) == 1:
        raise ProfileError([_lonely_heading(grid, file)])
    rows: list[Row] = []
    faults: list[Fault] = []
    unlabelled: set[int] = set()
    for row in grid.rows[1:]:
        if grid.separated and any(row.cells[len(headings) :]):
            details = {"cells": str(len(row.cells)), "headings": str(len(headings))}
            faults.append(Fault("sheets.longer_row", file=file, row=row.number, details=details))
            continue
        for position, cell in enumerate(row.cells):
            nameless = position >= width or not headings[position]
            if cell and nameless and position not in unlabelled:
                unlabelled.add(position)
                details = {"letter": column_letter(position)}
                faults.append(
                    Fault("sheets.unlabelled_column", file=file, row=row.number, details=details)
                )
        padding = ("",) * (width - len(row.cells))
        rows.append(Row(row.number, row.cells[:width] + padding))
    return Table(
        file=file,
        headings=headings[:width],
        rows=tuple(rows),
        sha256=sha256,
        heading_row=top.number,
        faults=tuple(faults),
        broken=grid.broken,
        notes=grid.notes,
    )


def _lonely_heading(grid: Grid, file: str) -> Fault:
    """Say why there is a single heading: a title stands above, or the separator was not found."""
    top = grid.rows[0]
    wide = [sum(1 for cell in row.cells if cell) > 1 for row in grid.rows[1:]]
    if 2 * sum(wide) > len(wide):
        return Fault("sheets.title_row", file=file, row=top.number)
    heading = "".join(top.cells)
    inside = {separator: heading.count(separator) for separator in SEPARATORS}
    likely = max(inside, key=lambda separator: inside[separator])
    if inside[likely]:
        details = {"separator": likely}
        return Fault("sheets.one_column_joined", file=file, row=top.number, details=details)
    return Fault("sheets.one_column", file=file, row=top.number)


def _frame_text(value: object) -> str:
    """Return a cell of a DataFrame as text; missing values are empty."""
    if hasattr(value, "tolist"):
        value = value.tolist()  # NumPy's numbers and arrays
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return tidy("; ".join(map(str, value)))
    if pd.isna(cast("Any", value)) is True:
        return ""
    if isinstance(value, pd.Timestamp):
        value = value.floor("us").to_pydatetime(warn=False)
    return value_text(value)
