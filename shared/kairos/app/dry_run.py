"""Releases as they would be: what is changed here is seen by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.app.ports import Pointer, Releases
from kairos.domain.canonical import fingerprint


class DryReleases:
    """Releases, read through and never written."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    def pointer(self) -> Pointer | None:
        return self._releases.pointer()

    def bundle(self, release: str) -> Mapping[str, Any]:
        return self._releases.bundle(release)

    def put_bundle(self, bundle: Mapping[str, Any]) -> str:
        return fingerprint(bundle)

    def point(self, new: Pointer, old: Pointer | None) -> None:
        """Leave the pointer where it is."""

    def history(self) -> list[Pointer]:
        return self._releases.history()
