"""`kairos results` over the deployed stack: right to the unit, within two minutes, whatever dies on the way."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kairos.app.history import read_history
from kairos.cli.aws_deployment import AwsDeployment
from kairos.cli.results import to_json
from kairos.cli.results_counted import read_results
from kairos.cli.timing_answers import answers_of
from kairos.domain.reason import FEEDBACK
from kairos.local import LocalCloud
from kairos.local.demo import connect, publish
from kairos.local.demo_shop import SECRETS
from kairos.local.entropy import seeded

pytestmark = pytest.mark.xdist_group("results")

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BRAND = {
    "brand.yaml": "name: Harbour\ntimezone: Asia/Seoul\ncountry: KR\npolicies: []\n"
    "sender: {name: Harbour, email: hello@example.com}\n",
    "journeys/welcome.yaml": "id: welcome\nclass: marketing\ntrigger: {event: signed_up}\n"
    "goal: {event: order_completed, within: 7d}\nsteps:\n  - send: hello\n  - wait: 10m\n  - send: again\n",
    "journeys/refill.yaml": "id: refill\nclass: marketing\nanchor: {predicted: next_order, category: Coffee}\n"
    "timeline: [{at: '-3d 10:00', send: again}]\n",
    "templates/hello.yaml": "email: {subject: Hello, text: Hello}\nsms: {text: Hello}\n",
    "templates/again.yaml": "email: {subject: Again, text: Again}\n",
}


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brand")
    for name, text in BRAND.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@contextmanager
def opened(template: Path, brand: Path) -> Iterator[LocalCloud]:
    with seeded("results"), LocalCloud.from_template(template, START) as cloud:
        connect(cloud)
        publish(cloud, brand)
        yield cloud


def say(cloud: LocalCloud, who: str, event: str, **more: Any) -> None:
    key = base64.b64encode(f"{SECRETS['track/main']['secrets'][0]}:".encode()).decode()
    body = {"id": f"{who}-{event}", "messageId": f"{who}-{event}", "event": event, "profile": who, **more}
    answer = cloud.http("POST", "/v1/track", {"authorization": f"Basic {key}"}, body)
    assert answer.status < 300, answer.text


def sign_up(cloud: LocalCloud, who: str, *, consent: bool) -> None:
    say(cloud, who, "profile_updated", traits={"email": f"{who}@example.com"})
    if consent:
        say(cloud, who, "consent_given", channel="email", purpose="marketing")
    say(cloud, who, "signed_up")


def results(cloud: LocalCloud) -> dict[str, Any]:
    deployment = AwsDeployment("local", cloud.outputs, lambda service, **_: cloud.session.client(service))
    return to_json(read_results(deployment, "welcome", days=2))


def live(cloud: LocalCloud) -> None:
    """Six sign up, four with consent; messages are opened, clicked, answered; one bounces."""
    for number in range(6):
        sign_up(cloud, f"c{number}", consent=number < 4)
    cloud.advance(by=MINUTE)
    for email in cloud.emails[:3]:
        cloud.report(email, "Open", userAgent="Mozilla/5.0 (iPhone) Safari")
    for email in (cloud.emails[0], cloud.emails[0], cloud.emails[3]):
        cloud.advance(by=SECOND)
        cloud.report(email, "Open", userAgent="Mozilla/5.0")
    cloud.report(cloud.emails[0], "Click", link="https://shop.example.com/", userAgent="Mozilla/5.0 (iPhone) Safari")
    cloud.report(cloud.emails[3], "Bounce")
    say(cloud, "c1", "order_completed", properties={"products": [{"product_id": "b1", "category": "coffee"}]})
    cloud.advance(by=11 * MINUTE)


def expected(cloud: LocalCloud) -> dict[str, int]:
    """Return what must be counted, by what really left and came back, and by what the story says."""
    sent = Counter(email.subject for email in cloud.emails)
    assert (sent["Hello"], sent["Again"]) == (4, 2), "the bounced and the converted get no second one"
    return {
        "entered": 6,
        "held_out": 0,
        "asked_for": 7,  # the bounced one's second message, which `deliver` refused
        "sent": 6,
        "delivered": 6,
        "opened": 3,
        "opened_by_machines": 2,
        "clicked": 1,
        "clicked_by_machines": 0,
        "bounced": 1,
        "complained": 0,
        "held": 0,
        "converted": 1,
        "converted_in_holdout": 0,
        "exited": 6,
    }


def check(cloud: LocalCloud) -> None:
    shown = results(cloud)
    total = shown["total"]
    assert {name: total[name] for name in expected(cloud)} == expected(cloud)
    assert shown["not_sent_by_reason"]["suppressed"] == 1
    assert total["asked_for"] == total["sent"] + 1
    assert shown["exited_by_reason"] == {"finished": 5, "goal reached": 1}
    assert shown["objects_waiting"] == 0


def check_history(cloud: LocalCloud) -> None:
    """What the archive tells of each customer is what their items, none of them full, keep."""
    deployment = AwsDeployment("local", cloud.outputs, lambda service, **_: cloud.session.client(service))
    profiles = [row.state for row in deployment.scan.page(0, 1, "", 100).rows if row.state is not None]
    assert len(profiles) == 6
    for profile in profiles:
        found = read_history(deployment.archive, [profile.id], START, cloud.now)
        assert tuple(told for told in found.reasons if told.kind not in FEEDBACK) == profile.log


def check_timing(cloud: LocalCloud) -> None:
    """Who bought coffee is expected again, and how long after the welcome they bought is counted."""
    deployment = AwsDeployment("local", cloud.outputs, lambda service, **_: cloud.session.client(service))
    answers = answers_of(read_results(deployment, "welcome", days=2), None)
    assert answers.lags == {"5m": 1}
    profiles = [row.state for row in deployment.scan.page(0, 1, "", 100).rows if row.state is not None]
    assert [list(profile.categories) for profile in profiles if profile.categories] == [["coffee"]]
    assert [list(profile.moments) for profile in profiles if profile.moments] == [["refill/2026-03-02"]]


def test_what_happened_is_shown_to_the_unit_within_two_minutes(synthesised: Path, brand: Path) -> None:
    with opened(synthesised, brand) as cloud:
        live(cloud)
        cloud.advance(by=2 * MINUTE)
        check(cloud)
        shown = results(cloud)
        assert list(shown["steps"]) == ["hello-1", "again-1"]
        assert (shown["steps"]["hello-1"]["sent"], shown["steps"]["again-1"]["sent"]) == (4, 2)
        assert shown["days"]["2026-03-02"]["entered"] == 6
        check_history(cloud)
        check_timing(cloud)
        assert shown["not_sent_by_reason"]["no consent; trying sms"] == 2
        assert datetime.fromisoformat(shown["as_of"]) >= cloud.now - 2 * MINUTE


def test_each_record_reaches_the_archive_once_and_names_nobody(synthesised: Path, brand: Path) -> None:
    with opened(synthesised, brand) as cloud:
        live(cloud)
        cloud.advance(by=2 * MINUTE)
        lines = archived(cloud)
        writes = [(line["profile"], line["version"]) for line in lines if "part" in line]
        assert len(writes) == len(set(writes))
        assert "example.com" not in json.dumps([{**line, "events": _without_links(line)} for line in lines])


def _without_links(line: dict[str, Any]) -> list[dict[str, Any]]:
    """The domain of a clicked link is no one's own."""
    return [{**each, "properties": {**each.get("properties", {}), "link_domain": ""}} for each in line["events"]]


