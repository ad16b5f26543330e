"""How made-up people answer the questions of a form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from mentormatch.people.answers import missing_answer, read_answer
from mentormatch.people.programme import Question
from mentormatch.people.spelling import fold, tidy
from mentormatch.people.synthetic.crowd import Crowd, choice, pick
from mentormatch.people.synthetic.phrases import compose, either, phrases
from mentormatch.words import LANGUAGES

#: Answers that are never left empty: who somebody is, and what a solver counts with.
ALWAYS = ("name", "email", "department", "places", "demand", "submitted", "language")

#: Names that one's own questions tend to have, and what their answers are about.
MEANINGS = {
    "employer": ("employer", "workplace", "organisation", "organization", "company"),
    "job": ("job", "title", "occupation", "position", "role", "profession"),
    "conflict": ("conflict", "conflicts", "supervisor", "not_with"),
}


def reply(crowd: Crowd, missing: float, others: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Return a column for every question that this side is asked.

    Parameters
    ----------
    crowd : Crowd
        Who answers.
    missing : float
        Share of voluntary answers that are left empty.
    others : sequence of str
        Names of the people of the other side, whom a conflict may name.
    """
    columns: dict[str, list[Any]] = {}
    for question in crowd.programme.questions_of(crowd.side):
        if question.answer in ("id", "withdrawn"):
            continue  # one is the index, an e-mail address; who withdrew is in neither table
        column = _column(crowd, question, others)
        if not question.required and question.answer not in ALWAYS:
            empty = crowd.draws.one(f"{question.answer}: missing") < missing
            nothing = default_of(question)
            column = [nothing if e else v for e, v in zip(empty, column, strict=True)]
        columns[question.answer] = column
    return columns


def _column(crowd: Crowd, question: Question, others: Sequence[str]) -> list[Any]:
    answer, kind = question.answer, question.kind
    if answer == "email":
        return list(crowd.emails)
    if answer == "name":
        return list(crowd.names)
    if answer == "department":
        return [crowd.programme.departments[k].key for k in crowd.department]
    if answer == "interests" and question.options:
        return crowd.interests
    if answer == "language":
        return [_spoken(question, language) for language in crowd.language]
    if kind == "moment":
        return _moments(crowd, answer)
    if kind == "number":
        return _numbers(crowd, answer)
    if kind == "yes or no":
        return [bool(u < 0.3) for u in crowd.draws.one(answer)]
    if kind in ("one of", "any of"):
        return _options(crowd, question)
    return _texts(crowd, answer, others)


def _options(crowd: Crowd, question: Question) -> list[Any]:
    options, answer = question.options, question.answer
    if not options:
        topics = crowd.topics(answer)
        return [t[:1] for t in topics] if question.kind == "any of" else [t[0] for t in topics]
    draws = crowd.draws(answer, len(options) + 1)
    if question.kind == "one of":
        weights = np.arange(len(options), 0, -1.0) ** 2
        return [options[k].key for k in choice(weights, draws[:, 0])]
    chance = np.full((crowd.n, len(options)), 0.75 if answer == "share" else 0.45)
    if answer == "languages":
        for k, option in enumerate(options):
            chance[:, k] = [_speaks(option.name("en"), language) for language in crowd.language]
    if answer == "share":  # an answer that one is not asked for cannot be passed on
        asked = {q.answer for q in crowd.programme.questions_of(crowd.side)}
        other = {q.answer for q in crowd.programme.questions} - asked
        chance[:, [k for k, option in enumerate(options) if option.key in other]] = 1e-9
    ticked = draws[:, 1:] < chance
    # Who ticks nothing ticks the likeliest box: an empty answer is drawn elsewhere.
    nothing = ~ticked.any(axis=1)
    ticked[nothing, (draws[:, 1:] / chance).argmin(axis=1)[nothing]] = True
    keys = [option.key for option in options]
    return [tuple(keys[k] for k in np.flatnonzero(row)) for row in ticked]


def _numbers(crowd: Crowd, answer: str) -> list[Any]:
    if answer in ("places", "demand"):
        return [1] * crowd.n
    if "year" in answer:
        return [crowd.year - 1 - int(u * 30) for u in crowd.draws.one(answer)]
    return [1 + int(u * 5) for u in crowd.draws.one(answer)]


def _moments(crowd: Crowd, answer: str) -> list[Any]:
    """Return when people signed up, or for other moments when some of them had begun to."""
    if answer == "submitted":
        return list(crowd.submitted)
    return [
        end - timedelta(minutes=2 + int(u * 40)) if here < 0.4 else None
        for end, (here, u) in zip(crowd.submitted, crowd.draws(answer, 2).tolist(), strict=True)
    ]


def _texts(crowd: Crowd, answer: str, others: Sequence[str]) -> list[Any]:
    meaning = next((m for m, spelled in MEANINGS.items() if answer in spelled), "")
    if meaning == "employer":
        return [words["employer"] for words in crowd.words]
    if meaning == "job":
        titles = [words["job_title"] for words in crowd.words]
        return [title[0].upper() + title[1:] for title in titles]
    if meaning == "conflict":
        draws = crowd.draws(answer, 2).tolist()
        return [pick(others, b) if a < 0.04 and others else "" for a, b in draws]
    lists = {lang: phrases().sentences(crowd.side, answer, lang) for lang in LANGUAGES}
    if not all(lists.values()):
        lists = {
            lang: (tuple(either(pair, lang) for pair in phrases().remarks),) for lang in LANGUAGES
        }
    draws = crowd.draws(answer, 2 * max(len(part) for part in lists.values()))
    return [
        compose(lists[language], iter(row), words)
        for language, row, words in zip(crowd.language, draws.tolist(), crowd.words, strict=True)
    ]


def default_of(question: Question) -> Any:
    """Return what an empty cell means for a question.

    Examples
    --------
    >>> default_of(Question("interests", "mentees", ("Interests",), "any of"))
    ()
    >>> default_of(Question("places", "mentors", ("Places",), "number", default="1"))
    1
    """
    if not question.default:
        return missing_answer(question)
    return read_answer(tidy(question.default), question)


def _speaks(spoken: str, language: str) -> float:
    """Return how likely it is that somebody speaks a language, by the one they answer in."""
    if spoken == "Swedish":
        return 1.0 if language == "sv" else 0.4
    if spoken == "English":
        return 0.9 if language == "sv" else 1.0
    return 0.05


def _spoken(question: Question, language: str) -> str:
    """Return the option that stands for the language somebody answers in."""
    wanted = {"en": ("en", "english", "engelska"), "sv": ("sv", "swedish", "svenska")}[language]
    for option in question.options:
        if {fold(option.key), fold(option.name.en), fold(option.name.sv)} & set(wanted):
            return option.key
    return language
