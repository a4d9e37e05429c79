"""What is live: the release behind the pointer, as it stands now. Whatever decides or sends reads it anew."""

from __future__ import annotations

from collections.abc import Mapping

from kairos.app.ports import Releases
from kairos.app.publish.release import Release
from kairos.domain.errors import Unavailable


class LiveRelease:
    """The live release, its pointer read before each batch and its bundle kept while the id stays the same."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._release: Release | None = None

    def read(self) -> Release:
        """Return the live release as it stands now; raises Unavailable before the first publish."""
        pointer = self._releases.pointer()
        if pointer is None:
            raise Unavailable("release", "nothing is published yet")
        if self._release is None or self._release.id != pointer.release:
            self._release = Release(self._releases.bundle(pointer.release), pointer)
        elif self._release.pointer != pointer:
            self._release = self._release.standing(pointer)
        return self._release


EMPTY_BUNDLE: Mapping[str, object] = {
    "schema": 1,
    "brand": {"name": "", "timezone": "UTC"},
    "segments": {},
    "templates": {},
    "journeys": {},
    "index": {"triggers": {}, "endings": {}, "anchors": {}, "counters": {}},
    "holidays": {},
}
