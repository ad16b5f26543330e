"""What the pictures of a list of pairs show: a score taken apart, words that met, lending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import ONE
from mentormatch.scores.in_common import InCommon
from mentormatch.scores.labels import part_label
from mentormatch.telling.numbers import number
from mentormatch.telling.report.between import between
from mentormatch.telling.report.plots import element, histogram, stacked_bar
from mentormatch.words import say

if TYPE_CHECKING:
    import pandas as pd

_MOST_WORDS = 12


def score_apart(fit: Compatibility, mentee: str, mentor: str, language: str) -> Markup:
    """Return a pair's score taken apart: a bar a part, as long as it can count, filled as it does.

    Parameters
    ----------
    fit : Compatibility
        The scores.
    mentee, mentor : str
        Ids of the pair.
    language : {"en", "sv"}
        Language of the words.
    """
    pair = fit.pair(mentee, mentor)
    weights = fit.grid_weights[fit.mentee_groups[fit.place(mentee, mentor)[0]]] / ONE
    highest = [
        weight * part.curve.knots[-1][1] / ONE
        for weight, part in zip(weights, fit.parts, strict=True)
    ]
    rows = []
    for (name, made), most in zip(pair.parts.items(), highest, strict=True):
        shown = {"made": number(made, language=language), "most": number(most, language=language)}
        known = name in pair.known
        told = say(f"pictures.part_{'known' if known else 'unknown'}", language, **shown)
        label = part_label(fit.cohort.programme, name, language)
        segments = [(made, "k1" if known else "k5"), (most - made, "track")]
        bar = stacked_bar(segments, max(1e-9, *highest), f"{label}: {told}")
        rows.append(
            element("li", element("span", label), element("span", told, class_="figure"), bar)
        )
    return element("ul", *rows, class_="bars")


def spread(values: Iterable[float], language: str) -> Markup:
    """Return how many of at least one share, 0 to 1, fall in each step."""
    show = partial(number, language=language)
    return histogram(
        list(values),
        title=say("pictures.stays", language),
        tell_bin=lambda low, high, count: say(
            "pictures.stays_bin", language, low=show(low), high=show(high), count=count
        ),
        tell_edge=lambda edge: show(edge, 1),
    )


def two_bars(table: pd.DataFrame, language: str, decimals: int = 2) -> Markup:
    """Return bars of a table's first two columns at most, on one scale, a row a line."""
    highest = float(np.nanmax(table.to_numpy(float), initial=1e-9))
    rows = []
    for name, values in zip(table.index, table.to_numpy(float).tolist(), strict=True):
        told = " / ".join(number(value, decimals, language) for value in values[:2])
        bars = [
            stacked_bar([(value, look)], highest, f"{name}: {told}", height=10)
            for value, look in zip(values, ("k1", "k2"), strict=False)
        ]
        rows.append(
            element("li", element("span", str(name)), element("span", told, class_="figure"), *bars)
        )
    return element("ul", *rows, class_="bars")


def words_met(found: Iterable[InCommon], language: str) -> Markup | None:
    """Return which words of a mentee met which of a mentor, the weightier the thicker.

    Parameters
    ----------
    found : iterable of InCommon
        What a part of the score found.
    language : {"en", "sv"}
        Language of the words around.

    Returns
    -------
    Markup or None
        None where no word met another.
    """
    weights: dict[tuple[str, str], float] = {}
    shown: dict[tuple[str, str], tuple[str, str]] = {}
    for one in found:
        if one.kind == "word":
            said = one.mentee(language), one.mentor(language)
            ends = shown.setdefault((said[0].casefold(), said[1].casefold()), said)
            weights[ends] = max(weights.get(ends, 0.0), one.weight)
    met = sorted(weights.items(), key=lambda one: (-one[1], one[0]))[:_MOST_WORDS]
    if not met:
        return None
    mine, theirs = (list(dict.fromkeys(ends[k] for ends, _ in met)) for k in (0, 1))
    bands = [(mine.index(a), theirs.index(b), weight) for (a, b), weight in met]
    told = "; ".join(f"{a} – {b}" for (a, b), _ in met)
    return between(mine, theirs, bands, say("pictures.words", language, words=told), "narrow")


def lending(flows: pd.DataFrame, language: str) -> Markup | None:
    """Return which department lent mentors to which.

    Parameters
    ----------
    flows : pandas.DataFrame
        Number of pairs: rows are departments of mentees, columns of mentors, as in a `Story`.
    language : {"en", "sv"}
        Language of the words around.

    Returns
    -------
    Markup or None
        None where nobody lent a mentor.
    """
    counts: Mapping[tuple[str, str], int] = {
        (str(theirs), str(mine)): int(count)
        for mine, row in zip(flows.index, flows.to_numpy(), strict=True)
        for theirs, count in zip(flows.columns, row.tolist(), strict=True)
        if mine != theirs and count > 0
    }
    if not counts:
        return None
    lenders = [str(name) for name in flows.columns if any(a == name for a, _ in counts)]
    borrowers = [str(name) for name in flows.index if any(b == name for _, b in counts)]

    def called(what: str, name: str, side: int) -> str:
        total = sum(count for ends, count in counts.items() if ends[side] == name)
        return say(f"pictures.{what}", language, department=name, count=total)

    told = "; ".join(
        say("pictures.lent_to", language, lender=a, borrower=b, count=count)
        for (a, b), count in sorted(counts.items())
    )
    return between(
        [called("lends", name, 0) for name in lenders],
        [called("borrows", name, 1) for name in borrowers],
        [(lenders.index(a), borrowers.index(b), count) for (a, b), count in counts.items()],
        say("pictures.lending", language, flows=told),
    )
