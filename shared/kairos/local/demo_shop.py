"""The shop's side of the demo: bodies as Shopify, Cal.com and Segment's library write them, signed as they sign them.

https://shopify.dev/docs/api/webhooks · https://cal.com/docs/developing/guides/automation/webhooks ·
https://segment.com/docs/connections/spec
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.local.demo_people import Person, number

SEOUL = ZoneInfo("Asia/Seoul")
SHOP = "spring-day.myshopify.example.com"
SECRETS: Mapping[str, Mapping[str, Any]] = {
    "shopify/main": {"secrets": ["demo-shopify-app-secret"], "shop": SHOP},
    "calcom/main": {"secrets": ["demo-calcom-webhook-secret"]},
    "track/main": {"secrets": ["main.demo-secret-key"], "public_keys": ["main.demo-public-key"]},
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API at an instant (aware). `says` names it for people; `status` is the right answer."""

    at: datetime
    path: str
    headers: Mapping[str, str]
    body: bytes
    says: str
    status: int = 202


@dataclass(frozen=True, slots=True)
class Product:
    """Something on the shelf; `price` in won."""

    sku: str
    title: str
    kind: str
    price: int


SHELF: tuple[Product, ...] = (
    Product("tulip-10", "튤립 열 송이", "꽃다발", 28_000),
    Product("ranunculus", "라넌큘러스 꽃다발", "꽃다발", 33_000),
    Product("freesia", "프리지어 한 단", "꽃다발", 15_000),
    Product("terracotta", "토분", "화분", 18_000),
    Product("olive", "올리브나무 화분", "화분", 46_000),
)


@dataclass(frozen=True, slots=True)
class Cart:
    """What one person put together. `quantities` is by place on the shelf."""

    person: Person
    token: str
    quantities: Mapping[int, int]

    @property
    def total(self) -> int:
        return sum(SHELF[place].price * count for place, count in self.quantities.items())

    def lines(self) -> list[dict[str, Any]]:
        """Return the line items as Shopify writes them."""
        return [_line(SHELF[place], count) for place, count in self.quantities.items()]


# ---- Shopify ---------------------------------------------------------------------------------------------------


def shopify(at: datetime, topic: str, body: Mapping[str, Any], says: str, *, forged: bool = False) -> Call:
    """Return a signed webhook; a forged one is signed with a secret that is not the app's."""
    raw = json.dumps(body, ensure_ascii=False).encode()
    secret = "not-the-secret" if forged else SECRETS["shopify/main"]["secrets"][0]
    event = hashlib.sha256(f"{topic}\x1f{at.isoformat()}".encode() + raw).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode(),
        "x-shopify-shop-domain": SHOP,
        "x-shopify-api-version": "2026-01",
        "x-shopify-event-id": event[:36],
        "x-shopify-webhook-id": event[-36:],
        "x-shopify-triggered-at": at.isoformat(),
    }
    return Call(at, "/v1/webhooks/shopify/main", headers, raw, says, 401 if forged else 202)


def customer_saved(at: datetime, person: Person, *, new: bool) -> Call:
    """Return what Shopify tells of a customer who signed up, or was saved; consents carry when they were given."""
    said_at = at if new else at - timedelta(days=200)
    body = _customer(person, at) | {
        "created_at": _stamp(said_at),
        "email_marketing_consent": _consent(person.email, said_at),
        "sms_marketing_consent": _consent(person.sms, said_at) | {"consent_collected_from": "SHOPIFY"},
        "addresses": [],
    }
    return shopify(at, "customers/create" if new else "customers/update", body, f"{person.name} 고객 정보")


def cart_changed(at: datetime, cart: Cart, *, first: bool) -> Call:
    """Return a cart as Shopify sends it: with lines and a token, and nobody's name."""
    body = {
        "id": cart.token,
        "token": cart.token,
        "line_items": cart.lines(),
        "note": None,
        "updated_at": _stamp(at),
        "created_at": _stamp(at),
    }
    return shopify(at, "carts/create" if first else "carts/update", body, "장바구니")


def checkout_started(at: datetime, cart: Cart) -> Call:
    """Return a checkout that has been begun."""
    body = _money(cart) | {
        "id": number(14, "checkout", cart.token),
        "token": _checkout(cart),
        "cart_token": cart.token,
        "email": cart.person.address,
        "phone": cart.person.phone,
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "completed_at": None,
        "customer_locale": "ko-KR",
        "abandoned_checkout_url": f"https://shop.example.com/checkouts/{_checkout(cart)}/recover",
        "customer": _customer(cart.person, at),
        "buyer_accepts_marketing": cart.person.email,
    }
    return shopify(at, "checkouts/create", body, f"{cart.person.name} 결제 시작")


