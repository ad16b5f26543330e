"""A programme's own tags: read with every fault by its line, and what they mean for interests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mentormatch as mm
from mentormatch.errors import ProgrammeError
from mentormatch.people.example import example_folder
from mentormatch.people.programme import Option, Programme, Question, Tag, Words
from mentormatch.people.programme_file.taxonomy import _in_circles
from mentormatch.scores.score import score
from mentormatch.telling.unknown_tags import unknown_tags

TOML = """\
[[tags]]
key = "computing"

[[tags]]
key = "ai"
name = { en = "Artificial intelligence", sv = "Artificiell intelligens" }
synonyms = ["AI"]
broader = ["computing"]

[[tags]]
key = "ml"
name = { en = "Machine learning", sv = "Maskininlärning" }
synonyms = ["deep learning", "ML"]
broader = ["ai"]
related = ["statistics"]

[[tags]]
key = "statistics"
name = { en = "Statistics", sv = "Statistik" }
"""

CSV = """\
key;en;sv;synonyms;broader;related
computing;;;;;
ai;Artificial intelligence;Artificiell intelligens;AI;computing;

ml;Machine learning;Maskininlärning;deep learning|ML;ai;statistics
statistics;Statistics;Statistik;;;
"""

MODEL = (example_folder() / "programme.toml").read_text(encoding="utf-8")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefgh"))))
def test_circles_are_found_however_they_run(above: dict[str, list[str]]) -> None:
    """A tag is in a circle if, step by step upwards, one comes back to it."""
    tags = {key: Tag(key, broader=tuple(broader)) for key, broader in above.items()}
    back = []
    for key in tags:
        reached: set[str] = set()
        ahead = set(above[key])
        while ahead:
            reached |= ahead
            ahead = {up for one in ahead for up in above.get(one, ())} - reached
        back += [key] * (key in reached)
    assert _in_circles(tags) == back


def programme_with(folder: Path, name: str, text: str) -> Path:
    """Write the model programme with a taxonomy beside it, and return the programme's file."""
    (folder / name).write_text(text, encoding="utf-8")
    file = folder / "programme.toml"
    said = MODEL.replace("[programme]", f'[programme]\ntaxonomy = "{name}"', 1)
    file.write_text(said, encoding="utf-8")
    return file


def shelf(tmp_path: Path) -> tuple[Tag, ...]:
    """Return the tags of the example above."""
    return mm.read_programme(programme_with(tmp_path, "tags.toml", TOML)).taxonomy


def told(error: ProgrammeError) -> list[tuple[str, int | None, str]]:
    """Return file, line and code of each fault."""
    return [(fault.file, fault.row, fault.code.split(".")[-1]) for fault in error.faults]


def test_a_programme_names_its_file_of_tags(tmp_path: Path) -> None:
    """TOML and CSV say the same, in the order of the file."""
    tags = shelf(tmp_path)
    assert [tag.key for tag in tags] == ["computing", "ai", "ml", "statistics"]
    assert tags[2] == Tag(
        "ml",
        Words("Machine learning", "Maskininlärning"),
        ("deep learning", "ML"),
        ("ai",),
        ("statistics",),
    )
    assert mm.read_programme(programme_with(tmp_path, "tags.CSV", CSV)).taxonomy == tags
    commas = "\ufeff" + CSV.replace(";", ",")
    assert mm.read_programme(programme_with(tmp_path, "tags.csv", commas)).taxonomy == tags
    assert mm.read_programme(example_folder() / "programme.toml").taxonomy == ()


def test_every_fault_of_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    """Doubles, strangers, circles and unknown keys are listed at once, each where it stands."""
    text = TOML + (
        '\n[[tags]]\nkey = "ml"\n'
        '\n[[tags]]\nkey = "x"\nname = "STATISTICS"\nbroader = ["y"]\ncolour = 3\n'
        '\n[[tags]]\nkey = "y"\nsynonyms = ["wai"]\nbroader = [\n  "x",\n  "computin",\n]\n'
    )
    with pytest.raises(ProgrammeError) as caught:
        mm.read_programme(programme_with(tmp_path, "tags.toml", text))
    assert told(caught.value) == [
        ("tags.toml", 22, "duplicate_key"),
        ("tags.toml", 26, "claimed_tag"),
        ("tags.toml", 27, "broader_circle"),
        ("tags.toml", 28, "unknown_key"),
        ("tags.toml", 33, "broader_circle"),
        ("tags.toml", 35, "unknown_tag"),
    ]
    assert caught.value.faults[5].nearest == "computing"


