from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from kairos.domain.anchor import Anniversary, EntryAnchor, Holiday, Payday, Prediction, SharedAnchor
from kairos.domain.localtime import load_zone
from kairos.domain.lunar import lunar_to_solar
from kairos.domain.moment import Moment, days_after, moments, next_moment, span_of
from kairos.domain.offset import Offset
from kairos.domain.profile import Entry, Profile

SEOUL, NEW_YORK = load_zone("Asia/Seoul"), load_zone("America/New_York")
CHUSEOK = Holiday("Chuseok", "KR")
DAYS = {CHUSEOK.key: [date(2026, 9, 25), date(2027, 9, 15)]}


def days_of(anchor: SharedAnchor | Prediction) -> Sequence[Moment]:
    assert not isinstance(anchor, Prediction)
    return [Moment(day.isoformat(), day) for day in DAYS.get(anchor.key, [])]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def profile(**traits: Any) -> Profile:
    return Profile(id="p", created_at=utc("2026-01-01"), traits=traits)


def days(anchor: Any, traits: Mapping[str, object], since: date, most: int = 4) -> list[tuple[str, str, int | None]]:
    found = islice(moments(anchor, traits, since, SEOUL, days_of), most)
    return [(moment.key, moment.day.isoformat(), moment.n) for moment in found]


class TestAnniversaries:
    def test_a_birthday_comes_back_every_year_and_says_for_which_time(self) -> None:
        found = days(Anniversary("birthday"), {"birthday": "1999-03-29"}, date(2026, 3, 29), 2)
        assert found == [("2026", "2026-03-29", 27), ("2027", "2027-03-29", 28)]

    def test_29_february_goes_where_the_author_says(self) -> None:
        for feb29, day in (("feb28", "2027-02-28"), ("mar1", "2027-03-01")):
            anchor = Anniversary("birthday", feb29=feb29)  # type: ignore[arg-type]
            assert days(anchor, {"birthday": "2000-02-29"}, date(2026, 6, 1), 2) == [
                ("2027", day, 27),
                ("2028", "2028-02-29", 28),
            ]

    def test_a_monthly_return_on_the_31st_is_the_last_day_of_shorter_months(self) -> None:
        found = days(Anniversary("joined", every="month"), {"joined": "2026-01-31"}, date(2026, 2, 1), 3)
        assert found == [("2026-02", "2026-02-28", 1), ("2026-03", "2026-03-31", 2), ("2026-04", "2026-04-30", 3)]

    def test_a_lunar_return_is_filed_under_its_lunar_year(self) -> None:
        found = days(Anniversary("birthday", "lunar"), {"birthday": "1980-12-15"}, date(2026, 1, 1), 2)
        assert found == [("2025", "2026-02-02", 45), ("2026", "2027-01-22", 46)]

    def test_a_lunar_30th_that_a_year_lacks_is_kept_on_the_29th(self) -> None:
        found = days(Anniversary("birthday", "lunar"), {"birthday": "1980-01-30"}, date(2026, 1, 1), 8)
        lacking = [year for year, _, _ in found if lunar_to_solar(int(year), 1, 30) is None]
        assert 0 < len(lacking) < len(found) == 8
        for year, day, _ in found:
            assert day == str(lunar_to_solar(int(year), 1, 29 if year in lacking else 30))

    def test_a_lunar_february_30th_is_no_mistake(self) -> None:
        assert days(Anniversary("birthday", "lunar"), {"birthday": "1980-02-30"}, date(2026, 1, 1), 1)

    def test_lunar_months_come_in_order_and_leap_months_are_no_months_of_their_own(self) -> None:
        found = days(Anniversary("joined", "lunar", every="month"), {"joined": "2025-01-15"}, date(2025, 1, 1), 13)
        assert [key for key, _, _ in found] == [f"2025-{month:02d}" for month in range(2, 13)] + ["2026-01", "2026-02"]
        assert [n for _, _, n in found] == list(range(1, 14))
        solar = [date.fromisoformat(day) for _, day, _ in found]
        assert solar == sorted(solar)
        assert max(b - a for a, b in pairwise(solar)) > timedelta(days=50)  # over the leap sixth

    def test_lunar_returns_end_with_the_table(self) -> None:
        for every in ("year", "month"):
            anchor = Anniversary("birthday", "lunar", every=every)
            found = days(anchor, {"birthday": "1980-08-15"}, date(2049, 1, 1), 100)
            assert found
            assert found[-1][1] < "2051"

    @pytest.mark.parametrize(
        "value", [None, "", "soon", 1990, True, [], {"year": 1990}, "1990-13-01", "1990-02-30", "T" * 10_000]
    )
    def test_what_holds_no_date_has_no_anniversary(self, value: object) -> None:
        for calendar in ("solar", "lunar"):
            anchor = Anniversary("birthday", calendar)
            if (calendar, value) != ("lunar", "1990-02-30"):
                assert days(anchor, {"birthday": value}, date(2026, 1, 1)) == []
        assert days(Anniversary("birthday"), {}, date(2026, 1, 1)) == []

    def test_an_instant_is_the_customers_day_but_a_midnight_is_the_day_as_written(self) -> None:
        late = {"joined": "2020-05-01T20:00:00Z"}
        assert days(Anniversary("joined"), late, date(2026, 1, 1), 1) == [("2026", "2026-05-02", 6)]
        found = moments(Anniversary("joined"), late, date(2026, 1, 1), NEW_YORK, days_of)
        assert next(found).day == date(2026, 5, 1)
        for written in ("1985-06-01T00:00:00Z", "1985-06-01T00:00:00.000Z", "1985-06-01 00:00:00"):
            found = moments(Anniversary("birthday"), {"birthday": written}, date(2026, 1, 1), NEW_YORK, days_of)
            assert next(found).day == date(2026, 6, 1)

    def test_they_end_with_the_years_of_instants(self) -> None:
        assert days(Anniversary("b"), {"b": "1990-01-01"}, date(2199, 12, 31), 9)[-1][1] == "2200-01-01"
        assert days(Anniversary("b"), {"b": "9998-01-01"}, date(2026, 1, 1), 9) == []


