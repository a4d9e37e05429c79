"""What a brand says of all its messages: quiet hours, caps, rests, holidays, who is held out, who listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from kairos.app.publish.rests import Rest, read_rest
from kairos.domain.announcement import Listener
from kairos.domain.cap import Cap, first_weekday, parse_per
from kairos.domain.document import parse_share
from kairos.domain.duration import parse_duration
from kairos.domain.localtime import WEEKDAYS, load_zone
from kairos.domain.open_hours import OpenHours
from kairos.domain.quiet_hours import Closing, Window
from kairos.domain.workweek import Workweek

T = TypeVar("T")


class Rules:
    """The rules of one bundle's brand, each read when it is first asked for."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self._bundle = bundle

    @property
    def _brand(self) -> Mapping[str, Any]:
        brand: Mapping[str, Any] = self._bundle["brand"]
        return brand

    @cached_property
    def holdout(self) -> float:
        """Return the share of customers who get nothing of class marketing, so that all of it can be measured."""
        return parse_share(self._brand["holdout"]) if self._brand.get("holdout") else 0.0

    @cached_property
    def quiet_zones(self) -> tuple[ZoneInfo, ...]:
        """Return the zones in which a customer of unknown zone may be."""
        return tuple(load_zone(name) for name in self._brand.get("zones") or [self._brand["timezone"]])

    @cached_property
    def quiet_hours(self) -> dict[str, Window]:
        """Return the brand's quiet window per channel, for class marketing."""
        return _per_channel(self._brand.get("quiet_hours"), "marketing", Window.parse)

    def closings(self, channel: str, marketing: bool) -> list[Closing]:
        """Return what closes a channel for a class beside the quiet hours of marketing."""
        found = [by_channel[marketing].get(channel) for by_channel in (self._quiet_too, self._allowed)]
        return [closing for closing in found if closing is not None]

    @cached_property
    def _quiet_too(self) -> tuple[Mapping[str, Closing], Mapping[str, Closing]]:
        """Transactional, then marketing, whose quiet hours are known already."""
        return (_per_channel(self._brand.get("quiet_hours"), "transactional", Window.parse), {})

    @cached_property
    def _allowed(self) -> tuple[Mapping[str, Closing], Mapping[str, Closing]]:
        """Transactional, then marketing."""
        allowed = self._brand.get("allowed")
        transactional, marketing = (
            _per_channel(allowed, kind, lambda raw: OpenHours.parse(raw, self.is_holiday))
            for kind in ("transactional", "marketing")
        )
        return (transactional, marketing)

    @cached_property
    def spread(self) -> timedelta | None:
        """Return the span over which held messages go after an opening, where the step does not say."""
        return parse_duration(self._brand["spread"]) if self._brand.get("spread") else None

    @cached_property
    def week_starts(self) -> int:
        """Return the day (Monday 0) on which a week of the calendar begins."""
        chosen = self._brand.get("week_starts")
        return WEEKDAYS.index(chosen) if chosen else first_weekday(self._brand.get("country"))

    @cached_property
    def rests(self) -> tuple[Rest, ...]:
        """Return after which events marketing rests."""
        return tuple(read_rest(raw) for raw in self._brand.get("rest") or ())

    def starts_rest(self, event: str) -> bool:
        """Return whether marketing may rest after an event of this name."""
        return any(rest.event == event for rest in self.rests)

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Return the law packs in force."""
        return tuple(self._brand.get("policies") or ())

    @cached_property
    def caps(self) -> tuple[Cap, ...]:
        """Return the frequency caps."""
        return tuple(
            Cap(cap["channel"], cap["max"], parse_per(cap["per"]), cap.get("class", "marketing"))
            for cap in self._brand.get("caps") or ()
        )

    @cached_property
    def listeners(self) -> tuple[Listener, ...]:
        """Return which engine events systems of the brand's own hear of."""
        raws = self._brand.get("webhooks") or ()
        return tuple(Listener(raw["to"], frozenset(raw["events"]), tuple(raw.get("traits", ()))) for raw in raws)

    def is_holiday(self, day: date) -> bool:
        """Return whether it is a public holiday of the brand's country."""
        return day.isoformat() in self.workweek.holidays

    def is_business_day(self, day: date) -> bool:
        """Return whether the brand's country works on that day: neither weekend nor public holiday, or made up for."""
        return self.workweek.is_open(day)

    @cached_property
    def workweek(self) -> Workweek:
        """Return when the brand's country works."""
        country = self._brand.get("country", "")
        return Workweek.of(*(self._bundle.get(part, {}).get(country) for part in ("holidays", "weekends", "workdays")))


def _per_channel(raw: Any, kind: str, parse: Callable[[Any], T]) -> dict[str, T]:
    """Read what a brand says per channel: for marketing at once, for the other class under its name."""
    if kind == "transactional":
        raw = (raw or {}).get(kind)
    return {channel: parse(value) for channel, value in (raw or {}).items() if channel != "transactional"}
