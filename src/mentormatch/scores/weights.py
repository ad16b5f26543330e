"""How weights are read: only their ratios matter, and they become whole numbers that add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from numbers import Real

from mentormatch.errors import Fault
from mentormatch.scores.curve import ONE

#: Weights of a programme that states none.
DEFAULT_WEIGHTS = {"department": 1.0, "interests": 1.0, "goals": 1.0}


def grid_weights(weights: Sequence[float]) -> tuple[int, ...]:
    """Return whole numbers in the ratios of the weights, which add up to ``ONE`` exactly.

    Each gets its share rounded down; what is left goes one by one to the largest remainders, the
    earlier part first where they are equal. Weights count as they are written in decimals, so that
    0.1, 0.2 and 0.3 are the same as 1, 2 and 3.

    Parameters
    ----------
    weights : sequence of float
        Finite, >= 0, at least one of them positive.

    Examples
    --------
    >>> grid_weights([1, 1, 1])
    (349526, 349525, 349525)
    >>> grid_weights([0.1, 0.2, 0.3]) == grid_weights([1, 2, 3])
    True
    """
    exact = [Fraction(repr(float(weight))) for weight in weights]
    whole = sum(exact)
    shares = [weight * ONE / whole for weight in exact]
    made = [math.floor(share) for share in shares]
    by_remainder = sorted(range(len(made)), key=lambda k: made[k] - shares[k])
    for k in by_remainder[: ONE - sum(made)]:
        made[k] += 1
    return tuple(made)


def faults_of(weights: Mapping[str, float], *, file: str = "") -> list[Fault]:
    """Return what is wrong with the weights as numbers: NaN, infinite, negative, all zero."""
    faults = [
        Fault("scores.not_a_weight", file=file, column=str(name), value=str(weight))
        for name, weight in weights.items()
        if not isinstance(weight, Real) or not math.isfinite(weight) or weight < 0
    ]
    if not faults and not any(weights.values()):
        faults.append(Fault("scores.no_weight", file=file))
    return faults
