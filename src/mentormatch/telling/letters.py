"""The letters that tell each person, in their own language, whom they were paired with.

They hold nothing about the other person that `mentormatch.telling.recipients` does not release.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from mentormatch.people.programme import SIDES, Programme
from mentormatch.scores.labels import part_label
from mentormatch.telling.calendar import event_in_words, events_for
from mentormatch.telling.files import safe_name, whole_folder
from mentormatch.telling.reasons import reasons_for
from mentormatch.telling.recipients import Partner, Recipient, plain, recipients
from mentormatch.telling.story import Story
from mentormatch.words import say

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!:])")
#: All but letters, digits, spaces and what names are made of: in a mail header it can do harm.
_HARMFUL = re.compile(r"[^\w '’.-]|_")
_LONGEST_NAME = 60
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True)
class Style:
    """How a letter is marked up: each function takes one line of text."""

    quote: Callable[[str], str]
    strong: Callable[[str], str]
    heading: Callable[[str], str]
    address: Callable[[str], str]


def _quote(text: str) -> str:
    """Have a text that somebody typed appear in Markdown letter by letter."""
    return _MARKS.sub(r"\\\1", text)


PLAIN = Style(
    quote=lambda text: text,
    strong=lambda text: text,
    heading=lambda text: f"{text}\n{'-' * len(text)}",
    address=lambda text: text,
)
MARKDOWN = Style(
    quote=_quote,
    strong=lambda text: f"**{_quote(text)}**",
    heading=lambda text: f"## {text}",
    address=lambda text: f"<{text}>" if _ADDRESS.fullmatch(text) else _quote(text),
)


def write_letters_of(story: Story, folder: str | Path) -> list[Path]:
    """Write a letter to everybody, as Markdown and as an e-mail draft.

    The folder is replaced as a whole: complete, or as it was before. Letters of an earlier run do
    not survive. Equal stories give equal bytes.

    Parameters
    ----------
    story : Story
        What to tell.
    folder : str or Path
        Folder to write or replace: ``mentees/001-asa-oberg.md``, ``.eml``, ``mentors/...``.

    Returns
    -------
    list of Path
        Both files of each person, mentees first.

    Raises
    ------
    InputError
        The folder holds files that mentormatch did not write, or one of its files is open in
        another program.
    """
    programme = story.cohort.programme
    everybody = recipients(story)
    names: list[str] = []
    with whole_folder(folder) as aside:
        for side in SIDES:
            (aside / side).mkdir()
            group = [recipient for recipient in everybody if recipient.side == side]
            digits = max(3, len(str(len(group))))
            for number, recipient in enumerate(group, start=1):
                name = f"{side}/{number:0{digits}}-{safe_name(recipient.name)}"
                text = letter(recipient, programme, MARKDOWN)
                (aside / f"{name}.md").write_text(text, encoding="utf-8", newline="\n")
                (aside / f"{name}.eml").write_bytes(draft(recipient, programme))
                names += [f"{name}.md", f"{name}.eml"]
    return [Path(folder) / name for name in names]


def draft(recipient: Recipient, programme: Programme) -> bytes:
    """Return the letter as an e-mail that opens as a draft, ready to be looked at and sent.

    Where the recipient has no address that an e-mail can carry, the draft has no recipient.
    """
    message = EmailMessage(policy=SMTP)
    try:
        if recipient.email.isascii():
            name = _HARMFUL.sub(" ", plain(recipient.name))[:_LONGEST_NAME].strip()
            message["To"] = Address(name, addr_spec=recipient.email)
    except (MessageError, ValueError, IndexError, AttributeError):
        pass
    # What looks like an encoded word would be decoded, and could hold line breaks.
    message["Subject"] = plain(subject(recipient, programme)).replace("=?", "= ?")
    # Outlook opens what is marked so as a draft. There is no date: a run has none either.
    message["X-Unsent"] = "1"
    message.set_content(letter(recipient, programme, PLAIN), cte="quoted-printable")
    return message.as_bytes()


def subject(recipient: Recipient, programme: Programme) -> str:
    """Return the subject of a letter."""
    side, language = recipient.side, recipient.language
    key = f"subject_{side}" + ("_several" if len(recipient.partners) > 1 else "")
    if not recipient.partners:
        key = "subject_none" if side == "mentees" else "subject_none_mentors"
    return say(f"letters.{key}", language, programme=_title(programme, language))


def letter(recipient: Recipient, programme: Programme, style: Style) -> str:
    """Return the text of a letter: whom, why, how to begin, when, and whom to ask."""
    side, language = recipient.side, recipient.language

    def told(key: str, **values: str) -> str:
        return say(f"letters.{key}", language, **values)

    title = style.quote(_title(programme, language))
    name = style.quote(recipient.name)
    blocks = [told("greeting", name=name) if name else told("greeting_nameless")]
    if recipient.partners:
        several = "_several" if len(recipient.partners) > 1 else ""
        blocks.append(told(f"opening_{side}{several}", programme=title))
        for partner in recipient.partners:
            blocks += _partner(recipient, partner, style, programme)
        blocks.append(style.heading(told("steps")))
        blocks.append(_bullets([told(f"step_{side}_{k}") for k in (1, 2, 3)]))
        lines = [
            plain(event_in_words(event, programme.timezone, language))
            for event in events_for(programme, side)
        ]
        if lines:
            blocks += [style.heading(told("dates")), _bullets(lines)]
    else:
        blocks += [told(f"none_{side}_{k}", programme=title) for k in (1, 2, 3)]
    contact = contact_of(recipient, programme)
    if contact:
        blocks.append(told("contact", contact=style.address(contact)))
    blocks += [told("regards"), title]
    return "\n\n".join(blocks) + "\n"


def contact_of(recipient: Recipient, programme: Programme) -> str:
    """Return whom a person may ask: the programme's address, else their coordinator's."""
    key = recipient.department_key
    return plain(programme.contact or (programme.department(key).coordinator if key else ""))


def called(recipient: Recipient, partner: Partner) -> str:
    """Return what a letter calls a partner: by name, or in general where there is none."""
    return partner.told.name or say(f"letters.nameless_{recipient.side}", recipient.language)


def _partner(
    recipient: Recipient, partner: Partner, style: Style, programme: Programme
) -> list[str]:
    """Return what is said of one partner: who it is, why the two were paired, who writes first."""
    language, told = recipient.language, partner.told
    name = called(recipient, partner)
    blocks = [style.strong(name[:1].upper() + name[1:] if not told.name else name)]
    if told.department:
        blocks[0] += ", " + style.quote(told.department)
    lines = []
    if told.email:
        lines.append(say("letters.email", language, email=style.address(told.email)))
    for label, text in told.answers:
        line = {"label": style.quote(label), "text": style.quote(text)}
        lines.append(say("letters.answer", language, **line))
    if lines:
        blocks.append(_bullets(lines))
    labels = {one.part: part_label(programme, one.part, language) for one in partner.in_common}
    reasons = reasons_for(partner.in_common, recipient.side, language, name, labels, style.quote)
    blocks.append(say("letters.why_these" if reasons else "letters.why", language))
    if reasons:
        blocks.append(_bullets(reasons))
    first = say(f"letters.{_first(recipient, partner)}", language, name=style.quote(name))
    return [*blocks, first[:1].upper() + first[1:]]


def _first(recipient: Recipient, partner: Partner) -> str:
    """Name the sentence about who writes first: the mentee, if they know where to."""
    knows, known = bool(partner.told.email), partner.knows_email
    if not knows and not known:
        return "introduced"
    if knows and (recipient.side == "mentees" or not known):
        return "write_first"
    return "expect_mentee" if knows else "will_write"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _title(programme: Programme, language: str) -> str:
    return plain(f"{programme.name(language)} {programme.year}")
