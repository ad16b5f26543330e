"""A TOML file that a person wrote: what cannot be read in it is told in plain words, by line."""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from typing import Any

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.programme_file.toml_lines import unclosed
from mentormatch.people.spelling import clip

#: Bytes of the largest file that is read; a programme file is about a thousandth of it.
LARGEST = 1_000_000

AREA = "programme_faults"

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

# What stands on the line that stopped the reader says more about the cause than its message.
_CAUSES_ON_THE_LINE = (
    ("curly_quotes", re.compile("[“”„‟«»‘’‚]")),
    ("date_written", re.compile(r"=\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")),
    ("true_or_false", re.compile(r"=\s*(?i:true|false|yes|no|ja|nej|sant|falskt)\s*$")),
    ("bad_letter_in_key", re.compile(r"^\s*\[{0,2}\s*[\w.-]*[^\W\dA-Za-z_][\w.-]*\s*[]=]")),
)

_TEXT_OR_REMARK = re.compile(r""""[^"]*"|'[^']*'|#.*""")
_HEADING_OR_KEY = re.compile(r"\s*(\[{1,2}\s*[\w.-]+\s*\]|[\w.-]+\s*=)")

_CAUSES_IN_THE_MESSAGE = (
    ("date_written", "Invalid date or datetime"),
    ("said_twice", "Cannot overwrite a value"),
    ("said_twice", "Duplicate inline table key"),
    ("said_twice", "Cannot redefine namespace"),
    ("said_twice", "Cannot mutate immutable namespace"),
    ("heading_twice", "Cannot declare"),
    ("heading_brackets", "at the end of a table declaration"),
    ("heading_brackets", "at the end of an array declaration"),
    ("list_not_closed", "Unclosed array"),
    ("braces_not_closed", "Unclosed inline table"),
    ("text_not_closed", "Unterminated string"),
    ("text_not_closed", r"Illegal character '\n'"),
    ("text_not_closed", """Expected "'\""""),
    ("text_not_closed", """Expected "'''\""""),
    ("text_not_closed", r"Found invalid character '\n'"),
    ("backslash", "Unescaped"),
    ("backslash", "Invalid hex value"),
    ("backslash", "not a Unicode scalar"),
    ("control_character", "Illegal character"),
    ("control_character", "Found invalid character"),
    ("no_equals_sign", "Expected '=' after a key"),
    ("more_on_the_line", "Expected newline"),
    ("no_value", "Invalid value"),
)


def read_text(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return the name of a text file, without its folder, and what it says.

    Raises
    ------
    ProgrammeError
        The file is missing, a folder, locked, too large, empty or not UTF-8.
    """
    whole = os.fsdecode(path)
    name = os.path.basename(os.path.normpath(whole))

    def stop(code: str, row: int | None = None, **details: str) -> ProgrammeError:
        return ProgrammeError([Fault(f"{AREA}.{code}", file=name, row=row, details=details)])

    if os.path.isdir(whole):
        raise stop("folder")
    if os.path.exists(whole) and not os.path.isfile(whole):  # reading a pipe might never end
        raise stop("not_opened")
    try:
        with open(whole, "rb") as file:
            content = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise stop("no_file") from None
    except PermissionError:
        raise stop("no_permission") from None
    except (OSError, ValueError):  # a name that no file can have, a broken disk
        raise stop("not_opened") from None
    if len(content) > LARGEST:
        raise stop("too_large", limit=f"{LARGEST // 1_000_000} MB")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise stop("not_utf8")
    if content.startswith(b"PK\x03\x04") or b"\0" in content:
        raise stop("no_text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise stop("not_utf8", row=content.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise stop("empty_file")
    return name, text.replace("\r\n", "\n")


def _cause(message: str, line: str) -> str:
    """Return the code of the fault that a message of `tomllib` about a line amounts to."""
    bare = _TEXT_OR_REMARK.sub("", line)
    if message.startswith(("Invalid", "Expected newline", "Expected '='")):
        for code, pattern in _CAUSES_ON_THE_LINE:
            if pattern.search(bare):
                return code
    for code, part in _CAUSES_IN_THE_MESSAGE:
        if part in message:
            return code
    return "not_toml"


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the values of a TOML text, as `tomllib` reads them.

    Raises
    ------
    ProgrammeError
        The text is no TOML; the fault says where, and why as far as can be guessed.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ProgrammeError([Fault(f"{AREA}.too_deep", file=name)]) from None
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        raise ProgrammeError([_syntax_fault(str(error), text, name)]) from None


def _syntax_fault(message: str, text: str, name: str) -> Fault:
    place = _PLACE.search(message)
    if place is None:
        return Fault(f"{AREA}.number_too_long", file=name)
    lines = text.rstrip().split("\n")
    row = min(int(place[1] or len(lines)), len(lines))
    code = _cause(message, lines[row - 1])
    if code in ("list_not_closed", "no_value"):
        # The reader stops where the next line makes no sense; the list began further up.
        read = "\n".join(
            [*lines[: row - 1], lines[row - 1][: int(place[2]) - 1 if place[2] else None]]
        )
        opened = unclosed(read)
        next_one = place[1] is None or _HEADING_OR_KEY.match(lines[row - 1])
        if opened is not None and (code == "list_not_closed" or (opened < row and next_one)):
            row, code = opened, "list_not_closed"
    return Fault(f"{AREA}.{code}", file=name, row=row, value=clip(lines[row - 1], 60))
