"""Which words of two people's texts made their value, and which sentences are nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mentormatch.scores.bridge import concepts
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.parts import Part
from mentormatch.scores.reading import Reading, sentences
from mentormatch.scores.vectors import centred
from mentormatch.scores.wording import pieces_of

#: Letters of a sentence that are shown.
SHOWN = 120

#: Weight of the nearest sentences among common words, in products of texts.
FIRST = float(2**31)

People = tuple[tuple[Reading, ...], ...]


@dataclass(frozen=True, eq=False)
class CommonWords:
    """Which words of two texts made their value.

    Parameters
    ----------
    mentees, mentors : tuple of tuple of Reading
        What they wrote.
    columns : mapping of str to mapping
        Columns of ``words``, ``pieces`` and ``concepts`` in the part's encodings.
    """

    mentees: People
    mentors: People
    columns: Mapping[str, Mapping[str, int]]

    def __call__(self, part: Part, i: int, j: int, language: str) -> list[tuple[float, str]]:
        """Return each word of the mentee that the mentor's text has too, and its weight.

        Two words are the same if their stems are. Two others are shown side by side, as
        "forskning – klimatforskning", if they are cousins (see `_cousins`) or of one meaning.
        """
        weight = self._weights(part, i, j)
        theirs = _words(self.mentors[j])
        having: dict[str, list[str]] = {}
        for key, word in theirs.items():
            for sign in word.signs:
                having.setdefault(sign, []).append(key)
        found: list[tuple[float, str]] = []
        for word in _words(self.mentees[i]).values():
            near = {other for sign in word.signs for other in having.get(sign, ())}
            best = max(
                (self._much(word, theirs[other], weight) for other in near), default=(0.0, "")
            )
            if best[1]:
                found.append(best)
        return found

    def _weights(self, part: Part, i: int, j: int) -> dict[int, float]:
        """Return what each column adds to the product of the two people's texts together."""
        join = part.join
        if join is None:
            raise ValueError("texts are joined person by person")
        a = part.mentees[join.mentees[i] : join.mentees[i + 1]].sum(axis=0)
        b = part.mentors[join.mentors[j] : join.mentors[j + 1]].sum(axis=0)
        product = np.asarray(a).reshape(-1) * np.asarray(b).reshape(-1)
        some = np.flatnonzero(product)
        return dict(zip(some.tolist(), product[some].tolist(), strict=True))

    def _much(self, word: _Word, other: _Word, weight: Mapping[int, float]) -> tuple[float, str]:
        """Return what two words add to the product and how they are shown, or nothing."""
        pieces = word.pieces & other.pieces
        meant = word.concepts & other.concepts
        same = word.stem == other.stem
        alike = 3 * len(pieces) >= len(word.pieces | other.pieces) and _cousins(word, other)
        if not (same or alike or meant):
            return 0.0, ""
        terms = [("pieces", one) for one in pieces] if same or alike else []
        terms += [("words", word.stem)] if same else []
        terms += [("concepts", one) for one in meant]
        much = sum(weight.get(self.columns[kind].get(one, -1), 0.0) for kind, one in sorted(terms))
        if not much:
            return 0.0, ""
        one_form = same or (alike and _forms(word.key, other.key))
        return much, word.word if one_form else f"{word.word} – {other.word}"


@dataclass(frozen=True, eq=False)
class CommonMeaning:
    """The words in common, and before them the two sentences that are nearest in meaning."""

    words: CommonWords
    encoder: Encoder
    backwards: bool

    def __call__(self, part: Part, i: int, j: int, language: str) -> list[tuple[float, str]]:
        """Return the nearest sentences, in quotation marks, and the words in common."""
        sides = [_sentences(self.words.mentees[i]), _sentences(self.words.mentors[j])]
        vectors = [
            centred(
                [text for text, _ in side],
                [tongue for _, tongue in side],
                self.encoder,
                seeking == self.backwards,
            )
            for seeking, side in zip((True, False), sides, strict=True)
        ]
        near = vectors[0] @ vectors[1].T
        one, other = np.unravel_index(int(near.argmax()), near.shape)
        said = f"“{_short(sides[0][one][0])}” – “{_short(sides[1][other][0])}”"
        return [(FIRST, said), *self.words(part, i, j, language)]


@dataclass(frozen=True)
class _Word:
    word: str
    key: str
    stem: str
    pieces: frozenset[str]
    concepts: frozenset[str]

    @property
    def signs(self) -> frozenset[str]:
        return self.pieces | self.concepts | {self.stem}


def _words(texts: tuple[Reading, ...]) -> dict[str, _Word]:
    """Return each different word without case -> the word as first written."""
    found: dict[str, _Word] = {}
    for text in texts:
        for word, key, stem in zip(text.words, text.keys, text.stems, strict=True):
            if key not in found:
                meant = frozenset(one for one, _ in concepts(key, text.language))
                found[key] = _Word(word, key, stem, pieces_of(key), meant)
    return found


def _sentences(texts: tuple[Reading, ...]) -> list[tuple[str, str]]:
    return [(one, text.language) for text in texts for one in sentences(text.plain) or [text.plain]]


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= SHOWN else sentence[: SHOWN - 1].rstrip() + "…"


def _cousins(one: _Word, other: _Word) -> bool:
    """Say whether one word holds the other, or both begin with the same six letters."""
    held = one.stem in other.key or other.stem in one.key
    return (held and min(len(one.stem), len(other.stem)) > 4) or one.key[:6] == other.key[:6]


def _forms(one: str, other: str) -> bool:
    """Say whether two cousins are so alike that showing one of them says it: "radio", "radion"."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and len(long) - len(short) <= 3
