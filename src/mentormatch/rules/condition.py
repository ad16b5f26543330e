"""What a rule is: its sentence, and the quotas it means for a cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import Fault
from mentormatch.matching.problem import Quota
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Programme
from mentormatch.words import Sentence

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Aim:
    """A stage that a rule adds to every objective.

    Parameters
    ----------
    stage : str
        Its name. Where several rules count under one name, later ones get a number.
    leading : bool
        Whether it comes before all else, or else right before the total.
    count : Pairs, array or list of (Pairs, int), optional
        What it counts, as `mentormatch.matching.aims.Aims` takes it.
    groups : sequence of str, optional
        Group of each mentee, where it levels groups.
    """

    stage: str
    leading: bool = True
    count: Any = None
    groups: Sequence[str] | None = None


@dataclass(frozen=True, eq=False)
class Meaning:
    """What a condition means for a cohort.

    Parameters
    ----------
    quotas : tuple of Quota
        Bounds on sets of pairs, each named by a sentence in both languages.
    minimum_score : float
        Pairs that score below this are impossible.
    fewest, most : numpy.ndarray of int, shape (mentors,), optional
        Fewest and most mentees of each mentor, beside what they offer. None bounds nothing.
    aims : tuple of Aim
        Stages that come to every objective.
    favourites : mapping of str to list of list of int, optional
        Whom each person of a side would rather have than anybody else, the best first, for stable
        lists.
    notes : tuple of Fault
        What the coordinator should know, such as a name that fits nobody.
    """

    quotas: tuple[Quota, ...] = ()
    minimum_score: float = -np.inf
    fewest: Ints | None = None
    most: Ints | None = None
    aims: tuple[Aim, ...] = ()
    favourites: Mapping[str, list[list[int]]] | None = None
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A rule that pairs have to keep.

    Parameters
    ----------
    kind : str
        As the programme file calls it, such as ``"own department only"``.
    settings : mapping
        What it was given.
    departments : tuple of str
        Keys of the departments that it names.
    meaning : callable
        Cohort -> `Meaning`.
    sentence : callable
        Programme -> what it demands, in English and Swedish.
    file, line : str, int
        Where a programme file states it.
    """

    kind: str
    settings: Mapping[str, Any]
    departments: tuple[str, ...]
    meaning: Callable[[Cohort], Meaning] = field(repr=False)
    sentence: Callable[[Programme], Sentence] = field(repr=False)
    file: str = ""
    line: int | None = None
