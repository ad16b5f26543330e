"""Tests of the text catalogues: both languages say the same things, and nothing is missing."""

from __future__ import annotations

import ast
import copy
import pickle
import re
import string
from functools import cache
from pathlib import Path

import pytest

import mentormatch
from mentormatch import make_cohort, rules
from mentormatch.words import LANGUAGES, Sentence, catalogue, say, sentence, told

SOURCE = Path(mentormatch.__file__).parent
TEXTS = SOURCE / "texts"
AREAS = sorted(path.stem for path in (TEXTS / "en").glob("*.toml"))
FILE_ENDINGS = {"html", "css", "js", "j2", "toml", "csv", "xlsx", "txt", "json", "ics", "eml", "md"}


def blanks(text: str) -> set[str]:
    """Names of the blanks of a sentence; braces that are meant as braces are none."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


@cache
def constants() -> tuple[frozenset[str], tuple[str, ...]]:
    """Texts in the code that are no docstrings, and those with gaps, as patterns."""
    whole: set[str] = set()
    patterns: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        if path == SOURCE / "__init__.py":  # it names modules
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                said |= {id(value) for value in node.values}
                patterns.add(
                    "".join(
                        re.escape(str(value.value)) if isinstance(value, ast.Constant) else r"\w+"
                        for value in node.values
                    )
                )
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                for side, form in ((node.left, "{}.+"), (node.right, ".+{}")):
                    if isinstance(side, ast.Constant) and isinstance(side.value, str):
                        said.add(id(side))
                        patterns.add(form.format(re.escape(side.value)))
        whole |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in said
        }
    return frozenset(whole), tuple(sorted(patterns))


@cache
def templates() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.j2")))


def test_both_languages_have_the_same_areas():
    """Every area has a file in each language, and no language has one more."""
    for language in LANGUAGES:
        assert sorted(path.name for path in (TEXTS / language).iterdir()) == [
            f"{area}.toml" for area in AREAS
        ]


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same(area):
    """An area has the same sentences, with the same blanks, in both languages; none is empty."""
    english, swedish = (catalogue(language, area) for language in LANGUAGES)
    assert english.keys() == swedish.keys()
    for key in english:
        assert english[key].strip(), key
        assert swedish[key].strip(), key
        assert blanks(english[key]) == blanks(swedish[key]), key
        assert all(re.fullmatch(r"[a-z_]+", blank) for blank in blanks(english[key])), key


@pytest.mark.parametrize("area", AREAS)
def test_a_sentence_for_one_belongs_to_one_for_many(area):
    """The form for one fills the same blanks as the form for many, but for the number."""
    sentences = catalogue("en", area)
    for key in sentences:
        many = key.removesuffix("_one")
        if key != many and many in sentences:
            assert blanks(sentences[key]) <= blanks(sentences[many]) | {"count"}, key


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_typed_with_care(area, language):
    """No exclamation marks, no double spaces, no space before a stop, no straight Swedish a-o."""
    for key, text in catalogue(language, area).items():
        where = f"{language}/{area}.{key}: {text}"
        assert "!" not in text, where
        assert not re.search(r"[^\n ] {2,}[^ ]", text) or "mentormatch " in text, where
        assert not re.search(r" [,.;:](?:\s|$)", text), where


def test_every_sentence_that_the_code_names_exists():
    """No name of a sentence in the code leads nowhere, written whole or put together."""
    whole, patterns = constants()
    for text in whole:
        area, dot, key = text.partition(".")
        if dot and area in AREAS and re.fullmatch(r"\w+", key) and key not in FILE_ENDINGS:
            assert key in catalogue("en", area), text
    everything = [f"{area}.{key}" for area in AREAS for key in catalogue("en", area)]
    for pattern in patterns:
        area, dot, _ = pattern.partition(r"\.")
        if dot and area in AREAS and not re.search(r"\\\.[^.]*\\?\.", pattern[len(area) :]):
            assert any(re.fullmatch(pattern, one) for one in everything), pattern


def test_every_fault_without_an_area_has_its_sentence():
    """A fault whose code names no area is one of the general ones."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
                for code in given:
                    if isinstance(code, ast.Constant):
                        area, _, key = str(code.value).rpartition(".")
                        assert key in catalogue("en", area or "faults"), f"{path.name}: {key}"


@pytest.mark.parametrize("area", AREAS)
def test_every_sentence_can_be_read_by_somebody(area):
    """No sentence lies in a catalogue that the code never says."""
    whole, patterns = constants()
    pages = templates()
    unused = []
    for key in catalogue("en", area):
        name = key.removesuffix("_one")
        if name in whole or f"{area}.{name}" in whole or f'"{name}"' in pages:
            continue
        if any(
            re.fullmatch(pattern, one)
            for pattern in patterns
            if pattern.replace(r"\w+", "").replace(".+", "") not in ("", f"{area}\\.")
            for one in (name, f"{area}.{name}")
        ):
            continue
        unused.append(key)
    assert unused == []


def test_a_sentence_keeps_both_languages():
    """A sentence is a text in English that can be told in Swedish, its blanks filled in each."""
    inner = sentence("rules.every_department")
    outer = sentence("rules.own_department_only", departments=inner)
    assert outer == say("rules.own_department_only", departments=say("rules.every_department"))
    assert told(outer, "sv") == say(
        "rules.own_department_only", "sv", departments=say("rules.every_department", "sv")
    )
    assert told("plain", "sv") == "plain"
    assert told(7) == "7"
    assert isinstance(outer, Sentence)
    for copied in (copy.deepcopy(outer), pickle.loads(pickle.dumps(outer))):
        assert (copied, told(copied, "sv")) == (outer, told(outer, "sv"))


def test_unknown_words_are_mistakes():
    """A language, area, sentence or blank that does not exist raises instead of staying silent."""
    with pytest.raises(ValueError, match="'de'"):
        say("faults.row", "de", row=1)
    with pytest.raises(KeyError):
        say("faults.no_such_sentence")
    with pytest.raises(KeyError):
        say("faults.row")


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_thing_is_counted_as_one(language):
    """A count of 1 takes the form for one, other counts the form for many."""
    assert "1 faults" not in say("faults.opening", language, count=1)
    assert say("faults.opening", language, count=1) != say("faults.opening", language, count=2)
    assert "0" in say("faults.opening", language, count=0)


def test_a_minimum_score_is_told_with_the_comma_of_swedish() -> None:
    """A number in a rule's sentence is written as each language writes it, and never rounded."""
    cohort = make_cohort(4, 4, seed=1)
    said = [rules.minimum_score(score).sentence(cohort.programme) for score in (0.1, 0.125)]
    assert [one.told("sv")[-5:] for one in said] == [" 0,10", "0,125"]
    assert [one.told("en")[-5:] for one in said] == [" 0.10", "0.125"]
