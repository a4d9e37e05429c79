"""What an older schema wrote is read as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.domain.hour_counts import HourCounts
from kairos.domain.ids import digest
from kairos.domain.instant import to_micros
from kairos.domain.packing import pack, unpack
from kairos.domain.packing.older import UPGRADES
from kairos.domain.profile import SCHEMA, Profile, seen_until

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)
LONG, SHORT = "gid://shopify/Order/5551234567890", "cart-17"
UNTIL = NOW + timedelta(hours=4)


def word(event: str) -> str:
    """Return what schema 1 remembered an event by."""
    return event if len(event) <= 12 else digest("seen", event)[:12]


def first(**more: Any) -> dict[str, Any]:
    raw = pack(Profile("p1", NOW, traits={"tier": "vip"}))
    return {**raw, **more}


@pytest.mark.parametrize(
    "seen",
    [
        {word(LONG): to_micros(UNTIL), word(SHORT): to_micros(UNTIL)},
        [word(LONG) + word("cart-1234567"), seen_until(NOW), 240],
    ],
    ids=["each with its end", "in one text"],
)
def test_events_that_schema_1_had_seen_are_known_for_as_long_as_they_were_to_be(seen: Any) -> None:
    known = unpack(first(h=seen), 1)
    assert known.has_seen(LONG)
    assert known.has_seen(SHORT) is isinstance(seen, dict)
    assert known.has_seen("cart-1234567") is isinstance(seen, list)
    assert not known.has_seen("another")
    assert max(known.seen.ends) == seen_until(UNTIL)
    assert known.traits == {"tier": "vip"}


def test_counts_of_a_week_are_the_same() -> None:
    assert unpack(first(hw={"active": [9, 1, 14, 300]}), 1).hours == {"active": HourCounts.of([(9, 1), (14, 300)])}


def test_what_schema_1_did_not_know_stays_unknown() -> None:
    assert unpack(first(), 1) == Profile("p1", NOW, traits={"tier": "vip"})


def test_the_previous_schema_can_always_be_read() -> None:
    assert SCHEMA - 1 in UPGRADES
