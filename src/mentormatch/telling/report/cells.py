"""Which words, colours and cells the report's tables have."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from mentormatch.telling.numbers import MISSING, number
from mentormatch.words import say

COLOURS = 6


def sentence_of(language: str, key: str, /, **values: object) -> str:
    """Return a sentence of the report, in a language."""
    return say(f"report.{key}", language, **values)


def colour_of(k: int) -> str:
    """Return the class that gives part `k` of the score its colour."""
    return f"k{k % COLOURS + 1}"


def breakable(text: str) -> Markup:
    """Let an e-mail address break after its @ and before its dots, rather than inside a word."""
    if "@" not in text:
        return escape(text)
    return Markup(str(escape(text)).replace("@", "@<wbr>").replace(".", "<wbr>."))


def taken_apart(table: pd.DataFrame) -> dict[str, Any]:
    """Take a table apart into headings and rows; an index that has a name is a column."""
    table = table if table.index.name is None else table.reset_index()
    return {"columns": [str(column) for column in table.columns], "rows": table.values.tolist()}


def cell_text(value: Any, language: str = "en") -> str:
    """Tell whatever a readiness table holds."""
    if isinstance(value, (tuple, list, set)):
        return ", ".join(str(item) for item in value)
    if value is None or pd.isna(value):
        return MISSING
    return number(value, language=language) if isinstance(value, float) else str(value)
