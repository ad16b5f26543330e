"""Tests of how files become tables of text, whatever is in them."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentormatch.errors import ProfileError
from mentormatch.people.sheets import tables
from mentormatch.people.sheets.tables import Table, frame_table, read_table
from mentormatch.people.spelling import bare_heading, fold, nearest, tidy

SHEET = "xl/worksheets/sheet1.xml"
PLAIN = (
    "Namn;E-post;Mål\r\nÅsa Öberg;asa@example.org;Få råd\r\nÉlan Ärlig;elan@example.org;Väder\r\n"
)


@pytest.fixture
def put(tmp_path):
    """Write bytes or text into a file and return its path."""

    def write(content: bytes | str, name: str = "sheet.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def codes_of(path: Path) -> list[str]:
    """Return the codes of all faults with which a file is refused."""
    with pytest.raises(ProfileError) as caught:
        read_table(path)
    assert all(fault.text(language) for fault in caught.value.faults for language in ("en", "sv"))
    return [fault.code.removeprefix("sheets.") for fault in caught.value.faults]


def read_or_refuse(path: Path) -> Table | None:
    """Return a table, or None if the file was refused in the proper way; else it raises."""
    try:
        return read_table(path)
    except ProfileError as error:
        if not error.faults:
            raise
        return None


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def workbook(**sheets: list[list[object]]) -> bytes:
    """Return a workbook with these sheets, by title."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


SIMPLE = [["Name", "E-mail"], ["Åsa", "asa@example.org"]]


GOOD = workbook(A=[*SIMPLE, ["B", 3.5], ["C", True]])


def rewritten(data: bytes, part: str, change) -> bytes:
    """Return a workbook in which one part was changed."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return buffer.getvalue()


# ---------------------------------------------------------------------------------- text files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_every_usual_export_reads_alike(put, encoding, separator):
    """Five encodings and four separators give the same table."""
    table = read_table(put(PLAIN.replace(";", separator).encode(encoding)))
    assert table.headings == ("Namn", "E-post", "Mål")
    assert cells(table)[0] == ("Åsa Öberg", "asa@example.org", "Få råd")
    assert [row.number for row in table.rows] == [2, 3]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize(
    "text",
    ["Åke", "på", "Göran", "LÄSÅR", "’Malmö’ – Skåne", "Renée Lindén", "Zoë", "São", "naïve über"],
)
def test_old_letters_are_told_apart(put, encoding, text):
    """Even one word of Swedish or a neighbour's language tells Windows letters from Mac letters."""
    table = read_table(put(f"Name;Town\n{text};Kiruna\n".encode(encoding)))
    assert cells(table) == [(text, "Kiruna")]


def test_a_guess_at_letters_is_noted(put):
    """Letters that the file does not vouch for are read with a note, UTF-8 without one."""
    (note,) = read_table(put(PLAIN.encode("mac_roman"))).notes
    assert "Mac Roman" in note.text("sv")
    assert read_table(put(PLAIN.encode("utf-8"))).notes == ()


def test_mixed_letters_are_a_fault(put):
    """One Windows byte in a UTF-8 file must not spoil every other letter in silence."""
    assert codes_of(put(PLAIN.encode("utf-8") + b"Bj\xf6rn;b@example.org;\n")) == ["mixed_letters"]


def test_strange_text_survives(put):
    """Null, NA, leading noughts and scientific-looking codes stay what was typed."""
    table = read_table(put("Name,Id,Code\nNull,0012,1E5\nNA,nan,TRUE\n"))
    assert cells(table) == [("Null", "0012", "1E5"), ("NA", "nan", "TRUE")]


def test_text_is_tidied(put):
    """Letters are composed; spaces, invisible characters and breaks in headings are mended."""
    name = unicodedata.normalize("NFD", "Åsa Öberg")
    table = read_table(put(f'"Full\nname ";Goal\n{name}\u200b\u00a0 ;"one \r\n\r\n\r\n two"\n'))
    assert table.headings == ("Full name", "Goal")
    assert cells(table) == [("Åsa Öberg", "one\n\ntwo")]


def test_row_numbers_are_those_of_excel(put):
    """Blank rows and answers over several lines do not shift the numbers of later rows."""
    text = '\n\nName;Goal\n\nA;"one\ntwo\nthree"\n;;\nB;four\n'
    table = read_table(put(text))
    assert table.heading_row == 3
    assert [(row.number, row.cells[0]) for row in table.rows] == [(5, "A"), (7, "B")]


