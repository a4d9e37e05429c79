"""Definitions that lead to each other in a circle: told where the circle closes.

Segments may not ask each other, nor journeys enter or partials call each other, in a circle at all. Journeys that start
after one another may come around, as long as something ends it: a `reenter` that says never (as when left out) or after
how long, or a cap on entries. A circle in which every journey may always be entered again would write for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kairos.app.definitions.references import find_cycle, find_mappings, named_journeys, named_segments
from kairos.app.render.render import partials_of
from kairos.domain.document import Path

Circle = tuple[str, Path, str]
"""Which definition, where in it, and what is wrong."""


def circles_of_segments(segments: Mapping[str, Any]) -> Iterator[Circle]:
    """Yield a circle of segments, given as documents by id, where there is one."""
    if cycle := find_cycle(segments, named_segments):
        path = _place(segments[cycle[0]], "segment", cycle[1])
        yield cycle[0], path, f"segments ask each other in a circle: {' → '.join(cycle)}"


def circles_of_journeys(journeys: Mapping[str, Any]) -> Iterator[Circle]:
    """Yield a circle of journeys, given as documents by id, where there is one that nothing ends."""
    if cycle := find_cycle(journeys, named_journeys):
        path = _place(journeys[cycle[0]], "enter", cycle[1])
        yield cycle[0], path, f"journeys enter each other in a circle: {' → '.join(cycle)}"
        return
    endless = {id: document for id, document in journeys.items() if _is_endless(document)}
    if cycle := find_cycle(endless, _led_by(endless)):
        message = f"journeys start each other in a circle without end: {' ← '.join(cycle)}; "
        yield cycle[0], ("reenter",), message + "let one of them say reenter: {after: …}, or entries"


def circles_of_partials(templates: Mapping[str, Any]) -> Iterator[Circle]:
    """Yield a circle of partials that call each other, given as documents by id, where there is one."""
    if cycle := find_cycle(templates, lambda document: set(partials_of(document))):
        yield cycle[0], ("partial",), f"partials call each other in a circle: {' → '.join(cycle)}"


def _is_endless(journey: Mapping[str, Any]) -> bool:
    return journey.get("reenter") == "always" and "entries" not in journey


def _led_by(journeys: Mapping[str, Any]) -> Callable[[Any], set[str]]:
    """Return what tells which journeys a journey is started by, whether it follows them or they enter it."""
    entered_by: dict[str, set[str]] = {}
    for id, document in journeys.items():
        for other in named_journeys(document):
            entered_by.setdefault(other, set()).add(id)

    def led_by(document: Mapping[str, Any]) -> set[str]:
        follows = find_mappings(document.get("trigger"), "journey")
        followed = {found["journey"] for _, found in follows if "on" in found and isinstance(found["journey"], str)}
        return followed | entered_by.get(document["id"], set())

    return led_by


def _place(document: Any, key: str, named: str) -> Path:
    path = next(path for path, found in find_mappings(document, key) if found[key] == named)
    return (*path, key)
