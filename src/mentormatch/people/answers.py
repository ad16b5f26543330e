"""What a cell says when it answers a question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from mentormatch.errors import Fault
from mentormatch.people.moments import DayOrder, read_moment
from mentormatch.people.programme import Option, Question
from mentormatch.people.spelling import clip, fold, nearest

Answer = str | tuple[str, ...] | int | float | bool | datetime

#: Questions whose number counts people.
COUNTS = ("places", "demand")

#: Option of the question for ``share`` that shares no answer.
SHARES_NOTHING = "nothing"

_YES = {"yes", "y", "ja", "j", "true", "t", "sant", "1", "x", "on", "✓", "✔", "☑", "✅"}
_NO = {"no", "n", "nej", "false", "f", "falskt", "falsk", "0", "off", "☐", "✗", "✘", "❌"}
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}( [0-9]{3})+([.,][0-9]+)?")
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,17}))?")
#: A thousand or one? Excel's own decimals come with a point and no trailing noughts.
_TWO_NUMBERS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3}|\.[0-9]{2}0)")
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[^@\s<>()\[\],;:\"\\.]+(\.[^@\s<>()\[\],;:\"\\.]+)+")
_ANY_SEPARATOR = re.compile(r"[;,|\n]")
#: Between tags of one's own choice; a decimal comma is none.
_TAG_SEPARATOR = re.compile(r"[;|\n]|(?<![0-9]),|,(?![0-9])")
_FORM_SEPARATOR = re.compile(r"[;\n]")
_BULLET = re.compile(r"^[-–•*·] ")
_SEPARATOR_SPACE = re.compile(r" ?([;,|]) ?")


def read_answer(
    cell: str,
    question: Question,
    *,
    order: DayOrder = DayOrder.UNDECIDED,
    timezone: str = "Europe/Stockholm",
) -> Answer | Fault:
    """Return what a cell answers, or the fault that it is no answer to the question.

    The fault has no place yet: who knows file, row and column puts them in.

    Parameters
    ----------
    cell : str
        Tidy text, not empty.
    question : Question
        Its kind and options say what is accepted. A ``yes or no`` question may have options with
        the keys ``yes`` and ``no`` for further spellings.
    order : DayOrder
        Which comes first in the dates of this column, for ``moment``.
    timezone : str
        Where moments with a zone are told in.

    Returns
    -------
    str, tuple of str, int, float, bool, datetime or Fault
        ``text``: the text. ``one of``: the option's key. ``any of``: keys in the order of the
        options, or without options the tags in the order of the cell. ``number``: int where it
        is whole. ``yes or no``: bool. ``moment``: datetime without zone.

    Examples
    --------
    >>> read_answer("Python; R, SQL", Question("offers", "mentors", ("Offers",), "any of"))
    ('Python', 'R', 'SQL')
    >>> read_answer("ja", Question("share", "everyone", ("Share",), "yes or no"))
    True
    >>> print(read_answer("two", Question("places", "mentors", ("Places",), "number")))
    "two" is not a whole number in figures, 0 or more.
    """
    match question.kind:
        case "one of" if question.options:
            return _one_of(cell, question.options)
        case "any of":
            return _any_of(cell, question.options) if question.options else _tags(cell)
        case "number":
            return _number(cell, count=question.answer in COUNTS)
        case "yes or no":
            return _yes_or_no(cell, question.options)
        case "moment":
            moment = read_moment(cell, order, timezone=timezone)
            return Fault("sheets.no_moment", value=clip(cell)) if moment is None else moment
    if question.answer == "email":
        return _email(cell)
    return " ".join(cell.split()) if question.answer in ("id", "name") else cell


def unknown_entries(cell: str, question: Question) -> tuple[Fault, ...]:
    """Return a fault for every entry of a cell that is none of its question's options.

    Examples
    --------
    >>> from mentormatch.people.programme import Words
    >>> swedish = Option("sv", Words("Swedish", "Svenska"))
    >>> asked = Question("languages", "everyone", ("Languages",), "any of", (swedish,))
    >>> [fault.value for fault in unknown_entries("Finnish; Swedish, Sami", asked)]
    ['Finnish', 'Sami']
    """
    if question.kind != "any of":
        fault = _one_of(cell, question.options)
        return (fault,) if isinstance(fault, Fault) else ()
    _, unknown = _entries(cell, question.options)
    return tuple(_unknown(entry, question.options) for entry in unknown)


def shared_answers(answer: Answer | None, questions: Iterable[Question]) -> tuple[str, ...]:
    """Return the names of the answers that somebody lets the other side of a pair know.

    Parameters
    ----------
    answer : answer
        To the question for ``share``: a yes shares everything that may be shared. Whoever ticks
        that nothing may be told is taken at their word, whatever else is ticked.
    questions : iterable of Question
        Those that the person was asked.
    """
    if answer is True:
        return tuple(each.answer for each in questions if each.shared and each.answer != "share")
    if not isinstance(answer, tuple) or SHARES_NOTHING in answer:
        return ()
    return answer


def missing_answer(question: Question) -> Answer | None:
    """Return what stands in the tables where nobody answered; None for numbers and moments."""
    if question.kind == "any of":
        return ()
    return None if question.kind in ("number", "moment") else ""


def accepted(options: Iterable[Option], language: str = "") -> tuple[str, ...]:
    """Return the options as a coordinator reads them: in both languages, or in the one given."""
    if language:
        return tuple(option.name(language) or option.key for option in options)
    return tuple(
        " / ".join(dict.fromkeys(filter(None, (option.name.en, option.name.sv)))) or option.key
        for option in options
    )


def _email(cell: str) -> str | Fault:
    address = cell.removeprefix("mailto:")
    if _EMAIL.fullmatch(address) and len(address) <= 254:
        return address
    return Fault("sheets.no_email", value=clip(cell))


def _spellings(option: Option) -> tuple[str, ...]:
    return tuple(filter(None, (option.name.en, option.name.sv, option.key, *option.aliases)))


def _plain(text: str) -> str:
    """Return a text folded, with the spaces around separators alike."""
    return _SEPARATOR_SPACE.sub(r"\1 ", fold(text)).strip()


@lru_cache(maxsize=64)
def _lookup(options: tuple[Option, ...]) -> dict[str, str]:
    table: dict[str, str] = {}
    for option in options:
        for spelling in _spellings(option):
            table.setdefault(_plain(spelling), option.key)
    return table


def _unknown(text: str, options: tuple[Option, ...]) -> Fault:
    spellings = [spelling for option in options for spelling in _spellings(option)]
    return Fault(
        "unknown_value",
        value=clip(text),
        accepted=accepted(options),
        nearest=nearest(text, spellings),
    )


def _one_of(cell: str, options: tuple[Option, ...]) -> str | Fault:
    key = _lookup(options).get(_plain(cell.rstrip(";")))
    return _unknown(cell, options) if key is None else key


def _any_of(cell: str, options: tuple[Option, ...]) -> tuple[str, ...] | Fault:
    chosen, unknown = _entries(cell, options)
    if unknown:
        return _unknown(unknown[0], options)
    return tuple(option.key for option in options if option.key in chosen)


def _entries(cell: str, options: tuple[Option, ...]) -> tuple[set[str], list[str]]:
    """Return the keys that a multi-select answer holds, and its entries that are no option.

    An option that itself holds a comma is tried whole first.
    """
    table = _lookup(options)
    longest = 1 + max(len(_ANY_SEPARATOR.findall(spelling)) for spelling in table)
    ends = [found.span() for found in _ANY_SEPARATOR.finditer(cell)] + [(len(cell), len(cell))]
    chosen: set[str] = set()
    unknown: list[str] = []
    start = at = 0
    while at < len(ends):
        for end in range(min(at + longest, len(ends)) - 1, at - 1, -1):
            key = table.get(_plain(cell[start : ends[end][0]]))
            if key is not None:
                chosen.add(key)
                at = end
                break
        else:
            piece = cell[start : ends[at][0]].strip()
            if piece:
                unknown.append(piece)
        start, at = ends[at][1], at + 1
    return chosen, unknown


def _tags(cell: str) -> tuple[str, ...]:
    """Split tags of one's own choice.

    A semicolon at the very end is Microsoft Forms: then commas belong to the answers.
    """
    separator = _FORM_SEPARATOR if cell.endswith(";") else _TAG_SEPARATOR
    tags: dict[str, str] = {}
    for piece in separator.split(cell):
        tag = " ".join(_BULLET.sub("", piece.strip()).split())
        if tag:
            tags.setdefault(fold(tag), tag)
    return tuple(tags.values())


def _number(cell: str, *, count: bool) -> int | float | Fault:
    text = fold(cell)
    if _GROUPED.fullmatch(text):  # 1 000: Swedish thousands
        text = text.replace(" ", "")
    found = _NUMBER.fullmatch(text)
    bad = Fault("sheets.no_count" if count else "sheets.no_number", value=clip(cell))
    if found is None:
        return bad
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if _TWO_NUMBERS.fullmatch(text):
        return Fault("sheets.two_numbers", value=clip(cell))
    if not decimals.strip("0"):
        number = int(sign + whole)
        return bad if count and number < 0 else number
    return bad if count else float(f"{sign}{whole}.{decimals}")


def _yes_or_no(cell: str, options: tuple[Option, ...]) -> bool | Fault:
    word = fold(cell)
    said = _lookup(options).get(_plain(cell))
    if said == "yes" or (said is None and word in _YES):
        return True
    if said == "no" or (said is None and word in _NO):
        return False
    return Fault("sheets.no_yes_or_no", value=clip(cell))
