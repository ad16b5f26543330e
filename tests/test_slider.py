"""A weight is moved with a slider, by mouse or keys, and the list that it makes is told."""

from __future__ import annotations

import builtins
import json
import re
import shutil
from importlib.resources import files
from typing import Any

import pytest

import mentormatch as mm
from mentormatch.errors import MissingExtraError
from mentormatch.telling import slider
from mentormatch.telling.notebook import with_weight
from mentormatch.telling.slider import weight_moved, weight_slider

COHORT = mm.make_cohort(14, 12, seed=5)
FIT = mm.score(COHORT)
MATCHING = mm.solve(mm.formulate(COHORT, FIT))


def shown(page: str) -> str:
    """Return what a page says, without tags and styles."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.S).split())


def test_moving_the_slider_tells_who_moves() -> None:
    """What stands below the slider is the list that the other weight makes, and its cost."""
    pytest.importorskip("anywidget")
    made = weight_slider(MATCHING, FIT)
    assert [part["key"] for part in made.parts] == list(FIT.names)
    goals = next(part for part in made.parts if part["key"] == "goals")
    assert (goals["weight"], goals["most"]) == (FIT.weights["goals"], 4 * FIT.weights["goals"])
    made.asked = {"part": "goals", "weight": 0, "nth": 1}
    trial = mm.solve(mm.formulate(COHORT, with_weight(FIT, "goals", 0)))
    moved = mm.changes(MATCHING, trial)
    assert made.answered == 1
    assert len(moved) > 0
    text = shown(made.page)
    assert f"Mentees with another mentor: {len(moved)} of 14" in text
    for one in moved.itertuples():
        assert f"{one.mentee_name} {one.mentor_before} {one.mentor_after}" in text
    made.asked = {"part": "goals", "weight": FIT.weights["goals"], "nth": 2}
    assert made.answered == 2
    assert "Nobody would move." in shown(made.page)


def test_it_speaks_swedish() -> None:
    """Words of the widget and of what it tells are in the reader's language."""
    pytest.importorskip("anywidget")
    made = weight_slider(MATCHING, FIT, "sv")
    assert made.words["slider_weight"] == "Vikt"
    assert "Mål och önskemål" in [part["label"] for part in made.parts]
    made.asked = {"part": "interests", "weight": 0.5, "nth": 1}
    assert "Adepter med en annan mentor" in shown(made.page)


def test_what_cannot_be_is_told_in_words() -> None:
    """Weights of nothing at all are an error's words, not a traceback."""
    alone = mm.score(COHORT, {"goals": 1})
    page = weight_moved(MATCHING, alone, "goals", 0)
    assert "All weights are 0" in shown(page)


def test_names_are_text() -> None:
    """A name that is HTML is shown as the text that it is."""
    mentees = COHORT.mentees.assign(name="<img src=x onerror=alert(1)>")
    cohort = mm.Cohort(mentees, COHORT.mentors, COHORT.programme)
    fit = mm.score(cohort)
    page = weight_moved(mm.solve(mm.formulate(cohort, fit)), fit, "goals", 0)
    assert "&lt;img" in page
    assert "<img" not in page


def test_without_the_extra_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where anywidget is missing the error names the extra that brings it."""
    slider._widget.cache_clear()
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "anywidget":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match="notebook"):
        weight_slider(MATCHING, FIT)


#: A page that hands the widget a model without Python behind it.
PAGE = """<!doctype html><meta charset="utf-8"><div id="here"></div><script type="module">
%s
const state = %s, heard = {};
window.model = {
  asked: [],
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; if (name === "asked") model.asked.push(value); },
  save_changes: () => {},
  on: (what, job) => { heard[what] = job; },
  off: () => {},
  answer: (page) => { state.page = page; state.answered = model.asked.length;
                      heard["change:answered"](); },
};
render({ model, el: document.getElementById("here") });
</script>"""


def test_the_keyboard_moves_it() -> None:
    """With Tab and arrow keys alone a part is chosen, its weight moved, the answer announced."""
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    sync_api = pytest.importorskip("playwright.sync_api")
    if found is None:
        pytest.skip("no browser is installed")
    source = (files("mentormatch") / "telling" / "slider.js").read_text(encoding="utf-8")
    state = {
        "parts": [
            {"key": "a", "label": "A <b>", "weight": 1, "most": 4, "step": 0.25},
            {"key": "b", "label": "B", "weight": 2, "most": 8, "step": 0.5},
        ],
        "words": {
            "slider_part": "Part", "slider_weight": "Weight", "slider_wait": "Wait",
            "slider_start": "Start",
        },
        "language": "sv",
        "answered": 0,
        "page": "",
    }  # fmt: skip
    page_of = PAGE % (source.replace("export default { render };", ""), json.dumps(state))
    with sync_api.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content(page_of)
        page.get_by_role("slider", name="Weight").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("model.asked") == [{"part": "b", "weight": 2.5, "nth": 1}]
        assert page.get_by_role("status").inner_text() == "Wait"
        assert page.get_by_role("slider").get_attribute("aria-valuetext") == "2,5"
        page.evaluate("model.answer('<p>Nobody</p>')")
        assert page.get_by_role("status").inner_text() == "Nobody"
        shielded = page.locator("[data-lm-suppress-shortcuts=true]").count()
        assert shielded == page.locator("select, input").count() == 2
        browser.close()
