"""How many people can be matched at most under side quotas, and the prices that prove it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.bounds import bound
from mentormatch.matching.proofs import IMPOSSIBLE, UNKNOWN, Prices
from mentormatch.matching.solvers.columns import CHUNK, Columns
from mentormatch.matching.solvers.sided import Network

Ints = NDArray[np.int64]

_UNIT = 2**24
_FINE = 12
_ROUNDS = 60
_FEW = 8
_NEAR = 1e-4
_BLOCK = 2**20


def people_and_prices(columns: Columns) -> tuple[int, Prices] | None:
    """Return the most people that prices allow, and these prices; None if rules are in conflict.

    A flow in which a person counts and no score does tells it, on all pairs that may be used.

    Parameters
    ----------
    columns : Columns
        Their candidates are a beginning, and are added to.
    """
    problem = columns.problem
    none = np.zeros(len(problem.quotas), np.int64)
    plain = Prices(np.zeros(problem.shape[1], np.int64), none)
    everybody = int((problem.mentee_demand > 0).sum())
    columns.network.cover(everybody)
    columns.settle()
    people, broken = columns.network.missing(columns.flow)
    if people <= _NEAR and broken <= _NEAR:
        return everybody, plain
    for _ in range(_ROUNDS):
        prices, people = _priced(columns, everybody)
        most = _at_most(columns, prices)
        if most > people + _NEAR:
            most = bound(problem, prices, "coverage")
        if most == IMPOSSIBLE:
            return None
        if most <= people + _NEAR or not _more(columns, prices):
            return min(most, everybody), prices
    return None


def _priced(columns: Columns, everybody: int) -> tuple[Prices, float]:
    """Return the prices at which candidates match the most people, and how many these are."""
    problem = columns.problem
    network = Network(
        problem, columns.row_node, columns.col_node, columns.quotas, _UNIT, 64 * _UNIT
    )
    i, j = columns.row_node[columns.i], columns.col_node[columns.j]
    network.add(i, j, np.zeros(len(i), np.int64), columns.member)
    network.cover(everybody)
    while not network.improve(CHUNK):
        columns.watch.look()
    mentors = np.ldexp(network.mentors[columns.col_node] / _UNIT, _FINE)
    dear = _UNIT + np.abs(network.rows).max(initial=0.0) + np.abs(network.sides.price).sum()
    mentors = np.where(columns.closed, np.ldexp(2.0 * dear / _UNIT, _FINE), mentors)
    quotas = np.zeros(len(problem.quotas), np.int64)
    for k, one in enumerate(columns.quotas):
        price = int(np.rint(np.ldexp(-network.sides.price[k] / _UNIT, _FINE)))
        quotas[one.index] = price if one.most is not None else max(price, 0)
    people = everybody - network.missing(network.exact())[0]
    return Prices(np.rint(mentors).astype(np.int64), quotas, {}, _FINE), people


def _charge(columns: Columns, prices: Prices) -> Ints:
    """Return what pairs of each kind pay for quotas, shape (kinds of mentees, of mentors)."""
    found = np.zeros(columns.meets.shape[1:], np.int64)
    for k, one in enumerate(columns.quotas):
        found -= int(prices.quotas[one.index]) * columns.meets[k]
    return found


def _at_most(columns: Columns, prices: Prices) -> int:
    """Return what prices allow if all pairs were possible whose kinds are."""
    problem, bans = columns.problem, columns.reader.bans
    single = [problem.quotas[one.index].pairs.exceptions for one in columns.quotas]
    if len(bans.spared_i) or any(map(len, single)) or (problem.mentee_demand > 1).any():
        return UNKNOWN
    charge = _charge(columns, prices)
    kinds, of = np.unique(np.stack([columns.row_kind, bans.row_kinds]), axis=1, return_inverse=True)
    best = np.full(kinds.shape[1], -UNKNOWN)
    for k, (kind, ban) in enumerate(kinds.T.tolist()):
        open_ = bans.table[ban][bans.col_kinds] & ~columns.closed
        gain = (1 << prices.fine) - prices.mentors - charge[kind][columns.col_kind]
        best[k] = gain[open_].max(initial=-UNKNOWN)
    own = np.where(columns.open, best[of.reshape(-1)], -UNKNOWN)
    needed = problem.mentee_minimum > 0
    if (own[needed] == -UNKNOWN).any():
        return UNKNOWN
    v = prices.mentors
    earned = int(np.where(needed, own, np.maximum(own, 0)).sum())
    earned += int(np.maximum(v * problem.mentor_capacity, v * problem.mentor_minimum).sum())
    for one in columns.quotas:
        price = int(prices.quotas[one.index])
        earned -= price * (one.least if price > 0 else int(one.most or 0))
    return earned >> prices.fine


def _more(columns: Columns, prices: Prices) -> bool:
    """Add pairs outside the candidates that would match more people; say whether there are any."""
    problem = columns.problem
    n, m = problem.shape
    charge = _charge(columns, prices)
    gain = (1 << prices.fine) - prices.mentors
    have = np.zeros(n, np.int64)
    own = gain[columns.j] - charge[columns.row_kind[columns.i], columns.col_kind[columns.j]]
    np.maximum.at(have, columns.i, own)
    before = len(columns.i)
    step = max(1, _BLOCK // max(m, 1))
    for start in range(0, n, step):
        columns.watch.look()
        rows = np.arange(start, min(n, start + step))
        values, possible = problem.values(rows)
        some = gain - charge[columns.row_kind[rows]][:, columns.col_kind]
        possible &= (some > have[rows][:, None]) & columns.open[rows][:, None] & ~columns.closed
        some = np.where(possible, some, -(2**60))
        few = min(_FEW, m)
        best = np.argpartition(some, m - few, axis=1)[:, m - few :]
        a, b = np.repeat(np.arange(len(rows)), few), best.reshape(-1)
        good = possible[a, b]
        columns.add(rows[a[good]], b[good], values[a[good], b[good]])
    return len(columns.i) > before
