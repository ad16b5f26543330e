"""Which words of two people's texts made their value, and which sentences are nearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mentormatch.people.programme import Words
from mentormatch.scores.bridge import concepts
from mentormatch.scores.in_common import InCommon
from mentormatch.scores.parts import Encoding, Part
from mentormatch.scores.reading import Reading, keys_of, sentences
from mentormatch.scores.sentences import Sentence, SentenceVectors
from mentormatch.scores.wording import pieces_of

#: Letters of a sentence that are shown.
SHOWN = 160

Texts = tuple[Reading, ...]
People = tuple[Texts, ...]


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

    def __call__(self, part: Part, i: int, j: int) -> list[InCommon]:
        """Return each word of the mentee that the mentor's text has too, and the nearest sentences.

        Two words are the same if their stems are. Two others belong together, as "forskning" and
        "klimatforskning", if they are cousins (see `_cousins`) or of one meaning. Nearest are the
        two sentences whose common words weigh most. Each two answers are looked at apart, so that
        what stands in an answer that is kept private can be left out.
        """
        weight = self._weights(part, i, j)
        found: list[InCommon] = []
        for answers, mine, theirs in _by_answer(self.mentees[i], self.mentors[j]):
            met = self._met(mine, theirs, weight)
            found += _told(part.name, met, answers)
            near = _nearest(mine, theirs, met)
            if near is not None:
                said = Words(near[1]), Words(near[2])
                found.append(InCommon(part.name, "sentence", near[0], *said, answers))
        return found

    def alone(self, part: Part, i: int, j: int) -> list[InCommon]:
        """Return the words without the nearest sentences."""
        weight = self._weights(part, i, j)
        return [
            one
            for answers, mine, theirs in _by_answer(self.mentees[i], self.mentors[j])
            for one in _told(part.name, self._met(mine, theirs, weight), answers)
        ]

    def _met(
        self, mine: Texts, theirs: Texts, weight: Mapping[int, float]
    ) -> list[tuple[float, _Word, _Word]]:
        """Return each word of one that another's word belongs to: the weight and both."""
        words = _words(theirs)
        having: dict[str, list[str]] = {}
        for key, word in words.items():
            for sign in word.signs:
                having.setdefault(sign, []).append(key)
        found = []
        for word in _words(mine).values():
            near = sorted({other for sign in word.signs for other in having.get(sign, ())})
            much, other = max(
                ((self._much(word, words[one], weight), one) for one in near), default=(0.0, "")
            )
            if much:
                found.append((much, word, words[other]))
        return found

    def _weights(self, part: Part, i: int, j: int) -> dict[int, float]:
        """Return what each column adds to the product of the two people's texts together."""
        join = part.join
        if join is None:
            raise ValueError("texts are joined person by person")
        a = _summed(part.mentees, join.mentees[i], join.mentees[i + 1])
        b = _summed(part.mentors, join.mentors[j], join.mentors[j + 1])
        return {column: value * b[column] for column, value in a.items() if column in b}

    def _much(self, word: _Word, other: _Word, weight: Mapping[int, float]) -> float:
        """Return what two words add to the product; 0 if they do not belong together."""
        pieces = word.pieces & other.pieces
        meant = word.concepts & other.concepts
        same = word.stem == other.stem
        alike = _alike(word, other)
        if not (same or alike or meant):
            return 0.0
        terms = [("pieces", one) for one in pieces] if same or alike else []
        terms += [("words", word.stem)] if same else []
        terms += [("concepts", one) for one in meant]
        return sum(weight.get(self.columns[kind].get(one, -1), 0.0) for kind, one in sorted(terms))


@dataclass(frozen=True, eq=False)
class CommonMeaning:
    """The words in common, and the two sentences that are nearest in meaning.

    Parameters
    ----------
    words : CommonWords
        The words, and what everybody wrote.
    mentees, mentors : SentenceVectors
        The vectors of their sentences.
    """

    words: CommonWords
    mentees: SentenceVectors
    mentors: SentenceVectors

    def prepare(self, i: Iterable[int], j: Iterable[int]) -> None:
        """Make the vectors of all that mentees `i` and mentors `j` wrote, a call for each side."""
        for made, people, some in (
            (self.mentees, self.words.mentees, i),
            (self.mentors, self.words.mentors, j),
        ):
            made.prepare(one for k in dict.fromkeys(some) for one in _sentences(people[k]))

    def __call__(self, part: Part, i: int, j: int) -> list[InCommon]:
        """Return the words in common, and for each two answers the nearest sentences."""
        self.prepare([i], [j])
        found = self.words.alone(part, i, j)
        for answers, mine, theirs in _by_answer(self.words.mentees[i], self.words.mentors[j]):
            sides = _sentences(mine), _sentences(theirs)
            near = self.mentees.of(sides[0]) @ self.mentors.of(sides[1]).T
            k, m = np.unravel_index(int(near.argmax()), near.shape)
            said = Words(_short(sides[0][k][0])), Words(_short(sides[1][m][0]))
            found.append(InCommon(part.name, "sentence", float(near[k, m]), *said, answers))
        return found


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


