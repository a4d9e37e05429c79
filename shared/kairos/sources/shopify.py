"""Shopify's webhooks: carts, checkouts, orders, refunds, fulfilments, customers and the privacy topics.

Signed with HMAC-SHA256 of the raw body in base64 under the app's client secret, old and new secret both in force during
a rotation (shopify.dev, "Verify the webhook"). Nothing signs the time, so repeats are stopped by de-duplication:
`X-Shopify-Event-Id` is one per merchant action, hence one for many topics and objects, so the key adds those.
Eight retries over four hours, since 2024-09-10; the body of a retry is the original one. Repeats are remembered for
three days, because an order is read again for so long where the connection has an API key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from kairos.domain.errors import BadInput, BadSignature
from kairos.registry import Parsed, Request
from kairos.sources import _again
from kairos.sources import _shopify_customer as customers
from kairos.sources import _shopify_events as events
from kairos.sources import _shopify_fulfillment as fulfillments
from kairos.sources import _shopify_order as orders
from kairos.sources import _shopify_privacy as privacy
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import ID_CHARS_MAX, Object, load_body, sound
from kairos.sources._signature import require_body_hmac

# The family of 2026 drops the "x-"; whichever signed the body is the family that is read.
_FAMILIES = ("x-shopify-", "shopify-")
_REQUIRED = ("topic", "shop-domain", "webhook-id")

Reader = Callable[[Object, Request], list[Parsed]]

_TOPICS: Mapping[str, Reader] = {
    "carts/create": orders.read_cart,
    "carts/update": orders.read_cart,
    "checkouts/create": orders.read_checkout("checkout_started", "created_at"),
    "checkouts/update": orders.read_checkout("checkout_updated", "updated_at"),
    "checkouts/delete": orders.read_checkout_deleted,
    "orders/create": orders.read_order("order_created", "created_at"),
    "orders/paid": orders.read_order("order_completed", "updated_at"),
    "orders/updated": orders.read_order("order_updated", "updated_at"),
    "orders/cancelled": orders.read_order("order_cancelled", "cancelled_at"),
    "orders/fulfilled": orders.read_order("order_fulfilled", "updated_at"),
    "orders/partially_fulfilled": orders.read_order("order_partially_fulfilled", "updated_at"),
    "orders/edited": orders.read_edit,
    "orders/delete": orders.read_order_deleted,
    "refunds/create": orders.read_refund,
    "fulfillments/create": fulfillments.read_fulfillment("fulfillment_created", "created_at"),
    "fulfillments/update": fulfillments.read_fulfillment("fulfillment_updated", "updated_at"),
    "fulfillment_events/create": fulfillments.read_shipment,
    "customers/create": customers.read_customer,
    "customers/update": customers.read_customer,
    "customers/enable": customers.read_customer,
    "customers/disable": customers.read_customer,
    "customers/delete": customers.read_deleted,
    "customers/purchasing_summary": customers.read_summary,
    "customers_email_marketing_consent/update": customers.read_email_consent,
    "customers_marketing_consent/update": customers.read_sms_consent,
    "customers/data_request": privacy.read_person("customer_data_requested"),
    "customers/redact": privacy.read_person("customer_redacted"),
    "shop/redact": privacy.read_shop,
}


class Shopify(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets`, and `shop` (the myshopify.com domain)."""

    name = "shopify"
    key_is = "an Admin API access token of the app (shpat_…) that may read orders"
    without_key = "an order whose webhooks are lost, or whose subscription Shopify has deleted, is not known"
    retry_horizon = _again.HEALED_FOR + timedelta(hours=1)
    topic_at = ("header", "x-shopify-topic")
    properties: Mapping[str, Sequence[str]] = {
        **orders.LISTED,
        **fulfillments.LISTED,
        **customers.LISTED,
        **privacy.LISTED,
    }

    def verify(self, request: Request) -> bool:
        """Check the HMAC, then that the body is of the registered shop."""
        family = _family(request)
        require_body_hmac(request, family + "hmac-sha256", encoding="base64")
        # The same secret signs other things of the app (cookies of its sign-in): a webhook says its topic, shop and id.
        if family + "topic" in request.headers:
            for header in _REQUIRED:
                if not request.headers.get(family + header, "").strip():
                    raise BadSignature(f"the {family}{header} header is missing")
        shop = request.settings.get("shop")
        if isinstance(shop, str) and shop and request.headers.get(family + "shop-domain", "").strip() != shop:
            raise BadSignature("the webhook is of another shop than this connection's")
        return True

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what the API has to say that a webhook may not have said."""
        from kairos.sources._shopify_api import pull

        yield from pull(pulling)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate by topic; topics that mean nothing here return nothing."""
        family = _family(request)
        if family == _FAMILIES[1] and events.is_event(body := load_body(request.body, lenient=True)):
            cause = _cause(request, family)
            return [_keyed(parsed, cause) for parsed in events.read_event(body, request)]
        topic = request.headers.get(family + "topic", "").strip().lower()
        if not topic:
            raise BadInput(f"headers.{family}topic", 'a topic such as "orders/paid"')
        reader = _TOPICS.get(topic)
        if reader is None:
            return ()
        body = load_body(request.body, lenient=True)
        cause = f"{_cause(request, family)}:{topic}"
        return [_keyed(parsed, cause) for parsed in reader(body, request)]


def _family(request: Request) -> str:
    old, new = _FAMILIES
    return new if new + "hmac-sha256" in request.headers and old + "hmac-sha256" not in request.headers else old


def _cause(request: Request, family: str) -> str:
    for header in ("event-id", "webhook-id"):
        if value := request.headers.get(family + header, "").strip():
            return sound(value)[:ID_CHARS_MAX]
    # Only a simulated webhook comes without an id; its body is what makes it the same one.
    return hashlib.sha256(request.body).hexdigest()


def _keyed(parsed: Parsed, cause: str) -> Parsed:
    # A reader that knows a better key (a consent repeats in every customer update) says so with a leading "=".
    key = parsed.key[1:] if parsed.key.startswith("=") else f"{cause}:{parsed.key}"
    return Parsed(parsed.event, key, parsed.who, parsed.contacts, parsed.stops)


SOURCE = Shopify()
