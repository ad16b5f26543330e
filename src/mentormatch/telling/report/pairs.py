"""How each pair becomes a row of the report, and all their scores a picture."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup

from mentormatch.telling.numbers import add_up, number
from mentormatch.telling.report.cells import colour_of, sentence_of
from mentormatch.telling.report.plots import histogram, stacked_bar
from mentormatch.telling.story import Story


def parts_key(story: Story) -> list[tuple[str, str]]:
    """Give each part of the score its colour: class and name."""
    return [(colour_of(k), name) for k, name in enumerate(story.parts.values())]


def score_picture(story: Story) -> Markup | None:
    """Draw how the scores are spread; nothing where there is no pair."""
    told, show = partial(sentence_of, story.language), partial(number, language=story.language)
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


def pair_rows(story: Story) -> list[dict[str, Any]]:
    """Give each pair its row: names, rounded parts, bar, and the runner-up in words."""
    told, show = partial(sentence_of, story.language), partial(number, language=story.language)
    names = list(story.parts.values())
    columns = [f"part: {part}" for part in story.parts]
    widest = max(1.0, *story.pairs["score"]) if len(story.pairs) else 1.0
    rows: list[dict[str, Any]] = story.pairs.to_dict("records")  # type: ignore[assignment]  # keys are text
    for row in rows:
        raw = [0.0 if pd.isna(row[column]) else float(row[column]) for column in columns]
        rounded = add_up(raw, row["score"]) if raw else []
        row["parts"] = [
            (colour_of(k), told("part", part=name, score=show(value)))
            for k, (name, value) in enumerate(zip(names, rounded, strict=True))
        ]
        title = told(
            "score_bar",
            score=show(row["score"]),
            parts=", ".join(text for _, text in row["parts"]),
        )
        segments = [(value, colour_of(k)) for k, value in enumerate(raw)] or [(row["score"], "k1")]
        row["bar"] = stacked_bar(segments, widest, title, height=10, track=True)
        row["next"] = _runner_up(story.language, row)
    return rows


def _runner_up(language: str, row: dict[str, Any]) -> str:
    """Say who the next best mentor is, and what giving that one would cost everybody."""
    told = partial(sentence_of, language)
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
