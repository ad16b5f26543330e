"""Letters tell each person the right things, in their language, and nothing that was not shared."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentormatch.errors import InputError
from mentormatch.people.programme import Option, Question, Words
from mentormatch.telling import letters
from mentormatch.telling.files import LIST
from mentormatch.telling.letters import (
    MARKDOWN,
    PLAIN,
    _first,
    draft,
    letter,
    subject,
    write_letters_of,
)
from mentormatch.telling.recipients import Recipient, plain, recipients, to_introduce
from mentormatch.telling.story import Story
from mentormatch.telling.workbook import write_workbook_of
from mentormatch.words import say
from story_example import HTML_NAME, LONG_NAME, example_story, with_cohort


def with_people(story: Story, **columns: dict[str, object]) -> Story:
    """Return a story whose people have other answers: ``answer={id: value}``, else empty."""
    cohort = story.cohort
    tables = {}
    for side in ("mentees", "mentors"):
        table = cohort.table(side).copy()
        for answer, values in columns.items():
            old = list(table[answer]) if answer in table else [""] * len(table)
            cells = [values.get(i, was) for i, was in zip(table.index, old, strict=True)]
            table[answer] = cells
        tables[side] = table
    return with_cohort(story, replace(cohort, **tables))


def with_questions(story: Story, *questions: Question) -> Story:
    """Return a story whose programme asks these questions instead of those of the same answer."""
    programme = story.cohort.programme
    new = {question.answer for question in questions}
    kept = tuple(question for question in programme.questions if question.answer not in new)
    programme = replace(programme, questions=kept + questions)
    return with_cohort(story, replace(story.cohort, programme=programme))


def person(story: Story, identity: str) -> Recipient:
    return next(recipient for recipient in recipients(story) if recipient.id == identity)


def text(story: Story, identity: str) -> str:
    return letter(person(story, identity), story.cohort.programme, PLAIN)


def mail(story: Story, identity: str) -> EmailMessage:
    raw = draft(person(story, identity), story.cohort.programme)
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def share(*ticked: str, story: Story | None = None) -> Story:
    """Ask everybody what to share, and let mentor m05 tick these answers and the others all."""
    story = story or example_story()
    everything = ("email", "interests", "goals", "languages")
    ids = [*story.cohort.mentees.index, *story.cohort.mentors.index]
    story = with_people(story, share=dict.fromkeys(ids, everything) | {"m05": ticked})
    return with_questions(story, Question("share", "everyone", ("Share",), kind="any of"))


def strangers(*silent: str) -> Story:
    """Ask everybody what to share, and let these people tick nothing and the others all."""
    story = share()
    ids = [*story.cohort.mentees.index, *story.cohort.mentors.index]
    return with_people(story, share=dict.fromkeys(ids, ("email",)) | dict.fromkeys(silent, ()))


# --- The folder


def test_everybody_gets_a_letter_and_a_draft(tmp_path: Path) -> None:
    """Two files a person, numbered, under safe names, and returned in order."""
    files = write_letters_of(example_story(), tmp_path / "letters")
    assert len(files) == 2 * (14 + 11)
    assert len({str(file).casefold() for file in files}) == len(files)
    names = [file.relative_to(tmp_path / "letters").as_posix() for file in files]
    assert names[4:6] == ["mentees/003-asa-oberg.md", "mentees/003-asa-oberg.eml"]
    assert names[6] == "mentees/004-asa-oberg.md"
    assert names[-2] == "mentors/011-ulla-storm.md"
    assert not [name for name in names if "@" in name]
    assert {path for path in (tmp_path / "letters").rglob("*") if path.is_file()} == {
        *files,
        tmp_path / "letters" / LIST,
    }


def test_equal_stories_give_equal_letters(tmp_path: Path) -> None:
    """Neither the clock nor the order of rows in the sheets changes a byte."""
    story = example_story()
    cohort = story.cohort
    turned = replace(
        story,
        cohort=replace(
            cohort, mentees=cohort.mentees.iloc[::-1], mentors=cohort.mentors.iloc[::-1]
        ),
        pairs=story.pairs.iloc[::-1],
    )
    one = write_letters_of(story, tmp_path / "one")
    two = write_letters_of(turned, tmp_path / "two")
    assert [file.name for file in one] == [file.name for file in two]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


def test_letters_of_an_earlier_run_do_not_survive(tmp_path: Path) -> None:
    """A person who is no longer in the cohort has no letter left in the folder."""
    story = example_story()
    first = write_letters_of(story, tmp_path / "letters")
    fewer = replace(story.cohort, mentees=story.cohort.mentees.drop(index="s14"))
    second = write_letters_of(replace(story, cohort=fewer), tmp_path / "letters")
    found = {path for path in (tmp_path / "letters").rglob("*.*") if path.name != LIST}
    assert found == set(second)
    assert len(second) == len(first) - 2


def test_a_failure_leaves_the_earlier_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that breaks down half-way changes nothing."""
    first = write_letters_of(example_story(), tmp_path / "letters")
    before = [file.read_bytes() for file in first]

    def fail(recipient: Recipient, programme: object) -> bytes:
        if recipient.side == "mentors":
            raise ZeroDivisionError
        return b"new"

    monkeypatch.setattr(letters, "draft", fail)
    with pytest.raises(ZeroDivisionError):
        write_letters_of(example_story(), tmp_path / "letters")
    assert [file.read_bytes() for file in first] == before
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """Letters are never written over somebody's own folder."""
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(InputError, match=r"thesis\.docx"):
        write_letters_of(example_story(), tmp_path)
    assert (tmp_path / "thesis.docx").exists()


