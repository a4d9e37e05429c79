"""Bodies of our own, of the shapes that sources send, and how each would arrive.

Whatever is personal in them contains the word "planted" or the digits of a planted phone, so that a test can search for
it wherever it must not be.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from kairos.domain.event import event_to_json
from kairos.registry import Parsed, Request, Source, load

FOLDER = Path(__file__).resolve().parents[1] / "payloads"
NOW = datetime(2026, 10, 2, 1, 0, 30, tzinfo=UTC)
MARKS = ("planted", "5550-0199", "55500199", "5550-0142", "55500142", "5500143")


def names(source: str) -> list[str]:
    """Return the recorded bodies of a source, by file name without the ending."""
    return sorted(path.stem for path in (FOLDER / source).glob("*.json"))


def all_names() -> list[tuple[str, str]]:
    """Return (source, name) of every recorded body."""
    return [(folder.name, name) for folder in sorted(FOLDER.iterdir()) for name in names(folder.name)]


def sent_names() -> list[tuple[str, str]]:
    """Return those that arrive as webhooks: what is only read, nobody sends."""
    return [(source, name) for source, name in all_names() if getattr(load("sources", source), "listens", True)]


def body(source: str, name: str) -> dict[str, Any]:
    """Return one recorded body."""
    loaded: dict[str, Any] = json.loads((FOLDER / source / f"{name}.json").read_text())
    return loaded


def topic_headers(source: str, name: str) -> dict[str, str]:
    """Return the headers that say what a body is, where the body does not: its topic is its file's name."""
    what = name.split("-")
    if source == "woocommerce":
        return {"x-wc-webhook-topic": what[0], "x-wc-webhook-delivery-id": "w-1"}
    if source != "shopify":
        return {}
    topic = f"{what[0]}/{what[1]}"
    return {"x-shopify-topic": topic, "x-shopify-shop-domain": "shop.example.com", "x-shopify-webhook-id": "w-1"}


def proof(source: str, raw: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers in which a webhook's sender proves a body, as it is sent at an instant."""
    if source == "imports":
        return webhook(raw, secret, at)
    key, stamp = secret.encode(), str(int(at.timestamp()))
    plain, stamped = hmac.new(key, raw, sha256), hmac.new(key, stamp.encode() + b"." + raw, sha256)
    text = b64encode(plain.digest()).decode()
    return {
        "shopify": {"x-shopify-hmac-sha256": text},
        "woocommerce": {"x-wc-webhook-signature": text},
        "calcom": {"x-cal-signature-256": plain.hexdigest()},
        "calendly": {"calendly-webhook-signature": f"t={stamp},v1={stamped.hexdigest()}"},
        "stripe": {"stripe-signature": f"t={stamp},v1={stamped.hexdigest()}"},
        "cafe24": {"x-api-key": secret, "x-trace-id": "trace-1"},
        "solapi": {"x-solapi-secret": sha1(key, usedforsecurity=False).hexdigest()},
    }[source]


def webhook(raw: bytes, secret: str, at: datetime, family: str = "webhook") -> dict[str, str]:
    """Return the headers of Standard Webhooks; `secret` is `whsec_` and base64."""
    stamp = str(int(at.timestamp()))
    key = b64decode(secret.removeprefix("whsec_"))
    text = b64encode(hmac.new(key, f"msg_1.{stamp}.".encode() + raw, sha256).digest()).decode()
    return {f"{family}-id": "msg_1", f"{family}-timestamp": stamp, f"{family}-signature": f"v1,{text}"}


def request(
    source: str, name: str, changed: Any = None, headers: Mapping[str, str] | None = None, **settings: Any
) -> Request:
    """Return the request that brings a recorded body, or `changed` in its place."""
    raw = json.dumps(changed if changed is not None else body(source, name), ensure_ascii=False).encode()
    return Request(topic_headers(source, name) | dict(headers or {}), raw, NOW, "main", settings)


def parse(source: str, name: str, changed: Any = None, **settings: Any) -> Sequence[Parsed]:
    """Return what a source makes of a body, sent by somebody trusted."""
    plugin: Source = load("sources", source)
    return plugin.parse(request(source, name, changed, **settings), trusted=True)


def event_text(parsed: Parsed) -> str:
    """Return the event part as it would travel in the queue, in lower case."""
    return json.dumps(event_to_json(parsed.event), ensure_ascii=False).lower()


def who(parsed: Parsed) -> list[tuple[str, str]]:
    """Return the identifiers of a fact as (kind, value)."""
    return [(named.kind, named.value) for named in parsed.who]


def contact(parsed: Parsed, ref: str = "profile") -> dict[str, Any]:
    """Return the contact fields under one reference."""
    return {name: value for one in parsed.contacts if one.ref == ref for name, value in one.fields.items()}
