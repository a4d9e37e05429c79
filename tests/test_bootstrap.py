"""Each function is built from its environment alone, once, and carries no more than it needs."""

from __future__ import annotations

import gzip
import importlib
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from kairos import bootstrap
from kairos.app.ports import Figure
from kairos.aws.codec import write_effects
from kairos.aws.customers import DynamoCustomers
from kairos.aws.insights import DynamoInsights
from kairos.domain.effects import Arm, Send
from kairos.domain.profile import Profile
from kairos.settings import FUNCTIONS, MissingSettings, Settings, variables
from tests.aws.cloud import REGION, Cloud

HEAVY = ("pydantic", "yaml", "typer", "rich", "boto3", "moto", "liquid", "cryptography")
BUILDERS = [kind.function for kind in FUNCTIONS]
PROFILE = "k3nyq7bxw2k3nyq7bxw2k3nyq7"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        yield Cloud()


@pytest.fixture
def environment(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Return the environment of a whole stage, in which bootstrap starts afresh."""
    inbox, archive = cloud.queue(fifo=True), cloud.bucket()
    values = {f"KAIROS_{kind.upper()}_TABLE": cloud.table(kind) for kind in ("customers", "config", "messages")}
    values |= {f"KAIROS_{kind.upper()}_TABLE": cloud.table(kind) for kind in ("identities", "contacts", "suppressions")}
    values |= {
        "KAIROS_STAGE": "dev",
        "KAIROS_ARCHIVE_STREAM": cloud.stream(archive),
        "KAIROS_ARCHIVE_BUCKET": archive,
        "KAIROS_INSIGHTS_TABLE": cloud.table("insights"),
        "KAIROS_BOARD_TABLE": cloud.table("board"),
        "KAIROS_CONSENTS_TABLE": cloud.table("consents"),
        "KAIROS_RELEASES_BUCKET": cloud.bucket(),
        "KAIROS_INBOX_URL": inbox,
        "KAIROS_INBOX_ARN": "arn:aws:sqs:eu-west-1:123456789012:inbox.fifo",
        "KAIROS_PARKED_URL": cloud.queue(fifo=True),
        "KAIROS_WALK_INBOX_URL": cloud.queue(fifo=True),
        "KAIROS_WALK_ARN": "arn:aws:lambda:eu-west-1:123456789012:function:kairos-dev-walk",
        "KAIROS_WALK_ROLE_ARN": "arn:aws:iam::123456789012:role/call",
        "KAIROS_OUTBOX_TRANSACTIONAL_URL": cloud.queue(),
        "KAIROS_OUTBOX_MARKETING_URL": cloud.queue(),
        "KAIROS_ANNOUNCEMENTS_URL": cloud.queue(),
        "KAIROS_ANNOUNCEMENTS_SOURCE": "a-mapping",
        "KAIROS_EFFECTS_DLQ_URL": cloud.queue(),
        "KAIROS_SCHEDULE_GROUP": cloud.group(),
        "KAIROS_SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/ring",
        "KAIROS_SCHEDULE_DLQ_ARN": "arn:aws:sqs:eu-west-1:123456789012:schedule-dlq",
        "KAIROS_IDENTITY_SECRET_ARN": cloud.secret("x" * 64),
        "KAIROS_CONNECTIONS_PREFIX": "/kairos/dev/connections/",
        "KAIROS_CONFIGURATION_SET": "kairos-dev",
        "KAIROS_PUBLISH_FUNCTION": "kairos-dev-publish",
        "KAIROS_SYNC_FUNCTION": "kairos-dev-sync",
        "KAIROS_PUSH_APPLICATIONS": "arn:aws:sns:us-east-1:123456789012:app/{platform}/kairos-dev",
        "KAIROS_PUBLIC_URL": "https://example.com",
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_METRICS_NAMESPACE": "Kairos",
        "POWERTOOLS_SERVICE_NAME": "kairos-test",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    forget()
    yield values
    forget()


def forget() -> None:
    """Forget what bootstrap has built, as the end of a container does."""
    for built in vars(bootstrap).values():
        if hasattr(built, "cache_clear") and built.__module__ == bootstrap.__name__:
            built.cache_clear()


def handler(name: str) -> Any:
    """Return the handler of a function, bound to the bootstrap that `environment` has started afresh.

    A local cloud in the same process gives each function modules of its own, and must leave none behind in this one.
    """
    module: Any = importlib.import_module(f"functions.{name}")
    setattr(module, name, getattr(bootstrap, name))
    return module.handler


@pytest.mark.parametrize("kind", FUNCTIONS, ids=BUILDERS)
def test_a_function_is_built_once_from_its_own_variables_alone(
    kind: type[Settings], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in environment:
        if name.startswith("KAIROS_") and name not in variables(kind).values():
            monkeypatch.delenv(name)
    build = getattr(bootstrap, kind.function)
    assert build() is build()


@pytest.mark.parametrize("kind", FUNCTIONS, ids=BUILDERS)
def test_a_function_without_its_variables_names_them_all(
    kind: type[Settings], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables(kind).values():
        monkeypatch.delenv(name)
    with pytest.raises(MissingSettings) as caught:
        getattr(bootstrap, kind.function)()
    assert set(caught.value.names) == set(variables(kind).values())


def _imported_by(code: str) -> set[str]:
    script = f"import sys; sys.path[:0] = {sys.path!r}\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("name", ["ingest", "decide", "dispatch", "deliver", "sweep", "walk", "preferences"])
def test_a_hot_function_starts_without_what_it_does_not_need(name: str, environment: dict[str, str]) -> None:
    allowed = {"liquid"} if name == "deliver" else set()
    loaded = _imported_by(f"import functions.{name}, kairos.bootstrap; kairos.bootstrap.{name}()")
    assert loaded & set(HEAVY) <= allowed


def test_importing_bootstrap_reads_and_makes_nothing() -> None:
    assert "botocore" not in _imported_by("import kairos.bootstrap")


def _sqs_record(number: int, body: str, group: str = PROFILE) -> dict[str, Any]:
    attributes = {"SequenceNumber": str(10**19 + number), "MessageGroupId": group}
    arn = "arn:aws:sqs:eu-west-1:123456789012:inbox.fifo"
    return {"messageId": f"r{number}", "body": body, "attributes": attributes, "eventSourceARN": arn}


def _event_body(id: str) -> str:
    at = "2026-11-22T04:10:00Z"
    event = {"id": id, "event": "cart_updated", "profile": PROFILE, "occurred_at": at, "received_at": at}
    return json.dumps({"profile": PROFILE, "events": [event], "correlation": "c1"})


def test_decide_applies_a_batch_once_and_parks_what_it_cannot_read(environment: dict[str, str], cloud: Cloud) -> None:
    batch = {"Records": [_sqs_record(1, _event_body("e1")), _sqs_record(2, "{"), _sqs_record(3, _event_body("e2"))]}
    for _ in range(2):
        assert handler("decide")(batch, None) == {"batchItemFailures": []}
    customers = DynamoCustomers(cloud.client("dynamodb"), environment["KAIROS_CUSTOMERS_TABLE"])
    profile = customers.read(PROFILE)
    assert profile is not None
    assert (profile.version, list(profile.sequences.values())) == (1, [str(10**19 + 3)])
    assert [parked["parked"] for parked in cloud.bodies(environment["KAIROS_PARKED_URL"])] == [{"body": "{"}]


def test_tally_counts_what_decide_archived_once_and_leaves_what_is_no_object(
    environment: dict[str, str], cloud: Cloud
) -> None:
    bucket, s3 = environment["KAIROS_ARCHIVE_BUCKET"], cloud.client("s3")
    said = {"kind": "entered", "journey": "welcome"}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    line = {"profile": PROFILE, "version": 1, "part": 0, "at": now, "day": now[:10], "reasons": [said]}
    s3.put_object(Bucket=bucket, Key="decisions/a b.gz", Body=gzip.compress(json.dumps(line).encode()))
    s3.put_object(Bucket=bucket, Key="decisions/plain", Body=b"plain")
    records = [_notice("decisions/a+b.gz", 1), _notice("decisions/plain", 2), {"messageId": "r3", "body": "{"}]
    for _ in range(2):
        answer = handler("tally")({"Records": records}, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "r2"}, {"itemIdentifier": "r3"}]}
    insights = DynamoInsights(cloud.client("dynamodb"), environment["KAIROS_INSIGHTS_TABLE"])
    assert insights.figures("welcome", now[:10], now[:10]) == {Figure("welcome", now[:10], "", "entered"): 1}


def _notice(key: str, number: int) -> dict[str, Any]:
    return {"messageId": f"r{number}", "body": json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})}


def test_decide_hands_back_a_group_whose_item_it_may_not_touch(environment: dict[str, str], cloud: Cloud) -> None:
    table = environment["KAIROS_CUSTOMERS_TABLE"]
    DynamoCustomers(cloud.client("dynamodb"), table).write(
        Profile(PROFILE, datetime(2026, 11, 1, tzinfo=UTC)), [], None, None
    )
    (item,) = cloud.items(table)
    cloud.client("dynamodb").put_item(TableName=table, Item={**item, "schema": {"N": "99"}})
    other = json.dumps({"profile": "other", "wake": "sweep"})
    records = [_sqs_record(1, _event_body("e1")), _sqs_record(2, other, "other"), _sqs_record(3, _event_body("e2"))]
    answer = handler("decide")({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "r1"}, {"itemIdentifier": "r3"}]}


def _stream_record(number: int, *effects: Arm | Send) -> dict[str, Any]:
    image = {"version": {"N": "1"}, "effects": {"B": b64encode(write_effects(effects, 1)).decode()}}
    return {"dynamodb": {"Keys": {"profile": {"S": PROFILE}}, "SequenceNumber": str(number), "NewImage": image}}


def test_dispatch_fills_outboxes_arms_alarms_and_rings_the_inbox(environment: dict[str, str], cloud: Cloud) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    effects: list[Arm | Send] = [
        Arm(PROFILE, now + timedelta(hours=3)),
        Arm(PROFILE, now - timedelta(hours=3)),
        Send(PROFILE, "m1", "email", True, 1, "c1"),
        Send(PROFILE, "m2", "email", False, 1, "c1"),
    ]
    assert handler("dispatch")({"Records": [_stream_record(1, *effects)]}, None) == {"batchItemFailures": []}
    assert [body["message"] for body in cloud.bodies(environment["KAIROS_OUTBOX_MARKETING_URL"])] == ["m1"]
    assert [body["message"] for body in cloud.bodies(environment["KAIROS_OUTBOX_TRANSACTIONAL_URL"])] == ["m2"]
    assert [body["wake"] for body in cloud.bodies(environment["KAIROS_INBOX_URL"])] == ["dispatch"]
    schedules = cloud.client("scheduler").list_schedules(GroupName=environment["KAIROS_SCHEDULE_GROUP"])["Schedules"]
    assert [each["Name"] for each in schedules] == [f"{PROFILE}-{now + timedelta(hours=3):%Y%m%d%H%M}"]


def test_dispatch_parks_a_send_whose_outbox_is_gone_and_fails_where_it_cannot(
    environment: dict[str, str], cloud: Cloud
) -> None:
    records = [_stream_record(1), _stream_record(2, Send(PROFILE, "m1", "email", True, 1))]
    cloud.client("sqs").delete_queue(QueueUrl=environment["KAIROS_OUTBOX_MARKETING_URL"])
    assert handler("dispatch")({"Records": records}, None) == {"batchItemFailures": []}
    (parked,) = cloud.bodies(environment["KAIROS_EFFECTS_DLQ_URL"])
    assert (parked["parked"]["effect"]["message"], parked["group"]) == ("m1", PROFILE)
    cloud.client("sqs").delete_queue(QueueUrl=environment["KAIROS_EFFECTS_DLQ_URL"])
    with pytest.raises(ClientError):
        handler("dispatch")({"Records": records}, None)


def test_sweep_wakes_arms_and_remembers(environment: dict[str, str], cloud: Cloud) -> None:
    customers = DynamoCustomers(cloud.client("dynamodb"), environment["KAIROS_CUSTOMERS_TABLE"])
    now = datetime.now(UTC)
    customers.write(Profile(PROFILE, now), [], now - timedelta(hours=1), None)
    customers.write(Profile("near", now), [], now + timedelta(hours=3), None)
    expected = {"woken": 1, "armed": 1, "finished": True, "refused": 0}
    assert handler("sweep")({}, None) == expected
    assert [body["wake"] for body in cloud.bodies(environment["KAIROS_INBOX_URL"])] == ["sweep"]
    assert {item["kind"]["S"] for item in cloud.items(environment["KAIROS_CONFIG_TABLE"])} == {"cursor"}
    assert handler("sweep")({}, None) == {**expected, "armed": 0}
