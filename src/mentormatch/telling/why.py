"""Why a pair was not made, and why somebody has none."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.matching.aims import aim_of
from mentormatch.matching.certificate import reached_by
from mentormatch.matching.diagnose import diagnose
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.price_of import PriceOf, price_of
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.telling.numbers import number
from mentormatch.telling.people import People, language_of
from mentormatch.words import say, told

_MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class WhyNot:
    """Why a mentee does not have a certain mentor.

    Attributes
    ----------
    verdict : {"paired", "impossible", "costs"}
        They are a pair; they cannot be one; or they could be, at a price.
    rules : tuple of str
        The rules that stand in the way.
    cost : float
        What the total score would lose if they were paired (NaN where they cannot be).
    people : int
        How many mentees fewer would have a mentor.
    moves : pandas.DataFrame
        Who else would move: ``mentee``, ``mentor_now``, ``mentor_then``, names in words.
    text : str
        All of this in words.
    exact : bool
        Whether the cost is exact; where rules beside bans and locks bind in a problem of more than
        about a million cells it may be the least possible, and `moves` is empty then.
    """

    verdict: str
    rules: tuple[str, ...]
    cost: float
    people: int
    moves: pd.DataFrame
    text: str
    exact: bool = True

    def __str__(self) -> str:
        return self.text


def why_not(
    matching: Matching, mentee: Hashable, mentor: Hashable, language: str | None = None
) -> WhyNot:
    """Say why a mentee does not have a certain mentor, and what it would cost if she had.

    The cost is that of `mentormatch.price_of`, one shortest path.

    Parameters
    ----------
    matching : Matching
        The pairs as they are.
    mentee, mentor : hashable
        Ids, or names that only one person has.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Raises
    ------
    InputError
        Nobody is called so, or several people are.
    """
    problem = matching.problem
    people = People(problem, language_of(problem, language))
    words = people.language
    i, j = people.place("mentees", mentee), people.place("mentors", mentor)
    who = {"mentee": people.name("mentees", i), "mentor": people.name("mentors", j)}
    none = pd.DataFrame(columns=["mentee", "mentor_now", "mentor_then"])
    if ((matching.rows == i) & (matching.columns == j)).any():
        text = _one_stop(say("explain.why_paired", words, **who))
        return WhyNot("paired", (), 0.0, 0, none, text)
    rules = impossible_because(problem, i, j, words)
    if rules:
        text = _one_stop(say("explain.why_impossible", words, **who, rules="; ".join(rules)))
        return WhyNot("impossible", rules, float("nan"), 0, none, text)
    ids = people.ids("mentees")[i], people.ids("mentors")[j]
    price = price_of(matching, *ids)
    if not price.possible:
        rules = _conflict(matching, i, j, say("explain.this_pair", words, **who), words)
        text = _one_stop(say("explain.why_impossible", words, **who, rules="; ".join(rules)))
        return WhyNot("impossible", rules, float("nan"), 0, none, text)
    said = [_holders(people, matching, i, j, who)]
    if matching.objective == "stable" and _content(matching, i, j):
        said.append(say("explain.price_stable", words))
    lost = _lost(matching, price, words)
    said += lost
    if price.cost or price.people > 0 or not lost:
        said.append(_price(price, words))
    moves = _table(people, matching, price)
    if price.exact:
        said += _moves(moves[moves["place"] != i], words)
    named = moves[["mentee", "mentor_now", "mentor_then"]].reset_index(drop=True)
    return WhyNot(
        "costs", (), price.cost, price.people, named, _one_stop(" ".join(said)), price.exact
    )


def _conflict(matching: Matching, i: int, j: int, name: str, language: str) -> tuple[str, ...]:
    """Return which rules no list can keep if a pair is locked."""
    lock = Quota(name, Pairs.listed([(i, j)]), at_least=1)
    diagnosis = diagnose(replace(matching.problem, quotas=[*matching.problem.quotas, lock]))
    return tuple(one.text(language) for one in diagnosis.clauses if one.name != name)


def _table(people: People, matching: Matching, price: PriceOf) -> pd.DataFrame:
    """Return who would move: all mentors before and after, in the order of the mentees."""
    places = {mentor: j for j, mentor in enumerate(people.ids("mentors"))}
    nobody = say("explain.nobody_word", people.language)
    before: dict[int, set[int]] = {}
    for a, b in zip(matching.rows.tolist(), matching.columns.tolist(), strict=True):
        before.setdefault(a, set()).add(b)
    rows = []
    mentees = {mentee: i for i, mentee in enumerate(people.ids("mentees"))}
    for i in sorted({mentees[mentee] for mentee, _, _ in price.moves}):
        mine = [move for move in price.moves if mentees[move[0]] == i]
        now = before.get(i, set())
        then = now - {places[a] for _, a, _ in mine if a is not None}
        then |= {places[b] for _, _, b in mine if b is not None}
        names = [", ".join(people.name("mentors", j) for j in sorted(x)) for x in (now, then)]
        rows.append((i, people.name("mentees", i), *(name or nobody for name in names)))
    return pd.DataFrame(rows, columns=["place", "mentee", "mentor_now", "mentor_then"])


def _holders(people: People, matching: Matching, i: int, j: int, who: dict[str, str]) -> str:
    """Say who has the places of the mentor that was asked for."""
    holders = [people.name("mentees", int(k)) for k in matching.rows[matching.columns == j]]
    places = int(matching.problem.mentor_capacity[j])
    names = ", ".join(holders)
    if len(holders) < places:
        return say("explain.why_free", people.language, **who)
    score = matching.problem.values_at([i], [j])[0]
    steps = float(np.ldexp(float(score[0]), -matching.problem.bits))
    shown = number(steps, language=people.language)
    return say("explain.why_taken", people.language, **who, holders=names, score=shown)


def _content(matching: Matching, i: int, j: int) -> bool:
    """Say whether a mentee, or a full mentor, has nothing that scores lower than their pair."""
    problem = matching.problem
    score = problem.values_at([i], [j])[0][0]
    for mine, full in (
        (matching.rows == i, True),
        (matching.columns == j, matching.mentor_loads[j] == problem.mentor_capacity[j]),
    ):
        held = problem.values_at(matching.rows[mine], matching.columns[mine])[0]
        if full and len(held) and held.min() >= score:
            return True
    return False


def _lost(matching: Matching, price: PriceOf, language: str) -> list[str]:
    """Say what else was sought that the other list does worse at."""
    problem = matching.problem
    rows = {mentee: i for i, mentee in enumerate(problem.mentee_ids or ())}
    columns = {mentor: j for j, mentor in enumerate(problem.mentor_ids or ())}
    pairs = set(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))
    for mentee, left, got in price.moves:
        if left is not None:
            pairs.discard((rows[mentee], columns[left]))
        if got is not None:
            pairs.add((rows[mentee], columns[got]))
    i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    now, then = (
        np.sort(problem.values_at(*ends)[0]) for ends in ((matching.rows, matching.columns), (i, j))
    )
    said = []
    if {"worst", "leximin"} & set(matching.stages) and len(now) and len(then):
        if then[0] < now[0]:
            low = (float(np.ldexp(float(one[0]), -problem.bits)) for one in (now, then))
            shown = dict(
                zip(("before", "after"), (number(one, 3, language) for one in low), strict=True)
            )
            said.append(say("explain.price_lowest", language, **shown))
        elif "leximin" in matching.stages and now.tolist() != then.tolist():
            said.append(say("explain.price_low_scores", language))
    fewer = matching.kept - int(problem.announced.at(i, j).sum())
    if "kept" in matching.stages and fewer > 0:
        said.append(say("explain.price_kept", language, count=fewer))
    if matching.stages == ("stable",):
        return said
    values = problem.values_at(i, j)[0]
    after = {stage: then for stage, _, then in reached_by(problem, matching.stages, i, j, values)}
    for stage, before in matching.reached.items():
        aimed = stage in problem.aims.counts or stage in ("spread", "share", "mean")
        if aimed and after[stage] is not None and after[stage] < before:
            # What comes after the first loss does not matter any more.
            said.append(say("explain.price_aim", language, aim=aim_of(stage).told(language)))
            break
    return said


def _price(price: PriceOf, language: str) -> str:
    cost, fewer = price.cost, price.people
    if np.isnan(cost):
        return say("explain.price_unknown", language)
    if not price.exact:
        if fewer > 0:
            return say("explain.price_people_least", language, count=fewer)
        if price.kept > 0:
            return say("explain.price_kept_least", language, count=price.kept)
        if cost <= 0:
            return say("explain.price_unknown", language)
        return say("explain.price_least", language, cost=_shown(cost, language))
    if fewer > 0:
        key = "explain.price_people" if cost >= 0 else "explain.price_people_rise"
        return say(key, language, count=fewer, cost=_shown(abs(cost), language))
    if cost < 0:
        return say("explain.price_rise", language, cost=_shown(-cost, language))
    if cost == 0:
        return say("explain.price_nothing", language)
    return say("explain.price", language, cost=_shown(cost, language))


def _shown(cost: float, language: str) -> str:
    """Write a cost with three decimals, or as many as it takes to be seen."""
    return number(cost, 3 if cost >= 0.0005 else 6, language)


def _moves(others: pd.DataFrame, language: str) -> list[str]:
    """Say who else would lose a mentor, get one, or change."""
    if not len(others):
        return [say("explain.why_nobody", language)]
    nobody = say("explain.nobody_word", language)
    loses, gets = others["mentor_then"] == nobody, others["mentor_now"] == nobody
    said = []
    for key, some in (("why_loses", loses), ("why_gets", gets)):
        if some.any():
            names = ", ".join(others["mentee"][some])
            said.append(say(f"explain.{key}", language, names=names, count=int(some.sum())))
    changed = int((~loses & ~gets).sum())
    if changed:
        said.append(say("explain.why_moves", language, count=changed))
    return said


def _one_stop(text: str) -> str:
    """Let a sentence end in one full stop where a name or a rule brought its own."""
    return re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)


def impossible_because(problem: Problem, i: int, j: int, language: str = "en") -> tuple[str, ...]:
    """Return what makes a pair impossible, in words; empty if nothing does.

    Parameters
    ----------
    problem : Problem
        The question.
    i, j : int
        Positions of the mentee and the mentor.
    """
    rules = [
        told(quota.name, language)
        for quota in problem.quotas
        if quota.is_ban and quota.pairs.at([i], [j])[0]
    ]
    free = replace(problem, quotas=(), minimum_score=-np.inf)
    value, possible = free.values_at([i], [j])
    score = float(np.ldexp(float(value[0]), -problem.bits))
    if not possible[0]:
        rules.append(say("explain.impossible_score", language))
    elif score < problem.minimum_score:
        both = {"score": score, "least": problem.minimum_score}
        shown = {name: number(one, language=language) for name, one in both.items()}
        rules.append(say("explain.below_minimum", language, **shown))
    if problem.mentor_capacity[j] == 0:
        rules.append(say("explain.others_no_places", language))
    if problem.mentee_demand[i] == 0:
        rules.append(say("explain.others_no_demand", language))
    return tuple(rules)


def unmatched(matching: Matching, language: str | None = None) -> pd.DataFrame:
    """Return every person without a pair, and why.

    Parameters
    ----------
    matching : Matching
        The pairs.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        ``side`` ("mentees" or "mentors"), ``id``, ``name``, ``department``, ``reason``.
    """
    problem = matching.problem
    people = People(problem, language_of(problem, language))
    values, possible = problem.values(np.arange(problem.shape[0]))
    rows = []
    for i in np.flatnonzero(np.bincount(matching.rows, minlength=problem.shape[0]) == 0).tolist():
        rows.append(("mentees", i, _why_no_mentor(people, matching, possible[i], values[i], i)))
    for j in np.flatnonzero(matching.mentor_loads == 0).tolist():
        rows.append(("mentors", j, _why_no_mentee(people, matching, possible[:, j], j)))
    return pd.DataFrame(
        [
            (side, people.ids(side)[k], people.name(side, k), people.department(side, k), reason)
            for side, k, reason in rows
        ],
        columns=["side", "id", "name", "department", "reason"],
    )


def _why_no_mentor(
    people: People,
    matching: Matching,
    possible: NDArray[np.bool_],
    values: NDArray[np.int64],
    i: int,
) -> str:
    problem, words = people.problem, people.language
    open_to = np.flatnonzero(possible & (problem.mentor_capacity > 0))
    if problem.mentee_demand[i] == 0:
        return say("explain.mentee_no_demand", words)
    if not len(open_to):
        return no_partner_because(people, "mentees", i)
    full = matching.mentor_loads[open_to] >= problem.mentor_capacity[open_to]
    if not full.all():
        free = open_to[~full]
        rules = _rules_full(matching, np.full(len(free), i), free, words)
        if not rules:
            return say("explain.alone_by_choice", words)
        left = int((problem.mentor_capacity - matching.mentor_loads)[free].sum())
        names = ", ".join(people.name("mentors", int(j)) for j in free[:_MOST_NAMED])
        return say("explain.rules_full_mentee", words, count=left, names=names, rules=rules)
    best = open_to[np.argsort(-values[open_to], kind="stable")][:_MOST_NAMED]
    names = ", ".join(people.name("mentors", int(j)) for j in best)
    return say("explain.all_taken", words, count=len(open_to), names=names)


def _why_no_mentee(people: People, matching: Matching, possible: NDArray[np.bool_], j: int) -> str:
    problem, words = people.problem, people.language
    if problem.mentor_capacity[j] == 0:
        return say("explain.mentor_no_places", words)
    open_to = np.flatnonzero(possible & (problem.mentee_demand > 0))
    if not len(open_to):
        return no_partner_because(people, "mentors", j)
    alone = open_to[~np.isin(open_to, matching.rows)]
    if len(alone):
        rules = _rules_full(matching, alone, np.full(len(alone), j), words)
        key = "explain.rules_full_mentor" if rules else "explain.alone_by_choice"
        return say(key, words, count=len(alone), rules=rules)
    return say("explain.all_have_one", words, count=len(open_to))


def _rules_full(
    matching: Matching, i: NDArray[np.int64], j: NDArray[np.int64], language: str
) -> str:
    """Name the rules that have no room left for any of the pairs, if each pair meets one."""
    full: dict[str, NDArray[np.bool_]] = {}
    for quota in matching.problem.quotas:
        if quota.is_ban or quota.at_most is None:
            continue
        if int(quota.pairs.at(matching.rows, matching.columns).sum()) == quota.at_most:
            inside = quota.pairs.at(i, j)
            if inside.any():
                full[told(quota.name, language)] = inside
    if not full or not np.logical_or.reduce(list(full.values())).all():
        return ""
    return "; ".join(full)


def no_partner_because(people: People, side: str, place: int) -> str:
    """Say which rules leave somebody without any possible partner, the widest first."""
    problem, language = people.problem, people.language
    n, m = problem.shape
    other = m if side == "mentees" else n
    if other == 0:
        return say("explain.nobody_there", language)
    mine, theirs = np.full(other, place), np.arange(other)
    i, j = (mine, theirs) if side == "mentees" else (theirs, mine)
    counts: list[tuple[int, str]] = [
        (int(quota.pairs.at(i, j).sum()), told(quota.name, language))
        for quota in problem.quotas
        if quota.is_ban
    ]
    value, scored = replace(problem, quotas=(), minimum_score=-np.inf).values_at(i, j)
    low = scored & (np.ldexp(value.astype(np.float64), -problem.bits) < problem.minimum_score)
    least = number(problem.minimum_score, language=language)
    counts.append((int((~scored).sum()), say("explain.impossible_score", language)))
    counts.append((int(low.sum()), say("explain.minimum_rule", language, least=least)))
    if side == "mentees":
        empty = int((problem.mentor_capacity == 0).sum())
        counts.append((empty, say("explain.others_no_places", language)))
    told_rules = [
        say("explain.rule_count", language, rule=rule, count=count, total=other)
        for count, rule in sorted(counts, key=lambda one: -one[0])
        if count
    ]
    return _one_stop(say("explain.no_partner", language, rules="; ".join(told_rules)))
