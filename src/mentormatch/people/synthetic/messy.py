"""What form exports of a cohort look like in real life: as messy as they come, but all there."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.people.synthetic.crowd import DOMAIN, Crowd
from mentormatch.people.synthetic.exports import (
    STYLES,
    UNICODE,
    Form,
    Record,
    Style,
    is_missing,
    letters,
)
from mentormatch.people.synthetic.phrases import plain
from mentormatch.people.synthetic.replies import reply

Share = tuple[str, Style, list[Record], list[Record]]  # name, style, people, people who withdrew


def write_messy_sheets(
    cohort: Cohort, folder: str | os.PathLike[str], *, seed: int = 0, per_department: bool = False
) -> dict[str, tuple[Path, ...]]:
    """Write a cohort as people really export it; `read_cohort` reads the same people back.

    Text files in five encodings and workbooks, with headings in Swedish or English, options in
    both, stray spaces and line breaks, letters with their accents apart, decimal commas, blank
    rows, a column that nobody asked for, people who withdrew (those of `cohort` and, if the forms
    ask for it, some more) and, where the later answer counts, somebody's earlier one.

    Parameters
    ----------
    cohort : Cohort
        Whom to write. Every answer must be one that its question can be given.
    folder : str or path
        Made if it is not there; files of the same names are replaced.
    seed : int
        Another seed makes another mess.
    per_department : bool
        Whether there is a file for each department, rather than for each kind of file.

    Returns
    -------
    dict of str to tuple of Path
        The files of ``"mentees"`` and ``"mentors"``.

    Examples
    --------
    >>> import tempfile
    >>> from mentormatch.people.synthetic.maker import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = write_messy_sheets(make_cohort(12, 9), folder, per_department=True)
    >>> sorted(written)
    ['mentees', 'mentors']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, tuple[Path, ...]] = {}
    for side in SIDES:
        rng = random.Random(f"{seed} {side}")
        people, gone = records(cohort.table(side)), _withdrawn(cohort, side, rng)
        share = _by_department if per_department else _by_style
        files = []
        for name, style, here, left in share(cohort, side, people, gone, rng):
            path = folder / f"{side}-{name}{style.suffix}"
            files.append(
                write_export(
                    cohort, side, path, style, people=here, withdrawn=left, seed=rng.getrandbits(32)
                )
            )
        written[side] = tuple(files)
    return written


def records(table: pd.DataFrame) -> list[Record]:
    """Return the answers of everybody in one of a cohort's tables, with their ids."""
    names = [str(name) for name in table.columns]
    answers = zip(*(table[name].tolist() for name in table.columns), strict=True)
    found: list[Record] = [dict(zip(names, row, strict=True)) for row in answers]
    for person, record in zip(table.index, found, strict=True):
        record["id"] = str(person)
    return found


def write_export(
    cohort: Cohort,
    side: str,
    path: str | os.PathLike[str],
    style: Style,
    *,
    people: Sequence[Record],
    withdrawn: Sequence[Record] = (),
    seed: int = 0,
) -> Path:
    """Write a single export.

    Parameters
    ----------
    cohort : Cohort
        Its programme says what is asked.
    side : {"mentees", "mentors"}
        Which form.
    path : str or path
        The file, which is replaced if it is there.
    style : Style
        Kind of file.
    people, withdrawn : sequence of dict
        Answers with ids, as `records` returns them, of those who take part and who withdrew.
    seed : int
        Another seed makes another mess.

    Raises
    ------
    UnicodeEncodeError
        The encoding has not all the letters; nothing is written.
    """
    rng = random.Random(seed)
    form = Form(
        cohort.programme, side, style, [*people, *withdrawn], withdrawn=bool(withdrawn), rng=rng
    )
    lines = [form.line(record) for record in [*people, *_earlier(cohort, side, people, rng)]]
    lines += [form.line(record, withdrawn=True) for record in withdrawn]
    rng.shuffle(lines)
    content = form.content(lines)
    path = Path(path)
    aside = path.with_name(f".{path.name}.part")
    aside.write_bytes(content)
    os.replace(aside, path)
    return path


