"""What a mentorship programme is: its departments, events, questions, weights and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mentormatch.frozen import Frozen

SIDES = ("mentees", "mentors")
AUDIENCES = ("mentees", "mentors", "everyone")
KINDS = ("text", "one of", "any of", "number", "yes or no", "moment")

#: Answers that the programme itself understands. Any other name is a column of one's own.
KNOWN_ANSWERS = (
    "id", "name", "email", "department", "interests", "goals", "seeks", "offers", "languages",
    "availability", "places", "demand", "withdrawn", "submitted", "language", "share",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """A name in English and Swedish; ``Words(en="Zoom")`` serves both."""

    en: str
    sv: str = ""

    def __call__(self, language: str = "en") -> str:
        """Return the name in a language, or in the other one where it is missing."""
        return (self.sv or self.en) if language == "sv" else (self.en or self.sv)


@dataclass(frozen=True)
class Department:
    """A participating department: `key` is how files and rules refer to it."""

    key: str
    name: Words
    aliases: tuple[str, ...] = ()
    coordinator: str = ""


@dataclass(frozen=True)
class Event:
    """A meeting of the programme; `start` and `end` carry their time zone."""

    key: str
    name: Words
    start: datetime
    end: datetime
    place: Words
    audience: str = "everyone"
    tentative: bool = False
    details: Words = Words("")


@dataclass(frozen=True)
class Option:
    """An answer that a question accepts: `key` is stored, any of the spellings is read.

    `related` are keys of other options of the question that are about half the same thing.
    """

    key: str
    name: Words
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A question of the sign-up form: which column answers it, and how it is read.

    Parameters
    ----------
    answer : str
        Name of the column in the cohort's tables, one of `KNOWN_ANSWERS` or one's own.
    who : {"mentees", "mentors", "everyone"}
        Which form asks it.
    headings : tuple of str
        Column headings that are this question, in any language; compared without case,
        white space and accents' encoding.
    kind : {"text", "one of", "any of", "number", "yes or no", "moment"}
        How an answer is read. ``any of`` is multi-select and gives a tuple.
    options : tuple of Option
        Accepted answers of ``one of`` and ``any of``; empty means any answer.
    required : bool
        Whether a row without an answer is a fault.
    shared : bool
        Whether the other side of a pair may be told the answer (letters).
    default : str
        What an empty cell means, in the words of a cell; empty means no answer.
    """

    answer: str
    who: str
    headings: tuple[str, ...]
    kind: str = "text"
    options: tuple[Option, ...] = ()
    required: bool = False
    shared: bool = False
    default: str = ""
    label: Words = Words("")

    def asked_of(self, side: str) -> bool:
        """Say whether the form of ``"mentees"`` or ``"mentors"`` asks this."""
        return self.who in (side, "everyone")

    def called(self, language: str) -> str:
        """Return what to call it: its label, else its heading in the form, else its answer."""
        heading = self.headings[0].rstrip(" :?") if self.headings else ""
        return self.label(language) or heading or self.answer


@dataclass(frozen=True)
class Tag:
    """A tag of the programme's taxonomy; whoever writes any of its spellings has it.

    Parameters
    ----------
    key : str
        How the taxonomy calls it, one of its spellings.
    name : Words
        In English and Swedish, further spellings.
    synonyms : tuple of str
        Other spellings.
    broader : tuple of str
        Keys of tags of which it is a kind.
    related : tuple of str
        Keys of tags that are about half the same thing.
    """

    key: str
    name: Words = Words("")
    synonyms: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule as the programme file states it; `mentormatch.rules` gives it its meaning."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Programme:
    """A mentorship programme, as read from a ``programme.toml``.

    Parameters
    ----------
    name, year : Words, str
        What the programme is called, and its year, such as ``"2024-25"``.
    departments : tuple of Department
        All participating departments.
    events : tuple of Event
        In order of time.
    questions : tuple of Question
        What the sign-up forms ask.
    weights : mapping of str to float
        Weight of each part of the score; only their ratios matter.
    department_weights : mapping of str to mapping
        Weights that a department uses for its own mentees instead.
    rules : tuple of Rule
        In the order of the file.
    timezone : str
        Name of the time zone of events and sign-up times.
    duplicates : {"fault", "latest wins"}
        What two rows with the same e-mail address mean.
    language : {"en", "sv"}
        Language of letters and screens unless said otherwise.
    contact : str
        Address that letters name for questions.
    taxonomy : tuple of Tag
        What interests are called, and which belong together.
    related_by_meaning : bool
        Whether interests that are near in meaning are related, too, by the extra `[semantic]`.
    """

    name: Words
    year: str
    departments: tuple[Department, ...]
    events: tuple[Event, ...] = ()
    questions: tuple[Question, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    department_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    timezone: str = "Europe/Stockholm"
    duplicates: str = "fault"
    language: str = "en"
    contact: str = ""
    taxonomy: tuple[Tag, ...] = ()
    related_by_meaning: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", Frozen(self.weights))
        object.__setattr__(self, "department_weights", Frozen(self.department_weights))

    def department(self, key: str) -> Department:
        """Return the department with this key; KeyError if there is none."""
        for department in self.departments:
            if department.key == key:
                return department
        raise KeyError(key)

    def questions_of(self, side: str) -> tuple[Question, ...]:
        """Return the questions that the form of ``"mentees"`` or ``"mentors"`` asks."""
        return tuple(question for question in self.questions if question.asked_of(side))
