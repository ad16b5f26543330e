"""The values that a proof is made of: prices, cases, rungs, and what earlier stages reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError

Ints = NDArray[np.int64]
Pair = tuple[int, int]

IMPOSSIBLE = -(2**62)  #: the bound of a case that no matching fits
UNKNOWN = 2**62  #: the bound that prices set which are too large to reckon with exactly

#: Stages that look at each group of mentees.
GROUPED = ("share", "mean")

_MOST_PAY = 2**62
_MOST_FINE = 40


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices in steps of ``2**-fine`` of what a stage counts: any whole numbers make a valid bound.

    Parameters
    ----------
    mentors : numpy.ndarray of int, shape (m,)
        Price of a place at each mentor (>= 0; below 0 only where a minimum load binds).
    quotas : numpy.ndarray of int, shape (number of quotas,)
        What the rule pays for one pair of its set: > 0 where ``at_least`` binds, < 0 where
        ``at_most`` does. Bans have no price: their pairs are impossible.
    pays : mapping of str to int
        What the stage pays for one unit of each earlier stage (>= 0): a mentee who has a mentor, an
        announced pair, a point of spread or of a count, a step of the total. A number alone is what
        it pays for coverage.
    fine : int
        Binary digits below one unit of the stage.
    rungs : numpy.ndarray of int, shape (number of scores that leximin has settled,)
        What a pair costs that has the lowest score settled by the stage ``leximin``, the second
        lowest, and so on.
    groups : mapping of str to numpy.ndarray of int, shape (number of groups,)
        What the stage pays, group by group, for each mentee matched (``share``) and for each step
        of a pair's score (``mean``), where these stages come before it or are what it proves.
    """

    mentors: Ints
    quotas: Ints
    pays: Any = field(default_factory=dict)
    fine: int = 0
    rungs: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    groups: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("mentors", "quotas", "rungs"):
            object.__setattr__(self, name, _prices(name, getattr(self, name)))
        for name, prices in (groups := dict(self.groups)).items():
            groups[name] = _prices(name, prices)
            if name not in GROUPED or (groups[name] < 0).any():
                raise ProblemError(f"groups are paid 0 or more for {' and '.join(GROUPED)} alone")
        object.__setattr__(self, "groups", MappingProxyType(groups))
        pays = self.pays if isinstance(self.pays, Mapping) else {"coverage": self.pays}
        checked = {name: _whole(pay, name, _MOST_PAY) for name, pay in pays.items()}
        object.__setattr__(self, "pays", MappingProxyType(checked))
        object.__setattr__(self, "fine", _whole(self.fine, "fine", _MOST_FINE))

    @property
    def coverage(self) -> int:
        """What the stage pays for each mentee who has a mentor."""
        return int(self.pays.get("coverage", 0))


def _prices(name: str, given: Any) -> Ints:
    prices = np.asarray(given)
    if prices.ndim != 1 or (prices.size and prices.dtype.kind != "i"):
        raise ProblemError(f"prices of {name} must be whole numbers, one each")
    return prices.astype(np.int64)


def _whole(value: Any, name: str, most: int) -> int:
    if int(value) != value or not 0 <= value <= most:
        raise ProblemError(f"{name} must be a whole number from 0 to {most}")
    return int(value)


@dataclass(frozen=True, eq=False)
class Split:
    """A proof by cases: the pair is used, or it is not; `prices` are what the cases began with."""

    pair: Pair
    used: Proof
    unused: Proof
    prices: Prices


@dataclass(frozen=True, eq=False)
class Ladder:
    """The proof of the stage ``leximin``: one rung for each score that a pair has, lowest first.

    Each rung proves that among the matchings which have no pair with a lower score than those on
    the rungs below, and no more pairs on those, none has fewer pairs with this score.

    Parameters
    ----------
    rungs : tuple of Proof
        The proofs, the lowest score first. With `start`, a stage after ``leximin`` is proved by
        the same rungs and one more.
    start : Prices, optional
        Prices that prove all earlier stages together, what each counts in them as ``pays``. Then
        every rung is proved only among the pairs, people and places that cost nothing at the
        prices of the start and of the rungs below.
    """

    rungs: tuple[Proof, ...]
    start: Prices | None = None


Proof = Prices | Split | Ladder


@dataclass(frozen=True)
class Reached:
    """What earlier stages reached, and a matching has to reach as well.

    Parameters
    ----------
    floors : mapping of str to int or Fraction
        Least number of mentees matched (``coverage``) and of announced pairs (``kept``), least
        total and lowest score of a pair (``total`` and ``worst``, in steps of the grid), least sum
        of each count, points of ``spread`` (0 or less); lowest ``share``, a fraction, and lowest
        ``mean``, in whole units of the problem's.
    levels : tuple of (int, int), optional
        The scores that pairs have, lowest first, and how many pairs have each, as the stage
        ``leximin`` settled it. None where it did not.
    """

    floors: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[tuple[int, int], ...] | None = None

    def also(self, stage: str, value: Any) -> Reached:
        """Return the same with one more floor."""
        return Reached({**self.floors, stage: value}, self.levels)

    def up_to(self, levels: tuple[tuple[int, int], ...]) -> Reached:
        """Return the same with scores settled by leximin."""
        return Reached(self.floors, levels)


NOTHING_YET = Reached()


def as_reached(given: Reached | Mapping[str, int] | int | None) -> Reached:
    """Return what was reached; a number alone is the coverage."""
    if isinstance(given, Reached):
        return given
    if given is None:
        return NOTHING_YET
    return Reached({"coverage": int(given)} if not isinstance(given, Mapping) else dict(given))


def grown(
    tree: dict[tuple[bool, ...], Pair],
    leaves: dict[tuple[bool, ...], Prices],
    prices: Prices,
) -> Proof:
    """Put the cases together, the deepest first."""
    proofs: dict[tuple[bool, ...], Proof] = dict(leaves)
    for path in sorted(tree, key=len, reverse=True):
        proofs[path] = Split(tree[path], proofs[(*path, True)], proofs[(*path, False)], prices)
    return proofs[()]
