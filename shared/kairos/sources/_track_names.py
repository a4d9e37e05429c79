"""What the track source lists: behaviour that a public key may add, properties, traits, and names that are reserved."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from kairos.sources._person import is_impersonal

_PRODUCT = (
    "product_id",
    "variant_id",
    "sku",
    "category",
    "brand",
    "variant",
    "price",
    "quantity",
    "currency",
    "position",
)
_CART = (
    "cart_id",
    "checkout_id",
    "total",
    "subtotal",
    "value",
    "currency",
    "items",
    "item_count",
    "quantity",
    "coupon",
)
_ORDER = (
    "order_id",
    *_CART,
    "revenue",
    "tax",
    "shipping",
    "discount",
    "affiliation",
    "refund_id",
)
_PAGE = (
    "name",
    "category",
    "path",
    "campaign_name",
    "campaign_source",
    "campaign_medium",
    "product_id",
)
_LIST = ("list_id", "category", "items", "item_count")

BEHAVIOUR: Mapping[str, Sequence[str]] = {
    "page_viewed": _PAGE,
    "page_left": ("path", "seconds"),
    "element_clicked": ("name", "category", "path", "product_id"),
    "screen_viewed": _PAGE,
    "product_viewed": _PRODUCT,
    "product_clicked": _PRODUCT,
    "product_added": (*_PRODUCT, "cart_id"),
    "product_removed": (*_PRODUCT, "cart_id"),
    "product_added_to_wishlist": (*_PRODUCT, "wishlist_id"),
    "product_removed_from_wishlist": (*_PRODUCT, "wishlist_id"),
    "product_list_viewed": _LIST,
    "product_list_filtered": _LIST,
    "products_searched": (),
    "cart_viewed": _CART,
    "promotion_viewed": ("promotion_id", "position", "product_id"),
    "promotion_clicked": ("promotion_id", "position", "product_id"),
}
"""Events that the public write key may add, with their properties. A connection's `behaviour` setting lists more."""

ANY: Sequence[str] = tuple(
    dict.fromkeys(
        (
            *_PRODUCT,
            *_ORDER,
            "name",
            "path",
            "list_id",
            "plan",
            "status",
            "count",
            "type",
        )
    )
)
"""Properties of every other event that the secret key sends, besides those that the connection's settings list."""

REQUESTED = "journey_requested"
"""By which a server asks for a journey that says `trigger: {api: true}`; never by the public key."""

TRUSTED: Mapping[str, Sequence[str]] = {
    "cart_updated": _CART,
    "cart_emptied": ("cart_id",),
    "checkout_started": _CART,
    "checkout_updated": _CART,
    "order_created": _ORDER,
    "order_updated": _ORDER,
    "order_completed": _ORDER,
    "order_cancelled": _ORDER,
    "order_refunded": _ORDER,
    "order_fulfilled": _ORDER,
    "profile_updated": (),
    "profile_aliased": (),
    "group_joined": ("group_id",),
    REQUESTED: ("journey", *ANY),
    "consent_given": (),
    "consent_withdrawn": (),
    "entry_updated": (
        "booking_id",
        "order_id",
    ),
    "entry_cancelled": (
        "booking_id",
        "order_id",
    ),
}

ENTRY: Sequence[str] = (
    *("service", "event_type_id", "length_minutes", "price", "currency", "status", "cancelled_by", "category"),
    *("product_id", "order_id", "location_id", "course_id", "course", "plan", "quantity", "party_size", "room"),
    *("staff_id", "carrier", "type", "recurring"),
)
"""Properties of entries. A connection's `properties` setting lists more, under `entry_updated` or "*"."""

TRAITS: Sequence[str] = (
    "timezone",
    "locale",
    "language",
    "country",
    "currency",
    "tier",
    "plan",
    "birthday",
    "tags",
    "orders_count",
    "total_spent",
    "customer_since",
)

_NOT_WORD = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=1_024)
def event_name(text: str) -> str:
    """Return our form of an event's name: `Order Completed` and `orderCompleted` → `order_completed`.

    Letters of every script count; a name without any is empty, and so is one with an e-mail address in it, which
    would go wherever names go. What a provider alone may say of a message (`message_…`), and we alone of a journey
    (`journey_entered`), gets a prefix, so that nobody's own event passes for it.
    """
    if not is_impersonal(text):
        return ""
    name = _NOT_WORD.sub("_", _CAMEL.sub("_", unicodedata.normalize("NFC", text)).lower()).strip("_")
    ours = name.startswith(("message_", "journey_")) and name != REQUESTED
    return f"tracked_{name}" if ours else name
