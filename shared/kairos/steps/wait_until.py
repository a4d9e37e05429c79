"""`wait_until: {time: "09:00", weekdays: [mon, thu]}` — the next such local time, strictly after now.

`business_day: true` skips weekends and the holidays of the brand's country. `date` waits for one calendar day (at
`time`, or at its start). Beside it `if_past` says what a date means that is over when the step is reached: `stop` (the
default: nothing is sent that nobody said may be late) ends the passage, `send_now` goes on at once.
`moment` is written as an anchor is, and waits for the next of them: an entry's own instant, else the start of the day,
or with `time` that local time of its day. It is worked out when the step is reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from kairos.domain.anchor import Anchor
from kairos.domain.anchor_form import read_anchor
from kairos.domain.decision import Decision, Go, Park, Scene, Stop
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.instant import YEAR_MAX, YEAR_MIN
from kairos.domain.localtime import next_clock, parse_clock, parse_weekdays, to_instant
from kairos.domain.moment import next_moment
from kairos.steps._step import PlainStep

WEEKEND = frozenset({5, 6})
IF_PAST = ("stop", "send_now")


@dataclass(frozen=True, slots=True)
class LocalMoment:
    """A local clock time on certain days, or one date."""

    clock: time
    weekdays: frozenset[int] | None = None
    business_day: bool = False
    day: date | None = None
    stops_if_past: bool = True
    anchor: Anchor | None = None
    at_clock: bool = False  # the author said a time


class WaitUntil(PlainStep):
    """Park until a local time in the customer's zone."""

    keyword = "wait_until"
    local = True
    schema = {
        "wait_until": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "time": {"$ref": "#/$defs/clock"},
                "weekdays": {"$ref": "#/$defs/weekdays"},
                "business_day": {"type": "boolean"},
                "date": {"type": "string", "format": "date"},
                "if_past": {"enum": list(IF_PAST)},
                "moment": {"$ref": "#/$defs/anchor"},
            },
            "dependentRequired": {"if_past": ["date"]},
        }
    }

    def read(self, document: Document) -> LocalMoment:
        inner = document.inner("wait_until")
        inner.only("time", "weekdays", "business_day", "date", "moment", "if_past")
        if not inner.raw:
            raise BadDefinition(inner.path, "expected at least one of time, weekdays, business_day, date, moment")
        day = inner.read("date", _day, "a date such as 2026-12-24") if inner.has("date") else None
        weekdays = inner.read("weekdays", parse_weekdays) if inner.has("weekdays") else None
        business_day = inner.flag("business_day")
        if day and (weekdays or business_day):
            raise BadDefinition((*inner.path, "date"), "a date stands alone or with a time, not with weekdays")
        anchor = read_anchor(inner.inner("moment")) if inner.has("moment") else None
        if anchor and (day or weekdays or business_day):
            raise BadDefinition((*inner.path, "moment"), "a moment stands alone or with a time")
        if business_day and weekdays is not None and weekdays <= WEEKEND:
            raise BadDefinition((*inner.path, "weekdays"), "expected a day from mon to fri: no other is a business day")
        if inner.has("if_past") and not day:
            raise BadDefinition((*inner.path, "if_past"), "is for a date: every other time comes again")
        clock = inner.read("time", parse_clock) if inner.has("time") else time(0)
        stops = inner.choice("if_past", IF_PAST, "stop") == "stop"
        return LocalMoment(clock, weekdays, business_day, day, stops, anchor, inner.has("time"))

    def enter(self, args: LocalMoment, scene: Scene) -> Decision:
        if args.day is not None:
            until = to_instant(args.day, args.clock, scene.zone)
            if until > scene.at:
                return Park(until)
            return Stop("its date was over") if args.stops_if_past else Go()
        if args.anchor is not None:
            moment = _next(args.anchor, args, scene)
            return Park(moment) if moment is not None else Stop("no such moment comes")
        open_days = scene.is_business_day if args.business_day else None
        try:
            return Park(next_clock(scene.at, scene.zone, args.clock, args.weekdays, open_days))
        except ValueError:  # a year without such a day: the passage ends, the customer goes on
            return Stop("no such day comes")

    def wake(self, args: LocalMoment, scene: Scene) -> Decision:
        """Go on; but where the day has become a holiday since it was chosen, wait for the next."""
        due = scene.enrollment.due
        if args.business_day and due is not None and not scene.is_business_day(due.astimezone(scene.zone).date()):
            return self.enter(args, replace(scene, at=due))
        return Go()


def _next(anchor: Anchor, args: LocalMoment, scene: Scene) -> datetime | None:
    """Return the next moment strictly after the scene's clock, or the next such time on the day of one."""
    if not args.at_clock:
        return next_moment(anchor, scene.profile, scene.at, scene.zone, scene.days_of)
    after = to_instant(scene.at.astimezone(scene.zone).date(), time(0), scene.zone) - timedelta(microseconds=1)
    while (found := next_moment(anchor, scene.profile, after, scene.zone, scene.days_of)) is not None:
        until = to_instant(found.astimezone(scene.zone).date(), args.clock, scene.zone)
        if until > scene.at:
            return until
        after = found
    return None


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        raise ValueError
    day = value if isinstance(value, date) else date.fromisoformat(value)
    if not YEAR_MIN <= day.year < YEAR_MAX:
        raise ValueError
    return day


STEP = WaitUntil()
