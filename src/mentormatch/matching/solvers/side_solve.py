"""The best matching under side quotas, by candidates that are priced on all pairs.

The flow under quotas bounds the total; cases make it whole; both prove the matching. Memory grows
with the candidates, not with the number of all pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from mentormatch.errors import ProblemError
from mentormatch.matching import grid
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Prices, Proof
from mentormatch.matching.solvers.answer import Pairing
from mentormatch.matching.solvers.farm import Workers, reader_of
from mentormatch.matching.solvers.locks import is_lock
from mentormatch.matching.solvers.watch import Stopped, Watch

if TYPE_CHECKING:
    from mentormatch.matching.solvers.cases import Cases
    from mentormatch.matching.solvers.columns import Columns

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: From so many cells on; and where the solver in memory finds it hard.
LARGE, HARD = 2**17, 2**15
#: From so many cells on if nothing but mentors' minimums asks for it.
MINIMUMS = 2**22
_DEARER, _TIMES = 64, 2
_BROKEN = 1e-6
_LOTS = 20
_MOST_LOTS = 2**16
_STOPPED = "the search was stopped before it had a list that keeps every rule: allow it more time"


def suits_sides(problem: Problem, stages: tuple[str, ...], *, hard: bool = False) -> bool:
    """Say whether a problem is large, asks for people and total alone, and is no assignment.

    It need not be as large where it is `hard`. Whether compiled code is loaded is no reason: among
    equally good lists the solvers' lotteries may differ, and the list must not depend on what was
    done before.
    """
    n, m = problem.shape
    if n * m < (min(LARGE, HARD) if hard else LARGE):
        return False
    several = int(problem.mentee_demand.max(initial=0)) > 1 or (
        n * m >= MINIMUMS and bool(problem.mentor_minimum.any())
    )
    sided = any(not (one.is_ban or is_lock(one)) for one in problem.quotas)
    return set(stages) <= {"coverage", "total"} and stages[-1] == "total" and (sided or several)


def solve_sides(
    problem: Problem, stages: tuple[str, ...], seed: int, n_jobs: Workers, watch: Watch
) -> Pairing | None:
    """Return the best matching with its proofs.

    None where another solver knows better: where rules may be in conflict, or no whole matching
    matches as many people as the prices say.

    Parameters
    ----------
    problem : Problem
        One that `suits_sides`.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    seed : int
        Seed of the lottery.
    n_jobs : int or distributed.Client
        Threads that price pairs, or a cluster that does.
    watch : Watch
        Told how far it is; may stop the search.

    Raises
    ------
    ProblemError
        The total could be too large to be exact, or the search was stopped before it had a
        matching that keeps every rule.

    Notes
    -----
    Ties are broken by the lottery among all matchings that the proof leaves as good. Where more
    than 65 536 pairs tie, the matching found first stays; people stand in the order of their
    lottery tickets all the while, so it depends on ids and seed alone.
    """
    from mentormatch.matching.solvers.cases import Cases  # noqa: PLC0415  (compiles)
    from mentormatch.matching.solvers.columns import Columns  # noqa: PLC0415  (compiles)
    from mentormatch.matching.solvers.most_people import people_and_prices  # noqa: PLC0415  (seldom)

    reader = reader_of(problem, n_jobs)
    grid.check_total(np.array([reader.largest]), problem.most_pairs)
    columns = Columns(problem, reader, watch, seed)
    proofs: dict[str, Proof] = {}
    covered = 0
    columns.begin()
    try:
        if "coverage" in stages:
            found = people_and_prices(columns)
            if found is None:
                return None
            covered, proofs["coverage"] = found
            columns.network.cover(covered)
        if not _kept(columns):
            return None
        cases = Cases(columns, covered)
    except (Stopped, KeyboardInterrupt):
        return _hurried(problem, columns, stages)
    proofs["total"] = cases.root.prices
    proved, chosen = False, None
    try:
        if cases.chosen is None:
            cases.dive()
        proved = cases.search() and cases.bound <= cases.best
        chosen = _drawn(problem, columns, cases, seed) if proved else None
    except (Stopped, KeyboardInterrupt):
        columns.hurry()
        if cases.chosen is None:
            cases.dive()
    if cases.chosen is None:
        return None
    proofs["total"] = cases.root.proof()
    chosen = cases.chosen if chosen is None else chosen
    return Pairing(columns.i[chosen], columns.j[chosen], proofs, proved)


def _kept(columns: Columns) -> bool:
    """Let the flow settle; say whether it keeps every bound, however dear it is to break one."""
    for time in range(_TIMES + 1):
        if time:
            columns.network.dearer(_DEARER)
        columns.settle()
        if max(columns.network.missing(columns.flow)) <= _BROKEN:
            return True
    return False


def _hurried(problem: Problem, columns: Columns, stages: tuple[str, ...]) -> Pairing:
    """Return a good matching on the candidates at hand, and what their prices prove of all pairs.

    Raises
    ------
    ProblemError
        None that keeps all rules was found.
    """
    from mentormatch.matching.solvers.cases import Cases  # noqa: PLC0415  (compiles)

    columns.hurry()
    covered = 0
    proofs: dict[str, Proof] = {}
    if "coverage" in stages:
        none = np.zeros(len(problem.quotas), np.int64)
        proofs["coverage"] = Prices(np.zeros(problem.shape[1], np.int64), none)
        covered = int((problem.mentee_demand > 0).sum())
        columns.network.cover(covered)
        columns.settle()
        covered -= int(np.ceil(columns.network.missing(columns.flow)[0] - _BROKEN))
        columns.network.cover(covered)
    kept = _kept(columns)
    cases = Cases(columns, covered)
    if kept and cases.chosen is None:
        cases.dive()
    if cases.chosen is None:
        raise ProblemError(_STOPPED)
    proofs["total"] = cases.root.prices
    return Pairing(columns.i[cases.chosen], columns.j[cases.chosen], proofs, proved=False)


def _drawn(problem: Problem, columns: Columns, cases: Cases, seed: int) -> Ints:
    """Return the pairs that the lottery prefers among matchings that are as good.

    They lie in cases whose bound is the best total, and there in pairs that lose less than a step.
    """
    n, m = problem.shape
    tickets = (
        grid.tickets(problem.mentee_ids or (), "mentee", seed),
        grid.tickets(problem.mentor_ids or (), "mentor", seed),
    )
    bits = grid.lottery_bits(n, m)
    best, most = cases.chosen, -1
    assert best is not None
    for case in cases.tied():
        cases.go(case)
        columns.settle(1.0)
        out = np.array([columns.place(pair) for pair in case.unused], np.int64)
        sure = np.array([columns.place(pair) for pair in case.used], np.int64)
        near = np.union1d(np.flatnonzero((columns.lost() <= 1.0) | (columns.used > 0.0)), sure)
        near = np.setdiff1d(near, out)
        order = np.lexsort((columns.col_node[columns.j[near]], columns.row_node[columns.i[near]]))
        near = near[order]
        i, j = columns.i[near], columns.j[near]
        lots = grid.lottery(tickets[0][i], tickets[1][j], bits) >> max(bits - _LOTS, 0)
        drawn = _best_lots(problem, columns, near, np.isin(near, sure), lots, cases)
        if drawn is not None and int(lots[drawn].sum()) > most:
            best, most = near[drawn], int(lots[drawn].sum())
    return best


def _best_lots(
    problem: Problem, columns: Columns, near: Ints, sure: Flags, lots: Ints, cases: Cases
) -> Flags | None:
    """Return which of the near pairs make the matching with the best lots; None if none will do."""
    i, j, worth = columns.i[near], columns.j[near], columns.worth[near]
    size = len(near)
    if not size or size > _MOST_LOTS:
        return None
    if cases.alone(near):
        return np.ones(size, np.bool_)
    n, m = problem.shape
    ones, every = np.ones(size), np.arange(size)
    rows = [
        sparse.csr_array((ones, (i, every)), shape=(n, size)),
        sparse.csr_array((ones, (j, every)), shape=(m, size)),
        sparse.csr_array(columns.member[near].T.astype(float)),
        sparse.csr_array(worth[None].astype(float)),
    ]
    low: list[Any] = [problem.mentee_minimum, problem.mentor_minimum]
    high: list[Any] = [np.minimum(problem.mentee_demand, m), np.minimum(problem.mentor_capacity, n)]
    low.append([one.least for one in columns.quotas])
    high.append([np.inf if one.most is None else one.most for one in columns.quotas])
    low.append([cases.best])
    high.append([np.inf])
    found = milp(
        -lots.astype(float),
        integrality=np.ones(size),
        bounds=Bounds(sure.astype(float), ones),
        constraints=LinearConstraint(
            sparse.vstack(rows), np.concatenate(low).astype(float), np.concatenate(high)
        ),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    used: Flags = found.x > 0.5
    people = len(np.unique(i[used]))
    if int(worth[used].sum()) != cases.best or people < cases.covered:
        return None
    return used
