"""When connections were last heard of, written on condition of a revision."""

from __future__ import annotations

from dataclasses import replace

from kairos.app.heard import Heard
from kairos.domain.errors import VersionConflict


class MemoryHeardOf:
    """HeardOf."""

    def __init__(self) -> None:
        self.rows: dict[str, Heard] = {}

    def read(self, source: str, connection: str) -> Heard:
        blank = Heard(source, connection)
        return self.rows.get(blank.key, blank)

    def save(self, heard: Heard) -> Heard:
        if self.read(heard.source, heard.connection).revision != heard.revision:
            raise VersionConflict(f"what was heard of {heard.key}")
        self.rows[heard.key] = replace(heard, revision=heard.revision + 1)
        return self.rows[heard.key]

    def all(self) -> list[Heard]:
        return [self.rows[key] for key in sorted(self.rows)]
