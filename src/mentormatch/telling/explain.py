"""Why each pair was made, and what stood second."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from mentormatch.errors import ProblemError
from mentormatch.matching.result import Matching
from mentormatch.matching.second_best import second_best
from mentormatch.scores.in_common import InCommon, in_words
from mentormatch.telling.people import People, language_of
from mentormatch.telling.sureness import sureness
from mentormatch.words import say

#: A pair whose loss costs less than this of the total score is a close call; ten times as much
#: makes it firm.
_CLOSE = 0.02


#: With more mentors than this, pricing all pairs would take minutes.
_MOST_MENTORS = 2_500


def explain(
    matching: Matching,
    language: str | None = None,
    mentees: Sequence[Hashable] | None = None,
    draws: int = 0,
) -> pd.DataFrame:
    """Return every pair with its score taken apart, its reasons, and the next best mentor.

    Parameters
    ----------
    matching : Matching
        The pairs.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.
    mentees : sequence of hashable, optional
        Ids of the mentees whose pairs are wanted; everybody's if left out. In cohorts with more
        than 2 500 mentors the next best mentor is worked out only for mentees asked for by id.
    draws : int
        If above 0, the column ``stays`` is added, from `mentormatch.sureness` with so many draws.

    Returns
    -------
    pandas.DataFrame
        A row a pair, sorted by department, name and id of the mentee. ``mentee`` and ``mentor``
        are ids, with ``mentee_name``, ``mentor_name``, ``mentee_department`` and
        ``mentor_department``. ``score`` is the sum of the columns ``part: ...``; ``certainty``
        says how much of it rests on what both answered, 0 to 1. ``reasons`` says in words what the
        two share, ``nearest`` quotes the sentences that are nearest (empty where nothing
        meets). ``runner_up`` is the mentor whom the mentee would have if this
        pair were not made (empty: nobody), ``runner_up_cost`` what the total score would lose,
        ``runner_up_people`` how many mentees fewer would have a mentor (0 where the objective does
        not count them), ``runner_up_kept`` how many announced
        pairs fewer would stay; the loss takes into account that others would have to move.
        ``runner_up_exact`` is False where rules make it "at least".
        ``sure`` says in a word how firm the pair is: it stays until its score falls by that loss.

    Raises
    ------
    ProblemError
        A mentee asked for is not in the problem; or `draws` for scores without weights.
    """
    people = People(matching.problem, language_of(matching.problem, language))
    chosen = _chosen(matching, people, mentees)
    found: list[tuple[tuple[InCommon, ...], ...]] = [()] * len(chosen)
    if people.fit is not None:
        found = people.fit.all_in_common(matching.rows[chosen], matching.columns[chosen])
    some = dict(zip(chosen, found, strict=True))
    return explained(matching, people, some, draws, everybody=mentees is None)


def explained(
    matching: Matching,
    people: People,
    found: Mapping[int, tuple[tuple[InCommon, ...], ...]],
    draws: int = 0,
    *,
    everybody: bool = True,
) -> pd.DataFrame:
    """Return what `explain` does where it is known already what the pairs have in common.

    Parameters
    ----------
    matching : Matching
        The pairs.
    people : People
        Whom they are of, and the language of the words.
    found : mapping of int to tuple of tuple of InCommon
        Place of each pair that is wanted -> what its two have in common, part by part; see
        `mentormatch.scores.compatibility.Compatibility.all_in_common`.
    draws : int
        As in `explain`.
    everybody : bool
        Whether no mentees were asked for by id.
    """
    fit, words, chosen = people.fit, people.language, list(found)
    many = everybody and matching.problem.shape[1] > _MOST_MENTORS
    second = second_best(matching, () if many else chosen)
    stays = sureness(matching, draws)["stays"].tolist() if draws else None
    mentors, scores = people.ids("mentors"), matching.pairs["score"].tolist()
    parts = None if fit is None else fit.contributions(matching.rows, matching.columns).tolist()
    certain = None if fit is None else fit.certainty(matching.rows, matching.columns).tolist()
    rows = []
    for k in chosen:
        i, j = int(matching.rows[k]), int(matching.columns[k])
        other = int(second.mentor[k])
        # A list with a higher total was passed over: something that comes first would be lost.
        lost = bool(second.loses[k] or (matching.proofs and second.cost[k] < 0))
        row: dict[str, object] = {
            "mentee": people.ids("mentees")[i],
            "mentor": mentors[j],
            "mentee_name": people.name("mentees", i),
            "mentor_name": people.name("mentors", j),
            "mentee_department": people.department("mentees", i),
            "mentor_department": people.department("mentors", j),
            "score": scores[k],
        }
        if fit is not None and parts is not None:
            row |= {f"part: {name}": x for name, x in zip(fit.names, parts[k], strict=True)}
        row |= {
            "certainty": float("nan") if certain is None else certain[k],
            **_why(people, i, j, found[k]),
            "runner_up": mentors[other] if other >= 0 else "",
            "runner_up_name": people.name("mentors", other) if other >= 0 else "",
            "runner_up_cost": float(second.cost[k]),
            "runner_up_people": int(second.people[k]),
            "runner_up_kept": int(second.kept[k]),
            "runner_up_exact": bool(second.exact[k]),
            "sure": _sure(second.cost[k], lost, second.locked[k], words),
        }
        if stays is not None:
            row["stays"] = stays[k]
        rows.append(row)
    table = pd.DataFrame(rows, columns=_columns(people) + ["stays"] * (stays is not None))
    by = ("mentee_department", "mentee_name", "mentee", "mentor")
    order = sorted(range(len(table)), key=lambda k: tuple(str(rows[k][column]) for column in by))
    return table.iloc[order].reset_index(drop=True)


def _chosen(matching: Matching, people: People, mentees: Sequence[Hashable] | None) -> list[int]:
    """Return which pairs are wanted, as places in the matching's order."""
    if mentees is None:
        return list(range(len(matching)))
    places = {mentee: i for i, mentee in enumerate(people.ids("mentees"))}
    for mentee in mentees:
        if mentee not in places:
            raise ProblemError(f"there is no mentee {mentee!r} in the problem")
    wanted = np.isin(matching.rows, [places[mentee] for mentee in mentees])
    return [int(k) for k in np.flatnonzero(wanted)]


