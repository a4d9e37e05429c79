"""Which sources `ingest` knows besides the built-in ones: those of the live release, read when they are asked for."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kairos.app.definitions.documents import Definition, Documents
from kairos.app.http import HttpAnswer
from kairos.app.ingest.declared import FRESH, DeclaredSources
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle, documents_of
from kairos.app.publish.lineage import view
from kairos.domain.errors import Unavailable
from kairos.memory import MemoryClock, MemoryReleases
from tests.app.intake import NOW, Station
from tests.sources import bodies
from tests.sources.test_declared import BOOKED, COURSES

SECRET = "whsec_" + "QUJD" * 8
BRAND = Definition("brand", "brand", {"name": "Corner Shop", "timezone": "Asia/Seoul"}, "brand.yaml")


class Counting(MemoryReleases):
    """Releases that count how often they are asked, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.away = False

    def pointer(self) -> Pointer | None:
        self.asked += 1
        if self.away:
            raise Unavailable("config")
        return super().pointer()


def publish(releases: MemoryReleases, *sources: dict[str, Any]) -> None:
    definitions = [Definition("source", source["id"], source, f"source/{source['id']}") for source in sources]
    bundle = build_bundle(Documents((BRAND, *definitions)))
    releases.point(Pointer(releases.put_bundle(bundle)), releases.pointer())


class Declaring(Station):
    """A station whose owner has declared a source and connected it."""

    def __init__(self) -> None:
        super().__init__()
        self.releases, self.clock = Counting(), MemoryClock(NOW)
        self.ingest.declared = DeclaredSources(lambda: self.releases, self.clock)
        self.connections.known["courses", "main"] = {"secrets": [SECRET]}
        publish(self.releases, COURSES)
        self.releases.asked = 0

    def booked(self, secret: str = SECRET, name: str = "courses") -> HttpAnswer:
        raw = json.dumps(BOOKED).encode()
        return self.post(f"/v1/webhooks/{name}/main", raw, bodies.webhook(raw, secret, NOW))


@pytest.fixture
def station() -> Declaring:
    return Declaring()


def test_a_declared_source_is_taken_in_like_any_other(station: Declaring) -> None:
    answer = station.booked()
    assert (answer.status, json.loads(answer.body)["accepted"]) == (202, 1)
    (event,) = station.events()
    assert (event.name, event.source, event.retry_horizon) == ("entry_updated", "courses", timedelta(days=3))
    assert event.entry.id == "l-1"


def test_a_wrong_signature_is_refused(station: Declaring) -> None:
    assert station.booked("whsec_" + "QUJE" * 8).status == 401
    assert station.events() == []


def test_whoever_tries_names_makes_nobody_look_into_the_release(station: Declaring) -> None:
    assert station.booked(name="courses2").status == 404
    assert station.shopify("orders-paid").status == 202
    assert station.releases.asked == 0


def test_a_connection_without_its_source_is_unknown(station: Declaring) -> None:
    station.connections.known["gone", "main"] = {"secrets": [SECRET]}
    assert station.booked(name="gone").status == 404


def test_what_is_live_is_believed_for_a_minute(station: Declaring) -> None:
    for _ in range(3):
        station.booked()
    assert station.releases.asked == 1
    publish(station.releases)
    assert station.booked().status == 202
    station.clock.advance(FRESH)
    assert station.booked().status == 404


def test_what_was_live_is_believed_while_nobody_can_say_and_not_before(station: Declaring) -> None:
    station.releases.away = True
    assert station.booked().status == 503
    station.releases.away = False
    station.booked()
    station.releases.away = True
    station.clock.advance(10 * FRESH)
    assert station.booked().status == 202


def test_a_declared_source_goes_through_a_release_and_back() -> None:
    definition = Definition("source", "courses", COURSES, "source/courses")
    bundle = build_bundle(Documents((BRAND, definition)))
    assert documents_of(bundle).documents("source") == {"courses": COURSES}
    assert "sources" not in build_bundle(Documents((BRAND,)))
    assert view(bundle) != view(build_bundle(Documents((BRAND,))))
