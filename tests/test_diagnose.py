"""What cannot be kept together is named: all of it is impossible, any of it left out is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

import brute
from mentormatch.errors import InfeasibleError
from mentormatch.matching.clauses import Clause
from mentormatch.matching.diagnose import Diagnosis, diagnose
from mentormatch.matching.grid import from_grid
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.relaxation import loosen
from mentormatch.matching.solve import solve
from mentormatch.words import Sentence
from strategies import problems, seeded_problem


def only(problem: Problem, clauses: tuple[Clause, ...]) -> Problem:
    """Return the problem with nothing demanded but these clauses."""
    asked = {(clause.kind, clause.position) for clause in clauses}
    mentor, mentee = np.zeros_like(problem.mentor_minimum), np.zeros_like(problem.mentee_minimum)
    for kind, position in asked:
        if kind == "mentor minimum":
            mentor[position] = problem.mentor_minimum[position]
        elif kind == "mentee minimum":
            mentee[position] = problem.mentee_minimum[position]
    return replace(
        problem,
        mentor_minimum=mentor,
        mentee_minimum=mentee,
        quotas=[quota for k, quota in enumerate(problem.quotas) if ("quota", k) in asked],
    )


def agrees(problem: Problem) -> bool:
    """Assert that the diagnosis is right by brute force; return whether there was a conflict."""
    clauses = diagnose(problem).clauses
    if brute.possible(problem):
        assert clauses == ()
        return False
    assert clauses
    assert not brute.possible(only(problem, clauses))
    for k in range(len(clauses)):
        assert brute.possible(only(problem, clauses[:k] + clauses[k + 1 :]))
    return True


def test_conflicts_by_seed_are_smallest() -> None:
    """Leaving out any one demand of a conflict makes the rest possible."""
    assert sum(agrees(seeded_problem(seed)) for seed in range(350)) > 80


@settings(max_examples=120)
@given(problems(4))
def test_conflicts_are_smallest(problem: Problem) -> None:
    """The same for whatever Hypothesis finds; no conflict is named where there is none."""
    agrees(problem)


TANGLE = Problem(
    np.ones((3, 3)),
    mentor_minimum=[0, 1, 0],
    mentee_minimum=[0, 0, 1],
    quotas=[
        Quota(Sentence("Physics lends 4", "Fysikum lånar ut 4"), Pairs.everyone(), at_most=4),
        Quota(
            Sentence("Bo is abroad", "Bo är utomlands"),
            Pairs.between([True] * 3, [False, True, False]),
            at_most=0,
        ),
    ],
    mentee_ids=["Åsa", "Cem", "Eva"],
    mentor_ids=["Dan", "Bo", "Fia"],
)


def test_only_the_rules_in_conflict_are_named() -> None:
    """Innocent rules and minimums stay out of the diagnosis."""
    found = diagnose(TANGLE)
    assert found.conflict == ("Bo is abroad", "mentor Bo has at least 1 mentee(s)")
    assert [clause.kind for clause in found.clauses] == ["quota", "mentor minimum"]


def test_the_error_tells_the_conflict_in_both_languages() -> None:
    """Who meets the error reads the rules by name, in English or Swedish, and what to do."""
    with pytest.raises(InfeasibleError) as caught:
        solve(TANGLE)
    error = caught.value
    assert error.diagnosis.conflict == ("Bo is abroad", "mentor Bo has at least 1 mentee(s)")
    assert str(error) == error.text("en") == error.diagnosis.text("en")
    english, swedish = error.text("en").splitlines(), error.text("sv").splitlines()
    assert english[0] == "No pair list can keep all of these 2 rules at once:"
    assert english[1:3] == ["  - Bo is abroad", "  - mentor Bo has at least 1 mentee(s)"]
    assert swedish[0] == "Ingen parlista kan följa alla dessa 2 regler på en gång:"
    assert swedish[1:3] == ["  - Bo är utomlands", "  - mentor Bo har minst 1 adept(er)"]
    assert english[3:5] == [
        "The smallest change that makes a pair list possible:",
        "  - let mentor Bo go without a mentee (then 2 mentees are matched, total score 2.00)",
    ]
    assert swedish[3:5] == [
        "Den minsta ändring som gör en parlista möjlig:",
        "  - låt mentor Bo bli utan adept (då matchas 2 adepter, total poäng 2.00)",
    ]
    assert english[5].startswith("Everyone's places")
    assert swedish[5].startswith("Allas platser")


def test_a_single_impossible_rule_is_told_as_one() -> None:
    """One rule that cannot be kept at all is told in the singular."""
    quota = Quota("five pairs", Pairs.everyone(), at_least=5)
    found = diagnose(Problem(np.ones((2, 2)), quotas=[quota]))
    assert found.conflict == ("five pairs",)
    assert found.text().splitlines()[0] == "No pair list can keep this rule:"
    assert found.text("sv").splitlines()[0] == "Ingen parlista kan följa den här regeln:"


def test_a_mentee_who_must_have_somebody_is_named() -> None:
    """A required mentee without a possible partner is the whole conflict."""
    problem = Problem([[1.0], [-np.inf]], mentee_minimum=[0, 1], mentee_ids=["Åsa", "Cem"])
    found = diagnose(problem)
    assert found.conflict == ("mentee Cem has at least 1 mentor(s)",)
    assert "adept Cem har minst 1 mentor(er)" in found.text("sv")


def test_no_conflict_is_told_as_none() -> None:
    """A problem with an answer has an empty diagnosis."""
    found = diagnose(Problem([[1.0]]))
    assert found == Diagnosis(())
    assert found.text() == "No rules are in conflict."
    assert found.text("sv") == "Inga regler står i konflikt."


def ways(problem: Problem, units: int) -> Iterator[Problem]:
    """Yield the problem with its bounds loosened in every way by so many units."""
    if units == 0:
        yield problem
        return
    locked = {
        pair
        for k, quota in enumerate(problem.quotas)
        if quota.at_least and len(quota.pairs.exceptions) == 1 and not quota.pairs.table.any()
        for pair in brute.members(problem, k)
    }
    for side in ("mentee_minimum", "mentor_minimum"):
        least = getattr(problem, side)
        for k in np.flatnonzero(least):
            lower = least.copy()
            lower[k] -= 1
            yield from ways(replace(problem, **{side: lower}), units - 1)
    for k, quota in enumerate(problem.quotas):
        changed = []
        if quota.at_least:
            changed.append(replace(quota, at_least=quota.at_least - 1))
        if quota.at_most:
            changed.append(replace(quota, at_most=quota.at_most + 1))
        if quota.is_ban:
            for pair in sorted(locked & brute.members(problem, k)):
                changed.append(replace(quota, pairs=quota.pairs & ~Pairs.listed([pair])))
        for one in changed:
            quotas = [*problem.quotas[:k], one, *problem.quotas[k + 1 :]]
            yield from ways(replace(problem, quotas=quotas), units - 1)


def is_smallest(problem: Problem) -> int:
    """Assert by brute force that relaxations work and none is smaller; return their units."""
    found = diagnose(problem).relaxations
    if brute.possible(problem):
        assert found == ()
        return 0
    units = {one.units for one in found}
    assert len(units) == 1
    assert len(found) <= 3
    for one in found:
        eased = loosen(problem, one)
        best = brute.best(eased, "most people")
        assert best is not None
        assert (one.matched, one.total) == (best[0], from_grid(best[1], eased.bits))
    for one, other in combinations([{c.clauses: c.by for c in way.changes} for way in found], 2):
        assert one != other
    for fewer in range(min(min(units), 3)):  # ways of more units would take minutes
        assert not any(map(brute.possible, ways(problem, fewer)))
    return units.pop()


def test_relaxations_by_seed_are_smallest() -> None:
    """Every way makes the rest possible, no way with fewer units does, and its effect is right."""
    units = [is_smallest(seeded_problem(seed)) for seed in range(350)]
    assert sum(one > 1 for one in units) > 20


@settings(max_examples=120)
@given(problems(4))
def test_relaxations_are_smallest(problem: Problem) -> None:
    """The same for whatever Hypothesis finds; a problem with an answer needs none."""
    is_smallest(problem)


def test_scores_and_the_minimum_score_do_not_confuse() -> None:
    """Low, negative and huge scores matter to a conflict only where they make pairs impossible."""
    floor = Quota("all", Pairs.everyone(), at_least=2)
    assert diagnose(Problem([[-1e17, 1e17], [5, -3]], quotas=[floor])).conflict == ()
    problem = Problem([[0.4, 0.4], [0.9, 0.4]], minimum_score=0.5, quotas=[floor])
    assert diagnose(problem).conflict == ("all",)


def test_among_hundreds_of_rules_the_two_are_found() -> None:
    """Two rules that clash are found among three hundred that do not."""
    half = np.arange(20) < 10
    quotas = [Quota(f"idle {k}", Pairs.listed([(k % 20, k // 20)]), at_most=1) for k in range(300)]
    quotas[70] = Quota("eight here", Pairs.between(half, half), at_least=8)
    quotas[211] = Quota("five in all", Pairs.everyone(), at_most=5)
    found = diagnose(Problem(np.ones((20, 20)), quotas=quotas))
    assert found.conflict == ("eight here", "five in all")
