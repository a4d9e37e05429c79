"""The ledger of consents: a row is put once, and never over another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from kairos.app.consents import Word


class MemoryConsents:
    """ConsentHistory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, datetime, str], Word] = {}

    def note(self, words: Sequence[Word]) -> None:
        for word in words:
            self.rows.setdefault((word.person, word.at, word.id), word)

    def of(self, persons: Collection[str]) -> list[Word]:
        found = [word for word in self.rows.values() if word.person in persons]
        return sorted(found, key=lambda word: (word.at, word.id, word.person))

    def forget(self, words: Iterable[Word]) -> None:
        for word in words:
            self.rows.pop((word.person, word.at, word.id), None)
