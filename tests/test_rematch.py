"""Tests of mending an announced list: who stays, who moves, and that nothing better exists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mentormatch as mm
from mentormatch import road
from mentormatch.matching import mending as mend_module
from mentormatch.matching import warm as warm_module
from mentormatch.matching.mend import mend, mend_list
from strategies import problems
from test_large import priced


def test_an_unmatched_mentee_takes_the_place_and_nobody_else_moves() -> None:
    """After a drop-out the free place goes to who had none; people are known by id in any order."""
    before = mm.solve(mm.Problem([[9, 1], [8, 7], [6, 5]], mentee_ids="abc", mentor_ids="xy"))
    assert set(before.pairs["mentee"]) == {"a", "b"}
    now = mm.Problem([[5, 6], [7, 8]], mentee_ids="cb", mentor_ids="yx")
    after = mm.rematch(before, now)
    assert dict(zip(after.pairs["mentee"], after.pairs["mentor"], strict=True)) == {
        "b": "y",
        "c": "x",
    }
    assert after.kept == 1
    assert mm.certify(after.problem, after).optimal


@pytest.mark.parametrize("axis", [0, 1])
def test_rows_taken_out_of_a_problem_without_ids_are_refused(axis: int) -> None:
    """Without ids everyone below would be taken for somebody else; at the end nobody moves up."""
    scores = np.random.default_rng(5).random((6, 6))
    before = mm.solve(mm.Problem(scores))
    with pytest.raises(mm.ProblemError, match="by their position only"):
        mm.rematch(before, mm.Problem(np.delete(scores, 2, axis)))
    assert mm.rematch(before, mm.Problem(np.delete(scores, 5, axis))).kept == 5
    ids = [k for k in range(6) if k != 2]
    named = {"mentee_ids" if axis == 0 else "mentor_ids": ids}
    assert mm.rematch(before, mm.Problem(np.delete(scores, 2, axis), **named)).kept == 5


def test_pairs_that_became_impossible_are_no_longer_announced() -> None:
    """A pair that may not be any more is not counted as broken, and both are matched anew."""
    before = mm.solve(mm.Problem([[9, 1], [1, 9]]))
    after = mm.rematch(before, mm.Problem([[-np.inf, 1], [1, 9]]))
    assert after.problem.announced.exceptions.tolist() == [[1, 1]]
    assert after.pairs[["mentee", "mentor"]].values.tolist() == [[0, 1], [1, 0]]
    assert after.kept == 0  # as many mentees as possible come first


def test_a_drop_out_in_a_cohort_leaves_all_others_their_mentor() -> None:
    """One mentee leaves: everybody else keeps her pair, scores and rules being the programme's."""
    cohort = mm.make_cohort(20, 15, seed=1)
    before = mm.match(cohort)
    gone = before.pairs["mentee"].iloc[0]
    fewer = mm.Cohort(cohort.mentees.drop(gone), cohort.mentors, cohort.programme)
    after = mm.rematch(before, fewer)
    had = dict(zip(before.pairs["mentee"], before.pairs["mentor"], strict=True))
    have = dict(zip(after.pairs["mentee"], after.pairs["mentor"], strict=True))
    assert all(have[one] == mentor for one, mentor in had.items() if one != gone)
    assert after.kept == len(before) - 1
    assert after.status == "optimal"


def test_no_announced_pair_is_broken_for_what_comes_first_in_a_new_list() -> None:
    """A free mentor of one's own department is no reason to part; where nobody parts, he is."""
    own = mm.Pairs.listed([(0, 0), (1, 1)])
    aims = mm.Aims(counts={"own first": own}, leading=["own first"])
    problem = mm.Problem([[1, 5, 9], [5, 1, 9]], aims=aims)
    kept = mm.rematch([(0, 1)], problem)
    assert kept.stages == ("coverage", "kept", "own first", "total")
    assert kept.pairs[["mentee", "mentor"]].to_numpy().tolist() == [[0, 1], [1, 2]]
    new = mm.rematch([(1, 1)], problem)
    assert new.pairs[["mentee", "mentor"]].to_numpy().tolist() == [[0, 0], [1, 1]]
    for one in (kept, new):
        assert one.kept == 1
        assert mm.certify(one.problem, one).optimal


KINDS = ("leaves", "comes", "places", "rescored", "all rescored", "banned", "sheet")


