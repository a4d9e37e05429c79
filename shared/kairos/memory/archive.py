"""The archive in lists: records that wait for their object, and objects that are closed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kairos.app.archive import line_of
from kairos.domain.errors import Unavailable


class MemoryArchive:
    """Archive and ArchiveReader: `close` makes an object of what has come since, as Firehose does by the minute."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.objects: dict[str, list[bytes]] = {}
        self._open: list[bytes] = []

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        lines = [line_of(record) for record in records]
        self.records += [json.loads(line) for line in lines]
        self._open += lines

    def close(self, now: datetime) -> str | None:
        """Close the open object and return its name, or None where nothing came."""
        if not self._open:
            return None
        name = f"decisions/{now:%Y/%m/%d/%H}/{len(self.objects):06}.gz"
        self.objects[name], self._open = self._open, []
        return name

    def names(self, hour: datetime) -> list[str]:
        return sorted(name for name in self.objects if name.startswith(f"decisions/{hour:%Y/%m/%d/%H}/"))

    def lines(self, name: str) -> Iterable[bytes]:
        if name not in self.objects:
            raise Unavailable("archive", f"no object {name}")
        yield from self.objects[name]
