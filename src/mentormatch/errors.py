"""The exceptions of mentormatch, and the faults that those about input carry.

::

    MentormatchError
    ├── InputError                what was given cannot be used        (also a ValueError)
    │   ├── ProgrammeError        a programme file has faults
    │   ├── ProfileError          sign-up sheets have faults
    │   └── ProblemError          numbers that are no matching problem
    ├── InfeasibleError           no matching obeys all rules: carries which ones conflict
    └── MissingExtraError         an optional package is not installed (also an ImportError)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mentormatch.words import say, told, visible

REDACTED = "[…]"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file, and what would be accepted instead.

    Parameters
    ----------
    code : str
        Name of the fault: its sentence in the text catalogues, ``area.name``. Without an area it
        is one of ``faults``.
    file : str
        Name of the file as the coordinator knows it, without its folder.
    row : int, optional
        Row as Excel numbers it (the heading is row 1), or the line of a text file.
    column : str, optional
        Heading of the column, or the key in a programme file.
    value : str, optional
        What stands there.
    accepted : tuple of str
        What would be accepted.
    nearest : str, optional
        The accepted spelling that is closest to `value`.
    details : mapping of str to str
        Further words of the sentence; they must not hold personal data.

    Examples
    --------
    >>> print(Fault("unknown_value", file="mentees.csv", row=7, column="Department",
    ...             value="Physic", accepted=("Physics", "Meteorology"), nearest="Physics"))
    mentees.csv, row 7, column "Department": "Physic" is not one of the accepted answers. \
Did you mean "Physics"? Accepted: Physics, Meteorology.
    """

    code: str
    file: str = ""
    row: int | None = None
    column: str | None = None
    value: str | None = None
    accepted: tuple[str, ...] = ()
    nearest: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the fault in one line, in English (``en``) or Swedish (``sv``).

        With ``redact=True`` the cell's own content is left out, and so are suggestions: what is
        like somebody's name, or would be accepted instead, may be somebody's name, too.
        """
        # A file may be called anything; a line break in its name would end the line.
        where = ["\\n".join(visible(self.file).splitlines())] if self.file else []
        if self.file in ("mentees", "mentors"):  # all sheets of a side
            where = [say(f"faults.{self.file}", language)]
        sheet = not self.file.endswith(".toml")
        if self.row is not None:
            where.append(say("faults.row" if sheet else "faults.line", language, row=self.row))
        if self.column is not None:
            key = "faults.column" if sheet else "faults.key"
            where.append(say(key, language, column=self.column))
        value = REDACTED if redact and self.value is not None else self.value
        line = ", ".join(where) + (": " if where else "")
        key = self.code if "." in self.code else f"faults.{self.code}"
        details = {name: told(text, language) for name, text in self.details.items()}
        line += say(key, language, **{"value": value or "", **details})
        if redact:
            return line
        if self.nearest is not None:
            line += " " + say("faults.did_you_mean", language, nearest=self.nearest)
        if self.accepted:
            line += " " + say("faults.accepted", language, accepted=", ".join(self.accepted))
        return line

    def __str__(self) -> str:
        return self.text()


class MentormatchError(Exception):
    """Root of all errors that mentormatch raises on purpose."""

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the error in English (``en``) or Swedish (``sv``)."""
        return str(self)


class InputError(MentormatchError, ValueError):
    """What was given cannot be used; `faults` lists everything that is wrong with it."""

    opening = "faults.opening"

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        if isinstance(faults, str):
            self.faults: tuple[Fault, ...] = ()
            super().__init__(faults)
        else:
            self.faults = tuple(faults)
            super().__init__(self.text())

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell every fault, a line each, in English (``en``) or Swedish (``sv``).

        With ``redact=True`` faults leave cells out, and a message without faults says nothing.
        """
        if not self.faults:
            # Nobody knows which words of a message are somebody's name.
            return say("faults.left_out", language) if redact else str(self.args[0])
        lines = [say(self.opening, language, count=len(self.faults))]
        lines += ["  - " + fault.text(language, redact=redact) for fault in self.faults]
        return "\n".join(lines)


class ProgrammeError(InputError):
    """A programme file has faults: unknown keys, wrong types, impossible dates, ..."""

    opening = "faults.opening_programme"


class ProfileError(InputError):
    """Sign-up sheets have faults: unreadable files, missing columns, unknown answers, ..."""

    opening = "faults.opening_sheets"


class ProblemError(InputError):
    """Numbers that are no matching problem: NaN, wrong shapes, negative capacities, ..."""


class InfeasibleError(MentormatchError):
    """No matching obeys all rules; `diagnosis` says which rules cannot hold together.

    Attributes
    ----------
    diagnosis : object
        What is known of the conflict: `diagnosis.conflict` is a tuple of the names of rules that
        cannot all hold, none of which can be left out without the rest becoming possible;
        `diagnosis.relaxations` are the smallest changes that make everything possible.
    """

    def __init__(self, diagnosis: Any) -> None:
        self.diagnosis = diagnosis
        super().__init__(self.text())

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the conflict in English (``en``) or Swedish (``sv``).

        With ``redact=True`` it names neither people nor rules.
        """
        return str(self.diagnosis.text(language, redact=redact))


class MissingExtraError(MentormatchError, ImportError):
    """An optional package is not installed; the message holds the line that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(
            f"{package} is needed here and not installed. "
            f"Install it with: pip install 'mentormatch-optimiser[{extra}]'"
        )
