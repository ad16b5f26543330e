"""All that a result tells people, gathered once, for the writers to lay out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mentormatch.people.cohort import Cohort
from mentormatch.scores.in_common import InCommon

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Story:
    """A matching in tables that a coordinator can read; everything is in `language` already.

    Parameters
    ----------
    language : {"en", "sv"}
        Language of every sentence and department name inside.
    cohort : Cohort
        Whom it is about.
    pairs : pandas.DataFrame
        One row a pair, sorted by mentee department, mentee name, mentee id. Columns ``mentee``,
        ``mentor`` (ids), ``mentee_name``, ``mentor_name``, ``mentee_department``,
        ``mentor_department`` (names in words), ``score`` (0 to 1), a column ``part: <name>`` for
        each part of the score (they add up to ``score``), ``reasons`` (a sentence or two),
        ``nearest`` (the sentences of the two that are nearest to each other, or ``""``),
        ``runner_up`` (id of the next best mentor or ``""``), ``runner_up_name``,
        ``runner_up_cost`` (loss of total score if the mentee got that one), ``runner_up_people``
        (how many people fewer would be matched), perhaps ``runner_up_kept`` (how many announced
        pairs fewer would stay), ``runner_up_exact`` (False where the cost is only
        known to be at least that much), ``sure`` (one word).
    parts : mapping of str to str
        Name of each part -> what to call it on a screen.
    unmatched : pandas.DataFrame
        Every person without a pair: ``side`` ("mentees" or "mentors"), ``id``, ``name``,
        ``department`` (in words), ``reason`` (a sentence).
    departments : pandas.DataFrame
        One row a department: ``department``, ``mentees``, ``mentors``, ``places``, ``matched``
        (mentees with a pair), ``inside`` (pairs inside the department), ``lent`` (pairs of its
        mentors with others' mentees), ``borrowed`` (pairs of its mentees with others' mentors),
        ``mean_score``, ``lowest_score`` (NaN where it has no pair).
    fairness : pandas.DataFrame
        One row a department, as `mentormatch.fairness` returns it.
    fairness_in_short : str
        Who was served best and least, in a sentence.
    costs : pandas.DataFrame
        One row a rule that binds, as `mentormatch.rule_costs` returns it.
    costs_in_short : str
        Which rule stands most in the way of a better list, in a sentence.
    flows : pandas.DataFrame
        Number of pairs: rows are departments of mentees, columns of mentors, names in words.
    loads : pandas.DataFrame
        One row a mentor: ``mentor``, ``name``, ``department``, ``places``, ``pairs``.
    readiness : mapping of str to pandas.DataFrame
        Heading -> table, as on the readiness page.
    settings : pandas.DataFrame
        Columns ``setting``, ``value``, both text: weights, rules, objective, seed, versions, files.
    summary : mapping of str to object
        ``mentees``, ``mentors``, ``places``, ``pairs``, ``matched`` (all int), ``total``,
        ``bound``, ``gap``, ``mean_score``, ``lowest_score`` (float), ``status``, ``objective``
        (str, in words), ``scorer`` (str: what compared the answers), ``seed`` (int), ``proof`` (a
        sentence that says what is proved), ``blocking`` (int: how many who are no pair would both
        rather have each other) and ``stability`` (a sentence that says so). ``bound`` and ``gap``
        are NaN where nothing bounds the total.
    concerned : pandas.DataFrame, optional
        What became of every announced pair, as `mentormatch.telling.concerned` returns it; None
        where no list was mended.
    concerned_in_short : str
        How many announced pairs stay, and how many people have to be told of something.
    in_common : mapping of (str, str) to tuple of InCommon
        Mentee's and mentor's id of each pair -> what speaks for it. It holds answers that may not
        be passed on: `mentormatch.telling.recipients` says which may.
    rule_effects : pandas.DataFrame, optional
        One row for each rule that costs something and each department, as
        `mentormatch.telling.rule_effects.rule_effects` returns it.
    sought : pandas.DataFrame, optional
        What each stage reached, as `mentormatch.telling.sought.sought` returns it, where more was
        sought than people matched and scores.
    wishes : pandas.DataFrame, optional
        As `wishes_met` of that module, where a rule is about wishes.
    """

    language: str
    cohort: Cohort
    pairs: pd.DataFrame
    parts: Mapping[str, str]
    unmatched: pd.DataFrame
    departments: pd.DataFrame
    fairness: pd.DataFrame
    fairness_in_short: str
    costs: pd.DataFrame
    costs_in_short: str
    flows: pd.DataFrame
    loads: pd.DataFrame
    readiness: Mapping[str, pd.DataFrame]
    settings: pd.DataFrame
    summary: Mapping[str, Any]
    concerned: pd.DataFrame | None = None
    concerned_in_short: str = ""
    in_common: Mapping[tuple[str, str], tuple[InCommon, ...]] = field(default_factory=dict)
    rule_effects: pd.DataFrame | None = None
    sought: pd.DataFrame | None = None
    wishes: pd.DataFrame | None = None
