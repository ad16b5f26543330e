"""The registry of made-up cohorts that solvers are measured on, from easy to hard.

Every score is a whole multiple of 2**-20 from 2**-20 to 1. So float32 and float64 hold the same
scores, a total is exact whoever adds it up, and to match somebody always beats to match nobody:
all honest solvers have the same best total, whether they count people or scores first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.matching.encodings import Encodings
from mentormatch.matching.pairs import Pairs
from mentormatch.matching.problem import Problem, Quota

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Steps of the grid in a score of 1.
FINE = 2**20
DEPARTMENTS = 8
_TEXT, _TAGS = 32, 40
_TOPICS = 60
_PLACES = 3
#: Encodings are multiples of 2**-16, so nothing of them is lost when they are rounded again.
_ENCODED = 2**16
_FORMS = ("matrix", "encodings")


@dataclass(frozen=True, eq=False)
class Cohort:
    """Made-up people as numbers: their scores, the mentors' places, and who is closed to whom.

    Parameters
    ----------
    kind : str
        A name of `KINDS`.
    seed : int
        Which cohort of that kind.
    scores : numpy.ndarray of float, shape (n, m), or Encodings
        Before departments are closed.
    capacity : numpy.ndarray of int, shape (m,)
        Places of each mentor.
    mentee_groups, mentor_groups : numpy.ndarray of int, shapes (n,) and (m,), or None
        Departments, where pairs across are impossible.
    """

    kind: str
    seed: int
    scores: Floats | Encodings
    capacity: Ints
    mentee_groups: Ints | None = None
    mentor_groups: Ints | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""
        n, m = self.scores.shape
        return n, m

    @property
    def forms(self) -> tuple[str, ...]:
        """How the cohort can be given: ``"matrix"`` always, ``"encodings"`` where it has them."""
        return _FORMS if isinstance(self.scores, Encodings) else _FORMS[:1]

    @cached_property
    def matrix(self) -> Floats:
        """All scores, -inf where departments are closed, shape (n, m)."""
        if isinstance(self.scores, Encodings):
            scores = self.scores.block(np.arange(self.shape[0]))
        else:
            scores = self.scores
        if self.mentee_groups is not None and self.mentor_groups is not None:
            closed = self.mentee_groups[:, None] != self.mentor_groups
            scores = np.where(closed, -np.inf, scores)
        return scores

    def at(self, i: Ints, j: Ints) -> Floats:
        """Return the scores of listed pairs, -inf where departments are closed."""
        scores = self.scores.at(i, j) if isinstance(self.scores, Encodings) else self.scores[i, j]
        if self.mentee_groups is None or self.mentor_groups is None:
            return scores
        return np.where(self.mentee_groups[i] != self.mentor_groups[j], -np.inf, scores)

    def problem(self, form: str) -> Problem:
        """Return the matching problem, its scores given as a matrix or as encodings.

        Raises
        ------
        ValueError
            The cohort has no such form.
        """
        if form not in self.forms:
            raise ValueError(f"{self.kind!r} comes as {' or '.join(self.forms)}, not {form!r}")
        if form == "matrix":
            part: Any = self.matrix
            while isinstance(part, np.ndarray):
                part.setflags(write=False)  # then it is not copied
                part = part.base
            return Problem(self.matrix, mentor_capacity=self.capacity)
        bans = []
        if self.mentee_groups is not None and self.mentor_groups is not None:
            across = ~Pairs.same(self.mentee_groups, self.mentor_groups)
            bans = [Quota("departments are closed", across, at_most=0)]
        return Problem(self.scores, mentor_capacity=self.capacity, quotas=bans)

    @property
    def fingerprint(self) -> str:
        """Short digest of all numbers: equal on all machines that measure the same cohort."""
        digest = blake2b(digest_size=8)
        for name, array in sorted(_arrays(self).items()):
            digest.update(f"{name} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def make(kind: str, n: int, seed: int = 0) -> Cohort:
    """Return a cohort of the registry.

    Parameters
    ----------
    kind : str
        A name of `KINDS`.
    n : int
        Number of mentees; the number of mentors follows from the kind.
    seed : int
        Which cohort of that kind, 0 or more.

    Raises
    ------
    ValueError
        There is no such kind, or nobody to match.

    Examples
    --------
    >>> cohort = make("scarce", 10)
    >>> cohort.shape, int(cohort.capacity.sum()) < 10
    ((10, 4), True)
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if n < 1:
        raise ValueError(f"a cohort has at least one mentee, not {n}")
    return KINDS[kind](n, seed, np.random.default_rng([seed, n, list(KINDS).index(kind)]))


def keep(cohort: Cohort, form: str, folder: Path) -> None:
    """Write a cohort in one of its forms, so that processes of their own can read it."""
    arrays = _arrays(cohort)
    if form == "matrix":
        arrays = {"matrix": cohort.matrix, "capacity": cohort.capacity}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    told = {"kind": cohort.kind, "seed": cohort.seed, "form": form, "arrays": list(arrays)}
    (folder / "cohort.json").write_text(json.dumps(told), encoding="utf-8")


