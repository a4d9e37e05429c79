"""The ports of `kairos.app.ports` in dictionaries: what simulations run on and tests need instead of AWS.

They keep the promises that `kairos.aws` keeps, held to the same suite (tests/contracts), except the ones only a real
service can break: nothing here is ever Unavailable, and an item is never TooLarge, because nothing is serialised.
Attributes without an underscore are there to be looked at by a test or a simulation.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zlib import crc32

from kairos.app.archive import line_of
from kairos.app.board import plain_notice, ready, with_notice, without
from kairos.app.consents import Word
from kairos.app.deliver.breaker import Reception, days
from kairos.app.deliver.rate import Allowance, allowances
from kairos.app.deliver.receiver_state import ReceiverState
from kairos.app.erase import STANDING, IdentityRow
from kairos.app.export import StopPage
from kairos.app.heard import Heard
from kairos.app.ingest.joining import Resolution
from kairos.app.ingest.standing import BEFORE_ALL, Place, Standing, place, row_of
from kairos.app.offers import Pool
from kairos.app.ports import (
    NOTHING,
    Claim,
    Clock,
    Counted,
    Due,
    Figure,
    Identifier,
    InboxMessage,
    Marks,
    Notice,
    OutboxMessage,
    Pointer,
    Received,
    Resolved,
)
from kairos.app.products import ALSO
from kairos.app.queueing import deduplication_id
from kairos.app.sync.state import SyncState
from kairos.app.walk.ports import Page, Population, Row
from kairos.domain.announcement import ANNOUNCED
from kairos.domain.canonical import canonical, fingerprint
from kairos.domain.effects import Effect
from kairos.domain.errors import AlreadyDone, Unavailable, UnknownConnection, VersionConflict
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant
from kairos.domain.offer import Coupon
from kairos.domain.profile import Profile
from kairos.domain.suppression import is_lifted, replaces
from kairos.domain.walk import Walk

DEDUPLICATION = timedelta(minutes=5)
LEDGER_FINAL = ("sent", "refused")

Stream = Callable[[str, int, tuple[Effect, ...]], None]


@dataclass
class MemoryClock:
    """A clock that stands until somebody moves it."""

    at: datetime

    def now(self) -> datetime:
        """Return where the hands are."""
        return self.at

    def advance(self, by: timedelta) -> datetime:
        """Move the hands and return where they are then."""
        self.at += by
        return self.at


class MemoryCustomers:
    """Customers and WakeIndex. Profiles are kept as they are given: `decide` copies before it changes anything.

    `stream(profile, version, effects)` is called after each write, as the table's stream would call `dispatch`.
    """

    def __init__(self, stream: Stream | None = None) -> None:
        self.profiles: dict[str, Profile] = {}
        self.ttl: dict[str, datetime] = {}
        self.births = 0
        self._wake: dict[str, datetime] = {}
        self._hours: dict[datetime, dict[str, datetime]] = {}
        self._stream = stream

    def read(self, profile: str) -> Profile | None:
        return self.profiles.get(profile)

    def write(
        self, profile: Profile, effects: Sequence[Effect], wake_at: datetime | None, ttl: datetime | None
    ) -> None:
        stored = self.profiles.get(profile.id)
        if (stored.version if stored else 0) != profile.version:
            raise VersionConflict(profile.id)
        self.births += stored is None
        self.profiles[profile.id] = replace(profile, version=profile.version + 1, wake=wake_at)
        if self._wake.get(profile.id) != wake_at:
            self._index(profile.id, wake_at)
        if ttl is not None:
            self.ttl[profile.id] = ttl
        else:
            self.ttl.pop(profile.id, None)
        if self._stream is not None:
            self._stream(profile.id, profile.version + 1, tuple(effects))

    def due(self, hour: datetime, since: datetime, until: datetime, after: str = "") -> Iterable[Due]:
        bucket = self._hours.get(_hour(hour), {})
        found = sorted((at, profile) for profile, at in bucket.items() if since <= at < until)
        yield from (Due(profile, at) for at, profile in found if at > since or profile > after)

    def is_waking(self, profile: str) -> bool:
        """Return whether the profile is in the index."""
        return profile in self._wake

    def expire(self, now: datetime) -> None:
        """Drop the items whose time to live has passed, as the table does some time after."""
        for profile in [profile for profile, ttl in self.ttl.items() if ttl <= now]:
            del self.profiles[profile], self.ttl[profile]
            self._index(profile, None)

    def _index(self, profile: str, wake_at: datetime | None) -> None:
        former = self._wake.pop(profile, None)
        if former is not None:
            bucket = self._hours[_hour(former)]
            del bucket[profile]
            if not bucket:
                del self._hours[_hour(former)]
        if wake_at is not None:
            self._wake[profile] = wake_at
            self._hours.setdefault(_hour(wake_at), {})[profile] = wake_at


class MemoryInbox:
    """Inbox, and its consumer: groups are in order and locked while a message of theirs is being worked on."""

    def __init__(self, clock: Clock, queue: str = "arn:aws:sqs:memory:000000000000:inbox.fifo") -> None:
        self.queue = queue
        self._clock = clock
        self._sequence = count(10**18)
        self._groups: dict[str, deque[Received]] = {}
        self._flying: dict[str, Received] = {}
        self._seen: dict[tuple[str, str], datetime] = {}

    def put(self, messages: Sequence[InboxMessage]) -> None:
        now = self._clock.now()
        self._seen = {key: at for key, at in self._seen.items() if now - at < DEDUPLICATION}
        for message in messages:
            key = (message.profile, deduplication_id(message, now))
            if key in self._seen:
                continue
            self._seen[key] = now
            sequence = str(next(self._sequence))
            received = Received(f"memory-{sequence}", message, self.queue, sequence)
            self._groups.setdefault(message.profile, deque()).append(received)

    def waiting(self) -> list[InboxMessage]:
        """Return every message that nobody took yet, each group in order."""
        return [received.message for group in self._groups.values() for received in group]

    def is_ready(self) -> bool:
        """Return whether `receive` would return anything."""
        locked = {received.message.profile for received in self._flying.values()}
        return any(group and profile not in locked for profile, group in self._groups.items())

    def receive(self, most: int = 10) -> list[Received]:
        """Take up to `most` messages of groups nobody works on; each must be deleted or given back."""
        locked = {received.message.profile for received in self._flying.values()}
        taken: list[Received] = []
        for profile, group in self._groups.items():
            while profile not in locked and group and len(taken) < most:
                taken.append(group.popleft())
        self._groups = {profile: group for profile, group in self._groups.items() if group}
        self._flying.update((received.id, received) for received in taken)
        return taken

    def delete(self, ids: Iterable[str]) -> None:
        """Acknowledge deliveries."""
        for id in ids:
            self._flying.pop(id, None)

    def give_back(self, ids: Iterable[str]) -> None:
        """Make deliveries visible again, in the place they had."""
        back = [self._flying.pop(id) for id in ids if id in self._flying]
        for received in sorted(back, key=lambda received: received.sequence, reverse=True):
            self._groups.setdefault(received.message.profile, deque()).appendleft(received)


class MemoryOutbox:
    """Outbox: three queues of (visible at, message)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.transactional: list[tuple[datetime, OutboxMessage]] = []
        self.marketing: list[tuple[datetime, OutboxMessage]] = []
        self.announcements: list[tuple[datetime, OutboxMessage]] = []

    def put(self, messages: Sequence[OutboxMessage], delays: Sequence[int] = ()) -> None:
        if refused := [delay for delay in delays if not 0 <= delay <= 900]:
            raise ValueError(f"SQS delays by 0 to 900 seconds, not {refused[0]}")
        now = self._clock.now()
        for message, delay in zip(messages, delays or [0] * len(messages), strict=True):
            visible = (now + timedelta(seconds=delay), message)
            if message.channel == ANNOUNCED:
                self.announcements.append(visible)
            else:
                (self.marketing if message.marketing else self.transactional).append(visible)


