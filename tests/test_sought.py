"""Tests of what is told of an objective: what each stage reached, and whose wishes were met."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import openpyxl
import pytest

import mentormatch as mm
from mentormatch import rules
from mentormatch.errors import InputError, ProfileError
from mentormatch.telling.sought import sought, wishes_met
from mentormatch.words import LANGUAGES
from roof_example import cohort
from test_rules_together import grouped

STATED = (
    rules.own_first(),
    rules.priority(["s3", "s5"]),
    rules.wishes(),
    rules.level_departments(means=True),
    rules.spread_mentees(),
)


def told(language: str = "en"):
    people = grouped()
    matching = mm.match(people, rules=list(STATED))
    return matching, sought(matching, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_says_what_it_reached(language):
    """Each stage has a row of words in the reader's language, and figures that can be counted."""
    matching, table = told(language)
    stages = ["own", "priority", "wishes", "first wishes", "coverage", "share", "mean", "spread"]
    assert table["stage"].tolist() == [*stages, "total"]
    assert table["proved"].all()
    reached = dict(zip(table["stage"], table["reached"], strict=True))
    people = grouped()
    inside = sum(
        people.mentees.at[a, "department"] == people.mentors.at[b, "department"] != ""
        for a, b in zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True)
    )
    assert reached["own"].startswith(f"{inside} par" if language == "sv" else f"{inside} pairs")
    assert reached["coverage"].startswith(f"{matching.coverage} ")
    assert matching.reached["own"] == inside
    assert "2" in reached["priority"]
    assert table["sought"].is_unique
    assert not {text for text in reached.values() if "{" in text}


def test_counts_of_ones_own_and_nothing_to_count():
    """A count of one's own tells its sum; groups that hold nobody tell that nothing was there."""
    aims = mm.Aims(counts={"luck": [2, 1]}, groups=[None, None])
    matching = mm.solve(mm.Problem([[1.0], [2.0]], aims=aims), "luck, share, kept, worst, total")
    table = sought(matching)
    assert table["reached"].tolist() == [
        "2",
        "there was nothing to count",
        "0 announced pairs are kept",
        "the lowest score of a pair is 1.00",
        "the total score is 1.00",
    ]
    assert "luck" in table["sought"][0]


def test_wishes_met_are_counted_by_choice():
    """Whoever wished counts once, by the best wish that was met, on either side."""
    people = grouped()
    pairs = [("s1", "m1"), ("s4", "m3"), ("s2", "m2"), ("s6", "m4")]
    matching = mm.match(people, rules=[mm.rules.locked(pairs)])
    met = wishes_met(matching, [rules.wishes()])
    assert met[met["side"] == "mentees"]["people"].tolist() == [1, 2, 0, 0, 1]
    assert met[met["side"] == "mentors"]["people"].tolist() == [0, 0, 0, 0, 2]
    assert met["share"].tolist()[:2] == [0.25, 0.5]
    assert wishes_met(matching).empty
    with pytest.raises(InputError):
        wishes_met(mm.solve(mm.Problem([[1.0]])))


def test_workbook_and_report_tell_what_was_sought(tmp_path):
    """Both files hold what each stage reached and the wishes met; without aims neither does."""
    matching, table = told()
    mm.write_workbook(matching, tmp_path / "pairs.xlsx", rules=list(STATED))
    mm.write_report(matching, tmp_path / "report.html", rules=list(STATED))
    book = openpyxl.load_workbook(tmp_path / "pairs.xlsx")
    cells = {str(cell.value) for row in book.worksheets[1].rows for cell in row}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for text in (*table["reached"], "Mentees who got their first choice"):
        assert text in cells
        assert text in page
    plain = mm.match(cohort(), rules=[])
    mm.write_report(plain, tmp_path / "plain.html", rules=[])
    assert "What was sought" not in (tmp_path / "plain.html").read_text(encoding="utf-8")


def test_why_not_says_which_aim_would_suffer():
    """Having another mentor may cost an aim: the first one that suffers is named."""
    matching, _ = told()
    assert "as many pairs inside departments" in mm.why_not(matching, "s1", "m4").text


def test_wishes_can_be_a_part_of_the_score():
    """A first wish is worth 1, a second a half; half of it where both sides were asked."""
    people = grouped()
    fit = mm.score(people, {"wishes": 1}, calibrate=False)
    block = fit.block(np.arange(6))
    assert block[0].tolist() == [0.25, 0.5, 0, 0, 0]
    assert block[3].tolist() == [0.5, 0, 0.5, 0, 0]
    assert (fit.pair("s4", "m1").parts["wishes"], block[2].tolist()) == (0.5, [0, 0, 0.5, 0, 0])
    alone = replace(people, mentors=people.mentors.drop(columns="wishes"))
    assert mm.score(alone, {"wishes": 1}, calibrate=False).pair("s1", "m2").score == 1
    people.mentees["wishes"] = ["Nils Nemo"] * 6
    with pytest.raises(ProfileError, match="Nils Nemo"):
        mm.score(people, {"wishes": 1})
