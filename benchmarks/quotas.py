"""How long `solve` takes under quotas between departments, next to HiGHS on the dense program.

Every row solves one made-up cohort: ours to the proven optimum, HiGHS (through SciPy) its linear
program over all pairs, and the integer program without any gap. Both peers are told how many people
can be matched, and so get half of the work for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import finish, heading, keep, options, sure, table, timed
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

import mentormatch as mm
from mentormatch.matching.encodings import Encodings

DEPARTMENTS = 8
_TEXT, _TAGS, _TOPICS = 32, 40, 60
_FINE = 2**20

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """A row: what is asked, of how many, and how close is close enough."""

    rules: str
    n: int
    m: int
    close: float = 0.0  # relative gap at which to stop; 0: the optimum

    @property
    def name(self) -> str:
        """How the row is called."""
        goal = f", within {self.close:g}" if self.close else ""
        return f"{self.rules}, {self.n} x {self.m}{goal}"


def main() -> None:
    parser = options(__doc__ or "", repeats=1)
    parser.add_argument("--rows", nargs="+", default=["table", "issue"], choices=list(ROWS))
    parser.add_argument("--only", nargs="+", default=[], help="kinds of rules: A, B, C, ...")
    parser.add_argument("--sizes", nargs="+", type=int, default=[], help="numbers of mentees")
    parser.add_argument("--seed", type=int, default=1, help="seed of the cohorts")
    parser.add_argument("--lp", type=int, default=250_000, help="most pairs of a dense LP")
    parser.add_argument("--milp", type=int, default=40_000, help="most pairs of a dense MILP")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds for a dense MILP")
    asked = parser.parse_args()
    heading("Solving under quotas", seed=asked.seed, repeats=asked.repeats)
    mm.solve(problem(Case("B", 500, 500), 0))  # compiled code is loaded
    rows: list[tuple[object, ...]] = []
    figures: list[dict[str, Any]] = []
    for case in (case for name in asked.rows for case in ROWS[name]):
        if asked.only and case.rules not in asked.only:
            continue
        if asked.sizes and case.n not in asked.sizes:
            continue
        row = run(case, asked)
        figures.append(row)
        rows.append(tuple(row[key] if row[key] is not None else "-" for key in COLUMNS))
        print(dict(row), flush=True)
    print("\nall valid; optimal where no gap was allowed; never above a peer's bound\n")
    table(COLUMNS, rows)
    keep(asked.json, {"seed": asked.seed, "repeats": asked.repeats, "cases": figures})


COLUMNS = ("problem", "ours", "status", "gap", "LP", "ours / LP", "MILP", "ours / MILP")

ROWS: dict[str, list[Case]] = {
    "table": [
        Case(rules, n, n)
        for rules, sizes in (("A", (200, 500, 1000, 2000)), ("B", (200, 500, 1000, 2000)))
        for n in sizes
    ]
    + [Case("C", 200, 200), Case("C", 500, 500, 2.7e-4), Case("C", 500, 500)],
    "issue": [
        Case("caps", 1000, 400, 1e-4),
        Case("caps", 1000, 400),
        Case("B", 5000, 5000, 1e-4),
        Case("B", 5000, 5000),
    ],
    "large": [Case("closed", 20_000, 20_000, 1e-3), Case("closed", 50_000, 50_000, 1e-3)],
}


def run(case: Case, asked: Any) -> dict[str, Any]:
    """Solve a case with all that can; make sure that results agree."""
    asks = problem(case, asked.seed)
    best = mm.solve(asks) if case.close and case.n <= 5000 else None
    scale = best.total if best else 0.5 * min(asks.shape)
    ours = []
    for _ in range(asked.repeats):
        seconds, matching = timed(lambda: mm.solve(asks, gap=case.close * scale))
        ours.append(seconds)
    if case.n <= 5000:
        proof = mm.certify(asks, matching)
        sure(proof.valid, f"{case.name}: {proof}")
        sure(proof.gap == matching.gap, f"{case.name}: the gap is {proof.gap}")
        sure(bool(case.close) or proof.optimal, f"{case.name}: {proof}")
    gap = matching.gap / max(matching.total, 1e-9)
    sure(gap <= max(case.close, 0.0) * 1.001, f"{case.name}: the gap is {gap}")
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {"problem": case.name, "ours": float(np.median(ours)), "status": matching.status}
    row["gap"] = f"{gap:.1e}" if gap else "0"
    cells = case.n * case.m
    if cells <= asked.lp and not case.close:
        seconds, most = timed(dense(asks, matching.coverage, None))
        row["LP"], row["ours / LP"] = seconds, f"{row['ours'] / seconds:.3f}"
        total = matching.total * _FINE
        sure(most is not None and most > total - 1, f"{case.name}: the LP's bound is {most}")
    if cells <= asked.milp and not case.close:
        seconds, most = timed(dense(asks, matching.coverage, asked.patience))
        row["MILP"], row["ours / MILP"] = seconds, f"{row['ours'] / seconds:.3f}"
        if most is not None:
            sure(round(most) == round(total), f"{case.name}: the MILP's total is {most}")
        else:
            row["ours / MILP"] = f"{row['ours'] / seconds:.3f}, not proved"
    return row


def problem(case: Case, seed: int) -> mm.Problem:
    """Return people with profiles of 80 numbers, in departments of unequal size, and their rules.

    ``A``: at least 80 % of all that can have a mentor have one of their own department. ``B``: the
    same, and each department lends at most 12 % of its mentors. ``C``: a minimum and a maximum for
    every pair of departments. ``caps``: five departments' mentors take a third of the mentees that
    would be their share, and a tenth of all pairs at most lies within departments. ``closed``: four
    departments are closed to all others, four lend at most 12 % of their mentors.
    """
    n, m = case.n, case.m
    rng = np.random.default_rng([seed, n, m])
    share = np.array([0.2, 0.18, 0.15, 0.13, 0.11, 0.1, 0.08, 0.05])
    ours = rng.choice(DEPARTMENTS, n, p=share)
    theirs = rng.choice(DEPARTMENTS, m, p=0.5 * share + 0.5 / DEPARTMENTS)
    topics = rng.normal(size=(_TOPICS, _TEXT))
    fit = Encodings(_side(rng, n, ours, topics), _side(rng, m, theirs, topics))
    capacity = np.full(m, 1 if m >= n else 3)
    same = mm.Pairs.same(ours, theirs)
    quotas = []
    if case.rules in ("A", "B"):
        least = int(0.8 * min(n, int(capacity.sum())))
        inside = sum(
            min(int((ours == k).sum()), int(capacity[theirs == k].sum()))
            for k in range(DEPARTMENTS)
        )
        quotas.append(mm.Quota("within", same, at_least=min(least, inside)))
    for k in range(DEPARTMENTS):
        places = int(capacity[theirs == k].sum())
        lent = mm.Pairs.between(ours != k, theirs == k)
        if case.rules == "B" or (case.rules == "closed" and k >= 4):
            quotas.append(mm.Quota(f"lent by {k}", lent, at_most=int(0.12 * places)))
        elif case.rules == "closed":
            closed = lent | mm.Pairs.between(ours == k, theirs != k)
            quotas.append(mm.Quota(f"{k} is closed", closed, at_most=0))
        elif case.rules == "caps" and k < 5:
            every = mm.Pairs.between(np.ones(n, bool), theirs == k)
            most = int(0.3 * n * (theirs == k).mean())
            quotas.append(mm.Quota(f"mentors of {k}", every, at_most=most))
        elif case.rules == "C":
            for g in range(DEPARTMENTS):
                usual = float((ours == g).sum() * (theirs == k).mean())
                low, high = (1.5, 3.0) if g == k else (0.3, 0.9)
                cell = mm.Pairs.between(ours == g, theirs == k)
                bounds = {"at_least": int(low * usual), "at_most": int(high * usual) + 1}
                quotas.append(mm.Quota(f"{g} by {k}", cell, **bounds))
    if case.rules == "caps":
        quotas.append(mm.Quota("within", same, at_most=n // 10))
    return mm.Problem(fit, mentor_capacity=capacity, quotas=quotas)


def _side(
    rng: np.random.Generator, size: int, groups: Ints, topics: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return encodings: clustered text, tags of skewed popularity, and the department."""
    text = topics[rng.integers(0, len(topics), size)] + 0.7 * rng.normal(size=(size, _TEXT))
    text /= np.linalg.norm(text, axis=1, keepdims=True)
    tags = (rng.random((size, _TAGS)) < 1.4 / np.arange(2, _TAGS + 2) ** 0.8).astype(float)
    tags /= np.maximum(np.linalg.norm(tags, axis=1, keepdims=True), 1.0)
    own = np.eye(DEPARTMENTS)[groups]
    parts = [np.sqrt(0.5) * text, np.sqrt(0.4) * tags, np.sqrt(0.1) * own]
    return np.concatenate(parts, axis=1).astype(np.float32)


