"""The channel `webhook`: one signed POST, under the message's id, to a server that remembers what it got."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kairos import registry
from kairos.channels._https import HttpsPost
from kairos.channels.webhook import BODY_BYTES_MAX, CHANNEL, Receivers
from kairos.domain.errors import Refused, Unavailable
from kairos.memory import MemoryConnections
from kairos.registry import Delivery, Rendered
from tests.channels.receiver import Receiver, receiving, reply

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
KEY = b"k" * 24
DELIVERY = Delivery(
    message="m" * 26,
    address="p1",
    rendered=Rendered({"to": "desk", "text": "민아님께 전화", "fields": json.dumps({"phone": "010"})}),
    marketing=False,
    sender={},
    tags={"kairos_journey": "rescue", "kairos_step": "call", "kairos_profile": "p1", "kairos_message": "m" * 26},
    at=AT,
    expires_at=AT + timedelta(hours=2),
)


@pytest.fixture
def desk() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def client(url: str, *, local: bool = True) -> Receivers:
    kept = {"url": f"{url}/in", "secrets": ["whsec_" + base64.b64encode(KEY).decode()]}
    return Receivers(MemoryConnections({("webhook", "desk"): kept}), HttpsPost(local=local))


def test_the_channel_is_found_by_its_file_name_and_may_be_repeated() -> None:
    found: registry.Channel = registry.load("channels", "webhook")
    assert (found, found.address, found.repeatable) == (CHANNEL, "", True)


def test_a_message_is_a_post_signed_under_its_own_id(desk: Receiver) -> None:
    assert CHANNEL.send(DELIVERY, client(desk.url)) == "m" * 26
    [(path, headers, body)] = desk.received
    assert (path, headers["webhook-id"], headers["webhook-timestamp"]) == ("/in", "m" * 26, str(int(AT.timestamp())))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body) == {
        "type": "message",
        "timestamp": "2026-11-22T03:00:00Z",
        "data": {
            "message": "m" * 26,
            "profile": "p1",
            "class": "transactional",
            "journey": "rescue",
            "step": "call",
            "text": "민아님께 전화",
            "fields": {"phone": "010"},
            "expires_at": "2026-11-22T05:00:00Z",
        },
    }


def test_advertising_carries_the_way_to_refuse_it(desk: Receiver) -> None:
    CHANNEL.send(replace(DELIVERY, marketing=True, unsubscribe_url="https://api.example.com/u/x"), client(desk.url))
    data = json.loads(desk.received[0][2])["data"]
    assert (data["class"], data["unsubscribe_url"]) == ("marketing", "https://api.example.com/u/x")


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        *((status, Unavailable) for status in (408, 425, 429, 500, 503)),
        *((status, Refused) for status in (301, 400, 404, 410)),
    ],
)
def test_an_answer_says_whether_asking_again_is_worth_it(desk: Receiver, status: int, raised: type[Exception]) -> None:
    desk.answer = lambda handler: reply(handler, status)
    with pytest.raises(raised) as caught:
        CHANNEL.send(DELIVERY, client(desk.url))
    assert type(caught.value) is raised
    assert len(desk.received) == 1


@pytest.mark.parametrize("to", ["", "../secret", "desk/x", "{{ x }}", "d" * 65])
def test_what_is_no_name_of_a_connection_is_refused_before_any_call(desk: Receiver, to: str) -> None:
    rendered = Rendered({**DELIVERY.rendered.parts, "to": to})
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, rendered=rendered), client(desk.url))
    assert desk.received == []


def test_a_receiver_that_nobody_connected_is_refused(desk: Receiver) -> None:
    with pytest.raises(Refused, match="no webhook is connected"):
        CHANNEL.send(DELIVERY, Receivers(MemoryConnections({}), HttpsPost(local=True)))


def test_no_message_goes_to_an_address_inside(desk: Receiver) -> None:
    with pytest.raises(Refused):
        CHANNEL.send(DELIVERY, client(desk.url, local=False))
    with pytest.raises(Refused, match="not public"):
        CHANNEL.send(DELIVERY, client(desk.url.replace("http://", "https://"), local=False))
    assert desk.received == []


def test_a_message_larger_than_any_receiver_expects_is_refused(desk: Receiver) -> None:
    rendered = Rendered({**DELIVERY.rendered.parts, "text": "x" * BODY_BYTES_MAX})
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, rendered=rendered), client(desk.url))
    assert desk.received == []


def test_a_name_that_could_be_none_is_refused_as_it_is_saved() -> None:
    assert list(CHANNEL.lint({"to": "desk", "text": "x"}, {})) == []
    assert [part for part, _ in CHANNEL.lint({"to": "{{ traits.desk }}", "text": "x"}, {})] == ["to"]
