"""What reading a whole matrix of scores tells, kept as long as the matrix is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any
from weakref import finalize, ref

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CELLS = 2**15


class Facts:
    """What reading a whole matrix tells, found when it is first asked for."""

    def __init__(self, matrix: Floats, lowest: float = -np.inf, highest: float = np.inf) -> None:
        self.matrix = ref(matrix)
        self._range = lowest, highest

    @cached_property
    def extent(self) -> tuple[float, float]:
        """Lowest and highest score of a possible pair, or 0 where none is below or above it."""
        lowest, highest = self._range
        if highest == np.inf:
            highest = max((float(part.max(initial=0.0)) for part in self._parts()), default=0.0)
        if lowest == -np.inf:
            possible = (np.where(part > -np.inf, part, 0.0) for part in self._parts())
            lowest = min((float(part.min(initial=0.0)) for part in possible), default=0.0)
        return lowest, highest

    @property
    def largest(self) -> float:
        """Largest absolute score of a possible pair."""
        lowest, highest = self.extent
        return max(-lowest, highest)

    @cached_property
    def whole(self) -> bool:
        """Whether all scores are whole numbers."""
        return all(bool((part == np.rint(part)).all()) for part in self._parts() if part.size)

    def _parts(self) -> Iterator[Floats]:
        matrix = self.matrix()
        return iter(()) if matrix is None else _parts(matrix)


#: Matrices that have been checked and that nobody has changed since, for `dataclasses.replace`.
_CHECKED: dict[int, Facts] = {}


def is_fixed(matrix: NDArray[Any]) -> bool:
    """Say whether nobody can write to a matrix, nor to what it is a view of."""
    one: Any = matrix
    while type(one) is np.ndarray:
        if one.flags.writeable:
            return False
        one = one.base
    return one is None or isinstance(one, bytes)


def facts_of(matrix: Floats) -> Facts:
    """Return what is known of a matrix; the same for all problems that share it."""
    known = _CHECKED.get(id(matrix))
    return known if known is not None and known.matrix() is matrix else Facts(matrix)


def remember(matrix: Floats, lowest: float, highest: float) -> None:
    """Note that a matrix has been checked and that nobody may change it, and its range."""
    _CHECKED[id(matrix)] = Facts(matrix, lowest, highest)
    finalize(matrix, _CHECKED.pop, id(matrix), None).atexit = False


def checked_already(scores: object) -> Floats | None:
    """Return a matrix that has been checked, and could not be changed since; None if it is none."""
    known = _CHECKED.get(id(scores))
    matrix = None if known is None else known.matrix()
    return (
        matrix if matrix is scores and matrix is not None and not matrix.flags.writeable else None
    )


def _parts(scores: Floats) -> Iterator[Floats]:
    """Yield a matrix in parts that fit a processor's memory."""
    step = max(1, _CELLS // max(scores.shape[1], 1))
    for start in range(0, len(scores), step):
        yield scores[start : start + step]
