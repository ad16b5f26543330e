"""Which words are Swedish and which are English, by what the dictionary has on either side."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "bridge"

#: Endings that a word may lose or gain before it is looked up.
_ENDINGS = {
    "sv": ("", "n", "en", "et", "t", "r", "ar", "er", "or", "na", "s"),
    "en": ("", "s", "es", "ing", "ed"),
}


def words_of(words: Iterable[str]) -> tuple[int, int]:
    """Return how many of some case-folded words are Swedish alone, and how many English alone.

    A word of both languages, or of neither, tells nothing. Of a compound that the dictionary has
    not, the last piece of at least five letters is looked up.

    Examples
    --------
    >>> words_of(["handledning"]), words_of(["leadership"]), words_of(["radio", "xyzzy"])
    ((1, 0), (0, 1), (0, 0))
    """
    found = [_of(word) for word in words]
    return found.count("sv"), found.count("en")


@lru_cache(maxsize=1 << 18)
def _of(word: str) -> str:
    """Return the language that alone has a word; empty where both or neither have."""
    swedish, english = _vocabulary()
    one, other = _has(swedish, word, "sv"), _has(english, word, "en")
    if not one and not other:
        one = any(word[k:] in swedish for k in range(3, len(word) - 4))
    return "" if one == other else "sv" if one else "en"


def _has(words: frozenset[str], word: str, language: str) -> bool:
    if len(word) < 3:
        return False
    return any(
        word.endswith(ending) and word[: len(word) - len(ending)] in words
        for ending in _ENDINGS[language]
    )


@lru_cache(maxsize=1)
def dictionary() -> tuple[tuple[str, str, str], ...]:
    """Return the dictionary: a Swedish word, its stem, and translations with commas between."""
    packed = (_FOLDER / "folkets.tsv.gz").read_bytes()
    rows = (line.split("\t") for line in gzip.decompress(packed).decode().splitlines())
    return tuple((word, same, english) for word, same, english in rows)


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[frozenset[str], frozenset[str]]:
    """Return the Swedish and the English words of the dictionary."""
    lines = dictionary()
    own = (_FOLDER / "own.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in own if line and not line.startswith("#")]
    swedish = frozenset([line[0] for line in lines] + [row[0] for row in rows])
    translations = [line[2] for line in lines] + [row[1] for row in rows]
    english = frozenset(
        word.casefold() for some in translations for one in some.split(",") for word in one.split()
    )
    return swedish, english
