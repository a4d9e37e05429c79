"""The shop that every figure is taken from: its brand, its journeys, and its customers as the API hears of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kairos.app.definitions.documents import Definition, Documents
from kairos.app.publish.bundle import build_bundle

SECRET = "main.bench-secret-key"
CONNECTION = {"secrets": [SECRET], "public_keys": ["main.bench-public-key"]}
HEADERS = {
    "content-type": "application/json",
    "authorization": "Basic " + b64encode(f"{SECRET}:".encode()).decode(),
}
BRAND: Mapping[str, Any] = {
    "name": "Harbour",
    "timezone": "UTC",
    "country": "GB",
    "sender": {"name": "Harbour", "email": "hello@example.com", "contact": "020 7946 0000"},
    "policies": [],
    "rates": {"email": {"per_second": 10_000}},
}
CART: Mapping[str, Any] = {
    "id": "cart-rescue",
    "class": "marketing",
    "trigger": {"event": "cart_updated", "where": {"field": "total", "gte": 10_000}},
    "subject": "cart_id",
    "reenter": {"after": "3d"},
    "goal": {"event": "order_completed", "within": "7d"},
    "steps": [
        {"wait": "30m"},
        {"branch": [{"if": {"trait": "tier", "eq": "closed"}, "steps": []}, {"else": [{"send": "coupon"}]}]},
    ],
}
THANKS: Mapping[str, Any] = {
    "id": "thanks",
    "class": "marketing",
    "trigger": {"event": "order_completed", "where": {"field": "total", "gte": 10_000}},
    "subject": "order_id",
    "steps": [
        {"branch": [{"if": {"trait": "tier", "eq": "vip"}, "steps": [{"send": "coupon"}]}, {"else": []}]},
    ],
}
TEMPLATE: Mapping[str, Any] = {
    "email": {
        "subject": "{{ first_name | default: 'Hello' }}, still thinking?",
        "text": "Hi {{ first_name | default: 'there' }}, your basket is waiting.\n",
        "html": "<p>Hi {{ first_name | default: 'there' }},</p><p>your basket is waiting.</p>",
    }
}


def documents(journeys: Mapping[str, Mapping[str, Any]] | None = None) -> Documents:
    """Return the shop's definitions, with other journeys where they are given."""
    chosen = journeys if journeys is not None else {"cart-rescue": CART, "thanks": THANKS}
    found = [Definition("brand", "brand", dict(BRAND), "brand"), Definition("template", "coupon", TEMPLATE, "coupon")]
    found += [Definition("journey", id, document, id) for id, document in chosen.items()]
    return Documents(tuple(found))


def bundle(journeys: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return the release of the shop."""
    return build_bundle(documents(journeys))


def zulu(at: datetime) -> str:
    """Return an instant as browsers write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def call(who: str, event: str, id: str, at: datetime, **properties: Any) -> dict[str, Any]:
    """Return one call of the tracking API by the shop's server."""
    said = {"type": "track", "event": event, "userId": who, "messageId": id, "timestamp": zulu(at)}
    return {**said, "properties": properties}


def introduction(who: str, at: datetime) -> dict[str, Any]:
    """Return what makes a customer known: address, name, tier and consent to marketing by e-mail."""
    told = {"type": "identify", "userId": who, "messageId": f"{who}-in", "timestamp": zulu(at)}
    traits = {"email": f"{who}@example.com", "firstName": "Robin", "tier": "vip"}
    consent = call(who, "consent_given", f"{who}-yes", at) | {"channel": "email", "purpose": "marketing"}
    return {"batch": [{**told, "traits": traits}, consent]}


def page(who: str, number: int, at: datetime) -> dict[str, Any]:
    """Return behaviour that no journey listens to."""
    return call(who, "page_viewed", f"{who}-page-{number}", at, path="/", name="front", category="home")


def cart(who: str, number: int, at: datetime) -> dict[str, Any]:
    """Return a cart that starts the rescue."""
    return call(
        who, "cart_updated", f"{who}-cart-{number}", at, cart_id=f"{who}-{number}", total=25_000, currency="GBP"
    )


def order(who: str, number: int, at: datetime) -> dict[str, Any]:
    """Return an order that thanks at once."""
    more = {"order_id": f"{who}-{number}", "total": 25_000, "currency": "GBP"}
    return call(who, "order_completed", f"{who}-order-{number}", at, **more)


def body(said: Mapping[str, Any]) -> bytes:
    """Return a request's body."""
    return json.dumps(said, ensure_ascii=False).encode()
