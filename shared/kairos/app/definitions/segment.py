"""A segment as its author writes it: an id and the condition of being in it."""

from __future__ import annotations

from kairos.app.definitions.compile import Problems
from kairos.domain.condition import parse_condition
from kairos.domain.document import Document
from kairos.domain.errors import BadDefinition

SEGMENT_KEYS = ("id", "name", "description", "where", "track")


def check_segment(raw: object) -> list[BadDefinition]:
    """Return every problem of a segment document."""
    problems = Problems()
    document = problems.gather(lambda: Document(raw), None)
    if document is None:
        return problems.found
    problems.gather(lambda: document.only(*SEGMENT_KEYS), None)
    problems.gather(lambda: document.identifier("id"), "")
    problems.gather(lambda: document.flag("track"), False)
    if "where" not in document.raw:
        problems.found.append(BadDefinition(("where",), "is missing: the condition of being in the segment"))
    else:
        problems.gather(lambda: parse_condition(document.raw["where"], ("where",)), None)
    return problems.found
