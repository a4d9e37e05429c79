"""So many entries of one customer in any span of time, and no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kairos.domain.event import Event
from tests.app.decide.world import NOON, World, make_event

M, D = timedelta(minutes=1), timedelta(days=1)


def capped(most: int = 3, per: str = "30d", **more: Any) -> dict[str, Any]:
    return {
        "id": "j",
        "class": "transactional",
        "trigger": {"event": "cart_updated"},
        "subject": "cart_id",
        "reenter": "always",
        "entries": {"max": most, "per": per},
        "steps": [{"wait": "30m"}, {"send": "hello"}],
        **more,
    }


def cart(at: datetime, cart: str = "c", **more: Any) -> Event:
    return make_event("cart_updated", at, id=f"{cart}@{at}", properties={"cart_id": cart}, **more)


class Carts(World):
    """A world that remembers every passage that entered, ended or not."""

    @property
    def entered(self) -> list[Any]:
        return [reason for reason in self.reasons if reason.kind == "entered"]


def test_one_more_than_the_cap_is_refused_with_its_reason_whatever_the_subject() -> None:
    world = Carts(capped())
    for number in range(4):
        world.hear(cart(NOON + number * D, f"c{number}"))
    assert len(world.entered) == 3
    assert world.said("ignored") == ["the cap on entries"]
    assert world.known.log[-1].reason == "the cap on entries"


def test_an_entry_exactly_so_long_ago_no_longer_counts() -> None:
    world = Carts(capped(1))
    world.hear(cart(NOON))
    world.hear(cart(NOON + 30 * D - M, "other"))
    world.hear(cart(NOON + 30 * D, "third"))
    assert (len(world.entered), world.said("ignored")) == (2, ["the cap on entries"])


def test_several_at_once_are_held_to_the_cap() -> None:
    world = Carts(capped())
    world.hear(*(cart(NOON, f"c{number}") for number in range(10)))
    assert (len(world.entered), len(world.said("ignored"))) == (3, 7)


def test_starting_afresh_is_no_further_entry() -> None:
    world = Carts(capped(1, restart=True))
    for number in range(5):
        world.hear(cart(NOON + number * M))
    assert world.said("ignored") == []
    world.live_until(NOON + D)
    assert world.messages == [(NOON + 34 * M, "hello", "email")]
    world.hear(cart(NOON + 2 * D))
    assert world.said("ignored") == ["the cap on entries"]


def test_the_same_event_twice_is_one_entry() -> None:
    world = Carts(capped(2))
    for _ in range(3):
        world.hear(cart(NOON), at=NOON + M)
    world.hear(cart(NOON + D, "other"))
    assert len(world.entered) == 2


def test_who_is_held_out_uses_nothing_up() -> None:
    world = Carts(capped(1, holdout="100%"))
    for number in range(3):
        world.hear(cart(NOON + number * D, f"c{number}"))
    assert world.said("holdout") == ["", "", ""]


@given(st.lists(st.integers(0, 6 * 24), min_size=1, max_size=25), st.integers(1, 3), st.randoms())
@settings(max_examples=60, deadline=None)
def test_no_span_ever_holds_more_whatever_the_order_of_arrival(hours: list[int], most: int, shuffle: Any) -> None:
    world = Carts(capped(most, "1d", fresh_for="9d"))
    late = NOON + 7 * D
    order = [cart(NOON + timedelta(hours=hour), f"c{n}", received_at=late) for n, hour in enumerate(hours)]
    shuffle.shuffle(order)
    for event in order:
        world.hear(event, at=late)
    subjects = {reason.subject for reason in world.entered}
    at = sorted(event.occurred_at for event in order if event.properties["cart_id"] in subjects)
    assert all(last - first >= D for first, last in zip(at, at[most:], strict=False))
    assert len(at) >= min(most, len(order))
