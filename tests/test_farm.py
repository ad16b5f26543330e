"""Readings on a Dask cluster: the same answers as in one process, whatever happens to workers."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
import pytest
from numpy.typing import NDArray

from mentormatch.errors import MissingExtraError, ProblemError
from mentormatch.matching.certificate import certify
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import farm, large
from mentormatch.matching.solvers.farm import Farm
from mentormatch.matching.solvers.readers import local_reader
from mentormatch.matching.solvers.tiles import NOTHING, Found

distributed = pytest.importorskip("distributed")

# A cluster that loses workers, as here, warns of sockets and tasks that it had no time to close.
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform == "win32", reason="workers are killed by a POSIX signal"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes of one thread each."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def client(cluster: Any) -> Any:
    """The cluster's client, when both workers are there."""
    cluster.wait_for_workers(2, timeout=60)
    return cluster


def encoded(n: int = 1100, m: int = 900, *, closed: bool = True) -> Problem:
    """Make encodings with departments that do not mix, save for a few pairs, and single bans."""
    rng = np.random.default_rng(n + m)
    mine, theirs = rng.integers(0, 3, n), rng.integers(0, 3, m)
    quotas = []
    if closed:
        apart = ~Pairs.same(mine, theirs) & ~Pairs.listed([(0, 1), (5, 7), (700, 3)])
        quotas.append(Quota("departments", apart | Pairs.listed([(2, 2), (3, 800)]), at_most=0))
    return Problem(
        Encodings(rng.normal(size=(n, 6)), rng.normal(size=(m, 6))),
        mentor_capacity=rng.integers(0, 3, m),
        quotas=quotas,
        minimum_score=-1.0,
        mentee_ids=[f"mentee {k}" for k in range(n)],
    )


def matrix() -> Problem:
    """Make a matrix with ties and impossible pairs."""
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 50, (600, 500)).astype(float)
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    return Problem(scores, mentor_capacity=2)


