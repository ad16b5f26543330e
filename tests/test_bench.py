"""Tests of the benchmark: cohorts can be made again, no answer is believed, and ratios are told."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import mentormatch
from mentormatch import certify, solve
from mentormatch.benching.cohorts import FINE, KINDS, keep, make, read
from mentormatch.benching.machine import peak_memory
from mentormatch.benching.measure import (
    Case,
    Place,
    Row,
    RunError,
    Verdict,
    judge,
    look,
    measure,
    verdict_of,
)
from mentormatch.benching.once import solve_once
from mentormatch.benching.peers import OURS, PEERS, PRODUCT
from mentormatch.benching.sets import full, small
from mentormatch.benching.table import figures, markdown, proved, quality
from mentormatch.benching.task import Task
from mentormatch.cli import main
from mentormatch.words import LANGUAGES

HERE = Place(sys.executable, dict.fromkeys((OURS, PRODUCT, "scipy", "scipy sparse"), "1"))
CASE = Case("profile", 12, "encodings")


@pytest.fixture(scope="module")
def here() -> Place:
    """The solvers that this Python has."""
    return look()


def once(folder, peer):
    """Run a solver in this very process, which is quicker."""
    return solve_once(folder, peer, again=1)


def lying(change):
    """Run solvers, and let SciPy's answer be changed before anyone sees it."""

    def run(folder, peer):
        told = solve_once(folder, peer)
        if peer.name == "scipy":
            with np.load(folder / "pairs.npz") as found:
                rows, columns = change(found["rows"].copy(), found["columns"].copy())
            np.savez(folder / "pairs.npz", rows=rows, columns=columns)
        return told

    return run


def verdict(change, case=CASE) -> Verdict:
    rows = measure([case], ["scipy"], repeats=1, places=[HERE], once=lying(change))
    assert [row.solver for row in rows] == [OURS, "scipy"]
    assert rows[0].verdict == Verdict("proved")
    return rows[1].verdict


@pytest.mark.parametrize("kind", KINDS)
@given(n=st.integers(1, 30), seed=st.integers(0, 9))
def test_a_cohort_can_be_made_again(kind, n, seed):
    """The same kind, size and seed give the same numbers; another seed gives others."""
    cohort = make(kind, n, seed)
    assert cohort.fingerprint == make(kind, n, seed).fingerprint
    assert cohort.fingerprint != make(kind, n, seed + 1).fingerprint or kind == "near ties"
    assert cohort.shape[0] == n


