"""How advertising by e-mail is taken, and the stop where it is taken for spam.

Mailbox providers count what their users report: above 0.1 % a sender is watched, at 0.3 % the mail of everybody behind
that domain is filed as spam (support.google.com/a/answer/81126), and SES reviews an account at 0.1 %. So what was sent
and what was complained of is counted by day; before each batch the last WINDOW is asked, and at STOP_AT marketing
e-mail is held, for all senders at once, until somebody lifts it (`kairos lift-stop email`). A few complaints of a small
shop say nothing: below SENT_MIN, or COMPLAINTS_MIN, nobody is stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from kairos.app.deliver.outcome import AGAIN, Delivered, Outcome, Request, held

CHANNEL = "email"
WINDOW = timedelta(days=7)
SENT_MIN = 1_000
COMPLAINTS_MIN = 3
WARN_AT = 0.001
STOP_AT = 0.003
REASON = "complaints"


@dataclass(frozen=True, slots=True)
class Reception:
    """What was sent of marketing and complained of within the window, and since when it is stopped (None: never)."""

    sent: int = 0
    complained: int = 0
    stopped_at: datetime | None = None

    @property
    def rate(self) -> float:
        """Return complaints per message, 0 where too few were sent to say."""
        enough = self.sent >= SENT_MIN and self.complained >= COMPLAINTS_MIN
        return self.complained / self.sent if enough else 0.0


class Complaints(Protocol):
    """What is counted of a channel. `ingest` adds complaints, `deliver` what was sent; nothing of it names anybody."""

    def note_sent(self, channel: str, count: int, now: datetime) -> None:
        """Add to what was sent today (UTC)."""

    def note_complaint(self, channel: str, event: str, now: datetime) -> None:
        """Add a complaint to today's, by the id of the event that told of it: told twice, it is one."""

    def read(self, channel: str, now: datetime) -> Reception:
        """Return how the channel stands, strongly consistent."""

    def stop(self, channel: str, now: datetime) -> None:
        """Stop marketing on the channel; one that is stopped stays so since then."""

    def lift(self, channel: str) -> None:
        """Let it go again, and count from nothing."""


class Breaker:
    """Holds marketing e-mail back while it is stopped, and stops it."""

    def __init__(self, complaints: Complaints) -> None:
        self._complaints = complaints

    def closed_to(self, batch: Sequence[Request], now: datetime) -> frozenset[str]:
        """Return the receipts of the requests that are held. Raises Unavailable where nobody can say."""
        concerned = [request for request in batch if concerns(request)]
        if not concerned:
            return frozenset()
        standing = self._complaints.read(CHANNEL, now)
        if standing.stopped_at is None and standing.rate < STOP_AT:
            return frozenset()
        if standing.stopped_at is None:
            self._complaints.stop(CHANNEL, now)
        return frozenset(request.receipt for request in concerned)

    def count(self, done: Sequence[Delivered], now: datetime) -> None:
        """Count what was sent. Raises Unavailable where it could not be counted."""
        sent = [one for one in done if concerns(one.request) and one.outcome.kind == "sent"]
        if fresh := sum(one.outcome.code != AGAIN for one in sent):
            self._complaints.note_sent(CHANNEL, fresh, now)


def concerns(request: Request) -> bool:
    """Return whether a request is for advertising by e-mail."""
    return request.message.channel == CHANNEL and request.message.marketing


def held_back(request: Request) -> Delivered:
    """Return that a request is held; its journey looks at it again, until it expires."""
    outcome: Outcome = held(REASON)
    return Delivered(request, replace(outcome, profile=request.message.profile))


def days(now: datetime) -> list[date]:
    """Return the days (UTC) of the window, today first."""
    return [now.date() - timedelta(days=back) for back in range(WINDOW.days)]
