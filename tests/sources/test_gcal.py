"""Google Calendar, read from a server that fails as Google's is known to: afterwards our entries are its events."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.domain.errors import BadSignature, Unavailable
from kairos.registry import Request, load
from kairos.sources._pulling import Answer, Pulling
from kairos.sources.gcal import entry_id
from tests.sources import bodies
from tests.sources.google_calendar import SOON, WHO, World
from tests.sources.google_server import CREDENTIALS

ERRORS = [Answer(503), Answer(429), Answer(403, {}, b'{"error": {"errors": [{"reason": "rateLimitExceeded"}]}}')]


def test_a_calendar_is_read_whole_in_pages_and_then_only_what_changed() -> None:
    world = World()
    for number in range(5):
        world.server.put(f"e{number}", SOON + timedelta(hours=number), WHO)
    world.run()
    assert world.is_as_google_has_it()
    assert ["pageToken" in asked for asked in world.server.log] == [False, True, True]
    world.server.log.clear()
    world.server.put("e1", SOON + timedelta(hours=9), WHO)
    world.server.delete("e2")
    world.run()
    assert world.is_as_google_has_it()
    assert [asked.get("syncToken") for asked in world.server.log] == ["5"]
    assert all(not event.historical for event in world.events()[5:])


def test_a_token_that_google_no_longer_knows_leads_to_all_of_it_and_what_vanished_meanwhile_is_cancelled() -> None:
    world = World()
    world.server.put("stays", SOON, WHO)
    world.server.put("goes", SOON, WHO)
    world.run()
    del world.server.items["goes"]  # deleted so long ago that nothing is left of it
    world.server.forget()
    told = len(world.events())
    world.run()
    assert world.is_as_google_has_it()
    assert [event.name for event in world.events()[told:]] == ["entry_cancelled"]


def test_once_a_day_all_of_it_is_read_because_the_window_has_moved_on() -> None:
    world = World()
    world.server.put("a", SOON, WHO)
    world.run()
    world.run(timedelta(hours=23))
    world.run(timedelta(hours=2))
    assert ["syncToken" in asked for asked in world.server.log] == [False, True, False]
    assert world.server.log[-1]["timeMax"] > world.server.log[0]["timeMax"]


def test_a_series_is_its_occurrences_and_one_of_them_can_move_or_be_cancelled() -> None:
    world = World()
    for day in (25, 26, 27):
        at = datetime(2026, 11, day, 1, tzinfo=UTC)
        world.server.put(f"yoga_202611{day}T010000Z", at, WHO, recurringEventId="yoga")
    world.run()
    world.server.put("yoga_20261126T010000Z", datetime(2026, 11, 26, 5, tzinfo=UTC), WHO, recurringEventId="yoga")
    world.server.delete("yoga_20261127T010000Z")
    world.run()
    assert world.is_as_google_has_it()
    assert len({id.partition("-")[0] for id in world.entries()}) == 1


def test_a_series_that_is_deleted_as_a_whole_takes_its_occurrences_along() -> None:
    world = World()
    for day in (25, 26):
        at = datetime(2026, 11, day, 1, tzinfo=UTC)
        world.server.put(f"yoga_202611{day}T010000Z", at, WHO, recurringEventId="yoga")
    world.run()
    world.server.items.clear()
    world.server.delete("yoga")
    world.run()
    assert world.entries() == {}


def test_this_and_following_moves_what_is_planned_and_doubles_nothing() -> None:
    world = World()
    for day in (25, 26, 27):
        at = datetime(2026, 11, day, 1, tzinfo=UTC)
        world.server.put(f"yoga_202611{day}T010000Z", at, WHO, recurringEventId="yoga")
    world.run()
    told = len(world.events())
    for day in (26, 27):
        world.server.delete(f"yoga_202611{day}T010000Z")
        at = datetime(2026, 11, day, 3, tzinfo=UTC)
        world.server.put(
            f"yoga_R20261126T010000_202611{day}T030000Z", at, WHO, recurringEventId="yoga_R20261126T010000"
        )
    world.run()
    assert world.is_as_google_has_it()
    moved = world.events()[told:]
    assert [event.name for event in moved] == ["entry_updated", "entry_updated"]
    assert [event.entry.replaces for event in moved] == [entry_id(f"yoga_202611{day}T010000Z") for day in (26, 27)]


def test_whole_days_begin_at_midnight_of_the_calendar_and_birthdays_are_no_appointments() -> None:
    world = World()
    world.server.put("a", SOON, WHO, start={"date": "2026-11-25"}, end={"date": "2026-11-26"})
    world.server.put("b", SOON, WHO, eventType="birthday")
    world.run()
    assert world.entries() == {entry_id("a"): "2026-11-24T15:00:00+00:00"}
    assert world.events()[0].entry.properties == {"all_day": True, "length_minutes": 1440}


def test_who_declines_loses_it_and_rooms_and_the_organizer_are_not_invited() -> None:
    world = World()
    attendees: list[dict[str, Any]] = [{"email": WHO}, {"email": "room@example.com", "resource": True}]
    attendees.append({"email": "shop@example.com", "organizer": True})
    world.server.put("a", SOON, attendees=attendees)
    world.run()
    assert len(world.events()) == 1
    attendees[0]["responseStatus"] = "declined"
    world.server.put("a", SOON, attendees=attendees)
    world.run()
    assert world.entries() == {}


@pytest.mark.parametrize("answer", ERRORS)
def test_what_passes_by_itself_is_asked_again_later_and_later(answer: Answer) -> None:
    world = World()
    world.server.faults = [answer]
    assert world.run().failed == 1
    state = world.states.read("gcal", "main")
    assert state.next_at == world.clock.now() + timedelta(minutes=10)
    world.run(timedelta(minutes=10))
    assert world.states.read("gcal", "main").errors == 0


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Answer(404), "no such calendar"),
        (Answer(403, {}, b'{"error": {"errors": [{"reason": "forbidden"}]}}'), "403"),
        (Answer(200, {}, b"<html>"), "no JSON"),
    ],
)
def test_what_is_wrong_is_said_in_words(fault: Answer, says: str) -> None:
    world = World()
    world.server.faults = [fault]
    (problem,) = world.run().problems.values()
    assert says in problem


def test_a_permission_that_was_taken_back_is_said_and_not_asked_for_every_five_minutes() -> None:
    world = World()
    world.server.revoked = True
    (problem,) = world.run().problems.values()
    assert "connect the calendar anew" in problem
    assert world.states.read("gcal", "main").next_at == world.clock.now() + timedelta(hours=1)


def test_a_page_that_is_missing_tells_nothing_rather_than_half() -> None:
    world = World()
    for number in range(5):
        world.server.put(f"e{number}", SOON, WHO)
    world.run()
    told = len(world.events())
    world.server.forget()
    ask, asked = world.server._list, []

    def second_page_fails(query: Any) -> Answer:
        asked.append(query)
        return Answer(500) if len(asked) == 3 else ask(query)

    world.server._list = second_page_fails  # type: ignore[method-assign]
    assert world.run().failed == 1
    assert len(world.events()) == told


@pytest.mark.parametrize("seed", range(12))
def test_after_any_faults_our_entries_are_googles_events(seed: int) -> None:
    """Events come, move and go while the server throttles, breaks, forgets its tokens and our own writes fail."""
    chance = random.Random(seed)
    world = World()
    save = world.states.save

    def failing(state: Any) -> Any:
        if chance.random() < 0.15:
            raise Unavailable("config")
        return save(state)

    for _ in range(30):
        for _ in range(chance.randrange(4)):
            id = f"e{chance.randrange(8)}"
            if chance.random() < 0.3 and id in world.server.items:
                world.server.delete(id)
            else:
                world.server.put(id, SOON + timedelta(minutes=chance.randrange(2_000)), WHO)
        if chance.random() < 0.2:
            world.server.forget()
        world.server.faults = [chance.choice(ERRORS)] if chance.random() < 0.3 else []
        world.states.save = failing  # type: ignore[method-assign]
        with contextlib.suppress(Unavailable):  # where not even the failure could be noted
            world.run(timedelta(minutes=chance.choice([5, 20, 60])))
    world.states.save, world.server.faults = save, []  # type: ignore[method-assign]
    for _ in range(2):
        world.run(timedelta(hours=7))
    assert world.is_as_google_has_it()
    told = len(world.events())
    world.run()
    assert len(world.events()) == told, "what is the same is not told again"


def test_an_event_of_no_known_kind_spoils_nothing_else() -> None:
    world = World()
    world.server.put("a", SOON, WHO)
    world.server.put("b", SOON, WHO, eventType=[{}])
    world.run()
    assert world.is_as_google_has_it()
    assert len(world.entries()) == 2


def test_a_calendar_that_suddenly_shows_nothing_is_read_twice_before_that_is_believed() -> None:
    world = World()
    world.server.put("a", SOON, WHO)
    world.run()
    kept = dict(world.server.items)
    world.server.items.clear()
    world.server.forget()
    world.run()
    assert len(world.entries()) == 1, "once may be a mistake"
    world.server.items = kept
    world.run()
    assert world.is_as_google_has_it()
    world.server.items = {}
    world.server.forget()
    world.run()
    world.run()
    assert world.entries() == {}


def test_nobody_sends_it() -> None:
    with pytest.raises(BadSignature):
        load("sources", "gcal").verify(Request({}, b"{}", bodies.NOW, settings={"secrets": ["x"]}))


def test_pages_of_others_are_read_whatever_is_in_them(shared_data: Path) -> None:
    files = sorted((shared_data / "payloads" / "google-calendar").glob("*.json"))
    assert files
    for file in files:
        raw = json.loads(file.read_text())
        pages = raw if isinstance(raw, list) else [raw]
        for page in pages:
            given = {"items": page} if isinstance(page, list) else dict(page)
            given.pop("nextPageToken", None)

            def fetch(
                method: str, url: str, headers: Any, body: bytes = b"", *, bytes_max: int = 0, given: Any = given
            ) -> Answer:
                return Answer(200, {}, json.dumps({"access_token": "t"} if method == "POST" else given).encode())

            settings = {"secrets": [CREDENTIALS], "email": WHO, "days": "366"}
            at = Pulling(settings, {}, {}, fetch, datetime(2025, 3, 20, tzinfo=UTC))
            for found in load("sources", "gcal").pull(at):
                if found.body is not None:
                    request = Request({}, found.body, at.now, settings=settings)
                    assert load("sources", "gcal").parse(request, trusted=True)


# ---- push channels -------------------------------------------------------------------------------------------------
