"""Certificates are read once, confirmations are asked for, and what cannot be had is answered for what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from kairos.app.http import HttpAnswer, HttpRequest
from kairos.app.ingest.evidence import CERTIFICATES_MAX, Evidence
from kairos.app.ingest.front import handle
from kairos.domain.errors import Refused, Unavailable
from kairos.sources._pulling import Answer
from tests.app.intake import NOW, Station
from tests.sources.test_sns import TOPIC, certificate, message, signed


class Sns:
    """The host of a topic's Region: what was asked of it, and how it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer | Exception = Answer(200, {}, certificate())

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 0
    ) -> Answer:
        assert (method, body, dict(headers)) == ("GET", b"", {})
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def sns() -> Sns:
    return Sns()


def send(sns: Sns, body: Any, *, evidence: bool = True, stations: list[Station] | None = None) -> HttpAnswer:
    station = stations[0] if stations else Station()
    station.connections.known["sns", "main"] = {"topic": TOPIC}
    if station.ingest.evidence is None and evidence:
        station.ingest.evidence = Evidence(lambda: sns)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return handle(station.ingest, HttpRequest("POST", "/v1/webhooks/sns/main", {}, raw, NOW))


def test_feedback_is_taken_and_the_stop_written_by_a_certificate_that_is_read_once(sns: Sns) -> None:
    station = Station()
    for _ in range(3):
        assert send(sns, signed(message("ses-bounce")), stations=[station]).status == 202
    assert sns.asked == [message()["SigningCertURL"]]
    assert [event.name for event in station.events()][:1] == ["message_bounced"]
    assert station.journal.calls.index("suppressions") < station.journal.calls.index("inbox")


def test_a_subscription_is_confirmed_where_its_message_is_proven_and_nowhere_else(sns: Sns) -> None:
    sound = signed(message("subscription-confirmation"))
    assert send(sns, sound).status == 200
    assert [url.partition("?")[0] for url in sns.asked] == [
        sound["SigningCertURL"],
        "https://sns.us-east-1.amazonaws.com/",
    ]
    sns.asked.clear()
    assert send(sns, {**sound, "Message": "another"}).status == 401
    theirs = signed(message("subscription-confirmation", TopicArn=TOPIC.replace("1234", "4321")))
    assert send(sns, theirs).status == 401
    assert [url for url in sns.asked if "Action" in url] == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(404), 503),
        (Answer(302, {"location": "https://evil.example/x.pem"}), 503),
        (Answer(200, {}, b"<html>"), 401),
        (Answer(503), 503),
        (Answer(429), 503),
        (Unavailable("source", "TimeoutError"), 503),
        (Refused("source", "the URL leads to an address that is not public"), 401),
    ],
)
def test_a_certificate_that_cannot_be_had_now_is_asked_for_again_and_one_that_is_none_refuses(
    sns: Sns, answer: Any, status: int
) -> None:
    sns.answer = answer
    assert send(sns, signed(message())).status == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"Type": "Notification"}'])
def test_whatever_a_stranger_sends_nothing_is_asked_for_it(sns: Sns, body: bytes) -> None:
    assert send(sns, body).status in (400, 401)
    assert send(sns, message() | {"SigningCertURL": "https://evil.example/x.pem"}).status == 401
    assert sns.asked == []


def test_where_nothing_is_read_nothing_is_believed(sns: Sns) -> None:
    assert send(sns, signed(message()), evidence=False).status == 401


def test_no_more_certificates_are_kept_than_anybody_needs(sns: Sns) -> None:
    evidence = Evidence(lambda: sns)
    for number in range(CERTIFICATES_MAX + 1):
        evidence.of(f"https://sns.us-east-1.amazonaws.com/{number}.pem")
    evidence.of("https://sns.us-east-1.amazonaws.com/8.pem")
    assert len(sns.asked) == CERTIFICATES_MAX + 1
    evidence.of("https://sns.us-east-1.amazonaws.com/0.pem")
    assert len(sns.asked) == CERTIFICATES_MAX + 2


def test_what_could_not_be_had_is_asked_for_again(sns: Sns) -> None:
    evidence, sns.answer = Evidence(lambda: sns), Answer(403)
    with pytest.raises(Unavailable):
        evidence.of("https://sns.us-east-1.amazonaws.com/x.pem")
    sns.answer = Answer(200, {}, b"pem")
    assert evidence.of("https://sns.us-east-1.amazonaws.com/x.pem") == b"pem"
