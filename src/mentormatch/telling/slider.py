"""A slider below a cell: whoever moves a weight sees who would get another mentor."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from mentormatch.errors import MentormatchError, MissingExtraError
from mentormatch.formulation import formulate
from mentormatch.matching.result import Matching
from mentormatch.matching.solve import solve
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.labels import part_label
from mentormatch.telling.changes import changes
from mentormatch.telling.notebook import Screen, style_of, with_weight
from mentormatch.telling.report.plots import element
from mentormatch.words import say

#: The slider goes up to so many times a part's weight, in steps of this part of it.
MOST, STEP = 4, 0.25

#: What the widget itself says.
_WORDS = ("slider_part", "slider_weight", "slider_wait", "slider_start")


def weight_slider(matching: Matching, fit: Compatibility, language: str = "en") -> Any:
    """Return a widget with a slider for the weight of each part of the score.

    Below it stands who would get another mentor, and what that costs by today's weights. The list
    is made anew whenever the slider is let go, or moved by the arrow keys. It needs no network.

    Parameters
    ----------
    matching : Matching
        The pairs as they are.
    fit : Compatibility
        The scores that they were made by.
    language : {"en", "sv"}
        Language of the reader.

    Raises
    ------
    MissingExtraError
        The package anywidget is not installed, which comes with ``[notebook]``.
    """
    parts = [
        {
            "key": name,
            "label": part_label(fit.cohort.programme, name, language),
            "weight": float(fit.weights.get(name, 0)),
            "most": MOST * (float(fit.weights.get(name, 0)) or 1.0),
            "step": STEP * (float(fit.weights.get(name, 0)) or 1.0),
        }
        for name in fit.names
    ]
    words = {key: say(f"notebook.{key}", language) for key in _WORDS}
    made = _widget()(parts=parts, words=words, language=language)

    def answer(change: Mapping[str, Any]) -> None:
        asked = change["new"]
        made.page = weight_moved(matching, fit, str(asked["part"]), asked["weight"], language)
        made.answered = asked["nth"]

    made.observe(answer, "asked")
    return made


def weight_moved(
    matching: Matching, fit: Compatibility, part: str, weight: float, language: str = "en"
) -> str:
    """Return as HTML who would get another mentor if a part had another weight, and the cost.

    What cannot be matched so is told in the words of its error.

    Parameters
    ----------
    matching : Matching
        The pairs as they are.
    fit : Compatibility
        The scores that they were made by.
    part : str
        The part whose weight is moved.
    weight : float
        Its weight then; departments keep weights of their own.
    language : {"en", "sv"}
        Language of the reader.
    """
    sheet = _Sheet(language)
    try:
        other = with_weight(fit, part, weight)
        trial = solve(formulate(fit.cohort, other))
    except MentormatchError as error:
        sheet.lines(*error.text(language).splitlines())
    else:
        sheet.weights(fit, other)
        sheet.price(matching, trial, fit)
        moved = changes(matching, trial, language)
        sheet.table(moved, ["mentee_name", "mentor_before", "mentor_after"])
    return str(element("div", style_of(), *sheet.shown, class_="mentormatch"))


class _Sheet(Screen):
    """A screen that keeps what it is shown."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.shown: list[Markup] = []

    def page(self, inside: Markup) -> None:
        """Keep HTML that is safe already."""
        self.shown.append(inside)


@cache
def _widget() -> type:
    """Return the kind of widget, which needs a package that comes with an extra."""
    try:
        import anywidget  # noqa: PLC0415  # of notebooks only
        import traitlets  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise MissingExtraError("anywidget", "notebook") from error

    class WeightSlider(anywidget.AnyWidget):
        _esm = (files("mentormatch") / "telling" / "slider.js").read_text(encoding="utf-8")
        parts: Any = traitlets.List().tag(sync=True)
        words: Any = traitlets.Dict().tag(sync=True)
        language: Any = traitlets.Unicode("en").tag(sync=True)
        asked: Any = traitlets.Dict().tag(sync=True)
        answered: Any = traitlets.Int(0).tag(sync=True)
        page: Any = traitlets.Unicode("").tag(sync=True)

    return WeightSlider
