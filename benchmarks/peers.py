"""Every solver that could be used instead of ours, side by side on the registry's cohorts.

Prints a Markdown table; ``--json`` and ``--plot`` write the figures and a picture for docs/.
Solvers whose packages clash are run from Pythons of their own: name them with ``--python``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from common import finish, options, sure

from mentormatch.benching.cohorts import KINDS
from mentormatch.benching.measure import Case, Place, Row, look, measure
from mentormatch.benching.peers import OURS, PEERS
from mentormatch.benching.sets import full
from mentormatch.benching.table import figures, markdown, proved
from mentormatch.errors import MissingExtraError

SIZES = (200, 500, 1000, 2000)


def main() -> None:
    parser = with_solvers(options(__doc__ or "", repeats=3))
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of mentees")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument(
        "--forms",
        nargs="+",
        choices=("matrix", "encodings"),
        default=("matrix", "encodings"),
        help="how scores are given",
    )
    parser.add_argument("--plot", type=Path, help="picture to write (needs matplotlib)")
    parser.add_argument("--wide", action="store_true", help="a line for each cohort instead")
    asked = parser.parse_args()
    cases = full(list(asked.sizes), asked.kinds, asked.forms, asked.seed)
    rows = measured(cases, asked.solvers, asked)
    print(wide(rows) if asked.wide else markdown(rows))
    keep_rows(asked.json, rows, asked)
    if asked.plot is not None:
        draw(rows, asked.plot)
    sure(proved(rows), "an answer of ours is not proved best, or another solver's is better")


def with_solvers(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options of all benchmarks that run other solvers."""
    add = parser.add_argument
    add("--solvers", nargs="+", choices=PEERS, default=list(PEERS), help="all that are installed")
    add("--python", action="append", default=[], help="a further Python that has some solvers")
    add("--limit", type=float, default=600.0, help="seconds after which a run is stopped")
    add("--n-jobs", type=int, default=-1, help="threads; -1 lets every solver take all cores")
    add("--seed", type=int, default=0, help="seed of the cohorts")
    return parser


def places(asked: argparse.Namespace) -> list[Place]:
    return [look(python) for python in (sys.executable, *asked.python)]


def measured(cases: Sequence[Case], solvers: Sequence[str], asked: argparse.Namespace) -> list[Row]:
    """Measure, and tell on standard error how far it is."""

    def tell(turn: int, case: Case, solver: str) -> None:
        print(f"  {turn}: {case.kind} {case.n} {case.form}, {solver}", file=sys.stderr, flush=True)

    return measure(
        cases,
        solvers,
        repeats=asked.repeats,
        places=places(asked),
        n_jobs=asked.n_jobs,
        limit=asked.limit,
        time_limit=getattr(asked, "time_limit", None),
        tell=tell,
    )


def keep_rows(path: Path | None, rows: Sequence[Row], asked: argparse.Namespace) -> None:
    if path is not None:
        told = figures(rows, repeats=asked.repeats, n_jobs=asked.n_jobs, seed=asked.seed)
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8", newline="\n")


def wide(rows: Sequence[Row]) -> str:
    """Return a table with a line for each cohort: our time, and the others' as times ours."""
    solvers = list(dict.fromkeys(row.solver for row in rows if row.solver != OURS))
    solvers.sort(key=list(PEERS).index)
    lines = [["cohort", "given as", "ours, s", *solvers]]
    for case in dict.fromkeys(row.case for row in rows):
        found = {row.solver: row for row in rows if row.case == case}
        ours = found[OURS].seconds if OURS in found else None
        ratios = []
        for solver in solvers:
            row = found.get(solver)
            if row is None or not row.seconds or not ours:
                ratios.append("")
            else:
                mark = "" if row.verdict.kind in ("best", "rounded", "proved", "none") else " *"
                ratios.append(f"{row.seconds / ours:.3g}{mark}")
        lines.append([f"{case.kind} {case.n}", case.form, f"{ours or 0:.3g}", *ratios])
    rule = ["---", "---", *["---:"] * (len(lines[0]) - 2)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw time against size, a panel for each kind and form, as far as sizes differ."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  (only pictures need it)
    except ImportError:
        raise MissingExtraError("matplotlib", "plot") from None
    panels = list(dict.fromkeys((row.case.kind, row.case.form) for row in rows))
    wide = min(3, len(panels))
    high = -(-len(panels) // wide)
    figure = Figure(figsize=(4.6 * wide, 3.4 * high + 0.9), layout="constrained")
    axes = figure.subplots(high, wide, squeeze=False, sharex=True, sharey=True).ravel()
    solvers = list(dict.fromkeys(row.solver for row in rows))
    styles = ("-", "--", ":", "-.")
    for panel, (kind, form) in zip(axes, panels, strict=False):
        for number, solver in enumerate(solvers):
            points = sorted(
                (row.case.n, row.seconds)
                for row in rows
                if (row.case.kind, row.case.form, row.solver) == (kind, form, solver)
                and row.seconds is not None
            )
            if points:
                panel.loglog(
                    *zip(*points, strict=True),
                    color="black" if solver == OURS else f"C{number % 10}",
                    linestyle=styles[number // 10 % len(styles)],
                    linewidth=2.5 if solver == OURS else 1.2,
                    marker="o",
                    markersize=3,
                    label=solver,
                )
        panel.set_title(f"{kind}, given as {form}", fontsize=10)
        panel.grid(alpha=0.3)
    for panel in axes[len(panels) :]:
        panel.set_axis_off()
    named = {
        label: line
        for panel in axes
        for line, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named, loc="outside upper center", ncols=5, fontsize=8)
    figure.supxlabel("mentees", fontsize=10)
    figure.supylabel("seconds", fontsize=10)
    figure.savefig(path)


if __name__ == "__main__":
    finish(main)
