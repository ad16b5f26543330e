"""Tests of the command line: what a coordinator types, reads, and finds in the folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

import mentormatch
from mentormatch.cli import main
from mentormatch.cli.parser import parser_for
from mentormatch.telling.pairs_csv import read_pairs_csv
from mentormatch.words import LANGUAGES, say

PROGRAMME = """
[programme]
name = "Mentors"
year = "2024-25"
duplicates = "fault"

[[departments]]
key = "physics"
name = { en = "Physics", sv = "Fysikum" }

[[departments]]
key = "media"
name = { en = "Media Studies", sv = "Mediestudier" }

[[questions]]
answer = "id"
who = "everyone"
headings = ["Number"]

[[questions]]
answer = "name"
who = "everyone"
headings = ["Name"]
required = true

[[questions]]
answer = "email"
who = "everyone"
headings = ["Email"]
required = true

[[questions]]
answer = "department"
who = "everyone"
headings = ["Department"]
required = true

[[questions]]
answer = "interests"
who = "everyone"
kind = "any of"
headings = ["Interests"]

[[questions]]
answer = "places"
who = "mentors"
headings = ["Places"]
default = "1"

[weights]
interests = 1
"""
HEAD = "Number,Name,Email,Department,Interests"
MENTEES = f"""{HEAD}
e1,Åsa Berg,asa@example.org,Physics,optics;waves
e2,Bo Dahl,bo@example.org,Media Studies,film
e3,Cleo Falk,cleo@example.org,Fysikum,waves
"""
MENTORS = f"""{HEAD},Places
o1,Eva Ek,eva@example.com,Physics,optics;waves,2
o2,Ola Alm,ola@example.com,Media Studies,film,1
"""
WHOLE = {
    "pairs.xlsx", "pairs.csv", "report.html", "letters", "calendar", "run.json", "calibration.json"
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder of one's own, with a programme and two sheets that are right."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    (tmp_path / "mentees.csv").write_text(MENTEES, encoding="utf-8")
    (tmp_path / "mentors.csv").write_text(MENTORS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(capsys):
    """Run a command line as it is typed; return its exit code and what it says."""

    def call(line: str) -> tuple[int, str, str]:
        try:
            code = main(shlex.split(line))
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert "{" not in said.out.replace("{en,sv}", "").replace("{most people", "")
        return code, said.out, said.err

    return call


def command(name: str, out: str = "out") -> str:
    line = f"{name} programme.toml --mentees mentees.csv --mentors mentors.csv"
    return f"{line} --out {out}" if name == "match" else line


def shell(line: str, where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would, in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mentormatch", *shlex.split(line)],
        cwd=where,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_two_sheets_become_pairs(folder, run):
    """The folder is complete, progress goes to one stream and the result to the other."""
    code, out, err = run(command("match"))
    assert code == 0
    # A programme without events has no calendar.
    assert {path.name for path in (folder / "out").iterdir()} == WHOLE - {"calendar"}
    pairs = read_pairs_csv(folder / "out" / "pairs.csv")
    assert pairs[["mentee", "mentor"]].to_numpy().tolist() == [
        ["e1", "o1"],
        ["e2", "o2"],
        ["e3", "o1"],
    ]
    assert "3 of 3 mentees have a mentor." in out
    assert "Proved" in out
    assert "report.html" in out
    assert out.count("\n") <= 5
    assert err.count("wrote") == len(WHOLE) - 1


def test_a_second_run_replaces_the_first(folder, run):
    """Matching again into the same folder gives the same bytes."""
    found = []
    for _ in range(2):
        assert run(command("match"))[0] == 0
        found.append({p: p.read_bytes() for p in (folder / "out").rglob("*") if p.is_file()})
    assert found[0] == found[1]


def test_the_language_decides_all_words(folder, run):
    """With --language sv nothing that is said or written is in English."""
    english = run(command("match", "en"))
    swedish = run("--language sv " + command("match", "sv"))
    after = run(command("match", "after") + " --language=sv")
    assert english[0] == swedish[0] == after[0] == 0
    for one, other in zip(english[1:], swedish[1:], strict=True):
        assert not set(re.sub(r"\b(en|sv)\b", "", one).splitlines()) & set(
            re.sub(r"\b(en|sv)\b", "", other).splitlines()
        )
    assert "3 av 3 adepter" in swedish[1]
    assert '<html lang="sv"' in (folder / "sv" / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "sv" / "run.json").read_text(encoding="utf-8"))["language"] == "sv"
    same = [(folder / name / "pairs.csv").read_bytes() for name in ("en", "sv", "after")]
    assert same[0] == same[1] == same[2]


def test_the_programme_decides_the_language_of_what_is_written(folder, run):
    """Without --language, lists and letters are in the programme's own language."""
    path = folder / "programme.toml"
    text = path.read_text(encoding="utf-8").replace("[programme]", '[programme]\nlanguage = "sv"')
    path.write_text(text, encoding="utf-8")
    assert run(command("match"))[0] == 0
    assert '<html lang="sv"' in (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "Personer och platser" in run(command("check"))[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_shows_the_sheets_before_matching(language, folder, run):
    """The readiness page is printed, and nothing is written."""
    before = set(folder.iterdir())
    code, out, _ = run(f"--language {language} {command('check')}")
    assert code == 0
    assert say("readiness.departments", language) in out
    assert {"en": "Media Studies", "sv": "Mediestudier"}[language] in out
    assert say("readiness.everyone_has_one", language) in out
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["", "demo", "match", "check", "make-cohort"])
def test_help_shows_an_example(name, language, run):
    """Help ends with a command that can be typed, in the language asked for."""
    code, out, _ = run(f"--language {language} {name} --help")
    assert code == 0
    words = {"en": ("usage: ", "options:"), "sv": ("användning: ", "val:")}[language]
    assert all(word in out for word in words)
    assert "positional arguments" not in out
    assert out.count(words[0].strip()) == 1
    if language == "sv":
        assert not re.search(r"\b(show|folder to|the|and)\b", out)
    examples = re.findall(r"(?m)(?:^ +|: +)mentormatch (.+)$", out.partition("\n\n")[2])
    assert examples
    for example in examples:
        if not example.endswith("--help"):
            options = parser_for(language).parse_args(shlex.split(example))
            assert options.command == (name or "demo")


def test_the_version_is_told(run):
    """--version prints the version and stops."""
    assert run("--version")[:2] == (0, f"mentormatch {mentormatch.__version__}\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "usage"),
        ("mtch", "match"),
        ("match programme.toml", "--mentees"),
        (command("match") + " --seed 1.5", '"1.5" is not a whole number'),
        (command("match") + " --time-limit 0", '"0" is not a number above 0'),
        (command("match") + " --time-limit nan", '"nan" is not a number above 0'),
        (command("match") + " --objective best", "most people"),
        ("make-cohort --out x --mentees -3", '"-3" is not a whole number from 1 to 20000'),
        ("make-cohort --out x --mentors 0", '"0" is not a whole number from 1 to 20000'),
        ("make-cohort --out x --mentees 1000000000", "from 1 to 20000"),
        ("make-cohort --out x --scarcity 0", '"0" is not a number from 0.01 to 100'),
        ("make-cohort --out x --scarcity 1e-300", "from 0.01 to 100"),
        ("make-cohort --out x --departments 9", "from 1 to 8"),
        ("make-cohort --out ''", "the folder has no name"),
        (command("match", "''"), "the folder has no name"),
        ("make-cohort --out x --seed -1", '"-1" is not a whole number, 0 or more'),
    ],
)
def test_a_command_that_is_not_understood_says_what_would_be(line, says, folder, run):
    """A wrong command line ends with code 2 and names what is accepted; nothing is written."""
    before = set(folder.iterdir())
    code, out, err = run(line)
    assert code == 2
    assert says in out + err
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("mtch", 'UPPGIFT: "mtch" är inget av demo, match, check, rematch, make-cohort'),
        ("match", "detta saknas: PROGRAM.toml, --mentees, --mentors, --out"),
        ("match p --mentees", "--mentees ska följas av ett eller flera värden"),
        ("make-cohort --out", "--out ska följas av ett värde"),
        ("make-cohort --out x --debug=3", "--debug tar inget värde"),
        ("make-cohort --out x --me 3", "--me kan betyda --mentees, --mentors"),
        ("make-cohort --out x y", "okänt: y"),
        ("make-cohort --out x --seed -1", '--seed: "-1" är inte ett heltal'),
    ],
)
def test_argparse_speaks_swedish_too(line, says, folder, run):
    """What argparse itself complains of is told in the language asked for, in our words."""
    code, _, err = run("--language sv " + line)
    assert code == 2
    last = err.strip().splitlines()[-1]
    assert says in last
    assert not re.search(r"\b(the|argument|arguments|expected|invalid|choose|error|could)\b", last)