def _columns(people: People) -> list[str]:
    parts = [] if people.fit is None else [f"part: {name}" for name in people.fit.names]
    return [
        "mentee", "mentor", "mentee_name", "mentor_name", "mentee_department", "mentor_department",
        "score", *parts, "certainty", "reasons", "nearest", "runner_up", "runner_up_name",
        "runner_up_cost", "runner_up_people", "runner_up_kept", "runner_up_exact", "sure",
    ]  # fmt: skip


def _why(people: People, i: int, j: int, parts: Iterable[tuple[InCommon, ...]]) -> dict[str, str]:
    """Say in words what the two of a pair share, and quote the sentences that are nearest."""
    fit, language = people.fit, people.language
    if fit is None:
        return {"reasons": "", "nearest": ""}
    said, nearest = [], ""
    for part, found in zip(fit.parts, parts, strict=True):
        shared = in_words(found, language)
        key = f"explain.shared_{part.name if part.name in _TOLD else 'other'}"
        if shared:
            said.append(
                say(key, language, shared=", ".join(shared), count=len(shared), part=part.name)
            )
        quoted = [one for one in found if one.kind == "sentence"]
        if quoted and not nearest:
            nearest = max(quoted, key=lambda one: one.weight).said(language)
    if not said:
        said.append(say("explain.shared_nothing", language))
    silent = sum(not part.known(i, j)[0] for part in fit.parts)
    if silent:
        share = f"{100 * float(fit.certainty([i], [j])[0]):.0f}"
        said.append(say("explain.unknown_parts", language, count=silent, share=share))
    return {"reasons": " ".join(said), "nearest": nearest}


_TOLD = ("department", "interests", "goals", "mentor_goals", "languages", "availability")


def _sure(cost: float, lost: bool, locked: bool, language: str) -> str:
    if locked:
        return say("explain.locked", language)
    if np.isnan(cost):
        return say("explain.unknown", language)
    if lost or cost >= 10 * _CLOSE:
        return say("explain.firm", language)
    return say("explain.fair" if cost >= _CLOSE else "explain.close", language)
