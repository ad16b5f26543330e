"""Tests of what rules cost: against new solves, and against every matching of tiny problems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
import mentormatch as mm
from mentormatch.errors import InfeasibleError
from mentormatch.matching.loosening import (
    Looser,
    exception_at_most,
    gain,
    gain_at_most,
    gain_by_price,
    held,
)
from mentormatch.matching.proofs import Split
from mentormatch.telling import costs as costs_module
from mentormatch.telling.costs import costs_in_short
from strategies import problems, seeded_problem

OBJECTIVES = ("most people", "highest total")


def solved(problem: mm.Problem, objective: str) -> mm.Matching | None:
    """Return the best matching, None where there is none."""
    try:
        return mm.solve(problem, objective)
    except InfeasibleError:
        return None


def without(problem: mm.Problem, k: int) -> Looser:
    """Return a problem without one of its quotas."""
    kept = [q for q in range(len(problem.quotas)) if q != k]
    return Looser(replace(problem, quotas=[problem.quotas[q] for q in kept]), tuple(kept))


def wider(problem: mm.Problem, k: int, used: int) -> mm.Problem:
    """Return a problem with one of its quotas a pair wider, where the pairs use it up."""
    quota, quotas = problem.quotas[k], list(problem.quotas)
    low, high = quota.at_least, quota.at_most
    quotas[k] = replace(
        quota,
        at_least=low - 1 if used == low > 0 else low,
        at_most=high + 1 if high is not None and used == high else high,
    )
    return replace(problem, quotas=quotas)


def best_gain(matching: mm.Matching, looser: mm.Problem, objective: str) -> tuple[int, float]:
    """Return what brute force says that a looser problem gains: people and total."""
    found = brute.best(looser, objective)
    assert found is not None
    people, total = found if objective == "most people" else (matching.coverage, found[-1])
    return people - matching.coverage, float(np.ldexp(total - matching.score_steps, -looser.bits))


@pytest.mark.parametrize("objective", OBJECTIVES)
@settings(max_examples=120, deadline=None)
@given(problem=problems(largest=3))
def test_small_problems_are_exact(problem, objective):
    """What each rule costs in a tiny problem is what trying every matching says."""
    matching = solved(problem, objective)
    if matching is None:
        return
    table = mm.rule_costs(matching)
    rows = {row["rule"]: row for row in table.to_dict("records")}
    for k, quota in enumerate(problem.quotas):
        used = int(quota.pairs.at(matching.rows, matching.columns).sum())
        binds = used == quota.at_most or used == quota.at_least > 0
        assert (quota.name in rows) == binds
        if not binds:
            continue
        row = rows[quota.name]
        assert (row["used"], row["bound"], row["kind"]) == (used, used, "quota")
        assert row["drop_exact"]
        assert row["unit_exact"]
        drop = best_gain(matching, without(problem, k).problem, objective)
        unit = best_gain(matching, wider(problem, k, used), objective)
        assert (row["drop_people"], row["drop_total"]) == drop
        assert (row["unit_people"], row["unit_total"]) == unit


def test_prices_of_a_bound_do_not_outlive_it():
    """Solved anew with no upper bound at all, a quota charges nothing for it."""
    some = mm.Quota("some", mm.Pairs.listed([(0, 1), (1, 1), (2, 1)]), at_least=1, at_most=2)
    matching = mm.solve(mm.Problem(np.zeros((3, 2)), mentor_capacity=[0, 3], quotas=[some]))
    (row,) = mm.rule_costs(matching).to_dict("records")
    assert (row["unit_people"], row["drop_people"]) == (1, 1)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_prices_never_promise_too_little(objective, monkeypatch):
    """What prices say "at most" of is no less than what a new solve gains, and exact where so."""
    cases = loose = 0
    for seed in range(250):
        problem = seeded_problem(seed)
        matching = solved(problem, objective)
        if matching is None or not problem.quotas:
            continue
        monkeypatch.setattr(costs_module, "_ANEW", 0)
        priced = mm.rule_costs(matching)
        monkeypatch.setattr(costs_module, "_READ", 0)
        glance = mm.rule_costs(matching)
        monkeypatch.undo()
        exact = mm.rule_costs(matching, exact=True)
        assert exact["drop_exact"].all()
        assert exact["unit_exact"].all()
        for table in (priced, glance):
            assert table["rule"].tolist() == exact["rule"].tolist()
            for what in ("unit", "drop"):
                people, total = f"{what}_people", f"{what}_total"
                for one, other in zip(
                    table.to_dict("records"), exact.to_dict("records"), strict=True
                ):
                    if pd.isna(one[people]):
                        assert table is glance
                        continue
                    cases += 1
                    assert one[people] >= other[people], seed
                    assert one[total] >= other[total], seed
                    loose += not one[f"{what}_exact"]
                    if one[f"{what}_exact"]:
                        assert (one[people], one[total]) == (other[people], other[total]), seed
    assert cases > 200
    assert loose > 50, "cases in which prices leave something open"


def test_proofs_by_cases_carry_over():
    """Where quotas make a proof go by cases, each case bounds the looser problem as well."""
    seen = 0
    for seed in range(800):
        problem = seeded_problem(seed)
        matching = solved(problem, "most people") if problem.quotas else None
        if matching is None or not any(isinstance(p, Split) for p in matching.proofs.values()):
            continue
        for k in range(len(problem.quotas)):
            looser = without(problem, k)
            most, real = gain_at_most(matching, looser), gain(matching, looser)
            if most.people is not None:
                seen += 1
                assert most.people >= real.people
                assert most.total >= real.total
        assert gain_by_price(matching, 0).people is None
    assert seen > 0


def test_one_exception_is_worth_one_pair():
    """A ban of a whole department gains many mentees when dropped, but one by one exception."""
    everyone = mm.Pairs.everyone()
    ban = mm.Quota("closed", everyone, at_most=0)
    matching = mm.solve(mm.Problem(np.array([[5.0, 3.0], [4.0, 1.0]]), quotas=[ban]))
    free = Looser(replace(matching.problem, quotas=()), ())
    one = mm.Quota("", everyone, at_most=1)
    exception = Looser(replace(matching.problem, quotas=(one,)), (None,))
    drop = gain_at_most(matching, free)
    unit = exception_at_most(matching, exception, drop)
    assert (gain(matching, free).people, gain(matching, free).total) == (2, 7.0)
    assert (gain(matching, exception).people, gain(matching, exception).total) == (1, 5.0)
    assert (unit.people, unit.exact) == (1, False)
    assert 5.0 <= unit.total <= drop.total


@pytest.mark.parametrize("objective", ["fairest", ["kept", "coverage", "total"], "stable"])
def test_other_aims_are_solved_anew(objective):
    """Where something else than people and score is sought, a new solve tells what is gained."""
    ban = mm.Quota("apart", mm.Pairs.listed([(0, 0)]), at_most=0)
    matching = mm.solve(mm.Problem([[9.0, 4.0], [8.0, 7.0]], quotas=[ban]), objective)
    row = mm.rule_costs(matching).iloc[0]
    other = mm.solve(replace(matching.problem, quotas=()), objective)
    assert row["drop_exact"]
    assert row["drop_total"] == other.total - matching.total
    assert pd.isna(row["unit_people"]) == (objective == "stable")
    assert gain_at_most(matching, Looser(other.problem, ())).people is None
    assert gain_by_price(matching, 0).people is None


def test_long_solves_are_left_to_those_who_ask():
    """Where one solve takes long, a rule is worked out only on request."""
    cohort = mm.make_cohort(12, 10, seed=3)
    ban = mm.rules.banned([(cohort.mentees.index[0], cohort.mentors.index[0])])
    matching = mm.solve(mm.formulate(cohort, mm.score(cohort), [ban]), "coverage, leximin")
    costs = mm.rule_costs(matching, rules=[ban])
    assert costs["text"].tolist() == ["What this rule costs was not worked out."]
    assert mm.rule_costs(matching, rules=[ban], exact=True)["drop_exact"].all()


def test_the_minimum_score_is_a_rule():
    """Without a minimum score, those who scored below it get their pair."""
    problem = mm.Problem([[0.9, 0.2], [0.8, 0.1]], minimum_score=0.5)
    costs = mm.rule_costs(mm.solve(problem))
    assert costs["kind"].tolist() == ["minimum score"]
    row = costs.iloc[0]
    assert (row["used"], row["bound"]) == (pytest.approx(0.9), 0.5)
    assert (row["drop_people"], row["drop_exact"]) == (1, True)
    assert row["drop_total"] == pytest.approx(0.1)
    assert pd.isna(row["unit_people"])


def test_scores_read_once_are_the_same_scores():
    """Holding the scores in memory changes neither the pairs nor their prices."""
    matching = mm.match(mm.make_cohort(30, 25, seed=4))
    again = mm.solve(held(matching.problem))
    assert again.total == matching.total
    assert again.rows.tolist() == matching.rows.tolist()
    assert again.columns.tolist() == matching.columns.tolist()


def test_each_rule_of_a_programme_is_looked_at_alone():
    """Rows are the programme's rules by their names, each gain that of a match without it."""
    cohort = mm.make_cohort(40, 30, seed=2)
    rules = [
        mm.rules.own_department_only("meteorology"),
        mm.rules.at_most_lent("physics", 1),
        mm.rules.at_least_matched("physics", 1),
        mm.rules.minimum_score(0.35),
        mm.rules.minimum_score(0.2),
    ]
    fit = mm.score(cohort)
    problem = mm.formulate(cohort, fit, rules)
    before = mm.solve(problem).pairs
    values, possible = problem.values(np.arange(40))
    worst = np.where(possible, values, values.max()).argmin()
    i, j = (int(k) for k in np.unravel_index(worst, values.shape))
    rules.append(mm.rules.locked([(cohort.mentees.index[i], cohort.mentors.index[j])]))
    rules.append(mm.rules.banned([tuple(before.iloc[1][["mentee", "mentor"]])]))
    matching = mm.solve(mm.formulate(cohort, fit, rules))
    costs = mm.rule_costs(matching, rules=rules, exact=True)
    assert costs["kind"].tolist().count("minimum score") == 1
    by_kind = {row["kind"]: row for row in costs.to_dict("records")}
    assert "quota" not in by_kind
    assert by_kind["own department only"]["departments"] == "Meteorology"
    assert by_kind["minimum score"]["departments"] == "every department"
    assert by_kind["locked"]["used"] == 1
    assert by_kind["banned"]["drop_total"] > 0
    for left_out, rule in enumerate(rules):
        if rule.kind not in by_kind or left_out == 4:
            continue
        others = [one for one in rules if one is not rule]
        other = mm.solve(mm.formulate(cohort, fit, others))
        row = by_kind[rule.kind]
        assert row["drop_people"] == other.coverage - matching.coverage, rule.kind
        assert row["drop_total"] == pytest.approx(other.total - matching.total), rule.kind
    swedish = mm.rule_costs(matching, rules=rules, language="sv")
    assert swedish["departments"].str.contains("Meteorologi").any()
    assert swedish["text"].str.contains("Utan regeln").any()


