"""The Excel workbook that a coordinator gets: which sheets it has, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mentormatch.people.programme import SIDES
from mentormatch.telling.calendar import event_in_words, events_for
from mentormatch.telling.files import whole_file
from mentormatch.telling.letters import called, contact_of
from mentormatch.telling.reasons import in_a_row
from mentormatch.telling.recipients import Recipient, plain, recipients, to_introduce
from mentormatch.telling.sheets import Column, Sheet, Table, sheet_names, write_sheets
from mentormatch.telling.story import Story
from mentormatch.words import say

_FIGURES = (
    "matched", "mentees", "mentors", "places", "pairs", "mean_score", "lowest_score",
    "total", "bound", "gap", "blocking", "status", "objective", "seed",
)  # fmt: skip
#: Columns of a list of pairs that are printed: who, from where, the score and why.
_PRINTED = 6


def write_workbook_of(story: Story, path: str | Path) -> Path:
    """Write all tables of a story as one Excel workbook.

    Sheets: the pairs, an overview, people without a pair, what rules cost, mentors' places,
    readiness, a list for Word's mail merge, the settings, and then one sheet for each department
    with its mentees' pairs, its mentors who are lent, and its people without a pair. Nothing that
    anybody typed becomes a formula or a link. Equal stories give equal bytes.

    Parameters
    ----------
    story : Story
        What to tell; its language is the workbook's.
    path : str or Path
        File to write or replace, ending in ``.xlsx``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The file is open in another program.
    """
    strangers = to_introduce(story)
    makers: dict[str, Callable[[Story], list[Table]]] = {
        "pairs": lambda story: [_pairs(story, strangers)],
        "overview": _overview,
        **({} if story.concerned is None else {"concerned": _concerned}),
        "unmatched": lambda story: [_unmatched(story)],
        "costs": lambda story: [_costs(story), *_effects(story)],
        "places": lambda story: [_places(story)],
        "readiness": _readiness,
        "letters": lambda story: [_letters(story)],
        "settings": lambda story: [_settings(story)],
    }
    departments = [str(name) for name in story.departments["department"]]
    names = sheet_names([_word(story, f"sheet_{key}") for key in makers] + departments)
    tables = [make(story) for make in makers.values()]
    tables += [_department(story, strangers, department) for department in departments]
    printed = [_PRINTED, *[0] * (len(makers) - 1), *[_PRINTED + 1] * len(departments)]
    sheets = [Sheet(*sheet) for sheet in zip(names, tables, printed, strict=True)]
    programme = story.cohort.programme
    title = plain(f"{programme.name(story.language)} {programme.year}")
    with whole_file(path) as aside:
        write_sheets(sheets, aside, title=title, language=story.language)
    return Path(path)


def _word(story: Story, key: str, **values: str) -> str:
    return say(f"workbook.{key}", story.language, **values)


def _columns(story: Story, table: pd.DataFrame, **headings: str) -> list[Column]:
    """Return columns of a table; each is given with its heading's name in the catalogue."""
    return [
        Column(_word(story, heading), list(table[column])) for column, heading in headings.items()
    ]


def _pairs(
    story: Story,
    strangers: frozenset[tuple[str, str]],
    pairs: pd.DataFrame | None = None,
    kinds: list[str] | None = None,
) -> Table:
    """Lay out all pairs or some of them, perhaps with the kind of each pair."""
    pairs = story.pairs if pairs is None else pairs
    columns = _columns(
        story,
        pairs,
        mentee_name="mentee",
        mentee_department="mentee_department",
        mentor_name="mentor",
        mentor_department="mentor_department",
    )
    lent: frozenset[int] = frozenset()
    if kinds is not None:
        words = [_word(story, f"kind_{kind}") for kind in kinds]
        columns.append(Column(_word(story, "kind"), words))
        lent = frozenset(row for row, kind in enumerate(kinds) if kind == "lent")
    columns.append(Column(_word(story, "score"), list(pairs["score"]), "tint"))
    columns.append(Column(_word(story, "reasons"), list(pairs["reasons"]), "prose"))
    known = pd.Series(True, index=pairs.index)
    if "runner_up_exact" in pairs:
        known = pairs["runner_up_exact"].astype(bool)
    nobody = _word(story, "nobody")
    names = [
        name or (nobody if sure and not other else other)
        for name, other, sure in zip(
            pairs["runner_up_name"], pairs["runner_up"], known, strict=True
        )
    ]
    fewer = [
        people if sure and pd.notna(cost) else None
        for people, cost, sure in zip(
            pairs["runner_up_people"], pairs["runner_up_cost"], known, strict=True
        )
    ]
    columns.append(Column(_word(story, "runner_up"), names))
    cost = list(pairs["runner_up_cost"].where(known))
    columns.append(Column(_word(story, "runner_up_cost"), cost, "score"))
    columns.append(Column(_word(story, "runner_up_people"), fewer))
    if "runner_up_kept" in pairs and (pairs["runner_up_kept"] != 0).any():
        kept = [
            None if people is None else int(one)
            for one, people in zip(pairs["runner_up_kept"], fewer, strict=True)
        ]
        columns.append(Column(_word(story, "runner_up_kept"), kept))
    columns.append(
        Column(_word(story, "sure"), list(pairs["sure"]), note=_word(story, "sure_note"))
    )
    introduce = [
        _word(story, "yes") if pair in strangers else ""
        for pair in zip(pairs["mentee"], pairs["mentor"], strict=True)
    ]
    columns.append(Column(_word(story, "introduce"), introduce))
    for part, name in story.parts.items():
        heading = _word(story, "part", part=name)
        columns.append(Column(heading, list(pairs[f"part: {part}"]), "score"))
    columns += _columns(story, pairs, mentee="mentee_id", mentor="mentor_id")
    return Table(columns, shaded=lent)


