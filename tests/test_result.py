"""A matching cannot be built wrong, and tells everything from its pairs and prices."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from types import SimpleNamespace
from typing import Any

import networkx as nx
import numpy as np
import pytest

from mentormatch.errors import ProblemError
from mentormatch.matching.certificate import Prices
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from strategies import Block

PROBLEM = Problem(
    [[9, 4, 1], [8, 7, 2], [3, 6, 5], [1, 1, 1]],
    mentor_capacity=[1, 2, 0],
    mentee_minimum=[0, 0, 1, 0],
    quotas=[
        Quota("banned", Pairs.listed([(3, 0)]), at_most=0),
        Quota("two at most", Pairs.between([True, True, False, False], [True, True, True]), 0, 2),
    ],
    mentee_ids=["Åsa", "Bo", "Cem", "Dag"],
    mentor_ids=["Eva", "Fia", "Gun"],
)
IDLE = Prices(np.zeros(3, np.int64), np.zeros(2, np.int64))


def made(problem: Problem, rows: Any, columns: Any, **changes: Any) -> Matching:
    """Build a matching by hand, with prices of nothing."""
    stages = ("total",)
    return Matching(problem, rows, columns, "highest total", stages, {"total": IDLE}, **changes)


@pytest.mark.parametrize(
    ("rows", "columns", "fault"),
    [
        ([0, 1, 2], [0, 0, 1], "a mentor has more pairs than places"),
        ([0, 0, 2], [0, 1, 1], "a mentee has more pairs than places"),
        ([2, 2], [1, 1], "a pair stands twice"),
        ([2, 3], [1, 0], "a pair is impossible or banned"),
        ([2], [2], "a mentor has more pairs than places"),
        ([0, 1], [0, 1], "a mentee has fewer pairs than the minimum"),
        ([], [], "a mentee has fewer pairs than the minimum"),
    ],
)
def test_no_matching_breaks_a_rule(rows: list[int], columns: list[int], fault: str) -> None:
    """Pairs that break a rule are refused, and the rule is named."""
    with pytest.raises(ProblemError, match=fault):
        made(PROBLEM, rows, columns)


def test_quotas_are_named_where_they_are_broken() -> None:
    """A quota that is missed or passed stands in the message by its name."""
    quotas = [
        Quota("all of Physics", Pairs.everyone(), at_least=2),
        Quota("none lent", Pairs.between([True, False], [False, True]), at_most=0),
        Quota("one here", Pairs.between([True, True], [True, False]), at_most=1),
    ]
    problem = Problem(np.ones((2, 2)), mentor_capacity=2, quotas=quotas)
    with pytest.raises(ProblemError, match="quota 'all of Physics' wants at least 2 pairs"):
        made(problem, [0], [0])
    with pytest.raises(ProblemError, match="quota 'one here' wants at most 1 pairs, there are 2"):
        made(problem, [0, 1], [0, 0])


def test_pairs_come_in_the_order_of_the_mentees() -> None:
    """Whatever order the pairs were given in, they are told by mentee and then mentor."""
    matching = made(PROBLEM, [2, 0, 1], [1, 0, 1])
    assert matching.rows.tolist() == [0, 1, 2]
    assert matching.columns.tolist() == [0, 1, 1]
    assert matching.pairs.to_dict("list") == {
        "mentee": ["Åsa", "Bo", "Cem"],
        "mentor": ["Eva", "Fia", "Fia"],
        "score": [9.0, 7.0, 6.0],
    }


@pytest.mark.parametrize(
    "ids", [[1, "a"], [True, 2], [1, 2.5], [True, False], [(1, 2), "a"], ["a", b"a"]]
)
def test_ids_of_mixed_kinds_stay_as_they_are(ids: list[Any]) -> None:
    """No number becomes text, and no whole number a float, in the table of pairs."""
    matching = solve(Problem(np.eye(2), mentee_ids=ids, mentor_ids=ids))
    for side in ("mentee", "mentor"):
        found = matching.pairs[side].tolist()
        assert found == ids
        assert [type(one) for one in found] == [type(one) for one in ids]


def test_figures_follow_from_the_pairs() -> None:
    """Total, coverage, loads and who is left over are read off the pairs."""
    matching = solve(PROBLEM)
    assert len(matching) == 3
    assert (matching.total, matching.bound, matching.gap) == (22.0, 22.0, 0.0)
    assert (matching.coverage, matching.coverage_bound, matching.status) == (3, 3, "optimal")
    assert matching.mentor_loads.tolist() == [1, 2, 0]
    assert matching.unmatched_mentees == ("Dag",)
    assert matching.unmatched_mentors == ("Gun",)
    assert matching.mentor_prices.shape == (3,)
    assert matching.quota_prices.shape == (2,)
    assert repr(matching) == "Matching(3 pairs, 3 of 4 mentees, total 22, optimal)"


def test_a_poor_matching_says_how_far_it_is_from_its_bound() -> None:
    """Pairs built by hand are feasible, with the gap that their prices leave."""
    matching = made(Problem([[9, 4, 1]]), [0], [1])
    assert (matching.status, matching.total, matching.bound, matching.gap) == (
        "feasible",
        4.0,
        9.0,
        5.0,
    )
    assert matching.coverage_bound == 1
    assert "feasible" in repr(matching)


def test_a_price_of_coverage_is_what_the_last_one_matched_cost_the_others() -> None:
    """Matching the second mentee costs the first her better mentor, and the price says so."""
    problem = Problem([[9, 1], [1, -np.inf]])
    assert solve(problem, "highest total").total == 9
    matching = solve(problem, "most people")
    assert (matching.coverage, matching.total) == (2, 2.0)
    assert matching.coverage_price == 7.0
    assert solve(problem, "highest total").coverage_price == 0


def test_a_quota_that_binds_has_a_price() -> None:
    """A ceiling charges, a floor pays, and an idle rule does neither."""
    everyone = [True, True]
    problem = Problem(
        [[9, 1], [1, 9]],
        quotas=[
            Quota("one of the good", Pairs.listed([(0, 0), (1, 1)]), at_most=1),
            Quota("idle", Pairs.between(everyone, everyone), at_most=5),
        ],
    )
    assert solve(problem, "highest total").quota_prices.tolist()[1] == 0
    assert solve(problem, "highest total").quota_prices.tolist()[0] < 0
    floor = Quota("one of the poor", Pairs.listed([(0, 1), (1, 0)]), at_least=2)
    assert solve(Problem([[9, 1], [1, 9]], quotas=[floor])).quota_prices[0] > 0


def test_nothing_in_a_matching_can_be_changed() -> None:
    """Fields and arrays are frozen."""
    matching = solve(PROBLEM)
    with pytest.raises(FrozenInstanceError):
        matching.seed = 3  # type: ignore[misc]
    for array in (matching.rows, matching.columns):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(TypeError):
        matching.proofs["total"] = IDLE  # type: ignore[index]


def test_the_callers_arrays_stay_the_callers() -> None:
    """What a matching was built of can be changed afterwards without changing it."""
    rows, columns = np.array([0, 2]), np.array([0, 1])
    matching = made(PROBLEM, rows, columns)
    rows[0], columns[0] = 3, 2
    assert matching.rows.tolist() == [0, 2]
    assert matching.columns.tolist() == [0, 1]


def test_the_graph_has_ids_as_nodes() -> None:
    """Everybody is a node on her side, matched or not, and pairs are edges with scores."""
    matching = solve(PROBLEM)
    graph = matching.to_networkx()
    sides = dict(graph.nodes(data="bipartite"))
    assert sides == {"Åsa": 0, "Bo": 0, "Cem": 0, "Dag": 0, "Eva": 1, "Fia": 1, "Gun": 1}
    assert graph.edges["Åsa", "Eva"] == {"score": 9.0}
    assert graph.number_of_edges() == 3
    assert nx.is_bipartite(graph)
    assert graph.degree["Dag"] == 0


@pytest.mark.parametrize("ids", [None, ["a", "b"]])
def test_colliding_ids_become_pairs_of_side_and_id(ids: list[str] | None) -> None:
    """Where a mentee and a mentor share an id, neither disappears from the graph."""
    problem = Problem([[1, 2], [3, 1]], mentee_ids=ids, mentor_ids=ids and ["b", "c"])
    graph = solve(problem).to_networkx()
    mentees, mentors = problem.mentee_ids or (), problem.mentor_ids or ()
    assert dict(graph.nodes(data="bipartite")) == {
        **{("mentee", x): 0 for x in mentees},
        **{("mentor", x): 1 for x in mentors},
    }
    assert graph.edges[("mentee", mentees[0]), ("mentor", mentors[1])]["score"] == 2.0
    assert graph.number_of_edges() == 2


def test_edges_carry_the_parts_of_a_score() -> None:
    """Scores that know their parts leave them on the edges."""

    class Parts(Block):
        def pair(self, mentee: Any, mentor: Any) -> SimpleNamespace:
            return SimpleNamespace(parts={"goals": f"{mentee}-{mentor}"})

    graph = solve(Problem(Parts([[0.5]]), mentee_ids=["e"], mentor_ids=["o"])).to_networkx()
    assert graph.edges["e", "o"] == {"score": 0.5, "parts": {"goals": "e-o"}}


def test_an_empty_matching_is_a_matching() -> None:
    """Nobody matched is an empty table and an empty graph, not an error."""
    matching = solve(Problem(np.zeros((0, 2))))
    assert list(matching.pairs.columns) == ["mentee", "mentor", "score"]
    assert (len(matching.pairs), matching.to_networkx().number_of_edges()) == (0, 0)
    assert matching.mentor_prices.tolist() == [0.0, 0.0]
