"""Which rows are the same person, and which of them counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from mentormatch.errors import Fault
from mentormatch.people.sheets.signups import IDENTITY, SignUp
from mentormatch.people.spelling import clip, fold


@dataclass(frozen=True)
class People:
    """One row a person of a side, in the order of the sheets.

    Parameters
    ----------
    signups : tuple of SignUp
        The row that counts of each person, those who withdrew among them.
    faults : tuple of Fault
        People without an id, and rows that cannot all count.
    notes : tuple of Fault
        Rows that were passed over for a newer one.
    """

    signups: tuple[SignUp, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def settle(signups: Iterable[SignUp], *, latest_wins: bool) -> People:
    """Return one row a person; nobody is merged or left out without a fault or a note.

    Rows with one e-mail address are one person, unless their names are different: then, as with
    one id and different addresses, nobody can tell who is meant, and it is a fault.

    Parameters
    ----------
    signups : iterable of SignUp
        All rows of a side.
    latest_wins : bool
        Whether the newest of a person's rows counts; otherwise a second row is a fault.
    """
    faults: list[Fault] = []
    notes: list[Fault] = []
    known: list[SignUp] = []
    for signup in signups:
        if signup.id:
            known.append(signup)
            continue
        faults += signup.wrong
        if not signup.faults.keys() & IDENTITY:
            faults.append(Fault("sheets.nameless_row", file=signup.file, row=signup.row))
    passed_over: set[int] = set()
    for rows in _groups(known, lambda signup: signup.email):
        problems = _problems(rows, latest_wins=latest_wins)
        # Where they cannot all count, the first stands for the person in what follows.
        counts = rows[0] if problems else max(rows, key=_sent)
        others = [row for row in rows if row is not counts]
        passed_over.update(map(id, others))
        if problems:
            faults += problems
            faults += [fault for row in others for fault in row.wrong]
        else:
            notes += [_again("sheets.passed_over", counts, row, _who(counts)) for row in others]
    kept = [signup for signup in known if id(signup) not in passed_over]
    for rows in _groups(kept, lambda signup: signup.id):
        faults += [_again("sheets.same_id", rows[0], row, row.id) for row in rows[1:]]
    return People(tuple(kept), tuple(faults), tuple(notes))


def _groups(signups: list[SignUp], key: Callable[[SignUp], str]) -> list[list[SignUp]]:
    groups: dict[str, list[SignUp]] = {}
    for signup in signups:
        if key(signup):
            groups.setdefault(key(signup), []).append(signup)
    return [rows for rows in groups.values() if len(rows) > 1]


def _sent(signup: SignUp) -> datetime:
    return signup.submitted or datetime.min


def _problems(rows: list[SignUp], *, latest_wins: bool) -> list[Fault]:
    """Return why rows with one address cannot be settled, a fault for each row concerned."""
    first, others = rows[0], rows[1:]
    if not latest_wins:
        return [_again("sheets.same_email", first, row, row.email) for row in others]
    two_people = []
    for position, row in enumerate(rows):
        stranger = next((each for each in rows[:position] if _differ(each, row)), None)
        if stranger:
            names = ", ".join(f'"{clip(each.name)}"' for each in (row, stranger))
            two_people.append(_again("sheets.two_names", stranger, row, names))
    code = _unclear(rows)
    if two_people or code is None:
        return two_people
    return [_again(code, first, row, row.email) for row in others]


def _differ(one: SignUp, other: SignUp) -> bool:
    """Say whether two rows name different people; a name may leave words of the other out."""
    mine, yours = (
        set(fold(each.name).replace("-", " ").replace(",", " ").split()) for each in (one, other)
    )
    return not (mine <= yours or yours <= mine)


def _who(row: SignUp) -> str:
    return f"{clip(row.name)} ({row.email})" if row.name else row.email


def _unclear(rows: list[SignUp]) -> str | None:
    """Return the code of why nobody can tell which row is the newest."""
    if any(row.submitted is None for row in rows):
        return "sheets.same_email_no_moment"
    newest = max(map(_sent, rows))
    ties = [row for row in rows if _sent(row) == newest]
    if any(row.answers != ties[0].answers for row in ties):
        return "sheets.same_email_same_moment"
    return None


def _again(code: str, first: SignUp, row: SignUp, who: str) -> Fault:
    return Fault(
        code,
        file=row.file,
        row=row.row,
        value=who,
        details={"other_file": first.file, "other_row": str(first.row)},
    )
