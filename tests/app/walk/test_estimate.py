"""What a walk comes to, reckoned by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kairos.app.definitions.sending import WALK_RATE_MAX
from kairos.app.walk.estimate import estimate, wake_usd
from kairos.app.walk.ports import Population
from kairos.app.walk.walk import PER_SECOND, READ_UNITS_PER_SECOND

MILLION = 1_000_000


def test_a_million_customers_of_four_kilobytes() -> None:
    told = estimate(Population(MILLION, MILLION * 4_096), per_second=50)
    # Half a read unit each, at 0.125 USD a million; 500 units a second.
    assert told.read_usd == pytest.approx(0.0625)
    assert told.shortest == timedelta(minutes=17)
    assert told.longest == timedelta(minutes=334)


def test_waking_one_pays_for_queue_read_write_and_deciding() -> None:
    fifo, read, write = 0.3 * 0.5e-6, 0.125e-6, (4 + 2) * 0.625e-6
    assert wake_usd(4_096) == pytest.approx(fifo + read + write + 0.02e-6 + 0.01 * 0.0000133334)
    assert wake_usd(4_097) - wake_usd(4_096) == pytest.approx(0.125e-6 + 0.625e-6)


def test_the_page_on_walks_says_the_same() -> None:
    text = " ".join((Path(__file__).parents[3] / "docs" / "walks.md").read_text(encoding="utf-8").split())
    told = estimate(Population(MILLION, MILLION * 4_096))
    assert f"costs {told.read_usd:.2f} USD and takes {told.shortest.seconds // 60} minutes" in text
    assert f"it is {told.read_usd + told.wake_usd:.2f} USD and {told.longest / timedelta(hours=1):.1f} hours" in text
    assert f"walks: {{per_second: {PER_SECOND:g}}}" in text
    assert f"1 to {WALK_RATE_MAX}" in text
    assert f"at most {READ_UNITS_PER_SECOND:g} read units a second" in text


def test_nobody_costs_nothing_and_takes_a_round() -> None:
    told = estimate(Population(0, 0, exact=True))
    assert (told.read_usd, told.wake_usd, told.longest) == (0, 0, timedelta(minutes=1))


def test_a_brand_that_sends_faster_is_done_sooner() -> None:
    people = Population(MILLION, MILLION * 1_000)
    assert estimate(people, 500).longest == timedelta(minutes=34)
    assert estimate(people, 50).longest == timedelta(minutes=334)
