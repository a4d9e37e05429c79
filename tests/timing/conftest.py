"""Worlds that several tests of timing share."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path
from random import Random

import pytest

Histories = dict[str, list[int]]


def read_histories(path: Path) -> Histories:
    """Return each customer's distinct purchase days."""
    days: dict[str, set[int]] = {}
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
        for row in csv.DictReader(stream):
            days.setdefault(row["customer"], set()).add(date.fromisoformat(row["at"][:10]).toordinal())
    return {customer: sorted(days[customer]) for customer in sorted(days)}


@pytest.fixture(scope="session")
def cdnow(shared_data: Path) -> Histories:
    """Return the CDNOW sample, which the project does not ship."""
    return read_histories(shared_data / "data" / "cdnow-sample.csv")


@pytest.fixture(scope="session")
def online_retail(shared_data: Path) -> Histories:
    """Return the Online Retail invoices, which the project does not ship."""
    return read_histories(shared_data / "data" / "online-retail.csv.gz")


def make_shop(customers: int, days: int, seed: int, *, shut: int | None = None) -> Histories:
    """Return a shop's histories over `days` days from 2025-01-01: lognormal rhythms, some leave, one weekday shut."""
    random, start = Random(seed), date(2025, 1, 1).toordinal()
    histories: Histories = {}
    for customer in range(customers):
        pace, spread = random.gauss(3.2, 0.6), random.uniform(0.2, 0.7)
        day, known = start + random.randrange(days), []
        while day < start + days:
            while shut is not None and (day + 6) % 7 == shut:
                day += 1
            known.append(day)
            if random.random() < 0.08:
                break
            day += max(1, round(random.lognormvariate(pace, spread)))
        histories[f"c{customer:05}"] = sorted(set(known))
    return histories
