"""Walks, written whole on condition of a revision."""

from __future__ import annotations

from dataclasses import replace

from kairos.domain.errors import AlreadyDone, VersionConflict
from kairos.domain.walk import Walk


class MemoryWalks:
    """Walks."""

    def __init__(self) -> None:
        self.rows: dict[str, Walk] = {}

    def add(self, walk: Walk) -> None:
        if walk.id in self.rows:
            raise AlreadyDone(f"walk {walk.id} is there")
        self.rows[walk.id] = walk

    def read(self, id: str) -> Walk | None:
        return self.rows.get(id)

    def save(self, walk: Walk) -> Walk:
        stored = self.rows.get(walk.id)
        if stored is None or stored.revision != walk.revision:
            raise VersionConflict(f"walk {walk.id}")
        self.rows[walk.id] = replace(walk, revision=walk.revision + 1)
        return self.rows[walk.id]

    def all(self) -> list[Walk]:
        return [self.rows[id] for id in sorted(self.rows, reverse=True)]

    def remove(self, id: str) -> None:
        self.rows.pop(id, None)
