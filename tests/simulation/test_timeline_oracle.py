"""Timelines around a booking that is told, moved, cancelled and told late, against an oracle written from DESIGN alone:
it knows zones only through the standard library and shares no line with the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from kairos.domain.instant import format_instant
from tests.simulation.test_time_vectors import messages_of

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
OFFSETS = (
    *("-14d 10:00", "-7d", "-3d 09:00", "-2d 23:59", "-1d 18:00", "-1d 02:15", "-1d", "-2h", "-90m", "0m"),
    *("0d 00:00", "0d 08:00", "+30m", "+2h", "+1d 02:30", "+1d 11:00", "+3d", "+14d"),
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BRAND = {
    "name": "Case",
    "timezone": "Asia/Seoul",
    "country": "KR",
    "sender": {"name": "Case", "email": "case@example.com", "contact": "x"},
    "policies": [],
}


@dataclass(frozen=True)
class Word:
    """What the source said at `at`: that the booking begins at `starts`, or (None) that it is off."""

    at: datetime
    starts: datetime | None


@dataclass(frozen=True)
class Booking:
    """One drawn case."""

    zone: str
    if_past: str
    offsets: tuple[str, ...]
    words: tuple[Word, ...]

    @property
    def until(self) -> datetime:
        return max(word.starts or word.at for word in self.words) + 40 * DAY


def local(zone: str, day: date, clock: time) -> datetime:
    """Return the instant of a local time: the first of two, and after a gap the first instant that exists."""
    wall, there = datetime.combine(day, clock), ZoneInfo(zone)
    found = wall.replace(tzinfo=there).astimezone(UTC)
    if found.astimezone(there).replace(tzinfo=None) == wall:
        return found
    earliest = int((found - 30 * HOUR).timestamp())
    latest = earliest + 60 * 3_600
    while earliest < latest:  # local clocks only go forward across a gap
        middle = (earliest + latest) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(there).replace(tzinfo=None) >= wall:
            latest = middle
        else:
            earliest = middle + 1
    return datetime.fromtimestamp(earliest, UTC)


def due(offset: str, starts: datetime, zone: str) -> datetime:
    """Return when a step is due: elapsed time, or so many local days away at a clock time."""
    span, _, clock = offset.partition(" ")
    number, unit = int(span[:-1]), span[-1]
    if unit != "d":
        return starts + number * (HOUR if unit == "h" else MINUTE)
    there = starts.astimezone(ZoneInfo(zone))
    return local(zone, there.date() + number * DAY, time.fromisoformat(clock) if clock else there.time())


def expected(case: Booking) -> list[tuple[str, str, str]]:
    """Return every message that must go out: a step once, by the word that holds when it is due."""
    sent: dict[int, datetime] = {}
    for place, word in enumerate(case.words):
        if word.starts is None:
            break
        following = case.words[place + 1].at if place + 1 < len(case.words) else case.until + MINUTE
        for step, offset in enumerate(case.offsets):
            at = due(offset, word.starts, case.zone)
            if step in sent:
                continue
            if at >= word.at:
                if at < following:
                    sent[step] = at
            elif case.if_past == "send_now" and (word.starts > word.at or at > word.starts):
                sent[step] = word.at
    return sorted(("u1", f"t{step + 1}", format_instant(at)) for step, at in sent.items())


def drawn(seed: int) -> Booking:
    """Return a case: mostly near a change of offset, where there is one."""
    random = Random(seed)
    zone = random.choice(ZONES)
    starts = datetime(random.randint(2025, 2029), random.randint(1, 12), random.randint(1, 28), 12, tzinfo=UTC)
    starts += random.randrange(0, 1_440, 15) * MINUTE
    there = ZoneInfo(zone)
    if random.random() < 0.6:
        days = (starts + number * DAY for number in range(400))
        changes = (at for at in days if at.astimezone(there).utcoffset() != (at + DAY).astimezone(there).utcoffset())
        starts = next(changes, starts) + random.randrange(-1_440, 2_880, 15) * MINUTE
    told = starts + (random.randint(1, 60) * HOUR if random.random() < 0.15 else -random.randrange(10, 28_800) * MINUTE)
    words = [Word(told, starts)]
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        told += random.randrange(1, 17_280) * MINUTE + timedelta(seconds=random.choice((0, 7, 31)))
        starts += random.randrange(-14_400, 21_600, 15) * MINUTE
        words.append(Word(told, starts))
    if random.random() < 0.3:
        words.append(Word(told + random.randrange(1, 14_400) * MINUTE, None))
    offsets = tuple(random.sample(OFFSETS, random.randint(2, 5)))
    return Booking(zone, random.choice(("skip", "send_now")), offsets, tuple(words))


def written(case: Booking) -> dict[str, Any]:
    """Return a case as a brand's documents with events."""
    first = case.words[0].at - HOUR
    traits = {"timezone": case.zone, "email": "u1@example.com"}
    events: list[dict[str, Any]] = [
        {"event": "profile_updated", "profile": "u1", "at": format_instant(first), "id": "p", "traits": traits}
    ]
    for number, word in enumerate(case.words):
        told = {"profile": "u1", "at": format_instant(word.at), "id": f"b{number}"}
        entry = {"kind": "booking", "id": "bk1"}
        if word.starts is None:
            events.append({"event": "entry_cancelled", **told, "entry": entry})
        else:
            dates = {"starts_at": format_instant(word.starts), "ends_at": format_instant(word.starts + HOUR)}
            events.append({"event": "entry_updated", **told, "entry": {**entry, **dates}})
    steps = [
        {"at": offset, "send": f"t{number}", "channel": "email", "if_past": case.if_past}
        for number, offset in enumerate(case.offsets, 1)
    ]
    anchor = {"entry": "booking", "at": "starts_at"}
    return {
        "brand": BRAND,
        "journeys": [{"id": "care", "class": "transactional", "anchor": anchor, "timeline": steps}],
        "templates": {f"t{number}": {"email": {"subject": "s", "text": "t"}} for number in range(1, 6)},
        "events": events,
        "from": format_instant(first),
        "until": format_instant(case.until),
    }


def check(seeds: range, folder: Path) -> None:
    wrong = {}
    for seed in seeds:
        case = drawn(seed)
        found = messages_of(written(case), folder / str(seed))
        if found != expected(case):
            wrong[seed] = {"case": case, "expected": expected(case), "found": found}
    assert not wrong


def test_whatever_becomes_of_a_booking_exactly_its_messages_go_out(tmp_path: Path) -> None:
    check(range(60), tmp_path)


@pytest.mark.nightly
def test_whatever_becomes_of_thousands_of_bookings(tmp_path: Path) -> None:
    check(range(60, 3_000), tmp_path)


def test_the_oracle_itself_knows_a_gap_a_repeated_hour_and_a_day_of_23_hours() -> None:
    york = "America/New_York"
    assert local(york, date(2026, 3, 8), time(2, 30)) == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert local(york, date(2026, 11, 1), time(1, 30)) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    noon = datetime(2026, 3, 8, 16, tzinfo=UTC)
    assert due("-1d", noon, york) == datetime(2026, 3, 7, 17, tzinfo=UTC)
    assert due("-2h", noon, york) == datetime(2026, 3, 8, 14, tzinfo=UTC)
