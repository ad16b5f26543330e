"""How files and folders are handed out: complete or not at all, under safe names."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mentormatch.errors import Fault, InputError

#: Lists what a folder of ours holds, so that a later run removes that and nothing else.
LIST = "written-by-mentormatch.txt"

# File managers leave these behind without being asked.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}

# Windows keeps these names for devices, whatever the ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)", re.ASCII)

# Latin letters that do not come apart into a plain letter and an accent.
_PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i"}
)


def safe_name(text: str, *, longest: int = 60) -> str:
    """Turn any text into a name that is safe for a file or a folder on every system.

    Lower-case letters and digits of any script joined by hyphens, without accents. It cannot
    leave its folder, is never empty and never the name of a device. Two texts may give the same
    name: number them where that matters.

    Parameters
    ----------
    text : str
        A department, a person's name, anything that was typed.
    longest : int
        Most characters of the name.

    Examples
    --------
    >>> safe_name("Åsa Öberg"), safe_name("../../etc/passwd"), safe_name("CON"), safe_name("?!")
    ('asa-oberg', 'etc-passwd', 'x-con', 'unnamed')
    """
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(c for c in letters if not unicodedata.combining(c)).translate(_PLAIN)
    words = "".join(c if c.isalnum() else " " for c in letters).split()
    name = unicodedata.normalize("NFC", "-".join(words))[:longest].strip("-")
    if _DEVICE.fullmatch(name):
        name = f"x-{name}"[:longest].strip("-")
    return name or "unnamed"


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a path aside to write to; when all went well it becomes `path`, in one step.

    The path aside has the same ending and lies in the same folder, which is made if need be. If
    the body raises, `path` is as it was before. Where `path` is a link, the link is replaced, and
    what it leads to stays as it is.

    Raises
    ------
    InputError
        The file is open in another program, so it cannot be replaced (Windows).

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> with whole_file(folder / "list.txt") as aside:
    ...     _ = aside.write_text("done", encoding="utf-8")
    >>> [file.name for file in folder.iterdir()]
    ['list.txt']
    """
    target = _place(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".aside-{secrets.token_hex(6)}{target.suffix}")
    try:
        yield aside
        # On the disk itself, before its name says that it is complete.
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        put_file(aside, target)
    except OSError as error:
        _name_target(error, aside, target)
        raise
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder aside to fill; when all went well it takes the place of `path`.

    Nothing of an earlier folder survives. So that no file of somebody else's is ever lost, an
    earlier folder is only replaced if it holds nothing but what this function put there: it keeps
    a list, `LIST`, in each folder. If the body raises, `path` is as it was before.

    Raises
    ------
    InputError
        `path` is a file or a link, holds files that mentormatch did not write, or one of its
        files is open in another program (Windows).
    """
    target = _place(path)
    check_folder(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".aside-{secrets.token_hex(6)}")
    aside.mkdir()
    try:
        yield aside
        written = _names(aside)
        listing = aside / LIST
        listing.write_text("\n".join([*written, LIST, ""]), encoding="utf-8", newline="\n")
        put_folder(aside, target)
    except OSError as error:
        _name_target(error, aside, target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check_folder(target: Path) -> None:
    """Raise InputError where `whole_folder` would not replace what stands at a path."""
    if target.is_symlink():
        raise InputError([Fault("files.is_link", file=target.name)])
    strangers = _strangers(target)
    if strangers:
        some = ", ".join(strangers[:3])
        raise InputError([Fault("files.not_ours", file=target.name, value=some)])


def check_file(target: Path) -> None:
    """Raise InputError where `whole_file` could not replace what stands at a path."""
    if target.is_dir() and not target.is_symlink():
        raise InputError([Fault("files.is_folder", file=target.name)])
    if target.exists():
        # Changes nothing, but fails on Windows where a program holds the file.
        put_file(target, target)


def check_inside(folder: Path) -> None:
    """Raise OSError where nothing can be written into a folder, which need not be there yet.

    Nothing is left behind.
    """
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        Path(tempfile.mkdtemp(prefix=".aside-", dir=there)).rmdir()
    except OSError as error:
        error.filename = str(folder)
        raise


def put_file(source: Path, target: Path) -> None:
    """Rename, and say it plainly where Windows will not because a program holds the file."""
    try:
        os.replace(source, target)
    except PermissionError as error:
        raise InputError([Fault("files.in_use", file=target.name)]) from error


def put_folder(source: Path, target: Path) -> None:
    """Rename a folder to one that may be there already; should that fail, the earlier one stays."""
    earlier = target.with_name(f".earlier-{secrets.token_hex(6)}")
    if target.exists():
        put_file(target, earlier)
    try:
        put_file(source, target)
    except BaseException:
        if earlier.exists():
            earlier.rename(target)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _place(path: str | Path) -> Path:
    """Return where a path is, without following it if it is a link itself."""
    path = Path(path)
    return path.parent.resolve() / path.name if path.is_symlink() else path.resolve()


def _names(folder: Path) -> list[str]:
    """List all files of a folder and its subfolders, links included, relative to it."""
    return sorted(
        (Path(place) / name).relative_to(folder).as_posix()
        for place, folders, names in os.walk(folder)
        for name in [*names, *(f for f in folders if (Path(place) / f).is_symlink())]
    )


def _strangers(folder: Path) -> list[str]:
    """List what a folder holds that `whole_folder` did not put there."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        return [folder.name]
    listing = folder / LIST
    ours = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    return [
        name
        for name in _names(folder)
        if name not in set(ours) and name.rpartition("/")[2] not in _LITTER
    ]


def _name_target(error: OSError, aside: Path, target: Path) -> None:
    """Let an error of the system name what was to be written, not the name used meanwhile."""
    name = str(error.filename) if error.filename else ""
    if not name or name.startswith(str(aside)):
        error.filename = str(target)
