"""How a free-text answer is read into words: what is dropped, and what counts as the same word."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import NamedTuple
from unicodedata import normalize

import snowballstemmer

from mentormatch.scores.language import STOP_WORDS, signs_of
from mentormatch.scores.vocabulary import words_of

#: Characters of an answer that are read, after markup is taken out. The rest is left aside.
CHARACTERS = 5_000

#: Answers with more words are read in passages of this many at least.
LONG, PASSAGE = 60, 12

#: Signs by which one language has to lead for a text to be surely in it.
SURE = 2

#: What the form's own word on a language counts, and a word that only one of the two has.
TOLD, KNOWN = 6, 2

#: Where signs are so few, words are looked up.
FEW = 4

#: A longer word is cut here.
LONGEST_WORD = 40

_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>")
# Lengths are bounded so that 50 000 characters without a space cost no more than others do.
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}|\bhttps?://\S+", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_WORD = re.compile(r"(?<![^\W_])[^\W\d_](?:\+\+|#)|[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|[\n\r]+")
_STEMMERS = {"sv": "swedish", "en": "english"}


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer as read.

    Parameters
    ----------
    words : tuple of str
        Its words in order as the person wrote them, without numbers and words that say
        nothing of a topic.
    keys : tuple of str
        The same words without case.
    stems : tuple of str
        The same words without case and endings: equal stems are the same word.
    language : {"en", "sv"}
        The language it was taken to be in.
    cut : bool
        Whether it was longer than is read.
    plain : str
        What was read, without markup, addresses and invisible characters.
    answer : str
        The question that it answers, where that is known.
    sure : bool
        Whether its language is known, and not merely likely.
    """

    words: tuple[str, ...]
    keys: tuple[str, ...]
    stems: tuple[str, ...]
    language: str
    cut: bool
    plain: str = ""
    answer: str = ""
    sure: bool = True


def read(text: str, otherwise: str = "en", *, told: bool = False) -> Reading:
    """Read an answer; `otherwise` is its language where nothing in it tells.

    With ``told=True`` it is the language that the form says of the person, which wins unless much
    in the answer speaks against it.

    Markup, addresses and invisible characters (such as direction marks) are taken out, then the
    first 5 000 characters are read. Any script is read; only Swedish and English lose endings.

    Examples
    --------
    >>> read("<p>I would like to do <b>research</b> on climates</p>").stems
    ('research', 'climat')
    """
    return _read(text, otherwise, told)


def language_of(
    words: Sequence[str], otherwise: str = "en", *, told: bool = False
) -> tuple[str, bool]:
    """Return the language of case-folded words, and whether it is sure; see `read`.

    Function words, letters and endings tell (see `mentormatch.scores.language.signs_of`); where
    they say little, words that only one of the two languages has count `KNOWN` each.

    Examples
    --------
    >>> language_of("jag vill forska om klimatet".split()), language_of(["radio"], "sv")
    (('sv', True), ('sv', False))
    >>> language_of(["teater"]), language_of(["theatre"], "sv")
    (('sv', True), ('en', True))
    """
    swedish, english = signs_of(words)
    if abs(swedish - english) < FEW:
        more = words_of(word for word in words if word not in STOP_WORDS)
        swedish, english = swedish + KNOWN * more[0], english + KNOWN * more[1]
    lead = swedish - english + (TOLD if otherwise == "sv" else -TOLD) * told
    sure = abs(lead) >= SURE
    return ("sv" if lead > 0 else "en") if lead else otherwise, sure


def passages(
    text: str, otherwise: str = "en", *, told: bool = False, answer: str = ""
) -> tuple[Reading, ...]:
    """Read an answer as `read` does, a long one in passages of a few sentences.

    An answer of more than 60 words that say something is cut after sentences, so that each
    passage but the last has 12 such words at least. All are in the answer's language. `answer` is
    the question that it answers, which every passage keeps.

    Examples
    --------
    >>> [len(one.words) for one in passages("Climate research interests me. " * 40)]
    [12, 12, 12, 12, 12, 12, 8]
    """
    whole = _read(text, otherwise, told, answer)
    if len(whole.words) <= LONG:
        return (whole,)
    found: list[Reading] = []
    waiting = ""
    for sentence in sentences(whole.plain):
        waiting = f"{waiting} {sentence}".strip()
        reading = _reading(waiting, _words(waiting), whole)
        if len(reading.words) >= PASSAGE:
            found.append(reading)
            waiting = ""
    rest = _reading(waiting, _words(waiting), whole)
    return (*found, rest) if rest.words else tuple(found)


def keys_of(plain: str) -> frozenset[str]:
    """Return the words of a text that was read already, without case."""
    return frozenset(word.key for word in _words(plain))


def sentences(plain: str) -> list[str]:
    """Return the sentences of a text: it ends at full stops and their like, and at line breaks."""
    return [one for one in map(str.strip, _SENTENCE.split(plain)) if one]


def _plain(text: str) -> tuple[str, bool]:
    plain = _INVISIBLE.sub("", html.unescape(_MARKUP.sub(" ", text)))
    plain = normalize("NFC", _ADDRESS.sub(" ", plain)).strip()
    return plain[:CHARACTERS], len(plain) > CHARACTERS


class _Word(NamedTuple):
    """A word as written, without case, and whether it says something of a topic."""

    word: str
    key: str
    says: bool


@lru_cache(maxsize=1 << 18)
def _word(written: str) -> _Word:
    """Return what a word is: of all that people write, few words are different ones."""
    word = intern(written[:LONGEST_WORD])
    key = intern(normalize("NFKC", word).casefold())
    says = key not in STOP_WORDS and not key.isdigit()
    return _Word(word, key, says and (len(key) > 1 or word in "RC" or not key.isascii()))


def _words(plain: str) -> list[_Word]:
    return [_word(one) for one in _WORD.findall(plain)]


def _read(text: str, otherwise: str, told: bool, answer: str = "") -> Reading:
    plain, cut = _plain(text)
    words = _words(plain)
    language, sure = language_of([word.key for word in words], otherwise, told=told)
    return _reading(plain, words, Reading((), (), (), language, cut, answer=answer, sure=sure))


def _reading(plain: str, words: Sequence[_Word], like: Reading) -> Reading:
    """Return a text as read, in all else like another one."""
    kept = [word for word in words if word.says]
    return Reading(
        tuple([word for word, _, _ in kept]),
        tuple([key for _, key, _ in kept]),
        tuple([stem(key, like.language) for _, key, _ in kept]),
        like.language,
        like.cut,
        plain,
        like.answer,
        like.sure,
    )


@lru_cache(maxsize=1 << 18)
def stem(word: str, language: str) -> str:
    """Return a case-folded word without its ending, as Snowball's stemmer of a language does.

    The Swedish one is asked until nothing changes, because it takes one ending at a time:
    "klimatet" and "klimat" would otherwise be two words.

    Examples
    --------
    >>> stem("forskningen", "sv"), stem("klimatet", "sv") == stem("klimat", "sv")
    ('forskning', True)
    """
    if len(word) < 4:
        return word
    shorter: str = _stemmer(language).stemWord(word)
    while language == "sv" and len(shorter) > 3 and shorter != word:
        word, shorter = shorter, _stemmer(language).stemWord(shorter)
    return shorter


@lru_cache(maxsize=len(_STEMMERS))
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(_STEMMERS[language])
