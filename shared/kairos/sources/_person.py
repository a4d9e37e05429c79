"""What sources say of people, split in two: pseudonymous traits for the event, and contact fields that stay apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from kairos.domain.localtime import UnknownZone, load_zone
from kairos.registry import Contact, Named
from kairos.sources._shape import Object, present

NAME_CHARS_MAX = 200
TAGS_MAX = 30
TAG_CHARS_MAX = 64
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ADDRESS = re.compile(r"\S@\S+\.\S")


def zone(text: str | None) -> str | None:
    """Return an IANA zone name, or None for what is none: a wrong zone is worse than an unknown one."""
    try:
        return load_zone(text).key if text else None
    except UnknownZone:
        return None


def locale(text: str | None) -> str | None:
    """Return a language tag such as `ko`, `en-US`; None for anything else."""
    return text.replace("_", "-") if text and _LOCALE.fullmatch(text) else None


def country(text: str | None) -> str | None:
    """Return an ISO 3166 two-letter code in upper case; None for anything else."""
    return text.upper() if text and _COUNTRY.fullmatch(text) else None


def day(text: str | None) -> str | None:
    """Return the calendar date that a text begins with, as `YYYY-MM-DD`: the local one where there is an offset."""
    found = _DAY.match(text or "")
    try:
        return date.fromisoformat(found[0]).isoformat() if found else None
    except ValueError:
        return None


def tags(given: Object, key: str) -> list[str]:
    """Return the shop's tags, from a list or a comma-joined text; those that hold an e-mail address are left out."""
    value = given.raw.get(key)
    texts = value if isinstance(value, list) else (given.text(key, 4_000) or "").split(",")
    listed = given.beside({str(index): text for index, text in enumerate(texts[:TAGS_MAX])}, given.at(key))
    found = [listed.text(index, TAG_CHARS_MAX) for index in listed.raw]
    return [tag for tag in found if tag and is_impersonal(tag)]


def is_impersonal(text: str) -> bool:
    """Return whether a text holds nothing that looks like an e-mail address: a last net under every listed property."""
    return not _ADDRESS.search(text)


def names(verified: bool, **values: str | None) -> list[Named]:
    """Return who a source names, best first, in the order of the arguments: `customer`, `email`, `phone`, `cart` …"""
    return [Named(kind, value, verified) for kind, value in values.items() if value]


def profile_contact(fields: Mapping[str, Any]) -> list[Contact]:
    """Return the contact that belongs to the person themselves; none without a field."""
    return [Contact("profile", dict(fields))] if fields else []


def reach(fields: Mapping[str, Any]) -> dict[str, bool] | None:
    """Return which channels the fields of a contact open; `ingest` takes back what turns out to be no address."""
    channels = {"email": "email", "sms": "phone", "push": "push_token"}
    found = {channel: True for channel, field in channels.items() if fields.get(field)}
    return found or None


def person_fields(given: Object) -> dict[str, Any]:
    """Return the contact fields of an object that writes them as Shopify, Calendly and Segment do."""
    return present(
        email=given.text("email", 320),
        phone=given.text("phone", 64),
        first_name=given.text("first_name", NAME_CHARS_MAX),
        last_name=given.text("last_name", NAME_CHARS_MAX),
        name=given.text("name", NAME_CHARS_MAX),
    )


def merged(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the union of fields; the first that says something wins."""
    out: dict[str, Any] = {}
    for part in parts:
        out.update({key: value for key, value in part.items() if key not in out})
    return out
