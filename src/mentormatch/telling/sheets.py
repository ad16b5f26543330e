"""How tables are laid out in an Excel file: names, widths, number formats, filters, print-out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import xlsxwriter

from mentormatch.telling.recipients import plain
from mentormatch.words import say

_INK, _HEAD, _LENT, _LINE, _BLUE = "#1F2A37", "#1F3A5F", "#FFF4D6", "#D5DBE3", "#A9C4E4"

#: Widest column in characters, by kind; everything wider is wrapped.
_WIDEST = {"prose": 52.0, "lines": 76.0}
_WIDE = 34.0
_NARROW = 8.0
_LINE_HEIGHT = 15.0
_HIGHEST = 409.0
#: Most characters of a cell.
_LONGEST = 32_767
# Control characters, line breaks and tabs excepted, which XML cannot hold.
_UNHELD = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its cells, and how they look.

    `kind` is ``""`` (short texts, numbers as they are), ``"score"`` (three decimals), ``"tint"`` (a
    score from 0 to 1, the bluer the higher), ``"prose"`` (sentences, in a wide column),
    ``"lines"`` (several lines, in a wider one) or ``"note"`` (sentences in the last column, running
    on to the right). A `note` hangs on the heading's cell.
    """

    heading: str
    cells: Sequence[Any]
    kind: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Columns of equal length; `shaded` rows stand out, `note` is a sentence above them."""

    columns: Sequence[Column]
    title: str = ""
    note: str = ""
    shaded: frozenset[int] = frozenset()

    @property
    def height(self) -> int:
        """How many rows it has below its headings."""
        return len(self.columns[0].cells) if self.columns else 0


@dataclass(frozen=True)
class Sheet:
    """Tables one under another. A first table without a title gets a filter and stays in view.

    Where `printed` is not 0, only so many columns are printed, so that they are large enough.
    """

    name: str
    tables: Sequence[Table]
    printed: int = 0


def sheet_names(wanted: Sequence[str]) -> list[str]:
    """Turn any texts into names of sheets that Excel accepts, all different, in the same order.

    Examples
    --------
    >>> sheet_names(["Pairs", "Biology/Education [BIG]", "pairs", "'", "History"])
    ['Pairs', 'Biology Education BIG', 'pairs 2', 'Sheet', 'History 2']
    """
    # Excel keeps "History" for itself.
    names, taken = [], {"history"}
    for text in wanted:
        start = plain(re.sub(r"[\[\]:*?/\\]", " ", text))[:31].strip(" '") or "Sheet"
        name, number = start, 2
        while name.casefold() in taken:
            ending = f" {number}"
            name, number = start[: 31 - len(ending)].rstrip(" '") + ending, number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def write_sheets(sheets: Sequence[Sheet], path: Path, *, title: str, language: str) -> None:
    """Write sheets to an Excel file; text is only ever text, never a formula or a link."""
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    try:
        with xlsxwriter.Workbook(str(path), options) as book:
            # A clock would make the bytes of every run differ.
            book.set_properties(
                {"title": title, "author": "mentormatch", "created": datetime(2000, 1, 1)}
            )
            looks = _Looks(book)
            for sheet in sheets:
                page = book.add_worksheet(sheet.name)
                _Writer(page, looks, sheet, language).write()
                _set_print(page, title, language)
    except xlsxwriter.exceptions.FileCreateError as error:
        # What the system said is inside; no caller should have to know who wrote the file.
        cause = error.args[0] if error.args else None
        raise (cause if isinstance(cause, OSError) else error) from None


class _Looks:
    """The looks of cells in a workbook, made once each."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Any] = {}

    def __call__(self, **look: object) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(look)
        return self._made[key]

    def heading(self, number: bool) -> Any:
        align = {"align": "center"} if number else {"indent": 1}
        return self(
            bold=True, font_color="white", bg_color=_HEAD, text_wrap=True, valign="vcenter", **align
        )

    def cell(self, number: str, shaded: bool, wrapped: bool) -> Any:
        """Return the look of a cell: its number format, empty for text, its shade and wrapping."""
        look: dict[str, object] = {"align": "left", "text_wrap": wrapped}
        if number:
            look = {"align": "right", "num_format": number}
        if shaded:
            look["bg_color"] = _LENT
        return self(font_color=_INK, valign="top", bottom=1, bottom_color=_LINE, indent=1, **look)


