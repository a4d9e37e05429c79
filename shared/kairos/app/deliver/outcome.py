"""A request to deliver, what became of it, and how the profile's journeys are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kairos.app.ports import OutboxMessage
from kairos.domain.errors import KairosError
from kairos.domain.event import Event
from kairos.domain.ids import digest
from kairos.domain.instant import format_instant, parse_instant
from kairos.domain.offer import Coupon, given_event

SOURCE = "deliver"

Kind = Literal["sent", "held", "not_sent", "unknown", "waiting", "idle", "failed"]
"""sent: the provider took it. held: a gate is closed and opens later. not_sent: it will not go out, with a reason.
unknown: the provider may have taken it. waiting: back in the queue, nothing was sent. idle: there was nothing to do.
failed: it could not be worked on now, and the queue brings it back."""

AGAIN = "again"
"""The code of a message that the provider took before: its journeys are told again, in case they never were."""

UNREACHABLE = "not reachable"
"""The code of a message whose address takes nothing any more: its journeys are told that the channel is closed."""

LOST = "given up"
"""The code of an announcement that nobody took for days."""

TOLD = frozenset({"sent", "held", "not_sent"})
"""What the journeys hear of, where there is a profile to hear it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One message of an outbox. `receipt` is the queue's name for this delivery of it."""

    receipt: str
    message: OutboxMessage


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` is one of a few words for metrics, `reason` what journeys are told, `detail` what a provider or an error
    adds to it; none holds personal data.

    `profile` is whose journeys are told (after merges not the one that asked). `delay_seconds` says for how long a
    request that waits goes back to the queue. `repeated` marks a transactional message that was tried before with an
    unknown outcome. `words` says which words of its template a message was sent with (`Delivery.words`).
    """

    kind: Kind
    code: str = ""
    reason: str = ""
    detail: str = ""
    profile: str = ""
    provider_id: str = ""
    until: datetime | None = None
    delay_seconds: int = 0
    repeated: bool = False
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the names of the metrics that count this outcome, each by one; what is only told again counts once."""
        if self.code == AGAIN:
            return ()
        names = {"sent": "Sent", "held": "Held", "not_sent": "NotSent", "unknown": "UnknownSends", "failed": "Failed"}
        counted = [names[self.kind]] if self.kind in names else []
        if self.kind == "not_sent":
            counted.append("NotSent" + self.code.title().replace(" ", ""))
        if self.code == LOST:
            counted.append("AnnouncementsLost")
        if self.repeated:
            counted.append("RepeatedSends")
        return tuple(counted)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one request, for acknowledgement (all but `failed`), metrics and the log. Pseudonyms only."""

    request: Request
    outcome: Outcome

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the log says: ids that mean nothing elsewhere, and words of ours or of the provider."""
        asked, outcome = self.request.message, self.outcome
        named = {"profile": asked.profile, "kairos_message": asked.message, "channel": asked.channel}
        said = {"outcome": outcome.kind, "code": outcome.code, "reason": outcome.reason, "detail": outcome.detail}
        return {**named, **said, "repeated": outcome.repeated, "correlation": asked.correlation}


def held(code: str, until: datetime | None = None, reason: str = "") -> Outcome:
    """Return that a gate is closed until `until`; None leaves it to the journey when to look again."""
    return Outcome("held", code, reason or code, until=until)


def not_sent(code: str, reason: str = "", *, detail: str = "") -> Outcome:
    """Return that the message will not go out. `reason` is `code` where there is no more to say."""
    return Outcome("not_sent", code, reason or code, detail)


def gone(detail: str) -> Outcome:
    """Return that the address is dead: the message will not go out, and no other can."""
    return Outcome("not_sent", UNREACHABLE, UNREACHABLE, detail)


def failure(error: Exception) -> Outcome:
    """Return that it could not be worked on. What an unexpected error says may hold anything: only its kind is kept."""
    return Outcome("failed", type(error).__name__, detail=str(error) if isinstance(error, KairosError) else "")


def gift(outcome: Outcome, request: OutboxMessage, now: datetime) -> Event | None:
    """Return the event by which the customer's profile comes to know the coupon that a sent message brought."""
    words = outcome.words
    if outcome.kind != "sent" or not outcome.profile or "coupon" not in words:
        return None
    given_at, ends_at = (parse_instant(words[f"coupon_{at}"]) for at in ("given_at", "ends_at"))
    coupon = Coupon(words["offer"], words["coupon"], given_at, ends_at)
    return given_event(coupon, outcome.profile, now, request.correlation)


def report(outcome: Outcome, request: OutboxMessage, now: datetime) -> Event | None:
    """Return the event that tells the journeys, or None where they are not told.

    Its id is the same for the same request and outcome, so telling twice is telling once.
    """
    if outcome.kind not in TOLD or not outcome.profile:
        return None
    properties: dict[str, object] = {"channel": request.channel, "marketing": request.marketing}
    if outcome.kind == "sent":
        properties.update(provider_id=outcome.provider_id, **outcome.words)
    else:
        properties.update(code=outcome.code, reason=outcome.reason)
    if outcome.detail:
        properties["detail"] = outcome.detail
    if outcome.code == UNREACHABLE:
        properties["bounce_type"] = "permanent"
    if outcome.until is not None:
        properties["until"] = format_instant(outcome.until)
    name = f"message_{outcome.kind}"
    return Event(
        id=digest(SOURCE, request.message, str(request.asks), name),
        name=name,
        profile=outcome.profile,
        occurred_at=now,
        received_at=now,
        properties=properties,
        source=SOURCE,
        correlation=request.correlation,
        message=request.message,
        reach={request.channel: False} if outcome.code == UNREACHABLE else None,
    )
