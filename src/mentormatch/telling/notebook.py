"""How a notebook shows sentences, tables and pictures below its cells.

What stands in a sheet is text wherever it is shown, and never runs.
"""

from __future__ import annotations

import io
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import compress
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from mentormatch.errors import Fault, InputError, MentormatchError, MissingExtraError
from mentormatch.formulation import formulate
from mentormatch.matching.problem import Problem
from mentormatch.matching.result import Matching
from mentormatch.people.programme import Programme
from mentormatch.rules import Condition, at_least_matched
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.labels import part_label
from mentormatch.scores.score import reweigh
from mentormatch.telling.changes import changes
from mentormatch.telling.fairness import fairness
from mentormatch.telling.numbers import number, short
from mentormatch.telling.people import People
from mentormatch.telling.report.plots import element
from mentormatch.telling.what_if import with_leeway, without_rule
from mentormatch.words import catalogue, say

_LONG = 12
_HAIR = 0.005


class NotYetError(Exception):
    """Stops a notebook with one sentence."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Screen:
    """Shows things below a cell, in one language.

    Parameters
    ----------
    language : {"en", "sv"}
        Language of sentences and headings.
    headings : mapping of str to str, optional
        What columns of tables are called, beside those in ``texts/<language>/notebook.toml``.
    """

    def __init__(self, language: str, headings: Mapping[str, str] | None = None) -> None:
        self.language = language
        self._headings = dict(headings or {})

    def tell(self, key: str, tag: str = "p", **values: object) -> None:
        """Show a sentence of ``texts/<language>/notebook.toml``, its blanks filled in."""
        self.lines(say(f"notebook.{key}", self.language, **values), tag=tag)

    def lines(self, *texts: object, tag: str = "p") -> None:
        """Show lines of text."""
        self.page(Markup("").join(element(tag, str(text)) for text in texts))

    def table(
        self, table: pd.DataFrame, columns: Sequence[str] | None = None, empty: str = "nobody_moves"
    ) -> None:
        """Show a table, or a sentence of the notebook's texts where it has no row.

        Numbers have two decimals; a heading is a word of the notebook's texts, or else as it is.
        """
        if not len(table):
            return self.tell(empty)
        table = table[list(columns)] if columns is not None else table
        heads = element("tr", *(element("th", self._heading(str(one))) for one in table.columns))
        rows = [
            element("tr", *(self._cell(value) for value in row))
            for row in table.itertuples(index=False, name=None)
        ]
        page = element("table", element("thead", heads), element("tbody", *rows))
        long = len(table) > _LONG
        if long:
            self.tell("rows", count=len(table))
        self.page(element("div", page, class_="box long" if long else "box"))

    def page(self, inside: Markup) -> None:
        """Show HTML that is safe already, such as a picture."""
        import IPython.display  # noqa: PLC0415  # of notebooks only

        shown: Any = IPython.display
        shown.display(shown.HTML(str(element("div", style_of(), inside, class_="mentormatch"))))

    def widget(self, widget: Any) -> None:
        """Show a widget."""
        import IPython.display  # noqa: PLC0415  # of notebooks only

        shown: Any = IPython.display
        shown.display(widget)

    def axes(self, axes: Any) -> None:
        """Show what matplotlib drew."""
        drawn = io.StringIO()
        axes.figure.savefig(drawn, format="svg")
        text = drawn.getvalue()
        self.page(Markup(text[text.index("<svg") :]))

    def pair(self, fit: Compatibility, mentee: str, mentor: str) -> None:
        """Say who a pair is, what it scores, and how much of that rests on answers."""
        one, (i, j) = fit.pair(mentee, mentor), fit.place(mentee, mentor)
        names = [
            str(name_of(table, place))
            for table, place in ((fit.cohort.mentees, i), (fit.cohort.mentors, j))
        ]
        score = number(one.score, language=self.language)
        self.tell("pair", "h4", mentee=names[0], mentor=names[1], score=score)
        self.tell("rests", share=f"{100 * one.certainty:.0f}")

    def weights(self, now: Compatibility, then: Compatibility) -> None:
        """Say which weights differ between two scores."""
        for name, weight in then.weights.items():
            if weight != now.weights.get(name, 0):
                label = part_label(now.cohort.programme, name, self.language)
                shown = [short(one, self.language) for one in (now.weights.get(name, 0), weight)]
                self.tell("moved_weight", part=label, now=shown[0], then=shown[1])

    def price(self, now: Matching, then: Matching, fit: Compatibility) -> None:
        """Say what another list costs by the scores of today, and how many it gives a mentor."""
        totals = [float(fit.at(one.rows, one.columns).sum()) for one in (now, then)]
        shown = [number(one, language=self.language) for one in (*totals, totals[0] - totals[1])]
        self.tell("matched_then", now=now.coverage, then=then.coverage)
        self.tell("price", now=shown[0], then=shown[1], cost=shown[2])
        count = len(changes(now, then))
        self.tell("moved", count=count, mentees=len(fit.cohort.mentees))

    def what_if(
        self,
        fit: Compatibility,
        rules: Sequence[Condition],
        number: int | None,
        change: str,
        more: Sequence[Condition] = (),
    ) -> Problem:
        """Say which rule is dropped or loosened and which are added; return the problem then.

        Parameters
        ----------
        fit : Compatibility
            The scores.
        rules : sequence of Condition
            The rules as they are.
        number : int or None
            Which of them is changed; the first is 1.
        change : {"drop", "loosen"}
            Whether it is left out, or gets one pair's leeway.
        more : sequence of Condition
            Rules that are added.

        Raises
        ------
        InputError
            There is no such rule, or no such change.
        """
        if change not in ("drop", "loosen"):
            raise InputError([Fault("notebook.no_such_change", value=change)])
        programme = fit.cohort.programme
        every = [*rules, *more]
        for rule in more:
            said = rule.sentence(programme).told(self.language)
            self.tell("rule_added", rule=said)
        if number is None:
            return formulate(fit.cohort, fit, every)
        made = without_rule if change == "drop" else with_leeway
        problem = made(fit, every, number)
        said = every[number - 1].sentence(programme).told(self.language)
        self.tell(f"rule_{change}", rule=said)
        return problem

    def gains(self, now: Matching, then: Matching) -> None:
        """Say what another list changes: in all, and for each department that it changes something.

        The departments stand in a table: more mentees with a mentor, and higher scores in all.
        """
        totals = [number(one.total, language=self.language) for one in (now, then)]
        self.tell("matched_then", now=now.coverage, then=then.coverage)
        self.tell("total_then", now=totals[0], then=totals[1])
        before, after = (fairness(one, language=self.language) for one in (now, then))
        table = pd.DataFrame(
            {
                "department": before["group"],
                "people": after["matched"] - before["matched"],
                "total": _sums(after) - _sums(before),
            }
        )
        changed = (table["people"] != 0) | (table["total"].abs() > _HAIR)
        self.table(table[changed], empty="no_department")

    def all_matched(self, programme: Programme, short: pd.DataFrame) -> list[Condition]:
        """Return demands that every mentee of some departments has a mentor.

        Parameters
        ----------
        programme : Programme
            Whose departments they are.
        short : pandas.DataFrame
            Rows of what `mentormatch.fairness` returned.
        """
        keys = {one.name(self.language): one.key for one in programme.departments}
        return [
            at_least_matched(keys[name], int(many))
            for name, many in zip(short["group"], short["mentees"], strict=True)
            if name in keys
        ]

    @contextmanager
    def in_plain_words(self) -> Iterator[None]:
        """Tell what is wrong in plain words, and stop.

        Raises
        ------
        NotYetError
            Instead of every error of mentormatch.
        """
        try:
            yield
        except MentormatchError as error:
            self.lines(*error.text(self.language).splitlines())
            raise NotYetError(say("notebook.stopped", self.language)) from None

    @contextmanager
    def if_installed(self) -> Iterator[None]:
        """Say what to install where something optional is missing, and go on."""
        try:
            yield
        except MissingExtraError as error:
            self.lines(error)

    def _heading(self, column: str) -> str:
        if column in self._headings:
            return self._headings[column]
        key = f"column_{column}"
        known = key in catalogue(self.language, "notebook")
        return say(f"notebook.{key}", self.language) if known else column

    def _cell(self, value: object) -> Markup:
        if value is pd.NA or (isinstance(value, Real) and not isinstance(value, bool | np.bool_)):
            decimals = 0 if isinstance(value, Integral) else 2
            return element("td", number(value, decimals, self.language), class_="number")
        return element("td", escape(value))


def _sums(served: pd.DataFrame) -> pd.Series[float]:
    return (served["mean_score"] * served["matched"]).fillna(0.0)


def name_of(table: pd.DataFrame, place: int) -> object:
    """Return the name of the person in a row of a cohort's table, or else the id."""
    return (table["name"].iloc[place] if "name" in table else "") or table.index[place]


