"""Messages of every other channel through every function of the stack, from what says how a customer is reached to the
provider, with exactly the permissions that are deployed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import yaml

from kairos.local import demo_shop as shop
from kairos.local.cloud import LocalCloud
from kairos.local.demo import publish
from tests.channels.receiver import Receiver, receiving, reply
from tests.channels.test_kakao import took
from tests.loop.shop import BRAND, MINUTE, PERSON, cart, is_clean, open_shop, profiles, send
from tests.sources.api_servers import SolapiServer, serving, stamp

TOKEN = "0123456789abcdef" * 4
TEMPLATES: dict[str, Any] = {
    "by-push": {
        "push": {"title": "장바구니", "text": "{{ first_name }}님, {{ total }}원", "link": "https://shop.example.com/c"}
    },
    "by-kakao": {
        "kakao": {
            "template": "KA01TP1",
            "text": "#{이름}님, #{금액}원",
            "variables": {"이름": "{{ first_name }}", "금액": "{{ total }}"},
        },
        "sms": {"text": "{{ first_name }}, {{ total }}"},
    },
    "by-webhook": {"webhook": {"to": "desk", "text": "{{ first_name }}", "fields": {"total": "{{ total }}"}}},
}


def journey(template: str) -> dict[str, Any]:
    return {
        "id": template,
        "class": "transactional",
        "trigger": {"event": "checkout_started"},
        "subject": "cart_id",
        "steps": [{"send": template}],
    }


@dataclass(frozen=True)
class Stage:
    """The stack, and the servers of others that it calls."""

    cloud: LocalCloud
    solapi: Receiver
    desk: Receiver


@pytest.fixture(scope="module")
def stage(template: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stack with a brand that sends one message by each channel, for each checkout."""
    folder = tmp_path_factory.mktemp("channels")
    files: dict[str, Any] = {"brand.yaml": yaml.safe_load((BRAND / "brand.yaml").read_text("utf-8"))}
    for name, document in TEMPLATES.items():
        files[f"templates/{name}.yaml"] = document
        files[f"journeys/{name}.yaml"] = journey(name)
    for name, document in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    with receiving() as solapi, receiving() as desk, open_shop(template) as cloud:
        solapi.answer = lambda handler: reply(handler, 200, took())
        _connect(cloud, solapi, desk)
        publish(cloud, Path(folder))
        assert send(cloud, shop.customer_saved(cloud.now, PERSON, new=True)).status == 202
        cloud.settle()
        yield Stage(cloud, solapi, desk)


def _connect(cloud: LocalCloud, solapi: Receiver, desk: Receiver) -> None:
    """Do what `kairos connect` does."""
    ssm, prefix = cloud.session.client("ssm"), cloud.outputs["ConnectionsPrefix"]
    kept = {
        "kakao/main": {"secrets": ["s"], "key_id": "NCS1", "pf_id": "PF1", "url": solapi.url},
        "webhook/desk": {"secrets": ["whsec_" + base64.b64encode(b"k" * 24).decode()], "url": f"{desk.url}/in"},
    }
    for name, settings in kept.items():
        ssm.put_parameter(Name=prefix + name, Value=json.dumps(settings), Type="SecureString")
    sns = cloud.session.client("sns")
    account = {"PlatformCredential": "{}"}
    sns.create_platform_application(Name=cloud.outputs["ConfigurationSet"], Platform="GCM", Attributes=account)


def name_phone(cloud: LocalCloud, token: str | None) -> None:
    """Let the shop's server name the customer's phone."""
    device = {"type": "android", "token": token}
    body = {"type": "identify", "traits": {"email": PERSON.address}, "context": {"device": device}}
    key = shop.SECRETS["track/main"]["secrets"][0]
    headers = {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    assert cloud.http("POST", "/v1/identify", headers, json.dumps(body).encode()).status in (200, 202)
    cloud.advance(by=MINUTE)


def check_out(cloud: LocalCloud, name: str) -> None:
    assert send(cloud, shop.checkout_started(cloud.now, cart(name))).status == 202
    cloud.advance(by=MINUTE)


def endpoints(cloud: LocalCloud) -> list[dict[str, Any]]:
    sns = cloud.session.client("sns")
    arn = cloud.outputs["PushApplications"].replace("{platform}", "GCM")
    found: list[dict[str, Any]] = sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)["Endpoints"]
    return found


def reasons(cloud: LocalCloud, kind: str, journey: str) -> list[str]:
    log = profiles(cloud)[PERSON.address].log
    return [reason.reason for reason in log if reason.kind == kind and reason.journey == journey]


def sent(cloud: LocalCloud, channel: str) -> int:
    """Return how many messages the ledger says were taken by the channel's provider."""
    rows = [row for row in cloud.tables["messages"] if row.get("state") == "sent"]
    return sum(json.loads(str(row["details"]))["channel"] == channel for row in rows)


