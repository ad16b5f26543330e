"""What a file of tags may say: reading one, or telling everything that is wrong with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from mentormatch.errors import Fault, ProgrammeError
from mentormatch.people.programme import Tag
from mentormatch.people.programme_file.toml_lines import Path, find_lines
from mentormatch.people.programme_file.toml_page import AREA, parse, read_text
from mentormatch.people.programme_file.toml_table import Claims, Page, Table
from mentormatch.people.spelling import clip

#: Columns of a CSV file of tags.
COLUMNS = ("key", "en", "sv", "synonyms", "broader", "related")

#: Columns that hold several words.
_SEVERAL = ("synonyms", "broader", "related")

#: What parts words in a cell, and what parts cells.
_BETWEEN, _DELIMITERS = "|", ";,\t"


def read_taxonomy(path: str) -> tuple[tuple[Tag, ...], Page]:
    """Read the tags of a programme, and what is wrong with them.

    Parameters
    ----------
    path : str
        A TOML file with a table ``[[tags]]`` for each tag, or a CSV file (its name ends in
        ``.csv``) with a row for each. A tag has a ``key``; a ``name`` in English, in Swedish or in
        both (columns ``en`` and ``sv``); ``synonyms``; keys of ``broader`` tags and of ``related``
        ones. In a cell several stand with ``|`` between.

    Returns
    -------
    tags : tuple of Tag
        In the order of the file.
    page : Page
        Its faults, each with its line: missing or unknown keys, a spelling that two tags claim,
        broader or related tags that are not there, broader tags that go in circles.

    Raises
    ------
    ProgrammeError
        The file cannot be read, or is no TOML; or a cell of a CSV file is longer than cells are,
        as one is whose quotation mark is never closed.
    """
    file, text = read_text(path)
    if path.casefold().endswith(".csv"):
        values, page = _of_csv(file, text)
    else:
        values, page = parse(text, file), Page(file, find_lines(text))
    root = Table(page, (), values)
    tags = _tags(root)
    root.close()
    return tags, page


def _tags(root: Table) -> tuple[Tag, ...]:
    page = root.page
    claims = Claims(page, "claimed_tag")
    found: dict[str, Tag] = {}
    places: dict[str, Path] = {}
    named: list[tuple[str, Path]] = []
    for table in root.tables("tags", required=True):
        key, name = table.text("key", required=True), table.name("name")
        synonyms = table.texts("synonyms")
        broader, related = table.texts("broader"), table.texts("related")
        table.close()
        if not key or key in found:
            if key:
                page.fault("duplicate_key", table.at("key"), key)
            continue
        claims.claim(key, key, table.at("key"))
        for spelling in (name.en, name.sv):
            claims.claim(spelling, key, table.at("name"))
        for spelling, path in synonyms.items():
            claims.claim(spelling, key, path)
        named += [*broader.items(), *related.items()]
        places[key] = table.at("broader")
        found[key] = Tag(key, name, tuple(synonyms), tuple(broader), tuple(related))
    for other, path in named:
        if other not in found:
            page.unknown("unknown_tag", path, other, tuple(found))
    for key in _in_circles(found):
        page.fault("broader_circle", places[key], key)
    return tuple(found.values())


def _in_circles(tags: Mapping[str, Tag]) -> list[str]:
    """Return the tags that are broader than themselves, by way of others or not.

    A tag is in a circle if it is its own broader tag, or if another one that it leads to leads
    back: they are of one strongly connected component (Tarjan 1972,
    https://doi.org/10.1137/0201010, here without recursion), which takes one look at each tag.
    """
    nth: dict[str, int] = {}  # in which order tags were met
    low: dict[str, int] = {}  # the earliest met tag on the way that is led back to
    way: dict[str, None] = {}
    circles: set[str] = set()
    for first in tags:
        ahead = [] if first in nth else [(first, iter(tags[first].broader))]
        while ahead:
            key, above = ahead[-1]
            if key not in nth:
                nth[key] = low[key] = len(nth)
                way[key] = None
            for one in above:
                if one in tags and one not in nth:
                    ahead.append((one, iter(tags[one].broader)))
                    break
                if one in way:
                    low[key] = min(low[key], nth[one])
            else:
                ahead.pop()
                if ahead:
                    low[ahead[-1][0]] = min(low[ahead[-1][0]], low[key])
                if low[key] == nth[key]:
                    together = []
                    while key in way:
                        together.append(way.popitem()[0])
                    if len(together) > 1 or key in tags[key].broader:
                        circles.update(together)
    return [key for key in tags if key in circles]


def _of_csv(file: str, text: str) -> tuple[dict[str, Any], Page]:
    """Return what a CSV file says as if it were written in TOML, and where each row stands."""
    heading = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=heading.count)
    numbered = _rows(file, text, delimiter)
    columns = [one.strip().casefold() for one in next(numbered)[1]]
    lines: dict[Path, int] = {}
    page = Page(file, lines)
    for name in dict.fromkeys(columns):
        if name not in COLUMNS:
            page.fault("unknown_column", (), name, COLUMNS)
        elif columns.count(name) > 1:
            page.fault("column_twice", (), name)
    if "key" not in columns:
        page.fault("no_column", (), "key", COLUMNS)
        return {"tags": [{"key": "-"}]}, page
    tags: list[dict[str, Any]] = []
    for line, row in numbered:
        cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
        if not any(cells.values()):
            continue
        lines["tags", len(tags)] = line
        if len(row) > len(columns):
            page.fault("cells_beyond", ("tags", len(tags)), row[len(columns)])
        names = {name: cells[name] for name in ("en", "sv") if cells.get(name)}
        tag: dict[str, Any] = {"key": cells.get("key", ""), **({"name": names} if names else {})}
        for name in _SEVERAL:
            some = [one.strip() for one in cells.get(name, "").split(_BETWEEN)]
            tag[name] = [one for one in some if one]
        tags.append(tag)
    return {"tags": tags}, page


def _rows(file: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row of a CSV file with the line on which it begins, however lines end."""
    rows = csv.reader(io.StringIO(text.replace("\r", "\n")), delimiter=delimiter)
    line = 1
    try:
        for row in rows:
            yield line, row
            line = rows.line_num + 1
    except csv.Error:  # a cell beyond the limit of the reader
        shown = clip(text.replace("\r", "\n").split("\n")[line - 1], 60)
        fault = Fault(f"{AREA}.cell_too_long", file=file, row=line, value=shown)
        raise ProgrammeError([fault]) from None
