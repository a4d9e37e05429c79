"""When a connection was last heard of, what of it was refused, and when its silence is too long.

A shop that takes orders all day is silent after a day, one that closes for the weekend is not, and a teacher with a
booking a week is not on its sixth day: how long is too long follows from how long it has been silent before. Twice the
longest silence of the last month or two, and never less than a day; a week while little is known. A silence that was
too long counts only as far as it was allowed to last, so an outage widens the next allowance twofold and no further.
The owner may say otherwise: `silent_after=12h`, or `never`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from kairos.domain.duration import format_duration, parse_duration
from kairos.domain.instant import format_instant, parse_instant

AT_LEAST = timedelta(days=1)
AT_FIRST = timedelta(days=7)
SILENCES = 2
TIMES_MIN = 10
"""How often it must have been heard, a quarter of an hour apart at least, before its own rhythm is believed."""
SEASON = timedelta(days=28)
"""Silences are remembered for one season that is over, and the one that goes on."""
WHY_CHARS_MAX = 200
SETTING = "silent_after"
NEVER = "never"
SPORADIC = frozenset({"imports", "ses", "sns", "solapi"})
"""Sources that speak when we act: after an import that somebody runs, and of messages that we sent."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One connection, as `ingest` writes it down every now and then. Instants are aware and UTC.

    `revision` is the stored one (0: none yet). `event_at` is when an event last came, `times` how often that was
    written down, `events` how many came. `longest` and `longest_before` are the longest silences of the season since
    `season_at`, and of the one before it. `refused` requests came, the last of them at `refused_at`, because of
    `refusal`. `limit` is what the owner says a silence may last: a duration, "never", or nothing.
    """

    source: str
    connection: str
    revision: int = 0
    event_at: datetime | None = None
    times: int = 0
    events: int = 0
    longest: timedelta = timedelta()
    longest_before: timedelta = timedelta()
    season_at: datetime | None = None
    refused: int = 0
    refused_at: datetime | None = None
    refusal: str = ""
    limit: str = ""

    @property
    def key(self) -> str:
        """Return "<source>/<connection>"."""
        return f"{self.source}/{self.connection}"

    @property
    def silent_after(self) -> timedelta | None:
        """Return from when on a silence is too long; None where the owner says that it never is."""
        if self.limit == NEVER:
            return None
        try:
            return parse_duration(self.limit)
        except ValueError:  # nothing, or nothing that can be read
            usual = SILENCES * max(self.longest, self.longest_before)
            return max(usual, AT_LEAST if self.times >= TIMES_MIN else AT_FIRST)

    def is_silent(self, now: datetime) -> bool:
        """Return whether it has said nothing for too long; what never said anything cannot fall silent."""
        after = self.silent_after
        return self.event_at is not None and after is not None and now - self.event_at > after

    def is_refused(self) -> bool:
        """Return whether all that came since its last event was refused."""
        return self.refused_at is not None and (self.event_at is None or self.refused_at > self.event_at)

    def with_events(self, number: int, at: datetime, limit: str) -> Heard:
        """Return it with events that came, the last of them at `at`."""
        if self.event_at is not None and at <= self.event_at:
            return replace(self, events=self.events + number, limit=limit)
        began = self.season_at or at
        longest, before = self.longest, self.longest_before
        if at - began >= SEASON:
            began, before, longest = at, longest, timedelta()
        silence = at - self.event_at if self.event_at is not None else timedelta()
        allowed = self.silent_after
        return replace(
            self,
            event_at=at,
            times=self.times + 1,
            events=self.events + number,
            season_at=began,
            longest=max(longest, silence if allowed is None else min(silence, allowed)),
            longest_before=before,
            limit=limit,
        )

    def with_refusals(self, number: int, at: datetime, why: str) -> Heard:
        """Return it with requests that were refused, the last of them at `at` because of `why`."""
        if self.refused_at is not None and at <= self.refused_at:
            return replace(self, refused=self.refused + number)
        return replace(self, refused=self.refused + number, refused_at=at, refusal=why[:WHY_CHARS_MAX])


class HeardOf(Protocol):
    """Where it is kept. Every method may raise Unavailable."""

    def read(self, source: str, connection: str) -> Heard:
        """Return what is kept, strongly consistent; one of revision 0 where nothing is."""

    def save(self, heard: Heard) -> Heard:
        """Write it as its next revision and return that. Raises VersionConflict when somebody else wrote first."""

    def all(self) -> list[Heard]:
        """Return every one, ordered by source and connection."""


def limit_of(source: str, settings: Mapping[str, Any]) -> str:
    """Return what a connection's settings say of its silence: a duration, "never", or nothing that can be read."""
    if source in SPORADIC:
        return NEVER
    said = settings.get(SETTING)
    text = said.strip() if isinstance(said, str) else ""
    return text if is_limit(text) else ""


def is_limit(text: str) -> bool:
    """Return whether a text says how long a silence may last."""
    try:
        return text == NEVER or parse_duration(text) > timedelta()
    except ValueError:
        return False


def heard_to_json(heard: Heard) -> dict[str, Any]:
    """Return all but the key and the revision; what says nothing is left out."""
    seconds = {name: int(getattr(heard, name).total_seconds()) for name in _SPANS}
    instants = {name: format_instant(at) for name in _INSTANTS if (at := getattr(heard, name)) is not None}
    plain = {name: getattr(heard, name) for name in _PLAIN}
    return {name: value for name, value in (plain | seconds | instants).items() if value}


def heard_from_json(source: str, connection: str, revision: int, raw: Mapping[str, Any]) -> Heard:
    """Read what `heard_to_json` wrote."""
    read: dict[str, Any] = {name: raw[name] for name in _PLAIN if name in raw}
    read |= {name: timedelta(seconds=raw[name]) for name in _SPANS if name in raw}
    read |= {name: parse_instant(raw[name]) for name in _INSTANTS if name in raw}
    return Heard(source, connection, revision, **read)


def span(length: timedelta) -> str:
    """Return a span as people say it: its two largest units."""
    whole = timedelta(hours=length // timedelta(hours=1)) if length >= AT_LEAST else length - length % _MINUTE
    return format_duration(whole, "d")


_MINUTE = timedelta(minutes=1)
_SPANS = ("longest", "longest_before")
_INSTANTS = ("event_at", "season_at", "refused_at")
_PLAIN = ("times", "events", "refused", "refusal", "limit")
