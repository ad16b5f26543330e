"""What the engine has to reach: every yardstick as a ratio or a figure of one run.

Prints what was measured beside what must be reached and what is aimed at. All rows together take
an hour or more; choose some with ``--rows``. Nothing counts unless the pairs were proved best.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter, process_time

import numpy as np
from common import WrongError, finish, heading, options, table
from peers import measured, with_solvers

from mentormatch.benching.cohorts import make
from mentormatch.benching.measure import Case, Row
from mentormatch.benching.peers import OURS, PEERS, PRODUCT
from mentormatch.benching.table import figures, quality
from mentormatch.benching.task import Task
from mentormatch.matching.certificate import certify
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.place_values import value_of_place
from mentormatch.matching.price_of import price_of
from mentormatch.matching.problem import Problem
from mentormatch.matching.solve import solve
from mentormatch.road import rematch

DENSE = ("scipy", "lapjv float32", "lapjv", "lapx lapjvr", "lapx lapjvs", "lapx lapjvx")
GIBIBYTE = 2**30
_DROP_OUTS, _PRICES = 12, 41


@dataclass(frozen=True)
class Line:
    """One yardstick on one case: a figure that has to be at least, or at most, so much."""

    row: str
    case: str
    what: str
    value: float
    must: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Say how far it is; more is better where the aim is above what must be reached."""
        if self.must is None or self.aim is None:
            return "told"
        sign = 1 if self.aim > self.must else -1
        if math.isnan(self.value) or sign * self.value < sign * self.must:
            return "MISSED"
        return "aim" if sign * self.value >= sign * self.aim else "reached"


@dataclass
class Bench:
    """What has been measured so far, so that rows which need the same case share it."""

    asked: argparse.Namespace
    rows: dict[tuple[Case, str], Row] = field(default_factory=dict)

    def get(self, cases: Sequence[Case], solvers: Sequence[str] = ()) -> None:
        """Measure what has not been measured: ours and the others of a case in one run."""
        wanted = [name for name in solvers if name in self.asked.solvers]
        for case in cases:
            missing = [one for one in (OURS, *wanted) if (case, one) not in self.rows]
            if missing:
                for row in measured([case], missing, self.asked):
                    self.rows[case, row.solver] = row

    def ours(self, case: Case) -> Row:
        """Return our row of a case; the run ends if it was not proved best."""
        row = self.rows[case, OURS]
        if row.verdict.kind != "proved":
            raise WrongError(f"{case.kind} {case.n}: {quality(row)}")
        return row

    def fastest(self, case: Case) -> tuple[Row | None, str]:
        """Return the quickest other solver that found the best total, and who fell short."""
        others = [
            row
            for (one, name), row in self.rows.items()
            if one == case and name != OURS and PEERS[name].aim == "total"
        ]
        if any(row.verdict.beats for row in others):
            raise WrongError(f"{case.kind} {case.n}: another solver found a better total")
        same = ("best", "rounded")
        good = [row for row in others if row.verdict.kind in same and row.seconds is not None]
        bad = [f"{row.solver} {quality(row)}" for row in others if row.verdict.kind not in same]
        return min(good, key=lambda row: row.seconds or 0.0, default=None), "; ".join(bad)


def main() -> None:
    parser = with_solvers(options(__doc__ or "", repeats=3))
    parser.set_defaults(solvers=[*DENSE, PRODUCT], limit=3600.0)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="all if not")
    parser.add_argument(
        "--million",
        type=float,
        metavar="SECONDS",
        help="besides planning, match a million for so long, open and closed",
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="multiply all sizes, to try the script out"
    )
    asked = parser.parse_args()
    settings = {"seed": asked.seed, "repeats": asked.repeats, "n_jobs": asked.n_jobs}
    heading("Yardsticks", clock="wall-clock time", **settings)
    bench = Bench(asked)
    lines: list[Line] = []
    for name in asked.rows:
        for line in ROWS[name](bench):
            print(f"{line.row}: {line.case}: {line.what} {line.value:.4g}", file=sys.stderr)
            lines.append(line)
    heads = ("yardstick", "case", "figure", "measured", "must", "aim", "verdict")
    table(
        heads,
        [
            (
                one.row,
                one.case,
                one.what,
                f"{one.value:.3g}",
                _told(one.must),
                _told(one.aim),
                one.verdict,
            )
            for one in lines
        ],
    )
    for one in lines:
        if one.note:
            print(f"{one.row}, {one.case}: {one.note}")
    if asked.json is not None:
        told = figures(list(bench.rows.values()), repeats=asked.repeats, n_jobs=asked.n_jobs)
        told["yardsticks"] = [{**asdict(one), "verdict": one.verdict} for one in lines]
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8", newline="\n")