def _earlier(
    cohort: Cohort, side: str, people: Sequence[Record], rng: random.Random
) -> list[Record]:
    """Return earlier sign-ups of a few people, with the answers of others."""
    counts = cohort.programme.duplicates == "latest wins"
    asked = any(question.answer == "submitted" for question in cohort.programme.questions_of(side))
    if not counts or not asked or len(people) < 2:
        return []
    found = []
    for late in rng.sample(list(people), max(1, len(people) // 40)):
        when = late.get("submitted")
        if not isinstance(when, datetime) or pd.isna(when):
            continue
        early: Record = dict(rng.choice(people))
        early.update({key: late[key] for key in ("id", "email", "name") if key in late})
        early["started"] = None
        early["submitted"] = when - timedelta(days=rng.randrange(1, 6), minutes=rng.randrange(600))
        found.append(early)
    return found


def _withdrawn(cohort: Cohort, side: str, rng: random.Random) -> list[Record]:
    """Return people of a side who withdrew: those of the cohort, and one or two more."""
    asked = any(question.answer == "withdrawn" for question in cohort.programme.questions_of(side))
    if not asked:
        return []
    ids = [person for person in cohort.withdrawn if _side_of(cohort, person) == side]
    crowd = Crowd(side, len(ids) + rng.randrange(1, 3), cohort.programme, seed=rng.getrandbits(32))
    answers = records(pd.DataFrame(reply(crowd, 0.1), dtype=object))
    taken = {*cohort.mentees.index, *cohort.mentors.index, *cohort.withdrawn}
    found = []
    for number, answer in enumerate(answers):
        if number < len(ids):
            email = ids[number]
        else:
            name, _, domain = crowd.emails[number].partition("@")
            email = f"{name}.{rng.randrange(60, 100)}@{domain}"
            while email in taken:
                email = "x" + email
            taken.add(email)
        answer["id"] = email
        if "email" in answer:
            answer["email"] = email
        found.append(answer)
    return found


def _side_of(cohort: Cohort, person: str) -> str:
    """Return the side from which somebody withdrew: they may take part on the other."""
    sides = [side for side in SIDES if person not in cohort.table(side).index]
    likely = [side for side in sides if person.endswith("@" + DOMAIN[side])]
    return [*likely, *sides, ""][0]


def _by_style(
    cohort: Cohort, side: str, people: list[Record], gone: list[Record], rng: random.Random
) -> Iterator[Share]:
    """Share people out over all kinds of files.

    Workbooks of Microsoft Forms get those with a second moment: when they began to sign up.
    """
    moments = [
        question.answer
        for question in cohort.programme.questions_of(side)
        if question.kind == "moment" and question.answer != "submitted"
    ]
    files: dict[Style, tuple[list[Record], list[Record]]] = {style: ([], []) for style in STYLES}
    for part, group in enumerate((people, gone)):
        for record in group:
            began = any(not is_missing(record.get(moment)) for moment in moments)
            fitting = [s for s in STYLES if bool(s.encoding) != began] if moments else list(STYLES)
            style = rng.choice(fitting)
            files[style if style.can_say(letters(record)) else UNICODE][part].append(record)
    used = {style: parts for style, parts in files.items() if any(parts)} or {UNICODE: ([], [])}
    for number, (style, (here, left)) in enumerate(used.items(), start=1):
        yield f"{number}-{style.name}", style, here, left


def _by_department(
    cohort: Cohort, side: str, people: list[Record], gone: list[Record], rng: random.Random
) -> Iterator[Share]:
    """Give every department a file of its own kind."""
    keys = [*(department.key for department in cohort.programme.departments), ""]
    start = rng.randrange(len(STYLES))
    names: set[str] = set()
    for number, key in enumerate(keys):
        here = [record for record in people if record.get("department", "") == key]
        left = [record for record in gone if record.get("department", "") == key]
        if not here and not left and not (key == "" and not names):
            continue
        name = plain(key) or "all"
        while name in names:
            name += "-more"
        names.add(name)
        style = STYLES[(start + number) % len(STYLES)]
        fits = all(style.can_say(letters(record)) for record in [*here, *left])
        yield name, style if fits else UNICODE, here, left
