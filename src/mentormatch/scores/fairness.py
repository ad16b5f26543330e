"""Whether people are scored higher for writing in the same language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mentormatch.scores.answers import column
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import Integers
from mentormatch.scores.join import Join, Levels
from mentormatch.scores.parts import Part, by_lot
from mentormatch.words import LANGUAGES

#: So many mentees are looked at, and so many of the best mentors of each.
OVER, TOP = 256, 5
#: Mentees whose pairs are scored together, so that memory stays small.
TOGETHER = 16


def own_language_share(fit: Compatibility, name: str = "goals") -> tuple[float, float] | None:
    """Return the share of one's own language among unrelated texts, before and after evening out.

    For each mentee as many mentors of other departments are drawn in the mentee's language as in
    others, and the five whose texts score highest are looked at. What they write about has little
    to do with the mentee's field, so one's own language should be half of them. Where texts of the
    same language simply look more alike, it is nearer to 1.

    Parameters
    ----------
    fit : Compatibility
        What `mentormatch.score` returned.
    name : str
        The part that compares texts.

    Returns
    -------
    tuple of float, or None
        Before and after the levels of languages are made even. None where there is no such part,
        or too few people of two languages in different departments.
    """
    part = next((one for one in fit.parts if one.name == name and one.join is not None), None)
    if part is None or part.join is None:
        return None
    ours = _languages(part.join.mentees, part.join.mentee_languages)
    theirs = _languages(part.join.mentors, part.join.mentor_languages)
    homes = [np.array(column(fit.cohort, side, "department")) for side in ("mentees", "mentors")]
    asked: list[tuple[int, NDArray[np.intp], int]] = []
    sure = len(LANGUAGES)  # texts whose language is not sure stand behind all languages
    asking = np.flatnonzero(part.mentee_known & (ours < sure))
    for i in by_lot(asking, fit.mentee_ids, OVER).tolist():
        others = np.flatnonzero(part.mentor_known & (theirs < sure) & (homes[1] != homes[0][i]))
        others = by_lot(others, fit.mentor_ids, 8 * OVER)
        own = others[theirs[others] == ours[i]]
        foreign = others[theirs[others] != ours[i]]
        many = min(len(own), len(foreign))
        if many >= TOP:
            pool = np.concatenate([by_lot(some, fit.mentor_ids, many) for some in (own, foreign)])
            asked.append((i, pool, many))
    if not asked:
        return None
    before, after = (float(np.mean(_shares(one, asked))) for one in (_uneven(part), part))
    return before, after


def _languages(starts: NDArray[np.intp], languages: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the language of each person's first text."""
    return languages[starts[:-1]]


def _shares(part: Part, asked: Sequence[tuple[int, NDArray[np.intp], int]]) -> list[float]:
    """Return for each mentee the share of the first so many of a pool among its best.

    Mentors who are equal at the edge of the best count in parts.
    """
    everybody = np.unique(np.concatenate([pool for _, pool, _ in asked]))
    some = part.of(np.array([i for i, _, _ in asked], np.intp), everybody)
    found = []
    for k, (_, pool, many) in enumerate(asked):
        if k % TOGETHER == 0:
            block = some.block(np.arange(k, min(k + TOGETHER, len(asked))))
        values: Integers = block[k % TOGETHER, np.searchsorted(everybody, pool)]
        lowest = np.sort(values)[-TOP]
        above, level = values > lowest, values == lowest
        left = (TOP - above.sum()) / level.sum()
        found.append(float((above[:many].sum() + left * level[:many].sum()) / TOP))
    return found


def _uneven(part: Part) -> Part:
    """Return the part as if no languages had been evened out."""
    join = part.join
    if not isinstance(join, Join):
        return part
    size = join.levels.mean.shape
    usual = Levels(
        np.full(size, join.levels.usual_mean),
        np.full(size, join.levels.usual_spread),
        join.levels.usual_mean,
        join.levels.usual_spread,
    )
    return replace(part, join=replace(join, levels=usual))
