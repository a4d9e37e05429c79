"""Rates and quotas as rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kairos.app.deliver.rate import allowances

NOW = datetime(2026, 11, 22, 4, 10, 5, 999_999, tzinfo=UTC)


def test_a_rate_is_a_row_of_this_second_and_a_quota_one_of_this_day() -> None:
    second, day = allowances("email", 14.0, 50_000, NOW)
    assert (second.key, second.most) == ("token#email#2026-11-22T04:10:05", 14)
    assert (day.key, day.most) == ("token#email#2026-11-22", 50_000)
    assert second.until > NOW
    assert day.until > NOW + timedelta(days=1)


def test_a_rate_with_a_fraction_is_rounded_down_and_never_above_what_the_provider_takes() -> None:
    (second,) = allowances("email", 1.9, None, NOW)
    assert second.most == 1


def test_a_slow_rate_has_rows_of_several_seconds() -> None:
    rows = {allowances("sms", 0.3, None, NOW + timedelta(seconds=number))[0].key for number in range(40)}
    assert len(rows) in (10, 11)
    assert allowances("sms", 0.3, None, NOW)[0].most == 1
