from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.app.decide import messages
from kairos.app.deliver import gates
from kairos.app.deliver.quiet import open_at, quiet_windows
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.domain.localtime import to_instant
from kairos.domain.profile import Profile
from tests.app.decide.world import release_of
from tests.domain.clock_changes import Change, all_changes, all_zones, one_change_of_each_kind


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def opening(now: datetime, channel: str = "sms", zone: str | None = None, **brand: Any) -> datetime | None:
    profile = Profile("u1", now, traits={"timezone": zone} if zone else {})
    return open_at(release_of(brand=brand), profile, channel, now)


def test_without_windows_every_instant_is_open() -> None:
    assert opening(utc(2, 3)) == utc(2, 3)
    assert opening(utc(2, 3), quiet_hours={"push": "21:00-08:00"}) == utc(2, 3)


@pytest.mark.parametrize(
    "now,opens",
    [(utc(2, 20, 59), utc(2, 20, 59)), (utc(2, 21), utc(3, 8)), (utc(3, 7, 59), utc(3, 8)), (utc(3, 8), utc(3, 8))],
)
def test_an_overnight_window_is_one_window(now: datetime, opens: datetime) -> None:
    assert opening(now, quiet_hours={"sms": "21:00-08:00"}) == opens


def test_the_clock_is_the_recipients_and_the_brands_where_theirs_is_unknown() -> None:
    quiet = {"sms": "21:00-08:00"}
    assert opening(utc(2, 12), zone="Asia/Seoul", quiet_hours=quiet) == utc(2, 23)
    assert opening(utc(2, 12), timezone="Asia/Seoul", quiet_hours=quiet) == utc(2, 23)
    assert opening(utc(2, 12), zone="Mars/Olympus", timezone="Asia/Seoul", quiet_hours=quiet) == utc(2, 23)


def test_an_unknown_zone_may_be_any_of_the_brands() -> None:
    zones = ["Asia/Seoul", "Europe/London", "America/New_York"]
    quiet = {"sms": "22:00-06:00"}
    found = opening(utc(2, 12), zones=zones, quiet_hours=quiet)
    assert found == utc(2, 12)
    assert opening(utc(2, 13), zones=zones, quiet_hours=quiet) == utc(2, 21)
    assert opening(utc(2, 22), zones=zones, quiet_hours=quiet) == utc(3, 11)


def test_a_union_without_an_opening_has_none() -> None:
    """`publish` refuses such a brand; an older release may still carry it."""
    bundle = release_of().bundle
    brand = {**bundle["brand"], "zones": ["Asia/Seoul", "Europe/London"], "quiet_hours": {"sms": "12:00-11:00"}}
    release = Release({**bundle, "brand": brand}, Pointer("r"))
    assert open_at(release, Profile("u1", utc(2, 12)), "sms", utc(2, 12)) is None


def test_a_law_pack_adds_its_night_to_the_brands_own() -> None:
    both: dict[str, Any] = {
        "policies": ["kr"],
        "sender": {"name": "Shop", "email": "a@example.com", "contact": "02-000-0000"},
    }
    release = release_of(brand={**both, "quiet_hours": {"sms": "12:00-13:00"}})
    assert [str(window) for window in quiet_windows(release, Profile("u1", utc(2, 12)), "sms")] == [
        "12:00-13:00",
        "21:00-08:00",
    ]
    assert opening(utc(2, 12, 30), zone="Asia/Seoul", **both) == utc(2, 23)


# ---- edges, in every zone ----------------------------------------------------------------------------------------

NIGHT = {"quiet_hours": {"sms": "21:00-08:00"}}
EDGES = (("20:59:59", True), ("21:00:00", False), ("07:59:59", False), ("08:00:00", True))
RELEASE = release_of(brand=NIGHT)


