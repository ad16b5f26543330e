"""Makes up the sign-up sheets of the example: run it, and the same sheets are written again."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from mentormatch.people.cohort import Cohort
from mentormatch.people.example import example_folder
from mentormatch.people.programme_file.reader import read_programme
from mentormatch.people.synthetic.exports import (
    GOOGLE,
    MICROSOFT,
    MICROSOFT_SWEDISH,
    UNICODE,
    WINDOWS,
    Record,
    is_missing,
    letters,
)
from mentormatch.people.synthetic.maker import make_cohort
from mentormatch.people.synthetic.messy import records, write_export

# Mentees and mentors of each department. Media Studies is short of mentors, Physics has plenty.
NUMBERS = {
    "astronomy": (12, 12),
    "biology-education": (17, 15),
    "media-studies": (23, 10),
    "meteorology": (9, 8),
    "physics": (18, 22),
    "public-health": (17, 14),
    "romance-classics": (11, 9),
    "resilience-centre": (13, 10),
}
SEED = 2024


def make_up() -> tuple[Cohort, list[Record], list[Record]]:
    """Return who takes part, and the mentees and mentors who signed up and withdrew."""
    programme = read_programme(example_folder() / "programme.toml")
    crowd = make_cohort(700, 700, scarcity=0.86, seed=SEED, skew=0.3, programme=programme)
    tables, left = [], []
    for side, table in enumerate((crowd.mentees, crowd.mentors)):
        taken: Counter[str] = Counter()
        chosen: list[str] = []
        passed: list[str] = []
        for person, department in table["department"].items():
            wanted = taken[department] < NUMBERS[department][side]
            taken[department] += 1
            (chosen if wanted else passed).append(str(person))
        tables.append(table.loc[chosen])
        left.append(records(table.loc[passed[:3]]))
    mentees, mentors = tables
    _acquaint(mentees, mentors)
    _acquaint(mentors, mentees)
    gone = tuple(str(one["id"]) for side in left for one in side)
    return Cohort(mentees, mentors, programme, withdrawn=gone), left[0], left[1]


def _acquaint(table: pd.DataFrame, others: pd.DataFrame) -> None:
    """Let those who name somebody they must not meet name somebody of their own department."""
    for person in table.index[table["conflict"] != ""]:
        near = others[others["department"] == table.at[person, "department"]]
        table.at[person, "conflict"] = near["name"].iloc[len(str(person)) % len(near)]


def write(cohort: Cohort, mentees_left: list[Record], mentors_left: list[Record]) -> None:
    """Write the sheets into the example's folder."""
    folder = example_folder()
    mentees, mentors = records(cohort.mentees), records(cohort.mentors)
    began = [one for one in mentees if not is_missing(one["started"])]  # Microsoft Forms noted it
    others = [one for one in mentees if is_missing(one["started"])]
    romance = [
        one
        for one in others
        if one["department"] == "romance-classics" and WINDOWS.can_say(letters(one))
    ]
    rest = [one for one in others if one not in romance]
    noted = [{**one, "started": None} for one in mentees_left]
    side = "mentees"
    write_export(
        cohort, side, folder / "mentees-google.csv", UNICODE, people=rest, withdrawn=noted, seed=1
    )
    write_export(cohort, side, folder / "mentees-microsoft.xlsx", MICROSOFT, people=began, seed=2)
    write_export(cohort, side, folder / "mentees-romance.csv", WINDOWS, people=romance, seed=3)
    began = [one for one in mentors if not is_missing(one["started"])]
    rest = [one for one in mentors if is_missing(one["started"])]
    noted = [{**one, "started": None} for one in mentors_left]
    side = "mentors"
    write_export(
        cohort, side, folder / "mentors-google.csv", GOOGLE, people=rest, withdrawn=noted, seed=4
    )
    write_export(
        cohort, side, folder / "mentors-microsoft.xlsx", MICROSOFT_SWEDISH, people=began, seed=5
    )


if __name__ == "__main__":
    write(*make_up())
