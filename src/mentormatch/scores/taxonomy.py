"""What a programme says of its tags: which spellings are one tag, and what one of them covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from scipy import sparse

from mentormatch.people.programme import Option, Tag, Words
from mentormatch.scores.answers import folded
from mentormatch.scores.parts import Encoding

#: What a tag counts that both have; a related one counts 1.
WHOLE = 2


class Taxonomy:
    """The tags of a programme.

    Parameters
    ----------
    tags : sequence of Tag
        As the programme's file has them.

    Examples
    --------
    >>> learning = Tag("ml", Words("Machine learning", "Maskininlärning"), ("deep learning",))
    >>> Taxonomy([learning]).key("MASKININLÄRNING"), Taxonomy([learning]).key("learning")
    ('ml', 'learning')
    """

    def __init__(self, tags: Sequence[Tag] = ()) -> None:
        self.tags: Mapping[str, Tag] = {tag.key: tag for tag in tags}

    @cached_property
    def _spellings(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, tag in self.tags.items():
            for spelling in (key, tag.name.en, tag.name.sv, *tag.synonyms):
                if spelling:
                    found.setdefault(folded(spelling), key)
        return found

    def key(self, tag: str) -> str:
        """Return the key of the tag that is spelt so, whole; or the spelling itself, folded."""
        plain = folded(tag)
        return self._spellings.get(plain, plain)

    def key_of(self, option: Option) -> str:
        """Return the key of the tag that an option of a form is, or the option's own."""
        for spelling in (option.key, option.name.en, option.name.sv, *option.aliases):
            known = self._spellings.get(folded(spelling)) if spelling else None
            if known is not None:
                return known
        return option.key

    def name(self, key: str) -> Words:
        """Return what to call a tag."""
        name = self.tags[key].name
        return name if name.en or name.sv else Words(key)

    def covers(self, options: Sequence[Option], place: Mapping[str, int]) -> Encoding:
        """Return what having one tag counts for another, (had, sought).

        `WHOLE` for the same one and for all that it is a kind of, however far up; 1 for those of
        which the taxonomy or the form says, for either, that they are related, and for those just
        below it; else 0.
        """
        worth = {(k, k): WHOLE for k in place.values()}
        near = [
            (self.key_of(one), self._spellings.get(folded(other), other))
            for one in options
            for other in one.related
        ]
        near += [(key, other) for key, tag in self.tags.items() for other in tag.related]
        near += [(other, key) for key, tag in self.tags.items() for other in tag.broader]
        for a, b in near:
            for one, other in ((a, b), (b, a)):
                if one in place and other in place:
                    worth.setdefault((place[one], place[other]), 1)
        for key in self.tags.keys() & place.keys():
            for above in self._above(key) & place.keys():
                worth[place[key], place[above]] = WHOLE
        cells = sorted(worth)
        rows, columns = ([cell[k] for cell in cells] for k in (0, 1))
        size = max(1, len(place))
        entries = np.array([worth[cell] for cell in cells], dtype=np.float64)
        return sparse.csr_array((entries, (rows, columns)), shape=(size, size))

    def _above(self, key: str) -> set[str]:
        """Return all tags of which this one is a kind."""
        found: set[str] = set()
        ahead = list(self.tags[key].broader)
        while ahead:
            one = ahead.pop()
            if one not in found and one in self.tags:
                found.add(one)
                ahead += self.tags[one].broader
        return found