def later(problem: mm.Problem, kind: str, number: int) -> mm.Problem:
    """Return a problem after something has happened to somebody."""
    rng = np.random.default_rng(number)
    n, m = problem.shape
    scores, demand = np.array(problem.scores), problem.mentee_demand.copy()
    places = problem.mentor_capacity.copy()
    quotas = list(problem.quotas)
    if kind == "leaves":
        side = demand if number % 2 else places
        side[rng.integers(len(side))] = 0
        return replace(problem, mentee_demand=demand, mentor_capacity=places)
    if kind == "comes":
        demand[rng.integers(n)] = 1
        return replace(problem, mentee_demand=demand)
    if kind == "places":
        places[rng.integers(m)] = rng.integers(0, 4)
        return replace(problem, mentor_capacity=places)
    if kind == "rescored":
        i, j = rng.integers(n), rng.integers(m)
        if number % 2:
            scores[i] = rng.permutation(scores[i])
        else:
            scores[:, j] = rng.permutation(scores[:, j])
        return replace(problem, scores=scores)
    if kind == "all rescored":
        return replace(problem, scores=rng.permutation(scores, axis=number % 2))
    if kind == "banned":
        pair = mm.Pairs.listed([(int(rng.integers(n)), int(rng.integers(m)))])
        return replace(problem, quotas=[*quotas, mm.Quota("no", pair, at_most=0)])
    rows, columns = rng.permutation(n)[: max(1, n - 1)], rng.permutation(m)
    new_scores = np.append(scores[rows][:, columns], scores[:1, columns][:, ::-1], axis=0)
    bans = [mm.Quota(one.name, one.pairs.taken(rows, columns), at_most=0) for one in quotas]
    mentees = [(problem.mentee_ids or ())[i] for i in rows]
    new = next(one for one in range(10_000 + number, 30_000 + number) if one not in mentees)
    return mm.Problem(
        new_scores,
        mentor_capacity=places[columns],
        mentee_demand=np.append(demand[rows], 1),
        quotas=[one for one in bans if one.pairs.mentee_groups is None],
        mentee_ids=[*mentees, new],
        mentor_ids=[(problem.mentor_ids or ())[j] for j in columns],
    )


def same_as_anew(before: mm.Matching, now: mm.Problem) -> mm.Matching:
    """Assert that mending gives what solving anew gives, proved; return it."""
    mended, anew = mend(before, now), mm.rematch(before, now)
    assert mended is not None
    assert mended.pairs.values.tolist() == anew.pairs.values.tolist()
    assert mended.stages == anew.stages
    there = mended.problem.announced.exceptions
    assert there.tolist() == anew.problem.announced.exceptions.tolist()
    found = mm.certify(mended.problem, mended)
    assert found.optimal
    assert found.gaps == {"coverage": 0, "kept": 0, "total": 0.0}
    positions = [
        ((now.mentee_ids or ()).index(a), (now.mentor_ids or ()).index(b))
        for a, b in before.pairs[["mentee", "mentor"]].values.tolist()
        if a in (now.mentee_ids or ()) and b in (now.mentor_ids or ())
    ]
    listed = mend_list(now, positions, before.seed)
    assert listed is not None
    assert listed.pairs.values.tolist() == anew.pairs.values.tolist()
    return mended


def few_kept(patch: pytest.MonkeyPatch, keep: int) -> None:
    """Let mending keep hardly anything of a row or a column."""
    patch.setattr(warm_module, "KEEP", keep)
    patch.setattr(mend_module, "KEEP", keep)
    patch.setattr(mend_module, "_TOP", keep)


@settings(max_examples=80)
@given(
    problems(6, with_quotas=False, minimums=False, several=False),
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2**16)), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_mending_is_solving_anew(
    problem: mm.Problem, story: list[tuple[str, int]], keep: int
) -> None:
    """Whatever happens one after the other, mended pairs are those of a new solve, and proved."""
    if not min(problem.shape):
        return
    with pytest.MonkeyPatch.context() as patch:
        few_kept(patch, keep)
        matching = mm.solve(problem, ["most people", "highest total", "fairest"][keep - 1])
        for kind, number in story:
            now = later(matching.problem, kind, number)
            matching = same_as_anew(matching, replace(now, announced=mm.Pairs.listed([])))


MORE = ("wants", "asked", "locked", "free again", *KINDS)