# --- What is told


def test_a_letter_says_whom_when_and_whom_to_ask() -> None:
    """A mentee learns the mentor's name and department, the dates, and whom to ask."""
    story = text(example_story(), "s03")
    assert story.startswith("Dear Åsa Öberg,\n\nWelcome to the Alumni Mentorship Programme 2024-25")
    assert "\nÅsa Öberg, Physics\n" in story
    assert "- Tuesday 5 November 2024, 17:00–19:00: Mentee workshop, Zoom\n" in story
    assert "Conclusion, The University (to be confirmed)\n" in story
    assert "Mentor workshop" not in story
    assert "Write to mentorship@example.org." in story


def test_a_letter_of_a_programme_without_events_has_no_dates() -> None:
    """There is no heading with nothing below it."""
    story = example_story()
    cohort = replace(story.cohort, programme=replace(story.cohort.programme, events=()))
    assert "Dates" in text(story, "s03")
    assert "Dates" not in text(replace(story, cohort=cohort), "s03")


def test_pairs_to_introduce_are_those_whose_letters_promise_it() -> None:
    """A coordinator's list holds just the pairs in which neither learns where to write."""
    assert to_introduce(share()) == frozenset()
    story = strangers("s03", "m05", "s01")
    found = to_introduce(story)
    assert found == {("s03", "m05")}
    for person in recipients(story):
        for partner in person.partners:
            pair = (person.id, partner.id)[:: 1 if person.side == "mentees" else -1]
            told = _first(person, partner) == "introduced"
            assert told == (pair in found)


def test_a_mentor_of_two_reads_of_both() -> None:
    """A mentor with two mentees gets one letter about both, and the mentors' dates."""
    story = text(example_story(), "m04")
    assert "who your mentees are" in story
    assert f"\n{LONG_NAME}, Physics\n" in story
    assert "\nNull, Physics\n" in story
    assert "Mentor workshop" in story
    assert "Mentee workshop" not in story
    assert mail(example_story(), "m04")["Subject"].startswith("Your mentees in the Alumni")


@pytest.mark.parametrize("language", ["en", "sv"])
def test_people_without_a_pair_get_a_kind_letter(language: str) -> None:
    """Who has no pair is thanked, and told no dates and no reason that speaks of others."""
    story = example_story(language)
    for side, identity in (("mentees", "s14"), ("mentors", "m11")):
        told = text(story, identity)
        assert ("Thank you" if language == "en" else "Tack") in told
        assert "2024," not in told
        assert "november" not in told.casefold()
        assert story.unmatched.set_index("id").loc[identity, "reason"] not in told
        assert subject(person(story, identity), story.cohort.programme).split()[0] in (
            "About",
            "Om",
        )
        assert person(story, identity).side == side


def test_everybody_reads_their_own_language() -> None:
    """A Swede in an English run reads Swedish, options included; a department's name too."""
    story = with_people(
        example_story(), language={"s03": "sv"}, interests={"m05": ("data analysis",)}
    )
    question = Question(
        "interests",
        "everyone",
        ("I",),
        kind="any of",
        shared=True,
        options=(Option("data analysis", Words("Data analysis", "Dataanalys")),),
        label=Words("Interests", "Intressen"),
    )
    story = with_questions(story, question)
    told = text(story, "s03")
    assert told.startswith("Hej Åsa Öberg,")
    assert "\nÅsa Öberg, Fysik\n" in told
    assert "- Intressen: Dataanalys\n" in told
    assert "Ni angav båda Dataanalys" in told
    assert "tisdag 5 november 2024 kl. 17.00–19.00: Adeptverkstad" in told
    assert text(story, "m05").startswith("Dear Åsa Öberg,")


