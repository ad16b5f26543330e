"""How the priced solver has a Dask cluster read scores: rows are dealt out, prices are sent round.

The problem goes to every worker once, without ids and names. Each reading is cut
where a reader in one process cuts it too, so what comes back is the same for any number of
workers. A block whose worker is lost is read by another; where all copies of the scores are lost,
they are sent again.
"""

from __future__ import annotations

import copy
import sys
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import cached_property
from numbers import Integral
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from joblib.parallel import get_active_backend
from numpy.typing import NDArray

from mentormatch.errors import MissingExtraError, ProblemError
from mentormatch.matching.listed import Listed
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers import tiles
from mentormatch.matching.solvers.products import Products
from mentormatch.matching.solvers.readers import Blocks, Matrix, Sparse, local_reader
from mentormatch.matching.solvers.rough import Rough
from mentormatch.matching.solvers.tiles import NOTHING, Found, Reader, alive_of

if TYPE_CHECKING:
    from distributed import Client

#: Who prices pairs: so many threads of this process, or the workers of a cluster.
Workers: TypeAlias = "int | Client"
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_SHARES = 4  # blocks a thread, so that a slow one holds up little
_MOST = 2**32  # cells of a block, so that little is lost with a worker
_LOSSES = 10  # how often all copies may be lost before we give up
_CLOSED = "n_jobs must be a Client that is open: this one is closed, or was while it was at work"


def reader_of(problem: Problem, n_jobs: Workers) -> Reader:
    """Return the reader for a problem's kind of scores, in this process or on a cluster.

    A client as `n_jobs`, or the one of ``joblib.parallel_config("dask")``, has its workers read.
    """
    if isinstance(problem.scores, Listed):
        return Sparse(problem)  # holds all its pairs, so there is nothing to deal out
    if isinstance(n_jobs, Integral) and is_local(n_jobs):
        return local_reader(problem, int(n_jobs))
    return Farm(problem, n_jobs if not isinstance(n_jobs, Integral) else _active_client())


def is_local(n_jobs: Workers) -> bool:
    """Say whether the threads of this process are to read, and not the workers of a cluster."""
    distributed = sys.modules.get("distributed")
    clustered = distributed is not None and isinstance(_active_client(), distributed.Client)
    return isinstance(n_jobs, Integral) and not clustered


def _active_client() -> Any:
    return getattr(get_active_backend()[0], "client", None)


