"""A few days of a small shop, drawn from a seed: carts, orders, bookings that move and fall through, refusals.

People come as strangers too: carts of a device that is identified later, bookings by phone alone, one device that two
people use. What must come of it is in `joined`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kairos.app.definitions.compile import compile_journey
from kairos.app.publish.index import index_of
from kairos.domain.instant import format_instant

BRAND: dict[str, Any] = {
    "name": "Harbour",
    "timezone": "Asia/Seoul",
    "country": "KR",
    "sender": {"name": "Harbour", "email": "hello@example.com", "contact": "02-000-0000"},
    "policies": [],
    "quiet_hours": {"sms": "21:00-08:00", "email": "23:00-06:00"},
    "caps": [{"channel": "email", "max": 3, "per": "2d"}, {"channel": "any", "max": 5, "per": "2d"}],
}
ARMS: list[dict[str, Any]] = [
    {"name": "once", "share": "50%", "steps": [{"send": "coupon", "if": {"field": "total", "gte": 10}}]},
    {
        "name": "twice",
        "share": "50%",
        "steps": [
            {
                "retry": {
                    "send": "coupon",
                    "until": {"event": "message_clicked"},
                    "every": "2h",
                    "times": 2,
                    "channels": ["email", "sms"],
                }
            }
        ],
    },
]
JOURNEYS: dict[str, dict[str, Any]] = {
    "cart-rescue": {
        "id": "cart-rescue",
        "class": "marketing",
        "trigger": {"event": "cart_updated", "where": {"field": "total", "gte": 10}},
        "subject": "cart_id",
        "goal": {"event": "order_completed", "within": "7d"},
        "steps": [
            {"wait": "30m"},
            {"webhook": {"to": "crm", "fields": ["total"], "timeout": "20m"}, "then": [{"tag": "scored"}]},
            {"experiment": {"success": {"event": "order_completed", "within": "2d"}, "arms": ARMS}},
            {"wait_for": {"any": [{"event": "message_clicked", "then": [{"stop": "responded"}]}], "timeout": "2h"}},
            {"enter": "recall"},
        ],
    },
    "recall": {
        "id": "recall",
        "class": "marketing",
        "trigger": {"event": "never_said"},
        "subject": "cart_id",
        "exit": [{"event": "order_completed"}],
        "steps": [
            {"untag": "scored"},
            {"send": "last-call", "channel": "sms", "if": {"trait": "tag:scored", "exists": False}},
        ],
    },
    "booking-care": {
        "id": "booking-care",
        "class": "transactional",
        "anchor": {"entry": "booking", "at": "starts_at"},
        "timeline": [
            {"at": "-1d 10:00", "send": "prepare", "if_past": "send_now"},
            {"at": "-2h", "send": "reminder"},
            {"at": "+3h", "send": "review", "class": "marketing"},
        ],
        "on_move": {"send": "moved"},
        "on_cancel": {"send": "sorry"},
    },
}
SECOND: dict[str, Any] = {
    **JOURNEYS["cart-rescue"],
    "steps": [{"wait": "45m"}, {"send": "coupon"}, {"wait": "2h"}, {"send": "last-call", "channel": "sms"}],
}
_BOTH = {"email": {"subject": "s", "text": "t"}, "sms": {"text": "t"}}
TEMPLATES = {
    id: _BOTH if id != "last-call" else {"sms": {"text": "t"}}
    for id in ("coupon", "last-call", "prepare", "reminder", "review", "moved", "sorry")
}


def bundle(edition: int = 1) -> dict[str, Any]:
    """Return the release of this shop; in its second edition cart-rescue waits longer, and says more."""
    live = JOURNEYS if edition == 1 else {**JOURNEYS, "cart-rescue": SECOND}
    compiled = {id: compile_journey(document) for id, document in live.items()}
    versions: dict[str, Any] = {id: {"live": 1, "versions": {"1": document}} for id, document in JOURNEYS.items()}
    if edition == 2:
        versions["cart-rescue"] = {"live": 2, "versions": {"1": JOURNEYS["cart-rescue"], "2": SECOND}}
    return {
        "schema": 1,
        "brand": BRAND,
        "segments": {},
        "templates": TEMPLATES,
        "journeys": versions,
        "index": index_of(compiled, live, {}),
        "holidays": {},
    }


SHARED = "shared-device"


@dataclass(frozen=True, slots=True)
class Said:
    """A call of the source, and when it is made."""

    at: datetime
    call: dict[str, Any]


def days(seed: int, start: datetime, customers: int, length: timedelta) -> Iterator[Said]:
    """Yield what the shop's systems say of its customers, in no particular order."""
    draw = random.Random(f"shop/{seed}")
    for number in range(customers):
        who = f"c{number}"
        yield from _introduce(draw, who, start)
        for cart in range(draw.randint(1, 2)):
            yield from _cart(draw, who, f"{who}-cart{cart}", start, length)
        for booking in range(draw.randint(0, 2)):
            yield from _booking(draw, who, f"{who}-booking{booking}", start, length)
        for device in range(draw.randint(0, 2)):
            yield from _stranger(draw, who, f"{who}-device{device}", start, length)
    yield from _shared_device(draw, start, length)
    yield from _by_phone(draw, start, length)


def joined(said: Iterable[Said]) -> list[tuple[tuple[str, str], str]]:
    """Return, of all that was said, which identifiers must lead to which customer at the end: ((kind, value), who)."""
    pairs = []
    for one in said:
        who, device = one.call.get("profile"), one.call.get("anonymousId")
        if who and device and device != SHARED:
            pairs.append((("anonymous", device), who))
    return pairs


