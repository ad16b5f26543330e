"""What cannot be kept together is named: all of it is impossible, any of it left out is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import brute
from mentormatch.errors import InfeasibleError
from mentormatch.matching.clauses import Clause, without_scores
from mentormatch.matching.diagnose import Diagnosis, conflict_of, diagnose
from mentormatch.matching.grid import from_grid
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.relaxation import Change, Relaxation, loosen, relaxations
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers.elastic import elastic
from mentormatch.matching.solvers.locks import Impossible
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
    for fewer in range(min(*units, 3)):  # ways of more units would take minutes
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


DEPARTMENT = np.array(["astronomy"] * 4 + ["physics"] * 2)
OFFERS = np.array(["astronomy", "astronomy", "physics", "physics", "physics"])
OWN = Quota(
    Sentence("Own department only", "Endast egen institution"),
    ~Pairs.same(DEPARTMENT, OFFERS),
    at_most=0,
)


def starving(**given: Any) -> Problem:
    """Return four mentees of astronomy who must be matched, and two mentors who take them."""
    needed = {"mentee_minimum": (DEPARTMENT == "astronomy") * 1, "quotas": [OWN]}
    ids = {"mentee_ids": list("abcdef"), "mentor_ids": list("ABCDE")}
    return Problem(np.arange(30).reshape(6, 5), **{**needed, **ids, **given})


def test_too_few_places_are_told_with_all_who_want_them() -> None:
    """A group that is larger than its places is named whole, though fewer make a conflict."""
    found = diagnose(starving())
    assert [clause.kind for clause in found.clauses].count("mentee minimum") == 3
    assert found.shortage is not None
    assert (found.shortage.wanted, found.shortage.open) == (4, 2)
    told = "4 mentees must have a mentor, but only 2 places are open to them: a, b, c, d."
    assert told in found.text().splitlines()
    swedish = "4 adepter måste ha en mentor, men bara 2 platser är öppna för dem: a, b, c, d."
    assert swedish in found.text("sv").splitlines()


def test_groups_that_share_no_places_are_not_mixed() -> None:
    """Of two groups with too few places only that of the conflict is told."""
    rows = [0, 0, 0, 1, 1]
    scores = np.where(np.equal.outer(rows, [0, 1]), 1.0, -np.inf)
    found = diagnose(Problem(scores, mentee_minimum=1))
    assert found.shortage is not None
    told = {clause.position for clause in found.shortage.clauses}
    assert {clause.position for clause in found.clauses} <= told
    assert told in ({0, 1, 2}, {3, 4})
    assert (found.shortage.wanted, found.shortage.open) == (len(told), 1)
    assert {one.units for one in found.relaxations} == {3}


def test_mentors_can_be_too_many_as_well() -> None:
    """Mentors who must have mentees are told just so."""
    found = diagnose(Problem(np.ones((2, 5)), mentor_minimum=[1, 0, 1, 1, 0]))
    assert found.shortage is not None
    assert "3 mentors must have a mentee, but only 2 mentees are open to them: 0, 2, 3." in (
        found.text()
    )
    (way,) = found.relaxations
    assert way.text().startswith("let 1 of these 3 mentors go without a mentee: 0, 2, 3 ")
    assert "3 mentorer måste ha en adept" in found.text("sv")


def test_people_who_want_several_are_counted_in_places() -> None:
    """A mentor serves a mentee once, however many places are free."""
    problem = Problem(np.ones((2, 1)), mentor_capacity=5, mentee_demand=2, mentee_minimum=2)
    found = diagnose(problem)
    assert found.shortage is None  # each of them alone has too few
    assert [one.units for one in found.relaxations] == [2]
    assert "let mentee 0 have at least 1 mentor(s) only" in found.text()
    shared = diagnose(Problem(np.ones((2, 3)), mentee_demand=2, mentee_minimum=2))
    told = "2 mentees must have 4 mentors in all, but only 3 places are open to them: 0, 1."
    assert told in shared.text()
    assert "måste ha sammanlagt 4 mentorer, men bara 3 platser" in shared.text("sv")


def largest(problem: Problem, people: list[int], mentees: bool) -> int:
    """Return the most pairs that some people can have, by brute force, minimums left out."""
    bans = [quota for quota in problem.quotas if quota.is_ban]
    free = replace(problem, quotas=bans, mentee_minimum=0, mentor_minimum=0)
    side = 0 if mentees else 1
    low = problem.mentee_minimum if mentees else problem.mentor_minimum
    return max(
        sum(min(sum(pair[side] == k for pair in pairs), low[k]) for k in people)
        for pairs in brute.matchings(free)
    )


@pytest.mark.parametrize("turned", [False, True])
def test_shortages_are_right_by_brute_force(turned: bool) -> None:
    """The group told cannot have what it must, and what it can have is counted right."""
    seen = 0
    for seed in range(250):
        rng = np.random.default_rng(seed)
        n, m = (int(x) for x in rng.integers(2, 5, 2))
        possible = rng.random((n, m)) < rng.choice([0.3, 0.6])
        low, many = rng.integers(0, 3, n), rng.integers(0, 3, n)
        bounds = (np.minimum(low, many), many, rng.integers(0, 3, m))
        names = ("mentee_minimum", "mentee_demand", "mentor_capacity")
        if turned:
            possible, names = possible.T, ("mentor_minimum", "mentor_capacity", "mentee_demand")
        scores = np.where(possible, 0.0, -np.inf)
        problem = Problem(scores, **dict(zip(names, bounds, strict=True)))
        found = diagnose(problem)
        if found.shortage is None:
            assert len(found.clauses) <= 1
            continue
        seen += 1
        assert set(found.clauses) <= set(found.shortage.clauses)
        people = [clause.position for clause in found.shortage.clauses]
        assert found.shortage.open == largest(problem, people, not turned)
        assert found.shortage.wanted == int(getattr(problem, names[0])[people].sum())
        assert found.shortage.open < found.shortage.wanted
    assert seen > 20


def test_a_rule_that_asks_for_too_much_is_told_with_what_there_is() -> None:
    """A quota that the bans leave too few pairs for is told with their number."""
    wanted = Quota(
        Sentence("Astronomy has 4 pairs", "Astronomi har 4 par"),
        Pairs.between(DEPARTMENT == "astronomy", [True] * 5),
        at_least=4,
    )
    found = diagnose(starving(quotas=[OWN, wanted], mentee_minimum=0))
    assert found.shortage is not None
    assert '"Astronomy has 4 pairs" asks for 4, but only 2 such pairs can be made.' in found.text()
    assert '"Astronomi har 4 par" begär 4, men bara 2 sådana par kan bildas.' in found.text("sv")
    (way,) = found.relaxations
    assert way.text().startswith('ask for 2 pairs fewer than this rule: "Astronomy has 4 pairs" (')


def test_a_rule_may_give_way_or_people_may() -> None:
    """Equally small ways are all told, the one that matches the most people first."""
    lends = Quota(
        Sentence("Physics lends none but 1", "Fysikum lånar ut 1"),
        Pairs.between(DEPARTMENT == "astronomy", OFFERS == "physics"),
        at_most=1,
    )
    found = diagnose(starving(quotas=[lends]))
    assert [one.units for one in found.relaxations] == [1, 1]
    unmatched, allowed = sorted(found.relaxations, key=lambda way: way.changes[0].by)
    assert (unmatched.changes[0].by, allowed.changes[0].by) == (-1, 1)
    assert allowed.text("sv").startswith(
        'tillåt 1 par mer än den här regeln: "Fysikum lånar ut 1" (då matchas 5 adepter, '
    )
    assert unmatched.text().startswith("let 1 of these 4 mentees go without a mentor: a, b, c, d (")
    assert (allowed.matched, unmatched.matched) == (5, 5)


def test_a_ban_spares_locked_pairs_only() -> None:
    """A ban is loosened for the pair that is locked, and for no other pair of its set."""
    lock = Quota("a and C stay together", Pairs.listed([(0, 2)]), at_least=1)
    problem = starving(quotas=[OWN, lock], mentee_minimum=0)
    found = diagnose(problem)
    spared, given_up = sorted(found.relaxations, key=lambda way: -way.changes[0].by)
    assert spared.changes[0].spared == ((0, 2),)
    assert spared.text().startswith('let this rule not apply to 1 locked pair: "Own department')
    assert given_up.text("sv").startswith('avstå från den här regeln: "a and C stay together" (')
    left = loosen(problem, spared).quotas[0].pairs
    assert not left.at(0, 2)
    assert left.block(range(6), 5).sum() == OWN.pairs.block(range(6), 5).sum() - 1
    best = solve(loosen(problem, spared))
    assert (0, 2) in zip(best.rows.tolist(), best.columns.tolist(), strict=True)


@pytest.mark.parametrize("language", ["en", "sv"])
def test_redacted_diagnoses_name_nobody(language: str) -> None:
    """Without names, the numbers of a conflict and of its ways out are still told."""
    names = [f"canary {k}" for k in range(6)]
    lock = Quota("canary 1 stays", Pairs.listed([(0, 2)]), at_least=1)
    wanted = Quota("canaries first", Pairs.everyone(), at_least=6, at_most=7)
    for bounds in (
        {},
        {"quotas": [replace(OWN, name="canaries only"), lock]},
        {"quotas": [replace(OWN, name="canaries only"), wanted]},
        {"mentee_minimum": 2, "mentee_demand": 2},
    ):
        with pytest.raises(InfeasibleError) as caught:
            solve(starving(**{"mentee_ids": names, **bounds}))
        assert caught.value.diagnosis.relaxations
        assert "canar" in caught.value.text(language)
        assert "canar" not in caught.value.text(language, redact=True)
        assert "[…]" in caught.value.text(language, redact=True)


def test_ways_do_not_depend_on_the_order_of_the_rows() -> None:
    """Whoever comes first in the sheets is not the first to go without."""
    for seed in range(60):
        problem = seeded_problem(seed)
        n, m = problem.shape
        mentees, mentors = [f"s{k}" for k in range(n)], [f"m{k}" for k in range(m)]
        named = replace(problem, mentee_ids=mentees, mentor_ids=mentors)
        rng = np.random.default_rng(seed)
        rows, columns = rng.permutation(n), rng.permutation(m)
        turned = replace(
            named,
            scores=np.asarray(problem.scores)[np.ix_(rows, columns)],
            mentee_ids=[mentees[k] for k in rows],
            mentor_ids=[mentors[k] for k in columns],
            mentee_demand=problem.mentee_demand[rows],
            mentee_minimum=problem.mentee_minimum[rows],
            mentor_capacity=problem.mentor_capacity[columns],
            mentor_minimum=problem.mentor_minimum[columns],
            quotas=[replace(q, pairs=q.pairs.taken(rows, columns)) for q in problem.quotas],
        )
        assert what(diagnose(named)) == what(diagnose(turned))


def what(found: Diagnosis) -> list[object]:
    """Return the ways of a diagnosis without positions."""
    return [
        (
            way.matched,
            way.total,
            {(frozenset(c.name for c in x.clauses), x.by) for x in way.changes},
        )
        for way in found.relaxations
    ]


def test_people_who_are_alike_count_as_one_however_many() -> None:
    """A thousand a side in two departments are a matter of a few numbers."""
    half = np.arange(1000) < 500
    closed = Quota("closed", ~Pairs.same(half, half), at_most=0)
    problem = Problem(np.ones((1000, 1000)), mentee_minimum=half * 1, quotas=[closed])
    fewer = replace(problem, mentor_capacity=np.where(np.arange(1000) < 497, 1, ~half * 1))
    base = without_scores(fewer)
    assert elastic(base).classes.possible.shape == (2, 3)
    (way,) = relaxations(fewer, base)
    assert (way.units, way.matched, len(way.changes)) == (3, None, 1)
    assert way.text().endswith(", 9 and 490 more")


def test_a_conflict_of_many_is_told_in_a_few_lines() -> None:
    """Of each kind the first ten are told and how many more there are; the diagnosis has all."""
    clauses = (
        *(Clause("quota", k, f"rule {k}") for k in range(11)),
        *(Clause("mentor minimum", k, f"m{k}", 1) for k in range(12)),
        *(Clause("mentee minimum", k, f"e{k}", 1) for k in range(5000)),
    )
    found = Diagnosis(clauses)
    english, swedish = (found.text(language).splitlines() for language in ("en", "sv"))
    assert len(english) == len(swedish) == 1 + 3 * 11 + 1
    assert english[0] == "No pair list can keep all of these 5023 rules at once:"
    assert english[1:12] == [*(f"  - rule {k}" for k in range(10)), "  - and 1 more rule"]
    assert swedish[11] == "  - och 1 regel till"
    assert english[12] == "  - mentor m0 has at least 1 mentee(s)"
    assert english[22] == "  - and 2 more mentors who must have mentees"
    assert swedish[22] == "  - och 2 mentorer till som måste ha adepter"
    assert english[32] == "  - mentee e9 has at least 1 mentor(s)"
    assert english[33] == "  - and 4990 more mentees who must have mentors"
    assert swedish[33] == "  - och 4990 adepter till som måste ha mentorer"
    assert len(found.conflict) == 5023
    told = found.text(redact=True).splitlines()
    assert told[1:12] == ["  - […]"] * 10 + ["  - and 1 more rule"]
    assert not any("more" in line for line in Diagnosis(clauses[:10]).text().splitlines())


def test_a_way_of_many_changes_is_told_by_the_first() -> None:
    """A way that loosens many rules names ten of them and says how many more; it holds all."""
    changes = tuple(Change((Clause("quota", k, f"rule {k}"),), -1) for k in range(15))
    way = Relaxation(changes, 3, 2.0)
    assert way.text().endswith(
        'this rule: "rule 9"; and 5 more changes (then 3 mentees are matched, total score 2.00)'
    )
    assert way.text("sv").count(";") == 10
    assert "; och 5 ändringar till (då" in way.text("sv")
    assert way.units == 15
    assert "more changes" not in Relaxation(changes[:10]).text()


def test_a_large_problem_says_who_lacks_places_in_a_few_lines() -> None:
    """Where thousands must have a mentor and cannot, the message stays short."""
    places = (np.arange(1100) < 1000) * 1
    problem = Problem(np.ones((1100, 1100)), mentor_capacity=places, mentee_minimum=1)
    error = InfeasibleError(conflict_of(problem, Impossible((), tuple(range(1100)), (), 1000)))
    assert len(error.diagnosis.clauses) == len(error.diagnosis.conflict) == 1100
    for language in ("en", "sv"):
        told = error.text(language)
        assert len(told.splitlines()) == 1 + 11 + 2
        assert "1090" in told.splitlines()[11]
        assert len(told) < 1500
