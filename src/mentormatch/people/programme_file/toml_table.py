"""The tables of a TOML file, asked for their values key by key; what is wrong is gathered."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from mentormatch.errors import Fault
from mentormatch.people.programme import Words
from mentormatch.people.programme_file.toml_lines import Path
from mentormatch.people.programme_file.toml_page import AREA
from mentormatch.people.spelling import clip, fold, nearest


def _unprintable(letter: str) -> bool:
    """Say whether a character has no place in an Excel sheet or a letter."""
    return letter in "\ufffe\uffff" or (
        unicodedata.category(letter) == "Cc" and letter not in "\n\t"
    )


def breaks_lines(text: str) -> bool:
    r"""Say whether a text holds a tab, a line break or another control character.

    Examples
    --------
    >>> breaks_lines("Mentors\n2024"), breaks_lines("Mentors 2024")
    (True, False)
    """
    return any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text)


def shown(value: object) -> str:
    """Return a value of a TOML file on one short line, as its author would recognise it."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (dict, list)):
        mark = "{…}" if isinstance(value, dict) else "[…]"
        text = mark if value else mark.replace("…", "")
    elif isinstance(value, (datetime, date, time)):
        text = value.isoformat()
    elif isinstance(value, int) and abs(value) >= 10**60:
        text = "…"  # Python refuses to write out a number of thousands of digits
    else:
        text = str(value)
    return clip(text, 60)


@dataclass
class Page:
    """A file that is being read: its lines, and the faults found so far."""

    file: str
    lines: Mapping[Path, int]
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest table around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def fault(
        self,
        code: str,
        path: Path,
        value: object = None,
        accepted: Iterable[str] = (),
        nearest: str | None = None,
        **details: str,
    ) -> None:
        """Note a fault of what stands at a path."""
        if code.startswith("expected_") and isinstance(value, str):
            value = f'"{clip(value, 56)}"'  # a text where something else is needed: show its marks
        self.faults.append(
            Fault(
                f"{AREA}.{code}",
                file=self.file,
                row=self.line(path),
                column=".".join(part for part in path if isinstance(part, str)) or None,
                value=None if value is None else shown(value),
                accepted=tuple(accepted),
                nearest=nearest,
                details=details,
            )
        )

    def unknown(
        self, code: str, path: Path, value: str, accepted: Collection[str], near: Iterable[str] = ()
    ) -> None:
        """Note that a value is none of those accepted, and which it may have meant."""
        self.fault(code, path, value, accepted, nearest(value, [*accepted, *near]))


