"""Counting: to the unit, whatever comes again, out of order, beside another, or dies in the middle."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.app.archive import LINE_BYTES_MAX, REASONS_MAX, Decided, line_of, records, unaddressed_records
from kairos.app.ports import Counted, Figure
from kairos.app.tally import FIGURES_MAX, HORIZON, Tally, pages, read_line, slot_of
from kairos.domain.errors import Unavailable, VersionConflict
from kairos.domain.event import Event
from kairos.domain.localtime import load_zone
from kairos.domain.profile import Written
from kairos.domain.reason import MACHINE, Reason
from kairos.memory import MemoryArchive, MemoryClock, MemoryInsights

NOW = datetime(2026, 11, 22, 14, 55, tzinfo=UTC)
SEOUL = load_zone("Asia/Seoul")


class Killed(BaseException):
    """The process ends here."""


class Mortal:
    """Insights whose `nth` call ends the process, before or after it was done."""

    def __init__(self, insights: MemoryInsights, nth: int, after: bool) -> None:
        self._insights, self._left, self._after = insights, nth, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._insights, name)

        def call(*args: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Killed
            result = method(*args)
            if self._left == 0:
                raise Killed
            return result

        return call


def reason(kind: str = "entered", journey: str = "welcome", **more: Any) -> Reason:
    return Reason(NOW, "p1", kind, journey=journey, version=1, **more)


def decided(
    profile: str, version: int, *reasons: Reason, at: datetime = NOW, events: tuple[Event, ...] = ()
) -> Decided:
    return Decided(profile, Written(version, "r", at, reasons), events)


def lines(*writes: Decided) -> list[dict[str, Any]]:
    return [record for write in writes for record in records(write, SEOUL)]


def test_events_of_nobody_count_for_nothing() -> None:
    event = Event(id="e1", name="page_viewed", profile="", occurred_at=NOW, received_at=NOW)
    archive, (name,) = archived([*unaddressed_records([event] * 3, NOW, "c"), *lines(decided("p1", 1, reason()))])
    insights = MemoryInsights()
    tallied = Tally(archive, insights, MemoryClock(NOW)).count(name)
    assert (tallied.lines, tallied.unreadable, tallied.counted) == (2, 0, 1)


def archived(*objects: list[dict[str, Any]]) -> tuple[MemoryArchive, list[str]]:
    archive, names = MemoryArchive(), []
    for records_ in objects:
        archive.put(records_)
        names.append(archive.close(NOW) or "")
    return archive, names


def count(archive: Any, insights: Any, *names: str, now: datetime = NOW) -> Tally:
    tally = Tally(archive, insights, MemoryClock(now))
    for name in names:
        tally.count(name)
    return tally


def history() -> list[dict[str, Any]]:
    """Return the lines of some hundred writes over an hour, more of them than a page or a slot holds."""
    draw = random.Random(7)
    writes = []
    for number in range(300):
        at = NOW + timedelta(seconds=draw.randrange(3600))
        said = [
            reason(draw.choice(["entered", "sent", "exited"]), f"j{draw.randrange(9)}", step=f"s{draw.randrange(9)}")
            for _ in range(draw.randrange(1, 5))
        ]
        writes.append(decided(f"p{number % 40}", number, *said, at=at))
    return lines(*writes)


def truth(lines_: list[dict[str, Any]]) -> Counter[tuple[str, str, str]]:
    return Counter(
        (said["journey"], said.get("step", "") if said["kind"] == "sent" else "", said["kind"])
        for line in lines_
        for said in line["reasons"]
    )


def total(insights: MemoryInsights) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for figure, number in insights.sums.items():
        found[figure.journey, figure.step, figure.kind] += number
    return found


def test_what_is_counted_stands_under_the_brands_day_its_step_channel_and_reason() -> None:
    said = [
        reason("entered", subject="cart-1"),
        reason("message", step="hello", channel="email", template="hello", message="m1"),
        reason("not_sent", step="hello", channel="sms", reason="no consent", message="m2"),
        reason("opened", step="hello", channel="email", reason=MACHINE, message="m1"),
        reason("assigned", step="which", reason="coupon"),
        reason("succeeded", step="which", reason="coupon"),
        reason("exited", reason="goal reached"),
        reason("exited", reason="no room for the booking b7"),
        reason("ignored", reason="already in it"),
        Reason(NOW, "p1", "merged", "merged with p2"),
    ]
    archive, names = archived(lines(decided("p1", 1, *said, at=NOW + timedelta(minutes=10))))
    insights = MemoryInsights()
    count(archive, insights, *names)
    day = "2026-11-23"  # five past midnight in Seoul
    assert insights.sums == {
        Figure("welcome", day, "", "entered"): 1,
        Figure("welcome", day, "hello", "message", "email"): 1,
        Figure("welcome", day, "hello", "not_sent", "sms", "no consent"): 1,
        Figure("welcome", day, "hello", "opened", "email", MACHINE): 1,
        Figure("welcome", day, "which", "assigned", "", "coupon"): 1,
        Figure("welcome", day, "which", "succeeded", "", "coupon"): 1,
        Figure("welcome", day, "", "exited", "", "goal reached"): 1,
        Figure("welcome", day, "", "exited", "", "no room"): 1,
    }
    assert insights.newest() == NOW + timedelta(minutes=10)


def test_an_object_told_of_again_is_counted_once() -> None:
    archive, names = archived(history())
    insights = MemoryInsights()
    count(archive, insights, *names, *names, *names)
    assert total(insights) == truth(history())


def test_a_write_that_stands_in_several_objects_is_counted_once_in_any_order() -> None:
    whole = history()
    for seed in range(20):
        draw = random.Random(seed)
        objects = [draw.sample(whole, draw.randrange(1, len(whole))) for _ in range(4)]
        objects.append([line for line in whole if not any(line in each for each in objects)])
        draw.shuffle(objects)
        archive, names = archived(*(each for each in objects if each))
        insights = MemoryInsights()
        count(archive, insights, *draw.choices(names, k=5), *names)
        assert total(insights) == truth(whole), f"seed {seed}"


@pytest.mark.parametrize("after", [False, True])
def test_a_process_that_dies_at_any_call_and_begins_again_counts_the_same(after: bool) -> None:
    archive, (name,) = archived(history())
    for nth in range(1, 1_000):
        insights = MemoryInsights()
        try:
            count(archive, Mortal(insights, nth, after), name)
        except Killed:
            count(archive, insights, name)
            assert total(insights) == truth(history()), f"killed at call {nth}"
            continue
        assert nth > 10, "too few calls to prove anything"
        return
    raise AssertionError("it never came to an end")


class Rival(MemoryInsights):
    """Insights in which somebody else counts another object whenever we have read, and before we add."""

    def __init__(self, archive: MemoryArchive, name: str, times: int) -> None:
        super().__init__()
        self._archive, self._name, self._left, self._busy = archive, name, times, False

    def counted(self, slot: datetime) -> Counted:
        before = super().counted(slot)
        if self._left and not self._busy:
            self._left -= 1
            self._busy = True
            Tally(self._archive, self, MemoryClock(NOW)).count(self._name)
            self._busy = False
        return before


def test_two_that_count_the_same_writes_at_once_count_them_once() -> None:
    archive, (ours, theirs) = archived(history(), list(reversed(history())))
    insights = Rival(archive, theirs, times=5)
    count(archive, insights, ours)
    assert total(insights) == truth(history())


def test_a_slot_that_others_keep_counting_makes_the_object_come_again() -> None:
    class Busy(MemoryInsights):
        def add(self, slot: datetime, *args: Any) -> None:
            raise VersionConflict(slot.isoformat())

    archive, (name,) = archived(history())
    with pytest.raises(Unavailable):
        count(archive, Busy(), name)


def test_what_is_older_than_its_marks_might_be_is_not_counted() -> None:
    archive, (name,) = archived(lines(decided("p1", 1, reason()), decided("p2", 1, reason(), at=NOW + HORIZON)))
    insights = MemoryInsights()
    done = Tally(archive, insights, MemoryClock(NOW + HORIZON + timedelta(seconds=1))).count(name)
    assert (done.lines, done.counted, done.late) == (2, 1, 1)


def test_a_line_that_says_nothing_readable_costs_no_other() -> None:
    archive, (name,) = archived(lines(decided("p1", 1, reason())))
    good = archive.objects[name][0]
    record = json.loads(good)
    odd: tuple[Any, ...] = (None, [], {"a": 1})
    spoiled: list[Mapping[str, Any]] = [{**record, key: value} for key in record for value in odd]
    archive.objects[name] += [b"", b"{", b"7", b"[]", b"\xff", *(line_of(each) for each in spoiled), good]
    insights = MemoryInsights()
    done = Tally(archive, insights, MemoryClock(NOW)).count(name)
    assert insights.sums == {Figure("welcome", "2026-11-22", "", "entered"): 1}
    assert done.unreadable >= 10


def test_a_write_without_anything_to_count_costs_no_mark() -> None:
    event = Event("e1", "page_viewed", "p1", NOW, NOW)
    archive, (name,) = archived(lines(decided("p1", 1, events=(event,)), decided("p1", 2, reason("ignored"))))
    insights = MemoryInsights()
    done = Tally(archive, insights, MemoryClock(NOW)).count(name)
    assert (done.lines, done.counted, insights.pages) == (2, 0, {})


def test_a_write_of_many_reasons_is_counted_whole() -> None:
    said = [reason("entered", f"j{number}") for number in range(3 * REASONS_MAX + 1)]
    archive, (name,) = archived(lines(decided("p1", 1, *said)))
    insights = MemoryInsights()
    count(archive, insights, name, name)
    assert sum(insights.sums.values()) == len(said)


def test_a_page_holds_what_one_transaction_takes() -> None:
    decisions = [read_line(line_of(line)) for line in history()]
    for page in pages(decisions):
        assert len({figure for decision in page for figure in decision.figures}) <= FIGURES_MAX
    assert [decision for page in pages(decisions) for decision in page] == decisions


def test_a_slot_is_ten_minutes_of_decisions() -> None:
    assert {slot_of(NOW + timedelta(seconds=second)).minute for second in range(0, 3600, 7)} == {0, 10, 20, 30, 40, 50}


def test_lines_stay_below_their_bound_and_lose_no_event() -> None:
    events = tuple(Event(f"e{n}", "go", "p1", NOW, NOW, {"note": "가" * 10_000}) for n in range(60))
    said = [reason("entered", f"j{number}") for number in range(200)]
    found = lines(decided("p1", 1, *said, events=events))
    assert all(len(line_of(line)) < 2 * LINE_BYTES_MAX for line in found)
    assert [event["id"] for line in found for event in line["events"]] == [event.id for event in events]
    assert len({(line["version"], line.get("part")) for line in found if "part" in line}) == 3


def test_the_same_write_archived_again_is_told_to_be_the_same_whatever_events_come_with_it() -> None:
    events = tuple(Event(f"e{n}", "go", "p1", NOW, NOW) for n in range(3))
    one, other = (lines(decided("p1", 1, reason(), events=some)) for some in (events, events[1:]))
    assert [read_line(line_of(line)).mark for line in one] == [read_line(line_of(line)).mark for line in other]
