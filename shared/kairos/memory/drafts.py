"""Drafts and their problems, which hold only for the document they were found in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kairos.domain.canonical import canonical, fingerprint


class MemoryDrafts:
    """Drafts. `problems` is what stands beside each draft."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.problems: dict[tuple[str, str], list[Mapping[str, Any]]] = {}

    def all(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return dict(self.documents)

    def put(self, kind: str, id: str, document: Mapping[str, Any]) -> None:
        self.documents[kind, id] = json.loads(canonical(document))
        self.problems.pop((kind, id), None)

    def mark(self, kind: str, id: str, problems: Sequence[Mapping[str, Any]], document_hash: str) -> None:
        document = self.documents.get((kind, id))
        if document is not None and fingerprint(document) == document_hash:
            self.problems[kind, id] = [dict(problem) for problem in problems]
