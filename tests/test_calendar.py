"""Calendar files give every event at its right moment, to Outlook as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest

from mentormatch.people.programme import Event, Programme, Words
from mentormatch.telling.calendar import event_in_words, events_for, time_in_words, write_calendars
from mentormatch.telling.timezone import describe_timezone
from story_example import example_story

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def programme(**changes: object) -> Programme:
    return replace(example_story().cohort.programme, **changes)


def read(path: Path) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(path.read_bytes())


def entries(path: Path) -> dict[str, icalendar.Event]:
    return {str(entry["SUMMARY"]): entry for entry in read(path).walk("VEVENT")}


def test_each_audience_gets_its_events(tmp_path: Path) -> None:
    """Mentees and mentors get their own and the common ones, the third file has all."""
    files = write_calendars(programme(), tmp_path / "calendar", "en")
    assert [file.name for file in files] == ["mentees.ics", "mentors.ics", "everyone.ics"]
    mentees, mentors, everyone = (set(entries(file)) for file in files)
    common = {"Kick-off", "Conclusion (to be confirmed)"}
    assert mentees == {"Mentee workshop", *common}
    assert mentors == {"Mentor workshop", *common}
    assert everyone == mentees | mentors


def test_moments_are_right_in_winter_and_summer(tmp_path: Path) -> None:
    """Five in the afternoon is 16 UTC in November and 15 UTC in May."""
    found = entries(write_calendars(programme(), tmp_path, "en")[0])
    winter, summer = found["Mentee workshop"], found["Conclusion (to be confirmed)"]
    assert winter["DTSTART"].dt.astimezone(UTC) == datetime(2024, 11, 5, 16, tzinfo=UTC)
    assert winter["DTEND"].dt.astimezone(UTC) == datetime(2024, 11, 5, 18, tzinfo=UTC)
    assert summer["DTSTART"].dt.astimezone(UTC) == datetime(2025, 5, 20, 15, tzinfo=UTC)
    assert {entry["DTSTART"].params["TZID"] for entry in found.values()} == {"Europe/Stockholm"}


def test_another_zone_of_writing_is_the_same_moment(tmp_path: Path) -> None:
    """An event that was written down in UTC is told by the programme's own clocks."""
    start = datetime(2025, 5, 20, 22, 30, tzinfo=UTC)
    event = Event("late", Words("Late"), start, start + timedelta(hours=1), Words(""))
    found = entries(write_calendars(programme(events=(event,)), tmp_path, "en")[2])["Late"]
    assert found.to_ical().count(b"DTSTART;TZID=Europe/Stockholm:20250521T003000") == 1
    assert time_in_words(event, "Europe/Stockholm", "en") == "Wednesday 21 May 2025, 00:30–01:30"


@pytest.mark.parametrize(
    "name",
    ["Europe/Stockholm", "Europe/London", "Europe/Dublin", "America/New_York", "Asia/Tokyo", "UTC",
     "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca"],
)  # fmt: skip
def test_the_file_alone_says_what_the_clocks_show(name: str) -> None:
    """Read without any knowledge of the zone, its description gives the right offsets."""
    zone = describe_timezone(name, 2024).to_tz(lookup_tzid=False)
    for day in range(0, 700, 5):
        moment = datetime(2024, 1, 15, 12) + timedelta(days=day)
        right = moment.replace(tzinfo=ZoneInfo(name)).utcoffset()
        assert moment.replace(tzinfo=zone).utcoffset() == right, moment


def test_summer_time_starts_at_two_in_the_night() -> None:
    """The description is exact to the minute on the nights when the clocks change."""
    text = describe_timezone("Europe/Stockholm", 2024).to_ical().decode()
    assert "DTSTART:19700329T020000" in text
    assert "DTSTART:19701025T030000" in text
    assert text.count("RRULE") == 2
    assert "RDATE" not in text


def test_tentative_events_say_so(tmp_path: Path) -> None:
    """An event to be confirmed is tentative for programs and people; the others are not."""
    found = entries(write_calendars(programme(), tmp_path, "sv")[2])
    entry = found.pop("Avslutning (preliminärt)")
    assert entry["STATUS"] == "TENTATIVE"
    assert entry["X-MICROSOFT-CDO-BUSYSTATUS"] == "TENTATIVE"
    assert "inte bekräftat" in entry["DESCRIPTION"]
    assert {entry["STATUS"] for entry in found.values()} == {"CONFIRMED"}


