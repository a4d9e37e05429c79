"""What repeats for a customer, kept and used: visits, paydays found from purchases, and any event."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kairos.aws.codec import read_state, write_state
from kairos.domain.budget import BUDGETS
from kairos.domain.profile import SCHEMA
from kairos.timing.last_days import DAYS_KEPT_MAX, days_in
from kairos.timing.occasion import Months
from tests.app.decide.company import Company
from tests.app.decide.world import NOON, World, make_event, release_of

H, D = timedelta(hours=1), timedelta(days=1)
KEEP = {"timing": {"keep": ["recurrence"]}}
VISIT, PAYDAY = {"predicted": "visit"}, {"predicted": "payday"}


def around(anchor: dict[str, Any], *steps: str, **more: Any) -> dict[str, Any]:
    listed = [{"at": step, "send": name} for step, name in zip(steps, ("hello", "second", "third"), strict=False)]
    return {"id": "day", "class": "transactional", "anchor": anchor, "timeline": listed, **more}


def weekday(day: date) -> bool:
    return day.weekday() < 5


def paid_on(months: int) -> list[datetime]:
    """Return noon of paydays: the 25th, or the business day before, as wages are paid in Korea."""
    starts = Months(25, "previous", weekday).starts(NOON.toordinal(), NOON.toordinal() + 31 * months)
    return [datetime.fromordinal(day).replace(hour=12, tzinfo=NOON.tzinfo) for day in starts]


def test_a_weekly_visitor_is_written_to_the_day_before_they_come() -> None:
    world = World(around(VISIT, "-1d 10:00"))
    for week in range(10):
        world.hear(make_event("page_viewed", NOON + 7 * week * D))
    world.live_until(NOON + 70 * D)
    sent = [at for at, _, _ in world.messages]
    assert sent[-1] == NOON + 69 * D - 2 * H, "on Sunday, since they come on Mondays"
    assert all(at.weekday() == 6 for at in sent)
    assert len(sent) < 9, "not before it was known that they come every week"


def test_a_visit_ends_what_stood_around_it_and_begins_the_next() -> None:
    world = World(around(VISIT, "-1d 10:00", "+2d 10:00"))
    for week in range(10):
        world.hear(make_event("page_viewed", NOON + 7 * week * D))
    world.reasons.clear()
    world.hear(make_event("page_viewed", NOON + 70 * D))
    assert world.said("exited") == ["they came"]
    world.live_until(NOON + 75 * D)
    assert world.sent == ["hello"], "what was meant for who does not come is dead"
    assert sorted(world.known.moments.values()) == [NOON + 76 * D - 2 * H]


def test_who_comes_whenever_they_like_is_left_alone() -> None:
    world = World(around(VISIT, "-1d 10:00"))
    for day in (0, 3, 4, 11, 25, 26, 31, 47, 60, 62, 63, 80):
        world.hear(make_event("page_viewed", NOON + day * D))
    world.live_until(NOON + 120 * D)
    assert (world.sent, world.known.moments) == ([], {})


def test_a_payday_is_found_in_purchases_and_comes_every_month_though_nothing_is_bought() -> None:
    world = World(around(PAYDAY, "0d 09:00"), brand={"country": None})
    paid = paid_on(16)
    for at in paid[:9]:
        world.hear(make_event("order_completed", at))
    world.reasons.clear()
    world.live_until(paid[11] + D)
    assert [at for at, _, _ in world.messages] == [at - 3 * H for at in paid[9:12]]
    (opens,) = world.known.moments.values()
    assert opens > paid[11]


def test_a_payday_that_was_reached_is_no_second_one_when_more_is_bought() -> None:
    world = World(around(PAYDAY, "0d 09:00"), brand={"country": None})
    paid = paid_on(12)
    for at in paid[:9]:
        world.hear(make_event("order_completed", at))
    world.reasons.clear()
    for more in range(3):
        world.hear(make_event("order_completed", paid[9] + more * H))
        world.hear(make_event("order_completed", paid[9] + D + more * H))
    assert world.sent == ["hello"]


def test_any_event_may_be_waited_for() -> None:
    world = World(around({"predicted": "event", "event": "class_attended"}, "-1d 18:00"))
    for week in range(10):
        world.hear(make_event("class_attended", NOON + 7 * week * D))
        world.hear(make_event("page_viewed", NOON + (7 * week + week % 5) * D + H))
    assert list(world.known.recurring) == ["event class_attended"]
    assert sorted(world.known.moments.values()) == [NOON + 69 * D + 6 * H]


def test_a_step_may_wait_for_what_is_expected() -> None:
    steps = [{"wait_until": {"moment": VISIT}}, {"send": "hello"}]
    world = World({"id": "j", "class": "transactional", "trigger": {"event": "go"}, "steps": steps})
    for week in range(10):
        world.hear(make_event("page_viewed", NOON + 7 * week * D))
    world.hear(make_event("go", NOON + 65 * D))
    world.live_until(NOON + 71 * D)
    assert [at for at, _, _ in world.messages] == [NOON + 70 * D - 12 * H]


def test_items_remember_what_is_asked_for_and_forget_what_is_not() -> None:
    visits, order = make_event("page_viewed", NOON), make_event("order_completed", NOON + D)
    world = World(around(VISIT, "0d 10:00"))
    world.hear(visits, order)
    assert {name: len(days_in(days)) for name, days in world.known.recurring.items()} == {"visit": 2}
    world.release = release_of(brand={"timing": {"keep": ["recurrence"], "recurring": ["class_attended"]}})
    world.hear(make_event("class_attended", NOON + 2 * D), make_event("order_completed", NOON + 2 * D))
    assert set(world.known.recurring) == {"visit", "order", "event class_attended"}
    world.release = release_of()
    world.hear(make_event("page_viewed", NOON + 3 * D))
    assert world.known.recurring == {}


def test_the_order_of_arrival_does_not_matter_and_the_item_stays_small() -> None:
    found = []
    for arrived in permutations(range(4)):
        world = World(brand=KEEP)
        for n in arrived:
            world.hear(make_event("page_viewed", NOON + 3 * n * D, received_at=NOON + 40 * D))
        found.append(world.known.recurring)
    assert all(each == found[0] for each in found)
    world = World(brand=KEEP)
    for n in range(120):
        world.hear(make_event("page_viewed", NOON + 9 * n * D))
    assert len(days_in(world.known.recurring["visit"])) == DAYS_KEPT_MAX
    assert len(str(world.known.recurring["visit"]).replace(" ", "")) <= BUDGETS["recurring"].bytes_each
    assert read_state(write_state(world.known), SCHEMA, 1).recurring == world.known.recurring


def test_days_are_those_of_the_customers_own_clock() -> None:
    world = World(brand=KEEP)
    world.hear(make_event("profile_updated", NOON, traits={"timezone": "Asia/Seoul"}))
    world.hear(make_event("page_viewed", NOON + 4 * H))  # 01:00 of the next day there
    assert days_in(world.known.recurring["visit"]) == ((NOON + D).toordinal(),)


def test_when_two_customers_turn_out_to_be_one_their_days_join() -> None:
    company = Company(brand=KEEP)
    company.hear("a", make_event("page_viewed", NOON), make_event("order_completed", NOON), at=NOON)
    company.hear("b", make_event("page_viewed", NOON + D), at=NOON + D)
    company.merge("b", "a")
    assert days_in(company["a"].recurring["visit"]) == (NOON.toordinal(), NOON.toordinal() + 1)


@pytest.mark.parametrize(
    "anchor", [{"predicted": "visit", "chance": "50%"}, {"predicted": "event"}, {"predicted": "payday", "event": "x"}]
)
def test_what_makes_no_sense_beside_it_is_refused(anchor: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        release_of(around(anchor, "0d 10:00"))
