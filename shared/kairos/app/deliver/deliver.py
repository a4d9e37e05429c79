"""The deliver use case: hand a message to its provider at most once, as far as the world allows.

Token, claim, gates, call, record, report, in this order. What is done before the call can be given back; the call
itself cannot be undone, so only what is known to have been refused frees the claim. Where nobody can say whether the
provider took a message, its class decides: marketing is left as it is and waits for the provider's own event,
transactional is tried again. A crash anywhere leaves the request in the queue and, from the claim on, a row in the
ledger: both are met here again, and read as an unknown outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from kairos.app.deliver.breaker import Breaker, held_back
from kairos.app.deliver.gates import Gates, Ready
from kairos.app.deliver.lease import again, later, lease
from kairos.app.deliver.outcome import (
    AGAIN,
    TOLD,
    Delivered,
    Outcome,
    Request,
    failure,
    gift,
    gone,
    held,
    not_sent,
    report,
)
from kairos.app.deliver.spending import Charge, charge_of, give_back, take
from kairos.app.ports import Claim, Clock, Inbox, InboxMessage, Ledger, Outbox, OutboxMessage, SendTokens
from kairos.app.publish.release import Release
from kairos.domain.errors import Gone, Refused, Throttled, Unavailable
from kairos.registry import Channel

CLAIM_LEASE = timedelta(minutes=2)
"""For how long a claim is taken for somebody at work: longer than the function may run (infra's timeout, 60 s)."""
UNKNOWN_AFTER = timedelta(hours=72)
REPEATS_MAX = 3
"""How often a transactional message of unknown outcome is tried again: a provider that takes each and answers none
must not fill a mailbox."""


class Deliver:
    """Works through batches of the outboxes. `clients` is what each channel's `send` is given."""

    def __init__(
        self,
        gates: Gates,
        read_release: Callable[[], Release],
        ledger: Ledger,
        tokens: SendTokens,
        outbox: Outbox,
        inbox: Inbox,
        channels: Mapping[str, Channel],
        clients: Mapping[str, Any],
        clock: Clock,
        breaker: Breaker | None = None,
    ) -> None:
        self._breaker = breaker
        self._gates = gates
        self._read_release = read_release
        self._ledger = ledger
        self._tokens = tokens
        self._outbox = outbox
        self._inbox = inbox
        self._channels = channels
        self._clients = clients
        self._clock = clock

    def handle(self, batch: Sequence[Request], until: datetime | None = None) -> list[Delivered]:
        """Return what became of each request; one that fails spoils no other.

        After `until` nothing new is begun: a function that is cut off while it calls leaves an unknown outcome.
        """
        try:
            release = self._read_release()
            stopped = self._breaker.closed_to(batch, self._clock.now()) if self._breaker else ()
        except Unavailable as error:
            return [Delivered(request, failure(error)) for request in batch]
        if release.stopped:
            done = [Delivered(one, replace(held("stopped"), profile=one.message.profile)) for one in batch]
            return self._tell(done)
        open_ = [request for request in batch if request.receipt not in stopped]
        going, waiting = lease(open_, release, self._channels, self._tokens, self._clock.now())
        done = [Delivered(request, self._deliver(request.message, until)) for request in going]
        self._count(done)
        waiting += [held_back(request) for request in batch if request.receipt in stopped]
        return self._tell(self._put_back([*done, *waiting]))

    # ---- one message -------------------------------------------------------------------------------------------

    def _deliver(self, message: OutboxMessage, until: datetime | None) -> Outcome:
        if until is not None and self._clock.now() >= until:
            return Outcome("waiting", "out of time")
        try:
            return self._claim(message)
        except Exception as error:  # noqa: BLE001 - one bad message spoils no other; the queue counts its returns
            return failure(error)

    def _claim(self, message: OutboxMessage) -> Outcome:
        there = self._ledger.claim(message.message, _details(message), self._clock.now())
        if there is None:
            return self._call(message, repeated=False)
        if there.state == "sent":
            return Outcome("sent", AGAIN, profile=message.profile, provider_id=there.provider_id, words=there.words)
        if there.state == "refused":
            return replace(not_sent("refused"), profile=message.profile)
        if message.marketing or there.state == "unknown":
            return self._await_event(message, there)
        return self._repeat(message, there)

    def _await_event(self, message: OutboxMessage, there: Claim) -> Outcome:
        """Never call again: the provider's own event settles it, or after three days nobody will ever know."""
        if self._clock.now() - there.claimed_at <= UNKNOWN_AFTER:
            return Outcome("idle", "unknown")
        return replace(not_sent("unknown"), profile=message.profile)

    def _repeat(self, message: OutboxMessage, there: Claim) -> Outcome:
        """Take over the claim of somebody who must be dead by now, or come back when they must be."""
        now = self._clock.now()
        left = there.claimed_at + CLAIM_LEASE - now
        if left > timedelta():
            return Outcome("waiting", "claimed", delay_seconds=min(900, ceil(left.total_seconds())))
        repeats = int(there.details.get("repeats", 0)) + 1
        if repeats > REPEATS_MAX:
            return replace(not_sent("unknown"), profile=message.profile)
        if self._ledger.claim(message.message, {**_details(message), "repeats": repeats}, now, again=True) is not None:
            return Outcome("waiting", "claimed", delay_seconds=int(CLAIM_LEASE.total_seconds()))
        return self._call(message, repeated=True)

    def _call(self, message: OutboxMessage, *, repeated: bool) -> Outcome:
        """With the claim in hand: read the gates, and call the provider at once if all are open."""
        try:
            client = self._clients[message.channel]  # made with its first message, and not after the gates were read
            passed = self._gates.pass_through(message)
            charge, passed = self._pay(message, passed)
        except Exception:
            self._ledger.free(message.message)
            raise
        if isinstance(passed, Outcome):
            self._ledger.free(message.message)
            return passed
        try:
            provider_id = self._channels[message.channel].send(passed.delivery, client)
        except Refused as error:
            self._not_sent(message, charge)
            refused = gone(error.reason) if isinstance(error, Gone) else not_sent("refused", detail=error.reason)
            return replace(refused, profile=passed.profile)
        except Throttled as error:
            give_back(self._tokens, charge)
            if not repeated:  # a claim that was taken over keeps its count of repetitions
                self._ledger.free(message.message)
            return replace(later(message, "throttled", self._clock.now()), detail=error.reason)
        except Exception as error:  # noqa: BLE001 - whatever it was, the provider may have taken the message
            if self._channels[message.channel].repeatable:
                self._not_sent(message, charge)
                return again(message, passed.due, self._clock.now(), _said(error))
            return replace(self._unknown(message, error), repeated=repeated)
        sent = Outcome("sent", profile=passed.profile, provider_id=provider_id, repeated=repeated)
        return self._sent(message, replace(sent, words=passed.delivery.words))

    def _pay(self, message: OutboxMessage, passed: Ready | Outcome) -> tuple[Charge | None, Ready | Outcome]:
        """Take what the message costs of the month's limit, where there is one and there is enough left."""
        if isinstance(passed, Outcome):
            return None, passed
        delivery, channel = passed.delivery, self._channels[message.channel]
        charge = charge_of(passed.brand, channel, delivery.rendered, self._clock.now())
        if charge is None or take(self._tokens, charge, marketing=delivery.marketing):
            return charge, passed
        return None, replace(held("spending limit", charge.opens), profile=passed.profile)

    def _not_sent(self, message: OutboxMessage, charge: Charge | None) -> None:
        """Give back what was taken for a message that is known not to have gone."""
        give_back(self._tokens, charge)
        self._ledger.free(message.message)

    def _unknown(self, message: OutboxMessage, error: Exception) -> Outcome:
        detail = _said(error)
        if not message.marketing:
            # The claim stays, so that nobody else calls before it is certain that this one no longer does.
            return Outcome("unknown", detail=detail, delay_seconds=int(CLAIM_LEASE.total_seconds()))
        with suppress(Unavailable):  # a row that stays claimed says the same
            self._ledger.record(message.message, "unknown", self._clock.now())
        return Outcome("unknown", detail=detail)

    def _sent(self, message: OutboxMessage, outcome: Outcome) -> Outcome:
        # Where the ledger does not answer the journeys are told all the same: what they no longer want stays unsent.
        with suppress(Unavailable):
            self._ledger.record(message.message, "sent", self._clock.now(), outcome.provider_id, outcome.words)
        return outcome

    def _count(self, done: Sequence[Delivered]) -> None:
        with suppress(Unavailable):  # counting too few stops too late; sending again would be worse
            if self._breaker is not None:
                self._breaker.count(done, self._clock.now())

    # ---- afterwards --------------------------------------------------------------------------------------------

    def _put_back(self, done: Sequence[Delivered]) -> list[Delivered]:
        """Put what waits into its queue again, as new messages with a fresh count."""
        back = [one for one in done if _goes_back(one.outcome)]
        if not back:
            return list(done)
        try:
            self._outbox.put([one.request.message for one in back], [one.outcome.delay_seconds for one in back])
        except Unavailable as error:
            return [replace(one, outcome=failure(error)) if _goes_back(one.outcome) else one for one in done]
        return list(done)

    def _tell(self, done: Sequence[Delivered]) -> list[Delivered]:
        """Tell the journeys what became of their messages; where they cannot be told, the request comes again."""
        now = self._clock.now()
        told: list[InboxMessage] = []
        for one in done:
            if event := report(one.outcome, one.request.message, now):
                given = gift(one.outcome, one.request.message, now)
                both = (event,) if given is None else (given, event)
                told.append(InboxMessage(event.profile, both, correlation=event.correlation))
        try:
            if told:
                self._inbox.put(told)
        except Unavailable as error:
            return [replace(one, outcome=failure(error)) if _is_told(one.outcome) else one for one in done]
        return list(done)


def _said(error: Exception) -> str:
    return error.reason if isinstance(error, Unavailable) else type(error).__name__


def _details(message: OutboxMessage) -> dict[str, Any]:
    return {"profile": message.profile, "channel": message.channel, "correlation": message.correlation}


def _goes_back(outcome: Outcome) -> bool:
    return outcome.kind == "waiting" or (outcome.kind == "unknown" and outcome.delay_seconds > 0)


def _is_told(outcome: Outcome) -> bool:
    return outcome.kind in TOLD and bool(outcome.profile)
