"""How high the lowest group can be: its share matched, or its mean score."""

from __future__ import annotations

from typing import Any

from mentormatch.matching.proofs import Proof, Reached
from mentormatch.matching.solvers.stage import Stage, lowest_group, steps_above

#: After this, in seconds, a whole answer that levels groups so well is given up.
PATIENCE = 5.0
_MISSING = 1e-6


def levelled(search: Any, name: str, reached: Reached, chosen: Any) -> tuple[Any, Proof, bool, Any]:
    """Return a matching whose lowest group is as high as can be, its proof, and what is reached.

    Linear programs tell how high mixtures of matchings can go; whole ones mostly do as well, and
    where they do, prices prove that nothing is higher. Otherwise the proof goes by cases.

    Parameters
    ----------
    search : object
        The search of `mentormatch.matching.solvers.linear`.
    name : {"share", "mean"}
        The stage.
    reached : Reached
        What earlier stages reached.
    chosen : tuple of arrays, or None
        A matching that reaches it, if one is known.
    """
    if chosen is None:
        chosen = search.fitting(Stage("rules", reached))
        assert chosen is not None, "all rules can be kept"
    value = lowest_group(search.numbers, name, chosen)
    if value is None:
        return chosen, search.nothing(), True, reached
    steps = steps_above(search.numbers, name, value)
    low, high = 0, len(steps)
    while low < high:
        middle = (low + high) // 2
        if search.relaxed(Stage(name, reached, steps[middle])).missing > _MISSING:
            high = middle
        else:
            low = middle + 1
    patience = PATIENCE if name == "mean" else None
    for claim in reversed(steps[:low]):
        found = search.fitting(Stage(name, reached, claim), patience, Stage("total", reached))
        if found is not None:
            chosen, value = found, lowest_group(search.numbers, name, found)
            break
    stage = Stage(name, reached, value)
    root = search.dearest(stage)
    proof: Proof = root.prices
    sure = search.limit(root, stage) < 0
    if not sure:
        other, proof, sure = search.by_cases(stage, None, root.prices)
        if other is not None:
            return levelled(search, name, reached, other)
    return chosen, proof, sure, reached.also(name, value)
