"""How numbers are told to people: rounded alike everywhere, and written as each language does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

MISSING = "–"


def number(value: Any, decimals: int = 2, language: str = "en") -> str:
    """Tell a number the way a language writes it; a dash where there is none.

    Examples
    --------
    >>> number(0.834), number(0.834, language="sv"), number(float("nan"))
    ('0.83', '0,83', '–')
    """
    if pd.isna(value) or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.removeprefix("-")
    if language == "sv":
        text = text.replace(",", "\u00a0").replace(".", ",")
    return text.replace("-", "\u2212")


def add_up(parts: Sequence[float], total: float, decimals: int = 2) -> list[float]:
    """Round parts so that what is printed adds up to the printed total.

    Each part is rounded down; what is missing goes to the parts that lost most by it.

    Parameters
    ----------
    parts : sequence of float
        Finite numbers that add up to `total`.
    total : float
        Their sum.
    decimals : int
        How many decimals are printed.

    Raises
    ------
    ValueError
        The parts do not add up to the total.

    Examples
    --------
    >>> add_up([0.4, 1 / 30, 1 / 30], total=0.4 + 1 / 15)
    [0.4, 0.04, 0.03]
    """
    unit = 10**decimals
    if abs(math.fsum(parts) - total) > 1e-6:
        raise ValueError("the parts of a score do not add up to it")
    # A hair is added so that 0.29, which a float holds as 0.28999..., stays 29 hundredths.
    whole = [math.floor(part * unit + 1e-6) for part in parts]
    # The total is rounded as `number` prints it.
    missing = round(float(f"{total:.{decimals}f}") * unit) - sum(whole)
    by_loss = sorted(range(len(whole)), key=lambda k: whole[k] - parts[k] * unit)
    for k in by_loss[:missing]:
        whole[k] += 1
    return [part / unit for part in whole]


def short(value: float, language: str = "en") -> str:
    """Tell a number that somebody chose with the decimals it has, and no more.

    Examples
    --------
    >>> short(2.0), short(0.5), short(0.125, "sv")
    ('2', '0.5', '0,125')
    """
    text = f"{value:g}"
    return text.replace(".", ",") if language == "sv" else text
