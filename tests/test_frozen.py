"""What is frozen stays as it is, and can be copied and sent to another process."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import mentormatch as mm
from mentormatch.frozen import Frozen

COPIES = [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]


def test_a_frozen_mapping_is_a_mapping_that_nobody_changes():
    """It keeps the order, equals a dict, does not follow its source, and refuses changes."""
    source = {"b": 1, "a": 2}
    frozen = Frozen(source)
    source["b"] = 3
    assert list(frozen.items()) == [("b", 1), ("a", 2)]
    assert frozen == {"a": 2, "b": 1}
    assert dict(frozen) == {**frozen}
    with pytest.raises(TypeError):
        frozen["b"] = 4
    with pytest.raises(AttributeError):
        frozen._items = {}


@pytest.mark.parametrize("copied", COPIES)
def test_a_frozen_mapping_can_be_copied(copied):
    """A copy is equal and as frozen, maps inside maps included."""
    frozen = Frozen({"physics": Frozen({"goals": 2.0})})
    again = copied(frozen)
    assert again == frozen
    assert type(again) is type(again["physics"]) is Frozen


@pytest.mark.parametrize("copied", COPIES)
def test_people_and_their_scores_can_be_copied(copied):
    """Programmes, cohorts, scores and single scores survive copies and pickles."""
    cohort = mm.make_cohort(9, 7, departments=3, seed=2)
    fit = mm.score(cohort)
    assert copied(cohort.programme) == cohort.programme
    again = copied(cohort)
    assert again.programme == cohort.programme
    assert again.mentees.equals(cohort.mentees)
    other = copied(fit)
    assert other.weights == fit.weights
    assert other.department_weights == fit.department_weights
    assert np.array_equal(other.block(slice(None)), fit.block(slice(None)))
    one = fit.pair(cohort.mentees.index[0], cohort.mentors.index[0])
    assert copied(one) == one
    assert mm.match(again).pairs.equals(mm.match(cohort).pairs)
