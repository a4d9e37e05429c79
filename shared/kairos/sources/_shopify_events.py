"""Shopify's Events, the family of 2026: `topic` and `action` stand in the body, and `data` as the app's query asked.

A developer preview since May 2026 (shopify.dev, "Events delivery structure"); of its topics the customer is the one
that says something here. `data` has the shapes of the GraphQL Admin API, and only what the subscription's query names.
What it names is written as a customer webhook would have it, and read as one. A subscription without a query says that
something changed, which is nothing that could be told; whom a deletion was of stands in its variables or paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kairos.registry import Parsed, Request
from kairos.sources import _shopify_customer as customers
from kairos.sources._shape import Object, present

_GID = re.compile(r"gid://shopify/Customer/(\d{1,40})", re.ASCII)


def is_event(body: Object) -> bool:
    """Return whether a body is of this family: it says itself what it is about, and what was done to it."""
    return isinstance(body.raw.get("topic"), str) and isinstance(body.raw.get("action"), str)


def read_event(body: Object, request: Request) -> list[Parsed]:
    """Return what an event of a customer says; other topics return nothing."""
    if (body.text("topic", 64) or "").lower() != "customer":
        return []
    said = body.object("data").object("customer")
    id = next(_ids(body, said), None)
    if id is None:
        return []
    if (body.text("action", 32) or "").lower() == "delete":
        return customers.read_deleted(body.beside({"id": id}, "data.customer"), request)
    return customers.read_customer(_as_webhook(said, id), request) if said.raw else []


def _ids(body: Object, said: Object) -> Iterator[str]:
    """Yield the customer's number wherever it is said, best first."""
    paths = body.raw.get("fields_changed")
    # An object of three lists since September 2026, one list before.
    lists = paths.values() if isinstance(paths, dict) else [paths]
    texts = [said.ident("id"), body.object("query_variables").ident("customerId")]
    texts += [path for one in lists if isinstance(one, list) for path in one[:10] if isinstance(path, str)]
    for text in texts:
        if text and (found := _GID.search(text)):
            yield found[1]


def _as_webhook(said: Object, id: str) -> Object:
    """Return a customer of the GraphQL Admin API under the names and in the places that a webhook has them."""
    mail, phone = said.object("defaultEmailAddress"), said.object("defaultPhoneNumber")
    spent = said.object("amountSpent")
    raw: dict[str, Any] = present(
        email=said.text("email", 320) or mail.text("emailAddress", 320),
        phone=said.text("phone", 64) or phone.text("phoneNumber", 64),
        first_name=said.raw.get("firstName"),
        last_name=said.raw.get("lastName"),
        locale=said.raw.get("locale"),
        tags=said.raw.get("tags"),
        currency=spent.raw.get("currencyCode"),
        orders_count=said.raw.get("numberOfOrders"),
        total_spent=spent.raw.get("amount"),
        created_at=said.raw.get("createdAt"),
        updated_at=said.raw.get("updatedAt"),
        default_address=present(country_code=said.object("defaultAddress").raw.get("countryCodeV2")),
        email_marketing_consent=_consent(said.object("emailMarketingConsent"), mail),
        sms_marketing_consent=_consent(said.object("smsMarketingConsent"), phone),
    )
    if said.flag("verifiedEmail") is False:
        raw["verified_email"] = False
    return said.beside({**raw, "id": id}, said.path)


def _consent(said: Object, address: Object) -> dict[str, Any]:
    """Return a consent from where it was asked for: the field of its own, or (since 2025-04) the address."""
    level = said.text("marketingOptInLevel", 32) or address.text("marketingOptInLevel", 32)
    return present(
        state=said.text("marketingState", 32) or address.text("marketingState", 32),
        opt_in_level=level.lower() if level else None,
        consent_updated_at=said.raw.get("consentUpdatedAt") or address.raw.get("marketingUpdatedAt"),
    )
