"""What the questions in a programme.toml may say, and what each answer has to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from mentormatch.errors import Fault
from mentormatch.people.answers import SHARES_NOTHING, read_answer
from mentormatch.people.programme import (
    AUDIENCES,
    KINDS,
    SIDES,
    Department,
    Option,
    Question,
    Words,
)
from mentormatch.people.programme_file.toml_lines import Path
from mentormatch.people.programme_file.toml_table import Claims, Page, Table, shown
from mentormatch.people.spelling import bare_heading, fold, tidy

#: How the answers that the programme itself understands are read; others may be of any kind.
KIND_OF_ANSWER = {
    "id": "text",
    "name": "text",
    "email": "text",
    "department": "one of",
    "interests": "any of",
    "goals": "text",
    "seeks": "text",
    "offers": "text",
    "languages": "any of",
    "availability": "any of",
    "places": "number",
    "demand": "number",
    "withdrawn": "yes or no",
    "submitted": "moment",
    "language": "one of",
    "share": "any of",
}

#: Kinds in which the form may ask for them instead.
OTHER_KINDS = {"share": ("yes or no",)}

#: Answers that both forms must ask for.
NEEDED = ("name", "department")

KINDS_WITH_OPTIONS = ("one of", "any of", "yes or no")
YES_OR_NO = ("yes", "no")


class _Read(NamedTuple):
    """A question, the table it was read from, and where each of its headings stands."""

    table: Table
    question: Question
    headings: dict[str, Path]


def read_questions(
    tables: Sequence[Table], page: Page, departments: Iterable[Department]
) -> list[Question]:
    """Return the questions of both forms; what is wrong with them is noted on the page."""
    departments = tuple(departments)
    found = [_question(table, departments) for table in tables]
    questions = [read.question for read in found]
    _check_forms(found, page)
    if found:
        _check_needed(questions, page)
    _check_kinds(found)
    _check_shares(found)
    return questions


def _question(table: Table, departments: tuple[Department, ...]) -> _Read:
    answer = table.key("answer")
    who = table.choice("who", AUDIENCES, required=True)
    headings = table.texts("headings", required=True)
    usual = KIND_OF_ANSWER.get(answer, "")
    kind = table.choice("kind", KINDS, usual or "text")
    kinds = (usual, *OTHER_KINDS.get(answer, ()))
    if usual and kind and kind not in kinds:
        table.page.fault("kind_of_answer", table.at("kind"), kind, kinds, answer=answer)
    options, required = _options(table, kind), table.flag("required")
    if answer == "department":
        if options:
            table.page.fault("options_of_departments", table.at("options"))
        options = [Option(d.key, d.name, d.aliases) for d in departments]
    question = Question(answer, who, tuple(headings), kind, tuple(options), required)
    question = replace(
        question,
        shared=table.flag("shared"),
        default=_default(table, question),
        label=table.words("label"),
    )
    table.close()
    return _Read(table, question, headings)


def _options(table: Table, kind: str) -> list[Option]:
    value, path = table.take("options"), table.at("options")
    if value is None:
        return []
    if not isinstance(value, list):
        table.page.fault("expected_options", path, value)
        return []
    if kind and kind not in KINDS_WITH_OPTIONS:
        table.page.fault("options_unused", path, kind, KINDS_WITH_OPTIONS)
        return []
    claims = Claims(table.page, "claimed_option")
    options: list[Option] = []
    keys: set[str] = set()
    near: list[tuple[str, str, Path]] = []
    for position, entry in enumerate(value):
        inner = Table(table.page, (*path, position), entry if isinstance(entry, dict) else {})
        if isinstance(entry, dict):
            key = inner.text("key", required=True)
            name = inner.words("name")
            aliases = inner.texts("aliases")
            near += [(key, other, path) for other, path in inner.texts("related").items()]
            inner.close()
        else:
            key, name, aliases = inner.checked_text(entry, inner.path), Words(""), {}
        if key and key in keys:
            table.page.fault("duplicate_key", inner.at("key"), key)
            continue
        keys.add(key)
        places: list[tuple[str, Path]] = [(key, inner.at("key"))]
        places += [(name.en, inner.at("name")), (name.sv, inner.at("name")), *aliases.items()]
        if key not in YES_OR_NO and kind == "yes or no":  # they are further spellings of these two
            table.page.unknown("unknown_choice", inner.at("key"), key, YES_OR_NO)
        for spelling, place in places:
            claims.claim(spelling, key, place)
        if key:
            options.append(Option(key, name if name.en or name.sv else Words(key), tuple(aliases)))
    for _, other, path in near:
        if other not in keys:
            table.page.unknown("unknown_choice", path, other, tuple(sorted(keys)))
    return [
        replace(one, related=tuple(other for key, other, _ in near if key == one.key))
        for one in options
    ]


def _default(table: Table, question: Question) -> str:
    """Return what an empty cell means, in the words of a cell that the question would accept."""
    value, path = table.take("default"), table.at("default")
    if value is None or value == "":
        return ""
    if isinstance(value, bool) and question.kind == "yes or no":
        return "yes" if value else "no"
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and question.kind == "number"
    ):
        text = shown(value)
    else:
        text = table.checked_text(value, path)
    read = read_answer(tidy(text), question) if text else text
    if isinstance(read, Fault):
        table.page.fault("bad_default", path, text, read.accepted, read.nearest)
    elif text and question.required:
        table.page.fault("required_with_default", path, text)
    return text


def _sides(question: Question) -> tuple[str, ...]:
    """Return whose forms ask a question: both, where the file's own word is no good."""
    return tuple(side for side in SIDES if question.asked_of(side)) or SIDES


