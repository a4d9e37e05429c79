"""Stripe's webhooks: subscriptions become entries of kind `renewal`, invoices and payments become events.

Signed as `t=<seconds>,v1=<HMAC-SHA256 hex of "t.body">`, several `v1` in a rotation, under the whole text `whsec_…`,
which unlike that of Standard Webhooks is not decoded (docs.stripe.com, "Verify webhook signatures manually"). Nothing
orders the events, and the API version of the endpoint decides the shapes: since 2025-03-31 ("basil") a subscription's
period stands in its items, and an invoice names its subscription under `parent`; both shapes are read.
Retried for up to three days (docs.stripe.com/webhooks, "Automatic retries").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from kairos.registry import Parsed, Request
from kairos.sources import _again
from kairos.sources import _stripe_billing as billing
from kairos.sources import _stripe_payment as payment
from kairos.sources._pulling import Page, Pulling
from kairos.sources._shape import load_body
from kairos.sources._signature import require_stamped_hmac
from kairos.sources._stripe_notice import Notice

SIGNATURE = "stripe-signature"

Reader = Callable[[Notice], list[Parsed]]

_TYPES: Mapping[str, Reader] = {
    "customer.created": payment.read_customer,
    "customer.updated": payment.read_customer,
    "customer.deleted": payment.read_customer_deleted,
    "customer.subscription.created": billing.read_subscription("subscription_created"),
    "customer.subscription.updated": billing.read_subscription("subscription_updated"),
    "customer.subscription.paused": billing.read_subscription("subscription_paused"),
    "customer.subscription.resumed": billing.read_subscription("subscription_resumed"),
    "customer.subscription.trial_will_end": billing.read_subscription("subscription_trial_ending"),
    "customer.subscription.deleted": billing.read_subscription("subscription_cancelled"),
    "invoice.upcoming": billing.read_invoice("invoice_upcoming"),
    "invoice.finalized": billing.read_invoice("invoice_finalized"),
    "invoice.paid": billing.read_invoice("invoice_paid"),
    "invoice.payment_succeeded": billing.read_invoice("invoice_paid"),
    "invoice.payment_failed": billing.read_invoice("payment_failed"),
    "invoice.payment_action_required": billing.read_invoice("payment_action_required"),
    "invoice.overdue": billing.read_invoice("invoice_overdue"),
    "invoice.voided": billing.read_invoice("invoice_voided"),
    "invoice.marked_uncollectible": billing.read_invoice("invoice_uncollectible"),
    "checkout.session.completed": payment.read_checkout,
    "checkout.session.async_payment_succeeded": payment.read_checkout,
    "checkout.session.async_payment_failed": payment.read_checkout,
    "checkout.session.expired": payment.read_checkout,
    "charge.refunded": payment.read_refund,
    "payment_intent.succeeded": payment.read_intent("payment_succeeded"),
    "payment_intent.payment_failed": payment.read_intent("payment_attempt_failed"),
}


class Stripe(_again.Reader):
    """See `kairos.registry.Source`. A connection's settings: `secrets` (the endpoint's signing secrets)."""

    name = "stripe"
    key_is = "a restricted key (rk_…) that may read events"
    without_key = "events are not known once Stripe has given up or switched the endpoint off"
    retry_horizon = timedelta(days=3)
    topic_at = ("body", "type")
    properties: Mapping[str, Sequence[str]] = {**billing.LISTED, **payment.LISTED}

    def verify(self, request: Request) -> bool:
        """Check the stamped HMAC and that the stamp is recent."""
        require_stamped_hmac(request, SIGNATURE)
        return True

    def pull(self, pulling: Pulling) -> Iterator[Page]:
        """Read what the API has to say that a webhook may not have said."""
        from kairos.sources._stripe_api import pull

        yield from pull(pulling, _TYPES)

    def read(self, request: Request, *, trusted: bool) -> Sequence[Parsed]:
        """Translate by type; other types, and thin events (`v2.core.event`, without their object), return nothing."""
        body = load_body(request.body, lenient=True)
        kind = body.text("type", 128) or body.fail("type", 'a type such as "invoice.paid"')
        reader = _TYPES.get(kind)
        if reader is None or body.text("object", 64) == "v2.core.event":
            return ()
        return reader(Notice.of(body, request))


SOURCE = Stripe()
