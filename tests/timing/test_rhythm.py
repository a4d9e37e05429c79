"""What the item remembers of a customer's purchases, whatever order they are told in."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from kairos.timing.rhythm import KEPT_DAYS_MAX, GapSums, Rhythm, day_of, joined, replay, weekday_of

MONDAY = date(2026, 3, 2).toordinal()


def _told(days: list[int]) -> Rhythm:
    rhythm = Rhythm()
    for day in days:
        rhythm = rhythm.with_day(day, 0.9, 0.8)
    return rhythm


def test_days_of_any_order_give_the_rhythm_of_the_sorted_history() -> None:
    random = Random(4)
    for _ in range(300):
        days = sorted({MONDAY + random.randrange(4000) for _ in range(random.randrange(1, 30))})
        delays = [random.random() * KEPT_DAYS_MAX for _ in days]  # so that at most seven later ones overtake it
        arrival = sorted(range(len(days)), key=[at + delay for at, delay in enumerate(delays)].__getitem__)
        assert _told([days[position] for position in arrival]) == replay(days, 0.9, 0.8)


def test_two_late_orders_may_come_in_either_order() -> None:
    known = [MONDAY + 10 * n for n in range(20)]
    late = [known[-2] + 3, known[-5] + 1]
    first = _told([*known, *late])
    assert first == _told([*known, *reversed(late)])
    assert first == replay([*known, *late], 0.9, 0.8)


def test_an_order_that_eight_later_ones_overtook_changes_nothing() -> None:
    rhythm = replay(range(MONDAY, MONDAY + 200, 10))
    assert rhythm.with_day(rhythm.days[0] - 3) == rhythm
    assert rhythm.with_day(MONDAY - 4000) == rhythm


def test_a_thousand_orders_on_one_day_are_one_purchase() -> None:
    rhythm = _told([MONDAY, MONDAY + 9] + [MONDAY + 9] * 1000)
    assert rhythm == replay([MONDAY, MONDAY + 9], 0.9, 0.8)
    assert rhythm.purchases == 2


def test_the_state_stays_small_however_long_the_history() -> None:
    state = replay(range(MONDAY, MONDAY + 9000, 3)).to_state()
    assert sum(len(part) for part in state) == KEPT_DAYS_MAX + 6 + 7


def test_what_is_stored_reads_back_as_it_was() -> None:
    for days in ([], [MONDAY], list(range(MONDAY, MONDAY + 70, 7)), list(range(MONDAY, MONDAY + 700, 7))):
        rhythm = replay(days, 0.9, 0.95)
        assert Rhythm.from_state(rhythm.to_state()) == rhythm


@pytest.mark.parametrize("state", [[], [[1], [1]], [[1], [1, 2, 3], [0] * 7], [[1], [1, 2, 3, 4, 5, 6], [0] * 6]])
def test_a_state_that_no_rhythm_writes_is_refused(state: list[object]) -> None:
    with pytest.raises(ValueError):
        Rhythm.from_state(state)


def test_sums_without_forgetting_are_the_plain_moments() -> None:
    gaps = [3, 14, 1, 60, 7, 7, 21, 2, 90, 11, 4]
    days = [MONDAY]
    for gap in gaps:
        days.append(days[-1] + gap)
    sums = replay(days).sums()
    logs = [math.log(gap) for gap in gaps]
    mean = sum(logs) / len(logs)
    assert sums.count == sums.logs == sums.gaps == len(gaps)
    assert sums.days == sum(gaps)
    assert sums.mean_log == pytest.approx(mean)
    assert sums.square_log == pytest.approx(sum((value - mean) ** 2 for value in logs))


def test_a_gap_of_ten_years_and_one_purchase_are_taken() -> None:
    assert replay([MONDAY]).sums() == GapSums()
    assert replay([MONDAY, MONDAY + 3653]).sums().days == 3653


def test_weekdays_are_counted_over_the_whole_history() -> None:
    assert replay(range(MONDAY, MONDAY + 140, 7)).weekdays() == (20, 0, 0, 0, 0, 0, 0)
    assert [weekday_of(MONDAY + n) for n in range(7)] == [date.fromordinal(MONDAY + n).weekday() for n in range(7)]


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York", "Europe/London", "Pacific/Apia"])
def test_a_clock_change_moves_no_purchase_to_another_day(zone: str) -> None:
    local = ZoneInfo(zone)
    day = date(2026, 1, 1)
    while day.year == 2026:
        for hour in (0, 3, 12, 23):
            instant = datetime(day.year, day.month, day.day, hour, 30, tzinfo=local).astimezone(UTC)
            assert day_of(instant, local) == day.toordinal()
        day += timedelta(days=1)


def test_a_naive_time_has_no_day() -> None:
    with pytest.raises(ValueError):
        day_of(datetime(2026, 1, 1), UTC)


def test_two_rhythms_of_one_customer_are_the_rhythm_of_all_their_days() -> None:
    random = Random(11)
    for _ in range(200):
        days = random.sample(range(MONDAY, MONDAY + 400), 8)
        cut = random.randrange(9)
        both = joined(replay(days[:cut]), replay([*days[cut:], *days[:1]]))
        assert both == replay(days) == joined(replay([*days[cut:], *days[:1]]), replay(days[:cut]))


def test_long_histories_join_to_one_that_has_every_day_and_every_gap_of_both() -> None:
    one, other = (
        replay(range(MONDAY, MONDAY + 200, 10), 0.9, 0.8),
        replay(range(MONDAY + 5, MONDAY + 300, 15), 0.9, 0.8),
    )
    both = joined(one, other, 0.9, 0.8)
    assert both.purchases == one.purchases + other.purchases
    assert sum(both.weekdays()) == both.purchases
    assert both.days == tuple(sorted({*one.days, *other.days}))[-KEPT_DAYS_MAX:]
    assert both.folded.square_log >= 0
    assert Rhythm.from_state(both.to_state()) == both


def test_the_pace_of_late_weighs_the_last_gap_most_and_reads_the_kept_days_only() -> None:
    assert replay([MONDAY]).pace() is None
    pace = replay([MONDAY, MONDAY + 10, MONDAY + 40]).pace()
    assert pace is not None
    assert pace.days == pytest.approx((0.6 * 10 + 30) / 1.6)
    assert pace.log == pytest.approx((0.6 * math.log(10) + math.log(30)) / 1.6)
    long = [MONDAY + 7 * n for n in range(30)]
    assert replay([MONDAY - 500, *long]).pace() == replay(long).pace()
