"""The best matching under quotas, or with several mentors a mentee: linear programs on candidates.

Few pairs can be in any best matching, so the linear program starts with each person's best pairs
and is given more as long as its prices show that some are missing (column generation: Gilmore and
Gomory 1961). Where its answer is not whole, HiGHS finds the best whole one among the pairs that
the bound leaves possible, and a proof by cases follows (Land and Doig 1960).
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import ProblemError
from mentormatch.matching.bounds import bound
from mentormatch.matching.proofs import GROUPED, NOTHING_YET, Prices, Proof, Reached, grown
from mentormatch.matching.solvers.levels import levelled
from mentormatch.matching.solvers.lowest import highest, ladder
from mentormatch.matching.solvers.numbers import Found, Numbers
from mentormatch.matching.solvers.places import most_people
from mentormatch.matching.solvers.program import Relaxed, relax, whole
from mentormatch.matching.solvers.stage import (
    FREE,
    Fixed,
    Stage,
    lowest_group,
    value_of,
)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Cases after which a proof is given up (the bound reached so far is kept).
MOST_CASES = 2000
#: With more pairs of a mentee and a mentor than this, leximin would take hours.
MOST_CELLS = 20_000
#: With more than this, levelled means are hardly ever proved.
MOST_MEANS = 3_000
#: Stages that look for better matchings step by step, from one that is known.
_BY_SEARCH = ("worst", "leximin", *GROUPED)
_FEW = 12
_WHOLE = 1e-6
_DEARER = 3
_DEAREST = 2.0**46  # HiGHS cannot reckon with much more


Chosen = tuple[Ints, Ints]


class NotWholeError(Exception):
    """The linear program of the total is not whole, and the caller knows a better way then."""


def solve_linear(
    numbers: Numbers,
    stages: tuple[str, ...],
    time_limit: float | None,
    *,
    easy: bool = False,
    hints: Mapping[str, Prices] | None = None,
) -> Found | None:
    """Return the best matching with its proofs, or None if the rules cannot all be kept.

    Parameters
    ----------
    numbers : Numbers
        The problem in memory.
    stages : tuple of str
        The most important first.
    time_limit : float, optional
        Seconds after which proofs by cases are given up.
    easy : bool
        Whether to give up where the linear program of the total is not whole.
    hints : mapping of str to Prices, optional
        Prices that may prove stages, or come close.

    Raises
    ------
    NotWholeError
        It is not, and that was asked for.
    ProblemError
        The problem is too large for the stage ``"leximin"`` or ``"mean"``.
    """
    n, m = numbers.shape
    if "leximin" in stages and n * m > MOST_CELLS:
        raise ProblemError(
            f"with several mentors a mentee, with rules that count pairs, and with other stages "
            f"that linear programs answer, the stage 'leximin' is for at most {MOST_CELLS} pairs "
            f"of a mentee and a mentor, not {n} x {m}: take 'worst' instead"
        )
    if "mean" in stages and n * m > MOST_MEANS:
        raise ProblemError(
            f"the stage 'mean' is for at most {MOST_MEANS} pairs of a mentee and a mentor, "
            f"not {n} x {m}: take 'share' alone"
        )
    deadline = None if time_limit is None else monotonic() + time_limit
    search = _Search(numbers, deadline, hints or {})
    search.easy = easy
    if stages[0] in _BY_SEARCH and not search.can_be_kept():
        return None
    return search.hopeful(stages) or search.through(stages)


def can_be_kept(numbers: Numbers) -> bool:
    """Say whether some matching keeps every minimum and quota."""
    return _Search(numbers, None, {}).can_be_kept()


class _Search:
    """The candidates so far, and everything that is asked of them."""

    def __init__(
        self, numbers: Numbers, deadline: float | None, hints: Mapping[str, Prices]
    ) -> None:
        self.numbers, self.deadline, self.hints = numbers, deadline, hints
        self.problem = numbers.as_problem()
        self.candidate = self._first_candidates()
        #: Pairs that may be in a matching which is best in every stage so far.
        self.left = numbers.possible
        self.easy = self.hoping = False

    def _first_candidates(self) -> Flags:
        """Mark each person's best pairs, overall and inside every quota that wants some.

        With a hint the best are those that lose least at its prices.
        """
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
        gain: NDArray[np.float64] = numbers.values.astype(np.float64)
        if hint := self.hints.get("total"):
            gain -= np.ldexp(hint.mentors.astype(np.float64), -hint.fine)
            for quota in numbers.quotas:
                if price := float(np.ldexp(float(hint.quotas[quota.index]), -hint.fine)):
                    gain += price * quota.pairs.block(np.arange(n), m)
        for some in wanted:
            worth = np.where(some, gain, -np.inf)
            for axis, size in ((1, m), (0, n)):
                few = min(_FEW, size)
                best = np.argpartition(worth, size - few, axis=axis)
                best = best.take(np.arange(size - few, size), axis=axis)
                np.put_along_axis(found, best, True, axis=axis)
        for i, j, _ in numbers.locks:
            found[i, j] = True
        return found & numbers.possible

    def hopeful(self, stages: tuple[str, ...]) -> Found | None:
        """Return the answer if as many people can be matched as there are people or places.

        Often so many can, whatever the rules; then nothing has to be solved to prove it. None where
        rules stand in the way, or people do not come first.
        """
        if len(stages) < 2 or stages[0] != "coverage" or stages[1] in _BY_SEARCH:
            return None
        people, prices = most_people(self.problem, self.hints)
        self.hoping = True
        found = self.through(stages[1:], NOTHING_YET.also("coverage", people)) if people else None
        self.hoping = False
        if found is None:
            return None
        proofs = {"coverage": prices, **found.proofs}
        return Found(found.rows, found.cols, proofs, found.proved | {"coverage"})

    def through(self, stages: tuple[str, ...], reached: Reached = NOTHING_YET) -> Found | None:
        """Go through the stages one by one; None if nothing reaches what has to be reached."""
        proofs: dict[str, Proof] = {}
        proved: set[str] = set()
        chosen: Chosen | None = None
        for name in stages:
            if name in ("worst", "leximin"):
                assert chosen is not None, "something asks for pairs first"
                step = highest if name == "worst" else ladder
                chosen, proofs[name], sure, reached = step(self, reached, chosen)
            elif name in GROUPED:
                chosen, proofs[name], sure, reached = levelled(self, name, reached, chosen)
            else:
                stage = Stage(name, reached)
                answer = self.best(stage, chosen)
                if answer is None:
                    return None
                chosen, proofs[name], sure = answer
                reached = reached.also(name, self.value(chosen, stage))
            if sure:
                proved.add(name)
        assert chosen is not None, "there always is a stage"
        rows, cols = self.draw_lots(chosen, reached)
        return Found(rows, cols, proofs, frozenset(proved))

    def can_be_kept(self) -> bool:
        """Say whether some whole matching keeps every minimum and quota."""
        numbers = self.numbers
        if any(not numbers.possible[i, j] for i, j, _ in numbers.locks):
            return False
        if not self.asked:
            return True
        easy = self.relaxed(Stage("rules"))
        if easy.missing > _WHOLE:
            return False
        if easy.is_whole:
            return True
        if whole(self.numbers, self.candidate, Stage("rules")) is None:
            self.candidate = self.numbers.possible.copy()
            return whole(self.numbers, self.candidate, Stage("rules")) is not None
        return True

    @property
    def asked(self) -> bool:
        """Say whether any rule asks for pairs."""
        numbers = self.numbers
        lower = bool(numbers.locks) or any(q.at_least > 0 for q in numbers.quotas)
        return lower or bool(numbers.row_low.any() or numbers.col_low.any())

    def relaxed(self, stage: Stage, fixed: Fixed = FREE, dearer: float = 0.0) -> Relaxed:
        """Solve the linear program over all pairs, by pricing those that are not candidates."""
        while True:
            answer = relax(self.numbers, self.candidate, stage, fixed, dearer)
            gain = answer.reduced(self.numbers, stage)
            better = (gain > _WHOLE) & stage.open(self.numbers) & ~self.candidate
            if not better.any():
                return answer
            self.candidate |= _best_of(better, gain)

    def best(self, stage: Stage, known: Chosen | None) -> tuple[Chosen, Proof, bool] | None:
        """Return the best matching of a stage, its proof, and whether that proves it.

        `known` is a matching that reaches what it has to, if there is one.
        """
        root = self.relaxed(stage)
        if known is None and root.missing > _WHOLE and (self.hoping or not self.can_be_kept()):
            return None
        if self.easy and stage.name == "total" and not root.is_whole:
            raise NotWholeError
        prices = root.prices
        limit = self.limit(root, stage)
        chosen = root.chosen if root.is_whole else None
        if chosen is None or not self.meets(chosen, stage):
            chosen = self._better(known, self._first_whole(root, stage), stage)
        if chosen is None:
            return None
        value = self.value(chosen, stage)
        proof: Proof = prices
        if value < limit:
            left = self._near(root, stage, limit - value)
            chosen = self._better(chosen, whole(self.numbers, left, stage), stage)
            assert chosen is not None
            value = self.value(chosen, stage)
        if value < limit:
            # Few pairs are left, so the programs of the cases are small.
            self.candidate = self._near(root, stage, limit - value)
            found, proof, sure = self.by_cases(stage, chosen, prices)
            chosen = found or chosen
            value = self.value(chosen, stage)
        else:
            sure = value == limit
        self.left = self._near(root, stage, limit - value)
        return chosen, proof, sure

    def _better(self, one: Chosen | None, other: Chosen | None, stage: Stage) -> Chosen | None:
        """Return the better of two matchings, if the other one reaches what it has to."""
        if other is None or not self.meets(other, stage):
            return one
        if one is None or self.value(other, stage) > self.value(one, stage):
            return other
        return one

    def _first_whole(self, root: Relaxed, stage: Stage) -> Chosen | None:
        """Return a good whole answer, sought among ever more pairs, the likeliest first."""
        for few in (3, 12):
            some = self._likely(root, stage, few)
            if stage.counts_people:
                # All pairs count alike, so most of them are as likely; the candidates will do.
                some &= self.candidate | root.used
            chosen = whole(self.numbers, some, stage)
            if chosen is not None:
                return chosen
        return whole(self.numbers, self.left, stage)

    def _likely(self, root: Relaxed, stage: Stage, few: int) -> Flags:
        """Mark the pairs that cost least at the prices of an answer, a few for everybody."""
        lost = np.where(self.left, -root.reduced(self.numbers, stage), np.inf)
        most = min(few * sum(self.numbers.shape), lost.size) - 1
        likely: Flags = self.left & ((lost <= np.sort(lost, axis=None)[most]) | root.used)
        return likely

    def value(self, chosen: Chosen, stage: Stage) -> int:
        """Return what a stage counts of some pairs."""
        return value_of(self.numbers, stage, chosen)

    def meets(self, chosen: Chosen, stage: Stage) -> bool:
        """Say whether a matching reaches what it has to, in whole numbers."""
        reached = stage.reached
        if not stage.open(self.numbers)[chosen].all():
            return False
        for name, least in reached.floors.items():
            if name in GROUPED:
                if lowest_group(self.numbers, name, chosen) < least:
                    return False
            elif name != "worst" and self.value(chosen, Stage(name)) < least:
                return False
        if (
            stage.name in GROUPED
            and not lowest_group(self.numbers, stage.name, chosen) > stage.claim
        ):
            return False
        values = self.numbers.values[chosen]
        return all(int((values == level).sum()) <= most for level, most in reached.levels or ())

    def _near(self, root: Relaxed, stage: Stage, gap: int) -> Flags:
        """Mark the pairs that can be in a matching within `gap` of the bound."""
        step = 1 if stage.counts_people else gap + 1
        lost = -root.reduced(self.numbers, stage)
        return (
            self.left & stage.open(self.numbers) & ((lost <= max(step, gap) + _WHOLE) | root.used)
        )

    def fitting(
        self, stage: Stage, seconds: float | None = None, hint: Stage | None = None
    ) -> Chosen | None:
        """Return a matching that reaches all that it has to, if there is one.

        With `seconds`, None as well if none is found within them. A hint is what else to seek, so
        that prices tell which pairs are likely.
        """
        easy = self.relaxed(stage)
        if easy.missing > _WHOLE:
            return None
        if easy.is_whole and self.meets(easy.chosen, stage):
            return easy.chosen
        if hint is not None:
            some = self._likely(self.relaxed(hint), hint, _FEW // 2)
            found = whole(self.numbers, some, stage, seconds)
            if found is not None and self.meets(found, stage):
                return found
        found = whole(self.numbers, self.left, stage, seconds)
        return found if found is not None and self.meets(found, stage) else None

    def nothing(self) -> Prices:
        """Return prices at which nothing costs anything."""
        none = np.zeros(self.numbers.quota_count, np.int64)
        return Prices(np.zeros(self.numbers.shape[1], np.int64), none)

    def dearest(self, stage: Stage) -> Relaxed:
        """Solve the linear program of a stage that nothing can reach, until the prices say so."""
        answer = self.relaxed(stage)
        for _ in range(_DEARER):
            if self.limit(answer, stage) < 0 or answer.penalty > _DEAREST:
                break
            answer = self.relaxed(stage, dearer=answer.penalty * 64)
        return answer

    def by_cases(
        self, stage: Stage, chosen: Chosen | None, prices: Prices
    ) -> tuple[Chosen | None, Proof, bool]:
        """Prove a matching best by cases, or find a better one; give up after `MOST_CASES`."""
        tree: dict[tuple[bool, ...], tuple[int, int]] = {}
        leaves: dict[tuple[bool, ...], Prices] = {}
        waiting: list[tuple[tuple[bool, ...], Fixed]] = [((), FREE)]
        best = -1 if chosen is None else self.value(chosen, stage)
        while waiting:
            late = self.deadline is not None and monotonic() > self.deadline
            if late or len(leaves) + len(tree) > MOST_CASES:
                return chosen, prices, False
            path, fixed = waiting.pop()
            try:
                answer = self.relaxed(stage, fixed)
            except RuntimeError:  # HiGHS gave up on a case
                return chosen, prices, False
            limit = self.limit(answer, stage, fixed)
            for _ in range(_DEARER):
                if limit <= best or answer.missing <= _WHOLE or answer.penalty > _DEAREST:
                    break
                answer = self.relaxed(stage, fixed, dearer=answer.penalty * 64)
                limit = self.limit(answer, stage, fixed)
            if (
                answer.is_whole
                and self.value(answer.chosen, stage) > best
                and self.meets(answer.chosen, stage)
            ):
                chosen, best = answer.chosen, self.value(answer.chosen, stage)
            if limit <= best:
                leaves[path] = answer.prices
                continue
            pair = answer.most_undecided(fixed)
            if pair is None:
                return chosen, prices, False
            tree[path] = pair
            waiting.append(((*path, False), Fixed(fixed.used, (*fixed.unused, pair))))
            waiting.append(((*path, True), Fixed((*fixed.used, pair), fixed.unused)))
        return chosen, grown(tree, leaves, prices), True

    def limit(self, answer: Relaxed, stage: Stage, fixed: Fixed = FREE) -> int:
        return bound(
            self.problem,
            answer.prices,
            stage.name,
            stage.reached,
            fixed.used,
            fixed.unused,
            stage.claim,
        )

    def draw_lots(self, chosen: Chosen, reached: Reached) -> Chosen:
        """Return the matching that the lottery prefers among those that are as good."""
        stage = Stage("lottery", reached)
        left = self.left & stage.open(self.numbers)
        if int(left.sum()) == len(chosen[0]):
            return chosen
        drawn = whole(self.numbers, left, stage)
        return chosen if drawn is None or not self.meets(drawn, stage) else drawn


def _best_of(better: Flags, gain: NDArray[np.float64]) -> Flags:
    """Keep each mentee's best few of the pairs that would help."""
    few = min(_FEW, better.shape[1])
    gain = np.where(better, gain, -np.inf)
    best = np.argpartition(gain, better.shape[1] - few, axis=1)[:, -few:]
    found = np.zeros_like(better)
    np.put_along_axis(found, best, True, axis=1)
    return found & better
