"""How a result is laid out on one page that opens in any browser and loads nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from mentormatch.telling.files import whole_file
from mentormatch.telling.numbers import number
from mentormatch.telling.pictures import lending
from mentormatch.telling.report.cells import breakable, cell_text, sentence_of, taken_apart
from mentormatch.telling.report.departments import (
    department_rows,
    fairness_rows,
    flow_table,
    load_tables,
)
from mentormatch.telling.report.opening import concerned_rows, lead, tiles
from mentormatch.telling.report.pairs import pair_rows, parts_key, score_picture
from mentormatch.telling.report.rules import cost_rows, effect_rows
from mentormatch.telling.story import Story
from mentormatch.words import say


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
        t=partial(sentence_of, story.language),
        story=story,
        programme=story.cohort.programme.name(story.language),
        year=story.cohort.programme.year,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        lead=lead(story),
        tiles=tiles(story),
        parts=parts_key(story),
        concerned=concerned_rows(story),
        departments=department_rows(story),
        s=partial(_sought, story.language),
        sought=[] if story.sought is None else story.sought.to_dict("records"),
        wishes=[] if story.wishes is None else story.wishes.to_dict("records"),
        fairness=fairness_rows(story),
        costs=cost_rows(story),
        effects=effect_rows(story),
        lending=lending(story.flows, story.language),
        flows=flow_table(story),
        scores=score_picture(story),
        loads=load_tables(story),
        pairs=pair_rows(story),
        unmatched={
            side: story.unmatched[story.unmatched["side"] == side].to_dict("records")
            for side in ("mentees", "mentors")
        },
        settings=_settings(story),
        readiness={heading: taken_apart(table) for heading, table in story.readiness.items()},
    )


def _sought(language: str, key: str) -> str:
    return say(f"sought.{key}", language)


@cache
def _template(language: str) -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = partial(number, language=language)
    environment.filters["breakable"] = breakable
    environment.filters["cell"] = partial(cell_text, language=language)
    return environment.from_string(_source("report.html.j2"))


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


def _settings(story: Story) -> dict[str, list[dict[str, Any]]]:
    """Part what a reader may want to know from what only repeats a run: sheets and versions."""
    technical = {say(f"explain.setting_{name}", story.language) for name in ("file", "version")}
    rows: list[dict[str, Any]] = story.settings.to_dict("records")  # type: ignore[assignment]  # keys are text
    return {
        "open": [row for row in rows if row["setting"] not in technical],
        "folded": [row for row in rows if row["setting"] in technical],
    }
