"""Tests that what may be logged or passed on holds nothing of anybody's answers."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

import mentormatch as mm
from mentormatch.cli import main
from mentormatch.errors import Fault, InputError, ProfileError, ProgrammeError
from mentormatch.formulation import notes_of
from mentormatch.people.example import example_folder
from mentormatch.words import LANGUAGES
from roof_example import MENTEES, MENTORS, cohort, example_cohort, sheets

CANARY = "Kanariefågel"
PROGRAMME = mm.read_programme(example_folder() / "programme.toml")
HEADINGS = {
    side: [question.headings[0] for question in PROGRAMME.questions_of(side)]
    for side in ("mentees", "mentors")
}


def sheet(side: str, rows: int = 3) -> pd.DataFrame:
    """A sheet that is right, with every question of the model programme in it."""
    plain = {
        "submitted": "2024-10-01 13:05",
        "started": "2024-10-01 13:00",
        "department": "Physics",
        "level": "Master's level",
        "interests": "Climate",
        "languages": "Swedish",
        "availability": "Weekends",
        "places": "1",
        "conflict": "",
        "withdrawn": "no",
        "share": "My goals",
    }
    made = {}
    for question in PROGRAMME.questions_of(side):
        made[question.headings[0]] = [
            {"email": f"{side}{k}@example.org", "id": f"{side}{k}"}.get(
                question.answer, plain.get(question.answer, f"{question.answer} {k}")
            )
            for k in range(rows)
        ]
    return pd.DataFrame(made)


def told(*faults: Fault) -> str:
    """What the redacted text of faults says, in both languages."""
    return "\n".join(one.text(language, redact=True) for one in faults for language in LANGUAGES)


def silent(text: str) -> bool:
    """Whether nothing of the canary is heard, whole or in part, in any case."""
    return not re.search("kanarie|fågel", text, re.IGNORECASE)


def read(mentees, mentors):
    """Return the faults of reading, or else the notes."""
    try:
        return mm.read_cohort(mentees, mentors, programme=PROGRAMME).notes
    except ProfileError as error:
        return error.faults


def test_the_plain_sheets_are_right():
    """Without a canary the sheets have no faults, so that those found below are its own."""
    assert read(sheet("mentees"), sheet("mentors")) == ()


@pytest.mark.parametrize("side", ["mentees", "mentors"])
def test_no_cell_is_told_in_redacted_text(side):
    """A canary in each cell in turn makes a fault, a note or nothing, but is never told."""
    heard = 0
    for heading in HEADINGS[side]:
        for form in (CANARY, f"={CANARY}", f"{CANARY}, {CANARY} 2", f"{CANARY}@example.org"):
            tables = {one: sheet(one) for one in ("mentees", "mentors")}
            tables[side].loc[1, heading] = form
            found = read(**tables)
            heard += sum(not silent(fault.text()) for fault in found)
            assert silent(told(*found)), heading
    assert heard > 5


@pytest.mark.parametrize("side", ["mentees", "mentors"])
def test_no_heading_or_doubled_row_is_told_in_redacted_text(side):
    """Neither a heading that somebody made up nor a person who is there twice is told."""
    heard = 0
    for spoil in (
        lambda table: table.rename(columns={table.columns[4]: CANARY}),
        lambda table: table.assign(**{CANARY: CANARY}),
        lambda table: pd.concat([table, table.iloc[:1].assign(**{HEADINGS[side][0]: ""})]),
        lambda table: pd.concat([table, table.assign(**{"Name": CANARY})]),
        lambda table: table.assign(**{"Email": f"{CANARY}@example.org"}),
        lambda table: table.assign(**{"Participant number": CANARY}),
        lambda table: table.assign(**{"Name": CANARY}),
    ):
        tables = {one: sheet(one) for one in ("mentees", "mentors")}
        tables[side] = spoil(tables[side])
        found = read(**tables)
        heard += sum(not silent(fault.text()) for fault in found)
        assert silent(told(*found))
    assert heard > 3


def test_notes_of_rules_and_scores_can_be_redacted():
    """Names in conflict columns and very long answers are left out of redacted notes."""
    tables = {side: sheet(side) for side in HEADINGS}
    conflict = next(h for h in HEADINGS["mentees"] if "supervisor" in h)
    tables["mentees"].loc[0, conflict] = CANARY
    tables["mentees"].loc[1, "Goals"] = f"{CANARY} " * 3000
    people = mm.read_cohort(**tables, programme=PROGRAMME)
    notes = mm.readiness(people, language="en").notes
    assert not silent(notes.to_string())
    found = [*people.notes, *mm.score(people).notes]
    assert silent(told(*found, *notes_of(people)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: mm.match(cohort(), rules=[mm.rules.banned([(CANARY, "m1")])]),
        lambda: mm.match(named(), rules=[mm.rules.locked([("Kanariefagel", "m1")])]),
        lambda: mm.match(named(), rules=[mm.rules.banned([(f"{CANARY} Ek", "m1")])]),
        lambda: mm.why_not(mm.match(named()), "Kanariefagel", "m1"),
        lambda: mm.why_not(mm.match(named()), f"{CANARY} Ek", "m1"),
        lambda: mm.score(named()).pair("s1", "kanariefågel"),
    ],
)
def test_errors_about_people_can_be_redacted(make):
    """Suggestions and namesakes are people, too: redacted text names none of them."""
    with pytest.raises(InputError) as caught:
        make()
    assert not silent(caught.value.text())
    for language in LANGUAGES:
        assert silent(caught.value.text(language, redact=True))


def named():
    """The small cohort, with two mentees and a mentor who bear the canary's name."""
    people = cohort(
        mentors={**MENTORS, f"{CANARY}2": MENTORS["m5"]},
        mentees={**MENTEES, f"{CANARY}1": MENTEES["s1"]},
    )
    people.mentees.loc[["s1", f"{CANARY}1"], "name"] = f"{CANARY} Ek"
    people.mentees.loc["s2", "name"] = CANARY
    return people


