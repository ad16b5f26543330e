"""How a result is laid out on one page that opens in any browser and loads nothing."""

from __future__ import annotations

import base64
import hashlib
import math
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from mentormatch.telling.files import whole_file
from mentormatch.telling.numbers import MISSING, add_up, number
from mentormatch.telling.pictures import lending
from mentormatch.telling.recipients import to_introduce
from mentormatch.telling.report.plots import histogram, shade, stacked_bar
from mentormatch.telling.story import Story
from mentormatch.words import say

COLOURS = 6
MOST_LOAD = 8


def write_page(story: Story, path: str | Path) -> Path:
    """Write the report as one HTML file, complete or not at all, and return where it is.

    Parameters
    ----------
    story : Story
        What to tell, in which language.
    path : str or pathlib.Path
        File to write; an earlier one is replaced.

    Raises
    ------
    ValueError
        The parts of a pair's score do not add up to it.
    OSError
        The file cannot be written.
    """
    page = render_page(story)
    with whole_file(path) as aside:
        aside.write_text(page, encoding="utf-8", newline="\n")
    return Path(path)


def render_page(story: Story) -> str:
    """Return the report as the text of one HTML file.

    Names and answers are escaped wherever they stand. The page forbids its browser to load
    anything, and to run any script or style but the two inside it.

    Raises
    ------
    ValueError
        The parts of a pair's score do not add up to it.
    """
    style, script = _source("report.css"), _source("report.js")
    return _template(story.language).render(
        t=partial(_told, story.language),
        story=story,
        programme=story.cohort.programme.name(story.language),
        year=story.cohort.programme.year,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        lead=_lead(story),
        tiles=_tiles(story),
        parts=_parts_key(story),
        concerned=_concerned(story),
        departments=_departments(story),
        s=partial(_sought, story.language),
        sought=[] if story.sought is None else story.sought.to_dict("records"),
        wishes=[] if story.wishes is None else story.wishes.to_dict("records"),
        fairness=_fairness(story),
        costs=_costs(story),
        effects=_effects(story),
        lending=lending(story.flows, story.language),
        flows=_flows(story),
        scores=_scores(story),
        loads=_loads(story),
        pairs=_pairs(story),
        unmatched={
            side: story.unmatched[story.unmatched["side"] == side].to_dict("records")
            for side in ("mentees", "mentors")
        },
        settings=_settings(story),
        readiness={heading: _plain(table) for heading, table in story.readiness.items()},
    )


def _sought(language: str, key: str) -> str:
    return say(f"sought.{key}", language)


@cache
def _template(language: str) -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = partial(number, language=language)
    environment.filters["breakable"] = _breakable
    environment.filters["cell"] = partial(_cell, language=language)
    return environment.from_string(_source("report.html.j2"))


def _told(language: str, key: str, /, **values: object) -> str:
    return say(f"report.{key}", language, **values)


