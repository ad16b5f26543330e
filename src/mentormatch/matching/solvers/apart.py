"""Prices that count people first, taken apart: of people, of scores, and the least pay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.search import Search

Ints = NDArray[np.int64]


def apart(problem: Problem, search: Search) -> tuple[Ints, Ints, Ints, int]:
    """Take prices apart that count people first: those of people, those of scores, and the pay.

    The pay is the least for which the prices of scores still prove the total.
    """
    person = int(search.pay.max(initial=0))
    master = search.master
    people_v, people_u = (np.rint(x / person).astype(np.int64) for x in (master.v, master.u))
    rest_v, rest_u = master.v - people_v * person, master.u - people_u * person
    pay = 0
    for people, rest in ((people_v, rest_v), (people_u, rest_u)):
        owing = (rest < 0) & (people > 0)
        pay = max(pay, int((-rest[owing] // people[owing] + 1).max(initial=0)))
    n, m = problem.shape
    step = max(1, 2**19 // max(m, 1))
    for start in range(0, n, step):
        search.watch.look()
        rows = np.arange(start, min(n, start + step))
        values, possible = problem.values(rows)
        count = people_u[rows][:, None] + people_v - 1
        slack = rest_u[rows][:, None] + rest_v - values
        owing = possible & (slack < 0) & (count > 0)
        pay = max(pay, int((-slack[owing] // count[owing] + 1).max(initial=0)))
    return people_v, people_u * pay + rest_u, people_v * pay + rest_v, pay
