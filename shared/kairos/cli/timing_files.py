"""Reading the CSV files that `kairos timing` measures on: local times as written, every bad line named."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, zip_longest
from math import isfinite
from pathlib import Path
from typing import IO

from kairos.cli.failure import CannotDo

_EXCEL = re.compile(r"\d{5}(\.\d+)?")
_EXCEL_START = datetime(1899, 12, 30)  # a day before its day 1: 1900 was no leap year
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


@dataclass(frozen=True, slots=True)
class Orders:
    """What an order file says: each customer's distinct purchase days, sorted, and their orders' amounts."""

    days: dict[str, list[int]]
    amounts: dict[str, list[tuple[int, float]]]

    @property
    def end(self) -> int:
        """Return the ordinal of the last purchase day in the file."""
        return max(days[-1] for days in self.days.values())


def read_orders(path: Path) -> Orders:
    """Read `customer,at[,amount]`; raise `CannotDo` for a file without orders or with a line that cannot be read.

    An amount below zero, as of a refund, counts against the money of its day.
    """
    days: dict[str, set[int]] = {}
    amounts: dict[str, list[tuple[int, float]]] = {}
    for line, row in read_rows(path, ("customer", "at")):
        day = read_time(path, line, "at", row["at"]).date().toordinal()
        days.setdefault(row["customer"], set()).add(day)
        if row.get("amount"):
            amounts.setdefault(row["customer"], []).append((day, _amount(path, line, row["amount"])))
    if not days:
        raise CannotDo(f"{path.name}: no orders in it")
    return Orders({customer: sorted(days[customer]) for customer in sorted(days)}, amounts)


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of a CSV, gzipped if it is named so; every row has the columns, stripped.

    Cells are parted by whichever of comma, semicolon and tab the header has; names of columns may be written in any
    case; lines without a cell filled are skipped. Raises `CannotDo`, with the line, for what is no such file.
    """
    line = 1
    try:
        with _open(path) as stream:
            head = stream.readline()
            names = _header(path, head, columns)
            reader = csv.reader(chain([head], stream), delimiter=_delimiter(head))
            next(reader, None)
            for cells in reader:
                line = reader.line_num
                row = _row(path, line, names, cells)
                if row is not None:
                    yield line, row
    except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CannotDo(f"{path.name}, after line {line}: {error}") from error
    except UnicodeDecodeError as error:
        raise CannotDo(f"{path.name}, after line {line}: not UTF-8; save it as CSV in UTF-8") from error


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count)


def _header(path: Path, head: str, columns: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=_delimiter(head)), [])]
    missing = [name for name in columns if name not in names]
    if missing:
        raise CannotDo(f"{path.name}, line 1: no column {', '.join(missing)}; needed are {', '.join(columns)}")
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise CannotDo(f"{path.name}, line 1: column {', '.join(twice)} is there twice")
    return names


def _row(path: Path, line: int, names: Sequence[str], cells: Sequence[str]) -> dict[str, str] | None:
    """Return the cells by column; None for a blank line."""
    filled = [cell.strip() for cell in cells]
    if not any(filled):
        return None
    if any(filled[len(names) :]):
        raise CannotDo(f"{path.name}, line {line}: {len(filled)} cells, the header has {len(names)}")
    row = dict(zip_longest(names, filled[: len(names)], fillvalue=""))
    if not row["customer"]:
        raise CannotDo(f"{path.name}, line {line}: customer is empty")
    return row


def read_time(path: Path, line: int, column: str, text: str) -> datetime:
    """Read a date or a local time as it is written on the customer's wall, dropping an offset.

    A bare number of five digits is a day as Excel counts them, 45292 for 2024-01-01, with the time as its fraction.
    """
    try:
        at = _excel_time(text) if _EXCEL.fullmatch(text) else datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise CannotDo(
            f"{path.name}, line {line}: {column} is {text[:40]!r}; a date (2026-03-01) or local time (2026-03-01T09:30)"
        ) from None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise CannotDo(
            f"{path.name}, line {line}: {column} is {text[:40]!r}; a year from {_FIRST_YEAR} to {_LAST_YEAR}"
        )
    return at


def _excel_time(text: str) -> datetime:
    """Return the instant of a serial number of Excel's 1900 system, to the second (ECMA-376, part 1, 18.17.4)."""
    return _EXCEL_START + timedelta(seconds=round(float(text) * 86_400))


def parse_day(text: str, option: str) -> int:
    """Return the ordinal of a day given on the command line; a time of day is dropped."""
    try:
        day = datetime.fromisoformat(text).date()
    except ValueError:
        raise CannotDo(f"{option} is {text[:40]!r}; a date such as 2026-03-01") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise CannotDo(f"{option} is {text[:40]!r}; a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day.toordinal()


def show_day(ordinal: int) -> str:
    """Return an ordinal as `2026-03-01`."""
    return date.fromordinal(ordinal).isoformat()


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _amount(path: Path, line: int, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = float("nan")
    if not isfinite(amount):
        raise CannotDo(f"{path.name}, line {line}: amount is {text[:40]!r}; a number")
    return amount
