"""Too much of one customer in one minute: counted, not decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kairos.app.decide.folding import FOLDED_AFTER, TOLD
from kairos.domain.event import Event
from tests.app.decide.world import NOON, World, booking, make_event

S, M = timedelta(seconds=1), timedelta(minutes=1)
CLICKED_OFTEN = {"did": "clicked", "times": {"gte": 5}, "within": "1d"}
EVERY_VIEW = {
    "id": "each",
    "class": "transactional",
    "trigger": {"event": "viewed"},
    "reenter": "always",
    "steps": [{"branch": [{"if": CLICKED_OFTEN, "steps": [{"send": "hello"}]}]}],
}


def views(count: int, since: Any = NOON, **more: Any) -> list[Event]:
    return [make_event("viewed", since, id=f"view-{since:%H%M}-{number}", **more) for number in range(count)]


def entered(world: World) -> int:
    return sum(reason.kind == "entered" for reason in world.reasons)


def told(world: World) -> int:
    return sum(reason.reason == TOLD for reason in world.reasons)


def test_what_comes_on_top_of_the_rate_starts_nothing_and_is_told_once() -> None:
    world = World(EVERY_VIEW)
    world.hear(*views(FOLDED_AFTER + 40))
    assert entered(world) == FOLDED_AFTER
    assert told(world) == 1


def test_in_requests_of_one_event_each_it_is_the_same() -> None:
    world = World(EVERY_VIEW)
    for view in views(FOLDED_AFTER + 3):
        world.hear(view)
    assert (entered(world), told(world)) == (FOLDED_AFTER, 1)


def test_what_is_folded_is_counted_all_the_same() -> None:
    world = World(EVERY_VIEW)
    clicks = [make_event("clicked", NOON, id=f"click-{number}") for number in range(5)]
    world.hear(*views(FOLDED_AFTER), *clicks)
    assert told(world) == 1
    world.hear(make_event("viewed", NOON + 2 * M))
    assert world.sent == ["hello"]


def test_the_next_minute_is_decided_again() -> None:
    world = World(EVERY_VIEW)
    world.hear(*views(FOLDED_AFTER + 1))
    world.hear(*views(5, NOON + M), at=NOON + M)
    assert entered(world) == FOLDED_AFTER + 5


def test_hashes_of_what_is_folded_push_out_none_of_what_may_come_again() -> None:
    world = World(EVERY_VIEW)
    order = make_event("ordered", NOON, id="order-1")
    world.hear(order, *views(2_000))
    kept = sum(world.known.has_seen(f"view-1200-{number}") for number in range(2_000))
    assert (kept, world.known.has_seen(order.id)) == (FOLDED_AFTER - 1, True), "the order is one of the minute"


def test_what_changes_the_customer_is_never_folded() -> None:
    world = World(EVERY_VIEW)
    world.hear(*views(FOLDED_AFTER + 1))
    world.hear(booking(NOON + S, NOON + timedelta(days=2)))
    world.hear(make_event("profile_updated", NOON + S, id="moved", traits={"tier": "vip"}), at=NOON + S)
    assert ("booking", "b1") in world.known.entries
    assert world.known.traits["tier"] == "vip"


def test_a_backfill_is_no_flood() -> None:
    world = World(EVERY_VIEW)
    world.hear(*views(FOLDED_AFTER + 40, historical=True))
    assert told(world) == 0
