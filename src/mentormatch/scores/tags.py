"""Parts of the score from answers that are ticked or named, compared as wholes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import SIDES, Words
from mentormatch.scores.answers import column, question, tags
from mentormatch.scores.calibration import Counted, Measures, seen, sign
from mentormatch.scores.curve import ONE, Curve, Floats, Integers
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.in_common import InCommon
from mentormatch.scores.parts import Encoding, Part
from mentormatch.scores.relatives import relatives
from mentormatch.scores.taxonomy import WHOLE, Taxonomy
from mentormatch.scores.twins import twins

#: Up to this many different tags, plain arrays are faster than sparse ones.
FEW = 128

#: Fineness of a tag's weight before it becomes a share.
FINE = 2**16


@dataclass(frozen=True)
class TagNames:
    """What people call the tags that two encodings have in common."""

    names: tuple[Words, ...]
    mentors: Encoding = None
    covered: Encoding = None
    meant: Encoding = None

    def __call__(self, part: Part, i: int, j: int) -> list[InCommon]:
        """Return the common tags; to one that is only related belongs the mentor's own."""
        common = _row(part.mentees, i) * _row(part.mentors, j)
        own = None if self.mentors is None else _row(self.mentors, j)
        found = []
        for k in np.flatnonzero(common).tolist():
            near, kind = k, "tag"
            if own is not None and not own[k]:
                # What the programme calls related comes before what an encoder does.
                meant = 0 * own if self.meant is None else _row(self.meant, k)
                near = int(np.argmax((2 * _row(self.covered, k) - meant) * own))
                kind = "meant" if meant[near] else "related"
            names, answers = (self.names[k], self.names[near]), (part.name, part.name)
            found.append(InCommon(part.name, kind, float(common[k]), *names, answers))
        return found


@dataclass(frozen=True, eq=False)
class Ticked:
    """Who named which tag: 0/1 tables over the tags of both sides, in alphabetical order."""

    mentees: Encoding
    mentors: Encoding
    names: tuple[Words, ...]
    covers: Encoding
    known: dict[str, np.ndarray[Any, np.dtype[np.bool_]]] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    twins: Mapping[str, str] = field(default_factory=dict)


def department_part(cohort: Cohort) -> Part:
    """Return the part that is 1 inside a department and 0 between two."""
    names = {one.key: one.name for one in cohort.programme.departments}
    return _any_in_common(cohort, "department", _ticked(cohort, "department", names))


def interests_part(
    cohort: Cohort, measures: Measures | None = None, encoder: Encoder | None = None
) -> Part:
    """Return the part that says how much of a mentee's interests a mentor covers.

    The share, by weight, of the mentee's tags that the mentor has as well; one to which only a
    related tag of the mentor belongs counts half. Related are tags of which the programme says so
    for either. Where it has a taxonomy, all spellings of a tag are one; a mentor who has a kind of
    what is sought has it, and one who has what it is a kind of has half of it. A tag's weight is
    ``ln((1 + people) / (1 + people with it)) + 1`` over the people of both sides who answered: rare
    ones count more. It is directed: further tags of a mentor change nothing, so a broad mentor is
    not punished and a mentor with a short list not favoured.

    Tags are compared as wholes. Where they are written freely, Swedish and English ones of the same
    meaning are one tag: see `mentormatch.scores.twins.twins`. With an encoder tags that are near in
    meaning are related, too: see `mentormatch.scores.relatives.relatives`.

    Parameters
    ----------
    cohort : Cohort
        Who signed up.
    measures : Measures, optional
        What an earlier cohort took for rare and for twins.
    encoder : Encoder, optional
        What says which tags are near in meaning.
    """
    counted = None if measures is None else measures.counted
    return cover_part(cohort, "interests", rarity=True, counted=counted, encoder=encoder)


def languages_part(cohort: Cohort) -> Part:
    """Return the part that is 1 where two people have a language in common, else 0."""
    return _any_in_common(cohort, "languages", _ticked(cohort, "languages"))


def availability_part(cohort: Cohort) -> Part:
    """Return the part that is the share of a mentee's options that suit the mentor too."""
    return cover_part(cohort, "availability")


