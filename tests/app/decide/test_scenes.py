from __future__ import annotations

from datetime import date, timedelta

from kairos.app.decide.scenes import scene_of
from kairos.app.decide.turn import Turn
from kairos.domain.condition import parse_condition
from tests.app.decide.test_passages import cart, journey
from tests.app.decide.world import NOON, World, make_event

HOUR = timedelta(hours=1)


def test_a_step_sees_its_passage_the_clocks_and_the_days_that_the_brand_works() -> None:
    world = World(journey(subject="cart_id"))
    world.hear(cart(total=7))
    passage, live = world.only_enrollment(), world.release.journey("j")
    assert live is not None
    scene = scene_of(Turn(world.known, world.release, NOON + HOUR), passage, live, NOON)
    assert (scene.now, scene.at, scene.zone.key) == (NOON + HOUR, NOON, "UTC")
    assert scene.holds(parse_condition({"field": "total", "eq": 7}))
    assert scene.matches(make_event("order", properties={"cart_id": "c1"}))
    assert not scene.matches(make_event("order", properties={"cart_id": "c2"}))
    assert (scene.reaches("email"), scene.reaches("web")) == (True, world.known.reaches("web"))
    assert not scene.is_business_day(date(2026, 3, 1))
