from __future__ import annotations

from pathlib import Path

import pytest

from kairos.cli.failure import CannotDo
from kairos.cli.import_table import Line, open_table

TEXT = 'email,first_name\nmina@example.com,미나\n"juno@example.com","주노, ""J"""\n'
ROWS = [
    {"email": "mina@example.com", "first_name": "미나"},
    {"email": "juno@example.com", "first_name": '주노, "J"'},
]


def lines(tmp_path: Path, data: bytes | str, name: str = "people.csv", encoding: str | None = None) -> list[Line]:
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    with open_table(file, encoding) as table:
        return list(table)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_what_spreadsheets_write_is_read_whatever_its_encoding(tmp_path: Path, encoding: str) -> None:
    assert [line.cells for line in lines(tmp_path, TEXT.encode(encoding))] == ROWS


@pytest.mark.parametrize("data", [TEXT.replace(",", ";", 1), "sep=;\n" + TEXT.replace(",", ";", 1)])
def test_semicolons_and_excels_own_first_line_are_understood(tmp_path: Path, data: str) -> None:
    data = data.replace("com,미나", "com;미나").replace('com",', 'com";')
    assert [line.cells for line in lines(tmp_path, data)] == ROWS


def test_lines_are_numbered_as_an_editor_does_also_where_a_cell_has_several(tmp_path: Path) -> None:
    data = 'email,note\r\na@example.com,"one\r\ntwo"\r\n\r\nb@example.com,x\r\n'
    assert [(line.number, dict(line.cells or {})["email"]) for line in lines(tmp_path, data)] == [
        (2, "a@example.com"),
        (5, "b@example.com"),
    ]


@pytest.mark.parametrize(
    ("data", "number", "expected"),
    [
        ("email,x\na@example.com,1,2\n", 2, "2 cells, as the header has; found 3"),
        ('email,x\nok@example.com,1\na@example.com,"1"2\n', 3, "a row of CSV"),
        ('email,x\nok@example.com,1\na@example.com,"never closed\nb@example.com,2\n', 3, "is a quote left open?"),
    ],
)
def test_a_row_that_is_none_says_where_and_what_would_be_right(
    tmp_path: Path, data: str, number: int, expected: str
) -> None:
    wrong = [line for line in lines(tmp_path, data) if line.cells is None]
    assert [line.number for line in wrong] == [number]
    assert expected in wrong[0].expected


def test_a_short_row_lacks_its_last_cells_and_empty_rows_are_none(tmp_path: Path) -> None:
    assert [line.cells for line in lines(tmp_path, "email,phone\na@example.com\n,\n")] == [{"email": "a@example.com"}]


def test_json_lines_are_read_and_those_that_are_none_are_told(tmp_path: Path) -> None:
    data = '\ufeff{"email": "a@example.com"}\n\n[1]\n{"email": \n' + "[" * 5_000 + "\n"
    found = lines(tmp_path, data, "people.jsonl")
    assert [(line.number, line.cells) for line in found] == [
        (1, {"email": "a@example.com"}),
        (3, None),
        (4, None),
        (5, None),
    ]
    assert "a JSON object in one line" in found[1].expected


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (b"", None, "no header line"),
        (b"email,email\n", None, "names a column twice"),
        (TEXT.encode("cp949"), "utf-8", "say its --encoding"),
        (TEXT.encode(), "klingon", "no encoding is called 'klingon'"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    tmp_path: Path, data: bytes, encoding: str | None, message: str
) -> None:
    with pytest.raises(CannotDo, match=message):
        lines(tmp_path, data, encoding=encoding)


def test_a_large_file_is_read_as_a_stream(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_text("email\n" + "\n".join(f"p{number}@example.com" for number in range(60_000)))
    with open_table(file) as table:
        assert next(iter(table)).cells == {"email": "p0@example.com"}
        assert table.position < file.stat().st_size / 4
        assert sum(1 for _ in table) == 59_999