def test_excels_separator_line_counts_as_no_row(put):
    """The line sep=; decides the separator, and Excel does not show it."""
    table = read_table(put("sep=;\r\nName, in full;E-mail, private\r\nA;a@example.org\r\n"))
    assert table.headings == ("Name, in full", "E-mail, private")
    assert table.rows[0].number == 2


def test_commas_in_headings_do_not_win(put):
    """The separator is the one that the rows agree on, not the most frequent in the headings."""
    text = "Name;What, when, where and why do you seek?;Town\nA;x;Lund\nB;y, z;Umeå\n"
    assert len(read_table(put(text)).headings) == 3


def test_quotation_marks_that_do_not_pair(put):
    """A forgotten quotation mark is a fault; otherwise the people after it would be swallowed."""
    assert codes_of(put('Name;Goal\nA;"x\nB;y\nC;z\n')) == ["open_quote"]
    assert codes_of(put('Name;Goal\n"A;x\nB;y\nC;"z"\n')) == ["open_quote"]


def test_spaces_before_quotation_marks(put):
    """Files written by hand put a space after the comma."""
    assert cells(read_table(put('Name, Goal\n"Berg, A", "x, y"\n'))) == [("Berg, A", "x, y")]


def test_ragged_rows(put):
    """Short rows are filled up; a row with more cells than headings is a fault with its number."""
    table = read_table(put("A;B;C\n1\n1;2;3;;\n1;2;3;4\n"))
    assert cells(table) == [("1", "", ""), ("1", "2", "3")]
    assert [(fault.code, fault.row) for fault in table.faults] == [("sheets.longer_row", 4)]