def test_equal_programmes_give_equal_bytes(tmp_path: Path) -> None:
    """A second run writes the very same files, so nothing seems to have changed."""
    one = write_calendars(programme(), tmp_path / "one", "en")
    turned = programme(events=programme().events[::-1])
    two = write_calendars(turned, tmp_path / "two", "en")
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


def test_an_event_keeps_its_identity(tmp_path: Path) -> None:
    """Moved, confirmed or told in Swedish it is still the same event; another year's is not."""

    def identities(what: Programme, language: str, folder: str) -> list[str]:
        path = write_calendars(what, tmp_path / folder, language)[2]
        return [str(entry["UID"]) for entry in read(path).walk("VEVENT")]

    later = timedelta(days=1)
    moved = tuple(
        replace(event, start=event.start + later, end=event.end + later, tentative=False)
        for event in programme().events
    )
    first = identities(programme(), "en", "first")
    assert identities(programme(events=moved), "sv", "moved") == first
    assert len(set(first)) == 4
    assert not set(first) & set(identities(programme(year="2025-26"), "en", "next"))


def test_texts_are_escaped(tmp_path: Path) -> None:
    """Commas, semicolons, backslashes and line breaks neither break the file nor add to it."""
    text = "Room A; B, C\\D\r\nBEGIN:VEVENT\nATTENDEE:mailto:x@example.org"
    event = programme().events[0]
    event = replace(event, name=Words(text), place=Words(text), details=Words(text))
    path = write_calendars(programme(events=(event,)), tmp_path, "en")[0]
    (entry,) = read(path).walk("VEVENT")
    assert entry["LOCATION"].splitlines()[0] == "Room A; B, C\\D"
    assert "ATTENDEE" not in entry
    assert all(len(line) <= 75 for line in path.read_bytes().split(b"\r\n"))


def test_names_with_line_breaks_stand_on_one_line(tmp_path: Path) -> None:
    """A programme made in Python may be called anything; its calendars can be read."""
    text = "Mentors\r\nBEGIN:VEVENT\x00\n2024"
    event = replace(programme().events[0], name=Words(text))
    named = programme(name=Words(text), year="\n", contact=text, events=(event,))
    calendar = read(write_calendars(named, tmp_path, "en")[0])
    (entry,) = calendar.walk("VEVENT")
    assert calendar["X-WR-CALNAME"] == entry["SUMMARY"] == "Mentors BEGIN:VEVENT 2024"


def test_a_programme_without_events(tmp_path: Path) -> None:
    """No file is written that would hold no event, and those of an earlier run are removed."""
    assert write_calendars(programme(events=()), tmp_path / "new", "en") == []
    assert not (tmp_path / "new").exists()
    assert len(write_calendars(programme(), tmp_path, "en")) == 3
    (tmp_path / "mine.ics").write_bytes(b"keep")
    of_mentors = tuple(event for event in programme().events if event.audience == "mentors")
    found = write_calendars(programme(events=of_mentors), tmp_path, "en")
    assert [path.name for path in found] == ["mentors.ics", "everyone.ics"]
    assert not (tmp_path / "mentees.ics").exists()
    assert write_calendars(programme(events=()), tmp_path, "en") == []
    assert [path.name for path in tmp_path.iterdir()] == ["mine.ics"]


def test_events_in_words() -> None:
    """Letters say time, name, place, and what is not certain."""
    last = events_for(programme(), "mentors")[-1]
    assert event_in_words(last, "Europe/Stockholm", "en") == (
        "Tuesday 20 May 2025, 17:00–19:00: Conclusion, The University (to be confirmed)"
    )
    assert event_in_words(last, "Europe/Stockholm", "sv") == (
        "tisdag 20 maj 2025 kl. 17.00–19.00: Avslutning, Universitetet (preliminärt)"
    )
    longer = replace(last, end=last.end + timedelta(days=1))
    assert time_in_words(longer, "Europe/Stockholm", "en") == (
        "Tuesday 20 May 2025, 17:00, to Wednesday 21 May 2025, 19:00"
    )
