from __future__ import annotations

from datetime import date, timedelta

from tests.app.decide.world import release_of
from tests.app.publish.written import journey


def test_a_business_day_is_no_weekend_and_no_holiday_of_the_brands_country() -> None:
    steps = [{"wait_until": {"business_day": True}}, {"send": "hello"}]
    release = release_of(journey("a", steps=steps))
    assert release.rules.is_business_day(date(2026, 3, 3))
    assert not release.rules.is_business_day(date(2026, 3, 7))
    assert not release.rules.is_business_day(date(2026, 5, 5))  # Children's Day in Korea


def test_caps_and_quiet_hours_are_read_as_the_brand_wrote_them() -> None:
    release = release_of(
        brand={"caps": [{"channel": "any", "max": 2, "per": "7d"}], "quiet_hours": {"sms": "21:00-08:00"}}
    )
    (cap,) = release.rules.caps
    assert (cap.channel, cap.most, cap.per) == ("any", 2, timedelta(days=7))
    assert str(release.rules.quiet_hours["sms"]) == "21:00-08:00"
