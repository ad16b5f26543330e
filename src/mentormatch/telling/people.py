"""What the numbers of a problem are called: names and departments of the people behind them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from mentormatch.errors import Fault, InputError
from mentormatch.matching.problem import Problem
from mentormatch.people.cohort import Cohort
from mentormatch.people.spelling import fold
from mentormatch.scores.compatibility import Compatibility

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class People:
    """The people of a problem; ids alone where the scores are a raw matrix."""

    problem: Problem
    language: str

    @property
    def fit(self) -> Compatibility | None:
        """The scores with their parts, if there are parts."""
        scores = self.problem.scores
        return scores if isinstance(scores, Compatibility) else None

    @property
    def cohort(self) -> Cohort | None:
        """The people, if they are known."""
        return self.fit.cohort if self.fit is not None else None

    def ids(self, side: str) -> tuple[Hashable, ...]:
        """Return the ids of ``"mentees"`` or ``"mentors"``."""
        found = self.problem.mentee_ids if side == "mentees" else self.problem.mentor_ids
        return tuple(found or ())

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        return {side: self._column(side, "name") for side in ("mentees", "mentors")}

    @cached_property
    def _departments(self) -> dict[str, list[str]]:
        if self.cohort is None:
            return {side: [""] * len(self.ids(side)) for side in ("mentees", "mentors")}
        words = {one.key: one.name(self.language) for one in self.cohort.programme.departments}
        return {
            side: [words.get(key, key) for key in self._column(side, "department", "")]
            for side in ("mentees", "mentors")
        }

    def _column(self, side: str, column: str, missing: str | None = None) -> list[str]:
        ids = self.ids(side)
        table: pd.DataFrame | None = None if self.cohort is None else self.cohort.table(side)
        if table is None or column not in table:
            return [str(person) if missing is None else missing for person in ids]
        return [
            str(value) or (str(person) if missing is None else missing)
            for person, value in zip(ids, table[column], strict=True)
        ]

    def name(self, side: str, place: int) -> str:
        """Return what somebody is called: the name, or the id."""
        return self._names[side][place]

    def department(self, side: str, place: int) -> str:
        """Return the name of somebody's department, or an empty text."""
        return self._departments[side][place]

    def place(self, side: str, who: Hashable) -> int:
        """Return the position of a person, called by id or by a name that is hers alone.

        Raises
        ------
        InputError
            Nobody is called so, or several are.
        """
        ids = self.ids(side)
        if who in ids:
            return ids.index(who)
        called = fold(str(who))
        found = [k for k, name in enumerate(self._names[side]) if fold(name) == called]
        if len(found) == 1:
            return found[0]
        if found:
            options = tuple(str(ids[k]) for k in found)
            raise InputError([Fault("explain.several_people", value=str(who), accepted=options)])
        names = [*self._names[side], *map(str, ids)]
        near = get_close_matches(str(who), names, 1)
        raise InputError(
            [Fault("explain.nobody", value=str(who), nearest=near[0] if near else None)]
        )


def language_of(problem: Problem, language: str | None) -> str:
    """Return the language asked for, else the programme's, else English."""
    if language is not None:
        return language
    cohort = People(problem, "en").cohort
    return "en" if cohort is None else cohort.programme.language
