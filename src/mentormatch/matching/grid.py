"""The fine grid of whole numbers on which scores are compared, and the lottery that breaks ties."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from datetime import date, time, timedelta
from enum import Enum
from hashlib import blake2b
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError

#: Scores that a score object hands out are multiples of 2**-SCORE_BITS.
SCORE_BITS = 20
#: A raw matrix is rounded to this many binary digits of its largest entry.
MATRIX_BITS = 30
#: Totals of scores stay below 2**SUM_BITS, which leaves solvers room to put one aim before another.
SUM_BITS = 48
#: What solvers add up stays below 2**TOTAL_BITS, so that it is exact as float64 too.
TOTAL_BITS = 52

_TOO_LARGE = (
    "scores are so large that their total would not be exact: divide them all by a constant"
)

_WRITTEN_ALIKE = (str, bytes, int, float, date, time, timedelta, UUID)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def matrix_bits(largest: float, whole: bool, pairs: int) -> int:
    """Return how many binary digits after the point a raw matrix keeps (negative: before it).

    A matrix of whole numbers keeps them exactly as long as totals stay below ``2**SUM_BITS``. Any
    other keeps `MATRIX_BITS` digits of its largest entry, which is a relative 1e-9.

    Parameters
    ----------
    largest : float
        Largest absolute score.
    whole : bool
        Whether all scores are whole numbers.
    pairs : int
        Most pairs that a matching can have.

    Raises
    ------
    ProblemError
        A total might be larger than any float.
    """
    if largest == 0:
        return SCORE_BITS
    # Twice: bounds are larger than totals, and rounding may go up.
    if math.isinf(2.0 * largest * max(pairs, 1)):
        raise ProblemError(_TOO_LARGE)
    size = int(np.frexp(largest)[1])
    room = SUM_BITS - max(pairs, 1).bit_length()
    if whole and size <= room:
        return 0
    return min(MATRIX_BITS, room - 1) - size  # rounding may need one digit more


def round_to(scores: Floats, bits: int, lowest: float, highest: float) -> Floats:
    """Round scores in place to whole steps of ``2**-bits``; -inf stays.

    Parameters
    ----------
    scores : numpy.ndarray of float
        Changed in place.
    bits : int
        Binary digits after the point that are kept.
    lowest, highest : float
        Range of the scores.

    Raises
    ------
    ProblemError
        A score is so large that it has no place on the grid.
    """
    if not np.isfinite(lowest):
        lowest = float(scores[np.isfinite(scores)].min(initial=0.0))
    largest = max(-lowest, highest)
    if largest > 0 and int(np.frexp(largest)[1]) + bits > TOTAL_BITS:
        raise ProblemError(_TOO_LARGE)
    if abs(bits) < 1000:
        np.multiply(scores, 2.0**bits, out=scores)
    else:
        np.ldexp(scores, bits, out=scores)
    return np.rint(scores, out=scores)


def from_grid(value: int, bits: int) -> float:
    """Return the score that ``value`` steps of the grid stand for."""
    return float(np.ldexp(float(value), -bits))


def draws_alike(one: Hashable) -> bool:
    """Say whether an id is written alike in every run and on every machine.

    Text, bytes, numbers, moments, UUIDs, members of enumerations and tuples of these are. Other
    objects may be written with their place in memory, so that the lottery would not be the same
    twice; NaN and NaT are not equal to themselves.

    Examples
    --------
    >>> draws_alike(("physics", 7)), draws_alike(object())
    (True, False)
    """
    if type(one) in (str, int):
        return True
    one = _plain(one)
    if isinstance(one, tuple):
        return all(map(draws_alike, one))
    if isinstance(one, Enum):
        return draws_alike(one.value)
    if not isinstance(one, _WRITTEN_ALIKE) or one != one:  # noqa: PLR0124  (NaN is not equal to itself)
        return False
    # What moments and the like carry along, such as a time zone of one's own, may be anything.
    return " at 0x" not in repr(one) or isinstance(one, (str, bytes))


def _plain(one: Hashable) -> Hashable:
    """Return NumPy's own text and numbers as plain ones, whatever its version calls them."""
    if isinstance(one, np.generic):
        plain: Hashable = one.item()
        return plain
    return tuple(map(_plain, one)) if type(one) is tuple else one


def tickets(ids: Sequence[Hashable], side: str, seed: int) -> NDArray[np.uint64]:
    """Draw each person's lottery ticket, 64 bits keyed by the id, the side and the seed.

    The ticket depends on nothing else: not on the row, the sheet or the other people.
    """
    key = f"{seed}:{side}:"
    written = (key + repr(_plain(x)) for x in ids)
    raw = b"".join(blake2b(one.encode(), digest_size=8).digest() for one in written)
    return np.frombuffer(raw, dtype=">u8").astype(np.uint64)


def lottery(mentees: NDArray[np.uint64], mentors: NDArray[np.uint64], bits: int) -> Ints:
    """Return the lottery number of each pair, ``bits`` bits, for broadcastable tickets.

    The two tickets are mixed by the finaliser of SplitMix64 (Steele, Lea and Flood 2014,
    doi:10.1145/2660193.2660195).
    """
    with np.errstate(over="ignore"):
        x = mentees * np.uint64(0x9E3779B97F4A7C15) + mentors
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(64 - bits)).astype(np.int64)


def lottery_bits(n: int, m: int) -> int:
    """Return how many bits lottery numbers have: those of a whole matching add up exactly."""
    return min(40, TOTAL_BITS - 6 - max(n, m, 2).bit_length())


def check_total(values: Ints, pairs: int) -> None:
    """Raise ProblemError if a total of this many pairs might not be exact."""
    largest = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    if largest.bit_length() + max(pairs, 1).bit_length() > SUM_BITS:
        raise ProblemError(_TOO_LARGE)