class Farm:
    """Reads by the workers of a Dask cluster.

    Parameters
    ----------
    problem : Problem
        Its scores go to every worker.
    client : distributed.Client
        Its workers can import this package.

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    ProblemError
        `client` is none, or an asynchronous one.
    """

    def __init__(self, problem: Problem, client: Any) -> None:
        try:
            from distributed import Client  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise MissingExtraError("distributed", "distributed") from error
        if not isinstance(client, Client):
            raise ProblemError(
                "n_jobs must be a number of cores or a dask.distributed.Client, "
                f"not {type(client).__name__}"
            )
        if client.asynchronous:
            raise ProblemError("n_jobs must be a Client that waits: this one is asynchronous")
        self.client: Any = client  # has no types
        self.shape = problem.shape
        self.local = local_reader(problem, 1)
        self.column_cost, self.bans = self.local.column_cost, self.local.bans
        self.field = Field(_nameless(problem))
        self.sent: Any = None

    @cached_property
    def largest(self) -> int:
        """No score is larger, in whole steps."""
        if isinstance(self.local, Blocks) and self.local.known is None:
            blocks = self._blocks(np.arange(self.shape[0]))
            return max(self._read("largest_of", [(rows,) for rows in blocks]), default=0)
        return self.local.largest

    def best(self, rows: Ints, prices: Ints, keep: int) -> Found:
        """Return the pairs of these rows that gain most at these prices, about `keep` a row."""
        blocks = self._blocks(rows)
        found = joined(self._read("best", [(block,) for block in blocks], prices, keep))
        read = np.concatenate([*blocks, rows[:0]])
        order = np.argsort(read, kind="stable")
        rest = found.rest[order][np.searchsorted(read[order], rows)]
        return Found(found.i, found.j, found.worth, rest)

    def gaining(
        self,
        columns: Ints,
        prices: Ints,
        bar: Ints,
        widths: Ints | None = None,
        most: Ints | None = None,
    ) -> Found:
        """Return all pairs of these columns that gain more than their row's bar (`rest` = bar)."""
        rows = np.flatnonzero(bar > NOTHING)
        each = np.full(len(bar), len(columns)) if widths is None else widths
        rows = rows[np.argsort(-each[rows], kind="stable")]
        blocks = self._even(rows, len(columns))
        held = most if most is not None else np.full(len(bar), len(columns))
        asked = [(block, bar[block], each[block], held[block]) for block in blocks]
        parts = self._read("gaining", asked, columns, prices)
        found = joined(parts)
        rest = bar.copy()
        rest[np.concatenate([*blocks, rows[:0]])] = found.rest
        return Found(found.i, found.j, found.worth, rest)

    def keenest(self, columns: Ints, values: Ints, keep: int) -> Found:
        """Return the pairs of these columns that are worth most above what their rows have."""
        blocks = self._even(columns, self.shape[0])
        return joined(self._read("keenest", [(block,) for block in blocks], values, keep))

    def alive(self) -> tuple[Flags, Flags]:
        """Say which rows and which columns have any possible pair."""
        if self.local.all_plain:
            return self.local.alive()
        blocks = self._even(np.arange(self.shape[0]), self.shape[1])
        return alive_of(self._read("alive_in", [(block,) for block in blocks]), self.shape[1])

    def _blocks(self, rows: Ints) -> list[Ints]:
        """Deal rows out kind by kind, as a reader in one process reads them, in whole tiles."""
        kinds = self.bans.row_kinds[rows]
        order = np.argsort(kinds, kind="stable")
        ends = np.flatnonzero(np.diff(kinds[order])) + 1
        cuts = [
            part[start : start + tiles.ROWS]
            for part in np.split(rows[order], ends)
            for start in range(0, len(part), tiles.ROWS)
        ]
        blocks: list[list[Ints]] = []
        step, held = self._step(len(rows), self.shape[1]), 0
        for cut in cuts:
            if not blocks or held + len(cut) > step:
                blocks.append([])
                held = 0
            blocks[-1].append(cut)
            held += len(cut)
        return [np.concatenate(block) for block in blocks]

    def _even(self, rows: Ints, width: int) -> list[Ints]:
        """Deal rows, or columns, out in whole tiles."""
        step = self._step(len(rows), width)
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    def _step(self, size: int, width: int) -> int:
        """Return how many of so many rows a block has, in whole tiles."""
        self._look()
        threads: int = max(sum(self.client.nthreads().values()), 1)
        wanted = min(size // (_SHARES * threads), _MOST // max(width, 1))
        return max(-(-wanted // tiles.ROWS), 1) * tiles.ROWS

    def _look(self) -> None:
        """Raise ProblemError where the client is closed."""
        if self.client.status in ("closing", "closed"):
            raise ProblemError(_CLOSED)

    def _read(self, verb: str, blocks: list[tuple[Any, ...]], *shared: Any) -> list[Any]:
        """Have every block read, and read again if it is lost; return what was read, in order."""
        done: list[Any] = [None] * len(blocks)
        left, losses = list(range(len(blocks))), 0
        while left:
            try:
                self._look()
                # To one worker, from which the others have it when they need it: a broadcast waits
                # for ever where a worker is lost meanwhile.
                if self.sent is None:
                    (self.sent,) = self.client.scatter([self.field], hash=False)
                (prices,) = self.client.scatter([shared], hash=False)
                futures = [
                    self.client.submit(read, self.sent, verb, blocks[k], prices, pure=False)
                    for k in left
                ]
                found = self.client.gather(futures)
            except (CancelledError, OSError):
                # Every worker that held the scores or the prices is gone, or went while they were
                # sent: send them again.
                losses += 1
                self.sent = None
                if losses > _LOSSES:
                    raise
                continue
            for k, one in zip(left, found, strict=True):
                done[k] = one
            left = []
        return done


class Field:
    """What a worker holds of a problem, and its reader as soon as one is wanted."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._lock = Lock()
        self._reader: Matrix | Products | Rough | Blocks | None = None

    def __reduce__(self) -> tuple[type[Field], tuple[Problem]]:
        return Field, (self.problem,)

    def __sizeof__(self) -> int:
        """Return about how many bytes it takes, for who decides where to work."""
        scores = self.problem.scores
        held = [scores, getattr(scores, "mentees", None), getattr(scores, "mentors", None)]
        return sum(one.nbytes for one in held if isinstance(one, np.ndarray)) + 2**10

    def reader(self) -> Matrix | Products | Rough | Blocks:
        """Return the reader of this process, made once."""
        with self._lock:
            if self._reader is None:
                self._reader = local_reader(self.problem, 1)
            return self._reader


def read(field: Field, verb: str, block: tuple[Any, ...], shared: tuple[Any, ...]) -> Any:
    """Read one block in a worker."""
    reader = field.reader()
    if verb == "gaining":
        # Rows of other blocks have no bar here.
        rows, bars, each, held = block
        columns, prices = shared
        bar, widths = np.full(reader.shape[0], NOTHING, np.int64), np.zeros(reader.shape[0], int)
        most = np.zeros_like(widths)
        bar[rows], widths[rows], most[rows] = bars, each, held
        found = reader.gaining(columns, prices, bar, widths, most)
        return Found(found.i, found.j, found.worth, found.rest[rows])
    return getattr(reader, verb)(*block, *shared)


def joined(parts: list[Found]) -> Found:
    """Put what was found in several blocks one after the other."""
    none = np.zeros(0, np.int64)
    parts = [*parts, Found(none, none.astype(np.int32), none, none)]
    i, j, worth, rest = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("i", "j", "worth", "rest")
    )
    return Found(i, j, worth, rest)


def _nameless(problem: Problem) -> Problem:
    """Return a copy with nothing in it that names anybody, and only what scores depend on."""
    twin = copy.copy(problem)
    twin.__dict__.pop("_kept", None)
    for name in ("mentee_ids", "mentor_ids", "rankings", "placed"):
        object.__setattr__(twin, name, None)
    bans = tuple(replace(quota, name="") for quota in problem.quotas if quota.is_ban)
    object.__setattr__(twin, "quotas", bans)
    return twin
