"""What a rule costs each department is what a list without the rule gives each of them."""

from __future__ import annotations

import pytest

import mentormatch as mm
from mentormatch.errors import InputError
from mentormatch.telling import rule_effects as effects_module
from mentormatch.telling.costs import rule_costs
from mentormatch.telling.rule_effects import rule_effects


def some_rules() -> list[mm.rules.Condition]:
    """Give rules of which the first costs most and the last nothing."""
    return [
        mm.rules.own_department_only(),
        mm.rules.at_most_lent("astronomy", 90),
        mm.rules.minimum_score(0.2),
    ]


def test_departments_add_up_to_what_a_rule_costs() -> None:
    """Over the departments, people and score add up to what the rule costs in all."""
    cohort = mm.make_cohort(60, 40, departments=4, seed=3)
    given = some_rules()
    matching = mm.match(cohort, rules=given)
    costs = rule_costs(matching, rules=given).set_index("rule")
    found = rule_effects(matching, given)
    assert len(found) == 4 * found["rule"].nunique() > 0
    for rule, some in found.groupby("rule"):
        assert some["people"].sum() == costs.loc[rule, "drop_people"]
        assert some["total"].sum() == pytest.approx(costs.loc[rule, "drop_total"], abs=1e-9)


def test_each_department_is_compared_with_the_list_without_the_rule() -> None:
    """A department gains what its mentees have in the other list and not in this one."""
    cohort = mm.make_cohort(40, 30, departments=3, seed=2)
    inside = mm.rules.own_department_only()
    matching, then = mm.match(cohort, rules=[inside]), mm.match(cohort, rules=[])
    found = rule_effects(matching, [inside], "sv").set_index("department")
    before, after = (
        mm.fairness(one, language="sv").set_index("group")["matched"] for one in (matching, then)
    )
    assert dict(found["people"]) == dict(after - before)
    assert (found["people"] != 0).any()


def test_what_comes_first_and_what_a_mentor_takes_have_their_price() -> None:
    """Rules without a count of pairs are solved without, and told if anything changes."""
    cohort = mm.make_cohort(40, 30, departments=3, seed=2)
    given = [mm.rules.own_first(), mm.rules.mentees_per_mentor(at_most=1)]
    matching = mm.match(cohort, rules=given)
    found = rule_effects(matching, given).groupby("rule", sort=False)["people"].sum()
    free = [mm.match(cohort, rules=[rule]).coverage for rule in reversed(given)]
    gained = [coverage - matching.coverage for coverage in free]
    told = [rule.sentence(cohort.programme).told("en") for rule in given]
    assert max(gained) > 0
    for sentence, gain in zip(told, gained, strict=True):
        assert found.get(sentence, 0) == gain


def test_large_problems_and_raw_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dearest few of many cells are told, none of too many; raw numbers have no departments."""
    cohort = mm.make_cohort(40, 30, departments=3, seed=2)
    given = [mm.rules.own_department_only(), mm.rules.mentees_per_mentor(at_most=1)]
    matching = mm.match(cohort, rules=given)
    monkeypatch.setattr(effects_module, "_ANEW", 0)
    for most, told in ((2**25, 2), (2 * 40 * 30, 2), (40 * 30, 1), (40 * 30 - 1, 0)):
        monkeypatch.setattr(effects_module, "_MOST", most)
        assert rule_effects(matching, given)["rule"].nunique() == told
    with pytest.raises(InputError):
        rule_effects(mm.solve(mm.Problem([[1.0]])))


def test_a_rule_beside_others_of_its_name_is_left_out_alone() -> None:
    """Two rules that count alike, and an order of stages of one's own, as a mended list has."""
    cohort = mm.make_cohort(30, 20, departments=3, scarcity=2.0, seed=2)
    keys = [one.key for one in cohort.programme.departments]
    given = [mm.rules.priority(departments=keys[0]), mm.rules.priority(departments=keys[1])]
    matching = mm.rematch([], cohort, given)
    assert matching.stages == ("coverage", "kept", "priority", "priority 2", "total")
    found = rule_effects(matching, given, costs=rule_costs(matching, rules=given))
    costs = rule_costs(matching, rules=given)
    for rule, some in found.groupby("rule"):
        row = costs.set_index("rule").loc[rule]
        assert some["people"].sum() == row["drop_people"] == 0
        assert some["total"].sum() == pytest.approx(row["drop_total"], abs=1e-9)
    assert costs["drop_exact"].all()
    assert (costs["drop_total"] > 0).any()


def test_rules_that_were_not_in_force_have_no_effects():
    """A list made under other rules than the programme's is not held against the programme's."""
    matching = mm.match(mm.make_cohort(40, 30, seed=2), rules=[])
    assert rule_effects(matching).empty
