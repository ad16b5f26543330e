"""How solvers are measured side by side: in turns, each in its own process, and judged first."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.benching.cohorts import FINE, Cohort, keep, make
from mentormatch.benching.peers import OURS, PEERS, Peer

Ints = NDArray[np.int64]
#: Runs one solver on the cohort of a folder and returns its figures.
Once = Callable[[Path, Peer], dict[str, Any]]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class RunError(Exception):
    """A process gave no answer: it failed, or was stopped because it took too long."""


@dataclass(frozen=True)
class Case:
    """A cohort of the registry in one of its forms."""

    kind: str
    n: int
    form: str = "matrix"
    seed: int = 0


@dataclass(frozen=True)
class Verdict:
    """What a solver's pairs are worth.

    Parameters
    ----------
    kind : str
        ``"proved"`` (best, with a checked proof), ``"best"`` (the same total), ``"rounded"`` (given
        profiles it finds the same but for the rounding of scores to the grid), ``"short"`` (valid
        pairs of a lower total), ``"open"`` (ours, without a complete proof), ``"wrong"`` (no
        matching, or a total above the proved best), ``"failed"``, ``"none"`` (it gives no pairs
        at all) or ``"unknown"`` (nothing is proved to compare it with).
    short : float
        Part of the best total that is missing, or the part that a proof leaves open; below 0
        where there is more than was proved best.
    why : str
        What is wrong, or how it failed.
    """

    kind: str
    short: float = 0.0
    why: str = ""

    @property
    def beats(self) -> bool:
        """Whether valid pairs have a higher total than what was proved best."""
        return self.short < 0


@dataclass(frozen=True)
class Row:
    """One solver on one case: medians of all its runs.

    Parameters
    ----------
    case : Case
        What was solved.
    shape : tuple of int
        Number of mentees and of mentors.
    solver : str
        Its name.
    version : str
        Version of its package.
    verdict : Verdict
        The worst of all runs.
    runs : tuple of dict
        Figures of every run, as `once.solve_once` returns them.
    """

    case: Case
    shape: tuple[int, int]
    solver: str
    version: str
    verdict: Verdict
    runs: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def seconds(self) -> float | None:
        """Median time of a call once all is loaded, or of the first where that took long."""
        return _median(
            statistics.median(run["warm"]) if run["warm"] else run["first"] for run in self.runs
        )

    def figure(self, name: str) -> float | None:
        """Return the median of a figure over all runs; None where it is not known."""
        return _median(run[name] for run in self.runs if run.get(name) is not None)


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return statistics.median(known) if known else None


@dataclass(frozen=True)
class Place:
    """A Python in which some solvers are installed: solvers whose packages clash need several.

    Parameters
    ----------
    python : str
        Its interpreter; mentormatch has to be installed there, too.
    versions : mapping of str to str
        Solvers that can be imported there, with the version of their package.
    """

    python: str
    versions: Mapping[str, str]


#: Asks a Python which solvers it has. `lap` and `lapx`, and `matching` and `mentor-match`, bring
#: a module of the same name: of two that are both installed, neither is sure to be what runs.
_ASK = """
import json
from importlib.metadata import PackageNotFoundError, version
from mentormatch import __version__
from mentormatch.benching.peers import OURS, PEERS
found = {OURS: (__version__, "")}
for name, peer in PEERS.items():
    if name != OURS:
        try:
            found[name] = version(peer.package), peer.package
        except PackageNotFoundError:
            pass
