"""How an Excel workbook becomes cells."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable
from typing import Any

import openpyxl

from mentormatch.errors import Fault, ProfileError
from mentormatch.people.sheets.grid import Grid, Row, value_text
from mentormatch.people.sheets.xlsx_guard import SheetScan, scan_workbook
from mentormatch.people.spelling import tidy

_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ESCAPED_BREAK = re.compile("_x000[dD]_")


def read_workbook(data: bytes, file: str) -> Grid:
    """Return the cells of the one visible sheet with content.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.

    Raises
    ------
    ProfileError
        It is no workbook, would hurt whoever opens it, has several sheets with content or none.
    """
    if data.startswith(_OLD_EXCEL):
        raise ProfileError([Fault("sheets.old_or_locked", file=file)])
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ProfileError([Fault("sheets.no_workbook", file=file)])
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception:  # zipfile raises much more than BadZipFile on broken bytes
        raise ProfileError([Fault("sheets.damaged_workbook", file=file)]) from None
    with archive:
        scans = scan_workbook(archive, file)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of everything it does not keep: print areas, drop-down lists, ...
            warnings.simplefilter("ignore")
            return _read(data, file, scans)
    except ProfileError:
        raise
    except Exception:  # whatever openpyxl stumbles over, the coordinator can only save it anew
        raise ProfileError([Fault("sheets.damaged_workbook", file=file)]) from None


def _read(data: bytes, file: str, scans: dict[str, SheetScan]) -> Grid:
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    try:
        # The part of a sheet stands in no public attribute of openpyxl.
        sheets: list[Any] = book.worksheets
        found = [(sheet, scans[sheet._worksheet_path]) for sheet in sheets]
        filled = [(sheet, scan) for sheet, scan in found if scan.last_row]
        visible = [(sheet, scan) for sheet, scan in filled if sheet.sheet_state == "visible"]
        hidden = [sheet.title for sheet, _ in filled if sheet.sheet_state != "visible"]
        if len(visible) > 1:
            names = ", ".join(f'"{sheet.title}"' for sheet, _ in visible)
            fault = Fault("sheets.several_sheets", file=file, details={"sheets": names})
            raise ProfileError([fault])
        if not visible:
            code = "sheets.only_hidden" if hidden else "sheets.empty_file"
            raise ProfileError([Fault(code, file=file)])
        sheet, scan = visible[0]
        cells = sheet.iter_rows(max_row=scan.last_row, max_col=scan.last_column)
        return _grid(cells, scan, file, hidden)
    finally:
        book.close()


def _grid(cells: Iterable[Any], scan: SheetScan, file: str, hidden: list[str]) -> Grid:
    rows: list[Row] = []
    broken: dict[tuple[int, int], Fault] = {}
    number = 0
    for number, line in enumerate(cells, start=1):
        texts = [""] * len(line)
        for column, cell in enumerate(line):
            if (number, column) in scan.unsaved:
                texts[column] = "="
                broken[number, column] = Fault("sheets.unsaved_formula")
            elif cell.value is not None:
                texts[column] = _text(cell)
                if cell.data_type == "e":
                    broken[number, column] = Fault("sheets.error_cell", value=texts[column])
        if any(texts):
            rows.append(Row(number, tuple(texts)))
    if number != scan.last_row:  # openpyxl saw less than there is
        raise ProfileError([Fault("sheets.damaged_workbook", file=file)])
    return Grid(tuple(rows), broken=broken, notes=tuple(_notes(scan, file, hidden)))


def _notes(scan: SheetScan, file: str, hidden: list[str]) -> list[Fault]:
    notes: list[Fault] = []
    if hidden:
        names = ", ".join(f'"{title}"' for title in hidden)
        notes.append(Fault("sheets.hidden_sheets", file=file, details={"sheets": names}))
    if scan.hidden_rows:
        details = {"rows": str(scan.hidden_rows)}
        notes.append(Fault("sheets.hidden_rows", file=file, details=details))
    if scan.merged:
        notes.append(Fault("sheets.merged_cells", file=file))
    return notes


def _text(cell: Any) -> str:
    """Return what a cell shows, in one spelling for every locale."""
    value = cell.value
    if isinstance(value, str):
        return tidy(_ESCAPED_BREAK.sub("", value))
    padded = re.fullmatch("0{2,15}", cell.number_format or "")
    if padded and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value).zfill(len(padded[0]))  # the number 12 shown as 0012
    return value_text(value)
