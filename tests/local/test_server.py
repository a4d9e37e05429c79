"""The served cloud: the API, the page, the clock, and AWS's own API from another process."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kairos.local import LocalCloud
from kairos.local.server import LocalServer
from tests.local.conftest import START, message, post


@pytest.fixture
def server(template: dict[str, Any]) -> Iterator[tuple[LocalCloud, LocalServer]]:
    template["Outputs"]["ConnectionsPrefix"] = {"Value": "/kairos/local/connections/"}
    with LocalCloud(template, START) as cloud, LocalServer(cloud, zone="Asia/Seoul", ticking=False) as running:
        yield cloud, running


def ask(server: LocalServer, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    got = answer.status, answer.read()
    connection.close()
    return got


def test_the_apis_routes_are_served_as_they_are(server: tuple[LocalCloud, LocalServer]) -> None:
    cloud, running = server
    body = json.dumps({"messages": [message("p1", "안녕", to="x@example.com")]}).encode()
    status, answer = ask(running, "POST", "/v1/webhooks/shop%20a/main?x=%2F", body, content_type="application/json")
    assert status == 202
    event = json.loads(answer)["event"]
    assert (event["pathParameters"]["source"], event["rawQueryString"]) == ("shop a", "x=%2F")
    assert ask(running, "GET", "/nowhere")[0] == 404
    assert len(cloud.emails) == 1


def test_the_page_shows_messages_in_the_brands_zone_and_two_languages(server: tuple[LocalCloud, LocalServer]) -> None:
    cloud, running = server
    post(cloud, message("p1", "<b>봄</b>", to="x@example.com"))
    status, page = ask(running, "GET", "/")
    text = page.decode()
    assert status == 200
    assert "2026-03-01 18:00:00 KST" in text
    assert "&lt;b&gt;봄&lt;/b&gt;" in text
    assert "x@example.com" in text
    assert 'lang="en"' in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert 'lang="ko"' in ask(running, "GET", "/?lang=ko")[1].decode()
    listed = json.loads(ask(running, "GET", "/_local/outbox")[1])["messages"]
    assert [(entry["channel"], entry["outcome"]) for entry in listed] == [("email", "sent")]


def test_what_was_not_sent_is_on_the_page_with_its_reason(server: tuple[LocalCloud, LocalServer]) -> None:
    cloud, running = server
    post(cloud, say=json.dumps({"kind": "not_sent", "profile": "p9", "channel": "email", "reason": "no consent"}))
    (entry,) = json.loads(ask(running, "GET", "/_local/outbox")[1])["messages"]
    assert (entry["outcome"], entry["profile"], entry["reason"]) == ("not_sent", "p9", "no consent")


def test_the_clock_moves_by_and_to(server: tuple[LocalCloud, LocalServer]) -> None:
    cloud, running = server
    assert json.loads(ask(running, "GET", "/_local/clock")[1]) == {"now": START.isoformat()}
    assert ask(running, "POST", "/_local/clock", b'{"by": "90m"}')[0] == 200
    assert cloud.now == START + timedelta(minutes=90)
    assert ask(running, "POST", "/_local/clock", b'{"to": "2026-03-02T00:00:00+09:00"}')[0] == 200
    assert cloud.now == START + timedelta(hours=6)
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert ask(running, "POST", "/_local/clock?lang=ko", b"by=1d", **form)[0] == 303


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"{",
        b'{"by": "soon"}',
        b'{"by": 3}',
        b'{"to": "2026-03-02T00:00:00"}',
        b'{"to": "2020-01-01T00:00:00Z"}',
        b'{"by": "999999d"}',
        b'{"by": "1h", "to": "2026-03-02T00:00:00Z"}',
    ],
)
def test_a_clock_that_is_told_nonsense_says_so_and_stands_still(
    server: tuple[LocalCloud, LocalServer], body: bytes
) -> None:
    cloud, running = server
    status, answer = ask(running, "POST", "/_local/clock", body)
    assert status == 400
    assert json.loads(answer)["message"]
    assert cloud.now == START


def test_connect_sets_a_secret_where_functions_look(server: tuple[LocalCloud, LocalServer]) -> None:
    cloud, running = server
    status, _ = ask(running, "POST", "/_local/connect", b'{"source": "shopify", "connection": "main", "secret": "s3"}')
    assert status == 200
    name = "/kairos/local/connections/shopify/main"
    kept = cloud.session.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (json.loads(kept["Value"]), kept["Type"]) == ({"secrets": ["s3"]}, "SecureString")
    assert ask(running, "POST", "/_local/connect", b'{"source": "../x", "connection": "m", "secret": "s"}')[0] == 400
    assert ask(running, "POST", "/_local/connect", b'{"source": "shopify"}')[0] == 400


def test_health_tells_time_queues_and_errors(server: tuple[LocalCloud, LocalServer]) -> None:
    _, running = server
    health = json.loads(ask(running, "GET", "/_local/health")[1])
    assert (health["ok"], health["queues"]["inbox"], health["errors"]) == (True, 0, {})
    assert ask(running, "GET", "/_local/nothing")[0] == 404


def test_the_clock_runs_along_by_itself(template: dict[str, Any]) -> None:
    with LocalCloud(template, START) as cloud, LocalServer(cloud):
        ends = time.monotonic() + 10
        while cloud.now == START and time.monotonic() < ends:
            time.sleep(0.05)
        assert cloud.now > START


CLIENT = """
import boto3, json
from botocore.exceptions import ClientError
session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="ap-northeast-2")
out = {}
db, sqs, scheduler = session.client("dynamodb"), session.client("sqs"), session.client("scheduler")
out["stack"] = session.client("cloudformation").describe_stacks(StackName="Kairos-local")["Stacks"][0]["StackName"]
table = "Kairos-local-CustomersTable"
db.put_item(TableName=table, Item={"profile": {"S": "z"}, "state": {"B": b"\\x00x"}})
out["state"] = db.get_item(TableName=table, Key={"profile": {"S": "z"}})["Item"]["state"]["B"].hex()
try:
    db.put_item(TableName=table, Item={"profile": {"S": "z"}}, ConditionExpression="attribute_not_exists(profile)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD")