def own_part(cohort: Cohort, name: str) -> Part:
    """Return the part of a column of one's own that both sides have.

    Answers with several tags: the share of the mentee's that the mentor has too. Anything else:
    1 where the two answers are the same (text without regard to case and white space), else 0.
    """
    asked = question(cohort, name)
    several = (asked is not None and asked.kind == "any of") or any(
        isinstance(answer, (tuple, list, set, frozenset))
        for side in SIDES
        for answer in column(cohort, side, name)
    )
    return (
        cover_part(cohort, name) if several else _any_in_common(cohort, name, _ticked(cohort, name))
    )


def cover_part(
    cohort: Cohort,
    name: str,
    *,
    rarity: bool = False,
    counted: Counted | None = None,
    encoder: Encoder | None = None,
) -> Part:
    """Return the part that is the share of a mentee's tags, by weight, that a mentor has too.

    With ``rarity=True`` rare tags weigh more, related and translated ones count: see
    `interests_part`; otherwise all are equal. How rare they are is counted, unless `counted` says
    it.
    """
    twins_known = None if counted is None else counted.twins
    ticked = _ticked(cohort, name, translate=rarity, twins_known=twins_known)
    weight = np.ones(len(ticked.names))
    if rarity:
        if counted is None:
            people = sum(int(ticked.known[side].sum()) for side in SIDES)
            having = _sums(ticked.mentees) + _sums(ticked.mentors)
            counted = Counted(
                people, {"tags": seen(ticked.keys, having[: len(ticked.keys)])}, ticked.twins
            )
        else:
            having = _carried(ticked, counted)
        weight = np.log((1 + max(counted.people, having.max(initial=0))) / (1 + having)) + 1
    meant = None
    if encoder is not None and ticked.names:
        near = relatives(ticked.names, encoder)
        meant = near - near.multiply(ticked.covers > 0)
        ticked = replace(ticked, covers=sparse.csr_array(ticked.covers + meant))
    shares = _shares(ticked.mentees, np.rint(weight * FINE).astype(np.int64))
    return Part(
        name,
        _compact(shares),
        _compact(_covering(ticked) if rarity else ticked.mentors * WHOLE),
        Curve.identity(WHOLE * ONE),
        ticked.known["mentees"],
        ticked.known["mentors"],
        common=TagNames(
            ticked.names,
            ticked.mentors,
            ticked.covers.T.tocsr(),
            None if meant is None else sparse.csr_array(meant.T),
        ),
        method="" if encoder is None else f"tags + {encoder.name}",
        counted=counted,
    )


def _carried(ticked: Ticked, counted: Counted) -> Floats:
    """Return how many had each tag in an earlier cohort, under whichever of two twins' names."""
    known = counted.having.get("tags", {})
    signs = [sign(key) for key in ticked.keys]
    found = {one: known.get(counted.twins.get(one, one), 1) for one in signs}
    for swedish, english in ticked.twins.items():
        found[english] = max(found[english], known.get(swedish, 1))
    return np.array([found[one] for one in signs], dtype=np.float64)


def _covering(ticked: Ticked) -> Encoding:
    """Return what the mentors' tags count for each tag: the most that any of theirs does."""
    made = sparse.csr_array(ticked.mentors.shape)
    for worth in range(1, WHOLE + 1):
        table = ticked.covers.copy()
        table.data = (table.data >= worth).astype(np.float64)
        table.eliminate_zeros()
        some = ticked.mentors @ table
        some.data[:] = 1
        made = made + some
    made = sparse.csr_array(made)
    made.sort_indices()
    return made


def _any_in_common(cohort: Cohort, name: str, ticked: Ticked) -> Part:
    return Part(
        name,
        _compact(ticked.mentees),
        _compact(ticked.mentors),
        Curve.any_at_all(),
        ticked.known["mentees"],
        ticked.known["mentors"],
        common=TagNames(ticked.names),
    )


