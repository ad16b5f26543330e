"""How a made-up cohort comes about: as many people as asked for, with answers like real ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr

from mentormatch.errors import Fault, InputError
from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme import (
    SIDES,
    Department,
    Option,
    Programme,
    Question,
    Rule,
    Words,
)
from mentormatch.people.programme_file.reader import read_programme
from mentormatch.people.synthetic.crowd import Crowd
from mentormatch.people.synthetic.replies import reply
from mentormatch.words import say

Numbers = NDArray[np.float64]

_MOST_PLACES = 10_000_000


def make_cohort(
    n_mentees: int,
    n_mentors: int,
    departments: int = 8,
    scarcity: float = 1.0,
    seed: int = 0,
    *,
    skew: float = 0.5,
    swedish: float = 0.5,
    missing: float = 0.1,
    programme: Programme | None = None,
) -> Cohort:
    """Make up a cohort that signs up for a programme.

    A person is the same whatever the number of people: a larger cohort adds people after those of
    a smaller one. Only mentors' places, and whom a conflict names, depend on the numbers.

    Parameters
    ----------
    n_mentees, n_mentors : int
        How many people, 0 or more.
    departments : int
        How many departments, 1 or more: the first ones of the programme, then numbered ones.
    scarcity : float
        Mentees for each place, above 0; there are ``n_mentees / scarcity`` places, rounded. Every
        mentor has one or more, unless there are more mentors than places.
    seed : int
        Another seed gives other people, 0 or more.
    skew : float
        From 0, departments and interests are equally popular, to 1, a few are very popular.
    swedish : float
        Share of people who answer in Swedish, 0 to 1; the others answer in English.
    missing : float
        Share of voluntary answers that are left empty, 0 to 1.
    programme : Programme, optional
        What they sign up for; the model programme if left out.

    Returns
    -------
    Cohort
        Every answer that the programme's questions ask for, in the form `Cohort` describes. Ids
        are e-mail addresses.

    Raises
    ------
    InputError
        A number is outside its range, or there would be more than ten million places.

    Examples
    --------
    >>> cohort = make_cohort(40, 30, seed=1)
    >>> cohort
    Cohort(40 mentees, 30 mentors)
    >>> int(cohort.mentors["places"].sum())
    40
    """
    _check(
        whole={"n_mentees": (n_mentees, 0), "n_mentors": (n_mentors, 0),
               "departments": (departments, 1), "seed": (seed, 0)},
        ratio={"scarcity": scarcity},
        share={"skew": skew, "swedish": swedish, "missing": missing},
    )  # fmt: skip
    if programme is None:
        programme = read_programme(example_folder() / "programme.toml")
    programme = with_departments(programme, departments)
    number = {"mentees": n_mentees, "mentors": n_mentors}
    crowds = {
        side: Crowd(side, number[side], programme, seed=seed, skew=skew, swedish=swedish)
        for side in SIDES
    }
    tables = {}
    for side, other in zip(SIDES, reversed(SIDES), strict=True):
        crowd = crowds[side]
        answers = reply(crowd, missing, crowds[other].names)
        if "places" in answers and side == "mentors":
            total = round(n_mentees / scarcity)
            answers["places"] = _places(n_mentors, total, crowd.draws("places", 2)).tolist()
        index = pd.Index(crowd.emails, dtype="str", name="id")
        columns = {q.answer: q for q in programme.questions_of(side)}
        tables[side] = pd.DataFrame(
            {name: _column(columns[name], given, index) for name, given in answers.items()},
            index=index,
        )
    return Cohort(tables["mentees"], tables["mentors"], programme)


def _column(question: Question, answers: Sequence[Any], index: pd.Index[str]) -> pd.Series[Any]:
    """Return answers in the type that `read_cohort` gives them."""
    dtype = {"any of": "object", "moment": "datetime64[us]", "yes or no": "bool"}
    kind = dtype.get(question.kind, "str")
    if question.kind == "number":
        kind = "int64" if all(isinstance(answer, int) for answer in answers) else "float64"
    elif question.kind == "yes or no" and not all(isinstance(answer, bool) for answer in answers):
        kind = "object"
    return pd.Series(answers, index=index, dtype=kind)


def _check(
    whole: Mapping[str, tuple[Any, int]], ratio: Mapping[str, Any], share: Mapping[str, Any]
) -> None:
    faults = []
    for name, (value, least) in whole.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            faults.append(Fault("synthetic.whole", details={"name": name, "least": str(least)}))
    for name, value in ratio.items():
        if not _is_number(value) or not 0 < value < math.inf:
            faults.append(Fault("synthetic.ratio", details={"name": name}))
    for name, value in share.items():
        if not _is_number(value) or not 0 <= value <= 1:
            faults.append(Fault("synthetic.share", details={"name": name}))
    if not faults and whole["n_mentees"][0] > _MOST_PLACES * ratio["scarcity"]:
        details = {"name": "scarcity", "most": str(_MOST_PLACES)}
        faults.append(Fault("synthetic.places", details=details))
    if faults:
        raise InputError(faults)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def with_departments(programme: Programme, number: int) -> Programme:
    """Return a programme with its first departments only, or with numbered ones added.

    Weights and rules that name a department which is left out go with it.
    """
    kept = programme.departments[:number]
    added = tuple(
        Department(
            f"department-{k}",
            Words(*(say("synthetic.department", language, number=k) for language in ("en", "sv"))),
        )
        for k in range(len(kept) + 1, number + 1)
    )
    gone = {department.key for department in programme.departments[number:]}
    found = kept + added
    options = tuple(Option(d.key, d.name, d.aliases) for d in found)
    return replace(
        programme,
        departments=found,
        questions=tuple(
            replace(q, options=options) if q.answer == "department" and q.options else q
            for q in programme.questions
        ),
        department_weights={
            key: weights for key, weights in programme.department_weights.items() if key not in gone
        },
        rules=tuple(rule for rule in (_without(r, gone) for r in programme.rules) if rule),
    )


def _without(rule: Rule, gone: set[str]) -> Rule | None:
    """Return a rule that no longer names departments that are gone; None if nothing is left."""
    settings: dict[str, Any] = {}
    for name, value in rule.settings.items():
        if isinstance(value, str) and value in gone:
            return None
        kept = value
        if isinstance(value, (list, tuple)):
            kept = type(value)(
                entry for entry in value if not (isinstance(entry, str) and entry in gone)
            )
        elif isinstance(value, Mapping):
            kept = {key: entry for key, entry in value.items() if key not in gone}
        if value and isinstance(value, (list, tuple, Mapping)) and not kept:
            return None
        settings[name] = kept
    return replace(rule, settings=settings)


def _places(n: int, total: int, draws: Numbers) -> NDArray[np.int64]:
    """Share out places: one for each mentor, the others by lot; exactly `total` in all.

    The lot is binomial, so that nobody takes on far more than the others.
    """
    if total <= n:
        places = np.zeros(n, dtype=np.int64)
        places[np.argsort(draws[:, 0], kind="stable")[:total]] = 1
        return places
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    more = (total - n) / n
    most = max(2, math.ceil(2 * more))
    chance = more / most
    extra = np.searchsorted(bdtr(np.arange(most), most, chance), draws[:, 0], side="right")
    order = np.argsort(draws[:, 1], kind="stable")
    while (left := total - n - int(extra.sum())) != 0:
        step = 1 if left > 0 else -1
        free = order[extra[order] < most] if step > 0 else order[extra[order] > 0]
        extra[free[: abs(left)]] += step
    return (extra + 1).astype(np.int64)
