"""Shopify: which of its fields become which of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.domain.errors import BadInput
from kairos.registry import Request, load
from tests.sources import bodies

SHOPIFY = load("sources", "shopify")


def test_a_cart_is_its_token_and_adds_up_its_lines() -> None:
    (parsed,) = bodies.parse("shopify", "carts-update")
    event = parsed.event
    assert (event.name, event.occurred_at) == ("cart_updated", datetime(2026, 10, 2, 1, tzinfo=UTC))
    assert event.properties == {
        "cart_id": "c1-3f2a9b",
        "total": 28500.5,
        "currency": "KRW",
        "items": [
            {
                "product_id": "8801",
                "variant_id": "9901",
                "sku": "SKU-1",
                "quantity": 2,
                "price": 12000,
                "category": "shoes",
            },
            {
                "product_id": "8802",
                "variant_id": "9902",
                "sku": "SKU-2",
                "quantity": 1,
                "price": 4500.5,
                "category": "shoes",
            },
        ],
        "item_count": 2,
        "quantity": 3,
    }
    assert bodies.who(parsed) == [("cart", "c1-3f2a9b")]
    assert parsed.contacts == ()


def test_an_empty_cart_is_another_event() -> None:
    (parsed,) = bodies.parse("shopify", "carts-update-empty")
    assert (parsed.event.name, parsed.event.properties) == ("cart_emptied", {"cart_id": "c1-3f2a9b"})


def test_a_huge_cart_keeps_a_hundred_items_and_counts_them_all() -> None:
    line = bodies.body("shopify", "carts-update")["line_items"][0]
    (parsed,) = bodies.parse("shopify", "carts-update", {"token": "c", "line_items": [line] * 500})
    properties = parsed.event.properties
    assert (len(properties["items"]), properties["item_count"], properties["total"]) == (100, 500, 12_000_000)


def test_a_checkout_joins_cart_customer_and_addresses() -> None:
    (parsed,) = bodies.parse("shopify", "checkouts-update")
    assert bodies.who(parsed) == [
        ("customer", "7100000001"),
        ("email", "Planted.Person@Example.com"),
        ("phone", "+82 10-5550-0199"),
        ("cart", "c1-3f2a9b"),
        ("checkout", "k1-77aa"),
    ]
    assert parsed.event.properties["cart_id"] == "c1-3f2a9b"
    assert parsed.event.properties["checkout_id"] == "k1-77aa"
    assert parsed.event.properties["completed"] is False
    assert parsed.event.reach == {"email": True, "sms": True}
    assert parsed.event.traits is not None
    assert parsed.event.traits["locale"] == "ko-KR"
    link = {"checkout_url": "https://shop.example.com/1/checkouts/k1-77aa/recover?key=plantedkey"}
    assert bodies.contact(parsed, "subject#c1-3f2a9b") == link
    assert bodies.contact(parsed, "subject#k1-77aa") == link


def test_a_checkout_of_nobody_is_known_by_its_tokens() -> None:
    (parsed,) = bodies.parse("shopify", "checkouts-create-anonymous")
    assert parsed.event.name == "checkout_started"
    assert bodies.who(parsed) == [("cart", "c1-3f2a9b"), ("checkout", "k1-77aa")]
    assert parsed.event.reach is None


def test_a_paid_order_carries_its_cart_so_that_a_goal_finds_its_subject() -> None:
    (parsed,) = bodies.parse("shopify", "orders-paid")
    event = parsed.event
    assert event.name == "order_completed"
    assert (event.properties["order_id"], event.properties["cart_id"]) == ("6600001", "c1-3f2a9b")
    assert (event.properties["total"], event.properties["currency"]) == (28650.45, "KRW")
    assert event.properties["discount_codes"] == ["SPRING10"]
    assert ("order", "6600001") in bodies.who(parsed)
    assert bodies.contact(parsed)["first_name"] == "Plantedfirst"


def test_a_cancelled_order_occurred_when_it_was_cancelled() -> None:
    (parsed,) = bodies.parse("shopify", "orders-cancelled")
    assert parsed.event.name == "order_cancelled"
    assert parsed.event.properties["cancel_reason"] == "customer"
    assert parsed.event.occurred_at == datetime(2026, 10, 2, 2, tzinfo=UTC)


def test_a_refund_knows_its_order_alone_and_counts_what_was_paid_back() -> None:
    (parsed,) = bodies.parse("shopify", "refunds-create")
    assert parsed.event.properties["total"] == 12000
    assert parsed.event.properties["quantity"] == 1
    assert bodies.who(parsed) == [("order", "6600001")]


def test_a_fulfilment_with_a_date_is_a_delivery_entry() -> None:
    event, delivery = bodies.parse("shopify", "fulfillments-create")
    assert event.event.name == "fulfillment_created"
    assert delivery.event.entry is not None
    assert (delivery.event.name, delivery.event.entry.kind, delivery.event.entry.id) == (
        "entry_updated",
        "delivery",
        "3300001",
    )
    assert delivery.event.entry.starts_at == datetime(2026, 10, 5, 9, tzinfo=UTC)
    assert bodies.contact(delivery, "entry#delivery#3300001")["tracking_number"] == "PLANTED123"
    assert bodies.who(delivery) == bodies.who(event)


def test_a_fulfilment_of_an_order_is_the_same_entry() -> None:
    order, delivery = bodies.parse("shopify", "orders-fulfilled")
    assert order.event.name == "order_fulfilled"
    assert delivery.event.entry is not None
    assert delivery.event.entry.id == "3300001"
    assert ("customer", "7100000001") in bodies.who(delivery)


def test_a_cancelled_fulfilment_takes_its_entry_away() -> None:
    _, delivery = bodies.parse("shopify", "fulfillments-update-cancelled")
    assert delivery.event.name == "entry_cancelled"


def test_a_customer_is_traits_addresses_and_two_consents_each_at_its_own_time() -> None:
    profile, given, withdrawn = bodies.parse("shopify", "customers-update")
    assert profile.event.name == "profile_updated"
    assert profile.event.traits == {
        "country": "KR",
        "currency": "KRW",
        "tags": ["vip", "spring"],
        "orders_count": 3,
        "total_spent": 128000,
        "customer_since": "2026-01-05",
    }
    assert bodies.contact(profile) == {
        "email": "Planted.Person@Example.com",
        "phone": "+82 10-5550-0199",
        "first_name": "Plantedfirst",
        "last_name": "Plantedlast",
    }
    assert given.event.consent is not None
    assert withdrawn.event.consent is not None
    assert (given.event.name, given.event.consent.channel) == ("consent_given", "email")
    assert given.event.occurred_at == datetime(2026, 10, 1, 23, 59, 30, tzinfo=UTC)
    assert (withdrawn.event.name, withdrawn.event.consent.channel) == ("consent_withdrawn", "sms")
    assert withdrawn.event.occurred_at == datetime(2026, 9, 1, 3, tzinfo=UTC)


def test_a_consent_that_is_repeated_with_every_update_stays_one_event() -> None:
    before = bodies.body("shopify", "customers-update")
    after = {**before, "updated_at": "2026-10-09T00:00:00Z", "tags": "other"}
    first, second = bodies.parse("shopify", "customers-update"), bodies.parse("shopify", "customers-update", after)
    assert [one.key for one in first[1:]] == [one.key for one in second[1:]]
    assert first[0].key != second[0].key


@pytest.mark.parametrize("state", ["not_subscribed", "pending", "invalid", "", None])
def test_a_customer_who_never_answered_said_nothing(state: str | None) -> None:
    customer = {"id": 1, "email_marketing_consent": {"state": state, "consent_updated_at": "2026-10-01T00:00:00Z"}}
    assert [one.event.name for one in bodies.parse("shopify", "customers-update", customer)] == ["profile_updated"]


def test_a_customer_without_anything_gives_no_contact_and_no_reach() -> None:
    (parsed,) = bodies.parse("shopify", "customers-create-bare")
    assert (parsed.event.traits, parsed.event.reach, parsed.contacts) == ({"customer_since": "2026-10-02"}, None, [])


def test_an_unverified_address_is_not_vouched_for() -> None:
    customer = {**bodies.body("shopify", "customers-update"), "verified_email": False}
    named = {one.kind: one.verified for one in bodies.parse("shopify", "customers-update", customer)[0].who}
    assert named == {"customer": True, "email": False, "phone": True}


def test_privacy_topics_find_the_person_and_write_no_contact() -> None:
    for name, event in (
        ("customers-data_request", "customer_data_requested"),
        ("customers-redact", "customer_redacted"),
    ):
        (parsed,) = bodies.parse("shopify", name)
        assert (parsed.event.name, parsed.contacts) == (event, ())
        assert [kind for kind, _ in bodies.who(parsed)] == ["customer", "email", "phone"]
    assert bodies.parse("shopify", "customers-data_request")[0].event.properties == {
        "request_id": "9999",
        "order_ids": ["299938", "280263"],
    }
    (shop,) = bodies.parse("shopify", "shop-redact")
    assert (shop.event.name, shop.who) == ("shop_redacted", ())


def test_one_action_of_the_merchant_is_many_facts() -> None:
    # The event id is one per action: a bulk change of two orders shows it twice for one topic.
    headers = {"x-shopify-event-id": "e-1"}
    one = SHOPIFY.parse(bodies.request("shopify", "orders-paid", headers=headers), trusted=True)
    other = {**bodies.body("shopify", "orders-paid"), "id": 2}
    two = SHOPIFY.parse(bodies.request("shopify", "orders-paid", other, headers), trusted=True)
    assert one[0].key != two[0].key


def test_the_same_action_through_two_subscriptions_is_one_fact() -> None:
    keys = {
        SHOPIFY.parse(
            bodies.request(
                "shopify", "orders-paid", headers={"x-shopify-event-id": "e-1", "x-shopify-webhook-id": webhook}
            ),
            trusted=True,
        )[0].key
        for webhook in ("w-1", "w-2")
    }
    assert len(keys) == 1


def test_topics_that_mean_nothing_here_are_taken_and_ignored() -> None:
    request = Request({"x-shopify-topic": "products/update"}, b"not even JSON", bodies.NOW)
    assert SHOPIFY.parse(request, trusted=True) == ()


def test_a_webhook_without_a_topic_names_the_header() -> None:
    with pytest.raises(BadInput) as caught:
        SHOPIFY.parse(Request({}, b"{}", bodies.NOW), trusted=True)
    assert caught.value.field == "headers.x-shopify-topic"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"id": {}}, "id"),
        ({"id": "x" * 300}, "id"),
        ({"id": "\ud800"}, "id"),
    ],
)
def test_what_is_wrong_with_an_order_is_named_by_its_path(change: dict[str, object], field: str) -> None:
    request = bodies.request("shopify", "orders-paid")
    raw = json.dumps({**bodies.body("shopify", "orders-paid"), **change}).encode()
    with pytest.raises(BadInput) as caught:
        SHOPIFY.parse(Request(request.headers, raw, bodies.NOW), trusted=True)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"total_price": "12,00"}, "total"),
        ({"total_price": 10**20}, "total"),
        ({"total_price": True}, "total"),
        ({"line_items": {}}, "items"),
        ({"line_items": [1]}, "items"),
        ({"cart_token": "\ud800"}, "cart_id"),
        ({"discount_codes": "SUMMER"}, "discount_codes"),
    ],
)
def test_what_an_order_can_do_without_counts_as_missing(change: dict[str, object], missing: str) -> None:
    """A refused webhook comes eight times, and then Shopify deletes the subscription: with it go everyone's orders."""
    before = bodies.parse("shopify", "orders-paid")[0]
    request = bodies.request("shopify", "orders-paid")
    raw = json.dumps({**bodies.body("shopify", "orders-paid"), **change}).encode()
    after = SHOPIFY.parse(Request(request.headers, raw, bodies.NOW), trusted=True)[0]
    assert missing not in after.event.properties
    assert {**before.event.properties, "total": 0}.keys() >= after.event.properties.keys() - {missing}
    assert (after.event.name, after.who[0]) == (before.event.name, before.who[0])


