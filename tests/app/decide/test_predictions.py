"""Timelines around what is predicted: after every order anew, moved within limits, ended by the next order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from kairos.app.decide.habits import rhythm_of
from kairos.app.decide.predictions import MOVES_MAX
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.domain.event import Event
from kairos.timing.builtin import RHYTHM
from tests.app.decide.world import NOON, World, make_event

H, D = timedelta(hours=1), timedelta(days=1)
NEXT, LAPSE = {"predicted": "next_order"}, {"predicted": "lapse", "chance": "80%"}


def around(anchor: dict[str, Any], *steps: str, **more: Any) -> dict[str, Any]:
    listed = [{"at": step, "send": name} for step, name in zip(steps, ("hello", "second", "third"), strict=False)]
    return {"id": "day", "class": "transactional", "anchor": anchor, "timeline": listed, **more}


def order(at: datetime, **more: Any) -> Event:
    return make_event("order_completed", at, **more)


def monthly(world: World, orders: int = 8) -> datetime:
    """Let the customer buy every 30 days, and return when they bought last."""
    for n in range(orders):
        world.hear(order(NOON + 30 * n * D))
    return NOON + 30 * (orders - 1) * D


def expected_day(world: World) -> date:
    (known,) = world.known.predicted.values()
    return date.fromordinal(known.day)


def test_a_reminder_comes_before_the_expected_order_and_the_order_ends_what_is_left() -> None:
    world = World(around(NEXT, "-3d 10:00", "+2d 10:00"))
    last = monthly(world)
    before = len(world.sent)
    day = expected_day(world)
    assert timedelta(days=29) <= day - last.date() <= timedelta(days=33)
    world.live_until(last + (day - last.date()) - D)
    assert world.messages[before:] == [
        (datetime(day.year, day.month, day.day, 10, tzinfo=UTC) - 3 * D, "hello", "email")
    ]
    world.hear(order(last + (day - last.date())))
    assert world.said("exited")[-1] == "a new order came"
    world.live_until(world.now + 10 * D)
    assert world.sent[before:] == ["hello"], "what was meant for the silence after the day is dead"


def test_the_order_that_was_expected_is_a_conversion() -> None:
    goal = {"goal": {"event": "order_completed", "within": "30d"}}
    world = World(around(NEXT, "-3d 10:00", "+2d 10:00", **goal))
    last = monthly(world)
    world.live_until(last + 29 * D)
    world.reasons.clear()
    world.hear(order(last + 30 * D))
    assert (world.said("converted"), world.said("exited")) == ([""], ["goal reached"])


def test_each_order_is_an_occurrence_of_its_own_which_templates_may_ask() -> None:
    world = World(around(NEXT, "0d 10:00", "+60d 10:00"))
    last = monthly(world, 3)
    world.live_until(last + 40 * D)
    passage = world.only_enrollment()
    assert (passage.occurrence, passage.subject) == (last.date().isoformat(), expected_day(world).isoformat())
    assert passage.properties == {"moment": {"name": "next_order", "day": passage.subject, "n": 3}}


def test_silence_alone_does_not_put_a_reminder_off() -> None:
    world = World(around(NEXT, "-3d 10:00"))
    monthly(world)
    day = expected_day(world)
    for _ in range(20):
        world.hear(make_event("profile_updated", world.now + D, traits={"timezone": "Asia/Tokyo"}))
    assert expected_day(world) == day


def test_late_orders_move_the_day_only_when_they_say_much_and_only_so_often() -> None:
    world = World(around(NEXT, "0d 10:00"))
    at = NOON + 300 * D
    world.hear(order(at))
    (first,) = world.known.predicted.values()
    days = [first.day]
    for n in range(1, 40):
        world.hear(order(at - 7 * n * D, received_at=at + n * H))
        (known,) = world.known.predicted.values()
        assert known.occurrence == first.occurrence
        days.append(known.day)
    moves = [(a, b) for a, b in pairwise(days) if a != b]
    assert 1 <= len(moves) <= MOVES_MAX
    assert known.moves == len(moves)
    assert all(abs(b - a) > max(1, 0.1 * (a - at.toordinal())) for a, b in moves)


def test_what_was_sent_never_repeats_when_the_day_moves() -> None:
    world = World(around(NEXT, "-40d 10:00", "0d 10:00"))
    at = NOON + 300 * D
    world.hear(order(at))
    world.live_until(at + 5 * D)
    world.reasons.clear()
    world.hear(*(order(at - 7 * n * D, received_at=world.now) for n in range(1, 8)))
    world.live_until(at + 200 * D)
    assert world.sent in (["hello", "second"], ["second"])
    assert len(set(world.sent)) == len(world.sent)


def test_orders_that_arrive_together_give_one_day_in_any_order_and_apart_one_within_the_tolerance() -> None:
    events = [order(NOON + n * 20 * D, received_at=NOON + 61 * D) for n in range(4)]
    found = []
    for arrival in (events, [*reversed(events)]):
        together, apart = World(around(NEXT, "0d 10:00")), World(around(NEXT, "0d 10:00"))
        together.hear(*arrival)
        for event in arrival:
            apart.hear(event)
        assert together.known.rhythm == apart.known.rhythm
        found.append((together.known.rhythm, together.known.predicted, together.known.moments))
        away = abs(expected_day(apart) - expected_day(together))
        assert away <= max(D, 0.1 * (expected_day(together) - date(2026, 5, 1)))
    assert found[0] == found[1]


def test_a_customer_lapses_when_their_own_silence_says_so_and_a_late_order_takes_it_back() -> None:
    world = World(around(LAPSE, "0d 10:00"))
    last = monthly(world)
    before = len(world.sent)
    day = expected_day(world)
    silence = (day - last.date()).days
    forecast = RHYTHM.forecast(rhythm_of(world.known))
    assert forecast.p_gone(silence - 1) < 0.8 <= forecast.p_gone(silence)
    world.live_until(last + (silence - 5) * D)
    assert world.sent[before:] == []
    world.hear(order(last + (silence - 20) * D, received_at=world.now))
    world.live_until(last + (silence + 3) * D)
    assert world.sent[before:] == [], "they bought: the silence begins anew"
    world.live_until(last + 1000 * D)
    assert world.sent[before:] == ["hello"], "once for each silence"


def test_a_weekly_buyer_lapses_earlier_than_one_who_buys_twice_a_year() -> None:
    silences = []
    for gap in (7, 180):
        world = World(around(LAPSE, "0d 10:00"))
        for n in range(8):
            world.hear(order(NOON + gap * n * D))
        silences.append((expected_day(world) - (NOON + 7 * gap * D).date()).days)
    assert 7 < silences[0] < silences[1] / 4


def test_nobody_without_an_order_is_expected_and_an_import_of_old_orders_sends_nothing_late() -> None:
    world = World(around(LAPSE, "0d 10:00"))
    world.hear(make_event("page_viewed"))
    assert world.known.predicted == {}
    world.hear(*(order(NOON - (900 - 20 * n) * D, received_at=NOON, historical=True) for n in range(6)))
    world.live_until(NOON + 30 * D)
    assert world.sent == []


def test_what_was_expected_in_vain_is_expected_once_more_on_the_silence_by_then() -> None:
    """A long pause: the day passed, and no passage stood around it."""
    world = World(around(NEXT, "0d 10:00"))
    last = monthly(world)
    first, before = expected_day(world), len(world.sent)
    world.release = Release(world.release.bundle, Pointer("r", frozenset({"day"})))
    world.live_until(last + 50 * D)
    world.release = Release(world.release.bundle, Pointer("r"))
    world.wake(last + 50 * D)
    assert expected_day(world) > max(first, (last + 50 * D).date())
    world.live_until(last + 300 * D)
    assert world.sent[before:] == ["hello"]


def test_newly_learned_priors_move_what_is_waited_for_when_it_rings() -> None:
    world = World(around(NEXT, "-3d 10:00"))
    world.hear(order(NOON))
    early = expected_day(world)
    slower = replace(RHYTHM, lognormal=replace(RHYTHM.lognormal, mean=5.2), gamma=replace(RHYTHM.gamma, days=200.0))
    learned = {"rhythm": slower.to_document()}
    world.release = Release({**world.release.bundle, "timing": learned}, world.release.pointer)
    world.live_until(datetime(early.year, early.month, early.day, tzinfo=UTC))
    assert world.sent == []
    assert expected_day(world) > early + 20 * D
    world.live_until(NOON + 400 * D)
    assert world.sent == ["hello"]


def test_a_step_may_wait_for_what_is_predicted() -> None:
    step = {"wait_until": {"moment": NEXT, "time": "09:00"}}
    journey = {"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": [step, {"send": "hello"}]}
    world = World(journey)
    last = monthly(world)
    world.hear(make_event("go", last + H))
    world.live_until(last + 60 * D)
    ((at, _, _),) = world.messages
    assert timedelta(days=29) <= at.date() - last.date() <= timedelta(days=33)
    assert at.hour == 9


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Seoul"])
def test_the_day_begins_at_the_customers_own_midnight(zone: str) -> None:
    world = World(around(NEXT, "0d 00:00"), brand={"timezone": zone})
    monthly(world)
    before = len(world.sent)
    day = expected_day(world)
    world.live_until(world.now + 60 * D)
    ((at, _, _),) = world.messages[before:]
    assert at.astimezone(world.release.brand_zone).isoformat()[:16] == f"{day}T00:00"


def test_the_item_keeps_one_small_row_however_often_one_buys() -> None:
    world = World(around(NEXT, "0d 10:00"))
    monthly(world, 60)
    assert len(world.known.predicted) == len(world.known.moments) == 1
    assert len(world.known.rhythm[0]) == 8
