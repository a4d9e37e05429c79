"""Reading the CSV files that `kairos timing` measures on: local times as written, every bad line named."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import IO

from kairos.cli.failure import CannotDo


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
    """Read `customer,at[,amount]`; raise `CannotDo` for a file without orders or with a line that cannot be read."""
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
    """Yield line number and cells of a CSV, gzipped if it is named so; every row has the columns, stripped."""
    try:
        with _open(path) as stream:
            reader = csv.DictReader(stream, restval="")
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise CannotDo(f"{path.name}: no column {', '.join(missing)}; needed are {', '.join(columns)}")
            for row in reader:
                cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
                if not cells["customer"]:
                    raise CannotDo(f"{path.name}, line {reader.line_num}: customer is empty")
                yield reader.line_num, cells
    except (csv.Error, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise CannotDo(f"{path.name}: {error}") from error


def read_time(path: Path, line: int, column: str, text: str) -> datetime:
    """Read a date or a local time as it is written on the customer's wall, dropping an offset."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise CannotDo(
            f"{path.name}, line {line}: {column} is {text[:40]!r}; a date (2026-03-01) or local time (2026-03-01T09:30)"
        ) from None


def parse_day(text: str, option: str) -> int:
    """Return the ordinal of a day given on the command line; a time of day is dropped."""
    try:
        return datetime.fromisoformat(text).date().toordinal()
    except ValueError:
        raise CannotDo(f"{option} is {text[:40]!r}; a date such as 2026-03-01") from None


def show_day(ordinal: int) -> str:
    """Return an ordinal as `2026-03-01`."""
    return date.fromordinal(ordinal).isoformat()


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", encoding="utf-8-sig") if path.suffix == ".gz" else path.open(encoding="utf-8-sig")


def _amount(path: Path, line: int, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = float("nan")
    if not isfinite(amount):
        raise CannotDo(f"{path.name}, line {line}: amount is {text[:40]!r}; a number")
    return amount