def dense(asks: mm.Problem, people: int, patience: float | None) -> Callable[[], float | None]:
    """Return a call of HiGHS on all pairs: its LP, or its MILP with patience; in whole steps."""
    n, m = asks.shape
    values, possible = asks.values(np.arange(n))
    i, j = np.nonzero(possible)
    p = len(i)
    parts = [
        sparse.csr_array((np.ones(p), (i, np.arange(p))), shape=(n, p)),
        sparse.csr_array((np.ones(p), (j, np.arange(p))), shape=(m, p)),
        sparse.csr_array(np.ones((1, p))),
    ]
    low, high = [np.zeros(n), np.zeros(m), [people]], [np.ones(n), asks.mentor_capacity, [people]]
    for quota in asks.quotas:
        parts.append(sparse.csr_array(quota.pairs.at(i, j)[None].astype(float)))
        low.append([quota.at_least])
        high.append([p if quota.at_most is None else quota.at_most])
    least, most = np.concatenate(low).astype(float), np.concatenate(high).astype(float)
    matrix, worth = sparse.csr_array(sparse.vstack(parts)), values[i, j].astype(float)

    def relaxed() -> float | None:
        both = sparse.vstack([matrix, -matrix[least > 0]])
        limits = np.concatenate([most, -least[least > 0]])
        found = linprog(-worth, A_ub=both, b_ub=limits, bounds=(0, None))
        return None if found.x is None else -float(found.fun)

    def whole() -> float | None:
        found = milp(
            -worth,
            integrality=np.ones(p),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, least, most),
            options={"mip_rel_gap": 0.0, "time_limit": patience},
        )
        return -float(found.fun) if found.status == 0 else None

    return relaxed if patience is None else whole


if __name__ == "__main__":
    finish(main)
