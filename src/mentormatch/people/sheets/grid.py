"""The cells of a sheet before anybody has looked at what they mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mentormatch.errors import Fault
from mentormatch.people.spelling import tidy

MAX_ROWS = 100_000
MAX_COLUMNS = 500


class Row(NamedTuple):
    """A row of cells and its number as Excel shows it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Rows with content, as a reader found them.

    Parameters
    ----------
    rows : tuple of Row
        In the order of the sheet; blank rows are left out. All cells are tidy text.
    separated : bool
        Whether a separator made the cells, so that a row may hold more of them than the headings.
    broken : mapping of (int, int) to Fault
        What is wrong with single cells, by row number and position of the column (from 0).
    notes : tuple of Fault
        What the reader noticed.
    """

    rows: tuple[Row, ...]
    separated: bool = False
    broken: Mapping[tuple[int, int], Fault] = field(default_factory=dict)
    notes: tuple[Fault, ...] = ()


def column_letter(position: int) -> str:
    """Return the letter by which Excel calls a column; the first has position 0.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def too_far(file: str, row: int, position: int) -> Fault:
    """Return the fault that a cell stands further away than in any sign-up sheet."""
    return Fault(
        "sheets.too_far",
        file=file,
        row=row,
        details={
            "letter": column_letter(position),
            "most_rows": str(MAX_ROWS),
            "most_columns": str(MAX_COLUMNS),
        },
    )


def value_text(value: object) -> str:
    """Return a number, truth value or time as text; whole numbers without decimals.

    Examples
    --------
    >>> value_text(3.0), value_text(True), value_text(dt.datetime(2024, 10, 1, 13, 5))
    ('3', 'TRUE', '2024-10-01 13:05:00')
    """
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case dt.datetime():
            value += dt.timedelta(microseconds=500_000 * (value.microsecond > 0))
            text = value.replace(microsecond=0).isoformat(" ")
            return text.removesuffix(" 00:00:00")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return tidy(str(value))
