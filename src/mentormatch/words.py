"""Every sentence that people read, in English and Swedish, looked up by name.

The sentences stand in ``texts/<language>/<area>.toml``, so that a translator needs no Python.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "sv")


@cache
def catalogue(language: str, area: str) -> dict[str, str]:
    """Return all sentences of an area, by key.

    Raises
    ------
    ValueError
        The language is neither ``en`` nor ``sv``.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, not {language!r}")
    source = files("mentormatch") / "texts" / language / f"{area}.toml"
    return dict(tomllib.loads(source.read_text(encoding="utf-8")))


def say(key: str, language: str = "en", **values: object) -> str:
    """Return the sentence ``area.key`` in a language, with its blanks filled in.

    A sentence that counts something has two forms, ``key_one`` and ``key``; the first is taken
    where ``count=1``.

    Parameters
    ----------
    key : str
        Area and name, such as ``"faults.empty_file"``.
    language : {"en", "sv"}
        Language of the sentence.
    **values
        What goes into the blanks ``{name}``.

    Raises
    ------
    KeyError
        There is no such sentence, or a blank of it got no value.

    Examples
    --------
    >>> say("faults.row", "sv", row=7)
    'rad 7'
    """
    area, _, name = key.partition(".")
    sentences = catalogue(language, area)
    if values.get("count") == 1 and f"{name}_one" in sentences:
        name += "_one"
    return sentences[name].format_map(values)
