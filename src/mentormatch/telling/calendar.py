"""The programme's events, as calendar files and as dates in words."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar

from mentormatch.people.programme import AUDIENCES, Event, Programme
from mentormatch.telling.files import whole_file
from mentormatch.telling.recipients import plain
from mentormatch.telling.timezone import describe_timezone
from mentormatch.words import say


def events_for(programme: Programme, audience: str) -> tuple[Event, ...]:
    """Return the events that an audience is invited to, in order of time.

    ``"mentees"`` and ``"mentors"`` get their own and those for everyone; ``"everyone"`` gets all.
    """
    return tuple(
        event
        for event in sorted(programme.events, key=lambda event: (event.start, event.key))
        if audience == "everyone" or event.audience in (audience, "everyone")
    )


def time_in_words(event: Event, timezone: str, language: str) -> str:
    """Say when an event is, in the words of a language.

    Examples
    --------
    >>> from mentormatch.people.programme import Words
    >>> stockholm = ZoneInfo("Europe/Stockholm")
    >>> start = datetime(2024, 11, 13, 17, tzinfo=stockholm)
    >>> end = datetime(2024, 11, 13, 19, tzinfo=stockholm)
    >>> kick_off = Event("kick-off", Words("Kick-off"), start, end, Words("Zoom"))
    >>> time_in_words(kick_off, "Europe/Stockholm", "en")
    'Wednesday 13 November 2024, 17:00–19:00'
    >>> time_in_words(kick_off, "Europe/Stockholm", "sv")
    'onsdag 13 november 2024 kl. 17.00–19.00'
    """
    start, end = (moment.astimezone(ZoneInfo(timezone)) for moment in (event.start, event.end))
    first, last = (
        say(
            "calendar.day",
            language,
            weekday=say(f"calendar.weekday_{moment.isoweekday()}", language),
            day=moment.day,
            month=say(f"calendar.month_{moment.month}", language),
            year=moment.year,
        )
        for moment in (start, end)
    )
    clock = {"from": say("calendar.clock", language, hour=start.hour, minute=start.minute)}
    clock["to"] = say("calendar.clock", language, hour=end.hour, minute=end.minute)
    if start.date() == end.date():
        return say("calendar.one_day", language, day=first, **clock)
    return say("calendar.more_days", language, first=first, last=last, **clock)


def event_in_words(event: Event, timezone: str, language: str) -> str:
    """Say in one line when an event is, what it is, where, and whether that is to be confirmed."""
    line = say(
        "calendar.line",
        language,
        time=time_in_words(event, timezone, language),
        name=event.name(language),
    )
    if event.place(language):
        line += ", " + event.place(language)
    return line + (" " + say("calendar.tentative", language) if event.tentative else "")


def write_calendars(programme: Programme, folder: str | Path, language: str) -> list[Path]:
    """Write ``mentees.ics``, ``mentors.ics`` and ``everyone.ics``, the last with all events.

    A file that would hold no event is not written; one of an earlier run is removed. Equal
    programmes give equal bytes, and an event keeps its UID when it is moved or confirmed.

    Parameters
    ----------
    programme : Programme
        Whose events.
    folder : str or Path
        Where to write; made if need be. Other files in it are left alone.
    language : {"en", "sv"}
        Language of what the calendars say.

    Returns
    -------
    list of Path
        The files that were written; none where the programme has no events.

    Raises
    ------
    InputError
        One of the files is open in another program.
    """
    written = []
    for audience in AUDIENCES:
        path = Path(folder) / f"{audience}.ics"
        if not events_for(programme, audience):
            path.unlink(missing_ok=True)
            continue
        with whole_file(path) as aside:
            aside.write_bytes(_calendar(programme, audience, language))
        written.append(path)
    return written


def _calendar(programme: Programme, audience: str, language: str) -> bytes:
    events = events_for(programme, audience)
    title = plain(f"{programme.name(language)} {programme.year}")
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//mentormatch//mentormatch//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", programme.timezone)
    if programme.events:
        # Years come from all events, so that the three files agree.
        first = min(event.start for event in programme.events).year
        calendar.add_component(describe_timezone(programme.timezone, first))
    for event in events:
        calendar.add_component(_entry(programme, event, title, language))
    return bytes(calendar.to_ical())


def _entry(programme: Programme, event: Event, title: str, language: str) -> icalendar.Event:
    zone = ZoneInfo(programme.timezone)
    name = programme.name("en")
    identity = hashlib.sha256("\n".join((name, programme.year, event.key)).encode()).hexdigest()
    summary = plain(event.name(language))
    about = [event.details(language), say(f"calendar.for_{event.audience}", language, title=title)]
    if event.tentative:
        summary += " " + say("calendar.tentative", language)
        about.append(say("calendar.tentative_sentence", language))
    if programme.contact:
        about.append(say("calendar.contact", language, contact=plain(programme.contact)))
    entry = icalendar.Event()
    entry.add("uid", f"{identity[:32]}@mentormatch")
    # The standard asks for a time of writing. The clock would make every run's bytes differ.
    entry.add("dtstamp", datetime(event.start.year, 1, 1, tzinfo=UTC))
    entry.add("dtstart", event.start.astimezone(zone))
    entry.add("dtend", event.end.astimezone(zone))
    entry.add("summary", summary)
    entry.add("description", "\n".join(line for line in about if line))
    if event.place(language):
        entry.add("location", event.place(language))
    entry.add("status", "TENTATIVE" if event.tentative else "CONFIRMED")
    # Outlook reads this one, not the standard's.
    entry.add("x-microsoft-cdo-busystatus", "TENTATIVE" if event.tentative else "BUSY")
    return entry
