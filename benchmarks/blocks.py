"""What reading a block of scores costs, here and on Dask workers, and the plan for a cohort.

Prints the cost a pair of the plain product and of our readers, the time to send encodings and
prices, what the search costs beside readings, and from these the time and the memory of a cohort
with ``--people`` a side in ``--departments`` closed departments on ``--workers`` cores. The plan
assumes that the search beside readings grows as it did between the two sizes that were solved.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np
import prefixes
from common import finish, heading, options, sure, table
from threadpoolctl import threadpool_limits

import mentormatch as mm
from mentormatch.benching.cohorts import make
from mentormatch.benching.machine import peak_memory
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.problem import Problem
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers.farm import Workers, reader_of
from mentormatch.matching.solvers.watch import Progress

KEEP = 24
#: Bytes of a candidate: column, score, and both again while new ones are merged in.
CANDIDATE = 24


def main() -> None:
    parser = options(__doc__ or "", repeats=3)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--departments", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="cores in all")
    parser.add_argument("--sizes", type=int, nargs=2, default=(20_000, 50_000))
    parser.add_argument("--dask", type=int, default=0, metavar="N", help="workers to try")
    parser.add_argument("--plain", action="store_true", help="leave the plan out")
    parser.add_argument(
        "--solve", type=float, metavar="SECONDS", help="match the cohort, for so long at most"
    )
    parser.add_argument(
        "--prefix", action="store_true", help="only try prefixes of long encodings as a filter"
    )
    asked = parser.parse_args()
    heading("Blocks", clock="work of one core, or of a clock for several,", repeats=asked.repeats)
    if asked.prefix:
        prefixes.measure(asked.repeats)
        return
    if asked.solve is not None:
        _solve(asked)
    if asked.plain:
        return
    costs = [("plain product", _product(asked)), ("reader, one core", _reader(asked, 1))]
    costs.append(("reader, two threads", _reader(asked, 2)))
    if asked.dask:
        costs += _on_dask(asked)
    table(("what", "ns a pair"), [(name, f"{1e9 * cost:.2f}") for name, cost in costs])
    _plan(asked, dict(costs)["reader, one core"])


def _problem(rows: int, columns: int) -> Problem:
    cohort = make("profile", columns, 0)
    return Problem(Encodings(cohort.scores.mentees[:rows], cohort.scores.mentors))


def _quickest(job: Callable[[], object], repeats: int, *, alone: bool = False) -> float:
    """Return the least seconds of a call: of one core's work if it is `alone`, else of a clock."""
    clock, best = process_time if alone else perf_counter, math.inf
    with threadpool_limits(1 if alone else None, "blas"):
        for _ in range(repeats + 1):
            start = clock()
            job()
            best = min(best, clock() - start)
    return best


def _product(asked: argparse.Namespace) -> float:
    fit = _problem(2048, 20_000).scores
    right = np.ascontiguousarray(fit.mentors.T)
    return _quickest(lambda: fit.mentees @ right, asked.repeats, alone=True) / math.prod(fit.shape)


def _reader(asked: argparse.Namespace, n_jobs: Workers) -> float:
    problem = _problem(4096, 20_000)
    reader, rows = reader_of(problem, n_jobs), np.arange(4096)
    prices = np.zeros(20_000, np.int64)
    seconds = _quickest(lambda: reader.best(rows, prices, KEEP), asked.repeats, alone=n_jobs == 1)
    return seconds / math.prod(problem.shape)


def _on_dask(asked: argparse.Namespace) -> list[tuple[str, float]]:
    from distributed import Client, LocalCluster  # noqa: PLC0415  (an extra)

    with (
        LocalCluster(n_workers=asked.dask, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        data = np.zeros((100_000, 80), np.float32)
        prices = np.zeros(100_000, np.int64)
        for name, one in (("encodings", data), ("prices", prices)):
            seconds = _quickest(
                lambda one=one: client.scatter(one, broadcast=True, hash=False), asked.repeats
            )
            print(f"{name} of 100 000 people to {asked.dask} workers: {1000 * seconds:.0f} ms")
        return [(f"reader, {asked.dask} Dask workers", _reader(asked, client))]


def _plan(asked: argparse.Namespace, pair: float) -> None:
    beside, share = [], 0.0
    for n in asked.sizes:
        told: list[Progress] = []
        problem = make("profile", n, 0).problem("encodings")
        with threadpool_limits(1, "blas"):
            start = process_time()
            matching = solve(problem, progress=told.append)
            seconds = process_time() - start
        sure(matching.status == "optimal", f"{n} people were not proved best")
        share = told[-1].read
        beside.append(max(seconds - share * n * n * pair, 1e-3))
        print(f"{n} a side: {seconds:.1f} s, {share:.2f} passes read, {beside[-1]:.1f} s beside")
    small, large = asked.sizes
    power = math.log(beside[1] / beside[0]) / math.log(large / small)
    each = asked.people / asked.departments
    reading = share * each**2 * pair * asked.departments / asked.workers
    search = beside[1] * (each / large) ** power * asked.departments
    search /= min(asked.workers, asked.departments)
    memory = asked.people * (2 * 80 * 4 + 2 * KEEP * CANDIDATE) / 2**30
    print(
        f"\n{asked.people} a side, {asked.departments} departments, {asked.workers} cores: "
        f"{reading / 60:.0f} min reading, {search / 60:.0f} min beside (grows by n^{power:.2f}), "
        f"about {memory:.1f} GiB"
    )


def _solve(asked: argparse.Namespace) -> None:
    """Match the cohort itself: everybody in a department drawn by lot, closed to all others."""
    solve(make("profile", 4000, 0).problem("encodings"))  # loads compiled code
    scores = make("profile", asked.people, 0).scores
    draw = np.random.default_rng(1)
    ours, theirs = (draw.integers(0, asked.departments, asked.people) for _ in range(2))
    closed = mm.Quota("closed", ~mm.Pairs.same(ours, theirs), at_most=0)
    problem = Problem(scores, quotas=[closed] if asked.departments > 1 else [])
    clock, processor = perf_counter(), process_time()
    matching = solve(problem, n_jobs=asked.workers, time_limit=asked.solve)
    print(
        f"{asked.people} a side, {asked.departments} departments: {matching.status}, "
        f"{matching.coverage} matched, total {matching.total:.1f}, gap {matching.gap:g}; "
        f"{perf_counter() - clock:.0f} s by the clock, {process_time() - processor:.0f} s of "
        f"processors, {peak_memory() / 2**30:.1f} GiB at most"
    )


if __name__ == "__main__":
    finish(main)