class _Writer:
    """Writes one sheet, from the top down."""

    def __init__(self, page: Any, looks: _Looks, sheet: Sheet, language: str) -> None:
        self.page, self.looks, self.sheet, self.language = page, looks, sheet, language
        self.widths = _widths(sheet.tables, language)
        self.row = 0

    def write(self) -> None:
        for column, width in enumerate(self.widths):
            self.page.set_column(column, column, width)
        first = self.sheet.tables[0] if self.sheet.tables else Table([])
        if first.columns and not first.title:
            self.page.autofilter(0, 0, first.height, len(first.columns) - 1)
            self.page.freeze_panes(1, 1)
            self.page.repeat_rows(0)
        for table in self.sheet.tables:
            if table.title:
                look = self.looks(bold=True, font_size=13, font_color=_HEAD)
                self._line(table.title, look)
            if table.note:
                self._line(table.note, self.looks(font_color=_INK))
            self._table(table)
            if table.title and not table.height:
                nothing = say("workbook.nothing", self.language)
                self._line(nothing, self.looks(italic=True, font_color=_INK))
            self.row += 1
        if self.sheet.printed:
            self.page.print_area(0, 0, self.row, self.sheet.printed - 1)

    def _line(self, text: str, look: Any) -> None:
        self.page.write_string(self.row, 0, _text(text), look)
        self.row += 1

    def _table(self, table: Table) -> None:
        for place, column in enumerate(table.columns):
            look = self.looks.heading(any(map(_is_number, column.cells)))
            self.page.write_string(self.row, place, _text(column.heading), look)
            if column.note:
                size = {"author": "mentormatch", "width": 300, "height": 150}
                self.page.write_comment(self.row, place, _text(column.note), size)
            if column.kind == "tint" and table.height:
                below = (self.row + 1, place, self.row + table.height, place)
                self.page.conditional_format(*below, _TINT)
        # The arrow of the filter takes as much as three letters.
        self._set_height([column.heading + " " * 3 for column in table.columns])
        self.row += 1
        for number, cells in enumerate(zip(*(c.cells for c in table.columns), strict=True)):
            for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
                self._cell(place, cell, column.kind, number in table.shaded)
            kinds = [column.kind for column in table.columns]
            self._set_height(
                [
                    "" if kind == "note" or _is_number(cell) else _words(cell, self.language)
                    for cell, kind in zip(cells, kinds, strict=True)
                ]
            )
            self.row += 1

    def _cell(self, place: int, value: Any, kind: str, shaded: bool) -> None:
        if _is_number(value):
            integral = isinstance(value, Integral)
            number = "0" if integral else "0.000" if kind in ("score", "tint") else "General"
            self.page.write_number(self.row, place, value, self.looks.cell(number, shaded, False))
            return
        look = self.looks.cell("", shaded, kind != "note")
        text = _words(value, self.language)
        if text:
            self.page.write_string(self.row, place, text, look)
        else:
            self.page.write_blank(self.row, place, None, look)

    def _set_height(self, texts: Sequence[str]) -> None:
        """Make a row as high as its wrapped texts need; not every program does so by itself."""
        lines = max(
            (
                sum(_lines(line, width) for line in text.split("\n"))
                for text, width in zip(texts, self.widths, strict=False)
            ),
            default=1,
        )
        if lines > 1:
            self.page.set_row(self.row, min(lines * _LINE_HEIGHT, _HIGHEST))


def _lines(text: str, width: float) -> int:
    """Estimate how many lines a text takes, a little too many rather than too few."""
    room = width - 2
    return 1 if len(text) <= room else math.ceil(len(text) * 1.08 / room)


# A solid bar would need an extension of the format that openpyxl warns about.
_TINT = {
    "type": "2_color_scale", "min_color": "#FFFFFF", "max_color": _BLUE,
    "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1,
}  # fmt: skip


def _set_print(page: Any, title: str, language: str) -> None:
    """Set a sheet up for A4 across, one page wide, with its name above and page numbers below."""
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    page.set_header("&L" + title[:100].replace("&", "&&") + "&R&A")
    page.set_footer("&C" + say("workbook.page", language))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not _is_truth(value) and math.isfinite(value)


def _is_truth(value: Any) -> bool:
    # NumPy has a truth value of its own.
    return type(value).__name__ in ("bool", "bool_")


def _words(value: Any, language: str) -> str:
    """Return the text of a cell; what is missing is empty."""
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return ""
    if _is_truth(value):
        return say("workbook.yes" if value else "workbook.no", language)
    if isinstance(value, tuple | list):
        return _text(", ".join(map(str, value)))
    return _text(str(value))


def _text(text: str) -> str:
    """Return a text that fits into a cell and that a file can hold."""
    text = _UNHELD.sub("", text.encode("utf-8", "replace").decode("utf-8"))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _widths(tables: Sequence[Table], language: str) -> list[float]:
    """Choose how wide each column of a sheet is: as wide as its longest cell, within reason."""
    widths = [_NARROW] * max((len(table.columns) for table in tables), default=0)
    for table in tables:
        for place, column in enumerate(table.columns):
            # A heading may break between its words, and has the arrow of the filter.
            longest = max((len(word) for word in column.heading.split()), default=0) * 1.15 + 3
            if column.kind != "note":
                texts = (
                    "0.000" if _is_number(cell) else _words(cell, language) for cell in column.cells
                )
                cells = (len(line) * 1.1 for text in texts for line in text.split("\n"))
                longest = max(longest, max(cells, default=0) + 2)
            widest = _WIDEST.get(column.kind, _WIDE)
            widths[place] = round(max(widths[place], min(longest, widest)), 1)
    return widths
