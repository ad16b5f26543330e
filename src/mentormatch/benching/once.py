"""One solver on one cohort in a process of its own, so that time and memory are its alone.

``python -m mentormatch.benching.once FOLDER SOLVER SETTINGS``, the last of them what `solve_once`
takes as JSON, reads the cohort that was kept in the folder, solves it, writes ``pairs.npz`` there
and prints its figures as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter, time
from typing import Any

import numpy as np

from mentormatch.benching.cohorts import read
from mentormatch.benching.machine import peak_memory
from mentormatch.benching.peers import PEERS, Peer
from mentormatch.benching.task import Found, Task

#: Seconds that a solver may take in all to be called again once it is warm.
_PATIENCE = 6.0


def solve_once(
    folder: Path,
    peer: Peer,
    *,
    n_jobs: int = -1,
    again: int = 0,
    time_limit: float | None = None,
    started: float | None = None,
) -> dict[str, Any]:
    """Solve the cohort of a folder and return the figures.

    Parameters
    ----------
    folder : Path
        Where a cohort was kept; ``pairs.npz`` is written there.
    peer : Peer
        The solver.
    n_jobs : int
        Threads for solvers that can be told, -1 for one a core.
    again : int
        Times it is called again at most, to learn how long it takes once all is loaded.
    time_limit : float, optional
        Seconds that ours may take; None for as long as a proof needs.
    started : float, optional
        When the process was started, in seconds since 1970.

    Returns
    -------
    dict
        ``first`` and ``warm`` (seconds of the calls), ``cpu`` (process time of the first call),
        ``whole`` and ``whole_cpu`` (from the start of the process to the pairs), ``memory``
        (bytes, at most until then), and for solvers with a proof ``proved``, ``gap`` and
        ``proof_seconds``.
    """
    cohort, form = read(folder)
    task = Task(cohort, form, n_jobs, time_limit)
    begun = _cpu()
    first, found = _timed(peer, task)
    figures: dict[str, Any] = {"first": first, "cpu": _cpu() - begun}
    figures["whole_cpu"] = _cpu()
    figures["whole"] = None if started is None else time() - started
    figures["memory"] = peak_memory()
    np.savez(folder / "pairs.npz", rows=found.rows, columns=found.columns)
    if found.prove is not None:
        start = perf_counter()
        figures["proved"], figures["gap"] = found.prove()
        figures["proof_seconds"] = perf_counter() - start
    # A warm process has compiled code at hand, as one that has matched a larger cohort.
    import_module("mentormatch.matching.solvers.scans")
    warm: list[float] = []
    spent = first
    for _ in range(again):
        if spent + (warm[-1] if warm else 0.0) > _PATIENCE:
            break
        seconds, _ = _timed(peer, task)
        warm.append(seconds)
        spent += seconds
    return {**figures, "warm": warm}


def _timed(peer: Peer, task: Task) -> tuple[float, Found]:
    start = perf_counter()
    found = peer.solve(task)
    return perf_counter() - start, found


def _cpu() -> float:
    """Return the processor's seconds of this process and of those it has waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    place, name, settings = sys.argv[1:]
    told = solve_once(Path(place), PEERS[name], **json.loads(settings))
    # The last line: solvers may print what they like before it.
    print("\n" + json.dumps(told))
