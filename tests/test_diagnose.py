"""What cannot be kept together is named: all of it is impossible, any of it left out is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import brute
from mentormatch.errors import InfeasibleError
from mentormatch.matching.diagnose import Clause, Diagnosis, diagnose
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
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
    assert english[3].startswith("Relax one of them")
    assert swedish[3].startswith("Mildra en av dem")


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
