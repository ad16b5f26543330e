"""Stages in any order where every mentee wants one mentor at most: each on the best face so far.

The matchings that are best in one stage are those that use only pairs, places and people of zero
reduced cost at its prices; the next stage chooses among them alone. Its prices, put on top of a
whole multiple of the earlier ones, then prove it among all matchings (lexicographic linear
programming: Isermann 1982, doi:10.1007/BF01782758).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from mentormatch.errors import ProblemError
from mentormatch.matching.proofs import Ladder, Prices, Proof
from mentormatch.matching.solvers.flow import (
    Choice,
    assign,
    best_face,
    draw_lots,
    lowest_prices,
    open_choice,
    proof_of,
    total_prices,
)
from mentormatch.matching.solvers.numbers import Found, Numbers, found_in
from mentormatch.matching.solvers.rungs import Rung, climb

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NEVER = np.int64(-(2**60))
_MOST = 2**59
_TOO_LARGE = (
    "scores are so large that prices of several stages would not be exact: "
    "divide them all by a constant"
)


def solve_faces(numbers: Numbers, stages: tuple[str, ...]) -> Found | None:
    """Return the best matching with its proofs, or None if the rules cannot all be kept.

    Parameters
    ----------
    numbers : Numbers
        With ``row_high <= 1`` and no side quotas.
    stages : tuple of str
        Any; ``"worst"`` and ``"leximin"`` not first.

    Raises
    ------
    ProblemError
        What a stage pays for the earlier ones could be too large to be exact.
    """
    choice = open_choice(numbers)
    if choice is None:
        return None
    face, match = choice, None
    # What the stages so far are worth together, each outweighing all after it; their joint prices.
    worth, prices = np.zeros_like(numbers.values), np.zeros(numbers.shape[1], np.int64)
    weights: dict[str, int] = {}
    proofs: dict[str, Proof] = {}
    ladder: Ladder | None = None
    levels = np.zeros(0, np.int64)  # the scores that leximin has settled
    for stage in stages:
        if stage == "leximin":
            if match is None:
                raise RuntimeError("nothing asks for pairs before the lowest score")
            start = proof_of(numbers, worth, prices, weights)
            rungs, face, match = climb(numbers.values, face, match)
            ladder = _ladder(numbers, rungs, start)
            proofs[stage] = ladder
            levels = np.array([rung.level for rung in rungs], np.int64)
            # From here on nothing but the fairest matchings is looked at.
            choice, weights = face, {}
            worth, prices = np.zeros_like(worth), np.zeros_like(prices)
            continue
        if ladder is not None and stage == "total":
            # The scores that pairs have, and how many have each, are settled.
            none = np.zeros(numbers.quota_count, np.int64)
            proofs[stage] = Prices(np.zeros_like(prices), none, rungs=levels)
            continue
        if stage == "worst":
            lowest, match = _highest_floor(numbers.values, face, match)
            proofs[stage] = _too_few_above(numbers, lowest, choice, worth, weights)
            enough = numbers.values >= lowest
            choice = replace(choice, possible=choice.possible & enough)
            face = replace(face, possible=face.possible & enough)
            continue
        own = numbers.counted(stage)
        match = assign(own, face)
        if match is None:
            if not proofs:
                return None
            raise RuntimeError("the best face of a stage holds no matching")
        if set(weights) <= {"coverage"}:
            lead = bool(weights)
            mentors, pay = total_prices(own, choice, match, lead, 0)
        else:
            pay = _least_pay(own, worth, choice, match)
            mentors = _sure(own + pay * worth, choice, match)
        pays = {name: pay * weight for name, weight in weights.items()}
        proof = proof_of(numbers, own + pay * worth, mentors, pays)
        proofs[stage] = proof if ladder is None else Ladder((*ladder.rungs, proof), ladder.start)
        # One step more tells earlier and later gains apart where they would tie.
        worth = own + (pay + 1) * worth
        weights = {stage: 1, **{name: (pay + 1) * w for name, w in weights.items()}}
        prices = _sure(worth, choice, match)
        face = best_face(worth, choice, prices)
    if match is None:
        return None
    return found_in(draw_lots(numbers, choice, match, worth, prices), proofs)


def _ladder(numbers: Numbers, rungs: list[Rung], start: Prices) -> Ladder:
    """Return what proves the fairest matchings, rung by rung."""
    none, proofs = np.zeros(numbers.quota_count, np.int64), []
    for rung in rungs:
        proof = Prices(rung.mentors, none)
        if numbers.locks:
            worth = -(numbers.values == rung.level).astype(np.int64)
            proof = proof_of(numbers, worth, rung.mentors)
        proofs.append(proof)
    return Ladder(tuple(proofs), start)


def _sure(worth: Ints, choice: Choice, match: Ints) -> Ints:
    """Return the lowest prices of a matching that must be best."""
    if _largest(worth, choice) >= _limit(choice):
        raise ProblemError(_TOO_LARGE)
    prices = lowest_prices(worth, choice, match, 0)
    if prices is None:
        raise RuntimeError("the matching found is not the best one")
    return prices


def _limit(choice: Choice) -> int:
    """Return how much pairs may be worth for prices to be exact.

    Lowest prices are no higher than what pairs are worth, but for minimums: these may make a price
    as long as a path through everybody.
    """
    bounded = bool(choice.row_low.any() or choice.col_low.any())
    return _MOST // (8 * (sum(choice.possible.shape) + 2) if bounded else 4)


def _largest(worth: Ints, choice: Choice) -> int:
    return int(np.abs(np.where(choice.possible, worth, 0)).max(initial=0))


def _least_pay(own: Ints, worth: Ints, choice: Choice, match: Ints) -> int:
    """Return a low whole number of times that earlier stages weigh so that none of them suffers.

    A weight that outweighs everything comes first; its prices are taken apart into those of the
    earlier stages and those of this one, and the weight is lowered as far as all stay content.
    """
    most = min(len(own), int(choice.col_high.sum()))
    room = (_limit(choice) - _largest(own, choice)) // (_largest(worth, choice) + 1) - 1
    heavy = min(8 * (_largest(own, choice) * most + 1), room)
    if heavy < 1:
        raise ProblemError(_TOO_LARGE)
    both = own + heavy * worth
    v = _tried(both, choice, match, heavy)
    if v is None:
        raise ProblemError(_TOO_LARGE)
    gain = np.where(choice.possible, both - v, _NEVER)
    u = gain.max(axis=1, initial=_NEVER)
    u = np.where(choice.row_low > 0, u, np.maximum(u, 0))
    u = np.where(choice.possible.any(axis=1), u, 0)
    early_u, early_v = np.rint(u / heavy).astype(np.int64), np.rint(v / heavy).astype(np.int64)
    late_u, late_v = u - heavy * early_u, v - heavy * early_v
    slack = np.where(choice.possible, late_u[:, None] + late_v - own, 0)
    early = np.where(choice.possible, early_u[:, None] + early_v - worth, 0)
    bound_rows = choice.row_low == 0
    pay = _owed(slack, early)
    pay = max(pay, _owed(late_u[bound_rows], early_u[bound_rows]))
    load = np.bincount(match[match >= 0], minlength=len(v))
    above, below = load > choice.col_low, load < choice.col_high
    pay = max(pay, _owed(late_v[above], early_v[above]))
    pay = max(pay, _owed(-late_v[below], -early_v[below]))
    return heavy if _tried(own + pay * worth, choice, match) is None else pay


def _tried(worth: Ints, choice: Choice, match: Ints, unit: int = 1) -> Ints | None:
    """Return the lowest prices of a matching, or None if it is not the best."""
    try:
        return lowest_prices(worth, choice, match, 0, unit)
    except RuntimeError:
        return None


def _owed(late: Ints, early: Ints) -> int:
    """Return the least multiple of `early` that lifts what is below 0 to 0."""
    owing = (late < 0) & (early > 0)
    return int(-((late[owing] // early[owing]).min(initial=0)))


def _highest_floor(values: Ints, face: Choice, match: Ints | None) -> tuple[int, Ints]:
    """Return the best lowest score among the best matchings so far, and one that has it."""
    if match is None:
        raise RuntimeError("nothing asks for pairs before the lowest score")
    own = _scores(values, match)
    if not len(own) or not (face.row_low.any() or face.col_low.any()):
        # Nothing is lost without any pair.
        return 2**61, np.full(len(values), -1, np.int64)
    levels = np.unique(values[face.possible & (values >= own.min())])
    low, high = 0, len(levels)
    while high - low > 1:
        middle = (low + high) // 2
        if _can_be_kept(replace(face, possible=face.possible & (values >= levels[middle]))):
            low = middle
        else:
            high = middle
    some = replace(face, possible=face.possible & (values >= levels[low]))
    found = assign(np.ones_like(values), some)
    if found is None:
        raise RuntimeError("minimums that can be kept apart cannot be kept together")
    return int(levels[low]), found


def _can_be_kept(choice: Choice) -> bool:
    """Say whether every minimum can be kept.

    That is so if those of the rows can, and those of the columns can, each side on its own
    (Mendelsohn and Dulmage 1958, doi:10.4153/CJM-1958-055-6).
    """
    rows = np.flatnonzero(choice.row_low > 0)
    columns = np.repeat(np.arange(len(choice.col_high)), choice.col_high)
    needed = np.repeat(np.arange(len(choice.col_low)), choice.col_low)
    return _all_matched(choice.possible[np.ix_(rows, columns)]) and _all_matched(
        choice.possible[:, needed].T
    )


def _all_matched(possible: Flags) -> bool:
    """Say whether every row can have a column of its own."""
    if not possible.any(axis=1).all():
        return False
    partner = maximum_bipartite_matching(csr_array(possible), perm_type="column")
    return bool((partner >= 0).all())


def _scores(values: Ints, match: Ints) -> Ints:
    """Return the scores of the pairs."""
    rows = np.flatnonzero(match >= 0)
    return values[rows, match[rows]]


def _too_few_above(
    numbers: Numbers, lowest: int, choice: Choice, worth: Ints, weights: dict[str, int]
) -> Prices:
    """Prove that pairs above a score alone cannot do as well in the stages so far."""
    above = replace(choice, possible=choice.possible & (numbers.values > lowest))
    match = assign(worth, above)
    if match is not None:
        return proof_of(numbers, worth, _sure(worth, above, match), weights)
    return _minimums_missed(numbers, above)


def _minimums_missed(numbers: Numbers, choice: Choice) -> Prices:
    """Return prices which prove that minimums and locks cannot be kept.

    Whoever has a minimum may keep it with nobody, at a loss of 1; the prices of that problem show
    that there is a loss.
    """
    n, m = numbers.shape
    ghosts = np.repeat(np.arange(m), choice.col_low)
    possible = np.zeros((n + len(ghosts), m + 1), np.bool_)
    possible[:n, :m] = choice.possible
    possible[:n, m] = choice.row_low > 0
    possible[n + np.arange(len(ghosts)), ghosts] = True
    worth = np.zeros(possible.shape, np.int64)
    worth[:, m] = -1
    worth[n:] = -1
    # A mentor's minimum may be more than the places there are; those then have to grow with it.
    eased = Choice(
        possible,
        np.concatenate([choice.row_low, np.zeros(len(ghosts), np.int64)]),
        np.concatenate([choice.row_high, np.ones(len(ghosts), np.int64)]),
        np.concatenate([choice.col_low, [0]]),
        np.concatenate([np.maximum(choice.col_high, choice.col_low), [n]]),
    )
    match = assign(worth, eased)
    if match is None:
        raise RuntimeError("minimums that may be missed cannot be kept")
    mentors = _sure(worth, eased, match)
    gain = np.where(possible, worth - mentors, _NEVER).max(axis=1, initial=_NEVER)
    paid = np.zeros(numbers.quota_count, np.int64)
    for i, _, k in numbers.locks:
        others = np.where(choice.possible[i], -mentors[:m], _NEVER)
        rest = int(others.max(initial=0 if numbers.row_low[i] == 0 else _NEVER))
        paid[k] = max(0, rest - int(gain[i]))
    return Prices(mentors[:m], paid)