@pytest.mark.parametrize(
    "make",
    [
        lambda: mm.Problem([[1.0], [2.0]], mentee_ids=["anna.ek@example.org"] * 2),
        lambda: mm.Problem([[1.0]], mentor_ids=["Anna Ek"], mentor_minimum=2),
        lambda: mm.solve(
            mm.Problem(
                [[1.0]],
                quotas=[
                    mm.Quota("Anna Ek stays", mm.Pairs.listed([(0, 0)]), at_least=1),
                    mm.Quota("anna.ek@example.org is away", mm.Pairs.everyone(), at_most=0),
                ],
            )
        ),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_in_numbers_can_be_redacted_too(make, language):
    """Ids and names of rules are left out of redacted messages, and stand in the full ones."""
    with pytest.raises(mm.MentormatchError) as caught:
        make()
    assert "nna" in caught.value.text(language)
    redacted = caught.value.text(language, redact=True)
    assert redacted
    assert "nna" not in redacted
    assert redacted != caught.value.text("sv" if language == "en" else "en", redact=True)


def test_the_record_of_a_run_names_nobody(tmp_path, capsys):
    """run.json, and the progress on the screen, hold no name, address or answer."""
    folder = example_folder()
    mentees, mentors = (" ".join(map(str, paths)) for paths in sheets(folder).values())
    line = ["match", str(folder / "programme.toml"), "--mentees", *mentees.split(), "--mentors"]
    assert main([*line, *mentors.split(), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    record = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert json.loads(record)["pairs"] > 100
    people = example_cohort()
    for table in (people.mentees, people.mentors):
        for word in (*table["email"], *table["name"], *table.index):
            for text in (record, said.err, said.out):
                assert word not in text


def test_values_show_numbers_when_they_are_printed():
    """A cohort's own repr, and a matching's, tell numbers and no people."""
    people = named()
    for thing in (people, mm.match(people), mm.score(people), mm.match(people).problem):
        assert silent(repr(thing))


def test_faults_of_a_programme_file_can_be_redacted(tmp_path):
    """What stands in a programme file, such as a coordinator's address, is left out as well."""
    path = tmp_path / "programme.toml"
    path.write_text(
        f'[programme]\nname = "A"\nyear = "2024"\ncontact = ["{CANARY}"]\n{CANARY.lower()} = 1\n',
        encoding="utf-8",
    )
    with pytest.raises(ProgrammeError) as caught:
        mm.read_programme(path)
    assert silent(caught.value.text("en", redact=True))
