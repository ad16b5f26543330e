"""Whom each rule speaks of, in numbers, before anybody is matched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

import numpy as np
import pandas as pd

from mentormatch.errors import InputError
from mentormatch.formulation import meanings_of
from mentormatch.matching.problem import Problem
from mentormatch.rulebook import conditions
from mentormatch.rules import Condition
from mentormatch.telling.people import People, language_of
from mentormatch.words import say

_CELLS = 2**20  # looked at together


def rule_reach(
    problem: Problem, rules: Sequence[Condition] | None = None, language: str | None = None
) -> pd.DataFrame:
    """Return for each rule how many people it speaks of, and how many pairs it rules out.

    Parameters
    ----------
    problem : Problem
        Of a cohort, formulated with these rules.
    rules : sequence of Condition, optional
        The programme's own if left out.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        One row a rule, in the order in which they are stated, numbered from 1: ``number``,
        ``rule`` (its sentence), ``pairs`` (how many of all thinkable pairs it speaks of),
        ``forbidden`` (how many of them it forbids; the others it counts), ``mentees`` and
        ``mentors`` (how many are in such a pair). A rule about what a mentor can take speaks of all
        pairs of the mentors who may take more, or must take more, without it.

    Raises
    ------
    InputError
        The problem is a raw matrix: there are no rules of a programme.
    ProgrammeError
        The rules do not fit the programme.

    Examples
    --------
    >>> import mentormatch as mm
    >>> cohort = mm.make_cohort(12, 10, departments=2, seed=1)
    >>> given = [mm.rules.minimum_score(0.2), mm.rules.at_most_lent("astronomy", 2)]
    >>> problem = mm.formulate(cohort, mm.score(cohort), given)
    >>> rule_reach(problem, given)["rule"].tolist()
    ['No pair scores below 0.20', 'Astronomy lends mentors for at most 2 pairs']
    """
    words = language_of(problem, language)
    people = People(problem, words)
    cohort, fit = people.cohort, people.fit
    if cohort is None or fit is None:
        raise InputError(say("explain.no_people"))
    stated = tuple(conditions(cohort.programme) if rules is None else rules)
    n, m = problem.shape
    offered = np.ones(m, np.int64)
    if "places" in cohort.mentors:
        offered = cohort.mentors["places"].to_numpy(np.int64)
    rows = []
    for k, (rule, meaning) in enumerate(
        zip(stated, meanings_of(cohort, stated), strict=True), start=1
    ):
        sets = [quota.pairs for quota in meaning.quotas]
        union = reduce(or_, sets) if sets else None
        bans = bool(sets) and all(quota.is_ban for quota in meaning.quotas)
        least = meaning.minimum_score
        of_mentor = np.zeros(m, np.bool_)
        if meaning.most is not None:
            of_mentor |= meaning.most < offered
        if meaning.fewest is not None:
            of_mentor |= meaning.fewest > 0
        count, forbidden, touched = 0, 0, np.zeros(m, np.bool_)
        mentees = 0
        step = max(1, _CELLS // max(1, m))
        for start in range(0, n, step):
            i = np.arange(start, min(n, start + step))
            low = fit.block(i) < least if least > -np.inf else np.zeros((len(i), m), np.bool_)
            inside = np.zeros_like(low) if union is None else union.block(i, m)
            gone = low | inside if bans else low
            spoken = inside | low | of_mentor
            count += int(spoken.sum())
            forbidden += int(gone.sum())
            touched |= spoken.any(axis=0)
            mentees += int(spoken.any(axis=1).sum())
        said = rule.sentence(cohort.programme).told(words)
        rows.append((k, said, count, forbidden, mentees, int(touched.sum())))
    columns = ["number", "rule", "pairs", "forbidden", "mentees", "mentors"]
    return pd.DataFrame(rows, columns=columns)