def test_control_characters_are_shown_and_not_obeyed(folder, run):
    """A file whose name holds commands for the terminal is named with these written out."""
    code, _, err = run("check 'a\x1b[2J\x9b.toml' --mentees mentees.csv --mentors mentors.csv")
    assert code == 1
    assert "\\x1b[2J\\x9b.toml" in err
    _, _, err = run("mat\x1bch")
    assert "mat\\x1bch" in err
    for name in ("c\x1bd", "c\nd"):
        (folder / f"{name}.csv").write_text("", encoding="utf-8")
        line = command("check").replace("mentees.csv", f"'{name}.csv'")
        _, _, err = run(line)
        assert ascii(name)[1:-1] + ".csv: " in err
        assert "\x1b" not in err


@pytest.mark.parametrize("name", ["pairs.csv", "calendar/everyone.ics", "letters/mentees/a.csv"])
def test_the_result_never_replaces_a_sheet(name, folder, run):
    """A sheet that lies where the result would go stops the run before anything is read."""
    sheet = folder / "out" / name
    sheet.parent.mkdir(parents=True)
    (folder / "mentees.csv").rename(sheet)
    line = command("match").replace("mentees.csv", f"out/{name}")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code, out, err = run(line)
    assert (code, out) == (1, "")
    assert f"{sheet.name}: this file is one of those that are read" in err
    assert "Reading" not in err
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before