def later_still(problem: mm.Problem, kind: str, number: int) -> mm.Problem:
    """Return a problem after something has happened; people may want several, locks come and go."""
    rng = np.random.default_rng(number)
    n, m = problem.shape
    demand, quotas = problem.mentee_demand.copy(), list(problem.quotas)
    if kind == "locked":
        pair = mm.Pairs.listed([(int(rng.integers(n)), int(rng.integers(m)))])
        return replace(problem, quotas=[*quotas, mm.Quota("yes", pair, at_least=1)])
    if kind == "free again":
        return replace(problem, quotas=quotas[1:])
    if kind == "asked":
        least = np.minimum(rng.integers(0, 2, m), problem.mentor_capacity)
        return replace(problem, mentor_minimum=least)
    if kind == "wants":
        demand[rng.integers(n)] = rng.integers(0, 4)
        least = np.minimum(problem.mentee_minimum, demand)
        return replace(problem, mentee_demand=demand, mentee_minimum=least)
    none = replace(problem, mentee_minimum=0, mentor_minimum=0)
    return later(none, kind, number)


@settings(max_examples=120)
@given(
    problems(6, with_quotas=False),
    st.lists(st.tuples(st.sampled_from(MORE), st.integers(0, 2**16)), min_size=1, max_size=4),
    st.integers(1, 3),
)
def test_mending_locks_minimums_and_several_mentors_is_solving_anew(
    problem: mm.Problem, story: list[tuple[str, int]], keep: int
) -> None:
    """Locked pairs, minimums and several mentors: the pairs of a new solve, proved, or none."""
    if not min(problem.shape):
        return
    with pytest.MonkeyPatch.context() as patch:
        few_kept(patch, keep)
        try:
            matching = mm.solve(problem, ["most people", "highest total", "fairest"][keep - 1])
        except mm.InfeasibleError:
            return
        for kind, number in story:
            now = later_still(matching.problem, kind, number)
            now = replace(now, announced=mm.Pairs.listed([]))
            try:
                mm.rematch(matching, now)
            except mm.InfeasibleError:
                assert mend(matching, now) is None
                return
            matching = same_as_anew(matching, now)