def _summed(encoding: Encoding, start: int, stop: int) -> dict[int, float]:
    """Return the sum of some rows of an encoding, column by column, where it is not 0."""
    if not sparse.issparse(encoding):
        total = np.asarray(encoding[start:stop]).sum(axis=0)
        some = np.flatnonzero(total)
        return dict(zip(some.tolist(), total[some].tolist(), strict=True))
    here = slice(*encoding.indptr[[start, stop]].tolist())
    summed: dict[int, float] = {}
    columns, values = encoding.indices[here].tolist(), encoding.data[here].tolist()
    for column, value in zip(columns, values, strict=True):
        summed[column] = summed.get(column, 0.0) + value
    return summed


def _told(
    name: str, met: list[tuple[float, _Word, _Word]], answers: tuple[str, str]
) -> Iterator[InCommon]:
    for much, word, other in met:
        shown = word if _as_one(word, other) else other
        yield InCommon(name, "word", much, Words(word.word), Words(shown.word), answers)


def _words(texts: tuple[Reading, ...]) -> dict[str, _Word]:
    """Return each different word without case -> the word as first written."""
    found: dict[str, _Word] = {}
    for text in texts:
        for word, key, stem in zip(text.words, text.keys, text.stems, strict=True):
            if key not in found:
                meant = frozenset(one for one, _ in concepts(key, text.language))
                found[key] = _Word(word, key, stem, pieces_of(key), meant)
    return found


def _by_answer(mine: Texts, theirs: Texts) -> Iterator[tuple[tuple[str, str], Texts, Texts]]:
    """Yield the texts of each two answers of two people, with the names of the answers."""
    sides: list[dict[str, list[Reading]]] = [{}, {}]
    for side, texts in zip(sides, (mine, theirs), strict=True):
        for text in texts:
            side.setdefault(text.answer, []).append(text)
    for one, ours in sides[0].items():
        for other, others in sides[1].items():
            yield (one, other), tuple(ours), tuple(others)


def _sentences(texts: Texts) -> list[Sentence]:
    return [(one, text.language) for text in texts for one in sentences(text.plain) or [text.plain]]


def _nearest(
    mine: Texts, theirs: Texts, met: list[tuple[float, _Word, _Word]]
) -> tuple[float, str, str] | None:
    """Return the two sentences whose common words weigh most, cut to the words that do."""
    sides = [[(one, keys_of(one)) for one, _ in _sentences(texts)] for texts in (mine, theirs)]
    best: tuple[float, str, str] | None = None
    for one, keys in sides[0]:
        for other, having in sides[1]:
            both = [
                (much, word, end)
                for much, word, end in met
                if word.key in keys and end.key in having
            ]
            much = sum(weight for weight, _, _ in both)
            if both and (best is None or much > best[0]):
                _, word, end = max(both, key=lambda found: found[0])
                best = (much, _short(one, word.word), _short(other, end.word))
    return best


def _short(sentence: str, word: str = "") -> str:
    """Cut a long sentence, so that a word stays in it."""
    if len(sentence) <= SHOWN:
        return sentence
    at = max(0, sentence.find(word))
    start = 0 if at + len(word) < SHOWN else sentence.find(" ", at - SHOWN // 3) + 1
    kept = sentence[start : start + SHOWN - 2].strip()
    return "…" * (start > 0) + kept + "…" * (start + SHOWN - 2 < len(sentence))


def _alike(one: _Word, other: _Word) -> bool:
    """Say whether two words are cousins that have much of their spelling in common."""
    pieces = one.pieces & other.pieces
    return 3 * len(pieces) >= len(one.pieces | other.pieces) and _cousins(one, other)


def _cousins(one: _Word, other: _Word) -> bool:
    """Say whether one word holds the other, or both begin with the same six letters."""
    held = one.stem in other.key or other.stem in one.key
    return (held and min(len(one.stem), len(other.stem)) > 4) or one.key[:6] == other.key[:6]


def _as_one(one: _Word, other: _Word) -> bool:
    """Say whether showing one of two words says it: they are the same, or as "radio", "radion"."""
    short, long = sorted((one.key, other.key), key=len)
    forms = long.startswith(short) and len(long) - len(short) <= 3
    return one.stem == other.stem or (forms and _alike(one, other))
