"""What a shop sells, as far as templates show it: title, price, address and picture of each product.

Events name products by their ids alone, since whatever else stands on a line may be personal. What a product is, is the
brand's and nobody's: the operator puts it in, and `deliver` reads it for the few products that a message shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from kairos.domain.profile import Profile

Facts = Mapping[str, Any]
Row = tuple[str, str, int]

VIEWED, BOUGHT = "v", "b"

PRODUCTS_PER_MESSAGE = 20
ALSO = "also"
"""What is known of a product beside the shop's words: which others were looked at with it."""
BROWSING = re.compile(r"\bproducts\.(?:viewed|last_order|also_viewed)\b")
"""How a template asks for what a customer looked at or bought last."""
ALSO_MAX = 4
NAMED = ("product_id", "variant_id", "sku")
"""By which of these an item or event names its product, the closest first where several are known."""


class Products(Protocol):
    """What `deliver` asks."""

    def of(self, ids: Sequence[str]) -> Mapping[str, Facts]:
        """Return what is known of products, by id; those that are not known are left out. Raises Unavailable."""


class Relating(Protocol):
    """What `learn` does."""

    def relate(self, also: Mapping[str, Sequence[str]]) -> int:
        """Say of products which others are looked at with them; return how many are in the catalogue. Raises
        Unavailable."""


class Catalogue(Products, Relating, Protocol):
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


def rows_of(profile: Profile) -> list[Row]:
    """Return what an item remembers: (product, VIEWED or BOUGHT, second since 1970), the latest first."""
    return [(str(id), str(kind), int(second)) for id, kind, second in profile.products]


def viewed_by(profile: Profile) -> list[str]:
    """Return what a customer looked at lately, the latest first."""
    return [id for id, kind, _ in rows_of(profile) if kind == VIEWED]


def browsed(profile: Profile, event: Mapping[str, Any], products: Products) -> dict[str, Any]:
    """Return what a customer looked at, the latest first, what was in their last order, and what others looked at who
    looked at what the event is about, or at what this customer did last. Products that are not known are left out."""
    viewed, bought = viewed_by(profile), [id for id, kind, _ in rows_of(profile) if kind == BOUGHT]
    named = named_in(event)
    facts = products.of(list(dict.fromkeys((*named, *viewed, *bought)))[:PRODUCTS_PER_MESSAGE])
    known = {*named, *viewed, *bought}
    others = [id for anchor in (*named, *viewed, *bought) if anchor in facts for id in facts[anchor].get(ALSO, ())]
    also = list(dict.fromkeys(id for id in others if id not in known))[:ALSO_MAX]
    return {
        "viewed": _listed(viewed, facts),
        "last_order": _listed(bought, facts),
        "also_viewed": _listed(also, products.of(also)),
    }


def _listed(ids: Sequence[str], facts: Mapping[str, Facts]) -> list[dict[str, Any]]:
    return [{**facts[id], "product_id": id} for id in ids if id in facts]


def _with_facts(item: Any, facts: Mapping[str, Facts]) -> Any:
    if not isinstance(item, Mapping):
        return item
    known = next((facts[str(item[name])] for name in reversed(NAMED) if str(item.get(name)) in facts), {})
    return {**known, **item}
