"""Which rules of a problem cannot hold together, and what to loosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from mentormatch.errors import REDACTED
from mentormatch.matching.clauses import Clause, clauses_of, without_scores
from mentormatch.matching.problem import Problem
from mentormatch.matching.relaxation import NAMED, Relaxation, relaxations
from mentormatch.matching.shortage import Shortage, shortage
from mentormatch.matching.solvers.flow import can_be_kept as flow_can
from mentormatch.matching.solvers.linear import can_be_kept as linear_can
from mentormatch.matching.solvers.locks import Impossible
from mentormatch.matching.solvers.numbers import read_numbers
from mentormatch.words import say

#: With more pairs of a mentee and a mentor than this, a conflict is told as the solver found it.
MOST_CELLS = 2**20


@dataclass(frozen=True)
class Diagnosis:
    """A smallest set of demands that cannot all be kept: leave out any one and the rest can be.

    Attributes
    ----------
    clauses : tuple of Clause
        The demands. Places, demand and impossible pairs are taken as given.
    shortage : Shortage or None
        Who, or what, has too few places to draw on, if that is why.
    relaxations : tuple of Relaxation
        Up to three ways to loosen bounds so that everything can be kept, by the fewest units
        possible; not only bounds of `clauses`, where there are other conflicts besides.
    """

    clauses: tuple[Clause, ...]
    shortage: Shortage | None = None
    relaxations: tuple[Relaxation, ...] = ()

    @property
    def conflict(self) -> tuple[str, ...]:
        """The names of the demands in conflict."""
        return tuple(clause.text() for clause in self.clauses)

    def text(self, language: str = "en", *, redact: bool = False) -> str:
        """Tell the conflict in English (``en``) or Swedish (``sv``).

        Of more than ten rules, or minimums of a side, the first ten are told and how many more
        there are; `clauses` and `conflict` hold all. With ``redact=True`` neither people nor rules
        are named: rules may be called by people.
        """
        if not self.clauses:
            return say("conflict.none", language)
        lines = [say("conflict.opening", language, count=len(self.clauses))]
        lines += ["  - " + one for one in _told(self.clauses, language, redact)]
        if self.shortage is not None:
            lines.append(self.shortage.text(language, redact=redact))
        if self.relaxations:
            lines.append(say("conflict.ways", language, count=len(self.relaxations)))
            lines += ["  - " + one.text(language, redact=redact) for one in self.relaxations]
        lines.append(say("conflict.closing", language))
        return "\n".join(lines)


def _told(clauses: Sequence[Clause], language: str, redact: bool) -> Iterator[str]:
    """Yield the first clauses of each kind, and how many more there are of it."""
    for kind, group in groupby(clauses, key=lambda one: one.kind):
        some = list(group)
        for one in some[:NAMED]:
            yield REDACTED if redact else one.text(language)
        if len(some) > NAMED:
            key = f"conflict.more_{kind.replace(' ', '_')}"
            yield say(key, language, count=len(some) - NAMED)


def diagnose(problem: Problem) -> Diagnosis:
    """Find a smallest set of quotas and minimums that no matching can keep together.

    Smallest means that none of them can be left out; there may be other such sets. The search is
    QuickXplain (Junker 2004): few questions even where there are hundreds of rules.

    One elastic integer program then finds the fewest units by which bounds have to be loosened so
    that everything else can be kept: minimums and what rules ask for go down, what rules allow
    goes up, and a ban may spare a pair that is locked as well.

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
    >>> problem = Problem([[0.9], [0.8]], mentee_minimum=1, mentee_ids=["Åsa", "Bo"])
    >>> print(diagnose(problem).relaxations[0].text())
    let 1 of these 2 mentees go without a mentor: Åsa, Bo (then 1 mentee is matched, total score \
0.90)
    """
    base = without_scores(problem)
    clauses = clauses_of(problem)
    if _can_be_kept(base, clauses):
        return Diagnosis(())
    if not _can_be_kept(base, []):
        return Diagnosis(())
    found = _explain(base, [], False, clauses)
    conflict = tuple(clause for clause in clauses if clause in found)
    return Diagnosis(conflict, shortage(base, conflict), relaxations(problem, base))


def conflict_of(problem: Problem, found: Impossible) -> Diagnosis:
    """Return the diagnosis of a problem whose solver has found demands in conflict.

    Where the problem is large, these are told as they are: some may be left out, and nothing is
    said of what to loosen, as that would need the whole matrix in memory.

    Parameters
    ----------
    problem : Problem
        The question.
    found : Impossible
        What the solver found.
    """
    if problem.shape[0] * problem.shape[1] <= MOST_CELLS:
        return diagnose(problem)
    asked = {
        "quota": set(found.quotas),
        "mentor minimum": set(found.mentors),
        "mentee minimum": set(found.mentees),
    }
    clauses = tuple(one for one in clauses_of(problem) if one.position in asked[one.kind])
    if found.left is None or len({one.kind for one in clauses}) > 1 or len(clauses) == 1:
        return Diagnosis(clauses)
    return Diagnosis(clauses, Shortage(clauses, sum(one.bound for one in clauses), found.left))


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