def test_columns_without_heading(put):
    """Empty ones are left out; one with answers is told of once, by its letter."""
    table = read_table(put("A;B;;C;;\n1;2;;3;;\n1;2;9;3;;\n1;2;9;3;;\n"))
    assert table.headings == ("A", "B", "", "C")
    ((code, row, letter),) = [(f.code, f.row, f.details["letter"]) for f in table.faults]
    assert (code, row, letter) == ("sheets.unlabelled_column", 3, "C")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "empty_file"),
        (b"\xef\xbb\xbf", "a.csv", "empty_file"),
        (b" \r\n \n", "a.xlsx", "empty_file"),
        (b";;;\n", "a.csv", "empty_file"),
        (b"a\0b;c\n", "a.csv", "no_text"),
        (b"\xff\xfea", "a.csv", "damaged_text"),
        (b"Name\nA\n", "a.csv", "one_column"),
        (b'"Name;Town"\n"A;Lund"\n', "a.csv", "one_column_joined"),
        (b"Sign-ups\nName;Town\nA;Lund\n", "a.csv", "title_row"),
        (b"PK\x03\x04", "a.csv", "workbook_named_text"),
        (b"Name;Town\n", "a.xlsx", "no_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xlsx", "old_or_locked"),
        (b"x", "a.xls", "other_sheet"),
        (b"x", "a.ods", "other_sheet"),
        (b"x", "a.numbers", "other_sheet"),
        (b"x", "a.pdf", "other_kind"),
        (b"x", "sheet", "other_kind"),
        (b"A;B\n" + b"\n" * 100_000 + b"1;2\n", "a.csv", "too_far"),
        (b"A;B\n" + b"1;" * 600 + b"2\n", "a.csv", "too_far"),
        (b"A;B\n" + b"x" * 140_000 + b";2\n", "a.csv", "open_quote"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(put, content, name, code):
    """Each sort of useless file has a sentence of its own."""
    assert codes_of(put(content, name)) == [code]


def test_files_that_cannot_be_opened(tmp_path, monkeypatch, put):
    """A missing file, a folder, an unreadable name and a large file are told apart."""
    assert codes_of(tmp_path / "none.csv") == ["missing_file"]
    (tmp_path / "folder.csv").mkdir()
    assert codes_of(tmp_path / "folder.csv") == ["folder"]
    assert codes_of(Path("a\0b.csv"))[0] in ("missing_file", "no_access")
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    assert codes_of(put(b"Name;Town\nA;Lund\n")) == ["too_large"]
    monkeypatch.undo()

    def locked(self: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert codes_of(put(b"Name;Town\nA;Lund\n")) == ["no_access"]


def test_headings_without_rows_are_a_table(put):
    """A department to which nobody has applied yet has a sheet all the same."""
    assert read_table(put("Name;Town\n")).rows == ()


# ------------------------------------------------------------------------------------ workbooks


def test_workbook_cells_become_text(put):
    """Numbers, dates, truth values and line breaks read as a person would type them."""
    rows = [
        ["Name", "Places", "Share", "When", "Day", "Yes", "Goal"],
        ["Null", 3.0, 0.5, datetime(2024, 10, 1, 13, 5, 59), date(2024, 10, 1), True, "a\nb"],
        ["0012", 12, None, datetime(2024, 10, 1), None, False, "  x "],
    ]
    table = read_table(put(workbook(Answers=rows), "a.xlsx"))
    first = ("Null", "3", "0.5", "2024-10-01 13:05:59", "2024-10-01", "TRUE", "a\nb")
    assert cells(table) == [first, ("0012", "12", "", "2024-10-01", "", "FALSE", "x")]


def test_numbers_shown_with_leading_noughts(put):
    """The number 12 that Excel shows as 0012 reads as 0012."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(A=[["Id", "Name"], [12, "A"]])))
    book.active["A2"].number_format = "0000"
    buffer = io.BytesIO()
    book.save(buffer)
    assert cells(read_table(put(buffer.getvalue(), "a.xlsx"))) == [("0012", "A")]


def test_blank_rows_of_a_workbook_keep_numbers(put):
    """Rows are numbered as Excel shows them, across gaps."""
    data = workbook(A=[[], ["Name", "Town"], [], ["A", "Lund"]])
    table = read_table(put(data, "a.xlsx"))
    assert (table.heading_row, table.rows[0].number) == (2, 4)


def test_only_one_sheet_may_have_content(put):
    """Two visible sheets with content are named; an empty or hidden one does no harm."""
    path = put(workbook(First=SIMPLE, Second=SIMPLE), "a.xlsx")
    assert codes_of(path) == ["several_sheets"]
    with pytest.raises(ProfileError, match='"First", "Second"'):
        read_table(path)
    assert len(read_table(put(workbook(First=SIMPLE, Second=[]), "b.xlsx")).rows) == 1
    book = openpyxl.load_workbook(path)
    book["First"].sheet_state = "hidden"
    book.save(path)
    (note,) = read_table(path).notes
    assert '"First"' in note.text()
    book["Second"].delete_rows(1, 9)
    book["Second"].sheet_state = "visible"
    book.save(path)
    assert codes_of(path) == ["only_hidden"]
    assert codes_of(put(workbook(First=[]), "c.xlsx")) == ["empty_file"]


def test_hidden_rows_and_merged_cells_are_noted(put):
    """Rows under a filter are people, too: they are read, and the coordinator is told."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(A=[*SIMPLE, ["B", "x"], ["C", None]])))
    book.active.row_dimensions[3].hidden = True
    book.active.merge_cells("B3:B4")
    buffer = io.BytesIO()
    book.save(buffer)
    table = read_table(put(buffer.getvalue(), "a.xlsx"))
    assert len(table.rows) == 3
    assert [note.code for note in table.notes] == ["sheets.hidden_rows", "sheets.merged_cells"]
    assert table.notes[0].details["rows"] == "1"


def test_formulas_give_their_saved_result(put, tmp_path):
    """A saved result is read, also an empty one; without it the cell is broken."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Places", "Town"])
        sheet.write_row(1, 0, ["A"])
        sheet.write_formula(1, 1, "=1+1", value=2)
        sheet.write_formula(1, 2, '=""', value="")
    # Excel itself says that an empty result is text; xlsxwriter does not.
    data = path.read_bytes()
    path = put(rewritten(data, SHEET, lambda xml: xml.replace(b'"C2"', b'"C2" t="str"')), "c.xlsx")
    table = read_table(path)
    assert cells(table) == [("A", "2", "")]
    assert not table.broken
    unsaved = read_table(put(workbook(A=[["Name", "Places"], ["A", "=1+1"]]), "b.xlsx"))
    assert [(place, fault.code) for place, fault in unsaved.broken.items()] == [
        ((2, 1), "sheets.unsaved_formula")
    ]


def test_error_cells_are_broken(put):
    """#N/A is no answer, and a date outside the calendar is none either."""
    table = read_table(put(workbook(A=[["Name", "Town"], ["A", "#N/A"]]), "a.xlsx"))
    assert table.broken[2, 1].value == "#N/A"


def test_other_workbooks_are_refused(put):
    """Zip files that are no workbook, and workbooks with a broken sheet, give one sentence."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    assert codes_of(put(buffer.getvalue(), "a.xlsx")) == ["damaged_workbook"]
    path = put(b"", "good.xlsx")
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(SIMPLE):
            sheet.write_row(number, 0, line)
    good = path.read_bytes()
    assert codes_of(put(good[:-200], "b.xlsx"))[0] in ("no_workbook", "damaged_workbook")
    for number, (old, new) in enumerate(
        [
            (b"</row>", b""),
            (b'r="2"', b'r="x"'),
            (b'<row r="2"', b'<row r="1"'),
            (b'r="A2"', b'r="A9"'),
            (b'r="B2"', b'r="A2"'),
            (b'r="B2"', b'r="ZZZ2"'),
            (b"<v>2</v>", b"<v>99</v>"),
        ]
    ):

        def spoil(content: bytes, old: bytes = old, new: bytes = new) -> bytes:
            assert old in content
            return content.replace(old, new)

        broken = rewritten(good, SHEET, spoil)
        assert codes_of(put(broken, f"c{number}.xlsx")) == ["damaged_workbook"]


def test_passwords_inside_a_workbook(put):
    """A zip file with a password is told from a damaged one."""
    data = bytearray(workbook(A=SIMPLE))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    assert codes_of(put(bytes(data), "a.xlsx")) == ["old_or_locked"]


def test_bombs_are_refused_before_they_are_opened(put, monkeypatch):
    """A small file that unpacks to very much is refused by its packing alone."""
    good = workbook(A=SIMPLE)
    bomb = rewritten(good, SHEET, lambda content: content + b" " * 20_000_000)
    assert len(bomb) < 100_000
    assert codes_of(put(bomb, "a.xlsx")) == ["unpacks_to_much"]
    monkeypatch.setattr("mentormatch.people.sheets.xlsx_guard.MAX_UNPACKED", 1_000)
    assert codes_of(put(good, "b.xlsx")) == ["unpacks_to_much"]


@pytest.mark.parametrize(
    ("part", "tag", "count"),
    [
        ("xl/styles.xml", b"<xf/>", 120_000),
        ("xl/sharedStrings.xml", b"<si><t/></si>", 550_000),
        ("xl/workbook.xml", b"<definedName name='a'/>", 120_000),
        (SHEET, b"<hyperlink ref='A1'/>", 120_000),
    ],
)
def test_a_workbook_of_countless_tags_is_refused(put, part, tag, count):
    """Tags that each cost a little are refused when there are very many, whatever the part."""
    path = put(b"", "a.xlsx")
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, SIMPLE[0])
    many = rewritten(
        path.read_bytes(),
        part,
        lambda content: content.replace(b"</", tag * count + b"</", 1),
    )
    # Not so well packed, the packing alone gives nothing away.
    with zipfile.ZipFile(io.BytesIO(many)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert codes_of(path) == ["unpacks_to_much"]


def test_an_endless_number_format_is_refused(put):
    """Every cell format is searched for signs of a date, which takes long where it is long."""
    shape = b'<numFmt numFmtId="200" formatCode="' + b"0" * 2_000 + b'"/>'
    old = b'<numFmts count="0" />'

    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, b"<numFmts>" + shape + b"</numFmts>")

    assert codes_of(put(rewritten(GOOD, "xl/styles.xml", change), "a.xlsx")) == ["unpacks_to_much"]


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(put, part, encoding):
    """No part may declare entities, in whatever letters."""

    def declare(content: bytes) -> bytes:
        text = content.decode("utf-8")
        text = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        return (head + '<!DOCTYPE x [<!ENTITY a "b">]>' + text).encode(encoding)

    assert codes_of(put(rewritten(workbook(A=SIMPLE), part, declare), "a.xlsx")) == [
        "declared_type"
    ]


@pytest.mark.parametrize("reference", ["B1048576", "XFD2", "A100001", "SH2"])
def test_a_far_cell_is_refused(put, reference):
    """One stray cell far away would make readers build everything in between."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(A=SIMPLE)))
    book.active[reference] = "x"
    buffer = io.BytesIO()
    book.save(buffer)
    assert codes_of(put(buffer.getvalue(), "a.xlsx")) == ["too_far"]


@pytest.mark.parametrize("dimension", [b"A1:XFD1048576", b"A1"])
def test_a_wrong_dimension_does_no_harm(put, dimension):
    """What counts is where cells are, not what the sheet claims; nor do empty cells far away."""

    def claim(content: bytes) -> bytes:
        far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
        return content.replace(b"A1:B2", dimension).replace(b"</sheetData>", far)

    data = rewritten(workbook(A=SIMPLE), SHEET, claim)
    assert cells(read_table(put(data, "a.xlsx"))) == [("Åsa", "asa@example.org")]


# -------------------------------------------------------------------- DataFrames and all else


def test_frames_read_like_sheets():
    """Missing values are empty, whole numbers have no decimals, a named index is a column."""
    frame = pd.DataFrame(
        {
            "Name": ["Null", None, "x"],
            "Places": [1.0, np.nan, 2.5],
            "When": [pd.Timestamp("2024-10-01 13:05"), pd.NaT, pd.Timestamp("2024-10-01")],
            "Tags": [("a", "b"), [], np.array(["c"])],
            "Yes": [True, pd.NA, np.int64(0)],
        },
        index=pd.Index(["01", "02", "03"], name="Id"),
    )
    table = frame_table(frame, name="mentees table")
    assert table.headings == ("Id", "Name", "Places", "When", "Tags", "Yes")
    assert [row.number for row in table.rows] == [2, 3, 4]
    assert cells(table) == [
        ("01", "Null", "1", "2024-10-01 13:05:00", "a; b", "TRUE"),
        ("02", "", "", "", "", ""),
        ("03", "x", "2.5", "2024-10-01", "c", "0"),
    ]


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode("utf-16")))
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_any_bytes_read_or_are_refused(put, suffix, data):
    """No bytes whatever give another error than ProfileError."""
    table = read_or_refuse(put(data, "any" + suffix))
    if table:
        assert all(len(row.cells) == len(table.headings) for row in table.rows)


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_damage_to_a_workbook_is_refused_or_harmless(put, data):
    """A workbook with changed bytes, packed or inside a part, gives no other error either."""
    good = GOOD  # made once: a workbook holds the time at which it was made
    names = zipfile.ZipFile(io.BytesIO(good)).namelist()
    part = data.draw(st.sampled_from([None, SHEET, *names]))

    def damage(content: bytes) -> bytes:
        at = data.draw(st.integers(0, len(content) - 1))
        width = data.draw(st.integers(0, 30))
        return content[:at] + data.draw(st.binary(max_size=20)) + content[at + width :]

    path = put(damage(good) if part is None else rewritten(good, part, damage), "any.xlsx")
    table = read_or_refuse(path)
    if table:
        assert len(table.headings) > 1