def test_every_fault_of_a_csv_file_is_told_with_its_line(tmp_path: Path) -> None:
    """Rows count from the heading on, line breaks in cells included."""
    text = 'key;en;sv;broder\nai;"Artificial\nintelligence";;\n;Nameless;;\nml;a;b;c;d\n'
    with pytest.raises(ProgrammeError) as caught:
        mm.read_programme(programme_with(tmp_path, "tags.csv", text))
    assert told(caught.value) == [
        ("tags.csv", None, "unknown_column"),
        ("tags.csv", 2, "several_lines"),
        ("tags.csv", 4, "empty_text"),
        ("tags.csv", 5, "cells_beyond"),
    ]
    with pytest.raises(ProgrammeError) as caught:
        mm.read_programme(programme_with(tmp_path, "tags.csv", "tag;en\nai;AI\n"))
    assert [code for _, _, code in told(caught.value)] == ["unknown_column", "no_column"]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("en,key\nClimate\n", [(2, "empty_text", "")]),
        ("key,en,en\nml,a,b\n", [(None, "column_twice", "en")]),
        ('key,en\nai,AI\nml,"' + "abc\n" * 40000, [(3, "cell_too_long", 'ml,"abc')]),
    ],
)
def test_spoilt_csv_files_are_told_in_plain_words(
    text: str, faults: list[tuple[int | None, str, str]], tmp_path: Path
) -> None:
    """A row that stops before its key, a column twice and a mark never closed have their fault."""
    with pytest.raises(ProgrammeError) as found:
        mm.read_programme(programme_with(tmp_path, "tags.csv", text))
    said = [(one.row, one.code.split(".")[1], one.value or "") for one in found.value.faults]
    assert said == faults
    assert found.value.text("en") != found.value.text("sv")


def test_lines_may_end_as_on_old_machines(tmp_path: Path) -> None:
    """A carriage return alone ends a line, too."""
    path = programme_with(tmp_path, "tags.csv", "")
    (tmp_path / "tags.csv").write_bytes(CSV.replace("\n", "\r").encode())
    assert mm.read_programme(path).taxonomy == shelf(tmp_path)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../tags.toml", "not_beside"),
        ("/elsewhere/tags.toml", "not_beside"),
        ("C:\\\\tags.toml", "not_beside"),
        ("none.toml", "no_tags"),
    ],
)
def test_a_file_that_is_not_beside_the_programme_is_refused(
    tmp_path: Path, name: str, code: str
) -> None:
    """A path that leads elsewhere, and a file that is not there, are told."""
    file = tmp_path / "programme.toml"
    said = MODEL.replace("[programme]", f'[programme]\ntaxonomy = "{name}"', 1)
    file.write_text(said, encoding="utf-8")
    with pytest.raises(ProgrammeError) as caught:
        mm.read_programme(file)
    assert [one[2] for one in told(caught.value)] == [code]
    (fault,) = caught.value.faults
    assert (fault.file, fault.row) == (
        "programme.toml",
        said[: said.index("taxonomy")].count("\n") + 1,
    )


def test_faults_of_both_files_are_told_together(tmp_path: Path) -> None:
    """Nobody has to mend the programme before hearing of the tags."""
    file = programme_with(tmp_path, "tags.toml", '[[tags]]\nkey = ""\n')
    file.write_text(file.read_text(encoding="utf-8") + "\n[nonsense]\n", encoding="utf-8")
    with pytest.raises(ProgrammeError) as caught:
        mm.read_programme(file)
    assert {fault.file for fault in caught.value.faults} == {"programme.toml", "tags.toml"}


def cover(
    tags: tuple[Tag, ...], sought: list[str], had: list[str], **more: tuple[Option, ...]
) -> float:
    """Return how much of what is sought a mentor covers."""
    asked = Question("interests", "everyone", ("Interests",), "any of", more.get("options", ()))
    programme = Programme(Words("A"), "2024-25", (), questions=(asked,), taxonomy=tags)
    mentees = pd.DataFrame({"interests": [tuple(sought)]}, index=["e"])
    mentors = pd.DataFrame({"interests": [tuple(had)]}, index=["o"])
    cohort = mm.Cohort(mentees, mentors, programme)
    return round(score(cohort, {"interests": 1}).pair("e", "o").score, 3)


