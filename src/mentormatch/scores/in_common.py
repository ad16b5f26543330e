"""What two people have in common, thing by thing, and in which of their answers it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mentormatch.people.programme import Words
from mentormatch.words import say


@dataclass(frozen=True)
class InCommon:
    """One thing that speaks for a pair.

    Parameters
    ----------
    part : str
        The part of the score that it belongs to.
    kind : {"tag", "related", "meant", "word", "sentence"}
        What both ticked or named; what the programme calls related; what is so by meaning; a word
        of both texts, or two that belong together; the two sentences that are nearest.
    weight : float
        How much it counts among the things of its kind in this part; comparable with these only.
    mentee, mentor : Words
        How it stands on either side: names of options in both languages, words and sentences as
        they were written.
    answers : tuple of str
        The mentee's answer and the mentor's in which it stands. Who may read it depends on both.

    Examples
    --------
    >>> one = InCommon("goals", "word", 2.0, Words("klimat"), Words("climate"), ("goals", "offers"))
    >>> one.said("en")
    'klimat – climate'
    """

    part: str
    kind: str
    weight: float
    mentee: Words
    mentor: Words
    answers: tuple[str, str]

    def said(self, language: str) -> str:
        """Return both sides as one text, once if they are alike; sentences in quotation marks.

        Of tags that no programme calls related it says that they are by meaning.
        """
        mine, theirs = self.mentee(language), self.mentor(language)
        if self.kind == "sentence":
            begin = "”" if language == "sv" else "“"
            return f"{begin}{mine}” – {begin}{theirs}”"
        both = mine if mine == theirs else f"{mine} – {theirs}"
        return say("scores.by_meaning", language, tags=both) if self.kind == "meant" else both


def in_words(found: Iterable[InCommon], language: str, most: int = 5) -> tuple[str, ...]:
    """Return the tags and words among what two people have in common, the most weighty first.

    Names of options and departments are in `language`, words as the two wrote them.
    """
    told = [one for one in found if one.kind != "sentence"]
    told.sort(key=lambda one: (-one.weight, one.said(language)))
    return tuple(distinct(one.said(language) for one in told))[:most]


def distinct(texts: Iterable[str]) -> list[str]:
    """Return texts in their order, of those that differ in case alone the first.

    Examples
    --------
    >>> distinct(["Climate", "climate", "AI"])
    ['Climate', 'AI']
    """
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(text.casefold(), text)
    return list(found.values())
