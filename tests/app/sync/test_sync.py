"""Reading connections: whose turn it is, what is told, and what one of them cannot do to the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ingest.ingest import Ingest
from kairos.app.sync.reading import SILENT_AFTER, Synced
from kairos.app.sync.state import SyncState
from kairos.app.sync.sync import Bounds, Sync
from kairos.domain.errors import Refused, Unavailable, VersionConflict
from kairos.memory import (
    MemoryArchive,
    MemoryClock,
    MemoryConnections,
    MemoryContacts,
    MemoryIdentities,
    MemoryInbox,
    MemorySuppressions,
    MemorySyncStates,
)
from kairos.sources import _calendar
from kairos.sources._calendar import Person, Sighting
from kairos.sources._pulling import Answer, Page, Pulling
from kairos.sources.ical import ICal

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SOON = NOW + timedelta(days=3)


class Calendar(ICal):
    """A source whose connections show what a test puts up, and fail as it says."""

    def __init__(self) -> None:
        self.shown: dict[str, list[Sighting]] = {}
        self.failing: dict[str, Exception] = {}
        self.asked: list[str] = []
        self.seen: list[Pulling] = []

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        connection = pulling.settings["secrets"][0]
        self.asked.append(connection)
        self.seen.append(pulling)
        if connection in self.failing:
            raise self.failing[connection]
        yield from _calendar.changes(pulling, self.shown.get(connection, []))
        yield Page(cursor={"n": pulling.cursor.get("n", 0) + 1})


def no_fetch(method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 0) -> Answer:
    raise AssertionError("nothing is fetched here")


class World:
    def __init__(self, *connections: str, **settings: Any) -> None:
        self.clock = MemoryClock(NOW)
        self.inbox = MemoryInbox(self.clock)
        self.states = MemorySyncStates()
        self.contacts = MemoryContacts()
        self.archive = MemoryArchive()
        self.source = Calendar()
        known = {("ical", name): {"secrets": [name], **settings} for name in connections or ("main",)}
        self.connections = MemoryConnections(known)
        self.ingest = Ingest(
            MemoryIdentities(),
            self.contacts,
            MemorySuppressions(),
            self.inbox,
            self.connections,
            self.archive,
            country="KR",
        )

    def sync(self, bounds: Bounds | None = None) -> Sync:
        return Sync(
            self.ingest,
            self.connections,
            self.states,
            no_fetch,
            self.clock,
            bounds,
            load_source=lambda name: self.source,
            sources=("ical",),
        )

    def run(self, later: timedelta = timedelta(minutes=15), bounds: Bounds | None = None) -> Synced:
        self.clock.advance(later)
        return self.sync(bounds).run()

    def events(self) -> list[Any]:
        return [event for one in self.inbox.waiting() for event in one.events]

    def told(self) -> list[tuple[str, str]]:
        found = [(event.name, event.entry.id) for event in self.events()]
        self.forget()
        return found

    def forget(self) -> None:
        """Take all that is in the inbox out of it."""
        while self.inbox.is_ready():
            self.inbox.delete([one.id for one in self.inbox.receive()])

    def state(self, connection: str = "main") -> SyncState:
        return self.states.read("ical", connection)


def yoga(id: str = "a", **changed: Any) -> Sighting:
    people = (Person("haneul@example.com", "Haneul"),)
    return replace(Sighting(id, SOON, SOON + timedelta(hours=1), title="Yoga", people=people), **changed)


def test_what_is_new_is_told_once_what_moved_is_told_again_and_what_vanished_is_cancelled() -> None:
    world = World()
    world.source.shown["main"] = [yoga("a"), yoga("b")]
    world.run()
    assert world.told() == [("entry_updated", "a"), ("entry_updated", "b")]
    world.run()
    assert world.told() == []
    world.source.shown["main"] = [yoga("a", starts_at=SOON + timedelta(hours=2))]
    world.run()
    assert sorted(world.told()) == [("entry_cancelled", "b"), ("entry_updated", "a")]


def test_what_goes_to_and_fro_is_told_each_time_under_another_id() -> None:
    world = World()
    ids = []
    for hours in (0, 2, 0, 2):
        world.source.shown["main"] = [yoga(starts_at=SOON + timedelta(hours=hours))]
        world.run()
        ids += [event.id for event in world.events()]
        world.forget()
    assert len(ids) == len(set(ids)) == 4


def test_a_page_that_was_told_and_not_kept_is_told_again_under_the_same_id() -> None:
    world = World()
    world.source.shown["main"] = [yoga()]
    save, calls = world.states.save, []

    def dying(state: SyncState) -> SyncState:
        calls.append(state)
        if len(calls) == 2:  # the first claims the connection, the second keeps the page
            raise Unavailable("config")
        return save(state)

    world.states.save = dying  # type: ignore[method-assign]
    assert world.run().failed == 1
    world.run(timedelta(hours=1))
    first, second = world.events()
    assert first.id == second.id


def test_what_changed_after_a_page_was_told_and_not_kept_is_another_fact() -> None:
    world = World()
    world.source.shown["main"] = [yoga()]
    save, calls = world.states.save, []

    def dying(state: SyncState) -> SyncState:
        calls.append(state)
        if len(calls) == 2:
            raise Unavailable("config")
        return save(state)

    world.states.save = dying  # type: ignore[method-assign]
    world.run()
    world.source.shown["main"] = [yoga(starts_at=SOON + timedelta(hours=2))]
    world.run(timedelta(hours=1))
    first, second = world.events()
    assert first.id != second.id


def test_an_entry_that_is_over_is_forgotten_and_not_cancelled() -> None:
    world = World()
    world.source.shown["main"] = [yoga()]
    world.run()
    world.told()
    world.source.shown["main"] = []
    world.run(timedelta(days=6))
    assert world.told() == []
    assert world.state().told == {}


def test_who_is_no_longer_invited_loses_the_entry_and_the_others_keep_it() -> None:
    world = World()
    both = (Person("haneul@example.com"), Person("bom@example.com"))
    world.source.shown["main"] = [yoga(people=both)]
    world.run()
    haneul, bom = (event.profile for event in world.events())
    world.forget()
    world.source.shown["main"] = [yoga(people=both[:1])]
    world.run()
    told = {event.profile: event for event in world.events()}
    assert (told[haneul].name, told[bom].name) == ("entry_updated", "entry_cancelled")
    assert told[bom].occurred_at < told[haneul].occurred_at
    assert world.state().told["a"].whom == (haneul,)


def test_a_connection_that_names_its_person_needs_nobody_invited() -> None:
    world = World(email="owner@example.com", kind="lesson")
    world.source.shown["main"] = [yoga(people=())]
    world.run()
    (event,) = world.events()
    assert (event.entry.kind, event.reach) == ("lesson", {"email": True})
    world.source.shown["main"] = []
    world.forget()
    world.run()
    (gone,) = world.events()
    assert (gone.name, gone.profile, gone.entry.kind) == ("entry_cancelled", event.profile, "lesson")


def test_the_first_reading_and_the_first_after_a_long_silence_are_historical() -> None:
    world = World()
    seen = []
    for hours, later in ((0, timedelta(0)), (1, timedelta(minutes=15)), (2, SILENT_AFTER + timedelta(hours=1))):
        world.source.shown["main"] = [yoga(starts_at=SOON + timedelta(hours=hours))]
        world.run(later)
        seen += [event.historical for event in world.events()]
        world.forget()
    assert seen == [True, False, True]


def test_one_that_fails_holds_none_of_the_others_and_rests_longer_each_time() -> None:
    world = World("bad", "good")
    world.source.shown["good"] = [yoga()]
    world.source.failing["bad"] = Unavailable("feed", "it answers 503")
    done = world.run()
    assert (done.read, done.failed, done.problems) == (1, 1, {"ical/bad": "feed is unavailable: it answers 503"})
    assert world.told() == [("entry_updated", "a")]
    rests = []
    for _ in range(8):
        world.run(timedelta(hours=7))
        rests.append(world.state("bad").next_at - world.clock.now())  # type: ignore[operator]
    assert rests == sorted(rests)
    assert (rests[0], rests[-1]) == (timedelta(hours=1), timedelta(hours=6))
    assert world.state("bad").errors == 9
    del world.source.failing["bad"]
    world.run(timedelta(hours=7))
    assert (world.state("bad").errors, world.state("bad").error) == (0, "")


def test_what_only_the_owner_can_mend_is_asked_again_after_an_hour() -> None:
    world = World()
    world.source.failing["main"] = Refused("feed", "it answers 404")
    world.run()
    assert world.state().next_at == world.clock.now() + timedelta(hours=1)


def test_the_words_of_an_error_that_is_not_ours_are_not_kept() -> None:
    world = World()
    world.source.failing["main"] = ValueError("haneul@example.com")
    world.run()
    assert world.state().error == "ValueError"


def test_who_waited_longest_is_read_first_and_a_run_that_is_over_leaves_the_rest_to_the_next() -> None:
    world = World("a", "b", "c")
    slow = world.source.pull

    def pull(pulling: Pulling) -> Iterator[Page]:
        yield from slow(pulling)
        world.clock.advance(timedelta(seconds=100))

    world.source.pull = pull  # type: ignore[method-assign]
    done = world.run(bounds=Bounds(run=150))
    assert (world.source.asked, done.finished) == (["a", "b"], False)
    world.run(timedelta(minutes=20), Bounds(run=150))
    assert world.source.asked[2:] == ["c", "a"]


def test_a_reading_that_takes_too_long_goes_on_where_it_stopped() -> None:
    world = World()
    world.source.shown["main"] = [yoga(f"{number:03}") for number in range(100)]
    put = world.inbox.put

    def slow(messages: Any) -> None:
        world.clock.advance(timedelta(seconds=40))
        put(messages)

    world.inbox.put = slow  # type: ignore[method-assign]
    assert not world.run(bounds=Bounds(connection=30)).finished
    assert len(world.told()) == 40
    assert world.state().synced_at is None
    for expected in (40, 20):
        world.run(timedelta(0), Bounds(connection=30))
        assert len(world.told()) == expected
    world.run(timedelta(0))
    assert world.told() == []
    assert world.state().synced_at is not None


def test_of_two_runs_at_once_the_later_gives_way_before_it_tells_anything() -> None:
    world = World()
    world.source.shown["main"] = [yoga()]
    world.clock.advance(timedelta(minutes=15))
    stale = world.state()
    world.sync().run()
    world.states.all = lambda: [stale]  # type: ignore[method-assign]
    done = world.sync().run()
    assert (done.read, done.failed, len(world.events())) == (0, 0, 1)


def test_a_connection_that_is_not_read_to_its_end_for_a_day_is_silent() -> None:
    world = World()
    world.source.failing["main"] = Unavailable("feed")
    assert world.run().silent == 0
    assert world.run(SILENT_AFTER + timedelta(minutes=1)).silent == 1


def test_personal_data_goes_to_contacts_and_nowhere_else() -> None:
    world = World()
    world.source.shown["main"] = [
        yoga(title="Haneul's lesson", location="Haneul's place", category="haneul@example.com")
    ]
    world.run()
    for text in (repr(world.inbox.waiting()), repr(world.states.rows)):
        assert "aneul" not in text
    (event,) = world.events()
    kept = world.contacts.fetch([event.profile], ["profile", "entry#booking#a"])
    assert kept["profile"] == {"email": "haneul@example.com", "name": "Haneul"}
    assert kept["entry#booking#a"] == {"title": "Haneul's lesson", "location": "Haneul's place"}


def test_a_state_that_somebody_else_wrote_is_not_overwritten() -> None:
    states = MemorySyncStates()
    states.save(SyncState("ical", "main"))
    with pytest.raises(VersionConflict):
        states.save(SyncState("ical", "main"))


def test_an_entry_of_nobody_is_archived_and_queued_for_nobody() -> None:
    world = World()
    world.source.shown["main"] = [yoga(people=())]
    world.run()
    assert world.events() == []
    assert len(world.archive.records) == 1
