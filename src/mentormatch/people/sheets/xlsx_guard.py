"""What in an Excel workbook would hurt whoever opens it, found before it is opened."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pyexpat import ExpatError, ParserCreate

from mentormatch.errors import Fault, ProfileError
from mentormatch.people.sheets.grid import MAX_COLUMNS, MAX_ROWS, too_far

MAX_UNPACKED = 200_000_000
#: A part that unpacks to more than this many times its size is a bomb; real sheets stay below 40.
MAX_RATIO = 100
_SMALL_PART = 5_000_000
_MAX_PARTS = 5_000
#: What openpyxl makes of a tag takes time and memory, most of all of what is neither cell nor text.
_CELL_TAGS = frozenset({"row", "c", "v", "f"})
_TEXT_TAGS = frozenset(
    {"si", "is", "t", "r", "rPr", "rPh", "phoneticPr", "rFont", "b", "i", "u", "sz", "color",
     "family", "charset", "scheme", "vertAlign", "strike", "outline", "shadow"}
)  # fmt: skip
MAX_TAGS = {"cells": 4_000_000, "texts": 1_000_000, "others": 100_000}
#: Excel's own limit is 255 characters.
_LONGEST_FORMAT = 1_000
_EXCEL_ROWS, _EXCEL_COLUMNS = 1_048_576, 16_384
_XML = (".xml", ".rels")
_CHUNK = 1 << 18
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class _RefusedError(Exception):
    """Ends the scan of a part; its text is the code of the fault."""


class _TooFarError(Exception):
    """Ends the scan at a cell too far away."""

    def __init__(self, row: int, position: int) -> None:
        self.row, self.position = row, position


class TagCount:
    """How many tags a workbook holds, by what openpyxl makes of them."""

    def __init__(self) -> None:
        self._left = dict(MAX_TAGS)

    def add(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Count an opening tag, by its name alone: openpyxl often reads it wherever it stands."""
        kind = "cells" if tag in _CELL_TAGS else "texts" if tag in _TEXT_TAGS else "others"
        self._left[kind] -= 1
        # Every cell format searches its number format for signs of a date.
        if self._left[kind] < 0 or len(attributes.get("formatCode", "")) > _LONGEST_FORMAT:
            raise _RefusedError("sheets.unpacks_to_much")


