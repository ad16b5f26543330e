"""The solver for quotas that keeps candidates alone: brute force, a dense program, and memory."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from brute import best
from mentormatch.errors import InfeasibleError
from mentormatch.matching.bounds import bound
from mentormatch.matching.certificate import Split, certify
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve, solve_beside
from mentormatch.matching.solvers import columns, large, side_solve
from mentormatch.matching.solvers.places import most_people
from mentormatch.matching.solvers.sided import Bounded, Network
from mentormatch.matching.solvers.watch import Progress, Stopped, Watch
from strategies import Block, BlockAt, seeded_problem

OBJECTIVES = ("most people", "highest total")


def forced(problem: Problem, objective: str, seed: int, least: int, **more: object) -> Matching:
    """Solve by candidates (`least` is 0) or in memory (`least` is large), whatever the size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_solve, "LARGE", least)
        patch.setattr(side_solve, "HARD", least)
        patch.setattr(large, "LARGE", 2**62)
        return solve(problem, objective, seed, **more)  # type: ignore[arg-type]


def priced(problem: Problem, objective: str = "most people", seed: int = 0) -> Matching | None:
    """Solve by candidates; None if the rules are in conflict."""
    try:
        return forced(problem, objective, seed, 0)
    except InfeasibleError:
        return None


def in_memory(problem: Problem, objective: str = "most people", seed: int = 0) -> Matching | None:
    """Solve in memory; None if the rules are in conflict."""
    try:
        return forced(problem, objective, seed, 2**62)
    except InfeasibleError:
        return None


def ends(matching: Matching | None) -> list[tuple[int, int]] | None:
    """List the pairs."""
    if matching is None:
        return None
    return list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


