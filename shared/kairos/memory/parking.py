"""What was parked, as the JSON that a person would find."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kairos.domain.canonical import canonical


class MemoryParking:
    """Parking: (group, what, reason), each once."""

    def __init__(self) -> None:
        self.parked: list[tuple[str, Mapping[str, Any], str]] = []

    def park(self, what: Mapping[str, Any], reason: str, *, group: str) -> None:
        kept = (group, json.loads(canonical(dict(what))), reason)
        if kept not in self.parked:
            self.parked.append(kept)
