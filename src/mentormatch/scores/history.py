"""What past pairs have to tell: the parts of their scores beside how they turned out."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.frozen import Frozen
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import Floats
from mentormatch.scores.labels import part_label
from mentormatch.scores.ratings import frame_ratings, read_ratings
from mentormatch.words import LANGUAGES, Sentence

#: A part is narrow where rated pairs spread less than this share of what all pairs do.
NARROW = 0.5

#: All pairs are looked at for that as far as so many people a side go.
LOOKED_AT = 200


@dataclass(frozen=True, eq=False)
class History:
    """Past pairs, the parts of their scores and how they turned out.

    Pairs stand in the order of their ids, or where there are none, of their numbers: what is
    learned does not depend on the order of a sheet.

    Parameters
    ----------
    parts : tuple of str
        Names of the parts of the score.
    values : (n, p) array of float
        The value of each part for each pair, before weighting, in [0, 1].
    outcomes : (n,) array of float
        Ratings, more is better; or 1 for a pair that was kept and 0 for one that was not.
    kind : {"rating", "kept"}
        Which of the two.
    present : mapping of str to float
        The weights of the parts at present; they add up to 1.
    mentees, mentors : tuple of str
        Ids of the pairs, or empty where they are not known.
    narrow : tuple of str
        Parts in which these pairs differ far less from each other than all possible pairs do.
    own_departments : bool
        Whether some department has weights of its own.
    labels : mapping of str to Sentence
        What a reader calls the parts.
    """

    parts: tuple[str, ...]
    values: Floats
    outcomes: Floats
    kind: str
    present: Mapping[str, float]
    mentees: tuple[str, ...] = ()
    mentors: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    own_departments: bool = False
    labels: Mapping[str, Sentence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = [*self.values.T[::-1], self.outcomes]
        order = np.lexsort([*keys, self.mentors, self.mentees] if self.mentees else keys)
        for name in ("values", "outcomes"):
            ordered = np.array(getattr(self, name), dtype=np.float64)[order]
            ordered.setflags(write=False)
            object.__setattr__(self, name, ordered)
        for name in ("mentees", "mentors"):
            people = getattr(self, name)
            object.__setattr__(self, name, tuple(people[k] for k in order) if people else ())
        object.__setattr__(self, "present", Frozen(self.present))
        object.__setattr__(self, "labels", Frozen(self.labels))

    def __len__(self) -> int:
        return len(self.outcomes)

    def __repr__(self) -> str:
        return f"History({len(self)} pairs: {', '.join(self.parts)} -> {self.kind})"

    @property
    def table(self) -> pd.DataFrame:
        """The pairs as a table: whose they are, a column a part, and ``rating`` or ``kept``."""
        whose = {"mentee": self.mentees, "mentor": self.mentors} if self.mentees else {}
        values = {name: self.values[:, k] for k, name in enumerate(self.parts)}
        ended = self.outcomes if self.kind == "rating" else self.outcomes > 0
        return pd.DataFrame({**whose, **values, self.kind: ended})

    @property
    def groups(self) -> NDArray[np.intp]:
        """The number of each pair's mentor, from 0; each pair its own where they are unknown."""
        if not self.mentors:
            return np.arange(len(self))
        return np.unique(np.array(self.mentors), return_inverse=True)[1]

    def label(self, name: str) -> Sentence:
        """Return what a reader calls a part, in both languages."""
        return self.labels.get(name) or Sentence(name, name)


def history(
    fit: Compatibility,
    outcomes: str | os.PathLike[str] | pd.DataFrame,
    *,
    scale: tuple[float, float] = (1, 5),
) -> History:
    """Join a sheet that says how last year's pairs turned out to the parts of their scores.

    Parameters
    ----------
    fit : Compatibility
        Scores of last year's people: ``mm.score(mm.read_cohort(...))`` on last year's sheets.
    outcomes : path or DataFrame
        One row a pair, as Excel (.xlsx) or CSV, with columns headed ``Mentee`` (``Adept``),
        ``Mentor``, and either ``Rating`` (``Betyg``) or ``Kept`` (``Behölls``, yes or no). People
        are named by id, or by an e-mail address or name that is theirs alone. Other columns are
        left aside, so that the ``pairs.csv`` of last year will do, with a column added.
    scale : (float, float)
        Lowest and highest rating of the survey; the highest is the best.

    Returns
    -------
    History
        What `learn_weights` takes.

    Raises
    ------
    ProblemError
        The file cannot be read; a column is missing or there twice; somebody did not sign up that
        year; a rating is missing, no number or outside the scale; a pair stands there twice. All
        faults are told at once, by row and without names.

    Examples
    --------
    >>> import mentormatch as mm
    >>> fit = mm.score(mm.make_cohort(2, 2, seed=1), {"interests": 1, "goals": 2})
    >>> sheet = pd.DataFrame({"mentee": fit.mentee_ids, "mentor": fit.mentor_ids, "rating": [3, 5]})
    >>> history(fit, sheet)
    History(2 pairs: interests, goals -> rating)
    >>> print(history(fit, sheet.replace(5, 6)))
    Traceback (most recent call last):
    mentormatch.errors.ProblemError: 1 fault was found:
      - ratings, row 3, column "rating": "6" is outside the scale, which goes from 1 to 5.
    """
    read = read_ratings(outcomes, fit.cohort, scale)
    values = fit.values(read.mentees, read.mentors)
    programme = fit.cohort.programme
    return History(
        fit.names,
        values,
        np.array(read.outcomes),
        read.kind,
        shares(fit.weights, fit.names),
        tuple(fit.mentee_ids[one] for one in read.mentees),
        tuple(fit.mentor_ids[one] for one in read.mentors),
        _narrow(fit, values),
        bool(fit.department_weights),
        {
            name: Sentence(*(part_label(programme, name, language) for language in LANGUAGES))
            for name in fit.names
        },
    )


def frame_history(frame: pd.DataFrame, scale: tuple[float, float] | None = None) -> History:
    """Return the history in a table of values, as `mentormatch.learn_weights` takes it.

    Present weights are equal ones.
    """
    values, outcomes, kind, ids = frame_ratings(frame, scale)
    present = dict.fromkeys(values, 1.0)
    # Mentors matter even where mentees are not named; mentees alone say nothing.
    mentors = tuple(ids.get("mentor", ()))
    return History(
        tuple(values),
        np.column_stack(list(values.values())),
        np.array(outcomes),
        kind,
        shares(present, tuple(values)),
        tuple(ids.get("mentee", [""] * len(mentors))) if mentors else (),
        mentors,
    )


def shares(weights: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """Return weights that add up to 1, one a part; a part that is not named has none."""
    whole = math.fsum(weights.values())
    return {name: float(weights.get(name, 0.0)) / whole for name in names}


def _narrow(fit: Compatibility, values: Floats) -> tuple[str, ...]:
    """Return the parts in which some pairs differ far less than all possible pairs do."""
    some = [
        np.argsort(np.array(ids))[:: max(1, len(ids) // LOOKED_AT)]
        for ids in (fit.mentee_ids, fit.mentor_ids)
    ]
    i, j = (axis.ravel() for axis in np.meshgrid(*some, indexing="ij"))
    usual = fit.values(i, j).std(axis=0)
    return tuple(
        name
        for name, one, other in zip(fit.names, values.std(axis=0), usual, strict=True)
        if one < NARROW * other
    )
