"""One connection's turn: what is new is told, what is gone is taken back, and what broke off is told again."""

from __future__ import annotations

from datetime import timedelta

from kairos.app.sync.reading import SILENT_AFTER
from kairos.app.sync.state import SyncState
from kairos.domain.errors import Unavailable
from kairos.sources._calendar import Person
from tests.app.sync.calendars import World, yoga
from tests.app.sync.reading import NOW

SOON = NOW + timedelta(days=3)


def test_what_is_new_is_told_once_what_moved_is_told_again_and_what_vanished_is_cancelled() -> None:
    world = World()
    world.calendar.shown["main"] = [yoga("a"), yoga("b")]
    world.run()
    assert world.told() == [("entry_updated", "a"), ("entry_updated", "b")]
    world.run()
    assert world.told() == []
    world.calendar.shown["main"] = [yoga("a", starts_at=SOON + timedelta(hours=2))]
    world.run()
    assert sorted(world.told()) == [("entry_cancelled", "b"), ("entry_updated", "a")]


def test_what_goes_to_and_fro_is_told_each_time_under_another_id() -> None:
    world = World()
    ids = []
    for hours in (0, 2, 0, 2):
        world.calendar.shown["main"] = [yoga(starts_at=SOON + timedelta(hours=hours))]
        world.run()
        ids += [event.id for event in world.events()]
        world.forget()
    assert len(ids) == len(set(ids)) == 4


def test_a_page_that_was_told_and_not_kept_is_told_again_under_the_same_id() -> None:
    world = World()
    world.calendar.shown["main"] = [yoga()]
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
    world.calendar.shown["main"] = [yoga()]
    save, calls = world.states.save, []

    def dying(state: SyncState) -> SyncState:
        calls.append(state)
        if len(calls) == 2:
            raise Unavailable("config")
        return save(state)

    world.states.save = dying  # type: ignore[method-assign]
    world.run()
    world.calendar.shown["main"] = [yoga(starts_at=SOON + timedelta(hours=2))]
    world.run(timedelta(hours=1))
    first, second = world.events()
    assert first.id != second.id


def test_an_entry_that_is_over_is_forgotten_and_not_cancelled() -> None:
    world = World()
    world.calendar.shown["main"] = [yoga()]
    world.run()
    world.told()
    world.calendar.shown["main"] = []
    world.run(timedelta(days=6))
    assert world.told() == []
    assert world.state().told == {}


def test_who_is_no_longer_invited_loses_the_entry_and_the_others_keep_it() -> None:
    world = World()
    both = (Person("haneul@example.com"), Person("bom@example.com"))
    world.calendar.shown["main"] = [yoga(people=both)]
    world.run()
    haneul, bom = (event.profile for event in world.events())
    world.forget()
    world.calendar.shown["main"] = [yoga(people=both[:1])]
    world.run()
    told = {event.profile: event for event in world.events()}
    assert (told[haneul].name, told[bom].name) == ("entry_updated", "entry_cancelled")
    assert told[bom].occurred_at < told[haneul].occurred_at
    assert world.state().told["a"].whom == (haneul,)


def test_a_connection_that_names_its_person_needs_nobody_invited() -> None:
    world = World(email="owner@example.com", kind="lesson")
    world.calendar.shown["main"] = [yoga(people=())]
    world.run()
    (event,) = world.events()
    assert (event.entry.kind, event.reach) == ("lesson", {"email": True})
    world.calendar.shown["main"] = []
    world.forget()
    world.run()
    (gone,) = world.events()
    assert (gone.name, gone.profile, gone.entry.kind) == ("entry_cancelled", event.profile, "lesson")


def test_the_first_reading_and_the_first_after_a_long_silence_are_historical() -> None:
    world = World()
    seen = []
    for hours, later in ((0, timedelta(0)), (1, timedelta(minutes=15)), (2, SILENT_AFTER + timedelta(hours=1))):
        world.calendar.shown["main"] = [yoga(starts_at=SOON + timedelta(hours=hours))]
        world.run(later)
        seen += [event.historical for event in world.events()]
        world.forget()
    assert seen == [True, False, True]


def test_personal_data_goes_to_contacts_and_nowhere_else() -> None:
    world = World()
    world.calendar.shown["main"] = [
        yoga(title="Haneul's lesson", location="Haneul's place", category="haneul@example.com")
    ]
    world.run()
    for text in (repr(world.inbox.waiting()), repr(world.states.rows)):
        assert "aneul" not in text
    (event,) = world.events()
    kept = world.contacts.fetch([event.profile], ["profile", "entry#booking#a"])
    assert kept["profile"] == {"email": "haneul@example.com", "name": "Haneul"}
    assert kept["entry#booking#a"] == {"title": "Haneul's lesson", "location": "Haneul's place"}


def test_an_entry_of_nobody_is_archived_and_queued_for_nobody() -> None:
    world = World()
    world.calendar.shown["main"] = [yoga(people=())]
    world.run()
    assert world.events() == []
    assert len(world.archive.records) == 1
