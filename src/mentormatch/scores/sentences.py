"""Which vectors the sentences of people have: each is made once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mentormatch.scores.curve import Floats
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.vectors import moved, whole

#: A sentence and the language that it is in.
Sentence = tuple[str, str]


@dataclass(frozen=True, eq=False)
class SentenceVectors:
    """The vectors of sentences of those who seek, or of those who offer.

    Parameters
    ----------
    encoder : Encoder
        What makes the vectors.
    seeking : bool
        Whether they say what somebody seeks.

    Examples
    --------
    >>> asked = []
    >>> def encode(texts, seeking):
    ...     asked.extend(texts)
    ...     return [[float(len(text)), 1.0] for text in texts]
    >>> made = SentenceVectors(Encoder("lengths", encode), seeking=True)
    >>> made.prepare([("Stars.", "en"), ("Radio and stars.", "en"), ("Stars.", "sv")])
    >>> made.of([("Stars.", "en")]).shape, asked.count("Stars."), asked.count("Radio and stars.")
    ((1, 2), 1, 1)
    """

    encoder: Encoder
    seeking: bool
    _made: dict[str, NDArray[np.int16]] = field(default_factory=dict, init=False, repr=False)

    def prepare(self, said: Iterable[Sentence]) -> None:
        """Make the vectors of all sentences that have none yet, in one call of the encoder."""
        new = list(dict.fromkeys(text for text, _ in said if text and text not in self._made))
        if new:
            # Whole vectors have the length 2**12, so that 16 bits hold every number of theirs.
            vectors = whole(new, self.encoder, self.seeking).astype(np.int16)
            self._made.update(zip(new, vectors, strict=True))

    def of(self, said: Sequence[Sentence]) -> Floats:
        """Return the vectors of sentences, as `mentormatch.scores.vectors.centred` does."""
        self.prepare(said)
        texts, languages = ([one[k] for one in said] for k in (0, 1))
        return moved(self._made, texts, languages, self.encoder, self.seeking)