def test_unshared_questions_are_never_told() -> None:
    """An answer whose question is not shared is in no letter, wherever it stands."""
    story = example_story()
    answers = {i: f"canary of {i}" for i in [*story.cohort.mentees.index, "m05", "m01"]}
    story = with_people(story, goals=answers, employer=answers)
    programme = story.cohort.programme
    for recipient in recipients(story):
        assert "canary" not in letter(recipient, programme, MARKDOWN)
        assert b"canary" not in draft(recipient, programme)


def test_only_ticked_answers_are_told() -> None:
    """Where the form asks, an answer needs both the programme's and the person's yes."""
    told = text(share("languages", "goals"), "s03")
    assert "Languages: Swedish, English" in told
    assert "m05@example.org" not in told
    assert "Interests:" not in told
    assert "You both named" not in told
    assert "Goals" not in told, "ticked, but the programme does not share it"
    assert "Åsa Öberg, Physics" in told, "name and department are always told"


def test_one_unticked_side_is_enough_to_hide_what_both_named() -> None:
    """What two people have in common is told to neither if one of them keeps it private."""
    assert "You both named" not in text(share("email"), "m05")
    assert "You both named data analysis and teaching" in text(share("interests"), "m05")


def reasons(story: Story, identity: str) -> list[str]:
    """Return the lines of a letter that say what speaks for the pair."""
    after = re.split(r"(?:for the two of you|för er två):\n\n", text(story, identity))[1]
    return after.split("\n\n")[0].splitlines()


def talking(*silent: str) -> Story:
    """Let s03 seek with two answers what m05 offers; `silent` answers are not passed on."""
    open_ones = {"interests", "goals", "seeks", "offers"} - set(silent)
    asked = [
        Question(answer, who, (answer,), kind=kind, shared=answer in open_ones)
        for answer, who, kind in (
            ("interests", "everyone", "any of"),
            ("goals", "mentees", "text"),
            ("seeks", "mentees", "text"),
            ("offers", "mentors", "text"),
        )
    ]
    story = with_people(
        example_story(),
        goals={"s03": "Jag läser fysik. Helst vill jag bli klimatforskare!"},
        seeks={"s03": "Somebody in radio"},
        offers={"m05": "I do research on the climate. I talk about it in radio and *podcasts*."},
        language={"s03": "sv"},
    )
    return with_questions(story, *asked)


def test_a_letter_tells_what_made_the_score() -> None:
    """Tags, words and the nearest sentences, each one's own first, in the reader's language."""
    assert reasons(talking(), "s03") == [
        "- Ni angav båda data analysis och teaching.",
        "- Det du söker och det Åsa Öberg erbjuder möts i de här orden: radio och "
        "klimatforskare – research.",
        "- Du skrev: ”Somebody in radio” Åsa Öberg skrev: "
        "”I talk about it in radio and *podcasts*.”",
        "- Ni hör båda till Fysik.",
    ]
    theirs = reasons(talking(), "m05")
    assert theirs[1].startswith("- What Åsa Öberg looks for and what you offer meet in")
    assert "radio and research – klimatforskare" in theirs[1]
    assert theirs[2].startswith("- You wrote: “I talk about it")


@pytest.mark.parametrize("silent", ["goals", "seeks", "offers", "interests"])
def test_what_made_the_score_is_told_only_from_answers_that_are_shared(silent: str) -> None:
    """Nothing of an answer that is kept private is told, on either side; the rest is."""
    words = {
        "goals": ("klimatforskare", "research –"),
        "seeks": ("Somebody in radio",),
        "offers": ("radio", "climate"),
        "interests": ("named", "angav"),
    }
    for identity in ("s03", "m05"):
        told = " ".join(reasons(talking(silent), identity))
        assert not [word for word in words[silent] if word in told], told
        assert len(reasons(talking(silent), identity)) == {"offers": 2, "interests": 3}.get(
            silent, 4
        )