class MemoryParking:
    """Parking: (group, what, reason), each once."""

    def __init__(self) -> None:
        self.parked: list[tuple[str, Mapping[str, Any], str]] = []

    def park(self, what: Mapping[str, Any], reason: str, *, group: str) -> None:
        kept = (group, json.loads(canonical(dict(what))), reason)
        if kept not in self.parked:
            self.parked.append(kept)


class MemoryAlarms:
    """Alarms: what is set, until `ring` takes it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.set: set[tuple[datetime, str]] = set()

    def arm(self, profile: str, at: datetime) -> None:
        if at.second or at.microsecond or at <= self._clock.now():
            raise ValueError(f"an alarm is for a whole minute in the future, not {at}")
        self.set.add((at, profile))

    def ring(self, now: datetime) -> list[InboxMessage]:
        """Take the alarms that are due by now and return the wake-ups they put into the inbox."""
        due = sorted(alarm for alarm in self.set if alarm[0] <= now)
        self.set.difference_update(due)
        return [InboxMessage(profile, wake="schedule", correlation=f"{profile}-{at:%Y%m%d%H%M}") for at, profile in due]


class MemoryIdentities:
    """Identities, by plain identifier. `known` leads from (kind, scope, value) to profiles."""

    def __init__(self, new_id: Callable[[], str] | None = None) -> None:
        numbers = count(1)
        self.new_id = new_id or (lambda: digest("profile", str(next(numbers))))
        self.known: dict[Place, str] = {}
        self.kept: dict[str, Standing] = {}

    def resolve(self, groups: Sequence[Sequence[Identifier]], now: datetime) -> list[Resolved]:
        if not all(groups):
            raise ValueError("nobody can be resolved from no identifier")
        places = {place(identifier) for group in groups for identifier in group}
        known = {one: self.known[one] for one in places if one in self.known}
        resolution = Resolution(self, known, set(known), now)
        return [resolution.resolve(group) for group in groups]

    def settle(self, resolved: Sequence[Resolved], now: datetime) -> None:
        moves = {(self.identity(move.identifier), move.former): move.profile for one in resolved for move in one.moves}
        winners = {merge.loser: merge.winner for one in resolved for merge in one.merges}
        for loser, standing in self.standings(list(winners)).items():
            moves |= {(row_of(claim), loser): winners[loser] for claim in standing.holds}
        for (identity, former), profile in moves.items():
            self._repoint(identity, former, profile)

    def find(self, group: Sequence[Identifier]) -> str | None:
        return next((self.known[place(one)] for one in group if place(one) in self.known), None)

    def _repoint(self, identity: str, former: str, profile: str) -> None:
        kind, scope, value = json.loads(identity)
        if self.known.get((kind, scope, value)) == former:
            self.known[kind, scope, value] = profile

    def identity(self, identifier: Identifier) -> str:
        return canonical(place(identifier))

    def standings(self, profiles: Sequence[str]) -> dict[str, Standing]:
        return {profile: self.kept[profile] for profile in profiles if profile in self.kept}

    def create(self, standing: Standing) -> None:
        self.kept[standing.profile] = standing

    def claim(self, profile: str, claims: frozenset[str]) -> bool:
        there = self.kept.get(profile) or Standing(profile, BEFORE_ALL)
        if there.merged_into is not None:
            return False
        self.kept[profile] = replace(there, known=True, holds=there.holds | claims, revision=there.revision + 1)
        return True

    def bind(self, identifier: Identifier, profile: str) -> str:
        return self.known.setdefault(place(identifier), profile)

    def mark(self, loser: Standing, winner: Standing) -> bool:
        for read in (loser, winner):
            there = self.kept.get(read.profile)
            if there is not None and (there.merged_into, there.revision) != (None, read.revision):
                return False
        self.kept[loser.profile] = replace(loser, merged_into=winner.profile, revision=loser.revision + 1)
        known, holds = winner.known or loser.known, winner.holds | loser.holds
        self.kept[winner.profile] = replace(winner, known=known, holds=holds, revision=winner.revision + 1)
        return True


class MemoryContacts:
    """Contacts and ContactReader: each field as (occurred_at, canonical JSON), of which the larger stays."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[str, tuple[datetime, str]]] = {}

    def put(self, profile: str, ref: str, fields: Mapping[str, Any], occurred_at: datetime) -> None:
        row = self._rows.setdefault((profile, ref), {})
        for name, value in fields.items():
            new = (occurred_at, canonical(value))
            row[name] = max(row.get(name, new), new)

    def fetch(self, profiles: Sequence[str], refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for ref in refs:
            newest: dict[str, tuple[datetime, str]] = {}
            for profile in profiles:
                for name, kept in self._rows.get((profile, ref), {}).items():
                    newest[name] = max(newest.get(name, kept), kept)
            found[ref] = {name: json.loads(text) for name, (_, text) in newest.items()}
        return found

    def of(self, profile: str) -> dict[str, dict[str, Any]]:
        """Return everything that is kept under one id, by reference."""
        rows = ((ref, row) for (id, ref), row in self._rows.items() if id == profile)
        return {ref: {name: json.loads(text) for name, (_, text) in row.items()} for ref, row in rows}

    def forget(self, profile: str, refs: Iterable[str]) -> None:
        """Drop what is kept under one id and these references."""
        for ref in refs:
            self._rows.pop((profile, ref), None)


class MemorySuppressions:
    """Suppressions. `hash_address` stands for the keyed hash that an unsubscribe link carries."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, tuple[str, datetime]]] = {}

    def hash_address(self, address: str) -> str:
        """Return what `suppress_hashed` knows the address by."""
        return digest("address", address.strip().lower())

    def is_of(self, address_hash: str, address: str) -> bool:
        return address_hash == self.hash_address(address)

    def suppress(self, channel: str, address: str, purpose: str, reason: str, now: datetime) -> None:
        self.suppress_hashed(channel, self.hash_address(address), purpose, reason, now)

    def suppress_hashed(self, channel: str, address_hash: str, purpose: str, reason: str, now: datetime) -> None:
        if purpose not in ("marketing", "all"):
            raise ValueError(f"a stop is for marketing or all, not {purpose!r}")
        stops = self.rows.setdefault((channel, address_hash), {})
        if purpose not in stops or replaces(*stops[purpose], reason, now):
            stops[purpose] = (reason, now)

    def suppressed(self, channel: str, address: str, consented_at: datetime | None = None) -> frozenset[str]:
        stops = self.rows.get((channel, self.hash_address(address)), {})
        return frozenset(purpose for purpose, stop in stops.items() if not is_lifted(purpose, *stop, consented_at))


class MemorySuppressionScan:
    """SuppressionScan, two rows a page."""

    def __init__(self, suppressions: MemorySuppressions) -> None:
        self._suppressions = suppressions

    def page(self, after: str) -> StopPage:
        rows = [
            {"address_hash": hashed, "channel": channel, "purpose": purpose, "reason": reason, "at": format_instant(at)}
            for (channel, hashed), stops in self._suppressions.rows.items()
            for purpose, (reason, at) in stops.items()
        ]
        start = int(after or 0)
        return StopPage(rows[start : start + 2], str(start + 2) if start + 2 < len(rows) else None)


class MemoryLedger:
    """Ledger."""

    def __init__(self) -> None:
        self.rows: dict[str, Claim] = {}

    def claim(self, message: str, details: Mapping[str, Any], now: datetime, *, again: bool = False) -> Claim | None:
        there = self.rows.get(message)
        if there is not None and not (again and there.state == "claimed"):
            return there
        self.rows[message] = Claim(message, "claimed", now, details=dict(details))
        return None

    def record(
        self, message: str, state: str, now: datetime, provider_id: str = "", words: Mapping[str, str] = NOTHING
    ) -> None:
        there = self.rows.get(message) or Claim(message, "claimed", now)
        if there.state not in LEDGER_FINAL or there.state == state:
            by, said = provider_id or there.provider_id, dict(words or there.words)
            self.rows[message] = replace(there, state=state, provider_id=by, words=said)

    def free(self, message: str) -> None:
        there = self.rows.get(message)
        if there is not None and there.state == "claimed":
            del self.rows[message]


class MemoryCoupons:
    """Coupons and Pools; `given` maps (key, profile) to what they have."""

    def __init__(self) -> None:
        self.codes: dict[str, list[str]] = {}
        self.left: dict[str, int] = {}
        self.given: dict[tuple[str, str], Coupon] = {}

    def of(self, key: str, profiles: Sequence[str]) -> Coupon | None:
        return next((self.given[key, profile] for profile in profiles if (key, profile) in self.given), None)

    def give(self, key: str, offer: str, profile: str, until: datetime, fallback: str, now: datetime) -> Coupon | None:
        taken, codes = self.left.get(offer, 0), self.codes.get(offer, [])
        code = codes[taken] if taken < len(codes) else fallback
        self.left[offer] = min(taken + 1, len(codes))
        return self.given.setdefault((key, profile), Coupon(offer, code, now, until)) if code else None

    def add(self, offer: str, codes: Iterable[str]) -> int:
        known = self.codes.setdefault(offer, [])
        new = [code for code in dict.fromkeys(codes) if code not in known]
        known += new
        return len(new)

    def standing(self, offer: str) -> Pool:
        return Pool(len(self.codes.get(offer, [])), self.left.get(offer, 0))


class MemoryProducts:
    """Products and Catalogue."""

    def __init__(self) -> None:
        self.known: dict[str, Mapping[str, Any]] = {}

    def of(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        return {id: self.known[id] for id in ids if id in self.known}

    def put(self, products: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
        new = dict(products)
        kept = {id: self.known.get(id, {}).get(ALSO) for id in new}
        self.known |= {id: {**facts, **({ALSO: kept[id]} if kept[id] else {})} for id, facts in new.items()}
        return len(new)

    def relate(self, also: Mapping[str, Sequence[str]]) -> int:
        there = {id: list(others) for id, others in also.items() if id in self.known}
        self.known |= {id: {**self.known[id], ALSO: others} for id, others in there.items()}
        return len(there)


class MemoryTraces:
    """Traces (see `kairos.app.erase`), over what the others keep."""

    def __init__(
        self, identities: MemoryIdentities, contacts: MemoryContacts, ledger: MemoryLedger, board: MemoryBoard
    ) -> None:
        self._identities = identities
        self._contacts = contacts
        self._ledger = ledger
        self._board = board

    def identities(self, profiles: Collection[str]) -> Iterable[IdentityRow]:
        for where, profile in list(self._identities.known.items()):
            if profile in profiles:
                yield IdentityRow(canonical(where), where[0], profile)
        for standing in list(self._identities.kept.values()):
            if standing.profile in profiles or standing.merged_into in profiles:
                yield IdentityRow(f"profile#{standing.profile}", STANDING, standing.profile, standing.merged_into)

    def contacts(self, profile: str) -> Mapping[str, Mapping[str, Any]]:
        return self._contacts.of(profile)

    def messages(self, profiles: Collection[str]) -> Iterable[Mapping[str, Any]]:
        for row in list(self._ledger.rows.values()):
            if row.details.get("profile") in profiles:
                yield {"message": row.message, "state": row.state, "details": dict(row.details)}

    def board(self, profile: str) -> Sequence[Mapping[str, Any]]:
        return [plain_notice(notice) for notice in self._board.boards.get(profile, [])]

    def forget_identities(self, identities: Sequence[str]) -> None:
        for identity in identities:
            if identity.startswith("profile#"):
                self._identities.kept.pop(identity.removeprefix("profile#"), None)
            else:
                kind, scope, value = json.loads(identity)
                self._identities.known.pop((kind, scope, value), None)

    def forget_contacts(self, profile: str, refs: Sequence[str]) -> None:
        self._contacts.forget(profile, refs)

    def forget_messages(self, messages: Sequence[str]) -> None:
        for message in messages:
            self._ledger.rows.pop(message, None)

    def forget_board(self, profile: str) -> None:
        self._board.boards.pop(profile, None)


class MemoryConsents:
    """ConsentHistory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, datetime, str], Word] = {}

    def note(self, words: Sequence[Word]) -> None:
        for word in words:
            self.rows.setdefault((word.person, word.at, word.id), word)

    def of(self, persons: Collection[str]) -> list[Word]:
        found = [word for word in self.rows.values() if word.person in persons]
        return sorted(found, key=lambda word: (word.at, word.id, word.person))

    def forget(self, words: Iterable[Word]) -> None:
        for word in words:
            self.rows.pop((word.person, word.at, word.id), None)


