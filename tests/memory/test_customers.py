"""What customers keep beyond their contract: a stream of their writes, and items that expire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kairos.app.ports import Due
from kairos.domain.effects import Arm, Effect
from kairos.domain.profile import Profile
from kairos.memory import MemoryCustomers

NOW = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)


def test_the_stream_gets_each_write_with_its_version() -> None:
    seen: list[tuple[str, int, tuple[Effect, ...]]] = []
    customers = MemoryCustomers(lambda *write: seen.append(write))
    customers.write(Profile("p1", NOW), [Arm("p1", NOW)], None, None)
    customers.write(Profile("p1", NOW, version=1), [], None, None)
    assert seen == [("p1", 1, (Arm("p1", NOW),)), ("p1", 2, ())]


def test_an_expired_item_is_gone_from_the_table_and_the_index() -> None:
    customers = MemoryCustomers()
    customers.write(Profile("p1", NOW), [], NOW, NOW + timedelta(days=1))
    customers.write(Profile("p2", NOW), [], NOW, NOW + timedelta(days=1))
    customers.write(Profile("p2", NOW, version=1), [], NOW, None)
    customers.expire(NOW + timedelta(days=1))
    assert customers.read("p1") is None
    assert list(customers.due(NOW, NOW, NOW + timedelta(minutes=1))) == [Due("p2", NOW)]
