"""Free-text answers in Swedish and English are compared by what they are about."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Department, Programme, Words
from mentormatch.scores.language import guess_language
from mentormatch.scores.reading import CHARACTERS, read, stem
from mentormatch.scores.score import score
from mentormatch.scores.text import goals_part

PROGRAMME = Programme(Words("A programme"), "2024-25", (Department("physics", Words("Physics")),))


def cohort(goals: list[str], offers: list[str], **more: Any) -> Cohort:
    """Make a cohort in which mentees have goals and mentors offers."""
    return Cohort(
        pd.DataFrame({"goals": goals, **more}, index=[f"e{k}" for k in range(len(goals))]),
        pd.DataFrame({"offers": offers}, index=[f"o{k}" for k in range(len(offers))]),
        PROGRAMME,
    )


def values(goals: list[str], offers: list[str]) -> Any:
    """Return the values of the goals part as a table."""
    return score(cohort(goals, offers), {"goals": 1}).block(slice(None))


SEEKS = [
    "Jag vill lära mig mer om klimatforskning och hur man kommer in i branschen.",
    "Söker någon som kan berätta om arbetet som gymnasielärare i biologi.",
    "Hur blir man journalist? Jag drömmer om granskande journalistik på radio.",
    "I want to learn how to move from academia into the data science industry.",
    "I am interested in weather forecasting and numerical modelling.",
    "How do I become a film producer?",
]
OFFERS = [
    "Jag arbetar som klimatforskare och kan berätta om vägen till ett jobb i klimatbranschen.",
    "Har undervisat i biologi på gymnasiet i tjugo år och handleder nya lärare.",
    "Reporter med lång erfarenhet av granskande journalistik i radion.",
    "Data scientist at a tech company after a PhD; I can help you leave academia for industry.",
    "Forecaster and developer of numerical weather prediction models.",
    "Producer of television drama and documentary films.",
]


def test_what_is_sought_finds_what_is_offered() -> None:
    """Each mentee's best mentor is the one who offers it, by far, in both languages."""
    table = values(SEEKS, OFFERS)
    assert table.argmax(axis=1).tolist() == list(range(6))
    others = table[~np.eye(6, dtype=bool)]
    assert np.diag(table).min() > 0.3
    assert others.max() < 0.2
    assert np.median(others) < 0.02


def test_identical_texts_are_one_and_unrelated_ones_near_zero() -> None:
    """The curve uses all of [0, 1]."""
    table = values(SEEKS, SEEKS)
    assert np.all(np.diag(table) > 0.999)
    assert values([SEEKS[0]], [OFFERS[5], OFFERS[1]]).max() < 0.1


@pytest.mark.parametrize(
    ("goals", "offers", "other"),
    [
        ("Jag är nyfiken på forskning", "Jag har arbetat med forskningen", "Jag lagar mat"),
        ("Jag funderar på klimatet", "Vi undersöker klimat", "Vi undersöker fåglar"),
        ("careers in publishing", "my career as a publisher", "my garden as a hobby"),
        ("to study galaxies", "studying the galaxy", "selling the bicycle"),
    ],
)
def test_other_forms_of_a_word_are_the_same_word(goals: str, offers: str, other: str) -> None:
    """Endings do not matter, in Swedish or English."""
    near, far = values([goals], [offers, other])[0]
    assert near > 0.3 > far


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("sv", ["forskning", "forskningen", "forskningar"]),
        ("sv", ["klimat", "klimatet"]),
        ("sv", ["karriär", "karriären", "karriärer"]),
        ("en", ["career", "careers"]),
        ("en", ["research", "researching", "researched"]),
    ],
)
def test_stems_of_one_word_agree(language: str, forms: list[str]) -> None:
    """All forms of a word have one stem."""
    assert len({stem(form, language) for form in forms}) == 1


def test_compounds_find_their_pieces() -> None:
    """Pieces of characters find a word inside a longer one."""
    near, far = values(["forskning"], ["klimatforskningen", "trädgården"])[0]
    assert near > 0.1 > far == 0


def test_a_word_said_often_counts_more() -> None:
    """What an answer dwells on weighs more in it."""
    often, once = values(["klimat"], ["klimat klimat klimat hav", "klimat hav hav hav"])[0]
    assert often > once > 0


def test_ai_is_not_found_in_retail() -> None:
    """A short word does not match inside another one."""
    table = values(["AI"], ["retail", "I work with AI"])
    assert table[0, 0] == 0
    assert table[0, 1] > 0.5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Jag vill gärna veta mer om hur det är", "sv"),
        ("I would like to know more about this", "en"),
        ("Klimatforskning och undervisning", "sv"),
        ("forskningen", "sv"),
        ("Astronomy and meteorology", "en"),
        ("fältarbete i Arktis", "sv"),
    ],
)
def test_a_language_is_guessed_per_answer(text: str, language: str) -> None:
    """Function words, letters and endings tell, whatever the programme's language."""
    keys = text.casefold().split()
    assert guess_language(keys, "sv") == guess_language(keys, "en") == language


