"""Whom each mentee and each mentor would rather have, where that is not the score of the pair."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentormatch.errors import ProblemError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: One list of ids a person, the best first: in the problem's order, or keyed by the person's id.
Lists = Sequence[Sequence[Hashable]] | Mapping[Hashable, Sequence[Hashable]]


@dataclass(frozen=True, eq=False)
class Rankings:
    """What mentees think of mentors, and mentors of mentees.

    A pair is acceptable if each stands on the other's list and the problem does not rule it out.

    Parameters
    ----------
    mentees : sequence or mapping of lists of mentor ids, or None
        For each mentee, in the problem's order or keyed by her id, the mentors she would have,
        the best first. None: mentees rank by the problem's scores.
    mentors : sequence or mapping of lists of mentee ids, or None
        The same for mentors.

    Examples
    --------
    >>> wishes = Rankings(mentees=[["Bo", "Eva"], ["Bo"]], mentors={"Bo": ["s2", "s1"], "Eva": []})
    >>> wishes.placed(("s1", "s2"), ("Bo", "Eva")).mentees.block(np.array([0, 1]))
    array([[  0.,  -1.],
           [  0., -inf]])
    """

    mentees: Any = None
    mentors: Any = None

    @staticmethod
    def scored(mentees: ArrayLike | None = None, mentors: ArrayLike | None = None) -> Rankings:
        """Return the rankings that two score matrices make; equal scores are ties.

        Parameters
        ----------
        mentees : array_like of float, shape (n, m), or None
            How much each mentee (row) wants each mentor (column), higher is better; ``-inf`` where
            she would rather have nobody. None: the problem's scores.
        mentors : array_like of float, shape (n, m), or None
            How much each mentor (column) wants each mentee (row).

        Raises
        ------
        ProblemError
            A score is NaN or +inf, or something is no matrix.
        """
        return Rankings(
            None if mentees is None else Matrix(_checked(mentees)),
            None if mentors is None else Matrix(_checked(mentors)),
        )

    def placed(self, mentee_ids: Sequence[Hashable], mentor_ids: Sequence[Hashable]) -> Placed:
        """Return the rankings by position.

        Raises
        ------
        ProblemError
            A list names somebody who is not there or names one twice, somebody has no list, or a
            matrix has another shape than the problem.
        """
        shape = (len(mentee_ids), len(mentor_ids))
        sides: list[Matrix | Table | None] = []
        for who, given in (("mentees", self.mentees), ("mentors", self.mentors)):
            if given is None:
                sides.append(None)
            elif isinstance(given, Matrix):
                if given.scores.shape != shape:
                    raise ProblemError(
                        f"the {who}' scores have shape {given.scores.shape}, the problem {shape}"
                    )
                sides.append(given)
            else:
                mine, others = mentee_ids, mentor_ids
                if who == "mentors":
                    mine, others = others, mine
                own, other, liking = _listed(given, mine, others, who)
                if who == "mentors":
                    own, other = other, own
                sides.append(_table(own, other, liking, shape))
        return Placed(*sides)


@dataclass(frozen=True, eq=False)
class Matrix:
    """Likings as a matrix of scores, shape (n, m)."""

    scores: Floats

    def block(self, rows: Ints) -> Floats:
        """Return the likings of all pairs of some mentees, -inf where there is none."""
        return np.ascontiguousarray(self.scores[rows])

    def at(self, i: Ints, j: Ints) -> Floats:
        """Return the likings of listed pairs."""
        found: Floats = self.scores[i, j]
        return found

    def turned(self) -> Matrix:
        """Return the same likings with mentors as rows."""
        return Matrix(self.scores.T)


@dataclass(frozen=True, eq=False)
class Table:
    """Likings of the pairs that stand on a list, sorted by mentee and then by mentor.

    Parameters
    ----------
    start : numpy.ndarray of int, shape (n + 1,)
        Where each mentee's pairs begin.
    keys : numpy.ndarray of int
        ``mentee * m + mentor`` of each pair, ascending.
    liking : numpy.ndarray of float
        Minus the place on the list: 0 is the best.
    width : int
        Number of mentors.
    """

    start: Ints
    keys: Ints
    liking: Floats
    width: int

    def block(self, rows: Ints) -> Floats:
        """Return the likings of all pairs of some mentees, -inf where there is none."""
        found = np.full((len(rows), self.width), -np.inf)
        count = self.start[rows + 1] - self.start[rows]
        ends = np.cumsum(count)
        here = np.repeat(self.start[rows] - ends + count, count) + np.arange(int(count.sum()))
        line = np.repeat(np.arange(len(rows)), count)
        found[line, self.keys[here] % max(self.width, 1)] = self.liking[here]
        return found

    def at(self, i: Ints, j: Ints) -> Floats:
        """Return the likings of listed pairs."""
        wanted = i * self.width + j
        found = np.full(len(wanted), -np.inf)
        place = np.searchsorted(self.keys, wanted)
        known = place < len(self.keys)
        known[known] = self.keys[place[known]] == wanted[known]
        found[known] = self.liking[place[known]]
        return found

    def turned(self) -> Table:
        """Return the same likings with mentors as rows."""
        n = len(self.start) - 1
        i = np.repeat(np.arange(n), np.diff(self.start))
        return _table(self.keys - i * self.width, i, self.liking, (self.width, n))


@dataclass(frozen=True, eq=False)
class Placed:
    """Rankings by position; None where a side ranks by the problem's scores."""

    mentees: Matrix | Table | None
    mentors: Matrix | Table | None