def _source(name: str) -> str:
    return (files("mentormatch") / "telling" / "report" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Name the one style and the one script that may run; all else is forbidden."""

    def fingerprint(text: str) -> str:
        digest = hashlib.sha256(text.encode("utf-8")).digest()
        return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"

    return (
        f"default-src 'none'; style-src {fingerprint(style)}; script-src {fingerprint(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _lead(story: Story) -> list[str]:
    """Say in one or two sentences how many have a pair, and who has none."""
    told, summary = partial(_told, story.language), story.summary
    mentees, matched = summary["mentees"], summary["matched"]
    if mentees == 0:
        lines = [told("no_mentees")]
    elif matched == 0:
        lines = [told("none_matched", count=mentees)]
    elif matched == mentees:
        lines = [told("all_matched", count=mentees)]
    else:
        lines = [told("some_matched", count=mentees, matched=matched)]
    alone = {side: int((story.unmatched["side"] == side).sum()) for side in ("mentees", "mentors")}
    if all(alone.values()):
        phrases = {side: told(side, count=count) for side, count in alone.items()}
        lines.append(told("without_both", **phrases))
    elif any(alone.values()):
        side = max(alone, key=alone.__getitem__)
        lines.append(told(f"without_{side}", count=alone[side]))
    strangers = len(to_introduce(story))
    if strangers:
        lines.append(told("introduce", count=strangers, total=len(story.pairs)))
    return lines


def _tiles(story: Story) -> list[tuple[str, str]]:
    """Give the key figures: what is shown large, and what it is."""
    told, summary, pairs = partial(_told, story.language), story.summary, story.pairs
    inside = int((pairs["mentee_department"] == pairs["mentor_department"]).sum())
    busy = int((story.loads["pairs"] > 0).sum())
    show = partial(number, language=story.language)

    def of(part: int, whole: int) -> str:
        return told("of", part=show(part, 0), whole=show(whole, 0))

    return [
        (of(summary["matched"], summary["mentees"]), told("tile_mentees")),
        (of(busy, summary["mentors"]), told("tile_mentors")),
        (of(len(pairs), summary["places"]), told("tile_places")),
        (of(inside, len(pairs)), told("tile_inside")),
        (show(summary["mean_score"]), told("tile_mean")),
        (show(summary["lowest_score"]), told("tile_lowest")),
    ]


def _parts_key(story: Story) -> list[tuple[str, str]]:
    """Give each part of the score its colour: class and name."""
    return [(_colour(k), name) for k, name in enumerate(story.parts.values())]


def _colour(k: int) -> str:
    return f"k{k % COLOURS + 1}"


def _concerned(story: Story) -> list[dict[str, Any]]:
    """Give everybody who has to be told of a change a row; who keeps a mentor is counted alone."""
    if story.concerned is None:
        return []
    table = story.concerned[story.concerned["change"] != "keeps"]
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    nobody = say("explain.nobody_word", story.language)
    for row in rows:
        row["told"] = say(f"concerned.change_{row['change']}", story.language)
        for key in ("mentor_before", "mentor_after"):
            row[key] = row[key] or nobody
    return rows


def _departments(story: Story) -> list[dict[str, Any]]:
    """Give each department its row, and the bar of how its mentees were served."""
    told = partial(_told, story.language)
    rows: list[dict[str, Any]] = story.departments.to_dict("records")  # type: ignore[assignment]
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


def _fairness(story: Story) -> list[dict[str, Any]]:
    """Give each department its row, with two bars: how many have a mentor, and the best one."""
    told, show = partial(_told, story.language), partial(number, language=story.language)
    rows: list[dict[str, Any]] = story.fairness.to_dict("records")  # type: ignore[assignment]
    for row in rows:
        for what, colour in (("matched", "k1"), ("first", "k2")):
            share = row[f"share_{what}"]
            told_share = MISSING if pd.isna(share) else told("percent", share=show(100 * share, 0))
            title = told(f"fairness_bar_{what}", department=row["group"], share=told_share)
            row[f"told_{what}"] = told_share
            row[f"bar_{what}"] = stacked_bar([(share, colour)], 1.0, title, height=10, track=True)
    return rows


def _costs(story: Story) -> list[dict[str, Any]]:
    """Give each rule its row; what is not exact is told as "at most"."""
    told, show = partial(_told, story.language), partial(number, language=story.language)
    rows: list[dict[str, Any]] = story.costs.to_dict("records")  # type: ignore[assignment]

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


def _effects(story: Story) -> list[dict[str, Any]]:
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


def _flows(story: Story) -> dict[str, Any]:
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


def _scores(story: Story) -> Markup | None:
    """Draw how the scores are spread; nothing where there is no pair."""
    told, show = partial(_told, story.language), partial(number, language=story.language)
    values = [float(score) for score in story.pairs["score"]]
    if not values:
        return None
    return histogram(
        values,
        title=told("scores_picture"),
        tell_bin=lambda low, high, count: told(
            "scores_bin", low=show(low), high=show(high), count=count
        ),
        tell_edge=lambda edge: show(edge, 1),
    )


def _loads(story: Story) -> dict[str, Any]:
    """Count mentors by number of mentees, and places by department."""
    told, loads = partial(_told, story.language), story.loads
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


def _pairs(story: Story) -> list[dict[str, Any]]:
    """Give each pair its row: names, rounded parts, bar, and the runner-up in words."""
    told, show = partial(_told, story.language), partial(number, language=story.language)
    names = list(story.parts.values())
    columns = [f"part: {part}" for part in story.parts]
    widest = max(1.0, *story.pairs["score"]) if len(story.pairs) else 1.0
    rows: list[dict[str, Any]] = story.pairs.to_dict("records")  # type: ignore[assignment]
    for row in rows:
        raw = [0.0 if pd.isna(row[column]) else float(row[column]) for column in columns]
        rounded = add_up(raw, row["score"]) if raw else []
        row["parts"] = [
            (_colour(k), told("part", part=name, score=show(value)))
            for k, (name, value) in enumerate(zip(names, rounded, strict=True))
        ]
        title = told(
            "score_bar",
            score=show(row["score"]),
            parts=", ".join(text for _, text in row["parts"]),
        )
        segments = [(value, _colour(k)) for k, value in enumerate(raw)] or [(row["score"], "k1")]
        row["bar"] = stacked_bar(segments, widest, title, height=10, track=True)
        row["next"] = _runner_up(story.language, row)
    return rows


def _runner_up(language: str, row: dict[str, Any]) -> str:
    """Say who the next best mentor is, and what giving that one would cost everybody."""
    told = partial(_told, language)
    name, cost = row["runner_up_name"] or row["runner_up"], row["runner_up_cost"]
    exact = row.get("runner_up_exact", True)
    if pd.isna(cost) or not math.isfinite(cost):
        if name:
            return told("runner_up_unknown", name=name)
        return told("runner_up_none" if exact else "runner_up_not_known")
    people, kept = int(row["runner_up_people"]), int(row.get("runner_up_kept", 0))
    price = number(abs(cost), language=language)
    if cost and abs(cost) < 0.005:
        price = told("less_than", amount=number(0.01, language=language))
    if not exact:
        text = told("runner_up_at_least", cost=number(max(cost, 0.0), language=language))
    elif not name:
        text = told("runner_up_alone_gain" if cost < 0 else "runner_up_alone", cost=price)
    elif cost == 0 and people <= 0 and kept == 0:
        return told("runner_up_free", name=name)
    else:
        text = told("runner_up_gain" if cost < 0 else "runner_up_cost", name=name, cost=price)
    if people > 0:
        text += " " + told("runner_up_people", count=people)
    if kept:
        text += " " + told("runner_up_kept" if kept > 0 else "runner_up_kept_more", count=abs(kept))
    return text


def _settings(story: Story) -> dict[str, list[dict[str, Any]]]:
    """Part what a reader may want to know from what only repeats a run: sheets and versions."""
    technical = {say(f"explain.setting_{name}", story.language) for name in ("file", "version")}
    rows: list[dict[str, Any]] = story.settings.to_dict("records")  # type: ignore[assignment]
    return {
        "open": [row for row in rows if row["setting"] not in technical],
        "folded": [row for row in rows if row["setting"] in technical],
    }


def _breakable(text: str) -> Markup:
    """Let an e-mail address break after its @ and before its dots, rather than inside a word."""
    if "@" not in text:
        return escape(text)
    return Markup(str(escape(text)).replace("@", "@<wbr>").replace(".", "<wbr>."))


def _plain(table: pd.DataFrame) -> dict[str, Any]:
    """Take a table apart into headings and rows; an index that has a name is a column."""
    table = table if table.index.name is None else table.reset_index()
    return {"columns": [str(column) for column in table.columns], "rows": table.values.tolist()}


def _cell(value: Any, language: str = "en") -> str:
    """Tell whatever a readiness table holds."""
    if isinstance(value, (tuple, list, set)):
        return ", ".join(str(item) for item in value)
    if value is None or pd.isna(value):
        return MISSING
    return number(value, language=language) if isinstance(value, float) else str(value)
