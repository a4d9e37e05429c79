"""Whom a link was sent to, as they are now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kairos.domain.profile import Profile

MERGES_MAX = 20


@dataclass(frozen=True, slots=True)
class LiveProfiles:
    """Finds profiles under the id they have now. `read` is that of `kairos.app.ports.Customers`."""

    read: Callable[[str], Profile | None]

    def find(self, id: str) -> Profile | None:
        """Return the profile, None for who is erased or was never written. Raises Unavailable."""
        for _ in range(MERGES_MAX):
            profile = self.read(id)
            if profile is None or profile.erased_at is not None or profile.merged_into is None:
                return profile if profile is None or profile.erased_at is None else None
            id = profile.merged_into
        return None
