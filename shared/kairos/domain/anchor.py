"""What a timeline stands around. Four kinds: an entry, a customer's own day, a day that all share, a prediction.

An entry is an instant. The others are *whole days*, which begin at midnight on each customer's clock. Days that all
share (holidays, seasons, paydays, rules) are worked out when a release is built: an anchor names them by its `key`, and
the release carries the dates under that key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from kairos.domain.canonical import canonical
from kairos.domain.recurrence import Feb29, Shift

Last = Literal["last"]
Predicted = Literal["next_order", "lapse", "visit", "payday", "event"]
RHYTHM, VISITS, ORDERS = "rhythm", "visit", "order"


def series_of_event(name: str) -> str:
    """Return under which name the days of one event are kept."""
    return f"event {name}"


@dataclass(frozen=True, slots=True)
class EntryAnchor:
    """An entry of `kind`, at its `starts_at` or `ends_at`; one passage per entry."""

    kind: str
    at: Literal["starts_at", "ends_at"] = "starts_at"


@dataclass(frozen=True, slots=True)
class Anniversary:
    """The returns of the date in a trait; `calendar: lunar` reads it as a Korean lunar date, as people write it."""

    trait: str
    calendar: Literal["solar", "lunar"] = "solar"
    feb29: Feb29 = "feb28"
    every: Literal["year", "month"] = "year"


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday by its English name in the `holidays` library; without a `country`, the brand's."""

    name: str
    country: str | None = None
    subdivision: str | None = None

    @property
    def key(self) -> str:
        """Return what the release files its days under."""
        return canonical(["holiday", self.name, self.country, self.subdivision])


@dataclass(frozen=True, slots=True)
class Season:
    """A day or span of the brand's own calendar, at its first day or its last."""

    name: str
    at: Literal["start", "end"] = "start"

    @property
    def key(self) -> str:
        """Return what the release files its days under."""
        return canonical(["season", self.name, self.at])


@dataclass(frozen=True, slots=True)
class Payday:
    """A day of every month: the `day`-th, the last, or the `nth` such `weekday` (Monday 0), moved off closed days."""

    day: int | Last | None = None
    weekday: int | None = None
    nth: int | Last = 1
    shift: Shift = "none"

    @property
    def name(self) -> str:
        """Return what templates and `publish` call it."""
        return "payday"

    @property
    def key(self) -> str:
        """Return what the release files its days under."""
        return canonical(["payday", self.day, self.weekday, self.nth, self.shift])


@dataclass(frozen=True, slots=True)
class Rule:
    """The days of an RRULE (RFC 5545, section 3.3.10) counted from `start`, moved off closed days."""

    text: str
    start: date
    shift: Shift = "none"

    @property
    def name(self) -> str:
        """Return what templates and `publish` call it."""
        return "rrule"

    @property
    def key(self) -> str:
        """Return what the release files its days under."""
        return canonical(["rrule", self.text, self.start.isoformat(), self.shift])


@dataclass(frozen=True, slots=True)
class Prediction:
    """A day that the models of `timing` expect of each customer.

    After every order anew: `next_order`, the day by which the next order has come with probability `chance`; `lapse`,
    the first day without an order on which they are gone for good with probability `chance`. With a `category`, orders
    of other things are none. Where something is known to repeat: `visit`, the next day on which they are likely to
    come, after every visit anew; `event`, the same of one event; `payday`, every day on which their purchases say that
    they are paid.
    """

    what: Predicted
    chance: float = 0.5
    category: str = ""
    event: str = ""

    @property
    def name(self) -> str:
        """Return what templates call it."""
        return self.what

    @property
    def key(self) -> str:
        """Return what tells it from other predictions of the same customer."""
        if self.what in ("next_order", "lapse"):
            return f"{self.what} {self.chance:g}" + (f" {self.category}" if self.category else "")
        return f"{self.what} {self.event}" if self.event else self.what

    @property
    def series(self) -> str:
        """Return which days it is predicted from: of purchase ("rhythm", with its category), of visits, of an event."""
        if self.what in ("next_order", "lapse"):
            return f"{RHYTHM} {self.category}" if self.category else RHYTHM
        return {"visit": VISITS, "payday": ORDERS}.get(self.what) or series_of_event(self.event)


SharedAnchor = Holiday | Season | Payday | Rule
OwnAnchor = EntryAnchor | Anniversary | Prediction
"""What each customer has of their own."""
Anchor = OwnAnchor | SharedAnchor
