"""With the calibration of an earlier cohort, a pair's score depends on the two people alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mentormatch as mm
from mentormatch.errors import InputError, ProblemError
from mentormatch.scores.calibration import Calibration, sign
from mentormatch.scores.compatibility import Compatibility
from mentormatch.telling.gather import gather

COHORT = mm.make_cohort(45, 35, seed=3)
FIT = mm.score(COHORT)
OTHERS = mm.make_cohort(40, 40, seed=9)


def joined(some: mm.Cohort, more: mm.Cohort, seed: int = 0) -> mm.Cohort:
    """Put two cohorts together, everybody in an order by lot."""
    sides = []
    for side in ("mentees", "mentors"):
        late = more.table(side).rename(lambda one: f"late-{one}")
        rows = pd.concat([some.table(side), late])
        order = np.random.default_rng(seed).permutation(len(rows))
        sides.append(rows.iloc[order])
    return mm.Cohort(*sides, some.programme)


def scores_of(fit: Compatibility, cohort: mm.Cohort = COHORT) -> list[list[float]]:
    """Return the scores of a cohort's people, in its order."""
    rows = [fit.mentee_ids.index(one) for one in cohort.mentees.index]
    columns = [fit.mentor_ids.index(one) for one in cohort.mentors.index]
    return fit.block(rows)[:, columns].tolist()


def test_the_same_people_have_the_same_scores() -> None:
    """A cohort scored by its own calibration is scored as before, whether kept in a file or not."""
    again = mm.score(COHORT, calibration=FIT.calibration)
    assert scores_of(again) == scores_of(FIT)
    assert again.calibration == FIT.calibration
    assert again.calibration.source == "Alumni Mentorship Programme 2024-25: 45 mentees, 35 mentors"


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=15)
def test_whoever_comes_late_changes_nobodys_score(seed: int, mentees: int, mentors: int) -> None:
    """However many sign up later and in whatever order, the others keep their scores."""
    late = mm.Cohort(OTHERS.mentees[:mentees], OTHERS.mentors[:mentors], OTHERS.programme)
    both = joined(COHORT, late, seed)
    assert scores_of(mm.score(both, calibration=FIT.calibration)) == scores_of(FIT)


def test_without_the_calibration_scores_do_change() -> None:
    """The promise is worth something: measured anew, the same pairs have other scores."""
    assert scores_of(mm.score(joined(COHORT, OTHERS))) != scores_of(FIT)


def test_a_late_pair_is_scored_as_if_nobody_else_had_come_late() -> None:
    """Those who come late depend on nobody either, whatever words nobody had before them."""
    late = mm.score(OTHERS, calibration=FIT.calibration)
    both = mm.score(joined(COHORT, OTHERS), calibration=FIT.calibration)
    rows = [both.mentee_ids.index(f"late-{one}") for one in late.mentee_ids]
    columns = [both.mentor_ids.index(f"late-{one}") for one in late.mentor_ids]
    assert both.block(rows)[:, columns].tolist() == late.block(slice(None)).tolist()


def test_an_irrelevant_person_changes_no_pair() -> None:
    """A mentor without places who comes later leaves every pair and every score as it was."""
    announced = mm.match(COHORT, rules=[])
    late = OTHERS.mentors.iloc[[0]].rename(lambda one: f"late-{one}").assign(places=0)
    now = mm.Cohort(COHORT.mentees, pd.concat([late, COHORT.mentors]), COHORT.programme)
    after = mm.rematch(announced, now, rules=[])
    by = ["mentee", "mentor"]
    assert after.pairs.sort_values(by, ignore_index=True).equals(
        announced.pairs.sort_values(by, ignore_index=True)
    )
    fresh = mm.solve(mm.formulate(now, mm.score(now, calibration=FIT.calibration), rules=[]))
    assert set(map(tuple, fresh.pairs.values)) == set(map(tuple, announced.pairs.values))
    assert after.problem.scores.carried == announced.problem.scores.calibration


def test_free_interests_stay_twins_and_as_rare_as_they_were() -> None:
    """What was one tag in two languages stays so, even where nobody writes the English one now."""
    programme = mm.make_cohort(1, 1).programme
    free = mm.Programme(programme.name, programme.year, programme.departments)

    def people(mentees: list[Any], mentors: list[Any]) -> mm.Cohort:
        tables = [
            pd.DataFrame({"interests": some}, index=[f"{side}{k}" for k in range(len(some))])
            for side, some in (("e", mentees), ("o", mentors))
        ]
        return mm.Cohort(*tables, free)

    often = [("maskininlärning", "opera")] * 3
    before = mm.score(people(often, [("machine learning",)] * 4), {"interests": 1})
    kept = before.calibration
    one, other = (
        mm.score(
            people(often[:1], [("maskininlärning",), *more]), {"interests": 1}, calibration=kept
        )
        for more in ([], [("machine learning",)])
    )
    assert one.pair("e0", "o0") == other.pair("e0", "o0")
    assert other.pair("e0", "o1").score == other.pair("e0", "o0").score > 0


def test_a_kept_calibration_comes_back_from_its_file(tmp_path: Path) -> None:
    """A file gives the calibration that was written, and holds no word that anybody wrote."""
    file = mm.write_calibration(FIT.calibration, tmp_path / "kept.json")
    assert mm.read_calibration(file) == FIT.calibration
    assert scores_of(mm.score(COHORT, calibration=mm.read_calibration(file))) == scores_of(FIT)
    text = file.read_text(encoding="utf-8")
    words = {word.casefold() for goal in COHORT.mentees["goals"] for word in goal.split()}
    assert len(words) > 100
    assert not [word for word in words if len(word) > 9 and word in text.casefold()]
    assert sign("internship") in text
    assert [one.name for one in tmp_path.iterdir()] == ["kept.json"]