def test_a_folder_that_may_not_be_written_is_found_at_once(folder, run, monkeypatch):
    """Nothing is read or matched where the result could not be written in the end."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mentormatch.telling.files.tempfile.mkdtemp", refuse)
    code, _, err = run(command("match", "closed"))
    assert code == 1
    assert "closed cannot be read or written: access is denied" in err
    assert "Reading" not in err


def test_a_file_in_place_of_the_folder_is_found_at_once(folder, run):
    """A file where the result's folder should be stops the run before anything is read."""
    code, _, err = run(command("match", "mentees.csv"))
    assert code == 1
    assert "a file stands where a folder is needed" in err
    assert "Reading" not in err


def test_a_made_up_cohort_replaces_nothing_unasked(folder, run):
    """A programme and sheets that are there already are listed and kept without --force."""
    line = "make-cohort --mentees 9 --mentors 8 --departments 2 --out ."
    before = (folder / "programme.toml").read_text(encoding="utf-8")
    code, out, err = run(line)
    assert (code, out) == (1, "")
    assert "programme.toml" in err
    assert "--force" in err
    assert {path.name for path in folder.iterdir()} == {
        "programme.toml", "mentees.csv", "mentors.csv",
    }  # fmt: skip
    assert (folder / "programme.toml").read_text(encoding="utf-8") == before
    assert run(line + " --force")[0] == 0
    assert (folder / "programme.toml").read_text(encoding="utf-8") != before
    code, _, err = run(line)
    assert code == 1
    assert "mentees-1" in err


