"""Compiled code reckons the scores that the parts define, to the last digit."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

import mentormatch as mm
from mentormatch.people.cohort import Cohort
from mentormatch.people.programme import Programme, Words
from mentormatch.scores import compatibility, reckoner
from mentormatch.scores import parts as parts_module
from mentormatch.scores.compatibility import Compatibility
from mentormatch.scores.curve import ONE, Curve
from mentormatch.scores.parts import Part
from strategies import parts


@st.composite
def fits(draw: DrawFn) -> Compatibility:
    """Return scores of up to seven people a side from one to three parts of any kind."""
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    several = [draw(parts(n, m, f"part {k}")) for k in range(draw(st.integers(1, 3)))]
    weights = {part.name: draw(st.integers(0, 5)) for part in several}
    weights[several[0].name] += 1
    mentees, mentors = (
        pd.DataFrame({"name": [""] * size}, index=[f"{side}{k}" for k in range(size)])
        for side, size in (("e", n), ("o", m))
    )
    programme = Programme(Words("A programme"), "2024-25", ())
    return Compatibility(Cohort(mentees, mentors, programme), tuple(several), weights)


def plainly(fit: Compatibility, pairs: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return block and listed scores as NumPy and SciPy work them out."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (compatibility, parts_module):
            patch.setattr(module, "worth_compiling", lambda pairs: False)
        return fit.block(slice(None)), fit.at(*pairs)


def compiled(fit: Compatibility, pairs: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return block, listed scores and rough ones as compiled code works them out."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (compatibility, parts_module):
            patch.setattr(module, "worth_compiling", lambda pairs: True)
        rough = fit.rough_block(slice(None), slice(None))
        assert (np.abs(rough - fit.block(slice(None))) <= fit.rough_error).all()
        return fit.block(slice(None)), fit.at(*pairs), rough


@given(fits(), st.randoms(use_true_random=False))
def test_compiled_code_gives_the_same_whole_numbers(fit: Compatibility, random: object) -> None:
    """Whatever the parts, `.block` and `.at` are the same either way, and rough ones are near."""
    n, m = fit.shape
    rows, columns = np.indices((n, m)).reshape(2, -1)
    block, listed = plainly(fit, (rows, columns))
    quick, quickly, _ = compiled(fit, (rows, columns))
    assert quick.tolist() == block.tolist()
    assert quickly.tolist() == listed.tolist() == block.ravel().tolist()


@given(fits(), st.data())
def test_rough_scores_of_some_are_those_among_all(fit: Compatibility, data: st.DataObject) -> None:
    """Whoever is asked for together, in any order and twice, a rough score stays near."""
    n, m = fit.shape
    rows = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=9)))
    columns = np.array(data.draw(st.lists(st.integers(0, m - 1), min_size=1, max_size=9)))
    block, _ = plainly(fit, (rows[:0], columns[:0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compatibility, "worth_compiling", lambda pairs: True)
        some = fit.rough_block(rows, columns)
        assert some.dtype == np.float32
        assert (np.abs(some - block[np.ix_(rows, columns)]) <= fit.rough_error).all()


def test_vectors_are_multiplied_in_single_precision_within_the_error() -> None:
    """Long plain encodings are rough in float32, exact in float64, and the bound is narrow."""
    rng = np.random.default_rng(3)
    a, b = (np.rint(rng.normal(size=(60, 384)) * 900) for _ in range(2))
    steep = Curve(((0, 0), (2**26, ONE // 2), (2**29, ONE)))
    part = Part("meaning", a, b, steep, neutral=0)
    frame = pd.DataFrame({"name": [""] * 60}, index=[f"p{k}" for k in range(60)])
    programme = Programme(Words("A programme"), "2024-25", ())
    fit = Compatibility(Cohort(frame, frame, programme), (part,), {"meaning": 1})
    every = np.indices((60, 60)).reshape(2, -1)
    assert compiled(fit, every)[0].tolist() == plainly(fit, every)[0].tolist()
    assert 0 < fit.rough_error < 2e-3


def test_a_cohorts_scores_are_the_same_with_and_without_the_compiler() -> None:
    """With ``NUMBA_DISABLE_JIT=1``, and block by block or all at once, no score differs."""
    script = (
        "import hashlib, numpy as np, mentormatch as mm\n"
        "from mentormatch.scores import compatibility\n"
        "compatibility.worth_compiling = lambda pairs: True\n"
        "fit = mm.score(mm.make_cohort(12, 9, seed=4))\n"
        "print(hashlib.sha256(fit.block(slice(None)).tobytes()).hexdigest())\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for off in ("0", "1")
    }
    assert len(said) == 1
    fit = mm.score(mm.make_cohort(12, 9, seed=4))
    rows = [fit.block([k])[0].tolist() for k in range(12)]
    assert rows == fit.block(slice(None)).tolist()


def test_few_mentors_columns_are_kept_in_memory() -> None:
    """However many groups of mentors are asked for, only the last ones are remembered."""
    fit = mm.score(mm.make_cohort(12, 9, seed=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compatibility, "worth_compiling", lambda pairs: True)
        for k in range(9):
            for last in range(k, 9):
                fit.rough_block([0], [k, last])
        assert len(fit._reckoner._known) <= reckoner.KEPT
