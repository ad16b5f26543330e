"""Tests of learning weights from past pairs: it finds them, says how sure it is, and refuses."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

import mentormatch as mm
from mentormatch.scores import learning
from mentormatch.scores.slopes import RIDGE, Sample, in_order
from mentormatch.words import LANGUAGES

TRUTH = {"department": 0.2, "interests": 0.6, "goals": 0.2}
NOTHING = dict.fromkeys(TRUTH, 0.0)


def past(
    seed: int,
    pairs: int = 120,
    truth: dict[str, float] = TRUTH,
    noise: float = 0.6,
    mentors: int = 80,
    kept: bool = False,
) -> pd.DataFrame:
    """Return made-up pairs whose ratings, 1 to 5, rise with their parts by known weights."""
    rng = np.random.default_rng(seed)
    values = rng.beta(2, 2, (pairs, len(truth)))
    values[:, 0] = rng.random(pairs) < 0.6
    liked = values @ np.array(list(truth.values()))
    liked -= liked.mean()
    frame = pd.DataFrame(values, columns=list(truth))
    frame["mentee"] = [f"e{k}" for k in range(pairs)]
    frame["mentor"] = [f"o{k}" for k in rng.integers(0, mentors, pairs)]
    if kept:
        return frame.assign(kept=rng.random(pairs) < 1 / (1 + np.exp(-liked / noise)))
    ratings = 3.2 + 4 * liked + rng.normal(0, noise, pairs)
    return frame.assign(rating=np.clip(np.rint(ratings), 1, 5))


def sample(seed: int, yes_or_no: bool, others: int = 0, pairs: int = 60) -> Sample:
    rng = np.random.default_rng(seed)
    values, beside = rng.random((pairs, 4)), rng.random((pairs, others))
    sums = values @ [2.0, 0.0, -1.0, 1.0] + beside.sum(axis=1) + rng.normal(0, 1, pairs)
    outcomes = (sums > np.median(sums)) * 1.0 if yes_or_no else sums
    return Sample(values, beside, outcomes, np.arange(pairs), yes_or_no)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw less often: enough to see how often intervals and verdicts are right."""
    monkeypatch.setattr(learning, "DRAWS", 300)
    monkeypatch.setattr(learning, "SIGNS", 199)
    monkeypatch.setattr(learning, "ROUNDS", 3)


# --- Known weights


@pytest.mark.usefixtures("quick")
def test_a_strong_signal_is_found():
    """With 120 pairs the weights are recommended and near the truth, and intervals hold it."""
    results = [mm.learn_weights(past(seed)) for seed in range(30)]
    assert all(one.recommended for one in results)
    errors = [abs(one.weights[name] - TRUTH[name]) for one in results for name in TRUTH]
    assert max(errors) < 0.25
    assert np.mean(errors) < 0.06
    inside = [one.low[name] <= TRUTH[name] <= one.high[name] for one in results for name in TRUTH]
    assert 0.88 <= np.mean(inside) < 1
    assert all(one.score_learned > one.score_present for one in results)


@pytest.mark.usefixtures("quick")
def test_a_part_that_counts_for_nothing_is_found_out():
    """A true weight of 0, at the edge of what is possible, lies in its interval as often."""
    truth = {"department": 0.3, "interests": 0.7, "goals": 0.0}
    results = [mm.learn_weights(past(seed, truth=truth)) for seed in range(20)]
    assert np.mean([one.low["goals"] == 0 for one in results]) >= 0.9
    assert np.mean([one.high["goals"] for one in results]) < 0.3


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kept", [False, True])
def test_mere_noise_is_refused(kept: bool):
    """Where ratings have nothing to do with the parts, at least nine times in ten it refuses."""
    frames = [past(seed, 80, NOTHING, noise=1.0, mentors=40, kept=kept) for seed in range(30)]
    refused = [not mm.learn_weights(frame).recommended for frame in frames]
    assert np.mean(refused) >= 0.9


@pytest.mark.usefixtures("quick")
def test_mentors_whom_everybody_likes_are_no_signal():
    """Ratings that go by the mentor alone, with values alike for each mentor, are refused."""
    refused = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        own = rng.integers(0, 20, 120)
        frame = pd.DataFrame(rng.random((20, 3))[own], columns=list(TRUTH))
        frame["mentor"] = own.astype(str)
        frame["rating"] = rng.normal(3, 1, 20)[own]
        refused.append(not mm.learn_weights(frame).recommended)
    assert np.mean(refused) >= 0.9


