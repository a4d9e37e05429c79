"""The channel `push`: what each service is told, for how long, and what becomes of tokens that have died."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from kairos import registry
from kairos.channels.push import CHANNEL, PAYLOAD_BYTES_MAX, TTL_MAX, Endpoints
from kairos.domain.errors import Gone, Refused, Throttled, Unavailable
from kairos.registry import Delivery, Rendered
from tests.channels.provider import Provider, client_of, closed_port, serve

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TOKEN = "0123456789abcdef" * 4
APPLE, GOOGLE = f"apns:{TOKEN}", f"fcm:{TOKEN}:x"
APPLICATIONS = "arn:aws:sns:ap-northeast-2:123456789012:app/{platform}/kairos-prod"
DELIVERY = Delivery(
    message="m" * 26,
    address=APPLE,
    rendered=Rendered({"title": "예약", "text": "내일 10:00입니다.", "link": "https://shop.example.com/b/1"}),
    marketing=False,
    sender={},
    tags={},
    at=AT,
    expires_at=AT + timedelta(hours=2),
)


class FakeSns:
    """Makes endpoints and takes messages, or fails as told."""

    def __init__(self, error: Exception | None = None, making: Exception | None = None) -> None:
        self.error, self.making = error, making
        self.made: list[dict[str, Any]] = []
        self.published: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def create_platform_endpoint(self, **call: Any) -> Mapping[str, Any]:
        self.made.append(call)
        if self.making:
            raise self.making
        return {"EndpointArn": f"arn:endpoint/{call['Token']}"}

    def publish(self, **call: Any) -> Mapping[str, Any]:
        self.published.append(call)
        if self.error:
            raise self.error
        return {"MessageId": "sns-1"}

    def delete_endpoint(self, **call: Any) -> None:
        self.deleted.append(call["EndpointArn"])


def _answered(code: str, status: int = 400) -> ClientError:
    error: Any = {"Error": {"Code": code, "Message": TOKEN}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error, "Publish")


def _sent(delivery: Delivery, sns: FakeSns | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the payload for the device's own service, and SNS's attributes."""
    sns = sns or FakeSns()
    assert CHANNEL.send(delivery, Endpoints(sns, APPLICATIONS)) == "sns-1"
    [call] = sns.published
    [payload] = json.loads(call["Message"]).values()
    return json.loads(payload), {name: value["StringValue"] for name, value in call["MessageAttributes"].items()}


def test_the_channel_is_found_by_its_file_name() -> None:
    found: registry.Channel = registry.load("channels", "push")
    assert (found, found.address) == (CHANNEL, "push_token")


def test_an_apple_device_gets_an_alert_that_ends_with_its_meaning_and_replaces_its_copy() -> None:
    payload, attributes = _sent(DELIVERY)
    assert payload == {
        "aps": {"alert": {"body": "내일 10:00입니다.", "title": "예약"}, "sound": "default"},
        "kairos_message": "m" * 26,
        "link": "https://shop.example.com/b/1",
    }
    assert attributes == {
        "AWS.SNS.MOBILE.APNS.TTL": "7200",
        "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": "m" * 26,
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "10",
    }


def test_an_android_device_gets_what_firebase_takes() -> None:
    payload, attributes = _sent(replace(DELIVERY, address=GOOGLE, marketing=True))
    message = payload["fcmV1Message"]["message"]
    assert message["notification"] == {"body": "내일 10:00입니다.", "title": "예약"}
    assert message["data"] == {"kairos_message": "m" * 26, "link": "https://shop.example.com/b/1"}
    assert message["android"] == {"ttl": "7200s", "priority": "normal", "notification": {"tag": "m" * 26}}
    assert attributes == {"AWS.SNS.MOBILE.FCM.TTL": "7200"}


@pytest.mark.parametrize(
    ("address", "application"),
    [(APPLE, "APNS"), (f"apns_sandbox:{TOKEN}", "APNS_SANDBOX"), (GOOGLE, "GCM")],
)
def test_each_service_has_its_own_application(address: str, application: str) -> None:
    sns = FakeSns()
    CHANNEL.send(replace(DELIVERY, address=address), Endpoints(sns, APPLICATIONS))
    assert sns.made[0]["PlatformApplicationArn"] == APPLICATIONS.replace("{platform}", application)
    assert application in json.loads(sns.published[0]["Message"])


def test_an_endpoint_is_asked_for_once_while_the_container_lives() -> None:
    sns = FakeSns()
    client = Endpoints(sns, APPLICATIONS)
    for _ in range(3):
        CHANNEL.send(DELIVERY, client)
    assert (len(sns.made), len(sns.published)) == (1, 3)


@pytest.mark.parametrize(
    ("left", "seconds"), [(timedelta(seconds=1.9), "1"), (timedelta(days=90), str(int(TTL_MAX.total_seconds())))]
)
def test_a_device_that_is_off_keeps_it_no_longer_than_it_means_something(left: timedelta, seconds: str) -> None:
    _, attributes = _sent(replace(DELIVERY, expires_at=AT + left))
    assert attributes["AWS.SNS.MOBILE.APNS.TTL"] == seconds


