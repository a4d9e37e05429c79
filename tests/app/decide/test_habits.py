"""What items remember for timing: days of purchase and hours of the week, each where a release asks for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

from kairos.app.decide.habits import fold, hours_of, rhythm_of
from kairos.app.decide.turn import Turn
from kairos.domain.event import Event
from kairos.domain.hour_counts import HourCounts
from kairos.timing import replay
from tests.app.decide.world import NOON, World, make_event

H, D = timedelta(hours=1), timedelta(days=1)
KEEP = {"timing": {"keep": ["rhythm", "hours"]}}
MONDAY = NOON.toordinal()


def journey(**send: Any) -> dict[str, Any]:
    send = {"send": "mail", **send}
    return {"id": "j", "class": "marketing", "trigger": {"event": "go"}, "reenter": "always", "steps": [send]}


def order(at: datetime, **more: Any) -> Event:
    return make_event("order_completed", at, **more)


def test_orders_are_days_of_the_customers_own_calendar_and_several_on_one_count_once() -> None:
    world = World(journey(), brand=KEEP | {"timezone": "Asia/Seoul"})
    late = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # half past midnight of the 3rd in Seoul
    world.hear(order(late), order(late + H), order(late + 10 * D))
    assert rhythm_of(world.known).days == (date(2026, 3, 3).toordinal(), date(2026, 3, 13).toordinal())


def test_days_of_a_clock_change_are_days() -> None:
    world = World(journey(), brand=KEEP | {"timezone": "America/New_York"})
    nights = [datetime(2026, 3, 8, 4, 59, tzinfo=UTC), datetime(2026, 3, 9, 3, 59, tzinfo=UTC)]
    world.hear(*(order(at) for at in nights), at=nights[-1])
    assert rhythm_of(world.known).days == (date(2026, 3, 7).toordinal(), date(2026, 3, 8).toordinal())


def test_the_state_is_that_of_replay_however_long_the_history_and_whatever_the_order_of_arrival() -> None:
    random = Random(7)
    days = sorted({random.randrange(1500) for _ in range(40)})
    moved = sorted(days, key=lambda day: days.index(day) + random.random() * 6)
    world = World(journey(), brand=KEEP, now=NOON + 1600 * D)
    for day in moved:
        world.hear(order(NOON + day * D, received_at=NOON + 1600 * D))
    keeps = world.release.timing.rhythm
    expected = replay([MONDAY + day for day in days], keeps.lognormal.keep, keeps.gamma.keep)
    assert rhythm_of(world.known) == expected
    assert rhythm_of(world.known).purchases == len(days)


def test_visits_orders_and_messages_give_the_same_hours_in_any_order_of_arrival() -> None:
    found = []
    for arrival in permutations(range(4)):
        world = World(journey(), brand=KEEP)
        world.hear(make_event("go", NOON))
        (message,) = world.known.posted
        told = [
            make_event("page_viewed", NOON + 2 * H),
            make_event("page_viewed", NOON - 3 * H),
            world.report(message, "message_opened", NOON + 5 * H),
            world.report(message, "message_clicked", NOON + 6 * H),
        ]
        for at in arrival:
            world.decide([told[at]], NOON + 30 * H)
        found.append(world.known.hours)
    assert all(hours == found[0] for hours in found)
    rows = {name: counts.pairs() for name, counts in found[0].items()}
    assert rows == {"active": [(9, 1), (14, 1)], "sent email": [(12, 1)], "answered email": [(12, 1)]}


def test_what_a_machine_opens_is_no_answer_and_an_answer_counts_in_the_hour_of_its_message() -> None:
    world = World(journey(), brand=KEEP)
    world.hear(make_event("go", NOON))
    (message,) = world.known.posted
    machine = {"machine": True}
    world.hear(world.report(message, "message_opened", NOON + H, properties=machine))
    world.hear(world.report(message, "message_clicked", NOON + H, properties=machine))
    assert hours_of(world.known, "email").answered == {}
    world.hear(world.report(message, "message_clicked", NOON + 40 * H))
    world.hear(world.report(message, "message_opened", NOON + 41 * H))
    assert hours_of(world.known, "email").answered == {12: 1.0}
    assert hours_of(world.known, "sms").sent == {}


def test_an_order_answers_the_message_before_it_for_a_day() -> None:
    for later, answers in ((23 * H, {12: 1.0}), (24 * H, {}), (-H, {})):
        world = World(journey(), brand=KEEP)
        world.hear(make_event("go", NOON))
        world.decide([order(NOON + later)], NOON + 48 * H)
        assert hours_of(world.known, "email").answered == answers


def test_items_of_a_brand_that_asks_for_nothing_remember_nothing_and_a_release_that_stops_asking_clears_them() -> None:
    silent = World(journey())
    silent.hear(make_event("go", NOON), order(NOON + H))
    assert (silent.known.rhythm, silent.known.hours) == ([], {})
    world = World(journey(at={"best_within": "6h"}))
    world.hear(make_event("page_viewed", NOON), order(NOON))
    assert (world.known.rhythm, world.known.hours) == ([], {"active": HourCounts.of([(12, 2)])})
    world.release = silent.release
    world.hear(make_event("page_viewed", NOON + H))
    assert world.known.hours == {}


def test_a_brand_may_name_its_own_events() -> None:
    world = World(journey(), brand={"timing": {"keep": ["rhythm", "hours"], "order": "paid", "active": ["played"]}})
    world.hear(order(NOON), make_event("paid", NOON + D), make_event("played", NOON + D), make_event("page_viewed"))
    assert rhythm_of(world.known).days == (MONDAY + 1,)
    assert world.known.hours == {"active": HourCounts.of([(36, 1)])}


def test_a_thousand_orders_and_visits_of_every_hour_stay_within_the_budget() -> None:
    world = World(journey(), brand=KEEP)
    visits = [make_event("page_viewed", NOON + n * H) for n in range(400)]
    world.decide([*(order(NOON + n * D) for n in range(1000)), *visits], NOON + 1000 * D)
    assert len(world.known.rhythm[0]) == 8
    assert len(world.known.hours["active"].pairs()) == 168


def test_when_two_customers_turn_out_to_be_one_their_days_join_and_their_hours_add_up() -> None:
    one, other = World(journey(), brand=KEEP), World(journey(), brand=KEEP)
    one.hear(order(NOON), order(NOON + 20 * D), make_event("page_viewed", NOON + 20 * D), at=NOON + 20 * D)
    other.hear(order(NOON + 10 * D), order(NOON + 20 * D), make_event("page_viewed", NOON + H), at=NOON + 20 * D)
    turn = Turn(one.known.copy(), one.release, NOON + 21 * D)
    fold(turn, other.known)
    assert rhythm_of(turn.profile).days == (MONDAY, MONDAY + 10, MONDAY + 20)
    sunday = 6 * 24 + 12
    assert hours_of(turn.profile, "email").active == {12: 1.0, 13: 1.0, 3 * 24 + 12: 1.0, sunday: 3.0}
    assert hours_of(one.known, "email").active == {12: 1.0, sunday: 2.0}, "what was read stays as it was"
