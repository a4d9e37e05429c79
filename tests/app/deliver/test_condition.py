"""A condition beside a `send` is asked at the moment of sending: by `decide`, and by `deliver` just before the call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.deliver.condition import UNMET
from kairos.app.ports import Pointer
from kairos.app.publish.live import EMPTY_BUNDLE
from tests.app import delivery
from tests.app.decide.world import NOON, World, booking, cancelled, make_event

H, D = timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 8, tzinfo=UTC)
QUIET = {"quiet_hours": {"email": "21:00-08:00"}}
OPEN_CART = {"not": {"trait": "stage", "eq": "bought"}}


def journey(*steps: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"id": "cart", "class": "marketing", "trigger": {"event": "go"}, "steps": list(steps), **other}


def bought(at: datetime) -> Any:
    return make_event("profile_updated", at, traits={"stage": "bought"})


# ---- decide ----------------------------------------------------------------------------------------------------


def test_a_message_whose_condition_does_not_hold_is_not_asked_for_and_the_passage_goes_on() -> None:
    world = World(journey({"wait": "1h"}, {"send": "hello", "if": OPEN_CART}, {"send": "second"}))
    world.hear(make_event("go"))
    world.hear(bought(NOON + H / 2))
    world.live_until(NOON + D)
    assert world.sent == ["second"]
    assert world.said("not_sent") == [UNMET]


def test_it_is_asked_again_when_a_held_message_is_released() -> None:
    for at, sent in ((MORNING - H, []), (MORNING + H, ["hello"])):
        world = World(journey({"send": "hello", "if": OPEN_CART}), brand=QUIET)
        world.hear(make_event("go", NIGHT))
        world.hear(bought(at))
        world.live_until(NIGHT + 2 * D)
        assert world.sent == sent


def test_it_sees_the_triggers_properties_and_the_passages_own_entry() -> None:
    world = World(journey({"send": "hello", "if": {"field": "total", "gte": 10}}, reenter="always"))
    world.hear(make_event("go", properties={"total": 9}))
    world.hear(make_event("go", NOON + H, properties={"total": 10}))
    assert [at for at, _, _ in world.messages] == [NOON + H]
    care = {
        "id": "care",
        "class": "transactional",
        "anchor": {"entry": "booking"},
        "timeline": [{"at": "-2h", "send": "hello", "if": {"entry": "booking", "field": "starts_at", "exists": True}}],
        "on_move": {"send": "moved", "if": {"trait": "tier", "eq": "vip"}},
        "on_cancel": {"send": "sorry", "if": {"trait": "tier", "exists": False}},
    }
    world = World(care)
    world.hear(booking(NOON, NOON + 5 * H))
    world.hear(booking(NOON + H, NOON + 6 * H))
    world.live_until(NOON + 4 * H)
    world.hear(cancelled(NOON + 5 * H))
    assert world.sent == ["hello", "sorry"]
    assert world.said("not_sent") == [UNMET]


def test_another_channel_is_not_tried_where_the_condition_is_what_stands_against_it() -> None:
    world = World(journey({"send": "hello", "if": OPEN_CART}))
    world.decide([bought(NOON), make_event("go")], NOON)
    assert world.messages == []
    assert world.said("not_sent") == [UNMET]


def test_who_walks_in_a_former_version_is_asked_that_versions_condition() -> None:
    world = World(journey({"wait": "1h"}, {"send": "hello", "if": OPEN_CART}))
    world.hear(make_event("go"))
    world.edit(journey({"wait": "1h"}, {"send": "hello"}))
    world.hear(bought(NOON + H / 2))
    world.live_until(NOON + D)
    assert world.sent == []


# ---- deliver ---------------------------------------------------------------------------------------------------


def conditional_world(**traits: Any) -> delivery.World:
    """Return a world whose one message is to go only to who has not bought."""
    world = delivery.World()
    document = journey({"id": "hello", "send": "hello", "if": OPEN_CART})
    bundle = {
        **EMPTY_BUNDLE,
        "brand": delivery.BRAND,
        "templates": delivery.TEMPLATES,
        "journeys": {"cart": {"live": 1, "versions": {"1": document}}},
    }
    world.releases.point(Pointer(world.releases.put_bundle(bundle)), world.releases.pointer())
    world.customer.messages["m1"] = replace(world.customer.messages["m1"], conditional=True)
    world.customer.traits.update(traits)
    world.save()
    return world


@pytest.mark.parametrize("stage,kind", [("browsing", "sent"), ("bought", "not_sent")])
def test_deliver_asks_it_of_the_item_as_it_is_just_before_sending(stage: str, kind: str) -> None:
    world = conditional_world(stage=stage)
    [done] = world.run()
    assert done.outcome.kind == kind
    assert len(world.channel.taken) == (kind == "sent")
    [told] = world.reports()
    assert told.properties.get("reason") == (UNMET if kind == "not_sent" else None)


def test_what_becomes_untrue_after_the_claim_still_stops_the_message() -> None:
    world = conditional_world(stage="browsing")

    def buy(port: str, method: str, when: str) -> None:
        if (port, method, when) == ("ledger", "claim", "after"):
            world.customer.traits["stage"] = "bought"
            world.save()

    world.on = buy
    [done] = world.run()
    assert (done.outcome.kind, world.channel.taken) == ("not_sent", [])


@pytest.mark.parametrize("lost", ["enrollment", "journey", "step"])
def test_a_condition_that_can_no_longer_be_found_holds_for_nobody(lost: str) -> None:
    world = conditional_world()
    message = world.customer.messages["m1"]
    changes: dict[str, dict[str, Any]] = {
        "enrollment": {"enrollment": "e9"},
        "journey": {"version": 9},
        "step": {"step": "gone"},
    }
    world.customer.messages["m1"] = replace(message, **changes[lost])
    world.save()
    [done] = world.run()
    assert (done.outcome.kind, done.outcome.reason) == ("not_sent", UNMET)
