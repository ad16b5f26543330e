"""The job that mends a list which was handed out: who left, who came, and who keeps whom."""

from __future__ import annotations

import argparse
from dataclasses import replace
from time import monotonic

from mentormatch.cli.console import DONE, tell
from mentormatch.cli.pairs import hand_out, look_at, read_people
from mentormatch.words import visible


def rematch_people(options: argparse.Namespace, language: str) -> int:
    """Match anew with as few announced pairs broken as can be, and say who is concerned.

    Where the calibration of the announced list lies beside it, people are scored by that.
    """
    from mentormatch.formulation import formulate  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.road import rematch  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.scores.calibration import read_calibration  # noqa: PLC0415  (only this command needs it)
    from mentormatch.scores.score import score  # noqa: PLC0415  (only this command needs it)
    from mentormatch.telling.announced import (  # noqa: PLC0415  (only this command needs it)
        announced_to,
        read_announced,
        with_those_gone,
    )
    from mentormatch.telling.concerned import concerned, concerned_in_short, lines  # noqa: PLC0415  (only this command needs it)
    from mentormatch.telling.gather import gather  # noqa: PLC0415  (only this command needs it)
    from mentormatch.telling.write import check_targets  # noqa: PLC0415  (only this command needs it)

    started = monotonic()
    inputs = [options.programme, *options.mentees, *options.mentors, options.announced]
    check_targets(options.out, inputs)
    announced = read_announced(options.announced)
    cohort = read_people(options, language)
    announced_to(announced, cohort, options.announced)
    cohort = with_those_gone(cohort, announced)
    words = options.language or cohort.programme.language
    tell("cli.scoring", language, mentees=len(cohort.mentees), mentors=len(cohort.mentors))
    pairs = list(zip(announced["mentee"], announced["mentor"], strict=True))
    kept = options.announced.with_name("calibration.json")
    known = read_calibration(kept) if kept.exists() else None
    problem = formulate(cohort, score(cohort, calibration=known))
    matching = rematch(pairs, problem, time_limit=options.time_limit, seed=options.seed)
    tell("cli.explaining", language, pairs=len(matching))
    table = concerned(announced, matching, words)
    short = concerned_in_short(table, words)
    story = replace(gather(matching, words), concerned=table, concerned_in_short=short)
    hand_out(story, matching, options.out, language)
    print(short)
    for line in lines(table, words):
        print(visible(line))
    look_at(options.out, started, language)
    return DONE
