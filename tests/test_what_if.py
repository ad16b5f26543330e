"""Whom a rule speaks of, and the same question with the rule dropped or loosened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mentormatch as mm
from mentormatch.errors import InputError
from mentormatch.telling.rule_reach import rule_reach
from mentormatch.telling.what_if import with_leeway, without_rule


@pytest.fixture(scope="module")
def cohort() -> mm.Cohort:
    return mm.make_cohort(40, 30, departments=3, seed=2)


def given() -> list[mm.rules.Condition]:
    return [
        mm.rules.own_department_only("astronomy"),
        mm.rules.at_most_lent("biology-education", 2),
        mm.rules.minimum_score(0.25),
        mm.rules.mentees_per_mentor(at_most=1),
    ]


def test_reach_counts_pairs_and_people(cohort: mm.Cohort) -> None:
    """A rule speaks of just the pairs that it forbids or counts, and of the people in them."""
    fit = mm.score(cohort)
    reach = rule_reach(mm.formulate(cohort, fit, given()), given()).set_index("number")
    home = cohort.mentees["department"].to_numpy()[:, None]
    there = cohort.mentors["department"].to_numpy()[None, :]
    across = (home == "astronomy") != (there == "astronomy")
    lent = (home != "biology-education") & (there == "biology-education")
    low = fit.block(np.arange(len(cohort.mentees))) < 0.25
    wide = np.broadcast_to(cohort.mentors["places"].to_numpy() > 1, low.shape)
    for number, spoken, forbids in ((1, across, 1), (2, lent, 0), (3, low, 1), (4, wide, 0)):
        row = reach.loc[number]
        assert row["pairs"] == spoken.sum()
        assert row["forbidden"] == forbids * spoken.sum()
        assert row["mentees"] == spoken.any(axis=1).sum()
        assert row["mentors"] == spoken.any(axis=0).sum()


def test_a_rule_left_out_is_not_in_the_problem(cohort: mm.Cohort) -> None:
    """Dropping a rule is formulating the others; a number beyond the rules is told."""
    fit = mm.score(cohort)
    for number in (1, 2, 3, 4):
        rest = [rule for k, rule in enumerate(given(), start=1) if k != number]
        then = mm.solve(without_rule(fit, given(), number))
        assert then.total == mm.match(cohort, rules=rest).total
    with pytest.raises(InputError, match="numbered from 1 to 4"):
        without_rule(fit, given(), 5)


def test_leeway_widens_just_the_one_rule(cohort: mm.Cohort) -> None:
    """One pair more is allowed, a ban gets one exception, and other rules stay as they are."""
    fit = mm.score(cohort)
    plain = mm.formulate(cohort, fit, given())
    lent = with_leeway(fit, given(), 2)
    assert [quota.at_most for quota in lent.quotas] == [
        quota.at_most + 1 if "lends" in str(quota.name) else quota.at_most for quota in plain.quotas
    ]
    excepted = with_leeway(fit, given(), 1)
    loose = mm.solve(excepted)
    out = next(quota for quota in excepted.quotas if quota.at_most == 1)
    assert int(out.pairs.at(loose.rows, loose.columns).sum()) <= 1
    assert loose.coverage >= mm.solve(plain).coverage
    asked = [mm.rules.at_least_matched("astronomy", 3)]
    (quota,) = with_leeway(fit, asked, 1).quotas
    assert quota.at_least == 2
    assert replace(quota, at_least=3).at_most is None
