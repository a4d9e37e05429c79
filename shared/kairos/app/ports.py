"""What the use cases need of the world. `kairos.aws` and `kairos.memory` keep the same promises, held to one suite.

All instants are aware and UTC. Every method may raise Unavailable (or Throttled); what else it raises is said there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from kairos.domain.effects import Effect
from kairos.domain.event import Event
from kairos.domain.merge import Merge
from kairos.domain.profile import Profile

if TYPE_CHECKING:
    from kairos.app.deliver.rate import Allowance


class Clock(Protocol):
    """Tells the time; the only way any use case learns it."""

    def now(self) -> datetime: ...


# ---- customers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A row of the `wake` index: this profile wants to be looked at at this instant."""

    profile: str
    at: datetime


class Customers(Protocol):
    """One item per profile; `decide` alone writes it."""

    def read(self, profile: str) -> Profile | None:
        """Return the profile, strongly consistent, or None when there is none."""

    def write(
        self, profile: Profile, effects: Sequence[Effect], wake_at: datetime | None, ttl: datetime | None
    ) -> None:
        """Write the profile as its next version, on condition that the stored one is `profile.version` (0: none yet).

        The stored version becomes `profile.version + 1` and `effects` are stamped with it. `wake_at` is no later than
        the earliest due time or check and makes the item findable by `due`; None leaves it out of the index. It is read
        back as `profile.wake`. `ttl` lets an item without obligations go.
        Raises VersionConflict when somebody else wrote first, TooLarge when the item cannot be stored.
        """


class WakeIndex(Protocol):
    """The sparse index over the earliest due time or check of every profile (eventually consistent)."""

    def due(self, hour: datetime, since: datetime, until: datetime, after: str = "") -> Iterable[Due]:
        """Yield profiles of the UTC hour that contains `hour` with since <= at < until, over all shards, in pages.

        They come in order of (at, profile). Of those at exactly `since`, only profiles behind `after` are given, so a
        caller that stopped in the middle of a crowded instant goes on where it was.
        """


@dataclass(frozen=True, slots=True)
class Marks:
    """How far `sweep` has come.

    `hour` is the earliest UTC hour that may still hold missed profiles; `at` and `profile` say where an unfinished
    pass goes on (None: begin a new one at `hour`); `armed_through` and `armed_profile` are the same for the horizon.
    """

    hour: datetime
    armed_through: datetime
    at: datetime | None = None
    profile: str = ""
    armed_profile: str = ""


class Cursor(Protocol):
    """Where `sweep` keeps its marks between runs. The last writer wins: an older mark only repeats idempotent work."""

    def read(self) -> Marks | None:
        """Return the marks of the last run, strongly consistent, or None before the first."""

    def write(self, marks: Marks) -> None:
        """Keep the marks."""


# ---- inbox and outboxes ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """What one queue message says: events of one profile (in order), or a wake-up when there are none."""

    profile: str
    events: tuple[Event, ...] = ()
    wake: str | None = None  # who rang, for a wake-up
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a consumer gets it. `id` names this delivery in a partial batch response.

    `sequence` grows within `queue` (digits, compared by length, then text); `queue` is the queue's ARN.
    """

    id: str
    message: InboxMessage
    queue: str
    sequence: str


class Inbox(Protocol):
    """The FIFO queue, one group per profile."""

    def put(self, messages: Sequence[InboxMessage]) -> None:
        """Accept all messages durably, or raise Unavailable (some may then be in: they are idempotent).

        The de-duplication id is derived from profile and the events' ids; a wake-up's from profile, ringer,
        correlation and minute of `put`.
        """


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A request to deliver one message: references only, nothing personal.

    One to the channel ANNOUNCED is of no message: `said` is what is announced ({"to", "type", "at", "data"}).
    """

    profile: str
    message: str
    channel: str
    marketing: bool
    asks: int
    correlation: str = ""
    said: Mapping[str, Any] | None = None


