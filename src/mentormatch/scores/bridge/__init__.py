"""What Swedish words are in English: a dictionary, and how compounds are taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from mentormatch.scores.language import STOP_WORDS
from mentormatch.scores.reading import stem
from mentormatch.scores.vocabulary import dictionary

#: Translations of a word that are used; further ones are seldom what is meant.
MOST = 4

#: What stands between the pieces of a compound, and what its first piece loses there.
JOINTS = (("", ""), ("s", ""), ("", "a"), ("", "e"), ("o", "a"), ("u", "a"), ("e", "a"))

#: Shortest pieces of a compound.
SHORTEST = 3

Concepts = tuple[tuple[str, float], ...]


@lru_cache(maxsize=1 << 18)
def concepts(word: str, language: str) -> Concepts:
    """Return what a case-folded word is about: stems of English words, and their weights.

    An English word is about itself. A Swedish one is about its translations: all of the first four
    together weigh as much as one word, each ``1 / sqrt(number)``. A compound that no dictionary has
    is taken apart, into two words or else into three, and is about what its pieces are about. What
    cannot be translated is about itself: names and loan words are the same in both languages.

    Examples
    --------
    >>> concepts("forskning", "sv"), concepts("research", "en")
    ((('research', 1.0),), (('research', 1.0),))
    >>> [one for one, _ in concepts("klimatforskaren", "sv")]
    ['climat', 'research']
    """
    if language != "sv":
        return ((stem(word, language), 1.0),)
    found: dict[str, float] = {}
    for translations in meanings(word):
        share = len(translations) ** -0.5
        for one in translations:
            words = one.split()
            for english in words:
                key = stem(english, "en")
                found[key] = found.get(key, 0.0) + share * len(words) ** -0.5
    return tuple(found.items()) or ((stem(word, "sv"), 1.0),)


def meanings(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the translations of a Swedish word, or of each piece of it if it is a compound."""
    whole = _translations(word) or _translations(word.removesuffix("s"))
    if whole:
        return (whole,)
    for first_of in (_first_piece, _two_pieces):
        for end in range(len(word) - SHORTEST, SHORTEST - 1, -1):
            last = _translations(word[end:])
            if last and (len(word) - end > SHORTEST or word[end:] in _ours()):
                first = first_of(word[:end])
                if first:
                    return (*first, last)
    return ()


def _first_piece(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the translations of the word that a compound begins with."""
    for joint, instead in JOINTS:
        bare = word.removesuffix(joint) + instead if word.endswith(joint) else ""
        if len(bare) >= SHORTEST and bare in _dictionary():
            return (_translations(bare),)
    return ()


def _two_pieces(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the translations of the two words that a compound of three begins with."""
    for end in range(len(word) - SHORTEST - 1, SHORTEST, -1):
        first, second = _first_piece(word[:end]), _first_piece(word[end:])
        if first and second:
            return (*first, *second)
    return ()


def _translations(word: str) -> tuple[str, ...]:
    """Return the translations of a word in any of its forms; none if no dictionary has it."""
    book = _dictionary()
    return book.get(word) or book.get(_headwords().get(stem(word, "sv"), ""), ())


@lru_cache(maxsize=1)
def _ours() -> Mapping[str, tuple[str, ...]]:
    """Return our own words, which win over the dictionary's."""
    text = (files(__package__) / "own.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {word: tuple(english.split(",")) for word, english in rows}


@lru_cache(maxsize=1)
def _dictionary() -> Mapping[str, tuple[str, ...]]:
    return {word: english for word, (_, english) in _read().items()}


@lru_cache(maxsize=1)
def _headwords() -> Mapping[str, str]:
    """Return the headword of each stem: of several the shortest, our own before others."""
    found: dict[str, str] = {}
    for word, (same, _) in sorted(_read().items(), key=lambda one: (len(one[0]), one[0])):
        found.setdefault(same, word)
    return found | {stem(word, "sv"): word for word in _ours()}


@lru_cache(maxsize=1)
def _read() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return headword -> its stem and its translations."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for word, same, english in dictionary():
        found[word] = (same, tuple(english.split(","))[:MOST])
    for word, translations in _ours().items():
        found[word] = (stem(word, "sv"), translations[:MOST])
    return {word: entry for word, entry in found.items() if word not in STOP_WORDS}
