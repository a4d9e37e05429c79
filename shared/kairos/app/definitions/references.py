"""Where a definition names another: each `send` names a template, each `{segment: …}` a segment.

They are found wherever they stand, with their path. What an author compares with or writes into traits is data, however
much it may look like a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kairos.domain.condition import OPERATORS, Did, as_behaviour, parse_condition
from kairos.domain.document import Path
from kairos.domain.errors import BadDefinition
from kairos.domain.membership import changed_segment

_DATA = frozenset((*OPERATORS, "update", "keep"))


def find_mappings(node: Any, key: str, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every mapping below `node` (itself included) that has `key`, with its path."""
    waiting = [(path, node)]  # a stack of our own: a hostile document may be deeper than Python's
    while waiting:
        path, node = waiting.pop()
        children: list[tuple[Path, Any]] = []
        if isinstance(node, Mapping):
            if key in node:
                yield path, node
            children = [((*path, name), value) for name, value in node.items() if name not in _DATA]
        elif isinstance(node, list | tuple):
            children = [((*path, index), value) for index, value in enumerate(node)]
        waiting += reversed(children)


def find_behaviour(document: Any) -> Iterator[tuple[Did, Any]]:
    """Yield every predicate of a valid document that is counted, with what it asks of the counted event as written."""
    for key in ("did", "journey", "message"):
        for _, found in find_mappings(document, key):
            try:
                did = parse_condition(found)
            except BadDefinition:
                continue  # a trigger or step that names a journey or message is no condition
            if isinstance(did, Did):
                yield did, (found if key == "did" else as_behaviour(found)).get("where")


def named_in_conditions(document: Any, key: str) -> Iterator[tuple[Path, str]]:
    """Yield where conditions name a journey (`key` journey) or a template (`key` message), and which."""
    for path, found in find_mappings(document, key):
        if isinstance(found[key], str) and set(found) <= {key, "was", "times", "within"}:
            yield path, found[key]


def named_templates(document: Any) -> set[str]:
    """Return the templates that a journey sends."""
    return {step["send"] for _, step in find_mappings(document, "send") if isinstance(step["send"], str)}


def named_segments(document: Any) -> set[str]:
    """Return the segments that a journey or segment asks for."""
    found = [condition["segment"] for _, condition in find_mappings(document, "segment")]
    listed = [id for one in found for id in (one if isinstance(one, list | tuple) else [one])]
    return {id for id in listed if isinstance(id, str)}


def tracked_in(document: Any) -> set[str]:
    """Return the segments whose changes a journey or condition hears of or counts."""
    changes = find_mappings(document, "segment")
    found = {change["segment"] for _, change in changes if "on" in change and isinstance(change["segment"], str)}
    for key in ("event", "did"):
        names = (named[key] for _, named in find_mappings(document, key) if isinstance(named[key], str))
        found |= {segment for name in names if (segment := changed_segment(name)) is not None}
    return found


def named_journeys(document: Any) -> set[str]:
    """Return the journeys that a journey enters."""
    return {step["enter"] for _, step in find_mappings(document, "enter") if isinstance(step["enter"], str)}


def find_cycle(documents: Mapping[str, Any], named: Callable[[Any], set[str]] = named_segments) -> list[str] | None:
    """Return documents that name each other in a circle, the first one repeated at the end, or None."""
    finished: set[str] = set()
    for start in sorted(documents):
        trail: list[str] = []
        ways = [iter([start])]
        while ways:
            id = next(ways[-1], None)
            if id is None:
                ways.pop()
                if trail:
                    finished.add(trail.pop())
            elif id in trail:
                return [*trail[trail.index(id) :], id]
            elif id in documents and id not in finished:
                trail.append(id)
                ways.append(iter(sorted(named(documents[id]))))
    return None
