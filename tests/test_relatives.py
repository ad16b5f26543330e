"""Interests that are near in meaning are related where the programme asks, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.errors import ProblemError
from mentormatch.people.example import example_folder
from mentormatch.people.programme import Option, Programme, Question, Words
from mentormatch.scores import score as scoring
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.relatives import relatives
from mentormatch.scores.score import score

ASKED = Programme(Words("A programme"), "2024-25", (), related_by_meaning=True)

#: Things of one meaning have one direction; whoever offers weather also offers some climate.
MEANINGS = {"climate": 0, "weather": 1, "klimat": 0, "snow": 2, "ice": 2, "film": 3}


def encode(texts: Sequence[str], seeking: bool) -> Any:
    """Encode by meaning: unknown texts have all directions a little, and differ in length."""
    made = np.full((len(texts), 4), 0.01)
    for k, text in enumerate(texts):
        if text.casefold() in MEANINGS:
            made[k, MEANINGS[text.casefold()]] = 1
            if text == "weather" and not seeking:
                made[k, 0] = 1
    return made


MADE_UP = Encoder("made up", encode)


def cohort(sought: list[tuple[str, ...]], had: list[tuple[str, ...]], **more: Any) -> mm.Cohort:
    """Make a cohort in which mentees seek tags and mentors have some."""
    return mm.Cohort(
        pd.DataFrame({"interests": sought}, index=[f"e{k}" for k in range(len(sought))]),
        pd.DataFrame({"interests": had}, index=[f"o{k}" for k in range(len(had))]),
        replace(ASKED, **more),
    )


def values(some: mm.Cohort, **settings: Any) -> list[list[float]]:
    """Return the scores of interests alone, as the answers make them."""
    fit = score(some, {"interests": 1}, calibrate=False, **settings)
    return fit.block(slice(None)).tolist()


def test_what_is_near_counts_half_from_sought_to_had() -> None:
    """A mentor of snow has half of ice; weather gives half of climate, climate none of weather."""
    some = cohort([("ice",), ("climate",), ("weather",)], [("snow",), ("weather",), ("climate",)])
    assert values(some, encoder=MADE_UP) == [[0.5, 0, 0], [0, 0.5, 1], [0, 1, 0]]


def test_only_a_programme_that_asks_gets_them() -> None:
    """Without the programme's word an encoder compares texts, and tags stay tags."""
    some = cohort([("ice",)], [("snow",)], related_by_meaning=False)
    assert values(some, encoder=MADE_UP) == [[0]]
    assert score(some, {"interests": 1}, encoder=MADE_UP).method == ""


def test_the_reason_says_so() -> None:
    """What is related by meaning is named as that, in both languages; a tag is compared whole."""
    some = cohort([("ice", "film")], [("snow", "film", "snowball")])
    fit = score(some, {"interests": 1}, encoder=MADE_UP)
    found = {one.kind: one for one in fit.in_common(0, 0)}
    assert set(found) == {"tag", "meant"}
    assert found["meant"].said("en") == "ice – snow (related by meaning)"
    assert found["meant"].said("sv") == "ice – snow (nära i betydelse)"
    explained = mm.explain(mm.solve(mm.formulate(some, fit, rules=[])), "en")
    assert "ice – snow (related by meaning)" in explained["reasons"].iloc[0]
    assert fit.method == "tags + made up"


def test_the_programmes_own_word_comes_first() -> None:
    """Tags that the form calls related are told as related, and count no more than half."""
    options = (
        Option("ice", Words("Ice", "Is"), related=("snow",)),
        Option("snow", Words("Snow", "Snö")),
    )
    question = Question("interests", "everyone", ("Interests",), "any of", options)
    some = cohort([("ice",)], [("snow",)], questions=(question,))
    fit = score(some, {"interests": 1}, encoder=MADE_UP, calibrate=False)
    assert [one.kind for one in fit.in_common(0, 0)] == ["related"]
    assert fit.block(slice(None)).tolist() == [[0.5]]


def test_others_change_no_relation() -> None:
    """Neither the order of tags nor who else named some changes what is related."""
    names = [Words(one) for one in ("ice", "film", "snow", "climate", "weather")]
    whole = relatives(names, MADE_UP).toarray()
    order = np.array([3, 0, 4, 2, 1])
    again = relatives([names[k] for k in order], MADE_UP).toarray()
    assert np.array_equal(again, whole[np.ix_(order, order)])
    assert np.array_equal(relatives(names[:3], MADE_UP).toarray(), whole[:3, :3])
    assert relatives([], MADE_UP).shape == (0, 0)


def test_nobody_named_anything() -> None:
    """Without a single tag every pair has the neutral value."""
    assert values(cohort([()], [()]), encoder=MADE_UP) == [[0.5]]


def test_a_calibration_of_other_relations_is_told() -> None:
    """Curves that were measured without relations are not used with them."""
    some = cohort([("ice",), ("film",)], [("snow",), ("film",)])
    fit = score(some, {"interests": 1}, encoder=MADE_UP)
    kept = score(some, {"interests": 1}, encoder=MADE_UP, calibration=fit.calibration)
    assert np.array_equal(kept.block(slice(None)), fit.block(slice(None)))
    plain = replace(some, programme=replace(ASKED, related_by_meaning=False))
    with pytest.raises(ProblemError, match="compared by"):
        score(plain, {"interests": 1}, calibration=fit.calibration)


def test_without_the_model_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra cannot be used, the same tags count, and nothing else happens."""
    monkeypatch.setattr(scoring, "missing", lambda: "package")
    fit = score(cohort([("ice",)], [("snow",)]), {"interests": 1}, calibrate=False)
    assert fit.block(slice(None)).tolist() == [[0]]
    assert [note.code for note in fit.notes] == ["scores.related_missing"]


def test_the_programmes_file_asks(tmp_path: Any) -> None:
    """One line under the programme's heading asks for it."""
    text = (example_folder() / "programme.toml").read_text(encoding="utf-8")
    assert not mm.read_programme(example_folder() / "programme.toml").related_by_meaning
    file = tmp_path / "programme.toml"
    said = text.replace("[programme]", "[programme]\nrelated_by_meaning = true", 1)
    file.write_text(said, encoding="utf-8")
    assert mm.read_programme(file).related_by_meaning
