"""What departments may demand of the pairs: each rule with its sentence and the quotas it means.

A `Condition` is made by one of the functions here, or from a programme file's words by
`mentormatch.rulebook`; `formulate` asks it for its quotas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mentormatch.rules.aims import (
    level_departments,
    own_first,
    priority,
    spread_mentees,
    vetoes,
    wishes,
)
from mentormatch.rules.answers import common_language, different, minimum_score, same
from mentormatch.rules.condition import Aim, Condition, Meaning
from mentormatch.rules.departments import (
    at_least_between,
    at_least_inside,
    at_least_matched,
    at_most_between,
    at_most_borrowed,
    at_most_lent,
    borrows_from,
    lends_to,
    own_department_only,
    reserved_places,
)
from mentormatch.rules.loads import mentees_per_mentor
from mentormatch.rules.people import banned, conflict, locked, not_last_year

__all__ = [
    "KINDS",
    "Aim",
    "Condition",
    "Meaning",
    "at_least_between",
    "at_least_inside",
    "at_least_matched",
    "at_most_between",
    "at_most_borrowed",
    "at_most_lent",
    "banned",
    "borrows_from",
    "common_language",
    "conflict",
    "different",
    "lends_to",
    "level_departments",
    "locked",
    "mentees_per_mentor",
    "minimum_score",
    "not_last_year",
    "own_department_only",
    "own_first",
    "priority",
    "reserved_places",
    "same",
    "spread_mentees",
    "vetoes",
    "wishes",
]

#: What a programme file may call, by the name it uses there.
KINDS: Mapping[str, Callable[..., Condition]] = {
    "own department only": own_department_only,
    "lends to": lends_to,
    "borrows from": borrows_from,
    "at most lent": at_most_lent,
    "at most borrowed": at_most_borrowed,
    "at most between": at_most_between,
    "at least between": at_least_between,
    "at least matched": at_least_matched,
    "at least inside": at_least_inside,
    "reserved places": reserved_places,
    "mentees per mentor": mentees_per_mentor,
    "own first": own_first,
    "priority": priority,
    "wishes": wishes,
    "level departments": level_departments,
    "spread mentees": spread_mentees,
    "common language": common_language,
    "conflict": conflict,
    "vetoes": vetoes,
    "same": same,
    "different": different,
    "banned": banned,
    "not last year": not_last_year,
    "locked": locked,
    "minimum score": minimum_score,
}