def ordered(at: datetime, cart: Cart) -> list[Call]:
    """Return what Shopify tells of an order: made, and paid a little later."""
    body = order_body(cart, at)
    paid_at = at + timedelta(seconds=20)
    paid = body | {"financial_status": "paid", "updated_at": _stamp(paid_at)}
    return [
        shopify(at, "orders/create", body, f"{cart.person.name} 주문"),
        shopify(paid_at, "orders/paid", paid, f"{cart.person.name} 결제 완료"),
    ]


def shipped(at: datetime, cart: Cart, arrives: datetime, *, again: bool = False) -> Call:
    """Return that an order is on its way, with the day on which the parcel arrives."""
    parcel = {
        "id": number(13, "parcel", cart.token),
        "order_id": _order(cart),
        "status": "success",
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "tracking_company": "봄바람 택배",
        "tracking_url": f"https://parcels.example.com/{number(12, 'tracking', cart.token)}",
        "shipment_status": "in_transit",
        "estimated_delivery_at": _stamp(arrives),
    }
    if again:
        return shopify(at, "fulfillments/update", parcel, f"{cart.person.name} 배송일 변경")
    state = {"financial_status": "paid", "fulfillment_status": "fulfilled", "fulfillments": [parcel]}
    return shopify(at, "orders/fulfilled", order_body(cart, at) | state, f"{cart.person.name} 발송")


def refunded(at: datetime, cart: Cart) -> Call:
    """Return that an order's money went back."""
    money = {"amount": f"{cart.total}.00", "currency": "KRW", "kind": "refund", "status": "success"}
    body = {
        "id": number(12, "refund", cart.token),
        "order_id": _order(cart),
        "created_at": _stamp(at),
        "processed_at": _stamp(at),
        "refund_line_items": [],
        "transactions": [money],
    }
    return shopify(at, "refunds/create", body, f"{cart.person.name} 환불")


def order_body(cart: Cart, at: datetime) -> dict[str, Any]:
    """Return an order as Shopify writes it."""
    return _money(cart) | {
        "id": _order(cart),
        "name": f"#{number(4, 'name', cart.token)}",
        "email": cart.person.address,
        "contact_email": cart.person.address,
        "phone": cart.person.phone,
        "cart_token": cart.token,
        "checkout_token": _checkout(cart),
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "cancelled_at": None,
        "financial_status": "pending",
        "fulfillment_status": None,
        "customer_locale": "ko-KR",
        "source_name": "web",
        "test": False,
        "customer": _customer(cart.person, at),
        "fulfillments": [],
    }


# ---- Cal.com ---------------------------------------------------------------------------------------------------


def booking(
    at: datetime, trigger: str, person: Person, uid: str, starts: datetime, *, former: str | None = None
) -> Call:
    """Return a booking as Cal.com tells of it; a reschedule has a new uid and names the `former` one."""
    payload: dict[str, Any] = {
        "type": "spring-bouquet",
        "title": f"봄 꽃다발 수업: {person.name}",
        "startTime": _zulu(starts),
        "endTime": _zulu(starts + timedelta(hours=2)),
        "organizer": {"name": "봄날 상점", "email": "hello@example.com", "timeZone": "Asia/Seoul"},
        "attendees": [_attendee(person)],
        "location": "봄날 상점 작업실",
        "uid": uid,
        "bookingId": number(6, "booking", uid),
        "eventTypeId": 421_207,
        "length": 120,
        "status": "CANCELLED" if trigger == "BOOKING_CANCELLED" else "ACCEPTED",
        "responses": {"name": {"label": "your_name", "value": person.name}},
    }
    if former:
        payload |= {"rescheduleUid": former}
    raw = json.dumps({"triggerEvent": trigger, "createdAt": _zulu(at), "payload": payload}, ensure_ascii=False).encode()
    secret = str(SECRETS["calcom/main"]["secrets"][0])
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-cal-signature-256": signature}
    return Call(at, "/v1/webhooks/calcom/main", headers, raw, f"{person.name} {trigger}")


