"""A profile: all that the engine knows and intends for one customer, in one item.

The parts are frozen; the profile itself is a plain record that `decide` copies before it changes anything, so the one
that was read stays as it was. Every collection here has a budget and an eviction rule in `domain/budget.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

from kairos.domain.consent import Consent as Consent
from kairos.domain.event import Value
from kairos.domain.hour_counts import HourCounts
from kairos.domain.instant import to_micros
from kairos.domain.reason import Reason
from kairos.domain.seen import NOTHING, Seen, seen_key

SCHEMA = 2
MINUTE = 60_000_000
"""Microseconds."""

PULLED = frozenset({"web"})
"""Channels on which nothing is sent: a device fetches what lies ready for it, and asks its owner before it does.
Agreement is kept there, so here only a refusal counts; and whoever sits at the device reads it, so nothing of contacts
goes into it."""

SAME_ADDRESS = {"kakao": "sms"}
"""Channels that reach a person by the address of another one: who has a phone number has KakaoTalk, or nobody knows."""

OWN_SERVER = frozenset({"webhook"})
"""Channels whose receiver is the brand's own: no address of the customer is needed."""

ANSWERS_LATER = frozenset({"email", "kakao"})
"""Channels whose provider takes a message first and says later that it did not arrive."""

EntryKey = tuple[str, str]  # (kind, id)
ConsentKey = tuple[str, str]  # (channel, purpose)


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated thing in the customer's life. A cancelled entry stays as its own tombstone.

    `former` is the chain of ids it had before reschedules; `until` is when the tombstone may go.
    """

    kind: str
    id: str
    starts_at: datetime | None
    ends_at: datetime | None
    properties: Mapping[str, Value]
    occurred_at: datetime
    cancelled: bool = False
    former: tuple[str, ...] = ()
    until: datetime | None = None

    @property
    def key(self) -> EntryKey:
        """Return what enrollments refer to it by."""
        return (self.kind, self.id)


PlanState = Literal["planned", "holding", "done", "skipped", "dead"]


@dataclass(frozen=True, slots=True)
class Planned:
    """One step of a timeline for one enrollment. `done` never repeats; `skipped` may be planned again."""

    due: datetime
    state: PlanState = "planned"


@dataclass(frozen=True, slots=True)
class Trial:
    """The arm of one experiment that a passage was given, and from when until when a success counts for it."""

    arm: str
    since: datetime
    until: datetime
    succeeded: bool = False


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One passage through one journey version, for one subject.

    `reached_at` is the passage's own clock: when the step at `node` was reached, exact even if the wake-up came late.
    `due` is when the wait at `node` ends. A timeline has `plan` instead of `node`. An enrollment that has `ended_at`
    stays only while a message of it is outstanding, its goal or a success can still be reached, or its entry lives.
    """

    id: str
    journey: str
    version: int
    subject: str
    entered_at: datetime
    reached_at: datetime
    properties: Mapping[str, Value] = field(default_factory=dict)
    correlation: str = ""
    node: str | None = None
    due: datetime | None = None
    visits: Mapping[str, int] = field(default_factory=dict)
    holding: str | None = None  # the held message this passage waits for
    entering: bool = False  # stands before `node`, which it enters at `due`: its journey was paused when it got there
    asked: tuple[str, ...] = ()  # every message asked for so far: answers to them belong to this passage
    plan: Mapping[str, Planned] = field(default_factory=dict)
    entry: EntryKey | None = None
    anchor_at: datetime | None = None
    goal_until: datetime | None = None
    converted: bool = False
    holdout: bool = False
    occurrence: str | None = None  # around a whole day: the key it keeps when it moves; `subject` is the day itself
    ended_at: datetime | None = None
    closed: bool = False  # left by an exit: a move of its entry does not bring it back
    trials: Mapping[str, Trial] = field(default_factory=dict)  # by the step of the experiment
    done: tuple[str, ...] = ()  # steps that asked for a message in an earlier version: they never do again

    @property
    def active(self) -> bool:
        """Return whether it still walks its steps."""
        return self.ended_at is None


MessageState = Literal["held", "asked"]


