"""What would be live with drafts: what a command looks at before they are published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairos.app.publish.release import Release
    from kairos.cli.deployment import Deployment


def drafted_release(deployment: Deployment, ids: Sequence[str] | None) -> Release:
    """Return what would be live with these drafts and what they ask for (None: with all). Counts run since they are
    live. Raises BadDefinitions, and BadInput for an id that no draft has."""
    from kairos.app.definitions.documents import BadDefinitions, Documents, check_brand_documents, errors_of
    from kairos.app.ports import Pointer
    from kairos.app.publish.bundle import build_bundle, documents_of
    from kairos.app.publish.drafts import read_drafts
    from kairos.app.publish.release import Release
    from kairos.app.publish.selection import overlay

    pointer = deployment.releases.pointer()
    previous = deployment.releases.bundle(pointer.release) if pointer else None
    live = documents_of(previous) if previous else Documents(())
    wanted = overlay(live, read_drafts(deployment.drafts.all()), ids)
    if errors := errors_of(check_brand_documents(wanted)):
        raise BadDefinitions(errors)
    year = deployment.clock.now().year
    return Release(build_bundle(wanted, previous, years=range(year, year + 2)), pointer or Pointer("draft"))
