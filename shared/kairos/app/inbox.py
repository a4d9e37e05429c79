"""The inbox use case: one read, one decision, one conditional write for all that a batch holds of one profile.

Groups fail alone. An event that can never be decided is parked with its reason, and the group is decided without it.
What a redelivery brings again is told by the queue's sequence numbers, kept in the item as the last one applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kairos.app.decide import Outcome, decide
from kairos.app.live import EMPTY_BUNDLE, LiveRelease
from kairos.app.ports import Clock, Customers, Parking, Pointer, Received, Releases
from kairos.app.release import Release
from kairos.domain.errors import Rejected, Unavailable, VersionConflict
from kairos.domain.event import Event, Input, Wake, event_to_json
from kairos.domain.profile import Profile
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


class HandleInbox:
    """Apply batches of the inbox."""

    def __init__(self, customers: Customers, releases: Releases, parking: Parking, clock: Clock) -> None:
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
            if not fresh:
                return
            now = self._clock.now()
            outcome, rejected = _decide_without_poison(stored, release, _inputs(fresh), now)
            self._park(profile, rejected)  # before the write: a crash in between parks it twice rather than never
            try:
                if outcome is not None:
                    self._write(outcome, fresh)
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
            return
        events = [(event, str(error)) for event in messages[0].message.events]
        self._park(profile, events)
        applied.parked += len(events)

    def _park(self, profile: str, rejected: Sequence[tuple[Event, str]]) -> None:
        for event, reason in rejected:
            self._parking.park(event_to_json(event), reason, group=profile)

    def _write(self, outcome: Outcome, messages: Sequence[Received]) -> None:
        sequences = dict(outcome.profile.sequences)
        for message in messages:
            sequences[message.queue] = max(message.sequence, sequences.get(message.queue, ""), key=_rank)
        profile = replace(outcome.profile, sequences=sequences)
        self._customers.write(profile, outcome.effects, outcome.wake_at, outcome.ttl)


def _groups(batch: Sequence[Received]) -> dict[str, list[Received]]:
    groups: dict[str, list[Received]] = {}
    for received in batch:
        groups.setdefault(received.message.profile, []).append(received)
    return groups


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
