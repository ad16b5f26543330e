"""Who has another mentor in one list of pairs than in another."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from mentormatch.matching.result import Matching
from mentormatch.telling.people import People, language_of
from mentormatch.words import say


def changes(before: Matching, after: Matching, language: str | None = None) -> pd.DataFrame:
    """Return every mentee whose mentor differs between two matchings.

    Parameters
    ----------
    before, after : Matching
        Of the same people, or of some of them: people are told apart by their ids.
    language : {"en", "sv"}, optional
        Language of the words; the programme's if left out.

    Returns
    -------
    pandas.DataFrame
        ``mentee`` (id), ``mentee_name``, ``mentor_before`` and ``mentor_after`` (names, several
        with commas between, or a word for nobody), in the order of the mentees.

    Examples
    --------
    >>> import mentormatch as mm
    >>> cohort = mm.make_cohort(12, 12, seed=1)
    >>> matching = mm.match(cohort)
    >>> len(changes(matching, matching))
    0
    """
    words = language_of(after.problem, language)
    nobody = say("explain.nobody_word", words)
    names: dict[Hashable, str] = {}
    had, has = _mentors(before, words, names), _mentors(after, words, names)
    rows = []
    for mentee, name in names.items():
        was, now = had.get(mentee, {}), has.get(mentee, {})
        if was.keys() != now.keys():
            told = (", ".join(one.values()) or nobody for one in (was, now))
            rows.append((mentee, name, *told))
    return pd.DataFrame(rows, columns=["mentee", "mentee_name", "mentor_before", "mentor_after"])


def _mentors(
    matching: Matching, language: str, names: dict[Hashable, str]
) -> dict[Hashable, dict[Hashable, str]]:
    """Return the mentors of each mentee, id and name, and note what the mentees are called."""
    people = People(matching.problem, language)
    mentees, mentors = people.ids("mentees"), people.ids("mentors")
    for i, mentee in enumerate(mentees):
        names.setdefault(mentee, people.name("mentees", i))
    found: dict[Hashable, dict[Hashable, str]] = {}
    for i, j in zip(matching.rows.tolist(), matching.columns.tolist(), strict=True):
        found.setdefault(mentees[i], {})[mentors[j]] = people.name("mentors", j)
    return found
