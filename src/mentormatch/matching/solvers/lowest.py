"""How high the lowest scores can be where linear programs answer: the stages worst and leximin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.proofs import Ladder, Proof, Reached
from mentormatch.matching.solvers.stage import Stage

Chosen = tuple[NDArray[np.int64], NDArray[np.int64]]


def highest(search: Any, reached: Reached, chosen: Chosen) -> tuple[Chosen, Proof, bool, Reached]:
    """Return a matching with the best lowest score, its proof, and whether that proves it.

    Parameters
    ----------
    search : object
        The search of `mentormatch.matching.solvers.linear`.
    reached : Reached
        What earlier stages reached.
    chosen : tuple of arrays
        A matching that reaches it.
    """
    chosen = lifted(search, reached, chosen)
    if not len(chosen[0]):
        return chosen, search.nothing(), True, reached.also("worst", 2**61)
    lowest = int(search.numbers.values[chosen].min())
    stage = Stage("worst", reached, lowest)
    root = search.dearest(stage)
    proof: Proof = root.prices
    sure = search.limit(root, stage) < 0
    if not sure:
        # Nothing reaches all of it by whole pairs, but a mixture of matchings does.
        other, proof, sure = search.by_cases(stage, None, root.prices)
        if other is not None:
            return highest(search, reached, other)
    return chosen, proof, sure, reached.also("worst", lowest)


def lifted(search: Any, reached: Reached, chosen: Chosen) -> Chosen:
    """Return a matching whose lowest score, of those not settled yet, is as high as can be."""
    values = search.numbers.values
    known = [level for level, _ in reached.levels or ()]
    nobody = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    if not search.asked and search.meets(nobody, Stage("rules", reached)):
        return nobody

    def floor(pairs: Chosen) -> int:
        fresh = values[pairs][~np.isin(values[pairs], known)]
        return int(fresh.min(initial=2**61))

    start = floor(chosen)
    levels = np.unique(values[search.left & (values >= start)])
    low, high = 0, len(levels)
    while high - low > 1:
        middle = (low + high) // 2
        stage = Stage("worst", reached, int(levels[middle]) - 1)
        found = search.fitting(stage)
        if found is None:
            high = middle
        else:
            chosen = found
            low = max(middle, int(np.searchsorted(levels, floor(chosen))))
    return chosen


def ladder(search: Any, reached: Reached, chosen: Chosen) -> tuple[Chosen, Proof, bool, Reached]:
    """Return the leximin matching, its proof rung by rung, and whether that proves it.

    The parameters are those of `highest`.
    """
    levels: list[tuple[int, int]] = []
    rungs: list[Proof] = []
    sure = True
    while True:
        below = reached.up_to(tuple(levels))
        chosen = lifted(search, below, chosen)
        values = search.numbers.values[chosen]
        fresh = values[~np.isin(values, [level for level, _ in levels])]
        if not len(fresh):
            return chosen, Ladder(tuple(rungs)), sure, below
        level = int(fresh.min())
        stage = Stage("leximin", below, level)
        answer = search.best(stage, chosen)
        assert answer is not None, "the matching at hand will do"
        chosen, proof, proved = answer
        sure = sure and proved
        if count := -search.value(chosen, stage):
            levels.append((level, count))
            rungs.append(proof)
