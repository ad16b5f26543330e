"""The jobs that make pairs from sheets: the demo, a programme, and a look at its sheets."""

from __future__ import annotations

import argparse
from time import monotonic
from typing import TYPE_CHECKING

from mentormatch.cli.console import DONE, tell
from mentormatch.words import say, visible

if TYPE_CHECKING:
    from pathlib import Path

    from mentormatch.matching.result import Matching
    from mentormatch.people.cohort import Cohort
    from mentormatch.telling.story import Story


def demo(options: argparse.Namespace, language: str) -> int:
    """Match the people of the example."""
    from mentormatch.people.example import example_folder  # noqa: PLC0415  (keeps --help quick)

    folder = example_folder()
    tell("cli.demo_starts", language, folder=folder.name)
    options.programme = folder / "programme.toml"
    options.mentees = sorted(folder.glob("mentees*.*"))
    options.mentors = sorted(folder.glob("mentors*.*"))
    options.objective, options.seed, options.time_limit = "most people", 0, None
    return match_people(options, language)


def match_people(options: argparse.Namespace, language: str) -> int:
    """Match the people of a programme, and write everything about it."""
    from mentormatch.road import match  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.telling.gather import gather  # noqa: PLC0415  (only this command needs it)
    from mentormatch.telling.write import check_targets  # noqa: PLC0415  (only this command needs it)

    started = monotonic()
    check_targets(options.out, [options.programme, *options.mentees, *options.mentors])
    cohort = read_people(options, language)
    words = options.language or cohort.programme.language
    tell("cli.scoring", language, mentees=len(cohort.mentees), mentors=len(cohort.mentors))
    matching = match(
        cohort, objective=options.objective, seed=options.seed, time_limit=options.time_limit
    )
    tell("cli.explaining", language, pairs=len(matching))
    hand_out(gather(matching, words), matching, options.out, language)
    look_at(options.out, started, language)
    return DONE


def hand_out(story: Story, matching: Matching, folder: Path, language: str) -> None:
    """Write everything into a folder, and say what came out."""
    from mentormatch.telling.write import write_each  # noqa: PLC0415  (keeps --help quick)

    for path in write_each(story, matching, folder):
        tell("cli.wrote", language, file=path.name + ("/" if path.is_dir() else ""))
    summary = story.summary
    print(say("cli.result", language, matched=summary["matched"], mentees=summary["mentees"]))
    print(summary["proof"])
    if matching.objective == "stable":
        print(summary["stability"])
    alone = len(story.unmatched)
    if alone:
        print(say("cli.without", language, count=alone))


def look_at(folder: Path, started: float, language: str) -> None:
    """Say where the report is, and how long it took."""
    seconds = f"{monotonic() - started:.0f}"
    print(visible(say("cli.look", language, report=folder / "report.html", seconds=seconds)))


def check(options: argparse.Namespace, language: str) -> int:
    """Say before any pair is made what is wrong with the sheets."""
    from mentormatch.telling.readiness import readiness  # noqa: PLC0415  (keeps --help quick)

    cohort = read_people(options, language)
    words = options.language or cohort.programme.language
    print(visible(readiness(cohort, language=words).text))
    return DONE


def read_people(options: argparse.Namespace, language: str) -> Cohort:
    """Read the programme and the sheets that were named."""
    from mentormatch.people.programme_file.reader import read_programme  # noqa: PLC0415  (only this command needs it)
    from mentormatch.people.sheets.reader import read_cohort  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.rulebook import conditions  # noqa: PLC0415  (only this command needs it)

    tell("cli.reading", language)
    programme = read_programme(options.programme)
    options.spoken = options.language or programme.language
    conditions(programme)  # faults of rules come before those of the sheets
    return read_cohort(options.mentees, options.mentors, programme=programme)
