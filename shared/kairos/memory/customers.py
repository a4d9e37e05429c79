"""Customers, and the index of when each wakes, by the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from kairos.app.ports import Due
from kairos.domain.effects import Effect
from kairos.domain.errors import VersionConflict
from kairos.domain.profile import Profile

Stream = Callable[[str, int, tuple[Effect, ...]], None]


class MemoryCustomers:
    """Customers and WakeIndex. Profiles are kept as they are given: `decide` copies before it changes anything.

    `stream(profile, version, effects)` is called after each write, as the table's stream would call `dispatch`.
    """

    def __init__(self, stream: Stream | None = None) -> None:
        self.profiles: dict[str, Profile] = {}
        self.ttl: dict[str, datetime] = {}
        self.births = 0
        self._wake: dict[str, datetime] = {}
        self._hours: dict[datetime, dict[str, datetime]] = {}
        self._stream = stream

    def read(self, profile: str) -> Profile | None:
        return self.profiles.get(profile)

    def write(
        self, profile: Profile, effects: Sequence[Effect], wake_at: datetime | None, ttl: datetime | None
    ) -> None:
        stored = self.profiles.get(profile.id)
        if (stored.version if stored else 0) != profile.version:
            raise VersionConflict(profile.id)
        self.births += stored is None
        self.profiles[profile.id] = replace(profile, version=profile.version + 1, wake=wake_at)
        if self._wake.get(profile.id) != wake_at:
            self._index(profile.id, wake_at)
        if ttl is not None:
            self.ttl[profile.id] = ttl
        else:
            self.ttl.pop(profile.id, None)
        if self._stream is not None:
            self._stream(profile.id, profile.version + 1, tuple(effects))

    def due(self, hour: datetime, since: datetime, until: datetime, after: str = "") -> Iterable[Due]:
        bucket = self._hours.get(_hour(hour), {})
        found = sorted((at, profile) for profile, at in bucket.items() if since <= at < until)
        yield from (Due(profile, at) for at, profile in found if at > since or profile > after)

    def is_waking(self, profile: str) -> bool:
        """Return whether the profile is in the index."""
        return profile in self._wake

    def expire(self, now: datetime) -> None:
        """Drop the items whose time to live has passed, as the table does some time after."""
        for profile in [profile for profile, ttl in self.ttl.items() if ttl <= now]:
            del self.profiles[profile], self.ttl[profile]
            self._index(profile, None)

    def _index(self, profile: str, wake_at: datetime | None) -> None:
        former = self._wake.pop(profile, None)
        if former is not None:
            bucket = self._hours[_hour(former)]
            del bucket[profile]
            if not bucket:
                del self._hours[_hour(former)]
        if wake_at is not None:
            self._wake[profile] = wake_at
            self._hours.setdefault(_hour(wake_at), {})[profile] = wake_at


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
