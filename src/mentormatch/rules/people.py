"""Rules about single people: whom somebody named, and listed pairs."""

from __future__ import annotations

from collections.abc import Iterable

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Quota
from mentormatch.people.callings import callings, name_of, named_in, whom
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Programme
from mentormatch.rules.condition import Condition, Meaning
from mentormatch.words import Sentence, sentence


def conflict(column: str = "conflict") -> Condition:
    """Demand that nobody is paired with a person whom either of them named in a column.

    Names, e-mail addresses and ids are recognised, several of them separated by ``;`` or a comma.
    """

    def name(programme: Programme) -> Sentence:
        return sentence("rules.conflict")

    def meaning(cohort: Cohort) -> Meaning:
        quotas: list[Quota] = []
        notes: list[Fault] = []
        for side, other in (("mentees", "mentors"), ("mentors", "mentees")):
            mine, theirs = cohort.table(side), cohort.table(other)
            if column not in mine:
                continue
            known = callings(theirs)
            for place, answer in enumerate(mine[column].tolist()):
                for called, found in named_in(answer, known):
                    if not found:
                        notes.append(
                            Fault("rules.named_nobody", file=side, column=column, value=called)
                        )
                    pairs = [(place, k) if side == "mentees" else (k, place) for k in found]
                    if pairs:
                        a, b = name_of(mine, place), name_of(theirs, found[0])
                        says = sentence("rules.conflict_between", who=a, named=b)
                        quotas.append(Quota(says, Pairs.listed(pairs), at_most=0))
        return Meaning(tuple(quotas), notes=tuple(notes))

    return Condition("conflict", {"column": column}, (), meaning, name)


def banned(pairs: Iterable[tuple[str, str]]) -> Condition:
    """Demand that listed pairs (mentee, mentor) are not made.

    People are called by their id, or by an e-mail address or name that is theirs alone.
    """
    return _listed("banned", pairs, at_least=0)


def not_last_year(pairs: Iterable[tuple[str, str]]) -> Condition:
    """Demand that pairs (mentee, mentor) of last year are not made again.

    People are called as for `banned`; those who did not sign up this year are passed over.
    """
    return _listed("not last year", pairs, at_least=0)


def locked(pairs: Iterable[tuple[str, str]]) -> Condition:
    """Demand that listed pairs (mentee, mentor) are made; people are called as for `banned`."""
    return _listed("locked", pairs, at_least=1)


def _listed(kind: str, pairs: Iterable[tuple[str, str]], at_least: int) -> Condition:
    wanted = tuple((str(mentee), str(mentor)) for mentee, mentor in pairs)
    key = "rules." + kind.replace(" ", "_")

    def name(programme: Programme) -> Sentence:
        return sentence(key, count=len(wanted))

    def meaning(cohort: Cohort) -> Meaning:
        called = {side: callings(cohort.table(side)) for side in SIDES}
        strict = kind != "not last year"  # last year's people need not be here
        quotas: list[Quota] = []
        faults: list[Fault] = []
        for pair in wanted:
            found = [
                whom(cohort.table(side), called[side], who, suggest=strict)
                for side, who in zip(SIDES, pair, strict=True)
            ]
            places = [one for one in found if isinstance(one, int)]
            if len(places) < len(found):
                wrong = [one for one in found if isinstance(one, Fault)]
                # A lock or a ban of a stranger is a mistake.
                faults += [one for one in wrong if strict or one.code != "rules.unknown_person"]
                continue
            i, j = places
            says = sentence(
                key + "_pair",
                mentee=name_of(cohort.mentees, i),
                mentor=name_of(cohort.mentors, j),
            )
            most = None if at_least else 0
            quotas.append(Quota(says, Pairs.listed([(i, j)]), at_least=at_least, at_most=most))
        if faults:
            raise ProgrammeError(faults)
        return Meaning(tuple(quotas))

    return Condition(kind, {"pairs": wanted}, (), meaning, name)
