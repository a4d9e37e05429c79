"""The rows of a file somebody brings along: CSV as spreadsheets write it, or JSON Lines, read as a stream.

Encodings: UTF-8 with or without a byte order mark, UTF-16 with one, and cp949, which Korean spreadsheets write. A file
is read once from its beginning to its end, however large; nothing of it is kept but the row at hand.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from kairos.cli.failure import CannotDo

LOOK_BYTES = 1_000_000
FIELD_CHARS_MAX = 100_000
JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: where it begins in the file (from 1), and its cells by column; None for a row that is none."""

    number: int
    cells: Mapping[str, Any] | None
    expected: str = ""
    """What would be right, where the row is none."""


class Table:
    """A file of rows. `columns` are the header's, empty for JSON Lines; `position` is how many bytes were read."""

    def __init__(self, raw: BinaryIO, columns: tuple[str, ...], lines: Iterator[Line]) -> None:
        self._raw = raw
        self.columns = columns
        self._lines = lines

    @property
    def position(self) -> int:
        """Return how far the file was read, in bytes; ahead of the row at hand by what is buffered."""
        return self._raw.tell()

    def __iter__(self) -> Iterator[Line]:
        return self._lines


@contextmanager
def open_table(file: Path, encoding: str | None = None) -> Iterator[Table]:
    """Yield the rows of a file. Raises CannotDo for what is no table in that encoding, OSError."""
    csv.field_size_limit(FIELD_CHARS_MAX)
    with file.open("rb") as raw:
        chosen = encoding or guess_encoding(raw)
        raw.seek(0)
        try:
            text = io.TextIOWrapper(raw, encoding=chosen, newline="")
        except LookupError as error:
            raise CannotDo(f"no encoding is called {encoding!r}; usual ones are utf-8, cp949, utf-16") from error
        try:
            if file.suffix.lower() in JSON_ENDINGS:
                yield Table(raw, (), _json_lines(text))
            else:
                yield _csv_table(raw, text, file)
        except UnicodeDecodeError as error:
            hint = "say its --encoding: cp949, utf-8 or utf-16"
            raise CannotDo(f"{file} is not {chosen} near byte {raw.tell()} ({error.reason}); {hint}") from error
        finally:
            text.detach()


def guess_encoding(raw: BinaryIO) -> str:
    """Return the encoding that a file's beginning shows."""
    head = raw.read(LOOK_BYTES)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # a character may be cut at the end
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"


def _csv_table(raw: BinaryIO, text: io.TextIOWrapper, file: Path) -> Table:
    first = text.readline()
    skipped = 1
    delimiter = first.strip()[4:5] if first.lower().startswith("sep=") else ""
    if delimiter:  # Excel's own line, which says how the others are written
        first, skipped = text.readline(), 2
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    columns = tuple(cell.strip() for cell in header)
    if not any(columns):
        raise CannotDo(f"{file} has no header line: the first line names the columns, such as email,first_name")
    if len(set(columns)) < len(columns):
        raise CannotDo(f"{file} names a column twice in its header")
    return Table(raw, columns, _csv_lines(text, delimiter, columns, skipped))


def _csv_lines(text: io.TextIOWrapper, delimiter: str, columns: tuple[str, ...], skipped: int) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        number = skipped + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, None, f"a row of CSV ({error}); is a quote left open?")
            continue
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
            yield Line(
                number, None, f"{len(columns)} cells, as the header has; found {len(row)} (quote cells with commas)"
            )
            continue
        yield Line(number, dict(zip(columns, row, strict=False)))


def _json_lines(text: io.TextIOWrapper) -> Iterator[Line]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line) if len(line) <= FIELD_CHARS_MAX else None
        except (ValueError, RecursionError):
            cells = None
        if isinstance(cells, dict):
            yield Line(number, cells)
        else:
            yield Line(number, None, f"a JSON object in one line of at most {FIELD_CHARS_MAX:,} characters")
