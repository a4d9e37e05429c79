"""The journeys of a bundle, each version compiled when it is first met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kairos.app.definitions.compile import compile_journey
from kairos.domain.journey import Journey


class Journeys:
    """The journeys that a bundle carries: the live versions, and former ones in which somebody may still walk."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self._bundle = bundle
        self.met: dict[tuple[str, int], Journey] = {}
        """What was compiled so far, by id and number."""

    def find(self, id: str, version: int | None = None) -> Journey | None:
        """Return a journey version (None: the live one), or None when there is none."""
        known = self._bundle["journeys"].get(id)
        number = version if version is not None else (known or {}).get("live")
        if known is None or number is None or str(number) not in known["versions"]:
            return None
        key = (id, number)
        if key not in self.met:
            self.met[key] = compile_journey(known["versions"][str(number)], number)
        return self.met[key]

    def live(self, ids: Iterable[str]) -> list[Journey]:
        """Return the live versions of those journeys that have one, in order."""
        return [journey for id in ids if (journey := self.find(id)) is not None]
