"""What scores take from all who signed up, so that it can be kept for those who come later."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import Fault, InputError
from mentormatch.frozen import Frozen
from mentormatch.scores.curve import ONE
from mentormatch.words import Sentence, told

#: What a file says it is, and in which version.
FORMAT, VERSION = "mentormatch calibration", 1

#: What only one has needs no place of its own: who has never been seen counts the same.
SEEN = 2

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Counted:
    """How many have each tag or term of a part.

    Parameters
    ----------
    people : int
        How many were counted: people with an answer, or texts.
    having : mapping of str to mapping
        For each kind of term how many have it, by `sign`; terms that one alone has are left out.
    twins : mapping of str to str
        Signs of Swedish tags, and of the English ones that they were taken for.
    """

    people: int
    having: Mapping[str, Mapping[str, int]]
    twins: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        having = {kind: Frozen(terms) for kind, terms in self.having.items()}
        object.__setattr__(self, "having", Frozen(having))
        object.__setattr__(self, "twins", Frozen(self.twins))

    def of(self, kind: str, terms: Iterable[str]) -> NDArray[np.int64]:
        """Return how many have each of these terms, 1 at least."""
        known = self.having.get(kind, {})
        return np.array([known.get(sign(term), 1) for term in terms], dtype=np.int64)


@dataclass(frozen=True)
class Measures:
    """What one part of the score takes from a cohort.

    Parameters
    ----------
    neutral : int
        Value where an answer is missing, in ``0 .. 2**20``.
    gain : int
        By how much the curve was made steeper, in steps of 1 / 64.
    method : str
        What compared the answers.
    counted : Counted, optional
        How rare tags or terms are.
    levels : (mean, spread), optional
        What inner products are usual between languages, each a table of whole numbers.
    """

    neutral: int
    gain: int
    method: str = ""
    counted: Counted | None = None
    levels: tuple[Matrix, Matrix] | None = None


@dataclass(frozen=True)
class Calibration:
    """What scores take from a cohort beside the two people who are compared.

    The curve of each part, the value of a missing answer, how rare tags and words are, and what is
    usual between languages. With the calibration of an earlier cohort a pair's score depends on
    the two alone: whoever comes late changes nobody else's. Words and tags stand in it as hashes.

    Parameters
    ----------
    source : str
        Whom it was measured on, in English; a `mentormatch.words.Sentence` is told in Swedish too.
    parts : mapping of str to Measures
        For each part of the score.
    """

    source: str
    parts: Mapping[str, Measures]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", Frozen(self.parts))


def sign(term: str) -> str:
    """Return the hash by which a calibration knows a word or a tag."""
    return blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def seen(terms: Sequence[str], having: Sequence[int] | NDArray[Any]) -> dict[str, int]:
    """Return the terms that several have, by `sign`, and how many that are."""
    pairs = zip(terms, map(int, having), strict=True)
    return dict(sorted((sign(term), many) for term, many in pairs if many >= SEEN))


def write_calibration(calibration: Calibration, path: str | Path) -> Path:
    """Write a calibration to a file (JSON), complete or not at all.

    Parameters
    ----------
    calibration : Calibration
        As ``fit.calibration``.
    path : str or Path
        File to write or replace.

    Examples
    --------
    >>> import mentormatch as mm
    >>> fit = mm.score(mm.make_cohort(20, 15, seed=1))
    >>> with __import__("tempfile").TemporaryDirectory() as folder:
    ...     mm.read_calibration(mm.write_calibration(fit.calibration, f"{folder}/kept.json")).source
    'Alumni Mentorship Programme 2024-25: 20 mentees, 15 mentors'
    """
    path = Path(path)
    parts = {name: _plain(one) for name, one in calibration.parts.items()}
    source = {"source": calibration.source, "source_sv": told(calibration.source, "sv")}
    record = {"format": FORMAT, "version": VERSION, **source, "parts": parts}
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def read_calibration(path: str | Path) -> Calibration:
    """Read a calibration that `write_calibration` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    InputError
        There is no such file, or it is no calibration, or one of another version.
    """
    path = Path(path)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT or record["version"] != VERSION:
            raise ValueError("another format")
        parts = {str(name): _measures(one) for name, one in record["parts"].items()}
        source = _text(record["source"])
        return Calibration(Sentence(source, _text(record.get("source_sv", source))), parts)
    except OSError as error:
        raise InputError([Fault("scores.calibration_missing", file=path.name)]) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError([Fault("scores.calibration_spoilt", file=path.name)]) from error


def _plain(one: Measures) -> dict[str, Any]:
    found: dict[str, Any] = {"neutral": one.neutral, "gain": one.gain, "method": one.method}
    if one.counted is not None:
        having = {kind: dict(terms) for kind, terms in one.counted.having.items()}
        found["counted"] = {
            "people": one.counted.people, "having": having, "twins": dict(one.counted.twins)
        }  # fmt: skip
    if one.levels is not None:
        found["levels"] = {"mean": one.levels[0], "spread": one.levels[1]}
    return found


def _measures(found: Any) -> Measures:
    """Return measures as they were written; ValueError and the like where they are none."""
    counted = levels = None
    if "counted" in found:
        own = found["counted"]
        having = {
            _text(kind): {_text(term): _whole(many, 1) for term, many in terms.items()}
            for kind, terms in own["having"].items()
        }
        twins = {_text(one): _text(other) for one, other in own["twins"].items()}
        counted = Counted(_whole(own["people"]), having, twins)
    if "levels" in found:
        levels = _table(found["levels"]["mean"], -(2**40)), _table(found["levels"]["spread"], 1)
    neutral, gain = _whole(found["neutral"], most=ONE), _whole(found["gain"], most=2**20)
    return Measures(neutral, gain, _text(found["method"]), counted, levels)


def _whole(value: Any, least: int = 0, most: int = 2**40) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("no whole number of that size")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    value.encode()  # half a letter, which JSON can hold and no file can, is a ValueError
    return value


def _table(rows: Any, least: int) -> Matrix:
    made = tuple(tuple(_whole(one, least) for one in row) for row in rows)
    if len({len(row) for row in made} | {len(made)}) != 1:
        raise ValueError("no square table")
    return made
