"""Every sentence that people read, in English and Swedish, looked up by name.

The sentences stand in ``texts/<language>/<area>.toml``, so that a translator needs no Python.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from unicodedata import category

LANGUAGES = ("en", "sv")

#: Control characters, marks of writing direction and halves of letters, as Unicode calls them.
_COMMANDS = {"Cc", "Cf", "Cs"}


class Sentence(str):
    """A sentence in both languages: as a str it is the English one.

    Names of rules are sentences, so that code which knows nothing of languages can pass them on.

    Examples
    --------
    >>> name = Sentence("Physics lends 4", "Fysikum lånar ut 4")
    >>> name, name.told("sv")
    ('Physics lends 4', 'Fysikum lånar ut 4')
    """

    sv: str

    def __new__(cls, en: str, sv: str) -> Sentence:
        """Keep the Swedish text beside the English one."""
        sentence = super().__new__(cls, en)
        sentence.sv = sv
        return sentence

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # of str: one text
        """Return what a copy, or another process, makes it anew from."""
        return str(self), self.sv

    def told(self, language: str = "en") -> str:
        """Return it in English (``en``) or Swedish (``sv``)."""
        return self.sv if language == "sv" else str(self)


def told(name: object, language: str = "en") -> str:
    """Return a name in a language where it has one, else as it is."""
    return name.told(language) if isinstance(name, Sentence) else str(name)


def figure(written: str) -> Sentence:
    """Return a number that is written with a decimal point as each language writes it.

    Examples
    --------
    >>> figure("0.25").sv
    '0,25'
    """
    return Sentence(written, written.replace(".", ","))


def sentence(key: str, **values: object) -> Sentence:
    """Return the sentence ``area.key`` in both languages, its blanks filled in each."""
    en, sv = (
        say(
            key,
            language,
            **{
                name: value.told(language) if isinstance(value, Sentence) else value
                for name, value in values.items()
            },
        )
        for language in LANGUAGES
    )
    return Sentence(en, sv)


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
        Area and name, such as ``"faults.unknown_value"``.
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


def visible(text: str) -> str:
    r"""Return a text with its control characters written out, so that no terminal obeys them.

    Line breaks and tabs stay.

    Examples
    --------
    >>> print(visible("pairs\x1b[2J.csv"))
    pairs\x1b[2J.csv
    """
    return "".join(
        c if c in "\n\t" or category(c) not in _COMMANDS else ascii(c)[1:-1] for c in text
    )
