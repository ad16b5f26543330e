"""How long `solve` takes on matrices that fit in memory, next to the peers that can say the same.

Every row solves the same problem with both, in turns, and compares the optimum to the last unit:
scores are whole multiples of 2**-20, so totals are exact whoever adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import finish, heading, keep, middle, options, sure, table, timed
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

import mentormatch as mm

FINE = 2**20
DEPARTMENTS = 4
#: Largest side of which the dense program is asked.
DENSE = 100

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A problem of ours, and a peer's exact total of the same one, in units of 1 / FINE."""

    name: str
    n: int
    problem: mm.Problem
    peer_name: str = ""
    peer: Callable[[], int] | None = None


def main() -> None:
    parser = options(__doc__ or "", repeats=5)
    parser.add_argument("--seed", type=int, default=1, help="seed of the scores")
    asked = parser.parse_args()
    heading("Solving small problems", seed=asked.seed, repeats=asked.repeats)
    rows: list[tuple[object, ...]] = []
    figures: list[dict[str, Any]] = []
    for case in cases(asked.seed):
        ours, peers, total = run(case, asked.repeats)
        row: dict[str, Any] = {"problem": case.name, "n": case.n, "total": total, "ours": ours}
        if peers:
            row |= {"peer": case.peer_name, "peer_seconds": peers}
            row["ratio"] = ours["median"] / peers["median"]
        figures.append(row)
        ratio = f"{row['ratio']:.2g}" if peers else "-"
        theirs = peers["median"] if peers else "-"
        rows.append(
            (case.name, case.n, ours["median"], ours["min"], case.peer_name or "-", theirs, ratio)
        )
    print("all optimal and certified; the optimum is the peer's wherever there is one\n")
    table(("problem", "n", "ours", "our min", "peer", "peer's", "ours / peer's"), rows)
    keep(asked.json, {"seed": asked.seed, "repeats": asked.repeats, "cases": figures})


def cases(seed: int) -> list[Case]:
    """Return all problems: n mentees and n mentors, every score drawn evenly from [0, 1)."""
    found: list[Case] = []
    for n in (200, 500, 1000):
        scores = _scores(n, seed)
        found.append(
            Case("one each", n, mm.Problem(scores), "linear_sum_assignment", _assigned(scores))
        )
    for n in (DENSE, 200, 300):
        scores = _scores(n, seed)
        twice = mm.Problem(scores, mentor_capacity=2, mentee_demand=2)
        ruled = mm.Problem(scores, quotas=_quotas(n))
        for name, problem, each in (("two each", twice, 2), ("quotas", ruled, 1)):
            dense = _program(scores, each, problem.quotas) if n <= DENSE else None
            found.append(Case(name, n, problem, "dense milp" if dense else "", dense))
    return found


def run(case: Case, repeats: int) -> tuple[dict[str, float], dict[str, float] | None, float]:
    """Solve a case with both, in turns; return their times and the total, once all is right."""
    ours, peers = [], []
    for _ in range(repeats):
        seconds, matching = timed(lambda: mm.solve(case.problem))
        ours.append(seconds)
        where = f"{case.name}, n = {case.n}"
        proof = mm.certify(case.problem, matching)
        sure(matching.status == "optimal", f"{where}: the status is {matching.status}")
        sure(proof.valid and proof.optimal and proof.gap == 0, f"{where}: {proof}")
        # Only then is the highest total what "most people" asks for, too.
        sure(matching.coverage == case.n, f"{where}: somebody has no mentor")
        if case.peer is not None:
            seconds, total = timed(case.peer)
            peers.append(seconds)
            sure(total == round(matching.total * FINE), f"{where}: the peer's total is {total}")
    return middle(ours), middle(peers) if peers else None, matching.total


def _scores(n: int, seed: int) -> Scores:
    units = np.random.default_rng([seed, n]).integers(0, FINE, (n, n))
    return units / FINE


def _quotas(n: int) -> list[mm.Quota]:
    """Return bounds between departments: at most 30 % of all pairs across, few lent by each."""
    own = np.arange(n) % DEPARTMENTS
    across = ~mm.Pairs.same(own, own)
    everyone = np.ones(n, np.bool_)
    lent = [
        mm.Quota(
            f"department {k} lends few",
            mm.Pairs.between(everyone, own == k) & across,
            at_most=n // (3 * DEPARTMENTS),
        )
        for k in range(DEPARTMENTS)
    ]
    return [mm.Quota("few pairs across", across, at_most=3 * n // 10), *lent]


def _assigned(scores: Scores) -> Callable[[], int]:
    def solve() -> int:
        i, j = linear_sum_assignment(scores, maximize=True)
        return round(float(scores[i, j].sum()) * FINE)

    return solve


def _program(scores: Scores, each: int, quotas: Sequence[mm.Quota]) -> Callable[[], int]:
    """Return a dense program: a 0-1 variable for every pair, everybody with `each` of them."""
    n = len(scores)
    units = np.rint(scores.ravel() * FINE)

    def solve() -> int:
        ones = np.ones((1, n))
        people = sparse.vstack(
            [sparse.kron(sparse.eye_array(n), ones), sparse.kron(ones, sparse.eye_array(n))]
        )
        limits = [LinearConstraint(people, each, each)]
        for quota in quotas:
            inside = quota.pairs.block(np.arange(n), n).ravel().astype(float)[None, :]
            most = np.inf if quota.at_most is None else quota.at_most
            limits.append(LinearConstraint(sparse.csr_array(inside), quota.at_least, most))
        found = milp(
            -units,
            integrality=np.ones(n * n),
            bounds=Bounds(0, 1),
            constraints=limits,
            options={"mip_rel_gap": 0.0},
        )
        sure(found.success, f"the dense program says: {found.message}")
        return round(float(units[found.x > 0.5].sum()))

    return solve


if __name__ == "__main__":
    finish(main)
