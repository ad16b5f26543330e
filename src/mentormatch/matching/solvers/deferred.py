"""Deferred acceptance: one side asks, the other keeps the best who have asked so far.

Everybody of the asking side asks the one they like best of those who have not yet turned them
down; whoever is asked keeps the best and turns down the rest (Gale and Shapley 1962,
doi:10.2307/2312726; Roth and Sotomayor 1990 for several places). The result does not hang on who
asks first (McVitie and Wilson 1970, doi:10.1007/BF01934199).

What somebody offers who has no place left only ever gets better. So a person's next requests can be
looked up when they are needed, among those alone who would accept now: nobody else ever will. Only
a few requests a person are in memory, and one block of likings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: How many requests a person are looked up at first, and how many times more in each later turn.
_FIRST, _FACTOR = 16, 4
#: Requests in memory at a time, about.
_BUDGET = 2**21


@dataclass(frozen=True, eq=False)
class Piece:
    """How much some askers and all who are asked want each other.

    Parameters
    ----------
    askers : numpy.ndarray of int
        Positions, ascending.
    wanted, wanting : numpy.ndarray of float, shape (len(askers), number of asked)
        How much the askers want those asked, and the other way round; both -inf where impossible.
    """

    askers: Ints
    wanted: Floats
    wanting: Floats


@dataclass(frozen=True, eq=False)
class Question:
    """Who asks whom.

    Parameters
    ----------
    pieces : callable
        Given askers, ascending, returns their pairs, some askers at a time.
    lots : callable
        Given positions of askers and asked, returns the lottery numbers of the pairs (>= 0): of
        two who are liked alike, the higher number is preferred, by both sides.
    most_made, most_kept : numpy.ndarray of int
        Most pairs of each asker and of each asked.
    asker_rank, asked_rank : numpy.ndarray of int
        Everybody's place in the lottery of their side: the lower one is preferred where even the
        lottery numbers are equal.
    """

    pieces: Callable[[Ints], Iterator[Piece]]
    lots: Callable[[Ints, Ints], Ints]
    most_made: Ints
    most_kept: Ints
    asker_rank: Ints
    asked_rank: Ints


def deferred_acceptance(question: Question, compiled: bool = False) -> tuple[Ints, Ints]:
    """Return the stable pairs that are best for every asker, as positions of askers and asked.

    Parameters
    ----------
    question : Question
        One of the two sides must want no more than one pair each for the result to be stable.
    compiled : bool
        Whether Numba compiles the loop of requests: quicker if there are many, the same result.
    """
    n, m = len(question.most_made), len(question.most_kept)
    slots = min(
        int(np.minimum(question.most_made, m).sum()), int(np.minimum(question.most_kept, n).sum())
    )
    desk = _Desk(
        open=question.most_made.astype(np.int64),
        load=np.zeros(m, np.int64),
        first=np.full(m, -1, np.int64),
        worst=np.full(m, -1, np.int64),
        after=np.full(slots, -1, np.int64),
        asker=np.full(slots, -1, np.int64),
        asked=np.full(slots, -1, np.int64),
        wanting=np.zeros(slots),
        lot=np.zeros(slots, np.int64),
    )
    begin, end = np.zeros(n, np.int64), np.zeros(n, np.int64)
    known = np.zeros(n, np.bool_)  # whether the requests in memory are all that are left
    pool = _Pool(compiled)
    keep = _FIRST
    waiting = np.flatnonzero(desk.open > 0)
    while len(waiting):
        few = max(_FIRST, min(keep, _BUDGET // len(waiting)))
        fresh, known[waiting] = _look_up(question, desk, waiting, few)
        if pool.size + len(fresh.asker) > _BUDGET:
            known[begin < end] = False
            begin[:], end[:] = 0, 0
            pool = _Pool(compiled)
        begin[waiting] = pool.size + np.searchsorted(fresh.asker, waiting)
        end[waiting] = pool.size + np.searchsorted(fresh.asker, waiting, side="right")
        pool.add(fresh)
        _ask(question, desk, pool, waiting, begin, end)
        waiting = np.flatnonzero((desk.open > 0) & (begin == end) & ~known)
        keep *= _FACTOR
    made = desk.asker >= 0
    return desk.asker[made], desk.asked[made]


@dataclass(frozen=True, eq=False)
class _Desk:
    """Who has been accepted so far; every pair has a slot, every asked a linked list of slots."""

    open: Ints
    load: Ints
    first: Ints
    worst: Ints
    after: Ints
    asker: Ints
    asked: Ints
    wanting: Floats
    lot: Ints


@dataclass(frozen=True, eq=False)
class _Requests:
    """Requests still to be made, each asker's in one piece, the best first."""

    asker: Ints
    asked: Ints
    wanted: Floats
    wanting: Floats
    lot: Ints

    @staticmethod
    def none() -> _Requests:
        return _Requests(*(np.zeros(0, kind) for kind in (np.int64, np.int64, float, float, int)))

    def and_then(self, other: _Requests) -> _Requests:
        mine, theirs = vars(self).values(), vars(other).values()
        return _Requests(*(np.concatenate(both) for both in zip(mine, theirs, strict=True)))

    def taken(self, order: Ints) -> _Requests:
        return _Requests(*(column[order] for column in vars(self).values()))

    def best(self, rank: Ints, most: int) -> _Requests:
        """Return each asker's best, sorted by asker and then from the best down."""
        order = np.lexsort((rank[self.asked], -self.lot, -self.wanted, self.asker))
        asker = self.asker[order]
        place = np.arange(len(order)) - np.searchsorted(asker, asker)
        return self.taken(order[place < most])


