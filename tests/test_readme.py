"""Tests of the README: its examples run, its tables are complete, and what it names is there."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

import mentormatch as mm
from mentormatch.rules import KINDS


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    """The README."""
    return (checkout / "README.md").read_text(encoding="utf-8")


def test_its_python_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every block of Python runs, in order and in one namespace, and writes what it says."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.S | re.M)
    assert blocks
    for number, block in enumerate(blocks, start=1):
        exec(compile(block, f"README.md, block {number}", "exec"), names)
    assert (tmp_path / "output" / "report.html").exists()


def test_it_lists_every_rule_with_its_settings(page: str):
    """The table of rules has a row for each kind, in their order, with every setting."""
    rows = re.findall(r'^\| `"(.+?)"` \| (.+?) \|', page, re.M)
    assert [kind for kind, _ in rows] == list(KINDS)
    for kind, settings in rows:
        assert re.findall(r"`(\w+)`", settings) == list(signature(KINDS[kind]).parameters), kind


def test_what_it_names_is_there(page: str, checkout: Path):
    """Pictures and pages that it links to exist, and so do the files it sends people to."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in link]
    named = re.findall(r"\b(?:examples|notebooks)/[\w./-]+\w", page)
    assert len(links) >= 3
    assert not [name for name in (*links, *named) if not (checkout / name).exists()]


def test_it_says_how_to_install_ours(page: str):
    """The two commands stand there word for word, and nobody is sent to another project."""
    assert re.search(r"^python3 run\.py demo$", page, re.M)
    assert re.search(r"^python3 run\.py test$", page, re.M)
    assert not re.search(r"pip install (-U )?mentormatch(?!-optimiser)", page)


@pytest.mark.parametrize("answer", ["", "Yes", "No"])
def test_letters_of_its_smallest_programme_help(page: str, tmp_path: Path, answer: str):
    """Its letters tell what the two need to meet, unless one question for all says no."""
    programme, *sheets, _ = re.findall(r"```(?:toml|csv)\n(.*?)```", page, re.S)
    if answer:
        programme += (
            '[[questions]]\nanswer = "share"\nwho = "everyone"\n'
            'headings = ["May we pass it on?"]\nkind = "yes or no"\n'
        )
        sheets = [re.sub(r"\n(?=.)", f",{answer}\n", sheet) for sheet in sheets]
        sheets = [sheet.replace(f",{answer}", ",May we pass it on?", 1) for sheet in sheets]
        sheets = [f"{sheet.rstrip()},{answer}\n" for sheet in sheets]
    names = ("programme.toml", "mentees.csv", "mentors.csv")
    for name, text in zip(names, [programme, *sheets], strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    cohort = mm.read_cohort(
        tmp_path / "mentees.csv",
        tmp_path / "mentors.csv",
        programme=mm.read_programme(tmp_path / "programme.toml"),
    )
    mm.write_letters(mm.match(cohort), tmp_path / "letters")
    (path,) = (tmp_path / "letters" / "mentees").glob("*ada-ek.md")
    letter = path.read_text(encoding="utf-8")
    assert "Eva Berg" in letter
    for shared in ("eva@example.org", "Climate", "How to find a job in industry"):
        assert (shared in letter) == (answer != "No")


def test_its_file_of_tags_is_one(page: str, tmp_path: Path):
    """With the line that it names, the smallest programme reads the tags that stand below it."""
    programme, *_, tags = re.findall(r"```(?:toml|csv)\n(.*?)```", page, re.S)
    (line,) = re.findall(r"Write `(taxonomy = .*?)`", page)
    said = programme.replace("[programme]\n", f"[programme]\n{line}\n")
    (tmp_path / "programme.toml").write_text(said, encoding="utf-8")
    (tmp_path / "tags.toml").write_text(tags, encoding="utf-8")
    found = mm.read_programme(tmp_path / "programme.toml").taxonomy
    assert [tag.key for tag in found] == ["ai", "machine learning", "statistics"]


def test_it_says_what_the_list_for_programs_looks_like(page: str):
    """Who reads pairs.csv by program is told that its headings do not follow the language."""
    (row,) = re.findall(r"^\| `pairs\.csv` \| (.+) \|$", page, re.M)
    assert "headings are English" in row
    assert "by key" in row
