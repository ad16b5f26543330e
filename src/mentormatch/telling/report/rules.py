"""How the report tells what each rule costs, and whom."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd

from mentormatch.telling.numbers import MISSING, number
from mentormatch.telling.report.cells import sentence_of
from mentormatch.telling.story import Story


def cost_rows(story: Story) -> list[dict[str, Any]]:
    """Give each rule its row; what is not exact is told as "at most"."""
    told, show = partial(sentence_of, story.language), partial(number, language=story.language)
    rows: list[dict[str, Any]] = story.costs.to_dict("records")  # type: ignore[assignment]  # keys are text

    def at_most(figure: str, exact: bool, missing: bool) -> str:
        return figure if exact or missing else told("at_most", figure=figure)

    for row in rows:
        counts = row["bound"] > 0 and row["kind"] != "minimum score"
        used = told("of", part=show(row["used"], 0), whole=show(row["bound"], 0))
        row["told_used"] = used if counts else MISSING
        row["free"] = bool(row["drop_exact"]) and row["drop_people"] == 0 and row["drop_total"] == 0
        for what in ("unit", "drop"):
            people, total, exact = (row[f"{what}_{key}"] for key in ("people", "total", "exact"))
            if not exact and pd.notna(total):
                total = math.ceil(100 * total - 1e-9) / 100
            nobody = pd.isna(people) or people == 0
            row[f"told_{what}_people"] = at_most(show(people, 0), exact, nobody)
            row[f"told_{what}_total"] = at_most(show(total), exact, pd.isna(total))
    return rows


def effect_rows(story: Story) -> list[dict[str, Any]]:
    """Give each rule that costs something its row: what each department would gain without it."""
    table, show = story.rule_effects, partial(number, language=story.language)
    if table is None:
        return []

    def signed(value: float, decimals: int) -> str:
        shown = show(value, decimals)
        return f"+{shown}" if value > 0 and shown.strip("0.,") else shown

    def cell(people: float, total: float) -> dict[str, str]:
        people, total = int(people), round(float(total), 2)
        gains = (people, total) > (0, 0.0)
        looks = "loss" if (people, total) < (0, 0.0) else "gain" if gains else "nil"
        return {"people": signed(people, 0), "total": signed(total, 2), "look": looks}

    rows = []
    for rule, some in table.groupby("rule", sort=False):
        ends = list(zip(some["people"].tolist(), some["total"].tolist(), strict=True))
        ends.append((some["people"].sum(), some["total"].sum()))
        rows.append({"rule": str(rule), "cells": [cell(*one) for one in ends]})
    return rows
