"""How long it takes to start: the bare import, the help, and everything that a full run loads.

Each figure is the CPU time of whole processes, the start of Python included.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

from common import finish, heading, keep, middle, options, sure, table

TARGET = 0.5
HEAVY = ("numpy", "pandas", "scipy", "sklearn", "openpyxl", "xlsxwriter", "jinja2")
NOTHING = "python -c pass"
JOBS = {
    NOTHING: ["-c", "pass"],
    "import mentormatch": ["-c", "import mentormatch"],
    "mentormatch --help": ["-m", "mentormatch", "--help"],
    "mentormatch match --help": ["-m", "mentormatch", "match", "--help"],
    "mentormatch --help --language sv": ["-m", "mentormatch", "--language", "sv", "--help"],
}

#: Loads all that a full run needs, dear packages first, and prints what each added.
EVERYTHING = """
import json, time
from importlib import import_module
added = {}
def load(name, *modules):
    start = time.process_time()
    for module in modules:
        import_module(module)
    added[name] = time.process_time() - start
load("numpy", "numpy")
load("pandas", "pandas")
load("scipy", "scipy.sparse", "scipy.sparse.csgraph", "scipy.optimize")
load("scikit-learn (text features)", "sklearn.feature_extraction.text")
load("openpyxl, xlsxwriter, jinja2, icalendar", "openpyxl", "xlsxwriter", "jinja2", "icalendar")
start = time.process_time()
import mentormatch
for name in mentormatch.__all__:
    getattr(mentormatch, name)
import mentormatch.scores.text
added["mentormatch itself"] = time.process_time() - start
print(json.dumps(added))
"""


def main() -> None:
    asked = options(__doc__ or "", repeats=7).parse_args()
    heading("Starting up", repeats=asked.repeats)
    _check()
    figures: dict[str, Any] = {"repeats": asked.repeats, "target": TARGET}
    rows: list[tuple[str, float, float, str]] = []
    for name, arguments in JOBS.items():
        _cpu(arguments)  # the first one writes the compiled files
        figures[name] = middle([_cpu(arguments) for _ in range(asked.repeats)])
        verdict = "" if name == NOTHING else "kept"
        if verdict and figures[name]["median"] >= TARGET:
            verdict = "MISSED"
        rows.append((name, figures[name]["median"], figures[name]["min"], verdict))
    table(("process", "median", "min", f"under {TARGET:g} s"), rows)
    runs = [json.loads(_run(["-c", EVERYTHING])) for _ in range(asked.repeats)]
    loads = {name: middle([run[name] for run in runs]) for name in runs[0]}
    loads["ALL"] = middle([sum(run.values()) for run in runs])
    figures["a full run loads"] = loads
    shares = [
        (name, figure["median"], figure["min"], f"{figure['median'] / loads['ALL']['median']:.0%}")
        for name, figure in loads.items()
    ]
    table(("a full run loads, in this order", "median", "min", "share"), shares)
    keep(asked.json, figures)


def _check() -> None:
    """Make sure that the import is light, and that the help helps."""
    loaded = _run(["-c", "import mentormatch, sys; print(*sys.modules)"]).split()
    sure(not set(HEAVY) & set(loaded), "`import mentormatch` loads a heavy package")
    for name, arguments in JOBS.items():
        if "--help" in name:
            example = "mentormatch match" if " match " in name else "mentormatch demo"
            sure(example in _run(arguments), f"`{name}` shows no example")


def _run(arguments: list[str]) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    sure(done.returncode == 0, done.stderr)
    return done.stdout


def _cpu(arguments: list[str]) -> float:
    """Return the CPU time of a process, user and system together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    finish(main)
