"""Announcements: engine events posted to systems of the brand's own, until they are taken or have lost their meaning.

They come by a queue of their own, of which few are worked on at once: a receiver that is slow or down delays other
announcements at most, and no message. An announcement is posted again under the same id until PATIENCE is over, unless
its receiver answers 410: then it wants nothing any more, and gets nothing until it is connected anew.

What says that the receiver is not well (no answer, a 5xx, a redirect, "who are you", "not here") pauses all that goes
there; what says that it does not like this one (any other 4xx) concerns this one only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from kairos.app.deliver.lease import DELAY_SECONDS_MAX
from kairos.app.deliver.outcome import LOST, Delivered, Outcome, Request, failure
from kairos.app.deliver.receiver_state import ReceiverState, ReceiverStates
from kairos.app.deliver.receivers import Answer, Post, document_bytes, post_signed
from kairos.app.ports import Clock, Connections, Outbox, OutboxMessage
from kairos.app.publish.release import Release
from kairos.domain.errors import Refused, Unavailable, UnknownConnection
from kairos.domain.instant import parse_instant

PATIENCE = timedelta(days=3)
GONE = 410
PAUSE_SECONDS = 15
"""After how long one that a receiver did not like is posted again, for the first time. It doubles."""

UNTRIED = "untried"
_UNWELL = frozenset({401, 403, 404, 407})


class Announcements:
    """Works through batches of the queue of announcements."""

    def __init__(
        self,
        read_release: Callable[[], Release],
        connections: Connections,
        states: ReceiverStates,
        outbox: Outbox,
        post: Post,
        clock: Clock,
    ) -> None:
        self._read_release = read_release
        self._connections = connections
        self._states = states
        self._outbox = outbox
        self._post = post
        self._clock = clock

    def handle(self, batch: Sequence[Request], until: datetime | None = None) -> list[Delivered]:
        """Return what became of each announcement; one receiver spoils no other. After `until` none is posted."""
        try:
            release = self._read_release()
        except Unavailable as error:
            return [Delivered(request, failure(error)) for request in batch]
        known = {listener.to for listener in release.rules.listeners}
        done: list[Delivered] = []
        for to, requests in _by_receiver(batch).items():
            done += self._receiver(to, requests, until) if to in known else _dropped(requests)
        return [self._put_back(one) if one.outcome.kind == "waiting" else one for one in done]

    def _receiver(self, to: str, requests: Sequence[Request], until: datetime | None) -> list[Delivered]:
        try:
            before = state = self._states.read(to)
        except Unavailable as error:
            return [Delivered(request, failure(error)) for request in requests]
        done = []
        for request in requests:
            try:
                outcome, state = self._announce(to, request.message, state, until)
            except Exception as error:  # noqa: BLE001 - one bad announcement spoils no other; the queue counts its returns
                outcome = failure(error)
            done.append(Delivered(request, outcome))
        if state != before:
            with suppress(Unavailable):  # the next failure says it again, and a success is seen by the next one
                self._states.save(to, state)
        return done

    def _announce(
        self, to: str, request: OutboxMessage, state: ReceiverState, until: datetime | None
    ) -> tuple[Outcome, ReceiverState]:
        now, said = self._clock.now(), request.said or {}
        if state.gone_at is not None:
            return Outcome("idle", "gone"), state
        if now - parse_instant(said["at"]) > PATIENCE:
            return Outcome("idle", LOST, detail=state.error), replace(state, lost=state.lost + 1)
        if until is not None and now >= until:
            return Outcome("waiting", UNTRIED, detail="out of time"), state
        if state.retry_at is not None and now < state.retry_at:
            return replace(_later(state.error, (state.retry_at - now).total_seconds()), code=UNTRIED), state
        return self._posted(to, request, said, state)

    def _posted(
        self, to: str, request: OutboxMessage, said: Mapping[str, Any], state: ReceiverState
    ) -> tuple[Outcome, ReceiverState]:
        body = document_bytes({"type": said["type"], "timestamp": said["at"], "data": said["data"]})
        try:
            answer = post_signed(self._connections, to, request.message, self._clock.now(), body, self._post)
        except (Refused, Unavailable) as error:
            return self._failed(state, error.reason)
        except UnknownConnection:
            return self._failed(state, f"no webhook is connected as {to}")
        if answer.taken:
            return Outcome("idle", "announced"), state.answered()
        if answer.status == GONE:
            return Outcome("idle", "gone"), replace(state, gone_at=self._clock.now(), error=f"status {GONE}")
        if _is_unwell(answer):
            return self._failed(state, f"status {answer.status}")
        return _later(f"status {answer.status}", PAUSE_SECONDS * 2 ** min(request.asks - 1, 10)), state

    def _failed(self, state: ReceiverState, why: str) -> tuple[Outcome, ReceiverState]:
        now = self._clock.now()
        failed = state.failed(why, now)
        assert failed.retry_at is not None
        return _later(why, (failed.retry_at - now).total_seconds()), failed

    def _put_back(self, one: Delivered) -> Delivered:
        message = one.request.message
        try:
            tried = message.asks + (one.outcome.code != UNTRIED)
            self._outbox.put([replace(message, asks=tried)], [one.outcome.delay_seconds])
        except Unavailable as error:
            return Delivered(one.request, failure(error))
        return one


def _by_receiver(batch: Sequence[Request]) -> dict[str, list[Request]]:
    found: dict[str, list[Request]] = {}
    for request in batch:
        found.setdefault(str((request.message.said or {}).get("to", "")), []).append(request)
    return found


def _dropped(requests: Sequence[Request]) -> list[Delivered]:
    return [Delivered(request, Outcome("idle", "no longer wanted")) for request in requests]


def _later(why: str, seconds: float) -> Outcome:
    return Outcome("waiting", "tried", detail=why, delay_seconds=min(DELAY_SECONDS_MAX, max(1, ceil(seconds))))


def _is_unwell(answer: Answer) -> bool:
    return answer.later or answer.status < 400 or answer.status in _UNWELL
