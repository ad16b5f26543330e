"""Circles of people who may meet nobody outside: each is a problem by itself, solved side by side.

Where departments are closed, the best matching of all is the best one of each. The answers are put
together with one price of coverage: with the prices of people, any pay that is not too low proves
the total.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from numbers import Integral
from threading import Event, Lock

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mentormatch.matching import grid
from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota
from mentormatch.matching.proofs import Prices, Proof
from mentormatch.matching.solvers.answer import Answer
from mentormatch.matching.solvers.bans import Bans
from mentormatch.matching.solvers.cover import circles
from mentormatch.matching.solvers.farm import Workers, is_local
from mentormatch.matching.solvers.watch import Stopped, Watch

Ints = NDArray[np.int64]

#: From so many cells on, circles are solved apart.
LARGE = 2**22
Solver = Callable[[Problem, Watch], "Answer | None"]


def solve_apart(
    problem: Problem, stages: tuple[str, ...], n_jobs: Workers, watch: Watch, solve: Solver
) -> Answer | None:
    """Return the best matching of a problem that falls apart; None if it does not, or is small.

    Parameters
    ----------
    problem : Problem
        With nothing but bans beside the capacities.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    n_jobs : int
        Circles that are solved at a time. With a cluster, rows are dealt out instead.
    watch : Watch
        Told how far it is; may stop the search.
    solve : callable
        Solves one circle, given a watch of its own; None if it cannot.
    """
    n, m = problem.shape
    if not isinstance(problem.scores, Encodings) or n * m < LARGE:
        return None
    if not isinstance(n_jobs, Integral) or not is_local(n_jobs):
        return None
    bans = Bans(problem)
    parts = _parts(problem, bans)
    if len(parts) < 2:
        return None
    threads = min(effective_n_jobs(int(n_jobs)), len(parts))
    told = _Told(watch, problem, sum(part.most for part in parts))
    answers: list[Answer | None] = [None] * len(parts)

    def one(k: int) -> None:
        part = parts[k]
        sub, share = part.taken(problem, bans), told.share(part)
        answers[k] = told.done(part, sub, solve(sub, share), share)

    # The largest first, so that none is left for the end.
    order = sorted(range(len(parts)), key=lambda k: -parts[k].cells)
    if threads == 1:
        for k in order:
            one(k)
    else:
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
            jobs = [pool.submit(one, k) for k in order]
            try:
                for job in jobs:
                    job.result()
            except KeyboardInterrupt:
                told.over.set()
            except BaseException:
                told.over.set()
                raise
    found = [answer for answer in answers if answer is not None]
    return _together(problem, stages, parts, found) if len(found) == len(parts) else None


@dataclass(frozen=True, eq=False)
class _Part:
    """The people of one circle."""

    rows: Ints
    columns: Ints
    most: int  # no matching has more pairs

    @property
    def cells(self) -> int:
        return len(self.rows) * len(self.columns)

    def taken(self, problem: Problem, bans: Bans) -> Problem:
        """Return the circle as a problem by itself, with the same scores and ids."""
        rows, columns = self.rows, self.columns
        (left, left_kinds), (right, right_kinds) = (
            np.unique(codes, return_inverse=True)
            for codes in (bans.row_kinds[rows], bans.col_kinds[columns])
        )
        across = Pairs.cells(left_kinds, right_kinds, ~bans.table[np.ix_(left, right)])
        at = np.searchsorted(rows, bans.banned_i).clip(max=len(rows) - 1)
        mine = rows[at] == bans.banned_i
        if mine.any():
            beside = np.searchsorted(columns, bans.banned_j[mine])
            across = across | Pairs.listed(np.stack([at[mine], beside], axis=1))
        banned = bool(across.table.any() or len(across.exceptions))
        mentees, mentors = problem.mentee_ids or (), problem.mentor_ids or ()
        return Problem(
            problem.scores.taken(rows, columns),
            mentor_capacity=problem.mentor_capacity[columns],
            mentee_demand=problem.mentee_demand[rows],
            quotas=[Quota("", across, at_most=0)] if banned else [],
            minimum_score=problem.minimum_score,
            mentee_ids=[mentees[i] for i in rows.tolist()],
            mentor_ids=[mentors[j] for j in columns.tolist()],
        )


def _parts(problem: Problem, bans: Bans) -> list[_Part]:
    """Return the circles in which anybody may meet anybody."""
    rows, columns = circles(bans, *problem.shape)
    size = int(max(rows.max(initial=-1), columns.max(initial=-1))) + 1
    sides = []
    for labels in (rows, columns):
        ends = np.cumsum(np.bincount(labels, minlength=size))
        sides.append(np.split(np.argsort(labels, kind="stable"), ends[:-1]))
    found = []
    for left, right in zip(*sides, strict=True):
        people = int((problem.mentee_demand[left] > 0).sum())
        most = min(people, int(np.minimum(problem.mentor_capacity[right], len(left)).sum()))
        if most:
            found.append(_Part(left, right, most))
    return found


@dataclass
class _Told:
    """What is known of all circles together, for those who watch."""

    watch: Watch
    problem: Problem
    left: int  # pairs at most in circles that are not done
    total: int = 0
    bound: int = 0
    read: float = 0.0
    count: int = 0
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def share(self, part: _Part) -> _Share:
        """Return the watch of one circle, which may leave its share of the gap."""
        whole = self.watch
        gap = whole.gap * part.most / max(self.problem.most_pairs, 1)
        return _Share(whole.seconds, gap, None, whole.bits, len(part.columns)).of(whole, self.over)

    def done(
        self, part: _Part, sub: Problem, answer: Answer | None, share: _Share
    ) -> Answer | None:
        """Note what one circle came to, tell it, and let nobody begin another if it is over."""
        if answer is None or not (answer.proved or share.met):
            self.over.set()  # interrupted, or no time is left
        if answer is None:
            return None
        try:
            with self.lock:
                self._note(part, sub, answer)
        except Stopped:
            self.over.set()
        return answer

    def _note(self, part: _Part, sub: Problem, answer: Answer) -> None:
        rows = np.flatnonzero(answer.match >= 0)
        self.total += int(sub.values_at(rows, answer.match[rows])[0].sum())
        self.left -= part.most
        self.count += 1
        self.read += answer.read * part.cells / max(self.problem.shape[0], 1)
        largest = int(np.ceil(self.problem.scores.largest * 2.0**grid.SCORE_BITS)) + 1
        bound = self.total + largest * self.left
        if self.watch.listens and not self.over.is_set():
            self.watch.report(self.count, self.total, bound, self.read)


class _Share(Watch):
    """Looks at the time of the whole, and whether it is over."""

    whole: Watch
    over: Event

    def of(self, whole: Watch, over: Event) -> _Share:
        self.whole, self.over = whole, over
        return self

    def look(self) -> None:
        if self.over.is_set():
            raise Stopped
        self.whole.look()


def _together(
    problem: Problem, stages: tuple[str, ...], parts: list[_Part], answers: list[Answer]
) -> Answer:
    """Put the answers of all circles together."""
    n, m = problem.shape
    proved = all(answer.proved for answer in answers)
    totals = [_plain(answer.proofs["total"]) for answer in answers]
    # What circles without a proof would have to pay nobody knows.
    pay = max(total.coverage for total in totals) if proved else 0
    largest = int(np.ceil(problem.scores.largest * 2.0**grid.SCORE_BITS)) + 1
    match, mentees = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    people, scores = np.zeros(m, np.int64), np.zeros(m, np.int64)
    for part, answer, total in zip(parts, answers, totals, strict=True):
        mine = answer.match >= 0
        match[part.rows[mine]] = part.columns[answer.match[mine]]
        covered = np.zeros(len(part.columns), np.int64)
        if "coverage" in answer.proofs:
            covered = _plain(answer.proofs["coverage"]).mentors
        people[part.columns] = covered
        # With more pay for a person, places that cost a person cost as much more.
        more = pay - total.coverage
        scores[part.columns] = np.maximum(total.mentors + more * covered, 0)
        mentees[part.rows] = answer.mentees
        mentees[part.rows[mine]] += more * (1 - covered[answer.match[mine]])
    closed = problem.mentor_capacity == 0
    none = np.zeros(len(problem.quotas), np.int64)
    proofs: dict[str, Proof] = {}
    if "coverage" in stages:
        proofs["coverage"] = Prices(np.where(closed, 1, people), none)
    proofs["total"] = Prices(np.where(closed, largest + pay, scores), none, pay)
    read = sum(answer.read * part.cells for part, answer in zip(parts, answers, strict=True))
    gaps = {
        stage: sum(answer.gaps.get(stage, 0) for answer in answers)
        for stage in stages
        if not proved and all(answer.proved or stage in answer.gaps for answer in answers)
    }
    return Answer(match, proofs, proved, read / max(n * m, 1), mentees, gaps=gaps)


def _plain(proof: Proof) -> Prices:
    if not isinstance(proof, Prices):
        raise TypeError("circles are proved by prices")
    return proof
