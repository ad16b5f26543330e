"""Which rules cannot be kept together by the people who signed up, and where they are stated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mentormatch.formulation import meanings_of
from mentormatch.matching.clauses import without_scores
from mentormatch.matching.diagnose import diagnose
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.elastic import elastic
from mentormatch.people.cohort import Cohort
from mentormatch.rulebook import conditions
from mentormatch.rules import Condition
from mentormatch.words import say

#: With more pairs of a mentee and a mentor than this nothing is looked for before matching.
MOST_CELLS = 2**20
_NAMED = 10


def contradictions(
    cohort: Cohort,
    problem: Problem,
    rules: Sequence[Condition] | None = None,
    language: str = "en",
) -> list[str]:
    """Tell rules of which each can be kept, but not all together, with the lines that state them.

    Whether all can be kept is asked of classes of people who are alike, in a program of a few
    hundred numbers; only if they cannot, a smallest set of rules in conflict is sought.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    problem : Problem
        As `mentormatch.formulate` makes it of them.
    rules : sequence of Condition, optional
        The programme's own if left out.
    language : {"en", "sv"}
        Language of the sentence.

    Returns
    -------
    list of str
        One sentence, or none: then all can be kept, or there are more than 2**20 pairs of a mentee
        and a mentor.
    """
    n, m = problem.shape
    asks = any(quota.at_least for quota in problem.quotas)
    asks = asks or bool(problem.mentor_minimum.any() or problem.mentee_minimum.any())
    if not asks or n * m > MOST_CELLS or n * m == 0:
        return []
    program = elastic(without_scores(problem))
    short = program.least(np.ones(len(program.slacks), np.int64))
    if short is not None and not short.any():
        return []
    found = diagnose(problem)
    if not found.clauses:
        return []
    places = _stated_at(cohort, rules)
    told = []
    for clause in found.clauses[:_NAMED]:
        name = f'"{clause.text(language)}"'
        place = places[clause.position] if clause.kind == "quota" else ("", None)
        if place[1] is not None:
            name = say("readiness.stated_at", language, rule=name, file=place[0], line=place[1])
        told.append(name)
    if len(found.clauses) > _NAMED:
        told.append(say("conflict.and_more", language, count=len(found.clauses) - _NAMED))
    count = len(found.clauses)
    sentences = [say("readiness.contradict", language, count=count, rules=", ".join(told))]
    if found.shortage is not None:
        sentences.append(found.shortage.text(language))
    if found.relaxations:
        way = found.relaxations[0].text(language)
        sentences.append(say("readiness.way_out", language, way=way))
    return [" ".join(sentences)]


def _stated_at(cohort: Cohort, rules: Sequence[Condition] | None) -> list[tuple[str, int | None]]:
    """Return the file and line of each quota's rule, in the problem's order."""
    stated = conditions(cohort.programme) if rules is None else rules
    return [
        (rule.file, rule.line)
        for rule, meaning in zip(stated, meanings_of(cohort, stated), strict=True)
        for _ in meaning.quotas
    ]
