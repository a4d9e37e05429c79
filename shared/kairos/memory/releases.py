"""Releases: bundles under their fingerprint, and every pointer that was ever live."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kairos.app.ports import Pointer
from kairos.domain.canonical import canonical, fingerprint
from kairos.domain.errors import Unavailable, VersionConflict


class MemoryReleases:
    """Releases."""

    def __init__(self) -> None:
        self._bundles: dict[str, Mapping[str, Any]] = {}
        self._pointers: list[Pointer] = []

    def pointer(self) -> Pointer | None:
        return self._pointers[-1] if self._pointers else None

    def bundle(self, release: str) -> Mapping[str, Any]:
        if release not in self._bundles:
            raise Unavailable("release", f"no bundle {release}")
        return self._bundles[release]

    def put_bundle(self, bundle: Mapping[str, Any]) -> str:
        release = fingerprint(bundle)
        self._bundles.setdefault(release, json.loads(canonical(bundle)))
        return release

    def point(self, new: Pointer, old: Pointer | None) -> None:
        if self.pointer() != old:
            raise VersionConflict("live pointer")
        self._pointers.append(new)

    def history(self) -> list[Pointer]:
        return self._pointers[-2::-1]
