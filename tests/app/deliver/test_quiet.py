from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.app.deliver.quiet import open_at, quiet_windows
from kairos.app.ports import Pointer
from kairos.app.publish.release import Release
from kairos.domain.profile import Profile
from tests.app.decide.world import release_of


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
    assert [str(window) for window in quiet_windows(release, "sms")] == ["12:00-13:00", "21:00-08:00"]
    assert opening(utc(2, 12, 30), zone="Asia/Seoul", **both) == utc(2, 23)
