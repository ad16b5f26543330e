"""Which weights of the score past pairs speak for, or why they cannot tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from mentormatch.errors import Fault, ProblemError
from mentormatch.scores.curve import Floats
from mentormatch.scores.history import History, frame_history, shares
from mentormatch.scores.slopes import Sample, in_order
from mentormatch.scores.verdict import Found, LearnedWeights, together, told
from mentormatch.scores.weights import faults_of
from mentormatch.words import Sentence, sentence

#: Fewer pairs say nothing, nor do fewer for each weight that is to be learned.
LEAST_PAIRS, LEAST_PAIRS_A_PART = 30, 10

#: Fewer mentors say nothing, and neither do fewer pairs that were kept, or were not.
LEAST_MENTORS, LEAST_A_KIND = 15, 10

#: Chance must make ratings rise with the parts so in fewer than this share of cases, and make such
#: a difference from the present weights in fewer than that. Where ratings are mere noise, the first
#: is what keeps it from being taken for weights.
NO_SIGNAL, CHANCE = 0.01, 0.05

#: How sure an interval is, and how wide one may be: a weight less known is as good as unknown.
SURE, WIDEST = 0.95, 0.5

#: Samples drawn anew for the intervals, draws of signs for a test, rounds of cross-validation.
DRAWS, SIGNS, ROUNDS = 1000, 999, 10

#: A part more of whose variance than this comes from other parts has no weight of its own.
SHARED = 0.99

#: Weights are given to so many decimals.
DECIMALS = 4


def learn_weights(
    history: History | pd.DataFrame,
    present: Mapping[str, float] | None = None,
    *,
    keep: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    seed: int = 0,
) -> LearnedWeights:
    """Learn the weights of the score from past pairs, and say whether to trust them.

    The weights are the slopes, none of them below 0, with which ratings rise with the values of
    the parts (for kept and rejected pairs: the odds of being kept, in a logistic model), divided by
    their sum. Intervals come from samples drawn anew, mentor by mentor (percentiles, widened for
    small samples as by Hesterberg, The American Statistician, 2015). They are recommended if all of
    this holds: there are enough pairs and mentors; chance would seldom make ratings rise with the
    parts as they do; it would seldom make such a difference from the present weights if these
    were right; no interval is wider than a half; and on pairs set aside they order outcomes better
    than the present ones do.

    Parameters
    ----------
    history : History or DataFrame
        What `mentormatch.history` returned; or one row a pair and one column a part, with values
        in [0, 1], and a column ``rating`` (numbers, more is better) or ``kept`` (True or False).
        Columns ``mentee`` and ``mentor`` may hold ids: pairs of one mentor count as alike.
    present : mapping of str to float, optional
        The weights used at present; only their ratios matter, and parts not named have none. Left
        out: those of the scores that `history` was made from; for a DataFrame equal ones.
    keep : sequence of str
        Parts that keep their present weight. What they do to ratings is taken into account.
    scale : (float, float), optional
        Lowest and highest rating in a DataFrame, to find typing errors; else any number will do.
    seed : int
        Of the samples drawn anew. The order of the pairs has no influence.

    Raises
    ------
    ProblemError
        A rating, value or id is missing, no number or outside its range; a pair stands there
        twice; a part has one value for all pairs, or follows from the others, and is not in
        `keep`; `keep` or `present` name no part; a weight is negative, or all are 0. All faults of
        one kind are told at once.

    Examples
    --------
    >>> rng = np.random.default_rng(7)
    >>> past = pd.DataFrame(rng.random((150, 3)), columns=["department", "interests", "goals"])
    >>> liked = 0.2 * past["department"] + 0.7 * past["interests"] + 0.1 * past["goals"]
    >>> past["rating"] = (1 + 4 * liked + rng.normal(0, 0.4, 150)).round().clip(1, 5)
    >>> learned = learn_weights(past)
    >>> learned.recommended, learned.low["interests"] < 0.7 < learned.high["interests"]
    (True, True)
    >>> learn_weights(past[:20]).reasons
    ('Keep the present weights.', '20 pairs are too few: to learn 3 weights it takes 30 or more.')
    """
    past = history if isinstance(history, History) else frame_history(history, scale)
    if present is not None:
        _check_present(past, present)
        past = replace(past, present=shares(present, past.parts))
    wanted = _wanted(past, keep)
    too_few = _too_few(past, wanted)
    if too_few:
        return told(past, _nothing(past, wanted), wanted, too_few)
    sample = _sample(past, wanted)
    if np.ptp(past.outcomes) == 0:
        return told(past, _nothing(past, wanted), wanted, [sentence("learning.all_alike")])
    now = np.array([past.present[name] for name in wanted])
    rng = np.random.default_rng(seed)
    found = _found(past, sample, wanted, now, rng)
    against = _against(past, found, sample, rng)
    return told(past, found, wanted, against)


def _check_present(past: History, present: Mapping[str, float]) -> None:
    faults = faults_of(present)
    for name in present:
        if name not in past.parts:
            faults.append(Fault("learning.unknown_present", value=str(name), accepted=past.parts))
    if faults:
        raise ProblemError(faults)


def _wanted(past: History, keep: Sequence[str]) -> tuple[str, ...]:
    """Return the parts whose weights are to be learned."""
    faults = [
        Fault("learning.unknown_keep", value=str(name), accepted=past.parts)
        for name in keep
        if name not in past.parts
    ]
    wanted = tuple(name for name in past.parts if name not in keep)
    if not faults and not any(past.present[name] for name in wanted):
        faults.append(Fault("learning.nothing_left"))
    if faults:
        raise ProblemError(faults)
    return wanted


def _too_few(past: History, wanted: Sequence[str]) -> list[Sentence]:
    """Return what there is too little of to learn anything, in words."""
    least = max(LEAST_PAIRS, LEAST_PAIRS_A_PART * len(wanted))
    short = []
    if len(past) < least:
        of = {"count": len(past), "parts": len(wanted), "least": least}
        short.append(sentence("learning.too_few_pairs", **of))
    mentors = len(set(past.mentors))
    if past.mentors and mentors < LEAST_MENTORS:
        short.append(sentence("learning.too_few_mentors", count=mentors, least=LEAST_MENTORS))
    kept = int(past.outcomes.sum())
    rejected = len(past) - kept
    if past.kind == "kept" and min(kept, rejected) < LEAST_A_KIND:
        of = {"kept": kept, "rejected": rejected, "least": LEAST_A_KIND}
        short.append(sentence("learning.too_few_kept", **of))
    return short


def _sample(past: History, wanted: Sequence[str]) -> Sample:
    """Return the pairs in numbers; ProblemError where parts cannot be told apart."""
    spread = np.ptp(past.values, axis=0) > 0
    flat = [name for k, name in enumerate(past.parts) if name in wanted and not spread[k]]
    columns = [k for k in range(len(past.parts)) if spread[k]]
    faults = [Fault("learning.constant", column=name) for name in flat]
    # 1 - 1 / (diagonal of the inverse correlations) is what other parts explain of each.
    alike = np.corrcoef(past.values[:, columns], rowvar=False).reshape(len(columns), -1)
    own = 1 / np.diag(np.linalg.inv(alike + 1e-9 * np.eye(len(columns))))
    faults += [
        Fault("learning.alike", column=past.parts[k])
        for k, left in zip(columns, own, strict=True)
        if past.parts[k] in wanted and left < 1 - SHARED
    ]
    if faults:
        raise ProblemError(faults)
    inside = [k for k in columns if past.parts[k] in wanted]
    others = [k for k in columns if past.parts[k] not in wanted]
    values, beside = past.values[:, inside], past.values[:, others]
    return Sample(values, beside, past.outcomes, past.groups, past.kind == "kept")


def _found(
    past: History,
    sample: Sample,
    wanted: Sequence[str],
    now: Floats,
    rng: np.random.Generator,
) -> Found:
    """Return weights, intervals, tests and the scores in cross-validation."""
    drawn = sample.resampled(DRAWS, rng)
    nothing = drawn.sum(axis=1) == 0
    ratios = drawn / np.where(nothing, 1, drawn.sum(axis=1))[:, None]
    # A sample without any slope leaves every weight possible.
    ends = [np.where(nothing[:, None], end, ratios) for end in (0.0, 1.0)]
    left = max(sample.number_of_groups - len(wanted) - 1, 1)
    wide = math.sqrt(sample.number_of_groups / left) * t.ppf((1 - SURE) / 2, left)
    share = math.fsum(now)
    low, high = (
        share * np.quantile(end, level, axis=0)
        for end, level in zip(ends, (norm.cdf(wide), norm.sf(wide)), strict=True)
    )
    weights = np.round(share * _ratios(sample.slopes(), now), DECIMALS)
    weights[weights.argmax()] += share - math.fsum(weights)
    scores = _ordered(past, sample, wanted, now, rng)
    grid = 10**DECIMALS
    return Found(
        _filled(past, wanted, weights),
        _filled(past, wanted, np.minimum(np.floor(low * grid) / grid, weights)),
        _filled(past, wanted, np.maximum(np.ceil(high * grid) / grid, weights)),
        *scores,
        sample.chance(now, SIGNS, rng),
    )


def _ratios(slopes: Floats, now: Floats) -> Floats:
    """Return slopes as shares of their sum; the present shares where there is no slope."""
    chosen = slopes if slopes.sum() > 0 else now
    made: Floats = chosen / chosen.sum()
    return made


def _filled(past: History, wanted: Sequence[str], found: Floats) -> dict[str, float]:
    """Return one number a part: what was found, and the present weight of those that are kept."""
    learned = dict(zip(wanted, found.tolist(), strict=True))
    return {name: learned.get(name, past.present[name]) for name in past.parts}


def _ordered(
    past: History,
    sample: Sample,
    wanted: Sequence[str],
    now: Floats,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return how well weights learned from other pairs order pairs, and how well the present do."""
    weights = np.array([past.present[name] for name in past.parts])
    places = [past.parts.index(name) for name in wanted]
    share = math.fsum(now)
    couples, learned, present = 0, 0.0, 0.0
    for test in sample.folds(ROUNDS, rng):
        outcomes = sample.outcomes[test]
        then = weights.copy()
        then[places] = share * _ratios(sample.slopes((~test).astype(np.float64)), now)
        right, unequal = in_order(past.values[test] @ then, outcomes)
        learned, couples = learned + right, couples + unequal
        present += in_order(past.values[test] @ weights, outcomes)[0]
    return (learned / couples, present / couples) if couples else (0.5, 0.5)