def _overview(story: Story) -> list[Table]:
    figures = [key for key in _FIGURES if key in story.summary]
    proof = str(story.summary.get("proof", ""))
    summary = Table(
        [
            Column(_word(story, "figure"), [_word(story, f"summary_{key}") for key in figures]),
            Column(_word(story, "value"), [story.summary[key] for key in figures], "score"),
        ],
        title=_word(story, "summary"),
        note=proof,
    )
    whole = ("department", "mentees", "mentors", "places", "matched", "inside", "lent", "borrowed")
    columns = _columns(story, story.departments, **{key: key for key in whole})
    for key in ("mean_score", "lowest_score"):
        columns.append(Column(_word(story, key), list(story.departments[key]), "score"))
    departments = Table(columns, title=_word(story, "departments"))
    served = _columns(story, story.fairness, group="department", mentees="mentees")
    for key in ("share_matched", "share_first"):
        served.append(Column(_word(story, key), list(story.fairness[key]), "score"))
    for key in ("mean_score", "lowest_score"):
        served.append(Column(_word(story, key), list(story.fairness[key]), "score"))
    served += _columns(story, story.fairness, lent="lent", borrowed="borrowed")
    title = _word(story, "fairness")
    alike = Table(served, title=title, note=story.fairness_in_short)
    across = [Column(str(name), list(story.flows[name])) for name in story.flows.columns]
    down = Column(_word(story, "mentee_department"), [str(name) for name in story.flows.index])
    flows = Table([down, *across], title=_word(story, "flows"))
    return [summary, *_sought(story), departments, alike, flows]


def _sought(story: Story) -> list[Table]:
    """Lay out what was sought and reached, and whose wishes were met, if there is more to say."""

    def word(key: str) -> str:
        return say(f"sought.{key}", story.language)

    tables = []
    if (aims := story.sought) is not None:
        proved = [word("yes" if one else "no") for one in aims["proved"]]
        columns = [
            Column(word("sought"), list(aims["sought"])),
            Column(word("reached_heading"), list(aims["reached"])),
            Column(word("proved"), proved),
        ]
        tables.append(Table(columns, title=word("title")))
    if (met := story.wishes) is not None:
        columns = [
            Column(word("wishes"), list(met["text"])),
            Column(word("people"), list(met["people"])),
            Column(word("share"), list(met["share"]), "score"),
        ]
        tables.append(Table(columns, title=word("wishes_title")))
    return tables


def _concerned(story: Story) -> list[Table]:
    """Lay out what became of every announced pair."""
    table = story.concerned
    assert table is not None
    changes = [say(f"concerned.change_{one}", story.language) for one in table["change"]]
    nobody = _word(story, "nobody")
    columns = _columns(story, table, mentee_name="mentee")
    columns.append(Column(_word(story, "change"), changes))
    for key in ("mentor_before", "mentor_after"):
        columns.append(Column(_word(story, key), [one or nobody for one in table[key]]))
    columns.append(Column(_word(story, "reason"), list(table["why"]), "prose"))
    columns += _columns(story, table, mentee="mentee_id")
    title = _word(story, "sheet_concerned")
    return [Table(columns, title=title, note=story.concerned_in_short)]


def _unmatched(story: Story) -> Table:
    people = story.unmatched
    sides = [_word(story, f"side_{side}") for side in people["side"]]
    columns = _columns(story, people, name="name")
    columns.append(Column(_word(story, "role"), sides))
    columns += _columns(story, people, department="department")
    columns.append(Column(_word(story, "reason"), list(people["reason"]), "prose"))
    return Table([*columns, *_columns(story, people, id="id")])


def _costs(story: Story) -> Table:
    """Lay out the rules that bind, with what each costs."""
    columns = _columns(story, story.costs, rule="rule", departments="rule_departments")
    pairs = (story.costs["kind"] != "minimum score").tolist()
    for key in ("used", "bound"):
        # Pairs are counted; what is forbidden has nothing to use up.
        cells = [
            (int(one) if high else None) if count and pd.notna(one) else one
            for one, high, count in zip(story.costs[key], story.costs["bound"], pairs, strict=True)
        ]
        columns.append(Column(_word(story, f"rule_{key}"), cells, "score"))
    for what in ("unit", "drop"):
        people = [None if pd.isna(one) else int(one) for one in story.costs[f"{what}_people"]]
        columns.append(Column(_word(story, f"{what}_people"), people))
        total = list(story.costs[f"{what}_total"])
        columns.append(Column(_word(story, f"{what}_total"), total, "score"))
        exact = [_word(story, "yes" if one else "at_most") for one in story.costs[f"{what}_exact"]]
        columns.append(Column(_word(story, f"{what}_exact"), exact))
    columns.append(Column(_word(story, "rule_text"), list(story.costs["text"]), "prose"))
    return Table(columns, title=_word(story, "costs"), note=story.costs_in_short)


