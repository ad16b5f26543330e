"""Which people must be matched and have too few places between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from mentormatch.matching.clauses import Clause, clauses_of
from mentormatch.matching.problem import Problem
from mentormatch.matching.relaxation import listed
from mentormatch.matching.solvers.classes import Side, classes_of
from mentormatch.matching.solvers.elastic import elastic, is_single
from mentormatch.words import say

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Shortage:
    """People who must have partners, or a quota that wants pairs, and how few there can be.

    Attributes
    ----------
    clauses : tuple of Clause
        Minimums of mentees, or of mentors, whose partners are too few together (Hall 1935); or a
        single quota.
    wanted : int
        How many pairs they ask for together.
    open : int
        How many they can have under all bans.
    """

    clauses: tuple[Clause, ...]
    wanted: int
    open: int

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the shortage in English (``en``) or Swedish (``sv``); `redact` names nobody."""
        first = self.clauses[0]
        name = first.called(language, redact=redact)
        if first.kind == "quota":
            return say(
                "conflict.short_quota", language, name=name, wanted=self.wanted, count=self.open
            )
        kind = first.kind.removesuffix(" minimum")
        each = "" if self.wanted == len(self.clauses) else "_several"
        return say(
            f"conflict.short_{kind}{each}",
            language,
            people=len(self.clauses),
            wanted=self.wanted,
            count=self.open,
            names=name if redact else listed(self.clauses, language),
        )


def shortage(base: Problem, conflict: Sequence[Clause]) -> Shortage | None:
    """Return the shortage behind a conflict, or None if it is of another kind.

    Parameters
    ----------
    base : Problem
        The question without scores.
    conflict : sequence of Clause
        Demands of which none can be left out.
    """
    asking = [
        clause
        for clause in conflict
        if clause.kind != "quota" or not base.quotas[clause.position].is_ban
    ]
    kinds = {clause.kind for clause in asking}
    if kinds == {"quota"} and len(asking) == 1:
        return _short_quota(base, asking[0])
    if len(kinds) != 1 or "quota" in kinds:
        return None
    kind = kinds.pop()
    classes = classes_of(base)
    sides, possible = (classes.mentees, classes.mentors), classes.possible
    if kind == "mentor minimum":
        sides, possible = sides[::-1], possible.T
    inside, missing = _short(*sides, possible, int(sides[0].of[asking[0].position]))
    people = set(np.flatnonzero(np.isin(sides[0].of, inside)).tolist())
    clauses = tuple(
        clause for clause in clauses_of(base) if clause.kind == kind and clause.position in people
    )
    if len(clauses) == 1:
        return None  # the conflict itself says who it is
    wanted = sum(clause.bound for clause in clauses)
    return Shortage(clauses, wanted, wanted - missing)


def _short_quota(base: Problem, clause: Clause) -> Shortage | None:
    """Return how far a quota alone is from what the bans leave of it; None where it is a lock."""
    quota = base.quotas[clause.position]
    if is_single(quota.pairs.table, quota.pairs.exceptions):
        return None
    bans = [other for other in base.quotas if other.is_ban]
    program = elastic(replace(base, quotas=[*bans, quota], mentee_minimum=0, mentor_minimum=0))
    asked = np.array([slack.kind == "at least" for slack in program.slacks])
    units = program.least(np.where(asked, 1, quota.at_least + 1))
    assert units is not None, "a quota can be given up"
    return Shortage((clause,), quota.at_least, quota.at_least - int(units[asked].sum()))


def _short(asking: Side, giving: Side, possible: Flags, who: int) -> tuple[Ints, int]:
    """Return the group of one who has too few places, as classes, and how many it lacks.

    All whom a chain of exchanges leads to from somebody who goes without in a largest flow (Ford
    and Fulkerson 1956) have too few places, whatever flow that is (Dulmage and Mendelsohn 1958);
    they fall apart into groups that share no places.
    """
    n, m = possible.shape
    a, b = np.nonzero(possible & (asking.low > 0)[:, None])
    needed = asking.count * asking.low
    source, sink = n + m, n + m + 1
    tail = np.concatenate([np.full(n, source), a, n + np.arange(m)])
    head = np.concatenate([np.arange(n), n + b, np.full(m, sink)])
    room = np.concatenate([needed, asking.count[a] * giving.count[b], giving.count * giving.high])
    graph = sparse.csr_matrix(
        (np.minimum(room, 2**31 - 1).astype(np.int32), (tail, head)), shape=(n + m + 2, n + m + 2)
    )
    flow = maximum_flow(graph, source, sink).flow
    missing = needed - flow[[source], :n].toarray()[0]
    left = sparse.csr_matrix((graph - flow)[: n + m, : n + m])
    left.eliminate_zeros()
    reached = np.zeros(n + m, np.bool_)
    for start in np.flatnonzero(missing).tolist():
        if not reached[start]:
            reached[breadth_first_order(left, start, return_predecessors=False)] = True
    joint = reached[a] & reached[n + b]
    links = sparse.csr_matrix(
        (np.ones(int(joint.sum())), (a[joint], n + b[joint])), shape=(n + m, n + m)
    )
    part = connected_components(links, directed=False)[1]
    group = np.flatnonzero(reached[:n] & (part[:n] == part[who]))
    return group, int(missing[group].sum())
