"""The limits within which a brand sends, as its owner writes them: hours, caps and rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from kairos.domain.budget import BUDGETS
from kairos.domain.cap import ANY, CLASSES, parse_per
from kairos.domain.condition import parse_condition
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.domain.localtime import WEEKDAYS, load_zone
from kairos.domain.open_hours import SEARCH_MAX, OpenHours
from kairos.domain.quiet_hours import Closing, Window, next_open

CHANNELS = ("email", "sms", "push", "web", "kakao", "webhook")
"""Every channel that limits may be written for; those that send are the files in `channels`."""

LIMITS = ("quiet_hours", "allowed", "spread", "caps", "week_starts", "rest")
TRANSACTIONAL = "transactional"
DOES = ("hold", "not_sent")
CAPS_MAX = 20
RESTS_MAX = 20
SENT_MAX = BUDGETS["sent"].most
"""How many messages one customer's item remembers: what all caps together may ask it to."""


def read_hours(document: Document) -> None:
    """Check quiet hours and allowed windows, and that each channel is open at some time of the week."""
    closed: dict[tuple[str, str], list[Closing]] = {}
    parses: dict[str, Callable[[Any], Closing]] = {"quiet_hours": Window.parse, "allowed": OpenHours.parse}
    for key, parse in parses.items():
        if not document.has(key):
            continue
        inner = document.inner(key)
        inner.only(*CHANNELS, TRANSACTIONAL)
        parts = [("marketing", inner)]
        if inner.has(TRANSACTIONAL):
            parts.append((TRANSACTIONAL, inner.inner(TRANSACTIONAL)))
            parts[1][1].only(*CHANNELS)
        for kind, part in parts:
            for channel in part.raw:
                if channel == TRANSACTIONAL:
                    continue
                closings = closed.setdefault((kind, channel), [])
                closings.append(part.read(channel, parse))
                if not _opens(closings, _zones(document)):
                    message = "over the brand's zones together this leaves no hour to send in"
                    raise BadDefinition((*part.path, channel), message)


def read_spread(document: Document) -> None:
    """Check over how long held messages go after an opening."""
    if document.has("spread"):
        document.duration("spread")


def read_caps(document: Document) -> None:
    """Check the caps, and that one customer's item can remember what they count."""
    if document.has("week_starts"):
        document.choice("week_starts", WEEKDAYS)
    if not document.has("caps"):
        return
    caps = document.items("caps")
    if len(caps) > CAPS_MAX:
        raise BadDefinition((*document.path, "caps"), f"expected at most {CAPS_MAX} caps")
    remembered = sum(_cap(Document(raw, path)) for raw, path in caps)
    if remembered > SENT_MAX:
        message = f"together they count up to {remembered} messages of a customer; {SENT_MAX} can be remembered"
        raise BadDefinition((*document.path, "caps"), message)


def _cap(cap: Document) -> int:
    cap.only("channel", "max", "per", "class")
    cap.choice("channel", (ANY, *CHANNELS))
    most = whole(cap, "max", 1, SENT_MAX)
    cap.read("per", parse_per)
    cap.choice("class", CLASSES, "marketing")
    return most


def read_rest(document: Document) -> None:
    """Check after what, for how long and where marketing rests."""
    if not document.has("rest"):
        return
    rests = document.items("rest")
    if len(rests) > RESTS_MAX:
        raise BadDefinition((*document.path, "rest"), f"expected at most {RESTS_MAX} rules")
    for raw, path in rests:
        rest = Document(raw, path)
        rest.only("after", "for", "channels", "do")
        after = rest.inner("after")
        after.only("event", "where")
        did = {"did": after.name("event"), "within": "1d"}
        parse_condition(did | ({"where": after.raw["where"]} if after.has("where") else {}), after.path)
        if not rest.duration("for"):
            raise BadDefinition((*path, "for"), "expected a span longer than nothing, such as 7d")
        for channel, place in rest.items("channels") if rest.has("channels") else ():
            if channel not in CHANNELS:
                raise BadDefinition(place, f"expected one of {', '.join(CHANNELS)}")
        rest.choice("do", DOES, "hold")


def whole(document: Document, key: str, least: int, most: int) -> int:
    """Return a whole number within bounds."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return document.read(key, parse, f"a whole number from {least} to {most}")


def _zones(document: Document) -> Sequence[Any]:
    """Return the zones as written. What is no list has a problem of its own, told where it stands."""
    zones = document.raw.get("zones")
    return zones if zones and isinstance(zones, list) else [document.raw.get("timezone")]


def _opens(closings: Sequence[Closing], zones: Sequence[Any]) -> bool:
    try:
        closed = [(closing, load_zone(zone)) for closing in closings for zone in zones]
    except ValueError:
        return True  # the zones' own problem is told where they stand
    return next_open(datetime(2026, 1, 1, tzinfo=UTC), closed, SEARCH_MAX) is not None
