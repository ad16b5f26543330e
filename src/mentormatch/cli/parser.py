"""What may be typed: the jobs of the command line, their options, and what is said of mistakes."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from mentormatch import __version__
from mentormatch.cli.console import USAGE
from mentormatch.matching.objectives import PRESETS
from mentormatch.words import LANGUAGES, say, visible

_DEMO_FOLDER = "demo-output"

#: What make-cohort accepts: more people than this are for programs, not for trying things out.
_MOST_DEPARTMENTS = 8
_MOST_PEOPLE, _LEAST_SCARCITY, _MOST_SCARCITY = 20_000, 0.01, 100

#: What argparse complains of, in its own words, and the sentence of ours that says so.
_COMPLAINTS = {
    "required": r"the following arguments are required: (?P<names>.+)",
    "unrecognised": r"unrecognized arguments: (?P<names>.+)",
    "several_options": r"ambiguous option: (?P<option>.+?) could match (?P<names>.+)",
    "one_value": r"argument (?P<option>.+?): expected one argument",
    "some_value": r"argument (?P<option>.+?): expected at least one argument",
    "no_value": r"argument (?P<option>.+?): ignored explicit argument (?P<value>.+)",
    "no_choice": r"argument (?P<option>.+?): invalid choice: (?P<value>.+) "
    r"\(choose from (?P<names>.+)\)",
    "bad_value": r"argument (?P<option>.+?): (?P<why>.+)",
}


def parser_for(language: str) -> argparse.ArgumentParser:
    """Return what reads the command line, in a coordinator's language."""

    def told(key: str) -> str:
        return say(f"cli.{key}", language)

    class Shape(argparse.RawDescriptionHelpFormatter):
        """Help that begins in the coordinator's language."""

        def add_usage(
            self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None
        ) -> None:
            super().add_usage(usage, actions, groups, told("usage") if prefix is None else prefix)

    class Parser(argparse.ArgumentParser):
        """A parser that complains in the coordinator's language."""

        def error(self, message: str) -> NoReturn:
            self.print_usage(sys.stderr)
            self.exit(USAGE, visible(f"{self.prog}: {_in_our_words(message, language)}\n"))

    def titled(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        # argparse has no other way to name its two groups.
        parser._positionals.title, parser._optionals.title = told("given"), told("options")
        parser.add_argument("-h", "--help", action="help", help=told("help_help"))
        return parser

    def place(text: str) -> Path:
        if not text.strip() or "\0" in text:
            raise argparse.ArgumentTypeError(told("no_folder"))
        return Path(text)

    folder, file = told("folder"), told("file")
    whole = _number(language, "cli.no_count", 0, whole=True)
    some = _number(language, "cli.none", 1, whole=True)
    people = _number(language, "cli.no_people", 1, _MOST_PEOPLE, whole=True)
    departments = _number(language, "cli.departments", 1, _MOST_DEPARTMENTS, whole=True)
    ratio = _number(language, "cli.no_ratio", _LEAST_SCARCITY, _MOST_SCARCITY, whole=False)
    common = Parser(add_help=False)
    common.add_argument("--language", choices=LANGUAGES, help=told("help_language"))
    common.add_argument("--debug", action="store_true", help=told("help_debug"))
    parser = Parser(
        prog="mentormatch",
        description=told("about"),
        epilog=told("epilog"),
        formatter_class=Shape,
        parents=[common],
        add_help=False,
    )
    titled(parser)
    version = f"mentormatch {__version__}"
    parser.add_argument("--version", action="version", version=version, help=told("help_version"))
    commands = parser.add_subparsers(dest="command", metavar=told("command"))

    def command(name: str) -> argparse.ArgumentParser:
        key = name.replace("-", "_")
        # Options of the whole command may follow the name of the job, too.
        again = Parser(add_help=False, argument_default=argparse.SUPPRESS)
        again.add_argument("--language", choices=LANGUAGES, help=told("help_language"))
        again.add_argument("--debug", action="store_true", help=told("help_debug"))
        job = commands.add_parser(
            name,
            help=told(f"{key}_help"),
            description=told(f"{key}_about"),
            epilog=told(f"{key}_example"),
            formatter_class=Shape,
            parents=[again],
            add_help=False,
        )
        return titled(job)

    demo = command("demo")
    out = Path(_DEMO_FOLDER)
    demo.add_argument("--out", type=place, default=out, metavar=folder, help=told("help_out"))
    match = command("match")
    _asks_for_pairs(match, told, language, place)
    match.add_argument(
        "--objective",
        choices=(*PRESETS, "stable"),
        default="most people",
        help=told("help_objective"),
    )
    _asks_people(command("check"), told)
    rematch = command("rematch")
    _asks_for_pairs(rematch, told, language, place)
    rematch.add_argument(
        "--announced", type=Path, required=True, metavar=file, help=told("help_announced")
    )
    make = command("make-cohort")
    for option, kind, default, key in (
        ("--mentees", people, 120, "help_n_mentees"),
        ("--mentors", people, 100, "help_n_mentors"),
        ("--departments", departments, 8, "help_departments"),
        ("--scarcity", ratio, 1.0, "help_scarcity"),
        ("--seed", whole, 0, "help_seed_cohort"),
    ):
        make.add_argument(option, type=kind, default=default, metavar="N", help=told(key))
    make.add_argument("--per-department", action="store_true", help=told("help_per_department"))
    make.add_argument("--force", action="store_true", help=told("help_force"))
    make.add_argument("--out", type=place, required=True, metavar=folder, help=told("help_out"))
    bench = command("bench")
    for option, kind, default, key in (
        ("--repeats", some, 3, "help_repeats"),
        ("--seed", whole, 0, "help_seed_cohort"),
    ):
        bench.add_argument(option, type=kind, default=default, metavar="N", help=told(key))
    bench.add_argument("--json", type=Path, metavar=file, help=told("help_json"))
    return parser


def _asks_people(job: argparse.ArgumentParser, told: Callable[[str], str]) -> None:
    """Let a job ask for a programme and its sheets."""
    job.add_argument("programme", type=Path, metavar=told("programme"), help=told("help_programme"))
    for side in ("mentees", "mentors"):
        job.add_argument(
            f"--{side}",
            type=Path,
            nargs="+",
            required=True,
            metavar=told("file"),
            help=told(f"help_{side}"),
        )


def _asks_for_pairs(
    job: argparse.ArgumentParser,
    told: Callable[[str], str],
    language: str,
    place: Callable[[str], Path],
) -> None:
    """Let a job ask for all that it takes to make pairs."""
    any_whole = _number(language, "cli.no_whole", -math.inf, whole=True)
    above = _number(language, "cli.not_above", 0, whole=False)
    folder, seconds = told("folder"), told("seconds")
    _asks_people(job, told)
    job.add_argument("--out", type=place, required=True, metavar=folder, help=told("help_out"))
    job.add_argument("--seed", type=any_whole, default=0, metavar="N", help=told("help_seed"))
    job.add_argument("--time-limit", type=above, metavar=seconds, help=told("help_time_limit"))


def language_of(arguments: Sequence[str]) -> str:
    """Return the language asked for, before the arguments are parsed: help needs it too."""
    for place, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--language=") else ""
        if word == "--language" and place + 1 < len(arguments):
            value = arguments[place + 1]
        if value in LANGUAGES:
            return value
    return "en"


def _number(
    language: str, key: str, least: float, most: float = math.inf, *, whole: bool
) -> Callable[[str], float]:
    """Return how a number on the command line is read; `key` says what is accepted.

    A limit of zero for a number that need not be whole is not itself accepted.
    """
    limits = {"least": least, "most": most}

    def read(text: str) -> float:
        try:
            number = int(text) if whole else float(text.replace(",", "."))
        except ValueError:
            number = math.nan
        if not (least <= number <= most) or math.isinf(number) or (number == 0 and not whole):
            raise argparse.ArgumentTypeError(say(key, language, value=text, **limits))
        return number

    return read


def _in_our_words(complaint: str, language: str) -> str:
    """Return what argparse complains of as our own sentence, or as it is if it is a new one."""
    for key, pattern in _COMPLAINTS.items():
        found = re.fullmatch(pattern, complaint, re.DOTALL)
        if found:
            # Some versions of Python quote values, some do not.
            values = {name: text.replace("'", "") for name, text in found.groupdict().items()}
            return say(f"cli.{key}", language, **values)
    return complaint
