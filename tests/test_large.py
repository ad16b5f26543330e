"""The solver for large cohorts: the same pairs as the one in memory, and proved."""

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array

import brute
from mentormatch.benching.cohorts import make
from mentormatch.errors import ProblemError
from mentormatch.matching.certificate import certify
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import large, lots, search, start, tiles
from mentormatch.matching.solvers.products import Products
from mentormatch.matching.solvers.readers import local_reader
from mentormatch.matching.solvers.tiles import Found
from mentormatch.matching.solvers.watch import Progress, Watch

OBJECTIVES = ("most people", "highest total")


def random_problem(seed: int) -> Problem:
    """Make a small problem of the kind that the solver takes: ties, bans, no places, no demand."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 25, 2)
    least = -3 if seed % 3 == 0 else 0
    scores = rng.integers(least, rng.choice([2, 5, 1000]), (n, m)).astype(float)
    scores = scores / 7 if seed % 2 else scores
    scores[rng.random((n, m)) < rng.choice([0, 0.5, 0.9])] = -np.inf
    ban = Quota("a ban", Pairs.between(rng.random(n) < 0.3, rng.random(m) < 0.3), at_most=0)
    return Problem(
        scores,
        mentor_capacity=rng.integers(0, 4, m) if seed % 5 else 1,
        mentee_demand=rng.integers(0, 2, n) if seed % 4 == 0 else 1,
        quotas=[ban] if seed % 3 == 1 else [],
    )


def in_memory(problem: Problem, objective: str, seed: int) -> Matching:
    """Solve with the solver that holds the whole matrix."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 2**62)
        return solve(problem, objective, seed)


def priced(problem: Problem, objective: str, seed: int, n_jobs: int = 1) -> Matching:
    """Solve with the solver that prices candidates, whatever the size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 0)
        patch.setattr(large, "DENSE", 0)
        return solve(problem, objective, seed, n_jobs=n_jobs)


def ends(matching: Matching) -> list[tuple[int, int]]:
    """List the pairs."""
    return list(zip(matching.rows.tolist(), matching.columns.tolist(), strict=True))


@pytest.mark.parametrize("block", [2**11, 7])
def test_both_solvers_make_the_same_pairs(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the solver and the size of its blocks, pairs and total are the same and proved."""
    monkeypatch.setattr(tiles, "CELLS", block)
    monkeypatch.setattr(tiles, "ROWS", block)
    monkeypatch.setattr(tiles, "COLUMNS", block)
    for seed in range(150 if block > 7 else 30):
        problem = random_problem(seed)
        for objective in OBJECTIVES:
            one, other = priced(problem, objective, seed), in_memory(problem, objective, seed)
            assert ends(one) == ends(other), (seed, objective)
            assert one.total == other.total
            certificate = certify(problem, one)
            assert certificate.valid, (seed, objective)
            assert certificate.optimal, (seed, objective)


def test_few_candidates_at_first_lead_to_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first candidates are a guess: with a bad one the prices find the rest."""
    monkeypatch.setattr(search, "FIRST", 1)
    monkeypatch.setattr(search, "AGAIN", 1)
    for seed in range(40):
        problem = random_problem(seed)
        assert ends(priced(problem, "most people", 0)) == ends(
            in_memory(problem, "most people", 0)
        ), seed


def test_threads_change_nothing() -> None:
    """Two threads make the same pairs as one."""
    problem = random_problem(7)
    assert ends(priced(problem, "most people", 0, 2)) == ends(priced(problem, "most people", 0))


def test_too_many_ties_are_left_to_the_solver_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nearly everything ties, the lottery is drawn by the solver in memory."""
    monkeypatch.setattr(lots, "MOST_TIES", 0)
    problem = Problem(np.ones((40, 40)))
    assert large.solve_large(problem, ("coverage", "total"), 0) is None
    assert ends(priced(problem, "most people", 3)) == ends(in_memory(problem, "most people", 3))


