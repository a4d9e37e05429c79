"""WooCommerce's bodies of the API before WordPress's own ("Legacy API v3"): written as today's, and read as those.

A webhook that was made before 3.0, or with that version chosen, sends `{"order": {…}}` and `{"customer": {…}}` with
other names and all times in UTC (woocommerce.github.io/woocommerce-rest-api-docs/v3.html). The Legacy API is a plugin
since WooCommerce 9; old shops keep it. What is deleted is told by its id alone, as it is today.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.sources._shape import Object, present

_SAME = ("id", "status", "currency", "total", "customer_id", "line_items", "coupon_lines", "created_via")
_PERSON = ("id", "email", "first_name", "last_name", "orders_count", "total_spent")


def modern(body: Object) -> Object:
    """Return a body of the legacy form under today's names; any other as it is."""
    for kind in ("order", "customer"):
        inner = body.raw.get(kind)
        if isinstance(inner, Mapping) and "id" not in body.raw:
            said = body.object(kind)
            return said.beside(_order(said) if kind == "order" else _customer(said), kind)
    return body


def _order(said: Object) -> dict[str, Any]:
    payment, created_at = said.object("payment_details"), said.raw.get("created_at")
    return {
        **_kept(said, _SAME),
        **_times(date_created=created_at, date_modified=said.raw.get("updated_at")),
        # It says whether it was paid and not when. By the time it was placed it is told once, and never again later.
        **_times(date_paid=created_at if payment.flag("paid") else None, date_completed=said.raw.get("completed_at")),
        "billing": said.raw.get("billing_address"),
        "discount_total": said.raw.get("total_discount"),
        "payment_method": payment.raw.get("method_id"),
    }


def _customer(said: Object) -> dict[str, Any]:
    return {
        **_kept(said, _PERSON),
        **_times(date_created=said.raw.get("created_at"), date_modified=said.raw.get("last_update")),
        "billing": said.raw.get("billing_address"),
    }


def _kept(said: Object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: said.raw[name] for name in names if name in said.raw}


def _times(**moments: Any) -> dict[str, Any]:
    """Return times under the names that say that they are UTC; 1970 is how it says that there is none."""
    told = {f"{name}_gmt": at for name, at in moments.items() if isinstance(at, str) and at[:4] > "1970"}
    return present(**told)
