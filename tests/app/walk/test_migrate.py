"""Publishes and rollbacks while people are under way: who goes on where, whatever happens in the midst of it."""

from __future__ import annotations

from typing import Any

import pytest

from kairos.app.publish.published import TakeAlong
from kairos.domain.errors import BadInput
from tests.app.walk_world import DAY, FIVE, HOUR, MINUTE, NOW, REMINDER, WAITING, Crash, WalkWorld


def version(wait: str, id: str = "wait-1") -> dict[str, Any]:
    return {**WAITING, "steps": [{"wait": wait, "id": id}, {"send": "hello"}]}


def going(people: int, **world: Any) -> WalkWorld:
    """Return a world in which everybody waits for an hour in version 1."""
    life = WalkWorld(people, **world)
    life.publish(version("1h"))
    life.hear(*(life.event(profile, "go") for profile in life.people))
    life.clock.at += MINUTE
    return life


def put(life: WalkWorld, journey: dict[str, Any], along: TakeAlong | None = None) -> tuple[Any, ...]:
    life.drafts.put("journey", journey["id"], journey)
    return life.publisher.publish(None, life.clock.now(), along).walks


def versions(life: WalkWorld) -> dict[int, int]:
    found = [e.version for p in life.customers.profiles.values() for e in p.enrollments.values()]
    return {number: found.count(number) for number in sorted(set(found))}


ALL = TakeAlong(None)


def test_a_walk_takes_everybody_along_and_each_message_goes_out_once_at_its_new_time() -> None:
    life = going(20)
    (walk,) = put(life, version("2h"), ALL)
    assert (walk.about, walk.journeys) == ("migrate", ("waiting",))
    assert walk.what == {"versions": {"waiting": 2}, "gone": "stay"}
    life.live_until(NOW + FIVE)
    assert versions(life) == {2: 20}
    assert life.walk().woken == 20
    due = {e.due for p in life.customers.profiles.values() for e in p.enrollments.values()}
    assert due == {NOW + 2 * HOUR}


def test_without_a_word_publishing_walks_nowhere() -> None:
    life = going(5)
    assert put(life, version("2h")) == ()
    assert versions(life) == {1: 5}


def test_old_versions_live_on_after_three_publishes() -> None:
    life = going(2)
    for hours in (2, 3, 4):
        put(life, version(f"{hours}h"))
        newcomer = life.join(100 + hours)
        life.hear(life.event(newcomer, "go"))
    assert versions(life) == {1: 2, 2: 1, 3: 1, 4: 1}
    due = sorted(e.due - NOW for p in life.customers.profiles.values() for e in p.enrollments.values() if e.due)
    assert due == [HOUR, HOUR, *(hours * HOUR + MINUTE for hours in (2, 3, 4))]
    for profile in life.people:
        life.clock.at = NOW + HOUR
        life.hear(life.event(profile, "page_viewed"))
    assert {(reason.version, reason.kind) for reason in life.reasons if reason.kind == "message"} == {(1, "message")}


def test_publishing_during_a_walk_stops_it_and_nobody_is_pulled_at_from_two_sides() -> None:
    life = going(300, rate=1)
    put(life, version("2h"), ALL)
    life.live_until(NOW + FIVE)
    reached = versions(life)[2]
    assert 0 < reached < 300
    put(life, version("3h"))
    life.live_until(NOW + 20 * MINUTE)
    assert versions(life) == {1: 300 - reached, 2: reached}
    (walk,) = life.walks.all()
    assert (walk.state, walk.error) == ("stopped", "another version has gone live since")


def test_publishing_again_with_everybody_in_the_middle_of_a_walk_brings_all_to_the_newest() -> None:
    life = going(200, rate=1)
    put(life, version("2h"), ALL)
    life.live_until(NOW + FIVE)
    put(life, version("3h"), ALL)
    life.live_until(NOW + 30 * MINUTE)
    assert versions(life) == {3: 200}
    due = {e.due for p in life.customers.profiles.values() for e in p.enrollments.values()}
    assert due == {NOW + 3 * HOUR}


