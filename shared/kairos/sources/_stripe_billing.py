"""Stripe's subscriptions and invoices.

A subscription renews at the end of each period, and each renewal is an entry of its own: `<subscription>:<start of the
period>`. So a reminder before the next one is planned anew each time, while a trial that is prolonged or a date that is
moved inside one period moves its entry. A subscription that will not be charged then (cancelled, ending, paused) has
no renewal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.event import EntryFact
from kairos.domain.instant import format_instant
from kairos.registry import Contact, Parsed
from kairos.sources._booking import as_link
from kairos.sources._shape import Object, present
from kairos.sources._stripe_notice import Notice, currency, major, ref

_SUBSCRIPTION = (
    "subscription_id",
    "status",
    "plan",
    "product_id",
    "price",
    "currency",
    "interval",
    "quantity",
    "ends_at_period_end",
    "trial",
    "test",
)
_INVOICE = (
    "invoice_id",
    "subscription_id",
    "status",
    "reason",
    "total",
    "due",
    "currency",
    "attempt_count",
    "next_attempt_at",
    "renews_at",
    "test",
)
_SUBSCRIPTIONS = ("created", "updated", "paused", "resumed", "trial_ending", "cancelled")
_INVOICES = (
    "invoice_upcoming",
    "invoice_finalized",
    "invoice_paid",
    "invoice_overdue",
    "invoice_voided",
    "invoice_uncollectible",
    "payment_failed",
    "payment_action_required",
)

LISTED: Mapping[str, Sequence[str]] = {
    **dict.fromkeys([f"subscription_{name}" for name in _SUBSCRIPTIONS], _SUBSCRIPTION),
    **dict.fromkeys(_INVOICES, _INVOICE),
    "entry_updated": ("subscription_id", "invoice_id", "test"),
    "entry_cancelled": ("subscription_id", "invoice_id", "test"),
}

# "incomplete" waits for its first payment: like a booking that nobody has confirmed, it plans nothing yet.
_RENEWING = frozenset({"active", "trialing", "past_due", "unpaid"})
_OVER = frozenset({"canceled", "incomplete_expired", "paused"})

# What comes under two types for one cause (invoice.paid and invoice.payment_succeeded) is one fact, by its object.
_ONCE = frozenset({"invoice_paid"})
_SETTLED = frozenset({"paid", "void", "uncollectible", "deleted"})


def read_subscription(name: str) -> Callable[[Notice], list[Parsed]]:
    """Return the reader of a subscription type: what happened, and the renewal that it leaves or takes away."""

    def read(notice: Notice) -> list[Parsed]:
        subscription = notice.object.need("id")
        terms = _terms(notice.object)
        said = present(
            subscription_id=subscription,
            ends_at_period_end=notice.object.flag("cancel_at_period_end") or None,
            trial=notice.object.text("status", 32) == "trialing" or None,
            **terms,
        )
        out = [notice.fact(name, said)]
        renewal = _renewal(notice, subscription, terms)
        if renewal is not None:
            entry, stays = renewal
            out.append(
                notice.fact(
                    "entry_updated" if stays else "entry_cancelled", {"subscription_id": subscription}, entry=entry
                )
            )
        return out

    return read


def _renewal(notice: Notice, subscription: str, terms: Mapping[str, Any]) -> tuple[EntryFact, bool] | None:
    """Return the entry of the period that runs, and whether it will be charged for at its end."""
    starts, ends = _period(notice.object)
    status = notice.object.text("status", 32) or ""
    if starts is None or ends is None or status not in _RENEWING | _OVER:
        return None
    former = _broken_off(notice.former, starts)
    stays = status in _RENEWING and not _is_ending(notice.object, ends)
    if not stays:
        return EntryFact("renewal", _entry_id(subscription, former or starts), ends, None, terms), False
    replaces = _entry_id(subscription, former) if former else None
    return EntryFact("renewal", _entry_id(subscription, starts), ends, None, terms, replaces=replaces), True


def _broken_off(former: Object, starts: datetime) -> datetime | None:
    """Return the start of the period that this one broke off (another plan, the anchor set anew), if it did."""
    began, would_end = _period(former)
    if began is None or not began < starts:
        return None
    return began if would_end is None or starts < would_end else None


def _is_ending(subscription: Object, renews: datetime) -> bool:
    ends = subscription.seconds("cancel_at")
    return (
        subscription.flag("cancel_at_period_end") is True
        or subscription.raw.get("pause_collection") is not None
        or (ends is not None and ends <= renews)
    )


def _entry_id(subscription: str, starts: datetime) -> str:
    return f"{subscription}:{int(starts.timestamp())}"


def _period(one: Object) -> tuple[datetime | None, datetime | None]:
    """Return the running period: of the subscription, or of the item that renews first."""
    own = (one.seconds("current_period_start"), one.seconds("current_period_end"))
    items = [
        (item.seconds("current_period_start"), item.seconds("current_period_end"))
        for item in one.object("items").objects("data")
    ]
    whole = [(starts, ends) for starts, ends in [own, *items] if starts is not None and ends is not None]
    return min(whole, key=lambda period: period[1]) if whole else own


def _terms(subscription: Object) -> dict[str, Any]:
    """Return what is subscribed to, by the first item; older versions write a price as a plan."""
    first = next(subscription.object("items").objects("data"), subscription.object("none"))
    price = next((first.object(key) for key in ("price", "plan") if first.raw.get(key)), first.object("price"))
    recurring = price.object("recurring")
    amount = "unit_amount" if price.has("unit_amount") else "amount"
    return present(
        status=subscription.text("status", 32),
        plan=price.text("lookup_key", 128) or price.ident("id"),
        product_id=ref(price, "product"),
        price=major(price.decimal(amount), currency(price)),
        currency=currency(price) or currency(subscription),
        interval=recurring.text("interval", 16) or price.text("interval", 16),
        quantity=first.amount("quantity"),
    )


def read_invoice(name: str) -> Callable[[Notice], list[Parsed]]:
    """Return the reader of an invoice type. One that is sent with a due date is an entry `invoice` until it is paid."""

    def read(notice: Notice) -> list[Parsed]:
        invoice, subscription = notice.object.ident("id"), notice.subscription()
        renews = notice.object.seconds("period_end") if name == "invoice_upcoming" else None
        if invoice is None and (subscription is None or renews is None):
            notice.object.fail("id", "the invoice's id; an upcoming one names its subscription and period_end")
        next_attempt = notice.object.seconds("next_payment_attempt")
        said = present(
            invoice_id=invoice,
            subscription_id=subscription,
            status=notice.object.text("status", 32),
            reason=notice.object.text("billing_reason", 64),
            total=notice.money("total"),
            due=notice.money("amount_due"),
            currency=notice.currency(),
            attempt_count=notice.object.amount("attempt_count"),
            next_attempt_at=format_instant(next_attempt) if next_attempt else None,
            renews_at=format_instant(renews) if renews else None,
        )
        # An upcoming invoice has no id yet; it is told once a period.
        key = f"{name}:{subscription}:{renews}" if renews else f"{name}:{invoice}" if name in _ONCE else ""
        contacts = _links(notice.object, [invoice, subscription])
        return [notice.fact(name, said, key, contacts=contacts), *_due(notice, name, invoice)]

    return read


def _links(invoice: Object, subjects: Sequence[str | None]) -> list[Contact]:
    # Whoever has the link sees the invoice and can pay it, so it is a contact field.
    link = present(invoice_url=as_link(invoice.text("hosted_invoice_url")))
    return [Contact(f"subject#{subject}", link) for subject in subjects if subject and link]


def _due(notice: Notice, name: str, invoice: str | None) -> list[Parsed]:
    due = notice.object.seconds("due_date")
    if invoice is None or due is None:
        return []
    settled = name == "invoice_paid" or (notice.object.text("status", 32) or "") in _SETTLED
    terms = present(status=notice.object.text("status", 32), due=notice.money("amount_due"), currency=notice.currency())
    entry = EntryFact("invoice", invoice, due, None, terms)
    event = "entry_cancelled" if settled else "entry_updated"
    return [notice.fact(event, {"invoice_id": invoice}, entry=entry, contacts=_entry_link(notice.object, invoice))]


def _entry_link(one: Object, invoice: str) -> list[Contact]:
    link = present(invoice_url=as_link(one.text("hosted_invoice_url")))
    return [Contact(f"entry#invoice#{invoice}", link)] if link else []
