"""An amount as customers read it: grouped, with the currency's own digits, in the language of the text.

Digits after the point are those of ISO 4217. Korean writes won and yen behind the number, as shops do (12,900원).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

DIGITS_MAX = 15

_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_SIGNS = {
    "KRW": "₩", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "TWD": "NT$", "HKD": "HK$",
    "SGD": "S$", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "INR": "₹", "THB": "฿", "VND": "₫", "PHP": "₱",
}  # fmt: skip
_KOREAN_UNITS = {"KRW": "원", "JPY": "엔", "CNY": "위안", "VND": "동"}
_EURO = "AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_OF_COUNTRY = {
    **dict.fromkeys(_EURO.split(), "EUR"),
    "KR": "KRW", "US": "USD", "GB": "GBP", "JP": "JPY", "CN": "CNY", "TW": "TWD", "HK": "HKD", "SG": "SGD",
    "AU": "AUD", "CA": "CAD", "NZ": "NZD", "IN": "INR", "TH": "THB", "VN": "VND", "PH": "PHP", "CH": "CHF",
    "SE": "SEK", "NO": "NOK", "DK": "DKK", "PL": "PLN", "CZ": "CZK", "MX": "MXN", "BR": "BRL",
}  # fmt: skip


def currency_of(brand: Mapping[str, Any]) -> str:
    """Return the currency in which the brand sells: its own word, else its country's, else US dollars."""
    return str(brand.get("currency") or _OF_COUNTRY.get(brand.get("country", ""), "USD"))


def write_money(value: Any, currency: str, language: str) -> str:
    """Return the amount in words of a customer: "12,900원", "$12.90", "-€3.00".

    `value` is a number or a text of one, `currency` an ISO 4217 code. Raises ValueError for what is no amount.
    """
    code = currency.upper()
    amount = _amount(value).quantize(Decimal(1) if code in _WITHOUT_CENTS else Decimal("0.01"), ROUND_HALF_UP)
    sign, number = "-" if amount < 0 else "", f"{abs(amount):,}"
    if language == "ko" and code in _KOREAN_UNITS:
        return f"{sign}{number}{_KOREAN_UNITS[code]}"
    return f"{sign}{_SIGNS[code]}{number}" if code in _SIGNS else f"{sign}{number} {code}"


def _amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("the value is no amount")
    try:
        amount = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount.adjusted() >= DIGITS_MAX:
        raise ValueError("the value is no amount")
    return amount
