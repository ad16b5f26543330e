"""What a problem is given about people, checked: ids, numbers of pairs, and a least score."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching import grid

Ints = NDArray[np.int64]

LIMIT = 2**31


class Ids(tuple[Hashable, ...]):
    """Ids that have been checked, so that a problem with other places need not check them again."""

    @cached_property
    def places(self) -> dict[Hashable, int]:
        """Where everybody stands."""
        return {one: k for k, one in enumerate(self)}


def place_among(ids: Sequence[Hashable], one: Hashable) -> int | None:
    """Return where an id stands, None if it is not among them."""
    places = ids.places if isinstance(ids, Ids) else {each: k for k, each in enumerate(ids)}
    try:
        return places.get(one)
    except TypeError:  # no id is a list
        return None


def ids_of(ids: Sequence[Hashable] | None, size: int, who: str) -> tuple[Hashable, ...]:
    """Return ids as a tuple, positions if there are none; each must be there once."""
    if isinstance(ids, Ids) and len(ids) == size:
        return ids
    if ids is not None and not isinstance(ids, Iterable):
        raise ProblemError(f"{who}_ids must be a list of ids, not {type(ids).__name__}")
    names = tuple(range(size)) if ids is None else tuple(ids)
    if len(names) != size:
        raise ProblemError(f"{len(names)} {who}_ids for {size} {who}s")
    try:
        distinct = len(set(names))
    except TypeError as error:
        raise ProblemError(f"{who}_ids must be hashable, such as text or numbers") from error
    if distinct != size:
        twice = next(name for k, name in enumerate(names) if name in names[:k])
        raise ProblemError(f"{who} id {twice!r} stands twice")
    if ids is not None and not all(map(grid.draws_alike, names)):
        odd = next(name for name in names if not grid.draws_alike(name))
        raise ProblemError(
            f"{who}_ids must be text, numbers, moments or tuples of these, not "
            f"{type(odd).__name__}: the lottery needs ids that are written alike in every run"
        )
    return Ids(names)


def by_id(values: Any, ids: Sequence[Hashable], name: str) -> Any:
    """Return a pandas Series in the order of the ids, anything else as it is."""
    labels = getattr(values, "index", None)
    if callable(labels) or not hasattr(values, "reindex") or np.ndim(values) != 1:
        return values
    found = list(labels) if labels is not None else []
    place = {label: k for k, label in enumerate(found)}
    if len(place) == len(found) and place.keys() == set(ids):
        return [values.iloc[place[one]] for one in ids]
    if found == list(range(len(ids))):  # nobody gave it an index
        return values
    raise ProblemError(f"the index of {name} is not the ids of the people it is for")


def least_of(score: Any) -> float:
    """Return a least score as a float."""
    if not isinstance(score, Real) or isinstance(score, bool):
        raise ProblemError(f"minimum_score must be a number, not {type(score).__name__}")
    try:
        least = float(score)
    except OverflowError as error:
        raise ProblemError("minimum_score is larger than any score") from error
    if np.isnan(least):
        raise ProblemError("minimum_score is NaN")
    return least


def counts_of(values: Any, size: int, name: str) -> Ints:
    """Return one whole number a person, none negative."""
    if np.ma.is_masked(values):
        raise ProblemError(f"{name} has masked entries: give everybody a number")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ProblemError(f"{name} must be one number, or one a person") from error
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.rint(array)).all():
        array = np.clip(array, -1, LIMIT).astype(np.int64)
    if array.dtype.kind not in "iu" and array.size:
        raise ProblemError(f"{name} must be whole numbers")
    if array.ndim == 0:
        array = np.full(size, int(array))
    if array.shape != (size,):
        raise ProblemError(f"{name} has shape {array.shape}, it should have ({size},)")
    if array.size and int(array.max()) >= LIMIT:
        raise ProblemError(f"{name} is larger than 2 147 483 647")
    if (array < 0).any():
        raise ProblemError(f"{name} is negative at position {int(np.argmax(array < 0))}")
    counts = array.astype(np.int64)
    counts.setflags(write=False)
    return counts


def in_order(low: Ints, high: Ints, ids: Any, who: str, what: str) -> None:
    """Raise ProblemError where somebody's fewest is more than her most."""
    if (low > high).any():
        k = int(np.argmax(low > high))
        raise ProblemError(
            f"{who} {ids[k]!r} has a minimum of {low[k]} and a {what} of {high[k]}: "
            f"no matching can do both"
        )
