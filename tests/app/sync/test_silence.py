"""Connections that tell us nothing any more: counted by `sync`, which rings the alarm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kairos.app.heard import Heard
from kairos.app.sync.silence import Silence
from kairos.app.sync.state import SyncState
from kairos.app.sync.sync import Sync
from kairos.domain.errors import Throttled
from kairos.memory import MemoryConnections, MemoryHeardOf
from tests.app.sync.calendars import World, no_fetch
from tests.app.sync.reading import NOW

H, D = timedelta(hours=1), timedelta(days=1)


class Ears:
    """What was heard of connections, and which there are."""

    def __init__(self, **settings: Any) -> None:
        self.heard = MemoryHeardOf()
        self.known = {("shopify", "main"): {"secrets": ["s"], **settings}}

    def hear(self, hours_ago: float, source: str = "shopify", connection: str = "main", **more: Any) -> None:
        at = NOW - timedelta(hours=hours_ago)
        self.heard.save(Heard(source, connection, event_at=at, times=99, **more))

    def silent(self, read: dict[str, SyncState] | None = None) -> list[str]:
        connections = MemoryConnections(self.known)
        return [one.key for one in Silence(self.heard, connections, connections.settings).of(read or {}, NOW)]


@pytest.mark.parametrize(("hours_ago", "silent"), [(23.9, []), (24.1, ["shopify/main"])])
def test_a_busy_connection_is_silent_after_a_day(hours_ago: float, silent: list[str]) -> None:
    ears = Ears()
    ears.hear(hours_ago)
    assert ears.silent() == silent


def test_one_that_is_connected_no_more_is_missed_by_nobody() -> None:
    ears = Ears()
    ears.hear(48, connection="former")
    assert ears.silent() == []


@pytest.mark.parametrize("allowed", ["3d", "never"])
def test_what_the_owner_has_allowed_since_holds_at_once(allowed: str) -> None:
    ears = Ears(silent_after=allowed)
    ears.hear(48)
    assert ears.silent() == []


def test_a_shop_that_is_read_is_silent_only_where_the_reading_found_what_nobody_told() -> None:
    ears = Ears()
    ears.hear(48)
    quiet = SyncState("shopify", "main", event_at=NOW - 48 * H + timedelta(minutes=10))
    assert ears.silent({"shopify/main": quiet}) == []
    found = SyncState("shopify", "main", event_at=NOW - 20 * H)
    assert ears.silent({"shopify/main": found}) == ["shopify/main"]


def test_a_run_counts_the_silent_and_says_since_when() -> None:
    world, ears = World(), Ears()
    ears.hear(48, "ical")
    # The calendar's own reading finds something new, of which nobody told.
    world.states.save(SyncState("ical", "main", event_at=NOW - H, next_at=NOW + D, synced_at=NOW))
    sync = Sync(
        world.ingest, world.connections, world.states, no_fetch, world.clock, heard=ears.heard, sources=("ical",)
    )
    done = sync.run()
    assert done.silent == 1
    assert "no event since" in done.problems["ical/main"]


def test_what_was_heard_cannot_be_read_and_all_else_goes_on() -> None:
    class Broken(MemoryHeardOf):
        def all(self) -> list[Heard]:
            raise Throttled("config")

    world = World()
    sync = Sync(
        world.ingest,
        world.connections,
        world.states,
        no_fetch,
        world.clock,
        heard=Broken(),
        sources=("ical",),
        load_source=lambda name: world.calendar,
    )
    done = sync.run()
    assert (done.silent, done.read) == (0, 1)
