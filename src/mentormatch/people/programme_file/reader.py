"""What a programme.toml may say: reading one, or telling everything that is wrong with it."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from mentormatch.errors import ProgrammeError
from mentormatch.people.programme import (
    AUDIENCES,
    Department,
    Event,
    Programme,
    Rule,
)
from mentormatch.people.programme_file.questions import read_questions
from mentormatch.people.programme_file.taxonomy import read_taxonomy
from mentormatch.people.programme_file.toml_lines import Path, find_lines
from mentormatch.people.programme_file.toml_page import AREA, parse, read_text
from mentormatch.people.programme_file.toml_table import Claims, Page, Table
from mentormatch.people.spelling import fold, nearest

#: Parts of the score that are there whatever the forms ask.
PARTS = ("department", "interests", "goals", "languages", "availability")

#: Settings of rules that hold a department, or a list of them.
DEPARTMENT_SETTINGS = (
    "department", "departments", "mentees_of", "mentors_of", "kept_for", "from", "to",
)  # fmt: skip

DUPLICATES = ("fault", "latest wins")
LANGUAGES = ("en", "sv")

#: Years that an event may be in: anything else is a slip of the finger.
YEARS = range(1970, 2200)

#: What lies among the time zones and is none, or is another one on every machine.
_NO_ZONES = ("localtime", "Factory", "posixrules")


def read_programme(path: str | os.PathLike[str]) -> Programme:
    """Read a programme from a ``programme.toml``.

    Parameters
    ----------
    path : str or path
        A TOML file in UTF-8, as ``examples/stockholm-2024-25/programme.toml`` explains it.

    Returns
    -------
    Programme
        Events are in order of time. Departments that rules and ``department_weights`` name by an
        alias are given by their key. ``department_weights`` hold every part: those that the file
        leaves out have the weight from ``[weights]``. The options of the question for the
        department are the departments themselves.

    Raises
    ------
    ProgrammeError
        The file cannot be read or is no TOML; or it has faults, all of them listed with their
        lines: unknown or missing keys, wrong types, names claimed twice, impossible times,
        unknown departments, parts or words, weights that are no weights.

    Examples
    --------
    >>> from mentormatch.people.example import example_folder
    >>> programme = read_programme(example_folder() / "programme.toml")
    >>> programme.department("physics").name("sv")
    'Fysikum'
    """
    file, text = read_text(path)
    values = parse(text, file)
    page = Page(file, find_lines(text))
    programme, beside = _programme(Table(page, (), values))
    faults = sorted(page.faults, key=lambda fault: fault.row or 0)
    if beside:
        try:
            tags, other = read_taxonomy(os.path.join(os.path.dirname(os.fspath(path)), beside))
            programme = replace(programme, taxonomy=tags)
            faults += sorted(other.faults, key=lambda fault: fault.row or 0)
        except ProgrammeError as error:
            missing = any(fault.code == f"{AREA}.no_file" for fault in error.faults)
            if missing:  # it is this file's line that has to be mended
                page.fault("no_tags", ("programme", "taxonomy"), beside)
                faults = sorted(page.faults, key=lambda fault: fault.row or 0)
            faults += () if missing else error.faults
    if faults:
        raise ProgrammeError(faults)
    return programme


def _programme(root: Table) -> tuple[Programme, str]:
    """Return the programme, and the name of the file of its tags, if it has one."""
    page = root.page
    heading = root.table("programme", required=True) or Table(page, (), {})
    there = bool(heading.path)
    name = heading.name("name", required=there)
    year = heading.line("year", required=there)
    timezone = heading.text("timezone", "Europe/Stockholm")
    zone = _zone(timezone, page, heading.at("timezone"))
    language = heading.choice("language", LANGUAGES, "en")
    contact = heading.line("contact")
    duplicates = heading.choice("duplicates", DUPLICATES, "fault")
    taxonomy = _beside(heading)
    related_by_meaning = heading.flag("related_by_meaning")
    heading.close()

    departments, claims = _departments(root.tables("departments", required=True), page)
    events = _events(root.tables("events"), zone)
    questions = read_questions(root.tables("questions", required=True), page, departments)
    answers = (question.answer for question in questions if question.answer)
    parts = tuple(dict.fromkeys((*PARTS, *answers)))
    # Without weights the score has its own; a department's need something to differ from.
    weights = _weights(root.table("weights", required="department_weights" in root.values), parts)
    department_weights = _department_weights(
        root.table("department_weights"), parts, weights, claims
    )
    rules = [_rule(table, claims) for table in root.tables("rules")]
    root.close()
    programme = Programme(
        name=name,
        year=year,
        departments=tuple(departments),
        events=tuple(events),
        questions=tuple(questions),
        weights=weights,
        department_weights=department_weights,
        rules=tuple(rules),
        timezone=timezone,
        duplicates=duplicates,
        language=language,
        contact=contact,
        related_by_meaning=related_by_meaning,
    )
    return programme, taxonomy


def _beside(heading: Table) -> str:
    """Return the name of the file of tags, which lies beside the programme's or in a folder there.

    A path of another machine, or one that leads elsewhere, would not work for the next reader.
    """
    name = heading.line("taxonomy")
    parts = name.replace("\\", "/").split("/")
    if name and ("" in parts or ".." in parts or ":" in name):
        heading.page.fault("not_beside", heading.at("taxonomy"), name)
        return ""
    return name


def _zone(name: str, page: Page, path: Path) -> tzinfo | None:
    """Return a time zone; None if there is no such one, so that no event is blamed for it."""
    if not name:
        return None
    try:
        if name in _NO_ZONES or name.startswith(("posix/", "right/")):
            raise KeyError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name; a folder of names
        page.fault("unknown_timezone", path, name, nearest=nearest(name, available_timezones()))
        return None


def _departments(tables: Iterable[Table], page: Page) -> tuple[list[Department], Claims]:
    """Return the departments, and who claims which spelling of a department's name."""
    found: list[Department] = []
    claims = Claims(page, "claimed_department")
    keys: set[str] = set()
    for table in tables:
        key = table.key("key")
        name = table.name("name", required=True)
        aliases = table.texts("aliases")
        coordinator = table.line("coordinator")
        table.close()
        if key and key in keys:
            page.fault("duplicate_key", table.at("key"), key)
        elif key:
            keys.add(key)
            claims.claim(key, key, table.at("key"))
            for spelling in (name.en, name.sv):
                claims.claim(spelling, key, table.at("name"))
            for alias, path in aliases.items():
                claims.claim(alias, key, path)
        found.append(Department(key, name, tuple(aliases), coordinator))
    return found, claims


