"""What a part of the score is called on a screen."""

from __future__ import annotations

from mentormatch.people.programme import Programme
from mentormatch.words import catalogue, say


def part_label(programme: Programme, name: str, language: str = "en") -> str:
    """Return what to call a part of the score: for one of ours our word, else the question's label.

    Without a label it is called as its column is headed; without a question, by its name.

    Parameters
    ----------
    programme : Programme
        Whose questions may have labels.
    name : str
        Name of the part.
    language : {"en", "sv"}
        Language of the reader.

    Examples
    --------
    >>> from mentormatch.people.programme import Words
    >>> part_label(Programme(Words("A"), "2024-25", ()), "goals", "sv")
    'Mål och önskemål'
    """
    if f"part_{name}" in catalogue(language, "scores"):
        return say(f"scores.part_{name}", language)
    for question in programme.questions:
        if question.answer == name:
            return question.called(language)
    return name
