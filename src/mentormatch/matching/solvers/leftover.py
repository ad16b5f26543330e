"""How people who are left are paired with places that are left, when no time is left either."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.bans import Bans

Ints = NDArray[np.int64]

#: From so many cells on, people who are left are not read against all places again.
HURRIED = 2**32
#: So many people are paired at a time with as many places; fewer where less than that is left.
SIZE, FEW = 512, 256


def pair_left(problem: Problem, bans: Bans, match: Ints, some: int) -> Ints:
    """Return a matching with people and places that are left paired, some of each at a time.

    Parameters
    ----------
    problem : Problem
        Of encodings, with nothing but bans beside the capacities.
    bans : Bans
        What it forbids.
    match : numpy.ndarray of int, shape (n,)
        Each mentee's mentor, -1 for none.
    some : int
        How many people are paired at a time.
    """
    match, fit = match.copy(), problem.scores
    load = np.bincount(match[match >= 0], minlength=problem.shape[1])
    left = np.flatnonzero((match < 0) & (problem.mentee_demand > 0))
    free = np.maximum(np.minimum(problem.mentor_capacity, problem.shape[0]) - load, 0)
    for kind in range(len(bans.table)):
        rows = left[bans.row_kinds[left] == kind]
        columns = np.flatnonzero((free > 0) & bans.table[kind][bans.col_kinds])
        places = np.repeat(columns, np.minimum(free[columns], len(rows)))
        for start in range(0, min(len(rows), len(places)), some):
            mine, there = rows[start : start + some], places[start : start + some]
            scores = fit.mentees[mine] @ fit.mentors[there].T
            a, b = linear_sum_assignment(scores, maximize=True)
            i, j = mine[a], there[b]
            possible = problem.values_at(i, j)[1]
            match[i[possible]] = j[possible]
            np.subtract.at(free, j[possible], 1)
    return match