def _effects(story: Story) -> list[Table]:
    """Lay out which departments would gain or lose without a rule; nothing where none would."""
    table = story.rule_effects
    if table is None:
        return []
    table = table[(table["people"] != 0) | (table["total"].round(2) != 0)]
    if not len(table):
        return []
    columns = _columns(story, table, rule="rule", department="department")
    columns.append(Column(_word(story, "effect_people"), list(table["people"])))
    columns.append(Column(_word(story, "effect_total"), list(table["total"]), "score"))
    return [Table(columns, title=_word(story, "effects"), note=_word(story, "effects_note"))]


def _places(story: Story) -> Table:
    columns = _columns(
        story,
        story.loads,
        name="mentor",
        department="department",
        places="places",
        pairs="pairs",
    )
    free = Column(_word(story, "free"), list(story.loads["places"] - story.loads["pairs"]))
    return Table([*columns, free, *_columns(story, story.loads, mentor="mentor_id")])


def _readiness(story: Story) -> list[Table]:
    tables = []
    for title, table in story.readiness.items():
        columns = [
            Column(str(name), list(table.iloc[:, place]))
            for place, name in enumerate(table.columns)
        ]
        if not isinstance(table.index, pd.RangeIndex):
            columns.insert(0, Column(str(table.index.name or ""), list(table.index)))
        tables.append(Table(columns, title=title))
    return tables


def _settings(story: Story) -> Table:
    name = _columns(story, story.settings, setting="setting")
    return Table([*name, Column(_word(story, "value"), list(story.settings["value"]), "prose")])


def _department(
    story: Story, strangers: frozenset[tuple[str, str]], department: str
) -> list[Table]:
    """Lay out what one department's coordinator needs: own mentees' pairs, then mentors lent."""
    pairs = story.pairs
    ours, theirs = (pairs[f"{who}_department"] == department for who in ("mentee", "mentor"))
    chosen = pd.concat([pairs[ours], pairs[theirs & ~ours]])
    kinds = ["inside" if inside else "borrowed" for inside in theirs[ours]]
    kinds += ["lent"] * (len(chosen) - len(kinds))
    people = story.unmatched[story.unmatched["department"] == department]
    sides = [_word(story, f"side_{side}") for side in people["side"]]
    columns = _columns(story, people, name="name")
    columns.append(Column(_word(story, "role"), sides))
    columns += _columns(story, people, id="id")
    columns.append(Column(_word(story, "reason"), list(people["reason"]), "note"))
    return [
        _pairs(story, strangers, chosen, kinds),
        Table(columns, title=_word(story, "sheet_unmatched")),
    ]


def _letters(story: Story) -> Table:
    """Lay out a row a person for Word's mail merge, in the words of each person's language."""
    programme = story.cohort.programme
    people = recipients(story)
    dates = {
        (side, language): "\n".join(
            plain(event_in_words(event, programme.timezone, language))
            for event in events_for(programme, side)
        )
        for side in SIDES
        for language in {person.language for person in people}
    }

    def common(person: Recipient) -> str:
        if len(person.partners) == 1:
            return in_a_row(person.partners[0].common, person.language)
        return "; ".join(
            f"{called(person, partner)}: {in_a_row(partner.common, person.language)}"
            for partner in person.partners
            if partner.common
        )

    def partners(what: str) -> Callable[[Recipient], str]:
        def joined(person: Recipient) -> str:
            if what == "name":
                names = [called(person, partner) for partner in person.partners]
                return in_a_row(names, person.language)
            values = [getattr(partner.told, what) for partner in person.partners]
            return ", ".join(dict.fromkeys(value for value in values if value))

        return joined

    cells: dict[str, Callable[[Recipient], str]] = {
        "name": lambda person: person.name,
        # Word can leave out those whose "Your mentor is" would end in nothing.
        "has_pair": lambda person: _word(story, "yes" if person.partners else "no"),
        "email": lambda person: person.email,
        "department": lambda person: person.department,
        "role": lambda person: say(f"workbook.role_{person.side}", person.language),
        "partners": partners("name"),
        "partner_departments": partners("department"),
        "partner_emails": partners("email"),
        "common": common,
        "events": lambda person: dates[person.side, person.language] if person.partners else "",
        "contact": lambda person: contact_of(person, programme),
        "letter_language": lambda person: person.language,
        "id": lambda person: person.id,
    }
    kinds = {"common": "prose", "events": "lines"}
    return Table(
        [
            Column(_word(story, key), [of(person) for person in people], kinds.get(key, ""))
            for key, of in cells.items()
        ]
    )
