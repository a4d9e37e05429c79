"""SNS: a message is believed from one topic, by a certificate of one host, and what it carries is translated.

Certificates and signatures are made here, by the algorithm that AWS documents.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.errors import BadInput, BadSignature, Rejected
from kairos.registry import Request, load
from kairos.sources._sns_proof import AGE_MAX, is_certificate_url, read_topic
from tests.sources import bodies

NOW = bodies.NOW
TOPIC = "arn:aws:sns:us-east-1:123456789012:feedback"
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
SNS = load("sources", "sns")


@cache
def key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@cache
def certificate(bits: int = 2048, days: int = 365, kind: str = "rsa") -> bytes:
    """Return a certificate that became valid the day before NOW and ends `days` after that."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    signer: Any = key(bits) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    begins = NOW - timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(signer.public_key())
    made = made.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=days))
    return made.sign(signer, SHA256()).public_bytes(Encoding.PEM)


def signed(message: Mapping[str, Any], version: str = "1", bits: int = 2048) -> dict[str, Any]:
    """Return the message as SNS would sign it."""
    message = {**message, "SignatureVersion": version}
    lines = [f"{n}\n{message[n]}\n" for n in SIGNED[message["Type"]] if message.get(n) is not None]
    algorithm = SHA1() if version == "1" else SHA256()
    made = key(bits).sign("".join(lines).encode(), padding.PKCS1v15(), algorithm)
    return message | {"Signature": b64encode(made).decode()}


def request(message: Mapping[str, Any], evidence: bytes | None = None, **settings: Any) -> Request:
    body = json.dumps(message, ensure_ascii=False).encode()
    proof = certificate() if evidence is None else evidence
    return Request({}, body, NOW, "main", {"topic": TOPIC, **settings}, evidence=proof)


def refuses(one: Request) -> bool:
    try:
        SNS.evidence(one)
        SNS.verify(one)
    except BadSignature:
        return True
    return False


def message(name: str = "ses-bounce", **changed: Any) -> dict[str, Any]:
    return bodies.body("sns", name) | changed


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("name", ["ses-bounce", "ses-delivery", "reply-stop", "subscription-confirmation"])
def test_both_versions_are_taken_with_a_subject_and_without(version: str, name: str) -> None:
    one = request(signed(message(name), version))
    assert SNS.evidence(one) == message(name)["SigningCertURL"]
    assert SNS.verify(one) is True


def test_a_subject_that_is_null_is_left_out_of_what_is_signed() -> None:
    assert not refuses(request({**signed(message("ses-delivery")), "Subject": None}))


def test_who_asks_for_version_two_gets_no_sha1() -> None:
    assert refuses(request(signed(message(), "1"), signature="2"))
    assert not refuses(request(signed(message(), "2"), signature="2"))
    assert refuses(request(signed(message(), "1") | {"SignatureVersion": "2"}))
    assert refuses(request(signed(message(), "2") | {"SignatureVersion": "3"}))


@pytest.mark.parametrize("name", SIGNED["Notification"])
def test_every_signed_line_that_is_changed_missing_or_of_another_kind_is_noticed(name: str) -> None:
    sound = signed(message())
    others: tuple[Any, ...] = (sound[name] + " ", "", [sound[name]], 7, {})
    for value in others:
        assert refuses(request({**sound, name: value})), value
    missing = {one: value for one, value in sound.items() if one != name}
    assert refuses(request(missing))


def test_every_flipped_bit_of_the_signature_is_noticed() -> None:
    sound = signed(message())
    raw = b64decode(sound["Signature"])
    for index in range(0, len(raw), 5):
        flipped = raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]
        assert refuses(request({**sound, "Signature": b64encode(flipped).decode()})), index
    for spoilt in ("", "unsigned", sound["Signature"][:-4], sound["Signature"] * 2, None, 7, "서명"):
        assert refuses(request({**sound, "Signature": spoilt}))


def test_a_message_of_another_topic_proves_nothing_though_aws_signed_it() -> None:
    theirs = "arn:aws:sns:us-east-1:210987654321:feedback"
    assert refuses(request(signed(message(TopicArn=theirs))))
    assert refuses(request(signed(message()), topic=None))
    assert refuses(request(signed(message()), topic="feedback"))


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        (NOW - AGE_MAX - timedelta(seconds=1), True),
        (NOW - timedelta(hours=1), False),
        (NOW + timedelta(minutes=4), False),
        (NOW + timedelta(minutes=6), True),
    ],
)
def test_what_is_older_than_sns_repeats_itself_for_is_refused(at: datetime, refused: bool) -> None:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert refuses(request(signed(message(Timestamp=stamp)))) is refused