class _Pool:
    """Requests in memory: lists for the plain loop, roomy arrays for the compiled one."""

    def __init__(self, compiled: bool) -> None:
        self.compiled, self.size = compiled, 0
        kinds = (np.int64, np.float64, np.int64)
        self.columns: list[Any] = [np.empty(0, kind) if compiled else [] for kind in kinds]

    def add(self, fresh: _Requests) -> None:
        """Put more requests behind those that are there."""
        size = self.size + len(fresh.asker)
        for k, part in enumerate((fresh.asked, fresh.wanting, fresh.lot)):
            if not self.compiled:
                self.columns[k].extend(part.tolist())
                continue
            if size > len(self.columns[k]):
                old = self.columns[k][: self.size]
                self.columns[k] = np.concatenate([old, np.empty(2 * size - self.size, old.dtype)])
            self.columns[k][self.size : size] = part
        self.size = size


def _look_up(question: Question, desk: _Desk, waiting: Ints, keep: int) -> tuple[_Requests, Flags]:
    """Return the best requests of some askers that would be granted now, and who has no more."""
    full = desk.load >= question.most_kept
    held = full & (desk.worst >= 0)
    least = np.where(full, np.inf, -np.inf)
    least[held] = desk.wanting[desk.worst[held]]
    lot, rank = np.zeros(len(full), np.int64), np.zeros(len(full), np.int64)
    lot[held] = desk.lot[desk.worst[held]]
    rank[held] = question.asker_rank[desk.asker[desk.worst[held]]]
    granted = np.zeros(len(question.most_made), np.int64)
    found = [_Requests.none()]
    for piece in question.pieces(waiting):
        may = (piece.wanting >= least) & (piece.wanted > -np.inf)
        # Who is liked just as well as the one that would have to go is preferred by lot, or not.
        a, b = np.nonzero(may & (piece.wanting == least))
        mine = question.lots(piece.askers[a], b)
        theirs, other = lot[b], rank[b]
        beats = (mine > theirs) | (
            (mine == theirs) & (question.asker_rank[piece.askers[a]] < other)
        )
        may[a[~beats], b[~beats]] = False
        granted[piece.askers] = may.sum(axis=1)
        found.append(_first(question, piece, may, keep))
    best = _joined(found)
    count = np.bincount(best.asker, minlength=len(granted))
    return best, (count == granted)[waiting]


def _joined(parts: list[_Requests]) -> _Requests:
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return _Requests(*(np.concatenate(column) for column in columns))


def _first(question: Question, piece: Piece, may: Flags, keep: int) -> _Requests:
    """Return each asker's first `keep` requests of a piece, sorted by asker, the best first."""
    if not may.any():
        return _Requests.none()
    wanted = np.where(may, piece.wanted, -np.inf)
    width = wanted.shape[1]
    keep = min(keep, width)
    columns = np.argpartition(wanted, width - keep, axis=1)[:, width - keep :]
    order = np.argsort(-np.take_along_axis(wanted, columns, axis=1), axis=1)
    columns = np.take_along_axis(columns, order, axis=1)
    best = np.take_along_axis(wanted, columns, axis=1)
    real = best > -np.inf
    # Where an asker likes several alike, the lottery says who comes first, and who comes at all.
    tied = (real[:, 1:] & (best[:, 1:] == best[:, :-1])).any(axis=1)
    tied |= (may & (wanted >= best[:, -1:])).sum(axis=1) > keep
    real[tied] = False
    line, place = np.nonzero(real)
    sure = _requests(question, piece, line, columns[line, place])
    if not tied.any():
        return sure
    some = np.flatnonzero(tied)
    line, column = np.nonzero(_chosen(question, piece, may, some, keep, best[some, -1:]))
    drawn = _requests(question, piece, some[line], column).best(question.asked_rank, keep)
    both = sure.and_then(drawn)
    return both.taken(np.argsort(both.asker, kind="stable"))


