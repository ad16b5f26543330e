"""What a problem demands, one clause for each quota and each minimum."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from mentormatch.errors import REDACTED
from mentormatch.matching.problem import Problem
from mentormatch.words import say, told


@dataclass(frozen=True)
class Clause:
    """One thing that a problem demands: a quota, or the minimum of one mentor or mentee."""

    kind: str  # "quota", "mentor minimum" or "mentee minimum"
    position: int
    name: Hashable
    bound: int = 0

    def called(self, language: str = "en", *, redact: bool = False) -> str:
        """Return the name of the quota or of the person; with ``redact=True`` a mark instead."""
        return REDACTED if redact else told(self.name, language)

    def text(self, language: str = "en") -> str:
        """Tell the clause in English (``en``) or Swedish (``sv``)."""
        if self.kind == "quota":
            return told(self.name, language)
        key = (
            "conflict.mentor_minimum"
            if self.kind == "mentor minimum"
            else "conflict.mentee_minimum"
        )
        return say(key, language, name=self.name, bound=self.bound)


def clauses_of(problem: Problem) -> list[Clause]:
    """Return all that a problem demands: its quotas in order, then minimums."""
    clauses = [Clause("quota", k, quota.name) for k, quota in enumerate(problem.quotas)]
    for kind, ids, least in (
        ("mentor minimum", problem.mentor_ids or (), problem.mentor_minimum),
        ("mentee minimum", problem.mentee_ids or (), problem.mentee_minimum),
    ):
        clauses += [
            Clause(kind, int(k), ids[k], int(least[k])) for k in np.flatnonzero(least).tolist()
        ]
    return clauses


def without_scores(problem: Problem) -> Problem:
    """Return the problem with every pair worth nothing that is possible but for its rules."""
    free = replace(problem, quotas=(), mentor_minimum=0, mentee_minimum=0)
    possible = free.values(np.arange(problem.shape[0]))[1]
    return replace(
        free,
        scores=np.where(possible, 0.0, -np.inf),
        minimum_score=-np.inf,
        quotas=problem.quotas,
        mentor_minimum=problem.mentor_minimum,
        mentee_minimum=problem.mentee_minimum,
    )
