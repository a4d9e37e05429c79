"""Stripe's customers, checkout sessions, one-off payments and refunds, in the words that shops use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kairos.domain.event import ConsentFact
from kairos.registry import Contact, Parsed
from kairos.sources import _person
from kairos.sources._booking import as_link
from kairos.sources._shape import present
from kairos.sources._stripe_notice import Notice, major, ref

_ORDER = ("order_id", "checkout_id", "subscription_id", "payment_id", "mode", "total", "subtotal", "currency", "test")
_PAYMENT = ("payment_id", "invoice_id", "total", "currency", "decline", "test")

LISTED: Mapping[str, Sequence[str]] = {
    "profile_updated": ("test",),
    "customer_deleted": ("test",),
    "consent_given": ("test",),
    "consent_withdrawn": ("test",),
    "order_created": _ORDER,
    "order_completed": _ORDER,
    "order_payment_failed": _ORDER,
    "checkout_expired": _ORDER,
    "order_refunded": ("payment_id", "invoice_id", "total", "currency", "status", "test"),
    "payment_succeeded": _PAYMENT,
    "payment_attempt_failed": _PAYMENT,
}

_SESSIONS = {
    "checkout.session.async_payment_failed": "order_payment_failed",
    "checkout.session.expired": "checkout_expired",
}
_CONSENTS = {"opt_in": "consent_given", "opt_out": "consent_withdrawn"}
_PAID = ("paid", "no_payment_required")


def read_customer(notice: Notice) -> list[Parsed]:
    """Return the traits and addresses of a customer. Stripe keeps no consent to marketing on them."""
    customer = notice.object
    customer.need("id")
    locales = customer.items("preferred_locales")
    since = customer.seconds("created")
    traits = present(
        locale=_person.locale(locales[0]) if locales and isinstance(locales[0], str) else None,
        country=_person.country(customer.object("address").text("country", 8)),
        currency=notice.currency(),
        customer_since=since.date().isoformat() if since else None,
    )
    return [notice.fact("profile_updated", {}, traits=traits)]


def read_customer_deleted(notice: Notice) -> list[Parsed]:
    """Return that the shop deleted a customer: a fact, not a request to forget the person."""
    notice.object.need("id")
    return [notice.fact("customer_deleted", {})]


def read_checkout(notice: Notice) -> list[Parsed]:
    """Return what became of a checkout session: paid, awaiting a slow payment, failed, or left to expire.

    Setting up a card sells nothing and says nothing here.
    """
    session = notice.object
    checkout = session.need("id")
    if session.text("mode", 32) == "setup":
        return []
    paid = session.text("payment_status", 32) in _PAID
    name = _SESSIONS.get(notice.kind) or ("order_completed" if paid else "order_created")
    said = present(
        order_id=None if name == "checkout_expired" else checkout,
        checkout_id=checkout,
        subscription_id=ref(session, "subscription"),
        payment_id=ref(session, "payment_intent"),
        mode=session.text("mode", 32),
        total=notice.money("amount_total"),
        subtotal=notice.money("amount_subtotal"),
        currency=notice.currency(),
    )
    # The link opens the checkout as the person left it, so it is a contact field.
    link = as_link(session.object("after_expiration").object("recovery").text("url"))
    contacts = [Contact(f"subject#{checkout}", {"checkout_url": link})] if link else []
    return [notice.fact(name, said, f"{name}:{checkout}", contacts=contacts), *_consent(notice, checkout)]


def _consent(notice: Notice, checkout: str) -> list[Parsed]:
    # docs.stripe.com, "Collect promotional email consent": asked for in the session, by e-mail only.
    name = _CONSENTS.get(notice.object.object("consent").text("promotions", 32) or "")
    if name is None:
        return []
    return [notice.fact(name, {}, f"{name}:{checkout}", consent=ConsentFact("email", "marketing"))]


def read_refund(notice: Notice) -> list[Parsed]:
    """Return that money of a charge went back: what this event adds to what was given back before."""
    charge = notice.object
    charge.need("id")
    back, before = charge.decimal("amount_refunded"), notice.former.decimal("amount_refunded")
    if back is not None and before is not None:
        back -= before
    said = present(
        payment_id=ref(charge, "payment_intent") or charge.need("id"),
        invoice_id=ref(charge, "invoice"),
        total=major(back, notice.currency()),
        currency=notice.currency(),
        status="refunded" if charge.flag("refunded") else "partially_refunded",
    )
    return [notice.fact("order_refunded", said)]


def read_intent(name: str) -> Callable[[Notice], list[Parsed]]:
    """Return the reader of a payment. A failed attempt is made by somebody who is there; it is no failed renewal."""

    def read(notice: Notice) -> list[Parsed]:
        intent = notice.object
        error = intent.object("last_payment_error")
        said = present(
            payment_id=intent.need("id"),
            invoice_id=ref(intent, "invoice"),
            total=notice.money("amount"),
            currency=notice.currency(),
            decline=error.text("decline_code", 64) or error.text("code", 64),
        )
        return [notice.fact(name, said)]

    return read