def encodings(bench: Bench) -> Iterator[Line]:
    case = _case(bench, "profile", 10_000, "encodings")
    yield _against_fastest(bench, "encodings", case, must=6, aim=20)


def matrix(bench: Bench) -> Iterator[Line]:
    for n in (5_000, 10_000):
        case = _case(bench, "profile", n, "matrix")
        yield _against_fastest(bench, "matrix", case, must=2, aim=6)


def against_scipy(bench: Bench) -> Iterator[Line]:
    for kind in ("uniform", "geometric"):
        for n in (500, 1_000, 2_000, 5_000):
            case = _case(bench, kind, n, "matrix")
            bench.get([case], ["scipy"])
            ours, theirs = bench.ours(case).seconds, bench.rows[case, "scipy"].seconds
            yield Line("scipy", _name(case), "times as fast", _over(theirs, ours), 1 / 1.2, 3)


def quick(bench: Bench) -> Iterator[Line]:
    for kind in ("uniform", "profile"):
        case = _case(bench, kind, 200, "matrix")
        bench.get([case])
        milliseconds = 1000 * (bench.ours(case).seconds or math.nan)
        yield Line("quick", _name(case), "ms, warm", milliseconds, 5, 1)


def scoring(bench: Bench) -> Iterator[Line]:
    case = _case(bench, "profile", 50_000, "encodings")
    bench.get([case], [PRODUCT])
    ours, once = bench.ours(case).seconds, bench.rows[case, PRODUCT].seconds
    note = f"ours {ours or math.nan:.3g} s, one plain pass {once or math.nan:.3g} s"
    yield Line("scoring", _name(case), "plain passes", _over(ours, once), 8, 1, note)


def large(bench: Bench) -> Iterator[Line]:
    case = _case(bench, "profile", 100_000, "encodings")
    bench.get([case])
    ours = bench.ours(case)
    yield Line("large", _name(case), "s to the proof", ours.seconds or math.nan, 240, 60)
    memory = ours.figure("memory")
    gib = math.nan if memory is None else memory / GIBIBYTE
    yield Line("large", _name(case), "GiB at most", gib, 1, 1)


def growth(bench: Bench) -> Iterator[Line]:
    cases = [_case(bench, "profile", n, "encodings") for n in (10_000, 100_000)]
    bench.get(cases)
    small, big = (bench.ours(case).seconds for case in cases)
    exponent = math.log(_over(big, small)) / math.log(cases[1].n / cases[0].n)
    what = "exponent of time"
    yield Line("growth", f"{_name(cases[0])} to {cases[1].n}", what, exponent, 2.05, 2.0)


def changes(bench: Bench) -> Iterator[Line]:
    """Time what comes after a solve: a drop-out mended, a pair priced, each place valued."""
    small = solve(make("profile", 400, 0).problem("encodings"))
    rematch(small, small.problem)  # loads compiled code
    price_of(small, 0, 1)
    for form in ("matrix", "encodings"):
        case = _case(bench, "profile", 10_000, form)
        name = f"{_name(case)} {form}"
        matching = solve(make(case.kind, case.n, case.seed).problem(form))
        draw = random.Random(case.seed)
        mended, later = matching, []
        for leaving in draw.sample(range(case.n), _DROP_OUTS):
            demand = mended.problem.mentee_demand.copy()
            demand[leaving] = 0
            start = perf_counter()
            after = rematch(mended, replace(mended.problem, mentee_demand=demand))
            later.append(1000 * (perf_counter() - start))
            left = leaving in mended.rows
            if after.status != "optimal" or after.kept != len(mended) - left:
                raise WrongError(f"{name}: a drop-out broke more than its own pair")
            mended = after
        if not certify(mended.problem, mended).optimal:
            raise WrongError(f"{name}: the mended pairs are not proved best")
        note = f"the first one, right after the solve, {later[0]:.3g} ms"
        what = "ms, median"
        yield Line("drop-out", name, what, statistics.median(later[1:]), 50, 5, note)
        took = []
        for _ in range(_PRICES):
            i, j = draw.randrange(case.n), draw.randrange(case.n)
            start = perf_counter()
            price = price_of(matching, i, j)
            took.append(1000 * (perf_counter() - start))
            if not (price.exact and (not price.possible or price.people > 0 or price.cost >= 0)):
                raise WrongError(f"{name}: a pair would better the best matching")
        note = f"the first one, which reads some scores, {took[0]:.3g} ms"
        yield Line("price", name, what, statistics.median(took[1:]), note=note)
        start = perf_counter()
        value_of_place(matching)
        yield Line("price", name, "s, all places", perf_counter() - start)