def test_reasons_are_marked_up_letter_by_letter() -> None:
    """What somebody typed into an answer is no markup in a Markdown letter."""
    story = talking()
    told = letter(person(story, "m05"), story.cohort.programme, MARKDOWN)
    assert r"in radio and \*podcasts\*.” Åsa Öberg wrote: “Somebody" in told


def test_a_column_to_share_counts_even_if_the_programme_does_not_ask() -> None:
    """A person who ticked nothing shares nothing, however the answer came in."""
    assert "m05@example.org" not in text(with_people(example_story(), share={}), "s03")


@pytest.mark.parametrize(
    ("mentee_shares", "mentor_shares", "to_mentee", "to_mentor"),
    [
        (True, True, "Please write to Åsa Öberg", "has been asked to write to you first"),
        (False, True, "Please write to Åsa Öberg", "has been asked to write to you within a week"),
        (True, False, "has been asked to write to you within a week", "Please write to Åsa Öberg"),
        (False, False, "Please write to us", "Please write to us"),
    ],
)
def test_somebody_who_can_is_asked_to_write(
    mentee_shares: bool, mentor_shares: bool, to_mentee: str, to_mentor: str
) -> None:
    """The one who has the other's address writes first; if neither has, the office helps."""
    ticked = {"s03": ("email",) * mentee_shares, "m05": ("email",) * mentor_shares}
    story = with_people(example_story(), share=ticked)
    assert to_mentee in text(story, "s03")
    assert to_mentor in text(story, "m05")


def test_kinds_of_answers_in_words() -> None:
    """Numbers, yes and no, and lists read as a person would write them; empty ones are left out."""
    told = {
        Question("years", "mentors", ("Years",), kind="number", shared=True): 3.0,
        Question("abroad", "mentors", ("Abroad",), kind="yes or no", shared=True): False,
        Question("motto", "mentors", ("Motto",), shared=True): "one\nline",
        Question("hobby", "mentors", ("Hobby",), shared=True): "",
    }
    answers = {question.answer: {"m05": value} for question, value in told.items()}
    text_ = text(with_questions(with_people(example_story(), **answers), *told), "s03")
    assert "- Years: 3\n- Abroad: no\n- Motto: one line\n" in text_
    assert "Hobby" not in text_


def test_without_a_contact_the_coordinator_is_named() -> None:
    """A programme without an address of its own sends questions to the department."""
    story = example_story()
    programme = replace(story.cohort.programme, contact="")
    story = replace(story, cohort=replace(story.cohort, programme=programme))
    assert "Write to physics@example.org." in text(story, "s03")


def test_markdown_shows_names_letter_by_letter() -> None:
    """A name that is HTML or Markdown is text in the letter, not markup."""
    story = with_people(example_story(), name={"m05": "[a](http://x) *b* _c_ `d` # &amp; \\"})
    programme = story.cohort.programme
    told = letter(person(story, "s03"), programme, MARKDOWN)
    assert r"**\[a\](http\://x) \*b\* \_c\_ \`d\` \# \&amp; \\**, Physics" in told
    assert HTML_NAME not in letter(person(story, "m01"), programme, MARKDOWN)
    assert r"\<img src=x onerror=alert(1)\>" in letter(person(story, "m01"), programme, MARKDOWN)
    assert "<m05@example.org>" in told


# --- The drafts


def test_a_draft_opens_as_one_and_says_the_same() -> None:
    """Outlook opens it unsent; it has no date, and its text is the letter."""
    message = mail(example_story("sv"), "s03")
    assert message["X-Unsent"] == "1"
    assert message["Date"] is None
    assert message["Subject"] == "Din mentor i Alumnmentorprogrammet 2024-25"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().replace("\r\n", "\n") == text(example_story("sv"), "s03")


@pytest.mark.parametrize(
    "identity", ["s01", "s02", "s03", "s05", "s08", "s09", "s10", "m02", "m04"]
)
def test_names_and_addresses_survive_the_header(identity: str) -> None:
    """Quotes, brackets, commas, accents and length neither break nor change who it goes to."""
    (address,) = mail(example_story(), identity)["To"].addresses
    recipient = person(example_story(), identity)
    assert address.addr_spec == f"{identity}@example.org"
    # Only what names are made of is left, and the start of a very long one.
    kept = [word for word in re.split(r"[^\w’'.-]+", recipient.name[:30]) if word]
    assert all(word in address.display_name for word in kept[:-1])


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?Bo=0D=0ABcc:_spy=40evil.example?=",
        "=?utf-8?q?Bo=0D=0A=0D=0Abody?=",
        "Bo Ek, <spy@evil.example>, " + "x" * 50,
        "å, <spy@evil.example>, b" * 9,
    ],
)
def test_a_name_that_is_an_attack_reaches_one_address_only(name: str) -> None:
    """Encoded words and long names with commas add no header and no recipient."""
    recipient = Recipient("mentees", "s", name, "bo@example.org", "", "", "en")
    raw = draft(recipient, example_story().cohort.programme)
    message = message_from_bytes(raw, policy=default)
    assert [one.addr_spec for one in message["To"].addresses] == ["bo@example.org"]
    assert message["Bcc"] is None
    assert b"\nBcc" not in raw


