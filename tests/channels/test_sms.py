"""The channel `sms`: what SNS is told, what its answers mean, and how long a text is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from kairos import registry
from kairos.channels._sms_length import KOREAN_SMS_BYTES_MAX, Length, korean_bytes, measure
from kairos.channels.sms import CHANNEL, REFUSED
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.registry import Channel, Delivery, Rendered
from tests.channels.provider import Provider, client_of, closed_port, serve

DELIVERY = Delivery(
    message="m" * 26,
    address="+821000000000",
    rendered=Rendered({"text": "내일 10:00 예약이 있습니다."}),
    marketing=False,
    sender={"name": "봄날 상점", "email": "hello@example.com"},
    tags={},
)


class FakeSns:
    """Takes every call, or fails as told."""

    def __init__(self, error: Exception | None = None, answer: Mapping[str, Any] | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._error = error
        self._answer = {"MessageId": "sns-1"} if answer is None else answer

    def publish(self, **call: Any) -> Mapping[str, Any]:
        self.calls.append(call)
        if self._error:
            raise self._error
        return self._answer


def _answered(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "Invalid parameter: PhoneNumber +821000000000"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "Publish")


def _attributes(delivery: Delivery) -> dict[str, str]:
    client = FakeSns()
    CHANNEL.send(delivery, client)
    attributes = client.calls[0]["MessageAttributes"]
    return {name: value["StringValue"] for name, value in attributes.items()}


def test_the_channel_is_found_by_its_file_name_and_reports_nothing_back() -> None:
    found: Channel = registry.load("channels", "sms")
    assert found is CHANNEL
    assert (found.address, found.reports_back) == ("phone", False)


def test_the_text_goes_to_the_number() -> None:
    client = FakeSns()
    assert CHANNEL.send(DELIVERY, client) == "sns-1"
    assert client.calls[0]["PhoneNumber"] == "+821000000000"
    assert client.calls[0]["Message"] == "내일 10:00 예약이 있습니다."


@pytest.mark.parametrize(("marketing", "kind"), [(True, "Promotional"), (False, "Transactional")])
def test_the_class_decides_how_sns_routes_it(marketing: bool, kind: str) -> None:
    assert _attributes(replace(DELIVERY, marketing=marketing)) == {"AWS.SNS.SMS.SMSType": kind}


@pytest.mark.parametrize(
    ("sender", "attribute"),
    [
        ("BOMNAL", "AWS.SNS.SMS.SenderID"),
        ("+15550100000", "AWS.MM.SMS.OriginationNumber"),
        ("봄날", None),
        ("TWELVELETTER", None),
        ("0212345678", None),
    ],
)
def test_a_sender_is_named_as_sns_can_take_it(sender: str, attribute: str | None) -> None:
    attributes = _attributes(replace(DELIVERY, sender={"sms": sender}))
    assert attributes.get(attribute or "") == (sender if attribute else None)
    assert len(attributes) == (2 if attribute else 1)


@pytest.mark.parametrize("address", ["", "01000000000", "+82 10-0000-0000", "+0100000000", "+1" * 20, "arn:aws:sns:x"])
def test_what_is_no_e164_number_is_refused_before_any_call(address: str) -> None:
    client = FakeSns()
    with pytest.raises(Refused) as caught:
        CHANNEL.send(replace(DELIVERY, address=address), client)
    assert client.calls == []
    assert not address or address not in str(caught.value)


@pytest.mark.parametrize("text", ["", " \n", "가" * 671, "a" * 1531])
def test_an_empty_text_and_a_letter_are_refused_before_any_call(text: str) -> None:
    client = FakeSns()
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, rendered=Rendered({"text": text})), client)
    assert client.calls == []


@pytest.mark.parametrize("code", sorted(REFUSED))
def test_an_answer_about_the_number_refuses_it_for_good(code: str) -> None:
    with pytest.raises(Refused) as caught:
        CHANNEL.send(DELIVERY, FakeSns(_answered(code)))
    assert "+82" not in str(caught.value)


@pytest.mark.parametrize(("code", "status"), [("Throttled", 429), ("Throttling", 400), ("AuthorizationError", 403)])
def test_an_answer_about_the_account_lets_the_text_wait(code: str, status: int) -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, FakeSns(_answered(code, status)))


@pytest.mark.parametrize(
    "error", [_answered("InternalError", 500), ReadTimeoutError(endpoint_url="https://example.com")]
)
def test_where_sns_may_have_taken_it_nobody_says_that_it_did_not(error: Exception) -> None:
    with pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, FakeSns(error))
    assert type(caught.value) is Unavailable


def test_an_answer_without_an_id_is_unknown() -> None:
    with pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, FakeSns(answer={}))
    assert type(caught.value) is Unavailable


def test_a_real_client_posts_the_text_once() -> None:
    body = (
        b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
        b"<MessageId>sns-2</MessageId></PublishResult></PublishResponse>"
    )
    with serve(Provider(body=body)) as provider:
        assert CHANNEL.send(DELIVERY, client_of(CHANNEL, provider.url)) == "sns-2"
    [(_, posted)] = provider.requests
    assert parse_qs(posted.decode())["PhoneNumber"] == ["+821000000000"]


@pytest.mark.parametrize("status", [0, 500])
def test_a_real_client_does_not_repeat_a_call_whose_outcome_is_unknown(status: int) -> None:
    with serve(Provider(status=status)) as provider, pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, client_of(CHANNEL, provider.url))
    assert type(caught.value) is Unavailable
    assert len(provider.requests) == 1


def test_a_connection_that_never_stood_lets_the_text_wait() -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, client_of(CHANNEL, closed_port()))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", Length("GSM-7", 0, 1)),
        ("a" * 160, Length("GSM-7", 160, 1)),
        ("a" * 161, Length("GSM-7", 161, 2)),
        ("a" * 306, Length("GSM-7", 306, 2)),
        ("a" * 307, Length("GSM-7", 307, 3)),
        ("€" * 80, Length("GSM-7", 160, 1)),
        ("a" * 152 + "€" + "a" * 152, Length("GSM-7", 306, 3)),
        ("가" * 70, Length("UCS-2", 70, 1)),
        ("가" * 71, Length("UCS-2", 71, 2)),
        ("가" * 134, Length("UCS-2", 134, 2)),
        ("a" * 69 + "🌸", Length("UCS-2", 71, 2)),
        ("a" * 66 + "🌸" + "a" * 66, Length("UCS-2", 134, 3)),
        ("ç", Length("UCS-2", 1, 1)),
    ],
)
def test_a_text_is_counted_as_networks_count_it(text: str, length: Length) -> None:
    assert measure(text) == length


def test_forty_five_hangul_syllables_fill_a_korean_text() -> None:
    assert korean_bytes("가" * 45) == KOREAN_SMS_BYTES_MAX
    assert korean_bytes("(광고)a") == 7
    assert korean_bytes("똠방각하") == 8


def test_an_emoji_has_no_bytes_in_the_korean_code_page() -> None:
    with pytest.raises(UnicodeEncodeError):
        korean_bytes("봄 🌸")


KOREAN = {"country": "KR"}


def test_an_emoji_is_refused_as_it_is_saved_where_networks_would_make_it_a_question_mark() -> None:
    [(part, problem)] = CHANNEL.lint({"text": "봄 🌸 {{ name | default: '🌷' }}"}, KOREAN)
    assert (part, "🌸" in problem, "🌷" in problem) == ("text", True, False)
    assert list(CHANNEL.lint({"text": "봄 🌸"}, {"country": "US"})) == []
    assert list(CHANNEL.lint({"text": "똠방각하 {{ name }}"}, KOREAN)) == []


def test_a_text_longer_than_korean_networks_carry_is_refused_as_it_is_saved() -> None:
    assert list(CHANNEL.lint({"text": "가" * 670}, KOREAN)) == []
    [(part, bytes_)] = CHANNEL.lint({"text": "가" * 1_000 + "a"}, KOREAN)
    assert (part, "2000 bytes" in bytes_) == ("text", True)


@pytest.mark.parametrize("brand", [KOREAN, {}])
def test_a_text_of_more_segments_than_are_sent_is_refused_as_it_is_saved(brand: dict[str, str]) -> None:
    [(part, problem)] = CHANNEL.lint({"text": "가" * 671}, brand)
    assert (part, problem) == ("text", "a text goes in at most 10 segments, and this takes 11")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("가" * 45, "UCS-2, 45 units, 1 segment; SMS, 90 of 90 bytes"),
        ("가" * 45 + "a", "UCS-2, 46 units, 1 segment; LMS, 91 of 2000 bytes"),
        ("가" * 1001, "UCS-2, 1001 units, 15 segments; too long: 2002 bytes"),
        ("🌸", "UCS-2, 2 units, 1 segment; SMS, 1 of 90 bytes"),
    ],
)
def test_whoever_previews_a_korean_text_reads_its_bytes_and_its_segments(text: str, said: str) -> None:
    assert CHANNEL.measured({"text": text}, KOREAN) == said


def test_elsewhere_segments_are_all_there_is_to_say() -> None:
    assert CHANNEL.measured({"text": "a" * 161}, {}) == "GSM-7, 161 units, 2 segments"
