"""Which mentors and mentees would both rather have each other than what a matching gives them.

A pair blocks a matching (Gale and Shapley 1962, doi:10.2307/2312726) if it is possible and not
made, the mentee has room for another mentor or likes this one strictly better than one of hers,
and the mentor has a place left or likes this mentee strictly better than one of those there (Roth
and Sotomayor 1990 for several places). Equal scores are no reason to change. Pairs that a rule
locks are nobody's to give up, and no other rule about numbers of pairs is looked at: that a pair
blocks does not say that rules allow it.

This module reads the problem afresh, one block of mentees at a time, and shares no code with the
solvers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.likings import blocks, likings, likings_at, locked_pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.rankings import Rankings

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def blocking_pairs(
    matching: Any, rankings: Rankings | None = None, most: int | None = None
) -> pd.DataFrame:
    """Return the pairs who would both rather have each other than what a matching gives them.

    Parameters
    ----------
    matching : Matching
        Of any objective.
    rankings : Rankings, optional
        What each side thinks of the other; the problem's own if left out, and its scores where it
        has none.
    most : int, optional
        Stop after so many pairs; there may be as many as the problem has.

    Returns
    -------
    pandas.DataFrame
        A row a pair, in the order of mentees and mentors: ``mentee``, ``mentor`` (ids), ``score``;
        ``mentee_has`` is the mentor whom the mentee would give up and ``mentor_has`` the mentee who
        would have to go (None: there is a place left), with ``mentee_score`` and ``mentor_score``,
        the scores of those pairs (NaN where nobody is given up).

    Raises
    ------
    ProblemError
        The rankings do not fit the problem.
    ValueError
        `most` is negative.

    Examples
    --------
    >>> from mentormatch.matching.solve import solve
    >>> matching = solve(Problem([[9, 8], [7, 1]]))
    >>> blocking_pairs(matching)[["mentee", "mentor", "score", "mentee_has", "mentor_has"]]
       mentee  mentor  score  mentee_has  mentor_has
    0       0       0    9.0           1           1
    """
    import pandas as pd  # noqa: PLC0415  (numbers alone should not wait for pandas)

    if most is not None and most < 0:
        raise ValueError(f"most must be a number of pairs, not {most!r}")
    problem = _asked(matching.problem, rankings)
    rows, columns = matching.rows, matching.columns
    found: list[tuple[Ints, Ints]] = []
    count = 0
    for mentees, flags in _blocking(problem, rows, columns):
        a, b = np.nonzero(flags)
        if most is not None:
            a, b = a[: most - count], b[: most - count]
        found.append((mentees[a], b))
        count += len(a)
        if count == most:
            break
    none = np.zeros(0, np.int64)
    i = np.concatenate([none, *(a for a, _ in found)])
    j = np.concatenate([none, *(b for _, b in found)])
    mine, theirs, _ = _standing(problem, rows, columns)
    mentee_ids, mentor_ids = problem.mentee_ids or (), problem.mentor_ids or ()
    values = problem.values_at(rows, columns)[0]

    def scores(of: Ints) -> Floats:
        return np.ldexp(of.astype(np.float64), -problem.bits)

    def given_up(at: Ints) -> Floats:
        there = np.full(len(at), np.nan)
        there[at >= 0] = scores(values[at[at >= 0]])
        return there

    leaves, goes = mine[i], theirs[j]
    return pd.DataFrame(
        {
            "mentee": pd.Series([mentee_ids[k] for k in i], dtype=object),
            "mentor": pd.Series([mentor_ids[k] for k in j], dtype=object),
            "score": scores(problem.values_at(i, j)[0]),
            "mentee_has": pd.Series(
                [mentor_ids[columns[k]] if k >= 0 else None for k in leaves], dtype=object
            ),
            "mentee_score": given_up(leaves),
            "mentor_has": pd.Series(
                [mentee_ids[rows[k]] if k >= 0 else None for k in goes], dtype=object
            ),
            "mentor_score": given_up(goes),
        }
    )


def count_blocking_pairs(matching: Any, rankings: Rankings | None = None) -> int:
    """Return how many pairs would both rather have each other than what a matching gives them.

    Reads every pair once and holds one block of them at a time.

    Parameters
    ----------
    matching : Matching
        Of any objective.
    rankings : Rankings, optional
        As in `blocking_pairs`.

    Examples
    --------
    >>> from mentormatch.matching.solve import solve
    >>> problem = Problem([[9, 8], [7, 1]])
    >>> count_blocking_pairs(solve(problem)), count_blocking_pairs(solve(problem, "stable"))
    (1, 0)
    """
    problem = _asked(matching.problem, rankings)
    return sum(int(flags.sum()) for _, flags in _blocking(problem, matching.rows, matching.columns))


def is_stable(problem: Problem, rows: Ints, columns: Ints) -> bool:
    """Say whether no pair blocks, and nobody would rather have nobody than one of theirs.

    Parameters
    ----------
    problem : Problem
        The question.
    rows, columns : numpy.ndarray of int
        Positions of the mentee and the mentor of each pair that is made.
    """
    mine, theirs = likings_at(problem, rows, columns)
    unwilling = (mine == -np.inf) | (theirs == -np.inf)
    if (unwilling & ~_locked(problem, rows, columns)).any():
        return False
    return not any(flags.any() for _, flags in _blocking(problem, rows, columns))


def _asked(problem: Problem, rankings: Rankings | None) -> Problem:
    return problem if rankings is None else replace(problem, rankings=rankings)


def _locked(problem: Problem, rows: Ints, columns: Ints) -> Flags:
    i, j = locked_pairs(problem)
    return np.isin((rows << 32) | columns, (i << 32) | j)


def _standing(problem: Problem, rows: Ints, columns: Ints) -> tuple[Ints, Ints, list[Floats]]:
    """Return which of their pairs each mentee and each mentor would give up first (-1: none).

    And how much they like it: -inf where they have room, +inf where nothing is theirs to give up.
    """
    locked = _locked(problem, rows, columns)
    worst: list[Ints] = []
    level: list[Floats] = []
    for person, liked, most in zip(
        (rows, columns),
        likings_at(problem, rows, columns),
        (problem.mentee_demand, problem.mentor_capacity),
        strict=True,
    ):
        full = np.bincount(person, minlength=len(most)) >= most
        free = np.flatnonzero(~locked & full[person])
        # The last write to a place stays: the pair that is liked least, the first one of equals.
        order = free[np.lexsort((-free, -liked[free]))]
        last = np.full(len(most), -1, np.int64)
        last[person[order]] = order
        worst.append(last)
        height = np.where(full, np.inf, -np.inf)
        height[last >= 0] = liked[last[last >= 0]]
        level.append(height)
    return worst[0], worst[1], level


def _blocking(problem: Problem, rows: Ints, columns: Ints) -> Iterator[tuple[Ints, Flags]]:
    """Yield some mentees at a time, with the pairs of theirs that block."""
    _, _, (mine, theirs) = _standing(problem, rows, columns)
    order = np.argsort(rows, kind="stable")
    sorted_rows = rows[order]
    for some in blocks(problem):
        wanted, wanting = likings(problem, some)
        flags = (wanted > mine[some, None]) & (wanting > theirs)
        first, last = np.searchsorted(sorted_rows, [some[0], some[-1] + 1])
        made = order[first:last]
        flags[rows[made] - some[0], columns[made]] = False
        yield some, flags
