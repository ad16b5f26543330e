"""Whom people name by their own wish, the best first, and names that fit nobody or several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mentormatch.errors import Fault
from mentormatch.people.callings import callings, named_in
from mentormatch.people.spelling import nearest

if TYPE_CHECKING:
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
        nobody or several people. Who signed up and withdrew may be named by id or address.
    """
    mine, theirs = cohort.table(side), cohort.table("mentors" if side == "mentees" else "mentees")
    known = callings(theirs)
    gone = {one.casefold() for one in cohort.withdrawn}
    sources = mine["source"] if "source" in mine else [side] * len(mine)
    found: list[list[int]] = [[] for _ in range(len(mine))]
    faults: list[Fault] = []
    for column in (one for one in columns if one in mine):
        for person, (answer, source) in enumerate(zip(mine[column], sources, strict=True)):
            for called, places in named_in(answer, known):
                if len(places) == 1:
                    found[person] += [one for one in places if one not in found[person]]
                elif called.casefold() not in gone:
                    ids = tuple(str(theirs.index[place]) for place in places)
                    faults.append(_fault(str(source), column, called, ids, known))
    return found, faults


def _fault(
    source: str, column: str, called: str, ids: tuple[str, ...], known: Iterable[str]
) -> Fault:
    fault = Fault("explain.several_people", source, column=column, value=called, accepted=ids)
    if ids:
        return fault
    return replace(fault, code="rules.unknown_person", nearest=nearest(called, known))