class MemoryBoard:
    """Board."""

    def __init__(self) -> None:
        self.boards: dict[str, list[Notice]] = {}

    def post(self, profile: str, notice: Notice, now: datetime) -> None:
        self.boards[profile] = with_notice(self.boards.get(profile, []), notice, now)

    def read(self, profile: str, now: datetime) -> list[Notice]:
        return ready(self.boards.get(profile, []), now)

    def remove(self, profile: str, messages: Collection[str], now: datetime) -> None:
        self.boards[profile] = without(self.boards.get(profile, []), messages, now)


class MemorySendTokens:
    """SendTokens."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}

    def lease(self, channel: str, wanted: int, per_second: float, per_day: int | None, now: datetime) -> int:
        granted = wanted
        for row in allowances(channel, per_second, per_day, now):
            granted = min(granted, max(0, row.most - self.used.get(row.key, 0)))
            self.used[row.key] = self.used.get(row.key, 0) + granted
        return granted

    def spend(self, row: Allowance, amount: int, *, capped: bool) -> bool:
        used = self.used.get(row.key, 0) + amount
        if capped and used > row.most:
            return False
        self.used[row.key] = used
        return True


class MemoryReceiverStates:
    """ReceiverStates."""

    def __init__(self) -> None:
        self.kept: dict[str, ReceiverState] = {}

    def read(self, name: str) -> ReceiverState:
        return self.kept.get(name, ReceiverState())

    def save(self, name: str, state: ReceiverState) -> None:
        self.kept[name] = state


class MemoryComplaints:
    """Complaints."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, date], int] = {}
        self.complained: dict[tuple[str, date], set[str]] = {}
        self.stopped: dict[str, datetime] = {}

    def note_sent(self, channel: str, count: int, now: datetime) -> None:
        self.sent[channel, now.date()] = self.sent.get((channel, now.date()), 0) + count

    def note_complaint(self, channel: str, event: str, now: datetime) -> None:
        self.complained.setdefault((channel, now.date()), set()).add(event)

    def read(self, channel: str, now: datetime) -> Reception:
        return Reception(
            sum(self.sent.get((channel, day), 0) for day in days(now)),
            sum(len(self.complained.get((channel, day), ())) for day in days(now)),
            self.stopped.get(channel),
        )

    def stop(self, channel: str, now: datetime) -> None:
        self.stopped.setdefault(channel, now)

    def lift(self, channel: str) -> None:
        self.stopped.pop(channel, None)
        self.sent = {key: count for key, count in self.sent.items() if key[0] != channel}
        self.complained = {key: marks for key, marks in self.complained.items() if key[0] != channel}


