"""An announced list mended after a change: which way there is, and what it begins with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mentormatch.matching import grid
from mentormatch.matching.kept import kept_of, needs_slots, nothing_kept
from mentormatch.matching.mending import STAGES, Mend, largest_of
from mentormatch.matching.mending_slots import MendSlots
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.matching.solvers.locks import Impossible, Locks, locks_of, only_bans_and_locks

#: Problems from so many cells on are mended; smaller ones are solved anew in memory.
WARM = 2**17


def mend(before: Matching, now: Problem) -> Matching | None:
    """Return the best matching now that keeps as many pairs as it can, from the prices of before.

    The answer is that of `solve` with the stages coverage, kept, total, pair for pair.

    Parameters
    ----------
    before : Matching
        The pairs that were announced.
    now : Problem
        Who takes part now; people are told apart by their ids.

    Returns
    -------
    Matching or None
        None where there are quotas that neither ban pairs nor lock one, aims with stages of their
        own, or minimums that cannot all be kept; where a score object does not tell its largest
        score; or where prices become too large to be told apart.
    """
    asked = _asked(now)
    if asked is None:
        return None
    locks, rest, largest = asked
    slots = needs_slots(now, rest) or len(np.unique(before.rows)) < len(before.rows)
    kept = kept_of(before, now.bits, slots=slots)
    return (MendSlots if slots else Mend)(kept, locks, rest, largest, before.seed).done()


def mend_list(now: Problem, announced: Sequence[tuple[int, int]], seed: int) -> Matching | None:
    """Return the same as `mend` where nothing is known of before but the pairs, as positions."""
    asked = _asked(now)
    if asked is None:
        return None
    locks, rest, largest = asked
    i, j = np.array(list(dict.fromkeys(announced)), np.int64).reshape(-1, 2).T
    slots = needs_slots(now, rest) or len(np.unique(i)) < len(i)
    kept = nothing_kept(rest, i, j)
    return (MendSlots if slots else Mend)(kept, locks, rest, largest, seed).done()


def _asked(now: Problem) -> tuple[Locks, Problem, int] | None:
    """Return the locked pairs of a problem that can be mended, what they leave, and a bound.

    No score is larger than the bound, in whole steps.
    """
    stages = dict.fromkeys((*STAGES, *now.aims.leading, *now.aims.following))
    if len(stages) > len(STAGES) or not min(now.shape) or not only_bans_and_locks(now):
        return None
    largest = largest_of(now)
    if largest is None:
        return None
    grid.check_total(np.array([largest]), now.most_pairs)
    locks = locks_of(now)
    if not locks.quotas:
        bans = all(quota.is_ban for quota in now.quotas)
        return locks, now if bans else locks.rest(), largest
    try:
        return locks, locks.rest(), largest
    except Impossible:
        return None
