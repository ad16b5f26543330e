"""What reading a whole matrix of scores tells, kept as long as the matrix is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from weakref import finalize, ref

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CELLS = 2**17


class Facts:
    """What reading a whole matrix tells, found when it is first asked for."""

    def __init__(self, matrix: Floats) -> None:
        self.matrix = ref(matrix)

    @cached_property
    def largest(self) -> float:
        """Largest absolute score of a possible pair."""
        finite = (np.abs(part[part > -np.inf]) for part in self._parts())
        return max((float(part.max(initial=0.0)) for part in finite), default=0.0)

    @cached_property
    def whole(self) -> bool:
        """Whether all scores are whole numbers."""
        return all(bool((part == np.rint(part)).all()) for part in self._parts() if part.size)

    def _parts(self) -> Iterator[Floats]:
        matrix = self.matrix()
        return iter(()) if matrix is None else _parts(matrix)


#: Matrices that have been checked and that nobody has changed since, for `dataclasses.replace`.
_CHECKED: dict[int, Facts] = {}


def facts_of(matrix: Floats) -> Facts:
    """Return what is known of a matrix; the same for all problems that share it."""
    known = _CHECKED.get(id(matrix))
    return known if known is not None and known.matrix() is matrix else Facts(matrix)


def remember(matrix: Floats) -> None:
    """Note that a matrix has been checked and that nobody may change it."""
    _CHECKED[id(matrix)] = Facts(matrix)
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
