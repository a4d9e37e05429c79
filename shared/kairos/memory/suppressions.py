"""Stops by channel and address, and which word replaces which."""

from __future__ import annotations

from datetime import datetime

from kairos.domain.ids import digest
from kairos.domain.suppression import is_lifted, replaces


class MemorySuppressions:
    """Suppressions. `hash_address` stands for the keyed hash that an unsubscribe link carries."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, tuple[str, datetime]]] = {}

    def hash_address(self, address: str) -> str:
        """Return what `suppress_hashed` knows the address by."""
        return digest("address", address.strip().lower())

    def is_of(self, address_hash: str, address: str) -> bool:
        return address_hash == self.hash_address(address)

    def suppress(self, channel: str, address: str, purpose: str, reason: str, now: datetime) -> None:
        self.suppress_hashed(channel, self.hash_address(address), purpose, reason, now)

    def suppress_hashed(self, channel: str, address_hash: str, purpose: str, reason: str, now: datetime) -> None:
        if purpose not in ("marketing", "all"):
            raise ValueError(f"a stop is for marketing or all, not {purpose!r}")
        stops = self.rows.setdefault((channel, address_hash), {})
        if purpose not in stops or replaces(*stops[purpose], reason, now):
            stops[purpose] = (reason, now)

    def suppressed(self, channel: str, address: str, consented_at: datetime | None = None) -> frozenset[str]:
        stops = self.rows.get((channel, self.hash_address(address)), {})
        return frozenset(purpose for purpose, stop in stops.items() if not is_lifted(purpose, *stop, consented_at))