def blocks() -> Problem:
    """Make a score object that says nothing but its shape and blocks."""

    class OnlyBlocks:  # of a function, so that it is sent by value
        def __init__(self, scores: NDArray[np.float64]) -> None:
            self.scores, self.shape = scores, scores.shape

        def block(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
            return self.scores[rows]

    return Problem(OnlyBlocks(np.random.default_rng(4).random((520, 300))), mentor_capacity=2)


def solved(problem: Problem, n_jobs: Any = 1) -> Matching:
    """Solve with prices, whatever the size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 0)
        return solve(problem, n_jobs=n_jobs)


def same(one: Matching, other: Matching) -> bool:
    """Whether two matchings have the same pairs and the same prices."""
    return (
        one.rows.tolist() == other.rows.tolist()
        and one.columns.tolist() == other.columns.tolist()
        and one.total == other.total
        and all(
            (one.proofs[stage].mentors == other.proofs[stage].mentors).all() for stage in one.stages
        )
    )


def told(found: Found) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Return what was found, without its order."""
    pairs = zip(found.i.tolist(), found.j.tolist(), found.worth.tolist(), strict=True)
    return sorted(pairs), found.rest.tolist()


@pytest.mark.parametrize("make", [encoded, matrix, blocks])
def test_a_cluster_reads_what_one_process_reads(client: Any, make: Any) -> None:
    """Every question to a reader has the same answer, to the last bit, from two workers."""
    problem = make()
    here, there = local_reader(problem, 1), Farm(problem, client)
    n, m = problem.shape
    rng = np.random.default_rng(1)
    prices = rng.integers(0, 2**18, m)
    assert there.shape == here.shape
    assert there.largest == here.largest
    assert there.column_cost == here.column_cost
    for rows in (np.arange(n), np.flatnonzero(rng.random(n) < 0.6), np.arange(0)):
        if len(rows):
            assert told(there.best(rows, prices, 9)) == told(here.best(rows, prices, 9))
        bar = np.full(n, NOTHING)
        bar[rows] = rng.integers(-(2**19), 2**20, len(rows))
        columns = np.flatnonzero(rng.random(m) < 0.5)
        one, other = (reader.gaining(columns, prices, bar) for reader in (there, here))
        assert told(one) == told(other)
    if here.column_cost < np.inf:
        values = rng.integers(0, 2**20, n)
        assert told(there.keenest(columns, values, 7)) == told(here.keenest(columns, values, 7))
    for one, other in zip(there.alive(), here.alive(), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("make", [encoded, matrix, blocks])
def test_a_cluster_makes_the_same_pairs(client: Any, make: Any) -> None:
    """Pairs and prices are those of one process, for a client and within joblib's choice of it."""
    problem = make()
    alone = solved(problem)
    assert same(solved(problem, client), alone)
    with client.as_current(), joblib.parallel_config("dask"):
        assert same(solved(problem), alone)
    certificate = certify(problem, alone)
    assert certificate.valid
    assert certificate.optimal


@pytest.fixture
def losing(client: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have workers killed while they read, at the first questions; return whose were killed."""
    killed: list[int] = []

    def with_losses(many: int) -> list[int]:
        gather = client.gather

        def first_kill(futures: Any, *args: Any, **options: Any) -> Any:
            if not killed:
                ids = sorted(client.run(os.getpid).values())[:many]
                for process in ids:
                    os.kill(process, signal.SIGKILL)
                killed.extend(ids)
            return gather(futures, *args, **options)

        monkeypatch.setattr(client, "gather", first_kill)
        return killed

    return with_losses


@pytest.mark.parametrize("many", [1, 2])
def test_a_killed_worker_changes_nothing(client: Any, losing: Any, many: int) -> None:
    """One worker killed in the midst, or all with all they hold: the pairs come out the same."""
    problem = encoded(3000, 1000, closed=False)
    alone = solved(problem)
    killed = losing(many)
    assert same(solved(problem, client), alone)
    assert len(killed) == many


def test_a_worker_lost_while_prices_are_sent_changes_nothing(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be sent is sent again."""
    scatter, failed = client.scatter, []

    def failing(*args: Any, **options: Any) -> Any:
        if len(failed) < 2:
            failed.append(args)
            raise distributed.comm.CommClosedError("Stream is closed")
        return scatter(*args, **options)

    monkeypatch.setattr(client, "scatter", failing)
    assert same(solved(matrix(), client), solved(matrix()))
    assert len(failed) == 2


def test_a_client_that_is_closed_at_work_is_named(cluster: Any) -> None:
    """The error says what has to be open."""
    with distributed.Client(cluster.scheduler.address, set_as_default=False) as closing:
        reader = Farm(matrix(), closing)
        assert len(reader.best(np.arange(9), np.zeros(500, np.int64), 3).i)
        closing.close()
        with pytest.raises(ProblemError, match="open"):
            reader.keenest(np.arange(9), np.zeros(600, np.int64), 3)


def test_no_ids_and_no_names_are_sent(client: Any) -> None:
    """Workers get scores, bans and nothing that names anybody."""
    sent = Farm(encoded(), client).field.problem
    assert sent.mentee_ids is None
    assert [quota.name for quota in sent.quotas] == [""]
    assert encoded().quotas[0].name == "departments"


def test_scores_are_sent_once(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later questions send prices only."""
    problem = encoded()
    sent: list[object] = []
    scatter = client.scatter
    monkeypatch.setattr(
        client, "scatter", lambda data, **options: sent.append(data) or scatter(data, **options)
    )
    solved(problem, client)
    assert [type(one) for (one,) in sent].count(farm.Field) == 1
    assert len(sent) > 2


def test_losing_everything_again_and_again_ends(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that loses every copy each time is given up, with Dask's own error."""
    tried = []

    def lost(futures: Any) -> Any:
        tried.append(len(futures))
        raise distributed.client.FutureCancelledError("a key", "lost")

    monkeypatch.setattr(client, "gather", lost)
    with pytest.raises(distributed.client.FutureCancelledError):
        solved(matrix(), client)
    assert len(tried) == 11


def test_an_error_of_a_worker_is_the_errors_own(client: Any) -> None:
    """A score that is NaN on a worker is the same error as here."""

    class Holes:
        shape = (300, 300)
        largest = 1.0

        def block(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
            return np.where(rows[:, None] == 299, np.nan, np.zeros(300))

    with pytest.raises(ProblemError, match="NaN"):
        solved(Problem(Holes()), client)


def test_only_clients_and_numbers_are_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is an error that says so, and without Dask one that says what to install."""
    with pytest.raises(ProblemError, match="number of cores or a dask"):
        solved(matrix(), "two")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"mentormatch-optimiser\[distributed\]"):
        solved(matrix(), "two")


def test_processes_of_joblib_are_threads() -> None:
    """Where joblib is told to use processes, jobs that share memory still run as threads."""
    rng = np.random.default_rng(8)
    problem = Problem(Encodings(rng.random((2600, 4)), rng.random((2600, 4))))
    alone = solve(problem)
    with joblib.parallel_config(backend="loky"):
        assert same(solve(problem, n_jobs=2), alone)


def test_a_price_out_of_reach_does_not_blur_the_others() -> None:
    """What is left out of a row is bounded as closely if some mentor has no place."""
    rng = np.random.default_rng(2)
    reader = local_reader(Problem(Encodings(rng.random((1, 3)), rng.random((9, 3)))), 1)
    prices = np.zeros(9, np.int64)
    prices[4] = 2**58
    found = reader.best(np.arange(1), prices, 2)
    assert found.rest[0] <= found.worth.min() + 8


def test_a_worker_killed_before_prices_are_sent_holds_nothing_up(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a worker who is gone, whatever the cluster believes."""
    scatter, killed = client.scatter, []

    def after_a_kill(data: list[Any], **options: Any) -> Any:
        if not killed and not isinstance(data[0], farm.Field):
            killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)
        return scatter(data, **options)

    monkeypatch.setattr(client, "scatter", after_a_kill)
    assert same(solved(matrix(), client), solved(matrix()))
    assert killed
