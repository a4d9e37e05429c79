"""Sweep: whoever was missed is found, whoever comes near is armed, and no crowd or outage stops it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kairos.app.ports import Due, InboxMessage, Marks
from kairos.app.sweep import FIRST_LOOK_BACK, HORIZON, SETTLING, Bounds, Sweep, Swept
from kairos.domain.errors import Throttled, Unavailable
from kairos.domain.profile import Profile
from kairos.memory import MemoryAlarms, MemoryClock, MemoryCursor, MemoryCustomers, MemoryInbox

NOW = datetime(2026, 11, 22, 4, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FIVE = timedelta(minutes=5)


class Index(MemoryCustomers):
    """The wake index, which notes the hours it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[datetime] = []

    def due(self, hour: datetime, since: datetime, until: datetime, after: str = "") -> Iterable[Due]:
        self.asked.append(hour.replace(minute=0, second=0, microsecond=0))
        return super().due(hour, since, until, after)


class Inbox(MemoryInbox):
    """An inbox that refuses some profiles for good, or everything from the n-th call on."""

    refused: frozenset[str] = frozenset()
    calls_left = 10**9

    def put(self, messages: Sequence[InboxMessage]) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise Unavailable("inbox")
        if any(message.profile in self.refused for message in messages):
            raise RuntimeError("this group id is not legal")
        super().put(messages)


class Alarms(MemoryAlarms):
    """A Scheduler that takes so many calls, each of which lasts a while."""

    calls_left = 10**9
    takes = timedelta()
    refused: frozenset[str] = frozenset()

    def arm(self, profile: str, at: datetime) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise Throttled("scheduler")
        if profile in self.refused:
            raise RuntimeError("this name is not legal")
        if isinstance(self._clock, MemoryClock):
            self._clock.advance(self.takes)
        super().arm(profile, at)


