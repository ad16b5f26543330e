"""Prices to begin with, guessed from a sample of people: they save readings, never change pairs.

Where scores are inner products, so are good prices nearly: what a mentor costs is guessed as
``w . y + b`` of what encodes her. The dual of the assignment (Kuhn 1955) is smoothed (Cuturi and
Peyré 2016, section 5) and minimised over ``w`` and ``b``. People of the sample are weighted so that
they are on average what all are (calibration: Deville and Särndal 1992), as prices depend on who is
scarce; what all places together are like is known without a sample.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.grid import SCORE_BITS
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.bans import Bans

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

#: From so many cells on a guess pays.
LARGE = 2**25
_ROWS, _COLUMNS, _STEPS = 1024, 2048, 25
_SOFT = 0.08  # of the spread of scores
_MANY = 2**15
_MOST_KINDS = 32
_RIDGE = 1e-5


def start_prices(problem: Problem, bans: Bans) -> Ints | None:
    """Return prices of all places to begin with, in steps of the grid; None without a guess.

    Parameters
    ----------
    problem : Problem
        The question.
    bans : Bans
        What it forbids.
    """
    fit, (n, m) = problem.scores, problem.shape
    if not isinstance(fit, Encodings) or n * m < LARGE or len(bans.table.T) > _MOST_KINDS:
        return None
    rng = np.random.default_rng(0)
    wanting = np.flatnonzero(problem.mentee_demand > 0)
    offering = np.flatnonzero(problem.mentor_capacity > 0)
    if not len(wanting) or not len(offering):
        return None
    rows = rng.permutation(wanting)[: min(_ROWS, max(len(wanting) // 12, 1))]
    columns = rng.permutation(offering)[: min(_COLUMNS, max(len(offering) // 6, 1))]
    # The products are small: several threads would mostly wait for each other.
    with threadpool_limits(1, "blas"):
        sample = _Sample(problem, bans, (wanting, offering), (rows, columns))
        found = minimize(
            sample.value,
            np.zeros(sample.width),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS},
        )
    prices = np.maximum(sample.features(np.arange(m)) @ found.x, 0.0)
    prices = np.minimum(prices, 2 * fit.largest)
    if len(wanting) <= int(problem.mentor_capacity.sum()):
        prices -= prices[offering].min()  # all may be matched, then no level is better than another
    return np.asarray(np.rint(prices * 2.0**SCORE_BITS), np.int64)


class _Sample:
    """The smoothed dual on a sample of people, over prices that are inner products."""

    def __init__(
        self, problem: Problem, bans: Bans, every: tuple[Ints, Ints], some: tuple[Ints, Ints]
    ) -> None:
        self.fit, self.bans = problem.scores, bans
        (wanting, offering), (rows, columns) = every, some
        self.kinds = len(bans.table.T)
        self.width = self.fit.mentors.shape[1] + self.kinds
        many = offering[:: -(-len(offering) // _MANY)]
        places = problem.mentor_capacity[many].astype(np.float64)
        total = float(problem.mentor_capacity[offering].sum())
        self.places = (places * total / places.sum() / len(wanting)).astype(np.float32)
        self.many = self.features(many).astype(np.float32)
        self.scores: Singles = self.fit.mentees[rows] @ self.fit.mentors[columns].T
        self.scores[~bans.table[np.ix_(bans.row_kinds[rows], bans.col_kinds[columns])]] = -1e6
        self.scores[self.scores < problem.minimum_score] = -1e6
        held = self.scores[self.scores > -1e6]
        spread = float(held.std()) if len(held) else 0.0
        self.soft = _SOFT * max(spread, 1e-3 * self.fit.largest, 1e-6)
        self.mine = self.features(columns).astype(np.float32)
        weight = _calibrated(self.features, offering, columns)
        self.bonus = (self.soft * np.log(weight * len(offering) / len(columns))).astype(np.float32)
        self.weight = _calibrated(self.wishes, wanting, rows) / len(rows)

    def features(self, columns: Ints) -> Floats:
        """Return what prices of some mentors are made of, shape (len(columns), width)."""
        kinds = self.bans.col_kinds[columns][:, None] == np.arange(self.kinds)
        return np.concatenate([self.fit.mentors[columns], kinds], axis=1)

    def wishes(self, rows: Ints) -> Floats:
        """Return what tells mentees apart, shape (len(rows), any)."""
        kinds = self.bans.row_kinds[rows][:, None] == np.arange(len(self.bans.table))
        return np.concatenate([self.fit.mentees[rows], kinds], axis=1)

    def value(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the smoothed dual at some parameters, one mentee's share, and its gradient."""
        linear = self.mine @ parameters.astype(np.float32)
        gain = self.scores + (self.bonus - np.maximum(linear, 0))
        # Nobody at all is worth 0 to a mentee.
        top = np.maximum(gain.max(axis=1), 0)
        gain -= top[:, None]
        gain /= self.soft
        np.exp(gain, out=gain)
        total = gain.sum(axis=1) + np.exp(-top / self.soft)
        demand = (self.weight / total).astype(np.float32) @ gain
        value = float(self.weight @ (top + self.soft * np.log(total)))
        demand[linear < 0] = 0
        price = np.maximum(self.many @ parameters.astype(np.float32), 0)
        value += float(self.places @ price) + _RIDGE * float(parameters @ parameters)
        slope = (self.places * (price > 0)) @ self.many - demand @ self.mine
        return value, slope + 2 * _RIDGE * parameters


def _calibrated(table: Callable[[Ints], Floats], every: Ints, some: Ints) -> Floats:
    """Return weights, about 1, by which a sample has the same mean as everybody."""
    here = table(some).astype(np.float64)
    ends = range(0, len(every), _MANY)
    away = sum(table(every[k : k + _MANY]).sum(axis=0) for k in ends) / len(every)
    away -= here.mean(axis=0)
    spread = here - here.mean(axis=0)
    inner = spread.T @ spread / len(some)
    inner.flat[:: len(inner) + 1] += 1e-6 * max(float(np.trace(inner)), 1e-30)
    weight: Floats = 1 + spread @ np.linalg.solve(inner, away)
    return weight.clip(0.1, 10)
