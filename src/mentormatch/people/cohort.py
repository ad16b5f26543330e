"""Who signed up: two clean tables, mentees and mentors, one row a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mentormatch.errors import Fault, ProfileError
from mentormatch.people.programme import SIDES, Programme

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Cohort:
    """All mentees and mentors who take part, with their answers.

    Parameters
    ----------
    mentees, mentors : pandas.DataFrame
        One row a person, the index holds unique ids (str). Columns are answers, named as in
        `mentormatch.people.programme.KNOWN_ANSWERS` or of one's own. A missing answer is an empty
        string or an empty tuple. ``department`` holds department keys; ``interests``,
        ``languages`` and ``availability`` hold tuples of str; ``share`` holds the names of the
        answers that the other side of a pair may be told; ``places`` (mentors) and ``demand``
        (mentees) hold integers >= 0 and are 1 where the column is missing.
    programme : Programme
        What they signed up for.
    withdrawn : tuple of str
        Ids of people who signed up and withdrew: in neither table.
    notes : tuple of Fault
        What reading the sheets noticed and the coordinator should see (not errors).
    sources : mapping of str to str
        SHA-256 of every file that was read, by file name.
    withdrawn_names : tuple of str
        What else those who withdrew are called: their names and e-mail addresses.

    Raises
    ------
    ProfileError
        An id stands twice in a table, is empty, or a department is not in the programme.
    """

    mentees: pd.DataFrame
    mentors: pd.DataFrame
    programme: Programme
    withdrawn: tuple[str, ...] = ()
    notes: tuple[Fault, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    withdrawn_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults: list[Fault] = []
        known = {department.key for department in self.programme.departments}
        for side in SIDES:
            table = self.table(side)
            for person in table.index[table.index.duplicated()].unique():
                faults.append(Fault("duplicate_id", file=side, column="id", value=str(person)))
            if any(not isinstance(person, str) or not person for person in table.index):
                faults.append(Fault("empty_id", file=side, column="id"))
            if "department" in table:
                for key in sorted(map(str, set(table["department"]) - known - {""})):
                    faults.append(
                        Fault(
                            "unknown_value",
                            file=side,
                            column="department",
                            value=key,
                            accepted=tuple(sorted(known)),
                        )
                    )
        if faults:
            raise ProfileError(faults)

    def table(self, side: str) -> pd.DataFrame:
        """Return the table of ``"mentees"`` or ``"mentors"``."""
        return self.mentees if side == "mentees" else self.mentors

    def __repr__(self) -> str:
        return f"Cohort({len(self.mentees)} mentees, {len(self.mentors)} mentors)"
