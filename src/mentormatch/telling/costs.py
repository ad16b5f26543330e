"""What the rules cost: what a pair's leeway in each, or doing without it, would gain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import numpy as np
import pandas as pd

from mentormatch.errors import ProgrammeError
from mentormatch.formulation import meanings_of, stages_of
from mentormatch.matching.loosening import (
    NOT_KNOWN,
    Gain,
    Looser,
    exception_at_most,
    gain,
    gain_at_most,
    gain_by_price,
    gain_without,
    held,
)
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.people.cohort import Cohort
from mentormatch.rulebook import conditions
from mentormatch.rules import Condition, Meaning
from mentormatch.telling.numbers import number
from mentormatch.telling.people import People, language_of
from mentormatch.words import LANGUAGES, Sentence, figure, say, sentence, told

#: With at most so many cells to solve in all, every rule is worked out exactly.
_ANEW = 200_000
#: Solving for these stages takes so many times as long.
_LONGER = {"worst": 5, "leximin": 1_000}
#: With more cells to read in all, only what the prices say at once is told.
_READ = 100_000_000
#: Rules about what comes first have no price; they are worked out in problems of so many cells.
_AIMED = 2**22
_COLUMNS = [
    "rule", "departments", "kind", "used", "bound", "unit_people", "unit_total", "unit_exact",
    "drop_people", "drop_total", "drop_exact", "text",
]  # fmt: skip


@dataclass(frozen=True)
class _Rule:
    """A rule that binds, and the quotas of the problem that it means.

    None are meant by a minimum score, and by a rule about what comes first.
    """

    name: object
    departments: object
    kind: str
    quotas: tuple[int, ...]
    used: float = math.nan
    bound: float = math.nan
    #: How one pair's leeway is called: ``more``, ``fewer``, ``exception`` or ``both``.
    leeway: str = ""
    #: Stages of the objective that the rule adds, where it says what comes first.
    stages: tuple[str, ...] = ()


def rule_costs(
    matching: Matching,
    exact: bool = False,
    rules: Sequence[Condition] | None = None,
    language: str | None = None,
) -> pd.DataFrame:
    """Return what each rule that binds costs: what would be gained with some leeway, or without it.

    Each rule is looked at alone, all others in force. A rule binds where the pairs use up what it
    allows, or have no more than it asks for; bans, locked pairs, a minimum score and rules about
    what comes first always do.

    Parameters
    ----------
    matching : Matching
        The pairs.
    exact : bool
        Whether to solve the problem anew, twice for each rule. Small problems (at most 200 000
        cells in all those solves, fewer where the lowest score counts) are in any case. Otherwise
        the gains are the most that the prices leave room for, without solving.
    rules : sequence of Condition, optional
        The rules that the problem was formulated with; the programme's own if left out. A quota
        of the problem that belongs to none of them is a rule of its own.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        One row a rule, in the order in which they are stated. ``rule`` is its name,
        ``departments`` are those that it names, ``kind`` as a programme file calls it
        (``"quota"`` where it is none). ``used`` pairs stand against its ``bound``; for a minimum
        score the lowest score and the minimum, for what comes first nothing. ``unit_people`` and
        ``unit_total`` say how many mentees more would be matched, and by how much the total would
        be higher, if the bound were one pair wider (of a ban: with one exception);
        ``drop_people`` and ``drop_total`` the same without the rule. People are 0 where the
        objective does not count them; what is not known is missing. ``unit_exact`` and
        ``drop_exact`` are False where the gain is "at most". A total may fall where more people are
        matched, or where a later aim gains. ``text`` says it in words.

    Raises
    ------
    ProgrammeError
        `rules` do not fit the programme.

    Examples
    --------
    >>> import mentormatch as mm
    >>> ban = mm.Quota("not again", mm.Pairs.listed([(0, 0)]), at_most=0)
    >>> matching = mm.solve(mm.Problem([[9, 4], [8, 7]], quotas=[ban]))
    >>> print(rule_costs(matching)["text"][0][:55])
    Without this rule the total score would be 4.00 higher.
    """
    words = language_of(matching.problem, language)
    cohort = People(matching.problem, words).cohort
    found = _rules(matching, cohort, rules)
    n, m = matching.problem.shape
    cells = 2 * n * m * len(found)
    work = cells * max(_LONGER.get(stage, 1) for stage in matching.stages)
    effort = "solve" if exact or work <= _ANEW else "bounds" if cells <= _READ else "glance"
    problem = held(matching.problem) if found and effort != "glance" else matching.problem
    others = [] if cohort is None else [one.minimum_score for _, one in _stated(cohort, rules)]
    rows = []
    for rule in found:
        drop, unit = _gains(matching, problem, rule, others, effort)
        rows.append(
            {
                "rule": told(rule.name, words),
                "departments": told(rule.departments, words),
                "kind": rule.kind,
                "used": rule.used,
                "bound": rule.bound,
                **_cells("unit", unit),
                **_cells("drop", drop),
                "text": _text(rule, drop, unit, words),
            }
        )
    table = pd.DataFrame(rows, columns=_COLUMNS)
    whole = {"unit_people": "Int64", "drop_people": "Int64"}
    parts = dict.fromkeys(("used", "bound", "unit_total", "drop_total"), "float64")
    return table.astype(whole | parts | dict.fromkeys(("unit_exact", "drop_exact"), "bool"))


def costs_in_short(costs: pd.DataFrame, language: str) -> str:
    """Say how many of the rules cost something, and which one most; people come before score."""
    people, total = costs["drop_people"].fillna(0), costs["drop_total"].fillna(0.0)
    unknown = costs["drop_people"].isna()
    # Without some rules more people share less, or later aims gain: those cost nothing.
    dear = costs[(people > 0) | ((people == 0) & (total > 0)) | unknown]
    if dear.empty:
        return say("costs.summary_none", language)
    most = max(dear.index, key=lambda k: (people[k], total[k], -k))
    return say("costs.summary_some", language, count=len(dear), rule=dear.loc[most, "rule"])


def _cells(what: str, one: Gain) -> dict[str, object]:
    people = pd.NA if one.people is None else one.people
    return {f"{what}_people": people, f"{what}_total": one.total, f"{what}_exact": one.exact}


def _rules(
    matching: Matching, cohort: Cohort | None, rules: Sequence[Condition] | None
) -> list[_Rule]:
    """Return the rules that bind, in the order in which they are stated."""
    problem = matching.problem
    found: list[_Rule] = []
    place, scored = 0, False
    stated = [] if cohort is None else _stated(cohort, rules)
    added = stages_of([meaning for _, meaning in stated])
    for (rule, meaning), stages in zip(stated, added, strict=True):
        assert cohort is not None
        says, departments = rule.sentence(cohort.programme), _departments(cohort, rule)
        if stages and set(stages) <= set(matching.stages):
            found.append(_Rule(says, departments, rule.kind, (), stages=stages))
        if meaning.minimum_score == problem.minimum_score > -np.inf and not scored:
            scored = True
            found.append(_least(matching, says, departments))
        ends = place + len(meaning.quotas)
        if meaning.quotas and _alike(problem.quotas[place:ends], meaning.quotas):
            ours = tuple(range(place, ends))
            found += _bound(_Rule(says, departments, rule.kind, ours), matching)
            place = ends
    for k in range(place, len(problem.quotas)):
        found += _bound(_Rule(problem.quotas[k].name, "", "quota", (k,)), matching)
    if problem.minimum_score > -np.inf and not scored:
        name = sentence("rules.minimum_score", score=figure(f"{problem.minimum_score:.2f}"))
        found.append(_least(matching, name, ""))
    return found


def _stated(cohort: Cohort, rules: Sequence[Condition] | None) -> list[tuple[Condition, Meaning]]:
    """Return each rule with what it means; none if the programme's own cannot be understood."""
    try:
        stated = conditions(cohort.programme) if rules is None else tuple(rules)
        return list(zip(stated, meanings_of(cohort, stated), strict=True))
    except ProgrammeError:
        if rules is not None:
            raise
        return []  # the problem was formulated with others