@pytest.mark.usefixtures("quick")
def test_right_weights_are_left_alone():
    """Where the present weights are the true ones, it seldom recommends others."""
    results = [mm.learn_weights(past(seed), TRUTH) for seed in range(20)]
    assert np.mean([one.recommended for one in results]) <= 0.15
    assert all(one.best is one.present for one in results if not one.recommended)


@pytest.mark.usefixtures("quick")
def test_kept_and_rejected_pairs_teach_as_well():
    """From 300 pairs that were kept or not it finds the weights by which they were chosen."""
    results = [mm.learn_weights(past(seed, 300, noise=0.1, kept=True)) for seed in range(8)]
    assert all(one.recommended for one in results)
    errors = [abs(one.weights[name] - TRUTH[name]) for one in results for name in TRUTH]
    assert np.mean(errors) < 0.08
    assert all("kept" in " ".join(one.reasons) for one in results)


# --- What the result is


def test_weights_can_be_used_at_once():
    """They are none below 0, add up to 1, lie in their intervals, and are in the table."""
    found = mm.learn_weights(past(1))
    for weights in (found.weights, found.present):
        assert math.isclose(sum(weights.values()), 1)
        assert min(weights.values()) >= 0
    for name in TRUTH:
        assert 0 <= found.low[name] <= found.weights[name] <= found.high[name] <= 1
    assert found.present == pytest.approx(
        dict.fromkeys(("department", "interests", "goals"), 1 / 3)
    )
    assert found.best is found.weights
    assert list(found.table()) == [
        "Part of the score",
        "Weight now",
        "Learned weight",
        "From",
        "To",
    ]
    assert list(found.table("sv"))[1] == "Vikt nu"
    assert "recommended by 120 pairs" in repr(found)
    with pytest.raises(FrozenInstanceError):
        found.recommended = False
    with pytest.raises(TypeError):
        found.weights["goals"] = 1.0
    copied = pickle.loads(pickle.dumps(found))
    assert (copied.weights, copied.reasons) == (found.weights, found.reasons)
    assert copied.text("sv") == found.text("sv")


def test_the_order_of_rows_and_columns_does_not_matter():
    """Shuffled rows give the same result to the last digit, turned columns the same weights."""
    frame = past(2, 60)
    found = mm.learn_weights(frame)
    again = mm.learn_weights(frame.sample(frac=1, random_state=1))
    turned = mm.learn_weights(frame[frame.columns[::-1]])
    assert found.weights == again.weights
    assert (found.low, found.high) == (again.low, again.high)
    assert (found.chance, found.score_learned) == (again.chance, again.score_learned)
    assert found.weights == pytest.approx(turned.weights, abs=2e-4)


@pytest.mark.parametrize("kept", [False, True])
def test_nameless_rows_may_be_shuffled_too(kept: bool):
    """Without ids the rows are put in the order of their numbers."""
    frame = past(3, 60, kept=kept).drop(columns=["mentee", "mentor"])
    found, again = (mm.learn_weights(one) for one in (frame, frame[::-1]))
    assert (found.weights, found.low, found.reasons) == (again.weights, again.low, again.reasons)
    assert "which pairs share a mentor" in found.text()


def test_another_scale_of_ratings_changes_nothing():
    """Ratings of 1 to 5 and the same ones as 10 to 50 teach the same."""
    frame = past(4, 60)
    found = mm.learn_weights(frame)
    tenfold = mm.learn_weights(frame.assign(rating=10 * frame["rating"]), scale=(10, 50))
    assert found.weights == pytest.approx(tenfold.weights, abs=2e-4)
    assert found.recommended == tenfold.recommended


def test_a_part_that_is_kept_keeps_its_weight():
    """A kept part has its present share, the others share the rest, though it moves ratings."""
    found = mm.learn_weights(
        past(5, 200), {"department": 1, "interests": 1, "goals": 2}, keep=["goals"]
    )
    assert found.weights["goals"] == found.low["goals"] == found.high["goals"] == 0.5
    assert sum(found.weights.values()) == pytest.approx(1)
    # Of the true weights, department has a quarter and interests three quarters of the rest.
    assert found.low["department"] <= 0.125 <= found.high["department"]
    assert "keep the weights that they have: goals" in found.text()


