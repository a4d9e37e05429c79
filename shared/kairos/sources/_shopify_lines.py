"""Shopify's money and line items: exact decimals sent as text, and lines of which only the impersonal part is kept."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from kairos.sources import _person
from kairos.sources._items import basket
from kairos.sources._shape import Object, plain_number, present


def read_lines(body: Object) -> list[Object]:
    """Return the line items of a cart, checkout, order or fulfilment."""
    return list(body.objects("line_items"))


def trimmed(lines: Sequence[Object]) -> dict[str, Any]:
    """Return `items`, `item_count` and `quantity`: ids, quantity, price, category; never what is written on one."""
    return basket(lines, _item)


def _item(line: Object) -> dict[str, Any]:
    return present(
        product_id=line.ident("product_id"),
        variant_id=line.ident("variant_id"),
        sku=line.text("sku", 64),
        quantity=line.amount("quantity"),
        price=line.amount("price"),
        category=line.text("product_type", 64),
    )


def money(body: Object) -> dict[str, Any]:
    """Return the amounts and line items of a checkout or order."""
    lines = read_lines(body)
    return {
        "total": body.amount("total_price"),
        "subtotal": body.amount("subtotal_price"),
        "currency": body.text("currency", 3) or body.text("presentment_currency", 3),
        **trimmed(lines),
    }


def lines_total(lines: Sequence[Object]) -> int | float:
    """Return what the lines of a cart add up to."""
    total = Decimal(0)
    for line in lines:
        price = line.decimal("line_price")
        if price is None:
            price = (line.decimal("price") or Decimal(0)) * (line.decimal("quantity") or Decimal(0))
        total += price
    return plain_number(total)


def lines_currency(lines: Sequence[Object]) -> str | None:
    """Return the shop currency of the first line, where Shopify says it."""
    return lines[0].object("price_set").object("shop_money").text("currency_code", 3)


def codes(body: Object) -> list[str]:
    """Return the discount codes, without those that are made of an address."""
    codes = [one.text("code", 64) for one in body.objects("discount_codes")]
    return [code for code in codes if code and _person.is_impersonal(code)][:10]


def is_paid_back(transaction: Object) -> bool:
    """Return whether a transaction of a refund gave money back."""
    return transaction.text("kind", 32) == "refund" and transaction.text("status", 32) in (None, "success")
