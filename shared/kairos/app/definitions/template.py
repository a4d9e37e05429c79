"""A template as its author writes it: for each channel the parts that it renders, texts with blanks.

Channels stand in order of preference. JSON and DynamoDB keep no order of keys, so `channels` says it where it matters;
`in_order` writes it down before a document leaves the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos import registry
from kairos.app.definitions.compile import Problems
from kairos.app.render.render import HEADER_PARTS, check
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition
from kairos.registry import Channel

OWN_KEYS = ("id", "name", "description", "channels", "advertising")
PART_CHARACTERS_MAX = 200_000


def check_template(raw: object) -> list[BadDefinition]:
    """Return every problem of a template document, its Liquid included."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return problems.found
    known = registry.names("channels")
    problems.gather(lambda: document.only(*OWN_KEYS, *known), None)
    if document.has("id"):
        problems.gather(lambda: document.identifier("id"), "")
    problems.gather(lambda: document.flag("advertising", True), True)
    there = [channel for channel in document.raw if channel in known]
    if not there:
        problems.found.append(BadDefinition(document.path, f"expected text for a channel: one of {', '.join(known)}"))
    for channel in there:
        problems.gather(lambda c=channel: _check_channel(document, c, problems), None)  # type: ignore[misc]
    problems.gather(lambda: _check_order(document, there), None)
    return problems.found + _liquid(document, there)


def channels_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the channels of a template in order of preference: as `channels` says, else as they are written."""
    known = registry.names("channels")
    there = [channel for channel in document if channel in known]
    stated = document.get("channels")
    return tuple(stated) if isinstance(stated, list | tuple) and sorted(stated) == sorted(there) else tuple(there)


def in_order(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with its order of preference written down, where there is a choice."""
    order = channels_of(document)
    return {**document, "channels": list(order)} if len(order) > 1 else dict(document)


def bodies_of(channel: Channel) -> list[str]:
    """Return the parts of which a message has at least one: those that are no header line."""
    return [part for part in channel.parts if part not in HEADER_PARTS]


def _check_channel(document: Document, channel: str, problems: Problems) -> None:
    plug_in = registry.load("channels", channel)
    parts = document.inner(channel)
    problems.gather(lambda: parts.only(*plug_in.parts), None)
    for part, allowed in plug_in.choices.items():
        if parts.has(part):
            problems.gather(lambda p=part, words=allowed: parts.choice(p, words), None)  # type: ignore[misc]
    for part in plug_in.required:
        problems.gather(lambda p=part: parts.text(p), None)  # type: ignore[misc]
    bodies = bodies_of(plug_in)
    if not any(parts.has(body) for body in bodies):
        problems.found.append(BadDefinition(parts.path, f"expected something to read: {' or '.join(bodies)}"))
    for part in parts.raw:
        if part in plug_in.parts:
            problems.gather(lambda p=part: _check_part(parts, p), None)  # type: ignore[misc]


def _check_part(parts: Document, part: str) -> None:
    if len(parts.text(part)) > PART_CHARACTERS_MAX:
        raise BadDefinition((*parts.path, part), f"expected at most {PART_CHARACTERS_MAX} characters")


def _liquid(document: Document, there: list[str]) -> list[BadDefinition]:
    texts = {channel: _texts(document.raw[channel]) for channel in there}
    return [
        BadDefinition((found.channel, found.part), f"line {found.line} of the text: {found.problem}")
        for found in check(texts)
    ]


def _texts(parts: Any) -> dict[str, str]:
    texts = parts.items() if isinstance(parts, Mapping) else ()
    return {part: text for part, text in texts if isinstance(text, str) and len(text) <= PART_CHARACTERS_MAX}


def _check_order(document: Document, there: list[str]) -> None:
    if not document.has("channels"):
        return
    stated = [item for item, _ in document.items("channels")]
    if any(not isinstance(item, str) for item in stated) or sorted(stated) != sorted(there):
        raise BadDefinition((*document.path, "channels"), f"expected each of {', '.join(there)} once, best first")