def archived(cloud: LocalCloud) -> list[dict[str, Any]]:
    from kairos.aws.archive import S3ArchiveReader

    s3, bucket = cloud.session.client("s3"), cloud.outputs["ArchiveBucket"]
    names = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    return [json.loads(line) for name in names for line in S3ArchiveReader(s3, bucket).lines(name)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tally_that_dies_at_each_of_its_calls_counts_the_same(synthesised: Path, brand: Path, when: Any) -> None:
    with opened(synthesised, brand) as cloud:
        for nth in range(1, 5):  # the object, the marks, the transaction, the newest instant
            cloud.kill("tally", nth, when, skip=nth % 2)
        live(cloud)
        cloud.advance(by=60 * MINUTE)
        check(cloud)
        assert not cloud.parts.wire.trouble.crashes, "some deaths were never met"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_decide_that_dies_at_each_of_its_calls_loses_no_count(synthesised: Path, brand: Path, when: Any) -> None:
    with opened(synthesised, brand) as cloud:
        for nth in range(1, 6):
            for skip in (0, 4, 9):
                cloud.kill("decide", nth, when, skip=skip)
        for number in range(6):
            sign_up(cloud, f"c{number}", consent=number < 4)
        cloud.advance(by=2 * 60 * MINUTE)
        total = results(cloud)["total"]
        assert (total["entered"], total["sent"], total["delivered"]) == (6, 8, 8)
        assert len(cloud.emails) == 8


def test_firehose_that_is_throttled_delays_counts_and_loses_none(synthesised: Path, brand: Path) -> None:
    with opened(synthesised, brand) as cloud:
        cloud.fault("firehose", "PutRecordBatch", n=4)
        for number in range(6):
            sign_up(cloud, f"c{number}", consent=True)
        cloud.advance(by=30 * MINUTE)
        total = results(cloud)["total"]
        assert (total["entered"], total["sent"]) == (6, 12)
        assert not cloud.queues["inbox-parked"]


def test_a_notice_given_twice_changes_nothing(synthesised: Path, brand: Path) -> None:
    with opened(synthesised, brand) as cloud:
        live(cloud)
        cloud.advance(by=2 * MINUTE)
        s3, bucket = cloud.session.client("s3"), cloud.outputs["ArchiveBucket"]
        before = results(cloud)["total"]
        for each in s3.list_objects_v2(Bucket=bucket)["Contents"]:
            cloud.parts.notices.give(bucket, each["Key"], each["Size"])
        cloud.advance(by=MINUTE)
        assert results(cloud)["total"] == before


def test_an_object_that_nobody_can_read_does_not_hold_up_the_others(synthesised: Path, brand: Path) -> None:
    with opened(synthesised, brand) as cloud:
        bucket = cloud.outputs["ArchiveBucket"]
        cloud.session.client("s3").put_object(Bucket=bucket, Key="decisions/odd.gz", Body=b"not gzip")
        cloud.parts.notices.give(bucket, "decisions/odd.gz", 8)
        live(cloud)
        cloud.advance(by=2 * MINUTE)
        assert results(cloud)["total"]["entered"] == 6
        assert results(cloud)["objects_waiting"] == 1
