"""The one way to an answer: which solver a problem goes to, and how its answer comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import InfeasibleError
from mentormatch.matching.diagnose import conflict_of, diagnose
from mentormatch.matching.objectives import read_objective
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import Ladder, Prices, Proof, Split
from mentormatch.matching.remembered import leave
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.answer import Pairing
from mentormatch.matching.solvers.faces import solve_faces
from mentormatch.matching.solvers.farm import Workers
from mentormatch.matching.solvers.flow import solve_flow
from mentormatch.matching.solvers.general import solve_general, suits_staged
from mentormatch.matching.solvers.large import solve_large, suits
from mentormatch.matching.solvers.linear import NotWholeError, solve_linear
from mentormatch.matching.solvers.locks import Impossible
from mentormatch.matching.solvers.numbers import Found, Numbers, read_numbers
from mentormatch.matching.solvers.side_solve import solve_sides, suits_sides
from mentormatch.matching.solvers.watch import Progress, Watch
from mentormatch.matching.stable import stable

Ints = NDArray[np.int64]

#: Stages that linear programs answer.
_PROGRAMMED = {"spread", "share", "mean"}
_DEAR = 2**40


def solve(
    problem: Problem,
    objective: str | Sequence[str] = "most people",
    seed: int = 0,
    time_limit: float | None = None,
    n_jobs: Workers = 1,
    *,
    gap: float = 0.0,
    progress: Callable[[Progress], object] | None = None,
) -> Matching:
    """Return the best matching of a problem, with the prices that prove it.

    Ties are broken by a lottery that is keyed by the ids and the seed, so neither the order of
    the rows nor the machine changes the pairs.

    Parameters
    ----------
    problem : Problem
        The question.
    objective : str or sequence of str
        ``"most people"`` matches as many mentees as can be, and among those matchings takes the
        highest total. ``"highest total"`` looks at the total alone. ``"fairest"`` matches as many
        mentees as can be, then makes the lowest score of a pair as high as can be, then the total.
        Or stages, the most important first, as a sequence or with commas between them:
        ``"coverage"`` (mentees matched), ``"worst"`` (lowest score), ``"leximin"`` (lowest score,
        then as few pairs as can be that have it, then the second lowest, and so on), ``"kept"``
        (announced pairs of the problem), ``"spread"`` (as few mentees as can be beyond a mentor's
        first: the second takes off 1 point, the third 2, and so on), ``"share"`` and ``"mean"``
        (the lowest share matched, and the lowest mean score, of any group of `Aims.groups`; only
        those count who could be matched at all, and in the mean those without a mentor count 0),
        the counts of `Aims.counts`, and ``"total"``, which comes last if it is left out. The
        problem's own aims are woven in, see `Aims`.
        ``"stable"`` makes pairs such that no mentor and mentee would both rather have each other,
        see `stable`; it is no stage and stands alone.
    seed : int
        Seed of the lottery, any whole number.
    time_limit : float, optional
        Seconds after which the search stops where the problem is large, or the search for a proof
        where quotas make it long. The result is then the best matching so far, with status
        ``"feasible"``, and says its gap. It may end some seconds later, where a large problem
        is still being read; ``"stable"`` looks at no limit.
    n_jobs : int or distributed.Client
        Threads that price the pairs of large problems, -1 for one a core; they are threads under
        every ``joblib.parallel_config`` but ``"dask"``, which has the workers of its cluster do
        it. So does a Dask client here. It never changes the result.
    gap : float
        Large problems: stop as soon as the total is proved to lie this close to the best one, in
        units of score, as `Matching.gap` is. Stages before the total are never given up for it.
        It has no effect where mentees may have several mentors or mentors have minimums.
    progress : callable, optional
        Large problems: called with a `Progress` after every round, except where mentees may have
        several mentors or mentors have minimums, and while the lowest score is raised. What it
        raises ends the search.

    Notes
    -----
    A large problem that is interrupted (``KeyboardInterrupt``, as Ctrl-C or a notebook's stop
    button send it) gives the best matching so far, like one that runs out of time; where people
    must be matched and not all are yet, the interruption goes on, and running out of time is an
    error. While the problem is read, before the search begins, the interruption goes on, too.

    Returns
    -------
    Matching

    Raises
    ------
    InfeasibleError
        No matching obeys all rules; it names those in conflict.
    ProblemError
        A score is NaN, totals would not be exact, or the problem is too large for ``"leximin"``
        (more than 20 000 pairs of a mentee and a mentor, with several mentors a mentee, rules that
        count pairs, ``"spread"``, ``"share"`` or ``"mean"``); or `n_jobs` is neither a whole number
        nor a client that waits; or time was over before there was a matching that keeps every
        minimum.
    MissingExtraError
        `n_jobs` is no whole number, and the extra for clusters is not installed.
    ValueError
        The objective is not known or makes no sense, `time_limit` is not positive, or `gap` is
        negative.

    Examples
    --------
    >>> matching = solve(Problem([[0.9, 0.4], [0.8, 0.7]]))
    >>> matching.pairs["mentor"].tolist(), matching.status
    ([0, 1], 'optimal')
    """
    return _solved(problem, objective, seed, time_limit, n_jobs, gap, progress)


def solve_beside(
    problem: Problem,
    matching: Matching,
    stages: str | Sequence[str] | None = None,
    places: Sequence[int | None] | None = None,
) -> Matching:
    """Return the best matching of a problem whose rules are a little different from a matching's.

    What proves how many people can be matched there may prove it here as well, and is tried first;
    and the prices there tell which pairs are likely here. The answer is that of `solve`.

    Parameters
    ----------
    problem : Problem
        The same people with other quotas, or other bounds.
    matching : Matching
        Its seed is taken, and its objective unless `stages` say another.
    stages : str or sequence of str, optional
        As the objective of `solve`.
    places : sequence of int or None, optional
        Where each quota stands among those of the matching's problem, None for a new one; if left
        out, its own stand first and in order.

    Raises
    ------
    InfeasibleError
        No matching obeys all rules.
    """
    count = len(matching.problem.quotas)
    if places is None:
        places = [k if k < count else None for k in range(len(problem.quotas))]
    hints = {
        stage: replace(
            proof,
            quotas=np.array([0 if k is None else int(proof.quotas[k]) for k in places], np.int64),
        )
        for stage, proof in matching.proofs.items()
        if isinstance(proof, Prices)
    }
    objective = matching.objective if stages is None else stages
    return _solved(problem, objective, matching.seed, hints=hints)


def _solved(
    problem: Problem,
    objective: str | Sequence[str],
    seed: int,
    time_limit: float | None = None,
    n_jobs: Workers = 1,
    gap: float = 0.0,
    progress: Callable[[Progress], object] | None = None,
    hints: Mapping[str, Prices] | None = None,
) -> Matching:
    """Solve a problem; `hints` are prices that may prove its stages, or come close."""
    if objective == "stable":
        return stable(problem, seed=seed)
    name, stages = read_objective(objective, problem.aims.counts)
    stages = problem.aims.woven(stages)
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"time_limit must be a positive number of seconds, not {time_limit!r}")
    if isinstance(n_jobs, int) and n_jobs == 0:
        raise ValueError("n_jobs must be a number of cores, or -1 for all")
    if not gap >= 0:
        raise ValueError(f"gap must be 0 or a positive number in units of score, not {gap!r}")
    simple = set(stages) <= {"coverage", "total"} and stages[-1] == "total"
    watch = Watch(time_limit, gap, progress, problem.bits, problem.shape[1])
    priced: Pairing | None = None
    try:
        if simple and suits(problem):
            answer = solve_large(problem, stages, seed, n_jobs, watch, _guess(hints))
            priced = None if answer is None else answer.pairing
        elif suits_staged(problem, stages):
            priced = solve_general(problem, stages, seed, n_jobs, watch)
        elif suits_sides(problem, stages):
            priced = solve_sides(problem, stages, seed, n_jobs, watch)
    except Impossible as clash:
        raise InfeasibleError(conflict_of(problem, clash)) from None
    if priced is not None:
        return _made(problem, priced, name, stages, seed)
    try:
        other = not suits_sides(problem, stages) and suits_sides(problem, stages, hard=True)
        found, numbers = _in_memory(problem, stages, seed, time_limit, hints, easy=other)
    except NotWholeError:
        # What takes many cases is worth the time to load compiled code.
        priced = solve_sides(problem, stages, seed, n_jobs, watch)
        if priced is not None:
            return _made(problem, priced, name, stages, seed)
        found, numbers = _in_memory(problem, stages, seed, time_limit)
    if found is None:
        raise InfeasibleError(diagnose(problem))
    return Matching(
        problem,
        numbers.row_order[found.rows],
        numbers.col_order[found.cols],
        name,
        stages,
        {stage: _told(numbers, proof) for stage, proof in found.proofs.items()},
        seed,
        found.proved,
    )


def _guess(hints: Mapping[str, Prices] | None) -> Ints | None:
    """Return the prices of places in hints, where they are no larger than prices of scores are."""
    total = (hints or {}).get("total")
    if total is None or total.fine or int(np.abs(total.mentors).max(initial=0)) >= _DEAR:
        return None
    return total.mentors


def _in_memory(
    problem: Problem,
    stages: tuple[str, ...],
    seed: int,
    time_limit: float | None,
    hints: Mapping[str, Prices] | None = None,
    *,
    easy: bool = False,
) -> tuple[Found | None, Numbers]:
    """Return what a solver finds that holds the whole matrix, and the problem as it saw it."""
    numbers = read_numbers(problem, seed)
    if numbers.needs_programs or _PROGRAMMED & set(stages):
        own = {
            stage: replace(hint, mentors=hint.mentors[numbers.col_order])
            for stage, hint in (hints or {}).items()
        }
        return solve_linear(numbers, stages, time_limit, easy=easy, hints=own), numbers
    simple = set(stages) <= {"coverage", "total"} and stages[-1] == "total"
    return (solve_flow if simple else solve_faces)(numbers, stages), numbers


def _made(
    problem: Problem, priced: Pairing, name: str, stages: tuple[str, ...], seed: int
) -> Matching:
    """Return the matching of a priced solver."""
    proved = frozenset(stages if priced.proved else ())
    rows, columns = priced.rows, priced.columns
    found = Matching(problem, rows, columns, name, stages, priced.proofs, seed, proved)
    found.bounded_by(priced.gaps)
    if priced.left is not None:
        leave(found, priced.left)
    return found


def _told(numbers: Numbers, proof: Proof) -> Proof:
    """Return a proof in the problem's own order of people."""
    if isinstance(proof, Ladder):
        start = None if proof.start is None else _prices(numbers, proof.start)
        return Ladder(tuple(_told(numbers, rung) for rung in proof.rungs), start)
    if isinstance(proof, Split):
        i, j = proof.pair
        pair = (int(numbers.row_order[i]), int(numbers.col_order[j]))
        used, unused = _told(numbers, proof.used), _told(numbers, proof.unused)
        return Split(pair, used, unused, _prices(numbers, proof.prices))
    return _prices(numbers, proof)


def _prices(numbers: Numbers, proof: Prices) -> Prices:
    mentors = np.empty_like(proof.mentors)
    mentors[numbers.col_order] = proof.mentors
    return replace(proof, mentors=mentors)
