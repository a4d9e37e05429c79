"""Mail as recipients got it, and what SES reports about it afterwards.

Each message is kept as the bytes that were sent and as the standard library parses them: headers are those that a mail
provider would see. Send and Delivery are reported shortly after, on the virtual clock; addresses of the mailbox
simulator bounce and complain; opens and clicks come when a test, or the `audience`, says so.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from kairos.local.agenda import Agenda
from kairos.local.bus import Bus

SEND_AFTER, DELIVER_AFTER = timedelta(seconds=1), timedelta(seconds=2)
DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Open": "Email Opened",
    "Click": "Email Clicked",
    "Rendering Failure": "Email Rendering Failed",
    "DeliveryDelay": "Email Delivery Delayed",
    "Subscription": "Email Subscribed",
}


@dataclass(frozen=True, slots=True)
class Email:
    """One message that SES accepted. `tags` are those of the call; `at` is the virtual instant, UTC."""

    message_id: str
    at: datetime
    source: str
    to: tuple[str, ...]
    raw: bytes
    tags: Mapping[str, str]
    configuration_set: str | None
    parsed: EmailMessage = field(compare=False, repr=False)

    @property
    def subject(self) -> str:
        return str(self.parsed["subject"] or "")

    @property
    def text(self) -> str:
        """Return the plain text, or nothing."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """Return the HTML, or nothing."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.parsed.get_body(preferencelist=(kind,))
        return "" if part is None else str(part.get_content())

    def header(self, name: str) -> str | None:
        """Return a header's value, unfolded and decoded."""
        value = self.parsed[name]
        return None if value is None else str(value)


def parse(raw: bytes) -> EmailMessage:
    """Parse a message's bytes."""
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@dataclass(frozen=True, slots=True)
class EventDestination:
    """Which events of a configuration set go to EventBridge, as the template spells them ("renderingFailure")."""

    configuration_set: str
    types: frozenset[str]


Reaction = tuple[timedelta, str, Mapping[str, Any]]


@dataclass(slots=True)
class Post:
    """Everything sent, and the reports about it. `audience` says how recipients react to a message."""

    now: Callable[[], datetime]
    agenda: Agenda
    bus: Bus
    account: str
    region: str
    sent: list[Email] = field(default_factory=list)
    destinations: list[EventDestination] = field(default_factory=list)
    audience: Callable[[Email], Iterable[Reaction]] | None = None

    def accept(self, email: Email) -> None:
        """Take a message and plan what is reported about it."""
        self.sent.append(email)
        self._plan(SEND_AFTER, email, "Send", {})
        for delay, kind, facts in [*_fate(email), *(self.audience(email) if self.audience else ())]:
            self._plan(delay, email, kind, facts)

    def report(self, email: Email, kind: str, facts: Mapping[str, Any] | None = None) -> None:
        """Report an event about `email` now: "Open", "Click" (with `link`), "Bounce", "Complaint", …"""
        if not self._wanted(email, kind):
            return
        key = kind[0].lower() + kind[1:].replace(" ", "")
        detail = {"eventType": kind, "mail": self._mail(email), key: self._facts(email, kind, facts or {})}
        arn = f"arn:aws:ses:{self.region}:{self.account}:configuration-set/{email.configuration_set}"
        self.bus.put("aws.ses", DETAIL_TYPES[kind], detail, [arn])

    def _plan(self, delay: timedelta, email: Email, kind: str, facts: Mapping[str, Any]) -> None:
        self.agenda.add(self.now() + delay, lambda: self.report(email, kind, facts))

    def _wanted(self, email: Email, kind: str) -> bool:
        name = (kind[0].lower() + kind[1:]).replace(" ", "")
        return any(name in to.types for to in self.destinations if to.configuration_set == email.configuration_set)

    def _mail(self, email: Email) -> dict[str, Any]:
        own = {
            "ses:configuration-set": [email.configuration_set],
            "ses:from-domain": [email.source.rpartition("@")[2].rstrip(">")],
            "ses:source-tls-version": ["TLSv1.3"],
        }
        headers = [{"name": name, "value": str(value)} for name, value in email.parsed.items()]
        return {
            "timestamp": stamp(email.at),
            "source": email.source,
            "sendingAccountId": self.account,
            "messageId": email.message_id,
            "destination": list(email.to),
            "headersTruncated": False,
            "headers": headers,
            "commonHeaders": {
                "from": [email.source],
                "to": list(email.to),
                "messageId": email.message_id,
                "subject": email.subject,
            },
            "tags": {**own, **{name: [value] for name, value in email.tags.items()}},
        }

    def _facts(self, email: Email, kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        at = stamp(self.now())
        defaults: dict[str, dict[str, Any]] = {
            "Delivery": {
                "timestamp": at,
                "processingTimeMillis": 1000,
                "recipients": list(email.to),
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            },
            "Bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [
                    {"emailAddress": to, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1"}
                    for to in email.to
                ],
                "timestamp": at,
                "feedbackId": email.message_id,
                "reportingMTA": "dns; mta.example.com",
            },
            "Complaint": {
                "complainedRecipients": [{"emailAddress": to} for to in email.to],
                "timestamp": at,
                "feedbackId": email.message_id,
                "complaintSubType": None,
                "complaintFeedbackType": "abuse",
                "arrivalDate": at,
            },
            "Open": {"timestamp": at, "userAgent": "Mozilla/5.0", "ipAddress": "192.0.2.1"},
            "Click": {
                "timestamp": at,
                "userAgent": "Mozilla/5.0",
                "ipAddress": "192.0.2.1",
                "link": "",
                "linkTags": None,
            },
            "Reject": {"reason": "Bad content"},
        }
        return {**defaults.get(kind, {"timestamp": at} if kind == "DeliveryDelay" else {}), **facts}


def _fate(email: Email) -> list[Reaction]:
    """Return what becomes of a message; the mailbox simulator's addresses have theirs in their name."""
    name, _, domain = email.to[0].strip("<>").rpartition("@") if email.to else ("", "", "")
    name = name.split("+")[0]
    if domain != "simulator.amazonses.com":
        return [(DELIVER_AFTER, "Delivery", {})]
    if name == "bounce":
        return [(DELIVER_AFTER, "Bounce", {})]
    if name == "ooto":
        return [(DELIVER_AFTER, "Delivery", {})]
    if name == "suppressionlist":
        return [(DELIVER_AFTER, "Bounce", {"bounceSubType": "Suppressed"})]
    if name == "complaint":
        return [(DELIVER_AFTER, "Delivery", {}), (2 * DELIVER_AFTER, "Complaint", {})]
    return [(DELIVER_AFTER, "Delivery", {})]


def stamp(at: datetime) -> str:
    """Return an instant as SES writes it, to the millisecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
