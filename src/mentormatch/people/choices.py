"""Whom people name by their own wish, the best first, and names that fit nobody or several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mentormatch.errors import Fault
from mentormatch.people.callings import callings, forms, name_of, named_in
from mentormatch.people.spelling import fold, nearest

if TYPE_CHECKING:
    import pandas as pd

    from mentormatch.people.cohort import Cohort


def named_by(
    cohort: Cohort, side: str, columns: Sequence[str]
) -> tuple[list[list[int]], list[Fault]]:
    """Return whom each person of a side names on the other side, in the order of the names.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    side : {"mentees", "mentors"}
        Who names somebody.
    columns : sequence of str
        Answers that hold names, addresses or ids, one or several in a cell; first column first.
        Those that the side was not asked are passed over.

    Returns
    -------
    list of list of int, list of Fault
        For each person the places of those named, nobody twice. A fault for each name that fits
        nobody or several people. Who signed up and withdrew is passed over.
    """
    mine, theirs = cohort.table(side), cohort.table("mentors" if side == "mentees" else "mentees")
    known = callings(theirs)
    left = (*cohort.withdrawn, *cohort.withdrawn_names)
    anybody = {**{form: [] for one in left for form in forms(one)}, **known}
    sources = mine["source"] if "source" in mine else [side] * len(mine)
    found: list[list[int]] = [[] for _ in range(len(mine))]
    faults: list[Fault] = []
    asked = {one.answer: " / ".join(one.headings) for one in cohort.programme.questions_of(side)}
    for column in (one for one in columns if one in mine):
        for person, (answer, source) in enumerate(zip(mine[column], sources, strict=True)):
            for called, places in named_in(answer, anybody):
                if len(places) == 1:
                    found[person] += [one for one in places if one not in found[person]]
                elif places or not forms(called) & anybody.keys():
                    fault = _fault(called, places, theirs, known)
                    file, row = _where(str(source))
                    faults.append(
                        replace(fault, file=file, row=row, column=asked.get(column, column))
                    )
    return found, faults


def _fault(
    called: str, places: list[int], theirs: pd.DataFrame, known: Mapping[str, list[int]]
) -> Fault:
    if places:
        ids = tuple(str(theirs.index[place]) for place in places)
        return Fault("explain.several_people", value=called, accepted=ids)
    near = nearest(called, known)
    if near is not None:
        name = name_of(theirs, known[near][0])
        near = name if fold(name) == near else near
    return Fault("rules.unknown_person", value=called, nearest=near)


def _where(source: str) -> tuple[str, int | None]:
    """Return file and row of "mentees.csv, row 3", so that the row is told in any language."""
    found = re.fullmatch(r"(.+), \D+ (\d+)", source)
    return (found[1], int(found[2])) if found else (source, None)
