"""The command line: what a coordinator types, and what she reads in return."""

from __future__ import annotations

import argparse
import errno
import json
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

from mentormatch import __version__
from mentormatch.errors import InfeasibleError, MentormatchError
from mentormatch.matching.objectives import PRESETS
from mentormatch.words import LANGUAGES, say, visible

if TYPE_CHECKING:
    from mentormatch.people.cohort import Cohort

#: What the command returns to the shell.
DONE, FAULTS, USAGE, IMPOSSIBLE, INTERRUPTED, OUR_FAULT = 0, 1, 2, 3, 130, 70

_DEMO_FOLDER = "demo-output"
_MOST_NAMED = 5

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

#: Why the system refuses to read or write, by its own number for it.
_REFUSALS = {
    errno.ENOSPC: "full",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EROFS: "forbidden",
    errno.EEXIST: "no_folder",
    errno.ENOTDIR: "no_folder",
    errno.ENAMETOOLONG: "long_name",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``mentormatch`` and return its exit code.

    0: done. 1: the input has faults. 2: the command is not understood. 3: no pair list keeps all
    rules. 70: a fault of mentormatch itself. 130: interrupted.
    """
    _speak_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = _language_of(given)
    parser = _parser(language)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return USAGE
    jobs: dict[str, Callable[[argparse.Namespace, str], int]] = {
        "demo": _demo,
        "match": _match,
        "check": _check,
        "make-cohort": _make_cohort,
        "bench": _bench,
    }
    try:
        return jobs[options.command](options, language)
    except InfeasibleError as error:
        return _complain(error.text(_spoken(options, language)), IMPOSSIBLE)
    except MentormatchError as error:
        return _complain(error.text(_spoken(options, language)), FAULTS)
    except BrokenPipeError:  # whoever reads the result, such as "head", has read enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (until the end)
        return DONE
    except OSError as error:
        return _complain(_no_access(error, language), FAULTS)
    except KeyboardInterrupt:
        return _complain(say("cli.interrupted", language), INTERRUPTED)
    except Exception as error:  # no traceback reaches a coordinator; --debug shows it
        if options.debug:
            raise
        return _complain(say("cli.our_fault", language, kind=type(error).__name__), OUR_FAULT)


def _parser(language: str) -> argparse.ArgumentParser:
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
    any_whole = _number(language, "cli.no_whole", -math.inf, whole=True)
    whole = _number(language, "cli.no_count", 0, whole=True)
    some = _number(language, "cli.none", 1, whole=True)
    people = _number(language, "cli.no_people", 1, _MOST_PEOPLE, whole=True)
    above = _number(language, "cli.not_above", 0, whole=False)
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
    for name in ("match", "check"):
        job = command(name)
        job.add_argument(
            "programme", type=Path, metavar=told("programme"), help=told("help_programme")
        )
        for side in ("mentees", "mentors"):
            job.add_argument(
                f"--{side}",
                type=Path,
                nargs="+",
                required=True,
                metavar=file,
                help=told(f"help_{side}"),
            )
        if name == "match":
            job.add_argument(
                "--out", type=place, required=True, metavar=folder, help=told("help_out")
            )
            job.add_argument(
                "--objective",
                choices=(*PRESETS, "stable"),
                default="most people",
                help=told("help_objective"),
            )
            job.add_argument(
                "--seed", type=any_whole, default=0, metavar="N", help=told("help_seed")
            )
            job.add_argument(
                "--time-limit", type=above, metavar=told("seconds"), help=told("help_time_limit")
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


def _demo(options: argparse.Namespace, language: str) -> int:
    from mentormatch.people.example import example_folder  # noqa: PLC0415  (keeps --help quick)

    folder = example_folder()
    _say("cli.demo_starts", language, folder=folder.name)
    options.programme = folder / "programme.toml"
    options.mentees = sorted(folder.glob("mentees*.*"))
    options.mentors = sorted(folder.glob("mentors*.*"))
    options.objective, options.seed, options.time_limit = "most people", 0, None
    return _match(options, language)


def _match(options: argparse.Namespace, language: str) -> int:
    from mentormatch.road import match  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.telling.gather import gather  # noqa: PLC0415
    from mentormatch.telling.write import check_targets, write_each  # noqa: PLC0415

    started = monotonic()
    check_targets(options.out, [options.programme, *options.mentees, *options.mentors])
    cohort = _read(options, language)
    words = options.language or cohort.programme.language
    _say("cli.scoring", language, mentees=len(cohort.mentees), mentors=len(cohort.mentors))
    matching = match(
        cohort, objective=options.objective, seed=options.seed, time_limit=options.time_limit
    )
    _say("cli.explaining", language, pairs=len(matching))
    story = gather(matching, words)
    for path in write_each(story, matching, options.out):
        _say("cli.wrote", language, file=path.name + ("/" if path.is_dir() else ""))
    summary = story.summary
    print(say("cli.result", language, matched=summary["matched"], mentees=summary["mentees"]))
    print(summary["proof"])
    if options.objective == "stable":
        print(summary["stability"])
    alone = len(story.unmatched)
    if alone:
        print(say("cli.without", language, count=alone))
    report = options.out / "report.html"
    seconds = f"{monotonic() - started:.0f}"
    print(visible(say("cli.look", language, report=report, seconds=seconds)))
    return DONE


def _check(options: argparse.Namespace, language: str) -> int:
    from mentormatch.telling.readiness import readiness  # noqa: PLC0415  (keeps --help quick)

    cohort = _read(options, language)
    words = options.language or cohort.programme.language
    print(visible(readiness(cohort, language=words).text))
    return DONE


def _make_cohort(options: argparse.Namespace, language: str) -> int:
    from mentormatch.people.example import example_folder  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.people.synthetic.maker import make_cohort  # noqa: PLC0415
    from mentormatch.people.synthetic.messy import write_messy_sheets  # noqa: PLC0415
    from mentormatch.telling.files import whole_file  # noqa: PLC0415

    there = [] if options.force else _in_the_way(options.out)
    if there:
        names = ", ".join(there[:_MOST_NAMED]) + (", ..." if there[_MOST_NAMED:] else "")
        folder = options.out.name or options.out
        return _complain(say("cli.already_there", language, folder=folder, names=names), FAULTS)
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
        _say("cli.wrote", language, file=path.name)
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


def _bench(options: argparse.Namespace, language: str) -> int:
    from mentormatch.benching.measure import Case, look, measure  # noqa: PLC0415  (quick --help)
    from mentormatch.benching.peers import PEERS  # noqa: PLC0415
    from mentormatch.benching.sets import small  # noqa: PLC0415
    from mentormatch.benching.table import figures, markdown, proved  # noqa: PLC0415
    from mentormatch.telling.files import whole_file  # noqa: PLC0415

    def tell(turn: int, case: Case, solver: str) -> None:
        kind = say(f"bench.kind_{case.kind.replace(' ', '_')}", language)
        _say("bench.run", language, round=turn, kind=kind, n=case.n, solver=solver)

    cases, here = small(options.seed), look()
    _say(
        "bench.starts",
        language,
        cases=len(cases),
        solvers=len(here.versions),
        rounds=options.repeats,
    )
    rows = measure(
        cases, list(PEERS), repeats=options.repeats, places=[here], patience=50, tell=tell
    )
    if options.json is not None:
        with whole_file(options.json) as aside:
            told = json.dumps(figures(rows), indent=2, ensure_ascii=False)
            aside.write_text(told + "\n", encoding="utf-8", newline="\n")
    print(markdown(rows, language) + "\n")
    rounds = max(len(row.runs) for row in rows)
    print(say("bench.about_table", language, count=rounds))
    if missing := [name for name in PEERS if name not in here.versions]:
        print(say("bench.about_missing", language, solvers=", ".join(missing)))
    if not proved(rows):
        return _complain(say("bench.failed", language), OUR_FAULT)
    print(say("bench.about_proof", language))
    return DONE


def _read(options: argparse.Namespace, language: str) -> Cohort:
    from mentormatch.people.programme_file.reader import read_programme  # noqa: PLC0415
    from mentormatch.people.sheets.reader import read_cohort  # noqa: PLC0415  (keeps --help quick)
    from mentormatch.rulebook import conditions  # noqa: PLC0415

    _say("cli.reading", language)
    programme = read_programme(options.programme)
    options.spoken = options.language or programme.language
    conditions(programme)  # faults of rules come before those of the sheets
    return read_cohort(options.mentees, options.mentors, programme=programme)


def _spoken(options: argparse.Namespace, language: str) -> str:
    """Return the language of complaints: as asked for, else the programme's once it is read."""
    spoken: str = getattr(options, "spoken", language)
    return spoken


def _say(key: str, language: str, **values: object) -> None:
    """Tell progress on standard error, so that results can be piped."""
    print(visible(say(key, language, **values)), file=sys.stderr, flush=True)


def _no_access(error: OSError, language: str) -> str:
    """Say in a coordinator's words what the system did not allow."""
    name = Path(str(error.filename)).name if error.filename else ""
    key = _REFUSALS.get(error.errno or 0)
    why = say(f"cli.why_{key}", language) if key else str(error.strerror or error)
    return say("cli.no_access" if name else "cli.no_access_at_all", language, file=name, why=why)


def _complain(text: str, code: int) -> int:
    print(visible(text), file=sys.stderr, flush=True)
    return code


def _language_of(arguments: Sequence[str]) -> str:
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


def _speak_utf8() -> None:
    """Let names be printed on a console that is set to an older encoding."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