def read(folder: Path) -> tuple[Cohort, str]:
    """Return a cohort that was kept, and its form."""
    told = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
    arrays = {name: np.load(folder / f"{name}.npy") for name in told["arrays"]}
    scores = arrays.pop("matrix", None)
    if scores is None:
        scores = Encodings(arrays.pop("mentees"), arrays.pop("mentors"))
    return Cohort(told["kind"], told["seed"], scores, **arrays), told["form"]


def _arrays(cohort: Cohort) -> dict[str, NDArray[Any]]:
    """Return all numbers of a cohort, by name."""
    if isinstance(cohort.scores, Encodings):
        found = {"mentees": cohort.scores.mentees, "mentors": cohort.scores.mentors}
    else:
        found = {"matrix": cohort.scores}
    for name in ("capacity", "mentee_groups", "mentor_groups"):
        if getattr(cohort, name) is not None:
            found[name] = getattr(cohort, name)
    return found


def _on_grid(scores: Floats) -> Floats:
    """Round scores to whole multiples of 1 / FINE, in place."""
    np.multiply(scores, FINE, out=scores)
    np.rint(scores, out=scores)
    np.divide(scores, FINE, out=scores)
    return scores


def _one_each(m: int) -> Ints:
    return np.ones(m, np.int64)


def _nearness(n: int, rng: np.random.Generator) -> Floats:
    """Return how near people in a square are to each other, from 0.05 to 1."""
    here, there = rng.random((n, 2)), rng.random((n, 2))
    apart = np.hypot(here[:, :1] - there[:, 0], here[:, 1:] - there[:, 1])
    near: Floats = 1 - apart / 1.5
    return near


def _uniform(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    return Cohort(
        "uniform", seed, rng.integers(1, FINE, (n, n), endpoint=True) / FINE, _one_each(n)
    )


def _geometric(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    return Cohort("geometric", seed, _on_grid(_nearness(n, rng)), _one_each(n))


def _near_ties(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    levels = 16
    scores = np.ceil(_nearness(n, rng) * levels) / levels
    return Cohort("near ties", seed, scores, _one_each(n))


def _popular(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    # A twentieth of the mentors are wanted by everyone, each the more the less there are above.
    wanted = np.zeros(n)
    stars = max(1, n // 20)
    wanted[rng.permutation(n)[:stars]] = 0.4 + 0.2 * np.arange(stars, 0, -1) / stars
    scores = _on_grid(0.1 + 0.3 * rng.random((n, n)) + wanted)
    return Cohort("popular", seed, scores, _one_each(n))


def _profile(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    (mentees, _), (mentors, _) = (_people(size, rng) for size in (n, n))
    return Cohort("profile", seed, Encodings(mentees, mentors), _one_each(n))


def _scarce(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    m = max(1, 2 * n // 5)
    (mentees, _), (mentors, _) = (_people(size, rng) for size in (n, m))
    places = 1 + rng.permutation(m) % _PLACES
    return Cohort("scarce", seed, Encodings(mentees, mentors), places.astype(np.int64))


def _closed(n: int, seed: int, rng: np.random.Generator) -> Cohort:
    (mentees, own), (mentors, theirs) = (_people(size, rng) for size in (n, n))
    return Cohort("closed", seed, Encodings(mentees, mentors), _one_each(n), own, theirs)


def _people(size: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Return encodings with 80 dimensions and the departments of some people.

    Half of a score comes from text (clustered directions, none negative, 32 dimensions), three
    tenths from tags (some far more popular than others, 40) and a fifth from the department (8).
    """
    world = np.random.default_rng(2024)  # topics and popular tags are the same for both sides
    topics = np.abs(world.normal(size=(_TOPICS, _TEXT)))
    chance = np.minimum(0.9, 0.02 + 4 * world.dirichlet(np.full(_TAGS, 0.5)))
    text = np.abs(topics[rng.integers(0, _TOPICS, size)] + 0.7 * rng.normal(size=(size, _TEXT)))
    tags = (rng.random((size, _TAGS)) < chance).astype(np.float64)
    department = rng.integers(0, DEPARTMENTS, size)
    parts = (
        np.sqrt(0.5) * _unit(text),
        np.sqrt(0.3) * _unit(tags),
        np.sqrt(0.2) * np.eye(DEPARTMENTS)[department],
    )
    # Rounded down, so that no score is above 1.
    return np.floor(np.hstack(parts) * _ENCODED) / _ENCODED, department


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = rows / np.maximum(lengths, 1e-9)
    return unit


#: How hard a cohort is, by the name of its kind.
KINDS: dict[str, Callable[[int, int, np.random.Generator], Cohort]] = {
    "uniform": _uniform,
    "geometric": _geometric,
    "profile": _profile,
    "near ties": _near_ties,
    "popular": _popular,
    "scarce": _scarce,
    "closed": _closed,
}
