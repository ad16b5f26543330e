"""Who belongs to a group: a department, or all who gave some answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.callings import callings, whom
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Programme
from mentormatch.people.spelling import fold
from mentormatch.words import LANGUAGES, Sentence, sentence

Flags = NDArray[np.bool_]

#: A department's key, or answers by column: ``{"level": "doctoral"}``. A column may have several
#: answers, any of which will do; several columns all have to fit.
Group = str | Mapping[str, Any]
Groups = Group | Sequence[Group]


def as_groups(given: Groups | None) -> tuple[Group, ...]:
    """Return groups in a row; none for None."""
    if given is None:
        return ()
    return (given,) if isinstance(given, (str, Mapping)) else tuple(given)


def keys_of(*groups: Group) -> tuple[str, ...]:
    """Return the keys of the departments among some groups."""
    return tuple(group for group in groups if isinstance(group, str))


def inside(cohort: Cohort, side: str, *groups: Group) -> Flags:
    """Mark who belongs to any of some groups, shape (people of the side,)."""
    found = np.zeros(len(cohort.table(side)), np.bool_)
    for group in groups:
        found |= _inside(cohort, side, group)
    return found


def _inside(cohort: Cohort, side: str, group: Group) -> Flags:
    table = cohort.table(side)
    if isinstance(group, str):
        return np.array([one == group for one in table["department"]], np.bool_)
    found = np.ones(len(table), np.bool_)
    for column, values in group.items():
        if column not in table:
            return np.zeros(len(table), np.bool_)
        accepted = {_key(cohort.programme, column, one) for one in _several(values)}
        found &= np.array(
            [not accepted.isdisjoint(entries(answer)) for answer in table[column]], np.bool_
        )
    return found


def called(programme: Programme, groups: Sequence[Group]) -> Sentence:
    """Return what groups are called, in a row; "every department" for none."""
    if not groups:
        return sentence("rules.every_department")
    names = [_called(programme, group) for group in groups]
    return Sentence(*(", ".join(name.told(one) for name in names) for one in LANGUAGES))


def _called(programme: Programme, group: Group) -> Sentence:
    if isinstance(group, str):
        name = programme.department(group).name
        return Sentence(name("en"), name("sv"))
    told: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for column, values in group.items():
        for language in LANGUAGES:
            answers = [_answer(programme, column, one, language) for one in _several(values)]
            told[language].append(f"{label(programme, column, language)}: {' / '.join(answers)}")
    return Sentence(*("; ".join(told[language]) for language in LANGUAGES))


def named(programme: Programme, column: str) -> Sentence:
    """Return what an answer is called in lists, in both languages."""
    return Sentence(*(label(programme, column, language) for language in LANGUAGES))


def label(programme: Programme, column: str, language: str) -> str:
    """Return what an answer is called in lists."""
    for question in programme.questions:
        if question.answer == column and question.label(language):
            return question.label(language)
    return column


def _answer(programme: Programme, column: str, value: object, language: str) -> str:
    key = _key(programme, column, value)
    if column == "department" and value in {one.key for one in programme.departments}:
        return programme.department(str(value)).name(language)
    for question in programme.questions:
        for option in question.options if question.answer == column else ():
            if fold(option.key) == key:
                return option.name(language) or option.key
    return str(value)


def _key(programme: Programme, column: str, value: object) -> str:
    """Return an answer as tables hold it, folded: the key of an option for any of its spellings."""
    wanted = comparable(value)
    for question in programme.questions:
        for option in question.options if question.answer == column else ():
            spellings = (option.key, option.name.en, option.name.sv, *option.aliases)
            if wanted in {fold(one) for one in spellings if one}:
                return fold(option.key)
    return wanted


def nobody_in(cohort: Cohort, sides: Iterable[str], *groups: Group, kind: str = "") -> list[Fault]:
    """Return a note for each group to which nobody of some sides belongs.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    sides : iterable of str
        ``"mentees"``, ``"mentors"`` or both.
    *groups : Group
        As a rule names them.
    kind : str
        The rule.
    """
    sides = tuple(sides)
    code = f"rules.nobody_{sides[0]}" if len(sides) == 1 else "rules.nobody_at_all"
    notes = []
    for group in groups:
        if any(_inside(cohort, side, group).any() for side in sides):
            continue
        near = None
        if not isinstance(group, str):
            near = _meant(cohort, sides, group)
        details = {"group": _called(cohort.programme, group), "kind": kind}
        notes.append(Fault(code, nearest=near, details=details))
    return notes


def _meant(cohort: Cohort, sides: Iterable[str], group: Mapping[str, Any]) -> str | None:
    """Return an answer that somebody gave and that is like one that nobody gave."""
    for column, values in group.items():
        there = {
            entry: str(entry)
            for side in sides
            if column in cohort.table(side)
            for answer in cohort.table(side)[column]
            for entry in entries(answer)
        }
        for value in _several(values):
            key = _key(cohort.programme, column, value)
            near = get_close_matches(key, sorted(there), 1) if key not in there else []
            if near:
                return there[near[0]]
    return None


def faults_of_group(
    group: object, programme: Programme
) -> list[tuple[str, object, tuple[str, ...]]]:
    """Return what is wrong with a group that a rule names: code, value and what is accepted."""
    if isinstance(group, str):
        known = tuple(department.key for department in programme.departments)
        return [] if group in known else [("rules.unknown_department", group, known)]
    if not isinstance(group, Mapping) or not group:
        return [("rules.bad_group", group, ())]
    asked = tuple(sorted({question.answer for question in programme.questions}))
    faults: list[tuple[str, object, tuple[str, ...]]] = []
    for column, values in group.items():
        some = _several(values)
        if not some or not all(isinstance(one, (str, int, float)) for one in some):
            faults.append(("rules.bad_group", values, ()))
            continue
        if asked and column not in asked:
            faults.append(("rules.unknown_column", column, asked))
            continue
        options = [
            option
            for question in programme.questions
            if question.answer == column
            for option in question.options
        ]
        if column == "department":
            spelt = {one.key: one.key for one in programme.departments}
        else:
            spelt = {
                fold(one): option.key
                for option in options
                for one in (option.key, option.name.en, option.name.sv, *option.aliases)
                if one
            }
        accepted = tuple(dict.fromkeys(spelt.values()))
        faults += [
            ("rules.unknown_answer", one, accepted)
            for one in some
            if spelt and comparable(one) not in spelt
        ]
    return faults


def those(cohort: Cohort, side: str, names: Iterable[str]) -> Flags:
    """Mark people who are called by id, or by an address or name that is theirs alone.

    Raises
    ------
    ProgrammeError
        Nobody, or more than one, is called so.
    """
    table = cohort.table(side)
    called_so = callings(table)
    found = [whom(table, called_so, name) for name in names]
    if faults := [one for one in found if isinstance(one, Fault)]:
        raise ProgrammeError(faults)
    marked = np.zeros(len(table), np.bool_)
    marked[[one for one in found if isinstance(one, int)]] = True
    return marked


def not_asked(cohort: Cohort, column: str, sides: Iterable[str] = SIDES) -> tuple[Fault, ...]:
    """Return a note if some side was not asked for an answer."""
    there = all(column in cohort.table(side) for side in sides)
    return () if there else (Fault("rules.no_column", value=column),)


def departments_of(cohort: Cohort) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Return the department of each mentee and each mentor, empty where there is none."""
    mentees, mentors = (
        np.array(cohort.table(side)["department"].tolist(), dtype=np.str_) for side in SIDES
    )
    return mentees, mentors


def codes_of(cohort: Cohort, column: str) -> tuple[list[str], list[str]]:
    """Return each person's answer so that equal ones are the same text; empty for none."""
    mentees, mentors = (
        [comparable(answer) for answer in cohort.table(side)[column]] for side in SIDES
    )
    return mentees, mentors


def entries(answer: Any) -> frozenset[str]:
    """Return the entries of a list of answers; a single answer is a list of one."""
    some = answer if isinstance(answer, (tuple, list, set, frozenset)) else (answer,)
    return frozenset(map(comparable, some)) - {""}


def comparable(answer: Any) -> str:
    """Return what two equal answers have in common; an empty text for no answer."""
    if not isinstance(answer, tuple) and pd.isna(answer):
        return ""
    if isinstance(answer, (int, float, np.number, np.bool_)):
        return repr(float(answer))
    return fold(str(answer)) if answer else ""


def _several(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (list, tuple)) else (values,)
