"""Tests of the model programme that comes with mentormatch: what its demo shows to everybody."""

from __future__ import annotations

import re

import mentormatch as mm
from mentormatch.people.example import EXAMPLE, example_folder
from roof_example import example_cohort, example_matching, example_story, example_table


def test_the_example_lies_in_the_checkout_and_in_the_package(checkout):
    """The demo finds the same folder that README shows, and the wheel carries it inside."""
    assert example_folder() == checkout / "examples" / EXAMPLE
    text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    assert '"examples" = "mentormatch/examples"' in text


def test_the_model_programme_is_that_of_its_year():
    """Its departments and the days of its events are those of the model programme."""
    programme = example_cohort().programme
    assert sorted(one.name("en") for one in programme.departments) == [
        "Astronomy",
        "Biology Education",
        "Media Studies",
        "Meteorology",
        "Physics",
        "Public Health Sciences",
        "Romance Studies and Classics",
        "Stockholm Resilience Centre",
    ]
    days = [(f"{event.start:%Y-%m-%d}", event.audience) for event in programme.events]
    assert days == [
        ("2024-11-05", "mentees"),
        ("2024-11-06", "mentors"),
        ("2024-11-13", "everyone"),
        ("2025-02-12", "everyone"),
        ("2025-03-07", "mentees"),
        ("2025-03-20", "mentors"),
        ("2025-05-20", "everyone"),
    ]
    assert [event.tentative for event in programme.events] == [False] * 6 + [True]


def test_the_example_is_proved_best():
    """The demo's list is proved by its own prices, and the certificate agrees."""
    matching = example_matching()
    assert matching.status == "optimal"
    assert matching.gap == 0
    proof = mm.certify(matching.problem, matching)
    assert proof.valid
    assert proof.optimal
    assert matching.coverage == 112
    assert f"{matching.total:.2f}" in example_story("en").summary["proof"]


def test_the_example_shows_what_there_is_to_show():
    """Rules that bind, people without a pair, lent mentors and close calls all occur."""
    story, table = example_story("en"), example_table("en")
    assert story.departments["lent"].sum() > 0
    assert set(story.unmatched["side"]) == {"mentees", "mentors"}
    assert story.unmatched["reason"].nunique() > 2
    assert set(table["sure"]) >= {"close call", "fairly firm"}
    assert example_cohort().withdrawn
    assert example_cohort().notes


def test_everybody_in_the_example_is_made_up(checkout):
    """Every address in the example's files is of a domain that nobody can own."""
    cohort = example_cohort()
    for table in (cohort.mentees, cohort.mentors):
        assert table["email"].str.fullmatch(r"[^@]+@example\.(org|com)").all()
    for path in (checkout / "examples").rglob("*"):
        if path.suffix in (".toml", ".md", ".csv", ".py"):
            text = path.read_bytes().replace(b"\0", b"").decode("latin-1")
            for domain in re.findall(r"(?a)\w@([\w-]+(?:\.[\w-]+)+)", text):
                assert domain in ("example.org", "example.com"), path
