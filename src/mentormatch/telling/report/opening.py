"""What the report begins with: two sentences, key figures, and whom to tell of a change."""

from __future__ import annotations

from functools import partial
from typing import Any

from mentormatch.telling.numbers import number
from mentormatch.telling.recipients import to_introduce
from mentormatch.telling.report.cells import sentence_of
from mentormatch.telling.story import Story
from mentormatch.words import say


def lead(story: Story) -> list[str]:
    """Say in one or two sentences how many have a pair, and who has none."""
    told, summary = partial(sentence_of, story.language), story.summary
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


def tiles(story: Story) -> list[tuple[str, str]]:
    """Give the key figures: what is shown large, and what it is."""
    told, summary, pairs = partial(sentence_of, story.language), story.summary, story.pairs
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


def concerned_rows(story: Story) -> list[dict[str, Any]]:
    """Give everybody who has to be told of a change a row; who keeps a mentor is counted alone."""
    if story.concerned is None:
        return []
    table = story.concerned[story.concerned["change"] != "keeps"]
    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]  # keys are text
    nobody = say("explain.nobody_word", story.language)
    for row in rows:
        row["told"] = say(f"concerned.change_{row['change']}", story.language)
        for key in ("mentor_before", "mentor_after"):
            row[key] = row[key] or nobody
    return rows
