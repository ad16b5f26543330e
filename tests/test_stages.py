"""Stages in any order: the best of brute force, with a proof of each that nothing else passes."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute
import mentormatch as mm
from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching.bounds import _Case, bound
from mentormatch.matching.certificate import certify
from mentormatch.matching.objectives import PRESETS, STAGES, read_objective
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.proofs import Ladder, Prices, Reached, Split
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers.faces import _least_pay, _sure
from mentormatch.matching.solvers.flow import Choice
from mentormatch.words import say
from roof_example import example_matching
from strategies import problems, seeded_problem
from test_certificate import standin


def sensible() -> list[tuple[str, ...]]:
    """Return every list of stages that can be asked for."""
    found = set()
    plain = [stage for stage in STAGES if stage not in ("spread", "share", "mean")]  # test_aims
    for size in range(1, 5):
        for stages in permutations(plain, size):
            try:
                found.add(read_objective(stages)[1])
            except ValueError:
                continue
    return sorted(found)


LISTS = sensible()
#: Without leximin, which programs take long for.
QUICK = [stages for stages in LISTS if "leximin" not in stages]


def told_of(problem: Problem, seed: int) -> Problem:
    """Return a problem with up to three announced pairs, some of which may be impossible."""
    n, m = problem.shape
    rng = random.Random(seed)
    count = rng.randrange(4) if n and m else 0
    pairs = [(rng.randrange(n), rng.randrange(m)) for _ in range(count)]
    return replace(problem, announced=Pairs.listed(pairs))


def chosen(matching: Matching) -> frozenset[tuple[int, int]]:
    return frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


def agrees(problem: Problem, stages: tuple[str, ...]) -> None:
    """Check an answer against brute force, and its proof of every stage."""
    every = brute.staged(problem, stages)
    try:
        matching = solve(problem, stages)
    except InfeasibleError:
        assert not every
        return
    assert every[chosen(matching)] == max(every.values())
    found = certify(problem, matching)
    assert found.valid
    assert found.optimal, found.gaps
    assert found.gaps == dict.fromkeys(stages, 0)
    assert matching.status == "optimal"
    # What the solver proved is proved again from the prices.
    assert replace(matching, proved=frozenset()).unproved == ()


@pytest.mark.parametrize("part", range(8))
def test_every_order_of_stages_gives_the_best_of_brute_force(part: int) -> None:
    """Minimums, bans, locks, quotas, several mentors and announced pairs, with any objective."""
    for seed in range(50 * part, 50 * part + 50):
        agrees(told_of(seeded_problem(seed), seed), LISTS[seed % len(LISTS)])


@settings(max_examples=120)
@given(problems(), st.sampled_from(LISTS), st.integers(0, 99))
def test_any_problem_and_any_order(problem: Problem, stages: tuple[str, ...], seed: int) -> None:
    """What Hypothesis can think of is solved and proved in any order of stages."""
    agrees(told_of(problem, seed), stages)


@settings(max_examples=120)
@given(
    problems(5, with_quotas=False, several=False, ties=True),
    st.sampled_from(LISTS),
    st.integers(0, 99),
)
def test_faces_with_ties_and_minimums(problem: Problem, stages: tuple[str, ...], seed: int) -> None:
    """Where many matchings tie, each stage still chooses among all that are as good before it."""
    agrees(told_of(problem, seed), stages)


def crowd(seed: int, n: int = 24, m: int = 16) -> Problem:
    rng = np.random.default_rng(seed)
    scores = rng.random((n, m))
    scores[rng.random((n, m)) < 0.4] = -np.inf
    pairs = zip(rng.integers(0, n, 12).tolist(), rng.integers(0, m, 12).tolist(), strict=True)
    return Problem(
        scores,
        mentor_capacity=rng.integers(1, 3, m),
        mentor_minimum=(rng.random(m) < 0.2).astype(int),
        announced=Pairs.listed(pairs),
        mentee_ids=[f"a{k}" for k in range(n)],
        mentor_ids=[f"b{k}" for k in range(m)],
    )


@pytest.mark.parametrize(
    ("stages", "size"),
    [
        *((stages, (24, 16)) for stages in QUICK),
        (("coverage", "leximin", "total"), (14, 10)),
        (("kept", "coverage", "leximin", "total"), (14, 10)),
        (("coverage", "leximin", "kept", "total"), (14, 10)),
    ],
)
def test_faces_and_programs_agree(stages: tuple[str, ...], size: tuple[int, int]) -> None:
    """A rule that binds nobody sends the problem to another solver, which finds the same worth."""
    for seed in range(2):
        problem = crowd(seed, *size)
        n, m = problem.shape
        half = Pairs.between(np.arange(n) < n // 2, np.arange(m) < m // 2)
        idle = Quota("more than there can be", half, at_most=problem.most_pairs - 1)
        one, other = solve(problem, stages), solve(replace(problem, quotas=[idle]), stages)
        assert one.status == other.status == "optimal"
        assert one.reached == other.reached
        for what in ("coverage", "kept", "lowest", "total"):
            assert getattr(one, what) == getattr(other, what), (seed, what)


@pytest.mark.parametrize(
    "stages", [*PRESETS.values(), ("coverage", "kept"), ("coverage", "leximin")]
)
def test_the_order_of_the_rows_changes_nothing(stages: tuple[str, ...]) -> None:
    """People sorted otherwise, and somebody whom nobody may be paired with, leave the pairs."""
    problem = crowd(3, 9, 7)
    n, m = problem.shape
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(n), rng.permutation(m)
    shuffled = Problem(
        problem.scores[np.ix_(rows, columns)],
        mentor_capacity=problem.mentor_capacity[columns],
        mentor_minimum=problem.mentor_minimum[columns],
        mentee_ids=[problem.mentee_ids[i] for i in rows],
        mentor_ids=[problem.mentor_ids[j] for j in columns],
        announced=problem.announced.taken(rows, columns),
    )
    wider = np.full((n + 1, m + 1), -np.inf)
    wider[1:, :-1] = problem.scores
    i, j = problem.announced.exceptions.T
    more = Problem(
        wider,
        mentor_capacity=[*problem.mentor_capacity, 1],
        mentor_minimum=[*problem.mentor_minimum, 0],
        mentee_ids=["nobody's", *problem.mentee_ids],
        mentor_ids=[*problem.mentor_ids, "no one's"],
        announced=Pairs.listed(zip((i + 1).tolist(), j.tolist(), strict=True)),
    )

    def by_id(matching: Matching) -> set[tuple[str, str]]:
        return set(zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True))

    first = by_id(solve(problem, stages))
    assert by_id(solve(shuffled, stages)) == first
    assert by_id(solve(more, stages)) == first


# Proofs


def spoilt(proof: Any) -> list[Any]:
    """Return proofs that are less than the one given."""
    if isinstance(proof, Ladder):
        return [
            replace(proof, rungs=proof.rungs[:-1]),
            *(replace(proof, rungs=(one, *proof.rungs[1:])) for one in spoilt(proof.rungs[0])),
        ]
    if isinstance(proof, Split):
        return [proof.prices]
    nothing = np.zeros_like(proof.mentors)
    lower = proof.mentors - (proof.mentors > 0)
    found = [replace(proof, mentors=lower)] if (proof.mentors > 0).any() else []
    if (proof.mentors > 0).any():
        found.append(replace(proof, mentors=nothing))
    return found + [
        replace(proof, pays={**proof.pays, name: 0}) for name, pay in proof.pays.items() if pay
    ]


@pytest.mark.parametrize(
    "stages",
    [
        ("coverage", "worst", "kept", "total"),
        ("total", "kept"),
        ("coverage", "leximin", "total"),
        ("kept", "coverage", "worst", "total"),
    ],
)
def test_a_spoilt_proof_of_any_stage_is_no_proof(stages: tuple[str, ...]) -> None:
    """Prices lowered, or an earlier stage not paid for, prove at most what is true."""
    rejected = dict.fromkeys(stages, 0)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        problem = told_of(Problem(rng.integers(0, 6, (5, 4)).astype(float)), seed)
        matching = solve(problem, stages)
        assert certify(problem, matching).optimal
        for stage, proof in matching.proofs.items():
            for less in spoilt(proof):
                found = certify(problem, standin(matching, proofs={**matching.proofs, stage: less}))
                assert found.valid
                assert {name for name, gap in found.gaps.items() if gap} <= {stage}
                rejected[stage] += not found.optimal
        missing = {name: proof for name, proof in matching.proofs.items() if name != stages[0]}
        assert not certify(problem, standin(matching, proofs=missing)).optimal
    # After leximin the total is settled, so that nothing has to be paid for it.
    assert all(count for stage, count in rejected.items() if stages[-2:] != ("leximin", stage))


@st.composite
def priced(draw: st.DrawFn) -> tuple[Problem, tuple[str, ...], dict[str, Any]]:
    """Return a problem, stages, and proofs of arbitrary prices."""
    problem = told_of(draw(problems(3)), draw(st.integers(0, 50)))
    stages = draw(st.sampled_from(LISTS))
    m = problem.shape[1]
    wild = draw(st.sampled_from([3, 2**20, 2**61]))

    def prices() -> Prices:
        least = [0 if quota.at_most is None else -wild for quota in problem.quotas]
        return Prices(
            np.array(draw(st.lists(st.integers(-wild, wild), min_size=m, max_size=m)), np.int64),
            np.array([draw(st.integers(low, wild)) for low in least], np.int64),
            {name: draw(st.integers(0, wild)) for name in ("coverage", "kept", "total")},
            draw(st.integers(0, 4)) * draw(st.integers(0, 1)),
        )

    def laddered(before: int) -> Ladder:
        rungs = tuple(prices() for _ in range(draw(st.integers(0, 3))))
        return Ladder(rungs, prices() if before and draw(st.booleans()) else None)

    return (
        problem,
        stages,
        {
            stage: laddered(stages.index(stage)) if stage == "leximin" else prices()
            for stage in stages
        },
    )


@settings(max_examples=250)
@given(priced(), st.randoms())
def test_no_prices_make_a_poor_matching_optimal(
    given_: tuple[Problem, tuple[str, ...], dict[str, Any]], choice: Any
) -> None:
    """Whatever the prices, no matching passes for the best that is not."""
    problem, stages, proofs = given_
    every = brute.staged(problem, stages)
    if not every:
        return
    pairs = choice.choice(sorted(every, key=sorted))
    i, j = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    poor = Matching(problem, i, j, "any", stages, proofs)
    found = certify(problem, poor)
    assert found.valid
    assert not found.optimal or every[pairs] == max(every.values())
    assert found.optimal == (poor.status == "optimal")


@given(problems(4, with_quotas=False, minimums=False, several=False), st.data())
def test_the_quick_reading_bounds_like_the_thorough_one(problem: Problem, data: Any) -> None:
    """Reading in float64 at one go, and in whole numbers with everything, come to the same."""
    m = problem.shape[1]
    prices = Prices(
        np.array(data.draw(st.lists(st.integers(0, 2**32), min_size=m, max_size=m)), np.int64),
        np.zeros(0, np.int64),
        data.draw(st.integers(0, 2**32)),
        data.draw(st.integers(0, 3)),
    )
    for stage, reached in (("coverage", None), ("total", None), ("total", {"coverage": 1})):
        quick = bound(problem, prices, stage, reached)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_Case, "read_plainly", lambda *_: False)
            assert bound(problem, prices, stage, reached) == quick


def test_prices_beyond_float64_are_reckoned_in_whole_numbers() -> None:
    """Where float64 would round, the bound is still that of the formula."""
    problem = Problem([[1.0]], mentor_capacity=1)
    for high in (2**52 - 1, 2**52 + 1, 2**55 + 1):
        prices = Prices(np.array([high]), np.zeros(0, np.int64))
        assert bound(problem, prices, "total") == high


def test_a_claim_belongs_to_the_lowest_score() -> None:
    """The lowest score is bounded for a claim alone, and a ladder proves nothing else."""
    problem = Problem([[1.0]])
    prices = Prices(np.zeros(1, np.int64), np.zeros(0, np.int64))
    with pytest.raises(ValueError, match="claimed score"):
        bound(problem, prices, "worst", Reached())
    assert bound(problem, Ladder((prices,)), "total") > 2**60
    with pytest.raises(ValueError, match="settled scores"):
        bound(problem, replace(prices, rungs=np.zeros(2, np.int64)), "total")
    with pytest.raises(ValueError, match="no case"):
        bound(problem, Split((0, 0), Ladder((prices,)), prices, prices), "total")
    luck = Prices(np.zeros(1, np.int64), np.zeros(0, np.int64), {"luck": 1})
    assert bound(problem, luck, "total") == 1


# What objectives mean


def test_the_fairest_list_lifts_the_lowest_score() -> None:
    """A list with a good pair and a poor one gives way to one whose lowest score is higher."""
    problem = Problem([[9, 4], [4, 1]])
    best, fairest = solve(problem), solve(problem, "fairest")
    assert (best.total, best.lowest) == (10, 1)
    assert (fairest.total, fairest.lowest, fairest.status) == (8, 4, "optimal")


def test_leximin_looks_beyond_the_lowest_score() -> None:
    """One mentee can have no more than 1; leximin then lifts the second lowest, not the total."""
    scores = [[1, -np.inf, -np.inf], [-np.inf, 9, 4], [-np.inf, 5, 2]]
    assert sorted(solve(Problem(scores), "fairest").pairs["score"]) == [1, 2, 9]
    matching = solve(Problem(scores), "coverage, leximin")
    assert sorted(matching.pairs["score"]) == [1, 4, 5]
    assert certify(matching.problem, matching).gaps == {"coverage": 0, "leximin": 0, "total": 0}
    with pytest.raises(ValueError, match="rungs"):
        matching.root_prices("leximin")


def test_announced_pairs_are_kept_for_what_they_cost() -> None:
    """An announced pair outweighs any score where that comes first, and none where it does not."""
    told = Problem([[9, 1], [1, 9]], announced=Pairs.listed([(0, 1)]))
    kept = solve(told, ["coverage", "kept"])
    assert (kept.kept, kept.total, kept.objective) == (1, 2, "coverage, kept, total")
    assert (solve(told).kept, solve(told).total) == (0, 18)
    assert solve(told, ["coverage", "total", "kept"]).kept == 0
    tied = Problem([[5, 5], [5, 5]], announced=Pairs.listed([(0, 1)]))
    assert {solve(tied, "total, kept", seed=seed).kept for seed in range(5)} == {1}


def test_nobody_paired_has_no_lowest_score() -> None:
    """Without any pair there is no lowest score, and nothing is left to better."""
    matching = solve(Problem([[-np.inf]]), "fairest")
    assert (matching.lowest, matching.kept, matching.status) == (None, 0, "optimal")
    assert certify(matching.problem, matching).optimal


@pytest.mark.parametrize("objective", [*PRESETS, "coverage, kept", ["kept", "total"], "total"])
def test_an_objective_is_read_again_from_its_name(objective: Any) -> None:
    """The name that a result bears asks for the same again."""
    name, stages = read_objective(objective)
    assert read_objective(name) == (name, stages)
    assert stages[-1] == "total"
    assert solve(Problem([[1.0]]), objective).objective == name


@pytest.mark.parametrize(
    ("objective", "fault"),
    [
        ("best", "objective must be one of 'most people', 'highest total', 'fairest', 'stable'"),
        ([], "objective must be one of"),
        (7, "objective must be one of"),
        (["coverage", "luck"], "'coverage', 'worst', 'leximin', 'kept', 'spread', 'share'"),
        (["total", "total"], "the stage 'total' twice"),
        (["worst"], "no pairs at all would be best"),
        (["kept", "leximin"], "no pairs at all would be best"),
        (["coverage", "leximin", "worst"], "which has settled it"),
    ],
)
def test_a_senseless_objective_is_refused(objective: Any, fault: str) -> None:
    """Names that are not known, stages twice, and what would ask for nobody are errors."""
    with pytest.raises(ValueError, match=fault):
        solve(Problem([[1.0]]), objective)


def test_leximin_has_a_limit_of_size_where_programs_answer() -> None:
    """Leximin with several mentors on a large problem is refused, with what to take instead."""
    with pytest.raises(ProblemError, match="'leximin' is for at most 20000 pairs"):
        solve(Problem(np.ones((200, 101)), mentee_demand=2), "coverage, leximin")


def likeness(kind: str, n: int, m: int, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return scores that all differ, that often tie, or of which there are five."""
    rng = np.random.default_rng(seed)
    if kind == "differ":
        return rng.normal(size=(n, 8)) @ rng.normal(size=(m, 8)).T
    if kind == "tie":
        sought, offered = rng.random((n, 9)) < 0.3, rng.random((m, 9)) < 0.3
        return sought.astype(float) @ offered.T / np.maximum(sought.sum(axis=1), 1)[:, None]
    return rng.integers(0, 5, (n, m)).astype(float)


