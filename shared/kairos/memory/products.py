"""Products, and what is bought beside each, which a new version of a product leaves alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kairos.app.products import ALSO


class MemoryProducts:
    """Products and Catalogue."""

    def __init__(self) -> None:
        self.known: dict[str, Mapping[str, Any]] = {}

    def of(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        return {id: self.known[id] for id in ids if id in self.known}

    def put(self, products: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
        new = dict(products)
        kept = {id: self.known.get(id, {}).get(ALSO) for id in new}
        self.known |= {id: {**facts, **({ALSO: kept[id]} if kept[id] else {})} for id, facts in new.items()}
        return len(new)

    def relate(self, also: Mapping[str, Sequence[str]]) -> int:
        there = {id: list(others) for id, others in also.items() if id in self.known}
        self.known |= {id: {**self.known[id], ALSO: others} for id, others in there.items()}
        return len(there)
