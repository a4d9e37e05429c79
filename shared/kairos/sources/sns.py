"""What SNS delivers by HTTPS: SES's feedback where it goes to a topic, and what people answer to text messages.

The source `ses` hears the same by EventBridge without any of this; this one is for who has a topic already, or whose
SES sends from another account or Region. Each message is proven by its signature under the pinned topic (`_sns_proof`).

Replies to text messages come by a topic too, where a number is set up for two-way messages. A reply of nothing but a
word of refusal stops text messages to that number: the words that 47 CFR 64.1200(a)(10) takes for a revocation, those
that AWS itself acts upon, and Korean ones.
https://docs.aws.amazon.com/ses/latest/dg/monitor-sending-activity-using-notifications-sns.html
https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from kairos.domain.errors import BadInput
from kairos.domain.event import ConsentFact, Event
from kairos.registry import Named, Parsed, Request, Stop
from kairos.sources._shape import Object, load_body
from kairos.sources._sns_proof import NOTIFICATION, certificate_url, confirmation_url, read_topic, require_signature
from kairos.sources.ses import SOURCE as SES

REFUSALS = frozenset(
    {
        *("stop", "stopall", "stop all", "quit", "end", "revoke", "opt out", "opt-out", "optout", "cancel"),
        *("unsubscribe", "remove", "arret", "arrêt", "td", "수신거부", "수신 거부", "거부"),
    }
)
_AROUND = re.compile(r"^[\s.!\"'“”‘’]+|[\s.!\"'“”‘’]+$")


class Sns:
    """See `kairos.registry.Source`. A connection's settings: `topic`, its ARN; `signature: 2` takes no SHA-1."""

    name = "sns"
    secretless = True
    retry_horizon = timedelta(days=2)
    topic_at = ("body", "Type")
    properties: Mapping[str, Sequence[str]] = SES.properties

    def check_settings(self, settings: Mapping[str, object]) -> None:
        """Raise ValueError where `kairos connect` was not told what this source is to be pinned to."""
        read_topic(settings.get("topic"))

    def evidence(self, request: Request) -> str:
        """Return the URL of what must be read before `verify`. Raises BadSignature, BadInput."""
        return certificate_url(request)

    def verify(self, request: Request) -> bool:
        """Check the signature by the certificate in `request.evidence`."""
        require_signature(request)
        return True

    def confirmation(self, request: Request) -> str | None:
        """Return the URL to be asked so that a topic, whose message was proven, goes on; None for all others."""
        return confirmation_url(request)

    def parse(self, request: Request, *, trusted: bool, refused: list[BadInput] | None = None) -> Sequence[Parsed]:
        """Translate what the message carries; confirmations and texts for people return nothing."""
        envelope = load_body(request.body, lenient=True)
        text = envelope.raw.get("Message")
        if envelope.text("Type", 64) != NOTIFICATION or not isinstance(text, str) or not text.lstrip().startswith("{"):
            return ()
        inner = text.encode("utf-8", "surrogatepass")
        try:
            body = load_body(inner, lenient=True)
        except BadInput:
            return ()  # a text that begins with a brace, and no JSON
        if body.has("originationNumber"):
            return _reply(body, envelope, request)
        return SES.parse(replace(request, body=inner), trusted=trusted, refused=refused)


def _reply(body: Object, envelope: Object, request: Request) -> Sequence[Parsed]:
    number, said = body.text("originationNumber", 32), body.text("messageBody", 200)
    if not number or not said or _AROUND.sub("", " ".join(said.split())).casefold() not in REFUSALS:
        return ()
    event = Event(
        id="",
        name="consent_withdrawn",
        profile="",
        occurred_at=envelope.instant("Timestamp") or request.received_at,
        received_at=request.received_at,
        consent=ConsentFact("sms", "marketing"),
    )
    key = f"reply:{body.ident('inboundMessageId') or envelope.ident('MessageId') or ''}"
    return [Parsed(event, key, [Named("phone", number, True)], stops=[Stop("sms", number, "all", "unsubscribed")])]


SOURCE = Sns()
