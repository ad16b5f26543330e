"""Which interests people wrote that are no tag of their programme's."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches

from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES
from mentormatch.scores.answers import column, folded, tags
from mentormatch.scores.taxonomy import Taxonomy
from mentormatch.words import say

_NAMED = 10


def unknown_tags(cohort: Cohort, language: str = "en") -> list[str]:
    """Tell interests that neither the file of tags nor the form knows, the commonest first.

    Where a programme has tags of its own, such an interest counts only if both people wrote the
    same. A tag that is spelt nearly so is suggested.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    language : {"en", "sv"}
        Language of the sentence.

    Returns
    -------
    list of str
        One sentence, or none: all are known, or the programme has no tags.
    """
    if not cohort.programme.taxonomy:
        return []
    taxonomy = Taxonomy(cohort.programme.taxonomy)
    spelt = {
        folded(one): one
        for tag in cohort.programme.taxonomy
        for one in (tag.key, tag.name.en, tag.name.sv, *tag.synonyms)
        if one
    }
    spelt |= {
        folded(one): one
        for question in cohort.programme.questions
        if question.answer == "interests"
        for option in question.options
        for one in (option.key, option.name.en, option.name.sv, *option.aliases)
        if one
    }
    people: Counter[str] = Counter()
    written: dict[str, str] = {}
    for side in SIDES:
        for answer in column(cohort, side, "interests"):
            some = {folded(tag): tag for tag in tags(answer)}
            fresh = [key for key in some if key not in spelt and taxonomy.key(key) not in spelt]
            people.update(fresh)
            written |= {key: some[key] for key in fresh if key not in written}
    if not people:
        return []
    told = []
    for key in sorted(people, key=lambda one: (-people[one], one))[:_NAMED]:
        near = get_close_matches(key, sorted(spelt), 1)
        name = "readiness.tag_meant" if near else "readiness.tag"
        meant = spelt[near[0]] if near else ""
        told.append(say(name, language, tag=written[key], times=people[key], meant=meant))
    if len(people) > _NAMED:
        told.append(say("conflict.and_more", language, count=len(people) - _NAMED))
    return [say("readiness.unknown_tags", language, count=len(people), tags=", ".join(told))]
