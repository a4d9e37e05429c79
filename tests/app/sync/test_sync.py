"""Sync: who is read when, and what one connection's failure does to the others: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.sync.reading import SILENT_AFTER
from kairos.app.sync.state import SyncState
from kairos.app.sync.sync import Bounds
from kairos.domain.errors import Refused, Unavailable, VersionConflict
from kairos.memory import (
    MemorySyncStates,
)
from kairos.sources._pulling import Page, Pulling
from tests.app.sync.calendars import World, yoga
from tests.app.sync.reading import NOW

SOON = NOW + timedelta(days=3)


def test_one_that_fails_holds_none_of_the_others_and_rests_longer_each_time() -> None:
    world = World("bad", "good")
    world.calendar.shown["good"] = [yoga()]
    world.calendar.failing["bad"] = Unavailable("feed", "it answers 503")
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
    del world.calendar.failing["bad"]
    world.run(timedelta(hours=7))
    assert (world.state("bad").errors, world.state("bad").error) == (0, "")


def test_what_only_the_owner_can_mend_is_asked_again_after_an_hour() -> None:
    world = World()
    world.calendar.failing["main"] = Refused("feed", "it answers 404")
    world.run()
    assert world.state().next_at == world.clock.now() + timedelta(hours=1)


def test_the_words_of_an_error_that_is_not_ours_are_not_kept() -> None:
    world = World()
    world.calendar.failing["main"] = ValueError("haneul@example.com")
    world.run()
    assert world.state().error == "ValueError"


def test_who_waited_longest_is_read_first_and_a_run_that_is_over_leaves_the_rest_to_the_next() -> None:
    world = World("a", "b", "c")
    slow = world.calendar.pull

    def pull(pulling: Pulling) -> Iterator[Page]:
        yield from slow(pulling)
        world.clock.advance(timedelta(seconds=100))

    world.calendar.pull = pull  # type: ignore[method-assign]
    done = world.run(bounds=Bounds(run=150))
    assert (world.calendar.asked, done.finished) == (["a", "b"], False)
    world.run(timedelta(minutes=20), Bounds(run=150))
    assert world.calendar.asked[2:] == ["c", "a"]


def test_a_reading_that_takes_too_long_goes_on_where_it_stopped() -> None:
    world = World()
    world.calendar.shown["main"] = [yoga(f"{number:03}") for number in range(100)]
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
    world.calendar.shown["main"] = [yoga()]
    world.clock.advance(timedelta(minutes=15))
    stale = world.state()
    world.sync.run()
    world.states.all = lambda: [stale]  # type: ignore[method-assign]
    done = world.sync.run()
    assert (done.read, done.failed, len(world.events())) == (0, 0, 1)


def test_a_connection_that_is_not_read_to_its_end_for_a_day_is_silent() -> None:
    world = World()
    world.calendar.failing["main"] = Unavailable("feed")
    assert world.run().silent == 0
    assert world.run(SILENT_AFTER + timedelta(minutes=1)).silent == 1


def test_a_state_that_somebody_else_wrote_is_not_overwritten() -> None:
    states = MemorySyncStates()
    states.save(SyncState("ical", "main"))
    with pytest.raises(VersionConflict):
        states.save(SyncState("ical", "main"))
