from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.errors import BadInput
from kairos.domain.event import ConsentFact, EntryFact, Event, event_from_json, event_size, event_to_json

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
instants = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))
texts = st.text(min_size=1, max_size=10)
plain = st.dictionaries(
    texts, st.none() | st.booleans() | st.integers() | texts | st.lists(texts, max_size=2), max_size=3
)

events = st.builds(
    Event,
    id=texts,
    name=texts,
    profile=texts,
    occurred_at=instants,
    received_at=instants,
    properties=plain,
    source=st.text(max_size=5),
    connection=st.text(max_size=5),
    correlation=st.text(max_size=5),
    historical=st.booleans(),
    retry_horizon=st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
    traits=st.none() | plain,
    reach=st.none() | st.dictionaries(texts, st.booleans(), max_size=2),
    entry=st.none()
    | st.builds(
        EntryFact,
        kind=texts,
        id=texts,
        starts_at=st.none() | instants,
        ends_at=st.none() | instants,
        properties=plain,
        replaces=st.none() | texts,
        moved_to=st.none() | st.text(max_size=5),
    ),
    consent=st.none() | st.builds(ConsentFact, texts, texts),
    message=st.none() | texts,
)


@given(events)
def test_an_event_comes_back_from_json_as_it_went(event: Event) -> None:
    assert event_from_json(json.loads(json.dumps(event_to_json(event)))) == event


def small(**more: Any) -> dict[str, Any]:
    return event_to_json(Event("1", "x", "u1", NOON, NOON)) | more


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"id": ""},
        {"id": 5},
        {"event": []},
        {"profile": {}},
        {"occurred_at": "yesterday"},
        {"occurred_at": 1700000000},
        {"received_at": "2026-03-02T12:00:00"},
        {"properties": []},
        {"traits": "x"},
        {"reach": 5},
        {"entry": "b1"},
        {"entry": {"id": "b1"}},
        {"entry": {"kind": "booking", "id": "b1", "starts_at": "soon"}},
        {"consent": {"channel": "email"}},
        {"retry_horizon": "long"},
    ],
)
def test_what_is_no_event_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        event_from_json(small(**wrong))


@pytest.mark.parametrize("missing", ["id", "event", "profile", "occurred_at", "received_at"])
def test_what_every_event_needs_is_missed_by_name(missing: str) -> None:
    raw = small()
    del raw[missing]
    with pytest.raises(BadInput, match=missing):
        event_from_json(raw)


@given(instants, st.integers(-600, 600))
def test_a_clock_may_run_five_minutes_ahead(received: datetime, ahead: int) -> None:
    event = Event("1", "x", "u1", received + timedelta(seconds=ahead), received)
    assert event.clamped().occurred_at == (received if ahead > 300 else event.occurred_at)


def test_the_size_is_what_travels() -> None:
    assert event_size(Event("1", "x", "u1", NOON, NOON, {"이름": "가"})) == len(
        json.dumps(small(properties={"이름": "가"}), ensure_ascii=False, separators=(",", ":")).encode()
    )