def chosen_pair(
    matching: Matching, mentee: Hashable | None = None, mentor: Hashable | None = None
) -> tuple[Hashable, Hashable]:
    """Return the ids of a pair called by names or ids.

    Parameters
    ----------
    matching : Matching
        The pairs as they are.
    mentee, mentor : hashable, optional
        Left out: the mentee of the pair with the most in common, and the mentor that she has, or
        would have at best.

    Raises
    ------
    InputError
        Nobody is called so, or several people are.
    """
    people = People(matching.problem, "en")
    ids = people.ids("mentees"), people.ids("mentors")
    rows, columns = matching.rows.tolist(), matching.columns.tolist()
    if mentee is None:
        fit = people.fit
        found = [] if fit is None else fit.all_in_common(matching.rows, matching.columns)
        told = [
            sum(map(len, compress(parts, fit.counting(i)))) if fit else 0
            for i, parts in zip(rows, found, strict=True)
        ]
        i = rows[int(np.argmax(told))] if told else 0
    else:
        i = people.place("mentees", mentee)
    if mentor is not None:
        return ids[0][i], ids[1][people.place("mentors", mentor)]
    if i in rows:
        return ids[0][i], ids[1][columns[rows.index(i)]]
    return ids[0][i], ids[1][int(matching.problem.values([i])[0][0].argmax())]


def with_weight(fit: Compatibility, part: str, weight: float) -> Compatibility:
    """Return the scores with another weight of a part; departments keep weights of their own.

    Raises
    ------
    ProblemError
        There is no such part, or the weight is none.
    """
    programme = replace(fit.cohort.programme, weights={**fit.weights, part: weight})
    return reweigh(replace(fit, cohort=replace(fit.cohort, programme=programme)))


@cache
def style_of() -> Markup:
    """Return how all that is shown looks."""
    source = files("mentormatch") / "telling" / "notebook.css"
    return element("style", Markup(source.read_text(encoding="utf-8")))
