"""How a matching is checked: its pairs against every rule, its prices against every stage.

Prices bound what any matching can reach in a stage (see `bound`); where the matching reaches the
bound of every stage, nothing better exists. This module reads the problem afresh and shares no code
with the solvers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.aims import lowest_mean, lowest_share
from mentormatch.matching.blocking import is_stable
from mentormatch.matching.bounds import bound, shortfall, slack
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import (
    GROUPED,
    IMPOSSIBLE,
    NOTHING_YET,
    UNKNOWN,
    Ladder,
    Prices,
    Proof,
    Reached,
    Split,
)

__all__ = [
    "IMPOSSIBLE",
    "UNKNOWN",
    "Certificate",
    "Ladder",
    "Prices",
    "Proof",
    "Reached",
    "Split",
    "bound",
    "broken",
    "certify",
    "reached_by",
    "slack",
]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Certificate:
    """What the check of a matching found.

    Attributes
    ----------
    valid : bool
        The pairs obey every capacity, minimum, ban and quota, and the total is theirs.
    optimal : bool
        The prices prove that no matching is better under the stated objective; or, where a
        stable matching was sought, no mentor and mentee would both rather have each other.
    gap : float
        Distance between the total and its proven bound, in units of score; 0 is proved. Infinite
        for a stable matching, whose total nothing bounds.
    coverage_gap : int
        Distance between the number of mentees matched and its proven bound, where the objective
        counts them.
    faults : tuple of str
        What is wrong with an invalid matching.
    gaps : mapping of str to float
        The distance for every stage of the objective, the most important first; 0 is proved, and
        infinity says that nothing bounds the stage. In units of score for ``total``, in pairs for
        ``kept`` and ``leximin``; the stages ``worst``, ``share`` and ``mean`` are proved or not.
    """

    valid: bool
    optimal: bool
    gap: float
    coverage_gap: int = 0
    faults: tuple[str, ...] = ()
    gaps: Mapping[str, float] = field(default_factory=dict, hash=False)


def certify(problem: Problem, matching: Any, *, n_jobs: int = 1) -> Certificate:
    """Check a matching from its pairs and prices alone.

    Parameters
    ----------
    problem : Problem
        The question.
    matching : Matching, or any object with its ``pairs``, ``total``, ``stages`` and ``proofs``
        ``pairs`` is a table with columns ``mentee`` and ``mentor`` (ids); ``proofs`` maps a stage
        to its `Proof`. Nothing else of it is believed.
    n_jobs : int
        Threads that read the scores of large problems given as `Encodings`, -1 for one a core. The
        result does not depend on it.

    Returns
    -------
    Certificate

    Examples
    --------
    >>> from mentormatch.matching.solve import solve
    >>> problem = Problem([[0.9, 0.4], [0.8, 0.7]])
    >>> found = certify(problem, solve(problem))
    >>> found.optimal, found.gaps
    (True, {'coverage': 0, 'total': 0.0})
    """
    faults: list[str] = []
    i, j = _positions(problem, matching.pairs, faults)
    values, possible = problem.values_at(i, j)
    faults += _broken(problem, i, j, possible)
    total = int(values.sum())
    if grid.from_grid(total, problem.bits) != matching.total:
        faults.append("the total is not the sum of the pairs' scores")
    if faults:
        return Certificate(False, False, float("inf"), 0, tuple(faults))
    stages = tuple(matching.stages)
    if stages == ("stable",):
        return Certificate(True, is_stable(problem, i, j), float("inf"))
    steps: dict[str, int] = {}
    for stage, reached, value in reached_by(problem, stages, i, j, values):
        proof = matching.proofs.get(stage)
        steps[stage] = (
            UNKNOWN if proof is None else shortfall(problem, proof, stage, reached, value, n_jobs)
        )
    gaps: dict[str, float] = {}
    for stage, left in steps.items():
        # Prices that prove less than what the matching has are no proof of anything.
        sound = max(left, 0)
        gaps[stage] = grid.from_grid(sound, problem.bits) if stage == "total" else sound
        if left >= UNKNOWN // 2:
            gaps[stage] = float("inf")
    return Certificate(
        True,
        bool(steps) and all(left == 0 for left in steps.values()),
        gaps.get("total", float("inf")),
        steps.get("coverage", 0),
        (),
        gaps,
    )


def reached_by(
    problem: Problem, stages: tuple[str, ...], i: Ints, j: Ints, values: Ints
) -> Iterator[tuple[str, Reached, Any]]:
    """Yield for each stage what the stages before it reached, and what the pairs are worth in it.

    Parameters
    ----------
    problem : Problem
        The question.
    stages : tuple of str
        The most important first.
    i, j, values : numpy.ndarray of int, shape (number of pairs,)
        Positions of the pairs and their scores in steps of the grid.
    """
    reached = NOTHING_YET
    for stage in stages:
        value: Any
        if stage == "leximin":
            levels, counts = np.unique(values, return_counts=True)
            value = tuple(zip(levels.tolist(), counts.tolist(), strict=True))
            yield stage, reached, value
            reached = reached.up_to(value)
            continue
        if stage == "coverage":
            value = len(np.unique(i))
        elif stage == "kept":
            value = int(problem.announced.at(i, j).sum())
        elif stage == "worst":
            value = int(values.min()) if len(values) else None
        elif stage == "total":
            value = int(values.sum())
        elif stage == "spread":
            value = spread_of(np.bincount(j, minlength=problem.shape[1]))
        elif stage in GROUPED:
            value = _of_groups(problem, stage, i, values)
        elif stage in problem.aims.counts:
            value = problem.aims.counts[stage].value(i, j)
        else:
            raise ValueError(f"nothing is known of the stage {stage!r}")
        yield stage, reached, value
        if value is not None:
            reached = reached.also(stage, value)
        elif stage == "worst":
            # Without any pair, only another matching without any is as good.
            reached = reached.also(stage, UNKNOWN)


def spread_of(loads: Ints) -> int:
    """Return the points of ``spread``: 1 off for a mentor's second mentee, 2 for the third, ..."""
    return -int((loads * (loads - 1) // 2).sum())


def _of_groups(problem: Problem, stage: str, i: Ints, values: Ints) -> Any:
    """Return the lowest share matched, or the lowest mean, of any group; None without groups."""
    codes, sizes = problem.aims.groups, problem.group_sizes
    if codes is None:
        return None
    if stage == "share":
        matched = np.unique(i)
        inside = matched[codes[matched] >= 0]
        return lowest_share(sizes, np.bincount(codes[inside], minlength=len(sizes)))
    totals = np.zeros(len(sizes), np.int64)
    inside = codes[i] >= 0
    np.add.at(totals, codes[i[inside]], values[inside])
    return lowest_mean(sizes, totals, problem.mean_unit)


def _positions(problem: Problem, pairs: Any, faults: list[str]) -> tuple[Ints, Ints]:
    rows = {name: k for k, name in enumerate(problem.mentee_ids or ())}
    columns = {name: k for k, name in enumerate(problem.mentor_ids or ())}
    known = [
        (rows[a], columns[b])
        for a, b in zip(pairs["mentee"], pairs["mentor"], strict=True)
        if a in rows and b in columns
    ]
    if len(known) != len(pairs["mentee"]):
        faults.append("a pair names somebody who is not in the problem")
    i, j = np.array(known, np.int64).reshape(-1, 2).T
    return i, j


def _broken(problem: Problem, i: Ints, j: Ints, possible: NDArray[np.bool_]) -> Iterator[str]:
    """Yield what a set of pairs breaks."""
    n, m = problem.shape
    if (np.diff(np.sort((i << 32) | j)) == 0).any():
        yield "a pair stands twice"
    if not possible.all():
        yield "a pair is impossible or banned"
    for side, load, low, high in (
        ("mentee", np.bincount(i, minlength=n), problem.mentee_minimum, problem.mentee_demand),
        ("mentor", np.bincount(j, minlength=m), problem.mentor_minimum, problem.mentor_capacity),
    ):
        if (load > high).any():
            yield f"a {side} has more pairs than places"
        if (load < low).any():
            yield f"a {side} has fewer pairs than the minimum"
    for quota in problem.quotas:
        count = int(quota.pairs.at(i, j).sum())
        if count < quota.at_least:
            yield f"quota {quota.name!r} wants at least {quota.at_least} pairs, there are {count}"
        if quota.at_most is not None and count > quota.at_most:
            yield f"quota {quota.name!r} wants at most {quota.at_most} pairs, there are {count}"


def broken(problem: Problem, i: Ints, j: Ints) -> tuple[str, ...]:
    """Say what a set of pairs, given as positions, breaks; empty if it obeys everything."""
    return tuple(_broken(problem, i, j, _possible(problem, i, j)))


def _possible(problem: Problem, i: Ints, j: Ints) -> NDArray[np.bool_]:
    """Say which of listed pairs may be; encodings are not read unless a score may bar a pair."""
    scores = problem.scores
    if not (isinstance(scores, Encodings) and problem.minimum_score <= -scores.largest):
        return problem.values_at(i, j)[1]
    possible = np.ones(i.shape, np.bool_)
    for quota in problem.quotas:
        if quota.is_ban:
            possible &= ~quota.pairs.at(i, j)
    return possible
