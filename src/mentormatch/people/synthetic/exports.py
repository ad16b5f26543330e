"""How form makers put answers into the cells of an export, with the slips that people add."""

from __future__ import annotations

import csv
import io
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import xlsxwriter

from mentormatch.people.programme import Option, Programme, Question
from mentormatch.people.synthetic.replies import default_of

Cell = str | float | datetime
Record = dict[str, Any]


@dataclass(frozen=True)
class Style:
    """How a form hands out its answers.

    Parameters
    ----------
    name : str
        Goes into file names.
    language : {"en", "sv"}
        Of the headings.
    encoding : str
        Of a text file; empty for a workbook of Microsoft Forms.
    delimiter : str
        Between the cells of a text file.
    """

    name: str
    language: str
    encoding: str = ""
    delimiter: str = ""

    @property
    def suffix(self) -> str:
        """Return how the name of a file ends."""
        return ".csv" if self.encoding else ".xlsx"

    def can_say(self, text: str) -> bool:
        """Say whether all letters of a text exist in the encoding."""
        try:
            text.encode(self.encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True


UNICODE = Style("semicolons", "sv", "utf-8-sig", ";")
MICROSOFT = Style("microsoft-english", "en")
MICROSOFT_SWEDISH = Style("microsoft-swedish", "sv")
WINDOWS = Style("windows", "sv", "cp1252", ";")
UTF_16 = Style("utf-16", "en", "utf-16", "\t")
GOOGLE = Style("google", "en", "utf-8", ",")
MAC = Style("mac", "sv", "mac_roman", ";")
STYLES = (UNICODE, MICROSOFT, WINDOWS, UTF_16, GOOGLE, MICROSOFT_SWEDISH, MAC)

#: What Microsoft Forms calls the columns that it fills in itself.
_MICROSOFT = ("Start time", "Completion time", "Email", "Name",
              "Starttid", "Slutförandetid", "E-post", "Namn")  # fmt: skip
_NOT_ASKED = {
    "en": "How did you hear about us?",
    "sv": "Hur fick du höra talas om oss?",
}
_HEARD = ("", "", "Instagram", "a friend", "en kurskamrat", "mejl från institutionen", "poster")
_SWEDISH_WORDS = {
    *("arbetsgivare", "avhopp", "deltagar-id", "deltagarnummer", "din", "ditt", "du", "e-post"),
    *("e-postadress", "erbjuder", "hur", "institution", "intressen", "namn", "platser", "starttid"),
    *("vad", "var", "vilka", "vilken", "vilket", "vill"),
}
#: The same in every run, so that the same cohort gives the same bytes.
_CREATED = datetime(2024, 10, 14, 9, 0)


class Form:
    """One export: its headings, its lines, and in the end its bytes.

    Parameters
    ----------
    programme : Programme
        What is asked.
    side : {"mentees", "mentors"}
        Of whom.
    style : Style
        Kind of file.
    records : sequence of dict
        Everybody who will stand in it. A moment or an id that nobody has gets no column.
    withdrawn : bool
        Whether somebody withdrew.
    rng : random.Random
        Decides on the slips.
    """

    def __init__(
        self,
        programme: Programme,
        side: str,
        style: Style,
        records: Sequence[Record],
        *,
        withdrawn: bool,
        rng: random.Random,
    ) -> None:
        self.style, self.rng, self.zone = style, rng, ZoneInfo(programme.timezone)
        self.columns: list[tuple[str, Question]] = []
        for question in programme.questions_of(side):
            if question.answer == "withdrawn":
                used = withdrawn
            elif question.answer == "id":
                used = any(r["id"] != r.get("email") for r in records)
            elif question.kind == "moment":
                used = any(not is_missing(r.get(question.answer)) for r in records)
            else:
                used = True
            if used or question.required:
                self.columns.append((self._heading(question), question))
        self.not_asked = _NOT_ASKED[style.language]
        # A comma may be part of an option; then the form separates answers otherwise.
        self.separators = (";",) if style.encoding == "utf-16" else (", ", ";")

    @property
    def headings(self) -> list[str]:
        """Return all headings in the order of the sheet."""
        first = [] if self.style.encoding else ["Id"]
        return [*first, *(heading for heading, _ in self.columns), self.not_asked]

    def _heading(self, question: Question) -> str:
        swedish = self.style.language == "sv"
        fitting = [h for h in question.headings if is_swedish(h) == swedish]
        fitting = fitting or list(question.headings)
        if not self.style.encoding:
            filled_in = [heading for heading in fitting if heading in _MICROSOFT]
            if filled_in:
                return filled_in[0]
        heading = self.rng.choice(fitting)
        if heading.count(" ") > 2 and self.rng.random() < 0.5:
            middle = heading.index(" ", len(heading) // 2 - 4)
            heading = heading[:middle] + "\n" + heading[middle + 1 :]
        if self.rng.random() < 0.3:
            heading += self.rng.choice((" ", "  ", " *"))
        return self._letters(heading)

    # ------------------------------------------------------------------------------- lines

    def line(self, record: Record, *, withdrawn: bool = False) -> list[Cell]:
        """Return the cells of somebody's answers."""
        cells: list[Cell] = []
        for _, question in self.columns:
            if question.answer == "withdrawn":
                cells.append(self._yes(withdrawn) if withdrawn or question.required else "")
            elif question.answer == "id":
                cells.append(str(record["id"]))
            else:
                cells.append(self._cell(question, record.get(question.answer)))
        heard = self.rng.choice(_HEARD)
        return [*cells, heard]

    def _cell(self, question: Question, value: Any) -> Cell:
        if is_missing(value):
            return ""
        if question.default and value == default_of(question) and self.rng.random() < 0.5:
            return ""
        if question.kind == "moment" and isinstance(value, datetime):
            return self._moment(value)
        if question.kind == "number":
            return self._number(float(value))
        if question.kind == "yes or no":
            return self._yes(bool(value))
        if question.kind == "one of" and question.options:
            return self._slips(self._spelling(question, value))
        if question.kind == "any of":
            return self._several(question, value)
        if question.answer == "email":
            return self._spaces(str(value))
        return self._slips(str(value))

    def _spelling(self, question: Question, key: str) -> str:
        option = next(option for option in question.options if option.key == key)
        names = [option.name("en"), option.name("sv")]
        if question.answer == "department":
            names += option.aliases
        return self.rng.choice([name for name in names if self.style.can_say(name)] or [key])

    def _several(self, question: Question, values: Sequence[str]) -> str:
        if not question.options:
            return "".join(f"{value};" for value in values)
        names = [self._slips(self._spelling(question, value)) for value in values]
        if not self.style.encoding:
            return "".join(f"{name};" for name in names)
        comma = any("," in spelling for o in question.options for spelling in _spellings(o))
        return (";" if comma else self.rng.choice(self.separators)).join(names)

    def _number(self, value: float) -> Cell:
        if not self.style.encoding:
            return value
        if self.style.language == "sv" and self.rng.random() < 0.3:
            return str(value).replace(".", ",")  # 1,0
        return str(int(value)) if value.is_integer() else str(value)

    def _yes(self, value: bool) -> str:
        if self.style.language == "sv":
            return "Ja" if value else "Nej"
        return "Yes" if value else "No"

    def _moment(self, value: datetime) -> Cell:
        value = pd.Timestamp(value).to_pydatetime()
        if not self.style.encoding:
            return value
        away = value.replace(tzinfo=self.zone).utcoffset()
        if self.style.delimiter == "," and away is not None:
            hours = away.total_seconds() / 3600
            if hours.is_integer():  # Google Forms
                half = "am" if value.hour < 12 else "pm"
                clock = f"{(value.hour - 1) % 12 + 1}:{value:%M:%S}"
                return f"{value:%Y/%m/%d} {clock} {half} GMT{hours:+.0f}"
        return value.isoformat(sep=" ")

    def _slips(self, text: str) -> str:
        return self._spaces(self._letters(text))

    def _spaces(self, text: str) -> str:
        slip = self.rng.random()
        if slip < 0.1:
            return text + self.rng.choice((" ", "  ", "\u00a0"))
        return " " + text if slip < 0.13 else text

    def _letters(self, text: str) -> str:
        """Write accents apart now and then, as Macs do, where the encoding has them."""
        if self.rng.random() < 0.2:
            apart = unicodedata.normalize("NFD", text)
            if self.style.can_say(apart):
                return apart
        return text

    # ------------------------------------------------------------------------------- bytes

    def content(self, lines: Sequence[Sequence[Cell]]) -> bytes:
        """Return the whole file, with a blank row here and there."""
        rows: list[Sequence[Cell]] = [self.headings]
        for number, line in enumerate(lines, start=1):
            rows.append(line if self.style.encoding else [number, *line])
            if self.rng.random() < 0.03:
                rows.append([""] * len(line))
        return self._text(rows) if self.style.encoding else _workbook(rows)

    def _text(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        page = io.StringIO(newline="")
        csv.writer(page, delimiter=self.style.delimiter).writerows(rows)
        return page.getvalue().encode(self.style.encoding)


def _workbook(rows: Sequence[Sequence[Cell]]) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    book.set_properties({"created": _CREATED})
    moment = book.add_format({"num_format": "m/d/yy h:mm:ss"})
    sheet = book.add_worksheet("Sheet1")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell, moment)
            elif isinstance(cell, str):
                if cell:
                    sheet.write_string(number, column, cell)
            else:
                sheet.write_number(number, column, cell)
    book.close()
    return content.getvalue()


def is_missing(value: Any) -> bool:
    """Say whether there is no answer: an empty text or tuple, None, NaN or NaT."""
    if isinstance(value, (str, tuple, list)):
        return len(value) == 0
    return value is None or bool(pd.isna(value))


def letters(record: Record) -> str:
    """Return all letters that somebody's answers are written with."""
    return "".join(value for value in record.values() if isinstance(value, str)) + "".join(
        part for value in record.values() if isinstance(value, tuple) for part in value
    )


def is_swedish(heading: str) -> bool:
    """Say whether a heading is Swedish rather than English.

    Examples
    --------
    >>> is_swedish("Vilka språk kan du mötas på?"), is_swedish("E-mail address")
    (True, False)
    """
    words = heading.casefold().replace("?", " ").split()
    return any(letter in "åäö" for word in words for letter in word) or not (
        _SWEDISH_WORDS.isdisjoint(words)
    )


def _spellings(option: Option) -> tuple[str, ...]:
    return (option.name.en, option.name.sv, *option.aliases)