there = {package for _, package in found.values()}
clash = [pair for pair in ({"lap", "lapx"}, {"matching", "mentor-match"}) if pair <= there]
print(json.dumps({n: v for n, (v, p) in found.items() if not any(p in c for c in clash)}))
"""


def look(python: str = sys.executable) -> Place:
    """Return which solvers a Python can run.

    Raises
    ------
    RunError
        It cannot import mentormatch.
    """
    done = subprocess.run(
        [python, "-c", _ASK], capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise RunError(f"{python} cannot import mentormatch: {_last_line(done.stderr)}")
    return Place(python, json.loads(done.stdout))


def judge(cohort: Cohort, rows: Ints, columns: Ints) -> tuple[int, str]:
    """Return the total of pairs in steps of the grid, and what is wrong with them ("": nothing).

    It believes nothing but the pairs, and shares no code with any solver.
    """
    n, m = cohort.shape
    i, j = np.asarray(rows, np.int64), np.asarray(columns, np.int64)
    if i.shape != j.shape or i.ndim != 1:
        return 0, "rows and columns do not make pairs"
    if ((i < 0) | (i >= n) | (j < 0) | (j >= m)).any():
        return 0, "somebody does not exist"
    if (np.bincount(i, minlength=n) > 1).any():
        return 0, "a mentee has two mentors"
    if (np.bincount(j, minlength=m) > cohort.capacity).any():
        return 0, "a mentor has too many mentees"
    scores = cohort.at(i, j)
    if not np.isfinite(scores).all():
        return 0, "a pair is impossible"
    return int(np.rint(scores * FINE).astype(np.int64).sum()), ""


def verdict_of(
    peer: Peer, total: int, fault: str, best: int | None, figures: Mapping[str, Any], slack: int = 0
) -> Verdict:
    """Return what pairs are worth, given the proved best total (None: nothing is proved).

    A total counts as the same up to `slack` steps below: a solver that multiplies encodings itself
    does not round its scores, and may be a step a pair off by ours.
    """
    if peer.aim == "none":
        return Verdict("none")
    if fault:
        return Verdict("wrong", why=fault)
    if peer.name == OURS:
        if figures["proved"]:
            return Verdict("proved")
        return Verdict("open", figures["gap"] * FINE / max(total, 1))
    if best is None:
        return Verdict("unknown")
    if total > best:
        return Verdict("wrong", (best - total) / best, "its total is above the proved best")
    if total == best:
        return Verdict("best")
    return Verdict("rounded" if best - total <= slack else "short", (best - total) / best)


def measure(
    cases: Sequence[Case],
    peers: Sequence[str],
    *,
    repeats: int = 3,
    places: Sequence[Place] | None = None,
    n_jobs: int = -1,
    limit: float = 600.0,
    time_limit: float | None = None,
    again: int = 3,
    patience: float = float("inf"),
    tell: Callable[[int, Case, str], None] = lambda _round, _case, _solver: None,
    once: Once | None = None,
) -> list[Row]:
    """Run solvers on cases, in turns, and return a row for every pair of them.

    Every round runs all solvers on all cases, in another order each time, so that what else the
    machine does hits all alike. Ours always takes part: its proof is what others are judged by.

    Parameters
    ----------
    cases : sequence of Case
        What is solved.
    peers : sequence of str
        Names of solvers; those that are not installed, or that a case is too large for, are left
        out.
    repeats : int
        Rounds.
    places : sequence of Place, optional
        Where solvers are installed; this Python alone if left out.
    n_jobs : int
        Threads: -1 lets everybody take what they like, another number binds all to it.
    limit : float
        Seconds after which a run is stopped. That solver is not asked again.
    time_limit : float, optional
        Seconds that ours is told it may take; its best pairs until then have a gap.
    again : int
        Times a quick solver is called again in the same process.
    patience : float
        No further round begins that would not end within so many seconds.
    tell : callable, optional
        Is told round, case and solver before each run.
    once : callable, optional
        Runs one solver; for tests.

    Returns
    -------
    list of Row
        In the order of the cases, and of the solvers within each.
    """
    places = [look()] if places is None else places
    asked = [OURS, *(name for name in PEERS if name in peers and name != OURS)]
    home = {name: place for place in reversed(places) for name in place.versions if name in asked}
    settings = {"n_jobs": n_jobs, "again": again, "time_limit": time_limit}
    begun = monotonic()
    found: dict[tuple[Case, str], list[tuple[dict[str, Any], Verdict]]] = {}
    shapes: dict[Case, tuple[int, int]] = {}
    out: set[tuple[Case, str]] = set()
    with tempfile.TemporaryDirectory() as room:
        for turn in range(repeats):
            if turn and (monotonic() - begun) * (turn + 1) / turn > patience:
                break
            for number, case in enumerate(cases):
                folder = Path(room) / str(number)
                cohort = make(case.kind, case.n, case.seed)
                if not turn:
                    folder.mkdir()
                    keep(cohort, case.form, folder)
                shapes[case] = cohort.shape
                solvers = [name for name in asked if name in home and _suits(PEERS[name], case)]
                answers: dict[str, tuple[dict[str, Any], int, str]] = {}
                for name in solvers[turn % len(solvers) :] + solvers[: turn % len(solvers)]:
                    if (case, name) in out:
                        continue
                    tell(turn + 1, case, name)
                    run = once or _runner(home[name].python, limit, settings)
                    (folder / "pairs.npz").unlink(missing_ok=True)
                    try:
                        figures = run(folder, PEERS[name])
                        with np.load(folder / "pairs.npz", allow_pickle=False) as pairs:
                            total, fault = judge(cohort, pairs["rows"], pairs["columns"])
                        answers[name] = figures, total, fault
                    except RunError as error:
                        out.add((case, name))
                        failed = Verdict("failed", why=str(error))
                        found.setdefault((case, name), []).append(({}, failed))
                ours = answers.get(OURS)
                best = ours[1] if ours and ours[0]["proved"] and not ours[2] else None
                for name, (figures, total, fault) in answers.items():
                    slack = case.n if case.form == "encodings" else 0
                    verdict = verdict_of(PEERS[name], total, fault, best, figures, slack)
                    figures["total"] = total / FINE
                    found.setdefault((case, name), []).append((figures, verdict))
    return [
        _row(case, shapes[case], name, home[name].versions[name], found[case, name])
        for case in cases
        for name in asked
        if (case, name) in found
    ]


def _row(
    case: Case,
    shape: tuple[int, int],
    name: str,
    version: str,
    runs: list[tuple[dict[str, Any], Verdict]],
) -> Row:
    """Put all runs of a solver on a case together; the worst verdict counts."""
    order = ("failed", "wrong", "open", "unknown", "short", "none", "rounded", "best", "proved")
    worst = min((verdict for _, verdict in runs), key=lambda v: (order.index(v.kind), -v.short))
    return Row(case, shape, name, version, worst, tuple(run for run, _ in runs if run))


def _suits(peer: Peer, case: Case) -> bool:
    if peer.aim == "none" and case.form != "encodings":
        return False
    return peer.most is None or case.n <= peer.most


def _runner(python: str, limit: float, settings: Mapping[str, Any]) -> Once:
    """Return what runs a solver in a process of its own."""
    environment = dict(os.environ)
    if settings["n_jobs"] > 0:
        environment |= dict.fromkeys(_THREADS, str(settings["n_jobs"]))

    def run(folder: Path, peer: Peer) -> dict[str, Any]:
        told = json.dumps({**settings, "started": time()})
        try:
            done = subprocess.run(
                [python, "-m", "mentormatch.benching.once", str(folder), peer.name, told],
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=environment,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RunError(f"more than {limit:g} s") from None
        if done.returncode:
            raise RunError(_last_line(done.stderr) or f"exit code {done.returncode}")
        figures: dict[str, Any] = json.loads(_last_line(done.stdout))
        return figures

    return run


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
