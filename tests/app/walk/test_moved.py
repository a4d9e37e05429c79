"""What a change of the brand's days, caps, rest or hours does to those who wait: told, walked for, and only to come."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.publish.bundle import build_bundle
from kairos.app.walk.moved import moved, moved_workweek
from tests.app.brands import brand, documents, template
from tests.app.walk_world import DAY, HOUR, MINUTE, NOW, WalkWorld

OFFICE: dict[str, Any] = {
    "id": "office",
    "class": "marketing",
    "trigger": {"event": "go"},
    "steps": [{"wait_until": {"business_day": True, "time": "09:00"}}, {"send": "hello"}],
}
ELECTION = {"add": [{"date": "2026-03-03", "name": "Election"}]}
TUESDAY, WEDNESDAY = datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC)


def bundle(years: range = range(2026, 2028), **more: Any) -> dict[str, Any]:
    found = documents(
        ("brand", "brand", brand(**more)), ("template", "hello", template()), ("journey", "office", OFFICE)
    )
    return build_bundle(found, years=years, now=NOW)


def rebrand(world: WalkWorld, **more: Any) -> Any:
    """Publish the brand with other keys, a minute later."""
    world.clock.at += MINUTE
    world.drafts.put("brand", "brand", brand(timezone="UTC") | more)
    return world.publisher.publish(None, world.clock.now())


def go(world: WalkWorld, name: str = "go") -> None:
    for person in world.people:
        world.hear(world.event(person, name))


def messages(world: WalkWorld) -> list[datetime]:
    return [reason.at for reason in world.reasons if reason.kind == "message"]


def live_on(world: WalkWorld, until: datetime) -> None:
    """Live through the minutes in which anything is due, and skip those between."""
    while world.clock.now() < until:
        wakes = [state.wake for state in world.customers.profiles.values() if state.wake is not None]
        rounds = [walk.next_at for walk in world.walks.all() if walk.state == "going"]
        soon = min([*(at for at in (*wakes, *rounds) if at > world.clock.now()), until])
        world.clock.at = max(world.clock.now(), soon - MINUTE)
        world.minute()
        world.ring()


# ---- business days -----------------------------------------------------------------------------------------------


def test_a_new_holiday_is_told_and_moves_waits_for_a_business_day() -> None:
    world = WalkWorld(3)
    world.publish(OFFICE)
    go(world)
    published = rebrand(world, holidays=ELECTION)
    assert published.moved == ("2026-03-03 is a holiday now: Election",)
    assert [walk.about for walk in published.walks] == ["replan"]
    live_on(world, WEDNESDAY + HOUR)
    assert messages(world) == [WEDNESDAY] * 3
    said = [reason.due for reason in world.reasons if reason.kind == "moved"]
    assert said == [WEDNESDAY] * 3


def test_a_holiday_that_is_none_any_more_brings_waits_forward_and_never_into_the_past() -> None:
    world = WalkWorld(2)
    world.drafts.put("brand", "brand", brand(timezone="UTC", holidays=ELECTION))
    world.publish(OFFICE)
    go(world)
    published = rebrand(world, holidays={})
    assert published.moved == ("2026-03-03 is a business day now",)
    live_on(world, TUESDAY + HOUR)
    assert messages(world) == [TUESDAY] * 2


def test_a_holiday_told_a_moment_before_holds_also_whom_the_walk_has_not_reached() -> None:
    world = WalkWorld(1)
    world.publish(OFFICE)
    go(world)
    world.clock.at = TUESDAY - 2 * MINUTE
    rebrand(world, holidays=ELECTION)
    world.clock.at = TUESDAY
    world.ring()
    assert messages(world) == []
    live_on(world, WEDNESDAY + HOUR)
    assert messages(world) == [WEDNESDAY]


def test_a_holiday_that_is_over_and_a_year_that_is_new_move_nobody() -> None:
    past = {"add": [{"date": "2026-02-24", "name": "Election"}]}
    assert moved_workweek(bundle(), bundle(holidays=past), NOW) == ()
    assert moved(bundle(range(2026, 2028)), bundle(range(2026, 2029)), NOW) == ()


def test_another_country_is_not_a_list_of_moved_days() -> None:
    assert moved_workweek(bundle(), bundle(country="US"), NOW) == ()


def test_a_weekend_that_is_worked_is_told() -> None:
    later = bundle()
    later["workdays"]["KR"] = ["2026-03-07"]
    assert moved_workweek(bundle(), later, NOW) == ("2026-03-07 is a business day now",)


# ---- what holds messages -----------------------------------------------------------------------------------------


def held_world(**more: Any) -> WalkWorld:
    """Two customers who get one message now, and one whose step says hold an hour later."""
    world = WalkWorld(2)
    world.drafts.put("brand", "brand", brand(timezone="UTC", **more))
    steps = [{"send": "hello"}, {"wait": "1h"}, {"send": "hello", "over_cap": "hold", "expires": "9d"}]
    world.publish(OFFICE | {"steps": steps})
    go(world)
    return world


def report(world: WalkWorld) -> None:
    """Tell each customer that everything asked for was sent."""
    for person in world.people:
        state = world.customers.read(person)
        assert state is not None
        for message in [each for each in state.messages.values() if each.state == "asked"]:
            sent = world.event(person, "message_sent", id=f"sent {message.id}", source="deliver", message=message.id)
            world.hear(sent)


def test_a_cap_that_is_loosened_lets_go_at_once_what_it_held_and_only_once() -> None:
    world = held_world(caps=[{"channel": "email", "max": 1, "per": "7d"}])
    report(world)
    live_on(world, NOW + 2 * HOUR)
    assert len(messages(world)) == 2
    (walk,) = rebrand(world, caps=[{"channel": "email", "max": 2, "per": "7d"}]).walks
    assert walk.about == "replan"
    live_on(world, NOW + 3 * HOUR)
    assert len(messages(world)) == 4
    report(world)
    live_on(world, NOW + 8 * DAY)
    assert len(messages(world)) == 4


def test_a_cap_that_is_tightened_takes_back_what_is_not_out_yet() -> None:
    world = held_world(caps=[{"channel": "email", "max": 2, "per": "7d"}])
    report(world)
    live_on(world, NOW + HOUR + MINUTE)
    assert len(messages(world)) == 4
    rebrand(world, caps=[{"channel": "email", "max": 1, "per": "7d"}])
    live_on(world, NOW + 2 * HOUR)
    states = [message.state for p in world.customers.profiles.values() for message in p.messages.values()]
    assert states == ["held"] * 2
    live_on(world, NOW + 8 * DAY)
    assert messages(world)[4:] == [NOW + 7 * DAY] * 2


def test_a_rest_that_is_shortened_ends_sooner() -> None:
    rest = [{"after": {"event": "complained"}, "for": "2d"}]
    world = WalkWorld(1)
    world.drafts.put("brand", "brand", brand(timezone="UTC", rest=rest))
    world.publish(OFFICE | {"steps": [{"send": "hello", "expires": "9d"}]})
    go(world, "complained")
    go(world)
    assert messages(world) == []
    rebrand(world, rest=[{"after": {"event": "complained"}, "for": "1d"}])
    live_on(world, NOW + 3 * DAY)
    assert messages(world) == [NOW + DAY]


@pytest.mark.parametrize("hours", ["11:00-14:00", None])
def test_quiet_hours_that_end_sooner_let_go_sooner_and_gone_ones_at_once(hours: str | None) -> None:
    world = WalkWorld(1)
    world.drafts.put("brand", "brand", brand(timezone="UTC", quiet_hours={"email": "11:00-18:00"}))
    world.publish(OFFICE | {"steps": [{"send": "hello"}]})
    go(world)
    rebrand(world, **({"quiet_hours": {"email": hours}} if hours else {}))
    live_on(world, NOW + 8 * HOUR)
    (at,) = messages(world)
    assert at == NOW + 2 * HOUR if hours else NOW < at <= NOW + 5 * MINUTE


def test_a_brand_of_another_name_alone_walks_nowhere() -> None:
    world = WalkWorld(1)
    world.publish(OFFICE)
    assert rebrand(world, name="Autumn").walks == ()
