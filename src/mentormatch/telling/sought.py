"""What was sought and what was reached, stage by stage, and how many wishes were met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mentormatch.errors import InputError, ProgrammeError
from mentormatch.matching.aims import aim_of
from mentormatch.matching.result import Matching
from mentormatch.people.choices import named_by
from mentormatch.people.programme import SIDES
from mentormatch.rulebook import conditions
from mentormatch.rules import Condition
from mentormatch.telling.numbers import number
from mentormatch.telling.people import People, language_of
from mentormatch.words import catalogue, say

#: Wishes that are told apart; what comes later on somebody's list is one of the others.
CHOICES = ("first", "second", "third", "later", "none")


def sought(matching: Matching, language: str | None = None) -> pd.DataFrame:
    """Return what each stage of the objective reached.

    Parameters
    ----------
    matching : Matching
        Of any objective with stages.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        One row a stage, the most important first: ``stage``, ``sought`` and ``reached`` in words,
        ``proved`` (whether nothing better exists).

    Examples
    --------
    >>> import mentormatch as mm
    >>> table = sought(mm.solve(mm.Problem([[9.0, 4.0], [8.0, 7.0]])))
    >>> table["reached"].tolist()
    ['2 of 2 mentees have a mentor', 'the total score is 16.00']
    """
    words = language_of(matching.problem, language)
    open_ = set(matching.unproved)
    rows = [
        {
            "stage": stage,
            "sought": aim_of(stage).told(words),
            "reached": _told(matching, stage, value, words),
            "proved": stage not in open_,
        }
        for stage, value in matching.reached.items()
    ]
    return pd.DataFrame(rows, columns=["stage", "sought", "reached", "proved"])


def _told(matching: Matching, stage: str, value: Any, language: str) -> str:
    """Say what a stage reached."""
    problem = matching.problem
    blanks: dict[str, object] = {"count": value}
    kind = stage
    if stage == "coverage":
        blanks["of"] = problem.shape[0]
    elif stage in ("worst", "leximin"):
        lowest = float("nan") if matching.lowest is None else matching.lowest
        kind, blanks["count"] = "worst", number(lowest, language=language)
    elif stage == "total":
        blanks["count"] = number(matching.total, language=language)
    elif stage == "spread":
        blanks["count"] = int((matching.mentor_loads > 1).sum())
    elif stage == "share" and value is not None:
        blanks["count"] = number(100 * float(value), 0, language)
    elif stage == "mean" and value is not None:
        least = np.ldexp(float(value * problem.mean_unit), -problem.bits)
        blanks["count"] = number(least, language=language)
    elif (count := problem.aims.counts.get(stage)) is not None:
        of = sum(weight * len(pairs.exceptions) for pairs, weight in count.sets)
        blanks["of"] = of if count.mentees is None else int(count.mentees.sum())
        name, _, order = stage.rpartition(" ")
        kind = name if order.isdigit() else stage
    key = f"reached_{kind.replace(' ', '_')}"
    if key not in catalogue("en", "sought") or value is None:
        key = "reached" if value is not None else "reached_nothing"
    return say(f"sought.{key}", language, **blanks)


def wishes_met(
    matching: Matching,
    rules: Sequence[Condition] | None = None,
    language: str | None = None,
) -> pd.DataFrame:
    """Return how many people got whom they wished for, by the place on their lists.

    Parameters
    ----------
    matching : Matching
        Of a cohort's scores.
    rules : sequence of Condition, optional
        The rules that the problem was formulated with; the programme's own if left out. The rule
        ``"wishes"`` says where wishes stand.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        For mentees and for mentors, as far as somebody of them wished, a row for each choice:
        ``side``, ``choice`` (``"first"``, ``"second"``, ``"third"``, ``"later"`` or ``"none"``),
        ``people`` whose best wish that was met is this one, their ``share`` of those who wished,
        and ``text``, the choice in words. Empty without a rule about wishes.

    Raises
    ------
    InputError
        The matching is of a raw matrix, so there are no people to tell of.
    """
    words = language_of(matching.problem, language)
    cohort = People(matching.problem, words).cohort
    if cohort is None:
        raise InputError(say("explain.no_people"))
    try:
        stated = conditions(cohort.programme) if rules is None else tuple(rules)
    except ProgrammeError:
        stated = ()  # the problem was formulated with others
    columns: list[str] = []
    for rule in stated:
        if rule.kind == "wishes":
            column = rule.settings["column"]
            columns += [column] if isinstance(column, str) else list(column)
    rows = []
    for side in SIDES:
        lists = named_by(cohort, side, columns)[0]
        mine = matching.rows if side == "mentees" else matching.columns
        theirs = matching.columns if side == "mentees" else matching.rows
        got: dict[int, set[int]] = {}
        for one, other in zip(mine.tolist(), theirs.tolist(), strict=True):
            got.setdefault(one, set()).add(other)
        best = [_best(some, got.get(k, set())) for k, some in enumerate(lists) if some]
        for rank, choice in enumerate(CHOICES if best else ()):
            people = best.count(rank)
            text = say(f"sought.{side}_{choice}", words)
            rows.append((side, choice, people, people / len(best), text))
    return pd.DataFrame(rows, columns=["side", "choice", "people", "share", "text"])


def _best(wanted: list[int], got: set[int]) -> int:
    """Return the place in `CHOICES` of the best wish that was met."""
    for rank, one in enumerate(wanted):
        if one in got:
            return min(rank, CHOICES.index("later"))
    return CHOICES.index("none")