def _against(
    past: History, found: Found, sample: Sample, rng: np.random.Generator
) -> list[Sentence]:
    """Return what speaks against using the learned weights, in words."""
    if sample.chance(None, SIGNS, rng) >= NO_SIGNAL:
        if sample.upside_down().chance(None, SIGNS, rng) < NO_SIGNAL:
            rated = past.kind == "rating"
            return [sentence("learning.upside_down" if rated else "learning.upside_down_kept")]
        return [sentence("learning.no_signal")]
    against = []
    unknown = [name for name in found.weights if found.high[name] - found.low[name] > WIDEST]
    if unknown:
        # Where pairs hardly differ in a part, it is this one that leaves the others open.
        culprits = [name for name in unknown if name in past.narrow] or unknown
        parts = together([past.label(name) for name in culprits])
        against.append(sentence("learning.open", parts=parts))
    if found.chance >= CHANCE:
        of = {"percent": round(100 * found.chance), "most": round(100 * CHANCE)}
        against.append(sentence("learning.same_as_present", **of))
    elif found.score_learned <= found.score_present:
        against.append(sentence("learning.no_gain"))
    return against


def _nothing(past: History, wanted: Sequence[str]) -> Found:
    """Return what is known where nothing can be told."""
    low = {name: 0.0 if name in wanted else past.present[name] for name in past.parts}
    high = {name: 1.0 if name in wanted else past.present[name] for name in past.parts}
    return Found(dict(past.present), low, high)
