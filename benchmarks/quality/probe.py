"""A small hand-written probe in two languages: whom a goal finds, and which tags go together."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measures import TOP, own_language, ranked
from numpy.typing import NDArray
from planted import LANGUAGES, programme
from scorers import Adapter

from mentormatch.people.cohort import Cohort

HERE = Path(__file__).parent

#: Orders by lot over which ties are averaged.
LOTS = range(10)

GOOD, PART = 2, 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Probe:
    """A cohort of single answers, and how good each pair of them is.

    Parameters
    ----------
    cohort : Cohort
        One person an answer.
    grade : (n, m) array of int
        2 for the right one, 1 for one that is near, 0 for all others.
    unrelated : (n, m) array of bool
        Pairs that have certainly nothing to do with each other: of two departments.
    ours, theirs : (n,) and (m,) array of str
        Language of each answer.
    """

    cohort: Cohort
    grade: NDArray[np.int64]
    unrelated: NDArray[np.bool_]
    ours: NDArray[np.str_]
    theirs: NDArray[np.str_]


@cache
def goals() -> Probe:
    """Return what mentees seek against what mentors offer: ``probe_goals.toml``."""
    read = _read("probe_goals.toml")["goals"]
    seeks = [(one["seek"][lang], lang, k) for k, one in enumerate(read) for lang in LANGUAGES]
    offers = [
        (text, lang, k, grade)
        for k, one in enumerate(read)
        for name, grade in (("good", GOOD), ("part", PART))
        for lang, text in one[name].items()
    ]
    grade = np.array([[g if k == own else 0 for _, _, k, g in offers] for _, _, own in seeks])
    homes = np.array([one["department"] for one in read])
    i, j = ([one[2] for one in side] for side in (seeks, offers))
    return Probe(
        _cohort([one[0] for one in seeks], [one[0] for one in offers]),
        grade,
        homes[i][:, None] != homes[j],
        np.array([one[1] for one in seeks]),
        np.array([one[1] for one in offers]),
    )


@cache
def tags() -> Probe:
    """Return every tag against every tag: ``probe_tags.toml``; a tag and itself have grade -1."""
    read = _read("probe_tags.toml")["tags"]
    place = {one["en"]: k for k, one in enumerate(read)}
    near = np.zeros((len(read), len(read)), dtype=np.int64)
    for k, one in enumerate(read):
        for name in one["related"]:
            near[k, place[name]] = near[place[name], k] = PART
    np.fill_diagonal(near, GOOD)
    which = np.repeat(np.arange(len(read)), 2)
    words = [one[lang] for one in read for lang in LANGUAGES]
    grade = near[np.ix_(which, which)]
    grade[np.array(words)[:, None] == np.array(words)] = -1
    tongues = np.array([lang for _ in read for lang in LANGUAGES])
    homes = np.array([one["department"] for one in read])[which]
    return Probe(_cohort(words, words, tags=True), grade, homes[:, None] != homes, tongues, tongues)


def probed(score: Adapter, *, texts: bool = True) -> dict[str, float]:
    """Return what a scorer finds in both halves of the probe; without `texts`, among tags alone.

    Returns
    -------
    mapping of str to float
        ``goal``: share of the goals whose right mentor is the first of all in one language, the
        goal's own (``same``) or the other (``across``), or among the first five; ``nDCG``: over
        the first ten of all mentors of both languages (Järvelin and Kekäläinen, Cumulated
        Gain-based Evaluation of IR Techniques, ACM TOIS 20 (2002), gains 2 and 1); ``own
        language``: as on planted cohorts; ``twin``: share of the tags whose twin is the first of
        the other language; ``related``: that have a related one among the first five of a
        language. Means over ten lots for ties.
    """
    found: dict[str, list[float]] = {}
    for lot in LOTS:
        values = {**(_goals(score, lot) if texts else {}), **_tags(score, lot)}
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _goals(score: Adapter, lot: int) -> dict[str, float]:
    probe = goals()
    scores = _scores(score, probe)
    made: dict[str, float] = {}
    for name, same in (("same", True), ("across", False)):
        shares = [_first(scores, probe, one, same, GOOD, lot, skip=False) for one in LANGUAGES]
        made[f"goal {name} top 1"] = float(np.mean([share[1] for share in shares]))
        made[f"goal {name} top 5"] = float(np.mean([share[TOP] for share in shares]))
    made["goal nDCG"] = _ndcg(np.take_along_axis(probe.grade, ranked(scores, lot), axis=1))
    made["goal own language"] = own_language(
        scores, probe.unrelated & (probe.grade == 0), probe.ours, probe.theirs, lot
    )
    return made


def _tags(score: Adapter, lot: int) -> dict[str, float]:
    probe = tags()
    scores = _scores(score, probe)
    twins = [_first(scores, probe, one, False, GOOD, lot, skip=False)[1] for one in LANGUAGES]
    made = {"tag twin top 1": float(np.mean(twins))}
    for name, same in (("same", True), ("across", False)):
        shares = [_first(scores, probe, one, same, PART, lot, skip=True)[TOP] for one in LANGUAGES]
        made[f"tag related {name} top 5"] = float(np.mean(shares))
    return made


def _first(
    scores: Floats, probe: Probe, language: str, same: bool, grade: int, lot: int, *, skip: bool
) -> dict[int, float]:
    """Return how often a pair of a grade is first, or among the first five, in one language.

    A thing and itself never count; with ``skip=True`` nor does what has a higher grade.
    """
    rows = probe.ours == language
    pool = (probe.theirs == language) == same
    scores, grades = scores[np.ix_(rows, pool)].copy(), probe.grade[np.ix_(rows, pool)]
    scores[(grades < 0) | ((grades > grade) & skip)] = -np.inf
    hits = np.take_along_axis(grades == grade, ranked(scores, lot), axis=1)
    hits = hits[hits.any(axis=1)]
    return {k: float(hits[:, :k].any(axis=1).mean()) for k in (1, TOP)}


def _ndcg(grades: NDArray[np.int64], first: int = 10) -> float:
    discount = 1 / np.log2(np.arange(2, first + 2))
    best = -np.sort(-grades, axis=1)
    return float(((grades[:, :first] @ discount) / (best[:, :first] @ discount)).mean())


def _scores(score: Adapter, probe: Probe) -> Floats:
    return np.asarray(score(probe.cohort).block(slice(None)), dtype=float)


def _cohort(ours: Sequence[str], theirs: Sequence[str], *, tags: bool = False) -> Cohort:
    """Return a cohort in which each has one answer, a text that may be a tag as well."""
    tables = []
    for letter, column, texts in (("e", "goals", ours), ("o", "offers", theirs)):
        index = pd.Index([f"{letter}{k:04d}" for k in range(len(texts))], dtype="str", name="id")
        columns: Mapping[str, Any] = {column: pd.Series(list(texts), index=index, dtype="str")}
        if tags:
            ticked = pd.Series([(text,) for text in texts], index=index, dtype="object")
            columns = {**columns, "interests": ticked}
        tables.append(pd.DataFrame(columns, index=index))
    return Cohort(tables[0], tables[1], programme())


def _read(name: str) -> Any:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
