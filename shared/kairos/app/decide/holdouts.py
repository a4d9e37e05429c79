"""Who is held out, of one journey or of all marketing, and what they buy meanwhile: what lift is measured against.

Both holdouts are hashes of the id that a customer was born with: the same customer, always the same answer. The brand's
own holds out of every journey of class marketing; its customers stand aside in the counts of each journey, since they
get nothing of the others either. A customer of either side who buys is counted once a month.
"""

from __future__ import annotations

from kairos.app.decide.turn import Turn
from kairos.domain.event import Event
from kairos.domain.ids import fraction
from kairos.domain.journey import Journey
from kairos.domain.localtime import local
from kairos.domain.profile import Enrollment
from kairos.domain.reason import ALL_MARKETING, IN_HOLDOUT, OF_ALL, Reason


def which(turn: Turn, journey: Journey) -> str | None:
    """Return what this profile is held out by, OF_ALL or IN_HOLDOUT, or None."""
    if journey.marketing and in_global(turn):
        return OF_ALL
    held = journey.holdout > 0 and fraction("holdout", turn.profile.birth, journey.id) < journey.holdout
    return IN_HOLDOUT if held else None


def reason_of(turn: Turn, enrollment: Enrollment) -> str:
    """Return the reason of this passage's conversion: what it is held out by, nothing where it is not."""
    if not enrollment.holdout:
        return ""
    journey = turn.journey_of(enrollment)
    return OF_ALL if journey is not None and which(turn, journey) == OF_ALL else IN_HOLDOUT


def in_global(turn: Turn) -> bool:
    """Return whether this profile is held out of all marketing."""
    share = turn.release.rules.holdout
    return share > 0 and fraction("holdout", turn.profile.birth, ALL_MARKETING) < share


def take(turn: Turn, event: Event) -> None:
    """Count a customer who buys, once in a month of the brand's, where a holdout of all marketing asks for it."""
    share = turn.release.rules.holdout
    if not share or event.historical or event.name != turn.release.timing.order:
        return
    today = local(turn.now, turn.release.brand_zone)
    month = 12 * today.year + today.month
    if month <= turn.profile.bought_month:
        return
    turn.profile.bought_month = month
    side = "in" if in_global(turn) else "outside"
    said = f"{side} a holdout of {share:.4g}"
    turn.reasons.append(Reason(turn.now, turn.profile.id, "bought", said, journey=ALL_MARKETING))
