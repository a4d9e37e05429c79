"""What a container notes of its connections: seldom, never in the way, and at once where something is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kairos.app.heard import Heard
from kairos.app.ingest.listening import EVERY, Listening
from kairos.domain.errors import Throttled, VersionConflict
from kairos.memory import MemoryHeardOf
from tests.app.intake import NOW, Station
from tests.sources import bodies

MINUTE = timedelta(minutes=1)


class Kept(MemoryHeardOf):
    """Counts what is asked of it, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.writes = 0
        self.failing: Exception | None = None

    def read(self, source: str, connection: str) -> Heard:
        self.reads += 1
        if self.failing is not None:
            raise self.failing
        return super().read(source, connection)

    def save(self, heard: Heard) -> Heard:
        saved = super().save(heard)
        self.writes += 1
        return saved


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_a_busy_connection_is_written_once_in_a_quarter_of_an_hour_with_all_that_came(kept: Kept) -> None:
    container = Listening(kept)
    for minute in range(31):
        container.hear("shopify", "main", 2, {}, NOW + minute * MINUTE)
    heard = kept.rows["shopify/main"]
    assert kept.writes == 3
    assert (heard.event_at, heard.events, heard.times) == (NOW + 30 * MINUTE, 62, 3)


def test_a_second_container_does_not_write_what_the_first_just_wrote_and_forgets_no_count(kept: Kept) -> None:
    first, second = Listening(kept), Listening(kept)
    first.hear("shopify", "main", 1, {}, NOW)
    second.hear("shopify", "main", 1, {}, NOW + MINUTE)
    assert kept.writes == 1
    second.hear("shopify", "main", 1, {}, NOW + MINUTE + EVERY)
    assert (kept.writes, kept.rows["shopify/main"].events) == (2, 3)


def test_connections_are_told_apart(kept: Kept) -> None:
    container = Listening(kept)
    container.hear("shopify", "main", 1, {"silent_after": "12h"}, NOW)
    container.hear("shopify", "second", 1, {}, NOW)
    assert [(one.key, one.limit) for one in kept.all()] == [("shopify/main", "12h"), ("shopify/second", "")]


def test_a_refusal_is_written_at_once_and_those_that_follow_with_the_next(kept: Kept) -> None:
    container = Listening(kept)
    container.hear("shopify", "main", 1, {}, NOW)
    for minute in range(1, 5):
        container.refuse("shopify", "main", f"reason {minute}", NOW + minute * MINUTE)
    heard = kept.rows["shopify/main"]
    assert (heard.refused, heard.refusal, heard.event_at) == (1, "reason 1", NOW)
    container.refuse("shopify", "main", "the last", NOW + EVERY + MINUTE)
    heard = kept.rows["shopify/main"]
    assert (heard.refused, heard.refusal, heard.refused_at) == (5, "the last", NOW + EVERY + MINUTE)


@pytest.mark.parametrize("error", [Throttled("config"), VersionConflict("somebody was first")])
def test_what_cannot_be_written_is_kept_for_the_next_time(kept: Kept, error: Exception) -> None:
    container = Listening(kept)
    kept.failing = error
    container.hear("shopify", "main", 1, {}, NOW)
    container.refuse("shopify", "main", "no", NOW)
    kept.failing = None
    container.hear("shopify", "main", 1, {}, NOW + EVERY)
    heard = kept.rows["shopify/main"]
    assert (heard.events, heard.refused) == (2, 1)


def test_what_comes_by_the_front_door_is_heard(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    assert station.shopify("customers-update").status == 202
    heard = kept.rows["shopify/main"]
    assert (heard.event_at, heard.events, heard.refused) == (NOW, 3, 0)


def test_what_says_nothing_is_no_event(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    assert station.post("/v1/webhooks/woocommerce/main", b"webhook_id=7", {}).status == 200
    assert kept.rows == {}


def test_a_forged_webhook_is_noted_with_the_reason_and_nothing_of_its_own(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    forged = bodies.topic_headers("shopify", "customers-update") | {"x-shopify-hmac-sha256": "c2VjcmV0IHRleHQ="}
    assert station.post("/v1/webhooks/shopify/main", b'{"email": "a@example.com"}', forged).status == 401
    heard = kept.rows["shopify/main"]
    assert (heard.refused, heard.event_at) == (1, None)
    assert heard.refusal
    assert "c2Vj" not in heard.refusal
    assert "example.com" not in heard.refusal


def test_a_body_that_cannot_be_read_is_noted_with_the_place(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    assert station.track({"type": "track"}).status == 400
    assert kept.rows["track/main"].refusal.startswith("event: expected")


def test_the_wrong_calls_of_a_batch_are_noted_beside_those_that_were_taken(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    calls = [{"type": "page", "userId": "u", "messageId": "1"}, {"type": "track", "userId": "u"}]
    assert station.track({"batch": calls}, "/v1/batch").status == 202
    heard = kept.rows["track/main"]
    assert (heard.events, heard.refused, heard.refusal[:8]) == (1, 1, "batch[1]")


def test_who_tries_names_of_connections_leaves_nothing(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    assert station.post("/v1/webhooks/shopify/other", b"{}", {}).status == 404
    assert kept.rows == {}


def test_no_event_is_noted_that_is_not_in_the_inbox(kept: Kept) -> None:
    station = Station(listening=Listening(kept))
    station.journal.failing = "inbox"
    assert station.shopify("customers-update").status == 503
    assert kept.rows == {}
