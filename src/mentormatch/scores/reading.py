"""How a free-text answer is read into words: what is dropped, and what counts as the same word."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

import snowballstemmer

from mentormatch.scores.language import STOP_WORDS, guess_language

#: Characters of an answer that are read, after markup is taken out. The rest is left aside.
CHARACTERS = 5_000

#: A longer word is cut here.
LONGEST_WORD = 40

_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>")
# Lengths are bounded so that 50 000 characters without a space cost no more than others do.
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}|\bhttps?://\S+", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_WORD = re.compile(r"(?<![^\W_])[^\W\d_](?:\+\+|#)|[^\W_]+")
_STEMMERS = {"sv": "swedish", "en": "english"}


@dataclass(frozen=True)
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
    """

    words: tuple[str, ...]
    keys: tuple[str, ...]
    stems: tuple[str, ...]
    language: str
    cut: bool


def read(text: str, otherwise: str = "en") -> Reading:
    """Read an answer; `otherwise` is its language where nothing in it tells.

    Markup, addresses and invisible characters (such as direction marks) are taken out, then the
    first 5 000 characters are read. Any script is read; only Swedish and English lose endings.

    Examples
    --------
    >>> read("<p>I would like to do <b>research</b> on climates</p>").stems
    ('research', 'climat')
    """
    plain = _INVISIBLE.sub("", html.unescape(_MARKUP.sub(" ", text)))
    plain = normalize("NFC", _ADDRESS.sub(" ", plain)).strip()
    cut = len(plain) > CHARACTERS
    plain = plain[:CHARACTERS]
    words = [word[:LONGEST_WORD] for word in _WORD.findall(plain)]
    keys = [normalize("NFKC", word).casefold() for word in words]
    language = guess_language(keys, otherwise)
    kept = [
        (word, key, stem(key, language))
        for word, key in zip(words, keys, strict=True)
        if key not in STOP_WORDS
        and not key.isdigit()
        and (len(key) > 1 or word in "RC" or not key.isascii())
    ]
    return Reading(
        tuple(word for word, _, _ in kept),
        tuple(key for _, key, _ in kept),
        tuple(same for _, _, same in kept),
        language,
        cut,
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
