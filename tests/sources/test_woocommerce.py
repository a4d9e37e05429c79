"""WooCommerce: which of its fields become which of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kairos.domain.errors import BadInput
from kairos.registry import Parsed, Request, load
from tests.sources import bodies

WOOCOMMERCE = load("sources", "woocommerce")


def told(name: str, *, later: timedelta = timedelta(), settings: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Return the facts of a body with other fields, arriving later."""
    request = bodies.request("woocommerce", name, bodies.body("woocommerce", name) | fields, **(settings or {}))
    return WOOCOMMERCE.parse(replace(request, received_at=request.received_at + later), trusted=True)


def happened(facts: list[Parsed]) -> dict[str, datetime]:
    return {one.event.name: one.event.occurred_at for one in facts}


def test_one_body_says_all_that_has_become_of_an_order() -> None:
    assert happened(told("order.updated")) == {
        "order_updated": datetime(2026, 10, 2, 1, tzinfo=UTC),
        "order_completed": datetime(2026, 10, 2, 0, 59, 30, tzinfo=UTC),
        "order_fulfilled": datetime(2026, 10, 2, 1, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("order.created", ["order_created", "order_completed"]),
        ("order.created-guest", ["order_created"]),
        ("order.updated-cancelled", ["order_updated", "order_cancelled"]),
        ("order.updated-refunded", ["order_updated", "order_refunded"]),
        ("order.updated-failed", ["order_updated", "order_payment_failed"]),
        ("order.updated-draft", []),
        ("order.restored", ["order_updated"]),
        ("order.deleted", ["order_deleted"]),
        ("customer.deleted", ["customer_deleted"]),
        ("action.woocommerce_order_status_completed", ["order_fulfilled"]),
        ("action.woocommerce_add_to_cart", []),
        ("product.updated", []),
    ],
)
def test_each_topic_and_status_becomes_the_words_of_shops(name: str, events: list[str]) -> None:
    assert list(happened(told(name))) == events


def test_a_lost_payment_is_told_by_a_later_body_under_the_same_key() -> None:
    keys = [
        {one.event.name: one.key for one in told("order.updated", later=timedelta(hours=hours))} for hours in (0, 71)
    ]
    assert keys[0]["order_completed"] == keys[1]["order_completed"] == "order:8801:order_completed"


def test_what_is_older_than_repeats_are_recognised_is_not_told_again() -> None:
    late = told("order.updated", later=timedelta(days=3), date_modified_gmt="2026-10-05T01:00:00")
    assert list(happened(late)) == ["order_updated"]
    assert WOOCOMMERCE.retry_horizon > timedelta(days=3)


def test_two_changes_of_an_order_are_two_facts() -> None:
    first, second = (
        told("order.restored", date_modified_gmt=at)[0] for at in ("2026-10-02T01:00:00", "2026-10-02T01:00:01")
    )
    assert first.key != second.key


def test_a_guest_is_whom_the_bill_names() -> None:
    guest, member = told("order.created-guest")[0], told("order.created")[0]
    assert bodies.who(guest) == [("email", "Planted.Person@Example.com"), ("order", "8802")]
    assert bodies.who(member)[0] == ("customer", "42")
    assert guest.event.reach == {"email": True}


def test_an_account_keeps_its_own_address_before_that_of_its_bill() -> None:
    (parsed,) = told("customer.updated", email="planted.account@example.com")
    assert bodies.contact(parsed)["email"] == "planted.account@example.com"


def test_times_of_the_site_are_read_only_where_its_zone_is_known() -> None:
    old: dict[str, Any] = dict.fromkeys(("date_modified_gmt", "date_created_gmt", "date_paid_gmt"))
    assert happened(told("order.restored", **old)) == {"order_updated": bodies.NOW}
    seoul = told("order.restored", settings={"timezone": "Asia/Seoul"}, **old)
    assert happened(seoul) == {"order_updated": datetime(2026, 10, 2, 1, tzinfo=UTC)}
    nowhere = told("order.restored", settings={"timezone": "Nowhere/None"}, **old)
    assert happened(nowhere) == {"order_updated": bodies.NOW}


