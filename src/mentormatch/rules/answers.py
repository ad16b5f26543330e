"""Rules about what the two of a pair answered, and about their score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentormatch.errors import Fault
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Programme
from mentormatch.people.spelling import fold
from mentormatch.rules.condition import Condition, Meaning
from mentormatch.words import Sentence, sentence


def common_language(column: str = "languages") -> Condition:
    """Demand that both of a pair speak a common language; who named none is taken to speak any.

    A column of single answers is read as lists of one.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.common_language")

    def meaning(cohort: Cohort) -> Meaning:
        if column not in cohort.mentees or column not in cohort.mentors:
            return Meaning(notes=(Fault("rules.no_column", value=column),))
        rows, row_sets = _grouped(cohort.mentees[column])
        columns, column_sets = _grouped(cohort.mentors[column])
        table = [[bool(a) and bool(b) and a.isdisjoint(b) for b in column_sets] for a in row_sets]
        strangers = Pairs.cells(rows, columns, np.array(table, np.bool_))
        return Meaning((Quota(name(cohort.programme), strangers, at_most=0),))

    return Condition("common language", {"column": column}, (), meaning, name)


def different(column: str) -> Condition:
    """Demand that the two of a pair differ in a column, such as their employer."""

    def name(programme: Programme) -> Sentence:
        return sentence("rules.different", column=column)

    def meaning(cohort: Cohort) -> Meaning:
        if column not in cohort.mentees or column not in cohort.mentors:
            return Meaning(notes=(Fault("rules.no_column", value=column),))
        mine, theirs = (
            [_comparable(answer) for answer in cohort.table(side)[column]]
            for side in ("mentees", "mentors")
        )
        return Meaning((Quota(name(cohort.programme), Pairs.same(mine, theirs), at_most=0),))

    return Condition("different", {"column": column}, (), meaning, name)


def minimum_score(score: float) -> Condition:
    """Demand that no pair scores below `score`, in [0, 1]."""

    def name(programme: Programme) -> Sentence:
        return sentence("rules.minimum_score", score=f"{score:.2f}")

    return Condition(
        "minimum score", {"score": score}, (), lambda _: Meaning(minimum_score=score), name
    )


def _grouped(answers: Iterable[Any]) -> tuple[NDArray[np.int64], list[frozenset[str]]]:
    """Return a number for each set of answers that occurs, and the sets."""
    sets = [_answers(answer) for answer in answers]
    kinds = {one: k for k, one in enumerate(dict.fromkeys(sets))}
    return np.array([kinds[one] for one in sets], np.int64), list(kinds)


def _answers(answer: Any) -> frozenset[str]:
    """Return the entries of a list of answers; a single answer is a list of one."""
    entries = answer if isinstance(answer, (tuple, list, set, frozenset)) else (answer,)
    return frozenset(map(_comparable, entries)) - {""}


def _comparable(answer: Any) -> str:
    """Return what two equal answers have in common; an empty text for no answer."""
    if not isinstance(answer, tuple) and pd.isna(answer):
        return ""
    if isinstance(answer, (int, float, np.number)):
        return repr(float(answer))
    return fold(str(answer)) if answer else ""
