"""How the parts of the score become one number for a pair, which adds up from them exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentormatch.errors import Fault, ProblemError
from mentormatch.frozen import Frozen
from mentormatch.people.cohort import Cohort
from mentormatch.scores.calibration import Calibration
from mentormatch.scores.compiled import MANY, worth_compiling
from mentormatch.scores.curve import ONE, Floats, Integers
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.in_common import InCommon
from mentormatch.scores.parts import TRUST, Part, measures_of, paired, positions
from mentormatch.scores.reckoner import Reckoner, Singles
from mentormatch.scores.weights import grid_weights
from mentormatch.words import Sentence, sentence

BITS = ONE.bit_length() - 1

#: Whose answers tell less than this share of what is weighed is named in a note.
SILENT = 0.25


@dataclass(frozen=True)
class PairScore:
    """The score of one pair, taken apart.

    Parameters
    ----------
    score : float
        In [0, 1]; exactly the sum of `parts`.
    parts : mapping of str to float
        What each part contributes: its value times its weight, rounded down to the grid.
    values : mapping of str to float
        The value of each part, in [0, 1], before weighting.
    known : tuple of str
        The parts about which both gave an answer; the others have their neutral value.
    certainty : float
        How much of the score rests on what both answered, 0 to 1; see `Compatibility.certainty`.
    """

    score: float
    parts: Mapping[str, float]
    values: Mapping[str, float]
    known: tuple[str, ...]
    certainty: float = 1.0


@dataclass(frozen=True, eq=False)
class Compatibility:
    """How well every mentee and every mentor fit, without ever holding the whole table.

    A score is a multiple of 2**-20 in [0, 1], higher is better. It is the sum over the parts of
    ``(weight * value) >> 20`` in whole numbers. So a pair has one score, bit for bit, whatever
    else is asked for at the same time, and its parts add up exactly.

    Parameters
    ----------
    cohort : Cohort
        Whose scores they are: mentees are rows, mentors columns, in the order of its tables.
    parts : tuple of Part
        With different names, each about all of the cohort.
    weights : mapping of str to float
        Weight of each part; only the ratios matter; parts that are not named weigh nothing.
    department_weights : mapping of str to mapping
        Weights used instead for the mentees of these departments.
    own_notes : tuple of Fault
        What scoring noticed that is no single part's matter.
    calibrated : bool
        Whether the parts' curves were made such that weights mean what they say.
    carried : Calibration, optional
        The calibration of an earlier cohort that the parts were made by.
    encoder : Encoder, optional
        What compared texts by meaning.

    Raises
    ------
    ValueError
        Two parts of one name; a part that is about other numbers of people; a weight without its
        part. (`mentormatch.score` finds these, and bad weights, in the words of a coordinator.)
    """

    cohort: Cohort
    parts: tuple[Part, ...]
    weights: Mapping[str, float]
    department_weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    own_notes: tuple[Fault, ...] = ()
    calibrated: bool = False
    carried: Calibration | None = None
    encoder: Encoder | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        object.__setattr__(self, "weights", Frozen(self.weights))
        apart = {key: Frozen(own) for key, own in self.department_weights.items()}
        object.__setattr__(self, "department_weights", Frozen(apart))
        names = [part.name for part in self.parts]
        if len(set(names)) < len(names):
            raise ValueError("two parts of the score have the same name")
        for part in self.parts:
            if part.shape != self.shape:
                raise ValueError(f"the part {part.name!r} is about {part.shape}, not {self.shape}")
        for weights in (self.weights, *apart.values()):
            if not set(weights) <= set(names):
                raise ValueError(f"weights without a part: {sorted(set(weights) - set(names))}")

    def __getstate__(self) -> dict[str, Any]:
        """Return what is written by pickle: nothing that can be worked out again."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __repr__(self) -> str:
        names = ", ".join(part.name for part in self.parts)
        return f"Compatibility({self.shape[0]} x {self.shape[1]}: {names})"

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""
        return len(self.cohort.mentees), len(self.cohort.mentors)

    @cached_property
    def mentee_ids(self) -> tuple[str, ...]:
        """Ids of the mentees: the rows."""
        return tuple(self.cohort.mentees.index)

    @cached_property
    def mentor_ids(self) -> tuple[str, ...]:
        """Ids of the mentors: the columns."""
        return tuple(self.cohort.mentors.index)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parts, in order."""
        return tuple(part.name for part in self.parts)

    @property
    def notes(self) -> tuple[Fault, ...]:
        """What scoring noticed and the coordinator should see, such as answers cut short."""
        parts = tuple(note for part in self.parts for note in part.notes)
        return (*self.own_notes, *parts, *self._silent)

    @cached_property
    def _silent(self) -> tuple[Fault, ...]:
        """A note for everybody whose answers tell less than a quarter of what is weighed."""
        found = []
        for side, ids in (("mentees", self.mentee_ids), ("mentors", self.mentor_ids)):
            told = self.told(side)
            found += [
                Fault(f"scores.silent_{side}", side, value=str(ids[k]))
                for k in np.flatnonzero(told < SILENT)
            ]
        return tuple(found)

    @property
    def calibration(self) -> Calibration:
        """What the scores take from everybody, for those who come later; see `score`.

        If it was carried over, its source is still the cohort that it was measured on.
        """
        before = self.carried or Calibration(self._people, {})
        parts = {part.name: measures_of(part) for part in self.parts}
        return Calibration(before.source, {**before.parts, **parts})

    @property
    def _people(self) -> Sentence:
        """Who they are that the scores were measured on, in both languages."""
        name, (mentees, mentors) = self.cohort.programme.name, self.shape
        return sentence(
            "scores.people",
            programme=Sentence(name("en"), name("sv")),
            year=self.cohort.programme.year,
            mentees=mentees,
            mentors=mentors,
        )

    @property
    def method(self) -> str:
        """What compared the answers, with versions."""
        return ", ".join(dict.fromkeys(part.method for part in self.parts if part.method))

    def told(self, side: str) -> Floats:
        """Return what share of all that is weighed each person's answers tell, 0 to 1.

        Parameters
        ----------
        side : {"mentees", "mentors"}
            Whose answers.
        """
        one = side == "mentees"
        weights = self.grid_weights[self.mentee_groups] if one else self.grid_weights[[0]]
        shares = np.empty((self.shape[0] if one else self.shape[1], len(self.parts)))
        for k, part in enumerate(self.parts):
            known = part.mentee_known if one else part.mentor_known
            trust = part.mentee_trust if one else part.mentor_trust
            shares[:, k] = known if trust is None else np.where(known, trust / TRUST, 0.0)
        made: Floats = (shares * weights).sum(axis=1) / ONE
        return made

    @cached_property
    def grid_weights(self) -> Integers:
        """Whole-numbered weights, (groups, parts); each row adds up to 2**20.

        Row 0 is `weights`, the others `department_weights` in their order; `mentee_groups` says
        which row is a mentee's.
        """
        tables = (self.weights, *self.department_weights.values())
        return np.array(
            [grid_weights([own.get(name, 0.0) for name in self.names]) for own in tables],
            dtype=np.int64,
        )

    @cached_property
    def mentee_groups(self) -> NDArray[np.intp]:
        """Row of `grid_weights` that holds for each mentee, (n,)."""
        group = {key: k for k, key in enumerate(self.department_weights, start=1)}
        if not group or "department" not in self.cohort.mentees:
            return np.zeros(self.shape[0], dtype=np.intp)
        own = self.cohort.mentees["department"]
        return np.array([group.get(key, 0) for key in own], dtype=np.intp)

    def block(self, rows: slice | ArrayLike) -> Floats:
        """Return the scores of some mentees with all mentors, (len(rows), m).

        Parameters
        ----------
        rows : slice or array of int
            Positions of mentees.
        """
        rows = positions(rows, self.shape[0])
        if self._small:
            kept: Floats = self._kept[rows]
            return kept
        if worth_compiling(len(rows) * self.shape[1]):
            return self._reckoner.steps(rows) / ONE
        return self._made(rows)

    @property
    def _small(self) -> bool:
        return self.shape[0] * self.shape[1] <= MANY

    @cached_property
    def _kept(self) -> Floats:
        """All scores of a small cohort, which many ask for again and again."""
        return self._made(np.arange(self.shape[0]))

    def _made(self, rows: NDArray[np.intp]) -> Floats:
        weights = self.grid_weights[self.mentee_groups[rows]]
        total = np.zeros((len(rows), self.shape[1]), dtype=np.int64)
        for k, part in enumerate(self.parts):
            if weights[:, k].any():
                value = part.block(rows)
                value *= weights[:, k, None]
                value >>= BITS
                total += value
        return total / ONE

    #: No score is larger.
    largest = 1.0

    def rough_block(self, rows: slice | ArrayLike, columns: slice | ArrayLike) -> Singles:
        """Return the scores of some mentees with some mentors in a hurry, float32.

        For whoever looks for the best of very many pairs and asks `at` for those alone.

        Parameters
        ----------
        rows, columns : slice or array of int
            Positions of mentees and of mentors.

        Returns
        -------
        numpy.ndarray of float32, shape (len(rows), len(columns))
            Each is off by `rough_error` at most.
        """
        rows = positions(rows, self.shape[0])
        every = isinstance(columns, slice) and columns == slice(None)
        if not worth_compiling(MANY):
            made: Singles = self.block(rows).astype(np.float32)
            return made if every else made[:, positions(columns, self.shape[1])]
        steps: Singles = self._reckoner.steps(rows, columns, rough=True)
        steps *= np.float32(1 / ONE)
        return steps

    @cached_property
    def rough_error(self) -> float:
        """How far `rough_block` may be off."""
        return self._reckoner.rough_steps / ONE if worth_compiling(MANY) else 0.0

    @cached_property
    def _reckoner(self) -> Reckoner:
        return Reckoner(self.parts, self.grid_weights[self.mentee_groups])

    def at(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Return the scores of listed pairs: mentee ``i[k]`` with mentor ``j[k]``."""
        if self._small:
            i, j = paired(i, j, self.shape)
            kept: Floats = self._kept[i, j]
            return kept
        made: Floats = self.contributions(i, j).sum(axis=1)
        return made

    def contributions(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Return what each part contributes to listed pairs, (pairs, parts).

        Each is a multiple of 2**-20, so that a row adds up to the pair's score exactly.
        """
        i, j = paired(i, j, self.shape)
        return (self.grid_weights[self.mentee_groups[i]] * self._units(i, j) >> BITS) / ONE

    def values(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Return the values of the parts of listed pairs before weighting, (pairs, parts)."""
        return self._units(i, j) / ONE

    def evidence(self, i: ArrayLike, j: ArrayLike) -> Integers:
        """Return on how many parts with a weight both of a listed pair gave an answer."""
        i, j = paired(i, j, self.shape)
        counts = self.grid_weights[self.mentee_groups[i]] > 0
        known = [part.known(i, j) & counts[:, k] for k, part in enumerate(self.parts)]
        together: Integers = np.sum(known, axis=0, dtype=np.int64)
        return together

    def certainty(self, i: ArrayLike, j: ArrayLike) -> Floats:
        """Return how much of the score of listed pairs rests on what both answered, 0 to 1.

        The sum of the weights of the parts about which both gave an answer; slight answers, such
        as a single word, count in part. The rest of the score is what any pair would have.
        """
        i, j = paired(i, j, self.shape)
        told = np.column_stack([part.trust(i, j) for part in self.parts]) / TRUST
        made: Floats = (told * self.grid_weights[self.mentee_groups[i]]).sum(axis=1) / ONE
        return made

    def pair(self, mentee_id: str, mentor_id: str) -> PairScore:
        """Return the score of one pair, taken apart.

        Raises
        ------
        ProblemError
            There is no such mentee, or no such mentor.
        """
        i, j = self.place(mentee_id, mentor_id)
        parts, values = self.contributions([i], [j])[0], self.values([i], [j])[0]
        return PairScore(
            float(parts.sum()),
            Frozen(dict(zip(self.names, parts.tolist(), strict=True))),
            Frozen(dict(zip(self.names, values.tolist(), strict=True))),
            tuple(part.name for part in self.parts if part.known([i], [j])[0]),
            float(self.certainty([i], [j])[0]),
        )

    def in_common(self, i: int, j: int) -> tuple[InCommon, ...]:
        """Return what speaks for mentee `i` and mentor `j`, part by part, the most weighty first.

        Parts that weigh nothing for the mentee are left out. Of many pairs `all_in_common` is
        quicker.
        """
        counting = compress(self.parts, self.counting(i))
        return tuple(one for part in counting for one in part.in_common(i, j))

    def all_in_common(self, i: ArrayLike, j: ArrayLike) -> list[tuple[tuple[InCommon, ...], ...]]:
        """Return for listed pairs what speaks for them, a tuple for each part in order.

        Parts that weigh nothing have theirs, too. An encoder is called once for each part and
        side, with the sentences that it was not asked about before.
        """
        i, j = paired(i, j, self.shape)
        found = [part.all_in_common(i, j) for part in self.parts]
        return [tuple(part[k] for part in found) for k in range(len(i))]

    def counting(self, i: int) -> tuple[bool, ...]:
        """Say for each part whether it weighs anything for mentee `i`."""
        return tuple((self.grid_weights[self.mentee_groups[i]] > 0).tolist())

    def place(self, mentee_id: str, mentor_id: str) -> tuple[int, int]:
        """Return row and column of a pair; ProblemError where there is no such person."""
        faults, found = [], []
        for side, person in zip(self._places, (mentee_id, mentor_id), strict=True):
            found.append(self._places[side].get(person, -1))
            if found[-1] < 0:
                near = get_close_matches(str(person), self._places[side], n=1)
                faults.append(
                    Fault(
                        f"scores.no_such_{side}",
                        value=str(person),
                        nearest=near[0] if near else None,
                    )
                )
        if faults:
            raise ProblemError(faults)
        return found[0], found[1]

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        sides = {"mentee": self.mentee_ids, "mentor": self.mentor_ids}
        return {side: {one: k for k, one in enumerate(ids)} for side, ids in sides.items()}

    def _units(self, i: ArrayLike, j: ArrayLike) -> Integers:
        """Return the values of the parts of listed pairs in units of 2**-20, (pairs, parts)."""
        return np.column_stack([part.at(i, j) for part in self.parts])
