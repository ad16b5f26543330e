"""The answer to a matching problem: its pairs, with the prices that prove how good they are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching import grid
from mentormatch.matching.blocking import is_stable
from mentormatch.matching.bounds import shortfall
from mentormatch.matching.certificate import broken, reached_by
from mentormatch.matching.problem import Problem
from mentormatch.matching.proofs import UNKNOWN, Ladder, Prices, Proof, Reached, Split

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Matching:
    """The pairs that answer a problem; it cannot be built if they break a rule.

    Parameters
    ----------
    problem : Problem
        The question.
    rows, columns : numpy.ndarray of int, shape (number of pairs,)
        Positions of the mentee and the mentor of each pair, sorted.
    objective : str
        What was asked for.
    stages : tuple of str
        What was optimised, the most important first.
    proofs : mapping of str to Proof
        The prices, or cases, that bound each stage.
    seed : int
        Seed of the lottery that broke ties.
    proved : set of str
        Stages that the solver has proved, so that `status` need not read all scores again;
        `certify` reads them in any case.

    Raises
    ------
    ProblemError
        The pairs break a capacity, a minimum, a ban or a quota.
    """

    problem: Problem
    rows: Ints
    columns: Ints
    objective: str
    stages: tuple[str, ...]
    proofs: Mapping[str, Proof]
    seed: int = 0
    proved: frozenset[str] = frozenset()
    _gaps: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        rows, columns = np.asarray(self.rows, np.int64), np.asarray(self.columns, np.int64)
        keys = (rows << 32) | columns
        if (np.diff(keys) < 0).any():
            order = np.argsort(keys, kind="stable")
            rows, columns = rows[order], columns[order]
        for name, array in (("rows", rows.copy()), ("columns", columns.copy())):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "proofs", MappingProxyType(dict(self.proofs)))
        self._gaps.update(dict.fromkeys(self.proved, 0))
        if faults := broken(self.problem, self.rows, self.columns):
            raise ProblemError("this is no matching of the problem: " + "; ".join(faults))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Table of the pairs: ``mentee``, ``mentor`` (ids) and ``score``, in the mentees' order."""
        import pandas as pd  # noqa: PLC0415  (numbers alone should not wait for pandas)

        mentees, mentors = self.problem.mentee_ids or (), self.problem.mentor_ids or ()
        return pd.DataFrame(
            {
                "mentee": _column([mentees[i] for i in self.rows]),
                "mentor": _column([mentors[j] for j in self.columns]),
                "score": np.ldexp(self._values.astype(np.float64), -self.problem.bits),
            }
        )

    @property
    def total(self) -> float:
        """Sum of the pairs' scores."""
        return grid.from_grid(self.score_steps, self.problem.bits)

    @property
    def bound(self) -> float:
        """Proven upper bound on the total of every matching that does as well in earlier stages.

        Infinite for a stable matching, which has no prices.
        """
        found = self._gap("total")
        if found == UNKNOWN:
            return float("inf")
        return grid.from_grid(found + self.score_steps, self.problem.bits)

    @property
    def gap(self) -> float:
        """Distance from the total to its bound, in units of score; 0 is proved optimal."""
        return self.bound - self.total

    @property
    def coverage(self) -> int:
        """Number of mentees who have a mentor."""
        return len(np.unique(self.rows))

    @property
    def coverage_bound(self) -> int:
        """Proven upper bound on the number of mentees matched (all, if nobody counted them)."""
        if "coverage" not in self.stages:
            return self.problem.shape[0]
        found = self._gap("coverage")
        return self.problem.shape[0] if found == UNKNOWN else found + self.coverage

    @property
    def lowest(self) -> float | None:
        """Lowest score of a pair, None where there is no pair."""
        return grid.from_grid(int(self._values.min()), self.problem.bits) if len(self) else None

    @property
    def kept(self) -> int:
        """Number of announced pairs that are pairs still."""
        return int(self.problem.announced.at(self.rows, self.columns).sum())

    @property
    def status(self) -> str:
        """``"optimal"`` if every stage is proved, else ``"feasible"``: `gap` says how far.

        A stable matching is proved by reading every pair: none blocks it.
        """
        return "feasible" if self.unproved else "optimal"

    @property
    def unproved(self) -> tuple[str, ...]:
        """Stages of the objective that are not proved, the most important first."""
        return tuple(stage for stage in self.stages if self._gap(stage) != 0)

    @property
    def mentor_prices(self) -> Floats:
        """Price of one place at each mentor, shape (m,), in units of score.

        In problems solved in memory without quotas it is the lowest price that proves the optimum,
        and so what one more place there would add to the total.
        """
        return self._in_scores("mentors")

    @property
    def quota_prices(self) -> Floats:
        """What each quota pays (> 0) or charges (< 0) for a pair, shape (number of quotas,)."""
        return self._in_scores("quotas")

    @property
    def coverage_price(self) -> float:
        """Score that the last mentees matched cost the others; 0 if nobody pays for coverage."""
        prices = self.root_prices("total")
        return grid.from_grid(prices.coverage, self.problem.bits + prices.fine)

    def root_prices(self, stage: str) -> Prices:
        """Return the prices of the whole problem; of a proof by cases, those before any case."""
        if stage not in self.proofs:
            raise ValueError(f"the objective {self.objective!r} has no prices for {stage!r}")
        proof = self.proofs[stage]
        if isinstance(proof, Ladder):
            raise ValueError(f"the stage {stage!r} has prices for each score, see its rungs")
        return proof.prices if isinstance(proof, Split) else proof

    @property
    def unmatched_mentees(self) -> tuple[Hashable, ...]:
        """Ids of the mentees without a mentor."""
        return _others(self.problem.mentee_ids or (), self.rows)

    @property
    def unmatched_mentors(self) -> tuple[Hashable, ...]:
        """Ids of the mentors without a mentee."""
        return _others(self.problem.mentor_ids or (), self.columns)

    @property
    def mentor_loads(self) -> Ints:
        """Number of mentees of each mentor, shape (m,)."""
        return np.bincount(self.columns, minlength=self.problem.shape[1]).astype(np.int64)

    def to_networkx(self) -> nx.Graph:
        """Return the pairs as a bipartite graph.

        Nodes are the ids, with ``bipartite=0`` for mentees and ``1`` for mentors. Where a mentee
        and a mentor share an id, every node is ``("mentee", id)`` or ``("mentor", id)`` instead.
        Edges carry ``score``, and ``parts`` where the scores have parts.
        """
        import networkx as nx  # noqa: PLC0415  (only those who ask for a graph need it)

        graph = nx.Graph()
        mentees, mentors = self.problem.mentee_ids or (), self.problem.mentor_ids or ()
        plain = not set(mentees) & set(mentors)
        graph.add_nodes_from((x if plain else ("mentee", x) for x in mentees), bipartite=0)
        graph.add_nodes_from((x if plain else ("mentor", x) for x in mentors), bipartite=1)
        scores = self.problem.scores
        for i, j, score in zip(self.rows, self.columns, self.pairs["score"].tolist(), strict=True):
            a, b = mentees[i], mentors[j]
            extra: dict[str, Any] = {}
            if callable(getattr(scores, "pair", None)):
                extra["parts"] = dict(scores.pair(a, b).parts)
            ends = (a, b) if plain else (("mentee", a), ("mentor", b))
            graph.add_edge(*ends, score=score, **extra)
        return graph

    @cached_property
    def _values(self) -> Ints:
        return self.problem.values_at(self.rows, self.columns)[0]

    @property
    def score_steps(self) -> int:
        """Sum of the pairs' scores in whole steps of the grid."""
        return int(self._values.sum())

    @property
    def reached(self) -> dict[str, Any]:
        """What each stage of the objective reached, the most important first.

        Mentees matched, announced pairs, points of a count and of ``spread`` as whole numbers, the
        total and the lowest score in steps of the grid; the lowest share as a fraction, the lowest
        mean in units of the problem's; for ``leximin`` each score and how many pairs have it. None
        where nothing was there to be counted. Empty for a stable matching.
        """
        if self.stages == ("stable",):
            return {}
        return {stage: value for stage, (_, value) in self._reached.items()}

    @cached_property
    def _reached(self) -> dict[str, tuple[Reached, Any]]:
        """What the earlier stages reached, and what each stage itself did."""
        read = reached_by(self.problem, self.stages, self.rows, self.columns, self._values)
        return {stage: (reached, value) for stage, reached, value in read}

    def bounded_by(self, gaps: Mapping[str, int]) -> None:
        """Note how far stages may be from the best, in steps, where a search has proved that."""
        for stage, gap in gaps.items():
            if stage in self.stages:
                self._gaps.setdefault(stage, gap)

    def _gap(self, stage: str) -> int:
        if stage not in self._gaps and stage == "stable":
            blocked = not is_stable(self.problem, self.rows, self.columns)
            self._gaps[stage] = UNKNOWN if blocked else 0
        if stage not in self._gaps:
            if stage not in self.proofs:
                return UNKNOWN
            found = shortfall(self.problem, self.proofs[stage], stage, *self._reached[stage])
            # A proof that rules out this very matching is no proof.
            self._gaps[stage] = UNKNOWN if found < 0 or found > UNKNOWN // 2 else found
        return self._gaps[stage]

    def _in_scores(self, what: str) -> Floats:
        prices = self.root_prices("total")
        steps: Ints = getattr(prices, what)
        return np.ldexp(steps.astype(np.float64), -self.problem.bits - prices.fine)

    def __repr__(self) -> str:
        return (
            f"Matching({len(self)} pairs, {self.coverage} of {self.problem.shape[0]} mentees, "
            f"total {self.total:.6g}, {self.status})"
        )


def _column(ids: list[Hashable]) -> pd.Series[Any]:
    """Return ids as a column in which each stays as it is: text, whole numbers, or any objects."""
    import pandas as pd  # noqa: PLC0415  (numbers alone should not wait for pandas)

    kinds = {type(one) for one in ids}
    plain = kinds <= {str} or kinds <= {int} or all(issubclass(one, np.integer) for one in kinds)
    return pd.Series(ids) if plain else pd.Series(ids, dtype=object)


def _others(ids: tuple[Hashable, ...] | Any, taken: Ints) -> tuple[Hashable, ...]:
    free = np.ones(len(ids), np.bool_)
    free[taken] = False
    return tuple(ids[k] for k in np.flatnonzero(free))
