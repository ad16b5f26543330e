"""How sign-up sheets become a cohort."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mentormatch.errors import Fault, ProfileError
from mentormatch.people.answers import Answer, shared_answers
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Programme, Question
from mentormatch.people.sheets.duplicates import settle
from mentormatch.people.sheets.headings import swapped
from mentormatch.people.sheets.signups import SignUp, asked, read_signups
from mentormatch.people.sheets.suspicions import on_both_sides, suspicions
from mentormatch.people.sheets.tables import Table, frame_table, read_table
from mentormatch.people.sheets.unknown import together
from mentormatch.words import say

Source = str | os.PathLike[str] | pd.DataFrame

#: Answers that are no column: one is the index, the other decides who is in the table at all.
_NO_COLUMN = ("id", "withdrawn")


def read_cohort(
    mentees: Source | Sequence[Source],
    mentors: Source | Sequence[Source],
    *,
    programme: Programme,
) -> Cohort:
    """Return everybody who signed up, read from sheets by what the programme asks.

    Parameters
    ----------
    mentees, mentors : path, DataFrame, or sequence of them
        Form exports (.xlsx, .csv, .tsv, .txt), one or several a side.
    programme : Programme
        Its questions say which column is which answer and how it is read, its departments what
        they may be called, its `duplicates` what a second row by the same address means.

    Returns
    -------
    Cohort
        The index of each table is the sheet's id or else the e-mail address in small letters.
        Columns are the answers asked of that side, and ``source`` ("file, row 7"). Numbers and
        moments that are missing are NaN and NaT; a missing ``places`` or ``demand`` is 1, with a
        note. Rows stand in the order of the files. People who withdrew are in neither table.

    Raises
    ------
    ProfileError
        Any file, column, row or cell cannot be read, two rows are the same person, or a side is
        empty. It lists every fault of all files.

    Examples
    --------
    >>> from mentormatch.people.programme import Department, Words
    >>> programme = Programme(
    ...     name=Words("Mentors"), year="2024-25",
    ...     departments=(Department("physics", Words("Physics", "Fysik")),),
    ...     questions=(Question("email", "everyone", ("E-mail", "E-post"), required=True),
    ...                Question("department", "everyone", ("Department",), required=True)),
    ... )
    >>> mentees = pd.DataFrame({"E-post": ["Bo@example.org"], "Department": ["fysik"]})
    >>> mentors = pd.DataFrame({"E-mail": ["eva@example.org"], "Department": ["Physics"]})
    >>> read_cohort(mentees, mentors, programme=programme).mentees.loc["bo@example.org"].to_list()
    ['Bo@example.org', 'physics', 'mentees table, row 2']
    """
    given = dict(zip(SIDES, (_sources(mentees), _sources(mentors)), strict=True))
    faults: list[Fault] = []
    notes: list[Fault] = []
    tables = _tables(given, faults)
    signups: dict[str, list[SignUp]] = {}
    for side in SIDES:
        before = len(faults)
        signups[side] = _people(tables[side], side, programme, faults, notes)
        complete = len(tables[side]) == len(given[side]) and len(faults) == before
        if complete and all(each.withdrawn for each in signups[side]):
            files = ", ".join(table.file for table in tables[side])
            faults.append(Fault(f"sheets.no_{side}", file=files))
    if faults:
        raise ProfileError(_in_order(faults, given))
    taking_part = {side: [each for each in signups[side] if not each.withdrawn] for side in SIDES}
    notes += on_both_sides(*taking_part.values())
    left = [each for side in SIDES for each in signups[side] if each.withdrawn]
    return Cohort(
        **{side: _frame(taking_part[side], asked(programme, side), programme) for side in SIDES},
        programme=programme,
        withdrawn=tuple(each.id for each in left),
        notes=tuple(_in_order(notes, given)),
        sources={table.file: table.sha256 for side in SIDES for table in tables[side]},
        withdrawn_names=tuple(
            str(each.answers[key])
            for each in left
            for key in ("name", "email")
            if each.answers.get(key)
        ),
    )


def _sources(given: Source | Sequence[Source]) -> list[Source]:
    if isinstance(given, (str, os.PathLike, pd.DataFrame)):
        return [given]
    return list(given)


def _tables(given: Mapping[str, list[Source]], faults: list[Fault]) -> dict[str, list[Table]]:
    """Read all files; what cannot be read is among the faults instead."""
    tables: dict[str, list[Table]] = {side: [] for side in given}
    seen: dict[str, str] = {}
    names = iter(_names(given))
    for side, sources in given.items():
        for source in sources:
            name = next(names)
            try:
                if isinstance(source, pd.DataFrame):
                    table = frame_table(source, name=name)
                else:
                    table = read_table(source, name=name)
            except ProfileError as error:
                faults += error.faults
                continue
            if table.rows and seen.setdefault(table.sha256, name) != name:
                details = {"other_file": seen[table.sha256]}
                faults.append(Fault("sheets.given_twice", file=name, details=details))
            else:
                tables[side].append(table)
    return tables


def _names(given: Mapping[str, list[Source]]) -> list[str]:
    """Return a name for each source: the file's, with its folder if two are called alike."""
    short: list[str] = []
    longer: list[str] = []
    for side, sources in given.items():
        for source in sources:
            if isinstance(source, pd.DataFrame):
                short.append(f"{side} table")
                longer.append(f"{side} table")
            else:
                path = Path(source)
                short.append(path.name or str(path))
                longer.append("/".join(path.parts[-2:]) or str(path))
    names: list[str] = []
    for name, with_folder in zip(short, longer, strict=True):
        best = name if short.count(name) == 1 else with_folder
        number = 2
        unique = best
        while unique in names:
            unique, number = f"{best} {number}", number + 1
        names.append(unique)
    return names


