"""WooCommerce's webhooks: orders and customers; products and coupons mean nothing here.

Signed with HMAC-SHA256 of the raw body in base64 under the secret, of which WordPress decodes the HTML entities first
(class-wc-webhook.php, `generate_signature`). Saving a webhook posts an unsigned form `webhook_id=N` (`deliver_ping`),
which must be answered exactly 200 and says nothing. The topic is not signed.

Nothing is ever repeated: a delivery that fails is lost, and after five the webhook is off. But an order's body says all
that has become of it, so every later one tells again what is younger than `retry_horizon`, the time in which repeats
are recognised. `X-WC-Webhook-Delivery-ID` is a hash of webhook and second, so two deliveries may share it; topic,
object and `date_modified_gmt` make the key. Bodies are the REST API's own objects (woocommerce.github.io, v3): amounts
as decimal text, `*_gmt` times without an offset in UTC, the others on the shop's clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from kairos.domain.errors import BadInput
from kairos.registry import Parsed, Request
from kairos.sources import _again
from kairos.sources import _woocommerce_customer as customers
from kairos.sources import _woocommerce_order as orders
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import Object, load_body
from kairos.sources._signature import keys, require_body_hmac
from kairos.sources._woocommerce_legacy import modern
from kairos.sources._woocommerce_time import TOLD_FOR

SIGNATURE = "x-wc-webhook-signature"
TOPIC = "x-wc-webhook-topic"

_PING = re.compile(rb"webhook_id=\d{1,20}")

Reader = Callable[[Object, Request], list[Parsed]]

_TOPICS: Mapping[str, Reader] = {
    "order.created": orders.read_created,
    "order.updated": orders.read_updated,
    "order.restored": orders.read_updated,
    "order.deleted": orders.read_deleted,
    "customer.created": customers.read_customer,
    "customer.updated": customers.read_customer,
    "customer.deleted": customers.read_deleted,
}

# wp_specialchars_decode with ENT_QUOTES knows these and no others.
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#039;": "'", "&#x27;": "'", "&#39;": "'", "&amp;": "&"}
_ENTITY = re.compile("|".join(map(re.escape, _ENTITIES)))


class WooCommerce(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets`, and `timezone` (the site's, an IANA name)."""

    name = "woocommerce"
    key_is = "a read-only REST key as ck_…:cs_… (WooCommerce, Advanced, REST API)"
    without_key = "an order whose webhook fails once is not known until it changes again"
    retry_horizon = TOLD_FOR + timedelta(hours=1)
    topic_at = ("header", TOPIC)
    properties: Mapping[str, Sequence[str]] = {**orders.LISTED, **customers.LISTED}

    def verify(self, request: Request) -> bool:
        """Check the HMAC of the raw body; the ping on saving a webhook is taken for what it is, and proves nothing."""
        if _PING.fullmatch(request.body) and SIGNATURE not in request.headers:
            return False
        secrets = [_ENTITY.sub(lambda found: _ENTITIES[found[0]], one) for one in keys(request, "secrets")]
        require_body_hmac(replace(request, settings={"secrets": secrets}), SIGNATURE, encoding="base64")
        return True

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what the API has to say that a webhook may not have said."""
        from kairos.sources._woocommerce_api import pull

        yield from pull(pulling)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate by topic; pings and topics that mean nothing here return nothing."""
        if not trusted and _PING.fullmatch(request.body):
            return ()
        topic = request.headers.get(TOPIC, "").strip().lower()
        if not topic:
            raise BadInput(f"headers.{TOPIC}", 'a topic such as "order.updated"')
        reader = orders.read_action if topic.startswith("action.") else _TOPICS.get(topic)
        return reader(modern(load_body(request.body, lenient=True)), request) if reader else ()


SOURCE = WooCommerce()
