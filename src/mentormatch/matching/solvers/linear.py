"""The best matching under quotas, or with several mentors a mentee: linear programs on candidates.

Few pairs can be in any best matching, so the linear program starts with each person's best pairs
and is given more as long as its prices show that some are missing (column generation: Gilmore and
Gomory 1961). Where its answer is not whole, HiGHS finds the best whole one among the pairs that
the bound leaves possible, and a proof by cases follows (Land and Doig 1960).
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.certificate import Prices, Proof, Split, bound
from mentormatch.matching.solvers.numbers import Numbers
from mentormatch.matching.solvers.program import FREE, Fixed, Relaxed, Stage, relax, whole

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Cases after which a proof is given up (the bound reached so far is kept).
MOST_CASES = 2000
_FEW = 12
_WHOLE = 1e-6
_DEARER = 3
_DEAREST = 2.0**46  # HiGHS cannot reckon with much more


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs in the solver's order, with the proof of every stage."""

    rows: Ints
    cols: Ints
    proofs: dict[str, Proof]


def solve_linear(
    numbers: Numbers, stages: tuple[str, ...], time_limit: float | None
) -> Found | None:
    """Return the best matching with its proofs, or None if the rules cannot all be kept.

    Parameters
    ----------
    numbers : Numbers
        The problem in memory.
    stages : tuple of str
        ``("coverage", "total")`` or ``("total",)``.
    time_limit : float, optional
        Seconds after which proofs by cases are given up.
    """
    search = _Search(numbers, None if time_limit is None else monotonic() + time_limit)
    if not search.can_be_kept():
        return None
    proofs: dict[str, Proof] = {}
    coverage: int | None = None
    for name in stages:
        stage = Stage(name, coverage)
        answer = search.best(stage)
        if answer is None:
            return None
        chosen, proofs[name], left = answer
        if name == "coverage":
            coverage = len(np.unique(chosen[0]))
    rows, cols = search.draw_lots(chosen, left, coverage)
    return Found(rows, cols, proofs)


def can_be_kept(numbers: Numbers) -> bool:
    """Say whether some matching keeps every minimum and quota."""
    return _Search(numbers, None).can_be_kept()


