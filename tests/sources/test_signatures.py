"""Signatures: the published vectors, and every way in which a right one can be made wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.errors import BadSignature
from kairos.registry import Request, load
from kairos.sources._signature import require_webhook
from tests.sources import bodies

NOW = datetime(2026, 10, 2, 1, 0, 0, tzinfo=UTC)
BODY = '{"event": "invitee.created", "name": "김"}'.encode()
SECRET, OLD = "s3cret-in-force", "s3cret-before"
HEADER = {
    "shopify": "x-shopify-hmac-sha256",
    "calcom": "x-cal-signature-256",
    "calendly": "calendly-webhook-signature",
    "stripe": "stripe-signature",
    "woocommerce": "x-wc-webhook-signature",
}
STAMPED = ("calendly", "stripe")
SCHEMES = {name: name for name in ("shopify", "calendly", "stripe", "woocommerce", "cafe24")} | {"cal.com": "calcom"}


def sign(source: str, body: bytes, secret: str, at: datetime = NOW) -> str:
    """Return what the sender would write into its header."""
    return bodies.proof(source, body, secret, at)[HEADER[source]]


def request(source: str, signature: str | None, body: bytes = BODY, **settings: Any) -> Request:
    headers = {} if signature is None else {HEADER[source]: signature}
    return Request(headers, body, NOW, "main", settings or {"secrets": [SECRET, OLD]})


def refuses(source: str, one: Request) -> bool:
    try:
        load("sources", source).verify(one)
    except BadSignature:
        return True
    return False


def settings_of(vector: Any) -> dict[str, Any]:
    return {"secrets": [vector.get("public_key") or vector["secret"]]}


def test_the_published_vectors_of_standard_webhooks(shared_data: Path) -> None:
    ran = 0
    for vector in json.loads((shared_data / "signature-vectors.json").read_text()):
        if vector["scheme"] not in ("standard-webhooks", "standard-webhooks v1a", "svix"):
            continue
        headers = {name.lower(): value for name, value in vector["headers"].items()}
        received_at = datetime.fromtimestamp(vector["now"], UTC)
        one = Request(headers, vector["body"].encode(), received_at, "main", settings_of(vector))
        family = "svix" if vector["scheme"] == "svix" else "webhook"
        if vector["expect"].startswith("invalid"):
            with pytest.raises(BadSignature):
                require_webhook(one, family)
        else:
            require_webhook(one, family)
        ran += 1
    assert ran == 14


def test_the_published_vectors(shared_data: Path) -> None:
    ran = 0
    for vector in json.loads((shared_data / "signature-vectors.json").read_text()):
        if vector["scheme"] not in SCHEMES:
            continue
        received_at = datetime.fromtimestamp(vector.get("now", NOW.timestamp()), UTC)
        headers = {name.lower(): value for name, value in vector["headers"].items()}
        settings = {"secrets": vector.get("secrets_in_force") or [vector["secret"]]}
        one = Request(headers, vector.get("body", "{}").encode(), received_at, "main", settings)
        assert refuses(SCHEMES[vector["scheme"]], one) == vector["expect"].startswith("invalid"), vector["id"]
        ran += 1
    assert ran == 19


@pytest.mark.parametrize("source", HEADER)
@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_each_secret_in_force_is_accepted(source: str, secret: str) -> None:
    assert load("sources", source).verify(request(source, sign(source, BODY, secret))) is True


@pytest.mark.parametrize("source", HEADER)
def test_every_flipped_bit_of_the_body_is_noticed(source: str) -> None:
    signature = sign(source, BODY, SECRET)
    for index in range(len(BODY)):
        for bit in range(8):
            changed = BODY[:index] + bytes([BODY[index] ^ (1 << bit)]) + BODY[index + 1 :]
            assert refuses(source, request(source, signature, changed))


@pytest.mark.parametrize("source", HEADER)
def test_every_changed_character_of_the_signature_is_noticed(source: str) -> None:
    signature = sign(source, BODY, SECRET)
    for index, char in enumerate(signature):
        changed = signature[:index] + ("0" if char != "0" else "1") + signature[index + 1 :]
        assert refuses(source, request(source, changed)), (index, changed)


@pytest.mark.parametrize("source", HEADER)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: None,
        lambda s: "",
        lambda s: "   ",
        lambda s: f"{s},{s}",
        lambda s: s[:-1],
        lambda s: s + "0",
        lambda s: "서명",
        lambda s: "\udcff" + s,
        lambda s: "no-secret-provided",
        lambda s: "t=,v1=",
        lambda s: "t=99999999999999999999,v1=0",
        lambda s: "t=-1,v1=0",
        lambda s: "t=²,v1=0",
        lambda s: "," * 10_000,
    ],
)
def test_a_spoilt_signature_is_refused(source: str, spoil: Callable[[str], str | None]) -> None:
    assert refuses(source, request(source, spoil(sign(source, BODY, SECRET))))


@pytest.mark.parametrize("source", HEADER)
@pytest.mark.parametrize(
    "settings", [{"secrets": []}, {"secrets": [""]}, {"secrets": None}, {"secrets": "x"}, {"a": 1}]
)
def test_a_connection_without_a_secret_accepts_nobody(source: str, settings: dict[str, Any]) -> None:
    assert refuses(source, request(source, sign(source, BODY, ""), **settings))
    assert refuses(source, request(source, sign(source, BODY, "x"), **settings))


@given(header=st.text(max_size=200), body=st.binary(max_size=50))
@pytest.mark.parametrize("source", HEADER)
def test_no_text_at_all_makes_verification_fail_otherwise(source: str, header: str, body: bytes) -> None:
    assert refuses(source, request(source, header, body))


@pytest.mark.parametrize("source", STAMPED)
def test_a_stamp_is_good_for_five_minutes_either_way(source: str) -> None:
    for seconds, refused in ((-301, True), (-300, False), (0, False), (300, False), (301, True)):
        signature = sign(source, BODY, SECRET, NOW + timedelta(seconds=seconds))
        assert refuses(source, request(source, signature)) is refused


@pytest.mark.parametrize("source", STAMPED)
def test_a_rotation_on_their_side_shows_several_signatures(source: str) -> None:
    right = sign(source, BODY, SECRET)
    stamp, _, signature = right.partition(",")
    assert not refuses(source, request(source, f"{stamp},v1={'0' * 64},{signature}"))


def test_the_secret_of_stripe_is_its_whole_text() -> None:
    text = "whsec_" + "QUJD" * 8
    assert not refuses("stripe", request("stripe", sign("stripe", BODY, text), secrets=[text]))
    assert refuses("stripe", request("stripe", sign("stripe", BODY, "ABC" * 8), secrets=[text]))


@pytest.mark.parametrize("copied", ['it\'s <"&"> ours &copy', "it&#039;s &lt;&quot;&amp;&quot;&gt; ours &copy"])
def test_a_woocommerce_secret_may_be_copied_as_shown_or_as_stored(copied: str) -> None:
    signature = sign("woocommerce", BODY, 'it\'s <"&"> ours &copy')
    assert not refuses("woocommerce", request("woocommerce", signature, secrets=[copied]))


def test_the_ping_of_woocommerce_is_heard_and_proves_nothing() -> None:
    woocommerce = load("sources", "woocommerce")
    ping = Request({}, b"webhook_id=142", NOW, "main", {"secrets": [SECRET]})
    assert woocommerce.verify(ping) is False
    assert woocommerce.parse(ping, trusted=False) == ()
    for body in (b"webhook_id=142&order=1", b"webhook_id=", b" webhook_id=1", b"webhook_id=1\n", b"{}", b""):
        assert refuses("woocommerce", Request({}, body, NOW, "main", {"secrets": [SECRET]})), body


def cafe24(key: str | None, body: bytes = BODY, **settings: Any) -> Request:
    headers = {} if key is None else {"x-api-key": key}
    return Request(headers, body, NOW, "main", settings or {"secrets": [SECRET, OLD]})


def test_the_key_of_cafe24_opens_the_door_and_earns_no_trust() -> None:
    for key in (SECRET, OLD):
        assert load("sources", "cafe24").verify(cafe24(key)) is False


@pytest.mark.parametrize("key", [None, "", " ", SECRET[:-1], SECRET + "0", f"{SECRET},{SECRET}", "서명", "\udcff"])
def test_a_wrong_key_of_cafe24_is_refused(key: str | None) -> None:
    assert refuses("cafe24", cafe24(key))
    assert refuses("cafe24", cafe24(key, secrets=[]))


def test_a_webhook_of_another_mall_is_refused_though_the_app_has_one_key() -> None:
    for mall, refused in (("bomnal", False), ("other", True)):
        body = json.dumps({"resource": {"mall_id": mall}}).encode()
        assert refuses("cafe24", cafe24(SECRET, body, secrets=[SECRET], mall="bomnal")) is refused


def test_a_webhook_of_another_shop_is_refused() -> None:
    signature = sign("shopify", BODY, SECRET)
    headers = {HEADER["shopify"]: signature, "x-shopify-topic": "orders/paid", "x-shopify-webhook-id": "1"}
    settings = {"secrets": [SECRET], "shop": "mine.myshopify.com"}
    for shop, refused in (("mine.myshopify.com", False), ("other.myshopify.com", True), ("", True)):
        one = Request({**headers, "x-shopify-shop-domain": shop}, BODY, NOW, "main", settings)
        assert refuses("shopify", one) is refused


def test_the_two_header_families_of_shopify_cannot_be_mixed() -> None:
    signature = sign("shopify", BODY, SECRET)
    new = {"shopify-hmac-sha256": signature, "x-shopify-topic": "orders/paid"}
    assert not refuses("shopify", Request(new, BODY, NOW, "main", {"secrets": [SECRET]}))
    with pytest.raises(Exception, match="shopify-topic"):
        load("sources", "shopify").parse(Request(new, BODY, NOW, "main"), trusted=True)


def test_ses_is_refused_over_http() -> None:
    assert refuses("ses", Request({}, b"{}", NOW, "main", {"secrets": [SECRET]}))
