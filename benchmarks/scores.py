"""How long scores take to make and to read, and how much memory that needs.

Each case is a process of its own, which imports everything first. Before a figure is told, scores
are checked: a part of the people scored by themselves with the calibration kept has the same ones,
block and pair agree, and a rough block is off by what it says at most.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from common import WrongError, finish, heading, keep, sure, table, timed
from threadpoolctl import threadpool_limits

import mentormatch as mm
from mentormatch.people.cohort import Cohort
from mentormatch.scores.compatibility import Compatibility

ROWS = ("encodings", "sheets", "read")
PROFILES = (10_000, 25_000, 100_000)
SHEETS = ((1_000, 1_000), (1_000, 20_000))
READ = 10_000
#: Mentees of a block, and how often it is read.
SOME, TIMES = 256, 5
#: Numbers in the plain encodings that reading is compared with.
WIDTH = 80


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS, help="what is measured")
    parser.add_argument("--profiles", nargs="+", type=int, default=PROFILES, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file to write the figures to as well")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once:
        job, *sizes = json.loads(asked.once)
        print(json.dumps(JOBS[job](*sizes, asked.seed)))
        return
    heading("Scores", seed=asked.seed)
    figures: dict[str, Any] = {}
    if "encodings" in asked.rows:
        halves = [(n // 2, n - n // 2) for n in asked.profiles]
        figures["encodings"] = [_child("encodings", *one, seed=asked.seed) for one in halves]
    if "sheets" in asked.rows:
        figures["sheets"] = [_child("sheets", *one, seed=asked.seed) for one in SHEETS]
    if "read" in asked.rows:
        figures["read"] = [_child("read", READ, READ, seed=asked.seed)]
    for name, found in figures.items():
        print(f"{name}\n")
        table(tuple(found[0]), [tuple(one.values()) for one in found])
    keep(asked.json, figures)


def encodings(mentees: int, mentors: int, seed: int) -> dict[str, Any]:
    """Make the encodings of a cohort by the default scorer, and check them on some people."""
    cohort, empty = _cohort(mentees, mentors, seed), _peak()
    start = perf_counter()
    seconds, fit = timed(lambda: mm.score(cohort))
    waited, peak = perf_counter() - start, _peak()
    _same_alone(cohort, fit, seed)
    return {
        "profiles": mentees + mentors,
        "CPU s": seconds,
        "by the clock": waited,
        "peak MiB, all": peak,
        "before scoring": empty,
    }


def sheets(mentees: int, mentors: int, seed: int) -> dict[str, Any]:
    """Score every pair of a cohort."""
    cohort = _cohort(mentees, mentors, seed)
    mm.score(_cohort(40, 40, seed)).block(np.zeros(40_000, int))  # loads what is compiled
    seconds, fit = timed(lambda: mm.score(cohort))
    with threadpool_limits(1, "blas"):
        read, scores = timed(lambda: fit.block(slice(None)))
    _as_pairs(fit, scores, seed)
    return {
        "mentees": mentees,
        "mentors": mentors,
        "score, CPU s": seconds,
        "all pairs": read,
        "both": seconds + read,
        "ns a pair": 1e9 * read / scores.size,
    }


def read(mentees: int, mentors: int, seed: int) -> dict[str, Any]:
    """Read blocks of scores, exact and rough, and plain products next to them."""
    fit = mm.score(_cohort(mentees, mentors, seed))
    rows = np.random.default_rng(seed).permutation(mentees)[:SOME]
    exact, rough = fit.block(rows), fit.rough_block(rows, slice(None))
    sure(bool((np.abs(exact - rough) <= fit.rough_error).all()), "a rough score is off by more")
    _as_pairs(fit, exact, seed, rows)
    rng = np.random.default_rng(seed)
    a, b = (rng.random((n, WIDTH), np.float32) for n in (SOME, mentors))
    right = np.ascontiguousarray(b.T)
    with threadpool_limits(1, "blas"):
        plain = _quickest(lambda: a @ right)
        blocks = _quickest(lambda: fit.block(rows))
        hurried = _quickest(lambda: fit.rough_block(rows, slice(None)))
    pairs = SOME * mentors / 1e9
    return {
        "mentors": mentors,
        f"plain, {WIDTH} numbers, ns": plain / pairs,
        "rough": hurried / pairs,
        "exact": blocks / pairs,
        "rough / plain": hurried / plain,
        "exact / plain": blocks / plain,
        "rough is off by": f"{fit.rough_error:.1e}",
    }


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "encodings": encodings, "sheets": sheets, "read": read
}  # fmt: skip


def _cohort(mentees: int, mentors: int, seed: int) -> Cohort:
    import mentormatch.scores.text  # noqa: F401, PLC0415  (scikit-learn, seconds)

    return mm.make_cohort(mentees, mentors, seed=seed)


def _same_alone(cohort: Cohort, fit: Compatibility, seed: int) -> None:
    """Make sure that some people have the scores that they have among all."""
    rng = np.random.default_rng(seed)
    i, j = (np.sort(rng.permutation(size)[:60]) for size in fit.shape)
    few = replace(cohort, mentees=cohort.mentees.iloc[i], mentors=cohort.mentors.iloc[j])
    alone = mm.score(few, calibration=fit.calibration)
    among = fit.at(np.repeat(i, len(j)), np.tile(j, len(i))).reshape(len(i), len(j))
    sure(np.array_equal(alone.block(slice(None)), among), "scored apart, people have other scores")


def _as_pairs(fit: Compatibility, scores: Any, seed: int, rows: Any = None) -> None:
    rng = np.random.default_rng(seed)
    i, j = (rng.integers(size, size=2_000) for size in scores.shape)
    places = i if rows is None else rows[i]
    sure(np.array_equal(scores[i, j], fit.at(places, j)), "block and pairs differ")


def _quickest(job: Callable[[], object]) -> float:
    """Return the least process time of a call, after one that is not counted."""
    job()
    return min(timed(job)[0] for _ in range(TIMES))


def _peak() -> int:
    """Return the most memory that this process has had, in MiB."""
    try:
        import resource  # noqa: PLC0415  (Linux and macOS)
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 2**10))


def _child(job: str, *sizes: int, seed: int) -> dict[str, Any]:
    told = json.dumps([job, *sizes])
    command = [sys.executable, __file__, "--once", told, "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise WrongError(done.stderr.strip())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    finish(main)
