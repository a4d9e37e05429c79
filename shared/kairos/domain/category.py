"""What kind of thing was bought: the one word by which an order's lines and an author's definition mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CATEGORY_CHARACTERS_MAX = 64
CATEGORY = "category"
"""The field of an order's line, or of the order itself, that names it where the brand says no other."""


def category_of(value: Any) -> str | None:
    """Return a category as it is compared and stored, in small letters and single spaces; None for what names none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = " ".join(str(value).split()).casefold()
    return text if 0 < len(text) <= CATEGORY_CHARACTERS_MAX else None


def categories_in(properties: Mapping[str, Any], field: str = CATEGORY) -> frozenset[str]:
    """Return the categories of an order: those of its `items`, and its own."""
    items = properties.get("items")
    lines = [line for line in items if isinstance(line, Mapping)] if isinstance(items, list | tuple) else []
    named = (category_of(line.get(field)) for line in (*lines, properties))
    return frozenset(category for category in named if category is not None)
