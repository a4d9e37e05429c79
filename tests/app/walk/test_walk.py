"""Walks: everybody who is concerned is woken, at a measured pace, whatever breaks off in the middle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.walk.walk import LEASE, Bounds
from kairos.domain.errors import Throttled, VersionConflict
from kairos.domain.ids import fraction
from kairos.domain.merge import Merge, merge_request
from tests.app.walk_world import DAY, FIVE, HOUR, MINUTE, NEWS, NOW, REMINDER, WAITING, Crash, WalkWorld


def booked(people: int = 24, *, every: int = 2, **more: Any) -> WalkWorld:
    """Return a world in which every second customer has a booking that no journey knows of."""
    world = WalkWorld(people, **more)
    for profile in world.people[::every]:
        world.book(profile, NOW + 3 * DAY)
    return world


def concerned(world: WalkWorld, every: int = 2) -> list[str]:
    return sorted(world.people[::every])


# ---- the whole way ---------------------------------------------------------------------------------------------


def test_publishing_a_timeline_enrolls_who_has_the_entry_already_and_wakes_nobody_else() -> None:
    world = booked()
    (walk,) = world.publish(REMINDER)
    assert (walk.about, walk.journeys) == ("enroll", ("reminder",))
    before = world.decided
    world.live_until(NOW + FIVE)
    assert world.entered() == concerned(world)
    assert world.decided - before == 12
    done = world.walk()
    assert (done.state, done.looked_at, done.woken, done.profiles) == ("done", 24, 12, 24)
    assert done.read_units > 0
    assert world.rounds.called == set(), "nothing is called once it is done"


def test_a_walk_waits_until_what_was_decided_on_the_former_release_is_written() -> None:
    world = booked(2)
    world.publish(REMINDER)
    world.clock.at += timedelta(seconds=59)
    assert world.rounds.due(world.clock.at) == []
    # A batch that read the pointer before the publish writes only now.
    world.releases._pointers.append(world.releases._pointers[0])
    assert world.entered() == []
    world.live_until(NOW + FIVE)
    assert world.entered() == concerned(world)


def test_a_broadcast_reaches_everybody_once() -> None:
    world = WalkWorld(30)
    assert world.publish(NEWS) == ()
    world.broadcast()
    world.live_until(NOW + FIVE)
    assert world.entered() == sorted(world.people)
    assert len({send.message for send in world.sends}) == 30


def test_a_pause_ends_for_those_whose_timers_passed_meanwhile() -> None:
    world = WalkWorld(10)
    world.publish(WAITING)
    world.hear(*(world.event(profile, "go") for profile in world.people[:4]))
    world.publisher.pause("waiting", world.clock.now())
    world.live_until(NOW + HOUR)
    for profile in world.people[:4]:
        world.hear(world.event(profile, "page_viewed"))
    assert world.sends == []
    (walk,) = world.publisher.resume("waiting", world.clock.now(), "send").walks
    assert (walk.about, walk.journeys) == ("resume", ("waiting",))
    world.live_until(NOW + HOUR + FIVE)
    assert sorted(send.profile for send in world.sends) == sorted(world.people[:4])
    assert world.walk().woken == 4


def test_a_brand_that_moves_makes_plans_anew() -> None:
    local = {**REMINDER, "timeline": [{"at": "-1d 10:00", "send": "hello"}]}
    world = WalkWorld(6)
    world.publish(local)
    for profile in world.people[:3]:
        world.book(profile, NOW + 3 * DAY)
    world.clock.at += MINUTE
    world.drafts.put("brand", "brand", dict(world.drafts.all()["brand", "brand"]) | {"timezone": "Asia/Seoul"})
    (walk,) = world.publish()
    assert walk.about == "replan"
    world.live_until(NOW + FIVE)
    plans = [e.plan["hello-1"].due for p in world.customers.profiles.values() for e in p.enrollments.values()]
    assert plans == [NOW + 2 * DAY - 11 * HOUR] * 3
    assert world.walk().woken == 3


# ---- pace ------------------------------------------------------------------------------------------------------


def test_a_walk_wakes_no_more_than_its_rate_in_any_minute() -> None:
    world = WalkWorld(300, rate=1)
    world.publish(NEWS)
    world.broadcast()
    woken = []
    while world.walk().state == "going":
        before = len(world.walk_inbox.waiting())
        world.minute(drain=False)
        woken.append(len(world.walk_inbox.waiting()) - before)
    assert max(woken) == 60
    assert sum(woken) == 300
    assert [count for count in woken if count] == [60] * 5


def test_reading_is_paced_too_where_nobody_is_concerned() -> None:
    world = booked(160, every=200, bounds=Bounds(read_units_per_second=0.5, page=10))
    world.publish(REMINDER)
    world.live_until(NOW + 3 * MINUTE)
    assert world.walk().state == "going"
    assert all(done.looked_at <= 60 + 10 for done in world.rounds_done)
    world.live_until(NOW + 10 * MINUTE)
    assert world.walk().state == "done"


def test_segments_are_read_in_turn() -> None:
    world = WalkWorld(400, rate=1)
    world.publish(NEWS)
    world.broadcast()
    for _ in range(4):
        world.minute()
    begun = [cursor for cursor in world.walk().cursors if cursor != ""]
    assert len(begun) > 2


# ---- breaking off ----------------------------------------------------------------------------------------------


def trouble(world: WalkWorld, nth: int, error: BaseException, *, after: bool) -> Callable[[], bool]:
    """Let the nth call of a port break, before or after it was done; return what says whether it came to that."""
    calls = 0

    def call(_: str, act: Callable[[], Any]) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            raise error
        found = act()
        if calls == nth:
            raise error
        return found

    world.call = call
    return lambda: calls >= nth


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "error", [Crash(), Throttled("dynamodb"), VersionConflict("walk")], ids=["crash", "throttle", "conflict"]
)
def test_a_walk_that_breaks_off_at_any_call_still_reaches_everybody_once(error: BaseException, after: bool) -> None:
    nth = 1
    while True:
        world = booked(6, rate=1)
        world.publish(REMINDER, NEWS)
        world.broadcast()
        reached = trouble(world, nth, error, after=after)
        world.live_until(NOW + HOUR)
        assert Counter(world.entered()) == Counter(world.people) + Counter(concerned(world)), nth
        assert {walk.state for walk in world.walks.all()} == {"done"}, nth
        assert {walk.looked_at for walk in world.walks.all()} == {6}, "nobody is counted twice"
        if not reached():
            break
        nth += 1
    assert nth > 30, "there are calls to break"


def test_a_quarter_of_all_calls_failing_makes_it_slower_and_no_different() -> None:
    world = booked(20)
    world.publish(REMINDER)
    calls = 0

    def call(_: str, act: Callable[[], Any]) -> Any:
        nonlocal calls
        calls += 1
        if fraction("throttled", str(calls)) < 0.25:
            raise Throttled("everything")
        return act()

    world.call = call
    world.live_until(NOW + DAY)
    assert world.entered() == concerned(world)
    assert world.walk().state == "done"
    assert world.walk().failures > 0


def test_a_failure_is_told_beside_the_walk_until_it_goes_on() -> None:
    world = booked()
    world.publish(REMINDER)
    failing = True

    def call(name: str, act: Callable[[], Any]) -> Any:
        if failing and name == "inbox.put":
            raise Throttled("walk inbox")
        return act()

    world.call = call
    world.live_until(NOW + 4 * MINUTE)
    walk = world.walk()
    assert walk.failures > 1
    assert walk.error == "Throttled: walk inbox is unavailable"
    failing = False
    world.live_until(NOW + 10 * MINUTE)
    assert (world.walk().state, world.walk().error) == ("done", "")


def test_a_mistake_of_ours_is_loud_and_does_not_end_the_walk() -> None:
    world = booked()
    world.publish(REMINDER)
    world.clock.at = NOW + 2 * MINUTE

    def call(name: str, act: Callable[[], Any]) -> Any:
        if name == "inbox.put":
            raise RuntimeError("a bug")
        return act()

    world.call = call
    with pytest.raises(RuntimeError, match="a bug"):
        world.driver().round(world.walk().id)
    assert (world.walk().state, world.walk().error) == ("going", "RuntimeError: a bug")


def test_a_call_that_was_lost_is_made_again_by_sweep() -> None:
    world = booked()
    world.publish(REMINDER)
    world.rounds.called.clear()
    world.live_until(NOW + 14 * MINUTE)
    assert world.entered() == []
    world.live_until(NOW + 20 * MINUTE)
    assert world.entered() == concerned(world)


# ---- several at it ---------------------------------------------------------------------------------------------


def test_of_two_who_are_called_at_once_one_works() -> None:
    world = booked()
    world.publish(REMINDER)
    world.clock.at = NOW + 2 * MINUTE
    others: list[str] = []

    def call(name: str, act: Callable[[], Any]) -> Any:
        found = act()
        if name == "scan.page" and not others:
            others.append("…")
            others[:] = [world.driver().round(world.walk().id).state]
        return found

    world.call = call
    assert world.driver().round(world.walk().id).state == "done"
    assert others == ["held"]
    world.live_until(NOW + 10 * MINUTE)
    assert world.entered() == concerned(world)
    assert world.walk().looked_at == 24


def test_who_was_away_for_longer_than_the_lease_leaves_it_to_the_other() -> None:
    world = booked()
    world.publish(REMINDER)
    world.clock.at = NOW + 2 * MINUTE
    taken_over: list[str] = []

    def call(name: str, act: Callable[[], Any]) -> Any:
        found = act()
        if name == "scan.page" and not taken_over:
            taken_over.append("…")
            world.clock.at += LEASE + MINUTE
            taken_over[:] = [world.driver().round(world.walk().id).state]
        return found

    world.call = call
    assert world.driver().round(world.walk().id).state == "held"
    assert taken_over == ["done"]
    world.drain()
    assert world.entered() == concerned(world)
    assert world.walk().looked_at == 24


def test_a_round_that_is_called_twice_keeps_the_pace() -> None:
    world = WalkWorld(200, rate=1)
    world.publish(NEWS)
    world.broadcast()
    for _ in range(3):
        world.minute()
        woken = world.walk().woken
        world.driver().round(world.walk().id)
        assert world.walk().woken == woken


def test_a_walk_that_is_stopped_in_its_midst_wakes_nobody_more() -> None:
    world = WalkWorld(200, rate=1)
    world.publish(NEWS)
    walk = world.broadcast()
    world.live_until(NOW + 2 * MINUTE)
    reached = len(world.entered())
    stopped = world.publisher.walks.stop(walk.id[:15], world.clock.now())  # type: ignore[union-attr]
    assert (stopped.state, stopped.ended_at) == ("stopped", world.clock.now())
    world.live_until(NOW + HOUR)
    assert 0 < reached == len(world.entered()) < 200


def test_stopping_overtakes_whoever_is_at_work() -> None:
    world = WalkWorld(30)
    world.publish(NEWS)
    walk = world.broadcast()
    world.clock.at = NOW + MINUTE

    def call(name: str, act: Callable[[], Any]) -> Any:
        found = act()
        if name == "scan.page":
            world.call = lambda _, act: act()
            world.publisher.walks.stop(walk.id, world.clock.now())  # type: ignore[union-attr]
        return found

    world.call = call
    assert world.driver().round(walk.id).state == "held"
    assert world.walk().state == "stopped"
    assert world.driver().round(walk.id).state == "stopped"


# ---- the world goes on -----------------------------------------------------------------------------------------


def test_who_books_while_the_walk_goes_on_is_reminded_once() -> None:
    world = booked(40, rate=1)
    world.publish(REMINDER)
    world.live_until(NOW + 2 * MINUTE)
    for number in range(100, 120):
        world.book(world.join(number), NOW + 3 * DAY)
    for profile in world.people[1::2]:
        world.book(profile, NOW + 3 * DAY)
    world.live_until(NOW + HOUR)
    assert Counter(Counter(world.entered()).values()) == {1: 60}


def test_who_becomes_another_while_the_walk_goes_on_is_reminded_once() -> None:
    """The winner is read before the merge, the loser after it, and the other way round: nobody is missed."""
    for winner_first in (True, False):
        world = WalkWorld(2)
        order = [id for pages in [_pages(world)] for id in pages]
        winner, loser = order if winner_first else order[::-1]
        world.book(loser, NOW + 3 * DAY)
        world.publish(REMINDER)
        world.clock.at = NOW + 2 * MINUTE
        pages = 0

        def call(
            name: str, act: Callable[[], Any], world: WalkWorld = world, pair: tuple[str, str] = (loser, winner)
        ) -> Any:
            nonlocal pages
            found = act()
            if name == "scan.page" and found.rows:
                pages += 1
                if pages == 1:
                    world.hear(merge_request(Merge(*pair), world.clock.now()))
            return found

        world.call = call
        world.driver().round(world.walk().id)
        world.drain()
        assert pages == 2
        assert world.customers.profiles[loser].merged_into == winner
        live = [e for e in world.customers.profiles[winner].enrollments.values() if e.journey == "reminder"]
        assert [(e.active, e.anchor_at) for e in live] == [(True, NOW + 3 * DAY)], winner_first


def _pages(world: WalkWorld) -> list[str]:
    """Return everybody in the order in which a walk reads them."""
    seen: list[str] = []

    def call(name: str, act: Callable[[], Any]) -> Any:
        found = act()
        if name == "scan.page":
            seen.extend(row.profile for row in found.rows)
        return found

    world.publish(NEWS)
    world.broadcast()
    world.call = call
    world.live_until(NOW + 3 * MINUTE)
    world.call = lambda _, act: act()
    world.walks.rows.clear()
    world.clock.at = NOW
    return seen


def test_who_was_merged_before_is_passed_over() -> None:
    world = WalkWorld(2)
    world.publish(NEWS)
    loser, winner = world.people
    world.hear(merge_request(Merge(loser, winner), NOW))
    world.broadcast()
    world.live_until(NOW + FIVE)
    assert world.entered() == [winner]
    assert world.walk().woken == 1


def test_an_item_that_cannot_be_read_is_woken_for_the_inbox_to_find() -> None:
    world = WalkWorld(3)
    world.publish(NEWS)
    world.broadcast()

    def call(name: str, act: Callable[[], Any]) -> Any:
        found = act()
        return replace(found, rows=[replace(row, state=None) for row in found.rows]) if name == "scan.page" else found

    world.call = call
    world.live_until(NOW + 2 * MINUTE)
    assert world.walk().woken == 3


# ---- standing still --------------------------------------------------------------------------------------------


def test_a_broadcast_waits_while_everything_is_stopped_and_then_goes_on() -> None:
    world = WalkWorld(200, rate=1)
    world.publish(NEWS)
    world.broadcast()
    world.live_until(NOW + 2 * MINUTE)
    world.publisher.stop_all(world.clock.now())
    reached = len(world.entered())
    world.live_until(NOW + 30 * MINUTE)
    assert len(world.entered()) == reached
    assert world.rounds_done[-1].state == "waiting"
    world.publisher.start_all(world.clock.now(), "send")
    world.live_until(NOW + HOUR)
    assert len(world.entered()) == 200


def test_a_broadcast_whose_journey_is_gone_ends_with_that_reason() -> None:
    world = WalkWorld(200, rate=1)
    world.publish(NEWS)
    walk = world.broadcast()
    world.live_until(NOW + 2 * MINUTE)
    del world.drafts.documents["journey", "news"]
    world.drafts.put("journey", "news", {**WAITING, "id": "news"})
    world.publish()
    world.live_until(NOW + 10 * MINUTE)
    ended = world.walks.read(walk.id)
    assert ended is not None
    assert (ended.state, ended.error) == ("stopped", "the journey news is no longer live as a broadcast")


def test_a_walk_that_is_gone_is_no_work() -> None:
    assert WalkWorld().driver().round("20260302t120000-abcdef").state == "gone"


def test_a_second_broadcast_is_another_walk() -> None:
    world = WalkWorld(1)
    world.publish(NEWS)
    first = world.broadcast()
    world.clock.at += timedelta(seconds=1)
    second = world.broadcast(again=True)
    assert first.id < second.id
    world.live_until(NOW + FIVE)
    assert len(world.entered()) == 2
