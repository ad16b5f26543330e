"""Files and folders are handed out complete or not at all, under safe names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentormatch.errors import InputError
from mentormatch.telling import files
from mentormatch.telling.files import LIST, safe_name, whole_file, whole_folder


def everything(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def fill(folder: Path, **texts: str) -> None:
    with whole_folder(folder) as aside:
        for name, text in texts.items():
            (aside / "mentees").mkdir(exist_ok=True)
            (aside / "mentees" / name).write_text(text, encoding="utf-8")


def break_down_at(path: Path) -> None:
    path.write_text("half", encoding="utf-8")
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Åsa Öberg", "asa-oberg"),
        ("A\u030asa O\u0308berg", "asa-oberg"),
        ("../../x", "x"),
        ("..\\..\\x:stream", "x-stream"),
        ("CON", "x-con"),
        ("con.txt", "con-txt"),
        ("COM1", "x-com1"),
        ("Concert", "concert"),
        ("", "unnamed"),
        ("\u202e\x00\n", "unnamed"),
        ("Łucja Đặng Ærø", "lucja-dang-aero"),
        ("李雷", "李雷"),
        ("-rf", "rf"),
    ],
)
def test_safe_name_of_tricky_texts(text: str, name: str) -> None:
    """Accents go, paths and devices are disarmed, other scripts stay."""
    assert safe_name(text) == name


@given(st.text())
def test_safe_names_are_safe(text: str) -> None:
    """Whatever was typed, the name is a short, plain part of a path, and stays what it is."""
    name = safe_name(text)
    assert 0 < len(name) <= 60
    assert all(c.isalnum() or c == "-" for c in name)
    assert name[0] != "-" != name[-1]
    assert name not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert safe_name(name) == name


@given(st.text(min_size=1), st.integers(1, 10))
def test_safe_names_keep_to_their_length(text: str, longest: int) -> None:
    """A name is cut to the length asked for, unless it is the one for no name at all."""
    name = safe_name(text, longest=longest)
    assert len(name) <= longest or name == "unnamed"


def test_a_file_is_absent_until_it_is_complete(tmp_path: Path) -> None:
    """Nobody can open a half-written file under its final name."""
    target = tmp_path / "new" / "pairs.xlsx"
    with whole_file(target) as aside:
        aside.write_text("half", encoding="utf-8")
        assert not target.exists()
        assert aside.suffix == ".xlsx"
    assert everything(tmp_path) == {"new/pairs.xlsx": "half"}


def test_a_failure_leaves_the_earlier_file(tmp_path: Path) -> None:
    """A writer that breaks down neither destroys the last list nor leaves rubbish."""
    target = tmp_path / "pairs.csv"
    target.write_text("earlier", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), whole_file(target) as aside:
        break_down_at(aside)
    assert everything(tmp_path) == {"pairs.csv": "earlier"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    """A list is readable to whom the user's other new files are readable."""
    (tmp_path / "plain").touch()
    with whole_file(tmp_path / "list") as aside:
        aside.touch()
    assert (tmp_path / "list").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_open_elsewhere_is_told_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to replace a workbook that Excel has open: the message says what to do."""

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(files.os, "replace", refuse)
    with (
        pytest.raises(InputError, match=r"pairs\.xlsx: .*Close it"),
        whole_file(tmp_path / "pairs.xlsx") as aside,
    ):
        aside.touch()
    assert everything(tmp_path) == {}


def test_a_folder_is_swapped_as_a_whole(tmp_path: Path) -> None:
    """What an earlier run wrote and this one did not is gone."""
    fill(tmp_path / "letters", old="1", both="1")
    fill(tmp_path / "letters", both="2", new="2")
    written = everything(tmp_path / "letters")
    listing = written.pop(LIST)
    assert written == {"mentees/both": "2", "mentees/new": "2"}
    assert listing.split() == ["mentees/both", "mentees/new", LIST]
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_a_failure_leaves_the_earlier_folder(tmp_path: Path) -> None:
    """A run that breaks down leaves the letters of the run before, and nothing beside them."""
    fill(tmp_path / "letters", old="1")
    before = everything(tmp_path)
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "letters") as aside:
        break_down_at(aside / "half")
    assert everything(tmp_path) == before


def test_the_earlier_folder_comes_back_if_the_swap_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the very last step fail, the earlier folder stands again."""
    fill(tmp_path / "letters", old="1")
    before, replace = everything(tmp_path), os.replace

    def refuse_the_new(source: Path, target: Path) -> None:
        if source.name.startswith(".aside"):
            raise PermissionError
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", refuse_the_new)
    with pytest.raises(InputError, match="open in another program"):
        fill(tmp_path / "letters", new="2")
    assert everything(tmp_path) == before


def test_files_of_somebody_else_are_never_removed(tmp_path: Path) -> None:
    """A folder with the coordinator's own notes is not replaced, by mistake or otherwise."""
    fill(tmp_path / "letters", old="1")
    (tmp_path / "letters" / "my notes.txt").write_text("precious", encoding="utf-8")
    before = everything(tmp_path)
    with pytest.raises(InputError, match=r"my notes\.txt"):
        fill(tmp_path / "letters", new="2")
    assert everything(tmp_path) == before
    with pytest.raises(InputError, match="would lose them"):
        fill(tmp_path / "letters" / "my notes.txt", new="2")


def test_an_empty_folder_and_system_litter_may_be_replaced(tmp_path: Path) -> None:
    """What a file manager leaves behind is nobody's work."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / ".DS_Store").touch()
    fill(tmp_path / "letters", new="2")
    assert set(everything(tmp_path / "letters")) == {LIST, "mentees/new"}


def test_links_are_neither_written_through_nor_removed(tmp_path: Path) -> None:
    """A link to a file is replaced by the file; a link to a folder is left alone."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine").write_text("mine", encoding="utf-8")
    (tmp_path / "list").symlink_to(tmp_path / "there" / "mine")
    with whole_file(tmp_path / "list") as aside:
        aside.write_text("new", encoding="utf-8")
    assert everything(tmp_path) == {"there/mine": "mine", "list": "new"}
    (tmp_path / "letters").symlink_to(tmp_path / "there", target_is_directory=True)
    with pytest.raises(InputError, match="link"):
        fill(tmp_path / "letters", new="2")
    assert everything(tmp_path / "there") == {"mine": "mine"}