def middling(seed: int) -> Problem:
    """Make a problem with departments, and quotas of every kind that overlap."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(8, 26, 2)
    ours, theirs = rng.integers(0, 3, n), rng.integers(0, 3, m)
    scores = rng.integers(0, rng.choice([6, 10**6]), (n, m)) + 300000.0 * (
        ours[:, None] == theirs
    ) * (seed % 3 == 0)
    scores[rng.random((n, m)) < rng.choice([0, 0.2])] = -np.inf
    places = rng.integers(0, 3, m)
    wanted = min(n, int(places.sum()))
    same = Pairs.same(ours, theirs)
    listed = [(int(rng.integers(n)), int(rng.integers(m))) for _ in range(4)]
    kinds = [
        Quota("share", same, at_least=int(rng.integers(0, wanted // 2 + 1))),
        Quota("across", ~same, at_least=int(rng.integers(0, 3)), at_most=int(rng.integers(3, 8))),
        Quota("lent", Pairs.between(ours != 0, theirs == 0), at_most=int(rng.integers(1, 4))),
        Quota("mentors", Pairs.between(ours >= 0, theirs == 1), at_most=int(rng.integers(1, 6))),
        Quota("listed", Pairs.listed(listed), at_most=1),
        Quota("mixed", same | Pairs.listed(listed), at_least=1, at_most=int(rng.integers(2, 12))),
        Quota("locked", Pairs.listed([(int(rng.integers(n)), int(rng.integers(m)))]), at_least=1),
        Quota("banned", Pairs.between(ours == 2, theirs == 2), at_most=0),
    ]
    some = rng.permutation(len(kinds))[: rng.integers(1, 6)]
    return Problem(
        scores,
        mentor_capacity=places,
        mentor_minimum=np.minimum(rng.integers(0, 2, m) * (rng.random(m) < 0.2), places),
        mentee_demand=rng.integers(0, 3, n) if seed % 4 == 1 else 1,
        quotas=[kinds[k] for k in some],
    )


def dense(problem: Problem, people: int | None) -> float | None:
    """Return the best total, or the most people, by an integer program over all pairs."""
    n, m = problem.shape
    values, possible = problem.values(np.arange(n))
    i, j = np.nonzero(possible)
    p = len(i)
    ones, every, none = np.ones(p), np.arange(p), sparse.csr_array((n, n))
    parts = [
        (sparse.csr_array((ones, (i, every)), shape=(n, p)), none),
        (sparse.csr_array((ones, (j, every)), shape=(m, p)), sparse.csr_array((m, n))),
        (sparse.csr_array((ones, (i, every)), shape=(n, p)), -sparse.eye_array(n)),
    ]
    low = [problem.mentee_minimum, problem.mentor_minimum, np.zeros(n)]
    high = [problem.mentee_demand, problem.mentor_capacity, np.full(n, np.inf)]
    for quota in problem.quotas:
        inside = quota.pairs.at(i, j).astype(float)[None]
        parts.append((sparse.csr_array(inside), sparse.csr_array((1, n))))
        low.append([quota.at_least])
        high.append([np.inf if quota.at_most is None else quota.at_most])
    worth = np.concatenate([np.zeros(p), np.ones(n)])
    if people is not None:
        parts.append((sparse.csr_array((1, p)), sparse.csr_array(np.ones((1, n)))))
        low.append([people])
        high.append([np.inf])
        worth = np.concatenate([values[i, j].astype(float), np.zeros(n)])
    found = milp(
        -worth,
        integrality=np.ones(p + n),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(
            sparse.vstack([sparse.hstack(part) for part in parts]),
            np.concatenate(low).astype(float),
            np.concatenate(high).astype(float),
        ),
        options={"mip_rel_gap": 0.0},
    )
    return None if found.x is None else -found.fun


def test_tiny_problems_equal_brute_force() -> None:
    """On tiny problems of every kind the optimum is that of trying every matching, and proved."""
    for seed in range(120):
        problem = seeded_problem(seed)
        for objective in OBJECTIVES:
            found, sought = priced(problem, objective, seed), best(problem, objective)
            assert (found is None) == (sought is None), (seed, objective)
            if found is None or sought is None:
                continue
            people = found.coverage if objective == "most people" else 0
            assert (people, found.score_steps) == sought, (seed, objective)
            assert certify(problem, found).optimal, (seed, objective)


def test_tiny_problems_have_the_pairs_of_memory() -> None:
    """The lottery breaks ties as the solver in memory does, pair for pair."""
    for seed in range(250, 330):
        problem = seeded_problem(seed)
        for objective in OBJECTIVES:
            one, other = priced(problem, objective, seed), in_memory(problem, objective, seed)
            assert ends(one) == ends(other), (seed, objective)


def test_middling_problems_equal_a_dense_integer_program() -> None:
    """With overlapping quotas of every kind people and total are those of HiGHS without a gap."""
    impossible = 0
    for seed in range(40):
        problem = middling(seed)
        found, people = priced(problem), dense(problem, None)
        assert (found is None) == (people is None), seed
        if found is None or people is None:
            impossible += 1
            continue
        assert found.coverage == round(people), seed
        assert found.score_steps == round(dense(problem, round(people)) or 0), seed
        certificate = certify(problem, found)
        assert certificate.valid, seed
        assert certificate.optimal == (found.status == "optimal"), seed
        assert certificate.optimal, seed
    assert 5 < impossible < 35


def test_the_order_of_the_rows_does_not_matter() -> None:
    """Shuffled people with their ids are paired as before."""
    for seed in range(12):
        problem = replace(middling(seed), mentee_ids=None, mentor_ids=None)
        n, m = problem.shape
        rng = np.random.default_rng(seed)
        rows, cols = rng.permutation(n), rng.permutation(m)
        moved = Problem(
            problem.scores[np.ix_(rows, cols)],
            mentor_capacity=problem.mentor_capacity[cols],
            mentor_minimum=problem.mentor_minimum[cols],
            mentee_demand=problem.mentee_demand[rows],
            quotas=[replace(q, pairs=q.pairs.taken(rows, cols)) for q in problem.quotas],
            mentee_ids=rows.tolist(),
            mentor_ids=cols.tolist(),
        )
        one, other = priced(problem), priced(moved)
        if one is None or other is None:
            assert one is other, seed
            continue
        pairs = zip(rows[other.rows].tolist(), cols[other.columns].tolist(), strict=True)
        assert ends(one) == sorted(pairs), seed


def test_who_can_meet_nobody_changes_nothing() -> None:
    """One more mentee without any possible pair leaves the pairs of the others as they were."""
    for seed in range(12):
        problem = middling(seed)
        n, m = problem.shape
        more = Problem(
            np.vstack([problem.scores, np.full((1, m), -np.inf)]),
            mentor_capacity=problem.mentor_capacity,
            mentor_minimum=problem.mentor_minimum,
            mentee_demand=np.append(problem.mentee_demand, 1),
            quotas=[
                replace(q, pairs=q.pairs.taken(np.append(np.arange(n), 0), np.arange(m)))
                for q in problem.quotas
                if not len(q.pairs.exceptions)
            ],
        )
        plain = replace(problem, quotas=[q for q in problem.quotas if not len(q.pairs.exceptions)])
        assert ends(priced(plain)) == ends(priced(more)), seed


def encoded(seed: int, n: int = 60) -> tuple[Encodings, np.ndarray, np.ndarray]:
    """Make people as encodings, with departments."""
    rng = np.random.default_rng(seed)
    people = rng.normal(size=(2, n, 12))
    people /= np.linalg.norm(people, axis=2, keepdims=True)
    return Encodings(people[0], people[1]), *rng.integers(0, 4, (2, n))


def lending(seed: int) -> Problem:
    """Make a problem with a share within departments and caps on lending."""
    scores, ours, theirs = encoded(seed)
    quotas = [Quota("share", Pairs.same(ours, theirs), at_least=30)]
    for k in range(4):
        cross = Pairs.between(ours != k, theirs == k)
        quotas.append(Quota(f"lent {k}", cross, at_most=4))
    return Problem(scores, quotas=quotas)


def test_whatever_holds_the_scores_the_pairs_are_the_same() -> None:
    """Encodings, a matrix and objects that hand out blocks give one and the same list."""
    problem = lending(3)
    sought = ends(in_memory(problem))
    table = problem.scores.block(np.arange(60))
    for scores in (problem.scores, Block(table), BlockAt(table)):
        assert ends(priced(replace(problem, scores=scores))) == sought


def test_a_flow_that_is_not_whole_is_proved_by_cases() -> None:
    """Where the prices leave a gap, the proof goes by cases, and the certificate checks it."""
    split = 0
    for seed in range(20):
        problem = lending(seed)
        found = priced(problem)
        assert found is not None
        assert certify(problem, found).optimal, seed
        split += isinstance(found.proofs["total"], Split)
    assert split > 3


def test_few_candidates_at_first_lead_to_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first candidates are a guess: with a bad one the prices find the rest."""
    sought = [ends(priced(middling(seed))) for seed in range(12)]
    monkeypatch.setattr(columns, "FIRST", 1)
    assert [ends(priced(middling(seed))) for seed in range(12)] == sought


