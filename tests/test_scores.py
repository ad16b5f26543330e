"""The score of a pair is one number wherever it is asked for, and adds up from its parts."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mentormatch.errors import ProblemError
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Department, Option, Programme, Question, Words
from mentormatch.people.synthetic.maker import make_cohort
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import ONE, Curve
from mentormatch.scores.effective import effective_weights
from mentormatch.scores.labels import part_label
from mentormatch.scores.parts import Part, settled, table_part
from mentormatch.scores.score import reweigh, score
from mentormatch.scores.weights import grid_weights
from mentormatch.words import catalogue

DEPARTMENTS = (
    Department("physics", Words("Physics", "Fysik")),
    Department("media", Words("Media Studies", "Medievetenskap")),
)
PROGRAMME = Programme(Words("A programme"), "2024-25", DEPARTMENTS)
TAGS = ("AI", "retail", "climate", "Åland", "C++")


def cohort(
    mentees: list[dict[str, Any]], mentors: list[dict[str, Any]], programme: Programme = PROGRAMME
) -> Cohort:
    """Make a cohort of two lists of answers, with the ids e0, e1, ... and o0, o1, ..."""
    return Cohort(
        pd.DataFrame(mentees, index=[f"e{k}" for k in range(len(mentees))]),
        pd.DataFrame(mentors, index=[f"o{k}" for k in range(len(mentors))]),
        programme,
    )


def people(*columns: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw up to seven people, any of whose answers may be missing."""
    tags = st.lists(st.sampled_from(TAGS), max_size=4, unique=True).map(tuple)
    words = st.lists(
        st.sampled_from(["klimat", "klimatet", "research", "och", "the", "radio", "😀"]), max_size=6
    ).map(" ".join)
    answers = {
        "department": st.sampled_from(["", "physics", "media"]),
        "interests": tags,
        "languages": st.sampled_from([(), ("sv",), ("sv", "en"), ("fr",)]),
        "availability": tags,
        "campus": st.sampled_from(["", "North", "north ", "South"]),
        **dict.fromkeys(("goals", "seeks", "offers"), words),
    }
    person = st.fixed_dictionaries({name: answers[name] for name in columns})
    return st.lists(person, min_size=1, max_size=7)


COMMON = ("department", "interests", "languages", "availability", "campus", "goals")
WEIGHTS = {name: weight for weight, name in enumerate(COMMON, start=1)} | {"mentor_goals": 2}
COHORTS = st.builds(cohort, people(*COMMON, "seeks"), people(*COMMON, "offers"))


@settings(deadline=None, max_examples=40)
@given(COHORTS, st.data())
def test_a_pair_has_one_score_bit_for_bit(some: Cohort, data: st.DataObject) -> None:
    """Block, listed pairs, single pairs and sums of contributions agree exactly."""
    fit = score(some, WEIGHTS)
    n, m = fit.shape
    whole = fit.block(slice(None))
    assert whole.shape == (n, m)
    assert whole.min() >= 0
    assert whole.max() <= 1
    assert np.array_equal(whole * ONE, np.rint(whole * ONE))
    rows = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=5)), dtype=int)
    assert np.array_equal(fit.block(rows), whole[rows])
    i, j = (grid.ravel() for grid in np.indices((n, m)))
    assert np.array_equal(fit.at(i, j), whole.ravel())
    contributions = fit.contributions(i, j)
    assert np.array_equal(contributions.sum(axis=1), whole.ravel())
    assert np.array_equal(contributions[:, ::-1].sum(axis=1), whole.ravel())
    a, b = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, m - 1))
    pair = fit.pair(f"e{a}", f"o{b}")
    assert pair.score == sum(pair.parts.values()) == whole[a, b]
    assert len(pair.known) == fit.evidence([a], [b])[0]


