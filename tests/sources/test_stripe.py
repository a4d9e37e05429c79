"""Stripe: which of its fields become which of ours."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.domain.errors import BadInput
from kairos.registry import Parsed
from tests.sources import bodies

T = int(datetime(2026, 10, 2, 1, tzinfo=UTC).timestamp())
DAY = 86_400
NOT_SAID = object()


def changed(name: str, former: dict[str, Any] | None = None, **fields: Any) -> list[Parsed]:
    """Return the facts of a body whose object has other fields; NOT_SAID takes one away."""
    body = copy.deepcopy(bodies.body("stripe", name))
    body["data"]["object"].update(fields)
    for field in [field for field, value in fields.items() if value is NOT_SAID]:
        del body["data"]["object"][field]
    if former is not None:
        body["data"]["previous_attributes"] = former
    return list(bodies.parse("stripe", name, body))


def named(facts: Sequence[Parsed], name: str) -> Parsed:
    return next(one for one in facts if one.event.name == name)


def renewal(facts: list[Parsed]) -> tuple[str, str, str | None]:
    """Return what the facts say of a renewal: the event, the entry's id, and whom it replaces."""
    event = next(one.event for one in facts if one.event.entry)
    assert event.entry is not None
    return event.name, event.entry.id, event.entry.replaces


def test_each_period_has_a_renewal_of_its_own() -> None:
    facts = changed("customer.subscription.updated")
    entry = named(facts, "entry_updated").event.entry
    assert entry is not None
    assert (entry.kind, entry.id) == ("renewal", f"sub_planned01:{T - DAY}")
    assert entry.starts_at == datetime(2026, 10, 31, 1, tzinfo=UTC)
    assert entry.replaces is None, "the period before ran out: its renewal was charged, not moved"
    assert entry.properties["price"] == 19


def test_a_date_moved_inside_a_period_moves_the_same_renewal() -> None:
    longer = changed(
        "customer.subscription.updated", {"current_period_end": T + 29 * DAY}, current_period_end=T + 40 * DAY
    )
    assert renewal(longer) == ("entry_updated", f"sub_planned01:{T - DAY}", None)


def test_a_period_broken_off_is_replaced_by_the_new_one() -> None:
    assert renewal(list(bodies.parse("stripe", "customer.subscription.updated-anchor"))) == (
        "entry_updated",
        f"sub_planned01:{T - 30}",
        f"sub_planned01:{T - DAY}",
    )


def test_a_period_broken_off_by_the_end_takes_the_planned_renewal_away() -> None:
    facts = changed("customer.subscription.updated-anchor", cancel_at_period_end=True)
    assert renewal(facts) == ("entry_cancelled", f"sub_planned01:{T - DAY}", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"cancel_at_period_end": True},
        {"cancel_at": T + 29 * DAY},
        {"cancel_at": T + 3 * DAY},
        {"pause_collection": {"behavior": "void", "resumes_at": None}},
        {"status": "canceled"},
        {"status": "paused"},
        {"status": "incomplete_expired"},
    ],
)
def test_what_will_not_be_charged_has_no_renewal(fields: dict[str, Any]) -> None:
    assert renewal(changed("customer.subscription.updated", **fields))[0] == "entry_cancelled"


@pytest.mark.parametrize("fields", [{"cancel_at": T + 60 * DAY}, {"status": "past_due"}, {"status": "trialing"}])
def test_what_will_be_charged_first_keeps_its_renewal(fields: dict[str, Any]) -> None:
    assert renewal(changed("customer.subscription.updated", **fields))[0] == "entry_updated"


def test_a_subscription_that_waits_for_its_first_payment_plans_nothing() -> None:
    assert [one.event.name for one in changed("customer.subscription.created", status="incomplete")] == [
        "subscription_created"
    ]


def test_the_item_that_renews_first_is_the_renewal() -> None:
    body = bodies.body("stripe", "customer.subscription.updated-ending")
    item = body["data"]["object"]["items"]["data"][0]
    sooner = {**item, "current_period_end": T + 5 * DAY, "current_period_start": T - 2 * DAY}
    items = {"object": "list", "data": [item, sooner]}
    facts = changed("customer.subscription.updated-ending", items=items, cancel_at_period_end=False, cancel_at=None)
    assert renewal(facts) == ("entry_updated", f"sub_planned01:{T - 2 * DAY}", None)


def test_a_payment_told_under_two_types_is_one_fact() -> None:
    (paid,), (succeeded,) = (bodies.parse("stripe", name) for name in ("invoice.paid", "invoice.payment_succeeded"))
    assert (paid.key, paid.event.name) == (succeeded.key, succeeded.event.name) == ("invoice_paid:in_1", "invoice_paid")


def test_a_failed_payment_says_when_it_is_tried_again_and_where_it_can_be_paid() -> None:
    (failed,) = bodies.parse("stripe", "invoice.payment_failed")
    assert failed.event.name == "payment_failed"
    assert failed.event.properties["next_attempt_at"] == "2026-10-05T01:00:00Z"
    assert failed.event.properties["subscription_id"] == "sub_planned01"
    link = {"invoice_url": "https://invoice.example.com/i/planted"}
    assert bodies.contact(failed, "subject#in_1") == bodies.contact(failed, "subject#sub_planned01") == link


