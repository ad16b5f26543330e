"""A matching problem in numbers: scores, places, demand and quotas, checked when it is born."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from operator import index
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching import grid
from mentormatch.matching.aims import MEAN_STEPS, Aims
from mentormatch.matching.facts import checked_already, facts_of, is_fixed, remember
from mentormatch.matching.given import LIMIT, by_id, counts_of, ids_of, in_order, least_of
from mentormatch.matching.listed import Listed
from mentormatch.matching.pairs import Flags, Pairs
from mentormatch.matching.rankings import Placed, Rankings

_MASKED = "scores have masked entries: where a pair is impossible, fill in -inf"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CELLS = 2**17


@runtime_checkable
class Scores(Protocol):
    """Scores that need not exist as a matrix: impossible pairs are -inf, higher is better."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""

    def block(self, rows: Any, /) -> Floats:
        """Return the scores of some mentees with all mentors, shape (len(rows), m)."""


@dataclass(frozen=True, eq=False)
class Quota:
    """A bound on how many pairs of a set are used; its name is how explanations call it.

    Parameters
    ----------
    name : str
        In the coordinator's words.
    pairs : Pairs
        The set.
    at_least, at_most : int
        Fewest and most pairs; ``at_most=None`` means no upper bound. ``at_most=0`` is a ban,
        ``at_least=1`` on a single listed pair locks it.

    Raises
    ------
    ProblemError
        A bound is negative, no whole number or 2**31 or more, or ``at_least > at_most``; or
        `pairs` is no `Pairs`.

    Examples
    --------
    >>> Quota("Åsa and Bo are related", Pairs.listed([(0, 2)]), at_most=0).is_ban
    True
    """

    name: str
    pairs: Pairs
    at_least: int = 0
    at_most: int | None = None

    def __post_init__(self) -> None:
        for bound in ("at_least", "at_most"):
            value = getattr(self, bound)
            if value is None and bound == "at_most":
                continue
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise ProblemError(
                    f"quota {self.name!r}: {bound} must be a whole number, not {value!r}"
                )
            if value < 0:
                raise ProblemError(
                    f"quota {self.name!r}: {bound} must not be negative, not {value}"
                )
            if value >= LIMIT:
                raise ProblemError(
                    f"quota {self.name!r}: {bound} is larger than 2 147 483 647, more pairs than "
                    f"there can be"
                )
            object.__setattr__(self, bound, int(value))
        if not isinstance(self.pairs, Pairs):
            raise ProblemError(
                f"quota {self.name!r}: pairs must be a Pairs set, not {type(self.pairs).__name__}"
            )
        if self.at_most is not None and self.at_least > self.at_most:
            raise ProblemError(
                f"quota {self.name!r} wants at least {self.at_least} "
                f"and at most {self.at_most} pairs: no matching can do both"
            )

    @property
    def is_ban(self) -> bool:
        """Whether no pair of the set may be used."""
        return self.at_most == 0


