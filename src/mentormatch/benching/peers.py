"""Every solver that a user could pick instead, each behind one small adapter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from mentormatch.benching.cohorts import FINE
from mentormatch.benching.task import Found, Ints, Task
from mentormatch.matching.encodings import Encodings

OURS, PRODUCT = "mentormatch", "plain product"
_TILE = (4096, 2048)  # of the plain product: about the quickest of those tried


@dataclass(frozen=True)
class Peer:
    """A solver: the package it comes in, how it is called, and how far it can be asked to go.

    Parameters
    ----------
    name : str
        How tables call it.
    package : str
        What is installed.
    solve : callable
        Takes a `Task`.
    most : int, optional
        Largest number of mentees that it is given: beyond it takes minutes, or all memory.
    aim : {"total", "stable", "none"}
        What it looks for: the highest total, pairs that stay together, or no pairs at all.
    """

    name: str
    package: str
    solve: Callable[[Task], Found]
    most: int | None = None
    aim: str = "total"


def _ours(task: Task) -> Found:
    from mentormatch.matching.certificate import certify  # noqa: PLC0415  (only ours needs it)
    from mentormatch.matching.solve import solve  # noqa: PLC0415  (only ours needs it)

    problem = task.cohort.problem(task.form)
    matching = solve(problem, n_jobs=task.n_jobs, time_limit=task.time_limit)

    def prove() -> tuple[bool, float]:
        proof = certify(problem, matching, n_jobs=task.n_jobs)
        return proof.valid and proof.optimal, proof.gap

    return Found(matching.rows, matching.columns, prove)


def _product(task: Task) -> Found:
    """Compute every score once in float32, block by block, and throw it away."""
    scores = task.cohort.scores
    if not isinstance(scores, Encodings):
        raise TypeError("a plain product needs encodings")
    left, right = (np.asarray(x, np.float32) for x in (scores.mentees, scores.mentors))
    n, m = task.cohort.shape
    room = np.empty(_TILE[0] * _TILE[1], np.float32)
    for i in range(0, n, _TILE[0]):
        for j in range(0, m, _TILE[1]):
            some, others = left[i : i + _TILE[0]], right[j : j + _TILE[1]].T
            size = some.shape[0], others.shape[1]
            np.matmul(some, others, out=room[: size[0] * size[1]].reshape(size))
    none = np.zeros(0, np.int64)
    return Found(none, none)


def _scipy(task: Task) -> Found:
    optimize = import_module("scipy.optimize")
    scores, mentor_of = task.places()
    rows, columns = optimize.linear_sum_assignment(scores, maximize=True)
    return task.found(rows, columns, mentor_of)


def _scipy_sparse(task: Task) -> Found:
    sparse, graph = import_module("scipy.sparse"), import_module("scipy.sparse.csgraph")
    scores, mentor_of = task.places()
    n, places = scores.shape
    possible = sparse.csr_array(scores)
    possible.data = 2 - possible.data
    if possible.nnz < n * places or n > places:
        # It wants everybody matched, so everybody has an empty place of her own to go to.
        nobody = sparse.diags_array(np.full(n, 2.0), format="csr")
        possible = sparse.hstack([possible, nobody], format="csr")
    rows, columns = graph.min_weight_full_bipartite_matching(possible)
    return task.found(rows, columns, mentor_of)


def _lapjv(double: bool) -> Callable[[Task], Found]:
    def solve(task: Task) -> Found:
        costs, mentor_of = task.square(np.float64 if double else np.float32)
        columns, _, _ = import_module("lapjv").lapjv(costs, force_doubles=double)
        return task.found(np.arange(len(columns)), columns, mentor_of)

    return solve


def _lap(task: Task) -> Found:
    scores, mentor_of = task.places()
    columns, _ = import_module("lap").lapjv(1 - scores, extend_cost=True, return_cost=False)
    return task.found(np.arange(len(columns)), columns, mentor_of)


def _lapx(name: str, dtype: type) -> Callable[[Task], Found]:
    def solve(task: Task) -> Found:
        scores, mentor_of = task.places(dtype)
        call = getattr(import_module("lap"), name)
        rows, columns = call(1 - scores, extend_cost=True, return_cost=False)
        return task.found(rows, columns, mentor_of)

    return solve


def _ortools_assignment(task: Task) -> Found:
    graph = import_module("ortools.graph.python.linear_sum_assignment")
    costs, mentor_of = task.square()
    size = len(costs)
    steps = np.rint(costs * FINE).astype(np.int64).ravel()
    rows, columns = np.divmod(np.arange(size * size), size)
    job = graph.SimpleLinearSumAssignment()
    job.add_arcs_with_cost(rows, columns, steps)
    if job.solve() != job.OPTIMAL:
        raise RuntimeError("no assignment was found")
    return task.found(
        np.arange(size), np.array([job.right_mate(i) for i in range(size)]), mentor_of
    )


def _network(task: Task) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """Return a flow problem: the pairs, its arcs (starts, ends, room, costs), supplies, an order.

    Mentees send one unit each, through a mentor with places or past all of them. The arcs of the
    pairs come first; the order sorts all arcs by start and end.
    """
    n, m = task.cohort.shape
    i, j, steps = task.pairs()
    mentees, mentors, sink = np.arange(n), n + np.arange(m), np.int64(n + m)
    starts = np.concatenate([i, mentees, mentors])
    ends = np.concatenate([n + j, np.full(n + m, sink)])
    room = np.concatenate([np.ones(len(i) + n, np.int64), task.cohort.capacity])
    costs = np.concatenate([FINE - steps, np.full(n, FINE), np.zeros(m, np.int64)])
    supplies = np.concatenate([np.ones(n, np.int64), np.zeros(m, np.int64), [-n]])
    order = np.lexsort((ends, starts))
    return i, j, starts, ends, room, costs, supplies, order


def _ortools_flow(task: Task) -> Found:
    graph = import_module("ortools.graph.python.min_cost_flow")
    i, j, starts, ends, room, costs, supplies, _ = _network(task)
    job = graph.SimpleMinCostFlow()
    arcs = job.add_arcs_with_capacity_and_unit_cost(starts, ends, room, costs)
    job.set_nodes_supplies(np.arange(len(supplies)), supplies)
    if job.solve() != job.OPTIMAL:
        raise RuntimeError("no flow was found")
    used = job.flows(arcs)[: len(i)] > 0
    return task.found(i[used], j[used])


def _pylmcf(task: Task) -> Found:
    i, j, starts, ends, room, costs, supplies, order = _network(task)
    flow = np.empty(len(order), np.int64)
    flow[order] = import_module("pylmcf").pylmcf_cpp.lmcf(
        supplies, starts[order], ends[order], room[order], costs[order]
    )
    used = flow[: len(i)] > 0
    return task.found(i[used], j[used])


def _pot(task: Task) -> Found:
    scores = task.matrix()
    n, m = scores.shape
    capacity = task.cohort.capacity.astype(np.float64)
    # Whoever is left over meets nobody, at no gain: both sides must weigh the same.
    gain = np.pad(scores, ((0, 1), (0, 1)))
    mentees = np.append(np.ones(n), capacity.sum())
    mentors = np.append(capacity, float(n))
    plan = import_module("ot").emd(mentees, mentors, 1 - gain, numItermax=10**9)
    return task.found(*np.nonzero(plan[:n, :m] > 0.5))


def _kwok(task: Task) -> Found:
    scores, mentor_of = task.places()
    steps = np.rint(scores * FINE).astype(np.int64)
    wide = steps.shape[0] <= steps.shape[1]
    steps = steps if wide else steps.T
    edges = []
    for row in steps:
        columns = np.flatnonzero(row)
        edges.append(list(zip(columns.tolist(), row[columns].tolist(), strict=True)))
    result = import_module("kwok").kwok(edges)
    left, right = np.array(result.left_pairs), np.arange(steps.shape[1])
    # The right side may be longer than its partners are: take the pairs from the left.
    rows, columns = np.arange(len(left)), left
    met = (columns >= 0) & (columns < len(right))
    rows, columns = rows[met], columns[met]
    if not wide:
        rows, columns = columns, rows
    return task.found(rows, columns, mentor_of)


def _networkx(task: Task) -> Found:
    networkx = import_module("networkx")
    scores, mentor_of = task.places()
    steps = np.rint(scores * FINE).astype(np.int64)
    n = len(steps)
    i, j = np.nonzero(steps)
    graph = networkx.Graph()
    graph.add_weighted_edges_from(zip(i.tolist(), (n + j).tolist(), steps[i, j].tolist()))  # noqa: B905  (all three are as long)
    pairs = networkx.max_weight_matching(graph)
    rows, columns = np.array([sorted(pair) for pair in pairs], np.int64).reshape(-1, 2).T
    return task.found(rows, columns - n, mentor_of)


def _mentor_match(task: Task) -> Found:
    process = import_module("matching.process")
    people = [import_module(f"matching.{side}") for side in ("mentee", "mentor")]
    scores, mentor_of = task.places()
    steps = np.rint(scores * FINE).astype(np.int64).tolist()
    mentees, mentors = (
        [getattr(kind, name)(grade=0, email=f"{name} {k}", role=k) for k in range(size)]
        for kind, name, size in zip(people, ("Mentee", "Mentor"), scores.shape, strict=True)
    )

    class Given:
        """The score of a pair, as it is given."""

        def apply(self, match: Any) -> int:
            return int(steps[match.mentee.role][match.mentor.role])

    process.process_data(mentors, mentees, [[Given()]])
    pairs = [(one.role, other.role) for one in mentees for other in one.mentors]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return task.found(rows, columns, mentor_of)


def _matching(task: Task) -> Found:
    games = import_module("matching.games")
    scores = task.matrix()
    wants = {
        i: [int(j) for j in np.argsort(-row, kind="stable") if row[j] > 0]
        for i, row in enumerate(scores)
    }
    likes = {
        j: [int(i) for i in np.argsort(-column, kind="stable") if column[i] > 0]
        for j, column in enumerate(scores.T)
    }
    wants, likes = ({k: v for k, v in side.items() if v} for side in (wants, likes))
    places = {j: int(task.cohort.capacity[j]) for j in likes}
    sys.setrecursionlimit(10**6)  # it copies everybody with all whom they know
    game = games.HospitalResident.create_from_dictionaries(wants, likes, places)
    pairs = [(one.name, mentor.name) for mentor, met in game.solve().items() for one in met]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return task.found(rows, columns)


#: All solvers. Ours comes first: it proves the total that all others are held against.
PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer(OURS, "mentormatch-optimiser", _ours),
        Peer(PRODUCT, "numpy", _product, aim="none"),
        Peer("scipy", "scipy", _scipy, 10_000),
        Peer("scipy sparse", "scipy", _scipy_sparse, 1_000),
        Peer("lapjv float32", "lapjv", _lapjv(double=False), 20_000),
        Peer("lapjv", "lapjv", _lapjv(double=True), 10_000),
        Peer("lapx lapjvx", "lapx", _lapx("lapjvx", np.float64), 5_000),
        Peer("lapx lapjvr", "lapx", _lapx("lapjvr", np.float64), 10_000),
        Peer("lapx lapjvs", "lapx", _lapx("lapjvs", np.float64), 10_000),
        Peer("lap", "lap", _lap, 5_000),
        Peer("ortools assignment", "ortools", _ortools_assignment, 2_000),
        Peer("ortools flow", "ortools", _ortools_flow, 2_000),
        Peer("pot", "POT", _pot, 5_000),
        Peer("kwok", "kwok", _kwok, 1_000),
        Peer("pylmcf", "pylmcf", _pylmcf, 2_000),
        Peer("networkx", "networkx", _networkx, 100),
        Peer("mentor-match", "mentor-match", _mentor_match, 200),
        Peer("matching", "matching", _matching, 300, aim="stable"),
    )
}