def _requests(question: Question, piece: Piece, line: Ints, column: Ints) -> _Requests:
    i, j = piece.askers[line], column
    lots = question.lots(i, j)
    return _Requests(i, j, piece.wanted[line, column], piece.wanting[line, column], lots)


def _chosen(
    question: Question, piece: Piece, may: Flags, some: Ints, keep: int, least: Floats
) -> Flags:
    """Return the requests of some askers that their first `keep` are among, not many more.

    `least` is the lowest liking of each one's first: of all who are liked so, the lottery picks.
    """
    wanted = piece.wanted[some]
    chosen: Flags = may[some] & (wanted >= least)
    even = chosen & (wanted == least)
    every = np.arange(wanted.shape[1])
    lots = np.where(even, question.lots(piece.askers[some, None], every[None, :]), -1)
    width = lots.shape[1]
    edge = np.partition(lots, width - keep, axis=1)[:, width - keep, None]
    found: Flags = chosen & (~even | (lots >= edge))
    return found


def _ask(
    question: Question, desk: _Desk, pool: _Pool, waiting: Ints, begin: Ints, end: Ints
) -> None:
    """Make requests until nobody in memory has one left to make and room for its answer."""
    stack = np.zeros(len(begin), np.int64)
    stack[: len(waiting)] = waiting
    queued = np.zeros(len(begin), np.bool_)
    queued[waiting] = True
    fixed = (question.asker_rank, question.most_kept, end)
    moving = (stack, queued, begin, *vars(desk).values())
    used = int(np.count_nonzero(desk.asker >= 0))
    if pool.compiled:
        _kernel()(len(waiting), used, *pool.columns, *fixed, *moving)
        return
    lists = [column.tolist() for column in moving]
    request(len(waiting), used, *pool.columns, *(one.tolist() for one in fixed), *lists)
    for column, values in zip(moving, lists, strict=True):
        column[:] = values


@cache
def _kernel() -> Any:
    from numba import njit  # noqa: PLC0415  (small cohorts do not wait for the compiler)

    return njit(cache=True, nogil=True)(request)


def request(
    height: int,
    used: int,
    pool_asked: Any,
    pool_wanting: Any,
    pool_lot: Any,
    rank: Any,
    most: Any,
    end: Any,
    stack: Any,
    queued: Any,
    begin: Any,
    room: Any,
    load: Any,
    first: Any,
    worst: Any,
    after: Any,
    asker: Any,
    asked: Any,
    wanting: Any,
    lot: Any,
) -> None:
    """Let everybody on the stack ask until they have what they want or nobody is left to ask.

    Works on lists, or compiled on arrays; everything from `stack` on is changed in place.

    Parameters
    ----------
    height : int
        How many askers stand on the stack.
    used : int
        How many slots are in use.
    pool_asked, pool_wanting, pool_lot : sequences
        Requests: whom, how much the asker is wanted there, and the lottery number.
    rank, most, end : sequences
        Last word of the lottery by asker; places by asked; where each asker's requests end.
    stack, queued, begin, room : sequences
        By asker: those who are to ask, whether they are among them, the next request, and how many
        pairs more they want.
    load, first, worst : sequences
        By asked: pairs, the first slot, and the slot of the least liked where all places are taken.
    after, asker, asked, wanting, lot : sequences
        By slot: the next slot of the same list, the pair, and how much the asker is wanted.
    """
    while height > 0:
        height -= 1
        i = stack[height]
        queued[i] = False
        while room[i] > 0 and begin[i] < end[i]:
            k = begin[i]
            begin[i] += 1
            j = pool_asked[k]
            if load[j] < most[j]:
                slot = used
                used += 1
                after[slot] = first[j]
                first[j] = slot
                load[j] += 1
                asked[slot] = j
            else:
                slot = worst[j]
                if slot < 0:
                    continue
                out = asker[slot]
                if pool_wanting[k] < wanting[slot]:
                    continue
                if pool_wanting[k] == wanting[slot] and (
                    pool_lot[k] < lot[slot] or (pool_lot[k] == lot[slot] and rank[i] > rank[out])
                ):
                    continue
                room[out] += 1
                if not queued[out]:
                    queued[out] = True
                    stack[height] = out
                    height += 1
            asker[slot] = i
            wanting[slot] = pool_wanting[k]
            lot[slot] = pool_lot[k]
            room[i] -= 1
            if load[j] == most[j]:
                least = first[j]
                slot = after[least]
                while slot >= 0:
                    if wanting[slot] < wanting[least] or (
                        wanting[slot] == wanting[least]
                        and (
                            lot[slot] < lot[least]
                            or (lot[slot] == lot[least] and rank[asker[slot]] > rank[asker[least]])
                        )
                    ):
                        least = slot
                    slot = after[slot]
                worst[j] = least
