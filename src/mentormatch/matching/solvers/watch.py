"""How a long search is watched: it tells how far it is, and stops when asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from mentormatch.matching.grid import from_grid


@dataclass(frozen=True)
class Progress:
    """How far a long search is.

    Attributes
    ----------
    round : int
        How often the matching was improved.
    total, bound : float
        Total of the matching so far, and what no matching can exceed, in units of score. While
        people (or announced pairs, or minimums) count before the total, the bound is for matchings
        that reach at least as much in every such stage as the matching so far.
    gap : float
        Their distance.
    read : float
        Scores read so far, as a multiple of all pairs.
    seconds : float
        Time since the search began.
    """

    round: int
    total: float
    bound: float
    gap: float
    read: float
    seconds: float


class Stopped(Exception):  # noqa: N818  (no error: the search ends early, as asked)
    """Raised inside a search that has gone on for long enough."""


@dataclass
class Watch:
    """When a search stops, and whom it tells how far it is.

    Parameters
    ----------
    seconds : float, optional
        Stop after so long.
    gap : float
        Stop when the total is proved to lie this close to the best one, in units of score.
    tell : callable, optional
        Called with a `Progress` after every round.
    bits : int
        Binary digits of the score grid.
    columns : int
        Number of mentors.
    """

    seconds: float | None = None
    gap: float = 0.0
    tell: Callable[[Progress], object] | None = None
    bits: int = 0
    columns: int = 1
    met: bool = field(default=False, init=False)  # whether it stopped as close as was asked for
    _began: float = field(default_factory=monotonic, init=False)

    @property
    def listens(self) -> bool:
        """Whether anybody wants reports."""
        return self.tell is not None or self.gap > 0

    def look(self) -> None:
        """Raise `Stopped` when the time is over."""
        if self.seconds is not None and monotonic() - self._began > self.seconds:
            raise Stopped

    def is_over(self, grace: float = 0.0) -> bool:
        """Say whether the time is over, or has been for so many seconds."""
        if grace:
            return self.seconds is not None and monotonic() - self._began > self.seconds + grace
        try:
            self.look()
        except Stopped:
            return True
        return False

    def report(
        self,
        rounds: int,
        total: int,
        bound: int,
        read: float,
        settled: Callable[[], bool] | None = None,
    ) -> None:
        """Tell how far the search is (in steps of the grid); raise `Stopped` when close enough.

        If there are stages before the total, `settled` is asked whether they are as good as can be.
        """
        gap = from_grid(max(bound - total, 0), self.bits)
        if self.tell is not None:
            self.tell(
                Progress(
                    rounds,
                    from_grid(total, self.bits),
                    from_grid(bound, self.bits),
                    gap,
                    read / max(self.columns, 1),
                    monotonic() - self._began,
                )
            )
        if gap <= self.gap and self.gap > 0 and (settled is None or settled()):
            self.met = True
            raise Stopped
        self.look()


FREE = Watch()
