"""How answers that no option accepts are told: once a column, not once a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mentormatch.errors import Fault
from mentormatch.people.answers import accepted
from mentormatch.people.programme import Question
from mentormatch.people.spelling import fold


def together(
    faults: Iterable[Fault], questions: Iterable[Question], language: str = "en"
) -> list[Fault]:
    """Return faults with those of one column's unknown answers put together.

    A fault that stands alone stays as it is.

    Parameters
    ----------
    faults : iterable of Fault
        Of all sheets of a side.
    questions : iterable of Question
        What its form asks: they say whose column it is.
    language : {"en", "sv"}
        Language of the accepted answers where many faults share them.
    """
    groups: dict[tuple[object, ...], list[Fault]] = {}
    for number, fault in enumerate(faults):
        alike = fault.code == "unknown_value"
        key = (fault.file, fault.column) if alike else (number,)
        groups.setdefault(key, []).append(fault)
    by_answer = {question.answer: question for question in questions}
    found = []
    for group in groups.values():
        question = by_answer.get(group[0].details.get("answer", ""))
        found.append(
            group[0] if len(group) == 1 or not question else _one(group, question, language)
        )
    return found


def _one(group: list[Fault], question: Question, language: str) -> Fault:
    group = sorted(group, key=lambda fault: fault.row or 0)
    entries: dict[str, list[Fault]] = {}
    for fault in group:
        entries.setdefault(fold(fault.value or ""), []).append(fault)
    first = group[0]
    if len(entries) == 1:
        code = (
            "unknown_value" if len({fault.row for fault in group}) == 1 else "sheets.unknown_rows"
        )
        return replace(first, code=code, details={**first.details, "rows": _rows(group)})
    # How departments are spelled stands with the departments.
    kind = "departments" if question.answer == "department" else "answers"
    return replace(
        first,
        code=f"sheets.unknown_{kind}",
        value=", ".join(map(_entry, entries.values())),
        accepted=accepted(question.options, language),
        nearest=None,
        details={**first.details, "count": str(len(entries))},
    )


def _entry(faults: list[Fault]) -> str:
    """Return an answer with its rows, in no language, as the value of a fault must be."""
    meant = f': "{faults[0].nearest}"?' if faults[0].nearest else ""
    return f'"{faults[0].value}" ({_rows(faults)}{meant})'


def _rows(faults: list[Fault]) -> str:
    return ", ".join(dict.fromkeys(str(fault.row) for fault in faults))
