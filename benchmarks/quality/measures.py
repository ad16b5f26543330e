"""What a scorer is worth where the truth is known: what it finds, costs and favours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem
from mentormatch.matching.solve import solve

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: A mentor who is worse than this is nobody's planted best: there is none to be found.
WORTH_FINDING = 0.5

#: How many of the unrelated mentors at the top of a list are looked at.
TOP = 5

#: Resamples of a bootstrap.
RESAMPLES = 2000


def ranked(scores: Floats, seed: int) -> NDArray[np.intp]:
    """Return for each mentee the mentors from best to worst, ties in an order by lot.

    Without the lot, a scorer that finds nothing would find whoever stands first.
    """
    lots = np.random.default_rng([seed, 7]).random(scores.shape)
    return np.lexsort((lots, -scores), axis=1)


def found(
    scores: Floats, truth: Floats, seed: int, pool: Flags | None = None, rows: Flags | None = None
) -> dict[int, float]:
    """Return how often a planted best mentor is the first, and among the first five.

    Parameters
    ----------
    scores, truth : (n, m) array of float
        What a scorer says, and what is true.
    seed : int
        Of the lots.
    pool, rows : (m,) and (n,) array of bool, optional
        Mentors who can be chosen, and mentees who choose.

    Returns
    -------
    mapping of int to float
        1 and 5 -> share of the mentees, NaN where there is none; of those for whom some mentor
        of the pool is worth at least 0.5.
    """
    pool = np.ones(truth.shape[1], bool) if pool is None else pool
    rows = np.ones(truth.shape[0], bool) if rows is None else rows
    scores, truth = scores[np.ix_(rows, pool)], truth[np.ix_(rows, pool)]
    if not truth.size:
        return {1: float("nan"), TOP: float("nan")}
    most = truth.max(axis=1)
    is_best = truth >= most[:, None] - 1e-9
    order = ranked(scores, seed)
    hits = np.take_along_axis(is_best, order, axis=1)[most >= WORTH_FINDING]
    if not len(hits):
        return {1: float("nan"), TOP: float("nan")}
    return {k: float(hits[:, :k].any(axis=1).mean()) for k in (1, TOP)}


def regret(scores: Floats, truth: Floats, seed: int) -> float:
    """Return which share of the planted optimum is lost when pairs are made by these scores.

    Both matchings are the library's own: as many mentees as possible, then the highest total; one
    mentee a mentor.
    """
    best = _worth(truth, truth, seed)
    return (best - _worth(scores, truth, seed)) / best


def _worth(scores: Floats, truth: Floats, seed: int) -> float:
    matching = solve(Problem(scores), seed=seed)
    return float(truth[matching.rows, matching.columns].sum())


def own_language(
    scores: Floats,
    unrelated: Flags,
    mentees: NDArray[np.str_],
    mentors: NDArray[np.str_],
    seed: int,
) -> float:
    """Return the share of a mentee's own language at the top of the unrelated mentors.

    For each mentee as many unrelated mentors of either language are drawn by lot, so that a scorer
    that is blind to language has one half. NaN where nobody has five of both.
    """
    rng = np.random.default_rng([seed, 11])
    order = ranked(scores, seed)
    shares = []
    for i, language in enumerate(mentees):
        own = unrelated[i] & (mentors == language)
        other = unrelated[i] & (mentors != language)
        many = min(own.sum(), other.sum())
        if many < TOP:
            continue
        drawn = np.zeros(len(mentors), bool)
        for some in (own, other):
            drawn[rng.permutation(np.flatnonzero(some))[:many]] = True
        top = [j for j in order[i] if drawn[j]][:TOP]
        shares.append(np.mean(mentors[top] == language))
    return float(np.mean(shares)) if shares else float("nan")


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """Return the mean over seeds, and the bounds within which it lies for 95 % of resamples.

    The percentile bootstrap of Efron and Tibshirani (1993), An Introduction to the Bootstrap,
    chapter 13; seeds without a value are left out.
    """
    kept = np.array([value for value in values if not np.isnan(value)])
    if not len(kept):
        return (float("nan"),) * 3
    draws = np.random.default_rng([seed, 13]).integers(len(kept), size=(RESAMPLES, len(kept)))
    means = kept[draws].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(kept.mean()), float(low), float(high)


def measured(
    scores: Floats,
    truth: Floats,
    mentees: NDArray[np.str_],
    mentors: NDArray[np.str_],
    seed: int,
    silent: Mapping[str, Flags],
) -> dict[str, float]:
    """Return all measures of one scorer on one cohort.

    Parameters
    ----------
    scores, truth : (n, m) array of float
        What the scorer says, and what is true.
    mentees, mentors : array of str
        Language of each.
    seed : int
        Of the lots.
    silent : mapping of str to array of bool
        ``mentees`` and ``mentors`` -> who wrote nothing and so has no language.
    """
    everybody = found(scores, truth, seed)
    made = {"top 1": everybody[1], "top 5": everybody[TOP]}
    blocks: dict[str, list[float]] = {"en": [], "sv": [], "across": []}
    for ours in ("en", "sv"):
        for theirs in ("en", "sv"):
            share = found(scores, truth, seed, mentors == theirs, mentees == ours)[1]
            blocks[ours if ours == theirs else "across"].append(share)
    for name, shares in blocks.items():
        made[f"top 1 {name}"] = float(np.mean(shares))
    made["regret"] = regret(scores, truth, seed)
    unrelated = truth == 0
    unrelated[silent["mentees"]] = False
    unrelated[:, silent["mentors"]] = False
    made["own language"] = own_language(scores, unrelated, mentees, mentors, seed)
    return made
