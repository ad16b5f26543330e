"""How what speaks for a pair is told to one of the two, in their own language.

Only what `mentormatch.telling.recipients` has released is told; see there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from mentormatch.scores.in_common import InCommon, distinct
from mentormatch.words import catalogue, say

#: So many tags or words are named at most.
MOST = 5

#: The parts in which it is the mentee who seeks, and those in which it is the mentor.
_SEEKING = {"goals": "mentees", "mentor_goals": "mentors"}


def reasons_for(
    found: Iterable[InCommon],
    side: str,
    language: str,
    name: str,
    labels: Mapping[str, str],
    quote: Callable[[str], str] = str,
) -> list[str]:
    """Return what speaks for a pair, a sentence each, as one of the two reads it.

    Parameters
    ----------
    found : iterable of InCommon
        What may be told, the most weighty first in each part and kind.
    side : {"mentees", "mentors"}
        The reader's side; the reader's own words come first.
    language : {"en", "sv"}
        The reader's language.
    name : str
        What the other one is called.
    labels : mapping of str to str
        What to call parts that have no sentence of their own.
    quote : callable
        Makes what people wrote fit for the letter.

    Examples
    --------
    >>> from mentormatch.people.programme import Words
    >>> said = Words("Climate", "Klimat")
    >>> one = InCommon("interests", "tag", 1.0, said, said, ("interests", "interests"))
    >>> reasons_for([one], "mentees", "sv", "Eva", {})
    ['Ni angav båda Klimat.']
    """
    groups: dict[tuple[str, str], list[InCommon]] = {}
    for one in found:
        groups.setdefault((one.part, one.kind), []).append(one)
    sentences = catalogue(language, "letters")
    told = []
    for (part, kind), some in sorted(groups.items(), key=lambda group: _place(*group[0])):
        if kind == "sentence":
            mine, theirs = _ends(max(some, key=lambda one: one.weight), side, language)
            said = {"name": quote(name), "mine": quote(mine), "theirs": quote(theirs)}
            told.append(say("letters.why_sentences", language, **said))
            continue
        topics = in_a_row(_topics(some, side, language)[:MOST], language)
        key = f"why_{part}"
        if kind in ("related", "meant"):
            key = "why_related"
        elif kind == "word":
            key = "why_seek" if _SEEKING.get(part, side) == side else "why_offer"
        elif key not in sentences:
            key = "why_other"
        blanks = {"name": name, "topics": topics, "part": labels.get(part, part)}
        quoted = {blank: quote(text) for blank, text in blanks.items()}
        told.append(say(f"letters.{key}", language, **quoted))
    return told


def in_a_row(words: Sequence[str], language: str) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return say("letters.and", language, first=", ".join(words[:-1]), last=words[-1])


_ORDER = (
    ("interests", "tag"),
    ("interests", "related"),
    ("interests", "meant"),
    ("goals", "word"),
    ("goals", "sentence"),
    ("mentor_goals", "word"),
    ("mentor_goals", "sentence"),
    ("languages", "tag"),
    ("availability", "tag"),
    ("department", "tag"),
)


def _place(part: str, kind: str) -> tuple[int, str, str]:
    known = (part, kind) in _ORDER
    return (_ORDER.index((part, kind)) if known else len(_ORDER), part, kind)


def _topics(found: Iterable[InCommon], side: str, language: str) -> list[str]:
    """Return each different thing once, the reader's own word before the other's."""
    ends = (_ends(one, side, language) for one in found)
    return distinct(a if a == b else f"{a} – {b}" for a, b in ends)


def _ends(one: InCommon, side: str, language: str) -> tuple[str, str]:
    ends = one.mentee(language), one.mentor(language)
    return ends if side == "mentees" else (ends[1], ends[0])