def test_refunds_add_up_exactly() -> None:
    refunds = [{"id": 1, "total": "-0.10"}, {"id": 2, "total": "-0.20"}]
    assert told("order.updated-refunded", refunds=refunds)[0].event.properties["refunded"] == 0.3


def test_a_signed_order_under_the_topic_of_a_deletion_deletes_nothing() -> None:
    order = bodies.body("woocommerce", "order.updated")
    for topic in ("order.deleted", "customer.deleted"):
        request = Request({"x-wc-webhook-topic": topic}, json.dumps(order).encode(), bodies.NOW)
        assert list(WOOCOMMERCE.parse(request, trusted=True)) == []


def test_the_same_hook_twice_is_two_facts() -> None:
    name = "action.woocommerce_order_status_completed"
    first, second = (
        WOOCOMMERCE.parse(bodies.request("woocommerce", name, None, {"x-wc-webhook-delivery-id": id}), trusted=True)[0]
        for id in ("d-1", "d-2")
    )
    assert first.key != second.key


def test_a_body_without_its_topic_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        WOOCOMMERCE.parse(Request({}, b"{}", bodies.NOW), trusted=True)
    assert caught.value.field == "headers.x-wc-webhook-topic"


def test_codes_that_are_addresses_and_links_that_are_none_stay_out() -> None:
    created = told("order.created", payment_url="javascript:alert(1)")[0]
    assert created.event.properties["discount_codes"] == ["spring10"]
    assert bodies.contact(created, "subject#8801") == {}


def test_a_body_of_the_legacy_api_says_what_todays_does() -> None:
    today, legacy = (told(name)[0] for name in ("order.updated", "order.updated-legacy"))
    same = ("order_id", "status", "total", "discount", "currency", "item_count", "quantity", "payment_method")
    assert {name: legacy.event.properties[name] for name in same} == {
        name: today.event.properties[name] for name in same
    }
    assert bodies.who(legacy) == bodies.who(today)
    assert bodies.contact(legacy) == bodies.contact(today)
    assert happened(told("order.updated-legacy")) == {
        "order_updated": datetime(2026, 10, 2, 1, tzinfo=UTC),
        "order_completed": datetime(2026, 10, 2, 0, 50, tzinfo=UTC),
        "order_fulfilled": datetime(2026, 10, 2, 1, tzinfo=UTC),
    }


def test_a_legacy_order_that_is_not_paid_or_not_done_says_so() -> None:
    order = bodies.body("woocommerce", "order.updated-legacy")["order"]
    waiting = order | {"status": "on-hold", "completed_at": "1970-01-01T00:00:00Z", "payment_details": {"paid": False}}
    assert set(happened(told("order.updated-legacy", order=waiting))) == {"order_updated"}


def test_a_legacy_order_that_was_paid_long_ago_is_not_paid_again_by_every_change() -> None:
    order = bodies.body("woocommerce", "order.updated-legacy")["order"]
    late = order | {"updated_at": "2026-10-12T01:00:00Z", "status": "processing"}
    assert set(happened(told("order.updated-legacy", order=late, later=timedelta(days=10)))) == {"order_updated"}


@pytest.mark.parametrize("inner", [None, 7, [], {}, {"id": None}])
def test_a_legacy_order_without_an_id_is_refused_by_that_name(inner: Any) -> None:
    with pytest.raises(BadInput) as refused:
        told("order.updated-legacy", order=inner)
    assert refused.value.field.rpartition(".")[2] == "id"


def test_a_legacy_order_of_other_kinds_is_what_is_left_of_it() -> None:
    odd = {"id": 1, "payment_details": 7, "created_at": 7, "billing_address": [], "line_items": "x"}
    assert set(happened(told("order.updated-legacy", order=odd))) == {"order_updated"}