class Table:
    """One table of the file; asking for a key makes it known, `close` tells of the others."""

    def __init__(self, page: Page, path: Path, values: Mapping[str, Any]) -> None:
        self.page, self.path, self.values = page, path, values
        self.asked: list[str] = []

    def at(self, key: str) -> Path:
        """Return the path of a key of this table."""
        return (*self.path, key)

    def take(self, key: str, *, required: bool = False) -> Any:
        """Return what stands at a key, or None."""
        self.asked.append(key)
        if key not in self.values and required:
            self.page.fault("missing", self.at(key))
        return self.values.get(key)

    def close(self) -> None:
        """Tell of every key that nobody asked for."""
        for key in self.values:
            if key not in self.asked:
                self.page.unknown("unknown_key", self.at(key), key, self.asked)

    def checked_text(self, value: object, path: Path) -> str:
        """Return a text that can be shown, or an empty one with a fault."""
        if not isinstance(value, str):
            self.page.fault("expected_text", path, value)
        elif not value.strip():
            self.page.fault("empty_text", path)
        elif any(map(_unprintable, value)):
            self.page.fault("control_character", path, ascii(value)[1:-1])
        else:
            return value
        return ""

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """Return a text; an empty one is a fault where the text is required."""
        value = self.take(key, required=required)
        if value is None or (value == "" and not required):
            return default
        return self.checked_text(value, self.at(key))

    def line(self, key: str, *, required: bool = False) -> str:
        """Return a text on one line."""
        text = self.text(key, required=required)
        if breaks_lines(text):
            self.page.fault("several_lines", self.at(key), ascii(text)[1:-1])
            return ""
        return text

    def choice(
        self, key: str, choices: Collection[str], default: str = "", *, required: bool = False
    ) -> str:
        """Return a text that is one of the choices."""
        text = self.text(key, default, required=required)
        if text and text not in choices:
            self.page.unknown("unknown_choice", self.at(key), text, choices)
            return ""
        return text

    def key(self, key: str) -> str:
        """Return a required text that may name files and columns: letters, digits, - and _."""
        text = self.text(key, required=True)
        if text and not (
            text.isascii() and text.replace("-", "a").replace("_", "a").isalnum() and len(text) < 60
        ):
            self.page.fault("bad_key", self.at(key), text)
            return ""
        return text

    def name(self, key: str, *, required: bool = False) -> Words:
        """Return a name on one line: one text for both languages, or a text for each."""
        words = self.words(key, required=required)
        for text in dict.fromkeys((words.en, words.sv)):
            if breaks_lines(text):
                self.page.fault("several_lines", self.at(key), ascii(text)[1:-1])
        return words

    def words(self, key: str, *, required: bool = False) -> Words:
        """Return words: one text for both languages, or a text for each."""
        value = self.take(key, required=required)
        if value is None or (value == "" and not required):
            return Words("")
        if isinstance(value, str):
            return Words(self.checked_text(value, self.at(key)))
        if not isinstance(value, dict):
            self.page.fault("expected_words", self.at(key), value)
            return Words("")
        both = Table(self.page, self.at(key), value)
        en, sv = both.text("en"), both.text("sv")
        both.close()
        if not any(
            isinstance(value.get(language), str) and value[language] for language in both.asked
        ):
            self.page.fault("empty_text", self.at(key))
        return Words(en, sv)

    def texts(self, key: str, *, required: bool = False) -> dict[str, Path]:
        """Return the texts of a list and where each stands; a lone text is a list of one."""
        value = self.take(key, required=required)
        if value is None:
            return {}
        if isinstance(value, str):
            text = self.checked_text(value, self.at(key))
            return {text: self.at(key)} if text else {}
        if not isinstance(value, list):
            self.page.fault("expected_texts", self.at(key), value)
            return {}
        if required and not value:
            self.page.fault("empty_list", self.at(key))
        found: dict[str, Path] = {}
        for position, entry in enumerate(value):
            path = (*self.at(key), position)
            text = self.checked_text(entry, path)
            if text:
                found.setdefault(text, path)
        return found

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is missing."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.page.fault("expected_flag", self.at(key), value)
        return False

    def table(self, key: str, *, required: bool = False) -> Table | None:
        """Return a [table]."""
        self.asked.append(key)
        value = self.values.get(key)
        if isinstance(value, dict):
            return Table(self.page, self.at(key), value)
        if isinstance(value, list):
            self.page.fault("single_brackets", self.at(key), section=f"[{key}]")
        elif value is not None:
            self.page.fault("expected_section", self.at(key), value, section=f"[{key}]")
        elif required:
            self.page.fault("no_section", (), section=f"[{key}]")
        return None

    def tables(self, key: str, *, required: bool = False) -> list[Table]:
        """Return a list of [[tables]]."""
        self.asked.append(key)
        value = self.values.get(key)
        found: list[Table] = []
        if isinstance(value, list):
            for position, entry in enumerate(value):
                path = (*self.at(key), position)
                if isinstance(entry, dict):
                    found.append(Table(self.page, path, entry))
                else:
                    self.page.fault("expected_section", path, entry, section=f"[[{key}]]")
        elif isinstance(value, dict):
            self.page.fault("double_brackets", self.at(key), section=f"[[{key}]]")
        elif value is not None:
            self.page.fault("expected_section", self.at(key), value, section=f"[[{key}]]")
        if required and (value is None or value == []):
            self.page.fault("no_section", (), section=f"[[{key}]]")
        return found


class Claims:
    """Who claims which spelling: no two owners may claim the same one."""

    def __init__(self, page: Page, code: str) -> None:
        self.page, self.code = page, code
        self._claims: dict[str, tuple[str, str]] = {}  # folded spelling -> owner, spelling

    def claim(self, spelling: str, owner: str, path: Path) -> None:
        """Give a spelling to an owner; a fault if another one has it."""
        if not spelling:
            return
        first, _ = self._claims.setdefault(fold(spelling), (owner, spelling))
        if first != owner:
            self.page.fault(self.code, path, spelling, first=first, second=owner)

    def owner(self, spelling: str) -> str | None:
        """Return who claims a spelling, or None."""
        claim = self._claims.get(fold(spelling))
        return claim[0] if claim else None

    def owners(self) -> tuple[str, ...]:
        """Return every owner, in the order of their first claims."""
        return tuple(dict.fromkeys(owner for owner, _ in self._claims.values()))

    def spellings(self) -> tuple[str, ...]:
        """Return every spelling that is claimed."""
        return tuple(spelling for _, spelling in self._claims.values())