def test_a_push_message_reaches_the_phone_that_was_named_until_its_token_dies(stage: Stage) -> None:
    cloud = stage.cloud
    check_out(cloud, "before")
    assert reasons(cloud, "not_sent", "by-push") == ["no address"]
    name_phone(cloud, TOKEN)
    assert profiles(cloud)[PERSON.address].reach["push"] is True
    check_out(cloud, "with-phone")
    [endpoint] = endpoints(cloud)
    assert endpoint["Attributes"]["Token"] == TOKEN
    assert sent(cloud, "push") == 1
    sns = cloud.session.client("sns")
    sns.set_endpoint_attributes(EndpointArn=endpoint["EndpointArn"], Attributes={"Enabled": "false"})
    check_out(cloud, "dead")
    assert endpoints(cloud) == []
    assert reasons(cloud, "not_sent", "by-push")[1:] == ["not reachable"]
    assert profiles(cloud)[PERSON.address].reach["push"] is False
    cloud.advance(by=timedelta(minutes=20))
    assert (cloud.denied, is_clean(cloud)) == ([], True)
    published = [call for call in cloud.parts.wire.calls if (call.service, call.operation) == ("sns", "Publish")]
    assert f"{PERSON.name}님, 28000원" in json.loads(published[0].params["Message"])["GCM"]


def test_alimtalk_goes_to_its_provider_and_where_that_refuses_the_text_message_goes(stage: Stage) -> None:
    cloud, before = stage.cloud, len(stage.cloud.sms)
    stage.solapi.received.clear()
    before_kakao = sent(cloud, "kakao")
    check_out(cloud, "talk")
    [message] = json.loads(stage.solapi.received[0][2])["messages"]
    assert message["kakaoOptions"]["variables"] == {"#{이름}": PERSON.name, "#{금액}": "28000"}
    assert (sent(cloud, "kakao"), len(cloud.sms)) == (before_kakao + 1, before)
    refused = b'{"failedMessageList": [{"statusCode": "3104"}], "messageList": []}'
    stage.solapi.answer = lambda handler: reply(handler, 200, refused)
    check_out(cloud, "no-talk")
    assert [sms.text for sms in cloud.sms[before:]] == [f"{PERSON.name}, 28000"]
    assert reasons(cloud, "not_sent", "by-kakao") == ["refused; trying sms"]
    assert (cloud.denied, is_clean(cloud)) == ([], True)


def test_alimtalk_that_kakao_gives_up_after_it_was_taken_becomes_a_text_message_once(stage: Stage) -> None:
    cloud, before = stage.cloud, len(stage.cloud.sms)
    stage.solapi.received.clear()
    stage.solapi.answer = lambda handler: reply(handler, 200, took())
    check_out(cloud, "taken")
    [message] = json.loads(stage.solapi.received[0][2])["messages"]
    assert len(cloud.sms) == before
    with serving(SolapiServer()) as account:
        settings = {"secrets": ["console"], "key_id": "NCS1", "api_key": "api-secret", "api_url": account.url}
        name = f"{cloud.outputs['ConnectionsPrefix']}solapi/main"
        cloud.session.client("ssm").put_parameter(Name=name, Value=json.dumps(settings), Type="SecureString")
        listed = {"messageId": "M4V1", "type": "ATA", "statusCode": "3104", "status": "COMPLETE"}
        account.objects["M4V1"] = listed | {"customFields": message["customFields"], "dateUpdated": stamp(cloud.now)}
        report = json.dumps([{"eventDataId": "E", "data": account.objects["M4V1"]}]).encode()
        for _ in range(2):
            headers = {"x-solapi-secret": sha1(b"console").hexdigest(), "content-type": "application/json"}
            assert cloud.http("POST", "/v1/webhooks/solapi/main", headers, report).status == 202
            cloud.advance(by=6 * MINUTE)
    assert [sms.text for sms in cloud.sms[before:]] == [f"{PERSON.name}, 28000"]
    assert reasons(cloud, "not_sent", "by-kakao")[-1:] == ["bounced; trying sms"]
    assert (cloud.denied, is_clean(cloud)) == ([], True)


def test_a_message_to_a_server_of_ones_own_is_asked_again_under_its_id_until_it_is_taken(stage: Stage) -> None:
    cloud = stage.cloud
    stage.desk.received.clear()
    stage.desk.answer = lambda handler: reply(handler, 503)
    check_out(cloud, "desk")
    cloud.advance(by=10 * MINUTE)
    tries = len(stage.desk.received)
    assert 2 <= tries <= 12, "the pauses grow"
    before = sent(cloud, "webhook")
    stage.desk.answer = lambda handler: reply(handler, 204)
    cloud.advance(by=timedelta(minutes=20))
    assert (len(stage.desk.received), sent(cloud, "webhook")) == (tries + 1, before + 1)
    ids = {headers["webhook-id"] for _, headers, _ in stage.desk.received}
    data = [json.loads(body)["data"] for _, _, body in stage.desk.received]
    assert (len(ids), data[0]["fields"], data[0]["text"]) == (1, {"total": "28000"}, PERSON.name)
    assert (cloud.denied, is_clean(cloud)) == ([], True)
