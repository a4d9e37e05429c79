"""Standard Webhooks: both kinds of signature, several at once, and every way in which a right one can be made wrong.

Asymmetric ones are made here by the private key that RFC 8032, 7.1 gives in its second test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.errors import BadSignature
from kairos.registry import Request
from kairos.sources._signature import require_webhook

NOW = datetime(2026, 10, 2, 1, 0, 0, tzinfo=UTC)
BODY = '{"type": "order.paid", "name": "김"}'.encode()
KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
)
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()


def public(key: Ed25519PrivateKey) -> str:
    return "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signed(body: bytes = BODY, at: datetime = NOW) -> bytes:
    return f"msg_1.{int(at.timestamp())}.".encode() + body


def v1(secret: str = SECRET, at: datetime = NOW) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, signed(at=at), hashlib.sha256).digest()).decode()


def v1a(key: Ed25519PrivateKey = KEY, at: datetime = NOW) -> str:
    return "v1a," + base64.b64encode(key.sign(signed(at=at))).decode()


def headers(signature: str, at: datetime = NOW) -> dict[str, str]:
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def accepts(said: Mapping[str, str], *in_force: str, body: bytes = BODY) -> bool:
    try:
        require_webhook(Request(said, body, NOW, "main", {"secrets": list(in_force)}))
    except BadSignature:
        return False
    return True


def test_a_signature_by_the_private_half_is_taken() -> None:
    assert accepts(headers(v1a()), public(KEY))
    assert accepts(headers(v1a()), public(KEY).rstrip("="))


@pytest.mark.parametrize(
    "signature",
    [
        f"{v1()} {v1a()}",
        f"v1,{'A' * 43}= {v1a()}",
        f"v1a,{'A' * 86}== {v1a()}",
        f"v2,x v1b,{v1a()[4:]} {v1a()}",
        f"v1a {v1a()}",
        f"  {v1a()}  ",
    ],
)
def test_among_several_signatures_one_that_fits_is_enough(signature: str) -> None:
    assert accepts(headers(signature), public(KEY))
    assert accepts(headers(signature), SECRET, public(OTHER), public(KEY))


def test_while_a_sender_changes_from_one_kind_to_the_other_either_is_taken() -> None:
    assert accepts(headers(v1()), public(KEY), SECRET)
    assert accepts(headers(v1a()), public(KEY), SECRET)
    assert not accepts(headers(v1a(OTHER)), public(KEY), SECRET)


def test_a_signature_is_of_the_version_that_it_names() -> None:
    assert not accepts(headers("v1," + v1a()[4:]), public(KEY))
    assert not accepts(headers("v1a," + v1()[3:]), SECRET, public(KEY))
    assert not accepts(headers("V1A," + v1a()[4:]), public(KEY))


def test_a_public_key_is_no_secret_that_everybody_knows() -> None:
    bare = public(KEY).removeprefix("whpk_")
    forged = "v1," + base64.b64encode(hmac.new(base64.b64decode(bare), signed(), hashlib.sha256).digest()).decode()
    assert not accepts(headers(forged), public(KEY))


@pytest.mark.parametrize("key", ["whpk_", "whpk_AAAA", "whpk_ ", "whpk_" + "A" * 4000, "whpk_é", "whsk_" + "A" * 43])
def test_a_key_that_is_none_proves_nothing_and_spoils_no_other(key: str) -> None:
    assert not accepts(headers(v1a()), key)
    assert accepts(headers(v1a()), key, public(KEY))


def test_every_flipped_bit_is_noticed_in_body_signature_and_id() -> None:
    said, raw = headers(v1a()), base64.b64decode(v1a()[4:])
    for index in range(len(BODY)):
        flipped = BODY[:index] + bytes([BODY[index] ^ 1]) + BODY[index + 1 :]
        assert not accepts(said, public(KEY), body=flipped)
    for index in range(len(raw)):
        for bit in range(8):
            flipped = raw[:index] + bytes([raw[index] ^ (1 << bit)]) + raw[index + 1 :]
            assert not accepts(headers("v1a," + base64.b64encode(flipped).decode()), public(KEY)), (index, bit)
    assert not accepts({**said, "webhook-id": "msg_2"}, public(KEY))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: "",
        lambda s: "v1a",
        lambda s: "v1a,",
        lambda s: f"{s},{s}",
        lambda s: f"{s}, {s[4:]}"[1:],
        lambda s: s[:-4],
        lambda s: s + "AAAA",
        lambda s: "v1a,서명",
        lambda s: "\udcff" + s,
        lambda s: s.replace(",", " "),
        lambda s: "v1a," * 3_000,
    ],
)
def test_a_spoilt_signature_is_refused(spoil: Callable[[str], str]) -> None:
    assert not accepts(headers(spoil(v1a())), public(KEY))


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed(missing: str) -> None:
    said = headers(v1a())
    del said[missing]
    assert not accepts(said, public(KEY))


@pytest.mark.parametrize("seconds, fine", [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_stamp_is_good_for_five_minutes_either_way(seconds: int, fine: bool) -> None:
    at = NOW + timedelta(seconds=seconds)
    assert accepts(headers(v1a(at=at), at), public(KEY)) is fine


@given(signature=st.text(max_size=120), key=st.text(max_size=60))
def test_no_text_at_all_makes_verification_fail_otherwise(signature: str, key: str) -> None:
    assert not accepts(headers(f"v1a,{signature}"), f"whpk_{key}", public(KEY))
