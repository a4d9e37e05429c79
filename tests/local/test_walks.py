"""Walks through the deployed stack: who sent nothing is reached, by the walk function, its own inbox and Scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.aws.drafts import DynamoDrafts
from kairos.aws.walks import DynamoWalks
from kairos.domain.walk import Walk
from kairos.local import LocalCloud
from kairos.local import demo_shop as shop
from kairos.local.demo import connect
from kairos.local.demo_people import Person
from tests.app.brands import brand, template

pytestmark = pytest.mark.xdist_group("walks")
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PEOPLE = [Person(f"guest.{number}", f"손님{number}", email=True, sms=True) for number in range(4)]
REMINDER = {
    "id": "reminder",
    "class": "transactional",
    "anchor": {"entry": "booking"},
    "timeline": [{"at": "-2h", "send": "hello", "channel": "email"}],
}
NEWS = {
    "id": "news",
    "class": "transactional",
    "trigger": "broadcast",
    "steps": [{"send": "hello", "channel": "email"}],
}


class Shop:
    """A stack with customers who have booked, and a brand that has no journey about it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        connect(cloud)
        self.drafts = DynamoDrafts(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
        self.walks = DynamoWalks(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
        self.drafts.put("brand", "brand", brand())
        self.drafts.put("template", "hello", template())
        self.command(command="publish", all=True)
        for number, person in enumerate(PEOPLE):
            call = shop.booking(cloud.now, "BOOKING_CREATED", person, f"uid{number}", START + (2 + number) * D)
            assert cloud.http("POST", call.path, dict(call.headers), call.body).status == 202

    def command(self, **request: Any) -> Mapping[str, Any]:
        result = self.cloud.invoke("publish", request)
        assert result.ok, result.error
        assert result.payload["ok"], result.payload
        found: Mapping[str, Any] = result.payload
        return found

    def publish(self, journey: Mapping[str, Any]) -> Mapping[str, Any]:
        self.drafts.put("journey", str(journey["id"]), journey)
        return self.command(command="publish", ids=[journey["id"]])

    def walk(self) -> Walk:
        return self.walks.all()[0]

    def invocations(self, function: str = "walk") -> int:
        return self.cloud.invocations.get(function, 0)


@pytest.fixture
def booked(synthesised: Path) -> Iterator[Shop]:
    """Return a shop whose sweep is rare: days pass faster."""
    with LocalCloud.from_template(synthesised, START, rates={"SweepRule": 6 * H, "SyncRule": 24 * H}) as cloud:
        yield Shop(cloud)


def test_a_booking_made_before_the_reminder_was_published_is_reminded_of(booked: Shop) -> None:
    cloud = booked.cloud
    cloud.advance(by=H)
    (walk,) = booked.publish(REMINDER)["walks"]
    assert (walk["about"], walk["journeys"]) == ("enroll", ["reminder"])
    cloud.advance(by=10 * M)
    done = booked.walk()
    assert (done.state, done.profiles, done.looked_at, done.woken) == ("done", 4, 4, 4)
    assert done.read_units > 0
    cloud.advance(by=7 * D)
    assert [(email.at, email.to) for email in cloud.emails] == [
        (START + (2 + number) * D - 2 * H, (person.address,)) for number, person in enumerate(PEOPLE)
    ]
    assert [queue for queue in cloud.queues.values() if len(queue)] == []


def test_a_broadcast_reaches_everybody_once_though_scheduler_rings_twice_and_a_run_dies(booked: Shop) -> None:
    cloud = booked.cloud
    booked.publish(NEWS)
    cloud.kill("walk", 6, "after")
    booked.command(command="broadcast", id="news")
    walk = booked.walk()
    cloud.advance(by=5 * M)
    cloud.invoke("walk", {"walk": walk.id})
    cloud.advance(by=15 * M)
    assert booked.walk().state == "done"
    assert sorted(email.to[0] for email in cloud.emails) == sorted(person.address for person in PEOPLE)


def test_what_fell_due_in_a_pause_goes_out_minutes_after_it(booked: Shop) -> None:
    cloud = booked.cloud
    hello = {"id": "greet", "class": "transactional", "trigger": {"event": "entry_updated"}}
    booked.publish(hello | {"steps": [{"wait": "10m"}, {"send": "hello", "channel": "email"}]})
    call = shop.booking(cloud.now, "BOOKING_CREATED", PEOPLE[0], "another", START + 9 * D)
    cloud.http("POST", call.path, dict(call.headers), call.body)
    booked.command(command="pause", id="greet")
    cloud.advance(by=2 * H)
    assert cloud.emails == []
    booked.command(command="resume", id="greet", overdue="send")
    resumed = cloud.now
    cloud.advance(by=5 * M)
    (email,) = cloud.emails
    assert timedelta() < email.at - resumed <= 3 * M


def test_a_walk_whose_schedule_was_lost_is_found_by_sweep(synthesised: Path) -> None:
    with LocalCloud.from_template(synthesised, START) as cloud:
        booked = Shop(cloud)
        booked.publish(REMINDER)
        group = cloud.parts.scheduler.groups["kairos-local"]
        for name in [name for name in group if name.startswith("walk-")]:
            del group[name]
        cloud.advance(by=20 * M)
        assert (booked.walk().state, booked.walk().woken) == ("done", 4)


def test_while_no_walk_is_under_way_its_function_does_not_run(booked: Shop) -> None:
    cloud = booked.cloud
    booked.publish(REMINDER)
    cloud.advance(by=10 * M)
    before = booked.invocations()
    assert before == 1
    cloud.advance(by=5 * D)
    assert booked.invocations() == before


def test_a_dry_run_says_what_would_walk_and_changes_nothing(booked: Shop) -> None:
    booked.drafts.put("journey", "reminder", REMINDER)
    told = booked.command(command="publish", ids=["reminder"], dry=True)
    assert [walk["about"] for walk in told["walks"]] == ["enroll"]
    assert booked.command(command="walks")["walks"] == []
    booked.cloud.advance(by=10 * M)
    assert booked.invocations() == 0


def test_a_walk_is_stopped_by_the_beginning_of_its_name(booked: Shop) -> None:
    booked.publish(REMINDER)
    told = booked.command(command="stop-walk", id=booked.walk().id[:15])
    assert [walk["state"] for walk in told["walks"]] == ["stopped"]
    booked.cloud.advance(by=10 * M)
    assert booked.walk().woken == 0


def test_the_walk_function_can_read_no_contact(booked: Shop) -> None:
    cloud = booked.cloud
    with cloud.acting("walk"), pytest.raises(Exception, match="not authorized"):
        cloud.session.client("dynamodb").scan(TableName=cloud.outputs["ContactsTable"])
    assert [denial.action for denial in cloud.take_denied()] == ["dynamodb:Scan"]


def test_the_calendar_goes_on_into_the_next_year_though_nobody_publishes(synthesised: Path) -> None:
    rates = {"SweepRule": 30 * D, "SyncRule": 30 * D, "RenewRule": 100 * D}  # whatever else runs is not asked here
    with LocalCloud.from_template(synthesised, START, rates=rates) as cloud:
        shop = Shop(cloud)
        anchor = {"holiday": "Chuseok", "country": "KR"}
        feast = {"id": "feast", "class": "transactional", "anchor": anchor}
        before = shop.publish(feast | {"timeline": [{"at": "0d 09:00", "send": "hello", "channel": "email"}]})
        years = (datetime(START.year + 1, 1, 2, tzinfo=UTC) - START).days // 100 + 1
        cloud.advance(by=99 * D)
        runs = shop.invocations("publish")
        cloud.advance(by=years * 100 * D)
        assert shop.invocations("publish") == runs + years
        assert shop.command(command="renew")["release"] not in ("", before["release"])
