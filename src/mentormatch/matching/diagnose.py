"""Which rules of a problem cannot hold together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.flow import can_be_kept as flow_can
from mentormatch.matching.solvers.linear import can_be_kept as linear_can
from mentormatch.matching.solvers.numbers import read_numbers
from mentormatch.words import say, told


@dataclass(frozen=True)
class Clause:
    """One thing that a problem demands: a quota, or the minimum of one mentor or mentee."""

    kind: str  # "quota", "mentor minimum" or "mentee minimum"
    position: int
    name: Hashable
    bound: int = 0

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


@dataclass(frozen=True)
class Diagnosis:
    """A smallest set of demands that cannot all be kept: leave out any one and the rest can be.

    Attributes
    ----------
    clauses : tuple of Clause
        The demands. Places, demand and impossible pairs are taken as given.
    """

    clauses: tuple[Clause, ...]

    @property
    def conflict(self) -> tuple[str, ...]:
        """The names of the demands in conflict."""
        return tuple(clause.text() for clause in self.clauses)

    def text(self, language: str = "en") -> str:
        """Tell the conflict in English (``en``) or Swedish (``sv``)."""
        if not self.clauses:
            return say("conflict.none", language)
        lines = [say("conflict.opening", language, count=len(self.clauses))]
        lines += ["  - " + clause.text(language) for clause in self.clauses]
        lines.append(say("conflict.closing", language))
        return "\n".join(lines)


def diagnose(problem: Problem) -> Diagnosis:
    """Find a smallest set of quotas and minimums that no matching can keep together.

    Smallest means that none of them can be left out; there may be other such sets. The search is
    QuickXplain (Junker 2004): few questions even where there are hundreds of rules.

    Parameters
    ----------
    problem : Problem
        The question. If it has an answer, the diagnosis is empty.

    Examples
    --------
    >>> from mentormatch.matching.pairs import Pairs
    >>> from mentormatch.matching.problem import Quota
    >>> lock = Quota("Åsa and Bo stay together", Pairs.listed([(0, 0)]), at_least=1)
    >>> ban = Quota("Bo is abroad", Pairs.listed([(0, 0), (1, 0)]), at_most=0)
    >>> diagnose(Problem([[1.0], [1.0]], quotas=[lock, ban])).conflict
    ('Åsa and Bo stay together', 'Bo is abroad')
    """
    base = _without_scores(problem)
    clauses = _clauses(problem)
    if _can_be_kept(base, clauses):
        return Diagnosis(())
    if not _can_be_kept(base, []):
        return Diagnosis(())
    found = _explain(base, [], False, clauses)
    return Diagnosis(tuple(clause for clause in clauses if clause in found))


def _clauses(problem: Problem) -> list[Clause]:
    clauses = [Clause("quota", k, quota.name) for k, quota in enumerate(problem.quotas)]
    for kind, ids, least in (
        ("mentor minimum", problem.mentor_ids or (), problem.mentor_minimum),
        ("mentee minimum", problem.mentee_ids or (), problem.mentee_minimum),
    ):
        clauses += [
            Clause(kind, int(k), ids[k], int(least[k])) for k in np.flatnonzero(least).tolist()
        ]
    return clauses


def _without_scores(problem: Problem) -> Problem:
    """Return the problem with every possible pair worth nothing and no rules yet."""
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


def _can_be_kept(base: Problem, clauses: Sequence[Clause]) -> bool:
    chosen: dict[str, list[int]] = {"quota": [], "mentor minimum": [], "mentee minimum": []}
    for clause in clauses:
        chosen[clause.kind].append(clause.position)
    mentor, mentee = np.zeros_like(base.mentor_minimum), np.zeros_like(base.mentee_minimum)
    mentor[chosen["mentor minimum"]] = base.mentor_minimum[chosen["mentor minimum"]]
    mentee[chosen["mentee minimum"]] = base.mentee_minimum[chosen["mentee minimum"]]
    some = replace(
        base,
        quotas=[base.quotas[k] for k in chosen["quota"]],
        mentor_minimum=mentor,
        mentee_minimum=mentee,
    )
    numbers = read_numbers(some, 0)
    return linear_can(numbers) if numbers.needs_programs else flow_can(numbers)


def _explain(
    base: Problem, given: list[Clause], fresh: bool, clauses: list[Clause]
) -> list[Clause]:
    """Return a smallest part of `clauses` that cannot be kept together with `given`."""
    if fresh and not _can_be_kept(base, given):
        return []
    if len(clauses) == 1:
        return clauses
    half = len(clauses) // 2
    first, second = clauses[:half], clauses[half:]
    found_second = _explain(base, given + first, bool(first), second)
    found_first = _explain(base, given + found_second, bool(found_second), first)
    return found_first + found_second