def test_an_order_of_an_unreadable_customer_is_of_whoever_gave_the_address() -> None:
    change = {"customer": {"id": [], "email": "a@example.com"}, "email": 5, "updated_at": "yesterday"}
    request = bodies.request("shopify", "orders-paid")
    raw = json.dumps({**bodies.body("shopify", "orders-paid"), **change}).encode()
    first = SHOPIFY.parse(Request(request.headers, raw, bodies.NOW), trusted=True)[0]
    assert [one.value for one in first.who if one.kind in ("customer", "email")] == ["a@example.com"]


@pytest.mark.parametrize(
    ("name", "event", "properties"),
    [
        ("checkouts-delete", "checkout_deleted", {"cart_id": "c1-3f2a9b"}),
        ("orders-delete", "order_deleted", {"order_id": "6600001"}),
        ("orders-edited", "order_edited", {"order_id": "6600001", "edit_id": "771"}),
        ("customers-delete", "customer_deleted", {}),
    ],
)
def test_a_small_topic_says_its_ids(name: str, event: str, properties: dict[str, str]) -> None:
    (parsed,) = bodies.parse("shopify", name)
    assert (parsed.event.name, parsed.event.properties) == (event, properties)
    assert parsed.who


def test_a_report_of_the_carrier_moves_the_delivery() -> None:
    report, delivery = bodies.parse("shopify", "fulfillment_events-create")
    assert (report.event.name, report.event.properties["shipment_status"]) == ("shipment_updated", "out_for_delivery")
    assert delivery.event.entry is not None
    assert (delivery.event.entry.kind, delivery.event.entry.id) == ("delivery", "7700001")
    assert delivery.event.entry.starts_at == datetime(2026, 10, 2, 9, tzinfo=UTC)


