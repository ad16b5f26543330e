"""How the answers in a cohort's tables are read for scoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pandas as pd

from mentormatch.people.cohort import Cohort

if TYPE_CHECKING:
    from mentormatch.people.programme import Question

#: Which answers say what somebody seeks: all of them count.
SEEKS = ("goals", "seeks")

#: Which answers say what somebody offers: the first that says something counts.
OFFERS = ("offers", "goals")

SEEKS_AND_OFFERS = {"mentees": SEEKS, "mentors": OFFERS}
OFFERS_AND_SEEKS = {"mentees": OFFERS, "mentors": SEEKS}


def is_missing(answer: Any) -> bool:
    """Say whether an answer is none: an empty string or tuple, None, NaN, NaT."""
    if isinstance(answer, str):
        return not answer.strip()
    if isinstance(answer, (tuple, list, set, frozenset)):
        return all(is_missing(one) for one in answer)
    return bool(pd.isna(answer))


def column(cohort: Cohort, side: str, name: str) -> list[Any]:
    """Return a column's answers in the order of the table; none at all where it is missing."""
    table = cohort.table(side)
    return table[name].tolist() if name in table else [""] * len(table)


def question(cohort: Cohort, name: str) -> Question | None:
    """Return the question with options that this column answers, else any, else None."""
    asked = [one for one in cohort.programme.questions if one.answer == name]
    return next((one for one in asked if one.options), asked[0] if asked else None)


def folded(text: str) -> str:
    """Return a text in the form in which it is compared: no case, one white space, composed."""
    return " ".join(normalize("NFC", normalize("NFKC", text).casefold()).split())


def tags(answer: Any) -> tuple[str, ...]:
    """Return the tags of an answer as written: each once, without the empty ones."""
    many = answer if isinstance(answer, (tuple, list, set, frozenset)) else (answer,)
    return tuple(dict.fromkeys(str(one).strip() for one in many if not is_missing(one)))
