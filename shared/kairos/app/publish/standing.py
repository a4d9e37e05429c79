"""Who stands where in which version: counted where customers are few, else estimated from a share of them.

Counters of what happened cannot tell who waits at a step now, and a walk over a million customers takes minutes. But
ids are made at random and DynamoDB spreads them by hash, so one segment of a scan is a fair sample: a share of all
customers, read just now. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html#Scan.ParallelScan
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt

from kairos.app.walk.ports import CustomerScan, Row
from kairos.domain.profile import Enrollment, Profile

READ_MAX = 10_000
"""How many customers are read at most, about: a few seconds, and less than a cent."""

PAGE = 500
Place = tuple[str, int, str]
"""(journey, version, step)"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many passages wait at each place, of the customers read: one in `of`, at the instant `at`."""

    places: Mapping[Place, int]
    people: Mapping[tuple[str, int], int]  # (journey, version) → how many are under way in it
    looked_at: int
    of: int
    at: datetime

    @property
    def exact(self) -> bool:
        """Return whether everybody was read."""
        return self.of == 1

    def at_step(self, journey: str, step: str) -> int:
        """Return how many wait at a step, in any version."""
        return self.of * sum(count for (its, _, id), count in self.places.items() if (its, id) == (journey, step))

    def in_versions(self, journey: str) -> dict[int, int]:
        """Return how many are under way in each version of a journey."""
        return {version: self.of * n for (its, version), n in sorted(self.people.items()) if its == journey}

    def margin(self, count: int) -> int:
        """Return by how much an estimate is off at most, in nineteen cases of twenty; 0 where all were read."""
        return 0 if self.exact else ceil(2 * self.of * sqrt(max(1, count / self.of)))


def count_standing(scan: CustomerScan, now: datetime, most: int = READ_MAX) -> Standing:
    """Read everybody, or a share of about `most`, and count where they stand. Raises Unavailable."""
    of = max(1, ceil(scan.population().profiles / most))
    places: Counter[Place] = Counter()
    people: Counter[tuple[str, int]] = Counter()
    looked_at = 0
    for row in read_share(scan, of):
        looked_at += 1
        for enrollment in _under_way(row.state):
            people[enrollment.journey, enrollment.version] += 1
            places.update((enrollment.journey, enrollment.version, step) for step in steps_of(enrollment))
    return Standing(places, people, looked_at, of, now)


def read_share(scan: CustomerScan, of: int) -> Iterator[Row]:
    """Yield the customers of one segment of `of`: everybody where that is one."""
    after: str | None = ""
    while after is not None:
        page = scan.page(0, of, after, PAGE)
        yield from page.rows
        after = page.last


def steps_of(enrollment: Enrollment) -> Iterator[str]:
    """Yield the steps at which a passage waits: one, or every step of a timeline that is still to come."""
    if enrollment.node is not None:
        yield enrollment.node
    yield from (step for step, planned in enrollment.plan.items() if planned.state in ("planned", "holding"))


def _under_way(profile: Profile | None) -> list[Enrollment]:
    return [e for e in profile.enrollments.values() if e.active] if profile and not profile.merged_into else []
