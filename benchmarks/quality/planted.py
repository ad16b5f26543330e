"""Cohorts whose compatibility is known, because it was there before a word was written."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme import Programme
from mentormatch.people.programme_file.reader import read_programme

HERE = Path(__file__).parent
LANGUAGES = ("en", "sv")

#: How topics and kinds of help make the planted compatibility of a pair; they add up to 1.
TOPIC, KIND = 0.6, 0.4

#: How good a topic is for one that is near it, and for any other of its department.
NEAR, SAME_DEPARTMENT = 0.5, 0.2

#: How often a person calls a thing by its name, by a cousin of it, and in words of their own side.
REGISTERS = {"name": 0.45, "kin": 0.25, "own": 0.30}

#: How often answers are not as they should be.
ABSENT, VAGUE, ONE_WORD, TYPING, ENGLISH_NAME = 0.06, 0.04, 0.10, 0.02, 0.08

#: Share of mentees for whom some mentor offers all that they seek.
PARTNERED = 0.8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wording:
    """What a thing is called in one language; see ``world.toml``."""

    name: str
    kin: Mapping[str, str]
    own: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Thing:
    """A topic or a kind of help."""

    key: str
    department: str
    near: tuple[str, ...]
    tags: tuple[str, ...]
    wording: Mapping[str, Wording]


@dataclass(frozen=True)
class World:
    """All of ``world.toml``."""

    topics: tuple[Thing, ...]
    kinds: tuple[Thing, ...]
    frames: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, eq=False)
class Planted:
    """A cohort and what is true of it.

    Parameters
    ----------
    cohort : Cohort
        What the people wrote and ticked.
    truth : (n, m) array of float
        Planted compatibility of each pair, in [0, 1].
    told : (n, m) array of float
        What somebody could know of it who understands every word of the texts and reads nothing
        else: like `truth`, of what was written; who wrote of nothing counts as the mean.
    mentee_language, mentor_language : (n,) and (m,) array of str
        The language that each person writes in.
    overlap : mapping of str to int
        Of the planted best pairs, how the two called the mentee's first topic: ``literal`` (both
        by its name), ``related`` (cousins) or ``none``; ``other language``; ``other topic`` where
        the mentor offers another; ``unsaid`` where one of them did not write of it.
    """

    cohort: Cohort
    truth: Floats
    told: Floats
    mentee_language: NDArray[np.str_]
    mentor_language: NDArray[np.str_]
    overlap: Mapping[str, int]


@dataclass
class _Person:
    """A person in the making; `said` holds ("topics" or "kinds", which) -> how it was called."""

    topics: dict[int, float]
    kinds: dict[int, float]
    language: str
    department: str
    said: dict[tuple[str, int], str]

    def wrote(self) -> _Person:
        """Return the person as the texts know them."""
        return replace(
            self,
            topics={k: share for k, share in self.topics.items() if ("topics", k) in self.said},
            kinds={k: share for k, share in self.kinds.items() if ("kinds", k) in self.said},
        )


@cache
def world() -> World:
    """Return the topics, kinds of help and sentences of ``world.toml``."""
    read = tomllib.loads((HERE / "world.toml").read_text(encoding="utf-8"))
    return World(
        tuple(_thing(one) for one in read["topics"]),
        tuple(_thing(one) for one in read["kinds"]),
        {
            language: {name: tuple(said) for name, said in frames.items()}
            for language, frames in read["frames"].items()
        },
    )


@cache
def programme() -> Programme:
    """Return the example programme without its weights and rules: the library's defaults hold."""
    read = read_programme(example_folder() / "programme.toml")
    return replace(read, weights={}, department_weights={}, rules=())


def make_planted(n_mentees: int = 120, n_mentors: int = 120, seed: int = 0) -> Planted:
    """Make up a cohort with planted compatibility.

    First each person gets what they truly seek or offer: one or two topics (three for mentors),
    most of them of their own department, and one or two kinds of help (three). Four mentees in
    five get a partner who offers it all. The compatibility of a pair is
    ``0.6 * topics + 0.4 * kinds``, each the share by weight of what the mentee seeks that the
    mentor offers; what is near counts half, another topic of the same department a fifth. Only
    then the answers are written, half of the people's in Swedish.
    """
    rng = np.random.default_rng([seed, 5])
    mentees = [_seeker(rng, language) for language in _languages(rng, n_mentees)]
    tongues = _languages(rng, n_mentors)
    chosen = rng.permutation(n_mentees)[: round(PARTNERED * min(n_mentees, n_mentors))]
    partners: list[_Person | None] = [mentees[k] for k in chosen]
    partners += [None] * (n_mentors - len(partners))
    mentors = [
        _offerer(rng, tongues[k], partners[which])
        for k, which in enumerate(rng.permutation(n_mentors))
    ]
    truth = _compatible(mentees, mentors)
    tables = [_table(rng, people, side) for people, side in ((mentees, "e"), (mentors, "o"))]
    return Planted(
        Cohort(tables[0], tables[1], programme()),
        truth,
        _compatible([one.wrote() for one in mentees], [one.wrote() for one in mentors]),
        np.array([one.language for one in mentees]),
        np.array([one.language for one in mentors]),
        _overlaps(mentees, mentors, truth),
    )


