"""What a shop sells, as far as templates show it: title, price, address and picture of each product.

Events name products by their ids alone, since whatever else stands on a line may be personal. What a product is, is the
brand's and nobody's: the operator puts it in, and `deliver` reads it for the few products that a message shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

Facts = Mapping[str, Any]

PRODUCTS_PER_MESSAGE = 20
NAMED = ("product_id", "variant_id", "sku")
"""By which of these an item or event names its product, the closest first where several are known."""


class Products(Protocol):
    """What `deliver` asks."""

    def of(self, ids: Sequence[str]) -> Mapping[str, Facts]:
        """Return what is known of products, by id; those that are not known are left out. Raises Unavailable."""


class Catalogue(Protocol):
    """What the operator does."""

    def put(self, products: Iterable[tuple[str, Facts]]) -> int:
        """Put products in, each in the place of what was known of it; return how many. Raises Unavailable."""


class NoProducts:
    """Products where there is no catalogue."""

    def of(self, ids: Sequence[str]) -> Mapping[str, Facts]:
        return {}


def named_in(event: Mapping[str, Any]) -> list[str]:
    """Return the products that an event names, the first ones of its items first."""
    items = event.get("items")
    listed = [one for one in items if isinstance(one, Mapping)] if isinstance(items, list | tuple) else []
    ids = [str(one[name]) for one in (*listed, event) for name in NAMED if isinstance(one.get(name), str | int)]
    return list(dict.fromkeys(ids))[:PRODUCTS_PER_MESSAGE]


def described(event: Mapping[str, Any], facts: Mapping[str, Facts]) -> dict[str, Any]:
    """Return the event with what is known of its products: each item has it beside its own words, which win, and
    `product` is the one that the event itself names."""
    items = event.get("items")
    listed = {"items": [_with_facts(one, facts) for one in items]} if isinstance(items, list | tuple) else {}
    own = _with_facts({name: event[name] for name in NAMED if name in event}, facts)
    return {**event, **listed, **({"product": own} if own else {})}


def _with_facts(item: Any, facts: Mapping[str, Facts]) -> Any:
    if not isinstance(item, Mapping):
        return item
    known = next((facts[str(item[name])] for name in reversed(NAMED) if str(item.get(name)) in facts), {})
    return {**known, **item}