def _events(tables: Iterable[Table], zone: tzinfo | None) -> list[Event]:
    found: list[Event] = []
    keys: set[str] = set()
    for table in tables:
        key = table.key("key")
        if key and fold(key) in keys:  # no two calendar files whose names differ by case alone
            table.page.fault("duplicate_key", table.at("key"), key)
        keys.add(fold(key))
        name = table.name("name", required=True)
        start, end = _moment(table, "start", zone), _moment(table, "end", zone)
        if start and end and end.astimezone(UTC) <= start.astimezone(UTC):
            table.page.fault("end_before_start", table.at("end"), table.values["end"])
        place = table.words("place", required=True)
        audience = table.choice("audience", AUDIENCES, "everyone")
        tentative = table.flag("tentative")
        details = table.words("details")
        table.close()
        if start and end:
            found.append(Event(key, name, start, end, place, audience, tentative, details))
    return sorted(found, key=lambda event: event.start.astimezone(UTC))


def _moment(table: Table, key: str, zone: tzinfo | None) -> datetime | None:
    """Return a date and time in the programme's zone, if the clocks there ever show it."""
    value, path = table.take(key, required=True), table.at(key)
    if value is None:
        return None
    if not isinstance(value, datetime):
        code = "expected_time_of_day" if isinstance(value, date) else "expected_moment"
        table.page.fault("expected_date" if isinstance(value, time) else code, path, value)
        return None
    if value.year not in YEARS:
        table.page.fault("far_year", path, value, first=str(YEARS[0]), last=str(YEARS[-1]))
        return None
    if zone is None:
        return None
    if value.tzinfo is not None:  # the file names a distance to Greenwich of its own
        return value.astimezone(zone)
    moment = value.replace(tzinfo=zone)
    # In spring the clocks skip an hour: such a time comes back from UTC as another one.
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != value:
        table.page.fault("no_such_time", path, value)
        return None
    return moment


def _weights(
    table: Table | None, parts: Collection[str], others: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the weight of each part; `others` holds those of parts that are left out."""
    if table is None:
        return {}
    found: dict[str, float] = {}
    sound = True
    for part in table.values:
        value: Any = table.take(part)
        path = table.at(part)
        weight = math.nan
        if part not in parts:
            table.page.unknown("unknown_part", path, part, parts)
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            table.page.fault("expected_number", path, value)
        elif not 0 <= value <= 1_000_000:  # NaN and infinity as well
            table.page.fault("bad_weight", path, value)
        else:
            weight = float(value)
            found[part] = weight
        sound = sound and not math.isnan(weight)
    together = {**(others or {}), **found}
    if sound and not any(together.values()):
        table.page.fault("no_weight", table.path)
    return together


def _department_weights(
    table: Table | None, parts: Collection[str], weights: Mapping[str, float], claims: Claims
) -> dict[str, Mapping[str, float]]:
    found: dict[str, Mapping[str, float]] = {}
    if table is None:
        return found
    for name in table.values:
        key = claims.owner(name)
        if key is None:
            table.take(name)
            table.page.unknown(
                "unknown_department", table.at(name), name, claims.owners(), claims.spellings()
            )
        elif key in found:
            table.take(name)
            table.page.fault("duplicate_key", table.at(name), name)
        else:
            found[key] = _weights(table.table(name), parts, weights)
    return found


def _rule(table: Table, claims: Claims) -> Rule:
    kind = table.text("rule", required=True)
    settings = {key: value for key, value in table.values.items() if key != "rule"}
    for setting in DEPARTMENT_SETTINGS:
        value = settings.get(setting)
        # Other groups than departments, { level = "doctoral" }, are looked at with the rule.
        if any(isinstance(one, dict) for one in (value if isinstance(value, list) else [value])):
            continue
        if setting in settings:
            settings[setting] = _named(table, setting, settings[setting], claims)
    return Rule(kind, settings, table.page.file, table.page.line(table.path))


def _named(table: Table, setting: str, value: object, claims: Claims) -> Any:
    """Return the key, or the list of keys, of the departments that a setting names."""
    several = isinstance(value, list)
    keys: list[str] = []
    for name, path in table.texts(setting, required=True).items():
        key = claims.owner(name)
        if key is None:
            table.page.unknown(
                "unknown_department", path, name, claims.owners(), claims.spellings()
            )
        elif key not in keys:
            keys.append(key)
    return keys if several else "".join(keys)
