"""How many a walk will concern, told before it is begun: from a bounded sample, with the interval that it allows.

`decide` itself is asked, as the walk will ask it. Ids are made at random and DynamoDB spreads them by hash, so the
first items of each segment of a scan are a fair sample of all customers, read just now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from math import floor, log10

from kairos.app.decide import Outcome, decide
from kairos.app.deliver.consent import objection
from kairos.app.publish.release import Release
from kairos.app.walk.ports import CustomerScan, Row
from kairos.domain.instant import format_instant
from kairos.domain.profile import Profile
from kairos.domain.proportion import wilson
from kairos.domain.walk import SEGMENTS, Walk, walked

SAMPLE_MAX = 2_000
"""Customers read at most: two seconds, and a tenth of a cent."""

STARTING = frozenset({"broadcast", "campaign", "signal", "enroll"})
"""Walks that start something for customers, of whom it is asked how many: others look after what is under way."""

DIGITS = 3


@dataclass(frozen=True, slots=True)
class Audience:
    """Of `looked_at` customers the walk concerns `concerned`, of whom `writable` may be written to now; there are
    about `profiles`. `exact`: everybody was looked at."""

    concerned: int
    writable: int
    looked_at: int
    profiles: int
    exact: bool

    @property
    def people(self) -> int:
        """Return how many of all customers the walk concerns, about."""
        return self.concerned if self.exact else self._of_all(self.concerned)

    def told(self) -> str:
        """Return it in words: "about 1,250 of 51,000 customers (948 to 1,640 in nineteen cases of twenty), …; from
        a sample of 2,000"."""
        if self.exact:
            return f"{self.concerned:,} of {self.looked_at:,} customers, of whom {self.writable:,} may be written to"
        low, high = wilson(self.concerned, self.looked_at)
        between = f"{_rounded(low * self.profiles):,} to {_rounded(high * self.profiles):,}"
        return (
            f"about {self._of_all(self.concerned):,} of {self.profiles:,} customers ({between} in nineteen cases of "
            f"twenty), of whom about {self._of_all(self.writable):,} may be written to; from a sample of "
            f"{self.looked_at:,}"
        )

    def _of_all(self, count: int) -> int:
        return _rounded(count / self.looked_at * self.profiles)


def sample_audience(
    scan: CustomerScan, release: Release, walk: Walk, now: datetime, most: int = SAMPLE_MAX
) -> Audience | None:
    """Return how many the walk will concern under this release, or None where nobody is known. Raises Unavailable."""
    rows, everybody = _sample(scan, most)
    if not rows:
        return None
    began = format_instant(max(walk.next_at, now))
    asked = replace(walk, what={**walk.what, "began": began}) if walk.about == "campaign" else walk
    found = [outcome.profile for row in rows if (outcome := _outcome(row, release, asked, now)) is not None]
    marketing = any(journey.marketing for id in walk.journeys if (journey := release.journey(id)))
    writable = sum(1 for profile in found if _is_writable(profile, release, now, marketing=marketing))
    profiles = len(rows) if everybody else max(scan.population().profiles, len(rows))
    return Audience(len(found), writable, len(rows), profiles, everybody)


def _sample(scan: CustomerScan, most: int) -> tuple[list[Row], bool]:
    """Return as many of each segment, and whether that is everybody."""
    rows: list[Row] = []
    everybody = True
    for segment in range(SEGMENTS):
        room = (most - len(rows)) // (SEGMENTS - segment)
        after: str | None = ""
        while after is not None and room > 0:
            page = scan.page(segment, SEGMENTS, after, room)
            rows += page.rows
            room -= page.looked_at
            after = page.last
        everybody = everybody and after is None
    return rows, everybody


def _outcome(row: Row, release: Release, walk: Walk, now: datetime) -> Outcome | None:
    """Return what the walk would make of a customer, None where that is nothing, or nobody starts by it."""
    if row.state is None or row.state.gone:
        return None
    outcome = decide(row.state, release, [walked(walk, row.profile, now)], now)
    return outcome if outcome is not None and (walk.about == "signal" or _starts(row.state, outcome, walk)) else None


def _starts(before: Profile, outcome: Outcome, walk: Walk) -> bool:
    """Return whether the customer enters, or waits to: who is held out, or too late, is not written to."""
    if any(reason.kind == "entered" and reason.journey in walk.journeys for reason in outcome.reasons):
        return True
    after = outcome.profile
    waits = {key.partition("/")[0] for key in after.moments.keys() - before.moments.keys()}
    waits |= {each.journey for id, each in after.enrollments.items() if each.active and id not in before.enrollments}
    return not waits.isdisjoint(walk.journeys)


def _is_writable(profile: Profile, release: Release, now: datetime, *, marketing: bool) -> bool:
    reached = [channel for channel, reachable in profile.reach.items() if reachable]
    return any(not marketing or objection(release, profile, channel, now) is None for channel in reached)


def _rounded(count: float) -> int:
    """Return a count to three digits: more would say more than a sample knows."""
    if count < 1:
        return 0
    step: int = 10 ** max(0, floor(log10(count)) + 1 - DIGITS)
    return round(count / step) * step