class TestNext:
    def test_a_whole_day_is_the_midnight_of_the_customers_clock_strictly_after(self) -> None:
        someone = profile(birthday="1999-03-29")
        anchor = Anniversary("birthday")
        first = next_moment(anchor, someone, utc("2026-03-28T14:59:59"), SEOUL, days_of)
        assert first == utc("2026-03-28T15:00:00")
        assert next_moment(anchor, someone, first, SEOUL, days_of) == utc("2027-03-28T15:00:00")
        assert next_moment(anchor, someone, first, NEW_YORK, days_of) == utc("2026-03-29T04:00:00")

    def test_a_shared_day_is_the_releases(self) -> None:
        assert next_moment(CHUSEOK, profile(), utc("2026-09-25T00:00"), SEOUL, days_of) == utc("2027-09-14T15:00")
        assert next_moment(CHUSEOK, profile(), utc("2028-01-01T00:00"), SEOUL, days_of) is None
        assert next_moment(Payday(day=25), profile(), utc("2026-01-01T00:00"), SEOUL, days_of) is None

    def test_an_entry_is_its_own_instant_and_a_cancelled_one_is_none(self) -> None:
        someone = profile()
        for id, hour, cancelled in (("a", 9, False), ("b", 7, True), ("c", 12, False)):
            starts, ends = utc(f"2026-06-01T{hour:02d}:00"), utc(f"2026-06-01T{hour:02d}:30")
            entry = Entry("booking", id, starts, ends, {}, utc("2026-05-01"), cancelled)
            someone.entries[entry.key] = entry
        anchor = EntryAnchor("booking")
        assert next_moment(anchor, someone, utc("2026-05-01"), SEOUL, days_of) == utc("2026-06-01T09:00")
        assert next_moment(anchor, someone, utc("2026-06-01T09:00"), SEOUL, days_of) == utc("2026-06-01T12:00")
        ends_at = EntryAnchor("booking", "ends_at")
        assert next_moment(ends_at, someone, utc("2026-06-01T12:00"), SEOUL, days_of) == utc("2026-06-01T12:30")
        assert next_moment(EntryAnchor("trip"), someone, utc("2026-05-01"), SEOUL, days_of) is None


class TestSpan:
    def test_it_opens_with_the_first_step_and_closes_no_sooner_than_the_day(self) -> None:
        offsets = [Offset.parse("-3d 10:00"), Offset.parse("0d 09:00")]
        span = span_of(Moment("2026", date(2026, 3, 29)), offsets, SEOUL)
        assert (span.opens, span.closes) == (utc("2026-03-26T01:00"), utc("2026-03-29T15:00"))
        span = span_of(Moment("2026", date(2026, 3, 29)), [Offset.parse("+90h")], SEOUL)
        assert span.opens == span.closes == utc("2026-04-01T09:00")

    def test_a_search_begins_far_enough_back_for_the_last_step(self) -> None:
        assert days_after([Offset.parse("-3d 10:00")]) == 2
        assert days_after([Offset.parse("0m"), Offset.parse("+30d 09:00")]) == 32
        assert days_after([Offset.parse("+49h")]) == 5
