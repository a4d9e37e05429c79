"""One customer to whom everything happens that Kairos announces, and what was announced of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from kairos.domain.announcement import TYPES
from kairos.domain.effects import Announce
from kairos.domain.erasure import erase_request
from kairos.domain.merge import Merge, merge_request
from tests.app.decide.world import NOON, World, consent, make_event

JOURNEYS: tuple[Mapping[str, Any], ...] = (
    {
        "id": "cart-rescue",
        "class": "marketing",
        "trigger": {"event": "cart_updated"},
        "subject": "cart_id",
        "goal": {"event": "order_completed", "within": "7d"},
        "exit": [{"event": "cart_emptied"}],
        "steps": [{"send": "hello"}, {"wait": "1d"}, {"send": "second"}, {"wait": "1d"}],
    },
    {
        "id": "tried",
        "class": "marketing",
        "holdout": "100%",
        "trigger": {"event": "cart_updated"},
        "subject": "cart_id",
        "goal": {"event": "order_completed", "within": "7d"},
        "steps": [{"send": "third"}],
    },
    {
        "id": "texted",
        "class": "marketing",
        "trigger": {"event": "visited"},
        "steps": [{"send": "hello", "channel": "sms"}],
    },
    {
        "id": "told",
        "class": "transactional",
        "trigger": {"segment": "shoppers", "on": "entered"},
        "steps": [{"wait": "1h"}],
    },
)
SEGMENTS = {"shoppers": {"did": "cart_updated", "within": "2d"}}


def world(*events: str, to: str = "crm", traits: tuple[str, ...] = (), **brand: Any) -> World:
    """Return u1 in front of a brand whose webhook listens to these engine events (none named: to all)."""
    webhook = {"to": to, "events": list(events or TYPES), **({"traits": list(traits)} if traits else {})}
    brand = {"webhooks": [webhook], "quiet_hours": {"sms": "11:00-13:00"}, **brand}
    return World(*JOURNEYS, brand=brand, segments=SEGMENTS)


def announced(world: World) -> list[Announce]:
    """Return what was announced so far."""
    return [effect for effect in world.effects if isinstance(effect, Announce)]


def live_a_life(world: World) -> list[Announce]:
    """Let everything happen, and return all that is announced of it."""
    world.hear(make_event("cart_updated", properties={"cart_id": "cart-7"}), make_event("visited"))
    message = next(one.data["message"] for one in announced(world) if one.type == "message_sent")
    for n, name in enumerate(("delivered", "opened", "clicked", "bounced", "complained")):
        world.hear(world.report(message, f"message_{name}", NOON + timedelta(minutes=n + 1)))
    later = NOON + timedelta(days=1, hours=1)
    world.hear(make_event("cart_updated", later, properties={"cart_id": "cart-8"}))
    world.hear(make_event("cart_emptied", later + timedelta(minutes=1), properties={"cart_id": "cart-8"}))
    order = make_event("order_completed", later + timedelta(minutes=2), properties={"cart_id": "cart-7"})
    world.hear(order)
    world.hear(consent(later + timedelta(minutes=3)))
    world.live_until(NOON + timedelta(days=4))
    merge = merge_request(Merge("u1", "u2"), world.now)
    world.decide([merge], world.now)
    other = World(*JOURNEYS, brand=world.release.brand, segments=SEGMENTS)
    erased = other.decide([replace(erase_request("u1", NOON))], NOON)
    assert erased is not None
    return [*announced(world), *(effect for effect in erased.effects if isinstance(effect, Announce))]
