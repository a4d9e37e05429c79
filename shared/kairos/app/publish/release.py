"""A release: an immutable compiled bundle of all live definitions, and how it stands (paused journeys, full stop).

The bundle is plain JSON:

    {"schema": 1, "brand": {…}, "segments": {id: {…}}, "templates": {id: {…}},
     "compiled": {key: HTML} of what is written as MJML, where any is,
     "journeys": {id: {"live": version | null, "versions": {"1": {…document…}}}},
     "index": {"triggers": {event: [journey, …]},
               "guards": {event: [what each asks of its properties at least, …]} where many listen to one event,
               "endings": {event: [journey, …]}, which the version before read, and
               "ends": {event: [{"key": …, "where": …, "subject": …}, …]}: its goals and exits, each once,
               "anchors": {entry kind: [journey, …]}, "anniversaries": {trait: [journey, …]},
               "shared": {anchor key: [journey, …]}, "follows": {journey: [journey, …]}, "campaigns": [journey, …],
               "predicted": [journey, …] and "timing": [what items remember, …], where any,
               "segments": {"tracked": [id, …], "touches": {what changed: [id, …]}, "print": …} where any is tracked,
               "counters": {event: [{"did": …, "where": …, "keep": n, "key": …, "since": …}, …]},
               "channels": {template: [channel, … in order of preference]},
               "browsing": true where a template shows what customers looked at or bought last},
     "sources": {id: {…document…}}, where there are any, "timing": {…} where anything was learned (`timed`),
     "holidays": {country: {"2026-09-25": "Chuseok", …}},
     "weekends": {country: {"2026": [5, 6], …}}, "workdays": {country: ["2026-02-14", …]},
     "calendar_of": "holidays 0.109",
     "moments": {anchor key: {"name": "Chuseok", "days": {occurrence key: "2026-09-25", …}}}}

Journeys are compiled when first met, so a release of a thousand costs what one event touches.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from kairos.app.definitions.compile import compile_journey
from kairos.app.ports import EVERYTHING, Pause, Pointer
from kairos.app.publish.index import GUARDED_FROM
from kairos.app.publish.learning import Learning
from kairos.app.publish.timed import Timing
from kairos.app.publish.tracked import Segments, Tracked
from kairos.domain.anchor import Prediction, SharedAnchor
from kairos.domain.announcement import Listener
from kairos.domain.cap import Cap, first_weekday, parse_per
from kairos.domain.condition import Condition, Did, Guarded, guards_of, parse_condition, walk
from kairos.domain.document import Document, parse_share
from kairos.domain.duration import parse_duration
from kairos.domain.journey import Journey
from kairos.domain.localtime import WEEKDAYS, UnknownZone, load_zone
from kairos.domain.moment import Moment
from kairos.domain.offer import Offer, read_offers
from kairos.domain.open_hours import OpenHours
from kairos.domain.quiet_hours import Closing, Window
from kairos.domain.workweek import Workweek

T = TypeVar("T")
Asked = TypeVar("Asked", "Counted", "Ending")


@dataclass(frozen=True, slots=True)
class Counted:
    """One predicate that live conditions count: matching events are remembered, the last `keep` of them."""

    key: str
    where: Condition | None
    keep: int


@dataclass(frozen=True, slots=True)
class Ending:
    """One goal or exit of live journeys: what is asked, where the event names its subject, and under which key it is
    remembered (`Matcher.ending_key`)."""

    key: str
    where: Condition | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class Rest:
    """For `length` after `event`, marketing on `channels` (none named: on all) is held, or not sent.

    `key` is the counter that remembers the event's last time.
    """

    event: str
    key: str
    length: timedelta
    channels: frozenset[str]
    holds: bool


class Release:
    """One release as `decide` reads it."""

    def __init__(self, bundle: Mapping[str, Any], pointer: Pointer) -> None:
        self.id = pointer.release
        self.paused = pointer.paused
        self.stopped = pointer.stopped
        self.pointer = pointer
        self.bundle = bundle
        parts = ("journeys", "zones", "counted", "ended", "guarded", "days", "segments")
        self._shared: dict[str, dict[Any, Any]] = {part: {} for part in parts}

    def standing(self, pointer: Pointer) -> Release:
        """Return the same release under a newer pointer, keeping what is compiled."""
        other = Release(self.bundle, pointer)
        other._shared = self._shared
        return other

    @property
    def brand(self) -> Mapping[str, Any]:
        """Return the brand document."""
        brand: Mapping[str, Any] = self.bundle["brand"]
        return brand

    @cached_property
    def brand_zone(self) -> ZoneInfo:
        """Return the brand's own zone."""
        return load_zone(self.brand["timezone"])

    @cached_property
    def holdout(self) -> float:
        """Return the share of customers who get nothing of class marketing, so that all of it can be measured."""
        return parse_share(self.brand["holdout"]) if self.brand.get("holdout") else 0.0

    @cached_property
    def quiet_zones(self) -> tuple[ZoneInfo, ...]:
        """Return the zones in which a customer of unknown zone may be."""
        return tuple(load_zone(name) for name in self.brand.get("zones") or [self.brand["timezone"]])

    @cached_property
    def quiet_hours(self) -> dict[str, Window]:
        """Return the brand's quiet window per channel, for class marketing."""
        return _per_channel(self.brand.get("quiet_hours"), "marketing", Window.parse)

    def closings(self, channel: str, marketing: bool) -> list[Closing]:
        """Return what closes a channel for a class beside the quiet hours of marketing."""
        found = [by_channel[marketing].get(channel) for by_channel in (self._quiet_too, self._allowed)]
        return [closing for closing in found if closing is not None]

    @cached_property
    def _quiet_too(self) -> tuple[Mapping[str, Closing], Mapping[str, Closing]]:
        """Transactional, then marketing, whose quiet hours are known already."""
        return (_per_channel(self.brand.get("quiet_hours"), "transactional", Window.parse), {})

    @cached_property
    def _allowed(self) -> tuple[Mapping[str, Closing], Mapping[str, Closing]]:
        """Transactional, then marketing."""
        allowed = self.brand.get("allowed")
        transactional, marketing = (
            _per_channel(allowed, kind, lambda raw: OpenHours.parse(raw, self.is_holiday))
            for kind in ("transactional", "marketing")
        )
        return (transactional, marketing)

    def is_holiday(self, day: date) -> bool:
        """Return whether it is a public holiday of the brand's country."""
        return day.isoformat() in self.workweek.holidays

    @cached_property
    def spread(self) -> timedelta | None:
        """Return the span over which held messages go after an opening, where the step does not say."""
        return parse_duration(self.brand["spread"]) if self.brand.get("spread") else None

    @cached_property
    def week_starts(self) -> int:
        """Return the day (Monday 0) on which a week of the calendar begins."""
        chosen = self.brand.get("week_starts")
        return WEEKDAYS.index(chosen) if chosen else first_weekday(self.brand.get("country"))

    @cached_property
    def rests(self) -> tuple[Rest, ...]:
        """Return after which events marketing rests."""
        return tuple(_rest(raw) for raw in self.brand.get("rest") or ())

    def starts_rest(self, event: str) -> bool:
        """Return whether marketing may rest after an event of this name."""
        return any(rest.event == event for rest in self.rests)

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Return the law packs in force."""
        return tuple(self.brand.get("policies") or ())

    @cached_property
    def caps(self) -> tuple[Cap, ...]:
        """Return the frequency caps."""
        return tuple(
            Cap(cap["channel"], cap["max"], parse_per(cap["per"]), cap.get("class", "marketing"))
            for cap in self.brand.get("caps") or ()
        )

    @cached_property
    def listeners(self) -> tuple[Listener, ...]:
        """Return which engine events systems of the brand's own hear of."""
        raws = self.brand.get("webhooks") or ()
        return tuple(Listener(raw["to"], frozenset(raw["events"]), tuple(raw.get("traits", ()))) for raw in raws)

    @cached_property
    def timing(self) -> Timing:
        """Return what is asked of the models of when."""
        return Timing(self.bundle)

    @cached_property
    def predicting(self) -> tuple[str, ...]:
        """Return the live journeys that stand around a prediction."""
        return tuple(self.bundle["index"].get("predicted", ()))

    @cached_property
    def segments(self) -> Mapping[str, Condition]:
        """Return every segment's condition."""
        learned = (self.bundle.get("timing") or {}).get("scores", {})
        return Segments(self.bundle["segments"], self._shared["segments"], learned)

    @cached_property
    def learning(self) -> tuple[Learning, ...]:
        """Return the scores that learn, with the numbers that are live."""
        ids = (id for id, segment in sorted(self.bundle["segments"].items()) if segment.get("learns"))
        return tuple(Learning.of(id, self.bundle["segments"][id], self.segments[id]) for id in ids)

    @cached_property
    def tracked(self) -> Tracked:
        """Return the segments whose changes are heard."""
        return Tracked(self.bundle.get("index", {}).get("segments", {}))

    def zone(self, name: str | None) -> ZoneInfo:
        """Return the zone of that name, or the brand's when it is unknown."""
        if name is None:
            return self.brand_zone
        zones = self._shared["zones"]
        if name not in zones:
            try:
                zones[name] = load_zone(name)
            except UnknownZone:
                zones[name] = self.brand_zone
        zone: ZoneInfo = zones[name]
        return zone

    def journey(self, id: str, version: int | None = None) -> Journey | None:
        """Return a journey version (None: the live one), or None when there is none."""
        known = self.bundle["journeys"].get(id)
        number = version if version is not None else (known or {}).get("live")
        if known is None or number is None or str(number) not in known["versions"]:
            return None
        key = (id, number)
        journeys = self._shared["journeys"]
        if key not in journeys:
            journeys[key] = compile_journey(known["versions"][str(number)], number)
        journey: Journey = journeys[key]
        return journey

    def triggered_by(self, event: str, properties: Mapping[str, Any] | None = None) -> list[Journey]:
        """Return the live journeys that an event of this name may start; with its properties, none that they rule
        out."""
        index = self.bundle["index"]
        ids: Sequence[str] = index["triggers"].get(event, ())
        guards = index.get("guards", {}).get(event)
        if guards is not None and properties is not None:
            known = self._shared["guarded"]
            if ("triggers", event) not in known:
                known["triggers", event] = Guarded(guards)
            ids = [ids[position] for position in known["triggers", event].passing(properties)]
        return [journey for id in ids if (journey := self.journey(id)) is not None]

    def anchored_to(self, entry_kind: str) -> list[Journey]:
        """Return the live journeys whose timeline stands around entries of this kind."""
        ids = self.bundle["index"]["anchors"].get(entry_kind, ())
        return [journey for id in ids if (journey := self.journey(id)) is not None]

    def returning_with(self, trait: str) -> list[Journey]:
        """Return the live journeys whose timeline stands around the anniversaries of this trait."""
        ids = self.bundle["index"].get("anniversaries", {}).get(trait, ())
        return [journey for id in ids if (journey := self.journey(id)) is not None]

    @cached_property
    def returning(self) -> tuple[str, ...]:
        """Return the traits whose anniversaries any live journey stands around."""
        return tuple(self.bundle["index"].get("anniversaries", ()))

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Return the live journeys that stand around days which all customers share."""
        return tuple(id for ids in self.bundle["index"].get("shared", {}).values() for id in ids)

    def days_of(self, anchor: SharedAnchor | Prediction) -> Sequence[Moment]:
        """Return the days of an anchor that all share, in order; none for what is predicted of each."""
        known = self._shared["days"]
        if anchor.key not in known:
            days = self.bundle.get("moments", {}).get(anchor.key, {}).get("days", {})
            found = (Moment(key, date.fromisoformat(day)) for key, day in days.items())
            known[anchor.key] = tuple(sorted(found, key=lambda moment: (moment.day, moment.key)))
        listed: Sequence[Moment] = known[anchor.key]
        return listed

    def following(self, journey: str) -> list[Journey]:
        """Return the live journeys that passages of this one may start."""
        ids = self.bundle["index"].get("follows", {}).get(journey, ())
        return [found for id in ids if (found := self.journey(id)) is not None]

    def campaigns(self) -> list[Journey]:
        """Return the live journeys that start at a date and time."""
        ids = self.bundle["index"].get("campaigns", ())
        return [found for id in ids if (found := self.journey(id)) is not None]

    def ended_by(self, event: str, properties: Mapping[str, Any] | None = None) -> Sequence[Ending]:
        """Return what an event of this name may end live journeys as, each once; with its properties, nothing that
        they rule out."""
        endings = self._endings(event)
        return endings if properties is None else self._passing("endings", event, endings, properties)

    def _endings(self, event: str) -> Sequence[Ending]:
        known = self._shared["ended"]
        if event not in known:
            index = self.bundle["index"]
            if "ends" in index:
                rows = index["ends"].get(event, ())
                known[event] = tuple(Ending(raw["key"], _parsed(raw.get("where")), raw.get("subject")) for raw in rows)
            else:  # published before they were written out
                known[event] = self._ended_by_journeys(index["endings"].get(event, ()), event)
        endings: Sequence[Ending] = known[event]
        return endings

    def _ended_by_journeys(self, ids: Iterable[str], event: str) -> tuple[Ending, ...]:
        journeys = [journey for id in ids if (journey := self.journey(id)) is not None]
        endings = (
            Ending(matcher.ending_key(journey.subject), matcher.where, matcher.subject or journey.subject)
            for journey in journeys
            for matcher in (*journey.exits, *(journey.goal.matchers if journey.goal else ()))
            if matcher.event == event
        )
        return tuple({ending.key: ending for ending in endings}.values())

    def counting(self, event: str, properties: Mapping[str, Any]) -> Sequence[Counted]:
        """Return those of `counted` that an event with these properties may satisfy."""
        return self._passing("counters", event, self.counted(event), properties)

    def _passing(self, part: str, event: str, asked: Sequence[Asked], properties: Mapping[str, Any]) -> Sequence[Asked]:
        if len(asked) < GUARDED_FROM:
            return asked
        known = self._shared["guarded"]
        if (part, event) not in known:
            known[part, event] = Guarded(guards_of(each.where) for each in asked)
        return [asked[position] for position in known[part, event].passing(properties)]

    def counted(self, event: str) -> Sequence[Counted]:
        """Return the predicates over events of this name that live conditions count."""
        counted = self._shared["counted"]
        if event not in counted:
            counted[event] = tuple(
                Counted(raw["key"], _parsed(raw.get("where")), raw["keep"])
                for raw in self.bundle["index"]["counters"].get(event, ())
            )
        predicates: Sequence[Counted] = counted[event]
        return predicates

    @cached_property
    def counter_keys(self) -> frozenset[str]:
        """Return the keys of all live counters; others may go from an item."""
        return frozenset(raw["key"] for group in self.bundle["index"]["counters"].values() for raw in group)

    def template(self, id: str) -> Mapping[str, Any] | None:
        """Return a template, its channels in order of preference: JSON keeps no order of keys, so the index says it."""
        template: Mapping[str, Any] | None = self.bundle["templates"].get(id)
        if template is not None and "partial" in template:
            return None
        order = self.bundle["index"].get("channels", {}).get(id)
        return {channel: template[channel] for channel in order} if template and order else template

    def content(self, id: str) -> Mapping[str, Any] | None:
        """Return a template with its languages and variants, as `choose` reads it; None where there is none to send."""
        return self.bundle["templates"].get(id) if self.template(id) is not None else None

    def offer(self, template: str) -> Offer | None:
        """Return the offer of which a template gives a code, or None."""
        id = (self.bundle["templates"].get(template) or {}).get("offer")
        return read_offers(Document(self.brand)).get(id) if id else None

    @cached_property
    def shows_browsing(self) -> bool:
        """Return whether a live template shows what a customer looked at, or bought last: items then remember it."""
        return bool(self.bundle["index"].get("browsing"))

    @property
    def shows_related(self) -> bool:
        """Return whether a template shows what others also looked at. Reads all templates: once a night will do."""
        return self.shows_browsing and "products.also_viewed" in json.dumps(self.bundle["templates"])

    @cached_property
    def partials(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the templates that others call, by id."""
        return {id: one for id, one in self.bundle["templates"].items() if "partial" in one}

    @property
    def compiled(self) -> Mapping[str, str]:
        """Return the HTML of every MJML, by `html_key`."""
        found: Mapping[str, str] = self.bundle.get("compiled", {})
        return found

    def is_business_day(self, day: date) -> bool:
        """Return whether the brand's country works on that day: neither weekend nor public holiday, or made up for."""
        return self.workweek.is_open(day)

    @cached_property
    def workweek(self) -> Workweek:
        """Return when the brand's country works."""
        country = self.brand.get("country", "")
        return Workweek.of(*(self.bundle.get(part, {}).get(country) for part in ("holidays", "weekends", "workdays")))

    def halted(self, journey: str) -> bool:
        """Return whether the journey stands still: paused, or everything is stopped."""
        return self.stopped or journey in self.paused

    def pause_over(self, journey: str, due: datetime) -> Pause | None:
        """Return the ended pause in which a timer of the journey fell due without being heeded, or None.

        Whatever is still there to be done after a pause, and was due before its end, the pause held back.
        """
        ended = [pause for key in (journey, EVERYTHING) if (pause := self.pointer.pauses.get(key)) and pause.until]
        return max((p for p in ended if p.until and due < p.until), key=lambda p: p.until or p.since, default=None)


def _parsed(where: Any) -> Condition | None:
    return parse_condition(where) if where else None


def rest_predicate(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the behaviour that a rule of `rest` asks about, as a condition is written."""
    after = raw["after"]
    where = {"where": after["where"]} if after.get("where") is not None else {}
    return {"did": after["event"], "within": raw["for"], **where}


def _rest(raw: Mapping[str, Any]) -> Rest:
    did = parse_condition(rest_predicate(raw))
    assert isinstance(did, Did)
    channels = frozenset(raw.get("channels") or ())
    return Rest(did.event, did.key, parse_duration(raw["for"]), channels, raw.get("do", "hold") == "hold")


def _per_channel(raw: Any, kind: str, parse: Callable[[Any], T]) -> dict[str, T]:
    """Read what a brand says per channel: for marketing at once, for the other class under its name."""
    if kind == "transactional":
        raw = (raw or {}).get(kind)
    return {channel: parse(value) for channel, value in (raw or {}).items() if channel != "transactional"}


def used_segments(condition: Condition) -> set[str]:
    """Return the segments a condition names."""
    return {part.segment for part in walk(condition) if hasattr(part, "segment")}
