"""The days of moments that all customers share, worked out for the years that a release carries.

A day keeps the key it was first filed under: by it whoever stands around a day that moves is found again. Where the
table that is live had a day that is gone, and a new one lies close by, it is the same day, moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from kairos.app.definitions.calendar import override, season_spans
from kairos.app.definitions.country import (
    Feast,
    library_version,
    resolve_feasts,
    resolve_weekends,
    resolve_workdays,
)
from kairos.domain.anchor import Holiday, Payday, Rule, Season, SharedAnchor
from kairos.domain.errors import BadDefinition
from kairos.domain.recurrence import move_to_business_day, payday
from kairos.domain.workweek import Workweek

SAME_WITHIN = timedelta(days=15)
_ONE_DAY = timedelta(days=1)

Days = dict[str, str]


def country_tables(brand: Mapping[str, Any], years: Iterable[int]) -> dict[str, Any]:
    """Return what a release says of the brand's country: holidays, weekends, weekend days that are worked."""
    country = brand.get("country")
    if not country:
        return {"holidays": {}, "weekends": {}, "workdays": {}}
    wanted = sorted(years)
    joined: dict[str, str] = {}
    for feast in override(resolve_feasts(country, wanted), brand, country):
        day = feast.day.isoformat()
        joined[day] = f"{joined[day]}; {feast.name}" if day in joined else feast.name
    return {
        "holidays": {country: joined},
        "weekends": {country: resolve_weekends(country, wanted)},
        "workdays": {country: resolve_workdays(country, wanted)},
        "calendar_of": library_version(),
    }


def shared_days(
    anchors: Iterable[SharedAnchor],
    brand: Mapping[str, Any],
    years: Iterable[int],
    previous: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return {anchor key: {"name", "days": {key: ISO day}}}; `previous` is that of the release that is live.

    Raises BadDefinition for an unknown country, and for a rule that gives no days at all.
    """
    wanted = tuple(sorted(years))
    found = {}
    for anchor in sorted(set(anchors), key=lambda anchor: anchor.key):
        known = ((previous or {}).get(anchor.key) or {}).get("days", {})
        found[anchor.key] = {"name": anchor.name, "days": _keep_keys(resolve_days(anchor, brand, wanted), known)}
    return found


def resolve_days(anchor: SharedAnchor, brand: Mapping[str, Any], years: Iterable[int]) -> Days:
    """Return the days of one anchor that lie in those years, each under its own date, or the one it was moved from."""
    wanted = tuple(sorted(years))
    if isinstance(anchor, Holiday):
        days = _holidays(anchor, brand, wanted)
    elif isinstance(anchor, Season):
        days = [(span[anchor.at == "end"], None) for span in season_spans(brand, anchor.name, _padded(wanted))]
    else:
        make = _paydays if isinstance(anchor, Payday) else _rule_days
        days = [(day, None) for day in make(anchor, _workweek(anchor, brand, wanted), wanted)]  # type: ignore[arg-type]
    return {key or day.isoformat(): day.isoformat() for day, key in sorted(set(days), key=str) if day.year in wanted}


def feasts_of(anchor: Holiday, brand: Mapping[str, Any], years: Iterable[int]) -> list[Feast]:
    """Return all holidays among which the anchor's is looked for. Raises BadDefinition for an unknown country."""
    country = anchor.country or brand.get("country")
    if not country:
        raise BadDefinition(("country",), "is missing: of which country is the holiday?")
    return override(resolve_feasts(country, years, anchor.subdivision), brand, country)


def _holidays(anchor: Holiday, brand: Mapping[str, Any], years: tuple[int, ...]) -> list[tuple[date, str | None]]:
    """Of a feast that has several days of one name in a row, the first is its own."""
    named = [feast for feast in feasts_of(anchor, brand, _padded(years)) if feast.name == anchor.name]
    days = {feast.day for feast in named}
    return [(feast.day, feast.key) for feast in named if feast.day - _ONE_DAY not in days]


def _workweek(anchor: Payday | Rule, brand: Mapping[str, Any], years: tuple[int, ...]) -> Workweek:
    tables = country_tables(brand, _padded(years)) if anchor.shift != "none" else {}
    country = brand.get("country", "")
    return Workweek.of(*((tables.get(part) or {}).get(country) for part in ("holidays", "weekends", "workdays")))


def _paydays(anchor: Payday, week: Workweek, years: tuple[int, ...]) -> Iterator[date]:
    for year in _padded(years):
        for month in range(1, 13):
            if anchor.weekday is not None:
                yield _shifted(_nth_weekday(year, month, anchor.weekday, anchor.nth), anchor, week.is_open)
            elif anchor.day is not None:
                yield payday(year, month, anchor.day, anchor.shift, week.is_open)


def _nth_weekday(year: int, month: int, weekday: int, nth: int | str) -> date:
    if nth == "last":
        last = date(year + month // 12, month % 12 + 1, 1) - _ONE_DAY
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (int(nth) - 1))


def _rule_days(anchor: Rule, week: Workweek, years: tuple[int, ...]) -> Iterator[date]:
    padded = _padded(years)
    first, last = datetime(padded[0], 1, 1), datetime(padded[-1], 12, 31)
    for at in parse_rule(anchor).between(first, last, inc=True):
        yield _shifted(at.date(), anchor, week.is_open)


def parse_rule(anchor: Rule) -> Any:
    """Return the rule as `dateutil` reads it, in days without a zone. Raises BadDefinition for a wrong one."""
    from dateutil.rrule import rrulestr  # only publish and simulate pay for it

    start = anchor.start
    try:
        return rrulestr(anchor.text, dtstart=datetime(start.year, start.month, start.day))
    except ValueError as error:
        raise BadDefinition(("rrule",), f"is no rule ({error}): write one such as FREQ=WEEKLY;BYDAY=FR") from error


def _shifted(day: date, anchor: Payday | Rule, is_open: Callable[[date], bool]) -> date:
    return day if anchor.shift == "none" else move_to_business_day(day, anchor.shift, is_open)


def _padded(years: Iterable[int]) -> tuple[int, ...]:
    """Return the years with one more on both sides: what falls on a closed day may move over a new year."""
    wanted = sorted(years)
    return tuple(range(wanted[0] - 1, wanted[-1] + 2))


def _keep_keys(days: Days, known: Mapping[str, str]) -> Days:
    """Return the days under the keys that `known` has for them, or has for one close by that is gone."""
    keys = {day: key for key, day in known.items()}
    there = set(days.values())
    lost = sorted(day for day in keys if day not in there)
    found: Days = {}
    for key, day in sorted(days.items(), key=lambda item: item[1]):
        if day in keys:
            found[keys[day]] = day
            continue
        near = min(lost, key=lambda gone: abs(_between(gone, day)), default=None)
        if near is not None and abs(_between(near, day)) <= SAME_WITHIN:
            lost.remove(near)
            key = keys[near]
        while key in found:
            key += "+"
        found[key] = day
    return found


def _between(one: str, other: str) -> timedelta:
    return date.fromisoformat(one) - date.fromisoformat(other)