@dataclass(frozen=True, slots=True)
class Message:
    """One intended communication that is not settled yet: held for a later instant, or asked for and unreported.

    `due` is the exact instant the step meant, `until` when a held one is looked at again, `check_at` when an asked one
    is asked for again, `asks` how often that was. `untried` are the channels left to fall back to, in order.
    `conditional`: its step says what must hold whenever it is about to go. `chosen` is when send-time prediction meant
    it to go: it is asked once a message.
    """

    id: str
    enrollment: str
    journey: str
    version: int
    step: str
    subject: str
    template: str
    channel: str
    marketing: bool
    due: datetime
    expires_at: datetime
    state: MessageState
    until: datetime | None = None
    check_at: datetime | None = None
    asks: int = 0
    attempt: int = 0
    visit: int = 0
    untried: tuple[str, ...] = ()
    over_cap: str = "drop"
    reason: str = ""
    correlation: str = ""
    conditional: bool = False
    chosen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    """The last times one live predicate held, oldest first, and since when it has been counted."""

    since: datetime
    times: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """A message asked for lately, by whichever passage: what a report of it is counted under. `told` has a bit for each
    thing that was said of it already: see `kairos.app.decide.reports`."""

    journey: str
    version: int
    step: str
    channel: str
    at: datetime
    told: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What the last write for one inbox decided, until the next: a crash between write and archive loses none of it.

    `version` is the profile's with that write, `release` the beginning of the id of what was live.
    """

    version: int
    release: str
    at: datetime
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Predicted:
    """Where one journey expects a moment of this customer: an ordinal `day` of their calendar, worked out on `made_on`.

    `occurrence` is the day of the order that it follows, as a date: a new order begins another. `moves` is how often
    the day changed since.
    """

    occurrence: str
    made_on: int
    day: int
    moves: int = 0


ParcelKind = Literal["state", "event"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a merged profile owes the one it became: its packed state, or an event that came for it afterwards.

    It stays until it is confirmed, and is told again at `check_at` (None: it waits behind the state); `asks` is how
    often that was. `content` is text: see `kairos.app.decide.parcels`.
    """

    id: str
    kind: ParcelKind
    content: str
    check_at: datetime | None = None
    asks: int = 0
    correlation: str = ""


