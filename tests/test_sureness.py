"""How sure a pair is under other weights: shares of draws that anyone can repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import mentormatch as mm
from mentormatch.errors import ProblemError
from mentormatch.scores.compatibility import Compatibility
from mentormatch.telling import sureness as module


def cohort() -> mm.Cohort:
    """Return a made-up cohort with several parts of the score."""
    return mm.make_cohort(20, 16, seed=4)


def test_sure_pairs_stay_when_weights_hardly_change() -> None:
    """Without any spread every pair stays; with a wide one some do not."""
    matching = mm.match(cohort())
    assert (mm.sureness(matching, draws=3, spread=0.0)["stays"] == 1).all()
    wide = mm.sureness(matching, draws=20, spread=1.5)
    assert wide["stays"].between(0, 1).all()
    assert wide["stays"].min() < 1
    assert wide["stays"].max() > 0.5
    assert wide["mentee"].tolist() == matching.pairs["mentee"].tolist()
    assert wide["mentor"].tolist() == matching.pairs["mentor"].tolist()


def test_shares_are_those_of_matching_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each share is that of whole new matchings with the weights drawn, values held or not."""
    matching = mm.match(cohort())
    fit = matching.problem.scores
    names = sorted(fit.names)
    rng = np.random.default_rng(7)
    stays = np.zeros(len(matching))
    for _ in range(6):
        drawn = np.exp(0.8 * rng.standard_normal(len(names)))
        factors = dict(zip(names, drawn.tolist(), strict=True))
        weights, *apart = [
            {name: weight * factors[name] for name, weight in own.items()}
            for own in (fit.weights, *fit.department_weights.values())
        ]
        own = dict(zip(fit.department_weights, apart, strict=True))
        drawn_fit = Compatibility(fit.cohort, fit.parts, weights, own)
        other = mm.solve(replace(matching.problem, scores=drawn_fit))
        made = set(zip(other.pairs["mentee"], other.pairs["mentor"], strict=True))
        pairs = zip(matching.pairs["mentee"], matching.pairs["mentor"], strict=True)
        stays += [pair in made for pair in pairs]
    assert 0 < stays.sum() < 6 * len(matching)
    found = mm.sureness(matching, draws=6, spread=0.8, seed=7)
    np.testing.assert_allclose(found["stays"], stays / 6)
    monkeypatch.setattr(module, "_HELD", 0)
    again = mm.sureness(matching, draws=6, spread=0.8, seed=7)
    assert again["stays"].tolist() == found["stays"].tolist()


def test_held_values_score_bit_for_bit_alike() -> None:
    """Scores from values in memory are those of the cohort, blocks and single pairs."""
    fit = mm.score(cohort())
    held = module._Held(fit)
    rows, i, j = np.array([3, 0, 7]), np.array([1, 4, 4]), np.array([2, 0, 15])
    assert (held.block(rows) == fit.block(rows)).all()
    assert (held.at(i, j) == fit.at(i, j)).all()


def test_one_part_alone_has_nothing_to_vary() -> None:
    """With a single part of the score, every draw is the same list."""
    matching = mm.match(cohort(), {"interests": 1.0})
    assert (mm.sureness(matching, draws=3, spread=2.0)["stays"] == 1).all()


def test_rules_that_other_weights_cannot_keep_count_against_the_pair() -> None:
    """Where lower scores leave no list that keeps the rules, the draw is one without the pair."""
    matching = mm.match(cohort())
    low = float(matching.pairs["score"].min())
    strict = replace(matching.problem, minimum_score=low, mentee_minimum=0)
    needed = np.bincount(matching.rows, minlength=20).clip(max=1)
    strict = replace(strict, mentee_minimum=needed)
    shares = mm.sureness(mm.solve(strict), draws=20, spread=2.0)["stays"]
    assert (shares < 1).all()


def test_explain_tells_it_on_request() -> None:
    """The share stands beside the reasons if asked for, for those asked for."""
    matching = mm.match(cohort())
    assert "stays" not in mm.explain(matching)
    some = matching.pairs["mentee"].tolist()[:3]
    told = mm.explain(matching, mentees=some, draws=4)
    shares = mm.sureness(matching, draws=4).set_index("mentee")["stays"]
    assert sorted(told["mentee"]) == sorted(some)
    assert told["stays"].tolist() == shares[told["mentee"]].tolist()
    whole = mm.explain(matching).set_index("mentee")
    assert told["runner_up_cost"].tolist() == whole.loc[told["mentee"], "runner_up_cost"].tolist()
    with pytest.raises(ProblemError, match="no mentee 'nobody'"):
        mm.explain(matching, mentees=["nobody"])


def test_senseless_wishes_are_errors() -> None:
    """No draws, no spread that is a number, or no weights: each says so."""
    matching = mm.match(cohort())
    with pytest.raises(ValueError, match="draws"):
        mm.sureness(matching, draws=0)
    for spread in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="spread"):
            mm.sureness(matching, spread=spread)
    with pytest.raises(ProblemError, match="weights"):
        mm.sureness(mm.solve(mm.Problem(np.eye(3))))
