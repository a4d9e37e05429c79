"""Dispatch: effects are performed once per write, none is lost, and one bad one holds up nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.dispatch import Dispatch, Dispatched, Image
from kairos.app.ports import InboxMessage, OutboxMessage
from kairos.domain.effects import Announce, Arm, Effect, Send, effect_to_json
from kairos.domain.errors import BadInput, Throttled, Unavailable
from kairos.memory import MemoryAlarms, MemoryClock, MemoryInbox, MemoryOutbox, MemoryParking

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 4, 15, tzinfo=UTC)


class Outbox(MemoryOutbox):
    """An outbox that cannot take some messages, for now or for good."""

    def __init__(self, clock: MemoryClock, refusals: Mapping[str, Exception]) -> None:
        super().__init__(clock)
        self.refusals = dict(refusals)
        self.calls = 0

    def put(self, messages: Sequence[OutboxMessage], delays: Sequence[int] = ()) -> None:
        self.calls += 1
        for message in messages:
            if message.message in self.refusals:
                raise self.refusals[message.message]
        super().put(messages, delays)


class Alarms(MemoryAlarms):
    """A Scheduler that refuses some profiles; `takes` is how long a call lasts."""

    def __init__(self, clock: MemoryClock, refusals: Mapping[str, Exception], takes: timedelta) -> None:
        super().__init__(clock)
        self._moving = clock
        self.refusals = dict(refusals)
        self.takes = takes
        self.asked: list[str] = []

    def arm(self, profile: str, at: datetime) -> None:
        self.asked.append(profile)
        self._moving.advance(self.takes)
        if profile in self.refusals:
            raise self.refusals[profile]
        super().arm(profile, at)


class World:
    """A dispatch and everything around it."""

    def __init__(self, *, takes: timedelta = timedelta(), **refusals: Exception) -> None:
        self.clock = MemoryClock(NOW)
        self.inbox = MemoryInbox(self.clock)
        self.outbox = Outbox(self.clock, refusals)
        self.alarms = Alarms(self.clock, refusals, takes)
        self.parking: Any = MemoryParking()
        self.dispatch = Dispatch(self.inbox, self.outbox, self.alarms, self.parking, self.clock)

    def perform(self, *images: Image) -> Dispatched:
        return self.dispatch.perform(images)

    @property
    def sent(self) -> list[str]:
        return [message.message for _, message in (*self.outbox.transactional, *self.outbox.marketing)]


def image(number: int, *effects: Effect, stamp: int | None = None) -> Image:
    return Image(f"seq-{number}", f"p{number}", 7, 7 if stamp is None else stamp, effects)


def send(number: int, *, marketing: bool = True) -> Send:
    return Send(f"p{number}", f"m{number}", "email", marketing, 1, f"c{number}")


def arm(number: int, at: datetime = LATER) -> Arm:
    return Arm(f"p{number}", at)


def test_sends_go_to_the_queue_of_their_class_with_their_correlation() -> None:
    world = World()
    done = world.perform(image(1, send(1)), image(2, send(2, marketing=False)))
    assert [message for _, message in world.outbox.marketing] == [OutboxMessage("p1", "m1", "email", True, 1, "c1")]
    assert [message for _, message in world.outbox.transactional] == [
        OutboxMessage("p2", "m2", "email", False, 1, "c2")
    ]
    assert (done.failed, done.sends) == (None, 2)


def test_a_batch_of_sends_is_one_call() -> None:
    world = World()
    world.perform(*(image(number, send(number)) for number in range(30)))
    assert (world.outbox.calls, len(world.sent)) == (1, 30)


def announce(to: str = "crm", type: str = "segment_entered", number: int = 1) -> Announce:
    return Announce(f"p{number}", to, type, NOW, {"profile": f"p{number}", "segment": "vip"})


def test_what_is_announced_goes_into_its_queue_under_an_id_that_a_replay_does_not_change() -> None:
    world = World()
    # Entered, left, entered: three events, of which two say the same.
    told = image(1, announce(), announce(type="segment_left"), announce(), announce("lake"))
    assert world.perform(told).announced == 4
    first = [message for _, message in world.outbox.announcements]
    assert len({message.message for message in first}) == 4
    assert first[0].said == {
        "to": "crm",
        "type": "segment_entered",
        "at": "2026-11-22T04:10:30Z",
        "data": {"profile": "p1", "segment": "vip"},
    }
    world.perform(told)
    assert [message for _, message in world.outbox.announcements] == first * 2
    world.perform(Image("seq-2", "p1", 8, 8, (announce(),)))
    assert world.outbox.announcements[-1][1].message not in {message.message for message in first}


def test_what_cannot_be_announced_now_is_parked_and_brings_no_message_again() -> None:
    world = World()
    first = world.perform(image(1, announce(), send(1)))
    assert (first.announced, world.sent) == (1, ["m1"])
    id = world.outbox.announcements[0][1].message
    world.outbox.refusals[id] = Unavailable("sqs", "ServiceUnavailable")
    done = world.perform(image(1, announce(), announce("lake"), send(1)), image(2, send(2)))
    assert (done.failed, done.sends, done.announced, done.parked) == (None, 2, 0, 2)
    told = [what for _, what, _ in world.parking.parked]
    assert [what["effect"] for what in told] == [effect_to_json(announce()), effect_to_json(announce("lake"))]
    assert told[0]["id"] == id  # so that what was taken all the same is not another post


def test_what_can_neither_be_announced_nor_parked_comes_again() -> None:
    class Full:
        def park(self, what: Mapping[str, Any], reason: str, *, group: str) -> None:
            raise Unavailable("parking")

    world = World()
    world.perform(image(1, announce()))
    world.outbox.refusals[world.outbox.announcements[0][1].message] = Unavailable("sqs")
    world.dispatch = Dispatch(world.inbox, world.outbox, world.alarms, Full(), world.clock)
    assert world.perform(image(1, announce())).failed == "seq-1"


def test_a_time_ahead_is_armed() -> None:
    world = World()
    assert world.perform(image(1, arm(1))).alarms == 1
    assert world.alarms.set == {(LATER, "p1")}
    assert world.inbox.waiting() == []


@pytest.mark.parametrize("at", [NOW.replace(second=0), NOW - timedelta(days=3), NOW.replace(second=30)])
def test_a_time_already_past_goes_straight_to_the_inbox(at: datetime) -> None:
    world = World()
    assert world.perform(image(1, arm(1, at))).wakes == 1
    assert world.inbox.waiting() == [InboxMessage("p1", wake="dispatch", correlation="p1@7")]
    assert world.alarms.asked == []


def test_a_minute_that_passes_during_the_call_goes_to_the_inbox_too() -> None:
    world = World(takes=timedelta(seconds=45))
    done = world.perform(image(1, arm(1, NOW.replace(minute=11, second=0))))
    assert [message.profile for message in world.inbox.waiting()] == ["p1"]
    assert (done.failed, done.parked, world.parking.parked) == (None, 0, [])


def test_two_writes_within_a_minute_are_two_wake_ups_and_a_replay_is_none() -> None:
    world = World()
    first, second = Image("s1", "p1", 7, 7, (arm(1, NOW),)), Image("s2", "p1", 8, 8, (arm(1, NOW),))
    world.perform(first)
    world.perform(first, second)
    assert [message.correlation for message in world.inbox.waiting()] == ["p1@7", "p1@8"]


def test_effects_of_another_version_are_not_performed() -> None:
    world = World()
    done = world.perform(image(1, send(1), arm(1), stamp=6), image(2))
    assert (world.sent, world.alarms.asked, done) == ([], [], Dispatched())


def test_a_replayed_batch_arms_nothing_new() -> None:
    world = World()
    for _ in range(3):
        world.perform(image(1, arm(1)), image(2, arm(2)))
    assert len(world.alarms.set) == 2


def test_the_stream_comes_again_from_the_first_alarm_that_scheduler_could_not_take() -> None:
    world = World(p2=Throttled("scheduler"))
    done = world.perform(image(1, arm(1), send(1)), image(2, arm(2)), image(3, arm(3), send(3)))
    assert done.failed == "seq-2"
    assert world.alarms.asked == ["p1", "p2"]
    assert world.sent == ["m1", "m3"]
    world.alarms.refusals.clear()
    assert world.perform(image(2, arm(2)), image(3, arm(3), send(3))).failed is None
    assert {profile for _, profile in world.alarms.set} == {"p1", "p2", "p3"}


def test_sends_that_were_not_taken_come_again_from_the_first_of_them() -> None:
    world = World(m3=Unavailable("outbox"))
    done = world.perform(image(1, arm(1)), image(2, send(2)), image(3, send(3)))
    assert (done.failed, world.sent) == ("seq-2", [])
    assert world.alarms.asked == ["p1"]


def test_of_several_failures_the_earliest_counts_wherever_it_is_found() -> None:
    world = World(m1=Unavailable("outbox"), p2=Unavailable("scheduler"))
    assert world.perform(image(1, send(1)), image(2, arm(2))).failed == "seq-1"
    world = World(m2=Unavailable("outbox"), p1=Unavailable("scheduler"))
    assert world.perform(image(1, arm(1)), image(2, send(2))).failed == "seq-1"


@pytest.mark.parametrize("error", [BadInput("message", "less"), RuntimeError("AccessDenied")])
def test_an_effect_that_can_never_be_performed_is_parked_with_itself_and_the_others_go(error: Exception) -> None:
    world = World(m2=error, p3=error)
    done = world.perform(image(1, send(1), arm(1)), image(2, send(2)), image(3, arm(3), send(3)))
    assert (done.failed, done.parked, done.sends, done.alarms) == (None, 2, 2, 1)
    assert (world.sent, world.alarms.set) == (["m1", "m3"], {(LATER, "p1")})
    parked = {group: (what, reason) for group, what, reason in world.parking.parked}
    assert parked["p2"][0] == {"effect": effect_to_json(send(2)), "version": 7}
    assert parked["p3"][0] == {"effect": effect_to_json(arm(3)), "version": 7}
    assert str(error) in parked["p2"][1]


def test_what_can_neither_be_performed_nor_parked_comes_again() -> None:
    class Full:
        def park(self, what: Mapping[str, Any], reason: str, *, group: str) -> None:
            raise Unavailable("parking")

    world = World(m2=BadInput("message", "less"))
    world.dispatch = Dispatch(world.inbox, world.outbox, world.alarms, Full(), world.clock)
    done = world.perform(image(1, send(1)), image(2, send(2)), image(3, send(3)))
    assert (done.failed, world.sent) == ("seq-2", ["m1"])


def test_an_empty_batch_is_nothing_to_do() -> None:
    assert World().perform() == Dispatched()