@dataclass(frozen=True, eq=False)
class Problem:
    """Which pairs may be made, how good they are, and how many anyone may have.

    Mentees are rows, mentors are columns, higher scores are better.

    Parameters
    ----------
    scores : array_like of float, shape (n, m), or an object with ``.shape`` and ``.block(rows)``
        ``-inf`` marks an impossible pair; in a SciPy sparse matrix what is not stored is
        impossible. A matrix is copied, unless it is float64 and nobody can write to it
        (``scores.setflags(write=False)``), which saves time and memory. It is rounded once:
        whole numbers stay as they are (totals below 2**48), others keep 30 binary digits of the
        largest entry. Scores
        of an object are rounded to multiples of 2**-20. An object may also offer ``.at(i, j)``,
        the scores of listed pairs, and ``.largest``, above which no absolute score lies. One
        that offers, beside both, ``.rough_block(rows, columns)`` in float32 and ``.rough_error``,
        how far these may be off, is read by those where it is large; the exact scores decide.
    mentor_capacity, mentor_minimum : int or array_like of int, shape (m,)
        Most and fewest mentees a mentor may have.
    mentee_demand, mentee_minimum : int or array_like of int, shape (n,)
        Most and fewest mentors a mentee may have, each mentor at most once. A pandas Series, here
        and for mentors, is read by its index where that holds the ids.
    quotas : sequence of Quota
        Bounds on sets of pairs, bans and locks among them.
    minimum_score : float
        Pairs that score below this are impossible.
    mentee_ids, mentor_ids : sequence of hashable, optional
        How results name people; positions if left out. The tie lottery is keyed by them, so they
        are text, numbers, moments or tuples of these.
    rankings : Rankings, optional
        Whom each side would rather have, for the objective ``"stable"`` and for blocking pairs;
        by score if left out. No other objective looks at them.
    announced : Pairs
        Pairs that people have been told of; an objective with the stage ``"kept"`` keeps as many
        of them as it can. None if left out.
    aims : Aims
        What the stages of an objective count besides, and which of them belong to every objective.

    Raises
    ------
    ProblemError
        A score is NaN, +inf or masked, shapes disagree, an id stands twice or is not written
        alike in every run, a bound is negative, no whole number or contradicts another, the index
        of a Series is not the ids, or an argument is of a wrong type.

    Examples
    --------
    >>> problem = Problem([[0.9, 0.4], [0.8, 0.3]], mentor_capacity=[1, 2])
    >>> problem.shape
    (2, 2)
    """

    scores: Any
    mentor_capacity: Any = 1
    mentor_minimum: Any = 0
    mentee_demand: Any = 1
    mentee_minimum: Any = 0
    quotas: Sequence[Quota] = ()
    minimum_score: float = -np.inf
    mentee_ids: Sequence[Hashable] | None = None
    mentor_ids: Sequence[Hashable] | None = None
    rankings: Rankings | None = None
    announced: Pairs = field(default_factory=lambda: Pairs.listed([]))
    aims: Aims = field(default_factory=Aims)
    shape: tuple[int, int] = field(init=False)
    placed: Placed | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        put = object.__setattr__
        scores = self.scores
        if callable(getattr(scores, "tocoo", None)):
            scores = Listed(scores)
            put(self, "scores", scores)
        elif not (hasattr(scores, "shape") and callable(getattr(scores, "block", None))):
            scores = _matrix(scores)
            put(self, "scores", scores)
        n, m = _shape(scores)
        put(self, "shape", (n, m))
        for name, size in (("mentee", n), ("mentor", m)):
            ids = getattr(self, f"{name}_ids")
            if ids is None:
                ids = getattr(scores, f"{name}_ids", None)
            put(self, f"{name}_ids", ids_of(ids, size, name))
        for name, size in (
            ("mentor_capacity", m),
            ("mentor_minimum", m),
            ("mentee_demand", n),
            ("mentee_minimum", n),
        ):
            ids = self.mentee_ids if name.startswith("mentee") else self.mentor_ids
            values = by_id(getattr(self, name), ids or (), name)
            put(self, name, counts_of(values, size, name))
        in_order(self.mentor_minimum, self.mentor_capacity, self.mentor_ids, "mentor", "capacity")
        in_order(self.mentee_minimum, self.mentee_demand, self.mentee_ids, "mentee", "demand")
        put(self, "minimum_score", least_of(self.minimum_score))
        if isinstance(self.quotas, Quota) or not isinstance(self.quotas, Iterable):
            raise ProblemError(
                f"quotas must be a list of Quota values, not {type(self.quotas).__name__}"
            )
        put(self, "quotas", tuple(self.quotas))
        for quota in self.quotas:
            if not isinstance(quota, Quota):
                raise ProblemError(f"quotas must be Quota values, not {type(quota).__name__}")
            quota.pairs.check(n, m)
        if self.rankings is not None:
            put(self, "placed", _placed(self.rankings, self.mentee_ids, self.mentor_ids))
        if not isinstance(self.announced, Pairs):
            raise ProblemError(f"announced must be Pairs, not {type(self.announced).__name__}")
        self.announced.check(n, m)
        if not isinstance(self.aims, Aims):
            raise ProblemError(f"aims must be Aims, not {type(self.aims).__name__}")
        self.aims.check(n, m)

    @cached_property
    def bits(self) -> int:
        """Binary digits after the point that scores keep."""
        raw = self._raw
        if raw is None:
            return grid.SCORE_BITS
        return grid.matrix_bits(self.largest, facts_of(raw).whole, self.most_pairs)

    @cached_property
    def largest(self) -> float:
        """Largest absolute score of a possible pair, where the scores are a matrix."""
        raw = self._raw
        if raw is None:
            raise ValueError("only a matrix tells its largest score")
        return facts_of(raw).largest

    @property
    def _raw(self) -> Floats | None:
        """The numbers of a matrix, as they were given; None for a score object."""
        if isinstance(self.scores, Listed):
            return self.scores.entries[None]
        return self.scores if isinstance(self.scores, np.ndarray) else None

    @cached_property
    def group_sizes(self) -> Ints:
        """How many mentees of each group could be matched at all, shape (number of groups,).

        They want a mentor, and somebody with a place is possible for them.
        """
        codes = self.aims.groups
        if codes is None:
            return np.zeros(0, np.int64)
        n, m = self.shape
        open_to = np.zeros(n, np.bool_)
        offering = self.mentor_capacity > 0
        step = max(1, 8 * _CELLS // max(m, 1))
        for start in range(0, n, step):
            rows = np.arange(start, min(n, start + step))
            open_to[rows] = (self.steps(rows)[:, offering] > -np.inf).any(axis=1)
        open_to &= (self.mentee_demand > 0) & (codes >= 0)
        return np.bincount(codes[open_to], minlength=int(codes.max(initial=-1)) + 1).astype(
            np.int64
        )

    @cached_property
    def mean_unit(self) -> Fraction:
        """Step in which the lowest mean is compared, in steps of the grid."""
        if self.aims.mean_step is not None:
            return Fraction(self.aims.mean_step) * Fraction(2) ** self.bits
        largest = 1.0 if self._raw is None else self.largest
        return Fraction(largest or 1.0) * Fraction(2) ** self.bits / MEAN_STEPS

    @property
    def most_pairs(self) -> int:
        """An upper bound on the number of pairs: all demand, or all places."""
        n, m = self.shape
        mentees = int(np.minimum(self.mentee_demand, m).sum())
        return min(mentees, int(np.minimum(self.mentor_capacity, n).sum()))

    def steps(self, rows: Any) -> Floats:
        """Return scores in whole steps of the grid, -inf where a pair is impossible.

        Bans and the minimum score are applied. Shape (len(rows), m).

        Raises
        ------
        ProblemError
            A score is NaN or +inf, or too large for the grid; or a score object gives a block of
        another shape than it should.
        """
        rows = np.asarray(rows, np.int64)
        if self._small:
            kept: Floats = self._kept[rows]
            return kept
        return self._read(rows)

    @property
    def _small(self) -> bool:
        return self.shape[0] * self.shape[1] <= _CELLS

    @cached_property
    def _kept(self) -> Floats:
        """All steps of a small problem, which many ask for pair by pair."""
        return self._read(np.arange(self.shape[0]))

    def _read(self, rows: Ints) -> Floats:
        scores = self.scores
        raw = scores[rows] if isinstance(scores, np.ndarray) else scores.block(rows)
        checked = checked_already(scores)
        if checked is not None:
            steps = self._on_grid(raw, facts_of(checked).extent)
        else:
            raw = _floats(raw, (len(rows), self.shape[1]))
            steps = self._on_grid(raw, _range(raw))
        for quota in self.quotas:
            if quota.is_ban:
                steps[quota.pairs.block(rows, self.shape[1])] = -np.inf
        return steps

    def values(self, rows: Any) -> tuple[Ints, Flags]:
        """Return the whole-number scores of some mentees with all mentors, and which pairs may be.

        As `steps`, but an impossible pair has value 0.
        """
        return _split(self.steps(rows))

    def values_at(self, i: ArrayLike, j: ArrayLike) -> tuple[Ints, Flags]:
        """Return the whole-number scores of listed pairs, and which of them may be."""
        i, j = np.asarray(i, np.int64), np.asarray(j, np.int64)
        if self._small:
            return _split(self._kept[i, j])
        if isinstance(self.scores, np.ndarray):
            raw: Any = self.scores[i, j]
        elif callable(getattr(self.scores, "at", None)):
            raw = self.scores.at(i, j)
        else:
            raw = _from_blocks(self.scores, i, j)
        raw = _floats(raw, i.shape)
        steps = self._on_grid(raw, _range(raw))
        for quota in self.quotas:
            if quota.is_ban:
                steps[quota.pairs.at(i, j)] = -np.inf
        return _split(steps)

    def _on_grid(self, scores: Floats, extent: tuple[float, float]) -> Floats:
        """Round scores in place that have been checked and lie in a range."""
        lowest, highest = extent
        if lowest < self.minimum_score:
            scores[scores < self.minimum_score] = -np.inf
        return grid.round_to(scores, self.bits, lowest, highest)

    def __repr__(self) -> str:
        return (
            f"Problem({self.shape[0]} mentees, {self.shape[1]} mentors, {len(self.quotas)} quotas)"
        )


def _placed(rankings: Any, mentees: Any, mentors: Any) -> Placed:
    if not isinstance(rankings, Rankings):
        raise ProblemError(f"rankings must be a Rankings value, not {type(rankings).__name__}")
    return rankings.placed(mentees, mentors)


def _split(steps: Floats) -> tuple[Ints, Flags]:
    """Return steps as whole numbers, 0 where impossible, and what is possible."""
    possible = steps > -np.inf
    if possible.all():
        return steps.astype(np.int64), possible
    return np.where(possible, steps, 0.0).astype(np.int64), possible


def _from_blocks(scores: Scores, i: Ints, j: Ints) -> Floats:
    """Read listed pairs from blocks of the mentees concerned."""
    found = np.empty(len(i), np.float64)
    for row in np.unique(i):
        here = i == row
        block = _floats(scores.block(np.array([row])), (1, scores.shape[1]))
        found[here] = block[0, j[here]]
    return found


def _range(scores: Floats) -> tuple[float, float]:
    """Return the lowest and the highest score; NaN and +inf are errors."""
    lowest, highest = float(scores.min(initial=0.0)), float(scores.max(initial=0.0))
    if np.isnan(lowest):
        raise ProblemError(
            "a score is NaN: give every pair a number, or -inf where it is impossible"
        )
    if highest == np.inf:
        raise ProblemError("a score is +inf: to force a pair, lock it with a Quota")
    return lowest, highest


def _shape(scores: Any) -> tuple[int, int]:
    try:
        n, m = (index(size) for size in scores.shape)
    except (TypeError, ValueError) as error:
        raise ProblemError("scores.shape must be two whole numbers: mentees, mentors") from error
    if n < 0 or m < 0:
        raise ProblemError("scores.shape must not be negative")
    return n, m


def _floats(raw: Any, shape: tuple[int, ...]) -> Floats:
    """Return a copy of what a matrix or a score object holds, if it has the shape it should."""
    if np.ma.is_masked(raw):
        raise ProblemError(_MASKED)
    if np.shape(raw) != shape:
        raise ProblemError(f"scores gave a block of shape {np.shape(raw)} instead of {shape}")
    if np.asarray(raw).dtype.kind not in "biufO":
        raise ProblemError(f"scores gave {np.asarray(raw).dtype} instead of real numbers")
    try:
        return np.array(raw, np.float64)
    except (TypeError, ValueError) as error:
        raise ProblemError("scores gave something that is no number") from error


def _matrix(scores: Any) -> Floats:
    checked = checked_already(scores)
    if checked is not None:
        return checked
    if np.ma.is_masked(scores):
        raise ProblemError(_MASKED)
    try:
        raw = np.asarray(scores)
        if raw.dtype.kind in "cmM":
            raise ProblemError(f"scores must be real numbers, not {raw.dtype}")
        fixed = raw.dtype == np.float64 and is_fixed(raw)
        matrix = raw if fixed else np.array(raw, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, ProblemError):
            raise
        raise ProblemError("scores must be a matrix of numbers, mentees by mentors") from error
    if matrix.ndim != 2:
        raise ProblemError(
            f"scores must be a matrix, mentees by mentors; this has {matrix.ndim} dimension(s)"
        )
    matrix.setflags(write=False)
    remember(matrix, *_range(matrix))
    return matrix
