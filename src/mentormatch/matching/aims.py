"""What objectives may count beside people and scores: marked pairs or people, and groups.

A count adds up whole weights of pairs, and of mentees who have a mentor. Groups of mentees are
levelled by the stages ``share`` and ``mean``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.objectives import STAGES
from mentormatch.matching.pairs import Pairs
from mentormatch.words import LANGUAGES, Sentence, catalogue, sentence

Ints = NDArray[np.int64]

#: Weights of a count are no larger: what stages pay for each other has to stay exact.
MOST_WEIGHT = 1000
#: The lowest mean is compared in so many steps of the highest score.
MEAN_STEPS = 20


@dataclass(frozen=True, eq=False)
class Count:
    """Whole weights that a stage adds up.

    Parameters
    ----------
    sets : tuple of (Pairs, int)
        What each pair of a set counts; sets may overlap, their weights then add up.
    mentees : numpy.ndarray of int, shape (n,), optional
        What each mentee counts for who has a mentor, however many.
    """

    sets: tuple[tuple[Pairs, int], ...] = ()
    mentees: Ints | None = None

    def block(self, rows: Any, m: int) -> Ints:
        """Return what the pairs of some mentees count, shape (len(rows), m)."""
        found = np.zeros((len(rows), m), np.int64)
        for pairs, weight in self.sets:
            found += weight * pairs.block(rows, m)
        return found

    def firsts(self, rows: Any) -> Ints:
        """Return what some mentees count once they have a mentor, shape (len(rows),)."""
        if self.mentees is None:
            return np.zeros(len(rows), np.int64)
        found: Ints = self.mentees[rows]
        return found

    def value(self, i: Ints, j: Ints) -> int:
        """Return what listed pairs, a whole matching, count."""
        found = sum(weight * int(pairs.at(i, j).sum()) for pairs, weight in self.sets)
        return found + int(self.firsts(np.unique(i)).sum())

    @property
    def heaviest(self) -> int:
        """No pair counts more than this."""
        first = 0 if self.mentees is None else int(self.mentees.max(initial=0))
        return sum(weight for _, weight in self.sets) + first

    def taken(self, rows: Any, columns: Any) -> Count:
        """Return the same for reordered people."""
        sets = tuple((pairs.taken(rows, columns), weight) for pairs, weight in self.sets)
        return Count(sets, None if self.mentees is None else self.mentees[rows])


@dataclass(frozen=True, eq=False)
class Aims:
    """What the stages of an objective count beside people matched and scores.

    Parameters
    ----------
    counts : mapping of str to Pairs, array_like, or sequence of (Pairs, int)
        Stages of one's own by name: as many pairs of a set as can be; or as many of some mentees
        as can be, marked by booleans or weighed by whole numbers, shape (n,); or the highest sum
        of whole weights, up to 1000, of sets of pairs.
    groups : array_like, shape (n,), optional
        Group of each mentee, any labels, for the stages ``"share"`` and ``"mean"``; None, NaN and
        the empty text belong to none.
    leading : sequence of str
        Stages that come before those of every objective, unless it names them itself.
    following : sequence of str
        Stages that come right before the total in every objective, unless it names them itself.
    mean_step : number, optional
        Step in which the lowest mean is compared, in units of score; a twentieth of the largest
        score if left out.

    Raises
    ------
    ProblemError
        A name is that of another stage, a weight is no whole number from 0 to 1000, or a leading
        or following stage is not known.

    Examples
    --------
    >>> from mentormatch.matching.problem import Problem
    >>> from mentormatch.matching.solve import solve
    >>> waited = Aims(counts={"waited": [False, True]}, leading=["waited"])
    >>> solve(Problem([[9.0], [1.0]], aims=waited)).pairs["mentee"].tolist()
    [1]
    """

    counts: Mapping[str, Any] = field(default_factory=dict)
    groups: Any = None
    leading: Sequence[str] = ()
    following: Sequence[str] = ()
    mean_step: Any = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        counts = {name: _count(name, given) for name, given in dict(self.counts).items()}
        put(self, "counts", MappingProxyType(counts))
        put(self, "leading", _names(self.leading))
        put(self, "following", _names(self.following))
        known = {*STAGES, *counts}
        for name in (*self.leading, *self.following):
            if name not in known:
                raise ProblemError(
                    f"aims name the stage {name!r}, which is neither known nor counted"
                )
        if self.groups is not None:
            put(self, "groups", _codes(self.groups))
        if self.mean_step is not None:
            step = Fraction(self.mean_step)
            if step <= 0:
                raise ProblemError("the step of means must be a positive number")
            put(self, "mean_step", step)

    def __reduce__(self) -> Any:
        given = (dict(self.counts), self.groups, self.leading, self.following, self.mean_step)
        return Aims, given

    def check(self, n: int, m: int) -> None:
        """Raise ProblemError unless the aims speak of n mentees and m mentors."""
        for name, count in self.counts.items():
            for pairs, _ in count.sets:
                pairs.check(n, m)
            if count.mentees is not None and len(count.mentees) != n:
                raise ProblemError(f"the count {name!r} speaks of {len(count.mentees)} mentees")
        if self.groups is not None and len(self.groups) != n:
            raise ProblemError(f"groups speak of {len(self.groups)} mentees, the scores of {n}")

    def woven(self, stages: tuple[str, ...]) -> tuple[str, ...]:
        """Return the stages of an objective with those that belong to every one."""
        first = tuple(name for name in self.leading if name not in stages)
        late = tuple(name for name in self.following if name not in (*stages, *first))
        last = stages.index("total")
        return (*first, *stages[:last], *late, *stages[last:])

    def taken(self, rows: Any, columns: Any, mean_step: Fraction | None) -> Aims:
        """Return the same for reordered people, whose scores are counted in other steps."""
        counts = {name: count.taken(rows, columns) for name, count in self.counts.items()}
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, counts=counts, groups=groups, mean_step=mean_step)


def aim_of(stage: str) -> Sentence:
    """Say what a stage seeks, in both languages.

    Examples
    --------
    >>> str(aim_of("share"))
    'the lowest share matched of any group as high as possible'
    """
    name, _, number = stage.rpartition(" ")
    known = stage if not number.isdigit() else name
    key = f"aim_{known.replace(' ', '_')}"
    if key in catalogue(LANGUAGES[0], "explain"):
        return sentence(f"explain.{key}")
    return sentence("explain.aim_count", name=stage)


def share_needs(sizes: Ints, share: Fraction, *, above: bool = False) -> Ints:
    """Return how many mentees of each group have to be matched for a share, or for more than it."""
    needs = [
        share.numerator * size // share.denominator + 1
        if above
        else -(-share.numerator * size // share.denominator)
        for size in sizes.tolist()
    ]
    # A group of nobody needs nobody.
    return np.where(sizes > 0, np.array(needs, np.int64), 0)


def mean_needs(sizes: Ints, unit: Fraction, level: int) -> Ints:
    """Return what each group's scores have to add up to, in steps, for a mean of so many units."""
    needs = [-(-level * size * unit.numerator // unit.denominator) for size in sizes.tolist()]
    return np.array(needs, np.int64)


def lowest_share(sizes: Ints, matched: Ints) -> Fraction | None:
    """Return the lowest share matched of any group that has somebody to match."""
    shares = [
        Fraction(one, size)
        for one, size in zip(matched.tolist(), sizes.tolist(), strict=True)
        if size
    ]
    return min(shares, default=None)


def lowest_mean(sizes: Ints, totals: Ints, unit: Fraction) -> int | None:
    """Return the lowest mean of any group's mentees in whole units, rounded down."""
    means = [
        one * unit.denominator // (size * unit.numerator)
        for one, size in zip(totals.tolist(), sizes.tolist(), strict=True)
        if size
    ]
    return min(means, default=None)


def _count(name: str, given: Any) -> Count:
    if not isinstance(name, str) or not name or name in STAGES or "," in name:
        raise ProblemError(f"a count cannot be called {name!r}")
    if isinstance(given, Count):
        return given
    if isinstance(given, Pairs):
        return Count(((given, 1),))
    some = list(given) if isinstance(given, Iterable) else []
    if some and all(isinstance(one, tuple) and isinstance(one[0], Pairs) for one in some):
        return Count(tuple((pairs, int(_weights(name, [w])[0])) for pairs, w in some))
    return Count((), _weights(name, given))


def _weights(name: str, given: Any) -> Ints:
    array = np.asarray(given)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "biu"):
        raise ProblemError(f"the count {name!r} takes Pairs, or a whole number for each mentee")
    if array.size and not (array.min() >= 0 and array.max() <= MOST_WEIGHT):
        raise ProblemError(
            f"weights of the count {name!r} are whole numbers from 0 to {MOST_WEIGHT}"
        )
    return array.astype(np.int64)


def _names(given: Sequence[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if len(set(names)) < len(names):
        raise ProblemError("aims name a stage twice")
    return names


def _codes(given_labels: Any) -> Ints:
    """Return a number for each group, whatever the order of the people; -1 for none."""
    given = np.asarray(given_labels)
    if given.ndim == 1 and given.dtype.kind in "iu":
        known = np.unique(given[given >= 0])
        return np.where(given >= 0, np.searchsorted(known, given), -1).astype(np.int64)
    if given.ndim != 1:
        raise ProblemError("groups are one label a mentee")
    some = [
        None if _nobody(label) else label for label in np.asarray(given_labels, object).tolist()
    ]
    labels = sorted({label for label in some if label is not None}, key=str)
    place = {label: code for code, label in enumerate(labels)}
    return np.array([-1 if label is None else place[label] for label in some], np.int64)


def _nobody(label: Any) -> bool:
    return label is None or label == "" or bool(label != label)  # noqa: PLR0124  (NaN is not equal to itself)
