"""Tests that README and CONTRIBUTING say what is so: their examples run, their commands exist."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import mentormatch
from mentormatch.cli import main
from mentormatch.cli.parser import parser_for
from mentormatch.rules import KINDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/stockholm-2024-25/README.md")
COMMAND = re.compile(r"(?:^|[\s/\\])(?:mentormatch|run\.py) ((?:demo|match|check|make-cohort|-).*)")


@cache
def page(name: str) -> str:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of a page that are in a language."""
    found = re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", page(name))
    return [text for kind, text in found if kind == language]


def typed(name: str) -> list[str]:
    """What a page shows as code that might be typed: lines of plain blocks, and inline code."""
    text = page(name)
    lines = [line for language in ("", "sh", "bash") for block in blocks(name, language)
             for line in block.splitlines()]  # fmt: skip
    prose = re.sub(r"(?ms)^```.*?^```", "", text)
    lines += [code.replace("\n", " ") for code in re.findall(r"`([^`]+)`", prose)]
    return lines + re.findall(r"(?m)^ {4}(\S.*)$", prose)


@pytest.mark.parametrize("name", PAGES)
def test_the_python_of_a_page_runs(name, tmp_path, monkeypatch):
    """All Python examples of a page run one after the other, as a reader would run them."""
    found = blocks(name, "python")
    if name == "README.md" and page(name).count("\n") > 20:
        assert found
    monkeypatch.chdir(tmp_path)
    place: dict[str, object] = {}
    for number, code in enumerate(found, 1):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, f"{name}, example {number}", "exec"), place)


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_exist(name, capsys):
    """Every command that a page shows is understood, with all its options."""
    found = [match.group(1) for line in typed(name) if (match := COMMAND.search(line))]
    if name == "README.md" and page(name).count("\n") > 20:
        assert found
    for line in found:
        words = shlex.split(line)
        # A job that is only mentioned is as good as asking for its help.
        words += ["--help"] if len(words) == 1 else []
        try:
            parser_for("en").parse_args(words)
        except SystemExit as leaving:
            code = leaving.code
        else:
            code = 0
        assert code == 0, f"{line}: {capsys.readouterr().err}"


@pytest.mark.parametrize("name", PAGES)
def test_the_set_up_of_a_page_exists(name):
    """What README says after ``run.py`` is something that run.py does."""
    jobs = re.findall(r'"([\w-]+)":', (ROOT / "run.py").read_text(encoding="utf-8"))
    for line in typed(name):
        if (match := re.search(r"\b(?:python3?|py) \S*run\.py(?: (\S+))?", line)) is not None:
            assert match.group(1) in jobs, line


def test_the_smallest_programme_of_the_readme_matches_its_sheets(tmp_path, monkeypatch, capsys):
    """Who copies README's programme and sheets gets pairs."""
    programmes = [one for one in blocks("README.md", "toml") if "[programme]" in one]
    tables = blocks("README.md", "csv")
    assert len(programmes) == 1
    assert len(tables) == 2
    monkeypatch.chdir(tmp_path)
    for name, text in zip(
        ("programme.toml", "mentees.csv", "mentors.csv"), [*programmes, *tables], strict=True
    ):
        Path(name).write_text(text, encoding="utf-8")
    line = "programme.toml --mentees mentees.csv --mentors mentors.csv"
    assert main(["check", *line.split()]) == 0
    assert main(["match", *line.split(), "--out", "output"]) == 0
    assert "2 of 2 mentees have a mentor." in capsys.readouterr().out
    # The message that README shows is the message that these sheets give.
    head, *rows = tables[0].splitlines()
    wrong = [head + ",Department", rows[0] + ",Fysikk", rows[1] + ",Fysik"]
    Path("mentees.csv").write_text("\n".join(wrong) + "\n", encoding="utf-8")
    Path("mentors.csv").write_text(tables[1].replace("industry,2", "industry,two"), "utf-8")
    assert main(["check", *line.split()]) == 1
    said = capsys.readouterr().err.partition("\n")[2]
    assert said in "".join(blocks("README.md", ""))


def test_the_figures_of_the_readme_are_those_of_the_example():
    """The picture's caption and the example tell the same figures."""
    from roof_example import example_matching

    matching = example_matching()
    assert f"{matching.coverage} of {matching.problem.shape[0]} mentees" in page("README.md")


def test_the_readme_lists_every_rule():
    """Each kind of rule has its row, and no row names a kind or setting that does not exist."""
    rows = dict(re.findall(r'(?m)^\| `"([a-z ]+)"` \| (.*?) \|', page("README.md")))
    assert list(rows) == list(KINDS)
    for kind, settings in rows.items():
        takes = KINDS[kind].__annotations__.keys() - {"return"}
        assert set(re.findall(r"`(\w+)`", settings)) == takes, kind


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    """Every picture and page that a page links to is there, headings included."""
    text = page(name)
    heads = {
        re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-")
        for head in re.findall(r"(?m)^#+ (.*)$", text)
    }
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in heads, link
        elif not link.startswith(("http://", "https://", "mailto:")):
            assert ((ROOT / name).parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("name", PAGES)
def test_public_names_that_a_page_mentions_exist(name):
    """``mm.something`` in a page is a public name, also where it is only mentioned."""
    for one in re.findall(r"\bmm\.(\w+)", page(name)):
        assert one in mentormatch.__all__, one
    for one in re.findall(r"\bmm\.rules\.(\w+)", page(name)):
        assert hasattr(mentormatch.rules, one), one


def test_no_page_points_to_the_other_package():
    """On PyPI the name belongs to another project: nobody is told to install that."""
    for name in PAGES:
        assert not re.search(r"pip install mentormatch(?!-optimiser)", page(name)), name


def test_help_of_run_says_what_each_job_does():
    """Every job stands in the help of run.py with its line, and asking for help is no mistake."""
    asked = [sys.executable, str(ROOT / "run.py"), "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    jobs = [line.split(maxsplit=3) for line in done.stdout.splitlines() if line[:2] == "  "]
    assert {"demo", "check", "match", "rematch", "test", "notebook"} <= {job[2] for job in jobs}
    assert all(len(job) == 4 for job in jobs)