def _checked(scores: ArrayLike) -> Floats:
    try:
        matrix = np.array(scores, np.float64)
    except (TypeError, ValueError) as error:
        raise ProblemError("rankings must be matrices of numbers, mentees by mentors") from error
    if matrix.ndim != 2:
        raise ProblemError(f"rankings have {matrix.ndim} dimension(s), they should have 2")
    if np.isnan(matrix).any() or (matrix == np.inf).any():
        raise ProblemError("a ranking holds NaN or +inf: use -inf for somebody who is not wanted")
    matrix.setflags(write=False)
    return matrix


def _listed(
    given: Any, mine: Sequence[Hashable], others: Sequence[Hashable], who: str
) -> tuple[Ints, Ints, Floats]:
    """Return owner, other one and liking of every entry of some lists."""
    if isinstance(given, Mapping):
        if given.keys() != set(mine):
            raise ProblemError(f"rankings: every one of the {who}, and nobody else, needs a list")
        lists = [given[name] for name in mine]
    else:
        lists = list(given)
    if len(lists) != len(mine):
        raise ProblemError(f"rankings: {len(lists)} lists for {len(mine)} {who}")
    known = {name: k for k, name in enumerate(others)}
    places: list[int] = []
    for name, ranked in zip(mine, lists, strict=True):
        if isinstance(ranked, (str, bytes)):
            raise ProblemError(f"rankings: {name!r} has a text instead of a list of ids")
        before = len(places)
        for one in ranked:
            if one not in known:
                raise ProblemError(f"rankings: {name!r} names {one!r}, who is not in the problem")
            places.append(known[one])
        if len(set(places[before:])) != len(places) - before:
            raise ProblemError(f"rankings: {name!r} names somebody twice")
    sizes = np.array([len(ranked) for ranked in lists], np.int64)
    ends = np.cumsum(sizes)
    own = np.repeat(np.arange(len(mine)), sizes)
    place = np.arange(len(places)) - np.repeat(ends - sizes, sizes)
    return own, np.array(places, np.int64), -place.astype(np.float64)


def _table(i: Ints, j: Ints, liking: Floats, shape: tuple[int, int]) -> Table:
    n, m = shape
    keys = i * m + j
    order = np.argsort(keys)
    start = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(i, minlength=n), out=start[1:])
    return Table(start, keys[order], liking[order] + 0.0, m)