class World:
    """A sweep and everything around it; `put` is a write by decide, `lives` is time passing with a run every 5 min."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.clock = MemoryClock(NOW)
        self.index = Index()
        self.inbox = Inbox(self.clock)
        self.alarms = Alarms(self.clock)
        self.cursor = MemoryCursor()
        self.sweep = Sweep(self.index, self.inbox, self.alarms, self.cursor, self.clock, bounds)

    def put(self, profile: str, wake_at: datetime | None) -> None:
        stored = self.index.read(profile) or Profile(profile, NOW)
        self.index.write(stored, [], wake_at, None)

    def run(self) -> Swept:
        self.index.asked.clear()
        return self.sweep.run()

    def woken(self) -> list[str]:
        """Return who was woken since the last look, and let nobody act on it."""
        profiles: list[str] = []
        while taken := self.inbox.receive():
            self.inbox.delete([one.id for one in taken])
            profiles += [one.message.profile for one in taken]
        return profiles

    def lives(self, by: timedelta) -> None:
        """Let time pass with a run every five minutes."""
        until = self.clock.now() + by
        while self.clock.now() < until:
            self.clock.advance(FIVE)
            self.run()


def test_a_missed_profile_is_woken_and_says_that_sweep_rang() -> None:
    world = World()
    world.put("p1", NOW - HOUR)
    swept = world.run()
    assert world.inbox.waiting() == [InboxMessage("p1", wake="sweep")]
    assert (swept.woken, swept.latest, swept.finished) == (1, HOUR, True)


@pytest.mark.parametrize(
    ("late", "woken"), [(timedelta(), 0), (2 * MINUTE, 0), (2 * MINUTE + timedelta(microseconds=1), 1)]
)
def test_what_is_due_for_under_two_minutes_is_left_to_its_alarm(late: timedelta, woken: int) -> None:
    world = World()
    world.put("p1", NOW - late)
    assert world.run().woken == woken


def test_a_profile_that_is_looked_after_is_not_woken_again() -> None:
    world = World()
    world.put("p1", NOW - HOUR)
    world.run()
    world.put("p1", NOW + timedelta(days=30))
    world.clock.advance(FIVE)
    assert world.run().woken == 0


def test_a_profile_that_nobody_looks_after_is_woken_again_and_again() -> None:
    world = World()
    world.put("p1", NOW - HOUR)
    for _ in range(40):
        world.run()
        assert world.woken() == ["p1"]
        world.clock.advance(FIVE)


def test_hours_in_which_nothing_is_due_are_not_asked_for_again() -> None:
    world = World()
    world.run()
    assert len(world.index.asked) > FIRST_LOOK_BACK / HOUR
    world.lives(timedelta(hours=5))
    hour = world.clock.now().replace(minute=0, second=0)
    assert min(world.index.asked) == hour - HOUR
    assert len(world.index.asked) <= 4


def test_the_last_but_one_hour_is_asked_for_again_because_the_index_lags() -> None:
    world = World()
    world.run()
    world.put("late in the index", NOW - HOUR)
    world.clock.advance(FIVE)
    world.run()
    assert world.woken() == ["late in the index"]


def test_the_mark_stays_at_an_hour_that_holds_somebody_and_passes_it_afterwards() -> None:
    world = World()
    stuck = NOW - timedelta(hours=9)
    world.put("stuck", stuck)
    world.lives(timedelta(hours=3))
    assert world.cursor.marks is not None
    assert world.cursor.marks.hour == stuck.replace(minute=0, second=0)
    world.put("stuck", None)
    world.lives(FIVE)
    assert world.cursor.marks.hour > NOW


def test_after_an_outage_of_days_everybody_is_found() -> None:
    world = World()
    world.run()
    for hour in range(72):
        world.put(f"p{hour:02}", NOW + hour * HOUR)
    world.clock.advance(timedelta(days=3))
    world.run()
    assert world.woken() == [f"p{hour:02}" for hour in range(72)]


def test_a_crowd_at_one_instant_is_woken_over_several_runs_each_of_them_once() -> None:
    world = World(Bounds(wakes=100))
    crowd = {f"p{number:04}" for number in range(450)}
    for profile in crowd:
        world.put(profile, NOW - HOUR)
    rounds = []
    for _ in range(5):
        swept = world.run()
        rounds.append(world.woken())
        world.clock.advance(FIVE)
        assert swept.finished is (len(rounds) == 5)
    assert sum(map(len, rounds)) == 450
    assert set().union(*rounds) == crowd
    assert world.run().woken == 100  # nobody looked after them: a new pass begins


def test_a_pass_that_was_broken_off_does_not_forget_the_hours_before() -> None:
    world = World(Bounds(wakes=100))
    for number in range(150):
        world.put(f"p{number:03}", NOW - HOUR)
    world.put("a", NOW - timedelta(hours=30))
    world.run()
    world.clock.advance(FIVE)
    world.run()
    world.woken()
    world.clock.advance(FIVE)
    world.run()
    assert "a" in world.woken()


def test_what_enters_the_horizon_is_armed_at_the_next_whole_minute() -> None:
    world = World()
    world.run()
    at = NOW + HORIZON + timedelta(seconds=10)
    world.put("p1", at)
    world.put("p2", at + timedelta(hours=2))
    world.lives(SETTLING + FIVE)
    assert world.alarms.set == {(at.replace(second=0) + MINUTE, "p1")}


def test_a_whole_minute_is_armed_as_it_is() -> None:
    world = World()
    world.put("p1", NOW.replace(second=0) + HOUR)
    world.run()
    assert world.alarms.set == {(NOW.replace(second=0) + HOUR, "p1")}


def test_everybody_is_armed_exactly_once_over_days_of_runs() -> None:
    world = World()
    dues = {f"p{number:03}": NOW + timedelta(hours=30, minutes=7.3 * number) for number in range(300)}
    for profile, due in dues.items():
        world.put(profile, due)
    asked: list[str] = []
    while len(world.alarms.set) < 300:
        before = set(world.alarms.set)
        world.run()
        asked += [profile for _, profile in world.alarms.set - before]
        assert all(at - world.clock.now() > timedelta(hours=29) for at, _ in world.alarms.set - before)
        world.clock.advance(FIVE)
    assert sorted(asked) == sorted(dues)


def test_a_write_that_was_decided_before_a_run_but_indexed_after_it_is_still_armed() -> None:
    world = World()
    due = world.clock.now() + HORIZON + timedelta(seconds=1)  # too far for decide to arm it itself
    world.clock.advance(timedelta(seconds=20))
    world.run()
    world.put("p1", due)
    world.lives(timedelta(hours=1))
    assert {profile for _, profile in world.alarms.set} == {"p1"}


def test_after_an_outage_of_days_what_is_near_is_armed_and_what_is_past_is_woken() -> None:
    world = World()
    world.run()
    world.put("past", NOW + timedelta(hours=50))
    world.put("near", NOW + timedelta(hours=80))
    world.clock.advance(timedelta(days=3))
    world.run()
    assert {profile for _, profile in world.alarms.set} == {"near"}
    assert world.woken() == ["past"]


def test_a_crowd_in_one_minute_is_armed_over_several_runs_each_of_them_once() -> None:
    world = World(Bounds(arms=40))
    for number in range(100):
        world.put(f"p{number:03}", NOW + HOUR)
    assert [world.run().armed for _ in range(4)] == [40, 40, 20, 0]
    assert len(world.alarms.set) == 100


def test_a_throttled_run_keeps_what_it_has_done() -> None:
    world = World()
    for number in range(30):
        world.put(f"p{number:03}", NOW + HOUR + number * MINUTE)
    world.alarms.calls_left = 12
    with pytest.raises(Throttled):
        world.run()
    world.alarms.calls_left = 18
    assert world.run().finished
    assert len(world.alarms.set) == 30


def test_an_inbox_that_fails_in_the_middle_is_gone_on_with() -> None:
    world = World()
    for number in range(250):
        world.put(f"p{number:03}", NOW - HOUR)
    world.inbox.calls_left = 1
    with pytest.raises(Unavailable):
        world.run()
    world.inbox.calls_left = 10**9
    assert world.run().woken == 150
    assert len(set(world.woken())) == 250


def test_one_profile_that_is_refused_for_good_costs_nobody_else_their_ring() -> None:
    world = World()
    for number in range(30):
        world.put(f"p{number:03}", NOW - HOUR if number < 15 else NOW + HOUR)
    world.inbox.refused = frozenset({"p007"})
    world.alarms.refused = frozenset({"p020"})
    swept = world.run()
    assert len(swept.errors) == 2
    assert len(world.woken()) == 14
    assert len(world.alarms.set) == 14
    assert swept.finished


def test_a_run_ends_before_its_function_does() -> None:
    world = World(Bounds(seconds=60))
    world.alarms.takes = timedelta(seconds=10)
    for number in range(30):
        world.put(f"p{number:03}", NOW + 2 * HOUR + number * MINUTE)
    swept = world.run()
    assert (swept.armed, swept.finished) == (6, False)


def test_marks_of_an_older_run_only_repeat_work() -> None:
    world = World()
    world.put("p1", NOW + timedelta(hours=10))
    world.run()
    marks = world.cursor.marks
    assert marks is not None
    world.cursor.write(Marks(marks.hour - timedelta(days=1), marks.armed_through - HORIZON))
    world.run()
    assert len(world.alarms.set) == 1