def test_rules_that_are_not_given_are_quotas():
    """A problem made with other rules than the programme's still has a row for each that binds."""
    cohort = mm.make_cohort(12, 10, seed=3)
    pair = (cohort.mentees.index[0], cohort.mentors.index[0])
    problem = mm.formulate(cohort, mm.score(cohort), [mm.rules.banned([pair])])
    costs = mm.rule_costs(mm.solve(problem))
    assert costs["kind"].tolist() == ["quota"]
    assert costs.loc[0, "rule"].endswith("are not to be paired")


def test_what_is_told():
    """Sentences put people first, say "at most" of what is not exact, and count one as one."""
    ban = mm.Quota("apart", mm.Pairs.listed([(0, 0), (1, 0)]), at_most=0)
    idle = mm.Quota("idle", mm.Pairs.listed([(0, 1)]), at_most=2)
    problem = mm.Problem(
        np.array([[0.9, 0.2], [0.8, 0.1]]), mentor_capacity=[2, 1], quotas=[ban, idle]
    )
    costs = mm.rule_costs(mm.solve(problem))
    assert costs["text"].tolist() == [
        "Without this rule 1 mentee more would have a mentor, and the total score would be 1.50 "
        "higher. With one exception 1 mentee more would have a mentor, and the total score would "
        "be 0.80 higher."
    ]
    assert costs_in_short(costs, "en") == ("One rule may stand in the way of a better list: apart")
    none = mm.rule_costs(mm.solve(replace(problem, quotas=())))
    assert none.empty
    assert costs_in_short(none, "en") == "No rule stands in the way of a better list."
    free = mm.Quota("free", mm.Pairs.listed([(1, 1)]), at_most=0)
    nothing = mm.rule_costs(mm.solve(replace(problem, quotas=(free,))))
    assert nothing["text"].tolist()[0].startswith("Costs nothing")