def test_all_spellings_are_one_tag(tmp_path: Path) -> None:
    """Key, both names and synonyms meet, whatever the case; a part of a word does not."""
    tags = shelf(tmp_path)
    for spelling in ("ml", "machine LEARNING", "Maskininlärning", "deep  learning"):
        assert cover(tags, [spelling], ["ML"]) == 1
    assert cover(tags, ["learning"], ["machine learning"]) == 0
    assert cover(tags, ["retail"], ["AI"]) == 0


def test_a_kind_of_what_is_sought_is_it(tmp_path: Path) -> None:
    """It is directed: the narrower has the broader whole, however far up; the broader has half."""
    tags = shelf(tmp_path)
    assert cover(tags, ["AI"], ["Maskininlärning"]) == 1
    assert cover(tags, ["computing"], ["deep learning"]) == 1
    assert cover(tags, ["deep learning"], ["AI"]) == 0.5
    assert cover(tags, ["deep learning"], ["computing"]) == 0
    assert cover(tags, ["statistik"], ["ML"]) == cover(tags, ["ML"], ["statistik"]) == 0.5
    assert cover(tags, ["AI"], ["statistics"]) == 0


def test_options_of_a_form_are_tags_too(tmp_path: Path) -> None:
    """An option that a taxonomy knows by any spelling is that tag, and keeps its own relations."""
    tags = shelf(tmp_path)
    options = (
        Option("A", Words("Deep learning", "Djupinlärning")),
        Option("B", Words("Opera"), related=("C",)),
        Option("C", Words("Theatre"), related=()),
        Option("D", Words("Statistics"), related=("B",)),
    )
    assert cover(tags, ["AI"], ["A"], options=options) == 1
    assert cover(tags, ["B"], ["C"], options=options) == 0.5
    assert cover(tags, ["statistik"], ["B"], options=options) == 0.5


def test_a_taxonomys_tags_are_told_by_their_names(tmp_path: Path) -> None:
    """What two have in common is called as the taxonomy calls it, in the reader's language."""
    tags = shelf(tmp_path)
    programme = Programme(Words("A"), "2024-25", (), taxonomy=tags)
    mentees = pd.DataFrame({"interests": [("AI", "ML")]}, index=["e"])
    mentors = pd.DataFrame({"interests": [("deep learning",)]}, index=["o"])
    part = score(mm.Cohort(mentees, mentors, programme), {"interests": 1}).parts[0]
    found = {(one.kind, one.mentee("sv"), one.mentor("sv")) for one in part.common(part, 0, 0)}
    assert found == {
        ("related", "Artificiell intelligens", "Maskininlärning"),
        ("tag", "Maskininlärning", "Maskininlärning"),
    }


def test_interests_that_are_no_tag_are_told_with_the_tag_that_was_meant(tmp_path: Path) -> None:
    """Spellings that the file or the form knows are not told; the others are, commonest first."""
    asked = Question(
        "interests", "Interests", "any of", options=(Option("whales", Words("Whales")),)
    )
    programme = Programme(
        Words("A"), "2024-25", (), questions=(asked,), taxonomy=tuple(shelf(tmp_path))
    )
    some = {"interests": [("Statistik", "WHALES"), ("Maskininlaring",)]}
    mentees = pd.DataFrame(some, index=["m1", "m2"])
    mentors = pd.DataFrame({"interests": [("maskininlaring", "sailing", "Ml")]}, index=["r1"])
    cohort = mm.Cohort(mentees, mentors, programme)
    for language in ("en", "sv"):
        (told,) = unknown_tags(cohort, language)
        assert '"Maskininlaring" (2; "Maskininlärning"?), "sailing" (1)' in told
    assert unknown_tags(replace(cohort, programme=replace(programme, taxonomy=()))) == []
    known = replace(cohort, mentors=mentors.assign(interests=[("ML",)]), mentees=mentees[:1])
    assert unknown_tags(known) == []