# ------------------------------------------------------------------------------ what is true


def _seeker(rng: np.random.Generator, language: str) -> _Person:
    topics, department = _topics(rng, 1 + int(rng.random() < 0.5))
    shares = (1.0,) if len(topics) == 1 else (0.65, 0.35)
    kinds = _some(rng, len(world().kinds), 1 + int(rng.random() < 0.4))
    weights = (1.0,) if len(kinds) == 1 else (0.65, 0.35)
    return _Person(
        dict(zip(topics, shares, strict=True)),
        dict(zip(kinds, weights, strict=True)),
        language,
        department,
        {},
    )


def _offerer(rng: np.random.Generator, language: str, partner: _Person | None) -> _Person:
    topics, department = _topics(rng, 1 + int(rng.integers(3)))
    kinds = _some(rng, len(world().kinds), 1 + int(rng.integers(3)))
    if partner is not None:
        topics = list(dict.fromkeys([*partner.topics, *topics[:1]]))
        kinds = list(dict.fromkeys([*partner.kinds, *kinds[:1]]))
        if rng.random() < 0.8:
            department = partner.department
    return _Person(dict.fromkeys(topics, 1.0), dict.fromkeys(kinds, 1.0), language, department, {})


def _topics(rng: np.random.Generator, many: int) -> tuple[list[int], str]:
    """Return topics, the first mostly of one's own department, and that department."""
    topics = world().topics
    departments = sorted({one.department for one in topics})
    own = departments[int(rng.integers(len(departments)))]
    found: list[int] = []
    while len(found) < many:
        home = rng.random() < (0.85 if not found else 0.5)
        pool = [k for k, one in enumerate(topics) if not home or one.department == own]
        one = pool[int(rng.integers(len(pool)))]
        if one not in found:
            found.append(one)
    return found, own


def _some(rng: np.random.Generator, size: int, many: int) -> list[int]:
    return [int(k) for k in rng.permutation(size)[:many]]


def _languages(rng: np.random.Generator, people: int) -> list[str]:
    """Return as many English as Swedish writers, in an order by lot."""
    return [LANGUAGES[int(k) % 2] for k in rng.permutation(people)]


def _alike(things: Sequence[Thing]) -> Floats:
    made = np.eye(len(things))
    place = {one.key: k for k, one in enumerate(things)}
    for k, one in enumerate(things):
        for other, two in enumerate(things):
            if k != other and one.department and one.department == two.department:
                made[k, other] = max(made[k, other], SAME_DEPARTMENT)
        for key in one.near:
            made[k, place[key]] = made[place[key], k] = NEAR
    return made


def _compatible(mentees: Sequence[_Person], mentors: Sequence[_Person]) -> Floats:
    topics = _cover(mentees, mentors, "topics", _alike(world().topics))
    return TOPIC * topics + KIND * _cover(mentees, mentors, "kinds", _alike(world().kinds))


def _cover(
    mentees: Sequence[_Person], mentors: Sequence[_Person], what: str, alike: Floats
) -> Floats:
    sought = np.zeros((len(mentees), len(alike)))
    for i, one in enumerate(mentees):
        for k, weight in getattr(one, what).items():
            sought[i, k] = weight
    covered = np.zeros((len(mentors), len(alike)))
    known = [j for j, one in enumerate(mentors) if getattr(one, what)]
    for j in known:
        covered[j] = alike[:, list(getattr(mentors[j], what))].max(axis=1)
    if known:
        covered[[j for j in range(len(mentors)) if j not in known]] = covered[known].mean(axis=0)
    return sought @ covered.T


def _overlaps(
    mentees: Sequence[_Person], mentors: Sequence[_Person], truth: Floats
) -> Mapping[str, int]:
    names = ("literal", "related", "none", "other language", "other topic", "unsaid")
    found = dict.fromkeys(names, 0)
    for i, one in enumerate(mentees):
        if not truth.shape[1] or truth[i].max() <= 0:
            continue
        two = mentors[int(truth[i].argmax())]
        first = next(iter(one.topics))
        said = tuple(side.said.get(("topics", first), "") for side in (one, two))
        if first not in two.topics:
            kind = "other topic"
        elif not all(said):
            kind = "unsaid"
        elif one.language != two.language:
            kind = "other language"
        elif "own" in said:
            kind = "none"
        else:
            kind = "literal" if said == ("name", "name") else "related"
        found[kind] += 1
    return found


# ---------------------------------------------------------------------------- what is written


def _table(rng: np.random.Generator, people: Sequence[_Person], side: str) -> pd.DataFrame:
    rows = [_answers(rng, one, "seek" if side == "e" else "offer") for one in people]
    names = (
        "department",
        "interests",
        *(("goals", "seeks") if side == "e" else ("offers", "goals")),
    )
    lots = rng.permutation(len(people))
    index = pd.Index([f"{side}{k:04d}" for k in lots], dtype="str", name="id")
    columns: dict[str, Any] = {}
    for name in names:
        kind = "object" if name == "interests" else "str"
        columns[name] = pd.Series([row[name] for row in rows], index=index, dtype=kind)
    return pd.DataFrame(columns, index=index)