def _at_edges_of(day: date, zone: ZoneInfo) -> None:
    customer = Profile("u1", utc(2, 0), traits={"timezone": zone.key})
    for clock, is_open in EDGES:
        at = to_instant(day, time.fromisoformat(clock), zone)
        if at.astimezone(zone).time() != time.fromisoformat(clock):
            continue  # a change skips this very second
        opens = open_at(RELEASE, customer, "sms", at)
        assert opens is not None
        shown = opens.astimezone(zone)
        assert time(8) <= shown.time() < time(21), "never in the night"
        assert (opens == at) is is_open, (zone.key, at)
        assert opens - at < timedelta(hours=14), "never a day late"
        assert open_at(RELEASE, customer, "sms", opens) == opens, "what opens is open"
        if not is_open:
            before = open_at(RELEASE, customer, "sms", opens - timedelta(seconds=1))
            assert before == opens, "never early"


@given(st.sampled_from(all_zones()), st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_the_edges_of_the_night_are_exact_in_every_zone(zone: ZoneInfo, day: date) -> None:
    _at_edges_of(day, zone)


@given(st.sampled_from(one_change_of_each_kind()), st.integers(-1, 1))
def test_the_edges_are_exact_in_the_nights_in_which_clocks_change(change: Change, days: int) -> None:
    _at_edges_of(change.at.astimezone(change.zone).date() + timedelta(days=days), change.zone)


@pytest.mark.nightly
def test_every_change_of_every_zone_has_exact_edges() -> None:
    for change in all_changes():
        for days in (-1, 0, 1):
            _at_edges_of(change.at.astimezone(change.zone).date() + timedelta(days=days), change.zone)


# ---- classes, allowed windows, holidays --------------------------------------------------------------------------


def test_the_decision_and_the_last_gate_ask_one_and_the_same_function() -> None:
    assert vars(messages)["open_at"] is vars(gates)["open_at"] is open_at


def test_each_class_has_hours_of_its_own() -> None:
    brand = {"quiet_hours": {"sms": "21:00-08:00", "transactional": {"sms": "00:00-06:00"}}}
    brand |= {"allowed": {"transactional": {"email": "09:00-18:00"}}}
    release, customer = release_of(brand=brand), Profile("u1", utc(2, 0))
    assert open_at(release, customer, "sms", utc(2, 22), marketing=False) == utc(2, 22)
    assert open_at(release, customer, "sms", utc(3, 1), marketing=False) == utc(3, 6)
    assert open_at(release, customer, "sms", utc(3, 1)) == utc(3, 8)
    assert open_at(release, customer, "email", utc(2, 20), marketing=False) == utc(3, 9)
    assert open_at(release, customer, "email", utc(2, 20)) == utc(2, 20)


def test_quiet_hours_and_allowed_windows_must_both_let_it_go() -> None:
    brand: dict[str, Any] = {"quiet_hours": {"sms": "12:00-13:00"}, "allowed": {"sms": {"mon-fri": "09:00-12:30"}}}
    assert opening(utc(2, 11, 59), **brand) == utc(2, 11, 59)
    assert opening(utc(2, 12), **brand) == utc(3, 9)
    assert opening(utc(6, 12), **brand) == utc(9, 9), "over the weekend"


def test_a_public_holiday_of_the_brands_country_is_closed_where_the_brand_says_so() -> None:
    allowed = {"allowed": {"sms": {"mon-fri": "09:00-18:00", "holidays": "closed"}}}
    seoul: dict[str, Any] = {"timezone": "Asia/Seoul", "country": "KR", **allowed}
    eve = datetime(2026, 9, 23, 10, tzinfo=UTC)  # Wednesday evening before Chuseok, 24 to 26 September
    assert opening(eve, **seoul) == datetime(2026, 9, 28, 0, tzinfo=UTC)


def test_an_unknown_zone_needs_every_zone_of_the_brand_to_be_in_its_hours() -> None:
    brand: dict[str, Any] = {"zones": ["Asia/Seoul", "Europe/London"], "allowed": {"sms": {"mon-fri": "08:00-20:00"}}}
    assert opening(utc(2, 3), **brand) == utc(2, 8)  # 17:00 and 08:00
    assert opening(utc(2, 11), **brand) == utc(3, 8)
    assert opening(utc(2, 3), zone="Asia/Seoul", **brand) == utc(2, 3)
