"""The published local-time cases, asked of the domain alone: which instants follow from a form, a zone and a moment.

`kairos simulate` is held to the whole cases elsewhere; here a wrong instant points at the function that made it.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.instant import parse_instant
from kairos.domain.localtime import load_zone, next_clock, parse_clock, parse_weekdays
from kairos.domain.offset import Offset
from kairos.domain.quiet_hours import Window, next_open
from kairos.domain.recurrence import next_anniversary

Case = dict[str, Any]


def cases(shared_data: Path) -> Iterator[Case]:
    for line in (shared_data / "time-vectors.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def zone_of(case: Case) -> ZoneInfo:
    told = [event["traits"].get("timezone") for event in case["events"] if "traits" in event]
    return load_zone(next(filter(None, told), case["brand"]["timezone"]))


def instants_expected(case: Case) -> list[datetime]:
    return [parse_instant(message["at"]) for message in case["expect"]]


def event_named(case: Case, *names: str) -> list[Case]:
    return [event for event in case["events"] if event["event"] in names]


def test_wait_until_finds_the_next_local_clock_time(shared_data: Path) -> None:
    seen = 0
    for case in cases(shared_data):
        first = case["journeys"][0].get("steps", [{}])[0].get("wait_until", {})
        if not set(first) or not set(first) <= {"time", "weekdays"}:
            continue
        (trigger,) = event_named(case, case["journeys"][0]["trigger"]["event"])
        weekdays = parse_weekdays(first["weekdays"]) if "weekdays" in first else None
        found = next_clock(parse_instant(trigger["at"]), zone_of(case), parse_clock(first["time"]), weekdays)
        assert [found] == instants_expected(case), case["name"]
        seen += 1
    assert seen >= 10


def test_offsets_from_an_entry_that_is_left_alone(shared_data: Path) -> None:
    seen = 0
    for case in cases(shared_data):
        journey, entries = case["journeys"][0], event_named(case, "entry_updated", "entry_cancelled")
        if "entry" not in journey.get("anchor", {}) or len(entries) != 1 or len(case["journeys"]) > 1:
            continue
        if any(step.get("if_past") != "skip" for step in journey["timeline"]):
            continue
        told, anchor = parse_instant(entries[0]["at"]), parse_instant(entries[0]["entry"]["starts_at"])
        planned = [Offset.parse(step["at"]).resolve(anchor, zone_of(case)) for step in journey["timeline"]]
        assert sorted(due for due in planned if due > told) == instants_expected(case), case["name"]
        seen += 1
    assert seen >= 3


def test_solar_birthdays_come_on_the_right_local_day_once_a_year(shared_data: Path) -> None:
    seen = 0
    for case in cases(shared_data):
        journey = case["journeys"][0]
        anchor = journey.get("anchor", {})
        if "anniversary" not in anchor or anchor["calendar"] != "solar":
            continue
        (told,) = event_named(case, "profile_updated")
        born, until = date.fromisoformat(told["traits"]["birthday"]), parse_instant(case["until"])
        offset, zone = Offset.parse(journey["timeline"][0]["at"]), zone_of(case)
        due, day = [], parse_instant(told["at"]).date()
        while (day := next_anniversary(born, day, anchor["feb29"]).day).year <= until.year:
            due.append(offset.resolve_day(day, zone))
        assert [at for at in due if at <= until] == instants_expected(case), case["name"]
        seen += 1
    assert seen >= 5


def test_quiet_hours_hold_to_the_end_of_the_window(shared_data: Path) -> None:
    seen = 0
    for case in cases(shared_data):
        quiet_hours, steps = case["brand"].get("quiet_hours", {}), case["journeys"][0].get("steps", [])
        if len(steps) != 1 or steps[0].get("channel") not in quiet_hours or event_named(case, "consent_withdrawn"):
            continue
        triggers = event_named(case, case["journeys"][0]["trigger"]["event"])
        if not case["expect"] or len(triggers) != 1:
            continue
        quiet = [(Window.parse(quiet_hours[steps[0]["channel"]]), zone_of(case))]
        assert [next_open(parse_instant(triggers[0]["at"]), quiet)] == instants_expected(case), case["name"]
        seen += 1
    assert seen >= 5


def test_a_day_of_elapsed_time_is_24_hours(shared_data: Path) -> None:
    (case,) = [case for case in cases(shared_data) if case["name"] == "a day is 24 hours"]
    (trigger,) = event_named(case, "cart_updated")
    at = parse_instant(trigger["at"])
    assert [Offset.parse("+24h").resolve(at, zone_of(case))] == instants_expected(case)
    by_the_calendar = Offset.parse("+1d").resolve(at, zone_of(case))
    assert by_the_calendar != instants_expected(case)[0], "the case lies on a change, or it would prove nothing"
    assert by_the_calendar.astimezone(zone_of(case)).time() != time(0)
