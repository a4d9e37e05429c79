"""iCalendar feeds: what they hold in a window, what is told of them, and what they cannot do to us."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kairos.domain.errors import BadInput, BadSignature, Refused, Rejected, Unavailable
from kairos.registry import Request, load
from kairos.sources._ical_expand import expand
from kairos.sources._pulling import Answer, Pulling
from tests.sources import bodies

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)


def feed(*events: str, head: str = "") -> bytes:
    """Return a feed of events, each written as lines without its BEGIN and END."""
    inside = "\n".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}\n{inside}\nEND:VCALENDAR\n".replace("\n\n", "\n").encode()


def starts(data: bytes, zone: str | None = None) -> list[str]:
    """Return when each thing in a feed begins, in order."""
    found = expand(data, SINCE, UNTIL, zone).sightings.values()
    return sorted(f"{one.starts_at:%m-%d %H:%M}" for one in found)


WEEKLY = (
    "UID:w\nDTSTART;TZID=Asia/Seoul:20261105T100000\nDTEND;TZID=Asia/Seoul:20261105T110000\nRRULE:FREQ=WEEKLY;COUNT=4"
)
EACH_MINUTE = ",".join(map(str, range(60)))
LINES = [*WEEKLY.split("\n"), "BEGIN:VEVENT", "END:VEVENT", "RRULE:", "DTSTART:0001", ";;:"]


def test_a_series_is_what_its_rule_says_less_exceptions_more_extra_dates() -> None:
    assert starts(feed(WEEKLY)) == ["11-05 01:00", "11-12 01:00", "11-19 01:00", "11-26 01:00"]
    without = WEEKLY + "\nEXDATE;TZID=Asia/Seoul:20261112T100000\nRDATE;TZID=Asia/Seoul:20261115T150000"
    assert starts(feed(without)) == ["11-05 01:00", "11-15 06:00", "11-19 01:00", "11-26 01:00"]


def test_a_moved_occurrence_keeps_its_id_and_a_cancelled_one_is_gone() -> None:
    moved = "UID:w\nRECURRENCE-ID;TZID=Asia/Seoul:20261112T100000\nDTSTART;TZID=Asia/Seoul:20261113T170000"
    cancelled = (
        "UID:w\nRECURRENCE-ID;TZID=Asia/Seoul:20261119T100000\nSTATUS:CANCELLED\n"
        "DTSTART;TZID=Asia/Seoul:20261119T100000"
    )
    before = expand(feed(WEEKLY), SINCE, UNTIL).sightings
    after = expand(feed(WEEKLY, moved, cancelled), SINCE, UNTIL).sightings
    assert set(before) - set(after) == {id for id, one in before.items() if one.starts_at.day == 19}
    (id,) = [id for id, one in before.items() if one.starts_at.day == 12]
    assert after[id].starts_at == datetime(2026, 11, 13, 8, tzinfo=UTC)


def test_ids_stay_while_texts_times_and_order_change() -> None:
    one, other = "UID:a\nDTSTART:20261110T010000Z", "UID:b\nDTSTART:20261111T010000Z"
    changed = "UID:a\nSUMMARY:New\nSEQUENCE:3\nDTSTART:20261120T010000Z"
    assert set(expand(feed(one, other), SINCE, UNTIL).sightings) == set(
        expand(feed(other, changed), SINCE, UNTIL).sightings
    )


def test_an_id_says_nothing_of_its_uid() -> None:
    (id,) = expand(feed("UID:haneul@example.com\nDTSTART:20261110T010000Z"), SINCE, UNTIL).sightings
    assert "haneul" not in id


@pytest.mark.parametrize("head", ["METHOD:CANCEL", "METHOD:cancel"])
def test_a_calendar_that_withdraws_holds_nothing(head: str) -> None:
    assert starts(feed(WEEKLY, head=head)) == []


def test_zones_windows_names_floating_times_and_whole_days() -> None:
    windows = "UID:a\nDTSTART;TZID=Korea Standard Time:20261110T100000"
    assert starts(feed(windows)) == ["11-10 01:00"]
    floating = "UID:a\nDTSTART:20261110T100000"
    assert starts(feed(floating)) == ["11-10 10:00"]
    assert starts(feed(floating), "Asia/Seoul") == ["11-10 01:00"]
    assert starts(feed(floating, head="X-WR-TIMEZONE:America/New_York")) == ["11-10 15:00"]
    whole = "UID:a\nDTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261111"
    (one,) = expand(feed(whole), SINCE, UNTIL, "Asia/Seoul").sightings.values()
    assert (one.all_day, one.starts_at, one.ends_at) == (
        True,
        datetime(2026, 11, 9, 15, tzinfo=UTC),
        datetime(2026, 11, 10, 15, tzinfo=UTC),
    )


def test_a_weekly_time_stays_on_its_clock_when_the_clocks_change() -> None:
    data = feed("UID:w\nDTSTART;TZID=America/New_York:20261029T090000\nRRULE:FREQ=WEEKLY")
    assert starts(data)[:2] == ["11-05 14:00", "11-12 14:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        f"FREQ=HOURLY;BYMINUTE={EACH_MINUTE}",
        f"FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE={EACH_MINUTE}",
    ],
)
def test_a_rule_of_too_many_steps_is_left_out_at_once_and_spoils_no_other(rule: str) -> None:
    began = time.process_time()
    found = expand(feed(f"UID:x\nDTSTART:20200101T000000Z\nRRULE:{rule}", WEEKLY), SINCE, UNTIL)
    assert (len(found.unread), len(found.sightings)) == (1, 4)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31,-31;COUNT=3",
        "FREQ=HOURLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=MINUTELY;INTERVAL=60;BYDAY=MO;BYMONTHDAY=31;BYMONTH=2",
    ],
)
def test_a_rule_that_never_comes_true_is_not_searched_for_until_the_year_9999(rule: str) -> None:
    began = time.process_time()
    found = expand(feed(f"UID:x\nDTSTART:20261101T000000Z\nRRULE:{rule}"), SINCE, UNTIL)
    assert (len(found.unread), found.sightings) == (1, {})
    assert time.process_time() - began < 2


def test_an_endless_rule_is_read_as_far_as_the_window() -> None:
    assert len(starts(feed("UID:x\nDTSTART:20000101T000000Z\nRRULE:FREQ=DAILY"))) == 60


@pytest.mark.parametrize(
    "event",
    [
        "UID:x\nDTSTART:INVALID",
        "UID:x\nSUMMARY:no start",
        "UID:x\nDTSTART:20261110T100000Z\nRRULE:FREQ=NEVER",
        "UID:x\nDTSTART:20261110T100000Z\nDTSTART:20261111T100000Z",
    ],
)
def test_a_series_that_cannot_be_read_is_counted_and_spoils_no_other(event: str) -> None:
    found = expand(feed(event, WEEKLY), SINCE, UNTIL)
    assert (len(found.unread), len(found.sightings)) == (1, 4)


@pytest.mark.parametrize("data", [b"", b"<html>", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\nEND:VEVENT", b"\xff\xfe\x00"])
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        expand(data, SINCE, UNTIL)


def test_who_is_invited_is_read_and_rooms_are_not() -> None:
    people = (
        "UID:a\nDTSTART:20261110T010000Z\n"
        "ATTENDEE;CN=Haneul:mailto:haneul@example.com\nATTENDEE;PARTSTAT=DECLINED:MAILTO:bom@example.com\n"
        "ATTENDEE;CUTYPE=ROOM:mailto:room@example.com\nATTENDEE:tel:+8225550199"
    )
    (one,) = expand(feed(people), SINCE, UNTIL).sightings.values()
    assert [(who.email, who.name, who.declined) for who in one.people] == [
        ("haneul@example.com", "Haneul", False),
        ("bom@example.com", None, True),
    ]


@given(st.lists(st.sampled_from(LINES)))
def test_whatever_lines_a_feed_has_it_is_read_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(Rejected):
        expand(feed("\n".join(lines)), SINCE, UNTIL)


def test_other_peoples_feeds_expand_as_they_should(shared_data: Path) -> None:
    expected = json.loads((shared_data / "ical-expectations.json").read_text())
    for name, wanted in expected.items():
        data = (shared_data / "payloads" / "ical" / name).read_bytes()
        try:
            found = expand(data, datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        except BadInput:
            assert wanted["vevents"] == 0, name
            continue
        if "occurrences_in_400_days" in wanted:
            first = min(one.starts_at for one in found.sightings.values())
            within = [one for one in found.sightings.values() if one.starts_at < first + timedelta(days=400)]
            assert (len(within), found.unread) == (wanted["occurrences_in_400_days"], set()), name
        else:
            assert len(found.sightings) + len(found.unread) == wanted["vevents"], name


def test_every_feed_of_others_is_read_or_refused(shared_data: Path) -> None:
    files = sorted((shared_data / "payloads" / "ical").glob("*.ics"))
    assert files
    for file in files:
        try:
            expand(file.read_bytes(), SINCE, UNTIL)
        except Rejected:
            continue


class Server:
    """A feed as a server shows it, with an ETag."""

    def __init__(self, body: bytes = b"", status: int = 200, etag: str = '"1"') -> None:
        self.body, self.status, self.etag = body, status, etag
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, bytes_max: int = 0
    ) -> Answer:
        self.asked.append((url, dict(headers)))
        if headers.get("if-none-match") == self.etag:
            return Answer(304)
        return Answer(self.status, {"etag": self.etag}, self.body)


def pulling(server: Server, cursor: Mapping[str, Any] | None = None, now: datetime = bodies.NOW) -> Pulling:
    settings = {"secrets": ["webcal://calendar.example.com/private-1.ics"], "email": "owner@example.com"}
    return Pulling(settings, cursor or {}, {}, server, now)


LESSON = feed("UID:a\nSUMMARY:Lesson\nDTSTART:20261010T010000Z\nDTEND:20261010T020000Z")


def test_a_feed_that_has_not_changed_is_not_read_again_until_half_a_day_later() -> None:
    source, server = load("sources", "ical"), Server(LESSON)
    *_, last = source.pull(pulling(server))
    assert server.asked[0][0] == "https://calendar.example.com/private-1.ics"
    assert list(source.pull(pulling(server, last.cursor, bodies.NOW + timedelta(hours=11)))) == []
    assert len(list(source.pull(pulling(server, last.cursor, bodies.NOW + timedelta(hours=13))))) == 2


@pytest.mark.parametrize(
    ("server", "error"),
    [
        (Server(LESSON, 503), Unavailable),
        (Server(LESSON, 429), Unavailable),
        (Server(LESSON, 404), Refused),
        (Server(LESSON[:-20]), BadInput),
        (Server(b""), BadInput),
        (Server(b"<html>Sign in</html>"), BadInput),
    ],
)
def test_what_is_not_a_whole_calendar_tells_nothing(server: Server, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(load("sources", "ical").pull(pulling(server)))


def test_a_feed_is_read_and_never_sent() -> None:
    source = load("sources", "ical")
    with pytest.raises(BadSignature):
        source.verify(Request({}, b"{}", bodies.NOW, settings={"secrets": ["x"]}))
    assert source.parse(Request({}, b'{"entries": [{"id": "a"}]}', bodies.NOW), trusted=False) == ()


def test_a_reading_becomes_entries_of_the_person_it_names() -> None:
    source, server = load("sources", "ical"), Server(LESSON)
    at = pulling(server)
    page, _ = source.pull(at)
    (one,) = source.parse(Request({}, page.body, bodies.NOW, settings=at.settings), trusted=True)
    assert (one.event.name, one.event.entry.kind, one.event.entry.properties) == (
        "entry_updated",
        "booking",
        {"length_minutes": 60},
    )
    assert [(who.kind, who.value, who.verified) for who in one.who] == [("email", "owner@example.com", True)]
    assert [(kept.ref.partition("#")[0], dict(kept.fields)) for kept in one.contacts] == [
        ("profile", {"email": "owner@example.com"}),
        ("entry", {"title": "Lesson"}),
    ]