def test_where_nothing_tells_the_persons_language_counts() -> None:
    """One word of no language is read in the language that the person chose."""
    plain = goals_part(cohort(["kontakter"], ["kontakt"]))
    told = goals_part(cohort(["kontakter"], ["kontakt"], language=["sv"]))
    assert told.at([0], [0])[0] > plain.at([0], [0])[0]
    assert read("kontakter", "sv").stems == ("kontak",)


def test_markup_addresses_and_invisible_marks_are_no_words() -> None:
    """HTML, links, e-mail addresses and direction marks leave no trace."""
    text = "<p class='x'>Klimat&nbsp;&amp; <b>hav</b></p> a.b@example.org https://example.org/x"
    assert read(text + " \u202ekli\u00admat\u202c").words == ("Klimat", "hav", "klimat")


def test_names_of_programming_languages_survive() -> None:
    """C++, C# and R are words."""
    assert read("R, C++ och C# men inte a b").words == ("R", "C++", "C#")


STRANGE = [
    "", " ", "😀", "och det som är", "the of and", "<", "<b></b>", "<script>", "\x00", "٣",
    "مرحبا بالعالم", "שלום עולם", "气候研究", "e\u0301", "\u202e", "--", "2024", "x" * 50_000,
    "forskning om klimat " * 2_500, "<" * 50_000, "&" * 1000, "ß", "ﬁ",
]  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(STRANGE) | st.text(max_size=20), min_size=1, max_size=4), st.data())
def test_any_text_has_a_score(goals: list[str], data: st.DataObject) -> None:
    """Nothing that can be typed makes scoring fail, and the score is a number in [0, 1]."""
    offers = data.draw(st.lists(st.sampled_from(STRANGE), min_size=1, max_size=3))
    table = values(goals, offers)
    assert np.all((table >= 0) & (table <= 1))


@pytest.mark.parametrize("nothing", ["", "😀", "och det som är", "the of and", "<br>", "2024"])
def test_an_answer_without_a_word_is_no_evidence(nothing: str) -> None:
    """One emoji or only stop words is as good as no answer."""
    part = goals_part(cohort([nothing, "klimat"], ["klimat"]))
    assert part.known([0, 1], [0, 0]).tolist() == [False, True]
    assert part.shared(0, 0) == ()


def test_text_in_other_scripts_is_compared_too() -> None:
    """Right-to-left words match themselves."""
    near, far = values(["أبحاث المناخ"], ["خبير في المناخ", "صحافة"])[0]
    assert near > 0.3 > far


def test_a_very_long_answer_is_read_in_part_and_noted() -> None:
    """The first 5 000 characters count; the note names the person in its value only."""
    long = "klimat " * 1000
    fit = score(cohort([long, "klimat"], ["klimat"]), {"goals": 1})
    (note,) = fit.notes
    assert (note.code, note.column, note.value) == ("scores.long_answer", "goals", "e0")
    assert str(CHARACTERS) in note.text("sv")
    assert "e0" not in note.text("en", redact=True)
    same = score(cohort([long[:CHARACTERS], "klimat"], ["klimat"]), {"goals": 1})
    assert same.notes == ()
    assert fit.at([0], [0])[0] == same.at([0], [0])[0]


def test_common_words_are_told_as_written() -> None:
    """A person reads their own words, not stems, most weighty first; cousins side by side."""
    part = goals_part(
        cohort(
            ["Jag drömmer om klimatforskning, AI och Radio"],
            ["Klimatforskare som talat om ai i radion", "Trädgård"],
        )
    )
    shared = part.shared(0, 0)
    assert set(shared) == {"klimatforskning – Klimatforskare", "Radio", "AI"}
    assert part.shared(0, 0, most=1) == shared[:1]
    assert part.shared(0, 1) == ()


def test_seeks_and_goals_of_mentees_meet_offers_and_goals_of_mentors() -> None:
    """Both columns of a side count, and one of them is enough."""
    mentees = pd.DataFrame({"goals": ["radio", ""], "seeks": ["", "klimat"]}, index=["e0", "e1"])
    mentors = pd.DataFrame({"offers": ["radio", ""], "goals": ["", "klimat"]}, index=["o0", "o1"])
    table = goals_part(Cohort(mentees, mentors, PROGRAMME)).block(slice(None))
    assert table[0, 0] == table[1, 1] > table[0, 1] == table[1, 0] == 0


def test_a_part_can_be_sent_to_another_process() -> None:
    """A part survives pickling, words and all."""
    part = goals_part(cohort(SEEKS, OFFERS))
    other = pickle.loads(pickle.dumps(part))
    assert np.array_equal(part.block(slice(None)), other.block(slice(None)))
    assert part.shared(2, 2) == other.shared(2, 2) != ()