def test_cohorts_stay_the_same_from_version_to_version():
    """Figures of two versions of ours are about the same numbers."""
    assert {kind: make(kind, 40, 1).fingerprint for kind in KINDS} == {
        "uniform": "907bfd979ab0225a",
        "geometric": "5ec11d476e73b8a4",
        "profile": "bab9fd248f05bd2e",
        "near ties": "191f73f66834232d",
        "popular": "9f6f5f4feb27a153",
        "scarce": "e73f9660a9e08f09",
        "closed": "368adf01de22bb49",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_whole_steps_in_every_form(kind):
    """Scores lie on the grid from above 0 to 1, in float32 as well, and all forms agree."""
    cohort = make(kind, 40)
    matrix = cohort.matrix
    possible = matrix > -np.inf
    assert (matrix[possible] * FINE % 1 == 0).all()
    assert matrix[possible].min() > 0
    assert matrix.max() <= 1
    assert (matrix.astype(np.float32) == matrix).all()
    everyone = np.indices(cohort.shape).reshape(2, -1)
    assert (cohort.at(*everyone) == matrix.ravel()).all()
    for form in cohort.forms:
        problem = cohort.problem(form)
        steps = np.ldexp(problem.steps(np.arange(cohort.shape[0])), -problem.bits)
        assert (steps == matrix).all()


def test_kinds_are_hard_in_the_way_they_say():
    """Ties, popular mentors, too few places, closed departments and clusters are really there."""
    assert len(np.unique(make("near ties", 40).matrix)) <= 16
    favourites = make("popular", 60).matrix.argmax(axis=1)
    assert len(np.unique(favourites)) <= 3
    scarce = make("scarce", 60)
    assert scarce.capacity.sum() < 60
    assert set(scarce.capacity.tolist()) == {1, 2, 3}
    assert 0.8 < np.isinf(make("closed", 200).matrix).mean() < 0.95
    assert make("profile", 5).scores.mentees.shape == (5, 80)


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_counts_has_the_same_best_total(kind):
    """Most people first or the highest total alone: the best total is that of the assignment."""
    cohort = make(kind, 30, 3)
    scores = np.maximum(cohort.matrix, 0).repeat(cohort.capacity, axis=1)
    i, j = linear_sum_assignment(scores, maximize=True)
    for form in cohort.forms:
        for objective in ("most people", "highest total"):
            problem = cohort.problem(form)
            matching = solve(problem, objective)
            assert certify(problem, matching).optimal
            assert matching.total == scores[i, j].sum()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_cohort_is_read_as_it_was(kind, tmp_path):
    """What a process of its own reads is what was made."""
    cohort = make(kind, 20)
    for form in cohort.forms:
        keep(cohort, form, tmp_path)
        again, as_form = read(tmp_path)
        assert as_form == form
        assert (again.matrix == cohort.matrix).all()
        assert (again.capacity == cohort.capacity).all()


def test_unknown_cohorts_are_mistakes():
    """A kind or form that does not exist, or nobody at all, is refused."""
    with pytest.raises(ValueError, match="near ties"):
        make("easy", 5)
    with pytest.raises(ValueError, match="at least one"):
        make("uniform", 0)
    with pytest.raises(ValueError, match="matrix"):
        make("uniform", 5).problem("encodings")


@pytest.mark.parametrize(
    "name", [name for name, peer in PEERS.items() if peer.aim != "none" and name in look().versions]
)
@pytest.mark.parametrize("case", full([9], list(KINDS), ["matrix", "encodings"]), ids=str)
def test_every_solver_that_is_here_finds_the_best(name, case, tmp_path):
    """Each adapter gives valid pairs of the best total; stable pairs may fall short of it."""
    cohort = make(case.kind, case.n, case.seed)
    keep(cohort, case.form, tmp_path)
    found = PEERS[name].solve(Task(*read(tmp_path)))
    total, fault = judge(cohort, found.rows, found.columns)
    assert not fault
    best = round(solve(cohort.problem(case.form)).total * FINE)
    verdict = verdict_of(PEERS[name], total, "", best, {"proved": True}, slack=case.n)
    allowed = {"best", "rounded"} if case.form == "encodings" else {"best"}
    allowed |= {"proved"} if name == OURS else set()
    assert verdict.kind in allowed | ({"short"} if PEERS[name].aim == "stable" else set())


def test_a_worse_total_is_told_and_not_dropped():
    """Somebody left out: the pairs are valid, and the row says how much is missing."""
    found = verdict(lambda i, j: (i[1:], j[1:]))
    assert found.kind == "short"
    assert 0 < found.short < 0.5


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda i, j: (np.append(i, i[0]), np.append(j, j[1])), "two mentors"),
        (lambda i, j: (i, np.full_like(j, j[0])), "too many"),
        (lambda i, j: (i, j + 1000), "not exist"),
        (lambda i, j: (i, j - 1000), "not exist"),
        (lambda i, j: (i[1:], j), "do not make pairs"),
    ],
)
def test_a_solver_that_lies_is_caught(change, why):
    """Pairs that are no matching are called wrong, whatever their total."""
    found = verdict(change)
    assert found.kind == "wrong"
    assert why in found.why


def test_an_impossible_pair_is_caught():
    """A pair across closed departments is wrong."""
    cohort = make("closed", 12)
    i, j = np.argwhere(np.isinf(cohort.matrix))[0]
    assert judge(cohort, [i], [j]) == (0, "a pair is impossible")
    i, j = np.argwhere(np.isfinite(cohort.matrix))[0]
    assert judge(cohort, [i], [j]) == (round(cohort.matrix[i, j] * FINE), "")


