"""Whom a mended list concerns: who lost whom, who got whom, and who keeps whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from mentormatch.matching.result import Matching
from mentormatch.telling.people import People
from mentormatch.words import say

#: What happened to somebody, those first who have to be told.
CHANGES = ("left", "lost", "moved", "new", "keeps")
_MENTEE, _MENTOR = ["mentee", "mentee_name"], ["mentor", "mentor_name"]
COLUMNS = ("change", "mentee", "mentee_name", "mentor_before", "mentor_after", "why")


def concerned(announced: pd.DataFrame, matching: Matching, language: str = "en") -> pd.DataFrame:
    """Return what became of every announced pair, and who has a mentor that was not announced.

    Nobody is passed over: who takes part no more is named as the list handed out names her.

    Parameters
    ----------
    announced : pandas.DataFrame
        As `read_announced` returns it.
    matching : Matching
        The mended pairs, from `rematch`.
    language : {"en", "sv"}
        Language of the words.

    Returns
    -------
    pandas.DataFrame
        ``change``: ``"left"`` (the mentee takes part no more), ``"lost"`` (has no mentor now),
        ``"moved"`` (has another one), ``"new"`` (has one who was not announced) or ``"keeps"``;
        ``mentee`` (id), ``mentee_name``, ``mentor_before`` and ``mentor_after`` (names, ``""`` for
        nobody), ``why`` (a sentence, or ``""``). Those who have to be told come first.
    """
    people = People(matching.problem, language)
    mentees, mentors = people.ids("mentees"), people.ids("mentors")
    row, column = ({one: k for k, one in enumerate(ids)} for ids in (mentees, mentors))
    names: dict[object, str] = {one: people.name("mentees", k) for one, k in row.items()}
    had: dict[object, dict[object, str]] = {}
    for one in announced.itertuples(index=False):
        names.setdefault(one.mentee, str(one.mentee_name or one.mentee))
        known = column.get(one.mentor)
        name = str(one.mentor_name or one.mentor)
        had.setdefault(one.mentee, {})[one.mentor] = (
            name if known is None else people.name("mentors", known)
        )
    has: dict[object, dict[object, str]] = {}
    for i, j in zip(matching.rows.tolist(), matching.columns.tolist(), strict=True):
        has.setdefault(mentees[i], {})[mentors[j]] = people.name("mentors", j)

    sides = [(one, str(name or one)) for one, name in announced[_MENTEE].values.tolist()]
    strangers = _unannounced(row, [people.name("mentees", k) for k in row.values()], sides)
    sides = [(one, str(name or one)) for one, name in announced[_MENTOR].values.tolist()]
    strangers |= _unannounced(column, [people.name("mentors", k) for k in column.values()], sides)

    def why(mentee: object, mentor: object) -> str:
        left = [one for one, held in ((mentee, row), (mentor, column)) if one not in held]
        if left:
            gone = "both" if len(left) > 1 else "mentor" if mentee in row else "mentee"
            alike = [
                say("concerned.why_same_name", language, old=str(one), **strangers[one])
                for one in left
                if one in strangers
            ]
            return " ".join([say(f"concerned.why_{gone}_left", language), *alike])
        i, j = np.array([row[mentee]]), np.array([column[mentor]])
        allowed = bool(matching.problem.announced.at(i, j)[0])
        if not allowed:
            return say("concerned.why_not_allowed", language)
        more = matching.stages[0] == "coverage"
        return say("concerned.why_given_up" if more else "concerned.why_given_up_for", language)

    def of(mentee: object) -> Iterator[tuple[str, object, str, str, str, str]]:
        before, after = had.get(mentee, {}), has.get(mentee, {})
        for mentor in (one for one in before if one in after):
            yield "keeps", mentee, names[mentee], before[mentor], after[mentor], ""
        lost = [mentor for mentor in before if mentor not in after]
        got = [mentor for mentor in after if mentor not in before]
        for old, new in zip_longest(lost, got):
            if mentee not in row:
                change = "left"
            elif old is None:
                change = "new"
            else:
                change = "lost" if new is None else "moved"
            reason = say("concerned.why_new", language) if old is None else why(mentee, old)
            yield change, mentee, names[mentee], before.get(old, ""), after.get(new, ""), reason

    rows = [one for mentee in names for one in of(mentee)]
    rows.sort(key=lambda one: CHANGES.index(one[0]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _unannounced(
    ids: Mapping[Any, int], names: Sequence[str], announced: Sequence[tuple[Any, str]]
) -> dict[object, dict[str, str]]:
    """Return who is there by the name of somebody who has gone, and was not announced herself."""
    known = {one for one, _ in announced}
    new = {name: str(one) for one, name in zip(ids, names, strict=True) if one not in known}
    return {
        one: {"name": name, "new": new[name]}
        for one, name in announced
        if one not in ids and name in new
    }


def concerned_in_short(table: pd.DataFrame, language: str = "en") -> str:
    """Say how many announced pairs stay, and how many people have to be told of something."""
    counts = {change: int((table["change"] == change).sum()) for change in CHANGES}
    announced = len(table) - counts["new"]
    kept = say("concerned.kept", language, kept=counts["keeps"], count=announced)
    told = [
        say(f"concerned.{one}", language, count=counts[one]) for one in CHANGES[:-1] if counts[one]
    ]
    return " ".join([kept, *told])


def lines(table: pd.DataFrame, language: str = "en") -> Iterator[str]:
    """Yield a line for everybody who has to be told of something."""
    nobody = say("explain.nobody_word", language)
    for one in table[table["change"] != "keeps"].itertuples(index=False):
        yield say(
            "concerned.line",
            language,
            mentee=one.mentee_name,
            before=one.mentor_before or nobody,
            after=one.mentor_after or nobody,
            why=one.why,
        )