@settings(max_examples=50)
@given(st.text(max_size=40), st.sampled_from(["\r\n", "\n", "\r", "\x00", "\u2028", "\x85", ", "]))
def test_no_name_adds_a_header_or_a_recipient(name: str, line_end: str) -> None:
    """Line breaks in a name or address cannot smuggle in anything."""
    recipient = Recipient(
        "mentees",
        "s",
        plain(f"{name}{line_end}Bcc: evil@example.com"),
        plain(f"s@example.org{line_end}Bcc: evil@example.com"),
        "",
        "",
        "en",
    )
    programme = example_story().cohort.programme
    for email in (recipient.email, "s@example.org"):
        message = message_from_bytes(
            draft(replace(recipient, email=email), programme), policy=default
        )
        names = {"To", "Subject", "X-Unsent", "Content-Type", "Content-Transfer-Encoding"}
        assert set(message.keys()) <= names | {"MIME-Version"}
        if message["To"] is not None:
            assert [a.addr_spec for a in message["To"].addresses] == ["s@example.org"]


@pytest.mark.parametrize("email", ["", "nobody", "a b@example.org", "a@b, c@d", "åsa@example.org"])
def test_an_address_that_no_mail_can_carry_is_left_for_the_coordinator(email: str) -> None:
    """The draft then has no recipient, so that it cannot go to the wrong person."""
    story = with_people(example_story(), email={"s03": email})
    assert mail(story, "s03")["To"] is None
    assert "Dear Åsa Öberg" in mail(story, "s03").get_content()


@pytest.mark.parametrize(("language", "greeting"), [("en", "Hello,"), ("sv", "Hej,")])
@pytest.mark.parametrize("named", [False, True])
def test_nobody_is_called_by_their_id(
    named: bool, language: str, greeting: str, tmp_path: Path
) -> None:
    """Without a name, a letter greets in general; the id, perhaps an address, is never told."""
    story = example_story(language)
    tables = []
    for side in ("mentees", "mentors"):
        table = story.cohort.table(side).drop(columns=["name", "language"], errors="ignore")
        tables.append(table.assign(name="") if named else table)
    programme = replace(story.cohort.programme, questions=())
    cohort = replace(story.cohort, mentees=tables[0], mentors=tables[1], programme=programme)
    words = {
        "en": ("Your mentor", "Your mentee", "Please write to us"),
        "sv": ("Din mentor", "Din adept", "Skriv till oss"),
    }[language]
    ids = [*cohort.mentees.index, *cohort.mentors.index]
    everybody = recipients(replace(story, cohort=cohort))
    assert any(one.partners for one in everybody)
    for one in everybody:
        text = letter(one, programme, PLAIN)
        assert text.startswith(greeting + "\n")
        assert not [person for person in ids if re.search(rf"\b{re.escape(person)}\b", text)]
        if one.partners:
            assert words[one.side == "mentors"] in text
            assert words[2] in text
        assert "\n, " not in text
        assert ",," not in text
    merged = write_workbook_of(replace(story, cohort=cohort), tmp_path / "pairs.xlsx")
    sheet = openpyxl.load_workbook(merged)[say("workbook.sheet_letters", language)]
    heading, *rows = sheet.iter_rows(values_only=True)
    at = heading.index(say("workbook.partners", language))
    assert {row[at] for row in rows if row[at]} >= {words[0].lower(), words[1].lower()}


def test_plain_texts_are_one_line_of_visible_letters() -> None:
    """Control characters and direction marks go, joined emoji and other scripts stay."""
    assert plain("a\r\nb\tc\x00d\u2028e") == "a b c d e"
    assert plain("\u202eabc\u2066\ufeff") == "abc"
    assert plain("👩\u200d🔬 李雷") == "👩\u200d🔬 李雷"
    assert re.fullmatch(r"a.b", plain("a\ud800b"))
