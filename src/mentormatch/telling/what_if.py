"""The same question with one rule dropped, loosened or added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from mentormatch.errors import Fault, InputError
from mentormatch.formulation import formulate, meanings_of
from mentormatch.matching.problem import Problem, Quota
from mentormatch.rules import Condition
from mentormatch.scores.compatibility import Compatibility


def without_rule(fit: Compatibility, rules: Sequence[Condition], number: int) -> Problem:
    """Return the problem of a cohort without one of its rules.

    Parameters
    ----------
    fit : Compatibility
        The cohort's scores.
    rules : sequence of Condition
        All rules.
    number : int
        Which one is left out; the first is 1.

    Raises
    ------
    InputError
        There is no such rule.
    """
    place = _place(rules, number)
    return formulate(fit.cohort, fit, [rule for k, rule in enumerate(rules) if k != place])


def with_leeway(
    fit: Compatibility, rules: Sequence[Condition], number: int, pairs: int = 1
) -> Problem:
    """Return the problem of a cohort with some pairs' leeway in one of its rules.

    What is allowed at most is raised and what is asked for at least is lowered by so many pairs;
    what is forbidden gets so many exceptions. A minimum score and what a mentor takes have no
    leeway in pairs and stay as they are.

    Parameters
    ----------
    fit : Compatibility
        The cohort's scores.
    rules : sequence of Condition
        All rules.
    number : int
        Which one is loosened; the first is 1.
    pairs : int
        How many pairs, 0 or more.

    Raises
    ------
    InputError
        There is no such rule.

    Examples
    --------
    >>> import mentormatch as mm
    >>> cohort = mm.make_cohort(12, 10, departments=2, seed=1)
    >>> problem = with_leeway(mm.score(cohort), [mm.rules.at_most_lent("astronomy", 2)], 1)
    >>> problem.quotas[0].at_most
    3
    """
    place = _place(rules, number)
    problem = formulate(fit.cohort, fit, rules)
    meanings = meanings_of(fit.cohort, rules)
    start = sum(len(one.quotas) for one in meanings[:place])
    own = problem.quotas[start : start + len(meanings[place].quotas)]
    if own and all(quota.is_ban for quota in own):
        union = reduce(or_, (quota.pairs for quota in own))
        wider: tuple[Quota, ...] = (Quota(own[0].name, union, at_most=pairs),)
    else:
        wider = tuple(
            replace(
                quota,
                at_least=max(0, quota.at_least - pairs),
                at_most=None if quota.at_most is None else quota.at_most + pairs,
            )
            for quota in own
        )
    quotas = (*problem.quotas[:start], *wider, *problem.quotas[start + len(own) :])
    return replace(problem, quotas=quotas)


def _place(rules: Sequence[Condition], number: int) -> int:
    if not 1 <= number <= len(rules):
        many = str(len(rules))
        raise InputError([Fault("explain.no_such_rule", value=str(number), details={"many": many})])
    return number - 1
