"""What the tests of the roof share: a small cohort made by hand, and the example, matched once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

import mentormatch as mm
from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme import Department, Programme, Question, Rule, Words
from mentormatch.telling.gather import gather

DEPARTMENTS = (
    Department("physics", Words("Physics", "Fysikum")),
    Department("media", Words("Media Studies", "Mediestudier")),
    Department("astronomy", Words("Astronomy", "Astronomi")),
)
QUESTIONS = tuple(
    Question(answer, who, (answer.title(),), kind, label=Words(answer.title()))
    for answer, who, kind in (
        ("name", "everyone", "text"),
        ("email", "everyone", "text"),
        ("department", "everyone", "one of"),
        ("interests", "everyone", "any of"),
        ("languages", "everyone", "any of"),
        ("employer", "everyone", "text"),
        ("conflict", "everyone", "text"),
        ("places", "mentors", "number"),
    )
)
COLUMNS = ("name", "department", "interests", "languages", "employer", "conflict")
MENTEES = {
    "s1": ("Åsa Berg", "physics", ("optics", "waves"), ("sv",), "SMHI", "Eva Ek"),
    "s2": ("Bo Dahl", "physics", ("waves",), ("sv", "en"), "", ""),
    "s3": ("Cleo Falk", "media", ("film", "press"), ("en",), "Radio", "m4; OLA ALM, Nils Nemo"),
    "s4": ("Dan Gran", "media", ("press",), (), "", "lo@example.org"),
    "s5": ("Eli Hed", "astronomy", ("stars",), ("fr",), "Observatory", ""),
    "s6": ("Bo Dahl", "", ("stars", "optics"), ("sv",), " smhi ", ""),
}
MENTORS = {
    "m1": ("Eva Ek", "physics", ("waves", "optics"), ("sv", "en"), "SMHI", "", 2),
    "m2": ("Ola Alm", "physics", ("film",), ("sv",), "", "Dan Gran", 1),
    "m3": ("Lo Lind", "media", ("press", "film"), ("en",), "radio", "", 1),
    "m4": ("Ulf Ros", "astronomy", ("stars", "waves"), ("fr", "sv"), "", "", 1),
    "m5": ("Ida Vik", "", ("press",), (), "", "", 0),
}


def programme(*rules: Rule, **others) -> Programme:
    """A programme of three departments with these rules."""
    return Programme(
        Words("Mentors", "Mentorer"),
        "2024-25",
        DEPARTMENTS,
        questions=QUESTIONS,
        weights={"department": 1, "interests": 2},
        rules=rules,
        **others,
    )


def table(people, *more: str) -> pd.DataFrame:
    made = pd.DataFrame.from_dict(people, orient="index", columns=[*COLUMNS, *more])
    made.index.name = "id"
    first = made["name"].str.split().str[0].str.lower()
    made["email"] = [
        f"{name}{'' if number != 5 or more else '6'}@example.org"
        for number, name in enumerate(first)
    ]
    return made


def cohort(*rules: Rule, mentees=MENTEES, mentors=MENTORS, **others) -> Cohort:
    """Six mentees and five mentors who stand for what may happen to rules."""
    return Cohort(table(mentees), table(mentors, "places"), programme(*rules, **others))


def sheets(folder: Path) -> dict[str, list[Path]]:
    """The sign-up sheets in a folder, by side."""
    return {
        side: sorted(path for path in folder.glob(f"{side}*") if path.is_file())
        for side in ("mentees", "mentors")
    }


@cache
def example_cohort() -> Cohort:
    """The cohort of the model programme."""
    folder = example_folder()
    return mm.read_cohort(**sheets(folder), programme=mm.read_programme(folder / "programme.toml"))


@cache
def example_matching() -> mm.Matching:
    """The best pairs of the model programme."""
    return mm.match(example_cohort())


@cache
def example_table(language: str) -> pd.DataFrame:
    """The pairs of the model programme, explained; not to be changed."""
    return mm.explain(example_matching(), language)


@cache
def example_story(language: str):
    """All that the model programme's matching tells; not to be changed."""
    return gather(example_matching(), language)