# --- When it refuses


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (past(1, 29), "29 pairs are too few: to learn 3 weights it takes 30 or more."),
        (past(1, 1), "1 pair is too few"),
        (past(1, 60, mentors=5), "The pairs have 5 different mentors."),
        (past(1, 60).assign(mentor="o"), "All pairs have the same mentor."),
        (past(1, 60).assign(rating=4), "All pairs have the same rating"),
        (past(1, 60, kept=True).assign(kept=True), "60 pairs were kept and 0 were not."),
    ],
)
def test_it_says_why_nothing_can_be_told(frame: pd.DataFrame, said: str):
    """Too little to learn from is no error: the weights stay, and anything is possible."""
    found = mm.learn_weights(frame)
    assert not found.recommended
    assert found.reasons[0] == "Keep the present weights."
    assert said in found.text()
    assert found.weights == found.best == found.present
    assert set(found.low.values()) == {0.0}
    assert set(found.high.values()) == {1.0}


def test_ratings_the_wrong_way_round_are_noticed():
    """Where 1 is the best mark, it refuses and asks whether this is so."""
    frame = past(6)
    found = mm.learn_weights(frame.assign(rating=6 - frame["rating"]))
    assert not found.recommended
    assert "Is 1 the best mark" in found.text()
    frame = past(6, 300, noise=0.1, kept=True)
    assert "changed places" in mm.learn_weights(frame.assign(kept=~frame["kept"])).text()


def test_it_refuses_where_the_present_weights_do_as_well():
    """A recommendation needs a better order of pairs set aside, not just another fit."""
    frame = past(7)
    found = mm.learn_weights(frame, mm.learn_weights(frame).weights)
    assert not found.recommended
    assert "do not speak clearly against the present weights" in found.text()
    assert found.chance > 0.5


def test_every_sentence_is_told_in_both_languages():
    """What it says of a result differs between the languages, sentence by sentence."""
    for frame in (past(1), past(1, 60, NOTHING), past(1, 10), past(1, 90, kept=True)):
        found = mm.learn_weights(frame)
        english, swedish = (found.text(language).splitlines() for language in LANGUAGES)
        assert len(english) == len(swedish) == len(found.reasons)
        assert not set(english) & set(swedish)


def test_a_weight_that_stays_open_is_not_learned():
    """A part in which one pair differs can get any weight, so the others are not recommended.

    Kept, it is the same for all pairs in some samples drawn anew, and does no harm there.
    """
    frame = past(8, 150).assign(languages=1.0)
    frame.loc[0, "languages"] = 0.9
    found = mm.learn_weights(frame, {**TRUTH, "languages": 0.3})
    assert found.high["languages"] - found.low["languages"] > 0.5
    assert not found.recommended
    assert "how much these parts should count" in found.text()
    flat = {"department": 1, "interests": 1, "goals": 1, "languages": 1}
    assert mm.learn_weights(frame, flat, keep=["languages"]).recommended


# --- Bad input


def faults(frame: pd.DataFrame, **settings: object) -> str:
    with pytest.raises(mm.ProblemError) as caught:
        mm.learn_weights(frame, **settings)  # type: ignore[arg-type]
    return str(caught.value)


def test_all_faults_of_a_table_are_told_at_once():
    """Values outside [0, 1], NaN, text, missing ids and pairs that stand twice, by row."""
    frame = past(1, 40).astype({"goals": object, "rating": object})
    frame.loc[0, "goals"] = 1.5
    frame.loc[1, "goals"] = math.nan
    frame.loc[2, "goals"] = "much"
    frame.loc[3, "rating"] = math.inf
    frame.loc[4, "rating"] = 7
    frame.loc[[5, 6], ["mentee", "mentor"]] = ["e5", "o5"]
    frame.loc[7, "mentee"] = None
    said = faults(frame, scale=(1, 5))
    for one in (
        'row 2, column "goals": "1.5" is no value',
        'row 3, column "goals": "nan" is no value',
        'row 4, column "goals": "much" is no value',
        'row 5, column "rating": "inf" is no rating',
        'row 6, column "rating": "7" is outside the scale, which goes from 1 to 5',
        "row 8: This pair stands already in row 7",
        'row 9, column "mentee": The cell is empty',
    ):
        assert one in said
    assert "7 faults" in said
    assert "e5" not in said


