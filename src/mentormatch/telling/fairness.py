"""Whether every department, or any other group of people, was served alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.errors import Fault, InputError
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.people.cohort import Cohort
from mentormatch.telling.numbers import number
from mentormatch.telling.people import People, language_of
from mentormatch.words import say

Flags = NDArray[np.bool_]

_CELLS = 2**20  # scores read at a time
_COLUMNS = [
    "group", "mentees", "matched", "share_matched", "mean_score", "lowest_score", "first",
    "share_first", "mentors", "lent", "borrowed",
]  # fmt: skip


def fairness(
    matching: Matching, column: str = "department", language: str | None = None
) -> pd.DataFrame:
    """Return how each department was served, or each group by any other column.

    Parameters
    ----------
    matching : Matching
        Of a cohort's scores.
    column : str
        Column of the mentees' table, such as ``"department"`` or ``"campus"``. Where an answer is
        a list, a person counts in each group that it names.
    language : {"en", "sv"}, optional
        Language of the departments' names; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        One row a group: departments in the programme's order, other groups by name, and those who
        gave no answer last. ``group`` is its name, ``mentees`` how many it has, ``matched`` and
        ``share_matched`` (0 to 1) how many of them have a mentor; ``mean_score`` and
        ``lowest_score`` are of its mentees' pairs. ``first`` and ``share_first`` are the mentees
        who have the mentor with whom they score highest (ties counted) of all who offer a place
        and whom bans and the minimum score allow them. ``mentors`` are the group's own, ``lent``
        their pairs with mentees of other groups, ``borrowed`` the pairs of its mentees with mentors
        of other groups. Shares and scores are NaN where there is nobody; the last three are missing
        where the mentors' table has no such column.

    Raises
    ------
    InputError
        The matching is of a raw matrix, so there are no people to tell of; or the mentees' table
        has no such column.

    Examples
    --------
    >>> import mentormatch as mm
    >>> table = fairness(mm.match(mm.make_cohort(20, 15, departments=3, seed=1)))
    >>> int(table["mentees"].sum())
    20
    """
    problem = matching.problem
    people = People(problem, language_of(problem, language))
    cohort = people.cohort
    if cohort is None:
        raise InputError(say("explain.no_people"))
    if column not in cohort.mentees:
        options = tuple(str(name) for name in cohort.mentees.columns)
        raise InputError([Fault("fairness.no_column", value=column, accepted=options)])
    groups, mine, theirs = _groups(people, cohort, column)
    mentees, mentors = (_members(some, groups) for some in (mine, theirs or []))
    matched = np.zeros(problem.shape[0], np.bool_)
    matched[matching.rows] = True
    first = _first(matching)
    scores = matching.pairs["score"].to_numpy(float)
    rows = []
    for k, label in enumerate(groups.values()):
        ours = mentees[k]
        count, pairs = int(ours.sum()), ours[matching.rows]
        row: dict[str, Any] = {
            "group": label,
            "mentees": count,
            "matched": int((matched & ours).sum()),
            "mean_score": float(scores[pairs].mean()) if pairs.any() else np.nan,
            "lowest_score": float(scores[pairs].min()) if pairs.any() else np.nan,
            "first": int((first & ours).sum()),
            "mentors": pd.NA,
            "lent": pd.NA,
            "borrowed": pd.NA,
        }
        for what in ("matched", "first"):
            row[f"share_{what}"] = row[what] / count if count else np.nan
        if theirs is not None:
            own = mentors[k][matching.columns]
            row["mentors"] = int(mentors[k].sum())
            row["lent"], row["borrowed"] = int((own & ~pairs).sum()), int((pairs & ~own).sum())
        rows.append(row)
    table = pd.DataFrame(rows, columns=_COLUMNS)
    parts = dict.fromkeys(("share_matched", "share_first", "mean_score", "lowest_score"), "float64")
    return table.astype(dict.fromkeys(("mentors", "lent", "borrowed"), "Int64") | parts)


def fairness_in_short(table: pd.DataFrame, language: str) -> str:
    """Say which groups were served best and least, by the share of their mentees with a mentor."""
    served = table[table["mentees"] > 0]
    if served.empty:
        return say("fairness.nobody", language)
    order = served.sort_values("share_matched", kind="stable")
    low, high = order.iloc[0], order.iloc[-1]
    told = {
        "lowest": low["group"],
        "least": number(100 * low["share_matched"], 0, language),
        "highest": high["group"],
        "most": number(100 * high["share_matched"], 0, language),
        "first": number(100 * served["first"].sum() / served["mentees"].sum(), 0, language),
    }
    alike = low["share_matched"] == high["share_matched"]
    return say("fairness.alike" if alike else "fairness.spread", language, **told)


def _groups(
    people: People, cohort: Cohort, column: str
) -> tuple[dict[str, str], list[tuple[str, ...]], list[tuple[str, ...]] | None]:
    """Return each group with what it is called, and the groups of each mentee and mentor."""
    mine = [_answers(answer) for answer in cohort.mentees[column]]
    theirs = None
    if column in cohort.mentors:
        theirs = [_answers(answer) for answer in cohort.mentors[column]]
    silent = say("fairness.no_answer", people.language)
    seen = {group for some in (*mine, *(theirs or [])) for group in some}
    order = sorted(seen - {""})
    labels = {group: group for group in order}
    if column == "department":
        known = {one.key: one.name(people.language) for one in cohort.programme.departments}
        labels = known | {group: group for group in order if group not in known}
    return labels | ({"": silent} if "" in seen else {}), mine, theirs


def _answers(answer: Any) -> tuple[str, ...]:
    """Return the groups that an answer names; an empty text for no answer."""
    if isinstance(answer, (tuple, list, set, frozenset)):
        return tuple(dict.fromkeys(str(one) for one in answer)) or ("",)
    return ("",) if pd.isna(answer) else (str(answer),)


def _members(answers: list[tuple[str, ...]], groups: Iterable[str]) -> Flags:
    """Return who is in which group, shape (groups, people)."""
    place = {group: k for k, group in enumerate(groups)}
    found = np.zeros((len(place), len(answers)), np.bool_)
    for person, named in enumerate(answers):
        found[[place[group] for group in named], person] = True
    return found


def _first(matching: Matching) -> Flags:
    """Mark the mentees who have a mentor with whom nobody whom they may have scores higher."""
    problem = matching.problem
    best = _best(problem)
    values, _ = problem.values_at(matching.rows, matching.columns)
    found = np.zeros(problem.shape[0], np.bool_)
    found[matching.rows[values >= best[matching.rows]]] = True
    return found


def _best(problem: Problem) -> NDArray[np.float64]:
    """Return each mentee's highest score with a mentor who has a place, in steps of the grid."""
    n, m = problem.shape
    best = np.full(n, -np.inf)
    offering = problem.mentor_capacity > 0
    step = max(1, _CELLS // max(m, 1))
    for start in range(0, n, step):
        rows = np.arange(start, min(n, start + step))
        best[rows] = problem.steps(rows)[:, offering].max(axis=1, initial=-np.inf)
    return best
