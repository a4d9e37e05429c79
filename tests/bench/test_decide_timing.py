"""What timing costs is measured on customers whom it concerns."""

from __future__ import annotations

from bench.decide_timing import customer, measure, release, section
from kairos.app.decide.habits import hours_of, rhythm_of
from kairos.aws.codec import read_state
from kairos.domain.profile import SCHEMA


def test_with_timing_items_remember_and_without_they_do_not() -> None:
    plain, timed = release(timing=False), release(timing=True)
    with_timing = read_state(customer(3, timed), SCHEMA, 1)
    assert rhythm_of(with_timing).purchases == 12
    assert sum(hours_of(with_timing, "email").active.values()) == 12 + 40
    assert with_timing.predicted
    without = read_state(customer(3, plain), SCHEMA, 1)
    assert (without.rhythm, without.hours, without.predicted) == ([], {}, {})


def test_a_measurement_tells_times_and_sizes_of_both() -> None:
    found = measure(customers=4, rounds=1)
    assert all(without > 0 and within > 0 for without, within in found.seconds.values())
    assert all(200 < size < 2_000 for size in found.bytes)
    assert [line for line in str(section(found)).splitlines() if line.startswith("| an order alone |")]
