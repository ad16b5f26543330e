"""How a matching becomes a story: every table that the writers lay out."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, compress

import numpy as np
import pandas as pd

from mentormatch.errors import InputError
from mentormatch.matching.aims import aim_of
from mentormatch.matching.blocking import count_blocking_pairs
from mentormatch.matching.result import Matching
from mentormatch.rulebook import conditions
from mentormatch.rules import Condition
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.effective import effective_weights
from mentormatch.scores.fairness import own_language_share
from mentormatch.scores.in_common import InCommon
from mentormatch.scores.labels import part_label
from mentormatch.telling.costs import costs_in_short, rule_costs
from mentormatch.telling.explain import explained
from mentormatch.telling.fairness import fairness, fairness_in_short
from mentormatch.telling.numbers import number, short
from mentormatch.telling.people import People
from mentormatch.telling.readiness import readiness
from mentormatch.telling.rule_effects import rule_effects
from mentormatch.telling.sought import sought, wishes_met
from mentormatch.telling.story import Story
from mentormatch.telling.why import unmatched
from mentormatch.words import say, sentence

#: What is sought where no rule and nobody asks for more: the summary tells it.
_PLAIN = {"coverage", "total", "stable"}
_PACKAGES = ("mentormatch-optimiser", "numpy", "scipy", "pandas", "scikit-learn")


def gather(
    matching: Matching, language: str | None = None, rules: Sequence[Condition] | None = None
) -> Story:
    """Return everything that a matching tells people.

    Parameters
    ----------
    matching : Matching
        Of a cohort's scores.
    language : {"en", "sv"}, optional
        The programme's if left out.
    rules : sequence of Condition, optional
        The rules that the problem was formulated with; the programme's own if left out.

    Raises
    ------
    InputError
        The matching is of a raw matrix, so there are no people to tell of.
    """
    people = People(matching.problem, language or "en")
    cohort, fit = people.cohort, people.fit
    if cohort is None or fit is None:
        raise InputError(say("explain.no_people"))
    words = language or cohort.programme.language
    people = People(matching.problem, words)
    found = fit.all_in_common(matching.rows, matching.columns)
    pairs = explained(matching, people, dict(enumerate(found)))
    summary = _summary(matching, pairs, words) | {
        "scorer": fit.method,
        "calibration": {"source": fit.calibration.source, "carried_over": fit.carried is not None},
    }
    met = wishes_met(matching, rules, words)
    served, costs = fairness(matching, language=words), rule_costs(matching, False, rules, words)
    return Story(
        language=words,
        cohort=cohort,
        pairs=pairs,
        parts={name: part_label(cohort.programme, name, words) for name in fit.names},
        unmatched=unmatched(matching, words),
        departments=_departments(matching, people),
        fairness=served,
        fairness_in_short=fairness_in_short(served, words),
        costs=costs,
        costs_in_short=costs_in_short(costs, words),
        flows=flows_of(matching, words),
        loads=_loads(matching, people),
        readiness=readiness(cohort, fit, rules, words, matching.objective).tables,
        settings=_settings(matching, people, rules),
        summary=summary,
        in_common=_in_common(matching, fit, found),
        rule_effects=rule_effects(matching, rules, words, costs),
        sought=sought(matching, words) if set(matching.stages) - _PLAIN else None,
        wishes=None if met.empty else met,
    )


def _in_common(
    matching: Matching, fit: Compatibility, found: Sequence[tuple[tuple[InCommon, ...], ...]]
) -> dict[tuple[str, str], tuple[InCommon, ...]]:
    """Return what speaks for each pair in the parts that weigh something."""
    pairs = zip(matching.rows.tolist(), matching.columns.tolist(), found, strict=True)
    return {
        (fit.mentee_ids[i], fit.mentor_ids[j]): tuple(chain(*compress(parts, fit.counting(i))))
        for i, j, parts in pairs
    }


def _summary(matching: Matching, pairs: pd.DataFrame, language: str) -> dict[str, object]:
    problem = matching.problem
    scores = pairs["score"].to_numpy(float)
    bounded = math.isfinite(matching.bound)
    status = matching.status
    if matching.objective == "stable":
        status = "stable"
        proof = say(
            "explain.proof_stable", language, total=number(matching.total, language=language)
        )
    elif matching.unproved and matching.unproved != ("total",):
        proof = say("explain.proof_open", language, aim=_aim(matching, language))
    elif status == "optimal" and matching.stages not in (("coverage", "total"), ("total",)):
        lowest = float("nan") if matching.lowest is None else matching.lowest
        figures = {"total": matching.total, "lowest": lowest}
        shown = {name: number(value, language=language) for name, value in figures.items()}
        aim, count = _aim(matching, language), matching.coverage
        proof = say("explain.proof_stages", language, aim=aim, count=count, **shown)
    elif status == "optimal":
        key = "explain.proof_people" if "coverage" in matching.stages else "explain.proof_total"
        total = number(matching.total, language=language)
        proof = say(key, language, total=total, count=matching.coverage)
    else:
        share = 100 * matching.gap / matching.bound if matching.bound else 0.0
        most = {"gap": _at_most(matching.gap, language), "share": _at_most(share, language)}
        proof = say("explain.proof_gap", language, **most)
    blocking = count_blocking_pairs(matching)
    return {
        "mentees": problem.shape[0],
        "mentors": problem.shape[1],
        "places": int(problem.mentor_capacity.sum()),
        "pairs": len(matching),
        "matched": matching.coverage,
        "total": matching.total,
        "bound": matching.bound if bounded else float("nan"),
        "gap": matching.gap if bounded else float("nan"),
        "blocking": blocking,
        "mean_score": float(scores.mean()) if len(scores) else float("nan"),
        "lowest_score": float(scores.min()) if len(scores) else float("nan"),
        "status": say(f"explain.status_{status}", language),
        "objective": _aim(matching, language),
        "seed": matching.seed,
        "proof": proof,
        "stability": say(
            "explain.blocking" if blocking else "explain.blocking_none", language, count=blocking
        ),
    }


def _aim(matching: Matching, language: str) -> str:
    """Say what was sought, the most important first."""
    then = say("explain.aim_then", language)
    return then.join(aim_of(stage).told(language) for stage in matching.stages)


def _at_most(value: float, language: str) -> str:
    """Tell a number that must not be told too low: rounded up, a hair's breadth aside."""
    return number(math.ceil(100 * value - 1e-9) / 100, language=language)