except db.exceptions.ConditionalCheckFailedException as error:
    out["old"] = error.response["Item"]["state"]["B"].hex()
url = sqs.get_queue_url(QueueName="kairos-local-inbox.fifo")["QueueUrl"]
body = json.dumps({"profile": "y", "note": "n", "to": "y@example.com"})
out["sequence"] = len(sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="y")["SequenceNumber"])
called = session.client("lambda").invoke(FunctionName="small-web", Payload=b'{"body": "{}"}')
out["invoked"] = json.loads(called["Payload"].read())["statusCode"]
told = json.dumps({"body": json.dumps({"raise": "x"})})
failed = session.client("lambda").invoke(FunctionName="small-web", Payload=told)
out["failed"] = failed["FunctionError"]
out["group"] = scheduler.get_schedule_group(Name="kairos-local")["Name"]
try:
    scheduler.get_schedule(Name="nope")
except scheduler.exceptions.ResourceNotFoundException:
    out["missing"] = True
session.client("sns").publish(PhoneNumber="+821012345678", Message="hi")
try:
    session.client("sns").publish(PhoneNumber="12", Message="hi")
except ClientError as error:
    out["sms"] = error.response["Error"]["Code"]
session.client("s3").put_object(Bucket="kairos-local-bucket", Key="a/b", Body=b"x")
out["s3"] = session.client("s3").get_object(Bucket="kairos-local-bucket", Key="a/b")["Body"].read().decode()
print(json.dumps(out))
"""


def test_another_process_reaches_aws_through_the_same_port(server: tuple[LocalCloud, LocalServer]) -> None:
    cloud, running = server
    environment = {**os.environ, "AWS_ENDPOINT_URL": running.url}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CLIENT)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {
        "stack": "Kairos-local",
        "state": "0078",
        "old": "0078",
        "sequence": 20,
        "invoked": 202,
        "failed": "Unhandled",
        "group": "kairos-local",
        "missing": True,
        "sms": "InvalidParameter",
        "s3": "x",
    }
    assert [email.to for email in cloud.emails] == [("y@example.com",)], "and the stack went on with it"
    assert [sms.text for sms in cloud.sms] == ["hi"]
