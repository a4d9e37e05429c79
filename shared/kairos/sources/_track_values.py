"""Listed properties and traits of tracked calls, in our names; everything that is not listed is never copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from kairos.domain.errors import BadInput
from kairos.registry import Request
from kairos.sources import _person
from kairos.sources._shape import Object, present
from kairos.sources._track_names import ANY, BEHAVIOUR, ENTRY, TRUSTED

ITEMS_MAX = 100
VALUES_MAX = 50
VALUE_CHARS_MAX = 256

_AMOUNTS = frozenset(
    (
        "price",
        "quantity",
        "total",
        "subtotal",
        "value",
        "revenue",
        "tax",
        "shipping",
        "discount",
        "position",
        "count",
    )
)


def listed_properties(call: Object, kind: str, name: str, more: Sequence[str]) -> dict[str, Any]:
    """Return the listed properties of a call; `more` are those that the owner lists."""
    given = call.object("properties")
    names = [*_listed(name), *more]
    out = {one: value for one in names if one in given.raw and (value := _value(given, one)) is not None}
    if kind in ("page", "screen"):
        out = {**out, **_page(call, given)}
    if kind == "group":
        out = {**out, **present(group_id=call.ident("groupId") or call.ident("group_id"))}
    if "items" in names and (items := _items(given)):
        out = {**out, **items}
    return out


def entry_properties(entry: Object, more: Sequence[str]) -> dict[str, Any]:
    """Return the listed properties of an entry: what a journey branches on, not what a template tells the person."""
    given = entry.object("properties")
    return {one: value for one in (*ENTRY, *more) if (value := _value(given, one)) is not None}


def more_properties(request: Request, name: str) -> list[str]:
    """Return the properties that the owner lists for an event, and for any event, in the connection's settings."""
    more = request.settings.get("properties")
    if not isinstance(more, Mapping):
        return []
    return [one for key in (name, "*") for one in more.get(key, ()) if isinstance(one, str)]


def listed_traits(said: Object, context: Object, names: Sequence[str]) -> dict[str, Any]:
    """Return the listed traits, checked where they have a form; an explicit null takes a trait back."""
    out: dict[str, Any] = {}
    for name in names if said.raw else ():
        if said.has(name) and said.raw[name] is None:
            out[name] = None
        elif name in _FORMS:
            out |= present(**{name: _FORMS[name](said, name)})
        elif (value := _value(said, name)) is not None:
            out[name] = value
    if not context.raw:
        return out
    zone, locale = _person.zone(context.text("timezone", 64)), _person.locale(context.text("locale", 35))
    return _person.merged([out, present(timezone=zone, locale=locale)])


def _listed(name: str) -> Sequence[str]:
    return BEHAVIOUR.get(name) or TRUSTED.get(name) or ANY


def _value(given: Object, name: str) -> Any:
    """Return a flat value: a number, true or false, a short text without an address in it, or a list of such."""
    value = given.raw.get(name)
    if value is None or isinstance(value, bool):
        return value
    if name in _AMOUNTS or (isinstance(value, int | float)):
        return given.amount(name)
    if isinstance(value, str):
        text = given.text(name, VALUE_CHARS_MAX)
        return text if text and _person.is_impersonal(text) else None
    if isinstance(value, list):
        listed = Object(
            {str(index): one for index, one in enumerate(value[:VALUES_MAX])},
            given.at(name),
        )
        flat = [_value(listed, index) for index, one in listed.raw.items() if isinstance(one, str | int | float)]
        return [one for one in flat if one is not None] or None
    return None


def _page(call: Object, given: Object) -> dict[str, Any]:
    context = call.object("context")
    url = given.text("url") or given.text("path") or context.object("page").text("path")
    campaign = context.object("campaign")
    return present(
        name=_impersonal(call.text("name", VALUE_CHARS_MAX)),
        category=_impersonal(call.text("category", VALUE_CHARS_MAX)),
        path=_path(url),
        campaign_name=_impersonal(campaign.text("name", VALUE_CHARS_MAX)),
        campaign_source=_impersonal(campaign.text("source", VALUE_CHARS_MAX)),
        campaign_medium=_impersonal(campaign.text("medium", VALUE_CHARS_MAX)),
    )


def _path(url: str | None) -> str | None:
    try:
        path = urlsplit(url or "").path[:VALUE_CHARS_MAX]
    except ValueError:
        return None
    return _impersonal(path) or None


def _impersonal(text: str | None) -> str | None:
    return text if text and _person.is_impersonal(text) else None


def _items(given: Object) -> dict[str, Any]:
    lines = list(given.objects("products")) or list(given.objects("items"))
    if not lines:
        return {}
    return {
        "items": [_item(line) for line in lines[:ITEMS_MAX]],
        "item_count": len(lines),
    }


def _item(line: Object) -> dict[str, Any]:
    return present(
        product_id=line.ident("product_id") or line.ident("id"),
        variant_id=line.ident("variant_id"),
        sku=line.text("sku", 64),
        quantity=line.amount("quantity"),
        price=line.amount("price"),
        category=line.text("category", 64),
    )


def _country(said: Object, name: str) -> str | None:
    direct = _person.country(said.text(name, 64))
    return direct or _person.country(_address(said).text("country", 64))


def _address(said: Object) -> Object:
    try:
        return said.object("address")
    except BadInput:  # some senders write the address as one text
        return Object({}, said.at("address"))


_FORMS: Mapping[str, Callable[[Object, str], Any]] = {
    "timezone": lambda said, name: _person.zone(said.text(name, 64)),
    "locale": lambda said, name: _person.locale(said.text(name, 35)),
    "language": lambda said, name: _person.locale(said.text(name, 35)),
    "country": _country,
    "birthday": lambda said, name: _person.day(said.text(name, 40)),
    "customer_since": lambda said, name: _person.day(said.text(name, 40)),
    "tags": lambda said, name: _person.tags(said, name) or None,
}