class SheetScan:
    """What one worksheet holds, counted tag by tag without building it.

    Attributes
    ----------
    last_row, last_column : int
        The furthest row and column with content, from 1; 0 if there is none.
    hidden_rows : int
        Rows with content that a filter or a hand has hidden.
    merged : int
        Number of merged areas.
    unsaved : set of (int, int)
        Formulas whose result was never saved: row from 1, column from 0.
    """

    def __init__(self) -> None:
        self.last_row = self.last_column = self.hidden_rows = self.merged = 0
        self.unsaved: set[tuple[int, int]] = set()
        self._row = self._column = self._counted_row = 0
        self._hidden = self._inside_value = False
        self._cell: set[str] = set()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take note of an opening tag, called by its name without a namespace."""
        match tag:
            case "row":
                self._open_row(attributes)
            case "c":
                self._open_cell(attributes)
            case "f":
                self._cell.add("formula")
            case "is":
                self._cell.add("content")
            case "v":
                self._inside_value = True
                if "empty text" in self._cell:  # a formula may well say ""
                    self._cell.add("content")
            case "mergeCell":
                self.merged += 1

    def text(self, text: str) -> None:
        """Take note of text between tags."""
        if self._inside_value and text:
            self._cell.add("content")

    def end(self, tag: str) -> None:
        """Take note of a closing tag."""
        match _local(tag):
            case "v":
                self._inside_value = False
            case "c":
                self._close_cell()

    def _open_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r", str(self._row + 1))
        # openpyxl skips rows that do not ascend, and with them people: so they must not pass.
        if not re.fullmatch("[0-9]{1,7}", number) or not self._row < int(number) <= _EXCEL_ROWS:
            raise _RefusedError("sheets.damaged_workbook")
        self._row, self._column = int(number), 0
        self._hidden = attributes.get("hidden") in ("1", "true")

    def _open_cell(self, attributes: Mapping[str, str]) -> None:
        column = self._column + 1
        if "r" in attributes:
            reference = _REFERENCE.fullmatch(attributes["r"])
            if reference is None or int(reference[2]) != self._row:
                raise _RefusedError("sheets.damaged_workbook")
            column = 0
            for letter in reference[1]:
                column = 26 * column + ord(letter) - ord("A") + 1
        if not self._column < column <= _EXCEL_COLUMNS:
            raise _RefusedError("sheets.damaged_workbook")
        self._column = column
        self._cell = {"empty text"} if attributes.get("t") == "str" else set()

    def _close_cell(self) -> None:
        if self._cell & {"formula", "content"}:
            if self._row > MAX_ROWS or self._column > MAX_COLUMNS:
                raise _TooFarError(self._row, self._column - 1)
            self.last_row = self._row
            self.last_column = max(self.last_column, self._column)
            if self._hidden and self._counted_row != self._row:
                self.hidden_rows += 1
                self._counted_row = self._row
        if "formula" in self._cell and "content" not in self._cell:
            self.unsaved.add((self._row, self._column - 1))
        self._cell = set()


def scan_workbook(archive: zipfile.ZipFile, file: str) -> dict[str, SheetScan]:
    """Return a scan of every worksheet in a workbook, by the name of its part.

    Parameters
    ----------
    archive : zipfile.ZipFile
        The workbook as it stands on disk.
    file : str
        Its name, for messages.

    Raises
    ------
    ProfileError
        It would unpack to too much or holds too many tags, has a password or a document type
        declaration, its cells reach too far or are out of order, or it is damaged.
    """
    refused = _packing(archive)
    if refused:
        raise ProfileError([Fault(refused, file=file)])
    scans: dict[str, SheetScan] = {}
    tags = TagCount()
    for part in archive.infolist():
        try:
            scan = _scan_part(archive, part, tags)
        except _RefusedError as refusal:
            raise ProfileError([Fault(str(refusal), file=file)]) from None
        except _TooFarError as far:
            raise ProfileError([too_far(file, far.row, far.position)]) from None
        except Exception:  # any bytes may stand here, and zlib, bz2 and zipfile raise as they like
            raise ProfileError([Fault("sheets.damaged_workbook", file=file)]) from None
        if scan is not None:
            scans[part.filename] = scan
    return scans


def _packing(archive: zipfile.ZipFile) -> str | None:
    """Return the code of what is wrong with the packing alone."""
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        return "sheets.old_or_locked"
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        return "sheets.unpacks_to_much"
    for part in parts:
        if part.file_size > max(_SMALL_PART, MAX_RATIO * part.compress_size):
            return "sheets.unpacks_to_much"
    return None


def _scan_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, tags: TagCount) -> SheetScan | None:
    """Return the scan of a part that is a worksheet, None for any other part."""
    parser = ParserCreate(namespace_separator=" ")
    sheets: list[SheetScan] = []

    def refuse(*_: object) -> None:
        raise _RefusedError("sheets.declared_type")

    def root(tag: str, attributes: Mapping[str, str]) -> None:
        # Only the first tag says what the part is.
        parser.StartElementHandler = count
        if _local(tag) == "worksheet":
            sheets.append(SheetScan())
            parser.StartElementHandler = start
            parser.EndElementHandler = sheets[0].end
            parser.CharacterDataHandler = sheets[0].text
        count(tag, attributes)

    def count(tag: str, attributes: Mapping[str, str]) -> None:
        tags.add(_local(tag), attributes)

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        name = _local(tag)
        tags.add(name, attributes)
        sheets[0].start(name, attributes)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = root
    with archive.open(part) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except ExpatError:
            # Pictures are no XML. Other parsers than this one may read what it cannot.
            if sheets or part.filename.casefold().endswith(_XML):
                raise
    return sheets[0] if sheets else None


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]
