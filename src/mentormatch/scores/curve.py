"""How an inner product becomes a value: a rising line of straight pieces, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: Values and scores are whole numbers of millionths (of 2**-20): this many are 1.
ONE = 2**20

#: Widest piece of a curve whose interpolation cannot overflow 64 bits.
WIDEST = 2**42

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A non-decreasing piecewise-linear function from whole numbers to ``0 .. ONE``.

    All arithmetic is in integers and rounds down, so a product has one value on every machine.

    Parameters
    ----------
    knots : tuple of (int, int)
        Points (inner product, value). Products strictly increase, values do not decrease and lie
        in ``0 .. ONE``. Beyond the outermost knots the curve is flat.

    Raises
    ------
    ValueError
        Fewer than two knots, knots out of order or out of range, or further apart than 2**42.

    Examples
    --------
    >>> Curve(((0, 0), (10, ONE)))([-3, 5, 99]).tolist()
    [0, 524288, 1048576]
    """

    knots: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        products = [int(product) for product, _ in self.knots]
        values = [int(value) for _, value in self.knots]
        object.__setattr__(self, "knots", tuple(zip(products, values, strict=True)))
        if len(products) < 2:
            raise ValueError("a curve needs at least two knots")
        if any(not 0 < b - a <= WIDEST for a, b in pairwise(products)):
            raise ValueError("the products of a curve's knots must increase, by 2**42 at most")
        if any(b < a for a, b in pairwise(values)):
            raise ValueError("the values of a curve's knots must not decrease")
        if values[0] < 0 or values[-1] > ONE:
            raise ValueError("the values of a curve's knots must lie in 0 .. 2**20")

    @classmethod
    def identity(cls, top: int = ONE) -> Curve:
        """Return the straight line from (0, 0) to (`top`, 1)."""
        return cls(((0, 0), (top, ONE)))

    @classmethod
    def any_at_all(cls) -> Curve:
        """Return the curve that is 1 as soon as the product is 1 or more, and 0 up to 0."""
        return cls.identity(1)

    def steeper(self, gain: int, of: int) -> Curve:
        """Return the curve with values ``gain / of`` times as large, cut off at 1.

        Examples
        --------
        >>> Curve.identity(100).steeper(3, 2).knots
        ((0, 0), (67, 1048576), (100, 1048576))
        """
        knots: list[tuple[int, int]] = []
        for (x, low), (end, high) in pairwise((*self.knots, self.knots[-1])):
            knots.append((x, min(ONE, low * gain // of)))
            if low * gain < ONE * of < high * gain:  # where it reaches 1, rounded up
                top = -((low * gain - ONE * of) * (end - x) // ((high - low) * gain)) + x
                if x < top < end:
                    knots.append((top, ONE))
        return Curve(tuple(knots))

    @cached_property
    def pieces(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Products and values of the knots, and the width and height of each straight piece."""
        x, y = np.array(self.knots, dtype=np.int64).T
        return x, y, np.diff(x), np.diff(y)

    def __call__(self, products: Floats | Integers | list[int]) -> Integers:
        """Return the values of whole-numbered products, in units of ``1 / ONE``."""
        x, y, wide, high = self.pieces
        at = np.clip(np.asarray(products), x[0], x[-1]).astype(np.int64)
        if len(wide) == 1:
            line: Integers = y[0] + (at - x[0]) * high[0] // wide[0]
            return line
        piece = np.searchsorted(x[1:-1], at, side="right")
        value: Integers = y[piece] + (at - x[piece]) * high[piece] // wide[piece]
        return value
