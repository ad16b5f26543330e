"""What the benchmarks share: how they measure, what they were run on, and how they print."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import TypeVar

from mentormatch.benching.machine import machine
from mentormatch.benching.measure import RunError
from mentormatch.errors import MentormatchError

T = TypeVar("T")

PACKAGES = (
    "mentormatch-optimiser",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "openpyxl",
    "xlsxwriter",
)


class WrongError(Exception):
    """A result is not what it has to be, so its speed means nothing."""


def sure(holds: bool, what: str) -> None:
    """Stop the benchmark unless something holds: quality comes before speed."""
    if not holds:
        raise WrongError(what)


def timed(job: Callable[[], T]) -> tuple[float, T]:
    """Return the process time of a call in seconds, all threads together, and its result."""
    start = process_time()
    result = job()
    return process_time() - start, result


def middle(seconds: Sequence[float]) -> dict[str, float]:
    """Return median and minimum of some times."""
    return {"median": statistics.median(seconds), "min": min(seconds)}


def heading(title: str, clock: str = "process time", **settings: object) -> None:
    """Print what is measured, with its settings and all versions."""
    facts = machine(PACKAGES)
    print(f"# {title}")
    print("  " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items()))
    packages = ", ".join(f"{name} {found}" for name, found in facts["packages"].items())
    print(f"  Python {facts['python']}, {packages}")
    print(f"  {facts['system']}, {facts['cores']} cores; {clock} in seconds\n")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: the first column to the left, all others to the right."""
    cells = [[_cell(value) for value in row] for row in (heads, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        first, *others = (
            text.rjust(width) if k else text.ljust(width)
            for k, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print()


def keep(path: Path | None, figures: Mapping[str, object]) -> None:
    """Write figures and what they were measured on as JSON, if a file was asked for."""
    if path is not None:
        text = json.dumps({**machine(PACKAGES), **figures}, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")


def options(about: str, repeats: int) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks have."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--repeats", type=int, default=repeats, help="times each job is run")
    parser.add_argument("--json", type=Path, help="file to write the figures to as well")
    return parser


def finish(run: Callable[[], None]) -> None:
    """Run a benchmark; a wrong result is a message and exit code 1."""
    try:
        run()
    except WrongError as error:
        sys.exit(f"WRONG: {error}")
    except (RunError, MentormatchError) as error:
        sys.exit(str(error))


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
