"""How spellings that people type are tidied and compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: Soft hyphens, zero-width spaces and joiners, marks of writing direction, byte order marks.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_BREAKS = re.compile(r" ?\n ?")
_MANY_BREAKS = re.compile(r"\n{3,}")

_LOOKALIKES = str.maketrans("‘’‛´`“”„«»‐‑‒–—−", "'''''\"\"\"\"\"------")
_NUMBERING = re.compile(r"^(?:[0-9]{1,3}[.)])+ ")
_HEADING_ENDS = " :*?"


def tidy(text: str) -> str:
    r"""Return a cell's text composed (NFC), without invisible characters and superfluous spaces.

    Line breaks inside it stay, as ``"\n"``.

    Examples
    --------
    >>> tidy("  A\u030asa\u00a0 Berg\u200b ")
    'Åsa Berg'
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = _LINE_BREAKS.sub("\n", text)
    text = _CONTROLS.sub("", _INVISIBLE.sub("", text))
    text = _LONE_SURROGATES.sub("\ufffd", text)
    text = _AROUND_BREAKS.sub("\n", _SPACES.sub(" ", text))
    return unicodedata.normalize("NFC", _MANY_BREAKS.sub("\n\n", text).strip())


def fold(text: str) -> str:
    """Return what two spellings of the same have in common: case, spaces, dashes do not count.

    Examples
    --------
    >>> fold("Public  HEALTH – Sciences") == fold("public health - sciences")
    True
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", text).translate(_LOOKALIKES)
    return " ".join(text.lower().split())


def bare_heading(text: str) -> str:
    """Return a heading folded, without its number and the signs that forms add at its end.

    Examples
    --------
    >>> bare_heading("3. Which department? *")
    'which department'
    """
    return _NUMBERING.sub("", fold(text)).rstrip(_HEADING_ENDS)


def nearest(text: str, accepted: Iterable[str], *, at_least: float = 0.6) -> str | None:
    """Return the accepted spelling that is most like a text, to suggest it; None if none is near.

    Parameters
    ----------
    text : str
        What somebody wrote.
    accepted : iterable of str
        Spellings to choose from.
    at_least : float
        Likeness asked for, in [0, 1], as `difflib` measures it.
    """
    spellings: dict[str, str] = {}
    for spelling in accepted:
        spellings.setdefault(fold(spelling), spelling)
    found = get_close_matches(fold(text[:200]), list(spellings), n=1, cutoff=at_least)
    return spellings[found[0]] if found else None


def likeness(one: str, other: str) -> float:
    """Return how alike two headings are, in [0, 1]."""
    return SequenceMatcher(None, bare_heading(one), bare_heading(other)).ratio()


def clip(text: str, length: int = 80) -> str:
    """Return the beginning of a text on one line, for use in a message."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