@settings(deadline=None, max_examples=40)
@given(COHORTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_score(some: Cohort, random: Any) -> None:
    """The same people in another order have the same scores, by id."""
    mentees, mentors = list(some.mentees.index), list(some.mentors.index)
    random.shuffle(mentees)
    random.shuffle(mentors)
    other = Cohort(some.mentees.loc[mentees], some.mentors.loc[mentors], PROGRAMME)
    made = []
    for one in (some, other):
        fit = score(one, WEIGHTS)
        table = pd.DataFrame(fit.block(slice(None)), fit.mentee_ids, fit.mentor_ids)
        made.append(table.loc[some.mentees.index, some.mentors.index])
    pd.testing.assert_frame_equal(*made, check_exact=True)


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any),
    st.sampled_from([0.1, 10, 0.001, 3]),
)
def test_only_ratios_of_weights_matter(weights: list[int], factor: float) -> None:
    """Multiplied weights are the same whole numbers, which always add up to one."""
    made = grid_weights(weights)
    assert sum(made) == ONE
    assert grid_weights([float(f"{weight * factor:.10g}") for weight in weights]) == made
    exact = [weight * ONE / sum(weights) for weight in weights]
    assert all(abs(a - b) < 1 for a, b in zip(made, exact, strict=True))


def test_weights_are_fair_to_equal_remainders() -> None:
    """What is left over goes to the earlier part first."""
    assert grid_weights([1, 1, 1]) == (349526, 349525, 349525)


