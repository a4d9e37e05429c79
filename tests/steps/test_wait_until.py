from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from kairos.domain.decision import Go, Park, Stop
from kairos.domain.errors import BadDefinition
from tests.app.decide.world import World, booking, make_event
from tests.steps.stage import NOON, read, scene


def until(raw: dict[str, Any], at: datetime = NOON, zone: str = "UTC", closed: tuple[date, ...] = ()) -> Any:
    step, args = read({"wait_until": raw})
    decision = step.enter(args, scene(at, zone, closed=closed))
    return decision.until if isinstance(decision, Park) else decision


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_the_next_such_local_time_is_strictly_after_now() -> None:
    assert until({"time": "12:00"}) == utc(2026, 3, 3, 12)
    assert until({"time": "12:01"}) == utc(2026, 3, 2, 12, 1)


def test_the_local_time_is_the_customers() -> None:
    assert until({"time": "09:00"}, zone="Asia/Seoul") == utc(2026, 3, 3, 0)


def test_weekdays_are_those_of_the_customers_calendar() -> None:
    assert until({"time": "09:00", "weekdays": ["mon", "thu"]}) == utc(2026, 3, 5, 9)
    assert until({"time": "09:00", "weekdays": ["tue"]}, utc(2026, 3, 2, 20), "Asia/Seoul") == utc(2026, 3, 3, 0)


def test_without_a_time_the_day_begins_at_midnight() -> None:
    assert until({"weekdays": ["wed"]}) == utc(2026, 3, 4)


def test_a_business_day_is_neither_weekend_nor_holiday() -> None:
    friday = utc(2026, 3, 6, 12)
    assert until({"time": "09:00", "business_day": True}, friday) == utc(2026, 3, 9, 9)
    assert until({"time": "09:00", "business_day": True}, friday, closed=(date(2026, 3, 9),)) == utc(2026, 3, 10, 9)


def test_a_time_that_spring_skips_is_the_first_instant_after_the_gap() -> None:
    assert until({"time": "02:30"}, utc(2026, 3, 8, 5), "America/New_York") == utc(2026, 3, 8, 7)


def test_a_time_that_autumn_repeats_is_the_first_of_the_two() -> None:
    assert until({"time": "01:30"}, utc(2026, 11, 1, 4), "America/New_York") == utc(2026, 11, 1, 5, 30)


def test_a_date_is_waited_for_and_one_that_is_over_goes_on_where_the_author_says_so() -> None:
    assert until({"date": "2026-12-24", "time": "18:00"}, zone="Asia/Seoul") == utc(2026, 12, 24, 9)
    assert until({"date": date(2026, 12, 24)}) == utc(2026, 12, 24)
    assert until({"date": "2026-03-02", "if_past": "send_now"}) == Go()


def test_a_date_that_is_over_ends_the_passage_where_the_author_says_nothing() -> None:
    assert until({"date": "2026-03-02"}) == Stop("its date was over")
    assert until({"date": "2026-03-02", "if_past": "stop"}) == Stop("its date was over")
    assert until({"date": "2026-12-24", "if_past": "stop"}) == utc(2026, 12, 24)


def test_a_year_without_such_a_day_ends_the_passage_and_not_the_customer() -> None:
    closed = tuple(date.fromordinal(day) for day in range(date(2026, 1, 1).toordinal(), date(2028, 1, 1).toordinal()))
    assert until({"business_day": True}, closed=closed) == Stop("no such day comes")


@pytest.mark.parametrize(
    "raw,path",
    [
        ({}, ()),
        ({"time": 1260}, ("time",)),
        ({"time": "24:00"}, ("time",)),
        ({"weekdays": ["monday"]}, ("weekdays",)),
        ({"weekdays": []}, ("weekdays",)),
        ({"date": "tomorrow"}, ("date",)),
        ({"date": "9999-12-31"}, ("date",)),
        ({"date": datetime(2026, 1, 1)}, ("date",)),
        ({"date": "2026-12-24", "business_day": True}, ("date",)),
        ({"weekdays": ["sat", "sun"], "business_day": True}, ("weekdays",)),
        ({"business_day": "yes"}, ("business_day",)),
        ({"tme": "09:00"}, ("tme",)),
        ({"time": "09:00", "if_past": "stop"}, ("if_past",)),
        ({"date": "2026-12-24", "if_past": "skip"}, ("if_past",)),
    ],
)
def test_what_cannot_be_waited_for_is_refused_where_it_stands(raw: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(BadDefinition) as error:
        read({"wait_until": raw})
    assert error.value.path == ("wait_until", *path)


# ---- moments ---------------------------------------------------------------------------------------------------


def test_it_waits_for_the_next_return_of_a_customers_own_day_or_a_time_on_it() -> None:
    birthday = {"anniversary": "birthday"}
    for moment, until in (
        ({"moment": birthday}, datetime(2026, 3, 5, tzinfo=UTC)),
        ({"moment": birthday, "time": "09:00"}, datetime(2026, 3, 5, 9, tzinfo=UTC)),
    ):
        step, args = read({"wait_until": moment})
        assert step.enter(args, scene(traits={"birthday": "1990-03-05"})) == Park(until)
        assert step.enter(args, scene()) == Stop("no such moment comes")


@pytest.mark.parametrize("clock,year", [("13:00", 2026), ("12:00", 2027), ("11:00", 2027)])
def test_on_the_very_day_only_a_time_that_is_still_to_come_counts(clock: str, year: int) -> None:
    step, args = read({"wait_until": {"moment": {"anniversary": "birthday"}, "time": clock}})
    hour = int(clock[:2])
    today = scene(traits={"birthday": "1990-03-02"})
    assert step.enter(args, today) == Park(datetime(year, 3, 2, hour, tzinfo=UTC))


def test_a_day_that_all_share_comes_from_the_release() -> None:
    journey = {
        "id": "j",
        "class": "transactional",
        "trigger": {"event": "go"},
        "steps": [{"wait_until": {"moment": {"payday": {"day": 25}}, "time": "09:00"}}, {"send": "hello"}],
    }
    world = World(journey)
    world.hear(make_event("go"))
    world.live_until(datetime(2026, 4, 30, tzinfo=UTC))
    assert [at for at, _, _ in world.messages] == [datetime(2026, 3, 25, 9, tzinfo=UTC)]


def test_an_entry_is_its_own_instant() -> None:
    journey = {
        "id": "j",
        "class": "transactional",
        "trigger": {"event": "go"},
        "steps": [{"wait_until": {"moment": {"entry": "booking"}}}, {"send": "hello"}],
    }
    world = World(journey)
    starts = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    world.hear(booking(NOON, starts), make_event("go"))
    world.live_until(datetime(2026, 4, 30, tzinfo=UTC))
    assert [at for at, _, _ in world.messages] == [starts]


@pytest.mark.parametrize(
    "wrong",
    [
        {"moment": "birthday"},
        {"moment": {}},
        {"moment": {"anniversary": "birthday"}, "date": "2026-12-24"},
        {"moment": {"anniversary": "birthday"}, "weekdays": ["mon"]},
    ],
)
def test_a_moment_in_a_wrong_form_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadDefinition):
        read({"wait_until": wrong})
