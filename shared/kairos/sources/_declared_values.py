"""Where a declared source finds a value, and what kind of value it is.

A place is written as the keys from the body's root, joined by dots (`data.items.0.id`; a number counts in a list), or
as `{path: …}` or `{header: …}` with a `type`. A place that is not there is None, as a missing field is everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kairos.domain.document import Document, Path
from kairos.domain.errors import BadDefinition, BadInput
from kairos.domain.instant import YEAR_MAX, format_instant
from kairos.registry import Request
from kairos.sources import _person
from kairos.sources._shape import LIST_ITEMS_MAX, Object

PATH_FORM = re.compile(r"[^.\s]{1,64}(?:\.[^.\s]{1,64}){0,9}")
HEADER_FORM = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
TYPES = ("any", "text", "number", "flag", "id", "time", "date", "list")
TIMES = ("time", "seconds", "milliseconds")
VALUE_CHARS_MAX = 256
LIST_MAX = 50

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_MAX = int((datetime(YEAR_MAX, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and of what kind it is."""

    keys: tuple[str, ...] = ()
    header: str = ""
    type: str = "any"

    def find(self, body: Object, request: Request) -> tuple[Object, str]:
        """Return the object that holds the value, and its key there; an empty object where there is none."""
        if self.header:
            return Object({self.header: request.headers.get(self.header)}, "headers"), self.header
        here = body
        for key in self.keys[:-1]:
            value = here.raw.get(key)
            if isinstance(value, list):
                value = {str(index): one for index, one in enumerate(value[:LIST_ITEMS_MAX])}
            here = Object(value if isinstance(value, Mapping) else {}, here.at(key))
        return here, self.keys[-1]

    def value(self, body: Object, request: Request, zone: ZoneInfo | None = None) -> Any:
        """Return the value in plain JSON, or None. Raises BadInput naming the place for one of another kind."""
        holder, key = self.find(body, request)
        return _READERS[self.type](holder, key, zone)

    def instant(self, body: Object, request: Request, zone: ZoneInfo | None) -> datetime | None:
        """Return the instant at this place."""
        holder, key = self.find(body, request)
        if self.type == "seconds":
            return holder.seconds(key)
        return _milliseconds(holder, key) if self.type == "milliseconds" else holder.instant(key, zone)


def read_place(raw: object, path: Path, types: tuple[str, ...] = TYPES) -> Place:
    """Return the place that a definition writes; the first of `types` is meant where it names none."""
    if isinstance(raw, str):
        return Place(_keys(raw, path), type=types[0])
    document = Document(raw, path)
    document.only("path", "header", "type")
    kind = document.choice("type", types, types[0])
    if document.has("path") == document.has("header"):
        raise BadDefinition(path, "expected a path such as data.id, or one of path and header")
    if document.has("header"):
        return Place(header=read_header(document), type=kind)
    return Place(_keys(document.raw["path"], (*path, "path")), type=kind)


def read_header(document: Document) -> str:
    """Return the name under `header`, in lower case as requests have it."""
    name = document.text("header")
    if not HEADER_FORM.fullmatch(name):
        raise BadDefinition((*document.path, "header"), "expected the name of a header, such as X-Event-Type")
    return name.lower()


def _keys(raw: object, path: Path) -> tuple[str, ...]:
    if not isinstance(raw, str) or not PATH_FORM.fullmatch(raw):
        raise BadDefinition(path, "expected keys joined by dots, such as data.customer.id (at most 10)")
    return tuple(raw.split("."))


def _milliseconds(holder: Object, key: str) -> datetime | None:
    value = holder.raw.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MILLISECONDS_MAX:
        holder.fail(key, "whole milliseconds since 1970")
    return _EPOCH + timedelta(milliseconds=value)


def _text(holder: Object, key: str, zone: ZoneInfo | None) -> str | None:
    text = holder.text(key, VALUE_CHARS_MAX)
    return text if text and _person.is_impersonal(text) else None


def _time(holder: Object, key: str, zone: ZoneInfo | None) -> str | None:
    moment = holder.instant(key, zone)
    return format_instant(moment) if moment else None


def _list(holder: Object, key: str, zone: ZoneInfo | None) -> list[Any] | None:
    values = {str(index): one for index, one in enumerate(holder.items(key)[:LIST_MAX])}
    inner = Object(values, holder.at(key))
    found = [_any(inner, index, zone) for index, one in values.items() if isinstance(one, str | int | float)]
    return [one for one in found if one is not None] or None


def _any(holder: Object, key: str, zone: ZoneInfo | None) -> Any:
    """Return a flat value as it stands: what is nested is none of ours unless a place leads into it."""
    value = holder.raw.get(key)
    if isinstance(value, str):
        return _text(holder, key, zone)
    if isinstance(value, bool):
        return value
    return holder.amount(key) if isinstance(value, int | float) else None


def _personal(holder: Object, key: str, zone: ZoneInfo | None) -> str | None:
    """Return what goes to contacts, as text: nothing is too personal for it."""
    return holder.text(key) if isinstance(holder.raw.get(key), str) else holder.ident(key)


_READERS: Mapping[str, Callable[[Object, str, ZoneInfo | None], Any]] = {
    "any": _any,
    "text": _text,
    "number": lambda holder, key, zone: holder.amount(key),
    "flag": lambda holder, key, zone: holder.flag(key),
    "id": lambda holder, key, zone: holder.ident(key),
    "time": _time,
    "date": lambda holder, key, zone: _person.day(holder.text(key, 40)),
    "list": _list,
    "personal": _personal,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a body must say: a place that is one of some values, or that is there or not."""

    place: Place
    values: tuple[Any, ...] = ()
    exists: bool | None = None

    def holds(self, body: Object, request: Request) -> bool:
        """Return whether the body says it."""
        holder, key = self.place.find(body, request)
        value = holder.raw.get(key)
        if self.exists is not None:
            return (value is not None) == self.exists
        return not isinstance(value, list | Mapping) and any(_same(value, one) for one in self.values)


def _same(value: Any, wanted: Any) -> bool:
    # True is 1 in Python, and is not in JSON.
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def read_when(raw: object, path: Path) -> tuple[Condition, ...]:
    """Return the conditions of a `when`: one, or a list of which all must hold."""
    if isinstance(raw, list) and raw:
        return tuple(_read_condition(one, (*path, index)) for index, one in enumerate(raw))
    return (_read_condition(raw, path),)


def _read_condition(raw: object, path: Path) -> Condition:
    document = Document(raw, path)
    document.only("path", "header", "eq", "in", "exists")
    place = read_place({key: raw for key, raw in document.raw.items() if key in ("path", "header")}, path)
    given = [key for key in ("eq", "in", "exists") if key in document.raw]
    if len(given) != 1:
        raise BadDefinition(path, "expected one of eq, in and exists")
    if given == ["exists"]:
        return Condition(place, exists=document.flag("exists"))
    values = [document.raw["eq"]] if given == ["eq"] else [item for item, _ in document.items("in")]
    if not values or not all(isinstance(value, str | int | float) for value in values):
        raise BadDefinition((*path, given[0]), "expected a text, a number, true or false")
    return Condition(place, tuple(values))


def read_id(place: Place, body: Object, request: Request) -> str | None:
    """Return an id at a place. Raises BadInput where it is none."""
    holder, key = place.find(body, request)
    value = holder.ident(key)
    if value is not None and not value.isprintable():
        raise BadInput(holder.at(key), "an id of printable characters")
    return value
