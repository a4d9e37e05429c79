"""Who follows a counted link arrives, is counted once a day, and is told from a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ports import InboxMessage
from kairos.app.preferences.clicks import COUNTED_FOR, LEADS_FOR, Clicks
from kairos.app.preferences.standing import LiveProfiles
from kairos.app.preferences.tracked import Tracked, TrackedLinks
from kairos.domain.errors import Unavailable
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from kairos.memory import MemoryClock, MemoryCustomers, MemoryInbox
from tests.app.decide.world import World as DecideWorld
from tests.app.preferences.test_unsubscribe import OLD

SENT = datetime(2026, 11, 22, 3, 0, 10, tzinfo=UTC)
LINKS = TrackedLinks(lambda: OLD, "https://api.example.com")
TARGET = "https://shop.example.com/coats?for=ann"
PHONE = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"}
HOUR = timedelta(hours=1)


class World:
    """The use case, an hour after the message was sent."""

    def __init__(self, inbox: MemoryInbox | None = None) -> None:
        self.clock = MemoryClock(SENT + HOUR)
        self.inbox = inbox or MemoryInbox(self.clock)
        self.customers = MemoryCustomers()
        self.customers.write(Profile("u1", SENT), (), None, None)
        profiles = LiveProfiles(self.customers.read)
        self.clicks = Clicks(self.inbox, profiles, LINKS, lambda: "봄날 상점", self.clock)
        self.token = LINKS.token(Tracked(TARGET, "u1", "m-1", SENT))

    def follow(self, method: str = "GET", headers: Mapping[str, str] = PHONE) -> Mapping[str, object]:
        answer = self.clicks.follow(self.token, method, headers, "c-1")
        assert (answer.status, answer.headers["Location"], answer.body) == (302, TARGET, "")
        return answer.facts

    def events(self) -> list[Event]:
        return [event for message in self.inbox.waiting() for event in message.events]


def test_a_reader_goes_on_and_the_journeys_hear_of_it() -> None:
    world = World()
    assert world.follow()["outcome"] == "followed"
    (event,) = world.events()
    assert (event.name, event.profile, event.message, event.correlation) == ("message_clicked", "u1", "m-1", "c-1")
    assert event.properties == {"link_domain": "shop.example.com"}, "no path and no query: they may name who reads"


def test_however_often_a_link_is_followed_in_a_day_it_is_one_event() -> None:
    world = World()
    for _ in range(3):
        world.follow()
    assert len({event.id for event in world.events()}) == 1
    world.clock.advance(timedelta(days=1))
    world.follow()
    assert len({event.id for event in world.events()}) == 2


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", PHONE),
        ("GET", {}),
        ("GET", {"user-agent": "Mozilla/5.0"}),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}),
        ("GET", {"user-agent": "facebookexternalhit/1.1; kakaotalk-scrap/1.0"}),
        ("GET", {"user-agent": "python-requests/2.32"}),
        ("GET", {**PHONE, "sec-purpose": "prefetch;prerender"}),
        ("GET", {**PHONE, "purpose": "prefetch"}),
        ("GET", {**PHONE, "x-moz": "prefetch"}),
    ],
)
def test_a_machine_is_led_on_and_told_apart(method: str, headers: Mapping[str, str]) -> None:
    world = World()
    assert world.follow(method, headers)["outcome"] == "scanned"
    (event,) = world.events()
    assert event.properties["machine"] is True


def test_nobody_reads_a_message_within_seconds_of_its_sending() -> None:
    world = World()
    world.clock.at = SENT + timedelta(seconds=4)
    assert world.follow()["outcome"] == "scanned"
    world.clock.at = SENT + timedelta(seconds=5)
    assert world.follow()["outcome"] == "followed"
    assert len(world.events()) == 2, "a person after a machine is another event"


@pytest.mark.parametrize("agent", ["CUBOT X18", "Mozilla/5.0 (Linux; Android 15; SM-S931N) Chrome/131 Mobile"])
def test_a_phone_is_no_machine(agent: str) -> None:
    assert World().follow(headers={"user-agent": agent})["outcome"] == "followed"


def test_a_link_counts_for_three_months_and_leads_on_for_thirteen() -> None:
    world = World()
    world.clock.at = SENT + COUNTED_FOR + HOUR
    assert world.follow()["outcome"] == "uncounted"
    assert world.events() == []
    world.clock.at = SENT + LEADS_FOR + HOUR
    answer = world.clicks.follow(world.token, "GET", PHONE)
    assert (answer.status, answer.facts["outcome"]) == (410, "expired")
    assert "Location" not in answer.headers


@pytest.mark.parametrize("token", ["", "x", "https://evil.example.org", "A" * 3_000])
def test_what_we_did_not_sign_leads_nowhere(token: str) -> None:
    answer = World().clicks.follow(token, "GET", {**PHONE, "accept-language": "ko"})
    assert (answer.status, "Location" in answer.headers) == (404, False)
    assert 'lang="ko"' in answer.body


@pytest.mark.parametrize("gone", [None, Profile("u1", SENT, erased_at=SENT, version=1)])
def test_who_was_erased_arrives_and_is_brought_back_by_nothing(gone: Profile | None) -> None:
    world = World()
    world.customers.profiles.clear()
    if gone is not None:
        world.customers.profiles["u1"] = gone
    assert world.follow()["outcome"] == "uncounted"
    assert world.inbox.waiting() == []


class Down(MemoryInbox):
    def put(self, messages: Sequence[InboxMessage]) -> None:
        raise Unavailable("inbox")


def test_the_reader_arrives_though_nobody_can_be_told() -> None:
    assert World(Down(MemoryClock(SENT))).follow()["outcome"] == "uncounted"


def test_a_journey_that_waits_for_a_click_waits_for_a_persons() -> None:
    steps = [
        {"send": "hello", "id": "h"},
        {"wait_for": {"event": "message_clicked", "timeout": "3d"}},
        {"stop": "seen"},
    ]
    journey = {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": steps}
    there = DecideWorld(journey, now=SENT)
    there.hear(Event("go", "go", "u1", SENT, SENT))
    (message,) = [reason.message for reason in there.reasons if reason.kind == "message"]
    for machine in (True, False):
        at = SENT + (HOUR if machine else 2 * HOUR)
        properties = {"machine": True} if machine else {}
        clicked = Event(f"c{machine}", "message_clicked", "u1", at, at, properties=properties, message=message)
        there.hear(clicked, at=at)
        ended = [reason for reason in there.reasons if reason.kind in ("exited", "stopped") or reason.reason == "seen"]
        assert bool(ended) is not machine