@pytest.mark.parametrize(
    ("frame", "settings", "said"),
    [
        (past(1, 40).drop(columns="rating"), {}, "No column says how the pairs turned out"),
        (past(1, 40).assign(kept=True), {}, "Leave one of them out"),
        (past(1, 40)[["mentee", "mentor", "rating"]], {}, "no part of the score to learn"),
        (past(1, 40)[:0], {}, "There is no pair"),
        (pd.concat([past(1, 40), past(2, 40)["goals"]], axis=1), {}, "Two columns"),
        (past(1, 40, kept=True).assign(kept="maybe"), {}, '"maybe" does not say'),
        (past(1, 40, kept=True).assign(kept=0.5), {}, '"0.5" does not say'),
        (past(1, 40).assign(goals=0.5), {}, 'column "goals": This part of the score is the same'),
        (past(1, 40).assign(sums=lambda f: 1 - f["goals"]), {}, 'column "sums": This part'),
        (past(1, 40), {"keep": ["goal"]}, '"goal" is no part'),
        (past(1, 40), {"keep": list(TRUTH)}, "No weight is left to learn"),
        (past(1, 40), {"present": {"goals": -1}}, '"-1" is no weight'),
        (past(1, 40), {"present": {"golas": 1}}, '"golas", which is no part'),
        (past(1, 40), {"present": {"goals": 0}}, "All weights are 0"),
        (past(1, 40), {"scale": (5, 1)}, "the lowest rating, then the highest"),
        (past(1, 40), {"scale": (1, math.nan)}, "the lowest rating, then the highest"),
    ],
)
def test_what_cannot_be_used_is_an_error(frame: pd.DataFrame, settings: dict, said: str):
    """Each kind of bad input has its sentence."""
    assert said in faults(frame, **settings)


def test_a_constant_part_can_be_kept():
    """The way out that the error names works."""
    frame = past(1, 60).assign(department=1.0)
    assert "department" in faults(frame)
    found = mm.learn_weights(frame, keep=["department"])
    assert found.weights["department"] == pytest.approx(1 / 3)


# --- From sheets


@pytest.fixture(scope="module")
def fit() -> mm.Compatibility:
    return mm.score(mm.make_cohort(60, 60, departments=3, seed=4, missing=0.0))


def sheet(fit: mm.Compatibility, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"Mentee": fit.mentee_ids, "Mentor": fit.mentor_ids, **columns})


def test_a_sheet_is_joined_to_the_parts(fit: mm.Compatibility):
    """Each pair has the values that its parts have, the present weights are the programme's."""
    found = mm.history(fit, sheet(fit, Rating=[1, 2, 3, 4, 5, 3] * 10))
    assert len(found) == len(found.table) == 60
    for row in found.table.itertuples():
        values = fit.pair(row.mentee, row.mentor).values
        assert all(getattr(row, name) == values[name] for name in fit.names)
    assert sum(found.present.values()) == pytest.approx(1)
    assert set(found.parts) == set(fit.weights)
    assert repr(found).startswith("History(60 pairs")
    assert mm.learn_weights(found).pairs == 60


def test_a_history_is_its_table(fit: mm.Compatibility):
    """Learning from the table of a history, with its weights, gives what the history gives."""
    found = mm.history(fit, sheet(fit, Kept=["yes", "nej", "ja"] * 20))
    keep = [name for name in fit.names if np.ptp(found.table[name]) == 0]
    one = mm.learn_weights(found, keep=keep)
    two = mm.learn_weights(found.table, found.present, keep=keep)
    assert (one.weights, one.low, one.chance) == (two.weights, two.low, two.chance)


def test_weights_of_a_cohort_are_learned_from_its_pairs(fit: mm.Compatibility):
    """Ratings that follow the interests alone, of any pairs of the cohort, are recognised."""
    rng = np.random.default_rng(0)
    i, j = np.repeat(np.arange(60), 3), rng.permuted(np.tile(np.arange(60), (60, 1)), axis=1)[:, :3]
    ratings = 1 + 4 * fit.values(i, j.ravel())[:, fit.names.index("interests")]
    ids = {"mentee": np.array(fit.mentee_ids)[i], "mentor": np.array(fit.mentor_ids)[j.ravel()]}
    found = mm.learn_weights(mm.history(fit, pd.DataFrame({**ids, "rating": ratings})))
    assert found.recommended
    assert found.weights["interests"] > 0.95
    assert mm.score(fit.cohort, found.best).weights == found.weights
    assert "Interests" in found.table()["Part of the score"].tolist()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files_in_either_language_are_read(fit: mm.Compatibility, tmp_path: Path, kind: str):
    """Headings and yes or no may be Swedish, numbers have a decimal comma, people go by name."""
    names = [fit.cohort.table(side)["name"].tolist() for side in ("mentees", "mentors")]
    alone = [k for k in range(60) if all(one.count(one[k]) == 1 for one in names)]
    frame = pd.DataFrame(
        {"ADEPT": [names[0][k] for k in alone], "Mentor ": [names[1][k] for k in alone],
         "Betyg": ["3,5"] * len(alone), "Ort": ["x"] * len(alone)}
    )  # fmt: skip
    path = tmp_path / f"betyg.{kind}"
    if kind == "csv":
        frame.to_csv(path, sep=";", index=False, encoding="utf-8-sig")
    else:
        frame.to_excel(path, index=False, engine="xlsxwriter")
    found = mm.history(fit, path)
    assert set(found.mentees) == {fit.mentee_ids[k] for k in alone}
    assert set(found.outcomes) == {3.5}