def test_a_consent_told_under_its_own_topic_is_the_same_fact() -> None:
    told = {one.event.name: one.key for one in bodies.parse("shopify", "customers-update") if one.event.consent}
    (email,) = bodies.parse("shopify", "customers_email_marketing_consent-update")
    (sms,) = bodies.parse("shopify", "customers_marketing_consent-update")
    assert {email.event.name: email.key, sms.event.name: sms.key} == told
    assert [kind for kind, _ in bodies.who(email)] == ["customer", "email"]


def test_a_summary_of_purchases_is_what_customer_bodies_leave_out() -> None:
    (parsed,) = bodies.parse("shopify", "customers-purchasing_summary")
    assert parsed.event.traits == {"orders_count": 4, "total_spent": 156650.45, "currency": "KRW"}
    assert bodies.who(parsed) == [("customer", "7100000001")]


def test_two_customers_of_a_shop_that_are_merged_there_stay_two_here() -> None:
    assert list(bodies.parse("shopify", "customers-merge")) == []


CUSTOMER = {
    "id": "gid://shopify/Customer/7100000001",
    "firstName": "Plantedfirst",
    "lastName": "Plantedlast",
    "locale": "ko",
    "tags": ["vip", "planted@example.com"],
    "verifiedEmail": True,
    "numberOfOrders": "4",
    "amountSpent": {"amount": "156650.45", "currencyCode": "KRW"},
    "createdAt": "2026-01-05T01:00:00Z",
    "updatedAt": "2026-10-02T00:59:00Z",
    "note": "Planted note",
    "defaultAddress": {"address1": "1 Planted Street", "countryCodeV2": "KR"},
    "defaultEmailAddress": {
        "emailAddress": "planted.person@example.com",
        "marketingState": "SUBSCRIBED",
        "marketingOptInLevel": "SINGLE_OPT_IN",
        "marketingUpdatedAt": "2026-10-01T23:59:30Z",
    },
    "defaultPhoneNumber": {"phoneNumber": "+821055500199", "marketingState": "NOT_SUBSCRIBED"},
}
PATHS = {"added": [], "updated": ["customer[id: 'gid://shopify/Customer/7100000001'].firstName"], "removed": []}


