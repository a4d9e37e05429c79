"""Contact fields by profile and reference, where the newest word stays in whatever order words come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.domain.canonical import canonical


class MemoryContacts:
    """Contacts and ContactReader: each field as (occurred_at, canonical JSON), of which the larger stays."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[str, tuple[datetime, str]]] = {}

    def put(self, profile: str, ref: str, fields: Mapping[str, Any], occurred_at: datetime) -> None:
        row = self._rows.setdefault((profile, ref), {})
        for name, value in fields.items():
            new = (occurred_at, canonical(value))
            row[name] = max(row.get(name, new), new)

    def fetch(self, profiles: Sequence[str], refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for ref in refs:
            newest: dict[str, tuple[datetime, str]] = {}
            for profile in profiles:
                for name, kept in self._rows.get((profile, ref), {}).items():
                    newest[name] = max(newest.get(name, kept), kept)
            found[ref] = {name: json.loads(text) for name, (_, text) in newest.items()}
        return found

    def of(self, profile: str) -> dict[str, dict[str, Any]]:
        """Return everything that is kept under one id, by reference."""
        rows = ((ref, row) for (id, ref), row in self._rows.items() if id == profile)
        return {ref: {name: json.loads(text) for name, (_, text) in row.items()} for ref, row in rows}

    def forget(self, profile: str, refs: Iterable[str]) -> None:
        """Drop what is kept under one id and these references."""
        for ref in refs:
            self._rows.pop((profile, ref), None)
