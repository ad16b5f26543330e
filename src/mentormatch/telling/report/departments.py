"""How departments, the pairs between them and their mentors' loads look in the report."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from mentormatch.telling.numbers import MISSING, number
from mentormatch.telling.report.cells import sentence_of
from mentormatch.telling.report.plots import shade, stacked_bar
from mentormatch.telling.story import Story

MOST_LOAD = 8


def department_rows(story: Story) -> list[dict[str, Any]]:
    """Give each department its row, and the bar of how its mentees were served."""
    told = partial(sentence_of, story.language)
    rows: list[dict[str, Any]] = story.departments.to_dict("records")  # type: ignore[assignment]  # keys are text
    for row in rows:
        row["without"] = row["mentees"] - row["matched"]
        row["length"] = row["inside"] + row["borrowed"] + row["without"]
    longest = max((row["length"] for row in rows), default=0)
    for row in rows:
        keys = ("department", "inside", "borrowed", "without")
        title = told("departments_bar", **{key: row[key] for key in keys})
        segments = [(row["inside"], "k1"), (row["borrowed"], "k2"), (row["without"], "none")]
        row["bar"] = stacked_bar(segments, longest, title)
    return rows


def fairness_rows(story: Story) -> list[dict[str, Any]]:
    """Give each department its row, with two bars: how many have a mentor, and the best one."""
    told, show = partial(sentence_of, story.language), partial(number, language=story.language)
    rows: list[dict[str, Any]] = story.fairness.to_dict("records")  # type: ignore[assignment]  # keys are text
    for row in rows:
        for what, colour in (("matched", "k1"), ("first", "k2")):
            share = row[f"share_{what}"]
            told_share = MISSING if pd.isna(share) else told("percent", share=show(100 * share, 0))
            title = told(f"fairness_bar_{what}", department=row["group"], share=told_share)
            row[f"told_{what}"] = told_share
            row[f"bar_{what}"] = stacked_bar([(share, colour)], 1.0, title, height=10, track=True)
    return rows


def flow_table(story: Story) -> dict[str, Any]:
    """Give the table of pairs between departments, with how dark each cell is."""
    table = story.flows
    highest = float(table.to_numpy().max()) if table.size else 0.0
    rows = [
        {
            "department": mentees,
            "cells": [
                {
                    "count": int(count),
                    "shade": shade(float(count), highest),
                    "own": mentees == mentors,
                }
                for mentors, count in zip(table.columns, counts, strict=True)
            ],
            "all": int(counts.sum()),
        }
        for mentees, counts in zip(table.index, table.to_numpy(), strict=True)
    ]
    return {
        "columns": list(table.columns),
        "rows": rows,
        "all": [int(count) for count in table.to_numpy().sum(axis=0)],
        "total": int(table.to_numpy().sum()),
    }


def load_tables(story: Story) -> dict[str, Any]:
    """Count mentors by number of mentees, and places by department."""
    told, loads = partial(sentence_of, story.language), story.loads
    offering = loads[(loads["places"] > 0) | (loads["pairs"] > 0)]
    load = offering["pairs"].clip(upper=MOST_LOAD)
    full = offering["pairs"] >= offering["places"]
    by_count: list[dict[str, Any]] = []
    most = int(load.value_counts().max()) if len(load) else 0
    for k in range(int(load.max()) + 1 if len(load) else 0):
        some = {"full": int((full & (load == k)).sum()), "room": int((~full & (load == k)).sum())}
        name = told("load_or_more" if k == MOST_LOAD else "load_mentees", count=k)
        name = name if k else told("load_no_mentee")
        bar = stacked_bar(
            [(some["full"], "k1"), (some["room"], "k5")], most, told("load_bar", load=name, **some)
        )
        by_count.append({"name": name, "count": sum(some.values()), "bar": bar})
    places = offering.groupby("department", sort=False)[["places", "pairs"]].sum()
    places = places.reindex(story.departments["department"], fill_value=0)
    by_department = [
        {
            "name": str(department),
            "places": int(row["places"]),
            "used": int(row["pairs"]),
            "bar": stacked_bar(
                [(row["pairs"], "k1"), (row["places"] - row["pairs"], "k5")],
                float(places["places"].max()),
                told(
                    "places_bar",
                    department=department,
                    used=int(row["pairs"]),
                    free=int(row["places"] - row["pairs"]),
                ),
            ),
        }
        for department, row in places.iterrows()
    ]
    return {
        "by_count": by_count,
        "by_department": by_department,
        "none_offered": len(loads) - len(offering),
    }
