"""What SES says of messages, as configuration-set events over EventBridge: sent, delivered, bounced, complained …

EventBridge delivers them by IAM, so nothing is signed, and the HTTP route is refused to everyone. The message and the
profile travel as the tags `kairos_message` and `kairos_profile`, so nobody is looked up; addresses in the body are
read only to stop them. Shapes: Amazon SES Developer Guide, "Examples of event data"; configuration-set events say
`eventType`, identity notifications `notificationType`.

Opens prove no person: mail clients' proxies fetch pictures before anyone looks, and filters follow links. Those that
can be told by their user agent carry `machine: true`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from kairos.domain.errors import BadInput, BadSignature
from kairos.domain.event import ConsentFact, Event
from kairos.domain.instant import format_instant
from kairos.domain.machines import is_machine
from kairos.registry import Named, Parsed, Request, Stop
from kairos.sources._shape import Object, load_body, present

MESSAGE_TAG = "kairos_message"
PROFILE_TAG = "kairos_profile"

# eventType → (our event, where its details stand)
_KINDS: Mapping[str, tuple[str, str]] = {
    "Send": ("message_sent", "send"),
    "Delivery": ("message_delivered", "delivery"),
    "Bounce": ("message_bounced", "bounce"),
    "Complaint": ("message_complained", "complaint"),
    "Reject": ("message_rejected", "reject"),
    "Open": ("message_opened", "open"),
    "Click": ("message_clicked", "click"),
    "Rendering Failure": ("message_failed", "failure"),
    "DeliveryDelay": ("message_delayed", "deliveryDelay"),
    "Subscription": ("message_unsubscribed", "subscription"),
}

# What a mailbox provider reports when its user takes a message out of the spam folder: the opposite of a complaint.
_NOT_SPAM = "not-spam"
_ANGLED = re.compile(r"^.*<([^<>]+)>\s*$", re.DOTALL)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)


class Ses:
    """See `kairos.registry.Source`. `request.body` is the `detail` of the EventBridge event."""

    name = "ses"
    retry_horizon = timedelta(days=2)
    topic_at = ("body", "eventType")
    properties: Mapping[str, Sequence[str]] = {
        "message_sent": (),
        "message_delivered": (),
        "message_bounced": ("bounce_type", "bounce_subtype"),
        "message_complained": ("complaint_type",),
        "message_rejected": ("reason",),
        "message_opened": ("machine",),
        "message_clicked": ("machine", "link_domain", "unsubscribe_link"),
        "message_failed": ("template",),
        "message_delayed": ("delay_type", "retried_until"),
        "consent_withdrawn": (),
    }

    def verify(self, request: Request) -> bool:
        """Refuse: these come by EventBridge alone, where IAM has already proved the sender."""
        raise BadSignature("SES events come through EventBridge, never over HTTP")

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate one event; kinds that are not known return nothing."""
        body = load_body(request.body, lenient=True)
        kind = body.text("eventType", 64) or body.text("notificationType", 64)
        if kind is None or kind not in _KINDS:
            return ()
        name, details_at = _KINDS[kind]
        details, mail = body.object(details_at), body.object("mail")
        occurred_at = details.instant("timestamp") or mail.instant("timestamp") or request.received_at
        if details.text("complaintFeedbackType", 64) == _NOT_SPAM:
            return ()
        who, stops = _tag(mail, PROFILE_TAG), _stops(name, details, mail)
        left = name == "message_unsubscribed"
        if left and not stops:  # they changed single topics of a list that Kairos does not keep
            return ()
        event = Event(
            id="",
            # Leaving by the provider's own link is an objection to marketing by e-mail, as ours is.
            name="consent_withdrawn" if left else name,
            profile="",
            occurred_at=occurred_at,
            received_at=request.received_at,
            properties=_properties(name, details),
            message=_tag(mail, MESSAGE_TAG),
            consent=ConsentFact("email", "marketing") if left else None,
        )
        key = f"{kind}:{mail.ident('messageId') or event.message or ''}:{_stamp(details, mail)}"
        return [Parsed(event, key, [Named("profile", who, True)] if who else [], stops=stops)]


def _stamp(details: Object, mail: Object) -> str:
    moment: datetime | None = details.instant("timestamp") or mail.instant("timestamp")
    return moment.isoformat() if moment else ""


def _tag(mail: Object, name: str) -> str | None:
    tags = mail.object("tags")
    values = [value for value in tags.items(name, 10) if isinstance(value, str)]
    return values[0] if values and _TAG.fullmatch(values[0]) else None


def _properties(name: str, details: Object) -> dict[str, Any]:
    if name == "message_bounced":
        return present(
            bounce_type=_bounce_type(details),
            bounce_subtype=details.text("bounceSubType", 64),
        )
    if name == "message_complained":
        return present(complaint_type=details.text("complaintFeedbackType", 64))
    if name == "message_rejected":
        return present(reason=details.text("reason", 64))
    if name == "message_failed":
        return present(template=details.text("templateName", 128))
    if name == "message_delayed":
        until = details.instant("expirationTime")
        return present(delay_type=details.text("delayType", 64), retried_until=until and format_instant(until))
    if name in ("message_opened", "message_clicked"):
        return _machine(details) | (_link(details) if name == "message_clicked" else {})
    return {}


def _bounce_type(details: Object) -> str:
    kind = (details.text("bounceType", 32) or "undetermined").lower()
    return kind if kind in ("permanent", "transient") else "undetermined"


def _machine(details: Object) -> dict[str, Any]:
    agent = details.text("userAgent", 500)
    return {"machine": True} if agent and is_machine(agent) else {}


def _link(details: Object) -> dict[str, Any]:
    # The host alone: a path or query may carry a token that acts for the person, our own unsubscribe link's first.
    link = details.text("link")
    if not link:
        return {}
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return {}
    return present(
        link_domain=host,
        unsubscribe_link=True if parts.path.startswith("/u/") else None,
    )


def _stops(name: str, details: Object, mail: Object) -> list[Stop]:
    if name == "message_bounced" and _bounce_type(details) == "permanent":
        # A bounce made by a list's own opt-out is a matter of marketing; any other address takes nothing at all.
        left = details.text("bounceSubType", 64) == "UnsubscribedRecipient"
        addresses = [one.text("emailAddress", 320) for one in details.objects("bouncedRecipients")]
        return _stop(addresses, "marketing" if left else "all", "bounced")
    if name == "message_complained":
        addresses = [one.text("emailAddress", 320) for one in details.objects("complainedRecipients")]
        return _stop(addresses, "all", "complained")
    if name == "message_unsubscribed" and details.object("newTopicPreferences").flag("unsubscribeAll"):
        listed = mail.beside(
            {str(i): one for i, one in enumerate(mail.items("destination"))},
            mail.at("destination"),
        )
        return _stop(
            [listed.text(index, 320) for index in listed.raw],
            "marketing",
            "unsubscribed",
        )
    return []


def _stop(addresses: Sequence[str | None], purpose: str, reason: str) -> list[Stop]:
    # RFC 5322 allows "Name <address>" where SES repeats what the sender wrote.
    bare = [_ANGLED.sub(r"\1", address) for address in addresses if address]
    return [Stop("email", address, purpose, reason) for address in bare]


SOURCE = Ses()
