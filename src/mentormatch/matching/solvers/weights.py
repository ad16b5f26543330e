"""What one unit of each stage weighs, so that stages together are one number without losing any.

A stage is worth more than all later ones where its unit outweighs whatever they could lose. Units
large enough for the worst case would not fit exact numbers for long; here they begin small, and
the prices themselves tell whether they were large enough: rounded to units of a stage, prices that
are off by less than one unit in all still prove that stage (lexicographic linear programming:
Isermann 1982, doi:10.1007/BF01782758).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

#: What pairs are worth in all stages together stays below 2**MOST_BITS, exact as float64 with room.
MOST_BITS = 50
#: Binary digits between the units of a stage and of the next, and by how many they grow.
FIRST_DIGITS, MORE_DIGITS = 6, 6


@dataclass(frozen=True)
class Weights:
    """Units of stages, the most important first; each is a multiple of the next.

    Parameters
    ----------
    names : tuple of str
        Stages, ``"total"`` last, whose unit is one step of the grid. ``"minimum"`` counts
        minimums that are kept.
    largest : int
        Largest absolute score, in steps of the grid.
    digits : tuple of int
        Binary digits of each unit above the next stage's; of the last but one above the scores.
    """

    names: tuple[str, ...]
    largest: int
    digits: tuple[int, ...]

    @property
    def units(self) -> dict[str, int]:
        """What one unit of each stage is worth, in steps of the grid."""
        bits = max(self.largest, 1).bit_length()
        found = {"total": 1}
        for name, more in zip(self.names[-2::-1], self.digits[::-1], strict=True):
            bits += more
            found[name] = 1 << bits
        return found

    def fits(self) -> bool:
        """Whether what pairs are worth is small enough to be exact."""
        return sum(self.units.values()) + self.largest < 1 << MOST_BITS

    def wider(self, stage: str) -> Weights:
        """Return the same with a larger unit of one stage."""
        k = self.names.index(stage)
        digits = (*self.digits[:k], self.digits[k] + MORE_DIGITS, *self.digits[k + 1 :])
        return replace(self, digits=digits)

    def without(self, stage: str) -> Weights:
        """Return the same with one stage left out, all other units as they were."""
        k = self.names.index(stage)
        joined = self.digits[k] + (self.digits[k - 1] if k else 0)
        digits = (*self.digits[: max(k - 1, 0)], joined, *self.digits[k + 1 :])
        names = (*self.names[:k], *self.names[k + 1 :])
        return replace(self, names=names, digits=digits if k else self.digits[1:])

    def pays(self, stage: str) -> dict[str, int]:
        """Return what a stage pays for one unit of each earlier one, in units of its own."""
        units = self.units
        earlier = self.names[: self.names.index(stage)]
        return {name: units[name] // units[stage] for name in earlier if name != "minimum"}

    def most(self, stage: str) -> int:
        """Return more than any pair is worth in a stage and those before it, in its units."""
        units = self.units
        above = self.names[: self.names.index(stage) + 1]
        paid = sum(2 * units[name] // units[stage] for name in above if name != "total")
        return paid + 1 + (self.largest if stage == "total" else 0)

    def rounded(self, prices: Ints, stage: str) -> Ints:
        """Return prices of all stages together as those of one stage and the ones before it."""
        unit = self.units[stage]
        return (prices + unit // 2) // unit

    def unsure(self, u: Ints, v: Ints) -> str | None:
        """Return a stage that prices of all stages do not prove, or None if they prove every one.

        For every pair ``u + v`` is at least what it is worth, and equal where the pair is used.
        Rounded to units of a stage that still holds if what is lost by rounding, together with all
        that later stages are worth, is less than one unit: both sides are whole numbers.
        """
        units = self.units
        for k, name in enumerate(self.names[:-1]):
            off = sum(
                int(np.abs(x - units[name] * self.rounded(x, name)).max(initial=0)) for x in (u, v)
            )
            later = sum(2 * units[other] for other in self.names[k + 1 : -1]) + self.largest
            if off + later >= units[name]:
                return name
        return None


def weigh(names: tuple[str, ...], largest: int) -> Weights:
    """Return the first weights to try for some stages, ``"total"`` last among them."""
    return Weights(names, largest, (FIRST_DIGITS,) * (len(names) - 1))
