"""The best assignment of large cohorts: priced candidates instead of the whole matrix.

Each mentee begins with her best few mentors. The matching on these candidates comes with prices;
what lies outside them is known to gain no more than a bound that was noted when the mentee's scores
were last read. Only where prices have moved so far that this bound proves nothing are scores read
again. When nothing is in doubt any more, the matching is best among all pairs (column generation:
Gilmore and Gomory 1961; shortest augmenting paths: Tomizawa 1971, Edmonds and Karp 1972). Memory
grows with the candidates and one block of scores.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.certificate import Prices, Proof
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers import leftover
from mentormatch.matching.solvers.answer import Answer, Candidates
from mentormatch.matching.solvers.apart import apart
from mentormatch.matching.solvers.circles import solve_apart
from mentormatch.matching.solvers.cover import plain_cover
from mentormatch.matching.solvers.farm import Workers, reader_of
from mentormatch.matching.solvers.locks import Locks, locks_of, only_bans_and_locks
from mentormatch.matching.solvers.lots import draw_lots
from mentormatch.matching.solvers.search import Search
from mentormatch.matching.solvers.single import lowest, solve_single
from mentormatch.matching.solvers.start import start_prices
from mentormatch.matching.solvers.watch import FREE, Stopped, Watch

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: From so many cells on, candidates are quicker than the whole matrix even if compiled code has to
#: be loaded first; once it is loaded they are quicker for smaller problems, too.
LARGE = 2**17
_SMALL = 2**10
#: Up to so many cells the whole matrix is quicker than candidates, where all places are single.
DENSE = 2**20
#: Up to so many cells prices are made the lowest possible, which reads all scores once more.
LOWEST = 2**22
#: So many seconds after the end of time circles are still read, for a better matching.
_GRACE = 0.25
#: So many candidates at most are kept for those who ask for prices (some 100 megabytes).
LEFT = 2**23


def suits(problem: Problem) -> bool:
    """Say whether a problem is large, and an assignment with only bans and locks beside it."""
    n, m = problem.shape
    loaded = "mentormatch.matching.solvers.scans" in sys.modules
    return (
        n * m >= (min(_SMALL, LARGE) if loaded else LARGE)
        and int(problem.mentee_demand.max(initial=0)) <= 1
        and not problem.mentee_minimum.any()
        and not problem.mentor_minimum.any()
        and only_bans_and_locks(problem)
    )


def solve_large(
    problem: Problem,
    stages: tuple[str, ...],
    seed: int,
    n_jobs: Workers = 1,
    watch: Watch = FREE,
    guess: Ints | None = None,
) -> Answer | None:
    """Return the best matching with its prices, or None if too many pairs tie to draw lots.

    Parameters
    ----------
    problem : Problem
        One that `suits`.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    seed : int
        Seed of the lottery.
    n_jobs : int or distributed.Client
        Threads that price pairs, or a cluster that does; the result does not depend on it.
    watch : Watch
        Told how far it is; may stop the search.
    guess : numpy.ndarray of int, shape (m,), optional
        Prices of places to begin with, those of a problem like this one; they change no pair.

    Raises
    ------
    ProblemError
        The total could be too large to be exact.
    Impossible
        Locked pairs are in conflict.
    """
    locks = locks_of(problem)
    if not locks.quotas:
        return _solve_free(problem, stages, seed, n_jobs, watch, guess)
    answer = _solve_free(locks.rest(), stages, seed, n_jobs, watch, guess)
    return None if answer is None else _with_locks(locks, answer)


def _with_locks(locks: Locks, answer: Answer) -> Answer:
    """Return the answer to what the locks left open as one to the whole problem."""
    match = answer.match.copy()
    match[locks.i] = locks.j
    total = answer.proofs["total"]
    assert isinstance(total, Prices)

    def worth(i: Ints, j: Ints) -> tuple[Ints, Flags]:
        values, possible = locks.problem.values_at(i, j)
        return values + total.coverage, possible

    mentors = total.mentors
    if answer.proved:
        mentors = locks.with_places(mentors, answer.mentees, worth)
    priced = {**answer.proofs, "total": replace(total, mentors=mentors)}
    proofs: dict[str, Proof] = {}
    for stage, prices in priced.items():
        assert isinstance(prices, Prices)
        proofs[stage] = locks.paid(stage, prices)
    return replace(answer, match=match, proofs=proofs, left=None)


def _solve_free(
    problem: Problem,
    stages: tuple[str, ...],
    seed: int,
    n_jobs: Workers,
    watch: Watch,
    guess: Ints | None,
) -> Answer | None:
    """Solve a problem with nothing but bans, circle by circle where it falls apart."""
    bits = grid.lottery_bits(*problem.shape)

    many = problem.shape[0] * problem.shape[1] >= leftover.HURRIED
    hurry = many and isinstance(problem.scores, Encodings)

    def circle(part: Problem, share: Watch) -> Answer | None:
        # Once time has been over for a while nobody reads all of another circle.
        late = isinstance(problem.scores, Encodings) and watch.is_over(_GRACE)
        return _solve_whole(part, stages, seed, 1, share, bits, hurry=hurry or late)

    found = solve_apart(problem, stages, n_jobs, watch, circle)
    if found is not None:
        return found
    return _solve_whole(problem, stages, seed, n_jobs, watch, bits, guess, hurry=hurry)


def _solve_whole(
    problem: Problem,
    stages: tuple[str, ...],
    seed: int,
    n_jobs: Workers,
    watch: Watch,
    bits: int,
    guess: Ints | None = None,
    *,
    hurry: bool,
) -> Answer | None:
    """Solve a problem; to `hurry` is to read nothing more when time is over."""
    n, m = problem.shape
    single = n * m < DENSE and int(problem.mentor_capacity.max(initial=0)) <= 1
    if single and not watch.is_over():
        return solve_single(problem, stages, seed, bits)
    reader = reader_of(problem, n_jobs)
    grid.check_total(np.array([reader.largest]), problem.most_pairs)
    begun = start_prices(problem, reader.bans) if guess is None else guess
    search = Search(problem, reader, watch, begun)
    master = search.master
    small = problem.shape[0] * problem.shape[1] < LOWEST
    none = np.zeros(len(problem.quotas), np.int64)
    nobody = Prices(np.zeros(problem.shape[1], np.int64), none)
    proofs: dict[str, Proof] = {"coverage": nobody} if "coverage" in stages else {}
    proved, mentees, left = False, master.u, None
    gaps: dict[str, int] = {}
    unit = 2 * reader.largest * (problem.most_pairs + 1) + 1

    if "coverage" in stages:
        search.settled = partial(_covers, problem, search)
    try:
        search.settle()
        mentees, mentors, pay = master.u, master.v, 0
        if "coverage" in stages:
            found = plain_cover(problem, master.match, reader.alive, reader.bans)
            if found is None and small:
                return None  # the solver in memory finds the lowest prices of both stages
            if found is None:
                # People first: a matched mentee outweighs any score.
                search.put_people_first(unit)
                search.settle()
                found, mentees, mentors, pay = apart(problem, search)
            proofs["coverage"] = Prices(_closed(problem, found, 1), none)
        match = _draw_lots(problem, search, seed, bits, lead="coverage" in stages)
        if match is None:
            return None
        if small:
            steps = problem.steps(np.arange(problem.shape[0]))
            mentees, mentors = lowest(
                problem, steps, master.u, master.v, master.match, reader.largest
            )
        else:
            left = _left_by(search, mentors)
            mentors = _closed(problem, mentors, reader.largest + pay)
        proofs["total"] = Prices(mentors, none, pay)
        proved = True
    except (Stopped, KeyboardInterrupt):
        if "total" not in proofs:
            proofs.update(_proofs_so_far(problem, search, stages, unit))
        match = search.so_far(hurried=hurry)
        if hurry:
            some = leftover.SIZE if n * m >= leftover.HURRIED else leftover.FEW
            match = leftover.pair_left(problem, reader.bans, match, some)
            gaps = _gaps(problem, search, match, proofs)
    return Answer(match, proofs, proved, search.read / max(n * m, 1), mentees, left, gaps)


def _covers(problem: Problem, search: Search) -> bool:
    """Say whether nobody else can be matched than in the matching so far."""
    reader = search.reader
    if search.paid:
        # Any other person would be worth more than what is missing and all scores there are.
        return search.loose < 2 * reader.largest
    return plain_cover(problem, search.master.match, reader.alive, reader.bans) is not None


def _proofs_so_far(
    problem: Problem, search: Search, stages: tuple[str, ...], unit: int
) -> dict[str, Proof]:
    """Return prices that say how far the matching so far may be from the best."""
    none, reader = np.zeros(len(problem.quotas), np.int64), search.reader
    mentors = np.maximum(search.master.v + search.sunk, 0)
    proofs: dict[str, Proof] = {}
    pay, people = 0, None
    if search.paid and search.watch.met:
        pay, people = unit, (mentors + unit // 2) // unit
    elif search.paid:
        mentors = np.zeros_like(mentors)
    elif search.watch.met and "coverage" in stages:
        people = plain_cover(problem, search.master.match, reader.alive, reader.bans)
    if people is not None:
        proofs["coverage"] = Prices(_closed(problem, people, 1), none)
    proofs["total"] = Prices(_closed(problem, mentors, reader.largest + pay), none, pay)
    return proofs


def _gaps(
    problem: Problem, search: Search, match: Ints, proofs: dict[str, Proof]
) -> dict[str, int]:
    """Say how far a matching may be from the best, from what has been read."""
    rows = np.flatnonzero(match >= 0)
    total = int(problem.values_at(rows, match[rows])[0].sum())
    prices = proofs["total"]
    assert isinstance(prices, Prices)
    if search.paid:
        return {}
    bound = search.bound(prices.mentors)
    return {"coverage": problem.most_pairs - len(rows), "total": bound - total}


def _left_by(search: Search, mentors: Ints) -> Candidates | None:
    """Return what a search leaves behind, None where it is much or its scores count people too."""
    master = search.master
    if search.paid or len(master.cols) > LEFT:
        return None
    prices = np.where(search.capacity > 0, mentors, 2**58)
    return Candidates(master.ptr, master.cols, master.worth, search.outside(prices))


def _closed(problem: Problem, mentors: Ints, price: int) -> Ints:
    """Return the prices with mentors who have no place put out of reach."""
    return np.where(problem.mentor_capacity == 0, price, mentors)


def _draw_lots(
    problem: Problem, search: Search, seed: int, bits: int, *, lead: bool
) -> Ints | None:
    """Return the best matching that the lottery prefers; None if too many pairs tie."""
    search.settle(ties=True)
    master = search.master
    i = np.repeat(np.arange(problem.shape[0]), np.diff(master.ptr))
    tight = (master.worth - master.v[master.cols] == master.u[i]) & search.open[i]
    i, j = i[tight], master.cols[tight].astype(np.int64)
    return draw_lots(problem, master.u, master.v, master.match, (i, j), seed, lead=lead, bits=bits)
