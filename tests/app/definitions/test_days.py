"""Days that all share, as publishing works them out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kairos.app.definitions.days import resolve_days, shared_days
from kairos.domain.anchor import Holiday, Payday, Rule, Season, SharedAnchor
from kairos.domain.errors import BadDefinition
from tests.app.brands import brand

CHUSEOK = Holiday("Chuseok", "KR")


def days(anchor: SharedAnchor, *years: int, **more: Any) -> list[str]:
    return sorted(resolve_days(anchor, brand(**more), years or (2026,)).values())


def test_a_feast_is_its_own_day_and_a_substitute_has_its_own_name() -> None:
    assert days(CHUSEOK, 2025, 2026) == ["2025-10-06", "2026-09-25"]
    assert days(Holiday("Alternative holiday for Chuseok", "KR"), 2025, 2026) == ["2025-10-08"]
    assert days(Holiday("Christmas Day", "US"), 2021, 2022) == ["2021-12-25", "2022-12-25"]
    assert days(Holiday("Christmas Day (observed)", "US"), 2021, 2022) == ["2021-12-24", "2022-12-26"]


def test_holidays_that_fall_on_one_day_are_both_found() -> None:
    for name in ("Buddha's Birthday", "Children's Day"):
        assert days(Holiday(name, "KR"), 2025) == ["2025-05-05"]


def test_of_several_days_of_one_name_in_a_row_the_first_is_the_feast() -> None:
    assert len(days(Holiday("Eid al-Adha", "TR"), 2025, 2026)) == 2


def test_what_is_only_estimated_goes_by_its_name() -> None:
    assert len(days(Holiday("Eid al-Fitr", "AE"), 2025, 2026, 2027)) == 3


def test_a_subdivision_has_holidays_of_its_own() -> None:
    assert days(Holiday("Patriots' Day", "US", "MA")) == ["2026-04-20"]
    assert days(Holiday("Patriots' Day", "US")) == []


def test_the_owner_adds_moves_and_removes() -> None:
    said = {
        "add": [{"date": "2026-06-15", "name": "Ours"}, {"date": "2026-06-16", "name": "Theirs", "country": "JP"}],
        "move": [{"name": "Chuseok", "from": "2026-09-25", "to": "2026-09-28"}],
        "remove": [{"date": "2026-12-25"}],
    }
    assert resolve_days(CHUSEOK, brand(holidays=said), [2026]) == {"2026-09-25": "2026-09-28"}
    assert days(Holiday("Ours"), holidays=said) == ["2026-06-15"]
    assert days(Holiday("Theirs"), holidays=said) == []
    assert days(Holiday("Christmas Day"), holidays=said) == []
    assert "2026-12-25" in days(Payday(day=25, shift="previous"), holidays=said)


@pytest.mark.parametrize(
    ("items", "first", "last"),
    [
        (["2026-03-02"], ["2026-03-02"], ["2026-03-02"]),
        ([{"from": "2026-07-01", "to": "2026-07-14"}], ["2026-07-01"], ["2026-07-14"]),
        (["02-14"], ["2026-02-14"], ["2026-02-14"]),
        (["02-29"], ["2026-02-28"], ["2026-02-28"]),
        ([{"from": "12-20", "to": "01-05"}], ["2026-12-20"], ["2026-01-05"]),
        ([{"lunar": "01-15"}], ["2026-03-03"], ["2026-03-03"]),
    ],
)
def test_a_season_has_a_first_and_a_last_day(items: list[Any], first: list[str], last: list[str]) -> None:
    assert days(Season("sale"), calendar={"sale": items}) == first
    assert days(Season("sale", "end"), calendar={"sale": items}) == last


def test_a_payday_on_a_closed_day_moves_also_over_a_new_year() -> None:
    assert days(Payday(day=25, shift="previous"))[8:] == ["2026-09-23", "2026-10-23", "2026-11-25", "2026-12-24"]
    assert days(Payday(day=1, shift="previous"), 2026)[-1] == "2026-12-31"
    assert days(Payday(day="last", shift="next"), 2023)[0] == "2023-01-02"
    assert days(Payday(day=31), 2026)[1] == "2026-02-28"


def test_a_weekend_is_the_countrys() -> None:
    friday = "2026-09-25"
    assert friday in days(Payday(day=25, shift="next"), country="US")
    assert "2026-09-27" in days(Payday(day=25, shift="next"), country="IL")


@pytest.mark.parametrize(("nth", "expected"), [(1, "2026-01-02"), (4, "2026-01-23"), ("last", "2026-01-30")])
def test_the_nth_weekday_of_a_month(nth: Any, expected: str) -> None:
    assert days(Payday(weekday=4, nth=nth))[0] == expected


def test_a_rule_counts_from_its_start() -> None:
    every_other = Rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", date(2026, 1, 6))
    assert days(every_other)[:3] == ["2026-01-06", "2026-01-20", "2026-02-03"]
    assert days(Rule("FREQ=MONTHLY;BYDAY=2TU", date(2020, 1, 1)))[0] == "2026-01-13"
    assert "2026-01-02" in days(Rule("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", date(2020, 1, 1), "next"))


def test_a_rule_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(BadDefinition, match="is no rule"):
        days(Rule("FREQ=WEEKLY;BYDAY=XX", date(2020, 1, 1)))


def test_a_day_that_moved_a_little_keeps_its_key_and_another_does_not() -> None:
    (key,) = {CHUSEOK.key}
    before = {key: {"name": "Chuseok", "days": {"2026-09-24": "2026-09-24", "2027-01-01": "2027-01-01"}}}
    found = shared_days([CHUSEOK], brand(), [2026, 2027], before)[key]["days"]
    assert found == {"2026-09-24": "2026-09-25", "2027-09-15": "2027-09-15"}
    assert (
        shared_days([CHUSEOK], brand(), [2026, 2027], {key: {"name": "Chuseok", "days": found}})[key]["days"] == found
    )


def test_a_country_that_is_not_known_is_told() -> None:
    with pytest.raises(BadDefinition, match="are not known"):
        days(Holiday("X", "XX"))
    with pytest.raises(BadDefinition, match="of which country"):
        resolve_days(Holiday("X"), {"timezone": "UTC"}, [2026])
