"""Which cases are measured together: the small set of ``mentormatch bench``, and the full ones."""

from __future__ import annotations

from mentormatch.benching.cohorts import KINDS
from mentormatch.benching.measure import Case

_SMALL = (
    ("uniform", 100, "matrix"),
    ("uniform", 1000, "matrix"),
    ("profile", 1000, "encodings"),
    ("near ties", 500, "matrix"),
    ("scarce", 500, "encodings"),
    ("closed", 500, "matrix"),
)
_ENCODED = ("profile", "scarce", "closed")


def small(seed: int = 0) -> list[Case]:
    """Return cases of up to 1 000 mentees that take less than a minute with SciPy beside ours."""
    return [Case(kind, n, form, seed) for kind, n, form in _SMALL]


def full(sizes: list[int], kinds: list[str], forms: list[str], seed: int = 0) -> list[Case]:
    """Return every kind in every size and form that it has."""
    return [
        Case(kind, n, form, seed)
        for kind in KINDS
        if kind in kinds
        for n in sizes
        for form in ("matrix", "encodings")
        if form in forms and (form == "matrix" or kind in _ENCODED)
    ]