class MemoryReleases:
    """Releases."""

    def __init__(self) -> None:
        self._bundles: dict[str, Mapping[str, Any]] = {}
        self._pointers: list[Pointer] = []

    def pointer(self) -> Pointer | None:
        return self._pointers[-1] if self._pointers else None

    def bundle(self, release: str) -> Mapping[str, Any]:
        if release not in self._bundles:
            raise Unavailable("release", f"no bundle {release}")
        return self._bundles[release]

    def put_bundle(self, bundle: Mapping[str, Any]) -> str:
        release = fingerprint(bundle)
        self._bundles.setdefault(release, json.loads(canonical(bundle)))
        return release

    def point(self, new: Pointer, old: Pointer | None) -> None:
        if self.pointer() != old:
            raise VersionConflict("live pointer")
        self._pointers.append(new)

    def history(self) -> list[Pointer]:
        return self._pointers[-2::-1]


class MemoryDrafts:
    """Drafts. `problems` is what stands beside each draft."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.problems: dict[tuple[str, str], list[Mapping[str, Any]]] = {}

    def all(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return dict(self.documents)

    def put(self, kind: str, id: str, document: Mapping[str, Any]) -> None:
        self.documents[kind, id] = json.loads(canonical(document))
        self.problems.pop((kind, id), None)

    def mark(self, kind: str, id: str, problems: Sequence[Mapping[str, Any]], document_hash: str) -> None:
        document = self.documents.get((kind, id))
        if document is not None and fingerprint(document) == document_hash:
            self.problems[kind, id] = [dict(problem) for problem in problems]


class MemoryConnections:
    """Connections, from a mapping of (source, connection) to settings."""

    def __init__(self, known: Mapping[tuple[str, str], Mapping[str, Any]] | None = None) -> None:
        self.known: dict[tuple[str, str], Mapping[str, Any]] = dict(known or {})

    def settings(self, source: str, connection: str) -> Mapping[str, Any]:
        if (source, connection) not in self.known:
            raise UnknownConnection(source, connection)
        return self.known[source, connection]

    def keep(self, source: str, connection: str, changed: Mapping[str, Any]) -> None:
        self.known[source, connection] = {**self.settings(source, connection), **changed}

    def connections(self, source: str) -> list[str]:
        return sorted(connection for of, connection in self.known if of == source)


class MemoryHints:
    """Hints, as they were passed on."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, list[str]]] = []

    def put(self, source: str, connection: str, subjects: Sequence[str]) -> None:
        self.told.append((source, connection, list(subjects)))


