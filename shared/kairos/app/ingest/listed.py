"""What may enter an event: listed properties, nothing that looks like an address, at most 32 kB (DESIGN 2 and 6)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kairos.domain.event import EVENT_BYTES_MAX, Event, event_size
from kairos.registry import Source
from kairos.sources._person import is_impersonal

TRUNCATED = "truncated"
_ESCAPED = 6  # bytes: the longest that JSON writes one character in
_FRAME = 400  # the names of all fields, two instants and a number of seconds
_LARGE = 1 << 40


def listed(source: Source, event: Event, settings: Mapping[str, Any], /, **known: Any) -> Event:
    """Return the event with what its source, or the owner for this connection, lists; "*" stands for any event.

    `known` is what else is to be said in it: fields of the event as they are to be.
    """
    names = set(source.properties.get(event.name, source.properties.get("*", ())))
    more = settings.get("properties")
    if isinstance(more, Mapping):
        names.update(name for key in (event.name, "*") for name in more.get(key, ()) if isinstance(name, str))
    kept = {name: value for name, value in event.properties.items() if name in names and _is_plain(value)}
    entry = event.entry
    if entry is not None:
        plain = {name: value for name, value in entry.properties.items() if _is_plain(value)}
        # A sender who makes ids of addresses tells whose the entry is wherever its id goes: it is not kept.
        named = _is_plain([entry.id, entry.replaces or "", entry.moved_to or ""])
        entry = replace(entry, properties=plain) if named else None
    traits = event.traits and {name: value for name, value in event.traits.items() if _is_plain(value)}
    return replace(event, properties=kept, entry=entry, traits=traits, **known)


def cut(event: Event, most: int = EVENT_BYTES_MAX) -> Event:
    """Return the event in at most `most` bytes: its largest properties go first, then its entry's, then its traits.

    What was cut says so by the property `truncated`. Ids, times and facts always fit: sources bound each of them.
    """
    if _at_most(event) <= most:  # as nearly every event is, and to measure it exactly means to write it down
        return event
    while event_size(event) > most:
        smaller = _cut_once(event)
        if smaller is None:
            return event
        event = replace(smaller, properties={**smaller.properties, TRUNCATED: True})
    return event


def _at_most(event: Event) -> int:
    """Return what the event cannot be larger than, in bytes; for an event with parts that are not looked at, a number
    beyond any limit."""
    if event.entry is not None or event.consent is not None:
        return _LARGE
    named = (event.id, event.name, event.profile, event.source, event.connection, event.correlation, event.message)
    texts = sum(len(text) for text in named if text)
    return (
        _FRAME
        + _ESCAPED * texts
        + _value_at_most(event.properties)
        + _value_at_most(event.traits)
        + _value_at_most(event.reach)
    )


def _value_at_most(value: Any) -> int:
    if isinstance(value, str):
        return _ESCAPED * len(value) + 3
    if value is None or isinstance(value, bool | float):
        return 26
    if isinstance(value, int):
        return value.bit_length() // 3 + 4
    if isinstance(value, Mapping):
        return 3 + sum(_ESCAPED * len(str(name)) + 4 + _value_at_most(one) for name, one in value.items())
    if isinstance(value, list | tuple):
        return 3 + sum(map(_value_at_most, value))
    return _LARGE


def _cut_once(event: Event) -> Event | None:
    entry, traits = event.entry, event.traits or {}
    properties = {name: value for name, value in event.properties.items() if name != TRUNCATED}
    if properties:
        return replace(event, properties=_without_largest(properties))
    if entry is not None and entry.properties:
        return replace(event, entry=replace(entry, properties=_without_largest(entry.properties)))
    return replace(event, traits=_without_largest(traits)) if traits else None


def _without_largest(values: Mapping[str, Any]) -> dict[str, Any]:
    largest = max(values, key=lambda name: (len(json.dumps(values[name], ensure_ascii=False)), name))
    return {name: value for name, value in values.items() if name != largest}


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return is_impersonal(value)
    if isinstance(value, Mapping):
        return all(map(_is_plain, value.values()))
    if isinstance(value, Sequence):
        return all(map(_is_plain, value))
    return True
