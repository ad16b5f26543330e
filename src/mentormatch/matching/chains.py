"""What a chain of moves is: who leaves which place for which, and what all of it costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A mentee, by position, moves from one place to another; -1 is nobody.

    Where `mentee` is -1 as well, a free place is taken or a place becomes free.
    """

    mentee: int
    start: int
    end: int


@dataclass(frozen=True)
class Chain:
    """The cheapest closed chain of moves that was asked for, in their order.

    `cost` is in whole steps of the score grid, a person matched counting as the network says;
    infinite where there is no such chain.
    """

    cost: float
    moves: tuple[Move, ...] = ()
