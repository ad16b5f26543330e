"""Which column of a sheet answers which question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mentormatch.errors import Fault
from mentormatch.people.programme import SIDES, Programme, Question
from mentormatch.people.sheets.grid import column_letter
from mentormatch.people.sheets.tables import Table
from mentormatch.people.spelling import bare_heading, clip, fold, likeness

#: From this likeness on a heading is taken for a misspelt one; it is only ever suggested.
_NEARLY = 0.8
#: Microsoft Forms has a column for the address of everybody who need not log in.
_EMPTY = ("", "anonymous", "anonym")
#: Columns that most forms do without.
_SELDOM = ("id", "withdrawn")


@dataclass(frozen=True)
class Claims:
    """What the headings of a table answer.

    Parameters
    ----------
    columns : tuple of (Question, int)
        Questions that a column answers, with its position.
    absent : tuple of Question
        Questions that nobody needs to answer, without a column.
    faults, notes : tuple of Fault
        Missing and doubtful columns; ignored ones.
    """

    columns: tuple[tuple[Question, int], ...]
    absent: tuple[Question, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def match_headings(table: Table, questions: tuple[Question, ...]) -> Claims:
    """Return which column answers which question; spellings decide, likeness only suggests.

    A heading that is a question's own to the letter goes before one that merely has a number in
    front of it or a sign behind it.
    """
    exact = {question.answer: _columns(table, question, fold) for question in questions}
    taken = {position for positions in exact.values() for position in positions}
    columns: list[tuple[Question, int]] = []
    without: list[Question] = []
    faults: list[Fault] = []
    claimed: set[int] = set()
    for question in questions:
        found = exact[question.answer] or [
            each for each in _columns(table, question, bare_heading) if each not in taken
        ]
        # A form that was edited half-way leaves empty columns with the old heading.
        filled = [position for position in found if _filled(table, position)]
        if len(filled) > 1:
            faults.append(_two_columns(table, question, filled))
            claimed.update(filled)
        elif found:
            columns.append((question, (filled or found)[0]))
            claimed.add((filled or found)[0])
        else:
            without.append(question)
    spare = [
        position
        for position, heading in enumerate(table.headings)
        if heading and position not in claimed
    ]
    notes, near = _leftovers(table, spare, without)
    absent = [question for question in without if not question.required]
    left_out = [
        _headings(each)[0] for each in absent if each.answer not in _SELDOM and not each.default
    ]
    if left_out:
        details = {"headings": ", ".join(f'"{heading}"' for heading in left_out)}
        notes.append(Fault("sheets.columns_left_out", file=table.file, details=details))
    faults += [
        near.get(question.answer) or _missing_column(table, question, spare)
        for question in without
        if question.required
    ]
    return Claims(tuple(columns), tuple(absent), tuple(faults), tuple(notes))


def swapped(table: Table, side: str, programme: Programme) -> Fault | None:
    """Return a fault if a sheet has headings of the other side's form, and none of its own.

    A form that both sides fill in has headings of both, and lacks nothing.

    Parameters
    ----------
    table : Table
        The sheet as text.
    side : {"mentees", "mentors"}
        What it was given as.
    programme : Programme
        Its questions say which headings each form has.
    """
    spellings = {
        each: {
            bare_heading(heading)
            for question in programme.questions_of(each)
            for heading in _headings(question)
        }
        for each in SIDES
    }
    mine, theirs = spellings[side], spellings[SIDES[1 - SIDES.index(side)]]
    found = {bare_heading(heading) for heading in table.headings if heading}
    lacks_required = any(
        question.required and found.isdisjoint(map(bare_heading, _headings(question)))
        for question in programme.questions_of(side)
    )
    lacks = lacks_required or bool(mine - theirs)
    if not lacks or found & (mine - theirs) or not found & (theirs - mine):
        return None
    foreign = [each for each in table.headings if each and bare_heading(each) in theirs - mine]
    details = {"headings": ", ".join(f'"{clip(heading)}"' for heading in foreign)}
    return Fault(f"sheets.swapped_{side}", file=table.file, details=details)


def _headings(question: Question) -> tuple[str, ...]:
    return question.headings or (question.answer,)


def _columns(table: Table, question: Question, spelled: Callable[[str], str]) -> list[int]:
    wanted = {spelled(heading) for heading in _headings(question)}
    return [
        position
        for position, heading in enumerate(table.headings)
        if heading and spelled(heading) in wanted
    ]


def _filled(table: Table, position: int) -> bool:
    return any(fold(row.cells[position]) not in _EMPTY for row in table.rows)


def _leftovers(
    table: Table, spare: list[int], without: list[Question]
) -> tuple[list[Fault], dict[str, Fault]]:
    """Return notes on ignored columns, and faults on those that look like a required question.

    A heading nobody knows may be somebody's answers (in a sheet without headings), so it stands
    in the fault's value.
    """
    notes: list[Fault] = []
    near: dict[str, Fault] = {}
    for position in spare:
        heading = table.headings[position]
        alike, spelling, question = max(
            (
                (likeness(heading[:200], accepted), accepted, question)
                for question in without
                for accepted in _headings(question)
            ),
            key=lambda each: each[0],
            default=(0.0, "", None),
        )
        suggestion = spelling if alike >= _NEARLY else None
        if suggestion and question and question.required and question.answer not in near:
            near[question.answer] = Fault(
                "sheets.near_column",
                file=table.file,
                row=table.heading_row,
                value=heading,
                nearest=suggestion,
            )
            continue
        notes.append(
            Fault(
                "sheets.ignored_column",
                file=table.file,
                value=heading,
                nearest=suggestion,
                details={"letter": column_letter(position)},
            )
        )
    return notes, near


def _missing_column(table: Table, question: Question, spare: list[int]) -> Fault:
    headings = _headings(question)
    unused = ", ".join(f'"{clip(table.headings[position])}"' for position in spare)
    return Fault(
        "sheets.missing_column_unused" if unused else "sheets.missing_column",
        file=table.file,
        row=table.heading_row,
        value=unused or None,
        accepted=headings,
        details={"heading": headings[0], "answer": question.answer},
    )


def _two_columns(table: Table, question: Question, positions: list[int]) -> Fault:
    return Fault(
        "sheets.two_columns",
        file=table.file,
        row=table.heading_row,
        details={
            "heading": _headings(question)[0],
            "letters": ", ".join(map(column_letter, positions)),
        },
    )