@given(
    st.lists(st.tuples(st.integers(1, 2**30), st.integers(0, ONE // 5)), min_size=1, max_size=5),
    st.lists(st.integers(-10, 2**33), min_size=2, max_size=20),
)
def test_a_curve_rises_and_goes_through_its_knots(
    steps: list[tuple[int, int]], products: list[int]
) -> None:
    """Larger products have no smaller values; at a knot the value is the knot's."""
    x, y, knots = 0, 0, [(0, 0)]
    for wide, high in steps:
        x, y = x + wide, y + high
        knots.append((x, y))
    curve = Curve(tuple(knots))
    assert curve([a for a, _ in knots]).tolist() == [b for _, b in knots]
    values = curve(sorted(products))
    assert np.all(np.diff(values) >= 0)
    assert values.min() >= 0
    assert values.max() <= y


@pytest.mark.parametrize(
    "knots",
    [((0, 0),), ((0, 0), (0, 5)), ((0, 5), (1, 4)), ((0, 0), (1, ONE + 1)), ((0, 0), (2**43, 1))],
)
def test_a_curve_that_is_none_is_refused(knots: tuple[tuple[int, int], ...]) -> None:
    """Too few, unordered, falling, overshooting and overflowing knots are refused."""
    with pytest.raises(ValueError, match="curve"):
        Curve(knots)


def interests(seeks: list[str], has: list[list[str]]) -> list[float]:
    """Return the values of one mentee with several mentors."""
    some = cohort([{"interests": tuple(seeks)}], [{"interests": tuple(one)} for one in has])
    return score(some, {"interests": 1}).block(slice(None))[0].tolist()


def test_a_broad_mentor_is_not_punished() -> None:
    """Further interests of a mentor change nothing: a cover is directed."""
    narrow, broad, none = interests(["AI"], [["AI"], ["AI", "retail", "climate"], ["retail"]])
    assert narrow == broad == 1
    assert none == 0


def test_a_short_list_is_not_favoured() -> None:
    """A mentor who covers more of what is sought scores more, however long the lists."""
    one, both, all_of_it = interests(
        ["AI", "retail"], [["AI"], ["AI", "retail"], ["AI", "retail", "climate", "C++"]]
    )
    assert one < both == all_of_it == 1


def test_a_rare_interest_weighs_more() -> None:
    """Of two tags, the one that fewer people have is the larger share."""
    rare, common, *_ = interests(["C++", "AI"], [["C++"], ["AI"], ["AI"], ["AI"]])
    assert rare > common > 0
    assert abs(rare + common - 1) <= 1 / ONE


def test_tags_match_as_wholes_only() -> None:
    """The tag AI is not found inside retail, but case and white space do not matter."""
    assert interests(["AI"], [["retail"], [" ai "], ["A I"]]) == [0, 1, 0]


def test_options_match_by_key_and_are_told_by_name() -> None:
    """What two people have in common is told in the reader's language."""
    question = Question(
        "interests", "everyone", ("Interests",), "any of",
        (Option("climate", Words("Climate", "Klimat")), Option("ai", Words("AI"))),
    )  # fmt: skip
    programme = replace(PROGRAMME, questions=(question,))
    some = cohort(
        [{"interests": ("climate", "ai"), "department": "physics"}],
        [
            {"interests": ("ai", "climate"), "department": "physics"},
            {"interests": ("ai",), "department": "media"},
        ],
        programme,
    )  # fmt: skip
    department, tags = score(some, {"department": 1, "interests": 1}).parts
    assert tags.shared(0, 0) == ("Climate", "AI")
    assert tags.shared(0, 0, most=1, language="sv") == ("Klimat",)
    assert department.shared(0, 0, language="sv") == ("Fysik",)
    assert department.shared(0, 1) == ()


def test_one_common_language_is_enough() -> None:
    """Languages are shared or not; two in common are no better than one."""
    some = cohort(
        [{"languages": ("sv", "en")}],
        [{"languages": one} for one in (("en",), ("en", "sv"), ("fr",))],
    )
    assert score(some, {"languages": 1}).block([0]).tolist() == [[1, 1, 0]]


def test_availability_is_the_share_of_the_mentees_times() -> None:
    """Each of the mentee's options counts the same, the mentor's further ones nothing."""
    some = cohort(
        [{"availability": ("evening", "zoom", "lunch")}],
        [{"availability": ("zoom",)}, {"availability": ("lunch", "zoom", "evening", "night")}],
    )
    third, whole = score(some, {"availability": 1}).block([0])[0]
    assert abs(third - 1 / 3) < 2 / ONE
    assert whole == 1


def test_columns_of_ones_own_are_parts() -> None:
    """Single answers are equal or not, several answers are covered."""
    some = cohort(
        [{"campus": "North", "year": 3, "sports": ("judo", "chess")}],
        [
            {"campus": " north", "year": 3, "sports": ("judo",)},
            {"campus": "South", "year": 4, "sports": ("Chess", "judo")},
        ],
    )
    fit = score(some, {"campus": 1, "year": 1, "sports": 1})
    assert fit.values([0, 0], [0, 1]).tolist() == [[1, 1, 0.5], [0, 0, 1]]


def test_a_missing_answer_is_no_evidence() -> None:
    """It has the mean of the pairs with both answers, and is not counted as evidence."""
    some = cohort(
        [{"department": d, "campus": "a"} for d in ("physics", "media", "")],
        [{"department": d, "campus": "a"} for d in ("physics", "physics", "physics", "")],
    )
    fit = score(some, {"department": 1, "campus": 0})
    values = fit.block(slice(None))
    assert values[:2, :3].tolist() == [[1, 1, 1], [0, 0, 0]]
    assert set(values[2].tolist()) == set(values[:, 3].tolist()) == {0.5}
    assert fit.evidence([0, 2, 0], [0, 0, 3]).tolist() == [1, 0, 0]
    assert fit.pair("e2", "o0").known == ("campus",)
    three = score(cohort([{"department": d} for d in ("physics", "media", "media", "")],
                         [{"department": "physics"}]), {"department": 1})  # fmt: skip
    assert three.pair("e3", "o0").score == round(ONE / 3) / ONE


def test_a_silent_person_changes_nobodys_score() -> None:
    """Who answers nothing is named in a note, has pairs that rest on nothing, and moves nobody."""
    some = make_cohort(40, 35, seed=6)
    names = [name for name in WEIGHTS if name in some.mentees or name == "goals"]
    weights = dict.fromkeys((name for name in names if name != "campus"), 1)
    before = score(some, weights)
    blank = {
        name: () if name in ("interests", "languages", "availability") else ""
        for name in some.mentees
    }
    row = pd.DataFrame([blank], index=["silent"])
    more = pd.concat([some.mentees.astype(object), row])
    after = score(Cohort(more, some.mentors, some.programme), weights)
    assert np.array_equal(before.block(slice(None)), after.block(slice(40)))
    assert not after.certainty([40] * 35, range(35)).any()
    notes = [note for note in after.notes if note.code == "scores.silent_mentees"]
    assert [note.value for note in notes][-1] == "silent"
    assert "silent" not in notes[-1].text("en", redact=True)


def test_weights_mean_what_they_say() -> None:
    """Of calibrated parts each moves the choice between mentors by its weight."""
    some = make_cohort(120, 110, seed=7)
    weights = {"department": 2, "interests": 1, "goals": 3}
    table = effective_weights(score(some, weights))
    assert np.allclose(table["effective"] / table["nominal"], 1, atol=0.15)
    raw = effective_weights(score(some, weights, calibrate=False))
    assert not np.allclose(raw["effective"] / raw["nominal"], 1, atol=0.15)


@given(st.integers(1, 192), st.lists(st.integers(0, ONE), min_size=2, max_size=6))
def test_a_steeper_curve_is_the_curve_times_its_gain(gain: int, values: list[int]) -> None:
    """Up to rounding, and cut off at 1; it still rises."""
    curve = Curve(tuple((1000 * k, y) for k, y in enumerate(sorted(values))))
    at = np.arange(-5, 1000 * len(values), 37)
    wanted = np.minimum(ONE, curve(at) * gain // 64)
    assert np.abs(curve.steeper(gain, 64)(at) - wanted).max() <= ONE * 3 // 1000 + 4


def test_related_interests_count_half() -> None:
    """By the word of either of two options; shown beside the mentor's own."""
    options = (
        Option("energy", Words("Energy", "Energi"), related=("climate",)),
        Option("climate", Words("Climate", "Klimat")),
        Option("film", Words("Film")),
    )
    asked = Question("interests", "everyone", ("I",), kind="any of", options=options)
    programme = replace(PROGRAMME, questions=(asked,))
    some = cohort(
        [{"interests": ("climate",)}, {"interests": ("energy", "film")}],
        [{"interests": (tag,)} for tag in ("energy", "climate", "film")],
        programme,
    )
    fit = score(some, {"interests": 1})
    table = fit.block(slice(None))
    assert table[0].tolist() == [0.5, 1, 0]
    assert abs(table[1, 0] - 2 * table[1, 1]) <= 2 / ONE
    assert fit.parts[0].shared(0, 0, language="sv") == ("Klimat – Energi",)


def test_free_interests_meet_across_languages() -> None:
    """A tag and its translation are one, called as each language calls it."""
    some = cohort([{"interests": ("Folkhälsa",)}], [{"interests": ("public health",)}])
    fit = score(some, {"interests": 1})
    assert fit.pair("e0", "o0").score == 1
    assert fit.parts[0].shared(0, 0, language="sv") == ("Folkhälsa",)
    assert fit.parts[0].shared(0, 0, language="en") == ("public health",)


def test_nobody_answered_is_a_half() -> None:
    """Where no pair has both answers, the value says neither yes nor no."""
    some = cohort([{"interests": ()}], [{"interests": ("AI",)}])
    assert score(some, {"interests": 1}).block(slice(None)).tolist() == [[0.5]]


@pytest.mark.parametrize("nothing", [None, float("nan"), "", "  ", (), ("",), pd.NA, pd.NaT])
def test_every_kind_of_nothing_is_no_answer(nothing: Any) -> None:
    """None, NaN, blanks and empty tuples are all the same missing answer."""
    some = cohort([{"campus": nothing}, {"campus": "a"}], [{"campus": "a"}, {"campus": "b"}])
    assert score(some, {"campus": 1}).evidence([0, 1], [0, 0]).tolist() == [0, 1]


def test_the_mean_of_very_many_is_taken_over_the_same_people_in_any_order() -> None:
    """Beyond 2 048 people a side a sample stands for all, drawn by id."""
    random = np.random.default_rng(5)
    table = random.integers(0, 2, size=(5000, 3))
    part = Part("x", table, np.eye(3)[[0, 1]], Curve.any_at_all(), np.arange(5000) > 0)
    ids = [f"e{k}" for k in range(5000)]
    order = random.permutation(5000)
    other = replace(part, mentees=part.mentees[order], mentee_known=part.mentee_known[order])
    one = settled(part, ids, ["a", "b"]).neutral
    assert one == settled(other, [ids[k] for k in order], ["a", "b"]).neutral
    assert one is not None
    assert abs(one / ONE - 0.5) < 0.05


def faults(some: Cohort, *arguments: Any, **more: Any) -> dict[str, Any]:
    """Score what cannot be scored, and return the faults by code."""
    with pytest.raises(ProblemError) as caught:
        score(some, *arguments, **more)
    assert caught.value.text("sv")
    return {fault.code: fault for fault in caught.value.faults}


ONE_EACH = cohort(
    [{"department": "physics", "interests": ("AI",), "seeks": "x", "email": "e@example.org"}],
    [{"department": "physics", "interests": ("AI",), "places": 1, "email": "o@example.org"}],
)


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf"), "2", None])
def test_a_weight_that_is_no_weight_is_refused(weight: Any) -> None:
    """Negative, NaN, infinite weights and weights in words are told with their part."""
    found = faults(ONE_EACH, {"department": weight, "interests": 1})
    assert found["scores.not_a_weight"].column == "department"


@pytest.mark.parametrize("weights", [{}, {"department": 0, "interests": 0.0}])
def test_weights_that_are_all_zero_are_refused(weights: dict[str, float]) -> None:
    """Something must count."""
    assert set(faults(ONE_EACH, weights)) == {"scores.no_weight"}


def test_unknown_and_one_sided_parts_are_told_all_at_once() -> None:
    """Each bad name is told, with what was meant where that is close."""
    weights = {"intrests": 1, "seeks": 1, "places": 1, "email": 1, "languages": 1, "goals": -1}
    found = faults(ONE_EACH, weights)
    assert set(found) == {
        "scores.unknown_part", "scores.only_mentees", "scores.nobody", "scores.not_a_weight",
    }  # fmt: skip
    with pytest.raises(ProblemError, match='Did you mean "interests"') as caught:
        score(ONE_EACH, weights)
    told = [(one.code.partition(".")[2], one.column or one.value) for one in caught.value.faults]
    assert told == [
        ("not_a_weight", "goals"), ("unknown_part", "intrests"), ("only_mentees", "seeks"),
        ("unknown_part", "places"), ("unknown_part", "email"), ("nobody", "languages"),
        ("only_mentees", "goals"),
    ]  # fmt: skip


def test_default_weights_are_those_that_were_asked() -> None:
    """A programme that states no weights weighs all equally that were asked."""
    some = cohort([{"department": "media", "interests": ()}], [{"department": "", "interests": ()}])
    assert dict(score(some).weights) == {"department": 1, "interests": 1}


def test_a_department_weighs_for_its_own_mentees() -> None:
    """Its weights hold for its mentees only, and not where weights are given."""
    own = {"physics": {"campus": 1}}
    programme = replace(PROGRAMME, weights={"department": 1, "campus": 0}, department_weights=own)
    some = cohort(
        [{"department": "physics", "campus": "a"}, {"department": "media", "campus": "a"}],
        [{"department": "media", "campus": "a"}, {"department": "physics", "campus": "b"}],
        programme,
    )
    assert score(some).block(slice(None)).tolist() == [[1, 0], [1, 0]]
    assert score(some).block([1]).tolist() == [[1, 0]]
    assert score(some).at([0, 1], [0, 1]).tolist() == [1, 0]
    assert score(some, {"department": 1}).block(slice(None)).tolist() == [[0, 1], [1, 0]]
    broken = replace(programme, department_weights={"media": {"campus": 0}})
    found = faults(Cohort(some.mentees, some.mentors, broken))
    assert found["scores.no_weight"].file == "media"


def test_parts_of_ones_own_count_like_ours() -> None:
    """A table of values and a function that makes a part both take part, exactly."""
    some = cohort(
        [{"department": "physics"}, {"department": "physics"}], [{"department": "physics"}]
    )
    table = table_part("interview", [[0.25], [0.75]])
    fit = score(some, {"department": 1, "interview": 1}, extra_parts=[table])
    assert fit.block(slice(None)).tolist() == [[0.625], [0.875]]
    made = score(some, {"made": 1}, extra_parts=[lambda people: table_part("made", [[0], [1]])])
    assert made.block(slice(None)).tolist() == [[0], [1]]
    instead = score(some, {"department": 1}, extra_parts=[table_part("department", [[0], [0.5]])])
    assert instead.block(slice(None)).tolist() == [[0], [0.5]]


def test_a_part_of_ones_own_that_cannot_be_used_is_told() -> None:
    """Without a weight, or about other numbers of people, it is refused."""
    found = faults(ONE_EACH, {"department": 1}, extra_parts=[table_part("x", [[1.0, 0.0]])])
    assert set(found) == {"scores.no_weight_for_part", "scores.other_people"}


def test_a_table_of_values_may_know_nothing_of_a_person() -> None:
    """NaN for all of a person is no evidence; a single NaN or a value above 1 is refused."""
    part = settled(table_part("x", [[np.nan, np.nan], [0.0, 0.5]]), ["a", "b"], ["c", "d"])
    assert (part.block(slice(None)) / ONE).tolist() == [[0.25, 0.25], [0, 0.5]]
    for values in ([[np.nan, 1.0], [0.0, 0.5]], [[1.5]], [[-0.1]]):
        with pytest.raises(ValueError, match="must lie in"):
            table_part("x", values)


@pytest.mark.parametrize(
    ("mentees", "mentors", "message"),
    [
        ([[0.5]], [[1]], "whole numbers"),
        ([[np.nan]], [[1]], "whole numbers"),
        ([[1, 2]], [[1]], "widths"),
        ([[2**30]], [[2**23]], "exactly"),
        ([[2**51] * 4], [[1] * 4], "exactly"),
        ([1, 2], [[1]], "dimensions"),
    ],
)
def test_encodings_that_could_be_inexact_are_refused(
    mentees: Any, mentors: Any, message: str
) -> None:
    """Fractions, NaN, and numbers whose sums could reach 2**53 never become a part."""
    with pytest.raises(ValueError, match=message):
        Part("x", mentees, mentors, Curve.identity())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_plain_and_sparse_encodings_agree(seed: int, a: bool, b: bool) -> None:
    """How an encoding is stored changes no value."""
    random = np.random.default_rng(seed)
    x, y = random.integers(-9, 2**15, (5, 4)), random.integers(-9, 2**15, (3, 4)) * (seed % 2)
    curve = Curve(((-50, 1), (7, 9), (2**31, ONE)))
    plain = Part("x", x, y, curve)
    other = Part("x", sparse.csr_array(x) if a else x, sparse.csr_matrix(y) if b else y, curve)
    assert np.array_equal(plain.block(slice(None)), other.block(slice(None)))
    i, j = (grid.ravel() for grid in np.indices((5, 3)))
    assert np.array_equal(plain.block(slice(None)).ravel(), other.at(i, j))


def test_long_lists_of_pairs_are_cut_into_pieces_without_a_trace() -> None:
    """More pairs than are multiplied at a time have the values of the block, plain and sparse."""
    table = np.arange(12).reshape(4, 3)
    i, j = np.tile([0, 3, 1], 6000), np.tile([1, 0], 9000)
    for x in (table, sparse.csr_array(table)):
        part = Part("x", x, np.array([[1, 0, 5], [0, 7, 0]]), Curve.identity(100))
        assert np.array_equal(part.at(i, j), part.block(slice(None))[i, j])


def test_a_contribution_is_weight_times_value_rounded_down() -> None:
    """In whole numbers, so that anyone can recompute it with pencil and paper."""
    some = cohort([{"campus": "a"}], [{"campus": "a"}])
    fit = score(some, {"campus": 2, "x": 1}, extra_parts=[table_part("x", [[0.3]])])
    campus, x = grid_weights([2, 1])
    units = [campus, x * round(0.3 * ONE) // ONE]
    assert (fit.contributions([0], [0])[0] * ONE).tolist() == units
    assert fit.pair("e0", "o0").score == sum(units) / ONE


def test_other_weights_use_the_same_parts() -> None:
    """Reweighing gives what scoring anew gives, without making the parts again."""
    fit = score(ONE_EACH, {"department": 1, "interests": 1})
    other = reweigh(fit, {"interests": 3, "department": 1})
    assert {id(part) for part in other.parts} == {id(part) for part in fit.parts}
    anew = score(ONE_EACH, {"interests": 3, "department": 1})
    assert np.array_equal(other.block(slice(None)), anew.block(slice(None)))
    with pytest.raises(ProblemError, match="no part of the score"):
        reweigh(fit, {"interest in chess": 1})


@pytest.mark.parametrize(("n", "m"), [(0, 2), (2, 0), (0, 0)])
def test_a_side_without_people_has_no_scores(n: int, m: int) -> None:
    """Tables with headings only give an empty table, not an error."""
    columns = {"department": "physics", "interests": ("AI",), "goals": "research"}
    tables = [
        pd.DataFrame([columns] * size, index=[f"p{k}" for k in range(size)], columns=list(columns))
        for size in (n, m)
    ]
    fit = score(Cohort(tables[0], tables[1], PROGRAMME))
    assert fit.shape == fit.block(slice(None)).shape == (n, m)
    assert fit.at([], []).shape == (0,)
    assert fit.contributions([], []).shape == (0, 3)


def test_a_person_who_is_not_there_is_told() -> None:
    """Both ids are checked, with the nearest one."""
    fit = score(ONE_EACH, {"department": 1})
    with pytest.raises(ProblemError, match='Did you mean "o0"') as caught:
        fit.pair("nobody at all", "o00")
    assert [fault.code for fault in caught.value.faults] == [
        "scores.no_such_mentee",
        "scores.no_such_mentor",
    ]


def test_positions_out_of_range_and_uneven_lists_are_errors() -> None:
    """Pairs are listed evenly and exist."""
    fit = score(ONE_EACH, {"department": 1})
    with pytest.raises(ValueError, match="do not make pairs"):
        fit.at([0], [0, 0])
    with pytest.raises(IndexError):
        fit.at([1], [0])


def test_parts_that_do_not_belong_together_are_refused() -> None:
    """Equal names, other sizes and weights without a part are refused when born."""
    part = table_part("x", [[1.0]])
    for parts, weights in (
        ((part, part), {"x": 1}),
        ((table_part("x", [[1.0, 1.0]]),), {"x": 1}),
        ((part,), {"y": 1}),
    ):
        with pytest.raises(ValueError, match="part"):
            Compatibility(ONE_EACH, parts, weights)


def test_parts_have_names_for_people() -> None:
    """Ours have our words, others their question's label or heading, or else their name."""
    label = Words("Campus", "Studieort")
    asked = (
        Question("campus", "everyone", ("Campus",), label=label),
        Question("sector", "everyone", ("Vilken bransch?", "Sector")),
    )
    programme = replace(PROGRAMME, questions=asked)
    names = ("department", "campus", "sector", "sports")
    told = [part_label(programme, name, "sv") for name in names]
    assert told == ["Institution", "Studieort", "Vilken bransch", "sports"]


def test_every_sentence_is_there_in_both_languages() -> None:
    """English and Swedish have the same sentences with the same blanks."""
    english, swedish = catalogue("en", "scores"), catalogue("sv", "scores")
    assert set(english) == set(swedish)
    for key, sentence in english.items():
        blanks = re.findall(r"{\w+}", sentence)
        assert sorted(blanks) == sorted(re.findall(r"{\w+}", swedish[key]))


def test_scoring_without_texts_does_not_wait_for_scikit_learn() -> None:
    """Only comparing texts imports it."""
    code = "import sys, mentormatch.scores.score; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
