"""Customers of the example shop by how much they do: what happens to each, as events in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.life import PROFILE
from kairos.app.definitions.folder import load_brand
from kairos.app.publish.bundle import build_bundle
from kairos.domain.event import ConsentFact, EntryFact, Event
from kairos.domain.ids import digest

BRAND = Path(__file__).resolve().parent.parent / "examples" / "spring-day"
START = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody lives: for so many days, with so many page views every so many days, and so on (0: never)."""

    name: str
    says: str
    days: int
    views: int
    views_every: int
    cart_every: int = 0
    order_every: int = 0
    class_every: int = 0
    carts_left: int = 0


HABITS = (
    Habits("modest", "90 days: 2 pages a week, one order", 90, 2, 7, order_every=60),
    Habits(
        "active", "a year: 3 pages every 2 days, an order and two left carts a month, a class a quarter",
        365, 3, 2, cart_every=15, order_every=30, class_every=90,
    ),
    Habits(
        "heavy", "2 years: 10 pages a day, an order a week, a class a fortnight, a cart left every 3 days; 40 open",
        730, 10, 1, cart_every=3, order_every=7, class_every=14, carts_left=40,
    ),
)  # fmt: skip


def bundle() -> dict[str, Any]:
    """Return the release of the example shop."""
    return build_bundle(load_brand(BRAND))


def history(habits: Habits) -> Iterator[Event]:
    """Yield all that happens to somebody with these habits, in order."""
    yield from _arrival()
    for day in range(1, habits.days + 1):
        at = START + day * DAY
        if day % habits.views_every == 0:
            for number in range(habits.views):
                yield viewed(at + timedelta(minutes=7 * number), f"{day}-{number}")
        if habits.cart_every and day % habits.cart_every == 0:
            yield checkout(at + timedelta(hours=2), f"left-{day}")
        if habits.order_every and day % habits.order_every == 0:
            yield from _order(at + timedelta(hours=3), day)
        if habits.class_every and day % habits.class_every == 0:
            yield _entry(at + timedelta(hours=4), "booking", f"class-{day}", at + 10 * DAY)
    for number in range(habits.carts_left):
        yield checkout(START + (habits.days + 1) * DAY + timedelta(seconds=number), f"open-{number}")


def viewed(at: datetime, id: str) -> Event:
    """Return that a product was looked at."""
    seen = {"product_id": "tulip-10", "sku": "tulip-10", "category": "꽃다발", "price": 28_000, "currency": "KRW"}
    return _event("product_viewed", at, id, seen)


def checkout(at: datetime, cart: str) -> Event:
    """Return that a checkout was begun."""
    said = {"checkout_id": digest(cart)[:16], "cart_id": cart, "total": 33_000, "currency": "KRW", "item_count": 2}
    return _event("checkout_started", at, cart, said)


def _arrival() -> Iterator[Event]:
    traits = {"timezone": "Asia/Seoul", "locale": "ko-KR", "country": "KR", "orders_count": 2, "total_spent": 61_000}
    reach = {"email": True, "sms": True}
    yield _event("profile_updated", START, "in", {}, traits=traits, reach=reach)
    for number, channel in enumerate(("email", "sms")):
        at = START + timedelta(seconds=1 + number)
        yield _event("consent_given", at, channel, {}, consent=ConsentFact(channel, "marketing"))


def _order(at: datetime, day: int) -> Iterator[Event]:
    said = {"order_id": f"o-{day}", "cart_id": f"bought-{day}", "total": 48_000, "currency": "KRW", "item_count": 2}
    yield checkout(at, f"bought-{day}")
    yield _event("order_created", at + timedelta(minutes=5), f"made-{day}", said)
    yield _event("order_completed", at + timedelta(minutes=6), f"paid-{day}", said)
    yield _event("order_fulfilled", at + timedelta(hours=9), f"sent-{day}", said)
    yield _entry(at + timedelta(hours=9, minutes=1), "delivery", f"d-{day}", at + 2 * DAY)


def _entry(at: datetime, kind: str, id: str, starts_at: datetime) -> Event:
    fact = EntryFact(kind, id, starts_at, starts_at + timedelta(hours=2), {"service": "spring-bouquet"})
    return _event("entry_updated", at, id, {}, entry=fact)


def _event(name: str, at: datetime, id: str, properties: Mapping[str, Any], **facts: Any) -> Event:
    return Event(
        id=digest(name, id),
        name=name,
        profile=PROFILE,
        occurred_at=at,
        received_at=at,
        properties=properties,
        source="shopify",
        connection="main",
        correlation=digest("bench", name, id),
        retry_horizon=timedelta(days=2),
        **facts,
    )
