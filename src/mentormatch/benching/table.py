"""How measurements are told: as a table for people, and as plain values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mentormatch.benching.machine import machine
from mentormatch.benching.measure import Row
from mentormatch.benching.peers import OURS, PEERS
from mentormatch.telling.numbers import MISSING, short
from mentormatch.words import say

_HEADS = ("cohort", "size", "given", "solver", "time", "ratio", "whole", "cpu", "memory", "result")
_MEGABYTE = 2**20


def markdown(rows: Sequence[Row], language: str = "en") -> str:
    """Return a Markdown table: each case with its solvers, the quickest first.

    Parameters
    ----------
    rows : sequence of Row
        From `measure.measure`.
    language : {"en", "sv"}
        Language of its words.

    Returns
    -------
    str
        Times in seconds, memory in megabytes, and how many times as long as ours it took.
    """
    lines = [[say(f"bench.head_{head}", language) for head in _HEADS]]
    cases = dict.fromkeys(row.case for row in rows)
    for case in cases:
        here = [row for row in rows if row.case == case]
        ours = next((row.seconds for row in here if row.solver == OURS), None)
        here.sort(key=lambda row: float("inf") if row.seconds is None else row.seconds)
        for row in here:
            lines.append(
                [
                    say(f"bench.kind_{case.kind.replace(' ', '_')}", language),
                    f"{row.shape[0]} x {row.shape[1]}",
                    say(f"bench.form_{case.form}", language),
                    _solver(row, language),
                    _rounded(row.seconds, language),
                    _rounded(ratio(row.seconds, ours), language),
                    _rounded(row.figure("whole"), language),
                    _rounded(row.figure("whole_cpu"), language),
                    _rounded(row.figure("memory"), language, _MEGABYTE),
                    quality(row, language),
                ]
            )
    widths = [max(len(line[k]) for line in lines) for k in range(len(_HEADS))]
    right = {"time", "ratio", "whole", "cpu", "memory"}
    to_right = [head in right for head in _HEADS]
    rule = [
        "-" * (width - 1) + ":" if last else "-" * width
        for width, last in zip(widths, to_right, strict=True)
    ]
    told = [
        "| "
        + " | ".join(
            cell.rjust(width) if last else cell.ljust(width)
            for cell, width, last in zip(line, widths, to_right, strict=True)
        )
        + " |"
        for line in (lines[0], rule, *lines[1:])
    ]
    return "\n".join(told)


def quality(row: Row, language: str = "en") -> str:
    """Say in a few words what a solver's pairs were worth."""
    verdict = row.verdict
    part = short(float(f"{100 * verdict.short:.2g}"), language)
    # A bar would end the cell.
    why = verdict.why.replace("|", "/")
    text = say(f"bench.is_{verdict.kind}", language, part=part, why=why)
    if PEERS[row.solver].aim == "stable" and verdict.kind != "failed":
        text = say("bench.stable", language, result=text)
    return text


def ratio(theirs: float | None, ours: float | None) -> float | None:
    """Return how many times as long as ours something took; None if either is not known."""
    return theirs / ours if theirs is not None and ours else None


def figures(rows: Sequence[Row], **settings: object) -> dict[str, Any]:
    """Return everything that was measured, and on what, as values that JSON can hold."""
    ours = {row.case: row.seconds for row in rows if row.solver == OURS}
    packages = sorted({"numpy", "numba", *(PEERS[row.solver].package for row in rows)})
    return {
        **machine(packages),
        **settings,
        "rows": [
            {
                **asdict(row),
                "seconds": row.seconds,
                "ratio": ratio(row.seconds, ours.get(row.case)),
            }
            for row in rows
        ],
    }


def proved(rows: Sequence[Row]) -> bool:
    """Say whether every answer of ours was proved best, and no other solver found a better one."""
    cases = {row.case for row in rows}
    sound = {row.case for row in rows if row.solver == OURS and row.verdict.kind == "proved"}
    return cases == sound and not any(row.verdict.beats for row in rows)


def _solver(row: Row, language: str) -> str:
    name = say("bench.product", language) if PEERS[row.solver].aim == "none" else row.solver
    return f"**{name}**" if row.solver == OURS else name


def _rounded(value: float | None, language: str, unit: float = 1.0) -> str:
    """Tell a figure with three digits that count."""
    if value is None:
        return MISSING
    whole = value / unit
    return short(float(f"{whole:.3g}"), language) if whole < 100_000 else f"{whole:.0f}"
