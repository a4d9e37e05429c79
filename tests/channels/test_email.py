"""The channel `email`: the bytes that leave, the tags that come back, and what each answer of SES means."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from kairos import registry
from kairos.channels._mime import build_email
from kairos.channels.email import CHANNEL, REFUSED, Ses
from kairos.domain.errors import Refused, Throttled, Unavailable
from kairos.registry import Channel, Delivery, Rendered
from tests.channels.provider import Provider, client_of, closed_port, serve

URL = "https://api.example.com/u/" + "Aa0_-" * 40
DELIVERY = Delivery(
    message="m" * 26,
    address="ann@example.com",
    rendered=Rendered(
        {
            "subject": "(광고) 봄 세일, 오늘 밤까지: 지금 담아 두신 상품을 절반 값에 만나 보세요 (50% off, today only)",
            "text": "안녕하세요, 봄날 상점입니다.\n",
            "html": "<html><body><p>안녕하세요</p></body></html>",
        }
    ),
    marketing=True,
    sender={"name": "봄날 상점, 서울", "email": "hello@example.com"},
    tags={"kairos_message": "m" * 26, "kairos_profile": "p" * 26},
    unsubscribe_url=URL,
    at=datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC),
)


class FakeSes:
    """Takes every call, or fails as told."""

    def __init__(self, error: Exception | None = None, answer: Mapping[str, Any] | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._error = error
        self._answer = {"MessageId": "0100-1"} if answer is None else answer

    def send_email(self, **call: Any) -> Mapping[str, Any]:
        self.calls.append(call)
        if self._error:
            raise self._error
        return self._answer


def _parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def _answered(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "Email address is not verified: ann@example.com"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendEmail")


def test_the_channel_is_found_by_its_file_name() -> None:
    found: Channel = registry.load("channels", "email")
    assert found is CHANNEL
    assert (found.name, found.address, found.reports_back) == ("email", "email", True)


def test_both_bodies_travel_the_plain_one_first() -> None:
    message = _parse(build_email(DELIVERY))
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, html = cast(list[EmailMessage], list(message.iter_parts()))
    assert plain.get_content() == "안녕하세요, 봄날 상점입니다.\r\n"
    assert "<p>안녕하세요</p>" in html.get_content()


def test_headers_in_hangul_come_back_as_written() -> None:
    message = _parse(build_email(DELIVERY))
    assert message["Subject"] == DELIVERY.rendered.parts["subject"]
    assert message["From"].addresses[0].display_name == "봄날 상점, 서울"
    assert message["From"].addresses[0].addr_spec == "hello@example.com"
    assert message["Date"].datetime == DELIVERY.at
    assert message["Message-ID"] is None


def test_no_line_is_longer_than_smtp_takes_and_all_bytes_are_ascii() -> None:
    raw = build_email(replace(DELIVERY, rendered=Rendered({**DELIVERY.rendered.parts, "text": "가" * 5_000})))
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_the_same_delivery_gives_the_same_bytes() -> None:
    assert build_email(DELIVERY) == build_email(DELIVERY)


def test_marketing_offers_the_one_click_opt_out_of_rfc_8058_on_one_line() -> None:
    raw = build_email(DELIVERY)
    assert f"List-Unsubscribe: <{URL}>\r\n".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_a_transactional_message_offers_none() -> None:
    assert b"List-Unsubscribe" not in build_email(replace(DELIVERY, marketing=False))


def test_a_message_without_html_is_plain() -> None:
    message = _parse(build_email(replace(DELIVERY, rendered=Rendered({"subject": "a", "text": "b"}))))
    assert message.get_content_type() == "text/plain"


def test_the_preheader_is_first_in_the_body_and_escaped() -> None:
    parts = {**DELIVERY.rendered.parts, "preheader": "미리 <b>보기</b>"}
    message = _parse(build_email(replace(DELIVERY, rendered=Rendered(parts))))
    html = cast(EmailMessage, list(message.iter_parts())[1]).get_content()
    assert html.index("미리 &lt;b&gt;보기&lt;/b&gt;") < html.index("안녕하세요")
    assert html.startswith("<html><body><div style=")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com, eve@example.com",
        "Ann <ann@example.com>",
        "안@example.com",
        "ann@exa mple.com",
        "ann@example",
        "a" * 320 + "@example.com",
        "ann@.com",
        "a@b@example.com, x",
    ],
)
def test_what_is_no_single_address_is_refused_before_any_call(address: str) -> None:
    client = FakeSes()
    with pytest.raises(Refused) as caught:
        CHANNEL.send(replace(DELIVERY, address=address), Ses(client, "set"))
    assert client.calls == []
    assert str(caught.value) == "email is unavailable: the message cannot be written (ValueError)"


def test_a_domain_in_hangul_is_written_in_ascii() -> None:
    client = FakeSes()
    CHANNEL.send(replace(DELIVERY, address="ann@예시.example.com"), Ses(client, "set"))
    assert client.calls[0]["Destination"] == {"ToAddresses": ["ann@xn--vv4b11d.example.com"]}


@pytest.mark.parametrize("part", ["subject"])
def test_a_newline_in_a_header_cannot_add_another(part: str) -> None:
    parts = {**DELIVERY.rendered.parts, part: "hello\r\nBcc: eve@example.com"}
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, rendered=Rendered(parts)), Ses(FakeSes(), "set"))


def test_a_newline_in_the_senders_name_cannot_add_a_header() -> None:
    sender = {"name": "shop\r\nBcc: eve@example.com", "email": "hello@example.com"}
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, sender=sender), Ses(FakeSes(), "set"))


@pytest.mark.parametrize(
    "url", ["http://example.com/u/a", "https://example.com/u/a b", "https://example.com/>,<mailto:a"]
)
def test_an_opt_out_that_is_no_https_link_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        CHANNEL.send(replace(DELIVERY, unsubscribe_url=url), Ses(FakeSes(), "set"))


def test_the_call_names_the_configuration_set_and_tags_the_message() -> None:
    client = FakeSes()
    delivery = replace(DELIVERY, tags={"kairos_message": "m1", "kairos_step": "첫 걸음.1", "kairos_journey": ""})
    assert CHANNEL.send(delivery, Ses(client, "kairos-test")) == "0100-1"
    call = client.calls[0]
    assert call["ConfigurationSetName"] == "kairos-test"
    assert call["EmailTags"] == [
        {"Name": "kairos_message", "Value": "m1"},
        {"Name": "kairos_step", "Value": "_____1"},
    ]
    assert _parse(call["Content"]["Raw"]["Data"])["To"] == "ann@example.com"


@pytest.mark.parametrize("code", sorted(REFUSED))
def test_an_answer_about_the_message_refuses_it_for_good(code: str) -> None:
    with pytest.raises(Refused) as caught:
        CHANNEL.send(DELIVERY, Ses(FakeSes(_answered(code)), "set"))
    assert "example.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("LimitExceededException", 400),
        ("AccountSuspendedException", 400),
        ("SendingPausedException", 400),
        ("MailFromDomainNotVerifiedException", 400),
        ("NotFoundException", 404),
        ("AccessDeniedException", 403),
        ("ExpiredTokenException", 403),
    ],
)
def test_an_answer_about_the_account_lets_the_message_wait(code: str, status: int) -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, Ses(FakeSes(_answered(code, status)), "set"))


@pytest.mark.parametrize(
    "error",
    [
        _answered("InternalFailure", 500),
        _answered("ServiceUnavailable", 503),
        _answered("RequestTimeout", 408),
        ReadTimeoutError(endpoint_url="https://example.com"),
        ConnectionClosedError(endpoint_url="https://example.com"),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__ + getattr(error, "operation_name", ""),
)
def test_where_ses_may_have_taken_it_nobody_says_that_it_did_not(error: Exception) -> None:
    with pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, Ses(FakeSes(error), "set"))
    assert type(caught.value) is Unavailable


def test_an_answer_without_an_id_is_unknown() -> None:
    with pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, Ses(FakeSes(answer={}), "set"))
    assert type(caught.value) is Unavailable


def test_a_real_client_posts_the_message_once() -> None:
    with serve(Provider(body=b'{"MessageId": "0100-2"}')) as provider:
        assert CHANNEL.send(DELIVERY, Ses(client_of(CHANNEL, provider.url), "set")) == "0100-2"
    [(path, body)] = provider.requests
    sent = json.loads(body)
    assert path == "/v2/email/outbound-emails"
    assert _parse(b64decode(sent["Content"]["Raw"]["Data"]))["Subject"] == DELIVERY.rendered.parts["subject"]


@pytest.mark.parametrize("status", [0, 500, 503])
def test_a_real_client_does_not_repeat_a_call_whose_outcome_is_unknown(status: int) -> None:
    with serve(Provider(status=status)) as provider, pytest.raises(Unavailable) as caught:
        CHANNEL.send(DELIVERY, Ses(client_of(CHANNEL, provider.url), "set"))
    assert type(caught.value) is Unavailable
    assert len(provider.requests) == 1


def test_a_connection_that_never_stood_lets_the_message_wait() -> None:
    with pytest.raises(Throttled):
        CHANNEL.send(DELIVERY, Ses(client_of(CHANNEL, closed_port()), "set"))


def test_what_it_asks_of_aws_is_no_more_than_sending() -> None:
    [grant] = CHANNEL.grants
    assert set(grant.actions) == {"ses:SendEmail", "ses:SendRawEmail"}
    assert all(resource.startswith("arn:{partition}:ses:") for resource in grant.resources)
