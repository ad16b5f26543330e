"""How a calendar file describes a time zone, so that Outlook too keeps its summer time.

Outlook reads yearly rules only. It ignores lists of dates, which is what icalendar's own
``add_missing_timezones`` writes (with summer time starting an hour late), and is then an hour off.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import icalendar

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

# So many years tell "the last Sunday" from "the fourth Sunday".
_YEARS = 8


@dataclass(frozen=True)
class _Change:
    """A change of the clocks: when, by the clocks before it, and the offsets around it."""

    clock: datetime
    before: timedelta
    after: timedelta
    name: str

    @cached_property
    def places(self) -> set[int]:
        """Which weekday of its month it is, from the front (1 to 5) and, if the last, -1."""
        last = self.clock.day + 7 > monthrange(self.clock.year, self.clock.month)[1]
        return {(self.clock.day - 1) // 7 + 1} | ({-1} if last else set())

    @property
    def likeness(self) -> tuple[int, int, time, timedelta, timedelta]:
        """What changes of different years have in common if they follow one rule."""
        return self.clock.month, self.clock.weekday(), self.clock.time(), self.before, self.after


def describe_timezone(name: str, year: int) -> icalendar.Timezone:
    """Describe a time zone for calendars that begin in a year.

    Parameters
    ----------
    name : str
        Name of the zone, such as ``"Europe/Stockholm"``.
    year : int
        First year that matters.

    Returns
    -------
    icalendar.Timezone
        Yearly rules where the zone follows such; else the single changes of the years around.

    Examples
    --------
    >>> zone = describe_timezone("Europe/Stockholm", 2024)
    >>> [part["RRULE"].to_ical().decode() for part in zone.subcomponents]
    ['FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3', 'FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10']
    """
    described = icalendar.Timezone()
    described.add("tzid", name)
    years = [_changes(name, year + k) for k in range(_YEARS)]
    yearly = list(zip(*years, strict=False))
    if years[0] and len({len(changes) for changes in years}) == 1 and all(map(_place, yearly)):
        for changes in yearly:
            described.add_component(_observance(changes[0], _place(changes)))
        return described
    moment = datetime(year - 1, 1, 1, tzinfo=ZoneInfo(name))
    offset = moment.utcoffset() or timedelta()
    start = _Change(datetime(1970, 1, 1), offset, offset, moment.tzname() or name)
    single = [change for k in range(-1, 3) for change in _changes(name, year + k)]
    for change in (start, *single):
        described.add_component(_observance(change))
    return described


def _changes(name: str, year: int) -> list[_Change]:
    """List the changes of a zone's clocks in a year, in order."""
    zone, found = ZoneInfo(name), []

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta()

    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        tomorrow = day + timedelta(days=1)
        if offset(day) != offset(tomorrow):
            minute = day
            while offset(minute) == offset(day):
                minute += timedelta(minutes=1)
            clock = (minute + offset(day)).replace(tzinfo=None)
            word = minute.astimezone(zone).tzname() or name
            found.append(_Change(clock, offset(day), offset(minute), word))
        day = tomorrow
    return found


def _place(changes: tuple[_Change, ...]) -> int:
    """Return which weekday of its month a change is in all years, 0 if there is no such rule."""
    if len({change.likeness for change in changes}) > 1:
        return 0
    common = set.intersection(*(change.places for change in changes))
    return min(common, default=0)


def _observance(change: _Change, place: int = 0) -> icalendar.cal.Component:
    """Describe one change: every year at its place in the month, or only once."""
    summer = change.after > change.before
    part = icalendar.TimezoneDaylight() if summer else icalendar.TimezoneStandard()
    clock = change.clock
    if place:
        month, weekday = clock.month, clock.weekday()
        length = monthrange(1970, month)[1]
        days = [d for d in range(1, length + 1) if date(1970, month, d).weekday() == weekday]
        clock = clock.replace(year=1970, day=days[place if place < 0 else place - 1])
        part.add("rrule", {"freq": "yearly", "bymonth": month, "byday": f"{place}{_DAYS[weekday]}"})
    part.add("dtstart", clock)
    part.add("tzoffsetfrom", change.before)
    part.add("tzoffsetto", change.after)
    part.add("tzname", change.name)
    return part