@pytest.mark.parametrize("kind", ["differ", "tie", "five"])
@pytest.mark.parametrize("size", [(90, 70), (70, 90), (120, 50)])
def test_leximin_of_a_usual_programme_is_proved(kind: str, size: tuple[int, int]) -> None:
    """With places, minimums, a locked pair and bans; no pair of the list can be left out.

    Without the pairs that score as little as the list's lowest score or less, fewer people can be
    matched; and so at every score the list has, those of lower settled scores aside.
    """
    n, m = size
    scores = likeness(kind, n, m, 5)
    scores[np.random.default_rng(6).random(size) < 0.2] = -np.inf
    scores[0, 0] = 0.5
    lock = Quota("locked", Pairs.listed([(0, 0)]), at_least=1)
    problem = Problem(
        scores,
        mentor_capacity=np.arange(m) % 3 + 1,
        mentor_minimum=(np.arange(m) % 5 == 0).astype(int),
        quotas=[lock],
    )
    matching = solve(problem, "coverage, leximin")
    assert certify(problem, matching).optimal
    plain = replace(problem, quotas=[], mentor_minimum=np.zeros(m, int))
    matching = solve(plain, "coverage, leximin")
    assert certify(plain, matching).optimal
    assert matching.lowest == solve(plain, "fairest").lowest
    values = scores[matching.rows, matching.columns]
    for level in np.unique(values)[:8]:
        # Settled pairs may be used again, those of this score may not.
        low = scores <= level
        low[matching.rows[values < level], matching.columns[values < level]] = False
        without = solve(replace(plain, scores=np.where(low, -np.inf, scores)))
        assert without.coverage < matching.coverage


