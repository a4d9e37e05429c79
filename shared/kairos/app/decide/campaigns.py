"""Campaigns: a journey that starts for many at a local time, on the brand's clock or on each customer's.

Its walk begins when the first customer's clock shows the time. Who is reached before their own time stands before the
first step until then, and is asked once more whether they still are among those it is for. Who is reached after it is
late only if their time was over before the walk began: what the walk's own pace costs is nobody's fault.
"""

from __future__ import annotations

from datetime import datetime

from kairos.app.decide.turn import Turn
from kairos.domain.journey import Journey
from kairos.domain.profile import Enrollment
from kairos.domain.trigger import Campaign

TIME_WAS_OVER = "its time was over when the broadcast began"


def find_campaign(journey: Journey, subject: str) -> Campaign | None:
    """Return the campaign whose passages have this subject."""
    return next((campaign for campaign in journey.campaigns if campaign.subject == subject), None)


def awaited(enrollment: Enrollment, journey: Journey) -> Campaign | None:
    """Return the campaign whose time a passage still waits for before its first step, or None."""
    if not enrollment.entering or enrollment.node != journey.first or enrollment.visits:
        return None
    return find_campaign(journey, enrollment.subject)


def start_of(turn: Turn, campaign: Campaign, began: datetime) -> datetime | None:
    """Return when it starts for this customer: in the future, or now; None where it is over. `began`: the walk."""
    due = campaign.due(turn.release.brand_zone, turn.zone)
    if due < began and campaign.if_past == "skip":
        return None
    return max(due, turn.now)
