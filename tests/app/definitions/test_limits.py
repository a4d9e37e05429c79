from __future__ import annotations

from typing import Any

import pytest

from kairos.app.definitions.brand import check_brand


def told(**limits: Any) -> dict[str, str]:
    brand = {"name": "Shop", "timezone": "UTC", **limits}
    return {".".join(map(str, error.path)): error.expected for error in check_brand(brand)}


@pytest.mark.parametrize(
    "limits",
    [
        {"quiet_hours": {"sms": "21:00-08:00", "transactional": {"sms": "00:00-06:00"}}},
        {"allowed": {"email": {"mon-fri": "09:00-18:00", "sat": ["10:00-12:00"], "holidays": "closed"}}},
        {"allowed": {"sms": "09:00-20:00", "transactional": {"sms": ["07:00-09:00", "12:00-22:00"]}}},
        {"caps": [{"channel": "any", "max": 3, "per": "week", "class": "any"}], "week_starts": "sun"},
        {"rest": [{"after": {"event": "order_refunded"}, "for": "7d", "channels": ["email"], "do": "hold"}]},
        {"spread": "30m"},
    ],
)
def test_limits_as_they_are_meant_are_accepted(limits: dict[str, Any]) -> None:
    assert told(**limits) == {}


@pytest.mark.parametrize(
    ("limits", "path", "expected"),
    [
        ({"allowed": {"pigeon": "09:00-18:00"}}, "allowed.pigeon", "no such key"),
        ({"allowed": {"email": {"monday": "09:00-18:00"}}}, "allowed.email", "names no days"),
        ({"allowed": {"transactional": {"email": "9-5"}}}, "allowed.transactional.email", "no clock time"),
        ({"quiet_hours": {"transactional": {"sms": "21:00"}}}, "quiet_hours.transactional.sms", "no window"),
        ({"caps": [{"channel": "any", "max": 201, "per": "7d"}]}, "caps.0.max", "from 1 to 200"),
        ({"caps": [{"channel": "any", "max": 1, "per": "fortnight"}]}, "caps.0.per", "day, week, month"),
        ({"caps": [{"channel": "any", "max": 1, "per": "367d"}]}, "caps.0.per", "at most 366d"),
        ({"caps": [{"channel": "any", "max": 1, "per": "7d", "class": "news"}]}, "caps.0.class", "marketing"),
        ({"week_starts": "monday"}, "week_starts", "mon"),
        ({"rest": [{"after": {"event": "x"}}]}, "rest.0.for", "is missing"),
        ({"rest": [{"after": {"event": "x"}, "for": "0m"}]}, "rest.0.for", "longer than nothing"),
        ({"rest": [{"after": {"event": "x"}, "for": "7d", "do": "wait"}]}, "rest.0.do", "hold, not_sent"),
        ({"rest": [{"after": {"event": "x"}, "for": "7d", "channels": ["fax"]}]}, "rest.0.channels.0", "one of"),
        (
            {"rest": [{"after": {"event": "x", "where": {"trait": "a", "eq": 1}}, "for": "7d"}]},
            "rest.0.after.where",
            "",
        ),
        ({"spread": 30}, "spread", "a duration"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(limits: dict[str, Any], path: str, expected: str) -> None:
    problems = told(**limits)
    assert list(problems) == [path]
    assert expected in problems[path]


def test_caps_that_together_count_more_than_can_be_remembered_are_refused_by_name() -> None:
    caps = [{"channel": channel, "max": 120, "per": "30d"} for channel in ("email", "sms")]
    assert "240 messages" in told(caps=caps)["caps"]


def test_quiet_hours_and_allowed_windows_that_leave_no_hour_together_are_refused() -> None:
    problems = told(quiet_hours={"sms": "08:00-20:00"}, allowed={"sms": "09:00-18:00"})
    assert "no hour" in problems["allowed.sms"]


@pytest.mark.parametrize("zones", [-1, True, "Asia/Seoul", {"a": 1}, [None]])
def test_zones_that_are_no_zones_are_told_where_they_stand_also_beside_quiet_hours(zones: Any) -> None:
    problems = told(quiet_hours={"sms": "21:00-08:00"}, zones=zones)
    assert [path.split(".")[0] for path in problems] == ["zones"]
