"""What an item holds hundreds of, as columns: de-duplication hashes and the counts of a week."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from itertools import accumulate
from operator import sub
from typing import Any

from kairos.domain.hour_counts import HourCounts
from kairos.domain.seen import Seen


def pack_seen(seen: Seen) -> list[Any]:
    """Return the hashes, still in bytes, and behind them the minutes between their ends, which are small and alike."""
    return [seen.hashes, *map(sub, seen.ends, (0, *seen.ends))]


def unpack_seen(raw: list[Any]) -> Seen:
    """Read what `pack_seen` gave, or the same with the hashes as base64. Raises ValueError for anything else."""
    hashes, *minutes = raw
    return Seen(b64decode(hashes) if isinstance(hashes, str) else hashes, tuple(accumulate(minutes)))


def pack_hours(value: Mapping[str, HourCounts]) -> dict[str, str]:
    """Return the text of each row."""
    return {name: counts.text for name, counts in value.items()}


def unpack_hours(raw: Mapping[str, str]) -> dict[str, HourCounts]:
    """Read what `pack_hours` gave."""
    return {name: HourCounts(text) for name, text in raw.items()}
