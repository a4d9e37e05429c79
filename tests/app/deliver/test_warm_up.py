"""A new domain's first days: so much advertising a day, twice as much the next, and the rest waits for tomorrow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.deliver.warm_up import BUCKET, QUOTA, quota
from kairos.app.ports import OutboxMessage
from kairos.domain.profile import Message
from tests.app.delivery import NOON, World, profile

WARMING = {"warm_up": {"from": "2026-11-22"}, "quiet_hours": {}}


@pytest.mark.parametrize(
    ("days", "most"), [(-3, 50), (0, 50), (1, 100), (6, 3_200), (14, 819_200), (15, None), (400, None)]
)
def test_the_quota_doubles_for_two_weeks_and_ends(days: int, most: int | None) -> None:
    assert quota(WARMING, NOON + timedelta(days=days)) == most


def test_who_warms_nothing_up_has_no_quota() -> None:
    assert quota({}, NOON) is None


def _many(world: World, marketing: bool, count: int) -> list[OutboxMessage]:
    requests = []
    for n in range(count):
        made = profile(f"{'m' if marketing else 't'}{n}", marketing=marketing, message=f"{marketing}{n}")
        message: Message = made.messages[f"{marketing}{n}"]
        world.customers.write(made, (), None, None)
        world.contacts.put(made.id, "profile", {"email": f"{made.id}@example.com", "first_name": "Ann"}, NOON)
        requests.append(OutboxMessage(made.id, message.id, "email", marketing, 1))
    return requests


def test_beyond_the_days_quota_advertising_waits_for_tomorrow_and_receipts_go() -> None:
    world = World(brand=WARMING)
    world.tokens.lease(BUCKET, QUOTA - 2, 1e9, QUOTA, NOON)
    done = world.run(*_many(world, True, 5), *_many(world, False, 3))
    kinds = [(one.outcome.kind, one.request.message.marketing) for one in done]
    assert sorted(kinds) == [("held", True)] * 3 + [("sent", False)] * 3 + [("sent", True)] * 2
    waiting = {one.outcome.until for one in done if one.outcome.kind == "held"}
    assert waiting == {datetime(2026, 11, 23, tzinfo=UTC)}
    assert {event.properties.get("reason") for event in world.reports()} == {None, "warm-up"}


def test_tomorrow_there_is_room_again() -> None:
    world = World(brand=WARMING)
    world.tokens.lease(BUCKET, QUOTA, 1e9, QUOTA, NOON)
    assert [done.outcome.kind for done in world.run()] == ["held"]
    world.clock.advance(timedelta(hours=21))
    assert [done.outcome.kind for done in world.run()] == ["sent"]