def test_an_interrupted_search_gives_a_matching_and_its_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where cases are given up, the best matching comes with a bound that no other passes."""
    problem = next(
        one
        for one in map(lending, range(20))
        if isinstance(getattr(priced(one), "proofs", {}).get("total"), Split)
    )
    whole = priced(problem)
    from mentormatch.matching.solvers import cases

    monkeypatch.setattr(cases, "LEAST_CASES", 0)
    monkeypatch.setattr(cases, "MOST_CASES", 0)
    found = priced(problem)
    assert found is not None
    assert whole is not None
    assert found.status == "feasible"
    certificate = certify(problem, found)
    assert certificate.valid
    assert found.bound >= whole.total >= found.total
    assert 0 < certificate.gap == found.gap


def test_a_network_is_worth_what_a_linear_program_is() -> None:
    """The network simplex finds the optimum of HiGHS, with overlapping side constraints."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n, m, width = *rng.integers(2, 20, 2).tolist(), int(rng.integers(0, 5))
        scores = rng.integers(0, 1000, (n, m))
        inside = rng.random((width, n, m)) < 0.4
        most = rng.integers(1, 6, width)
        problem = Problem(scores.astype(float), mentor_capacity=rng.integers(1, 4, m))
        bounds = tuple(Bounded(k, 0, int(most[k])) for k in range(width))
        network = Network(problem, np.arange(n), np.arange(m), bounds, 10**4, 10**5)
        i, j = (side.reshape(-1) for side in np.indices((n, m)))
        network.add(i, j, scores[i, j], inside[:, i, j].T.reshape(n * m, width))
        assert network.improve(10**6)
        flow = network.exact()[network.first :]
        p = n * m
        rows = [
            sparse.csr_array((np.ones(p), (i, np.arange(p))), shape=(n, p)),
            sparse.csr_array((np.ones(p), (j, np.arange(p))), shape=(m, p)),
            sparse.csr_array(inside[:, i, j].astype(float).reshape(width, p)),
        ]
        limit = np.concatenate([np.ones(n), problem.mentor_capacity, most])
        sought = linprog(-scores[i, j].astype(float), A_ub=sparse.vstack(rows), b_ub=limit)
        assert float(flow @ scores[i, j]) == pytest.approx(-sought.fun, abs=1e-6), seed


