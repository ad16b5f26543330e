"""The priced solver on more than bans: locks, minimums, stages; the same pairs as in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array

from mentormatch.errors import InfeasibleError, ProblemError
from mentormatch.matching import diagnose
from mentormatch.matching.certificate import certify
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import general, large, search, tiles, watch, weights
from mentormatch.matching.solvers.floors import Floor
from mentormatch.matching.solvers.locks import only_bans_and_locks
from mentormatch.matching.solvers.staged import Staged
from mentormatch.matching.solvers.watch import Stopped
from mentormatch.matching.solvers.weights import weigh
from test_large import OBJECTIVES, OnlyBlocks, as_products, ends, in_memory, priced, random_problem


def agree(problem: Problem, objective: object, seed: int) -> None:
    """Check that both solvers give the same pairs, proved, or both say that there are none."""
    known: Matching | None = None
    said = ""
    try:
        known = in_memory(problem, objective, seed)  # type: ignore[arg-type]
    except InfeasibleError as error:
        said = str(error)
    if known is None:
        with pytest.raises(InfeasibleError) as found:
            priced(problem, objective, seed)  # type: ignore[arg-type]
        assert str(found.value) == said
        return
    assert large.suits(problem) or problem.shape[0] * problem.shape[1] < large.LARGE
    one = priced(problem, objective, seed)  # type: ignore[arg-type]
    assert ends(one) == ends(known), (seed, objective)
    certificate = certify(problem, one)
    assert certificate.valid, (seed, objective, certificate.faults)
    assert certificate.optimal, (seed, objective, certificate.gaps)


def locked(problem: Problem, rng: np.random.Generator, likely: bool) -> Problem:
    """Return a problem with some pairs locked; if `likely`, only pairs of a matching."""
    n, m = problem.shape
    if likely:
        found = in_memory(problem, "most people", 1)
        known = list(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
        rng.shuffle(known)
    else:
        known = list(
            zip(rng.integers(n, size=3).tolist(), rng.integers(m, size=3).tolist(), strict=True)
        )
    some = known[: int(rng.integers(0, 4))]
    some += some[:1] * int(rng.integers(0, 2))
    locks = [Quota(f"lock {k}", Pairs.listed([pair]), at_least=1) for k, pair in enumerate(some)]
    return replace(problem, quotas=[*locks, *problem.quotas])


@pytest.mark.parametrize("likely", [True, False])
def test_locks_are_settled_first(likely: bool) -> None:
    """With pairs locked, both solvers make the same list, or name the same conflict."""
    for seed in range(36):
        rng = np.random.default_rng(seed)
        problem = random_problem(seed) if seed % 2 else as_products(seed)
        for objective in OBJECTIVES:
            agree(locked(problem, rng, likely), objective, seed)


def test_quotas_that_cannot_bind_are_no_reason_to_go_elsewhere() -> None:
    """A bound above all pairs there can be is the same as none, for every solver."""
    problem = random_problem(8)
    idle = [
        Quota("many", Pairs.everyone(), at_most=problem.most_pairs),
        Quota("any", Pairs.everyone()),
    ]
    problem = replace(problem, quotas=[*idle, *problem.quotas])
    assert only_bans_and_locks(problem)
    for objective in (*OBJECTIVES, "fairest"):
        agree(problem, objective, 8)
    assert not only_bans_and_locks(
        replace(problem, quotas=[Quota("few", Pairs.everyone(), at_most=1)])
    )


def test_the_pay_for_people_is_the_least() -> None:
    """Where scarce mentors make people dear, prices are those of the solver in memory."""
    problem = Problem(np.array([[9.0, 5.0], [8.0, -np.inf]]), mentee_ids=["a", "b"])
    known, one = in_memory(problem, "fairest", 0), priced(problem, "fairest", 0)
    assert ends(one) == ends(known) == [(0, 1), (1, 0)]
    assert one.coverage_price == known.coverage_price


def test_a_lock_pays_no_more_than_it_has_to() -> None:
    """The price of a lock is what its mentee would otherwise gain at the mentors' prices."""
    problem = Problem(np.array([[5.0, 3.0], [1.0, 0.0]]))
    lock = Quota("lock", Pairs.listed([(0, 1)]), at_least=1)
    matching = priced(replace(problem, quotas=[lock]), "highest total", 0)
    assert ends(matching) == [(0, 1), (1, 0)]
    assert matching.mentor_prices.tolist() == [0, 0]
    assert matching.quota_prices.tolist() == [2]


