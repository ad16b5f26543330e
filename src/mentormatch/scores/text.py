"""The part of the score from free text: what a mentee seeks against what a mentor offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from mentormatch.errors import Fault
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.scores.answers import TEXTS, column, is_missing
from mentormatch.scores.curve import ONE, Curve
from mentormatch.scores.parts import Encoding, Part
from mentormatch.scores.reading import CHARACTERS, Reading, read
from mentormatch.words import LANGUAGES

#: Length of every encoded text: words and characters have half of its square each.
UNIT = 2**15
HALF = round(UNIT / 2**0.5)

#: Fineness of a term's weight before it is divided by the length of its text.
FINE = 2**12

#: From cosine to value, both in hundredths; `goals_part` says how it was chosen.
KNOTS = ((0, 0), (4, 4), (10, 30), (25, 65), (50, 90), (99.9, 100))

CURVE = Curve(tuple((round(x / 100 * UNIT**2), round(y / 100 * ONE)) for x, y in KNOTS))


def goals_part(cohort: Cohort) -> Part:
    """Return the part that compares a mentee's goals and wishes with what a mentor offers.

    Answers in ``goals`` and ``seeks`` of mentees are compared with ``offers`` and ``goals`` of
    mentors. Each text becomes two lists of terms: words without endings, alone and in pairs of
    neighbours; and pieces of 3 to 5 characters inside words, which find compounds and cousins
    ("klimatforskning", "klimatforskare"). Terms weigh
    ``(1 + ln count) * (1 + ln((1 + texts) / (1 + texts with it)))``, each list is scaled to the
    same length, and the cosine of the two texts (half words, half pieces) is bent by `CURVE`.

    The curve was drawn by hand on made-up sign-up answers. There, texts of one language about
    different things had cosines below .013 (three in four) and .05 (19 in 20): values up to .08.
    Mentors who offer what is sought had .11 to .45, with a median of .25: values .33 to .85, and
    .65. The same text is 1. Texts of two languages meet in names and loan words only.

    Nothing is known of a person whose text has no word in it that says something: no answer, one
    emoji, only stop words. Of an answer's characters the first 5 000 are read; a note tells whose
    were more.
    """
    faults: list[Fault] = []
    texts = {side: _texts(cohort, side, faults) for side in SIDES}
    everyone = texts["mentees"] + texts["mentors"]
    words, stems = _counted([text.terms for text in everyone])
    pieces, inside = _pieces(everyone)
    table = sparse.hstack([_encoded(words), _encoded(pieces)], format="csr")
    split = len(texts["mentees"])
    both = np.flatnonzero(_used(table[:split]) & _used(table[split:]))
    place = {int(old): new for new, old in enumerate(both)}
    known = np.array([bool(text.stems) for text in everyone], dtype=bool)
    return Part(
        "goals",
        table[:split][:, both],
        table[split:][:, both],
        CURVE,
        known[:split],
        known[split:],
        common=CommonWords(
            tuple(texts["mentees"]),
            tuple(texts["mentors"]),
            {stem: place[k] for stem, k in stems.items() if k in place},
            {
                piece: place[k + len(stems)]
                for piece, k in inside.items()
                if k + len(stems) in place
            },
        ),
        notes=tuple(faults),
    )


@dataclass(frozen=True)
class Text:
    """All that one person wrote, answer by answer, as read."""

    answers: tuple[Reading, ...]

    @property
    def words(self) -> dict[str, tuple[str, str]]:
        """Each different word without case -> as first written, and its stem."""
        found: dict[str, tuple[str, str]] = {}
        for one in self.answers:
            for word, key, stem in zip(one.words, one.keys, one.stems, strict=True):
                found.setdefault(key, (word, stem))
        return found

    @property
    def keys(self) -> list[str]:
        """All words without case."""
        return [key for one in self.answers for key in one.keys]

    @property
    def stems(self) -> list[str]:
        """All words without endings."""
        return [stem for one in self.answers for stem in one.stems]

    @property
    def terms(self) -> list[str]:
        """All stems, and all neighbours in one answer."""
        pairs = [
            f"{first} {second}"
            for one in self.answers
            for first, second in zip(one.stems, one.stems[1:], strict=False)
        ]
        return self.stems + pairs


@dataclass(frozen=True, eq=False)
class CommonWords:
    """Which words of two texts made their value.

    Parameters
    ----------
    mentees, mentors : tuple of Text
        What they wrote.
    stems, pieces : mapping of str to int
        Column of each stem and of each piece of a word in the part's encodings.
    """

    mentees: tuple[Text, ...]
    mentors: tuple[Text, ...]
    stems: Mapping[str, int]
    pieces: Mapping[str, int]

    def __call__(self, part: Part, i: int, j: int, language: str) -> list[tuple[float, str]]:
        """Return each word of the mentee that the mentor's text has too, and its weight.

        Two words are the same if their stems are. Two others are shown side by side, as
        "forskning – klimatforskning", if they are cousins: see `_cousins`.
        """
        product = part.mentees[[i]].multiply(part.mentors[[j]]).tocoo()
        weight = dict(zip(product.coords[1].tolist(), product.data.tolist(), strict=True))
        theirs = {
            key: (word, stem, _pieces_of(key))
            for key, (word, stem) in self.mentors[j].words.items()
        }
        having: dict[str, list[str]] = {}
        for key, (_, stem, pieces) in theirs.items():
            for piece in {stem, *pieces}:
                having.setdefault(piece, []).append(key)
        found: list[tuple[float, str]] = []
        for key, (word, stem) in self.mentees[i].words.items():
            pieces = _pieces_of(key)
            near = {other for piece in {stem, *pieces} for other in having.get(piece, ())}
            best = (0.0, "")
            for other in near:
                their_word, their_stem, their_pieces = theirs[other]
                common = pieces & their_pieces
                if stem != their_stem and not (
                    3 * len(common) >= len(pieces | their_pieces)
                    and _cousins(key, stem, other, their_stem)
                ):
                    continue
                much = sum(weight.get(self.pieces.get(piece, -1), 0.0) for piece in common)
                much += weight.get(self.stems[stem], 0.0) if stem == their_stem else 0.0
                form = stem == their_stem or _forms(key, other)
                said = word if form else f"{word} – {their_word}"
                best = max(best, (much, said))
            if best[1]:
                found.append(best)
        return found


def _cousins(one: str, one_stem: str, other: str, other_stem: str) -> bool:
    """Say whether one word holds the other, or both begin with the same six letters."""
    held = one_stem in other or other_stem in one
    return (held and min(len(one_stem), len(other_stem)) > 4) or one[:6] == other[:6]


def _forms(one: str, other: str) -> bool:
    """Say whether two cousins are so alike that showing one of them says it: "radio", "radion"."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and len(long) - len(short) <= 3


