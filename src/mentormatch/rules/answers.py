"""Rules about what the two of a pair answered, and about their score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Programme
from mentormatch.rules.condition import Condition, Meaning
from mentormatch.rules.groups import codes_of, entries, named, not_asked
from mentormatch.words import Sentence, figure, sentence


def common_language(column: str = "languages") -> Condition:
    """Demand that both of a pair speak a common language; who named none is taken to speak any.

    A column of single answers is read as lists of one.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.common_language")

    def meaning(cohort: Cohort) -> Meaning:
        if notes := not_asked(cohort, column):
            return Meaning(notes=notes)
        return Meaning((Quota(name(cohort.programme), _apart(cohort, column), at_most=0),))

    return Condition("common language", {"column": column}, (), meaning, name)


def different(column: str) -> Condition:
    """Demand that the two of a pair differ in a column, such as their employer."""

    def name(programme: Programme) -> Sentence:
        return sentence("rules.different", column=named(programme, column))

    def meaning(cohort: Cohort) -> Meaning:
        if notes := not_asked(cohort, column):
            return Meaning(notes=notes)
        alike = Pairs.same(*codes_of(cohort, column))
        return Meaning((Quota(name(cohort.programme), alike, at_most=0),))

    return Condition("different", {"column": column}, (), meaning, name)


def same(column: str) -> Condition:
    """Demand that the two of a pair gave the same answer in a column, such as their campus.

    Of lists of answers one in common is enough. Who gave no answer may be paired with anybody.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.same", column=named(programme, column))

    def meaning(cohort: Cohort) -> Meaning:
        if notes := not_asked(cohort, column):
            return Meaning(notes=notes)
        return Meaning((Quota(name(cohort.programme), _apart(cohort, column), at_most=0),))

    return Condition("same", {"column": column}, (), meaning, name)


def minimum_score(score: float) -> Condition:
    """Demand that no pair scores below `score`, in [0, 1]."""

    def name(programme: Programme) -> Sentence:
        return sentence("rules.minimum_score", score=figure(_written(score)))

    return Condition(
        "minimum score", {"score": score}, (), lambda _: Meaning(minimum_score=score), name
    )


def _written(score: float) -> str:
    """Write a score with two decimals, or as many as it has."""
    return f"{score:.2f}" if score == round(score, 2) else f"{score:g}"


def _apart(cohort: Cohort, column: str) -> Pairs:
    """Return the pairs of people who both answered and have no answer in common."""
    rows, row_sets = _grouped(cohort.mentees[column])
    columns, column_sets = _grouped(cohort.mentors[column])
    table = [[bool(a) and bool(b) and a.isdisjoint(b) for b in column_sets] for a in row_sets]
    return Pairs.cells(rows, columns, np.array(table, np.bool_))


def _grouped(answers: Iterable[Any]) -> tuple[NDArray[np.int64], list[frozenset[str]]]:
    """Return a number for each set of answers that occurs, and the sets."""
    sets = [entries(answer) for answer in answers]
    kinds = {one: k for k, one in enumerate(dict.fromkeys(sets))}
    return np.array([kinds[one] for one in sets], np.int64), list(kinds)
