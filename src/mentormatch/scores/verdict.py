"""What past pairs say about the weights of the score, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from mentormatch.frozen import Frozen
from mentormatch.scores.history import History
from mentormatch.words import LANGUAGES, Sentence, say, sentence


@dataclass(frozen=True, eq=False)
class LearnedWeights:
    """What past pairs say about the weights of the score.

    Parameters
    ----------
    recommended : bool
        Whether `weights` are worth using instead of `present`.
    weights : mapping of str to float
        The weights that fit the past pairs best: >= 0, to four decimals, together 1. Where the
        data cannot tell anything they are the present ones.
    low, high : mapping of str to float
        Ends of an interval that holds the true weight in 95 of 100 cases; 0 and 1 where nothing
        can be told. A part that is kept has its weight at both ends.
    present : mapping of str to float
        The present weights, together 1.
    score_learned, score_present : float
        Of two pairs with unequal ratings, in which share of cases the better one has the higher
        score: with weights learned from other pairs, and with the present ones. A half is chance.
    chance : float
        If the present weights were right: the probability that chance makes a difference as
        large as the one that was seen. 1 where nothing can be told.
    pairs : int
        How many past pairs there were.
    reasons : tuple of Sentence
        Why, and what to bear in mind, in both languages; the first one is the verdict.
    labels : mapping of str to Sentence
        What a reader calls the parts.
    """

    recommended: bool
    weights: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    present: Mapping[str, float]
    score_learned: float
    score_present: float
    chance: float
    pairs: int
    reasons: tuple[Sentence, ...]
    labels: Mapping[str, Sentence] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("weights", "low", "high", "present", "labels"):
            object.__setattr__(self, name, Frozen(getattr(self, name)))

    @property
    def best(self) -> Mapping[str, float]:
        """The weights to go on with: the learned ones if they are recommended, else the present."""
        return self.weights if self.recommended else self.present

    def table(self, language: str = "en") -> pd.DataFrame:
        """Return a row a part: its weight now, the learned one, and the ends of its interval."""
        columns = {
            "part": [self.labels[name].told(language) for name in self.weights],
            "present": [self.present[name] for name in self.weights],
            "learned": list(self.weights.values()),
            "low": list(self.low.values()),
            "high": list(self.high.values()),
        }
        return pd.DataFrame({say(f"learning.{key}", language): columns[key] for key in columns})

    def text(self, language: str = "en") -> str:
        """Tell the verdict and its reasons, a line each, in English or Swedish (``sv``)."""
        return "\n".join(reason.told(language) for reason in self.reasons)

    def __repr__(self) -> str:
        told = ", ".join(
            f"{name} {weight:.2f} ({self.low[name]:.2f} to {self.high[name]:.2f})"
            for name, weight in self.weights.items()
        )
        verdict = "recommended" if self.recommended else "not recommended"
        return f"LearnedWeights({verdict} by {self.pairs} pairs: {told})"


class Found(NamedTuple):
    """What the numbers say: the fields of `LearnedWeights` that are none of the words."""

    weights: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    score_learned: float = 0.5
    score_present: float = 0.5
    chance: float = 1.0


def told(
    past: History, found: Found, wanted: Sequence[str], against: Sequence[Sentence]
) -> LearnedWeights:
    """Return the result with its reasons: the verdict, why, and what to bear in mind.

    Parameters
    ----------
    past : History
        The pairs.
    found : Found
        What the numbers say.
    wanted : sequence of str
        The parts whose weights were to be learned.
    against : sequence of Sentence
        What speaks against using the learned weights; nothing if they are recommended.
    """
    verdict = "learning.not_recommended" if against else "learning.recommended"
    reasons = [sentence(verdict), *against]
    tested = (found.score_learned, found.score_present) != (0.5, 0.5)
    if not against:
        reasons.append(sentence("learning.clear", percent=math.ceil(100 * found.chance)))
    if tested:
        key = "learning.tested" if past.kind == "rating" else "learning.tested_kept"
        of = {"learned": found.score_learned, "present": found.score_present}
        reasons.append(sentence(key, **{name: f"{100 * one:.0f}" for name, one in of.items()}))
        reasons += _bearing_in_mind(past, wanted)
    labels = {name: past.label(name) for name in past.parts}
    return LearnedWeights(
        not against,
        found.weights,
        found.low,
        found.high,
        past.present,
        found.score_learned,
        found.score_present,
        found.chance,
        len(past),
        tuple(reasons),
        labels,
    )


def _bearing_in_mind(past: History, wanted: Sequence[str]) -> list[Sentence]:
    rated = past.kind == "rating"
    told = [sentence("learning.selection" if rated else "learning.selection_kept")]
    listed = {
        "learning.narrow": [name for name in past.narrow if name in wanted],
        "learning.kept_parts": [name for name in past.parts if name not in wanted],
    }
    for key, names in listed.items():
        if names:
            told.append(sentence(key, parts=together([past.label(name) for name in names])))
    if past.own_departments:
        told.append(sentence("learning.own_departments"))
    if not past.mentors:
        told.append(sentence("learning.no_mentors"))
    return told


def together(labels: Sequence[Sentence]) -> Sentence:
    """Return a list of what parts are called, in both languages."""
    return Sentence(*(", ".join(one.told(language) for one in labels) for language in LANGUAGES))
