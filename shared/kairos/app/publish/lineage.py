"""What was live before what is live, told from where the pointer has been.

Going back and forth leaves the same definitions in several releases, so they are compared by what is live in them.
Going back to one that was there takes everything after it off the pile: a second rollback goes further back, not forth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kairos.app.definitions.documents import used_segments
from kairos.app.definitions.references import named_templates
from kairos.app.ports import Pointer, Releases
from kairos.app.publish.bundle import documents_of
from kairos.domain.canonical import fingerprint

RELEASES_MAX = 20


def before(releases: Releases, live: Pointer) -> Mapping[str, Any] | None:
    """Return the bundle that was live before the one at `live`, or None. Raises Unavailable."""
    ids: list[str] = []
    for pointer in [live, *releases.history()]:
        if not ids or ids[-1] != pointer.release:
            ids.append(pointer.release)
    pile: list[tuple[str, str]] = []
    for release in reversed(ids[:RELEASES_MAX]):
        seen = view(releases.bundle(release))
        names = [name for name, _ in pile]
        if seen in names:
            del pile[names.index(seen) :]
        pile.append((seen, release))
    return releases.bundle(pile[-2][1]) if len(pile) > 1 else None


def view(bundle: Mapping[str, Any]) -> str:
    """Return the fingerprint of all that a customer can notice of a release: its live journeys and what they use."""
    live = documents_of(bundle)
    journeys = live.documents("journey")
    templates = {id for document in journeys.values() for id in named_templates(document)}
    segments = {id for document in journeys.values() for id in used_segments(live, document)}
    return fingerprint(
        {
            "brand": bundle["brand"],
            "journeys": journeys,
            "templates": {id: live.documents("template").get(id) for id in templates},
            "segments": {id: live.documents("segment").get(id) for id in segments},
            **({"timing": bundle["timing"]} if bundle.get("timing") else {}),
            **({"sources": declared} if (declared := live.documents("source")) else {}),
        }
    )
