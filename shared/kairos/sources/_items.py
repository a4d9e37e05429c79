"""What was bought, as every shop's events say it: `items`, `item_count` and `quantity`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from kairos.sources._shape import Object, plain_number

ITEMS_MAX = 100
"""Line items kept in an event; `item_count` tells how many there were."""


def basket(lines: Sequence[Object], item: Callable[[Object], dict[str, Any]]) -> dict[str, Any]:
    """Return the first lines in our words, how many lines there are, and the sum of their quantities."""
    if not lines:
        return {}
    quantity = sum((line.decimal("quantity") or Decimal(0) for line in lines), Decimal(0))
    return {
        "items": [item(line) for line in lines[:ITEMS_MAX]],
        "item_count": len(lines),
        "quantity": plain_number(quantity),
    }
