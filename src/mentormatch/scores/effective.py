"""How much each part of the score moves it, next to the weight that it was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import ONE
from mentormatch.scores.parts import by_lot

#: Of more people a side, this many are looked at.
MEASURED_OVER = 256

#: Mentees whose pairs are looked at together, so that memory stays small.
TOGETHER = 16


def effective_weights(fit: Compatibility, department: str | None = None) -> pd.DataFrame:
    """Return the weight that each part was given, and the weight that it has.

    A part that is nearly the same for all mentors decides little, whatever its weight. Let
    ``c[k](i, j)`` be what part k contributes to the score of a pair, ``s[k]`` the root of the mean
    over the mentees of its variance over the mentors, and ``v`` covariances within the mentees:

    - ``nominal``: the weight as it was given, as a share of all weights;
    - ``effective``: ``s[k] / sum(s)``. Where it is twice another part's, going from one mentor to
      another moves the score twice as much through this part. It is linear in the weight: parts
      with equal spreads have effective weights equal to their nominal ones;
    - ``variance``: ``v(c[k], sum(c)) / v(sum(c), sum(c))``, the part's share of the variance of
      the score. It goes with the square of the weight and counts what parts have in common
      half to each; a part that runs against the others may be below 0.

    Differences between mentees are left out, because they choose no mentor. Pairs with a missing
    answer count: what nobody answered decides nothing.

    Parameters
    ----------
    fit : Compatibility
        What `mentormatch.score` returned.
    department : str, optional
        Key of a department, for its mentees alone, with weights of its own if it has any. Left
        out: all mentees.

    Returns
    -------
    pandas.DataFrame
        One row a part, in the order of the parts; the index is its name. Each column adds up to
        1. ``effective`` and ``variance`` are 0 throughout where no part tells two mentors apart,
        ``nominal`` where there is no mentee.

    Raises
    ------
    KeyError
        The programme has no such department.

    Notes
    -----
    Of more than 256 people a side, those are taken whose ids have the smallest hashes. All sums
    are whole numbers, so that no order of rows and no processor changes them. The share of
    variance is the natural decomposition of the variance of a sum: A. F. Shorrocks, Inequality
    Decomposition by Factor Components, Econometrica 50 (1982), 193-211.

    Examples
    --------
    >>> import mentormatch as mm
    >>> table = effective_weights(mm.score(mm.make_cohort(40, 30, seed=1)))
    >>> list(table.columns), table.loc["goals", "nominal"].round(2)
    (['nominal', 'effective', 'variance'], np.float64(0.39))
    """
    rows = np.arange(fit.shape[0])
    if department is not None:
        fit.cohort.programme.department(department)
        own = fit.cohort.mentees.get("department")
        rows = rows[[] if own is None else (own == department).to_numpy()]
    given = np.zeros(len(fit.parts))
    if len(rows):
        given = fit.grid_weights[fit.mentee_groups[rows]].sum(axis=0) / (len(rows) * ONE)
    moved = _moved(
        fit,
        by_lot(rows, fit.mentee_ids, MEASURED_OVER),
        by_lot(np.arange(fit.shape[1]), fit.mentor_ids, MEASURED_OVER),
    )
    spread = np.sqrt(np.array([float(one) for one in np.diag(moved)]))
    share = np.array([float(one) for one in moved.sum(axis=1)])
    return pd.DataFrame(
        {"nominal": given, "effective": _shares(spread), "variance": _shares(share)},
        index=pd.Index(fit.names, name="part"),
    )


def _moved(fit: Compatibility, i: NDArray[np.intp], j: NDArray[np.intp]) -> NDArray[Any]:
    """Return the covariances of the contributions within mentees, (parts, parts), unscaled.

    Whole numbers of any size: the sum over the mentees of ``m * sum(c c') - sum(c) sum(c)'``.
    """
    total = np.zeros((len(fit.parts), len(fit.parts)), dtype=object)
    parts = [part.of(i, j) for part in fit.parts]
    weights = fit.grid_weights[fit.mentee_groups[i]]
    for start in range(0, len(i), TOGETHER):
        rows = np.arange(start, min(start + TOGETHER, len(i)))
        values = np.stack([part.block(rows) for part in parts], axis=-1)
        for one in values * weights[rows][:, None, :] // ONE:
            sums = one.sum(axis=0).astype(object)
            total += len(j) * (one.T @ one).astype(object) - np.outer(sums, sums)
    return total


def _shares(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = sizes.sum()
    return sizes / whole if whole > 0 else np.zeros(len(sizes))