def _introduce(draw: random.Random, who: str, start: datetime) -> Iterator[Said]:
    zone = draw.choice(["Asia/Seoul", "America/New_York", None])
    traits = {"email": f"{who}@example.com", "phone": f"+8210000000{who[1:]:0>2}"}
    if zone:
        traits["timezone"] = zone
    yield _say(f"{who}-profile", start, who, "profile_updated", traits=traits)
    for channel in ("email", "sms"):
        if draw.random() < 0.9:
            at = start + timedelta(seconds=5)
            yield _say(f"{who}-yes-{channel}", at, who, "consent_given", channel=channel, purpose="marketing")
        if draw.random() < 0.25:
            at = start + timedelta(hours=draw.randint(1, 60))
            yield _say(f"{who}-no-{channel}", at, who, "consent_withdrawn", channel=channel, purpose="marketing")


def _cart(draw: random.Random, who: str, cart: str, start: datetime, length: timedelta) -> Iterator[Said]:
    at = start + length * draw.random() * 0.8 + timedelta(minutes=1)
    properties = {"cart_id": cart, "total": draw.choice([5, 50])}
    for change in range(draw.randint(1, 2)):
        when = at + timedelta(minutes=change * 7)
        yield _say(f"{cart}-{change}", when, who, "cart_updated", properties=properties)
    if draw.random() < 0.5:
        when = at + timedelta(minutes=draw.choice([10, 29, 31, 200]))
        yield _say(f"{cart}-order", when, who, "order_completed", properties={"cart_id": cart})


def _stranger(draw: random.Random, who: str, device: str, start: datetime, length: timedelta) -> Iterator[Said]:
    """A device fills carts, and says later, or never, whose it is; the order may come before that, or after."""
    at = start + length * draw.random() * 0.7 + timedelta(minutes=3)
    cart = f"{device}-cart"
    properties = {"cart_id": cart, "total": 50}
    yield _nameless(f"{cart}-0", at, "cart_updated", anonymousId=device, properties=properties)
    if draw.random() < 0.8:
        when = at + timedelta(minutes=draw.choice([0, 4, 29, 31, 300]))
        yield _say(f"{device}-is", when, who, "profile_updated", anonymousId=device)
        again = when + timedelta(minutes=draw.choice([0, 1, 45]))
        yield _nameless(f"{cart}-1", again, "cart_updated", anonymousId=device, properties=properties)
    if draw.random() < 0.5:
        when = at + timedelta(minutes=draw.choice([1, 28, 33, 200]))
        yield _say(f"{cart}-order", when, who, "order_completed", properties={"cart_id": cart})


def _shared_device(draw: random.Random, start: datetime, length: timedelta) -> Iterator[Said]:
    at = start + length * draw.random() * 0.7
    for number, who in enumerate(draw.sample(["c0", "c1"], 2)):
        when = at + timedelta(minutes=10 * number)
        properties = {"cart_id": f"shared-{who}", "total": 50}
        yield _nameless(f"shared-{number}", when, "cart_updated", anonymousId=SHARED, properties=properties)
        yield _say(f"shared-{number}-is", when + timedelta(minutes=1), who, "profile_updated", anonymousId=SHARED)


def _by_phone(draw: random.Random, start: datetime, length: timedelta) -> Iterator[Said]:
    """Somebody is known by a customer id and by a phone, until one event says both."""
    who, booking = "p0", "p0-booking"
    phone = {"phone": "+821000000099"}
    for channel in ("email", "sms"):
        yield _say(f"{who}-yes-{channel}", start, who, "consent_given", channel=channel, purpose="marketing")
    yield _say(f"{who}-profile", start, who, "profile_updated", traits={"email": f"{who}@example.com"})
    known = start + length * draw.random() * 0.4
    begins = known + timedelta(hours=draw.choice([3, 20, 50]))
    made = _entry(f"{booking}-0", known, "", "entry_updated", booking, begins)
    yield Said(known, {**made.call, "traits": phone})
    if draw.random() < 0.3:
        off = _entry(f"{booking}-x", known + timedelta(hours=2), "", "entry_cancelled", booking, None)
        yield Said(off.at, {**off.call, "traits": phone})
    yield from _cart(draw, who, f"{who}-cart", start, length)
    when = known + timedelta(hours=draw.choice([0, 1, 2, 18, 47]))
    yield _say(f"{who}-is", when, who, "profile_updated", traits=phone)


def _booking(draw: random.Random, who: str, booking: str, start: datetime, length: timedelta) -> Iterator[Said]:
    known = start + length * draw.random() * 0.5 + timedelta(minutes=2)
    begins = known + timedelta(hours=draw.choice([3, 20, 50]))
    yield _entry(f"{booking}-0", known, who, "entry_updated", booking, begins)
    if draw.random() < 0.5:
        moved = known + timedelta(hours=draw.choice([1, 2]))
        begins += timedelta(hours=draw.choice([-1, 5, 30]))
        yield _entry(f"{booking}-1", moved, who, "entry_updated", booking, begins)
    if draw.random() < 0.4:
        off = known + timedelta(hours=draw.choice([2, 2.5, 10]))
        yield _entry(f"{booking}-x", off, who, "entry_cancelled", booking, None)


def _entry(id: str, at: datetime, who: str, event: str, booking: str, begins: datetime | None) -> Said:
    entry: dict[str, Any] = {"kind": "booking", "id": booking}
    if begins is not None:
        entry |= {"starts_at": format_instant(begins), "ends_at": format_instant(begins + timedelta(hours=1))}
    return _say(id, at, who, event, entry=entry)


def _say(id: str, at: datetime, who: str, event: str, **more: Any) -> Said:
    named = {"profile": who} if who else {}
    return Said(at, {"id": id, "event": event, "at": format_instant(at), **named, **more})


def _nameless(id: str, at: datetime, event: str, **more: Any) -> Said:
    return _say(id, at, "", event, **more)
