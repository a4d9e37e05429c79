"""What a dry run begins with: the wish of the command line, and the brand, events and customers that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kairos.app.definitions.documents import Problem, check_brand_documents
from kairos.app.definitions.folder import load_brand
from kairos.app.ports import Pointer
from kairos.app.publish.bundle import build_bundle
from kairos.app.publish.release import Release
from kairos.cli.customer_states import States, open_states
from kairos.cli.event_file import EventFile
from kairos.cli.failure import CannotDo
from kairos.cli.raw_events import RawEvents
from kairos.sources._declared import compile_source


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for: what to live through, and what to tell of it.

    `states` is an export to begin with; `against` another brand's folder, or "live": what was live when it was written.
    """

    folder: Path
    events: Path | None = None
    since: datetime | None = None
    until: datetime | None = None
    as_json: bool = False
    states: Path | None = None
    against: str | None = None
    summary: bool = False
    picture: Path | None = None

    @property
    def is_counted_only(self) -> bool:
        """Whether nothing is told of single decisions: then customers may be lived through in parts."""
        return (self.summary or self.against is not None) and not self.as_json


class BadBrand(Exception):
    """The brand's definitions are wrong; `problems` say where and how."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def load_release(folder: Path, previous: Mapping[str, Any] | None = None) -> Release:
    """Return the release that a brand's folder would make, everything in it published. Raises BadBrand.

    `previous` is the bundle that is live: who is under way stays in its versions.
    """
    documents = load_brand(folder)
    problems = [problem for problem in check_brand_documents(documents) if not problem.warning]
    if problems:
        raise BadBrand(problems)
    return Release(build_bundle(documents, previous), Pointer("draft"))


def read_definitions(wish: Wish) -> tuple[Release, States | None]:
    """Return what is lived through, and the export that it begins with. Raises BadBrand, CannotDo, OSError."""
    states = open_states(wish.states) if wish.states else None
    return load_release(wish.folder, states.bundle if states else None), states


def read_other(wish: Wish, states: States | None) -> Release:
    """Return the other definitions under which the same is lived through. Raises BadBrand, CannotDo."""
    if wish.against != "live":
        return load_release(Path(wish.against or ""), states.bundle if states else None)
    if states is None:
        raise CannotDo("--against live needs --state: the export says what was live")
    return Release(states.bundle, Pointer("live"))


def open_events(path: Path, release: Release) -> EventFile:
    """Open a file of events; raw lines may come from a source that the brand declares. Raises BadLine, OSError."""
    declared = {id: compile_source(document) for id, document in release.bundle.get("sources", {}).items()}
    return EventFile(path, RawEvents(release.brand.get("country", ""), declared))
