"""Tests of the house itself: which way imports run, what the door offers, how modules are kept."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import mentormatch
from mentormatch.words import LANGUAGES

SOURCE = Path(mentormatch.__file__).parent
MODULES = {
    ".".join(("mentormatch", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(SOURCE.rglob("*.py"))
    if "examples" not in path.relative_to(SOURCE).parts
}
NAMES = sorted(MODULES)

#: The storeys from the ground up; wings of one storey do not know each other.
HOUSE = (
    {"words", "frozen"}, {"errors"}, {"people", "matching"}, {"scores"}, {"rules"}, {"rulebook"},
    {"formulation"}, {"road"}, {"telling"}, {"benching"}, {"cli"}, {"__main__"},
)  # fmt: skip
FLOOR = {wing: floor for floor, wings in enumerate(HOUSE) for wing in wings}
HEAVY = {"pandas", "numpy", "scipy", "sklearn", "openpyxl", "xlsxwriter", "jinja2", "icalendar"}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str) -> frozenset[str]:
    """Every module of ours that a module imports, also inside functions and for types alone."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively, line {node.lineno}"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else str(node.module))
    return frozenset(one for one in found if one in MODULES)


def wing(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def reached(name: str) -> set[str]:
    """Everything of ours that a module imports, however many steps away."""
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        new = imports(ahead.pop()) - seen
        seen |= new
        ahead += new
    return seen


def python(code: str) -> str:
    """Run code in a fresh Python and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_run_one_way():
    """A storey imports only from storeys below it, and nobody imports the command line."""
    assert {wing(name) for name in NAMES} - {""} == set(FLOOR), "a wing without a storey"
    wrong = [
        f"{name} imports {target}"
        for name in NAMES
        for target in sorted(imports(name))
        if wing(name) and wing(target) not in ("", wing(name))
        if FLOOR[wing(target)] >= FLOOR[wing(name)]
    ]
    assert wrong == []
    assert [name for name in NAMES if "mentormatch" in imports(name)] == ["mentormatch.cli.parser"]
    assert "cli" not in {wing(one) for one in imports("mentormatch")}


def test_people_and_numbers_know_nothing_of_each_other():
    """Nothing that people import leads to a matching, and nothing there leads to people."""
    for name in NAMES:
        beyond = {wing(one) for one in reached(name)}
        if wing(name) in ("people", "matching"):
            assert beyond <= {wing(name), "errors", "words", "frozen"}, name
        if wing(name) == "scores":
            assert "matching" not in beyond, name


def test_the_certificate_shares_no_code_with_a_solver():
    """What checks an answer reaches no module that finds one."""
    found = reached("mentormatch.matching.certificate")
    assert "mentormatch.matching.problem" in found
    assert not {one for one in found if "solve" in one}


def test_no_import_goes_in_circles():
    """No module imports itself by way of others, imports inside functions included."""
    inside = [name for name in NAMES if name != "mentormatch"]
    assert [name for name in inside if name in reached(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_module_says_what_it_knows(name):
    """A module begins with one sentence that says what it knows, and is no longer than it may."""
    lines = MODULES[name].read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 450
    said = (ast.get_docstring(tree(name)) or "").split("\n\n")[0]
    assert re.fullmatch(r"[A-Z](?:[^.]|\.(?!\s))+[.]", " ".join(said.split())), said


@pytest.mark.parametrize("name", NAMES)
def test_light_modules_import_nothing_heavy(name):
    """The modules that everything stands on load no large package when they are imported."""
    light = {"words", "frozen", "errors", "cli", "__main__", ""}
    if wing(name) in light or name.endswith(("people.programme", "people.cohort")):
        loaded = {
            module.partition(".")[0]
            for node in tree(name).body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for module in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [str(node.module)]
            )
        }
        assert not loaded & HEAVY


@pytest.mark.parametrize("name", [one for one in NAMES if not one.endswith("__main__")])
def test_public_functions_are_explained(name):
    """Public functions, classes and methods have a docstring; what verbs take stands in it."""
    module = __import__(name, fromlist=["x"])
    offered = vars(mentormatch).keys() | set(mentormatch.__all__)
    for node in tree(name).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
            continue
        said = ast.get_docstring(node) or ""
        assert said, f"{name}.{node.name} says nothing"
        if isinstance(node, ast.ClassDef):
            continue
        takes = [arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)]
        if node.name in offered and getattr(module, node.name) is getattr(mentormatch, node.name):
            assert not takes or "Parameters" in said, f"{name}.{node.name} explains no parameter"
    for cls in tree(name).body:
        if not isinstance(cls, ast.ClassDef) or cls.name.startswith("_"):
            continue
        for method in cls.body:
            if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                assert ast.get_docstring(method), f"{name}.{cls.name}.{method.name} says nothing"


def test_the_door_offers_what_it_names():
    """``__all__`` is what ``dir`` shows, every name is found, and the three lists of it agree."""
    shown = {name for name in dir(mentormatch) if not name.startswith("__")}
    assert shown == set(mentormatch.__all__)
    assert list(mentormatch.__all__) == sorted(set(mentormatch.__all__))
    for block in tree("mentormatch").body:
        if isinstance(block, ast.If):
            typed = {
                alias.asname: (str(node.module).removeprefix("mentormatch."), alias.name)
                for node in block.body
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            }
    assert set(typed) == set(mentormatch.__all__)
    for name, (home, original) in typed.items():
        assert original == name
        assert mentormatch._HOME[name] == ("rules" if name == "rules" else home)
        assert getattr(mentormatch, name) is not None
    with pytest.raises(AttributeError, match="solver"):
        _ = mentormatch.solver


def test_a_name_means_the_same_whatever_came_before():
    """Public verbs are functions even where a module of the same name was imported earlier."""
    kinds = {
        name: "module" if name == "rules" else "class" if name[0].isupper() else "function"
        for name in mentormatch.__all__
    }
    before = [
        "",
        "import mentormatch.scores.score",
        "from mentormatch.telling.readiness import readiness",
        "import mentormatch.telling.write, mentormatch.cli, mentormatch.road",
        "import mentormatch.matching.solve, mentormatch.matching.diagnose",
        "from mentormatch import rules, match, make_cohort",
        "import mentormatch; mentormatch.match(mentormatch.make_cohort(3, 3))",
    ]
    # Only our own modules are imported anew each time: the large packages take seconds.
    code = f"""
import inspect, sys
tests = {{"module": inspect.ismodule, "class": inspect.isclass, "function": inspect.isfunction}}
for before in {before!r}:
    for name in [one for one in sys.modules if one.partition(".")[0] == "mentormatch"]:
        del sys.modules[name]
    exec(before)
    import mentormatch as mm
    for name in reversed(mm.__all__):
        thing = getattr(mm, name)
        print(name, *[kind for kind, is_one in tests.items() if is_one(thing)])
    print("|")
"""
    *told, end = python(code).split("|")
    assert [dict(line.split() for line in one.split("\n") if line) for one in told] == (
        [kinds] * len(before)
    )
    assert not end.strip()


def test_the_import_is_light():
    """``import mentormatch`` loads no large package: they come when they are first needed."""
    code = "import mentormatch, sys; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    assert not HEAVY & set(python(code).split())


def test_help_is_light():
    """``mentormatch --help`` answers without waiting for the large packages."""
    code = """
import sys
from mentormatch.cli import main
try:
    main(["match", "--help"])
except SystemExit:
    pass
print("LOADED", *sorted({m.partition('.')[0] for m in sys.modules}))
"""
    text, _, loaded = python(code).partition("LOADED")
    assert "--mentees" in text
    assert not HEAVY & set(loaded.split())


def test_every_public_name_has_types():
    """The package says that it carries types, and everything public is annotated in full."""
    assert (SOURCE / "py.typed").is_file()
    for name in mentormatch.__all__:
        thing = getattr(mentormatch, name)
        if inspect.isfunction(thing):
            signature = inspect.signature(thing)
            assert signature.return_annotation is not inspect.Signature.empty, name
            for parameter in signature.parameters.values():
                assert parameter.annotation is not inspect.Parameter.empty, (name, parameter)


def test_the_installed_version_is_the_one_of_the_project(checkout):
    """The door and pyproject.toml name the same version."""
    text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{mentormatch.__version__}"' in text
    assert LANGUAGES == ("en", "sv")


@pytest.mark.parametrize("name", [one for one in NAMES if "njit" in MODULES[one].read_text()])
def test_compiled_loops_hand_out_no_arrays(name: str) -> None:
    """Numba makes a SystemError of an interruption that comes while a loop hands out an array."""
    loops = {
        node.name: ast.unparse(node.returns or ast.Constant(None))
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef)
        and any("njit" in ast.unparse(one) for one in node.decorator_list)
    }
    inner = {
        call.func.id
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef) and node.name in loops
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    plain = {"None", "bool", "int", "float", "tuple[int, int]"}
    for loop, returned in loops.items():
        assert returned in plain or loop in inner, f"{loop} returns {returned}"
