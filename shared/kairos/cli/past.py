"""What had been decided for a customer by a past instant, and what knows it: their item, or the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kairos.cli.failure import CannotDo
from kairos.cli.screen import clock_of
from kairos.domain.budget import BUDGETS
from kairos.domain.duration import parse_duration
from kairos.domain.errors import KairosError
from kairos.domain.profile import Profile
from kairos.domain.reason import Reason

if TYPE_CHECKING:
    from kairos.app.history import History
    from kairos.cli.deployment import Deployment

BACK = timedelta(days=1)
"""How far back from the instant the archive is read, where nobody says."""

BACK_MAX = timedelta(days=400)
"""How long the archive is kept."""


@dataclass(frozen=True, slots=True)
class Past:
    """Decisions in order, and in words where they are known from."""

    reasons: Sequence[Reason]
    source: str = ""


def read_back(text: str | None) -> timedelta:
    """Return how far back an option says. Raises CannotDo."""
    try:
        back = parse_duration(text) if text else BACK
    except ValueError as error:
        raise CannotDo(f"--back takes a span such as 12h or 7d: {error}") from error
    if not timedelta() < back <= BACK_MAX:
        raise CannotDo(f"--back is at most {BACK_MAX.days}d: the archive is kept no longer")
    return back


def past_of(deployment: Deployment, profile: Profile, at: datetime, back: timedelta, zone: ZoneInfo) -> Past:
    """Return what had been decided by `at`: from the item where it knows all of it, else from the archive too."""
    known = [reason for reason in profile.log if reason.at <= at]
    if _knows_all(profile, at - back):
        return Past(known, "from the customer's item, which knows all of that time")
    try:
        found = _read(deployment, profile, at, back)
    except KairosError as error:
        return Past(known, f"from the customer's item, which keeps the last {len(profile.log)}: {error}")
    if not found.objects:
        kept = f"from the customer's item, which keeps the last {len(profile.log)}"
        return Past(known, f"{kept}: the archive holds nothing of that time")
    both = dict.fromkeys((*found.reasons, *known))
    return Past(sorted(both, key=lambda reason: reason.at), _source(found, at - back, zone))


def _knows_all(profile: Profile, since: datetime) -> bool:
    """Return whether the log goes back so far: it is not full, or begins before. Nobody's log holds who became them."""
    whole = len(profile.log) < BUDGETS["log"].most
    return not profile.former and (whole or profile.log[0].at <= since)


def _read(deployment: Deployment, profile: Profile, at: datetime, back: timedelta) -> History:
    from rich.status import Status

    from kairos.app.history import read_history
    from kairos.cli.screen import open_screen

    with Status("reading the archive …", console=open_screen(complaints=True)):
        return read_history(deployment.archive, (profile.id, *profile.former), at - back, at)


def _source(found: History, wanted: datetime, zone: ZoneInfo) -> str:
    since, until = clock_of(found.since, zone), clock_of(found.until, zone)
    told = f"from the archive, {since} to {until} ({found.objects:,} objects), and the customer's item"
    if found.since > wanted:
        return f"{told}; there is more than is read at once: say an earlier --at for what came before"
    return f"{told}; --back says how much further to look"
