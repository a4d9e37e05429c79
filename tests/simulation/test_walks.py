"""Crowds: a walk over everybody, while customers go on doing things, and no event waits longer for it.

Time passes by the second. The inbox and the walk's inbox are emptied side by side, each at the rate of the functions
that its event source may start; what differs between the two runs below is only whether there is a second one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from kairos.app.ports import InboxMessage
from kairos.domain.ids import digest, fraction
from kairos.domain.profile import Consent, Profile
from kairos.memory import MemoryInbox
from tests.app.walk_world import DAY, MINUTE, NEWS, NOW, REMINDER, WalkWorld

SECOND = timedelta(seconds=1)
DECIDED_A_SECOND = 100
WOKEN_A_SECOND = 60
RATE = 50


@dataclass
class Crowd:
    """What a run came to: how long each event waited, and how many wake-ups went out in each minute."""

    world: WalkWorld
    waits: list[timedelta] = field(default_factory=list)
    woken: list[int] = field(default_factory=list)


def live(people: int, *, broadcast: bool = False, second_inbox: bool = True, rate: float = RATE) -> Crowd:
    """Publish a timeline that concerns a tenth of so many people, and perhaps a broadcast; live until all is done."""
    world = WalkWorld(rate=rate)
    world.people = [_known(world, number) for number in range(people)]
    for profile in world.people[::10]:
        world.book(profile, NOW + 3 * DAY)
    if not second_inbox:
        world.walk_inbox = world.inbox
    world.publish(REMINDER, NEWS)
    if broadcast:
        world.broadcast()
    crowd = Crowd(world)
    said: dict[str, datetime] = {}
    before = 0
    while not _is_over(world):
        _say(world, said)
        _empty(world, world.inbox, DECIDED_A_SECOND, said, crowd)
        if second_inbox:
            _empty(world, world.walk_inbox, WOKEN_A_SECOND, said, crowd)
        world.clock.at += SECOND
        if world.clock.at.second == 0:
            _rounds(world)
            woken = sum(walk.woken for walk in world.walks.all())
            crowd.woken.append(woken - before)
            before = woken
    return crowd


def _known(world: WalkWorld, number: int) -> str:
    """Make a customer as `WalkWorld.join` does, at once."""
    id = digest("profile", str(number))
    consents = {("email", "marketing"): Consent(True, NOW - DAY)}
    known = Profile(id, NOW - DAY, reach={"email": True}, reach_times={"email": NOW - DAY}, consents=consents)
    world.customers.write(known, (), None, None)
    return id


def _say(world: WalkWorld, said: dict[str, datetime]) -> None:
    """Let somebody look at a page, every second second."""
    now = world.clock.now()
    if now.second % 2 == 0:
        number = int(fraction("who", now.isoformat()) * len(world.people))
        event = world.event(world.people[number], "page_viewed", id=f"event-{now.isoformat()}")
        said[event.id] = now
        world.inbox.put([InboxMessage(event.profile, (event,))])


def _rounds(world: WalkWorld) -> None:
    for walk in world.rounds.due(world.clock.at):
        world.driver().round(walk)


def _empty(world: WalkWorld, inbox: MemoryInbox, most: int, said: dict[str, datetime], crowd: Crowd) -> None:
    done = 0
    while done < most and (batch := inbox.receive(min(10, most - done))):
        for received in batch:
            world._decide(received.message.profile, list(received.message.events))
            crowd.waits += [world.clock.at - said.pop(e.id) for e in received.message.events if e.id in said]
        inbox.delete([received.id for received in batch])
        done += len(batch)


def _is_over(world: WalkWorld) -> bool:
    over = all(walk.state == "done" for walk in world.walks.all())
    return over and not world.walk_inbox.is_ready() and not world.inbox.is_ready()


def check(crowd: Crowd, rate: float = RATE) -> None:
    """Everybody concerned was reached once, at the pace, and nobody's event waited."""
    world, walks = crowd.world, crowd.world.walks.all()
    booked = world.people[::10]
    told = world.people if len(walks) == 2 else []
    assert Counter(world.entered()) == Counter(booked) + Counter(told)
    assert len({send.message for send in world.sends}) == len(told), "each was written to once"
    assert {walk.looked_at for walk in walks} == {len(world.people)}
    assert sum(walk.woken for walk in walks) == len(booked) + len(told)
    assert max(crowd.woken) <= len(walks) * rate * 60
    assert crowd.waits
    assert max(crowd.waits) < SECOND


def test_a_town_is_walked_over_and_no_event_waits() -> None:
    check(live(50_000))


def test_in_one_inbox_events_would_wait_behind_the_crowd() -> None:
    """What the second inbox is for: without it the same day makes the same events wait for many seconds."""
    crowd = live(20_000, second_inbox=False)
    assert max(crowd.waits) > 5 * SECOND


def test_everybody_is_told_in_the_time_that_the_rate_says() -> None:
    people, rate = 1_200, 5
    crowd = live(people, broadcast=True, rate=rate)
    check(crowd, rate)
    took = crowd.world.clock.now() - NOW
    assert timedelta(seconds=people / rate) <= took <= timedelta(seconds=people / rate) + 3 * MINUTE


@pytest.mark.nightly
def test_a_city_of_a_million_is_walked_over_and_no_event_waits() -> None:
    check(live(1_000_000))


@pytest.mark.nightly
def test_a_city_of_a_million_is_written_to_and_no_event_waits() -> None:
    check(live(1_000_000, broadcast=True))