@given(seed=st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_the_order_of_people_does_not_matter(seed):
    """Rules cost the same when the same people stand in another order."""
    problem = seeded_problem(seed)
    matching = solved(problem, "most people")
    if matching is None:
        return
    n, m = problem.shape
    rows, columns = np.arange(n)[::-1], np.arange(m)[::-1]
    turned = [
        replace(
            quota,
            pairs=mm.Pairs.listed([(n - 1 - i, m - 1 - j) for i, j in brute.members(problem, k)]),
        )
        for k, quota in enumerate(problem.quotas)
    ]
    other = mm.solve(
        replace(
            problem,
            scores=problem.scores[np.ix_(rows, columns)],
            mentee_ids=[problem.mentee_ids[i] for i in rows],
            mentor_ids=[problem.mentor_ids[j] for j in columns],
            mentor_capacity=problem.mentor_capacity[columns],
            mentor_minimum=problem.mentor_minimum[columns],
            mentee_demand=problem.mentee_demand[rows],
            mentee_minimum=problem.mentee_minimum[rows],
            quotas=turned,
        )
    )
    pd.testing.assert_frame_equal(mm.rule_costs(matching), mm.rule_costs(other))


@pytest.mark.parametrize("seed", range(6))
def test_what_comes_first_costs_what_the_list_without_it_gains(seed: int) -> None:
    """Own first, priority and even shares have rows: people and total of a list without each."""
    cohort = mm.make_cohort(14, 9, departments=3, seed=seed)
    key = cohort.programme.departments[0].key
    given = [
        mm.rules.own_first(),
        mm.rules.priority(departments=key),
        mm.rules.level_departments(),
        mm.rules.at_most_lent(key, 1),
    ]
    matching = mm.match(cohort, rules=given)
    table = mm.rule_costs(matching, rules=given)
    assert table["kind"].tolist()[:3] == [rule.kind for rule in given[:3]]
    for k in range(3):
        row = table.iloc[k]
        other = mm.match(cohort, rules=[rule for r, rule in enumerate(given) if r != k])
        assert row["drop_exact"]
        assert row["drop_people"] == other.coverage - matching.coverage
        assert row["drop_total"] == pytest.approx(other.total - matching.total, abs=1e-9)
        assert pd.isna(row["unit_people"])
        assert np.isnan(row["bound"])


def test_a_rule_without_which_the_total_would_fall_stands_in_nobodys_way() -> None:
    """Neither is it counted where more people would not be matched, nor told as the dearest."""
    rows = {"rule": ["a", "b", "c"], "drop_people": [0, 0, 1], "drop_total": [-0.5, 0.0, -0.1]}
    table = pd.DataFrame(rows).astype({"drop_people": "Int64"})
    assert costs_in_short(table, "en").endswith("better list: c")
    assert costs_in_short(table[:2], "en") == "No rule stands in the way of a better list."
