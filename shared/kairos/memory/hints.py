"""Hints that nobody follows up: a test looks at what was told."""

from __future__ import annotations

from collections.abc import Sequence


class MemoryHints:
    """Hints, as they were passed on."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, list[str]]] = []

    def put(self, source: str, connection: str, subjects: Sequence[str]) -> None:
        self.told.append((source, connection, list(subjects)))
