"""How sure each pair is: in how many draws of slightly other weights it is made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.problem import Scores
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve_beside
from mentormatch.scores.compatibility import BITS, Compatibility
from mentormatch.scores.curve import ONE
from mentormatch.telling.people import People

_HELD = 2**25  # values of parts kept in memory between draws


def sureness(
    matching: Matching, draws: int = 100, spread: float = 0.25, seed: int = 0
) -> pd.DataFrame:
    """Return for every pair the share of draws in which it is made again under other weights.

    Nobody knows to the decimal how much each part of the score should weigh. Each draw multiplies
    every weight by a random factor ``exp(spread * z)`` with ``z`` standard normal (log-normal
    around the weight, the same factor in departments with weights of their own), and makes the
    best list anew, under the same rules and the same lottery. A part that weighs nothing still
    weighs nothing. Each draw costs as much as making the list, or less: it begins at the prices of
    the list as it is, and what proves there how many can be matched is tried first.

    Parameters
    ----------
    matching : Matching
        Pairs of a cohort, from `mentormatch.match` or `mentormatch.formulate`.
    draws : int
        How many other weights are tried, 1 or more. A share is good to about ``1 / sqrt(draws)``.
    spread : float
        Standard deviation of the logarithm of the factors, 0 or more: at 0.25 two in three
        weights stay within a quarter of where they are.
    seed : int
        Seed of the draws. The same seed draws the same weights, whatever the order of the rows.

    Returns
    -------
    pandas.DataFrame
        ``mentee`` and ``mentor`` (ids), ``mentee_name``, ``mentor_name``, and ``stays``, from 0 to
        1; in the order of ``matching.pairs``. Draws under which no list keeps the rules (where
        scores may be too low) count as draws without the pair.

    Raises
    ------
    ProblemError
        The scores are a plain matrix: there are no weights to vary.
    ValueError
        `draws` is below 1, or `spread` is negative or no number.

    Examples
    --------
    >>> import mentormatch as mm
    >>> table = sureness(mm.match(mm.make_cohort(12, 10, seed=1)), draws=5)
    >>> bool(table["stays"].between(0, 1).all())
    True
    """
    fit = matching.problem.scores
    if not isinstance(fit, Compatibility):
        raise ProblemError("the scores are a plain matrix: there are no weights to vary")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    if not 0 <= spread < np.inf:
        raise ValueError(f"spread must be a number, 0 or more, not {spread}")
    rng = np.random.default_rng(seed)
    names = sorted(fit.names)
    held = _Held(fit) if fit.shape[0] * fit.shape[1] * len(names) <= _HELD else None
    stays = np.zeros(len(matching), np.int64)
    for _ in range(draws):
        drawn = np.exp(spread * rng.standard_normal(len(names)))
        other = _reweighed(fit, dict(zip(names, drawn.tolist(), strict=True)))
        scores: Scores = other if held is None else held.with_weights(other)
        try:
            found = solve_beside(replace(matching.problem, scores=scores), matching)
        except InfeasibleError:
            continue
        m = matching.problem.shape[1]
        stays += np.isin(matching.rows * m + matching.columns, found.rows * m + found.columns)
    people = People(matching.problem, "en")
    return pd.DataFrame(
        {
            "mentee": matching.pairs["mentee"],
            "mentor": matching.pairs["mentor"],
            "mentee_name": [people.name("mentees", i) for i in matching.rows.tolist()],
            "mentor_name": [people.name("mentors", j) for j in matching.columns.tolist()],
            "stays": stays / draws,
        }
    )


def _reweighed(fit: Compatibility, factors: Mapping[str, float]) -> Compatibility:
    """Return the scores with every weight multiplied by its factor."""

    def times(weights: Mapping[str, float]) -> dict[str, float]:
        return {name: weight * factors[name] for name, weight in weights.items()}

    apart = {key: times(own) for key, own in fit.department_weights.items()}
    return replace(fit, weights=times(fit.weights), department_weights=apart)


class _Held:
    """The values of all parts in memory, so that other weights need no texts compared again."""

    def __init__(self, fit: Compatibility) -> None:
        self.shape = fit.shape
        everyone = np.arange(fit.shape[0])
        # Values are at most 2**20.
        self.values = [part.block(everyone).astype(np.int32) for part in fit.parts]
        self.weights, self.groups = fit.grid_weights, fit.mentee_groups

    def with_weights(self, fit: Compatibility) -> _Held:
        """Return the same values, weighed as other scores are."""
        other = object.__new__(_Held)
        other.__dict__ |= self.__dict__ | {"weights": fit.grid_weights}
        return other

    def block(self, rows: Any) -> NDArray[np.float64]:
        """Return the scores of some mentees with all mentors, bit for bit as the cohort's are."""
        weights = self.weights[self.groups[rows]]
        total = np.zeros((len(weights), self.shape[1]), np.int64)
        for k, values in enumerate(self.values):
            total += values[rows] * weights[:, k, None] >> BITS
        return total / ONE

    def at(self, i: Any, j: Any) -> NDArray[np.float64]:
        """Return the scores of listed pairs."""
        weights = self.weights[self.groups[i]]
        parts = [values[i, j] * weights[:, k] >> BITS for k, values in enumerate(self.values)]
        total: NDArray[np.int64] = np.sum(parts, axis=0, dtype=np.int64)
        return total / ONE
