"""Why something happened, or did not: one line per decision, stored with the write that it explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kairos.domain.instant import format_instant, parse_instant

FEEDBACK = ("sent", "delivered", "opened", "clicked", "bounced", "complained")
"""What became of a message that was asked for: counted and archived, and not kept in the profile's own log."""

DELAYED = "delayed"
"""The provider could not deliver a message yet: rare enough to be kept in the log, where `explain` finds it."""

COUNTED_ONLY = ("bought", "active", "engaged", "aimed", "answered", "responded")
"""What is measured of customers and messages: archived for `tally`, and explained to nobody."""

KINDS = (
    *("entered", "message", "held", "not_sent", "exited", "converted", "holdout", "moved", "skipped", "ignored"),
    *("merged", "assigned", "succeeded", "called", "chosen", "segment_entered", "segment_left", "erased"),
    *FEEDBACK,
    DELAYED,
    *COUNTED_ONLY,
)

MACHINE = "machine"
"""The reason of an opened or clicked that a mail provider's proxy or scanner made, not a person."""


IN_HOLDOUT = "in holdout"
OF_ALL = "in holdout of all marketing"
"""Why a passage did not begin, and the reasons of its conversions: a journey's own holdout, or the brand's."""

ALL_MARKETING = "*"
"""The journey under which is counted what concerns all marketing: no journey can be called so."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One decision, in words a marketer can read. `kind` is one of KINDS; `due` is when it will, or would, happen."""

    at: datetime
    profile: str
    kind: str
    reason: str = ""
    journey: str = ""
    version: int = 0
    step: str = ""
    subject: str = ""
    channel: str = ""
    template: str = ""
    due: datetime | None = None
    message: str = ""


def reason_to_json(reason: Reason) -> dict[str, Any]:
    """Return the line `kairos simulate --json` prints."""
    return {
        "at": format_instant(reason.at),
        "profile": reason.profile,
        "journey": reason.journey,
        "version": reason.version,
        "step": reason.step,
        "subject": reason.subject,
        "kind": reason.kind,
        "channel": reason.channel,
        "template": reason.template,
        "reason": reason.reason,
        "due": format_instant(reason.due) if reason.due else None,
    }


def reason_from_json(raw: Mapping[str, Any], *, message: str = "") -> Reason:
    """Read what `reason_to_json` wrote."""
    return Reason(
        at=parse_instant(raw["at"]),
        due=parse_instant(raw["due"]) if raw.get("due") else None,
        message=message,
        **{key: raw[key] for key in _PLAIN},
    )


_PLAIN = ("profile", "kind", "reason", "journey", "version", "step", "subject", "channel", "template")