def _in_order(faults: list[Fault], given: Mapping[str, list[Source]]) -> list[Fault]:
    """Return faults in the order in which somebody goes through the files, general ones first."""
    files = {name: position for position, name in enumerate(_names(given))}
    return sorted(faults, key=lambda each: (files.get(each.file, -1), each.row or 0))


def _people(
    tables: list[Table],
    side: str,
    programme: Programme,
    faults: list[Fault],
    notes: list[Fault],
) -> list[SignUp]:
    """Return one row a person of a side; adds what is wrong, and what is odd, to the lists."""
    questions = asked(programme, side)
    identified: list[SignUp] = []
    nameless: list[SignUp] = []
    for table in tables:
        wrong_side = swapped(table, side, programme)
        if wrong_side:  # what its cells say would only be noise
            faults += [*table.faults, wrong_side]
            continue
        sheet = read_signups(table, questions, timezone=programme.timezone)
        faults += sheet.faults
        notes += sheet.notes
        (identified if sheet.identified else nameless).extend(sheet.signups)
        if not table.rows:
            notes.append(Fault("sheets.no_rows", file=table.file))
    people = settle(identified, latest_wins=programme.duplicates == "latest wins")
    notes += people.notes
    # What someone wrote who takes no part any more keeps nobody from matching the others.
    read = [signup for signup in (*people.signups, *nameless) if not signup.withdrawn]
    cells = [*people.faults, *(fault for signup in read for fault in signup.wrong)]
    faults += together(cells, questions, programme.language)
    notes += suspicions(read)
    return list(people.signups)


def _frame(
    signups: list[SignUp], questions: tuple[Question, ...], programme: Programme
) -> pd.DataFrame:
    index = pd.Index([signup.id for signup in signups], dtype="str", name="id")
    table = pd.DataFrame(index=index)
    for question in questions:
        if question.answer not in _NO_COLUMN:
            answers = [signup.answers[question.answer] for signup in signups]
            if question.answer == "share":
                answers = [shared_answers(answer, questions) for answer in answers]
            table[question.answer] = _column(question, answers, index)
    rows = [say("faults.row", programme.language, row=signup.row) for signup in signups]
    places = [f"{signup.file}, {row}" for signup, row in zip(signups, rows, strict=True)]
    table["source"] = pd.Series(places, index=index, dtype="str")
    return table


def _column(
    question: Question, answers: list[Answer | None], index: pd.Index[str]
) -> pd.Series[Any]:
    """Return the answers to a question in the type that all of them have."""
    if question.kind == "any of" or question.answer == "share":
        return pd.Series(answers, index=index, dtype="object")
    if question.kind == "number":
        whole = all(isinstance(answer, int) for answer in answers)
        return pd.Series(answers, index=index, dtype="int64" if whole else "float64")
    if question.kind == "moment":
        return pd.Series(answers, index=index, dtype="datetime64[us]")
    if question.kind == "yes or no":
        complete = all(isinstance(answer, bool) for answer in answers)
        return pd.Series(answers, index=index, dtype="bool" if complete else "object")
    return pd.Series(answers, index=index, dtype="str")