@settings(deadline=None, max_examples=100)
@given(st.text())
def test_tidying_twice_changes_nothing(text):
    """Tidy text is tidy, and folding takes no notice of tidying."""
    assert tidy(tidy(text)) == tidy(text)
    assert unicodedata.is_normalized("NFC", tidy(text))


def test_spellings_compare_without_case_dashes_and_marks():
    """What keyboards and forms vary does not count; what people mean does."""
    assert fold("“Romance–Studies”  ÅÄÖ") == fold('"romance-studies" åäö')
    assert bare_heading("12) Your name: *") == "your name"
    assert bare_heading("3 wishes") == "3 wishes"
    assert nearest("Physic", ["Physics", "Media"]) == "Physics"
    assert nearest("Dept of Psychiatry", ["Computer Science", "Physics"]) is None


def test_one_swedish_letter_of_utf8_among_older_ones_is_refused(tmp_path: Path) -> None:
    """A file glued together from two kinds of letters would garble a name: it is no guess."""
    path = tmp_path / "glued.csv"
    path.write_bytes("Name;Town\nÅsa Berg;Lund\n".encode() + "Pär Ek;Lund\n".encode("cp1252"))
    with pytest.raises(ProfileError) as caught:
        read_table(path)
    assert [fault.code for fault in caught.value.faults] == ["sheets.mixed_letters"]


def test_two_stray_quotation_marks_swallow_nobody(tmp_path: Path) -> None:
    """A mark that opens in one row and closes in a later one is a fault, not one long answer."""
    path = tmp_path / "stray.csv"
    path.write_text(
        'E-mail;Name;Department;Interests\na@b.se;Bo;physics;"a\nc@d.se;Eva;physics;b\n'
        'e@f.se;Åsa;physics;c"\ng@h.se;Al;physics;d\n',
        encoding="utf-8",
    )
    with pytest.raises(ProfileError) as caught:
        read_table(path)
    (fault,) = caught.value.faults
    assert (fault.code, fault.row) == ("sheets.open_quote", 2)