class MemoryCursor:
    """Cursor."""

    def __init__(self, marks: Marks | None = None) -> None:
        self.marks = marks

    def read(self) -> Marks | None:
        return self.marks

    def write(self, marks: Marks) -> None:
        self.marks = marks


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


class MemoryCustomerScan:
    """CustomerScan over MemoryCustomers: segments by a hash of the profile, each in the order of ids."""

    def __init__(self, customers: MemoryCustomers) -> None:
        self._customers = customers
        self._orders: dict[int, list[list[str]]] = {}
        self._births = 0

    def page(self, segment: int, of: int, after: str, most: int, *, waking: bool = False) -> Page:
        order = self._order(of)[segment]
        start = bisect_right(order, after) if after else 0
        taken = order[start : start + most]
        found = self._customers
        rows = [Row(id, found.profiles[id]) for id in taken if id in found.profiles]
        if waking:
            rows = [row for row in rows if found.is_waking(row.profile)]
        more = start + most < len(order)
        return Page(rows, taken[-1] if more else None, len(taken), max(0.5, len(taken) * 0.5))

    def population(self) -> Population:
        return Population(len(self._customers.profiles), len(self._customers.profiles) * 4_096, exact=True)

    def _order(self, of: int) -> list[list[str]]:
        if of not in self._orders or self._customers.births != self._births:
            segments: list[list[str]] = [[] for _ in range(of)]
            for id in sorted(self._customers.profiles):
                segments[crc32(id.encode()) % of].append(id)
            self._orders = {of: segments}
            self._births = self._customers.births
        return self._orders[of]


