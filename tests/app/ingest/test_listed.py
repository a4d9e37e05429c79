"""Listed: what may enter an event, and what goes first where it is too large."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.ingest.listed import _at_most, cut, listed
from kairos.domain.event import EntryFact, Event, event_size
from kairos.registry import load

NOW = datetime(2026, 10, 2, tzinfo=UTC)
TRACK = load("sources", "track")


def event(name: str = "cart_viewed", **more: Any) -> Event:
    return Event("e" * 26, name, "p" * 26, NOW, NOW, **more)


def test_only_what_the_source_lists_for_that_event_stays() -> None:
    given = event(properties={"cart_id": "c", "total": 5, "note": "private"})
    assert listed(TRACK, given, {}).properties == {"cart_id": "c", "total": 5}


def test_the_owner_lists_more_for_one_event_or_for_any() -> None:
    given = event(properties={"cart_id": "c", "note": "n", "size": 3})
    assert set(listed(TRACK, given, {"properties": {"cart_viewed": ["note"]}}).properties) == {"cart_id", "note"}
    assert set(listed(TRACK, given, {"properties": {"*": ["size"]}}).properties) == {"cart_id", "size"}
    assert set(listed(TRACK, given, {"properties": {"order_created": ["size"]}}).properties) == {"cart_id"}


@pytest.mark.parametrize("settings", [{"properties": None}, {"properties": []}, {"properties": {"*": [7, None]}}])
def test_settings_that_list_nothing_usable_list_nothing(settings: dict[str, Any]) -> None:
    assert listed(TRACK, event(properties={"note": 1}), settings).properties == {}


@pytest.mark.parametrize("value", ["a@example.com", ["x", "Jane <a@example.com>"], [{"sku": "a@example.com"}]])
def test_a_listed_property_with_an_address_in_it_goes(value: Any) -> None:
    entry = EntryFact("booking", "b", NOW, properties={"service": value, "price": 1})
    kept = listed(TRACK, event(properties={"items": value, "total": 1}, entry=entry), {})
    assert kept.properties == {"total": 1}
    assert kept.entry is not None
    assert kept.entry.properties == {"price": 1}


def test_an_event_that_fits_is_left_alone() -> None:
    small = event(properties={"cart_id": "c"})
    assert cut(small) is small


def test_the_largest_property_goes_first_and_the_cut_is_said() -> None:
    given = event(properties={"a": "x" * 20_000, "b": "x" * 20_001, "c": 1})
    assert cut(given).properties == {"a": "x" * 20_000, "c": 1, "truncated": True}


def test_an_entry_and_traits_are_cut_after_the_properties() -> None:
    entry = EntryFact("booking", "b", NOW, properties={"long": "x" * 40_000, "short": 1})
    given = event(properties={"a": 1}, entry=entry, traits={"long": "x" * 40_000, "tier": "vip"})
    kept = cut(given)
    assert kept.entry is not None
    assert (kept.entry.starts_at, kept.properties["truncated"]) == (NOW, True)
    assert kept.traits == {"tier": "vip"}


def test_what_has_nothing_left_to_cut_is_returned_as_it_is() -> None:
    assert cut(event(), most=10).properties == {}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=60), max_size=12), st.integers(300, 900))
def test_whatever_is_cut_fits(properties: dict[str, str], most: int) -> None:
    assert event_size(cut(event(properties=properties), most)) <= most


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), values, max_size=6), st.text(max_size=30))
def test_what_is_not_measured_is_never_larger_than_it_was_taken_for(properties: dict[str, Any], text: str) -> None:
    for one in (event(properties=properties), event(traits=properties, connection=text, source=text, message=text)):
        assert event_size(one) <= _at_most(one)