def spoilt() -> list[Any]:
    """Return files that are no calibration: each with one fault."""
    whole = {
        "format": "mentormatch calibration", "version": 1, "source": "x",
        "parts": {"goals": {"neutral": 1, "gain": 64, "method": ""}},
    }  # fmt: skip
    part = whole["parts"]["goals"]  # type: ignore[index]
    return [
        {**whole, "source": "\ud800"},
        [], "x", {**whole, "version": 2}, {**whole, "source": 3}, {**whole, "parts": [1]},
        {**whole, "parts": {"goals": {**part, "neutral": 2**20 + 1}}},
        {**whole, "parts": {"goals": {**part, "gain": 1.5}}},
        {**whole, "parts": {"goals": {**part, "gain": True}}},
        {**whole, "parts": {"goals": {**part, "levels": {"mean": [[1]], "spread": [[0]]}}}},
        {**whole, "parts": {"goals": {**part, "levels": {"mean": [[1, 2]], "spread": [[1, 1]]}}}},
        {**whole, "parts": {"goals": {**part, "counted": {"people": 3, "having": {}}}}},
    ]  # fmt: skip


@pytest.mark.parametrize("record", spoilt())
def test_a_spoilt_file_is_told(record: Any, tmp_path: Path) -> None:
    """Whatever is wrong with a file, one clear error says that it is no calibration."""
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match=r"kept\.json.*no calibration"):
        mm.read_calibration(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing file and one that is no JSON are told apart."""
    with pytest.raises(InputError, match="no such file"):
        mm.read_calibration(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match="no calibration"):
        mm.read_calibration(tmp_path / "bytes.json")


def test_texts_compared_in_another_way_need_another_calibration() -> None:
    """A calibration of words is not used for vectors: an error says which was which."""
    with pytest.raises(ProblemError, match=r"words \d.*compared by"):
        mm.score(
            COHORT, encoder=lambda texts: np.ones((len(texts), 2)), calibration=FIT.calibration
        )


def test_levels_between_other_languages_are_told() -> None:
    """Levels for another number of languages, or none, are an error beside all other faults."""
    goals = FIT.calibration.parts["goals"]
    for levels in (None, (((1,),), ((1,),))):
        parts = dict(FIT.calibration.parts, goals=replace(goals, levels=levels))
        parts["interests"] = replace(parts["interests"], method="fingers")
        with pytest.raises(ProblemError, match="languages") as caught:
            mm.score(COHORT, calibration=Calibration("elsewhere", parts))
        codes = {fault.code for fault in caught.value.faults}
        assert codes == {"scores.other_levels", "scores.other_method"}


def test_whom_it_was_measured_on_is_told_in_the_readers_language(tmp_path: Path) -> None:
    """The Swedish report says it in Swedish, also of a calibration that comes from a file."""
    file = mm.write_calibration(FIT.calibration, tmp_path / "kept.json")
    for kept in (None, mm.read_calibration(file)):
        fit = mm.score(COHORT, calibration=kept)
        matching = mm.solve(mm.formulate(COHORT, fit, rules=[]))
        for language, people in (("sv", "45 adepter, 35 mentorer"), ("en", "45 mentees, 35")):
            settings = gather(matching, rules=[], language=language).settings
            assert people in " ".join(settings.astype(str).to_numpy().ravel())


def test_a_part_that_the_calibration_does_not_know_is_measured() -> None:
    """A new question is measured on the present cohort, and is in its calibration."""
    known = Calibration("of old", {k: v for k, v in FIT.calibration.parts.items() if k != "goals"})
    fit = mm.score(COHORT, calibration=known)
    assert fit.calibration == Calibration("of old", FIT.calibration.parts)
    assert scores_of(fit) == scores_of(FIT)


def test_what_is_handed_out_names_whom_it_was_measured_on(tmp_path: Path) -> None:
    """The record, the workbook and the report say whose calibration the scores have."""
    announced = mm.match(COHORT, rules=[])
    mm.write_all(announced, tmp_path / "first", language="en", rules=[])
    record = json.loads((tmp_path / "first" / "run.json").read_text(encoding="utf-8"))
    assert record["calibration"] == {"source": FIT.calibration.source, "carried_over": False}
    kept = mm.read_calibration(tmp_path / "first" / "calibration.json")
    assert kept == announced.problem.scores.calibration
    fewer = mm.Cohort(COHORT.mentees[1:], COHORT.mentors, COHORT.programme)
    after = mm.rematch(announced, fewer, rules=[])
    mm.write_all(after, tmp_path / "second", language="en", rules=[])
    record = json.loads((tmp_path / "second" / "run.json").read_text(encoding="utf-8"))
    assert record["calibration"] == {"source": kept.source, "carried_over": True}
    page = (tmp_path / "second" / "report.html").read_text(encoding="utf-8")
    assert f"{kept.source}; kept from then" in page


def test_a_cohort_without_an_answer_has_a_calibration_too() -> None:
    """Where nobody ticked or wrote anything, nothing was counted, and those who come late may."""
    tables = [COHORT.table(side)[:6].copy() for side in ("mentees", "mentors")]
    for table in tables:
        table["interests"] = [()] * len(table)
        for name in ("goals", "seeks", "offers"):
            if name in table:
                table[name] = ""
    silent = mm.score(mm.Cohort(*tables, COHORT.programme))
    again = mm.score(COHORT, calibration=silent.calibration)
    assert again.shape == FIT.shape
    assert np.isfinite(again.block(slice(None))).all()
    assert scores_of(mm.score(silent.cohort, calibration=silent.calibration), silent.cohort) == (
        scores_of(silent, silent.cohort)
    )