class MemoryWalks:
    """Walks."""

    def __init__(self) -> None:
        self.rows: dict[str, Walk] = {}

    def add(self, walk: Walk) -> None:
        if walk.id in self.rows:
            raise AlreadyDone(f"walk {walk.id} is there")
        self.rows[walk.id] = walk

    def read(self, id: str) -> Walk | None:
        return self.rows.get(id)

    def save(self, walk: Walk) -> Walk:
        stored = self.rows.get(walk.id)
        if stored is None or stored.revision != walk.revision:
            raise VersionConflict(f"walk {walk.id}")
        self.rows[walk.id] = replace(walk, revision=walk.revision + 1)
        return self.rows[walk.id]

    def all(self) -> list[Walk]:
        return [self.rows[id] for id in sorted(self.rows, reverse=True)]

    def remove(self, id: str) -> None:
        self.rows.pop(id, None)


class MemorySyncStates:
    """SyncStates."""

    def __init__(self) -> None:
        self.rows: dict[str, SyncState] = {}

    def read(self, source: str, connection: str) -> SyncState:
        blank = SyncState(source, connection)
        return self.rows.get(blank.key, blank)

    def save(self, state: SyncState) -> SyncState:
        if self.read(state.source, state.connection).revision != state.revision:
            raise VersionConflict(f"sync {state.key}")
        self.rows[state.key] = replace(state, revision=state.revision + 1)
        return self.rows[state.key]

    def all(self) -> list[SyncState]:
        return [self.rows[key] for key in sorted(self.rows)]


