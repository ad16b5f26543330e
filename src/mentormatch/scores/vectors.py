"""How the vectors of an encoder become whole numbers, without what a language has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import InputError
from mentormatch.scores.curve import Floats, Integers
from mentormatch.scores.encoders import Encoder
from mentormatch.words import LANGUAGES

#: Length of every vector that `centred` returns, and the fineness before it is taken.
LENGTH, FINE = 2**12, 2**12

#: Vectors with larger numbers have no length that can be reckoned.
LARGEST = 1e150

#: Sentences about different things, of people who seek and who offer. Their mean is what all
#: texts of a language have in common for an encoder, whoever else signed up.
MEASURES = {
    ("en", True): (
        "I would like to learn more about teaching chemistry at school.",
        "My dream is to work with films, but I do not know where to begin.",
        "How do I write an application that gets me an interview?",
        "I am looking for somebody who knows what life as a researcher is like.",
        "I want to understand how hospitals use statistics.",
        "Moving to another country for a job both frightens and attracts me.",
        "Can one live on translating novels?",
        "I hope to become better at leading a group.",
        "Storms, clouds and snow have always interested me.",
        "I am unsure whether I should go on studying.",
        "Somebody who has started a company of their own.",
        "Energy and sustainability.",
    ),
    ("sv", True): (
        "Jag vill lära mig mer om att undervisa i kemi på gymnasiet.",
        "Min dröm är att arbeta med film, men jag vet inte var jag ska börja.",
        "Hur skriver man en ansökan som leder till en intervju?",
        "Jag söker någon som vet hur livet som forskare är.",
        "Jag vill förstå hur sjukhus använder statistik.",
        "Att flytta till ett annat land för ett jobb både skrämmer och lockar mig.",
        "Kan man leva på att översätta romaner?",
        "Jag hoppas bli bättre på att leda en grupp.",
        "Stormar, moln och snö har alltid intresserat mig.",
        "Jag är osäker på om jag ska läsa vidare.",
        "Någon som har startat ett eget företag.",
        "Energi och hållbarhet.",
    ),
    ("en", False): (
        "I have taught chemistry for ten years.",
        "Producer of short films; I know many people in the trade.",
        "As a recruiter I read applications every day and can look at yours.",
        "I am a researcher and can tell you about life at a university.",
        "Statistician at a large hospital.",
        "I have lived and worked in four countries.",
        "I translate novels from French and Spanish.",
        "Manager of a team of twelve; happy to talk about leadership.",
        "My days are spent with forecasts of storms and snow.",
        "I help students to choose between a job and further studies.",
        "I founded a company and sold it again.",
        "Energy and sustainability.",
    ),
    ("sv", False): (
        "Jag har undervisat i kemi i tio år.",
        "Producent av kortfilm med många kontakter i branschen.",
        "Som rekryterare läser jag ansökningar varje dag och kan titta på din.",
        "Jag är forskare och kan berätta om livet på universitetet.",
        "Statistiker på ett stort sjukhus.",
        "Jag har bott och arbetat i fyra länder.",
        "Jag översätter romaner från franska och spanska.",
        "Chef för ett lag på tolv personer; pratar gärna om ledarskap.",
        "Mina dagar går åt till prognoser över stormar och snö.",
        "Jag hjälper studenter att välja mellan jobb och vidare studier.",
        "Jag grundade ett företag och sålde det igen.",
        "Energi och hållbarhet.",
    ),
}


def centred(
    texts: Sequence[str], languages: Sequence[str], encoder: Encoder, seeking: bool
) -> Floats:
    """Return the vectors of texts, less what all texts of their language have in common.

    Whole numbers; each row has about the length `LENGTH`, or is 0 for an empty text. What a
    language has in common is the mean of `MEASURES`, so that nobody else's text changes a vector.

    Parameters
    ----------
    texts : sequence of str
        What is encoded; each different text once.
    languages : sequence of {"en", "sv"}
        Language of each.
    encoder : Encoder
        What makes the vectors.
    seeking : bool
        Whether they say what somebody seeks; else, what somebody offers.

    Raises
    ------
    InputError
        The encoder returned no table of finite numbers with a row for each text.
    """
    different = list(dict.fromkeys(one for one in texts if one))
    vectors = whole(different, encoder, seeking) if different else ()
    return moved(dict(zip(different, vectors, strict=True)), texts, languages, encoder, seeking)


def moved(
    vectors: Mapping[str, NDArray[np.integer[Any]]],
    texts: Sequence[str],
    languages: Sequence[str],
    encoder: Encoder,
    seeking: bool,
) -> Floats:
    """Return what `centred` does of texts whose whole vectors are made already."""
    middle = {language: _middle(encoder, language, seeking) for language in LANGUAGES}
    made = np.zeros((len(texts), len(middle["en"])))
    rows = [k for k, one in enumerate(texts) if one]
    if rows:
        far = np.array([vectors[texts[k]] for k in rows], dtype=np.int64) - np.array(
            [middle[languages[k]] for k in rows]
        )
        lengths = np.sqrt((far * far).sum(axis=1).astype(np.float64))
        made[rows] = np.rint(far * (LENGTH / np.maximum(lengths, 1))[:, None])
    return made


@lru_cache(maxsize=16)
def _middle(encoder: Encoder, language: str, seeking: bool) -> Integers:
    vectors = whole(MEASURES[language, seeking], encoder, seeking)
    made: Integers = vectors.sum(axis=0) // len(vectors)
    return made


def whole(texts: Sequence[str], encoder: Encoder, seeking: bool) -> Integers:
    """Return the vectors of texts in whole numbers, each scaled to the length `FINE` first."""
    fault = InputError(f"the encoder {encoder.name!r} must return a row of numbers for each text")
    found = encoder.encode(list(texts), seeking)
    try:
        made_of = np.asarray(found)
        vectors: NDArray[np.float64] = made_of.astype(np.float64, casting="same_kind")
    except (TypeError, ValueError):  # texts, nothing at all, or rows of several lengths
        raise fault from None
    if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.shape[1]:
        raise fault
    if not np.isfinite(vectors).all() or np.abs(vectors).max() > LARGEST:
        raise fault
    lengths = np.sqrt((vectors * vectors).sum(axis=1))
    made: Integers = np.rint(vectors * (FINE / np.where(lengths > 0, lengths, 1))[:, None]).astype(
        np.int64
    )
    return made