@pytest.mark.parametrize(
    ("quotas", "capacity"),
    [
        ([("lock", (0, 0), 1), ("ban", (0, 0), 0)], 1),
        ([("lock", (0, 0), 1), ("other", (0, 1), 1)], 1),
        ([("lock", (0, 0), 1), ("other", (1, 0), 1)], 1),
        ([("lock", (0, 0), 1)], 0),
    ],
)
def test_locks_in_conflict_are_named_at_any_size(
    quotas: list[tuple[str, tuple[int, int], int]],
    capacity: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A large problem names the same rules as a small one, without reading everything."""
    bounds = {1: {"at_least": 1}, 0: {"at_most": 0}}
    rules = [Quota(name, Pairs.listed([pair]), **bounds[kind]) for name, pair, kind in quotas]
    problem = Problem(np.ones((4, 4)), mentor_capacity=capacity, quotas=rules)
    with pytest.raises(InfeasibleError) as small:
        in_memory(problem, "most people", 0)
    monkeypatch.setattr(diagnose, "MOST_CELLS", 0)
    with pytest.raises(InfeasibleError) as found:
        priced(problem, "most people", 0)
    assert found.value.diagnosis.conflict == small.value.diagnosis.conflict


def test_a_large_cohort_keeps_its_locks() -> None:
    """Hundreds of locks at 1 200 a side are kept, and the rest is proved best around them."""
    rng = np.random.default_rng(3)
    scores = rng.random((1200, 1200))
    pairs = np.stack([rng.permutation(1200)[:300], rng.permutation(1200)[:300]], axis=1)
    locks = [Quota("lock", Pairs.listed([pair]), at_least=1) for pair in pairs.tolist()]
    matching = solve(Problem(scores, quotas=locks))
    assert matching.status == "optimal"
    assert matching.coverage == 1200


def test_units_of_stages_are_multiples_of_the_next_and_fit() -> None:
    """However units grow or stages go, pays are whole and the order of importance stays."""
    one = weigh(("minimum", "coverage", "kept", "total"), 1000)
    assert list(one.units) == ["total", "kept", "coverage", "minimum"]
    for some in (one, one.wider("kept"), one.wider("minimum").wider("coverage")):
        for name in some.names:
            less = some.without(name) if name != "total" else some
            kept = {k: v for k, v in some.units.items() if k != name or name == "total"}
            assert less.units == kept
        pays = some.pays("kept")
        assert pays == {"coverage": some.units["coverage"] // some.units["kept"]}
        assert some.fits()
    assert not weigh(("kept", "coverage", "total"), 2**40).wider("kept").fits()


def test_prices_too_close_together_prove_no_stage() -> None:
    """Prices that are half a unit off in sum leave it open which stage they belong to."""
    one = weigh(("coverage", "total"), 3)
    unit = one.units["coverage"]
    assert one.unsure(np.array([unit]), np.array([0])) is None
    assert one.unsure(np.array([unit // 2]), np.array([unit // 2])) == "coverage"
    assert one.rounded(np.array([-unit - 3, unit + 3]), "coverage").tolist() == [-1, 1]


STAGES = (
    ("coverage", "kept", "total"),
    ("kept", "coverage", "total"),
    ("kept", "total"),
    ("coverage", "worst", "total"),
    ("coverage", "kept", "worst", "total"),
    ("coverage", "worst", "kept", "total"),
    ("kept", "coverage", "worst", "total"),
)


def with_announced(problem: Problem, rng: np.random.Generator) -> Problem:
    """Return a problem with announced pairs, some of them impossible, taken or in conflict."""
    n, m = problem.shape
    count = int(rng.integers(0, n + 2))
    pairs = np.stack([rng.integers(n, size=count), rng.integers(m, size=count)], axis=1)
    return replace(problem, announced=Pairs.listed(pairs.tolist()))


def with_must(problem: Problem, rng: np.random.Generator) -> Problem:
    """Return a problem in which some mentees must be matched."""
    must = (rng.random(problem.shape[0]) < rng.choice([0.1, 0.5])) & (problem.mentee_demand > 0)
    return replace(problem, mentee_minimum=must.astype(int))


@pytest.mark.parametrize("stages", STAGES)
@pytest.mark.parametrize("kind", ["plain", "locks", "must"])
def test_stages_in_the_priced_solver(stages: tuple[str, ...], kind: str) -> None:
    """Announced pairs and the lowest score, in any order, with locks or people who must be in."""
    for seed in range(14):
        rng = np.random.default_rng(seed)
        problem = with_announced(random_problem(seed) if seed % 2 else as_products(seed), rng)
        if kind == "locks":
            problem = locked(problem, rng, likely=True)
        if kind == "must":
            problem = with_must(problem, rng)
        agree(problem, list(stages), seed)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_people_who_must_be_matched_are(objective: str) -> None:
    """Where mentees must have a mentor, both solvers make the same list or name the conflict."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        problem = random_problem(seed) if seed % 2 else as_products(seed)
        agree(with_must(problem, rng), objective, seed)


def test_a_crowd_that_has_too_few_places_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large problem the people who must be matched are told with the places open to them."""
    monkeypatch.setattr(diagnose, "MOST_CELLS", 0)
    scores = np.full((6, 6), -np.inf)
    scores[:3, :2] = 1.0
    scores[3:, 2:] = 1.0
    problem = Problem(scores, mentee_minimum=1)
    with pytest.raises(InfeasibleError) as found:
        priced(problem, "fairest", 0)
    (shortage,) = [found.value.diagnosis.shortage]
    assert shortage is not None
    assert [one.position for one in shortage.clauses] == [0, 1, 2]
    assert (shortage.wanted, shortage.open) == (3, 2)
    assert "only 2 places" in str(found.value)


@pytest.mark.parametrize("first", [1, 4])
@pytest.mark.parametrize("stages", [STAGES[0], STAGES[4]])
def test_however_scores_come_stages_give_the_same(
    first: int, stages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encodings, their matrix, a sparse matrix and blocks give the same pairs in every stage."""
    monkeypatch.setattr(search, "FIRST", first)
    monkeypatch.setattr(search, "AGAIN", 2 * first)
    monkeypatch.setattr(tiles, "ROWS", 5)
    monkeypatch.setattr(tiles, "COLUMNS", 7)
    for seed in range(12):
        problem = with_announced(as_products(seed), np.random.default_rng(seed))
        known = in_memory(problem, list(stages), seed)
        for form in in_every_form(problem):
            one = priced(form, list(stages), seed, n_jobs=1 + seed % 2)
            assert ends(one) == ends(known), seed
            assert certify(form, one).optimal, seed


def in_every_form(problem: Problem) -> list[Problem]:
    """Return a problem of encodings also as blocks, as a matrix and as a sparse matrix."""
    # Whole numbers of steps keep their grid as a matrix as well.
    matrix = problem.scores.block(np.arange(problem.shape[0])) * 2.0**20
    rows, columns = np.indices(matrix.shape).reshape(2, -1)
    sparse = coo_array((matrix.ravel(), (rows, columns)), shape=matrix.shape)
    least = problem.minimum_score * 2.0**20
    forms = [problem, replace(problem, scores=OnlyBlocks(matrix / 2.0**20))]
    return forms + [replace(problem, scores=one, minimum_score=least) for one in (matrix, sparse)]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("stages", STAGES)
def test_nobody_on_a_side_is_no_trouble(shape: tuple[int, int], stages: tuple[str, ...]) -> None:
    """With one side empty, or nothing possible, there are no pairs, and that is proved."""
    for scores in (np.ones(shape), np.full(shape, -np.inf)):
        agree(Problem(scores), list(stages), 0)


def test_weights_grow_until_prices_prove_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units that begin far too small lead to the same pairs; units without room go to memory."""
    monkeypatch.setattr(weights, "FIRST_DIGITS", 0)
    monkeypatch.setattr(weights, "MORE_DIGITS", 1)
    for seed in range(12):
        problem = with_announced(random_problem(seed), np.random.default_rng(seed))
        for stages in (STAGES[0], STAGES[4], STAGES[6]):
            agree(with_must(problem, np.random.default_rng(seed)), list(stages), seed)
    monkeypatch.setattr(weights, "MOST_BITS", 3)
    agree(with_announced(random_problem(3), np.random.default_rng(3)), list(STAGES[0]), 3)


class Interrupting:
    """A watch that stops the search when it has been looked at so often."""

    def __init__(self, looks: int, stop: type[BaseException]) -> None:
        self.left, self.stop = looks, stop

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise self.stop


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Stopped])
@pytest.mark.parametrize("must", [False, True, "several"])
def test_an_interrupted_search_keeps_the_rules_or_says_so(
    stop: type[BaseException], must: bool | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it is stopped, there is a list that keeps all rules, or a plain error."""
    rng = np.random.default_rng(1)
    problem = with_announced(Problem(rng.random((40, 30))), rng)
    if must:
        problem = replace(problem, mentee_minimum=(np.arange(40) < 25).astype(int))
    if must == "several":
        problem = replace(problem, mentee_demand=2, mentor_capacity=3, mentor_minimum=1)
    statuses = set()
    for looks in (*range(12), 500):
        monkeypatch.setattr(watch.Watch, "look", Interrupting(looks, stop))
        try:
            matching = priced(problem, "coverage, kept, worst, total", 0)
        except (KeyboardInterrupt, ProblemError):
            assert must
            continue
        statuses.add(matching.status)
        found = certify(problem, matching)
        assert found.valid, found.faults
        assert found.gap >= 0
    assert statuses == {"optimal", "feasible"}


def test_fairest_at_a_size_that_memory_would_feel() -> None:
    """At 1 100 a side the lowest score is proved to be the best possible."""
    rng = np.random.default_rng(2)
    problem = Problem(rng.random((1100, 12)) @ rng.random((12, 1000)))
    matching = solve(problem, "fairest")
    assert general.suits_staged(problem, matching.stages)
    found = certify(problem, matching)
    assert found.gaps == {"coverage": 0, "worst": 0, "total": 0}


def general_problem(seed: int) -> Problem:
    """Return a problem in which mentees may have several mentors, and both sides minimums."""
    rng = np.random.default_rng(seed)
    problem = random_problem(seed) if seed % 2 else as_products(seed)
    n, m = problem.shape
    if seed % 3:
        problem = replace(problem, mentee_demand=rng.integers(0, 4, n))
    if seed % 3 != 1:
        least = np.minimum(rng.integers(0, 3, m), problem.mentor_capacity)
        problem = replace(problem, mentor_minimum=least * (rng.random(m) < rng.choice([0.1, 0.4])))
    if seed % 5 == 0:
        need = np.minimum(rng.integers(0, 3, n), problem.mentee_demand)
        problem = replace(problem, mentee_minimum=need * (rng.random(n) < 0.2))
    return problem


@pytest.mark.parametrize("objective", [*OBJECTIVES, "fairest", STAGES[0], STAGES[6]])
@pytest.mark.parametrize("with_locks", [False, True])
def test_several_pairs_and_minimums(objective: str | tuple[str, ...], with_locks: bool) -> None:
    """With minimums of mentors and several mentors a mentee, all solvers agree."""
    for seed in range(14):
        rng = np.random.default_rng(seed)
        problem = with_announced(general_problem(seed), rng)
        if with_locks:
            try:
                problem = locked(problem, rng, likely=True)
            except InfeasibleError:
                continue
        agree(problem, objective, seed)


@pytest.mark.parametrize("first", [1, 4])
def test_however_scores_come_several_pairs_are_the_same(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minimums and demand above one do not depend on the form of the scores, either."""
    monkeypatch.setattr(search, "FIRST", first)
    monkeypatch.setattr(search, "AGAIN", 2 * first)
    monkeypatch.setattr(tiles, "ROWS", 5)
    monkeypatch.setattr(tiles, "COLUMNS", 7)
    for seed in range(0, 20, 2):
        problem = general_problem(seed)
        for form in in_every_form(problem):
            agree(form, "most people" if seed % 4 else "fairest", seed)


def test_mentors_who_find_nobody_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mentors whose minimums have too few mentees to draw on are told with their number."""
    monkeypatch.setattr(diagnose, "MOST_CELLS", 0)
    scores = np.full((5, 5), -np.inf)
    scores[:2, :3] = 1.0
    scores[2:, 3:] = 1.0
    problem = Problem(scores, mentor_capacity=2, mentor_minimum=1)
    with pytest.raises(InfeasibleError) as found:
        priced(problem, "most people", 0)
    shortage = found.value.diagnosis.shortage
    assert shortage is not None
    assert [one.position for one in shortage.clauses] == [0, 1, 2]
    assert (shortage.wanted, shortage.open) == (3, 2)


def test_a_mentor_of_capacity_two_is_like_two_mentors() -> None:
    """Splitting a mentor changes no total, with several mentors a mentee and minimums as well."""
    rng = np.random.default_rng(9)
    scores = rng.integers(0, 50, (30, 12)).astype(float)
    one = Problem(scores, mentor_capacity=2, mentor_minimum=2)
    two = Problem(np.repeat(scores, 2, axis=1), mentor_minimum=1)
    assert priced(one, "most people", 0).total == priced(two, "most people", 0).total


def test_without_the_compiler_several_pairs_are_the_same() -> None:
    """With ``NUMBA_DISABLE_JIT=1`` slots are filled in plain Python, with the same pairs."""
    script = (
        "import numpy as np\n"
        "from mentormatch.matching.problem import Problem\n"
        "from mentormatch.matching.solvers.general import solve_general\n"
        "scores = np.random.default_rng(5).integers(0, 9, (25, 20)).astype(float)\n"
        "problem = Problem(scores, mentor_capacity=3, mentor_minimum=1, mentee_demand=2)\n"
        "answer = solve_general(problem, ('coverage', 'worst', 'total'), 1)\n"
        "print(answer.rows.tolist(), answer.columns.tolist(), answer.proved)\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("0", "1")
    ]
    assert said[0] == said[1] != ""


def test_several_mentors_at_a_size_that_memory_would_feel() -> None:
    """At 1 100 a side, with demand, minimums and ties, every stage is proved."""
    rng = np.random.default_rng(2)
    problem = Problem(
        np.rint(10 * rng.random((1100, 12)) @ rng.random((12, 1000))),
        mentor_capacity=4,
        mentor_minimum=rng.integers(0, 3, 1000),
        mentee_demand=rng.integers(1, 4, 1100),
    )
    found = certify(problem, solve(problem))
    assert found.valid
    assert found.gaps == {"coverage": 0, "total": 0}


@pytest.mark.parametrize("side", ["mentee", "mentor"])
def test_one_group_is_named_however_many_have_too_few(
    side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several groups that go short, one is told, and it does go short by the number told."""
    monkeypatch.setattr(diagnose, "MOST_CELLS", 0)
    told = 0
    for seed in range(40):
        problem = general_problem(seed)
        if side == "mentee":
            need = np.minimum(problem.mentee_demand, 2)
            problem = replace(problem, mentee_minimum=need, mentor_minimum=0)
        else:
            problem = replace(problem, mentor_minimum=problem.mentor_capacity, mentee_minimum=0)
        try:
            priced(problem, "most people", 0)
            continue
        except InfeasibleError as error:
            clauses = error.diagnosis.clauses
            shortage = error.diagnosis.shortage
        assert clauses
        # Alone, without anybody else's minimum, the group cannot have what it asks for either.
        alone = np.zeros_like(getattr(problem, f"{side}_minimum"))
        who = [one.position for one in clauses]
        alone[who] = getattr(problem, f"{side}_minimum")[who]
        with pytest.raises(InfeasibleError):
            in_memory(replace(problem, **{f"{side}_minimum": alone}), "most people", 0)
        if shortage is not None:
            told += 1
            assert shortage.open < shortage.wanted
    assert told


def test_a_mentor_who_must_have_somebody_bounds_the_lowest_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The best score of a mentor with a minimum is tried first, not every score above it."""
    rng = np.random.default_rng(4)
    scores = rng.random((40, 30))
    scores[:, 3] /= 10
    problem = Problem(scores, mentor_capacity=3, mentor_minimum=np.arange(30) % 2)
    tried: list[int] = []
    step = Floor._above

    def noted(floor: Floor, some: Staged, least: int) -> Staged:
        tried.append(least)
        return step(floor, some, least)

    monkeypatch.setattr(Floor, "_above", noted)
    agree(problem, "fairest", 0)
    assert len(tried) <= 2


@pytest.mark.parametrize("side", ["mentee_minimum", "mentor_minimum"])
def test_the_lottery_breaks_no_minimum_that_was_kept_by_chance(
    side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a matching that breaks a minimum is as good, the lottery does not draw it."""
    scores = np.ones((2, 1) if side == "mentee_minimum" else (1, 2))
    problem = Problem(scores, **{side: [1, 0]})
    monkeypatch.setattr(large, "LARGE", 0)
    for seed in range(12):
        matching = solve(problem, "highest total", seed)
        assert (matching.rows.tolist(), matching.columns.tolist()) == ([0], [0])
        assert certify(problem, matching).optimal