def test_a_ladder_proves_one_matching_alone() -> None:
    """Its rungs are no proof of a less fair list, nor in another order, nor without their start."""
    problem = Problem(likeness("differ", 12, 9, 1), announced=Pairs.listed([(0, 1), (3, 3)]))
    stages = ("coverage", "leximin", "kept", "total")
    matching = solve(problem, stages)
    ladder = matching.proofs["leximin"]
    assert isinstance(ladder, Ladder)
    assert ladder.start is not None
    assert certify(problem, matching).optimal
    other = solve(problem)
    assert other.coverage == matching.coverage
    assert not certify(problem, standin(other, stages=stages, proofs=matching.proofs)).optimal
    wrong = replace(ladder.start, pays={})
    fine = replace(ladder.rungs[0], fine=1)
    for less in (
        Ladder(ladder.rungs),
        Ladder(ladder.rungs, wrong),
        Ladder(ladder.rungs[::-1], ladder.start),
        Ladder((fine, *ladder.rungs[1:]), ladder.start),
        Ladder((ladder, *ladder.rungs[1:]), ladder.start),
    ):
        proofs = {**matching.proofs, "leximin": less}
        found = certify(problem, standin(matching, proofs=proofs))
        assert not found.optimal
        assert found.gaps["coverage"] == found.gaps["total"] == 0


