"""The job that makes up a cohort to try things out with."""

from __future__ import annotations

import argparse
from pathlib import Path

from mentormatch.cli.console import DONE, FAULTS, complain, tell
from mentormatch.words import say, visible

_MOST_NAMED = 5


def make(options: argparse.Namespace, language: str) -> int:
    """Write a made-up programme with sheets as messy as real ones."""
    from mentormatch.people.example import example_folder  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.people.synthetic.maker import make_cohort  # noqa: PLC0415  (only this command needs it)
    from mentormatch.people.synthetic.messy import write_messy_sheets  # noqa: PLC0415  (only this command needs it)
    from mentormatch.telling.files import whole_file  # noqa: PLC0415  (only this command needs it)

    there = [] if options.force else _in_the_way(options.out)
    if there:
        names = ", ".join(there[:_MOST_NAMED]) + (", ..." if there[_MOST_NAMED:] else "")
        folder = options.out.name or options.out
        return complain(say("cli.already_there", language, folder=folder, names=names), FAULTS)
    cohort = make_cohort(
        options.mentees, options.mentors, options.departments, options.scarcity, options.seed
    )
    options.out.mkdir(parents=True, exist_ok=True)
    sheets = write_messy_sheets(
        cohort, options.out, seed=options.seed, per_department=options.per_department
    )
    with whole_file(options.out / "programme.toml") as aside:
        aside.write_bytes((example_folder() / "programme.toml").read_bytes())
    for path in (*sheets["mentees"], *sheets["mentors"]):
        tell("cli.wrote", language, file=path.name)
    mentees = " ".join(f'"{path}"' for path in sheets["mentees"])
    mentors = " ".join(f'"{path}"' for path in sheets["mentors"])
    programme, out = options.out / "programme.toml", options.out / "output"
    print(say("cli.now_match", language))
    line = f'match "{programme}" --mentees {mentees} --mentors {mentors} --out "{out}"'
    print(visible(f"mentormatch {line}"))
    return DONE


def _in_the_way(folder: Path) -> list[str]:
    """List the programme file and the sheets that a folder holds already."""
    if not folder.is_dir():
        return []
    kept = ("mentees-", "mentors-")
    names = [path.name for path in folder.iterdir()]
    return sorted(
        name
        for name in names
        if name.casefold() == "programme.toml" or name.casefold().startswith(kept)
    )
