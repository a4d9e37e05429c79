"""Parked, mended, brought back: through the deployed stack, with one message at the end of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.app.ports import Pointer
from kairos.app.redrive import Choice, Letter, Redrive, Redriven
from kairos.aws.dead_letters import SqsDeadLetters
from kairos.aws.releases import AwsReleases
from kairos.clock import SystemClock
from kairos.local import LocalCloud
from kairos.local import demo_shop as shop
from kairos.local.demo import shop_cloud
from kairos.local.demo_people import Person
from kairos.local.mail import Email
from tests.local.everyday import START

LILY = Person("lily", "릴리", email=True)


@pytest.fixture
def cloud(synthesised: Path) -> Iterator[LocalCloud]:
    with shop_cloud(json.loads(synthesised.read_text("utf-8")), START) as running:
        yield running


def redrive(cloud: LocalCloud) -> Redrive:
    out = cloud.outputs
    urls = (out["InboxUrl"], out["OutboxTransactionalUrl"], out["OutboxMarketingUrl"], out["AnnouncementsUrl"])
    return Redrive(SqsDeadLetters(cloud.session.client, out["ScheduleGroup"], *urls), SystemClock())


def welcomes(cloud: LocalCloud) -> list[Email]:
    """Return the mails of the journey that is broken here; the result of a consent is told by another."""
    return [email for email in cloud.emails if email.tags.get("kairos_journey") == "welcome"]


def bring_back(cloud: LocalCloud, *queues: str) -> Redriven:
    done = redrive(cloud).bring_back(Choice(queues) if queues else Choice())
    cloud.settle()
    return done


def look(cloud: LocalCloud) -> list[Letter]:
    return redrive(cloud).look(Choice())


def post(cloud: LocalCloud, call: shop.Call) -> None:
    assert cloud.http("POST", call.path, call.headers, call.body).status == 202


def release(cloud: LocalCloud, change: Any = None) -> Pointer:
    """Make a changed copy of the live bundle live, and return what was live before."""
    session, out = cloud.session, cloud.outputs
    releases = AwsReleases(session.client("dynamodb"), session.client("s3"), out["ConfigTable"], out["ReleasesBucket"])
    live = releases.pointer()
    assert live is not None
    bundle = json.loads(json.dumps(releases.bundle(live.release)))
    change(bundle)
    releases.point(Pointer(releases.put_bundle(bundle)), live)
    return live


def go_back(cloud: LocalCloud, to: Pointer) -> None:
    session, out = cloud.session, cloud.outputs
    releases = AwsReleases(session.client("dynamodb"), session.client("s3"), out["ConfigTable"], out["ReleasesBucket"])
    releases.point(to, releases.pointer())


def spoil(bundle: dict[str, Any]) -> None:
    """Break the welcome in a way that validation would have stopped."""
    welcome = bundle["journeys"]["welcome"]
    welcome["versions"][str(welcome["live"])]["steps"] = [{"nonsense": True}]


def test_an_event_parked_for_a_bad_definition_comes_back_when_it_is_mended_and_sends_once(cloud: LocalCloud) -> None:
    good = release(cloud, spoil)
    post(cloud, shop.customer_saved(cloud.now, LILY, new=True))
    parked = look(cloud)
    assert parked
    assert {each.queue for each in parked} == {"inbox-parked"}
    assert all(each.reason and each.stuck is None for each in parked)
    assert [each.id for each in look(cloud)] == [each.id for each in parked]

    assert bring_back(cloud).left == len(parked)  # parked just now: its own echo would be swallowed
    cloud.advance(by=timedelta(minutes=7))
    done = bring_back(cloud, "inbox-parked")  # not mended yet: it is parked again, under a new id
    assert done.brought["inbox-parked"] == len(parked)
    again = look(cloud)
    assert len(again) == len(parked)
    assert {each.id for each in again}.isdisjoint(each.id for each in parked)

    go_back(cloud, good)
    cloud.cool()
    cloud.advance(by=timedelta(minutes=7))
    assert sum(bring_back(cloud).brought.values()) == len(parked)
    assert not bring_back(cloud).brought
    cloud.advance(by=timedelta(hours=1))
    assert look(cloud) == []
    assert [email.to for email in welcomes(cloud)] == [(LILY.address,)]


def test_a_letter_that_was_sent_and_not_deleted_makes_no_second_message(cloud: LocalCloud) -> None:
    good = release(cloud, spoil)
    post(cloud, shop.customer_saved(cloud.now, LILY, new=True))
    go_back(cloud, good)
    cloud.cool()
    cloud.advance(by=timedelta(minutes=7))
    parked = len(look(cloud))
    cloud.fault("sqs", "DeleteMessageBatch", kind="unavailable")
    with pytest.raises(Exception, match="unavailable"):
        bring_back(cloud)
    cloud.advance(by=timedelta(minutes=6))
    assert len(look(cloud)) == parked
    bring_back(cloud)
    cloud.advance(by=timedelta(hours=1))
    assert look(cloud) == []
    assert len(welcomes(cloud)) == 1


def test_feedback_that_ingest_could_not_take_comes_back(cloud: LocalCloud) -> None:
    post(cloud, shop.customer_saved(cloud.now, LILY, new=True))
    cloud.advance(by=timedelta(minutes=30))
    (email,) = welcomes(cloud)
    cloud.fault("dynamodb", "PutItem", 20, "unavailable", function="ingest")
    cloud.report(email, "Bounce")
    cloud.advance(by=timedelta(minutes=10))
    (letter,) = look(cloud)
    assert (letter.queue, letter.what) == ("feedback-dlq", "Email Bounced")
    assert LILY.address not in repr(letter)
    assert bring_back(cloud, "feedback-dlq").failed  # still down
    cloud.parts.wire.trouble.faults.clear()
    assert bring_back(cloud, "feedback-dlq").brought["feedback-dlq"] == 1
    assert look(cloud) == []
    assert len(cloud.tables["suppressions"].items()) == 1


def test_alarms_messages_effects_and_notices_come_back_from_their_own_queues(cloud: LocalCloud) -> None:
    profile = "a" * 26
    message = {"profile": profile, "message": "m" * 26, "channel": "email", "marketing": True, "asks": 1}
    sent = message | {"correlation": ""}
    bodies: dict[str, Any] = {
        "schedule-dlq": {"profile": profile, "wake": "scheduler"},
        "outbox-dlq": sent,
        "effects-dlq": {"parked": {"effect": {"do": "send", **sent}, "version": 3}, "reason": "no", "group": profile},
        "stream-dlq": {
            "requestContext": {"condition": "RetryAttemptsExhausted"},
            "DDBStreamBatchInfo": {"batchSize": 3},
        },
    }
    for queue, body in bodies.items():
        cloud.session.client("sqs").send_message(QueueUrl=cloud.queues[queue].url, MessageBody=json.dumps(body))
    assert {(each.queue, each.what) for each in look(cloud)} == {
        ("schedule-dlq", "wake-up"),
        ("outbox-dlq", "message by email"),
        ("effects-dlq", "message by email"),
        ("stream-dlq", "3 writes"),
    }
    assert sum(bring_back(cloud).brought.values()) == 4
    assert look(cloud) == []
    assert (cloud.invocations["decide"], cloud.invocations["deliver"]) == (1, 1)
    assert cloud.emails == []  # nobody is asked for that message: the item does not know it


def test_what_nobody_can_read_stays_where_it_is_and_is_told(cloud: LocalCloud) -> None:
    url = cloud.queues["inbox-parked"].url
    cloud.session.client("sqs").send_message(QueueUrl=url, MessageBody="not json", MessageGroupId="g")
    (letter,) = look(cloud)
    assert letter.stuck is not None
    cloud.advance(by=timedelta(minutes=7))
    assert [each.id for each in bring_back(cloud).stuck] == [letter.id]
    assert [each.id for each in look(cloud)] == [letter.id]