def _departments(cohort: Cohort, rule: Condition) -> Sentence:
    names = [cohort.programme.department(key).name for key in rule.departments]
    if not names:
        return sentence("rules.every_department")
    return Sentence(*(", ".join(name(language) for name in names) for language in LANGUAGES))


def _alike(quotas: Sequence[Quota], others: Sequence[Quota]) -> bool:
    """Say whether the quotas of a problem are those that a rule means."""

    def signs(some: Sequence[Quota]) -> list[tuple[str, int, int | None]]:
        return [(str(one.name), one.at_least, one.at_most) for one in some]

    return signs(quotas) == signs(others)


def _least(matching: Matching, name: object, departments: object) -> _Rule:
    lowest = math.nan if matching.lowest is None else matching.lowest
    least = matching.problem.minimum_score
    return _Rule(name, departments, "minimum score", (), lowest, least)


def _bound(rule: _Rule, matching: Matching) -> list[_Rule]:
    """Return the rule with what it allows and what is used of it; nothing if it does not bind."""
    quotas = [matching.problem.quotas[k] for k in rule.quotas]
    union = reduce(or_, (quota.pairs for quota in quotas))
    used = int(union.at(matching.rows, matching.columns).sum())
    if all(quota.is_ban for quota in quotas):
        return [replace(rule, used=used, bound=0, leeway="exception")]
    if len(quotas) > 1:  # a list of locked pairs, each of which is made
        return [replace(rule, used=used, bound=used, leeway="fewer")]
    low, high = used == quotas[0].at_least > 0, used == quotas[0].at_most
    if not low and not high:
        return []
    leeway = "both" if low and high else "fewer" if low else "more"
    return [replace(rule, used=used, bound=used, leeway=leeway)]