def event_of(hours_later: int = 0, **changed: Any) -> Request:
    """Return a request of the family of 2026, as it is or as it comes again."""
    body = {
        "topic": "Customer",
        "action": "update",
        "handle": "kairos",
        "fields_changed": PATHS,
        "query_variables": {"customerId": "gid://shopify/Customer/7100000001"},
        "data": {"customer": CUSTOMER, "shop": {"id": "gid://shopify/Shop/1"}},
    } | changed
    headers = {"shopify-hmac-sha256": "x", "shopify-event-id": "e-1", "shopify-webhook-id": "w-1"}
    at = bodies.NOW + timedelta(hours=hours_later)
    return Request(headers, json.dumps({k: v for k, v in body.items() if v is not None}).encode(), at, "main")


def test_an_event_of_a_customer_is_read_as_their_webhook_is() -> None:
    profile, consent = SHOPIFY.parse(event_of(), trusted=True)
    assert (profile.event.name, profile.event.occurred_at) == (
        "profile_updated",
        datetime(2026, 10, 2, 0, 59, tzinfo=UTC),
    )
    assert profile.event.traits == {
        "locale": "ko",
        "country": "KR",
        "currency": "KRW",
        "tags": ["vip"],
        "orders_count": 4,
        "total_spent": 156650.45,
        "customer_since": "2026-01-05",
    }
    assert bodies.who(profile) == [
        ("customer", "7100000001"),
        ("email", "planted.person@example.com"),
        ("phone", "+821055500199"),
    ]
    assert bodies.contact(profile)["first_name"] == "Plantedfirst"
    assert (consent.event.name, consent.event.occurred_at) == (
        "consent_given",
        datetime(2026, 10, 1, 23, 59, 30, tzinfo=UTC),
    )
    for one in (profile, consent):
        assert [mark for mark in bodies.MARKS if mark in bodies.event_text(one)] == []