def _answers(rng: np.random.Generator, one: _Person, role: str) -> dict[str, Any]:
    """Return what a person answers; all draws are made in a fixed order."""
    frames = world().frames[one.language]
    topics = _said(rng, one, role, "topics", frames[f"topic_{role}"])
    kinds = _said(rng, one, role, "kinds", frames[f"kind_{role}"])
    first = _answer(rng, one, role, topics + _aside(rng, one, role))
    if role == "seek":
        second = _answer(rng, one, role, kinds + _aside(rng, one, role))
        texts = {"goals": first, "seeks": second}
    else:
        everything = _answer(rng, one, role, topics + kinds + _aside(rng, one, role))
        goals = _answer(rng, one, role, [(_one_of(rng, frames["mentor_goals"]), "", None)])
        texts = {"offers": everything, "goals": goals}
    return {"department": one.department, "interests": _ticks(rng, one), **texts}


_Sentence = tuple[str, str, tuple[str, int] | None]  # the sentence, its thing alone, which it is


def _said(
    rng: np.random.Generator,
    one: _Person,
    role: str,
    what: str,
    frames: Sequence[str],
) -> list[_Sentence]:
    """Return a sentence for each thing that is meant, and note how it was called."""
    made: list[_Sentence] = []
    for k in getattr(one, what):
        register = str(rng.choice(list(REGISTERS), p=list(REGISTERS.values())))
        language = one.language
        if language == "sv" and register == "name" and rng.random() < ENGLISH_NAME:
            language = "en"
        wording = getattr(world(), what)[k].wording[language]
        called = {"name": wording.name, "kin": wording.kin[role]}.get(register)
        called = called or _one_of(rng, wording.own[role])
        one.said[what, k] = register
        made.append((_one_of(rng, frames).format(x=called), called, (what, k)))
    return made


def _aside(rng: np.random.Generator, one: _Person, role: str) -> list[_Sentence]:
    """Return up to two sentences that say nothing of what is sought or offered, or mislead."""
    frames = world().frames[one.language]
    said = [_one_of(rng, frames[f"chatter_{role}"]) for _ in range(int(rng.integers(3)))]
    if rng.random() < 0.1:
        other = world().topics[int(rng.integers(len(world().topics)))]
        left = other.wording[one.language].name
        said.append(_one_of(rng, frames["left"]).format(x=left))
    return [(one, "", None) for one in said]


def _answer(
    rng: np.random.Generator,
    one: _Person,
    role: str,
    sentences: Sequence[_Sentence],
) -> str:
    """Put an answer together; it may be missing, vague or short, and holds slips of the pen."""
    luck = rng.random()
    order = rng.permutation(len(sentences))
    things = [(called, which) for _, called, which in sentences if which]
    if luck < ABSENT + VAGUE:
        kept = ""
    elif things and luck < ABSENT + VAGUE + ONE_WORD:
        kept = things[0][0]
    else:
        return _slips(rng, " ".join(sentences[k][0] for k in order))
    for called, which in things:
        if called != kept:
            one.said.pop(which, None)
    if luck < ABSENT:
        return ""
    vague = _one_of(rng, world().frames[one.language][f"vague_{role}"])
    return kept[0].upper() + kept[1:] if kept else vague


def _slips(rng: np.random.Generator, text: str) -> str:
    """Swap two neighbouring letters inside a word now and then."""
    words = text.split()
    for k, word in enumerate(words):
        if rng.random() < TYPING and len(word) > 4:
            at = 1 + int(rng.integers(len(word) - 3))
            words[k] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def _ticks(rng: np.random.Generator, one: _Person) -> tuple[str, ...]:
    """Return ticked interests: three in four of those that go with what is meant, and others."""
    options = next(q for q in programme().questions if q.answer == "interests").options
    meant = {tag for k in one.topics for tag in world().topics[k].tags}
    meant |= {tag for k in one.kinds for tag in world().kinds[k].tags}
    chance = rng.random(len(options) + 1)
    if chance[-1] < ABSENT:
        return ()
    return tuple(
        option.key
        for option, luck in zip(options, chance, strict=False)
        if luck < (0.75 if option.key in meant else 0.03)
    )


def _one_of(rng: np.random.Generator, many: Sequence[str]) -> str:
    return many[int(rng.integers(len(many)))]


def _thing(read: Mapping[str, Any]) -> Thing:
    wording = {
        language: Wording(
            read[language]["name"],
            dict(zip(("seek", "offer"), read[language]["kin"], strict=True)),
            {side: tuple(read[language][side]) for side in ("seek", "offer")},
        )
        for language in LANGUAGES
    }
    return Thing(
        read["key"], read.get("department", ""), tuple(read["near"]), tuple(read["tags"]), wording
    )
