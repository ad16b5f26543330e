"""The list of pairs as plain text: the same pairs give the same bytes, whatever came first.

The form is fixed so that Excel in Sweden opens it by a double click and programs read it without
guessing: UTF-8 with a byte order mark, semicolons, a decimal point, lines ended by CR LF, headings
in English, departments by their keys, rows sorted by mentee id and then mentor id.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd

from mentormatch.errors import Fault, InputError
from mentormatch.people.cohort import Cohort
from mentormatch.telling.files import whole_file
from mentormatch.telling.story import Story

HEADINGS = (
    "mentee", "mentor", "mentee_name", "mentor_name",
    "mentee_department", "mentor_department", "score",
)  # fmt: skip

# A spreadsheet may run a cell that begins like this, wide letters and white space included.
_DANGEROUS = re.compile(r"'*\s*[=+\-@＝＋－＠]|'*[\t\r\n]")


def write_pairs_csv(story: Story, path: str | Path) -> Path:
    """Write the pairs and their scores, to six decimals, as a CSV file.

    A cell that a spreadsheet might run begins with an apostrophe; `read_pairs_csv` removes it.

    Parameters
    ----------
    story : Story
        What to tell. Its language has no influence.
    path : str or Path
        File to write or replace.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The file is open in another program.
    """
    homes = {side: _departments(story.cohort, side) for side in ("mentees", "mentors")}
    pairs = story.pairs
    rows = sorted(
        (mentee, mentor, mentee_name, mentor_name, float(score))
        for mentee, mentor, mentee_name, mentor_name, score in zip(
            *(pairs[c] for c in ("mentee", "mentor", "mentee_name", "mentor_name", "score")),
            strict=True,
        )
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for mentee, mentor, mentee_name, mentor_name, score in rows:
        home, other = homes["mentees"].get(mentee, ""), homes["mentors"].get(mentor, "")
        cells = (mentee, mentor, mentee_name, mentor_name, home, other)
        writer.writerow([*map(_disarm, cells), f"{score:.6f}"])
    with whole_file(path) as aside:
        aside.write_bytes(text.getvalue().encode("utf-8-sig", errors="replace"))
    return Path(path)


def read_pairs_csv(path: str | Path) -> pd.DataFrame:
    """Read a list that `write_pairs_csv` wrote, letter by letter as it was.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    pandas.DataFrame
        Columns `HEADINGS`; all text except ``score`` (float).

    Raises
    ------
    InputError
        The file is no such list, or a row of it is broken.
    """
    path = Path(path)
    try:
        text = io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")
        rows = list(csv.reader(text, delimiter=";"))
    except (UnicodeDecodeError, csv.Error):
        rows = []
    if not rows or tuple(rows[0]) != HEADINGS:
        raise InputError([Fault("files.not_pairs", file=path.name, accepted=HEADINGS)])
    faults, records = [], []
    for number, row in enumerate(rows[1:], start=2):
        try:
            *cells, score = row
            values = (*map(_rearm, cells), float(score))
            records.append(dict(zip(HEADINGS, values, strict=True)))
        except ValueError:
            faults.append(Fault("files.broken_pair", file=path.name, row=number))
    if faults:
        raise InputError(faults)
    return pd.DataFrame(records, columns=list(HEADINGS)).astype({"score": float})


def _departments(cohort: Cohort, side: str) -> dict[str, str]:
    """Return the department key of everybody on a side, where departments are known."""
    table = cohort.table(side)
    return dict(zip(table.index, table["department"], strict=True)) if "department" in table else {}


def _disarm(cell: str) -> str:
    return f"'{cell}" if _DANGEROUS.match(cell) else cell


def _rearm(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell) else cell
