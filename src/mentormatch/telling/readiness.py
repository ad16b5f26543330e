"""What is missing, scarce or odd in a cohort before anyone is paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mentormatch.formulation import formulate, notes_of
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Question
from mentormatch.rules import Condition
from mentormatch.scores.score import score
from mentormatch.telling.contradictions import contradictions
from mentormatch.telling.people import People
from mentormatch.telling.unknown_tags import unknown_tags
from mentormatch.telling.why import no_partner_because
from mentormatch.words import say

if TYPE_CHECKING:
    from mentormatch.scores.compatibility import Compatibility

#: Columns of a terminal that notes are folded to.
_WIDTH = 96
#: Answers that the score rests on, where the programme asks for them.
_ANSWERS = ("interests", "goals", "seeks", "offers", "languages", "availability")


@dataclass(frozen=True, eq=False)
class Readiness:
    """What a coordinator should see before anyone is matched, in tables of one language.

    Attributes
    ----------
    departments : pandas.DataFrame
        People and places per department.
    no_partner : pandas.DataFrame
        Everyone whom the rules leave without any possible partner, and why.
    missing : pandas.DataFrame
        Everyone who left questions unanswered that the score rests on.
    notes : pandas.DataFrame
        What looks odd in the sheets and rules, a line each.
    tables : mapping of str to pandas.DataFrame
        All of these by their headings; column names are in words too.
    """

    departments: pd.DataFrame
    no_partner: pd.DataFrame
    missing: pd.DataFrame
    notes: pd.DataFrame
    language: str

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """All tables that are not empty, by heading."""
        found = {
            "departments": self.departments,
            "no_partner": self.no_partner,
            "missing": self.missing,
            "notes": self.notes,
        }
        return {
            say(f"readiness.{name}", self.language): table
            for name, table in found.items()
            if len(table)
        }

    @property
    def text(self) -> str:
        """The whole page as plain text."""
        lines: list[str] = []
        for heading, table in self.tables.items():
            lines += [heading, "-" * len(heading)]
            if table is self.notes:
                for note in table.iloc[:, 0]:
                    lines += wrap(note, _WIDTH, initial_indent="- ", subsequent_indent="  ")
            else:
                lines.append(_laid_out(table))
            lines.append("")
        if not len(self.no_partner):
            lines.append(say("readiness.everyone_has_one", self.language))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text


def _laid_out(table: pd.DataFrame) -> str:
    """Lay a table out as text: words to the left, numbers to the right."""
    columns = []
    for name in table.columns:
        cells = [str(name), *map(str, table[name])]
        width = max(map(len, cells))
        number = pd.api.types.is_numeric_dtype(table[name])
        columns.append([cell.rjust(width) if number else cell.ljust(width) for cell in cells])
    return "\n".join("  ".join(row).rstrip() for row in zip(*columns, strict=True))


def readiness(
    cohort: Cohort,
    fit: Compatibility | None = None,
    rules: Sequence[Condition] | None = None,
    language: str | None = None,
    objective: str | None = None,
) -> Readiness:
    """Look a cohort over before anyone is matched.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    fit : Compatibility, optional
        Its scores, if they are there already.
    rules : sequence of Condition, optional
        The programme's own if left out.
    language : {"en", "sv"}, optional
        The programme's if left out.
    objective : str, optional
        What is or will be sought, if that is known: rules without effect on it are told.

    Raises
    ------
    ProgrammeError
        A rule cannot be understood.
    """
    words = language or cohort.programme.language
    fit = score(cohort) if fit is None else fit
    people = People(formulate(cohort, fit, rules), words)
    noticed = (*cohort.notes, *fit.notes, *notes_of(cohort, rules, objective))
    notes = [note.text(words) for note in noticed]
    asked = {side: _asked(cohort, side) for side in SIDES}
    silent = {side: [q for q in asked[side] if _unanswered(cohort, side, q)] for side in SIDES}
    notes += [
        say(f"readiness.nobody_answered_{side}", words, question=question.called(words))
        for side in SIDES
        for question in silent[side]
    ]
    notes += unknown_tags(cohort, words)
    notes += contradictions(cohort, people.problem, rules, words)
    return Readiness(
        departments=_departments(people, cohort),
        no_partner=_no_partner(people),
        missing=_missing(
            people,
            cohort,
            {side: [q for q in asked[side] if q not in silent[side]] for side in SIDES},
        ),
        notes=pd.DataFrame({say("readiness.note", words): notes}),
        language=words,
    )


def _departments(people: People, cohort: Cohort) -> pd.DataFrame:
    places = people.problem.mentor_capacity
    wanted = people.problem.mentee_demand
    keys = {
        side: np.array(cohort.table(side)["department"].tolist(), dtype=np.str_) for side in SIDES
    }
    rows = []
    for one in cohort.programme.departments:
        mentees, mentors = keys["mentees"] == one.key, keys["mentors"] == one.key
        offered, needed = int(places[mentors].sum()), int(wanted[mentees].sum())
        spare = offered - needed
        rows.append(
            (
                one.name(people.language),
                int(mentees.sum()),
                int(mentors.sum()),
                offered,
                _balance(spare, people.language),
            )
        )
    rows.append(
        (
            say("readiness.all", people.language),
            len(keys["mentees"]),
            len(keys["mentors"]),
            int(places.sum()),
            _balance(int(places.sum() - wanted.sum()), people.language),
        )
    )
    return pd.DataFrame(
        rows, columns=_heads(people, "department", "mentees", "mentors", "places", "balance")
    )


def _balance(spare: int, language: str) -> str:
    if spare == 0:
        return say("readiness.even", language)
    key = "readiness.enough" if spare > 0 else "readiness.short"
    return say(key, language, count=abs(spare))


def _no_partner(people: People) -> pd.DataFrame:
    problem = people.problem
    possible = problem.values(np.arange(problem.shape[0]))[1]
    open_to = possible & (problem.mentor_capacity > 0) & (problem.mentee_demand > 0)[:, None]
    rows = []
    for side, alone in (("mentees", ~open_to.any(axis=1)), ("mentors", ~open_to.any(axis=0))):
        for k in np.flatnonzero(alone).tolist():
            if side == "mentors" and problem.mentor_capacity[k] == 0:
                reason = say("explain.mentor_no_places", people.language)
            else:
                reason = no_partner_because(people, side, k)
            rows.append((*_who(people, side, k), reason))
    return pd.DataFrame(rows, columns=_heads(people, "side", "name", "department", "why"))


def _asked(cohort: Cohort, side: str) -> list[Question]:
    """Return the questions of a side that the score rests on."""
    table = cohort.table(side)
    return [
        question
        for question in cohort.programme.questions_of(side)
        if question.answer in _ANSWERS and question.answer in table
    ]


def _unanswered(cohort: Cohort, side: str, question: Question) -> bool:
    """Say whether nobody answered a question: the column is there, and empty in all rows."""
    answers = cohort.table(side)[question.answer]
    return len(answers) > 1 and not any(map(bool, answers))


def _missing(
    people: People, cohort: Cohort, asked: Mapping[str, Sequence[Question]]
) -> pd.DataFrame:
    rows = []
    for side in SIDES:
        labels = {question.answer: question.called(people.language) for question in asked[side]}
        answers = [cohort.table(side)[question.answer] for question in asked[side]]
        for k, given in enumerate(zip(*answers, strict=True)):
            silent = [
                labels[q.answer] for q, one in zip(asked[side], given, strict=True) if not one
            ]
            if silent:
                rows.append((*_who(people, side, k), ", ".join(silent)))
    rows.sort(key=lambda row: (row[0], row[2], row[1]))
    return pd.DataFrame(rows, columns=_heads(people, "side", "name", "department", "unanswered"))


def _who(people: People, side: str, place: int) -> tuple[str, str, str]:
    role = say("readiness.mentee" if side == "mentees" else "readiness.mentor", people.language)
    return role, people.name(side, place), people.department(side, place)


def _heads(people: People, *names: str) -> list[str]:
    return [say(f"readiness.column_{name}", people.language) for name in names]
