"""What each row of a sheet says about the person who signed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mentormatch.errors import Fault
from mentormatch.people.answers import (
    COUNTS,
    Answer,
    missing_answer,
    read_answer,
    unknown_entries,
)
from mentormatch.people.moments import DayOrder, day_order, reads_two_ways
from mentormatch.people.programme import Option, Programme, Question
from mentormatch.people.sheets.grid import Row
from mentormatch.people.sheets.headings import Claims, match_headings
from mentormatch.people.sheets.tables import Table
from mentormatch.people.spelling import clip

#: Answers that say whose row it is.
IDENTITY = frozenset({"id", "email"})


@dataclass(frozen=True)
class SignUp:
    """One row, read.

    Parameters
    ----------
    file, row : str, int
        Where it stands.
    answers : mapping of str to answer
        By the question's `answer`; None where a number or moment is missing.
    faults : mapping of str to tuple of Fault
        What cannot be read in it, by the question's `answer`.
    assumed : tuple of str
        Which of ``places`` and ``demand`` were not answered and count as 1.
    """

    file: str
    row: int
    answers: Mapping[str, Answer | None]
    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    @property
    def wrong(self) -> list[Fault]:
        """Everything that cannot be read in the row."""
        return [fault for faults in self.faults.values() for fault in faults]

    @property
    def name(self) -> str:
        """The name as it was written, or empty."""
        return str(self.answers.get("name") or "")

    @property
    def email(self) -> str:
        """The e-mail address without case, or empty; ``ß`` is not ``ss`` in an address."""
        return str(self.answers.get("email") or "").lower()

    @property
    def id(self) -> str:
        """The id that the sheet gives, or else the e-mail address."""
        return str(self.answers.get("id") or "") or self.email

    @property
    def withdrawn(self) -> bool:
        """Whether the person signed up and withdrew."""
        return self.answers.get("withdrawn") is True

    @property
    def submitted(self) -> datetime | None:
        """When it was sent in, if the sheet says."""
        moment = self.answers.get("submitted")
        return moment if isinstance(moment, datetime) else None


@dataclass(frozen=True)
class Sheet:
    """All rows of a table, read, with the faults and notes that belong to no single person.

    `identified` says whether a column tells whose row it is.
    """

    signups: tuple[SignUp, ...]
    identified: bool
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def asked(programme: Programme, side: str) -> tuple[Question, ...]:
    """Return the questions of a side; that for the department accepts those of the programme."""
    return tuple(
        _department_question(question, programme) if question.answer == "department" else question
        for question in programme.questions_of(side)
    )


def read_signups(table: Table, questions: tuple[Question, ...], *, timezone: str) -> Sheet:
    """Return every row of a table as a person's answers.

    Parameters
    ----------
    table : Table
        The sheet as text.
    questions : tuple of Question
        What its side was asked.
    timezone : str
        Where moments are told in.
    """
    claims = match_headings(table, questions)
    faults = [*table.faults, *claims.faults]
    identified = any(question.answer in IDENTITY for question, _ in claims.columns)
    if not identified and not any(each.answer in IDENTITY and each.required for each in questions):
        faults.append(Fault("sheets.no_identity", file=table.file, row=table.heading_row))
    orders: dict[str, DayOrder] = {}
    for question, position in claims.columns:
        if question.kind == "moment":
            orders[question.answer], unclear = _order(table, position)
            faults += unclear
    signups = tuple(_read_row(table, row, claims, orders, timezone) for row in table.rows)
    return Sheet(signups, identified, tuple(faults), (*table.notes, *claims.notes))


def _department_question(question: Question, programme: Programme) -> Question:
    spellings: dict[str, tuple[str, ...]] = {}
    for option in question.options:
        spellings[option.key] = (option.name.en, option.name.sv, *option.aliases)
    options = tuple(
        Option(each.key, each.name, (*each.aliases, *spellings.get(each.key, ())))
        for each in programme.departments
    )
    return replace(question, kind="one of", options=options)


def _order(table: Table, position: int) -> tuple[DayOrder, list[Fault]]:
    """Return whether day or month comes first in a column, with a fault if nobody can tell."""
    order = day_order(row.cells[position] for row in table.rows)
    if order in (DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST):
        return order, []
    code = "sheets.mixed_dates" if order is DayOrder.MIXED else "sheets.two_dates"
    for row in table.rows:
        if reads_two_ways(row.cells[position]):
            return order, [
                Fault(
                    code,
                    file=table.file,
                    row=row.number,
                    column=table.headings[position],
                    value=clip(row.cells[position]),
                )
            ]
    return order, []


def _read_row(
    table: Table,
    row: Row,
    claims: Claims,
    orders: Mapping[str, DayOrder],
    timezone: str,
) -> SignUp:
    answers: dict[str, Answer | None] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    cells = [(question, row.cells[position], position) for question, position in claims.columns]
    cells += [(question, "", -1) for question in claims.absent]
    for question, cell, position in cells:
        order = orders.get(question.answer, DayOrder.UNDECIDED)
        answers[question.answer] = missing_answer(question)
        broken = table.broken.get((row.number, position))
        answer = broken or _read_cell(cell, question, order, timezone)
        if not isinstance(answer, Fault):
            answers[question.answer] = answer
        elif not _told_already(cell, order, answer):
            column = table.headings[position] if position >= 0 else None
            place = replace(answer, file=table.file, row=row.number, column=column)
            faults[question.answer] = _every_entry(cell, question, place)
    assumed = tuple(name for name in COUNTS if name in answers and answers[name] is None)
    answers |= dict.fromkeys(assumed, 1)
    return SignUp(table.file, row.number, answers, faults, assumed)


def _every_entry(cell: str, question: Question, fault: Fault) -> tuple[Fault, ...]:
    """Return a fault in a cell for each of the entries that no option accepts."""
    if fault.code != "unknown_value":
        return (fault,)
    return tuple(
        replace(fault, value=each.value, nearest=each.nearest, details={"answer": question.answer})
        for each in unknown_entries(cell or question.default, question)
    )


def _read_cell(
    cell: str, question: Question, order: DayOrder, timezone: str
) -> Answer | Fault | None:
    text = cell or question.default
    if text:
        return read_answer(text, question, order=order, timezone=timezone)
    return Fault("sheets.empty_cell") if question.required else missing_answer(question)


def _told_already(cell: str, order: DayOrder, fault: Fault) -> bool:
    """Say whether a date is unclear only as its whole column is."""
    decided = order in (DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST)
    return fault.code == "sheets.no_moment" and not decided and reads_two_ways(cell)
