"""What every job of the command line says, and what it returns to the shell."""

from __future__ import annotations

import argparse
import errno
import sys
from pathlib import Path

from mentormatch.words import say, visible

#: What the command returns to the shell.
DONE, FAULTS, USAGE, IMPOSSIBLE, INTERRUPTED, OUR_FAULT = 0, 1, 2, 3, 130, 70

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


def spoken(options: argparse.Namespace, language: str) -> str:
    """Return the language of complaints: as asked for, else the programme's once it is read."""
    words: str = getattr(options, "spoken", language)
    return words


def tell(key: str, language: str, **values: object) -> None:
    """Tell progress on standard error, so that results can be piped."""
    print(visible(say(key, language, **values)), file=sys.stderr, flush=True)


def no_access(error: OSError, language: str) -> str:
    """Say in a coordinator's words what the system did not allow."""
    name = Path(str(error.filename)).name if error.filename else ""
    key = _REFUSALS.get(error.errno or 0)
    why = say(f"cli.why_{key}", language) if key else str(error.strerror or error)
    return say("cli.no_access" if name else "cli.no_access_at_all", language, file=name, why=why)


def complain(text: str, code: int) -> int:
    """Say on standard error what is wrong, and return the code for it."""
    print(visible(text), file=sys.stderr, flush=True)
    return code


def speak_utf8() -> None:
    """Let names be printed on a console that is set to an older encoding."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