@pytest.mark.parametrize("stages", ["total, kept, coverage", "kept, coverage, total"])
def test_prices_of_large_scores_stay_exact(stages: str) -> None:
    """Scores as large as totals allow leave room for what stages pay for each other."""
    rng = np.random.default_rng(1)
    n = 60
    scores = rng.integers(0, 2**41, (n, n)).astype(float)
    told = Pairs.listed([(k, (7 * k) % n) for k in range(30)])
    for least in (0, 1):
        matching = solve(Problem(scores, mentor_minimum=least, announced=told), stages)
        assert certify(matching.problem, matching).optimal


def test_prices_that_would_not_be_exact_are_an_error() -> None:
    """Beyond what 64 bits hold, prices are refused rather than rounded."""
    ones, two = np.ones(2, np.int64), np.zeros(2, np.int64)
    choice = Choice(np.ones((2, 2), bool), two, ones, two, ones)
    worth, match = np.full((2, 2), 2**58), np.arange(2)
    with pytest.raises(ProblemError, match="divide them all by a constant"):
        _sure(worth, choice, match)
    with pytest.raises(ProblemError, match="divide them all by a constant"):
        _least_pay(worth, worth, choice, match)


def test_announced_pairs_are_pairs_of_the_problem() -> None:
    """Pairs of strangers, or what is no set of pairs, cannot be announced."""
    with pytest.raises(ProblemError, match="lies outside"):
        Problem([[1.0]], announced=Pairs.listed([(1, 0)]))
    with pytest.raises(ProblemError, match="announced must be Pairs"):
        Problem([[1.0]], announced=[(0, 0)])  # type: ignore[arg-type]


