"""Which freely written tags are one tag in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice, product

from mentormatch.scores.bridge import meanings
from mentormatch.scores.reading import stem

#: Translations of one tag that are tried.
TRIED = 256

#: Words that make no difference between tags.
SMALL = frozenset(("and", "of", "the", "in", "for", "och", "i", "av", "för", "inom"))


def twins(tags: Iterable[str]) -> Mapping[str, str]:
    """Return for each Swedish tag the English one of the same meaning, if somebody wrote it.

    A tag has the meaning of another if each of its words, or of the pieces of its compounds, has a
    translation such that together they are the other's words, without endings and in any order.
    So nobody's tag depends on the tags of more than the two people who are compared.

    Parameters
    ----------
    tags : iterable of str
        Without case, as `mentormatch.scores.answers.folded` makes them.

    Examples
    --------
    >>> dict(twins(["maskininlärning", "machine learning", "klimat"]))
    {'maskininlärning': 'machine learning'}
    """
    different = sorted(set(tags))
    english: dict[tuple[str, ...], str] = {}
    for tag in different:
        english.setdefault(_stems(_words(tag)), tag)
    english.pop((), None)
    found = {}
    for tag in different:
        words = _words(tag)
        pieces = [piece for word in words for piece in meanings(word) or ((word,),)]
        for some in islice(product(*pieces), TRIED if words else 0):
            twin = english.get(_stems(" ".join(some).split()))
            if twin is not None and twin != tag:
                found[tag] = twin
                break
    return {tag: twin for tag, twin in found.items() if twin not in found}


def _words(tag: str) -> list[str]:
    return [word for word in re.findall(r"\w+[+#]*", tag) if word not in SMALL]


def _stems(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(stem(word, "en") for word in words))
