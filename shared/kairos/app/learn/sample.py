"""A sample of customers for `learn`: memory is bounded by it, however many there are.

Ids are made at random and DynamoDB spreads them by hash, so one segment of a scan is a fair sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from kairos.app.decide.categories import rhythm_in
from kairos.app.decide.habits import ACTIVE, SENT, hours_of, rhythm_of
from kairos.app.decide.scores import observations
from kairos.app.related import Together
from kairos.app.walk.ports import CustomerScan
from kairos.domain.profile import Profile
from kairos.timing.send_time import Hours

SAMPLE_MAX = 10_000
PAGE = 500
PAIRS_MAX = 300_000
"""Of products, about 60 MB."""


@dataclass(slots=True)
class Sample:
    """What the items of a share of all customers say: days of purchase, of anything and by category, hours by channel,
    what scores were seen to foretell, by the key of `kairos.app.decide.scores`, and which products were looked at
    together."""

    looked_at: int = 0
    days: dict[str, tuple[int, ...]] = field(default_factory=dict)
    hours: dict[str, dict[str, Hours]] = field(default_factory=dict)
    scores: dict[str, dict[str, dict[int, tuple[int, int]]]] = field(default_factory=dict)
    categories: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    together: Together = field(default_factory=lambda: Together(PAIRS_MAX))

    def add(self, profile: Profile) -> None:
        """Take one customer in. Of a long history the last eight days are known one by one, and are what is used."""
        self.together.add(profile)
        rhythm = rhythm_of(profile)
        if rhythm.days:
            self.days[profile.id] = rhythm.days
        for category in profile.categories:
            self.categories.setdefault(category, {})[profile.id] = rhythm_in(profile, category).days
        channels = {name.partition(" ")[2] for name in profile.hours if name.startswith(SENT)}
        for channel in channels or ({"email"} if ACTIVE in profile.hours else ()):
            self.hours.setdefault(channel, {})[profile.id] = hours_of(profile, channel)
        for key, row in profile.scores.items():
            if seen := observations(row):
                self.scores.setdefault(key, {})[profile.id] = seen


def read_sample(scan: CustomerScan, most: int = SAMPLE_MAX) -> Sample:
    """Read everybody, or a share of about `most`. Raises Unavailable."""
    of = max(1, ceil(scan.population().profiles / most))
    sample = Sample()
    for profile in _profiles(scan, of):
        sample.looked_at += 1
        if profile.merged_into is None:
            sample.add(profile)
        if sample.looked_at >= 2 * most:  # the table's statistics are hours old: it may have grown since
            break
    return sample


def _profiles(scan: CustomerScan, of: int) -> Iterator[Profile]:
    after = ""
    while True:
        page = scan.page(0, of, after, PAGE)
        yield from (row.state for row in page.rows if row.state is not None)
        if page.last is None:
            return
        after = page.last