@pytest.mark.parametrize("kind", ["locks", "several", "minimums"])
def test_what_a_priced_search_leaves_is_mended(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a search on candidates, drop-outs are mended without reading all scores anew."""
    few_kept(monkeypatch, 4)
    rng = np.random.default_rng(len(kind))
    n, m = 30, 25
    given: dict[str, Any] = {
        "locks": {
            "quotas": [
                mm.Quota(f"lock {k}", mm.Pairs.listed([(3 * k, k)]), at_least=1) for k in range(4)
            ]
        },
        "several": {"mentee_demand": rng.integers(1, 3, n), "mentor_capacity": 2},
        "minimums": {"mentor_minimum": rng.integers(0, 2, m), "mentor_capacity": 2},
    }[kind]
    encodings = mm.Encodings(rng.normal(size=(n, 5)), rng.normal(size=(m, 5)))
    problem = mm.Problem(encodings, **given)
    matching = priced(problem, "most people", 0)
    monkeypatch.setattr(mend_module.Mend, "_read_all", None)  # it would be an error to come by
    for who in (1, 8, 20):
        demand = matching.problem.mentee_demand.copy()
        demand[who] = 0
        now = replace(matching.problem, mentee_demand=demand, announced=mm.Pairs.listed([]))
        mended, anew = mend(matching, now), mm.rematch(matching, now)
        assert mended is not None
        assert mended.pairs.values.tolist() == anew.pairs.values.tolist()
        assert mm.certify(mended.problem, mended).optimal
        matching = mended


def test_places_beyond_the_number_of_mentees_cost_nothing() -> None:
    """A mentor with more places than there are mentees has one to spare, whatever it was before."""
    ids: dict[str, Any] = {"mentor_ids": "xyz"}
    before = mm.solve(mm.Problem([[4, 5, 1], [3, 5, 2]], mentee_demand=2, **ids))
    same_as_anew(before, mm.Problem([[4, 5, 1]], mentor_capacity=2, mentee_demand=3, **ids))


def test_who_had_two_mentors_and_wants_none_is_no_trouble() -> None:
    """Both of her pairs were announced, though nobody wants two mentors any more."""
    before = mm.solve(mm.Problem([[4, 5, 1], [3, 5, 2]], mentee_demand=[2, 1]))
    after = same_as_anew(before, replace(before.problem, mentee_demand=[0, 1]))
    assert len(after.problem.announced.exceptions) == 3


def test_a_large_list_is_mended_with_the_aims_of_its_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However large a problem is, what its aims seek comes before the total."""
    monkeypatch.setattr(road.mend, "WARM", 0)
    own = mm.Pairs.listed([(0, 0), (1, 1)])
    aims = mm.Aims(counts={"own first": own}, leading=["own first"])
    kept = mm.rematch([(0, 1)], mm.Problem([[1, 5, 9], [5, 1, 9]], aims=aims))
    assert kept.stages == ("coverage", "kept", "own first", "total")


@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (25, 25)])
def test_mending_encodings_is_solving_anew(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores that are inner products, with closed departments: drop-outs, new people, new words."""
    few_kept(monkeypatch, 4)
    rng = np.random.default_rng(shape[0])
    n, m = shape
    left, right = rng.normal(size=(n + 3, 6)), rng.normal(size=(m + 3, 6))
    groups = rng.integers(0, 2, n + 3), rng.integers(0, 2, m + 3)

    def problem(rows: Any, columns: Any, **given: Any) -> mm.Problem:
        apart = ~mm.Pairs.same(groups[0][rows], groups[1][columns])
        return mm.Problem(
            mm.Encodings(left[rows], right[columns]),
            quotas=[mm.Quota("closed", apart, at_most=0)],
            mentee_ids=np.array(rows).tolist(),
            mentor_ids=np.array(columns).tolist(),
            **given,
        )

    matching = mm.solve(problem(range(n), range(m)))
    rows, columns = list(range(n)), list(range(m))
    for step in range(3):
        rows = [*rows[1:], n + step]
        matching = same_as_anew(matching, problem(rows, columns))
        columns = [*columns[1:], m + step]
        matching = same_as_anew(matching, problem(rows, columns))
        left[rows[2]] += 0.5
        right[columns[3]] -= 0.5
        matching = same_as_anew(matching, problem(rows, columns))
        demand = np.ones(n, int)
        demand[step] = 0
        matching = same_as_anew(matching, replace(matching.problem, mentee_demand=demand))


def test_a_drop_out_reads_few_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a few pairs are kept, whoever leaves costs a column of scores, not the matrix."""
    rng = np.random.default_rng(5)
    problem = mm.Problem(mm.Encodings(rng.random((400, 8)), rng.random((400, 8))))
    first = mm.rematch(mm.solve(problem), problem)
    read: list[int] = []
    block, at = mm.Encodings.block, mm.Encodings.at

    def counted_block(self: mm.Encodings, rows: Any, /) -> Any:
        read.append(len(rows) * 400)
        return block(self, rows)

    def counted_at(self: mm.Encodings, i: Any, j: Any) -> Any:
        read.append(len(i))
        return at(self, i, j)

    monkeypatch.setattr(mm.Encodings, "block", counted_block)
    monkeypatch.setattr(mm.Encodings, "at", counted_at)
    demand = np.ones(400, int)
    demand[7] = 0
    after = mm.rematch(first, replace(first.problem, mentee_demand=demand))
    assert after.kept == 399
    assert sum(read) < 10 * 400


def test_other_places_need_no_new_look_at_the_scores() -> None:
    """A problem with other places shares the matrix and the ids that have been checked."""
    one = mm.Problem(np.arange(6.0).reshape(2, 3), mentee_ids="ab")
    other = replace(one, mentor_capacity=2)
    assert other.scores is one.scores
    assert other.mentee_ids is one.mentee_ids
    assert (other.bits, other.largest) == (one.bits, one.largest)
    one.scores.setflags(write=True)
    assert replace(one, mentor_capacity=2).scores is not one.scores


def test_pairs_of_ids_are_kept_as_a_matching_is() -> None:
    """A list that was handed out is enough: those who are unknown or gone are passed over."""
    now = mm.Problem([[5, 6], [7, 8]], mentee_ids="cb", mentor_ids="yx")
    after = mm.rematch([("a", "x"), ("b", "y"), ("b", "nobody")], now)
    assert after.kept == 1
    assert after.pairs[["mentee", "mentor"]].values.tolist() == [["c", "x"], ["b", "y"]]
