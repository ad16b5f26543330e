"""How strongly outcomes rise with each of several values, none of them counted against a pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls
from scipy.stats import kendalltau

from mentormatch.scores.curve import Floats

#: Strength of the ridge, on values with variance 1: as though a tenth of a pair spoke for "no
#: slope". It is there for kept pairs that differ in every way from those that were not.
RIDGE = 0.1

#: Newton steps of a logistic fit at most, and the step below which it has arrived.
STEPS, ARRIVED = 40, 1e-9

#: Folds of a cross-validation.
FOLDS = 5

Groups = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Sample:
    """Pairs with the values of their parts and how they turned out.

    The model is ``outcome = a + sum_q b_q others_q + sum_p c_p values_p`` with every ``c_p >= 0``:
    least squares for ratings, and for yes or no the logistic likelihood of the same sum, both with
    a ridge on ``b`` and ``c``. (Lawson and Hanson, Solving Least Squares Problems, 1974, chapter
    23, for the part with signs; logistic fits take Newton steps, each of which is such a problem.)

    Parameters
    ----------
    values : (n, p) array
        What slopes are wanted of; no column is constant.
    others : (n, q) array
        What else outcomes may depend on, in either direction; no column is constant.
    outcomes : (n,) array
        Ratings, or 1 for yes and 0 for no.
    groups : (n,) array of int
        Pairs of one group (in practice: of one mentor) may turn out alike for reasons of their
        own. Groups are numbered from 0 without gaps.
    yes_or_no : bool
        Which of the two models.
    """

    values: Floats
    others: Floats
    outcomes: Floats
    groups: Groups
    yes_or_no: bool

    @cached_property
    def spread(self) -> Floats:
        """Standard deviations of the columns of `values`, (p,)."""
        made: Floats = self.values.std(axis=0)
        return made

    @cached_property
    def free(self) -> int:
        """How many columns of `columns` may have a slope of either sign: the first ones."""
        return 1 + int(self.others.shape[1])

    @cached_property
    def columns(self) -> Floats:
        """Ones, `others` and `values`, the last two with mean 0 and variance 1, (n, 1 + q + p)."""
        both = np.column_stack([self.others, self.values])
        scaled = (both - both.mean(axis=0)) / both.std(axis=0)
        return np.column_stack([np.ones(len(both)), scaled])

    @cached_property
    def ridge(self) -> Floats:
        """What the ridge adds to the diagonal of the curvature, (1 + q + p,): none for ``a``."""
        return np.concatenate([[0.0], np.full(self.columns.shape[1] - 1, RIDGE)])

    @property
    def number_of_groups(self) -> int:
        """How many groups there are."""
        return 1 + int(self.groups.max(initial=-1))

    def slopes(self, times: Floats | None = None) -> Floats:
        """Return the slopes of `values` in their own units, >= 0, (p,).

        Parameters
        ----------
        times : (n,) array, optional
            How often each pair counts; once if left out.
        """
        fitted = _fit(self.columns, self, self.ridge, self.free, times)
        made: Floats = fitted[self.free :] / self.spread
        return made

    def resampled(self, draws: int, rng: np.random.Generator) -> Floats:
        """Return the slopes in samples drawn anew, group by group with replacement, (draws, p)."""
        number = self.number_of_groups
        even = np.full(number, 1 / number)
        counts = rng.multinomial(number, even, size=draws)[:, self.groups].astype(np.float64)
        return np.array([self.slopes(times) for times in counts])

    def chance(self, direction: Floats | None, draws: int, rng: np.random.Generator) -> float:
        """Return how often chance alone improves the fit as much as free slopes do, in (0, 1].

        That is the p-value of "the slopes have the ratios of `direction`", or without one of "there
        is no slope at all": by the wild bootstrap of the score, whose signs are drawn for groups as
        a whole (Kline and Santos, Journal of Econometric Methods, 2012; Cameron, Gelbach and
        Miller, Review of Economics and Statistics, 2008).

        Parameters
        ----------
        direction : (p,) array or None
            Ratios >= 0 of slopes, not all 0.
        draws : int
            How often signs are drawn.
        rng : numpy.random.Generator
            What draws them.
        """
        free, columns = self.free, self.columns
        # Columns of `narrow` span what the hypothesis allows: free ones, and its own direction.
        narrow = np.eye(columns.shape[1])[:, :free]
        if direction is not None:
            along = np.concatenate([np.zeros(free), direction * self.spread])
            narrow = np.column_stack([narrow, along / np.sqrt(along @ along)])
        small = _fit(columns @ narrow, self, self.ridge @ narrow**2, free)
        start = narrow @ small
        expected, weight = _expected(columns @ start, self.yes_or_no)
        pulls = np.zeros((self.number_of_groups, columns.shape[1]))
        np.add.at(pulls, self.groups, columns * (self.outcomes - expected)[:, None])
        curve = columns.T @ (columns * weight[:, None]) + np.diag(self.ridge)
        tight = narrow.T @ curve @ narrow

        def gain(pull: Floats) -> float:
            toward = pull + curve @ start
            wide = _solve(curve, toward, free)
            held = narrow @ _solve(tight, narrow.T @ toward, free)
            return _height(curve, toward, wide) - _height(curve, toward, held)

        signs = rng.choice(np.array([-1.0, 1.0]), size=(draws, self.number_of_groups))
        seen = gain(pulls.sum(axis=0))
        # A hair of slack, so that rounding does not turn a draw equal to what was seen into less.
        as_good = sum(gain(pull) >= seen * (1 - 1e-9) for pull in signs @ pulls)
        return (1 + as_good) / (1 + draws)

    def upside_down(self) -> Sample:
        """Return the sample with every outcome turned into its opposite."""
        turned = 1 - self.outcomes if self.yes_or_no else -self.outcomes
        return Sample(self.values, self.others, turned, self.groups, self.yes_or_no)

    def folds(self, rounds: int, rng: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
        """Yield which pairs are put to the test: all once a round, groups as a whole."""
        number = self.number_of_groups
        for _ in range(rounds):
            fold = (rng.permutation(number) % FOLDS)[self.groups]
            for k in range(FOLDS):
                yield fold == k


def in_order(scores: Floats, outcomes: Floats) -> tuple[float, int]:
    """Return in how many couples with unequal outcomes the better one has the higher score.

    An equal score counts one half.

    Returns
    -------
    tuple of float and int
        Couples in order, and couples with unequal outcomes. Their ratio is one half for scores
        that tell nothing, and for yes or no the area under the ROC curve.

    Examples
    --------
    >>> in_order(np.array([0.1, 0.2, 0.2]), np.array([1.0, 4.0, 2.0]))
    (2.5, 3)
    """
    number = len(scores) * (len(scores) - 1) // 2
    equal = [
        int((counts * (counts - 1) // 2).sum())
        for counts in (np.unique(one, return_counts=True)[1] for one in (scores, outcomes))
    ]
    unequal = number - equal[1]
    if not unequal or equal[0] == number:
        return unequal / 2, unequal
    # SciPy's p-value, which is not needed, divides by 0 where it is asymptotic and there are two.
    method = "asymptotic" if len(scores) > 2 else "exact"
    tau = float(kendalltau(scores, outcomes, method=method).statistic)
    # Kendall's tau-b is (in order - out of order) / sqrt(couples unequal in either).
    surplus = round(tau * np.sqrt((number - equal[0]) * unequal))
    return (unequal + surplus) / 2, unequal


def _fit(
    columns: Floats, sample: Sample, ridge: Floats, free: int, times: Floats | None = None
) -> Floats:
    """Return the coefficients of columns, all but the first `free` of them >= 0."""
    many = np.ones(len(columns)) if times is None else times
    found = np.zeros(columns.shape[1])
    for _ in range(STEPS if sample.yes_or_no else 1):
        expected, weight = _expected(columns @ found, sample.yes_or_no)
        curve = columns.T @ (columns * (many * weight)[:, None]) + np.diag(ridge)
        pull = columns.T @ (many * (sample.outcomes - expected)) - ridge * found
        before, found = found, _solve(curve, pull + curve @ found, free)
        if np.abs(found - before).max() < ARRIVED:
            break
    return found


def _expected(sums: Floats, yes_or_no: bool) -> tuple[Floats, Floats]:
    """Return what outcomes are expected where the columns add up so, and how much each weighs."""
    if not yes_or_no:
        return sums, np.ones_like(sums)
    chance = 1 / (1 + np.exp(-np.clip(sums, -30, 30)))
    return chance, chance * (1 - chance)


def _solve(curve: Floats, toward: Floats, free: int) -> Floats:
    """Return the maximum of ``toward @ x - x @ curve @ x / 2`` with all but the first x >= 0."""
    # The free ones follow from the others, whatever these are: x_free = alone - across @ x_signed.
    first, mixed = curve[:free, :free], curve[:free, free:]
    solved = np.asarray(np.linalg.solve(first, np.column_stack([mixed, toward[:free]])), np.float64)
    across, alone = solved[:, :-1], solved[:, -1]
    if len(curve) == free:
        return alone
    # With lower @ lower.T = rest, the rest is the least squares of lower.T @ x_signed.
    lower = cholesky(curve[free:, free:] - mixed.T @ across, lower=True)
    target = solve_triangular(lower, toward[free:] - mixed.T @ alone, lower=True)
    signed, _ = nnls(lower.T, target)
    made: Floats = np.concatenate([alone - across @ signed, signed])
    return made


def _height(curve: Floats, toward: Floats, x: Floats) -> float:
    return float(toward @ x - x @ curve @ x / 2)
