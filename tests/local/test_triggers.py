"""What starts and ends journeys, through the deployed stack: requests, dates, signals; goals at the very last second.

Everything goes in by the track source with the secret key, or by a command of the operator, as it would in AWS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kairos.aws.codec import read_state
from kairos.aws.drafts import DynamoDrafts
from kairos.aws.walks import DynamoWalks
from kairos.cli.aws_deployment import AwsDeployment
from kairos.cli.results import to_json
from kairos.cli.results_counted import read_results
from kairos.domain.profile import Profile
from kairos.domain.walk import Walk
from kairos.local import LocalCloud
from kairos.local.demo import connect
from kairos.local.entropy import seeded
from tests.app.brands import brand, template
from tests.local.test_results import say

pytestmark = pytest.mark.xdist_group("triggers")
START = datetime(2026, 3, 2, 1, tzinfo=UTC)
S, M, H, D = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = {
    "kiri": "Pacific/Kiritimati",
    "seoul": "Asia/Seoul",
    "paris": "Europe/Paris",
    "york": "America/New_York",
    "pago": "Pacific/Pago_Pago",
}
ASKED = {
    "id": "asked",
    "class": "transactional",
    "trigger": {"api": True},
    "subject": "cart_id",
    "goal": {"event": "order_completed", "within": "7d"},
    "steps": [{"wait": "30m"}, {"send": "hello", "channel": "email"}],
}


class Shop:
    """A stack with a customer in each of five zones, and a sweep that is rare: days pass faster."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        connect(cloud)
        self.drafts = DynamoDrafts(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
        self.walks = DynamoWalks(cloud.session.client("dynamodb"), cloud.outputs["ConfigTable"])
        self.drafts.put("brand", "brand", brand())
        self.drafts.put("template", "hello", template())
        for who, zone in ZONES.items():
            say(cloud, who, "profile_updated", traits={"email": f"{who}@example.com", "timezone": zone})

    def publish(self, *journeys: Mapping[str, Any]) -> None:
        for journey in journeys:
            self.drafts.put("journey", str(journey["id"]), journey)
        self.command(command="publish", all=True)

    def command(self, **request: Any) -> Mapping[str, Any]:
        result = self.cloud.invoke("publish", request)
        assert result.ok, result.error
        assert result.payload["ok"], result.payload
        found: Mapping[str, Any] = result.payload
        return found

    def ask(self, who: str, cart: str = "c1", id: str = "m1") -> None:
        say(self.cloud, who, "journey_requested", messageId=id, properties={"journey": "asked", "cart_id": cart})

    def walk(self) -> Walk:
        return self.walks.all()[0]

    def mails(self) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = {}
        for email in self.cloud.emails:
            found.setdefault(email.to[0].partition("@")[0], []).append(email.at)
        return found

    def results(self, journey: str) -> Any:
        deployment = AwsDeployment("local", self.cloud.outputs, lambda service, **_: self.cloud.session.client(service))
        return to_json(read_results(deployment, journey, days=30))["total"]

    def profiles(self) -> list[Profile]:
        rows = self.cloud.tables["customers"]
        return [read_state(row["state"], int(row["schema"]), int(row["version"])) for row in rows]


@pytest.fixture
def shop(synthesised: Path) -> Iterator[Shop]:
    with (
        seeded("triggers"),
        LocalCloud.from_template(synthesised, START, rates={"SweepRule": 6 * H, "SyncRule": 24 * H}) as cloud,
    ):
        yield Shop(cloud)


# ---- starting --------------------------------------------------------------------------------------------------


def test_a_servers_request_starts_the_journey_once_for_each_subject(shop: Shop) -> None:
    shop.publish(ASKED)
    for cart, id in (("c1", "a"), ("c1", "a"), ("c1", "b"), ("c2", "c")):
        shop.ask("seoul", cart, id)
    shop.cloud.advance(by=H)
    assert {who: len(at) for who, at in shop.mails().items()} == {"seoul": 2}


def test_a_confirmed_broadcast_reaches_five_zones_at_ten_on_each_clock_though_a_round_dies(shop: Shop) -> None:
    at = {"at": "2026-03-10 10:00", "zone": "customer"}
    eve = {"id": "eve", "class": "transactional", "trigger": at, "steps": [{"send": "hello", "channel": "email"}]}
    shop.publish(eve)
    assert (shop.walk().state, shop.cloud.invocations.get("walk", 0)) == ("waiting", 0)
    for _ in range(2):
        shop.command(command="confirm", id=shop.walk().id)
    shop.cloud.kill("walk", 5, "after")
    shop.cloud.advance(to=datetime(2026, 3, 11, 0, tzinfo=UTC))
    assert shop.walk().state == "done"
    due = {who: [datetime(2026, 3, 10, 10, tzinfo=ZoneInfo(name)).astimezone(UTC)] for who, name in ZONES.items()}
    late = {who: [sent - due[who][0] for sent in at] for who, at in shop.mails().items()}
    assert set(late) == set(due)
    assert all(len(by) == 1 and timedelta() <= by[0] <= 10 * M for by in late.values()), late
    assert all(by == [timedelta()] for who, by in late.items() if who != "kiri"), "timers ring at the very minute"


def test_an_unconfirmed_broadcast_starts_nobody_and_is_refused_by_name(shop: Shop) -> None:
    steps = [{"send": "hello", "channel": "email"}]
    shop.publish({"id": "eve", "class": "transactional", "trigger": {"at": "2026-03-03 10:00"}, "steps": steps})
    shop.cloud.advance(by=2 * D)
    assert (shop.cloud.emails, shop.cloud.invocations.get("walk", 0)) == ([], 0)
    answer = shop.cloud.invoke("publish", {"command": "confirm", "id": shop.walk().id}).payload
    assert not answer["ok"]
    assert "nobody confirmed eve before 2026-03-03 10:00" in answer["error"]


def test_a_signal_and_named_customers_are_brought_by_a_walk(shop: Shop) -> None:
    send = {"send": "hello", "channel": "email"}
    rain = {"id": "rain", "class": "transactional", "trigger": {"event": "rain_started"}, "steps": [send]}
    shop.publish(rain, {**rain, "id": "by-hand", "trigger": {"event": "never"}})
    where = {"trait": "timezone", "eq": "Asia/Seoul"}
    for _ in range(2):
        shop.command(command="signal", id="rain_started", where=where, signal="r1", fresh_for="1h")
    shop.cloud.advance(by=5 * M)
    assert set(shop.mails()) == {"seoul"}
    paris = next(profile.id for profile in shop.profiles() if profile.traits["timezone"] == "Europe/Paris")
    shop.command(command="enter", id="by-hand", profiles=[paris])
    shop.cloud.advance(by=5 * M)
    assert {who: len(at) for who, at in shop.mails().items()} == {"seoul": 1, "paris": 1}


# ---- ending ----------------------------------------------------------------------------------------------------


def test_a_goal_one_second_before_the_message_is_due_stops_it_and_one_second_after_it_left_counts(shop: Shop) -> None:
    shop.publish(ASKED)
    for who in ("seoul", "paris"):
        shop.ask(who, who)
    shop.cloud.advance(by=30 * M - S)
    say(shop.cloud, "seoul", "order_completed", properties={"cart_id": "seoul"})
    shop.cloud.advance(by=2 * M)
    ((who, (left,)),) = shop.mails().items()
    assert who == "paris"
    shop.cloud.advance(to=max(shop.cloud.now, left + S))
    say(shop.cloud, "paris", "order_completed", properties={"cart_id": "paris"})
    say(shop.cloud, "paris", "order_completed", messageId="again", properties={"cart_id": "paris"})
    shop.cloud.advance(by=H)
    assert shop.mails() == {"paris": [left]}
    totals = shop.results("asked")
    assert (totals["entered"], totals["converted"], totals["sent"]) == (2, 2, 1)


def test_a_goal_takes_back_what_waits_in_the_outbox_for_its_turn(shop: Shop) -> None:
    shop.drafts.put("brand", "brand", brand(rates={"email": {"per_second": 0.01}}))
    shop.publish({**ASKED, "steps": [{"send": "hello", "channel": "email"}]})
    for who in ZONES:
        shop.ask(who, who)
    shop.cloud.advance(by=5 * S)
    (first,) = shop.mails()
    waiting = [message for profile in shop.profiles() for message in profile.messages.values()]
    assert len(waiting) == 4, "asked for, and in the outbox until the rate lets them go"
    for who in ZONES:
        say(shop.cloud, who, "order_completed", properties={"cart_id": who})
    shop.cloud.advance(by=3 * H)
    assert list(shop.mails()) == [first]
    assert shop.results("asked")["converted"] == 5


def test_a_conversion_after_the_journey_has_ended_is_credited_once_within_its_window(shop: Shop) -> None:
    shop.publish(ASKED)
    for who in ("seoul", "paris"):
        shop.ask(who, who)
    shop.cloud.advance(by=6 * D)
    for number in range(2):
        say(shop.cloud, "seoul", "order_completed", messageId=f"o{number}", properties={"cart_id": "seoul"})
    shop.cloud.advance(by=2 * D)
    say(shop.cloud, "paris", "order_completed", properties={"cart_id": "paris"})
    shop.cloud.advance(by=H)
    totals = shop.results("asked")
    assert (totals["sent"], totals["converted"]) == (2, 1)
