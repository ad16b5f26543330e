"""What a stage optimises, what has to be reached meanwhile, and what pairs are worth in it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.aims import lowest_mean, lowest_share, mean_needs, share_needs
from mentormatch.matching.proofs import GROUPED, NOTHING_YET, Reached
from mentormatch.matching.solvers.numbers import Numbers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Stage:
    """What is optimised, and what has to be reached meanwhile.

    Stages are those of an objective, and two more: ``rules`` keeps all minimums, ``lottery`` adds
    up lottery numbers. For ``worst`` pairs must score more than the claim, for ``share`` and
    ``mean`` every group must be above it, for ``leximin`` as few pairs as can be score just that
    and none less, but for the scores that are settled.
    """

    name: str
    reached: Reached = NOTHING_YET
    claim: Any = None

    @property
    def levels(self) -> list[int]:
        """Scores that leximin has settled."""
        return [level for level, _ in self.reached.levels or ()]

    @property
    def counts_people(self) -> bool:
        """Whether one pair more or less is one unit of the stage."""
        return self.name != "total"

    def open(self, numbers: Numbers) -> Flags:
        """Mark the pairs that may be used."""
        values, found = numbers.values, numbers.possible
        if (lowest := self.reached.floors.get("worst")) is not None:
            found = found & (values >= lowest)
        claim = 0 if self.claim is None else self.claim
        if self.name == "worst":
            found = found & ((values > claim) | np.isin(values, self.levels))
        elif self.name == "leximin":
            found = found & ((values >= claim) | np.isin(values, self.levels))
        elif self.reached.levels is not None:
            found = found & np.isin(values, self.levels)
        return found

    def needs(self, numbers: Numbers) -> dict[str, Ints]:
        """Return what every group needs at least: mentees matched, and steps of score."""
        floors, found = self.reached.floors, {}
        for name in GROUPED:
            claimed = self.name == name
            if not claimed and name not in floors:
                continue
            value = self.claim if claimed else floors[name]
            if name == "share":
                found[name] = share_needs(numbers.group_sizes, value, above=claimed)
            else:
                unit = numbers.mean_unit
                found[name] = mean_needs(numbers.group_sizes, unit, value + claimed)
        return found

    def spreads(self) -> bool:
        """Say whether it matters how many mentees each mentor has."""
        return self.name == "spread" or "spread" in self.reached.floors

    def own(self, numbers: Numbers) -> Ints:
        """Return what each pair adds to the stage, shape (n, m), people covered aside."""
        if self.name in ("kept", "total"):
            return numbers.counted(self.name)
        if (count := numbers.aims.counts.get(self.name)) is not None:
            found: Ints = count.block(np.arange(numbers.shape[0]), numbers.shape[1])
            return found
        if self.name == "leximin":
            there: Flags = numbers.values == self.claim
            return -there.astype(np.int64)
        return np.zeros_like(numbers.values)


@dataclass(frozen=True)
class Fixed:
    """Pairs that a case assumes used or unused."""

    used: tuple[tuple[int, int], ...] = ()
    unused: tuple[tuple[int, int], ...] = ()


FREE = Fixed()


def firsts(numbers: Numbers, stage: str) -> Floats:
    """Return what a stage counts for each mentee who has a mentor."""
    n = numbers.shape[0]
    if stage == "coverage":
        return np.ones(n)
    count = numbers.aims.counts.get(stage)
    return np.zeros(n) if count is None else count.firsts(np.arange(n)).astype(np.float64)


def each(numbers: Numbers, groups: Floats) -> Floats:
    """Return for each mentee what her group has; 0 for those without a group."""
    codes = numbers.aims.groups
    if codes is None or not len(groups):
        return np.zeros(numbers.shape[0])
    return np.where(codes >= 0, groups[codes], 0.0)


def value_of(numbers: Numbers, stage: Stage, chosen: tuple[Ints, Ints]) -> int:
    """Return what a stage counts of some pairs."""
    if stage.name == "coverage":
        return len(np.unique(chosen[0]))
    if stage.name == "spread":
        loads = np.bincount(chosen[1], minlength=numbers.shape[1])
        return -int((loads * (loads - 1) // 2).sum())
    if (count := numbers.aims.counts.get(stage.name)) is not None:
        return int(count.value(*chosen))
    return int(stage.own(numbers)[chosen].sum())


def lowest_group(numbers: Numbers, name: str, chosen: tuple[Ints, Ints]) -> Any:
    """Return the lowest share matched, or the lowest mean, of any group; None without groups."""
    codes, sizes = numbers.aims.groups, numbers.group_sizes
    if codes is None:
        return None
    sums = np.zeros(len(sizes), np.int64)
    if name == "share":
        matched = np.unique(chosen[0])
        np.add.at(sums, codes[matched][codes[matched] >= 0], 1)
        return lowest_share(sizes, sums)
    inside = codes[chosen[0]] >= 0
    np.add.at(sums, codes[chosen[0]][inside], numbers.values[chosen][inside])
    return lowest_mean(sizes, sums, numbers.mean_unit)


def steps_above(numbers: Numbers, name: str, value: Any) -> list[Any]:
    """Return what the lowest group may reach, from a value on; the very best may be left out."""
    sizes = numbers.group_sizes
    if name == "share":
        whole = {size for size in sizes.tolist() if size}
        shares = {Fraction(k, size) for size in whole for k in range(size)} | {value}
        return sorted(share for share in shares if share >= value)
    most = int(np.where(numbers.possible, numbers.values, 0).max(initial=0))
    width = int(numbers.row_high.max(initial=0))
    top = lowest_mean(sizes, sizes * most * max(width, 1), numbers.mean_unit)
    return list(range(value, max(value, top or 0) + 1))
