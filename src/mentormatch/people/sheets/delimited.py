"""How a text file with separators (CSV, TSV, TXT) becomes cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from mentormatch.errors import Fault, ProfileError
from mentormatch.people.sheets.grid import MAX_COLUMNS, MAX_ROWS, Grid, Row, too_far
from mentormatch.people.spelling import tidy

#: In the order of preference where the headings speak for several.
SEPARATORS = (";", "\t", ",", "|")

_SAMPLE = 1_000_000
_SAMPLE_ROWS = 50
_EXCEL_SEPARATOR = re.compile(r'"?sep=([;,|\t])"?[;,|\t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_HIGH_BYTES = re.compile(rb"[\x00-\x7f]?[\x80-\xff]")
#: Bytes of å, ä, ö, é as UTF-8 has them: in older letters they would be "Ã¥" or "√•".
_UTF8_SWEDISH = re.compile(b"\xc3[\xa4\xa5\xa9\xb6\x84\x85\x89\x96]")
_UTF8_LETTERS = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")

_NORDIC = frozenset("åäöÅÄÖéÉüÜæøÆØ")
_PUNCTUATION = frozenset("‘’“”–—…•€§°«»\u00a0")


def read_delimited(data: bytes, file: str) -> Grid:
    """Return the cells of a text file with separators.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, for messages.

    Raises
    ------
    ProfileError
        It is no text, quotation marks do not pair, or it reaches too far.
    """
    text, notes = decode(data, file)
    declared = _EXCEL_SEPARATOR.match(text)
    if declared:  # Excel shows no row for this line, so it must not count as one
        text = text[declared.end() :]
    separator = declared[1] if declared else find_separator(text)
    rows: list[Row] = []
    number = width = 0
    try:
        for number, cells in enumerate(_records(text, separator, strict=True), start=1):
            if not any(cells):
                continue
            width = width or len(cells)
            if any(_swallows(cell, separator, width) for cell in cells):
                raise ProfileError([Fault("sheets.open_quote", file=file, row=number)])
            row = Row(number, tuple(map(tidy, cells[:MAX_COLUMNS])))
            filled = [position for position, cell in enumerate(row.cells) if cell]
            beyond = cells[MAX_COLUMNS:]
            filled += [MAX_COLUMNS + at for at, cell in enumerate(beyond) if cell.strip()]
            if filled and (number > MAX_ROWS or filled[-1] >= MAX_COLUMNS):
                raise ProfileError([too_far(file, number, filled[-1])])
            if filled:
                rows.append(row)
    except csv.Error:
        raise ProfileError([Fault("sheets.open_quote", file=file, row=number + 1)]) from None
    return Grid(tuple(rows), separated=True, notes=notes)


def _swallows(cell: str, separator: str, width: int) -> bool:
    """Say whether a cell holds a whole row, with an address, between two stray quotation marks."""
    lines = cell.splitlines()[1:]
    return any("@" in line and line.count(separator) >= max(width - 1, 1) for line in lines)


def decode(data: bytes, file: str) -> tuple[str, tuple[Fault, ...]]:
    """Return the text of a file in UTF-16, UTF-8, Windows or Mac letters, with notes on doubts.

    Raises
    ------
    ProfileError
        It is no text, or letters of several kinds are mixed.
    """
    text = None
    notes: tuple[Fault, ...] = ()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _try(data, "utf-16")
        if text is None:
            raise ProfileError([Fault("sheets.damaged_text", file=file)])
    elif b"\0" not in data:
        text = _try(data, "utf-8-sig")
        if text is None:
            text, notes = _decode_old(data, file)
    if text is None or "\0" in text:
        raise ProfileError([Fault("sheets.no_text", file=file)])
    return text, notes


def _decode_old(data: bytes, file: str) -> tuple[str, tuple[Fault, ...]]:
    """Choose between the letters of Windows and of old Macs, which nearly any bytes could be."""
    sample = data[:_SAMPLE]
    high = sum(1 for byte in sample if byte > 127)
    many = 3 * len(_UTF8_LETTERS.findall(sample)) > high > 3
    if many or _UTF8_SWEDISH.search(data):
        raise ProfileError([Fault("sheets.mixed_letters", file=file)])
    contexts = Counter(_HIGH_BYTES.findall(sample))
    windows, mac = (_plausibility(contexts, name) for name in ("cp1252", "mac_roman"))
    text = _try(data, "cp1252") if windows >= mac else None
    if text is not None:
        sure = windows > 0 and windows > mac
        kind = "Windows (cp1252)"
    else:
        text, sure, kind = data.decode("mac_roman"), False, "Mac Roman"
    note = Fault("sheets.guessed_letters", file=file, details={"kind": kind})
    return text, () if sure else (note,)


def _plausibility(contexts: Counter[bytes], encoding: str) -> float:
    """Return how much like Swedish or English a text with these letters looks."""
    total = 0.0
    for context, count in contexts.items():
        text = context.decode(encoding, errors="replace")
        before, letter = text[:-1], text[-1]
        if letter in _NORDIC:
            worth = 3.0
        elif letter.isalpha() and letter not in "ªºƒµπΩﬁﬂıˆ":
            worth = 1.0
        elif letter in _PUNCTUATION:
            worth = 0.5
        else:
            worth = -3.0
        # "SmŒland", "fšr": Mac letters read as Windows put capitals and signs inside words.
        if before.islower() and letter.isupper():
            worth -= 4.0
        if before.isalpha() and letter in "€ƒ…":
            worth -= 2.0
        total += worth * count
    return total


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def find_separator(text: str) -> str:
    """Return the separator: the one whose cells are as many in most rows as in the headings.

    Only separators outside quotation marks in the headings are thought of; the more frequent one
    is taken where several fit the rows equally well.
    """
    sample = text[:_SAMPLE]
    headings = _first_line(sample)
    counts = {separator: headings.count(separator) for separator in SEPARATORS}
    candidates = [separator for separator in SEPARATORS if counts[separator]]
    if not candidates:  # a title above the headings, or a single column
        return max(SEPARATORS, key=sample.count)
    return max(candidates, key=lambda each: (_steadiness(sample, each), counts[each]))


def _first_line(text: str) -> str:
    """Return the first line with content, without what stands in quotation marks."""
    outside: list[str] = []
    for position, part in enumerate(text.lstrip().split('"')):
        if position % 2 == 0:
            line, *others = re.split(r"[\r\n]", part, maxsplit=1)
            outside.append(line)
            if others:
                break
    return "".join(outside)


def _steadiness(sample: str, separator: str) -> float:
    """Return the share of the first rows that have as many cells as the very first."""
    widths: list[int] = []
    try:
        for record in _records(sample, separator, strict=False):
            if any(record):
                widths.append(len(record))
            if len(widths) == _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return widths.count(widths[0]) / len(widths) if widths else 0.0


def _records(text: str, separator: str, *, strict: bool) -> Iterator[list[str]]:
    # Strict, since otherwise one forgotten quotation mark swallows the people after it.
    return csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=strict, skipinitialspace=True
    )