def _texts(cohort: Cohort, side: str, faults: list[Fault]) -> list[Text]:
    """Read the texts of a side; answers that are read in part only are noted in `faults`."""
    told = column(cohort, side, "language")
    languages = [one if one in LANGUAGES else cohort.programme.language for one in told]
    answers: list[list[Reading]] = [[] for _ in languages]
    for name in TEXTS[side]:
        for k, answer in enumerate(column(cohort, side, name)):
            if is_missing(answer):
                continue
            reading = read(str(answer), languages[k])
            answers[k].append(reading)
            if reading.cut:
                person = str(cohort.table(side).index[k])
                details = {"most": str(CHARACTERS)}
                faults.append(
                    Fault("scores.long_answer", side, None, name, person, details=details)
                )
    return [Text(tuple(one)) for one in answers]


def _same(terms: list[str]) -> list[str]:
    return terms


def _counted(texts: list[list[str]]) -> tuple[Encoding, dict[str, int]]:
    """Return how often each text has each term, and the columns of the terms."""
    if not any(texts):
        return sparse.csr_array((len(texts), 0)), {}
    counter = CountVectorizer(analyzer=_same, dtype=np.float64)
    return sparse.csr_array(counter.fit_transform(texts)), counter.vocabulary_


def _pieces(texts: list[Text]) -> tuple[Encoding, dict[str, int]]:
    """Return how often each text has each piece of a word, and the columns of the pieces.

    Every different word is taken to pieces once.
    """
    words, place = _counted([text.keys for text in texts])
    inside, columns = _counted([sorted(_pieces_of(word)) for word in sorted(place)])
    return words @ inside, columns


@lru_cache(maxsize=1 << 16)
def _pieces_of(word: str) -> frozenset[str]:
    return frozenset(_TO_PIECES(word))


_TO_PIECES = CountVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), lowercase=False
).build_analyzer()


def _encoded(counts: Encoding) -> Encoding:
    """Weigh and scale counts: whole numbers, each row of the length ``HALF``.

    The weights are made whole before the lengths are taken, so that no sum depends on its order.
    """
    if not counts.nnz:
        return counts
    weighed = TfidfTransformer(norm=None, sublinear_tf=True).fit_transform(counts)
    weighed = sparse.csr_array(weighed)
    weighed.data = np.rint(weighed.data * FINE)
    lengths = np.sqrt(weighed.multiply(weighed).sum(axis=1))
    weighed.data = np.rint(weighed.data * HALF / np.repeat(lengths, np.diff(weighed.indptr)))
    return weighed


def _used(table: Encoding) -> NDArray[np.bool_]:
    return np.bincount(table.indices, minlength=table.shape[1]) > 0