def test_a_total_above_the_proved_best_is_our_fault():
    """If valid pairs beat the proof, the whole benchmark is unsound."""
    found = verdict_of(PEERS["scipy"], 101, "", 100, {})
    assert found.kind == "wrong"
    assert found.beats
    sound = Row(CASE, (12, 12), OURS, "1", Verdict("proved"))
    assert proved([sound])
    assert not proved([sound, replace(sound, solver="scipy", verdict=found)])
    assert not proved([replace(sound, solver="scipy", verdict=Verdict("best"))])
    assert not proved([replace(sound, verdict=Verdict("open", 0.1))])


def test_rounding_is_not_held_against_a_solver():
    """Who is given encodings does not round scores, and may end a step a pair below the best."""
    kinds = [verdict_of(PEERS["scipy"], 1000 - k, "", 1000, {}, slack=5).kind for k in (0, 5, 6)]
    assert kinds == ["best", "rounded", "short"]


def test_nothing_is_best_without_a_proof():
    """Where ours has no complete proof, it says how much is open, and nobody is called best."""

    def unproved(folder, peer):
        told = once(folder, peer)
        return told | {"proved": False, "gap": 0.5} if peer.name == OURS else told

    ours, scipy = measure([CASE], ["scipy"], repeats=1, places=[HERE], once=unproved)
    assert ours.verdict.kind == "open"
    assert 0 < ours.verdict.short < 1
    assert scipy.verdict.kind == "unknown"


def test_a_solver_that_fails_keeps_its_row_and_is_not_asked_again():
    """A crash is told in the table; the next round leaves it out."""
    asked = []

    def failing(folder, peer):
        asked.append(peer.name)
        if peer.name == "scipy":
            raise RunError("out | of memory")
        return once(folder, peer)

    rows = measure([CASE], ["scipy"], repeats=2, places=[HERE], once=failing)
    assert asked.count("scipy") == 1
    assert asked.count(OURS) == 2
    assert rows[1].seconds is None
    assert quality(rows[1]) == "no answer: out / of memory"


def test_solvers_take_turns():
    """Every round begins with another solver, so that noise hits all alike; ours always runs."""
    asked = []

    def noting(folder, peer):
        asked.append(peer.name)
        return once(folder, peer)

    measure([CASE], ["scipy", PRODUCT], repeats=3, places=[HERE], once=noting)
    rounds = [asked[k : k + 3] for k in range(0, 9, 3)]
    assert len({each[0] for each in rounds}) == 3
    assert all(set(each) == {OURS, "scipy", PRODUCT} for each in rounds)


def test_patience_ends_the_rounds():
    """No round begins that would end too late, but the first one is always complete."""
    rows = measure([CASE], ["scipy"], repeats=5, places=[HERE], once=once, patience=0)
    assert [len(row.runs) for row in rows] == [1, 1]


