"""What of a release is looked up rather than looked through: which event starts what, which entry anchors, what counts.

Where many journeys listen to one event, the index also says what each must have of its properties (`condition.guard`),
so that an event costs what it starts and not what is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kairos.app.definitions.references import find_behaviour
from kairos.app.publish.timed import asked_of_items, categories_asked, series_asked
from kairos.app.publish.tracked import index_segments
from kairos.domain.anchor import Anniversary, EntryAnchor, Prediction
from kairos.domain.condition import Did, any_of, guards_of, parse_condition
from kairos.domain.journey import EntryCap, Journey, Matcher

GUARDED_FROM = 8
"""Journeys that listen to one event, and predicates over one: to ask fewer costs less than to look them up."""


def index_of(
    journeys: Mapping[str, Journey], raw: Mapping[str, Mapping[str, Any]], segments: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the release's index over its live journeys: which event starts, which entry anchors, what is counted.

    `raw` are the live documents by id; predicates are found wherever a `did` stands in them or in a segment.
    """
    triggers: dict[str, list[str]] = {}
    endings: dict[str, list[str]] = {}
    anchors: dict[str, list[str]] = {}
    anniversaries: dict[str, list[str]] = {}
    shared: dict[str, list[str]] = {}
    follows: dict[str, list[str]] = {}
    predicted: list[str] = []
    counters: dict[str, dict[str, dict[str, Any]]] = {}
    for id, journey in sorted(journeys.items()):
        for matcher in journey.triggers:
            _append(triggers, matcher.event, id)
        for matcher in _endings(journey):
            _append(endings, matcher.event, id)
        if isinstance(journey.anchor, EntryAnchor):
            _append(anchors, journey.anchor.kind, id)
        elif isinstance(journey.anchor, Anniversary):
            _append(anniversaries, journey.anchor.trait, id)
        elif isinstance(journey.anchor, Prediction):
            predicted.append(id)
        elif journey.anchor:
            _append(shared, journey.anchor.key, id)
        for follow in journey.follows:
            _append(follows, follow.journey, id)
        if journey.entry_cap:
            entered = entries_counter(id)
            counters.setdefault(entered.event, {})[entered.key] = {
                "key": entered.key,
                "where": entries_where(id),
                "keep": entries_kept(journey.entry_cap),
            }
    for document in [*raw.values(), *segments.values()]:
        for did, where in find_behaviour(document):
            row = counters.setdefault(did.event, {}).setdefault(did.key, {"key": did.key, "where": where})
            row["keep"] = max(row.get("keep", 0), did.keep)
    tracked = index_segments(raw.values(), segments)
    remembered = asked_of_items([*raw.values(), *segments.values()])
    categories, recurring = categories_asked(raw.values()), series_asked(raw.values())
    guards = _guards(triggers, {id: journey.triggers for id, journey in journeys.items()})
    return {
        **({"segments": tracked} if tracked else {}),
        **({"timing": remembered} if remembered else {}),
        **({"categories": categories} if categories else {}),
        **({"recurring": recurring} if recurring else {}),
        "triggers": triggers,
        **({"guards": guards} if guards else {}),
        "endings": endings,
        "ends": _ends(journeys.values()),
        "anchors": anchors,
        "anniversaries": anniversaries,
        "shared": shared,
        **({"predicted": predicted} if predicted else {}),
        "follows": follows,
        "campaigns": [id for id, journey in sorted(journeys.items()) if journey.campaigns],
        "counters": {event: list(rows.values()) for event, rows in counters.items()},
    }


def _endings(journey: Journey) -> tuple[Matcher, ...]:
    return (*journey.exits, *journey.goal.matchers) if journey.goal else journey.exits


def _ends(journeys: Iterable[Journey]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for journey in journeys:
        for matcher in _endings(journey):
            key, subject = matcher.ending_key(journey.subject), matcher.subject or journey.subject
            row = {"key": key, "where": json.loads(matcher.written or "null"), "subject": subject}
            found.setdefault(matcher.event, {})[key] = row
    return {event: list(rows.values()) for event, rows in found.items()}


def _guards(
    listening: Mapping[str, Sequence[str]], matchers: Mapping[str, Sequence[Matcher]]
) -> dict[str, list[list[list[Any]] | None]]:
    """Return what each of those that listen to an event asks of its properties, where that rules anybody out."""
    found = {}
    for event, ids in listening.items():
        if len(ids) >= GUARDED_FROM:
            each = [any_of(guards_of(m.where) for m in matchers[id] if m.event == event) for id in ids]
            if any(guards is not None for guards in each):
                found[event] = [None if guards is None else list(map(list, guards)) for guards in each]
    return found


def entries_where(journey: str) -> dict[str, Any]:
    """Return what of all entries into journeys is an entry into this one."""
    return {"field": "journey", "eq": journey}


def entries_kept(cap: EntryCap) -> int:
    """Return how many entries are remembered for a cap: so many may be after a late one, and as many before it."""
    return 2 * cap.most


def entries_counter(journey: str) -> Did:
    """Return the predicate under which the entries into a journey are counted."""
    did = parse_condition({"did": "journey_entered", "where": entries_where(journey)})
    assert isinstance(did, Did)
    return did


def _append(index: dict[str, list[str]], key: str, id: str) -> None:
    if id not in index.setdefault(key, []):
        index[key].append(id)
