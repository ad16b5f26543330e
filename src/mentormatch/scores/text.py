"""The part of the score from free text: what one seeks against what the other offers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mentormatch.errors import Fault, InputError, ProblemError
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.scores.answers import OFFERS, SEEKS, column, is_missing
from mentormatch.scores.calibration import Measures
from mentormatch.scores.common import CommonMeaning, CommonWords
from mentormatch.scores.curve import ONE, Curve
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.join import Join, Levels, starts_of, texts_of
from mentormatch.scores.parts import TRUST, Common, Encoding, Part, by_lot
from mentormatch.scores.reading import CHARACTERS, Reading, passages, read
from mentormatch.scores.sentences import SentenceVectors
from mentormatch.scores.vectors import LENGTH, centred
from mentormatch.scores.wording import UNIT, worded
from mentormatch.words import LANGUAGES

#: Name and version of the comparison by words alone.
METHOD = "words 3"

#: Name and version of the way in which vectors are put beside words; the encoder's comes behind it.
MEANING = "meaning 2"

#: From levelled cosine to value, both in hundredths; `goals_part` says how it was chosen.
KNOTS = ((0, 0), (2, 8), (5, 20), (10, 40), (25, 75), (50, 92), (99.9, 100))

CURVE = Curve(tuple((round(x / 100 * UNIT**2), round(y / 100 * ONE)) for x, y in KNOTS))

#: To this the pairs of languages are evened out: the mean of the cosines of texts, and their
#: spread, how far above it one in `ONE_IN` is.
USUAL = (round(0.02 * UNIT**2), round(0.06 * UNIT**2))

#: What is usual between texts of two languages in made-up cohorts.
ACROSS = (round(0.01 * UNIT**2), round(0.03 * UNIT**2))

#: Place of texts whose language is not sure, behind the languages in tables of levels.
UNSURE = len(LANGUAGES)

#: Texts of a language that count as much as what is known without them.
DOUBT = 10

#: Texts of each language and side whose products tell what is usual.
LEVEL_OVER = 512

#: One product in so many lies above the spread. With 20, the own language had 45 % of the top of
#: unrelated texts in made-up cohorts with a planted truth, compared by meaning too; now 46 to 50.
ONE_IN = 15

#: The same where vectors take part. With 15 the own language had 45 % of the top of unrelated texts
#: in made-up cohorts, now 46; see benchmarks/README.md.
ONE_IN_BY_MEANING = 10

#: A spread below this part of the usual one is taken for it.
LEAST = 8

#: What vectors count in the cosine beside words.
BY_MEANING = 0.3

#: How much answers of no word that says something, of one, and of two or more tell.
TRUSTS = (0, 3 * TRUST // 4, TRUST)


def goals_part(
    cohort: Cohort, encoder: Encoder | None = None, measures: Measures | None = None
) -> Part:
    """Return the part that compares what a mentee seeks with what a mentor offers.

    Each answer in ``goals`` and ``seeks`` of a mentee is compared with ``offers`` of a mentor, or
    with the mentor's ``goals`` where nothing is offered. Long answers are compared passage by
    passage: see `mentormatch.scores.reading.passages`. To each text of the mentee belongs the
    best of the mentor's; the mean of the two best counts.

    Two texts are compared by the cosine of their words, pieces of words and concepts (see
    `mentormatch.scores.wording.worded`), or, with an encoder, by seven tenths of that and three
    tenths of the cosine of their vectors. Texts of one language share more than texts of two,
    even if they are about different things. So cosines are evened out: for each pair of languages
    their mean and their spread, the distance from it to the highest 15th, or tenth with an encoder,
    become `USUAL`. A pair of languages with few texts is taken to be like others of its kind, a
    small cohort like the made-up ones. Then `CURVE` makes a value of the cosine.

    The curve was drawn by hand on made-up sign-up answers. There, texts of one language about
    different things have cosines below .05 (19 in 20), mentors who offer what is sought .11 to .45:
    values up to .2, and .42 to .88. The same text is 1.

    Nothing is known of a person whose text has no word in it that says something: no answer, one
    emoji, only stop words. A single word tells three quarters of what an answer does.
    Of an answer's characters the first 5 000 are read; a note tells whose were more.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    encoder : Encoder, optional
        Makes vectors of texts; see `mentormatch.scores.encoders`.
    measures : Measures, optional
        What an earlier cohort took for rare, and for usual between languages.

    Raises
    ------
    ProblemError
        What is usual was measured between another number of languages.
    InputError
        The encoder returned no table of finite numbers with a row for each text.
    """
    return _text_part("goals", cohort, encoder, measures, backwards=False)


def mentor_goals_part(
    cohort: Cohort, encoder: Encoder | None = None, measures: Measures | None = None
) -> Part:
    """Return the part of the other direction: what a mentor seeks against what a mentee offers.

    As `goals_part` with the sides exchanged: ``goals`` and ``seeks`` of mentors, and ``offers``
    or else ``goals`` of mentees.
    """
    return _text_part("mentor_goals", cohort, encoder, measures, backwards=True)


@dataclass(frozen=True, eq=False)
class _Side:
    """The texts of one side, person by person; everybody has one at least, perhaps empty."""

    people: tuple[tuple[Reading, ...], ...]
    ids: tuple[str, ...]

    @property
    def texts(self) -> list[Reading]:
        return [text for person in self.people for text in person]

    @property
    def starts(self) -> NDArray[np.intp]:
        return starts_of(np.array([len(person) for person in self.people], dtype=np.int64))

    @property
    def languages(self) -> NDArray[np.intp]:
        places = [LANGUAGES.index(text.language) if text.sure else UNSURE for text in self.texts]
        return np.array(places, dtype=np.intp)

    @property
    def trust(self) -> NDArray[np.int64]:
        words = [sum(len(text.words) for text in person) for person in self.people]
        return np.array([TRUSTS[min(many, len(TRUSTS) - 1)] for many in words], dtype=np.int64)

    def sample(self, language: int) -> NDArray[np.intp]:
        """Return the rows of texts in a language that say something, of some people by lot."""
        said = np.array([bool(text.words) for text in self.texts], dtype=bool)
        some = said & (self.languages == language)
        having = np.add.reduceat(some, self.starts[:-1]) > 0 if self.people else np.zeros(0, bool)
        rows = texts_of(self.starts, by_lot(np.flatnonzero(having), self.ids, LEVEL_OVER))
        found: NDArray[np.intp] = rows[some[rows]]
        return found


def _text_part(
    name: str,
    cohort: Cohort,
    encoder: Encoder | None,
    measures: Measures | None,
    *,
    backwards: bool,
) -> Part:
    faults: list[Fault] = []
    seeking = "mentors" if backwards else "mentees"
    sides = {side: _side(cohort, side, side == seeking, faults) for side in SIDES}
    mentees, mentors = sides["mentees"], sides["mentors"]
    known = None if measures is None else measures.counted
    wording = worded(mentees.texts, mentors.texts, known)
    a, b = wording.tables
    words = CommonWords(mentees.people, mentors.people, wording.columns)
    common: Common = words
    if encoder is not None:
        a = _beside(a, mentees, encoder, seeking=not backwards)
        b = _beside(b, mentors, encoder, seeking=backwards)
        if a.shape[1] != b.shape[1]:
            raise InputError(
                f"the encoder {encoder.name!r} must return as many numbers for every text"
            )
        common = CommonMeaning(
            words,
            SentenceVectors(encoder, seeking=not backwards),
            SentenceVectors(encoder, seeking=backwards),
        )
    ours, theirs = ((b, mentors), (a, mentees)) if backwards else ((a, mentees), (b, mentors))
    join = Join(
        mentees.starts,
        mentors.starts,
        mentees.languages,
        mentors.languages,
        _carried(name, measures)
        or _levels(*ours, *theirs, ONE_IN if encoder is None else ONE_IN_BY_MEANING),
        backwards,
    )
    return Part(
        name,
        a,
        b,
        CURVE,
        mentees.trust > 0,
        mentors.trust > 0,
        common=common,
        notes=tuple(faults),
        join=join,
        mentee_trust=mentees.trust,
        mentor_trust=mentors.trust,
        method=METHOD if encoder is None else f"{METHOD} + {MEANING} by {encoder.name}",
        counted=wording.counted,
    )


def _side(cohort: Cohort, side: str, seeking: bool, faults: list[Fault]) -> _Side:
    """Read the texts of a side; answers that are read in part only are noted in `faults`."""
    told = column(cohort, side, "language")
    languages = [one if one in LANGUAGES else cohort.programme.language for one in told]
    ids = tuple(cohort.table(side).index)
    people: list[list[Reading]] = [[] for _ in ids]
    for name in SEEKS if seeking else OFFERS:
        for k, answer in enumerate(column(cohort, side, name)):
            if is_missing(answer) or (people[k] and not seeking):
                continue
            known = told[k] in LANGUAGES
            found = passages(str(answer), languages[k], told=known, answer=name)
            people[k] += [text for text in found if text.words]
            if found[0].cut:
                details = {"most": str(CHARACTERS)}
                fault = Fault("scores.long_answer", side, None, name, str(ids[k]), details=details)
                faults.append(fault)
    nothing = {language: read("", language) for language in LANGUAGES}
    made = zip(people, languages, strict=True)
    return _Side(tuple(tuple(one) or (nothing[language],) for one, language in made), ids)


def _beside(words: Encoding, side: _Side, encoder: Encoder, *, seeking: bool) -> Encoding:
    """Return words and meaning side by side, each with its share of the cosine."""
    texts = [one.plain if one.words else "" for one in side.texts]
    meaning = centred(texts, [one.language for one in side.texts], encoder, seeking)
    shares = (1 - BY_MEANING) ** 0.5, BY_MEANING**0.5
    both = words.copy()
    both.data = np.rint(both.data * shares[0])
    vectors = sparse.csr_array(np.rint(meaning * (shares[1] * UNIT / LENGTH)))
    return sparse.csr_array(sparse.hstack([both, vectors], format="csr"))


def _carried(name: str, measures: Measures | None) -> Levels | None:
    """Return what was usual between languages in an earlier cohort."""
    if measures is None:
        return None
    size = UNSURE + 1
    sizes = [len(table) for table in measures.levels or ((), ())]
    if measures.levels is None or sizes != [size, size]:
        details = {"then": str(min(sizes)), "now": str(size)}
        raise ProblemError([Fault("scores.other_levels", column=name, details=details)])
    mean, spread = (np.array(table, np.int64) for table in measures.levels)
    return Levels(mean, spread, *USUAL)


def _levels(a: Encoding, seekers: _Side, b: Encoding, offerers: _Side, one_in: int) -> Levels:
    """Return what products of texts are usual for each pair of languages; of spreads, see `_drawn`.

    Small pairs of languages are drawn to their kind, all texts of one language or all of two, and
    small kinds to `USUAL` or `ACROSS`. All are whole numbers, so that no order of people changes
    them. Texts whose language is not sure are taken to be halfway between the two.
    """
    size = len(LANGUAGES)
    rows = [seekers.sample(language) for language in range(size)]
    columns = [offerers.sample(language) for language in range(size)]
    blocks = [[_products(a[ours], b[theirs]) for theirs in columns] for ours in rows]
    few = min(sum(map(len, rows)), sum(map(len, columns)))
    mean, spread = np.empty((size, size), np.int64), np.empty((size, size), np.int64)
    for same, usual in ((True, USUAL), (False, ACROSS)):
        kind = [(g, h) for g in range(size) for h in range(size) if (g == h) == same]
        pool = _drawn(np.concatenate([blocks[g][h] for g, h in kind]), few, usual, one_in)
        for g, h in kind:
            mean[g, h], spread[g, h] = _drawn(
                blocks[g][h], min(len(rows[g]), len(columns[h])), pool, one_in
            )
    return Levels(_with_unsure(mean), _with_unsure(spread), *USUAL)


def _with_unsure(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a table over languages with the mean of them behind, along both sides."""
    rows = np.vstack([table, table.sum(axis=0) // len(table)])
    return np.column_stack([rows, rows.sum(axis=1) // len(table)])


def _products(a: Encoding, b: Encoding) -> NDArray[np.int64]:
    """Return the products of all texts of two sides, in a row."""
    made = [(a[start : start + 256] @ b.T).toarray().ravel() for start in range(0, a.shape[0], 256)]
    return np.concatenate([np.zeros(0), *made]).astype(np.int64)


def _drawn(
    products: NDArray[np.int64], few: int, to: tuple[int, int], one_in: int
) -> tuple[int, int]:
    """Return mean and spread, drawn to what is known without the `few` texts they are of.

    One product in `one_in` is farther above the mean than the spread.
    """
    weight = max(0, few - DOUBT)
    if not len(products) or not weight:
        return to
    mean = int(products.sum()) // len(products)
    place = (len(products) - 1) * (one_in - 1) // one_in
    spread = max(int(np.partition(products, place)[place]) - mean, USUAL[1] // LEAST)
    drawn = [
        (own * weight + known * DOUBT) // (weight + DOUBT)
        for own, known in zip((mean, spread), to, strict=True)
    ]
    return drawn[0], drawn[1]
