"""The best assignment of large cohorts: priced candidates instead of the whole matrix.

Each mentee begins with her best few mentors. The matching on these candidates comes with prices;
what lies outside them is known to gain no more than a bound that was noted when the mentee's scores
were last read. Only where prices have moved so far that this bound proves nothing are scores read
again. When nothing is in doubt any more, the matching is best among all pairs (column generation:
Gilmore and Gomory 1961; shortest augmenting paths: Tomizawa 1971, Edmonds and Karp 1972). Memory
grows with the candidates and one block of scores.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching import grid
from mentormatch.matching.certificate import Prices, Proof
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.master import Master
from mentormatch.matching.solvers.readers import reader_of
from mentormatch.matching.solvers.tiles import NOTHING, Found, Reader
from mentormatch.matching.solvers.watch import FREE, Stopped, Watch

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: From so many cells on, candidates are quicker than the whole matrix even if compiled code has to
#: be loaded first; once it is loaded they are quicker for smaller problems, too.
LARGE = 2**17
_SMALL = 2**10
#: Up to so many cells prices are made the lowest possible, which reads all scores once more.
LOWEST = 2**22
_FIRST, _AGAIN, _MOST = 24, 48, 192
_FAR = 2**60
_MOST_TIES = 2**25
_QUANTILES = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999])


@dataclass(frozen=True, eq=False)
class Answer:
    """Pairs in the problem's order (-1: no mentor) with the prices of every stage.

    `read` is the share of all pairs whose score was read, counted as often as it was.
    """

    match: Ints
    proofs: dict[str, Proof]
    proved: bool
    read: float


def suits(problem: Problem) -> bool:
    """Say whether a problem is large, and an assignment with nothing but bans beside it."""
    n, m = problem.shape
    loaded = "mentormatch.matching.solvers.scans" in sys.modules
    return (
        n * m >= (min(_SMALL, LARGE) if loaded else LARGE)
        and int(problem.mentee_demand.max(initial=0)) <= 1
        and not problem.mentee_minimum.any()
        and not problem.mentor_minimum.any()
        and all(quota.is_ban for quota in problem.quotas)
    )


def solve_large(
    problem: Problem,
    stages: tuple[str, ...],
    seed: int,
    n_jobs: int = 1,
    watch: Watch = FREE,
) -> Answer | None:
    """Return the best matching with its prices, or None if too many pairs tie to draw lots.

    Parameters
    ----------
    problem : Problem
        One that `suits`.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    seed : int
        Seed of the lottery.
    n_jobs : int
        Threads that price pairs; the result does not depend on it.
    watch : Watch
        Told how far it is; may stop the search.

    Raises
    ------
    ProblemError
        The total could be too large to be exact.
    """
    reader = reader_of(problem, n_jobs)
    grid.check_total(np.array([reader.largest]), problem.most_pairs)
    search = _Search(problem, reader, watch)
    small = problem.shape[0] * problem.shape[1] < LOWEST
    none = np.zeros(len(problem.quotas), np.int64)
    nobody = Prices(np.zeros(problem.shape[1], np.int64), none)
    proofs: dict[str, Proof] = {"coverage": nobody} if "coverage" in stages else {}
    proved = False
    try:
        search.settle()
        mentors, pay = search.master.v, 0
        if "coverage" in stages:
            found = _reached(problem, search.master, reader)
            if found is None and small:
                return None  # the solver in memory finds the lowest prices of both stages
            if found is None:
                # People first: a matched mentee outweighs any score.
                search.put_people_first(2 * reader.largest * (problem.most_pairs + 1) + 1)
                search.settle()
                found, mentors, pay = _apart(problem, search)
            proofs["coverage"] = Prices(_closed(problem, found, 1), none)
        match = _draw_lots(problem, search, seed, lead="coverage" in stages)
        if match is None:
            return None
        if small:
            mentors = _lowest(problem, search.master, reader.largest)
        else:
            mentors = _closed(problem, mentors, reader.largest + pay)
        proofs["total"] = Prices(mentors, none, pay)
        proved = True
    except (Stopped, KeyboardInterrupt):
        match = search.master.match.copy()
        if "total" not in proofs:
            mentors = np.maximum(search.master.v, 0) if search.pay == 0 else nobody.mentors
            proofs["total"] = Prices(_closed(problem, mentors, reader.largest), none)
    return Answer(match, proofs, proved, search.read / max(problem.shape[0] * problem.shape[1], 1))


def _lowest(problem: Problem, master: Master, largest: int) -> Ints:
    """Return the lowest prices that prove the matching best, for a problem that fits in memory."""
    from mentormatch.matching.solvers.kernels import lower  # noqa: PLC0415  (compiles)

    steps = problem.steps(np.arange(problem.shape[0]))
    u, v = master.u.copy(), _closed(problem, master.v, largest + 1)
    lower(steps, problem.mentee_demand > 0, u, v, master.match)
    return v


def _closed(problem: Problem, mentors: Ints, price: int) -> Ints:
    """Return the prices with mentors who have no place put out of reach."""
    return np.where(problem.mentor_capacity == 0, price, mentors)


class _Search:
    """Candidates, what is known about all other pairs, and the matching so far.

    Of row i, no possible pair outside its candidates is worth more than ``rest[i]`` above the
    prices in ``bases[base[i]]``; or else, where column j has been read, it is worth no more than
    ``far[j]`` above what the rows had then, ``had[since[j]]``.
    """

    def __init__(self, problem: Problem, reader: Reader, watch: Watch) -> None:
        n, m = problem.shape
        self.reader, self.watch = reader, watch
        self.capacity, self.shape = problem.mentor_capacity, (n, m)
        self.master = Master(n, problem.mentor_capacity)
        self.open = problem.mentee_demand > 0
        self.rest = np.full(n, NOTHING, np.int64)
        self.base = np.zeros(n, np.int64)
        self.bases: list[Ints] = []
        self.far = np.full(m, _FAR, np.int64)
        self.since = np.zeros(m, np.int64)
        self.had: list[Ints] = []
        self.pay, self.read, self.rounds, self.met = 0, 0, 0, False
        self.keep = np.full(n, _FIRST, np.int64)

    def prices(self) -> Ints:
        """Return the prices, with mentors who have no place put out of reach."""
        return np.where(self.capacity > 0, self.master.v, 2**58)

    def _read_rows(self, rows: Ints) -> None:
        """Learn the best pairs of some rows at the present prices."""
        if not len(rows):
            return
        self.watch.look()
        prices = self.prices()
        for keep in np.unique(self.keep[rows]).tolist():
            mine = rows[self.keep[rows] == keep]
            found = self.reader.best(mine, prices, keep)
            self._add(found, prices)
            self.rest[mine] = np.where(found.rest > NOTHING, found.rest + self.pay, NOTHING)
        self.base[rows] = len(self.bases)
        self.bases.append(prices)
        self.keep[rows] = np.minimum(2 * self.keep[rows], _MOST)
        self.read += len(rows) * self.shape[1]

    def _rest_now(self) -> Ints:
        """Return what each row would gain outside its candidates if all prices had moved alike."""
        prices = self.prices()
        risen = np.array([np.median(prices - base) for base in self.bases]).astype(np.int64)
        return self.rest - np.maximum(risen, 0)[self.base]

    def _read_columns(self, columns: Ints, margin: int) -> None:
        """Learn the pairs of some columns that gain more than the rest of their row and a margin.

        What is left out then gains no more than the rest at prices raised by the margin.
        """
        if not len(columns):
            return
        self.watch.look()
        prices = self.prices()
        bar = np.where(self.rest > NOTHING, self.rest - self.pay + margin, NOTHING)
        self._add(self.reader.gaining(columns, prices, bar), prices)
        for base in self.bases:
            base[columns] = prices[columns] + margin
        self.far[columns] = _FAR
        self.read += self.shape[0] * len(columns)

    def _add(self, found: Found, prices: Ints) -> None:
        held = prices[found.j] < 2**58
        i, j, worth = found.i[held], found.j[held], found.worth[held]
        self.master.add(i, j, worth + self.pay if self.pay else worth)

    def settle(self, *, ties: bool = False) -> None:
        """Add candidates until no pair outside would better the matching.

        With `ties`, until none outside would do as well either.
        """
        master = self.master
        if not self.open.any():
            return
        rows, columns, margin, lower = np.flatnonzero(self.open), np.zeros(0, np.int64), 0, 0
        if self.bases:
            rows, columns, margin = self._doubtful(ties)
        while not ties or len(rows) or len(columns):
            self._read_rows(rows)
            self._read_columns(columns, margin)
            if not self.met and self._nearly_done():
                self._meet()
            rest = self._rest_now()
            floor = np.maximum(rest - lower, 0)
            master.improve(np.where(master.match >= 0, np.minimum(floor, master.u), floor))
            self.rounds += 1
            self._report()
            rows, columns, margin = self._doubtful(ties)
            if not len(rows) and not len(columns):
                if self._level():
                    return
                continue
            if self.rounds > 1:
                room = (master.u - self._rest_now())[self.open]
                few = len(room) // 20
                lower = min(max(2 * lower, int(np.partition(room, few)[few]), 1), 2**58)

    def _doubtful(self, ties: bool) -> tuple[Ints, Ints, int]:
        """Return the rows and columns to be read again, the fewest pairs of them that will do."""
        master = self.master
        n, m = self.shape
        prices = self.prices()
        room = master.u - self.rest - int(ties)
        loose = self.open & (master.match < 0) & (master.u > 0) & (self.rest > NOTHING)
        falls = np.array([base - prices for base in self.bases])
        known = self.far < _FAR
        least = -(2**62)
        worst = falls[:, ~known].max(axis=1, initial=least)[self.base]
        if known.any():
            unsure = self._unsure(prices, known, ties)
            other = falls[:, known].max(axis=1, initial=least)[self.base]
            worst = np.where(unsure, np.maximum(worst, other), worst)
        doubt = self.open & ((room < worst) | loose)
        best = float(doubt.sum() * m)
        rows, columns, margin, limit_of = np.flatnonzero(doubt), np.zeros(0, np.int64), 0, 0
        if best == 0:
            return rows, columns, 0
        fall = falls.max(axis=0)
        for limit in np.unique(np.quantile(fall, _QUANTILES, method="nearest")).tolist():
            some = self.open & ((room < np.minimum(worst, limit)) | loose)
            fallen = fall > limit
            cost = float(some.sum() * m)
            if fallen.any():
                cost += self.reader.column_cost * float(fallen.sum() * n)
            if cost < best:
                best, limit_of = cost, int(limit)
                rows, columns = np.flatnonzero(some), np.flatnonzero(fallen)
        if len(columns):
            spare = room[self.open]
            margin = max(limit_of, int(np.partition(spare, len(spare) // 50)[len(spare) // 50]))
            rows = np.flatnonzero(self.open & ((room < np.minimum(worst, margin)) | loose))
        if ties:
            self.keep[rows] = np.minimum(self.keep[rows] * 4, m)
        return rows, columns, margin

    def _unsure(self, prices: Ints, known: Flags, ties: bool) -> Flags:
        """Mark rows that have lost so much that what is known of some column proves nothing."""
        unsure = np.zeros(self.shape[0], np.bool_)
        for k, had in enumerate(self.had):
            mine = known & (self.since == k)
            if mine.any():
                spare = int((prices[mine] - self.far[mine]).min()) - int(ties)
                unsure |= had - self.master.u > spare
        return unsure

    def _nearly_done(self) -> bool:
        """Say whether few rows are left, and no more places than they will take."""
        left = int((self.open & (self.master.match < 0) & (self.master.u > 0)).sum())
        free = int((self.capacity - self.master.load).sum())
        few = left * 25 <= int(self.open.sum())
        return few and 0 < free <= left and self.reader.column_cost < np.inf and self.rounds > 1

    def _meet(self) -> None:
        """Let the places that nobody wants come to meet the last rows.

        Their prices fall, below zero if need be, until a row would as soon take them. Otherwise
        all other prices had to rise until somebody did. `_level` makes prices proper again.
        """
        self.watch.look()
        self.met = True
        master = self.master
        columns = np.flatnonzero(self.capacity > master.load)
        having = np.where(self.open, master.u, 2**58)
        found = self.reader.keenest(columns, having - self.pay, _AGAIN)
        keen = self.open[found.i]
        i, j, worth = found.i[keen], found.j[keen], found.worth[keen] + self.pay
        master.add(i, j, worth)
        most = np.full(self.shape[1], NOTHING, np.int64)
        np.maximum.at(most, j, worth - master.u[i])
        wanted = columns[most[columns] > NOTHING]
        master.v[wanted] = np.minimum(master.v[wanted], most[wanted])
        self.far[columns] = found.rest
        self.since[columns] = len(self.had)
        self.had.append(having)
        self.read += self.shape[0] * len(columns)

    def _level(self) -> bool:
        """Make prices below zero proper; say whether the matching is still best with them."""
        master = self.master
        low = -int(master.v.min(initial=0))
        if low == 0:
            return True
        if (master.match[self.open] >= 0).all() and int(master.u[self.open].min()) >= low:
            master.u[self.open] -= low
            master.v += low
        else:
            master.leave(master.v < 0)
            np.maximum(master.v, 0, out=master.v)
        return not ((master.load < self.capacity) & (master.v > 0)).any() and bool(
            (master.match[self.open] >= 0).all()
        )

    def _report(self) -> None:
        """Tell how good the matching is, and how good the best one could be."""
        if self.pay or not self.watch.listens:
            return
        master = self.master
        prices = self.prices()
        fall = np.array([(base - prices).max(initial=0) for base in self.bases])
        most = np.maximum(np.maximum(master.u, self.rest + fall[self.base]), 0)[self.open]
        bound = int(most.sum()) + sum((np.maximum(master.v, 0) * self.capacity).tolist())
        self.watch.report(self.rounds, master.total, bound, self.read / max(self.shape[0], 1))

    def put_people_first(self, pay: int) -> None:
        """Let every pair pay so much more that no score outweighs a person."""
        self.pay = pay
        self.master.raise_all(pay)
        self.rest = np.where(self.rest > NOTHING, self.rest + pay, NOTHING)
        self.far = np.where(np.abs(self.far) < _FAR, self.far + pay, self.far)


def _reached(problem: Problem, master: Master, reader: Reader) -> Ints | None:
    """Return prices which prove that nobody else can be matched, where that is plain to see.

    Either everybody with a possible partner is matched, or every place that anybody may take is.
    """
    covered = int((master.match >= 0).sum())
    wanted = problem.mentee_demand > 0
    if covered == int(wanted.sum()):
        return np.zeros(problem.shape[1], np.int64)
    rows, columns = reader.alive()
    if covered == int((rows & wanted).sum()):
        return np.zeros(problem.shape[1], np.int64)
    if covered == int(problem.mentor_capacity[columns].sum()):
        return columns.astype(np.int64)
    return None


def _apart(problem: Problem, search: _Search) -> tuple[Ints, Ints, int]:
    """Take prices apart that count people first: prices of people, prices of scores, and the pay.

    The pay is the least for which the prices of scores still prove the total.
    """
    person = search.pay
    master = search.master
    people_v, people_u = (np.rint(x / person).astype(np.int64) for x in (master.v, master.u))
    rest_v, rest_u = master.v - people_v * person, master.u - people_u * person
    pay = 0
    for people, rest in ((people_v, rest_v), (people_u, rest_u)):
        owing = (rest < 0) & (people > 0)
        pay = max(pay, int((-rest[owing] // people[owing] + 1).max(initial=0)))
    n, m = problem.shape
    step = max(1, 2**19 // max(m, 1))
    for start in range(0, n, step):
        search.watch.look()
        rows = np.arange(start, min(n, start + step))
        values, possible = problem.values(rows)
        count = people_u[rows][:, None] + people_v - 1
        slack = rest_u[rows][:, None] + rest_v - values
        owing = possible & (slack < 0) & (count > 0)
        pay = max(pay, int((-slack[owing] // count[owing] + 1).max(initial=0)))
    return people_v, people_v * pay + rest_v, pay


def _draw_lots(problem: Problem, search: _Search, seed: int, *, lead: bool) -> Ints | None:
    """Return the best matching that the lottery prefers; None if too many pairs tie."""
    n, m = problem.shape
    search.settle(ties=True)
    master = search.master
    i = np.repeat(np.arange(n), np.diff(master.ptr))
    tight = (master.worth - master.v[master.cols] == master.u[i]) & search.open[i]
    i, j = i[tight], master.cols[tight].astype(np.int64)
    if len(i) == (master.match >= 0).sum() and (master.match[i] == j).all():
        return master.match  # nothing ties
    if len(i) > _MOST_TIES:
        return None
    bits = grid.lottery_bits(n, m)
    lots = grid.lottery(
        grid.tickets(problem.mentee_ids or (), "mentee", seed)[i],
        grid.tickets(problem.mentor_ids or (), "mentor", seed)[j],
        bits,
    )
    weight = 2 ** (bits + max(n, m).bit_length() + 1)
    duty = int(lead) + (master.u[i] > 0).astype(np.int64) + (master.v[j] > 0)
    drawn = Master(n, problem.mentor_capacity)
    drawn.add(i, j.astype(np.int32), lots + weight * duty)
    drawn.improve(np.zeros(n, np.int64))
    return drawn.match
