"""Which people of a problem are alike in all that its rules and impossible pairs say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.problem import Problem

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Side:
    """The mentees or the mentors in classes; who shares one may stand in for each other.

    Parameters
    ----------
    of : numpy.ndarray of int, shape (people,)
        Class of each person.
    first, count : numpy.ndarray of int, shape (classes,)
        Position of one member, and how many members there are.
    low, high : numpy.ndarray of int, shape (classes,)
        Fewest and most pairs of each member.
    """

    of: Ints
    first: Ints
    count: Ints
    low: Ints
    high: Ints

    def members(self, k: int) -> list[int]:
        """Return the positions of the people of a class."""
        found: list[int] = np.flatnonzero(self.of == k).tolist()
        return found


@dataclass(frozen=True, eq=False)
class Classes:
    """Both sides of a problem in classes, and which classes may be paired under the bans.

    Whatever number of pairs, a times b at most, two classes of a and b people share, it can be
    dealt out evenly; so numbers of pairs between classes say all that a matching without scores
    can do (Gale 1957 and Ryser 1957 on matrices of zeros and ones).
    """

    mentees: Side
    mentors: Side
    possible: Flags


def classes_of(problem: Problem) -> Classes:
    """Put the people of a problem in classes; who has a minimum above 1 is alone in one."""
    n, m = problem.shape
    possible = problem.values(np.arange(n))[1]
    counted = [quota.pairs for quota in problem.quotas if not quota.is_ban]
    sides = []
    for axis, (bits, low, high) in enumerate(
        (
            (possible, problem.mentee_minimum, np.minimum(problem.mentee_demand, m)),
            (possible.T, problem.mentor_minimum, np.minimum(problem.mentor_capacity, n)),
        )
    ):
        size = len(bits)
        alone = low > 1
        groups = []
        for pairs in counted:
            alone[pairs.exceptions[:, axis]] = True
            mine = pairs.mentor_groups if axis else pairs.mentee_groups
            if mine is not None:
                groups.append(mine)
        own = np.where(alone, np.arange(size), -1)
        numbers = np.column_stack([low, high, own, *groups]).astype(np.int64)
        written = np.ascontiguousarray(numbers).view(np.uint8).reshape(size, 8 * numbers.shape[1])
        marks = np.hstack([np.packbits(bits, axis=1), written])
        first, of, count = _distinct(marks)
        sides.append(Side(of, first, count, low[first], high[first]))
    mentees, mentors = sides
    return Classes(mentees, mentors, possible[np.ix_(mentees.first, mentors.first)])


def _distinct(marks: NDArray[np.uint8]) -> tuple[Ints, Ints, Ints]:
    """Return the first row of each kind, the kind of each row, and how many rows it has."""
    if not len(marks):
        none = np.zeros(0, np.int64)
        return none, none, none
    _, first, of, count = np.unique(
        marks, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return first.astype(np.int64), of.reshape(-1).astype(np.int64), count.astype(np.int64)
