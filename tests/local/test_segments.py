"""Segments through the deployed stack: a recount by walk, a window that ends without an event, and who is inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kairos.app.publish.release import Release
from kairos.app.walk.census import look
from kairos.aws.customer_scan import DynamoCustomerScan
from kairos.aws.releases import AwsReleases
from kairos.local import LocalCloud
from tests.local.test_walks import PEOPLE, START, Shop

pytestmark = pytest.mark.xdist_group("walks")
M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOON = {"id": "soon", "where": {"entry": "booking", "where": {"field": "starts_at", "within": "+1d"}}}
GREETING = {
    "id": "greeting",
    "class": "transactional",
    "trigger": {"segment": "soon", "on": "entered"},
    "steps": [{"send": "hello", "channel": "email"}],
}


@pytest.fixture
def booked(synthesised: Path) -> Iterator[Shop]:
    """Return a shop whose customers booked before anything asked for it."""
    with LocalCloud.from_template(synthesised, START, rates={"SweepRule": 6 * H, "SyncRule": 24 * H}) as cloud:
        yield Shop(cloud)


def inside(cloud: LocalCloud) -> int:
    """Count who is in the segment, as `kairos segment count` does."""
    database = cloud.session.client("dynamodb")
    releases = AwsReleases(
        database, cloud.session.client("s3"), cloud.outputs["ConfigTable"], cloud.outputs["ReleasesBucket"]
    )
    pointer = releases.pointer()
    assert pointer is not None
    release = Release(releases.bundle(pointer.release), pointer)
    scan = DynamoCustomerScan(database, cloud.outputs["CustomersTable"])
    return sum(len(page.inside) for page in look(scan, release, "soon", cloud.now))


def test_those_who_sent_nothing_since_enter_at_the_exact_end_of_their_window(booked: Shop) -> None:
    cloud = booked.cloud
    booked.drafts.put("segment", "soon", SOON)
    (walk,) = booked.publish(GREETING)["walks"]
    assert walk["about"] == "recount"
    cloud.advance(by=10 * M)
    assert (booked.walk().state, booked.walk().woken) == ("done", 4)
    assert (inside(cloud), cloud.emails) == (0, [])
    cloud.advance(by=2 * D)
    assert inside(cloud) == 1
    cloud.advance(by=4 * D)
    assert [(email.at, email.to) for email in cloud.emails] == [
        (START + (1 + number) * D, (person.address,)) for number, person in enumerate(PEOPLE)
    ]
