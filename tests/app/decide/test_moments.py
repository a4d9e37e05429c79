"""Whole days that come to a customer: birthdays of their own, and days that all share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.decide.moments import LEAD
from kairos.app.walk.shared import coming, together
from kairos.domain.event import Event
from kairos.domain.walk import Walk, walked
from tests.app.decide.world import NOON, World, booking, make_event, release_of

M, H, D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEOUL = "Asia/Seoul"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def around(anchor: dict[str, Any], *steps: Any, **more: Any) -> dict[str, Any]:
    listed = [{"at": step, "send": "hello"} if isinstance(step, str) else step for step in steps or ("0d 09:00",)]
    return {"id": "day", "class": "transactional", "anchor": anchor, "timeline": listed, **more}


BIRTHDAY = {"anniversary": "birthday"}
PAYDAY = {"payday": {"day": 25, "shift": "previous"}}


def told(at: datetime = NOON, **traits: Any) -> Event:
    return make_event("profile_updated", at, traits=traits)


def times(world: World) -> list[str]:
    return [at.isoformat(timespec="minutes").removesuffix("+00:00") for at, _, _ in world.messages]


def walk(world: World, key: str, since: datetime, *journeys: str) -> None:
    what = {"day": key, "since": since.isoformat().replace("+00:00", "Z")}
    going = Walk(f"w-{key}", "moment", since, since, journeys or ("day",), what=what)
    world.hear(walked(going, "u1", max(since, world.now)))


class TestAnniversaries:
    def test_a_birthday_comes_every_year_and_only_the_next_one_waits_in_the_item(self) -> None:
        world = World(around(BIRTHDAY))
        world.hear(told(birthday="1990-03-10"))
        for year in range(2026, 2031):
            assert world.profile is not None
            assert world.profile.moments == {f"day/{year}": utc(f"{year}-03-10T09:00")}
            assert not any(passage.active for passage in world.profile.enrollments.values())
            world.live_until(utc(f"{year}-03-11T00:00"))
        assert times(world) == [f"{year}-03-10T09:00" for year in range(2026, 2031)]

    def test_what_a_template_may_ask_of_the_day(self) -> None:
        world = World(around(BIRTHDAY, "0d 09:00", "+30d 09:00"))
        world.hear(told(birthday="1990-03-10"))
        world.live_until(utc("2026-03-11T00:00"))
        assert world.profile is not None
        (passage,) = world.profile.enrollments.values()
        assert passage.properties == {"moment": {"name": "birthday", "day": "2026-03-10", "n": 36}}
        assert (passage.subject, passage.entered_at) == ("2026-03-10", utc("2026-03-10T09:00"))

    @pytest.mark.parametrize("value", [None, "soon", 19900310, ["1990-03-10"], ""])
    def test_a_profile_without_a_birthday_gets_nothing(self, value: Any) -> None:
        world = World(around(BIRTHDAY))
        world.hear(told(birthday=value, tier="vip"))
        world.live_until(NOON + 800 * D)
        assert world.messages == []
        assert world.profile is not None
        assert world.profile.moments == {}

    def test_a_corrected_birthday_is_planned_anew_and_a_removed_one_is_dead(self) -> None:
        world = World(around(BIRTHDAY))
        world.hear(told(birthday="1990-03-10"))
        world.hear(told(NOON + D, birthday="1990-03-20"))
        world.live_until(utc("2026-04-01T00:00"))
        assert times(world) == ["2026-03-20T09:00"]
        world.hear(told(utc("2026-04-02T00:00"), birthday=None))
        world.live_until(utc("2029-01-01T00:00"))
        assert len(world.messages) == 1

    def test_a_birthday_corrected_amid_its_days_moves_the_rest_and_repeats_nothing(self) -> None:
        world = World(around(BIRTHDAY, "-3d 10:00", "0d 09:00"))
        world.hear(told(birthday="1990-03-10"))
        world.live_until(utc("2026-03-08T00:00"))
        world.hear(told(utc("2026-03-08T00:00"), birthday="1990-03-12"))
        world.live_until(utc("2026-12-31T00:00"))
        assert times(world) == ["2026-03-07T10:00", "2026-03-12T09:00"]

    def test_a_birthday_taken_back_amid_its_days_kills_what_is_planned(self) -> None:
        world = World(around(BIRTHDAY, "-3d 10:00", "0d 09:00"))
        world.hear(told(birthday="1990-03-10"))
        world.live_until(utc("2026-03-08T00:00"))
        world.hear(told(utc("2026-03-08T00:00"), birthday=None))
        world.live_until(utc("2028-01-01T00:00"))
        assert times(world) == ["2026-03-07T10:00"]
        assert "the day is another now" in world.said("exited")

    def test_told_on_the_day_itself_a_step_that_is_over_follows_if_past(self) -> None:
        for if_past, sent in (("skip", 0), ("send_now", 1), ("stop", 0), ("next_occurrence", 0)):
            world = World(around(BIRTHDAY, {"at": "0d 09:00", "send": "hello", "if_past": if_past}))
            world.hear(told(birthday="1990-03-02"))
            world.live_until(NOON + D)
            assert len(world.messages) == sent, if_past
            assert sent or world.said("skipped") == ["its time was over when it became known"]
            world.live_until(utc("2027-03-03T00:00"))
            assert times(world)[-1] == "2027-03-02T09:00"

    def test_a_year_old_birthday_is_not_made_up_for(self) -> None:
        world = World(around(BIRTHDAY, {"at": "0d 09:00", "send": "hello", "if_past": "send_now"}))
        world.hear(told(birthday="1990-03-01"))
        world.live_until(NOON + 5 * D)
        assert world.messages == []

    def test_who_moves_to_another_zone_is_told_on_the_clock_there(self) -> None:
        world = World(around(BIRTHDAY, "0d 09:00", "+5h"))
        world.hear(told(birthday="1990-03-10", timezone=SEOUL))
        world.hear(told(NOON + D, timezone="America/New_York"))
        world.live_until(utc("2026-03-12T00:00"))
        assert times(world) == ["2026-03-10T09:00", "2026-03-10T13:00"]  # 05:00 and 09:00 in New York
        world.hear(told(utc("2026-04-01T00:00"), timezone=SEOUL))
        world.live_until(utc("2027-03-12T00:00"))
        assert times(world)[2:] == ["2027-03-09T20:00", "2027-03-10T00:00"]

    def test_a_wake_up_that_comes_late_is_late_and_not_past(self) -> None:
        world = World(around(BIRTHDAY))
        world.hear(told(birthday="1990-03-10"))
        world.wake(utc("2026-03-10T15:00"))
        assert times(world) == ["2026-03-10T15:00"]

    def test_a_monthly_day_overlaps_with_the_next_and_loses_no_step(self) -> None:
        world = World(around({"anniversary": "joined", "every": "month"}, "-20d 10:00", "+20d 10:00"))
        world.hear(told(joined="2026-01-31"))
        world.live_until(utc("2026-06-01T00:00"))
        due = [f"2026-{day}T10:00" for day in ("03-11", "03-20", "04-10", "04-20", "05-11", "05-20")]
        assert times(world) == due

    def test_a_goal_counts_from_when_the_first_step_is_due(self) -> None:
        world = World(around(BIRTHDAY, goal={"event": "order_completed", "within": "2d"}))
        world.hear(told(birthday="1990-03-10"))
        world.live_until(utc("2026-03-11T00:00"))
        world.hear(make_event("order_completed", utc("2026-03-11T08:00")))
        assert world.said("converted") == [""]

    def test_an_exit_ends_this_years_and_the_next_comes_all_the_same(self) -> None:
        world = World(around(BIRTHDAY, "-3d 10:00", "0d 09:00", exit={"event": "left"}))
        world.hear(told(birthday="1990-03-10"))
        world.hear(make_event("left", utc("2026-03-08T00:00")))
        world.live_until(utc("2027-03-11T00:00"))
        assert times(world) == ["2026-03-07T10:00", "2027-03-07T10:00", "2027-03-10T09:00"]


class TestSharedDays:
    def test_a_day_that_all_share_has_no_timer_before_its_walk(self) -> None:
        world = World(around(PAYDAY))
        assert world.profile is not None
        assert world.profile.moments == {}
        walk(world, "2026-03-25", utc("2026-03-22T00:00"))
        assert world.profile.moments == {"day/2026-03-25": utc("2026-03-25T09:00")}
        world.live_until(utc("2026-05-01T00:00"))
        assert times(world) == ["2026-03-25T09:00"]

    def test_a_walk_that_comes_twice_finds_nothing_to_do(self) -> None:
        world = World(around(PAYDAY))
        for _ in range(2):
            walk(world, "2026-03-25", utc("2026-03-22T00:00"))
        assert world.outcome is None

    def test_a_walk_that_comes_late_is_late_and_one_published_late_sends_nothing_past(self) -> None:
        world = World(around(PAYDAY))
        world.live_until(utc("2026-03-25T11:00"))
        walk(world, "2026-03-25", utc("2026-03-22T00:00"))
        assert times(world) == ["2026-03-25T11:00"]
        world = World(around(PAYDAY, {"at": "0d 09:00", "send": "hello", "if_past": "send_now"}))
        world.live_until(utc("2026-03-25T11:00"))
        walk(world, "2026-03-25", utc("2026-03-25T10:00"))
        assert times(world) == []

    def test_who_can_first_be_reached_after_the_walk_began_joins_at_once(self) -> None:
        world = World(around(PAYDAY), now=utc("2026-03-24T12:00"))
        assert world.profile is not None
        assert world.profile.moments == {"day/2026-03-25": utc("2026-03-25T09:00")}
        world.live_until(utc("2026-03-26T00:00"))
        assert times(world) == ["2026-03-25T09:00"]

    @pytest.mark.parametrize(
        "zone", ["Pacific/Kiritimati", "Asia/Seoul", "UTC", "America/New_York", "Pacific/Pago_Pago"]
    )
    def test_between_the_begin_of_the_walk_and_the_lead_of_their_own_zone_nobody_is_left_out(self, zone: str) -> None:
        """The walk begins by the clock of the earliest zone, hours before it would have to for most."""
        release = release_of(around(PAYDAY))
        (first, *_) = together(coming(release, utc("2026-03-20T00:00")))
        for known_at, waits_for in ((first.at + M, ["day/2026-03-25"]), (first.at - M, [])):
            world = World(around(PAYDAY), brand={"timezone": zone}, now=known_at + D)  # it begins a day earlier
            assert world.profile is not None
            assert list(world.profile.moments) == waits_for

    def test_whom_no_channel_reaches_is_left_alone(self) -> None:
        world = World(around(PAYDAY))
        world.hear(make_event("profile_updated", NOON, reach={"email": False, "sms": False}))
        walk(world, "2026-03-25", utc("2026-03-22T00:00"))
        assert world.profile is not None
        assert world.profile.moments == {}

    def test_a_holiday_that_is_moved_takes_what_waits_for_it_along(self) -> None:
        journey = around({"holiday": "Chuseok"}, "-2d 10:00", "0d 09:00", "+1d 09:00")
        for when, expected in (
            ("2026-09-20T00:00", ["2026-09-26T10:00", "2026-09-28T09:00", "2026-09-29T09:00"]),
            ("2026-09-24T00:00", ["2026-09-23T10:00", "2026-09-28T09:00", "2026-09-29T09:00"]),
        ):
            world = World(journey)
            walk(world, "2026-09-25", utc("2026-09-19T00:00"))
            world.live_until(utc(when))
            move = {"move": [{"name": "Chuseok", "from": "2026-09-25", "to": "2026-09-28"}]}
            world.release = release_of(journey, brand={"holidays": move})
            world.hear(walked(Walk("w-2", "replan", world.now, world.now), "u1", world.now))
            world.live_until(utc("2026-12-01T00:00"))
            assert times(world) == expected, when

    def test_a_holiday_that_is_struck_out_is_not_kept(self) -> None:
        journey = around({"holiday": "Chuseok"})
        world = World(journey)
        walk(world, "2026-09-25", utc("2026-09-19T00:00"))
        world.release = release_of(journey, brand={"holidays": {"remove": [{"date": "2026-09-25"}]}})
        world.hear(walked(Walk("w-2", "replan", world.now, world.now), "u1", world.now))
        world.live_until(utc("2026-12-01T00:00"))
        assert world.messages == []

    def test_every_walk_begins_before_the_first_step_anywhere_on_earth(self) -> None:
        release = release_of(around(PAYDAY, "-1d 00:00", "0d 09:00"))
        walks = together(coming(release, utc("2026-01-01T00:00")))
        assert [found.key for found in walks][:3] == ["2026-01-23", "2026-02-25", "2026-03-25"]
        assert walks[2].at == utc("2026-03-23T10:00") - LEAD  # midnight in Kiritimati, 14 hours before Greenwich


class TestEntries:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("-1d 10:00", "2026-03-03T10:00"),  # at the next ten o'clock, which is still before the booking
            ("-9d 10:00", "2026-03-03T10:00"),
            ("-9d 15:00", "2026-03-02T15:00"),
        ],
    )
    def test_next_occurrence_is_the_next_time_the_clock_shows_the_same(self, at: str, expected: str) -> None:
        journey = around({"entry": "booking"}, {"at": at, "send": "hello", "if_past": "next_occurrence"})
        world = World(journey)
        world.hear(booking(NOON, utc("2026-03-03T11:00")))
        world.live_until(NOON + 30 * D)
        assert times(world) == [expected]

    def test_next_occurrence_never_comes_after_what_it_means_to_come_before(self) -> None:
        step = {"at": "-1d 10:00", "send": "hello", "if_past": "next_occurrence"}
        world = World(around({"entry": "booking"}, step))
        world.hear(booking(NOON, utc("2026-03-03T09:00")))
        world.live_until(NOON + 30 * D)
        assert world.messages == []
        assert world.said("skipped") == ["its time was over when it became known"]
