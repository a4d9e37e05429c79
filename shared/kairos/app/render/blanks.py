"""What may fill the blanks of a template, and where it comes from.

By name alone a blank takes what is nearest to the person: contact fields, then the trigger's properties, then traits.
`contact.`, `event.`, `entry.` and `traits.` say exactly which; `brand.`, `unsubscribe_url` and `confirm_url`
cannot be overridden.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kairos.app.products import Products, browsed, described, named_in
from kairos.app.render.local_time import Wall
from kairos.app.render.money import currency_of
from kairos.domain.offer import Coupon
from kairos.domain.profile import Entry, Message, Profile


def contact_refs(profile: Profile, message: Message) -> list[str]:
    """Return the refs under which contacts may hold what this message needs: the person, its subject, its entry.

    An entry rescheduled under a new id left contacts under its former ones; they come first, so that later ones win.
    """
    refs = ["profile"]
    if message.subject:
        refs.append(f"subject#{message.subject}")
    if entry := entry_of(profile, message):
        refs.extend(f"entry#{entry.kind}#{id}" for id in (*entry.former, entry.id))
    return refs


def fill_blanks(
    profile: Profile,
    message: Message,
    contacts: Mapping[str, Mapping[str, Any]],
    brand: Mapping[str, Any],
    unsubscribe_url: str | None,
    confirm_url: str | None = None,
    coupon: Coupon | None = None,
    products: Products | None = None,
) -> dict[str, Any]:
    """Return the variables of one message. `contacts` is what was fetched for `contact_refs`, by ref; `products` is
    asked for what the event names, where the template shows any. Raises Unavailable."""
    enrollment = profile.enrollments.get(message.enrollment)
    person = dict(contacts.get("profile", {}))
    event = {**(enrollment.properties if enrollment else {}), **contacts.get(f"subject#{message.subject}", {})}
    if products is not None and (named := named_in(event)):
        event = described(event, products.of(named))
    shown = browsed(profile, event, products) if products is not None else {}
    traits = dict(profile.traits)
    return {
        **traits,
        **event,
        **person,
        "contact": person,
        "event": event,
        "entry": _entry_blanks(entry_of(profile, message), contacts),
        "traits": traits,
        "brand": {"name": brand.get("name"), "sender": brand.get("sender") or {}},
        "unsubscribe_url": unsubscribe_url,
        "confirm_url": confirm_url,
        **({"products": shown} if shown else {}),
        **({"coupon": _coupon_blanks(coupon)} if coupon else {}),
    }


def _coupon_blanks(coupon: Coupon) -> dict[str, Any]:
    page = {"url": coupon.page} if coupon.page else {}
    return {"code": coupon.code, "ends_at": coupon.ends_at, "offer": coupon.offer, **page}


def language_of(brand: Mapping[str, Any]) -> str:
    """Return the language in which the brand writes: its own word, else Korean where its country is KR, or English."""
    return str(brand.get("language") or ("ko" if brand.get("country") == "KR" else "en"))


def language_for(profile: Profile, brand: Mapping[str, Any]) -> str:
    """Return the language that the customer reads: their trait `language`, else `locale`, else the brand's."""
    said = (profile.traits.get(name) for name in ("language", "locale"))
    return next((text for text in said if isinstance(text, str) and text.strip()), language_of(brand))


def moment_of(profile: Profile, message: Message) -> datetime | None:
    """Return when the dated thing is that the message stands around, if there is one."""
    enrollment = profile.enrollments.get(message.enrollment)
    if enrollment is not None and enrollment.anchor_at is not None:
        return enrollment.anchor_at
    entry = entry_of(profile, message)
    return entry.starts_at if entry else None


def wall_of(brand: Mapping[str, Any], zone: ZoneInfo, now: datetime, language: str | None = None) -> Wall:
    """Return the clock on the customer's wall, in the language of the text that is written (None: the brand's)."""
    return Wall(zone, (language or language_of(brand)).partition("-")[0], now, currency_of(brand))


def entry_of(profile: Profile, message: Message) -> Entry | None:
    """Return the entry that a message is about, or None."""
    enrollment = profile.enrollments.get(message.enrollment)
    return profile.entries.get(enrollment.entry) if enrollment and enrollment.entry else None


def _entry_blanks(entry: Entry | None, contacts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if entry is None:
        return {}
    blanks: dict[str, Any] = dict(entry.properties)
    for id in (*entry.former, entry.id):
        blanks.update(contacts.get(f"entry#{entry.kind}#{id}", {}))
    return {**blanks, "kind": entry.kind, "id": entry.id, "starts_at": entry.starts_at, "ends_at": entry.ends_at}
