"""How long the main job takes: from messy sign-up sheets to all that is handed out.

Each repeat is a process of its own, so nothing that an earlier one remembers makes it faster. The
process imports everything first, then does the job once, step by step, and checks what came out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

from common import WrongError, finish, heading, keep, middle, options, sure, table, timed

import mentormatch as mm
import mentormatch.scores.text  # brings scikit-learn, which `score` imports late
from mentormatch.people.synthetic.messy import write_messy_sheets
from mentormatch.telling.gather import gather
from mentormatch.telling.pairs_csv import write_pairs_csv
from mentormatch.telling.write import write_each

for name in mm.__all__:
    getattr(mm, name)

#: What it took this process to start and to import everything.
IMPORTED = process_time()

TARGET = 5.0
PROGRAMME = Path(__file__).resolve().parents[1] / "examples/stockholm-2024-25/programme.toml"
OUTPUTS = ("pairs.xlsx", "pairs.csv", "report.html", "letters", "calendar", "run.json")
RULES = {"stated": "with the programme's rules", "no-quotas": "without its quotas"}


def main() -> None:
    parser = options(__doc__ or "", repeats=5)
    parser.add_argument("--mentees", type=int, default=300)
    parser.add_argument("--mentors", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1, help="seed of the people and their sheets")
    parser.add_argument("--rules", choices=RULES, help="one set of rules alone")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once is not None:
        print(json.dumps(once(asked.once, asked.rules)))
        return
    sizes = {"mentees": asked.mentees, "mentors": asked.mentors, "seed": asked.seed}
    heading("From messy sheets to all outputs", **sizes, repeats=asked.repeats)
    figures: dict[str, Any] = {**sizes, "repeats": asked.repeats, "target": TARGET}
    with tempfile.TemporaryDirectory() as folder:
        make_sheets(Path(folder), **sizes)
        for rules in [asked.rules] if asked.rules else RULES:
            runs = [_child(Path(folder), rules) for _ in range(asked.repeats)]
            figures[rules] = _told(rules, runs)
    keep(asked.json, figures)


def make_sheets(folder: Path, mentees: int, mentors: int, seed: int) -> None:
    """Write the same people's sheets twice: once as they come, once with all rows shuffled."""
    cohort = mm.make_cohort(mentees, mentors, seed=seed)
    shuffled = replace(
        cohort,
        mentees=cohort.mentees.sample(frac=1, random_state=seed),
        mentors=cohort.mentors.sample(frac=1, random_state=seed),
    )
    for name, people in (("sheets", cohort), ("shuffled", shuffled)):
        (folder / name).mkdir()
        write_messy_sheets(people, folder / name, seed=seed)


def once(folder: Path, rules: str) -> dict[str, Any]:
    """Do the job once in this process; return its times, and what came out, once all is right."""
    sheets = [sorted((folder / "sheets").glob(f"{side}*")) for side in ("mentees", "mentors")]
    steps: dict[str, float] = {}

    def programme_of() -> Any:
        read = mm.read_programme(PROGRAMME)
        if rules == "stated":
            return read
        return replace(read, rules=tuple(r for r in read.rules if not r.kind.startswith("at ")))

    steps["read_programme"], programme = timed(programme_of)
    steps["read_cohort"], cohort = timed(lambda: mm.read_cohort(*sheets, programme=programme))
    steps["score"], fit = timed(lambda: mm.score(cohort))
    steps["formulate"], problem = timed(lambda: mm.formulate(cohort, fit))
    steps["solve"], matching = timed(lambda: mm.solve(problem))
    steps["gather"], story = timed(lambda: gather(matching))
    with tempfile.TemporaryDirectory() as out:
        steps["write"], _ = timed(lambda: write_each(story, matching, Path(out)))
        written = (Path(out) / "pairs.csv").read_bytes()
        for name in OUTPUTS:
            sure((Path(out) / name).exists(), f"{name} was not written")
        letters = len(list((Path(out) / "letters").rglob("*.md")))
    # What `gather` is made of; it has done so already, so these do not count again.
    inside = {
        "explain": timed(lambda: mm.explain(matching))[0],
        "unmatched": timed(lambda: mm.unmatched(matching))[0],
        "readiness": timed(lambda: mm.readiness(cohort, fit))[0],
    }
    sure(matching.status == "optimal", f"the status is {matching.status}")
    proof = mm.certify(problem, matching)
    sure(proof.valid and proof.optimal and proof.gap == 0, f"the certificate says {proof}")
    sure(letters == len(cohort.mentees) + len(cohort.mentors), "somebody got no letter")
    sure(len(story.pairs) == len(matching) > 0, "a pair is not told of")
    again = [sorted((folder / "shuffled").glob(f"{side}*")) for side in ("mentees", "mentors")]
    other = gather(mm.match(mm.read_cohort(*again, programme=programme)))
    sure(_pairs_csv(other) == written, "shuffled rows gave other pairs")
    quotas = sum(not quota.is_ban for quota in problem.quotas)
    return {
        "import": IMPORTED,
        "steps": steps,
        "inside": inside,
        "result": {
            "mentees": len(cohort.mentees),
            "mentors": len(cohort.mentors),
            "pairs": len(matching),
            "total": matching.total,
            "quotas": quotas,
            "bans": len(problem.quotas) - quotas,
            "exact runners-up": int(story.pairs["runner_up_exact"].sum()),
        },
    }


def _pairs_csv(story: Any) -> bytes:
    with tempfile.TemporaryDirectory() as out:
        write_pairs_csv(story, Path(out) / "pairs.csv")
        return (Path(out) / "pairs.csv").read_bytes()


def _child(folder: Path, rules: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--once", str(folder), "--rules", rules]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise WrongError(done.stderr.strip())
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _told(rules: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Print the table of one set of rules and return its figures."""
    result = runs[0]["result"]
    sure(all(run["result"] == result for run in runs), "two runs gave different results")
    totals = middle([sum(run["steps"].values()) for run in runs])
    steps = {name: middle([run["steps"][name] for run in runs]) for name in runs[0]["steps"]}
    inside = {name: middle([run["inside"][name] for run in runs]) for name in runs[0]["inside"]}
    imported = middle([run["import"] for run in runs])
    print(f"{RULES[rules]}: " + ", ".join(f"{name} {value}" for name, value in result.items()))
    print("optimal, certified, all outputs there, same pairs from shuffled rows\n")
    rows: list[tuple[str, float, float]] = []
    for name, figure in steps.items():
        rows.append((name, figure["median"], figure["min"]))
        if name == "gather":
            rows += [(f"  of it {one}", x["median"], x["min"]) for one, x in inside.items()]
    rows.append(("ALL STEPS", totals["median"], totals["min"]))
    rows.append(("(import, apart)", imported["median"], imported["min"]))
    table(("step", "median", "min"), rows)
    kept = "kept" if totals["median"] < TARGET else "MISSED"
    print(f"target of {TARGET:g} s: {kept}, at {totals['median'] / TARGET:.0%} of it\n")
    return {"result": result, "import": imported, "steps": steps, "inside": inside, "all": totals}


if __name__ == "__main__":
    finish(main)
