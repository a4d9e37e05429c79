"""Which days are others than before, when a release takes another's place: told to whoever publishes, and walked for.

A release works its days out for some years, so only what both know of is compared: a year that is new to the calendar
moves nothing. Days that are over move nothing either, as timers are for what is to come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from kairos.app.ports import Pointer
from kairos.app.publish.release import Release


def moved(previous: Mapping[str, Any], wanted: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Return each day of today or later that is another now, in words."""
    return (*moved_days(previous, wanted, now), *moved_workweek(previous, wanted, now))


def moved_days(previous: Mapping[str, Any], wanted: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Return each day that all share and that was or is to come, and is another now, in words: "Chuseok: 2027-09-15 →
    2027-09-16", or "… → none". A day that is only new to the calendar is not among them."""
    today, found = now.date().isoformat(), []
    for key, table in (previous.get("moments") or {}).items():
        known = (wanted.get("moments") or {}).get(key)
        last = max(known["days"].values(), default="") if known else ""
        for occurrence, day in sorted(table["days"].items(), key=lambda item: item[1]):
            moved = known["days"].get(occurrence) if known else day
            if moved != day and max(day, moved or "") >= today and (moved or day <= last):
                found.append(f"{table['name']}: {day} → {moved or 'none'}")
    return tuple(found)


def moved_workweek(previous: Mapping[str, Any], wanted: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Return each day on which the brand's country works and did not, or the reverse, in words:
    "2026-10-05 is a holiday now: Chuseok", "2026-10-05 is a business day now".

    One release alone that asks for business days moves nobody: who was not told of them before waits for none.
    """
    country = wanted["brand"].get("country")
    if not country or previous["brand"].get("country") != country:
        return ()
    return tuple(_moved_workdays(Release(previous, Pointer("")), Release(wanted, Pointer("")), country, now))


def _moved_workdays(old: Release, new: Release, country: str, now: datetime) -> Iterator[str]:
    names = new.bundle.get("holidays", {}).get(country, {})
    for day in _known_to_both(old, new, country, now.date()):
        was, became = _kind(old, day), _kind(new, day)
        if was != became:
            name = f": {names[day.isoformat()]}" if day.isoformat() in names else ""
            yield f"{day} is {became} now{name}"


def _known_to_both(old: Release, new: Release, country: str, since: date) -> Iterator[date]:
    years = set.intersection(*(set(each.bundle.get("weekends", {}).get(country, {})) for each in (old, new)))
    for year in sorted(map(int, years)):
        day = max(date(year, 1, 1), since)
        while day.year == year:
            yield day
            day += timedelta(days=1)


def _kind(release: Release, day: date) -> str:
    if release.rules.is_holiday(day):
        return "a holiday"
    return "a business day" if release.rules.is_business_day(day) else "a day of the weekend"