def test_the_consent_of_an_event_is_the_same_fact_as_that_of_a_webhook() -> None:
    webhook = next(one for one in bodies.parse("shopify", "customers-update") if one.event.name == "consent_given")
    event = next(one for one in SHOPIFY.parse(event_of(), trusted=True) if one.event.consent)
    assert event.key == webhook.key


@pytest.mark.parametrize("older", [{}, {"updatedAt": None, "createdAt": None}])
def test_an_event_that_comes_again_is_the_same_facts(older: dict[str, None]) -> None:
    data = {"customer": {k: v for k, v in (CUSTOMER | older).items() if v is not None}}
    first, again = (SHOPIFY.parse(event_of(hours, data=data), trusted=True) for hours in (0, 3))
    assert [one.key for one in first] == [one.key for one in again]


@pytest.mark.parametrize(
    "where",
    [
        {"query_variables": None, "fields_changed": PATHS},
        {"query_variables": None, "fields_changed": PATHS["updated"]},
        {"fields_changed": None},
    ],
    ids=["a path", "a path of the older form", "a variable"],
)
def test_whom_a_deletion_is_of_stands_in_variables_or_paths(where: dict[str, Any]) -> None:
    (parsed,) = SHOPIFY.parse(event_of(action="delete", data=None, **where), trusted=True)
    assert (parsed.event.name, bodies.who(parsed)) == ("customer_deleted", [("customer", "7100000001")])


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": "Product", "data": {"product": {"id": "gid://shopify/Product/1"}}},
        {"data": None},
        {"query_variables": None, "fields_changed": None, "data": {"customer": {"firstName": "Planted"}}},
        {"query_variables": 7, "fields_changed": {"updated": 7}, "data": []},
    ],
    ids=["another topic", "no query", "of nobody", "of other kinds"],
)
def test_an_event_that_tells_nothing_is_no_fact(changed: dict[str, Any]) -> None:
    assert list(SHOPIFY.parse(event_of(**changed), trusted=True)) == []


def test_a_webhook_without_a_time_happened_when_shopify_began_to_tell_it() -> None:
    body = {"token": "c-1", "line_items": []}
    headers = {"x-shopify-topic": "carts/update", "x-shopify-triggered-at": "2026-10-01T22:00:00Z"}
    told = [Request(headers, json.dumps(body).encode(), bodies.NOW + timedelta(hours=h), "main") for h in (0, 4)]
    (first,), (again,) = (SHOPIFY.parse(request, trusted=True) for request in told)
    assert first.event.occurred_at == datetime(2026, 10, 1, 22, tzinfo=UTC)
    assert first.key == again.key