def seen_until(until: datetime) -> int:
    """Return the end of the minute (minutes since 1970) until which an event's hash is kept."""
    return -(-to_micros(until) // MINUTE)


@dataclass(slots=True)
class Profile:
    """One customer. `alarm` is the minute for which a schedule is believed to ring; `sequences` the last applied
    sequence number per inbox; `seen` are de-duplication hashes; `sent` is what frequency caps count of marketing:
    (channel, instant, message id), and `sent_transactional` of the other class, where a cap asks for it; `entered`
    maps journey → subject hash → last entry, `endings` what is asked of a goal or
    exit (`Matcher.ending_key`) → subject hash → last one seen, for triggers that arrive after it; `reach` says per
    channel whether the person can be reached there, `reach_times` when that was last said. `former` is empty until
    another profile becomes this one; then the id it was born with comes first, and the others behind it.
    `merged_into` is whom this one became, and `parcels` what is on its way there. `segments` holds the keys of the
    tracked segments that the customer is in, `windows` when the answer of one next changes by time alone, and
    `recounted` under which definitions that is so. `wake` is where the item stands in the wake index; it is kept
    beside the state, as `version` is. `moments` maps "journey/occurrence" → when its first step is due: the passage
    around that day begins then. `erased_at` is since when nothing is kept of it but that, `erased_everywhere`
    whether the rest of the person's data is known to be gone. Where the release asks for it: `rhythm` is the state
    of `kairos.timing.Rhythm`, `hours` maps "active", "sent email", "answered email" … → counts by hour of the
    week, and `predicted` is by journey and prediction. `bought_month` is twelve times the year and the month
    in which a purchase was last counted for the holdout of all marketing, `course` where the customer stands
    (`kairos.domain.condition.stage`), `scores` what is learned of scores (`kairos.app.decide.scores`),
    `pulse` the day of the last visit, the month last counted (as above) and the day of the last answer, and
    `products` what was looked at and bought lately (`kairos.app.decide.browsing`), where a template shows it.
    `categories` is `rhythm` for each kind of thing bought (`kairos.domain.category`), `recurring` the last days of
    visits, orders and events (`kairos.timing.last_days`) by series (`kairos.domain.anchor`). `handed` are transactional
    messages that a provider took and may still give up (`kairos.app.decide.handed`).
    """

    id: str
    created_at: datetime
    version: int = 0
    wake: datetime | None = None
    former: tuple[str, ...] = ()
    merged_into: str | None = None
    traits: dict[str, Value] = field(default_factory=dict)
    trait_times: dict[str, datetime] = field(default_factory=dict)
    reach: dict[str, bool] = field(default_factory=dict)
    reach_times: dict[str, datetime] = field(default_factory=dict)
    consents: dict[ConsentKey, Consent] = field(default_factory=dict)
    entries: dict[EntryKey, Entry] = field(default_factory=dict)
    enrollments: dict[str, Enrollment] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)
    entered: dict[str, dict[str, datetime]] = field(default_factory=dict)
    endings: dict[str, dict[str, datetime]] = field(default_factory=dict)
    sent: tuple[tuple[str, datetime, str], ...] = ()
    sent_transactional: tuple[tuple[str, datetime, str], ...] = ()
    seen: Seen = NOTHING
    sequences: dict[str, str] = field(default_factory=dict)
    alarm: datetime | None = None
    log: tuple[Reason, ...] = ()
    moments: dict[str, datetime] = field(default_factory=dict)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()
    windows: dict[str, datetime] = field(default_factory=dict)
    recounted: str = ""
    erased_at: datetime | None = None
    erased_everywhere: bool = False
    rhythm: list[Any] = field(default_factory=list)
    hours: dict[str, HourCounts] = field(default_factory=dict)
    predicted: dict[str, Predicted] = field(default_factory=dict)
    bought_month: int = 0
    course: list[Any] = field(default_factory=list)
    scores: dict[str, tuple[int, ...]] = field(default_factory=dict)
    pulse: list[int] = field(default_factory=list)
    products: list[Any] = field(default_factory=list)
    categories: dict[str, list[Any]] = field(default_factory=dict)
    recurring: dict[str, list[int]] = field(default_factory=dict)
    handed: dict[str, Message] = field(default_factory=dict)

    @property
    def birth(self) -> str:
        """Return the id this profile was born with, which enrollment and message ids contain."""
        return self.former[0] if self.former else self.id

    @property
    def zone(self) -> str | None:
        """Return the IANA name of the customer's own zone, or None when it is not known."""
        zone = self.traits.get("timezone")
        return zone if isinstance(zone, str) and zone else None

    @property
    def gone(self) -> bool:
        """Return whether it stands for nobody any more: it became another profile, or was erased."""
        return self.merged_into is not None or self.erased_at is not None

    def reaches(self, channel: str) -> bool:
        """Return whether the customer can be reached on a channel: by an address of its own, or one that it shares."""
        if channel in OWN_SERVER:
            return True
        return self.reach.get(channel, self.reach.get(SAME_ADDRESS.get(channel, ""), False))

    def has_seen(self, event: str) -> bool:
        """Return whether the event of this id was applied, as far back as it may come again."""
        return seen_key(event) in self.seen

    def note_seen(self, event: str, until: datetime) -> None:
        """Remember that the event was applied until `until` (aware), or up to a minute longer."""
        self.seen = self.seen.with_one(seen_key(event), seen_until(until))

    def copy(self) -> Profile:
        """Return a profile whose collections can change without touching this one's (their parts are frozen)."""
        twin = object.__new__(Profile)  # `replace` would ask each of forty attributes by name, for every event
        for name, value in zip(_NAMES, _values(self), strict=True):
            setattr(twin, name, value.copy() if type(value) is dict else value)
        twin.entered = {journey: subjects.copy() for journey, subjects in self.entered.items()}
        twin.endings = {ending: subjects.copy() for ending, subjects in self.endings.items()}
        return twin


_NAMES = tuple(field.name for field in fields(Profile))
_values = attrgetter(*_NAMES)
