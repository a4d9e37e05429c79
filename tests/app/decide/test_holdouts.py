"""Who is held out of all marketing, and what is counted of everybody meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kairos.app.decide import decide
from kairos.domain.profile import Profile
from kairos.domain.reason import ALL_MARKETING, OF_ALL
from tests.app.decide.test_passages import cart, journey
from tests.app.decide.world import NOON, World, booking, make_event, release_of

D, M = timedelta(days=1), timedelta(minutes=1)
EVERYBODY, NOBODY = {"holdout": "100%"}, {"holdout": "0.0001%"}


def bought(world: World) -> list[tuple[str, str]]:
    return [(reason.journey, reason.reason) for reason in world.reasons if reason.kind == "bought"]


def test_a_customer_held_out_of_all_marketing_is_counted_apart_from_the_journeys_own_holdout() -> None:
    world = World(journey(holdout="100%", **{"class": "marketing"}, goal={"event": "order_completed"}), brand=EVERYBODY)
    world.hear(cart())
    world.hear(make_event("order_completed", NOON + D))
    assert (world.messages, world.said("entered")) == ([], [])
    assert world.said("holdout") == world.said("converted") == [OF_ALL]


def test_transactional_journeys_go_on_and_their_marketing_steps_do_not() -> None:
    care = {
        "id": "care",
        "class": "transactional",
        "anchor": {"entry": "booking", "at": "starts_at"},
        "timeline": [{"at": "-2h", "send": "hello"}, {"at": "+1h", "send": "second", "class": "marketing"}],
    }
    world = World(care, brand=EVERYBODY)
    world.hear(booking(NOON, NOON + D))
    world.live_until(NOON + 3 * D)
    assert [template for _, template, _ in world.messages] == ["hello"]
    assert world.said("not_sent") == [OF_ALL]


@pytest.mark.parametrize(("brand", "side"), [(EVERYBODY, "in a holdout of 1"), (NOBODY, "outside a holdout of 1e-06")])
def test_who_buys_is_counted_once_a_month_on_either_side(brand: dict[str, str], side: str) -> None:
    world = World(journey(), brand=brand)
    for days in (0, 1, 20, 31, 32):
        world.hear(make_event("order_completed", NOON + days * D))
    assert bought(world) == [(ALL_MARKETING, side)] * 2


def test_orders_of_a_file_count_for_nobody_and_without_a_holdout_nothing_is_counted() -> None:
    world = World(journey(), brand=EVERYBODY)
    world.hear(make_event("order_completed", NOON, historical=True))
    assert bought(world) == []
    plain = World(journey())
    plain.hear(make_event("order_completed", NOON))
    assert bought(plain) == []
    assert plain.profile is not None
    assert plain.profile.bought_month == 0


def test_the_share_that_is_held_out_is_the_share_that_was_asked_for() -> None:
    release = release_of(journey(), brand={"holdout": "20%"})
    held = 0
    for number in range(1_000):
        event = make_event("order_completed", NOON)
        outcome = decide(Profile(f"{number:026}", NOON), release, [event], NOON)
        assert outcome is not None
        held += outcome.reasons[-1].reason.startswith("in a")
    assert 160 <= held <= 240
