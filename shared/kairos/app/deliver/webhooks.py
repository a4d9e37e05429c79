"""Calls of a brand's own systems: what a `webhook` step asks for, made at the last station and answered as an event.

A call travels as a message does, through the outbox of its journey's class, under the id that the step derived. Before
it is made the item is read again: who has left the step, or was erased, is not called for. A receiver may see a call
more than once (an answer that was lost, two deliveries of one request), always under the same id.

An answer of the 200s is told as `webhook_answered`; what will never succeed (a redirect, another 4xx, an address that
may not be called) as `webhook_failed`. Everything else says nothing: the step asks again after its own pause.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.app.deliver.gates import find_profile
from kairos.app.deliver.lease import lease
from kairos.app.deliver.outcome import Delivered, Outcome, Request, failure
from kairos.app.deliver.receivers import Answer, Post, document_bytes, post_signed
from kairos.app.ports import Clock, Connections, Customers, Inbox, InboxMessage, Outbox, OutboxMessage, SendTokens
from kairos.app.publish.release import Release
from kairos.domain.condition import look_up
from kairos.domain.errors import Refused, Unavailable, UnknownConnection
from kairos.domain.event import CALL, WEBHOOK, Event
from kairos.domain.ids import call_id, digest
from kairos.domain.instant import format_instant
from kairos.domain.profile import Enrollment, Profile
from kairos.registry import Rate
from kairos.steps.webhook import ANSWERED, FAILED, Hook

ANSWER_BYTES_MAX = 4_000
RATE = Rate(10)


@dataclass(frozen=True, slots=True)
class _Rated:
    """What `lease` asks of a channel: calls and messages of the channel `webhook` have one rate."""

    name: str = WEBHOOK
    rate: Rate = RATE


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A call that its step still waits for."""

    profile: Profile
    enrollment: Enrollment
    step: str
    hook: Hook


class Webhooks:
    """Works through the calls of a batch of the outboxes."""

    def __init__(
        self,
        customers: Customers,
        read_release: Callable[[], Release],
        connections: Connections,
        tokens: SendTokens,
        outbox: Outbox,
        inbox: Inbox,
        post: Post,
        clock: Clock,
    ) -> None:
        self._customers = customers
        self._read_release = read_release
        self._connections = connections
        self._tokens = tokens
        self._outbox = outbox
        self._inbox = inbox
        self._post = post
        self._clock = clock

    def handle(self, batch: Sequence[Request], until: datetime | None = None) -> list[Delivered]:
        """Return what became of each call; one that fails spoils no other. After `until` none is begun."""
        try:
            release = self._read_release()
            channels: Any = {CALL: _Rated()}
            going, waiting = lease(batch, release, channels, self._tokens, self._clock.now())
        except Unavailable as error:
            return [Delivered(request, failure(error)) for request in batch]
        done = [*(Delivered(request, self._try(request.message, until)) for request in going), *waiting]
        return [self._put_back(one) if one.outcome.kind == "waiting" else one for one in done]

    def _try(self, request: OutboxMessage, until: datetime | None) -> Outcome:
        if until is not None and self._clock.now() >= until:
            return Outcome("waiting", "out of time")
        try:
            return self._call(request)
        except Exception as error:  # noqa: BLE001 - one bad call spoils no other; the queue counts its returns
            return failure(error)

    def _call(self, request: OutboxMessage) -> Outcome:
        release = self._read_release()
        found = find_profile(self._customers, request.profile)
        if isinstance(found, Outcome):
            # Also while two become one: `decide` asks again by itself, and a call that waited here beside that
            # would be one more each time.
            return Outcome("idle", found.code)
        wanted = _wanted(found, release, request.message)
        if wanted is None or release.halted(wanted.enrollment.journey):  # one that is paused asks again when it goes on
            return Outcome("idle", "no longer wanted" if wanted is None else "paused")
        try:
            answer = self._send(wanted, request)
        except (Refused, UnknownConnection) as error:
            reason = error.reason if isinstance(error, Refused) else "no such connection"
            return self._tell(wanted, request, FAILED, {"reason": reason})
        except Unavailable as error:
            return Outcome("idle", "no answer", detail=error.reason)
        if answer.later:
            return Outcome("idle", "no answer", detail=str(answer.status))
        if answer.taken:
            body = _json(answer)
            return self._tell(wanted, request, ANSWERED, {"status": answer.status, **({"body": body} if body else {})})
        return self._tell(wanted, request, FAILED, {"status": answer.status, "reason": f"status {answer.status}"})

    def _send(self, wanted: _Wanted, request: OutboxMessage) -> Answer:
        now = self._clock.now()
        body = document_bytes(_body(wanted, now))
        return post_signed(self._connections, wanted.hook.to, request.message, now, body, self._post)

    def _tell(self, wanted: _Wanted, request: OutboxMessage, name: str, said: Mapping[str, Any]) -> Outcome:
        now = self._clock.now()
        event = Event(
            id=digest(WEBHOOK, request.message, name),
            name=name,
            profile=wanted.profile.id,
            occurred_at=now,
            received_at=now,
            properties={"call": request.message, "to": wanted.hook.to, **said},
            source=WEBHOOK,
            correlation=request.correlation,
        )
        self._inbox.put([InboxMessage(event.profile, (event,), correlation=event.correlation)])
        return Outcome("idle", name, detail=str(said.get("reason", "")))

    def _put_back(self, one: Delivered) -> Delivered:
        try:
            self._outbox.put([one.request.message], [one.outcome.delay_seconds])
        except Unavailable as error:
            return Delivered(one.request, failure(error))
        return one


def _wanted(profile: Profile, release: Release, call: str) -> _Wanted | None:
    """Return the call as the item has it, or None when nobody waits for it any more."""
    for enrollment in profile.enrollments.values():
        if not enrollment.active or enrollment.entering or call_id(enrollment.id, enrollment.node or "") != call:
            continue
        journey = release.journey(enrollment.journey, enrollment.version)
        node = journey.nodes.get(enrollment.node or "") if journey else None
        if node is not None and isinstance(node.args, Hook):
            return _Wanted(profile, enrollment, node.id, node.args)
    return None


def _body(wanted: _Wanted, now: datetime) -> dict[str, Any]:
    enrollment, profile = wanted.enrollment, wanted.profile
    listed = ((wanted.hook.traits, profile.traits), (wanted.hook.fields, enrollment.properties))
    traits, properties = ({name: look_up(values, name) for name in names} for names, values in listed)
    data = {
        "profile": profile.id,
        "journey": enrollment.journey,
        "version": enrollment.version,
        "step": wanted.step,
        "enrollment": enrollment.id,
        "subject": enrollment.subject,
        "traits": traits,
        "properties": properties,
    }
    return {"type": "journey.webhook", "timestamp": format_instant(now), "data": data}


def _json(answer: Answer) -> dict[str, Any] | None:
    """Return the answer's JSON object where it is small and whole; other answers are answers without a body."""
    if not answer.whole or len(answer.body) > ANSWER_BYTES_MAX:
        return None
    try:
        body = json.loads(answer.body)
        json.dumps(body, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
