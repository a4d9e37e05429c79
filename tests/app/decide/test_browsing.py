"""What a customer looked at and bought last: a few ids, in any order of arrival, where a template shows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.app.decide import browsing
from kairos.app.decide.turn import Turn
from kairos.app.products import rows_of, viewed_by
from kairos.app.publish.release import Release
from kairos.domain.event import Event
from kairos.domain.profile import Profile
from tests.app.decide.world import NOON, World, make_event, release_of

MINUTE = timedelta(minutes=1)
PLAIN = release_of()
SHOWN = Release({**PLAIN.bundle, "index": {**PLAIN.bundle["index"], "browsing": True}}, PLAIN.pointer)


def looked(product: Any, at: datetime = NOON) -> Event:
    return make_event("product_viewed", at, properties={"product_id": product})


def bought(at: datetime, *products: Any) -> Event:
    return make_event("order_completed", at, properties={"items": [{"product_id": id} for id in products]})


def after(*events: Event, release: Release = SHOWN) -> Profile:
    turn = Turn(Profile("u1", NOON), release, NOON)
    for event in events:
        browsing.take(turn, event)
    return turn.profile


def test_the_latest_looks_are_kept_each_product_once() -> None:
    events = [looked(str(number), NOON + number * MINUTE) for number in range(12)]
    assert viewed_by(after(*events)) == ["11", "10", "9", "8", "7", "6", "5", "4"]
    again = after(*events, looked("5", NOON + 20 * MINUTE))
    assert viewed_by(again)[:2] == ["5", "11"]


def test_the_order_of_arrival_does_not_matter() -> None:
    events = [
        looked("a"),
        looked("b", NOON + MINUTE),
        looked("a", NOON + 2 * MINUTE),
        bought(NOON, "x", "y"),
        bought(NOON + MINUTE, "z"),
    ]
    assert len({str(after(*order).products) for order in permutations(events)}) == 1
    assert [row[0] for row in rows_of(after(*events))] == ["a", "b", "z"]


@pytest.mark.parametrize("product", [None, "", "x" * 65, {"id": 1}, ["a"], True, 2.5])
def test_what_is_no_product_is_passed_over(product: Any) -> None:
    assert after(looked(product), bought(NOON, product)).products == []
    assert after(make_event("order_completed", NOON, properties={"items": "x"})).products == []


def test_nothing_is_remembered_where_no_template_shows_it() -> None:
    assert after(looked("a"), release=PLAIN).products == []
    turn = Turn(after(looked("a")), PLAIN, NOON)
    browsing.forget(turn)
    assert turn.profile.products == []


def test_two_profiles_that_become_one_are_as_if_they_had_been_one() -> None:
    one, other = after(looked("a")), after(looked("b", NOON + MINUTE), bought(NOON, "x"))
    turn = Turn(one, SHOWN, NOON)
    browsing.fold(turn, other)
    assert turn.profile.products == after(looked("a"), looked("b", NOON + MINUTE), bought(NOON, "x")).products


def test_a_look_is_remembered_by_the_engine() -> None:
    world = World()
    world.release = SHOWN
    world.hear(looked("a", NOON + MINUTE))
    assert viewed_by(world.known) == ["a"]