def _attendee(person: Person) -> dict[str, Any]:
    known = {"phoneNumber": person.phone} if person.phone else {}
    language = {"locale": "ko"}
    return {"email": person.address, "name": person.name, "timeZone": "Asia/Seoul", "language": language, **known}


# ---- the shop's own pages --------------------------------------------------------------------------------------


def signed_in(at: datetime, person: Person) -> Call:
    """Return what the shop's server says when somebody signs in: this browser is this customer."""
    body = {
        "userId": str(person.id),
        "anonymousId": person.browser,
        "traits": {"email": person.address, "firstName": person.name},
        "context": {"timezone": "Asia/Seoul", "locale": "ko-KR"},
        "messageId": f"in-{person.handle}-{at:%m%d%H%M}",
        "timestamp": _zulu(at),
    }
    return _tracked(at, "identify", body, "secrets", f"{person.name} 로그인")


def viewed(at: datetime, browser: str, place: int | None) -> Call:
    """Return one page seen by a browser, by the public key: a product on the shelf, else the front page."""
    body: dict[str, Any] = {
        "anonymousId": browser,
        "messageId": f"view-{browser}-{at:%m%d%H%M%S}",
        "timestamp": _zulu(at),
        "sentAt": _zulu(at),
        "context": {"library": {"name": "analytics.js", "version": "next-1.80.0"}, "locale": "ko-KR"},
    }
    if place is None:
        page = {"path": "/", "title": "봄날 상점", "url": "https://shop.example.com/"}
        return _tracked(at, "page", body | {"name": "front", "properties": page}, "public_keys", "첫 화면")
    product = SHELF[place]
    seen = {"product_id": product.sku, "sku": product.sku, "category": product.kind, "price": product.price}
    call = body | {"event": "Product Viewed", "properties": seen | {"currency": "KRW"}}
    return _tracked(at, "track", call, "public_keys", product.title)


def _tracked(at: datetime, kind: str, body: Mapping[str, Any], key: str, says: str) -> Call:
    shown = base64.b64encode(f"{SECRETS['track/main'][key][0]}:".encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Basic {shown}"}
    return Call(at, f"/v1/{kind}", headers, json.dumps(body, ensure_ascii=False).encode(), says)


# ---- parts -----------------------------------------------------------------------------------------------------


def _line(product: Product, count: int) -> dict[str, Any]:
    money = {"amount": f"{product.price}.00", "currency_code": "KRW"}
    return {
        "id": number(13, "variant", product.sku),
        "variant_id": number(13, "variant", product.sku),
        "product_id": number(13, "product", product.sku),
        "title": product.title,
        "sku": product.sku,
        "vendor": "봄날 상점",
        "product_type": product.kind,
        "quantity": count,
        "price": f"{product.price}.00",
        "line_price": f"{product.price * count}.00",
        "price_set": {"shop_money": money, "presentment_money": money},
        "gift_card": False,
        "properties": [],
    }


def _money(cart: Cart) -> dict[str, Any]:
    return {
        "currency": "KRW",
        "presentment_currency": "KRW",
        "total_price": f"{cart.total}.00",
        "subtotal_price": f"{cart.total}.00",
        "total_discounts": "0.00",
        "discount_codes": [],
        "line_items": cart.lines(),
    }


def _customer(person: Person, at: datetime) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.address,
        "phone": person.phone,
        "first_name": person.name,
        "last_name": "",
        "verified_email": True,
        "orders_count": person.orders,
        "total_spent": f"{person.spent}.00",
        "currency": "KRW",
        "locale": "ko",
        "tags": "",
        "state": "enabled",
        "updated_at": _stamp(at),
        "default_address": {"country_code": "KR"},
    }


def _consent(given: bool, at: datetime) -> dict[str, Any]:
    if not given:
        return {"state": "not_subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
    return {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": _stamp(at)}


def _checkout(cart: Cart) -> str:
    return hashlib.sha256(f"checkout {cart.token}".encode()).hexdigest()[:32]


def _order(cart: Cart) -> int:
    return number(13, "order", cart.token)


def _stamp(at: datetime) -> str:
    return at.astimezone(SEOUL).isoformat(timespec="seconds")


def _zulu(at: datetime) -> str:
    return at.astimezone(ZoneInfo("UTC")).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_time(calls: Sequence[Call]) -> list[Call]:
    """Return the calls in the order in which they arrive; those of one instant as they were given."""
    return sorted(calls, key=lambda call: call.at)
