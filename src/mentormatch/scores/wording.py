"""How texts become lists of whole numbers whose inner product says how much they share."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from mentormatch.scores.bridge import concepts
from mentormatch.scores.calibration import Counted, seen
from mentormatch.scores.curve import Floats
from mentormatch.scores.parts import Encoding
from mentormatch.scores.reading import Reading

#: Length of every encoded text.
UNIT = 2**15

#: What words, pieces of words and concepts count in the cosine of two texts; they add up to 1.
SHARES = {"words": 0.2, "pieces": 0.4, "concepts": 0.4}

#: Fineness of a term's weight before it is divided by the length of its text.
FINE = 2**12

#: Texts whose encodings are made at a time, so that memory stays small.
TOGETHER = 4096

_TO_PIECES = CountVectorizer(
    analyzer="char_wb", ngram_range=(3, 5), lowercase=False
).build_analyzer()


@dataclass(frozen=True, eq=False)
class Wording:
    """The encodings of two sides' texts, and which column stands for what.

    Parameters
    ----------
    tables : ((texts, terms) sparse array, (texts, terms) sparse array)
        Whole numbers; the inner product of two rows, over ``UNIT ** 2``, is their cosine. Terms
        that one side alone has are left out, since they add nothing to a product.
    columns : mapping of str to mapping
        For ``words``, ``pieces`` and ``concepts``: column of each term.
    counted : Counted
        By which each term was taken to be rare.
    """

    tables: tuple[Encoding, Encoding]
    columns: Mapping[str, Mapping[str, int]]
    counted: Counted


def worded(
    ours: Sequence[Reading], theirs: Sequence[Reading], counted: Counted | None = None
) -> Wording:
    """Encode the texts of two sides by their words, pieces of words and concepts.

    Words are stems, alone and in pairs of neighbours. Pieces are the 3 to 5 characters inside
    words that find compounds and cousins. Concepts are stems of English words: see
    `mentormatch.scores.bridge.concepts`; by them texts of two languages meet. A term weighs
    ``(1 + ln count) * (1 + ln((1 + texts) / (1 + texts with it))) ** 2``; each of the three lists
    is scaled to its share of `SHARES` in the cosine. The rarity is squared because in made-up
    cohorts with a planted truth that found more of it than the rarity itself did. With `counted`
    texts are as rare as they were when that was counted; a term that nobody had then is as rare as
    one that one had.
    """
    texts = (*ours, *theirs)
    sides = _chunks(0, len(ours)), _chunks(len(ours), len(texts))
    found = _terms_of(texts)
    used = {name: [terms.used(side) for side in sides] for name, terms in found.items()}
    if counted is None:
        said = sum(bool(text.keys) for text in texts)
        having = {name: a + b for name, (a, b) in used.items()}
        known = {name: seen(list(terms.place), having[name]) for name, terms in found.items()}
        counted = Counted(said, known)
    else:
        having = {name: counted.of(name, terms.place) for name, terms in found.items()}
    rarity = {
        name: (1 + np.log((1 + counted.people) / (1 + many))) ** 2 for name, many in having.items()
    }
    both = {name: np.flatnonzero((a > 0) & (b > 0)) for name, (a, b) in used.items()}
    columns: dict[str, Mapping[str, int]] = {}
    width = 0
    for name, terms in found.items():
        names = list(terms.place)
        columns[name] = {names[k]: width + new for new, k in enumerate(both[name].tolist())}
        width += len(both[name])

    def encoded(some: slice) -> Encoding:
        made = (
            _encoded(terms.counts(some), rarity[name], round(UNIT * SHARES[name] ** 0.5))
            for name, terms in found.items()
        )
        kept = [one[:, columns] for one, columns in zip(made, both.values(), strict=True)]
        return sparse.hstack(kept, format="csr")

    a, b = (
        sparse.csr_array(sparse.vstack([encoded(some) for some in side], format="csr"))
        for side in sides
    )
    return Wording((a, b), columns, counted)


@dataclass(frozen=True, eq=False)
class _Terms:
    """How often each text has each term: a table, or the product of two.

    Products are made of some texts at a time, because they are many times as large.
    """

    first: Encoding
    second: Encoding | None
    place: Mapping[str, int]

    def counts(self, some: slice) -> Encoding:
        """Return the counts of some texts."""
        return self.first[some] if self.second is None else self.first[some] @ self.second

    def used(self, texts: Iterable[slice]) -> NDArray[np.int64]:
        """Return in how many of some texts each term is."""
        many = np.zeros(len(self.place), dtype=np.int64)
        for some in texts:
            many += np.bincount(self.counts(some).indices, minlength=len(many))
        return many


def _terms_of(texts: Sequence[Reading]) -> dict[str, _Terms]:
    words, place = _counted(text.keys for text in texts)
    spoken, tongues = _counted([f"{text.language} {key}" for key in text.keys] for text in texts)
    inside, pieces = _made_of([dict.fromkeys(pieces_of(word), 1.0) for word in sorted(place)])
    about, meant = _made_of([dict(concepts(word[3:], word[:2])) for word in sorted(tongues)])
    terms, stems = _counted(_terms(text) for text in texts)
    return {
        "words": _Terms(terms, None, stems),
        "pieces": _Terms(words, inside, pieces),
        "concepts": _Terms(spoken, about, meant),
    }


def _chunks(start: int, end: int) -> list[slice]:
    """Return the rows from `start` up to `end`, `TOGETHER` at a time; one empty run at least."""
    return [slice(k, min(k + TOGETHER, end)) for k in range(start, max(end, start + 1), TOGETHER)]


def _terms(text: Reading) -> list[str]:
    pairs = (f"{a} {b}" for a, b in zip(text.stems, text.stems[1:], strict=False))
    return [*text.stems, *pairs]


def _counted(texts: Iterable[Sequence[str]]) -> tuple[Encoding, dict[str, int]]:
    """Return how often each text has each term, and the columns of the terms, in their order."""
    codes: dict[str, int] = {}
    flat = array("q")
    ends = array("q", [0])
    for text in texts:
        flat.extend([codes.setdefault(term, len(codes)) for term in text])
        ends.append(len(flat))
    place = {term: k for k, term in enumerate(sorted(codes))}
    order = np.empty(len(codes), dtype=np.int64)
    order[np.fromiter(codes.values(), np.int64, len(codes))] = [place[term] for term in codes]
    columns = order[np.frombuffer(flat, np.int64)] if flat else np.zeros(0, dtype=np.int64)
    shape = (len(ends) - 1, len(codes))
    table = sparse.csr_array((np.ones(len(columns)), columns, np.array(ends)), shape=shape)
    table.sum_duplicates()
    return table, place


def _made_of(things: Sequence[Mapping[str, float]]) -> tuple[Encoding, dict[str, int]]:
    """Return how much each thing has of each term, and the columns of the terms, in their order.

    A sum over columns is then made in the order of the terms' spelling, whoever else is there.
    """
    place = {term: k for k, term in enumerate(sorted({term for one in things for term in one}))}
    ends = np.cumsum([0, *map(len, things)])
    flat = np.fromiter((place[term] for one in things for term in one), np.int64, ends[-1])
    many = np.fromiter((x for one in things for x in one.values()), np.float64, ends[-1])
    table = sparse.csr_array((many, flat, ends), shape=(len(things), len(place)))
    table.sort_indices()
    return table, place


@lru_cache(maxsize=1 << 16)
def pieces_of(word: str) -> frozenset[str]:
    """Return the pieces of a case-folded word."""
    return frozenset(_TO_PIECES(word))


def _encoded(counts: Encoding, rarity: Floats, length: int) -> Encoding:
    """Weigh and scale counts: whole numbers, each row of about the same length.

    The weights are made whole before the lengths are taken, so that no sum depends on its order.
    """
    table = sparse.csr_array(counts)
    table.sort_indices()
    many: Floats = table.data
    often = np.where(many > 1, 1 + np.log(np.maximum(many, 1)), many)
    weight = np.rint(often * rarity[table.indices] * FINE)
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    whole = np.zeros(table.shape[0], dtype=np.int64)
    np.add.at(whole, rows, weight.astype(np.int64) ** 2)
    table.data = np.rint(weight * length / np.sqrt(np.maximum(whole, 1))[rows])
    return table