def test_progress_is_told_and_a_gap_is_enough() -> None:
    """Whoever listens hears bounds that no matching passes, and the search ends when close."""
    problem = lending(1)
    whole = priced(problem)
    assert whole is not None
    told: list[Progress] = []
    forced(problem, "most people", 0, 0, progress=told.append)
    assert told
    assert all(one.bound >= whole.total - 1e-9 for one in told)
    assert told[-1].total == pytest.approx(whole.total)
    close = forced(problem, "most people", 0, 0, gap=0.5)
    assert certify(problem, close).valid
    assert close.gap <= 0.5
    assert close.bound >= whole.total


def test_who_has_no_time_gets_a_list_that_keeps_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any moment, the search gives a valid matching with an honest bound."""
    problem = lending(2)
    whole = priced(problem)
    assert whole is not None
    for looks in (0, 1, 2, 3, 5, 9, 17):
        left = [looks]

        def look(watch: Watch, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0 and watch.seconds is not None:
                raise Stopped

        monkeypatch.setattr(Watch, "look", look)
        found = forced(problem, "most people", 0, 0, time_limit=1e9)
        certificate = certify(problem, found)
        assert certificate.valid, looks
        assert certificate.optimal == (found.status == "optimal"), looks
        if found.coverage == whole.coverage:
            assert found.bound >= whole.total >= found.total, looks


def test_a_small_problem_that_is_not_whole_goes_to_candidates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where memory would need cases, candidates give the same list, although it is small."""
    import mentormatch.matching.solve as way

    asked: list[bool] = []

    def suits(problem: Problem, stages: tuple[str, ...], *, hard: bool = False) -> bool:
        asked.append(hard)
        return hard

    def spied(*all_of: object) -> object:
        asked.append(True)
        return side_solve.solve_sides(*all_of)  # type: ignore[arg-type]

    problem = next(one for one in map(lending, range(20)) if _is_split(one))
    sought = ends(in_memory(problem))
    monkeypatch.setattr(way, "suits_sides", suits)
    monkeypatch.setattr(way, "solve_sides", spied)
    assert ends(solve(problem)) == sought
    assert asked == [False, False, True, True]


@pytest.mark.parametrize("seed", range(3))
def test_a_quota_more_is_solved_the_same_from_the_prices_of_before(seed: int) -> None:
    """Who bans or locks one pair more gets the list of a fresh solve, and it is proved."""
    problem = in_memory_only(seed)
    matching = solve(problem)
    rng = np.random.default_rng(seed)
    for k in rng.choice(len(matching), 3, replace=False).tolist():
        made = int(matching.rows[k]), int(matching.columns[k])
        other = int(matching.rows[k]), int(rng.integers(problem.shape[1]))
        for quota in (
            Quota("apart", Pairs.listed([made]), at_most=0),
            Quota("together", Pairs.listed([other]), at_least=1),
        ):
            now = replace(problem, quotas=[*problem.quotas, quota])
            found = solve_beside(now, matching)
            assert ends(found) == ends(solve(now))
            assert certify(now, found).optimal


def in_memory_only(seed: int) -> Problem:
    """Make a problem whose candidates are fewer than its pairs, too small for other solvers."""
    rng = np.random.default_rng([7, seed])
    n, m = 80, 60
    ours, theirs = rng.integers(0, 4, n), rng.integers(0, 4, m)
    quotas = [
        Quota(f"lent by {k}", Pairs.between(ours != k, theirs == k), at_most=2) for k in range(4)
    ]
    return Problem(rng.random((n, m)) + 0.3 * (ours[:, None] == theirs), quotas=quotas)


def test_counting_people_and_places_proves_the_coverage_where_rules_leave_it() -> None:
    """Nobody counts without a possible mentor with a place, nor do more people than places."""
    scores = np.array([[1.0, 2.0], [-np.inf, 3.0], [-np.inf, 4.0]])
    for capacity, people in (([1, 1], 2), ([3, 3], 3), ([3, 0], 1), ([0, 0], 0)):
        problem = Problem(scores, mentor_capacity=capacity)
        found, prices = most_people(problem, {})
        assert found == people == bound(problem, prices, "coverage")


def _is_split(problem: Problem) -> bool:
    found = priced(problem)
    return found is not None and isinstance(found.proofs["total"], Split)
