"""The channel `kakao` against a server that answers as Solapi does, over a real socket."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos import registry
from kairos.channels._https import HttpsPost
from kairos.channels._solapi import PATH, Solapi
from kairos.channels.kakao import CHANNEL
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.memory import MemoryConnections
from kairos.registry import Delivery, Rendered
from tests.channels.provider import closed_port
from tests.channels.receiver import Receiver, receiving, reply

AT = datetime(2026, 11, 22, 3, 0, 0, 123_456, tzinfo=UTC)
SECRET = "solapi-secret"
TEXT = "#{이름}님, #{시각}에 예약이 있습니다."
DELIVERY = Delivery(
    message="m" * 26,
    address="+821012345678",
    rendered=Rendered(
        {"template": "KA01TP1", "text": TEXT, "variables": json.dumps({"이름": "민아", "시각": "10:00", "링크": "x"})}
    ),
    marketing=False,
    sender={},
    tags={"kairos_profile": "p" * 26},
    at=AT,
    expires_at=AT + timedelta(hours=2),
)


def took(id: str = "M4V1", status: str = "2000") -> bytes:
    answer = {"failedMessageList": [], "groupInfo": {"groupId": "G4V1"}}
    return json.dumps(answer | {"messageList": [{"messageId": id, "statusCode": status}]}).encode()


@pytest.fixture
def solapi() -> Iterator[Receiver]:
    with receiving() as receiver:
        receiver.answer = lambda handler: reply(handler, 200, took())
        yield receiver


def client(url: str, **settings: Any) -> Solapi:
    kept = {"secrets": [SECRET, "former"], "key_id": "NCS1", "pf_id": "PF1", "url": url, **settings}
    return Solapi(MemoryConnections({("kakao", "main"): kept}), HttpsPost(local=True))


def test_the_channel_is_found_by_its_file_name_and_carries_information_only() -> None:
    found: registry.Channel = registry.load("channels", "kakao")
    assert (found, found.address, found.informational) == (CHANNEL, "phone", True)


def test_a_message_is_its_reviewed_template_and_the_variables(solapi: Receiver) -> None:
    assert CHANNEL.send(DELIVERY, client(solapi.url)) == "M4V1"
    [(path, _, body)] = solapi.received
    assert path == PATH
    [message] = json.loads(body)["messages"]
    assert message == {
        "to": "01012345678",
        "type": "ATA",
        "kakaoOptions": {
            "pfId": "PF1",
            "templateId": "KA01TP1",
            "variables": {"#{이름}": "민아", "#{시각}": "10:00", "#{링크}": "x"},
            "disableSms": True,
        },
        "customFields": {"kairos_message": "m" * 26, "kairos_profile": "p" * 26},
    }


def test_each_call_is_signed_over_its_own_date_and_salt_and_nothing_is_drawn(solapi: Receiver) -> None:
    for delivery in (DELIVERY, DELIVERY, replace(DELIVERY, at=AT + timedelta(milliseconds=1))):
        CHANNEL.send(delivery, client(solapi.url))
    signed = [headers["authorization"] for _, headers, _ in solapi.received]
    found = [
        re.fullmatch(r"HMAC-SHA256 apiKey=NCS1, date=(\S+), salt=([0-9a-f]{32}), signature=([0-9a-f]{64})", header)
        for header in signed
    ]
    dates = []
    for match in found:
        assert match
        date, salt, signature = match.groups()
        dates.append(date)
        assert hmac.new(SECRET.encode(), (date + salt).encode(), hashlib.sha256).hexdigest() == signature
        assert datetime.fromisoformat(date).tzinfo is not None
    assert dates == ["2026-11-22T03:00:00.123Z", "2026-11-22T03:00:00.123Z", "2026-11-22T03:00:00.124Z"]
    assert signed[0] == signed[1] != signed[2]


@pytest.mark.parametrize("address", ["+15550100000", "+8221234567", "01012345678", ""])
def test_only_korean_mobiles_have_kakaotalk(solapi: Receiver, address: str) -> None:
    with pytest.raises(Refused) as caught:
        CHANNEL.send(replace(DELIVERY, address=address), client(solapi.url))
    assert solapi.received == []
    assert not address or address not in str(caught.value)


def test_advertising_is_refused_whatever_was_published(solapi: Receiver) -> None:
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, marketing=True), client(solapi.url))
    assert solapi.received == []


def test_a_variable_that_nothing_fills_would_be_turned_away_by_kakao(solapi: Receiver) -> None:
    lacking = Rendered({**DELIVERY.rendered.parts, "variables": json.dumps({"이름": ""})})
    with pytest.raises(Refused, match="시각, 이름"):
        CHANNEL.send(replace(DELIVERY, rendered=lacking), client(solapi.url))
    assert solapi.received == []


@pytest.mark.parametrize(
    ("status", "body", "raised"),
    [
        (400, b'{"errorCode": "ValidationError", "errorMessage": "01012345678"}', Refused),
        (200, b'{"failedMessageList": [{"statusCode": "3104", "to": "01012345678"}], "messageList": []}', Refused),
        (200, took(status="1021"), Refused),
        (401, b'{"errorCode": "SignatureDoesNotMatch"}', Throttled),
        (402, b'{"errorCode": "NotEnoughBalance"}', Throttled),
        (403, b"no JSON", Throttled),
        (429, b"{}", Throttled),
        (302, b"", Throttled),
        (500, b"{}", Unavailable),
        (408, b"{}", Unavailable),
        (200, b"{}", Unavailable),
        (200, b"[" * 50_000, Unavailable),
        (200, b'{"messageList": [{"messageId": "bad id"}]}', Unavailable),
    ],
)
def test_every_answer_says_whether_the_message_went(
    solapi: Receiver, status: int, body: bytes, raised: type[Exception]
) -> None:
    solapi.answer = lambda handler: reply(handler, status, body)
    with pytest.raises(raised) as caught:
        CHANNEL.send(DELIVERY, client(solapi.url))
    assert type(caught.value) is raised
    assert "01012345678" not in str(caught.value)
    assert len(solapi.received) == 1, "no call is repeated unasked"


def test_a_line_that_is_cut_leaves_it_unknown() -> None:
    with pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, client(closed_port()))
    assert type(caught.value) is Unavailable


def test_an_account_that_is_not_connected_lets_the_message_wait(solapi: Receiver) -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, Solapi(MemoryConnections({}), HttpsPost(local=True)))
    cases: tuple[dict[str, Any], ...] = ({"key_id": ""}, {"secrets": []})
    for lacking in cases:
        with pytest.raises(Throttled):
            CHANNEL.send(DELIVERY, client(solapi.url, **lacking))
    assert solapi.received == []


def test_a_template_that_kakao_would_not_recognise_is_refused_as_it_is_saved() -> None:
    sound = {"template": "KA01TP1", "text": TEXT, "variables.이름": "{{ first_name }}", "variables.시각": "10"}
    assert list(CHANNEL.lint(sound, {})) == []
    assert [part for part, _ in CHANNEL.lint(sound | {"template": "{{ x }}"}, {})] == ["template"]
    assert [part for part, _ in CHANNEL.lint(sound | {"text": "가" * 1001}, {})] == ["text"]
    assert [part for part, _ in CHANNEL.lint(sound | {"text": "{{ first_name }}님"}, {})] == ["text"]
    del sound["variables.시각"]
    assert list(CHANNEL.lint(sound, {})) == [("variables", "nothing fills #{시각}")]
