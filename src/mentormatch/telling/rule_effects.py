"""Which department each rule costs something, and which it serves: who would gain without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.errors import InfeasibleError, InputError, ProgrammeError
from mentormatch.formulation import formulate, meanings_of, stages_of
from mentormatch.matching.loosening import aims_without, held
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve_beside
from mentormatch.rulebook import conditions
from mentormatch.rules import Condition
from mentormatch.telling.costs import rule_costs
from mentormatch.telling.people import People, language_of
from mentormatch.words import say

#: With more cells to solve in all, only the rules that cost most are looked at.
_ANEW = 200_000
#: As many rules are looked at in any case, as long as that is no more cells than these.
_LEAST, _MOST = 4, 2**25


def rule_effects(
    matching: Matching,
    rules: Sequence[Condition] | None = None,
    language: str | None = None,
    costs: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return for each rule that costs something what each department would gain without it.

    The problem is solved anew without the rule, all others in force. What a department gains
    counts its mentees. Rules that cost nothing are left out. In problems where all these solves
    would read more than 200 000 scores, so are those that cost least, but for four: beyond 2 900
    mentees and mentors for fewer, and beyond 5 700 for all. What a mentor takes is looked at, too,
    though `rule_costs` has no price for it.

    Parameters
    ----------
    matching : Matching
        The pairs of a cohort.
    rules : sequence of Condition, optional
        The rules that the problem was formulated with; the programme's own if left out.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.
    costs : pandas.DataFrame, optional
        What `rule_costs` returned for the same matching, rules and language.

    Returns
    -------
    pandas.DataFrame
        One row for each rule and department: ``rule``, ``department`` (names in words), ``people``
        (how many mentees more of the department would have a mentor; below 0: fewer) and ``total``
        (how much higher the scores of its pairs would add up). Rules in the order in which they
        are stated, departments in the order of the programme. Empty where the programme's own
        rules cannot be understood, or where the problem was formulated with others.

    Raises
    ------
    InputError
        The matching is of a raw matrix: there are no departments.
    ProgrammeError
        `rules` do not fit the programme.

    Examples
    --------
    >>> import mentormatch as mm
    >>> cohort = mm.make_cohort(40, 30, departments=3, seed=2)
    >>> inside = mm.rules.own_department_only()
    >>> matching = mm.match(cohort, rules=[inside])
    >>> found = rule_effects(matching, [inside])
    >>> found["people"].sum() == mm.match(cohort, rules=[]).coverage - matching.coverage
    np.True_
    """
    words = language_of(matching.problem, language)
    people = People(matching.problem, words)
    cohort, fit = people.cohort, people.fit
    if cohort is None or fit is None:
        raise InputError(say("explain.no_people"))
    columns = ["rule", "department", "people", "total"]
    try:
        stated = tuple(conditions(cohort.programme) if rules is None else rules)
    except ProgrammeError:
        return pd.DataFrame(columns=columns)
    if not _in_force(matching.problem, formulate(cohort, fit, stated)):
        return pd.DataFrame(columns=columns)
    costs = rule_costs(matching, False, rules, words) if costs is None else costs
    homes = np.array(
        [people.department("mentees", i) for i in range(matching.problem.shape[0])], np.str_
    )
    chosen = _dear(costs, stated, matching, words)
    scores = held(matching.problem).scores if chosen else fit
    added = stages_of(meanings_of(cohort, stated))
    rows = []
    for k in chosen:
        rest = [rule for other, rule in enumerate(stated) if other != k]
        problem = formulate(cohort, fit, rest)
        whole = matching.problem
        aims = aims_without(whole.aims, added[k])
        problem = replace(problem, scores=scores, announced=whole.announced, aims=aims)
        stages = [name for name in matching.stages if name not in added[k]] or matching.objective
        try:
            then = solve_beside(problem, matching, stages, _places(whole, problem))
        except InfeasibleError:
            continue
        said = stated[k].sentence(cohort.programme).told(words)
        found = []
        for one in cohort.programme.departments:
            own = homes == one.name(words)
            served = [_served(some, own) for some in (matching, then)]
            (before, low), (after, high) = served
            found.append((said, one.name(words), after - before, high - low))
        if any(people or total for *_, people, total in found):
            rows += found
    return pd.DataFrame(rows, columns=columns)


def _places(before: Problem, after: Problem) -> list[int | None]:
    """Return where each quota that is left stood among all, None for one that did not."""
    place, found = 0, []
    for quota in after.quotas:
        ahead = range(place, len(before.quotas))
        at = next((k for k in ahead if before.quotas[k].name == quota.name), None)
        found.append(at)
        place = place if at is None else at + 1
    return found


def _in_force(problem: Problem, stated: Problem) -> bool:
    """Say whether a problem is the one that the stated rules make."""
    names = [[quota.name for quota in one.quotas] for one in (problem, stated)]
    return (
        names[0] == names[1]
        and problem.minimum_score == stated.minimum_score
        and bool((problem.mentor_capacity == stated.mentor_capacity).all())
        and bool((problem.mentor_minimum == stated.mentor_minimum).all())
        and problem.aims.woven(("total",)) == stated.aims.woven(("total",))
    )


def _dear(
    costs: pd.DataFrame, stated: Sequence[Condition], matching: Matching, language: str
) -> list[int]:
    """Return the places of the rules that cost something, or may, as many as there is time for."""
    fit = People(matching.problem, language).fit
    assert fit is not None
    places: dict[str, int] = {}
    for k, rule in enumerate(stated):
        places.setdefault(rule.sentence(fit.cohort.programme).told(language), k)
    gains = zip(
        costs["rule"], costs["drop_people"].fillna(0), costs["drop_total"].fillna(0.0), strict=True
    )
    dear = [(-people, -total, places[rule]) for rule, people, total in gains if rule in places]
    found = [place for people, total, place in sorted(dear) if people or total]
    found += [
        k
        for k, meaning in enumerate(meanings_of(fit.cohort, stated))
        if k not in found and (meaning.most is not None or meaning.fewest is not None)
    ]
    n, m = matching.problem.shape
    cells = max(1, n * m)
    return sorted(found[: max(_ANEW // cells, min(_LEAST, _MOST // cells))])


def _served(matching: Matching, own: NDArray[np.bool_]) -> tuple[int, float]:
    """Return how many of some mentees have a mentor, and what their pairs score in all."""
    mine = own[matching.rows]
    steps = matching.problem.values_at(matching.rows[mine], matching.columns[mine])[0]
    total = float(np.ldexp(float(steps.sum()), -matching.problem.bits))
    return len(np.unique(matching.rows[mine])), total