@pytest.mark.parametrize("expires_at", [None, AT, AT - timedelta(hours=1), AT + timedelta(milliseconds=900)])
def test_what_has_no_time_left_is_not_sent_at_all(expires_at: datetime | None) -> None:
    sns = FakeSns()
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, expires_at=expires_at), Endpoints(sns, APPLICATIONS))
    assert sns.published == []


@pytest.mark.parametrize("address", [APPLE, GOOGLE])
def test_a_payload_is_4096_bytes_at_most_and_never_cut(address: str) -> None:
    base = replace(DELIVERY, address=address)
    empty, _ = _sent(replace(base, rendered=Rendered({"text": "x"})))
    room = PAYLOAD_BYTES_MAX - len(json.dumps(empty, ensure_ascii=False, separators=(",", ":")).encode()) + 1
    fits = "가" * (room // 3) + "x" * (room % 3)
    sent, _ = _sent(replace(base, rendered=Rendered({"text": fits})))
    assert fits in json.dumps(sent, ensure_ascii=False)
    sns = FakeSns()
    with pytest.raises(Refused, match="bytes"):
        CHANNEL.send(replace(base, rendered=Rendered({"text": fits + "x"})), Endpoints(sns, APPLICATIONS))
    assert sns.published == []


@pytest.mark.parametrize("link", ["javascript:alert(1)", "intent://x", "shop.example.com", "file:///etc/passwd"])
def test_a_link_that_is_no_address_of_a_page_or_an_own_app_is_refused(link: str) -> None:
    with pytest.raises(Refused):
        _sent(replace(DELIVERY, rendered=Rendered({"text": "x", "link": link})))


def test_a_link_may_lead_into_the_app() -> None:
    payload, _ = _sent(replace(DELIVERY, rendered=Rendered({"text": "x", "link": "bomnal://cart/7"})))
    assert payload["link"] == "bomnal://cart/7"


@pytest.mark.parametrize("code", ["EndpointDisabled", "EndpointDisabledException"])
def test_a_dead_token_is_dropped_and_said_to_be_dead(code: str) -> None:
    sns = FakeSns(_answered(code))
    client = Endpoints(sns, APPLICATIONS)
    with pytest.raises(Gone) as caught:
        CHANNEL.send(DELIVERY, client)
    assert sns.deleted == [f"arn:endpoint/{TOKEN}"]
    assert client.known == {}
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("address", ["", "apns:", "apns:short", "hcm:" + TOKEN, TOKEN, f"apns:{TOKEN} {TOKEN}"])
def test_what_is_no_token_is_dead_before_any_call(address: str) -> None:
    sns = FakeSns()
    with pytest.raises(Gone):
        CHANNEL.send(replace(DELIVERY, address=address), Endpoints(sns, APPLICATIONS))
    assert (sns.made, sns.published) == ([], [])


def test_a_token_that_sns_will_not_have_is_dead_too() -> None:
    with pytest.raises(Gone):
        CHANNEL.send(DELIVERY, Endpoints(FakeSns(making=_answered("InvalidParameter")), APPLICATIONS))


@pytest.mark.parametrize(
    "sns",
    [
        FakeSns(making=_answered("NotFound", 404)),  # nobody has connected the push service
        FakeSns(making=_answered("Throttled", 429)),
        FakeSns(making=ReadTimeoutError(endpoint_url="https://example.com")),  # nothing was sent: it may be tried again
        FakeSns(_answered("PlatformApplicationDisabled")),
        FakeSns(_answered("NotFound", 404)),
        FakeSns(_answered("Throttled", 429)),
    ],
)
def test_trouble_of_the_account_lets_the_message_wait(sns: FakeSns) -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, Endpoints(sns, APPLICATIONS))


def test_an_endpoint_that_somebody_deleted_is_made_again_by_the_next_try() -> None:
    sns = FakeSns()
    client = Endpoints(sns, APPLICATIONS)
    CHANNEL.send(DELIVERY, client)
    sns.error = _answered("NotFound", 404)
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, client)
    sns.error = None
    CHANNEL.send(DELIVERY, client)
    assert len(sns.made) == 2


@pytest.mark.parametrize("error", [_answered("InternalError", 500), ReadTimeoutError(endpoint_url="https://e.com")])
def test_where_sns_may_have_taken_it_nobody_says_that_it_did_not(error: Exception) -> None:
    with pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, Endpoints(FakeSns(error), APPLICATIONS))
    assert type(caught.value) is Unavailable


def test_a_real_client_repeats_no_call_whose_answer_was_lost() -> None:
    with serve(Provider(status=500)) as provider, pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, Endpoints(client_of(CHANNEL, provider.url), APPLICATIONS, {APPLE: "arn:aws:sns:::e/x"}))
    assert type(caught.value) is Unavailable
    assert len(provider.requests) == 1


def test_a_connection_that_never_stood_lets_the_message_wait() -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, Endpoints(client_of(CHANNEL, closed_port()), APPLICATIONS))


def test_a_text_that_can_never_fit_is_refused_as_it_is_saved() -> None:
    assert CHANNEL.lint({"text": "{{ first_name }}님, 안녕하세요"}, {}) == ()
    [(part, problem)] = CHANNEL.lint({"text": "가" * 2_000}, {})
    assert (part, "4096" in problem) == ("text", True)
