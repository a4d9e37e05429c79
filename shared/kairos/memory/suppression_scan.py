"""All suppressions, in pages so small that whoever reads them must turn."""

from __future__ import annotations

from kairos.app.export import StopPage
from kairos.domain.instant import format_instant
from kairos.memory.suppressions import MemorySuppressions


class MemorySuppressionScan:
    """SuppressionScan, two rows a page."""

    def __init__(self, suppressions: MemorySuppressions) -> None:
        self._suppressions = suppressions

    def page(self, after: str) -> StopPage:
        rows = [
            {"address_hash": hashed, "channel": channel, "purpose": purpose, "reason": reason, "at": format_instant(at)}
            for (channel, hashed), stops in self._suppressions.rows.items()
            for purpose, (reason, at) in stops.items()
        ]
        start = int(after or 0)
        return StopPage(rows[start : start + 2], str(start + 2) if start + 2 < len(rows) else None)