class Outbox(Protocol):
    """Three standard queues: transactional, marketing, and what is announced to webhooks of the brand's own."""

    def put(self, messages: Sequence[OutboxMessage], delays: Sequence[int] = ()) -> None:
        """Accept all messages durably, each in the queue of its class, announcements in theirs; nobody sees one before
        its delay is over.

        `delays` are seconds from 0 to 900, one for each message; none of them: all at once.
        """


class AnnouncementSource(Protocol):
    """Whether anybody takes announcements out of their queue."""

    def wake(self, *, awake: bool) -> None:
        """Let them be taken out, or not; saying so again changes nothing. Raises Unavailable."""


class Parking(Protocol):
    """Where what cannot be done is kept with its reason, until an operator brings it back."""

    def park(self, what: Mapping[str, Any], reason: str, *, group: str) -> None:
        """Keep `what` (plain JSON) and why; idempotent by content within the queue's de-duplication window."""


class Alarms(Protocol):
    """EventBridge Scheduler, as an alarm clock that rings a profile's group in the inbox."""

    def arm(self, profile: str, at: datetime) -> None:
        """Make sure that a wake-up for `profile` comes at `at`, a whole minute to come. Already there is success."""


# ---- the archive and what is counted of it -----------------------------------------------------------------------


class Archive(Protocol):
    """Firehose, as the place where applied events and decisions are kept."""

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Keep all records (plain JSON, each at most 1 MB as a line) durably, or raise Unavailable.

        Some may then be kept: a record may come into the archive more than once, and in any order.
        """


class ArchiveReader(Protocol):
    """What Firehose made of the records: objects of many lines."""

    def lines(self, name: str) -> Iterable[bytes]:
        """Yield the lines of one object. Raises BadInput for one that is none of ours."""

    def names(self, hour: datetime) -> Iterable[str]:
        """Yield the names of the objects whose first line came in that hour (UTC, whole), in order."""


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """What is counted: what happened in a journey on a day (YYYY-MM-DD, the brand's), where, and why."""

    journey: str
    day: str
    step: str
    kind: str
    channel: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """What has been counted of the decisions of one slot of time: how many pages, and the marks of all decisions."""

    pages: int
    marks: frozenset[bytes]


class Insights(Protocol):
    """Counters, and what they have counted."""

    def counted(self, slot: datetime) -> Counted:
        """Return what was counted of a slot, as it stands now. Raises VersionConflict while somebody is counting."""

    def add(
        self, slot: datetime, page: str, marks: frozenset[bytes], figures: Mapping[Figure, int], before: Counted
    ) -> None:
        """Add figures (at most 90 different ones) and note the marks (8 bytes each, at most 20,000): both or neither.

        Raises VersionConflict when anything was counted of the slot since `before` was read.
        """

    def note_newest(self, at: datetime) -> None:
        """Note until when decisions have been counted; an earlier instant changes nothing."""


class InsightsReader(Protocol):
    """The reading side: `kairos results`."""

    def figures(self, journey: str, first: str, last: str) -> Mapping[Figure, int]:
        """Return what was counted of a journey from the first to the last day, both included."""

    def newest(self) -> datetime | None:
        """Return the newest instant whose decision was counted, or None before the first."""


# ---- who -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identifier:
    """One way in which a source names a person. `kind`: customer, external, email, phone, anonymous, cart, checkout.

    `scope` tells equal values of different senders apart ("shopify/main" for customer ids), empty for e-mail and phone.
    `value` is already normalised (lower-case e-mail, E.164 phone). `verified`: a signed source vouches for it, and
    `source` says which ("shopify/main"), for e-mail and phone too.
    """

    kind: str
    value: str
    scope: str = ""
    verified: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """An identifier whose row still leads to `former`, which became `profile`."""

    identifier: Identifier
    former: str
    profile: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whose an event is. `merges` are to be told to the losers' groups; then `settle` makes the `moves`."""

    profile: str
    merges: tuple[Merge, ...] = ()
    moves: tuple[Move, ...] = ()


class Identities(Protocol):
    """Keyed hashes of identifiers → permanent profile id. `ingest` alone touches it."""

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[Resolved]:
        """Return whose each group of identifiers of one person (best first) is, making what is missing.

        One batch read for all groups of a request, and another for a group that names a person anew or leads to more
        than one profile. The rules are those of `kairos.app.ingest.joining`. Unknown identifiers are bound by
        conditional write (first writer wins; the loser reads again); a new person gets a permanent id of 26 base32
        characters. A merge is marked durably, and told again by every event whose rows have not followed it yet.
        Raises ValueError for an empty group.
        """

    def find(self, group: Sequence[Identifier]) -> str | None:
        """Return the profile that the best known identifier of a group leads to; what is unknown stays so."""

    def settle(self, resolved: Sequence[Resolved], now: datetime) -> None:
        """Lead rows to the winners, once the merges of `resolve` are in the losers' groups: those of `moves`, and every
        verified id that a loser held. Conditional, so repeating it or being overtaken changes nothing."""


class Contacts(Protocol):
    """Personal data, apart from everything else. Writers cannot read; readers cannot write."""

    def put(self, profile: str, ref: str, fields: Mapping[str, Any], occurred_at: datetime) -> None:
        """Keep each field under (profile, ref) unless a newer one is there; a tie keeps the larger value.

        `ref` is "profile", "entry#<kind>#<id>" or "subject#<value>".
        """


class ContactReader(Protocol):
    """The reading side of contacts: `deliver`, `preferences` and the privacy commands only."""

    def fetch(self, profiles: Sequence[str], refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return {ref: {field: value}} over all given (former) profile ids, newest value of each field wins."""


class Suppressions(Protocol):
    """Stops that overtake every queue: (channel, address) → purposes that must not be sent."""

    def hash_address(self, address: str) -> str:
        """Return the keyed hash, "<key id>#<hash>", by which an address is known here, whatever its spelling."""

    def is_of(self, address_hash: str, address: str) -> bool:
        """Return whether the keyed hash, under whichever key in force, is of this address."""

    def suppress(self, channel: str, address: str, purpose: str, reason: str, now: datetime) -> None:
        """Record the stop durably before returning. `purpose` is "marketing" or "all"; repeating it is a no-op.

        `now` is when it was asked for. Of several, see `kairos.domain.suppression.replaces`.
        """

    def suppress_hashed(self, channel: str, address_hash: str, purpose: str, reason: str, now: datetime) -> None:
        """The same where only the keyed hash is known (an unsubscribe link)."""

    def suppressed(self, channel: str, address: str, consented_at: datetime | None = None) -> frozenset[str]:
        """Return the purposes stopped for the address on this channel: strongly consistent, under every key.

        A consent to marketing given at `consented_at` lifts an unsubscription from before it, and nothing else.
        """


# ---- the ledger of messages ------------------------------------------------------------------------------------


NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Claim:
    """What the ledger knows of a message id. `state`: claimed, sent, unknown, refused; `words` as in `Delivery`."""

    message: str
    state: str
    claimed_at: datetime
    provider_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


class Ledger(Protocol):
    """One row per message id: who may call the provider, and what came of it."""

    def claim(self, message: str, details: Mapping[str, Any], now: datetime, *, again: bool = False) -> Claim | None:
        """Claim the id by conditional write. Return None when the claim is ours, else the row that is there.

        With `again`, a row whose state is "claimed" is taken over (transactional messages after an unknown outcome).
        """

    def record(
        self, message: str, state: str, now: datetime, provider_id: str = "", words: Mapping[str, str] = NOTHING
    ) -> None:
        """Write what came of a claimed message, and of one that was sent with which words."""

    def free(self, message: str) -> None:
        """Give the claim back: nothing was sent."""


class SendTokens(Protocol):
    """The account's rate and daily quota, shared by all senders of a channel."""

    def lease(self, channel: str, wanted: int, per_second: float, per_day: int | None, now: datetime) -> int:
        """Take up to `wanted` tokens of this second and day; return how many were granted (0: come back later)."""

    def spend(self, row: Allowance, amount: int, *, capped: bool) -> bool:
        """Add `amount` to what was taken of the row; with `capped` only where it then is no more than `row.most`, else
        nothing changes and it is False. A negative amount gives back."""


# ---- on-site messages --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that lies ready for the browsers of a profile. `content` is text by part, made safe by its channel."""

    message: str
    content: Mapping[str, str]
    expires_at: datetime


class Board(Protocol):
    """What lies ready for the browsers of each profile: `deliver` posts it, `ingest` hands it to who may ask."""

    def post(self, profile: str, notice: Notice, now: datetime) -> None:
        """Let a notice lie ready; the same message again replaces it. Of too many the oldest go, see `app.board`."""

    def read(self, profile: str, now: datetime) -> list[Notice]:
        """Return what lies ready at `now`, the oldest first, in one read; what was posted just now may be missing."""

    def remove(self, profile: str, messages: Collection[str], now: datetime) -> None:
        """Take away what needs no more showing; what is not there is no mistake."""


# ---- definitions -----------------------------------------------------------------------------------------------


Overdue = Literal["send", "skip", "replan"]
"""What becomes of what fell due while a journey stood still: it goes out now; its time is over; the wait goes on with
what was left of it."""

EVERYTHING = "*"
"""What the pause of the full stop is kept under."""


@dataclass(frozen=True, slots=True)
class Pause:
    """From when a journey stood still, until when (None: it still does), and what was said of what fell due in it."""

    since: datetime
    until: datetime | None = None
    overdue: Overdue | None = None


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is live: a release id, which journeys are paused, and whether everything is stopped.

    `pauses` has the last pause of each journey, and of EVERYTHING: what fell due in one is decided by its author's
    word, whoever looks at it first.
    """

    release: str
    paused: frozenset[str] = frozenset()
    stopped: bool = False
    pauses: Mapping[str, Pause] = field(default_factory=dict)


class Releases(Protocol):
    """Immutable bundles by content hash, and the one pointer to the live one."""

    def pointer(self) -> Pointer | None:
        """Return the live pointer, strongly consistent, or None before the first publish."""

    def bundle(self, release: str) -> Mapping[str, Any]:
        """Return the bundle's plain JSON; raises Unavailable when it cannot be had."""

    def put_bundle(self, bundle: Mapping[str, Any]) -> str:
        """Store a bundle and return its id (hash of canonical JSON); storing it again changes nothing."""

    def point(self, new: Pointer, old: Pointer | None) -> None:
        """Move the pointer on condition that it still is `old`; raises VersionConflict otherwise. Keeps the history."""

    def history(self) -> list[Pointer]:
        """Return the pointers before the live one, newest first."""


class Drafts(Protocol):
    """Definitions as marketers left them: kind (brand, journey, segment, template) × id."""

    def all(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """Return every draft document, by (kind, id)."""

    def put(self, kind: str, id: str, document: Mapping[str, Any]) -> None:
        """Write a draft; a hand-made edit in between is overwritten knowingly."""

    def mark(self, kind: str, id: str, problems: Sequence[Mapping[str, Any]], document_hash: str) -> None:
        """Write the problems of a draft beside it (empty: none), unless the draft changed since it was validated."""


class Hints(Protocol):
    """What unsigned webhooks are about: whoever reads connections is to read it at once."""

    def put(self, source: str, connection: str, subjects: Sequence[str]) -> None:
        """Pass hints on; losing them loses time and nothing else. Raises Unavailable."""


class Connections(Protocol):
    """Secrets and settings of configured sources."""

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        """Return {"secrets": [...], ...}; cached, stale on error. Raises UnknownConnection."""
