"""How many people can be matched at most by counting them and their places, whatever the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mentormatch.matching.bounds import bound
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import IMPOSSIBLE, UNKNOWN, Prices


def most_people(problem: Problem, hints: Mapping[str, Prices]) -> tuple[int, Prices]:
    """Return the smaller of the numbers of people and of places, and prices that prove it.

    Where places cost nothing, nobody counts who has no possible mentor with a place; where they
    cost as much as a person is worth, all places count and nobody else.

    Parameters
    ----------
    problem : Problem
        The question.
    hints : mapping of str to Prices
        Those of the coverage, if there are any, may prove less. They may be another problem's,
        where a quota that is endless here had an upper bound.

    Returns
    -------
    tuple of (int, Prices)
        0 people where the rules rule out every matching at once.
    """
    none = np.zeros(len(problem.quotas), np.int64)
    closed = (problem.mentor_capacity == 0).astype(np.int64)
    ways = [Prices(closed, none), Prices(np.ones_like(closed), none)]
    if hint := hints.get("coverage"):
        endless = np.array([quota.at_most is None for quota in problem.quotas], np.bool_)
        ways.append(
            replace(hint, quotas=np.where(endless, np.maximum(hint.quotas, 0), hint.quotas))
        )
    limits = [bound(problem, prices, "coverage") for prices in ways]
    people, prices = min(zip(limits, ways, strict=True), key=lambda way: way[0])
    return (0 if people in (IMPOSSIBLE, UNKNOWN) else people), prices
