"""What in people's answers is allowed and yet worth a second look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mentormatch.errors import Fault
from mentormatch.people.answers import COUNTS
from mentormatch.people.sheets.signups import SignUp
from mentormatch.people.spelling import clip, fold

#: More mentees than this for one mentor is rather a slip of the finger.
MANY_PLACES = 20
LONG_TEXT = 5_000

_FORMULA = ("=", "+", "-", "@")
#: UTF-8 read as Windows letters somewhere on the way: "Ã¥" was "å" once.
_DAMAGED = re.compile("Ã[\u0080-\u00bf¥¤¶…„–©‰]|�")


def suspicions(signups: Iterable[SignUp]) -> list[Fault]:
    """Return notes on the rows of one side: odd names, numbers, long or copied texts.

    Parameters
    ----------
    signups : iterable of SignUp
        One row a person.
    """
    rows = list(signups)
    return [note for row in rows for note in _in_row(row)] + _same_names(rows) + _assumed(rows)


def on_both_sides(mentees: Iterable[SignUp], mentors: Iterable[SignUp]) -> list[Fault]:
    """Return notes on people who signed up as mentee and as mentor."""
    first: dict[str, SignUp] = {}
    for row in mentees:
        first.setdefault(row.email or row.id, row)
        first.setdefault(row.id, row)
    notes = []
    for row in mentors:
        other = first.get(row.email or row.id) or first.get(row.id)
        if other:
            notes.append(_note("sheets.both_sides", row, row.id, other))
    return notes


def _in_row(row: SignUp) -> Iterator[Fault]:
    name = str(row.answers.get("name") or "")
    if name.startswith(_FORMULA):
        yield _note("sheets.formula_name", row, clip(name))
    if _DAMAGED.search(name):
        yield _note("sheets.damaged_name", row, clip(name))
    for answer in COUNTS:
        number = row.answers.get(answer)
        if number == 0:
            yield _note(f"sheets.none_{answer}", row)
        elif isinstance(number, int) and number > MANY_PLACES:
            yield _note(f"sheets.many_{answer}", row, str(number))
    for answer, text in row.answers.items():
        if not isinstance(text, str) or answer in ("id", "name", "email", "department"):
            continue
        if len(text) > LONG_TEXT:
            yield _note("sheets.long_text", row, clip(text))
        elif name and fold(text) == fold(name):
            yield _note("sheets.name_as_answer", row, clip(text))


def _same_names(rows: list[SignUp]) -> list[Fault]:
    notes = []
    first: dict[str, SignUp] = {}
    for row in rows:
        name = str(row.answers.get("name") or "")
        if name and first.setdefault(fold(name), row) is not row:
            notes.append(_note("sheets.same_name", row, clip(name), first[fold(name)]))
    return notes


def _assumed(rows: list[SignUp]) -> list[Fault]:
    """Return a note for each sheet in which an unanswered number of people counts as 1."""
    people: dict[tuple[str, str], int] = {}
    for row in rows:
        for answer in row.assumed:
            people[row.file, answer] = people.get((row.file, answer), 0) + 1
    return [
        Fault(f"sheets.assumed_{answer}", file=file, details={"rows": str(number)})
        for (file, answer), number in people.items()
    ]


def _note(code: str, row: SignUp, value: str | None = None, other: SignUp | None = None) -> Fault:
    details = {"other_file": other.file, "other_row": str(other.row)} if other else {}
    return Fault(code, file=row.file, row=row.row, value=value, details=details)
