"""Keys sort as time does, and sizes are counted as DynamoDB counts them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.aws.table import (
    ITEM_BYTES_MAX,
    SHARDS,
    check_size,
    from_sortable,
    item_size,
    shard,
    sortable,
    to_ttl,
    wake_attributes,
)
from kairos.domain.errors import TooLarge

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))


@given(instants, instants)
def test_texts_sort_as_their_instants_and_come_back_exactly(one: datetime, other: datetime) -> None:
    assert (sortable(one) < sortable(other)) == (one < other)
    assert from_sortable(sortable(one)) == one


def test_local_time_is_not_written_by_mistake() -> None:
    with pytest.raises(ValueError):
        sortable(NOW.astimezone(timezone(timedelta(hours=9))))


@given(instants)
def test_a_time_to_live_is_whole_seconds_and_never_early(at: datetime) -> None:
    assert 0 <= datetime.fromtimestamp(to_ttl(at), UTC).timestamp() - at.timestamp() < 1


def test_the_wake_key_is_the_utc_hour_and_a_shard() -> None:
    found = wake_attributes("p1", NOW)
    assert found == {
        "wake": {"S": f"2026-11-22T04#{shard('p1')}"},
        "wake_at": {"S": "2026-11-22T04:10:00.000000Z#p1"},
    }
    assert wake_attributes("p1", None) == {}


def test_profiles_spread_over_all_shards() -> None:
    counts = [0] * SHARDS
    for number in range(8_000):
        counts[shard(f"p{number}")] += 1
    assert min(counts) > 850
    assert max(counts) < 1_150


def test_a_size_is_of_names_and_values() -> None:
    assert item_size({"profile": {"S": "김"}, "state": {"B": b"1234"}, "on": {"BOOL": True}}) == 7 + 3 + 5 + 4 + 2 + 1
    assert item_size({"l": {"L": [{"S": "ab"}]}, "m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 2 + 1 + 3 + 1 + 1 + 1


def test_an_item_that_dynamodb_would_refuse_is_refused_before() -> None:
    check_size("profile", {"state": {"B": b"x" * (ITEM_BYTES_MAX - 5)}})
    with pytest.raises(TooLarge):
        check_size("profile", {"state": {"B": b"x" * (ITEM_BYTES_MAX - 4)}})