class OnlyBlocks:
    """Scores of a caller who has nothing but a shape and blocks."""

    def __init__(self, scores: NDArray[np.float64]) -> None:
        self.scores = scores
        self.shape = scores.shape
        self.most = 0

    def block(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return some rows, and remember how many were asked for."""
        self.most = max(self.most, len(rows))
        return self.scores[rows]


def test_scores_are_read_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object with blocks alone is enough, and never is the whole matrix asked for."""
    monkeypatch.setattr(tiles, "CELLS", 100)
    monkeypatch.setattr(large, "LOWEST", 0)
    monkeypatch.setattr(large, "DENSE", 0)
    monkeypatch.setattr(
        "mentormatch.matching.problem._CELLS", 100
    )  # few enough are read once and kept
    rng = np.random.default_rng(0)
    scores = OnlyBlocks(np.rint(rng.random((60, 50)) * 2**20) / 2**20)
    matching = large.solve_large(Problem(scores), ("total",), 0)
    assert matching is not None
    assert scores.most <= 2
    whole = in_memory(Problem(scores.scores), "highest total", 0)
    assert matching.match[whole.rows].tolist() == whole.columns.tolist()


def some_bans(rng: np.random.Generator, n: int, m: int) -> list[Quota]:
    """Make bans of every shape: between groups, across groups, single pairs, and all but some."""
    single = [(int(rng.integers(n)), int(rng.integers(m))) for _ in range(rng.integers(1, 30))]
    some = Pairs.between(rng.random(n) < 0.9, rng.random(m) < 0.9)
    every = [
        Quota("groups", Pairs.between(rng.random(n) < 0.4, rng.random(m) < 0.5), at_most=0),
        Quota("others", ~Pairs.same(rng.integers(0, 3, n), rng.integers(0, 3, m)), at_most=0),
        Quota("single", Pairs.listed(single), at_most=0),
        Quota("all but some", ~(some | Pairs.listed(single)), at_most=0),
    ]
    return [ban for ban in every if rng.random() < 0.3]


def as_products(seed: int) -> Problem:
    """Make a problem whose scores are inner products, with many ties in every third."""
    rng = np.random.default_rng(seed)
    n, m, d = (int(size) for size in rng.integers(1, (60, 60, 6)))
    m = n if seed % 4 == 0 else m
    left, right = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    if seed % 3 == 0:
        left, right = np.rint(left), np.rint(right)
    return Problem(
        Encodings(np.abs(left), np.abs(right) if seed % 2 else right),
        mentor_capacity=rng.integers(0, 4, m) if seed % 5 else 1,
        mentee_demand=rng.integers(0, 2, n) if seed % 7 == 0 else 1,
        quotas=some_bans(rng, n, m),
        minimum_score=float(rng.normal()) if rng.random() < 0.3 else -np.inf,
    )


def test_the_matrix_in_one_go_gives_the_same() -> None:
    """Where all places are single, bids and paths on the matrix find the same pairs and prices."""
    for seed in range(200):
        problem = replace(random_problem(seed), mentor_capacity=int(seed % 7 > 0))
        for objective in OBJECTIVES:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(large, "LARGE", 0)
                one = solve(problem, objective, seed)
            other = in_memory(problem, objective, seed)
            assert ends(one) == ends(other), (seed, objective)
            assert one.mentor_prices.tolist() == other.mentor_prices.tolist(), (seed, objective)
            assert certify(problem, one).optimal, (seed, objective)


@pytest.mark.parametrize("first", [1, 4])
def test_however_scores_come_the_pairs_and_prices_are_the_same(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encodings, their matrix, a sparse matrix and blocks are one problem to every solver."""
    monkeypatch.setattr(search, "FIRST", first)
    monkeypatch.setattr(search, "AGAIN", 2 * first)
    monkeypatch.setattr(tiles, "ROWS", 5)
    monkeypatch.setattr(tiles, "COLUMNS", 7)
    for seed in range(60):
        problem = as_products(seed)
        # Whole numbers of steps keep their grid as a matrix as well.
        matrix = problem.scores.block(np.arange(problem.shape[0])) * 2.0**20
        rows, columns = np.indices(matrix.shape).reshape(2, -1)
        sparse = coo_array((matrix.ravel(), (rows, columns)), shape=matrix.shape)
        least = problem.minimum_score * 2.0**20
        forms = [problem, replace(problem, scores=OnlyBlocks(matrix / 2.0**20))]
        forms += [replace(problem, scores=one, minimum_score=least) for one in (matrix, sparse)]
        for objective in OBJECTIVES:
            made = [priced(one, objective, seed) for one in forms]
            known = in_memory(problem, objective, seed)
            prices = (known.mentor_prices * 2.0**20).tolist()
            for form, one in zip(forms, made, strict=True):
                assert ends(one) == ends(known), (seed, objective)
                assert (one.mentor_prices * 2.0 ** (20 * (form in forms[:2]))).tolist() == prices
                assert certify(form, one).optimal


def test_encodings_are_exact_in_any_order() -> None:
    """Blocks and single pairs are the same numbers, whole steps of the grid."""
    rng = np.random.default_rng(3)
    fit = Encodings(rng.normal(size=(40, 30)), rng.normal(size=(50, 30)))
    block = fit.block(np.arange(40))
    i, j = np.indices(block.shape).reshape(2, -1)
    assert (fit.at(i, j) == block.ravel()).all()
    assert (np.rint(block * 2.0**20) == block * 2.0**20).all()
    assert (np.abs(block) <= fit.largest).all()
    assert np.abs(block - fit.mentees.astype(float) @ fit.mentors.T.astype(float)).max() < 2.0**-20


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 300.0])
def test_long_encodings_of_small_numbers_keep_their_digits(scale: float) -> None:
    """Vectors of length one with hundreds of small numbers are rounded below the grid alone."""
    rng = np.random.default_rng(5)
    left, right = rng.normal(size=(20, 384)), rng.normal(size=(20, 384))
    left /= np.linalg.norm(left, axis=1, keepdims=True) / scale
    right /= np.linalg.norm(right, axis=1, keepdims=True) * scale
    fit = Encodings(left, right)
    assert np.abs(fit.block(np.arange(20)) - left @ right.T).max() < 2.0**-20


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ([[np.nan]], [[1.0]], "NaN or infinite"),
        ([1.0, 2.0], [[1.0]], "two dimensions"),
        ([[1.0, 2.0]], [[1.0]], "encoded by 2 numbers each"),
        ([["a"]], [[1.0]], "table of numbers"),
        ([[1e200]], [[1e200]], "scale them"),
    ],
)
def test_bad_encodings_are_refused(left: object, right: object, said: str) -> None:
    """Each fault of encodings is named."""
    with pytest.raises(ProblemError, match=said):
        Encodings(left, right)


@pytest.mark.parametrize(
    ("entries", "said"),
    [([np.nan, 1], "NaN"), ([np.inf, 1], "inf"), ([1j, 1], "real numbers")],
)
def test_bad_sparse_scores_are_refused(entries: list[complex], said: str) -> None:
    """Each fault of a sparse matrix is named."""
    with pytest.raises(ProblemError, match=said):
        Problem(coo_array((np.array(entries), ([0, 1], [0, 1])), shape=(2, 2)))


def test_a_pair_with_two_scores_is_refused() -> None:
    """SciPy would add them up, which nobody means by a score."""
    with pytest.raises(ProblemError, match="two scores"):
        Problem(coo_array((np.ones(2), ([0, 0], [1, 1])), shape=(2, 2)))


def test_what_a_sparse_matrix_does_not_hold_is_impossible() -> None:
    """A stored 0 is a score, and -inf is as good as nothing stored."""
    entries = np.array([0.0, 5.0, -np.inf])
    problem = Problem(coo_array((entries, ([0, 1, 1], [0, 0, 1])), shape=(2, 2)))
    assert solve(problem).pairs[["mentee", "mentor"]].values.tolist() == [[1, 0]]
    assert problem.values([0, 1])[1].tolist() == [[True, False], [True, False]]


def stopped(problem: Problem, **how: object) -> tuple[Matching, list[Progress]]:
    """Solve a problem that is stopped early, and remember what was told."""
    said: list[Progress] = []
    told = how.pop("progress", said.append)
    return solve(problem, progress=told, **how), said  # type: ignore[arg-type]


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small matrices be searched as large ones are."""
    monkeypatch.setattr(large, "LARGE", 0)
    monkeypatch.setattr(large, "DENSE", 0)


def profiles(n: int) -> Problem:
    """Make encodings that take several rounds."""
    rng = np.random.default_rng(4)
    return Problem(Encodings(np.abs(rng.normal(size=(n, 8))), np.abs(rng.normal(size=(n, 8)))))


@pytest.mark.usefixtures("searched")
def test_a_search_tells_how_far_it_is() -> None:
    """Bounds never lie below the best total, and the last round closes the gap."""
    problem = profiles(400)
    matching, said = stopped(problem)
    assert matching.status == "optimal"
    assert len(said) > 1
    assert all(one.bound >= matching.total >= one.total - 1e-9 for one in said)
    assert said[-1].gap == 0
    assert [one.round for one in said] == list(range(1, len(said) + 1))


@pytest.mark.usefixtures("searched")
def test_a_search_may_stop_close_to_the_best() -> None:
    """With a gap allowed, what is returned is proved to lie within it."""
    problem = profiles(400)
    best = solve(problem).total
    matching, said = stopped(problem, gap=best / 20)
    assert matching.status == "feasible" or matching.total == best
    assert 0 <= best - matching.total <= best / 20
    assert matching.bound >= best
    assert said[-1].gap <= best / 20
    assert certify(problem, matching).valid


@pytest.mark.usefixtures("searched")
@pytest.mark.parametrize("rounds", [1, 2, 3])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_interrupted_search_gives_the_best_so_far(rounds: int, objective: str) -> None:
    """Ctrl-C at any round gives a valid matching whose bound holds."""
    problem = profiles(400)

    def interrupt(progress: Progress) -> None:
        if progress.round == rounds:
            raise KeyboardInterrupt

    matching, _ = stopped(problem, objective=objective, progress=interrupt)
    best = solve(problem, objective).total
    certificate = certify(problem, matching)
    assert certificate.valid
    assert matching.coverage == 400
    assert matching.total <= best <= matching.bound


@pytest.mark.usefixtures("searched")
def test_a_search_without_time_gives_a_valid_matching() -> None:
    """The time is over before the first round: nobody is paired, and the bound is no lie."""
    problem = profiles(400)
    matching = solve(problem, time_limit=1e-9)
    assert certify(problem, matching).valid
    assert matching.status == "feasible"
    assert matching.bound >= solve(problem).total


def scarce(n: int, *, apart: bool) -> Problem:
    """Make encodings with more mentees than places; if `apart`, half of them may meet few."""
    rng = np.random.default_rng(n)
    m = n * 3 // 4
    fit = Encodings(np.abs(rng.normal(size=(n, 8))), np.abs(rng.normal(size=(m, 8))))
    few = Pairs.between(np.arange(n) < n // 2, np.arange(m) >= m // 4)
    return Problem(fit, quotas=[Quota("few", few, at_most=0)] if apart else [])


@pytest.mark.usefixtures("searched")
@pytest.mark.parametrize("apart", [True, False])
def test_people_come_first_whatever_gap_is_allowed(
    apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where places are scarce, rounds are told, and a gap gives up nobody who can be matched."""
    monkeypatch.setattr(large, "LOWEST", 0)
    monkeypatch.setattr(search, "FIRST", 6)
    monkeypatch.setattr(search, "AGAIN", 8)
    problem = scarce(200, apart=apart)
    best, said = stopped(problem)
    assert best.status == "optimal"
    assert said[-1].total == pytest.approx(best.total)
    assert said[-1].gap == 0
    assert all(one.bound >= max(one.total, best.total) - 1e-9 for one in said)
    early = 0
    for gap in (0.5, 5.0, 50.0):
        matching, told = stopped(problem, gap=gap)
        assert matching.coverage == best.coverage
        assert best.total - matching.total <= gap
        assert matching.gap <= gap
        assert told[-1].gap <= gap
        early += len(told) < len(said)
    assert early or apart


@pytest.mark.usefixtures("searched")
def test_announced_pairs_come_first_whatever_gap_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where announced pairs and locked ones count, too, rounds are told and nothing is given up."""
    monkeypatch.setattr(search, "FIRST", 4)
    monkeypatch.setattr(search, "AGAIN", 6)
    base = scarce(200, apart=False)
    rng = np.random.default_rng(1)
    told = zip(rng.permutation(200)[:80].tolist(), rng.permutation(150)[:80].tolist(), strict=True)
    lock = Quota("lock", Pairs.listed([(0, 0)]), at_least=1)
    problem = replace(base, announced=Pairs.listed(told), quotas=[lock])
    stages = ("coverage", "kept", "total")
    best, said = stopped(problem, objective=stages)
    assert best.status == "optimal"
    assert said[-1].gap == 0
    early = 0
    for gap in (0.5, 5.0, 50.0):
        matching, heard = stopped(problem, objective=stages, gap=gap)
        assert (matching.coverage, matching.kept) == (best.coverage, best.kept)
        assert best.total - matching.total <= gap
        assert matching.gap <= gap
        early += len(heard) < len(said)
    assert early


def test_a_negative_gap_is_refused() -> None:
    """Nothing can be closer to the best than the best."""
    with pytest.raises(ValueError, match="gap"):
        solve(profiles(4), gap=-1.0)


def test_only_plain_large_problems_go_there() -> None:
    """Minimums, side quotas and several mentors a mentee are for other solvers."""
    scores = np.broadcast_to(np.float64(0.5), (2100, 2100))
    plain = Problem(scores)
    assert large.suits(plain)
    assert not large.suits(replace(plain, mentee_demand=2))
    assert not large.suits(replace(plain, mentor_minimum=1))
    assert not large.suits(replace(plain, quotas=[Quota("few", Pairs.everyone(), at_most=3)]))
    assert not large.suits(Problem(np.ones((3, 3))))


def test_a_large_problem_is_proved_best() -> None:
    """At 2 200 a side the certificate, which shares no code with the solver, agrees."""
    rng = np.random.default_rng(1)
    mentees, mentors = rng.random((2200, 12)), rng.random((2200, 12))
    problem = Problem(mentees @ mentors.T, mentor_capacity=rng.integers(1, 3, 2200))
    matching = solve(problem)
    assert matching.status == "optimal"
    assert matching.coverage == 2200


def test_without_the_compiler_the_pairs_are_the_same() -> None:
    """With ``NUMBA_DISABLE_JIT=1`` the loops run as plain Python and find the same pairs."""
    script = (
        "import numpy as np\n"
        "from mentormatch.matching.problem import Problem\n"
        "from mentormatch.matching.solvers.large import solve_large\n"
        "scores = np.random.default_rng(5).integers(0, 9, (30, 25)).astype(float)\n"
        "answer = solve_large(Problem(scores), ('coverage', 'total'), 1)\n"
        "print(answer.match.tolist(), answer.proofs['total'].mentors.tolist())\n"
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


@pytest.mark.usefixtures("searched")
def test_closed_mentors_do_not_blur_what_the_others_gain() -> None:
    """Mentors without a place are priced out of reach, which says nothing about rounding."""
    rng = np.random.default_rng(6)
    fit = Encodings(rng.random((300, 6)), rng.random((280, 6)))
    said: list[Progress] = []
    problem = Problem(fit, mentor_capacity=rng.integers(0, 3, 280))
    matching = solve(problem, "highest total", progress=said.append)
    assert ends(matching) == ends(in_memory(problem, "highest total", 0))
    assert said[-1].read < 20


@pytest.mark.parametrize("form", ["encodings", "matrix"])
@pytest.mark.parametrize("cells", [7, 2**19])
def test_rows_are_read_as_far_as_their_widths(
    form: str, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row gets the pairs above its bar in its first columns of those listed, and no others."""
    monkeypatch.setattr(tiles, "CELLS", cells)
    rng = np.random.default_rng(3)
    fit = Encodings(rng.random((30, 4)), rng.random((20, 4)))
    problem = Problem(fit if form == "encodings" else fit.block(np.arange(30)))
    columns, prices = rng.permutation(20)[:15], rng.integers(0, 2**18, 20)
    bar = np.where(np.arange(30) % 7 == 0, tiles.NOTHING, 2**20)
    widths = rng.integers(0, 16, 30)
    reader = local_reader(problem, 1)
    # Bars and prices are in the steps of the problem's own grid.
    found = reader.gaining(columns, prices, bar, widths)
    values, _ = problem.values(np.arange(30))
    wanted = {
        (i, j, int(values[i, j]))
        for i in range(30)
        for j in columns[: widths[i]].tolist()
        if bar[i] > tiles.NOTHING and values[i, j] - prices[j] > bar[i]
    }
    told = zip(found.i.tolist(), found.j.tolist(), found.worth.tolist(), strict=True)
    found_all = set(told)
    assert wanted
    assert wanted <= found_all
    # What passes the rough filter may lie a few steps below the bar, but never beyond the widths.
    assert all(j in columns[: widths[i]] for i, j, _ in found_all)


@pytest.mark.parametrize("form", ["encodings", "matrix"])
@pytest.mark.parametrize("cells", [7, 2**19])
def test_of_a_row_with_many_pairs_the_best_are_read(
    form: str, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a row has more pairs than asked for, the rest bounds those that were left out."""
    monkeypatch.setattr(tiles, "CELLS", cells)
    rng = np.random.default_rng(4)
    fit = Encodings(rng.random((30, 4)), rng.random((20, 4)))
    problem = Problem(fit if form == "encodings" else fit.block(np.arange(30)))
    prices, bar = rng.integers(0, 2**18, 20), np.full(30, -(2**30))
    most = rng.integers(0, 25, 30)
    found = local_reader(problem, 1).gaining(np.arange(20), prices, bar, None, most)
    values, _ = problem.values(np.arange(30))
    gains = values - prices
    for i in range(30):
        mine = found.j[found.i == i]
        left = np.setdiff1d(np.arange(20), mine)
        assert len(mine) == min(most[i], 20)
        assert gains[i, left].max(initial=bar[i]) <= found.rest[i]
        assert gains[i, left].max(initial=-(2**40)) <= gains[i, mine].min(initial=2**40)
        assert (found.rest[i] == bar[i]) == (len(left) == 0)


@pytest.mark.parametrize("rows", [2010, 1990])
def test_places_that_stay_free_put_nobody_in_doubt(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few places that nobody wanted at first are read by themselves, not by everybody."""
    cohort = make("profile", 2010, 0).scores
    problem = Problem(Encodings(cohort.mentees[:rows], cohort.mentors[:2000]))
    kept, gaining = [], Products.gaining

    def counted(self: Products, *asked: Any) -> Found:
        found = gaining(self, *asked)
        kept.append(len(found.i))
        return found

    monkeypatch.setattr(Products, "gaining", counted)
    monkeypatch.setattr(start, "LARGE", 2**20)
    matching = solve(problem)
    assert matching.status == "optimal"
    assert len(matching) == min(rows, 2000)
    assert sum(kept) < 8 * rows


def test_looking_for_ties_leaves_the_matching_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """While ties are looked for no price is lowered, so that nobody loses her place."""
    rng = np.random.default_rng(1455)
    n = int(rng.integers(1, 60))
    m = n + int(rng.integers(-4, 5))
    width, grid = int(rng.integers(1, 5)), float(rng.choice([1, 4, 64, 2**12]))
    mentees, mentors = (np.round(rng.random((k, width)) * grid) / grid for k in (n, m))
    problem = Problem(Encodings(mentees - 0.5, mentors))
    monkeypatch.setattr(large, "_SMALL", 2**62)
    expected = in_memory(problem, "highest total", 1455)
    for name, value in {"FIRST": 2, "AGAIN": 3, "MOST": 8, "_FEW": 1}.items():
        monkeypatch.setattr(search, name, value)
    found = priced(problem, "highest total", 1455)
    assert len(expected) == 31
    assert ends(found) == ends(expected)


@pytest.mark.parametrize("seed", range(60))
def test_lots_are_drawn_only_where_people_can_change_places(seed: int) -> None:
    """What the lottery may change is what differs between equally good matchings, and no more."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 5, 2)
    capacity = rng.integers(0, 3, m)
    problem = Problem(rng.integers(0, 3, (n, m)).astype(float), mentor_capacity=capacity)
    values, _ = problem.values(np.arange(n))
    best = in_memory(problem, "highest total", 0)
    prices = np.where(capacity > 0, best.proofs["total"].mentors, 2**40)
    u = np.maximum((values - prices).max(axis=1), 0)
    i, j = np.nonzero(values - prices == u[:, None])
    match = np.full(n, -1)
    match[best.rows] = best.columns
    moving = lots._open(u, np.where(capacity > 0, prices, 0), match, capacity, (i, j))
    optimal = [
        pairs
        for pairs in brute.matchings(problem)
        if sum(int(values[a, b]) for a, b in pairs) == best.score_steps
    ]
    assert optimal
    for a, b, free in zip(i.tolist(), j.tolist(), moving.tolist(), strict=True):
        used = sum((a, b) in pairs for pairs in optimal)
        assert free == (0 < used < len(optimal))


@pytest.mark.parametrize("form", ["encodings", "matrix"])
def test_a_row_with_nobody_to_read_has_a_rest(form: str) -> None:
    """Where there are no mentors, what is found still tells of every row that nothing is left."""
    fit = Encodings(np.ones((3, 2)), np.ones((0, 2)))
    problem = Problem(fit if form == "encodings" else np.ones((3, 0)))
    found = local_reader(problem, 1).best(np.arange(3), np.zeros(0, np.int64), 24)
    assert len(found.i) == 0
    assert found.rest.tolist() == [tiles.NOTHING] * 3


@pytest.mark.parametrize("kind", ["all alike", "alike in a row", "two values"])
def test_rows_may_tie_with_more_than_are_kept(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The search ends, with the pairs of the solver in memory, where very many pairs tie."""
    monkeypatch.setattr(large, "LOWEST", 0)
    monkeypatch.setattr(large, "DENSE", 0)
    monkeypatch.setattr(search, "FIRST", 3)
    monkeypatch.setattr(search, "MOST", 5)
    rng = np.random.default_rng(2)
    scores = {
        "all alike": np.ones((40, 45)),
        "alike in a row": np.repeat(rng.integers(0, 9, (40, 1)), 45, axis=1) / 8,
        "two values": (rng.random((40, 45)) < 0.7).astype(float),
    }[kind]
    matching = large.solve_large(Problem(scores), ("coverage", "total"), 0)
    assert matching is not None
    whole = in_memory(Problem(scores), "most people", 0)
    assert matching.match[whole.rows].tolist() == whole.columns.tolist()


def test_rows_may_tie_with_more_than_are_kept_as_far_as_encodings_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The search ends where more mentors than are kept of a row have the same encoding."""
    monkeypatch.setattr(large, "LOWEST", 0)
    monkeypatch.setattr(large, "DENSE", 0)
    monkeypatch.setattr(search, "FIRST", 3)
    monkeypatch.setattr(search, "MOST", 5)
    problem = Problem(Encodings(np.ones((20, 1)), np.full((45, 1), 1 / 3)))
    watch = Watch(tell=_few_rounds)
    matching = large.solve_large(problem, ("coverage", "total"), 0, watch=watch)
    assert matching is not None
    whole = in_memory(problem, "most people", 0)
    assert matching.match[whole.rows].tolist() == whole.columns.tolist()


def _few_rounds(progress: Progress) -> None:
    assert progress.round < 1000, "the search does not end"


def test_a_free_place_meets_the_last_rows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leaves a place whose price was below zero is not met by the same place for ever."""
    monkeypatch.setattr(large, "DENSE", 0)
    monkeypatch.setattr(search, "FIRST", 1)
    monkeypatch.setattr(search, "AGAIN", 1)
    # Places meet the last rows where no more than one row in 25 is left.
    scores = np.where(np.eye(25) > 0, 1.0, -np.inf)
    scores[:3, :3] = [[4, 0, 3], [3, -np.inf, -np.inf], [-np.inf, -np.inf, 5]]
    watch = Watch(tell=_few_rounds)
    matching = large.solve_large(Problem(scores), ("total",), 0, watch=watch)
    assert matching is not None
    assert matching.match[:3].tolist() == [0, -1, 2]


@pytest.mark.parametrize("form", ["matrix", "sparse"])
@pytest.mark.parametrize("largest", [5e-324, 1e-300, 1e300])
def test_scores_may_be_as_small_or_large_as_numbers_are(form: str, largest: float) -> None:
    """The grid of scores near the ends of float64 is no obstacle to any reader."""
    table = np.array([[1.0, 0.0], [1.0, 1.0]]) * largest
    sparse = coo_array((table.ravel(), ([0, 0, 1, 1], [0, 1, 0, 1])), shape=(2, 2))
    problem = Problem(table if form == "matrix" else sparse)
    said: list[Progress] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "LARGE", 0)
        patch.setattr(large, "DENSE", 0)
        matching = solve(problem, progress=said.append)
    assert ends(matching) == [(0, 0), (1, 1)]
    assert said[-1].total == said[-1].bound == matching.total
    assert matching.total == pytest.approx(2 * largest, rel=2.0**-29)
    assert certify(problem, matching).optimal
