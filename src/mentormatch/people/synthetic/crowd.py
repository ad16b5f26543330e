"""Who made-up people are: their names, department, interests, and the words they use."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mentormatch.people.programme import SIDES, Programme, Question
from mentormatch.people.synthetic.phrases import Field, either, phrases, plain
from mentormatch.words import LANGUAGES

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

DOMAIN = {"mentees": "example.org", "mentors": "example.com"}


@dataclass(frozen=True)
class Draws:
    """Random numbers in [0, 1) by purpose: person k gets the same ones however many there are."""

    seed: int
    side: str
    n: int

    def __call__(self, purpose: str, k: int = 1) -> Numbers:
        """Return `k` numbers for each person, shape (n, k)."""
        key = [self.seed, SIDES.index(self.side), zlib.crc32(purpose.encode("utf-8"))]
        return np.random.default_rng(key).random((self.n, k))

    def one(self, purpose: str) -> Numbers:
        """Return a number for each person, shape (n,)."""
        return self(purpose)[:, 0]


def popularity(n: int, skew: float, seed: int, purpose: str) -> Numbers:
    """Return how popular each of `n` things is, shape (n,), adding up to 1.

    With ``skew=0`` all are the same, with ``skew=1`` the k-th is k**2 times less popular than the
    first (Zipf's law with exponent ``2 * skew``), in an order drawn by `seed`.
    """
    rank = np.random.default_rng([seed, zlib.crc32(purpose.encode("utf-8"))]).permutation(n)
    weight = (1.0 + rank) ** (-2.0 * skew)
    return np.asarray(weight / weight.sum())


def balanced(liking: Numbers, rows: Numbers, columns: Numbers) -> Numbers:
    """Scale a table so that its rows and columns have given sums (Sinkhorn).

    So every department has its own taste, and yet each interest is as popular as it should be.

    Parameters
    ----------
    liking : array, shape (n, m)
        Positive numbers.
    rows, columns : array, shapes (n,) and (m,)
        Positive sums, both adding up to the same.

    Examples
    --------
    >>> table = balanced(np.array([[4.0, 1.0], [1.0, 1.0]]), np.full(2, 0.5), np.full(2, 0.5))
    >>> [round(float(part), 3) for part in table.sum(axis=1)]
    [0.5, 0.5]
    """
    table = liking.copy()
    for _ in range(60):
        table *= (columns / table.sum(axis=0))[None, :]
        table *= (rows / table.sum(axis=1))[:, None]
    return table


class Crowd:
    """`n` made-up people of one side; see `mentormatch.people.synthetic.maker.make_cohort`."""

    def __init__(
        self,
        side: str,
        n: int,
        programme: Programme,
        *,
        seed: int,
        skew: float = 0.5,
        swedish: float = 0.5,
    ) -> None:
        self.side, self.n, self.programme, self.seed, self.skew = side, n, programme, seed, skew
        self.draws = Draws(seed, side, n)
        self.language = [
            LANGUAGES[1] if u < swedish else LANGUAGES[0] for u in self.draws.one("answers in")
        ]
        shares = self._department_shares()
        self.department = choice(shares, self.draws.one("department"))
        self._shares = shares
        self._fields = [phrases().field_of(d) for d in programme.departments]
        self.names, self.emails = self._names()

    def _department_shares(self) -> Numbers:
        """Return how large each department is on this side.

        Mentors follow the mentees only half-way: some departments are short of mentors.
        """
        n = len(self.programme.departments)
        shares = popularity(n, self.skew, self.seed, "departments")
        if self.side == "mentors":
            shares = np.sqrt(shares * popularity(n, self.skew, self.seed, "alumni"))
        return np.asarray(shares / shares.sum())

    def _names(self) -> tuple[list[str], list[str]]:
        groups = phrases().names
        usual = np.array([group.share for group in groups])
        # The first group is the Swedish one: it is commoner among those who answer in Swedish.
        weights = {"sv": usual * np.where(np.arange(len(groups)) == 0, 4.0, 1.0)}
        weights["en"] = usual * np.where(np.arange(len(groups)) == 0, 0.4, 1.0)
        names, emails = [], []
        seen: Counter[str] = Counter()
        cumulated = {key: np.cumsum(w) / w.sum() for key, w in weights.items()}
        for language, (a, b, mixed, c, d) in zip(
            self.language, self.draws("name", 5).tolist(), strict=True
        ):
            bounds = cumulated[language]
            first = int(np.searchsorted(bounds[:-1], a, side="right"))
            second = int(np.searchsorted(bounds[:-1], b, side="right")) if mixed < 0.1 else first
            given = pick(groups[first].given, c)
            family = pick(groups[second].family, d)
            address = f"{plain(given)}.{plain(family)}"
            seen[address] += 1
            number = str(seen[address]) if seen[address] > 1 else ""
            names.append(f"{given} {family}")
            emails.append(f"{address}{number}@{DOMAIN[self.side]}")
        return names, emails

    @cached_property
    def interests(self) -> list[tuple[str, ...]]:
        """Return two to five interests each (mentors have a few more), as the department likes."""
        options = self._question("interests").options
        wide = 1 if self.side == "mentors" else 0
        size = 1 + wide + choice(np.array([0.1, 0.25, 0.35, 0.2, 0.1]), self.draws.one("how many"))
        liking = np.array([[16.0 if f.likes(o.name("en")) else 1.0 for o in options]
                           for f in self._fields])  # fmt: skip
        popular = popularity(len(options), self.skew, self.seed, "interests")
        # With a skew, what large departments like is popular, too.
        popular = popular * (self._shares @ liking) ** min(1.0, 2.0 * self.skew)
        table = balanced(liking, self._shares, popular / popular.sum())
        keys = [option.key for option in options]
        found: list[tuple[str, ...]] = []
        # The smallest of exponential waiting times: drawing without putting back, by weight.
        waiting = -np.log1p(-self.draws("interests", len(options))) / table[self.department]
        order = np.argsort(waiting, axis=1, kind="stable")
        for ranked, k in zip(order, size, strict=True):
            found.append(tuple(keys[i] for i in sorted(ranked[:k].tolist())))
        return found

    def _question(self, answer: str) -> Question:
        return next(q for q in self.programme.questions_of(self.side) if q.answer == answer)

    @cached_property
    def year(self) -> int:
        """The year in which the programme begins; 2024 if its name does not say."""
        start = self.programme.year[:4]
        return int(start) if len(start) == 4 and start.isdecimal() else 2024

    @cached_property
    def submitted(self) -> list[datetime]:
        """Return times in the six weeks of signing up."""
        opens = datetime(self.year, 9, 2, 7)
        return [opens + timedelta(minutes=int(u * 60_000)) for u in self.draws.one("submitted")]

    def topics(self, purpose: str) -> list[tuple[str, ...]]:
        """Return four topics each, in the person's own language."""
        found: list[tuple[str, ...]] = []
        fields = [self._fields[k] for k in self.department]
        draws = self.draws(f"topics of {purpose}", 4).tolist()
        for field, language, row in zip(fields, self.language, draws, strict=True):
            left = list(range(len(field.topics)))
            chosen = [left.pop(int(u * len(left))) for u in row]
            found.append(tuple(either(field.topics[k], language) for k in chosen))
        return found

    @cached_property
    def words(self) -> list[dict[str, str]]:
        """Return what each person fills into the blanks of the sentences."""
        topics = self.topics("texts")
        interests = self._said_interests()
        chances = self.draws("words", 10).tolist()
        return [
            self._words_of(self._fields[k], language, topics[i], interests[i], chances[i])
            for i, (k, language) in enumerate(zip(self.department, self.language, strict=True))
        ]

    def _words_of(
        self,
        field: Field,
        language: str,
        topics: Sequence[str],
        interests: Sequence[str],
        chances: Sequence[float],
    ) -> dict[str, str]:
        common = phrases()
        c = iter(chances)
        job, job2 = _two(field.jobs, next(c), next(c))
        need, need2 = _two(common.needs, next(c), next(c))
        wishes = [*interests, *topics[2:]]
        years = 2 + int(next(c) ** 2 * 30)
        pattern = pick(job.employers, next(c))
        title = either(job.title, language)
        return {
            "subject": either(field.subject, language),
            "topic": topics[0],
            "topic2": topics[1],
            "interest": wishes[0],
            "interest2": wishes[1],
            "need": either(need, language),
            "need2": either(need2, language),
            "level": either(pick(common.levels, next(c)), language),
            "job": title,
            "job_title": title.removeprefix("a ").removeprefix("an ")
            if language == "en"
            else title,
            "job2": either(job2.title, language),
            "employer": pattern.format(place=pick(common.places, next(c))),
            "years": str(years),
            "year": str(self.year - years - int(next(c) * 2)),
        }

    def _said_interests(self) -> list[list[str]]:
        """Return up to two interests each, as the person would write them in a sentence."""
        try:
            question = self._question("interests")
        except StopIteration:
            return [[] for _ in range(self.n)]
        if not question.options:
            return [[] for _ in range(self.n)]
        name: dict[tuple[str, str], str] = {
            (option.key, language): phrases().inside(option.name(language), language)
            for option in question.options
            for language in LANGUAGES
        }
        found = []
        for keys, language, u in zip(
            self.interests, self.language, self.draws.one("which interests"), strict=True
        ):
            start = int(u * len(keys))
            chosen = (keys[start:] + keys[:start])[:2]
            found.append([name[key, language] for key in chosen])
        return found


def pick(things: Sequence[Any], u: float) -> Any:
    """Return one of some things, by a number in [0, 1)."""
    return things[int(u * len(things))]


def _two(things: Sequence[Any], u: float, v: float) -> tuple[Any, Any]:
    """Return two different things."""
    first = int(u * len(things))
    return things[first], things[(first + 1 + int(v * (len(things) - 1))) % len(things)]


def choice(weights: Numbers, draws: Numbers) -> Places:
    """Return a position for each draw, by weight."""
    bounds = np.cumsum(weights) / weights.sum()
    return np.searchsorted(bounds[:-1], draws, side="right")
