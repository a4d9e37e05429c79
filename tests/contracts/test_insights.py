"""Insights: sums and marks come together or not at all, and only to whoever saw what was counted before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.ports import Counted, Figure
from kairos.aws.insights import DynamoInsights
from kairos.domain.errors import VersionConflict
from kairos.memory import MemoryInsights
from tests.aws.cloud import Cloud

SLOT = datetime(2026, 11, 22, 4, 10, tzinfo=UTC)
DAY = "2026-11-22"
ENTERED = Figure("welcome", DAY, "", "entered")
SENT = Figure("welcome", DAY, "hello", "sent", "email")
REFUSED = Figure("welcome", DAY, "hello", "not_sent", "sms", "no consent | 동의 없음; trying email")
NOTHING = Counted(0, frozenset())


@pytest.fixture
def insights(kind: str, cloud: Cloud) -> Any:
    return MemoryInsights() if kind == "memory" else DynamoInsights(cloud.client("dynamodb"), cloud.table("insights"))


def marks(*numbers: int) -> frozenset[bytes]:
    return frozenset(number.to_bytes(8, "big") for number in numbers)


def test_before_the_first_page_nothing_is_counted(insights: Any) -> None:
    assert insights.counted(SLOT) == NOTHING
    assert insights.figures("welcome", DAY, DAY) == {}
    assert insights.newest() is None


def test_sums_add_up_over_pages_and_marks_stay(insights: Any) -> None:
    insights.add(SLOT, "a#0", marks(1, 2), {ENTERED: 2, SENT: 1}, NOTHING)
    insights.add(SLOT, "b#0", marks(3), {ENTERED: 1, REFUSED: 5}, insights.counted(SLOT))
    assert insights.counted(SLOT) == Counted(2, marks(1, 2, 3))
    assert insights.figures("welcome", DAY, DAY) == {ENTERED: 3, SENT: 1, REFUSED: 5}


def test_whoever_has_not_seen_the_last_page_is_refused_and_nothing_is_added(insights: Any) -> None:
    insights.add(SLOT, "a#0", marks(1), {ENTERED: 1}, NOTHING)
    with pytest.raises(VersionConflict):
        insights.add(SLOT, "b#0", marks(2), {ENTERED: 1}, NOTHING)
    seen = insights.counted(SLOT)
    insights.add(SLOT, "b#0", marks(2), {ENTERED: 1}, seen)
    with pytest.raises(VersionConflict):
        insights.add(SLOT, "c#0", marks(3), {ENTERED: 1}, seen)
    assert insights.counted(SLOT) == Counted(2, marks(1, 2))
    assert insights.figures("welcome", DAY, DAY) == {ENTERED: 2}


def test_the_same_page_is_not_added_twice(insights: Any) -> None:
    insights.add(SLOT, "a#0", marks(1), {ENTERED: 1}, NOTHING)
    with pytest.raises(VersionConflict):
        insights.add(SLOT, "a#0", marks(1), {ENTERED: 1}, insights.counted(SLOT))
    assert insights.figures("welcome", DAY, DAY) == {ENTERED: 1}


def test_slots_do_not_meet(insights: Any) -> None:
    insights.add(SLOT, "a#0", marks(1), {ENTERED: 1}, NOTHING)
    later = SLOT + timedelta(minutes=10)
    assert insights.counted(later) == NOTHING
    insights.add(later, "a#0", marks(1), {ENTERED: 1}, NOTHING)
    assert insights.figures("welcome", DAY, DAY) == {ENTERED: 2}


def test_ninety_figures_of_as_many_steps_fit_into_one_page(insights: Any) -> None:
    many = {Figure("welcome", DAY, f"step-{number:02}", "sent", "email"): number + 1 for number in range(90)}
    insights.add(SLOT, "a#0", marks(1), many, NOTHING)
    assert insights.figures("welcome", DAY, DAY) == many


def test_figures_are_those_of_the_journey_and_the_days_asked_for(insights: Any) -> None:
    days = [Figure("welcome", f"2026-11-{day}", step, "sent") for day in (20, 21, 22, 23) for step in ("", "z")]
    others = [Figure("welcome-2", DAY, "", "entered"), Figure("welcom", DAY, "", "entered")]
    insights.add(SLOT, "a#0", marks(1), dict.fromkeys([*days, *others], 1), NOTHING)
    assert insights.figures("welcome", "2026-11-21", "2026-11-22") == dict.fromkeys(days[2:6], 1)


def test_the_newest_instant_only_grows(insights: Any) -> None:
    for minutes in (5, 3, 9, 8):
        insights.note_newest(SLOT + timedelta(minutes=minutes, microseconds=7))
    assert insights.newest() == SLOT + timedelta(minutes=9, microseconds=7)