def test_an_upcoming_invoice_has_no_id_and_is_told_once_a_period() -> None:
    (upcoming,) = bodies.parse("stripe", "invoice.upcoming")
    (again,) = changed("invoice.upcoming", total=4100)
    (next_period,) = changed("invoice.upcoming", period_end=T + 37 * DAY)
    assert upcoming.key == again.key != next_period.key
    with pytest.raises(BadInput, match="id"):
        changed("invoice.upcoming", period_end=None)


def test_an_invoice_with_a_due_date_is_an_entry_until_it_is_settled() -> None:
    due = named(bodies.parse("stripe", "invoice.finalized"), "entry_updated").event.entry
    assert due is not None
    assert (due.kind, due.id, due.starts_at) == ("invoice", "in_9", datetime(2026, 10, 16, 1, tzinfo=UTC))
    for status in ("paid", "void", "uncollectible"):
        assert named(changed("invoice.finalized", status=status), "entry_cancelled").event.entry is not None


def test_a_paid_session_is_an_order_and_an_unpaid_one_waits() -> None:
    done = named(bodies.parse("stripe", "checkout.session.completed"), "order_completed").event
    assert (done.properties["total"], done.properties["currency"]) == (43000, "KRW")
    (waiting,) = bodies.parse("stripe", "checkout.session.completed-link")
    assert (waiting.event.name, waiting.event.properties["test"]) == ("order_created", True)
    assert changed("checkout.session.completed", mode="setup", payment_status="no_payment_required") == []


def test_an_expired_session_keeps_the_link_back_for_the_template_alone() -> None:
    expired = named(bodies.parse("stripe", "checkout.session.expired"), "checkout_expired")
    assert bodies.contact(expired, "subject#cs_live_c3") == {"checkout_url": "https://buy.example.com/r/planted"}


def test_a_box_in_the_session_is_a_consent_to_e_mail_and_an_untouched_one_is_not() -> None:
    given = named(bodies.parse("stripe", "checkout.session.completed"), "consent_given").event.consent
    withdrawn = named(bodies.parse("stripe", "checkout.session.expired"), "consent_withdrawn").event.consent
    assert given == withdrawn
    assert given is not None
    assert (given.channel, given.purpose) == ("email", "marketing")
    for consent in (None, {"promotions": None}, {"terms_of_service": "accepted"}):
        assert [one.event.name for one in changed("checkout.session.completed", consent=consent)] == ["order_completed"]


def test_nobody_becomes_somebody_by_writing_an_id_into_a_payment_link() -> None:
    told = named(bodies.parse("stripe", "checkout.session.completed"), "order_completed")
    (link,) = bodies.parse("stripe", "checkout.session.completed-link")
    assert ("external", "shop-customer-7") in bodies.who(told)
    assert [kind for kind, _ in bodies.who(link)] == ["email", "phone", "payment"]


@pytest.mark.parametrize(
    ("currency", "total"), [("usd", 20.5), ("krw", 2050), ("jpy", 2050), ("kwd", 2.05), ("ugx", 20.5), ("isk", 20.5)]
)
def test_amounts_are_in_major_units_of_their_currency(currency: str, total: float) -> None:
    (parsed,) = changed("charge.refunded", {}, currency=currency, amount_refunded=2050)
    assert parsed.event.properties["total"] == total


def test_a_refund_is_what_this_event_adds() -> None:
    (first,) = changed("charge.refunded", {"amount_refunded": 0})
    (second,) = bodies.parse("stripe", "charge.refunded")
    assert (first.event.properties["total"], second.event.properties["total"]) == (3.075, 2.05)


def test_a_customer_may_be_an_id_or_the_object_itself() -> None:
    (one,) = bodies.parse("stripe", "payment_intent.succeeded")
    assert bodies.who(one)[0] == ("customer", "cus_person01")


def test_unknown_types_and_thin_events_say_nothing() -> None:
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "invoice.paid", "related_object": {"id": "in_1"}}
    assert bodies.parse("stripe", "product.created") == ()
    assert bodies.parse("stripe", "product.created", thin) == ()


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [
        ({"type": None}, "type"),
        ({"data": {}}, "data.object"),
    ],
)
def test_what_is_wrong_is_named(spoilt: dict[str, Any], field: str) -> None:
    body = {**bodies.body("stripe", "invoice.paid"), **spoilt}
    with pytest.raises(BadInput) as caught:
        bodies.parse("stripe", "invoice.paid", body)
    assert caught.value.field == field


@pytest.mark.parametrize("created", ["now", True, 10**12, None])
def test_an_event_without_a_readable_time_happened_when_it_came(created: object) -> None:
    (parsed,) = bodies.parse("stripe", "invoice.paid", {**bodies.body("stripe", "invoice.paid"), "created": created})
    assert parsed.event.occurred_at == bodies.NOW


def test_the_time_is_when_stripe_made_the_event() -> None:
    (parsed,) = bodies.parse("stripe", "invoice.paid")
    assert parsed.event.occurred_at == datetime(2026, 10, 2, 1, tzinfo=UTC) - timedelta(seconds=20)