def _check_forms(found: Sequence[_Read], page: Page) -> None:
    """Check that no form has an answer or a heading twice."""
    asked: set[tuple[str, str]] = set()
    claimed: dict[tuple[str, str], str] = {}  # side, bare heading -> answer
    for table, question, headings in found:
        both = [(side, question.answer) for side in _sides(question)]
        if question.answer and not asked.isdisjoint(both):
            page.fault("asked_twice", table.at("answer"), question.answer)
        asked.update(both)
        for heading, path in headings.items():
            places = [(side, bare_heading(heading) or fold(heading)) for side in _sides(question)]
            owners = [claimed.setdefault(place, question.answer) for place in places]
            others = [owner for owner in owners if owner != question.answer]
            if others:
                page.fault(
                    "claimed_heading", path, heading, first=others[0], second=question.answer
                )


def _check_needed(questions: Sequence[Question], page: Page) -> None:
    for side in SIDES:
        answers = {question.answer for question in questions if side in _sides(question)}
        for answer in NEEDED:
            if answer not in answers:
                page.fault(f"not_asked_of_{side}", (), answer)
        if not answers & {"id", "email"}:
            page.fault(f"nobody_known_{side}", ())


def _check_kinds(found: Sequence[_Read]) -> None:
    """Check that both forms read the same answer in the same way."""
    first: dict[str, str] = {}
    for table, question, _ in found:
        if question.answer and question.kind and question.answer not in KIND_OF_ANSWER:
            kind = first.setdefault(question.answer, question.kind)
            if kind != question.kind:
                table.page.fault("kinds_differ", table.at("kind"), question.kind, (kind,))


def _check_shares(found: Sequence[_Read]) -> None:
    """Check that what people may agree to share are answers that somebody gives."""
    answers = dict.fromkeys(question.answer for _, question, _ in found if question.answer)
    answers[SHARES_NOTHING] = None
    for table, question, _ in found:
        options = table.values.get("options")
        ticked = question.answer == "share" and question.kind != "yes or no"
        if ticked and isinstance(options, list):
            for position, entry in enumerate(options):
                key = entry.get("key") if isinstance(entry, dict) else entry
                if isinstance(key, str) and key and key not in answers:
                    path = (*table.at("options"), position)
                    table.page.unknown("unknown_answer", path, key, tuple(answers))