class _Search:
    """The candidates so far, and everything that is asked of them."""

    def __init__(self, numbers: Numbers, deadline: float | None) -> None:
        self.numbers, self.deadline = numbers, deadline
        self.problem = numbers.as_problem()
        self.candidate = self._first_candidates()

    def _first_candidates(self) -> Flags:
        """Mark each person's best pairs, overall and inside every quota that wants some."""
        numbers = self.numbers
        n, m = numbers.shape
        if n * m <= 4096:
            return numbers.possible.copy()
        found = np.zeros((n, m), np.bool_)
        wanted = [numbers.possible]
        wanted += [
            numbers.possible & quota.pairs.block(np.arange(n), m)
            for quota in numbers.quotas
            if quota.at_least > 0
        ]
        for some in wanted:
            worth = np.where(some, numbers.values, np.iinfo(np.int64).min)
            for axis, size in ((1, m), (0, n)):
                few = min(_FEW, size)
                best = np.argpartition(worth, size - few, axis=axis)
                best = best.take(np.arange(size - few, size), axis=axis)
                np.put_along_axis(found, best, True, axis=axis)
        for i, j, _ in numbers.locks:
            found[i, j] = True
        return found & numbers.possible

    def can_be_kept(self) -> bool:
        """Say whether some whole matching keeps every minimum and quota."""
        numbers = self.numbers
        if any(not numbers.possible[i, j] for i, j, _ in numbers.locks):
            return False
        if not (numbers.row_low.any() or numbers.col_low.any() or self._lower_quotas()):
            return True
        easy = self.relaxed(Stage("kept"))
        if easy.missing > _WHOLE:
            return False
        if easy.is_whole:
            return True
        if whole(self.numbers, self.candidate, Stage("kept")) is None:
            self.candidate = self.numbers.possible.copy()
            return whole(self.numbers, self.candidate, Stage("kept")) is not None
        return True

    def _lower_quotas(self) -> bool:
        return bool(self.numbers.locks) or any(q.at_least > 0 for q in self.numbers.quotas)

    def relaxed(self, stage: Stage, fixed: Fixed = FREE, dearer: float = 0.0) -> Relaxed:
        """Solve the linear program over all pairs, by pricing those that are not candidates."""
        while True:
            answer = relax(self.numbers, self.candidate, stage, fixed, dearer)
            better = answer.reduced(self.numbers, stage) > _WHOLE
            better &= self.numbers.possible & ~self.candidate
            if not better.any():
                return answer
            self.candidate |= _best_of(better, answer.reduced(self.numbers, stage))

    def best(self, stage: Stage) -> tuple[tuple[Ints, Ints], Proof, Flags] | None:
        """Return the best matching of a stage, its proof, and the pairs that such a one may use."""
        root = self.relaxed(stage)
        prices = root.prices
        limit = self._limit(root, stage)
        chosen = root.chosen if root.is_whole else self._first_whole(root, stage)
        if chosen is None:
            return None
        value = self.value(chosen, stage)
        left = self._left(root, stage, limit - value)
        proof: Proof = prices
        if value < limit:
            chosen = whole(self.numbers, left, stage) or chosen
            value = self.value(chosen, stage)
            left = self._left(root, stage, limit - value)
        if value < limit:
            # Few pairs are left, so the programs of the cases are small.
            self.candidate = left.copy()
            chosen, proof = self._by_cases(stage, chosen, prices)
            value = self.value(chosen, stage)
        return chosen, proof, self._left(root, stage, limit - value)

    def _first_whole(self, root: Relaxed, stage: Stage) -> tuple[Ints, Ints] | None:
        """Return a good whole answer, sought among ever more pairs, the likeliest first."""
        lost = np.where(self.numbers.possible, -root.reduced(self.numbers, stage), np.inf)
        enough = np.sort(lost, axis=None)
        for few in (3, 12):
            most = min(few * sum(self.numbers.shape), enough.size) - 1
            some = self.numbers.possible & ((lost <= enough[most]) | root.used)
            if stage.name == "coverage":
                # All pairs count alike, so most of them are as likely; the candidates will do.
                some &= self.candidate | root.used
            chosen = whole(self.numbers, some, stage)
            if chosen is not None:
                return chosen
        return whole(self.numbers, self.numbers.possible, stage)

    def value(self, chosen: tuple[Ints, Ints], stage: Stage) -> int:
        """Return what a stage counts of some pairs."""
        if stage.name == "coverage":
            return len(np.unique(chosen[0]))
        return int(self.numbers.values[chosen].sum())

    def _left(self, root: Relaxed, stage: Stage, gap: int) -> Flags:
        """Mark the pairs that can be in a matching within `gap` of the bound."""
        step = 1 if stage.name == "coverage" else gap + 1
        lost = -root.reduced(self.numbers, stage)
        return self.numbers.possible & ((lost <= max(step, gap) + _WHOLE) | root.used)

    def _by_cases(
        self, stage: Stage, chosen: tuple[Ints, Ints], prices: Prices
    ) -> tuple[tuple[Ints, Ints], Proof]:
        """Prove a matching best by cases, or find a better one; give up after `MOST_CASES`."""
        tree: dict[tuple[bool, ...], tuple[int, int]] = {}
        leaves: dict[tuple[bool, ...], Prices] = {}
        waiting: list[tuple[tuple[bool, ...], Fixed]] = [((), FREE)]
        best = self.value(chosen, stage)
        while waiting:
            late = self.deadline is not None and monotonic() > self.deadline
            if late or len(leaves) + len(tree) > MOST_CASES:
                return chosen, prices
            path, fixed = waiting.pop()
            answer = self.relaxed(stage, fixed)
            limit = self._limit(answer, stage, fixed)
            for _ in range(_DEARER):
                if limit <= best or answer.missing <= _WHOLE or answer.penalty > _DEAREST:
                    break
                answer = self.relaxed(stage, fixed, dearer=answer.penalty * 64)
                limit = self._limit(answer, stage, fixed)
            if (
                answer.is_whole
                and self.value(answer.chosen, stage) > best
                and not answer.missing > _WHOLE
            ):
                chosen, best = answer.chosen, self.value(answer.chosen, stage)
            if limit <= best:
                leaves[path] = answer.prices
                continue
            pair = answer.most_undecided(fixed)
            if pair is None:
                return chosen, prices
            tree[path] = pair
            waiting.append(((*path, False), Fixed(fixed.used, (*fixed.unused, pair))))
            waiting.append(((*path, True), Fixed((*fixed.used, pair), fixed.unused)))
        return chosen, _grown(tree, leaves, prices)

    def _limit(self, answer: Relaxed, stage: Stage, fixed: Fixed = FREE) -> int:
        return bound(
            self.problem, answer.prices, stage.name, stage.coverage, fixed.used, fixed.unused
        )

    def draw_lots(
        self, chosen: tuple[Ints, Ints], left: Flags, coverage: int | None
    ) -> tuple[Ints, Ints]:
        """Return the matching that the lottery prefers among those that are as good."""
        total = int(self.numbers.values[chosen].sum())
        if int(left.sum()) == len(chosen[0]):
            return chosen
        drawn = whole(self.numbers, left, Stage("lottery", coverage, total))
        if drawn is None or int(self.numbers.values[drawn].sum()) != total:
            return chosen
        return drawn


def _best_of(better: Flags, gain: NDArray[np.float64]) -> Flags:
    """Keep each mentee's best few of the pairs that would help."""
    few = min(_FEW, better.shape[1])
    gain = np.where(better, gain, -np.inf)
    best = np.argpartition(gain, better.shape[1] - few, axis=1)[:, -few:]
    found = np.zeros_like(better)
    np.put_along_axis(found, best, True, axis=1)
    return found & better


def _grown(
    tree: dict[tuple[bool, ...], tuple[int, int]],
    leaves: dict[tuple[bool, ...], Prices],
    prices: Prices,
) -> Proof:
    """Put the cases together, the deepest first."""
    proofs: dict[tuple[bool, ...], Proof] = dict(leaves)
    for path in sorted(tree, key=len, reverse=True):
        proofs[path] = Split(tree[path], proofs[(*path, True)], proofs[(*path, False)], prices)
    return proofs[()]
