"""Which segments a release tracks, and what their membership depends on.

A segment is tracked where something waits for its changes: a trigger, exit, goal or step that names them, or an author
who says `track: true`. An event touches those segments that look at what it changed, and no others are evaluated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from kairos.app.definitions.references import named_segments, tracked_in
from kairos.domain.canonical import fingerprint
from kairos.domain.condition import (
    Condition,
    Did,
    EntryIs,
    FieldIs,
    Relative,
    Score,
    StageIs,
    TraitIs,
    parse_condition,
    walk,
)
from kairos.domain.ids import digest
from kairos.domain.membership import membership_key

EVERYTHING = "everything"
"""What has changed where two customers turn out to be one, and where one is new."""


class Segments(Mapping[str, Condition]):
    """The conditions of a bundle's segments, each read when it is first asked for."""

    def __init__(
        self,
        documents: Mapping[str, Mapping[str, Any]],
        learned: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        self._documents = documents
        self.met: dict[str, Condition] = {}
        """What was read so far, by id."""
        self._learned = learned

    def __getitem__(self, id: str) -> Condition:
        if id not in self.met:
            condition, numbers = parse_condition(self._documents[id]["where"]), self._learned.get(id)
            if isinstance(condition, Score) and numbers and numbers["print"] == condition.print:
                condition = condition.weighed(numbers["base"], numbers["adds"])
            self.met[id] = condition
        return self.met[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


class Tracked:
    """The tracked segments of one release. `print` names their definitions: another one asks for a recount."""

    def __init__(self, index: Mapping[str, Any]) -> None:
        self._index = index
        self.print: str = index.get("print", "")

    @property
    def ids(self) -> Iterable[str]:
        """Return every tracked segment."""
        ids: Iterable[str] = self._index.get("tracked", ())
        return ids

    @cached_property
    def by_key(self) -> dict[str, str]:
        """Return the tracked segments by what an item remembers them by."""
        return {membership_key(id): id for id in self.ids}

    def touched_by(self, changed: Collection[str]) -> list[str]:
        """Return the segments that look at anything of this, in order."""
        if not self.print:
            return []
        if EVERYTHING in changed:
            return list(self.ids)
        touches = self._index["touches"]
        touched = {id for what in changed for id in touches.get(what, ())}
        return sorted(touched | {id for id in self.ids if f"segment {id}" in changed})


def index_segments(documents: Iterable[Any], segments: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the index of what live and kept `documents`, and the segments themselves, ask to be tracked."""
    wanted = {id for document in (*documents, *segments.values()) for id in tracked_in(document)}
    wanted |= {id for id, segment in segments.items() if segment.get("track")}
    ids = sorted(wanted & segments.keys())
    touches: dict[str, list[str]] = {}
    for id in ids:
        for what in sorted(_looked_at(id, segments)):
            touches.setdefault(what, []).append(id)
    prints = [f"{id} {fingerprint({inner: segments[inner]['where'] for inner in _all_in(id, segments)})}" for id in ids]
    return {"tracked": ids, "touches": touches, "print": digest("tracked", *prints)[:8]} if ids else {}


def _all_in(id: str, segments: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a segment and all that it asks for."""
    found: set[str] = set()
    wanted = {id}
    while wanted:
        found.add(inner := wanted.pop())
        wanted |= (named_segments(segments[inner]["where"]) & segments.keys()) - found
    return sorted(found)


def _looked_at(id: str, segments: Mapping[str, Mapping[str, Any]]) -> set[str]:
    looked: set[str] = set()
    for inner in _all_in(id, segments):
        for part in walk(parse_condition(segments[inner]["where"])):
            if isinstance(part, Did):
                looked.add(f"event {part.event}")
            elif isinstance(part, EntryIs):
                looked.add(f"entry {part.kind}")
            elif isinstance(part, TraitIs):
                looked |= {f"trait {part.trait}", f"trait {part.trait.partition('.')[0]}"}
            elif isinstance(part, StageIs):
                looked |= {"stage", "trait timezone"}
            if isinstance(part, TraitIs | FieldIs) and isinstance(part.comparison, Relative):
                looked.add("trait timezone")  # a date begins on the customer's clock
    return looked


def used_segments(condition: Condition) -> set[str]:
    """Return the segments a condition names."""
    return {part.segment for part in walk(condition) if hasattr(part, "segment")}
