"""What made-up people are called and what they write, in English and Swedish."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mentormatch.people.programme import Department
from mentormatch.words import LANGUAGES

Pair = tuple[str, str]  # the same thing in English and Swedish, as LANGUAGES has them
_FOLDED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "ı": "i", "þ": "th"}
)


@dataclass(frozen=True)
class Names:
    """Given names and family names that are found together; `share` is how common they are."""

    share: float
    given: tuple[str, ...]
    family: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """A job as English and Swedish put it after "as" and "som", and where it is found."""

    title: Pair
    employers: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """What students and alumni of a department do; `interests` are beginnings of words."""

    name: str
    subject: Pair
    topics: tuple[Pair, ...]
    jobs: tuple[Job, ...]
    interests: tuple[str, ...]

    def likes(self, words: str) -> bool:
        """Say whether an interest, in English, is close to this field.

        Examples
        --------
        >>> Field("Physics", ("physics", "fysik"), (), (), ("data", "ai")).likes("Open data")
        True
        >>> Field("Physics", ("physics", "fysik"), (), (), ("data", "ai")).likes("Retail")
        False
        """
        found = "".join(c if c.isalnum() else " " for c in words.casefold()).split()
        # A short beginning is a whole word: "ai" is not in "aid".
        return any(
            word == start or (len(start) > 3 and word.startswith(start))
            for word in found
            for start in self.interests
        )


@dataclass(frozen=True)
class Phrases:
    """All of ``phrases.toml``."""

    names: tuple[Names, ...]
    places: tuple[str, ...]
    needs: tuple[Pair, ...]
    levels: tuple[Pair, ...]
    remarks: tuple[Pair, ...]
    proper: frozenset[str]
    fields: tuple[Field, ...]
    answers: Mapping[str, Any]

    def field_of(self, department: Department) -> Field:
        """Return the field of a department, or the one that serves any other department."""
        spelled = {name.casefold() for name in (department.name.en, *department.aliases)}
        for field in self.fields:
            if field.name.casefold() in spelled:
                return field
        return next(field for field in self.fields if not field.name)

    def sentences(self, side: str, answer: str, language: str) -> tuple[tuple[str, ...], ...]:
        """Return the lists of sentences that make up an answer; none if it has no sentences."""
        lists = self.answers.get(side, {}).get(answer, {}).get(language, ())
        return tuple(tuple(part["say"]) for part in lists)

    def inside(self, name: str, language: str) -> str:
        """Write the name of an option as it stands inside a sentence.

        Examples
        --------
        >>> phrases().inside("Climate and energy", "en"), phrases().inside("PhD studies", "en")
        ('climate and energy', 'PhD studies')
        """
        first = name.partition(" ")[0].partition("-")[0].strip(",;:")
        kept = first[1:] != first[1:].lower() or (language == "en" and first in self.proper)
        return name if kept or len(first) < 2 else name[0].lower() + name[1:]


def _pairs(given: Sequence[Sequence[str]]) -> tuple[Pair, ...]:
    return tuple((english, swedish) for english, swedish in given)


@cache
def phrases() -> Phrases:
    """Return all names, words and sentences of ``phrases.toml``."""
    source = files("mentormatch.people.synthetic") / "phrases.toml"
    read = tomllib.loads(source.read_text(encoding="utf-8"))
    common = read["common"]
    return Phrases(
        names=tuple(
            Names(float(n["share"]), tuple(n["given"]), tuple(n["family"])) for n in read["names"]
        ),
        places=tuple(common["places"]),
        needs=_pairs(common["needs"]),
        levels=_pairs(common["levels"]),
        remarks=_pairs(common["remarks"]),
        proper=frozenset(common["proper"]),
        fields=tuple(
            Field(
                name=d["name"],
                subject=_pairs([d["subject"]])[0],
                topics=_pairs(d["topics"]),
                jobs=tuple(Job((job[0], job[1]), tuple(job[2:])) for job in d["jobs"]),
                interests=tuple(d["interests"]),
            )
            for d in read["departments"]
        ),
        answers=read["answers"],
    )


def compose(
    lists: Sequence[Sequence[str]], chances: Iterator[float], words: Mapping[str, str]
) -> str:
    """Put an answer together: a sentence from the first list and from some of the others.

    Parameters
    ----------
    lists : sequence of sequence of str
        Sentences with blanks, as `Phrases.sentences` returns them.
    chances : iterator of float
        Numbers in [0, 1), two for each list.
    words : mapping of str to str
        What goes into the blanks.

    Examples
    --------
    >>> compose([["{topic}, always."], ["Never."]], iter([0.9, 0.0, 0.9, 0.0]), {"topic": "stars"})
    'Stars, always.'
    """
    said = []
    for position, sentences in enumerate(lists):
        kept, which = next(chances), next(chances)
        if position == 0 or kept < (0.8 if position == 1 else 0.55):
            sentence = sentences[int(which * len(sentences))].format_map(words)
            said.append(sentence[0].upper() + sentence[1:])
    return " ".join(said)


def plain(name: str) -> str:
    """Spell a name with the letters a to z, as an e-mail address does.

    Examples
    --------
    >>> plain("Åsa"), plain("Nguyễn"), plain("O'Neill"), plain("García López")
    ('asa', 'nguyen', 'oneill', 'garcialopez')
    """
    spread = unicodedata.normalize("NFD", name.casefold().translate(_FOLDED))
    return "".join(c for c in spread if (c.isascii() and c.isalnum()) or c == "-")


def either(pair: Pair, language: str) -> str:
    """Return the English or the Swedish half of a pair."""
    return pair[LANGUAGES.index(language)]