def test_leximin_of_nobody() -> None:
    """Without anybody there once was no program to solve, and an error."""
    assert solve(Problem(np.zeros((0, 0))), "coverage, leximin").status == "optimal"


# What is told


@pytest.mark.parametrize("language", ["en", "sv"])
def test_what_was_sought_is_told(language: str, tmp_path: Any) -> None:
    """Every file is written for other objectives, and says what was sought and what is proved."""
    before = mm.match(mm.make_cohort(36, 30, seed=1))
    pairs = before.rows[:10].tolist(), before.columns[:10].tolist()
    told = replace(before.problem, announced=Pairs.listed(zip(*pairs, strict=True)))
    matching = solve(told, "coverage, worst, kept")
    mm.write_all(matching, tmp_path / "out", language)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    aims = [say(f"explain.aim_{stage}", language) for stage in matching.stages]
    aim = say("explain.aim_then", language).join(aims)
    assert page.count(aim) >= 2
    assert (
        say("explain.proof_stages", language, aim="|", count=0, lowest=0, total=0).split("|")[0]
        in page
    )


def test_why_not_tells_what_comes_before_the_total() -> None:
    """A pair that would lower the lowest score, or break an announced pair, is told so."""
    problem = Problem([[9, 5], [5, 1]], mentee_ids=["a", "b"], mentor_ids=["x", "y"])
    told = mm.why_not(solve(problem, "fairest"), "a", "x").text
    assert say("explain.price_lowest", before="5.000", after="1.000") in told
    assert say("explain.price_nothing") not in told
    kept = replace(problem, scores=np.ones((2, 2)), announced=Pairs.listed([(0, 1), (1, 0)]))
    told = mm.why_not(solve(kept, "coverage, kept"), "a", "x").text
    assert say("explain.price_kept", count=2) in told
    low = Problem(
        [[1, -np.inf, -np.inf], [-np.inf, 9, 4], [-np.inf, 5, 2]], mentee_ids=["a", "b", "c"]
    )
    told = mm.why_not(solve(low, "coverage, leximin"), "b", 1).text
    assert say("explain.price_low_scores") in told


def test_a_pair_that_lifts_the_lowest_score_is_firm() -> None:
    """Doing without it would raise the total, and lose what comes first: it is no close call."""
    problem = Problem([[9, 5], [5, 1.5]], mentee_ids=["a", "b"], mentor_ids=["x", "y"])
    table = mm.explain(solve(problem, "fairest"))
    assert (table["runner_up_cost"] < 0).all()
    assert set(table["sure"]) == {say("explain.firm")}


def test_what_is_not_proved_yet_is_told(tmp_path: Any) -> None:
    """An earlier stage without a proof is not passed off as a gap of the total."""
    matching = example_matching()
    n = len(matching.problem.quotas)
    none = Prices(np.zeros(matching.problem.shape[1], np.int64), np.zeros(n, np.int64))
    proofs = {**matching.proofs, "coverage": none}
    weak = replace(matching, proofs=proofs, proved=frozenset())
    assert weak.unproved == ("coverage",)
    assert weak.status == "feasible"
    page = mm.write_report(weak, tmp_path / "report.html").read_text(encoding="utf-8")
    assert say("explain.proof_open", aim="|").split("|")[0] in page
