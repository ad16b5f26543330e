"""What has changed between two problems: who is new, and whose scores or bans are others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.problem import Problem
from mentormatch.matching.solvers.bans import Bans

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_CELLS = 2**20


@dataclass(frozen=True, eq=False)
class Changed:
    """Where people stood before, and what has to be read again.

    Parameters
    ----------
    old_row, old_column : numpy.ndarray of int, shapes (n,) and (m,)
        Where each mentee and each mentor stood before; -1 if new.
    rows, columns : numpy.ndarray of bool, shapes (n,) and (m,)
        Who is new or takes part again, or has pairs that score otherwise, have become possible or
        are so no more.
    everything : bool
        Nothing is known to be as it was.
    moved : bool
        Whether somebody is new, has left or stands elsewhere.
    """

    old_row: Ints
    old_column: Ints
    rows: Flags
    columns: Flags
    everything: bool
    moved: bool


def changed(before: Problem, now: Problem) -> Changed:
    """Compare two problems, people being told apart by their ids.

    Scores are compared number by number where they are a matrix or encodings. The same score
    object says that nothing has changed; any other is not read for this.
    """
    old_row = _stood(before.mentee_ids or (), now.mentee_ids or ())
    old_column = _stood(before.mentor_ids or (), now.mentor_ids or ())
    moved = not (
        before.shape == now.shape
        and (old_row == np.arange(len(old_row))).all()
        and (old_column == np.arange(len(old_column))).all()
    )
    had, open_to = (np.append(x, 1) for x in (before.mentee_demand, before.mentor_capacity))
    rows = (old_row < 0) | ((now.mentee_demand > 0) & (had[old_row] == 0))
    columns = (old_column < 0) | ((now.mentor_capacity > 0) & (open_to[old_column] == 0))
    known = (
        min(before.shape) > 0
        and before.minimum_score == now.minimum_score
        and _scores(before, now, old_row, old_column, rows, columns, moved)
    )
    if known:
        _bans(before, now, old_row, old_column, rows, columns, moved)
    return Changed(old_row, old_column, rows, columns, not known, moved)


def _stood(before: Sequence[Hashable], now: Sequence[Hashable]) -> Ints:
    """Return where each of these ids stood before, -1 for those who are new."""
    if before is now or before == now:
        return np.arange(len(now))
    place = {one: k for k, one in enumerate(before)}
    return np.array([place.get(one, -1) for one in now], np.int64)


def _scores(
    before: Problem,
    now: Problem,
    old_row: Ints,
    old_column: Ints,
    rows: Flags,
    columns: Flags,
    moved: bool,
) -> bool:
    """Mark whose scores have changed; say whether that is known."""
    a, b = before.scores, now.scores
    if a is b and not moved:
        return True
    if isinstance(a, Encodings) and isinstance(b, Encodings):
        if a.mentees.shape[1] != b.mentees.shape[1]:
            return False
        rows |= (a.mentees[old_row] != b.mentees).any(axis=1)
        columns |= (a.mentors[old_column] != b.mentors).any(axis=1)
        return True
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    there = np.flatnonzero(~columns)
    source = old_column[there]
    plain = len(there) == len(columns) and not moved
    counts = np.zeros(len(columns), np.int64)

    def parts() -> list[Ints]:
        known = np.flatnonzero(~rows)
        step = max(1, _CELLS // max(len(columns), 1))
        return [known[first : first + step] for first in range(0, len(known), step)]

    def differ(part: Ints) -> Flags:
        if plain:
            first, last = int(part[0]), int(part[-1]) + 1
            if last - first == len(part):
                return np.asarray(a[first:last] != b[first:last])
        return np.asarray(a[old_row[part]][:, source] != b[part][:, there])

    differing: list[tuple[Ints, Flags]] = []
    for part in parts():
        other = differ(part)
        if other.any():
            some = other.any(axis=1)
            counts[there] += other.sum(axis=0)
            differing.append((part[some], other[some]))
    # A mentor whose scores with most people are others has changed herself.
    columns |= counts * 2 > len(rows)
    steady = ~columns[there]
    for part, other in differing:
        rows[part[other[:, steady].any(axis=1)]] = True
    return True


def _bans(
    before: Problem,
    now: Problem,
    old_row: Ints,
    old_column: Ints,
    rows: Flags,
    columns: Flags,
    moved: bool,
) -> None:
    """Mark who may have other partners than before."""
    alike = len(before.quotas) == len(now.quotas) and all(
        a is b for a, b in zip(before.quotas, now.quotas, strict=True)
    )
    if alike and not (moved and now.quotas):
        return
    old, new = Bans(before), Bans(now)
    known_rows, known_columns = np.flatnonzero(old_row >= 0), np.flatnonzero(old_column >= 0)
    row_kinds = np.stack([old.row_kinds[old_row[known_rows]], new.row_kinds[known_rows]])
    column_kinds = np.stack(
        [old.col_kinds[old_column[known_columns]], new.col_kinds[known_columns]]
    )
    kinds, which = np.unique(row_kinds, axis=1, return_inverse=True)
    others = np.unique(column_kinds, axis=1)
    unlike = old.table[np.ix_(kinds[0], others[0])] != new.table[np.ix_(kinds[1], others[1])]
    rows[known_rows[unlike.any(axis=1)[which.reshape(-1)]]] = True
    new_row, new_column = (
        turned(old_row, before.shape[0]),
        turned(old_column, before.shape[1]),
    )
    mapped = set(
        zip(
            new_row[np.concatenate([old.banned_i, old.spared_i])].tolist(),
            new_column[np.concatenate([old.banned_j, old.spared_j])].tolist(),
            strict=True,
        )
    )
    single = set(
        zip(
            np.concatenate([new.banned_i, new.spared_i]).tolist(),
            np.concatenate([new.banned_j, new.spared_j]).tolist(),
            strict=True,
        )
    )
    for i, j in mapped ^ single:
        if i >= 0 and j >= 0:
            rows[i] = True


def turned(old: Ints, size: int) -> Ints:
    """Return where everybody of before stands now, -1 for who has left."""
    new = np.full(size, -1, np.int64)
    there = np.flatnonzero(old >= 0)
    new[old[there]] = there
    return new
