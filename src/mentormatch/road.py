"""The straight road: a cohort to its best pairs in one call, and a list mended later."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mentormatch.errors import ProblemError
from mentormatch.formulation import formulate
from mentormatch.matching import mend
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.rules import Condition
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.score import score

Place = tuple[int, int]


def match(
    cohort: Cohort,
    weights: Mapping[str, float] | None = None,
    rules: Sequence[Condition] | None = None,
    objective: str | Sequence[str] = "most people",
    seed: int = 0,
    time_limit: float | None = None,
    n_jobs: int = 1,
) -> Matching:
    """Return the best pairs of a cohort: `score`, `formulate` and `solve` in one.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    weights : mapping of str to float, optional
        Weight of each part of the score; the programme's if left out.
    rules : sequence of Condition, optional
        What pairs have to keep; the programme's rules if left out.
    objective, seed, time_limit, n_jobs
        As for `solve`.

    Raises
    ------
    InfeasibleError
        No pair list keeps all rules; it names those in conflict.
    ProgrammeError
        The programme states a rule that cannot be understood.

    Examples
    --------
    >>> import mentormatch as mm
    >>> mm.match(mm.make_cohort(20, 15, seed=1)).status
    'optimal'
    """
    problem = formulate(cohort, score(cohort, weights), rules)
    return solve(problem, objective, seed, time_limit, n_jobs)


def rematch(
    matching: Matching | Iterable[tuple[Hashable, Hashable]],
    now: Cohort | Problem,
    rules: Sequence[Condition] | None = None,
    time_limit: float | None = None,
    n_jobs: int = 1,
    seed: int = 0,
) -> Matching:
    """Return the best pairs now that people left, came late or changed, with few pairs broken.

    As many mentees as can be have a mentor; among those lists, as many of the matching's pairs as
    can be stay; among those, what the problem's aims seek is reached as far as can be, and then the
    total is highest: no announced pair is broken for an aim. People are told apart by their ids (in
    a problem without ids by their position: so do not take rows out of one, see below). A
    pair is no longer announced where one of the two is gone or they may not be a pair any more;
    `changes` tells who is concerned.

    In a cohort whoever was there before and is no more has withdrawn: wishes for them are passed
    over.

    A large problem, with no quotas but bans and locked pairs and no aims with stages of their own,
    begins at the prices of the matching and reads only what the change concerns: one drop-out among
    10 000 takes some hundredths of a second. To say
    that somebody has left without making all scores anew, give her a demand (or him a capacity) of
    0: ``dataclasses.replace(problem, mentee_demand=...)`` shares the scores, so that nothing has
    to be compared. Otherwise matrices and encodings are compared number by number.

    Parameters
    ----------
    matching : Matching, or pairs of ids
        The pairs that were announced: each the id of a mentee and the id of her mentor.
    now : Cohort or Problem
        Everybody who takes part now; or the same in numbers. A cohort is scored with the weights
        of the matching where that has a cohort's scores, and with those of its programme where
        departments have weights of their own; the calibration of the matching is kept, so that
        nobody's score changes because others come or go. Announced pairs of a problem are put
        aside.
    rules : sequence of Condition, optional
        What pairs of a cohort have to keep; its programme's rules if left out.
    time_limit, n_jobs
        As for `solve`.
    seed : int
        Seed of the lottery, where pairs of ids are given; else it is the matching's own.

    Raises
    ------
    InfeasibleError
        No pair list keeps all rules; it names those in conflict.
    ProgrammeError
        The programme states a rule that cannot be understood.
    ProblemError
        A problem has fewer people than before, without ids to tell who left.

    Examples
    --------
    >>> import mentormatch as mm
    >>> before = mm.match(cohort := mm.make_cohort(20, 15, seed=1))
    >>> gone = before.pairs["mentee"].iloc[0]
    >>> fewer = mm.Cohort(cohort.mentees.drop(gone), cohort.mentors, cohort.programme)
    >>> after = mm.rematch(before, fewer)
    >>> after.kept == len(before) - 1
    True
    """
    known = matching if isinstance(matching, Matching) else None
    if not isinstance(matching, Matching):
        matching = list(matching)
    if isinstance(now, Cohort):
        before = None if known is None else known.problem.scores
        own = before if isinstance(before, Compatibility) else None
        if isinstance(matching, Matching):
            people = matching.problem.mentee_ids or (), matching.problem.mentor_ids or ()
        else:
            people = [pair[0] for pair in matching], [pair[1] for pair in matching]
        now = _with_those_gone(now, people, None if own is None else own.cohort)
        weights = None if own is None or own.department_weights else own.weights
        now = formulate(now, _scored_as(before, now, weights), rules)
    large = now.shape[0] * now.shape[1] >= mend.WARM
    if isinstance(matching, Matching):
        _known_again(matching.problem, now)
        mended = mend.mend(matching, now) if large else None
        if mended is not None:
            return mended
        pairs, seed = matching.pairs, matching.seed
        matching = zip(pairs["mentee"].tolist(), pairs["mentor"].tolist(), strict=True)
    announced = _positions(now, matching)
    mended = mend.mend_list(now, announced, seed) if large else None
    return mended or _keeping(now, announced, seed, time_limit, n_jobs)


def _with_those_gone(
    now: Cohort, people: tuple[Sequence[Hashable], Sequence[Hashable]], before: Cohort | None
) -> Cohort:
    """Return a cohort in which people of before who do not take part any more have withdrawn.

    So whoever wished for somebody who has left keeps nobody from being matched.
    """
    ids: list[str] = [] if before is None else list(before.withdrawn)
    names: list[str] = [] if before is None else list(before.withdrawn_names)
    for side, known in zip(SIDES, people, strict=True):
        there = set(now.table(side).index)
        gone = [one for one in dict.fromkeys(known) if isinstance(one, str) and one not in there]
        ids += gone
        if before is None:
            continue
        table = before.table(side)
        for column in (one for one in ("name", "email") if one in table):
            names += [str(one) for one in table.loc[table.index.isin(gone), column] if one]
    everybody = {*now.mentees.index, *now.mentors.index}
    left = tuple(one for one in dict.fromkeys([*now.withdrawn, *ids]) if one not in everybody)
    called = tuple(dict.fromkeys([*now.withdrawn_names, *names]))
    return replace(now, withdrawn=left, withdrawn_names=called)


def _scored_as(before: object, now: Cohort, weights: Mapping[str, float] | None) -> Compatibility:
    """Score people as those of an earlier matching were: what came since changes nobody else's."""
    if not isinstance(before, Compatibility):
        return score(now, weights)
    kept = before.calibration
    return score(
        now, weights, encoder=before.encoder, calibrate=before.calibrated, calibration=kept
    )


