"""Who is written to, and what each person may be told about the other side of a pair.

Name and department are always told. Any other answer is told only if the programme file shares
the question and, where the sign-up form asks what to share, the person ticked that very answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd

from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Question, Words
from mentormatch.scores.in_common import InCommon
from mentormatch.telling.files import safe_name
from mentormatch.telling.story import Story
from mentormatch.words import LANGUAGES, say

# What is said apart from the other answers, or never.
_APART = {"id", "name", "department", "email", "share"}
# What is always told.
_OPEN = frozenset({"name", "department"})
# All characters that Unicode calls controls.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# Marks that turn the direction of writing, and can make one text look like another.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class Told:
    """What others may know of a person, in one language; whatever is not shared is empty.

    So is the name of somebody who gave none: an id may be an address, and is never told.
    `released` names the questions whose answers the other side of a pair may see.
    """

    name: str
    department: str
    email: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    released: frozenset[str] = _OPEN


@dataclass(frozen=True)
class Partner:
    """The other person of a pair, as the recipient may see them.

    `common` holds the interests that both named, `in_common` all that speaks for the two; both
    only from answers that both let the other see. `knows_email` says whether the partner is told
    the recipient's own address.
    """

    id: str
    told: Told
    common: tuple[str, ...]
    in_common: tuple[InCommon, ...]
    knows_email: bool


@dataclass(frozen=True)
class Recipient:
    """A person who gets a letter, in the language they asked for."""

    side: str
    id: str
    name: str
    email: str
    department: str
    department_key: str
    language: str
    partners: tuple[Partner, ...] = ()


def plain(text: object) -> str:
    r"""Return a text on one line, without control characters and marks that turn its direction.

    Examples
    --------
    >>> plain("Åsa\r\nBcc: x@example.org \u202e")
    'Åsa Bcc: x@example.org'
    """
    kept = str(text)
    if not kept.isprintable():
        kept = _TURNING.sub("", kept.encode("utf-8", "replace").decode("utf-8"))
    return " ".join(_CONTROL.sub(" ", kept).split())


def recipients(story: Story) -> list[Recipient]:
    """List everybody in the cohort: mentees first, then mentors, each by name and id.

    The order does not depend on the order of the sheets.
    """
    cohort = story.cohort
    people = {side: _rows(cohort, side) for side in SIDES}
    partners: dict[str, dict[str, list[str]]] = {side: {} for side in SIDES}
    for mentee, mentor in zip(story.pairs["mentee"], story.pairs["mentor"], strict=True):
        partners["mentees"].setdefault(mentee, []).append(mentor)
        partners["mentors"].setdefault(mentor, []).append(mentee)

    @cache
    def told(side: str, person: str, language: str) -> Told:
        return _told(cohort, side, people[side][person], language)

    def partner(side: str, person: str, other: str, language: str) -> Partner:
        opposite = SIDES[1 - SIDES.index(side)]
        of_other = told(opposite, other, language)
        of_person = told(side, person, language)
        mentee_first = side == "mentees"
        pair = (person, other) if mentee_first else (other, person)
        ends = (of_person, of_other) if mentee_first else (of_other, of_person)
        found = tuple(
            replace(one, mentee=_plain_words(one.mentee), mentor=_plain_words(one.mentor))
            for one in story.in_common.get(pair, ())
            if all(a in end.released for a, end in zip(one.answers, ends, strict=True))
        )
        both = (one for one in found if (one.part, one.kind) == ("interests", "tag"))
        common = tuple(one.said(language) for one in both)
        return Partner(other, of_other, common, found, bool(of_person.email))

    found = []
    for side in SIDES:
        for person, row in people[side].items():
            language = row.get("language")
            language = language if language in LANGUAGES else story.language
            own = told(side, person, language)
            others = [partner(side, person, o, language) for o in partners[side].get(person, ())]
            others.sort(key=lambda other: (safe_name(other.told.name), other.id))
            key = str(row.get("department") or "")
            email = plain(row.get("email") or "")
            found.append(
                Recipient(
                    side, person, own.name, email, own.department, key, language, tuple(others)
                )
            )
    return sorted(found, key=lambda r: (SIDES.index(r.side), safe_name(r.name), r.id))


def to_introduce(story: Story) -> frozenset[tuple[str, str]]:
    """Return the pairs (mentee's id, mentor's id) of whom neither is told the other's address."""
    told = {
        side: {
            person
            for person, row in _rows(story.cohort, side).items()
            if _told(story.cohort, side, row, story.language).email
        }
        for side in SIDES
    }
    return frozenset(
        (mentee, mentor)
        for mentee, mentor in zip(story.pairs["mentee"], story.pairs["mentor"], strict=True)
        if mentee not in told["mentees"] and mentor not in told["mentors"]
    )


def _rows(cohort: Cohort, side: str) -> dict[str, dict[str, Any]]:
    """Return each person's answers by id."""
    table = cohort.table(side)
    columns = [str(column) for column in table.columns]
    values = zip(*(table[column] for column in table.columns), strict=True)
    if not columns:
        return {person: {} for person in table.index}
    return {
        person: dict(zip(columns, row, strict=True))
        for person, row in zip(table.index, values, strict=True)
    }


def _told(cohort: Cohort, side: str, row: Mapping[str, Any], language: str) -> Told:
    programme = cohort.programme
    key = str(row.get("department") or "")
    questions = programme.questions_of(side)
    open_ones = [question for question in questions if question.shared]
    if "share" in row or any(question.answer == "share" for question in questions):
        ticked = _several(row.get("share"))
        open_ones = [question for question in open_ones if question.answer in ticked]
    answers, email = [], ""
    for question in open_ones:
        value = row.get(question.answer)
        if question.answer == "email":
            email = plain(value or "")
        elif question.answer not in _APART:
            label = question.called(language)
            text = _in_words(question, value, language)
            if text:
                answers.append((plain(label).rstrip(" :?"), text))
    return Told(
        name=plain(row.get("name") or ""),
        department=plain(programme.department(key).name(language)) if key else "",
        email=email,
        answers=tuple(answers),
        released=_OPEN | {question.answer for question in open_ones},
    )


def _plain_words(words: Words) -> Words:
    return Words(plain(words.en), plain(words.sv))


def _several(value: object) -> tuple[str, ...]:
    """Return the items of a multi-select answer; a missing one has none."""
    return tuple(map(str, value)) if isinstance(value, tuple | list) else ()


def _name(question: Question, value: object, language: str) -> str:
    """Return what an option is called, or the answer itself where any is accepted."""
    names: Iterable[str] = (o.name(language) for o in question.options if o.key == value)
    return plain(next(iter(names), value))


def _in_words(question: Question, value: Any, language: str) -> str:
    """Return an answer as a person reads it, empty where there is none."""
    if isinstance(value, tuple | list):
        return ", ".join(_name(question, item, language) for item in value)
    if value == "" or pd.isna(value):
        return ""
    if question.kind == "yes or no":
        return say("letters.yes" if value else "letters.no", language)
    if question.kind == "number":
        return f"{value:g}"
    return _name(question, value, language)
