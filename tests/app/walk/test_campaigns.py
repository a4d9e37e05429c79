"""Broadcasts at a date and time: never unconfirmed, never twice, on the brand's clock or on each customer's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.app.decide.campaigns import TIME_WAS_OVER
from kairos.app.publish.many import confirm
from kairos.app.walk.walk import Bounds
from kairos.domain.errors import BadInput, VersionConflict
from kairos.domain.walk import Walk
from tests.app.walk_world import DAY, FIVE, HOUR, MINUTE, NOW, Crash, WalkWorld

EVE = datetime(2026, 3, 10, 10, tzinfo=UTC)
ZONES = ("Pacific/Kiritimati", "Asia/Seoul", "Europe/Paris", "America/New_York", "Pacific/Pago_Pago")


def eve(zone: str = "brand", *steps: Any, id: str = "eve", **trigger: Any) -> dict[str, Any]:
    at = {"at": "2026-03-10 10:00", "zone": zone, **trigger}
    return {"id": id, "class": "transactional", "trigger": at, "steps": list(steps) or [{"send": "hello"}]}


def announced(people: int = 6, journey: dict[str, Any] | None = None, **more: Any) -> WalkWorld:
    world = WalkWorld(people, **more)
    world.drafts.put("brand", "brand", {**world.drafts.all()["brand", "brand"], "timezone": "UTC"})
    world.publish(journey or eve())
    return world


def live_on(world: WalkWorld, until: datetime, every: timedelta = MINUTE) -> None:
    """Live minute by minute near the walk, ringing timers as they fall due."""
    while world.clock.now() < until:
        if not world.rounds.called and not world.walk_inbox.waiting():
            world.clock.at = min(until, world.clock.now() + every) - MINUTE
        world.minute()
        world.ring()


def jump(world: WalkWorld, to: datetime) -> None:
    world.clock.at = to


def agree(world: WalkWorld) -> Walk:
    (walk,) = confirm(world.publisher, world.walk().id, world.clock.now()).walks
    return walk


def when(world: WalkWorld, kind: str = "message") -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for reason in world.reasons:
        if reason.kind == kind:
            found.setdefault(reason.profile, []).append(reason.at)
    return found


def in_zones(world: WalkWorld) -> dict[str, str]:
    """Put the customers into one zone each; return who lives where."""
    homes = dict(zip(world.people, ZONES, strict=False))
    for profile, zone in homes.items():
        world.hear(world.event(profile, "profile_updated", traits={"timezone": zone}))
    return homes


def local(zone: str, hour: int = 10) -> datetime:
    return datetime(2026, 3, 10, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)


# ---- confirming ------------------------------------------------------------------------------------------------


def test_publishing_registers_it_and_nothing_starts_before_somebody_confirms() -> None:
    world = announced()
    walk = world.walk()
    assert (walk.state, walk.about, walk.journeys, walk.next_at) == ("waiting", "campaign", ("eve",), EVE)
    assert world.rounds.called == set()
    jump(world, EVE - MINUTE)
    live_on(world, EVE + HOUR)
    assert world.driver().round(walk.id).state == "waiting"
    assert (world.entered(), world.walk().state) == ([], "waiting")


def test_confirmed_it_begins_at_its_time_and_reaches_everybody_once() -> None:
    world = announced(30)
    assert agree(world).state == "going"
    jump(world, EVE - 3 * MINUTE)
    live_on(world, EVE - MINUTE)
    assert world.entered() == []
    live_on(world, EVE + FIVE)
    assert world.entered() == sorted(world.people)
    assert {tuple(at) for at in when(world).values()} == {(EVE,)}
    assert world.walk().state == "done"


def test_confirmed_twice_it_is_confirmed_once() -> None:
    world = announced(8)
    first, second = agree(world), agree(world)
    assert first == second
    jump(world, EVE - MINUTE)
    live_on(world, EVE + FIVE)
    assert agree(world).state == "done"
    live_on(world, EVE + HOUR)
    assert Counter(world.entered()) == Counter(world.people)


def test_two_who_confirm_at_the_same_instant_confirm_one() -> None:
    world = announced(4)
    walk = world.walk()
    save, rival = world.walks.save, [walk]

    def first(changed: Walk) -> Walk:
        if rival:
            rival.clear()
            save(replace(changed, what={**changed.what}))
            raise VersionConflict("walk")
        return save(changed)

    world.walks.save = first  # type: ignore[method-assign, assignment]
    assert agree(world).state == "going"
    assert len(world.rounds.called) == 1


def test_unconfirmed_past_its_time_it_is_refused_by_name() -> None:
    world = announced()
    jump(world, EVE)
    with pytest.raises(BadInput, match="nobody confirmed eve before 2026-03-10 10:00"):
        agree(world)
    live_on(world, EVE + HOUR)
    assert world.entered() == []


def test_a_crash_between_calling_and_saving_confirms_nothing_and_may_be_done_again() -> None:
    world = announced(4)
    save = world.walks.save

    def crash(walk: Walk) -> Walk:
        raise Crash

    world.walks.save = crash  # type: ignore[method-assign]
    with pytest.raises(Crash):
        agree(world)
    world.walks.save = save  # type: ignore[method-assign]
    jump(world, EVE - FIVE)
    assert agree(world).state == "going"
    live_on(world, EVE + FIVE)
    assert world.entered() == sorted(world.people)


def test_what_was_stopped_is_not_confirmed() -> None:
    world = announced()
    world.publisher.walks.stop(world.walk().id, NOW)  # type: ignore[union-attr]
    with pytest.raises(BadInput, match="not stopped"):
        agree(world)


def test_another_date_is_another_broadcast_and_the_former_cannot_be_confirmed() -> None:
    world = announced()
    former = world.walk().id
    world.publish(eve() | {"trigger": {"at": "2026-03-11 10:00"}})
    with pytest.raises(BadInput, match="no longer starts"):
        confirm(world.publisher, former, NOW)
    assert [walk.what["at"] for walk in world.walks.all()] == ["2026-03-11 10:00", "2026-03-10 10:00"]


def test_the_brand_that_moves_to_another_zone_asks_to_confirm_anew() -> None:
    world = announced(4)
    agree(world)
    world.drafts.put("brand", "brand", {**world.drafts.all()["brand", "brand"], "timezone": "Asia/Seoul"})
    begun = [walk for walk in world.publisher.publish(None, NOW).walks if walk.about == "campaign"]
    assert [(walk.state, walk.next_at) for walk in begun] == [("waiting", EVE - 9 * HOUR)]
    jump(world, EVE - MINUTE)
    live_on(world, EVE + FIVE)
    assert world.entered() == []


def test_a_date_that_is_over_is_told_and_registered_nowhere() -> None:
    world = WalkWorld(2)
    world.drafts.put("journey", "eve", eve())
    published = world.publisher.publish(None, EVE + DAY)
    assert [walk.about for walk in published.walks] == []
    assert "2026-03-10 10:00 is over: it starts nobody" in [problem.message for problem in published.warnings]


# ---- on each customer's clock ----------------------------------------------------------------------------------


def test_customers_of_five_zones_each_get_it_at_ten_on_their_own_clock() -> None:
    world = announced(5, eve("customer"))
    homes = in_zones(world)
    agree(world)
    assert world.walk().next_at == EVE - 14 * HOUR
    jump(world, EVE - 15 * HOUR)
    live_on(world, EVE + DAY)
    assert when(world) == {profile: [local(zone)] for profile, zone in homes.items()}
    assert world.entered() == sorted(world.people)


def test_whose_time_was_over_when_it_was_confirmed_follows_if_past() -> None:
    for if_past in ("skip", "send_now"):
        world = announced(5, eve("customer", if_past=if_past))
        homes = in_zones(world)
        jump(world, EVE)
        agree(world)
        live_on(world, EVE + DAY)
        late = {profile for profile, zone in homes.items() if local(zone) < EVE}
        assert len(late) == 3
        assert set(when(world)) == set(world.people) - (late if if_past == "skip" else set())
        told = {r.profile for r in world.reasons if (r.kind, r.reason) == ("skipped", TIME_WAS_OVER)}
        assert told == (late if if_past == "skip" else set())


def test_after_the_last_clock_it_is_too_late_to_confirm() -> None:
    world = announced(2, eve("customer"))
    jump(world, EVE + 12 * HOUR)
    with pytest.raises(BadInput, match="nobody confirmed eve"):
        agree(world)


def test_who_flies_east_or_west_meanwhile_gets_it_once_at_their_new_ten_o_clock() -> None:
    world = announced(2, eve("customer"))
    east, west = world.people
    for profile in world.people:
        world.hear(world.event(profile, "profile_updated", traits={"timezone": "America/New_York"}))
    agree(world)
    jump(world, EVE - 15 * HOUR)
    live_on(world, EVE - 2 * HOUR)
    world.hear(world.event(east, "profile_updated", id="e", traits={"timezone": "Asia/Seoul"}))  # ten is over there
    world.hear(world.event(west, "profile_updated", id="w", traits={"timezone": "America/Los_Angeles"}))
    live_on(world, EVE + DAY)
    assert when(world) == {west: [local("America/Los_Angeles")]}
    assert [r.reason for r in world.reasons if r.kind == "exited" and r.profile == east] == [TIME_WAS_OVER]


def test_who_left_the_audience_before_their_time_does_not_get_it() -> None:
    world = announced(2, eve("customer", where={"trait": "tier", "eq": "vip"}))
    for profile in world.people:
        traits = {"timezone": "America/New_York", "tier": "vip"}
        world.hear(world.event(profile, "profile_updated", traits=traits))
    agree(world)
    jump(world, EVE - 15 * HOUR)
    live_on(world, EVE - HOUR)
    world.hear(world.event(world.people[0], "profile_updated", id="x", traits={"tier": "basic"}))
    live_on(world, EVE + DAY)
    assert list(when(world)) == [world.people[1]]


# ---- on its way ------------------------------------------------------------------------------------------------


def test_only_those_it_is_for_are_woken() -> None:
    world = announced(6, eve(where={"trait": "tier", "eq": "vip"}))
    for profile in world.people[:2]:
        world.hear(world.event(profile, "profile_updated", traits={"tier": "vip"}))
    agree(world)
    jump(world, EVE - MINUTE)
    live_on(world, EVE + FIVE)
    assert world.entered() == sorted(world.people[:2])
    assert world.walk().woken == 2


@pytest.mark.parametrize("break_at", range(1, 40, 3))
def test_a_walk_that_dies_in_the_middle_goes_on_and_reaches_everybody_once(break_at: int) -> None:
    world = announced(20, bounds=Bounds(page=3))
    agree(world)
    jump(world, EVE - MINUTE)
    calls = Counter[str]()

    def breaking(name: str, act: Callable[[], Any]) -> Any:
        calls["all"] += 1
        if calls["all"] == break_at:
            raise Crash
        return act()

    world.call = breaking
    live_on(world, EVE + HOUR)
    assert Counter(world.entered()) == Counter(world.people)
    assert len({send.message for send in world.sends}) == 20


def test_publishing_in_the_midst_lets_the_rest_enter_the_new_version_and_nobody_twice() -> None:
    world = announced(20, bounds=Bounds(page=3))
    world.drafts.put("brand", "brand", {**world.drafts.all()["brand", "brand"], "walks": {"per_second": 1}})
    world.publisher.publish(["brand"], NOW)
    agree(world)
    jump(world, EVE - MINUTE)
    published: list[int] = []

    def meanwhile(name: str, act: Callable[[], Any]) -> Any:
        if name == "inbox.put" and not published:
            published.append(1)
            world.publish(eve("brand", {"wait": "1m"}, {"send": "hello"}))
        return act()

    world.call = meanwhile
    live_on(world, EVE + HOUR)
    assert Counter(world.entered()) == Counter(world.people)
    assert len({send.message for send in world.sends}) == 20
    assert {r.version for r in world.reasons if r.kind == "entered"} == {2}


def test_a_paused_journey_lets_its_broadcast_wait() -> None:
    world = announced(3)
    agree(world)
    world.publisher.pause("eve", EVE - HOUR)
    jump(world, EVE - MINUTE)
    live_on(world, EVE + 10 * MINUTE)
    assert world.entered() == []
    world.publisher.resume("eve", world.clock.now(), "send")
    live_on(world, EVE + HOUR)
    assert world.entered() == sorted(world.people)


def test_reentry_after_counts_from_one_broadcast_to_the_next() -> None:
    two = [{"at": "2026-03-10 10:00"}, {"at": "2026-03-12 10:00"}]
    world = announced(2, eve() | {"trigger": two, "reenter": {"after": "3d"}})
    for walk in world.walks.all():
        confirm(world.publisher, walk.id, NOW)
    jump(world, EVE - MINUTE)
    live_on(world, EVE + FIVE)
    jump(world, EVE + 2 * DAY - MINUTE)
    live_on(world, EVE + 2 * DAY + FIVE)
    assert world.entered() == sorted(world.people)
    assert [r.reason for r in world.reasons if r.kind == "ignored"] == ["entered before"] * 2