def test_a_case_too_large_for_a_solver_is_left_out():
    """A solver is not given what would take it minutes, nor a plain product a mere matrix."""
    case = Case("uniform", 12)
    few = {name: PEERS[name].most for name in PEERS}
    assert few["networkx"] == 100
    rows = measure([case], [PRODUCT, "scipy"], repeats=1, places=[HERE], once=once)
    assert [row.solver for row in rows] == [OURS, "scipy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_holds_ratios(language):
    """Ours has ratio 1, others how many times as long they took, the quickest first."""
    names = ["scipy", "scipy sparse", PRODUCT]
    rows = measure([CASE], names, repeats=3, places=[HERE], once=once)
    table = markdown(rows, language).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
    assert len(cells) == 2 + 4
    assert len({len(line) for line in table}) == 1
    point = "," if language == "sv" else "."
    ratios = {line[3]: float(line[5].replace(point, ".")) for line in cells[2:]}
    ours = next(row.seconds for row in rows if row.solver == OURS)
    assert ratios["**mentormatch**"] == 1
    for row in rows[2:]:
        assert ratios[row.solver] == pytest.approx(row.seconds / ours, rel=0.01)
    assert list(ratios.values()) == sorted(ratios.values())


def test_figures_are_json():
    """Everything measured can be written, with versions and the ratio to ours."""
    rows = measure([CASE], ["scipy"], repeats=2, places=[HERE], once=once)
    told = json.loads(json.dumps(figures(rows, seed=0)))
    assert told["rows"][1]["solver"] == "scipy"
    assert told["rows"][1]["verdict"]["kind"] == "best"
    assert told["rows"][1]["ratio"] == pytest.approx(rows[1].seconds / rows[0].seconds)
    assert len(told["rows"][0]["runs"]) == 2
    assert told["packages"]["scipy"] != "?"


def test_a_process_of_its_own_says_what_it_took():
    """Time of the call and of the process, processor time and memory come from the process."""
    big = np.ones(60_000_000)  # 480 MB of ours are none of the child's
    (row,) = measure([CASE], [], repeats=1, places=[HERE])
    assert row.verdict.kind == "proved"
    (run,) = row.runs
    assert 0 < run["first"] < run["whole"]
    assert 0 <= run["cpu"] <= run["whole_cpu"]
    assert len(run["warm"]) == 3
    if sys.platform == "linux":
        assert 10 * 2**20 < run["memory"] < 400 * 2**20 < big.nbytes < peak_memory()


def test_a_process_that_takes_too_long_is_stopped():
    """The limit ends a run, and the table says so."""
    (row,) = measure([CASE], [], repeats=1, places=[HERE], limit=0.01)
    assert row.verdict.kind == "failed"
    assert "0.01 s" in row.verdict.why


def test_clashing_packages_are_run_by_nobody(tmp_path, monkeypatch):
    """Where `lap` and `lapx` are both installed, it is not sure which one runs: neither does."""
    versions = look().versions
    assert versions[OURS] == mentormatch.__version__
    assert "scipy" in versions
    for package in ("lap", "lapx"):
        folder = tmp_path / f"{package}-9.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {package}\nVersion: 9\n", encoding="utf-8")
    monkeypatch.setenv(
        "PYTHONPATH", f"{Path(mentormatch.__file__).parents[1]}{os.pathsep}{tmp_path}"
    )
    assert not {"lap", "lapx lapjvr"} & set(look().versions)
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; sys.modules['mentormatch'] = None\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RunError, match="cannot import"):
        look()


def test_the_small_set_is_small():
    """`mentormatch bench` goes no further than 1 000 mentees, and over several kinds."""
    cases = small(4)
    assert max(case.n for case in cases) <= 1000
    assert len({case.kind for case in cases}) >= 5
    assert {case.seed for case in cases} == {4}
    for case in cases:
        assert case.form in make(case.kind, 5).forms


def test_the_command_prints_the_table(tmp_path, monkeypatch, capsys):
    """`mentormatch bench` prints its table, writes its figures, and says that all was checked."""
    monkeypatch.setattr("mentormatch.benching.sets.small", lambda _: [Case("scarce", 10)])
    written = tmp_path / "bench.json"
    code = main(["bench", "--repeats", "1", "--json", str(written), "--language", "sv"])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "**mentormatch**" in said.out
    assert "bäst, bevisat" in said.out
    assert "omgång 1" in said.err
    assert json.loads(written.read_text(encoding="utf-8"))["rows"]


def test_a_wrong_answer_of_ours_is_no_success(monkeypatch, capsys):
    """If ours is not proved best, the command fails and says that its times mean nothing."""
    row = Row(CASE, (12, 12), OURS, "1", Verdict("open", 0.25))
    monkeypatch.setattr("mentormatch.benching.measure.measure", lambda *_, **__: [row])
    assert main(["bench"]) == 70
    said = capsys.readouterr()
    assert "at most 25 % short" in said.out
    assert "mean nothing" in said.err
