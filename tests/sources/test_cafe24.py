"""Cafe24: which of its fields become which of ours, and that none is believed unread."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from kairos.domain.errors import BadInput
from kairos.registry import Parsed
from tests.sources import bodies


def told(name: str, **fields: Any) -> list[Parsed]:
    """Return the facts of a body whose resource has other fields."""
    body = copy.deepcopy(bodies.body("cafe24", name))
    body["resource"].update(fields)
    return list(bodies.parse("cafe24", name, body))


def names(facts: list[Parsed]) -> list[str]:
    return [one.event.name for one in facts]


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("paid_order", "order_completed"),
        ("unpaid", "order_updated"),
        ("shipping_end", "order_delivered"),
        ("purchase_confirm", "order_confirmed"),
        ("cancel_order_request", "order_updated"),
        ("cancel_unpaid_order", "order_cancelled"),
        ("auto_order_cancel", "order_cancelled"),
        ("return_complete_refunded", "order_refunded"),
        ("return_order", "order_returned"),
        ("exchange_order", "order_exchanged"),
        ("old_order_delete", "order_deleted"),
        ("something_new", "order_updated"),
    ],
)
def test_the_code_says_what_happened_to_an_order(code: str, event: str) -> None:
    assert names(told("90024-shipping_start", event_code=code)) == [event]


def test_an_order_paid_on_the_spot_is_paid_in_the_event_that_places_it() -> None:
    assert names(told("90023-create_order")) == ["order_created", "order_completed"]
    assert names(told("90023-create_order", paid="F")) == ["order_created"]
    assert names(told("90023-create_order", paid="M")) == ["order_created"]


def test_a_claim_that_was_withdrawn_cancels_nothing() -> None:
    assert names(told("90026-cancel_order")) == ["order_cancelled"]
    assert names(told("90026-withdrawn")) == ["order_updated"]


def test_a_bulk_event_is_one_fact_for_each_order() -> None:
    joined = ",".join(f"20261001-{number:07}" for number in range(40))
    facts = told("90073-bulk_refund", order_id=joined)
    assert [one.event.properties["order_id"] for one in facts] == joined.split(",")
    assert len({one.key for one in facts}) == 40


@pytest.mark.parametrize("joined", ["bomi, haneul,  bada", "bomi,haneul,,bada,", " bomi ,haneul,bada,bomi"])
def test_members_are_split_at_commas_and_each_named_once(joined: str) -> None:
    facts = told("90147-withdrawal", member_id=joined)
    assert [bodies.who(one) for one in facts] == [[("customer", name)] for name in ("bomi", "haneul", "bada")]
    assert set(names(facts)) == {"customer_redacted"}


@pytest.mark.parametrize("joined", ["", " , ", ",".join("x" * 300 for _ in range(2)), ",".join(map(str, range(501)))])
def test_ids_beyond_reason_are_named(joined: str) -> None:
    with pytest.raises(BadInput) as caught:
        told("90147-withdrawal", member_id=joined)
    assert caught.value.field == "resource.member_id"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-10-02 09:59:00", datetime(2026, 10, 2, 0, 59, tzinfo=UTC)),
        ("2026-10-02T09:59:00+09:00", datetime(2026, 10, 2, 0, 59, tzinfo=UTC)),
        ("2026-10-02T00:59:00Z", datetime(2026, 10, 2, 0, 59, tzinfo=UTC)),
        ("0000-00-00", bodies.NOW),
        ("0000-00-00 00:00:00", bodies.NOW),
        ("", bodies.NOW),
        (None, bodies.NOW),
    ],
)
def test_a_time_without_an_offset_is_seouls_and_zeros_are_none(text: str | None, at: datetime) -> None:
    (parsed,) = told("90025-paid_order", payment_date=text)
    assert parsed.event.occurred_at == at


def test_a_ticked_box_is_a_consent_and_an_empty_one_takes_nothing_back() -> None:
    facts = told("90032-registered", sms="T", news_mail="T")
    assert [one.event.consent and one.event.consent.channel for one in facts] == [None, "email", "sms"]
    assert names(told("90032-registered", sms="F", news_mail="F")) == ["profile_updated"]
    assert names(told("90032-registered", sms=None, news_mail=1)) == ["profile_updated"]


def test_a_delivery_told_again_has_the_same_keys_and_another_one_has_not() -> None:
    def keys(trace: str) -> list[str]:
        from kairos.registry import load

        request = bodies.request("cafe24", "90023-create_order", None, {"x-trace-id": trace})
        return [one.key for one in load("sources", "cafe24").parse(request, trusted=False)]

    assert keys("0f9a2c") == keys("0f9a2c")
    assert not set(keys("0f9a2c")) & set(keys("1b"))


def test_an_order_of_a_guest_names_the_buyer() -> None:
    (parsed,) = told("90025-paid_order", member_id=None)
    assert [kind for kind, _ in bodies.who(parsed)] == ["email", "phone", "order"]


def test_points_and_grades_are_facts_of_the_member() -> None:
    (points,) = told("90148-points")
    assert points.event.properties == {"shop_no": "1", "points": 100, "balance": 1000}
    assert points.event.occurred_at == datetime(2026, 10, 2, 0, 54, 45, tzinfo=UTC)
    (grade,) = told("90144-grade")
    assert grade.event.traits == {"tier": "VIP"}


def test_a_cart_of_nobody_says_nothing() -> None:
    assert told("90084-cart", member_id="") == []
    assert names(told("90084-cart")) == ["product_added"]