def _gains(
    matching: Matching, problem: Problem, rule: _Rule, others: Sequence[float], effort: str
) -> tuple[Gain, Gain]:
    """Return what is gained without a rule, and with one pair's leeway."""
    if rule.stages:
        aimed = problem.shape[0] * problem.shape[1] <= _AIMED
        return gain_without(matching, problem, rule.stages) if aimed else NOT_KNOWN, NOT_KNOWN
    kept = [k for k in range(len(problem.quotas)) if k not in set(rule.quotas)]
    rest = tuple(problem.quotas[k] for k in kept)
    if not rule.quotas:
        least = max((one for one in others if one < problem.minimum_score), default=-np.inf)
        free = Looser(replace(problem, minimum_score=least), tuple(kept))
        return _gain(matching, free, effort), NOT_KNOWN
    single = rule.quotas[0] if len(rule.quotas) == 1 else None
    if effort == "glance":
        if single is None or rule.leeway == "exception":
            return NOT_KNOWN, NOT_KNOWN
        return NOT_KNOWN, gain_by_price(matching, single)
    drop = _gain(matching, Looser(replace(problem, quotas=rest), tuple(kept)), effort)
    if drop.is_nothing and set(matching.stages) <= {"coverage", "total"}:
        return drop, drop
    pairs = reduce(or_, (problem.quotas[k].pairs for k in rule.quotas))
    low, high = 0, None
    if single is not None:
        low, high = problem.quotas[single].at_least, problem.quotas[single].at_most
    if rule.leeway in ("fewer", "both"):
        low = int(rule.used) - 1
    if high is not None and rule.leeway != "fewer":
        high = int(rule.used) + 1
    if rule.leeway == "exception":
        high = 1
    wider = Quota("", pairs, at_least=low, at_most=high)
    # A ban has no price of its own; its place in the proof is empty.
    price = None if rule.leeway == "exception" else single
    unit = Looser(replace(problem, quotas=(*rest, wider)), (*kept, price))
    if matching.objective == "stable":
        return drop, NOT_KNOWN  # no stable matching is defined under such a bound
    if rule.leeway == "exception" and effort == "bounds":
        return drop, exception_at_most(matching, unit, drop)
    return drop, _tighter(_gain(matching, unit, effort), drop)


def _gain(matching: Matching, looser: Looser, effort: str) -> Gain:
    """Look at the prices first: where they leave room for nothing, there is nothing to solve."""
    most = gain_at_most(matching, looser)
    if effort == "bounds" or most.is_nothing:
        return most
    return gain(matching, looser)


def _tighter(unit: Gain, drop: Gain) -> Gain:
    """Return what some leeway gains, which is no more than doing without the rule can."""
    if unit.exact or drop.exact or drop.people is None or unit.people is None:
        return unit
    people, total = min(unit.people, drop.people), min(unit.total, drop.total)
    return Gain(people, total, exact=people == 0 and total == 0)


def _text(rule: _Rule, drop: Gain, unit: Gain, language: str) -> str:
    """Say in words what a rule costs."""
    if drop.is_nothing:
        return say("costs.nothing", language)
    said = []
    for start, one in (("drop", drop), (rule.leeway, unit)):
        if start and one.people is not None:
            said.append(say(f"costs.start_{start}", language, gain=_gained(one, language)))
    return " ".join(said) or say("costs.not_known", language)


def _gained(one: Gain, language: str) -> str:
    """Say what would be gained, people first."""
    if one.is_nothing:
        return say("costs.gain_nothing", language)
    total = number(abs(one.total), language=language)
    if not one.exact:
        total = number(math.ceil(100 * one.total - 1e-9) / 100, language=language)
    elif one.total and abs(one.total) < 0.005:
        total = say("costs.less_than", language, amount=number(0.01, language=language))
    most = "" if one.exact else "_most"
    if not one.people:
        key = "lower" if one.total < 0 else f"higher{most}"
        return say(f"costs.gain_{key}", language, total=total)
    key = "people_lower" if one.total < 0 else f"people_higher{most}"
    if one.people < 0:
        key = "fewer_lower" if one.total < 0 else "fewer_higher"
    return say(f"costs.gain_{key}", language, count=abs(one.people), total=total)