def test_last_years_list_with_a_column_more_will_do(fit: mm.Compatibility, tmp_path: Path):
    """The ``pairs.csv`` that was handed out needs nothing but a column of ratings."""
    matching = mm.match(fit.cohort)
    mm.write_all(matching, tmp_path)
    head, *lines = (tmp_path / "pairs.csv").read_text("utf-8-sig").splitlines()
    rated = [f"{head};Rating", *(f"{line};4" for line in lines)]
    (tmp_path / "rated.csv").write_text("\n".join(rated), "utf-8")
    found = mm.history(fit, tmp_path / "rated.csv")
    pairs = matching.pairs
    assert set(zip(found.mentees, found.mentors, strict=True)) == set(
        zip(pairs["mentee"], pairs["mentor"], strict=True)
    )


def test_all_faults_of_a_sheet_are_told_at_once(fit: mm.Compatibility):
    """Strangers, pairs that stand twice, ratings that are none or off the scale; no names."""
    frame = sheet(fit, Rating=["4"] * 60)
    frame.loc[0, "Mentee"] = "Nobody Known"
    frame.loc[1, "Mentor"] = "nobody@example.org"
    frame.loc[2, "Rating"] = "6"
    frame.loc[3, "Rating"] = "good"
    frame.loc[4, "Rating"] = None
    frame.loc[6] = frame.loc[5]
    with pytest.raises(mm.ProblemError) as caught:
        mm.history(fit, frame)
    said = caught.value.text()
    for one in (
        'row 2, column "Mentee": Nobody of this name, address or id is among the mentees',
        'row 3, column "Mentor": Nobody of this name, address or id is among the mentors',
        'row 4, column "Rating": "6" is outside the scale, which goes from 1 to 5',
        'row 5, column "Rating": "good" is not a number',
        'row 6, column "Rating": The cell is empty',
        "row 8: This pair stands already in row 7",
    ):
        assert one in said
    assert "@" not in said
    assert "Known" not in said
    assert "står redan på rad 7" in caught.value.text("sv")


def test_one_name_of_several_people_names_nobody(fit: mm.Compatibility):
    """Somebody whose name others have, too, has to be named by id."""
    mentors = fit.cohort.mentors.assign(name="Eva Berg")
    other = replace(fit, cohort=mm.Cohort(fit.cohort.mentees, mentors, fit.cohort.programme))
    with pytest.raises(mm.ProblemError, match="Several mentors of that year are called so"):
        mm.history(other, sheet(fit, Rating=3).assign(Mentor="eva berg")[:1])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"Rating": 3, "Kept": "yes"}, "Leave one of them out"),
        ({}, "No column says how the pairs turned out"),
        ({"Rating": 3, "Betyg": 3}, "Two columns are headed so"),
    ],
)
def test_columns_must_say_one_thing(fit: mm.Compatibility, columns: dict, said: str):
    """There must be one outcome, once."""
    with pytest.raises(mm.ProblemError, match=said):
        mm.history(fit, sheet(fit, **columns))
    with pytest.raises(mm.ProblemError, match='No column is headed "Mentor"'):
        mm.history(fit, sheet(fit, Rating=3).drop(columns="Mentor"))
    with pytest.raises(mm.ProblemError, match="no such file"):
        mm.history(fit, "no such.csv")
    with pytest.raises(mm.ProblemError, match="There is no pair"):
        mm.history(fit, sheet(fit, Rating=3)[:0])