def million(bench: Bench) -> Iterator[Line]:
    """Plan a million from what one pass and a tenth of a million cost; run it if asked to."""
    tenth = _case(bench, "profile", 100_000, "encodings")
    bench.get([tenth])
    size = tenth.n * 10
    plain = _plain_pass(size, bench.asked)
    hours = (bench.ours(tenth).seconds or math.nan) * 100 / 3600
    note = f"planned as 100 times {tenth.n}; one plain pass would take {plain / 60:.3g} min"
    yield Line("million", f"profile {size}", "hours, planned", hours, note=note)
    if bench.asked.million is None:
        return
    for kind in ("closed", "profile"):
        case = Case(kind, size, "encodings", bench.asked.seed)
        asked = argparse.Namespace(**vars(bench.asked))
        asked.repeats, asked.time_limit = 1, asked.million
        asked.limit = 4 * asked.million + 600
        (row,) = measured([case], [], asked)
        bench.rows[case, OURS] = row
        took = (row.seconds or math.nan) / 3600
        yield Line("million", _name(case), "hours", took, note=quality(row))


def _plain_pass(size: int, asked: argparse.Namespace) -> float:
    """Return the seconds of one plain product, from the part of its rows that is tried."""
    cohort = make("profile", size, asked.seed)
    part = min(size, 4096)
    some = Encodings(cohort.scores.mentees[:part], cohort.scores.mentors)
    task = Task(replace(cohort, scores=some), "encodings", asked.n_jobs)
    PEERS[PRODUCT].solve(task)
    start = perf_counter()
    PEERS[PRODUCT].solve(task)
    return (perf_counter() - start) * size / part


def general(bench: Bench) -> Iterator[Line]:
    """Ask for more than most people, each time against that with the same places."""
    size = max(3, round(10_000 * bench.asked.scale))
    scores = make("profile", size, bench.asked.seed).scores
    some = (np.arange(size) % 3 == 0).astype(int)
    single, roomy = Problem(scores), Problem(scores, mentor_capacity=3)
    asked = {
        "fairest": (single, single, "fairest"),
        "every third must be matched": (single, Problem(scores, mentee_minimum=some), "total"),
        "every third mentor has one": (
            roomy,
            Problem(scores, mentor_capacity=3, mentor_minimum=some),
            "most people",
        ),
        "two mentors a mentee": (
            roomy,
            Problem(scores, mentor_capacity=3, mentee_demand=2),
            "most people",
        ),
    }
    plain: dict[Problem, float] = {}
    for name, (base, problem, objective) in asked.items():
        if base not in plain:
            solve(base)  # compiles
            plain[base] = _seconds(base, "most people")
        took = _seconds(problem, objective)
        note = f"{took:.3g} s, most people {plain[base]:.3g} s of processors"
        ratio = _over(took, plain[base])
        yield Line("general", f"{name}, {size}", "times as long", ratio, note=note)


def _seconds(problem: Problem, objective: str) -> float:
    """Return what the processors need for a matching that is proved best."""
    start = process_time()
    matching = solve(problem, objective)
    took = process_time() - start
    if matching.status != "optimal":
        raise WrongError(f"{objective} was not proved")
    return took


def _told(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3g}"


def _case(bench: Bench, kind: str, n: int, form: str) -> Case:
    return Case(kind, max(2, round(n * bench.asked.scale)), form, bench.asked.seed)


def _name(case: Case) -> str:
    return f"{case.kind} {case.n}"


def _over(above: float | None, below: float | None) -> float:
    """Return a ratio, NaN where a figure is missing."""
    return math.nan if above is None or not below else above / below


def _against_fastest(bench: Bench, row: str, case: Case, must: float, aim: float) -> Line:
    bench.get([case], DENSE)
    ours = bench.ours(case)
    peer, short = bench.fastest(case)
    name = "nobody" if peer is None else peer.solver
    value = _over(None if peer is None else peer.seconds, ours.seconds)
    note = "; ".join(part for part in (f"fastest is {name}", short) if part)
    return Line(row, _name(case), "times as fast", value, must, aim, note)


#: The rows of the table, by the name that ``--rows`` takes.
ROWS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "encodings": encodings,
    "matrix": matrix,
    "scipy": against_scipy,
    "quick": quick,
    "scoring": scoring,
    "large": large,
    "growth": growth,
    "changes": changes,
    "million": million,
    "general": general,
}

if __name__ == "__main__":
    finish(main)
