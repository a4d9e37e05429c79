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
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from kairos.app.ports import EVERYTHING, Pause, Pointer
from kairos.app.publish.journeys import Journeys
from kairos.app.publish.learning import Learning
from kairos.app.publish.lookup import Index
from kairos.app.publish.rules import Rules
from kairos.app.publish.timed import Timing
from kairos.app.publish.tracked import Segments, Tracked
from kairos.domain.document import Document
from kairos.domain.localtime import UnknownZone, load_zone
from kairos.domain.offer import Offer, read_offers


class Release:
    """One release as `decide` reads it."""

    def __init__(self, bundle: Mapping[str, Any], pointer: Pointer) -> None:
        self.bundle = bundle
        self.rules = Rules(bundle)
        self.journeys = Journeys(bundle)
        self.journey = self.journeys.find
        self.index = Index(bundle, self.journeys)
        self._zones: dict[str, ZoneInfo] = {}
        self._stand(pointer)

    def _stand(self, pointer: Pointer) -> None:
        self.id = pointer.release
        self.paused = pointer.paused
        self.stopped = pointer.stopped
        self.pointer = pointer

    def standing(self, pointer: Pointer) -> Release:
        """Return the same release under a newer pointer, keeping all that was read of its bundle."""
        other = copy(self)
        other._stand(pointer)
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
    def timing(self) -> Timing:
        """Return what is asked of the models of when."""
        return Timing(self.bundle)

    @cached_property
    def segments(self) -> Segments:
        """Return every segment's condition."""
        learned = (self.bundle.get("timing") or {}).get("scores", {})
        return Segments(self.bundle["segments"], learned)

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
        if name not in self._zones:
            try:
                self._zones[name] = load_zone(name)
            except UnknownZone:
                self._zones[name] = self.brand_zone
        return self._zones[name]

    def halted(self, journey: str) -> bool:
        """Return whether the journey stands still: paused, or everything is stopped."""
        return self.stopped or journey in self.paused

    def pause_over(self, journey: str, due: datetime) -> Pause | None:
        """Return the ended pause in which a timer of the journey fell due without being heeded, or None.

        Whatever is still there to be done after a pause, and was due before its end, the pause held back.
        """
        ended = [pause for key in (journey, EVERYTHING) if (pause := self.pointer.pauses.get(key)) and pause.until]
        return max((p for p in ended if p.until and due < p.until), key=lambda p: p.until or p.since, default=None)

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
