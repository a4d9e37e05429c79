"""Days that all share reach everybody by walks, one calling the next for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kairos.app.decide.alarm import timers
from kairos.app.decide.moments import LEAD
from tests.app.brands import brand
from tests.app.walk_world import DAY, HOUR, MINUTE, NOW, WalkWorld

PAY: dict[str, Any] = {
    "id": "pay",
    "class": "transactional",
    "anchor": {"payday": {"day": 25, "shift": "previous"}},
    "timeline": [{"at": "0d 09:00", "send": "hello"}],
}
FEAST: dict[str, Any] = PAY | {"id": "feast", "anchor": {"holiday": "Chuseok"}}
EARLIEST = timedelta(hours=14)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def jump(world: WalkWorld, to: datetime) -> None:
    """Live through the minutes around what happens, and skip the weeks between."""
    while world.clock.now() < to:
        soon = [walk.next_at for walk in world.walks.all() if walk.state == "going"]
        soon += [at for state in world.customers.profiles.values() for _, at in timers(state)]
        world.clock.at = max(world.clock.now(), min([*soon, to]) - MINUTE)
        world.minute()
        world.ring()


def test_publishing_writes_the_next_walk_down_and_nobody_has_a_timer_before_it() -> None:
    world = WalkWorld(3)
    (walk,) = world.publish(PAY)
    begins = utc("2026-03-25T09:00") - EARLIEST - LEAD
    assert (walk.about, walk.journeys, walk.next_at) == ("moment", ("pay",), begins)
    assert all(not state.moments for state in world.customers.profiles.values())
    jump(world, begins + 5 * MINUTE)
    assert [state.moments for state in world.customers.profiles.values()] == [
        {"pay/2026-03-25": utc("2026-03-25T09:00")}
    ] * 3


def test_each_walk_calls_the_next_and_everybody_is_told_once_a_month() -> None:
    world = WalkWorld(3)
    world.publish(PAY)
    jump(world, utc("2026-07-01T00:00"))
    said = [reason.at.date().isoformat() for reason in world.reasons if reason.kind == "message"]
    assert said == [day for day in ("2026-03-25", "2026-04-24", "2026-05-22", "2026-06-25") for _ in range(3)]
    assert sum(walk.state == "going" for walk in world.walks.all()) == 1


def test_a_walk_that_is_stopped_by_hand_does_not_stop_the_next() -> None:
    world = WalkWorld(2)
    (walk,) = world.publish(PAY)
    world.publisher.walks.stop(walk.id, NOW)  # type: ignore[union-attr]
    jump(world, utc("2026-03-22T00:00"))
    world.clock.at = walk.next_at
    world.driver().round(walk.id)
    jump(world, utc("2026-05-01T00:00"))
    assert {reason.at.date().isoformat() for reason in world.reasons if reason.kind == "message"} == {"2026-04-24"}


def test_publishing_something_else_asks_for_no_walk_again() -> None:
    world = WalkWorld(2)
    world.publish(PAY)
    world.clock.at += HOUR
    assert world.publish(PAY | {"id": "other", "anchor": {"entry": "booking"}})[0].about == "enroll"
    assert [walk.about for walk in world.walks.all()].count("moment") == 1


def test_published_amid_its_days_only_what_is_to_come_is_sent() -> None:
    world = WalkWorld(2)
    world.clock.at = utc("2026-03-25T08:00")
    late = {"at": "-1d 09:00", "send": "hello", "if_past": "send_now"}
    (first, _) = world.publish(PAY | {"timeline": [late, *PAY["timeline"]]})
    assert first.next_at <= world.clock.at + 2 * MINUTE
    jump(world, utc("2026-03-26T00:00"))
    assert {reason.at for reason in world.reasons if reason.kind == "message"} == {utc("2026-03-25T09:00")}


def test_a_holiday_that_the_operator_moves_is_told_and_its_timers_follow() -> None:
    world = WalkWorld(2)
    world.publish(FEAST)
    jump(world, utc("2026-09-23T00:00"))
    move = {"move": [{"name": "Chuseok", "from": "2026-09-25", "to": "2026-09-28"}]}
    world.drafts.put("brand", "brand", brand(timezone="UTC", holidays=move))
    published = world.publisher.publish(None, world.clock.now())
    assert published.moved == ("Chuseok: 2026-09-25 → 2026-09-28",)
    assert {walk.about for walk in published.walks} >= {"replan"}
    jump(world, utc("2026-10-30T00:00"))
    said = [reason.at for reason in world.reasons if reason.kind == "message"]
    assert said == [utc("2026-09-28T09:00")] * 2


def test_renewing_reaches_the_years_that_a_release_did_not_know() -> None:
    world = WalkWorld(1)
    world.publish(FEAST)
    assert world.publisher.renew(NOW + DAY).walks == ()
    before = world.releases.pointer()
    world.clock.at = utc("2029-02-01T00:00")
    world.publisher.renew(world.clock.now())
    assert before is not None
    assert world.releases.pointer() != before
    days = world.live.read().bundle["moments"]
    (table,) = days.values()
    assert max(table["days"]) == "2032-09-19"


def test_a_birthday_that_was_known_before_its_journey_is_reached_by_a_walk() -> None:
    world = WalkWorld(2)
    someone = world.people[0]
    world.hear(world.event(someone, "profile_updated", traits={"birthday": "1990-03-10"}))
    (walk,) = world.publish(PAY | {"id": "birthday", "anchor": {"anniversary": "birthday"}})
    assert (walk.about, walk.journeys) == ("enroll", ("birthday",))
    world.live_until(NOW + 10 * MINUTE)
    assert world.customers.profiles[someone].moments == {"birthday/2026": utc("2026-03-10T09:00")}
    assert world.walk().woken == 1
    (again,) = world.publish(
        PAY
        | {"id": "birthday", "anchor": {"anniversary": "birthday"}, "timeline": [{"at": "-2d 09:00", "send": "hello"}]}
    )
    assert again.about == "enroll"
    world.live_until(NOW + 30 * MINUTE)
    assert world.customers.profiles[someone].moments == {"birthday/2026": utc("2026-03-08T09:00")}
