"""Tests of stable matchings and blocking pairs, against every matching of tiny problems."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import brute
import mentormatch as mm
from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching import grid
from mentormatch.matching import stable as stable_module
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.solvers import deferred
from mentormatch.words import say
from roof_example import example_cohort, example_matching, example_story
from strategies import Block, problems

Pair = tuple[int, int]


def random_problem(seed: int, **others) -> Problem:
    """Return a tiny problem: impossible pairs, ties, several places, bans, a minimum score."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 5, 2)
    scores = rng.integers(0, rng.choice([2, 4, 30]), (n, m)) / rng.choice([1.0, 7.0])
    scores[rng.random((n, m)) < rng.choice([0, 0.4])] = -np.inf
    ban = mm.Pairs.listed([(int(rng.integers(n)), int(rng.integers(m)))])
    return Problem(
        scores,
        mentor_capacity=rng.integers(0, 4, m) if rng.random() < 0.7 else 1,
        mentee_demand=(rng.random(n) < 0.9).astype(int),
        minimum_score=rng.choice([-np.inf, 1.0]),
        quotas=[Quota("ban", ban, at_most=0)] if rng.random() < 0.3 else [],
        **others,
    )


def random_rankings(problem: Problem, seed: int) -> mm.Rankings:
    """Return strict lists of ids for both sides, some of them short."""
    rng = np.random.default_rng(seed)
    n, m = problem.shape
    short = rng.random() < 0.5
    mentees = [list(rng.permutation(m)[: rng.integers(0, m + 1) if short else m]) for _ in range(n)]
    mentors = [list(rng.permutation(n)[: rng.integers(0, n + 1) if short else n]) for _ in range(m)]
    return mm.Rankings(
        [[int(j) for j in one] for one in mentees], [[int(i) for i in one] for one in mentors]
    )


def liked(problem: Problem, seed: int | None = None) -> tuple[dict[Pair, tuple], dict[Pair, tuple]]:
    """Return how much each acceptable pair's mentee and mentor want it; a seed breaks ties."""
    steps = brute.steps(problem)
    rankings = problem.rankings
    mine, theirs = {}, {}
    mentees = grid.tickets(problem.mentee_ids, "mentee", seed or 0)
    mentors = grid.tickets(problem.mentor_ids, "mentor", seed or 0)
    for (i, j), score in steps.items():
        a = b = score
        if rankings is not None:
            if j not in rankings.mentees[i] or i not in rankings.mentors[j]:
                continue
            a, b = -rankings.mentees[i].index(j), -rankings.mentors[j].index(i)
        lot = int(grid.lottery(mentees[i], mentors[j], 62)) if seed is not None else 0
        mine[i, j], theirs[i, j] = (a, lot), (b, lot)
    return mine, theirs


def blocks(problem: Problem, pairs: frozenset[Pair], seed: int | None = None) -> list[Pair]:
    """Return all blocking pairs by looking at every mentee, mentor and pair there is."""
    mine, theirs = liked(problem, seed)
    found = []
    never = (-np.inf,)
    for i, j in sorted(mine):
        has = [mine.get(pair, never) for pair in pairs if pair[0] == i]
        holds = [theirs.get(pair, never) for pair in pairs if pair[1] == j]
        mentee = len(has) < problem.mentee_demand[i] or any(one < mine[i, j] for one in has)
        mentor = len(holds) < problem.mentor_capacity[j] or any(one < theirs[i, j] for one in holds)
        room = problem.mentee_demand[i] > 0 and problem.mentor_capacity[j] > 0
        if (i, j) not in pairs and room and mentee and mentor:
            found.append((i, j))
    return found


def all_stable(problem: Problem, seed: int) -> list[frozenset[Pair]]:
    """Return every matching of acceptable pairs that nothing blocks, ties broken by the lottery."""
    mine, _ = liked(problem, seed)
    return [
        pairs
        for pairs in brute.matchings(problem)
        if pairs <= mine.keys() and not blocks(problem, pairs, seed)
    ]


