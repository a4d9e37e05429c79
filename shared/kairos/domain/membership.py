"""Being in a segment, and the events that say when that changes.

A change is an event named after its segment, `segment_entered:vip` or `segment_left:vip`, so whatever hears, counts or
is indexed by events concerns itself with the segments it names and no others. No source can say such a name: theirs
have no colon.
"""

from __future__ import annotations

from kairos.domain.document import Document
from kairos.domain.ids import digest

SOURCE = "segment"
ON = ("entered", "left")
TRACKED_MAX = 100
"""Segments whose changes are heard: each may take a few bytes of every customer's item."""


def change_event(segment: str, on: str) -> str:
    """Return the name of the event that says of a segment that it was `entered` or `left`."""
    return f"segment_{on}:{segment}"


def changed_segment(event: str) -> str | None:
    """Return the segment that an event's name speaks of, or None."""
    kind, colon, segment = event.partition(":")
    return segment if colon and kind in ("segment_entered", "segment_left") else None


def membership_key(segment: str) -> str:
    """Return what a customer's item remembers a segment by: short, whatever its id."""
    return digest("segment", segment)[:6]


def only_event(document: Document, *beside: str) -> None:
    """Refuse keys outside the two forms of an event, and `beside` it. A change has no subject. Raises BadDefinition."""
    if "segment" in document.raw:
        document.only("segment", "on", *(key for key in beside if key != "subject"))
    else:
        document.only("event", *beside)


def read_event(document: Document) -> str:
    """Return the event that a mapping names: `event: E`, or a change, `segment: vip` and `on: entered`.

    Raises BadDefinition.
    """
    if "segment" not in document.raw:
        return document.name("event")
    return change_event(document.identifier("segment"), document.choice("on", ON))