def _known_again(before: Problem, now: Problem) -> None:
    """Refuse fewer people who are known by position only, unless those at the end have left.

    Where somebody further up has left, whoever stands last now is not who stood there before.
    """
    (n, m), (was_n, was_m) = now.shape, before.shape
    last_row = np.full(min(m, was_m), n - 1), np.arange(min(m, was_m))
    last_column = np.arange(min(n, was_n)), np.full(min(n, was_n), m - 1)
    for side, here, there, ids, old_ids, place, (i, j) in (
        ("mentee", n, was_n, now.mentee_ids, before.mentee_ids, "demand", last_row),
        ("mentor", m, was_m, now.mentor_ids, before.mentor_ids, "capacity", last_column),
    ):
        if not 0 < here < there or ids != tuple(range(here)) or old_ids != tuple(range(there)):
            continue
        (value, may), (old_value, might) = now.values_at(i, j), before.values_at(i, j)
        both = may & might
        apart = np.abs(np.ldexp(value, -now.bits) - np.ldexp(old_value, -before.bits))[both]
        rounding = np.ldexp(1.0, -min(now.bits, before.bits))
        if (apart > rounding).any() or not (both.any() or np.array_equal(may, might)):
            raise ProblemError(
                f"there were {there} {side}s and now there are {here}, known by their position "
                f"only, so it cannot be told who left: give both problems {side}_ids, or keep "
                f"everybody in and give whoever left a {side}_{place} of 0"
            )


def _positions(problem: Problem, announced: Iterable[tuple[Hashable, Hashable]]) -> list[Place]:
    """Return pairs of ids as positions; pairs with somebody who is not there are passed over."""
    mentees, mentors = (
        {one: k for k, one in enumerate(ids or ())}
        for ids in (problem.mentee_ids, problem.mentor_ids)
    )
    return [(mentees[a], mentors[b]) for a, b in announced if a in mentees and b in mentors]


def _keeping(
    problem: Problem,
    announced: Iterable[Place],
    seed: int = 0,
    time_limit: float | None = None,
    n_jobs: int = 1,
) -> Matching:
    """Return the best pairs of a problem, keeping announced pairs, by position, where it can.

    Pairs that are impossible are passed over.
    """
    there = Pairs.listed(announced)
    i, j = there.exceptions.T
    possible = problem.values_at(i, j)[1]
    still = Pairs.listed(map(tuple, there.exceptions[possible].tolist()))
    aims = problem.aims
    stages = dict.fromkeys(("coverage", "kept", *aims.leading, *aims.following))
    stages.pop("total", None)
    return solve(replace(problem, announced=still), (*stages, "total"), seed, time_limit, n_jobs)