def as_set(matching: mm.Matching) -> frozenset[Pair]:
    return frozenset(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(150))
def test_with_scores_there_is_one_stable_matching(seed):
    """Where both sides rank by score, the one stable matching is found, whoever proposes."""
    problem = random_problem(seed)
    (only,) = all_stable(problem, seed)
    for side in ("mentees", "mentors"):
        matching = mm.stable(problem, seed=seed, proposing=side)
        assert as_set(matching) == only
    assert as_set(mm.solve(problem, "stable", seed=seed)) == only
    assert matching.stages == ("stable",)
    assert matching.status == "optimal"


@pytest.mark.parametrize("seed", range(150))
def test_those_who_propose_do_best(seed):
    """No stable matching gives anybody of the proposing side somebody they like better."""
    problem = random_problem(seed)
    problem = replace(problem, rankings=random_rankings(problem, seed))
    every = all_stable(problem, 3)
    likings = liked(problem, 3)
    for side, (proposing, liking) in enumerate(zip(("mentees", "mentors"), likings, strict=True)):
        found = as_set(mm.stable(problem, seed=3, proposing=proposing))
        assert found in every
        for other in every:
            for who in range(problem.shape[side]):
                ours = sorted((liking[p] for p in found if p[side] == who), reverse=True)
                theirs = sorted((liking[p] for p in other if p[side] == who), reverse=True)
                assert all(a >= b for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_every_stable_matching_matches_the_same_people(seed):
    """The rural hospitals theorem: same mentees, same loads, and same people where places stay."""
    problem = random_problem(seed)
    rankings = random_rankings(problem, seed + 1)
    one, other = (mm.stable(problem, rankings, proposing=side) for side in ("mentees", "mentors"))
    assert one.unmatched_mentees == other.unmatched_mentees
    assert (one.mentor_loads == other.mentor_loads).all()
    for j in np.flatnonzero(one.mentor_loads < problem.mentor_capacity):
        assert set(one.rows[one.columns == j]) == set(other.rows[other.columns == j])


def test_both_sides_may_differ():
    """The textbook case of two and two, where each side gets its first choice when it proposes."""
    wishes = mm.Rankings([[0, 1], [1, 0]], [[1, 0], [0, 1]])
    problem = Problem(np.zeros((2, 2)))
    assert as_set(mm.stable(problem, wishes)) == {(0, 0), (1, 1)}
    assert as_set(mm.stable(problem, wishes, proposing="mentors")) == {(0, 1), (1, 0)}


@given(problems(several=False, minimums=False, with_quotas=False), st.integers(0, 3))
def test_blocking_pairs_are_those_of_a_triple_loop(problem, seed):
    """For matchings of every aim, counted and listed, strictly and without the lottery."""
    for objective in ("most people", "highest total", "stable"):
        matching = mm.solve(problem, objective, seed)
        expected = blocks(problem, as_set(matching))
        table = mm.blocking_pairs(matching)
        assert list(zip(table["mentee"], table["mentor"], strict=True)) == expected
        assert mm.count_blocking_pairs(matching) == len(expected)
        first = mm.blocking_pairs(matching, most=1)
        assert list(first["mentee"]) == [i for i, _ in expected[:1]]
    assert not expected


@pytest.mark.parametrize("seed", range(80))
def test_blocking_pairs_by_rankings(seed):
    """Rankings given with the question or with the count say the same as a triple loop."""
    problem = random_problem(seed)
    rankings = random_rankings(problem, seed + 7)
    ranked = replace(problem, rankings=rankings)
    matching = mm.solve(problem)
    expected = blocks(ranked, as_set(matching))
    table = mm.blocking_pairs(matching, rankings)
    assert list(zip(table["mentee"], table["mentor"], strict=True)) == expected
    assert mm.count_blocking_pairs(mm.solve(ranked)) == len(expected)


@given(problems(with_quotas=False, minimums=False))
def test_blocking_pairs_where_mentees_want_several(problem):
    """A mentee of several mentors blocks with one whom she likes better than any of them."""
    matching = mm.solve(problem, "highest total")
    assert mm.count_blocking_pairs(matching) == len(blocks(problem, as_set(matching)))


def test_blocking_pairs_say_who_would_be_given_up():
    """The table names what each of the two has now, and what that scores; nobody for a place."""
    problem = Problem([[9, 8], [7, 1]], mentee_ids=["Ada", "Bo"], mentor_ids=["Cy", "Di"])
    (row,) = mm.blocking_pairs(mm.solve(problem)).to_dict("records")
    assert row == {
        "mentee": "Ada", "mentor": "Cy", "score": 9.0, "mentee_has": "Di", "mentee_score": 8.0,
        "mentor_has": "Bo", "mentor_score": 7.0,
    }  # fmt: skip
    lone = replace(problem, quotas=[Quota("Bo first", mm.Pairs.listed([(1, 0)]), at_least=1)])
    free = replace(lone, mentor_capacity=[2, 1])
    (row,) = mm.blocking_pairs(
        mm.Matching(free, np.array([1, 0]), np.array([0, 1]), "", ("total",), {})
    ).to_dict("records")
    assert (row["mentee_has"], row["mentor_has"]) == ("Di", None)
    assert np.isnan(row["mentor_score"])


def test_a_locked_pair_is_taken_as_made():
    """It takes a place of both, nobody waits for it to end, and the rest is stable."""
    lock = Quota("stay", mm.Pairs.listed([(1, 0)]), at_least=1)
    problem = Problem([[9, 8], [7, 1], [6, 5]], quotas=[lock])
    matching = mm.solve(problem, "stable")
    assert as_set(matching) == {(0, 1), (1, 0)}
    assert mm.count_blocking_pairs(matching) == 0
    assert mm.certify(problem, matching).optimal
    roomy = replace(problem, mentor_capacity=[2, 1])
    assert as_set(mm.solve(roomy, "stable")) == {(0, 0), (1, 0), (2, 1)}


@pytest.mark.parametrize("seed", range(60))
def test_with_locked_pairs_the_rest_is_stable_among_itself(seed):
    """Locking a pair is the same as solving without its two places."""
    problem = random_problem(seed)
    steps = brute.steps(problem)
    open_to = [(i, j) for i, j in steps if problem.mentee_demand[i] and problem.mentor_capacity[j]]
    if not open_to:
        assert mm.stable(problem).total == 0
        return
    i, j = open_to[seed % len(open_to)]
    lock = Quota("lock", mm.Pairs.listed([(i, j)]), at_least=1)
    demand, places = problem.mentee_demand.copy(), problem.mentor_capacity.copy()
    demand[i], places[j] = 0, places[j] - 1
    rest = replace(problem, mentee_demand=demand, mentor_capacity=places)
    found = mm.stable(replace(problem, quotas=[*problem.quotas, lock]))
    assert as_set(found) == as_set(mm.stable(rest)) | {(i, j)}
    assert found.status == "optimal"


def test_locked_pairs_that_cannot_be_made_are_named():
    """Two locks on one place are in conflict, and so is a lock on a banned pair."""
    locks = [Quota(f"lock {i}", mm.Pairs.listed([(i, 0)]), at_least=1) for i in range(2)]
    with pytest.raises(InfeasibleError, match="lock 1"):
        mm.solve(Problem(np.ones((2, 2)), quotas=locks), "stable")
    ban = Quota("ban", mm.Pairs.listed([(0, 0)]), at_most=0)
    with pytest.raises(InfeasibleError, match="ban"):
        mm.solve(Problem(np.ones((2, 2)), quotas=[locks[0], ban]), "stable")


def test_what_stable_cannot_promise_is_refused():
    """Every rule that counts pairs, every minimum and several mentors each, all at once."""
    problem = Problem(
        np.ones((3, 3)),
        mentor_minimum=[1, 0, 0],
        mentee_minimum=[0, 1, 1],
        mentee_demand=[2, 1, 1],
        quotas=[
            Quota("one at most", mm.Pairs.everyone(), at_most=1),
            Quota("two at least", mm.Pairs.everyone(), at_least=2),
            Quota("as many as there are", mm.Pairs.everyone(), at_most=9),
            Quota("ban", mm.Pairs.listed([(0, 0)]), at_most=0),
        ],
    )
    with pytest.raises(ProblemError) as caught:
        mm.solve(problem, "stable")
    assert len(caught.value.faults) == 5
    assert "one at most" in str(caught.value)
    assert "as many" not in str(caught.value)
    assert "stabil" in caught.value.text("sv")
    with pytest.raises(ValueError, match="proposing"):
        mm.stable(Problem([[1]]), proposing="mentee")


@given(problems(largest=6, several=False, minimums=False, with_quotas=False, ties=True), st.data())
def test_the_order_of_people_never_matters(problem, data):
    """Shuffled rows and columns give the same pairs, also where everything ties."""
    n, m = problem.shape
    rows = data.draw(st.permutations(range(n)))
    columns = data.draw(st.permutations(range(m)))
    moved = Problem(
        problem.scores[np.ix_(rows, columns)].reshape(n, m),
        mentor_capacity=problem.mentor_capacity[columns],
        mentee_demand=problem.mentee_demand[rows],
        mentee_ids=rows,
        mentor_ids=columns,
    )
    ours, theirs = mm.stable(problem), mm.stable(moved)
    assert as_set(ours) == {(rows[i], columns[j]) for i, j in as_set(theirs)}


@pytest.mark.parametrize("seed", range(40))
def test_somebody_who_is_wanted_by_nobody_changes_nothing(seed):
    """A mentee without possible pairs leaves every pair as it was; a new one helps no mentee."""
    problem = random_problem(seed)
    n, m = problem.shape
    rankings = random_rankings(problem, seed)
    found = mm.stable(problem, rankings)
    more = replace(
        problem,
        scores=np.vstack([problem.scores, np.full(m, 5.0)]),
        mentee_demand=np.append(problem.mentee_demand, 1),
        mentee_minimum=0,
        mentee_ids=range(n + 1),
    )
    idle = mm.Rankings([*rankings.mentees, list(range(m))], rankings.mentors)
    assert as_set(mm.stable(more, idle)) == as_set(found)
    rival = mm.Rankings(
        [*rankings.mentees, list(range(m))], [[n, *one] for one in rankings.mentors]
    )
    after = dict(as_set(mm.stable(more, rival)))
    mine, _ = liked(replace(problem, rankings=rankings))
    before = dict(as_set(found))
    for i, j in after.items():
        if i < n:
            assert mine[i, before[i]] >= mine[i, j]


@pytest.mark.parametrize("side", ["mentees", "mentors"])
@pytest.mark.parametrize("seed", range(12))
def test_small_steps_give_the_same_as_large_ones(seed, side, monkeypatch):
    """Requests looked up one at a time, in small blocks, forgotten and compiled: the same pairs."""
    rng = np.random.default_rng(seed)
    n, m = 40, 25
    scores = rng.random((n, m)) if seed % 2 else rng.integers(0, 3, (n, m)).astype(float)
    theirs = rng.integers(0, 4, (n, m)).astype(float) if seed % 3 else rng.random((n, m))
    theirs[rng.random((n, m)) < 0.3] = -np.inf
    wishes = mm.Rankings.scored(scores + 3 * (seed % 4) * rng.random(m), theirs)
    problem = Problem(Block(scores), mentor_capacity=rng.integers(0, 4, m))
    found = mm.stable(problem, wishes, proposing=side)
    monkeypatch.setattr(deferred, "_FIRST", 1)
    monkeypatch.setattr(deferred, "_FACTOR", 1 + seed % 2)
    monkeypatch.setattr(deferred, "_BUDGET", 30)
    monkeypatch.setattr("mentormatch.matching.likings._BLOCK", 60)
    assert as_set(mm.stable(problem, wishes, proposing=side)) == as_set(found)
    assert found.status == "optimal"
    assert mm.certify(found.problem, found).optimal
    monkeypatch.setattr(stable_module, "COMPILED", 0)
    assert as_set(mm.stable(problem, wishes, proposing=side)) == as_set(found)


def test_rankings_and_scores_that_say_the_same_give_the_same():
    """Lists of ids, in order or by id, and the score matrices that they spell out."""
    rng = np.random.default_rng(5)
    n, m = 12, 9
    mentees, mentors = [f"s{i}" for i in range(n)], [f"m{j}" for j in range(m)]
    a, b = (
        rng.permuted(np.tile(np.arange(m), (n, 1)), axis=1),
        rng.permuted(np.tile(np.arange(n), (m, 1)), axis=1),
    )
    lists = mm.Rankings(
        {name: [mentors[j] for j in one] for name, one in zip(mentees, a, strict=True)},
        [[mentees[i] for i in one] for one in b],
    )
    scored = mm.Rankings.scored(-np.argsort(a, axis=1), -np.argsort(b, axis=1).T)
    problem = Problem(np.zeros((n, m)), mentee_ids=mentees, mentor_ids=mentors)
    for side in ("mentees", "mentors"):
        first = mm.stable(problem, lists, proposing=side)
        assert as_set(first) == as_set(mm.stable(problem, scored, proposing=side))
    half = mm.Rankings(lists.mentees, None)
    score = replace(problem, scores=-np.argsort(b, axis=1).T)
    assert as_set(mm.stable(score, half)) == as_set(mm.stable(problem, lists))


@pytest.mark.parametrize(
    ("mentees", "mentors", "said"),
    [
        ([["a"]], None, "1 lists for 2"),
        ([["a"], ["c"]], None, "names 'c'"),
        ([["a", "a"], []], None, "twice"),
        (["a", "b"], None, "a text"),
        (None, {"a": []}, "nobody else"),
    ],
)
def test_wrong_rankings_are_named(mentees, mentors, said):
    """A list too few, somebody unknown, somebody twice, text for a list, somebody without one."""
    with pytest.raises(ProblemError, match=said):
        Problem(
            np.zeros((2, 2)),
            mentee_ids=["x", "y"],
            mentor_ids=["a", "b"],
            rankings=mm.Rankings(mentees, mentors),
        )


def test_wrong_matrices_are_named():
    """NaN, +inf, another shape, and what is no ranking at all."""
    for wrong in ([[np.nan]], [[np.inf]]):
        with pytest.raises(ProblemError, match="NaN"):
            mm.Rankings.scored(wrong)
    with pytest.raises(ProblemError, match="dimension"):
        mm.Rankings.scored([1.0])
    with pytest.raises(ProblemError, match="numbers"):
        mm.Rankings.scored(None, [["a"]])
    with pytest.raises(ProblemError, match="shape"):
        Problem([[1.0]], rankings=mm.Rankings.scored([[1.0, 2.0]]))
    with pytest.raises(ProblemError, match="Rankings"):
        Problem([[1.0]], rankings=[[0]])
    with pytest.raises(ValueError, match="most"):
        mm.blocking_pairs(mm.solve(Problem([[1.0]])), most=-1)


def test_the_certificate_finds_what_blocks():
    """Pairs that are not stable do not pass for it, and rankings belong to the question."""
    problem = Problem([[9, 8], [7, 1]])
    forged = mm.Matching(problem, np.array([0, 1]), np.array([1, 0]), "stable", ("stable",), {})
    assert forged.status == "feasible"
    found = mm.certify(problem, forged)
    assert found.valid
    assert not found.optimal
    wishes = mm.Rankings([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    ranked = mm.stable(problem, wishes)
    assert as_set(ranked) == as_set(forged)
    assert mm.certify(ranked.problem, ranked).optimal
    assert not mm.certify(problem, ranked).optimal
    # Nobody can be made to have somebody who is not on their list.
    unwilling = replace(problem, rankings=mm.Rankings([[0], []], [[0], [1]]))
    pairs = mm.Matching(unwilling, np.array([0, 1]), np.array([0, 1]), "stable", ("stable",), {})
    assert mm.count_blocking_pairs(pairs) == 0
    assert pairs.status == "feasible"


def test_a_stable_matching_has_no_prices_and_no_bound():
    """What nothing bounds is infinitely far from its bound; prices are asked for in vain."""
    matching = mm.solve(Problem([[9, 8], [7, 1]]), "stable")
    assert (matching.total, matching.bound, matching.gap) == (10.0, np.inf, np.inf)
    assert "optimal" in repr(matching)
    with pytest.raises(ValueError, match="no prices"):
        _ = matching.mentor_prices


def test_nobody_on_a_side_is_stable():
    """Empty sides and nobody possible give no pairs and no complaint."""
    for shape in ((0, 0), (0, 3), (3, 0), (3, 3)):
        for wishes in (None, mm.Rankings.scored(np.zeros(shape), np.zeros(shape))):
            for side in ("mentees", "mentors"):
                matching = mm.stable(Problem(np.full(shape, -np.inf)), wishes, proposing=side)
                assert len(matching) == 0
                assert matching.status == "optimal"
                assert len(mm.blocking_pairs(matching)) == 0


def test_the_tie_lottery_draws_differently_by_seed():
    """Where all are alike, the seed decides, and every draw is stable."""
    problem = Problem(np.ones((4, 2)), mentor_capacity=1)
    draws = {as_set(mm.stable(problem, seed=seed)) for seed in range(30)}
    assert len(draws) > 4
    assert draws <= {frozenset(enumerate_pairs(two)) for two in permutations(range(4), 2)}


def enumerate_pairs(mentees: tuple[int, ...]) -> list[Pair]:
    return [(i, j) for j, i in enumerate(mentees)]


@pytest.fixture(scope="module")
def stable_example() -> mm.Matching:
    """The stable list of the model programme, without its rules that count pairs."""
    cohort = example_cohort()
    counting = ("at most", "reserved")
    kept = [one for one in mm.conditions(cohort.programme) if not one.kind.startswith(counting)]
    return mm.solve(mm.formulate(cohort, mm.score(cohort), kept), "stable")


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_stable_list_is_told_like_any_other(language, stable_example, tmp_path):
    """Every file is written, and says that nothing blocks the list and nothing bounds its total."""
    written = mm.write_all(stable_example, tmp_path / "out", language)
    assert {path.name for path in written} >= {"pairs.xlsx", "report.html", "run.json"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert say("explain.blocking_none", language) in page
    assert say("explain.aim_stable", language) in page
    assert "inf" not in page.lower().replace("info", "").split()
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["bound"] is None
    assert record["blocking_pairs"] == 0


def test_any_list_says_how_many_pairs_block_it():
    """The report of the model programme counts those who would both rather have each other."""
    count = mm.count_blocking_pairs(example_matching())
    assert count > 0
    summary = example_story("en").summary
    assert summary["blocking"] == count
    assert str(count) in summary["stability"]


def test_why_not_in_a_stable_list(stable_example):
    """Who is asked about has somebody at least as good, whatever the total would do."""
    people = mm.explain(stable_example)
    assert people["runner_up_exact"].all()
    asked = 0
    for mentee in people["mentee"][:6]:
        for mentor in people["mentor"][:6]:
            answer = mm.why_not(stable_example, mentee, mentor)
            if answer.verdict == "costs":
                asked += 1
                assert say("explain.price_stable") in answer.text
                if answer.cost < 0:
                    assert say("explain.price_rise", cost=f"{-answer.cost:.3f}") in answer.text
    assert asked > 5