def _ticked(
    cohort: Cohort,
    name: str,
    names: Mapping[str, Words] | None = None,
    *,
    translate: bool = False,
    twins_known: Mapping[str, str] | None = None,
) -> Ticked:
    """Read a column of both tables into who has which tag.

    Where the question has options, or `names` are given, a tag is the option's key; any other is
    free text, the same tag whatever its case and white space, and with ``translate=True`` whether
    it is Swedish or English. Twins that are known already, by their signs, stay twins.
    """
    asked = question(cohort, name)
    calls = dict(names or {})
    taxonomy = Taxonomy(cohort.programme.taxonomy if translate else ())
    ours = () if asked is None else asked.options
    calls.update({taxonomy.key_of(option): option.name for option in ours})
    keys_of = {option.key: taxonomy.key_of(option) for option in ours}
    options = set(calls) | set(taxonomy.tags)
    found: dict[str, list[list[str]]] = {}
    for side in SIDES:
        found[side] = []
        for answer in column(cohort, side, name):
            said = tags(answer)
            keys = [keys_of.get(tag) or _key(tag, calls, taxonomy) for tag in said]
            for key, tag in zip(keys, said, strict=True):
                known = key in taxonomy.tags
                calls.setdefault(key, taxonomy.name(key) if known else Words(tag))
            found[side].append(keys)
    other: Mapping[str, str] = {}
    if translate:
        free = {key for side in SIDES for keys in found[side] for key in keys} - options
        other = _kept_twins(free, twins_known or {})
        for swedish, english in other.items():
            calls[english] = Words(calls[english].en, calls[swedish].en)
        for side in SIDES:
            found[side] = [[other.get(key, key) for key in keys] for keys in found[side]]
    used = sorted({key for side in SIDES for keys in found[side] for key in keys})
    place = {key: k for k, key in enumerate(used)}
    return Ticked(
        _table(found["mentees"], place),
        _table(found["mentors"], place),
        tuple(calls[key] for key in used),
        taxonomy.covers(ours, place),
        {side: np.array([bool(keys) for keys in found[side]], dtype=bool) for side in SIDES},
        tuple(used),
        dict(sorted((sign(one), sign(english)) for one, english in other.items())),
    )


def _kept_twins(tags: set[str], known: Mapping[str, str]) -> Mapping[str, str]:
    """Return for each Swedish tag its English twin: those that were twins before, then new ones."""
    signs = {sign(tag): tag for tag in tags}
    kept = {
        signs[one]: signs[english]
        for one, english in known.items()
        if one in signs and english in signs
    }
    new = twins(tags - set(kept)) if kept else twins(tags)
    return {**{one: english for one, english in new.items() if one not in kept.values()}, **kept}


def _key(tag: str, given: Mapping[str, Words], taxonomy: Taxonomy) -> str:
    return tag if tag in given else taxonomy.key(tag)


def _table(people: list[list[str]], place: dict[str, int]) -> Encoding:
    columns = [sorted({place[key] for key in keys}) for keys in people]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.array([k for some in columns for k in some], dtype=np.int64)
    return sparse.csr_array(
        (np.ones(len(flat)), flat, ends), shape=(len(people), max(1, len(place)))
    )


def _shares(ticked: Encoding, weight: Integers) -> Encoding:
    """Return each mentee's tags as whole shares that add up to ``ONE``, by largest remainders.

    So a mentor who has all of them gets exactly 1.
    """
    shares = ticked.copy()
    row = np.repeat(np.arange(ticked.shape[0]), np.diff(ticked.indptr))
    weights = weight[ticked.indices]
    whole = np.zeros(ticked.shape[0], dtype=np.int64)
    np.add.at(whole, row, weights)
    made, remainder = np.divmod(weights * ONE, whole[row])
    left = np.full(ticked.shape[0], ONE, dtype=np.int64)
    np.subtract.at(left, row, made)
    order = np.lexsort((ticked.indices, -remainder, row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = np.arange(len(row)) - ticked.indptr[row]
    shares.data = (made + (rank < left[row])).astype(np.float64)
    return shares


def _sums(table: Encoding) -> Floats:
    made: Floats = np.asarray(table.sum(axis=0), dtype=np.float64)
    return made


def _compact(table: Encoding) -> Encoding:
    return table.toarray() if table.shape[1] <= FEW else table


def _row(table: Encoding, i: int) -> Floats:
    row = table[[i]]
    made: Floats = (row.toarray() if sparse.issparse(row) else row)[0]
    return made