def test_the_demo_runs_from_anywhere(tmp_path):
    """The installed command matches the example into a folder beside whoever calls it."""
    done = shell("demo", tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "112 of 120 mentees have a mentor." in done.stdout
    assert {path.name for path in (tmp_path / "demo-output").iterdir()} == WHOLE


def test_words_survive_an_old_console(folder):
    """A console set to plain ASCII gets the Swedish words instead of a crash."""
    done = shell(f"--language sv {command('check')}", folder, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Institution" in done.stdout


def test_a_made_up_cohort_can_be_matched(tmp_path, run, monkeypatch):
    """What make-cohort writes is matched by the very command that it prints."""
    monkeypatch.chdir(tmp_path)
    line = "make-cohort --mentees 24 --mentors 20 --seed 3 --departments 3 --per-department"
    code, out, err = run(f'{line} --out "a trial"')
    assert code == 0
    assert "wrote" in err
    typed = out.strip().splitlines()[-1]
    assert typed.startswith("mentormatch match ")
    code, out, _ = run(typed.removeprefix("mentormatch "))
    assert code == 0
    assert " of 24 mentees have a mentor." in out
    assert {path.name for path in (tmp_path / "a trial" / "output").iterdir()} == WHOLE


LATIN = "e9,Pär Ek,par@example.org,Physics,\n".encode("cp1252")

#: What stands in the sheets -> what the message must hold.
BAD = {
    "an empty file": ({"mentees.csv": ""}, ["mentees.csv", "There is nothing in the file"]),
    "blank space alone": ({"mentees.csv": "\n \n"}, ["mentees.csv", "nothing in the file"]),
    "headings alone": (
        {"mentees.csv": HEAD + "\n"},
        ["mentees.csv", "There are no mentees"],
    ),
    "no mentors": ({"mentors.csv": HEAD + ",Places\n"}, ["mentors.csv", "There are no mentors"]),
    "one column": (
        {"mentees.csv": "Name\nBo Dahl\n"},
        ["mentees.csv", "There is only one column"],
    ),
    "no known separator": (
        {"mentees.csv": "Name~Email\nBo Dahl~bo@example.org\n"},
        ["mentees.csv", "only one column"],
    ),
    "letters of no encoding": (
        {"mentees.csv": b"Number,Name\n1,\x00\x01\xfe\xff\x00\x81\n"},
        ["mentees.csv", "no text file"],
    ),
    "letters of two encodings": (
        {"mentees.csv": f"{MENTEES}e8,Håkan Öström,h@example.org,Physics,\n".encode() + LATIN},
        ["mentees.csv", "stored in different ways"],
    ),
    "a text that breaks off": (
        {"mentees.csv": MENTEES.encode("utf-16")[:-1]},
        ["mentees.csv", "breaks off in the middle of a letter"],
    ),
    "two people with one id": (
        {"mentees.csv": MENTEES + "e1,Dan Gran,dan@example.org,Physics,\n"},
        ["row 5", "The id e1 stands already in mentees.csv, row 2"],
    ),
    "two people with one address": (
        {"mentees.csv": MENTEES + "e7,Dan Gran,ASA@example.org,Physics,\n"},
        ["row 5", "stands already in mentees.csv, row 2"],
    ),
    "two places in words": (
        {"mentors.csv": MENTORS.replace("waves,2", "waves,two")},
        ["mentors.csv, row 2", 'column "Places"', '"two" is not a whole number'],
    ),
    "less than no places": (
        {"mentors.csv": MENTORS.replace("waves,2", "waves,-1")},
        ["mentors.csv, row 2", '"-1" is not a whole number in figures, 0 or more'],
    ),
    "half a place": (
        {"mentors.csv": MENTORS.replace("waves,2", "waves,1.5")},
        ["mentors.csv, row 2", '"1.5"'],
    ),
    "an unknown department": (
        {"mentees.csv": MENTEES.replace("org,Physics,", "org,Physic,")},
        ['mentees.csv, row 2, column "Department"', 'Did you mean "Physics"?', "Media Studies"],
    ),
    "no address": (
        {"mentees.csv": MENTEES.replace("bo@example.org", "")},
        ["mentees.csv, row 3", 'column "Email"', "an answer is needed"],
    ),
    "a missing column": (
        {"mentees.csv": MENTEES.replace("Department", "Colour")},
        ["mentees.csv", 'No column is headed "Department"'],
    ),
    "a sheet for a programme": (
        {"programme.toml": MENTEES},
        ["programme.toml", "line 1"],
    ),
    "a rule that does not exist": (
        {"programme.toml": PROGRAMME + '\n[[rules]]\nrule = "lend to"\ndepartment = "physics"\n'},
        ["programme.toml, line", 'no rule called "lend to"', 'Did you mean "lends to"?'],
    ),
    "a workbook that is none": ({"mentees.xlsx": MENTEES}, ["mentees.xlsx", "no Excel workbook"]),
    "a picture": ({"mentees.png": b"\x89PNG"}, ["mentees.png", ".xlsx, .csv, .tsv or .txt"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("name", ["match", "check"])
def test_bad_input_is_told_in_a_coordinators_words(kind, name, folder, run):
    """Each kind of bad input: code 1, file and row and remedy, nothing written, no traceback."""
    files, says = BAD[kind]
    line = command(name)
    for file, content in files.items():
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        (folder / file).write_bytes(data)
        stem = file.partition(".")[0]
        line = re.sub(rf"{stem}\.(csv|toml)", file, line)
    code, out, err = run(line)
    assert code == 1
    assert out == ""
    for part in says:
        assert part in err
    assert not (folder / "out").exists()
    assert run("--language sv " + line)[2] != err
    assert not re.search(r"\w+Error|None|nan\b|errno", err)


def test_what_is_odd_but_possible_runs(folder, run):
    """A row of blanks, a formula as a name, no places: matched, with a note where it helps."""
    (folder / "mentees.csv").write_text(
        MENTEES.replace("Bo Dahl", '"=HYPERLINK(""http://x"")"') + ",,,,\n , , , , \n",
        encoding="utf-8",
    )
    (folder / "mentors.csv").write_text(
        MENTORS + "o3,Ida Vik,ida@example.com,Physics,film,0\n", encoding="utf-8"
    )
    code, out, _ = run(command("check"))
    assert code == 0
    assert "begins like a formula" in out
    assert "0 places" in out
    assert run(command("match"))[0] == 0
    book = openpyxl.load_workbook(folder / "out" / "pairs.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert '=HYPERLINK("http://x")' in {cell.value for cell in cells}
    assert '<a href="http://x"' not in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_a_sheet_of_40_megabytes_is_not_read(folder, run):
    """A file far too large for sign-ups is refused by its size."""
    with (folder / "mentees.csv").open("wb") as file:
        file.truncate(40_000_000)
    code, _, err = run(command("match"))
    assert code == 1
    assert "mentees.csv" in err
    assert "40 MB" in err
    assert not (folder / "out").exists()


@pytest.mark.parametrize("file", ["programme.toml", "mentees.csv", "mentors.csv"])
def test_files_that_are_not_there(file, folder, run):
    """A missing file and a folder in its place are told by their names."""
    (folder / file).unlink()
    code, _, err = run(command("match"))
    assert code == 1
    assert f"{file}: There is no such file." in err
    (folder / file).mkdir()
    code, _, err = run(command("match"))
    assert code == 1
    assert f"{file}: This is a folder." in err
    assert not (folder / "out").exists()


def test_all_faults_of_both_sheets_are_told_at_once(folder, run):
    """Nobody has to mend one fault to learn of the next."""
    (folder / "mentees.csv").write_text(MENTEES.replace("bo@", "bo"), encoding="utf-8")
    (folder / "mentors.csv").write_text(
        MENTORS.replace(",Media Studies,film,1", ",Meda,film,many"), encoding="utf-8"
    )
    code, _, err = run(command("match"))
    assert code == 1
    assert "3 faults" in err
    assert err.count("\n  - ") == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_everyone_banned_is_a_result(language, folder, run):
    """Where rules leave nobody, the list is empty and everybody is told why."""
    rule = (
        '\n[[rules]]\nrule = "at most between"\nmentees_of = "{}"\nmentors_of = "{}"\npairs = 0\n'
    )
    keys = ("physics", "media")
    rules = "".join(rule.format(one, other) for one in keys for other in keys)
    (folder / "programme.toml").write_text(PROGRAMME + rules, encoding="utf-8")
    code, out, _ = run(f"--language {language} {command('match')}")
    assert code == 0
    assert {"en": "0 of 3 mentees", "sv": "0 av 3 adepter"}[language] in out
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "Åsa Berg" in page
    assert run(command("check"))[0] == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stable_list_on_request(language, folder, run):
    """It says that nothing blocks it, and every file is written although nothing bounds it."""
    code, out, _ = run(f"--language {language} {command('match')} --objective stable")
    assert code == 0
    assert say("explain.blocking_none", language) in out
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert say("explain.status_stable", language) in page
    record = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    assert (record["objective"], record["status"]) == ("stable", "optimal")
    assert (record["bound"], record["gap"], record["blocking_pairs"]) == (None, None, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_that_a_stable_list_cannot_keep_are_named(language, folder, run):
    """A rule that counts pairs is no fault of the sheets: the aim is, and the rule is named."""
    rule = '\n[[rules]]\nrule = "at most lent"\ndepartment = "physics"\npairs = 1\n'
    (folder / "programme.toml").write_text(PROGRAMME + rule, encoding="utf-8")
    code, out, err = run(f"--language {language} {command('match')} --objective stable")
    assert (code, out) == (1, "")
    assert {"en": "Physics", "sv": "Fysikum"}[language] in err
    assert not (folder / "out").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_in_conflict_end_with_code_3(language, folder, run):
    """Rules that cannot all hold are named, and nothing is written."""
    rules = """
[[rules]]
rule = "own department only"

[[rules]]
rule = "at least between"
mentees_of = "physics"
mentors_of = "media"
pairs = 1
"""
    (folder / "programme.toml").write_text(PROGRAMME + rules, encoding="utf-8")
    code, out, err = run(f"--language {language} {command('match')}")
    assert code == 3
    assert out == ""
    name = {"en": "Own department only", "sv": "Endast egen institution"}[language]
    assert f"  - {name}" in err
    assert not (folder / "out").exists()


def test_an_output_folder_that_cannot_be_written(folder, run, monkeypatch):
    """A file in the folder's place, a locked folder and a full disk are told as what they are."""
    (folder / "file").write_text("mine", encoding="utf-8")
    for out, named in (("file", "file"), ("file/deep", "deep")):
        code, _, err = run(command("match", out))
        assert code == 1
        assert named in err
        assert "a file stands where a folder is needed" in err
    assert (folder / "file").read_text(encoding="utf-8") == "mine"

    def refuse(self, *_, **__):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = run(command("match"))
    assert code == 1
    assert "out cannot be read or written: access is denied" in err
    monkeypatch.undo()
    monkeypatch.chdir(folder)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = run("--language sv " + command("match"))
    assert code == 1
    assert "pairs.xlsx kan inte läsas eller skrivas: disken är full" in err
    assert list((folder / "out").iterdir()) == []


def test_somebodys_own_files_stay(folder, run):
    """A folder with files of somebody else is not emptied."""
    (folder / "out" / "letters").mkdir(parents=True)
    (folder / "out" / "letters" / "mine.docx").write_bytes(b"mine")
    code, _, err = run(command("match"))
    assert code == 1
    assert "mine.docx" in err
    assert (folder / "out" / "letters" / "mine.docx").read_bytes() == b"mine"


def test_ctrl_c_ends_in_a_sentence(folder, run, monkeypatch):
    """An interrupted run says so, with the shell's code for it, and leaves whole files only."""

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mentormatch.telling.write.write_page", interrupt)
    code, _, err = run(command("match"))
    assert code == 130
    assert err.splitlines()[-1] == say("cli.interrupted")
    assert list((folder / "out").iterdir()) == []
    monkeypatch.setattr("mentormatch.people.sheets.reader.read_cohort", interrupt)
    assert run(command("check"))[0] == 130


def test_a_fault_of_ours_is_called_so(folder, run, monkeypatch):
    """A mistake of the program shows no traceback and blames no sheet; --debug shows it."""

    def fail(*_, **__):
        raise ZeroDivisionError("secret@example.org")

    monkeypatch.setattr("mentormatch.road.match", fail)
    code, _, err = run(command("match"))
    assert code == 70
    assert "a fault of the program" in err
    assert "secret" not in err
    with pytest.raises(ZeroDivisionError):
        main(["--debug", *shlex.split(command("match"))])


def test_whoever_stops_reading_is_no_fault(folder, monkeypatch):
    """A pipe that is closed early, as by "head", ends the run in silence."""

    def closed(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", closed)
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    assert main(shlex.split(command("check"))) == 0
    sys.stdout.close()