def _keys(people: People) -> tuple[list[str], list[str], list[str]]:
    """Return all departments' names, and each mentee's and mentor's."""
    cohort = people.cohort
    assert cohort is not None
    names = [one.name(people.language) for one in cohort.programme.departments]
    mine = [people.department("mentees", i) for i in range(people.problem.shape[0])]
    theirs = [people.department("mentors", j) for j in range(people.problem.shape[1])]
    return names, mine, theirs


def _departments(matching: Matching, people: People) -> pd.DataFrame:
    names, mine, theirs = _keys(people)
    mentees, mentors = np.array(mine, np.str_), np.array(theirs, np.str_)
    a, b = mentees[matching.rows], mentors[matching.columns]
    scores = matching.pairs["score"].to_numpy(float)
    rows = []
    for name in names:
        own = scores[a == name]
        rows.append(
            {
                "department": name,
                "mentees": int((mentees == name).sum()),
                "mentors": int((mentors == name).sum()),
                "places": int(matching.problem.mentor_capacity[mentors == name].sum()),
                "matched": len(np.unique(matching.rows[a == name])),
                "inside": int(((a == name) & (b == name)).sum()),
                "lent": int(((a != name) & (b == name)).sum()),
                "borrowed": int(((a == name) & (b != name)).sum()),
                "mean_score": float(own.mean()) if len(own) else float("nan"),
                "lowest_score": float(own.min()) if len(own) else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def flows_of(matching: Matching, language: str) -> pd.DataFrame:
    """Count the pairs between departments: rows are departments of mentees, columns of mentors."""
    people = People(matching.problem, language)
    names, mine, theirs = _keys(people)
    place = {name: k for k, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), np.int64)
    for i, j in zip(matching.rows.tolist(), matching.columns.tolist(), strict=True):
        if mine[i] in place and theirs[j] in place:
            counts[place[mine[i]], place[theirs[j]]] += 1
    return pd.DataFrame(counts, index=names, columns=names)


def _loads(matching: Matching, people: People) -> pd.DataFrame:
    m = matching.problem.shape[1]
    return pd.DataFrame(
        {
            "mentor": [str(one) for one in people.ids("mentors")],
            "name": [people.name("mentors", j) for j in range(m)],
            "department": [people.department("mentors", j) for j in range(m)],
            "places": matching.problem.mentor_capacity,
            "pairs": matching.mentor_loads,
        }
    ).sort_values(["department", "name", "mentor"], ignore_index=True)


def _settings(
    matching: Matching, people: People, rules: Sequence[Condition] | None
) -> pd.DataFrame:
    cohort, fit, words = people.cohort, people.fit, people.language
    assert cohort is not None
    assert fit is not None
    rows = [
        ("programme", f"{cohort.programme.name(words)} {cohort.programme.year}"),
        ("objective", _aim(matching, words)),
        ("seed", str(matching.seed)),
    ]
    if fit.method:
        rows.append(("scorer", fit.method))
    key = "explain.calibration_carried" if fit.carried else "explain.calibration_own"
    rows.append(("calibration", sentence(key, source=fit.calibration.source).told(words)))
    effect = effective_weights(fit)[["nominal", "effective"]].to_numpy(float)
    for (name, weight), shares in zip(fit.weights.items(), effect, strict=False):
        label = part_label(cohort.programme, name, words)
        nominal, effective = (f"{100 * share:.0f}" for share in shares)
        told = say(
            "explain.weight_in_effect",
            words,
            weight=short(weight, words),
            nominal=nominal,
            effective=effective,
        )
        rows.append(("weight", f"{label}: {told}"))
    language = own_language_share(fit)
    if language is not None:
        before, after = (f"{100 * one:.0f}" for one in language)
        told = say("explain.own_language", words, before=before, after=after)
        rows.append(("language", told))
    for key, own in fit.department_weights.items():
        department = cohort.programme.department(key).name(words)
        shown = ", ".join(
            f"{part_label(cohort.programme, name, words)} {short(weight, words)}"
            for name, weight in own.items()
        )
        rows.append(("own_weights", f"{department}: {shown}"))
    stated = conditions(cohort.programme) if rules is None else rules
    rows += [("rule", rule.sentence(cohort.programme).told(words)) for rule in stated]
    rows += [
        ("file", f"{name} (SHA-256 {digest[:16]}…)") for name, digest in cohort.sources.items()
    ]
    rows += [("version", f"{package} {found}") for package, found in versions().items()]
    return pd.DataFrame(
        [(say(f"explain.setting_{name}", words), value) for name, value in rows],
        columns=["setting", "value"],
    )


def versions() -> dict[str, str]:
    """Return the versions of Python, mentormatch and the packages that figures depend on."""
    found = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "?"
    return found
