"""Stable matchings: no mentor and mentee would both rather have each other than what they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import Fault, InfeasibleError, ProblemError
from mentormatch.matching import grid
from mentormatch.matching.aims import aim_of
from mentormatch.matching.diagnose import diagnose
from mentormatch.matching.likings import groups, likings, locked_pairs, turned_likings
from mentormatch.matching.problem import Problem
from mentormatch.matching.rankings import Rankings
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.deferred import Piece, Question, deferred_acceptance

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: From so many pairs on the loop of requests is compiled.
COMPILED = 2**22
_LOT_BITS = 62


def stable(
    problem: Problem,
    rankings: Rankings | None = None,
    seed: int = 0,
    proposing: str = "mentees",
) -> Matching:
    """Return a stable matching: no mentor and mentee would both rather have each other.

    Who is liked equally well is put in order by the lottery, keyed by the ids and the seed. Of all
    matchings that are stable under that order, every mentee has the best mentor she has in any of
    them if mentees propose, and every mentor the best mentees if mentors do. Where both sides rank
    by the score of the pair there is one such matching only, and it does not matter who proposes.
    All of them match the same people.

    A locked pair is taken as made: it takes a place of both, and neither can give it up. Pairs that
    a ban, ``-inf`` or the minimum score rules out are never made.

    Parameters
    ----------
    problem : Problem
        The question. Nobody may want more than one mentor.
    rankings : Rankings, optional
        Whom each side would rather have; the problem's own if left out, and its scores where it
        has none.
    seed : int
        Seed of the lottery, any whole number.
    proposing : {"mentees", "mentors"}
        Which side the matching is best for. Mentees' pairs are read as they are needed, a block at
        a time; where mentors propose from rankings, at least one byte a pair is held in memory.

    Returns
    -------
    Matching
        With `status` ``"optimal"``: a recount finds no pair that blocks it. It has no prices, and
        nothing bounds its total: `bound` and `gap` are infinite.

    Raises
    ------
    ProblemError
        A mentee wants more than one mentor, somebody has a minimum, or a rule other than a ban or a
        locked pair counts pairs: a stable matching under such rules need not exist. Or the
        rankings do not fit the problem.
        Or totals would not be exact.
    InfeasibleError
        The locked pairs cannot all be made.
    ValueError
        `proposing` is neither side.

    Examples
    --------
    >>> problem = Problem([[0, 0], [0, 0]], mentee_ids=["Ada", "Bo"], mentor_ids=["Cy", "Di"])
    >>> wishes = Rankings(
    ...     mentees=[["Cy", "Di"], ["Di", "Cy"]], mentors={"Cy": ["Bo", "Ada"], "Di": ["Ada", "Bo"]}
    ... )
    >>> stable(problem, wishes).pairs["mentor"].tolist()
    ['Cy', 'Di']
    >>> stable(problem, wishes, proposing="mentors").pairs["mentor"].tolist()
    ['Di', 'Cy']
    """
    if proposing not in ("mentees", "mentors"):
        raise ValueError(f"proposing must be 'mentees' or 'mentors', not {proposing!r}")
    if rankings is not None:
        problem = replace(problem, rankings=rankings)
    _check(problem)
    n, m = problem.shape
    fixed_rows, fixed_columns = locked_pairs(problem)
    demand = np.minimum(problem.mentee_demand, m) - np.bincount(fixed_rows, minlength=n)
    places = np.minimum(problem.mentor_capacity, n) - np.bincount(fixed_columns, minlength=m)
    possible = problem.values_at(fixed_rows, fixed_columns)[1]
    if not possible.all() or (demand < 0).any() or (places < 0).any():
        raise InfeasibleError(diagnose(problem))
    mentees = grid.tickets(problem.mentee_ids or (), "mentee", seed)
    mentors = grid.tickets(problem.mentor_ids or (), "mentor", seed)

    def lots(i: Ints, j: Ints) -> Ints:
        return grid.lottery(mentees[i], mentors[j], _LOT_BITS)

    ranks = _ranks(mentees), _ranks(mentors)
    if proposing == "mentees" or problem.placed is None:
        pieces = _pieces(lambda some: likings(problem, some), m)
        question = Question(pieces, lots, demand, places, *ranks)
        rows, columns = deferred_acceptance(question, n * m >= COMPILED)
    else:
        pieces = _pieces(turned_likings(problem), n)
        question = Question(pieces, lambda j, i: lots(i, j), places, demand, *reversed(ranks))
        columns, rows = deferred_acceptance(question, n * m >= COMPILED)
    rows = np.concatenate([rows, fixed_rows])
    columns = np.concatenate([columns, fixed_columns])
    grid.check_total(problem.values_at(rows, columns)[0], len(rows))
    return Matching(
        problem,
        rows,
        columns,
        "stable",
        ("stable",),
        {},
        seed,
    )


def _check(problem: Problem) -> None:
    """Raise ProblemError if the problem asks for what a stable matching cannot promise."""
    faults = []
    several = np.minimum(problem.mentee_demand, problem.shape[1]) > 1
    if several.any():
        faults.append(Fault("faults.not_stable_several", details=_count(several)))
    for side in ("mentor", "mentee"):
        least = getattr(problem, f"{side}_minimum") > 0
        if least.any():
            faults.append(Fault(f"faults.not_stable_{side}_minimum", details=_count(least)))
    for stage in (*problem.aims.leading, *problem.aims.following):
        faults.append(Fault("faults.not_stable_aim", details={"aim": aim_of(stage)}))
    for quota in problem.quotas:
        if quota.is_ban:
            continue
        single = not quota.pairs.table.any() and len(quota.pairs.exceptions) == 1
        idle = quota.at_most is None or quota.at_most >= min(
            problem.most_pairs, 1 if single else problem.most_pairs
        )
        if quota.at_least == 0 and idle:
            continue
        if not (quota.at_least == 1 and single):
            faults.append(Fault("faults.not_stable_rule", details={"rule": quota.name}))
    if faults:
        raise ProblemError(faults)


def _count(people: NDArray[np.bool_]) -> dict[str, str]:
    return {"people": str(int(people.sum()))}


def _ranks(tickets: NDArray[np.uint64]) -> Ints:
    ranks = np.empty(len(tickets), np.int64)
    ranks[np.argsort(tickets, kind="stable")] = np.arange(len(tickets))
    return ranks


def _pieces(
    read: Callable[[Ints], tuple[Floats, Floats]], others: int
) -> Callable[[Ints], Iterator[Piece]]:
    """Return what reads the pairs of askers, given what reads their likings."""

    def pieces(askers: Ints) -> Iterator[Piece]:
        for some in groups(askers, others):
            yield Piece(some, *read(some))

    return pieces