@pytest.mark.parametrize(
    "evidence",
    [b"", b"no certificate", certificate()[:-60], certificate(1024), certificate(days=0), certificate(kind="ec")],
    ids=["none", "text", "cut", "short key", "ended", "another kind"],
)
def test_a_certificate_that_is_none_too_weak_or_over_proves_nothing(evidence: bytes) -> None:
    bits = 1024 if evidence == certificate(1024) else 2048
    assert refuses(request(signed(message(), bits=bits), evidence))


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-west-2.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
        "https://evil@sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com:8443/x.pem",
        "https://SNS.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com/x.txt",
        "https://sns.us-east-1.amazonaws.com/?x=.pem",
        "https://sns.us-east-1.amazonaws.com/x.pem?y",
        "https://sns.us-east-1.amazonaws.com/x.pem#y",
        "https://sns.us-east-1.amazonaws.com\\@evil.example/x.pem",
        "https://sns.us-east-1.amazonaws.com/ x.pem",
        "https://sns.us-east-1.amazonaws.com/\n.pem",
        "https://s3.amazonaws.com/bucket/sns.pem",
        "https://[",
        "",
        None,
        7,
        ["https://sns.us-east-1.amazonaws.com/x.pem"],
        "https://sns.us-east-1.amazonaws.com/" + "x" * 300 + ".pem",
    ],
)
def test_a_certificate_from_anywhere_else_is_not_even_read(url: Any) -> None:
    with pytest.raises(BadSignature, match="certificate"):
        SNS.evidence(request(signed(message()) | {"SigningCertURL": url}))


def test_the_published_rule_for_certificates(shared_data: Path) -> None:
    """AWS's own validator takes a certificate of any Region; here it must be the topic's."""
    hosts = [
        read_topic(f"arn:{p}:sns:{r}:123456789012:t").host for p, r in (("aws", "us-east-1"), ("aws-cn", "cn-north-1"))
    ]
    ran = 0
    for vector in json.loads((shared_data / "signature-vectors.json").read_text()):
        if vector["scheme"] == "sns cert url":
            taken = [is_certificate_url(vector["url"], host) for host in hosts]
            assert any(taken) == (vector["expect"] == "accept"), vector["url"]
            ran += 1
    assert ran == 7


def test_a_confirmation_is_asked_of_the_pinned_topics_host_whatever_the_message_links_to() -> None:
    sound = message("subscription-confirmation", SubscribeURL="https://evil.example/?Action=ConfirmSubscription")
    assert SNS.confirmation(request(signed(sound))) == (
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%3Afeedback&Token=2336412f37fb687f5d51e6e2425c464de2"
    )
    for token in (None, 7, "", "a&TopicArn=x", "a\n"):
        assert SNS.confirmation(request({**sound, "Token": token})) is None
    assert SNS.confirmation(request(signed(message()))) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"Type": ["Notification"]}'])
def test_bytes_that_are_no_message_are_refused(body: bytes) -> None:
    one = replace(request(message()), body=body)
    for ask in (SNS.evidence, SNS.verify):
        with pytest.raises(Rejected):
            ask(one)


def test_feedback_of_ses_becomes_what_eventbridge_would_have_made_of_it() -> None:
    for name, same in (
        ("ses-bounce", "bounce-permanent"),
        ("ses-complaint", "complaint"),
        ("ses-delivery", "delivery"),
    ):
        assert bodies.parse("sns", name) == bodies.parse("ses", same)


@pytest.mark.parametrize(
    "said", ["STOP", "stop", " Stop. ", "Opt  Out", "'UNSUBSCRIBE'!", "수신거부", "ARRÊT", "End", "revoke"]
)
def test_a_reply_of_a_word_of_refusal_stops_texts_to_that_number(said: str) -> None:
    [fact] = reply(said)
    assert [(stop.channel, stop.address, stop.purpose) for stop in fact.stops] == [("sms", "+12065550142", "all")]
    assert (fact.event.name, bodies.who(fact)) == ("consent_withdrawn", [("phone", "+12065550142")])


@pytest.mark.parametrize(
    "said", ["", "please don't stop", "stop by later?", "yes", "st op", 7, None, ["stop"], "stop" * 99]
)
def test_any_other_reply_is_nobodys_refusal(said: Any) -> None:
    assert reply(said) == ()


def reply(said: Any) -> Any:
    inner = json.loads(message("reply-stop")["Message"]) | {"messageBody": said}
    return SNS.parse(request(message("reply-stop", Message=json.dumps(inner))), trusted=True)


@given(text=st.one_of(st.text(max_size=50), st.from_regex(r"\{.{0,40}\}?")))
def test_whatever_a_message_carries_nothing_but_facts_or_a_named_problem_comes_of_it(text: str) -> None:
    with suppress(BadInput):
        assert SNS.parse(request(message(Message=text)), trusted=True) == ()
