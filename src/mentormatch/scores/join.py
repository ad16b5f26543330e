"""How the several texts of two people make one product, and how languages are made even."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mentormatch.scores.curve import Floats, Integers

#: Of what somebody seeks, this many of the best-answered texts count.
BEST = 2

#: Binary digits of the gain by which levels draw products out.
GAIN = 20

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Levels:
    """What inner products are usual between texts of two languages, in whole numbers.

    Parameters
    ----------
    mean, spread : (languages, languages) array of int
        Of the products, by the seekers' and the offerers' language; spreads are positive. How a
        spread is measured is the maker's choice.
    usual_mean, usual_spread : int
        What they are brought to.
    """

    mean: Integers
    spread: Integers
    usual_mean: int
    usual_spread: int

    @cached_property
    def gain(self) -> Integers:
        """By how much products are drawn out, (languages, languages), in steps of 2**-20."""
        made: Integers = (self.usual_spread << GAIN) // self.spread
        return made

    def __call__(self, products: Floats, ours: Places, theirs: Places) -> Integers:
        """Return products as if the two languages were usual; `ours` and `theirs` broadcast."""
        at = (ours, theirs)
        far = (products.astype(np.int64) - self.mean[at]) * self.gain[at]
        made: Integers = (far >> GAIN) + self.usual_mean
        return made


@dataclass(frozen=True, eq=False)
class Join:
    """Which rows of two encodings are whose texts, and in which language each is.

    The product of two people is found from the levelled products of their texts: to each text of
    the one who seeks belongs the best text of the one who offers; the mean of the `BEST` best of
    these is the product of the two, rounded down.

    Parameters
    ----------
    mentees, mentors : (people + 1,) array of int
        Person k has the rows from entry k up to entry k + 1; at least one.
    mentee_languages, mentor_languages : (texts,) array of int
        Language of each text, a place in the tables of `levels`.
    levels : Levels
        Evens languages out.
    backwards : bool
        Whether it is the mentors who seek.
    """

    mentees: Places
    mentors: Places
    mentee_languages: Places
    mentor_languages: Places
    levels: Levels
    backwards: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Number of mentees and of mentors."""
        return len(self.mentees) - 1, len(self.mentors) - 1

    def of(self, i: Places, j: Places) -> tuple[Join, Places, Places]:
        """Return the same for some people only, and the rows of their texts."""
        rows, columns = texts_of(self.mentees, i), texts_of(self.mentors, j)
        few = Join(
            starts_of(np.diff(self.mentees)[i]),
            starts_of(np.diff(self.mentors)[j]),
            self.mentee_languages[rows],
            self.mentor_languages[columns],
            self.levels,
            self.backwards,
        )
        return few, rows, columns

    def block(self, products: Floats, rows: Places) -> Integers:
        """Return the products of some mentees with all mentors.

        Parameters
        ----------
        products : (texts of these mentees, texts of all mentors) array
        rows : (k,) array of int
            The mentees, whose texts stand in this order.
        """
        if not all((len(rows), self.shape[1])):
            return np.zeros((len(rows), self.shape[1]), dtype=np.int64)
        languages = self.mentee_languages[texts_of(self.mentees, rows)]
        ours = starts_of(np.diff(self.mentees)[rows])
        if self.backwards:
            level = self._level(products, languages[:, None], self.mentor_languages[None, :])
            return _mean_of_best(_best(level, ours).T, self.mentors).T
        level = self._level(products, languages[:, None], self.mentor_languages[None, :])
        return _mean_of_best(_best(level.T, self.mentors).T, ours)

    def pairs(self, i: Places, j: Places) -> tuple[Places, Places]:
        """Return the rows of both encodings whose products make the listed pairs, in order."""
        ours, theirs = np.diff(self.mentees)[i], np.diff(self.mentors)[j]
        many = ours * theirs
        inside = np.arange(many.sum()) - np.repeat(starts_of(many)[:-1], many)
        wide = np.repeat(theirs, many)
        if self.backwards:
            tall = np.repeat(ours, many)
            row, column = inside % tall, inside // tall
        else:
            row, column = inside // wide, inside % wide
        return np.repeat(self.mentees[i], many) + row, np.repeat(self.mentors[j], many) + column

    def at(self, products: Floats, i: Places, j: Places) -> Integers:
        """Return the products of listed pairs, of the products of the rows that `pairs` says."""
        if not len(i):
            return np.zeros(0, dtype=np.int64)
        rows, columns = self.pairs(i, j)
        level = self._level(products, self.mentee_languages[rows], self.mentor_languages[columns])
        ours, theirs = np.diff(self.mentees)[i], np.diff(self.mentors)[j]
        seek, offer = (theirs, ours) if self.backwards else (ours, theirs)
        best = _best(level[:, None], starts_of(np.repeat(offer, seek)))
        return _mean_of_best(best, starts_of(seek))[:, 0]

    def _level(self, products: Floats, ours: Places, theirs: Places) -> Integers:
        return self.levels(products, *((theirs, ours) if self.backwards else (ours, theirs)))


def texts_of(starts: Places, people: Places) -> Places:
    """Return the rows of the texts of people, person by person."""
    many = np.diff(starts)[people]
    return (
        np.repeat(starts[people], many)
        + np.arange(many.sum())
        - np.repeat(starts_of(many)[:-1], many)
    )


def starts_of(many: NDArray[np.int64]) -> Places:
    """Return where each person's rows start if person k has ``many[k]``, and where all end."""
    return np.concatenate([[0], np.cumsum(many)]).astype(np.intp)


def _best(table: Integers, starts: Places) -> Integers:
    """Return the largest entry of each run of rows."""
    if len(starts) - 1 == len(table):
        return table
    made: Integers = np.maximum.reduceat(table, starts[:-1], axis=0)
    return made


def _mean_of_best(table: Integers, starts: Places) -> Integers:
    """Return the mean of the `BEST` largest entries of each run of rows, rounded down."""
    if len(starts) - 1 == len(table):
        return table
    many = np.diff(starts)
    made = np.empty((len(many), table.shape[1]), dtype=np.int64)
    for size in np.unique(many):
        some = np.flatnonzero(many == size)
        rows = table[starts[some][:, None] + np.arange(size)]  # (people, size, others)
        if size > BEST:
            rows = -np.partition(-rows, BEST - 1, axis=1)[:, :BEST]
        made[some] = rows.sum(axis=1) // rows.shape[1]
    return made
