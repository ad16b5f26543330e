"""The command line: what a coordinator types, and what she reads in return."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from mentormatch.cli.again import rematch_people
from mentormatch.cli.benchmark import bench
from mentormatch.cli.console import (
    DONE,
    FAULTS,
    IMPOSSIBLE,
    INTERRUPTED,
    OUR_FAULT,
    USAGE,
    complain,
    no_access,
    speak_utf8,
    spoken,
)
from mentormatch.cli.made_up import make
from mentormatch.cli.pairs import check, demo, match_people
from mentormatch.cli.parser import language_of, parser_for
from mentormatch.errors import InfeasibleError, MentormatchError
from mentormatch.words import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``mentormatch`` and return its exit code.

    0: done. 1: the input has faults. 2: the command is not understood. 3: no pair list keeps all
    rules. 70: a fault of mentormatch itself. 130: interrupted.
    """
    speak_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = language_of(given)
    parser = parser_for(language)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return USAGE
    jobs: dict[str, Callable[[argparse.Namespace, str], int]] = {
        "demo": demo,
        "match": match_people,
        "check": check,
        "rematch": rematch_people,
        "make-cohort": make,
        "bench": bench,
    }
    try:
        return jobs[options.command](options, language)
    except InfeasibleError as error:
        return complain(error.text(spoken(options, language)), IMPOSSIBLE)
    except MentormatchError as error:
        return complain(error.text(spoken(options, language)), FAULTS)
    except BrokenPipeError:  # whoever reads the result, such as "head", has read enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (until the end)
        return DONE
    except OSError as error:
        return complain(no_access(error, language), FAULTS)
    except KeyboardInterrupt:
        return complain(say("cli.interrupted", language), INTERRUPTED)
    except Exception as error:  # no traceback reaches a coordinator; --debug shows it
        if options.debug:
            raise
        return complain(say("cli.our_fault", language, kind=type(error).__name__), OUR_FAULT)
