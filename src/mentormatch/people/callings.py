"""What the people of a table may be called: by id, by e-mail address, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mentormatch.errors import Fault
from mentormatch.people.spelling import fold

if TYPE_CHECKING:
    import pandas as pd


def callings(table: pd.DataFrame) -> dict[str, list[int]]:
    """Return the places of people in a table by everything they may be called, folded."""
    known: dict[str, list[int]] = {}
    columns = [table[key].tolist() for key in ("name", "email") if key in table]
    for place, called in enumerate(zip(table.index.tolist(), *columns, strict=True)):
        for name in {form for one in called for form in forms(str(one))}:
            known.setdefault(name, []).append(place)
    return known


def forms(called: str) -> set[str]:
    """Return the folded forms of a name: "Berg, Eva" is called "Eva Berg" as well."""
    name = fold(called)
    turned = {" ".join(reversed(name.split(", ")))} if name.count(", ") == 1 else set()
    return ({name} | turned) - {""}


def named_in(answer: object, known: Mapping[str, list[int]]) -> list[tuple[str, list[int]]]:
    """Return whom an answer names, with their places; a name may itself hold a comma.

    Parameters
    ----------
    answer : str or tuple of str
        Names, ids or addresses, separated by ``;``, commas or line breaks.
    known : mapping of str to list of int
        The `callings` of the people who may be meant. Whoever is not among them has no place.
    """
    if not answer:
        return []
    pieces = answer if isinstance(answer, tuple) else re.split(r"[;\n]", str(answer))
    named: list[tuple[str, list[int]]] = []
    for piece in (one.strip(" ,") for one in pieces):
        parts = [part.strip() for part in piece.split(",") if part.strip()]
        # "Berg, Eva" is one name backwards before it is two.
        for whole in (piece, " ".join(reversed(parts)) if len(parts) == 2 else piece):
            if fold(whole) in known:
                named.append((piece, known[fold(whole)]))
                break
        else:
            named += [(part, known.get(fold(part), [])) for part in parts]
    return named


def whom(
    table: pd.DataFrame, called: dict[str, list[int]], who: str, *, suggest: bool = True
) -> int | Fault:
    """Return the place of the one person who is called so, or what is wrong with that.

    Parameters
    ----------
    table : pandas.DataFrame
        One side of a cohort.
    called : dict of str to list of int
        Its `callings`.
    who : str
        An id, or an e-mail address or name that only one person has.
    suggest : bool
        Whether a fault names the nearest spelling, which takes a look at everybody.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"name": ["Bo Ek", "Bo Ek", "Eva Å"]}, index=["b1", "b2", "e1"])
    >>> whom(table, callings(table), "eva å")
    2
    >>> whom(table, callings(table), "Bo Ek").accepted
    ('b1', 'b2')
    """
    for place, person in enumerate(table.index):
        if person == who:
            return place
    found = called.get(fold(who), [])
    if len(found) == 1:
        return found[0]
    if found:
        options = tuple(str(table.index[place]) for place in found)
        return Fault("explain.several_people", value=who, accepted=options)
    names = [str(one) for one in (*table.index, *table.get("name", ()))] if suggest else []
    near = get_close_matches(who, names, 1)
    return Fault("rules.unknown_person", value=who, nearest=near[0] if near else None)


def name_of(table: pd.DataFrame, place: int) -> str:
    """Return the name of somebody, or the id."""
    name = str(table["name"].iloc[place]) if "name" in table else ""
    return name or str(table.index[place])