class MemoryHeardOf:
    """HeardOf."""

    def __init__(self) -> None:
        self.rows: dict[str, Heard] = {}

    def read(self, source: str, connection: str) -> Heard:
        blank = Heard(source, connection)
        return self.rows.get(blank.key, blank)

    def save(self, heard: Heard) -> Heard:
        if self.read(heard.source, heard.connection).revision != heard.revision:
            raise VersionConflict(f"what was heard of {heard.key}")
        self.rows[heard.key] = replace(heard, revision=heard.revision + 1)
        return self.rows[heard.key]

    def all(self) -> list[Heard]:
        return [self.rows[key] for key in sorted(self.rows)]


class MemoryRounds:
    """Rounds: what is called, until `due` takes it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.called: set[tuple[datetime, str]] = set()

    def call(self, walk: str, at: datetime) -> None:
        if at.second or at.microsecond or at <= self._clock.now():
            raise ValueError(f"a round is called for a whole minute to come, not {at}")
        self.called.add((at, walk))

    def due(self, now: datetime) -> list[str]:
        """Take the rounds that are due by now."""
        due = sorted(round for round in self.called if round[0] <= now)
        self.called.difference_update(due)
        return [walk for _, walk in due]


class MemoryArchive:
    """Archive and ArchiveReader: `close` makes an object of what has come since, as Firehose does by the minute."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.objects: dict[str, list[bytes]] = {}
        self._open: list[bytes] = []

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        lines = [line_of(record) for record in records]
        self.records += [json.loads(line) for line in lines]
        self._open += lines

    def close(self, now: datetime) -> str | None:
        """Close the open object and return its name, or None where nothing came."""
        if not self._open:
            return None
        name = f"decisions/{now:%Y/%m/%d/%H}/{len(self.objects):06}.gz"
        self.objects[name], self._open = self._open, []
        return name

    def names(self, hour: datetime) -> list[str]:
        return sorted(name for name in self.objects if name.startswith(f"decisions/{hour:%Y/%m/%d/%H}/"))

    def lines(self, name: str) -> Iterable[bytes]:
        if name not in self.objects:
            raise Unavailable("archive", f"no object {name}")
        yield from self.objects[name]


class MemoryInsights:
    """Insights and InsightsReader."""

    def __init__(self) -> None:
        self.sums: dict[Figure, int] = {}
        self.pages: dict[datetime, dict[str, frozenset[bytes]]] = {}
        self._newest: datetime | None = None

    def counted(self, slot: datetime) -> Counted:
        pages = self.pages.get(slot, {})
        return Counted(len(pages), frozenset().union(*pages.values()))

    def add(
        self, slot: datetime, page: str, marks: frozenset[bytes], figures: Mapping[Figure, int], before: Counted
    ) -> None:
        pages = self.pages.setdefault(slot, {})
        if len(pages) != before.pages or page in pages:
            raise VersionConflict(slot.isoformat())
        pages[page] = marks
        for figure, number in figures.items():
            self.sums[figure] = self.sums.get(figure, 0) + number

    def note_newest(self, at: datetime) -> None:
        self._newest = max(at, self._newest or at)

    def figures(self, journey: str, first: str, last: str) -> Mapping[Figure, int]:
        mine = [figure for figure in self.sums if figure.journey == journey and first <= figure.day <= last]
        return {figure: self.sums[figure] for figure in mine}

    def newest(self) -> datetime | None:
        return self._newest
