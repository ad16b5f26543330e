"""The priced solver on more than bans: locks, minimums, stages; the same pairs as in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mentormatch.errors import InfeasibleError
from mentormatch.matching import diagnose
from mentormatch.matching.certificate import certify
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.matching.solvers import large
from mentormatch.matching.solvers.weights import weigh
from test_large import OBJECTIVES, as_products, ends, in_memory, priced, random_problem


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
    for seed in range(60):
        rng = np.random.default_rng(seed)
        problem = random_problem(seed) if seed % 2 else as_products(seed)
        for objective in OBJECTIVES:
            agree(locked(problem, rng, likely), objective, seed)


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
    weights = weigh(("minimum", "coverage", "kept", "total"), 1000)
    assert list(weights.units) == ["total", "kept", "coverage", "minimum"]
    for some in (weights, weights.wider("kept"), weights.wider("minimum").wider("coverage")):
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
    weights = weigh(("coverage", "total"), 3)
    unit = weights.units["coverage"]
    assert weights.unsure(np.array([unit]), np.array([0])) is None
    assert weights.unsure(np.array([unit // 2]), np.array([unit // 2])) == "coverage"
    assert weights.rounded(np.array([-unit - 3, unit + 3]), "coverage").tolist() == [-1, 1]