def test_pairs_that_are_all_alike_are_pointed_out():
    """Where matched pairs differ little from each other in a part, the result says so."""
    cohort = mm.make_cohort(60, 60, departments=6, seed=2, missing=0.0)
    fit = mm.score(cohort)
    own, other = cohort.mentees["department"], cohort.mentors["department"]
    pairs = [(a, b) for a in own.index for b in other.index if own[a] == other[b]]
    frame = pd.DataFrame(pairs, columns=["mentee", "mentor"])
    frame["rating"] = np.random.default_rng(0).integers(1, 6, len(frame))
    found = mm.history(fit, frame)
    assert "department" in found.narrow
    with pytest.raises(mm.ProblemError, match="the same for all pairs"):
        mm.learn_weights(found)
    assert "keep the weights that they have: Department" in (
        mm.learn_weights(found, keep=["department"]).text()
    )
    stray = pd.DataFrame({"mentee": [pairs[0][0]], "mentor": [next(iter(
        b for b in other.index if other[b] != own[pairs[0][0]]
    ))], "rating": 3})  # fmt: skip
    mixed = mm.learn_weights(mm.history(fit, pd.concat([frame, stray])))
    assert "more alike than all possible pairs in: Department" in mixed.text()


# --- The numbers beneath


@pytest.mark.parametrize("seed", range(5))
def test_slopes_of_ratings_are_those_of_scikit_learn(seed: int):
    """On standardised values the slopes are those of its ridge regression without signs below 0."""
    one = sample(seed, yes_or_no=False)
    scaled = (one.values - one.values.mean(axis=0)) / one.spread
    other = Ridge(alpha=RIDGE, positive=True, tol=1e-12, max_iter=100_000)
    expected = other.fit(scaled, one.outcomes).coef_ / one.spread
    assert one.slopes() == pytest.approx(expected, abs=1e-5)
    assert one.slopes()[2] == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("yes_or_no", [False, True])
def test_slopes_are_the_best_that_a_general_optimiser_finds(seed: int, yes_or_no: bool):
    """Least squares or likelihood, with something beside of either sign: nothing fits better."""
    one = sample(seed, yes_or_no, others=1)
    columns, y = one.columns, one.outcomes

    def loss(x: np.ndarray) -> float:
        sums = columns @ x
        fit = np.logaddexp(0, sums) - y * sums if yes_or_no else (y - sums) ** 2 / 2
        return float(fit.sum() + RIDGE / 2 * (x[1:] ** 2).sum())

    bounds = [(None, None)] * 2 + [(0, None)] * 4
    best = minimize(loss, np.zeros(6), bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-9})
    assert one.slopes() * one.spread == pytest.approx(best.x[2:], abs=2e-3)


def test_kept_pairs_that_differ_in_every_way_have_a_slope():
    """Pairs that one value separates without exception do not send its slope to infinity."""
    values = np.linspace(0, 1, 40)[:, None]
    one = Sample(values, np.zeros((40, 0)), (values[:, 0] > 0.5) * 1.0, np.arange(40), True)
    assert 0 < one.slopes()[0] < 1000
    assert one.chance(None, 99, np.random.default_rng(0)) == 0.01


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
@example([(0, 0), (1, 1)])  # on which SciPy's Kendall's tau divided by 0
def test_couples_in_order_are_counted_right(pairs: list[tuple[int, int]]):
    """The count is that of looking at all couples one by one, ties in either included."""
    scores, outcomes = (np.array([one[k] for one in pairs], np.float64) for k in (0, 1))
    right, unequal = 0.0, 0
    for a in range(len(pairs)):
        for b in range(len(pairs)):
            if outcomes[a] > outcomes[b]:
                unequal += 1
                right += (scores[a] > scores[b]) + (scores[a] == scores[b]) / 2
    assert in_order(scores, outcomes) == (right, unequal)
    if set(outcomes.tolist()) == {0.0, 1.0}:
        assert right / unequal == pytest.approx(roc_auc_score(outcomes, scores))


def test_folds_keep_a_mentors_pairs_together():
    """Every pair is tested once a round, and no mentor stands on both sides."""
    groups = np.random.default_rng(0).integers(0, 12, 50)
    groups = np.unique(groups, return_inverse=True)[1]
    one = Sample(
        np.random.default_rng(1).random((50, 2)), np.zeros((50, 0)), np.ones(50), groups, False
    )
    tests = list(one.folds(2, np.random.default_rng(2)))
    assert np.sum(tests, axis=0).tolist() == [2] * 50
    assert all(not set(groups[test]) & set(groups[~test]) for test in tests)
