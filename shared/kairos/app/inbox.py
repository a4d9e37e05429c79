"""The inbox use case: one read, one decision, one conditional write for all that a batch holds of one profile.

Groups fail alone. An event that can never be decided is parked with its reason, and the group is decided without it.
What a redelivery brings again is told by the queue's sequence numbers, kept in the item as the last one applied.

What was applied and decided is archived before the batch is acknowledged, in one call for all of it. The item keeps the
reasons of its last write for each queue, so whoever crashes in between archives them when the messages come again; for
that, no write may follow another of the same queue before the first is archived. What was said of consents goes into
their ledger in the same place, before the archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.app.archive import Decided, records, written_now
from kairos.app.consents import ConsentLedger, Word, word_of
from kairos.app.decide import Outcome, decide
from kairos.app.ports import Archive, Clock, Customers, Parking, Pointer, Received, Releases
from kairos.app.publish.live import EMPTY_BUNDLE, LiveRelease
from kairos.app.publish.release import Release
from kairos.domain.errors import Rejected, Unavailable, VersionConflict
from kairos.domain.event import Event, Input, Wake, event_to_json
from kairos.domain.profile import Profile, Written
from kairos.domain.reason import Reason

ATTEMPTS = 5


@dataclass
class Applied:
    """What a batch came to: ids of messages to hand back, what was decided, and how late its timers were."""

    failed: list[str] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    parked: int = 0
    conflicts: int = 0
    lateness: timedelta = timedelta()
    errors: list[Exception] = field(default_factory=list)
    unarchived: list[dict[str, Any]] = field(default_factory=list)
    unnoted: list[Word] = field(default_factory=list)

    def remember(self, decided: Decided, zone: ZoneInfo, *, erased: bool) -> None:
        """Let one write be archived, and what it was told of consents be noted; of who is erased nothing more is."""
        self.unarchived.extend(records(decided, zone))
        words = () if erased else (word_of(event, decided.profile) for event in decided.events)
        self.unnoted.extend(word for word in words if word is not None)


class HandleInbox:
    """Apply batches of the inbox."""

    def __init__(
        self,
        customers: Customers,
        releases: Releases,
        parking: Parking,
        clock: Clock,
        archive: Archive,
        consents: ConsentLedger,
    ) -> None:
        self._archive = archive
        self._consents = consents
        self._customers = customers
        self._live = LiveRelease(releases)
        self._parking = parking
        self._clock = clock

    def apply(self, batch: Sequence[Received]) -> Applied:
        """Apply each group of the batch; `failed` are the receipts of every message of the groups that failed."""
        applied = Applied()
        release = self._release_or_empty()
        for profile, messages in _groups(batch).items():
            try:
                self._apply_group(profile, messages, release, applied)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one customer must not cost the others
                applied.errors.append(error)
                applied.failed.extend(message.id for message in messages)
        try:
            self._keep(applied)
        except Exception as error:  # noqa: BLE001 - whatever it is, what is not archived must come again
            applied.errors.append(error)
            applied.failed = [message.id for message in batch]
        return applied

    def _release_or_empty(self) -> Release:
        """Before the first publish events still change profiles; there is only nothing to start."""
        try:
            return self._live.read()
        except Unavailable as error:
            if error.what != "release" or error.reason != "nothing is published yet":
                raise
            return Release(EMPTY_BUNDLE, Pointer("none"))

    def _apply_group(self, profile: str, messages: Sequence[Received], release: Release, applied: Applied) -> None:
        for attempt in range(ATTEMPTS):
            stored = self._customers.read(profile)
            fresh = [message for message in messages if not _is_applied(stored, message)]
            if stored is not None and len(fresh) < len(messages):
                for decided in _decided_before(stored, messages):
                    applied.remember(decided, release.brand_zone, erased=stored.erased_at is not None)
                if fresh:
                    self._keep(applied)
            if not fresh:
                return
            now = self._clock.now()
            outcome, rejected = _decide_without_poison(stored, release, _inputs(fresh), now)
            self._park(profile, rejected)  # before the write: a crash in between parks it twice rather than never
            try:
                if outcome is not None:
                    written = self._write(stored, outcome, fresh, release, now)
            except VersionConflict:
                applied.conflicts += 1
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            except Rejected as error:
                self._apply_one_by_one(profile, fresh, release, applied, error)
                return
            applied.parked += len(rejected)
            if outcome is not None:
                decided = _decided(profile, written, fresh, rejected)
                erased = outcome.profile.erased_at is not None
                applied.remember(decided, release.brand_zone, erased=erased)
                applied.reasons.extend(outcome.reasons)
                applied.lateness = max(applied.lateness, outcome.lateness)
            return

    def _apply_one_by_one(
        self, profile: str, messages: Sequence[Received], release: Release, applied: Applied, error: Rejected
    ) -> None:
        """What was decided does not fit into the item: find the message that makes it so, and park what it brought."""
        if len(messages) > 1:
            for message in messages:
                self._apply_group(profile, [message], release, applied)
                self._keep(applied)
            return
        events = [(event, str(error)) for event in messages[0].message.events]
        self._park(profile, events)
        applied.parked += len(events)

    def _park(self, profile: str, rejected: Sequence[tuple[Event, str]]) -> None:
        for event, reason in rejected:
            self._parking.park(event_to_json(event), reason, group=profile)

    def _keep(self, applied: Applied) -> None:
        if applied.unnoted:
            self._consents.note(applied.unnoted)
            applied.unnoted.clear()
        if applied.unarchived:
            self._archive.put(applied.unarchived)
            applied.unarchived.clear()

    def _write(
        self, stored: Profile | None, outcome: Outcome, messages: Sequence[Received], release: Release, now: datetime
    ) -> Written:
        sequences = dict(outcome.profile.sequences)
        written = written_now(outcome.profile.version + 1, release.id, now, outcome.reasons)
        # An erased profile keeps no reasons of before, not even for a batch that may come again.
        kept = dict(stored.written) if stored and outcome.profile.erased_at is None else {}
        for message in messages:
            sequences[message.queue] = max(message.sequence, sequences.get(message.queue, ""), key=_rank)
            kept.pop(message.queue, None)
            if written.reasons:  # a write that decided nothing has nothing that could be lost
                kept[message.queue] = written
        kept = {queue: last for queue, last in kept.items() if queue in sequences}
        profile = replace(outcome.profile, sequences=sequences, written=kept)
        self._customers.write(profile, outcome.effects, outcome.wake_at, outcome.ttl)
        return written


def _groups(batch: Sequence[Received]) -> dict[str, list[Received]]:
    groups: dict[str, list[Received]] = {}
    for received in batch:
        groups.setdefault(received.message.profile, []).append(received)
    return groups


def _decided(
    profile: str, written: Written, messages: Sequence[Received], rejected: Sequence[tuple[Event, str]] = ()
) -> Decided:
    parked = {id(event) for event, _ in rejected}
    events = [event for each in messages for event in each.message.events if id(event) not in parked]
    correlation = next((each.message.correlation for each in messages if each.message.correlation), "")
    return Decided(profile, written, events, correlation)


def _decided_before(stored: Profile, messages: Sequence[Received]) -> Iterator[Decided]:
    """Yield what the last write of each queue decided that applied some of these messages.

    Where nothing is kept of it, it decided nothing: the events are archived all the same.
    """
    nothing = written_now(stored.version, "", stored.created_at, ())
    again = [message for message in messages if _is_applied(stored, message)]
    for queue in dict.fromkeys(message.queue for message in again):
        told = [message for message in again if message.queue == queue]
        yield _decided(stored.id, stored.written.get(queue, nothing), told)


def _rank(sequence: str) -> tuple[int, str]:
    return (len(sequence), sequence)


def _is_applied(stored: Profile | None, received: Received) -> bool:
    last = stored.sequences.get(received.queue) if stored else None
    return last is not None and _rank(received.sequence) <= _rank(last)


def _inputs(messages: Sequence[Received]) -> list[Input]:
    inputs: list[Input] = []
    for received in messages:
        inputs.extend(received.message.events)
        if received.message.wake is not None:
            inputs.append(Wake(received.message.profile, received.message.wake))
    return inputs


def _decide_without_poison(
    stored: Profile | None, release: Release, inputs: Sequence[Input], now: datetime
) -> tuple[Outcome | None, list[tuple[Event, str]]]:
    """Decide; when that fails, find the events that make it fail and decide without them.

    A profile that cannot be decided even without any input is not the events' fault: that error is raised.
    """
    try:
        return decide(stored, release, inputs, now), []
    except Unavailable:  # a state that newer code packed: it waits for that code
        raise
    except Exception:  # noqa: BLE001 - whatever one event provokes must not cost the others of its group
        decide(stored, release, [], now)
    good: list[Input] = []
    rejected: list[tuple[Event, str]] = []
    for entry in inputs:
        try:
            decide(stored, release, [*good, entry], now)
            good.append(entry)
        except Exception as error:  # noqa: BLE001 - as above
            if isinstance(entry, Event):
                rejected.append((entry, _reason(error)))
    return decide(stored, release, good, now), rejected


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, Rejected) else f"{type(error).__name__}: {error}"
