"""The part of the score that says whom a mentee, or a mentor, named as a wish."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mentormatch.errors import ProfileError
from mentormatch.people.choices import named_by
from mentormatch.people.cohort import Cohort
from mentormatch.scores.curve import ONE, Curve
from mentormatch.scores.parts import Encoding, Part

#: Where wishes stand.
COLUMN = "wishes"


def wishes_part(cohort: Cohort) -> Part:
    """Return the part for wishes in the column ``wishes``: 1 for a first, 1/2 for a second, ...

    Where both sides were asked, each wish counts half as much, and a pair that both wish for first
    is 1. Nobody named is no wish: the value is then 0, unlike that of a question without answer.

    Raises
    ------
    ProfileError
        A name fits nobody or several people.
    """
    n, m = len(cohort.mentees), len(cohort.mentors)
    both = COLUMN in cohort.mentees and COLUMN in cohort.mentors
    faults = []
    sides = []
    for side, own, others in (("mentees", n, m), ("mentors", m, n)):
        lists, wrong = named_by(cohort, side, (COLUMN,))
        faults += wrong
        sides.append(_table(lists, (own, others), ONE // 2 if both else ONE))
    if faults:
        raise ProfileError(faults)
    mentees = sparse.hstack([sides[0], sparse.eye_array(n)], format="csr")
    mentors = sparse.hstack([sparse.eye_array(m), sides[1]], format="csr")
    return Part(COLUMN, mentees, mentors, Curve.identity())


def _table(lists: list[list[int]], shape: tuple[int, int], first: int) -> Encoding:
    """Return what each wish counts, shape (people, people of the other side)."""
    rows = [person for person, some in enumerate(lists) for _ in some]
    columns = [one for some in lists for one in some]
    values = [float(first // (rank + 1)) for some in lists for rank in range(len(some))]
    return sparse.csr_array((np.array(values), (rows, columns)), shape=shape)