def test_a_rollback_in_the_middle_leaves_those_who_were_reached_and_takes_no_more() -> None:
    life = going(300, rate=1)
    put(life, version("2h"), ALL)
    life.live_until(NOW + FIVE)
    reached = versions(life)[2]
    life.publisher.rollback(life.clock.now())
    life.live_until(NOW + 20 * MINUTE)
    assert versions(life) == {1: 300 - reached, 2: reached}


def test_a_rollback_that_takes_everybody_back_does() -> None:
    life = going(300, rate=1)
    put(life, version("2h"), ALL)
    life.live_until(NOW + FIVE)
    (walk,) = life.publisher.rollback(life.clock.now(), ALL).walks
    assert (walk.about, walk.what["versions"]) == ("migrate", {"waiting": 1})
    life.live_until(NOW + 20 * MINUTE)
    assert versions(life) == {1: 300}
    assert {e.due for p in life.customers.profiles.values() for e in p.enrollments.values()} == {NOW + HOUR}


def test_who_waits_at_a_step_that_is_gone_is_not_even_woken() -> None:
    life = going(10)
    put(life, version("2h", id="other"), ALL)
    life.live_until(NOW + FIVE)
    assert (life.walk().state, life.walk().woken) == ("done", 0)
    assert versions(life) == {1: 10}


def test_or_is_stopped_by_choice() -> None:
    life = going(10)
    put(life, version("2h", id="other"), TakeAlong(None, gone="stop"))
    life.live_until(NOW + 2 * HOUR)
    assert life.sends == []
    assert [reason.reason for reason in life.reasons if reason.kind == "exited"] == ["its step is no longer there"] * 10


@pytest.mark.parametrize("number", range(1, 40, 3))
def test_a_walk_that_breaks_off_anywhere_takes_each_along_once(number: int) -> None:
    life = going(12)
    put(life, version("2h"), ALL)
    calls = 0

    def dying(_: str, act: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            raise Crash
        return act()

    life.call = dying
    life.live_until(NOW + HOUR - MINUTE)
    assert versions(life) == {2: 12}
    assert [reason.reason for reason in life.reasons if reason.kind == "moved"] == ["re-planned on version 2"] * 12


def test_a_choice_may_come_after_the_publish() -> None:
    life = going(4)
    put(life, version("2h"))
    (walk,) = life.publisher.publish(None, life.clock.now(), TakeAlong(("waiting",))).walks
    assert walk.what["versions"] == {"waiting": 2}


def test_each_journey_has_its_own_choice() -> None:
    life = WalkWorld(4)
    life.publish(version("1h"), REMINDER)
    for profile in life.people:
        life.hear(life.event(profile, "go"))
        life.book(profile, NOW + 3 * DAY)
    life.drafts.put("journey", "reminder", {**REMINDER, "timeline": [{"at": "-3h", "send": "hello"}]})
    (walk,) = put(life, version("2h"), TakeAlong(None, but=("waiting",)))
    assert walk.journeys == ("reminder",)
    life.live_until(NOW + FIVE)
    passages = [e for p in life.customers.profiles.values() for e in p.enrollments.values()]
    assert {(e.journey, e.version) for e in passages} == {("waiting", 1), ("reminder", 2)}
    plans = {e.plan["hello-1"].due for e in passages if e.journey == "reminder"}
    assert plans == {NOW + 3 * DAY - 3 * HOUR}


def test_a_journey_that_nobody_knows_is_refused_and_nothing_goes_live() -> None:
    life = going(1)
    with pytest.raises(BadInput, match="one of: waiting"):
        put(life, version("2h"), TakeAlong(("unknown",)))
    assert life.live.read().journey("waiting").version == 1  # type: ignore[union-attr]


def test_a_first_publish_takes_nobody_along() -> None:
    life = WalkWorld(1)
    assert put(life, version("1h"), ALL) == ()
