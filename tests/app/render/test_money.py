"""Amounts as customers read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kairos.app.render.money import currency_of, write_money


@pytest.mark.parametrize(
    "value, currency, korean, english",
    [
        (12900, "KRW", "12,900원", "₩12,900"),
        ("12900.50", "KRW", "12,901원", "₩12,901"),  # won has no smaller unit
        (1234567.5, "USD", "$1,234,567.50", "$1,234,567.50"),
        ("1,290", "jpy", "1,290엔", "¥1,290"),
        (Decimal("-3"), "EUR", "-€3.00", "-€3.00"),
        (0.1 + 0.2, "EUR", "€0.30", "€0.30"),
        (5, "CHF", "5.00 CHF", "5.00 CHF"),
        (-5000, "KRW", "-5,000원", "-₩5,000"),
    ],
)
def test_an_amount_is_grouped_with_its_currencys_digits(value: Any, currency: str, korean: str, english: str) -> None:
    assert write_money(value, currency, "ko") == korean
    assert write_money(value, currency, "en") == english


@pytest.mark.parametrize("value", ["", "free", "1e400", "nan", "inf", True, [1], None, 10**15, "1" * 40])
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="no amount"):
        write_money(value, "KRW", "ko")


def test_a_brand_sells_in_its_own_currency_else_in_its_countrys() -> None:
    assert currency_of({"country": "KR"}) == "KRW"
    assert currency_of({"country": "DE"}) == "EUR"
    assert currency_of({"country": "KR", "currency": "USD"}) == "USD"
    assert currency_of({}) == "USD"
