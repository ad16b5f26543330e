"""What a date with a time of day looks like in form exports."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from enum import Enum
from zoneinfo import ZoneInfo

from mentormatch.people.spelling import fold

_CLOCK = (
    r"(?:(?:[ t,]|kl\.?|at)+(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})"
    r"(?:[:.](?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?: ?(?P<half>a\.?m\.?|p\.?m\.?|f\.?m\.?|e\.?m\.?))?"
    r"(?: ?(?P<zone>z|cet|cest|(?:utc|gmt)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)|utc|gmt))?)?"
)
_WEEKDAY = r"(?:[a-zåäö]+\.?,? )?(?:den )?"
_ORDINAL = r"(?:st|nd|rd|th|:e|\.)?"
_DATES = (
    r"(?P<year>[0-9]{4})(?P<sign>[-/.])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})",
    r"(?P<year>(?:19|20|21)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    r"(?P<one>[0-9]{1,2})(?P<sign>[-/.])(?P<two>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4})",
    r"(?P<one>[0-9]{1,2})(?P<sign>[/.])(?P<two>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{2})",
    _WEEKDAY
    + r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|:e|\.)? (?P<name>[a-z]+)\.?,? (?P<year>[0-9]{4})",
    _WEEKDAY + r"(?P<name>[a-z]+)\.? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<year>[0-9]{4})",
)
_SHAPES = tuple(re.compile(date + _CLOCK) for date in _DATES)
_SERIAL = re.compile(r"[2-7][0-9]{4}(?:[.,][0-9]+)?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari",
            "feb february februari",
            "mar march mars",
            "apr april",
            "may maj",
            "jun june juni",
            "jul july juli",
            "aug august augusti",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}


class DayOrder(Enum):
    """Which comes first in the dates of a column such as 10/1/2024."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    UNDECIDED = "undecided"
    MIXED = "mixed"


def day_order(cells: Iterable[str]) -> DayOrder:
    """Return which comes first, day or month, by the dates that can be read in one way only.

    Examples
    --------
    >>> day_order(["10/1/2024 13:05:59", "10/14/2024 08:00:00"])
    <DayOrder.MONTH_FIRST: 'month first'>
    """
    days = months = False
    for cell in cells:
        numbers = _two_numbers(fold(cell))
        if numbers:
            days |= numbers[0] > 12
            months |= numbers[1] > 12
    if days and months:
        return DayOrder.MIXED
    return DayOrder.DAY_FIRST if days else DayOrder.MONTH_FIRST if months else DayOrder.UNDECIDED


def reads_two_ways(cell: str) -> bool:
    """Say whether a date is another one when day and month change places."""
    numbers = _two_numbers(fold(cell))
    return numbers is not None and max(numbers) <= 12 and numbers[0] != numbers[1]


def read_moment(
    cell: str, order: DayOrder = DayOrder.UNDECIDED, *, timezone: str = "Europe/Stockholm"
) -> dt.datetime | None:
    """Return a date and time of day without its zone, or None if it cannot be read in one way.

    Parameters
    ----------
    cell : str
        Such as ``2024-10-01 13.05``, ``10/14/2024 1:05:59 PM``, ``1 oktober 2024``,
        ``2024/10/01 1:05:59 em GMT+2`` or Excel's own number ``45566.545``.
    order : DayOrder
        What `day_order` found in the column; without it, 10/1/2024 is not read.
    timezone : str
        Where a moment that names its zone is told in.

    Examples
    --------
    >>> read_moment("2024-10-01T11:05:59Z")
    datetime.datetime(2024, 10, 1, 13, 5, 59)
    >>> read_moment("10/1/2024") is None
    True
    """
    text = fold(cell)
    try:
        if _SERIAL.fullmatch(text):
            days = float(text.replace(",", "."))
            return dt.datetime(1899, 12, 30) + dt.timedelta(seconds=round(days * 86_400))
        found = _match(text)
        date = _date(found, order) if found else None
        if found is None or date is None:
            return None
        return _at(date, found, timezone)
    except (ValueError, OverflowError):  # 31 February, 25 o'clock
        return None


def _match(text: str) -> dict[str, str | None] | None:
    for shape in _SHAPES:
        found = shape.fullmatch(text)
        if found:
            return found.groupdict()
    return None


def _two_numbers(text: str) -> tuple[int, int] | None:
    """Return the two numbers of a date in which day and month might change places.

    Dates with dots never put the month first.
    """
    found = _match(text)
    if not found or not found.get("one") or found["sign"] == ".":
        return None
    return int(found["one"] or 0), int(found["two"] or 0)


def _date(found: dict[str, str | None], order: DayOrder) -> dt.datetime | None:
    digits = found["year"] or ""
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    if not 1900 <= year < 2200:
        return None
    if not found.get("one"):
        name = found.get("name")
        month = int(found["month"] or 0) if name is None else _MONTHS.get(name, 0)
        return dt.datetime(year, month, int(found["day"] or 0))
    one, two = int(found["one"] or 0), int(found["two"] or 0)
    if found["sign"] == "." or one == two or one > 12:
        day, month = one, two
    elif two > 12:
        day, month = two, one
    elif order is DayOrder.DAY_FIRST:
        day, month = one, two
    elif order is DayOrder.MONTH_FIRST:
        day, month = two, one
    else:
        return None
    return dt.datetime(year, month, day)


def _at(date: dt.datetime, found: dict[str, str | None], zone_name: str) -> dt.datetime | None:
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    half = (found["half"] or " ")[0]
    if half in "af":  # a.m., förmiddag
        if not 1 <= hour <= 12:
            return None
        hour %= 12
    elif half in "pe" and hour < 12:  # p.m., eftermiddag
        hour += 12
    moment = date.replace(hour=hour, minute=minute, second=second)
    offset = _offset(found["zone"])
    if offset is None:
        return moment
    return moment.replace(tzinfo=offset).astimezone(ZoneInfo(zone_name)).replace(tzinfo=None)


def _offset(zone: str | None) -> dt.timezone | None:
    if zone is None:
        return None
    named = {"z": 0, "utc": 0, "gmt": 0, "cet": 1, "cest": 2}
    if zone in named:
        return dt.timezone(dt.timedelta(hours=named[zone]))
    digits = zone.removeprefix("utc").removeprefix("gmt")
    sign = -1 if digits[0] == "-" else 1
    hours, _, minutes = digits[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return dt.timezone(sign * dt.timedelta(hours=int(hours), minutes=int(minutes or 0)))
