"""Engine events: what Kairos tells systems of the brand's own about its customers, in the past tense and pseudonymous.

Most are the reasons that a decision stores anyway, under the names that events have elsewhere. What each carries is in
docs/webhooks.md, whose examples a test holds to what is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OF_REASONS: Mapping[str, str] = {
    "entered": "journey_entered",
    "holdout": "journey_held_out",
    "exited": "journey_exited",
    "converted": "journey_converted",
    "held": "message_held",
    "not_sent": "message_not_sent",
    "sent": "message_sent",
    "delivered": "message_delivered",
    "opened": "message_opened",
    "clicked": "message_clicked",
    "bounced": "message_bounced",
    "complained": "message_complained",
    "segment_entered": "segment_entered",
    "segment_left": "segment_left",
    "erased": "profile_erased",
}
"""Kind of a reason (see `kairos.domain.reason`) → type of the engine event. Other kinds are told to nobody."""

CONSENT_CHANGED, UNSUBSCRIBED, MERGED = "consent_changed", "unsubscribed", "profile_merged"
TYPES = (*OF_REASONS.values(), CONSENT_CHANGED, UNSUBSCRIBED, MERGED)
ANNOUNCED = "announcement"
"""What announcements go by in the outboxes, where other names are channels'."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One webhook of brand.yaml: the connection `to` hears of events of these types, with these traits beside."""

    to: str
    events: frozenset[str]
    traits: tuple[str, ...] = ()
