"""What a walk will come to: how many profiles, for how long, and at which price.

List prices of us-east-1 in USD, read on 2026-11-22 (docs/idle-cost.md says where); other Regions differ by some
percent. What the messages themselves cost is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from kairos.app.walk.ports import Population
from kairos.app.walk.walk import PER_SECOND, READ_UNITS_PER_SECOND

READ_UNIT = 0.125 / 1e6
"""Strongly consistent 4 kB; a scan takes half of one for that."""

WRITE_UNIT = 0.625 / 1e6
FIFO_REQUEST = 0.50 / 1e6
LAMBDA_REQUEST = 0.20 / 1e6
LAMBDA_GB_SECOND = 0.0000133334
INDEX_UNITS = 2
"""Writing moves the profile's place in the wake index."""

BATCH = 10
DECIDE_SECONDS = 0.02
"""Of a function of half a gigabyte, for one profile of a batch."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`read_usd` is for looking at everybody, `wake_usd` on top of it where everybody is concerned.

    `shortest` is how long looking takes, `longest` how long it takes to wake everybody.
    """

    profiles: int
    exact: bool
    read_usd: float
    wake_usd: float
    shortest: timedelta
    longest: timedelta


def estimate(population: Population, per_second: float | None = None) -> Estimate:
    """Return what walking over all of them comes to, at the brand's rate of wake-ups."""
    bytes_each = population.size / population.profiles if population.profiles else 0.0
    scan_units = ceil(population.size / 4096) / 2
    rate = per_second or PER_SECOND
    looking = timedelta(minutes=max(1, ceil(scan_units / READ_UNITS_PER_SECOND / 60)))
    return Estimate(
        profiles=population.profiles,
        exact=population.exact,
        read_usd=scan_units * READ_UNIT,
        wake_usd=population.profiles * wake_usd(bytes_each),
        shortest=looking,
        longest=max(looking, timedelta(minutes=ceil(population.profiles / rate / 60))),
    )


def wake_usd(bytes_each: float) -> float:
    """Return what waking one profile costs at most: into the queue and out, decided, and written."""
    queue = 3 / BATCH * FIFO_REQUEST
    table = max(1, ceil(bytes_each / 4096)) * READ_UNIT + (max(1, ceil(bytes_each / 1024)) + INDEX_UNITS) * WRITE_UNIT
    return queue + table + LAMBDA_REQUEST / BATCH + DECIDE_SECONDS / 2 * LAMBDA_GB_SECOND
